"""What stands in each of the authors' files, as they write it."""

import re
from datetime import date
from typing import Annotated

from pydantic import Field

from course_bot.questions.options import OPTION_CHARS
from course_bot.written import Id, Words, Written

FAQ_ENTRIES = 27
"""The help screen gives each entry and guide a row of keys; it has at most 30 (MAX Bot API)."""


RULE_ID = re.compile(r"^[a-z][a-z0-9_]{0,31}$")
RULE_ID_RIGHT = "латинские строчные буквы, цифры и «_», сначала буква, не больше 32"

Title = Annotated[Words, Field(max_length=60)]
Label = Annotated[Words, Field(max_length=40)]
FaqId = Annotated[int, Field(ge=0, le=999)]


class WrittenCourse(Written):
    """``course.yaml``."""

    title: Title
    about: Annotated[Words, Field(max_length=600)]
    pass_mark: Annotated[int, Field(ge=1, le=100)]
    tracks: Annotated[list[object], Field(min_length=1, max_length=8)]


class WrittenTrack(Written):
    """A track in ``course.yaml``."""

    id: Id
    title: Label
    about: Annotated[Words, Field(max_length=300)]
    # A keyboard has at most 30 rows (MAX Bot API), and each lesson of a track is one.
    lessons: Annotated[list[Words], Field(min_length=1, max_length=24)]


class WrittenRule(Written):
    """A rule in ``rules.yaml``."""

    value: Annotated[int, Field(ge=0)]
    text: Annotated[Words, Field(max_length=60)]
    about: Annotated[Words, Field(max_length=80)] | None = None
    source: Words
    as_of: date
    review_by: date


class WrittenFaq(Written):
    """``faq.yaml``."""

    not_found: FaqId
    links: list[object]
    entries: Annotated[list[object], Field(min_length=1, max_length=FAQ_ENTRIES)]


class WrittenThesaurus(Written):
    """``thesaurus.yaml``."""

    same: list[Annotated[list[Words], Field(min_length=2)]]
    elsewhere: list[Words]


class WrittenLink(Written):
    """A link in ``faq.yaml``."""

    id: Id
    label: Label
    # MAX Bot API, link button: url up to 2048 characters.
    url: Annotated[Words, Field(max_length=2048)]
    unverified: bool = False


class WrittenEntry(Written):
    """An entry of ``faq.yaml``."""

    id: FaqId
    question: Annotated[Words, Field(max_length=200)]
    answer: Words
    wordings: Annotated[list[Words], Field(min_length=4)]
    lesson: Words
    links: Annotated[list[Words], Field(default_factory=list, max_length=6)]


class WrittenFront(Written):
    """The front matter of ``lesson.md``."""

    title: Title
    about: Annotated[Words, Field(max_length=300)]
    memo: Annotated[list[Words], Field(min_length=1, max_length=3)]
    was: list[Id] = Field(default_factory=list)
    faq: Annotated[list[FaqId], Field(min_length=1)]
    links: list[Words] = Field(default_factory=list)
    as_of: date
    review_by: date


class WrittenGuide(Written):
    """``guides/….yaml``, the guide's id being the name of the file."""

    title: Label
    about: Annotated[Words, Field(max_length=300)]
    wordings: Annotated[list[Words], Field(min_length=4)]
    faq: Annotated[list[FaqId], Field(min_length=1)]
    lesson: Words
    as_of: date
    review_by: date
    questions: Annotated[list[object], Field(min_length=1)]
    endings: Annotated[list[object], Field(min_length=2)]


class WrittenGuideAnswer(Written):
    """An answer to a question of a guide."""

    text: Annotated[Words, Field(max_length=OPTION_CHARS)]
    to: Words


class WrittenGuideQuestion(Written):
    """A question of a guide."""

    id: Id
    ask: Annotated[Words, Field(max_length=160)]
    text: Words | None = None
    answers: Annotated[list[WrittenGuideAnswer], Field(min_length=2, max_length=4)]
    links: Annotated[list[Words], Field(default_factory=list, max_length=6)]
    faq: list[FaqId] = Field(default_factory=list)


class WrittenGuideEnding(Written):
    """An ending of a guide."""

    id: Id
    title: Title
    who: Title
    text: Words
    otherwise: Words
    links: Annotated[list[Words], Field(default_factory=list, max_length=6)]
    lesson: Words | None = None
    faq: Annotated[list[FaqId], Field(min_length=1)]


class WrittenQuiz(Written):
    """``quiz.yaml``."""

    draw: Annotated[int, Field(ge=4, le=5)]
    # Two attempts ask at most ten: whoever takes a third one meets a question that is new.
    questions: Annotated[list[object], Field(min_length=12)]
