"""What is counted of those who look for help: written, and read for authors and coordinators."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, func, select, text

from course_bot.storage.prepared import Prepared
from course_bot.storage.query import Query
from course_bot.storage.schema import guide_end, organisation
from course_bot.storage.scope import Scope, Scoped

COUNT_GUIDE_END = Prepared(
    text(
        "INSERT INTO guide_end (guide, ending, day, count) VALUES (:guide, :ending, :day, :count)"
        " ON CONFLICT (guide, ending, day) DO UPDATE SET count = guide_end.count + excluded.count"
    ).bindparams(day=guide_end.c.day.type)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class EndingCount:
    """How often a guide has led to one of its endings."""

    guide: str
    ending: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EndingCounts(Query[Sequence[EndingCount]]):
    """How often each ending was reached from a day on (UTC), by whomever: for authors."""

    since: date

    def run(self, connection: Connection) -> Sequence[EndingCount]:
        """Add the days up."""
        total = func.sum(guide_end.c.count)
        rows = connection.execute(
            select(guide_end.c.guide, guide_end.c.ending, total)
            .where(guide_end.c.day >= self.since)
            .group_by(guide_end.c.guide, guide_end.c.ending)
            .order_by(guide_end.c.guide, total.desc(), guide_end.c.ending)
        )
        return tuple(
            EndingCount(guide=guide, ending=ending, count=int(count))
            for guide, ending, count in rows
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """What people looked for, whoever they were."""

    endings: Sequence[EndingCount]


@dataclass(frozen=True, slots=True, kw_only=True)
class SoughtOnTop(Scoped[Sought | None]):
    """What people looked for from a day on (UTC): None but for an organisation with none above.

    It is counted of everybody together, so whoever sees it coordinates all there is.
    """

    scope: Scope
    since: date

    def look(self, connection: Connection) -> Sought | None:
        """Read it."""
        on_top = select(organisation.c.id).where(
            organisation.c.id == self.scope.organisation, organisation.c.parent_id.is_(None)
        )
        if connection.scalar(on_top) is None:
            return None
        return Sought(endings=EndingCounts(since=self.since).run(connection))
