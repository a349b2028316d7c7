"""What coordinators see in the chat, as dialogues through every door."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from course_bot.conversation.listing import PAGE
from course_bot.organisations.records import Role
from course_bot.organisations.tree import MUNICIPALITY, REGION
from tests.dialogue import Person
from tests.doors import STALE, House, ann, door, goes_on, house, own_menus, port_only
from tests.learners import Learner
from tests.regions import add, assign, begins, completes, join, leave, pupil
from tests.test_dialogues_joining import invited_to

__all__ = ["ann", "door", "house"]

USUAL = {"menu", "progress", "help", "targets", "sheets", "track", "me"}


def learner(house: House, person: Person) -> Learner:
    """Return somebody of the house as one who joins and leaves organisations."""
    return Learner(house.storage, house.account(person), house.now)


async def coordinates(house: House, person: Person, organisation: int) -> None:
    """Make somebody a coordinator."""
    await join(learner(house, person), organisation, Role.COORDINATOR)


async def a_school(house: House, ann: Person) -> int:
    """Make a school that Ann coordinates, with four learners, one of whom has completed."""
    school = await add(house.storage, "Школа № 5")
    await coordinates(house, ann, school)
    await assign(house.storage, school, "teacher", date(2026, 12, 1))
    await completes(await pupil(house.storage, "Вера", school), "teacher", passed=3, score=92)
    await begins(await pupil(house.storage, "Борис", school), "teacher", passed=1, score=80)
    await pupil(house.storage, "Галина", school)
    await pupil(house.storage, "", school)
    return school


async def administers(house: House, person: Person, organisation: int) -> None:
    """Make somebody a school's administrator."""
    await join(learner(house, person), organisation, Role.ADMINISTRATOR)


# The command.


@own_menus
async def test_a_coordinator_has_a_command_more_and_others_have_not(
    house: House, ann: Person
) -> None:
    boris = await house.arrives("Борис")
    await coordinates(house, ann, await add(house.storage, "Школа № 5"))
    for person in (ann, boris):
        await person.opens()

    assert set(ann.commands) == USUAL | {"team"}
    assert "team" not in boris.commands


@own_menus
async def test_who_becomes_a_coordinator_has_the_command_at_once_and_who_ceases_has_not(
    house: House, ann: Person
) -> None:
    school = await add(house.storage, "Школа № 5")
    await ann.opens(await invited_to(house, school, Role.COORDINATOR))
    assert "team" not in ann.commands
    await ann.presses("Согласиться и вступить")
    assert set(ann.commands) == USUAL | {"team"}
    await ann.writes("/me")
    await ann.presses("Координатор: Школа № 5")
    await ann.presses("Выйти из организации")
    await ann.presses("Да")

    assert set(ann.commands) == USUAL


async def test_a_schools_administrator_sees_its_counts_and_nobodys_name(
    house: House, ann: Person
) -> None:
    school = await a_school(house, ann)
    boris = await house.arrives("Пётр")
    await administers(house, boris, school)
    await boris.writes("/team")
    await boris.presses("👥 Обучение школы")
    boris.sees("Школа № 5", "4 участника", "25", "прошли: 1", "учатся: 1", "не начали: 2")
    boris.sees("Назначено: «Учитель» до 1 декабря", "Имена видят координаторы")
    boris.sees_not("Вера", "Борис", "Галина", "Пётр")
    assert house.door == "max" or set(boris.commands) == USUAL | {"team"}

    await assign(house.storage, school, "coordinator")
    await boris.opens()
    boris.sees("✅ 1 · ▶ 1 · ▫ 2 · ⏰ 0", "✅ 0 · ▶ 0 · ▫ 4 · ⏰ 0")
    for action in ("unit", "invites:1", "files", "table", "people:open:1", "nudge", "assign"):
        name, _, rest = action.partition(":")
        await boris.sends_action(":".join(part for part in (name, f"{school}", rest) if part))
        boris.sees("не координатор")
        boris.sees_not("Вера", "Школа № 5")

    other = await add(house.storage, "Школа № 6")
    await coordinates(house, boris, other)
    await boris.writes("/team")
    assert [label for label in boris.labels if "Школа" in label] == [
        "Школа № 6 · школа",
        "🔑 Школа № 5 · школа",
    ]
    boris.sees("там вы администратор и видите только числа")
    await boris.presses("🔑 Школа № 5")
    await boris.presses("👥 Обучение школы")
    await boris.presses("Что может администратор")
    await boris.presses("К организации")
    boris.sees("Школа № 5", "Листа статистики")


@own_menus
async def test_the_command_menu_follows_the_language(house: House, ann: Person) -> None:
    await coordinates(house, ann, await add(house.storage, "Школа № 5"))
    await ann.sends_action("speak:en")

    assert set(ann.commands) == USUAL | {"team"}


@own_menus
async def test_who_is_no_coordinator_any_more_loses_the_command_by_looking(
    house: House, ann: Person
) -> None:
    school = await add(house.storage, "Школа № 5")
    await coordinates(house, ann, school)
    await ann.opens()
    await leave(learner(house, ann), school, Role.COORDINATOR)
    assert set(ann.commands) == USUAL | {"team"}
    await ann.writes("/team")

    ann.sees("Вы пока не координатор ни одной организации")
    assert set(ann.commands) == USUAL


# Whoever coordinates nothing, one, several.


async def test_who_coordinates_nothing_reads_what_it_is_for_and_how_to_get_there(
    house: House, ann: Person
) -> None:
    await ann.writes("/team")

    ann.sees("Здесь координаторы видят", "Попросите приглашение для координатора")
    await ann.presses("Меню")
    ann.sees("рады вас видеть")


async def test_who_coordinates_one_organisation_sees_it_at_once(house: House, ann: Person) -> None:
    await a_school(house, ann)
    await ann.writes("/team")

    ann.sees("Школа № 5", "4 участника", "прошли: 1", "учатся: 1", "не начали: 2", "просрочили: 0")
    ann.sees("25 %", "Назначено: «Учитель» до 1 декабря", "по состоянию на 12:00")
    assert "Другая организация" not in " ".join(ann.labels)


async def test_who_coordinates_several_chooses_and_may_choose_again(
    house: House, ann: Person
) -> None:
    await a_school(house, ann)
    await coordinates(house, ann, await add(house.storage, "Лицей", kind="лицей"))
    await ann.writes("/team")

    assert {"Школа № 5 · школа", "Лицей · лицей"} <= set(ann.labels)
    await ann.presses("Лицей")
    ann.sees("Лицей", "Здесь пока никто не учится")
    await ann.presses("Другая организация")
    await ann.presses("Школа № 5")
    ann.sees("4 участника")


async def test_the_day_is_over_at_midnight_where_the_organisation_is(
    house: House, ann: Person
) -> None:
    school = await add(house.storage, "Школа на Сахалине", zone="Asia/Sakhalin")
    await coordinates(house, ann, school)
    await assign(house.storage, school, "teacher", date(2026, 12, 1))
    await pupil(house.storage, "Борис", school)
    house.now = datetime(2026, 12, 1, 12, 59, tzinfo=UTC)
    await ann.writes("/team")
    ann.sees("не начали: 1", "просрочили: 0", "по состоянию на 23:59")
    house.now = datetime(2026, 12, 1, 13, 0, tzinfo=UTC)
    await ann.writes("/team")

    ann.sees("не начали: 0", "просрочили: 1", "по состоянию на 00:00")


async def test_where_nothing_is_assigned_the_track_counts_that_each_has_chosen(
    house: House, ann: Person
) -> None:
    school = await add(house.storage, "Школа № 5")
    await coordinates(house, ann, school)
    await completes(await pupil(house.storage, "Вера", school), "teacher")
    await ann.writes("/team")

    ann.sees("1 участник", "прошли: 1", "Курс не назначен")


async def test_a_quiz_waits_while_its_learner_looks_at_their_team(
    house: House, ann: Person
) -> None:
    await a_school(house, ann)
    await ann.presses("Знаю — сразу к тесту")
    await house.answers(ann)
    await goes_on(ann)
    await ann.writes("/team")
    await ann.presses("Кто не прошёл")
    await ann.presses("Борис")
    await ann.presses("↩ К тесту")

    ann.sees("вопрос 2 из 6")


# The list.


async def test_the_list_has_whoever_has_not_completed_the_most_urgent_first(
    house: House, ann: Person
) -> None:
    await a_school(house, ann)
    await ann.writes("/team")
    await ann.presses("Кто не прошёл")

    ann.sees("Кто не прошёл", "Галина", "Без имени № ", "Борис")
    ann.sees("Учитель · учится · уроки: 1 из 3 · до 1 декабря · последний раз — 23 ноября")
    ann.sees_not("Вера", "Страница")
    assert ann.text.index("Галина") < ann.text.index("Борис"), "who has not started comes first"
    assert "• Не прошли: 3" in ann.labels


async def test_every_other_list_is_a_key_away(house: House, ann: Person) -> None:
    await a_school(house, ann)
    await ann.writes("/team")
    await ann.presses("Кто не прошёл")
    for label, names in (
        ("Не начали: 2", {"Галина", "Без имени"}),
        ("Учатся: 1", {"Борис"}),
        ("Прошли: 1", {"Вера"}),
        ("Все: 4", {"Галина", "Без имени", "Борис", "Вера"}),
    ):
        await ann.presses(label)
        ann.sees(*names)
        ann.sees_not(*{"Галина", "Без имени", "Борис", "Вера"} - names)
    await ann.presses("Просрочили: 0")
    ann.sees("Никого")


async def test_a_list_is_turned_page_by_page_and_one_comes_back_to_the_same(
    house: House, ann: Person
) -> None:
    school = await add(house.storage, "Школа № 5")
    await coordinates(house, ann, school)
    for number in range(2 * PAGE + 1):
        await pupil(house.storage, f"Учитель {number:02}", school)
    await ann.writes("/team")
    await ann.presses("Кто не прошёл")
    ann.sees("Страница 1 из 3", "Учитель 00")
    ann.sees_not(f"Учитель {PAGE:02}")
    await ann.presses("Страница 2 →")
    await ann.presses(f"Учитель {PAGE:02}")
    ann.sees(f"Учитель {PAGE:02}", "Школа № 5", "здесь с 23 ноября")
    await ann.presses("← К списку")
    ann.sees("Страница 2 из 3")
    await ann.presses("Страница 3 →")
    ann.sees("Страница 3 из 3", f"Учитель {2 * PAGE}")
    assert not any("Страница 4" in label for label in ann.labels)
    await ann.presses("← Страница 2")
    ann.sees("Страница 2 из 3")


@port_only
async def test_a_page_past_the_end_is_the_last_one(house: House, ann: Person) -> None:
    school = await a_school(house, ann)
    await ann.sends_action(f"people:{school}:open:9999")
    ann.sees("Борис")
    await ann.sends_action(f"units:{school}:0")
    ann.sees("Школа № 5, напрямую")


async def test_a_persons_lessons_are_shown_and_no_answer(house: House, ann: Person) -> None:
    school = await a_school(house, ann)
    dina = await house.meets("Дина", door="port")
    await join(learner(house, dina), school)
    await dina.presses("Знаю — сразу к тесту")
    await house.takes_quiz(dina)
    await dina.sends_action("step:help:2")
    await dina.sends_action("quiz:roles")
    await house.takes_quiz(dina, wrongly={"choice", "multiple", "order", "match", "number"})
    await ann.writes("/team")
    await ann.presses("Кто не прошёл")
    await ann.presses("Дина")

    ann.sees("Учитель · учится · уроки: 1 из 3 · до 1 декабря")
    ann.sees("✅ Урок «chat»: пройден 23 ноября, 100 %")
    ann.sees("✍ Урок «roles»: 1 попытка, лучший результат")
    ann.sees("▶ Урок «help»: прочитано шагов: 2 из 3")
    ann.sees_not("Кто создаёт чат", "Он появляется сам")


@port_only
async def test_what_was_passed_under_a_lessons_old_name_is_shown_under_the_new(
    house: House, ann: Person
) -> None:
    school = await a_school(house, ann)
    dina = await house.meets("Дина", door="port")
    await join(learner(house, dina), school)
    await dina.presses("Знаю — сразу к тесту")
    await house.takes_quiz(dina)
    course = house.course
    lessons = dict(course.lessons)
    lessons["talk"] = replace(lessons.pop("chat"), id="talk", title="Новое имя")
    teacher = replace(course.tracks["teacher"], lessons=("talk", "roles", "help"))
    house.course = replace(
        course,
        lessons=lessons,
        tracks={**course.tracks, "teacher": teacher},
        renamed={"chat": "talk"},
    )
    await ann.sends_action(f"people:{school}:open:1")
    await ann.presses("Дина")

    ann.sees("✅ Новое имя: пройден 23 ноября, 100 %")


# From a region down to a school, and up again.


async def a_region_of_ann(house: House, ann: Person) -> dict[str, int]:
    """Make a region above two municipalities; Ann coordinates the first of these."""
    there = {"region": await add(house.storage, "Озёрный край", kind=REGION)}
    for name in ("Лесной", "Речной"):
        there[name] = await add(house.storage, name, there["region"], kind=MUNICIPALITY)
        there[f"{name} 1"] = await add(house.storage, f"Школа № 1 ({name})", there[name])
    await coordinates(house, ann, there["Лесной"])
    return there


async def test_one_goes_down_to_a_school_and_up_as_far_as_one_may(
    house: House, ann: Person
) -> None:
    there = await a_region_of_ann(house, ann)
    await completes(await pupil(house.storage, "Вера", there["Лесной 1"]), "teacher")
    await pupil(house.storage, "Борис", there["Лесной 1"])
    await ann.writes("/team")
    ann.sees("Лесной", "2 участника")
    assert not any("⬆" in label for label in ann.labels)
    await ann.presses("Кто не прошёл")
    ann.sees("Школа № 1 (Лесной) · Учитель")
    await ann.presses("← Обзор")
    await ann.presses("По школам")
    ann.sees("Школа № 1 (Лесной)", "50 % · 1 из 2")
    await ann.presses("Школа № 1 (Лесной)")
    ann.sees("2 участника", "прошли: 1")
    assert "По школам" not in " ".join(ann.labels)
    await ann.presses("⬆ Лесной")
    ann.sees("Лесной", "2 участника")


async def test_where_people_stop_is_told_with_the_step(house: House, ann: Person) -> None:
    school = await a_school(house, ann)
    await ann.writes("/team")
    await ann.presses("Где застревают")
    ann.sees("Пока никто не открыл ни одного урока")
    for name, steps in (("Дина", 2), ("Ева", 2), ("Жанна", 3)):
        reader = await house.meets(name, door="port")
        await join(learner(house, reader), school)
        await reader.sends_action(f"step:roles:{steps}")
    await ann.presses("← Обзор")
    await ann.presses("Где застревают")

    first = ann.text.split("🚧")[1]
    assert "Урок «chat»" in first or "Урок «roles»" in first
    ann.sees("Урок «roles»", "открыли — 3, прошли — 0", "Дальше шага 2 «Шаг 2» не пошли: 2")


# Whoever may not.

SCREENS = ("unit:{}", "units:{}:1", "stuck:{}", "people:{}:all:1", "member:{}:{}:all:1")


@pytest.mark.parametrize("screen", SCREENS)
async def test_a_foreign_organisation_is_not_shown(house: House, ann: Person, screen: str) -> None:
    there = await a_region_of_ann(house, ann)
    secret = await pupil(house.storage, "Тайная", there["Речной 1"])
    number = (await secret.does()).id
    for name in ("region", "Речной", "Речной 1"):
        await ann.sends_action(screen.format(there[name], number))
        ann.sees("Вы не координатор этой организации")
        ann.sees_not("Тайная", "Озёрный край", "Речной")
    await ann.sends_action(screen.format(10**9 - 1, number))
    ann.sees("Вы не координатор этой организации")


async def test_somebody_of_another_organisation_is_not_shown_in_ones_own(
    house: House, ann: Person
) -> None:
    there = await a_region_of_ann(house, ann)
    secret = await pupil(house.storage, "Тайная", there["Речной 1"])
    for number in ((await secret.does()).id, 10**9 - 1):
        await ann.sends_action(f"member:{there['Лесной']}:{number}:all:1")
        ann.sees("Этого человека здесь нет")
        ann.sees_not("Тайная", "Речной")


@port_only
@pytest.mark.parametrize(
    "action",
    ["people:{}:secret:1", "member:{}:1:secret:1", "people:{}:all", "unit:0", "unit:-1", "unit:x"],
)
async def test_a_forged_button_is_stale(house: House, ann: Person, action: str) -> None:
    await ann.sends_action(action.format(await a_school(house, ann)))
    ann.was_told(STALE)


@pytest.mark.parametrize("screen", SCREENS)
async def test_a_coordinator_removed_between_two_presses_sees_nothing_more(
    house: House, ann: Person, screen: str
) -> None:
    school = await a_school(house, ann)
    secret = (await (await pupil(house.storage, "Тайная", school)).does()).id
    await ann.sends_action(screen.format(school, secret))
    ann.sees_not("Вы не координатор")
    await leave(learner(house, ann), school, Role.COORDINATOR)
    await ann.opens()

    ann.sees("Вы не координатор этой организации или уже не координатор")
    ann.sees_not("Тайная", "Школа № 5")
    await ann.presses("Мои организации")
    ann.sees("Вы пока не координатор ни одной организации")


async def test_a_learner_is_no_coordinator(house: House, ann: Person) -> None:
    school = await a_school(house, ann)
    boris = await house.meets("Борис")
    await join(learner(house, boris), school)
    await boris.sends_action(f"unit:{school}")

    boris.sees("Вы не координатор этой организации")


# How it is said.


@port_only
async def test_names_are_said_as_they_are_and_cut_where_they_are_too_long(
    house: House, ann: Person
) -> None:
    long = "&" * 80
    above = await add(house.storage, f"<b>Район</b> {long * 3}", kind=MUNICIPALITY)
    school = await add(house.storage, f"<b>Школа</b> {long * 3}", above)
    await coordinates(house, ann, above)
    for number in range(PAGE):
        await pupil(house.storage, f"<i>{number}</i>{long}"[:80], school)
    await ann.writes("/team")
    ann.sees("<b>Район</b> &&&")
    await ann.presses("Кто не прошёл")
    ann.sees("<i>7</i>&&&", "<b>Школа</b> &&&")
    await ann.presses("7&&&")
    ann.sees("<i>7</i>&&&")


async def test_all_of_it_is_said_in_english_too(house: House, ann: Person) -> None:
    await a_school(house, ann)
    await ann.sends_action("speak:en")
    await ann.writes("/team")
    ann.sees("4 learners", "completed: 1", "until December 1", "as of 12:00")
    await ann.presses("Who is not done")
    ann.sees("1 of 3 lessons")
    await ann.presses("← Overview")
    ann.sees("4 learners")
