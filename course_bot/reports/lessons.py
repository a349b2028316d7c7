"""The report on lessons: how many reach and pass each, and where people stop."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from course_bot.content.model import Course, Lesson
from course_bot.learning.statistics import LessonSums
from course_bot.locale.phrases import Phrases
from course_bot.reports.table import Cell, Column, Form, Table
from course_bot.reports.wording import as_of


def columns(p: Phrases) -> tuple[Column, ...]:
    """Return the columns of the report on lessons."""
    return (
        Column(
            name="lesson",
            title=p.t("Lesson"),
            about=p.t("The lessons in the order in which they are taught."),
            form=Form.TEXT,
            width=40,
        ),
        Column(
            name="reached",
            title=p.t("Reached"),
            about=p.t("How many have read a step of it or begun its quiz."),
            form=Form.COUNT,
        ),
        Column(
            name="passed",
            title=p.t("Passed"),
            about=p.t("How many have passed its quiz."),
            form=Form.COUNT,
        ),
        Column(
            name="first_passes",
            title=p.t("Passed at once"),
            about=p.t("The share of passed ones among first attempts that are finished."),
            form=Form.SHARE,
        ),
        Column(
            name="tries",
            title=p.t("Attempts"),
            about=p.t("How many attempts those who passed needed: the median."),
            form=Form.DECIMAL,
        ),
        Column(
            name="stop",
            title=p.t("Where they stop"),
            about=p.t("The step at which most stand of those who have not begun the quiz."),
            form=Form.TEXT,
            width=40,
        ),
        Column(
            name="stopped",
            title=p.t("Stand there"),
            about=p.t("How many stand at that step."),
            form=Form.COUNT,
        ),
    )


def lessons_table(
    p: Phrases,
    course: Course,
    organisation: str,
    sums: Mapping[str, LessonSums],
    at: datetime,
) -> Table:
    """Return the report on lessons as a table.

    Args:
        p: the reader's phrases.
        course: the course whose lessons are listed.
        organisation: whose learners were counted.
        sums: how far they have come, by lesson; one that nobody has reached may be missing.
        at: the moment of the figures, in the organisation's zone.
    """
    return Table(
        name="lessons",
        title=p.t("Lessons"),
        organisation=organisation,
        at=at,
        moment=as_of(p, at),
        columns=columns(p),
        rows=[
            _cells(p, lesson, sums.get(lesson.id, LessonSums())) for lesson in as_taught(course)
        ],
    )


def as_taught(course: Course) -> Iterator[Lesson]:
    """List the lessons in the order of the tracks, each once; those of no track come last."""
    in_tracks = (lesson for track in course.tracks.values() for lesson in track.lessons)
    for lesson in dict.fromkeys((*in_tracks, *course.lessons)):
        yield course.lessons[lesson]


def _cells(p: Phrases, lesson: Lesson, sums: LessonSums) -> tuple[Cell, ...]:
    stop = sums.stop(len(lesson.steps))
    where, stand = None, None
    if stop is not None:
        number, stand = stop
        title = lesson.steps[number - 1].title
        where = p.t(
            "{number} of {count}: {title}", number=number, count=len(lesson.steps), title=title
        )
    return (
        lesson.title,
        sums.reached,
        sums.passed,
        sums.first_pass_share,
        sums.median_tries,
        where,
        stand,
    )
