"""The course as frozen values: what a checked set of lesson files becomes.

Questions and the values inside them are pydantic dataclasses, because they also travel: they are
read from ``quiz.yaml`` and kept as JSON inside an attempt, so that editing a lesson never changes
an attempt in progress.

Texts of steps, FAQ answers and everything inside a question are in the messengers' HTML subset.
Titles, ``about``, labels, FAQ questions and wordings are plain text: escape them to show them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass as checked_dataclass

FORBID = ConfigDict(extra="forbid")


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


@checked_dataclass(frozen=True, slots=True, kw_only=True, config=FORBID)
class Option:
    """One option of a choice or multiple question; ``why`` says why a wrong one is wrong."""

    text: str
    right: bool = False
    why: str = ""


@checked_dataclass(frozen=True, slots=True, kw_only=True, config=FORBID)
class Pair:
    """A term and the meaning that belongs to it."""

    term: str
    meaning: str


@checked_dataclass(frozen=True, slots=True, kw_only=True, config=FORBID)
class _Question:
    """What every kind of question has.

    ``step`` is the number of the teaching step in the question's lesson, from 1.
    Texts are in the messengers' HTML subset, rules already filled in. ``version`` is a short
    digest of the question as its author wrote it.
    """

    id: str
    version: str
    text: str
    explanation: str
    step: int
    critical: bool = False


@checked_dataclass(frozen=True, slots=True, kw_only=True, config=FORBID)
class Choice(_Question):
    """One option is right."""

    kind: Literal["choice"] = "choice"
    options: tuple[Option, ...]


@checked_dataclass(frozen=True, slots=True, kw_only=True, config=FORBID)
class Multiple(_Question):
    """Several options are right; there is partial credit."""

    kind: Literal["multiple"] = "multiple"
    options: tuple[Option, ...]


@checked_dataclass(frozen=True, slots=True, kw_only=True, config=FORBID)
class Order(_Question):
    """The items, in their right order; partial credit by adjacent pairs."""

    kind: Literal["order"] = "order"
    items: tuple[str, ...]


@checked_dataclass(frozen=True, slots=True, kw_only=True, config=FORBID)
class Match(_Question):
    """Each term belongs to the meaning it stands with."""

    kind: Literal["match"] = "match"
    pairs: tuple[Pair, ...]


@checked_dataclass(frozen=True, slots=True, kw_only=True, config=FORBID)
class Generated:
    """Where a number question draws its figures: a case, and the rule whose value it uses."""

    case: Case
    percent: int | None = None
    """The target in percent (1..100), for the cases that ask about one; from ``rules.yaml``."""


@checked_dataclass(frozen=True, slots=True, kw_only=True, config=FORBID)
class Number(_Question):
    """A whole number is typed. Either ``answer`` or ``generated`` is given, never both.

    Where ``generated`` is given, ``text`` and ``explanation`` hold ``{names}`` to be filled
    with the drawn figures; drawing turns it into a ``Number`` with an ``answer``.
    """

    kind: Literal["number"] = "number"
    answer: int | None = None
    unit: str = ""
    generated: Generated | None = None


Question = Annotated[Choice | Multiple | Order | Match | Number, Field(discriminator="kind")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A page that people are sent to; ``verified`` is false where nobody has seen it open."""

    id: str
    label: str
    url: str
    verified: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One idea of a lesson: a title, a text in the HTML subset (at most 900 characters), links."""

    title: str
    text: str
    links: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """A lesson: 3 to 7 steps and a pool of questions, of which an attempt asks ``draw``.

    ``faq`` numbers the FAQ entries it comes from.
    ``minutes`` is computed from the length of the texts and the number of questions.
    """

    id: str
    title: str
    about: str
    faq: tuple[int, ...]
    minutes: int
    draw: int
    steps: tuple[Step, ...]
    pool: tuple[Choice | Multiple | Order | Match | Number, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """The lessons that one kind of learner takes, in order."""

    id: str
    title: str
    about: str
    lessons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FaqEntry:
    """One entry of the FAQ: a short answer, the ways people ask for it, the lesson behind it."""

    id: int
    question: str
    answer: str
    wordings: tuple[str, ...]
    lesson: str
    links: tuple[Link, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A number that may change: its value, and how it reads in a sentence («7 дней»)."""

    id: str
    value: int
    text: str
    source: str
    as_of: date
    review_by: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """Everything that is taught, as one checked value.

    ``pass_mark`` is in percent of an attempt's points (1..100). ``version`` is a short digest of
    all the files. ``not_found`` is the number of the FAQ entry to offer where none is found.
    ``renamed`` maps the ids that lessons had before to those that they have now.
    """

    title: str
    about: str
    pass_mark: int
    version: str
    not_found: int
    tracks: Mapping[str, Track]
    lessons: Mapping[str, Lesson]
    faq: Mapping[int, FaqEntry]
    rules: Mapping[str, Rule]
    links: Mapping[str, Link]
    renamed: Mapping[str, str] = field(default_factory=dict)

    def minutes(self, lessons: tuple[str, ...]) -> int:
        """Add up how many minutes the named lessons take."""
        return sum(self.lessons[lesson].minutes for lesson in lessons)
