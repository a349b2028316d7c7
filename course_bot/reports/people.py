"""The list of people: who is how far, with which track, until when."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from course_bot.content.model import Course
from course_bot.locale.phrases import Phrases
from course_bot.organisations.state import State
from course_bot.reports.table import Cell, Column, Form, Table
from course_bot.reports.wording import as_of, state_words
from course_bot.storage.reporting import PersonRow


def shown_name(p: Phrases, name: str, number: int) -> str:
    """Return a person's name, or what stands for it where they gave none."""
    return name or p.t("No name, № {number}", number=number)


def track_title(p: Phrases, course: Course, track: str) -> str:
    """Return a track's title; of somebody who has chosen none, and of one that is no more."""
    if not track:
        return p.t("not chosen yet")
    known = course.tracks.get(track)
    return known.title if known else track


def columns(p: Phrases) -> tuple[Column, ...]:
    """Return the columns of the list; their names are those that it can be sorted by."""
    return (
        Column(
            name="name",
            title=p.t("Name"),
            about=p.t("As the person gave it; whoever gave none has a number instead."),
            form=Form.TEXT,
            width=30,
        ),
        Column(
            name="organisation",
            title=p.t("Organisation"),
            about=p.t("Where the person learns; whoever learns in two has a row for each."),
            form=Form.TEXT,
            width=34,
        ),
        Column(
            name="track",
            title=p.t("Track"),
            about=p.t("What is assigned there; where nothing is, what the person has chosen."),
            form=Form.TEXT,
            width=18,
        ),
        Column(
            name="state",
            title=p.t("State"),
            about=p.t(
                "Overdue: not completed, and the last day is over. In progress: a step has been"
                " read or a quiz begun."
            ),
            form=Form.STATE,
            width=14,
        ),
        Column(
            name="passed",
            title=p.t("Lessons passed"),
            about=p.t("How many lessons of the track have a passed quiz."),
            form=Form.COUNT,
        ),
        Column(
            name="lessons",
            title=p.t("Lessons in all"),
            about=p.t("How many lessons the track has."),
            form=Form.COUNT,
        ),
        Column(
            name="due",
            title=p.t("Last day"),
            about=p.t("Until when the track is to be completed, this day included."),
            form=Form.DAY,
        ),
        Column(
            name="seen_at",
            title=p.t("Last seen"),
            about=p.t("When the person last opened the course."),
            form=Form.MOMENT,
            width=18,
        ),
        Column(
            name="completed_at",
            title=p.t("Completed on"),
            about=p.t("When the last lesson of the track was passed."),
            form=Form.MOMENT,
            width=18,
        ),
        Column(
            name="score",
            title=p.t("Best score"),
            about=p.t("The mean of the best results in the quizzes taken so far."),
            form=Form.SHARE,
        ),
    )


def people_table(
    p: Phrases, course: Course, organisation: str, rows: Iterable[PersonRow], at: datetime
) -> Table:
    """Return the list of people as a table.

    Args:
        p: the reader's phrases.
        course: the course, for titles and numbers of lessons.
        organisation: whose list it is.
        rows: the people, in their order; walked when the table's rows are.
        at: the moment of the figures, in the organisation's zone.
    """
    return Table(
        name="people",
        title=p.t("People"),
        organisation=organisation,
        at=at,
        moment=as_of(p, at),
        columns=columns(p),
        rows=_cells(p, course, rows),
        words=state_words(p),
    )


def _cells(p: Phrases, course: Course, rows: Iterable[PersonRow]) -> Iterator[tuple[Cell, ...]]:
    for row in rows:
        known = course.tracks.get(row.track)
        yield (
            shown_name(p, row.name, row.person),
            row.organisation_name,
            track_title(p, course, row.track),
            State(row.state),
            row.passed,
            len(known.lessons) if known else None,
            row.due,
            row.seen_at,
            row.completed_at,
            None if row.score is None else row.score / 100,
        )
