"""Coordinators' reminders: put into the outbox in one statement, and what became of them."""

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    case,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
)

from course_bot.organisations.records import Reminding
from course_bot.organisations.state import State
from course_bot.storage.outbox import INTERRUPTED, KEPT, WRITING_DOORS, door_of, first_account
from course_bot.storage.query import Query
from course_bot.storage.reporting import (
    PeopleFilter,
    PersonRow,
    read_person_row,
    select_people,
)
from course_bot.storage.schema import (
    mailing,
    membership,
    organisation,
    outbox,
    person,
)
from course_bot.storage.scope import Scope, Scoped

KIND = "nudge"
APART = timedelta(days=3)
"""How long a person is left alone by all coordinators after one has reminded them."""
BLOCKED = "blocked"
GONE = ("no longer true",)
"""The reasons of messages to those whom they did not concern any more."""
LATEST = 10
"""How many mailings are listed."""


def _reminded(person_id: ColumnElement[int], at: datetime) -> ColumnElement[bool]:
    """Tell in SQL whether a coordinator's reminder waits for somebody, or came not long ago."""
    return (
        exists()
        .where(
            outbox.c.person_id == person_id,
            outbox.c.kind == KIND,
            or_(
                outbox.c.settled_at.is_(None),
                (outbox.c.settled_at > at - APART)
                & or_(outbox.c.reason.is_(None), outbox.c.reason == INTERRUPTED),
            ),
        )
        .correlate_except(outbox)
    )


def _candidates(scope: Scope, state: State | None, at: datetime) -> Select[*tuple[object, ...]]:
    """Select those who have not finished, each once: with the track whose day comes first."""
    rows = select_people(scope, PeopleFilter(state=state, unfinished=True), at).subquery("rows")
    ranked = select(
        rows,
        func.row_number()
        .over(
            partition_by=rows.c.person,
            order_by=(rows.c.due.is_(None), rows.c.due, rows.c.organisation, rows.c.track),
        )
        .label("rank"),
    ).subquery("ranked")
    return (
        select(
            *(column for column in ranked.c if column.name != "rank"),
            person.c.reminders,
            first_account(person.c.id, WRITING_DOORS).label("account_id"),
            _reminded(person.c.id, at).label("recent"),
        )
        .join(person, person.c.id == ranked.c.person)
        .where(ranked.c.rank == 1)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """Whom a reminder would reach.

    ``people`` have not finished; ``gets`` of them will get it; of the others, ``paused`` want no
    reminders, ``unreachable`` can't be written to at any door, and ``recent`` were reminded by a
    coordinator not long ago, each counted under the first that holds. ``example`` gets it.
    """

    people: int
    gets: int
    paused: int
    unreachable: int
    recent: int
    example: PersonRow | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Previewed(Scoped[Preview]):
    """Whom a reminder to those in a state (None: all who have not finished) would reach."""

    scope: Scope
    state: State | None
    at: datetime

    def look(self, connection: Connection) -> Preview:
        """Count."""
        found = _candidates(self.scope, self.state, self.at).subquery("found")
        paused, away = ~found.c.reminders, found.c.account_id.is_(None)

        def count(condition: ColumnElement[bool]) -> ColumnElement[int]:
            return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)

        row = connection.execute(
            select(
                func.count(),
                count(paused),
                count(~paused & away),
                count(~paused & ~away & found.c.recent),
            ).select_from(found)
        ).one()
        people, none, unreachable, recent = row
        gets = ~paused & ~away & ~found.c.recent
        example = (
            connection.execute(select(found).where(gets).order_by(found.c.person).limit(1))
            .mappings()
            .one_or_none()
        )
        return Preview(
            people=people,
            gets=people - none - unreachable - recent,
            paused=none,
            unreachable=unreachable,
            recent=recent,
            example=None if example is None else read_person_row(example),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Remindable(Scoped[bool]):
    """Whether anybody would get a reminder; of two who send it the later finds it sent."""

    scope: Scope
    state: State | None
    at: datetime

    def alone(self) -> Hashable:
        """Let nobody else send reminders in the same transaction."""
        return "mailings"

    def look(self, connection: Connection) -> bool:
        """Look for one."""
        return (
            connection.execute(_wanted(self.scope, self.state, self.at).limit(1)).first()
            is not None
        )


def _wanted(scope: Scope, state: State | None, at: datetime) -> Select[*tuple[object, ...]]:
    """Select those who get a reminder."""
    found = _candidates(scope, state, at).subquery("found")
    return select(found).where(found.c.reminders, found.c.account_id.is_not(None), ~found.c.recent)


def write_mailing(connection: Connection, viewer: int, record: Reminding) -> None:
    """Write a mailing and its messages: those who may get one are selected now, in one go."""
    scope = Scope(viewer=viewer, organisation=record.organisation)
    found = _candidates(scope, record.state, record.at).subquery("found")
    away = connection.scalar(
        select(func.count()).where(found.c.reminders, found.c.account_id.is_(None))
    )
    connection.execute(
        insert(mailing).values(
            key=record.key,
            organisation_id=record.organisation,
            made_by=viewer,
            made_at=record.at,
            states=record.state or "",
            unreachable=away or 0,
        )
    )
    wanted = _wanted(scope, record.state, record.at).subquery("wanted")
    at = literal(record.at, outbox.c.made_at.type)
    connection.execute(
        insert(outbox).from_select(
            (
                "person_id",
                "account_id",
                "door",
                "kind",
                "made_at",
                "due_at",
                "organisation_id",
                "mailing",
                "about",
            ),
            select(
                wanted.c.person,
                wanted.c.account_id,
                door_of(wanted.c.account_id),
                literal(KIND),
                at,
                at,
                wanted.c.organisation,
                literal(record.key),
                wanted.c.track,
            ).order_by(wanted.c.person),
        )
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A mailing, and what became of its messages. Times are UTC.

    ``reached`` got it; of ``unknown`` nobody knows; ``dropped`` had finished, left, or wanted
    none by the time; ``unreachable`` could not be written to from the start.
    """

    key: str
    organisation: int
    name: str
    made_at: datetime
    state: State | None
    reached: int
    waiting: int
    blocked: int
    dropped: int
    unknown: int
    unreachable: int
    due_at: datetime | None


def _sent(where: ColumnElement[bool], connection: Connection) -> tuple[Sent, ...]:
    settled, reason = outbox.c.settled_at.is_not(None), outbox.c.reason

    def count(condition: ColumnElement[bool]) -> ColumnElement[int]:
        return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)

    gone = reason.in_(GONE)
    rows = connection.execute(
        select(
            mailing,
            organisation.c.name,
            count(settled & reason.is_(None)).label("reached"),
            count(~settled & outbox.c.id.is_not(None)).label("waiting"),
            count(settled & (reason == BLOCKED)).label("blocked"),
            count(settled & gone).label("dropped"),
            count(settled & reason.is_not(None) & (reason != BLOCKED) & ~gone).label("unknown"),
            func.min(case((~settled, outbox.c.due_at))).label("due_at"),
        )
        .join(organisation, organisation.c.id == mailing.c.organisation_id)
        .outerjoin(outbox, outbox.c.mailing == mailing.c.key)
        .where(where)
        .group_by(mailing.c.key, organisation.c.id)
        .order_by(mailing.c.made_at.desc(), mailing.c.key)
        .limit(LATEST)
    ).mappings()
    return tuple(
        Sent(
            key=row["key"],
            organisation=row["organisation_id"],
            name=row["name"],
            made_at=row["made_at"],
            state=State(row["states"]) if row["states"] else None,
            reached=row["reached"],
            waiting=row["waiting"],
            blocked=row["blocked"],
            dropped=row["dropped"],
            unknown=row["unknown"],
            unreachable=row["unreachable"],
            due_at=row["due_at"],
        )
        for row in rows
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class MailingOf(Scoped[Sent | None]):
    """What became of one mailing of an organisation."""

    scope: Scope
    key: str

    def look(self, connection: Connection) -> Sent | None:
        """Count."""
        mine = mailing.c.organisation_id == self.scope.organisation
        found = _sent(mine & (mailing.c.key == self.key), connection)
        return found[0] if found else None


@dataclass(frozen=True, slots=True, kw_only=True)
class MailingsOf(Scoped[tuple[Sent, ...]]):
    """The latest mailings of an organisation, of which it is still known what became of them."""

    scope: Scope
    at: datetime

    def look(self, connection: Connection) -> tuple[Sent, ...]:
        """Count."""
        mine = mailing.c.organisation_id == self.scope.organisation
        return _sent(mine & (mailing.c.made_at > self.at - KEPT), connection)


@dataclass(frozen=True, slots=True, kw_only=True)
class StillLeft(Query[PersonRow | None]):
    """What a learner still has to do for an organisation that reminds them; None: nothing."""

    person: int
    organisation: int
    track: str
    at: datetime

    def run(self, connection: Connection) -> PersonRow | None:
        """Read it as reports have it."""
        rows = select_people(
            Scope(organisation=self.organisation),
            PeopleFilter(unfinished=True, organisation=self.organisation, track=self.track),
            self.at,
        )
        row = connection.execute(
            rows.where(
                person.c.id == self.person, membership.c.organisation_id == self.organisation
            )
        )
        found = row.mappings().first()
        return None if found is None else read_person_row(found)
