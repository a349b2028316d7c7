"""The database behind a URL: SQLite as it must be set up to be safe, or PostgreSQL."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Protocol, TypeVar
from urllib.parse import urlsplit

import sqlalchemy
from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from course_bot.errors import CourseError

T = TypeVar("T")

DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg"}
CONNECT_SECONDS = 10
READERS = 5
"""How many questions are asked of a SQLite file at a time."""
WORK_SECONDS = 30
"""How long PostgreSQL may take over a piece of a turn's work: a server that has silently gone
would otherwise hold up everybody for as long as the network takes to notice."""


class DatabaseUrlError(CourseError):
    """A database URL that is not of a kind that course-bot works with."""


def database_url(text: str) -> URL:
    """Read a database URL; the driver may be left out.

    Raises:
        DatabaseUrlError: it is no URL, or names another database than SQLite or PostgreSQL.
    """
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):  # ValueError: a port that is no number
        raise DatabaseUrlError from None
    dialect = url.get_backend_name()
    if dialect == "postgres":
        dialect = "postgresql"
    # Each connection would have a database in memory of its own, and there are several.
    nowhere = dialect == "sqlite" and url.database in (None, "", ":memory:")
    if dialect not in DRIVERS or nowhere:
        raise DatabaseUrlError
    return url.set(drivername=DRIVERS[dialect])


def create_engine(url: URL, *, read_only: bool = False) -> AsyncEngine:
    """Create the engine, and the folder that a SQLite file is to stand in.

    Writing transactions ask for it with the execution option ``writes=True``. What is written
    stays out of the errors, as errors go to the log.

    Args:
        url: as ``database_url`` returns it.
        read_only: make no folder and no file, and let nothing be written to a SQLite file.
    """
    if url.get_backend_name() != "sqlite":
        return create_async_engine(
            url,
            pool_pre_ping=True,
            hide_parameters=True,
            connect_args={"timeout": CONNECT_SECONDS},
        )
    if read_only:
        url = _read_only(url)
    else:
        sqlite_path(url).parent.mkdir(parents=True, exist_ok=True)
    # With the driver's own transactions (isolation_level other than None) a read and the write
    # that depends on it are not one transaction, and concurrent updates are lost in silence.
    engine = create_async_engine(url, hide_parameters=True, connect_args={"isolation_level": None})
    _listen(engine.sync_engine)
    return engine


def sqlite_path(url: URL) -> Path:
    """Return the path of a SQLite file, also where the address names it by a URI of its own."""
    database = str(url.database)
    if not database.startswith("file:"):
        return Path(database)
    from urllib.request import url2pathname  # tens of milliseconds, and few need it

    return Path(url2pathname(urlsplit(database).path))


def _read_only(url: URL) -> URL:
    """Open a SQLite file by an address that lets it only be read.

    A reader of a file in WAL mode leaves two files beside it, unless it may take for granted that
    nobody writes meanwhile. Whoever writes has those files there already.
    """
    how = {"mode": "ro", "uri": "true"} | ({"immutable": "1"} if _is_at_rest(url) else {})
    return url.set(database=sqlite_path(url).absolute().as_uri(), query={**url.query, **how})


def _is_at_rest(url: URL) -> bool:
    path = sqlite_path(url)
    return not any(path.with_name(f"{path.name}-{kind}").exists() for kind in ("wal", "journal"))


def was_written_meanwhile(engine: AsyncEngine) -> bool:
    """Tell whether what was read over an engine that only reads may be of two moments."""
    return "immutable" in engine.url.query and not _is_at_rest(engine.url)


def _listen(engine: Engine) -> None:
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_sqlite)


def _set_up_sqlite(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    # FULL: with WAL and NORMAL a power cut may take the last commits with it.
    cursor.execute("PRAGMA busy_timeout=5000")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


class WriterConnection(Protocol):
    """A connection that stays open for one writer, opened anew by its next work once dropped."""

    async def run(self, work: Callable[[Connection], T]) -> T:
        """Carry out work over the connection and return what it returns."""
        ...

    async def drop(self) -> None:
        """Give up the connection, and any transaction on it, whatever state they are in."""
        ...

    async def close(self) -> None:
        """Close for good."""
        ...


def writer_connection(engine: AsyncEngine) -> WriterConnection:
    """Return the way in which a single writer works on the engine's database."""
    if engine.dialect.name == "sqlite":
        return _SqliteWriter(engine.url)
    return _AsyncWriter(engine)


class SqliteReaders:
    """Questions asked of a SQLite file, each in a transaction of its own and one change of thread.

    Over aiosqlite it would be one for each of opening, asking and closing, and a menu that asks
    one small question took three times as long as one that asks none.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        """Take the engine whose file is read."""
        self._engine = sqlalchemy.create_engine(
            engine.url.set(drivername="sqlite"),
            hide_parameters=True,
            connect_args={"isolation_level": None, "check_same_thread": False},
            pool_size=READERS,
            max_overflow=0,
        )
        _listen(self._engine)
        self._threads = ThreadPoolExecutor(READERS, thread_name_prefix="storage reader")

    async def run(self, work: Callable[[Connection], T]) -> T:
        """Carry out work that only reads, and return what it returns."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._read, work)

    async def close(self) -> None:
        """Close for good, once what is being read is read."""
        await asyncio.to_thread(self._threads.shutdown)
        self._engine.dispose()

    def _read(self, work: Callable[[Connection], T]) -> T:
        with self._engine.connect() as connection:
            connection.begin()
            try:
                return work(connection)
            finally:  # a damaged file refuses even a commit of nothing
                connection.rollback()


class _SqliteWriter:
    """Several statements for one change of thread.

    aiosqlite changes threads for each, and then a change of thread costs more than the
    statement: 430 turns a second of one learner became 1,300.
    """

    def __init__(self, url: URL) -> None:
        self._engine = sqlalchemy.create_engine(
            url.set(drivername="sqlite"),
            hide_parameters=True,
            # The connection is made and used in the one thread, and closed there too.
            connect_args={"isolation_level": None, "check_same_thread": False},
        )
        _listen(self._engine)
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="storage writer")
        self._connection: Connection | None = None

    async def run(self, work: Callable[[Connection], T]) -> T:
        return await self._in_thread(lambda: work(self._connected()))

    async def drop(self) -> None:
        await self._in_thread(self._drop)

    async def close(self) -> None:
        await self._in_thread(self._drop)
        await self._in_thread(self._engine.dispose)
        self._thread.shutdown()

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def _connected(self) -> Connection:
        if self._connection is None:
            self._connection = self._engine.connect().execution_options(writes=True)
        return self._connection

    def _drop(self) -> None:
        if self._connection is not None:
            connection, self._connection = self._connection, None
            with suppress(SQLAlchemyError, OSError):
                connection.invalidate()
                connection.close()


class _AsyncWriter:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._connection: AsyncConnection | None = None

    async def run(self, work: Callable[[Connection], T]) -> T:
        async with asyncio.timeout(WORK_SECONDS):
            if self._connection is None:
                connection = await self._engine.connect()
                self._connection = await connection.execution_options(writes=True)
            return await self._connection.run_sync(work)

    async def drop(self) -> None:
        if self._connection is not None:
            connection, self._connection = self._connection, None
            with suppress(SQLAlchemyError, OSError):
                await connection.invalidate()
                await connection.close()

    async def close(self) -> None:
        if self._connection is not None:
            connection, self._connection = self._connection, None
            with suppress(SQLAlchemyError, OSError):
                await connection.close()
