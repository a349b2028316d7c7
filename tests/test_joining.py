"""Two people become one whole."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest
from sqlalchemy import func, select
from sqlalchemy.engine import URL

from course_bot.storage import schema
from course_bot.storage.engine import create_engine
from course_bot.storage.exporting import Everything
from course_bot.storage.store import Storage
from tests.learners import (
    NOW,
    Joined,
    Learner,
    answer,
    forget,
    found,
    join,
    learner,
    link,
    put,
    read,
    start,
)

DEVICES = (("1", "telegram"), ("2", "telegram"), ("1", "browser"))
STORIES, EVENTS = 8, 60
SOON = NOW + timedelta(minutes=15)


@pytest.fixture
async def other(url: URL) -> AsyncIterator[Storage]:
    """Another process on the same database, as far as the database can tell."""
    async with Storage(create_engine(url)) as storage:
        yield storage


async def invites(host: Learner, digest: str = "digest") -> None:
    await host.does(link(digest, host.now + timedelta(minutes=15)))


async def test_a_personal_link_works_once(storage: Storage) -> None:
    phone, desk = learner(storage, "1"), learner(storage, "1", "browser")
    await invites(phone)
    await desk.does()

    assert await join(storage, desk.account, "digest", NOW) is Joined.JOINED
    assert await join(storage, desk.account, "digest", NOW) is Joined.EXPIRED
    assert (await phone.does()).id == (await desk.does()).id


async def test_a_personal_link_works_for_fifteen_minutes(storage: Storage) -> None:
    phone, desk = learner(storage, "1"), learner(storage, "1", "browser")
    await invites(phone)
    await desk.does()

    assert await join(storage, desk.account, "digest", SOON) is Joined.EXPIRED
    last = SOON - timedelta(microseconds=1)
    assert await join(storage, desk.account, "digest", last) is Joined.JOINED


async def test_a_link_that_nobody_made_does_nothing(storage: Storage) -> None:
    desk = learner(storage)
    before = await desk.does()

    assert await join(storage, desk.account, "invented", NOW) is Joined.EXPIRED
    assert await desk.does() == before


async def test_a_link_of_somebody_who_was_forgotten_has_ended(storage: Storage) -> None:
    phone, desk = learner(storage, "1"), learner(storage, "1", "browser")
    await invites(phone)
    await phone.does(forget)

    assert await join(storage, desk.account, "digest", NOW) is Joined.EXPIRED


async def test_ones_own_link_opened_at_the_same_account_joins_nobody(storage: Storage) -> None:
    phone = learner(storage)
    before = await phone.takes()
    await invites(phone)

    assert await join(storage, phone.account, "digest", NOW) is Joined.SAME
    assert await join(storage, phone.account, "digest", NOW) is Joined.SAME
    assert await phone.does() == before


async def test_an_account_that_was_never_here_can_be_joined(storage: Storage) -> None:
    phone, desk = learner(storage, "1"), learner(storage, "1", "browser")
    done = await phone.takes()
    await invites(phone)

    assert await join(storage, desk.account, "digest", NOW) is Joined.JOINED
    assert await desk.does() == done


async def test_only_one_of_two_people_who_open_a_link_at_once_is_joined(
    storage: Storage, other: Storage
) -> None:
    phone, desk, foe = (learner(storage, "1", door) for door in ("telegram", "browser", "max"))
    await invites(phone)
    await desk.does()
    await foe.does()

    done = await asyncio.gather(
        join(storage, desk.account, "digest", NOW), join(other, foe.account, "digest", NOW)
    )

    assert sorted(done, key=str) == [Joined.EXPIRED, Joined.JOINED]


@pytest.mark.parametrize("first", ["phone", "desk"])
async def test_joining_merges_what_both_learned_whichever_way_the_link_went(
    storage: Storage, first: str
) -> None:
    phone, desk = learner(storage, "1"), learner(storage, "1", "browser")
    await phone.does(put(name="Анна"))
    await phone.does(read("chat", 4))
    await phone.does(read("roles", 1))
    await phone.takes("chat", wrong=3)
    desk.now += timedelta(hours=1)
    await desk.does(put(track="teacher"))
    await desk.does(read("roles", 3))
    await desk.takes("chat")
    await desk.takes("help", wrong=2)
    host, guest = (phone, desk) if first == "phone" else (desk, phone)
    await invites(host)

    assert await join(storage, guest.account, "digest", NOW) is Joined.JOINED

    person = await phone.does()
    assert person == replace(await desk.does(), seen_at=person.seen_at)
    assert (person.name, person.track, person.joined_at) == ("Анна", "teacher", NOW)
    assert {key: each.furthest for key, each in person.study.readings.items()} == {
        "chat": 4,
        "roles": 3,
    }
    chat, of_help = person.study.results["chat"], person.study.results["help"]
    assert (chat.attempts, chat.best, chat.passed_at) == (2, 100, desk.now)
    assert (of_help.attempts, of_help.passed_at) == (1, None)
    assert await found(storage) == []
    assert (await phone.takes("help")).passed("help")
    assert await found(storage) == []


async def test_a_pass_that_came_first_stays_the_first_after_joining(storage: Storage) -> None:
    phone, desk = learner(storage, "1"), learner(storage, "1", "browser")
    phone.now = NOW + timedelta(days=10)
    await phone.takes("chat")
    await desk.takes("chat", wrong=3)
    desk.now = NOW + timedelta(days=5)
    await desk.takes("chat")
    await invites(phone)

    await join(storage, desk.account, "digest", phone.now)

    assert (await phone.does()).study.results["chat"].passed_at == desk.now


async def test_a_third_account_comes_along(storage: Storage) -> None:
    phone, desk, tablet = (learner(storage, "1", door) for door in ("telegram", "browser", "max"))
    await invites(desk)
    await tablet.does(put(name="Анна"))
    await join(storage, tablet.account, "digest", NOW)
    await tablet.takes("help")
    await invites(phone, "second")

    assert await join(storage, desk.account, "second", NOW) is Joined.JOINED

    people = [await each.does() for each in (phone, desk, tablet)]
    assert len({person.id for person in people}) == 1
    assert people[0].passed("help")
    told = json.loads(await storage.read(Everything(people[0].id)))
    assert [each["id"] for each in told["accounts"]] == ["browser:1", "max:1", "telegram:1"]


@pytest.mark.parametrize("progress", ["phone", "desk", "both"])
async def test_an_attempt_in_progress_goes_on_after_joining(
    storage: Storage, progress: str
) -> None:
    """With its answers, and at its place in the conversation."""
    phone, desk = learner(storage, "1"), learner(storage, "1", "browser")
    for each, name in ((phone, "phone"), (desk, "desk")):
        await each.takes("help")
        if progress in (name, "both"):
            await each.does(start("roles", attempt_id=f"of {name}"))
            await each.does(answer(right=False))
            await each.does(put(place=f"quiz of {name}"))
        else:
            await each.does(put(place=f"menu of {name}"))
    await invites(phone)

    await join(storage, desk.account, "digest", NOW)

    kept = "desk" if progress == "desk" else "phone"
    person = await desk.does()
    assert person.unfinished
    assert (person.unfinished.id, person.place) == (f"of {kept}", f"quiz of {kept}")
    assert [each.points for each in person.study.answers] == [0]
    assert await found(storage) == []
    while person.question:
        person = await phone.does(answer())
    assert person.study.results["roles"].best == 75
    assert await found(storage) == []


async def test_an_attempt_that_goes_on_comes_after_all_that_the_other_person_has_answered(
    storage: Storage,
) -> None:
    """As the next attempt prefers what was answered longest ago."""
    phone, desk = learner(storage, "1"), learner(storage, "1", "browser")
    await desk.does(start("chat", attempt_id="of the desk"))
    begun = (await desk.does(answer())).study.results["chat"].answered
    await phone.takes("chat")
    await phone.takes("chat")
    await invites(phone)

    await join(storage, desk.account, "digest", NOW)

    person = await desk.does()
    assert person.unfinished
    assert (person.unfinished.id, person.unfinished.number) == ("of the desk", 3)
    assert person.study.results["chat"].answered[-1:] == begun
    assert await found(storage) == []


async def test_joining_leaves_nothing_of_the_person_that_was_left(storage: Storage) -> None:
    phone, desk = learner(storage, "1"), learner(storage, "1", "browser")
    await desk.takes()
    await invites(desk, "of the desk")
    await invites(phone)

    await join(storage, desk.account, "digest", NOW)

    async with storage.reading() as connection:
        assert await connection.scalar(select(func.count()).select_from(schema.person)) == 1
        links = select(func.count()).select_from(schema.personal_link)
        assert await connection.scalar(links) == 0


async def test_what_was_done_at_the_joined_account_is_not_repeated(storage: Storage) -> None:
    phone, desk = learner(storage, "1"), learner(storage, "1", "browser")
    await desk.does(put(name="Анна"), move="42")
    await invites(phone)
    await join(storage, desk.account, "digest", NOW)

    assert (await desk.does(put(name="Другая"), move="42")).name == "Анна"


async def test_turns_at_both_accounts_while_they_are_joined_lose_nothing(
    storage: Storage, other: Storage
) -> None:
    phone, desk = learner(storage, "1"), learner(other, "1", "browser")
    await invites(phone)
    await desk.does(start("chat"))

    await asyncio.gather(
        join(storage, desk.account, "digest", NOW),
        *(desk.does(answer()) for _ in range(5)),
        *(phone.does(read("help", step)) for step in range(1, 4)),
    )

    person = await desk.does()
    assert person == replace(await phone.does(), seen_at=person.seen_at)
    assert person.study.readings["help"].furthest == 3
    assert person.study.results["chat"].best == 100
    assert await found(storage) == []


async def test_two_people_who_join_each_other_at_once_become_one_or_stay_two(
    storage: Storage, other: Storage
) -> None:
    phone, desk = learner(storage, "1"), learner(other, "1", "browser")
    await phone.takes("chat")
    await desk.takes("help")
    await invites(phone, "to the phone")
    await invites(desk, "to the desk")

    await asyncio.gather(
        join(storage, desk.account, "to the phone", NOW),
        join(other, phone.account, "to the desk", NOW),
    )

    person = await phone.does()
    assert person.id == (await desk.does()).id
    assert person.passed("chat")
    assert person.passed("help")
    assert await found(storage) == []


class Story:
    """Devices at which people learn side by side and are joined, drawn from a seed."""

    def __init__(self, storage: Storage, seed: int) -> None:
        self.storage = storage
        self.random = Random(seed)
        self.now = NOW
        self.joined = 0
        self.devices = [learner(storage, f"{key}", door) for key, door in DEVICES]

    async def goes_on(self) -> None:
        """Let one device do one thing, perhaps in the same moment as the last one."""
        self.now += timedelta(seconds=self.random.choice((0, 1, 50)))
        device = self.random.choice(self.devices)
        device.now = self.now
        person = await device.does()
        things: list[tuple[int, Callable[[], Awaitable[object]]]] = [
            (2, lambda: device.does(read(self.a_lesson(), self.random.randint(1, 4)))),
            (1, lambda: device.does(put(name=self.random.choice(("", "Анна", "Аня"))))),
            (2 if person.question else 6, lambda: self.begins(device)),
            (12 if person.question else 0, lambda: self.answers(device)),
            (2, lambda: self.joins(device)),
        ]
        weights, choices = zip(*things, strict=True)
        (thing,) = self.random.choices(choices, weights)
        await thing()

    def a_lesson(self) -> str:
        return self.random.choice(("chat", "help", "roles"))

    async def begins(self, device: Learner) -> None:
        await device.does(start(self.a_lesson(), at=self.now))

    async def answers(self, device: Learner) -> None:
        await device.does(answer(right=self.random.random() < 0.7, at=self.now))

    async def joins(self, guest: Learner) -> None:
        """Join the guest with another device's person; nobody loses anything by it."""
        host = self.random.choice(self.devices)
        host.now = guest.now = self.now
        digest = f"link {self.now.timestamp()} {self.joined}"
        await invites(host, digest)
        before = [await each.does() for each in (host, guest)]
        log = await self.answers_given()

        await join(self.storage, guest.account, digest, self.now)

        self.joined += 1
        after = await host.does()
        assert after == await guest.does()
        assert await self.answers_given() == log
        assert {lesson for each in before for lesson in each.study.results} == set(
            after.study.results
        )
        for each in before:
            assert all(
                after.passed(lesson) for lesson in each.study.results if each.passed(lesson)
            )
        running = {each.unfinished.id: each.study.answers for each in before if each.unfinished}
        if running:
            assert after.unfinished
            assert after.study.answers == running[after.unfinished.id]
        assert await found(self.storage) == []

    async def answers_given(self) -> int:
        async with self.storage.reading() as connection:
            count = await connection.scalar(select(func.count()).select_from(schema.answer))
        assert count is not None
        return count


@pytest.mark.parametrize("seed", range(STORIES))
async def test_people_who_learn_side_by_side_and_are_joined_again_and_again_stay_true_to_their_log(
    storage: Storage, seed: int
) -> None:
    """Attempts overlap, are left unfinished, and go on after the join, at whichever device."""
    story = Story(storage, seed)
    for _ in range(EVENTS):
        await story.goes_on()
    while story.joined < 2:
        await story.joins(story.random.choice(story.devices))

    for device in story.devices:
        device.now = story.now
        while (await device.does()).question:
            await story.answers(device)
        assert await found(storage) == []
    await story.joins(story.devices[0])
