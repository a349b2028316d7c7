"""A report: titled columns over plain rows, defined once for chat, page, files and picture."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum, auto

from course_bot.organisations.state import State


class Form(Enum):
    """What kind of cell a column has; every cell may also be None, for "not known"."""

    TEXT = auto()
    COUNT = auto()
    """A whole number."""
    DECIMAL = auto()
    """A number with one digit after the point."""
    SHARE = auto()
    """0.0 to 1.0, shown in percent."""
    DAY = auto()
    """A ``date``."""
    MOMENT = auto()
    """An aware ``datetime``, shown in the zone of the table's own moment."""
    STATE = auto()
    """A ``State``, shown by its word."""


@dataclass(frozen=True, slots=True)
class Unsure:
    """A number that can't be right, shown with a mark; for a column of counts."""

    count: int


Cell = str | int | float | date | datetime | State | Unsure | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A titled column.

    ``name`` identifies it (in addresses, for sorting); ``about`` says in one sentence what it
    means; ``width`` is how many characters its cells usually have.
    """

    name: str
    title: str
    about: str
    form: Form
    width: int = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A report with its rows.

    ``name`` identifies the report ("people"); ``organisation`` is whose it is; ``at`` is the
    moment of its figures, in the organisation's time zone; ``words`` are the states' words;
    ``moment`` words ``at`` ("по состоянию на 14:05"). Each row has a cell for each column;
    rows that are many come as an iterator and can be walked once. ``note`` is what has to be
    known of the whole.
    """

    name: str
    title: str
    organisation: str
    at: datetime
    moment: str
    columns: tuple[Column, ...]
    rows: Iterable[Sequence[Cell]] = field(repr=False)
    words: dict[State, str] = field(default_factory=dict)
    note: str = ""
