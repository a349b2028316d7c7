"""A question of a lesson's pool: what all kinds share; the rest is for its kind to check."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from course_bot.content.checks.checker import Checker
from course_bot.content.reading import WrittenStep
from course_bot.content.shapes import WrittenQuiz
from course_bot.content.source import Item
from course_bot.questions.kinds import version_of
from course_bot.questions.question import Question
from course_bot.questions.writing import Common, Loc, WrittenQuestion

QUESTION_CHARS = 400
EXPLANATION_CHARS = 400


def check_pool(
    checker: Checker, quiz: Item[WrittenQuiz], questions: Sequence[Item[WrittenQuestion]]
) -> None:
    """Hold the number of steps with critical questions against how many an attempt draws."""
    limit = quiz.written.draw - 2
    critical = [question for question in questions if question.written.critical]
    steps = list(dict.fromkeys(question.written.step for question in critical))
    for question in critical:
        if question.written.step in steps[limit:]:
            what = "слишком много шагов с вопросами critical"
            right = f"в этом уроке не больше {limit}: draw минус 2"
            checker.fault(question.place("critical"), what, right)


def check_question(
    checker: Checker, item: Item[WrittenQuestion], steps: list[WrittenStep] | None
) -> Question:
    """Check a question against its lesson's steps and build it as far as it goes."""
    written = item.written
    if written.id in checker.question_ids:
        right = "имена вопросов не повторяются во всём курсе"
        checker.fault(item.place("id"), f"вопрос «{written.id}» уже есть", right)
    checker.question_ids.add(written.id)
    checker.places["question", written.id] = item.place()
    titles = [step.title for step in steps or ()]
    if steps is not None and written.step not in titles:
        what = f"в уроке нет шага «{written.step}»"
        checker.unknown(item.within("step"), what, written.step, titles)
    checking = _QuestionChecker(checker, item)
    names = written.names()
    common = Common(
        id=written.id,
        version="",
        text=checking.text("text", limit=QUESTION_CHARS, names=names),
        explanation=checking.text(
            "explanation",
            limit=EXPLANATION_CHARS,
            names=names | {"answer"} if names else names,
        ),
        step=titles.index(written.step) + 1 if written.step in titles else 0,
        critical=written.critical,
    )
    question = written.check(checking, common)
    return replace(question, version=version_of(question))


@dataclass(frozen=True, slots=True)
class _QuestionChecker:
    """Where a kind looks at one question of its own: the checker, with the question's places."""

    checker: Checker
    item: Item[WrittenQuestion]

    @property
    def rules(self) -> Mapping[str, int] | None:
        fillings = self.checker.fillings
        if fillings is None:
            return None
        return {name: int(fillings[name]) for name in self.checker.files.rules or ()}

    def text(self, *loc: str | int, limit: int, names: frozenset[str] = frozenset()) -> str:
        item = self.item
        return self.checker.text(item.text(*loc), item.within(*loc), limit, names=names)

    def fault(self, loc: Loc, what: str, would_be_right: str) -> None:
        self.checker.fault(self.item.place(*loc), what, would_be_right)

    def unknown(
        self, loc: Loc, what: str, word: str, known: Iterable[str], *, start: int = 0
    ) -> None:
        within = self.item.within(*loc)
        self.checker.unknown(lambda offset: within(start + offset), what, word, known)

    def different(self, what: str, texts: Mapping[Loc, str]) -> None:
        self.checker.different(self.item, what, {**texts})
