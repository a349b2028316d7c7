"""What people type: signs among it that nobody sees, and whether it is a question."""

import re
from unicodedata import category

_BLANK = frozenset("\u200b\u115f\u1160\u2800\u3164\uffa0")
"""A place where a line may break, and what is drawn as nothing though it counts as a letter."""
_FORMS = re.compile("[\u034f\u17b4\u17b5\u180b-\u180d\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]")
"""Marks that nobody sees: joiners of other marks, and how a sign is to look."""
_QUESTION = re.compile(
    r"\b(?:как(?:ой|ая|ое|ие|им|ую|ом)?|что|чего|чему|ч[её]м|почему|зачем|где|куда|откуда|когда"
    r"|кто|кого|кому|сколько|можно|нужно|есть ли|подскажите|скажите|помогите|об[ъь]ясните"
    r"|расскажите)\b(?!-)"
    r"|^\s*(?:how|what|why|where|when|who|which|can i|do i)\s",
    re.IGNORECASE,
)


def is_question(text: str) -> bool:
    """Tell whether a text asks for something: by its mark, or by words that no name has."""
    return "?" in text or _QUESTION.search(text) is not None


def without_unseen(text: str, *, blank: str = "", keep: str = "") -> str:
    """Take the signs out of a text that nobody sees.

    Args:
        text: what was typed.
        blank: what stands for a sign that is drawn as an empty place.
        keep: signs that stay, although nobody sees them.
    """

    def sign(char: str) -> str:
        if char in keep:
            return char
        if char in _BLANK:
            return blank
        return "" if category(char) in ("Cf", "Me") or _FORMS.match(char) else char

    return "".join(map(sign, text))
