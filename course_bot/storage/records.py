"""The log read back: to check what was derived from it, to hand it out, to join two people."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum, auto
from itertools import groupby

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import ColumnElement, delete, insert, select, update
from sqlalchemy.engine import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from course_bot.learning.attempts import Attempt
from course_bot.learning.grading import Response, fits, points
from course_bot.learning.progress import (
    Answer,
    Answered,
    Person,
    Reading,
    Study,
    finish,
    rebuild_results,
)
from course_bot.storage import Account
from course_bot.storage.rows import read_attempt, read_person
from course_bot.storage.schema import (
    ATTEMPT_COLUMNS,
    account,
    answer,
    attempt,
    move,
    person,
    personal_link,
)
from course_bot.storage.store import Storage, account_id

PEOPLE_AT_ONCE = 200
"""How many people's logs are held in memory at a time: some 5 MB."""

Log = list[tuple[Attempt, list[Answered]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Something that is stored otherwise than the log of answers says."""

    person: int
    what: str
    stored: object
    derived: object


class Joined(Enum):
    """What came of a personal link."""

    JOINED = auto()
    EXPIRED = auto()
    SAME = auto()
    """The account belongs to the link's person already; the link is used up all the same."""


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
        logs = await _logs(connection, people)
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
    if place >= len(taken.asked) or not fits(taken.asked[place].question, response):
        return None
    question = taken.asked[place].question
    return place, question.id, question.version, points(question, response)


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


async def _logs(connection: AsyncConnection, people: list[int]) -> dict[int, Log]:
    """Read the attempts and answers of some people, in the order in which they were made."""
    taken = await connection.execute(
        select(attempt)
        .where(attempt.c.person_id.in_(people))
        .order_by(attempt.c.started_at, attempt.c.id)
    )
    given = await connection.execute(
        select(answer)
        .join(attempt)
        .where(attempt.c.person_id.in_(people))
        .order_by(answer.c.attempt_id, answer.c.index)
    )
    answers = {
        attempt_id: [_read_answer(row) for row in rows]
        for attempt_id, rows in groupby(given.mappings(), key=lambda row: str(row["attempt_id"]))
    }
    logs: dict[int, Log] = {number: [] for number in people}
    for row in taken.mappings():
        logs[row["person_id"]].append((read_attempt(row, row["id"]), answers.get(row["id"], [])))
    return logs


def _read_answer(row: RowMapping) -> Answered:
    return Answered(
        attempt=row["attempt_id"],
        index=row["index"],
        question=row["question"],
        version=row["version"],
        response=row["response"],
        points=row["points"],
        at=row["at"],
    )


_anything = TypeAdapter(dict[str, object])


async def export(storage: Storage, whose: Account) -> bytes:
    """Write all that is stored about the account's person as JSON for the person themselves.

    Returns:
        UTF-8 JSON, indented; of an account that isn't known, an empty object.
    """
    async with storage.reading() as connection:
        found = await connection.execute(
            select(person, *ATTEMPT_COLUMNS)
            .join(account, account.c.person_id == person.c.id)
            .outerjoin(attempt, attempt.c.id == person.c.attempt_id)
            .where(account.c.id == account_id(whose))
        )
        row = found.mappings().one_or_none()
        if row is None:
            return b"{}"
        log = (await _logs(connection, [row["id"]]))[row["id"]]
        theirs = account.c.person_id == row["id"]
        accounts = await connection.execute(
            select(account.c.id, account.c.blocked_at).where(theirs).order_by(account.c.id)
        )
        moves = await connection.execute(
            select(move.c.account_id, move.c.move_id, move.c.at)
            .join(account)
            .where(theirs)
            .order_by(move.c.at, move.c.move_id)
        )
        links = await connection.scalars(
            select(personal_link.c.expires_at).where(personal_link.c.person_id == row["id"])
        )
        known = read_person(row)
        return _anything.dump_json(
            {
                "person": {
                    "id": known.id,
                    "name": known.name,
                    "language": known.language,
                    "track": known.track,
                    "reminders": known.reminders,
                    "joined_at": known.joined_at,
                    "seen_at": known.seen_at,
                    "reminders_sent": row["reminders_sent"],
                    "place": known.place,
                },
                "accounts": [dict(each) for each in accounts.mappings()],
                "recent_moves": [dict(each) for each in moves.mappings()],
                "personal_links_until": list(links),
                "study": known.study,
                "attempts": [{"attempt": taken, "answers": given} for taken, given in log],
            },
            indent=2,
        )


async def join(storage: Storage, joining: Account, digest: str, at: datetime) -> Joined:
    """Carry out a personal link: the account now belongs to the link's person.

    Nothing that was learned is lost: if the account had a person of its own, their answers and
    their other accounts move along, and the progress is derived anew from both logs.

    Args:
        storage: where both are.
        joining: the account at which the link was opened.
        digest: the digest of the link's secret.
        at: when it was opened, UTC.
    """
    async with storage.writing() as connection:
        valid = (personal_link.c.digest == digest) & (personal_link.c.expires_at > at)
        target = await connection.scalar(select(personal_link.c.person_id).where(valid))
        if target is None:
            return Joined.EXPIRED
        # People first, as everywhere: two links opened crosswise at once would wait for each
        # other for ever.
        await _hold(connection, target, joining)
        used = await connection.execute(delete(personal_link).where(valid))
        if not used.rowcount:
            return Joined.EXPIRED
        people = await connection.execute(
            select(account.c.id.label("account_id"), person, *ATTEMPT_COLUMNS)
            .select_from(person)
            .outerjoin(
                account,
                (account.c.person_id == person.c.id) & (account.c.id == account_id(joining)),
            )
            .outerjoin(attempt, attempt.c.id == person.c.attempt_id)
            .where(_target_or_account(target, joining))
        )
        rows = {row["id"]: row for row in people.mappings()}
        if rows[target]["account_id"] is not None:
            return Joined.SAME
        others = [number for number in rows if number != target]
        if not others:
            await connection.execute(
                insert(account).values(id=account_id(joining), person_id=target)
            )
            return Joined.JOINED
        kept, left = read_person(rows[target]), read_person(rows[others[0]])
        for table in (attempt, account):
            await connection.execute(
                update(table).where(table.c.person_id == left.id).values(person_id=kept.id)
            )
        log = (await _logs(connection, [kept.id]))[kept.id]
        both = _both(kept, left, log)
        await connection.execute(
            update(person)
            .where(person.c.id == kept.id)
            .values(
                name=both.name,
                track=both.track,
                joined_at=both.joined_at,
                place=both.place,
                study=both.study,
                attempt_id=both.attempt.id if both.attempt else None,
            )
        )
        await connection.execute(delete(person).where(person.c.id == left.id))
        return Joined.JOINED


def _target_or_account(target: int, joining: Account) -> ColumnElement[bool]:
    of_account = select(account.c.person_id).where(account.c.id == account_id(joining))
    return (person.c.id == target) | person.c.id.in_(of_account)


async def _hold(connection: AsyncConnection, target: int, joining: Account) -> None:
    """Lock both people, so that turns of theirs in another process wait until all is done."""
    people = select(person.c.id).where(_target_or_account(target, joining)).order_by(person.c.id)
    held: list[int] | None = None
    # While it waited for a lock, the account may have come to belong to somebody else.
    while held != (held := list(await connection.scalars(people.with_for_update()))):
        pass


def _both(kept: Person, left: Person, log: Log) -> Person:
    """Make one person of two; an attempt in progress goes on, at its place in the conversation."""
    goes_on = left.unfinished and not kept.unfinished
    latest = left if goes_on or (left.attempt and not kept.attempt) else kept
    readings: dict[str, Reading] = dict(left.study.readings)
    for lesson, reading in kept.study.readings.items():
        there = readings.pop(lesson, reading)  # what was read last here stays last
        readings[lesson] = max(reading, there, key=lambda each: each.furthest)
    return replace(
        kept,
        name=kept.name or left.name,
        track=kept.track or left.track,
        joined_at=min(kept.joined_at, left.joined_at),
        place=latest.place,
        study=Study(
            readings=readings,
            results=rebuild_results(log),
            answers=latest.study.answers,
            draft=latest.study.draft,
        ),
        attempt=latest.attempt,
    )
