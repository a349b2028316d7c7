"""The cookie of the coordinator's page, and the pace of those who look at it."""

import asyncio
import re
import secrets
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from aiohttp import web
from aiolimiter import AsyncLimiter

from course_bot.messengers.browser.visitors import BURST, MOVES_PER_SECOND, REMEMBERED

AT_ONCE = 4
"""Pages that are read at a time, of all sessions together: the chat has the database's other
connections (SQLAlchemy's pool has 15) to itself."""
LIVES = timedelta(hours=8)
"""A working day; the time is kept in the database too, which alone decides."""
_SECRET = re.compile(r"[A-Za-z0-9_-]{22}", re.ASCII)


class TeamCookie:
    """The cookie that carries a secret of 128 bits, of which the database has the digest.

    ``secure`` says that people come over HTTPS.
    """

    def __init__(self, *, secure: bool) -> None:
        # As the visitor's: a neighbouring subdomain can't plant it. Such a cookie has to have the
        # path /; what it is good for is told by who looks it up, and only these pages do.
        self._prefix = "__Host-team" if secure else "team"
        self._secure = secure

    def read(self, request: web.Request, port: int | None) -> str | None:
        """Return the secret, or nothing if there is none that could be one."""
        secret = request.cookies.get(self._name(port), "")
        return secret if _SECRET.fullmatch(secret) else None

    def give(self, response: web.StreamResponse, port: int | None, secret: str) -> None:
        """Set the cookie for as long as it is good."""
        response.set_cookie(
            self._name(port),
            secret,
            max_age=int(LIVES.total_seconds()),
            path="/",
            httponly=True,
            # Whoever comes from another site meets a page that has nothing of anybody.
            samesite="Strict",
            secure=self._secure,
        )

    def take(self, response: web.StreamResponse, port: int | None) -> None:
        """Delete the cookie."""
        response.del_cookie(
            self._name(port), path="/", httponly=True, samesite="Strict", secure=self._secure
        )

    def _name(self, port: int | None) -> str:
        return f"{self._prefix}-{port}"


def new_secret() -> str:
    """Return what a cookie carries: 128 bits in 22 characters."""
    return secrets.token_urlsafe(16)


def is_secret(text: str) -> bool:
    """Tell whether a text could be the secret of a link."""
    return _SECRET.fullmatch(text) is not None


@dataclass(slots=True, eq=False)
class _Seat:
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    pace: AsyncLimiter = field(
        default_factory=lambda: AsyncLimiter(BURST, BURST / MOVES_PER_SECOND)
    )


class Seats:
    """Keeps one session from crowding out the rest: a page at a time, and not too many."""

    def __init__(self) -> None:
        self._seats: OrderedDict[str, _Seat] = OrderedDict()
        self._room = asyncio.Semaphore(AT_ONCE)

    @asynccontextmanager
    async def one(self, session: str) -> AsyncIterator[None]:
        """Wait until it is the turn of this request of a session, known by its digest."""
        seat = self._seats.setdefault(session, _Seat())
        self._seats.move_to_end(session)
        if len(self._seats) > REMEMBERED:
            self._seats.popitem(last=False)
        async with seat.turn:
            await seat.pace.acquire()
            async with self._room:
                yield
