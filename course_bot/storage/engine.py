"""The database behind a URL: SQLite as it must be set up to be safe, or PostgreSQL."""

from pathlib import Path

from sqlalchemy import Connection, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from course_bot.errors import CourseError

DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg"}


class DatabaseUrlError(CourseError):
    """A database URL that is not of a kind that course-bot works with."""


def database_url(text: str) -> URL:
    """Read a database URL; the driver may be left out.

    Raises:
        DatabaseUrlError: it is no URL, or names another database than SQLite or PostgreSQL.
    """
    try:
        url = make_url(text)
    except ArgumentError:
        raise DatabaseUrlError from None
    dialect = url.get_backend_name()
    if dialect == "postgres":
        dialect = "postgresql"
    if dialect not in DRIVERS or (dialect == "sqlite" and not url.database):
        raise DatabaseUrlError
    return url.set(drivername=DRIVERS[dialect])


def create_engine(url: URL) -> AsyncEngine:
    """Create the engine, and the folder that a SQLite file is to stand in.

    Writing transactions ask for it with the execution option ``writes=True``.
    """
    if url.get_backend_name() != "sqlite":
        return create_async_engine(url, pool_pre_ping=True)
    Path(str(url.database)).parent.mkdir(parents=True, exist_ok=True)
    # With the driver's own transactions (isolation_level other than None) a read and the write
    # that depends on it are not one transaction, and concurrent updates are lost in silence.
    engine = create_async_engine(url, connect_args={"isolation_level": None})
    event.listen(engine.sync_engine, "connect", _set_up_sqlite)
    event.listen(engine.sync_engine, "begin", _begin_sqlite)
    return engine


def _set_up_sqlite(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    # FULL: with WAL and NORMAL a power cut may take the last commits with it.
    cursor.execute("PRAGMA busy_timeout=5000")
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
