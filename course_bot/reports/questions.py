"""The report on questions: how easy each is, whom it tells apart, and what to do about it.

A question is reported in its present wording, by answers to this wording alone: an edit makes it
another question, and its figures begin anew. How many answers there were before is told beside.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from textwrap import shorten

from course_bot.content.model import Course
from course_bot.learning.statistics import Advice, QuestionSums, advise
from course_bot.locale.phrases import Phrases
from course_bot.markup import shown
from course_bot.questions.question import Question
from course_bot.reports.lessons import as_taught
from course_bot.reports.table import Cell, Column, Form, Table
from course_bot.reports.wording import as_of
from course_bot.storage.statistics import Wording

TEXT_CHARS = 120
"""So much of a question's text is shown."""
MISTAKE_CHARS = 80
"""So much of a wrong answer is shown."""


def columns(p: Phrases) -> tuple[Column, ...]:
    """Return the columns of the report on questions."""
    return (
        Column(
            name="lesson",
            title=p.t("Lesson"),
            about=p.t("The lesson whose quiz asks the question."),
            form=Form.TEXT,
            width=30,
        ),
        Column(
            name="question",
            title=p.t("Question"),
            about=p.t("Its text as it is now, maybe shortened."),
            form=Form.TEXT,
            width=60,
        ),
        Column(
            name="kind",
            title=p.t("Kind"),
            about=p.t("How it is answered."),
            form=Form.TEXT,
            width=18,
        ),
        Column(
            name="answers",
            title=p.t("Answers"),
            about=p.t(
                "How often it was answered in its present wording, in people's first attempts at "
                "the quiz that are finished."
            ),
            form=Form.COUNT,
        ),
        Column(
            name="before",
            title=p.t("Before the edit"),
            about=p.t("How often it was answered in earlier wordings; these are not evaluated."),
            form=Form.COUNT,
        ),
        Column(
            name="facility",
            title=p.t("Facility"),
            about=p.t("The mean mark of the full one; from 10 answers."),
            form=Form.SHARE,
        ),
        Column(
            name="discrimination",
            title=p.t("Discrimination, %"),
            about=p.t(
                "Whether those who know the rest know this too: the correlation of the mark here "
                "with the marks for the other questions, from −100 to 100; 20 and more is good. "
                "From 25 answers."
            ),
            form=Form.DECIMAL,
        ),
        Column(
            name="mistake",
            title=p.t("Frequent mistake"),
            about=p.t("The wrong answer that is given most often."),
            form=Form.TEXT,
            width=40,
        ),
        Column(
            name="mistaken",
            title=p.t("Make it"),
            about=p.t("In which share of the answers this mistake is."),
            form=Form.SHARE,
        ),
        Column(
            name="advice",
            title=p.t("Advice"),
            about=p.t("What the author may do, by the figures."),
            form=Form.TEXT,
            width=60,
        ),
    )


def questions_table(
    p: Phrases,
    course: Course,
    organisation: str,
    sums: Mapping[Wording, QuestionSums],
    at: datetime,
) -> Table:
    """Return the report on questions as a table.

    Args:
        p: the reader's phrases.
        course: the course whose questions are listed.
        organisation: whose learners were counted.
        sums: their answers; a wording that was never asked may be missing.
        at: the moment of the figures, in the organisation's zone.
    """
    return Table(
        name="questions",
        title=p.t("Questions"),
        organisation=organisation,
        at=at,
        moment=as_of(p, at),
        columns=columns(p),
        rows=list(_rows(p, course, sums)),
    )


def _rows(
    p: Phrases, course: Course, sums: Mapping[Wording, QuestionSums]
) -> Iterator[tuple[Cell, ...]]:
    every: dict[tuple[str, str], int] = {}
    for (lesson_id, question_id, _version), asked in sums.items():
        key = (lesson_id, question_id)
        every[key] = every.get(key, 0) + asked.marks.answers
    for lesson in as_taught(course):
        for question in lesson.pool:
            present = sums.get(Wording(lesson.id, question.id, question.version), QuestionSums())
            answers = present.marks.answers
            yield (
                lesson.title,
                text_of(question),
                kind_of(p, question),
                answers,
                every.get((lesson.id, question.id), 0) - answers,
                *_figures(p, question, present),
            )


def _figures(p: Phrases, question: Question, sums: QuestionSums) -> tuple[Cell, ...]:
    marks = sums.marks
    mistakes = sums.mistakes(question)
    mistake, made = next(iter(mistakes.items()), (None, 0))
    unpicked = next((each for each in question.distractors if each not in mistakes), None)
    advice = advise(marks, mistakes=sums.wrong, unpicked=unpicked is not None)
    discrimination = marks.discrimination
    return (
        marks.facility,
        None if discrimination is None else 100 * discrimination,
        None if mistake is None else _line(mistake, MISTAKE_CHARS),
        made / marks.answers if mistake is not None else None,
        worded(p, advice, unpicked or ""),
    )


def text_of(question: Question) -> str:
    """Return a question's text in one line, at most ``TEXT_CHARS``; drawn figures become «…»."""
    text = question.text
    for name in question.longest():
        text = text.replace(f"{{{name}}}", "…")
    return _line(text, TEXT_CHARS)


def _line(text: str, chars: int) -> str:
    return shorten(shown(text), chars, placeholder="…")


def kind_of(p: Phrases, question: Question) -> str:
    """Name a question's kind in words."""
    return {
        "choice": p.t("one option"),
        "multiple": p.t("several options"),
        "order": p.t("an order"),
        "match": p.t("pairs"),
        "number": p.t("a number"),
    }[question.kind]


def worded(p: Phrases, advice: Advice, unpicked: str) -> str:
    """Say an advice in a sentence.

    Args:
        p: the reader's phrases.
        advice: what to do.
        unpicked: the wrong option that nobody picks (HTML subset), where there is one.
    """
    match advice:
        case Advice.WAIT:
            return p.t("Few answers: it is too early to judge.")
        case Advice.CHECK_KEY:
            return p.t("Those who know the rest get this wrong: check what counts as right.")
        case Advice.MAKE_HARDER:
            return p.t("Nearly everybody is right: the question is too easy.")
        case Advice.MAKE_EASIER:
            return p.t("Hardly anybody is right: make the question or the lesson clearer.")
        case Advice.ASK_OTHERWISE:
            return p.t("This question doesn't tell who has understood: ask it in another way.")
        case Advice.REPLACE_OPTION:
            option = _line(unpicked, MISTAKE_CHARS)
            return p.t("Nobody picks “{option}”: replace it by something likelier.", option=option)
        case Advice.KEEP:
            return p.t("A good question.")
