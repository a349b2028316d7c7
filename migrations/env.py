"""How alembic reaches the database: over the connection it is handed, or over the settings'."""

import asyncio

from alembic import context
from sqlalchemy import Connection, text

from course_bot.settings import Settings
from course_bot.storage.engine import create_engine, database_url
from course_bot.storage.inspecting import DatabaseFault, UnusableDatabaseError
from course_bot.storage.schema import metadata

LOCK = 0x436F75727365
"""A number of our own, for PostgreSQL's advisory lock: two processes never migrate at once."""


def migrate(connection: Connection) -> None:
    """Run the migrations in one transaction, with SQLite's foreign keys off around them.

    Batch mode rebuilds a table by dropping the old one, and with foreign keys on that deletes
    every row that refers to it.
    """
    sqlite = connection.dialect.name == "sqlite"
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_as_batch=True,
        compare_type=True,
        # Alembic thinks that SQLite can't; with a BEGIN of our own, it can.
        transactional_ddl=True,
    )
    if sqlite:
        switch_foreign_keys(connection, "OFF")
    try:
        with context.begin_transaction():
            if not sqlite:
                connection.execute(text(f"SELECT pg_advisory_xact_lock({LOCK})"))
            context.run_migrations()
            if sqlite:
                broken = connection.execute(text("PRAGMA foreign_key_check")).all()
                if broken:
                    tables = ", ".join(sorted({row[0] for row in broken}))
                    reason = f"rows of {tables} refer to no row"
                    raise UnusableDatabaseError(DatabaseFault.HALF, reason)
    finally:
        if sqlite:
            switch_foreign_keys(connection, "ON")


def switch_foreign_keys(connection: Connection, state: str) -> None:
    """Switch them past SQLAlchemy, which would begin a transaction: in one, nothing happens."""
    cursor = connection.connection.cursor()
    cursor.execute(f"PRAGMA foreign_keys={state}")
    cursor.close()


async def migrate_settings_database() -> None:
    """Migrate the database that the environment names."""
    engine = create_engine(database_url(Settings().database))
    try:
        async with engine.connect() as connection:
            await connection.execution_options(writes=True)
            await connection.run_sync(migrate)
    finally:
        await engine.dispose()


handed: Connection | None = context.config.attributes.get("connection")
if handed is not None:
    migrate(handed)
else:
    asyncio.run(migrate_settings_database())
