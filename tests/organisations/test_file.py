"""The file of organisations: what is read from it, and how each fault in it is told."""

import csv
import io
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from xlsxwriter import Workbook

from course_bot.organisations.file import (
    FILE_BYTES,
    HEADINGS,
    Row,
    export,
    read_file,
)
from course_bot.organisations.tree import Organisation, Tree
from course_bot.organisations.zones import RUSSIAN, read_zone

SAMPLE = Path(__file__).parents[1] / "samples" / "organisations.csv"
HEAD = ";".join(HEADINGS)


def workbook(*rows: list[object]) -> bytes:
    stream = io.BytesIO()
    with Workbook(stream) as book:
        sheet = book.add_worksheet()
        day = book.add_format({"num_format": "dd.mm.yyyy"})
        for number, row in enumerate(rows):
            for column, cell in enumerate(row):
                if isinstance(cell, date):
                    sheet.write_datetime(number, column, cell, day)
                else:
                    sheet.write(number, column, cell)
    return stream.getvalue()


def rows_of(data: bytes | str) -> list[Row]:
    read = read_file(data.encode() if isinstance(data, str) else data)
    assert read.faults == ()
    return list(read.rows)


def faults_of(data: bytes | str) -> list[str]:
    read = read_file(data.encode() if isinstance(data, str) else data)
    return [str(each) for each in read.faults]


# --- what is understood ----------------------------------------------------------------------


def test_the_sample_is_three_municipalities_and_twelve_schools() -> None:
    rows = rows_of(SAMPLE.read_bytes())

    kinds = [row.kind for row in rows]
    assert [kinds.count(kind) for kind in ("муниципалитет", "школа")] == [3, 12]
    assert len(kinds) == 15
    assert {row.time_zone for row in rows} == {"", "Europe/Samara"}


SCHOOL = Row(
    number=2,
    name="Школа № 5 «Ёлочка»",
    kind="школа",
    parent="Левобережный район",
    sferum_id="900105",
    time_zone="Asia/Omsk",
)
CELLS = ["Школа № 5 «Ёлочка»", "Школа", "Левобережный район", "900105", "МСК+3"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1251"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_csv_is_read_however_it_was_saved(encoding: str, delimiter: str, end: str) -> None:
    text = end.join(delimiter.join(cells) for cells in (HEADINGS, CELLS)) + end

    assert rows_of(text.encode(encoding)) == [SCHOOL]


def test_an_xlsx_is_read_with_numbers_as_people_see_them() -> None:
    data = workbook([*HEADINGS], [*CELLS[:3], 900105.0, CELLS[4]], [5, "", "", "900106 "])

    assert rows_of(data) == [SCHOOL, Row(number=3, name="5", sferum_id="900106", time_zone="")]


def test_headings_may_stand_in_any_order_and_case_and_some_may_be_missing() -> None:
    assert rows_of("Id_организация:;НАИМЕНОВАНИЕ *\n7;Лицей") == [
        Row(number=2, name="Лицей", sferum_id="7")
    ]


def test_empty_rows_count_but_are_no_organisations() -> None:
    text = f"\n{HEAD}\n\nЛицей;;;;\n;;;;\n \u200b;\nГимназия;;;;\n"
    assert [(row.number, row.name) for row in rows_of(text)] == [(4, "Лицей"), (7, "Гимназия")]
    book = workbook([], ["название"], [], ["Лицей"])
    assert [(row.number, row.name) for row in rows_of(book)] == [(4, "Лицей")]


def test_quotes_keep_delimiters_quotes_and_lines_together() -> None:
    text = 'название;вид\n"Школа ""Радуга"";\n корпус 2";школа\nЛицей "Заря";школа'
    names = [(row.number, row.name) for row in rows_of(text)]
    assert names == [(2, 'Школа "Радуга"; корпус 2'), (3, 'Лицей "Заря"')]


def test_signs_that_nobody_sees_are_not_part_of_a_name() -> None:
    name = "\ufeff Школа\u00a0№\u202f5\u200b \N{SOFT HYPHEN}Й "
    assert rows_of(f"название\n{name}")[0].name == "Школа № 5 Й"


@pytest.mark.parametrize(
    ("written", "zone"),
    [
        ("Москва", "Europe/Moscow"),
        ("мск", "Europe/Moscow"),
        ("МСК+0", "Europe/Moscow"),
        ("МСК−1", "Europe/Kaliningrad"),
        ("MSK + 7", "Asia/Vladivostok"),
        ("UTC+5", "Asia/Yekaterinburg"),
        ("UTC+05:00", "Asia/Yekaterinburg"),
        ("gmt+12", "Asia/Kamchatka"),
        ("Владивосток", "Asia/Vladivostok"),
        ("asia/yekaterinburg", "Asia/Yekaterinburg"),
        ("Asia/Chita", "Asia/Chita"),
        ("UTC", None),
        ("UTC+13", None),
        ("UTC+5:30", None),
        ("МСК-2", None),
        ("+5", None),
        ("EST", None),
        ("Etc/GMT-3", None),
        ("Луна", None),
    ],
)
def test_a_time_zone_is_taken_as_people_write_it(written: str, zone: str | None) -> None:
    assert read_zone(written) == zone


def test_the_zones_of_russia_are_an_hour_apart() -> None:
    summer = datetime(2026, 7, 1)  # noqa: DTZ001 -- a wall clock's, for any zone
    offsets = [ZoneInfo(name).utcoffset(summer) for _city, name in RUSSIAN]
    assert offsets == [timedelta(hours=hours) for hours in range(2, 13)]


# --- what is told ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        (";школа;;1;", "«название»: названия нет — впишите его или уберите строку"),
        (f"{'я' * 201};;;;", "«название»: слишком длинно, знаков: 201 — не больше 200"),
        (f"А;{'я' * 41};;;", "«вид»: слишком длинно, знаков: 41 — не больше 40"),
        (f"А;;;{'1' * 65};", "«ID организации»: слишком длинно, знаков: 65 — не больше 64"),
        (
            "А;;;;Марс",
            (
                "«часовой пояс»: неизвестный часовой пояс «Марс» — напишите, например, МСК+2,"
                " UTC+5, Екатеринбург или Asia/Yekaterinburg"
            ),
        ),
        (
            "А;;;1,23E+11;",
            (
                "«ID организации»: таблица сократила длинное число до «1,23E+11» — задайте"
                " ячейке вид «Текст» и впишите число заново"
            ),
        ),
        (
            "А;;;;;Б",
            (
                "ячейка «Б» стоит в столбце без заголовка — уберите её; знак, что делит столбцы,"
                " внутри ячейки берут в кавычки"
            ),
        ),
    ],
)
def test_a_fault_in_a_cell_is_told_with_its_row_and_column(row: str, fault: str) -> None:
    between = "" if fault.startswith("ячейка") else ", "
    told = f"строка 3{between or ': '}{fault}"
    assert faults_of(f"{HEAD}\nЛицей;;;;\n{row}") == [told]


def test_every_fault_is_told_at_once() -> None:
    text = f"{HEAD}\n;;;1E+9;Марс\nЛицей;;;;\n{'я' * 201};;;;Луна"
    assert [each.split(": ")[0] for each in faults_of(text)] == [
        "строка 2, «ID организации»",
        "строка 2, «название»",
        "строка 2, «часовой пояс»",
        "строка 4, «название»",
        "строка 4, «часовой пояс»",
    ]


@pytest.mark.parametrize(
    ("cell", "what"),
    [
        (date(2026, 9, 1), "здесь не текст, а дата"),
        (True, "здесь не текст, а ИСТИНА или ЛОЖЬ"),
        (123456789012345678, "таблица сократила длинное число до «1.2346E+17»"),
    ],
)
def test_what_a_spreadsheet_made_of_a_text_is_told(cell: object, what: str) -> None:
    (fault,) = faults_of(workbook([*HEADINGS], [cell]))
    assert fault.startswith(f"строка 2, «название»: {what} — задайте ячейке вид «Текст»")


@pytest.mark.parametrize(
    ("head", "faults"),
    [
        (
            "название;часавой пояс",
            ["строка 1, «часавой пояс»: неизвестный заголовок — может быть, «часовой пояс»?"],
        ),
        (
            "название;директор",
            [
                (
                    "строка 1, «директор»: неизвестный заголовок — бывают: название, вид,"
                    " входит в, ID организации, часовой пояс; остальные столбцы удалите"
                )
            ],
        ),
        (
            "название;вxодит в",
            [
                (
                    "строка 1, «вxодит в»: неизвестный заголовок — здесь латинская «x», а нужно"
                    " «входит в», там русская «х»"
                )
            ],
        ),
        ("название;вид;Тип", ["строка 1, «Тип»: столбец «вид» уже есть — оставьте один"]),
        ("вид;входит в", ["строка 1: нет столбца «название» — без него нельзя"]),
        (
            "Лицей;Гимназия",
            [
                (
                    "строка 1: заголовков нет — в первой строке нужны заголовки: название,"
                    " вид, входит в, ID организации, часовой пояс"
                )
            ],
        ),
    ],
)
def test_a_heading_that_is_not_known_is_told_with_the_nearest(
    head: str, faults: list[str]
) -> None:
    assert faults_of(f"{head}\nА;Б;В")[: len(faults)] == faults


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"", "файл: файл пуст — в первой строке нужны заголовки"),
        ("\ufeff\n ;\n".encode(), "файл: файл пуст"),
        (HEAD.encode(), "файл: в файле нет ни одной организации — впишите под заголовками"),
        (b"\x89PNG\r\n\x1a\n\0\0", "файл: это не таблица — нужна таблица XLSX или CSV"),
        (b"\x98", "файл: это не таблица"),
        (f"{HEAD}\nЛицей".encode("utf-16"), "файл: это не таблица"),
        (workbook([*HEADINGS])[:900], "файл: файл повреждён или это не таблица — откройте"),
        (b"PK\x03\x04 and nothing else", "файл: файл повреждён или это не таблица"),
        (b"a" * (FILE_BYTES + 1), "файл: файл слишком большой — не больше 10 МБ"),
        (f'{HEAD}\nА;;;;\n"Б;;;;\nВ;;;;'.encode(), "строка 3: кавычки не закрыты"),
        (f'{HEAD}\n"А" Б;;;;'.encode(), "строка 2: кавычки не закрыты или после закрывающей"),
    ],
)
def test_a_file_that_is_no_table_is_told_in_one_line(data: bytes, what: str) -> None:
    (fault,) = faults_of(data)
    assert fault.startswith(what)


# --- what is written -------------------------------------------------------------------------


def test_the_export_opens_in_a_russian_excel() -> None:
    tree = Tree([Organisation(id=1, name="Лицей; «Заря»", sferum_id="7", time_zone="Asia/Omsk")])
    data = export(tree)
    assert data.startswith(b"\xef\xbb\xbf")
    assert data.decode("utf-8-sig").split("\r\n") == [
        HEAD,
        '"Лицей; «Заря»";школа;/;7;Asia/Omsk',
        "",
    ]


@pytest.mark.parametrize("name", ["=1+1", "+7", "-Лицей", "@школа", "'=1", "'Заря"])
def test_no_cell_of_the_export_starts_a_formula_and_its_text_comes_back(name: str) -> None:
    data = export(Tree([Organisation(id=1, name=name)]))
    (_head, row) = csv.reader(io.StringIO(data.decode("utf-8-sig")), delimiter=";")
    assert row[0][0] not in "=+-@\t"
    assert rows_of(data)[0].name == name


def test_what_is_archived_or_below_it_is_not_exported() -> None:
    tree = Tree(
        [
            Organisation(id=1, name="Район", archived=True),
            Organisation(id=2, parent=1, name="Школа"),
            Organisation(id=3, name="Лицей"),
        ]
    )
    assert [row.name for row in rows_of(export(tree))] == ["Лицей"]
