"""Coordinators remind in the chat and choose their digests, as dialogues through every door.

Only messengers let the bot write first: elsewhere nobody gets a reminder, and the screen says so.
"""

from datetime import UTC, date, datetime

from course_bot.organisations.records import Role
from course_bot.storage.outbox import WRITING_DOORS
from tests.dialogue import Person, plain
from tests.doors import House, ann, door, house
from tests.regions import add, assign, join, leave
from tests.test_dialogues_team import coordinates, learner

__all__ = ["ann", "door", "house"]


async def a_late_school(house: House, ann: Person) -> tuple[int, Person]:
    """Make a school that Ann coordinates, where Boris is late with the teachers' track."""
    school = await add(house.storage, "Школа № 5")
    await coordinates(house, ann, school)
    boris = await house.meets("Борис")
    await join(learner(house, boris), school)
    await assign(house.storage, school, "teacher", date(2026, 11, 20))
    await ann.sends_action(f"unit:{school}")
    return school, boris


async def test_a_coordinator_reminds_where_the_bot_can_write_and_elsewhere_gets_a_text_to_forward(
    house: House, ann: Person
) -> None:
    _, _boris = await a_late_school(house, ann)
    await ann.presses("Напомнить")
    ann.sees("Кому напомнить?")
    await ann.presses("Все, кто не прошёл: 1")

    if house.door not in WRITING_DOORS:
        ann.sees("никто не получит", "только в браузере: 1", "Коллеги, пожалуйста, пройдите курс")
        assert not any("Отправить" in label for label in ann.labels)
        assert await house.messages(house.door) == []
        return
    ann.sees("Напоминание получат: 1", "Школа № 5 напоминает: срок курса «Учитель» был 20 ноября")
    await ann.presses("Отправить: 1")
    ann.sees("дошло: 0", "ждут отправки (пишу днём): 1")
    (message,) = await house.messages(house.door)
    assert "Школа № 5 напоминает" in plain(message.screen.text)
    await ann.presses("Обновить")
    ann.sees("дошло: 1")


async def test_a_press_to_send_twice_sends_once_at_every_door(house: House, ann: Person) -> None:
    school, _boris = await a_late_school(house, ann)
    for _ in range(2):
        await ann.sends_action(f"send:{school}:all")

    came = await house.messages(house.door)
    assert len(came) == (1 if house.door in WRITING_DOORS else 0)
    ann.was_told("Сейчас напоминать некому")


async def test_who_ceases_to_coordinate_reminds_nobody_by_an_old_button(
    house: House, ann: Person
) -> None:
    school, _boris = await a_late_school(house, ann)
    await ann.sends_action(f"whom:{school}:all")
    await leave(learner(house, ann), school, Role.COORDINATOR)
    await ann.sends_action(f"send:{school}:all")

    ann.sees("Вы не координатор этой организации или уже не координатор")
    assert await house.messages(house.door) == []


async def test_the_digest_is_switched_off_and_on_at_every_door_and_comes_where_the_bot_can_write(
    house: House, ann: Person
) -> None:
    school, _boris = await a_late_school(house, ann)
    await ann.sends_action(f"weekly:{school}")
    ann.sees("Сводка за неделю", "Сейчас она включена")
    monday = datetime(2026, 11, 30, 6, 0, tzinfo=UTC)

    async def digests() -> list[str]:
        await house.talk.plan_digests(house.now)
        came = await house.messages(house.door)
        return [plain(each.screen.text) for each in came if each.once]

    await ann.presses("Отключить сводку")
    ann.sees("Сейчас она выключена")
    await ann.presses("Присылать сводку")
    house.now = monday
    came = await digests()
    if house.door in WRITING_DOORS:
        (text,) = came
        assert "Школа № 5" in text
    else:
        assert came == []
