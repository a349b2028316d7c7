"""Reminders: who gets one, when, and that nobody gets one twice."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.engine import URL

from course_bot.learning.progress import Person
from course_bot.storage.engine import create_engine
from course_bot.storage.outbox import Lent, Settled
from course_bot.storage.schema import outbox
from course_bot.storage.store import Storage
from tests.learners import NOW, Learner, forget, join, learner, link, put, start, statements

DAY = timedelta(days=1)


async def enrolled(storage: Storage, key: str = "1", door: str = "telegram") -> Learner:
    ann = learner(storage, key, door)
    await ann.does(put(track="teacher", name="Анна"))
    return ann


async def sent(storage: Storage, after: timedelta, door: str = "telegram") -> list[Lent]:
    """Plan, take and send all that is due at a door so long after ``NOW``."""
    now = NOW + after
    await storage.plan_reminders([door], now, lambda _: True)
    taken: list[Lent] = []
    while lent := await storage.lend_messages(door, now):
        await storage.settle_messages([Settled(id=each.id) for each in lent], now)
        taken += lent
    return taken


async def reminded(storage: Storage, after: timedelta, door: str = "telegram") -> list[str]:
    return [each.account.key for each in await sent(storage, after, door)]


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


async def test_a_reminder_knows_the_account_and_the_person(storage: Storage) -> None:
    ann = await enrolled(storage)
    person = await ann.does(start("chat"))

    (message,) = await sent(storage, 3 * DAY)

    assert (message.account, message.person) == (ann.account, person)
    assert (message.kind, message.made_at) == ("reminder", NOW + 3 * DAY)
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


async def test_who_has_nothing_left_is_not_reminded_and_not_looked_at_again(
    storage: Storage,
) -> None:
    await enrolled(storage)
    looked: list[Person] = []

    def wanted(person: Person) -> bool:
        looked.append(person)
        return False

    for day in (3, 4, 10, 30):
        await storage.plan_reminders(["telegram"], NOW + day * DAY, wanted)

    assert len(looked) == 1
    assert await storage.lend_messages("telegram", NOW + 30 * DAY) == []


async def test_at_another_door_others_are_reminded(storage: Storage) -> None:
    await enrolled(storage, "elsewhere", "max")

    assert await reminded(storage, 3 * DAY, door="max") == ["elsewhere"]


async def test_who_lets_the_bot_in_again_gets_what_was_due_meanwhile(storage: Storage) -> None:
    ann = await enrolled(storage)
    await storage.blocked(ann.account, NOW)
    assert await reminded(storage, 3 * DAY) == []

    await storage.blocked(ann.account, None)

    assert await reminded(storage, 4 * DAY) == ["1"]
    assert await reminded(storage, 5 * DAY) == []
    assert await reminded(storage, 10 * DAY) == ["1"]


async def test_who_lets_the_bot_in_again_gets_nothing_that_was_not_due_to_them(
    storage: Storage,
) -> None:
    done = await enrolled(storage, "has had all")
    for days in (3, 10, 30):
        await reminded(storage, days * DAY)
    nobody_yet = learner(storage, "no track")
    await nobody_yet.does()
    for each in (done, nobody_yet):
        await storage.blocked(each.account, NOW)
        await storage.blocked(each.account, None)

    assert await reminded(storage, 60 * DAY) == []


async def test_a_person_with_two_accounts_is_reminded_once_where_it_can_be_read(
    storage: Storage,
) -> None:
    first, second = await enrolled(storage, "1"), learner(storage, "2")
    await first.does(link("digest", NOW + DAY))
    await join(storage, second.account, "digest", NOW)

    assert await reminded(storage, 3 * DAY) == ["2"]

    await storage.blocked(second.account, NOW)

    assert await reminded(storage, 10 * DAY) == ["1"]


async def test_many_are_reminded_in_portions(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("course_bot.storage.reminders.PEOPLE_AT_ONCE", 2)
    people = {(await enrolled(storage, f"{key}")).account.key for key in range(5)}
    blocked = await enrolled(storage, "a blocked one stands in nobody's way")
    await storage.blocked(blocked.account, NOW)

    taken = await reminded(storage, 3 * DAY)

    assert sorted(taken) == sorted(people)


async def test_who_can_not_be_read_keeps_no_reminder_from_others(
    storage: Storage, caplog: pytest.LogCaptureFixture
) -> None:
    people = [await enrolled(storage, f"{key}") for key in range(3)]
    broken = await people[1].does()
    await damage_study(storage, broken.id)

    assert sorted(await reminded(storage, 3 * DAY)) == ["0", "2"]

    assert f"person {broken.id} can't be read" in caplog.text
    caplog.clear()
    assert await reminded(storage, 4 * DAY) == []
    assert caplog.text == "", "nobody looks again before they move"


async def test_a_message_to_somebody_who_can_not_be_read_is_given_up(storage: Storage) -> None:
    people = [await enrolled(storage, f"{key}") for key in range(3)]
    await storage.plan_reminders(["telegram"], NOW + 3 * DAY, lambda _: True)
    await damage_study(storage, (await people[1].does()).id)

    lent = await storage.lend_messages("telegram", NOW + 3 * DAY)

    assert {each.account.key for each in lent} == {"0", "2"}
    async with storage.reading() as connection:
        reasons = await connection.scalars(
            select(outbox.c.reason).where(outbox.c.settled_at.is_not(None))
        )
        assert list(reasons) == ["unreadable"]


async def damage_study(storage: Storage, person: int) -> None:
    async with storage.writing() as connection:
        await connection.execute(
            text("UPDATE person SET study = '{' WHERE id = :person"), {"person": person}
        )


async def test_two_processes_never_remind_the_same_person(storage: Storage, url: URL) -> None:
    keys = {(await enrolled(storage, f"{key}")).account.key for key in range(50)}

    async with Storage(create_engine(url)) as other:
        taken = await asyncio.gather(
            *(reminded(each, 3 * DAY) for each in (storage, other) for _ in range(4))
        )
        rest = await reminded(storage, 3 * DAY)

    everybody = [key for each in (*taken, rest) for key in each]
    assert sorted(everybody) == sorted(keys)


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
async def test_those_not_due_are_not_even_looked_at(storage: Storage) -> None:
    """With a million people, the search must go by the index."""
    with statements() as seen:
        await storage.plan_reminders(["telegram"], NOW, lambda _: True)
        await storage.lend_messages("telegram", NOW)
    people, messages = seen

    assert "SEARCH person USING COVERING INDEX ix_person_remind_at" in await _plan(storage, people)
    plan = await _plan(storage, messages)
    assert "SEARCH outbox USING INDEX ix_outbox_door_settled_at_due_at" in plan
    assert "SEARCH earlier USING INDEX ix_outbox_person_id_settled_at_id" in plan


async def _plan(storage: Storage, query: str) -> str:
    parameters = tuple(0 for _ in range(query.count("?")))
    async with storage.reading() as connection:
        plan = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}", parameters)
        return "\n".join(row.detail for row in plan)
