"""Two people who turn out to be one, joined by a personal link."""

from dataclasses import replace
from datetime import datetime
from enum import Enum, auto

from sqlalchemy import ColumnElement, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from course_bot.learning.progress import Person, Reading, Study, rebuild_results
from course_bot.storage import Account
from course_bot.storage.log import Log, read_logs
from course_bot.storage.rows import read_person
from course_bot.storage.schema import ATTEMPT_COLUMNS, account, attempt, person, personal_link
from course_bot.storage.store import Storage, account_id


class Joined(Enum):
    """What came of a personal link."""

    JOINED = auto()
    EXPIRED = auto()
    SAME = auto()
    """The account belongs to the link's person already; the link is used up all the same."""


async def join(storage: Storage, joining: Account, digest: str, at: datetime) -> Joined:
    """Carry out a personal link: the account now belongs to the link's person.

    Nothing that was learned is lost: if the account had a person of its own, their answers and
    their other accounts move along, and the progress is derived anew from both logs.

    Args:
        storage: where both are.
        joining: the account at which the link was opened.
        digest: the digest of the link's secret.
        at: when it was opened, UTC.
    """
    async with storage.writing() as connection:
        valid = (personal_link.c.digest == digest) & (personal_link.c.expires_at > at)
        target = await connection.scalar(select(personal_link.c.person_id).where(valid))
        if target is None:
            return Joined.EXPIRED
        # People first, as everywhere: two links opened crosswise at once would wait for each
        # other for ever.
        await _hold(connection, target, joining)
        used = await connection.execute(delete(personal_link).where(valid))
        if not used.rowcount:
            return Joined.EXPIRED
        people = await connection.execute(
            select(account.c.id.label("account_id"), person, *ATTEMPT_COLUMNS)
            .select_from(person)
            .outerjoin(
                account,
                (account.c.person_id == person.c.id) & (account.c.id == account_id(joining)),
            )
            .outerjoin(attempt, attempt.c.id == person.c.attempt_id)
            .where(_target_or_account(target, joining))
        )
        rows = {row["id"]: row for row in people.mappings()}
        if rows[target]["account_id"] is not None:
            return Joined.SAME
        others = [number for number in rows if number != target]
        if not others:
            await connection.execute(
                insert(account).values(id=account_id(joining), person_id=target)
            )
            return Joined.JOINED
        kept, left = read_person(rows[target]), read_person(rows[others[0]])
        for table in (attempt, account):
            await connection.execute(
                update(table).where(table.c.person_id == left.id).values(person_id=kept.id)
            )
        log = (await read_logs(connection, [kept.id]))[kept.id]
        both = _both(kept, left, log)
        await connection.execute(
            update(person)
            .where(person.c.id == kept.id)
            .values(
                name=both.name,
                track=both.track,
                joined_at=both.joined_at,
                place=both.place,
                study=both.study,
                attempt_id=both.attempt.id if both.attempt else None,
            )
        )
        await connection.execute(delete(person).where(person.c.id == left.id))
        return Joined.JOINED


def _target_or_account(target: int, joining: Account) -> ColumnElement[bool]:
    of_account = select(account.c.person_id).where(account.c.id == account_id(joining))
    return (person.c.id == target) | person.c.id.in_(of_account)


async def _hold(connection: AsyncConnection, target: int, joining: Account) -> None:
    """Lock both people, so that turns of theirs in another process wait until all is done."""
    people = select(person.c.id).where(_target_or_account(target, joining)).order_by(person.c.id)
    held: list[int] | None = None
    # While it waited for a lock, the account may have come to belong to somebody else.
    while held != (held := list(await connection.scalars(people.with_for_update()))):
        pass


def _both(kept: Person, left: Person, log: Log) -> Person:
    """Make one person of two; an attempt in progress goes on, at its place in the conversation."""
    goes_on = left.unfinished and not kept.unfinished
    latest = left if goes_on or (left.attempt and not kept.attempt) else kept
    readings: dict[str, Reading] = dict(left.study.readings)
    for lesson, reading in kept.study.readings.items():
        there = readings.pop(lesson, reading)  # what was read last here stays last
        readings[lesson] = max(reading, there, key=lambda each: each.furthest)
    return replace(
        kept,
        name=kept.name or left.name,
        track=kept.track or left.track,
        joined_at=min(kept.joined_at, left.joined_at),
        place=latest.place,
        study=Study(
            readings=readings,
            results=rebuild_results(log),
            answers=latest.study.answers,
            draft=latest.study.draft,
        ),
        attempt=latest.attempt,
    )
