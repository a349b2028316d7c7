"""Databases that take long to fill: filled once, and copied for whoever else needs them so."""

import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import dataclass, field
from typing import Generic, TypeVar
from uuid import uuid4

from sqlalchemy import text
from sqlalchemy.engine import URL

from course_bot.storage.engine import sqlite_path
from course_bot.storage.schema import metadata
from course_bot.storage.store import Storage

T = TypeVar("T")


@dataclass
class Kept(Generic[T]):
    """What an empty database is filled with, and what tests know of it."""

    fill: Callable[[Storage], Awaitable[T]]
    copied: Callable[[T, Storage], T]
    """Makes of what is known of one database what is to be known of its copy."""
    _kept: tuple[bytes, T] | None = None
    _kept_in: dict[URL, tuple[list[str], T]] = field(default_factory=dict)
    """The tables of the copy that a PostgreSQL database has of itself, and what is known of it."""
    _schema: str = field(default_factory=lambda: f"kept_{uuid4().hex}")
    """Where such a copy stands."""

    async def on(self, storage: Storage) -> T:
        """Fill the database of a storage that nothing has been asked of yet."""
        if storage.engine.dialect.name == "sqlite":
            return await self._on_sqlite(storage)
        return await self._on_postgres(storage)

    async def _on_sqlite(self, storage: Storage) -> T:
        path = sqlite_path(storage.engine.url)
        assert not path.with_name(f"{path.name}-wal").exists(), "it has been opened already"
        if self._kept is not None:
            content, known = self._kept
            path.write_bytes(content)
            return self.copied(known, storage)
        known = await self.fill(storage)
        with closing(sqlite3.connect(path)) as database:
            self._kept = database.serialize(), self.copied(known, storage)
        return known

    async def _on_postgres(self, storage: Storage) -> T:
        url, copy = storage.engine.url, self._schema
        if url in self._kept_in:
            tables, known = self._kept_in[url]
            await _executed(
                storage,
                *(f"INSERT INTO {table} SELECT * FROM {copy}.{table}" for table in tables),
                f"PERFORM setval(sequencename::regclass, last_value) FROM {copy}.numbers",
            )
            return self.copied(known, storage)
        known = await self.fill(storage)
        tables = await _filled(storage)
        await _executed(
            storage,
            f"CREATE SCHEMA {copy}",
            *(f"CREATE TABLE {copy}.{table} AS TABLE {table}" for table in tables),
            f"CREATE TABLE {copy}.numbers AS SELECT sequencename, last_value FROM pg_sequences "
            "WHERE last_value IS NOT NULL",
        )
        self._kept_in[url] = tables, self.copied(known, storage)
        return known


async def _filled(storage: Storage) -> list[str]:
    """Return the names of the tables that have rows, each after those that it refers to."""
    names = [table.name for table in metadata.sorted_tables]
    asked = ", ".join(f"EXISTS (SELECT FROM {name}) AS {name}" for name in names)
    async with storage.engine.connect() as connection:
        filled = (await connection.execute(text(f"SELECT {asked}"))).mappings().one()
    return [name for name in names if filled[name]]


async def _executed(storage: Storage, *statements: str) -> None:
    """Execute statements in one transaction and one trip to the server."""
    async with storage.engine.begin() as connection:
        await connection.execute(text(f"DO $$ BEGIN {'; '.join(statements)}; END $$"))
