"""Who hasn't been here for a while, found by an index and handed out once."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, case, func, or_, select, true, update
from sqlalchemy.ext.asyncio import AsyncConnection

from course_bot.learning.progress import Person
from course_bot.storage import Account, schema
from course_bot.storage.rows import read_person
from course_bot.storage.schema import account, attempt, person

AWAY = (timedelta(days=3), timedelta(days=10), timedelta(days=30))
"""How long a person was not seen before the first, the second and the last reminder."""


def _due(door: str, now: datetime) -> ColumnElement[bool]:
    away = or_(
        *(
            and_(person.c.reminders_sent == sent, person.c.seen_at <= now - days)
            for sent, days in enumerate(AWAY)
        )
    )
    writable = select(account.c.id).where(_at_door(door)).exists()
    return and_(away, person.c.reminders == true(), person.c.track != "", writable)


def _at_door(door: str) -> ColumnElement[bool]:
    return and_(
        account.c.person_id == person.c.id,
        account.c.id.startswith(f"{door}:", autoescape=True),
        account.c.blocked_at.is_(None),
    )


async def find_due(
    connection: AsyncConnection, door: str, now: datetime, limit: int
) -> Sequence[int]:
    """Find the ids of people to remind at a door, by reading alone.

    Whoever left for good without a reminder is passed over at every search. Those may come to be
    many, and no turn is to wait meanwhile.
    """
    found = await connection.scalars(
        select(person.c.id).where(_due(door, now)).order_by(person.c.id).limit(limit)
    )
    return found.all()


async def take_due(
    connection: AsyncConnection, door: str, now: datetime, people: Sequence[int]
) -> list[tuple[Account, Person]]:
    """Mark those of the people who are still to be reminded, and return them.

    Who has been away past several reminders gets one for all of them.
    """
    where = select(func.min(account.c.id)).where(_at_door(door)).scalar_subquery()
    rows = await connection.execute(
        select(where.label("account_id"), person, *schema.ATTEMPT_COLUMNS)
        .outerjoin(attempt, attempt.c.id == person.c.attempt_id)
        .where(person.c.id.in_(people), _due(door, now))
        .order_by(person.c.id)
        .with_for_update(of=person, skip_locked=True)
    )
    taken = [
        (Account(door=door, key=row["account_id"].removeprefix(f"{door}:")), read_person(row))
        for row in rows.mappings()
    ]
    passed = case(
        *((person.c.seen_at <= now - AWAY[sent - 1], sent) for sent in range(len(AWAY), 0, -1))
    )
    await connection.execute(
        update(person)
        .where(person.c.id.in_([each.id for _, each in taken]))
        .values(reminders_sent=passed)
    )
    return taken
