"""Files come in through every door."""

import pytest

from course_bot.conversation.port import Sent
from course_bot.sheets.figures import FILE_BYTES
from tests.doors import House, door, house

__all__ = ["door", "house"]


@pytest.mark.parametrize(
    ("name", "known_as"),
    [
        ("Выгрузка за неделю.xlsx", "Выгрузка за неделю.xlsx"),
        ("../../etc/passwd", "passwd"),
        ("и\u0306" + "х" * 200, "й" + "х" * 99),
    ],
)
async def test_a_file_comes_with_its_name_its_size_and_its_content(
    house: House, name: str, known_as: str
) -> None:
    content = bytes(range(256)) * 700
    ann = await house.meets()
    await ann.sends(name, content)
    move = house.heard[-1]
    assert isinstance(move, Sent)
    assert move.file is not None
    assert (move.file.name, move.file.size) == (known_as, len(content))
    assert await move.file.fetch() == content


async def test_a_file_that_is_too_large_is_known_by_its_size(house: House) -> None:
    ann = await house.meets()
    await ann.sends("всё.xlsx", bytes(FILE_BYTES + 1))
    move = house.heard[-1]
    assert isinstance(move, Sent)
    assert move.file is not None
    assert move.file.too_large
    await ann.sends("почти.xlsx", bytes(FILE_BYTES))
    move = house.heard[-1]
    assert isinstance(move, Sent)
    assert move.file is not None
    assert not move.file.too_large


async def test_what_is_no_file_comes_without_one(house: House) -> None:
    ann = await house.meets()
    before = len(house.heard)
    await ann.sends_picture()
    assert all(isinstance(move, Sent) and move.file is None for move in house.heard[before:])
