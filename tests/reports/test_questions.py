"""The reports on questions and on lessons, as their readers meet them."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from fractions import Fraction

import pytest

from course_bot.content.model import Course
from course_bot.learning.statistics import Advice, LessonSums, Marks, QuestionSums
from course_bot.locale.phrases import Phrases, phrases
from course_bot.questions.kinds import KINDS
from course_bot.questions.question import Response
from course_bot.reports.lessons import lessons_table
from course_bot.reports.questions import kind_of, questions_table, worded
from course_bot.reports.table import Cell, Table
from course_bot.storage.statistics import Wording
from tests.courses import CHOICE, POOL, make_course
from tests.reports.tables import AT

RU = phrases("ru")
COURSE = make_course()


def words_in_statistics(p: Phrases, own: str) -> Iterator[str]:
    """Yield every text of the two reports but the course's and ``own``."""
    for table in (
        lessons_table(p, replace(COURSE, lessons={}, tracks={}), own, {}, AT),
        questions_table(p, replace(COURSE, lessons={}, tracks={}), own, {}, AT),
    ):
        yield from (table.title, table.moment)
        for column in table.columns:
            yield from (column.title, column.about)
    yield from (kind_of(p, question) for question in POOL)
    yield from (worded(p, advice, own) for advice in Advice)
    one = replace(COURSE.lessons["chat"], title=own, steps=())
    step = replace(COURSE.lessons["chat"].steps[0], title=own)
    course = replace(COURSE, lessons={"chat": replace(one, steps=(step,))}, tracks={})
    for row in lessons_table(p, course, own, {"chat": LessonSums(stopped_at={1: 1})}, AT).rows:
        yield from (cell for cell in row if isinstance(cell, str))


def by_name(table: Table) -> list[dict[str, Cell]]:
    """Return the rows with their cells by the columns' names."""
    names = [column.name for column in table.columns]
    return [dict(zip(names, row, strict=True)) for row in table.rows]


def questions(
    sums: Mapping[Wording, QuestionSums], course: Course = COURSE
) -> list[dict[str, Cell]]:
    return by_name(questions_table(RU, course, "Школа № 5", sums, AT))


def answered(right: int, wrong: int, responses: Mapping[Response, int]) -> QuestionSums:
    """Make sums in which exactly those who know all the rest are right here."""
    marks = Marks(
        answers=right + wrong,
        mark=100 * right,
        rest=Fraction(100 * right),
        mark_squared=10_000 * right,
        rest_squared=Fraction(10_000 * right),
        product=Fraction(10_000 * right),
    )
    return QuestionSums(marks=marks, wrong=wrong, responses=responses)


def test_lessons_stand_in_the_order_in_which_they_are_taught() -> None:
    backwards = replace(COURSE, lessons=dict(reversed([*COURSE.lessons.items()])))

    rows = by_name(lessons_table(RU, backwards, "Школа № 5", {}, AT))

    assert [row["lesson"] for row in rows] == ["Урок «chat»", "Урок «roles»", "Урок «help»"]
    assert rows[0] == {
        "lesson": "Урок «chat»",
        "reached": 0,
        "passed": 0,
        "first_passes": None,
        "tries": None,
        "stop": None,
        "stopped": None,
    }


def test_a_lesson_says_where_people_stop() -> None:
    sums = LessonSums(
        begun=3,
        first_finished=2,
        first_passed=1,
        passed_at_try={1: 1, 2: 1},
        stopped_at={2: 4, 4: 1},
    )

    row, *_ = by_name(lessons_table(RU, COURSE, "Школа № 5", {"chat": sums}, AT))

    assert row == {
        "lesson": "Урок «chat»",
        "reached": 8,
        "passed": 2,
        "first_passes": 0.5,
        "tries": 1.5,
        "stop": "2 из 4: Шаг 2",
        "stopped": 4,
    }


def test_a_question_shows_its_figures_its_frequent_mistake_and_an_advice() -> None:
    wording = Wording("chat", "choice", "v1")

    row, *_ = questions({wording: answered(30, 10, {(0,): 30, (1,): 10})})

    assert row == {
        "lesson": "Урок «chat»",
        "question": "Кто создаёт чат «Сотрудники»?",
        "kind": "один вариант",
        "answers": 40,
        "before": 0,
        "facility": 0.75,
        "discrimination": pytest.approx(100),
        "mistake": "Учитель в MAX",
        "mistaken": 0.25,
        "advice": "Вариант «Директор школы» никто не выбирает: замените его более правдоподобным.",
    }


def test_a_question_with_few_answers_says_so_instead_of_figures() -> None:
    row, *_ = questions({Wording("chat", "choice", "v1"): answered(6, 3, {(0,): 6, (2,): 3})})

    assert (row["answers"], row["facility"], row["discrimination"]) == (9, None, None)
    assert row["advice"] == "Мало ответов: судить рано."
    assert row["mistake"] == "Директор школы"


def test_answers_to_earlier_wordings_are_told_and_not_evaluated() -> None:
    sums = {
        Wording("chat", "choice", "v0"): answered(30, 0, {(0,): 30}),
        Wording("chat", "choice", "v-1"): answered(5, 0, {(0,): 5}),
        Wording("chat", "choice", "v1"): answered(2, 0, {(0,): 2}),
        Wording("roles", "choice", "v1"): answered(7, 0, {(0,): 7}),
    }

    row, *_ = questions(sums)

    assert (row["answers"], row["before"], row["facility"]) == (2, 35, None)


def test_a_text_is_one_line_without_markup_and_drawn_figures() -> None:
    long = replace(CHOICE, text="<b>Кто</b>\nи &lt;где&gt; " + "слово " * 40)
    lesson = replace(COURSE.lessons["chat"], pool=(long, *POOL[1:]))
    course = replace(COURSE, lessons={**COURSE.lessons, "chat": lesson})

    texts = [f"{row['question']}" for row in questions({}, course)]

    assert texts[0].startswith("Кто и <где> слово слово")
    assert texts[0].endswith("…")
    assert len(texts[0]) <= 120
    assert texts[5] == "В школе … учителей, активны …. Скольких не хватает до цели?"


def test_every_kind_of_question_has_a_word() -> None:
    assert {question.kind for question in POOL} == set(KINDS)
    assert len({kind_of(RU, question) for question in POOL}) == len(KINDS)
