"""The webhook: Telegram hears 200 only after the commit, and a stranger hears nothing at all."""

import hmac
import logging
import re
from collections.abc import Awaitable, Callable

from aiohttp import web

from course_bot.errors import CourseError
from course_bot.messengers.telegram.updates import read_json

log = logging.getLogger(__name__)

BODY_BYTES = 1_000_000
"""An update has some kilobytes."""
SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}", re.ASCII)
"""Telegram Bot API, setWebhook.secret_token."""
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - the header's name, no secret


class SecretError(CourseError):
    """A webhook without a usable secret: anybody could speak in anybody's name."""


def checked(secret: str) -> str:
    """Return the secret; raise ``SecretError`` where it is missing or not one."""
    if SECRET.fullmatch(secret) is None:
        raise SecretError("a webhook needs a secret of 1 to 256 of A-Za-z0-9_-")
    return secret


def routes(
    *,
    path: str,
    secret: str,
    take: Callable[[dict[str, object]], Awaitable[object]],
    traced: Callable[[Exception], str],
) -> list[web.RouteDef]:
    """Return the route that hands each update to ``take`` and answers when it has returned.

    Where ``take`` raises, the answer is 500 and Telegram delivers the update again; ``traced``
    words the exception for the log. Raises ``SecretError`` like ``checked``.
    """
    expected = checked(secret).encode()

    async def receive(request: web.Request) -> web.Response:
        given = request.headers.get(SECRET_HEADER, "")
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
        if not isinstance(raw, dict) or not isinstance(raw.get("update_id"), int):
            return web.Response(status=400, text="this is not an update\n")
        try:
            await take(raw)
        except Exception as error:  # noqa: BLE001 - whatever it was, Telegram delivers again
            log.error(  # noqa: TRY400 - the traceback is there, without the token
                "update %d is left to be delivered again: %s", raw["update_id"], traced(error)
            )
            return web.Response(status=500, text="not carried out yet\n")
        return web.Response()

    return [web.post(path, receive)]


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
