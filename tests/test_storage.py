"""Turns on both databases: whole or not at all, once, in order, whatever breaks meanwhile."""

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from pydantic import TypeAdapter
from sqlalchemy import Connection, func, insert, literal, select, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from course_bot.learning.progress import Person, Study
from course_bot.storage import Account, loading, questions, schema, store
from course_bot.storage.engine import DatabaseUrlError, create_engine, database_url
from course_bot.storage.schema import Json, metadata
from course_bot.storage.store import (
    MOVES_KEPT,
    TURNS_IN_COMMIT,
    ClosedError,
    Decision,
    Situation,
    Storage,
)
from course_bot.storage.writes import Writes
from tests.courses import POOL, make_course, right_response
from tests.learners import (
    NOW,
    Learner,
    answer,
    forget,
    join,
    learner,
    link,
    look,
    put,
    read,
    start,
    statements,
)

DAY = timedelta(days=1)


class OddError(Exception):
    """A fault of a conversation."""


def fail(_: Person) -> Decision:
    raise OddError


async def count(url: URL, *tables: str) -> dict[str, int]:
    """Count rows over a connection of one's own: what is seen is committed."""
    engine = create_engine(url)
    try:
        async with engine.connect() as connection:
            return {
                name: await connection.scalar(
                    select(func.count()).select_from(metadata.tables[name])
                )
                or 0
                for name in tables or metadata.tables
            }
    finally:
        await engine.dispose()


@pytest.fixture
async def other(url: URL) -> AsyncIterator[Storage]:
    """Another process on the same database, as far as the database can tell."""
    async with Storage(create_engine(url)) as storage:
        yield storage


# What a turn is


async def test_a_turn_is_committed_before_it_returns(storage: Storage, url: URL) -> None:
    ann = learner(storage)

    await ann.does(put(name="Анна", track="teacher", place="menu"))

    engine = create_engine(url)
    async with engine.connect() as connection:
        row = (await connection.execute(select(schema.person))).one()
    await engine.dispose()
    assert (row.name, row.track, row.place) == ("Анна", "teacher", "menu")


async def test_an_account_met_for_the_first_time_gets_a_person(storage: Storage) -> None:
    person = await learner(storage).does()

    assert person == Person(id=person.id, joined_at=NOW, seen_at=NOW, study=Study())


async def test_a_person_is_found_again_with_everything_they_did(storage: Storage) -> None:
    ann = learner(storage)
    done = await ann.does(put(name="Анна", language="en", track="teacher", reminders=False))
    done = await ann.does(read("chat", 3))
    done = await ann.does(start())
    done = await ann.does(put(study=replace(done.study, draft=(2, 1))))

    assert await ann.does() == done


async def test_seeing_a_person_again_moves_the_time_they_were_seen(storage: Storage) -> None:
    ann = learner(storage)
    await ann.does()

    ann.now += timedelta(hours=1)
    await ann.does()

    seen = await ann.does()
    assert (seen.joined_at, seen.seen_at) == (NOW, NOW + timedelta(hours=1))


async def test_accounts_are_told_apart_by_door_and_key(storage: Storage) -> None:
    people = [
        await learner(storage, key, door).does()
        for door, key in (("telegram", "1"), ("telegram", "11"), ("browser", "1"))
    ]

    assert len({person.id for person in people}) == 3


async def test_a_time_comes_back_in_utc_to_the_microsecond(storage: Storage) -> None:
    ann = learner(storage)
    ann.now = datetime.fromisoformat("2026-11-23T12:00:00.123456+03:00")

    await ann.does()

    assert (await ann.does()).seen_at.isoformat() == "2026-11-23T09:00:00.123456+00:00"


@pytest.mark.parametrize("text", ["Ann <b>&\"' % \\ ;--", "😀\u202eאבג", "Я" * 4000, ""])
async def test_any_name_comes_back_as_it_was(storage: Storage, text: str) -> None:
    ann = learner(storage)

    await ann.does(put(name=text))

    assert (await ann.does()).name == text


async def test_every_kind_of_question_survives_the_round_trip(storage: Storage) -> None:
    course = make_course()
    whole = replace(course.lessons["chat"], draw=len(POOL))
    course = replace(course, lessons={**course.lessons, "chat": whole})
    ann = learner(storage)

    started = await ann.does(start(course=course))

    assert started.attempt
    assert {asked.question.kind for asked in started.attempt.asked} == {
        question.kind for question in POOL
    }
    person = await ann.does()
    assert person.attempt == started.attempt
    while person.question:
        given = right_response(person.question.filled)
        person = await ann.does(answer(given))
        assert (await ann.does()).study.answers[-1].response == given
    assert person.study.results["chat"].best == 100


# Once


async def test_a_repeated_move_changes_nothing(storage: Storage, url: URL) -> None:
    ann = learner(storage)
    await ann.does(start())
    after = await ann.does(answer(), move="42")
    before = await count(url)

    again = await ann.does(answer(), move="42")

    assert again == after
    assert await count(url) == before


async def test_what_is_decided_on_a_repeated_move_is_not_remembered(storage: Storage) -> None:
    ann = learner(storage)
    await ann.does(put(name="Анна"), move="42")

    def decide(_: Situation) -> Decision:
        raise AssertionError("a repeated move is not decided again")

    assert (await storage.turn(ann.account, "42", NOW, decide)).person.name == "Анна"
    assert (await ann.does()).name == "Анна"


async def test_the_same_move_id_of_two_accounts_is_two_moves(storage: Storage) -> None:
    people = [learner(storage, f"{key}") for key in range(5)]
    for person in people[:2]:
        await person.does(move="1")

    done = await asyncio.gather(*(each.does(put(name="Анна"), move="1") for each in people))

    assert [person.name for person in done] == ["", "", "Анна", "Анна", "Анна"]


async def test_the_same_move_from_twenty_tasks_at_once_is_one(
    storage: Storage, other: Storage
) -> None:
    ann, again = learner(storage), learner(other)
    await ann.does(start())

    await asyncio.gather(
        *(each.does(answer(right=False), move="42") for each in (ann, again) for _ in range(10))
    )

    assert len((await ann.does()).study.answers) == 1


async def test_a_first_contact_delivered_twenty_times_at_once_makes_one_person(
    storage: Storage, other: Storage, url: URL
) -> None:
    people = await asyncio.gather(
        *(learner(each).does(move="1") for each in (storage, other) for _ in range(10))
    )

    assert len({person.id for person in people}) == 1
    assert await count(url, "person", "account", "move") == {"person": 1, "account": 1, "move": 1}


async def test_many_first_contacts_at_two_processes_at_once_make_one_person_each(
    storage: Storage, other: Storage, url: URL
) -> None:
    keys = [f"{number}" for number in range(40)]

    await asyncio.gather(
        *(learner(storage, key).does(move="1") for key in keys),
        *(learner(other, key).does(move="2") for key in reversed(keys)),
    )

    assert await count(url, "person", "account", "move") == {
        "person": 40,
        "account": 40,
        "move": 80,
    }


def add_one(person: Person) -> Decision:
    person = replace(person, place=f"{int(person.place or 0) + 1}")
    return Decision(person=person)


async def test_twenty_read_modify_writes_of_one_person_at_once_lose_none(
    storage: Storage, other: Storage
) -> None:
    ann, again = learner(storage), learner(other)
    await ann.does()

    await asyncio.gather(*(each.does(add_one) for each in (ann, again) for _ in range(10)))

    assert (await ann.does()).place == "20"


async def test_a_statement_is_not_taken_for_one_that_reads_json_of_another_kind(
    storage: Storage,
) -> None:
    """SQLAlchemy compiles a statement once, with the types it has then."""
    words, numbers = Json(TypeAdapter(list[str])), Json(TypeAdapter(list[int]))
    async with storage.reading() as connection:
        assert await connection.scalar(select(literal(["1"], words))) == ["1"]
        assert await connection.scalar(select(literal([1], numbers))) == [1]


async def test_wordings_that_are_read_stay_when_memory_is_cleared_for_others(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A turn in the writer's thread reads others meanwhile."""
    monkeypatch.setattr(questions, "_known", {})
    monkeypatch.setattr(questions, "KNOWN_MOST", 1)
    asked = []
    for key in ("1", "2"):
        person = await learner(storage, key).does(start(attempt_id=f"of {key}"))
        assert person.attempt
        asked.append(questions.refer(person.attempt)[0])
    async with storage.reading() as connection:
        first, _ = [
            await connection.run_sync(questions.read_wordings, [references])
            for references in asked
        ]

    assert {key for key, *_ in asked[0]} == first.keys()
    assert len(questions.resolve(asked[0], first)) == len(asked[0])


@pytest.mark.postgres
@pytest.mark.parametrize("url", ["postgres"], indirect=True)
async def test_who_waits_for_another_process_sees_the_attempt_that_it_started(
    storage: Storage, url: URL
) -> None:
    """A statement that waited for a lock sees what it locked anew, but not what it joins to it."""
    ann = learner(storage)
    before = await ann.does(start())
    assert before.attempt
    engine = create_engine(url)
    async with engine.connect() as connection:
        await connection.execute(select(schema.person.c.id).with_for_update())
        turn = asyncio.create_task(ann.does())
        await waits_for_a_lock(url)
        row = (await connection.execute(select(schema.attempt))).mappings().one()
        await connection.execute(insert(schema.attempt).values({**row, "id": "new"}))
        await connection.execute(schema.person.update().values(attempt_id="new", name="Анна"))
        await connection.commit()
    await engine.dispose()

    person = await turn

    assert person.attempt == replace(before.attempt, id="new")
    assert person.name == "Анна"


@pytest.mark.postgres
@pytest.mark.parametrize("url", ["postgres"], indirect=True)
async def test_letting_the_bot_in_again_waits_for_a_turn_of_the_person_at_another_process(
    storage: Storage, url: URL
) -> None:
    """In the order in which a turn locks: else the two could wait for each other for ever."""
    ann = learner(storage)
    await ann.does(put(track="teacher"))
    await storage.blocked(ann.account, NOW)
    await storage.plan_reminders(["telegram"], NOW + 3 * DAY, lambda _: True)
    engine = create_engine(url)
    async with engine.connect() as connection:
        await connection.execute(select(schema.person.c.id).with_for_update())
        let_in = asyncio.create_task(storage.blocked(ann.account, None))
        await waits_for_a_lock(url)
        await connection.execute(schema.account.update().values(blocked_at=None))
        seen = {"seen_at": NOW + DAY, "reminders_sent": 0, "remind_at": NOW + 4 * DAY}
        await connection.execute(schema.person.update().values(seen))
        await connection.commit()
    await engine.dispose()

    await let_in

    async with storage.reading() as reading:
        row = (await reading.execute(select(schema.person))).mappings().one()
    assert {name: row[name] for name in seen} == seen


async def waits_for_a_lock(url: URL) -> None:
    """Wait until a connection to the PostgreSQL database waits for another."""
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    engine = create_engine(url)
    async with engine.connect() as connection:
        while not await connection.scalar(waiting):
            await connection.rollback()
            await asyncio.sleep(0.01)
    await engine.dispose()


# Together and in order


async def test_more_turns_than_share_a_commit_are_all_carried_out(
    storage: Storage, url: URL
) -> None:
    people = TURNS_IN_COMMIT * 3 + 1

    await asyncio.gather(*(learner(storage, f"{key}").does() for key in range(people)))

    assert (await count(url, "person"))["person"] == people


async def test_turns_that_wait_together_share_statements(storage: Storage) -> None:
    people = [learner(storage, f"{key}") for key in range(TURNS_IN_COMMIT)]
    await asyncio.gather(*(person.does() for person in people))

    with statements() as seen:
        await asyncio.gather(*(person.does() for person in people))

    assert len(seen) <= 2 * 4


def note(order: list[str], what: str) -> Callable[[Person], Decision]:
    """Note that the turn's decision is made."""

    def change(person: Person) -> Decision:
        order.append(what)
        return look(person)

    return change


async def test_an_accounts_turns_are_carried_out_in_their_order(storage: Storage) -> None:
    ann, bob = learner(storage, "ann"), learner(storage, "bob")
    order: list[str] = []

    await asyncio.gather(
        *(ann.does(note(order, f"ann{number}")) for number in range(50)),
        *(bob.does(note(order, f"bob{number}")) for number in range(50)),
    )

    assert [what for what in order if "ann" in what] == [f"ann{number}" for number in range(50)]
    assert [what for what in order if "bob" in what] == [f"bob{number}" for number in range(50)]


async def test_a_flood_of_one_person_holds_up_nobody_else(storage: Storage) -> None:
    ann, bob = learner(storage, "ann"), learner(storage, "bob")
    await asyncio.gather(ann.does(), bob.does())
    flood = [asyncio.create_task(ann.does()) for _ in range(500)]
    await asyncio.sleep(0)

    await bob.does()

    assert sum(turn.done() for turn in flood) < 10
    await asyncio.gather(*flood)


async def test_a_flood_of_more_people_than_share_a_commit_does_not_hold_up_a_newcomer(
    storage: Storage,
) -> None:
    crowd = [learner(storage, f"{key}") for key in range(TURNS_IN_COMMIT + 1)]
    flood = [asyncio.create_task(each.does()) for _ in range(10) for each in crowd]
    await asyncio.sleep(0)

    await learner(storage, "newcomer").does()

    assert sum(turn.done() for turn in flood) <= 3 * TURNS_IN_COMMIT
    await asyncio.gather(*flood)


async def two_accounts(storage: Storage) -> tuple[Learner, Learner]:
    """Make one person with two accounts, without going through a personal link."""
    phone, desk = learner(storage, "1", "telegram"), learner(storage, "1", "browser")
    person = await phone.does()
    async with storage.writing() as connection:
        await connection.execute(
            insert(schema.account).values(id=store.account_id(desk.account), person_id=person.id)
        )
    return phone, desk


async def test_two_accounts_of_one_person_in_one_batch_lose_nothing(storage: Storage) -> None:
    phone, desk = await two_accounts(storage)

    await asyncio.gather(*(each.does(add_one) for _ in range(10) for each in (phone, desk)))

    assert (await phone.does()).place == (await desk.does()).place == "20"


async def test_turns_of_a_persons_accounts_are_carried_out_in_their_order(
    storage: Storage,
) -> None:
    """Of those that come together, one is carried out, and the others wait at the front."""
    phone, desk = await two_accounts(storage)
    tablet = learner(storage, "1", "max")
    await phone.does(link("another", NOW + DAY))
    await join(storage, tablet.account, "another", NOW)
    order: list[str] = []

    await asyncio.gather(
        phone.does(note(order, "phone")),
        desk.does(note(order, "desk")),
        *(tablet.does(note(order, f"tablet {number}")) for number in range(3)),
    )

    assert order == ["phone", "desk", "tablet 0", "tablet 1", "tablet 2"]


async def test_a_flood_at_one_device_does_not_hold_up_the_persons_other(
    storage: Storage,
) -> None:
    phone, desk = await two_accounts(storage)
    flood = [asyncio.create_task(phone.does()) for _ in range(200)]
    await asyncio.sleep(0)

    await desk.does()

    assert sum(turn.done() for turn in flood) < 10
    await asyncio.gather(*flood)


# Statements


async def counted(turn: Callable[[], Any]) -> int:
    with statements() as seen:
        await turn()
    return len(seen)


async def test_a_step_takes_three_statements_and_an_answer_five(storage: Storage) -> None:
    """On PostgreSQL one more, which locks."""
    locks = storage.engine.dialect.name == "postgresql"
    ann = learner(storage)
    person = await ann.does(put(track="teacher"))

    bob = learner(storage, "bob")
    for _ in range(20):
        await bob.does(start())  # a wording that was never asked before costs one more

    assert await counted(lambda: ann.does(read("chat", 2))) == 3 + locks
    assert await counted(lambda: ann.does(start())) == 4 + locks
    person = await ann.does()
    assert person.attempt
    for _ in person.attempt.asked:
        assert await counted(lambda: ann.does(answer())) <= 5 + locks


# What fails fails alone


async def test_a_decision_that_raises_fails_only_its_own_turn_and_writes_nothing(
    storage: Storage, url: URL
) -> None:
    people = [learner(storage, f"{key}") for key in range(5)]

    done = await asyncio.gather(
        *(person.does(fail if number == 2 else look) for number, person in enumerate(people)),
        return_exceptions=True,
    )

    assert [isinstance(result, Person) for result in done] == [True, True, False, True, True]
    assert isinstance(done[2], OddError)
    assert await count(url, "person", "account", "move") == {"person": 4, "account": 4, "move": 4}
    assert isinstance(await people[2].does(), Person)


async def test_a_decision_that_raises_can_be_made_again(storage: Storage) -> None:
    ann = learner(storage)
    await ann.does(put(name="Анна"))
    with pytest.raises(OddError):
        await ann.does(fail, move="42")

    assert (await ann.does(put(name="Аня"), move="42")).name == "Аня"


async def together(storage: Storage, change: Callable[[Person], Decision]) -> list[Any]:
    """Let five people take a turn together, of whom the third makes this change."""
    people = [learner(storage, f"{key}") for key in range(5)]
    await asyncio.gather(*(person.does() for person in people))
    done = await asyncio.gather(
        *(
            person.does(change if number == 2 else put(name="Анна"))
            for number, person in enumerate(people)
        ),
        return_exceptions=True,
    )
    names = [(await person.does()).name for person in people]
    assert names == ["Анна", "Анна", "", "Анна", "Анна"]
    return done


async def test_a_broken_constraint_takes_no_other_turn_along(storage: Storage) -> None:
    await learner(storage, "first").does(start(attempt_id="taken"))

    done = await together(storage, start(attempt_id="taken"))

    assert isinstance(done[2], SQLAlchemyError)


async def test_the_wordings_of_a_turn_that_failed_come_with_the_next(storage: Storage) -> None:
    ann = learner(storage)
    await ann.does()

    def twice(person: Person) -> Decision:
        decision = start(attempt_id="a")(person)
        return replace(decision, records=decision.records * 2)

    with pytest.raises(SQLAlchemyError):
        await ann.does(twice)
    begun = await ann.does(start(attempt_id="a"))
    questions._known.clear()  # as after a new start

    assert (await ann.does()).attempt == begun.attempt


async def test_a_text_that_no_database_can_store_takes_no_other_turn_along(
    storage: Storage,
) -> None:
    done = await together(storage, put(name="\ud800"))

    assert isinstance(done[2], Exception)


async def test_a_text_that_one_database_cannot_store_takes_no_other_turn_along(
    storage: Storage,
) -> None:
    """PostgreSQL stores no NUL; SQLite does."""
    people = [learner(storage, f"{key}") for key in range(3)]

    done = await asyncio.gather(
        *(each.does(put(name="\x00" if n == 1 else "Анна")) for n, each in enumerate(people)),
        return_exceptions=True,
    )

    assert [isinstance(done[0], Person), isinstance(done[2], Person)] == [True, True]
    if storage.engine.dialect.name == "postgresql":
        assert isinstance(done[1], DBAPIError)


async def test_a_broken_row_fails_its_own_person_only(storage: Storage) -> None:
    people = [learner(storage, f"{key}") for key in range(3)]
    await asyncio.gather(*(person.does() for person in people))
    async with storage.writing() as connection:
        await connection.execute(
            text(
                "UPDATE person SET study = 'no JSON' WHERE id ="
                " (SELECT person_id FROM account WHERE id = 'telegram:1')"
            )
        )

    done = await asyncio.gather(*(person.does() for person in people), return_exceptions=True)

    assert [isinstance(result, Person) for result in done] == [True, False, True]
    assert isinstance(done[1], ValueError)


async def test_a_time_without_its_zone_is_refused(storage: Storage) -> None:
    ann = learner(storage)
    ann.now = NOW.replace(tzinfo=None)

    with pytest.raises(SQLAlchemyError, match="zone"):
        await ann.does()

    ann.now = NOW
    assert isinstance(await ann.does(), Person)


async def test_callers_that_gave_up_break_nothing_and_lose_nothing(storage: Storage) -> None:
    people = [learner(storage, f"{key}") for key in range(20)]
    await asyncio.gather(*(person.does() for person in people))
    turns = [asyncio.create_task(person.does(put(name="Анна"))) for person in people]
    for number, turn in enumerate(turns):
        if number % 2:
            await asyncio.sleep(0)
            turn.cancel()

    done = await asyncio.gather(*turns, return_exceptions=True)

    assert sum(isinstance(result, asyncio.CancelledError) for result in done) >= 9
    for person in people[::2]:
        assert (await person.does()).name == "Анна"


async def test_a_turn_cancelled_before_it_begins_is_carried_out_all_the_same_or_not_at_all(
    storage: Storage,
) -> None:
    ann = learner(storage)
    await ann.does()
    turn = asyncio.create_task(ann.does(put(name="Анна", place="menu"), move="42"))
    await asyncio.sleep(0)
    turn.cancel()

    again = await ann.does(put(name="Анна", place="menu"), move="42")

    assert (again.name, again.place) == ("Анна", "menu")


# When the database fails


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
async def test_a_locked_database_fails_turns_with_that_error_and_later_turns_work(
    storage: Storage, url: URL, caplog: pytest.LogCaptureFixture
) -> None:
    people = [learner(storage, f"{key}") for key in range(3)]
    await asyncio.gather(*(person.does() for person in people))

    def wait_briefly(connection: Connection) -> None:
        connection.connection.cursor().execute("PRAGMA busy_timeout=20")

    await storage._connection.run(wait_briefly)
    lock = sqlite3.connect(str(url.database), isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")

    done = await asyncio.gather(
        *(person.does(put(name="Анна")) for person in people), return_exceptions=True
    )
    lock.execute("COMMIT")
    lock.close()

    assert all(isinstance(result, OperationalError) for result in done)
    assert "locked" in str(done[0])
    assert "tried alone" not in caplog.text, "nobody is kept waiting for the lock twice"
    assert [(await person.does()).name for person in people] == ["", "", ""]


async def terminate(url: URL) -> None:
    """Kill all connections to the PostgreSQL database but one's own."""
    engine = create_engine(url)
    async with engine.connect() as connection:
        await connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )
    await engine.dispose()


@pytest.mark.postgres
@pytest.mark.parametrize("url", ["postgres"], indirect=True)
async def test_connections_killed_between_turns_cost_no_turn(storage: Storage, url: URL) -> None:
    people = [learner(storage, f"{key}") for key in range(5)]
    await asyncio.gather(*(person.does() for person in people))

    for name in ("Анна", "Аня"):
        await terminate(url)
        done = await asyncio.gather(*(person.does(put(name=name)) for person in people))
        assert [person.name for person in done] == [name] * 5

    assert (await people[0].does()).name == "Аня"


@pytest.mark.postgres
@pytest.mark.parametrize("url", ["postgres"], indirect=True)
async def test_a_connection_killed_in_the_middle_of_a_turn_costs_no_turn(
    storage: Storage, url: URL
) -> None:
    ann = learner(storage)
    await ann.does()
    engine = create_engine(url)
    async with engine.connect() as connection:
        await connection.execute(select(schema.person.c.id).with_for_update())
        turn = asyncio.create_task(ann.does(add_one))
        await waits_for_a_lock(url)
        await connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
        )
        await connection.rollback()
    await engine.dispose()

    assert (await turn).place == "1"
    assert (await ann.does()).place == "1"


async def test_a_commit_whose_confirmation_is_lost_counts_once(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection breaks after the database has committed and before it could say so."""
    ann, bob = learner(storage, "ann"), learner(storage, "bob")
    await ann.does(start())
    await bob.does()
    commit = Writes.commit
    connections: list[Connection] = []

    def commit_and_break(self: Writes, connection: Connection) -> None:
        commit(self, connection)
        connections.append(connection)
        if len(connections) == 1:
            raise ConnectionResetError

    monkeypatch.setattr(Writes, "commit", commit_and_break)

    person, _ = await asyncio.gather(ann.does(answer(), move="42"), bob.does(add_one, move="43"))

    assert connections[1] is not connections[0]
    assert len(person.study.answers) == 1
    assert len((await ann.does()).study.answers) == 1
    assert (await bob.does()).place == "1"


async def test_a_database_that_cannot_be_reached_fails_turns_and_is_found_again(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = [learner(storage, f"{key}") for key in range(3)]
    await asyncio.gather(*(person.does() for person in people))
    tries = []

    def refuse(*_: object) -> None:
        tries.append(1)
        raise ConnectionRefusedError

    with monkeypatch.context() as patch:
        patch.setattr(loading, "load", refuse)
        done = await asyncio.gather(*(person.does() for person in people), return_exceptions=True)

    assert [type(result) for result in done] == [ConnectionRefusedError] * 3
    assert len(tries) == 2, "when the database is in trouble, the rest need not find out alone"
    assert isinstance(await people[0].does(), Person)


async def test_a_fault_that_nobody_foresaw_does_not_end_the_writer(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann = learner(storage)

    def odd(*_: object, **__: object) -> None:
        raise OddError

    with monkeypatch.context() as patch:
        patch.setattr(Writes, "turn", odd)
        with pytest.raises(OddError):
            await ann.does()

    assert isinstance(await ann.does(), Person)


async def test_a_time_without_its_zone_is_not_stored(storage: Storage) -> None:
    ann = learner(storage)
    before = await ann.does()
    ann.now = NOW.replace(tzinfo=None)

    with pytest.raises(ValueError, match="without its zone"):
        await ann.does(put(name="Анна"))

    ann.now = NOW
    assert await ann.does() == before


async def test_what_a_person_wrote_is_in_no_error_and_in_no_log(
    storage: Storage, caplog: pytest.LogCaptureFixture
) -> None:
    ann = learner(storage)
    await ann.does()
    name = "Анна Петровна"

    with pytest.raises(SQLAlchemyError) as caught:
        await ann.does(put(name=name, place=["no place"]))
    logging.getLogger("course_bot").error("a fault", exc_info=caught.value)

    assert "UPDATE person" in caplog.text
    assert name not in caplog.text


# Opening and closing


async def test_closing_carries_out_what_waits(engine: AsyncEngine, url: URL) -> None:
    async with Storage(engine) as storage:
        people = [learner(storage, f"{key}") for key in range(TURNS_IN_COMMIT * 2)]
        turns = [asyncio.create_task(person.does()) for person in people]
        await asyncio.sleep(0)

    assert all(turn.done() for turn in turns)
    await asyncio.gather(*turns)
    assert (await count(url, "person"))["person"] == len(people)


async def test_a_turn_is_refused_by_a_storage_that_is_not_open(engine: AsyncEngine) -> None:
    storage = Storage(engine)
    with pytest.raises(ClosedError):
        await learner(storage).does()

    async with storage:
        await learner(storage).does()

    with pytest.raises(ClosedError):
        await learner(storage).does()


@pytest.mark.parametrize("alone", [False, True], ids=["together", "one by one"])
async def test_a_writer_that_is_cancelled_leaves_nobody_waiting(
    engine: AsyncEngine, alone: bool
) -> None:
    async with Storage(engine) as storage:
        people = [learner(storage, f"{key}") for key in range(5)]
        await asyncio.gather(*(person.does() for person in people))
        decisions = []

        def cancel(person: Person) -> Decision:
            decisions.append(person)
            if alone and len(decisions) == 1:
                return start(attempt_id="taken")(person)
            assert storage._writer
            storage._writer.cancel()
            return look(person)

        await people[1].does(start(attempt_id="taken"))
        turns = [asyncio.create_task(each.does(cancel)) for each in people[:1]]
        turns += [asyncio.create_task(each.does()) for each in people for _ in range(3)]

        done = await asyncio.gather(*turns, return_exceptions=True)

        assert {type(result) for result in done} == {ClosedError}
        with pytest.raises(ClosedError):
            await people[0].does()
        assert storage._writer
        with pytest.raises(asyncio.CancelledError):
            await storage._writer
        storage._writer = None


# Forgetting, blocking, tidying


async def test_forgetting_deletes_everything_of_the_person_and_nothing_of_others(
    storage: Storage, url: URL
) -> None:
    ann, bob = learner(storage, "ann"), learner(storage, "bob")
    await bob.takes()
    of_bob = await count(url)
    await ann.takes()
    await ann.does(link("digest", NOW + timedelta(minutes=15)))

    await ann.does(forget)

    left = await count(url)
    # The wordings of questions are the course's, and nobody's.
    assert left == {**of_bob, "deletion": 1, "question": left["question"]}
    assert (await bob.does()).passed("chat")
    async with storage.reading() as connection:
        for table in metadata.sorted_tables:
            for key in table.foreign_keys:
                known = key.column.table.alias("known").c[key.column.name]
                orphans = select(func.count()).where(
                    key.parent.is_not(None), key.parent.not_in(select(known))
                )
                assert await connection.scalar(orphans) == 0


async def test_a_deletion_that_comes_again_makes_nobody_and_speaks_their_language(
    storage: Storage, url: URL
) -> None:
    ann = learner(storage)
    before = await ann.does(put(language="en", place="forget"))
    await ann.does(forget, move="42")

    again = await ann.does(move="42")

    assert (again.id, again.language, again.place) == (before.id, "en", "forget")
    assert await count(url, "person", "account") == {"person": 0, "account": 0}


async def test_a_person_who_was_forgotten_begins_anew(storage: Storage) -> None:
    ann = learner(storage)
    first = await ann.does(put(name="Анна"))
    await ann.does(forget)

    again = await ann.does()

    assert again.name == ""
    assert again.study == Study()
    assert first.name == "Анна"


async def test_forgetting_takes_every_account_of_the_person(storage: Storage, url: URL) -> None:
    phone, _ = await two_accounts(storage)

    await phone.does(forget)

    left = await count(url)
    assert left.pop("deletion") == 1
    assert set(left.values()) == {0}


async def blocked_at(storage: Storage) -> list[datetime | None]:
    async with storage.reading() as connection:
        return list(await connection.scalars(select(schema.account.c.blocked_at)))


async def test_an_account_is_blocked_until_its_next_move(storage: Storage) -> None:
    ann = learner(storage)
    await ann.does()

    await storage.blocked(ann.account, NOW)
    assert await blocked_at(storage) == [NOW]

    await ann.does()
    assert await blocked_at(storage) == [None]


async def test_an_account_that_lets_the_bot_in_again_can_be_written_to(storage: Storage) -> None:
    ann = learner(storage)
    await ann.does()
    await storage.blocked(ann.account, NOW)

    await storage.blocked(ann.account, None)

    assert await blocked_at(storage) == [None]


async def test_news_of_a_block_that_is_older_than_the_last_move_changes_nothing(
    storage: Storage,
) -> None:
    ann = learner(storage)
    await ann.does()

    await storage.blocked(ann.account, NOW - timedelta(seconds=1))

    assert await blocked_at(storage) == [None]


async def test_a_repeated_move_does_not_take_a_block_back(storage: Storage) -> None:
    ann = learner(storage)
    await ann.does(move="42")
    await storage.blocked(ann.account, NOW)

    await ann.does(move="42")

    assert await blocked_at(storage) == [NOW]


async def test_blocking_an_unknown_account_does_nothing(storage: Storage, url: URL) -> None:
    await storage.blocked(Account(door="telegram", key="404"), NOW)

    assert set((await count(url)).values()) == {0}


async def test_a_bot_finds_its_own_marker_again(storage: Storage) -> None:
    assert await storage.marker("max 42") is None
    for value in (7, 2**62, 2**62 + 1):
        await storage.keep_marker("max 42", value)
    await storage.keep_marker("max 999999999999999999", 1)

    assert await storage.marker("max 42") == 2**62 + 1
    assert await storage.marker("max 999999999999999999") == 1


async def test_tidying_deletes_old_moves_and_links_that_ended(
    storage: Storage, url: URL, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "MOVES_AT_ONCE", 2)
    ann = learner(storage)
    for number in range(5):
        await ann.does(move=f"old{number}")
    await ann.does(link("ends", NOW + MOVES_KEPT + timedelta(minutes=1)), move="old5")
    ann.now = NOW + timedelta(minutes=1)
    await ann.does(link("lasts", NOW + MOVES_KEPT + timedelta(minutes=2)), move="new")

    await storage.tidy(NOW + MOVES_KEPT + timedelta(minutes=1))

    assert await count(url, "move", "personal_link") == {"move": 1, "personal_link": 1}
    assert (await ann.does(put(name="Анна"), move="new")).name == ""
    assert (await ann.does(put(name="Анна"), move="old0")).name == "Анна"


async def test_what_is_no_turn_gets_its_chance_among_many_turns(storage: Storage) -> None:
    ann = learner(storage)
    await ann.does()
    turns = [asyncio.create_task(ann.does()) for _ in range(300)]
    await asyncio.sleep(0)

    await storage.blocked(ann.account, NOW)

    assert not turns[-1].done()
    await asyncio.gather(*turns)


# Reading


async def test_everything_read_together_is_of_one_moment(storage: Storage) -> None:
    ann = learner(storage)
    await ann.does()
    name = select(schema.person.c.name)
    async with storage.reading() as connection:
        assert await connection.scalar(name) == ""

        await ann.does(put(name="Анна"))

        assert await connection.scalar(name) == ""
    async with storage.reading() as connection:
        assert await connection.scalar(name) == "Анна"


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
async def test_sqlite_is_set_up_to_survive_a_power_cut(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    pragmas = ("synchronous", "journal_mode", "foreign_keys", "busy_timeout")

    def ask(connection: Connection) -> tuple[object, ...]:
        return tuple(connection.exec_driver_sql(f"PRAGMA {each}").scalar() for each in pragmas)

    async with storage.engine.connect() as connection:
        assert await connection.run_sync(ask) == (2, "wal", 1, 5000)

    of_the_writer: list[tuple[object, ...]] = []
    load = loading.load

    def load_and_ask(connection: Connection, *rest: Any) -> Any:
        known = load(connection, *rest)
        of_the_writer.append(ask(connection))
        return known

    monkeypatch.setattr(loading, "load", load_and_ask)
    await learner(storage).does()
    assert of_the_writer == [(2, "wal", 1, 5000)]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "data/course.db",
        "mysql://localhost/course",
        "sqlite://",
        "sqlite:///",
        "postgresql://host:port/course",
        "https://example.org",
    ],
)
def test_a_url_of_another_kind_is_refused(text: str) -> None:
    with pytest.raises(DatabaseUrlError):
        database_url(text)


@pytest.mark.parametrize(
    ("text", "driver"),
    [
        ("sqlite:///data/course.db", "sqlite+aiosqlite"),
        ("sqlite+aiosqlite:////srv/course.db", "sqlite+aiosqlite"),
        ("postgresql://ann:secret@localhost/course", "postgresql+asyncpg"),
        ("postgres://localhost/course", "postgresql+asyncpg"),
        ("postgresql+psycopg://localhost/course", "postgresql+asyncpg"),
    ],
)
def test_the_driver_may_be_left_out_of_a_url(text: str, driver: str) -> None:
    assert database_url(text).drivername == driver
