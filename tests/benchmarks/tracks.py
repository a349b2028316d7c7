"""What a finished track leaves in the database, in bytes."""

import asyncio
import sqlite3
from collections import Counter
from collections.abc import Iterable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from course_bot.content.model import Course
from course_bot.conversation.turn import Conversation
from course_bot.storage import Account
from course_bot.storage.engine import create_engine, database_url
from course_bot.storage.migrating import upgrade
from course_bot.storage.store import Storage
from tests.dialogue import PortPerson
from tests.doors import gives, goes_on, right, stored
from tests.files_here import FilesHere, SheetsHere

BEFORE, AFTER = 10, 40
"""People who have finished at the first and at the second weighing: what a table costs by being
there falls out of the difference."""
ONWARD, TO_QUIZ, NEXT = "Дальше →", "✍ К тесту", "Следующий урок"


async def bytes_per_track(file: Path, course: Course) -> dict[str, float]:
    """Let teachers read every step and answer everything rightly.

    Returns:
        Bytes of whole database pages for each of them, by table with its indexes.
    """
    engine = create_engine(database_url(f"sqlite:///{file}"))
    await upgrade(engine)
    async with Storage(engine) as storage:
        talk = Conversation(
            storage,
            lambda: course,
            secret=b"s" * 32,
            files=FilesHere(storage),
            sheets=SheetsHere(),
        )
        await _take_track(storage, talk, range(BEFORE))
        before = _weigh(file)
        await _take_track(storage, talk, range(BEFORE, AFTER))
        after = _weigh(file)
    return {table: (after[table] - before[table]) / (AFTER - BEFORE) for table in after}


async def _take_track(storage: Storage, talk: Conversation, people: Iterable[int]) -> None:
    now = datetime.now(UTC)
    accounts = (Account(door="telegram", key=f"{5_000_000_000 + number}") for number in people)
    await asyncio.gather(*(learn(storage, talk, account, at=now) for account in accounts))


async def learn(
    storage: Storage,
    talk: Conversation,
    account: Account,
    *,
    at: datetime,
    lessons: int | None = None,
) -> None:
    """Let a teacher read every step of the first lessons and answer everything rightly.

    Args:
        storage: where they are remembered.
        talk: the conversation.
        account: theirs, at which nobody has been yet.
        at: when, UTC.
        lessons: how many they take; None: the whole track.
    """
    person = PortPerson(name="Анна Петровна", talk=talk, account=account, now=at)
    await person.opens()
    await person.presses("Начать")
    await person.writes("Анна Петровна")
    if lessons == 0:
        return
    await person.presses("Учитель")
    taken = 0
    while taken != lessons:
        while ONWARD in person.labels:
            await person.presses(ONWARD)
        await person.presses(TO_QUIZ)
        while (asked := (await stored(storage, account)).question) is not None:
            await gives(person, asked, right(asked.question))
            await goes_on(person)
        taken += 1
        if not any(label.startswith(NEXT) for label in person.labels):
            person.sees("весь курс «Учитель»")
            return
        await person.presses(NEXT)


def _weigh(file: Path) -> Counter[str]:
    with closing(sqlite3.connect(file)) as database:
        return Counter(
            dict(
                database.execute(
                    "SELECT tbl_name, SUM(pgsize) FROM dbstat JOIN sqlite_master USING (name)"
                    " GROUP BY tbl_name"
                )
            )
        )
