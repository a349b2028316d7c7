"""The database on its way to the newest shape: from nothing, step by step, losing nothing."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, func, inspect, select, text
from sqlalchemy.engine import URL

from course_bot.questions.kinds import QUESTION, Asked, ask
from course_bot.storage import schema
from course_bot.storage.engine import create_engine
from course_bot.storage.inspecting import DatabaseFault, UnusableDatabaseError
from course_bot.storage.migrating import HEAD, migrate, upgrade
from course_bot.storage.schema import metadata
from course_bot.storage.store import Storage
from tests.conftest import migrate as migrate_database
from tests.conftest import run
from tests.courses import POOL
from tests.learners import NOW, answer, forget, learner, link, put, start

ROOT = Path(__file__).parents[1]


def config(script: Path = ROOT / "migrations") -> Config:
    config = Config(ROOT / "alembic.ini")
    config.set_main_option("script_location", str(script))
    return config


REVISIONS = [each.revision for each in ScriptDirectory.from_config(config()).walk_revisions()][
    ::-1
]


def down(connection: Connection, to: str) -> None:
    settings = config()
    settings.attributes["connection"] = connection
    command.downgrade(settings, to)


def tables(connection: Connection) -> set[str]:
    return set(inspect(connection).get_table_names()) - {"alembic_version"}


def differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return list(compare_metadata(context, metadata))


async def over(url: URL, *work: object) -> list[object]:
    """Do synchronous work over a writing connection of its own each, and return the results."""
    engine = create_engine(url)
    done: list[object] = []
    try:
        for each in work:
            async with engine.connect() as connection:
                await connection.execution_options(writes=True)
                assert callable(each)
                done.append(await connection.run_sync(each))
    finally:
        await engine.dispose()
    return done


def test_head_is_the_newest_of_the_migrations_files() -> None:
    assert ScriptDirectory.from_config(config()).get_current_head() == HEAD


async def test_an_empty_database_is_brought_to_the_newest_shape(bare_url: URL) -> None:
    engine = create_engine(bare_url)

    await upgrade(engine)
    await upgrade(engine)

    async with Storage(engine) as storage:
        assert (await learner(storage).takes()).passed("chat")
    assert await over(bare_url, tables) == [set(metadata.tables)]


async def test_each_migration_goes_up_and_down_and_up_again(bare_url: URL) -> None:
    for revision in REVISIONS:

        def up(connection: Connection, revision: str = revision) -> None:
            migrate(connection, revision)

        def back(connection: Connection, revision: str = revision) -> None:
            down(connection, f"{revision}-1" if revision != REVISIONS[0] else "base")

        shapes = await over(bare_url, tables, up, tables, back, tables, up, tables)
        assert shapes[0] == shapes[4], revision
        assert shapes[2] == shapes[6], revision

    def base(connection: Connection) -> None:
        down(connection, "base")

    assert (await over(bare_url, base, tables))[1] == set()


async def test_the_migrations_lead_to_the_tables_of_the_code(url: URL) -> None:
    assert await over(url, differences) == [[]]


async def test_a_column_too_many_would_be_noticed(bare_url: URL) -> None:
    def add(connection: Connection) -> None:
        connection.execute(text("ALTER TABLE person ADD COLUMN shoe_size INTEGER"))
        connection.commit()

    _, _, found = await over(bare_url, migrate, add, differences)

    assert "shoe_size" in repr(found)


async def test_a_database_of_a_newer_version_is_refused_and_left_alone(bare_url: URL) -> None:
    engine = create_engine(bare_url)
    await upgrade(engine)
    async with engine.connect() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        await connection.commit()

    with pytest.raises(UnusableDatabaseError) as refused:
        await upgrade(engine)
    assert refused.value.fault is DatabaseFault.NEWER

    async with engine.connect() as connection:
        version = await connection.scalar(text("SELECT version_num FROM alembic_version"))
    await engine.dispose()
    assert version == "9999"


async def test_migrations_run_over_the_connection_that_is_handed_in(
    bare_url: URL, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "settings.db"
    monkeypatch.setenv("COURSE_BOT_DATABASE", f"sqlite:///{elsewhere}")

    assert (await over(bare_url, migrate, tables))[1] == set(metadata.tables)
    assert not elsewhere.exists()


def test_without_a_connection_migrations_run_on_the_settings_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "new folder" / "settings.db"
    monkeypatch.setenv("COURSE_BOT_DATABASE", f"sqlite:///{path}")

    command.upgrade(config(), "head")

    assert path.exists()


@contextmanager
def a_future_migration(folder: Path, body: str) -> Iterator[Config]:
    """Put a migration after the newest one, in a copy of the migrations."""
    script = folder / "migrations"
    (script / "versions").mkdir(parents=True)
    for path in (ROOT / "migrations").rglob("*.py"):
        target = script / path.relative_to(ROOT / "migrations")
        target.write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    (script / "versions" / "future.py").write_text(
        f"import sqlalchemy as sa\nfrom alembic import op\n"
        f"revision = 'future'\ndown_revision = {HEAD!r}\n"
        f"def upgrade():\n{lines}\ndef downgrade(): pass\n"
    )
    yield config(script)


async def a_lived_in_database(url: URL) -> None:
    await migrate_database(url)
    async with Storage(create_engine(url)) as storage:
        ann = learner(storage)
        await ann.does(put(name="Анна", track="teacher"))
        await ann.takes("chat", wrong=1)
        await ann.does(start("roles"))
        await ann.does(answer())
        await ann.does(link("digest", NOW))


def contents(connection: Connection) -> dict[str, int]:
    return {
        name: connection.execute(text(f"SELECT count(*) FROM {name}")).scalar_one()
        for name in metadata.tables
    }


def foreign_keys(connection: Connection) -> object:
    return connection.exec_driver_sql("PRAGMA foreign_keys").scalar()


REBUILD = (
    'with op.batch_alter_table("person", recreate="auto") as batch:\n'
    '    batch.alter_column("name", existing_type=sa.Text(), type_=sa.String(200))'
)


async def test_all_data_survives_a_migration_that_rebuilds_a_table(
    bare_url: URL, tmp_path: Path
) -> None:
    """On SQLite the old table is dropped, and with foreign keys on, all that refers to it."""
    await a_lived_in_database(bare_url)
    (before,) = await over(bare_url, contents)
    assert isinstance(before, dict)
    assert before["answer"] > 5

    with a_future_migration(tmp_path, REBUILD) as future:

        def go(connection: Connection) -> object:
            future.attributes["connection"] = connection
            command.upgrade(future, "head")
            return foreign_keys(connection) if bare_url.get_backend_name() == "sqlite" else 1

        switched_on, after = await over(bare_url, go, contents)

    assert after == before
    assert switched_on == 1
    async with Storage(create_engine(bare_url)) as storage:
        ann = await learner(storage).does()
        assert ann.name == "Анна"
        assert ann.unfinished


async def test_a_migration_that_fails_leaves_everything_as_it_was(
    bare_url: URL, tmp_path: Path
) -> None:
    await a_lived_in_database(bare_url)
    before = (await over(bare_url, contents, tables))[:2]

    with a_future_migration(
        tmp_path,
        'op.create_table("half", sa.Column("id", sa.Integer))\n'
        'op.execute("DELETE FROM answer")\nraise OSError("the disk is full")',
    ) as future:

        def go(connection: Connection) -> object:
            future.attributes["connection"] = connection
            with pytest.raises(OSError, match="full"):
                command.upgrade(future, "head")
            connection.rollback()
            return foreign_keys(connection) if bare_url.get_backend_name() == "sqlite" else 1

        switched_on, *after = await over(bare_url, go, contents, tables)

    assert after == before
    assert switched_on == 1


@pytest.mark.parametrize("bare_url", ["sqlite"], indirect=True)
async def test_a_migration_that_leaves_orphans_is_taken_back(
    bare_url: URL, tmp_path: Path
) -> None:
    await a_lived_in_database(bare_url)
    before = (await over(bare_url, contents))[0]

    with a_future_migration(tmp_path, 'op.execute("DELETE FROM attempt")') as future:

        def go(connection: Connection) -> None:
            future.attributes["connection"] = connection
            with pytest.raises(UnusableDatabaseError, match="rows of answer refer to no row"):
                command.upgrade(future, "head")

        _, after = await over(bare_url, go, contents)

    assert after == before


def test_a_start_on_a_database_that_is_up_to_date_does_not_import_alembic(url: URL) -> None:
    code = (
        "import asyncio, sys\n"
        "from course_bot.storage.engine import create_engine, database_url\n"
        "from course_bot.storage.migrating import upgrade\n"
        "async def main():\n"
        "    engine = create_engine(database_url(sys.argv[1]))\n"
        "    await upgrade(engine)\n"
        "    await engine.dispose()\n"
        "asyncio.run(main())\n"
        "print('alembic' in sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, url.render_as_string(hide_password=False)],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )

    assert done.stdout.strip() == "False", done.stderr


def test_processes_that_start_together_migrate_once(bare_url: URL) -> None:
    code = (
        "import asyncio, sys\n"
        "from course_bot.storage.engine import create_engine, database_url\n"
        "from course_bot.storage.migrating import upgrade\n"
        "async def main():\n"
        "    engine = create_engine(database_url(sys.argv[1]))\n"
        "    print('ready', flush=True)\n"
        "    sys.stdin.readline()\n"
        "    await upgrade(engine)\n"
        "    await engine.dispose()\n"
        "import alembic.command\n"
        "asyncio.run(main())\n"
    )
    with _several(2, code, bare_url) as processes:
        for each in processes:
            assert each.stdout
            assert each.stdout.readline() == "ready\n"
        for each in processes:
            assert each.stdin
            each.stdin.write("go\n")
            each.stdin.flush()
        faults = [each.communicate()[1] for each in processes]

    assert [each.returncode for each in processes] == [0, 0], faults
    run(_has_all_tables(bare_url))


async def _has_all_tables(url: URL) -> None:
    assert await over(url, tables) == [set(metadata.tables)]


@contextmanager
def _several(count: int, code: str, url: URL) -> Iterator[list["subprocess.Popen[str]"]]:
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", code, url.render_as_string(hide_password=False)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        for _ in range(count)
    ]
    try:
        yield processes
    finally:
        for each in processes:
            each.kill()
            each.communicate()


# From the first tables to those of today, with people in them.

FIRST_PEOPLE = [
    {"id": 1, "name": "Анна", "track": "teacher", "place": "question:a2:1", "attempt_id": "a2"},
    {"id": 2, "name": "", "track": "", "place": "name:lesson-chat", "attempt_id": None},
    {"id": 3, "name": "Борис", "track": "teacher", "place": "menu", "attempt_id": None},
]
STUDY = {
    "readings": {"chat": {"step": 2, "furthest": 3}},
    "results": {
        "chat": {"attempts": 2, "best": 100, "passed_at": "2026-11-23T09:00:00Z", "met": ["x"]}
    },
    "answers": [{"response": [0], "points": 100}],
    "draft": [],
}


def as_it_was_kept(asked: Asked) -> dict[str, object]:
    """Write a question as attempts kept it at first: whole, its figures filled in."""
    return {"question": json.loads(QUESTION.dump_json(asked.filled)), "shown": asked.shown}


def live(connection: Connection) -> None:
    """Fill the first tables as the first release did."""
    study = json.dumps(STUDY)
    empty = json.dumps({"readings": {}, "results": {}, "answers": [], "draft": []})
    asked = [ask(question, Random(1)) for question in POOL]
    kept = json.dumps([as_it_was_kept(each) for each in asked])
    sqlite = connection.dialect.name == "sqlite"
    at = NOW.replace(tzinfo=None).isoformat(" ", "microseconds") if sqlite else NOW
    for each in FIRST_PEOPLE:
        person = each | {"study": study if each["id"] == 1 else empty, "at": at}
        connection.execute(
            text(
                "INSERT INTO person (id, name, track, joined_at, seen_at, place, study,"
                " attempt_id, reminders_sent) VALUES (:id, :name, :track, :at, :at, :place,"
                " :study, :attempt_id, :id - 1)"
            ),
            person,
        )
        connection.execute(
            text("INSERT INTO account (id, person_id) VALUES (:account, :id)"),
            {"account": f"telegram:{each['id']}", "id": each["id"]},
        )
    for attempt in ("a1", "a2"):
        connection.execute(
            text(
                "INSERT INTO attempt (id, person_id, lesson, number, course, pass_mark, asked,"
                " started_at) VALUES (:id, 1, 'chat', :number, 'c', 75, :asked, :at)"
            ),
            {"id": attempt, "number": int(attempt[1]), "asked": kept, "at": at},
        )
    connection.execute(
        text("INSERT INTO personal_link VALUES (:digest, 1, :at)"), {"digest": "d" * 64, "at": at}
    )
    connection.execute(text("INSERT INTO move VALUES ('telegram:1', '7', :at)"), {"at": at})
    if not sqlite:
        connection.execute(text("SELECT setval(pg_get_serial_sequence('person', 'id'), 3)"))
    connection.commit()


async def test_people_of_the_first_release_go_on_where_they_were(bare_url: URL) -> None:
    await over(bare_url, lambda connection: migrate(connection, "0001"), live, migrate)

    async with Storage(create_engine(bare_url)) as storage:
        ann = await learner(storage, "1").does(move="7")
        assert ann.place == "question:a2:1"
        assert ann.attempt
        assert [each.filled for each in ann.attempt.asked] == [
            ask(question, Random(1)).filled for question in POOL
        ]
        assert ann.question
        assert ann.study.results["chat"].answered == ("x",)
        newcomer = await learner(storage, "2").does()
        assert (newcomer.place, newcomer.wish) == ("name", "lesson-chat")
        ann = await learner(storage, "1").does(answer())
        assert len(ann.study.answers) == 2
        async with storage.reading() as connection:
            due = await connection.scalars(
                select(schema.person.c.remind_at).order_by(schema.person.c.id)
            )
            assert list(due) == [NOW + timedelta(days=3), None, NOW + timedelta(days=30)]
            last = select(schema.person.c.last_account_id).order_by(schema.person.c.id)
            used = ["telegram:1", "telegram:2", None]
            assert list(await connection.scalars(last)) == used, "who has not come back has none"
            links = await connection.scalars(select(schema.personal_link.c.digest))
            assert list(links) == ["d" * 32]
            wordings = select(func.count()).select_from(schema.question)
            assert await connection.scalar(wordings) == len(POOL), "each is kept once"
        # The number of somebody who leaves is not given to whoever comes next.
        await learner(storage, "3").does(forget)
        assert (await learner(storage, "4").does()).id == 4


async def test_going_back_to_the_first_tables_gives_the_questions_back(bare_url: URL) -> None:
    def asked(connection: Connection) -> list[object]:
        rows = connection.execute(text("SELECT asked FROM attempt ORDER BY id"))
        return [json.loads(row.asked) for row in rows]

    def places(connection: Connection) -> list[tuple[str, ...]]:
        rows = connection.execute(text("SELECT place FROM person ORDER BY id"))
        return [tuple(row) for row in rows]

    def back(connection: Connection) -> None:
        down(connection, "0001")

    def first(connection: Connection) -> None:
        migrate(connection, "0001")

    done = await over(bare_url, first, live, asked, places, migrate, back, asked, places)

    assert done[2] == done[6]
    assert done[3] == done[7]


async def test_going_back_fills_drawn_figures_in(bare_url: URL) -> None:
    number = next(each for each in POOL if ask(each, Random(1)).figures)
    await over(bare_url, migrate)
    async with Storage(create_engine(bare_url)) as storage:
        # The id is what an attempt is drawn by: this one asks the question.
        person = await learner(storage).does(start("chat", attempt_id="with a number"))
    assert person.attempt
    (drawn,) = (each for each in person.attempt.asked if each.question.id == number.id)

    def back(connection: Connection) -> str:
        down(connection, "0001")
        return str(connection.scalar(text("SELECT asked FROM attempt")))

    (kept,) = (json.loads(f"{each}") for each in await over(bare_url, back))

    assert as_it_was_kept(drawn) | {"shown": []} in [each | {"shown": []} for each in kept]
