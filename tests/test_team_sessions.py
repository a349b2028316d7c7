"""Links to the coordinator's page and its cookies, as they are stored."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest

from course_bot.organisations.records import Role, TeamLinkMade
from course_bot.storage.scope import Scope
from course_bot.storage.store import Storage
from course_bot.storage.team_sessions import (
    COOKIE,
    LINK,
    Member,
    MemberOf,
    Trail,
    end_session,
    use_link,
)
from tests.learners import NOW, Learner, forget, put
from tests.regions import FRESH_REGION, Region, join, leave, leaves

SOON, LATER = NOW + timedelta(minutes=15), NOW + timedelta(hours=8)


async def a_link(who: Learner) -> str:
    """Let somebody make a link; return its digest."""
    digest = uuid4().hex
    await leaves(who, TeamLinkMade(digest=digest, expires_at=SOON))
    return digest


async def uses(storage: Storage, link: str, cookie: str, *, at: timedelta = timedelta()) -> bool:
    return await use_link(storage, link=link, cookie=cookie, at=NOW + at, until=LATER)


async def whose(storage: Storage, digest: str, *, kind: str = COOKIE) -> Member | None:
    return await storage.read(MemberOf(digest=digest, kind=kind, at=NOW))


@pytest.fixture
async def here(storage: Storage) -> Region:
    return await FRESH_REGION.on(storage)


async def test_a_link_gives_one_cookie_and_is_gone(storage: Storage, here: Region) -> None:
    who = here.people["c-m1"]
    await who.does(put(language="en"))
    link = await a_link(who)
    member = Member(person=here.numbers["c-m1"], language="en")
    assert await whose(storage, link, kind=LINK) == member
    assert await whose(storage, link) is None

    assert await uses(storage, link, "a")
    assert await whose(storage, "a") == member
    assert await whose(storage, "a", kind=LINK) is None
    assert await whose(storage, link, kind=LINK) is None
    assert not await uses(storage, link, "b")
    assert await whose(storage, "b") is None


async def test_of_many_who_open_a_link_at_once_one_comes_in(
    storage: Storage, here: Region
) -> None:
    link = await a_link(here.people["c-region"])
    cookies = [uuid4().hex for _ in range(8)]
    came = await asyncio.gather(*(uses(storage, link, cookie) for cookie in cookies))
    assert came.count(True) == 1
    known = [await whose(storage, cookie) for cookie in cookies]
    assert [each is not None for each in known] == came


async def test_a_link_ends_and_so_does_a_cookie(storage: Storage, here: Region) -> None:
    link = await a_link(here.people["c-region"])
    assert not await uses(storage, link, "a", at=timedelta(minutes=15))
    assert await uses(storage, link, "a", at=timedelta(minutes=14, seconds=59))
    last = MemberOf(digest="a", kind=COOKIE, at=LATER - timedelta(seconds=1))
    assert await storage.read(last) is not None
    assert await storage.read(MemberOf(digest="a", kind=COOKIE, at=LATER)) is None


async def test_a_cookie_is_no_link_and_ends_when_it_is_said(
    storage: Storage, here: Region
) -> None:
    await uses(storage, await a_link(here.people["c-region"]), "a")
    assert not await uses(storage, "a", "b")
    await end_session(storage, "other")
    assert await whose(storage, "a") is not None
    await end_session(storage, "a")
    assert await whose(storage, "a") is None


async def test_whoever_coordinates_nothing_any_more_has_nothing_of_links_and_cookies(
    storage: Storage, here: Region
) -> None:
    who = here.people["c-s11"]
    link = await a_link(who)
    await uses(storage, await a_link(who), "a")
    await leave(who, here.organisations["s11"], Role.COORDINATOR)
    assert await whose(storage, "a") is None
    assert await whose(storage, link, kind=LINK) is None
    assert not await uses(storage, link, "b")


async def test_what_ended_with_a_role_stays_ended_when_the_role_is_given_back(
    storage: Storage, here: Region
) -> None:
    who, s11, s12 = here.people["c-s11"], *(here.organisations[each] for each in ("s11", "s12"))
    link = await a_link(who)
    await uses(storage, await a_link(who), "a")
    await join(who, s12, Role.COORDINATOR)
    await leave(who, s11, Role.COORDINATOR)
    assert await whose(storage, "a") is not None  # they coordinate the other one still

    await leave(who, s12, Role.COORDINATOR)
    await join(who, s11, Role.COORDINATOR)

    assert await whose(storage, "a") is None
    assert not await uses(storage, link, "b")


async def test_a_learner_has_nothing_of_a_link(storage: Storage, here: Region) -> None:
    assert not await uses(storage, await a_link(here.people["l-s11-1"]), "a")


async def test_of_somebody_who_is_deleted_no_link_and_no_cookie_is_left(
    storage: Storage, here: Region
) -> None:
    who = here.people["c-s11"]
    link = await a_link(who)
    await uses(storage, await a_link(who), "a")
    await who.does(forget)
    assert await whose(storage, "a") is None
    assert not await uses(storage, link, "b")


async def test_the_way_up_ends_where_the_viewer_may_see_no_more(
    storage: Storage, here: Region
) -> None:
    async def trail(scope: Scope) -> list[int] | None:
        found = await storage.read(Trail(scope=scope))
        return None if found is None else [number for number, _name in found]

    region, m1, s11 = (here.organisations[each] for each in ("region", "m1", "s11"))
    assert await trail(here.scope("c-region", "s11")) == [region, m1]
    assert await trail(here.scope("c-m1", "s11")) == [m1]
    assert await trail(here.scope("c-s11", "s11")) == []
    assert await trail(here.scope("c-region", "region")) == []
    assert await trail(Scope(organisation=s11)) == [region, m1]
    assert await trail(here.scope("c-m2", "s11")) is None
