"""Sheets of many schools as dialogues: who lacks most people, whose an ID is, and no more."""

from datetime import timedelta

from course_bot.organisations.records import Role
from course_bot.organisations.tree import MUNICIPALITY, REGION
from course_bot.storage.unmatched import mark_of
from tests.dialogue import Person
from tests.doors import STALE, House, ann, door, house, port_only
from tests.regions import add, join, leave
from tests.statistics_sheets import csv, row
from tests.test_dialogues_joining import count
from tests.test_dialogues_team import learner

__all__ = ["ann", "door", "house"]


async def a_region(house: House, ann: Person) -> dict[str, int]:
    """Make a region that Ann coordinates, in which some schools have no ID yet."""
    made = {"region": await add(house.storage, "Озёрный край", kind=REGION)}
    for town in ("Липецк", "Елец"):
        made[town] = await add(house.storage, town, made["region"], kind=MUNICIPALITY)
    for name, town, known in (
        ("МАОУ СШ № 5", "Липецк", "501"),
        ("МАОУ СШ № 6", "Липецк", "502"),
        ("Школа № 12", "Липецк", ""),
        ("Школа № 12", "Елец", ""),
        ("Школа № 13", "Елец", ""),
    ):
        made[f"{name} {town}"] = await add(house.storage, name, made[town], sferum_id=known)
    await join(learner(house, ann), made["region"], Role.COORDINATOR)
    return made


def a_sheet() -> bytes:
    """Two schools that are known and two that are not; nothing is odd but one figure."""
    fine = (100, 90, 80, 31)
    return csv(
        [
            row("501", name="МАОУ СШ № 5", teachers=(107, 92, 11, 54), pupils=fine, parents=fine),
            row("502", name="МАОУ СШ № 6", teachers=(40, 40, 11, 30), pupils=fine, parents=fine),
            row("777", name="МБОУ СОШ № 12 г. Ельца", town="г. Елец", teachers=(40, 39, 9, 20)),
            row("778", name="МБОУ СОШ № 99", town="г. Елец", teachers=(40, 39, 9, 20)),
        ]
    )


async def test_a_coordinator_sends_a_sheet_of_many_and_sees_who_lacks_most(
    house: House, ann: Person
) -> None:
    made = await a_region(house, ann)
    await ann.sends("Регион.csv", a_sheet())
    await ann.presses("📊 Озёрный край")

    ann.sees("Школы с листом: 2 из 5", "за 23 ноября 2026", "Всего до цели не хватает 27 человек")
    ann.sees("цель 75 % достигнута в школах: 1 из 2, не хватает людей: 27", "Без листа: 3")
    assert ann.button("Не хватает 27: МАОУ СШ № 5, Липецк").action.startswith("school:")
    await ann.presses("🖼 20 дальше всех от цели")
    (picture,) = ann.documents
    assert picture.picture
    assert "Дальше всех от цели: 1 из 1 школы" in picture.about
    await ann.sends_action(f"unittrend:{made['region']}")
    picture = ann.documents[-1]
    assert "Учителя: активны 57\N{NO-BREAK SPACE}%, цель 75\N{NO-BREAK SPACE}%" in picture.about
    await ann.presses("Не хватает 27")
    ann.sees("МАОУ СШ № 5", "Учителя: не хватает 27 человек")


@port_only
async def test_of_a_group_that_no_sheet_tells_of_nobody_says_that_its_target_is_reached(
    house: House, ann: Person
) -> None:
    await a_region(house, ann)
    fine = (100, 90, 80, 31)
    schools = [
        row(known, teachers=(107, 92, 11, ""), pupils=fine, parents=fine)
        for known in ("501", "502")
    ]
    await ann.sends("Регион.csv", csv(schools))
    await ann.presses("📊 Озёрный край")
    ann.sees("цель 30 % достигнута в школах: 2 из 2")
    ann.sees_not("Цели достигнуты")

    known = [
        row(each, teachers=(107, 92, 11, 90), pupils=fine, parents=fine) for each in ("501", "502")
    ]
    await ann.sends("Регион.csv", csv(known))
    await ann.presses("📊 Озёрный край")
    ann.sees("Цели достигнуты")


@port_only
async def test_an_id_is_matched_once_and_the_next_sheet_finds_its_way(
    house: House, ann: Person
) -> None:
    made = await a_region(house, ann)
    await ann.sends("a.csv", a_sheet())
    await ann.sends_action(f"activity:{made['region']}")
    await ann.presses("🔗 Не сопоставлены: 2")
    ann.sees("МБОУ СОШ № 12 г. Ельца", "г. Елец · ID 777", "лист статистики от 23 ноября 2026")
    await ann.presses("МБОУ СОШ № 12")
    names = [each.label for each in ann.buttons if "Школа" in each.label]
    assert names == ["Школа № 12 · Елец", "Школа № 12 · Липецк", "Школа № 13 · Елец"]

    await ann.presses("Школа № 12 · Елец")
    ann.sees("ID 777 теперь у организации «Школа № 12», вместе с числами 1 листа")
    await ann.presses("📊 Числа школы")
    ann.sees("Школа № 12", "Учителя: не хватает 10 человек")
    assert await count(house, "school_day") == 3
    await ann.sends("a.csv", a_sheet())
    assert await count(house, "school_day") == 3


@port_only
async def test_a_match_is_taken_back_and_leaves_no_trace(house: House, ann: Person) -> None:
    made = await a_region(house, ann)
    await ann.sends("a.csv", a_sheet())
    wrong = made["Школа № 13 Елец"]
    await ann.sends_action(f"match:{wrong}:{mark_of('777')}")
    ann.sees("ID 777 теперь у организации «Школа № 13»")
    later = a_sheet().replace(b"23.11.2026", b"22.11.2026")
    await ann.sends("b.csv", later)
    assert await count(house, "school_day") == 6

    await ann.sends_action(f"matched:{wrong}")
    await ann.presses("Отменить сопоставление")
    ann.was_told("Сопоставление отменено")
    ann.sees("ID 777", "ID 778")
    assert await count(house, "school_day") == 4
    await ann.sends_action(f"unmatch:{wrong}")
    ann.was_told(STALE)
    await ann.sends_action(f"match:{made['Школа № 12 Елец']}:{mark_of('777')}")
    assert await count(house, "school_day") == 6


@port_only
async def test_what_is_no_school_of_theirs_is_forgotten(house: House, ann: Person) -> None:
    await a_region(house, ann)
    await ann.sends("a.csv", a_sheet())
    await ann.sends_action("unmatched:1")
    await ann.presses("МБОУ СОШ № 99")
    await ann.presses("Это не наша школа")
    ann.was_told("Числа этого ID удалены")
    ann.sees("ID 777")
    assert "ID 778" not in ann.text
    await ann.sends_action(f"notours:{mark_of('778')}")
    ann.was_told(STALE)
    await ann.sends_action(f"notours:{mark_of('777')}")
    ann.sees("сопоставлять нечего")


@port_only
async def test_an_id_of_an_organisation_elsewhere_is_not_theirs_and_nothing_is_told_of_it(
    house: House, ann: Person
) -> None:
    made = await a_region(house, ann)
    foreign = await add(house.storage, "Горная школа", sferum_id="777")
    boris = await house.arrives("Борис")
    await ann.sends("a.csv", a_sheet())
    await ann.sends_action("unmatched:1")
    ann.sees("ID 777")
    await ann.sends_action(f"match:{made['Школа № 12 Елец']}:{mark_of('777')}")
    ann.was_told("Дать школе этот ID здесь не получится")
    assert "Горная" not in ann.text
    await add(house.storage, "Дальняя школа", sferum_id="AB-778")
    await ann.sends("b.csv", csv([row("ab-778"), row("779")]))
    await ann.sends_action(f"match:{made['Школа № 12 Елец']}:{mark_of('ab-778')}")
    ann.was_told("Дать школе этот ID здесь не получится")
    for action in (f"match:{foreign}:{mark_of('778')}", f"unmatch:{foreign}"):
        await ann.sends_action(action)
        ann.was_told(STALE)
    assert await count(house, "school_day") == 2

    await boris.sends_action(f"activity:{made['region']}")
    boris.sees("не показан")
    await boris.sends_action("unmatched:1")
    boris.sees("сопоставлять нечего")
    await leave(learner(house, ann), made["region"], Role.COORDINATOR)
    await ann.sends_action(f"activity:{made['region']}")
    assert "Не хватает" not in ann.text
    await ann.sends_action(f"unittrend:{made['region']}")
    assert not ann.documents


@port_only
async def test_without_a_sheet_it_is_said_how_one_is_sent_and_old_ones_are_counted(
    house: House, ann: Person
) -> None:
    made = await a_region(house, ann)
    await ann.sends_action(f"unit:{made['region']}")
    await ann.presses("📊 Активность школ")
    ann.sees("Листа статистики по этим школам ещё нет")
    await ann.sends("a.csv", a_sheet())
    house.now += timedelta(days=10)
    await ann.sends_action(f"activity:{made['region']}")
    ann.sees("Листы старше 7 дней: 2")
