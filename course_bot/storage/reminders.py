"""Who hasn't been here for a while, found by an index and handed out once."""

from datetime import datetime, timedelta

from sqlalchemy import and_, case, func, or_, select, true, update
from sqlalchemy.ext.asyncio import AsyncConnection

from course_bot.learning.progress import Person
from course_bot.storage import Account, schema
from course_bot.storage.rows import read_person
from course_bot.storage.schema import account, attempt, person

AWAY = (timedelta(days=3), timedelta(days=10), timedelta(days=30))
"""How long a person was not seen before the first, the second and the last reminder."""


async def take_due(
    connection: AsyncConnection, door: str, now: datetime, limit: int
) -> list[tuple[Account, Person]]:
    """Take the people to remind at a door and mark them; see ``Storage.due_reminders``.

    Who has been away past several reminders gets one for all of them.
    """
    at_door = and_(
        account.c.person_id == person.c.id,
        account.c.id.startswith(f"{door}:", autoescape=True),
        account.c.blocked_at.is_(None),
    )
    where = select(func.min(account.c.id)).where(at_door).correlate(person).scalar_subquery()
    due = or_(
        *(
            and_(person.c.reminders_sent == sent, person.c.seen_at <= now - away)
            for sent, away in enumerate(AWAY)
        )
    )
    found = await connection.execute(
        select(where.label("account_id"), person, *schema.ATTEMPT_COLUMNS)
        .outerjoin(attempt, attempt.c.id == person.c.attempt_id)
        .where(due, person.c.reminders == true(), person.c.track != "")
        .where(select(account.c.id).where(at_door).exists())
        .order_by(person.c.id)
        .limit(limit)
        .with_for_update(of=person, skip_locked=True)
    )
    people = [(row["account_id"], read_person(row)) for row in found.mappings()]
    passed = case(
        *((person.c.seen_at <= now - AWAY[sent - 1], sent) for sent in range(len(AWAY), 0, -1)),
        else_=person.c.reminders_sent,
    )
    await connection.execute(
        update(person)
        .where(person.c.id.in_([found.id for _, found in people]))
        .values(reminders_sent=passed)
    )
    return [
        (Account(door=door, key=account_id.removeprefix(f"{door}:")), found)
        for account_id, found in people
    ]
