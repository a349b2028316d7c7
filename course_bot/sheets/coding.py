"""Figures written as a few letters and digits, so that a place can carry what is kept nowhere."""

from datetime import date, timedelta
from string import ascii_letters, digits

from course_bot.sheets.figures import COUNTED, Figures

LARGEST = 999_999
"""The largest figure that can be written: no school has so many people."""
_DIGITS = digits + ascii_letters
_VALUES = LARGEST + 2
"""A figure is one of so many: none, or 0 to ``LARGEST``."""
_FIRST = date(2020, 1, 1)
"""The day before the first that can be written: there was no Sferum yet."""
_DAYS = 1 << 14
"""A day is one of so many, or none: until 2064."""
CODE_CHARS = 50
"""The longest that 14 figures and a day become."""


def encode(figures: Figures, day: date | None = None) -> str:
    """Write figures and the day that they are of.

    Raises:
        ValueError: a figure is more than ``LARGEST``, or the day is out of reach.
    """
    total = 0
    for field in reversed(COUNTED):
        value = figures.at(field)
        if value is not None and not 0 <= value <= LARGEST:
            raise ValueError(value)
        total = total * _VALUES + (0 if value is None else value + 1)
    since = 0 if day is None else (day - _FIRST).days
    if not (0 < since < _DAYS or day is None):
        raise ValueError(day)
    total = total * _DAYS + since
    code = ""
    while total:
        total, digit = divmod(total, len(_DIGITS))
        code = _DIGITS[digit] + code
    return code or _DIGITS[0]


def decode(code: str) -> tuple[Figures, date | None]:
    """Read them back.

    Args:
        code: from outside, may be anything.

    Raises:
        ValueError: nothing is written like that.
    """
    if not 1 <= len(code) <= CODE_CHARS:
        raise ValueError(code)
    total = 0
    for character in code:
        total = total * len(_DIGITS) + _DIGITS.index(character)
    total, since = divmod(total, _DAYS)
    figures = Figures()
    for field in COUNTED:
        total, value = divmod(total, _VALUES)
        if value:
            figures = figures.with_figure(field, value - 1)
    if total:
        raise ValueError(code)
    return figures, _FIRST + timedelta(days=since) if since else None
