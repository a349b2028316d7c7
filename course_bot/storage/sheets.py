"""What statistics sheets say of organisations: written by turns, and whose sheets may be kept."""

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from sqlalchemy import (
    ColumnElement,
    Connection,
    Insert,
    Subquery,
    Table,
    and_,
    case,
    delete,
    exists,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from course_bot.organisations.records import (
    HeadingChosen,
    HeadingsForgotten,
    OfSchool,
    Role,
    SchoolMatched,
    SchoolUnmatched,
    SheetSent,
    UnmatchedDropped,
)
from course_bot.sheets.figures import COUNTED, Field, Figures
from course_bot.sheets.received import Received
from course_bot.storage.outdated import OutdatedRecordError
from course_bot.storage.query import Query
from course_bot.storage.schema import (
    account,
    heading_choice,
    lineage,
    membership,
    organisation,
    received_sheet,
    school_day,
    unmatched_day,
)
from course_bot.storage.scope import has_below

SENDERS = (Role.ADMINISTRATOR, Role.COORDINATOR)
"""The roles that may send sheets."""


def figures_of(row: object) -> Figures:
    """Read the figures of a row that has a column for each of them."""
    return Figures(**{field.value: getattr(row, field) for field in COUNTED})


def write_sheet(connection: Connection, person: int, record: SheetSent) -> None:
    """Write what came of a sheet."""
    content = {"person_id": person, "at": record.at, "content": record.received}
    connection.execute(_instead(connection, received_sheet), [content])
    sent = {"sent_by": person, "sent_at": record.at}
    # Two processes that write the same schools lock their rows in one order.
    schools = sorted(record.schools, key=lambda each: (each.organisation, each.day))
    _write_days(connection, [_row(each) | sent for each in schools])
    if record.unmatched:
        connection.execute(
            _instead(connection, unmatched_day),
            [
                {
                    "person_id": person,
                    "sferum_id": each.sferum_id,
                    "day": each.day,
                    "name": each.name,
                    "municipality": each.municipality,
                    "sent_at": record.at,
                }
                | _columns(each.figures)
                for each in record.unmatched
            ],
        )


def write_heading(connection: Connection, record: HeadingChosen) -> None:
    """Write what a column of organisations' sheets is."""
    said = {"heading": record.heading, "field": record.field.value}
    connection.execute(
        _instead(connection, heading_choice),
        [said | {"organisation_id": each} for each in record.organisations],
    )


def forget_headings(connection: Connection, record: HeadingsForgotten) -> None:
    """Delete what was said of columns."""
    theirs = heading_choice.c.organisation_id.in_(record.organisations)
    connection.execute(delete(heading_choice).where(theirs))


def match_school(connection: Connection, person: int, record: SchoolMatched) -> None:
    """Give an organisation its ID, and what the person sent under it.

    That stays for the person too, as long as such rows do: so it can be taken back
    (``unmatch_school``).

    Raises:
        OutdatedRecordError: it has an ID by now, or another organisation has this one.
    """
    done = connection.execute(
        update(organisation)
        .where(
            organisation.c.id == record.organisation,
            organisation.c.sferum_id.is_(None),
            ~_claimed(record.sferum_id),
        )
        .values(sferum_id=record.sferum_id)
    )
    if done.rowcount != 1:
        raise OutdatedRecordError
    theirs = _unmatched_of(person, record.sferum_id)
    found = connection.execute(select(unmatched_day).where(theirs)).all()
    _write_days(
        connection,
        [
            {"organisation_id": record.organisation, "day": row.day}
            | _columns(figures_of(row))
            | {"sent_by": person, "sent_at": row.sent_at}
            for row in found
        ],
    )


def unmatch_school(connection: Connection, person: int, record: SchoolUnmatched) -> None:
    """Take an organisation's ID away again, and what the person sent under it.

    What they have sent of it is kept as unmatched, as if it had never been matched: those days
    that were unmatched before, and what they have sent since they matched it.

    Raises:
        OutdatedRecordError: it has another ID by now.
    """
    done = connection.execute(
        update(organisation)
        .where(
            organisation.c.id == record.organisation, organisation.c.sferum_id == record.sferum_id
        )
        .values(sferum_id=None)
    )
    if done.rowcount != 1:
        raise OutdatedRecordError
    theirs = _unmatched_of(person, record.sferum_id)
    called = connection.execute(
        select(unmatched_day.c.name, unmatched_day.c.municipality)
        .where(theirs)
        .order_by(unmatched_day.c.day.desc())
        .limit(1)
    ).one_or_none()
    name, municipality = (called.name, called.municipality) if called else ("", "")
    there = and_(
        school_day.c.organisation_id == record.organisation,
        school_day.c.sent_by == person,
        or_(
            school_day.c.sent_at >= record.since,
            school_day.c.day.in_(select(unmatched_day.c.day).where(theirs)),
        ),
    )
    days = [
        {
            "person_id": person,
            "sferum_id": record.sferum_id,
            "day": row.day,
            "name": name,
            "municipality": municipality,
            "sent_at": row.sent_at,
        }
        | _columns(figures_of(row))
        for row in connection.execute(select(school_day).where(there))
    ]
    if days:
        connection.execute(_instead(connection, unmatched_day), days)
    connection.execute(delete(school_day).where(there))


def drop_unmatched(connection: Connection, person: int, record: UnmatchedDropped) -> None:
    """Forget what somebody sent under an ID that is none of their schools'."""
    connection.execute(delete(unmatched_day).where(_unmatched_of(person, record.sferum_id)))


def _unmatched_of(person: int, sferum_id: str) -> ColumnElement[bool]:
    return (unmatched_day.c.person_id == person) & (unmatched_day.c.sferum_id == sferum_id)


def _write_days(connection: Connection, rows: list[dict[str, object]]) -> None:
    if rows:
        connection.execute(_instead(connection, school_day), rows)


def _row(known: OfSchool) -> dict[str, object]:
    return {"organisation_id": known.organisation, "day": known.day} | _columns(known.figures)


def _columns(figures: Figures) -> dict[str, object]:
    return {field.value: figures.at(field) for field in COUNTED}


def _instead(connection: Connection, table: Table) -> Insert:
    """Insert rows, each in place of the one with the same key."""
    return _upsert(table, connection.dialect.name)


@lru_cache
def _upsert(table: Table, dialect: str) -> Insert:
    make = postgresql.insert if dialect == "postgresql" else sqlite.insert
    statement = make(table)
    keys = [column.name for column in table.primary_key]
    others = {
        column.name: statement.excluded[column.name]
        for column in table.columns
        if column.name not in keys
    }
    return statement.on_conflict_do_update(index_elements=keys, set_=others)


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnSchool:
    """An organisation whose sheets somebody may send.

    ``sferum_id`` is empty where it has none. ``leaf``: none lies below it. ``coordinated``: they
    coordinate it or one above, and do not only administer it. ``direct``: they are a member of it,
    and not only of one above.
    """

    id: int
    name: str
    sferum_id: str
    leaf: bool
    coordinated: bool
    direct: bool


def own_organisations(person: int) -> Subquery:
    """Select the organisations whose sheets a person may send, and what they are there.

    Archived ones are not among them.
    """
    coordinates = membership.c.role == Role.COORDINATOR
    directly = lineage.c.above_id == lineage.c.organisation_id
    administers = (membership.c.role == Role.ADMINISTRATOR) & directly
    return (
        select(
            lineage.c.organisation_id,
            func.max(case((coordinates, 1), else_=0)).label("coordinated"),
            func.max(case((directly, 1), else_=0)).label("direct"),
        )
        .join(membership, membership.c.organisation_id == lineage.c.above_id)
        .where(membership.c.person_id == person, or_(coordinates, administers))
        .group_by(lineage.c.organisation_id)
        .subquery()
    )


@dataclass(frozen=True, slots=True)
class SchoolsOf(Query[tuple[OwnSchool, ...]]):
    """The organisations whose sheets a person may send: those they administer or coordinate.

    Those below are among them; archived ones are not. In the order of their names.
    """

    person: int

    def run(self, connection: Connection) -> tuple[OwnSchool, ...]:
        """Read them."""
        theirs = own_organisations(self.person)
        rows = connection.execute(
            select(
                organisation.c.id,
                organisation.c.name,
                organisation.c.sferum_id,
                has_below().label("inner"),
                theirs.c.coordinated,
                theirs.c.direct,
            )
            .join(theirs, theirs.c.organisation_id == organisation.c.id)
            .order_by(organisation.c.name, organisation.c.id)
        )
        return tuple(
            OwnSchool(
                id=row.id,
                name=row.name,
                sferum_id=row.sferum_id or "",
                leaf=not row.inner,
                coordinated=bool(row.coordinated),
                direct=bool(row.direct),
            )
            for row in rows
        )


@dataclass(frozen=True, slots=True)
class HeadingsOf(Query[tuple[tuple[str, Field], ...]]):
    """What columns are, as was said of the organisations of an account ("telegram:42").

    Where several of them say different things of a heading, it is left out.
    """

    account: str

    def run(self, connection: Connection) -> tuple[tuple[str, Field], ...]:
        """Read it."""
        whose = select(account.c.person_id).where(account.c.id == self.account)
        return _headings(connection, membership.c.person_id.in_(whose))


def _headings(
    connection: Connection, of_person: ColumnElement[bool]
) -> tuple[tuple[str, Field], ...]:
    rows = connection.execute(
        select(heading_choice.c.heading, func.min(heading_choice.c.field))
        .join(membership, membership.c.organisation_id == heading_choice.c.organisation_id)
        .where(of_person, membership.c.role.in_(SENDERS))
        .group_by(heading_choice.c.heading)
        .having(func.min(heading_choice.c.field) == func.max(heading_choice.c.field))
        .order_by(heading_choice.c.heading)
    )
    return tuple((heading, Field(field)) for heading, field in rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownDays(Query[tuple[OfSchool, ...]]):
    """What is known of a person's organisations (as ``SchoolsOf`` has them) on some days.

    ``organisation``: of this one alone.
    """

    person: int
    days: tuple[date, ...]
    organisation: int | None = None

    def run(self, connection: Connection) -> tuple[OfSchool, ...]:
        """Read it."""
        theirs = own_organisations(self.person)
        wanted = (
            select(school_day)
            .join(theirs, theirs.c.organisation_id == school_day.c.organisation_id)
            .where(school_day.c.day.in_(self.days))
        )
        if self.organisation is not None:
            wanted = wanted.where(school_day.c.organisation_id == self.organisation)
        return tuple(
            OfSchool(organisation=row.organisation_id, day=row.day, figures=figures_of(row))
            for row in connection.execute(wanted)
        )


@dataclass(frozen=True, slots=True)
class Claimed(Query[bool]):
    """Whether any organisation has an ID already: of whoever, and archived ones too."""

    sferum_id: str

    def run(self, connection: Connection) -> bool:
        """Ask."""
        return bool(connection.scalar(select(_claimed(self.sferum_id))))

    def alone(self) -> Hashable | None:
        """Let one match it after the other."""
        return (type(self), self.sferum_id)


def _claimed(sferum_id: str) -> ColumnElement[bool]:
    return exists().where(func.lower(organisation.c.sferum_id) == sferum_id.lower())


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Somebody, and the sheets they may send.

    ``received`` is what came of the last one, at a moment (UTC), of which ``mark`` tells it from
    any other. ``chosen`` is what was said of headings, as ``HeadingsOf`` has it. Whoever has no
    ``schools`` (any more) may send none, and none of theirs waits.
    """

    schools: tuple[OwnSchool, ...]
    received: Received | None
    mark: str
    chosen: tuple[tuple[str, Field], ...]


@dataclass(frozen=True, slots=True)
class SenderOf(Query[Sender]):
    """What a person may send, and what came of the last sheet they sent."""

    person: int

    def run(self, connection: Connection) -> Sender:
        """Read it."""
        last = connection.execute(
            select(received_sheet.c.at, received_sheet.c.content).where(
                received_sheet.c.person_id == self.person
            )
        ).one_or_none()
        schools = SchoolsOf(self.person).run(connection)
        return Sender(
            schools=schools,
            received=last.content if last and schools else None,
            mark=last.at.isoformat() if last else "",
            chosen=_headings(connection, membership.c.person_id == self.person),
        )
