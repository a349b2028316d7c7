"""Organisations in the database: what is derived of them, who joins, who sees whom."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from course_bot.organisations.records import JoinedOrganisation, LeftOrganisation, Role
from course_bot.organisations.tree import MUNICIPALITY, REGION
from course_bot.storage import schema
from course_bot.storage.organisations import (
    AssignmentsOf,
    Duties,
    InvitesOf,
    Memberships,
    OpenedInvite,
    UnitOf,
)
from course_bot.storage.outdated import OutdatedRecordError
from course_bot.storage.scope import Scope
from course_bot.storage.store import Decision, Situation, Storage
from tests.learners import NOW, forget, learner
from tests.regions import (
    FRESH_REGION,
    WORDING,
    a_region,
    add,
    assign,
    completes,
    invite,
    join,
    leave,
    leaves,
)


async def seen(storage: Storage, scope: Scope) -> set[int]:
    async with storage.reading() as connection:
        return set(await connection.scalars(scope.learners()))


async def test_coordinators_see_their_organisation_and_all_below_it(storage: Storage) -> None:
    here, there = await FRESH_REGION.on(storage), await a_region(storage, "Степной край")

    def numbers(*people: str) -> set[int]:
        return {here.numbers[each] for each in people}

    schools = ("s11", "s12", "s21", "s22")
    everybody = numbers(*(f"l-{school}-{n}" for school in schools for n in (1, 2)))
    assert await seen(storage, here.scope("c-region", "region")) == everybody
    assert await seen(storage, here.scope("c-region", "s21")) == numbers("l-s21-1", "l-s21-2")
    assert await seen(storage, here.scope("c-m1", "m1")) == numbers(
        "l-s11-1", "l-s11-2", "l-s12-1", "l-s12-2"
    )
    for viewer, organisation in (
        ("c-m1", "m2"),
        ("c-m1", "region"),
        ("c-s11", "m1"),
        ("c-s11", "s12"),
        ("l-s11-1", "s11"),
    ):
        assert await seen(storage, here.scope(viewer, organisation)) == set()
        assert await storage.read(UnitOf(scope=here.scope(viewer, organisation))) is None
    foreign = Scope(viewer=there.numbers["c-region"], organisation=here.organisations["region"])
    assert await seen(storage, foreign) == set()
    assert await storage.read(AssignmentsOf(scope=foreign)) is None
    assert await storage.read(InvitesOf(scope=foreign, at=NOW)) is None


async def test_a_school_that_moves_takes_its_people_along(storage: Storage) -> None:
    here = await FRESH_REGION.on(storage)
    async with storage.writing() as connection:
        await connection.execute(
            update(schema.organisation)
            .where(schema.organisation.c.id == here.organisations["s11"])
            .values(parent_id=here.organisations["m2"])
        )
    await storage.derive()

    assert here.numbers["l-s11-1"] in await seen(storage, here.scope("c-m2", "m2"))
    assert here.numbers["l-s11-1"] not in await seen(storage, here.scope("c-m1", "m1"))


async def test_what_is_archived_nobody_sees_nor_anything_below_it(storage: Storage) -> None:
    here = await FRESH_REGION.on(storage)
    await assign(storage, here.organisations["region"], "teacher")
    async with storage.writing() as connection:
        await connection.execute(
            update(schema.organisation)
            .where(schema.organisation.c.id == here.organisations["m1"])
            .values(archived_at=NOW)
        )
    await storage.derive()

    assert await seen(storage, here.scope("c-s11", "s11")) == set()
    assert len(await seen(storage, here.scope("c-region", "region"))) == 4
    assert await storage.read(Duties(here.numbers["l-s11-1"])) == ()
    assert await storage.read(Memberships(here.numbers["c-m1"])) == ()


async def test_the_nearest_word_on_a_track_counts_and_days_end_in_the_organisations_time(
    storage: Storage,
) -> None:
    region = await add(storage, "Край", kind=REGION, zone="Asia/Vladivostok")
    municipality = await add(storage, "Район", region, kind=MUNICIPALITY)
    near = await add(storage, "Ближняя", municipality)
    far = await add(storage, "Дальняя", municipality, zone="Asia/Kamchatka")
    await assign(storage, region, "teacher", date(2026, 12, 1))
    await assign(storage, near, "teacher", date(2026, 12, 10))
    await assign(storage, municipality, "administrator")
    await assign(storage, far, "administrator", lifted=True)

    async def duties(organisation: int) -> list[tuple[str, date | None, datetime | None]]:
        who = learner(storage, f"{organisation}")
        number = await join(who, organisation)
        return [
            (each.track, each.due, each.over_at) for each in await storage.read(Duties(number))
        ]

    assert await duties(near) == [
        ("teacher", date(2026, 12, 10), datetime(2026, 12, 10, 14, tzinfo=UTC)),
        ("administrator", None, None),
    ]
    assert await duties(far) == [
        ("teacher", date(2026, 12, 1), datetime(2026, 12, 1, 12, tzinfo=UTC))
    ]


async def test_an_invite_for_one_is_used_by_one_of_many_who_press_at_once(
    storage: Storage,
) -> None:
    school = await add(storage, "Школа № 5")
    key = await invite(storage, school, Role.COORDINATOR, limit=1)
    async with storage.reading() as connection:
        digest = str(await connection.scalar(select(schema.invite.c.digest)))

    import asyncio

    async def tries(name: str) -> bool:
        came: list[bool] = []

        def decide(situation: Situation) -> Decision:
            person = situation.person
            shown = situation.look_up(
                OpenedInvite(digest=digest, person=person.id, since=NOW - timedelta(hours=1))
            )
            valid = shown.invite is not None and shown.invite.valid(NOW)
            came.append(valid)
            if not valid:
                return Decision(person=person)
            joined = JoinedOrganisation(
                invite=key, organisation=school, role=Role.COORDINATOR, wording=WORDING, at=NOW
            )
            return Decision(person=person, records=(joined,))

        who = learner(storage, name)
        await storage.turn(who.account, "join", NOW, decide)
        return came[-1]

    assert sum(await asyncio.gather(*(tries(f"{n}") for n in range(20)))) == 1
    async with storage.reading() as connection:
        members = select(func.count()).select_from(schema.membership)
        assert await connection.scalar(members) == 1


async def test_an_invite_that_ended_meanwhile_joins_nobody_and_leaves_nothing(
    storage: Storage,
) -> None:
    school = await add(storage, "Школа № 5")
    key = await invite(storage, school)
    joined = JoinedOrganisation(
        invite=key,
        organisation=school,
        role=Role.LEARNER,
        wording=WORDING,
        at=NOW + timedelta(days=91),
    )

    with pytest.raises(OutdatedRecordError):
        await leaves(learner(storage, "late"), joined)

    async with storage.reading() as connection:
        for table in (schema.membership, schema.consent):
            assert await connection.scalar(select(func.count()).select_from(table)) == 0


async def test_whoever_leaves_is_in_no_report_but_their_day_is_kept(storage: Storage) -> None:
    here = await FRESH_REGION.on(storage)
    await assign(storage, here.organisations["region"], "teacher")
    ann = here.people["l-s11-1"]
    await completes(ann, "teacher", at=NOW)
    await leave(ann, here.organisations["s11"])

    assert here.numbers["l-s11-1"] not in await seen(storage, here.scope("c-s11", "s11"))
    async with storage.reading() as connection:
        (left,) = (await connection.execute(select(schema.departure))).mappings()
        withdrawn = await connection.scalar(
            select(schema.consent.c.withdrawn_at).where(
                schema.consent.c.person_id == here.numbers["l-s11-1"]
            )
        )
    assert (left["organisation_id"], left["completed_at"]) == (here.organisations["s11"], NOW)
    assert withdrawn == NOW


async def test_a_coordinator_who_is_removed_sees_nothing_any_more(storage: Storage) -> None:
    here = await FRESH_REGION.on(storage)
    removed = LeftOrganisation(
        organisation=here.organisations["m1"],
        role=Role.COORDINATOR,
        at=NOW,
        member=here.numbers["c-m1"],
    )
    await leaves(here.people["c-region"], removed)

    assert await seen(storage, here.scope("c-m1", "m1")) == set()
    assert await seen(storage, here.scope("c-m1", "s11")) == set()


async def test_a_person_in_two_schools_is_seen_once_from_above(storage: Storage) -> None:
    here = await FRESH_REGION.on(storage)
    await join(here.people["l-s11-1"], here.organisations["s21"])

    assert len(await seen(storage, here.scope("c-region", "region"))) == 8
    assert here.numbers["l-s11-1"] in await seen(storage, here.scope("c-m2", "s21"))


async def test_deleting_oneself_leaves_no_membership_consent_or_name(storage: Storage) -> None:
    here = await FRESH_REGION.on(storage)
    await here.people["l-s11-1"].does(forget)

    async with storage.reading() as connection:
        for table in (schema.membership, schema.consent):
            theirs = select(func.count()).where(table.c.person_id == here.numbers["l-s11-1"])
            assert await connection.scalar(theirs) == 0
