"""How a screen stands in MAX: each key is read whole, or its words stand under the text.

MAX cuts a label that has no room, and nothing shows the rest of it. So a row takes as many keys
as can be read beside each other, and a label that is too long for a row of its own becomes a
number and its first words; what the number stands for is listed below everything else. A label
that the text says whole, as titles of steps to read again, needs no number.

What is counted are characters as Python and MAX's documentation count them: «☑», «✓», «①» and
most pictures («📷») are one, those made of several («⚠️», «👩‍🏫») as many as they are made of.
"""

import re
from collections import Counter
from dataclasses import replace
from html import escape
from itertools import combinations, pairwise

from course_bot.conversation.port import (
    ROWS,
    SHORT_LABEL,
    TEXT_CHARS,
    Button,
    PortError,
    Screen,
)
from course_bot.markup import shown, stray

Row = tuple[Button, ...]

ROOM = {1: SHORT_LABEL, 2: 10, 3: 5, 4: 3}
"""MAX Bot API, Button.text: how many characters of a label show, by the number of keys in its
row. In rows of more keys than that no label shows whole."""
URL_CHARS = 2048
"""MAX Bot API, LinkButton.url: up to 2048 characters."""
TAGS = frozenset({"a", "b", "code", "h1", "i", "mark", "pre", "s", "u"})
"""MAX Bot API, TextFormat: the tags of HTML that it knows; any other is taken out silently."""
NUMBERS = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳㉑㉒㉓㉔㉕㉖㉗㉘㉙㉚"
"""As many as there are rows. No option of a question has one: those are 1. 2. 3. or letters."""

KNOWN = f"a text has these tags: {', '.join(sorted(TAGS))}"

_WORD = re.compile(r"\w+")
_HANGING = re.compile(r"[^\w»”)!?]+$")
"""What stands at the end of some words and belongs to those after them."""


def spelled(screen: Screen, *, strict: bool = False) -> tuple[str, tuple[Row, ...]]:
    """Return the text of a screen (HTML) and its rows of keys, as MAX shows them whole.

    Args:
        screen: what is to be shown.
        strict: whether to refuse what MAX would cut, strip or reject. Otherwise a screen on
            which not everything has room keeps the rows that it has, and MAX cuts its labels:
            that is better than nothing.

    Raises:
        PortError: MAX would not show all of the screen, and ``strict`` is set.
    """
    text, rows = screen.spelled()
    if strict:
        _refuse(text, rows)
    named, listed = _named(text, rows)
    laid = tuple(part for row in named for part in _parted(row))
    full = "\n\n".join((text, "\n".join(listed))) if listed else text
    if len(full) <= TEXT_CHARS and len(laid) <= ROWS:
        return full, laid
    if strict and len(laid) > ROWS:
        raise PortError(f"a screen has at most {ROWS} rows of buttons", len(laid))
    if strict:
        raise PortError(f"a text has 1 to {TEXT_CHARS} characters", full)
    return text, rows


def _refuse(text: str, rows: tuple[Row, ...]) -> None:
    if piece := stray(text, TAGS):
        raise PortError(KNOWN, piece)
    for row in rows:
        for key in row:
            if len(key.url) > URL_CHARS:
                raise PortError(f"a link has at most {URL_CHARS} characters", key.url)


def _named(text: str, rows: tuple[Row, ...]) -> tuple[list[Row], list[str]]:
    """Give every key a label that shows, and list the whole labels that the text does not have."""
    labels = [key.label for row in rows for key in row]
    begun = {label: _begun(label) for label in labels if len(label) > SHORT_LABEL}
    if not begun:
        return list(rows), []
    said = _words(shown(text))
    counted = Counter(begun.values())
    listed: list[str] = []
    numbers = iter(NUMBERS)
    for label, beginning in begun.items():
        if _words(label) in said and counted[beginning] == 1:
            continue  # it is read above, and taken for nothing else
        number = next(numbers, "")  # without one left there are too many rows
        begun[label] = _begun(label, f"{number} ")
        listed.append(f"{number} {escape(label, quote=False)}")
    named = [
        tuple(replace(key, label=begun[key.label]) if key.label in begun else key for key in row)
        for row in rows
    ]
    return named, listed


def _words(text: str) -> str:
    """Leave out what tells no words apart: quotes within quotes are other ones."""
    return f" {' '.join(_WORD.findall(text))} "


def _begun(label: str, number: str = "") -> str:
    """Return the first words of a long label, as many as show after a number."""
    shows = f"{number}{label}"[:SHORT_LABEL]
    # Half a word is worse than a word less, but where there is only one.
    words = shows.rpartition(" ")[0]
    if len(words) < SHORT_LABEL // 2:
        words = shows[:-1]
    return f"{_HANGING.sub('', words)}…"


def _parted(row: Row) -> tuple[Row, ...]:
    """Part a row into the fewest in which every label shows, as equal as can be."""
    if _shows(row):
        return (row,)
    for count in range(1, len(row)):
        parted = [
            tuple(row[a:b] for a, b in pairwise((0, *cuts, len(row))))
            for cuts in combinations(range(1, len(row)), count)
        ]
        fitting = [parts for parts in reversed(parted) if all(map(_shows, parts))]
        if fitting:
            return min(fitting, key=lambda parts: sum(len(part) ** 2 for part in parts))
    raise AssertionError("a key by itself shows")


def _shows(row: Row) -> bool:
    return all(len(key.label) <= ROOM.get(len(row), 0) for key in row)
