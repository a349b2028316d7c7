"""Turns as rows: what a turn starts from, read at once, and what turns leave, written at once."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Executable,
    Select,
    bindparam,
    delete,
    insert,
    select,
    text,
    tuple_,
    union_all,
    update,
)
from sqlalchemy.engine import RowMapping

from course_bot.learning.attempts import Attempt
from course_bot.learning.progress import (
    Answered,
    ErasedPerson,
    Finished,
    JoinedPeople,
    LinkMade,
    LinkUsed,
    Person,
    Record,
    Started,
    Study,
)
from course_bot.learning.reminding import first_reminder
from course_bot.questions.question import Question
from course_bot.storage import schema
from course_bot.storage.prepared import Prepared
from course_bot.storage.query import Query
from course_bot.storage.questions import read_wordings, refer, resolve

log = logging.getLogger(__name__)


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
    new: bool = False
    """The account is new, and its person was made in this transaction."""
    repeated: bool = False
    """The move has been carried out before…"""
    notice: str = ""
    document: str = ""
    """…and this came of it."""


_OF_ACCOUNTS = schema.account.c.id.in_(bindparam("accounts", expanding=True))
_PEOPLE = select(schema.account.c.person_id).where(_OF_ACCOUNTS)
_LOCK = (
    select(schema.person.c.id)
    .where(schema.person.c.id.in_(_PEOPLE))
    .order_by(schema.person.c.id)
    .with_for_update()
)


def _load(accounts: ColumnElement[bool], moves: ColumnElement[bool]) -> Select[tuple[object, ...]]:
    return (
        select(
            schema.account.c.id.label("account_id"),
            schema.account.c.blocked_at,
            schema.move.c.move_id,
            schema.move.c.notice,
            schema.move.c.document,
            schema.person,
            *schema.ATTEMPT_COLUMNS,
        )
        .select_from(schema.account)
        .join(schema.person)
        .outerjoin(schema.attempt, schema.attempt.c.id == schema.person.c.attempt_id)
        .outerjoin(schema.move, (schema.move.c.account_id == schema.account.c.id) & moves)
        .where(accounts)
    )


_LOAD = _load(
    _OF_ACCOUNTS,
    # The first condition is for the index, the second says what is meant.
    schema.move.c.move_id.in_(bindparam("moves", expanding=True))
    & tuple_(schema.move.c.account_id, schema.move.c.move_id).in_(
        bindparam("pairs", expanding=True)
    ),
)
# A move alone is the usual case where few people are here: without lists of parameters, which
# are written into the statement anew each time, it is read in two thirds of the time.
_LOAD_ONE = _load(
    schema.account.c.id == bindparam("account"), schema.move.c.move_id == bindparam("move")
)


def load(
    connection: Connection, arriving: Sequence[Arriving], queries: Sequence[Query[object]] = ()
) -> tuple[list[Known], dict[Query[object], object]]:
    """Begin a transaction and load what is known of each move's account, a new person included.

    Args:
        connection: the writer's; a transaction that a fault left open on it is rolled back.
        arriving: the moves, each of another account.
        queries: what the moves' decisions want to know besides.

    Returns:
        What is known for each move, in their order; and what each query found.
    """
    connection.rollback()
    connection.begin()
    try:
        parameters: dict[str, object] = {
            "accounts": [move.account for move in arriving],
            "moves": [move.move_id for move in arriving],
            "pairs": [(move.account, move.move_id) for move in arriving],
        }
        while True:
            held = hold(connection, [move.account for move in arriving], queries)
            known = _known(connection, arriving, parameters)
            found = {query: query.run(connection) for query in queries}
            people = {each.person.id for each in known.values()}
            people.update(*(query.held(answer) for query, answer in found.items()))
            # While it waited for a lock, an account may have come to belong to somebody else.
            if held is None or people <= held:
                break
        new = [move for move in arriving if move.account not in known]
        if new:
            known.update(_erased(connection, new))
            known.update(
                _add_people(connection, [move for move in new if move.account not in known])
            )
    except BaseException:
        connection.rollback()
        raise
    return [known[move.account] for move in arriving], found


def hold(
    connection: Connection, accounts: Sequence[str], queries: Sequence[Query[object]] = ()
) -> set[int] | None:
    """Lock all whom the transaction may change, and return their ids; another process waits here.

    The order keeps two processes from deadlock. The people are read afterwards: a statement that
    has waited for a lock sees the new version of the row that it waited for, but old versions of
    what it joins to it.
    """
    if connection.dialect.name == "sqlite":  # there, BEGIN IMMEDIATE holds the only lock
        return None
    wanted = [people for people in (query.people() for query in queries) if people is not None]
    if not wanted:
        return set(connection.scalars(_LOCK, {"accounts": accounts}))
    people = union_all(_PEOPLE, *wanted).subquery()
    lock = (
        select(schema.person.c.id)
        .where(schema.person.c.id.in_(select(people.c[0])))
        .order_by(schema.person.c.id)
        .with_for_update()
    )
    return set(connection.scalars(lock, {"accounts": accounts}))


def _known(
    connection: Connection, arriving: Sequence[Arriving], parameters: dict[str, object]
) -> dict[str, Known]:
    if len(arriving) == 1:
        one = {"account": arriving[0].account, "move": arriving[0].move_id}
        rows = connection.execute(_LOAD_ONE, one).mappings().all()
    else:
        rows = connection.execute(_LOAD, parameters).mappings().all()
    return {
        row["account_id"]: Known(
            person=person,
            blocked=row["blocked_at"] is not None,
            repeated=row["move_id"] is not None,
            notice=row["notice"] or "",
            document=row["document"] or "",
        )
        for row, person in zip(rows, read_people(connection, rows), strict=True)
    }


def _erased(connection: Connection, arriving: Sequence[Arriving]) -> dict[str, Known]:
    """Know the moves that deleted their person again: nobody new is made for them."""
    by_digest = {move_digest(move): move for move in arriving}
    rows = connection.execute(
        select(schema.deletion).where(schema.deletion.c.move.in_(list(by_digest)))
    )
    return {
        by_digest[row["move"]].account: Known(
            person=Person(
                id=row["person_id"],
                joined_at=row["at"],
                seen_at=row["at"],
                place=row["place"],
                language=row["language"],
                study=Study(),
            ),
            repeated=True,
        )
        for row in rows.mappings()
    }


def move_digest(move: Arriving) -> str:
    """Return what is kept of a move that deletes its person: not even whose it was."""
    return blake2b(f"{move.account} {move.move_id}".encode(), digest_size=16).hexdigest()


def _add_people(connection: Connection, arriving: Iterable[Arriving]) -> dict[str, Known]:
    """Make a person for each new account; the order keeps two processes from deadlock."""
    moves = sorted(arriving, key=lambda move: move.account)
    if not moves:
        return {}
    study = Study()
    ids = connection.scalars(
        insert(schema.person).returning(schema.person.c.id, sort_by_parameter_order=True),
        [{"joined_at": move.at, "seen_at": move.at, "study": study} for move in moves],
    )
    added = {
        move.account: Known(
            person=Person(id=number, joined_at=move.at, seen_at=move.at, study=study), new=True
        )
        for move, number in zip(moves, ids, strict=True)
    }
    connection.execute(
        insert(schema.account),
        [{"id": name, "person_id": known.person.id} for name, known in added.items()],
    )
    return added


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


_CHANGED = (
    "name",
    "language",
    "track",
    "reminders",
    "joined_at",
    "seen_at",
    "place",
    "wish",
    "study",
    "attempt_id",
    "reminders_sent",
    "remind_at",
)
_UPDATE_PERSON = Prepared(
    update(schema.person)
    .where(schema.person.c.id == bindparam("person"))
    .values({column: bindparam(column) for column in _CHANGED}),
    (*_CHANGED, "person"),
)
_ADD_MOVE = Prepared(insert(schema.move), schema.move.columns.keys())
_ADD_ANSWER = Prepared(insert(schema.answer), schema.answer.columns.keys())
_ADD_QUESTION = text(
    "INSERT INTO question (key, content) VALUES (:key, :content) ON CONFLICT DO NOTHING"
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
_USE_LINK = delete(schema.personal_link).where(schema.personal_link.c.digest == bindparam("link"))
_NUMBER_ATTEMPT = (
    update(schema.attempt)
    .where(schema.attempt.c.id == bindparam("attempt"))
    .values(number=bindparam("position"))
)
_MOVE_OVER = [
    update(table).where(table.c.person_id == bindparam("left")).values(person_id=bindparam("kept"))
    for table in (schema.attempt, schema.account, schema.outbox)
]
_RENAME_ATTEMPTS = (
    update(schema.attempt)
    .where(
        schema.attempt.c.person_id == bindparam("kept"),
        schema.attempt.c.lesson == bindparam("old"),
    )
    .values(lesson=bindparam("new"))
)
_DELETE_PERSON = delete(schema.person).where(schema.person.c.id == bindparam("person"))

_Values = dict[str, object]


@dataclass(slots=True)
class Writes:
    """The rows that a transaction's turns leave, gathered so that each statement is sent once."""

    stored: set[str]
    """Keys of wordings that are known to be in the database; those committed are added."""
    questions: dict[str, str] = field(default_factory=dict)
    attempts: list[_Values] = field(default_factory=list)
    answers: list[_Values] = field(default_factory=list)
    finished: list[_Values] = field(default_factory=list)
    people: list[_Values] = field(default_factory=list)
    moves: list[_Values] = field(default_factory=list)
    links: list[_Values] = field(default_factory=list)
    used_links: list[_Values] = field(default_factory=list)
    numbered: list[_Values] = field(default_factory=list)
    joined: list[_Values] = field(default_factory=list)
    renamed: list[_Values] = field(default_factory=list)
    unblocked: list[_Values] = field(default_factory=list)
    deleted: list[_Values] = field(default_factory=list)
    deletions: list[_Values] = field(default_factory=list)

    def turn(
        self,
        move: Arriving,
        known: Known,
        after: Person,
        *,
        records: Sequence[Record] = (),
        notice: str = "",
        document: str = "",
    ) -> None:
        """Add a turn: its records, the person after it, and its move so that it isn't repeated."""
        for record in records:
            if isinstance(record, ErasedPerson):
                self._erase(move, after, record)
                return
            self._record(after, record)
        self.people.append(
            {
                "person": after.id,
                "name": after.name,
                "language": after.language,
                "track": after.track,
                "reminders": after.reminders,
                "joined_at": after.joined_at,
                "seen_at": move.at,
                "place": after.place,
                "wish": after.wish,
                "study": after.study,
                "attempt_id": after.attempt.id if after.attempt else None,
                "reminders_sent": 0,
                "remind_at": first_reminder(after, move.at),
            }
        )
        self.moves.append(
            {
                "account_id": move.account,
                "move_id": move.move_id,
                "at": move.at,
                "notice": notice,
                "document": document,
            }
        )
        if known.blocked:
            self.unblocked.append({"account": move.account})

    def _record(self, person: Person, record: Record) -> None:
        match record:
            case Started(attempt=attempt):
                references, wordings = refer(attempt)
                self.questions |= wordings
                self.attempts.append(
                    {
                        "id": attempt.id,
                        "person_id": person.id,
                        "lesson": attempt.lesson,
                        "number": attempt.number,
                        "course": attempt.course,
                        "pass_mark": attempt.pass_mark,
                        "asked": references,
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
            case LinkMade():
                self.links.append(
                    {
                        "digest": record.digest,
                        "person_id": person.id,
                        "expires_at": record.expires_at,
                    }
                )
            case LinkUsed():
                self.used_links.append({"link": record.digest})
            case JoinedPeople():
                if person.attempt is not None:
                    self.numbered.append(
                        {"attempt": person.attempt.id, "position": person.attempt.number}
                    )
                self.joined.append({"left": record.left, "kept": person.id})
                self.renamed += [
                    {"kept": person.id, "old": old, "new": new}
                    for old, new in record.renamed.items()
                ]
                self.drop(record.left)
            case ErasedPerson():
                raise ValueError("a deletion is all that there is of its turn")

    def _erase(self, move: Arriving, person: Person, record: ErasedPerson) -> None:
        self.drop(person.id)
        self.deletions.append(
            {
                "person_id": person.id,
                "at": record.at,
                "move": move_digest(move),
                "place": person.place,
                "language": person.language,
            }
        )

    def drop(self, person: int) -> None:
        """Delete a person and, by the foreign keys, everything that is stored about them."""
        self.deleted.append({"person": person})

    def commit(self, connection: Connection) -> None:
        """Write everything and commit the transaction that ``load`` began."""
        try:
            new = sorted(self.questions.keys() - self.stored)
            if new:
                # Another process may be at the same; the order keeps the two from deadlock.
                connection.execute(
                    _ADD_QUESTION,
                    [{"key": key, "content": self.questions[key]} for key in new],
                )
            statements: tuple[tuple[Prepared | Executable, list[_Values]], ...] = (
                (insert(schema.attempt), self.attempts),
                (_ADD_ANSWER, self.answers),
                (_FINISH_ATTEMPT, self.finished),
                (_NUMBER_ATTEMPT, self.numbered),
                *((statement, self.joined) for statement in _MOVE_OVER),
                (_RENAME_ATTEMPTS, self.renamed),
                (_UPDATE_PERSON, self.people),
                (_ADD_MOVE, self.moves),
                (insert(schema.personal_link), self.links),
                (_USE_LINK, self.used_links),
                (_UNBLOCK, self.unblocked),
                (_DELETE_PERSON, self.deleted),
                (insert(schema.deletion), self.deletions),
            )
            for statement, rows in statements:
                if not rows:
                    continue
                if isinstance(statement, Prepared):
                    statement.execute(connection, rows)
                else:
                    connection.execute(statement, rows)
            connection.commit()
            self.stored.update(new)
        except BaseException:
            connection.rollback()
            raise
