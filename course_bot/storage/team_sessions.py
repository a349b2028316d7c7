"""Who may look at the coordinator's page: a link is used up once, a cookie stays for a while."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, delete, exists, func, insert, select

from course_bot.locale.phrases import Language
from course_bot.organisations.records import Role
from course_bot.storage.query import Query
from course_bot.storage.schema import lineage, membership, organisation, person, team_session
from course_bot.storage.scope import Scope, Scoped
from course_bot.storage.store import Storage

LINK, COOKIE = "link", "cookie"


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """Somebody who coordinates an organisation and looks at its page."""

    person: int
    language: Language


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberOf(Query[Member | None]):
    """Whose secret it is: None where it has ended, or they coordinate nothing (any more).

    ``digest`` is of the secret, ``kind`` is LINK or COOKIE, ``at`` is UTC.
    """

    digest: str
    kind: str
    at: datetime

    def run(self, connection: Connection) -> Member | None:
        """Ask."""
        row = connection.execute(
            select(person.c.id, person.c.language)
            .join(team_session, team_session.c.person_id == person.c.id)
            .where(_lives(self.digest, self.kind, self.at), _coordinates_anything())
        ).one_or_none()
        return Member(person=row.id, language=row.language) if row else None


def _lives(digest: str, kind: str, at: datetime) -> ColumnElement[bool]:
    return (
        (team_session.c.digest == digest)
        & (team_session.c.kind == kind)
        & (team_session.c.expires_at > at)
    )


def _coordinates_anything() -> ColumnElement[bool]:
    return (
        exists()
        .where(
            membership.c.person_id == team_session.c.person_id,
            membership.c.role == Role.COORDINATOR,
            lineage.c.organisation_id == membership.c.organisation_id,
        )
        .correlate(team_session)
    )


async def use_link(
    storage: Storage, *, link: str, cookie: str, at: datetime, until: datetime
) -> bool:
    """Use a link up, once and for all, and remember the cookie that is given for it.

    Args:
        storage: where both are remembered.
        link: the digest of the link's secret.
        cookie: the digest of the cookie's secret.
        at: now, UTC.
        until: when the cookie ends, UTC.

    Returns:
        Whether it was of use: there is such a link, nobody has used it, it has not ended.
    """
    used = (
        delete(team_session)
        .where(_lives(link, LINK, at), _coordinates_anything())
        .returning(team_session.c.person_id)
    )
    async with storage.writing() as connection:
        whose = await connection.scalar(used)
        if whose is None:
            return False
        await connection.execute(
            insert(team_session).values(
                digest=cookie, person_id=whose, kind=COOKIE, expires_at=until
            )
        )
    return True


async def end_session(storage: Storage, cookie: str) -> None:
    """Forget a cookie, known by its digest."""
    ended = delete(team_session).where(
        team_session.c.digest == cookie, team_session.c.kind == COOKIE
    )
    async with storage.writing() as connection:
        await connection.execute(ended)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trail(Scoped[tuple[tuple[int, str], ...]]):
    """The organisations above one, as far up as the viewer may see, the topmost first."""

    scope: Scope

    def look(self, connection: Connection) -> tuple[tuple[int, str], ...]:
        """Return the id and the name of each."""
        here, viewer = self.scope.organisation, self.scope.viewer
        higher = lineage.alias("higher")
        how_deep = (
            select(func.count())
            .where(higher.c.organisation_id == organisation.c.id)
            .scalar_subquery()
        )
        above = (
            select(organisation.c.id, organisation.c.name)
            .join(lineage, lineage.c.above_id == organisation.c.id)
            .where(lineage.c.organisation_id == here, lineage.c.above_id != here)
            .order_by(how_deep)
        )
        if viewer is not None:
            theirs = membership.alias("theirs")
            above = above.where(
                exists()
                .where(
                    higher.c.organisation_id == organisation.c.id,
                    theirs.c.organisation_id == higher.c.above_id,
                    theirs.c.role == Role.COORDINATOR,
                    theirs.c.person_id == viewer,
                )
                .correlate(organisation)
            )
        return tuple((row.id, row.name) for row in connection.execute(above))
