"""Reports as an Excel workbook, read back by another library and opened in LibreOffice."""

import re
import subprocess
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree as ET
from zipfile import ZipFile

import pytest

from course_bot.locale.phrases import phrases
from course_bot.organisations.state import State
from course_bot.reports.delimited import write_csv
from course_bot.reports.table import Cell, Column, Form, Table
from course_bot.reports.xlsx import MOST_ROWS, write_xlsx
from tests.books import sheet_names, sheet_rows
from tests.reports.tables import AT, COLUMNS, ZONE, people, table, texts
from tests.reports.test_delimited import HOSTILE
from tests.reports.test_delimited import read as lines

RU = phrases("ru")
HEAD = 3
"""How many rows stand above the titles."""
SEEN = datetime(2026, 11, 29, 13, 4, 59, 999_999, tzinfo=UTC)
ANNA: tuple[Cell, ...] = ("Анна", State.COMPLETED, 1234, 1.25, 0.996, date(2026, 12, 1), SEEN)
NOBODY: tuple[Cell, ...] = (None,) * 7


def written(*tables: Table) -> bytes:
    target = BytesIO()
    write_xlsx(target, tables, RU)
    return target.getvalue()


def cells(data: bytes, sheet: int = 0) -> list[list[object]]:
    """The rows of a sheet below its titles, as another library reads them."""
    rows = sheet_rows(data, sheet)
    return [list(row) for row in rows[HEAD + 1 :]]


def part(data: bytes, name: str) -> str:
    with ZipFile(BytesIO(data)) as archive:
        return archive.read(name).decode()


def sheet(data: bytes, number: int = 1) -> str:
    return part(data, f"xl/worksheets/sheet{number}.xml")


def test_texts_numbers_dates_and_moments_are_what_they_are() -> None:
    seen = SEEN.astimezone(ZONE).replace(second=0, microsecond=0, tzinfo=None)
    assert cells(written(people(ANNA, NOBODY, ANNA))) == [
        ["Анна", "прошёл", 1234, 1.25, 0.996, date(2026, 12, 1), seen],
        [""] * 7,
        ["Анна", "прошёл", 1234, 1.25, 0.996, date(2026, 12, 1), seen],
    ]


def test_every_minute_of_a_day_comes_back_as_it_was() -> None:
    midnight = datetime(2026, 11, 30, tzinfo=ZONE)  # itself would be read as a date alone
    moments = [midnight + timedelta(minutes=number) for number in range(1, 1440)]
    data = written(table(COLUMNS[-1:], [(moment,) for moment in moments]))
    assert [row[0] for row in cells(data)] == [m.replace(tzinfo=None) for m in moments]


def test_above_the_titles_stands_whose_report_it_is_and_an_empty_row() -> None:
    above = sheet_rows(written(people(ANNA)))[: HEAD + 1]
    assert [row[0] for row in above] == ["Школа № 5 — Люди", "по состоянию на 14:05", "", "Имя"]
    assert above[HEAD] == [column.title for column in COLUMNS]


def test_the_last_sheet_says_what_each_column_means() -> None:
    book = written(people(ANNA), texts("а"))
    assert sheet_names(book) == ["Люди", "Люди (2)", "Что значат столбцы"]
    rows = sheet_rows(book, 2)
    assert rows[0] == ["Лист", "Столбец", "Что значит"]
    assert rows[1] == ["Люди", "Имя", "Как человек назвал себя."]
    assert rows[-1] == ["Люди (2)", "Имя", "Как человек назвал себя."]


@pytest.mark.parametrize(("rows", "last"), [(0, 4), (1, 5), (30, 34)])
def test_the_filter_spans_what_was_written_and_the_titles_stay_in_sight(
    rows: int, last: int
) -> None:
    xml = sheet(written(people(*[ANNA] * rows)))
    assert f'<autoFilter ref="A4:G{last}"/>' in xml
    assert re.search(r'<pane ySplit="4" topLeftCell="A5"[^>]*state="frozen"', xml)


def test_a_title_of_two_lines_has_room_for_them() -> None:
    def height(title: str) -> float:
        column = Column(name="a", title=title, about="", form=Form.COUNT, width=8)
        found = re.search(r'<row r="4"[^>]* ht="([\d.]+)"', sheet(written(table((column,), []))))
        assert found
        return float(found[1])

    assert 15 < height("Из") < 20
    assert 30 < height("Лучший балл") < 40


def test_states_have_colours_of_their_own_and_shares_are_percents() -> None:
    data = written(people(*(("a", state, 1, 1.0, 0.5, None, None) for state in State)))
    styles = re.findall(r'<c r="B[5-8]" s="(\d+)"', sheet(data))
    assert len(set(styles)) == len(State)
    assert "0%" in part(data, "xl/styles.xml")


@pytest.mark.parametrize("text", [*HOSTILE, "{=1+1}", "http://example.org", "mailto:a@b.c"])
def test_no_text_is_a_formula_or_a_link(text: str) -> None:
    column = Column(name="a", title=text, about=text, form=Form.TEXT)
    with ZipFile(BytesIO(written(table((column,), [(text,)])))) as archive:
        for name in archive.namelist():
            xml = archive.read(name).decode()
            assert "<f>" not in xml
            assert "<hyperlink" not in xml


@pytest.mark.parametrize(
    "name",
    [
        "<r><t>жирно</t></r>",
        "<r></c></row></r>",
        "<r>&</r>",
        "]]>&amp;<!--",
        "_x0041_",
        " с пробелами ",
        "«Ёлка» 🏫",
    ],
)
def test_a_name_that_looks_like_markup_is_a_name(name: str) -> None:
    data = written(texts(name))
    ET.fromstring(sheet(data))
    read = cells(data)[0][0]
    assert isinstance(read, str)
    assert read.removesuffix(" ") == name.removesuffix(" ")


def test_control_characters_break_nothing() -> None:
    data = written(texts("а\x00б\x1b\uffffв\r\nг"))
    ET.fromstring(sheet(data))
    assert len(cells(data)) == 1


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Люди: кто [не] прошёл? */\\", "Люди кто не прошёл"),
        ("'Люди'", "Люди"),
        ("Сводка по всем организациям муниципалитета", "Сводка по всем организациям мун"),
        ("[]", "—"),
    ],
)
def test_a_sheet_is_named_as_excel_allows(title: str, name: str) -> None:
    one = Table(
        name="a",
        title=title,
        organisation="",
        at=AT,
        moment="",
        columns=COLUMNS[:1],
        rows=[],
    )
    assert sheet_names(written(one))[0] == name


def test_sheets_of_one_name_are_told_apart_within_31_characters() -> None:
    long = table(COLUMNS[:1], [])
    same = [
        Table(
            name="a",
            title=title,
            organisation="",
            at=long.at,
            moment="",
            columns=long.columns,
            rows=[],
        )
        for title in ("ш" * 40, "Ш" * 40, "ш" * 50)
    ]
    names = sheet_names(written(*same))
    assert [len(name) for name in names[:3]] == [31, 31, 31]
    assert names[1].endswith("Ш (2)")
    assert names[2].endswith("ш (3)")


def test_one_hears_how_far_all_the_tables_are() -> None:
    told: list[int] = []
    rows = [("Анна",)] * 1500
    tables = [table(COLUMNS[:1], iter(rows)), table(COLUMNS[:1], iter(rows))]
    write_xlsx(BytesIO(), tables, RU, told.append)
    assert told == [1000, 2000, 3000]


def test_a_workbook_that_fails_halfway_leaves_the_old_one(tmp_path: Path) -> None:
    target = tmp_path / "a.xlsx"
    write_xlsx(target, [texts("старое")], RU)
    before = target.read_bytes()
    with pytest.raises(TypeError):
        write_xlsx(target, [table(COLUMNS[:1], [("новое",), (7,)])], RU)
    assert target.read_bytes() == before
    assert list(tmp_path.iterdir()) == [target]


def test_more_rows_than_excel_holds_are_refused_and_not_lost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("course_bot.reports.xlsx.MOST_ROWS", 10)
    written(texts(*"абвгде"))
    with pytest.raises(ValueError, match="6 rows at most"):
        written(texts(*"абвгдеж"))
    assert MOST_ROWS == 2**20


# --- in LibreOffice, set to Russian: as near to Excel in Russia as a machine without it gets -----

RUSSIAN = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Setup/L10N"><prop oor:name="ooSetupSystemLocale" oor:op="fuse"
><value>ru-RU</value></prop></item>
</oor:items>
"""


def convert(libreoffice: str, folder: Path, file: Path, to: str, *options: str) -> None:
    """Let LibreOffice save a file as another."""
    profile = folder / "profile"
    (profile / "user").mkdir(parents=True, exist_ok=True)
    (profile / "user" / "registrymodifications.xcu").write_text(RUSSIAN, encoding="utf-8")
    subprocess.run(
        [
            libreoffice,
            f"-env:UserInstallation={profile.as_uri()}",
            "--headless",
            *options,
            "--convert-to",
            to,
            "--outdir",
            f"{folder / 'out'}",
            f"{file}",
        ],
        check=True,
        capture_output=True,
    )


def varied() -> Iterator[Sequence[Cell]]:
    """Rows with all that a report may hold."""
    states = [*State, None]
    for number in range(300):
        yield (
            f'Учитель {number}; «Школа № {number}» "б"\nкорпус',
            states[number % 5],
            number * number,
            number / 20 if number % 7 else None,
            number / 299,
            date(2026, 1, 1) + timedelta(days=number) if number % 3 else None,
            SEEN - timedelta(minutes=17 * number) if number % 4 else None,
        )
    for text in HOSTILE:
        yield text, None, -5, -0.55, -0.125, None, None


@pytest.mark.libreoffice
def test_libreoffice_shows_the_workbook_as_the_csv_says(libreoffice: str, tmp_path: Path) -> None:
    write_xlsx(tmp_path / "a.xlsx", [people(*varied())], RU)
    write_csv(tmp_path / "b.csv", people(*varied()))
    as_shown = "csv:Text - txt - csv (StarCalc):59,34,76,1,,0,false,true"
    convert(libreoffice, tmp_path, tmp_path / "a.xlsx", as_shown)
    theirs = lines((tmp_path / "out" / "a.csv").read_bytes())[HEAD:]
    ours = lines((tmp_path / "b.csv").read_bytes())
    assert len(theirs) == len(ours) > len(HOSTILE)
    for they, we in zip(theirs, ours, strict=True):
        # The workbook groups thousands, and needs no apostrophe to keep a text from counting.
        assert [
            re.sub(r"(?<=\d)\s(?=\d{3}\b)", "", they[2]) if at == 2 else cell
            for at, cell in enumerate(they)
        ] == [we[0].removeprefix("'"), *we[1:]]


@pytest.mark.libreoffice
def test_a_csv_opened_and_saved_as_a_workbook_has_the_same_cells(
    libreoffice: str, tmp_path: Path
) -> None:
    write_csv(tmp_path / "b.csv", people(*varied()))
    keyed_in = "--infilter=Text - txt - csv (StarCalc):59,34,76,1,,1049,false,true"
    convert(libreoffice, tmp_path, tmp_path / "b.csv", "xlsx:Calc MS Excel 2007 XML", keyed_in)
    data = (tmp_path / "out" / "b.xlsx").read_bytes()
    theirs = sheet_rows(data)
    ours = cells(written(people(*varied())))
    assert len(theirs) == len(ours) + 1
    for they, we in zip(theirs[1:], ours, strict=True):
        assert [type(cell) for cell in they] == [type(cell) for cell in we]
        assert they[5:] == we[5:]
