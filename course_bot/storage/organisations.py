"""Organisations, their members, invites and assignments, as decisions and places need them."""

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, Integer, Select, bindparam, exists, func, insert, select
from sqlalchemy.engine import RowMapping

from course_bot.locale.phrases import Language
from course_bot.organisations.records import Role
from course_bot.organisations.tree import Assignment, Organisation, Tree
from course_bot.storage.deriving import read_assignment, read_organisation, read_tree
from course_bot.storage.query import Query
from course_bot.storage.schema import (
    account,
    assigned,
    assignment,
    invite,
    lineage,
    membership,
    organisation,
    person,
    track_progress,
    wrong_guess,
)
from course_bot.storage.scope import Scope, Scoped


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """What somebody is in an organisation; times are UTC, ``zone`` is an IANA name or empty."""

    organisation: int
    name: str
    kind: str
    zone: str
    role: Role
    joined_at: datetime
    digest: bool


# What almost every screen of a learner asks is put together once.
_PERSON = bindparam("person", type_=Integer)
_MEMBERSHIPS = (
    select(membership, organisation.c.name, organisation.c.kind, organisation.c.zone)
    .join(organisation, organisation.c.id == membership.c.organisation_id)
    .join(
        lineage,
        (lineage.c.above_id == organisation.c.id)
        & (lineage.c.organisation_id == organisation.c.id),
    )
    .where(membership.c.person_id == _PERSON)
    .order_by(membership.c.role, organisation.c.name, organisation.c.id)
)
_DUTIES = (
    select(assigned, organisation.c.name, organisation.c.zone, track_progress.c.completed_at)
    .join(membership, membership.c.organisation_id == assigned.c.organisation_id)
    .join(organisation, organisation.c.id == assigned.c.organisation_id)
    .outerjoin(
        track_progress,
        (track_progress.c.person_id == membership.c.person_id)
        & (track_progress.c.track == assigned.c.track),
    )
    .where(membership.c.person_id == _PERSON, membership.c.role == Role.LEARNER)
    .order_by(assigned.c.over_at.is_(None), assigned.c.over_at, assigned.c.track)
)


@dataclass(frozen=True, slots=True)
class Memberships(Query[tuple[Membership, ...]]):
    """All that a person is in organisations that are not archived, by role and name."""

    person: int

    def run(self, connection: Connection) -> tuple[Membership, ...]:
        """Read them."""
        rows = connection.execute(_MEMBERSHIPS, {"person": self.person})
        return tuple(
            Membership(
                organisation=row["organisation_id"],
                name=row["name"],
                kind=row["kind"],
                zone=row["zone"] or "",
                role=Role(row["role"]),
                joined_at=row["joined_at"],
                digest=row["digest"],
            )
            for row in rows.mappings()
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressee:
    """How the person of an account is spoken to: in which language, and with which commands.

    ``has_team``: they coordinate or administer an organisation.
    """

    language: Language
    has_team: bool


@dataclass(frozen=True, slots=True)
class AddresseeOf(Query[Addressee | None]):
    """How the person of an account ("telegram:42") is spoken to, if there is one yet."""

    account: str

    def run(self, connection: Connection) -> Addressee | None:
        """Ask; an archived organisation is nobody's."""
        has_team = exists().where(
            membership.c.person_id == person.c.id,
            membership.c.role.in_((Role.COORDINATOR, Role.ADMINISTRATOR)),
            lineage.c.above_id == membership.c.organisation_id,
            lineage.c.organisation_id == membership.c.organisation_id,
        )
        row = connection.execute(
            select(person.c.language, has_team.label("has_team"))
            .join(account, account.c.person_id == person.c.id)
            .where(account.c.id == self.account)
        ).one_or_none()
        if row is None:
            return None
        return Addressee(language=row.language, has_team=bool(row.has_team))


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """A track that is assigned to a person by one of their organisations. UTC."""

    track: str
    organisation: int
    name: str
    zone: str
    due: date | None
    over_at: datetime | None
    completed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Duties(Query[tuple[Duty, ...]]):
    """What is assigned to a person, what ends first coming first."""

    person: int

    def run(self, connection: Connection) -> tuple[Duty, ...]:
        """Read it; a track that several organisations assign comes once for each."""
        rows = connection.execute(_DUTIES, {"person": self.person})
        return tuple(
            Duty(
                track=row["track"],
                organisation=row["organisation_id"],
                name=row["name"],
                zone=row["zone"] or "",
                due=row["due"],
                over_at=row["over_at"],
                completed_at=row["completed_at"],
            )
            for row in rows.mappings()
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Belonging:
    """What somebody is in which organisations, and what is assigned to them there."""

    memberships: tuple[Membership, ...] = ()
    duties: tuple[Duty, ...] = ()


@dataclass(frozen=True, slots=True)
class BelongingOf(Query[Belonging]):
    """Where a person belongs, as ``Memberships`` and ``Duties`` have it."""

    person: int

    def run(self, connection: Connection) -> Belonging:
        """Read both; nothing is assigned to whoever learns nowhere."""
        theirs = Memberships(self.person).run(connection)
        learns = any(each.role is Role.LEARNER for each in theirs)
        return Belonging(
            memberships=theirs,
            duties=Duties(self.person).run(connection) if learns else (),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Invite:
    """An invite as it is stored; times are UTC, ``zone`` is an IANA name or empty."""

    key: str
    digest: str
    organisation: int
    name: str
    kind: str
    zone: str
    role: Role
    made_by: int | None
    made_at: datetime
    expires_at: datetime
    limit: int | None
    uses: int
    withdrawn_at: datetime | None

    def valid(self, at: datetime) -> bool:
        """Tell whether somebody can still join by it."""
        used_up = self.limit is not None and self.uses >= self.limit
        return self.withdrawn_at is None and self.expires_at > at and not used_up


_INVITES = select(invite, organisation.c.name, organisation.c.kind, organisation.c.zone).join(
    organisation, organisation.c.id == invite.c.organisation_id
)


def _read_invite(row: RowMapping) -> Invite:
    return Invite(
        key=row["key"],
        digest=row["digest"],
        organisation=row["organisation_id"],
        name=row["name"],
        kind=row["kind"],
        zone=row["zone"] or "",
        role=Role(row["role"]),
        made_by=row["made_by"],
        made_at=row["made_at"],
        expires_at=row["expires_at"],
        limit=row["limit"],
        uses=row["uses"],
        withdrawn_at=row["withdrawn_at"],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Guesses:
    """How many wrong invites were tried since some time: by one person, and by anybody.

    ``first`` and ``last`` are when the person tried them (UTC).
    """

    own: int
    all: int
    first: datetime | None
    last: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What somebody finds who opens an invite: it (None: there is none), and who they are there.

    ``roles`` are what they already are in its organisation, ``guesses`` their wrong tries.
    An invite to an archived organisation is none, but ``archived``: who opens it has not guessed.
    """

    invite: Invite | None
    archived: bool = False
    roles: frozenset[Role] = frozenset()
    guesses: Guesses


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedInvite(Query[Shown]):
    """The invite of a digest, for a person who may join by it; ``since`` is for wrong guesses."""

    digest: str
    person: int
    since: datetime

    def alone(self) -> Hashable:
        """Let nobody else use it in the same transaction."""
        return ("invite", self.digest)

    def run(self, connection: Connection) -> Shown:
        """Read it."""
        live = select(lineage.c.organisation_id).where(
            lineage.c.organisation_id == invite.c.organisation_id
        )
        row = (
            connection.execute(_INVITES.where(invite.c.digest == self.digest, live.exists()))
            .mappings()
            .one_or_none()
        )
        recent = wrong_guess.c.at > self.since
        own, first, last = connection.execute(
            select(func.count(), func.min(wrong_guess.c.at), func.max(wrong_guess.c.at)).where(
                recent, wrong_guess.c.person_id == self.person
            )
        ).one()
        everybody = connection.scalar(select(func.count()).select_from(wrong_guess).where(recent))
        guesses = Guesses(own=own, all=everybody or 0, first=first, last=last)
        if row is None:
            known = select(invite.c.key).where(invite.c.digest == self.digest)
            archived = connection.scalar(known) is not None
            return Shown(invite=None, archived=archived, guesses=guesses)
        roles = connection.scalars(
            select(membership.c.role).where(
                membership.c.person_id == self.person,
                membership.c.organisation_id == row["organisation_id"],
            )
        )
        return Shown(invite=_read_invite(row), roles=frozenset(map(Role, roles)), guesses=guesses)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """An organisation as a coordinator sees it: itself, its zone, and those right below it."""

    organisation: Organisation
    zone: str
    children: tuple[Organisation, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitOf(Scoped[Unit]):
    """An organisation with those right below it."""

    scope: Scope

    def look(self, connection: Connection) -> Unit:
        """Read them."""
        rows = connection.execute(
            select(organisation)
            .where(
                organisation.c.archived_at.is_(None),
                (organisation.c.id == self.scope.organisation)
                | (organisation.c.parent_id == self.scope.organisation),
            )
            .order_by(organisation.c.name, organisation.c.id)
        ).mappings()
        found = {row["id"]: row for row in rows}
        own = found.pop(self.scope.organisation)
        return Unit(
            organisation=read_organisation(own),
            zone=own["zone"] or "",
            children=tuple(read_organisation(row) for row in found.values()),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitesOf(Scoped[tuple[Invite, ...]]):
    """The invites into one organisation that can still be used, the newest first."""

    scope: Scope
    at: datetime

    def look(self, connection: Connection) -> tuple[Invite, ...]:
        """Read them."""
        here = invite.c.organisation_id == self.scope.organisation
        return _usable(connection, _INVITES.where(here), self.at)


@dataclass(frozen=True, slots=True)
class AllInvites(Query[tuple[Invite, ...]]):
    """All invites that can still be used, for the operator: the newest first. UTC."""

    at: datetime

    def run(self, connection: Connection) -> tuple[Invite, ...]:
        """Read them."""
        live = select(lineage.c.organisation_id).where(
            lineage.c.organisation_id == invite.c.organisation_id
        )
        return _usable(connection, _INVITES.where(live.exists()), self.at)


def _usable(
    connection: Connection, invites: Select[tuple[object, ...]], at: datetime
) -> tuple[Invite, ...]:
    rows = connection.execute(
        invites.where(invite.c.withdrawn_at.is_(None), invite.c.expires_at > at).order_by(
            invite.c.made_at.desc(), invite.c.key
        )
    ).mappings()
    found = (_read_invite(row) for row in rows)
    return tuple(each for each in found if each.valid(at))


@dataclass(frozen=True, slots=True, kw_only=True)
class InviteOfKey(Query[Invite | None]):
    """An invite by its key, if the viewer may see its organisation."""

    key: str
    viewer: int | None

    def alone(self) -> Hashable:
        """Let of two who withdraw it the later find it withdrawn."""
        return ("invite key", self.key)

    def run(self, connection: Connection) -> Invite | None:
        """Read it."""
        row = connection.execute(_INVITES.where(invite.c.key == self.key)).mappings().one_or_none()
        if row is None:
            return None
        found = _read_invite(row)
        scope = Scope(organisation=found.organisation, viewer=self.viewer)
        return found if scope.allowed(connection) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """A track as it is assigned in an organisation, and which organisation said so. UTC."""

    track: str
    due: date | None
    over_at: datetime | None
    source: int
    source_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignments:
    """What is assigned in an organisation, and what it says itself (all by track).

    ``inherited`` is what would count if it said nothing; its times are those of the one above.
    """

    name: str
    counts: tuple[Counts, ...]
    own: tuple[Assignment, ...]
    inherited: tuple[Counts, ...]
    zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignmentsOf(Scoped[Assignments]):
    """What is assigned in an organisation; a decision that changes it finds the newest state."""

    scope: Scope

    def alone(self) -> Hashable:
        """Let of two who change it the later find what the earlier has left."""
        return "assignments"

    def look(self, connection: Connection) -> Assignments:
        """Read it."""
        here = (
            connection.execute(
                select(organisation).where(organisation.c.id == self.scope.organisation)
            )
            .mappings()
            .one()
        )
        said = connection.execute(
            select(assignment)
            .where(assignment.c.organisation_id == here["id"])
            .order_by(assignment.c.track)
        )
        return Assignments(
            name=here["name"],
            counts=_read_counts(connection, here["id"]),
            own=tuple(read_assignment(row) for row in said.mappings()),
            inherited=_read_counts(connection, here["parent_id"]) if here["parent_id"] else (),
            zone=here["zone"] or "",
        )


def _read_counts(connection: Connection, where: int) -> tuple[Counts, ...]:
    rows = connection.execute(
        select(assigned, organisation.c.name.label("source_name"))
        .join(organisation, organisation.c.id == assigned.c.source_id)
        .where(assigned.c.organisation_id == where)
        .order_by(assigned.c.track)
    )
    return tuple(
        Counts(
            track=row["track"],
            due=row["due"],
            over_at=row["over_at"],
            source=row["source_id"],
            source_name=row["source_name"],
        )
        for row in rows.mappings()
    )


@dataclass(frozen=True, slots=True)
class WholeTree(Query[Tree]):
    """All organisations, for the operator."""

    def run(self, connection: Connection) -> Tree:
        """Read them."""
        return read_tree(connection)


@dataclass(frozen=True, slots=True)
class AssignedTracks(Query[tuple[str, ...]]):
    """The tracks that an organisation assigns, for who is about to join it; first due first."""

    organisation: int

    def run(self, connection: Connection) -> tuple[str, ...]:
        """Read their ids."""
        return tuple(
            connection.scalars(
                select(assigned.c.track)
                .where(assigned.c.organisation_id == self.organisation)
                .order_by(assigned.c.over_at.is_(None), assigned.c.over_at, assigned.c.track)
            )
        )


def add_organisation(connection: Connection, made: Organisation, now: datetime) -> int:
    """Add an organisation (its own ``id`` is not looked at) and return its number.

    Whoever has added all calls ``deriving.derive`` in the same transaction.
    """
    added = connection.execute(
        insert(organisation)
        .values(
            parent_id=made.parent,
            name=made.name,
            kind=made.kind,
            sferum_id=made.sferum_id or None,
            time_zone=made.time_zone or None,
            made_at=now,
            archived_at=now if made.archived else None,
        )
        .returning(organisation.c.id)
    )
    return int(added.scalar_one())
