"""What screens of figures need besides them: where somebody is, and the ways on."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Generic, TypeVar

from sqlalchemy import Connection, select

from course_bot.organisations.state import State
from course_bot.storage.organisations import (
    Assignments,
    AssignmentsOf,
    Membership,
    Memberships,
    Unit,
    UnitOf,
)
from course_bot.storage.reporting import (
    PeopleFilter,
    PeoplePage,
    PersonRow,
    Standing,
    Standings,
    TrackStandings,
    count_by_track,
    count_learners,
    count_states,
)
from course_bot.storage.schema import organisation
from course_bot.storage.scope import SchoolScope, SchoolScoped, Scope, Scoped

R = TypeVar("R")


@dataclass(frozen=True, slots=True, kw_only=True)
class There(Generic[R]):
    """What was found about an organisation, and the organisation."""

    unit: Unit
    found: R


@dataclass(frozen=True, slots=True)
class Within(Scoped[There[R]]):
    """A question about a scope, and the organisation that it is about."""

    asked: Scoped[R]

    @property
    def scope(self) -> Scope:  # type: ignore[override]  # read only, as every query's is
        """The scope of what is asked."""
        return self.asked.scope

    def look(self, connection: Connection) -> There[R]:
        """Ask both."""
        unit = UnitOf(scope=self.scope).look(connection)
        return There(unit=unit, found=self.asked.look(connection))


@dataclass(frozen=True, slots=True, kw_only=True)
class Above:
    """The organisation right above another one."""

    organisation: int
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """How far an organisation's people are, what is assigned there, and where the viewer may go.

    ``above`` is the organisation right above it where the viewer may see that one too;
    ``memberships`` are the viewer's own.
    """

    standings: Standings
    assignments: Assignments
    above: Above | None
    memberships: tuple[Membership, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OverviewOf(Scoped[Overview]):
    """The overview of an organisation for a coordinator of it; ``at`` is UTC."""

    scope: Scope
    at: datetime

    def look(self, connection: Connection) -> Overview:
        """Read it."""
        viewer = self.scope.viewer
        return Overview(
            standings=Standing(scope=self.scope, at=self.at).look(connection),
            assignments=AssignmentsOf(scope=self.scope).look(connection),
            above=_above(connection, self.scope),
            memberships=() if viewer is None else Memberships(viewer).run(connection),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SchoolCompletion:
    """How far the learners of one organisation are, without any person.

    ``zone`` is an IANA name or empty; ``standings`` counts each learner once, whatever number of
    tracks they have; ``memberships`` are the viewer's own.
    """

    name: str
    zone: str
    standings: Standings
    tracks: tuple[TrackStandings, ...]
    memberships: tuple[Membership, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CompletionOf(SchoolScoped[SchoolCompletion]):
    """The counts of one organisation itself for who administers it; ``at`` is UTC."""

    scope: SchoolScope
    at: datetime

    def look(self, connection: Connection) -> SchoolCompletion:
        """Count."""
        number, viewer = self.scope.organisation, self.scope.viewer
        here = connection.execute(
            select(organisation.c.name, organisation.c.zone).where(organisation.c.id == number)
        ).one()
        return SchoolCompletion(
            name=here.name,
            zone=here.zone or "",
            standings=count_learners(connection, self.scope, self.at),
            tracks=count_by_track(connection, self.scope, self.at),
            memberships=() if viewer is None else Memberships(viewer).run(connection),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A page of a list of people.

    ``number`` counts the pages from 1; ``counts`` says how many rows the whole list, without its
    conditions, has of each state; ``total`` how many it has with them.
    """

    rows: tuple[PersonRow, ...]
    number: int
    total: int
    counts: Mapping[State, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedPeople(Scoped[Listed]):
    """A page of those of a scope's people who are in some states; past the end, the last one.

    ``states`` are all, all but the completed, or one. What is most urgent comes first, then names
    in their order. ``page`` counts from 1; ``at`` is UTC.
    """

    scope: Scope
    states: frozenset[State]
    page: int
    size: int
    at: datetime

    def look(self, connection: Connection) -> Listed:
        """Read it."""
        counts = count_states(connection, self.scope, self.at)
        total = sum(count for state, count in counts.items() if state in self.states)
        number = max(1, min(self.page, -(-total // self.size)))
        only = next(iter(self.states)) if len(self.states) == 1 else None
        part = PeoplePage(
            scope=self.scope,
            filter=PeopleFilter(state=only, unfinished=State.COMPLETED not in self.states),
            # Whoever is in the same state stands in the order of names anyway.
            sort="state" if only is None else "name",
            offset=(number - 1) * self.size,
            limit=self.size,
            at=self.at,
        )
        return Listed(rows=part.part(connection), number=number, total=total, counts=counts)


def _above(connection: Connection, scope: Scope) -> Above | None:
    """Find the organisation right above a scope's, if the viewer may see that one too."""
    upper = organisation.alias("upper")
    row = connection.execute(
        select(upper.c.id, upper.c.name)
        .join(organisation, organisation.c.parent_id == upper.c.id)
        .where(organisation.c.id == scope.organisation)
    ).one_or_none()
    if row is None or not replace(scope, organisation=row.id).allowed(connection):
        return None
    return Above(organisation=row.id, name=row.name)
