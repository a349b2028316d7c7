"""People's words without what may say who they are: names, places, figures, addresses.

A word stays where it is the course's own, or an ordinary word of the dictionary that is nobody's
name. Whatever else there is, is cut: a name that no dictionary has must not stay.
"""

import re
from collections.abc import Callable, Iterable
from functools import cache, lru_cache

from course_bot.content.model import Course
from course_bot.content.search import QUERY_CHARS, SMALL_WORDS, index_of, normal, stem_of

CUT = "…"
_ADDRESSES = re.compile(r"\S*(?:://|@|www\.)\S*|\S+\.(?:ru|рф|com|org|net|me)\b\S*", re.IGNORECASE)
_FIGURES = re.compile(r"\+?\d[\d\s().-]*\d\w*|\w*\d\w*")
"""A word with a digit in it, or figures that go on with the signs of a telephone number."""
_INITIALS = re.compile(r"\b[^\W\d_]\.")
_OF_SOMEBODY = frozenset(["Name", "Surn", "Patr", "Geox", "Orgn", "Init"])
"""Grammemes of names: first, last and fathers' names, places, organisations, initials.

Source: http://opencorpora.org/dict.php?act=gram
"""


def nameless(text: str, own: Iterable[str], course: Course) -> str:
    """Cut from a question whatever may say who asks, or about whom.

    Args:
        text: as it was typed; of a long one, as much as is searched.
        own: what whoever asks is called.
        course: its words are known to be nobody's.

    Returns:
        Words in small letters, «…» in the place of what was cut; nothing where nothing is left.
    """
    text = text[:QUERY_CHARS]
    for told in (_ADDRESSES, _FIGURES, _INITIALS):
        text = told.sub(f" {CUT} ", text)
    index = index_of(course)
    names = {stem_of(word) for name in own for word in normal(name).split()}
    kept: list[str] = []
    for part in re.findall(rf"{CUT}|\w+", text):
        word = normal(part)
        stem = stem_of(word)
        harmless = word in SMALL_WORDS or index.knows(stem) or _ordinary(word)
        if part != CUT and stem not in names and harmless:
            kept.append(word)
        elif kept[-1:] != [CUT]:
            kept.append(CUT)
    return " ".join(kept) if any(word != CUT for word in kept) else ""


@lru_cache(maxsize=10_000)
def _ordinary(word: str) -> bool:
    """Tell whether the dictionary has a word, and no name that is written like it."""
    found = _dictionary()(word)
    return bool(found) and not any(grammemes & _OF_SOMEBODY for grammemes in found)


@cache
def _dictionary() -> Callable[[str], list[frozenset[str]]]:
    """Open the dictionary: about 28 MB of memory, which a course without misses never needs."""
    from pymorphy3 import MorphAnalyzer
    from pymorphy3.units import DictionaryAnalyzer

    # No guessing at unknown words: they are cut. Without its tables a fifth less is loaded.
    analyzer = MorphAnalyzer(
        lang="ru", units=[DictionaryAnalyzer()], probability_estimator_cls=None
    )
    return lambda word: [frozenset(tag.grammemes) for tag in analyzer.tag(word)]
