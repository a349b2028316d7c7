"""A webhook: a messenger hears 200 only after the commit, and a stranger hears nothing at all."""

import hmac
import logging
from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web

from course_bot.messengers.reading import read_json

log = logging.getLogger(__name__)

Route = web.RouteDef
BODY_BYTES = 1_000_000
"""An update has some kilobytes."""


def route(
    *,
    path: str,
    header: str,
    secret: str,
    name_of: Callable[[Mapping[str, object]], str | None],
    take: Callable[[dict[str, object]], Awaitable[object]],
    traced: Callable[[Exception], str],
) -> Route:
    """Return the route that hands each update to ``take`` and answers when it has returned.

    Args:
        path: where the messenger delivers.
        header: in which header it shows the secret.
        secret: without it nothing is taken.
        name_of: says how the log calls an update; None for what is none.
        take: carries an update out; where it raises, the answer is 500 and it comes again.
        traced: words what ``take`` raised for the log.
    """
    expected = secret.encode()

    async def receive(request: web.Request) -> web.Response:
        given = request.headers.get(header, "")
        # Bytes, because compare_digest raises on a str that is not ASCII.
        if not hmac.compare_digest(given.encode("utf-8", "surrogateescape"), expected):
            return web.Response(status=401, text="the secret token is wrong or missing\n")
        body = await _body(request)
        if body is None:
            return web.Response(status=413, text=f"more than {BODY_BYTES} bytes\n")
        try:
            raw = read_json(body)
        except (ValueError, RecursionError):
            return web.Response(status=400, text="this is not JSON\n")
        name = name_of(raw) if isinstance(raw, dict) else None
        if name is None or not isinstance(raw, dict):
            return web.Response(status=400, text="this is not an update\n")
        try:
            await take(raw)
        except Exception as error:  # noqa: BLE001 - whatever it was, it is delivered again
            log.error("%s is left to be delivered again: %s", name, traced(error))  # noqa: TRY400 - the traceback is there, without the token
            return web.Response(status=500, text="not carried out yet\n")
        return web.Response()

    return web.post(path, receive)


async def _body(request: web.Request) -> bytes | None:
    """Read a body up to its limit; None is one that is larger, refused as early as it is seen."""
    if (request.content_length or 0) > BODY_BYTES:
        return None
    body = bytearray()
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > BODY_BYTES:
            return None
    return bytes(body)
