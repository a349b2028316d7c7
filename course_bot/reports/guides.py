"""The report on guides: how often each ending was reached."""

from collections.abc import Sequence
from datetime import datetime

from course_bot.content.model import Course
from course_bot.locale.phrases import Phrases
from course_bot.reports.table import Column, Form, Table
from course_bot.reports.wording import as_of
from course_bot.storage.seeking import EndingCount

DAYS = 90
"""How many days back the report goes."""


def columns(p: Phrases) -> tuple[Column, ...]:
    """Return the columns of the report on guides."""
    return (
        Column(
            name="guide",
            title=p.t("Check step by step"),
            about=p.t("The checks in the order of their files."),
            form=Form.TEXT,
            width=40,
        ),
        Column(
            name="ending",
            title=p.t("What to do"),
            about=p.t("What it came to."),
            form=Form.TEXT,
            width=60,
        ),
        Column(
            name="count",
            title=p.t("How often"),
            about=p.t("How often an answer has led there; nobody knows whose."),
            form=Form.COUNT,
        ),
    )


def guides_table(p: Phrases, course: Course, counts: Sequence[EndingCount], at: datetime) -> Table:
    """Return the report on guides as a table; endings that nobody has reached are in it, too.

    Args:
        p: the reader's phrases.
        course: the course whose guides are listed; those that are no more come last.
        counts: how often each ending was reached.
        at: the moment of the figures, in the reader's zone.
    """
    reached = {(each.guide, each.ending): each for each in counts}
    there = [
        reached.pop((guide.id, ending), EndingCount(guide=guide.id, ending=ending, count=0))
        for guide in course.guides.values()
        for ending in guide.endings
    ]
    return Table(
        name="guides",
        title=p.t("Checks step by step, {days} days", days=DAYS),
        organisation=course.title,
        at=at,
        moment=as_of(p, at),
        columns=columns(p),
        rows=[(*titles(course, each), each.count) for each in (*there, *reached.values())],
    )


def titles(course: Course, each: EndingCount) -> tuple[str, str]:
    """Return what a guide and its ending are called; where they are no more, their ids."""
    guide = course.guides.get(each.guide)
    ending = guide.endings.get(each.ending) if guide else None
    return guide.title if guide else each.guide, ending.title if ending else each.ending
