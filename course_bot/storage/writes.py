"""What turns leave, written at once: each statement once for all of them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, String, bindparam, delete, func, insert, null, text, update

from course_bot.learning.progress import (
    Answered,
    ErasedPerson,
    Finished,
    JoinedPeople,
    LinkMade,
    LinkUsed,
    Person,
    Started,
    TrackProgress,
)
from course_bot.learning.progress import Record as LearningRecord
from course_bot.learning.reminding import first_reminder
from course_bot.learning.seeking import (
    AnswerChosen,
    GuideEnded,
    Missed,
    NoneMeant,
    SeekingRecord,
)
from course_bot.organisations.records import OrganisationRecord
from course_bot.storage import schema, team_writes
from course_bot.storage.loading import Arriving, Known, move_digest
from course_bot.storage.outbox import WRITING_DOORS
from course_bot.storage.prepared import Prepared
from course_bot.storage.questions import refer
from course_bot.storage.seeking import COUNT_GUIDE_END, write_misses

Record = LearningRecord | SeekingRecord | OrganisationRecord
"""What a decision leaves besides the person as they are now."""

_CHANGED = (
    "name",
    "name_key",
    "language",
    "track",
    "reminders",
    "joined_at",
    "seen_at",
    "place",
    "wish",
    "study",
    "attempt_id",
    "reminders_sent",
    "remind_at",
)
_UPDATE_PERSON = Prepared(
    update(schema.person)
    .where(schema.person.c.id == bindparam("person"))
    .values({column: bindparam(column) for column in _CHANGED})
    .values(
        last_account_id=func.coalesce(
            bindparam("written_at", type_=String()), schema.person.c.last_account_id
        )
    )
)
_ADD_MOVE = Prepared(insert(schema.move), schema.move.columns.keys())
_ADD_ANSWER = Prepared(insert(schema.answer), schema.answer.columns.keys())
_ADD_QUESTION = Prepared(
    text("INSERT INTO question (key, content) VALUES (:key, :content) ON CONFLICT DO NOTHING")
)
_ADD_ATTEMPT = Prepared(
    insert(schema.attempt),
    ("id", "person_id", *(column.name for column in schema.ATTEMPT_COLUMNS)),
)
_FINISH_ATTEMPT = Prepared(
    update(schema.attempt)
    .where(schema.attempt.c.id == bindparam("attempt"))
    .values(
        finished_at=bindparam("finished_at"), score=bindparam("score"), passed=bindparam("passed")
    )
)
_NUMBER_ATTEMPT = Prepared(
    update(schema.attempt)
    .where(schema.attempt.c.id == bindparam("attempt"))
    .values(number=bindparam("position"))
)
_MOVE_OVER = [
    Prepared(
        update(table)
        .where(table.c.person_id == bindparam("left"))
        .values(person_id=bindparam("kept"))
    )
    for table in (
        schema.attempt,
        schema.account,
        schema.outbox,
        schema.certificate,
        schema.consent,
        schema.audit,
        schema.wrong_guess,
        schema.team_session,
    )
] + [
    Prepared(
        update(table)
        .where(table.c[column] == bindparam("left"))
        .values({column: bindparam("kept")})
    )
    for table, column in (
        (schema.invite, "made_by"),
        (schema.mailing, "made_by"),
        (schema.assignment, "changed_by"),
        (schema.school_day, "sent_by"),
    )
]
_MOVE_OVER += [
    # Whoever stays and was at no door yet at which the bot can write first is where the other was.
    Prepared(
        text(
            "UPDATE person SET last_account_id = other.last_account_id"
            " FROM person AS other"
            " WHERE person.id = :kept AND other.id = :left AND person.last_account_id IS NULL"
        )
    ),
    # Once completed, always completed, and on the earlier of two days.
    Prepared(
        text(
            "UPDATE track_progress SET completed_at = other.completed_at"
            " FROM track_progress AS other"
            " WHERE track_progress.person_id = :kept AND other.person_id = :left"
            " AND other.track = track_progress.track"
            " AND (track_progress.completed_at IS NULL"
            " OR other.completed_at < track_progress.completed_at)"
        )
    ),
]
# Where both are, or have begun, the row of the one who stays is enough.
_MOVE_OVER += [
    Prepared(
        text(
            f"UPDATE {table} SET person_id = :kept WHERE person_id = :left AND NOT EXISTS"  # noqa: S608 - names of ours
            f" (SELECT 1 FROM {table} AS other WHERE other.person_id = :kept AND {same})"
        )
    )
    for table, same in (
        (
            "membership",
            "other.organisation_id = membership.organisation_id AND other.role = membership.role",
        ),
        ("track_progress", "other.track = track_progress.track"),
        (
            "unmatched_day",
            "other.sferum_id = unmatched_day.sferum_id AND other.day = unmatched_day.day",
        ),
        ("received_sheet", "TRUE"),
    )
]
_RENAME_ATTEMPTS = Prepared(
    update(schema.attempt)
    .where(
        schema.attempt.c.person_id == bindparam("kept"),
        schema.attempt.c.lesson == bindparam("old"),
    )
    .values(lesson=bindparam("new"))
)
_ADD_LINK = Prepared(insert(schema.personal_link), schema.personal_link.columns.keys())
_USE_LINK = Prepared(
    delete(schema.personal_link).where(schema.personal_link.c.digest == bindparam("link"))
)
_UNBLOCK = Prepared(
    update(schema.account)
    .where(schema.account.c.id == bindparam("account"))
    .values(blocked_at=null())
)
_KEEP_TRACK = Prepared(
    text(
        "INSERT INTO track_progress (person_id, track, passed, score, completed_at)"
        " VALUES (:person, :track, :passed, :score, :completed_at)"
        " ON CONFLICT (person_id, track) DO UPDATE SET passed = excluded.passed,"
        " score = excluded.score,"
        " completed_at = coalesce(track_progress.completed_at, excluded.completed_at)"
    ).bindparams(bindparam("completed_at", type_=schema.UtcDateTime()))
)
_WITHDRAW_CERTIFICATES = Prepared(
    update(schema.certificate)
    .where(schema.certificate.c.person_id == bindparam("person"))
    .values(
        {column: text("''") for column in schema.CERTIFICATE_TEXTS}
        | {"withdrawn_at": bindparam("at", type_=schema.UtcDateTime())}
    )
)
_DELETE_PERSON = Prepared(delete(schema.person).where(schema.person.c.id == bindparam("person")))
_ADD_DELETION = Prepared(insert(schema.deletion), schema.deletion.columns.keys())

_Values = dict[str, object]


def _where_to_write(move: Arriving) -> str | None:
    """Return the account of a move if the bot can write first there."""
    return move.account if move.account.partition(":")[0] in WRITING_DOORS else None


@dataclass(slots=True)
class Writes:
    """The rows that a transaction's turns leave, gathered so that each statement is sent once."""

    stored: set[str]
    """Keys of wordings that are known to be in the database; those committed are added."""
    zone: ZoneInfo
    """The zone of organisations that have and inherit none."""
    questions: dict[str, str] = field(default_factory=dict)
    attempts: list[_Values] = field(default_factory=list)
    answers: list[_Values] = field(default_factory=list)
    finished: list[_Values] = field(default_factory=list)
    people: list[_Values] = field(default_factory=list)
    moves: list[_Values] = field(default_factory=list)
    links: list[_Values] = field(default_factory=list)
    used_links: list[_Values] = field(default_factory=list)
    numbered: list[_Values] = field(default_factory=list)
    joined: list[_Values] = field(default_factory=list)
    renamed: list[_Values] = field(default_factory=list)
    unblocked: list[_Values] = field(default_factory=list)
    tracks: list[_Values] = field(default_factory=list)
    guide_ends: Counter[GuideEnded] = field(default_factory=Counter)
    misses: list[Missed | NoneMeant | AnswerChosen] = field(default_factory=list)
    of_organisations: list[tuple[int, OrganisationRecord]] = field(default_factory=list)
    withdrawn: list[_Values] = field(default_factory=list)
    deleted: list[_Values] = field(default_factory=list)
    deletions: list[_Values] = field(default_factory=list)

    def turn(
        self,
        move: Arriving,
        known: Known,
        after: Person,
        *,
        records: Sequence[Record] = (),
        notice: str = "",
        document: str = "",
        commands: bool = False,
    ) -> None:
        """Add a turn: its records, the person after it, and its move so that it isn't repeated."""
        for record in records:
            if isinstance(record, ErasedPerson):
                self._erase(move, after, record)
                return
            self._record(after, record)
        self.people.append(
            {
                "person": after.id,
                "name": after.name,
                "name_key": schema.name_key(after.name),
                "language": after.language,
                "track": after.track,
                "reminders": after.reminders,
                "joined_at": after.joined_at,
                "seen_at": move.at,
                "place": after.place,
                "wish": after.wish,
                "study": after.study,
                "attempt_id": after.attempt.id if after.attempt else None,
                "reminders_sent": 0,
                "remind_at": first_reminder(after, move.at),
                "written_at": _where_to_write(move),
            }
        )
        self.moves.append(
            {
                "account_id": move.account,
                "move_id": move.move_id,
                "at": move.at,
                "notice": notice,
                "document": document,
                "commands": commands,
            }
        )
        if known.blocked:
            self.unblocked.append({"account": move.account})

    def _record(self, person: Person, record: Record) -> None:
        match record:
            case Started(attempt=attempt):
                references, wordings = refer(attempt)
                self.questions |= wordings
                self.attempts.append(
                    {
                        "id": attempt.id,
                        "person_id": person.id,
                        "lesson": attempt.lesson,
                        "number": attempt.number,
                        "course": attempt.course,
                        "pass_mark": attempt.pass_mark,
                        "asked": references,
                        "started_at": attempt.started_at,
                    }
                )
            case Answered():
                self.answers.append(
                    {
                        "attempt_id": record.attempt,
                        "index": record.index,
                        "question": record.question,
                        "version": record.version,
                        "response": record.response,
                        "points": record.points,
                        "at": record.at,
                    }
                )
            case Finished():
                self.finished.append(
                    {
                        "attempt": record.attempt,
                        "finished_at": record.at,
                        "score": record.score,
                        "passed": record.passed,
                    }
                )
            case LinkMade():
                self.links.append(
                    {
                        "digest": record.digest,
                        "person_id": person.id,
                        "expires_at": record.expires_at,
                    }
                )
            case LinkUsed():
                self.used_links.append({"link": record.digest})
            case JoinedPeople():
                if person.attempt is not None:
                    self.numbered.append(
                        {"attempt": person.attempt.id, "position": person.attempt.number}
                    )
                self.joined.append({"left": record.left, "kept": person.id})
                self.renamed += [
                    {"kept": person.id, "old": old, "new": new}
                    for old, new in record.renamed.items()
                ]
                self.drop(record.left)
            case TrackProgress():
                self.tracks.append(
                    {
                        "person": person.id,
                        "track": record.track,
                        "passed": record.passed,
                        "score": record.score,
                        "completed_at": record.completed_at,
                    }
                )
            case GuideEnded():
                self.guide_ends[record] += 1
            case Missed() | NoneMeant() | AnswerChosen():
                self.misses.append(record)
            case ErasedPerson():
                raise ValueError("a deletion is all that there is of its turn")
            case _:
                self.of_organisations.append((person.id, record))

    def _erase(self, move: Arriving, person: Person, record: ErasedPerson) -> None:
        self.withdrawn.append({"person": person.id, "at": record.at})
        self.drop(person.id)
        self.deletions.append(
            {
                "person_id": person.id,
                "at": record.at,
                "move": move_digest(move),
                "place": person.place,
                "language": person.language,
                "reason": "self",
            }
        )

    def drop(self, person: int) -> None:
        """Delete a person and, by the foreign keys, everything that is stored about them."""
        self.deleted.append({"person": person})

    def commit(self, connection: Connection) -> None:
        """Write everything and commit the transaction that ``load`` began."""
        try:
            # Another process may be at the same; the order keeps the two from deadlock.
            new = sorted(self.questions.keys() - self.stored)
            questions: list[_Values] = [
                {"key": key, "content": self.questions[key]} for key in new
            ]
            # The same here: rows that two processes count up are locked in one order.
            guide_ends: list[_Values] = [
                {"guide": each.guide, "ending": each.ending, "day": each.day, "count": count}
                for each, count in sorted(
                    self.guide_ends.items(), key=lambda one: (one[0].guide, one[0].ending)
                )
            ]
            for statement, rows in (
                (_ADD_QUESTION, questions),
                (_ADD_ATTEMPT, self.attempts),
                (_ADD_ANSWER, self.answers),
                (_FINISH_ATTEMPT, self.finished),
                (_NUMBER_ATTEMPT, self.numbered),
                *((move_over, self.joined) for move_over in _MOVE_OVER),
                (_RENAME_ATTEMPTS, self.renamed),
                (_UPDATE_PERSON, self.people),
                (_KEEP_TRACK, self.tracks),
                (COUNT_GUIDE_END, guide_ends),
                (_ADD_MOVE, self.moves),
                (_ADD_LINK, self.links),
                (_USE_LINK, self.used_links),
                (_UNBLOCK, self.unblocked),
                (_WITHDRAW_CERTIFICATES, self.withdrawn),
                (_DELETE_PERSON, self.deleted),
                (_ADD_DELETION, self.deletions),
            ):
                if rows:
                    statement.execute(connection, rows)
            if self.misses:
                write_misses(connection, self.misses)
            for person, record in self.of_organisations:
                team_writes.write(connection, person, record, self.zone)
            connection.commit()
            self.stored.update(new)
        except BaseException:
            connection.rollback()
            raise
