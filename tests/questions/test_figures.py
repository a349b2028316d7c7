"""The figures of generated questions: plausible, whole, and the answer that follows."""

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from math import ceil, floor
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


@pytest.mark.parametrize(("total", "needed"), [(90, 68), (47, 36), (100, 75)])
def test_three_quarters_of_a_school_are_whole_people(total: int, needed: int) -> None:
    drawn = next(
        drawn
        for seed in range(2000)
        if (drawn := figures(Case.PEOPLE_NEEDED, 75, seed))["total"] == total
    )

    assert drawn["answer"] == needed


@pytest.mark.parametrize("case", [Case.PEOPLE_NEEDED, Case.PEOPLE_MISSING])
@pytest.mark.parametrize("percent", [75, 30, 1, 99])
def test_in_half_of_the_draws_only_rounding_up_is_enough(case: Case, percent: int) -> None:
    draws = [figures(case, percent, seed) for seed in range(400)]
    telling = 0
    for drawn in draws:
        share = Fraction(drawn["total"] * percent, 100)
        usual = floor(share + Fraction(1, 2))
        telling += usual == floor(share) < drawn.get("needed", drawn["answer"])

    assert telling >= 200


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
def test_a_percentage_is_any_from_1_to_99_rounded_half_up(
    case: Case, part: str, seed: int
) -> None:
    drawn = figures(case, None, seed)

    share = Decimal(100 * drawn[part]) / drawn["total"]
    assert share.to_integral_value(ROUND_HALF_UP) == drawn["answer"]
    assert 1 <= drawn["answer"] <= 99


def test_percentages_are_small_and_large_and_seldom_a_multiple_of_five() -> None:
    drawn = [figures(Case.ACTIVE_PERCENT, None, seed)["answer"] for seed in range(400)]

    assert len({*drawn}) > 80
    assert (min(drawn), max(drawn)) == (1, 99)
    assert sum(percent % 5 == 0 for percent in drawn) < 120


@given(DRAWS)
def test_one_parent_is_expected_for_each_pupil(seed: int) -> None:
    drawn = figures(Case.PARENTS_EXPECTED, None, seed)

    assert drawn["answer"] == drawn["pupils"]


@given(DRAWS)
def test_everyone_is_teachers_pupils_and_as_many_parents(seed: int) -> None:
    drawn = figures(Case.EVERYONE_EXPECTED, None, seed)

    assert drawn["answer"] == drawn["teachers"] + drawn["pupils"] + drawn["parents"]
    assert drawn["parents"] == drawn["pupils"]
    assert 12 <= drawn["pupils"] / drawn["teachers"] <= 18


@pytest.mark.parametrize("case", list(Case))
@given(seed=DRAWS)
def test_the_genitive_plural_follows_every_number_of_people_in_all(case: Case, seed: int) -> None:
    drawn = figures(case, 75, seed)

    for name in {"total", "pupils", "teachers", "parents"} & {*drawn}:
        assert f"{drawn[name]}"[-1] in "056789" or f"{drawn[name]}"[-2] == "1", drawn


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
