"""The reports on questions in people's own words: what had no answer, and what was chosen."""

from collections.abc import Sequence
from datetime import datetime

from course_bot.content.model import Course
from course_bot.content.search import Kind
from course_bot.locale.phrases import Phrases
from course_bot.reports.table import Cell, Column, Form, Table
from course_bot.reports.wording import as_of
from course_bot.storage.seeking import MISSES_KEPT, ChoiceCount, MissedQuestion


def misses_table(
    p: Phrases, course: Course, found: Sequence[MissedQuestion], at: datetime
) -> Table:
    """Return what several people have asked in vain as a table.

    Args:
        p: the reader's phrases.
        course: the course that had no answer.
        found: the questions.
        at: the moment of the figures, in the reader's zone.
    """
    columns = (
        Column(
            name="words",
            title=p.t("Question"),
            about=p.t("In people's own words; “…” stands for names and figures."),
            form=Form.TEXT,
            width=60,
        ),
        Column(
            name="people",
            title=p.t("People"),
            about=p.t("How many have asked it; what only one has asked is not told."),
            form=Form.COUNT,
        ),
        Column(
            name="other",
            title=p.t("Meant something else"),
            about=p.t("How many of them pressed “Something else”; the others were shown nothing."),
            form=Form.COUNT,
        ),
        Column(
            name="day",
            title=p.t("Last asked"),
            about=p.t("The last day on which it was asked."),
            form=Form.DAY,
        ),
    )
    rows = [(each.words, each.people, each.other, each.day) for each in found]
    title = p.t("Questions without an answer, {days} days", days=MISSES_KEPT.days)
    return _table(p, course, "misses", title, columns, rows, at)


def choices_table(p: Phrases, course: Course, found: Sequence[ChoiceCount], at: datetime) -> Table:
    """Return what was chosen of what was offered as perhaps meant (arguments as above)."""
    columns = (
        Column(
            name="answer",
            title=p.t("Answer"),
            about=p.t("What was chosen: people's questions can lead to it at once."),
            form=Form.TEXT,
            width=60,
        ),
        Column(
            name="count",
            title=p.t("How often"),
            about=p.t("How often it was chosen of several; nobody knows by whom."),
            form=Form.COUNT,
        ),
    )
    rows = [(_title(course, each.target), each.count) for each in found]
    title = p.t("Chosen of what was offered, {days} days", days=MISSES_KEPT.days)
    return _table(p, course, "choices", title, columns, rows, at)


def _table(
    p: Phrases,
    course: Course,
    name: str,
    title: str,
    columns: tuple[Column, ...],
    rows: Sequence[Sequence[Cell]],
    at: datetime,
) -> Table:
    return Table(
        name=name,
        title=title,
        organisation=course.title,
        at=at,
        moment=as_of(p, at),
        columns=columns,
        rows=rows,
    )


def _title(course: Course, target: str) -> str:
    """Return what a thing is called; of one that is no more, the name it had."""
    kind, _, name = target.partition(":")
    if kind == Kind.ENTRY and name.isdecimal() and int(name) in course.faq:
        return course.faq[int(name)].question
    if kind == Kind.LESSON and name in course.lessons:
        return course.lessons[name].title
    if kind == Kind.GUIDE and name in course.guides:
        return course.guides[name].title
    return target
