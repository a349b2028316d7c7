"""A Bot API that costs next to nothing, and learners who press as soon as they are answered.

The strict stand-in of the tests checks what a bot sends; this one only carries it, so that what
is measured is the bot. It runs in the benchmark's process, on a core of its own.
"""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from itertools import chain
from time import perf_counter
from typing import Any, Protocol, Self, cast
from urllib.parse import unquote_to_bytes

from tests.benchmarks.peers import Button

Json = dict[str, Any]

POLL_MOST = 100
"""Bot API, getUpdates: at most so many updates at once."""
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
TYPE = re.compile(rb"\r\ncontent-type: *([^\r;]+)", re.IGNORECASE)
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
    _before: Seen = field(default_factory=Seen)
    _message: int = 0
    _shown: tuple[bytes, bytes] = (b'""', b"[]")
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

    def is_shown(self, text: str, keyboard: list[list[Button]], *, new: bool) -> bytes:
        """Take in a screen, and return the message as the Bot API words it."""
        if new:
            self._message = self.api.next_message()
        self.seen = Seen(text=text, keyboard=tuple(map(tuple, keyboard)), new=new)
        self._shown = (
            json.dumps(text, ensure_ascii=False).encode(),
            json.dumps(keyboard, ensure_ascii=False, separators=(",", ":")).encode(),
        )
        if self._said is not None and not self._query:
            self._answered()
        return self._worded()

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
        person = (
            b'{"id":%d,"is_bot":false,"first_name":"\xd0\x90\xd0\xbd\xd0\xbd\xd0\xb0",'
            b'"language_code":"ru"}' % self.number
        )
        if said.action:
            self._query = f"{self.api.next_query()}"
            self.api.gives(
                b'"callback_query":{"id":"%b","from":%b,"chat_instance":"-7700000000000000000",'
                b'"data":%b,"message":%b}'
                % (self._query.encode(), person, json.dumps(said.action).encode(), self._worded())
            )
            self.api.queries[self._query] = self
            return
        self.api.gives(
            b'"message":{"message_id":%d,"from":%b,"chat":%b,"date":1795420000,"text":%b}'
            % (
                self.api.next_message(),
                person,
                self._chat(),
                json.dumps(said.text, ensure_ascii=False).encode(),
            )
        )

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

    def _chat(self) -> bytes:
        return b'{"id":%d,"type":"private","first_name":"\xd0\x90\xd0\xbd\xd0\xbd\xd0\xb0"}' % (
            self.number
        )

    def _worded(self) -> bytes:
        text, keyboard = self._shown
        return (
            b'{"message_id":%d,"from":{"id":123456789,"is_bot":true,"first_name":"\xd0\x9a",'
            b'"username":"sferum_course_bot"},"chat":%b,"date":1795420000,"edit_date":1795420300,'
            b'"text":%b,"entities":[{"type":"italic","offset":0,"length":17}],'
            b'"reply_markup":{"inline_keyboard":%b}}'
        ) % (self._message, self._chat(), text, keyboard)


class Side:
    """The API as one bot meets it, under a token of its own."""

    def __init__(self, token: str) -> None:
        self.token = token
        self.learners: dict[int, Learner] = {}
        self.queries: dict[str, Learner] = {}
        self.polled = asyncio.Event()
        """Set once the bot has asked for updates."""
        self._updates: dict[int, bytes] = {}
        self._last = self._last_message = self._last_query = 1000
        self._poller: tuple[_Connection, asyncio.TimerHandle] | None = None
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

    def gives(self, body: bytes) -> None:
        """Put an update in the queue; whoever polls gets it with all that comes this instant."""
        self._last += 1
        self._updates[self._last] = b'{"update_id":%d,%b}' % (self._last, body)
        if self._poller is not None and not self._due:
            self._due = True
            asyncio.get_running_loop().call_soon(self._deliver)

    def polls(self, connection: "_Connection", params: Json) -> None:
        """Answer a poll now or when there is something, or when its time is over."""
        self.polled.set()
        offset = int(params.get("offset") or 0)
        for number in [each for each in self._updates if each < offset]:
            del self._updates[number]
        if self._poller is not None:
            self._deliver()
        timeout = float(params.get("timeout") or 0)
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
        updates = list(self._updates.values())[:POLL_MOST]
        connection.answers(b'{"ok":true,"result":[%b]}' % b",".join(updates))

    def called(self, method: str, params: Json) -> bytes:
        """Carry out any other call."""
        match method:
            case "editMessageText" | "sendMessage":
                markup = params.get("reply_markup") or {}
                if isinstance(markup, str):
                    markup = json.loads(markup)
                learner = self.learners.get(int(params["chat_id"]))
                if learner is None:  # written to of the bot's own accord
                    return (
                        b'{"ok":true,"result":{"message_id":%d,"date":1795420000,"chat":{}}}'
                        % (self.next_message())
                    )
                message = learner.is_shown(
                    params["text"],
                    markup.get("inline_keyboard", []),
                    new=method == "sendMessage",
                )
                return b'{"ok":true,"result":%b}' % message
            case "answerCallbackQuery":
                learner = self.queries.pop(params["callback_query_id"])
                learner.is_answered()
            case "getMe":
                return (
                    b'{"ok":true,"result":{"id":123456789,"is_bot":true,"first_name":"K",'
                    b'"username":"sferum_course_bot"}}'
                )
        return TRUE


class LeanApi:
    """The server; ``async with`` starts and stops it."""

    def __init__(self) -> None:
        self.url = ""
        self.calls = 0
        self._sides: dict[str, Side] = {}
        self._connections: set[_Connection] = set()

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Connection(self), "127.0.0.1", 0)
        self.url = "http://127.0.0.1:{1}".format(*self._server.sockets[0].getsockname())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for connection in self._connections:
            connection.transport.close()

    def side(self) -> Side:
        """Open a side for another bot."""
        token = f"{123456789 + len(self._sides)}:not-a-real-token-{'A' * 18}"
        self._sides[token] = Side(token)
        return self._sides[token]

    def of(self, token: str) -> Side:
        return self._sides[token]


class _Connection(asyncio.Protocol):
    """HTTP/1.1 with as little ceremony as a bot's client leaves room for."""

    def __init__(self, api: LeanApi) -> None:
        self._api = api
        self._unread = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are of a class of their own.
        self.transport = cast(asyncio.Transport, transport)
        self._api._connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._api._connections.discard(self)

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
            self._take(head, body)
        self._unread = unread

    def _take(self, head: bytes, body: bytes) -> None:
        # POST /bot<token>/<method> HTTP/1.1, perhaps with a query
        path, _, query = head.split(b" ", 2)[1].partition(b"?")
        _, token, method = path.decode().split("/")
        params = _fields(query) if query else {}
        kind = TYPE.search(head)
        if body:
            if kind is not None and kind[1] == b"application/json":
                params |= json.loads(body)
            else:
                params |= _fields(body)
        side = self._api.of(token.removeprefix("bot").replace("%3A", ":"))
        self._api.calls += 1
        if method == "getUpdates":
            side.polls(self, params)
        else:
            self.answers(side.called(method, params))

    def answers(self, body: bytes) -> None:
        """Answer the request, if whoever asked is still there."""
        if self.transport.is_closing():
            return
        self.transport.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
            % (len(body), body)
        )


def _fields(body: bytes) -> Json:
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
