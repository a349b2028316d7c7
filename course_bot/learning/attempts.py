"""Which questions an attempt asks, in what order and with which figures: drawn once, then kept."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from random import Random

from course_bot.content.model import Course, Lesson
from course_bot.questions.kinds import Asked, ask
from course_bot.questions.pool import choose


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try at a lesson's quiz, with its questions as they were asked.

    ``number`` counts the person's attempts at this lesson from 1; ``pass_mark`` is in percent of
    all points, see ``whole_mark``; ``course`` is the version of the course that the questions
    come from.
    """

    id: str
    lesson: str
    number: int
    course: str
    pass_mark: int
    asked: tuple[Asked, ...]
    started_at: datetime

    @property
    def needed(self) -> int:
        """How many questions' worth of points it takes to pass."""
        return ceil(self.pass_mark * len(self.asked) / 100)

    @property
    def critical(self) -> bool:
        """Whether it also takes the right answer to a critical question."""
        return any(asked.question.critical for asked in self.asked)


def draw_attempt(
    course: Course,
    lesson: Lesson,
    *,
    attempt_id: str,
    number: int,
    answered: Collection[str],
    at: datetime,
) -> Attempt:
    """Draw an attempt: which questions are asked (see ``choose``), in what order, how each looks.

    The same arguments draw the same attempt: ``attempt_id`` is the seed.

    Args:
        course: where the lesson and the pass mark are from.
        lesson: the lesson whose pool is asked.
        attempt_id: unguessable and unique; also the seed of everything drawn.
        number: which attempt of this person at this lesson it is, from 1.
        answered: ids of questions that the person has answered before, the longest ago first.
        at: the time of the start, UTC.
    """
    random = Random(attempt_id)  # noqa: S311 - a reproducible shuffle, no secret
    chosen = choose(random.sample(lesson.pool, len(lesson.pool)), lesson.draw, answered)
    random.shuffle(chosen)
    return Attempt(
        id=attempt_id,
        lesson=lesson.id,
        number=number,
        course=course.version,
        pass_mark=whole_mark(course.pass_mark, len(chosen)),
        asked=tuple(ask(question, random) for question in chosen),
        started_at=at,
    )


def whole_mark(mark: int, count: int) -> int:
    """Raise a pass mark to whole questions: 75 % is 3 of 4 questions, and 4 of 5 (80 %).

    Args:
        mark: in percent (1 to 100).
        count: how many questions are asked, from 1.

    Returns:
        The least percentage (rounded down) that stands for a whole number of questions and isn't
        less than the mark.
    """
    return ceil(mark * count / 100) * 100 // count
