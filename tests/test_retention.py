"""People who stay away: warned through their door, kept if they return, deleted whole."""

import asyncio
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.engine import URL

from course_bot.learning.progress import TrackProgress
from course_bot.organisations.records import (
    Act,
    Audited,
    GuessedWrong,
    Role,
    SheetSent,
    TeamLinkMade,
)
from course_bot.sheets.figures import Figures, SchoolDay
from course_bot.sheets.received import Received
from course_bot.storage import retention
from course_bot.storage.certificates import CertificateOf
from course_bot.storage.engine import create_engine
from course_bot.storage.outbox import WRITING_DOORS
from course_bot.storage.retention import MONTH, WARNED, Deleted, Deletions
from course_bot.storage.schema import deletion, metadata, outbox, person
from course_bot.storage.store import Storage
from tests.learners import NOW, Learner, forget, learner, link, put
from tests.regions import add, invite, join, leaves
from tests.test_certificates import issued

MONTHS = 24
DAY = timedelta(days=1)
DEADLINE = NOW + MONTHS * MONTH


async def chore(storage: Storage, now: datetime) -> None:
    await storage.retain(MONTHS, WRITING_DOORS, now)


async def numbers(storage: Storage) -> list[int]:
    async with storage.reading() as connection:
        return list(await connection.scalars(select(person.c.id).order_by(person.c.id)))


async def warnings(storage: Storage) -> list[tuple[int, str, str]]:
    async with storage.reading() as connection:
        rows = await connection.execute(select(outbox).order_by(outbox.c.id))
        return [(row.person_id, row.kind, row.about) for row in rows]


async def test_who_stays_away_is_warned_a_month_before_and_deleted_a_month_after(
    storage: Storage,
) -> None:
    ann = (await learner(storage, "ann").does(put(name="Анна"))).id
    await chore(storage, DEADLINE - WARNED - DAY)
    assert await warnings(storage) == []
    warned_at = DEADLINE - WARNED + DAY
    await chore(storage, warned_at)
    day = f"{(warned_at + WARNED).astimezone(storage.zone).date()}"
    assert await warnings(storage) == [(ann, "farewell", day)]
    await chore(storage, warned_at + DAY)
    assert len(await warnings(storage)) == 1
    await chore(storage, warned_at + WARNED - DAY)
    assert await numbers(storage) == [ann]
    gone = warned_at + WARNED
    await chore(storage, gone)
    await chore(storage, gone + DAY)
    assert await numbers(storage) == []
    journal = (Deleted(person=ann, at=gone, reason="retention"),)
    assert await storage.read(Deletions()) == journal


async def test_who_returns_is_kept_and_warned_anew_if_they_stay_away_again(
    storage: Storage,
) -> None:
    ann = learner(storage, "ann")
    await ann.does()
    await chore(storage, DEADLINE - WARNED)
    ann.now = DEADLINE - DAY
    await ann.does()
    await chore(storage, DEADLINE + DAY)
    await chore(storage, ann.now + MONTHS * MONTH - WARNED - DAY)
    assert len(await numbers(storage)) == 1
    assert len(await warnings(storage)) == 1
    await chore(storage, ann.now + MONTHS * MONTH - WARNED)
    assert len(await warnings(storage)) == 2
    assert len(await numbers(storage)) == 1


async def test_a_bot_that_was_off_for_years_warns_before_it_deletes(storage: Storage) -> None:
    await learner(storage, "ann").does()
    late = DEADLINE + 365 * DAY
    await chore(storage, late)
    assert len(await numbers(storage)) == 1
    assert [about for *_, about in await warnings(storage)] == [
        f"{(late + WARNED).astimezone(storage.zone).date()}"
    ]
    await chore(storage, late + WARNED)
    assert await numbers(storage) == []


async def test_who_cannot_be_written_to_is_deleted_without_a_warning(storage: Storage) -> None:
    browser = learner(storage, "visitor", door="browser")
    await browser.does()
    blocked = learner(storage, "blocked")
    await blocked.does()
    await storage.blocked(blocked.account, NOW)
    await chore(storage, DEADLINE - DAY)
    assert len(await numbers(storage)) == 2
    await chore(storage, DEADLINE)
    assert await numbers(storage) == []
    assert await warnings(storage) == []


async def test_many_are_warned_and_deleted_in_parts_and_nobody_twice(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "PEOPLE_AT_ONCE", 3)
    for number in range(8):
        await learner(storage, f"{number}").does()
    await chore(storage, DEADLINE - WARNED)
    warned = [who for who, *_ in await warnings(storage)]
    assert sorted(warned) == await numbers(storage)
    await asyncio.gather(*(chore(storage, DEADLINE) for _ in range(2)))
    assert await numbers(storage) == []
    deleted = [each.person for each in await storage.read(Deletions())]
    assert deleted == sorted(warned)


async def test_killed_in_the_middle_nobody_is_half_deleted_and_the_rest_go_later(
    url: URL, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "PEOPLE_AT_ONCE", 2)
    async with Storage(create_engine(url)) as storage:
        for number in range(5):
            who = learner(storage, f"{number}", door="browser")
            await leaves(who, issued(f"{number}A"))
        kept = Storage.writing
        calls = 0

        def dies(self: Storage) -> object:
            nonlocal calls
            calls += 1
            if calls > 2:
                raise KeyboardInterrupt
            return kept(self)

        with monkeypatch.context() as patched:
            patched.setattr(Storage, "writing", dies)
            with pytest.raises(KeyboardInterrupt):
                await chore(storage, DEADLINE)
    async with Storage(create_engine(url)) as storage:
        assert len(await numbers(storage)) == 3
        assert len(await storage.read(Deletions())) == 2
        await chore(storage, DEADLINE)
        assert await numbers(storage) == []
        assert len(await storage.read(Deletions())) == 5


async def everything_about(storage: Storage) -> Learner:
    """Let somebody leave rows wherever a person can leave any; return who it is."""
    school = await add(storage, "Школа № 5")
    ann = learner(storage, "ann")
    await ann.takes("chat")
    await ann.does(put(name="Анна Петрова", track="teacher"))
    await ann.does(link("f" * 32, NOW + DAY))
    await join(ann, school)
    await join(ann, school, Role.COORDINATOR)
    await leaves(
        ann,
        issued("A", name="Анна Петрова"),
        TrackProgress(track="teacher", passed=2, score=90, completed_at=NOW),
        TeamLinkMade(digest="e" * 32, expires_at=NOW + DAY),
        GuessedWrong(at=NOW),
        Audited(organisation=school, act=Act.EXPORTED, at=NOW, about="certificates"),
        SheetSent(
            received=Received(schools=1, unmatched=1),
            unmatched=(SchoolDay(row=2, day=NOW.date(), sferum_id="77", figures=Figures()),),
            at=NOW,
        ),
    )
    await invite(storage, school)
    return ann


@pytest.mark.parametrize("way", ["self", "retention"])
async def test_of_somebody_deleted_no_table_has_a_row_a_number_or_a_name(
    storage: Storage, way: str
) -> None:
    ann = await everything_about(storage)
    who = (await ann.does()).id
    tables = [table for table in metadata.sorted_tables if "person_id" in table.c]
    async with storage.reading() as connection:
        for table in tables:
            found = select(func.count()).where(table.c.person_id == who)
            there = await connection.scalar(found)
            assert there or table.name in {"deletion", "outbox"}, table.name
    if way == "self":
        await ann.does(forget)
    else:
        await chore(storage, DEADLINE - WARNED)
        await chore(storage, DEADLINE)
    async with storage.reading() as connection:
        for table in metadata.sorted_tables:
            rows = [dict(row) for row in (await connection.execute(select(table))).mappings()]
            assert "Анна" not in f"{rows}", table.name
            if table.name != "deletion" and "person_id" in table.c:
                assert who not in [row["person_id"] for row in rows], table.name
            for column in ("made_by", "changed_by"):
                if column in table.c:
                    assert who not in [row[column] for row in rows], table.name
        theirs = select(deletion).where(deletion.c.person_id == who)
        (row,) = (await connection.execute(theirs)).mappings()
    assert (row["person_id"], row["reason"]) == (who, way)
    certificate = await storage.read(CertificateOf("A00000000000"))
    assert certificate is not None
    assert certificate.withdrawn
    assert (certificate.name, certificate.organisation, certificate.title) == ("", "", "")
