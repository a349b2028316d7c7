"""Questions in people's own words, and how well a search does by them."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from course_bot.content.search import OFFERED

Numbers = Collection[int]
"""The numbers of FAQ entries that something tells of."""
Search = Callable[[str], Sequence[Numbers]]
"""Finds things by a typed text, the best first."""


@dataclass(frozen=True)
class Question:
    """A question; ``expects`` numbers the entries that are good first answers, none: not ours."""

    text: str
    expects: frozenset[int]


def questions(held: bool) -> list[Question]:
    """Read the half that may be tuned to, or the one that may not."""
    return [
        Question(text=row["text"], expects=frozenset(row["expects"]))
        for path in sorted((Path(__file__).parent / "wordings").glob("*.yaml"))
        for row in yaml.safe_load(path.read_text(encoding="utf-8"))[held::2]
    ]


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
