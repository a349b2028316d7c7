"""What is kept of sheets, when people become one, go away, or time has passed."""

import json
from datetime import timedelta

from sqlalchemy import select

from course_bot.organisations.records import OfSchool, SheetSent
from course_bot.sheets.figures import Figures, SchoolDay
from course_bot.sheets.received import Received
from course_bot.storage.exporting import Everything
from course_bot.storage.schema import metadata
from course_bot.storage.store import SHEETS_KEPT, Storage
from tests.learners import NOW, Learner, forget, join, learner, link
from tests.regions import add, leaves

FIGURES = Figures(teachers_expected=107, teachers_active=54)


async def sends(who: Learner, school: int, sferum_id: str = "77") -> int:
    """Let somebody send a sheet of a school, and of one that nobody knows."""
    day = who.now.date()
    unknown = SchoolDay(row=3, day=day, sferum_id=sferum_id, name="Лицей", figures=FIGURES)
    return await leaves(
        who,
        SheetSent(
            received=Received(day=day, schools=2, kept=1, unmatched=1),
            schools=(OfSchool(organisation=school, day=day, figures=FIGURES),),
            unmatched=(unknown,),
            at=who.now,
        ),
    )


async def owners(storage: Storage) -> dict[str, list[int | None]]:
    """Return whose the rows of sheets are."""
    columns = {
        "school_day": "sent_by",
        "unmatched_day": "person_id",
        "received_sheet": "person_id",
    }
    async with storage.reading() as connection:
        return {
            table: sorted(
                await connection.scalars(select(metadata.tables[table].c[column])),
                key=lambda owner: owner or 0,
            )
            for table, column in columns.items()
        }


async def test_of_two_who_become_one_all_sheets_are_that_persons(storage: Storage) -> None:
    phone, desk = learner(storage, "1"), learner(storage, "1", "browser")
    kept = await sends(phone, await add(storage, "Школа № 5"))
    await sends(desk, await add(storage, "Школа № 6"), "78")
    await phone.does(link("digest", NOW + timedelta(minutes=15)))
    await join(storage, desk.account, "digest", NOW)

    assert await owners(storage) == {
        "school_day": [kept, kept],
        "unmatched_day": [kept, kept],
        "received_sheet": [kept],
    }
    told = json.loads(await storage.read(Everything(kept)))
    assert [each["organisation"] for each in told["sheets"]] == ["Школа № 5", "Школа № 6"]
    assert told["sheets"][0]["teachers_active"] == 54
    assert [each["sferum_id"] for each in told["sheets_of_unknown_schools"]] == ["77", "78"]
    assert told["last_sheet"][0]["content"]["schools"] == 2


async def test_a_schools_figures_stay_when_who_sent_them_goes(storage: Storage) -> None:
    who = learner(storage)
    await sends(who, await add(storage, "Школа № 5"))
    await who.does(forget)

    assert await owners(storage) == {
        "school_day": [None],
        "unmatched_day": [],
        "received_sheet": [],
    }


async def test_what_is_open_about_a_sheet_is_forgotten_after_ninety_days(storage: Storage) -> None:
    who = learner(storage)
    number = await sends(who, await add(storage, "Школа № 5"))
    await storage.tidy(who.now + SHEETS_KEPT)
    assert await owners(storage) == {
        "school_day": [number],
        "unmatched_day": [number],
        "received_sheet": [number],
    }

    await storage.tidy(who.now + SHEETS_KEPT + timedelta(seconds=1))
    assert await owners(storage) == {
        "school_day": [number],
        "unmatched_day": [],
        "received_sheet": [],
    }
