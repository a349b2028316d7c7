"""One learner: how far they are with each lesson of their tracks, without a single answer."""

from collections.abc import Iterator
from datetime import datetime

from course_bot.content.model import Course
from course_bot.learning.progress import LessonResult
from course_bot.learning.renaming import study_under_present_names
from course_bot.locale.phrases import Phrases
from course_bot.organisations.state import State
from course_bot.reports.people import shown_name
from course_bot.reports.table import Cell, Column, Form, Table
from course_bot.reports.wording import as_of, state_words
from course_bot.storage.reporting import PersonCard


def columns(p: Phrases) -> tuple[Column, ...]:
    """Return the columns of a person's lessons."""
    return (
        Column(
            name="lesson",
            title=p.t("Lesson"),
            about=p.t("The lessons of the person's tracks, in their order."),
            form=Form.TEXT,
            width=40,
        ),
        Column(
            name="state",
            title=p.t("State"),
            about=p.t("Completed: its quiz is passed. In progress: a step is read, or more."),
            form=Form.STATE,
            width=14,
        ),
        Column(
            name="read",
            title=p.t("Steps read"),
            about=p.t("How far the person has read."),
            form=Form.COUNT,
        ),
        Column(
            name="steps",
            title=p.t("Steps in all"),
            about=p.t("How many steps the lesson has."),
            form=Form.COUNT,
        ),
        Column(
            name="attempts",
            title=p.t("Attempts"),
            about=p.t("How often the person has begun the quiz."),
            form=Form.COUNT,
        ),
        Column(
            name="best",
            title=p.t("Best result"),
            about=p.t("The best result in the quiz."),
            form=Form.SHARE,
        ),
        Column(
            name="passed_at",
            title=p.t("Passed on"),
            about=p.t("When the quiz was first passed."),
            form=Form.MOMENT,
            width=18,
        ),
    )


def person_table(p: Phrases, course: Course, card: PersonCard, at: datetime) -> Table:
    """Return a person's lessons as a table.

    Args:
        p: the reader's phrases.
        course: the course, for the lessons of their tracks.
        card: the person.
        at: the moment of the figures, in the organisation's zone.
    """
    return Table(
        name="person",
        title=p.t("Lessons"),
        organisation=shown_name(p, card.name, card.person),
        at=at,
        moment=as_of(p, at),
        columns=columns(p),
        rows=list(_cells(course, card)),
        words=state_words(p),
    )


def _cells(course: Course, card: PersonCard) -> Iterator[tuple[Cell, ...]]:
    study = study_under_present_names(card.study, course.renamed)
    tracks = [course.tracks[row.track] for row in card.rows if row.track in course.tracks]
    for lesson_id in dict.fromkeys(lesson for track in tracks for lesson in track.lessons):
        lesson = course.lessons[lesson_id]
        result = study.results.get(lesson_id, LessonResult())
        reading = study.readings.get(lesson_id)
        begun = State.IN_PROGRESS if reading or result.attempts else State.NOT_STARTED
        yield (
            lesson.title,
            begun if result.passed_at is None else State.COMPLETED,
            min(reading.furthest, len(lesson.steps)) if reading else 0,
            len(lesson.steps),
            result.attempts,
            None if result.best is None else result.best / 100,
            result.passed_at,
        )
