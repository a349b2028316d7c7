"""A statistics sheet from its bytes: what is read, what is told, and what is passed over."""

from datetime import date
from pathlib import Path

import pytest

from course_bot.sheets.columns import folded_heading
from course_bot.sheets.figures import (
    MOST,
    READING,
    Field,
    Figures,
    Reading,
    Refusal,
    RowFault,
    RowProblem,
    SchoolDay,
    Sheet,
)
from course_bot.sheets.reading import FAULTS, read_sheet
from tests.sheets.making import number, parts_of, row_of, text, zipped
from tests.sheets.region_file import DAY, FLAWS, TODAY, region_file

SAMPLES = Path(__file__).parents[1] / "samples"
HEAD = "Дата;ID организация;Краткое название;Всего учителей;Активные учителя"


def read(*lines: str, chosen: dict[str, Field] | None = None) -> Reading:
    return read_sheet("\n".join(lines).encode(), today=TODAY, chosen=chosen or {})


def sheet(*lines: str, chosen: dict[str, Field] | None = None) -> Sheet:
    reading = read(*lines, chosen=chosen)
    assert isinstance(reading, Sheet)
    return reading


def workbook(*cells: str) -> Sheet:
    heads = row_of(*map(text, HEAD.split(";")))
    styles = '<cellXfs><xf/><xf numFmtId="14"/><xf numFmtId="10"/></cellXfs>'
    content = zipped(parts_of(heads + row_of(*cells), styles=styles))
    reading = read_sheet(content, today=TODAY, chosen={})
    assert isinstance(reading, Sheet)
    return reading


def test_a_region_with_every_kind_of_flaw_is_read_as_it_is() -> None:
    region = region_file(1_200)
    assert set(region.flaws) == set(FLAWS)

    reading = read_sheet(region.content, today=TODAY, chosen={})

    assert isinstance(reading, Sheet)
    assert list(reading.rows) == region.schools
    assert list(reading.faults) == region.faults
    assert (reading.missing, reading.twice, reading.others, reading.unknown) == ((), (), (), ())


def test_the_faqs_school_is_read_as_libreoffice_saved_it() -> None:
    reading = read_sheet((SAMPLES / "statistics.xlsx").read_bytes(), today=TODAY, chosen={})
    assert isinstance(reading, Sheet)
    assert [row.day for row in reading.rows] == [date(2025, 10, 23), DAY]
    assert reading.rows[1] == SchoolDay(
        row=4,
        day=DAY,
        sferum_id="000123",
        name="МАОУ СШ",
        municipality="Липецк",
        region="Липецкая",
        figures=Figures(
            expected=3293,
            registered=263,
            teachers_expected=107,
            teachers_registered=92,
            teachers_linked=11,
            teachers_active=81,
            pupils_expected=1593,
            pupils_registered=151,
            pupils_linked=3,
            pupils_active=58,
            parents_expected=1593,
            parents_registered=20,
            parents_linked=11,
            parents_active=19,
        ),
    )
    assert (reading.faults, reading.missing, reading.unknown) == ((), (), ())


@pytest.mark.parametrize(
    ("written", "figure"),
    [
        ("1593", 1593),
        ("1 593", 1593),
        ("1\u00a0593\u00a0000", 1_593_000),
        ("1\u2009593", 1593),
        ("1'593", 1593),
        ("'1593", 1593),
        ("1593.0", 1593),
        ("1593,00", 1593),
        ("0", 0),
        (str(MOST), MOST),
        ("", None),
        ("—", None),
        ("-", None),
        ("н/д", None),
        ("Н/Д", None),
        ("нет данных", None),
        ("15 93", RowProblem.NOT_A_NUMBER),
        ("1,593", RowProblem.NOT_A_NUMBER),
        ("-5", RowProblem.NOT_A_NUMBER),
        ("12,5", RowProblem.NOT_A_NUMBER),
        ("много", RowProblem.NOT_A_NUMBER),
        ("#N/A", RowProblem.NOT_A_NUMBER),
        ("²", RowProblem.NOT_A_NUMBER),
        ("87%", RowProblem.SHARE),
        ("87,5 %", RowProblem.SHARE),
        (str(MOST + 1), RowProblem.TOO_LARGE),
        ("1" * 300, RowProblem.NOT_A_NUMBER),
    ],
)
def test_a_number_of_people_is_read_however_it_is_written(
    written: str, figure: int | RowProblem | None
) -> None:
    reading = sheet(HEAD, f"30.10.2025;1;А;107;{written}")
    told = isinstance(figure, RowProblem)
    assert reading.rows[0].figures.teachers_active == (None if told else figure)
    assert [each.problem for each in reading.faults] == ([figure] if told else [])
    if told:
        assert reading.faults[0].heading == "Активные учителя"
        assert reading.faults[0].value == written[:40]


@pytest.mark.parametrize(
    "written",
    [
        "30.10.2025",
        "30.10.25",
        "30.10.2025 г.",
        "2025-10-30",
        "2025.10.30",
        "30/10/2025",
        "30-10-2025",
        "30.10.2025 07:15",
        "2025-10-30T07:15:20.123Z",
        "45960",
        " 30.10.2025\u00a0",
    ],
)
def test_a_day_is_read_however_it_is_written(written: str) -> None:
    reading = sheet(HEAD, f"{written};1;А;107;5")
    assert (reading.rows[0].day, reading.faults) == (DAY, ())


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("", RowProblem.NO_DATE),
        ("—", RowProblem.NO_DATE),
        ("вчера", RowProblem.NOT_A_DATE),
        ("31.02.2025", RowProblem.NOT_A_DATE),
        ("10/30/2025", RowProblem.NOT_A_DATE),
        ("5", RowProblem.NOT_A_DATE),
        ("02.11.2025", RowProblem.FUTURE),
    ],
)
def test_a_day_that_can_not_be_is_left_out(written: str, problem: RowProblem) -> None:
    reading = sheet(HEAD, f"{written};1;А;107;5")
    assert reading.rows[0].day is None
    assert reading.faults == (RowFault(row=2, heading="Дата", problem=problem, value=written),)


@pytest.mark.parametrize(
    ("written", "sferum_id"),
    [
        ("900105", "900105"),
        (" аб-Вг12 ", "аб-Вг12"),
        ("'000123", "000123"),
        ("900105.0", "900105"),
        ("", RowProblem.NO_ID),
        ("—", RowProblem.NO_ID),
        ("1" * 65, RowProblem.NO_ID),
        ("1,23E+11", RowProblem.SHORTENED_ID),
        ("1E+9", RowProblem.SHORTENED_ID),
    ],
)
def test_an_id_is_a_text_whatever_it_looks_like(written: str, sferum_id: str | RowProblem) -> None:
    reading = sheet(HEAD, f"30.10.2025;{written};А;107;5")
    told = isinstance(sferum_id, RowProblem)
    assert reading.rows[0].sferum_id == ("" if told else sferum_id)
    assert [each.problem for each in reading.faults] == ([sferum_id] if told else [])


def test_cells_of_a_workbook_are_what_they_are() -> None:
    reading = workbook(
        number(45960, 1), number("123456789012"), number(5), number("107.0"), number(5)
    )
    (row,) = reading.rows
    assert (row.day, row.sferum_id, row.name) == (DAY, "123456789012", "5")
    assert (row.figures.teachers_expected, row.figures.teachers_active) == (107, 5)
    assert workbook(number("45960.9"), number(1)).rows[0].day == DAY
    told = workbook(
        number("0.5", 2), '<c t="b"><v>1</v></c>', "<c/>", "<c><f>1</f></c>", number("0.755", 2)
    )
    assert [(each.problem, each.value) for each in told.faults] == [
        (RowProblem.FORMULA, ""),
        (RowProblem.SHARE, "75,5\N{NO-BREAK SPACE}%"),
        (RowProblem.NOT_A_DATE, "50\N{NO-BREAK SPACE}%"),
        (RowProblem.NO_ID, "ИСТИНА"),
    ]


def test_totals_remarks_and_numbers_of_columns_are_no_schools() -> None:
    reading = sheet(
        "Отчёт за октябрь",
        HEAD,
        "1;2;3;4;5",
        "",
        "30.10.2025;1;А;107;5",
        ";;Район 1;;",
        "30.10.2025;2;Б;10;5",
        "Итого;;;117;10",
        "30.10.2025;;ВСЕГО по району;117;10",
        "Исполнитель;;;;",
    )
    assert [(row.row, row.sferum_id) for row in reading.rows] == [(5, "1"), (7, "2")]
    assert reading.faults == ()


def test_a_school_is_not_a_total_by_its_name() -> None:
    reading = sheet(HEAD, "30.10.2025;1;Всеволожская СОШ;107;5")
    assert [row.name for row in reading.rows] == ["Всеволожская СОШ"]


def test_the_same_school_and_day_is_taken_once_or_not_at_all() -> None:
    reading = sheet(
        HEAD,
        "30.10.2025;Аб1;А;107;5",
        "23.10.2025;аб1;А;107;4",
        "30.10.2025; аБ1;А;107;5",
        "30.10.2025;2;Б;10;5",
        "30.10.2025;2;Б;10;6",
        ";3;В;1;1",
        ";3;В;1;2",
        "30.10.2025;;Г;1;1",
        "30.10.2025;;Г;1;2",
    )
    assert [row.row for row in reading.rows] == [2, 3, 7, 8, 9, 10]
    twice = [each for each in reading.faults if each.problem is RowProblem.TWICE]
    assert [(each.row, each.heading, each.value) for each in twice] == [
        (5, "ID организация", "2"),
        (6, "ID организация", "2"),
    ]


def test_numbers_under_headings_that_are_not_known_are_kept_for_somebody_to_say() -> None:
    lines = (
        f"{HEAD};;Чатов;Доля активных учителей, %;Код региона;Директор;Чатов",
        "30.10.2025;1;А;107;5;58;3;46;48;Анна;",
        "30.10.2025;2;Б;10;5;12;н/д;46;48;Пётр;",
    )
    reading = sheet(*lines)
    assert reading.others == ("столбец F", "Чатов (столбец G)")
    assert [row.others for row in reading.rows] == [(58, 3), (12, None)]
    assert reading.unknown == ("Доля активных учителей, %", "Директор", "Чатов (столбец K)")

    said = sheet(*lines, chosen={folded_heading("столбец F"): Field.PUPILS_ACTIVE})
    assert said.rows == reading.with_column("столбец F", Field.PUPILS_ACTIVE).rows
    assert said.others == ("Чатов (столбец G)",)


def test_what_appears_twice_is_among_the_others_and_what_is_missing_is_told() -> None:
    reading = sheet("ID организация;Активные учителя;Учителей активно", "1;5;6", "2;7;")
    assert reading.twice[0].headings == reading.others == ("Активные учителя", "Учителей активно")
    assert [row.others for row in reading.rows] == [(5, 6), (7, None)]
    assert reading.faults == ()
    assert Field.DAY in reading.missing
    assert Field.TEACHERS_ACTIVE not in reading.missing
    settled = reading.with_column("Активные учителя", Field.TEACHERS_ACTIVE)
    assert [row.figures.teachers_active for row in settled.rows] == [5, 7]


def test_only_the_first_faults_are_kept() -> None:
    lines = [f"вчера;{at};А;много;5" for at in range(FAULTS)]
    reading = sheet(HEAD, *lines)
    assert len(reading.faults) == FAULTS
    assert {each.row for each in reading.faults} == set(range(2, 2 + FAULTS // 2))
    assert len(reading.rows) == FAULTS


@pytest.mark.parametrize(
    ("lines", "refusal"),
    [
        ((), Refusal.EMPTY),
        (("", ";;"), Refusal.EMPTY),
        (("Имя;Возраст", "Анна;5"), Refusal.NO_HEADINGS),
        ((HEAD,), Refusal.NO_ROWS),
        ((HEAD, "Итого;;;5;5"), Refusal.NO_ROWS),
        ((HEAD, '"30.10.2025;1;А;107;5'), Refusal.DAMAGED),
    ],
)
def test_a_sheet_without_schools_is_refused(lines: tuple[str, ...], refusal: Refusal) -> None:
    assert read(*lines) is refusal


@pytest.mark.parametrize(
    ("sample", "refusal"),
    [("statistics.xls", Refusal.OLD_EXCEL), ("statistics.ods", Refusal.OPEN_DOCUMENT)],
)
def test_files_of_other_programs_are_told_by_name(sample: str, refusal: Refusal) -> None:
    content = (SAMPLES / sample).read_bytes()
    assert read_sheet(content, today=TODAY, chosen={}) is refusal


def test_what_was_read_comes_back_from_json() -> None:
    reading = read_sheet(region_file(60).content, today=TODAY, chosen={})
    assert READING.validate_json(READING.dump_json(reading, exclude_defaults=True)) == reading
