"""Parts of a question as people type them: by number, by letter, by their own words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_bot.locale.phrases import phrases
from course_bot.questions.parts import example, named, places
from course_bot.questions.question import Hint, Question, Response
from tests.courses import CHOICE, MATCH, MULTIPLE, NUMBER, ORDER

P = phrases("ru")
FROM_ABOVE = (2, 0, 1)
"""The order in which three parts are shown."""


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2", (1,)),
        (" 2) ", (1,)),
        ("2.", (1,)),
        ("(2)", (1,)),
        ("вариант 2", (1,)),
        ("Вариант № 2", (1,)),
        ("ответ: 2", (1,)),
        ("2-й", (1,)),
        ("2й вариант", (1,)),
        ("answer 2", (1,)),
        ("\N{LEFT-TO-RIGHT MARK}2", (1,)),
        ("2\N{VARIATION SELECTOR-16}\N{COMBINING ENCLOSING KEYCAP}", (1,)),
        ("\N{FULLWIDTH DIGIT TWO}", (1,)),
        ("Б", (1,)),
        ("б)", (1,)),
        ("1 3", (0, 2)),
        ("1, 3", (0, 2)),
        ("1,3", (0, 2)),
        ("1 и 3", (0, 2)),
        ("варианты 1 и 3", (0, 2)),
        ("1-й и 3-й", (0, 2)),
        ("3 1\n2", (2, 0, 1)),
        ("312", (2, 0, 1)),
        ("3 → 1 → 2", (2, 0, 1)),
        ("3-1-2", (2, 0, 1)),
        ("ВАБ", (2, 0, 1)),
        ("вБа", (2, 1, 0)),
        ("в, а, б", (2, 0, 1)),
        ("ВА", (2, 0)),
        # signs, but of none of three parts, or not each once
        ("4", ()),
        ("0", ()),
        ("99", ()),
        ("60–70", ()),
        ("1 1", ()),
        ("1 4", ()),
        ("г", ()),
        ("b", ()),
        ("АА", ()),
        # words
        ("", None),
        ("!", None),
        ("вариант", None),
        ("да", None),
        ("ба", None),
        ("где", None),
        ("2 учителя", None),
        ("1 из 3", None),
        ("почему 2?", None),
        ("2/3?", None),
    ],
)
def test_signs_are_read_as_people_type_them(text: str, found: tuple[int, ...] | None) -> None:
    assert places(text, 3) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Он появляется сам", (0,)),
        ("он появляется сам!", (0,)),
        ("ОН  ПОЯВЛЯЕТСЯ САМ", (0,)),
        ("Ещё нет, ждём «Сферум»", (1,)),
        ("еще нет ждем сферум", (1,)),
        ("ещё нет", (1,)),
        ("директор", (2,)),
        ("Директор школы\nОн появляется сам", (2, 0)),
        ("Директор школы; он появляется сам", (2, 0)),
        ("учитель в", ()),
        ("директор директор", None),
        ("директор\nдиректор школы", ()),
        ("учитель", None),
        ("он появляется", (0,)),
        ("сам", None),
        ("где директор школы", None),
        ("", None),
        ("!", None),
    ],
)
def test_parts_are_read_by_their_words(text: str, found: tuple[int, ...] | None) -> None:
    parts = (
        "Он <b>появляется</b> сам",
        "Ещё нет, ждём «Сферум»",
        "Директор школы",
        "Учитель в MAX",
        "Учитель в школе",
    )
    assert named(text, parts) == found


@pytest.mark.parametrize(
    ("question", "text", "response"),
    [
        (CHOICE, "1", (2,)),
        (CHOICE, "вариант 2", (0,)),
        (CHOICE, "Он появляется сам.", (0,)),
        (MULTIPLE, "3 1", (0, 2)),
        (MULTIPLE, "Сообщение вчера\nСообщение завтра", (0, 3)),
        (ORDER, "2143", (0, 2, 3, 1)),
        (ORDER, "б а г в", (0, 2, 3, 1)),
        (ORDER, "Подождать → Проверить → Открыть МЭШ → Связать профили", (2, 3, 0, 1)),
        (MATCH, "3 1 2", (1, 2, 0)),
    ],
)
def test_what_is_typed_answers_by_what_is_shown(
    question: Question, text: str, response: Response
) -> None:
    shown = {"multiple": (2, 1, 0, 4, 3), "order": (2, 0, 1, 3)}.get(question.kind, FROM_ABOVE)
    assert question.typed(P, text, shown) == response
    assert question.fits(response)


@pytest.mark.parametrize(
    ("question", "text", "hint"),
    [
        (CHOICE, "4", "его номер — от 1 до 3"),
        (CHOICE, "1 2", "его номер — от 1 до 3"),
        (CHOICE, "1–2", "его номер — от 1 до 3"),
        (MULTIPLE, "1", "Верных вариантов несколько"),
        (MULTIPLE, "1–3", "все номера сразу, например 1 3"),
        (MULTIPLE, "Сообщение вчера", "Верных вариантов несколько"),
        (ORDER, "2", "например 2 3 4 1"),
        (ORDER, "БА", "в верном порядке"),
        (ORDER, "Подождать", "в верном порядке"),
        (MATCH, "2 1", "для каждого термина"),
        (NUMBER, "60–70", "одним числом"),
        (NUMBER, "шесть", "одним числом"),
    ],
)
def test_what_does_not_answer_is_told_how_to(question: Question, text: str, hint: str) -> None:
    shown = tuple(range(len(question.offered) or 1))
    said = question.typed(P, text, (0, 1, 2) if question is MATCH else shown)
    assert isinstance(said, Hint)
    assert hint in said.text


@pytest.mark.parametrize("question", [CHOICE, MULTIPLE, ORDER, MATCH, NUMBER])
@given(text=st.text(max_size=40) | st.text(alphabet="123абв ,;.-→\n", max_size=12))
def test_whatever_is_typed_is_an_answer_that_fits_a_hint_or_neither(
    question: Question, text: str
) -> None:
    count = 3 if question is MATCH else len(question.offered)
    said = question.typed(P, text, tuple(range(count)))
    assert said is None or isinstance(said, Hint) or question.fits(said)


def test_the_example_is_an_order_of_all_parts() -> None:
    assert places(example(4), 4) == (1, 2, 3, 0)
