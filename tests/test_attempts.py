"""What an attempt asks: which questions, in what order, with which figures."""

from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from math import ceil
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_bot.content.model import Case, Choice, Course, Generated, Lesson, Number
from course_bot.learning.attempts import Attempt, draw_attempt, draw_figures, fill
from course_bot.learning.grading import FULL, points
from tests.courses import GENERATED, POOL, make_course, make_lesson, right_response

COURSE = make_course()
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
SEEDS = st.text(alphabet="abcdef0123456789", min_size=1, max_size=32)


def draw(
    attempt_id: str = "a1",
    *,
    lesson: Lesson | None = None,
    course: Course = COURSE,
    met: tuple[str, ...] = (),
) -> Attempt:
    return draw_attempt(
        course, lesson or course.lessons["chat"], attempt_id=attempt_id, number=1, met=met, at=NOW
    )


def asked_ids(attempt: Attempt) -> set[str]:
    return {asked.question.id for asked in attempt.asked}


def test_an_attempt_carries_where_it_comes_from() -> None:
    attempt = draw("a1")

    assert (attempt.id, attempt.lesson, attempt.number, attempt.started_at) == (
        "a1",
        "chat",
        1,
        NOW,
    )
    assert (attempt.course, attempt.pass_mark) == (COURSE.version, COURSE.pass_mark)


@given(SEEDS)
def test_the_same_id_draws_the_same_attempt(seed: str) -> None:
    assert draw(seed) == draw(seed)


def test_different_ids_draw_different_orders_and_figures() -> None:
    attempts = [draw(f"a{number}") for number in range(40)]

    assert len({tuple(asked.question.id for asked in taken.asked) for taken in attempts}) > 20
    figures = {
        asked.question.text
        for taken in attempts
        for asked in taken.asked
        if asked.question.id == "generated"
    }
    assert len(figures) > 20


@given(SEEDS, st.permutations([question.id for question in POOL]), st.integers(0, 6))
def test_every_critical_question_is_asked_and_none_twice(
    seed: str, met: list[str], known: int
) -> None:
    critical = tuple(
        replace(question, critical=question.id in {"number", "choice"}) for question in POOL
    )
    lesson = replace(make_lesson("chat", draw=4), pool=critical)

    attempt = draw(seed, lesson=lesson, met=tuple(met[:known]))

    assert {"number", "choice"} <= asked_ids(attempt)
    assert len(attempt.asked) == len(asked_ids(attempt)) == 4


@given(SEEDS)
def test_questions_not_yet_met_come_before_all_others(seed: str) -> None:
    attempt = draw(
        seed, lesson=make_lesson("chat", draw=4), met=("multiple", "order", "match", "choice")
    )

    assert {"number", "generated"} < asked_ids(attempt)


@given(SEEDS)
def test_of_the_questions_met_the_longest_ago_comes_first(seed: str) -> None:
    met = ("match", "order", "multiple", "number", "choice", "generated")

    assert asked_ids(draw(seed, lesson=make_lesson("chat", draw=4), met=met)) == {
        "choice",
        "match",
        "order",
        "multiple",
    }


def test_a_critical_question_is_not_always_the_first() -> None:
    first = {draw(f"a{number}").asked[0].question.id for number in range(60)}

    assert first == {question.id for question in POOL}


@given(SEEDS)
def test_the_shown_order_has_every_part_once_and_is_never_the_answer(seed: str) -> None:
    lesson = replace(COURSE.lessons["chat"], draw=len(POOL))
    parts = {"choice": 3, "multiple": 5, "order": 4, "match": 3, "number": 0, "generated": 0}

    for asked in draw(seed, lesson=lesson).asked:
        assert sorted(asked.shown) == list(range(parts[asked.question.id]))
        if asked.question.kind in ("order", "match"):
            assert asked.shown != tuple(range(len(asked.shown)))


def test_the_right_option_is_shown_in_every_place() -> None:
    places = {
        asked.shown.index(0)
        for number in range(60)
        for asked in draw(f"a{number}").asked
        if isinstance(asked.question, Choice)
    }

    assert places == {0, 1, 2}


@given(SEEDS)
def test_a_generated_question_is_asked_with_figures_and_has_its_answer(seed: str) -> None:
    lesson = replace(COURSE.lessons["chat"], draw=len(POOL))
    question = next(
        a.question for a in draw(seed, lesson=lesson).asked if a.question.id == "generated"
    )

    assert isinstance(question, Number)
    assert question.generated is None
    assert question.answer is not None
    assert "{" not in question.text + question.explanation
    assert f"не хватает {question.answer}." in question.explanation
    assert points(question, right_response(question)) == FULL


def test_drawing_leaves_the_courses_own_question_as_it_was() -> None:
    draw("a1")

    assert GENERATED.answer is None
    assert "{total}" in GENERATED.text


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


def test_filling_leaves_other_braces_alone() -> None:
    assert fill("{total} и {other}", {"total": 90}) == "90 и {other}"
