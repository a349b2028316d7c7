"""What was tampered with is found, and nothing else."""

import asyncio
import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import (
    Delete,
    Insert,
    Text,
    Update,
    delete,
    func,
    insert,
    select,
    text,
    type_coerce,
    update,
)
from sqlalchemy.engine import URL

from course_bot.learning.progress import LessonResult, Study
from course_bot.storage import questions, reconciling, schema, verifying
from course_bot.storage.engine import create_engine, database_url
from course_bot.storage.store import Storage
from course_bot.storage.verifying import Difference, Unreadable, damage, derived_differences
from tests.conftest import migrate
from tests.learners import COURSE, NOW, Learner, a_school, answer, found, learner, put, start
from tests.regions import FRESH_REGION, Region, assign

PAGE = 4096
"""Bytes of a page of a SQLite file."""
TABLE_LEAF, INDEX_LEAF = 0x0D, 0x0A
"""How a page begins that has no others below it."""
PEOPLE, SIDE_BY_SIDE = 40, 5


async def change(storage: Storage, *statements: Update | Delete | Insert) -> None:
    async with storage.writing() as connection:
        for statement in statements:
            await connection.execute(statement)


async def found_differences(storage: Storage) -> list[Difference]:
    """Verify, and return every difference; there must be nothing else."""
    faults = await found(storage)
    differences = [each for each in faults if isinstance(each, Difference)]
    assert differences == faults
    return differences


async def test_a_healthy_database_differs_in_nothing(storage: Storage) -> None:
    await a_school(storage)
    await learner(storage, "new").does()

    assert await found(storage) == []


async def test_an_empty_database_differs_in_nothing(storage: Storage) -> None:
    assert await found(storage) == []


async def test_everybody_is_looked_at_however_many_they_are(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verifying, "PEOPLE_AT_ONCE", 3)
    people = [learner(storage, f"{key}") for key in range(10)]
    done = [await person.takes("chat") for person in people]
    await change(storage, update(schema.attempt).values(score=1))

    assert [each.person for each in await found(storage)] == [person.id for person in done]


ANSWER = schema.answer.c
UNFINISHED = ANSWER.attempt_id == "given up"


@pytest.mark.parametrize(
    ("tampering", "what"),
    [
        (
            update(schema.answer).where(UNFINISHED).values(points=99),
            "answer 0 of attempt given up",
        ),
        (update(schema.answer).where(UNFINISHED).values(version="v2"), "answer 0 of attempt"),
        (update(schema.answer).where(UNFINISHED).values(question="else"), "answer 0 of attempt"),
        (update(schema.answer).where(UNFINISHED).values(index=1), "answer 1 of attempt"),
        (update(schema.answer).where(UNFINISHED).values(index=7), "answer 7 of attempt"),
        (update(schema.answer).where(UNFINISHED).values(response=(99,)), "answer 0 of attempt"),
        (delete(schema.answer).where(ANSWER.attempt_id == "in progress"), "answers of the latest"),
        (delete(schema.answer), "lesson chat"),
        (update(schema.attempt).values(score=100), "attempt "),
        (update(schema.attempt).values(passed=True), "attempt "),
        (update(schema.attempt).values(finished_at=NOW + timedelta(days=9)), "attempt "),
        (update(schema.attempt).values(pass_mark=101), "attempt "),
        (update(schema.attempt).values(lesson="help"), "lesson help"),
        (update(schema.person).values(attempt_id=None), "answers of the latest attempt"),
        (update(schema.person).values(attempt_id="gone"), "latest attempt"),
        (update(schema.person).values(attempt_id="given up"), "latest attempt"),
        (update(schema.person).values(study=Study()), "lesson chat"),
        (update(schema.person).values(last_account_id="telegram:404"), "account used last"),
    ],
    ids=str,
)
async def test_what_was_tampered_with_is_found(
    storage: Storage, tampering: Update, what: str
) -> None:
    await a_school(storage)

    await change(storage, tampering)

    differences = await found_differences(storage)
    assert any(each.what.startswith(what) for each in differences), differences


async def test_an_answer_written_twice_over_is_found(storage: Storage) -> None:
    ann, _ = await a_school(storage)
    async with storage.writing() as connection:
        row = (await connection.execute(select(schema.answer).where(UNFINISHED))).mappings().one()
        await connection.execute(schema.answer.insert().values({**row, "index": 1}))

    assert {each.what for each in await found_differences(storage)} >= {
        "answer 1 of attempt given up"
    }
    assert (await ann.does()).passed("chat")


@pytest.mark.parametrize(
    "results",
    [
        {"chat": LessonResult(attempts=1, best=100, passed_at=NOW)},
        {"help": LessonResult(attempts=1)},
    ],
    ids=["changed", "invented"],
)
async def test_progress_that_the_log_does_not_tell_is_found(
    storage: Storage, results: dict[str, LessonResult]
) -> None:
    ann, _ = await a_school(storage)
    person = await ann.does()
    invented = replace(person.study, results={**person.study.results, **results})

    await ann.does(put(study=invented))

    (difference,) = await found_differences(storage)
    lesson = next(iter(results))
    assert (difference.person, difference.what) == (person.id, f"lesson {lesson}")
    assert difference.stored == results[lesson]
    assert difference.derived == person.study.results.get(lesson)


async def test_a_row_that_cannot_be_read_is_told_and_the_others_are_still_looked_at(
    storage: Storage,
) -> None:
    ann, bob = await a_school(storage)
    broken = await bob.does()
    async with storage.writing() as connection:
        await connection.execute(
            text("UPDATE person SET study = '{\"odd' WHERE id = :id"), {"id": broken.id}
        )
    await change(storage, update(schema.attempt).values(passed=False))

    told = sorted((each.person, type(each)) for each in await found(storage))

    assert told == [((await ann.does()).id, Difference), (broken.id, Unreadable)]


async def test_verifying_while_people_learn_finds_nothing(storage: Storage) -> None:
    people = [learner(storage, f"{key}") for key in range(5)]
    learning = asyncio.gather(*(person.takes(lesson) for person in people for lesson in ("chat",)))
    while not learning.done():
        assert await found(storage) == []
    await learning


async def test_a_question_that_was_changed_after_it_was_asked_is_found(storage: Storage) -> None:
    await a_school(storage)
    assert await damage(storage) == []
    first = select(func.min(schema.question.c.key)).scalar_subquery()
    content = type_coerce(schema.question.c.content, Text)
    await change(
        storage,
        update(schema.question)
        .where(schema.question.c.key == first)
        .values(content=func.replace(content, "explanation", "Explanation")),
    )

    (line,) = await damage(storage)

    assert re.fullmatch(r"table question: the question [0-9a-f]{16} is not as it was asked", line)


async def test_whose_question_is_gone_is_told(url: URL, storage: Storage) -> None:
    people = [(await each.does()).id for each in await a_school(storage)]
    await change(storage, delete(schema.question))
    questions._known.clear()  # as in the process of the command, which has read none before

    told = [(each.person, type(each)) for each in await found(storage)]

    assert told == [(person, Unreadable) for person in people]


# What is derived for reports


async def a_region_that_learns(storage: Storage) -> Region:
    """Let some of a region learn, and bring everybody into step with the course."""
    region = await FRESH_REGION.on(storage)
    await assign(storage, region.organisations["region"], "teacher", date(2026, 12, 1))
    for who, lessons in (("l-s11-1", ("chat", "roles", "help")), ("l-s12-1", ("chat",))):
        for lesson in lessons:
            await region.people[who].takes(lesson)
    await storage.reconcile(COURSE)
    assert await found_derived(storage) == []
    return region


async def found_derived(storage: Storage) -> list[str]:
    return [
        f"person {each.person}, {each.what}" if isinstance(each, Difference) else each.what
        async for each in derived_differences(storage, COURSE)
    ]


TRACKS, LINEAGE, ASSIGNED = schema.track_progress.c, schema.lineage.c, schema.assigned.c


@pytest.mark.parametrize(
    ("tampering", "told"),
    [
        (
            update(schema.track_progress).where(TRACKS.track == "teacher").values(passed=0),
            ["person {l-s11-1}, track teacher", "person {l-s12-1}, track teacher"],
        ),
        (
            update(schema.track_progress).where(TRACKS.passed == 3).values(score=1),
            ["person {l-s11-1}, track teacher"],
        ),
        (
            update(schema.track_progress).where(TRACKS.passed == 3).values(completed_at=None),
            ["person {l-s11-1}, track teacher"],
        ),
        (
            delete(schema.track_progress).where(TRACKS.passed == 3),
            ["person {l-s11-1}, track teacher"],
        ),
        (
            insert(schema.track_progress).values(person_id=2, track="teacher", passed=1),
            ["person 2, track teacher"],
        ),
        (
            update(schema.organisation)
            .where(schema.organisation.c.name.startswith("Школа 11"))
            .values(zone="Asia/Omsk"),
            ["organisation {s11}, zone"],
        ),
        (
            update(schema.organisation)
            .where(schema.organisation.c.name.startswith("Школа 11"))
            .values(parent_id=None),
            ["organisation {s11}, above it {m1}", "organisation {s11}, above it {region}"],
        ),
        (
            delete(schema.lineage).where(LINEAGE.above_id != LINEAGE.organisation_id),
            ["organisation {s11}, above it {m1}", "organisation {m1}, above it {region}"],
        ),
        (
            update(schema.assigned).where(ASSIGNED.organisation_id > 1).values(due=None),
            ["organisation {s11}, assigned teacher"],
        ),
        (delete(schema.assigned), ["organisation {region}, assigned teacher"]),
    ],
    ids=str,
)
async def test_what_reports_join_is_held_against_what_it_was_derived_from(
    storage: Storage, tampering: Update, told: list[str]
) -> None:
    region = await a_region_that_learns(storage)

    await change(storage, tampering)

    names = {**region.organisations, **region.numbers}
    expected = {re.sub(r"\{([\w-]+)\}", lambda name: f"{names[name[1]]}", one) for one in told}
    assert expected <= set(await found_derived(storage))

    await storage.derive()
    async with storage.writing() as connection:
        await connection.run_sync(reconciling.note_composition, "another course")
    await storage.reconcile(COURSE)
    assert await found_derived(storage) == []


async def test_tracks_that_have_changed_since_the_start_are_no_difference(
    storage: Storage,
) -> None:
    await a_region_that_learns(storage)
    fewer = replace(COURSE.tracks["teacher"], lessons=("chat",))
    changed = replace(COURSE, tracks={**COURSE.tracks, "teacher": fewer})

    assert [each async for each in derived_differences(storage, changed)] == []
    assert [each async for each in derived_differences(storage, None)] == []


async def test_somebody_who_can_not_be_read_hides_nobody_elses_difference(
    storage: Storage,
) -> None:
    region = await a_region_that_learns(storage)
    async with storage.writing() as connection:
        await connection.execute(
            text("UPDATE person SET study = '{\"odd' WHERE id = :id"),
            {"id": region.numbers["l-s11-1"]},
        )
    await change(storage, update(schema.track_progress).values(passed=7))

    assert await found_derived(storage) == [f"person {region.numbers['l-s12-1']}, track teacher"]


# Damage


def damage_page(path: Path, table: str, content: str = "") -> None:
    """Overwrite the head of the first page of a table, or an index, in which this stands."""
    with closing(sqlite3.connect(path)) as database:
        (root,) = database.execute(
            "SELECT rootpage FROM sqlite_schema WHERE name = ?", [table]
        ).fetchone()
    file = bytearray(path.read_bytes())
    start = next(
        start for start in leaves(file, root) if content.encode() in file[start : start + PAGE]
    )
    file[start : start + 8] = b"\xff" * 8
    path.write_bytes(file)


def leaves(file: bytearray, number: int) -> Iterator[int]:
    """Yield where the pages begin that hold the rows below a page of a table.

    The format: https://www.sqlite.org/fileformat.html#b_tree_pages
    """
    start = (number - 1) * PAGE
    if file[start] in (TABLE_LEAF, INDEX_LEAF):
        yield start
        return

    def read(place: int, size: int) -> int:
        return int.from_bytes(file[start + place : start + place + size], "big")

    for cell in range(read(3, 2)):
        yield from leaves(file, read(read(12 + 2 * cell, 2), 4))
    yield from leaves(file, read(8, 4))


@pytest.fixture
def path(tmp_path: Path, migrated_sqlite: Path) -> Path:
    """A SQLite file that is up to date."""
    path = tmp_path / "school.db"
    shutil.copy(migrated_sqlite, path)
    return path


async def a_big_school(path: Path) -> None:
    """Let so many people learn that no table has room in one page; spoil the last one's result."""

    async def learns(each: Learner) -> None:
        await each.does(start("chat", attempt_id=f"attempt of {each.account.key}."))
        while (await each.does()).question:
            await each.does(answer())

    async with Storage(create_engine(database_url(f"sqlite:///{path}"))) as storage:
        people = [learner(storage, f"{key}") for key in range(PEOPLE)]
        for each in people:
            await each.does()
        for first in range(0, PEOPLE, SIDE_BY_SIDE):
            await asyncio.gather(*map(learns, people[first : first + SIDE_BY_SIDE]))
        last = schema.attempt.c.person_id == PEOPLE
        await change(storage, update(schema.attempt).where(last).values(score=1))


async def all_faults(path: Path) -> tuple[list[str], list[Difference | Unreadable]]:
    engine = create_engine(database_url(f"sqlite:///{path}"), read_only=True)
    try:
        return await damage(Storage(engine)), await found(Storage(engine))
    finally:
        await engine.dispose()


@pytest.mark.parametrize("table", ["person", "attempt", "answer"])
async def test_a_damaged_page_is_named_and_everybody_else_is_looked_at(
    path: Path, table: str
) -> None:
    await a_big_school(path)
    damage_page(path, table, "attempt of 20.")

    (fault,), faults = await all_faults(path)

    assert re.fullmatch(rf"table {table}: .*[Pp]age \d+\b.*", fault)
    unreadable = {each.person for each in faults if isinstance(each, Unreadable)}
    assert 21 in unreadable
    assert len(unreadable) < PEOPLE / 2
    assert [each.person for each in faults if isinstance(each, Difference)] == [PEOPLE]


async def test_people_who_can_not_be_reached_are_said_to_be(path: Path) -> None:
    await a_big_school(path)
    damage_page(path, "person", "attempt of 20.")
    damage_page(path, "ix_account_person_id")

    places, faults = await all_faults(path)

    assert {each.split(":")[0] for each in places} == {"table person", "table account"}
    assert faults == [
        Unreadable(person=1, reason="database disk image is malformed", onwards=True)
    ]


async def test_rows_that_an_index_has_lost_are_named(path: Path) -> None:
    await a_big_school(path)
    with closing(sqlite3.connect(path)) as database, database:
        database.executescript(
            "PRAGMA writable_schema = ON;"
            "UPDATE sqlite_schema SET sql = replace(sql, '(person_id, lesson', '(number, lesson')"
            " WHERE name = 'ix_attempt_person_id_lesson_number_passed';"
        )

    places, _ = await all_faults(path)

    assert (
        "table attempt: row 2 missing from index ix_attempt_person_id_lesson_number_passed"
        in places
    )


async def test_rows_without_the_row_that_they_refer_to_are_counted(path: Path) -> None:
    await a_big_school(path)
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("DELETE FROM attempt WHERE id = 'attempt of 20.'")

    places, _ = await all_faults(path)

    assert places == ["table answer: 5 rows refer to no row of attempt"]


@pytest.mark.parametrize(
    "bare_url", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True
)
async def test_rows_that_postgresql_can_not_read_are_told_and_the_others_are_still_looked_at(
    bare_url: URL,
) -> None:
    """A reading that fails aborts its transaction there; the rest is read all the same."""
    await migrate(bare_url)
    async with Storage(create_engine(bare_url)) as storage:
        ann, bob = await a_school(storage)
        await change(storage, update(schema.attempt).values(passed=False))
        async with storage.writing() as connection:
            # Nothing can be damaged from outside: let a row fail as one on a broken page does.
            await connection.execute(text("ALTER TABLE answer RENAME TO page"))
            await connection.execute(
                text(
                    "CREATE VIEW answer AS SELECT attempt_id, index, question, version, response,"
                    " points / (attempt_id != 'in progress')::int AS points, at FROM page"
                )
            )

        told = [(each.person, type(each)) for each in await found(storage)]

        assert told == [((await ann.does()).id, Difference), ((await bob.does()).id, Unreadable)]
