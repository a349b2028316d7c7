"""Files of reports from the chat, through every door, for whoever may have them."""

import pytest
from sqlalchemy import select

from course_bot.organisations.records import Role
from course_bot.storage import schema
from tests.books import sheet_names
from tests.dialogue import Person
from tests.doors import STALE, House, ann, door, house
from tests.learners import Learner
from tests.regions import add, join

__all__ = ["ann", "door", "house"]


async def coordinator(house: House, ann: Person) -> tuple[int, int]:
    """Let Ann coordinate a school of a region; return both numbers."""
    await ann.opens()
    region = await add(house.storage, "Озёрный край", kind="регион")
    school = await add(house.storage, "Школа № 5", region)
    account = house.heard[-1].account
    who = Learner(storage=house.storage, account=account, now=house.now)
    await join(who, school, Role.COORDINATOR)
    return region, school


async def test_a_coordinator_gets_every_report_as_one_file(house: House, ann: Person) -> None:
    _, school = await coordinator(house, ann)
    await ann.writes("/team")
    await ann.presses("⬇ Скачать")
    ann.sees("Скачать: Школа № 5", "храните их так же бережно")

    await ann.presses("📗 Excel: всё сразу")

    (file,) = ann.documents
    assert file.name == "Школа № 5 — все отчёты — 2026-11-23.xlsx"
    assert "Журнал" in sheet_names(file.content)
    ann.sees("Скачать: Школа № 5")
    async with house.storage.reading() as connection:
        (row,) = (await connection.execute(select(schema.audit))).mappings()
    assert (row["organisation_id"], row["act"], row["about"]) == (school, "exported", "xlsx")


async def test_nobody_gets_a_file_of_an_organisation_that_is_not_theirs(
    house: House, ann: Person
) -> None:
    region, _ = await coordinator(house, ann)

    await ann.sends_action(f"getfile:{region}:csv:people")

    assert ann.documents == []
    ann.sees("Вы не координатор этой организации")
    async with house.storage.reading() as connection:
        assert (await connection.execute(select(schema.audit))).all() == []


@pytest.mark.parametrize("kind", ["pdf:people", "csv:answers", "csv"])
async def test_a_file_that_there_is_not_is_a_stale_button(
    house: House, ann: Person, kind: str
) -> None:
    _, school = await coordinator(house, ann)
    await ann.writes("/team")

    await ann.sends_action(f"getfile:{school}:{kind}")

    assert ann.documents == []
    ann.was_told(STALE)
