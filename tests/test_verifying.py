"""What was tampered with is found, and nothing else."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Update, delete, select, text, update

from course_bot.learning.progress import LessonResult, Study
from course_bot.storage import schema, verifying
from course_bot.storage.store import Storage
from tests.learners import NOW, a_school, found, learner, put


async def change(storage: Storage, *statements: Update) -> None:
    async with storage.writing() as connection:
        for statement in statements:
            await connection.execute(statement)


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
    ],
    ids=str,
)
async def test_what_was_tampered_with_is_found(
    storage: Storage, tampering: Update, what: str
) -> None:
    await a_school(storage)

    await change(storage, tampering)

    assert any(each.what.startswith(what) for each in await found(storage)), await found(storage)


async def test_an_answer_written_twice_over_is_found(storage: Storage) -> None:
    ann, _ = await a_school(storage)
    async with storage.writing() as connection:
        row = (await connection.execute(select(schema.answer).where(UNFINISHED))).mappings().one()
        await connection.execute(schema.answer.insert().values({**row, "index": 1}))

    assert {each.what for each in await found(storage)} >= {"answer 1 of attempt given up"}
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

    (difference,) = await found(storage)
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
            text("UPDATE person SET study = '{\"odd\": 1}' WHERE id = :id"), {"id": broken.id}
        )
    await change(storage, update(schema.attempt).values(passed=False))

    told = [(each.person, each.what.split()[0]) for each in await found(storage)]

    assert sorted(told) == sorted([((await ann.does()).id, "attempt"), (broken.id, "unreadable")])


async def test_verifying_while_people_learn_finds_nothing(storage: Storage) -> None:
    people = [learner(storage, f"{key}") for key in range(5)]
    learning = asyncio.gather(*(person.takes(lesson) for person in people for lesson in ("chat",)))
    while not learning.done():
        assert await found(storage) == []
    await learning
