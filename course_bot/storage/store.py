"""One turn remembered whole or not at all; turns that wait together commit together."""

import asyncio
import logging
from collections import OrderedDict, deque
from collections.abc import (
    AsyncIterator,
    Callable,
    Collection,
    Hashable,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from itertools import islice
from typing import Self, TypeVar, cast
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, delete, exists, select, tuple_, update
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from course_bot.content.model import Course
from course_bot.errors import CourseError
from course_bot.learning.progress import Person
from course_bot.storage import (
    Account,
    digests,
    loading,
    outbox,
    reconciling,
    reminders,
    retention,
    schema,
)
from course_bot.storage.deriving import derive
from course_bot.storage.engine import SqliteReaders, writer_connection
from course_bot.storage.notes import keep_note, read_note
from course_bot.storage.query import Query
from course_bot.storage.reader import Reader
from course_bot.storage.seeking import tidy_misses
from course_bot.storage.writes import Record, Writes

logger = logging.getLogger(__name__)

R = TypeVar("R")

MOSCOW = ZoneInfo("Europe/Moscow")
TURNS_IN_COMMIT = 32
"""How many turns share a transaction at most: enough to hide what a commit costs."""
TRIES_ALONE = 2
"""How often a turn that failed is tried by itself: another process may have made the same new
person while it was tried with others, and again, just now, while it was tried alone."""
MOVES_KEPT = timedelta(days=2)
"""How long a move's id is known; Telegram keeps an undelivered update for 24 hours."""
SHEETS_KEPT = timedelta(days=90)
"""How long it is remembered what came of somebody's last sheet, and rows of unknown schools."""
MOVES_AT_ONCE = 1000
"""How many old moves are deleted before turns are let in between: some 10 ms."""


def _marker(bot: str) -> str:
    return f"marker {bot}"


class ClosedError(CourseError):
    """A turn for a storage that isn't open, or that closed before it got round to the turn."""


class _NotReadYetError(CourseError):
    """A decision wants to know something that was not read with its person."""

    def __init__(self, query: Query[object]) -> None:
        super().__init__()
        self.query = query


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What a turn starts from: the person, and whatever else the decision looks up."""

    person: Person
    found: Mapping[Query[object], object] = field(default_factory=dict)

    def look_up(self, query: Query[R]) -> R:
        """Return what a query finds in the turn's own transaction.

        The first time, the decision is abandoned, and made again once the answer is read.
        """
        if query not in self.found:
            raise _NotReadYetError(query)
        return cast(R, self.found[query])  # what ``load`` put there for this very query


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a move comes to: all that must be remembered before anything is shown.

    ``person`` is as they are after it, in the place that is shown then; ``records`` are what else
    it leaves; ``notice`` is a word to them about it, and ``document`` names a file to hand them.
    With ``commands``, they may have another menu of commands from now on.
    These three are remembered with the move: whoever repeats it gets them again.
    """

    person: Person
    records: tuple[Record, ...] = ()
    notice: str = ""
    document: str = ""
    commands: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Job:
    move: loading.Arriving
    decide: Callable[[Situation], Decision]
    done: "asyncio.Future[Decision]" = field(repr=False)
    queries: list[Query[object]] = field(default_factory=list)


@dataclass(slots=True)
class _Round:
    """What came of jobs that were carried out together."""

    decided: list[tuple[_Job, Decision]] = field(default_factory=list)
    failed: list[tuple[_Job, Exception]] = field(default_factory=list)
    later: list[_Job] = field(default_factory=list)


class _Queue:
    """The jobs that wait: those of one account in their order, the accounts by turns."""

    def __init__(self) -> None:
        self._queues: OrderedDict[str, deque[_Job]] = OrderedDict()

    def __bool__(self) -> bool:
        return bool(self._queues)

    def add(self, job: _Job) -> None:
        """Add a job behind those of its account."""
        self._queues.setdefault(job.move.account, deque()).append(job)

    def put_back(self, jobs: Iterable[_Job]) -> None:
        """Put jobs that were taken to the front again."""
        for job in jobs:
            self._queues.setdefault(job.move.account, deque()).appendleft(job)
            self._queues.move_to_end(job.move.account, last=False)

    def take(self, most: int) -> list[_Job]:
        """Take a job of each account, of those that have waited longest."""
        taken = []
        for account in list(islice(self._queues, most)):
            queue = self._queues.pop(account)
            taken.append(queue.popleft())
            if queue:
                self._queues[account] = queue
        return taken


class Storage:
    """Everything that is remembered, behind one engine.

    Use it as an async context manager: inside, one writer carries out all turns. SQLite lets one
    writer in at a time anyway, and a queue is fairer and faster than a fight for its lock.
    """

    def __init__(self, engine: AsyncEngine, *, zone: ZoneInfo = MOSCOW) -> None:
        """Take the engine, and the zone of organisations that have and inherit none."""
        self.engine = engine
        self.zone = zone
        self._queue = _Queue()
        self._waiting = asyncio.Event()
        self._writer: asyncio.Task[None] | None = None
        self._connection = writer_connection(engine)
        self._readers: SqliteReaders | None = None
        self._write_lock = asyncio.Lock()
        self._open = False
        self._stored: set[str] = set()

    async def __aenter__(self) -> Self:
        self._open = True
        if self.engine.dialect.name == "sqlite":
            self._readers = SqliteReaders(self.engine)
        self._writer = asyncio.create_task(self._write(), name="storage writer")
        return self

    async def __aexit__(self, *_: object) -> None:
        self._open = False
        self._waiting.set()
        try:
            if self._writer is not None:
                await self._writer
        finally:
            await self._connection.close()
            if self._readers is not None:
                await self._readers.close()
                self._readers = None
            await self.engine.dispose()

    async def turn(
        self,
        account: Account,
        move_id: str,
        at: datetime,
        decide: Callable[[Situation], Decision],
    ) -> Decision:
        """Load the person, decide, write, and return the decision after the commit.

        Args:
            account: whose turn it is; for one that is new, a person is made.
            move_id: what tells the account's moves apart, at most 64 characters.
            at: when the move was made, UTC.
            decide: from the situation to the decision; pure, as it may be called again, and in
                another thread.

        Returns:
            The decision. Of a move that was carried out before: the person as they are now, and
            what came of it then; ``decide`` is not asked.

        Raises:
            SQLAlchemyError, OSError: the database failed, or can't store this; nothing of the
                turn was written, unless the connection broke in the very commit: handing the
                move in again is right in both cases.
            ClosedError: the storage isn't open.
        """
        if not self._open:
            raise ClosedError
        done: asyncio.Future[Decision] = asyncio.get_running_loop().create_future()
        move = loading.Arriving(account=account_id(account), move_id=move_id, at=at)
        self._queue.add(_Job(move=move, decide=decide, done=done))
        self._waiting.set()
        return await done

    async def read(self, query: Query[R]) -> R:
        """Run a query in a reading transaction of its own."""
        if self._readers is not None:
            return await self._readers.run(query.run)
        async with self.reading() as connection:
            return await connection.run_sync(query.run)

    async def read_all(self, work: Callable[[Reader], R]) -> R:
        """Do work that asks several questions of one moment; the event loop waits for it."""
        async with self.reading() as connection:
            return await connection.run_sync(lambda sync: work(Reader(sync)))

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """Open a transaction that only reads: everything in it is of one moment."""
        async with self.engine.connect() as connection:
            if self.engine.dialect.name != "sqlite":  # a reader of SQLite's WAL has it so anyway
                await connection.execution_options(
                    isolation_level="REPEATABLE READ", postgresql_readonly=True
                )
            await connection.begin()
            try:
                yield connection
            finally:  # a damaged SQLite file refuses even a commit of nothing
                await connection.rollback()

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """Open a transaction that may write, for what is no turn; turns wait meanwhile."""
        # Without this lock, a busy writer would leave SQLite's lock free so rarely and so
        # briefly that another connection could miss it for the five seconds that it tries.
        async with self._write_lock, self.engine.connect() as connection:
            await connection.execution_options(writes=True)
            async with connection.begin():
                yield connection

    async def blocked(self, account: Account, since: datetime | None) -> None:
        """Remember since when the account can't be written to; None, or its next move: it can.

        A move after ``since`` has shown that it can: then this is news of long ago.
        """
        there = schema.account.c.id == account_id(account)
        if since is not None:
            there &= ~exists().where(
                schema.move.c.account_id == schema.account.c.id, schema.move.c.at > since
            )
        async with self.writing() as connection:
            await connection.run_sync(loading.hold, [account_id(account)])
            await connection.execute(update(schema.account).where(there).values(blocked_at=since))
            if since is None:
                await connection.run_sync(reminders.look_after_block, account_id(account))

    async def plan_reminders(
        self, doors: Collection[str], now: datetime, wanted: Callable[[Person], bool]
    ) -> None:
        """Put the reminders that are due into the outbox; turns are let in between.

        Args:
            doors: the doors at which the bot can write first.
            now: the time, UTC.
            wanted: whether there is anything to remind a person of; pure.
        """
        looked = 1
        while looked:
            async with self.writing() as connection:
                looked = await connection.run_sync(reminders.plan, doors, now, wanted)

    async def note_digest(
        self, who: digests.Subscriber, monday: date, now: datetime, *, tell: bool
    ) -> None:
        """Note that a coordinator's digest is made, and put it into the outbox (``note``)."""
        async with self.writing() as connection:
            await connection.run_sync(
                partial(digests.note, who=who, monday=monday, now=now, tell=tell)
            )

    async def retain(self, months: int, doors: Collection[str], now: datetime) -> None:
        """Warn and delete those who have stayed away for too long; turns are let in between.

        Args:
            months: after how many without a visit people are deleted.
            doors: the doors at which the bot can write first.
            now: the time, UTC.
        """
        done = 1
        while done:
            async with self.writing() as connection:
                done = await connection.run_sync(retention.warn, months, doors, now, self.zone)
        done = 1
        while done:
            async with self.writing() as connection:
                done = await connection.run_sync(retention.delete_absent, months, doors, now)

    async def marker(self, bot: str) -> int | None:
        """Return up to where a bot ("max 42") has heard its updates; None: it never kept where."""
        async with self.reading() as connection:
            value = await connection.run_sync(read_note, _marker(bot))
        return None if value is None else int(value)

    async def keep_marker(self, bot: str, marker: int) -> None:
        """Keep up to where a bot has heard its updates, all of which are committed."""
        async with self.writing() as connection:
            await connection.run_sync(keep_note, _marker(bot), f"{marker}")

    async def follow_people(self, doors: Collection[str], now: datetime) -> None:
        """Let messages go where their people are written to by now (``outbox.follow``)."""
        async with self.writing() as connection:
            await connection.run_sync(outbox.follow, doors, now)

    async def lend_messages(self, door: str, now: datetime) -> list[outbox.Lent]:
        """Lend messages of the outbox that are due at a door (``outbox.lend``)."""
        async with self.writing() as connection:
            return await connection.run_sync(outbox.lend, door, now)

    async def settle_messages(
        self, done: Sequence[outbox.Settled | outbox.Postponed], now: datetime
    ) -> None:
        """Remember what became of messages that were lent."""
        async with self.writing() as connection:
            await connection.run_sync(outbox.settle, done, now)

    async def begin_message(self, message: int, now: datetime) -> bool:
        """Note that a message that is lent is about to be sent (``outbox.begin``)."""
        async with self.writing() as connection:
            return await connection.run_sync(outbox.begin, message, now)

    async def put_off_message(self, message: int, now: datetime, reason: str) -> None:
        """Let a message that could not be sent be due again later (``outbox.put_off``)."""
        async with self.writing() as connection:
            await connection.run_sync(outbox.put_off, message, now, reason)

    async def reconcile(self, course: Course) -> None:
        """Bring everybody's tracks into step with the course, if it has changed since last time.

        Turns are let in between.
        """
        digest = reconciling.composition(course)
        async with self.reading() as connection:
            if await connection.run_sync(reconciling.known_composition) == digest:
                return
        last: int | None = 0
        while last is not None:
            async with self.writing() as connection:
                last = await connection.run_sync(reconciling.reconcile, course, last)
        async with self.writing() as connection:
            await connection.run_sync(reconciling.note_composition, digest)

    async def derive(self) -> None:
        """Bring into step what is derived from the tree of organisations (``deriving.derive``)."""
        async with self.writing() as connection:
            await connection.run_sync(derive, self.zone)

    async def tidy(self, now: datetime) -> None:
        """Delete what has served its time: of moves, links, messages, sessions, sheets, misses."""
        key = (schema.move.c.account_id, schema.move.c.move_id)
        old = select(*key).where(schema.move.c.at < now - MOVES_KEPT).limit(MOVES_AT_ONCE)
        deleted = MOVES_AT_ONCE
        while deleted == MOVES_AT_ONCE:
            async with self.writing() as connection:
                result = await connection.execute(delete(schema.move).where(tuple_(*key).in_(old)))
                deleted = result.rowcount
        ended = (
            delete(schema.personal_link).where(schema.personal_link.c.expires_at <= now),
            delete(schema.outbox).where(schema.outbox.c.settled_at < now - outbox.KEPT),
            delete(schema.team_session).where(schema.team_session.c.expires_at <= now),
            delete(schema.wrong_guess).where(schema.wrong_guess.c.at < now - MOVES_KEPT),
            delete(schema.unmatched_day).where(schema.unmatched_day.c.sent_at < now - SHEETS_KEPT),
            delete(schema.received_sheet).where(schema.received_sheet.c.at < now - SHEETS_KEPT),
            update(schema.deletion)
            .where(schema.deletion.c.move.is_not(None), schema.deletion.c.at < now - MOVES_KEPT)
            .values(move=None, place=""),
        )
        async with self.writing() as connection:
            for statement in ended:
                await connection.execute(statement)
            await connection.run_sync(tidy_misses, now)

    async def _write(self) -> None:
        """Carry out jobs, as many together as wait, until the storage closes and none is left."""
        try:
            while self._open or self._queue:
                if not self._queue:
                    self._waiting.clear()
                    await self._waiting.wait()
                    continue
                async with self._write_lock:
                    await self._carry_out(self._queue.take(TURNS_IN_COMMIT))
        finally:  # cancelled: whoever waits must not wait for ever
            self._open = False
            while jobs := self._queue.take(TURNS_IN_COMMIT):
                _fail(jobs, ClosedError())

    async def _carry_out(self, jobs: list[_Job]) -> None:
        """Carry out jobs together or else one by one, and tell each caller what came of it."""
        try:
            await self._transact(jobs)
        except (OperationalError, TimeoutError) as error:
            # The database is locked, full or silent, and has kept everybody waiting already.
            await self._give_up(jobs, error)
        except Exception as error:  # noqa: BLE001 - whatever it is, the writer must go on
            logger.warning("%d turns failed together; each is tried alone: %r", len(jobs), error)
            if _is_of_the_database(error):
                await self._connection.drop()
            await self._carry_out_each(jobs)
        except BaseException:
            _fail(jobs, ClosedError())
            raise

    async def _carry_out_each(self, jobs: list[_Job]) -> None:
        """Carry out each job by itself, so that one that fails takes no other with it.

        A connection that was lost, and a row that another process wrote at the same moment, cost
        no turn: a later try finds a new connection, and the row. If the commit had gone through
        before the connection was lost, it finds the move carried out.
        """
        waiting = deque(jobs)
        tries = 0
        try:
            while waiting:
                tries += 1
                try:
                    await self._transact([waiting[0]])
                except Exception as error:  # noqa: BLE001 - as above
                    if _is_of_the_database(error):
                        await self._give_up(waiting, error)
                        return
                    if tries < TRIES_ALONE:
                        continue
                    _fail([waiting[0]], error)
                waiting.popleft()
                tries = 0
        except BaseException:
            _fail(waiting, ClosedError())
            raise

    async def _give_up(self, jobs: Iterable[_Job], error: Exception) -> None:
        logger.error("the database fails: %r", error)
        _fail(jobs, error)
        await self._connection.drop()

    async def _transact(self, jobs: list[_Job]) -> None:
        round_ = await self._connection.run(lambda connection: self._round(connection, jobs))
        self._queue.put_back(reversed(round_.later))
        for job, fault in round_.failed:
            _fail([job], fault)
        for job, decision in round_.decided:
            if not job.done.done():
                job.done.set_result(decision)

    def _round(self, connection: Connection, jobs: list[_Job]) -> _Round:
        """Load, decide and commit in one go: on SQLite in the writer's thread.

        Between them nobody has to wait for the event loop to come round, and everybody waits
        for this transaction.
        """
        queries = list(dict.fromkeys(query for job in jobs for query in job.queries))
        known, found = loading.load(connection, [job.move for job in jobs], queries)
        writes = Writes(stored=self._stored, zone=self.zone)
        done = _Round()
        busy: set[Hashable] = set()
        for job, entry in zip(jobs, known, strict=True):
            theirs = {entry.person.id, *_changed_by(job, found)}
            if theirs & busy:  # the same person at another door: in the next round
                done.later.append(job)
                continue
            busy |= theirs
            if entry.repeated:
                done.decided.append((job, _decided(entry)))
                continue
            try:
                decision = job.decide(Situation(person=entry.person, found=found))
            except _NotReadYetError as missing:
                job.queries.append(missing.query)
                done.later.append(job)
            except Exception as error:  # noqa: BLE001 - it is the caller's, who gets it
                done.failed.append((job, error))
                if entry.new:
                    writes.drop(entry.person.id)
            else:
                done.decided.append((job, decision))
                writes.turn(
                    job.move,
                    entry,
                    decision.person,
                    records=decision.records,
                    notice=decision.notice,
                    document=decision.document,
                    commands=decision.commands,
                )
        writes.commit(connection)
        return done


def _changed_by(job: _Job, found: Mapping[Query[object], object]) -> Iterator[Hashable]:
    for query in job.queries:
        yield from query.held(found[query])
        key = query.alone()
        if key is not None:
            yield key


def account_id(account: Account) -> str:
    """Return the key of an account's row, as in "telegram:42"."""
    return f"{account.door}:{account.key}"


def _decided(entry: loading.Known) -> Decision:
    """Return what a move that was carried out before came to."""
    return Decision(
        person=entry.person,
        notice=entry.notice,
        document=entry.document,
        commands=entry.commands,
    )


def _fail(jobs: Iterable[_Job], error: Exception) -> None:
    for job in jobs:
        if not job.done.done():
            job.done.set_exception(error)


def _is_of_the_database(error: Exception) -> bool:
    """Tell a database in trouble, which would fail every job, from a fault in one job's data."""
    lost = isinstance(error, DBAPIError) and error.connection_invalidated
    return lost or isinstance(error, OperationalError | OSError)
