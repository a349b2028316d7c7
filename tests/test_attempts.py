"""What an attempt asks: which questions, in what order, with which figures."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_bot.content.model import Course, Lesson
from course_bot.learning.attempts import Attempt, draw_attempt
from course_bot.learning.progress import finish
from course_bot.questions.choice import Choice
from course_bot.questions.kinds import Asked
from course_bot.questions.number import Number
from course_bot.questions.pool import count_new
from course_bot.questions.question import FULL
from tests.courses import CHOICE, GENERATED, POOL, make_course, make_lesson, right_response

COURSE = make_course()
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
SEEDS = st.text(alphabet="abcdef0123456789", min_size=1, max_size=32)


def draw(
    attempt_id: str = "a1",
    *,
    lesson: Lesson | None = None,
    course: Course = COURSE,
    answered: tuple[str, ...] = (),
) -> Attempt:
    return draw_attempt(
        course,
        lesson or course.lessons["chat"],
        attempt_id=attempt_id,
        number=1,
        answered=answered,
        at=NOW,
    )


def asked_ids(attempt: Attempt) -> set[str]:
    return {asked.question.id for asked in attempt.asked}


def uncritical(attempt: Attempt) -> tuple[Asked, ...]:
    return tuple(
        replace(asked, question=replace(asked.question, critical=False)) for asked in attempt.asked
    )


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
        asked.filled.text
        for taken in attempts
        for asked in taken.asked
        if asked.question.id == "generated"
    }
    assert len(figures) > 20


@given(SEEDS, st.permutations([question.id for question in POOL]), st.integers(0, 6))
def test_a_critical_question_of_each_step_is_asked_and_none_twice(
    seed: str, answered: list[str], known: int
) -> None:
    critical = tuple(
        replace(question, critical=question.id in {"number", "choice", "order"})
        for question in POOL
    )
    lesson = replace(make_lesson("chat", draw=4), pool=critical)

    attempt = draw(seed, lesson=lesson, answered=tuple(answered[:known]))

    # "choice" and "order" are of the same step: variants, of which one is asked.
    assert "number" in asked_ids(attempt)
    assert len({"choice", "order"} & asked_ids(attempt)) == 1
    assert len(attempt.asked) == len(asked_ids(attempt)) == 4


def test_of_the_variants_each_is_asked_before_one_comes_again() -> None:
    pool = tuple(replace(question, critical=True, step=1) for question in POOL[:3]) + POOL[3:]
    lesson = replace(make_lesson("chat", draw=3), pool=pool)
    answered: tuple[str, ...] = ()
    variants = []
    for number in range(6):
        asked = asked_ids(draw(f"a{number}", lesson=lesson, answered=answered))
        variants.append(asked - {question.id for question in POOL[3:]})
        answered = (*(known for known in answered if known not in asked), *sorted(asked))

    assert all(len(each) == 1 for each in variants)
    assert set().union(*variants[:3]) == {"choice", "multiple", "order"}
    assert variants[3:] == variants[:3]


def test_more_variants_are_asked_only_where_there_are_too_few_other_questions() -> None:
    pool = tuple(replace(question, critical=True, step=1) for question in POOL[:4]) + POOL[4:]
    lesson = replace(make_lesson("chat", draw=4), pool=pool)

    asked = asked_ids(draw(lesson=lesson, answered=("number", "generated")))

    assert {"number", "generated"} < asked
    assert len(asked) == 4


@given(SEEDS, st.integers(4, 5), st.lists(st.integers(0, 2), min_size=12, max_size=14))
def test_how_many_questions_will_be_new_is_known_and_a_third_attempt_has_some(
    seed: str, asked: int, critical: list[int]
) -> None:
    pool = tuple(
        replace(CHOICE, id=f"q{at}", step=max(step, 1), critical=step > 0)
        for at, step in enumerate(critical)
    )
    lesson = replace(make_lesson("chat", draw=asked), pool=pool)
    answered: tuple[str, ...] = ()

    for number in range(4):
        promised = count_new(pool, asked, answered)
        ids = asked_ids(draw(f"{seed}{number}", lesson=lesson, answered=answered))
        assert len(ids - {*answered}) == promised
        assert promised > 0 or number == 3
        answered = (*(known for known in answered if known not in ids), *sorted(ids))


@pytest.mark.parametrize(
    ("mark", "count", "needed", "kept"),
    [
        (75, 4, 3, 75), (75, 5, 4, 80), (80, 5, 4, 80), (80, 4, 4, 100), (75, 6, 5, 83),
        (1, 4, 1, 25), (100, 5, 5, 100), (66, 3, 2, 66), (67, 3, 3, 100),
    ],
)  # fmt: skip
def test_the_pass_mark_is_raised_to_whole_questions(
    mark: int, count: int, needed: int, kept: int
) -> None:
    attempt = draw(course=replace(COURSE, pass_mark=mark), lesson=make_lesson("chat", draw=count))

    assert (attempt.pass_mark, attempt.needed) == (kept, needed)
    for right in (needed - 1, needed):
        earned = [FULL] * right + [0] * (count - right)
        assert finish(replace(attempt, asked=uncritical(attempt)), earned, at=NOW).passed == (
            right >= needed
        )


@given(SEEDS)
def test_questions_not_yet_answered_come_before_all_others(seed: str) -> None:
    attempt = draw(
        seed, lesson=make_lesson("chat", draw=4), answered=("multiple", "order", "match", "choice")
    )

    assert {"number", "generated"} < asked_ids(attempt)


@given(SEEDS)
def test_of_the_questions_answered_the_longest_ago_comes_first(seed: str) -> None:
    answered = ("match", "order", "multiple", "number", "choice", "generated")

    assert asked_ids(draw(seed, lesson=make_lesson("chat", draw=4), answered=answered)) == {
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
    asked = next(a for a in draw(seed, lesson=lesson).asked if a.question.id == "generated")
    question = asked.filled

    assert asked.question == GENERATED
    assert isinstance(question, Number)
    assert question.generated is None
    assert question.answer == asked.figures["answer"]
    assert "{" not in question.text + question.explanation
    assert f"не хватает {question.answer}." in question.explanation
    assert question.points(right_response(question)) == FULL


def test_drawing_leaves_the_courses_own_question_as_it_was() -> None:
    draw("a1")

    assert GENERATED.answer is None
    assert "{total}" in GENERATED.text
