"""What stands in a question of ``quiz.yaml``, by its kind, as authors write it."""

from typing import Annotated

from pydantic import Field

from course_bot.written import Id, Words, Written


class WrittenQuestion(Written):
    """What every kind of question has."""

    id: Id
    kind: Words
    step: Words
    critical: bool = False
    text: Words
    explanation: Words


class WrittenOption(Written):
    """An option of a choice or multiple question."""

    text: Words
    right: bool = False
    why: Words | None = None


class WrittenChoice(WrittenQuestion):
    """A question with one right option."""

    options: Annotated[list[WrittenOption], Field(min_length=3, max_length=4)]


class WrittenMultiple(WrittenQuestion):
    """A question with several right options."""

    options: Annotated[list[WrittenOption], Field(min_length=3, max_length=6)]


class WrittenOrder(WrittenQuestion):
    """Items in their right order."""

    items: Annotated[list[Words], Field(min_length=3, max_length=6)]


class WrittenPair(Written):
    """A term and its meaning."""

    term: Words
    meaning: Words


class WrittenMatch(WrittenQuestion):
    """Terms and the meanings that belong to them."""

    pairs: Annotated[list[WrittenPair], Field(min_length=3, max_length=4)]


class WrittenGenerated(Written):
    """Where a number question draws its figures."""

    case: Words
    rule: Words | None = None


class WrittenNumber(WrittenQuestion):
    """A whole number is typed; ``answer`` may be a placeholder."""

    answer: object = None
    unit: Annotated[Words, Field(max_length=20)] | None = None
    generated: WrittenGenerated | None = None


KINDS: dict[str, type[WrittenQuestion]] = {
    "choice": WrittenChoice,
    "multiple": WrittenMultiple,
    "order": WrittenOrder,
    "match": WrittenMatch,
    "number": WrittenNumber,
}
