"""Reads statistics sheets in a process of its own, where they can do no harm.

Whatever a file does to its reader, only that process is harmed: it may use as much memory and time
as ``course_bot/sheets/__main__.py`` allows itself, and is killed where it does not come back.
"""

import asyncio
import json
import logging
import sys
from asyncio import StreamReader, StreamWriter
from asyncio.subprocess import PIPE, Process
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import date

from pydantic import ValidationError

from course_bot.sheets.figures import FILE_BYTES, READING, Field, Reading, Refusal

AT_ONCE = 2
"""How many sheets are read at a time, and how many files are therefore in memory."""
SECONDS = 20.0
"""How long a reader may take: twice the processor time that it allows itself."""
ANSWER_BYTES = 12_000_000
"""The longest answer: that to a region's 3,000 schools has 1.4 MB, to the most rows that are read
some 9 MB."""
TRACE_BYTES = 4_000
READER = ("-m", "course_bot.sheets")
_PIECE = 65_536

log = logging.getLogger(__name__)


class SheetReader:
    """Reads sheets, a few at a time; the others wait."""

    def __init__(self) -> None:
        """Begin with nobody waiting."""
        self._places = asyncio.Semaphore(AT_ONCE)

    async def read(
        self,
        fetch: Callable[[], Awaitable[bytes]],
        *,
        today: date,
        chosen: Mapping[str, Field],
    ) -> Reading:
        """Read a statistics sheet.

        Args:
            fetch: gets the file's bytes; it is called when there is a place for them, and what it
                raises is not caught.
            today: a later day in the sheet is a fault.
            chosen: what somebody said that a heading is, as ``columns.folded_heading`` writes it.

        Returns:
            What came of it. ``Refusal.FAILED`` where the process died, was killed, took too long
            or answered nonsense: the log says which.
        """
        async with self._places:
            content = await fetch()
            if len(content) > FILE_BYTES:
                return Refusal.TOO_LARGE
            order = {"today": today.isoformat(), "chosen": dict(chosen)}
            answer = await self._answer(json.dumps(order).encode() + b"\n", content)
        if answer is None:
            return Refusal.FAILED
        try:
            return READING.validate_json(answer)
        except ValidationError as error:
            # Only how many: the faults themselves would show what is in the file.
            log.error("a sheet's reader: %d faults in its answer", error.error_count())  # noqa: TRY400
            return Refusal.FAILED

    async def _answer(self, order: bytes, content: bytes) -> bytes | None:
        """Hand an order to a process of its own; None where no answer comes of it."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, *READER, stdin=PIPE, stdout=PIPE, stderr=PIPE
        )
        try:
            async with asyncio.timeout(SECONDS):
                _sent, answer, trace = await asyncio.gather(
                    _send(process.stdin, order, content),
                    _receive(process, process.stdout, ANSWER_BYTES),
                    _receive(process, process.stderr, TRACE_BYTES),
                )
                await process.wait()
        except TimeoutError:
            log.error("a sheet's reader: not done after %d s", SECONDS)  # noqa: TRY400 - that is all
            return None
        finally:
            if process.returncode is None:
                process.kill()
                # Pipes that nobody reads to their end can keep it from being gone.
                await process.communicate()
        if process.returncode:
            told = trace.decode(errors="replace")
            log.error("a sheet's reader: exit %d: %s", process.returncode, told)
            return None
        return answer


async def _send(stdin: StreamWriter | None, order: bytes, content: bytes) -> None:
    if stdin is None:
        raise TypeError("no pipe")
    # Who dies before reading it all has said by its exit what there is to say.
    with suppress(BrokenPipeError, ConnectionResetError):
        # One after the other: together they would be a second copy of the file in memory.
        stdin.write(order)
        stdin.write(content)
        await stdin.drain()
        stdin.close()
        await stdin.wait_closed()


async def _receive(process: Process, stream: StreamReader | None, most: int) -> bytes:
    """Read what a process says to its end; one that says too much is killed."""
    if stream is None:
        raise TypeError("no pipe")
    received = bytearray()
    while piece := await stream.read(_PIECE):
        if len(received) + len(piece) <= most:
            received += piece
        elif process.returncode is None:
            process.kill()
    return bytes(received)
