"""Progress held against the log of answers from which it was derived."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from course_bot.learning.attempts import Attempt
from course_bot.learning.progress import Answer, Person, finish, rebuild_results
from course_bot.questions.question import Response
from course_bot.storage.log import Log, read_logs
from course_bot.storage.rows import read_person
from course_bot.storage.schema import ATTEMPT_COLUMNS, attempt, person
from course_bot.storage.store import Storage

PEOPLE_AT_ONCE = 200
"""How many people's logs are held in memory at a time: some 5 MB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Something that is stored otherwise than the log of answers says."""

    person: int
    what: str
    stored: object
    derived: object


async def differences(storage: Storage) -> AsyncIterator[Difference]:
    """Recompute everybody's progress from the log and yield whatever is stored otherwise.

    All is read as of one moment, so a bot may run meanwhile.
    """
    people = select(person.c.id).order_by(person.c.id).limit(PEOPLE_AT_ONCE)
    async with storage.reading() as connection:
        last = 0
        while numbers := list(await connection.scalars(people.where(person.c.id > last))):
            for difference in await _differences_of(connection, numbers):
                yield difference
            last = numbers[-1]


async def _differences_of(connection: AsyncConnection, people: list[int]) -> list[Difference]:
    try:
        rows = await connection.execute(
            select(person, *ATTEMPT_COLUMNS)
            .outerjoin(attempt, attempt.c.id == person.c.attempt_id)
            .where(person.c.id.in_(people))
            .order_by(person.c.id)
        )
        logs = await read_logs(connection, people)
        found = [
            difference
            for row in rows.mappings()
            for difference in _differences(row["attempt_id"], read_person(row), logs[row["id"]])
        ]
        return found + await _finished_otherwise(connection, logs)
    except ValidationError as error:
        if (
            len(people) > 1
        ):  # it is one of them; the others' differences are to be told all the same
            alone = [await _differences_of(connection, [number]) for number in people]
            return [difference for differences in alone for difference in differences]
        return [Difference(person=people[0], what="unreadable", stored=str(error), derived=None)]


def _differences(attempt_id: str | None, stored: Person, log: Log) -> list[Difference]:
    logged = {taken.id: answers for taken, answers in log}
    given = logged.get(attempt_id or "", [])
    derived = rebuild_results(log)
    compared: list[tuple[str, object, object]] = [
        ("latest attempt", attempt_id, attempt_id if attempt_id in logged else None),
        (
            "answers of the latest attempt",
            stored.study.answers,
            tuple(Answer(response=each.response, points=each.points) for each in given),
        ),
    ]
    compared += [
        (f"lesson {lesson}", stored.study.results.get(lesson), derived.get(lesson))
        for lesson in sorted({*stored.study.results, *derived})
    ]
    compared += [
        (
            f"answer {each.index} of attempt {taken.id}",
            (each.index, each.question, each.version, each.points),
            _graded(taken, place, each.response),
        )
        for taken, answers in log
        for place, each in enumerate(answers)
    ]
    return [
        Difference(person=stored.id, what=what, stored=was, derived=should)
        for what, was, should in compared
        if was != should
    ]


def _graded(taken: Attempt, place: int, response: Response) -> tuple[int, str, str, int] | None:
    """Say what the log should hold of an attempt's answer at this place."""
    if place >= len(taken.asked):
        return None
    question = taken.asked[place].filled
    points = question.grade(response)
    return None if points is None else (place, question.id, question.version, points)


async def _finished_otherwise(
    connection: AsyncConnection, logs: Mapping[int, Log]
) -> list[Difference]:
    rows = await connection.execute(
        select(attempt.c.id, attempt.c.finished_at, attempt.c.score, attempt.c.passed).where(
            attempt.c.person_id.in_(list(logs))
        )
    )
    stored = {row.id: (row.finished_at, row.score, row.passed) for row in rows}
    found = []
    for number, log in logs.items():
        for taken, answers in log:
            derived: tuple[datetime | None, int | None, bool] = (None, None, False)
            if len(answers) == len(taken.asked):
                earned = [each.points for each in answers]
                result = finish(taken, earned, at=answers[-1].at)
                derived = (result.at, result.score, result.passed)
            if stored[taken.id] != derived:
                found.append(
                    Difference(
                        person=number,
                        what=f"attempt {taken.id}",
                        stored=stored[taken.id],
                        derived=derived,
                    )
                )
    return found
