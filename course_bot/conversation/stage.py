"""What every area of talk works with: the stage a move finds, and the outcome it leaves.

A *place* is where a person is in the conversation, written like an address: ``step:roles:2``.
Every place has a screen that can be shown at any time from what is stored. Pressing a button
whose action is a place goes there; any other action is a verb, as in ``tap:k3j5:0:2``.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from course_bot.content.model import Course, Lesson, Link, Track
from course_bot.conversation.port import LABEL_CHARS, Button, Screen
from course_bot.errors import CourseError
from course_bot.learning.attempts import Attempt
from course_bot.learning.progress import Person, Record
from course_bot.locale.phrases import Language, Phrases, phrases
from course_bot.storage.store import PersonalLink

Row = tuple[Button, ...]
_NUMBER = re.compile(r"\d{1,4}", re.ASCII)


class StaleError(CourseError):
    """An action that does not fit where the person is: old, forged, or of another person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """Where the doors are: the page's address, the Telegram bot's name, or None each.

    ``local``: the page's address leads to it on this computer only.
    """

    page: str | None = None
    local: bool = False
    telegram_bot: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """What a move finds.

    ``offered_name`` is what the messenger calls the person; ``secret`` keys everything that
    must not be guessed; ``move_id`` and ``at`` are the move's.
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

    def after(self, person: Person) -> "Stage":
        """Return the same stage with the person as they are now, in the language they read."""
        return replace(self, person=person, phrases=phrases(person.language))


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a move leaves: the person where they are now, and what else is to be done.

    ``screen`` is shown instead of the place's own, once. ``join`` is the secret of a personal
    link to carry out. ``export`` hands the person what is stored about them.
    """

    person: Person
    records: tuple[Record, ...] = ()
    notice: str = ""
    screen: Screen | None = None
    link: PersonalLink | None = None
    join: str = ""
    export: bool = False
    forget: bool = False


ShowPlace = Callable[..., Screen]
"""From a stage and the place's arguments to the place's screen."""
DoAction = Callable[..., Outcome]
"""From a stage and the action's arguments to an outcome."""
Places = Mapping[str, ShowPlace]
Actions = Mapping[str, DoAction]


def goes(person: Person, *place: object) -> Person:
    """Return the person at another place."""
    return replace(person, place=address(*place))


def address(*parts: object) -> str:
    """Write a place or an action: its name and arguments, parted by colons."""
    return ":".join(f"{part}" for part in parts)


def index(text: str) -> int:
    """Read a small whole number that came back in an action.

    Raises:
        StaleError: it isn't one (Python's own int takes "-1", "1_0" and digits of any script).
    """
    if not _NUMBER.fullmatch(text):
        raise StaleError
    return int(text)


def button(label: str, *action: object) -> Button:
    """Make a button that presses an action; a label that is too long ends in an ellipsis."""
    return Button(label=shortened(label), action=address(*action))


def to_menu(p: Phrases) -> Button:
    """Make the button that leads to the menu."""
    return button(p.t("☰ Menu"), "menu")


def links(pages: Iterable[Link]) -> list[Row]:
    """Make a row for each page that people are sent to."""
    return [(Button(label=shortened(page.label), url=page.url),) for page in pages]


def at_question(person: Person, attempt: Attempt) -> Person:
    """Return the person at the question of their attempt that waits."""
    return goes(person, "question", attempt.id, len(person.study.answers))


def shortened(label: str) -> str:
    """Cut a label to what every messenger shows."""
    return label if len(label) <= LABEL_CHARS else f"{label[: LABEL_CHARS - 1].rstrip()}…"
