"""What the kinds with parts to tap share: shuffling them, and putting them on buttons."""

from collections.abc import Callable, Sequence
from random import Random

from course_bot.locale.phrases import Phrases
from course_bot.markup import shown
from course_bot.questions.numbers import parse_number
from course_bot.questions.question import FULL, Draft, Hint, Response, Tap, Verb

SHORT_OPTION = 32
"""Options of up to so many characters fit their buttons on a phone of 360 pixels."""
TICK, NO_TICK = "☑", "☐"

Rows = tuple[tuple[Tap, ...], ...]


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


def labelled(texts: Sequence[str]) -> tuple[list[str], list[str]]:
    """Put short texts on their buttons, and long ones into numbered lines above number buttons.

    Returns:
        The lines, none where the texts are short; and a label for each text.
    """
    plain = [shown(text) for text in texts]
    if all(len(text) <= SHORT_OPTION for text in plain):
        return [], plain
    return [f"{place}. {text}" for place, text in enumerate(texts, 1)], [
        f"{place}" for place in range(1, len(texts) + 1)
    ]


def part_rows(verb: Verb, labels: Sequence[str], parts: Sequence[int]) -> Rows:
    """Make a button for each part: a row each for texts, one row for numbers."""
    made = [
        Tap(label=label, verb=verb, part=part) for label, part in zip(labels, parts, strict=True)
    ]
    if all(len(label) <= len(f"{TICK} 6") for label in labels):
        return (tuple(made),) if made else ()
    return tuple((each,) for each in made)


def undo_and_done(p: Phrases, draft: Draft, *, complete: bool) -> Rows:
    """Make the row of buttons that take the last tap back and answer with the draft."""
    undo = (Tap(label=p.t("↶ Undo"), verb=Verb.UNDO),) if draft else ()
    done = (done_tap(p),) if complete else ()
    return ((*undo, *done),) if undo or done else ()


def done_tap(p: Phrases) -> Tap:
    """Make the button that answers with the draft."""
    return Tap(label=p.t("Done"), verb=Verb.DONE)


def buttons_instead(p: Phrases, text: str) -> Hint | None:
    """Point to the buttons whoever types a number where parts are to be tapped."""
    if parse_number(text) is None:
        return None
    return Hint(text=p.t("Please answer with the buttons under the question."))
