"""The database brought to the shape that this version of the code expects."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncEngine

from course_bot.shipped import shipped
from course_bot.storage.engine import sqlite_path
from course_bot.storage.inspecting import (
    DatabaseFault,
    UnusableDatabaseError,
    driver_errors_told,
    look,
    reason_of,
)

if TYPE_CHECKING:
    from alembic.config import Config

HEAD = "0005"
"""The newest migration; a test holds it against the files in ``migrations/``."""


SWITCH_TRIES, SWITCH_PAUSE = 50, 0.1
"""How often, and after how many seconds, the switch to WAL is tried while another is at it."""


async def upgrade(engine: AsyncEngine) -> None:
    """Run the migrations that the database lacks; into an empty one, all.

    Raises:
        UnusableDatabaseError: it is another program's, not whole, of a newer version, or can't be
            opened or written to; nothing was changed in it.
    """
    contents = await look(engine)
    version = None if contents.empty else contents.version(HEAD)
    if version is not None and version != HEAD:
        _require_known(version)
    with driver_errors_told(engine.url):
        if engine.dialect.name == "sqlite":
            _switch_to_wal(sqlite_path(engine.url))
        if version == HEAD:
            return
        async with engine.connect() as connection:
            await connection.execution_options(writes=True)
            await connection.run_sync(migrate)


async def require_newest(engine: AsyncEngine) -> None:
    """Make sure that the database is of the newest version, and change nothing.

    Raises:
        UnusableDatabaseError: it isn't, or it can't be read.
    """
    contents = await look(engine)
    if contents.empty:
        raise UnusableDatabaseError(DatabaseFault.EMPTY)
    version = contents.version(HEAD)
    if version != HEAD:
        _require_known(version)
        detail = f"version {version}, where this program's is {HEAD}"
        raise UnusableDatabaseError(DatabaseFault.OUTDATED, detail)


def _require_known(version: str) -> None:
    """Make sure that there is a migration that leads to this version."""
    from alembic.script import ScriptDirectory

    with _alembic_errors_told():
        ScriptDirectory.from_config(_config()).get_revision(version)


def _switch_to_wal(path: Path) -> None:
    """Put a SQLite file into WAL mode, which then stays.

    SQLite does not wait for another process that is switching at the same moment, whatever its
    busy timeout.
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


def migrate(connection: Connection, to: str = "head") -> None:
    """Migrate over a connection, up to a revision.

    Raises:
        UnusableDatabaseError: the database is of a version that this code doesn't know, or the
            migrations can't be found or run.
    """
    # Alembic is needed once in a release; at every other start its import would only cost time.
    from alembic import command

    config = _config()
    config.attributes["connection"] = connection
    with _alembic_errors_told():
        command.upgrade(config, to)


def _config() -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", f"{shipped('migrations')}".replace("%", "%%"))
    return config


@contextmanager
def _alembic_errors_told() -> Iterator[None]:
    from alembic.util import CommandError

    try:
        yield
    except CommandError as error:
        newer = "Can't locate revision" in str(error)
        fault = DatabaseFault.NEWER if newer else DatabaseFault.OTHER
        raise UnusableDatabaseError(fault, reason_of(error)) from error
