"""What the bot says by itself: nothing is lost, nobody is written to twice or out of turn."""

import asyncio
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import delete, insert, select, update
from sqlalchemy.engine import URL

from course_bot.conversation.outgoing import next_daytime
from course_bot.conversation.turn import Conversation
from course_bot.storage import schema
from course_bot.storage.engine import create_engine
from course_bot.storage.outbox import (
    AT_ONCE,
    LEASE,
    TRIED,
    WRITING_DOORS,
    Postponed,
    Settled,
    pause_after,
)
from course_bot.storage.schema import outbox
from course_bot.storage.store import Storage
from tests.files_here import FilesHere, SheetsHere
from tests.learners import (
    COURSE,
    NOW,
    Learner,
    at_three_doors,
    forget,
    found,
    join,
    learner,
    link,
    put,
)
from tests.regions import add
from tests.regions import join as join_school

SECOND = timedelta(seconds=1)


async def waits(who: Learner, count: int = 1, *, due_at: datetime = NOW) -> list[int]:
    """Put messages to somebody into the outbox, and return their numbers."""
    person = await who.does(put(track="teacher"))
    async with who.storage.writing() as connection:
        return [
            await connection.scalar(
                insert(outbox)
                .values(
                    person_id=person.id,
                    account_id=f"{who.account.door}:{who.account.key}",
                    door=who.account.door,
                    kind="reminder",
                    made_at=NOW,
                    due_at=due_at,
                )
                .returning(outbox.c.id)
            )
            or 0
            for _ in range(count)
        ]


async def lent(storage: Storage, now: datetime = NOW, door: str = "telegram") -> list[int]:
    return [each.id for each in await storage.lend_messages(door, now)]


async def reasons(storage: Storage) -> dict[int, str | None]:
    """What became of the messages that are settled."""
    async with storage.reading() as connection:
        rows = await connection.execute(
            select(outbox.c.id, outbox.c.reason).where(outbox.c.settled_at.is_not(None))
        )
        return {row.id: row.reason for row in rows}


async def test_a_message_is_lent_once_and_due_again_after_its_lease(storage: Storage) -> None:
    (message,) = await waits(learner(storage))

    assert await lent(storage) == [message]
    assert await lent(storage, NOW + LEASE - SECOND) == []
    assert await lent(storage, NOW + LEASE) == [message], "whoever had it was killed"


async def test_a_message_that_was_begun_is_never_lent_again(storage: Storage) -> None:
    """Whoever had it was killed, before it was sent or after: nobody can tell."""
    first, second = await waits(learner(storage), 2)
    await lent(storage)
    assert await storage.begin_message(first, NOW)

    assert await lent(storage, NOW + LEASE - SECOND) == []
    assert await lent(storage, NOW + LEASE) == [second]
    assert await reasons(storage) == {first: "interrupted"}


async def test_many_that_were_interrupted_hold_up_none_that_was_not(storage: Storage) -> None:
    begun = [(await waits(learner(storage, f"{key}")))[0] for key in range(AT_ONCE + 5)]
    (waiting,) = await waits(learner(storage, "waiting"), due_at=NOW + LEASE)
    while messages := await lent(storage):
        for message in messages:
            assert await storage.begin_message(message, NOW)

    assert await lent(storage, NOW + LEASE) == [waiting]
    assert await reasons(storage) == dict.fromkeys(begun, "interrupted")


async def test_a_message_is_begun_once_and_only_while_it_is_lent(storage: Storage) -> None:
    (message,) = await waits(learner(storage))
    assert not await storage.begin_message(message, NOW), "nobody has it"
    await lent(storage)
    assert not await storage.begin_message(message, NOW + LEASE), "its lease has ended"
    assert await storage.begin_message(message, NOW)
    assert not await storage.begin_message(message, NOW), "a process that is late has it too"
    await storage.settle_messages([Settled(id=message)], NOW)
    assert not await storage.begin_message(message, NOW)
    assert not await storage.begin_message(999, NOW)


async def test_what_was_begun_and_certainly_not_sent_is_tried_again(storage: Storage) -> None:
    (message,) = await waits(learner(storage))
    await lent(storage)
    await storage.begin_message(message, NOW)
    await storage.put_off_message(message, NOW, "the network is away")

    later = NOW + timedelta(minutes=1)
    assert await lent(storage, later) == [message]
    assert await storage.begin_message(message, later)


async def test_of_two_processes_one_begins_a_message(storage: Storage, url: URL) -> None:
    messages = [(await waits(learner(storage, f"{key}")))[0] for key in range(10)]
    await lent(storage)

    async with Storage(create_engine(url)) as other:
        begun = await asyncio.gather(
            *(
                each.begin_message(message, NOW)
                for message in messages
                for each in (storage, other)
            )
        )

    assert [sum(begun[at : at + 2]) for at in range(0, 20, 2)] == [1] * 10


async def test_it_is_day_where_the_organisation_is(storage: Storage) -> None:
    """At noon in Moscow it is evening on Kamchatka; without an organisation, Moscow counts."""
    far, near = learner(storage, "far"), learner(storage, "near")
    for who in (far, near):
        await who.does(put(track="teacher"))
    await join_school(far, await add(storage, "Школа", zone="Asia/Kamchatka"))
    now = NOW + timedelta(days=3)
    talk = Conversation(
        storage, lambda: COURSE, secret=bytes(32), files=FilesHere(storage), sheets=SheetsHere()
    )
    await talk.plan_reminders(now)

    (message,) = await talk.outgoing("telegram", now)
    assert message.account == near.account
    await talk.delivered(message.id, now)
    assert await lent(storage, datetime(2026, 11, 26, 21, 59, 59, tzinfo=UTC)) == []
    morning = datetime(2026, 11, 26, 22, tzinfo=UTC)
    assert [each.account.key for each in await talk.outgoing("telegram", morning)] == ["far"]


async def test_the_zone_is_that_of_the_organisation_joined_first_of_those_that_are_left(
    storage: Storage,
) -> None:
    who = learner(storage)
    await who.does(put(track="teacher"))
    first, second, third = [await add(storage, f"Школа {n}") for n in range(3)]
    for school in (third, first, second):
        await join_school(who, school)
        who.now += SECOND
    async with storage.writing() as connection:
        await connection.execute(
            update(schema.organisation)
            .where(schema.organisation.c.id == third)
            .values(archived_at=NOW)
        )
    await storage.derive()

    later = who.now + timedelta(days=4)
    await storage.plan_reminders(["telegram"], later, lambda _: True)

    (message,) = await storage.lend_messages("telegram", later)
    assert message.organisation == first


@pytest.mark.parametrize(
    ("reason", "kind", "dropped"),
    [
        (None, "reminder", True),
        (None, "nudge", True),
        ("interrupted", "nudge", True),
        ("blocked", "nudge", False),
        ("no longer true", "reminder", False),
        (None, "digest", False),
    ],
)
async def test_who_was_reminded_today_is_not_reminded_again_today(
    storage: Storage, reason: str | None, kind: str, dropped: bool
) -> None:
    earlier, message = await waits(learner(storage), 2)
    async with storage.writing() as connection:
        await connection.execute(update(outbox).where(outbox.c.id == earlier).values(kind=kind))
    await storage.settle_messages([Settled(id=earlier, reason=reason)], NOW)
    talk = Conversation(
        storage, lambda: COURSE, secret=bytes(32), files=FilesHere(storage), sheets=SheetsHere()
    )

    sent = await talk.outgoing("telegram", NOW + timedelta(hours=2))

    assert [each.id for each in sent] == ([] if dropped else [message])
    if dropped:
        assert (await reasons(storage))[message] == "reminded already"


async def test_who_was_reminded_yesterday_may_be_reminded_today(storage: Storage) -> None:
    earlier, message = await waits(learner(storage), 2)
    await storage.settle_messages([Settled(id=earlier)], NOW)
    talk = Conversation(
        storage, lambda: COURSE, secret=bytes(32), files=FilesHere(storage), sheets=SheetsHere()
    )

    (sent,) = await talk.outgoing("telegram", NOW + timedelta(hours=23))

    assert sent.id == message
    assert sent.once


async def test_a_message_counts_as_sent_only_when_it_was(storage: Storage) -> None:
    (message,) = await waits(learner(storage))
    await lent(storage)
    assert await reasons(storage) == {}

    await storage.settle_messages([Settled(id=message)], NOW)

    assert await reasons(storage) == {message: None}
    assert await lent(storage, NOW + LEASE) == []


async def test_nothing_is_lent_before_it_is_due_or_at_another_door(storage: Storage) -> None:
    (message,) = await waits(learner(storage), due_at=NOW + SECOND)

    assert await lent(storage) == []
    assert await lent(storage, NOW + SECOND, door="max") == []
    assert await lent(storage, NOW + SECOND) == [message]


async def test_one_persons_messages_come_in_order_one_at_a_time(storage: Storage) -> None:
    first, second = await waits(learner(storage), 2)
    (other,) = await waits(learner(storage, "2"))

    assert await lent(storage) == [first, other]
    assert await lent(storage) == []
    await storage.put_off_message(first, NOW, "the network is away")
    assert await lent(storage) == [], "the second does not overtake the first"
    await storage.settle_messages([Settled(id=first, reason="blocked")], NOW)
    assert await lent(storage) == [second]


async def test_messages_of_two_doors_of_one_person_keep_their_order(storage: Storage) -> None:
    phone, desk = learner(storage), learner(storage, "1", "max")
    (first,) = await waits(phone)
    (second,) = await waits(desk)
    await phone.does(link("digest", NOW + timedelta(minutes=15)))
    await join(storage, desk.account, "digest", NOW)

    assert await lent(storage, door="max") == []
    assert await lent(storage) == [first]
    await storage.settle_messages([Settled(id=first)], NOW)
    assert await lent(storage, door="max") == [second]


async def test_people_are_written_to_where_they_were_last_and_can_be(storage: Storage) -> None:
    telegram, max_, browser = await at_three_doors(storage)
    await telegram.does(put(track="teacher"))

    async def goes_to(day: int) -> list[str]:
        """Remind and warn of the deletion, so long after the last turn; return to which doors."""
        now = NOW + timedelta(days=day)
        await storage.plan_reminders(WRITING_DOORS, now, lambda _: True)
        await storage.retain(1, WRITING_DOORS, now)
        async with storage.writing() as connection:
            rows = await connection.execute(delete(outbox).returning(outbox.c.kind, outbox.c.door))
            return sorted(f"{row.kind} {row.door}" for row in rows)

    async def comes_by(who: Learner, day: int) -> None:
        who.now = NOW + timedelta(days=day)
        await who.does()

    assert await goes_to(10) == ["farewell telegram", "reminder telegram"]
    await comes_by(max_, 100)
    assert await goes_to(110) == ["farewell max", "reminder max"]
    await comes_by(browser, 200)
    assert await goes_to(210) == ["farewell max", "reminder max"], "the page can't be written to"
    await comes_by(telegram, 300)
    assert await goes_to(310) == ["farewell telegram", "reminder telegram"]
    await storage.blocked(telegram.account, telegram.now)
    await comes_by(browser, 400)
    assert await goes_to(410) == ["farewell max", "reminder max"], "there they are blocked"


async def test_who_is_joined_from_the_page_is_written_to_where_the_other_was(
    storage: Storage,
) -> None:
    page = learner(storage, "page", "browser")
    *_, other_page = await at_three_doors(storage, "2")
    await learner(storage, "2", "telegram").does()
    await page.does(put(track="teacher"))
    await page.does(link("digest", NOW + timedelta(minutes=15)))
    await join(storage, other_page.account, "digest", NOW)

    await storage.plan_reminders(WRITING_DOORS, NOW + timedelta(days=3), lambda _: True)

    assert len(await lent(storage, NOW + timedelta(days=3))) == 1
    assert await found(storage) == []


async def test_what_waits_follows_its_person_to_another_door(storage: Storage) -> None:
    telegram, max_, _ = await at_three_doors(storage)
    first, second, third = await waits(telegram, 3)
    assert await lent(storage) == [first]
    assert await storage.begin_message(first, NOW)

    async def follow() -> None:
        await storage.follow_people(WRITING_DOORS, NOW)

    await max_.does()
    await follow()
    assert await lent(storage, door="max") == [], "the first may just be arriving"
    await storage.settle_messages([Settled(id=first)], NOW)
    assert await lent(storage, door="max") == [second]
    assert await lent(storage) == []
    await telegram.does()
    await follow()
    await storage.put_off_message(second, NOW, "the network is away")
    await follow()
    assert await lent(storage, NOW + 60 * SECOND) == [second]
    await storage.settle_messages([Settled(id=second)], NOW)
    await max_.does()
    await storage.blocked(max_.account, NOW)
    await follow()
    assert await lent(storage) == [third]
    await storage.put_off_message(third, NOW, "the network is away")
    await storage.blocked(max_.account, None)
    await storage.follow_people(["telegram"], NOW)
    assert await lent(storage, NOW + 60 * SECOND, "max") == [], "MAX is closed"
    await storage.follow_people(["max"], NOW)
    assert await lent(storage, NOW + 60 * SECOND, "max") == [third]


async def test_a_postponed_message_is_due_then(storage: Storage) -> None:
    (message,) = await waits(learner(storage))
    await lent(storage)

    await storage.settle_messages([Postponed(id=message, until=NOW + 2 * SECOND)], NOW)

    assert await lent(storage, NOW + SECOND) == []
    assert await lent(storage, NOW + 2 * SECOND) == [message]


async def test_what_can_not_be_sent_is_tried_with_growing_pauses(storage: Storage) -> None:
    (message,) = await waits(learner(storage))
    now, pauses = NOW, []
    for _ in range(8):
        assert await lent(storage, now) == [message]
        await storage.put_off_message(message, now, "the network is away")
        assert await lent(storage, now + timedelta(seconds=29)) == []
        pauses.append(await due(storage) - now)
        now += pauses[-1]

    assert timedelta(seconds=30) <= pauses[0] <= timedelta(seconds=45)
    assert pauses[:6] == sorted(pauses[:6])
    assert pauses[-1] >= timedelta(minutes=30)
    assert await reasons(storage) == {}


async def due(storage: Storage) -> datetime:
    async with storage.reading() as connection:
        at = await connection.scalar(select(outbox.c.due_at))
    assert isinstance(at, datetime)
    return at


async def test_what_is_tried_for_days_is_given_up_with_its_reason(storage: Storage) -> None:
    (message,) = await waits(learner(storage))

    await storage.put_off_message(message, NOW + TRIED - SECOND, "the network is away")
    assert await reasons(storage) == {}
    await storage.put_off_message(message, NOW + TRIED, "the network is still away")

    assert await reasons(storage) == {message: "the network is still away"}


async def test_a_message_settled_by_another_stays_settled(storage: Storage) -> None:
    """A lease ran out, and both who had the message tell of it."""
    (message,) = await waits(learner(storage))
    await lent(storage)
    await lent(storage, NOW + LEASE)
    await storage.settle_messages([Settled(id=message)], NOW + LEASE)

    await storage.put_off_message(message, NOW + LEASE, "the network is away")
    await storage.settle_messages([Settled(id=message, reason="blocked")], NOW + LEASE)
    await storage.settle_messages([Postponed(id=message, until=NOW + 2 * LEASE)], NOW + LEASE)

    assert await reasons(storage) == {message: None}
    assert await due(storage) == NOW


async def test_of_somebody_who_is_deleted_nothing_is_left_to_send(storage: Storage) -> None:
    ann = learner(storage)
    (message,) = await waits(ann)
    await lent(storage)
    await ann.does(forget)

    await storage.put_off_message(message, NOW, "the network is away")
    await storage.settle_messages([Settled(id=message)], NOW)

    assert await lent(storage, NOW + LEASE) == []


async def test_several_processes_share_the_messages(storage: Storage, url: URL) -> None:
    messages = [(await waits(learner(storage, f"{key}")))[0] for key in range(60)]

    async with Storage(create_engine(url)) as other:
        taken = await asyncio.gather(*(lent(each) for each in (storage, other) for _ in range(4)))

    everything = [message for each in taken for message in each]
    assert sorted(everything) == messages


async def test_settled_messages_are_forgotten_after_a_month(storage: Storage) -> None:
    first, second = await waits(learner(storage), 2)
    await storage.settle_messages([Settled(id=first)], NOW)
    await storage.tidy(NOW + timedelta(days=30))
    assert list(await reasons(storage)) == [first]

    await storage.tidy(NOW + timedelta(days=30, seconds=1))

    assert await reasons(storage) == {}
    assert await lent(storage) == [second]


@pytest.mark.parametrize(
    ("zone", "hour", "day", "opens"),
    [
        ("Europe/Moscow", 7, 23, (7, 23)),
        ("Europe/Moscow", 6, 23, (7, 23)),
        ("Europe/Moscow", 15, 23, (15, 23)),
        ("Europe/Moscow", 16, 23, (7, 24)),
        ("Asia/Kamchatka", 7, 23, (22, 23)),
        ("Asia/Kamchatka", 22, 23, (22, 23)),
        ("Europe/Kaliningrad", 7, 23, (8, 23)),
    ],
)
def test_the_bot_writes_first_from_10_to_19_where_the_person_lives(
    zone: str, hour: int, day: int, opens: tuple[int, int]
) -> None:
    now = datetime(2026, 11, day, hour, tzinfo=UTC)
    at = next_daytime(now, ZoneInfo(zone))
    assert (at.hour, at.day) == opens


@pytest.mark.parametrize(
    ("night", "opens"),
    [
        ("2026-03-28T21:00+01:00", "2026-03-29T10:00+02:00"),
        ("2026-10-24T21:00+02:00", "2026-10-25T10:00+01:00"),
    ],
)
def test_the_day_begins_at_10_also_after_a_night_in_which_the_clocks_change(
    night: str, opens: str
) -> None:
    at = next_daytime(datetime.fromisoformat(night).astimezone(UTC), ZoneInfo("Europe/Berlin"))
    assert at == datetime.fromisoformat(opens)


def test_pauses_grow_to_half_an_hour_and_no_further() -> None:
    seconds = [pause_after(tries).total_seconds() for tries in range(1, 50)]
    assert 30 <= seconds[0] <= 45
    assert max(seconds) <= 1800 + 15


async def test_what_would_go_to_somebody_who_has_blocked_the_bot_is_given_up(
    storage: Storage,
) -> None:
    ann = learner(storage)
    (message,) = await waits(ann)
    await storage.blocked(ann.account, NOW)
    talk = Conversation(
        storage, lambda: COURSE, secret=bytes(32), files=FilesHere(storage), sheets=SheetsHere()
    )

    assert await talk.outgoing("telegram", NOW) == ()

    assert await reasons(storage) == {message: "blocked"}


async def test_who_pauses_reminders_in_the_moment_in_which_one_is_made_gets_none(
    storage: Storage,
) -> None:
    ann = learner(storage)
    (message,) = await waits(ann)
    await ann.does(put(reminders=False))
    talk = Conversation(
        storage, lambda: COURSE, secret=bytes(32), files=FilesHere(storage), sheets=SheetsHere()
    )

    assert await talk.outgoing("telegram", NOW) == ()

    assert await reasons(storage) == {message: "no longer true"}


async def test_what_has_been_due_longest_goes_first(storage: Storage) -> None:
    (late,) = await waits(learner(storage), due_at=NOW)
    (early,) = await waits(learner(storage, "2"), due_at=NOW - SECOND)

    assert await lent(storage) == [early, late]


async def test_a_message_that_can_not_be_worded_holds_up_no_other(
    storage: Storage, caplog: pytest.LogCaptureFixture
) -> None:
    """As one of a kind that only a newer version knows, after going back to this one."""
    (odd,) = await waits(learner(storage))
    (good,) = await waits(learner(storage, "2"))
    async with storage.writing() as connection:
        await connection.execute(update(outbox).where(outbox.c.id == odd).values(kind="newer"))
    talk = Conversation(
        storage, lambda: COURSE, secret=bytes(32), files=FilesHere(storage), sheets=SheetsHere()
    )

    assert [each.id for each in await talk.outgoing("telegram", NOW)] == [good]

    assert f"message {odd} can't be worded" in caplog.text
    assert await lent(storage, NOW + timedelta(seconds=29)) == []
    assert await lent(storage, NOW + timedelta(seconds=45)) == [odd], "it is tried again"
