"""People and attempts made of their rows."""

import logging
from collections.abc import Mapping, Sequence

from sqlalchemy import Column, Connection, Select, select
from sqlalchemy.engine import RowMapping

from course_bot.learning.attempts import Attempt
from course_bot.learning.progress import Person
from course_bot.questions.question import Question
from course_bot.storage import schema
from course_bot.storage.questions import read_wordings, resolve

log = logging.getLogger(__name__)

PEOPLE = (
    select(schema.person, *schema.ATTEMPT_COLUMNS)
    .select_from(schema.person)
    .outerjoin(schema.attempt, schema.attempt.c.id == schema.person.c.attempt_id)
)
"""Rows for ``read_people``; whoever wants some people only says which."""


def read_each(
    connection: Connection,
    rows: Select[tuple[object, ...]],
    key: Column[int],
    numbers: Sequence[int],
) -> tuple[list[tuple[RowMapping, Person]], list[int]]:
    """Read people for whom something is done that no damaged row may keep from the others.

    Args:
        connection: in a transaction.
        rows: made of ``PEOPLE``.
        key: which of its columns tells the rows apart.
        numbers: what stands in that column of the wanted rows.

    Returns:
        The rows with their people; and the numbers of the rows that can't be read.
    """
    try:
        found = connection.execute(rows.where(key.in_(numbers))).mappings().all()
        return list(zip(found, read_people(connection, found), strict=True)), []
    except ValueError as error:
        if len(numbers) == 1:
            log.warning("%s %d can't be read: %s", key.table, numbers[0], type(error).__name__)
            return [], list(numbers)
    parts = [read_each(connection, rows, key, [number]) for number in numbers]
    return [each for read, _ in parts for each in read], [
        number for _, unreadable in parts for number in unreadable
    ]


def read_people(connection: Connection, rows: Sequence[RowMapping]) -> list[Person]:
    """Make people of rows that have the columns of ``person`` and of their latest attempt."""
    wordings = read_wordings(connection, (row["asked"] for row in rows))
    return [
        Person(
            id=row["id"],
            name=row["name"],
            language=row["language"],
            track=row["track"],
            reminders=row["reminders"],
            joined_at=row["joined_at"],
            seen_at=row["seen_at"],
            place=row["place"],
            wish=row["wish"],
            study=row["study"],
            attempt=None
            if row["asked"] is None
            else read_attempt(row, row["attempt_id"], wordings),
        )
        for row in rows
    ]


def read_attempt(row: RowMapping, attempt_id: str, wordings: Mapping[str, Question]) -> Attempt:
    """Make an attempt of a row that has the columns of ``attempt``."""
    return Attempt(
        id=attempt_id,
        lesson=row["lesson"],
        number=row["number"],
        course=row["course"],
        pass_mark=row["pass_mark"],
        asked=resolve(row["asked"], wordings),
        started_at=row["started_at"],
    )
