"""Receive files that come by HTTP: one at a time in a form, into memory, and only as much as fits.

Nothing of a file is ever written to a disk: the form is read as a stream, where aiohttp's own
``Request.post`` would put it into a temporary file.
"""

import asyncio
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import (
    BadContentDispositionHeader,
    BadContentDispositionParam,
    BodyPartReader,
    MultipartReader,
    web,
)

from course_bot.conversation.port import TooLargeError
from course_bot.errors import CourseError
from course_bot.sheets.figures import FILE_BYTES

# They would show in the log what people call their files.
warnings.simplefilter("ignore", BadContentDispositionHeader)
warnings.simplefilter("ignore", BadContentDispositionParam)

PART = "file"
"""The name that the file has in the form."""
FORM_BYTES = 32 * 1024
"""Room for what is around the file: its headers, and a name of any length that browsers send."""
CHUNK = 64 * 1024
HELD_BYTES = 4 * (FILE_BYTES + FORM_BYTES)
"""How much of all files is in memory at a time; what is more waits unread in its connection."""
SLOWEST = 16_000
"""Bytes a second of the slowest connection that is waited for: EDGE, a 2G phone's, has so many."""
FIRST_SECONDS = 30.0
"""What everybody has besides, on however bad a connection."""


class MalformedUploadError(CourseError):
    """What came is not a form with one file in it."""


class SlowUploadError(CourseError):
    """The file did not come within the time that it may take, or not to its end."""


class Room:
    """Memory that files have in common."""

    def __init__(self, size: int = HELD_BYTES) -> None:
        """Hold so many bytes at a time."""
        self._free = size
        self._changed = asyncio.Condition()

    @asynccontextmanager
    async def taken(self, size: int) -> AsyncIterator[None]:
        """Wait until so many bytes are free, and take them for as long as the block lasts."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._free >= size)
            self._free -= size
        try:
            yield
        finally:
            self._free += size
            async with self._changed:
                self._changed.notify_all()


async def receive(request: web.Request, length: int) -> tuple[str, bytes]:
    """Read the one file of a form; return its name, which may be anything, and its content.

    Args:
        request: with a body of the type multipart/form-data.
        length: of the body, in bytes, as the request says it.

    Raises:
        MalformedUploadError: it is no such form, or has more or less than one file.
        SlowUploadError: it came too slowly, or whoever sent it has gone.
        TooLargeError: the file has more than ``FILE_BYTES``.
    """
    try:
        async with asyncio.timeout(FIRST_SECONDS + length / SLOWEST):
            return await _one_file(request)
    except (TimeoutError, OSError) as error:
        raise SlowUploadError(type(error).__name__) from None
    except CourseError:
        raise
    except Exception as error:  # noqa: BLE001 - see below
        # Of a malformed form aiohttp's reader raises whatever its parts raise: ValueError,
        # AssertionError, RuntimeError, BadHttpMessage… Each is the sender's fault.
        raise MalformedUploadError(type(error).__name__) from None


class _Form(MultipartReader):
    async def _read_until_first_boundary(self) -> None:
        # Before the first boundary a form has nothing: aiohttp would look through millions of
        # empty lines there, and let nobody else do anything meanwhile.
        await self._read_boundary()


async def _one_file(request: web.Request) -> tuple[str, bytes]:
    form = _Form(request.headers, request.content)
    part = await form.next()
    if not isinstance(part, BodyPartReader) or part.name != PART:
        raise MalformedUploadError("no file")
    name = part.filename or ""
    content = bytearray()
    while not part.at_eof():
        content += await part.read_chunk(CHUNK)
        if len(content) > FILE_BYTES:
            raise TooLargeError
    if await form.next() is not None:
        raise MalformedUploadError("more than one file")
    return name, bytes(content)
