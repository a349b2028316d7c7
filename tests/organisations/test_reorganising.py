"""A file of organisations and the database: all of it or nothing, and no people are lost."""

from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection, select

from course_bot.organisations.file import export, read_file
from course_bot.organisations.naming import UnclearNameError
from course_bot.organisations.tree import REGION, Organisation
from course_bot.storage import reorganising, schema
from course_bot.storage.organisations import Memberships, WholeTree, add_organisation
from course_bot.storage.reorganising import archive_organisation, import_organisations
from course_bot.storage.store import Storage
from tests.learners import NOW, learner
from tests.regions import add, join

SAMPLE = read_file((Path(__file__).parents[1] / "samples" / "organisations.csv").read_bytes())


async def paths(storage: Storage) -> list[str]:
    tree = await storage.read(WholeTree())
    return sorted(" / ".join(tree.path(each)) for each in tree.by_id)


async def lines(storage: Storage, *rows: str, into: str | None = None) -> list[str]:
    """Import rows of a file and return what was changed, or the faults."""
    head = "название;вид;входит в;ID организации;часовой пояс"
    read = read_file("\n".join((head, *rows)).encode())
    planned = await import_organisations(storage, read, into, NOW)
    return [str(each) for each in planned.faults or planned.changes]


async def import_sample(storage: Storage) -> None:
    """Import the sample beneath a region that is there, as the first start makes it."""
    await add(storage, "Мой регион", kind=REGION, zone="Asia/Yakutsk")
    await import_organisations(storage, SAMPLE, None, NOW)


async def test_the_sample_is_imported_and_a_second_time_changes_nothing(storage: Storage) -> None:
    await import_sample(storage)

    everything = await paths(storage)
    assert len(everything) == 16
    assert "Мой регион / Заозёрный район / Школа № 1" in everything
    again = await import_organisations(storage, SAMPLE, None, NOW)
    assert (again.changes, again.unchanged) == ((), 15)
    exported = read_file(export(await storage.read(WholeTree())))
    assert (await import_organisations(storage, exported, None, NOW)).unchanged == 16


async def test_zones_are_inherited_once_a_file_is_imported(storage: Storage) -> None:
    await import_sample(storage)

    async with storage.reading() as connection:
        zone = schema.organisation.c.zone
        rows = await connection.execute(select(zone, schema.organisation.c.name))
        zones = {(row.zone, row.name) for row in rows}
    assert ("Europe/Samara", "Школа посёлка Дальний Кордон") in zones
    assert ("Asia/Yakutsk", "Лицей «Горизонт»") in zones


async def test_a_fault_keeps_the_whole_file_out(storage: Storage) -> None:
    await add(storage, "Лицей")
    faults = await lines(storage, "Школа;;;;", "Гимназия;;Нигде;;")
    assert [each.split(":")[0] for each in faults] == ["строка 3, «входит в»"]
    assert await paths(storage) == ["Лицей"]


async def test_what_breaks_halfway_leaves_nothing(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    class BrokenError(Exception):
        pass

    def breaks(connection: Connection, made: Organisation, now: datetime) -> int:
        if made.name == "Гимназия № 2":
            raise BrokenError
        return add_organisation(connection, made, now)

    monkeypatch.setattr(reorganising, "add_organisation", breaks)
    with pytest.raises(BrokenError):
        await import_organisations(storage, SAMPLE, None, NOW)
    assert await paths(storage) == []


async def test_a_school_that_is_moved_and_renamed_keeps_its_people(storage: Storage) -> None:
    await import_sample(storage)
    tree = await storage.read(WholeTree())
    (school,) = (each.id for each in tree.by_id.values() if each.sferum_id == "9000204")
    number = await join(learner(storage, "Анна"), school)

    (line,) = await lines(storage, "Школа-сад;;Левобережный район;9000204;")
    assert line.endswith("теперь «Школа-сад»; «Заозёрный район» → «Левобережный район»")
    (member,) = await storage.read(Memberships(number))
    assert (member.organisation, member.name, member.zone) == (school, "Школа-сад", "Asia/Yakutsk")


async def test_what_is_archived_comes_back_when_a_file_names_it(storage: Storage) -> None:
    await import_sample(storage)
    await archive_organisation(storage, "заозёрный район", NOW)

    tree = await storage.read(WholeTree())
    assert len(tuple(tree.live())) == 12
    assert len((await import_organisations(storage, SAMPLE, None, NOW)).changes) == 1
    tree = await storage.read(WholeTree())
    assert len(tuple(tree.live())) == 16


async def test_a_name_that_several_have_is_not_archived_but_by_its_path(storage: Storage) -> None:
    await import_sample(storage)
    with pytest.raises(UnclearNameError) as unclear:
        await archive_organisation(storage, "Школа № 1", NOW)
    assert sorted(unclear.value.paths) == [
        "Мой регион / Городской округ Каменка / Школа № 1",
        "Мой регион / Заозёрный район / Школа № 1",
    ]
    assert (await archive_organisation(storage, unclear.value.paths[0], NOW)).name == "Школа № 1"
    assert (await archive_organisation(storage, "Школа № 1", NOW)).name == "Школа № 1"
    with pytest.raises(UnclearNameError) as unclear:
        await archive_organisation(storage, "Школа № 11", NOW)
    assert unclear.value.paths == []


async def test_rows_go_into_the_organisation_that_is_named(storage: Storage) -> None:
    await import_sample(storage)
    assert await lines(storage, "Школа № 9;;;;", into="Заозёрный район") == [
        "+ школа «Школа № 9» в «Заозёрный район»"
    ]
    with pytest.raises(UnclearNameError):
        await lines(storage, "Школа № 9;;;;", into="Район")
