"""Coordinators' reminders: who gets one, that it is one, and what coordinators see of it."""

import asyncio
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import func, select

from course_bot.conversation.port import Outgoing
from course_bot.conversation.turn import Conversation
from course_bot.storage import schema
from course_bot.storage.outbox import LEASE
from course_bot.storage.store import Storage
from tests.dialogue import PortPerson, plain
from tests.files_here import FilesHere, SheetsHere
from tests.learners import COURSE, NOW, at_three_doors, forget, learner, put, read
from tests.regions import FRESH_REGION, Region, assign, begins, completes, join, leave

DAY = timedelta(days=1)
PAST = date(2026, 11, 20)
SECOND = timedelta(seconds=1)


def talk_on(storage: Storage) -> Conversation:
    return Conversation(
        storage, lambda: COURSE, secret=bytes(32), files=FilesHere(storage), sheets=SheetsHere()
    )


async def region(storage: Storage) -> Region:
    """Make a region that is late: of eight learners one has completed, one has begun."""
    here = await FRESH_REGION.on(storage)
    await assign(storage, here.organisations["region"], "teacher", PAST)
    await completes(here.people["l-s11-1"], "teacher")
    await begins(here.people["l-s11-2"], "teacher", passed=1)
    return here


async def coordinator(
    storage: Storage, here: Region, short: str = "region", key: str = ""
) -> PortPerson:
    who = PortPerson(
        name=short,
        talk=talk_on(storage),
        account=here.people[key or f"c-{short}"].account,
        now=NOW,
    )
    await who.opens()
    await who.sends_action(f"nudge:{here.organisations[short]}")
    return who


async def sends(who: PortPerson, label: str) -> None:
    await who.presses(label)
    await who.presses("Отправить")


async def arrives(storage: Storage, now: datetime = NOW) -> list[Outgoing]:
    """Send all that is due, as a door does."""
    talk = talk_on(storage)
    came: list[Outgoing] = []
    while lent := await talk.outgoing("telegram", now):
        for message in lent:
            assert message.once
            assert await talk.begin(message.id, now)
            await talk.delivered(message.id, now)
            came.append(message)
    return came


def people(here: Region, messages: list[Outgoing]) -> list[str]:
    by_account = {each.account: short for short, each in here.people.items()}
    return sorted(by_account[each.account] for each in messages)


LATE = ["l-s11-2", "l-s12-1", "l-s12-2", "l-s21-1", "l-s21-2", "l-s22-1", "l-s22-2"]


async def test_a_coordinator_reminds_those_who_are_late_in_two_taps(storage: Storage) -> None:
    here = await region(storage)
    who = await coordinator(storage, here)
    who.sees("Кому напомнить?")
    await who.presses("Просрочили: 7")
    who.sees("Напоминание получат: 7", "напоминает: срок курса «Учитель» был 20 ноября")

    await who.presses("Отправить: 7")
    who.sees("дошло: 0", "ждут отправки (пишу днём): 7")
    messages = await arrives(storage)
    await who.presses("Обновить")

    assert people(here, messages) == LATE
    who.sees("дошло: 7")
    who.sees_not("ждут")
    (text,) = {plain(each.screen.text) for each in messages if "Школа 12" in each.screen.text}
    assert text == (
        "Школа 12 (Озёрный край) напоминает: срок курса «Учитель» был 20 ноября. Пройти ещё не"
        " поздно, впереди 9 минут."
    )
    await who.presses("Последние напоминания")
    assert any("дошло 7, ждёт 0" in label for label in who.labels)


async def test_a_reminder_goes_where_its_learner_was_last(storage: Storage) -> None:
    here = await region(storage)
    _, max_, _ = await at_three_doors(storage, here.people["l-s11-2"].account.key)
    await max_.does()
    await at_three_doors(storage, here.people["l-s12-1"].account.key)
    who = await coordinator(storage, here)
    await sends(who, "Просрочили: 7")

    assert people(here, await arrives(storage)) == LATE[1:]
    (message,) = await talk_on(storage).outgoing("max", NOW)
    assert message.account == max_.account


async def test_a_state_and_an_organisation_narrow_it(storage: Storage) -> None:
    here = await region(storage)
    await assign(storage, here.organisations["region"], "teacher", date(2026, 12, 1))
    who = await coordinator(storage, here, "m1", "c-region")
    assert [label for label in who.labels if ":" in label] == [
        "Не начали: 2",
        "Учатся: 1",
        "Все, кто не прошёл: 3",
    ]

    await sends(who, "Учатся: 1")
    assert people(here, await arrives(storage)) == ["l-s11-2"]
    await who.sends_action(f"nudge:{here.organisations['m1']}")
    await who.presses("Все, кто не прошёл: 3")
    who.sees("получат: 2", "уже напоминали меньше 3 дней назад: 1")
    await who.presses("Отправить: 2")
    messages = await arrives(storage)
    assert people(here, messages) == ["l-s12-1", "l-s12-2"]
    assert "пройдите, пожалуйста, курс «Учитель» до 1 декабря" in messages[0].screen.text


async def test_nobody_is_reminded_twice_in_3_days_whoever_sends(storage: Storage) -> None:
    here = await region(storage)
    await sends(await coordinator(storage, here), "Все")
    school = await coordinator(storage, here, "s12")
    await school.presses("Все")
    school.sees("никто не получит", "уже напоминали меньше 3 дней назад: 2")
    await school.sends_action(f"send:{here.organisations['s12']}:all")
    school.was_told("Сейчас напоминать некому")
    later = NOW + timedelta(hours=3)
    assert len(await arrives(storage, later)) == 7

    async def would_get(at: datetime) -> str:
        school.now = at
        await school.sends_action(f"whom:{here.organisations['s12']}:all")
        return school.text

    assert "никто не получит" in await would_get(later + 3 * DAY - SECOND)
    assert "получат: 2" in await would_get(later + 3 * DAY)


async def test_what_was_not_sent_after_all_does_not_count(storage: Storage) -> None:
    """As to somebody who had blocked the bot, and has let it in again."""
    here = await region(storage)
    who = await coordinator(storage, here, "s12")
    await sends(who, "Все")
    for short in ("l-s12-1", "l-s12-2"):
        await storage.blocked(here.people[short].account, NOW)
    assert await arrives(storage) == []
    await who.presses("Обновить")
    who.sees("дошло: 0", "заблокировали бота: 2")
    await storage.blocked(here.people["l-s12-1"].account, None)

    await who.sends_action(f"nudge:{here.organisations['s12']}")
    await sends(who, "Все")

    assert people(here, await arrives(storage)) == ["l-s12-1"]


async def test_two_coordinators_in_the_same_moment_remind_each_person_once(
    storage: Storage,
) -> None:
    here = await region(storage)
    both = [await coordinator(storage, here), await coordinator(storage, here, "m1")]
    for each in both:
        await each.presses("Все")

    await asyncio.gather(*(each.presses("Отправить") for each in both))

    assert people(here, await arrives(storage)) == LATE


async def test_a_second_tap_sends_nothing(storage: Storage) -> None:
    here = await region(storage)
    who = await coordinator(storage, here)
    await who.presses("Все")
    tap = who.button("Отправить").action

    await who.sends_action(tap)
    await who.sends_action(tap)

    assert people(here, await arrives(storage)) == LATE
    async with storage.reading() as connection:
        for table in (schema.mailing, schema.audit):
            assert await connection.scalar(select(func.count()).select_from(table)) == 1


async def test_whoever_completes_leaves_pauses_or_is_deleted_meanwhile_gets_none(
    storage: Storage,
) -> None:
    here = await region(storage)
    who = await coordinator(storage, here)
    await sends(who, "Все")
    await completes(here.people["l-s12-1"], "teacher")
    await leave(here.people["l-s12-2"], here.organisations["s12"])
    await here.people["l-s21-1"].does(put(reminders=False))
    await here.people["l-s21-2"].does(forget)
    await assign(storage, here.organisations["s22"], "teacher", lifted=True)

    assert people(here, await arrives(storage)) == ["l-s11-2"]
    await who.presses("Обновить")
    who.sees("дошло: 1", "прошли или вышли раньше: 4")


async def test_who_wants_none_or_is_in_the_browser_only_is_counted_and_not_written_to(
    storage: Storage,
) -> None:
    here = await region(storage)
    await here.people["l-s12-1"].does(put(reminders=False))
    desk = learner(storage, "desk", "browser")
    await join(desk, here.organisations["s12"])
    who = await coordinator(storage, here, "s12")
    await who.presses("Все, кто не прошёл: 3")
    who.sees("получат: 1", "попросили не напоминать: 1", "учатся только в браузере: 1")
    who.sees("перешлите это в чат сотрудников")

    await who.presses("Отправить: 1")

    assert people(here, await arrives(storage)) == ["l-s12-2"]
    who.sees("только в браузере: 1", "перешлите это в чат сотрудников")


async def test_it_is_sent_by_day_where_the_school_is_and_not_on_top_of_another_reminder(
    storage: Storage,
) -> None:
    here = await region(storage)
    who = await coordinator(storage, here, "s12")
    ann = here.people["l-s12-1"]
    ann.now = NOW - 4 * DAY
    await ann.does(put(track="teacher"))
    await talk_on(storage).plan_reminders(NOW)
    assert people(here, await arrives(storage)) == ["l-s12-1"]
    await sends(who, "Все")

    assert people(here, await arrives(storage)) == ["l-s12-2"], "the other has had one today"
    morning = NOW.replace(hour=7) + DAY
    assert await arrives(storage, morning - SECOND) == []
    assert people(here, await arrives(storage, morning)) == ["l-s12-1"]


async def test_the_courses_own_reminder_gives_way_to_a_coordinators(storage: Storage) -> None:
    here = await region(storage)
    ann = here.people["l-s12-1"]
    ann.now = NOW - 4 * DAY
    await ann.does(put(track="teacher"))
    await sends(await coordinator(storage, here, "s12"), "Все")
    assert people(here, await arrives(storage)) == ["l-s12-1", "l-s12-2"]

    await talk_on(storage).plan_reminders(NOW)

    assert await arrives(storage) == []
    assert await arrives(storage, NOW + DAY) == []


async def test_a_kill_in_the_middle_of_sending_reminds_nobody_twice(storage: Storage) -> None:
    here = await region(storage)
    who = await coordinator(storage, here)
    await sends(who, "Все")
    talk = talk_on(storage)
    lent = await talk.outgoing("telegram", NOW)
    for message in lent[:3]:  # these were begun, and perhaps sent, when the process was killed
        assert await talk.begin(message.id, NOW)

    rest = await arrives(storage, NOW + LEASE)

    assert len(rest) == len(LATE) - 3
    assert {each.id for each in rest}.isdisjoint({each.id for each in lent[:3]})
    await who.presses("Обновить")
    who.sees("дошло: 4", "неизвестно, дошло ли: 3")


async def test_a_person_in_two_schools_gets_one(storage: Storage) -> None:
    here = await region(storage)
    await join(here.people["l-s12-1"], here.organisations["s21"])

    await sends(await coordinator(storage, here), "Все")

    assert people(here, await arrives(storage)) == LATE


async def test_where_nothing_is_assigned_the_own_track_is_reminded_of(storage: Storage) -> None:
    here = await FRESH_REGION.on(storage)
    await here.people["l-s12-1"].does(put(track="teacher"))
    await here.people["l-s12-1"].does(read("chat", 1))
    who = await coordinator(storage, here, "s12")

    await sends(who, "Все")

    texts = {each.account: plain(each.screen.text) for each in await arrives(storage)}
    assert "курс «Учитель» ещё не пройден" in texts[here.people["l-s12-1"].account]
    assert "вас ждёт курс" in texts[here.people["l-s12-2"].account]


async def test_the_audit_knows_who_reminded_whom(storage: Storage) -> None:
    here = await region(storage)
    await sends(await coordinator(storage, here), "Просрочили")
    async with storage.reading() as connection:
        (row,) = (await connection.execute(select(schema.audit))).all()
    assert (row.act, row.person_id, row.organisation_id) == (
        "reminded",
        here.numbers["c-region"],
        here.organisations["region"],
    )
    assert row.about.endswith(" late")


@pytest.mark.parametrize("stranger", ["c-s12", "c-m2", "l-s11-1"])
async def test_who_does_not_coordinate_an_organisation_reminds_nobody_there(
    storage: Storage, stranger: str
) -> None:
    here = await region(storage)
    owner = await coordinator(storage, here, "s11")
    await sends(owner, "Все")
    (mailing,) = [each.action for each in owner.buttons if each.action.startswith("nudged:")]
    school = here.organisations["s11"]
    await arrives(storage)
    who = PortPerson(
        name="x", talk=talk_on(storage), account=here.people[stranger].account, now=NOW + 9 * DAY
    )
    await who.opens()

    for action in (
        f"nudge:{school}",
        f"whom:{school}:all",
        f"send:{school}:all",
        f"mailings:{school}",
        mailing,
    ):
        await who.sends_action(action)
        who.sees("Вы не координатор этой организации")

    assert await arrives(storage, NOW + 9 * DAY) == []


@pytest.mark.parametrize("action", ["whom:{}:done", "whom:{}:x", "send:{}:done", "send:{}:"])
async def test_no_other_states_can_be_asked_for(storage: Storage, action: str) -> None:
    here = await region(storage)
    who = await coordinator(storage, here, "s12")

    await who.sends_action(action.format(here.organisations["s12"]))

    who.was_told("Эта кнопка осталась от прошлого шага")


async def test_a_mailing_of_another_organisation_is_not_shown_as_ones_own(
    storage: Storage,
) -> None:
    here = await region(storage)
    owner = await coordinator(storage, here, "s12")
    await sends(owner, "Все")
    key = owner.button("Обновить").action.split(":")[2]
    who = await coordinator(storage, here, "s11")

    await who.sends_action(f"nudged:{here.organisations['s11']}:{key}")

    who.sees("Вы не координатор этой организации")
