"""The tables of schools' activity: sorted by people missing, doubtful figures marked."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from course_bot.locale.phrases import phrases
from course_bot.reports.activity import (
    PAGE_COLUMNS,
    activity_table,
    furthest,
    furthest_title,
    judged,
    missing_words,
    narrowed,
    overall,
)
from course_bot.reports.drawing import Text
from course_bot.reports.outcome import outcome_table
from course_bot.reports.picture import draw
from course_bot.reports.table import Table, Unsure
from course_bot.reports.wording import keyed, shown
from course_bot.reports.xlsx import write_xlsx
from course_bot.sheets.figures import Figures, Group
from course_bot.sheets.judging import Targets
from course_bot.storage.activity import SchoolActivity
from course_bot.storage.reporting import SchoolCompletion
from tests.books import sheet_rows
from tests.reports.tables import AT
from tests.reports.test_delimited import read as lines
from tests.reports.test_xlsx import convert
from tests.statistics_sheets import CONTRADICTED

RU = phrases("ru")
TARGETS = Targets(teachers=75, learners=30, days=7)
TODAY = AT.date()


def school(number: int, figures: Figures, *, day: date | None = TODAY) -> SchoolActivity:
    return SchoolActivity(
        organisation=number,
        name=f"Школа № {number}",
        sferum_id=f"50{number}",
        municipality="Озёрский район",
        day=day,
        figures=figures,
    )


GOOD = replace(CONTRADICTED, teachers_active=81, parents_registered=300, parents_active=300)
NONE = school(1, Figures(), day=None)
FULL = school(2, GOOD)
FAR = replace(
    school(3, replace(GOOD, teachers_active=54)),
    before_day=TODAY - timedelta(days=30),
    before=replace(GOOD, teachers_active=60),
)
DOUBTFUL = school(4, CONTRADICTED, day=TODAY - timedelta(days=12))
SPOILT = school(5, replace(CONTRADICTED, teachers_active=None, pupils_active=None))
SCHOOLS = judged([NONE, FULL, FAR, DOUBTFUL, SPOILT], TARGETS, TODAY)


def activity() -> Table:
    return activity_table(RU, "Озёрский край", SCHOOLS, TARGETS, AT)


def cells(table: Table, name: str) -> list[object]:
    at = [column.name for column in table.columns].index(name)
    return [row[at] for row in table.rows]


def test_schools_that_lack_most_people_come_first_and_unknown_ones_last() -> None:
    found = [(each.found.organisation, each.now.missing) for each in SCHOOLS]
    assert found == [(3, 27), (4, 10), (2, 0), (5, None), (1, None)]


def test_a_figure_that_cannot_be_right_is_marked_and_nothing_comes_of_it() -> None:
    table = activity()
    assert cells(table, "parents_active")[:2] == [300, Unsure(54)]
    assert cells(table, "parents_missing")[:2] == [0, None]
    assert cells(table, "parents_share")[:2] == [0.3, None]
    assert cells(table, "teachers_needed")[:2] == [81, 81]
    assert cells(table, "teachers_change") == [-6, None, None, None, None]
    assert cells(table, "doubts")[1] == (
        "листу уже 12 дней, а активность считают за 7 дней: многое могло измениться;"
        " Родители: активных 54, а зарегистрировано 20"
    )
    form = next(each.form for each in table.columns if each.name == "parents_active")
    assert (
        shown(Unsure(1054), form, table, RU)
        == "1\N{NARROW NO-BREAK SPACE}054\N{NO-BREAK SPACE}(?)"
    )
    assert keyed(Unsure(1054), form, table) == "1054"


def test_every_row_has_a_cell_for_each_column_also_where_some_are_chosen() -> None:
    table = activity()
    for each in (table, narrowed(table, PAGE_COLUMNS)):
        assert {len(row) for row in each.rows} == {len(each.columns)}
    first = next(iter(narrowed(table, PAGE_COLUMNS).rows))
    assert first[:3] == ["Школа № 3", "Озёрский район", 27]


def test_what_is_doubtful_is_in_no_sum_and_an_old_sheet_is_no_contradiction() -> None:
    whole = overall(SCHOOLS)
    assert (whole.schools, whole.told, whole.old, whole.doubtful) == (5, 4, 1, 2)
    assert (whole.first, whole.last) == (TODAY - timedelta(days=12), TODAY)
    assert whole.sure == {Group.TEACHERS: 3, Group.PUPILS: 3, Group.PARENTS: 2}
    assert whole.reached == {Group.TEACHERS: 1, Group.PUPILS: 3, Group.PARENTS: 2}
    assert whole.missing == 37


def test_the_picture_names_who_is_furthest_and_how_many_are_missing() -> None:
    bars = furthest(SCHOOLS)
    drawn = draw("Озёрский край", "сегодня", bars, RU, missing_words(RU))
    found = [item.text for item in drawn.items if isinstance(item, Text)]
    texts = [text.replace("\N{NO-BREAK SPACE}", " ") for text in found]
    assert texts[-8:] == [
        "Школа № 3",
        "не хватает 27",
        "654 из 681",
        "Озёрский район",
        "Школа № 4",
        "не хватает 10",
        "371 из 381",
        "Озёрский район",
    ]
    assert furthest_title(RU, bars) == "Дальше всех от цели: 2 из 2 школ"
    assert furthest_title(RU, bars * 20) == "Дальше всех от цели: 20 из 40 школ"


def test_training_stands_beside_activity_and_says_that_one_proves_nothing() -> None:
    done = {
        3: SchoolCompletion(learners=10, completed=5, learners_before=8, completed_before=2),
        4: SchoolCompletion(learners=2, completed=0, learners_before=0, completed_before=0),
    }
    table = outcome_table(RU, "Озёрский край", SCHOOLS, done, AT)
    assert "не доказывает" in table.note
    first, second, *_ = table.rows
    assert first[2:9] == (10, 0.25, 0.5, 92 / 107, 92 / 107, 0.56, 0.50)
    assert second[2:9] == (2, None, 0.0, None, 92 / 107, None, 0.66)


@pytest.mark.libreoffice
def test_libreoffice_shows_marks_and_leaves_marked_figures_numbers(
    libreoffice: str, tmp_path: Path
) -> None:
    book = tmp_path / "book.xlsx"
    write_xlsx(book, [activity(), outcome_table(RU, "Озёрский край", SCHOOLS, {}, AT)], RU)
    convert(
        libreoffice, tmp_path, book, "csv:Text - txt - csv (StarCalc):59,34,76,1,,0,false,true"
    )
    theirs = lines((tmp_path / "out" / "book.csv").read_bytes())
    assert "54 (?)" in [cell.replace("\N{NO-BREAK SPACE}", " ") for cell in theirs[5]]
    data = book.read_bytes()
    assert 54 in sheet_rows(data, 0)[5]
    assert "не доказывает" in f"{sheet_rows(data, 1)[1][0]}"
