"""Progress held against the log of answers from which it was derived."""

from collections import Counter
from collections.abc import AsyncIterator, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType

from sqlalchemy import Column, Text, select, text, type_coerce
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from course_bot.content.model import Course
from course_bot.learning.attempts import Attempt
from course_bot.learning.progress import Answer, LessonResult, Person, finish, rebuild_results
from course_bot.learning.renaming import Log, log_under_present_names, under_present_names
from course_bot.questions.question import Response
from course_bot.storage.deriving import OutOfStep, out_of_step
from course_bot.storage.inspecting import reason_of
from course_bot.storage.log import read_logs
from course_bot.storage.questions import key_of
from course_bot.storage.reconciling import composition, differing, known_composition
from course_bot.storage.rows import PEOPLE, read_people
from course_bot.storage.schema import account, attempt, metadata, person, question
from course_bot.storage.store import Storage

NO_LESSON: Mapping[str, str] = MappingProxyType({})

PEOPLE_AT_ONCE = 200
"""How many people's logs are held in memory at a time: some 5 MB."""

# SQLite's own checks: https://www.sqlite.org/pragma.html#pragma_integrity_check
_CHECK = text("SELECT integrity_check FROM pragma_integrity_check(:table)")
_CHECK_PAGES = text(f"{_CHECK} LIMIT 1")
"""The check itself may end at a broken page, and then the driver keeps back even what had been
found before. All faults of the pages are in the first row."""
_CHECK_KEYS = text(
    "SELECT parent, count(*) FROM pragma_foreign_key_check(:table) GROUP BY parent ORDER BY parent"
)
_WORDINGS = select(question.c.key, type_coerce(question.c.content, Text))


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Something that is stored otherwise than the log of answers says."""

    person: int
    what: str
    stored: object
    derived: object


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """A person of whom something can't be read; the reason is the driver's or the reader's own."""

    person: int
    reason: str
    onwards: bool = False
    """Nobody can be reached from this person on."""


async def damage(storage: Storage) -> list[str]:
    """Look for what is broken in the tables themselves, and for questions that were changed.

    PostgreSQL has no check of tables that everybody may ask for; there, what is broken turns up as
    people who can't be read.

    Returns:
        A line for each fault, with its table; of one table at most a hundred.
    """
    async with storage.reading() as connection:
        broken = []
        if storage.engine.dialect.name == "sqlite":
            broken = [
                f"table {table.name}: {fault}"
                for table in metadata.sorted_tables
                for fault in await _damage(connection, table.name)
            ]
        try:
            wordings = (await connection.execute(_WORDINGS)).all()
        except DBAPIError as error:
            return broken or [f"table question: {reason_of(error)}"]
        return broken + [
            f"table question: the question {key} is not as it was asked"
            for key, wording in wordings
            if key != key_of(wording.encode())
        ]


async def _damage(connection: AsyncConnection, table: str) -> list[str]:
    try:
        rows = await connection.scalars(_CHECK, {"table": table})
    except DBAPIError as error:
        try:
            rows = await connection.scalars(_CHECK_PAGES, {"table": table})
        except DBAPIError:
            return [reason_of(error)]
    faults = [line for row in rows for line in row.splitlines() if not line.startswith("***")]
    if faults != ["ok"]:
        return faults
    try:
        orphans = await connection.execute(_CHECK_KEYS, {"table": table})
    except DBAPIError:  # what it refers to is damaged, and is told of by itself
        return []
    return [f"{count} rows refer to no row of {parent}" for parent, count in orphans]


async def differences(
    storage: Storage, renamed: Mapping[str, str] = NO_LESSON
) -> AsyncIterator[Difference | Unreadable]:
    """Recompute everybody's progress from the log and yield whatever is stored otherwise.

    All is read as of one moment, so a bot may run meanwhile. Of whom something can't be read is
    yielded too, and the others are looked at all the same.

    Args:
        storage: where people are remembered.
        renamed: old ids of lessons and their present ones, as in ``Course.renamed``.

    Raises:
        SQLAlchemyError, OSError: the connection was lost.
    """
    async with storage.reading() as connection:
        last = 0
        while True:
            try:
                numbers = await _people_after(connection, last)
            except DBAPIError as error:
                if error.connection_invalidated:
                    raise
                yield Unreadable(person=last + 1, reason=reason_of(error), onwards=True)
                return
            if not numbers:
                return
            for difference in await _differences_of(connection, numbers, renamed):
                yield difference
            last = numbers[-1]


async def derived_differences(
    storage: Storage, course: Course | None
) -> AsyncIterator[Difference | OutOfStep]:
    """Yield what reports join and is stored otherwise than that from which it was derived.

    That is how far everybody is with each track, and what organisations have from the tree.
    Tracks are passed over where they have changed since the bot last brought everybody into step,
    as it does at its start; and so are people who can't be read, whom ``differences`` tells.

    Args:
        storage: where people are remembered.
        course: the course as it is now; None: there is none to compare with.

    Raises:
        SQLAlchemyError, OSError: the connection was lost, or a table is damaged, which ``damage``
            tells.
    """
    async with storage.reading() as connection:
        for each in await connection.run_sync(out_of_step, storage.zone):
            yield each
        known = await connection.run_sync(known_composition)
        if course is None or known != composition(course):
            return
        last = 0
        while numbers := await _numbers_after(connection, person.c.id, last):
            for difference in await _tracks_of(connection, course, numbers):
                yield difference
            last = numbers[-1]


async def _tracks_of(
    connection: AsyncConnection, course: Course, people: list[int]
) -> list[Difference]:
    try:
        async with connection.begin_nested():
            rows = await connection.execute(
                select(person.c.id, person.c.study).where(person.c.id.in_(people))
            )
            known = sorted((row.id, row.study) for row in rows)
            found = await connection.run_sync(differing, course, known)
    except (ValueError, DBAPIError) as error:
        if isinstance(error, DBAPIError) and error.connection_invalidated:
            raise
        if len(people) == 1:
            return []
        alone = [await _tracks_of(connection, course, [number]) for number in people]
        return [difference for differences in alone for difference in differences]
    return [
        Difference(
            person=each.person,
            what=f"track {each.track}",
            stored=each.stored,
            derived=each.derived,
        )
        for each in found
    ]


async def _people_after(connection: AsyncConnection, last: int) -> list[int]:
    """Return the next people's numbers; where ``person`` is damaged, from their accounts."""
    try:
        return await _numbers_after(connection, person.c.id, last)
    except DBAPIError as error:
        if error.connection_invalidated:
            raise
        return await _numbers_after(connection, account.c.person_id, last)


async def _numbers_after(connection: AsyncConnection, column: Column[int], last: int) -> list[int]:
    numbers = select(column).where(column > last).distinct().order_by(column)
    async with connection.begin_nested():
        return list(await connection.scalars(numbers.limit(PEOPLE_AT_ONCE)))


async def _differences_of(
    connection: AsyncConnection, people: list[int], renamed: Mapping[str, str]
) -> list[Difference | Unreadable]:
    try:
        # PostgreSQL reads nothing more in a transaction in which a reading failed.
        async with connection.begin_nested():
            return [*await _compare(connection, people, renamed)]
    except Exception as error:
        lost = isinstance(error, DBAPIError) and error.connection_invalidated
        if lost or isinstance(error, OSError):
            raise
        # Whatever a damaged row makes of the reading, it is of one of them; the others'
        # differences are to be told all the same.
        if len(people) > 1:
            alone = [await _differences_of(connection, [number], renamed) for number in people]
            return [difference for differences in alone for difference in differences]
        reason = f"{type(error).__name__}: {reason_of(error)}"
        return [Unreadable(person=people[0], reason=reason)]


async def _compare(
    connection: AsyncConnection, people: list[int], renamed: Mapping[str, str]
) -> list[Difference]:
    rows = await connection.execute(PEOPLE.where(person.c.id.in_(people)).order_by(person.c.id))
    logs = await connection.run_sync(read_logs, people)
    kept = rows.mappings().all()
    people_kept = await connection.run_sync(read_people, kept)
    merged = {lesson for lesson, names in Counter(renamed.values()).items() if names > 1}
    found = [
        difference
        for row, stored in zip(kept, people_kept, strict=True)
        for difference in _differences(
            row["attempt_id"],
            under_present_names(stored, renamed),
            log_under_present_names(logs[row["id"]], renamed),
            merged,
        )
    ]
    accounts = await _accounts(connection, people)
    found += [
        Difference(
            person=row["id"], what="account used last", stored=row["last_account_id"], derived=None
        )
        for row in kept
        if row["last_account_id"] not in (None, *accounts[row["id"]])
    ]
    return found + await _finished_otherwise(connection, logs)


async def _accounts(connection: AsyncConnection, people: list[int]) -> Mapping[int, list[str]]:
    rows = await connection.execute(
        select(account.c.person_id, account.c.id).where(account.c.person_id.in_(people))
    )
    found: dict[int, list[str]] = {number: [] for number in people}
    for row in rows:
        found[row.person_id].append(row.id)
    return found


def _differences(
    attempt_id: str | None, stored: Person, log: Log, merged: Collection[str]
) -> list[Difference]:
    logged = {taken.id: answers for taken, answers in log}
    given = logged.get(attempt_id or "", [])
    results, derived = (
        {lesson: _compared(result, lesson in merged) for lesson, result in each.items()}
        for each in (stored.study.results, rebuild_results(log))
    )
    compared: list[tuple[str, object, object]] = [
        ("latest attempt", attempt_id, attempt_id if attempt_id in logged else None),
        (
            "answers of the latest attempt",
            stored.study.answers,
            tuple(Answer(response=each.response, points=each.points) for each in given),
        ),
    ]
    compared += [
        (f"lesson {lesson}", results.get(lesson), derived.get(lesson))
        for lesson in sorted({*results, *derived})
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


def _compared(result: LessonResult, merged: bool) -> LessonResult:
    """Leave out what the log does not tell: in which order several lessons became one."""
    return replace(result, answered=tuple(sorted(result.answered))) if merged else result


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
