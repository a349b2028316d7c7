"""Bot APIs that cost next to nothing, and learners who press as soon as they are answered.

The strict stand-ins of the tests check what a bot sends; these only carry it, so that what is
measured is the bot. They run in the benchmark's process, on a core of its own. Telegram's is
here, MAX's in ``lean_max``.
"""

import asyncio
import json
import re
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from itertools import chain
from time import perf_counter
from typing import Any, Protocol, Self, cast
from urllib.parse import unquote_to_bytes, urlsplit

from tests.benchmarks.peers import Button

Json = dict[str, Any]

POLL_MOST = 100
"""Bot API, getUpdates: at most so many updates at once."""
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
TYPE = re.compile(rb"\r\ncontent-type: *([^\r;]+)(?:; *boundary=([^\r]+))?", re.IGNORECASE)
FIELD = re.compile(rb'name="([^"]+)"\r\n(?:[^\r]+\r\n)*\r\n', re.IGNORECASE)
ESCAPED = re.compile(rb"(?:%[0-9A-Fa-f]{2}){2,}")
TRUE = b'{"ok":true,"result":true}'


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a learner does: presses a button with this action, or writes a text."""

    action: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A screen as the bot sent it, and whether it came as a new message."""

    text: str = ""
    keyboard: tuple[tuple[Button, ...], ...] = ()
    new: bool = True

    @property
    def actions(self) -> list[str]:
        """What its buttons do."""
        buttons = chain.from_iterable(self.keyboard)
        return [each["callback_data"] for each in buttons if "callback_data" in each]


class Mind(Protocol):
    """Decides what a learner does about a screen."""

    def says(self, seen: Seen) -> Said:
        """Return the next move."""
        ...


@dataclass
class Learner:
    """Somebody in a private chat with a bot, who waits for each answer and then goes on."""

    api: "Side"
    number: int
    mind: Mind
    latencies: list[float] = field(default_factory=list)
    """In seconds: from the update put in the queue to the screen and the press's answer."""
    on_seen: Callable[[Said, Seen], None] = lambda _said, _seen: None
    seen: Seen = field(default_factory=Seen)
    message: int = 0
    """The number of the message that has the screen."""
    shown: tuple[bytes, bytes] = (b'""', b"[]")
    """Its text and its keyboard, as JSON."""
    pictured: bool = False
    """Whether it has a picture."""
    _before: Seen = field(default_factory=Seen)
    _said: Said | None = None
    _query: str = ""
    _begun: float = 0.0
    _until: float = 0.0
    _done: "asyncio.Future[None] | None" = None

    def goes_on_until(self, moment: float) -> Awaitable[None]:
        """Press until a moment of the performance counter; done once the last one is answered."""
        self._until = moment
        self._done = asyncio.get_running_loop().create_future()
        self._move()
        return self._done

    def is_shown(
        self, text: str, keyboard: Sequence[Sequence[Button]], *, new: bool, pictured: bool = False
    ) -> bytes:
        """Take in a screen, and return the message as its API words it."""
        if new:
            self.message = self.api.next_message()
        self.seen = Seen(text=text, keyboard=tuple(map(tuple, keyboard)), new=new)
        self.shown = (
            json.dumps(text, ensure_ascii=False).encode(),
            json.dumps(keyboard, ensure_ascii=False, separators=(",", ":")).encode(),
        )
        self.pictured = pictured
        worded = self.api.worded(self)
        if self._said is not None and not self._query:
            self._answered()
        return worded

    def is_answered(self) -> None:
        """Take in the answer to the press."""
        self._query = ""
        # The screen may come before or after it; whichever is later ends the move.
        if self._said is not None and self.seen is not self._before:
            self._answered()

    def _move(self) -> None:
        self._before = self.seen
        self._said = said = self.mind.says(self.seen)
        self._begun = perf_counter()
        if said.action:
            self._query = f"{self.api.next_query()}"
            self.api.queries[self._query] = self
            self.api.gives(self.api.press(self, self._query, said.action))
        else:
            self.api.gives(self.api.text(self, said.text))

    def _answered(self) -> None:
        said, self._said = self._said, None
        now = perf_counter()
        self.latencies.append(now - self._begun)
        assert said is not None
        self.on_seen(said, self.seen)
        if now < self._until:
            self._move()
        elif self._done is not None and not self._done.done():
            self._done.set_result(None)


class Side(ABC):
    """An API as one bot meets it, under a token of its own."""

    def __init__(self, token: str) -> None:
        self.token = token
        self.learners: dict[int, Learner] = {}
        self.queries: dict[str, Learner] = {}
        self.polled = asyncio.Event()
        """Set once the bot has asked for updates, or told where to deliver them."""
        self.hook: Hook | None = None
        """Where updates are delivered, if not to whoever asks."""
        self._updates: dict[int, bytes] = {}
        self._last = self._last_message = self._last_query = 1000
        self._poller: tuple[Connection, asyncio.TimerHandle] | None = None
        self._due = False

    def learner(self, number: int, mind: Mind) -> Learner:
        """Return somebody new."""
        self.learners[number] = Learner(self, number, mind)
        return self.learners[number]

    def next_message(self) -> int:
        self._last_message += 1
        return self._last_message

    def next_query(self) -> int:
        self._last_query += 1
        return self._last_query

    @abstractmethod
    def press(self, learner: Learner, query: str, action: str) -> bytes:
        """Word a press, but for its first brace and what names the update."""

    @abstractmethod
    def text(self, learner: Learner, text: str) -> bytes:
        """Word a text that somebody writes, likewise."""

    @abstractmethod
    def worded(self, learner: Learner) -> bytes:
        """Word the message that has a learner's screen."""

    @abstractmethod
    def named(self, number: int, body: bytes) -> bytes:
        """Word an update with its name."""

    @abstractmethod
    def batch(self, updates: Sequence[bytes], last: int) -> bytes:
        """Word the answer to who asks for updates; ``last`` is the number of the last one."""

    def gives(self, body: bytes) -> None:
        """Deliver an update, or keep it for whoever polls: they get all that comes at once."""
        self._last += 1
        update = self.named(self._last, body)
        if self.hook is not None:
            self.hook.delivers(update)
            return
        self._updates[self._last] = update
        if self._poller is not None and not self._due:
            self._due = True
            asyncio.get_running_loop().call_soon(self._deliver)

    def polls(self, connection: "Connection", *, confirmed: int, timeout: float) -> None:
        """Answer a poll now or when there is something, or when its time is over."""
        self.polled.set()
        for number in [each for each in self._updates if each <= confirmed]:
            del self._updates[number]
        if self._poller is not None:
            self._deliver()
        handle = asyncio.get_running_loop().call_later(timeout, self._deliver)
        self._poller = (connection, handle)
        if self._updates or not timeout:
            self._deliver()

    def _deliver(self) -> None:
        self._due = False
        if self._poller is None:
            return
        (connection, handle), self._poller = self._poller, None
        handle.cancel()
        updates = list(self._updates.items())[:POLL_MOST]
        last = updates[-1][0] if updates else self._last
        connection.answers(self.batch([body for _, body in updates], last))


class Telegram(Side):
    """Telegram's Bot API."""

    def press(self, learner: Learner, query: str, action: str) -> bytes:
        return (
            b'"callback_query":{"id":"%b","from":%b,"chat_instance":"-7700000000000000000",'
            b'"data":%b,"message":%b}'
            % (
                query.encode(),
                self._person(learner),
                json.dumps(action).encode(),
                self.worded(learner),
            )
        )

    def text(self, learner: Learner, text: str) -> bytes:
        return b'"message":{"message_id":%d,"from":%b,"chat":%b,"date":1795420000,"text":%b}' % (
            self.next_message(),
            self._person(learner),
            self._chat(learner),
            json.dumps(text, ensure_ascii=False).encode(),
        )

    def worded(self, learner: Learner) -> bytes:
        text, keyboard = learner.shown
        field = b'"photo":[{"file_id":"p"}],"caption"' if learner.pictured else b'"text"'
        return (
            b'{"message_id":%d,"from":{"id":123456789,"is_bot":true,"first_name":"\xd0\x9a",'
            b'"username":"sferum_course_bot"},"chat":%b,"date":1795420000,"edit_date":1795420300,'
            b'%b:%b,"entities":[{"type":"italic","offset":0,"length":17}],'
            b'"reply_markup":{"inline_keyboard":%b}}'
        ) % (learner.message, self._chat(learner), field, text, keyboard)

    def named(self, number: int, body: bytes) -> bytes:
        return b'{"update_id":%d,%b}' % (number, body)

    def batch(self, updates: Sequence[bytes], last: int) -> bytes:
        return b'{"ok":true,"result":[%b]}' % b",".join(updates)

    def _person(self, learner: Learner) -> bytes:
        return (
            b'{"id":%d,"is_bot":false,"first_name":"\xd0\x90\xd0\xbd\xd0\xbd\xd0\xb0",'
            b'"language_code":"ru"}' % learner.number
        )

    def _chat(self, learner: Learner) -> bytes:
        return b'{"id":%d,"type":"private","first_name":"\xd0\x90\xd0\xbd\xd0\xbd\xd0\xb0"}' % (
            learner.number
        )

    def called(self, method: str, params: Json) -> bytes:
        """Carry out any call but a poll."""
        match method:
            case "editMessageText" | "sendMessage":
                return self._shows(params, params["text"], new=method == "sendMessage")
            case "sendPhoto":
                return self._shows(params, params["caption"], new=True, pictured=True)
            case "editMessageMedia":
                media = _read(params["media"])
                return self._shows(params, media["caption"], new=False, pictured=True)
            case "answerCallbackQuery":
                learner = self.queries.pop(params["callback_query_id"])
                learner.is_answered()
            case "setWebhook":
                self.polled.set()
            case "getMe":
                return (
                    b'{"ok":true,"result":{"id":123456789,"is_bot":true,"first_name":"K",'
                    b'"username":"sferum_course_bot"}}'
                )
        return TRUE

    def _shows(self, params: Json, text: str, *, new: bool, pictured: bool = False) -> bytes:
        keyboard = (_read(params.get("reply_markup")) or {}).get("inline_keyboard", [])
        learner = self.learners.get(int(params["chat_id"]))
        if learner is None:  # written to of the bot's own accord
            return b'{"ok":true,"result":{"message_id":%d,"date":1795420000,"chat":{}}}' % (
                self.next_message()
            )
        message = learner.is_shown(text, keyboard, new=new, pictured=pictured)
        return b'{"ok":true,"result":%b}' % message


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a bot asks of its API."""

    verb: bytes
    path: str
    query: bytes
    head: bytes
    body: bytes


class Lean(ABC):
    """A server; ``async with`` starts and stops it."""

    settings: str
    """What the settings begin with that lead a bot here."""

    def __init__(self) -> None:
        self.url = ""
        self.connections: set[Connection] = set()

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: Connection(self), "127.0.0.1", 0)
        self.url = "http://127.0.0.1:{1}".format(*self._server.sockets[0].getsockname())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for connection in self.connections:
            connection.transport.close()

    @abstractmethod
    def takes(self, connection: "Connection", request: Request) -> None:
        """Carry out a request, and answer it now or later."""


class LeanApi(Lean):
    """Telegram's server."""

    settings = "TELEGRAM"

    def __init__(self) -> None:
        super().__init__()
        self._sides: dict[str, Telegram] = {}

    def side(self) -> Telegram:
        """Open a side for another bot."""
        token = f"{123456789 + len(self._sides)}:not-a-real-token-{'A' * 18}"
        self._sides[token] = Telegram(token)
        return self._sides[token]

    def takes(self, connection: "Connection", request: Request) -> None:
        # POST /bot<token>/<method>, perhaps with a query
        _, token, method = request.path.split("/")
        params = fields(request.query) if request.query else {}
        kind = TYPE.search(request.head)
        if request.body and kind is not None and kind[1] == b"application/json":
            params |= json.loads(request.body)
        elif request.body and kind is not None and kind[2]:
            params |= _parts(request.body, kind[2])
        elif request.body:
            params |= fields(request.body)
        side = self._sides[token.removeprefix("bot").replace("%3A", ":")]
        if method == "getUpdates":
            confirmed = int(params.get("offset") or 0) - 1
            side.polls(connection, confirmed=confirmed, timeout=float(params.get("timeout") or 0))
        else:
            connection.answers(side.called(method, params))


class Connection(asyncio.Protocol):
    """HTTP/1.1 with as little ceremony as a bot's client leaves room for."""

    def __init__(self, api: Lean) -> None:
        self._api = api
        self._unread = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are of a class of their own.
        self.transport = cast(asyncio.Transport, transport)
        self._api.connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._api.connections.discard(self)

    def data_received(self, data: bytes) -> None:
        unread = self._unread + data if self._unread else data
        while (head_ends := unread.find(b"\r\n\r\n")) >= 0:
            head = unread[:head_ends]
            length = LENGTH.search(head)
            if length is None and b"chunked" in head.lower():
                raise NotImplementedError("a request in chunks")
            ends = head_ends + 4 + (int(length[1]) if length else 0)
            if len(unread) < ends:
                break
            body, unread = unread[head_ends + 4 : ends], unread[ends:]
            verb, address, _ = head.split(b" ", 2)
            path, _, query = address.partition(b"?")
            self._api.takes(
                self,
                Request(verb=verb, path=path.decode(), query=query, head=head, body=body),
            )
        self._unread = unread

    def answers(self, body: bytes) -> None:
        """Answer the request, if whoever asked is still there."""
        if self.transport.is_closing():
            return
        self.transport.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
            % (len(body), body)
        )


class Hook:
    """Delivers updates to a bot's webhook, one at a time over each of its connections."""

    def __init__(self, url: str, header: str, secret: str) -> None:
        self._url = urlsplit(url)
        self._head = (
            f"POST {self._url.path} HTTP/1.1\r\nHost: {self._url.netloc}\r\n{header}: {secret}\r\n"
            "Content-Type: application/json\r\nContent-Length: "
        ).encode()
        self._free: list[_Delivery] = []
        self._waiting: deque[bytes] = deque()

    async def opens(self, count: int) -> None:
        """Open so many connections."""
        loop = asyncio.get_running_loop()
        for _ in range(count):
            _, delivery = await loop.create_connection(
                lambda: _Delivery(self), self._url.hostname or "", self._url.port or 80
            )
            self._free.append(delivery)

    def delivers(self, update: bytes) -> None:
        """Deliver an update, or have it wait for a connection."""
        if self._free:
            self._free.pop().sends(b"%b%d\r\n\r\n%b" % (self._head, len(update), update))
        else:
            self._waiting.append(update)

    def is_heard(self, delivery: "_Delivery") -> None:
        """Go on with a connection whose update was answered."""
        self._free.append(delivery)
        if self._waiting:
            self.delivers(self._waiting.popleft())

    def close(self) -> None:
        """Close the connections."""
        for delivery in self._free:
            delivery.transport.close()


class _Delivery(asyncio.Protocol):
    """A connection to a webhook."""

    def __init__(self, hook: Hook) -> None:
        self._hook = hook
        self._unread = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def sends(self, request: bytes) -> None:
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._unread += data
        head, found, body = self._unread.partition(b"\r\n\r\n")
        length = LENGTH.search(head)
        if not found or len(body) < (int(length[1]) if length else 0):
            return
        assert head.startswith(b"HTTP/1.1 200"), head
        self._unread = b""
        self._hook.is_heard(self)


def _read(value: object) -> Json:
    """Return what may come as JSON within a form."""
    return json.loads(value) if isinstance(value, str) else cast(Json, value)


def _parts(body: bytes, boundary: bytes) -> Json:
    """Read the fields of a form with files, but for the files."""
    parts = body.split(b"--" + boundary.strip(b'"'))
    found = (FIELD.search(part) for part in parts if b"filename" not in part[:300])
    return {
        each[1].decode(): each.string[each.end() :].removesuffix(b"\r\n").decode()
        for each in found
        if each is not None
    }


def fields(body: bytes) -> Json:
    """Read a form; Cyrillic comes in long runs of escapes, which are read at one go."""
    fields = {}
    for pair in body.replace(b"+", b" ").split(b"&"):
        name, _, value = pair.partition(b"=")
        if b"%" in value:
            value = ESCAPED.sub(_unescaped, value)
        fields[name.decode()] = (unquote_to_bytes(value) if b"%" in value else value).decode()
    return fields


def _unescaped(run: re.Match[bytes]) -> bytes:
    # A percent sign that was itself escaped stays so, to be read once and not twice.
    return bytes.fromhex(run[0].replace(b"%", b"").decode()).replace(b"%", b"%25")


async def all_go_on(learners: Sequence[Learner], seconds: float, *, patience: float) -> float:
    """Let learners press side by side for so many seconds; return how many it really took.

    Raises:
        TimeoutError: somebody was not answered within ``patience`` seconds more.
    """
    begun = perf_counter()
    async with asyncio.timeout(seconds + patience):
        await asyncio.gather(*(learner.goes_on_until(begun + seconds) for learner in learners))
    return perf_counter() - begun
