"""Files from the coordinator's page: what it shows, for whoever may see it, and remembered."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import select

from course_bot.organisations.records import Role
from course_bot.storage import schema
from course_bot.storage.store import Storage
from tests.books import sheet_names
from tests.regions import FRESH_REGION, leave
from tests.team_office import Browser, Office, fill


@pytest.fixture
async def office(storage: Storage) -> AsyncIterator[Office]:
    """A region's reports, served."""
    office = Office(storage=storage, region=await FRESH_REGION.on(storage))
    await fill(storage, office.region)
    async with office.stack:
        await office.serves()
        yield office


async def download(browser: Browser, path: str) -> tuple[int, str, bytes]:
    url = f"{browser.office.url.rstrip('/')}{path}"
    async with browser.session.get(url) as answer:
        named = answer.headers.get("Content-Disposition", "")
        return answer.status, named, await answer.read()


async def test_a_csv_has_the_people_that_the_page_shows(office: Office) -> None:
    ann = await office.signed_in("c-m1")
    page = await ann.gets(office.at("m1", "/people?state=late"))
    assert f"{office.at('m1')}/files/people.csv?state=late" in page.text

    status, named, content = await download(ann, office.at("m1", "/files/people.csv?state=late"))

    lines = content.decode("utf-8-sig").splitlines()
    assert status == 200
    assert "people" not in named
    assert named.startswith("attachment; filename*=UTF-8''")
    assert len(lines) > 1
    assert all(";просрочено;" in line for line in lines[1:])


async def test_a_workbook_has_one_report_or_all_and_the_journal_knows_it(office: Office) -> None:
    ann = await office.signed_in("c-region")

    _, _, one = await download(ann, office.at("region", "/files/summary.xlsx"))
    _, _, whole = await download(ann, office.at("region", "/files/all.xlsx"))

    assert sheet_names(one)[0] == "Сводка"
    assert "Журнал" in sheet_names(whole)
    async with office.storage.reading() as connection:
        rows = (await connection.execute(select(schema.audit).order_by(schema.audit.c.id))).all()
    number = office.region.numbers["c-region"]
    assert [(row.person_id, row.act, row.about) for row in rows] == [
        (number, "exported", "xlsx summary"),
        (number, "exported", "xlsx"),
    ]


@pytest.mark.parametrize(
    "path",
    [
        "/files/people.pdf",
        "/files/answers.csv",
        "/files/all.csv",
        "/files/people.csv?state=never",
        "/files/people.csv?in=1000",
    ],
)
async def test_a_file_that_there_is_not_is_not_found(office: Office, path: str) -> None:
    ann = await office.signed_in("c-m1")

    status, _, content = await download(ann, office.at("m1", path))

    assert status == 404
    assert "Ничего не показано" in content.decode() or "Здесь ничего" in content.decode()


async def test_nobody_gets_a_file_of_others_nor_after_losing_the_role(office: Office) -> None:
    ann, stranger = await office.signed_in("c-m1"), await office.browser()

    assert (await download(ann, office.at("m2", "/files/people.csv")))[0] == 404
    assert (await download(ann, office.at("region", "/files/all.xlsx")))[0] == 404
    assert (await download(stranger, office.at("m1", "/files/all.xlsx")))[0] == 403
    await leave(office.region.people["c-m1"], office.region.organisations["m1"], Role.COORDINATOR)
    assert (await download(ann, office.at("m1", "/files/all.xlsx")))[0] == 403
    async with office.storage.reading() as connection:
        assert (await connection.execute(select(schema.audit))).all() == []
