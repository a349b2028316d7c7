"""What the tests share: the databases they run on, the small course, and what was left out."""

import asyncio
import gc
import os
import shutil
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from random import Random, SystemRandom
from tempfile import mkdtemp
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy import Connection, Dialect, event, text
from sqlalchemy.engine import URL, Engine
from sqlalchemy.ext.asyncio import AsyncEngine

from course_bot.content.model import Course
from course_bot.storage.engine import create_engine, database_url
from course_bot.storage.migrating import upgrade
from course_bot.storage.schema import metadata
from course_bot.storage.store import Storage
from tests.courses import make_course

# A busy machine is no fault of the code: no test may fail by the wall clock.
settings.register_profile(
    "course-bot", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("course-bot")

POSTGRES = os.environ.get("COURSE_BOT_TEST_POSTGRES")
DATABASES = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
"""The first is Chromium without a window's own surroundings, which cost more than the pages."""
OFFICES = ("soffice", "libreoffice")

LONGEST = (
    "test_no_leaks.py",
    "test_kill.py",
    "test_killed_messengers.py",
    "test_killed_anywhere.py",
    "test_killed_in_team.py",
    "test_team_browser.py",
    "test_page.py",
    "test_exporter.py",
    "test_server.py",
    "test_migrations.py",
    "test_track_page.py",
    "test_wheel.py",
)
"""The files that take longest: begun last, one process would be at them alone in the end."""
LEFT_OUT = {
    "postgres": "on PostgreSQL: COURSE_BOT_TEST_POSTGRES names no server",
    "chromium": f"in a browser: none of {', '.join(BROWSERS)} is on this machine",
    "libreoffice": f"in LibreOffice: none of {', '.join(OFFICES)} is on this machine",
}
left_out = pytest.StashKey[dict[str, int]]()


def find_chromium() -> str | None:
    """Return the path of the machine's Chromium, if it has one."""
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)


def find_libreoffice() -> str | None:
    """Return the path of the machine's LibreOffice, if it has one."""
    return next((path for name in OFFICES if (path := shutil.which(name))), None)


def lacking() -> set[str]:
    """Return the marks of the tests that this machine can't run."""
    there = {
        "postgres": POSTGRES,
        "chromium": find_chromium(),
        "libreoffice": find_libreoffice(),
    }
    return {mark for mark, found in there.items() if not found}


def pytest_configure(config: pytest.Config) -> None:
    """Refuse to begin where nothing may be left out, and something would be."""
    keep_bytecode(config)
    if os.environ.get("COURSE_BOT_TEST_COMPLETE") and (missing := lacking()):
        told = "; ".join(LEFT_OUT[mark] for mark in sorted(missing))
        raise pytest.UsageError(f"COURSE_BOT_TEST_COMPLETE is set; tests are left out {told}")


def keep_bytecode(config: pytest.Config) -> None:
    """Let the processes that the tests start compile the program once, and not each of them.

    Where Python is told to write no bytecode, a process spends seconds on that before it does
    anything. So the run has a folder for it, and leaves nothing beside the code.
    """
    if sys.dont_write_bytecode:
        folder = mkdtemp(prefix="course-bot-bytecode-")
        config.add_cleanup(partial(shutil.rmtree, folder))
        os.environ["PYTHONPYCACHEPREFIX"] = folder
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what this machine can't run, and count it for the summary."""
    missing = lacking()
    kept: list[pytest.Item] = []
    dropped: list[pytest.Item] = []
    counts = dict.fromkeys(missing, 0)
    for item in items:
        lacks = [mark for mark in missing if item.get_closest_marker(mark)]
        for mark in lacks:
            counts[mark] += 1
        (dropped if lacks else kept).append(item)
    items[:] = sorted(kept, key=lambda item: item.path.name not in LONGEST)
    config.stash[left_out] = counts
    config.hook.pytest_deselected(items=dropped)


def pytest_collection_finish() -> None:
    """Spare the collector what stays until the end: thousands of tests, and the program.

    To walk through all of it again and again took a tenth of the tests' time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


COMPILED: dict[type[Dialect], tuple[Dialect, dict[object, object]]] = {}
"""The dialect that all engines of a kind share, and the statements compiled for it."""


@event.listens_for(Engine, "engine_connect")
def compile_once(connection: Connection) -> None:
    """Let engines share compiled statements: each has its own, and each test has new engines."""
    own = connection.dialect
    connection.dialect, compiled = COMPILED.setdefault(type(own), (own, {}))
    connection.execution_options(compiled_cache=compiled)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Where several processes share the tests, tell the one that reports what was left out."""
    told = getattr(session.config, "workeroutput", None)
    if told is not None:
        told["left_out"] = session.config.stash.get(left_out, {})


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Hear it: each process has collected all tests, so that they all tell the same."""
    node.config.stash[left_out] = getattr(node, "workeroutput", {}).get("left_out", {})


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Say plainly what this run did not test."""
    for mark, count in config.stash.get(left_out, {}).items():
        if count:
            terminalreporter.write_line(
                f"NOT TESTED: {count} tests {LEFT_OUT[mark]}", yellow=True, bold=True
            )


@pytest.fixture
def random() -> Random:
    """Chances that can be had again: a failed test shows the seed."""
    seed = SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    return Random(seed)


@pytest.fixture
def course() -> Course:
    """A small course with every kind of question."""
    return make_course()


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of the machine's Chromium, for tests marked ``chromium``."""
    path = find_chromium()
    assert path, "a test that needs Chromium is marked so"
    return path


@pytest.fixture(scope="session")
def libreoffice() -> str:
    """The path of the machine's LibreOffice, for tests marked ``libreoffice``."""
    path = find_libreoffice()
    assert path, "a test that needs LibreOffice is marked so"
    return path


def run(work: Coroutine[None, None, None]) -> None:
    """Run to its end what is async, from a fixture that is not, whatever loop there may be."""
    with ThreadPoolExecutor(max_workers=1) as thread:
        thread.submit(asyncio.run, work).result()


async def migrate(url: URL) -> None:
    """Bring a database up to date."""
    engine = create_engine(url)
    try:
        await upgrade(engine)
    finally:
        await engine.dispose()


async def execute(engine: AsyncEngine, statement: str) -> None:
    """Execute SQL outside any transaction."""
    async with engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(text(statement))


async def execute_at(url: URL, statement: str) -> None:
    """Execute SQL outside any transaction, over a connection of its own."""
    engine = create_engine(url)
    try:
        await execute(engine, statement)
    finally:
        await engine.dispose()


EMPTY = f"""
DO $$ BEGIN
{" ".join(f"DELETE FROM {table.name};" for table in reversed(metadata.sorted_tables))}
PERFORM setval(oid::regclass, 1, false) FROM pg_class WHERE relkind = 'S';
END $$
"""
"""Empties a PostgreSQL database and lets its numbers begin anew.

TRUNCATE makes all the files of each table and index anew: 17 ms of the server's time, not 1.
"""


@contextmanager
def fresh_postgres() -> Iterator[URL]:
    """Create an empty database on the server, and drop it in the end."""
    server = database_url(str(POSTGRES))
    name = f"course_bot_test_{uuid4().hex}"
    run(execute_at(server, f"CREATE DATABASE {name}"))
    try:
        yield server.set(database=name)
    finally:
        run(execute_at(server, f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty migrated SQLite file, of which every test gets a copy."""
    path = tmp_path_factory.mktemp("migrated") / "course.db"
    run(migrate(database_url(f"sqlite:///{path}")))
    return path


@pytest.fixture(scope="session")
def emptied_postgres() -> Iterator[Callable[[], URL]]:
    """Empties a migrated PostgreSQL database of this run's own, and returns its address.

    It is always done over the same connection, in a thread with a loop of its own: to make both
    anew takes longer than to empty.
    """
    with fresh_postgres() as url, ThreadPoolExecutor(max_workers=1) as thread:
        run(migrate(url))
        engine, loop = create_engine(url), asyncio.Runner()

        def empty() -> URL:
            thread.submit(loop.run, execute(engine, EMPTY)).result()
            return url

        yield empty
        thread.submit(loop.run, engine.dispose()).result()
        thread.submit(loop.close).result()


@pytest.fixture(params=DATABASES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> URL:
    """An empty migrated database; a test that asks for it runs on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        path = tmp_path / "course.db"
        shutil.copy(request.getfixturevalue("migrated_sqlite"), path)
        return database_url(f"sqlite:///{path}")
    empty: Callable[[], URL] = request.getfixturevalue("emptied_postgres")
    return empty()


@pytest.fixture(params=DATABASES)
def bare_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[URL]:
    """A database without a single table."""
    if request.param == "sqlite":
        yield database_url(f"sqlite:///{tmp_path / 'bare.db'}")
        return
    with fresh_postgres() as url:
        yield url


@pytest.fixture
async def engine(url: URL) -> AsyncIterator[AsyncEngine]:
    """An engine on an empty migrated database."""
    engine = create_engine(url)
    yield engine
    await engine.dispose()


@pytest.fixture
async def storage(engine: AsyncEngine) -> AsyncIterator[Storage]:
    """An open storage on an empty migrated database."""
    async with Storage(engine) as storage:
        yield storage
