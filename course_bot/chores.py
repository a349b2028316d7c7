"""What is done by the clock while the course is open, whoever comes or does not."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from course_bot.conversation.turn import Conversation
from course_bot.storage.store import Storage

if TYPE_CHECKING:
    from course_bot.messengers.telegram.door import TelegramDoor

REMINDING_HOURS = range(7, 16)
"""Between which hours (UTC) reminders go out: 10 to 19 o'clock in Moscow."""

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


def telegram_chores(
    door: "TelegramDoor", talk: Conversation, clock: Callable[[], datetime]
) -> list[Chore]:
    """List what is done where there is Telegram."""
    return [
        Chore(name="remind", pause=timedelta(minutes=10), do=lambda: remind(door, talk, clock()))
    ]


async def remind(door: "TelegramDoor", talk: Conversation, now: datetime) -> None:
    """Write to people who stopped halfway, in the daytime."""
    if now.hour not in REMINDING_HOURS:
        return
    while due := await talk.reminders("telegram", now):
        for account, screen in due:
            await door.send(account, screen)


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
