"""Who coordinates or administers an organisation and who is invited there, as coordinators see."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Select, func, select

from course_bot.organisations.records import Role
from course_bot.storage.organisations import Invite, InvitesOf, Unit, UnitOf
from course_bot.storage.schema import invite, membership, organisation, person
from course_bot.storage.scope import Scope, Scoped


@dataclass(frozen=True, slots=True, kw_only=True)
class Inviting:
    """An organisation, and the invites into it that can still be used, the newest first."""

    unit: Unit
    invites: tuple[Invite, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitingTo(Scoped[Inviting]):
    """What somebody needs to know who invites into an organisation. UTC."""

    scope: Scope
    at: datetime

    def look(self, connection: Connection) -> Inviting:
        """Read it."""
        return Inviting(
            unit=UnitOf(scope=self.scope).look(connection),
            invites=InvitesOf(scope=self.scope, at=self.at).look(connection),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """Somebody in an organisation; ``joined_at`` is UTC."""

    person: int
    name: str
    joined_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Members:
    """Those who are in an organisation itself in a role, the first to join coming first."""

    unit: Unit
    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MembersOf(Scoped[Members]):
    """Who is in an organisation in a role; those of the organisations above it are not told."""

    scope: Scope
    role: Role

    def look(self, connection: Connection) -> Members:
        """Read them."""
        return Members(
            unit=UnitOf(scope=self.scope).look(connection),
            members=_members(
                connection,
                (membership.c.organisation_id == self.scope.organisation)
                & (membership.c.role == self.role),
            ),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundMember:
    """Somebody as they may be removed from an organisation; None: they are not in it (any more).

    ``others`` counts who else is there in the same role; ``invites`` are the keys of those by
    which one can become more than a learner and that a coordinator made there or below.
    """

    organisation: str
    member: Member | None
    others: int
    invites: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberOf(Scoped[FoundMember]):
    """Somebody who is in an organisation in a role, for who may remove them. UTC."""

    scope: Scope
    member: int
    role: Role
    at: datetime

    def people(self) -> Select[tuple[int]]:
        """Select the member: their turns wait meanwhile."""
        return select(person.c.id).where(person.c.id == self.member)

    def held(self, found: object) -> Collection[int]:
        """Return the member."""
        return (self.member,) if isinstance(found, FoundMember) and found.member else ()

    def look(self, connection: Connection) -> FoundMember:
        """Read it."""
        here = (membership.c.organisation_id == self.scope.organisation) & (
            membership.c.role == self.role
        )
        (found,) = _members(connection, here & (person.c.id == self.member)) or (None,)
        others = select(func.count()).where(here, membership.c.person_id != self.member)
        made: tuple[str, ...] = ()
        if found is not None and self.role is Role.COORDINATOR:
            made = tuple(
                connection.scalars(
                    select(invite.c.key)
                    .where(
                        invite.c.made_by == self.member,
                        invite.c.role != Role.LEARNER,
                        invite.c.withdrawn_at.is_(None),
                        invite.c.expires_at > self.at,
                        invite.c.organisation_id.in_(self.scope.organisations()),
                    )
                    .order_by(invite.c.key)
                )
            )
        return FoundMember(
            organisation=_name(connection, self.scope.organisation),
            member=found,
            others=connection.scalar(others) or 0,
            invites=made,
        )


def _name(connection: Connection, number: int) -> str:
    found = connection.execute(select(organisation.c.name).where(organisation.c.id == number))
    return str(found.scalar_one())


def _members(connection: Connection, which: ColumnElement[bool]) -> tuple[Member, ...]:
    rows = connection.execute(
        select(person.c.id, person.c.name, membership.c.joined_at)
        .join(membership, membership.c.person_id == person.c.id)
        .where(which)
        .order_by(membership.c.joined_at, person.c.id)
    )
    return tuple(
        Member(person=row.id, name=row.name, joined_at=row.joined_at) for row in rows.all()
    )
