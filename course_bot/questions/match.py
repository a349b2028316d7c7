"""A match question: one term after another is asked for, and its meaning tapped."""

from collections.abc import Iterable
from random import Random
from typing import Annotated, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass as checked_dataclass

from course_bot.locale.phrases import Phrases
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
from course_bot.written import Words, Written

TERM_CHARS = 40
MEANING_CHARS = 80


@checked_dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A term and the meaning that belongs to it."""

    term: str
    meaning: str


@checked_dataclass(frozen=True, slots=True, kw_only=True)
class Match(Question):
    """Each term belongs to the meaning it stands with."""

    kind: Literal["match"] = "match"
    pairs: tuple[Pair, ...]

    def draw(self, random: Random) -> Drawn:
        """Shuffle the meanings; terms stay as written."""
        return Drawn(shown=disordered(len(self.pairs), random, self.grade))

    def ask(self, p: Phrases, shown: tuple[int, ...], draft: Draft) -> Answering:
        """Show the terms, and the meanings with the terms that they were given to."""
        if len(draft) == len(shown):
            hint = p.html("Do the pairs fit? Then press “Done”.")
        else:
            term = self.pairs[len(draft)].term
            what = p.html("What belongs to this?")
            hint = f"{what} <b>{term}</b>"
        terms = {each: term for term, each in enumerate(draft, 1)}
        return Answering(
            hint=hint,
            parts=tuple(
                Part(
                    text=self.pairs[each].meaning,
                    index=each,
                    mark=terms.get(each, 0),
                    disabled=each in terms,
                )
                for each in shown
            ),
            terms=tuple(pair.term for pair in self.pairs),
            ready=len(draft) == len(shown),
            undo=bool(draft),
        )

    def _pair(self, term: int, meaning: int) -> str:
        return f"<b>{self.pairs[term].term}</b> — {self.pairs[meaning].meaning}"

    def tapped(self, draft: Draft, shown: tuple[int, ...], part: int) -> Draft | None:
        """Give the next term its meaning; the last one left goes where it belongs by itself."""
        if part not in shown or part in draft:
            return None
        left = [each for each in shown if each not in draft and each != part]
        return (*draft, part, *left) if len(left) == 1 else (*draft, part)

    def undone(self, draft: Draft, shown: tuple[int, ...]) -> Draft | None:
        """Take the last meaning back, and with it the one that then was left over."""
        if not draft:
            return None
        return draft[: -2 if len(draft) == len(shown) else -1]

    def typed(self, p: Phrases, text: str, shown: tuple[int, ...]) -> Response | Hint | None:
        """Take a meaning for each term in turn, by their numbers, letters or words."""
        found = meant(text, [self.pairs[each].meaning for each in shown])
        if found is None:
            return None
        if len(found) == len(shown):
            return tuple(shown[place] for place in found)
        return Hint(
            text=p.t(
                "Please press the meanings one after another, or write for each term in turn the"
                " number of its meaning, counted from above, for example {example}.",
                example=example(len(shown)),
            )
        )

    def grade(self, response: Response) -> int | None:
        """Give the share of right pairs."""
        count = len(self.pairs)
        if not isinstance(response, tuple) or sorted(response) != list(range(count)):
            return None
        hits = sum(1 for term, meaning in enumerate(response) if term == meaning)
        return FULL * hits // count

    def compare(
        self,
        p: Phrases,
        shown: tuple[int, ...],
        response: Response,
        *,
        right: bool,
    ) -> list[str]:
        """Show each pair, right or wrong, and what belongs to the term of a wrong one."""
        lines = []
        for term, meaning in enumerate(taps(response)):
            lines.append(f"{'✅' if term == meaning else '❌'} {self._pair(term, meaning)}")
            if term != meaning:
                lines.append(f"    {p.html('<b>Right:</b>')} {self.pairs[term].meaning}")
        return ["\n".join(lines)]

    def mistakes(self, response: Response) -> Iterable[str]:
        """List each term with the wrong meaning that it was given."""
        return [
            f"{self.pairs[term].term} — {self.pairs[meaning].meaning}"
            for term, meaning in enumerate(taps(response))
            if term != meaning
        ]

    @property
    def offered(self) -> tuple[str, ...]:
        """The terms and meanings."""
        return tuple(text for pair in self.pairs for text in (pair.term, pair.meaning))

    def rehearsed(self) -> Iterable[Response]:
        """Pair all rightly, all wrongly, and all but one wrongly.

        Every wrong pair takes more room than a right one, whatever meaning it was given.
        """
        places = range(len(self.pairs))
        rounds = []
        for right in places:
            others = [at for at in places if at != right]
            turned = dict(zip(others, [*others[1:], others[0]], strict=True))
            rounds.append(tuple(turned.get(at, at) for at in places))
        return [tuple(places), (*places[1:], 0), *rounds]


class WrittenPair(Written):
    """A term and its meaning."""

    term: Words
    meaning: Words


class WrittenMatch(WrittenQuestion):
    """Terms and the meanings that belong to them."""

    pairs: Annotated[list[WrittenPair], Field(min_length=3, max_length=4)]

    def check(self, checker: QuestionChecker, common: Common) -> Match:
        """Check that all terms are different, and all meanings."""
        pairs = tuple(
            Pair(
                term=checker.text("pairs", index, "term", limit=TERM_CHARS),
                meaning=checker.text("pairs", index, "meaning", limit=MEANING_CHARS),
            )
            for index in range(len(self.pairs))
        )
        terms: dict[Loc, str] = {("pairs", at, "term"): pair.term for at, pair in enumerate(pairs)}
        checker.different("термин", terms)
        meanings: dict[Loc, str] = {
            ("pairs", at, "meaning"): pair.meaning for at, pair in enumerate(pairs)
        }
        checker.different("значение", meanings)
        return Match(**common, pairs=pairs)
