"""What is wrong in a file, where it stands, and what would be right."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class Severity(StrEnum):
    """Whether a fault keeps the course from being taught."""

    ERROR = "error"
    WARNING = "warning"


class Place(NamedTuple):
    """Where something stands: a path from the course's folder, line and column from 1."""

    path: str
    line: int
    column: int


Within = Callable[[int], Place]
"""Finds the place of a character of a text, by its offset."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Something wrong in a file: what it is, and what would be right (Russian, for authors)."""

    place: Place
    what: str
    would_be_right: str
    severity: Severity = Severity.ERROR

    def __str__(self) -> str:
        path, line, column = self.place
        mark = "предупреждение: " if self.severity is Severity.WARNING else ""
        return f"{path}:{line}:{column}: {mark}{self.what} — {self.would_be_right}"


Part = tuple[str | int, ...]
"""Names a part of a course: ("question", id), ("step", lesson, number), ("picture", lesson, number
of its step), ("lesson", id), ("track", id), ("faq", id), ("guide", id, id of its question or
ending), or all of a file: ("guide", id), ("faq",), ("course",), or
("wording", "faq" or "guide", its id, number of the wording, from 0)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfit:
    """A part of a course that does not do, as one that some messenger could not show."""

    part: Part
    what: str
    would_be_right: str
    severity: Severity = Severity.ERROR
