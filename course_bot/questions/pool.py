"""Which questions of a lesson's pool an attempt asks."""

from collections.abc import Collection, Sequence

from course_bot.questions.question import Question


def choose(pool: Sequence[Question], draw: int, answered: Collection[str]) -> list[Question]:
    """Choose what an attempt asks: a critical question of each step that has any, then others.

    Critical questions of one step are variants of one another: a second one is asked only where
    there are too few other questions. Those not yet answered come first, then those answered the
    longest ago; among equals, what stands first in the pool.

    Args:
        pool: the questions to choose from, shuffled where chance is to decide among equals.
        draw: how many are asked, at least as many as steps have critical questions.
        answered: ids of questions that the person has answered before, the longest ago first.
    """
    age = {question: place for place, question in enumerate(answered)}
    waiting = sorted(pool, key=lambda question: age.get(question.id, -1))
    variants: dict[int, Question] = {}
    for question in waiting:
        if question.critical:
            variants.setdefault(question.step, question)
    first = list(variants.values())
    others = [question for question in waiting if question not in first]
    others.sort(key=lambda question: question.critical)
    return [*first, *others][:draw]


def count_new(pool: Sequence[Question], draw: int, answered: Collection[str]) -> int:
    """Count the questions of a coming attempt that the person has not answered before.

    Chance decides which questions these are, but not how many. Arguments are those of ``choose``.
    """
    return sum(question.id not in answered for question in choose(pool, draw, answered))
