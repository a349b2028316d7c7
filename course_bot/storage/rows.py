"""Turns as rows: what a turn starts from, read at once, and what turns leave, written at once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, insert, select, tuple_, update
from sqlalchemy.engine import RowMapping

from course_bot.learning.attempts import Attempt
from course_bot.learning.progress import Answered, Finished, Person, Record, Started, Study
from course_bot.storage import schema


@dataclass(frozen=True, slots=True, kw_only=True)
class Arriving:
    """A move that arrives: the id of its account's row, its own id, and when (UTC)."""

    account: str
    move_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the database holds of an arriving move's account."""

    person: Person
    blocked: bool = False
    repeated: bool = False
    """The move has been carried out before."""
    new: bool = False
    """The account is met for the first time, in this transaction."""


_OF_ACCOUNTS = schema.account.c.id.in_(bindparam("accounts", expanding=True))
# Another process on the same PostgreSQL waits here, and the order keeps two from deadlock. The
# people are read afterwards: a statement that has waited for a lock sees the new version of the
# row that it waited for, but old versions of what it joins to it.
_LOCK = (
    select(schema.person.c.id)
    .join(schema.account)
    .where(_OF_ACCOUNTS)
    .order_by(schema.person.c.id)
    .with_for_update(of=schema.person)
)
_LOAD = (
    select(
        schema.account.c.id.label("account_id"),
        schema.account.c.blocked_at,
        schema.move.c.move_id,
        schema.person,
        *schema.ATTEMPT_COLUMNS,
    )
    .select_from(schema.account)
    .join(schema.person)
    .outerjoin(schema.attempt, schema.attempt.c.id == schema.person.c.attempt_id)
    .outerjoin(
        schema.move,
        (schema.move.c.account_id == schema.account.c.id)
        # The first condition is for the index, the second says what is meant.
        & schema.move.c.move_id.in_(bindparam("moves", expanding=True))
        & tuple_(schema.move.c.account_id, schema.move.c.move_id).in_(
            bindparam("pairs", expanding=True)
        ),
    )
    .where(_OF_ACCOUNTS)
)


def load(connection: Connection, arriving: Sequence[Arriving]) -> list[Known]:
    """Begin a transaction and load what is known of each move's account, a new person included.

    Args:
        connection: the writer's; a transaction that a fault left open on it is rolled back.
        arriving: the moves, each of another account.

    Returns:
        What is known for each move, in their order.
    """
    connection.rollback()
    connection.begin()
    try:
        accounts = [move.account for move in arriving]
        if connection.dialect.name != "sqlite":  # there, BEGIN IMMEDIATE holds the only lock
            connection.execute(_LOCK, {"accounts": accounts})
        rows = connection.execute(
            _LOAD,
            {
                "accounts": accounts,
                "moves": [move.move_id for move in arriving],
                "pairs": [(move.account, move.move_id) for move in arriving],
            },
        )
        known = {
            row["account_id"]: Known(
                person=read_person(row),
                blocked=row["blocked_at"] is not None,
                repeated=row["move_id"] is not None,
            )
            for row in rows.mappings()
        }
        new = [move for move in arriving if move.account not in known]
        if new:
            known.update(_meet(connection, new))
    except BaseException:
        connection.rollback()
        raise
    return [known[account] for account in accounts]


def _meet(connection: Connection, arriving: Iterable[Arriving]) -> dict[str, Known]:
    """Make a person for each new account; the order keeps two processes from deadlock."""
    moves = sorted(arriving, key=lambda move: move.account)
    study = Study()
    ids = connection.scalars(
        insert(schema.person).returning(schema.person.c.id, sort_by_parameter_order=True),
        [{"joined_at": move.at, "seen_at": move.at, "study": study} for move in moves],
    )
    met = {
        move.account: Known(
            person=Person(id=number, joined_at=move.at, seen_at=move.at, study=study), new=True
        )
        for move, number in zip(moves, ids, strict=True)
    }
    connection.execute(
        insert(schema.account),
        [{"id": name, "person_id": known.person.id} for name, known in met.items()],
    )
    return met


def read_person(row: RowMapping) -> Person:
    """Make a person of a row that has the columns of ``person`` and of its latest attempt."""
    return Person(
        id=row["id"],
        name=row["name"],
        language=row["language"],
        track=row["track"],
        reminders=row["reminders"],
        joined_at=row["joined_at"],
        seen_at=row["seen_at"],
        place=row["place"],
        study=row["study"],
        attempt=read_attempt(row, row["attempt_id"]) if row["lesson"] is not None else None,
    )


def read_attempt(row: RowMapping, attempt_id: str) -> Attempt:
    """Make an attempt of a row that has the columns of ``attempt``."""
    return Attempt(
        id=attempt_id,
        lesson=row["lesson"],
        number=row["number"],
        course=row["course"],
        pass_mark=row["pass_mark"],
        asked=row["asked"],
        started_at=row["started_at"],
    )


_UPDATE_PERSON = (
    update(schema.person)
    .where(schema.person.c.id == bindparam("person"))
    .values(
        {
            column: bindparam(column)
            for column in (
                "name",
                "language",
                "track",
                "reminders",
                "seen_at",
                "place",
                "study",
                "attempt_id",
                "reminders_sent",
            )
        }
    )
)
_FINISH_ATTEMPT = (
    update(schema.attempt)
    .where(schema.attempt.c.id == bindparam("attempt"))
    .values(
        finished_at=bindparam("finished_at"), score=bindparam("score"), passed=bindparam("passed")
    )
)
_UNBLOCK = (
    update(schema.account)
    .where(schema.account.c.id == bindparam("account"))
    .values(blocked_at=None)
)
_FORGET = delete(schema.person).where(schema.person.c.id == bindparam("person"))

_Values = dict[str, object]


@dataclass(slots=True)
class Writes:
    """The rows that a transaction's turns leave, gathered so that each statement is sent once."""

    attempts: list[_Values] = field(default_factory=list)
    answers: list[_Values] = field(default_factory=list)
    finished: list[_Values] = field(default_factory=list)
    people: list[_Values] = field(default_factory=list)
    moves: list[_Values] = field(default_factory=list)
    links: list[_Values] = field(default_factory=list)
    unblocked: list[_Values] = field(default_factory=list)
    forgotten: list[_Values] = field(default_factory=list)

    def turn(self, move: Arriving, known: Known, after: Person) -> None:
        """Add a turn: the person as they are after it, and its move, so that it isn't repeated."""
        self.people.append(
            {
                "person": after.id,
                "name": after.name,
                "language": after.language,
                "track": after.track,
                "reminders": after.reminders,
                "seen_at": move.at,
                "place": after.place,
                "study": after.study,
                "attempt_id": after.attempt.id if after.attempt else None,
                "reminders_sent": 0,
            }
        )
        self.moves.append({"account_id": move.account, "move_id": move.move_id, "at": move.at})
        if known.blocked:
            self.unblocked.append({"account": move.account})

    def record(self, person: Person, record: Record) -> None:
        """Add what a turn leaves in the log."""
        match record:
            case Started(attempt=attempt):
                self.attempts.append(
                    {
                        "id": attempt.id,
                        "person_id": person.id,
                        "lesson": attempt.lesson,
                        "number": attempt.number,
                        "course": attempt.course,
                        "pass_mark": attempt.pass_mark,
                        "asked": attempt.asked,
                        "started_at": attempt.started_at,
                    }
                )
            case Answered():
                self.answers.append(
                    {
                        "attempt_id": record.attempt,
                        "index": record.index,
                        "question": record.question,
                        "version": record.version,
                        "response": record.response,
                        "points": record.points,
                        "at": record.at,
                    }
                )
            case Finished():
                self.finished.append(
                    {
                        "attempt": record.attempt,
                        "finished_at": record.at,
                        "score": record.score,
                        "passed": record.passed,
                    }
                )

    def link(self, person: Person, digest: str, expires_at: datetime) -> None:
        """Add a personal link."""
        self.links.append({"digest": digest, "person_id": person.id, "expires_at": expires_at})

    def forget(self, person: Person) -> None:
        """Delete a person and, by the foreign keys, everything that is stored about them."""
        self.forgotten.append({"person": person.id})

    def commit(self, connection: Connection) -> None:
        """Write everything and commit the transaction that ``load`` began."""
        try:
            for statement, rows in (
                (insert(schema.attempt), self.attempts),
                (insert(schema.answer), self.answers),
                (_FINISH_ATTEMPT, self.finished),
                (_UPDATE_PERSON, self.people),
                (insert(schema.move), self.moves),
                (insert(schema.personal_link), self.links),
                (_UNBLOCK, self.unblocked),
                (_FORGET, self.forgotten),
            ):
                if rows:
                    connection.execute(statement, rows)
            connection.commit()
        except BaseException:
            connection.rollback()
            raise
