"""Reminders: who gets one, when, and that nobody gets one twice."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncConnection

from course_bot.storage import Account, reminders
from course_bot.storage.engine import create_engine
from course_bot.storage.joining import join
from course_bot.storage.store import Storage
from tests.learners import NOW, Learner, forget, learner, link, put, start, statements

DAY = timedelta(days=1)


async def enrolled(storage: Storage, key: str = "1", door: str = "telegram") -> Learner:
    ann = learner(storage, key, door)
    await ann.does(put(track="teacher", name="Анна"))
    return ann


async def reminded(storage: Storage, after: timedelta, door: str = "telegram") -> list[str]:
    return [account.key for account, _ in await storage.due_reminders(door, NOW + after)]


async def test_reminders_come_after_3_10_and_30_days_and_then_no_more(storage: Storage) -> None:
    await enrolled(storage)

    days = [
        day
        for day in range(100)
        for _hour in (0, 12)
        if await reminded(storage, timedelta(days=day))
    ]

    assert days == [3, 10, 30]


async def test_a_reminder_is_due_to_the_second(storage: Storage) -> None:
    await enrolled(storage)

    assert await reminded(storage, 3 * DAY - timedelta(seconds=1)) == []
    assert await reminded(storage, 3 * DAY) == ["1"]


async def test_whoever_comes_back_is_reminded_from_the_beginning(storage: Storage) -> None:
    ann = await enrolled(storage)
    await reminded(storage, 3 * DAY)
    ann.now += 4 * DAY
    await ann.does()

    assert await reminded(storage, 6 * DAY) == []
    assert await reminded(storage, 7 * DAY) == ["1"]


@pytest.mark.parametrize(("away", "later"), [(12, [30]), (40, [])])
async def test_who_was_away_past_several_reminders_gets_one_for_all(
    storage: Storage, away: int, later: list[int]
) -> None:
    """As after a month in which the bot stood still."""
    await enrolled(storage)

    assert await reminded(storage, away * DAY) == ["1"]
    assert [day for day in range(away, 100) if await reminded(storage, day * DAY)] == later


async def test_a_reminder_hands_out_the_account_and_the_person(storage: Storage) -> None:
    ann = await enrolled(storage)
    person = await ann.does(start("chat"))

    assert await storage.due_reminders("telegram", NOW + 3 * DAY) == [
        (Account(door="telegram", key="1"), person)
    ]
    assert await ann.does() == person


async def test_some_are_not_reminded(storage: Storage) -> None:
    paused = await enrolled(storage, "paused")
    await paused.does(put(reminders=False))
    await learner(storage, "no track").does()
    blocked = await enrolled(storage, "blocked")
    await storage.blocked(blocked.account, NOW)
    await enrolled(storage, "elsewhere", "browser")
    gone = await enrolled(storage, "gone")
    await gone.does(forget)
    await enrolled(storage, "1", "telegram2")

    assert await reminded(storage, 3 * DAY) == []
    assert await reminded(storage, 3 * DAY, door="browser") == ["elsewhere"]


async def test_a_person_with_two_accounts_is_reminded_once_where_it_can_be_read(
    storage: Storage,
) -> None:
    first, second = await enrolled(storage, "1"), learner(storage, "2")
    await first.does(link("digest", NOW + DAY))
    await join(storage, second.account, "digest", NOW)

    assert await reminded(storage, 3 * DAY) == ["1"]

    await storage.blocked(first.account, NOW)

    assert await reminded(storage, 10 * DAY) == ["2"]


async def test_a_limit_leaves_the_others_for_the_next_call(storage: Storage) -> None:
    people = {(await enrolled(storage, f"{key}")).account.key for key in range(5)}
    blocked = await enrolled(storage, "a blocked one stands in nobody's way")
    await storage.blocked(blocked.account, NOW)

    async def take() -> list[str]:
        due = await storage.due_reminders("telegram", NOW + 3 * DAY, limit=2)
        return [account.key for account, _ in due]

    taken = [await take() for _ in range(4)]

    assert [len(each) for each in taken] == [2, 2, 1, 0]
    assert {key for each in taken for key in each} == people


async def test_two_processes_never_remind_the_same_person(storage: Storage, url: URL) -> None:
    keys = {(await enrolled(storage, f"{key}")).account.key for key in range(20)}

    async with Storage(create_engine(url)) as other:
        taken = await asyncio.gather(
            *(
                each.due_reminders("telegram", NOW + 3 * DAY, limit=5)
                for each in (storage, other)
                for _ in range(4)
            )
        )
        rest = await storage.due_reminders("telegram", NOW + 3 * DAY)

    everybody = [account.key for each in (*taken, rest) for account, _ in each]
    assert sorted(everybody) == sorted(keys)


async def test_reminders_are_marked_before_they_are_handed_out(storage: Storage, url: URL) -> None:
    await enrolled(storage)

    await storage.due_reminders("telegram", NOW + 3 * DAY)

    engine = create_engine(url)
    async with engine.connect() as connection:
        assert await connection.scalar(text("SELECT reminders_sent FROM person")) == 1
    await engine.dispose()


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
async def test_nobody_waits_while_people_to_remind_are_searched_for(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann = await enrolled(storage)
    find_due = reminders.find_due

    async def find_slowly(connection: AsyncConnection, *rest: Any) -> Sequence[int]:
        found = await find_due(connection, *rest)
        ann.now += 3 * DAY
        await ann.does()
        return found

    monkeypatch.setattr(reminders, "find_due", find_slowly)

    assert await reminded(storage, 3 * DAY) == [], "she has come back in the meantime"


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
async def test_those_not_due_are_not_even_looked_at(storage: Storage) -> None:
    """With a million people, the search must go by the index."""
    with statements() as seen:
        await storage.due_reminders("telegram", NOW)
    query = seen[0]

    async with storage.reading() as connection:
        plan = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}", _parameters(query))
        steps = "\n".join(row.detail for row in plan)

    assert "USING INDEX ix_person_reminders_sent_seen_at" in steps
    assert "SCAN person" not in steps


def _parameters(query: str) -> tuple[object, ...]:
    return tuple(0 for _ in range(query.count("?")))
