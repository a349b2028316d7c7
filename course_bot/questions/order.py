"""An order question: items are tapped one after another, as they follow each other."""

from collections.abc import Iterable
from itertools import pairwise
from random import Random
from typing import Annotated, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass as checked_dataclass

from course_bot.locale.phrases import Phrases
from course_bot.questions.options import OPTION_CHARS
from course_bot.questions.parts import (
    buttons_instead,
    disordered,
    labelled,
    part_rows,
    undo_and_done,
)
from course_bot.questions.question import (
    FULL,
    Answering,
    Draft,
    Drawn,
    Hint,
    Question,
    Response,
    Verb,
    taps,
)
from course_bot.questions.writing import Common, Loc, QuestionChecker, WrittenQuestion
from course_bot.written import Words


@checked_dataclass(frozen=True, slots=True, kw_only=True)
class Order(Question):
    """The items, in their right order; partial credit by adjacent pairs."""

    kind: Literal["order"] = "order"
    items: tuple[str, ...]

    def draw(self, random: Random) -> Drawn:
        """Shuffle the items."""
        return Drawn(shown=disordered(len(self.items), random))

    def ask(self, p: Phrases, shown: tuple[int, ...], draft: Draft) -> Answering:
        """Show what has been tapped, and what is left to tap."""
        lines, labels = labelled([self.items[each] for each in shown])
        left = [place for place, each in enumerate(shown) if each not in draft]
        parts = []
        if draft:
            chosen = [f"{place}. {self.items[each]}" for place, each in enumerate(draft, 1)]
            parts.append("\n".join((p.html("<b>Your order:</b>"), *chosen)))
        if left:
            if lines:
                parts.append("\n".join(lines[place] for place in left))
            hint = (
                p.html("What comes next?")
                if draft
                else p.html("Press them one after another: what comes first?")
            )
            parts.append(f"<i>{hint}</i>")
        else:
            parts.append(p.html("<i>Is that the order? Then press “Done”.</i>"))
        rows = part_rows(
            Verb.TAP, [labels[place] for place in left], [shown[place] for place in left]
        )
        return Answering(
            paragraphs=tuple(parts), rows=rows + undo_and_done(p, draft, complete=not left)
        )

    def tapped(self, draft: Draft, shown: tuple[int, ...], part: int) -> Draft | None:
        """Add the next item."""
        return (*draft, part) if part in shown and part not in draft else None

    def undone(self, draft: Draft, shown: tuple[int, ...]) -> Draft | None:
        """Take the last item back."""
        return draft[:-1] if draft else None

    def typed(self, p: Phrases, text: str, shown: tuple[int, ...]) -> Response | Hint | None:
        """Take no number."""
        return buttons_instead(p, text)

    def grade(self, response: Response) -> int | None:
        """Give the share of adjacent pairs that follow each other rightly."""
        count = len(self.items)
        if not isinstance(response, tuple) or sorted(response) != list(range(count)):
            return None
        follows = sum(1 for a, b in pairwise(response) if b == a + 1)
        return FULL * follows // (count - 1)

    def compare(
        self,
        p: Phrases,
        shown: tuple[int, ...],
        response: Response,
        *,
        right: bool,
    ) -> list[str]:
        """Show the order as it was tapped and, unless it is right, the right one."""
        parts = [_listed(p.html("<b>Your answer:</b>"), [self.items[at] for at in taps(response)])]
        if not right:
            parts.append(_listed(p.html("<b>Right:</b>"), self.items))
        return parts

    def mistakes(self, response: Response) -> Iterable[str]:
        """Return the whole order, unless it is right."""
        order = taps(response)
        wrong = order != tuple(range(len(self.items)))
        return [" → ".join(self.items[at] for at in order)] if wrong else []

    def rehearsed(self) -> Iterable[Response]:
        """Tap the right order, its reverse and, partly right, one with the first item last.

        The feedback on every wrong order is as long as on any other, but for its points.
        """
        right = tuple(range(len(self.items)))
        return [right, right[::-1], (*right[1:], 0)]


def _listed(head: str, items: Iterable[str]) -> str:
    return "\n".join((head, *(f"{place}. {item}" for place, item in enumerate(items, 1))))


class WrittenOrder(WrittenQuestion):
    """Items in their right order."""

    items: Annotated[list[Words], Field(min_length=3, max_length=6)]

    def check(self, checker: QuestionChecker, common: Common) -> Order:
        """Check that all items are different."""
        items: dict[Loc, str] = {
            ("items", index): checker.text("items", index, limit=OPTION_CHARS)
            for index in range(len(self.items))
        }
        checker.different("шаг порядка", items)
        return Order(**common, items=tuple(items.values()))
