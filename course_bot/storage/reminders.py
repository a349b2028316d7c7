"""Who hasn't been here for a while: found by an index, and written to through the outbox."""

from collections.abc import Callable, Collection
from datetime import datetime

from sqlalchemy import Connection, bindparam, insert, select, update

from course_bot.learning.progress import Person
from course_bot.learning.reminding import AWAY, reminders_passed
from course_bot.storage.outbox import first_account
from course_bot.storage.rows import PEOPLE, read_each
from course_bot.storage.schema import account, lineage, membership, outbox, person

KIND = "reminder"
PEOPLE_AT_ONCE = 200
"""How many people are looked at in one transaction: some 10 ms."""

_LOOK_AGAIN = (
    update(person)
    .where(person.c.id == bindparam("number"))
    .values(reminders_sent=bindparam("sent"), remind_at=bindparam("again"))
)


def look_after_block(connection: Connection, account_id: str) -> None:
    """Look again after people whom nothing could be sent to: they have let the bot in again."""
    theirs = select(account.c.person_id).where(account.c.id == account_id)
    row = connection.execute(
        select(person.c.id, person.c.seen_at, person.c.reminders_sent).where(
            person.c.id.in_(theirs),
            person.c.reminders,
            person.c.track != "",
            person.c.reminders_sent < len(AWAY),
        )
    ).one_or_none()
    if row is not None:
        again = row.seen_at + AWAY[row.reminders_sent]
        connection.execute(
            _LOOK_AGAIN, {"number": row.id, "sent": row.reminders_sent, "again": again}
        )


def plan(
    connection: Connection,
    doors: Collection[str],
    now: datetime,
    wanted: Callable[[Person], bool],
) -> int:
    """Put reminders into the outbox for some of those who are due one, and look at each once.

    Who has been away past several reminders gets one for all of them.

    Args:
        connection: in a transaction that writes.
        doors: the doors at which the bot can write first.
        now: UTC.
        wanted: whether there is anything to remind a person of; pure.

    Returns:
        How many people were looked at; 0 when nobody is left to look at.
    """
    there = first_account(person.c.id, doors)
    # Whose time it is there decides when it is day; of several organisations the first joined.
    belongs = (
        select(membership.c.organisation_id)
        .join(
            lineage,
            (lineage.c.above_id == membership.c.organisation_id)
            & (lineage.c.organisation_id == membership.c.organisation_id),
        )
        .where(membership.c.person_id == person.c.id)
        .order_by(membership.c.joined_at, membership.c.organisation_id)
        .limit(1)
        .scalar_subquery()
    )
    due = connection.scalars(
        select(person.c.id)
        .where(person.c.remind_at <= now)
        .order_by(person.c.remind_at)
        .limit(PEOPLE_AT_ONCE)
        .with_for_update(skip_locked=True)
    ).all()
    if not due:
        return 0
    rows = PEOPLE.add_columns(
        there.label("account_id"), belongs.label("organisation_id")
    ).order_by(person.c.remind_at)
    found, unreadable = read_each(connection, rows, person.c.id, due)
    looked, messages = [], []
    for row, who in found:
        reachable = row["account_id"] is not None and wanted(who)
        passed = reminders_passed(who.seen_at, now)
        goes_on = reachable and passed < len(AWAY)
        looked.append(
            {
                "number": who.id,
                "sent": passed if reachable else row["reminders_sent"],
                "again": who.seen_at + AWAY[passed] if goes_on else None,
            }
        )
        if reachable:
            messages.append(
                {
                    "person_id": who.id,
                    "account_id": row["account_id"],
                    "door": row["account_id"].partition(":")[0],
                    "kind": KIND,
                    "made_at": now,
                    "due_at": now,
                    "organisation_id": row["organisation_id"],
                }
            )
    if looked:
        connection.execute(_LOOK_AGAIN, looked)
    if messages:
        connection.execute(insert(outbox), messages)
    if unreadable:
        connection.execute(
            update(person).where(person.c.id.in_(unreadable)).values(remind_at=None)
        )
    return len(due)
