"""One turn remembered whole or not at all; turns that wait together commit together."""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Generic, Self, TypeVar

from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.engine import RowMapping
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from course_bot.learning.attempts import Attempt
from course_bot.learning.progress import Answered, Finished, Person, Record, Started, Study
from course_bot.storage import Account, schema

logger = logging.getLogger(__name__)

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

TURNS_IN_COMMIT = 32
"""How many turns share a transaction at most: enough to hide what a commit costs."""
MOVES_KEPT = timedelta(days=2)
"""How long a move's id is known; Telegram keeps an undelivered update for 24 hours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What a turn starts from.

    ``repeated``: this move has been carried out before, and nothing that is decided now will be
    remembered.
    """

    person: Person
    repeated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalLink:
    """A link that moves a person to another account: its secret's digest, and when it ends."""

    digest: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision(Generic[T_co]):
    """What a turn comes to: a reply, and all that must be remembered before it is shown.

    ``forget`` deletes the person and everything that is stored about them.
    """

    reply: T_co
    person: Person
    records: tuple[Record, ...] = ()
    link: PersonalLink | None = None
    forget: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Job:
    account: str
    move_id: str
    at: datetime
    decide: Callable[[Situation], Decision[object]]
    done: "asyncio.Future[None]" = field(repr=False)


@dataclass(slots=True, kw_only=True)
class _Known:
    """What the database holds of an account; ``moves`` are those of the waiting ones seen."""

    person: Person
    blocked: bool
    moves: set[str] = field(default_factory=set)


class Storage:
    """Everything that is remembered, behind one engine.

    Use it as an async context manager: inside, one writer carries out all turns. SQLite lets one
    writer in at a time anyway, and a queue is fairer and faster than a fight for its lock.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self._jobs: deque[_Job] = deque()
        self._waiting = asyncio.Event()
        self._writer: asyncio.Task[None] | None = None
        self._connection: AsyncConnection | None = None
        self._closing = False

    async def __aenter__(self) -> Self:
        self._writer = asyncio.create_task(self._write(), name="storage writer")
        return self

    async def __aexit__(self, *_: object) -> None:
        self._closing = True
        self._waiting.set()
        if self._writer is not None:
            await self._writer
        await self._disconnect()
        await self.engine.dispose()

    async def turn(
        self,
        account: Account,
        move_id: str,
        at: datetime,
        decide: Callable[[Situation], Decision[T]],
    ) -> T:
        """Load the person, decide, write, and return the reply after the commit.

        Args:
            account: whose turn it is; met for the first time, a person is made for it.
            move_id: what tells the account's moves apart, at most 64 characters.
            at: when the move was made, UTC.
            decide: from the situation to the decision; pure, as a retry calls it again.

        Returns:
            The decision's reply.

        Raises:
            SQLAlchemyError, OSError: the database failed, and nothing was written.
        """
        decided: list[Decision[T]] = []

        def note(situation: Situation) -> Decision[T]:
            decided[:] = [decide(situation)]
            return decided[0]

        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._jobs.append(
            _Job(account=account_id(account), move_id=move_id, at=at, decide=note, done=done)
        )
        self._waiting.set()
        await done
        return decided[0].reply

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """Open a transaction that only reads: everything in it is of one moment."""
        async with self.engine.connect() as connection, connection.begin():
            yield connection

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """Open a transaction that may write, for what is no turn."""
        async with self.engine.connect() as connection:
            await connection.execution_options(writes=True)
            async with connection.begin():
                yield connection

    async def blocked(self, account: Account, at: datetime) -> None:
        """Remember that the account can't be written to; its next move takes that back."""
        async with self.writing() as connection:
            await connection.execute(
                update(schema.account)
                .where(schema.account.c.id == account_id(account))
                .values(blocked_at=at)
            )

    async def tidy(self, now: datetime) -> None:
        """Delete what has served its time: ids of old moves, and personal links that ended."""
        async with self.writing() as connection:
            await connection.execute(
                delete(schema.move).where(schema.move.c.at < now - MOVES_KEPT)
            )
            await connection.execute(
                delete(schema.personal_link).where(schema.personal_link.c.expires_at <= now)
            )

    async def _write(self) -> None:
        """Carry out jobs, as many together as wait, until the storage closes and none is left."""
        while self._jobs or not self._closing:
            await self._waiting.wait()
            jobs = self._next_jobs()
            if not jobs:
                continue
            try:
                await self._transact(jobs)
            except (SQLAlchemyError, OSError):
                logger.warning("%d turns failed together; each is tried alone", len(jobs))
                await self._transact_each(jobs)

    def _next_jobs(self) -> list[_Job]:
        """Take the jobs of the next transaction: the first that waits of each account."""
        taken: dict[str, _Job] = {}
        later: list[_Job] = []
        while self._jobs and len(taken) < TURNS_IN_COMMIT:
            job = self._jobs.popleft()
            if job.account in taken:
                later.append(job)
            else:
                taken[job.account] = job
        self._put_back(later)
        return list(taken.values())

    def _put_back(self, jobs: Sequence[_Job]) -> None:
        self._jobs.extendleft(reversed(jobs))
        if not self._jobs and not self._closing:
            self._waiting.clear()

    async def _transact_each(self, jobs: list[_Job]) -> None:
        """Carry out each job by itself, so that one that fails takes no other with it."""
        trouble: Exception | None = None
        for job in jobs:
            if trouble is not None:
                _fail(job, trouble)
                continue
            await self._disconnect()
            try:
                await self._transact([job])
            except IntegrityError as error:
                _fail(job, error)
            except (SQLAlchemyError, OSError) as failure:
                # It is the database that is in trouble: the other jobs would only wait in vain,
                # five seconds each where a lock is held.
                _fail(job, failure)
                trouble = failure
        if trouble is not None:
            await self._disconnect()

    async def _connect(self) -> AsyncConnection:
        """Return the writer's own connection; it stays open, as handing it back costs a turn."""
        if self._connection is None:
            connection = await self.engine.connect()
            self._connection = await connection.execution_options(writes=True)
        return self._connection

    async def _disconnect(self) -> None:
        if self._connection is not None:
            connection, self._connection = self._connection, None
            with suppress(SQLAlchemyError, OSError):
                await connection.invalidate()
                await connection.close()

    async def _transact(self, jobs: list[_Job]) -> None:
        connection = await self._connect()
        writes = _Writes()
        busy: set[int] = set()
        later: list[_Job] = []
        failed: list[tuple[_Job, Exception]] = []
        async with connection.begin():
            known = await _load(connection, jobs)
            for job in jobs:
                entry = known[job.account]
                if entry.person.id in busy:  # the same person at another door: in the next round
                    later.append(job)
                    continue
                busy.add(entry.person.id)
                repeated = job.move_id in entry.moves
                try:
                    decision = job.decide(Situation(person=entry.person, repeated=repeated))
                except Exception as error:  # noqa: BLE001 - it is the caller's, who gets it
                    failed.append((job, error))
                    continue
                if not repeated:
                    writes.add(job, entry, decision)
            await writes.carry_out(connection)
        self._put_back(later)
        for job, fault in failed:
            _fail(job, fault)
        for job in jobs:
            if job not in later and not job.done.done():
                job.done.set_result(None)


def account_id(account: Account) -> str:
    """Return the key of an account's row, as in "telegram:42"."""
    return f"{account.door}:{account.key}"


def _fail(job: _Job, error: Exception) -> None:
    if not job.done.done():
        job.done.set_exception(error)


_LOAD = (
    select(
        schema.account.c.id.label("account_id"),
        schema.account.c.blocked_at,
        schema.move.c.move_id,
        schema.person,
        schema.attempt.c.lesson,
        schema.attempt.c.number,
        schema.attempt.c.course,
        schema.attempt.c.pass_mark,
        schema.attempt.c.asked,
        schema.attempt.c.started_at,
    )
    .select_from(schema.account)
    .join(schema.person)
    .outerjoin(schema.attempt, schema.attempt.c.id == schema.person.c.attempt_id)
    .outerjoin(
        schema.move,
        (schema.move.c.account_id == schema.account.c.id)
        & schema.move.c.move_id.in_(bindparam("moves", expanding=True)),
    )
    .where(schema.account.c.id.in_(bindparam("accounts", expanding=True)))
    # Another process on the same PostgreSQL waits here; the order keeps two from deadlock.
    .order_by(schema.person.c.id)
    .with_for_update(of=schema.person)
)


async def _load(connection: AsyncConnection, jobs: list[_Job]) -> dict[str, _Known]:
    """Load what is known of the jobs' accounts, and make a person for each new one."""
    rows = await connection.execute(
        _LOAD,
        {"accounts": [job.account for job in jobs], "moves": [job.move_id for job in jobs]},
    )
    known: dict[str, _Known] = {}
    for row in rows.mappings():
        entry = known.get(row["account_id"])
        if entry is None:
            entry = _Known(person=read_person(row), blocked=row["blocked_at"] is not None)
            known[row["account_id"]] = entry
        if row["move_id"] is not None:
            entry.moves.add(row["move_id"])
    new = [job for job in jobs if job.account not in known]
    if new:
        known.update(await _meet(connection, new))
    return known


async def _meet(connection: AsyncConnection, jobs: list[_Job]) -> dict[str, _Known]:
    study = Study()
    ids = await connection.scalars(
        insert(schema.person).returning(schema.person.c.id, sort_by_parameter_order=True),
        [{"joined_at": job.at, "seen_at": job.at, "study": study} for job in jobs],
    )
    met = {
        job.account: _Known(
            person=Person(id=number, joined_at=job.at, seen_at=job.at, study=study), blocked=False
        )
        for job, number in zip(jobs, ids, strict=True)
    }
    await connection.execute(
        insert(schema.account),
        [{"id": name, "person_id": entry.person.id} for name, entry in met.items()],
    )
    return met


def read_person(row: RowMapping) -> Person:
    """Make a person of a row that has the columns of ``person`` and of its latest attempt."""
    latest = row["attempt_id"]
    return Person(
        id=row["id"],
        name=row["name"],
        language=row["language"],
        track=row["track"],
        reminders=row["reminders"],
        joined_at=row["joined_at"],
        seen_at=row["seen_at"],
        place=row["place"],
        study=row["study"],
        attempt=read_attempt(row, latest) if latest is not None else None,
    )


def read_attempt(row: RowMapping, attempt_id: str) -> Attempt:
    """Make an attempt of a row that has the columns of ``attempt``."""
    return Attempt(
        id=attempt_id,
        lesson=row["lesson"],
        number=row["number"],
        course=row["course"],
        pass_mark=row["pass_mark"],
        asked=row["asked"],
        started_at=row["started_at"],
    )


_UPDATE_PERSON = (
    update(schema.person)
    .where(schema.person.c.id == bindparam("person"))
    .values(
        {
            column: bindparam(column)
            for column in (
                "name",
                "language",
                "track",
                "reminders",
                "seen_at",
                "place",
                "study",
                "attempt_id",
                "reminders_sent",
            )
        }
    )
)
_FINISH_ATTEMPT = (
    update(schema.attempt)
    .where(schema.attempt.c.id == bindparam("attempt"))
    .values(
        finished_at=bindparam("finished_at"), score=bindparam("score"), passed=bindparam("passed")
    )
)
_UNBLOCK = (
    update(schema.account)
    .where(schema.account.c.id == bindparam("account"))
    .values(blocked_at=None)
)
_FORGET = delete(schema.person).where(schema.person.c.id == bindparam("person"))

_Values = dict[str, object]


@dataclass(slots=True)
class _Writes:
    """The rows that a transaction's turns leave, gathered so that each statement is sent once."""

    attempts: list[_Values] = field(default_factory=list)
    answers: list[_Values] = field(default_factory=list)
    finished: list[_Values] = field(default_factory=list)
    people: list[_Values] = field(default_factory=list)
    moves: list[_Values] = field(default_factory=list)
    links: list[_Values] = field(default_factory=list)
    unblocked: list[_Values] = field(default_factory=list)
    forgotten: list[_Values] = field(default_factory=list)

    def add(self, job: _Job, known: _Known, decision: Decision[object]) -> None:
        after = decision.person
        if decision.forget:
            self.forgotten.append({"person": after.id})
            return
        for record in decision.records:
            self._add_record(after, record)
        self.people.append(
            {
                "person": after.id,
                "name": after.name,
                "language": after.language,
                "track": after.track,
                "reminders": after.reminders,
                "seen_at": job.at,
                "place": after.place,
                "study": after.study,
                "attempt_id": after.attempt.id if after.attempt else None,
                "reminders_sent": 0,
            }
        )
        self.moves.append({"account_id": job.account, "move_id": job.move_id, "at": job.at})
        if decision.link is not None:
            self.links.append(
                {
                    "digest": decision.link.digest,
                    "person_id": after.id,
                    "expires_at": decision.link.expires_at,
                }
            )
        if known.blocked:
            self.unblocked.append({"account": job.account})

    def _add_record(self, person: Person, record: Record) -> None:
        match record:
            case Started(attempt=attempt):
                self.attempts.append(
                    {
                        "id": attempt.id,
                        "person_id": person.id,
                        "lesson": attempt.lesson,
                        "number": attempt.number,
                        "course": attempt.course,
                        "pass_mark": attempt.pass_mark,
                        "asked": attempt.asked,
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

    async def carry_out(self, connection: AsyncConnection) -> None:
        for statement, rows in (
            (insert(schema.attempt), self.attempts),
            (insert(schema.answer), self.answers),
            (_FINISH_ATTEMPT, self.finished),
            (_UPDATE_PERSON, self.people),
            (insert(schema.move), self.moves),
            (insert(schema.personal_link), self.links),
            (_UNBLOCK, self.unblocked),
            (_FORGET, self.forgotten),
        ):
            if rows:
                await connection.execute(statement, rows)
