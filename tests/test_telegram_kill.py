"""The real process is killed while it writes first: nothing is lost, and little is doubled."""

from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import SystemRandom

from sqlalchemy import insert, select, update
from sqlalchemy.engine import URL

from course_bot.app import check_course
from course_bot.conversation.turn import Conversation
from course_bot.storage import Account
from course_bot.storage.engine import create_engine
from course_bot.storage.reminders import KIND
from course_bot.storage.schema import account, outbox
from course_bot.storage.store import Storage
from tests.dialogue import PortPerson
from tests.killing import ROOT, bot_in
from tests.telegram_standin import TOKEN, BotApi, Somebody

KILLS = 4
PEOPLE = 60


async def test_a_kill_doubles_only_what_was_sent_and_not_yet_reported(tmp_path: Path) -> None:
    database = URL.create("sqlite+aiosqlite", database=str(tmp_path / "course.db"))
    async with AsyncExitStack() as stack:
        api = await stack.enter_async_context(BotApi())
        bot = await stack.enter_async_context(
            bot_in(
                tmp_path,
                database,
                TELEGRAM_TOKEN=TOKEN,
                TELEGRAM_API=api.url,
                COURSE_BOT_TIME_ZONE=where_it_is_afternoon(),
            )
        )
        assert await bot.runs("db", "upgrade") == (0, "The database is up to date.\n")
        people = [Somebody(api, 7_000_000_000 + n) for n in range(PEOPLE)]
        await stop_halfway(database, people)
        await make_due(database)
        expected = Counter(somebody.number for somebody in people)
        for _ in range(KILLS):
            before = len(api.calls)
            await bot.starts()
            enough = SystemRandom().randint(1, PEOPLE // KILLS)
            await api.until(lambda: len(arrived(api, before)) >= enough)  # noqa: B023
            await bot.is_killed()
            waiting = await unsettled(database)
            await leases_end(database)
            # What has arrived and was not reported is sent once more, and nothing else is.
            expected += Counter(chat for chat in arrived(api, before) if chat in waiting)
        await bot.starts()
        await api.until(lambda: len(arrived(api, 0)) >= expected.total())
        await bot.stops()
        assert await unsettled(database) == set()
    assert Counter(arrived(api, 0)) == expected
    print(f"{expected.total() - PEOPLE} of {PEOPLE} came twice after {KILLS} kills")


def where_it_is_afternoon() -> str:
    """Name a time zone where the bot may write first now."""
    return f"Etc/GMT{datetime.now(UTC).hour - 14:+d}"


async def stop_halfway(database: URL, people: Sequence[Somebody]) -> None:
    """Let everybody begin a track, and go away."""
    course, _ = check_course(ROOT / "lessons")
    assert course is not None
    track = next(iter(course.tracks))
    async with Storage(create_engine(database)) as storage:
        talk = Conversation(storage, lambda: course, secret=b"s" * 32)
        for somebody in people:
            key = f"{somebody.number}"
            person = PortPerson(talk=talk, account=Account(door="telegram", key=key))
            person.now = datetime.now(UTC) - timedelta(days=1)
            await person.opens()
            await person.sends_action(f"begin:{track}")


async def make_due(database: URL) -> None:
    """Put a reminder for everybody into the outbox."""
    engine, now = create_engine(database), datetime.now(UTC)
    async with engine.begin() as connection:
        everybody = await connection.execute(select(account.c.id, account.c.person_id))
        rows = [
            {
                "person_id": row.person_id,
                "account_id": row.id,
                "door": "telegram",
                "kind": KIND,
                "made_at": now,
                "due_at": now,
            }
            for row in everybody
        ]
        await connection.execute(insert(outbox), rows)
    await engine.dispose()


def arrived(api: BotApi, since: int) -> list[int]:
    """List the chats that messages have reached, as often as they have."""
    return [
        call.chat
        for call in api.calls[since:]
        if call.method == "sendMessage" and call.code == 200 and call.chat is not None
    ]


async def unsettled(database: URL) -> set[int]:
    """Return the chats whose message is not known to be sent."""
    engine = create_engine(database)
    async with engine.connect() as connection:
        rows = await connection.execute(
            select(outbox.c.account_id).where(
                outbox.c.settled_at.is_(None) | outbox.c.reason.is_not(None)
            )
        )
        chats = {int(row.account_id.partition(":")[2]) for row in rows}
    await engine.dispose()
    return chats


async def leases_end(database: URL) -> None:
    """Let five minutes pass for what was lent to the process that is dead."""
    engine = create_engine(database)
    async with engine.begin() as connection:
        await connection.execute(update(outbox).values(lent_until=None))
    await engine.dispose()
