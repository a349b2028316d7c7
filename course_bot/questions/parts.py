"""What the kinds with parts to tap share: shuffling them, and pointing to them."""

from collections.abc import Callable
from random import Random

from course_bot.locale.phrases import Phrases
from course_bot.questions.numbers import parse_number
from course_bot.questions.question import FULL, Hint, Response


def shuffled(count: int, random: Random) -> tuple[int, ...]:
    """Return the indices below ``count`` in any order."""
    return tuple(random.sample(range(count), count))


def disordered(
    count: int, random: Random, grade: Callable[[Response], int | None]
) -> tuple[int, ...]:
    """Shuffle so that the shown order is not already an answer that earns everything."""
    while True:
        order = shuffled(count, random)
        if grade(order) != FULL:
            return order


def buttons_instead(p: Phrases, text: str) -> Hint | None:
    """Point to the buttons whoever types a number where parts are to be tapped."""
    if parse_number(text) is None:
        return None
    return Hint(text=p.t("Please answer with the buttons under the question."))
