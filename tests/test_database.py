"""A database that can't be used is refused in one line, and left as it was."""

import asyncio
import os
import shutil
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import (
    AbstractAsyncContextManager,
    AsyncExitStack,
    asynccontextmanager,
    closing,
    contextmanager,
)
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from course_bot.database import WHAT_IS_WRONG, open_storage, open_storage_to_read
from course_bot.errors import StopError
from course_bot.settings import Settings
from course_bot.storage import migrating
from course_bot.storage.engine import create_engine, database_url
from course_bot.storage.inspecting import FIRST_TABLES, DatabaseFault
from course_bot.storage.schema import metadata
from course_bot.storage.store import Storage
from course_bot.storage.verifying import differences
from tests.conftest import execute_at, migrate, run
from tests.learners import learner

Open = Callable[[Settings], AbstractAsyncContextManager[Storage]]
BOTH_WAYS = pytest.mark.parametrize("way", [open_storage, open_storage_to_read])


def address(url: URL | Path) -> str:
    if isinstance(url, Path):
        return f"sqlite:///{url}"
    return url.render_as_string(hide_password=False)


async def refusal(url: URL | Path | str, way: Open = open_storage) -> str:
    """Open a database and return the one line with which it is refused."""
    settings = Settings(database=url if isinstance(url, str) else address(url))
    with pytest.raises(StopError) as stop:
        async with way(settings):
            pass
    line = str(stop.value)
    assert "\n" not in line
    return line


def copy(path: Path, name: str) -> Path:
    named = path.with_name(name)
    shutil.copy(path, named)
    return named


def allow(path: Path, mode: int) -> None:
    path.chmod(mode)


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


@pytest.fixture
def path(tmp_path: Path, migrated_sqlite: Path) -> Path:
    """A SQLite file that is up to date, alone in its folder."""
    path = tmp_path / "course" / "course.db"
    path.parent.mkdir()
    shutil.copy(migrated_sqlite, path)
    return path


async def alter(url: URL, *statements: str) -> None:
    engine = create_engine(url)
    try:
        async with engine.begin() as connection:
            for statement in statements:
                await connection.execute(text(statement))
    finally:
        await engine.dispose()


def test_every_fault_has_its_sentence() -> None:
    assert set(WHAT_IS_WRONG) == set(DatabaseFault)


def test_the_tables_of_the_first_version_are_still_there() -> None:
    assert set(metadata.tables) >= FIRST_TABLES


# Another program's database, or half of ours


@BOTH_WAYS
async def test_another_programs_database_is_left_alone(bare_url: URL, way: Open) -> None:
    await alter(bare_url, "CREATE TABLE orders (id INTEGER)", "CREATE TABLE person (id INTEGER)")

    line = await refusal(bare_url, way)

    assert "is another program's, with tables of its own (orders)" in line
    assert await tables(bare_url) == {"orders", "person"}


async def test_another_programs_file_is_not_even_touched(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "places.db")) as database, database:
        database.execute("CREATE TABLE places (id INTEGER)")
    before = files(tmp_path)

    await refusal(tmp_path / "places.db")

    assert files(tmp_path) == before


@BOTH_WAYS
@pytest.mark.parametrize("version", ["0001", "f3a9c2d41b7e"])
async def test_another_programs_database_is_told_from_ours_if_it_uses_alembic_too(
    bare_url: URL, way: Open, version: str
) -> None:
    await alter(
        bare_url,
        *(f"CREATE TABLE {name} (id INTEGER)" for name in ("orders", "users", "a", "b")),
        "CREATE TABLE alembic_version (version_num VARCHAR(32))",
        f"INSERT INTO alembic_version VALUES ('{version}')",
    )

    assert "another program's, with tables of its own (a, b, orders, 1 more)" in await refusal(
        bare_url, way
    )


@BOTH_WAYS
@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("DROP TABLE alembic_version", "it says no version"),
        ("DELETE FROM alembic_version", "it says no version"),
        ("INSERT INTO alembic_version VALUES ('0000')", "it says several versions: "),
        ("DROP TABLE answer", "but lacks answer"),
    ],
)
async def test_half_a_database_is_not_completed(
    bare_url: URL, way: Open, change: str, words: str
) -> None:
    await migrate(bare_url)
    await alter(bare_url, change)
    before = await tables(bare_url)

    line = await refusal(bare_url, way)

    assert "is not whole: " in line
    assert words in line
    assert await tables(bare_url) == before


@BOTH_WAYS
async def test_a_version_without_its_tables_is_half_a_database(bare_url: URL, way: Open) -> None:
    await alter(
        bare_url,
        "CREATE TABLE alembic_version (version_num VARCHAR(32))",
        "INSERT INTO alembic_version VALUES ('0001')",
    )

    assert "says version 0001, but lacks account" in await refusal(bare_url, way)


@BOTH_WAYS
async def test_a_database_of_a_newer_version_is_left_alone(bare_url: URL, way: Open) -> None:
    await migrate(bare_url)
    await alter(bare_url, "UPDATE alembic_version SET version_num = '9999'")

    assert "was made by a newer course-bot" in await refusal(bare_url, way)


async def test_tables_of_others_beside_all_of_ours_do_no_harm(bare_url: URL) -> None:
    await migrate(bare_url)
    await alter(bare_url, "CREATE TABLE backup_of_person (id INTEGER)")

    async with open_storage(Settings(database=address(bare_url))) as storage:
        await learner(storage).takes()


async def test_a_database_that_was_taken_back_to_nothing_is_made_anew(bare_url: URL) -> None:
    await alter(bare_url, "CREATE TABLE alembic_version (version_num VARCHAR(32))")

    async with open_storage(Settings(database=address(bare_url))) as storage:
        await learner(storage).takes()


async def tables(url: URL) -> set[str]:
    kind = url.get_backend_name()
    names = (
        "SELECT name FROM sqlite_schema WHERE type = 'table'"
        if kind == "sqlite"
        else "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
    )
    engine = create_engine(url)
    try:
        async with engine.connect() as connection:
            return set(await connection.scalars(text(names)))
    finally:
        await engine.dispose()


async def test_a_migration_that_finds_rows_torn_apart_says_so(tmp_path: Path) -> None:
    """SQLite alone can have them: by another program's hand, with foreign keys off."""
    url = database_url(f"sqlite:///{tmp_path / 'course.db'}")
    await migrate_to(url, "0001")
    with closing(sqlite3.connect(tmp_path / "course.db")) as database, database:
        database.execute("INSERT INTO personal_link VALUES ('d', 404, '2026-11-23 09:00:00')")

    line = await refusal(url)

    assert "is not whole: rows of personal_link refer to no row." in line


async def migrate_to(url: URL, revision: str) -> None:
    engine = create_engine(url)
    try:
        async with engine.connect() as connection:
            await connection.execution_options(writes=True)
            await connection.run_sync(migrating.migrate, revision)
    finally:
        await engine.dispose()


# Only to be read


async def test_what_is_only_read_must_have_been_made_and_brought_up_to_date(
    bare_url: URL,
) -> None:
    await tables(bare_url)  # by which a SQLite file is there
    line = await refusal(bare_url, open_storage_to_read)
    assert "is empty: run `course-bot db upgrade` first" in line
    assert await tables(bare_url) == set()


async def test_what_is_only_read_is_not_brought_up_to_date(
    url: URL, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrating, "HEAD", "one that is newer")
    line = await refusal(url, open_storage_to_read)
    assert "is of an older version: run `course-bot db upgrade` first" in line


async def test_a_file_that_is_not_there_is_not_made_by_reading(tmp_path: Path) -> None:
    for path in (tmp_path / "course.db", tmp_path / "no" / "course.db"):
        line = await refusal(path, open_storage_to_read)
        assert f"there is no database {path}: make it by `course-bot db upgrade`" in line
    assert files(tmp_path) == {}


async def test_reading_leaves_a_database_at_rest_as_it_was(path: Path) -> None:
    before = files(path.parent)

    async with open_storage_to_read(Settings(database=address(path))) as storage:
        assert [each async for each in differences(storage)] == []
        assert files(path.parent) == before

    assert files(path.parent) == before


async def test_reading_does_not_switch_the_journal(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA journal_mode=DELETE")
    before = files(path.parent)

    async with open_storage_to_read(Settings(database=address(path))):
        pass

    assert files(path.parent) == before


async def test_what_is_only_read_can_not_be_written(url: URL) -> None:
    async with (
        open_storage_to_read(Settings(database=address(url))) as storage,
        storage.reading() as connection,
    ):
        with pytest.raises(DBAPIError, match=r"read-?only"):
            await connection.execute(text("DELETE FROM person"))


async def test_a_database_in_use_is_read_as_far_as_it_is_written(url: URL) -> None:
    async with open_storage(Settings(database=address(url))) as storage:
        await learner(storage).takes()
        async with open_storage_to_read(Settings(database=address(url))) as reader:
            assert [each async for each in differences(reader)] == []
            async with reader.reading() as connection:
                people = await connection.scalar(text("SELECT count(*) FROM person"))
    assert people == 1


async def test_what_was_read_of_a_database_that_awoke_meanwhile_is_not_relied_upon(
    path: Path,
) -> None:
    settings = Settings(database=address(path))
    reading = AsyncExitStack()
    await reading.enter_async_context(open_storage_to_read(settings))
    async with open_storage(settings) as storage:
        await learner(storage).does()
        with pytest.raises(StopError, match="was written to while it was read"):
            await reading.aclose()


async def test_a_database_whose_name_needs_quoting_is_read(path: Path) -> None:
    odd = copy(path, "курс #1 ?50%.db")

    async with open_storage_to_read(
        Settings(database=f"sqlite:///{odd.parent}/курс #1 %3F50%25.db")
    ):
        pass


# Files that are none, or not wholly, or not to be opened


@BOTH_WAYS
async def test_a_file_of_another_kind_is_no_database(tmp_path: Path, way: Open) -> None:
    path = tmp_path / "course.txt"
    path.write_text("# A text.\n" * 200)

    assert f"{path} is no SQLite database" in await refusal(path, way)

    assert files(tmp_path) == {"course.txt": b"# A text.\n" * 200}


@BOTH_WAYS
@pytest.mark.parametrize("size", [50, 100, 5000, 30000])
async def test_a_file_cut_short_is_said_to_be(path: Path, way: Open, size: int) -> None:
    os.truncate(path, size)

    line = await refusal(path, way)

    assert "is damaged (only " in line
    assert f"{size} " in line
    assert "from a backup" in line


@BOTH_WAYS
async def test_a_folder_is_told_from_a_file(tmp_path: Path, way: Open) -> None:
    line = await refusal(tmp_path, way)
    assert f"{tmp_path} is a folder: name a file in it, as in" in line


async def test_a_folder_that_can_not_be_made_is_a_missing_right(path: Path) -> None:
    line = await refusal(path / "below a file" / "course.db")
    assert "can't be opened (Not a directory): give this user the right" in line


@contextmanager
def as_nobody() -> Iterator[None]:
    """Give up the rights of root, to whom every file is open."""
    if os.geteuid():
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def shared(migrated_sqlite: Path) -> Iterator[Path]:
    """A SQLite file in a folder that others can reach; pytest's own are closed to them."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "course.db"
        shutil.copy(migrated_sqlite, path)
        path.parent.chmod(0o755)
        path.chmod(0o644)
        with closing(sqlite3.connect(path)) as database:
            database.execute("PRAGMA journal_mode=DELETE")
        yield path


@BOTH_WAYS
async def test_a_file_that_may_not_be_opened_is_a_missing_right(shared: Path, way: Open) -> None:
    allow(shared, 0)
    with as_nobody():
        line = await refusal(shared, way)
    assert "can't be opened (unable to open database file)" in line
    assert "give this user the right to read and write the file and its folder" in line


@BOTH_WAYS
async def test_a_closed_folder_is_a_missing_right(shared: Path, way: Open) -> None:
    allow(shared.parent, 0)
    with as_nobody():
        line = await refusal(shared, way)
    allow(shared.parent, 0o755)
    assert "can't be opened (Permission denied)" in line


async def test_a_file_that_may_only_be_read_is_read_and_not_run(shared: Path) -> None:
    allow(shared, 0o444)
    allow(shared.parent, 0o555)
    with as_nobody():
        line = await refusal(shared)
        async with open_storage_to_read(Settings(database=address(shared))):
            pass
    allow(shared.parent, 0o755)

    assert "can't be written to (attempt to write a readonly database)" in line


@pytest.mark.parametrize("bare_url", ["sqlite"], indirect=True)
async def test_a_database_held_by_another_program_is_said_to_be(bare_url: URL) -> None:
    with closing(sqlite3.connect(str(bare_url.database))) as database:
        database.execute("BEGIN EXCLUSIVE")
        line = await refusal(bare_url.update_query_dict({"timeout": "0"}))
    assert "is held by another program (database is locked)" in line


# Servers


@asynccontextmanager
async def a_server_that_answers(code: str, words: str) -> AsyncIterator[str]:
    """Pretend to be a PostgreSQL that answers whoever knocks with an error, and yield its address.

    The format: https://www.postgresql.org/docs/current/protocol-message-formats.html
    """

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        length = int.from_bytes(await reader.readexactly(4), "big")
        asked = await reader.readexactly(length - 4)
        if asked == (80877103).to_bytes(4, "big"):  # TLS is asked for first
            writer.write(b"N")
            length = int.from_bytes(await reader.readexactly(4), "big")
            await reader.readexactly(length - 4)
        fields = f"SFATAL\0C{code}\0M{words}\0\0".encode()
        writer.write(b"E" + (len(fields) + 4).to_bytes(4, "big") + fields)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        yield f"postgresql://ann:not-quite@127.0.0.1:{port}/course"


@BOTH_WAYS
@pytest.mark.parametrize(
    ("code", "said", "words"),
    [
        (
            "28P01",
            'password authentication failed for user "ann"',
            "correct the user and the pass",
        ),
        ("28000", 'role "ann" does not exist', "correct the user and the password in COURSE_BOT_"),
        ("3D000", 'database "course" does not exist', "make it at the server by CREATE DATABASE"),
        ("42501", 'permission denied for database "course"', "give the user all rights in it"),
        ("57P03", "the database system is starting up", "its server does not answer"),
        ("53300", "sorry, too many clients already", "its server does not answer"),
        ("58P01", "could not open file", "can't be used: could not open file"),
    ],
)
async def test_what_a_server_refuses_is_one_clear_line(
    way: Open, code: str, said: str, words: str
) -> None:
    async with a_server_that_answers(code, said) as address:
        line = await refusal(address, way)

    assert words in line
    assert "postgresql://ann:***@127.0.0.1:" in line
    assert "not-quite" not in line


@BOTH_WAYS
@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("postgresql://ann@127.0.0.1:1/course", "its server does not answer"),
        ("postgresql://ann@no-such-host.invalid/course", "its server does not answer"),
        ("postgresql://ann@127.0.0.1:1/course?sslmod=require", "its address is not understood"),
        (f"postgresql://ann@{'a' * 70}/course", "its address is not understood"),
    ],
)
async def test_a_server_that_is_not_there_is_one_clear_line(
    way: Open, address: str, words: str
) -> None:
    assert words in await refusal(address, way)


@pytest.fixture
def guest(bare_url: URL) -> Iterator[URL]:
    """A user of the server who may look into the database, and do no more."""
    name = f"course_bot_guest_{uuid4().hex}"
    for statement in ("REVOKE CREATE ON SCHEMA public FROM PUBLIC", f"CREATE ROLE {name} LOGIN"):
        run(execute_at(bare_url, statement))
    yield bare_url.set(username=name)
    for statement in (f"DROP OWNED BY {name}", f"DROP ROLE {name}"):
        run(execute_at(bare_url, statement))


@pytest.mark.parametrize(
    "bare_url", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True
)
async def test_a_user_who_may_create_nothing_is_told_which_right_is_missing(guest: URL) -> None:
    line = await refusal(guest)

    assert "(permission denied for schema public)" in line
    assert "GRANT ALL ON SCHEMA public TO" in line


@pytest.mark.parametrize(
    "bare_url", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True
)
async def test_a_user_who_may_not_read_the_tables_is_told_so(bare_url: URL, guest: URL) -> None:
    await migrate(bare_url)

    for way in (open_storage, open_storage_to_read):
        assert "(permission denied for table alembic_version)" in await refusal(guest, way)
