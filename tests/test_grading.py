"""A response held against a question, and a number as people type it."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_bot.content.model import Multiple, Number, Option, Question
from course_bot.learning.grading import FULL, Response, fits, parse_number, points
from tests.courses import CHOICE, MATCH, MULTIPLE, NUMBER, ORDER, POOL, RIGHT, WRONG

WRITTEN = [question for question in POOL if question.id != "generated"]


@pytest.mark.parametrize("question", WRITTEN, ids=lambda question: question.id)
def test_the_right_response_earns_everything_and_the_worst_nothing(question: Question) -> None:
    assert points(question, RIGHT[question.id]) == FULL
    assert points(question, WRONG[question.id]) == 0


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
    assert points(MULTIPLE, taps) == earned


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
    assert points(ORDER, taps) == earned


@pytest.mark.parametrize(
    ("taps", "earned"), [((0, 1, 2), 100), ((0, 2, 1), 33), ((1, 2, 0), 0), ((2, 1, 0), 33)]
)
def test_a_match_question_earns_its_right_pairs(taps: tuple[int, ...], earned: int) -> None:
    assert points(MATCH, taps) == earned


@pytest.mark.parametrize(("typed", "earned"), [(7.0, 100), (7, 100), (7.5, 0), (-7.0, 0), (0, 0)])
def test_a_number_is_right_or_wrong(typed: float, earned: int) -> None:
    assert points(NUMBER, typed) == earned


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

    earned = points(question, taps)

    assert 0 <= earned <= FULL
    assert (earned == FULL) == (taps == right)


@pytest.mark.parametrize("question", [ORDER, MATCH], ids=lambda question: question.id)
def test_of_all_arrangements_only_the_right_one_earns_everything(question: Question) -> None:
    size = len(RIGHT[question.id])  # type: ignore[arg-type]  # taps, for these kinds
    best = [taps for taps in permutations(range(size)) if points(question, taps) == FULL]

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
    assert not fits(question, response)
    with pytest.raises(ValueError, match=question.kind):
        points(question, response)


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
    if fits(question, response):
        assert 0 <= points(question, response) <= FULL
    else:
        with pytest.raises(ValueError, match=question.kind):
            points(question, response)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("75", 75),
        ("75%", 75),
        (" 75 % ", 75),
        ("75\N{NO-BREAK SPACE}%", 75),
        ("75\N{NARROW NO-BREAK SPACE}%", 75),
        ("75,0", 75),
        ("75.0", 75),
        ("37,5", 37.5),
        ("37.5%", 37.5),
        ("75.", 75),
        ("75 %.", 75),
        ("75%.", 75),
        ("1 593", 1593),
        ("1\N{NO-BREAK SPACE}593", 1593),
        ("1\N{NARROW NO-BREAK SPACE}593", 1593),
        ("1\N{THIN SPACE}593", 1593),
        ("1593.", 1593),
        ("12 345 678", 12_345_678),
        ("-3", -3),
        ("\N{MINUS SIGN}3", -3),
        ("+3", 3),
        ("007", 7),
        ("0", 0),
        ("999999999999", 999_999_999_999),
    ],
)
def test_a_number_is_read_as_people_type_it(text: str, number: float) -> None:
    assert parse_number(text) == number


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "%",
        ".",
        ",",
        "-",
        "1_0",
        "٣",
        "７５",
        "²",
        "12345678901234567890123",
        "1e5",
        "0x10",
        "inf",
        "nan",
        "1 2",
        "1 59",
        "15 93",
        "1 5933",
        "1  593",
        "1\n593",
        "1.593.000",
        "1,5,9",
        "--3",
        "75%%",
        "%75",
        "75 учителей",
        "семьдесят пять",
        "7\x005",
    ],
)
def test_what_is_no_number_is_not_read_as_one(text: str) -> None:
    assert parse_number(text) is None


@given(st.text(max_size=60))
def test_any_text_is_a_finite_number_or_none(text: str) -> None:
    number = parse_number(text)

    assert number is None or fits(NUMBER, number)


@given(st.integers(-999_999_999_999, 999_999_999_999))
def test_every_whole_number_is_read_grouped_or_not(number: int) -> None:
    grouped = f"{number:,}"

    assert parse_number(f"{number}") == number
    for space in (" ", "\N{NO-BREAK SPACE}", "\N{NARROW NO-BREAK SPACE}"):
        assert parse_number(grouped.replace(",", space)) == number


def test_a_number_typed_wrong_by_the_least_is_not_right() -> None:
    question = Number(id="q", version="v", text="?", explanation="!", step=1, answer=10**11)

    assert points(question, float(10**11 - 1)) == 0
