"""What was done in an organisation, when and by whom; of who was deleted, no name is left."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Select, select

from course_bot.organisations.records import Act
from course_bot.storage.query import Query
from course_bot.storage.schema import audit, organisation, person
from course_bot.storage.scope import Scope, Scoped


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRow:
    """Something that was done. ``at`` is UTC.

    ``person`` is None where a command did it (``operator``) or somebody who was deleted.
    """

    at: datetime
    person: int | None
    name: str
    operator: bool
    organisation: str
    act: Act
    about: str


_ROWS = (
    select(
        audit.c.at,
        audit.c.person_id,
        person.c.name,
        audit.c.operator,
        organisation.c.name.label("organisation"),
        audit.c.act,
        audit.c.about,
    )
    .join(organisation, organisation.c.id == audit.c.organisation_id)
    .outerjoin(person, person.c.id == audit.c.person_id)
    .order_by(audit.c.at.desc(), audit.c.id.desc())
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditOf(Scoped[tuple[AuditRow, ...]]):
    """What was done in an organisation and below, the latest first."""

    scope: Scope

    def look(self, connection: Connection) -> tuple[AuditRow, ...]:
        """Read it."""
        return _read(
            connection, _ROWS.where(audit.c.organisation_id.in_(self.scope.organisations()))
        )


@dataclass(frozen=True, slots=True)
class WholeAudit(Query[tuple[AuditRow, ...]]):
    """All that was done anywhere, for the operator; the latest first."""

    def run(self, connection: Connection) -> tuple[AuditRow, ...]:
        """Read it."""
        return _read(connection, _ROWS)


def _read(
    connection: Connection, rows: Select[datetime, int, str, bool, str, str, str]
) -> tuple[AuditRow, ...]:
    return tuple(
        AuditRow(
            at=row.at,
            person=row.person_id,
            name=row.name or "",
            operator=row.operator,
            organisation=row.organisation,
            act=Act(row.act),
            about=row.about,
        )
        for row in connection.execute(rows)
    )
