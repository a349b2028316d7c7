"""Headings of a statistics sheet: what is taken for what, and what is left to people."""

import pytest

from course_bot.sheets.columns import Columns, field_of_heading, find_columns, folded_heading
from course_bot.sheets.figures import COUNTED, Field, Twice
from course_bot.spreadsheet.table import Cell, Merged, Table
from tests.sheets.region_file import HEADINGS


def columns(*rows: list[Cell], merged: tuple[Merged, ...] = (), **chosen: Field) -> Columns:
    said = {name.replace("_", " "): field for name, field in chosen.items()}
    found = find_columns(Table(rows=rows, merged=merged), said)
    assert found
    return found


@pytest.mark.parametrize(("heading", "known"), HEADINGS.items())
def test_every_heading_of_the_faq_is_known(heading: str, known: Field | None) -> None:
    assert field_of_heading(heading) is known


def test_of_the_faqs_headings_none_is_left_over() -> None:
    found = columns([*HEADINGS])
    assert set(found.fields) == set(Field)
    assert (found.unsure, found.unknown, found.missing, found.twice) == ((), (), (), ())
    assert found.below == 1


@pytest.mark.parametrize(
    ("written", "known"),
    [
        ("КОЛИЧЕСТВО УЧИТЕЛЕЙ, СВЯЗАВШИХ АККАУНТЫ ЭЖД", Field.TEACHERS_LINKED),
        ("Кол.учителей,связавших аккаунты ЭЖД", Field.TEACHERS_LINKED),
        ("Учителей\nзарегистри-\nровано  в\u00a0Сферум:", Field.TEACHERS_REGISTERED),
        ("Зарегистрировано в «Сферум» учителей", Field.TEACHERS_REGISTERED),
        ("Зарегистрированные педагоги", Field.TEACHERS_REGISTERED),
        ("Учeникoв в шкoлe всeгo", Field.PUPILS_EXPECTED),  # Latin e and o
        ("Всего учеников", Field.PUPILS_EXPECTED),
        ("Обучающихся по ОО‑1", Field.PUPILS_EXPECTED),
        ("Численность педагогических работников", Field.TEACHERS_EXPECTED),
        ("Дети, всего", Field.PUPILS_EXPECTED),
        ("Родителей (законных представителей) всего", Field.PARENTS_EXPECTED),
        ("Активных сотрудников за последние 7 дней", Field.TEACHERS_ACTIVE),
        ("Школьников активно", Field.PUPILS_ACTIVE),
        ("Активные законные представители", Field.PARENTS_ACTIVE),
        ("Родители, связанные с ЭЖД", Field.PARENTS_LINKED),
        ("Учителей, учеников и родителей зарегистрировано в МАХ", Field.REGISTERED),
        ("Зарегистрировано всего", Field.REGISTERED),
        ("ID организации", Field.SFERUM_ID),
        ("ИД ОО", Field.SFERUM_ID),
        ("id_организация", Field.SFERUM_ID),
        ("Дата формирования отчёта", Field.DAY),
        ("Наименование организации", Field.NAME),
        ("Муниципальное образование", Field.MUNICIPALITY),
        ("MO", Field.MUNICIPALITY),
        ("Субъект РФ", Field.REGION),
    ],
)
def test_a_heading_is_known_by_its_words_in_any_form_and_order(written: str, known: Field) -> None:
    assert field_of_heading(written) is known


@pytest.mark.parametrize(
    "written",
    [
        "Активна",
        "Активные",
        "Активных, всего",
        "Доля активных учителей, %",
        "Активность учителей",
        "Неактивные учителя",
        "Не зарегистрировано учителей",
        "Активные учителя за месяц",
        "Активные ученики и родители",
        "Учителей",
        "Количество учителей",
        "Учителей в Сферуме",
        "Учителей в ЭЖД всего",
        "Школьников",
        "Зарегистрировано и активно учителей",
        "Зарегистрировано",
        "Код региона",
        "ID региона",
        "Ссылка на школу",
        "Учительские чаты, всего",
        "",
        "%",
    ],
)
def test_a_heading_that_says_more_or_less_is_not_guessed(written: str) -> None:
    assert field_of_heading(written) is None


def test_a_heading_is_remembered_without_what_does_not_matter() -> None:
    assert folded_heading(" Кол\u2011во\u00a0УЧИТЕЛЕЙ,\n«Ёлка»; aктивных \u200b(7)") == (
        "количество учителей елка активных 7"
    )
    assert folded_heading("Доля, %") == "доля %"
    assert folded_heading("Excel ID") == "excel id"


def test_a_title_and_remarks_may_stand_above() -> None:
    found = columns(
        ["Статистика по школе", None],
        [],
        ["Всего учителей по району: 5", "на 30.10.2025"],
        ["Дата", "ID организация", "Активные учителя"],
    )
    assert (found.below, found.fields[Field.TEACHERS_ACTIVE]) == (4, 2)


TALL: list[list[Cell]] = [
    ["Дата", "Учителя", None, None, "Ученики", None, "Зарегистрировано"],
    [None, "всего", "активны", "связали аккаунт ЭЖД", "всего", "активны", "родителей"],
]
TALL_FIELDS = {
    Field.DAY: 0,
    Field.TEACHERS_EXPECTED: 1,
    Field.TEACHERS_ACTIVE: 2,
    Field.TEACHERS_LINKED: 3,
    Field.PUPILS_EXPECTED: 4,
    Field.PUPILS_ACTIVE: 5,
    Field.PARENTS_REGISTERED: 6,
}


def test_headings_may_be_merged_over_two_rows() -> None:
    tall = [[*TALL[0]], [*TALL[1]]]
    tall[1][3] = "связали"
    found = columns(*tall, merged=(Merged(0, 0, 1, 0), Merged(0, 1, 0, 3), Merged(0, 4, 0, 5)))
    assert found.fields == TALL_FIELDS
    assert found.below == 2
    assert found.headings[1] == "Учителя, всего"


def test_a_csv_does_not_tell_what_was_merged_and_is_read_all_the_same() -> None:
    assert columns(*TALL).fields == TALL_FIELDS


def test_merged_cells_cost_no_more_than_the_place_they_have() -> None:
    everywhere = tuple(Merged(0, 0, 1_048_575, 199) for _ in range(20_000))
    assert find_columns(Table(rows=[[*HEADINGS]], merged=everywhere), {}) is None


def test_what_appears_twice_is_taken_neither_time() -> None:
    found = columns(["Дата", "Активные ученики", "Активные ученики", "Активных учеников"])
    names = (
        "Активные ученики (столбец B)",
        "Активные ученики (столбец C)",
        "Активных учеников",
    )
    assert found.twice == (Twice(field=Field.PUPILS_ACTIVE, headings=names),)
    assert found.unsure == (1, 2, 3)
    assert Field.PUPILS_ACTIVE not in {*found.missing, *found.fields}


def test_of_several_names_the_first_is_taken() -> None:
    found = columns(["Дата", "Краткое название", "Полное наименование ОО", "Всего учителей"])
    assert (found.fields[Field.NAME], found.twice, found.unknown) == (1, (), (2,))


def test_columns_without_a_heading_are_called_by_their_letter() -> None:
    found = columns(["Дата", None, "Всего учителей", "  "], [1, 2, 3, 4, 5])
    assert [found.headings[at] for at in (1, 3, 4)] == ["столбец B", "столбец D", "столбец E"]
    assert [found.has_heading(at) for at in (0, 1)] == [True, False]
    assert len(set(found.headings.values())) == 5


def test_shares_are_known_not_to_be_numbers_of_people() -> None:
    found = columns(["Дата", "Всего учителей", "Доля активных учителей, %", "Чатов"])
    assert (found.unknown, found.unsure) == ((2,), (3,))


def test_what_somebody_said_goes_before_the_words() -> None:
    heads: list[Cell] = ["Дата", "Активные ученики", "Активных учеников", None, "Чатов"]
    found = columns(
        heads,
        активных_учеников=Field.PUPILS_ACTIVE,
        столбец_d=Field.TEACHERS_ACTIVE,
        чатов=Field.PUPILS_LINKED,
    )
    assert found.fields == {
        Field.DAY: 0,
        Field.PUPILS_ACTIVE: 2,
        Field.TEACHERS_ACTIVE: 3,
        Field.PUPILS_LINKED: 4,
    }
    assert (found.twice, found.unsure) == ((), (1,))


@pytest.mark.parametrize(
    "heads",
    [
        ["Дата", "Название", "Сумма"],
        ["Активные учителя"],
        ["Дата", "ID организации", "Всего"],
        [1, 2, 3],
    ],
)
def test_another_table_has_no_such_headings(heads: list[Cell]) -> None:
    assert find_columns(Table(rows=[heads, [1, 2, 3]]), {}) is None


def test_texts_alone_make_it_known_if_there_are_enough() -> None:
    found = columns(["Дата", "Название", "МО", "ID организации", "Пришло", "Ушло"])
    assert not set(found.fields) & set(COUNTED)
    assert found.unsure == (4, 5)
