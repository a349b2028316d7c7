"""What became of the last sheet that somebody sent, and what they are still to say of it."""

from datetime import date

from pydantic import TypeAdapter
from pydantic.dataclasses import dataclass as checked_dataclass

from course_bot.sheets.figures import Field, RowFault, Sheet, Twice

FAULTS_KEPT = 50
"""How many faults of rows are kept with what was said of a sheet; the rest are only counted."""


@checked_dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A person's last sheet, as far as it is remembered: without its rows, unless it waits.

    A file that could not be read takes no sheet's place.
    ``matched`` is the school that its sender has said it to be of, and that got its ID by that.
    ``day`` is the newest day in it. ``kept`` counts the schools' days that were new or changed
    something, ``replaced`` those of them that had other figures before, ``same`` those known
    already. Of the IDs that none of the sender's schools has, ``unmatched`` counts those that may
    be of one which has none yet, ``foreign`` those that can't be, and are not kept. ``faults`` are
    the first of ``faulty`` faults. ``missing``, ``twice`` and ``unknown`` are as in ``Sheet``.
    ``waiting`` is the sheet itself while a question is open: which column is which, or which
    school it is of.
    """

    matched: int | None = None
    day: date | None = None
    schools: int = 0
    kept: int = 0
    replaced: int = 0
    same: int = 0
    unmatched: int = 0
    foreign: int = 0
    missing: tuple[Field, ...] = ()
    twice: tuple[Twice, ...] = ()
    unknown: tuple[str, ...] = ()
    faults: tuple[RowFault, ...] = ()
    faulty: int = 0
    waiting: Sheet | None = None


RECEIVED = TypeAdapter(Received)
