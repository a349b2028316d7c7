"""What an author writes of every question, and what a kind needs to check the rest of it."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import Protocol, TypedDict

from course_bot.questions.question import Question
from course_bot.written import Id, Words, Written

Loc = tuple[str | int, ...]
"""Where something stands inside a question: keys, and indices into lists."""


class QuestionChecker(Protocol):
    """What looks at an author's question with a kind: it knows the rules, and where things stand.

    ``rules`` are the rules' values by name, or None where they can't be read: then nothing is
    said about references to them.
    """

    @property
    def rules(self) -> Mapping[str, int] | None:
        """The values of the rules."""
        ...

    def text(self, *loc: str | int, limit: int) -> str:
        """Render a text of the question, at most ``limit`` characters as shown."""
        ...

    def fault(self, loc: Loc, what: str, would_be_right: str) -> None:
        """Say what is wrong at a place of the question, and what would be right."""
        ...

    def unknown(
        self, loc: Loc, what: str, word: str, known: Iterable[str], *, start: int = 0
    ) -> None:
        """Refuse a word that names nothing, and say which of the known ones may be meant.

        ``start`` is where the word begins in its text, in characters.
        """
        ...

    def different(self, what: str, texts: Mapping[Loc, str]) -> None:
        """Refuse texts that a reader can't tell apart."""
        ...


class Common(TypedDict):
    """What the constructors of all kinds of questions take."""

    id: str
    version: str
    text: str
    explanation: str
    step: int
    critical: bool


class QuestionHead(Written):
    """What an author writes of every question."""

    id: Id
    kind: Words
    step: Words
    critical: bool = False
    text: Words
    explanation: Words


class WrittenQuestion(QuestionHead, ABC):
    """A question of some kind in ``quiz.yaml``."""

    def names(self) -> frozenset[str]:
        """List the ``{names}`` of drawn figures that the question's text may use."""
        return frozenset()

    @abstractmethod
    def check(self, checker: QuestionChecker, common: Common) -> Question:
        """Check what this kind has beyond the others, and build the question as far as it goes."""
