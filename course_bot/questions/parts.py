"""What the kinds with parts share: shuffling them, and reading which of them somebody types."""

import re
from collections.abc import Callable, Sequence
from random import Random

from course_bot.markup import shown as as_shown
from course_bot.questions.numbers import plain
from course_bot.questions.question import FULL, Response
from course_bot.typed import is_question

LETTERS = "АБВГДЕ"
"""The signs of parts where numbers count something else."""
_BESIDE = re.compile(
    r"\b(?:вариант\w*|ответ\w*|номер\w*|пункт\w*|строк\w*|буква|и|options?|answers?|numbers?|and)\b"
    r"|№|(?<=\d)-?(?:ый|ой|ий|й|я|е)\b",
    re.IGNORECASE,
)
"""What people write beside a number or letter: «вариант 2», «№ 2», «2-й», «1 и 3»."""
_SIGN = re.compile(r"\d+|[^\W\d_]+")
_APART = re.compile(r"[\s,;.:()+&/>→-]*")
_LINES = re.compile(r"[\n;→]+")


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


def places(text: str, count: int) -> tuple[int, ...] | None:
    """Read the numbers or letters of parts: «2», «2)», «вариант 2», «1, 3», «1 и 3», «213», «БАВ».

    Args:
        text: what was typed.
        count: how many parts there are, at most 6.

    Returns:
        Their places as they are shown, from 0, each once; empty where these are signs but not of
        these parts; None where the text is no list of signs.
    """
    signs = _BESIDE.sub(" ", plain(text))
    if not _APART.fullmatch(_SIGN.sub("", signs)):
        return None
    known = LETTERS[:count].casefold()
    found: list[int] = []
    for sign in _SIGN.findall(signs):
        letters = sign.casefold()
        together = sign.isupper() and set(known).issuperset(letters)  # «да» and «где» are words
        if len(sign) > 1 and not (sign.isdecimal() or together or sorted(letters) == [*known]):
            return None
        # There are fewer than ten parts: «213» is three of them.
        found += [int(each) - 1 if each.isdecimal() else known.find(each) for each in letters]
    if not found:
        return None
    there = all(place in range(count) for place in found)
    return tuple(found) if there and len({*found}) == len(found) else ()


def named(text: str, texts: Sequence[str]) -> tuple[int, ...] | None:
    """Read parts by their own words, one in each line; case, «ё» and punctuation don't count.

    The beginning of a part is enough where it is no other's and at least half of it.

    Args:
        text: what was typed.
        texts: the parts in the order in which they are shown, in the HTML subset.

    Returns:
        Their places, from 0, each once; empty where a line begins like a part but doesn't tell
        which; None where one is none of them.
    """
    parts = [_words(as_shown(each)) for each in texts]
    found: list[int] = []
    unclear = False
    for line in filter(None, map(str.strip, _LINES.split(text))):
        words = _words(line)
        exact = [place for place, part in enumerate(parts) if part == words]
        if not exact and is_question(line):
            return None
        starts = [place for place, part in enumerate(parts) if part[: len(words)] == words]
        if len(exact or starts) == 1 and 2 * len(words) >= len(parts[(exact or starts)[0]]):
            found += exact or starts
        elif starts and len(words) > 1:
            unclear = True
        else:
            return None
    if not found and not unclear:
        return None
    return () if unclear or len({*found}) < len(found) else tuple(found)


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", plain(text).casefold().replace("ё", "е"))


def meant(text: str, texts: Sequence[str]) -> tuple[int, ...] | None:
    """Read parts by their numbers, letters or words; see ``places`` and ``named``."""
    found = places(text, len(texts))
    return named(text, texts) if found is None else found


def example(count: int) -> str:
    """Write an order of so many parts, to show how one is typed: «2 3 1»."""
    return " ".join(f"{place}" for place in (*range(2, count + 1), 1))
