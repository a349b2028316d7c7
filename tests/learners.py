"""Learners who take turns at a storage: what a conversation would decide, without its words."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import Enum, auto
from typing import Any
from uuid import uuid4

from sqlalchemy import Engine, event

from course_bot.content.model import Course
from course_bot.learning.attempts import draw_attempt
from course_bot.learning.joining import join as join_people
from course_bot.learning.progress import (
    ErasedPerson,
    LessonResult,
    LinkMade,
    LinkUsed,
    Person,
    answer_question,
    read_step,
    start_attempt,
)
from course_bot.questions.question import Response
from course_bot.storage import Account
from course_bot.storage.joining import LinkedPeople
from course_bot.storage.store import Decision, Situation, Storage
from course_bot.storage.verifying import NO_LESSON, Difference, Unreadable, differences
from tests.courses import WRONG, make_course, right_response

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
COURSE = make_course()

Change = Callable[[Person], Decision]


@contextmanager
def statements() -> Iterator[list[str]]:
    """Collect the SQL statements that any engine executes, all but BEGIN, COMMIT and PRAGMA."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: Any) -> None:
        if not statement.startswith(("BEGIN", "COMMIT", "PRAGMA")):
            seen.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def look(person: Person) -> Decision:
    """Change nothing."""
    return Decision(person=person)


def read(lesson: str, step: int) -> Change:
    """Go to a step."""

    def change(person: Person) -> Decision:
        person = replace(read_step(person, lesson, step), place=f"{lesson}/{step}")
        return Decision(person=person)

    return change


def start(
    lesson: str = "chat", *, at: datetime = NOW, course: Course = COURSE, attempt_id: str = ""
) -> Change:
    """Begin an attempt."""

    def change(person: Person) -> Decision:
        result = person.study.results.get(lesson, LessonResult())
        attempt = draw_attempt(
            course,
            course.lessons[lesson],
            attempt_id=attempt_id or uuid4().hex,
            number=result.attempts + 1,
            answered=result.answered,
            at=at,
        )
        person, record = start_attempt(person, attempt)
        return Decision(person=person, records=(record,))

    return change


def answer(response: Response | None = None, *, right: bool = True, at: datetime = NOW) -> Change:
    """Answer the question that waits."""

    def change(person: Person) -> Decision:
        asked = person.question
        assert asked, "no question waits"
        given = response
        if given is None:
            given = right_response(asked.filled) if right else WRONG[asked.question.id]
        person, records = answer_question(person, given, at=at)
        return Decision(person=person, records=records)

    return change


def link(digest: str, expires_at: datetime) -> Change:
    """Ask for a personal link."""

    def change(person: Person) -> Decision:
        made = LinkMade(digest=digest, expires_at=expires_at)
        return Decision(person=person, records=(made,))

    return change


def forget(person: Person) -> Decision:
    """Delete everything."""
    return Decision(person=person, records=(ErasedPerson(at=NOW),))


def put(**changes: Any) -> Change:
    """Set fields of the person."""

    def change(person: Person) -> Decision:
        person = replace(person, **changes)
        return Decision(person=person)

    return change


@dataclass
class Learner:
    """A person at one door, whose turns go straight to the storage."""

    storage: Storage
    account: Account = field(default_factory=lambda: Account(door="telegram", key="1"))
    now: datetime = NOW

    async def does(self, change: Change = look, *, move: str = "") -> Person:
        """Take a turn and return the person as decided; a repeated move shows them as they are."""

        def decide(situation: Situation) -> Decision:
            return change(situation.person)

        done = await self.storage.turn(self.account, move or uuid4().hex, self.now, decide)
        return done.person

    async def takes(self, lesson: str = "chat", *, wrong: int = 0) -> Person:
        """Take a whole attempt whose first answers are wrong."""
        person = await self.does(start(lesson, at=self.now))
        while person.question:
            person = await self.does(answer(right=wrong <= 0, at=self.now))
            wrong -= 1
        return person


class Joined(Enum):
    """What came of a personal link."""

    JOINED = auto()
    EXPIRED = auto()
    SAME = auto()


async def join(
    storage: Storage,
    joining: Account,
    digest: str,
    at: datetime,
    renamed: Mapping[str, str] = NO_LESSON,
) -> Joined:
    """Follow a personal link, as somebody who was asked and said yes."""
    outcome: list[Joined] = []

    def decide(situation: Situation) -> Decision:
        person = situation.person
        found = situation.look_up(LinkedPeople(link=digest, at=at, opened_by=person.id))
        if found is None:
            outcome.append(Joined.EXPIRED)
            return Decision(person=person)
        if found.person.id == person.id:
            outcome.append(Joined.SAME)
            return Decision(person=person)
        outcome.append(Joined.JOINED)
        both, record = join_people(found.person, person, found.log, renamed)
        return Decision(person=both, records=(LinkUsed(digest=digest), record))

    await storage.turn(joining, uuid4().hex, at, decide)
    return outcome[-1]


def learner(storage: Storage, key: str = "1", door: str = "telegram") -> Learner:
    """Make a learner."""
    return Learner(storage=storage, account=Account(door=door, key=key))


async def at_three_doors(storage: Storage, key: str = "1") -> tuple[Learner, Learner, Learner]:
    """Let one person come to Telegram, and then to MAX and the page by links made in Telegram."""
    telegram, max_, browser = (
        learner(storage, key, door) for door in ("telegram", "max", "browser")
    )
    for number, each in enumerate((max_, browser)):
        digest = f"{key} {number}"
        await telegram.does(link(digest, NOW + timedelta(minutes=15)))
        assert await join(storage, each.account, digest, NOW) is Joined.JOINED
    return telegram, max_, browser


async def a_school(storage: Storage) -> tuple[Learner, Learner]:
    """Let Ann pass after failing and giving up, and Bob stop in the middle."""
    ann, bob = learner(storage, "ann"), learner(storage, "bob")
    await ann.takes("chat", wrong=3)
    ann.now += timedelta(hours=1)
    await ann.does(start("chat", at=ann.now, attempt_id="given up"))
    await ann.does(answer(at=ann.now))
    ann.now += timedelta(hours=1)
    await ann.takes("chat")
    await ann.does(read("roles", 2))
    await bob.does(start("roles", attempt_id="in progress"))
    await bob.does(answer(right=False))
    await bob.does(answer())
    return ann, bob


async def found(storage: Storage) -> list[Difference | Unreadable]:
    """Verify, and return every difference."""
    return [difference async for difference in differences(storage)]
