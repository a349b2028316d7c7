"""Questions in people's own words, and how well a search does by them."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

import yaml

from course_bot.content.search import OFFERED

Numbers = Collection[int]
"""The numbers of FAQ entries that something tells of."""
Search = Callable[[str], Sequence[Numbers]]
"""Finds things by a typed text, the best first."""


class _Row(TypedDict):
    text: str
    expects: list[int]


@dataclass(frozen=True)
class Question:
    """A question; ``expects`` numbers the entries that are good first answers, none: not ours."""

    text: str
    expects: frozenset[int]


WORDINGS = Path(__file__).parent / "wordings"
HALVED, TUNED = ("a", "b"), ("c",)
"""Files of which every other question is held back, and those of which all may be tuned to."""


def questions(held: bool) -> list[Question]:
    """Read what may be tuned to, or what may not."""
    rows = [row for name in HALVED for row in _read(name)[held::2]]
    if not held:
        rows += [row for name in TUNED for row in _read(name)]
    return [Question(text=row["text"], expects=frozenset(row["expects"])) for row in rows]


def _read(name: str) -> list[_Row]:
    rows: list[_Row] = yaml.safe_load((WORDINGS / f"{name}.yaml").read_text(encoding="utf-8"))
    return rows


@dataclass(frozen=True)
class Figures:
    """Shares, from 0 to 1: right ones first, among three; refused of what is none of ours."""

    first: float
    among_three: float
    refused: float

    def __str__(self) -> str:
        return f"{self.first:.1%} first, {self.among_three:.1%} of three, {self.refused:.1%} out"


def figures(search: Search, asked: Sequence[Question]) -> Figures:
    """Ask a search all the questions."""
    ours = [(search(each.text), each.expects) for each in asked if each.expects]
    others = [search(each.text) for each in asked if not each.expects]
    return Figures(
        first=sum(_any(found[:1], expects) for found, expects in ours) / len(ours),
        among_three=sum(_any(found[:OFFERED], expects) for found, expects in ours) / len(ours),
        refused=sum(not found for found in others) / len(others),
    )


def _any(found: Sequence[Numbers], expects: frozenset[int]) -> bool:
    return any(expects.intersection(numbers) for numbers in found)
