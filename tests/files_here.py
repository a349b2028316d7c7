"""Files made and read in the tests' own process, by the code that does so in another one."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from course_bot.content.model import Course
from course_bot.reports.exporting import Advance, File, Wanted, make
from course_bot.sheets.figures import Field, Reading
from course_bot.sheets.reading import read_sheet
from course_bot.storage.store import Storage


class FilesHere:
    """Makes files of what one storage holds, and tells how far it is when it is done."""

    def __init__(self, storage: Storage) -> None:
        self.storage = storage

    async def file(self, course: Course, wanted: Wanted, tell: Advance) -> File | None:
        told: list[tuple[int, int]] = []
        with TemporaryDirectory() as folder:
            target = Path(folder, "file")
            made = await self.storage.read_all(
                lambda reader: make(
                    reader, course, wanted, target, lambda *rows: told.append(rows)
                )
            )
            for done, total in told:
                await tell(done, total)
            content = await asyncio.to_thread(target.read_bytes) if made else b""
            return File(made=made, content=content) if made else None


class SheetsHere:
    """Reads statistics sheets."""

    async def read(
        self, fetch: Callable[[], Awaitable[bytes]], *, today: date, chosen: Mapping[str, Field]
    ) -> Reading:
        return read_sheet(await fetch(), today=today, chosen=chosen)
