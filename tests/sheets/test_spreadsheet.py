"""Tables from outside: as openpyxl reads them, and as programs write them that are not here."""

from collections.abc import Sequence
from datetime import date, datetime, time
from io import BytesIO
from pathlib import Path

import pytest
from openpyxl import Workbook
from xlsxwriter import Workbook as Writer

from course_bot.spreadsheet.reading import read_table
from course_bot.spreadsheet.table import (
    NO_RESULT,
    Cell,
    Limits,
    Merged,
    Reason,
    Share,
    Table,
    UnreadableError,
    letters,
)
from tests.books import plain, sheet_rows
from tests.sheets.making import STRICT, number, parts_of, row_of, text, zipped
from tests.sheets.region_file import region_file

SAMPLES = Path(__file__).parents[1] / "samples"


def clock(*parts: int) -> datetime:
    return datetime(*parts)  # type: ignore[arg-type]  # noqa: DTZ001 - spreadsheets know no zones


def read(data: bytes, limits: Limits | None = None) -> Table:
    return read_table(data, is_heading=lambda cell: cell.startswith("Шапка"), limits=limits)


def rows(data: bytes) -> list[list[Cell]]:
    return [[*row] for row in read(data).rows]


def refusal(data: bytes, limits: Limits | None = None) -> Reason:
    with pytest.raises(UnreadableError) as caught:
        read(data, limits)
    return caught.value.reason


def as_openpyxl(cells: Sequence[Cell], width: int) -> list[object]:
    """Fill up a row as openpyxl does, which can't tell a formula without a value from nothing."""
    shown = [None if cell is NO_RESULT else cell for cell in cells]
    return [plain(cell) for cell in [*shown, *[None] * (width - len(shown))]]


def saved(book: Workbook) -> bytes:
    stream = BytesIO()
    book.save(stream)
    return stream.getvalue()


# --- as openpyxl reads them ------------------------------------------------------------------


def by_openpyxl() -> bytes:
    book = Workbook()
    book.create_sheet("Скрытый", 0).sheet_state = "hidden"
    page = book["Sheet"]
    page.append(["Текст", "с\nновой строки", " пробелы ", "&<>\"'", "№ 5 «Ёлочка» 🎓"])
    page.append([0, -1, 1.5, 1e21, 123456789012345, True, False, None, "#N/A"])
    page.append([date(2025, 10, 30), clock(2025, 10, 30, 7, 15, 20), time(7, 15), 45960])
    page["F9"] = 0.755
    page["F9"].number_format = "0.0%"
    page["H9"] = 45960
    page["H9"].number_format = '[$-419]"день" d mmmm yyyy;@'
    page["B12"] = "объединено"
    page.merge_cells("B12:D13")
    page.column_dimensions["XFD"].width = 3
    return saved(book)


def by_xlsxwriter() -> bytes:
    stream = BytesIO()
    with Writer(stream) as book:
        page = book.add_worksheet()
        bold, red = book.add_format({"bold": True}), book.add_format({"font_color": "red"})
        page.write_rich_string(0, 0, "Кол-во ", bold, "учителей", red, ", всего")
        page.write_formula(1, 1, "=1+1", value=2)
        page.write_formula(1, 2, '="a"', value="а")
        page.write_boolean(1, 3, True)
        page.write_datetime(2, 0, clock(1900, 2, 28), book.add_format({"num_format": 14}))
        page.write_datetime(2, 1, clock(9999, 12, 31), book.add_format({"num_format": 22}))
        page.write_blank(5, 16_383, None, bold)
        page.write_string(3, 199, "_x0041_ и _x000D_")
    return stream.getvalue()


@pytest.mark.parametrize(
    ("data", "sheet"),
    [
        (by_openpyxl(), 1),
        (by_xlsxwriter(), 0),
        ((SAMPLES / "statistics.xlsx").read_bytes(), 0),
        (region_file(60).content, 0),
    ],
    ids=["openpyxl", "xlsxwriter", "LibreOffice", "a region"],
)
def test_a_workbook_is_read_as_openpyxl_reads_it(data: bytes, sheet: int) -> None:
    theirs = sheet_rows(data, sheet)
    ours = read(data).rows
    for number_, row in enumerate(theirs):
        cells = ours[number_] if number_ < len(ours) else ()
        assert as_openpyxl(cells, len(row)) == row
    assert len(ours) <= len(theirs)


def test_what_openpyxl_does_not_tell_is_told() -> None:
    table = read(by_openpyxl())
    assert table.merged == [Merged(top=11, left=1, bottom=12, right=3)]
    (share,) = (cell for row in table.rows for cell in row if isinstance(cell, Share))
    assert share == Share(0.755)
    book = Workbook()
    book.active["A1"] = "=SUM(B1:B9)"  # type: ignore[index]
    assert rows(saved(book)) == [[NO_RESULT]]


# --- as others write them --------------------------------------------------------------------


def test_rows_and_cells_need_not_say_where_they_are() -> None:
    data = zipped(parts_of(row_of(text("а"), number(1)) + '<row r="3"><c r="C3"><v>5</v></c></row>'
                           + row_of(number(7))))  # fmt: skip
    assert rows(data) == [["а", 1], [], [None, None, 5], [7]]


def test_texts_may_be_shared_rich_and_spoken() -> None:
    strings = (
        '<si><t xml:space="preserve"> а </t></si><si/>'
        "<si><r><rPr><b/></rPr><t>Кол-во</t></r><r><t> детей</t></r>"
        "<rPh sb='0' eb='1'><t>как говорят</t></rPh></si>"
    )
    cells = "".join(f'<c t="s"><v>{at}</v></c>' for at in (2, 1, 0))
    assert rows(zipped(parts_of(row_of(cells), strings=strings))) == [
        ["Кол-во детей", None, " а "]
    ]


def test_what_a_formula_comes_to_is_read_whatever_it_is() -> None:
    cells = (
        '<c t="str"><f>A1</f><v>да</v></c><c t="str"><f>A1</f><v></v></c><c><f>A1</f><v/></c>'
        '<c><f t="shared" si="0"/></c><c t="b"><f>A1</f><v>1</v></c><c t="e"><f>A1</f>'
        "<v>#DIV/0!</v></c>"
    )
    assert rows(zipped(parts_of(row_of(cells)))) == [
        ["да", None, NO_RESULT, NO_RESULT, True, "#DIV/0!"]
    ]


STYLES = (
    '<numFmts><numFmt numFmtId="170" formatCode="[Red]&quot;дней&quot; 0"/>'
    '<numFmt numFmtId="171" formatCode="[h]:mm"/>'
    '<numFmt numFmtId="172" formatCode="0\\%"/></numFmts>'
    '<cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf/><xf numFmtId="14"/>'
    '<xf numFmtId="170"/><xf numFmtId="171"/><xf numFmtId="9"/><xf numFmtId="172"/></cellXfs>'
)


def test_a_style_says_which_numbers_are_days() -> None:
    cells = [number(45960, style) for style in range(6)] + [number("45960.5", 1), number(-1, 1)]
    day = date(2025, 10, 30)
    assert rows(zipped(parts_of(row_of(*cells), styles=STYLES))) == [
        [45960, day, 45960, day, Share(45960), 45960, clock(2025, 10, 30, 12), -1]
    ]


@pytest.mark.parametrize("value", ["1", "true"])
def test_days_may_be_counted_from_1904(value: str) -> None:
    data = zipped(
        parts_of(
            row_of(number(44498, 1), number(0, 1)),
            styles=STYLES,
            properties=f'<workbookPr date1904="{value}"/>',
        )
    )
    assert rows(data) == [[date(2025, 10, 30), time()]]
    assert read(data).date1904


def test_strict_ooxml_has_other_names_and_writes_days_out() -> None:
    cells = row_of('<c t="d"><v>2025-10-30</v></c>', '<c t="d"><v>2025-10-30T07:15:00Z</v></c>',
                   '<c t="d"><v>скоро</v></c>', text("а"))  # fmt: skip
    assert rows(zipped(parts_of(cells, base=STRICT))) == [
        [date(2025, 10, 30), clock(2025, 10, 30, 7, 15), "скоро", "а"]
    ]


def test_elements_may_have_a_prefix_and_parts_other_addresses() -> None:
    parts = parts_of(row_of(number(1)))
    sheet = str(parts.pop("xl/worksheets/sheet1.xml"))
    for name in ("worksheet", "sheetData", "row", "c", "v"):
        sheet = sheet.replace(f"<{name}", f"<x:{name}").replace(f"</{name}", f"</x:{name}")
    parts["xl\\Worksheets\\Sheet1.xml"] = sheet.replace("xmlns=", "xmlns:x=")
    references = str(parts["xl/_rels/workbook.xml.rels"])
    parts["xl/_rels/workbook.xml.rels"] = references.replace('"worksheets', '"/xl/worksheets')
    assert rows(zipped(parts)) == [[1]]


@pytest.mark.parametrize(
    ("sheets", "read_rows"),
    [
        ('<sheet state="hidden" r:id="rId1"/><sheet r:id="rId4"/>', []),
        ('<sheet r:id="rId5"/><sheet state="visible" r:id="rId1"/><sheet r:id="rId4"/>', [[1]]),
        ('<sheet state="veryHidden" r:id="rId1"/>', [[1]]),
    ],
)
def test_the_first_sheet_that_people_see_is_read(sheets: str, read_rows: list[object]) -> None:
    assert rows(zipped(parts_of(row_of(number(1)), sheets=sheets))) == read_rows


def test_cells_without_a_value_cost_nothing_wherever_they_are() -> None:
    empty = '<row r="1048576"><c r="A1048576" s="1"/><c r="XFD1048576"><v></v></c></row>'
    assert rows(zipped(parts_of(row_of(number(1)) + empty))) == [[1]]


def test_columns_are_called_by_letters() -> None:
    assert [letters(number_) for number_ in (0, 22, 25, 26, 701, 702)] == [
        "A", "W", "Z", "AA", "ZZ", "AAA",
    ]  # fmt: skip


# --- CSV -------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1251"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
def test_a_csv_is_divided_where_the_most_headings_are(encoding: str, delimiter: str) -> None:
    lines = [["Отчёт; с, знаками"], ["Шапка\nв две строки", "Шапка"], ["", "Лицей, школа; 5"]]
    quoted = [delimiter.join(f'"{cell}"' if cell else "" for cell in line) for line in lines]
    assert rows("\r\n".join([*quoted, delimiter, ""]).encode(encoding)) == [
        ["Отчёт; с, знаками"],
        ["Шапка\nв две строки", "Шапка"],
        [None, "Лицей, школа; 5"],
    ]


# --- what is no table ------------------------------------------------------------------------

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def with_bit(data: bytes) -> bytes:
    """Say of all entries of a ZIP that they are encrypted."""
    data = data.replace(b"PK\x03\x04\x14\x00\x00", b"PK\x03\x04\x14\x00\x01")
    return data.replace(b"PK\x01\x02\x14\x03\x14\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ((SAMPLES / "statistics.xls").read_bytes(), Reason.OLD_EXCEL),
        ((SAMPLES / "statistics.ods").read_bytes(), Reason.OPEN_DOCUMENT),
        (OLE + "EncryptedPackage".encode("utf-16-le"), Reason.PASSWORD),
        (OLE + "WordDocument".encode("utf-16-le"), Reason.OTHER),
        (with_bit(zipped(parts_of(""))), Reason.PASSWORD),
        (b"%PDF-1.7\n%\xe2\xe3", Reason.PDF),
        (b"\x89PNG\r\n\x1a\n\0\0", Reason.PICTURE),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", Reason.PICTURE),
        (b"RIFF\0\0\0\0WEBPVP8 ", Reason.PICTURE),
        (b"\0\0\0\x18ftypheic\0\0", Reason.PICTURE),
        (zipped({"word/document.xml": "<w/>"}), Reason.OTHER),
        (zipped({"statistics.xlsx": zipped(parts_of(""))}), Reason.OTHER),
        (zipped({"mimetype": "application/vnd.oasis.opendocument.text"}), Reason.OTHER),
        (zipped({}), Reason.OTHER),
        (b"<html><table><tr><td>1</td></tr></table>", Reason.OTHER),
        (b"{\\rtf1", Reason.OTHER),
        (b"\x1f\x8b\x08\0\0\0", Reason.OTHER),
        ("Шапка".encode("utf-16"), Reason.OTHER),
        (b"PK\x03\x04 and nothing else", Reason.DAMAGED),
        ('Шапка\n"а'.encode(), Reason.QUOTES),
    ],
)
def test_a_file_that_is_no_table_is_told_by_what_it_is(data: bytes, reason: Reason) -> None:
    assert refusal(data) is reason


def test_office_files_of_another_kind_are_told_from_damaged_ones() -> None:
    document = parts_of("")
    document["xl/workbook.xml"] = "<document/>"
    assert refusal(zipped(document)) is Reason.OTHER
    binary = parts_of("")
    binary["_rels/.rels"] = str(binary["_rels/.rels"]).replace("workbook.xml", "workbook.bin")
    assert refusal(zipped(binary)) is Reason.OTHER


def test_an_empty_file_is_a_table_without_rows() -> None:
    assert rows(b"") == rows(b"\xef\xbb\xbf\r\n;;\r\n") == rows(zipped(parts_of(""))) == []


def test_each_limit_holds() -> None:
    data = zipped(parts_of(row_of(text("аб"), number(1)) + row_of(number(2))))
    assert len(rows(data)) == 2
    for limits in (
        Limits(entries=3),
        Limits(inflated=1_000),
        Limits(rows=1),
        Limits(columns=1),
        Limits(cells=2),
        Limits(elements=10),
        Limits(depth=5),
        Limits(length=1),
    ):
        assert refusal(data, limits) is Reason.SWOLLEN
    lines = "аб,1\n2".encode()
    for limits in (Limits(rows=1), Limits(columns=1), Limits(cells=2), Limits(length=1)):
        assert refusal(lines.replace(b",", b";"), limits) is Reason.SWOLLEN
