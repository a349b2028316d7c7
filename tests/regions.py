"""Organisations and members for tests, made as turns and commands make them."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from uuid import uuid4

from course_bot.learning.progress import TrackProgress
from course_bot.organisations.records import (
    AssignmentChanged,
    InviteMade,
    JoinedOrganisation,
    LeftOrganisation,
    Role,
)
from course_bot.organisations.tree import MUNICIPALITY, REGION, SCHOOL, Organisation
from course_bot.storage import team_writes
from course_bot.storage.deriving import derive
from course_bot.storage.organisations import add_organisation
from course_bot.storage.scope import Scope
from course_bot.storage.store import Decision, Situation, Storage
from course_bot.storage.writes import Record
from tests.kept import Kept
from tests.learners import NOW, Learner, learner

WORDING = "2026-11"


async def add(
    storage: Storage,
    name: str,
    parent: int | None = None,
    *,
    kind: str = SCHOOL,
    zone: str = "",
    sferum_id: str = "",
) -> int:
    """Add an organisation and return its number."""
    made = Organisation(
        id=0, parent=parent, name=name, kind=kind, time_zone=zone, sferum_id=sferum_id
    )
    async with storage.writing() as connection:
        number = await connection.run_sync(add_organisation, made, NOW)
        await connection.run_sync(derive, storage.zone)
    return number


async def leaves(who: Learner, *records: Record) -> int:
    """Let somebody take a turn that leaves these records; return their number."""

    def decide(situation: Situation) -> Decision:
        return Decision(person=situation.person, records=records)

    done = await who.storage.turn(who.account, uuid4().hex, who.now, decide)
    return done.person.id


async def invite(
    storage: Storage,
    organisation: int,
    role: Role = Role.LEARNER,
    *,
    limit: int | None = None,
    at: datetime = NOW,
) -> str:
    """Make an invite as a command makes it; return its key."""
    key = uuid4().hex[:16]
    made = InviteMade(
        key=key,
        digest=uuid4().hex,
        organisation=organisation,
        role=role,
        at=at,
        expires_at=at + timedelta(days=90),
        limit=limit,
    )
    maker = learner(storage, f"maker of {key}")
    await leaves(maker, made)
    return key


async def join(who: Learner, organisation: int, role: Role = Role.LEARNER) -> int:
    """Let somebody join; return their number."""
    key = await invite(who.storage, organisation, role, at=who.now)
    return await leaves(
        who,
        JoinedOrganisation(
            invite=key, organisation=organisation, role=role, wording=WORDING, at=who.now
        ),
    )


async def leave(who: Learner, organisation: int, role: Role = Role.LEARNER) -> int:
    """Let somebody leave; return their number."""
    return await leaves(who, LeftOrganisation(organisation=organisation, role=role, at=who.now))


async def assign(
    storage: Storage,
    organisation: int,
    track: str,
    due: date | None = None,
    *,
    lifted: bool = False,
) -> None:
    """Assign a track as the operator."""
    record = AssignmentChanged(
        organisation=organisation, track=track, due=due, lifted=lifted, at=NOW
    )
    async with storage.writing() as connection:
        await connection.run_sync(team_writes.change_assignment, record, None)
        await connection.run_sync(derive, storage.zone)


async def pupil(storage: Storage, name: str, organisation: int) -> Learner:
    """Let somebody with a name (empty: without) learn to be a teacher in an organisation."""
    who = learner(storage, f"{name} {uuid4().hex}")
    await who.does(lambda person: Decision(person=replace(person, name=name, track="teacher")))
    await join(who, organisation)
    return who


async def completes(
    who: Learner, track: str, *, passed: int = 2, at: datetime | None = None, score: int = 90
) -> int:
    """Let reports know that somebody has completed a track; return their number."""
    return await leaves(
        who,
        TrackProgress(track=track, passed=passed, score=score, completed_at=at or who.now),
    )


async def begins(who: Learner, track: str, *, passed: int = 0, score: int | None = None) -> int:
    """Let reports know that somebody has begun a track; return their number."""
    return await leaves(who, TrackProgress(track=track, passed=passed, score=score))


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """A region with two municipalities of two schools each; everything by short names.

    Organisations: "region", "m1", "m2", "s11", "s12", "s21", "s22". People: a coordinator of
    each ("c-…") and two learners of each school ("l-s11-1"…).
    """

    organisations: dict[str, int]
    people: dict[str, Learner] = field(repr=False)
    numbers: dict[str, int] = field(repr=False)

    def scope(self, viewer: str, organisation: str) -> Scope:
        """Return the scope of a coordinator for an organisation, by short names."""
        return Scope(viewer=self.numbers[viewer], organisation=self.organisations[organisation])


async def a_region(storage: Storage, name: str = "Озёрный край") -> Region:
    """Make a region with its people, who have learned nothing yet."""
    there = {"region": await add(storage, name, kind=REGION)}
    for m in ("1", "2"):
        municipality = f"m{m}"
        there[municipality] = await add(
            storage, f"Район {m} ({name})", there["region"], kind=MUNICIPALITY
        )
        for s in ("1", "2"):
            there[f"s{m}{s}"] = await add(storage, f"Школа {m}{s} ({name})", there[municipality])
    people: dict[str, Learner] = {}
    numbers: dict[str, int] = {}
    for short, organisation in there.items():
        who = people[f"c-{short}"] = learner(storage, f"{name} c-{short}")
        numbers[f"c-{short}"] = await join(who, organisation, Role.COORDINATOR)
        for n in _seats(short):
            who = people[f"l-{short}-{n}"] = learner(storage, f"{name} l-{short}-{n}")
            numbers[f"l-{short}-{n}"] = await join(who, organisation)
    return Region(organisations=there, people=people, numbers=numbers)


def copied_region(region: Region, storage: Storage) -> Region:
    """Return a region on a storage whose database is a copy of the one it was made on."""
    people = {short: replace(who, storage=storage) for short, who in region.people.items()}
    return replace(region, people=people)


FRESH_REGION = Kept(a_region, copied_region)
"""A region with its people, who have learned nothing yet, on an empty database."""


def _seats(short: str) -> Sequence[int]:
    return (1, 2) if short.startswith("s") else ()
