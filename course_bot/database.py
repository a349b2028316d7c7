"""Opens the database that the settings name, or says in one line what is wrong with it."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from course_bot.errors import StopError
from course_bot.settings import Settings
from course_bot.storage.engine import (
    DatabaseUrlError,
    create_engine,
    database_url,
    was_written_meanwhile,
)
from course_bot.storage.inspecting import (
    DatabaseFault,
    UnusableDatabaseError,
    driver_errors_told,
)
from course_bot.storage.migrating import require_newest, upgrade
from course_bot.storage.store import Storage

SETTING = "COURSE_BOT_DATABASE"


class DatabaseStopError(StopError):
    """A database that can't be used: the line that says so, and of which kind the fault is."""

    def __init__(self, line: str, error: UnusableDatabaseError) -> None:
        super().__init__(line)
        self.fault = error.fault
        self.detail = error.detail


WHAT_IS_WRONG = {
    DatabaseFault.MISSING: "there is no database {shown}: {how_to_make}, or correct " + SETTING,
    DatabaseFault.EMPTY: "the database {shown} is empty: run `course-bot db upgrade` first, or"
    f" correct {SETTING}",
    DatabaseFault.OUTDATED: "the database {shown} is of an older version: run"
    " `course-bot db upgrade` first",
    DatabaseFault.NEWER: "the database {shown} was made by a newer course-bot: start that version,"
    f" or name another database in {SETTING}",
    DatabaseFault.FOREIGN: "the database {shown} is another program's, with tables of its own"
    f" ({{detail}}): name a database in {SETTING} that is the course's alone",
    DatabaseFault.HALF: "the database {shown} is not whole: {detail}. Put the whole of it from a"
    f" backup in its place, or name another database in {SETTING}",
    DatabaseFault.NO_DATABASE: "{shown} is no SQLite database ({detail}): correct " + SETTING,
    DatabaseFault.FOLDER: "{shown} is a folder: name a file in it, as in"
    f" {SETTING}=sqlite:///{{shown}}/course.db",
    DatabaseFault.DAMAGED: "the database {shown} is damaged ({detail}): put it from a backup in"
    " its place",
    DatabaseFault.FORBIDDEN: "the database {shown} can't be opened ({detail}): {rights}",
    DatabaseFault.READ_ONLY: "the database {shown} can't be written to ({detail}): {rights}",
    DatabaseFault.BUSY: "the database {shown} is held by another program ({detail}): end that one",
    DatabaseFault.CHANGING: "the database {shown} was written to while it was read: what was"
    " found may be wrong, do it again",
    DatabaseFault.FULL: "there is no room for the database {shown} ({detail}): make some",
    DatabaseFault.LOGIN: "the server refuses to open the database {shown} ({detail}): correct the"
    f" user and the password in {SETTING}",
    DatabaseFault.ADDRESS: "the database {shown} can't be opened, its address is not understood"
    f" ({{detail}}): correct {SETTING}",
    DatabaseFault.OUT_OF_REACH: "the database {shown} can't be opened, its server does not answer"
    f" ({{detail}}): start it, or correct {SETTING}",
    DatabaseFault.OTHER: "the database {shown} can't be used: {detail}",
}
RIGHTS = {
    "sqlite": "give this user the right to read and write the file and its folder",
    "postgresql": "have its administrator give the user all rights in it (GRANT ALL ON SCHEMA"
    " public TO …), or name a server that may be written to",
}
HOW_TO_MAKE = {
    "sqlite": "make it by `course-bot db upgrade`",
    "postgresql": "make it at the server by CREATE DATABASE",
}


@asynccontextmanager
async def open_storage(settings: Settings) -> AsyncIterator[Storage]:
    """Open the database and bring it up to date.

    Raises:
        StopError: it can't be used; the message says why, and what to do.
    """
    with _faults_told(settings), driver_errors_told(database_url(settings.database)):
        engine = create_engine(database_url(settings.database))
        try:
            await upgrade(engine)
        except BaseException:
            await engine.dispose()
            raise
    async with Storage(engine, zone=settings.time_zone) as storage:
        yield storage


@asynccontextmanager
async def open_storage_to_read(settings: Settings) -> AsyncIterator[Storage]:
    """Open the database as it is, for no turns: nothing in it is made, migrated or written.

    Raises:
        DatabaseStopError: it can't be used, or it failed or changed while it was read; the message
            says why, and what to do.
        StopError: the setting is no database's address.
    """
    with _faults_told(settings), driver_errors_told(database_url(settings.database)):
        engine = create_engine(database_url(settings.database), read_only=True)
        try:
            await require_newest(engine)
            yield Storage(engine, zone=settings.time_zone)
            if was_written_meanwhile(engine):
                raise UnusableDatabaseError(DatabaseFault.CHANGING)
        finally:
            await engine.dispose()


@contextmanager
def _faults_told(settings: Settings) -> Iterator[None]:
    try:
        yield
    except DatabaseUrlError:
        raise StopError(
            f"{SETTING} is no database address; right would be"
            " sqlite:///data/course.db or postgresql://user:password@host/name"
        ) from None
    except UnusableDatabaseError as error:
        url = database_url(settings.database)
        kind = url.get_backend_name()
        raise DatabaseStopError(
            WHAT_IS_WRONG[error.fault].format(
                shown=url.database
                if kind == "sqlite"
                else url.set(drivername=kind, query={}).render_as_string(hide_password=True),
                detail=error.detail,
                rights=RIGHTS[kind],
                how_to_make=HOW_TO_MAKE[kind],
            ),
            error,
        ) from None
