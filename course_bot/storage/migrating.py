"""The database brought to the shape that this version of the code expects."""

import sqlite3
import time
from contextlib import closing

from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from course_bot.errors import CourseError
from course_bot.shipped import shipped

HEAD = "0001"
"""The newest migration; a test holds it against the files in ``migrations/``."""


SWITCH_TRIES, SWITCH_PAUSE = 50, 0.1
"""How often, and after how many seconds, the switch to WAL is tried while another is at it."""


class NewerDatabaseError(CourseError):
    """The database was migrated by a newer version of the code."""


class UnavailableDatabaseError(CourseError):
    """The database can't be opened; the message is the driver's own reason."""


async def upgrade(engine: AsyncEngine) -> None:
    """Run the migrations that the database lacks.

    Raises:
        NewerDatabaseError: the database is of a version that this code doesn't know.
        UnavailableDatabaseError: it can't be opened or written to.
    """
    try:
        if engine.dialect.name == "sqlite":
            _prepare(str(engine.url.database))
        async with engine.connect() as connection:
            if await connection.run_sync(_version) == HEAD:
                return
        async with engine.connect() as connection:
            await connection.execution_options(writes=True)
            await connection.run_sync(migrate)
    except (SQLAlchemyError, sqlite3.Error, OSError) as error:
        reason = error.orig if isinstance(error, DBAPIError) else error
        raise UnavailableDatabaseError(f"{reason}") from None


def _prepare(path: str) -> None:
    """Open a SQLite file the plain way first, and put it into WAL mode, which then stays.

    Where opening fails, aiosqlite's thread may still be at work when the event loop closes, and
    then prints a traceback of its own. And SQLite does not wait for another process that is
    switching to WAL at the same moment, whatever its busy timeout.
    """
    with closing(sqlite3.connect(path)) as database:
        for _ in range(SWITCH_TRIES - 1):
            try:
                database.execute("PRAGMA journal_mode=WAL")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                    raise
                time.sleep(SWITCH_PAUSE)
            else:
                return
        database.execute("PRAGMA journal_mode=WAL")


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    version: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return version


def migrate(connection: Connection, to: str = "head") -> None:
    """Migrate over a connection, up to a revision.

    Raises:
        NewerDatabaseError: the database is of a version that this code doesn't know.
        UnavailableDatabaseError: the migrations can't be found or run.
    """
    # Alembic is needed once in a release; at every other start its import would only cost time.
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", f"{shipped('migrations')}".replace("%", "%%"))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, to)
    except CommandError as error:
        if "Can't locate revision" in str(error):
            raise NewerDatabaseError(str(error)) from None
        raise UnavailableDatabaseError(str(error)) from None
