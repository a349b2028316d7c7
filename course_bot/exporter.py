"""Makes files of reports in a process of its own, so that a large one holds up nobody's turn.

``python -m course_bot.exporter`` is that process: it gets what is wanted by its standard input,
tells by its standard output how far it is, and leaves the file where it was told to.
"""

import asyncio
import copyreg
import os
import pickle
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType

from course_bot.content.model import Course
from course_bot.reports.exporting import Advance, ExportError, File, Made, Wanted, make
from course_bot.storage.engine import create_engine, database_url
from course_bot.storage.store import Storage

NICE = 10
"""How far a file's making stands back behind everything else on the computer."""
AT_ONCE = 2
"""How many files are made at a time; each process takes some 100 MB."""
LINE_BYTES = 1 << 20


@dataclass(slots=True, eq=False)
class _Making:
    """A file that is being made, and who is told how far it is."""

    file: "asyncio.Task[File | None]"
    tells: list[Advance] = field(default_factory=list)
    last: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Order:
    database: str
    course: Course
    wanted: Wanted
    target: Path


def _frozen(items: dict[object, object]) -> MappingProxyType[object, object]:
    return MappingProxyType(items)


# A course that was read is made of these, and Python does not pickle them by itself.
copyreg.pickle(MappingProxyType, lambda mapping: (_frozen, (dict(mapping),)))


class Exporter:
    """Makes files; whoever asks for one that is being made already waits for that one."""

    def __init__(self, database: str) -> None:
        """Take the database's address, as in the settings."""
        self._database = database
        self._making: dict[Wanted, _Making] = {}
        self._places = asyncio.Semaphore(AT_ONCE)

    async def file(self, course: Course, wanted: Wanted, tell: Advance) -> File | None:
        """Make a file.

        Args:
            course: the course as it is now.
            wanted: what is wanted.
            tell: gets how far it is, again and again.

        Returns:
            The file; None where whoever it is for may not see the organisation (any more).

        Raises:
            ExportError: it could not be made; asking again is right.
        """
        # The same figures of a moment later are the same file.
        key = replace(wanted, at=wanted.at.replace(second=0, microsecond=0))
        making = self._making.get(key)
        if making is None:
            making = self._making[key] = _Making(
                file=asyncio.create_task(self._made(key, course, wanted))
            )
        making.tells.append(tell)
        try:
            if making.last is not None:
                await tell(*making.last)
            # Who goes away in the middle must not take the file from the others.
            return await asyncio.shield(making.file)
        finally:
            making.tells.remove(tell)

    async def _made(self, key: Wanted, course: Course, wanted: Wanted) -> File | None:
        try:
            async with self._places:
                with TemporaryDirectory(prefix="course-bot-") as folder:
                    target = Path(folder, "file")
                    order = _Order(
                        database=self._database, course=course, wanted=wanted, target=target
                    )
                    made = await self._carried_out(key, order)
                    if made is None:
                        return None
                    content = await asyncio.to_thread(target.read_bytes)
                    return File(made=made, content=content)
        finally:
            del self._making[key]

    async def _carried_out(self, key: Wanted, order: _Order) -> Made | None:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "course_bot.exporter",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            limit=LINE_BYTES,
        )
        try:
            return await self._followed(key, process, order)
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()

    async def _followed(
        self, key: Wanted, process: asyncio.subprocess.Process, order: _Order
    ) -> Made | None:
        if process.stdin is None or process.stdout is None or process.stderr is None:
            raise ExportError("no pipes")
        faults = asyncio.create_task(process.stderr.read())
        process.stdin.write(pickle.dumps(order))
        process.stdin.close()
        result: Made | None = None
        async for line in process.stdout:
            word, *rest = line.decode().rstrip("\n").split("\t")
            if word == "rows":
                await self._tell(key, int(rest[0]), int(rest[1]))
            elif word == "made":
                result = Made(name=rest[0], about=rest[1])
        traceback = (await faults).decode(errors="replace")
        if await process.wait():
            raise ExportError(f"exit {process.returncode}: {traceback}")
        return result

    async def _tell(self, key: Wanted, done: int, total: int) -> None:
        making = self._making[key]
        making.last = done, total
        for tell in list(making.tells):
            await tell(done, total)


def main() -> None:
    """Carry out the order that comes by standard input."""
    os.nice(NICE)
    # From the process that started this one, by a pipe that nobody else has.
    order: _Order = pickle.load(sys.stdin.buffer)  # noqa: S301
    made = asyncio.run(_make(order))
    if made is not None:
        _say("made", made.name, made.about)


async def _make(order: _Order) -> Made | None:
    storage = Storage(create_engine(database_url(order.database)))
    try:
        return await storage.read_all(
            lambda reader: make(
                reader,
                order.course,
                order.wanted,
                order.target,
                lambda rows, total: _say("rows", rows, total),
            )
        )
    finally:
        await storage.engine.dispose()


def _say(*words: object) -> None:
    sys.stdout.write("\t".join(f"{word}" for word in words) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    # Under its own name: what it is sent is pickled by it.
    from course_bot.exporter import main as carry_out

    carry_out()
