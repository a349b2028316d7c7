"""Which entry of the FAQ, lesson or guide a question in somebody's own words is about.

Two measures are added up for each thing that can be found (``WORDS_COUNT`` says how):

- Okapi BM25 (Robertson and Zaragoza, 2009) over word stems, each thing being one document: whoever
  asks combines the words of several wordings. Words of a group of the thesaurus count as one, and
  a word that nothing has counts as the most similar one that something has.
- TF-IDF over character n-grams within words, which misspelt and inflected words still share.

Neither is divided by all that a long question says, but by what is enough to be sure: people tell
a story around their question. What belongs elsewhere is a document like the others: a question
that is most like one of those is none of ours.
"""

import math
import re
from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from rapidfuzz import fuzz, process
from snowballstemmer import stemmer

from course_bot.content.model import Course, Thesaurus

QUERY_CHARS = 300
"""How much of a typed text is searched; a question is shorter."""
LIKELY = 0.2
"""From which score on a thing is found at all; a question whose every word fits has about 1."""
SURE, CLEAR = 0.6, 1.3
"""From which score on a thing is meant for sure, if it is so many times that of the next one that
is about something else. Of 310 questions that had not been tuned to, 95 were answered at once by
these, three of them wrongly."""
OFFERED = 3
"""How many things are offered to choose from, at most."""
NEAR = 0.4
"""Of the best score: what has less is not offered beside it."""
SATURATION, LENGTH = 2.0, 0.4
"""BM25's k1 and b: what stands in many wordings of a thing tells more than what is in one."""
WORDS_COUNT = 0.4
"""The share of words in a score; the other share is that of character n-grams."""
ENOUGH_WORDS, ENOUGH_GRAMS = 16.0, 8.0
"""What matching words weigh, and how long the vector of n-grams is, where nothing more is asked
for: about what two telling words have, or one of which all letters fit."""
GRAMS = (3, 4, 5)
ALIKE = 80
"""A ratio (0 to 100) from which an unknown stem counts as a known one: «подержк», «поддержк»."""
ALIKE_CHARS = 4
"""Shorter words are like too many others."""

_WORDS = re.compile(r"\w+")
_CLASS = re.compile(r"(?:[1-9]|1[01])[абвгдежзик]")
_STEMMER = stemmer("russian")


_indexes: deque[tuple[Course, "Index"]] = deque(maxlen=2)
"""The courses that were searched last: there is one, and after a change the one before it."""


def normal(text: str) -> str:
    """Write a text so that people's spellings of it agree: «МАХ» and «MAX», «ё» and «е»."""
    words = _WORDS.findall(text.casefold().replace("ё", "е"))
    return " ".join("max" if word == "мах" else word for word in words)


SMALL_WORDS = frozenset(
    normal(
        "а без бы был была были было быть в ваш весь во все вы где да до её если есть ещё же"
        " за знаю и из или им их к как какая какие какой кем кого кто куда ли мне можно мой"
        " моих моя мои мы на над надо нам нас наш наша наше наши не него ней но ну нужен нужно"
        " о об он она они от по под понятно почему при про с сам свой свою себя сейчас сколько"
        " со та такое там те то того тоже тот ту ты у уже хочу чем что чтоб чтобы эта эти это"
        " этот я дела делать сделать здравствуйте здравствуй привет добрый доброе доброго"
        " пожалуйста подскажите скажите спасибо прошу каким образом"
    ).split()
)
"""Words that stand in questions about anything, courtesies too."""


class Kind(StrEnum):
    """What can be found; a place is stored with these."""

    ENTRY = "faq"
    LESSON = "lesson"
    GUIDE = "guide"
    ELSEWHERE = "elsewhere"
    """What is none of ours; never among the hits."""


COUNTS = {Kind.ENTRY: 1.0, Kind.GUIDE: 1.0, Kind.LESSON: 0.8, Kind.ELSEWHERE: 1.1}
"""What scores are multiplied by. An answer is shorter than a lesson, and leads to it; of what is
foreign less is written than of what is ours."""


@dataclass(frozen=True, slots=True)
class Thing:
    """Something that can be found: ``id`` is unique among those of its kind."""

    kind: Kind
    id: str
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Hit:
    """Something that was found; ``score`` is at least ``LIKELY``."""

    kind: Kind
    id: str
    score: float


def index_of(course: Course) -> "Index":
    """Return the index of a course: it is made once, and takes some three hundred searches."""
    for known, index in _indexes:
        if known is course:
            return index
    index = Index(things_of(course), course.thesaurus)
    _indexes.append((course, index))
    return index


def find(course: Course, text: str) -> list[Hit]:
    """Find what a typed text may be about, the best first.

    A lesson is left out where something better leads to it.

    Returns:
        Nothing where the text is about none of it.
    """
    told: set[str] = set()
    hits = []
    for hit in index_of(course).find(text):
        if hit.kind is Kind.LESSON and hit.id in told:
            continue
        hits.append(hit)
        if hit.kind is Kind.ENTRY:
            told.add(course.faq[int(hit.id)].lesson)
        elif hit.kind is Kind.GUIDE:
            told.add(course.guides[hit.id].lesson)
    return hits


def things_of(course: Course) -> list[Thing]:
    """List what can be found in a course, and what belongs elsewhere."""
    return [
        *(
            Thing(Kind.ENTRY, str(each.id), (each.question, *each.wordings))
            for each in course.faq.values()
        ),
        *(
            Thing(Kind.GUIDE, each.id, (each.title, *each.wordings))
            for each in course.guides.values()
        ),
        *(
            Thing(Kind.LESSON, each.id, (each.title, each.about))
            for each in course.lessons.values()
        ),
        *(
            Thing(Kind.ELSEWHERE, str(number), (topic,))
            for number, topic in enumerate(course.thesaurus.elsewhere)
        ),
    ]


def entries_of(course: Course, hit: Hit) -> tuple[int, ...]:
    """Number the entries of the FAQ that something which was found tells of."""
    match hit.kind:
        case Kind.LESSON:
            return course.lessons[hit.id].faq
        case Kind.GUIDE:
            return course.guides[hit.id].faq
        case _:
            return (int(hit.id),)


def certain(course: Course, hits: Sequence[Hit]) -> bool:
    """Tell whether the first of what was found is what was meant, and nothing else.

    What tells of the same entry of the FAQ, as its guide does, is nothing else.
    """
    if not hits or hits[0].score < SURE:
        return False
    told = set(entries_of(course, hits[0]))
    others = (hit for hit in hits[1:] if told.isdisjoint(entries_of(course, hit)))
    rival = next(others, None)
    return rival is None or hits[0].score >= CLEAR * rival.score


class Index:
    """Things as they are searched."""

    def __init__(self, things: Sequence[Thing], thesaurus: Thesaurus) -> None:
        """Read all their texts."""
        self._things = things
        self._groups = {
            tuple(stems(phrase)): f"={number}"
            for number, group in enumerate(thesaurus.same)
            for phrase in group
        }
        self._longest = max(map(len, self._groups), default=1)
        words = [
            Counter(term for text in thing.texts for term in self._folded(stems(text)))
            for thing in things
        ]
        rarity = {term: _bm25_rarity(len(things), count) for term, count in _spread(words).items()}
        self._unknown = _bm25_rarity(len(things), 0) * (SATURATION + 1)
        length = sum(each.total() for each in words) / max(1, len(words))
        self._words = _postings(
            {
                term: rarity[term] * _saturated(count, each.total() / length)
                for term, count in each.items()
            }
            for each in words
        )
        self._known = {stem for phrase in self._groups for stem in phrase} | {
            term for term in rarity if not term.startswith("=")
        }
        letters = [
            Counter(gram for text in thing.texts for gram in grams(text)) for thing in things
        ]
        self._gram_rarity = {
            gram: math.log(1 + len(things) / count) for gram, count in _spread(letters).items()
        }
        self._grams = _postings(
            _divided(vector, math.hypot(*vector.values())) for vector in map(self._vector, letters)
        )

    def knows(self, stem: str) -> bool:
        """Tell whether a stem is one of the words that are searched."""
        return stem in self._known

    def find(self, text: str) -> list[Hit]:
        """Find what a text may be about, the best first; nothing where it belongs elsewhere."""
        text = text[:QUERY_CHARS]
        scores = [
            WORDS_COUNT * words + (1 - WORDS_COUNT) * letters
            for words, letters in zip(self._by_words(text), self._by_grams(text), strict=True)
        ]
        scores = [
            score * COUNTS[thing.kind] for score, thing in zip(scores, self._things, strict=True)
        ]
        ranked = sorted(zip(scores, self._things, strict=True), key=lambda each: -each[0])
        if not ranked or ranked[0][1].kind is Kind.ELSEWHERE:
            return []
        least = max(LIKELY, NEAR * ranked[0][0])
        return [
            Hit(thing.kind, thing.id, score)
            for score, thing in ranked
            if score >= least and thing.kind is not Kind.ELSEWHERE
        ]

    def _by_words(self, text: str) -> list[float]:
        """Score each thing by BM25."""
        scores = [0.0] * len(self._things)
        asked = 0.0
        for term in set(self._folded([self._known_as(stem) for stem in stems(text)])):
            found = self._words.get(term)
            asked += max(weight for _, weight in found) if found else self._unknown
            for number, weight in found or ():
                scores[number] += weight
        enough = min(asked, ENOUGH_WORDS) or 1.0
        return [score / enough for score in scores]

    def _by_grams(self, text: str) -> list[float]:
        """Score each thing by the cosine of its n-grams and the text's."""
        scores = [0.0] * len(self._things)
        vector = self._vector(Counter(grams(text)))
        enough = min(math.hypot(*vector.values()), ENOUGH_GRAMS) or 1.0
        for gram, weight in vector.items():
            for number, theirs in self._grams.get(gram, ()):
                scores[number] += weight * theirs
        return [score / enough for score in scores]

    def _vector(self, counts: Counter[str]) -> dict[str, float]:
        unknown = math.log(1 + len(self._things))
        return {
            gram: (1 + math.log(count)) * self._gram_rarity.get(gram, unknown)
            for gram, count in counts.items()
        }

    def _folded(self, words: list[str]) -> Iterator[str]:
        """Put the number of its group in the place of each word or phrase that has one."""
        at = 0
        while at < len(words):
            for size in range(min(self._longest, len(words) - at), 0, -1):
                group = self._groups.get(tuple(words[at : at + size]))
                if group:
                    yield group
                    at += size
                    break
            else:
                yield words[at]
                at += 1

    def _known_as(self, stem: str) -> str:
        if len(stem) < ALIKE_CHARS or stem in self._known:
            return stem
        found = process.extractOne(stem, self._known, scorer=fuzz.ratio, score_cutoff=ALIKE)
        return found[0] if found else stem


def stems(text: str) -> list[str]:
    """Return the stems of a text's words, but of those that stand in any question.

    «5а» is a class, whichever it is.
    """
    return [
        stem_of("класс" if _CLASS.fullmatch(word) else word)
        for word in normal(text).split()
        if word not in SMALL_WORDS and len(word) > 1
    ]


def grams(text: str) -> Iterator[str]:
    """Return the character n-grams within a text's words that matter."""
    for word in normal(text).split():
        if word not in SMALL_WORDS:
            bounded = f" {word} "
            for size in GRAMS:
                for at in range(len(bounded) - size + 1):
                    yield bounded[at : at + size]


@lru_cache(maxsize=10_000)
def stem_of(word: str) -> str:
    """Return the stem of a word that is written as ``normal`` writes it."""
    return str(_STEMMER.stemWord(word))


def _spread(documents: Iterable[Counter[str]]) -> Counter[str]:
    """Count in how many documents each term is."""
    return Counter(term for each in documents for term in each)


def _bm25_rarity(documents: int, having: int) -> float:
    return math.log(1 + (documents - having + 0.5) / (having + 0.5))


def _saturated(count: int, relative_length: float) -> float:
    norm = SATURATION * (1 - LENGTH + LENGTH * relative_length)
    return count * (SATURATION + 1) / (count + norm)


def _divided(vector: dict[str, float], by: float) -> dict[str, float]:
    return {key: value / by for key, value in vector.items()}


def _postings(vectors: Iterable[dict[str, float]]) -> dict[str, list[tuple[int, float]]]:
    """Say for each term which documents have it, and with what weight."""
    postings: defaultdict[str, list[tuple[int, float]]] = defaultdict(list)
    for number, vector in enumerate(vectors):
        for term, weight in vector.items():
            postings[term].append((number, weight))
    return dict(postings)
