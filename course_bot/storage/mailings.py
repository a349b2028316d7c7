"""Coordinators' reminders: put into the outbox in one go, and what became of them."""

from sqlalchemy import Connection, func, insert, or_, select

from course_bot.organisations.records import Reminding
from course_bot.storage.schema import account, mailing, outbox

KIND = "nudge"
DOORS = ("telegram",)


def write_mailing(connection: Connection, person: int, record: Reminding) -> None:
    """Write a mailing and its messages; each of its people gets one at their first account."""
    connection.execute(
        insert(mailing).values(
            key=record.key,
            organisation_id=record.organisation,
            made_by=person,
            made_at=record.at,
            states=record.states,
            unreachable=record.unreachable,
        )
    )
    wanted = {each: (organisation, track) for each, organisation, track in record.people}
    found = connection.execute(
        select(account.c.person_id, func.min(account.c.id))
        .where(
            account.c.person_id.in_(wanted),
            or_(*(account.c.id.startswith(f"{door}:", autoescape=True) for door in DOORS)),
        )
        .group_by(account.c.person_id)
    ).all()
    messages = [
        {
            "person_id": who,
            "account_id": where,
            "door": where.partition(":")[0],
            "kind": KIND,
            "made_at": record.at,
            "due_at": record.at,
            "organisation_id": wanted[who][0],
            "mailing": record.key,
            "about": wanted[who][1],
        }
        for who, where in found
    ]
    if messages:
        connection.execute(insert(outbox), messages)
