"""Know a visitor again by a signed cookie, and keep one visitor from crowding out the rest."""

import asyncio
import secrets
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256

from aiohttp import web
from aiolimiter import AsyncLimiter
from itsdangerous import BadSignature, TimestampSigner

from course_bot.locale.phrases import Language
from course_bot.storage import Account

DOOR = "browser"
COOKIE_AGE = timedelta(days=365)
BURST = 20
"""Moves that a visitor may make at once: more than anybody presses, less than a program sends."""
MOVES_PER_SECOND = 5
SOCKETS = 4
"""Open pages of one visitor; a fifth closes the oldest."""
UPLOADS = 2
"""Files of one visitor that come in at a time: one may hang in a connection that is gone, and must
not hold up its own repetition."""
REMEMBERED = 1000
"""Visitors without an open page whose pace is remembered. It matters only until their burst has
drained, ``BURST / MOVES_PER_SECOND`` seconds after they left."""


class VisitorCookie:
    """The cookie that carries a visitor's id, signed so that nobody can make one up.

    ``secret`` signs, ``secure`` says that people come over HTTPS, ``clock`` gives the time in UTC.
    """

    def __init__(self, secret: bytes, *, secure: bool, clock: Callable[[], datetime]) -> None:
        # A browser takes a __Host- cookie only from this very host and only over HTTPS
        # (RFC 6265bis, 4.1.3.2), so that a neighbouring subdomain can't plant one.
        self._prefix = "__Host-visitor" if secure else "visitor"
        self._secure = secure
        self._clock = clock
        self._signer = _Signer(secret, clock)

    def name(self, port: int | None) -> str:
        """Return the cookie's name where the page is open on a port.

        All ports of a host share their cookies (RFC 6265, 8.5), and two courses on one host
        must not take each other's.
        """
        return f"{self._prefix}-{port}"

    def read(self, request: web.Request, port: int | None) -> str | None:
        """Return the visitor's id, or nothing if the cookie is absent, forged or expired.

        Whoever came to us on another port before is known by that cookie.
        """
        mine, cookies = self.name(port), request.cookies
        for name in sorted(cookies, key=lambda name: name != mine):
            if name.startswith(self._prefix) and (visitor := self._signed(cookies[name])):
                return visitor
        return None

    def _signed(self, value: str) -> str | None:
        try:
            # Bytes, because the signer can't take what stands for bytes that are not in UTF-8.
            visitor, signed = self._signer.unsign(
                value.encode(errors="surrogateescape"), return_timestamp=True
            )
        except BadSignature:
            return None
        # Not ``max_age``: that also refuses what was signed before a fast clock was put right.
        return visitor.decode() if self._clock() - signed <= COOKIE_AGE else None

    def give(self, response: web.Response, port: int | None, visitor: str | None) -> None:
        """Set the cookie anew for another year; a visitor without an id gets one."""
        response.set_cookie(
            self.name(port),
            self._signer.sign(visitor or secrets.token_urlsafe(16)).decode(),
            max_age=int(COOKIE_AGE.total_seconds()),
            path="/",
            httponly=True,
            # Not Strict: a personal link opened from a messenger must find its visitor.
            samesite="Lax",
            secure=self._secure,
        )


class _Signer(TimestampSigner):
    def __init__(self, secret: bytes, clock: Callable[[], datetime]) -> None:
        super().__init__(
            secret, salt="visitor cookie", key_derivation="hmac", digest_method=sha256
        )
        self._clock = clock

    def get_timestamp(self) -> int:
        return int(self._clock().timestamp())


@dataclass(slots=True, kw_only=True, eq=False)
class Visitor:
    """What the pages of one person share: their language, order, pace, files and sockets."""

    account: Account
    language: Language = "ru"
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    pace: AsyncLimiter = field(
        default_factory=lambda: AsyncLimiter(BURST, BURST / MOVES_PER_SECOND)
    )
    uploads: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(UPLOADS))
    sockets: list[web.WebSocketResponse] = field(default_factory=list)
    here: int = 0
    """How many sockets and files there are of them now."""

    @property
    def digest(self) -> str:
        """What tells this visitor from another, and nobody who they are: 16 hexadecimal digits."""
        return sha256(self.account.key.encode()).hexdigest()[:16]


class Visitors:
    """Those with an open page or a file on its way, and for a while those who have just left."""

    def __init__(self) -> None:
        self._here: dict[str, Visitor] = {}
        self._left: OrderedDict[str, Visitor] = OrderedDict()

    def __iter__(self) -> Iterator[Visitor]:
        return iter(tuple(self._here.values()))

    @contextmanager
    def inside(self, key: str) -> Iterator[Visitor]:
        """Let a visitor in until the block ends."""
        visitor = (
            self._here.get(key)
            or self._left.pop(key, None)
            or Visitor(account=Account(door=DOOR, key=key))
        )
        visitor.here += 1
        self._here[key] = visitor
        try:
            yield visitor
        finally:
            visitor.here -= 1
            if not visitor.here:
                self._left[key] = self._here.pop(key)
                if len(self._left) > REMEMBERED:
                    self._left.popitem(last=False)
