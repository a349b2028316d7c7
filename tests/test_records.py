"""The log read back: tampering is found, people are joined whole, all is handed out."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Update, delete, func, select, text, update
from sqlalchemy.engine import URL

from course_bot.learning.progress import LessonResult, Study
from course_bot.storage import Account, records, schema
from course_bot.storage.engine import create_engine
from course_bot.storage.records import Difference, Joined, differences, export, join
from course_bot.storage.store import Storage
from tests.learners import NOW, Learner, answer, forget, learner, link, put, read, start

SOON = NOW + timedelta(minutes=15)


@pytest.fixture
async def other(url: URL) -> AsyncIterator[Storage]:
    """Another process on the same database, as far as the database can tell."""
    async with Storage(create_engine(url)) as storage:
        yield storage


async def found(storage: Storage) -> list[Difference]:
    return [difference async for difference in differences(storage)]


async def change(storage: Storage, *statements: Update) -> None:
    async with storage.writing() as connection:
        for statement in statements:
            await connection.execute(statement)


# Verifying


async def a_school(storage: Storage) -> tuple[Learner, Learner]:
    """Let Ann pass after failing and giving up, and Bob stop in the middle."""
    ann, bob = learner(storage, "ann"), learner(storage, "bob")
    await ann.takes("chat", wrong=3)
    ann.now += timedelta(hours=1)
    await ann.does(start("chat", at=ann.now, attempt_id="given up"))
    await ann.does(answer(at=ann.now))
    ann.now += timedelta(hours=1)
    await ann.takes("chat")
    await ann.does(read("roles", 2))
    await bob.does(start("roles", attempt_id="in progress"))
    await bob.does(answer(right=False))
    await bob.does(answer())
    return ann, bob


async def test_a_healthy_database_differs_in_nothing(storage: Storage) -> None:
    await a_school(storage)
    await learner(storage, "new").does()

    assert await found(storage) == []


async def test_an_empty_database_differs_in_nothing(storage: Storage) -> None:
    assert await found(storage) == []


async def test_everybody_is_looked_at_however_many_they_are(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records, "PEOPLE_AT_ONCE", 3)
    people = [learner(storage, f"{key}") for key in range(10)]
    done = [await person.takes("chat") for person in people]
    await change(storage, update(schema.attempt).values(score=1))

    assert [each.person for each in await found(storage)] == [person.id for person in done]


ANSWER = schema.answer.c
UNFINISHED = ANSWER.attempt_id == "given up"


@pytest.mark.parametrize(
    ("tampering", "what"),
    [
        (
            update(schema.answer).where(UNFINISHED).values(points=99),
            "answer 0 of attempt given up",
        ),
        (update(schema.answer).where(UNFINISHED).values(version="v2"), "answer 0 of attempt"),
        (update(schema.answer).where(UNFINISHED).values(question="else"), "answer 0 of attempt"),
        (update(schema.answer).where(UNFINISHED).values(index=1), "answer 1 of attempt"),
        (update(schema.answer).where(UNFINISHED).values(index=7), "answer 7 of attempt"),
        (update(schema.answer).where(UNFINISHED).values(response=(99,)), "answer 0 of attempt"),
        (delete(schema.answer).where(ANSWER.attempt_id == "in progress"), "answers of the latest"),
        (delete(schema.answer), "lesson chat"),
        (update(schema.attempt).values(score=100), "attempt "),
        (update(schema.attempt).values(passed=True), "attempt "),
        (update(schema.attempt).values(finished_at=NOW + timedelta(days=9)), "attempt "),
        (update(schema.attempt).values(pass_mark=101), "attempt "),
        (update(schema.attempt).values(lesson="help"), "lesson help"),
        (update(schema.person).values(attempt_id=None), "answers of the latest attempt"),
        (update(schema.person).values(attempt_id="gone"), "latest attempt"),
        (update(schema.person).values(attempt_id="given up"), "latest attempt"),
        (update(schema.person).values(study=Study()), "lesson chat"),
    ],
    ids=str,
)
async def test_what_was_tampered_with_is_found(
    storage: Storage, tampering: Update, what: str
) -> None:
    await a_school(storage)

    await change(storage, tampering)

    assert any(each.what.startswith(what) for each in await found(storage)), await found(storage)


async def test_an_answer_written_twice_over_is_found(storage: Storage) -> None:
    ann, _ = await a_school(storage)
    async with storage.writing() as connection:
        row = (await connection.execute(select(schema.answer).where(UNFINISHED))).mappings().one()
        await connection.execute(schema.answer.insert().values({**row, "index": 1}))

    assert {each.what for each in await found(storage)} >= {"answer 1 of attempt given up"}
    assert (await ann.does()).passed("chat")


@pytest.mark.parametrize(
    "results",
    [
        {"chat": LessonResult(attempts=1, best=100, passed_at=NOW)},
        {"help": LessonResult(attempts=1)},
    ],
    ids=["changed", "invented"],
)
async def test_progress_that_the_log_does_not_tell_is_found(
    storage: Storage, results: dict[str, LessonResult]
) -> None:
    ann, _ = await a_school(storage)
    person = await ann.does()
    invented = replace(person.study, results={**person.study.results, **results})

    await ann.does(put(study=invented))

    (difference,) = await found(storage)
    lesson = next(iter(results))
    assert (difference.person, difference.what) == (person.id, f"lesson {lesson}")
    assert difference.stored == results[lesson]
    assert difference.derived == person.study.results.get(lesson)


async def test_a_row_that_cannot_be_read_is_told_and_the_others_are_still_looked_at(
    storage: Storage,
) -> None:
    ann, bob = await a_school(storage)
    broken = await bob.does()
    async with storage.writing() as connection:
        await connection.execute(
            text("UPDATE person SET study = '{\"odd\": 1}' WHERE id = :id"), {"id": broken.id}
        )
    await change(storage, update(schema.attempt).values(passed=False))

    told = [(each.person, each.what.split()[0]) for each in await found(storage)]

    assert sorted(told) == sorted([((await ann.does()).id, "attempt"), (broken.id, "unreadable")])


async def test_verifying_while_people_learn_finds_nothing(storage: Storage) -> None:
    people = [learner(storage, f"{key}") for key in range(5)]
    learning = asyncio.gather(*(person.takes(lesson) for person in people for lesson in ("chat",)))
    while not learning.done():
        assert await found(storage) == []
    await learning


# Handing out


async def test_the_export_holds_everything_and_nothing_of_others(storage: Storage) -> None:
    ann, _ = await a_school(storage)
    await ann.does(put(name='Анна <b>&"', track="teacher"))
    person = await ann.does()

    told = json.loads(await export(storage, ann.account))

    assert told["person"] == {
        "id": person.id,
        "name": 'Анна <b>&"',
        "language": "ru",
        "track": "teacher",
        "reminders": True,
        "joined_at": "2026-11-23T09:00:00Z",
        "seen_at": "2026-11-23T11:00:00Z",
        "reminders_sent": 0,
        "place": person.place,
    }
    assert told["accounts"] == [{"id": "telegram:ann", "blocked_at": None}]
    assert {each["account_id"] for each in told["recent_moves"]} == {"telegram:ann"}
    assert told["personal_links_until"] == []
    assert told["study"]["readings"] == {"roles": {"step": 2, "furthest": 2}}
    assert told["study"]["results"]["chat"]["best"] == 100
    assert [len(each["answers"]) for each in told["attempts"]] == [5, 1, 5]
    assert told["attempts"][1]["attempt"]["id"] == "given up"
    assert told["attempts"][0]["answers"][0]["points"] == 0


async def test_the_export_is_read_by_people_as_it_is(storage: Storage) -> None:
    ann = learner(storage)
    await ann.does(put(name="Анна"))

    text = (await export(storage, ann.account)).decode()

    assert '    "name": "Анна",\n' in text


async def test_of_an_unknown_account_nothing_is_exported(storage: Storage) -> None:
    assert await export(storage, Account(door="telegram", key="404")) == b"{}"


# Joining


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
    assert await join(storage, phone.account, "digest", NOW) is Joined.EXPIRED
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
    told = json.loads(await export(storage, phone.account))
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
