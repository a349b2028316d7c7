"""How the database is, for whoever looks after the bot: counts and checks without people."""

import re
import sqlite3
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

import aiosqlite
from sqlalchemy import Connection, func, select, text
from sqlalchemy.exc import OperationalError

from course_bot.storage.query import Query
from course_bot.storage.schema import outbox
from course_bot.storage.store import Storage

REASONS = 3
"""How many reasons are told, the commonest first."""
REASON_CHARS = 80
DAY = timedelta(days=1)
FAULTS = 3
STEPS = 10_000
"""Steps of SQLite's machine between two looks at the time: some tenths of a millisecond."""
_LONG_NUMBER = re.compile(r"\d{5,}")
"""A chat's number, such as a messenger's words may name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """What waits at a door: how many messages, and since when the longest due is due (UTC)."""

    count: int
    due: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxState:
    """What the bot has to say by itself, by door; and what was given up, by reason."""

    waiting: Mapping[str, Waiting]
    given_up: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class StateOfOutbox(Query[OutboxState]):
    """How the outbox stands at a time (UTC): given up is told of the day before it."""

    at: datetime

    def run(self, connection: Connection) -> OutboxState:
        """Count."""
        waits = connection.execute(
            select(outbox.c.door, func.count(), func.min(outbox.c.due_at))
            .where(outbox.c.settled_at.is_(None))
            .group_by(outbox.c.door)
            .order_by(outbox.c.door)
        )
        ended = connection.execute(
            select(outbox.c.reason, func.count())
            .where(outbox.c.settled_at > self.at - DAY, outbox.c.reason.is_not(None))
            .group_by(outbox.c.reason)
        )
        given_up: dict[str, int] = {}
        for reason, count in ended:
            told = _LONG_NUMBER.sub("…", reason)[:REASON_CHARS]
            given_up[told] = given_up.get(told, 0) + count
        return OutboxState(
            waiting={door: Waiting(count=count, due=due) for door, count, due in waits},
            given_up=dict(sorted(given_up.items(), key=lambda each: -each[1])),
        )


@dataclass(frozen=True, slots=True)
class ServerVersion(Query[str]):
    """Which PostgreSQL the server is: "15.4"."""

    def run(self, connection: Connection) -> str:
        """Ask."""
        return str(connection.scalar(text("SHOW server_version")))


async def quick_check(storage: Storage, *, seconds: float) -> list[str] | None:
    """Have SQLite look for damage of its file, without the indexes.

    Source: https://www.sqlite.org/pragma.html#pragma_quick_check

    Args:
        storage: of a SQLite file.
        seconds: how long it may take.

    Returns:
        What is damaged, at most three lines; None where the time was too short.
    """
    until = time.monotonic() + seconds
    async with storage.reading() as connection:
        opened = await connection.get_raw_connection()
        raw = cast(aiosqlite.Connection, opened.driver_connection)
        await raw.set_progress_handler(lambda: int(time.monotonic() > until), STEPS)
        try:
            told = await connection.scalars(text(f"PRAGMA quick_check({FAULTS})"))
        except OperationalError as error:
            if getattr(error.orig, "sqlite_errorcode", 0) != sqlite3.SQLITE_INTERRUPT:
                raise
            return None
        finally:
            await raw.set_progress_handler(lambda: None, STEPS)
        return [line for line in told if line != "ok"]
