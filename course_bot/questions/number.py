"""A number question: a whole number is typed; its figures may be drawn anew in each attempt."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from math import isfinite
from random import Random
from typing import Annotated, Literal, Self

from pydantic import Field
from pydantic.dataclasses import dataclass as checked_dataclass

from course_bot.locale.phrases import Phrases
from course_bot.markup import fill
from course_bot.questions.figures import (
    CASES,
    CASES_ROUNDED,
    CASES_WITH_RULE,
    LARGEST,
    Case,
    Generated,
    draw_figures,
)
from course_bot.questions.numbers import parse_number, write_number
from course_bot.questions.question import (
    FULL,
    Answering,
    Draft,
    Drawn,
    Hint,
    Question,
    Response,
)
from course_bot.questions.writing import Common, QuestionChecker, WrittenQuestion
from course_bot.typed import is_question
from course_bot.written import Words, Written

UNIT_CHARS = 20
QUESTION_WORDS = 4
"""So many words are a question to us rather than an answer, even with a number among them."""
_WORD = re.compile(r"[^\W\d_]+")


@checked_dataclass(frozen=True, slots=True, kw_only=True)
class Number(Question):
    """A whole number is typed. Either ``answer`` or ``generated`` is given, never both.

    Where ``generated`` is given, ``text`` and ``explanation`` hold ``{names}`` to be filled
    with the drawn figures; ``filled`` turns it into a ``Number`` with an ``answer``.
    """

    kind: Literal["number"] = "number"
    answer: int | None = None
    unit: str = ""
    generated: Generated | None = None

    def draw(self, random: Random) -> Drawn:
        """Draw the figures of a generated question."""
        return Drawn(figures=draw_figures(self.generated, random) if self.generated else {})

    def longest(self) -> dict[str, int]:
        """Take the largest figure for every name."""
        if self.generated is None:
            return {}
        return dict.fromkeys((*CASES[self.generated.case].all, "answer"), LARGEST)

    def filled(self, figures: Mapping[str, int]) -> Self:
        """Put drawn figures into the texts, and the answer that they make."""
        if self.generated is None:
            return self
        return replace(
            self,
            text=fill(self.text, figures=figures),
            explanation=fill(self.explanation, figures=figures),
            answer=figures.get("answer"),
            generated=None,
        )

    def ask(self, p: Phrases, shown: tuple[int, ...], draft: Draft) -> Answering:
        """Ask for digits."""
        if self.unit:
            hint = p.html("Write the answer as a number, in {unit}.", unit=self.unit)
        else:
            hint = p.html("Write the answer as a number.")
        return Answering(hint=hint)

    def tapped(self, draft: Draft, shown: tuple[int, ...], part: int) -> Draft | None:
        """Refuse: there is nothing to tap."""
        return None

    def undone(self, draft: Draft, shown: tuple[int, ...]) -> Draft | None:
        """Refuse: there is no draft."""
        return None

    def typed(self, p: Phrases, text: str, shown: tuple[int, ...]) -> Response | Hint | None:
        """Take a number, with its unit or without; a question is none, whatever digits it has."""
        number = parse_number(text, words=True)
        if number is not None:
            return number
        words = len(_WORD.findall(text))
        if words >= QUESTION_WORDS or (words and is_question(text)):
            return None
        return Hint(text=p.t("Please write the answer as one number in digits, for example 16."))

    def grade(self, response: Response) -> int | None:
        """Give everything for the right number, nothing for another."""
        if isinstance(response, tuple) or not isfinite(response):
            return None
        return FULL if response == self.answer else 0

    def compare(
        self, p: Phrases, shown: tuple[int, ...], response: Response, *, right: bool
    ) -> list[str]:
        """Show the typed number and, unless it is right, the right one."""
        if isinstance(response, tuple):
            raise ValueError("a number belongs here, not indices")  # noqa: TRY004
        answer = f"{p.html('<b>Your answer:</b>')} {self._with_unit(response)}"
        if right or self.answer is None:
            return [answer]
        return [f"❌ {answer}\n✅ {p.html('<b>Right:</b>')} {self._with_unit(self.answer)}"]

    def mistakes(self, response: Response) -> Iterable[str]:
        """Return the number, unless it is right; of a generated question, nothing."""
        if isinstance(response, tuple):
            raise ValueError("a number belongs here, not indices")  # noqa: TRY004
        wrong = self.answer is not None and response != self.answer
        return [self._with_unit(response)] if wrong else []

    def _with_unit(self, number: float) -> str:
        unit = f"\N{NO-BREAK SPACE}{self.unit}" if self.unit else ""
        return f"{write_number(number)}{unit}"

    def rehearsed(self) -> Iterable[Response]:
        """Type the longest number that is read as one."""
        return [-999_999_999_999.999_9, float(self.answer or 0)]


class WrittenGenerated(Written):
    """Where a number question draws its figures."""

    case: Words
    rule: Words | None = None


class WrittenNumber(WrittenQuestion):
    """A whole number is typed; ``answer`` may be a placeholder."""

    answer: object = None
    unit: Annotated[Words, Field(max_length=UNIT_CHARS)] | None = None
    generated: WrittenGenerated | None = None

    def names(self) -> frozenset[str]:
        """List the figures of the case; of an unknown one, those of any case."""
        if self.generated is None:
            return frozenset()
        case = self._case
        return frozenset[str]().union(
            *(names.all for each, names in CASES.items() if case in (None, each))
        )

    @property
    def _case(self) -> Case | None:
        written = self.generated.case if self.generated else ""
        return Case(written) if written in [*Case] else None

    def check(self, checker: QuestionChecker, common: Common) -> Number:
        """Check the answer, or where its figures are drawn."""
        return Number(
            **common,
            unit=checker.text("unit", limit=UNIT_CHARS) if self.unit else "",
            generated=self._generated(checker, self.generated) if self.generated else None,
            answer=self._answer(checker),
        )

    def _generated(self, checker: QuestionChecker, written: WrittenGenerated) -> Generated | None:
        case = self._case
        if case is None:
            what = f"неизвестный случай «{written.case}»"
            checker.unknown(("generated", "case"), what, written.case, [*Case])
            return None
        for name in sorted(CASES[case].given):
            if f"{{{name}}}" not in self.text:
                what = f"в вопросе нет {{{name}}}"
                checker.fault(("text",), what, "без этого числа ответ не найти")
        if case in CASES_ROUNDED and "округл" not in self.text.casefold():
            right = "допишите: «Округлите до целого процента»"
            checker.fault(("text",), "в вопросе не сказано, как округлить", right)
        if "{answer}" not in self.explanation:
            right = "покажите в объяснении ответ"
            checker.fault(("explanation",), "в объяснении нет {answer}", right)
        return Generated(case=case, percent=_percent(checker, case, written.rule))

    def _answer(self, checker: QuestionChecker) -> int | None:
        answer = self.answer
        if (answer is None) == (self.generated is None):
            what = "нет ответа" if answer is None else "и answer, и generated"
            checker.fault(("answer",), what, "нужно что-то одно: answer или generated")
            return None
        if answer is None:
            return None
        if isinstance(answer, str) and (found := re.fullmatch(r"\{\{(\w+)\}\}", answer)):
            return _rule(checker, found[1], ("answer",), start=found.start(1))
        if isinstance(answer, int) and not isinstance(answer, bool) and answer >= 0:
            return answer
        right = 'целое число от 0 или "{{правило}}" в кавычках'
        checker.fault(("answer",), "ответ — не целое число", right)
        return None


def _percent(checker: QuestionChecker, case: Case, rule: str | None) -> int | None:
    loc = ("generated", "rule" if rule else "case")
    if case not in CASES_WITH_RULE:
        if rule:
            checker.fault(loc, f"случаю {case} правило не нужно", "уберите строку rule")
        return None
    if not rule:
        checker.fault(loc, f"случаю {case} нужно правило", "добавьте строку «rule: …»")
        return None
    percent = _rule(checker, rule, loc)
    if percent is not None and not 1 <= percent <= 100:
        checker.fault(loc, f"правило «{rule}» — не проценты", "нужно число от 1 до 100")
        return None
    return percent


def _rule(
    checker: QuestionChecker, name: str, loc: tuple[str, ...], *, start: int = 0
) -> int | None:
    """Look up a rule's value; None where there is no such rule, or none can be read."""
    rules = checker.rules
    if rules is None or name in rules:
        return rules[name] if rules else None
    checker.unknown(loc, f"неизвестное правило «{name}»", name, rules, start=start)
    return None
