"""The warning before everything is deleted, as who gets it reads it."""

from datetime import timedelta

from course_bot.storage.outbox import WRITING_DOORS
from course_bot.storage.retention import MONTH, WARNED
from tests.dialogue import plain
from tests.doors import House, door, house, messengers

__all__ = ["door", "house"]

MONTHS = 24


@messengers
async def test_whoever_presses_the_key_of_the_warning_is_kept(house: House) -> None:
    ann = await house.meets()
    boris = await house.meets("Борис")
    house.now += MONTHS * MONTH - WARNED
    await house.storage.retain(MONTHS, WRITING_DOORS, house.now)
    day = (house.now + WARNED).astimezone(house.storage.zone).date()
    house.now += timedelta(hours=12)  # it was midnight
    messages = await house.messages(house.door)
    farewells = [each for each in messages if "давно не заходили" in each.screen.spelled()[0]]
    assert len(farewells) == 2
    text = plain(farewells[0].screen.spelled()[0])
    assert f"раньше {day.day} " in text
    assert f"{day.year}" in text
    keep, delete = (button for row in farewells[0].screen.rows for button in row)
    await ann.sends_action(keep.action)
    ann.sees("Анна Петровна")
    house.now += WARNED + timedelta(hours=1)
    await house.storage.retain(MONTHS, WRITING_DOORS, house.now)
    assert (await house.learner(ann)).name == "Анна Петровна"
    await boris.opens()
    boris.sees("Малый курс", "Мы храним")
    await ann.sends_action(delete.action)
    ann.sees("Удалить всё?", "сертификаты будут отозваны")


@messengers
async def test_whoever_came_back_before_it_was_sent_gets_no_warning(house: House) -> None:
    ann = await house.meets()
    house.now += MONTHS * MONTH - WARNED
    await house.storage.retain(MONTHS, WRITING_DOORS, house.now)
    house.now += timedelta(hours=12)
    await ann.writes("/menu")
    messages = await house.messages(house.door)
    assert not [each for each in messages if "давно не заходили" in each.screen.spelled()[0]]
