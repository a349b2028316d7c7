"""The table of the kinds of questions, and a question of any kind as it is asked."""

from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import sha256
from random import Random
from typing import TYPE_CHECKING, Annotated, NamedTuple, Union

from pydantic import Field, TypeAdapter

from course_bot.questions.choice import Choice, WrittenChoice
from course_bot.questions.match import Match, WrittenMatch
from course_bot.questions.multiple import Multiple, WrittenMultiple
from course_bot.questions.number import Number, WrittenNumber
from course_bot.questions.order import Order, WrittenOrder
from course_bot.questions.question import Question
from course_bot.questions.writing import WrittenQuestion


class Kind(NamedTuple):
    """A kind of question: as it is taught and kept, and as its author writes it."""

    question: type[Question]
    written: type[WrittenQuestion]


KINDS: dict[str, Kind] = {
    "choice": Kind(Choice, WrittenChoice),
    "multiple": Kind(Multiple, WrittenMultiple),
    "order": Kind(Order, WrittenOrder),
    "match": Kind(Match, WrittenMatch),
    "number": Kind(Number, WrittenNumber),
}
"""Every kind by its name in ``quiz.yaml`` and in the database; a new one is a line here."""

if TYPE_CHECKING:
    AnyQuestion = Question
else:
    # pydantic has to know all kinds to read one back; the rest of us need not.
    AnyQuestion = Annotated[
        Union[tuple(kind.question for kind in KINDS.values())],  # noqa: UP007 - made of the table
        Field(discriminator="kind"),
    ]
QUESTION: TypeAdapter[Question] = TypeAdapter(AnyQuestion)
"""Writes a question of any kind as JSON, and reads it back."""


def version_of(question: Question) -> str:
    """Digest everything in a question but its version: 12 hexadecimal digits.

    So a version stands for one wording with one set of rules, at one place of its lesson.
    """
    content = QUESTION.dump_json(replace(question, version=""))
    return sha256(content).hexdigest()[:12]


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A question as it is asked: the order in which its parts are shown, and its drawn figures.

    ``question`` is as its author wrote it, and ``filled`` as the person reads it.
    ``shown`` lists indices into the question's options, items or meanings in the order in which
    the person sees them; a match question shows its terms as written. Empty for a number.
    ``figures`` are those of a generated number question, by name, among them ``answer``; empty
    for any other.
    """

    question: Question
    shown: tuple[int, ...] = ()
    figures: dict[str, int] = field(default_factory=dict)

    @cached_property
    def filled(self) -> Question:
        """The question with its figures in it: what is shown and graded."""
        return self.question.filled(self.figures)


def ask(question: Question, random: Random) -> Asked:
    """Draw how a question is asked."""
    drawn = question.draw(random)
    return Asked(question=question, shown=drawn.shown, figures=drawn.figures)
