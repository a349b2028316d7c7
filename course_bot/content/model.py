"""The course as frozen values: what a checked set of lesson files becomes.

Questions have a package of their own, because they also travel: they are kept inside an attempt,
so that editing a lesson never changes an attempt in progress.

Texts of steps, FAQ answers and everything inside a question are in the messengers' HTML subset.
Titles, ``about``, labels, FAQ questions and wordings are plain text: escape them to show them.
"""

from collections.abc import Mapping
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
