"""Who may see what of an organisation: decided in the query that reads the rows alone."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Select,
    bindparam,
    exists,
    or_,
    select,
    true,
)

from course_bot.organisations.records import Role
from course_bot.storage.query import Query
from course_bot.storage.schema import lineage, membership, organisation

R = TypeVar("R")

# Made once: the columns of an alias take longer to make than the question to be asked.
_ABOVE = lineage.alias("above")
_THEIRS = membership.alias("theirs")
_BELOW = lineage.alias("below")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """An organisation and all below it, as somebody may see them.

    ``viewer`` is a person's number, who has to coordinate the organisation or one above it; None
    is the operator at the console, who sees everything. Whatever is archived nobody sees.
    """

    organisation: int
    viewer: int | None = None

    def organisations(self) -> Select[tuple[int]]:
        """Select the ids of the organisations; none where the viewer may see none."""
        return select(lineage.c.organisation_id).where(
            lineage.c.above_id == self.organisation, self.may()
        )

    def learners(self) -> Select[tuple[int]]:
        """Select the numbers of the learners, each once."""
        return (
            select(membership.c.person_id)
            .where(
                membership.c.role == Role.LEARNER,
                membership.c.organisation_id.in_(self.organisations()),
            )
            .distinct()
        )

    def may(self) -> ColumnElement[bool]:
        """Tell in SQL whether the viewer may see the organisation."""
        return true() if self.viewer is None else coordinates(self.viewer, self.organisation)

    def allowed(self, connection: Connection) -> bool:
        """Tell whether the viewer may see the organisation, and whether there is one."""
        return _allows(connection, _MAY_COORDINATE, self.organisation, self.viewer)


@dataclass(frozen=True, slots=True, kw_only=True)
class SchoolScope:
    """One organisation by itself, of which its administrators may see figures, but no person.

    ``viewer`` is a person's number, who has to administer precisely this organisation, or to
    coordinate it or one above it; None is the operator at the console. Whatever is archived nobody
    sees. It is no ``Scope``: what is asked about one is not open to administrators.
    """

    organisation: int
    viewer: int | None = None

    def organisations(self) -> Select[tuple[int]]:
        """Select the id of the organisation; none where the viewer may not see it."""
        return select(lineage.c.organisation_id).where(
            lineage.c.above_id == self.organisation,
            lineage.c.organisation_id == self.organisation,
            self.may(),
        )

    def may(self) -> ColumnElement[bool]:
        """Tell in SQL whether the viewer may see figures of the organisation."""
        if self.viewer is None:
            return true()
        return _sees_figures(self.viewer, self.organisation)

    def allowed(self, connection: Connection) -> bool:
        """Tell whether the viewer may see its figures, and whether there is such an one."""
        return _allows(connection, _MAY_SEE_FIGURES, self.organisation, self.viewer)


Number = int | BindParameter[int]
"""The number of a person or an organisation, or what stands for it in a statement."""


def _there(organisation: Number) -> ColumnElement[bool]:
    """Tell in SQL whether there is an organisation that is not archived."""
    return exists().where(
        lineage.c.above_id == organisation, lineage.c.organisation_id == organisation
    )


def administers(person: Number, organisation: Number) -> ColumnElement[bool]:
    """Tell in SQL whether a person administers precisely an organisation."""
    return (
        exists()
        .where(
            _THEIRS.c.organisation_id == organisation,
            _THEIRS.c.role == Role.ADMINISTRATOR,
            _THEIRS.c.person_id == person,
        )
        .correlate(None)
    )


def has_below() -> ColumnElement[bool]:
    """Tell in SQL whether any organisation lies below the one that is selected."""
    return exists().where(
        _BELOW.c.above_id == organisation.c.id, _BELOW.c.organisation_id != organisation.c.id
    )


def coordinates(person: Number, organisation: Number) -> ColumnElement[bool]:
    """Tell in SQL whether a person coordinates an organisation, or one above it."""
    return (
        exists()
        .where(
            _ABOVE.c.organisation_id == organisation,
            _THEIRS.c.organisation_id == _ABOVE.c.above_id,
            _THEIRS.c.role == Role.COORDINATOR,
            _THEIRS.c.person_id == person,
        )
        .correlate(None)
    )


def _sees_figures(person: Number, organisation: Number) -> ColumnElement[bool]:
    return or_(administers(person, organisation), coordinates(person, organisation))


# Made once: to make them takes ten times as long as to ask, and every question is preceded by one.
_VIEWER: BindParameter[int] = bindparam("viewer")
_SEEN: BindParameter[int] = bindparam("organisation")
_IS_THERE = select(_there(_SEEN))
_MAY_COORDINATE = select(_there(_SEEN) & coordinates(_VIEWER, _SEEN))
_MAY_SEE_FIGURES = select(_there(_SEEN) & _sees_figures(_VIEWER, _SEEN))


def _allows(
    connection: Connection, may: Select[bool], organisation: int, viewer: int | None
) -> bool:
    """Ask whether an organisation is there, and whether a viewer may; the operator always may."""
    if viewer is None:
        return bool(connection.scalar(_IS_THERE, {"organisation": organisation}))
    return bool(connection.scalar(may, {"organisation": organisation, "viewer": viewer}))


class Scoped(Query[R | None]):
    """A question about a scope: None where the viewer may not see it (any more)."""

    scope: Scope

    def run(self, connection: Connection) -> R | None:
        """Ask, if they may."""
        return self.look(connection) if self.scope.allowed(connection) else None

    @abstractmethod
    def look(self, connection: Connection) -> R:
        """Ask, about those whom the scope selects."""


class SchoolScoped(Query[R | None]):
    """A question about one school's figures: None where the viewer may not see them (any more)."""

    scope: SchoolScope

    def run(self, connection: Connection) -> R | None:
        """Ask, if they may."""
        return self.look(connection) if self.scope.allowed(connection) else None

    @abstractmethod
    def look(self, connection: Connection) -> R:
        """Ask, about that organisation alone."""
