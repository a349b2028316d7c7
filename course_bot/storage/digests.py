"""The weekly digest: which coordinators are due one, and what changed in their week."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, Connection, case, func, insert, literal, or_, select, update

from course_bot.organisations.records import Role
from course_bot.organisations.state import State
from course_bot.storage.outbox import WRITING_DOORS, first_account
from course_bot.storage.query import Query
from course_bot.storage.reporting import (
    PeopleFilter,
    PeoplePage,
    PersonRow,
    select_people,
)
from course_bot.storage.schema import lineage, membership, organisation, outbox
from course_bot.storage.scope import Scope

KIND = "digest"
NAMED = 5
"""How many of those who are overdue are named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriber:
    """A coordinator who wants the digest of an organisation; ``zone`` is an IANA name."""

    person: int
    organisation: int
    zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DueDigests(Query[tuple[Subscriber, ...]]):
    """Who can be written to and has not had the digest of a Monday yet, in some zones.

    ``usual`` is the zone of organisations that have and inherit none.
    """

    monday: date
    zones: tuple[str, ...]
    usual: str

    def run(self, connection: Connection) -> tuple[Subscriber, ...]:
        """Read them."""
        zone = func.coalesce(organisation.c.zone, self.usual)
        rows = connection.execute(
            select(membership.c.person_id, membership.c.organisation_id, zone.label("zone"))
            .select_from(organisation)
            .join(
                membership,
                (membership.c.organisation_id == organisation.c.id)
                & (membership.c.role == Role.COORDINATOR),
            )
            .join(
                lineage,
                (lineage.c.above_id == organisation.c.id)
                & (lineage.c.organisation_id == organisation.c.id),
            )
            .where(
                zone.in_(self.zones),
                first_account(membership.c.person_id, WRITING_DOORS).is_not(None),
                membership.c.digest,
                or_(membership.c.digested.is_(None), membership.c.digested < self.monday),
            )
            .order_by(membership.c.organisation_id, membership.c.person_id)
        )
        return tuple(
            Subscriber(person=row.person_id, organisation=row.organisation_id, zone=row.zone)
            for row in rows
        )


@dataclass(frozen=True, slots=True)
class Zones(Query[tuple[str, ...]]):
    """The zones in which there are organisations, besides the usual one."""

    def run(self, connection: Connection) -> tuple[str, ...]:
        """Read their IANA names."""
        found = select(organisation.c.zone).where(organisation.c.zone.is_not(None)).distinct()
        return tuple(zone for zone in connection.scalars(found) if zone)


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """What changed in an organisation and below it: people, each counted once.

    ``overdue`` lists those who have been overdue for longest, ``late`` counts all rows of them.
    """

    name: str
    completed: int
    joined: int
    newly_late: int
    late: int
    overdue: tuple[PersonRow, ...]

    @property
    def changed(self) -> bool:
        """Whether there is anything to tell."""
        return bool(self.completed or self.joined or self.newly_late)


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekOf(Query[Week | None]):
    """What a coordinator is told of the time since some moment (UTC); None: not theirs any more.

    That is for those only who coordinate the very organisation and want its digest.
    """

    person: int
    organisation: int
    since: datetime
    at: datetime

    def run(self, connection: Connection) -> Week | None:
        """Count."""
        scope = Scope(viewer=self.person, organisation=self.organisation)
        name = connection.scalar(
            select(organisation.c.name)
            .join(membership, membership.c.organisation_id == organisation.c.id)
            .where(
                organisation.c.id == self.organisation,
                membership.c.role == Role.COORDINATOR,
                membership.c.person_id == self.person,
                membership.c.digest,
            )
        )
        if name is None or not scope.allowed(connection):
            return None
        rows = select_people(scope, PeopleFilter(), self.at).subquery("rows")
        late = rows.c.state == State.OVERDUE.value

        def people(condition: ColumnElement[bool]) -> ColumnElement[int]:
            return func.count(case((condition, rows.c.person)).distinct())

        completed, joined, newly, overdue = connection.execute(
            select(
                people(rows.c.completed_at > self.since),
                people(rows.c.joined_at > self.since),
                people(late & (rows.c.over_at > self.since)),
                people(late),
            )
        ).one()
        overdue_first = PeoplePage(
            scope=scope,
            filter=PeopleFilter(state=State.OVERDUE),
            sort="due",
            limit=NAMED,
            at=self.at,
        ).part(connection)
        return Week(
            name=name,
            completed=completed,
            joined=joined,
            newly_late=newly,
            late=overdue,
            overdue=overdue_first,
        )


def note(
    connection: Connection, who: Subscriber, monday: date, now: datetime, *, tell: bool
) -> None:
    """Note that a coordinator's digest of a Monday is made, and put it into the outbox.

    Whoever comes second, another process too, finds it noted and puts nothing there.

    Args:
        connection: in a transaction that writes.
        who: the coordinator.
        monday: of which Monday it is.
        now: UTC.
        tell: whether there is anything to tell.
    """
    noted = connection.execute(
        update(membership)
        .where(
            membership.c.person_id == who.person,
            membership.c.organisation_id == who.organisation,
            membership.c.role == Role.COORDINATOR,
            membership.c.digest,
            or_(membership.c.digested.is_(None), membership.c.digested < monday),
        )
        .values(digested=monday)
    )
    if not noted.rowcount or not tell:
        return
    account_id = connection.scalar(select(first_account(literal(who.person), WRITING_DOORS)))
    if account_id is None:
        return
    connection.execute(
        insert(outbox).values(
            person_id=who.person,
            account_id=account_id,
            door=account_id.partition(":")[0],
            kind=KIND,
            made_at=now,
            due_at=now,
            organisation_id=who.organisation,
            about=monday.isoformat(),
        )
    )
