"""How far somebody comes who has read no step: questions answered by their looks alone.

Attacks on choice questions that know nothing of what is taught: taking the option whose words the
pool's other questions use most, or least, and taking the longest or the shortest one. A pool that
gives its answers away tells nobody who has understood.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from enum import StrEnum

from course_bot.content.checks.checker import Checker, same
from course_bot.content.shapes import WrittenQuiz
from course_bot.content.source import Item
from course_bot.markup import shown
from course_bot.questions.choice import Choice
from course_bot.questions.kinds import QUESTION
from course_bot.questions.multiple import Multiple
from course_bot.questions.numbers import write_number
from course_bot.questions.options import Option
from course_bot.questions.question import Question
from course_bot.questions.writing import Loc, WrittenQuestion

STEM = 5
"""Letters of a word that tell which word it is: Russian inflects the rest of most words.

Against the Snowball stemmer on the course of November 2026: 27 and 28 of 56 questions.
"""
WORD = 4
"""Shorter words are prepositions, pronouns and the like, and belong to no subject."""
RARE = 0.05
"""What would happen by chance less often than this in a lesson is told of."""

_WORD = rf"[^\W\d_]{{{WORD},}}"
_NO_WORDS = {"kind", "id", "version", "generated"}


class Attack(StrEnum):
    """What a blind answerer goes by."""

    WORDS = "words"
    """The option of which most stems stand in the pool's other questions."""
    ODD_WORDS = "odd words"
    """The option of which fewest do: whoever hides the right options shows them, too."""
    LONGEST = "longest"
    SHORTEST = "shortest"


_GOES_BY: Mapping[Attack, Callable[[str, Set[str]], int]] = {
    Attack.WORDS: lambda option, known: len(stems(option) & known),
    Attack.ODD_WORDS: lambda option, known: -len(stems(option) & known),
    Attack.LONGEST: lambda option, _: len(shown(option)),
    Attack.SHORTEST: lambda option, _: -len(shown(option)),
}
_SAYS = {
    Attack.WORDS: (
        "верный вариант выдают слова: тот, чьих слов больше в других вопросах, верен в {found}",
        "пусть неверные варианты говорят словами урока, а верные — разными",
    ),
    Attack.ODD_WORDS: (
        "верный вариант выдают слова: тот, чьих слов меньше в других вопросах, верен в {found}",
        "пусть верные варианты говорят словами урока не реже, чем неверные",
    ),
    Attack.LONGEST: (
        "верный вариант выдаёт длина: самый длинный верен в {found}",
        "в части вопросов сделайте длиннее неверный вариант",
    ),
    Attack.SHORTEST: (
        "верный вариант выдаёт длина: самый короткий верен в {found}",
        "в части вопросов сделайте короче неверный вариант",
    ),
}


@dataclass(frozen=True, slots=True)
class Run:
    """An attack on choice questions: how many it got right, and the chance it had at each.

    Where several options look equally good, ``hits`` counts what picking any of them earns on
    average.
    """

    hits: float = 0.0
    chances: tuple[float, ...] = ()

    def __add__(self, other: "Run") -> "Run":
        return Run(self.hits + other.hits, self.chances + other.chances)

    @property
    def expected(self) -> float:
        """How many would be right by chance."""
        return sum(self.chances)

    @property
    def gain(self) -> float:
        """How much more often than chance it is right, in percentage points."""
        return 100 * (self.hits - self.expected) / len(self.chances) if self.chances else 0.0

    @property
    def odds(self) -> float:
        """How probable it is that chance alone gets as many right, or more.

        Between two whole numbers of hits it is between what is true of either.
        """
        right = [1.0]  # the probabilities of 0, 1, 2… right answers
        for chance in self.chances:
            one_more = [0.0, *(chance * each for each in right)]
            right = [
                stays + comes
                for stays, comes in zip(
                    [*((1 - chance) * each for each in right), 0.0], one_more, strict=True
                )
            ]
        return sum(
            probability * min(1.0, max(0.0, count + 1 - self.hits))
            for count, probability in enumerate(right)
        )


def run(attack: Attack, pool: Sequence[Question]) -> Run:
    """Attack the choice questions of a pool."""
    whole = Run()
    known = [frozenset(_all(question)) for question in pool]
    for place, question in enumerate(pool):
        if isinstance(question, Choice):
            others = frozenset[str]().union(*known[:place], *known[place + 1 :])
            looks = [_GOES_BY[attack](option.text, others) for option in question.options]
            best = [
                option
                for option, look in zip(question.options, looks, strict=True)
                if look == max(looks)
            ]
            hits = sum(option.right for option in best) / len(best)
            whole += Run(hits, (1 / len(question.options),))
    return whole


def run_all(pools: Iterable[Sequence[Question]]) -> dict[Attack, Run]:
    """Run every attack on several pools, each for itself, and add up what comes of it."""
    found = dict.fromkeys(Attack, Run())
    for pool in pools:
        for attack in Attack:
            found[attack] += run(attack, pool)
    return found


def stems(text: str) -> frozenset[str]:
    """Return the words of a text (HTML subset), cut to what inflection leaves of them."""
    return _cut(_WORD, text)


def _cut(word: str, text: str) -> frozenset[str]:
    plain = shown(text).casefold().replace("ё", "е")
    return frozenset(found[:STEM] for found in re.findall(word, plain))


def check_blind(
    checker: Checker,
    quiz: Item[WrittenQuiz],
    questions: Sequence[Item[WrittenQuestion]],
    pool: Sequence[Question],
) -> None:
    """Warn where a pool gives its answers away to whoever knows nothing.

    An attack is told of where chance would be right as often in less than 1 of 20 lessons
    (``RARE``, one-sided; each question has its own chance, so the bound is of a Poisson binomial
    distribution). A pool of twelve has 6 to 10 choice questions; of those with four options it
    takes 4 right of 6, 5 of 8 or 9, 6 of 10. Less than that happens to careful authors, too.
    """
    for attack in Attack:
        found = run(attack, pool)
        if found.chances and found.odds < RARE:
            what, right = _SAYS[attack]
            told = (
                f"{_rounded(found.hits)} из {len(found.chances)}"
                f" (наугад: {_rounded(found.expected)})"
            )
            checker.warn(quiz.place("questions"), what.format(found=told), right)
    answers: set[frozenset[str]] = set()
    for item, question in zip(questions, pool, strict=True):
        rights = dict(_right(question))
        for loc, option in rights.items():
            if _gist(option.text) in answers:
                what = f"верный ответ «{shown(option.text)}» уже есть в другом вопросе"
                right = "пусть один вопрос не подсказывает другой"
                checker.warn(item.place(*loc), what, right)
        answers |= {_gist(option.text) for option in rights.values()}


def _rounded(number: float) -> str:
    return write_number(round(number, 1))


def _right(question: Question) -> Iterator[tuple[Loc, Option]]:
    if isinstance(question, Choice | Multiple):
        for index, option in enumerate(question.options):
            if option.right:
                yield ("options", index, "text"), option


def _gist(text: str) -> frozenset[str]:
    """Reduce an answer to its words, the short ones too, or to its signs where it has none."""
    return _cut(r"\w+", text) or frozenset([same(text)])


def _all(question: Question) -> Iterator[str]:
    """List the stems of all the texts of a question."""
    for text in _texts(QUESTION.dump_python(question, exclude=_NO_WORDS)):
        yield from stems(text)


def _texts(value: object) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            for each in value.values():
                yield from _texts(each)
        case list() | tuple():
            for each in value:
                yield from _texts(each)
