"""How alembic reaches the database: over the connection it is handed, or over the settings'."""

import asyncio

from alembic import context
from sqlalchemy import Connection, text

from course_bot.settings import Settings
from course_bot.storage.engine import create_engine, database_url
from course_bot.storage.schema import metadata


def migrate(connection: Connection) -> None:
    """Run the migrations in one transaction, with SQLite's foreign keys off around them.

    Batch mode rebuilds a table by dropping the old one, and with foreign keys on that deletes
    every row that refers to it. The pragma does nothing inside a transaction, hence its place.
    """
    sqlite = connection.dialect.name == "sqlite"
    if sqlite:
        connection.execute(text("PRAGMA foreign_keys=OFF"))
        connection.commit()
    context.configure(
        connection=connection, target_metadata=metadata, render_as_batch=True, compare_type=True
    )
    with context.begin_transaction():
        context.run_migrations()
    if sqlite:
        broken = connection.execute(text("PRAGMA foreign_key_check")).all()
        connection.rollback()
        connection.execute(text("PRAGMA foreign_keys=ON"))
        connection.commit()
        if broken:
            raise RuntimeError(f"the migration left rows without the row they refer to: {broken}")


async def migrate_settings_database() -> None:
    """Migrate the database that the environment names."""
    engine = create_engine(database_url(Settings().database))
    async with engine.connect() as connection:
        await connection.execution_options(writes=True)
        await connection.run_sync(migrate)
    await engine.dispose()


handed: Connection | None = context.config.attributes.get("connection")
if handed is not None:
    migrate(handed)
else:
    asyncio.run(migrate_settings_database())
