"""What a decision looks up: read in its own transaction, with whoever it may change held there."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from sqlalchemy import Connection, Select, func, select, text, update
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncConnection

from course_bot.conversation.turn import no_look_up
from course_bot.storage import Account, schema
from course_bot.storage.engine import create_engine
from course_bot.storage.query import Query
from course_bot.storage.store import Decision, Situation, Storage
from tests.learners import NOW, Joined, Learner, found, join, learner, link, put, read
from tests.test_storage import waits_for_a_lock


@dataclass(frozen=True, slots=True)
class NameOf(Query[str]):
    """What somebody is called, known by their account; ``runs`` notes who is asked after."""

    account: str
    runs: list[str] = field(default_factory=list, compare=False)
    hold: bool = False

    def run(self, connection: Connection) -> str:
        self.runs.append(self.account)
        theirs = select(schema.person.c.name).where(schema.person.c.id.in_(self._ids()))
        return connection.scalar(theirs) or ""

    def _ids(self) -> Select[tuple[int]]:
        return select(schema.account.c.person_id).where(schema.account.c.id == self.account)

    def people(self) -> Select[tuple[int]] | None:
        return self._ids() if self.hold else None


class OddQuery(Query[str]):
    """Fails."""

    def run(self, connection: Connection) -> str:
        raise LookupError


@pytest.fixture
async def other(url: URL) -> AsyncIterator[Storage]:
    """Another process on the same database, as far as the database can tell."""
    async with Storage(create_engine(url)) as storage:
        yield storage


async def called_like(who: Learner, query: Query[str], decided: list[str] | None = None) -> str:
    """Let somebody take the name that a query finds."""

    def decide(situation: Situation) -> Decision:
        if decided is not None:
            decided.append(situation.person.name)
        return Decision(person=replace(situation.person, name=situation.look_up(query)))

    done = await who.storage.turn(who.account, f"like {query}", who.now, decide)
    return done.person.name


async def test_a_decision_that_looks_up_is_abandoned_and_made_again_when_it_is_read(
    storage: Storage,
) -> None:
    ann, bob = learner(storage, "ann"), learner(storage, "bob")
    await ann.does(put(name="Анна"))
    await bob.does(put(name="Борис"))
    query, decided = NameOf("telegram:ann"), list[str]()

    assert await called_like(bob, query, decided) == "Анна"

    assert decided == ["Борис", "Борис"]
    assert query.runs == ["telegram:ann"]
    assert (await bob.does()).name == "Анна"


async def test_a_decision_may_look_up_what_it_needs_because_of_what_it_found(
    storage: Storage,
) -> None:
    ann = learner(storage, "ann")
    await ann.does(put(name="bob"))
    await learner(storage, "bob").does(put(name="Борис"))

    def decide(situation: Situation) -> Decision:
        first = situation.look_up(NameOf("telegram:ann"))
        second = situation.look_up(NameOf(f"telegram:{first}"))
        return Decision(person=replace(situation.person, name=f"{first} = {second}"))

    done = await storage.turn(Account(door="telegram", key="eve"), "1", NOW, decide)

    assert done.person.name == "bob = Борис"


async def test_equal_queries_of_many_turns_are_asked_once(storage: Storage) -> None:
    people = [learner(storage, f"{key}") for key in range(5)]
    await people[0].does(put(name="Анна"))
    runs: list[str] = []

    names = await asyncio.gather(
        *(called_like(each, NameOf("telegram:0", runs)) for each in people)
    )

    assert names == ["Анна"] * 5
    assert runs == ["telegram:0"]


async def test_what_one_decision_looks_up_is_read_after_what_others_did_before(
    storage: Storage,
) -> None:
    ann, bob = learner(storage, "ann"), learner(storage, "bob")
    await asyncio.gather(ann.does(), bob.does())

    name, _ = await asyncio.gather(
        called_like(bob, NameOf("telegram:ann")), ann.does(put(name="Анна"))
    )

    assert name == "Анна"


async def test_a_look_up_that_fails_takes_no_other_turn_along(storage: Storage) -> None:
    ann, bob, eve = (learner(storage, key) for key in ("ann", "bob", "eve"))
    await ann.does(put(name="Анна"))

    failed, name, _ = await asyncio.gather(
        called_like(eve, OddQuery()),
        called_like(bob, NameOf("telegram:ann")),
        ann.does(put(track="teacher")),
        return_exceptions=True,
    )

    assert isinstance(failed, LookupError)
    assert name == "Анна"
    assert (await eve.does()).name == ""


async def test_whom_a_decision_may_change_makes_no_other_move_in_the_same_commit(
    storage: Storage,
) -> None:
    """Else one of the two would undo what the other did."""
    phone, desk = learner(storage, "1"), learner(storage, "1", "browser")
    await desk.takes("help")
    await phone.does(link("digest", NOW + timedelta(minutes=15)))

    done, *_ = await asyncio.gather(
        join(storage, desk.account, "digest", NOW),
        *(phone.does(read("roles", step)) for step in range(1, 6)),
    )

    person = await phone.does()
    assert done is Joined.JOINED
    assert person.passed("help")
    assert person.study.readings["roles"].furthest == 5
    assert await found(storage) == []


async def test_two_in_one_commit_who_want_each_other_become_one_once(storage: Storage) -> None:
    phone, desk = learner(storage, "1"), learner(storage, "1", "browser")
    await phone.takes("chat")
    await desk.takes("help")
    await phone.does(link("to the phone", NOW + timedelta(minutes=15)))
    await desk.does(link("to the desk", NOW + timedelta(minutes=15)))

    first, second = await asyncio.gather(
        join(storage, desk.account, "to the phone", NOW),
        join(storage, phone.account, "to the desk", NOW),
    )

    person = await phone.does()
    assert (first, second) == (Joined.JOINED, Joined.EXPIRED)
    assert person.id == (await desk.does()).id
    assert person.passed("chat")
    assert person.passed("help")
    assert await found(storage) == []


async def test_two_in_one_commit_who_want_the_same_person_both_become_one_with_them(
    storage: Storage,
) -> None:
    phone, desk, tablet = (learner(storage, "1", door) for door in ("telegram", "browser", "max"))
    await desk.takes("help")
    await tablet.takes("roles")
    for digest in ("for the desk", "for the tablet"):
        await phone.does(link(digest, NOW + timedelta(minutes=15)))

    first, second = await asyncio.gather(
        join(storage, desk.account, "for the desk", NOW),
        join(storage, tablet.account, "for the tablet", NOW),
    )

    people = [await each.does() for each in (phone, desk, tablet)]
    assert (first, second) == (Joined.JOINED, Joined.JOINED)
    assert len({person.id for person in people}) == 1
    assert people[0].passed("help")
    assert people[0].passed("roles")
    assert await found(storage) == []


@pytest.mark.postgres
@pytest.mark.parametrize("url", ["postgres"], indirect=True)
@pytest.mark.parametrize("hold", [True, False])
async def test_whom_a_decision_may_change_is_held_against_other_processes(
    storage: Storage, url: URL, hold: bool
) -> None:
    ann, bob = learner(storage, "ann"), learner(storage, "bob")
    number = (await ann.does()).id
    await bob.does()
    hers = schema.person.c.id == number
    engine = create_engine(url)
    async with engine.connect() as connection:
        await connection.execute(select(schema.person.c.id).where(hers).with_for_update())
        turn = asyncio.create_task(called_like(bob, NameOf("telegram:ann", hold=hold)))
        waiting = asyncio.create_task(waits_for_a_lock(url))
        first, _ = await asyncio.wait((turn, waiting), return_when=asyncio.FIRST_COMPLETED)
        assert first == ({waiting} if hold else {turn})
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        await connection.execute(update(schema.person).where(hers).values(name="Анна"))
        await connection.commit()
    await engine.dispose()

    assert await turn == ("Анна" if hold else "")


async def waits_for(connection: AsyncConnection) -> None:
    """Wait until another connection to the PostgreSQL database waits for this one."""
    number = await connection.scalar(select(func.pg_backend_pid()))
    waiting = text("SELECT count(*) FROM pg_locks WHERE :pid = ANY(pg_blocking_pids(pid))")
    while True:
        if await connection.scalar(waiting, {"pid": number}):
            return
        await asyncio.sleep(0.01)


@pytest.mark.postgres
@pytest.mark.parametrize("url", ["postgres"], indirect=True)
async def test_whoever_becomes_somebody_else_while_they_wait_waits_for_them_too(
    storage: Storage, url: URL
) -> None:
    """Another process joins the desk to the phone, and a third one writes the phone's person."""
    phone, desk = learner(storage, "1"), learner(storage, "1", "browser")
    theirs, left = [schema.person.c.id == (await each.does()).id for each in (phone, desk)]
    engine = create_engine(url)
    async with engine.connect() as joining, engine.connect() as writing:
        await joining.execute(select(schema.person.c.id).where(left).with_for_update())
        await writing.execute(update(schema.person).where(theirs).values(name="Анна"))
        turn = asyncio.create_task(desk.does(put(track="teacher")))
        await waits_for(joining)
        kept = select(schema.person.c.id).where(theirs).scalar_subquery()
        mine = schema.account.c.id == "browser:1"
        await joining.execute(update(schema.account).where(mine).values(person_id=kept))
        await joining.commit()
        await waits_for(writing)
        await writing.commit()
    await engine.dispose()

    await turn
    person = await phone.does()
    assert (person.name, person.track) == ("Анна", "teacher")


async def test_a_join_sees_what_its_other_half_did_at_another_process_just_before(
    storage: Storage, other: Storage
) -> None:
    phone, desk = learner(other, "1"), learner(storage, "1", "browser")
    await desk.does()
    await phone.does(link("digest", NOW + timedelta(minutes=15)))

    await asyncio.gather(
        join(storage, desk.account, "digest", NOW),
        *(phone.does(read("roles", step)) for step in range(1, 20)),
    )

    assert (await desk.does()).study.readings["roles"].furthest == 19


def test_what_is_shown_looks_nothing_up() -> None:
    with pytest.raises(RuntimeError, match="outside of a decision"):
        no_look_up(NameOf("telegram:ann"))
