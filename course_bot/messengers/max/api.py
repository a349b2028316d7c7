"""The calls that go out to MAX's Bot API, and what may come of them."""

import asyncio
import logging
import re
import ssl
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar

from aiohttp import (
    BytesPayload,
    ClientConnectorCertificateError,
    ClientConnectorError,
    ClientError,
    ClientSession,
    ClientTimeout,
    ConnectionTimeoutError,
    DummyCookieJar,
    FormData,
    TCPConnector,
)
from aiohttp.hdrs import ACCEPT_ENCODING
from aiolimiter import AsyncLimiter
from pydantic import BaseModel, ValidationError
from pydantic_core import to_json
from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception,
    retry_if_exception_type,
    stop_after_attempt,
)
from yarl import URL

from course_bot.conversation.port import TooLargeError
from course_bot.errors import CourseError
from course_bot.messengers.delivery import (
    BlockedError,
    BulkPace,
    LimitedError,
    Pace,
    RefusedError,
    UncertainError,
    UnreachableError,
    error_of,
    retried,
)
from course_bot.messengers.holding import LONGEST_WAIT, ROUNDS, HeldError, Holds
from course_bot.messengers.reading import read_json
from course_bot.sheets.figures import FILE_BYTES

log = logging.getLogger(__name__)

Kind = Literal["send", "edit", "answer"]
"""What MAX counts by itself in each chat."""
Body = Mapping[str, object]
T = TypeVar("T")

_CHAT = re.compile(r"-?\d+")
"""A chat in a path, which says whose it is and is kept out of the log."""
NOT_READY = "attachment.not.ready"
"""MAX is still at work on what was uploaded."""
NOT_READY_TRIES = 8
SECOND = 1.1
"""A second as MAX counts it, and what a request may take less on its way than the one before."""
WRITES_NO_MORE = ("chat.denied", "error.dialog.suspended")
"""The codes of a 403: the person stopped the bot, or deleted the dialog."""
UNTRUSTED = (
    "its certificate is not trusted here: MAX_CA_FILE must name the file with the certificates of"
    " the Russian Trusted CA (README.ru.md tells where to get them); doctor tells more"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How many requests MAX takes in a second. Source: MAX Bot API, "Ограничения"."""

    overall: float = 30.0
    """All that the bot asks for."""
    bulk: float = 10.0
    """Of these, messages that the bot sends by itself: ours, so that people's presses find room,
    even where each message has another one's keys taken away, which is a request, too."""
    in_chat: int = 2
    """In one chat, of each kind: messages sent, edited, presses answered."""
    polls: float = 2.0
    """Questions for updates."""

    def bulk_pace(self) -> BulkPace:
        """Return the pace of what nobody waits for, in a chat at most half of what MAX takes."""
        return BulkPace(a_second=self.bulk, chat_seconds=2 / self.in_chat)


_USUAL_PACE = Pace()
_USUAL_LIMITS = Limits()


class CaError(CourseError):
    """The file of certificates can't be used; the words say why."""


class ApiError(Exception):
    """What MAX refuses: the HTTP status, its code and its words."""

    def __init__(self, status: int, code: str, message: str, *, wait: float = 0.0) -> None:
        super().__init__(f"{status} {code}: {message}" if code else f"{status}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.wait = wait
        """Of 429: for how many seconds nothing is to be asked."""


class FaultError(Exception):
    """What may pass by itself: the network, a gateway, the server."""

    def __init__(self, why: str, *, heard: bool) -> None:
        super().__init__(why)
        self.heard = heard
        """Whether MAX may have carried the call out all the same."""


FAULTS = (ApiError, FaultError)


class MaxApi:
    """The Bot API behind its token: each call within MAX's limits, and again after a fault.

    Args:
        token: it goes into a header, and into no address.
        api: the API's address.
        ca_file: certificates that are trusted besides the system's, in PEM.
        pace: how long a call may take, and how often it is tried.
        limits: MAX's.
        bulk: the pace of what nobody waits for, where somebody shares it.

    Raises:
        CaError: the file of certificates is none.
    """

    def __init__(
        self,
        *,
        token: str,
        api: str,
        ca_file: Path | None,
        pace: Pace = _USUAL_PACE,
        limits: Limits = _USUAL_LIMITS,
        bulk: BulkPace | None = None,
    ) -> None:
        self._token = token
        self._api = api.rstrip("/")
        self._ssl = trusting(ca_file)
        self._pace = pace
        self._overall = AsyncLimiter(1, 1 / limits.overall)
        self._in_chat = _InChat(limits.in_chat)
        self._holds = Holds(bulk or limits.bulk_pace())
        self._open: ClientSession | None = None

    async def close(self) -> None:
        """Close the connections."""
        if self._open is not None:
            await self._open.close()

    # Calls.

    async def call(
        self,
        method: str,
        path: str,
        body: Body | None = None,
        *,
        query: Mapping[str, str] | None = None,
        chat: int | None = None,
        kind: Kind | None = None,
        repeat: bool = True,
    ) -> dict[str, object]:
        """Make a call, again after a fault, and return what MAX answers.

        Args:
            method: of HTTP.
            path: below the API's address.
            body: what goes along as JSON.
            query: the parameters in the address.
            chat: in which chat it happens, if in one.
            kind: as what MAX counts it there.
            repeat: whether it may be made again where it may have been heard.

        Raises:
            ApiError: MAX refuses it.
            FaultError: it was out, after all tries.
        """
        named = f"{method} {_CHAT.sub('…', path)}"

        async def attempt() -> dict[str, object]:
            try:
                await self._holds.wait(chat)
            except HeldError as held:
                raise ApiError(429, "", "held back", wait=held.seconds) from None
            if kind is not None and chat is not None:
                await self._in_chat.turn(chat, kind)
            await self._overall.acquire()
            try:
                return await self.ask(method, path, body, query=query, seconds=self._pace.call)
            except ApiError as error:
                if error.status == 429:
                    self._holds.hold(chat, error.wait)
                    log.warning("MAX asks to wait %.0f s (%s)", error.wait, named)
                raise

        def may_pass(error: BaseException) -> bool:
            if isinstance(error, FaultError):
                return repeat or not error.heard
            return isinstance(error, ApiError) and (error.status == 429 or error.code == NOT_READY)

        def note(state: RetryCallState) -> None:
            error = error_of(state)
            if isinstance(error, FaultError):
                # A warning, though all may yet be well: in an outage the log counts those.
                log.warning("%s is tried again after %s", named, error)

        def retrying() -> AsyncRetrying:
            return AsyncRetrying(
                retry=retry_if_exception(may_pass),
                stop=self._is_enough,
                wait=self._pause,
                before_sleep=note,
                reraise=True,
            )

        return await retried(attempt, retrying)

    def _is_enough(self, state: RetryCallState) -> bool:
        error = error_of(state)
        if isinstance(error, ApiError):
            if error.code == NOT_READY:
                return state.attempt_number >= NOT_READY_TRIES
            return error.wait > LONGEST_WAIT or state.attempt_number >= ROUNDS
        return state.attempt_number >= self._pace.tries

    def _pause(self, state: RetryCallState) -> float:
        error = error_of(state)
        # After 429 the wait before the next attempt is the pause.
        limited = isinstance(error, ApiError) and error.status == 429
        return 0.0 if limited else self._pace.backoff(state)

    async def ask(
        self,
        method: str,
        path: str,
        body: Body | None = None,
        *,
        query: Mapping[str, str] | None = None,
        seconds: float,
    ) -> dict[str, object]:
        """Make one request and return the answer.

        Args:
            method: of HTTP.
            path: below the API's address.
            body: what goes along as JSON.
            query: the parameters in the address.
            seconds: how long it may take.

        Raises:
            ApiError: MAX refuses it.
            FaultError: it was out.
        """
        data = None
        if body is not None:
            data = BytesPayload(to_json(body), content_type="application/json")
        with _faults():
            async with self._session.request(
                method,
                f"{self._api}{path}",
                params=query,
                data=data,
                headers={"Authorization": self._token},
                timeout=_within(seconds),
                allow_redirects=False,
            ) as answer:
                status, content = answer.status, await answer.read()
                after = answer.headers.get("Retry-After", "")
        return read_answer(status, content, after)

    # Files.

    async def upload(self, kind: Literal["image", "file"], name: str, content: bytes) -> Body:
        """Upload a file, and return the payload of an attachment that shows it.

        Raises:
            ApiError: MAX refuses it.
            FaultError: it was out; nothing was shown to anybody yet.
        """

        async def attempt() -> Body:
            place = await self.call("POST", "/uploads", query={"type": kind})
            url = place.get("url")
            if not isinstance(url, str) or not url.startswith(("https://", "http://")):
                raise FaultError("no address for an upload", heard=False)
            form = FormData(quote_fields=False)  # else Cyrillic names arrive percent-encoded
            form.add_field("data", content, filename=_safe(name))
            with _faults():
                async with self._session.post(
                    _as_given(url),
                    data=form,
                    timeout=_within(self._pace.upload),
                    allow_redirects=False,
                ) as answer:
                    status, told = answer.status, await answer.read()
            if status == 429:  # another host than the API's, with limits of its own
                raise FaultError("status 429", heard=False)
            return _payload(kind, read_answer(status, told, ""))

        return await AsyncRetrying(
            retry=retry_if_exception_type(FaultError),
            stop=stop_after_attempt(self._pace.tries),
            wait=self._pace.backoff,
            reraise=True,
        )(attempt)

    async def download(self, url: str) -> bytes:
        """Download a file that somebody sent, of at most ``FILE_BYTES``.

        Raises:
            TooLargeError: there is more of it.
            ApiError: it is not given out.
            FaultError: it was out.
        """
        content = bytearray()
        with _faults():
            async with self._session.get(
                _as_given(url), timeout=_within(self._pace.upload)
            ) as answer:
                if answer.status >= 500 or answer.status == 429:
                    raise FaultError(f"status {answer.status}", heard=False)
                if answer.status != 200:
                    raise ApiError(answer.status, "", "a file is not given out")
                if (answer.content_length or 0) > FILE_BYTES:
                    raise TooLargeError
                async for chunk in answer.content.iter_any():
                    content += chunk
                    if len(content) > FILE_BYTES:
                        raise TooLargeError
        return bytes(content)

    def without_token(self, text: str) -> str:
        """Blot the token out."""
        return text.replace(self._token, "…")

    @property
    def _session(self) -> ClientSession:
        if self._open is None or self._open.closed:
            self._open = ClientSession(
                connector=TCPConnector(ssl=self._ssl),
                cookie_jar=DummyCookieJar(),
                headers={ACCEPT_ENCODING: "identity"},  # answers are short
            )
        return self._open


class _InChat:
    """Lets so many calls of one kind pass in a chat within any second; the others wait."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._passed: dict[tuple[int, str], deque[float]] = {}

    async def turn(self, chat: int, kind: str) -> None:
        now = time.monotonic()
        if len(self._passed) > 1000:
            self._passed = {key: at for key, at in self._passed.items() if at[-1] > now - SECOND}
        passed = self._passed.setdefault((chat, kind), deque(maxlen=self._most))
        due = now
        if len(passed) == self._most:
            due = max(now, passed[0] + SECOND)
        passed.append(due)
        if due > now:
            await asyncio.sleep(due - now)


class _Told(BaseModel):
    code: str = ""
    error: str = ""
    message: str = ""


def read_answer(status: int, content: bytes, after: str) -> dict[str, object]:
    """Read an answer of the API.

    Args:
        status: of HTTP.
        content: the body.
        after: of 429, the header ``Retry-After``.

    Raises:
        ApiError: it is a refusal.
        FaultError: it is a gateway's, or nobody's that we know.
    """
    try:
        told = read_json(content)
    except (ValueError, RecursionError):
        told = None
    if status == 200 and isinstance(told, dict):
        if told.get("success") is False:
            raise ApiError(status, "success: false", f"{told.get('message') or ''}")
        return told
    if status == 200 or status >= 500:
        # A gateway's page, or a captive portal: it may have been carried out all the same.
        raise FaultError(f"status {status}, and no answer of the Bot API", heard=True)
    try:
        refusal = _Told.model_validate(told)
    except ValidationError:
        refusal = _Told()
    wait = 0.0
    if status == 429:  # also as plain text
        wait = float(after) if after.isdecimal() else 1.0
    raise ApiError(status, refusal.code or refusal.error, refusal.message, wait=wait)


@contextmanager
def _faults() -> Iterator[None]:
    """Raise what the network throws as a fault, without the addresses that aiohttp names."""
    try:
        yield
    except ClientConnectorCertificateError:
        raise FaultError(UNTRUSTED, heard=False) from None
    except (ClientConnectorError, ConnectionTimeoutError) as error:
        raise FaultError(_named(error), heard=False) from None
    except (ClientError, OSError, TimeoutError) as error:
        raise FaultError(_named(error), heard=True) from None


def _named(error: BaseException) -> str:
    reason = error.os_error.strerror if isinstance(error, ClientConnectorError) else ""
    return f"{type(error).__name__}: {reason}" if reason else type(error).__name__


def _as_given(url: str) -> URL:
    """Take an address to the letter: it is signed, and yarl would word it anew."""
    return URL(url, encoded=True)


def _within(seconds: float) -> ClientTimeout:
    """Give a call so long; of that, most to be connected: so it is known if it was not."""
    return ClientTimeout(total=seconds, connect=seconds * 2 / 3)


def trusting(ca_file: Path | None) -> ssl.SSLContext | Literal[True]:
    """Return whom to trust: the system's CAs, and those in a file of PEM.

    The former alone are True: aiohttp has read them, which takes 60 ms.

    Raises:
        CaError: the file is none of PEM.
    """
    if ca_file is None:
        return True
    context = ssl.create_default_context()
    try:
        context.load_verify_locations(ca_file)
    except (OSError, ssl.SSLError):
        raise CaError(f"{ca_file} has no certificates in PEM that can be read") from None
    return context


def _safe(name: str) -> str:
    """Return a file's name without what would end the header that it stands in."""
    return "".join("_" if sign in '"\\/' or ord(sign) < 32 else sign for sign in name) or "file"


def _payload(kind: str, told: dict[str, object]) -> Body:
    key = "photos" if kind == "image" else "token"
    if not told.get(key):
        raise FaultError("an upload without a token", heard=False)
    return {key: told[key]}


def is_blocked(error: ApiError) -> bool:
    """Tell whether a refusal means that the person wants nothing of the bot any more."""
    words = f"{error.code} {error.message}"
    return error.status == 403 and any(code in words for code in WRITES_NO_MORE)


@contextmanager
def translated() -> Iterator[None]:
    """Raise what is common to all doors in place of this API's exceptions."""
    try:
        yield
    except ApiError as error:
        if is_blocked(error):
            raise BlockedError(_worded(error)) from None
        if error.status == 429:
            raise LimitedError(_worded(error)) from None
        if error.status == 401:
            raise UnreachableError(_worded(error)) from None  # a token can be mended
        raise RefusedError(_worded(error)) from None
    except FaultError as error:
        kind = UncertainError if error.heard else UnreachableError
        raise kind(f"{error}") from None


async def until_done(
    pace: Pace,
    action: Callable[[], Awaitable[T]],
    what: str,
    *,
    unless: Callable[[BaseException], bool] = lambda _error: False,
) -> T:
    """Do something until it succeeds; ``what`` tells the log what waits for it.

    Raises only what ``unless`` is true of: that which shows that waiting is in vain.
    """

    def may_pass(error: BaseException) -> bool:
        return isinstance(error, Exception) and not unless(error)

    def note(state: RetryCallState) -> None:
        log.warning("%s: %s", what, worded(error_of(state)))

    return await AsyncRetrying(
        retry=retry_if_exception(may_pass), wait=pace.backoff, before_sleep=note, reraise=True
    )(action)


def _worded(error: ApiError) -> str:
    """Word a refusal for the log: its code alone, as its words may quote what people wrote."""
    return f"{error.status} {error.code}".rstrip()


def worded(error: BaseException) -> str:
    """Word what went wrong for the log, without what people wrote."""
    if isinstance(error, FaultError):
        return f"{error}"
    return _worded(error) if isinstance(error, ApiError) else type(error).__name__
