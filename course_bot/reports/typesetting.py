"""Lines of text in the font that goes with the code: what it can show, how wide, where they break.

reportlab, which measures, is imported with the first text: a start has no need of it.
"""

import re
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING
from unicodedata import category, combining, normalize

from course_bot.shipped import FONTS
from course_bot.signs import NO_TEXT

if TYPE_CHECKING:
    from reportlab.pdfbase.ttfonts import TTFont

MISSING = "□"
"""Stands for a character that the font does not have, such as an emoji."""

_SPACES = re.compile("[^\\S\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}]+")
_JOINED = re.compile("\N{ZERO WIDTH JOINER}\\S?")
_PARTS = re.compile("[^-/?=&]*[-/?=&]+|[^-/?=&]+")
_NUMBER = re.compile("№ (?=\\w)")


def shown(text: str) -> str:
    """Make one line of a text that somebody typed, of characters that the font has.

    A letter with a mark that the font doesn't know loses the mark (ễ becomes ê), a ligature falls
    apart; what has no likeness, such as an emoji or a letter of another script, becomes □.
    Nothing stays that is invisible or that XML can't carry.
    """
    text = NO_TEXT.sub("", _SPACES.sub(" ", normalize("NFC", text))).strip()
    text = "".join(_likeness(each) for each in _JOINED.sub("", text))
    return _NUMBER.sub("№\N{NO-BREAK SPACE}", text)


def _likeness(character: str) -> str:
    if _has(character):
        return character
    if category(character) in {"Mn", "Me", "Sk"}:  # marks, variation selectors, tones of skin
        return ""
    likeness = ""
    for each in normalize("NFKD", character):
        joined = normalize("NFC", likeness + each)
        if all(map(_has, joined)):
            likeness = joined
        elif not combining(each):
            return MISSING
    return likeness


def _has(character: str) -> bool:
    return ord(character) in font(bold=False).face.charToGlyph


def width(text: str, size: float, *, bold: bool = False, tracking: float = 0) -> float:
    """Return how wide a text is, in points."""
    return float(font(bold=bold).stringWidth(text, size)) + tracking * len(text)


def wrap(text: str, size: float, limit: float, *, bold: bool = False) -> list[str]:
    """Break a text into lines of at most ``limit`` points.

    A word that is wider than that is broken, after a hyphen or as an address is if it can be.
    """
    lines = [""]
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}" if lines[-1] else word
        if width(longer, size, bold=bold) <= limit:
            lines[-1] = longer
            continue
        if lines[-1]:
            lines.append("")
        for part in _PARTS.findall(word):
            if width(lines[-1] + part, size, bold=bold) <= limit:
                lines[-1] += part
                continue
            if lines[-1]:
                lines.append("")
            for character in part:
                if lines[-1] and width(lines[-1] + character, size, bold=bold) > limit:
                    lines.append("")
                lines[-1] += character
    return lines


def fit(
    text: str, limit: float, sizes: Sequence[tuple[float, int]], *, bold: bool = False
) -> tuple[float, list[str]]:
    """Set a text as large as it may be: the first of the sizes in which it has few enough lines.

    The lines are made about equally long. A size in which a word must be broken is taken only if
    there is no other; a text that is too long even for the last size ends with «…».

    Args:
        text: one line, as ``shown`` returns it.
        limit: the longest line, in points.
        sizes: pairs of a size and the most lines in it, largest size first.
        bold: whether it is set in bold.
    """
    parts = _PARTS.findall(text.replace(" ", "-"))
    widest = max((width(part.rstrip("-"), 1, bold=bold) for part in parts), default=0)
    fitting = [(size, most) for size, most in sizes if widest * size <= limit]
    for size, most in fitting or sizes:
        count = len(wrap(text, size, limit, bold=bold))
        if count <= most:
            return size, _balanced(text, size, (widest * size, limit), count, bold=bold)
    size, most = sizes[-1]
    lines = wrap(text, size, limit, bold=bold)[:most]
    while width(f"{lines[-1]}…", size, bold=bold) > limit:
        lines[-1] = lines[-1][:-1]
    return size, [*lines[:-1], f"{lines[-1].rstrip()}…"]


def _balanced(
    text: str, size: float, limits: tuple[float, float], count: int, *, bold: bool
) -> list[str]:
    """Break a text into so many lines, of which the longest is as short as can be."""
    least, most = limits
    while most - least > 1:
        middle = (least + most) / 2
        if len(wrap(text, size, middle, bold=bold)) <= count:
            most = middle
        else:
            least = middle
    return wrap(text, size, most, bold=bold)


@cache
def font(*, bold: bool) -> "TTFont":
    """Read the font and make it known to reportlab."""
    from reportlab.pdfbase.pdfmetrics import registerFont
    from reportlab.pdfbase.ttfonts import TTFont

    read = TTFont(FONTS[bold].stem, str(FONTS[bold]))
    registerFont(read)
    return read
