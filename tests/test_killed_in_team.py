"""Killed in the middle of what makes a team: nobody joins half, and nothing counts twice."""

import asyncio
import shutil
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import insert
from sqlalchemy.engine import URL

from course_bot.conversation.port import Move
from course_bot.organisations import invites
from course_bot.organisations.records import Role
from course_bot.organisations.tree import REGION
from course_bot.storage.engine import create_engine, database_url
from course_bot.storage.schema import invite
from course_bot.storage.store import Storage
from course_bot.tokens import digest
from tests.browser_person import SECRET
from tests.dialogue import PortPerson
from tests.learners import NOW
from tests.regions import add, assign
from tests.test_killed_anywhere import (
    DEATHS,
    LATER,
    Death,
    Kind,
    Outcome,
    Scene,
    before_the_commit,
    dying,
    everything_in,
    on_screen,
    opened,
    outcome,
    prepared,
    pressed,
    process,
    shown,
    talk_on,
)

REGION_ID, SCHOOL_ID = 1, 2
ANN, TABLET = 1, 2
"""Their numbers, where both have come."""
DAY = date(2026, 12, 1)


# What there is before the move.


async def a_region(scene: Scene) -> None:
    """Make a region and a school in it, to which a track is assigned."""
    region = await add(scene.storage, "Озёрный край", kind=REGION)
    school = await add(scene.storage, "Школа № 5", region)
    assert (region, school) == (REGION_ID, SCHOOL_ID)
    await assign(scene.storage, region, "coordinator", DAY)


def key_of(role: Role) -> str:
    return digest(f"the invite of a {role}")[:16]


async def invited(scene: Scene, role: Role) -> str:
    """Make an invite to the school; return what its link begins with."""
    made = invites.make_invite(
        SECRET, key_of(role), SCHOOL_ID, role, NOW, ZoneInfo("Europe/Moscow")
    )
    async with scene.storage.writing() as connection:
        await connection.execute(
            insert(invite).values(
                key=made.key,
                digest=made.digest,
                organisation_id=made.organisation,
                role=made.role,
                made_at=made.at,
                expires_at=made.expires_at,
                limit=made.limit,
            )
        )
    return invites.payload(SECRET, made.key)


async def joins(scene: Scene, who: PortPerson, role: Role) -> None:
    await who.opens(await invited(scene, role))
    await who.sends_action("accept")


async def a_coordinator(scene: Scene) -> None:
    """Let Ann coordinate the school."""
    await a_region(scene)
    await scene.begins(scene.ann)
    await joins(scene, scene.ann, Role.COORDINATOR)


async def a_coordinator_and_a_learner(scene: Scene) -> None:
    await a_coordinator(scene)
    await scene.begins(scene.tablet)
    await joins(scene, scene.tablet, Role.LEARNER)


# The moves.


async def an_invite_opened_by_somebody_new(scene: Scene) -> Move:
    await a_region(scene)
    return opened(scene.ann, await invited(scene, Role.LEARNER))


async def joining_of_somebody_new(scene: Scene) -> Move:
    await a_region(scene)
    await scene.ann.opens(await invited(scene, Role.LEARNER))
    return pressed(scene.ann, "accept")


async def joining_as_a_coordinator(scene: Scene) -> Move:
    await a_region(scene)
    await scene.begins(scene.ann)
    await scene.ann.opens(await invited(scene, Role.COORDINATOR))
    return pressed(scene.ann, "accept")


async def a_wrong_invite(scene: Scene) -> Move:
    await a_region(scene)
    await scene.begins(scene.ann)
    return opened(scene.ann, f"{invites.PAYLOAD}{'A' * 22}")


async def an_invite_made(scene: Scene) -> Move:
    await a_coordinator(scene)
    return pressed(scene.ann, f"invite:{SCHOOL_ID}:learner")


async def an_invite_withdrawn(scene: Scene) -> Move:
    await a_coordinator(scene)
    await invited(scene, Role.LEARNER)
    await scene.ann.sends_action(f"recall:{key_of(Role.LEARNER)}")
    return on_screen(scene.ann, "withdraw")


async def leaving(scene: Scene) -> Move:
    await a_coordinator_and_a_learner(scene)
    await scene.tablet.sends_action("take:coordinator")
    await scene.tablet.sends_action("quiz:help")
    await scene.answers(scene.tablet)
    await scene.tablet.sends_action(f"parting:{SCHOOL_ID}")
    return on_screen(scene.tablet, "leave")


async def a_learner_removed(scene: Scene) -> Move:
    await a_coordinator_and_a_learner(scene)
    await scene.ann.sends_action(f"dismiss:{SCHOOL_ID}:{TABLET}:learner")
    return on_screen(scene.ann, "remove")


async def a_track_assigned(scene: Scene) -> Move:
    await a_coordinator(scene)
    await scene.ann.sends_action(f"duty:{SCHOOL_ID}:teacher:")
    return on_screen(scene.ann, "due")


async def a_reminder_sent(scene: Scene) -> Move:
    await a_coordinator_and_a_learner(scene)
    await scene.ann.sends_action(f"whom:{SCHOOL_ID}:all")
    return on_screen(scene.ann, "send")


async def the_digest_switched_off(scene: Scene) -> Move:
    await a_coordinator(scene)
    return pressed(scene.ann, f"digest:{SCHOOL_ID}:0")


async def a_link_to_the_tables(scene: Scene) -> Move:
    await a_coordinator(scene)
    return pressed(scene.ann, f"table:{SCHOOL_ID}")


async def a_file_handed_over(scene: Scene) -> Move:
    await a_coordinator_and_a_learner(scene)
    return pressed(scene.ann, f"getfile:{SCHOOL_ID}:csv:people")


async def a_track_completed(scene: Scene) -> Move:
    await a_region(scene)
    await scene.begins(scene.ann, "coordinator")
    await joins(scene, scene.ann, Role.LEARNER)
    await scene.ann.sends_action("quiz:help")
    return on_screen(scene.ann, "pick")


async def a_certificate_handed_over(scene: Scene) -> Move:
    await a_track_completed(scene)
    await scene.answers(scene.ann)
    return pressed(scene.ann, "certificate:coordinator")


KINDS: dict[Kind, tuple[str, Sequence[str]]] = {
    an_invite_opened_by_somebody_new: ("Школа № 5", ()),
    joining_of_somebody_new: ("Школа № 5", ()),
    joining_as_a_coordinator: ("Школа № 5", ("joined",)),
    a_wrong_invite: ("", ()),
    an_invite_made: ("start=in-", ("joined", "invited")),
    an_invite_withdrawn: ("", ("joined", "withdrew")),
    leaving: ("", ("joined",)),
    a_learner_removed: ("", ("joined", "removed")),
    a_track_assigned: ("Учитель", ("joined", "assigned")),
    a_reminder_sent: ("", ("joined", "reminded")),
    the_digest_switched_off: ("", ("joined",)),
    a_link_to_the_tables: ("отчёты таблицей", ("joined",)),
    a_file_handed_over: (".csv", ("joined", "exported")),
    a_track_completed: ("К результату", ()),
    a_certificate_handed_over: (".pdf", ()),
}
"""Every kind of move: what it shows, and what the audit remembers in the end."""


@pytest.fixture(scope="module")
def known() -> dict[Kind, Outcome]:
    """What is known already of what undisturbed moves come to."""
    return {}


@pytest.fixture
async def undisturbed(
    kind: Kind, known: dict[Kind, Outcome], migrated_sqlite: Path, tmp_path: Path
) -> Outcome:
    """What the move comes to when nothing goes wrong."""
    if kind not in known:
        path = tmp_path / "undisturbed.db"
        shutil.copy(migrated_sqlite, path)
        known[kind] = await outcome(database_url(f"sqlite:///{path}"), kind)
    return known[kind]


every_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)


@every_kind
def test_every_move_here_is_what_its_name_says(kind: Kind, undisturbed: Outcome) -> None:
    shows, acts = KINDS[kind]
    assert shows in shown(undisturbed.replies)
    assert "осталась от прошлого шага" not in shown(undisturbed.replies)
    kept = undisturbed.rows["audit"]
    assert len(kept) == len(acts)
    assert all(any(f"'{act}'" in row for row in kept) for act in acts), kept


@every_kind
@pytest.mark.parametrize("death", DEATHS, ids=lambda death: death.__name__)
async def test_a_move_killed_anywhere_comes_again_and_ends_as_if_nothing_had_been(
    url: URL, kind: Kind, death: Death, undisturbed: Outcome
) -> None:
    move = await prepared(url, kind)
    with dying(death):
        async with process(url) as talk:
            await talk.take(move)
    if death is not before_the_commit:
        move = replace(move, at=move.at + LATER)
    async with process(url) as talk:
        replies = await talk.take(move)

    # The figures on a screen are of the later moment.
    assert shown(replies).replace("12:14", "12:00") == shown(undisturbed.replies)
    assert await everything_in(url) == undisturbed.rows


@every_kind
async def test_a_move_that_two_processes_get_at_once_counts_once_and_shows_itself_at_both(
    url: URL, kind: Kind, undisturbed: Outcome
) -> None:
    move = await prepared(url, kind)
    async with process(url) as here, process(url) as there:
        both = await asyncio.gather(*(talk.take(move) for talk in (here, there)))

    assert [shown(replies) for replies in both] == [shown(undisturbed.replies)] * 2
    assert await everything_in(url) == undisturbed.rows


async def test_of_two_who_use_an_invite_for_one_at_once_only_one_joins(url: URL) -> None:
    async with Storage(create_engine(url)) as storage:
        scene = Scene(talk_on(storage), storage)
        await a_region(scene)
        payload = await invited(scene, Role.COORDINATOR)
        for who in (scene.ann, scene.tablet):
            await scene.begins(who)
            await who.opens(payload)
        moves = [pressed(who, "accept") for who in (scene.ann, scene.tablet)]
    with dying(before_the_commit):
        async with process(url) as talk:
            await talk.take(moves[0])
    async with process(url) as here, process(url) as there:
        await asyncio.gather(here.take(moves[0]), there.take(moves[1]))
    rows = await everything_in(url)
    assert [len(rows[table]) for table in ("membership", "consent", "audit")] == [1, 1, 1]
