"""The log of attempts and answers read back."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from sqlalchemy import Connection, select
from sqlalchemy.engine import RowMapping

from course_bot.learning.attempts import Attempt
from course_bot.learning.progress import Answered
from course_bot.storage.query import Query
from course_bot.storage.questions import read_wordings
from course_bot.storage.rows import read_attempt
from course_bot.storage.schema import answer, attempt

Log = list[tuple[Attempt, list[Answered]]]


def read_logs(connection: Connection, people: Sequence[int]) -> dict[int, Log]:
    """Read the attempts and answers of some people, in the order in which they were made."""
    taken = connection.execute(
        select(attempt)
        .where(attempt.c.person_id.in_(people))
        .order_by(attempt.c.started_at, attempt.c.id)
    )
    given = connection.execute(
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
    attempts = taken.mappings().all()
    wordings = read_wordings(connection, (row["asked"] for row in attempts))
    for row in attempts:
        made = read_attempt(row, row["id"], wordings)
        logs[row["person_id"]].append((made, answers.get(row["id"], [])))
    return logs


@dataclass(frozen=True, slots=True)
class BegunLessons(Query[frozenset[str]]):
    """The ids of all lessons whose quiz anybody has ever begun."""

    def run(self, connection: Connection) -> frozenset[str]:
        """Read them."""
        return frozenset(connection.scalars(select(attempt.c.lesson).distinct()))


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
