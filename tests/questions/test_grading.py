"""A response held against a question."""

from dataclasses import replace
from itertools import permutations
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_bot.locale.phrases import phrases
from course_bot.questions.kinds import ask
from course_bot.questions.multiple import Multiple
from course_bot.questions.number import Number
from course_bot.questions.options import Option
from course_bot.questions.question import FULL, Question, Response
from tests.courses import CHOICE, MATCH, MULTIPLE, NUMBER, ORDER, POOL, RIGHT, WRONG

GROUPED = replace(ORDER, ranks=(0, 1, 1, 2))

WRITTEN = [question for question in POOL if question.id != "generated"]


@pytest.mark.parametrize("question", WRITTEN, ids=lambda question: question.id)
def test_the_right_response_earns_everything_and_the_worst_nothing(question: Question) -> None:
    assert question.points(RIGHT[question.id]) == FULL
    assert question.points(WRONG[question.id]) == 0


@pytest.mark.parametrize(
    ("taps", "earned"),
    [
        ((0, 1, 4), 100),
        ((0, 1), 66),
        ((0,), 33),
        ((0, 1, 2, 4), 50),
        ((0, 1, 2), 16),
        ((0, 2), 0),
        ((0, 1, 2, 3, 4), 0),
        ((2,), 0),
        ((0, 2, 3), 0),
    ],
)
def test_a_multiple_question_earns_its_right_share_less_its_wrong_share(
    taps: tuple[int, ...], earned: int
) -> None:
    assert MULTIPLE.points(taps) == earned


@pytest.mark.parametrize(
    ("taps", "earned"),
    [
        ((0, 1, 2, 3), 100),
        ((3, 0, 1, 2), 66),
        ((1, 2, 3, 0), 66),
        ((0, 1, 3, 2), 33),
        ((2, 3, 0, 1), 66),
        ((1, 0, 3, 2), 0),
        ((3, 2, 1, 0), 0),
    ],
)
def test_an_order_question_earns_its_right_neighbours(taps: tuple[int, ...], earned: int) -> None:
    assert ORDER.points(taps) == earned


@pytest.mark.parametrize(
    ("taps", "earned"),
    [
        ((0, 1, 2, 3), 100),
        ((0, 2, 1, 3), 100),
        ((1, 0, 2, 3), 66),
        ((0, 1, 3, 2), 66),
        ((3, 2, 1, 0), 33),
        ((1, 2, 3, 0), 66),
    ],
)
def test_items_of_one_group_may_change_places(taps: tuple[int, ...], earned: int) -> None:
    assert GROUPED.points(taps) == earned
    assert bool(list(GROUPED.mistakes(taps))) == (earned < FULL)


def test_the_right_order_says_which_items_may_change_places() -> None:
    (right,) = GROUPED.compare(phrases("ru"), (), (3, 2, 1, 0), right=False)

    assert right.splitlines()[1:] == [
        "❌ 1. Открыть МЭШ <i>(у вас: 4)</i>",
        "✅ 2–3. Связать профили",
        "✅ 2–3. Подождать",
        "❌ 4. Проверить <i>(у вас: 1)</i>",
        "<i>Строки с одинаковым номером — в любом порядке.</i>",
    ]


@given(st.integers())
def test_no_right_order_of_a_group_is_shown_to_begin_with(seed: int) -> None:
    assert GROUPED.points(ask(GROUPED, Random(seed)).shown) < FULL


@pytest.mark.parametrize(
    ("taps", "earned"), [((0, 1, 2), 100), ((0, 2, 1), 33), ((1, 2, 0), 0), ((2, 1, 0), 33)]
)
def test_a_match_question_earns_its_right_pairs(taps: tuple[int, ...], earned: int) -> None:
    assert MATCH.points(taps) == earned


@pytest.mark.parametrize(("typed", "earned"), [(7.0, 100), (7, 100), (7.5, 0), (-7.0, 0), (0, 0)])
def test_a_number_is_right_or_wrong(typed: float, earned: int) -> None:
    assert NUMBER.points(typed) == earned


@given(st.lists(st.booleans(), min_size=2, max_size=6), st.data())
def test_only_the_right_response_to_a_multiple_question_earns_everything(
    rights: list[bool], data: st.DataObject
) -> None:
    rights = [True, *rights, False]
    question = Multiple(
        id="q",
        version="v",
        text="?",
        explanation="!",
        step=1,
        options=tuple(Option(text=f"{i}", right=right) for i, right in enumerate(rights)),
    )
    right = tuple(index for index, is_right in enumerate(rights) if is_right)
    taps = tuple(sorted(data.draw(st.sets(st.integers(0, len(rights) - 1), min_size=1))))

    earned = question.points(taps)

    assert 0 <= earned <= FULL
    assert (earned == FULL) == (taps == right)


@pytest.mark.parametrize("question", [ORDER, MATCH], ids=lambda question: question.id)
def test_of_all_arrangements_only_the_right_one_earns_everything(question: Question) -> None:
    size = len(RIGHT[question.id])  # type: ignore[arg-type]  # taps, for these kinds
    best = [taps for taps in permutations(range(size)) if question.points(taps) == FULL]

    assert best == [RIGHT[question.id]]


@pytest.mark.parametrize(
    ("question", "response"),
    [
        (CHOICE, ()),
        (CHOICE, (3,)),
        (CHOICE, (-1,)),
        (CHOICE, (0, 1)),
        (CHOICE, 0.0),
        (MULTIPLE, ()),
        (MULTIPLE, (0, 0)),
        (MULTIPLE, (1, 0)),
        (MULTIPLE, (0, 5)),
        (MULTIPLE, (-1, 0)),
        (ORDER, (0, 1, 2)),
        (ORDER, (0, 1, 2, 2)),
        (ORDER, (0, 1, 2, 3, 4)),
        (ORDER, (-1, 0, 1, 2)),
        (MATCH, ()),
        (MATCH, (0, 1, 3)),
        (MATCH, 1.0),
        (NUMBER, ()),
        (NUMBER, (7,)),
        (NUMBER, float("nan")),
        (NUMBER, float("inf")),
        (NUMBER, float("-inf")),
    ],
)
def test_a_hostile_response_does_not_fit_and_is_not_graded(
    question: Question, response: Response
) -> None:
    assert not question.fits(response)
    with pytest.raises(ValueError, match=question.kind):
        question.points(response)


@given(
    st.sampled_from(WRITTEN),
    st.one_of(
        st.floats(),
        st.lists(st.integers(-2, 6), max_size=6).map(tuple),
        st.lists(st.integers(), max_size=3).map(tuple),
    ),
)
def test_whatever_fits_can_be_graded_and_nothing_else(
    question: Question, response: Response
) -> None:
    if question.fits(response):
        assert 0 <= question.points(response) <= FULL
    else:
        with pytest.raises(ValueError, match=question.kind):
            question.points(response)


def test_a_number_typed_wrong_by_the_least_is_not_right() -> None:
    question = Number(id="q", version="v", text="?", explanation="!", step=1, answer=10**11)

    assert question.points(float(10**11 - 1)) == 0
