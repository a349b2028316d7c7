"""The table of kinds, and questions that are kept as their authors wrote them."""

from dataclasses import replace
from itertools import pairwise
from random import Random
from typing import get_args, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from course_bot.locale.phrases import phrases
from course_bot.questions.kinds import KINDS, QUESTION, Asked, ask, version_of
from course_bot.questions.question import FULL, Draft, Question, Response
from tests.courses import CHOICE, GENERATED, MATCH, MULTIPLE, NUMBER, ORDER, POOL

OLD = (
    '{"id":"generated","version":"v1","text":"В школе 90 учителей, активны 60.",'
    '"explanation":"Нужно 68, не хватает 8.","step":2,"critical":false,"kind":"number",'
    '"answer":8,"unit":"","generated":null}'
)
"""A generated question as version 0.1 kept it: filled, and without its figures."""


@pytest.mark.parametrize("name", KINDS)
def test_a_kind_has_the_name_under_which_it_stands_in_the_table(name: str) -> None:
    assert get_args(get_type_hints(KINDS[name].question)["kind"]) == (name,)


def test_a_kind_that_leaves_something_out_can_not_be_made() -> None:
    class Essay(Question):
        pass

    with pytest.raises(TypeError, match="abstract"):
        Essay(kind="essay", id="q", version="v", text="?", explanation="!", step=1)  # type: ignore[abstract]


@pytest.mark.parametrize("question", POOL, ids=lambda question: question.id)
def test_a_question_of_any_kind_is_read_back_as_it_was_kept(question: Question) -> None:
    asked = ask(question, Random(1))

    kept = QUESTION.validate_json(QUESTION.dump_json(asked.question))
    assert kept == asked.question
    filled = asked.filled
    assert asked.filled is filled
    assert replace(asked, question=kept).filled == filled


def test_a_generated_question_is_kept_as_its_author_wrote_it_beside_its_figures() -> None:
    asked = ask(GENERATED, Random(1))

    assert asked.question == GENERATED
    assert str(asked.figures["total"]) in asked.filled.text
    assert asked.filled.version == GENERATED.version
    assert b"{total}" in QUESTION.dump_json(asked.question)


def test_a_question_that_was_kept_filled_is_read_and_graded_as_ever() -> None:
    asked = Asked(question=QUESTION.validate_json(OLD))

    assert asked.figures == {}
    assert asked.filled == asked.question
    assert (asked.filled.points(8.0), asked.filled.points(7.0)) == (FULL, 0)


def test_what_is_not_known_of_a_kept_question_is_passed_over() -> None:
    newer = OLD.replace('"unit"', '"hint":"Округлите вверх.","unit"')
    assert QUESTION.validate_json(newer) == QUESTION.validate_json(OLD)


def test_a_question_of_an_unknown_kind_is_not_read() -> None:
    with pytest.raises(ValidationError, match="kind"):
        QUESTION.validate_json(OLD.replace('"number"', '"essay"'))


def test_a_version_stands_for_all_of_a_question_but_itself() -> None:
    versions = [
        version_of(CHOICE),
        version_of(replace(CHOICE, step=2)),
        version_of(replace(CHOICE, text="Кто?")),
        version_of(replace(CHOICE, options=CHOICE.options[::-1])),
        version_of(NUMBER),
        version_of(replace(NUMBER, answer=8)),
        version_of(GENERATED),
    ]

    assert len(set(versions)) == len(versions)
    assert version_of(replace(CHOICE, version="another")) == version_of(CHOICE)
    assert QUESTION.validate_json(QUESTION.dump_json(CHOICE)) == CHOICE


def test_versions_stay_as_they_are_in_databases_already() -> None:
    assert {question.id: version_of(question) for question in POOL} == {
        "choice": "f22e35bac984",
        "multiple": "2cd3e58a10c6",
        "order": "57fbe65e2ff4",
        "match": "834e609f9c5c",
        "number": "2fc7450584b1",
        "generated": "2014e9c5897d",
    }
    assert version_of(replace(ORDER, ranks=(0, 1, 1, 2))) != version_of(ORDER)


@pytest.mark.parametrize("question", POOL, ids=lambda question: question.id)
@given(seed=st.integers())
def test_what_is_rehearsed_fits_and_has_the_right_response_among_it(
    question: Question, seed: int
) -> None:
    filled = ask(question, Random(seed)).filled
    earned = [filled.points(response) for response in filled.rehearsed()]

    assert FULL in earned
    assert 0 in earned


@pytest.mark.parametrize(
    ("question", "response"), [(CHOICE, 1.0), (NUMBER, (1,))], ids=lambda each: f"{each}"[:12]
)
def test_a_response_of_another_form_is_an_error_and_not_an_empty_comparison(
    question: Question, response: Response
) -> None:
    with pytest.raises(ValueError, match="belong"):
        question.compare(phrases("ru"), (0, 1, 2), response, right=False)


def test_figures_that_were_lost_are_no_reason_to_fall() -> None:
    damaged = Asked(question=GENERATED)

    assert damaged.filled.points(0.0) == 0


@pytest.mark.parametrize("question", [MULTIPLE, ORDER, MATCH], ids=lambda each: each.id)
@given(seed=st.integers())
def test_every_response_can_be_tapped_and_most_of_it_taken_back(
    question: Question, seed: int
) -> None:
    shown = ask(question, Random(seed)).shown
    for response in question.rehearsed():
        assert isinstance(response, tuple)
        drafts: list[Draft] = [()]
        for part in response:
            if part not in drafts[-1]:  # the last meaning of a match goes where it belongs
                tapped = question.tapped(drafts[-1], shown, part)
                assert tapped is not None
                drafts.append(tapped)
        assert drafts[-1] == response
        assert question.fits(response)
        for after, before in pairwise(reversed(drafts)):
            if question.kind != "multiple":
                assert question.undone(after, shown) == before
        assert question.undone((), shown) is None


@pytest.mark.parametrize("question", POOL, ids=lambda each: each.id)
@pytest.mark.parametrize("part", [-1, 6, 1000])
def test_what_is_not_shown_can_not_be_tapped(question: Question, part: int) -> None:
    assert question.tapped((), ask(question, Random(1)).shown, part) is None


@pytest.mark.parametrize("question", [ORDER, MATCH], ids=lambda each: each.id)
def test_what_has_been_tapped_can_not_be_tapped_again(question: Question) -> None:
    assert question.tapped((1,), ask(question, Random(1)).shown, 1) is None
