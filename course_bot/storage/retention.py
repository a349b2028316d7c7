"""Who has stayed away for so long that nothing is kept of them: warned first, then deleted."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Select, delete, insert, or_, select, update

from course_bot.storage.outbox import first_account
from course_bot.storage.query import Query
from course_bot.storage.schema import (
    CERTIFICATE_TEXTS,
    certificate,
    deletion,
    outbox,
    person,
)

KIND = "farewell"
MONTH = timedelta(days=365.25) / 12
"""So that what is counted back from today and what is counted on from a visit agree."""
WARNED = timedelta(days=30)
"""How long before the deletion people are warned."""
PEOPLE_AT_ONCE = 50
"""How many people are warned, or deleted with all their answers, in one transaction."""
SELF, RETENTION = "self", "retention"
"""Why somebody was deleted: they wished it, or they had stayed away for too long."""


def _some(people: Select[*tuple[object, ...]]) -> Select[*tuple[object, ...]]:
    """Take some of them, the longest away first; whom another process is at is left to it."""
    return (
        people.order_by(person.c.seen_at)
        .limit(PEOPLE_AT_ONCE)
        .with_for_update(of=person, skip_locked=True)
    )


def warn(
    connection: Connection, months: int, doors: Collection[str], now: datetime, zone: ZoneInfo
) -> int:
    """Put warnings into the outbox for some of those who are to be deleted in 30 days.

    Args:
        connection: in a transaction that writes.
        months: after how many without a visit people are deleted.
        doors: the doors at which the bot can write first.
        now: UTC.
        zone: in which the day is named.

    Returns:
        How many were warned; 0 when nobody is left to warn.
    """
    reached_at = first_account(person.c.id, doors)
    rows = connection.execute(
        _some(
            select(person.c.id, person.c.seen_at, reached_at.label("account_id")).where(
                person.c.seen_at <= now - months * MONTH + WARNED,
                or_(person.c.warned_at.is_(None), person.c.warned_at <= person.c.seen_at),
                reached_at.is_not(None),
            )
        )
    ).all()
    if not rows:
        return 0
    connection.execute(
        update(person).where(person.c.id.in_([row.id for row in rows])).values(warned_at=now)
    )
    connection.execute(
        insert(outbox),
        [
            {
                "person_id": row.id,
                "account_id": row.account_id,
                "door": row.account_id.partition(":")[0],
                "kind": KIND,
                "made_at": now,
                "due_at": now,
                # Whoever reads it has the whole of the day before.
                "about": max(row.seen_at + months * MONTH, now + WARNED)
                .astimezone(zone)
                .date()
                .isoformat(),
            }
            for row in rows
        ],
    )
    return len(rows)


def delete_absent(
    connection: Connection, months: int, doors: Collection[str], now: datetime
) -> int:
    """Delete some of those who have stayed away, and note it in the journal of deletions.

    Who can be written to must have been warned 30 days ago; the others can't be warned.

    Args:
        connection: in a transaction that writes.
        months: after how many without a visit people are deleted.
        doors: the doors at which the bot can write first.
        now: UTC.

    Returns:
        How many were deleted; 0 when nobody is left to delete.
    """
    warned = (person.c.warned_at > person.c.seen_at) & (person.c.warned_at <= now - WARNED)
    ids = connection.scalars(
        _some(
            select(person.c.id).where(
                person.c.seen_at <= now - months * MONTH,
                or_(warned, first_account(person.c.id, doors).is_(None)),
            )
        )
    ).all()
    if not ids:
        return 0
    connection.execute(
        update(certificate)
        .where(certificate.c.person_id.in_(ids))
        .values(**dict.fromkeys(CERTIFICATE_TEXTS, ""), withdrawn_at=now)
    )
    connection.execute(delete(person).where(person.c.id.in_(ids)))
    connection.execute(
        insert(deletion),
        [{"person_id": number, "at": now, "reason": RETENTION} for number in ids],
    )
    return len(ids)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deleted:
    """A deletion, by the number that nobody has any more. UTC."""

    person: int
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Deletions(Query[tuple[Deleted, ...]]):
    """Everybody who was deleted, in the order of the deletions."""

    def run(self, connection: Connection) -> tuple[Deleted, ...]:
        """Read them."""
        rows = connection.execute(
            select(deletion.c.person_id, deletion.c.at, deletion.c.reason).order_by(
                deletion.c.at, deletion.c.person_id
            )
        )
        return tuple(Deleted(person=row.person_id, at=row.at, reason=row.reason) for row in rows)
