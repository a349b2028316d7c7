"""What every area of talk works with: the stage that a move finds.

A *place* is where a person is in the conversation, stored as the action that leads there. Every
place has a screen that can be shown at any time from what is stored.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import blake2b
from typing import Protocol, TypeVar
from zoneinfo import ZoneInfo

from course_bot.content.model import Course, Lesson, Link, Track
from course_bot.conversation.actions import Action, Menu, Question, StaleError
from course_bot.conversation.port import LABEL_CHARS, Button
from course_bot.learning.attempts import Attempt
from course_bot.learning.progress import Person
from course_bot.locale.phrases import Language, Phrases, phrases
from course_bot.reports.exporting import FileMaker
from course_bot.storage.query import Query
from course_bot.tokens import max_link, page_link, telegram_link

Row = tuple[Button, ...]
R = TypeVar("R")


class LookUp(Protocol):
    """Read something else in the move's own transaction: what it returns stays so until the end.

    The first call for a query abandons the decision, which is made again once all is read.
    """

    def __call__(self, query: Query[R]) -> R:
        """Return what the query finds."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """Where the doors are: the page's address and the messengers' bots' names, or None each.

    ``local``: the page's address leads to it on this computer only.
    """

    page: str | None = None
    local: bool = False
    max_bot: str | None = None
    telegram_bot: str | None = None

    def bot_links(self, payload: str) -> dict[str, str]:
        """Return the links that open the messengers' bots with a payload, by their doors."""
        found = {}
        if self.max_bot:
            found["max"] = max_link(self.max_bot, payload)
        if self.telegram_bot:
            found["telegram"] = telegram_link(self.telegram_bot, payload)
        return found

    def links(self, payload: str) -> dict[str, str]:
        """Return the links through all open doors, in the order in which they are offered."""
        found = self.bot_links(payload)
        if self.page:
            found["browser"] = page_link(self.page, payload)
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """What a move finds.

    ``offered_name`` is what the messenger calls the person; ``secret`` keys everything that
    must not be guessed; ``move_id`` and ``at`` are the move's; ``look_up`` is for decisions;
    ``zone`` is the time of those whose organisation has no other; ``files`` makes files of
    reports after the commit.
    """

    course: Course
    person: Person
    phrases: Phrases
    at: datetime
    move_id: str
    door: str
    offered_name: str
    offered_language: Language
    addresses: Addresses
    secret: bytes
    zone: ZoneInfo
    files: FileMaker
    look_up: LookUp

    @property
    def track(self) -> Track:
        """The person's track; of somebody who hasn't chosen one yet, the first."""
        tracks = self.course.tracks
        return tracks.get(self.person.track) or next(iter(tracks.values()))

    def lesson(self, lesson_id: str) -> Lesson:
        """Return a lesson.

        Raises:
            StaleError: the course has no such lesson (any more).
        """
        try:
            return self.course.lessons[lesson_id]
        except KeyError:
            raise StaleError from None

    @property
    def move_key(self) -> str:
        """A name for what the move makes, 16 hexadecimal digits: no other move has the same."""
        said = f"{self.person.id} {self.door} {self.move_id} {self.at.isoformat()}"
        return blake2b(said.encode(), digest_size=8).hexdigest()

    def after(self, person: Person) -> "Stage":
        """Return the same stage with the person as they are now, in the language they read."""
        return replace(self, person=person, phrases=phrases(person.language))


def go_to(person: Person, place: Action) -> Person:
    """Return the person at another place."""
    written = str(place)
    return person if person.place == written else replace(person, place=written)


def button(label: str, action: Action, *, primary: bool = False, disabled: bool = False) -> Button:
    """Make a button that presses an action; a label that is too long ends in an ellipsis."""
    return Button(label=shortened(label), action=str(action), primary=primary, disabled=disabled)


def leading(row: Row) -> Row:
    """Make the first key of a row the one that most people want."""
    return (replace(row[0], primary=True), *row[1:])


def to_menu(p: Phrases) -> Button:
    """Make the button that leads to the menu."""
    return button(p.t("☰ Menu"), Menu())


def links(pages: Iterable[Link]) -> list[Row]:
    """Make a row for each page that people are sent to."""
    return [(Button(label=shortened(page.label), url=page.url),) for page in pages]


def at_question(person: Person, attempt: Attempt) -> Person:
    """Return the person at the question of their attempt that waits."""
    return go_to(person, Question(attempt.id, len(person.study.answers)))


def shortened(label: str, chars: int = LABEL_CHARS) -> str:
    """Cut a label to so many characters, or to what every messenger shows."""
    return label if len(label) <= chars else f"{label[: chars - 1].rstrip()}…"
