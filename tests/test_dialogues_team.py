"""What coordinators see in the chat, as dialogues through every door."""

from course_bot.organisations.records import Role
from tests.dialogue import Person
from tests.doors import House, ann, door, house
from tests.learners import Learner
from tests.regions import add, join, leave

__all__ = ["ann", "door", "house"]

USUAL = {"menu", "progress", "help", "track", "me"}


def learner(house: House, person: Person) -> Learner:
    """Return somebody of the house as one who joins and leaves organisations."""
    return Learner(house.storage, house.account(person), house.now)


async def coordinates(house: House, person: Person, *organisations: int) -> None:
    """Make somebody a coordinator."""
    for organisation in organisations:
        await join(learner(house, person), organisation, Role.COORDINATOR)


# The command.


async def test_a_coordinator_has_a_command_more_and_others_have_not(
    house: House, ann: Person
) -> None:
    boris = await house.arrives("Борис")
    await coordinates(house, ann, await add(house.storage, "Школа № 5"))
    for person in (ann, boris):
        await person.opens()

    assert set(ann.commands) == USUAL | {"team"}
    assert "team" not in boris.commands


async def test_the_command_menu_follows_the_language(house: House, ann: Person) -> None:
    await coordinates(house, ann, await add(house.storage, "Школа № 5"))
    await ann.sends_action("speak:en")

    assert set(ann.commands) == USUAL | {"team"}


async def test_who_is_no_coordinator_any_more_loses_the_command_by_looking(
    house: House, ann: Person
) -> None:
    school = await add(house.storage, "Школа № 5")
    await coordinates(house, ann, school)
    await ann.opens()
    await leave(learner(house, ann), school, Role.COORDINATOR)
    assert set(ann.commands) == USUAL | {"team"}
    await ann.writes("/team")

    ann.sees("Пока за вами не закреплена ни одна организация")
    assert set(ann.commands) == USUAL


# Whoever coordinates nothing, one, several.


async def test_who_coordinates_nothing_reads_what_it_is_for_and_how_to_get_there(
    house: House, ann: Person
) -> None:
    await ann.writes("/team")

    ann.sees("Здесь координаторы видят", "Попросите приглашение для координатора")
    await ann.presses("Меню")
    ann.sees("рады вас видеть")
