"""The weekly digest: when it comes, to whom, what it says, and that it never comes twice."""

import asyncio
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.engine import URL

from course_bot.conversation.port import Outgoing
from course_bot.conversation.turn import Conversation
from course_bot.organisations.records import LeftOrganisation, Role
from course_bot.storage import schema
from course_bot.storage.engine import create_engine
from course_bot.storage.store import Storage
from tests.dialogue import PortPerson, plain
from tests.files_here import FilesHere, SheetsHere
from tests.learners import COURSE, at_three_doors, learner, put, statements
from tests.regions import FRESH_REGION, Region, assign, completes, join, leaves

MONDAY = datetime(2026, 11, 30, 6, 0, tzinfo=UTC)
"""Nine o'clock in Moscow; everybody has joined in the week before."""
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


def talk_on(storage: Storage) -> Conversation:
    return Conversation(
        storage, lambda: COURSE, secret=bytes(32), files=FilesHere(storage), sheets=SheetsHere()
    )


async def arrives(storage: Storage, now: datetime = MONDAY) -> dict[str, Outgoing]:
    """Plan digests and send all that is due; return what came, by account."""
    talk = talk_on(storage)
    await talk.plan_digests(now)
    came: dict[str, Outgoing] = {}
    while lent := await talk.outgoing("telegram", now):
        for message in lent:
            assert message.once
            assert await talk.begin(message.id, now)
            await talk.delivered(message.id, now)
            assert message.account.key not in came
            came[message.account.key] = message
    return came


def key(short: str) -> str:
    return f"Озёрный край {short}"


async def move_to(storage: Storage, here: Region, short: str, zone: str) -> None:
    async with storage.writing() as connection:
        await connection.execute(
            update(schema.organisation)
            .where(schema.organisation.c.id == here.organisations[short])
            .values(time_zone=zone)
        )
    await storage.derive()


COORDINATORS = {key(f"c-{short}") for short in ("region", "m1", "m2", "s11", "s12", "s21", "s22")}


async def test_it_comes_on_mondays_at_nine_to_those_who_coordinate(storage: Storage) -> None:
    await FRESH_REGION.on(storage)

    assert await arrives(storage, MONDAY - SECOND) == {}
    assert (await arrives(storage)).keys() == COORDINATORS
    for later in (SECOND, HOUR, DAY, 6 * DAY):
        assert await arrives(storage, MONDAY + later) == {}


async def test_it_comes_where_the_coordinator_was_last(storage: Storage) -> None:
    await FRESH_REGION.on(storage)
    _, max_, _ = await at_three_doors(storage, key("c-s11"))
    await max_.does()
    await at_three_doors(storage, key("c-s12"))

    assert (await arrives(storage)).keys() == COORDINATORS - {key("c-s11")}
    (message,) = await talk_on(storage).outgoing("max", MONDAY)
    assert message.account == max_.account


async def test_it_is_nine_where_the_organisation_is(storage: Storage) -> None:
    here = await FRESH_REGION.on(storage)
    await move_to(storage, here, "s11", "Asia/Kamchatka")
    await move_to(storage, here, "s12", "Europe/Kaliningrad")

    assert (await arrives(storage, MONDAY - 9 * HOUR)).keys() == {key("c-s11")}
    assert (await arrives(storage)).keys() == COORDINATORS - {key("c-s11"), key("c-s12")}
    assert (await arrives(storage, MONDAY + HOUR)).keys() == {key("c-s12")}


async def test_it_is_late_until_monday_evening_only(storage: Storage) -> None:
    await FRESH_REGION.on(storage)

    assert await arrives(storage, MONDAY + 10 * HOUR) == {}
    assert (await arrives(storage, MONDAY + 10 * HOUR - SECOND)).keys() == COORDINATORS


async def test_what_could_not_be_sent_on_monday_is_not_sent_later(storage: Storage) -> None:
    await FRESH_REGION.on(storage)
    talk = talk_on(storage)
    await talk.plan_digests(MONDAY)

    assert await talk.outgoing("telegram", MONDAY + 10 * HOUR) == ()
    assert await talk.outgoing("telegram", MONDAY + DAY) == ()


async def test_it_tells_what_changed_and_who_is_overdue_first(storage: Storage) -> None:
    here = await FRESH_REGION.on(storage)
    await assign(storage, here.organisations["region"], "teacher", date(2026, 11, 26))
    await assign(storage, here.organisations["s22"], "teacher", date(2026, 11, 1))
    await completes(here.people["l-s11-1"], "teacher", at=MONDAY - DAY)
    await completes(here.people["l-s11-2"], "teacher", at=MONDAY - 30 * DAY)
    await here.people["l-s22-1"].does(put(name="Анна <i>"))

    came = await arrives(storage)

    text = plain(came[key("c-region")].screen.spelled()[0])
    assert text.startswith(
        "Обучение за неделю: Озёрный край\n\n"
        "✅ прошли обучение: 1\n👋 присоединились: 8\n⏰ прошёл срок: 4\n\n"
        "Срок прошёл раньше всего:\n"
    ), text
    named = text.split("\n")[-6:-4]
    assert all(line.endswith(", Школа 22 (Озёрный край): 1 ноября") for line in named)
    assert "• Анна <i>, Школа 22" in text
    assert text.count("•") == 5
    assert text.endswith("и ещё 1")
    assert "прошёл срок" not in plain(came[key("c-s22")].screen.spelled()[0])
    labels = [button.label for row in came[key("c-region")].screen.rows for button in row]
    assert labels == ["👥 Открыть", "🔔 Напомнить", "🔕 Отключить сводку"]


async def test_where_nothing_changed_it_is_silent(storage: Storage) -> None:
    here = await FRESH_REGION.on(storage)
    await arrives(storage)
    await assign(storage, here.organisations["region"], "teacher", date(2026, 11, 26))
    ann = here.people["l-s11-1"]
    ann.now = MONDAY + DAY
    await completes(ann, "teacher")

    came = await arrives(storage, MONDAY + 7 * DAY)

    assert came.keys() == {key(f"c-{short}") for short in ("region", "m1", "s11")}


async def test_it_is_switched_off_in_the_digest_and_on_again_in_the_chat(storage: Storage) -> None:
    here = await FRESH_REGION.on(storage)
    came = await arrives(storage)
    who = PortPerson(
        name="c", talk=talk_on(storage), account=here.people["c-s11"].account, now=MONDAY
    )
    await who.opens()
    await who.sends_action(came[key("c-s11")].screen.rows[-1][0].action)
    who.sees("Сводка за неделю", "выключена")
    await join(learner(storage, "new", "browser"), here.organisations["s11"])
    async with storage.writing() as connection:
        await connection.execute(update(schema.membership).values(digested=None))
    assert key("c-s11") not in await arrives(storage, MONDAY + HOUR)

    await who.presses("Присылать сводку")
    who.sees("включена")

    assert (await arrives(storage, MONDAY + 2 * HOUR)).keys() == {key("c-s11")}


async def test_who_switches_it_off_while_it_waits_gets_none(storage: Storage) -> None:
    here = await FRESH_REGION.on(storage)
    talk = talk_on(storage)
    await talk.plan_digests(MONDAY)
    async with storage.writing() as connection:
        await connection.execute(
            update(schema.membership)
            .where(schema.membership.c.person_id == here.numbers["c-s11"])
            .values(digest=False)
        )

    assert (await arrives(storage)).keys() == COORDINATORS - {key("c-s11")}


async def test_a_coordinator_who_is_removed_while_it_waits_gets_none(storage: Storage) -> None:
    here = await FRESH_REGION.on(storage)
    await talk_on(storage).plan_digests(MONDAY)
    removed = LeftOrganisation(
        organisation=here.organisations["s11"],
        role=Role.COORDINATOR,
        at=MONDAY,
        member=here.numbers["c-s11"],
    )
    await leaves(here.people["c-region"], removed)

    assert (await arrives(storage)).keys() == COORDINATORS - {key("c-s11")}


@pytest.mark.parametrize("short", ["s11", "m1"])
async def test_of_an_archived_organisation_there_is_none(storage: Storage, short: str) -> None:
    here = await FRESH_REGION.on(storage)
    await talk_on(storage).plan_digests(MONDAY)
    async with storage.writing() as connection:
        await connection.execute(
            update(schema.organisation)
            .where(schema.organisation.c.id == here.organisations[short])
            .values(archived_at=MONDAY)
        )
    await storage.derive()

    assert key(f"c-{short}") not in await arrives(storage)


async def test_in_the_browser_only_there_is_none(storage: Storage) -> None:
    here = await FRESH_REGION.on(storage)
    await join(learner(storage, "desk", "browser"), here.organisations["s11"], Role.COORDINATOR)

    assert (await arrives(storage)).keys() == COORDINATORS


async def test_who_coordinates_two_gets_one_for_each(storage: Storage) -> None:
    here = await FRESH_REGION.on(storage)
    await join(here.people["c-s11"], here.organisations["s21"], Role.COORDINATOR)
    talk = talk_on(storage)
    await talk.plan_digests(MONDAY)
    theirs = select(func.count()).where(schema.outbox.c.person_id == here.numbers["c-s11"])

    async with storage.reading() as connection:
        assert await connection.scalar(theirs) == 2


async def test_several_processes_make_each_digest_once(storage: Storage, url: URL) -> None:
    await FRESH_REGION.on(storage)

    async with Storage(create_engine(url)) as other:
        await asyncio.gather(
            *(talk_on(each).plan_digests(MONDAY) for each in (storage, other) for _ in range(3))
        )

    assert (await arrives(storage)).keys() == COORDINATORS


async def test_killed_anywhere_while_it_is_made_it_comes_once(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    await FRESH_REGION.on(storage)
    noted = Storage.note_digest
    calls: list[int] = []

    async def dies(self: Storage, *args: object, **kwargs: object) -> None:
        calls.append(1)
        if len(calls) % 3 == 1:
            raise KeyboardInterrupt
        await noted(self, *args, **kwargs)  # type: ignore[arg-type]  # as it was called
        if len(calls) % 3 == 0:
            raise KeyboardInterrupt

    monkeypatch.setattr(Storage, "note_digest", dies)
    for _ in range(30):
        try:
            await talk_on(storage).plan_digests(MONDAY)
        except KeyboardInterrupt:
            continue
        break

    assert len(calls) > len(COORDINATORS)
    assert (await arrives(storage)).keys() == COORDINATORS


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
async def test_on_other_days_one_question_is_asked(storage: Storage) -> None:
    await FRESH_REGION.on(storage)
    with statements() as seen:
        await talk_on(storage).plan_digests(MONDAY + 2 * DAY)
    assert len(seen) == 1
