"""A person gets all that is stored about them, and nothing of others."""

import json

from course_bot.storage.exporting import Everything, Figures, Sums
from course_bot.storage.store import Storage
from tests.learners import a_school, learner, put
from tests.regions import add, join, leave, leaves
from tests.test_certificates import issued


async def test_the_export_holds_everything_and_nothing_of_others(storage: Storage) -> None:
    ann, _ = await a_school(storage)
    await ann.does(put(name='Анна <b>&"', track="teacher"))
    person = await ann.does()

    told = json.loads(await storage.read(Everything(person.id)))

    assert told["person"] == {
        "id": person.id,
        "name": 'Анна <b>&"',
        "language": "ru",
        "track": "teacher",
        "reminders": True,
        "joined_at": "2026-11-23T09:00:00Z",
        "seen_at": "2026-11-23T11:00:00Z",
        "reminders_sent": 0,
        "remind_at": "2026-11-26T11:00:00Z",
        "place": person.place,
        "wish": "",
        "last_account_id": "telegram:ann",
    }
    assert told["accounts"] == [{"id": "telegram:ann", "blocked_at": None}]
    assert {each["account_id"] for each in told["recent_moves"]} == {"telegram:ann"}
    assert told["personal_links_until"] == []
    assert told["study"]["readings"] == {"roles": {"step": 2, "furthest": 2}}
    assert told["study"]["results"]["chat"]["best"] == 100
    assert [len(each["answers"]) for each in told["attempts"]] == [5, 1, 5]
    assert told["attempts"][1]["attempt"]["id"] == "given up"
    assert told["attempts"][0]["answers"][0]["points"] == 0


async def test_the_export_is_read_by_people_as_it_is(storage: Storage) -> None:
    ann = learner(storage)
    person = await ann.does(put(name="Анна"))

    text = (await storage.read(Everything(person.id))).decode()

    assert '    "name": "Анна",\n' in text


async def test_of_somebody_who_is_not_there_nothing_is_exported(storage: Storage) -> None:
    assert await storage.read(Everything(404)) == b"{}"


async def test_what_one_has_of_organisations_is_counted(storage: Storage) -> None:
    school = await add(storage, "Школа № 5")
    ann = learner(storage, "ann")
    await join(ann, school)
    number = await leaves(ann, issued("A"))
    await leave(ann, school)
    await join(ann, school)

    assert await storage.read(Figures(number)) == Sums(
        accounts=1, attempts=0, answers=0, memberships=1, consents=2, certificates=1, school_days=0
    )


async def test_what_is_stored_is_counted(storage: Storage) -> None:
    ann, _ = await a_school(storage)
    person = await ann.does()

    assert await storage.read(Figures(person.id)) == Sums(
        accounts=1,
        attempts=3,
        answers=11,
        memberships=0,
        consents=0,
        certificates=0,
        school_days=0,
    )
    assert await storage.read(Figures(404)) == Sums(
        accounts=0, attempts=0, answers=0, memberships=0, consents=0, certificates=0, school_days=0
    )
