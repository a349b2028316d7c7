"""Which questions an attempt asks, in what order and with which figures: drawn once, then kept."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from fractions import Fraction
from math import ceil
from random import Random

from pydantic.dataclasses import dataclass as checked_dataclass

from course_bot.content.model import (
    FORBID,
    Case,
    Choice,
    Course,
    Generated,
    Lesson,
    Match,
    Multiple,
    Number,
    Order,
    Question,
)


@checked_dataclass(frozen=True, slots=True, kw_only=True, config=FORBID)
class Asked:
    """A question as it is asked: its figures drawn, and the order in which its parts are shown.

    ``shown`` lists indices into the question's options, items or meanings in the order in which
    the person sees them; a match question shows its terms as written. Empty for a number.
    """

    question: Question
    shown: tuple[int, ...] = ()


@checked_dataclass(frozen=True, slots=True, kw_only=True, config=FORBID)
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
    met: Collection[str],
    at: datetime,
) -> Attempt:
    """Draw an attempt: every critical question, then questions not yet met, then the others.

    The same arguments draw the same attempt: ``attempt_id`` is the seed.

    Args:
        course: where the lesson and the pass mark are from.
        lesson: the lesson whose pool is asked.
        attempt_id: unguessable and unique; also the seed of everything drawn.
        number: which attempt of this person at this lesson it is, from 1.
        met: ids of questions that the person has answered before, the longest ago first.
        at: the time of the start, UTC.
    """
    random = Random(attempt_id)  # noqa: S311 - a reproducible shuffle, no secret
    age = {question: place for place, question in enumerate(met)}
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
        asked=tuple(_ask(question, random) for question in chosen),
        started_at=at,
    )


def _ask(question: Question, random: Random) -> Asked:
    match question:
        case Choice(options=parts) | Multiple(options=parts):
            return Asked(question=question, shown=_shuffled(len(parts), random))
        case Order(items=items):
            return Asked(question=question, shown=_disordered(len(items), random))
        case Match(pairs=pairs):
            return Asked(question=question, shown=_disordered(len(pairs), random))
        case Number(generated=generated):
            if generated is None:
                return Asked(question=question)
            figures = draw_figures(generated, random)
            return Asked(
                question=replace(
                    question,
                    text=fill(question.text, figures),
                    explanation=fill(question.explanation, figures),
                    answer=figures["answer"],
                    generated=None,
                )
            )


def _shuffled(count: int, random: Random) -> tuple[int, ...]:
    return tuple(random.sample(range(count), count))


def _disordered(count: int, random: Random) -> tuple[int, ...]:
    """Shuffle so that the shown order is not already the answer."""
    while True:
        shown = _shuffled(count, random)
        if shown != tuple(range(count)):
            return shown


def fill(text: str, figures: dict[str, int]) -> str:
    """Put drawn figures into the ``{names}`` of a generated question's text."""
    for name, value in figures.items():
        text = text.replace("{" + name + "}", f"{value}")
    return text


def draw_figures(generated: Generated, random: Random) -> dict[str, int]:
    """Draw the figures of a generated question and compute its answer.

    Groups of people end in 0 or 5, so that «учителей» agrees with every figure that is drawn.
    How many people are needed rounds up: 75 % of 90 is 67.5, and half a teacher can't be active.

    Returns:
        Whole numbers by name, among them ``answer``; see ``Case`` for the names.

    Raises:
        ValueError: the case needs a percentage and has none.
    """
    total = 5 * random.randint(4, 30)
    match generated.case:
        case Case.PEOPLE_NEEDED:
            return {"total": total, "answer": _needed(total, generated)}
        case Case.PEOPLE_MISSING:
            needed = _needed(total, generated)
            active = random.randint(needed * 6 // 10, needed - 1)
            return {
                "total": total,
                "active": active,
                "needed": needed,
                "answer": needed - active,
            }
        case Case.ACTIVE_PERCENT:
            active, percent = _whole_share(total, random)
            return {"total": total, "active": active, "answer": percent}
        case Case.REGISTERED_PERCENT:
            attached, percent = _whole_share(total, random)
            return {"total": total, "attached": attached, "answer": percent}
        case Case.PARENTS_EXPECTED:
            pupils = 5 * random.randint(30, 240)
            return {"pupils": pupils, "answer": pupils}
        case Case.EVERYONE_EXPECTED:
            pupils = 5 * random.randint(30, 240)
            teachers = 5 * max(2, pupils // 75)
            return {
                "teachers": teachers,
                "pupils": pupils,
                "parents": pupils,
                "answer": teachers + 2 * pupils,
            }


def _needed(total: int, generated: Generated) -> int:
    if generated.percent is None:
        raise ValueError(f"{generated.case} needs a percentage")
    return ceil(Fraction(total * generated.percent, 100))


def _whole_share(total: int, random: Random) -> tuple[int, int]:
    """Draw a part of the total that is a whole percentage between 40 and 95."""
    shares = [percent for percent in range(40, 96) if total * percent % 100 == 0]
    percent = random.choice(shares)
    return total * percent // 100, percent
