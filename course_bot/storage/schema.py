"""The tables, and how the values of the layers below become columns and come back."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Generic, TypeVar

from pydantic import TypeAdapter
from sqlalchemy import (
    Boolean,
    Column,
    Date,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    false,
    text,
    true,
)

from course_bot.learning.progress import Study
from course_bot.questions.kinds import QUESTION
from course_bot.questions.question import Response
from course_bot.sheets.figures import COUNTED
from course_bot.sheets.received import RECEIVED

T = TypeVar("T")


@lru_cache(maxsize=1024)
def name_key(name: str) -> str:
    """Return what a name is sorted and searched by: no database folds every letter.

    SQLite's ``lower`` knows ASCII only, and to a code point «ё» stands behind «я».
    """
    return name.casefold().replace("ё", "е")


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC time; SQLite has no time zones, so there it is kept as text without one.

    There, SQLAlchemy's own type would be a second step each way, for four times in each turn.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - as called
        """Refuse a naive time and turn any other into UTC."""
        return None if value is None else _in_utc(value)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - as called
        """Return the time in UTC."""
        return None if value is None else value.astimezone(UTC)

    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], object] | None:
        """Return what writes a time."""
        return _written if dialect.name == "sqlite" else super().bind_processor(dialect)

    def result_processor(
        self, dialect: Dialect, coltype: object
    ) -> Callable[[object], datetime | None] | None:
        """Return what reads a time."""
        return _read if dialect.name == "sqlite" else super().result_processor(dialect, coltype)


def _in_utc(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("a time without its zone")
    return value.astimezone(UTC)


@lru_cache(maxsize=1024)  # a turn writes its own time into every row
def _written(value: datetime | None) -> str | None:
    if value is None:
        return None
    return _in_utc(value).replace(tzinfo=None).isoformat(" ", "microseconds")


def _read(value: object) -> datetime | None:
    return None if value is None else datetime.fromisoformat(str(value)).replace(tzinfo=UTC)


class Json(TypeDecorator[T], Generic[T]):
    """A checked value as JSON text, written and read by pydantic.

    With ``recent``, that many values are kept by their texts: what a person's last turn wrote is
    what their next one reads, and need not be parsed. The values must never change.
    """

    impl = Text
    cache_ok = True

    def __init__(self, adapter: TypeAdapter[T], *, recent: int = 0) -> None:
        super().__init__()
        # Under the arguments' names: by these SQLAlchemy tells one such type from another.
        self.adapter = adapter
        self.recent = recent
        self._write: Callable[[T], bytes] = adapter.dump_json
        self._read: Callable[[str], T] = adapter.validate_json
        self._known: dict[str, T] = {}

    def process_bind_param(self, value: T | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - as called
        """Write the value."""
        if value is None:
            return None
        written = self._write(value).decode()
        self._remember(written, value)
        return written

    def process_result_value(self, value: str | None, dialect: Dialect) -> T | None:  # noqa: ARG002 - as called
        """Read and check the value."""
        if value is None:
            return None
        known = self._known.get(value)
        if known is None:
            known = self._read(value)
            self._remember(value, known)
        return known

    def _remember(self, written: str, value: T) -> None:
        if self.recent:
            if len(self._known) >= self.recent:
                self._known.clear()
            self._known[written] = value


KEPT_PARSED = 500
"""How many studies are kept parsed, and what so many attempts ask: some 10 MB."""

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

person = Table(
    "person",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False, server_default=""),
    # Derived: what lists are sorted and searched by (``name_key``).
    Column("name_key", Text, nullable=False, server_default="", index=True),
    Column("language", String(8), nullable=False, server_default="ru"),
    Column("track", String(32), nullable=False, server_default=""),
    Column("reminders", Boolean, nullable=False, server_default=true()),
    Column("joined_at", UtcDateTime, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
    Column("place", String(64), nullable=False, server_default=""),
    Column("wish", String(64), nullable=False, server_default=""),
    Column("study", Json(TypeAdapter(Study), recent=KEPT_PARSED), nullable=False),
    # No foreign key: attempt refers to person already, and a circle of two could not be
    # inserted in one go. An attempt is only ever deleted together with its person.
    Column("attempt_id", String(32)),
    Column("reminders_sent", Integer, nullable=False, server_default=text("0")),
    # When to look whether the person is to be reminded; NULL: not before they move again.
    Column("remind_at", UtcDateTime, index=True),
    # When they were told that all that is stored about them will be deleted, if they stay away.
    Column("warned_at", UtcDateTime),
    # Of the accounts at which the bot can write first, the one used last. No foreign key:
    # accounts refer to people already, and it only says which of theirs comes first.
    Column("last_account_id", String(96)),
    Index(None, "seen_at"),
    # The number of somebody who was deleted is never given to anybody else.
    sqlite_autoincrement=True,
)

account = Table(
    "account",
    metadata,
    # The door and the door's own id of the person, as in "telegram:42".
    Column("id", String(96), primary_key=True),
    Column("person_id", ForeignKey("person.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("blocked_at", UtcDateTime),
)

move = Table(
    "move",
    metadata,
    Column(
        "account_id",
        ForeignKey("account.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("move_id", String(64), primary_key=True),
    Column("at", UtcDateTime, nullable=False, index=True),
    # What came of the move besides the place it led to: said once more if it is repeated.
    Column("notice", Text, nullable=False, server_default=""),
    Column("document", String(64), nullable=False, server_default=""),
    Column("commands", Boolean, nullable=False, server_default=false()),
    # The key is the table: a move alone changes one page less.
    sqlite_with_rowid=False,
)

Reference = tuple[str, tuple[int, ...], dict[str, int]]
"""A question as it was asked: its wording's key, the order of its parts, its drawn figures."""

question = Table(
    "question",
    metadata,
    # A digest of the content: whatever has the same key is the same.
    Column("key", String(16), primary_key=True),
    Column("content", Json(QUESTION), nullable=False),
)

attempt = Table(
    "attempt",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("person_id", ForeignKey("person.id", ondelete="CASCADE"), nullable=False),
    Column("lesson", String(32), nullable=False),
    Column("number", Integer, nullable=False),
    Column("course", String(32), nullable=False),
    Column("pass_mark", Integer, nullable=False),
    Column("asked", Json(TypeAdapter(tuple[Reference, ...]), recent=KEPT_PARSED), nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime),
    Column("score", Integer),
    Column("passed", Boolean, nullable=False, server_default=false()),
    # A report takes what it needs of a person's lessons from here alone: best, passed, tries.
    Index(None, "person_id", "lesson", "number", "passed"),
)

ATTEMPT_COLUMNS = tuple(
    attempt.c[name] for name in ("lesson", "number", "course", "pass_mark", "asked", "started_at")
)
"""What makes an attempt, under names that don't clash with those of ``person``."""

answer = Table(
    "answer",
    metadata,
    Column(
        "attempt_id",
        ForeignKey("attempt.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("index", Integer, primary_key=True),
    Column("question", String(32), nullable=False),
    Column("version", String(32), nullable=False),
    Column("response", Json(TypeAdapter(Response)), nullable=False),
    Column("points", Integer, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    sqlite_with_rowid=False,
)

personal_link = Table(
    "personal_link",
    metadata,
    # A digest: whoever reads the database can't use the links in it.
    Column("digest", String(64), primary_key=True),
    Column("person_id", ForeignKey("person.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("expires_at", UtcDateTime, nullable=False),
)

deletion = Table(
    "deletion",
    metadata,
    # Whose it was; nobody has this number any more.
    Column("person_id", Integer, primary_key=True, autoincrement=False),
    Column("at", UtcDateTime, nullable=False),
    # As long as the move that asked for it may be repeated: a digest of the account and the move,
    # and what it led to.
    Column("move", String(32), index=True),
    Column("place", String(64), nullable=False, server_default=""),
    Column("language", String(8), nullable=False, server_default="ru"),
    # "self": they wished it; "retention": they had stayed away for too long.
    Column("reason", String(16), nullable=False, server_default="self"),
)

noted = Table(
    "noted",
    metadata,
    # What the program has to remember of itself, by a name.
    Column("name", String(32), primary_key=True),
    Column("value", Text, nullable=False),
)

track_progress = Table(
    "track_progress",
    metadata,
    # Derived from the person's study, for reports: of every track of which anything is begun.
    Column("person_id", ForeignKey("person.id", ondelete="CASCADE"), primary_key=True),
    Column("track", String(32), primary_key=True),
    Column("passed", Integer, nullable=False),
    # The mean of the lessons' best scores in percent; NULL before the first quiz is finished.
    Column("score", Integer),
    # Once completed, always completed, even if the track gets another lesson.
    Column("completed_at", UtcDateTime),
    sqlite_with_rowid=False,
)

organisation = Table(
    "organisation",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("parent_id", ForeignKey("organisation.id"), index=True),
    Column("name", Text, nullable=False),
    Column("kind", String(40), nullable=False),
    # The «ID организации» in Sferum.
    Column("sferum_id", String(64), unique=True),
    # An IANA name; NULL: the one above's.
    Column("time_zone", String(64)),
    # Derived: its own or the nearest above's; NULL: the setting's.
    Column("zone", String(64)),
    Column("made_at", UtcDateTime, nullable=False),
    Column("archived_at", UtcDateTime),
    sqlite_autoincrement=True,
)

lineage = Table(
    "lineage",
    metadata,
    # Derived from the tree: every organisation with each of those above it, and with itself.
    # Those that are archived, and whatever is below them, are not here: nobody sees them.
    Column("above_id", ForeignKey("organisation.id", ondelete="CASCADE"), primary_key=True),
    Column("organisation_id", ForeignKey("organisation.id", ondelete="CASCADE"), primary_key=True),
    Index(None, "organisation_id", "above_id"),
    sqlite_with_rowid=False,
)

assignment = Table(
    "assignment",
    metadata,
    # What an organisation says itself.
    Column("organisation_id", ForeignKey("organisation.id", ondelete="CASCADE"), primary_key=True),
    Column("track", String(32), primary_key=True),
    Column("due", Date),
    # Not assigned here and below, whatever is assigned above.
    Column("lifted", Boolean, nullable=False, server_default=false()),
    Column("revision", Integer, nullable=False, server_default=text("1")),
    Column("changed_at", UtcDateTime, nullable=False),
    Column("changed_by", ForeignKey("person.id", ondelete="SET NULL")),
    sqlite_with_rowid=False,
)

assigned = Table(
    "assigned",
    metadata,
    # Derived: what is assigned in every organisation, wherever it was said.
    Column("organisation_id", ForeignKey("organisation.id", ondelete="CASCADE"), primary_key=True),
    Column("track", String(32), primary_key=True),
    Column("source_id", ForeignKey("organisation.id", ondelete="CASCADE"), nullable=False),
    Column("due", Date),
    # When the last day is over in the organisation's own time.
    Column("over_at", UtcDateTime),
    sqlite_with_rowid=False,
)

membership = Table(
    "membership",
    metadata,
    Column("organisation_id", ForeignKey("organisation.id"), primary_key=True),
    # "learner", "administrator" or "coordinator".
    Column("role", String(16), primary_key=True),
    Column("person_id", ForeignKey("person.id", ondelete="CASCADE"), primary_key=True),
    Column("joined_at", UtcDateTime, nullable=False),
    # Coordinators: whether they want the weekly digest, and which Monday's they have had.
    Column("digest", Boolean, nullable=False, server_default=true()),
    Column("digested", Date),
    Index(None, "person_id", "role"),
    sqlite_with_rowid=False,
)

departure = Table(
    "departure",
    metadata,
    # A learner who had completed everything and then left: for the totals, without a name.
    Column("id", Integer, primary_key=True),
    Column("organisation_id", ForeignKey("organisation.id"), nullable=False, index=True),
    Column("completed_at", UtcDateTime, nullable=False),
    Column("left_at", UtcDateTime, nullable=False),
)

consent = Table(
    "consent",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("person_id", ForeignKey("person.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("organisation_id", ForeignKey("organisation.id"), nullable=False),
    Column("role", String(16), nullable=False),
    # The version of the wording that they agreed to.
    Column("wording", String(16), nullable=False),
    Column("given_at", UtcDateTime, nullable=False),
    Column("withdrawn_at", UtcDateTime),
)

invite = Table(
    "invite",
    metadata,
    # Names it; its secret is derived from this and the server's secret.
    Column("key", String(16), primary_key=True),
    # A digest of its secret: whoever reads the database can't use the invites in it.
    Column("digest", String(32), nullable=False, unique=True),
    Column("organisation_id", ForeignKey("organisation.id"), nullable=False, index=True),
    Column("role", String(16), nullable=False),
    # NULL: made by a command, or by somebody who was deleted.
    Column("made_by", ForeignKey("person.id", ondelete="SET NULL")),
    Column("made_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    # How many people may use it; NULL: any number.
    Column("limit", Integer),
    Column("uses", Integer, nullable=False, server_default=text("0")),
    Column("withdrawn_at", UtcDateTime),
)

wrong_guess = Table(
    "wrong_guess",
    metadata,
    # Somebody tried an invite that there is not. Counts even if they are deleted: else whoever
    # deletes themselves after every try could go on for ever.
    Column("id", Integer, primary_key=True),
    Column("person_id", ForeignKey("person.id", ondelete="SET NULL"), index=True),
    Column("at", UtcDateTime, nullable=False, index=True),
)

mailing = Table(
    "mailing",
    metadata,
    # A coordinator's reminder to many; whom it reached is told by its messages in the outbox.
    Column("key", String(16), primary_key=True),
    Column("organisation_id", ForeignKey("organisation.id"), nullable=False, index=True),
    Column("made_by", ForeignKey("person.id", ondelete="SET NULL")),
    Column("made_at", UtcDateTime, nullable=False),
    Column("states", String(32), nullable=False),
    # How many can't be written to at any door.
    Column("unreachable", Integer, nullable=False),
)

certificate = Table(
    "certificate",
    metadata,
    Column("code", String(16), primary_key=True),
    # Of somebody who was deleted, the code alone stays, and that it is withdrawn.
    Column("person_id", ForeignKey("person.id", ondelete="SET NULL"), index=True),
    Column("track", String(32), nullable=False),
    # As they were on that day, for good.
    Column("title", Text, nullable=False),
    Column("course", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("organisation", Text, nullable=False),
    Column("day", Date, nullable=False),
    Column("issued_at", UtcDateTime, nullable=False),
    Column("withdrawn_at", UtcDateTime),
)

CERTIFICATE_TEXTS = ("name", "organisation", "title", "course", "track")
"""What is emptied when a certificate is withdrawn: whoever has it printed may ask about it, and
that it is withdrawn is all that is left to say."""

team_session = Table(
    "team_session",
    metadata,
    # Digests of the secrets of one-use links to the coordinator's page, and of its cookies.
    Column("digest", String(32), primary_key=True),
    Column("person_id", ForeignKey("person.id", ondelete="CASCADE"), nullable=False, index=True),
    # "link" or "cookie".
    Column("kind", String(8), nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
)

audit = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", UtcDateTime, nullable=False, index=True),
    # NULL with ``operator``: a command did it; without: somebody who was deleted.
    Column("person_id", ForeignKey("person.id", ondelete="SET NULL"), index=True),
    Column("operator", Boolean, nullable=False, server_default=false()),
    Column("organisation_id", ForeignKey("organisation.id"), nullable=False, index=True),
    Column("act", String(16), nullable=False),
    Column("about", Text, nullable=False, server_default=""),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("person_id", ForeignKey("person.id", ondelete="CASCADE"), nullable=False),
    Column("account_id", ForeignKey("account.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("door", String(16), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("lent_until", UtcDateTime),
    Column("tries", Integer, nullable=False, server_default=text("0")),
    # Settled without a reason: sent.
    Column("settled_at", UtcDateTime),
    Column("reason", Text),
    # When a door set about sending it; of what must never come twice, this ends its waiting.
    Column("begun_at", UtcDateTime),
    # What it is about: in whose name, in which mailing, and what only its kind understands.
    Column("organisation_id", ForeignKey("organisation.id", ondelete="SET NULL")),
    Column("mailing", ForeignKey("mailing.key", ondelete="SET NULL"), index=True),
    Column("about", Text, nullable=False, server_default=""),
    # What waits at a door, in the order in which it is due; what waits for a person.
    Index(None, "door", "settled_at", "due_at"),
    Index(None, "person_id", "settled_at", "id"),
    Index(None, "settled_at"),
    sqlite_autoincrement=True,
)

school_day = Table(
    "school_day",
    metadata,
    # What a statistics sheet says of an organisation on a day; NULL where it does not say.
    Column("organisation_id", ForeignKey("organisation.id", ondelete="CASCADE"), primary_key=True),
    Column("day", Date, primary_key=True),
    *(Column(each, Integer) for each in COUNTED),
    Column("sent_by", ForeignKey("person.id", ondelete="SET NULL"), index=True),
    Column("sent_at", UtcDateTime, nullable=False),
    sqlite_with_rowid=False,
)

unmatched_day = Table(
    "unmatched_day",
    metadata,
    # The same of an ID that is none of the sender's organisations': for them alone, until it is
    # matched.
    Column("person_id", ForeignKey("person.id", ondelete="CASCADE"), primary_key=True),
    Column("sferum_id", String(64), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("name", Text, nullable=False),
    Column("municipality", Text, nullable=False),
    *(Column(each, Integer) for each in COUNTED),
    Column("sent_at", UtcDateTime, nullable=False, index=True),
    sqlite_with_rowid=False,
)

received_sheet = Table(
    "received_sheet",
    metadata,
    # What was said of the last sheet that a person sent; while a question about it is open, also
    # its rows.
    Column("person_id", ForeignKey("person.id", ondelete="CASCADE"), primary_key=True),
    Column("at", UtcDateTime, nullable=False, index=True),
    Column("content", Json(RECEIVED), nullable=False),
)

heading_choice = Table(
    "heading_choice",
    metadata,
    # What somebody said that a column of an organisation's sheets is.
    Column("organisation_id", ForeignKey("organisation.id", ondelete="CASCADE"), primary_key=True),
    Column("heading", String(200), primary_key=True),
    Column("field", String(32), nullable=False),
    sqlite_with_rowid=False,
)

guide_end = Table(
    "guide_end",
    metadata,
    # How often a guide led to an ending on a day (UTC), whoever it was.
    Column("guide", String(32), primary_key=True),
    Column("ending", String(32), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("count", Integer, nullable=False),
    sqlite_with_rowid=False,
)

miss = Table(
    "miss",
    metadata,
    # A question in people's own words to which they chose no answer, without digits and names.
    Column("key", String(16), primary_key=True),
    Column("words", Text, nullable=False),
    # 0 to 255, of a keyed digest: tells two askers from one, and does not say who they are.
    Column("asker", Integer, nullable=False),
    Column("day", Date, nullable=False, index=True),
    # "none" was found; they chose "other"; "offered": they have not chosen yet.
    Column("outcome", String(8), nullable=False),
    sqlite_with_rowid=False,
)

answer_choice = Table(
    "answer_choice",
    metadata,
    # How often what was offered as perhaps meant was chosen on a day (UTC), whoever it was.
    Column("target", String(64), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("count", Integer, nullable=False),
    sqlite_with_rowid=False,
)
