"""Inviting and removing, as a coordinator does it, in dialogues through every door."""

import asyncio
import re
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from course_bot.conversation.stage import Addresses
from course_bot.conversation.turn import Conversation
from course_bot.organisations.invites import PAYLOAD
from course_bot.organisations.records import Role
from course_bot.storage import schema
from tests.dialogue import Person
from tests.doors import STALE, House, ann, door, house, port_only
from tests.files_here import FilesHere, SheetsHere
from tests.regions import add
from tests.test_dialogues_joining import SCHOOL, count, invited_to, roles

__all__ = ["ann", "door", "house"]

NO_ACCESS = "не координатор"


async def coordinates(house: House, person: Person, organisation: int) -> None:
    """Let somebody become a coordinator."""
    await person.opens(await invited_to(house, organisation, Role.COORDINATOR))
    await person.presses("Согласиться и вступить")


def links(person: Person) -> list[str]:
    """Return the payloads of the invites on the screen, each once."""
    return sorted(set(re.findall(rf"start=({PAYLOAD}[\w-]{{22}})", person.text)))


async def acts(house: House) -> list[tuple[str, int | None, str]]:
    """Return what the audit remembers, but for joining."""
    async with house.storage.reading() as connection:
        rows = await connection.execute(
            select(schema.audit).where(schema.audit.c.act != "joined").order_by(schema.audit.c.id)
        )
        return [(row["act"], row["person_id"], row["about"]) for row in rows.mappings()]


async def test_a_coordinator_invites_colleagues_who_join(house: House, ann: Person) -> None:
    school = await add(house.storage, SCHOOL)
    await coordinates(house, ann, school)
    ann.sees(SCHOOL)
    await ann.presses("Пригласить")
    ann.sees("Приглашения: Школа № 5")
    await ann.presses("Пригласить учиться")
    ann.sees(
        "Приглашение учиться: Школа № 5",
        "Действует до 21 февраля 2027",
        "Вступило 0 человек",
        "MAX: https://max.ru/",
        "Telegram: https://t.me/",
        "http://127.0.0.1:8080/#start=in-",
        "Переслать в чат сотрудников",
        "Коллеги! Пройдите, пожалуйста, короткий курс «Малый курс» (Школа № 5)",
    )
    (link,) = links(ann)
    boris = await house.arrives("Борис", payload=link)
    await boris.presses("Согласиться и вступить")
    assert await roles(house, boris) == [(SCHOOL, Role.LEARNER)]
    await ann.opens()
    ann.sees("Вступил 1 человек")
    assert links(ann) == [link], "a live invite can be shown again"
    await ann.presses("← Приглашения")
    assert any("до 21 февраля" in label and "вступил 1" in label for label in ann.labels)
    number = (await house.learner(ann)).id
    ((act, who, about),) = await acts(house)
    assert (act, who) == ("invited", number)
    assert "Анна" not in about


async def test_an_invite_for_a_coordinator_works_once_and_for_a_week(
    house: House, ann: Person
) -> None:
    school = await add(house.storage, SCHOOL)
    await coordinates(house, ann, school)
    await ann.sends_action(f"invites:{school}:1")
    await ann.presses("Пригласить координатора")
    ann.sees("Приглашение для координатора", "Действует до 30 ноября 2026", "На 1 человека")
    ann.sees("Ссылка одноразовая")
    (link,) = links(ann)
    boris = await house.arrives("Борис", payload=link)
    await boris.presses("Согласиться и вступить")
    assert await roles(house, boris) == [(SCHOOL, Role.COORDINATOR)]
    await ann.opens()
    ann.sees("По нему больше никто не вступит")
    assert links(ann) == []


async def test_a_schools_administrator_is_invited_joins_leaves_and_is_removed(
    house: House, ann: Person
) -> None:
    municipality = await add(house.storage, "Район 1")
    school = await add(house.storage, SCHOOL, municipality)
    await coordinates(house, ann, municipality)
    await ann.sends_action(f"invites:{municipality}:1")
    assert "🔑 Пригласить администратора школы" not in ann.labels
    await ann.sends_action(f"invite:{municipality}:administrator")
    ann.was_told(STALE)
    await ann.sends_action(f"invites:{school}:1")
    ann.sees("Администратор школы может присылать её листы статистики", "без имён")
    await ann.presses("Пригласить администратора школы")
    ann.sees("Приглашение для администратора школы: Школа № 5", "На 1 человека")
    ann.sees("до 30 ноября 2026", "Вас приглашают стать администратором школы (Школа № 5)")
    ann.sees("Переслать тому, кого вы приглашаете, и никому больше")
    (link,) = links(ann)

    boris = await house.arrives("Борис", payload=link)
    boris.sees(
        "Вас приглашают стать администратором школы",
        "сколько её сотрудников прошли обучение, — только числа, без имён",
        "Координаторы организации «Школа № 5» и тех, что над ней, увидят эти цифры, ваше имя",
    )
    await boris.presses("Согласиться и вступить")
    boris.was_told("Вы вступили в организацию «Школа № 5» администратором")
    await boris.presses("Пока без имени")
    boris.sees("Школа № 5", "Листа статистики этой школы пока нет")
    await boris.presses("👥 Обучение школы")
    boris.sees("Школа № 5", "Здесь пока никто не учится")
    assert house.door == "max" or "team" in boris.commands
    assert await roles(house, boris) == [(SCHOOL, Role.ADMINISTRATOR)]
    assert await count(house, "audit", act="joined", about="administrator") == 1

    await ann.sends_action(f"administrators:{school}:1")
    ann.sees("Администраторы: Школа № 5", "Без имени №")
    await ann.sends_action(f"unit:{school}")
    ann.sees("никто не учится")

    await boris.sends_action(f"belong:{school}:administrator")
    boris.sees("Вы администратор школы здесь с", "листы статистики")
    await boris.presses("Выйти из организации")
    boris.sees("Перестать быть администратором организации «Школа № 5»?")
    await boris.presses("Да, выйти")
    boris.was_told("Вы вышли из организации «Школа № 5»")
    assert "team" not in boris.commands
    await boris.sends_action(f"completion:{school}")
    boris.sees("Вы не администратор этой школы")
    assert await roles(house, boris) == []
    assert (await acts(house))[-1] == (
        "removed",
        (await house.learner(boris)).id,
        "administrator",
    )

    await boris.opens(await invited_to(house, school, Role.ADMINISTRATOR))
    await boris.presses("Согласиться и вступить")
    await ann.sends_action(f"administrators:{school}:1")
    await ann.presses("Убрать: Без имени")
    ann.sees("больше не сможет присылать листы статистики")
    await ann.presses("Да, убрать")
    ann.sees("Администраторов здесь пока нет")
    assert await roles(house, boris) == []
    await boris.sends_action(f"resigning:{school}")
    boris.sees("Вы не состоите в этой организации")


@port_only
async def test_an_invite_is_good_to_the_end_of_its_last_day(house: House, ann: Person) -> None:
    school = await add(house.storage, SCHOOL, zone="Asia/Vladivostok")
    await coordinates(house, ann, school)
    await ann.sends_action(f"invite:{school}:coordinator")
    ann.sees("Действует до 30 ноября 2026")
    (link,) = links(ann)
    # Midnight in Vladivostok (UTC+10) is 14:00 in UTC.
    house.now = house.now.replace(day=30, hour=13, minute=59)
    (await house.arrives("Борис", payload=link)).sees("Приглашение: Школа № 5")
    house.now += timedelta(minutes=1)
    (await house.arrives("Вера", payload=link)).sees("Срок приглашения истёк")


async def test_the_code_and_the_page_to_print_are_handed_out(house: House, ann: Person) -> None:
    school = await add(house.storage, SCHOOL)
    await coordinates(house, ann, school)
    await ann.sends_action(f"invite:{school}:learner")
    await ann.presses("📷 QR-код: Telegram")
    picture = ann.documents[-1]
    assert picture.name.endswith(".png")
    assert picture.content.startswith(b"\x89PNG")
    await ann.presses("🖨 Лист для печати")
    paper = ann.documents[-1]
    assert paper.name == "Школа № 5 — приглашение — 2026-11-23.pdf"
    assert paper.content.startswith(b"%PDF")
    ann.sees("Приглашение учиться: Школа № 5")


async def test_a_withdrawn_invite_lets_nobody_in_and_whoever_is_in_stays(
    house: House, ann: Person
) -> None:
    school = await add(house.storage, SCHOOL)
    await coordinates(house, ann, school)
    await ann.sends_action(f"invite:{school}:learner")
    (link,) = links(ann)
    boris = await house.arrives("Борис", payload=link)
    await boris.presses("Согласиться и вступить")
    await ann.presses("Отозвать")
    ann.sees("Отозвать его?")
    await ann.presses("Нет, оставить")
    await ann.presses("Отозвать")
    await ann.presses("Да, отозвать")
    ann.was_told("Приглашение отозвано")
    (await house.arrives("Вера", payload=link)).sees("приглашение отозвано")
    assert await roles(house, boris) == [(SCHOOL, Role.LEARNER)]
    assert [act for act, _who, _about in await acts(house)] == ["invited", "withdrew"]


async def test_one_invites_to_a_school_below(house: House, ann: Person) -> None:
    region = await add(house.storage, "Озёрный край", kind="регион")
    schools = [await add(house.storage, f"Школа № {n:02}", region) for n in range(12)]
    await coordinates(house, ann, region)
    await ann.presses("Пригласить")
    await ann.presses("В организацию ниже")
    ann.sees("куда пригласить")
    await ann.presses("Страница 2 →")
    await ann.presses("Школа № 11")
    await ann.presses("Пригласить учиться")
    boris = await house.arrives("Борис", payload=links(ann)[0])
    await boris.presses("Согласиться и вступить")
    assert await count(house, "membership", organisation_id=schools[11], role="learner") == 1


@port_only
async def test_in_local_mode_it_is_said_that_the_link_leads_to_this_computer_only(
    house: House, ann: Person
) -> None:
    school = await add(house.storage, SCHOOL)
    await coordinates(house, ann, school)
    house.talk.addresses = Addresses(page="http://127.0.0.1:8080", local=True)
    await ann.sends_action(f"invite:{school}:learner")
    ann.sees("работает только на компьютере, где запущен курс")
    ann.sees_not("t.me")
    house.talk.addresses = replace(house.talk.addresses, max_bot="course_bot")
    await ann.opens()
    ann.sees("MAX: https://max.ru/course_bot?start=in-")
    ann.sees_not("127.0.0.1", "работает только на компьютере")


@port_only
async def test_after_the_servers_secret_has_changed_an_invite_has_to_be_made_anew(
    house: House, ann: Person
) -> None:
    school = await add(house.storage, SCHOOL)
    await coordinates(house, ann, school)
    await ann.sends_action(f"invite:{school}:learner")
    house.talk = Conversation(
        house.storage,
        lambda: house.course,
        secret=b"another" * 5,
        files=FilesHere(house.storage),
        sheets=SheetsHere(),
    )
    house.talk.addresses = Addresses(page="http://127.0.0.1:8080")
    await ann.opens()
    ann.sees("Сделайте новое приглашение")
    assert links(ann) == []
    assert "✖ Отозвать" in ann.labels


@port_only
async def test_two_who_withdraw_the_same_invite_the_later_sees_that_it_is_done(
    house: House, ann: Person
) -> None:
    school = await add(house.storage, SCHOOL)
    boris = await house.meets("Борис")
    for each in (ann, boris):
        await coordinates(house, each, school)
    await ann.sends_action(f"invite:{school}:learner")
    key = (await house.learner(ann)).place.split(":")[1]
    for each in (ann, boris):
        await each.sends_action(f"recall:{key}")
    await asyncio.gather(*(each.presses("Да, отозвать") for each in (ann, boris)))
    told = sorted(each.notices[0] for each in (ann, boris))
    assert told == ["Оно уже отозвано.", "Приглашение отозвано."]
    assert [act for act, _who, _about in await acts(house)].count("withdrew") == 1


# Who is there.


async def test_a_coordinator_removes_another_whose_invites_end_with_it(
    house: House, ann: Person
) -> None:
    school = await add(house.storage, SCHOOL)
    boris = await house.meets("Борис")
    for each in (ann, boris):
        await coordinates(house, each, school)
    await boris.sends_action(f"invite:{school}:coordinator")
    (link,) = links(boris)
    await boris.sends_action(f"invite:{school}:learner")
    await ann.sends_action(f"coordinators:{school}:1")
    ann.sees("Анна Петровна", "Борис")
    await ann.presses("Убрать: Борис")
    ann.sees("Убрать из организации", "Борис", "будет отозвано 1 приглашение")
    ann.sees_not("последний координатор")
    await ann.presses("Да, убрать")
    ann.was_told("Больше не в организации: Борис")
    ann.sees_not("Борис,")
    assert await roles(house, boris) == []
    await boris.opens()
    boris.sees(NO_ACCESS)
    assert links(boris) == []
    await boris.opens(link)
    boris.sees("приглашение отозвано")
    number = (await house.learner(ann)).id
    assert (await acts(house))[-1] == ("removed", number, "coordinator")


async def test_the_last_coordinator_is_warned_before_they_leave(house: House, ann: Person) -> None:
    school = await add(house.storage, SCHOOL)
    await coordinates(house, ann, school)
    await ann.writes("/me")
    await ann.presses("👥 Координатор: Школа № 5")
    ann.sees("Вы координатор здесь с 23 ноября")
    await ann.presses("Выйти из организации")
    ann.sees("Это последний координатор здесь")
    await ann.presses("Да, выйти")
    ann.was_told("Вы вышли из организации «Школа № 5»")
    ann.sees("Обо мне")
    assert await roles(house, ann) == []


@port_only
async def test_a_learner_is_removed_and_gone_from_the_organisation(
    house: House, ann: Person
) -> None:
    school = await add(house.storage, SCHOOL)
    await coordinates(house, ann, school)
    boris = await house.meets("Борис")
    await boris.opens(await invited_to(house, school))
    await boris.presses("Согласиться и вступить")
    number = (await house.learner(boris)).id
    await ann.sends_action(f"unit:{school}")
    await ann.presses("Кто не прошёл")
    await ann.presses("Борис")
    await ann.presses("Убрать из организации: Школа № 5")
    ann.sees("Борис", "уроки и результаты у него останутся")
    await ann.presses("Да, убрать")
    assert await roles(house, boris) == []
    ann.sees("никто не учится")
    await ann.sends_action(f"dismiss:{school}:{number}:learner")
    ann.sees("уже нет")


@port_only
async def test_two_who_remove_the_same_one_remove_them_once(house: House, ann: Person) -> None:
    school = await add(house.storage, SCHOOL)
    boris, vera = await house.meets("Борис"), await house.meets("Вера")
    for each in (ann, boris, vera):
        await coordinates(house, each, school)
    number = (await house.learner(vera)).id
    for each in (ann, boris):
        await each.sends_action(f"dismiss:{school}:{number}:coordinator")
    await asyncio.gather(*(each.presses("Да, убрать") for each in (ann, boris)))
    assert [act for act, _who, _about in await acts(house)] == ["removed"]
    assert await roles(house, vera) == []


@port_only
async def test_of_two_who_remove_each_other_one_stays(house: House, ann: Person) -> None:
    school = await add(house.storage, SCHOOL)
    boris = await house.meets("Борис")
    both = (ann, boris)
    for each in both:
        await coordinates(house, each, school)
    numbers = [(await house.learner(each)).id for each in both]
    for each, other in zip(both, reversed(numbers), strict=True):
        await each.sends_action(f"dismiss:{school}:{other}:coordinator")
    await asyncio.gather(*(each.presses("Да, убрать") for each in both))
    assert sorted([len(await roles(house, each)) for each in both]) == [0, 1]
    assert [act for act, _who, _about in await acts(house)] == ["removed"]


@port_only
async def test_nothing_is_withdrawn_and_nobody_removed_by_one_press(
    house: House, ann: Person
) -> None:
    school = await add(house.storage, SCHOOL)
    await coordinates(house, ann, school)
    await ann.sends_action(f"invite:{school}:learner")
    key = (await house.learner(ann)).place.split(":")[1]
    number = (await house.learner(ann)).id
    for action in (f"withdraw:{key}", f"remove:{school}:{number}:coordinator"):
        await ann.sends_action(action)
        ann.was_told(STALE)
        ann.sees("Приглашение учиться")
    assert [act for act, _who, _about in await acts(house)] == ["invited"]


# Whoever may not.


@port_only
@pytest.mark.parametrize("who", ["stranger", "learner", "coordinator of another", "below", "gone"])
async def test_nobody_else_sees_makes_or_withdraws_invites_or_removes_anybody(
    house: House, ann: Person, who: str
) -> None:
    region = await add(house.storage, "Озёрный край", kind="регион")
    school = await add(house.storage, SCHOOL, region)
    other = await add(house.storage, "Чужая школа")
    await coordinates(house, ann, region)
    await ann.sends_action(f"invite:{region}:learner")
    key = (await house.learner(ann)).place.split(":")[1]
    boris = await house.meets("Борис")
    match who:
        case "learner":
            await boris.opens(await invited_to(house, region))
            await boris.presses("Согласиться и вступить")
        case "coordinator of another":
            await coordinates(house, boris, other)
        case "below":
            await coordinates(house, boris, school)
        case "gone":
            await coordinates(house, boris, region)
            number = (await house.learner(boris)).id
            await ann.sends_action(f"dismiss:{region}:{number}:coordinator")
            await ann.presses("Да, убрать")
        case _:
            pass
    victim = (await house.learner(ann)).id
    before = await acts(house), await count(house, "invite")
    said = len(house.said)
    for action in (
        f"invites:{region}:1",
        f"below:{region}:1",
        f"invite:{region}:coordinator",
        f"letter:{key}",
        f"qr:{key}:telegram",
        f"sheet:{key}",
        f"recall:{key}",
        f"coordinators:{region}:1",
        f"dismiss:{region}:{victim}:coordinator",
    ):
        await boris.sends_action(action)
        boris.sees(NO_ACCESS)
        assert boris.documents == []
    for action, place in (
        (f"withdraw:{key}", f"recall:{key}"),
        (f"remove:{region}:{victim}:coordinator", f"dismiss:{region}:{victim}:coordinator"),
    ):
        await boris.sends_action(action)
        boris.was_told(STALE)
        await boris.sends_action(place)
        await boris.sends_action(action)
        boris.was_told(STALE)
    assert (await acts(house), await count(house, "invite")) == before
    assert not any(PAYLOAD in f"{reply}" for reply in house.said[said:])
    assert (await roles(house, ann)) == [("Озёрный край", Role.COORDINATOR)]


@port_only
@pytest.mark.parametrize(
    "action", ["invite:{}:owner", "dismiss:{}:1:owner", "letter:xyz", "letter:", "recall:../x"]
)
async def test_what_is_no_role_and_no_invite_is_stale(
    house: House, ann: Person, action: str
) -> None:
    school = await add(house.storage, SCHOOL)
    await coordinates(house, ann, school)
    await ann.sends_action(action.format(school))
    ann.was_told(STALE)


@port_only
async def test_every_screen_of_inviting_outlives_a_restart(house: House, ann: Person) -> None:
    school = await add(house.storage, SCHOOL)
    await coordinates(house, ann, school)
    for press, words in (
        ("Пригласить", "Приглашения: Школа № 5"),
        ("Пригласить учиться", "Приглашение учиться"),
        ("Отозвать", "Отозвать его?"),
        ("Нет, оставить", "Приглашение учиться"),
        ("← Приглашения", "Приглашения: Школа № 5"),
        ("👥 Координаторы", "Анна Петровна"),
        ("Убрать: Анна Петровна", "последний координатор"),
    ):
        await house.restarts()
        await ann.presses(press)
        await house.restarts()
        await ann.opens()
        ann.sees(words)
