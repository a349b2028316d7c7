"""Assignments: what is assigned to whom until when, in every case; changed by several at once."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, update

from course_bot.conversation.turn import Conversation
from course_bot.organisations.records import Role
from course_bot.organisations.state import State
from course_bot.organisations.tree import ends_at
from course_bot.storage import schema
from course_bot.storage.organisations import AssignmentsOf, Duties
from course_bot.storage.reporting import PeopleFilter, PeoplePage
from course_bot.storage.scope import Scope
from course_bot.storage.store import Storage
from tests.dialogue import Person, PortPerson
from tests.doors import House, ann, door, house, port_only
from tests.files_here import FilesHere, SheetsHere
from tests.learners import COURSE, NOW, Learner, learner
from tests.regions import (
    FRESH_REGION,
    Region,
    a_region,
    add,
    assign,
    begins,
    completes,
    join,
    leave,
)

__all__ = ["ann", "door", "house"]

DAY = timedelta(days=1)
COORDINATOR = Role.COORDINATOR
FIRST = date(2026, 12, 1)
TENTH = date(2026, 12, 10)
NEW, GOING, DONE, LATE = State.NOT_STARTED, State.IN_PROGRESS, State.COMPLETED, State.OVERDUE


def after(day: date, zone: str = "Europe/Moscow") -> datetime:
    """Return the midnight with which a day ends."""
    return ends_at(day, ZoneInfo(zone))


def before(day: date) -> datetime:
    return after(day) - timedelta(seconds=1)


# The table of cases: what is done, and what coordinators are told at a time.


@dataclass(frozen=True)
class Scene:
    """A region; its track "teacher" is assigned by the region until 1 December."""

    storage: Storage
    region: Region

    def __getitem__(self, short: str) -> int:
        return self.region.organisations[short]

    def who(self, short: str) -> Learner:
        return self.region.people[short]

    async def says(self, where: str, due: date | None = None, *, lifted: bool = False) -> None:
        await assign(self.storage, self[where], "teacher", due, lifted=lifted)

    async def changes(self, where: str, **values: object) -> None:
        """Change an organisation, as the import of a file does."""
        async with self.storage.writing() as connection:
            await connection.execute(
                update(schema.organisation)
                .where(schema.organisation.c.id == self[where])
                .values(**values)
            )
        await self.storage.derive()

    async def told(
        self, person: int, at: datetime, *, of: str = "region"
    ) -> set[tuple[State, date | None]]:
        """Return what is told of somebody's track "teacher"."""
        found = await self.storage.read(
            PeoplePage(
                scope=Scope(organisation=self[of]),
                filter=PeopleFilter(track="teacher"),
                limit=100,
                at=at,
            )
        )
        assert found is not None
        return {(row.state, row.due) for row in found.rows if row.person == person}


Told = set[tuple[State, date | None]]
Case = Callable[[Scene], Awaitable[list[tuple[Told, Told]]]]
"""Does something, and returns what is told, beside what has to be."""
WHO = "l-s11-1"


async def the_day_passes(it: Scene) -> list[tuple[Told, Told]]:
    who = it.region.numbers[WHO]
    return [
        (await it.told(who, before(FIRST)), {(NEW, FIRST)}),
        (await it.told(who, after(FIRST)), {(LATE, FIRST)}),
    ]


async def who_has_begun_is_late_as_well(it: Scene) -> list[tuple[Told, Told]]:
    who = await begins(it.who(WHO), "teacher", passed=1)
    return [
        (await it.told(who, before(FIRST)), {(GOING, FIRST)}),
        (await it.told(who, after(FIRST)), {(LATE, FIRST)}),
    ]


async def a_later_day_takes_back_that_they_are_late(it: Scene) -> list[tuple[Told, Told]]:
    who = it.region.numbers[WHO]
    await it.says("region", TENTH)
    return [
        (await it.told(who, after(FIRST)), {(NEW, TENTH)}),
        (await it.told(who, after(TENTH)), {(LATE, TENTH)}),
    ]


async def an_earlier_day_makes_them_late(it: Scene) -> list[tuple[Told, Told]]:
    await it.says("region", date(2026, 11, 22))
    return [(await it.told(it.region.numbers[WHO], NOW), {(LATE, date(2026, 11, 22))})]


async def without_a_day_nobody_is_ever_late(it: Scene) -> list[tuple[Told, Told]]:
    await it.says("region", None)
    return [(await it.told(it.region.numbers[WHO], NOW + 999 * DAY), {(NEW, None)})]


async def a_school_that_is_added_inherits(it: Scene) -> list[tuple[Told, Told]]:
    new = await add(it.storage, "Новая школа", it["m1"])
    who = await join(learner(it.storage, "новенькая"), new)
    return [(await it.told(who, after(FIRST)), {(LATE, FIRST)})]


async def who_joins_late_has_the_same_day(it: Scene) -> list[tuple[Told, Told]]:
    late = learner(it.storage, "опоздала")
    late.now = before(FIRST)
    who = await join(late, it["s11"])
    return [
        (await it.told(who, before(FIRST)), {(NEW, FIRST)}),
        (await it.told(who, after(FIRST)), {(LATE, FIRST)}),
    ]


async def who_joins_after_the_day_is_late_at_once(it: Scene) -> list[tuple[Told, Told]]:
    late = learner(it.storage, "очень опоздала")
    late.now = after(TENTH)
    who = await join(late, it["s11"])
    return [(await it.told(who, after(TENTH)), {(LATE, FIRST)})]


async def a_school_that_moves_has_the_day_of_where_it_is(it: Scene) -> list[tuple[Told, Told]]:
    await it.says("m2", TENTH)
    await it.changes("s11", parent_id=it["m2"])
    who = it.region.numbers[WHO]
    return [
        (await it.told(who, after(FIRST)), {(NEW, TENTH)}),
        (await it.told(who, after(FIRST), of="m1"), set()),
    ]


async def who_completed_before_it_was_assigned_has_completed(
    it: Scene,
) -> list[tuple[Told, Told]]:
    who = await completes(it.who(WHO), "teacher", at=NOW - 300 * DAY)
    return [(await it.told(who, after(TENTH)), {(DONE, FIRST)})]


async def who_completes_late_has_completed(it: Scene) -> list[tuple[Told, Told]]:
    who = await completes(it.who(WHO), "teacher", at=after(TENTH))
    return [(await it.told(who, after(TENTH)), {(DONE, FIRST)})]


async def a_school_overrules_the_region(it: Scene) -> list[tuple[Told, Told]]:
    await it.says("s11", TENTH)
    numbers = it.region.numbers
    return [
        (await it.told(numbers["l-s11-1"], after(FIRST)), {(NEW, TENTH)}),
        (await it.told(numbers["l-s12-1"], after(FIRST)), {(LATE, FIRST)}),
    ]


async def the_nearest_word_counts(it: Scene) -> list[tuple[Told, Told]]:
    await it.says("m1", TENTH)
    await it.says("region", date(2026, 12, 5))
    numbers = it.region.numbers
    return [
        (await it.told(numbers["l-s11-1"], after(FIRST)), {(NEW, TENTH)}),
        (await it.told(numbers["l-s21-1"], after(FIRST)), {(NEW, date(2026, 12, 5))}),
    ]


async def what_is_lifted_below_is_not_assigned_there(it: Scene) -> list[tuple[Told, Told]]:
    await it.says("m1", lifted=True)
    numbers = it.region.numbers
    return [
        (await it.told(numbers["l-s11-1"], after(FIRST)), set()),
        (await it.told(numbers["l-s21-1"], after(FIRST)), {(LATE, FIRST)}),
    ]


async def a_school_may_assign_what_is_lifted_above_it(it: Scene) -> list[tuple[Told, Told]]:
    await it.says("m1", lifted=True)
    await it.says("s11", TENTH)
    numbers = it.region.numbers
    return [
        (await it.told(numbers["l-s11-1"], after(FIRST)), {(NEW, TENTH)}),
        (await it.told(numbers["l-s12-1"], after(FIRST)), set()),
    ]


async def nobody_below_an_archived_one_is_told_of(it: Scene) -> list[tuple[Told, Told]]:
    await it.changes("m1", archived_at=NOW)
    numbers = it.region.numbers
    return [
        (await it.told(numbers["l-s11-1"], after(FIRST)), set()),
        (await it.told(numbers["l-s21-1"], after(FIRST)), {(LATE, FIRST)}),
    ]


async def who_is_in_two_schools_has_the_day_of_each(it: Scene) -> list[tuple[Told, Told]]:
    await it.says("s21", TENTH)
    who = await join(it.who(WHO), it["s21"])
    return [
        (await it.told(who, after(FIRST)), {(LATE, FIRST), (NEW, TENTH)}),
        (await it.told(who, after(FIRST), of="s21"), {(NEW, TENTH)}),
    ]


async def who_leaves_is_told_of_no_more(it: Scene) -> list[tuple[Told, Told]]:
    who = await leave(it.who(WHO), it["s11"])
    return [(await it.told(who, after(FIRST)), set())]


CASES: tuple[Case, ...] = (
    the_day_passes,
    who_has_begun_is_late_as_well,
    a_later_day_takes_back_that_they_are_late,
    an_earlier_day_makes_them_late,
    without_a_day_nobody_is_ever_late,
    a_school_that_is_added_inherits,
    who_joins_late_has_the_same_day,
    who_joins_after_the_day_is_late_at_once,
    a_school_that_moves_has_the_day_of_where_it_is,
    who_completed_before_it_was_assigned_has_completed,
    who_completes_late_has_completed,
    a_school_overrules_the_region,
    the_nearest_word_counts,
    what_is_lifted_below_is_not_assigned_there,
    a_school_may_assign_what_is_lifted_above_it,
    nobody_below_an_archived_one_is_told_of,
    who_is_in_two_schools_has_the_day_of_each,
    who_leaves_is_told_of_no_more,
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
async def test_an_assignment_behaves_as_people_expect(storage: Storage, case: Case) -> None:
    scene = Scene(storage, await FRESH_REGION.on(storage))
    await scene.says("region", FIRST)

    for told, expected in await case(scene):
        assert told == expected


@pytest.mark.parametrize(
    ("zone", "hour"),
    [
        ("Europe/Kaliningrad", 22),
        ("Europe/Moscow", 21),
        ("Europe/Samara", 20),
        ("Asia/Yekaterinburg", 19),
        ("Asia/Omsk", 18),
        ("Asia/Krasnoyarsk", 17),
        ("Asia/Irkutsk", 16),
        ("Asia/Yakutsk", 15),
        ("Asia/Vladivostok", 14),
        ("Asia/Magadan", 13),
        ("Asia/Kamchatka", 12),
    ],
)
async def test_the_day_ends_at_midnight_where_the_school_is(
    storage: Storage, zone: str, hour: int
) -> None:
    school = await add(storage, "Школа", zone=zone)
    who = await join(learner(storage), school)
    scope = Scope(organisation=school)

    async def state(at: datetime) -> State:
        found = await storage.read(PeoplePage(scope=scope, limit=1, at=at))
        assert found is not None
        return found.rows[0].state

    for month in (1, 7):  # no clock in Russia is put forward in summer
        await assign(storage, school, "teacher", date(2027, month, 15))
        midnight = datetime(2027, month, 15, hour, tzinfo=UTC)
        assert await state(midnight - timedelta(microseconds=1)) is NEW
        assert await state(midnight) is LATE
        (duty,) = await storage.read(Duties(who))
        assert duty.over_at == midnight


# In the chat, on both databases.


async def coordinator(
    storage: Storage, here: Region, short: str, now: datetime = NOW
) -> PortPerson:
    """Let a coordinator come to what is assigned in their organisation."""
    talk = Conversation(
        storage, lambda: COURSE, secret=bytes(32), files=FilesHere(storage), sheets=SheetsHere()
    )
    account = here.people[f"c-{short}"].account
    person = PortPerson(name=short, talk=talk, account=account, now=now)
    await person.opens()
    await person.sends_action(f"assign:{here.organisations[short]}")
    return person


async def own_words(storage: Storage) -> list[tuple[str, date | None, bool]]:
    async with storage.reading() as connection:
        rows = await connection.execute(
            select(schema.assignment, schema.organisation.c.name)
            .join(schema.organisation)
            .order_by(schema.organisation.c.name)
        )
        return [(row.name, row.due, row.lifted) for row in rows]


async def audited(storage: Storage) -> list[str]:
    async with storage.reading() as connection:
        rows = await connection.execute(
            select(schema.audit)
            .where(schema.audit.c.act == "assigned")
            .order_by(schema.audit.c.id)
        )
        return [row.about for row in rows]


async def test_a_coordinator_assigns_changes_and_takes_back(storage: Storage) -> None:
    here = await FRESH_REGION.on(storage)
    who = await coordinator(storage, here, "m1")
    name = "Район 1 (Озёрный край)"
    who.sees(name, "Учитель · не назначен", "Координатор · не назначен")

    await who.presses("Учитель")
    await who.presses("До 7 декабря (через 2 недели)")
    who.was_told("Сохранено")
    who.sees("Сейчас: до 7 декабря")
    assert await own_words(storage) == [(name, date(2026, 12, 7), False)]
    (duty,) = await storage.read(Duties(here.numbers["l-s11-1"]))
    assert (duty.track, duty.due) == ("teacher", date(2026, 12, 7))
    assert await storage.read(Duties(here.numbers["l-s21-1"])) == ()

    await who.presses("Без срока")
    who.sees("Сейчас: назначен, без срока")
    await who.presses("Вернуть как было")
    who.sees("Сейчас: до 7 декабря")
    await who.presses("Вернуть как было")
    who.sees("Сейчас: назначен, без срока")
    await who.presses("Не назначать")
    who.sees("Сейчас: не назначен")
    assert await own_words(storage) == []

    assert await audited(storage) == [
        "teacher until 2026-12-07",
        "teacher without a last day",
        "teacher until 2026-12-07",
        "teacher without a last day",
        "teacher inherited",
    ]


async def test_a_school_overrules_its_municipality_and_goes_back_by_one_key(
    storage: Storage,
) -> None:
    here = await FRESH_REGION.on(storage)
    await assign(storage, here.organisations["m1"], "teacher", FIRST)
    who = await coordinator(storage, here, "s11")
    who.sees("Учитель · до 1 декабря", "назначает: Район 1 (Озёрный край)")

    await who.presses("Учитель")
    await who.presses("Не назначать")
    who.sees("Сейчас: не назначен", "решено здесь; Район 1 (Озёрный край): до 1 декабря")
    assert await storage.read(Duties(here.numbers["l-s11-1"])) == ()
    assert len(await storage.read(Duties(here.numbers["l-s12-1"]))) == 1

    await who.presses("До 23 декабря (через месяц)")
    who.sees("Сейчас: до 23 декабря", "решено здесь")
    await who.presses("Как выше (Район 1 (Озёрный край)): до 1 декабря")
    who.sees("Сейчас: до 1 декабря", "назначает: Район 1")
    assert [word[0] for word in await own_words(storage)] == ["Район 1 (Озёрный край)"]
    assert (await audited(storage))[-1] == "teacher inherited"


async def test_a_day_is_typed_and_a_slip_is_told(storage: Storage) -> None:
    here = await FRESH_REGION.on(storage)
    who = await coordinator(storage, here, "s11")
    await who.presses("Учитель")
    await who.presses("Другой день")
    who.sees("Напишите последний день, например 23.12")

    for text, notice in (
        ("декабрь", "Не вижу здесь даты. Напишите так: 23.12.2026"),
        ("31.11", "Такого дня нет"),
        ("1.11.2026", "Этот день уже прошёл"),
        ("1.11.2036", "больше двух лет"),
    ):
        await who.writes(text)
        who.was_told(notice)
        who.sees("Напишите последний день")
    assert await own_words(storage) == []

    await who.writes("до 1 декабря")
    who.was_told("Сохранено")
    who.sees("Сейчас: до 1 декабря")
    assert [word[1] for word in await own_words(storage)] == [FIRST]


async def test_a_question_that_is_typed_in_place_of_a_day_is_a_question(
    storage: Storage,
) -> None:
    here = await FRESH_REGION.on(storage)
    who = await coordinator(storage, here, "s11")
    await who.presses("Учитель")
    await who.presses("Другой день")

    await who.writes("Вопрос номер 1?")

    assert not who.notices
    who.sees_not("Напишите последний день")


async def test_today_is_the_last_day_that_can_be_typed_where_the_school_is(
    storage: Storage,
) -> None:
    """At noon in UTC, the next day has begun on Kamchatka."""
    here = await FRESH_REGION.on(storage)
    async with storage.writing() as connection:
        await connection.execute(
            update(schema.organisation)
            .where(schema.organisation.c.id == here.organisations["s11"])
            .values(time_zone="Asia/Kamchatka")
        )
    await storage.derive()
    who = await coordinator(storage, here, "s11", datetime(2026, 11, 30, 12, tzinfo=UTC))
    await who.presses("Учитель")
    await who.presses("Другой день")

    await who.writes("30.11.2026")
    who.was_told("Этот день уже прошёл")
    await who.writes("1.12.2026")
    who.sees("Сейчас: до 1 декабря")


async def test_of_two_coordinators_the_later_sees_what_the_earlier_did(storage: Storage) -> None:
    here = await FRESH_REGION.on(storage)
    await join(here.people["c-s11"], here.organisations["m1"], COORDINATOR)
    first = await coordinator(storage, here, "m1")
    second = await coordinator(storage, here, "s11")
    await second.sends_action(f"assign:{here.organisations['m1']}")
    for each in (first, second):
        await each.presses("Учитель")

    await first.presses("До 7 декабря (через 2 недели)")
    await second.presses("До 23 декабря (через месяц)")

    second.was_told("Пока вы смотрели, назначение изменили. Теперь: до 7 декабря")
    second.sees("Сейчас: до 7 декабря")
    assert [word[1] for word in await own_words(storage)] == [date(2026, 12, 7)]

    await second.presses("До 23 декабря (через месяц)")
    await first.presses("Вернуть как было")
    first.was_told("Пока вы смотрели, назначение изменили. Теперь: до 23 декабря")
    assert [word[1] for word in await own_words(storage)] == [date(2026, 12, 23)]


async def test_of_two_coordinators_in_the_same_moment_one_changes_it_and_one_is_told(
    storage: Storage,
) -> None:
    here = await FRESH_REGION.on(storage)
    await join(here.people["c-s11"], here.organisations["m1"], COORDINATOR)
    first = await coordinator(storage, here, "m1")
    second = await coordinator(storage, here, "s11")
    await second.sends_action(f"assign:{here.organisations['m1']}")
    for each in (first, second):
        await each.presses("Учитель")

    await asyncio.gather(
        first.presses("До 7 декабря (через 2 недели)"),
        second.presses("До 23 декабря (через месяц)"),
    )

    ((_, due, _),) = await own_words(storage)
    told = [each for each in (first, second) if "Пока вы смотрели" in "".join(each.notices)]
    assert len(told) == 1
    (later,) = told
    later.sees("Сейчас: до 7 декабря" if due == date(2026, 12, 7) else "Сейчас: до 23 декабря")
    assert len(await audited(storage)) == 1


async def test_what_a_municipality_changes_meanwhile_is_told_to_its_school(
    storage: Storage,
) -> None:
    here = await FRESH_REGION.on(storage)
    await assign(storage, here.organisations["m1"], "teacher", FIRST)
    who = await coordinator(storage, here, "s11")
    await who.presses("Учитель")
    await assign(storage, here.organisations["m1"], "teacher", TENTH)

    await who.presses("Не назначать")

    who.was_told("Пока вы смотрели, назначение изменили. Теперь: до 10 декабря")
    assert len(await storage.read(Duties(here.numbers["l-s11-1"]))) == 1


async def test_what_was_changed_while_a_day_was_typed_is_told(storage: Storage) -> None:
    here = await FRESH_REGION.on(storage)
    who = await coordinator(storage, here, "s11")
    await who.presses("Учитель")
    await who.presses("Другой день")
    await assign(storage, here.organisations["m1"], "teacher", TENTH)

    await who.writes("1.12")

    who.was_told("Пока вы смотрели, назначение изменили. Теперь: до 10 декабря")
    assert [word[0] for word in await own_words(storage)] == ["Район 1 (Озёрный край)"]


async def test_a_second_tap_changes_nothing_and_keeps_the_way_back(storage: Storage) -> None:
    here = await FRESH_REGION.on(storage)
    who = await coordinator(storage, here, "s11")
    await who.presses("Учитель")
    tap = who.button("До 7 декабря (через 2 недели)").action

    await who.sends_action(tap)
    await who.sends_action(tap)

    assert not who.notices
    await who.presses("Вернуть как было")
    who.sees("Сейчас: не назначен")


@pytest.mark.parametrize(
    "action",
    [
        "due:{}:teacher:0123456789:20261301",
        "due:{}:teacher:0123456789:2026-W1-1",
        "due:{}:teacher:0123456789:never",
        "due:{}:nosuch:0123456789:open",
        "duty:{}:nosuch:",
        "duty:{}:teacher:20261301",
        "duty:{}:teacher:" + "9" * 40,
        "day:{}:nosuch:0123456789",
    ],
)
async def test_what_was_never_on_a_screen_changes_nothing(storage: Storage, action: str) -> None:
    here = await FRESH_REGION.on(storage)
    who = await coordinator(storage, here, "s11")

    await who.sends_action(action.format(here.organisations["s11"]))

    who.was_told("Эта кнопка осталась от прошлого шага")
    assert await own_words(storage) == []


async def test_a_day_that_is_over_comes_from_no_button_but_the_way_back(
    storage: Storage,
) -> None:
    here = await FRESH_REGION.on(storage)
    await assign(storage, here.organisations["s11"], "teacher", date(2026, 11, 1))
    who = await coordinator(storage, here, "s11")
    who.sees("Учитель · срок был 1 ноября")
    await who.presses("Учитель")
    forged = who.button("через месяц").action.replace("20261223", "20261102")
    await who.sends_action(forged)
    who.was_told("Эта кнопка осталась от прошлого шага")

    await who.presses("Без срока")
    await who.presses("Вернуть как было")

    assert [word[1] for word in await own_words(storage)] == [date(2026, 11, 1)]


async def test_who_does_not_coordinate_an_organisation_neither_sees_nor_changes_it(
    storage: Storage,
) -> None:
    here, there = await FRESH_REGION.on(storage), await a_region(storage, "Степной край")
    school = here.organisations["s11"]
    await assign(storage, school, "teacher", FIRST)
    owner = await coordinator(storage, here, "s11")
    await owner.presses("Учитель")
    lifting = owner.button("Не назначать").action
    typing = owner.button("Другой день").action
    for short in ("c-s12", "c-m2", "l-s11-1"):
        stranger = PortPerson(
            name=short, talk=owner.talk, account=here.people[short].account, now=NOW
        )
        await stranger.opens()
        for action in (f"assign:{school}", f"duty:{school}:teacher:", typing, lifting):
            await stranger.sends_action(action)
            stranger.sees("Вы не координатор этой организации")
            stranger.sees_not("декабря", "Школа 11")
        await stranger.sends_action(typing)
        await stranger.writes("10.12")
        stranger.sees("Вы не координатор этой организации")
    foreign = await coordinator(storage, there, "region")
    await foreign.sends_action(lifting)
    foreign.sees("Вы не координатор этой организации")

    assert [word[1] for word in await own_words(storage)] == [FIRST]
    assert await storage.read(AssignmentsOf(scope=here.scope("c-s12", "s11"))) is None


# What the learner sees, through every door.


async def belongs(house: House, person: Person, *, name: str = "Школа № 5") -> int:
    """Let somebody of the house join a school."""
    school = await add(house.storage, name)
    await join(Learner(storage=house.storage, account=house.account(person)), school)
    return school


async def test_a_learner_sees_until_when_and_how_long_it_takes(house: House, ann: Person) -> None:
    school = await belongs(house, ann)
    await ann.writes("/menu")
    ann.sees_not("Назначено")

    await assign(house.storage, school, "teacher", FIRST)
    for command in ("/menu", "/progress"):
        await ann.writes(command)
        ann.sees("📌 Назначено (Школа № 5): до 1 декабря, осталось 9 минут")

    await assign(house.storage, school, "teacher")
    await ann.writes("/menu")
    ann.sees("📌 Назначено (Школа № 5): осталось 9 минут")

    await assign(house.storage, school, "teacher", date(2026, 11, 23))
    await ann.writes("/menu")
    ann.sees("📌 Назначено (Школа № 5): до полуночи сегодня, осталось 9 минут")


async def test_whoever_is_late_is_told_so_without_blame(house: House, ann: Person) -> None:
    school = await belongs(house, ann)
    await assign(house.storage, school, "teacher", date(2026, 11, 1))

    await ann.writes("/menu")

    ann.sees("срок был 1 ноября, но пройти ещё не поздно, осталось 9 минут")


async def test_whoever_has_completed_is_told_so_even_when_a_lesson_is_added(
    house: House, ann: Person
) -> None:
    school = await belongs(house, ann)
    await assign(house.storage, school, "teacher", date(2026, 11, 1))
    who = Learner(storage=house.storage, account=house.account(ann))
    await completes(who, "teacher")

    for command in ("/menu", "/progress"):
        await ann.writes(command)
        ann.sees("✅ Назначено (Школа № 5): уже пройдено")
        ann.sees_not("📌")


async def test_an_assigned_track_that_is_not_the_own_one_is_one_key_away(
    house: House, ann: Person
) -> None:
    school = await belongs(house, ann)
    await assign(house.storage, school, "coordinator", FIRST)
    await ann.writes("/progress")
    ann.sees("📌 Назначено (Школа № 5), курс «Координатор»: до 1 декабря, осталось")

    await ann.presses("📌 Координатор")

    ann.was_told("Координатор")
    ann.sees("📌 Назначено (Школа № 5): до 1 декабря")
    assert not any(label.startswith("📌") for label in ann.labels)


@port_only
async def test_of_two_organisations_days_the_first_counts(house: House, ann: Person) -> None:
    first = await belongs(house, ann)
    second = await belongs(house, ann, name="Школа № 7")
    await assign(house.storage, first, "teacher", TENTH)
    await assign(house.storage, second, "teacher", FIRST)

    await ann.writes("/menu")

    ann.sees("📌 Назначено (Школа № 7): до 1 декабря")
    ann.sees_not("Школа № 5")


@port_only
async def test_a_coordinator_has_a_way_to_their_team_in_the_menu(
    house: House, ann: Person
) -> None:
    await belongs(house, ann)
    await ann.writes("/menu")
    assert not any("команда" in label for label in ann.labels)
    region = await add(house.storage, "Край")
    who = Learner(storage=house.storage, account=house.account(ann))
    await join(who, region, COORDINATOR)

    await ann.writes("/menu")
    await ann.presses("👥 Мои организации")

    ann.sees("Край")
