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

    Every case draws whole, plausible figures and has a whole answer; a percentage is rounded as
    one learns it at school, half a percent up. ``{names}`` are what a question's text and
    explanation may use, besides ``{answer}``.
    """

    PEOPLE_NEEDED = "people_needed"
    """{total} people, the target of a rule in percent: how many must be active? Rounds up."""
    PEOPLE_MISSING = "people_missing"
    """{total} people, {active} of them active: how many are missing to the target? Rounds up."""
    ACTIVE_PERCENT = "active_percent"
    """{total} people, {active} active: what percentage is that, from 1 to 99? Rounded."""
    REGISTERED_PERCENT = "registered_percent"
    """{total} by ОО-1, {attached} attached: what percentage is registered? Rounded."""
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
CASES_ROUNDED = frozenset({Case.ACTIVE_PERCENT, Case.REGISTERED_PERCENT})
"""Those whose question has to say that a whole percent is asked for."""


def agrees(number: int) -> bool:
    """Tell whether «учителей», the genitive plural, follows a number: 25, 47, 112, but not 42."""
    return number % 100 in range(11, 15) or number % 10 not in range(1, 5)


TOTALS = tuple(filter(agrees, range(20, 151)))
"""Teachers, or the pupils or parents of a small school."""
PUPILS = tuple(filter(agrees, range(150, 1251)))


@checked_dataclass(frozen=True, slots=True, kw_only=True)
class Generated:
    """Where a number question draws its figures: a case, and the rule whose value it uses."""

    case: Case
    percent: int | None = None
    """The target in percent (1..100), for the cases that ask about one; from ``rules.yaml``."""


def draw_figures(generated: Generated, random: Random) -> dict[str, int]:
    """Draw the figures of a generated question and compute its answer.

    «учителей» agrees with all of total, pupils, teachers and parents. How many people are needed
    rounds up: 75 % of 90 is 67.5, and half a teacher can't be active. In at least half of the
    draws whoever rounds as usual, or down, misses that.

    Returns:
        Whole numbers by name, among them ``answer``; see ``Case`` for the names.

    Raises:
        ValueError: the case needs a percentage and has none.
    """
    match generated.case:
        case Case.PEOPLE_NEEDED:
            total, needed = _needed(generated, random)
            return {"total": total, "answer": needed}
        case Case.PEOPLE_MISSING:
            total, needed = _needed(generated, random)
            active = random.randint(needed * 6 // 10, needed - 1)
            return {
                "total": total,
                "active": active,
                "needed": needed,
                "answer": needed - active,
            }
        case Case.ACTIVE_PERCENT:
            total, active, percent = _share(random)
            return {"total": total, "active": active, "answer": percent}
        case Case.REGISTERED_PERCENT:
            total, attached, percent = _share(random)
            return {"total": total, "attached": attached, "answer": percent}
        case Case.PARENTS_EXPECTED:
            pupils = random.choice(PUPILS)
            return {"pupils": pupils, "answer": pupils}
        case Case.EVERYONE_EXPECTED:
            pupils = random.choice(PUPILS)
            # As in the FAQ's example of a school: 107 teachers and 1593 pupils, 15 to one.
            staff = [
                number for number in range(ceil(pupils / 18), pupils // 12 + 1) if agrees(number)
            ]
            teachers = random.choice(staff)
            return {
                "teachers": teachers,
                "pupils": pupils,
                "parents": pupils,
                "answer": teachers + 2 * pupils,
            }


def _needed(generated: Generated, random: Random) -> tuple[int, int]:
    """Draw a total, and say how many of it the percentage asks for.

    One time in two the part that is left over is less than half a person, where there is such a
    total: there only rounding up gives enough.
    """
    percent = generated.percent
    if percent is None:
        raise ValueError(f"{generated.case} needs a percentage")
    telling = tuple(total for total in TOTALS if 0 < total * percent % 100 < 50)
    total = random.choice(random.choice((telling or TOTALS, TOTALS)))
    return total, ceil(Fraction(total * percent, 100))


def _share(random: Random) -> tuple[int, int, int]:
    """Draw a total, a part of it, and its percentage (1 to 99), half a percent rounded up."""
    while True:
        total = random.choice(TOTALS)
        part = random.randint(1, total - 1)
        percent = (200 * part + total) // (2 * total)
        if 1 <= percent <= 99:
            return total, part, percent
