"""What a database turns out to be before anything is done to it, and why it can't be used."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path

import sqlalchemy
from sqlalchemy import Connection, inspect, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from course_bot.errors import CourseError
from course_bot.storage.engine import sqlite_path
from course_bot.storage.schema import metadata

VERSION_TABLE = "alembic_version"
FIRST_TABLES = frozenset({"person", "account", "attempt"})
"""Tables that every version has had; by them ours is told from another program's database."""
NAMES_SHOWN = 3
"""How many tables of another program are named at most."""
SQLITE_MAGIC = b"SQLite format 3\0"
SQLITE_HEADER = 100
"""Bytes at the beginning of a SQLite file (https://www.sqlite.org/fileformat.html#the_database_header)."""


class DatabaseFault(Enum):
    """Why a database can't be used."""

    MISSING = auto()
    """There is no such file, or no such database at the server."""
    EMPTY = auto()
    """Nothing has been made in it yet."""
    OUTDATED = auto()
    """It is ours, and of an older version."""
    NEWER = auto()
    """It is ours, and of a version that this code doesn't know."""
    FOREIGN = auto()
    """It belongs to another program."""
    HALF = auto()
    """Something of ours is missing in it."""
    NO_DATABASE = auto()
    """The file is of another kind."""
    FOLDER = auto()
    """There is a folder where the file should be."""
    DAMAGED = auto()
    FORBIDDEN = auto()
    """Files: it may not be opened. Servers: what is needed may not be done in it."""
    READ_ONLY = auto()
    """It may be read, but not written to."""
    BUSY = auto()
    """Another program holds it."""
    CHANGING = auto()
    """It was at rest when reading began, and was written to before reading ended."""
    FULL = auto()
    """No room is left on the disk."""
    LOGIN = auto()
    """The server refuses this user, or this password."""
    ADDRESS = auto()
    """The database address has a part that the driver doesn't know."""
    OUT_OF_REACH = auto()
    """No server answers, or it answers that it can't now."""
    OTHER = auto()


class UnusableDatabaseError(CourseError):
    """A database that can't be used: why, and in the driver's words or our names, what it is."""

    def __init__(self, fault: DatabaseFault, detail: str = "") -> None:
        super().__init__(fault, detail)
        self.fault = fault
        self.detail = detail


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What stands in a database: its tables, and the versions that it says it is of."""

    tables: frozenset[str]
    versions: tuple[str, ...]

    @property
    def empty(self) -> bool:
        """Whether nothing has been made in it, or everything was taken back."""
        return not self.tables and not self.versions

    def version(self, newest: str) -> str:
        """Return the version, having made sure that it is a version of our tables.

        Args:
            newest: the version whose tables this code knows.

        Raises:
            UnusableDatabaseError: it is another program's, or a half of ours.
        """
        ours = frozenset(metadata.tables)
        theirs = self.tables - ours
        if self.tables and not self.tables >= FIRST_TABLES and theirs:
            shown = sorted(theirs)[:NAMES_SHOWN]
            more = [f"{len(theirs) - NAMES_SHOWN} more"] if len(theirs) > NAMES_SHOWN else []
            raise UnusableDatabaseError(DatabaseFault.FOREIGN, ", ".join(shown + more))
        if len(self.versions) != 1:
            what = (
                f"several versions: {', '.join(self.versions)}" if self.versions else "no version"
            )
            raise UnusableDatabaseError(DatabaseFault.HALF, f"it says {what}")
        (version,) = self.versions
        lacking = (ours if version == newest else FIRST_TABLES) - self.tables
        if lacking:
            what = f"it says version {version}, but lacks {', '.join(sorted(lacking))}"
            raise UnusableDatabaseError(DatabaseFault.HALF, what)
        return version


async def look(engine: AsyncEngine) -> Contents:
    """Look what stands in the database, and change nothing.

    Raises:
        UnusableDatabaseError: it can't be read.
    """
    try:
        with driver_errors_told(engine.url):
            return await _look(engine)
    except (TypeError, ValueError) as error:  # so a driver answers to an address that it can't use
        raise UnusableDatabaseError(DatabaseFault.ADDRESS, reason_of(error)) from error


async def _look(engine: AsyncEngine) -> Contents:
    if engine.dialect.name == "sqlite":
        # Where opening fails, aiosqlite's thread may still be at work when the event loop
        # closes, and then prints a traceback of its own.
        plain = sqlalchemy.create_engine(engine.url.set(drivername="sqlite"))
        try:
            with plain.connect() as connection:
                return _contents(connection)
        finally:
            plain.dispose()
    async with engine.connect() as over:
        return await over.run_sync(_contents)


def _contents(connection: Connection) -> Contents:
    tables = frozenset(inspect(connection).get_table_names())
    versions = (
        connection.scalars(text("SELECT version_num FROM alembic_version"))
        if VERSION_TABLE in tables
        else ()
    )
    return Contents(tables=tables - {VERSION_TABLE}, versions=tuple(versions))


@contextmanager
def driver_errors_told(url: URL) -> Iterator[None]:
    """Turn what a driver raises into what is the matter with the database.

    Raises:
        UnusableDatabaseError: something was raised.
    """
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error, OSError) as error:
        raise _unusable(url, error) from error


def _unusable(url: URL, error: Exception) -> UnusableDatabaseError:
    cause = error.orig if isinstance(error, DBAPIError) and error.orig else error
    reason = reason_of(error)
    if url.get_backend_name() == "sqlite":
        return _unusable_file(url, cause, reason)
    match getattr(cause, "sqlstate", None):
        case "28P01" | "28000":
            fault = DatabaseFault.LOGIN
        case "3D000":
            fault = DatabaseFault.MISSING
        case "42501" | "3F000":
            fault = DatabaseFault.FORBIDDEN
        case "25006":
            fault = DatabaseFault.READ_ONLY
        case "XX001" | "XX002":
            fault = DatabaseFault.DAMAGED
        case "53100":
            fault = DatabaseFault.FULL
        case "53300" | "57P03":  # too many connections; the server is starting up
            fault = DatabaseFault.OUT_OF_REACH
        case None if isinstance(cause, OSError):
            fault = DatabaseFault.OUT_OF_REACH
        case _:
            fault = DatabaseFault.OTHER
    return UnusableDatabaseError(fault, reason)


_SQLITE_FAULTS = {
    sqlite3.SQLITE_NOTADB: DatabaseFault.NO_DATABASE,
    sqlite3.SQLITE_CORRUPT: DatabaseFault.DAMAGED,
    sqlite3.SQLITE_READONLY: DatabaseFault.READ_ONLY,
    sqlite3.SQLITE_CANTOPEN: DatabaseFault.FORBIDDEN,
    sqlite3.SQLITE_PERM: DatabaseFault.FORBIDDEN,
    sqlite3.SQLITE_BUSY: DatabaseFault.BUSY,
    sqlite3.SQLITE_LOCKED: DatabaseFault.BUSY,
    sqlite3.SQLITE_FULL: DatabaseFault.FULL,
}


def _unusable_file(url: URL, cause: object, reason: str) -> UnusableDatabaseError:
    path = sqlite_path(url)
    try:
        if path.is_dir():
            return UnusableDatabaseError(DatabaseFault.FOLDER)
        if url.query.get("mode") == "ro" and not path.exists():
            return UnusableDatabaseError(DatabaseFault.MISSING)
    except OSError as error:
        cause, reason = error, reason_of(error)
    if isinstance(cause, OSError):
        return UnusableDatabaseError(DatabaseFault.FORBIDDEN, reason)
    # The lowest byte is the kind, the rest says more (https://www.sqlite.org/rescode.html).
    code = getattr(cause, "sqlite_errorcode", 0) & 0xFF
    fault = _SQLITE_FAULTS.get(code, DatabaseFault.OTHER)
    if fault is DatabaseFault.DAMAGED:
        reason = _cut_short(path) or reason
    return UnusableDatabaseError(fault, reason)


def _cut_short(path: Path) -> str:
    """Say how much of a SQLite file is there, if it is shorter than it says itself."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            header = file.read(SQLITE_HEADER)
    except OSError:
        return ""
    if len(header) < SQLITE_HEADER:
        return f"only {size} bytes of it are there"
    page = int.from_bytes(header[16:18], "big")
    whole = (65536 if page == 1 else page) * int.from_bytes(header[28:32], "big")
    return f"only {size} of {whole} bytes are there" if size < whole else ""


def reason_of(error: Exception) -> str:
    """Return what an error says of a database, in one line and in the driver's own words."""
    cause = error.orig if isinstance(error, DBAPIError) and error.orig else error
    said = cause.strerror if isinstance(cause, OSError) and cause.strerror else str(cause)
    return " ".join(said.split()) or type(cause).__name__
