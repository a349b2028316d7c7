"""A choice question: one option is right, and pressing it answers."""

from collections.abc import Iterable
from random import Random
from typing import Annotated, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass as checked_dataclass

from course_bot.locale.phrases import Phrases
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
class Choice(Question):
    """One option is right."""

    kind: Literal["choice"] = "choice"
    options: tuple[Option, ...]

    @property
    def at_once(self) -> bool:
        """Pressing an option answers."""
        return True

    def draw(self, random: Random) -> Drawn:
        """Shuffle the options."""
        return Drawn(shown=shuffled(len(self.options), random))

    def ask(self, p: Phrases, shown: tuple[int, ...], draft: Draft) -> Answering:
        """Show the options."""
        return Answering(
            hint=p.html("Choose the right answer."),
            parts=tuple(Part(text=self.options[each].text, index=each) for each in shown),
        )

    def tapped(self, draft: Draft, shown: tuple[int, ...], part: int) -> Draft | None:
        """Refuse: options are picked."""
        return None

    def undone(self, draft: Draft, shown: tuple[int, ...]) -> Draft | None:
        """Refuse: there is no draft."""
        return None

    def typed(self, p: Phrases, text: str, shown: tuple[int, ...]) -> Response | Hint | None:
        """Take one option, by its number or its words."""
        found = meant(text, [self.options[each].text for each in shown])
        if found is None:
            return None
        if len(found) == 1:
            return (shown[found[0]],)
        return Hint(
            text=p.t(
                "Please press one of the answers, or write its number, from 1 to {count}.",
                count=len(shown),
            )
        )

    def grade(self, response: Response) -> int | None:
        """Give everything for the right option, nothing for another."""
        match response:
            case (chosen,) if chosen in range(len(self.options)):
                return FULL if self.options[chosen].right else 0
            case _:
                return None

    def compare(
        self,
        p: Phrases,
        shown: tuple[int, ...],
        response: Response,
        *,
        right: bool,
    ) -> list[str]:
        """Show the chosen option and why it is wrong, and the right one."""
        (index,) = taps(response)
        chosen = self.options[index]
        answer = f"{p.html('<b>Your answer:</b>')} {chosen.text}"
        if right:
            return [answer]
        why = [f"<i>{chosen.why}</i>"] if chosen.why else []
        label = p.html("<b>Right:</b>")
        theirs = [f"✅ {label} {option.text}" for option in self.options if option.right]
        return ["\n".join((f"❌ {answer}", *why)), *theirs]

    def mistakes(self, response: Response) -> Iterable[str]:
        """List the chosen option, if it is wrong."""
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
        """Choose each option once."""
        return [(index,) for index in range(len(self.options))]


class WrittenChoice(WrittenQuestion):
    """A question with one right option."""

    options: Annotated[list[WrittenOption], Field(min_length=3, max_length=4)]

    def check(self, checker: QuestionChecker, common: Common) -> Choice:
        """Check that one option is right and that each wrong one says why it is wrong."""
        right = sum(option.right for option in self.options)
        if right != 1:
            what = f"верных вариантов: {right}"
            checker.fault(("options",), what, "в choice ровно один right: true")
        for index, option in enumerate(self.options):
            if not option.right and not option.why:
                what = "у неверного варианта нет why"
                checker.fault(("options", index), what, "напишите, почему он неверен")
        return Choice(**common, options=check_options(checker, self.options))
