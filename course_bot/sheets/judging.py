"""What figures mean: how many people are missing, and which figures can't be right.

Source of the targets: FAQ 6, by ``lessons/rules.yaml``. For pupils and parents the FAQ leaves open
whether the share is meant of each or of both together, so both are worked out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from course_bot.content.model import Rule
from course_bot.sheets.figures import COUNTED, Field, Figures, Group, Measure, field_of

LEARNERS = (Group.PUPILS, Group.PARENTS)

# Put together once: a region has 3,000 schools, each to be judged now and a month before.
_SHARES = tuple(
    (group, field_of(group, Measure.EXPECTED), field_of(group, Measure.ACTIVE)) for group in Group
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Targets:
    """Which share is to be active, in percent (1 to 100), and within how many days."""

    teachers: int
    learners: int
    """Of pupils and of parents."""
    days: int

    def of(self, group: Group) -> int:
        """Return the share that is to be active of a group."""
        return self.teachers if group is Group.TEACHERS else self.learners


def targets_of(rules: Mapping[str, Rule]) -> Targets:
    """Take the targets from a course's rules."""
    return Targets(
        teachers=rules["staff_target"].value,
        learners=rules["learners_target"].value,
        days=rules["activity_days"].value,
    )


class Doubtful(StrEnum):
    """How figures contradict each other."""

    ACTIVE_OVER_REGISTERED = "active_over_registered"
    LINKED_OVER_REGISTERED = "linked_over_registered"
    REGISTERED_OVER_EXPECTED = "registered_over_expected"
    PARENTS_NOT_PUPILS = "parents_not_pupils"
    """There should be as many parents as pupils (FAQ 6: «1 ученик = 1 родитель»)."""
    PARTS_OF_EXPECTED = "parts_of_expected"
    """The three groups don't add up to all that there should be."""
    PARTS_OF_REGISTERED = "parts_of_registered"
    ALL_ZERO = "all_zero"
    """Some should be there, and nobody is registered or active in any group."""
    OLD = "old"
    """The sheet is older than the days that activity is counted for; ``first`` is its age."""


_PARTS_OF_WHOLES = tuple(
    (kind, group, field_of(group, part), field_of(group, whole))
    for group in Group
    for part, whole, kind in (
        (Measure.ACTIVE, Measure.REGISTERED, Doubtful.ACTIVE_OVER_REGISTERED),
        (Measure.LINKED, Measure.REGISTERED, Doubtful.LINKED_OVER_REGISTERED),
        (Measure.REGISTERED, Measure.EXPECTED, Doubtful.REGISTERED_OVER_EXPECTED),
    )
)
_TOTALS = tuple(
    (kind, total, tuple(field_of(group, measure) for group in Group))
    for measure, total, kind in (
        (Measure.EXPECTED, Field.EXPECTED, Doubtful.PARTS_OF_EXPECTED),
        (Measure.REGISTERED, Field.REGISTERED, Doubtful.PARTS_OF_REGISTERED),
    )
)
_MOVING = tuple(
    field_of(group, measure) for group in Group for measure in (Measure.REGISTERED, Measure.ACTIVE)
)
"""What is zero where nothing was counted at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """Two figures that can't both be right, to be shown side by side.

    ``group`` is None where it is about the whole. ``spoilt`` are the columns whose figures are
    shown with a mark, and not used for advice.
    """

    kind: Doubtful
    group: Group | None = None
    first: int
    second: int
    spoilt: tuple[Field, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How far people are from a target; of one group, or of pupils and parents together.

    ``needed`` is how many are to be active, ``missing`` how many of them are not yet.
    """

    expected: int
    active: int
    target: int
    needed: int
    missing: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What figures mean: those that are sure, and what is doubtful.

    ``standings`` lacks the groups of which a figure is unknown or doubtful; ``together`` is of
    pupils and parents, None where either is. ``spoilt`` are all the doubtful columns.
    """

    figures: Figures
    doubts: tuple[Doubt, ...]
    standings: Mapping[Group, Standing]
    together: Standing | None
    spoilt: frozenset[Field]

    @property
    def missing(self) -> int | None:
        """How many people are missing in all groups, each by itself; None where none is known."""
        if not self.standings:
            return None
        return sum(each.missing for each in self.standings.values())


def needed(expected: int, target: int) -> int:
    """Return how many of so many people make a share in percent, rounded up.

    Of 107 teachers 75 % are 80.25, and 80 are too few: 81.
    """
    return -(-expected * target // 100)


def share_of(active: int, expected: int) -> float:
    """Return which share is active (1.0 is all) in whole percents, rounded down.

    Of 107 teachers 80 are 74.8 %: shown as 75 %, a target of 75 % would seem to be reached.
    """
    return active * 100 // expected / 100


def standing(expected: int, active: int, target: int) -> Standing:
    """Say how far people are from a target (in percent)."""
    wanted = needed(expected, target)
    return Standing(
        expected=expected,
        active=active,
        target=target,
        needed=wanted,
        missing=max(0, wanted - active),
    )


def judge(figures: Figures, targets: Targets, *, day: date | None, today: date) -> Judged:
    """Say what a school's figures mean.

    Args:
        figures: of one school, or added up.
        targets: what is to be reached.
        day: the sheet's date, None where it has none.
        today: by which the sheet is old or not.
    """
    doubts = tuple(_doubts(figures, targets, day, today))
    spoilt = frozenset(field for doubt in doubts for field in doubt.spoilt)
    standings = {}
    for group, expected, active in _SHARES:
        there, moving = figures.at(expected), figures.at(active)
        if there and moving is not None and expected not in spoilt and active not in spoilt:
            standings[group] = standing(there, moving, targets.of(group))
    both = [standings[group] for group in LEARNERS if group in standings]
    together = None
    if len(both) == len(LEARNERS):
        together = standing(
            sum(each.expected for each in both),
            sum(each.active for each in both),
            targets.learners,
        )
    return Judged(
        figures=figures, doubts=doubts, standings=standings, together=together, spoilt=spoilt
    )


def _doubts(figures: Figures, targets: Targets, day: date | None, today: date) -> list[Doubt]:
    found = []
    if day is not None and (today - day).days > targets.days:
        age = (today - day).days
        found.append(Doubt(kind=Doubtful.OLD, first=age, second=targets.days))
    for kind, group, part, whole in _PARTS_OF_WHOLES:
        first, second = figures.at(part), figures.at(whole)
        if first is not None and second is not None and first > second:
            found.append(
                Doubt(kind=kind, group=group, first=first, second=second, spoilt=(part, whole))
            )
    parents, pupils = figures.parents_expected, figures.pupils_expected
    if parents is not None and pupils is not None and parents != pupils:
        found.append(
            Doubt(
                kind=Doubtful.PARENTS_NOT_PUPILS,
                first=parents,
                second=pupils,
                # Parents are worked out from pupils, and not the other way round.
                spoilt=(Field.PARENTS_EXPECTED,),
            )
        )
    for kind, total, fields in _TOTALS:
        whole_figure = figures.at(total)
        if whole_figure is None:
            continue
        known = [each for field in fields if (each := figures.at(field)) is not None]
        if len(known) < len(fields) or sum(known) == whole_figure:
            continue
        found.append(Doubt(kind=kind, first=sum(known), second=whole_figure, spoilt=(total,)))
    if _all_zero(figures):
        there = sum(figures.of(group, Measure.EXPECTED) or 0 for group in Group)
        zeros = tuple(field for field in COUNTED if figures.at(field) == 0)
        found.append(Doubt(kind=Doubtful.ALL_ZERO, first=0, second=there, spoilt=zeros))
    return found


def _all_zero(figures: Figures) -> bool:
    """Tell whether a sheet looks as if nothing had been counted at all."""
    known = [each for field in _MOVING if (each := figures.at(field)) is not None]
    return bool(known) and not any(known)
