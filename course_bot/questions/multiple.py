"""A multiple question: several options are right; each is marked by itself."""

import re
from collections.abc import Iterable
from random import Random
from typing import Annotated, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass as checked_dataclass

from course_bot.locale.phrases import Phrases
from course_bot.questions.numbers import plain
from course_bot.questions.options import Option, WrittenOption, check_options, wrong_options
from course_bot.questions.parts import meant, shuffled
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
from course_bot.questions.writing import Common, QuestionChecker, WrittenQuestion


@checked_dataclass(frozen=True, slots=True, kw_only=True)
class Multiple(Question):
    """Several options are right; there is partial credit."""

    kind: Literal["multiple"] = "multiple"
    options: tuple[Option, ...]

    def draw(self, random: Random) -> Drawn:
        """Shuffle the options."""
        return Drawn(shown=shuffled(len(self.options), random))

    def ask(self, p: Phrases, shown: tuple[int, ...], draft: Draft) -> Answering:
        """Show the options, each marked or not."""
        return Answering(
            hint=p.html("Mark everything that is right, then press “Done”."),
            parts=tuple(
                Part(
                    text=self.options[each].text,
                    index=each,
                    mark=int(each in draft),
                )
                for each in shown
            ),
            ready=bool(draft),
        )

    def tapped(self, draft: Draft, shown: tuple[int, ...], part: int) -> Draft | None:
        """Mark or unmark an option."""
        return tuple(sorted({*draft} ^ {part})) if part in shown else None

    def undone(self, draft: Draft, shown: tuple[int, ...]) -> Draft | None:
        """Refuse: a mark is taken back by pressing it again."""
        return None

    def typed(self, p: Phrases, text: str, shown: tuple[int, ...]) -> Response | Hint | None:
        """Take several options, by their numbers or their words.

        A single one is never all that is right, and may be only the first that is typed.
        """
        found = meant(text, [self.options[each].text for each in shown])
        if found is None:
            return None
        # «1–3» may be two options or three.
        if len(found) > 1 and not re.search(r"\d\s*-\s*\d", plain(text)):
            return tuple(sorted(shown[place] for place in found))
        return Hint(
            text=p.t(
                "Several answers are right. Please mark them, or write all their numbers at once,"
                " for example 1 3."
            )
        )

    def grade(self, response: Response) -> int | None:
        """Give the share of right options that were marked less the share of wrong ones."""
        if not isinstance(response, tuple) or not response:
            return None
        inside = all(index in range(len(self.options)) for index in response)
        if not inside or list(response) != sorted(set(response)):
            return None
        right = sum(1 for option in self.options if option.right)
        hits = sum(1 for index in response if self.options[index].right)
        misses, wrong = len(response) - hits, len(self.options) - right
        return max(0, FULL * (hits * wrong - misses * right) // (right * wrong))

    def compare(
        self,
        p: Phrases,
        shown: tuple[int, ...],
        response: Response,
        *,
        right: bool,
    ) -> list[str]:
        """Show each marked option, right or wrong and why, and the right ones left out."""
        chosen = taps(response)
        lines = [p.html("<b>Your answer:</b>")]
        for each in shown:
            if each in chosen:
                option = self.options[each]
                why = f"\n    <i>{option.why}</i>" if option.why else ""
                lines.append(f"{'✅' if option.right else '❌'} {option.text}{why}")
        left = [self.options[each] for each in shown if each not in chosen]
        missed = [f"• {option.text}" for option in left if option.right]
        some = any(self.options[each].right for each in chosen)
        label = p.html("<b>Right as well:</b>") if some else p.html("<b>Right:</b>")
        also = ["\n".join((label, *missed))] if missed else []
        return ["\n".join(lines), *also]

    def mistakes(self, response: Response) -> Iterable[str]:
        """List the wrong options that were marked."""
        return wrong_options(self.options[at] for at in taps(response))

    @property
    def distractors(self) -> tuple[str, ...]:
        """The wrong options."""
        return wrong_options(self.options)

    @property
    def offered(self) -> tuple[str, ...]:
        """The options."""
        return tuple(option.text for option in self.options)

    def rehearsed(self) -> Iterable[Response]:
        """Mark every number of right options together with every number of wrong ones.

        Right options take as much room left out as marked; of the wrong ones the longest are.
        """
        places = range(len(self.options))
        right = [at for at in places if self.options[at].right]
        wrong = sorted(
            (at for at in places if not self.options[at].right),
            key=lambda at: -len(self.options[at].text + self.options[at].why),
        )
        return [
            tuple(sorted(right[:hits] + wrong[:misses]))
            for hits in range(len(right) + 1)
            for misses in range(len(wrong) + 1)
            if hits or misses
        ]


class WrittenMultiple(WrittenQuestion):
    """A question with several right options."""

    options: Annotated[list[WrittenOption], Field(min_length=3, max_length=6)]

    def check(self, checker: QuestionChecker, common: Common) -> Multiple:
        """Check that at least two options are right and at least one is wrong."""
        right, count = sum(option.right for option in self.options), len(self.options)
        if not 2 <= right < count:
            what = f"верных вариантов: {right} из {count}"
            checker.fault(
                ("options",), what, "в multiple хотя бы два верных и хотя бы один неверный"
            )
        return Multiple(**common, options=check_options(checker, self.options))
