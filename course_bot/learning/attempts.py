"""Which questions an attempt asks, in what order and with which figures: drawn once, then kept."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from random import Random

from course_bot.content.model import Course, Lesson
from course_bot.questions.kinds import Asked, ask


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try at a lesson's quiz, with its questions as they were asked.

    ``number`` counts the person's attempts at this lesson from 1; ``pass_mark`` is in percent;
    ``course`` is the version of the course that the questions come from.
    """

    id: str
    lesson: str
    number: int
    course: str
    pass_mark: int
    asked: tuple[Asked, ...]
    started_at: datetime


def draw_attempt(
    course: Course,
    lesson: Lesson,
    *,
    attempt_id: str,
    number: int,
    answered: Collection[str],
    at: datetime,
) -> Attempt:
    """Draw an attempt: every critical question, then questions not yet answered, then the others.

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
    age = {question: place for place, question in enumerate(answered)}
    pool = random.sample(lesson.pool, len(lesson.pool))
    pool.sort(key=lambda question: (not question.critical, age.get(question.id, -1)))
    chosen = pool[: lesson.draw]
    random.shuffle(chosen)
    return Attempt(
        id=attempt_id,
        lesson=lesson.id,
        number=number,
        course=course.version,
        pass_mark=course.pass_mark,
        asked=tuple(ask(question, random) for question in chosen),
        started_at=at,
    )
