"""What turns start from, read at once: their people, and what else their decisions ask for."""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    bindparam,
    func,
    insert,
    select,
    tuple_,
    union_all,
)

from course_bot.learning.progress import Person, Study
from course_bot.storage import schema
from course_bot.storage.query import Query
from course_bot.storage.rows import read_people


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
    commands: bool = False
    """…and this came of it."""


_OF_ACCOUNTS = schema.account.c.id.in_(bindparam("accounts", expanding=True))
_PEOPLE = select(schema.account.c.person_id).where(_OF_ACCOUNTS)


def _lock(people: Select[tuple[int]]) -> Select[tuple[int]]:
    return (
        select(schema.person.c.id)
        .where(schema.person.c.id.in_(people))
        .order_by(schema.person.c.id)
        .with_for_update()
    )


_LOCK = _lock(_PEOPLE)


def _load(accounts: ColumnElement[bool], moves: ColumnElement[bool]) -> Select[tuple[object, ...]]:
    return (
        select(
            schema.account.c.id.label("account_id"),
            schema.account.c.blocked_at,
            schema.move.c.move_id,
            schema.move.c.notice,
            schema.move.c.document,
            schema.move.c.commands,
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
        while True:
            held = hold(connection, [move.account for move in arriving], queries)
            _hold_keys(connection, queries)
            known = _known(connection, arriving)
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
    return set(connection.scalars(_lock(select(people.c[0])), {"accounts": accounts}))


def _hold_keys(connection: Connection, queries: Sequence[Query[object]]) -> None:
    """Let no other process change what is no person, until the transaction ends."""
    if connection.dialect.name == "sqlite":
        return
    keys = {key for query in queries if (key := query.alone()) is not None}
    for number in sorted(_number(key) for key in keys):
        connection.execute(select(func.pg_advisory_xact_lock(number)))


def _number(key: Hashable) -> int:
    """Return a key as PostgreSQL's advisory locks want it: 64 bits, signed."""
    return int.from_bytes(blake2b(repr(key).encode(), digest_size=8).digest(), signed=True)


def _known(connection: Connection, arriving: Sequence[Arriving]) -> dict[str, Known]:
    if len(arriving) == 1:
        one = {"account": arriving[0].account, "move": arriving[0].move_id}
        found = connection.execute(_LOAD_ONE, one)
    else:
        several = {
            "accounts": [move.account for move in arriving],
            "moves": [move.move_id for move in arriving],
            "pairs": [(move.account, move.move_id) for move in arriving],
        }
        found = connection.execute(_LOAD, several)
    rows = found.mappings().all()
    return {
        row["account_id"]: Known(
            person=person,
            blocked=row["blocked_at"] is not None,
            repeated=row["move_id"] is not None,
            notice=row["notice"] or "",
            document=row["document"] or "",
            commands=row["commands"] or False,
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
            commands=True,
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
