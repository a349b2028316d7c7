"""What is done by the clock while the course is open, whoever comes or does not."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from course_bot.content.checks.renaming import vanished
from course_bot.content.model import Course
from course_bot.content.search import index_of
from course_bot.conversation.turn import Conversation
from course_bot.storage.log import BegunLessons
from course_bot.storage.outbox import WRITING_DOORS
from course_bot.storage.store import Storage

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chore:
    """Something to do at once and then again and again, with a pause in between."""

    name: str
    pause: timedelta
    do: Callable[[], Awaitable[object]]


def storage_chores(storage: Storage, clock: Callable[[], datetime]) -> list[Chore]:
    """List what the database needs."""
    return [Chore(name="tidy", pause=timedelta(hours=6), do=lambda: storage.tidy(clock()))]


def retention_chores(storage: Storage, months: int, clock: Callable[[], datetime]) -> list[Chore]:
    """List what is done about people who have stayed away for so many months."""
    return [
        Chore(
            name="retention",
            pause=timedelta(hours=6),
            do=lambda: storage.retain(months, WRITING_DOORS, clock()),
        )
    ]


def report_chores(storage: Storage, course: Callable[[], Course]) -> list[Chore]:
    """List what keeps in step what reports are made of."""
    return [
        Chore(name="derive", pause=timedelta(days=1), do=storage.derive),
        Chore(
            name="reconcile tracks",
            pause=timedelta(seconds=10),
            do=lambda: storage.reconcile(course()),
        ),
    ]


def lesson_chores(storage: Storage, folder: Path, course: Callable[[], Course]) -> list[Chore]:
    """List what is done about the lessons themselves."""

    async def tell_vanished() -> None:
        for fault in vanished(folder, course(), await storage.read(BegunLessons())):
            log.warning("%s", fault)

    return [
        # Of a course that is new since, the watcher's check has made it.
        Chore(
            name="index the course",
            pause=timedelta(days=1),
            do=lambda: asyncio.to_thread(index_of, course()),
        ),
        Chore(name="tell vanished lessons", pause=timedelta(days=1), do=tell_vanished),
    ]


def writing_chores(
    talk: Conversation, storage: Storage, doors: Collection[str], clock: Callable[[], datetime]
) -> list[Chore]:
    """List what is done where there are ``doors`` at which the bot can write first."""
    return [
        Chore(
            name="plan reminders",
            pause=timedelta(minutes=10),
            do=lambda: talk.plan_reminders(clock()),
        ),
        Chore(
            name="let messages follow their people",
            pause=timedelta(minutes=10),
            do=lambda: storage.follow_people(doors, clock()),
        ),
        Chore(
            name="plan digests",
            pause=timedelta(minutes=5),
            do=lambda: talk.plan_digests(clock()),
        ),
    ]


async def do_chores(chores: Iterable[Chore]) -> None:
    """Do chores side by side until cancelled; one that fails is logged and tried again later."""
    async with asyncio.TaskGroup() as tasks:
        for chore in chores:
            tasks.create_task(_repeat(chore))


async def _repeat(chore: Chore) -> None:
    while True:
        try:
            await chore.do()
        except Exception:
            # A chore can wait for a database that is away; the people's turns come first.
            log.exception("the chore %r failed and will be tried again", chore.name)
        await asyncio.sleep(chore.pause.total_seconds())
