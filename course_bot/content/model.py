"""The course as frozen values: what a checked set of lesson files becomes.

Questions have a package of their own, because they also travel: they are kept inside an attempt,
so that editing a lesson never changes an attempt in progress.

Texts of steps, FAQ answers and everything inside a question are in the messengers' HTML subset.
Titles, ``about``, labels, FAQ questions and wordings are plain text: escape them to show them. So
are the questions and answers of a guide, because they are sent on as a plain text, too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from course_bot.content.pictures import Picture
from course_bot.questions.question import Question


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A page that people are sent to; ``verified`` is false where nobody has seen it open."""

    id: str
    label: str
    url: str
    verified: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One idea of a lesson: a title, a text in the HTML subset (at most 700 characters), links.

    Where it has a ``picture``, the text says the same in words.
    """

    title: str
    text: str
    links: tuple[Link, ...] = ()
    picture: Picture | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """A lesson: 3 to 7 steps and a pool of questions, of which an attempt asks ``draw``.

        ``memo`` is what stays when the lesson is over, in 1 to 3 plain sentences of at most 140
        characters: they stand on the track's printed sheet.
        ``faq`` numbers the FAQ entries it comes from, and ``as_of`` is when all it says was true.
    ``minutes`` is what reading the steps and answering an attempt's questions takes, rounded up.
    """

    id: str
    title: str
    about: str
    memo: tuple[str, ...]
    faq: tuple[int, ...]
    as_of: date
    minutes: int
    draw: int
    steps: tuple[Step, ...]
    pool: tuple[Question, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """The lessons that one kind of learner takes, in order."""

    id: str
    title: str
    about: str
    lessons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FaqEntry:
    """One entry of the FAQ: a short answer, the ways people ask for it, the lesson behind it."""

    id: int
    question: str
    answer: str
    wordings: tuple[str, ...]
    lesson: str
    links: tuple[Link, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GuideAnswer:
    """What somebody sees who is asked; ``to`` names the question or the ending that follows."""

    text: str
    to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GuideQuestion:
    """One thing to look up. ``text`` (HTML subset, may be empty) says where and how.

    ``faq`` numbers the FAQ entries that say so.
    """

    id: str
    ask: str
    text: str
    answers: tuple[GuideAnswer, ...]
    links: tuple[Link, ...]
    faq: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GuideEnding:
    """What it comes to: who has to do what.

    ``title`` and ``who`` are plain, ``text`` says more (HTML subset), and ``otherwise`` (the same)
    what to do where it did not help. ``faq`` numbers the FAQ entries that all this comes from.
    """

    id: str
    title: str
    who: str
    text: str
    otherwise: str
    links: tuple[Link, ...]
    lesson: str
    faq: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Guide:
    """A diagnosis: questions whose answers lead on until one leads to an ending.

    The first of ``questions`` is where one begins, and answers lead only to later ones. ``faq``
    numbers the FAQ entries that it helps with; ``as_of`` is when all that it says was true.
    """

    id: str
    title: str
    about: str
    wordings: tuple[str, ...]
    faq: tuple[int, ...]
    lesson: str
    as_of: date
    questions: Mapping[str, GuideQuestion]
    endings: Mapping[str, GuideEnding]

    def at(self, answers: Sequence[int]) -> GuideQuestion | GuideEnding:
        """Return where the answers so far lead.

        Args:
            answers: the index of the answer given to each question, from the first one.

        Raises:
            LookupError: one of these questions has no such answer, or there is no such question.
        """
        at: GuideQuestion | GuideEnding = next(iter(self.questions.values()))
        for answer in answers:
            to = self.questions[at.id].answers[answer].to
            at = self.endings.get(to) or self.questions[to]
        return at

    def left(self, question: str) -> int:
        """Count the questions that may still come, from one (itself included) to the last."""
        longest: dict[str, int] = {}
        for each in reversed(tuple(self.questions.values())):
            longest[each.id] = 1 + max(longest.get(answer.to, 0) for answer in each.answers)
        return longest[question]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A number that may change: its value, and how it reads in a sentence («7 дней»).

    ``about`` goes on from there, where the figure stands for itself on a printed sheet («за них
    считают активность»); it may be empty.
    """

    id: str
    value: int
    text: str
    about: str = ""
    source: str
    as_of: date
    review_by: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Thesaurus:
    """What the search knows of words: groups that mean the same, and topics that are not ours.

    Each of ``elsewhere`` is a text of words that belong together.
    """

    same: tuple[tuple[str, ...], ...] = ()
    elsewhere: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """Everything that is taught, as one checked value.

    ``pass_mark`` is in percent of an attempt's points (1..100). ``version`` is a short digest of
    all the files. ``not_found`` is the number of the FAQ entry to offer where none is found.
    ``renamed`` maps the ids that lessons had before to those that they have now.
    """

    title: str
    about: str
    pass_mark: int
    version: str
    not_found: int
    tracks: Mapping[str, Track]
    lessons: Mapping[str, Lesson]
    faq: Mapping[int, FaqEntry]
    rules: Mapping[str, Rule]
    links: Mapping[str, Link]
    renamed: Mapping[str, str] = field(default_factory=dict)
    guides: Mapping[str, Guide] = field(default_factory=dict)
    thesaurus: Thesaurus = Thesaurus()

    def minutes(self, lessons: tuple[str, ...]) -> int:
        """Add up how many minutes the named lessons take."""
        return sum(self.lessons[lesson].minutes for lesson in lessons)


def pictures_of(course: Course) -> dict[str, Picture]:
    """Return the pictures of a course by their digests."""
    return {
        step.picture.digest: step.picture
        for lesson in course.lessons.values()
        for step in lesson.steps
        if step.picture
    }
