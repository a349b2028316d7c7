"""Databases that take long to fill: filled once, and copied for whoever else needs them so."""

import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import dataclass
from typing import Generic, TypeVar

from course_bot.storage.engine import sqlite_path
from course_bot.storage.store import Storage

T = TypeVar("T")


@dataclass
class Kept(Generic[T]):
    """What an empty database is filled with, and what tests know of it.

    PostgreSQL is filled each time: there is nothing to copy that would be faster.
    """

    fill: Callable[[Storage], Awaitable[T]]
    copied: Callable[[T, Storage], T]
    """Makes of what is known of one database what is to be known of its copy."""
    _kept: tuple[bytes, T] | None = None

    async def on(self, storage: Storage) -> T:
        """Fill the database of a storage that nothing has been asked of yet."""
        if storage.engine.dialect.name != "sqlite":
            return await self.fill(storage)
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
