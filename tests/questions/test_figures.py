"""The figures of generated questions: plausible, whole, and the answer that follows."""

from fractions import Fraction
from math import ceil
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_bot.questions.figures import CASES, LARGEST, Case, Generated, draw_figures


def figures(case: Case, percent: int | None, seed: int) -> dict[str, int]:
    return draw_figures(Generated(case=case, percent=percent), Random(seed))


PERCENTS = st.integers(1, 100)
DRAWS = st.integers(0, 2**32)


@given(PERCENTS, DRAWS)
def test_people_needed_is_the_rules_share_rounded_up(percent: int, seed: int) -> None:
    drawn = figures(Case.PEOPLE_NEEDED, percent, seed)

    assert drawn["answer"] == ceil(Fraction(drawn["total"] * percent, 100))
    assert (drawn["answer"] - 1) * 100 < drawn["total"] * percent <= drawn["answer"] * 100


def test_three_quarters_of_ninety_are_sixty_eight_people() -> None:
    drawn = next(
        drawn
        for seed in range(1000)
        if (drawn := figures(Case.PEOPLE_NEEDED, 75, seed))["total"] == 90
    )

    assert drawn["answer"] == 68


@given(PERCENTS, DRAWS)
def test_people_missing_is_what_lacks_and_somebody_always_does(percent: int, seed: int) -> None:
    drawn = figures(Case.PEOPLE_MISSING, percent, seed)

    assert drawn["needed"] == ceil(Fraction(drawn["total"] * percent, 100))
    assert drawn["answer"] == drawn["needed"] - drawn["active"]
    assert drawn["answer"] > 0
    assert 0 <= drawn["active"] < drawn["total"]


@pytest.mark.parametrize(
    ("case", "part"),
    [(Case.ACTIVE_PERCENT, "active"), (Case.REGISTERED_PERCENT, "attached")],
)
@given(seed=DRAWS)
def test_a_percentage_asked_for_is_whole_and_plausible(case: Case, part: str, seed: int) -> None:
    drawn = figures(case, None, seed)

    assert Fraction(drawn[part] * 100, drawn["total"]) == drawn["answer"]
    assert 40 <= drawn["answer"] <= 95


@given(DRAWS)
def test_one_parent_is_expected_for_each_pupil(seed: int) -> None:
    drawn = figures(Case.PARENTS_EXPECTED, None, seed)

    assert drawn["answer"] == drawn["pupils"]


@given(DRAWS)
def test_everyone_is_teachers_pupils_and_as_many_parents(seed: int) -> None:
    drawn = figures(Case.EVERYONE_EXPECTED, None, seed)

    assert drawn["answer"] == drawn["teachers"] + drawn["pupils"] + drawn["parents"]
    assert drawn["parents"] == drawn["pupils"]
    assert 10 <= drawn["teachers"] < drawn["pupils"]


@pytest.mark.parametrize("case", list(Case))
@given(seed=DRAWS)
def test_figures_that_stand_before_a_noun_end_in_0_or_5(case: Case, seed: int) -> None:
    drawn = figures(case, 75, seed)

    for name in ("total", "pupils", "teachers", "parents"):
        assert drawn.get(name, 0) % 5 == 0


@pytest.mark.parametrize("case", [Case.PEOPLE_NEEDED, Case.PEOPLE_MISSING])
def test_a_target_without_its_percentage_is_refused(case: Case) -> None:
    with pytest.raises(ValueError, match="percentage"):
        figures(case, None, 1)


@pytest.mark.parametrize("case", list(Case))
@given(percent=PERCENTS, seed=DRAWS)
def test_no_figure_is_longer_than_the_longest_that_is_rehearsed(
    case: Case, percent: int, seed: int
) -> None:
    drawn = figures(case, percent, seed)

    assert {*drawn} == {*CASES[case].all, "answer"}
    assert all(0 <= value <= LARGEST for value in drawn.values())
