"""Invites and members in the database, on both kinds: who is found, what is written."""

from collections.abc import Callable
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from course_bot.organisations.invites import last_day, make_invite, new_key, payload
from course_bot.organisations.naming import UnclearNameError
from course_bot.organisations.records import GuessedWrong, InviteMade, Role
from course_bot.storage import schema
from course_bot.storage.members import InvitingTo, MemberOf, MembersOf
from course_bot.storage.operator_invites import (
    ArchivedError,
    NoSchoolError,
    first_invite,
    invite_into,
    withdraw,
)
from course_bot.storage.organisations import AllInvites, AssignedTracks, OpenedInvite
from course_bot.storage.scope import Scope
from course_bot.storage.store import Storage
from tests.learners import NOW, forget, learner
from tests.regions import FRESH_REGION, a_region, add, assign, invite, join, leaves

SECRET = b"the server's own secret, 32 bytes"
MOSCOW = ZoneInfo("Europe/Moscow")


def makes(role: Role = Role.COORDINATOR) -> Callable[[int, ZoneInfo], InviteMade]:
    return lambda organisation, zone: make_invite(SECRET, new_key(), organisation, role, NOW, zone)


@pytest.mark.parametrize("zone", ["Europe/Moscow", "Asia/Kamchatka", "Europe/Kaliningrad"])
@pytest.mark.parametrize("role", list(Role))
def test_an_invite_is_good_to_the_end_of_a_day_where_the_organisation_is(
    zone: str, role: Role
) -> None:
    there = ZoneInfo(zone)
    made = make_invite(SECRET, new_key(), 1, role, NOW, there)
    last = last_day(made.expires_at, there)
    days = 90 if role is Role.LEARNER else 7
    assert last - NOW.astimezone(there).date() == timedelta(days=days)
    end = made.expires_at.astimezone(there)
    assert (end.hour, end.minute, end.date()) == (0, 0, last + timedelta(days=1))


def test_an_invites_secret_fits_a_payload_and_says_nothing_of_its_key() -> None:
    keys = [new_key() for _ in range(100)]
    payloads = [payload(SECRET, key) for key in keys]
    assert len(set(payloads)) == 100
    assert {len(each) for each in payloads} == {25}
    assert not any(key in each for key, each in zip(keys, payloads, strict=True))
    assert payload(b"another secret", keys[0]) != payloads[0]


async def test_wrong_guesses_are_counted_by_person_and_in_all(storage: Storage) -> None:
    ann, boris = learner(storage, "ann"), learner(storage, "boris")
    number = await leaves(ann)
    for minutes in (0, 5, 10):
        await leaves(ann, GuessedWrong(at=NOW + timedelta(minutes=minutes)))
    await leaves(boris, GuessedWrong(at=NOW))
    await boris.does(forget)
    query = OpenedInvite(digest="?" * 32, person=number, since=NOW - timedelta(minutes=1))
    guesses = (await storage.read(query)).guesses
    assert (guesses.own, guesses.all) == (3, 4)
    assert (guesses.first, guesses.last) == (NOW, NOW + timedelta(minutes=10))
    later = OpenedInvite(digest="?" * 32, person=number, since=NOW + timedelta(minutes=5))
    assert (await storage.read(later)).guesses.own == 1


async def test_the_tracks_that_are_assigned_come_by_their_last_days(storage: Storage) -> None:
    school = await add(storage, "Школа № 5")
    await assign(storage, school, "a")
    await assign(storage, school, "b", NOW.date() + timedelta(days=2))
    await assign(storage, school, "c", NOW.date() + timedelta(days=1))
    assert await storage.read(AssignedTracks(school)) == ("c", "b", "a")


async def test_coordinators_see_who_coordinates_and_invites_theirs_and_no_others(
    storage: Storage,
) -> None:
    here, other = await FRESH_REGION.on(storage), await a_region(storage, "Другой край")
    key = await invite(storage, here.organisations["s11"])
    scope = here.scope("c-m1", "s11")
    found = await storage.read(MembersOf(scope=scope, role=Role.COORDINATOR))
    assert found is not None
    assert [each.person for each in found.members] == [here.numbers["c-s11"]]
    inviting = await storage.read(InvitingTo(scope=scope, at=NOW))
    assert inviting is not None
    assert key in {each.key for each in inviting.invites}
    for viewer in (here.numbers["c-m2"], here.numbers["l-s11-1"], other.numbers["c-region"]):
        foreign = Scope(viewer=viewer, organisation=here.organisations["s11"])
        for role in Role:
            assert await storage.read(MembersOf(scope=foreign, role=role)) is None
        assert await storage.read(InvitingTo(scope=foreign, at=NOW)) is None
        for member, role in (("l-s11-1", Role.LEARNER), ("c-s11", Role.COORDINATOR)):
            query = MemberOf(scope=foreign, member=here.numbers[member], role=role, at=NOW)
            assert await storage.read(query) is None


async def test_a_member_is_found_with_those_who_stay_and_the_ways_back(storage: Storage) -> None:
    here = await FRESH_REGION.on(storage)
    school, region = here.organisations["s11"], here.organisations["region"]
    second = learner(storage, "second")
    number = await join(second, school, Role.COORDINATOR)
    made = [
        make_invite(SECRET, new_key(), organisation, role, NOW, MOSCOW)
        for organisation, role in (
            (school, Role.COORDINATOR),
            (school, Role.LEARNER),
            (region, Role.COORDINATOR),
            (school, Role.ADMINISTRATOR),
        )
    ]
    await leaves(second, *made)
    scope = here.scope("c-region", "s11")
    found = await storage.read(MemberOf(scope=scope, member=number, role=Role.COORDINATOR, at=NOW))
    assert found is not None
    assert found.member is not None
    assert (found.member.person, found.others, found.invites) == (
        number,
        1,
        tuple(sorted((made[0].key, made[3].key))),
    )
    nobody = await storage.read(MemberOf(scope=scope, member=number, role=Role.LEARNER, at=NOW))
    assert nobody is not None
    assert (nobody.member, nobody.others, nobody.invites) == (None, 2, ())


# What the operator does.


async def test_the_operator_invites_into_what_is_there_or_makes_it(storage: Storage) -> None:
    made = await invite_into(storage, "Школа № 5", "школа", makes(), NOW)
    assert (made.new, made.path) == (True, ("Школа № 5",))
    again = await invite_into(storage, "ШКОЛА № 5", "школа", makes(Role.LEARNER), NOW)
    assert (again.new, again.invite.organisation) == (False, made.invite.organisation)
    listed = await storage.read(AllInvites(NOW))
    assert {each.key for each in listed} == {made.invite.key, again.invite.key}
    for name in ("12345", "Край / Школа № 6"):
        with pytest.raises(UnclearNameError):
            await invite_into(storage, name, "школа", makes(), NOW)
    async with storage.reading() as connection:
        acts = (await connection.execute(select(schema.audit))).mappings().all()
    assert [(row["act"], row["operator"], row["person_id"]) for row in acts] == [
        ("invited", True, None)
    ] * 2


async def test_the_operator_makes_administrators_of_schools_only(storage: Storage) -> None:
    region = await add(storage, "Край")
    await add(storage, "Школа № 5", region)
    made = await invite_into(storage, "Школа № 5", "школа", makes(Role.ADMINISTRATOR), NOW)
    assert (made.invite.role, made.invite.limit) == (Role.ADMINISTRATOR, 1)
    with pytest.raises(NoSchoolError, match="Край"):
        await invite_into(storage, "Край", "регион", makes(Role.ADMINISTRATOR), NOW)
    assert [each.key for each in await storage.read(AllInvites(NOW))] == [made.invite.key]


async def test_nobody_is_invited_into_the_archive(storage: Storage) -> None:
    top = await add(storage, "Край")
    await add(storage, "Школа № 5", top)
    async with storage.writing() as connection:
        await connection.execute(
            schema.organisation.update()
            .where(schema.organisation.c.id == top)
            .values(archived_at=NOW)
        )
    await storage.derive()
    with pytest.raises(ArchivedError, match="Край / Школа № 5"):
        await invite_into(storage, "Школа № 5", "школа", makes(), NOW)


async def test_the_operator_withdraws_once(storage: Storage) -> None:
    made = await invite_into(storage, "Школа № 5", "школа", makes(), NOW)
    first = await withdraw(storage, made.invite.key, NOW)
    again = await withdraw(storage, made.invite.key, NOW + timedelta(hours=1))
    assert first is not None
    assert again is not None
    assert (first.withdrawn_at, again.withdrawn_at) == (None, NOW)
    assert await withdraw(storage, "0" * 16, NOW) is None
    assert await storage.read(AllInvites(NOW)) == ()


async def test_each_start_makes_a_new_first_invite_until_somebody_coordinates(
    storage: Storage,
) -> None:
    first = await first_invite(storage, makes(), NOW)
    second = await first_invite(storage, makes(), NOW + timedelta(hours=1))
    assert first is not None
    assert second is not None
    assert first.organisation == second.organisation
    assert [each.key for each in await storage.read(AllInvites(NOW))] == [second.key]
    await join(learner(storage, "ann"), second.organisation, Role.COORDINATOR)
    assert await first_invite(storage, makes(), NOW) is None
