"""What every kind of question must know: how it is drawn, asked, answered, graded, explained.

A kind that leaves one of these out is an error to mypy, and can't be made at run time either.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Self

from pydantic.dataclasses import dataclass as checked_dataclass

from course_bot.locale.phrases import Phrases

FULL = 100
"""The points of a right response; a question is worth as much as every other."""

Response = tuple[int, ...] | float
"""What a person answered: a typed number, or indices into the question as its author wrote it.

choice: the one option; multiple: the options, ascending; order: the items as tapped, each once;
match: for each term in turn, the meaning given to it, each once.
"""
Draft = tuple[int, ...]
"""A response begun: the indices tapped so far."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of a question to be pressed.

    ``index`` is the part's own, as its author wrote it. ``mark`` is 0 for what is not taken; else
    1 for what is ticked, a place in the order from 1, or the number of a term from 1.
    ``disabled``: it can't be pressed now.
    """

    text: str
    index: int
    mark: int = 0
    disabled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Answering:
    """How a question is answered: what to do next, the parts as shown, and what ends it.

    ``hint`` is in the HTML subset. ``terms`` are those of a match. ``ready`` tells whether the
    draft may be answered with; None: pressing a part answers at once, or the answer is typed.
    ``undo`` tells whether there is a tap to take back; None: there never is.
    """

    hint: str
    parts: tuple[Part, ...] = ()
    terms: tuple[str, ...] = ()
    ready: bool | None = None
    undo: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """What chance decides about a question once: the order of its parts, and its figures.

    See ``kinds.Asked`` for what both mean.
    """

    shown: tuple[int, ...] = ()
    figures: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hint:
    """A typed text was meant as an answer, but is none: what would be one (plain text)."""

    text: str


@checked_dataclass(frozen=True, slots=True, kw_only=True)
class Question(ABC):
    """What every kind of question has.

    ``kind`` is the kind's name in ``KINDS``. ``step`` is the number of the teaching step in the
    question's lesson, from 1. Texts are in the messengers' HTML subset, rules already filled in.
    ``version`` is a short digest of all the rest of it, see ``kinds.version_of``.
    """

    kind: str
    id: str
    version: str
    text: str
    explanation: str
    step: int
    critical: bool = False

    @abstractmethod
    def draw(self, random: Random) -> Drawn:
        """Decide how the question is asked this time."""

    @abstractmethod
    def ask(self, p: Phrases, shown: tuple[int, ...], draft: Draft) -> Answering:
        """Return what stands under the question while it waits for its answer."""

    @abstractmethod
    def tapped(self, draft: Draft, shown: tuple[int, ...], part: int) -> Draft | None:
        """Return the draft after a tap; None where this part can't be tapped (now)."""

    @abstractmethod
    def undone(self, draft: Draft, shown: tuple[int, ...]) -> Draft | None:
        """Return the draft with its last tap taken back; None where there is nothing to take."""

    @abstractmethod
    def typed(self, p: Phrases, text: str, shown: tuple[int, ...]) -> Response | Hint | None:
        """Take a typed text as an answer; None where it isn't meant as one."""

    @abstractmethod
    def grade(self, response: Response) -> int | None:
        """Return the points of a response, 0 to ``FULL``.

        Partial credit rounds down, so only a right response earns ``FULL``. None where the
        response is incomplete or not of the question's form.
        """

    @abstractmethod
    def compare(
        self, p: Phrases, shown: tuple[int, ...], response: Response, *, right: bool
    ) -> list[str]:
        """Return what was answered and, unless it was right, what would have been right.

        Raises:
            ValueError: the response is not of the question's form.
        """

    @abstractmethod
    def mistakes(self, response: Response) -> Iterable[str]:
        """List what is wrong in a response, each in words (HTML subset) that reports count.

        The question is as its author wrote it: of one whose figures are drawn anew each time,
        no mistakes can be compared, and none are listed.

        Raises:
            ValueError: the response is not of the question's form.
        """

    @property
    def distractors(self) -> tuple[str, ...]:
        """The wrong options that it offers, in the words of ``mistakes``; none where it has none.

        Where the parts are all right and only their order or pairs can be wrong, it has none.
        """
        return ()

    @abstractmethod
    def rehearsed(self) -> Iterable[Response]:
        """List responses among which is the one with the longest feedback."""

    @property
    def offered(self) -> tuple[str, ...]:
        """The texts of what one chooses among or puts together; none where the answer is typed."""
        return ()

    @property
    def at_once(self) -> bool:
        """Whether pressing a part answers the question, without a draft."""
        return False

    def longest(self) -> dict[str, int]:
        """Return figures that take as much room as any that can be drawn."""
        return {}

    def filled(self, figures: Mapping[str, int]) -> Self:
        """Return the question with drawn figures in it."""
        return self

    def fits(self, response: Response) -> bool:
        """Tell whether a response is complete and of the question's form, right or not."""
        return self.grade(response) is not None

    def points(self, response: Response) -> int:
        """Grade a response.

        Raises:
            ValueError: the response does not fit the question.
        """
        earned = self.grade(response)
        if earned is None:
            raise ValueError(f"a response that does not fit a {self.kind} question")
        return earned


def taps(response: Response) -> tuple[int, ...]:
    """Return the indices of a response that was tapped.

    Raises:
        ValueError: it was typed.
    """
    if not isinstance(response, tuple):
        raise ValueError("indices belong here, not a number")  # noqa: TRY004 - a value, not a bug
    return response


def verdict(p: Phrases, points: int) -> str:
    """Say in a word whether an answer was right."""
    if points == FULL:
        return p.html("✅ Right!")
    if points == 0:
        return p.html("❌ Not quite.")
    return p.html("🟡 Partly right: {points} points of 100.", points=points)
