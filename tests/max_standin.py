"""A strict stand-in for MAX's Bot API over HTTP: it refuses what MAX refuses, and loses what it
loses.

What requests and updates look like is in ``max_schema``. The rules here are those of MAX's own
pages and of threads about its clients (see there for the dates). Where MAX is known to shrug, or
where nobody has written down what it does, the stand-in is the stricter: a test should notice.
"""

import asyncio
import json
import re
import time
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from random import Random
from typing import Any, Literal, Self
from urllib.parse import urlsplit

from aiohttp import ClientError, ClientSession, ClientTimeout, web
from pydantic import BaseModel, ValidationError

from tests.max_schema import (
    DAYS_OF_EDITS,
    HOURS_OF_UPDATES,
    IMAGE_BYTES,
    IMAGE_PIXELS,
    RETRIES,
    START_CHARS,
    UPDATE,
    ActionRequest,
    AnswerQuery,
    BotInfo,
    BotPatch,
    CallbackAnswer,
    CommandsPatch,
    Error,
    GetSubscriptionsResult,
    HistoryQuery,
    Message,
    MessageList,
    MessageQuery,
    NewMessageBody,
    NoQuery,
    PhotoTokens,
    PollQuery,
    SendMessageResult,
    SendQuery,
    SimpleQueryResult,
    SubscriptionRequest,
    UnsubscribeQuery,
    UpdateList,
    UploadEndpoint,
    UploadQuery,
)

Json = dict[str, Any]

TOKEN = "f9LHodD0cOI-stand-in-not-a-real-token"
USERNAME = "id7700000000_bot"
BOT = 220_330_440
"""The bot's own user id."""
BETWEEN = 170_000_007
"""How far a dialog's id is from its user's: they are not the same."""
PATIENCE = 60.0
"""A test that waits longer than this for something hangs, and is told so."""
SIGNED = "?sig=a%2Fb%2B%3D"
"""What stands in the addresses of files: to take them is to take them to the letter."""
PER_SECOND = 30
PER_SECOND_IN_CHAT = 2
POLLS_PER_SECOND = 2
SECOND = 0.95
"""A second as the limits count it: what was sent a second apart may arrive a little closer."""
IN_CHAT = frozenset(("POST /messages", "PUT /messages", "DELETE /messages", "POST /answers"))
"""Each of these has a limit of its own in each chat."""
DELIVERIES = 8
"""How many updates are delivered to a webhook at a time."""

MARKUP = {
    **dict.fromkeys(("b", "strong"), "strong"),
    **dict.fromkeys(("i", "em"), "emphasized"),
    **dict.fromkeys(("u", "ins"), "underline"),
    **dict.fromkeys(("s", "del"), "strikethrough"),
    **dict.fromkeys(("code", "pre"), "monospaced"),
    "a": "link",
    "mark": "highlighted",
    "h1": "heading",
}
"""The tags that MAX keeps, and what it makes of them. It strips all others without a word."""

Kind = Literal[
    "429",
    "429 as text",
    "400",
    "403",
    "404",
    "500",
    "gateway",
    "slow",
    "hang",
    "reset",
    "lost",
]


class RefusalError(Exception):
    """What the API refuses: status, code, and what it says."""

    def __init__(
        self, status: int, code: str, message: str, *, retry_after: int = 0, plain: bool = False
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.retry_after = retry_after
        self.plain = plain

    @property
    def answer(self) -> web.Response:
        headers = {"Retry-After": str(self.retry_after)} if self.retry_after else {}
        if self.plain:
            return web.Response(status=self.status, text=self.message, headers=headers)
        body = _said(Error, {"code": self.code, "message": self.message})
        return web.json_response(body, status=self.status, headers=headers)


class _GatewayError(Exception):
    """Something between the bot and MAX answers in MAX's place."""


def refused(what: str) -> RefusalError:
    return RefusalError(400, "proto.payload", what)


def not_found(what: str) -> RefusalError:
    return RefusalError(404, "not.found", what)


def too_many(*, retry_after: int = 1, plain: bool = False) -> RefusalError:
    return RefusalError(
        429,
        "too.many.requests",
        "Too Many Requests" if plain else "Rate limit exceeded",
        retry_after=0 if plain else retry_after,
        plain=plain,
    )


class _Html(HTMLParser):
    """Reads a text in HTML as MAX does."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text = ""
        self.markup: list[Json] = []
        self.stripped: list[str] = []
        self._open: list[tuple[str, int, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        href = dict(attrs).get("href") or ""
        if tag not in MARKUP or (tag == "a") != bool(href) or (attrs and tag != "a"):
            self.stripped.append(self.get_starttag_text() or tag)
        if tag in MARKUP:
            self._open.append((tag, len(self.text), href))

    def handle_endtag(self, tag: str) -> None:
        if tag not in MARKUP:
            return
        if not self._open or self._open[-1][0] != tag:
            self.stripped.append(f"</{tag}>")
            return
        _, start, href = self._open.pop()
        if len(self.text) > start:
            element = {"type": MARKUP[tag], "from": start, "length": len(self.text) - start}
            self.markup.append(element | ({"url": href} if href else {}))

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        self.stripped.append(f"<!--{data}-->")

    def handle_decl(self, decl: str) -> None:
        self.stripped.append(f"<!{decl}>")

    def handle_pi(self, data: str) -> None:
        self.stripped.append(f"<?{data}>")

    def close(self) -> None:
        # What begins like a tag and never ends is left over, and MAX would not show it.
        self.stripped += [self.rawdata] if "<" in self.rawdata else []
        super().close()
        self.stripped += [f"<{tag}>" for tag, *_ in self._open]


def read_html(source: str) -> tuple[str, list[Json], list[str]]:
    """Read a text in HTML; return what is shown, its markup, and what was stripped of it."""
    html = _Html()
    html.feed(source)
    html.close()
    return html.text, sorted(html.markup, key=lambda each: each["from"]), html.stripped


@dataclass
class Upload:
    """A file that the bot uploaded; ``unready`` sends are refused before it can be sent."""

    kind: str
    name: str
    content: bytes
    unready: int


@dataclass
class Shown:
    """A message as a person sees it, and what the server remembers of it."""

    mid: str
    seq: int
    from_bot: bool
    at: int = 0
    """When it was sent, in milliseconds."""
    text: str = ""
    source: str = ""
    """The text as the bot sent it, markup and all."""
    is_html: bool = False
    markup: list[Json] = field(default_factory=list)
    keyboard: list[list[Json]] = field(default_factory=list)
    document: tuple[str, bytes] | None = None
    """A file, or a picture."""
    photo: bool = False
    file: str = ""
    """The token by which what is attached can be sent again."""
    edits: int = 0
    body: Json | None = None
    """What a person's own message has, as MAX words it."""
    sender: Json | None = None
    """Whose it is, if it is not the bot's; a channel's posts are nobody's."""


@dataclass
class Chat:
    number: int
    kind: str
    user: int | None = None
    """With whom, if it is a dialog."""
    messages: dict[str, Shown] = field(default_factory=dict)
    suspended: bool = False
    """The person stopped the bot or removed the dialog, or the bot was removed from the chat."""

    @property
    def from_bot(self) -> list[Shown]:
        return [message for message in self.messages.values() if message.from_bot]


@dataclass
class Press:
    """A press that waits for its answer."""

    number: str
    chat: Chat
    mid: str
    answers: list[tuple[str, bool]] = field(default_factory=list)
    """The notification, and whether a message was in the answer."""
    too_old: bool = False


@dataclass
class Call:
    """A call that the bot made; ``code`` is 0 while it is not answered."""

    method: str
    """The verb and the path, as ``POST /messages``; ``upload`` and ``file`` of the other host."""
    query: dict[str, str]
    body: Json
    chat: int | None
    at: float
    code: int = 0
    description: str = ""
    message: str = ""
    """The message that it wrote or edited."""


@dataclass
class Fault:
    """How the server fails: kind, where, and how many times more."""

    kind: Kind
    methods: frozenset[str]
    chats: frozenset[int]
    times: int
    seconds: float


@dataclass(frozen=True)
class _Route:
    query: type[BaseModel]
    body: type[BaseModel] | None
    result: type[BaseModel]


ROUTES = {
    "GET /me": _Route(NoQuery, None, BotInfo),
    "PATCH /me": _Route(NoQuery, BotPatch, BotInfo),
    "PATCH /me/commands": _Route(NoQuery, CommandsPatch, CommandsPatch),
    "GET /subscriptions": _Route(NoQuery, None, GetSubscriptionsResult),
    "POST /subscriptions": _Route(NoQuery, SubscriptionRequest, SimpleQueryResult),
    "DELETE /subscriptions": _Route(UnsubscribeQuery, None, SimpleQueryResult),
    "GET /updates": _Route(PollQuery, None, UpdateList),
    "POST /messages": _Route(SendQuery, NewMessageBody, SendMessageResult),
    "PUT /messages": _Route(MessageQuery, NewMessageBody, SimpleQueryResult),
    "DELETE /messages": _Route(MessageQuery, None, SimpleQueryResult),
    "GET /messages": _Route(HistoryQuery, None, MessageList),
    "GET /messages/{mid}": _Route(NoQuery, None, Message),
    "POST /answers": _Route(AnswerQuery, CallbackAnswer, SimpleQueryResult),
    "POST /uploads": _Route(UploadQuery, None, UploadEndpoint),
    "POST /chats/{chat}/actions": _Route(NoQuery, ActionRequest, SimpleQueryResult),
}
"""Each method, what it must be given, and what it answers."""


class MaxApi:
    """The server, and all that MAX remembers; ``async with`` starts and stops it.

    Without ``limits`` nobody is too fast. By ``clock`` go the times of messages, the day that
    updates live and the week that messages can be edited. ``seed`` says which of the fields that
    MAX may leave out are left out where. ``ended`` are methods that this API has no more, or has
    not yet.
    """

    def __init__(
        self,
        *,
        limits: bool = True,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        seed: int = 20260701,
        ended: Iterable[str] = ("PATCH /me",),
    ) -> None:
        self.url = ""
        self.host = ""
        """Where files are uploaded and given out; nobody may show it the token."""
        self.token = TOKEN
        self.limits = limits
        self.clock = clock
        self.random = Random(seed)
        self.ended = frozenset(ended)
        self.calls: list[Call] = []
        self.chats: dict[int, Chat] = {}
        self.presses: dict[str, Press] = {}
        self.history: dict[int, Json] = {}
        """Every update there was, by its number."""
        self.waiting: dict[int, Json] = {}
        """Updates not yet confirmed, and not yet lost."""
        self.marker = 1001
        """The next update that a poller expects: all before it are forgotten."""
        self.delivered: set[int] = set()
        """Updates for which the webhook said 200."""
        self.undelivered: set[int] = set()
        """Updates that were tried in vain as often as MAX tries."""
        self.commands: list[Json] = []
        self.uploads: dict[str, Upload] = {}
        """Every file that the bot uploaded, by its token."""
        self.unready = 1
        """How many sends of a new upload are refused, as MAX usually does."""
        self.sent: dict[str, tuple[str, bytes]] = {}
        """Every file that a person sent, by its id: its name and its content."""
        self.subscriptions: dict[str, Json] = {}
        self.retry_pause = 0.01
        """Between two tries of a delivery (MAX: a minute and longer, up to eight hours)."""
        self.stripped: list[str] = []
        """What MAX has silently stripped of texts in HTML: a test can ask that it be nothing."""
        self.leaks: list[str] = []
        """To which other addresses the bot has shown its token."""
        self._faults: list[Fault] = []
        self._news = asyncio.Event()
        self._last_update = 1000
        self._last_seq = 116_000_000_000_000_000
        self._last_at = 0
        self._last_press = 0
        self._opened: dict[str, str] = {}
        """Addresses to which nothing was uploaded yet, and for what kind of file they are."""
        self._times: dict[tuple[str, int], deque[float]] = defaultdict(deque)
        self._address = ""
        self._carried: dict[int, asyncio.Task[None]] = {}
        self._courier: asyncio.Task[None] | None = None
        self._runners: list[web.AppRunner] = []

    async def __aenter__(self) -> Self:
        api = web.Application(client_max_size=4 * 2**20)
        api.router.add_route("*", "/{path:.*}", self._serve)
        host = web.Application(client_max_size=60 * 2**20)
        host.router.add_post("/upload/{number}", self._take_in)
        host.router.add_get("/files/{number}", self._give_out)
        urls = []
        for app in (api, host):
            # A client that hangs up ends its request: a hanging call, or a long poll.
            runner = web.AppRunner(
                app, access_log=None, handler_cancellation=True, shutdown_timeout=0.01
            )
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            self._runners.append(runner)
            urls.append(f"http://127.0.0.1:{runner.addresses[0][1]}")
        self.url, self.host = urls
        return self

    async def __aexit__(self, *_: object) -> None:
        tasks = [*self._carried.values(), *([self._courier] if self._courier else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for runner in self._runners:
            await runner.cleanup()

    # What a test does.

    def fails(
        self,
        kind: Kind,
        *methods: str,
        chats: Iterable[int] = (),
        times: int = 1,
        seconds: float = 1,
    ) -> None:
        """Fail the next calls of these methods (or any) in these chats (or any).

        hang: no answer ever; slow: an answer after these seconds; reset: the connection breaks
        before, lost: after the call is carried out; gateway: 502 with a page of HTML. After
        ``seconds``, too, a 429 in JSON lets one try again.
        """
        self._faults.append(Fault(kind, frozenset(methods), frozenset(chats), times, seconds))

    def recovers(self) -> None:
        """End all faults."""
        self._faults.clear()

    def notify(self) -> None:
        """Tell those who wait that something has happened."""
        self._news.set()

    async def until(self, true: Callable[[], bool], what: str = "") -> None:
        """Wait for something to become true."""
        try:
            async with asyncio.timeout(PATIENCE):
                while not true():
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            raise AssertionError(f"waited in vain {what}; last: {self.calls[-5:]}") from None

    def is_confirmed(self, number: int) -> bool:
        """Tell whether the bot has taken an update: by a later marker, or by its 200."""
        return number < self.marker or number in self.delivered

    async def until_confirmed(self, number: int) -> None:
        """Wait until the bot has taken this update."""
        await self.until(lambda: self.is_confirmed(number), f"for update {number}")

    def made(self, *methods: str, chat: int | None = None) -> list[Call]:
        """Return the calls of these methods, perhaps in one chat."""
        return [
            call
            for call in self.calls
            if call.method in methods and (chat is None or call.chat == chat)
        ]

    def gives(self, kind: str, **fields: Any) -> int:
        """Let an update happen; what may be missing of it may be missing."""
        body = {"update_type": kind, "timestamp": self.now(), **fields}
        UPDATE.validate_json(json.dumps(body))
        body = self._lean(body)
        UPDATE.validate_json(json.dumps(body))
        return self.gives_anything(body)

    def gives_anything(self, body: Json) -> int:
        """Let an update happen that looks as the test says, whatever the schema promises."""
        self._last_update += 1
        self.history[self._last_update] = body
        self.waiting[self._last_update] = body
        self.notify()
        return self._last_update

    def gives_unreadable(self, person: "Somebody") -> int:
        """Let an update happen that is not what the schema promises."""
        message = self.message_of(person, text="?")
        body = {"update_type": "message_created", "timestamp": self.now(), "message": message}
        message["recipient"] = ["hologram"]
        return self.gives_anything(body)

    def delivers_to(self, url: str) -> None:
        """Say where the webhook really is that the bot subscribes, and deliver there.

        Without a path in ``url``, the path is that of the subscribed address.
        """
        self._address = url
        if self._courier is None:
            self._courier = asyncio.create_task(self._deliver())

    def forgets_subscription(self) -> None:
        """Unsubscribe the bot, as MAX does when there was no 200 for eight hours."""
        self.subscriptions.clear()
        self.notify()

    def forgets_uploads(self) -> None:
        """Let the tokens of uploads no longer be good for anything."""
        self.uploads.clear()

    def chat(self, number: int, kind: str = "chat") -> Chat:
        """Return a group chat or a channel; their ids are below zero."""
        return self.chats.setdefault(number, Chat(number, kind))

    def dialog(self, user: int) -> Chat:
        """Return the dialog with somebody, whose id is not theirs."""
        number = user + BETWEEN
        return self.chats.setdefault(number, Chat(number, "dialog", user))

    def now(self) -> int:
        """Return the time in milliseconds; never the same one twice."""
        self._last_at = max(self._last_at + 1, int(self.clock().timestamp() * 1000))
        return self._last_at

    def message_of(self, person: "Somebody", chat: Chat | None = None, **content: Any) -> Json:
        """Word a person's new message as the API does, and keep it in its chat."""
        chat = chat or person.chat
        link = content.pop("link", None)
        message = self._new(chat, from_bot=False)
        message.text = content.get("text") or ""
        body = {"mid": message.mid, "seq": message.seq, "text": "", "attachments": [], **content}
        message.body = body
        message.sender = None if chat.kind == "channel" else person.as_json
        return self.as_json(chat, message) | ({"link": link} if link else {})

    def as_json(self, chat: Chat, message: Shown) -> Json:
        """Word a message as the API does."""
        body = message.body
        if body is None:
            body = {
                "mid": message.mid,
                "seq": message.seq,
                "text": message.text,
                "attachments": self._attachments(message),
            }
            body |= {"markup": message.markup} if message.markup else {}
        said = {
            "recipient": self._recipient(chat, chat.user if message.from_bot else BOT),
            "timestamp": message.at,
            "body": body,
        }
        sender = self._me() if message.from_bot else message.sender
        return said | ({"sender": sender} if sender else {})

    def _recipient(self, chat: Chat, user: int | None) -> Json:
        to = {"user_id": user} if chat.kind == "dialog" else {}
        return {"chat_id": chat.number, "chat_type": chat.kind, **to}

    def _attachments(self, message: Shown) -> list[Json]:
        attachments: list[Json] = []
        if message.document is not None:
            name, content = message.document
            payload: Json = {"url": f"{self.host}/files/out", "token": message.file}
            if message.photo:
                payload["photo_id"] = message.seq
                attachments.append({"type": "image", "payload": payload})
            else:
                attachments.append(
                    {"type": "file", "payload": payload, "filename": name, "size": len(content)}
                )
        if message.keyboard:
            payload = {"buttons": message.keyboard}
            attachments.append({"type": "inline_keyboard", "payload": payload})
        return attachments

    def _me(self) -> Json:
        return {
            "user_id": BOT,
            "first_name": "Курс",
            "username": USERNAME,
            "is_bot": True,
            "last_activity_time": self._last_at,
            "name": "Курс",
        }

    def _lean(self, value: Any) -> Any:
        """Leave out, of what MAX may leave out, something here and something there."""
        if isinstance(value, list):
            return [self._lean(each) for each in value]
        if not isinstance(value, dict):
            return value
        lean = {key: self._lean(each) for key, each in value.items()}
        if "user_id" in lean and "first_name" in lean:
            for key in ("username", "last_name", "last_activity_time", "name"):
                # The words of a name are never left out where there are any: they are known.
                if key != "last_name" or not lean.get(key):
                    self._omit(lean, key, may_be_null=key != "last_activity_time")
        elif "mid" in lean and "seq" in lean:
            for key in ("text", "attachments"):
                if not lean.get(key):
                    self._omit(lean, key)
        elif "chat_type" in lean and "user_id" not in lean:
            self._omit(lean, "user_id")
        return lean

    def _omit(self, body: Json, key: str, *, may_be_null: bool = True) -> None:
        match self.random.randrange(3):
            case 0:
                body.pop(key, None)
            case 1 if may_be_null:
                body[key] = None

    def _new(self, chat: Chat, *, from_bot: bool) -> Shown:
        self._last_seq += 65_537
        mid = f"mid.{chat.number % 2**64:016x}{self._last_seq:016x}"
        message = Shown(mid, self._last_seq, from_bot, at=self.now())
        chat.messages[mid] = message
        return message

    # How updates arrive.

    def _expire(self) -> None:
        """Forget what nobody fetched within a day."""
        oldest = (self.clock() - timedelta(hours=HOURS_OF_UPDATES)).timestamp() * 1000
        for number, update in list(self.waiting.items()):
            at = update.get("timestamp")
            if isinstance(at, int) and at < oldest:
                del self.waiting[number]

    async def _deliver(self) -> None:
        """Deliver what waits to the webhook, some at once."""
        slots = asyncio.Semaphore(DELIVERIES)
        async with ClientSession(timeout=ClientTimeout(total=30)) as client:
            while True:
                if self.subscriptions:
                    for number in sorted(self.waiting.keys() - self._carried.keys()):
                        task = asyncio.create_task(self._carry(client, slots, number))
                        self._carried[number] = task
                self._news.clear()
                await self._news.wait()

    async def _carry(self, client: ClientSession, slots: asyncio.Semaphore, number: int) -> None:
        update = self.history[number]
        try:
            for _ in range(1 + RETRIES):
                if not self.subscriptions:
                    return
                subscription = list(self.subscriptions.values())[-1]
                types = subscription.get("update_types")
                if types is not None and update.get("update_type") not in types:
                    del self.waiting[number]
                    return
                async with slots:
                    status = await self._post(client, subscription, update)
                if status == 200:
                    self.delivered.add(number)
                    self.waiting.pop(number, None)
                    return
                await asyncio.sleep(self.retry_pause)
            self.undelivered.add(number)
            self.waiting.pop(number, None)
        finally:
            self._carried.pop(number, None)
            self.notify()

    async def _post(self, client: ClientSession, subscription: Json, update: Json) -> int:
        address = self._address
        if not urlsplit(address).path.strip("/"):
            address = address.rstrip("/") + urlsplit(subscription["url"]).path
        secret = subscription.get("secret")
        headers = {"X-Max-Bot-Api-Secret": secret} if secret else {}
        try:
            async with client.post(address, json=update, headers=headers) as response:
                return response.status
        except (ClientError, TimeoutError):
            return 0

    # What the server does.

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        method, place = _route(request)
        query = dict(request.query)
        raw = await request.read()
        call = Call(method, query, _json(raw), None, asyncio.get_running_loop().time())
        call.chat = self._chat_of(call, place)
        self.calls.append(call)
        self.notify()
        fault = self._fault(call)
        try:
            if fault is not None and fault.kind != "lost":
                await _fail(fault, request)
            self._authorise(request)
            route = self._known(method)
            if self.limits:
                self._keep_pace(call)
            asked = _checked(route.query, query)
            body = self._body(route, request, raw)
            name = re.sub(r"\W+", "_", method.lower()).strip("_")
            result = await getattr(self, f"_{name}")(call, asked, body or place)
        except RefusalError as refusal:
            call.code, call.description = refusal.status, f"{refusal.code}: {refusal.message}"
            return refusal.answer
        except _GatewayError:
            call.code = 502
            return _gateway()
        except Exception as error:
            call.code, call.description = 500, f"the stand-in is broken: {error!r}"
            raise
        else:
            call.code = 200
            if fault is not None and fault.kind == "lost" and request.transport is not None:
                request.transport.abort()
            return web.json_response(_said(route.result, result))
        finally:
            self.notify()

    def _authorise(self, request: web.Request) -> None:
        """Take the token in its header and nowhere else, as it is."""
        if (
            request.headers.get("Authorization") != self.token
            or "access_token" in request.query
            or self.token in str(request.url)
        ):
            raise RefusalError(401, "verify.token", "Invalid access_token")

    def _known(self, method: str) -> _Route:
        verb, path = method.split(" ", 1)
        if method in self.ended:
            raise RefusalError(404, "method.not.found", f"Unknown method {path}")
        if method in ROUTES:
            return ROUTES[method]
        if any(known.endswith(f" {path}") for known in ROUTES.keys() - self.ended):
            raise RefusalError(405, "method.not.allowed", f"{verb} is not allowed")
        raise RefusalError(404, "method.not.found", f"Unknown method {path}")

    @staticmethod
    def _body(route: _Route, request: web.Request, raw: bytes) -> BaseModel | None:
        if route.body is None:
            if raw:
                raise refused("takes no body")
            return None
        if request.content_type != "application/json":
            raise refused(f"is {request.content_type} and no JSON")
        try:
            return route.body.model_validate_json(raw)
        except ValidationError as error:
            raise refused(_words(error)) from None

    def _keep_pace(self, call: Call) -> None:
        """Refuse what comes too fast; in turns as JSON and as a text."""
        windows = [("", 0, PER_SECOND)]
        if call.method == "GET /updates":
            windows.append((call.method, 0, POLLS_PER_SECOND))
        if call.method in IN_CHAT and call.chat is not None:
            windows.append((call.method, call.chat, PER_SECOND_IN_CHAT))
        now = time.monotonic()
        for method, chat, most in windows:
            times = self._times[method, chat]
            while times and times[0] <= now - SECOND:
                times.popleft()
            if len(times) >= most:
                raise too_many(plain=len(self.calls) % 2 == 0)
        for method, chat, _ in windows:
            self._times[method, chat].append(now)

    def _chat_of(self, call: Call, place: str) -> int | None:
        query = call.query
        if call.method == "POST /chats/{chat}/actions":
            return int(place)
        if "callback_id" in query:
            press = self.presses.get(query["callback_id"])
            return press.chat.number if press else None
        if "message_id" in query:
            found = self._find(query["message_id"])
            return found[0].number if found else None
        if query.get("user_id", "").isdigit():
            return int(query["user_id"]) + BETWEEN
        number = query.get("chat_id", "")
        return int(number) if re.fullmatch(r"-?\d+", number) else None

    def _find(self, mid: str) -> tuple[Chat, Shown] | None:
        """Find a message by its id, in which its chat's id stands."""
        if not re.fullmatch(r"mid\.[0-9a-f]{32}", mid):
            return None
        number = int(mid[4:20], 16)
        chat = self.chats.get(number if number < 2**63 else number - 2**64)
        message = chat.messages.get(mid) if chat else None
        return (chat, message) if chat and message else None

    def _fault(self, call: Call) -> Fault | None:
        for fault in self._faults:
            if (
                fault.times > 0
                and (not fault.methods or call.method in fault.methods)
                and (not fault.chats or call.chat in fault.chats)
            ):
                fault.times -= 1
                return fault
        return None

    async def _get_me(self, _call: Call, _query: NoQuery, _: object) -> Json:
        return self._me() | {"commands": self.commands or None}

    async def _patch_me(self, _call: Call, _query: NoQuery, body: BotPatch) -> Json:
        if body.commands is not None:
            self.commands = [each.model_dump() for each in body.commands]
        return self._me() | {"commands": self.commands}

    async def _patch_me_commands(self, _call: Call, _query: NoQuery, body: CommandsPatch) -> Json:
        self.commands = [each.model_dump() for each in body.commands]
        return {"commands": self.commands}

    async def _get_subscriptions(self, _call: Call, _query: NoQuery, _: object) -> Json:
        return {
            "subscriptions": [
                {"url": url, "time": body["time"], "update_types": body.get("update_types")}
                for url, body in self.subscriptions.items()
            ]
        }

    async def _post_subscriptions(
        self, _call: Call, _query: NoQuery, body: SubscriptionRequest
    ) -> Json:
        given = body.model_dump(exclude_none=True)
        self.subscriptions.pop(body.url, None)
        self.subscriptions[body.url] = given | {"time": self.now()}
        return {"success": True}

    async def _delete_subscriptions(self, _call: Call, query: UnsubscribeQuery, _: object) -> Json:
        if self.subscriptions.pop(query.url, None) is None:
            return {"success": False, "message": "There is no such subscription"}
        return {"success": True}

    async def _get_updates(self, _call: Call, query: PollQuery, _: object) -> Json:
        if query.marker is not None:
            for number in [number for number in self.waiting if number < query.marker]:
                del self.waiting[number]
            self.marker = max(self.marker, min(query.marker, self._last_update + 1))
            self.notify()
        end = asyncio.get_running_loop().time() + query.timeout
        while not (batch := self._batch(query)):
            left = end - asyncio.get_running_loop().time()
            if left <= 0:
                break
            with suppress(TimeoutError):
                async with asyncio.timeout(left):
                    self._news.clear()
                    await self._news.wait()
        if not batch:
            # The schema lets the marker be null; where nothing came, it says nothing anyway.
            nothing = self.random.random() < 0.5
            return {"updates": [], "marker": None if nothing else query.marker}
        return {
            "updates": [_as_polled(self.waiting[number]) for number in batch],
            "marker": batch[-1] + 1,
        }

    def _batch(self, query: PollQuery) -> list[int]:
        """Choose which updates a poller gets: none while a webhook is subscribed."""
        self._expire()
        if self.subscriptions:
            return []
        shown = [
            number
            for number, update in self.waiting.items()
            if not query.types or update.get("update_type") in query.types
        ]
        if query.marker is None:
            return shown[-1:]
        return [number for number in shown if number >= query.marker][: query.limit]

    async def _post_messages(self, call: Call, query: SendQuery, body: NewMessageBody) -> Json:
        chat = self._writable(call, "dialog" if query.user_id is not None else "chat")
        message = Shown("", 0, from_bot=True)
        self._write(message, body)
        new = self._new(chat, from_bot=True)
        vars(new).update(vars(message) | {"mid": new.mid, "seq": new.seq, "at": new.at})
        call.message = new.mid
        return {"message": self.as_json(chat, new)}

    async def _put_messages(self, call: Call, query: MessageQuery, body: NewMessageBody) -> Json:
        chat, message = self._own(call, query.message_id)
        age = self.clock().timestamp() * 1000 - message.at
        if chat.kind == "dialog" and not message.keyboard and age >= DAYS_OF_EDITS * 86_400_000:
            return {"success": False, "message": "The message is too old to be edited"}
        self._write(message, body)
        message.edits += 1
        call.message = message.mid
        return {"success": True}

    async def _delete_messages(self, call: Call, query: MessageQuery, _: object) -> Json:
        chat, message = self._own(call, query.message_id)
        del chat.messages[message.mid]
        return {"success": True}

    async def _get_messages(self, call: Call, query: HistoryQuery, _: object) -> Json:
        if query.message_ids is not None:
            found = [self._find(mid) for mid in query.message_ids]
            return {"messages": [self.as_json(*each) for each in found if each is not None]}
        chat = self._writable(call, "chat")
        newest_first = [
            self.as_json(chat, message)
            for message in reversed(chat.messages.values())
            if (query.earliest is None or message.at >= query.earliest)
            and (query.latest is None or message.at <= query.latest)
        ]
        return {"messages": newest_first[: query.count]}

    async def _get_messages_mid(self, _call: Call, _query: NoQuery, mid: str) -> Json:
        found = self._find(mid)
        if found is None:
            raise not_found(f"There is no message {mid}")
        return self.as_json(*found)

    async def _post_answers(self, call: Call, query: AnswerQuery, body: CallbackAnswer) -> Json:
        press = self.presses.get(query.callback_id)
        if press is None:
            raise not_found("There is no such callback")
        if press.answers or press.too_old:
            return {"success": False, "message": "The callback has been answered, or is too old"}
        if body.message is not None:
            _, message = self._own(call, press.mid)
            self._write(message, body.message)
            message.edits += 1
            call.message = message.mid
        press.answers.append((body.notification or "", body.message is not None))
        return {"success": True}

    async def _post_uploads(self, _call: Call, query: UploadQuery, _: object) -> Json:
        if query.type not in ("image", "file"):
            raise refused("the stand-in takes images and files")
        number = f"{len(self._opened)}{self.random.randrange(10**9)}"
        path = f"/upload/{number}{SIGNED}&type={query.type}"
        self._opened[path] = query.type
        return {"url": f"{self.host}{path}"}

    async def _post_chats_chat_actions(
        self, call: Call, _query: NoQuery, _: ActionRequest
    ) -> Json:
        self._writable(call, "chat")
        return {"success": True}

    def _writable(self, call: Call, what: str) -> Chat:
        chat = self.chats.get(call.chat) if call.chat is not None else None
        if chat is None:
            raise not_found(f"error.{what}.notfound")
        if chat.suspended:
            raise RefusalError(403, "chat.denied", f"error.{chat.kind}.suspended")
        return chat

    def _own(self, call: Call, mid: str) -> tuple[Chat, Shown]:
        """Find a message that the bot may change."""
        found = self._find(mid)
        if found is None:
            raise not_found(f"There is no message {mid}")
        chat, message = found
        if not message.from_bot:
            raise RefusalError(403, "access.denied", "The message is somebody else's")
        self._writable(call, "chat")
        return chat, message

    def _write(self, message: Shown, body: NewMessageBody) -> None:
        """Put text and attachments into a message, as far as they are given, or refuse them."""
        if body.format == "markdown" or body.link is not None:
            raise refused("the stand-in takes no Markdown and no links to messages")
        new = Shown(**vars(message))
        if body.text is not None:
            new.source, new.is_html = body.text, body.format == "html"
            if new.is_html:
                new.text, new.markup, stripped = read_html(body.text)
                self.stripped += stripped
            else:
                new.text, new.markup = body.text, []
        if body.attachments is not None:
            new.keyboard, new.document, new.file, new.photo = [], None, "", False
            for attachment in body.attachments:
                match attachment.type:
                    case "inline_keyboard":
                        buttons = attachment.model_dump(exclude_none=True)["payload"]["buttons"]
                        new.keyboard = buttons
                    case "image" | "file":
                        self._attach(new, attachment)
                    case kind:
                        raise refused(f"the stand-in takes no {kind}")
        if not new.text.strip() and new.document is None:
            raise refused("text: a message has a text, a picture or a file")
        vars(message).update(vars(new))

    def _attach(self, message: Shown, attachment: Any) -> None:
        payload = attachment.payload
        tokens = payload.tokens if attachment.type == "image" else [payload.token]
        if len(tokens) != 1 or message.document is not None:
            raise refused("the stand-in takes one picture, or one file, by its token")
        upload = self.uploads.get(tokens[0])
        if upload is None or upload.kind != attachment.type:
            raise refused(f"attachments: there is no such {attachment.type}")
        if upload.unready > 0:
            upload.unready -= 1
            raise RefusalError(
                400,
                "attachment.not.ready",
                f"Key: errors.process.attachment.{upload.kind}.not.processed",
            )
        message.document = (upload.name, upload.content)
        message.photo, message.file = upload.kind == "image", tokens[0]

    # The other host.

    async def _take_in(self, request: web.Request) -> web.StreamResponse:
        """Take a file in; ``upload`` names this among the calls."""

        async def work(call: Call) -> web.StreamResponse:
            kind = self._opened.pop(request.raw_path, "")
            if not kind:
                raise refused("nothing more is taken at this address")
            name, content = await _uploaded(request)
            if kind == "image":
                _check_image(content)
            token = f"tok{len(self.uploads)}.{self.random.randrange(10**12):x}/+="
            self.uploads[token] = Upload(kind, name, content, self.unready)
            call.code = 200
            if kind == "file":
                return web.json_response({"fileId": len(self.uploads), "token": token})
            photos = {f"{self.random.randrange(10**9):x}": {"token": token}}
            return web.json_response(_said(PhotoTokens, {"photos": photos}))

        return await self._at_host(request, "upload", work)

    async def _give_out(self, request: web.Request) -> web.StreamResponse:
        """Give out what a person sent; ``file`` names this among the calls."""

        async def work(call: Call) -> web.StreamResponse:
            number = request.match_info["number"]
            if number not in self.sent or not request.raw_path.endswith(SIGNED):
                raise not_found("There is no such file")
            _, content = self.sent[number]
            response = web.StreamResponse()
            response.content_length = len(content)
            await response.prepare(request)
            call.code = 200
            if call.description == "lost":
                await response.write(content[: len(content) // 2])
            else:
                await response.write(content)
            return response

        return await self._at_host(request, "file", work)

    async def _at_host(
        self,
        request: web.Request,
        method: str,
        work: Callable[[Call], Awaitable[web.StreamResponse]],
    ) -> web.StreamResponse:
        call = Call(method, dict(request.query), {}, None, asyncio.get_running_loop().time())
        self.calls.append(call)
        self.notify()
        fault = self._fault(call)
        try:
            if "Authorization" in request.headers or self.token in str(request.url):
                self.leaks.append(f"{method}: {request.url.origin()}")
                raise refused("the token is shown to a host that is not the API's")
            if fault is not None and fault.kind != "lost":
                await _fail(fault, request)
            call.description = "lost" if fault is not None and fault.kind == "lost" else ""
            response = await work(call)
        except RefusalError as refusal:
            call.code, call.description = refusal.status, f"{refusal.code}: {refusal.message}"
            return refusal.answer
        except _GatewayError:
            call.code = 502
            return _gateway()
        finally:
            self.notify()
        if call.description == "lost" and request.transport is not None:
            request.transport.abort()
        return response


class Somebody:
    """A person in MAX, as the server knows them."""

    def __init__(
        self,
        api: MaxApi,
        number: int,
        *,
        first_name: str = "Анна",
        last_name: str = "Петровна",
        language: str = "ru",
    ) -> None:
        self.api = api
        self.number = number
        self.first_name = first_name
        self.last_name = last_name
        self.language = language
        self.chat = api.dialog(number)
        self.latest = ""
        """The last message that they wrote."""
        self.press: Press
        """The last press, once there was one."""

    @property
    def as_json(self) -> Json:
        return {
            "user_id": self.number,
            "first_name": self.first_name,
            "last_name": self.last_name or None,
            "is_bot": False,
            "last_activity_time": int(self.api.clock().timestamp() * 1000),
            "name": f"{self.first_name} {self.last_name}".strip(),
        }

    @property
    def screen(self) -> Shown:
        """The last message from the bot."""
        return self.chat.from_bot[-1]

    def starts(self, payload: str | None = None) -> int:
        """Press the button that begins, or come by a link; return the update's number.

        What a link has beyond 128 characters MAX doesn't pass on.
        """
        self.chat.suspended = False
        fields = {"payload": payload} if payload and len(payload) <= START_CHARS else {}
        return self._tells("bot_started", **fields)

    def writes(self, text: str, chat: Chat | None = None) -> int:
        """Write a message; return the update's number, as everything here does."""
        return self.sends(chat, text=text)

    def sends(self, chat: Chat | None = None, **content: Any) -> int:
        """Send a message of any kind: ``text``, ``attachments``, ``link``."""
        message = self.api.message_of(self, chat, **content)
        self.latest = message["body"]["mid"]
        is_dialog = (chat or self.chat).kind == "dialog"
        spoken = self._spoken if is_dialog else {}
        return self.api.gives("message_created", message=message, **spoken)

    def sends_file(
        self, name: str, content: bytes, *, size: int | None = None, **content_too: Any
    ) -> int:
        """Send a file; ``size`` is what MAX says that it has."""
        number = f"{len(self.api.sent)}-{self.number}"
        self.api.sent[number] = (name, content)
        attachment = {
            "type": "file",
            "payload": {"url": f"{self.api.host}/files/{number}{SIGNED}", "token": number},
            "filename": name,
            "size": len(content) if size is None else size,
        }
        return self.sends(attachments=[attachment], **content_too)

    def forwards(self, text: str, *, author: "Somebody") -> int:
        """Forward what somebody else wrote."""
        message = {"mid": "mid.elsewhere", "seq": 7, "text": text}
        link = {"type": "forward", "sender": author.as_json, "chat_id": -77, "message": message}
        return self.sends(link=link)

    def edits(self, text: str) -> int:
        """Edit the last message of one's own."""
        message = self.chat.messages[self.latest]
        assert message.body is not None
        message.text = message.body["text"] = text
        return self.api.gives("message_edited", message=self.api.as_json(self.chat, message))

    def presses(self, label: str, message: Shown | None = None) -> int:
        """Press a button by its label, on the last message or another."""
        message = message or self.screen
        found = [button for row in message.keyboard for button in row if label in button["text"]]
        assert len(found) == 1, f"{label!r} names {len(found)} of {message.keyboard}"
        return self.presses_data(found[0]["payload"], message)

    def presses_data(
        self, data: str | None, message: Shown | None = None, *, deleted: bool = False
    ) -> int:
        """Press a button that has any payload or none, perhaps of a message that is gone.

        Without ``message`` it is the last one from the bot, if there is any.
        """
        api = self.api
        if message is None and self.chat.from_bot:
            message = self.screen
        found = api._find(message.mid) if message else None
        if deleted and found is not None:
            del found[0].messages[found[1].mid]
        api._last_press += 1
        number = f"cb{api._last_press}.{api.random.randrange(16**24):024x}"
        self.press = Press(
            number, found[0] if found else self.chat, message.mid if message else ""
        )
        api.presses[number] = self.press
        callback: Json = {"timestamp": api.now(), "callback_id": number, "user": self.as_json}
        if data is not None:
            callback["payload"] = data
        body = api.as_json(*found) if found is not None and not deleted else None
        return api.gives("message_callback", callback=callback, message=body, **self._spoken)

    def stops(self, *, silently: bool = False) -> int:
        """Stop the bot; ``silently`` is for one that the bot is not told of."""
        self.chat.suspended = True
        return 0 if silently else self._tells("bot_stopped")

    def removes_dialog(self) -> int:
        """Remove the dialog: the bot is stopped by that, and told of both."""
        self.chat.suspended = True
        self._tells("bot_stopped")
        return self._tells("dialog_removed")

    def clears_dialog(self) -> int:
        """Clear the dialog: the messages are gone, and nothing else has changed."""
        self.chat.messages.clear()
        return self._tells("dialog_cleared")

    def returns(self) -> int:
        """Begin again after all."""
        return self.starts()

    def adds_bot(self, chat: Chat) -> int:
        """Add the bot to a group chat or a channel."""
        chat.suspended = False
        return self._changes("bot_added", chat)

    def removes_bot(self, chat: Chat) -> int:
        """Remove the bot from a group chat or a channel."""
        chat.suspended = True
        return self._changes("bot_removed", chat)

    def _changes(self, kind: str, chat: Chat) -> int:
        return self.api.gives(
            kind, chat_id=chat.number, user=self.as_json, is_channel=chat.kind == "channel"
        )

    def _tells(self, kind: str, **fields: Any) -> int:
        return self.api.gives(
            kind, chat_id=self.chat.number, user=self.as_json, **fields, **self._spoken
        )

    @property
    def _spoken(self) -> Json:
        return {"user_locale": self.language} if self.language else {}


_MEDIA = {"url": "https://example.org/media?sig=x", "token": "of-somebody"}
MESSAGE_KINDS: dict[str, Json] = {
    "image": {"type": "image", "payload": _MEDIA | {"photo_id": 1}},
    "video": {"type": "video", "payload": _MEDIA, "width": 640, "height": 480, "duration": 5},
    "audio": {"type": "audio", "payload": _MEDIA, "transcription": None},
    "sticker": {
        "type": "sticker",
        "payload": {"url": "https://example.org/s", "code": "s1"},
        "width": 64,
        "height": 64,
    },
    "contact": {"type": "contact", "payload": {"vcf_info": "BEGIN:VCARD\r\nEND:VCARD"}},
    "share": {"type": "share", "payload": {"url": "https://example.org"}, "title": "Сайт"},
    "location": {"type": "location", "latitude": 55.75, "longitude": 37.62},
}
"""Every kind of attachment that people send, but for files: what makes a message of this kind."""


def _as_polled(update: Json) -> Json:
    """Word an update as a poller gets it: of a voice message, without the message."""
    attachments = ((update.get("message") or {}).get("body") or {}).get("attachments") or []
    if update["update_type"] == "message_created" and any(
        each["type"] == "audio" for each in attachments
    ):
        return {key: value for key, value in update.items() if key != "message"}
    return update


def _route(request: web.Request) -> tuple[str, str]:
    """Read which method is called, and which message or chat its path names."""
    path = request.path
    if found := re.fullmatch(r"/messages/([A-Za-z0-9_.-]+)", path):
        return f"{request.method} /messages/{{mid}}", found[1]
    if found := re.fullmatch(r"/chats/(-?\d+)/actions", path):
        return f"{request.method} /chats/{{chat}}/actions", found[1]
    return f"{request.method} {path}", ""


def _json(raw: bytes) -> Json:
    try:
        body = json.loads(raw) if raw else {}
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _checked(model: type[BaseModel], query: dict[str, str]) -> BaseModel:
    try:
        return model.model_validate(query)
    except ValidationError as error:
        raise refused(_words(error)) from None


def _words(error: ValidationError) -> str:
    """Say which field is wrong, and why."""
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    return f"{where}: {first['msg']}" if where else str(first["msg"])


def _said(model: type[BaseModel], body: Json) -> Json:
    """Check what the stand-in itself says."""
    model.model_validate_json(json.dumps(body))
    return body


def _gateway() -> web.Response:
    page = "<html><head><title>502 Bad Gateway</title></head></html>"
    return web.Response(status=502, text=page, content_type="text/html")


async def _fail(fault: Fault, request: web.Request) -> None:
    match fault.kind:
        case "429" | "429 as text":
            raise too_many(retry_after=int(fault.seconds), plain=fault.kind != "429")
        case "400":
            raise refused("nobody knows why")
        case "404":
            raise not_found("nobody knows what")
        case "403":
            raise RefusalError(403, "chat.denied", "error.dialog.suspended")
        case "500":
            raise RefusalError(500, "internal.error", "Internal error")
        case "gateway":
            raise _GatewayError
        case "slow":
            await asyncio.sleep(fault.seconds)
        case "hang":
            await asyncio.Event().wait()
        case "reset":
            if request.transport is not None:
                request.transport.abort()
            raise RefusalError(500, "internal.error", "nobody hears this")


async def _uploaded(request: web.Request) -> tuple[str, bytes]:
    """Read the one part of an upload."""
    if request.content_type != "multipart/form-data":
        raise refused("the stand-in takes multipart uploads")
    parts = await request.post()
    if list(parts) != ["data"] or not isinstance(part := parts["data"], web.FileField):
        raise refused(f"there is a file in data, and nothing else, but not {list(parts)}")
    with part.file as file:
        content = file.read()
    if not content or not part.filename:
        raise refused("the file has no content or no name")
    return part.filename, content


def _check_image(content: bytes) -> None:
    """Refuse what is no picture (the stand-in knows PNG and JPEG), or too large."""
    is_png = content.startswith(b"\x89PNG\r\n\x1a\n")
    if not is_png and not content.startswith(b"\xff\xd8"):
        raise refused("File extension is forbidden")
    sides = (int.from_bytes(content[16:20]), int.from_bytes(content[20:24])) if is_png else (1, 1)
    if len(content) > IMAGE_BYTES or not all(1 <= side <= IMAGE_PIXELS for side in sides):
        raise refused("the picture is too large")
