"""What the bot says by itself: kept until it was sent, lent to one sender at a time.

A message counts as sent only when its door says so. Whoever takes messages has them for
``LEASE``; killed in between, they are due again. So nothing is lost. A message may come twice
only where it was sent and the lease ended before its door could say so: the process was killed in
between, or the database was away for as long.

What must never come twice is begun before it is sent (``begin``). Where the lease of such a
message ends, nobody can tell whether it arrived: it is settled as ``INTERRUPTED`` and never sent
again.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import (
    ColumnElement,
    Connection,
    bindparam,
    case,
    exists,
    func,
    or_,
    select,
    update,
)
from tenacity import RetryCallState, Retrying, wait_exponential_jitter

from course_bot.learning.progress import Person
from course_bot.storage import Account
from course_bot.storage.rows import PEOPLE, read_each
from course_bot.storage.schema import account, organisation, outbox, person

WRITING_DOORS = ("max", "telegram")
"""The doors at which the bot can write first."""
LEASE = timedelta(minutes=5)
AT_ONCE = 20
"""How many messages are lent at once; at 28 a second they are out long before the lease ends."""
KEPT = timedelta(days=30)
"""How long it is known what became of a message."""
TRIED = timedelta(days=3)
"""How long after it was made a message is tried; what is late by more helps nobody."""
INTERRUPTED = "interrupted"
"""The reason of a message that was begun, and of which nobody knows whether it arrived."""
REMINDERS = ("reminder", "nudge")
"""The kinds that remind a person of the course: together they come at most once a day."""
_PAUSES = wait_exponential_jitter(multiplier=30, max=1800, jitter=15)
"""Seconds before a message that could not be sent is due again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lent:
    """A message that is lent: for whom, and what about. Times are UTC.

    ``organisation`` is in whose name it goes out, ``zone`` its IANA name or empty; ``about`` is
    what its kind makes of it; ``reminded_at`` is when the person was reminded of the course last.
    """

    id: int
    account: Account
    person: Person
    kind: str
    made_at: datetime
    blocked: bool
    organisation: int | None
    zone: str
    about: str
    reminded_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What became of a message: it was sent, or given up for a reason."""

    id: int
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Postponed:
    """A message that is not to be sent before a time (UTC)."""

    id: int
    until: datetime


def first_account(
    person_id: ColumnElement[int], doors: Collection[str]
) -> ColumnElement[str | None]:
    """Select the account at which a person is written to, in SQL; NULL where they can't be.

    That is the one of these doors that they used last, or else, where that one is blocked or none
    has been used since it is remembered, the first by its id.

    Args:
        person_id: whose.
        doors: those at which the bot can write first.
    """
    whose = person.alias("whose")
    return (
        select(account.c.id)
        .join(whose, whose.c.id == account.c.person_id)
        .where(
            account.c.person_id == person_id,
            account.c.blocked_at.is_(None),
            or_(*(account.c.id.startswith(f"{door}:", autoescape=True) for door in doors)),
        )
        .order_by(case((account.c.id == whose.c.last_account_id, 0), else_=1), account.c.id)
        .limit(1)
        .correlate_except(account, whose)
        .scalar_subquery()
    )


def lend(connection: Connection, door: str, now: datetime) -> list[Lent]:
    """Lend messages that are due at a door, the longest due first.

    Of one person's messages only the first that waits: the others follow when it is settled.
    Another process skips what this one holds (SQLite lets one in at a time anyway).
    """
    earlier = outbox.alias("earlier")
    after_another = exists().where(
        earlier.c.person_id == outbox.c.person_id,
        earlier.c.settled_at.is_(None),
        earlier.c.id < outbox.c.id,
    )
    due = (
        select(outbox.c.id, outbox.c.begun_at)
        .where(
            outbox.c.door == door,
            outbox.c.settled_at.is_(None),
            outbox.c.due_at <= now,
            or_(outbox.c.lent_until.is_(None), outbox.c.lent_until <= now),
            ~after_another,
        )
        .order_by(outbox.c.due_at, outbox.c.id)
        .limit(AT_ONCE)
        .with_for_update(of=outbox, skip_locked=True)
    )
    ids: list[int] = []
    while not ids:
        waiting = connection.execute(due).all()
        if not waiting:
            return []
        ids = [row.id for row in waiting if row.begun_at is None]
        interrupted = [row.id for row in waiting if row.begun_at is not None]
        settle(connection, [Settled(id=each, reason=INTERRUPTED) for each in interrupted], now)
    connection.execute(update(outbox).where(outbox.c.id.in_(ids)).values(lent_until=now + LEASE))
    sent = outbox.alias("sent")
    reminded = (
        select(func.max(sent.c.settled_at))
        .where(
            sent.c.person_id == outbox.c.person_id,
            sent.c.settled_at.is_not(None),
            sent.c.kind.in_(REMINDERS),
            or_(sent.c.reason.is_(None), sent.c.reason == INTERRUPTED),
        )
        .scalar_subquery()
    )
    rows = (
        PEOPLE.add_columns(
            outbox.c.id.label("message"),
            outbox.c.account_id,
            outbox.c.kind,
            outbox.c.made_at,
            outbox.c.organisation_id,
            outbox.c.about,
            account.c.blocked_at,
            organisation.c.zone,
            reminded.label("reminded_at"),
        )
        .join(outbox, outbox.c.person_id == person.c.id)
        .join(account, account.c.id == outbox.c.account_id)
        .outerjoin(organisation, organisation.c.id == outbox.c.organisation_id)
        .order_by(outbox.c.due_at, outbox.c.id)
    )
    found, unreadable = read_each(connection, rows, outbox.c.id, ids)
    settle(connection, [Settled(id=each, reason="unreadable") for each in unreadable], now)
    return [
        Lent(
            id=row["message"],
            account=Account(door=door, key=row["account_id"].removeprefix(f"{door}:")),
            person=who,
            kind=row["kind"],
            made_at=row["made_at"],
            blocked=row["blocked_at"] is not None,
            organisation=row["organisation_id"],
            zone=row["zone"] or "",
            about=row["about"],
            reminded_at=row["reminded_at"],
        )
        for row, who in found
    ]


def follow(connection: Connection, doors: Collection[str], now: datetime) -> None:
    """Let messages that wait go to the account at which their people are written to by now.

    They may have moved to another door since, have blocked this one, or it is not open any more:
    a message that waits there would keep back all that come after it. What is lent or begun, and
    whatever could be sent nowhere else, stays where it is.

    Args:
        connection: in a transaction that writes.
        doors: those that are open.
        now: UTC.
    """
    there = first_account(outbox.c.person_id, doors)
    waiting = (
        select(outbox.c.id)
        .where(
            outbox.c.settled_at.is_(None),
            outbox.c.begun_at.is_(None),
            or_(outbox.c.lent_until.is_(None), outbox.c.lent_until <= now),
            there != outbox.c.account_id,
        )
        .with_for_update(of=outbox, skip_locked=True)
    )
    connection.execute(
        update(outbox)
        .where(outbox.c.id.in_(waiting))
        .values(account_id=there, door=door_of(there))
    )


def door_of(account_id: ColumnElement[str | None]) -> ColumnElement[str]:
    """Return the door of an account that has one of ``WRITING_DOORS``, in SQL."""
    return case(
        *((account_id.startswith(f"{door}:", autoescape=True), door) for door in WRITING_DOORS)
    )


def begin(connection: Connection, message: int, now: datetime) -> bool:
    """Note that a message that is lent is about to be sent; from now on it is not lent again.

    Returns:
        Whether it may be sent: not if somebody else has begun it, or it is lent no more.
    """
    begun = connection.execute(
        update(outbox)
        .where(
            outbox.c.id == message,
            outbox.c.begun_at.is_(None),
            outbox.c.settled_at.is_(None),
            outbox.c.lent_until > now,
        )
        .values(begun_at=now)
    )
    return begun.rowcount == 1


_SETTLE = (
    update(outbox)
    .where(outbox.c.id == bindparam("message"), outbox.c.settled_at.is_(None))
    .values(settled_at=bindparam("at"), reason=bindparam("why"), lent_until=None)
)
_POSTPONE = (
    update(outbox)
    .where(outbox.c.id == bindparam("message"), outbox.c.settled_at.is_(None))
    .values(due_at=bindparam("until"), lent_until=None)
)


def settle(connection: Connection, done: Sequence[Settled | Postponed], now: datetime) -> None:
    """Remember what became of messages that were lent."""
    settled = [
        {"message": each.id, "at": now, "why": each.reason}
        for each in done
        if isinstance(each, Settled)
    ]
    postponed = [
        {"message": each.id, "until": each.until} for each in done if isinstance(each, Postponed)
    ]
    for statement, rows in ((_SETTLE, settled), (_POSTPONE, postponed)):
        if rows:
            connection.execute(statement, rows)


def put_off(connection: Connection, message: int, now: datetime, reason: str) -> None:
    """Let a message that was not sent be due again after a pause that grows with the tries.

    ``TRIED`` after it was made it is given up for this reason.
    """
    row = connection.execute(
        select(outbox.c.tries, outbox.c.made_at).where(outbox.c.id == message)
    ).one_or_none()
    if row is None:  # its person has been deleted meanwhile
        return
    if row.made_at + TRIED <= now:
        settle(connection, [Settled(id=message, reason=reason)], now)
        return
    tries = row.tries + 1
    connection.execute(
        update(outbox)
        .where(outbox.c.id == message, outbox.c.settled_at.is_(None))
        .values(
            tries=tries,
            due_at=now + pause_after(tries),
            lent_until=None,
            begun_at=None,
            reason=reason,
        )
    )


def pause_after(tries: int) -> timedelta:
    """Return how long to wait after so many tries: half a minute, doubling up to half an hour."""
    state = RetryCallState(retry_object=Retrying(), fn=None, args=(), kwargs={})
    state.attempt_number = tries
    return timedelta(seconds=_PAUSES(state))
