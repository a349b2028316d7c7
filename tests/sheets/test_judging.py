"""What a sheet's figures mean, and which of them can't be right."""

from dataclasses import fields
from datetime import date, timedelta

import pytest

from course_bot.sheets.figures import COUNTED, Field, Figures, Group
from course_bot.sheets.judging import Doubtful, Judged, Targets, judge, needed, share_of

TARGETS = Targets(teachers=75, learners=30, days=7)
DAY = date(2025, 10, 30)
FAQ = Figures(
    expected=3293,
    registered=263,
    teachers_expected=107,
    teachers_registered=92,
    teachers_linked=11,
    pupils_expected=1593,
    pupils_registered=151,
    pupils_linked=3,
    pupils_active=58,
    parents_expected=1593,
    parents_registered=20,
    parents_linked=11,
    parents_active=54,
)
"""FAQ 6: its example; the column of active teachers is lost in its print."""


def judged(figures: Figures, *, age: int = 0) -> Judged:
    return judge(figures, TARGETS, day=DAY, today=DAY + timedelta(days=age))


def test_every_figure_is_a_column_that_holds_a_number() -> None:
    assert tuple(each.name for each in fields(Figures)) == COUNTED


@pytest.mark.parametrize(
    ("expected", "target", "people"),
    [(107, 75, 81), (100, 75, 75), (1593, 30, 478), (1, 30, 1), (0, 75, 0), (10, 100, 10)],
)
def test_a_share_of_people_is_rounded_up(expected: int, target: int, people: int) -> None:
    assert needed(expected, target) == people
    for active in range(1, expected + 1):
        assert (share_of(active, expected) * 100 >= target) is (active >= people)


def test_the_faqs_own_row_has_one_doubt_and_no_advice_where_it_is() -> None:
    found = judged(FAQ)
    (doubt,) = found.doubts
    assert (doubt.kind, doubt.group) == (Doubtful.ACTIVE_OVER_REGISTERED, Group.PARENTS)
    assert (doubt.first, doubt.second) == (54, 20)
    assert found.spoilt == {Field.PARENTS_ACTIVE, Field.PARENTS_REGISTERED}
    assert found.standings.keys() == {Group.PUPILS}  # of teachers nobody knows who is active
    assert (found.standings[Group.PUPILS].needed, found.standings[Group.PUPILS].missing) == (
        478,
        420,
    )
    assert found.together is None


def test_pupils_and_parents_are_told_apart_and_together() -> None:
    found = judged(
        Figures(pupils_expected=100, pupils_active=50, parents_expected=100, parents_active=5)
    )
    assert found.standings[Group.PUPILS].missing == 0
    assert found.standings[Group.PARENTS].missing == 25
    assert found.together is not None
    assert (found.together.needed, found.together.missing) == (60, 5)
    assert found.missing == 25


def test_registered_is_never_taken_for_active() -> None:
    found = judged(Figures(teachers_expected=107, teachers_registered=107))
    assert not found.standings
    assert found.missing is None


@pytest.mark.parametrize(
    ("figures", "kind", "first", "second", "spoilt"),
    [
        (
            Figures(teachers_registered=3, teachers_linked=4),
            Doubtful.LINKED_OVER_REGISTERED,
            4,
            3,
            {Field.TEACHERS_LINKED, Field.TEACHERS_REGISTERED},
        ),
        (
            Figures(teachers_expected=20, teachers_registered=21),
            Doubtful.REGISTERED_OVER_EXPECTED,
            21,
            20,
            {Field.TEACHERS_REGISTERED, Field.TEACHERS_EXPECTED},
        ),
        (
            Figures(pupils_expected=5, parents_expected=6),
            Doubtful.PARENTS_NOT_PUPILS,
            6,
            5,
            {Field.PARENTS_EXPECTED},
        ),
        (
            Figures(expected=9, teachers_expected=1, pupils_expected=5, parents_expected=5),
            Doubtful.PARTS_OF_EXPECTED,
            11,
            9,
            {Field.EXPECTED},
        ),
        (
            Figures(
                registered=9, teachers_registered=1, pupils_registered=5, parents_registered=5
            ),
            Doubtful.PARTS_OF_REGISTERED,
            11,
            9,
            {Field.REGISTERED},
        ),
        (
            Figures(teachers_expected=20, teachers_registered=0, teachers_active=0),
            Doubtful.ALL_ZERO,
            0,
            20,
            {Field.TEACHERS_REGISTERED, Field.TEACHERS_ACTIVE},
        ),
    ],
)
def test_figures_that_contradict_each_other_stand_side_by_side(
    figures: Figures, kind: Doubtful, first: int, second: int, spoilt: set[Field]
) -> None:
    found = judged(figures)
    (doubt,) = found.doubts
    assert (doubt.kind, doubt.first, doubt.second) == (kind, first, second)
    assert found.spoilt == spoilt


@pytest.mark.parametrize(("age", "old"), [(0, False), (7, False), (8, True)])
def test_a_sheet_is_old_after_the_days_that_activity_is_counted_for(age: int, old: bool) -> None:
    doubts = judged(Figures(teachers_expected=20, teachers_active=3), age=age).doubts
    assert [(each.kind, each.first) for each in doubts] == ([(Doubtful.OLD, age)] if old else [])


def test_an_old_sheet_still_says_what_was_missing_then() -> None:
    assert judged(Figures(teachers_expected=20, teachers_active=3), age=30).missing == 12
