"""The HTTP server: lets in as many connections as the process can hold, and refuses the rest."""

import asyncio
import logging
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from yarl import URL

PAGE = Path(__file__).parent / "page"
SHUTDOWN = 5.0
"""Seconds that moves already begun have to finish before the server stops."""
KEEP_ALIVE = 75.0
"""Seconds that a connection may say nothing at all: a proxy keeps an idle one for 60 (nginx)."""
FILES = 10_240
"""Open files to ask the system for. Source: macOS, OPEN_MAX; it allows no more to a process."""
FILES_ELSEWHERE = 256
"""Open files that are no connections to us: to MAX and to Telegram there are up to 100 each, to
the database 9 (of three files each in SQLite), and there are the lessons."""
REFUSALS = 32
"""How many are refused at a time in words; who comes on top of them is cut off."""
REFUSAL_SECONDS = 5.0
"""How long whoever is refused may take to ask."""
RETRY_AFTER = 10
"""Seconds after which it is worth trying again; the page that says so waits as long."""

logger = logging.getLogger(__name__)


@asynccontextmanager
async def serve(
    application: web.Application, host: str, port: int, *, most: int | None = None
) -> AsyncIterator[str]:
    """Serve an application until the block ends, then close its connections in good order.

    Args:
        application: what ``BrowserDoor.application`` built.
        host: the address to listen on.
        port: the port to listen on; 0 takes a free one.
        most: connections let in at a time; further ones are answered 503. None: any number.

    Yields:
        The address people open, with the port that was taken.

    Raises:
        OSError: the port is taken, or the address is not this computer's.
    """
    runner = web.AppRunner(
        application,
        # No access log: it would write down addresses of people, and nobody reads it here.
        access_log=None,
        logger=_http_logger(),
        shutdown_timeout=SHUTDOWN,
        keepalive_timeout=KEEP_ALIVE,
        # A body is inflated by nobody: 1 MB on the way may be 1 GB here.
        auto_decompress=False,
    )
    await runner.setup()
    entrance = _Entrance(cast(web.Server, runner.server), most)
    try:
        listening = await asyncio.get_running_loop().create_server(
            lambda: _Arrival(entrance), host, port
        )
        try:
            taken = listening.sockets[0].getsockname()[1]
            yield str(URL.build(scheme="http", host=host, port=taken))
        finally:
            listening.close()
    finally:
        entrance.close()
        await runner.cleanup()


def room_for_connections() -> int:
    """Raise the limit of open files as far as is useful; return how many may be connections.

    Past the limit no database and no lesson could be opened, so connections are kept below it.
    """
    if sys.platform == "win32":
        return 512 - FILES_ELSEWHERE
    # It exists nowhere but on Unix.
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return FILES - FILES_ELSEWHERE
    wanted = FILES if hard == resource.RLIM_INFINITY else min(FILES, hard)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        soft = wanted
    return soft - min(FILES_ELSEWHERE, soft // 2)


def _refusal() -> bytes:
    page = (PAGE / "503.html").read_bytes()
    head = (
        "HTTP/1.1 503 Service Unavailable\r\n"
        f"Retry-After: {RETRY_AFTER}\r\n"
        "Content-Type: text/html; charset=utf-8\r\n"
        f"Content-Length: {len(page)}\r\n"
        "Connection: close\r\n"
        "\r\n"
    )
    return head.encode() + page


class _Entrance:
    """Counts who is in, and who is being refused."""

    def __init__(self, server: web.Server, most: int | None) -> None:
        self.server = server
        self.refused: set[asyncio.WriteTransport] = set()
        self.refusal = _refusal()
        self._most = most

    @property
    def full(self) -> bool:
        return self._most is not None and len(self.server.connections) >= self._most

    def close(self) -> None:
        for transport in tuple(self.refused):
            transport.abort()


class _Arrival(asyncio.Protocol):
    """A connection that has just come: it is handed on to aiohttp, or refused."""

    def __init__(self, entrance: _Entrance) -> None:
        self._entrance = entrance
        self._transport: asyncio.Transport | None = None
        self._patience: asyncio.TimerHandle | None = None

    def connection_made(self, made: asyncio.BaseTransport) -> None:
        entrance, transport = self._entrance, cast(asyncio.Transport, made)
        if not entrance.full:
            handler = entrance.server()
            transport.set_protocol(handler)
            handler.connection_made(transport)
            return
        logger.warning("all connections are taken; who comes now is asked to come again")
        if len(entrance.refused) >= REFUSALS:
            transport.abort()
            return
        entrance.refused.add(transport)
        self._transport = transport
        self._patience = asyncio.get_running_loop().call_later(REFUSAL_SECONDS, transport.abort)

    def data_received(self, _data: bytes) -> None:
        # Only now: whoever is answered while still asking may never read the answer.
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(self._entrance.refusal)
            self._transport.close()

    def connection_lost(self, _error: Exception | None) -> None:
        if self._transport is not None:
            self._entrance.refused.discard(self._transport)
        if self._patience is not None:
            self._patience.cancel()


class _Discreet(logging.Filter):
    """Keeps an unreadable request's words, cookies among them, out of the log."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, HttpProcessingError):
            record.exc_info = None
            record.msg += f" ({type(error).__name__})"
        return True


def _http_logger() -> logging.Logger:
    http = logging.getLogger(f"{__name__}.http")
    if not any(isinstance(known, _Discreet) for known in http.filters):
        http.addFilter(_Discreet())
    return http
