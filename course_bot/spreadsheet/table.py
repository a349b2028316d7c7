"""A table of cells, what a file of one may cost, and why one could not be read."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import Enum, StrEnum
from typing import NamedTuple

from course_bot.errors import CourseError


class Share(float):
    """A number that the spreadsheet shows as a percentage: 0.75 for «75 %»."""


class NoResult(Enum):
    """A formula that was saved without what it comes to."""

    NO_RESULT = "no_result"


NO_RESULT = NoResult.NO_RESULT

EXACT = 2**53
"""Beyond this, a number in a spreadsheet has lost digits (IEEE 754 doubles)."""
SHORTENED = re.compile(r"\d(?:[.,]\d+)?E\+\d+", re.IGNORECASE)
"""What a spreadsheet makes of a long number: 1,23E+11."""

Cell = str | int | float | bool | date | datetime | time | NoResult | None
"""What stands in a cell; None is an empty one, a text is never empty."""


class Merged(NamedTuple):
    """Cells that are one, whose value is in the upper left one: from 0, the last ones included."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """The rows of a sheet from its first one on, each as long as it is filled."""

    rows: Sequence[Sequence[Cell]]
    merged: Sequence[Merged] = ()
    date1904: bool = False
    """Whether the sheet's serial numbers of days count from 1904, as on old Macs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much of a file is read before it is refused as swollen.

    The preset ones hold a region's 3,000 schools on six days three times over, and keep what a
    hostile file of 5 MB can cost below 4 s of a core and 300 MB.
    """

    entries: int = 1_000
    """Parts of the ZIP: a workbook of 300 sheets with all their belongings has as many."""
    inflated: int = 32_000_000
    """Bytes of all parts that are read: 20,000 rows of 23 columns take some 20 MB."""
    rows: int = 20_000
    columns: int = 200
    elements: int = 2_500_000
    """Those of all parts that are read: a cell takes two or three."""
    cells: int = 500_000
    """Filled ones; also the shared texts, of which no more can be used."""
    depth: int = 32
    """Elements within elements: what is read is at most eight deep."""
    length: int = 32_767
    """Characters in a cell: the most that Excel takes."""


class Reason(StrEnum):
    """Why a file could not be read."""

    OLD_EXCEL = "old_excel"
    OPEN_DOCUMENT = "open_document"
    PDF = "pdf"
    PICTURE = "picture"
    OTHER = "other"
    PASSWORD = "password"  # noqa: S105 - that there is one
    DAMAGED = "damaged"
    QUOTES = "quotes"
    """A CSV with a quotation mark that is not closed, or with something after a closing one."""
    SWOLLEN = "swollen"
    """It is over one of the ``Limits``."""


class UnreadableError(CourseError):
    """A file is no table that can be read; ``row`` says where (from 1), 0 of the whole of it."""

    def __init__(self, reason: Reason, row: int = 0) -> None:
        super().__init__(reason, row)
        self.reason = reason
        self.row = row


_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 - a calendar day, of no zone
_EPOCH_1904 = datetime(1904, 1, 1)  # noqa: DTZ001
_LEAP = 60
"""29 February 1900, which Excel believes in: days before it are one later than they seem."""
_LAST = 2_958_466
"""The day after 31.12.9999."""


def moment(serial: float, *, date1904: bool) -> date | datetime | time | None:
    """Say which day or moment a serial number is (ECMA-376, part 1, 18.17.4).

    Args:
        serial: days and parts of a day since the workbook's epoch.
        date1904: whether that is 1904.

    Returns:
        A day, a moment of one, a time of day where there is no day; None where it is neither.
    """
    if not 0 <= serial < _LAST - (1462 if date1904 else 0):
        return None
    days, part = divmod(serial, 1)
    since = timedelta(days=days, milliseconds=round(part * 86_400_000))
    if serial < 1 and since.days < 1:
        return (_EPOCH + since).time()
    if not date1904 and serial < _LEAP:
        since += timedelta(days=1)
    try:
        there = (_EPOCH_1904 if date1904 else _EPOCH) + since
    except OverflowError:  # the last half of a millisecond of the year 9999
        return None
    return there if there.time() != time() else there.date()


def letters(column: int) -> str:
    """Return a column's name in a spreadsheet: A for 0, AA for 26."""
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name
