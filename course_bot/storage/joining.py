"""What a personal link leads to, as a decision on joining needs it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Select, select

from course_bot.learning.progress import Person
from course_bot.storage.log import Log, read_logs
from course_bot.storage.query import Query
from course_bot.storage.rows import PEOPLE, read_people
from course_bot.storage.schema import person, personal_link


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """Who made a link, and the log of both who may be joined."""

    person: Person
    log: Log


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkedPeople(Query[Linked | None]):
    """Who made a link that has not ended, and what they and its opener have learned.

    ``link`` is the digest of its secret, ``at`` the time (UTC), ``opened_by`` the number of
    whoever follows it.
    """

    link: str
    at: datetime
    opened_by: int

    def people(self) -> Select[tuple[int]]:
        """Select who made the link."""
        valid = (personal_link.c.digest == self.link) & (personal_link.c.expires_at > self.at)
        return select(personal_link.c.person_id).where(valid)

    def held(self, found: object) -> Collection[int]:
        """Return who made the link."""
        return (found.person.id,) if isinstance(found, Linked) else ()

    def run(self, connection: Connection) -> Linked | None:
        """Read both; None where there is no such link (any more)."""
        found = connection.execute(PEOPLE.where(person.c.id.in_(self.people())))
        people = read_people(connection, found.mappings().all())
        if not people:
            return None
        (maker,) = people
        logs = read_logs(connection, sorted({maker.id, self.opened_by}))
        return Linked(person=maker, log=[taken for log in logs.values() for taken in log])
