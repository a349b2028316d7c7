"""What reports know of people's tracks follows the course when its lessons change."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import delete, select
from sqlalchemy.engine import URL

from course_bot.content.model import Course
from course_bot.storage import reconciling, schema
from course_bot.storage.engine import create_engine
from course_bot.storage.store import Storage
from tests.courses import make_course
from tests.learners import NOW, Learner, join, learner, link, read
from tests.regions import begins, completes

COURSE = make_course()


@pytest.fixture
async def other(url: URL) -> AsyncIterator[Storage]:
    """Another process on the same database, as far as the database can tell."""
    async with Storage(create_engine(url)) as storage:
        yield storage


def with_lessons(**tracks: tuple[str, ...]) -> Course:
    """Make the course with other lessons in some tracks."""
    changed = {name: replace(COURSE.tracks[name], lessons=each) for name, each in tracks.items()}
    return replace(COURSE, tracks={**COURSE.tracks, **changed})


async def known(storage: Storage, who: Learner) -> dict[str, tuple[int, int | None, bool]]:
    """Return what reports know of somebody's tracks: lessons passed, score, completed or not."""
    number = (await who.does()).id
    tracks = schema.track_progress
    async with storage.reading() as connection:
        rows = await connection.execute(select(tracks).where(tracks.c.person_id == number))
        return {row.track: (row.passed, row.score, row.completed_at is not None) for row in rows}


async def completed_at(storage: Storage) -> datetime | None:
    async with storage.reading() as connection:
        return await connection.scalar(select(schema.track_progress.c.completed_at))


async def test_tracks_follow_what_was_learned(storage: Storage) -> None:
    ann, bob = learner(storage, "ann"), learner(storage, "bob")
    await ann.takes("help")
    await bob.does(read("chat", 2))

    await storage.reconcile(COURSE)

    assert await known(storage, ann) == {"teacher": (1, 100, False), "coordinator": (1, 100, True)}
    assert await known(storage, bob) == {"teacher": (0, None, False)}


async def test_whoever_had_completed_a_track_has_completed_it_when_it_gets_a_lesson(
    storage: Storage,
) -> None:
    ann, bob = learner(storage, "ann"), learner(storage, "bob")
    await ann.takes("help")
    await storage.reconcile(COURSE)
    await bob.takes("help")

    await storage.reconcile(with_lessons(coordinator=("help", "chat")))

    assert (await known(storage, ann))["coordinator"] == (1, 100, True)
    assert (await known(storage, bob))["coordinator"] == (1, 100, False)


async def test_a_track_that_loses_a_lesson_may_be_completed_by_that(storage: Storage) -> None:
    ann = learner(storage, "ann")
    await ann.takes("help")
    await storage.reconcile(COURSE)

    await storage.reconcile(with_lessons(teacher=("help",)))

    assert (await known(storage, ann))["teacher"] == (1, 100, True)


async def test_what_is_learned_under_a_lessons_old_name_counts_under_the_present_one(
    storage: Storage,
) -> None:
    ann = learner(storage, "ann")
    await ann.takes("help")

    renamed = with_lessons(coordinator=("support",))
    await storage.reconcile(
        replace(
            renamed,
            lessons={**renamed.lessons, "support": COURSE.lessons["help"]},
            renamed={"help": "support"},
        )
    )

    assert (await known(storage, ann))["coordinator"] == (1, 100, True)


async def test_nobody_is_looked_at_again_before_the_tracks_change(storage: Storage) -> None:
    ann = learner(storage, "ann")
    await ann.takes("help")
    await storage.reconcile(COURSE)
    async with storage.writing() as connection:
        await connection.execute(delete(schema.track_progress))

    await storage.reconcile(replace(COURSE, title="Другое название"))
    assert await known(storage, ann) == {}

    await storage.reconcile(with_lessons(teacher=("help", "chat")))
    assert set(await known(storage, ann)) == {"teacher", "coordinator"}


async def test_everybody_is_looked_at_however_many_there_are(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reconciling, "PEOPLE_AT_ONCE", 2)
    people = [learner(storage, f"{number}") for number in range(5)]
    for who in people:
        await who.does(read("help", 1))

    await storage.reconcile(COURSE)

    for who in people:
        assert set(await known(storage, who)) == {"teacher", "coordinator"}


async def test_two_processes_that_start_with_a_new_course_both_bring_it_in(
    storage: Storage, other: Storage
) -> None:
    ann = learner(storage, "ann")
    await ann.takes("help")
    together = asyncio.Barrier(2)

    async def notes(process: Storage) -> None:
        await together.wait()
        async with process.writing() as connection:
            await connection.run_sync(reconciling.note_composition, "the same")
            await asyncio.sleep(0.05)  # the other one is at it before this one has committed

    await asyncio.gather(notes(storage), notes(other))
    await asyncio.gather(storage.reconcile(COURSE), other.reconcile(COURSE))

    assert (await known(storage, ann))["coordinator"] == (1, 100, True)


@pytest.mark.parametrize("earlier", ["kept", "left"])
async def test_of_two_who_are_one_a_track_stays_completed_since_the_earlier_day(
    storage: Storage, earlier: str
) -> None:
    """Whatever the track consists of now: what each had completed counts for both."""
    phone, desk = learner(storage, "1"), learner(storage, "1", "browser")
    await phone.does(link("digest", NOW + timedelta(minutes=15)))
    days = (NOW, NOW - timedelta(days=9)) if earlier == "left" else (NOW - timedelta(days=9), NOW)
    for who, day in zip((phone, desk), days, strict=True):
        await completes(who, "teacher", at=day)

    await join(storage, desk.account, "digest", NOW)

    assert await completed_at(storage) == NOW - timedelta(days=9)


async def test_of_two_who_are_one_what_either_had_completed_stays_completed(
    storage: Storage,
) -> None:
    phone, desk = learner(storage, "1"), learner(storage, "1", "browser")
    await phone.does(link("digest", NOW + timedelta(minutes=15)))
    await begins(phone, "teacher")
    await completes(desk, "teacher", at=NOW)

    await join(storage, desk.account, "digest", NOW)

    assert await completed_at(storage) == NOW


async def test_a_track_is_known_by_its_earlier_completion(storage: Storage) -> None:
    """A turn that completes it once more, as after a join, changes nothing of the day."""
    ann = learner(storage, "ann")
    await completes(ann, "teacher", at=NOW)
    await completes(ann, "teacher", at=NOW + timedelta(days=1))
    assert await completed_at(storage) == NOW
