"""An order question: items are tapped one after another, as they follow each other."""

import operator
from collections.abc import Iterable, Sequence
from itertools import pairwise
from random import Random
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field
from pydantic.dataclasses import dataclass as checked_dataclass
from pydantic_core import PydanticKnownError

from course_bot.locale.phrases import Phrases
from course_bot.questions.options import OPTION_CHARS
from course_bot.questions.parts import disordered, example, meant
from course_bot.questions.question import (
    FULL,
    Answering,
    Draft,
    Drawn,
    Hint,
    Part,
    Question,
    Response,
    taps,
)
from course_bot.questions.writing import Common, Loc, QuestionChecker, WrittenQuestion
from course_bot.written import Words

ITEMS = range(3, 7)


@checked_dataclass(frozen=True, slots=True, kw_only=True)
class Order(Question):
    """The items, in their right order; partial credit by adjacent pairs.

    ``ranks`` gives each item's place in the right order, from 0: items of one rank may come in
    any order among themselves. Empty where each has a place of its own.
    """

    kind: Literal["order"] = "order"
    items: tuple[str, ...]
    # Left out of what is kept where it says nothing, so that such questions keep their versions.
    ranks: Annotated[tuple[int, ...], Field(default=(), exclude_if=operator.not_)] = ()

    @property
    def _places(self) -> Sequence[int]:
        return self.ranks or range(len(self.items))

    def draw(self, random: Random) -> Drawn:
        """Shuffle the items."""
        return Drawn(shown=disordered(len(self.items), random, self.grade))

    def ask(self, p: Phrases, shown: tuple[int, ...], draft: Draft) -> Answering:
        """Show the items, those tapped with their places."""
        if len(draft) == len(shown):
            hint = p.html("Is that the order? Then press “Done”.")
        elif draft:
            hint = p.html("What comes next?")
        else:
            hint = p.html("Press them one after another: what comes first?")
        places = {each: place for place, each in enumerate(draft, 1)}
        return Answering(
            hint=hint,
            parts=tuple(
                Part(
                    text=self.items[each],
                    index=each,
                    mark=places.get(each, 0),
                    disabled=each in places,
                )
                for each in shown
            ),
            ready=len(draft) == len(shown),
            undo=bool(draft),
        )

    def tapped(self, draft: Draft, shown: tuple[int, ...], part: int) -> Draft | None:
        """Add the next item."""
        return (*draft, part) if part in shown and part not in draft else None

    def undone(self, draft: Draft, shown: tuple[int, ...]) -> Draft | None:
        """Take the last item back."""
        return draft[:-1] if draft else None

    def typed(self, p: Phrases, text: str, shown: tuple[int, ...]) -> Response | Hint | None:
        """Take all the items in their order, by their numbers, letters or words."""
        found = meant(text, [self.items[each] for each in shown])
        if found is None:
            return None
        if len(found) == len(shown):
            return tuple(shown[place] for place in found)
        return Hint(
            text=p.t(
                "Please press the lines one after another, or write the numbers of all of them in"
                " the right order, counted from above, for example {example}.",
                example=example(len(shown)),
            )
        )

    def grade(self, response: Response) -> int | None:
        """Give the share of adjacent pairs that follow each other rightly.

        One item follows another if it comes next in the right order, or may change places with it.
        """
        count = len(self.items)
        if not isinstance(response, tuple) or sorted(response) != list(range(count)):
            return None
        ranks = [self._places[item] for item in response]
        follows = sum(1 for before, after in pairwise(ranks) if after - before in (0, 1))
        return FULL * follows // (count - 1)

    def compare(
        self,
        p: Phrases,
        shown: tuple[int, ...],
        response: Response,
        *,
        right: bool,
    ) -> list[str]:
        """Show the right order: what was in its place, and where the rest was put."""
        tapped = taps(response)
        if right:
            lines = [f"{place}. {self.items[at]}" for place, at in enumerate(tapped, 1)]
            return ["\n".join((p.html("<b>Your answer:</b>"), *lines))]
        lines = [self._line(p, item, tapped.index(item) + 1) for item in range(len(self.items))]
        if self.ranks:
            lines.append(p.html("<i>Lines with the same number: in any order.</i>"))
        return ["\n".join((p.html("<b>Right:</b>"), *lines))]

    def _line(self, p: Phrases, item: int, given: int) -> str:
        """Write an item after its place in the right order, or after all that it may have.

        ``given`` is the place that it was given, from 1.
        """
        first = 1 + sum(rank < self._places[item] for rank in self._places)
        last = sum(rank <= self._places[item] for rank in self._places)
        place = f"{first}" if first == last else f"{first}–{last}"
        line = f"{place}. {self.items[item]}"
        if first <= given <= last:
            return f"✅ {line}"
        yours = p.html("<i>(yours: {place})</i>", place=given)
        return f"❌ {line} {yours}"

    def mistakes(self, response: Response) -> Iterable[str]:
        """Return the whole order, unless it is right."""
        items = [self.items[at] for at in taps(response)]
        return [] if self.grade(response) == FULL else [" → ".join(items)]

    @property
    def offered(self) -> tuple[str, ...]:
        """The items."""
        return self.items

    def rehearsed(self) -> Iterable[Response]:
        """Tap the right order, its reverse and, partly right, one with the first item last.

        In the last no item is in its place: the feedback on it is as long as any, except where
        some may change places.
        """
        right = tuple(range(len(self.items)))
        return [right, right[::-1], (*right[1:], 0)]


def _as_group(value: object) -> object:
    """Take an item by itself as a group of one; a list stands for several."""
    if not isinstance(value, list):
        return [value]
    if len(value) < 2:
        found = {"field_type": "List", "min_length": 2, "actual_length": len(value)}
        raise PydanticKnownError("too_short", found)
    return value


class WrittenOrder(WrittenQuestion):
    """Items in their right order; a list among them holds those that may change places."""

    items: Annotated[list[Annotated[list[Words], BeforeValidator(_as_group)]], Field(min_length=2)]

    def check(self, checker: QuestionChecker, common: Common) -> Order:
        """Check that there are enough items, not too many, and that all are different."""
        count = sum(map(len, self.items))
        if count not in ITEMS:
            what = f"слишком {'мало' if count < ITEMS[0] else 'много'}, пунктов: {count}"
            checker.fault(("items",), what, f"нужно от {ITEMS[0]} до {ITEMS[-1]}")
        items: dict[Loc, str] = {}
        ranks: list[int] = []
        for rank, group in enumerate(self.items):
            alone = len(group) == 1
            for index in range(len(group)):
                loc = ("items", rank) if alone else ("items", rank, index)
                items[loc] = checker.text(*loc, limit=OPTION_CHARS)
                ranks.append(rank)
        checker.different("шаг порядка", items)
        grouped = len(items) > len(self.items)
        return Order(**common, items=tuple(items.values()), ranks=tuple(ranks) if grouped else ())
