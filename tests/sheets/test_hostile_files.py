"""Files that are made to do harm, and files in which chance has been at work."""

import os
import re
from collections.abc import Callable
from random import Random

import pytest

from course_bot.sheets.figures import FILE_BYTES, READING, Reading, Refusal, Sheet
from course_bot.sheets.reading import read_sheet
from tests.sheets.making import TRANSITIONAL, number, parts_of, row_of, text, zipped
from tests.sheets.region_file import HEADINGS, TODAY, region_file

MUTANTS = int(os.environ.get("COURSE_BOT_TEST_MUTANTS", "500"))
HEAD = row_of(*map(text, HEADINGS))


def read(content: bytes) -> Reading:
    return read_sheet(content, today=TODAY, chosen={})


def book(rows: str, **others: str) -> bytes:
    return zipped(parts_of(HEAD + rows, **others))


def with_part(name: str, content: str | bytes) -> bytes:
    return zipped({**parts_of(HEAD, strings="<si/>", styles="<a/>"), name: content})


def filled(piece: str) -> str:
    """As much of it as is too much."""
    return piece * (33_000_000 // len(piece))


SHEET = "xl/worksheets/sheet1.xml"
BOMBS: dict[str, tuple[Callable[[], bytes], Refusal]] = {
    "a bomb of spaces": (lambda: with_part(SHEET, b"<a>" + b" " * 40_000_000), Refusal.SWOLLEN),
    "a bomb that nobody looks into": (
        lambda: with_part("xl/media/image1.png", b"\0" * 40_000_000),
        Refusal.NO_ROWS,
    ),
    "corners": (
        lambda: book('<row r="1048576"><c r="XFD1048576"><v>2</v></c></row>'),
        Refusal.SWOLLEN,
    ),
    "beyond the corner": (lambda: book('<row r="1048577"/>'), Refusal.DAMAGED),
    "before the corner": (lambda: book('<row r="0"/>'), Refusal.DAMAGED),
    "billion laughs": (
        lambda: with_part(
            SHEET,
            '<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><a>&b;</a>',
        ),
        Refusal.DAMAGED,
    ),
    "a file of the server": (
        lambda: with_part(
            SHEET, '<!DOCTYPE a [<!ENTITY a SYSTEM "file:///etc/passwd">]><a>&a;</a>'
        ),
        Refusal.DAMAGED,
    ),
    "a zip in a zip": (lambda: zipped({"a.xlsx": zipped({"b.xlsx": book("")})}), Refusal.OTHER),
    "10,000 sheets": (
        lambda: zipped(
            {
                **parts_of(HEAD),
                **{f"xl/worksheets/sheet{at}.xml": "<a/>" for at in range(2, 10_002)},
            }
        ),
        Refusal.SWOLLEN,
    ),
    "rows within rows": (lambda: book(filled("<row>")), Refusal.SWOLLEN),
    "a tag of a megabyte": (lambda: book(f'<a b="{"x" * 1_000_000}"/>'), Refusal.SWOLLEN),
    "names": (
        lambda: book("".join(f"<a{at}/>" for at in range(50_000))),
        Refusal.SWOLLEN,
    ),
    "a long number": (lambda: book(row_of(number("1" * 40_000))), Refusal.SWOLLEN),
    "a text in many pieces": (
        lambda: book(f'<row><c t="inlineStr"><is>{"<t>0123456789</t>" * 4_000}</is></c></row>'),
        Refusal.SWOLLEN,
    ),
    "a text that is not there": (
        lambda: book(row_of('<c t="s"><v>-1</v></c><c t="s"><v>5</v></c>')),
        Refusal.DAMAGED,
    ),
    "styles": (
        lambda: with_part("xl/styles.xml", f"<a><cellXfs>{'<xf/>' * 70_000}</cellXfs></a>"),
        Refusal.SWOLLEN,
    ),
    "merged again and again": (
        lambda: book("", after='<mergeCell ref="A1:GR1048576"/>' * 20_001),
        Refusal.SWOLLEN,
    ),
    "another encoding": (
        lambda: with_part(SHEET, '<?xml version="1.0" encoding="klingon"?><a/>'),
        Refusal.DAMAGED,
    ),
    "another compression": (lambda: zipped(parts_of(HEAD), compression=12), Refusal.DAMAGED),
    "a target outside": (
        lambda: zipped(
            {
                **parts_of(HEAD),
                "_rels/.rels": f'<R><R Type="{TRANSITIONAL}/officeDocument" '
                'Target="../../../../etc/passwd"/></R>',
            }
        ),
        Refusal.DAMAGED,
    ),
    "too large": (lambda: b"a" * (FILE_BYTES + 1), Refusal.TOO_LARGE),
    "nothing but semicolons": (lambda: b";" * 500_000, Refusal.EMPTY),
    "nothing but lines": (lambda: b"\n" * 500_000, Refusal.SWOLLEN),
    "nothing but quotes": (lambda: b'"' * (FILE_BYTES - 1), Refusal.DAMAGED),
    "one long line": (lambda: b"1;" * 2_000_000, Refusal.SWOLLEN),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_file_that_is_made_to_do_harm_is_refused_at_once(name: str) -> None:
    make, refusal = BOMBS[name]
    assert read(make()) is refusal


# --- chance ----------------------------------------------------------------------------------

NASTY = (
    b"", b"-1", b"0", b"99999999999999999999", b"1e999", b"NaN", b"XFD1048576", b"A0", b"1_0",
    b"../..", b"\0", b"\xff", b"&#0;", b"&#xD800;", b"]]>", b"<!--", b"'", b'"', b"_xD800_", b"s",
    "٣".encode(), b"%", b"inlineStr", b"b", b"d", b"\xed\xa0\x80", b"31.02.2025", b"d" * 300,
)  # fmt: skip


def changed(random: Random, content: bytes) -> bytes:
    """Change some bytes: by chance, or to what a reader may stumble over."""
    for _ in range(random.randint(1, 4)):
        at = random.randrange(len(content) + 1)
        end = at + random.choice((0, 1, 1, 2, 8, 200))
        match random.randrange(5):
            case 0:
                new = random.randbytes(end - at)
            case 1:
                new = b""
            case 2:
                new = content[at:end] * 2
            case 3:
                new = random.choice(NASTY)
            case _:
                values = [*re.finditer(rb'(?<=")[^"<>]*(?=")|(?<=>)[^<>]+(?=<)', content)]
                if not values:
                    continue
                value = random.choice(values)
                at, end = value.span()
                new = random.choice(NASTY)
        content = content[:at] + new + content[end:]
    return content


def bases() -> list[dict[str, str | bytes]]:
    """Return the parts of small sheets, of the programs that write them."""
    strings = "".join(f"<si><t>{heading}</t></si>" for heading in HEADINGS)
    shared = "".join(f'<c t="s"><v>{at}</v></c>' for at in range(len(HEADINGS)))
    figures = "".join(f"<c><v>{at}</v></c>" for at in range(14))
    row = row_of(
        number(45960, 1), *(text(each) for each in "АБВГДЕЖЗ"), figures, "<c><f>1</f></c>"
    )
    styles = (
        '<numFmts><numFmt numFmtId="170" formatCode="dd.mm.yyyy"/></numFmts><cellXfs>'
        '<xf numFmtId="0"/><xf numFmtId="170"/><xf numFmtId="9"/></cellXfs>'
    )
    merged = '<mergeCells><mergeCell ref="A1:B1"/></mergeCells>'
    return [
        parts_of(row_of(shared) + row + row, strings=strings, styles=styles, after=merged),
        parts_of(HEAD + row, properties='<workbookPr date1904="1"/>', styles=styles),
    ]


def test_whatever_chance_makes_of_a_file_it_is_read_or_refused_with_a_reason(
    random: Random,
) -> None:
    workbooks = bases()
    line = ";".join(["30.10.2025", "А", "Б", "В", "Г", "48", "Д", "123", "Е", *"12345678901234"])
    csv = f"{';'.join(HEADINGS)}\n{line}\n".encode()
    outcomes: set[object] = set()
    for _ in range(MUTANTS):
        parts = dict(random.choice(workbooks))
        kind = random.randrange(10)
        if kind == 0:
            content = changed(random, csv)
        elif kind < 3:
            content = changed(random, zipped(parts, compression=random.choice((0, 8))))
        else:
            name = random.choice([*parts])
            whole = parts[name]
            parts[name] = changed(random, whole.encode() if isinstance(whole, str) else whole)
            content = zipped(parts, compression=0)
        reading = read(content)
        assert READING.validate_json(READING.dump_json(reading)) == reading, content
        outcomes.add("read" if isinstance(reading, Sheet) else reading)
    assert {"read", Refusal.DAMAGED} <= outcomes
    assert Refusal.FAILED not in outcomes


def test_a_region_that_breaks_off_in_the_middle_is_damaged() -> None:
    content = region_file(200, flaws=False).content
    assert {read(content[:at]) for at in range(100, len(content), 997)} == {Refusal.DAMAGED}
