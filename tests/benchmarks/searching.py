"""How well questions in people's own words find their answers, beside what searched before."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import median
from time import perf_counter

from rapidfuzz import fuzz, process

from course_bot.content.model import Course
from course_bot.content.search import SMALL_WORDS, Index, entries_of, find, normal, things_of
from tests.asked import Figures, Numbers, Search, figures, questions

OURS, BEFORE = "course-bot", "set ratios of phrases, as until November 2026"
SETS = {"may be tuned to": False, "is held back": True}
LIKELY, ALIKE = 55, 75
ROUNDS = 5


@dataclass(frozen=True)
class Searched:
    """What a search made of the questions of each part, and how long one took, in seconds."""

    parts: dict[str, Figures]
    seconds: float


class SetRatios:
    """The yardstick: how course-bot searched until November 2026.

    Whole phrases are compared by rapidfuzz's token ratios, and a third of the words that matter
    must be in the wording.
    """

    def __init__(self, course: Course) -> None:
        self._wordings = {
            normal(text): (each.id, _content(normal(text)))
            for each in course.faq.values()
            for text in (each.question, *each.wordings)
        }

    def __call__(self, text: str) -> Sequence[Numbers]:
        query = normal(text[:300])
        asked = _content(query)
        best: dict[int, float] = {}
        near = process.extract(
            query,
            self._wordings.keys(),
            scorer=fuzz.token_set_ratio,
            limit=None,
            score_cutoff=LIKELY,
        )
        for wording, score, _ in near:
            number, words = self._wordings[wording]
            shared = sum(any(fuzz.ratio(word, it) >= ALIKE for it in words) for word in asked)
            if not shared or shared * 3 < len(asked):
                continue
            whole = (score + fuzz.token_sort_ratio(query, wording)) / 2
            best[number] = max(whole, best.get(number, 0))
        ranked = sorted(best.items(), key=lambda each: -each[1])
        return [(number,) for number, score in ranked if score >= LIKELY][:3]


def _content(normalised: str) -> list[str]:
    return [word for word in normalised.split() if word not in SMALL_WORDS and len(word) > 1]


def compare(course: Course) -> dict[str, Searched]:
    """Ask both searches all questions, in turns."""

    def ours(text: str) -> list[Numbers]:
        return [entries_of(course, hit) for hit in find(course, text)]

    searches: dict[str, Search] = {OURS: ours, BEFORE: SetRatios(course)}
    parts = {name: questions(held) for name, held in SETS.items()}
    texts = [each.text for part in parts.values() for each in part]
    seconds: dict[str, list[float]] = {name: [] for name in searches}
    for _ in range(ROUNDS):
        for name, search in searches.items():
            seconds[name].append(_seconds(partial(_ask, search, texts)) / len(texts))
    return {
        name: Searched(
            parts={part: figures(search, asked) for part, asked in parts.items()},
            seconds=median(seconds[name]),
        )
        for name, search in searches.items()
    }


def build_seconds(course: Course) -> float:
    """Measure how long the index of a course takes to make, in seconds."""
    return median(
        _seconds(lambda: Index(things_of(course), course.thesaurus)) for _ in range(ROUNDS)
    )


def _ask(search: Search, texts: Sequence[str]) -> None:
    for text in texts:
        search(text)


def _seconds(work: Callable[[], object]) -> float:
    begun = perf_counter()
    work()
    return perf_counter() - begun
