"""All that is stored about a person: counted for them, and handed out to them."""

from dataclasses import dataclass, replace

from pydantic import TypeAdapter
from sqlalchemy import Column, Connection, Select, Table, func, select

from course_bot.learning.attempts import Attempt
from course_bot.sheets.figures import COUNTED
from course_bot.storage.log import read_logs
from course_bot.storage.query import Query
from course_bot.storage.rows import PEOPLE, read_people
from course_bot.storage.schema import (
    account,
    answer,
    assignment,
    attempt,
    audit,
    certificate,
    consent,
    invite,
    mailing,
    membership,
    move,
    organisation,
    outbox,
    person,
    personal_link,
    received_sheet,
    school_day,
    team_session,
    track_progress,
    unmatched_day,
    wrong_guess,
)

_anything = TypeAdapter(dict[str, object])


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """How much is stored about a person."""

    accounts: int
    attempts: int
    answers: int
    memberships: int
    consents: int
    certificates: int
    school_days: int
    """Of statistics sheets: schools' days that they sent."""


@dataclass(frozen=True, slots=True)
class Figures(Query[Sums]):
    """Count what is stored about a person, known by their number."""

    person: int

    def run(self, connection: Connection) -> Sums:
        """Count."""
        theirs = attempt.c.person_id == self.person
        accounts = select(func.count()).where(account.c.person_id == self.person)
        attempts = select(func.count()).where(theirs)
        answers = select(func.count()).select_from(answer.join(attempt)).where(theirs)
        of_organisations = (
            select(func.count()).where(table.c.person_id == self.person)
            for table in (membership, consent, certificate)
        )
        sent = (
            select(func.count()).where(school_day.c.sent_by == self.person),
            select(func.count()).where(unmatched_day.c.person_id == self.person),
        )
        counts = (accounts, attempts, answers, *of_organisations, *sent)
        row = connection.execute(select(*(each.scalar_subquery() for each in counts))).one()
        return Sums(
            accounts=row[0],
            attempts=row[1],
            answers=row[2],
            memberships=row[3],
            consents=row[4],
            certificates=row[5],
            school_days=row[6] + row[7],
        )


def _readable(taken: Attempt) -> Attempt:
    """Return an attempt with its questions as the person read them."""
    asked = tuple(replace(each, question=each.filled, figures={}) for each in taken.asked)
    return replace(taken, asked=asked)


def _of_organisations(who: int) -> dict[str, Select[tuple[object, ...]]]:
    """Return what to read of a person's organisations, and of what they did for them.

    Whoever exports twice gets the same rows in the same order.
    """
    named = organisation.c.name.label("organisation")

    def within(
        table: Table, *columns: Column[object], by: str = "person_id"
    ) -> Select[tuple[object, ...]]:
        there = table.join(organisation, organisation.c.id == table.c.organisation_id)
        found = select(named, *columns).select_from(there).where(table.c[by] == who)
        return found.order_by(*table.primary_key)

    return {
        "memberships": within(
            membership,
            membership.c.role,
            membership.c.joined_at,
            membership.c.digest,
            membership.c.digested,
        ),
        "consents": within(
            consent,
            consent.c.role,
            consent.c.wording,
            consent.c.given_at,
            consent.c.withdrawn_at,
        ),
        "tracks": select(
            track_progress.c.track,
            track_progress.c.passed,
            track_progress.c.score,
            track_progress.c.completed_at,
        )
        .where(track_progress.c.person_id == who)
        .order_by(track_progress.c.track),
        "certificates": select(
            certificate.c.code,
            certificate.c.title,
            certificate.c.course,
            certificate.c.name,
            certificate.c.organisation,
            certificate.c.day,
            certificate.c.issued_at,
        )
        .where(certificate.c.person_id == who)
        .order_by(certificate.c.issued_at, certificate.c.code),
        "invites_made": within(
            invite, invite.c.role, invite.c.made_at, invite.c.expires_at, by="made_by"
        ),
        "invites_not_found": select(wrong_guess.c.at)
        .where(wrong_guess.c.person_id == who)
        .order_by(wrong_guess.c.at),
        "mailings": within(mailing, mailing.c.made_at, mailing.c.states, by="made_by"),
        "assignments_changed": within(
            assignment, assignment.c.track, assignment.c.changed_at, by="changed_by"
        ),
        "team_page_until": select(team_session.c.kind, team_session.c.expires_at)
        .where(team_session.c.person_id == who)
        .order_by(team_session.c.expires_at, team_session.c.kind),
        "sheets": within(
            school_day,
            school_day.c.day,
            *(school_day.c[field] for field in COUNTED),
            school_day.c.sent_at,
            by="sent_by",
        ),
        "sheets_of_unknown_schools": select(
            *(column for column in unmatched_day.c if column.name != "person_id")
        )
        .where(unmatched_day.c.person_id == who)
        .order_by(unmatched_day.c.sferum_id, unmatched_day.c.day),
        "last_sheet": select(received_sheet.c.at, received_sheet.c.content).where(
            received_sheet.c.person_id == who
        ),
        "did": within(audit, audit.c.at, audit.c.act, audit.c.about),
    }


@dataclass(frozen=True, slots=True)
class Everything(Query[bytes]):
    """All that is stored about a person, known by their number, as JSON for the person."""

    person: int

    def run(self, connection: Connection) -> bytes:
        """Return UTF-8 JSON, indented; of a person who isn't there any more, an empty object."""
        found = connection.execute(PEOPLE.where(person.c.id == self.person))
        row = found.mappings().one_or_none()
        if row is None:
            return b"{}"
        log = read_logs(connection, [self.person])[self.person]
        theirs = account.c.person_id == self.person
        accounts = connection.execute(
            select(account.c.id, account.c.blocked_at).where(theirs).order_by(account.c.id)
        )
        moves = connection.execute(
            select(
                move.c.account_id,
                move.c.move_id,
                move.c.at,
                move.c.notice,
                move.c.document,
                move.c.commands,
            )
            .join(account)
            .where(theirs)
            .order_by(move.c.at, move.c.move_id)
        )
        links = connection.scalars(
            select(personal_link.c.expires_at).where(personal_link.c.person_id == self.person)
        )
        messages = connection.execute(
            select(
                outbox.c.account_id,
                outbox.c.kind,
                outbox.c.made_at,
                outbox.c.due_at,
                outbox.c.settled_at,
                outbox.c.reason,
            )
            .where(outbox.c.person_id == self.person)
            .order_by(outbox.c.id)
        )
        rows_of = {
            name: [dict(each) for each in connection.execute(statement).mappings()]
            for name, statement in _of_organisations(self.person).items()
        }
        (known,) = read_people(connection, [row])
        return _anything.dump_json(
            {
                "person": {
                    "id": known.id,
                    "name": known.name,
                    "language": known.language,
                    "track": known.track,
                    "reminders": known.reminders,
                    "joined_at": known.joined_at,
                    "seen_at": known.seen_at,
                    "reminders_sent": row["reminders_sent"],
                    "remind_at": row["remind_at"],
                    "place": known.place,
                    "wish": known.wish,
                    "last_account_id": row["last_account_id"],
                },
                "accounts": [dict(each) for each in accounts.mappings()],
                "recent_moves": [dict(each) for each in moves.mappings()],
                "personal_links_until": list(links),
                "messages": [dict(each) for each in messages.mappings()],
                **rows_of,
                "study": known.study,
                "attempts": [
                    {"attempt": _readable(taken), "answers": given} for taken, given in log
                ],
            },
            indent=2,
        )
