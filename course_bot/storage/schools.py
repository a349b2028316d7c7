"""What is known of one school by its statistics sheets, for those who may see it."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Connection, exists, or_, select

from course_bot.organisations.records import OfSchool, Role
from course_bot.storage.query import Query
from course_bot.storage.schema import lineage, membership, organisation, school_day
from course_bot.storage.scope import coordinates
from course_bot.storage.sheets import figures_of

SHOWN = 12
"""How many days a trend has at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenSchool:
    """A school, and what is known of it on some days, the newest first.

    ``zone`` is an IANA name or empty. ``coordinated``: the viewer coordinates it or one above.
    """

    id: int
    name: str
    zone: str
    coordinated: bool
    days: tuple[OfSchool, ...]


def _may(viewer: int, school: int) -> ColumnElement[bool]:
    """Tell in SQL whether somebody administers this organisation, or coordinates it or above."""
    administers = exists().where(
        membership.c.person_id == viewer,
        membership.c.organisation_id == school,
        membership.c.role == Role.ADMINISTRATOR,
    )
    return or_(administers, coordinates(viewer, school))


@dataclass(frozen=True, slots=True, kw_only=True)
class SchoolOf(Query[SeenSchool | None]):
    """A school's latest days, or one day; None where the viewer may not see it (any more).

    ``viewer`` is a person's number; ``day`` None stands for the latest ones.
    """

    organisation: int
    viewer: int
    day: date | None = None
    most: int = SHOWN

    def run(self, connection: Connection) -> SeenSchool | None:
        """Read them."""
        there = exists().where(
            lineage.c.above_id == self.organisation, lineage.c.organisation_id == self.organisation
        )
        found = connection.execute(
            select(
                organisation.c.name,
                organisation.c.zone,
                coordinates(self.viewer, self.organisation).label("coordinated"),
            ).where(
                organisation.c.id == self.organisation,
                there,
                _may(self.viewer, self.organisation),
            )
        ).one_or_none()
        if found is None:
            return None
        days = (
            select(school_day)
            .where(school_day.c.organisation_id == self.organisation)
            .order_by(school_day.c.day.desc())
            .limit(self.most)
        )
        if self.day is not None:
            days = days.where(school_day.c.day == self.day)
        return SeenSchool(
            id=self.organisation,
            name=found.name,
            zone=found.zone or "",
            coordinated=bool(found.coordinated),
            days=tuple(
                OfSchool(organisation=self.organisation, day=row.day, figures=figures_of(row))
                for row in connection.execute(days)
            ),
        )
