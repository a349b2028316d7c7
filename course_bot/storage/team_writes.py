"""What decisions about organisations leave, written in the transaction of their turn.

They are rare, so each is written by itself; a record that does not hold any more (an invite that
is used up) fails its turn, which is then decided anew.
"""

from zoneinfo import ZoneInfo

from sqlalchemy import (
    ColumnElement,
    Connection,
    Table,
    delete,
    exists,
    insert,
    or_,
    select,
    update,
)

from course_bot.organisations.records import (
    AssignmentChanged,
    Audited,
    CertificateIssued,
    DigestSwitched,
    GuessedWrong,
    HeadingChosen,
    HeadingsForgotten,
    InviteMade,
    InviteWithdrawn,
    JoinedOrganisation,
    LeftOrganisation,
    OrganisationRecord,
    Reminding,
    Role,
    SchoolMatched,
    SchoolUnmatched,
    SheetSent,
    TeamLinkMade,
    UnmatchedDropped,
)
from course_bot.storage.deriving import derive
from course_bot.storage.mailings import write_mailing
from course_bot.storage.outdated import OutdatedRecordError
from course_bot.storage.reporting import PeopleFilter, read_person_row, select_people
from course_bot.storage.schema import (
    assignment,
    audit,
    certificate,
    consent,
    departure,
    invite,
    membership,
    outbox,
    team_session,
    wrong_guess,
)
from course_bot.storage.scope import Scope
from course_bot.storage.sheets import (
    drop_unmatched,
    forget_headings,
    match_school,
    unmatch_school,
    write_heading,
    write_sheet,
)


def write(connection: Connection, person: int, record: OrganisationRecord, zone: ZoneInfo) -> None:
    """Write one record of a person's decision.

    Args:
        connection: in the turn's transaction.
        person: whose decision it was.
        record: what it left.
        zone: the zone of organisations that have and inherit none.

    Raises:
        OutdatedRecordError: something else was written meanwhile that it contradicts.
    """
    match record:
        case InviteMade():
            add_invite(connection, record, person)
        case InviteWithdrawn():
            withdraw_invite(connection, record)
        case JoinedOrganisation():
            _join(connection, person, record)
        case LeftOrganisation():
            _leave(connection, person if record.member is None else record.member, record)
        case AssignmentChanged():
            change_assignment(connection, record, person)
            derive(connection, zone)
        case Reminding():
            write_mailing(connection, person, record)
        case DigestSwitched():
            connection.execute(
                update(membership)
                .where(_member(person, record.organisation, Role.COORDINATOR))
                .values(digest=record.on)
            )
        case CertificateIssued():
            known = select(certificate.c.code).where(certificate.c.code == record.code)
            if connection.scalar(known) is None:
                _insert(
                    connection,
                    certificate,
                    code=record.code,
                    person_id=person,
                    track=record.track,
                    title=record.title,
                    course=record.course,
                    name=record.name,
                    organisation=record.organisation,
                    day=record.day,
                    issued_at=record.at,
                )
        case TeamLinkMade():
            _insert(
                connection,
                team_session,
                digest=record.digest,
                person_id=person,
                kind="link",
                expires_at=record.expires_at,
            )
        case GuessedWrong():
            _insert(connection, wrong_guess, person_id=person, at=record.at)
        case Audited():
            add_audit(connection, record, person)
        case SheetSent():
            write_sheet(connection, person, record)
        case HeadingChosen():
            write_heading(connection, record)
        case HeadingsForgotten():
            forget_headings(connection, record)
        case SchoolMatched():
            match_school(connection, person, record)
        case SchoolUnmatched():
            unmatch_school(connection, person, record)
        case UnmatchedDropped():
            drop_unmatched(connection, person, record)


def add_invite(connection: Connection, record: InviteMade, person: int | None) -> None:
    """Write an invite that somebody has made; without a person, a command has."""
    _insert(
        connection,
        invite,
        key=record.key,
        digest=record.digest,
        organisation_id=record.organisation,
        role=record.role,
        made_by=person,
        made_at=record.at,
        expires_at=record.expires_at,
        limit=record.limit,
    )


def withdraw_invite(connection: Connection, record: InviteWithdrawn) -> None:
    """Write that an invite is withdrawn; one that is already keeps its time."""
    connection.execute(
        update(invite)
        .where(invite.c.key == record.key, invite.c.withdrawn_at.is_(None))
        .values(withdrawn_at=record.at)
    )


def add_audit(connection: Connection, record: Audited, person: int | None) -> None:
    """Remember what somebody did; without a person, a command did it."""
    _insert(
        connection,
        audit,
        at=record.at,
        person_id=person,
        operator=person is None,
        organisation_id=record.organisation,
        act=record.act,
        about=record.about,
    )


def change_assignment(
    connection: Connection, record: AssignmentChanged, person: int | None
) -> None:
    """Write what an organisation says of a track; who has changed it, None for a command."""
    mine = (assignment.c.organisation_id == record.organisation) & (
        assignment.c.track == record.track
    )
    if record.inherit:
        connection.execute(delete(assignment).where(mine))
        return
    said = {
        "due": record.due,
        "lifted": record.lifted,
        "changed_at": record.at,
        "changed_by": person,
    }
    changed = connection.execute(
        update(assignment).where(mine).values(revision=assignment.c.revision + 1, **said)
    )
    if not changed.rowcount:
        _insert(
            connection,
            assignment,
            organisation_id=record.organisation,
            track=record.track,
            **said,
        )


def _insert(connection: Connection, table: Table, **values: object) -> None:
    connection.execute(insert(table).values(**values))


def _member(person: int, organisation: int, role: Role) -> ColumnElement[bool]:
    return (
        (membership.c.person_id == person)
        & (membership.c.organisation_id == organisation)
        & (membership.c.role == role)
    )


def _join(connection: Connection, person: int, record: JoinedOrganisation) -> None:
    used = connection.execute(
        update(invite)
        .where(
            invite.c.key == record.invite,
            invite.c.organisation_id == record.organisation,
            invite.c.role == record.role,
            invite.c.withdrawn_at.is_(None),
            invite.c.expires_at > record.at,
            or_(invite.c.limit.is_(None), invite.c.uses < invite.c.limit),
        )
        .values(uses=invite.c.uses + 1)
    )
    if used.rowcount != 1:
        raise OutdatedRecordError
    place = {
        "organisation_id": record.organisation,
        "role": record.role,
        "person_id": person,
    }
    _insert(connection, membership, joined_at=record.at, **place)
    _insert(connection, consent, wording=record.wording, given_at=record.at, **place)


def _leave(connection: Connection, person: int, record: LeftOrganisation) -> None:
    if record.role is Role.LEARNER:
        _keep_day(connection, person, record)
    connection.execute(delete(membership).where(_member(person, record.organisation, record.role)))
    if record.role is Role.COORDINATOR:
        _close_page(connection, person)
    connection.execute(
        update(consent)
        .where(
            consent.c.person_id == person,
            consent.c.organisation_id == record.organisation,
            consent.c.role == record.role,
            consent.c.withdrawn_at.is_(None),
        )
        .values(withdrawn_at=record.at)
    )
    # What is on its way to them about it is not theirs to read any more.
    connection.execute(
        delete(outbox).where(
            outbox.c.person_id == person,
            outbox.c.organisation_id == record.organisation,
            outbox.c.settled_at.is_(None),
        )
    )


def _keep_day(connection: Connection, learner: int, record: LeftOrganisation) -> None:
    """Keep the day, without the name, of somebody who had completed all that reports count."""
    rows = connection.execute(
        select_people(Scope(organisation=record.organisation), PeopleFilter(), record.at).where(
            membership.c.organisation_id == record.organisation,
            membership.c.person_id == learner,
        )
    ).mappings()
    tracks = [read_person_row(row) for row in rows]
    days = [each.completed_at for each in tracks if each.completed_at is not None]
    if days and len(days) == len(tracks):
        _insert(
            connection,
            departure,
            organisation_id=record.organisation,
            completed_at=max(days),
            left_at=record.at,
        )


def _close_page(connection: Connection, person: int) -> None:
    """End the links and cookies of whoever coordinates nothing any more.

    They are good for nothing without the role, and must not be again if it is given back.
    """
    still = exists().where(membership.c.person_id == person, membership.c.role == Role.COORDINATOR)
    connection.execute(delete(team_session).where(team_session.c.person_id == person, ~still))
