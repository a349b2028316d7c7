"""Certificates as they are stored: a person's own, one by its number, those of an organisation."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, Select, exists, func, select, tuple_
from sqlalchemy.engine import RowMapping

from course_bot.storage.organisations import Duties, Duty, Membership, Memberships
from course_bot.storage.query import Query
from course_bot.storage.schema import certificate, name_key, track_progress
from course_bot.storage.scope import Scope, Scoped


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """A certificate as it was issued; of one that is withdrawn, nothing else is known."""

    code: str
    track: str
    title: str
    course: str
    name: str
    organisation: str
    day: date
    withdrawn: bool = False


def _read(row: RowMapping) -> Issued:
    return Issued(
        code=row["code"],
        track=row["track"],
        title=row["title"],
        course=row["course"],
        name=row["name"],
        organisation=row["organisation"],
        day=row["day"],
        withdrawn=row["withdrawn_at"] is not None,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Earned:
    """What certificates of somebody are made of.

    ``completed`` are their tracks with the time (UTC), ``issued`` the certificates of tracks,
    the first of each: who joined themselves may have two.
    """

    completed: Mapping[str, datetime]
    issued: Mapping[str, Issued]
    duties: tuple[Duty, ...]
    memberships: tuple[Membership, ...]


@dataclass(frozen=True, slots=True)
class EarnedBy(Query[Earned]):
    """What somebody has completed and has certificates of; all of their numbers count as one."""

    numbers: tuple[int, ...]

    def run(self, connection: Connection) -> Earned:
        """Read it."""
        rows = connection.execute(
            select(track_progress.c.track, track_progress.c.completed_at).where(
                track_progress.c.person_id.in_(self.numbers),
                track_progress.c.completed_at.is_not(None),
            )
        ).all()
        completed: dict[str, datetime] = {}
        for row in rows:
            completed[row.track] = min(
                row.completed_at, completed.get(row.track, row.completed_at)
            )
        return Earned(
            completed=completed,
            issued=_first(connection, self.numbers),
            duties=tuple(each for who in self.numbers for each in Duties(who).run(connection)),
            memberships=tuple(
                each for who in self.numbers for each in Memberships(who).run(connection)
            ),
        )


@dataclass(frozen=True, slots=True)
class CertificatesOf(Query[Mapping[str, Issued]]):
    """The certificates of a person by their tracks."""

    person: int

    def run(self, connection: Connection) -> Mapping[str, Issued]:
        """Read them."""
        return _first(connection, (self.person,))


def _first(connection: Connection, people: tuple[int, ...]) -> dict[str, Issued]:
    rows = connection.execute(
        select(certificate)
        .where(certificate.c.person_id.in_(people), certificate.c.withdrawn_at.is_(None))
        .order_by(certificate.c.issued_at.desc(), certificate.c.code.desc())
    )
    return {row["track"]: _read(row) for row in rows.mappings()}


@dataclass(frozen=True, slots=True)
class CertificateOf(Query[Issued | None]):
    """The certificate of a number; None where there is none."""

    code: str

    def run(self, connection: Connection) -> Issued | None:
        """Read it."""
        row = connection.execute(select(certificate).where(certificate.c.code == self.code))
        found = row.mappings().one_or_none()
        return None if found is None else _read(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """How many certificates there are, and how many people have completed a track without one."""

    issued: int
    without: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CountCertificates(Scoped[Counted]):
    """Count the certificates of a scope's learners."""

    scope: Scope

    def look(self, connection: Connection) -> Counted:
        """Count."""
        lacking = (
            track_progress.c.person_id.in_(self.scope.learners()),
            track_progress.c.completed_at.is_not(None),
            ~exists().where(
                certificate.c.person_id == track_progress.c.person_id,
                certificate.c.track == track_progress.c.track,
                certificate.c.withdrawn_at.is_(None),
            ),
        )
        issued = connection.scalar(select(func.count()).select_from(_below(self.scope).subquery()))
        without = select(func.count(track_progress.c.person_id.distinct())).where(*lacking)
        return Counted(issued=issued or 0, without=connection.scalar(without) or 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificatesBelow(Scoped[tuple[Issued, ...]]):
    """The certificates of a scope's learners, by name, at most ``most`` of them."""

    scope: Scope
    most: int

    def look(self, connection: Connection) -> tuple[Issued, ...]:
        """Read them."""
        rows = connection.execute(_below(self.scope).limit(self.most)).mappings().all()
        found = (_read(row) for row in rows)
        return tuple(sorted(found, key=lambda it: (name_key(it.name), it.track, it.code)))


def _below(scope: Scope) -> Select[*tuple[object, ...]]:
    """Select the certificates of a scope's learners, of each person and track the first."""
    earlier = certificate.alias("earlier")
    first = ~exists().where(
        earlier.c.person_id == certificate.c.person_id,
        earlier.c.track == certificate.c.track,
        earlier.c.withdrawn_at.is_(None),
        tuple_(earlier.c.issued_at, earlier.c.code)
        < tuple_(certificate.c.issued_at, certificate.c.code),
    )
    return (
        select(certificate)
        .where(
            certificate.c.person_id.in_(scope.learners()),
            certificate.c.withdrawn_at.is_(None),
            first,
        )
        .order_by(certificate.c.code)
    )
