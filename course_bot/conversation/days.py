"""Days as people type and read them: «1.12», «до 1 декабря», 01.12.2026."""

import re
from datetime import date, timedelta

from course_bot.errors import CourseError
from course_bot.locale.phrases import Phrases

SOON = timedelta(days=180)
"""Days nearer than this are told without their year: nobody takes them for another one's."""
AHEAD = timedelta(days=2 * 366)
"""A last day that is farther away is a slip of the finger."""

_MONTHS = {
    start: number
    for number, starts in enumerate(
        (
            ("янв", "jan"),
            ("фев", "feb"),
            ("мар", "mar"),
            ("апр", "apr"),
            ("май", "мая", "may"),
            ("июн", "jun"),
            ("июл", "jul"),
            ("авг", "aug"),
            ("сен", "sep"),
            ("окт", "oct"),
            ("ноя", "nov"),
            ("дек", "dec"),
        ),
        1,
    )
    for start in starts
}
_FILLER = re.compile(r"\b(?:до|по|к|включительно|года|год|г|until|till|by)\b\.?", re.IGNORECASE)
_YEAR_FIRST = re.compile(r"(\d{4})\W+(\d{1,2})\W+(\d{1,2})", re.ASCII)
_NUMBERS = re.compile(r"(\d{1,2})\W+(\d{1,2})(?:\W+(\d{4}|\d{2}))?", re.ASCII)
_DAY_FIRST = re.compile(r"(\d{1,2})(?:-?(?:го|е|st|nd|rd|th))?\W*([a-zа-яё]{3,})\W*(\d{4}|\d{2})?")
_MONTH_FIRST = re.compile(r"([a-zа-яё]{3,})\W+(\d{1,2})(?:st|nd|rd|th)?(?:\W+(\d{4}))?")


class DayError(CourseError):
    """A text that is no day, or none that may be meant; ``reason`` says which.

    "unread" (no day can be read in it), "no such day" (31 November), "over" (in the past), "far"
    (more than two years ahead).
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def read_day(text: str, today: date) -> date:
    """Read a day that is still to come, as people type it in a chat.

    Args:
        text: such as «1.12», «1 декабря», «до 01.12.2026», "December 1", 2026-12-01. A day
            without a year is the next one of that name.
        today: the day where it is to count.

    Raises:
        DayError: it can't be read, there is no such day, it is over or too far away.
    """
    day, month, year = _parts(_FILLER.sub(" ", text.casefold()).strip(" .,!"))
    if year is None:
        found = _next(day, month, today)
    else:
        found = _made(day, month, year if year > 99 else 2000 + year)
    if found < today:
        raise DayError("over")
    if found - today > AHEAD:
        raise DayError("far")
    return found


def _parts(text: str) -> tuple[int, int, int | None]:
    if match := _YEAR_FIRST.fullmatch(text):
        return int(match[3]), int(match[2]), int(match[1])
    if match := _NUMBERS.fullmatch(text):
        return int(match[1]), int(match[2]), int(match[3]) if match[3] else None
    if match := _DAY_FIRST.fullmatch(text):
        day, word, year = match.groups()
    elif match := _MONTH_FIRST.fullmatch(text):
        word, day, year = match.groups()
    else:
        raise DayError("unread")
    month = _MONTHS.get(word[:3])
    if month is None:
        raise DayError("unread")
    return int(day), month, int(year) if year else None


def _next(day: int, month: int, today: date) -> date:
    """Return the next day of this name: 29 February is looked for in the years that have one."""
    for year in range(today.year, today.year + 3):
        try:
            found = _made(day, month, year)
        except DayError:
            continue
        if found >= today:
            return found
    raise DayError("no such day")


def _made(day: int, month: int, year: int) -> date:
    try:
        return date(year, month, day)
    except ValueError:
        raise DayError("no such day") from None


def told(p: Phrases, day: date, today: date) -> str:
    """Write a day out, with its year only where it is not clear which one is meant."""
    return p.day_of_year(day) if abs(day - today) < SOON else p.day(day)


def in_a_month(day: date) -> date:
    """Return the same day of the next month, or that month's last one."""
    last = month_end(month_end(day) + timedelta(days=1))
    return last.replace(day=min(day.day, last.day))


def month_end(day: date) -> date:
    """Return the last day of a day's month."""
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def school_year_end(day: date) -> date:
    """Return the 31 May with which the school year ends that a day is in."""
    end = date(day.year, 5, 31)
    return end if day <= end else end.replace(year=day.year + 1)
