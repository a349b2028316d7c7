"""The figures of generated number questions: what is drawn in each case, and what comes of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from math import ceil
from random import Random

from pydantic.dataclasses import dataclass as checked_dataclass

LARGEST = 9999
"""No figure that is drawn has more digits."""


class Case(StrEnum):
    """The generated number questions: what is drawn, and what is asked for.

    Every case draws whole, plausible figures and has a whole answer. ``{names}`` are what a
    question's text and explanation may use, besides ``{answer}``.
    """

    PEOPLE_NEEDED = "people_needed"
    """{total} people, the target of a rule in percent: how many must be active? Rounds up."""
    PEOPLE_MISSING = "people_missing"
    """{total} people, {active} of them active: how many are missing to the target? Rounds up."""
    ACTIVE_PERCENT = "active_percent"
    """{total} people, {active} active: what percentage is that? Drawn so that it is whole."""
    REGISTERED_PERCENT = "registered_percent"
    """{total} by ОО-1, {attached} attached: what percentage is registered? Drawn whole."""
    PARENTS_EXPECTED = "parents_expected"
    """{pupils} pupils: how many parents does the statistic expect? One pupil, one parent."""
    EVERYONE_EXPECTED = "everyone_expected"
    """{teachers} teachers, {pupils} pupils: how many people in all, with as many parents?"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """The ``{names}`` of a case: those that its question must give, and those that it may use."""

    given: frozenset[str]
    further: frozenset[str] = frozenset()

    @property
    def all(self) -> frozenset[str]:
        """Every name but ``answer``."""
        return self.given | self.further


CASES: Mapping[Case, Names] = {
    Case.PEOPLE_NEEDED: Names(given=frozenset({"total"})),
    Case.PEOPLE_MISSING: Names(
        given=frozenset({"total", "active"}), further=frozenset({"needed"})
    ),
    Case.ACTIVE_PERCENT: Names(given=frozenset({"total", "active"})),
    Case.REGISTERED_PERCENT: Names(given=frozenset({"total", "attached"})),
    Case.PARENTS_EXPECTED: Names(given=frozenset({"pupils"})),
    Case.EVERYONE_EXPECTED: Names(
        given=frozenset({"teachers", "pupils"}), further=frozenset({"parents"})
    ),
}
CASES_WITH_RULE = frozenset({Case.PEOPLE_NEEDED, Case.PEOPLE_MISSING})


@checked_dataclass(frozen=True, slots=True, kw_only=True)
class Generated:
    """Where a number question draws its figures: a case, and the rule whose value it uses."""

    case: Case
    percent: int | None = None
    """The target in percent (1..100), for the cases that ask about one; from ``rules.yaml``."""


def draw_figures(generated: Generated, random: Random) -> dict[str, int]:
    """Draw the figures of a generated question and compute its answer.

    Groups of people end in 0 or 5, so that «учителей» agrees with every figure that is drawn.
    How many people are needed rounds up: 75 % of 90 is 67.5, and half a teacher can't be active.

    Returns:
        Whole numbers by name, among them ``answer``; see ``Case`` for the names.

    Raises:
        ValueError: the case needs a percentage and has none.
    """
    total = 5 * random.randint(4, 30)
    match generated.case:
        case Case.PEOPLE_NEEDED:
            return {"total": total, "answer": _needed(total, generated)}
        case Case.PEOPLE_MISSING:
            needed = _needed(total, generated)
            active = random.randint(needed * 6 // 10, needed - 1)
            return {
                "total": total,
                "active": active,
                "needed": needed,
                "answer": needed - active,
            }
        case Case.ACTIVE_PERCENT:
            active, percent = _whole_share(total, random)
            return {"total": total, "active": active, "answer": percent}
        case Case.REGISTERED_PERCENT:
            attached, percent = _whole_share(total, random)
            return {"total": total, "attached": attached, "answer": percent}
        case Case.PARENTS_EXPECTED:
            pupils = 5 * random.randint(30, 240)
            return {"pupils": pupils, "answer": pupils}
        case Case.EVERYONE_EXPECTED:
            pupils = 5 * random.randint(30, 240)
            teachers = 5 * max(2, pupils // 75)
            return {
                "teachers": teachers,
                "pupils": pupils,
                "parents": pupils,
                "answer": teachers + 2 * pupils,
            }


def _needed(total: int, generated: Generated) -> int:
    if generated.percent is None:
        raise ValueError(f"{generated.case} needs a percentage")
    return ceil(Fraction(total * generated.percent, 100))


def _whole_share(total: int, random: Random) -> tuple[int, int]:
    """Draw a part of the total that is a whole percentage between 40 and 95."""
    shares = [percent for percent in range(40, 96) if total * percent % 100 == 0]
    percent = random.choice(shares)
    return total * percent // 100, percent
