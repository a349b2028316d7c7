"""The IDs of somebody's sheets that are none of their schools', and whose they may be."""

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, func, select

from course_bot.organisations.records import Act
from course_bot.storage.query import Query
from course_bot.storage.schema import audit, organisation, unmatched_day
from course_bot.storage.scope import has_below
from course_bot.storage.sheets import own_organisations
from course_bot.tokens import digest

MARK_CHARS = 16
"""An ID may be anything that somebody put into a sheet; a button carries so much of its digest."""


def mark_of(sferum_id: str) -> str:
    """Return what a button calls an ID: 16 hexadecimal digits."""
    return digest(sferum_id)[:MARK_CHARS]


@dataclass(frozen=True, slots=True, kw_only=True)
class UnmatchedSchool:
    """An ID with the name and the municipality that the newest of its ``days`` sheets gives."""

    sferum_id: str
    name: str
    municipality: str
    newest: date
    days: int

    @property
    def mark(self) -> str:
        """What a button calls it."""
        return mark_of(self.sferum_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class FreeSchool:
    """A school of somebody's that has no ID; ``municipality`` is empty where they may not see it.

    ``leaf``: none lies below it.
    """

    id: int
    name: str
    municipality: str
    leaf: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Matching:
    """What is to be matched, by name, and with what it may be, by name."""

    unmatched: tuple[UnmatchedSchool, ...]
    free: tuple[FreeSchool, ...]

    def find(self, mark: str) -> UnmatchedSchool | None:
        """Return the ID that a button calls so, if it is still to be matched."""
        return next((each for each in self.unmatched if each.mark == mark), None)


@dataclass(frozen=True, slots=True)
class MatchingOf(Query[Matching]):
    """What a person has to match, and with which of the schools whose sheets they may send."""

    person: int

    def run(self, connection: Connection) -> Matching:
        """Read it."""
        return Matching(
            unmatched=_unmatched(connection, self.person),
            free=_free(connection, self.person),
        )


@dataclass(frozen=True, slots=True)
class CountUnmatched(Query[int]):
    """How many IDs a person has to match."""

    person: int

    def run(self, connection: Connection) -> int:
        """Count."""
        return len(_unmatched(connection, self.person))


def _unmatched(connection: Connection, person: int) -> tuple[UnmatchedSchool, ...]:
    theirs = own_organisations(person)
    matched = (
        select(func.lower(organisation.c.sferum_id))
        .join(theirs, theirs.c.organisation_id == organisation.c.id)
        .where(organisation.c.sferum_id.is_not(None))
    )
    newest = (
        select(
            unmatched_day.c.sferum_id,
            func.max(unmatched_day.c.day).label("day"),
            func.count().label("days"),
        )
        .where(unmatched_day.c.person_id == person, unmatched_day.c.sferum_id.not_in(matched))
        .group_by(unmatched_day.c.sferum_id)
        .subquery()
    )
    rows = connection.execute(
        select(unmatched_day.c.name, unmatched_day.c.municipality, newest)
        .join(
            newest,
            (unmatched_day.c.sferum_id == newest.c.sferum_id)
            & (unmatched_day.c.day == newest.c.day),
        )
        .where(unmatched_day.c.person_id == person)
        .order_by(unmatched_day.c.name, unmatched_day.c.sferum_id)
    )
    return tuple(
        UnmatchedSchool(
            sferum_id=row.sferum_id,
            name=row.name,
            municipality=row.municipality,
            newest=row.day,
            days=row.days,
        )
        for row in rows
    )


def _free(connection: Connection, person: int) -> tuple[FreeSchool, ...]:
    theirs, those_above = own_organisations(person), own_organisations(person).alias("those_above")
    above = organisation.alias("above")
    rows = connection.execute(
        select(
            organisation.c.id,
            organisation.c.name,
            above.c.name.label("municipality"),
            has_below().label("inner"),
        )
        .join(theirs, theirs.c.organisation_id == organisation.c.id)
        .outerjoin(those_above, those_above.c.organisation_id == organisation.c.parent_id)
        .outerjoin(above, above.c.id == those_above.c.organisation_id)
        .where(organisation.c.sferum_id.is_(None))
        .order_by(organisation.c.name, organisation.c.id)
    )
    return tuple(
        FreeSchool(
            id=row.id, name=row.name, municipality=row.municipality or "", leaf=not row.inner
        )
        for row in rows
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """An organisation that a person has said an ID to be of, at a moment (UTC).

    ``days`` counts the sheets' days that they had sent of it before.
    """

    organisation: int
    name: str
    sferum_id: str
    at: datetime
    days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchOf(Query[Match | None]):
    """A match that a person made and may take back: of an organisation of theirs, by the journal.

    None where there is none (any more).
    """

    person: int
    organisation: int

    def run(self, connection: Connection) -> Match | None:
        """Read it."""
        theirs = own_organisations(self.person)
        row = connection.execute(
            select(organisation.c.name, organisation.c.sferum_id, audit.c.at)
            .join(theirs, theirs.c.organisation_id == organisation.c.id)
            .join(audit, audit.c.organisation_id == organisation.c.id)
            .where(
                organisation.c.id == self.organisation,
                audit.c.person_id == self.person,
                audit.c.act == Act.MATCHED,
                audit.c.about == organisation.c.sferum_id,
            )
            .order_by(audit.c.at.desc())
            .limit(1)
        ).one_or_none()
        if row is None:
            return None
        days = select(func.count()).where(
            unmatched_day.c.person_id == self.person, unmatched_day.c.sferum_id == row.sferum_id
        )
        return Match(
            organisation=self.organisation,
            name=row.name,
            sferum_id=row.sferum_id,
            at=row.at,
            days=connection.scalar(days) or 0,
        )

    def alone(self) -> Hashable | None:
        """Let nobody take it back twice."""
        return ("match", self.organisation)
