"""From the chat to the coordinator's page: the key, the link and its end, through every door."""

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import func, select
from yarl import URL

from course_bot.organisations.records import Role
from course_bot.storage import schema
from course_bot.tokens import digest
from tests.dialogue import Person
from tests.doors import STALE, House, ann, door, house, passes, port_only
from tests.learners import Learner
from tests.regions import add, assign, join, leave, pupil

__all__ = ["ann", "door", "house"]


async def a_school(house: House, ann: Person) -> int:
    """Make a school with a learner, which Ann coordinates."""
    school = await add(house.storage, "Школа № 5")
    await join(Learner(house.storage, house.account(ann), house.now), school, Role.COORDINATOR)
    await assign(house.storage, school, "teacher", date(2026, 12, 1))
    await pupil(house.storage, "Вера", school)
    return school


async def links(house: House) -> set[str]:
    async with house.storage.reading() as connection:
        return set(await connection.scalars(select(schema.team_session.c.digest)))


def url(person: Person) -> URL:
    """Return the link that a coordinator has on the screen."""
    return URL(person.button("Открыть таблицу").url)


async def test_a_coordinator_gets_a_link_of_which_only_a_digest_is_kept(
    house: House, ann: Person
) -> None:
    school = await a_school(house, ann)
    await ann.writes("/team")
    await ann.presses("Открыть таблицей")
    ann.sees("Школа № 5: отчёты таблицей", "один раз")
    link = url(ann)
    assert link.parent.path == f"/team/{school}/enter"
    assert await links(house) == {digest(link.name)}

    await ann.presses("Школа № 5")
    ann.sees("Школа № 5")


async def test_each_press_makes_a_link_of_its_own(house: House, ann: Person) -> None:
    school = await a_school(house, ann)
    seen = set()
    for _ in range(2):
        await ann.sends_action(f"table:{school}")
        seen.add(digest(url(ann).name))
    assert len(seen) == 2
    assert await links(house) == seen


async def test_a_link_that_has_ended_says_so_and_another_is_a_press_away(
    house: House, ann: Person
) -> None:
    school = await a_school(house, ann)
    await ann.sends_action(f"table:{school}")
    first = url(ann)
    house.now += passes(15)
    await ann.opens()
    ann.sees("Эта ссылка больше не работает")
    await ann.presses("Сделать новую")
    assert url(ann) != first


@port_only
@pytest.mark.parametrize("number", [1, 999, 999_999_999])
async def test_whoever_does_not_coordinate_gets_no_link(
    house: House, ann: Person, number: int
) -> None:
    await add(house.storage, "Чужая школа")
    await ann.sends_action(f"table:{number}")
    ann.sees("Вы не координатор этой организации")
    assert "Чужая" not in ann.text
    assert await links(house) == set()


async def test_a_coordinator_who_is_removed_sees_their_link_no_more(
    house: House, ann: Person
) -> None:
    school = await a_school(house, ann)
    await ann.sends_action(f"table:{school}")
    await leave(Learner(house.storage, house.account(ann), house.now), school, Role.COORDINATOR)
    await ann.opens()
    ann.sees("Вы не координатор этой организации")
    await ann.sends_action(f"table:{school}")
    ann.sees("Вы не координатор этой организации")
    assert await links(house) == set(), "what there was went with the role"


@port_only
@pytest.mark.parametrize(
    "action",
    ["table", "table:0", "table:x", "table:1:2", "tables:1", "tables:1:x:y", "tables:1:1:g" * 2],
)
async def test_a_forged_key_is_stale(house: House, ann: Person, action: str) -> None:
    await a_school(house, ann)
    await ann.sends_action(action)
    ann.was_told(STALE)


@port_only
async def test_a_forged_stamp_shows_a_link_that_was_never_made(house: House, ann: Person) -> None:
    school = await a_school(house, ann)
    issued = f"{house.now.timestamp():.0f}"
    await ann.sends_action(f"tables:{school}:{issued}:0123456789")
    assert digest(url(ann).name) not in await links(house)


@port_only
async def test_where_the_page_is_on_another_computer_the_link_is_text(
    house: House, ann: Person
) -> None:
    school = await a_school(house, ann)
    house.talk.addresses = replace(house.talk.addresses, local=True)
    await ann.sends_action(f"table:{school}")
    ann.sees("на том компьютере, где запущен курс", f"/team/{school}/enter/")
    assert not any(button.url for button in ann.buttons)

    house.talk.addresses = replace(house.talk.addresses, page=None)
    await ann.opens()
    ann.sees("Страница сейчас не открыта")


@port_only
async def test_a_link_of_the_chat_is_no_personal_link(house: House, ann: Person) -> None:
    school = await a_school(house, ann)
    await ann.sends_action(f"table:{school}")
    async with house.storage.reading() as connection:
        count = select(func.count()).select_from(schema.personal_link)
        assert await connection.scalar(count) == 0
    boris = await house.arrives("Борис", payload=f"go-{url(ann).name}")
    assert (await house.learner(boris)).id != (await house.learner(ann)).id
