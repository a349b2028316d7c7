"""What is known of one school by its statistics sheets, for those who may see it."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, select

from course_bot.organisations.records import OfSchool
from course_bot.storage.schema import organisation, school_day
from course_bot.storage.scope import SchoolScope, SchoolScoped, Scope
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


@dataclass(frozen=True, slots=True, kw_only=True)
class SchoolOf(SchoolScoped[SeenSchool]):
    """A school's latest days, or one day; ``day`` None stands for the latest ones."""

    scope: SchoolScope
    day: date | None = None
    most: int = SHOWN

    def look(self, connection: Connection) -> SeenSchool:
        """Read them."""
        number = self.scope.organisation
        above = Scope(organisation=number, viewer=self.scope.viewer)
        found = connection.execute(
            select(
                organisation.c.name, organisation.c.zone, above.may().label("coordinated")
            ).where(organisation.c.id == number)
        ).one()
        days = (
            select(school_day)
            .where(school_day.c.organisation_id == number)
            .order_by(school_day.c.day.desc())
            .limit(self.most)
        )
        if self.day is not None:
            days = days.where(school_day.c.day == self.day)
        return SeenSchool(
            id=number,
            name=found.name,
            zone=found.zone or "",
            coordinated=bool(found.coordinated),
            days=tuple(
                OfSchool(organisation=number, day=row.day, figures=figures_of(row))
                for row in connection.execute(days)
            ),
        )
