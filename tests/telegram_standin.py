"""A strict stand-in for the Bot API over HTTP: it refuses what Telegram refuses, in its words.

The rules are those of core.telegram.org/bots/api and of the open Bot API server (tdlib). Where
Telegram shrugs (an unknown parameter is ignored), the stand-in refuses: a test should notice.
"""

import asyncio
import json
import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Literal, Self, get_args, get_origin
from urllib.parse import urlsplit

from aiogram.enums import ContentType
from aiogram.types import Message
from aiohttp import web
from pydantic import BaseModel
from pydantic.fields import FieldInfo

Json = dict[str, Any]
_Files = dict[str, tuple[str, bytes]]

TOKEN = "123456789:stand-in_AAF4nQ-not-a-real-token"
USERNAME = "sferum_course_bot"
PATIENCE = 60.0
"""A test that waits longer than this for something hangs, and is told so."""

TAGS = frozenset(
    (
        *("a", "b", "strong", "i", "em", "s", "strike", "del", "u", "ins"),
        *("tg-spoiler", "tg-emoji", "span", "pre", "code", "blockquote"),
    )
)
PARAMETERS = {
    "getMe": ("", ""),
    "getFile": ("file_id", ""),
    "getUpdates": ("", "offset limit timeout allowed_updates"),
    "setWebhook": (
        "url",
        "certificate ip_address max_connections allowed_updates drop_pending_updates secret_token",
    ),
    "deleteWebhook": ("", "drop_pending_updates"),
    "getWebhookInfo": ("", ""),
    "setMyCommands": ("commands", "scope language_code"),
    "deleteMyCommands": ("", "scope language_code"),
    "sendMessage": (
        "chat_id text",
        "parse_mode entities link_preview_options disable_notification reply_markup",
    ),
    "editMessageText": (
        "text",
        "chat_id message_id parse_mode entities link_preview_options reply_markup",
    ),
    "editMessageMedia": ("media", "chat_id message_id reply_markup"),
    "editMessageReplyMarkup": ("", "chat_id message_id reply_markup"),
    "answerCallbackQuery": ("callback_query_id", "text show_alert url cache_time"),
    "sendDocument": (
        "chat_id document",
        "caption parse_mode disable_notification protect_content reply_markup",
    ),
    "sendPhoto": (
        "chat_id photo",
        "caption parse_mode disable_notification protect_content reply_markup",
    ),
    "sendChatAction": ("chat_id action", ""),
    "leaveChat": ("chat_id", ""),
}
"""What each method must be given, and what it may be."""
NOT_MODIFIED = (
    "Bad Request: message is not modified: specified new message content and reply markup are"
    " exactly the same as a current content and reply markup of the message"
)
TOO_OLD = "Bad Request: query is too old and response timeout expired or query ID is invalid"
OTHER_POLLER = (
    "Conflict: terminated by other getUpdates request; make sure that only one bot instance is"
    " running"
)
WEBHOOK_ACTIVE = (
    "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete"
    " the webhook first"
)


class RefusalError(Exception):
    """What the API refuses, as it words it."""

    def __init__(self, code: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters


def refused(why: str) -> RefusalError:
    return RefusalError(400, f"Bad Request: {why}")


def parse_html(source: str) -> tuple[str, list[tuple[str, int, int]]]:
    """Parse a text in HTML mode as tdlib does, with its errors.

    Return the text and its entities: tag, and where in the text's characters it begins and ends.
    """

    def wrong(what: str) -> RefusalError:
        return refused(f"can't parse entities: {what}")

    text = ""
    entities: list[tuple[str, int, int]] = []
    opened: list[tuple[str, int]] = []
    i = 0
    while i < len(source):
        char = source[i]
        if char == "&":
            decoded, i = _entity(source, i)
            text += decoded
            continue
        if char != "<":
            text += char
            i += 1
            continue
        begin, offset = i, len(source[:i].encode())
        if source[i + 1 : i + 2] != "/":
            match = re.compile(r"[^\s>]*").match(source, i + 1)
            assert match is not None
            tag, i = match.group().lower(), match.end()
            if i == len(source):
                raise wrong(f"Unclosed start tag at byte offset {offset}")
            if tag not in TAGS:
                raise wrong(f'Unsupported start tag "{tag}" at byte offset {offset}')
            i, argument = _attributes(source, i, tag, offset, wrong)
            if tag == "span" and argument != "tg-spoiler":
                raise wrong(f'Tag "span" must have class "tg-spoiler" at byte offset {offset}')
            opened.append((tag, len(text)))
        else:
            if not opened:
                raise wrong(f"Unexpected end tag at byte offset {offset}")
            match = re.compile(r"([^\s>]*)\s*").match(source, begin + 2)
            assert match is not None
            i = match.end()
            if source[i : i + 1] != ">":
                raise wrong(f"Unclosed end tag at byte offset {offset}")
            i += 1
            found, (tag, start) = match.group(1), opened.pop()
            if found and found != tag:
                raise wrong(
                    f"Unmatched end tag at byte offset {offset},"
                    f' expected "</{tag}>", found "</{found}>"'
                )
            if len(text) > start:
                entities.append((tag, start, len(text)))
    if opened:
        raise wrong(f'Can\'t find end tag corresponding to start tag "{opened[-1][0]}"')
    return text, entities


def _entity(source: str, i: int) -> tuple[str, int]:
    """Decode an entity: Telegram knows four by name, and leaves the others as they stand."""
    number = re.compile(r"&#(?:x([0-9a-fA-F]+)|([0-9]+));?").match(source, i)
    if number is not None:
        code = int(number[1], 16) if number[1] else int(number[2])
        if 0 < code < 0x10FFFF:
            return chr(code), number.end()
    name = re.compile(r"&(lt|gt|amp|quot)(?![a-zA-Z]);?").match(source, i)
    if name is not None:
        return {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}[name[1]], name.end()
    return "&", i + 1


def _attributes(
    source: str, i: int, tag: str, offset: int, wrong: Callable[[str], RefusalError]
) -> tuple[int, str]:
    """Read a start tag to its end; return where it ends and the last attribute's value."""
    value = ""
    while True:
        while source[i : i + 1].isspace():
            i += 1
        if source[i : i + 1] == ">":
            return i + 1, value
        match = re.compile(r"([^\s=>]*)(?:\s*=\s*)?").match(source, i)
        assert match is not None
        if not match.group(1):
            if i == len(source):
                raise wrong(f'Unclosed start tag "{tag}" at byte offset {offset}')
            raise wrong(f'Empty attribute name in the tag "{tag}" at byte offset {offset}')
        i = match.end()
        if "=" not in match.group():
            continue
        quote = source[i : i + 1]
        if quote in ("'", '"'):
            end = source.find(quote, i + 1)
            if end == -1:
                raise wrong(f"Unclosed start tag at byte offset {offset}")
            value, i = source[i + 1 : end], end + 1
        else:
            token = re.compile(r"[A-Za-z0-9.-]*").match(source, i)
            assert token is not None
            if token.end() < len(source) and source[token.end()] not in " \t\n>":
                at = len(source[:i].encode())
                raise wrong(f"Unexpected end of name token at byte offset {at}")
            value, i = token.group().lower(), token.end()
        if i == len(source):
            raise wrong(f'Unclosed start tag "{tag}" at byte offset {offset}')


def cleaned(text: str) -> str:
    """Clean a text as the server does: control characters go, ends are trimmed."""
    text = re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", " ", text.replace("\r", ""))
    return text.strip()


@dataclass
class Shown:
    """A message as a person sees it, and what the server remembers of it."""

    number: int
    from_bot: bool
    text: str = ""
    source: str = ""
    """The text as the bot sent it, markup and all."""
    is_html: bool = False
    entities: list[tuple[str, int, int]] = field(default_factory=list)
    keyboard: list[list[dict[str, Any]]] = field(default_factory=list)
    document: tuple[str, bytes] | None = None
    photo: bool = False
    file: str = ""
    """What a photo can be sent by again."""
    caption: str = ""
    edits: int = 0
    fate: Literal["", "old", "frozen", "deleted"] = ""
    """old: the bot can't reach it; frozen: it can't be edited any more; deleted."""


@dataclass
class Chat:
    number: int
    kind: str = "private"
    messages: dict[int, Shown] = field(default_factory=dict)
    blocked: bool = False

    @property
    def from_bot(self) -> list[Shown]:
        return [message for message in self.messages.values() if message.from_bot]


@dataclass
class Query:
    """A press that waits for its answer."""

    number: str
    chat: int
    answers: list[tuple[str, bool]] = field(default_factory=list)
    """Text, and whether it was an alert."""
    too_old: bool = False


@dataclass
class Call:
    """A call that the bot made; ``code`` is 0 while it is not answered."""

    method: str
    params: dict[str, str]
    chat: int | None
    at: float
    code: int = 0
    description: str = ""
    message: int = 0
    """The message that it wrote or edited."""


@dataclass
class Fault:
    """How the server fails: kind, where, and how many times more."""

    kind: Literal["429", "400", "403", "404", "500", "gateway", "hang", "reset", "lost"]
    methods: frozenset[str]
    chats: frozenset[int]
    times: int
    retry_after: int


class BotApi:
    """The server, and all that Telegram remembers; ``async with`` starts and stops it."""

    def __init__(self) -> None:
        self.url = ""
        self.token = TOKEN
        self.calls: list[Call] = []
        self.chats: dict[int, Chat] = {}
        self.queries: dict[str, Query] = {}
        self.history: dict[int, Json] = {}
        """Every update there was, by its id."""
        self.waiting: dict[int, Json] = {}
        """Updates not yet confirmed."""
        self.confirmed = 0
        """All updates up to this one are confirmed."""
        self.fetched = 0
        """All updates up to this one have been shown to the bot."""
        self.commands: dict[tuple[str, str], list[dict[str, str]]] = {}
        self.files: dict[str, tuple[str, bytes]] = {}
        """Every picture that was uploaded, by the id that it can be sent by again."""
        self.sent: dict[str, tuple[str, bytes]] = {}
        """Every file that a person sent, by its id: its name and its content."""
        self.given: dict[str, bytes] = {}
        """What can be downloaded, by its path, since the bot has asked for it."""
        self.folder = ""
        """Where the files are on the server's own disk, if it was started with --local."""
        self.webhook: dict[str, str] = {}
        self.delivery_fault: dict[str, Any] = {}
        """When a delivery failed last, and why, as ``getWebhookInfo`` tells."""
        self.allowed: list[str] = []
        self._faults: list[Fault] = []
        self._poller: asyncio.Event | None = None
        self._news = asyncio.Event()
        self._last_update = 1000
        self._last_message = 0
        self._last_query = 4_000_000_000
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=60 * 2**20)
        app.router.add_route("*", "/bot{token}/{method}", self._serve)
        app.router.add_get("/file/bot{token}/{path:.*}", self._give_out)
        # A client that hangs up ends its request: a hanging call, or a long poll.
        self._runner = web.AppRunner(
            app, access_log=None, handler_cancellation=True, shutdown_timeout=0.01
        )
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    # What a test does.

    def fails(
        self,
        kind: Literal["429", "400", "403", "404", "500", "gateway", "hang", "reset", "lost"],
        *methods: str,
        chats: Iterable[int] = (),
        times: int = 1,
        retry_after: int = 1,
    ) -> None:
        """Fail the next calls of these methods (or any) in these chats (or any).

        hang: no answer ever; reset: the connection breaks before, lost: after the call is
        carried out; gateway: 502 with a page of HTML.
        """
        self._faults.append(Fault(kind, frozenset(methods), frozenset(chats), times, retry_after))

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

    async def until_confirmed(self, number: int) -> None:
        """Wait until the bot confirms this update."""
        await self.until(lambda: self.confirmed >= number, f"for update {number}")

    def made(self, *methods: str, chat: int | None = None) -> list[Call]:
        """Return the calls of these methods, perhaps in one chat."""
        return [
            call
            for call in self.calls
            if call.method in methods and (chat is None or call.chat == chat)
        ]

    def gives(self, **body: Any) -> int:
        """Put an update in the queue, if it is of a kind that the bot asked for."""
        self._last_update += 1
        update = {"update_id": self._last_update, **body}
        self.history[self._last_update] = update
        if not self.allowed or body.keys() & set(self.allowed):
            self.waiting[self._last_update] = update
        self.notify()
        return self._last_update

    def gives_unreadable(self, person: "Somebody") -> int:
        """Put an update in the queue that is not what the Bot API promises."""
        return self.gives(message=self.message_of(person) | {"chat": ["hologram"]})

    def forgets_confirmation(self, number: int) -> None:
        """Show an update and all after it again to whoever polls next, as after a crash."""
        for later in sorted(self.history):
            if later >= number:
                self.waiting[later] = self.history[later]
        self.waiting = dict(sorted(self.waiting.items()))
        self.confirmed = min(self.confirmed, number - 1)
        self.notify()

    def sets_webhook(self) -> None:
        """Let somebody set a webhook for the bot, which ends all polling."""
        self.webhook = {"url": "https://example.org/hook"}
        if self._poller is not None:
            self._poller.set()
        self.notify()

    def chat(self, number: int, kind: str = "private") -> Chat:
        return self.chats.setdefault(number, Chat(number, kind))

    def message_of(self, person: "Somebody", chat: Chat | None = None, **content: Any) -> Json:
        """Word a new message as the API does, and keep it in its chat."""
        chat = chat or person.chat
        self._last_message += 1
        chat.messages[self._last_message] = Shown(
            self._last_message, from_bot=False, text=content.get("text", "")
        )
        return {
            "message_id": self._last_message,
            "from": person.as_json,
            "chat": self._chat_json(chat),
            "date": int(time.time()),
            **content,
        }

    def query_of(self, person: "Somebody", message: Json | None, data: str | None) -> Json:
        """Word a press as the API does, and wait for its answer."""
        self._last_query += 1
        query = Query(str(self._last_query), person.number)
        self.queries[query.number] = query
        body: Json = {"id": query.number, "from": person.as_json, "chat_instance": "-77"}
        if message is not None:
            body["message"] = message
        if data is not None:
            body["data"] = data
        return body

    def as_json(self, chat: Chat, message: Shown) -> Json:
        """Word a message as the API does; one out of reach has a place and nothing else."""
        body: Json = {"message_id": message.number, "chat": self._chat_json(chat), "date": 0}
        if message.fate in ("old", "deleted"):
            return body
        body["date"] = int(time.time())
        body["from"] = {
            "id": int(TOKEN.partition(":")[0]),
            "is_bot": True,
            "first_name": "Курс",
            "username": USERNAME,
        }
        if message.caption:
            body["caption"] = message.caption
        if message.document is not None and message.photo:
            _, content = message.document
            # The largest is the last; only by its own id a picture comes whole again.
            body["photo"] = [
                {"file_id": "small", "file_unique_id": "s", "width": 90, "height": 73},
                {
                    "file_id": message.file,
                    "file_unique_id": f"u{message.file}",
                    "width": 800,
                    "height": 650,
                    "file_size": len(content),
                },
            ]
        elif message.document is not None:
            name, content = message.document
            body["document"] = {
                "file_id": f"file{message.number}",
                "file_unique_id": f"unique{message.number}",
                "file_name": name,
                "file_size": len(content),
            }
        else:
            body["text"] = message.text
        if message.keyboard:
            body["reply_markup"] = {"inline_keyboard": message.keyboard}
        return body

    @staticmethod
    def _chat_json(chat: Chat) -> Json:
        named = {} if chat.kind == "private" else {"title": "Учительская"}
        return {"id": chat.number, "type": chat.kind, **named}

    # What the server does.

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        if request.match_info["token"] != self.token:
            return _answer(RefusalError(401, "Unauthorized"))
        method = request.match_info["method"]
        if method not in PARAMETERS:
            return _answer(RefusalError(404, "Not Found: method not found"))
        params, files = await _read(request)
        call = Call(method, params, self._chat_of(params), asyncio.get_running_loop().time())
        self.calls.append(call)
        self.notify()
        fault = self._fault(call)
        try:
            if fault is not None and fault.kind != "lost":
                await _fail(fault, request)
            required, optional = (set(names.split()) for names in PARAMETERS[method])
            if unknown := params.keys() - required - optional:
                raise refused(f"the stand-in knows no parameter {sorted(unknown)} of {method}")
            if missing := required - params.keys():
                raise refused(f"{sorted(missing)} is missing")
            name = re.sub("[A-Z]", lambda letter: f"_{letter[0].lower()}", method)
            result = await getattr(self, f"_{name}")(params, files)
        except RefusalError as refusal:
            call.code, call.description = refusal.code, refusal.description
            return _answer(refusal)
        except _GatewayError:
            call.code = 502
            return web.Response(status=502, text="<html>502 Bad Gateway</html>")
        else:
            call.code = 200
            if isinstance(result, dict):
                call.message = result.get("message_id", 0)
            if fault is not None and request.transport is not None:
                request.transport.abort()
            return web.json_response({"ok": True, "result": result})
        finally:
            self.notify()

    async def _give_out(self, request: web.Request) -> web.StreamResponse:
        """Serve a file for which the bot has asked; ``file`` names this among the calls."""
        path = request.match_info["path"]
        call = Call("file", {"path": path}, None, asyncio.get_running_loop().time())
        self.calls.append(call)
        self.notify()
        fault = self._fault(call)
        try:
            if fault is not None and fault.kind != "lost":
                await _fail(fault, request)
        except RefusalError as refusal:
            call.code, call.description = refusal.code, refusal.description
            return _answer(refusal)
        except _GatewayError:
            call.code = 502
            return web.Response(status=502, text="<html>502 Bad Gateway</html>")
        if request.match_info["token"] != self.token or path not in self.given:
            call.code = 404
            return _answer(RefusalError(404, "Not Found"))
        call.code = 200
        content = self.given[path]
        response = web.StreamResponse()
        response.content_length = len(content)
        await response.prepare(request)
        if fault is not None:
            await response.write(content[: len(content) // 2])
            assert request.transport is not None
            request.transport.abort()
        else:
            await response.write(content)
        return response

    def _chat_of(self, params: dict[str, str]) -> int | None:
        if "callback_query_id" in params:
            query = self.queries.get(params["callback_query_id"])
            return query.chat if query else None
        return int(params["chat_id"]) if "chat_id" in params else None

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

    async def _get_me(self, _params: dict[str, str], _files: _Files) -> Json:
        return {
            "id": int(self.token.partition(":")[0]),
            "is_bot": True,
            "first_name": "Курс",
            "username": USERNAME,
        }

    async def _get_updates(self, params: dict[str, str], _files: _Files) -> list[Json]:
        if self.webhook:
            raise RefusalError(409, WEBHOOK_ACTIVE)
        offset, limit = int(params.get("offset", 0)), int(params.get("limit", 100))
        if offset < 0 or not 1 <= limit <= 100:
            raise refused("the stand-in takes no negative offset, and a limit of 1 to 100")
        if "allowed_updates" in params:
            self.allowed = json.loads(params["allowed_updates"])
        if self._poller is not None:
            self._poller.set()
        mine = self._poller = asyncio.Event()
        for number in [number for number in self.waiting if number < offset]:
            del self.waiting[number]
        self.confirmed = max(self.confirmed, offset - 1)
        self.notify()
        end = asyncio.get_running_loop().time() + min(int(params.get("timeout", 0)), 50)
        try:
            while not self.waiting and not mine.is_set():
                left = end - asyncio.get_running_loop().time()
                if left <= 0:
                    break
                try:
                    async with asyncio.timeout(left):
                        self._news.clear()
                        await self._news.wait()
                except TimeoutError:
                    break
        finally:
            if self._poller is mine:
                self._poller = None
        if mine.is_set():
            raise RefusalError(409, WEBHOOK_ACTIVE if self.webhook else OTHER_POLLER)
        batch = list(self.waiting.values())[:limit]
        self.fetched = max([self.fetched, *(update["update_id"] for update in batch)])
        return batch

    async def _get_file(self, params: dict[str, str], _files: _Files) -> Json:
        file_id = params["file_id"]
        if file_id not in self.sent:
            raise refused("wrong file_id or the file is temporarily unavailable")
        name, content = self.sent[file_id]
        if len(content) > 20 * 2**20 and not self.folder:
            raise refused("file is too big")
        _, dot, ending = name.rpartition(".")
        path = f"documents/{file_id}{dot}{ending if dot else ''}"
        self.given[path] = content
        return {
            "file_id": file_id,
            "file_unique_id": f"u{file_id}",
            "file_size": len(content),
            "file_path": f"{self.folder}/{self.token}/{path}" if self.folder else path,
        }

    async def _send_chat_action(self, params: dict[str, str], _files: _Files) -> bool:
        self._writable(params)
        if params["action"] not in ("typing", "upload_document", "upload_photo"):
            raise refused("wrong parameter action in request")
        return True

    async def _set_webhook(self, params: dict[str, str], _files: _Files) -> bool:
        if not params["url"].startswith("https://"):
            raise refused("bad webhook: An HTTPS URL must be provided for webhook")
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", params.get("secret_token", "-")):
            raise refused("secret token contains unallowed characters")
        if params.get("drop_pending_updates") == "true":
            self.waiting.clear()
        self.webhook = params
        return True

    async def _delete_webhook(self, params: dict[str, str], _files: _Files) -> bool:
        if params.get("drop_pending_updates") == "true":
            self.waiting.clear()
        self.webhook = {}
        return True

    async def _get_webhook_info(self, _params: dict[str, str], _files: _Files) -> Json:
        return {
            "url": self.webhook.get("url", ""),
            "has_custom_certificate": False,
            "pending_update_count": len(self.waiting),
            **self.delivery_fault,
        }

    async def _set_my_commands(self, params: dict[str, str], _files: _Files) -> bool:
        commands = json.loads(params["commands"])
        if len(commands) > 100:
            raise refused("too many commands specified")
        for command in commands:
            if not re.fullmatch("/?[a-z0-9_]{1,32}", command["command"]):
                raise refused("BOT_COMMAND_INVALID")
            if not 1 <= len(command["description"]) <= 256:
                raise refused("BOT_COMMAND_DESCRIPTION_INVALID")
        self.commands[self._scope(params)] = commands
        return True

    async def _delete_my_commands(self, params: dict[str, str], _files: _Files) -> bool:
        self.commands.pop(self._scope(params), None)
        return True

    def _scope(self, params: dict[str, str]) -> tuple[str, str]:
        """Read whose command menu is meant, and in which language ("" is any other)."""
        scope = json.loads(params.get("scope", '{"type": "default"}'))
        kind: str = scope["type"]
        if kind == "chat":
            self._writable({"chat_id": str(scope["chat_id"])})
            kind = f"chat {scope['chat_id']}"
        return kind, params.get("language_code", "")

    def menu(self, chat: int, language: str) -> dict[str, str]:
        """Return the command menu that somebody sees in their chat: what each command does.

        Source: Telegram, determining the list of commands.
        """
        for scope in (f"chat {chat}", "all_private_chats", "default"):
            for code in (language.partition("-")[0], ""):
                if (scope, code) in self.commands:
                    shown = self.commands[scope, code]
                    return {entry["command"]: entry["description"] for entry in shown}
        return {}

    async def _send_message(self, params: dict[str, str], _files: _Files) -> Json:
        chat = self._writable(params)
        message = Shown(0, from_bot=True)
        _write(message, params)
        return self._post(chat, message)

    def _editable(self, params: dict[str, str]) -> tuple[Chat, Shown]:
        if "chat_id" not in params or "message_id" not in params:
            raise refused("message identifier is not specified")
        chat = self._writable(params)
        message = chat.messages.get(int(params["message_id"]))
        if message is None or message.fate in ("deleted", "old"):
            raise refused("message to edit not found")
        if not message.from_bot or message.fate == "frozen":
            raise refused("message can't be edited")
        return chat, message

    async def _edit_message_reply_markup(self, params: dict[str, str], _files: _Files) -> Json:
        chat, message = self._editable(params)
        keyboard = _keyboard(json.loads(params.get("reply_markup", "{}")))
        if keyboard == message.keyboard:
            raise refused(NOT_MODIFIED.removeprefix("Bad Request: "))
        message.keyboard = keyboard
        return self.as_json(chat, message)

    async def _edit_message_text(self, params: dict[str, str], _files: _Files) -> Json:
        chat, message = self._editable(params)
        if message.document is not None:
            raise refused("there is no text in the message to edit")
        new = Shown(message.number, from_bot=True)
        _write(new, params)
        if (new.text, new.entities, new.keyboard) == (
            message.text,
            message.entities,
            message.keyboard,
        ):
            raise refused(NOT_MODIFIED.removeprefix("Bad Request: "))
        _write(message, params)
        message.edits += 1
        return self.as_json(chat, message)

    async def _answer_callback_query(self, params: dict[str, str], _files: _Files) -> bool:
        query = self.queries.get(params["callback_query_id"])
        if query is None or query.too_old or query.answers:
            raise refused(TOO_OLD.removeprefix("Bad Request: "))
        if len(params.get("text", "")) > 200:
            raise refused("MESSAGE_TOO_LONG")
        query.answers.append((params.get("text", ""), params.get("show_alert") == "true"))
        return True

    async def _send_photo(self, params: dict[str, str], files: _Files) -> Json:
        chat = self._writable(params)
        message = Shown(0, from_bot=True)
        self._put_photo(message, params["photo"], params, files)
        return self._post(chat, message)

    async def _edit_message_media(self, params: dict[str, str], files: _Files) -> Json:
        chat, message = self._editable(params)
        if message.document is not None and not message.photo:
            raise refused("the stand-in edits photos and texts")
        media = json.loads(params["media"])
        if media.keys() - {"type", "media", "caption", "parse_mode"} or media["type"] != "photo":
            raise refused("the stand-in knows no such media")
        new = Shown(message.number, from_bot=True, edits=message.edits + 1)
        self._put_photo(new, media["media"], media | params, files)
        same = (new.file, new.caption, new.entities, new.keyboard)
        if same == (message.file, message.caption, message.entities, message.keyboard):
            raise refused(NOT_MODIFIED.removeprefix("Bad Request: "))
        # The message stays the same one for whoever holds it.
        vars(message).update(vars(new))
        return self.as_json(chat, message)

    def _put_photo(
        self, message: Shown, photo: str, params: dict[str, str], files: _Files
    ) -> None:
        """Put a picture with a caption and buttons into a message, or refuse them."""
        if photo.startswith("attach://"):
            message.document = _attached(photo, files, most=10 * 2**20)
            _, content = message.document
            if not content.startswith(b"\x89PNG") and not content.startswith(b"\xff\xd8"):
                raise refused("IMAGE_PROCESS_FAILED")
            message.file = f"photo{len(self.files)}"
            self.files[message.file] = message.document
        else:
            if files:
                raise refused("the stand-in takes a file id or a file, not both")
            if photo not in self.files:
                raise refused("wrong file identifier/HTTP URL specified")
            message.document, message.file = self.files[photo], photo
        message.photo = True
        _write_caption(message, params)

    async def _send_document(self, params: dict[str, str], files: _Files) -> Json:
        chat = self._writable(params)
        file = _attached(params["document"], files, most=50 * 2**20)
        message = Shown(0, from_bot=True, document=file)
        _write_caption(message, params)
        return self._post(chat, message)

    async def _leave_chat(self, params: dict[str, str], _files: _Files) -> bool:
        self._writable(params)
        return True

    def _writable(self, params: dict[str, str]) -> Chat:
        chat = self.chats.get(int(params["chat_id"]))
        if chat is None:
            raise refused("chat not found")
        if chat.blocked:
            who = "user" if chat.kind == "private" else "group chat"
            was = "blocked by the user" if chat.kind == "private" else f"kicked from the {who}"
            raise RefusalError(403, f"Forbidden: bot was {was}")
        return chat

    def _post(self, chat: Chat, message: Shown) -> Json:
        self._last_message += 1
        message.number = self._last_message
        chat.messages[message.number] = message
        return self.as_json(chat, message)


class Somebody:
    """A person in Telegram, as the server knows them."""

    def __init__(
        self,
        api: BotApi,
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
        self.chat = api.chat(number)

    @property
    def as_json(self) -> Json:
        body = {"id": self.number, "is_bot": False, "first_name": self.first_name}
        body |= {"last_name": self.last_name} if self.last_name else {}
        return body | ({"language_code": self.language} if self.language else {})

    @property
    def screen(self) -> Shown:
        """The last message from the bot."""
        return self.chat.from_bot[-1]

    def writes(self, text: str, chat: Chat | None = None) -> int:
        """Write a message; return the update's id, as everything here does."""
        return self.sends(chat, text=text)

    def sends(self, chat: Chat | None = None, **content: Any) -> int:
        """Send a message of any kind."""
        return self.api.gives(message=self.api.message_of(self, chat, **content))

    def sends_file(self, name: str, content: bytes, **content_too: Any) -> int:
        """Send a file as a document."""
        file_id = f"file_{len(self.api.sent)}"
        self.api.sent[file_id] = (name, content)
        document = {
            "file_id": file_id,
            "file_unique_id": f"u{file_id}",
            "file_name": name,
            "file_size": len(content),
        }
        return self.sends(document=document, **content_too)

    def edits(self, text: str) -> int:
        """Edit a message of one's own."""
        return self.api.gives(edited_message=self.api.message_of(self, text=text))

    def presses(self, label: str, message: Shown | None = None) -> int:
        """Press a button by its label, on the last message or another."""
        message = message or self.screen
        found = [button for row in message.keyboard for button in row if label in button["text"]]
        assert len(found) == 1, f"{label!r} names {len(found)} of {message.keyboard}"
        return self.presses_data(found[0]["callback_data"], message)

    def presses_data(self, data: str | None, message: Shown | None = None) -> int:
        """Press a button that has any data, or comes with no message at all."""
        body = self.api.as_json(self.chat, message) if message is not None else None
        return self.api.gives(callback_query=self.api.query_of(self, body, data))

    @property
    def query(self) -> Query:
        """The last press."""
        return [query for query in self.api.queries.values() if query.chat == self.number][-1]

    def blocks(self, *, silently: bool = False) -> int:
        """Block the bot; ``silently`` is for one that the bot is not told of."""
        self.chat.blocked = True
        return 0 if silently else self.changes_membership("member", "kicked")

    def returns(self) -> int:
        """Unblock the bot."""
        self.chat.blocked = False
        return self.changes_membership("kicked", "member")

    def changes_membership(self, before: str, now: str, chat: Chat | None = None) -> int:
        """Let the bot's status in a chat change."""
        chat = chat or self.chat
        return self.api.gives(
            my_chat_member={
                "chat": self.api._chat_json(chat),
                "from": self.as_json,
                "date": int(time.time()),
                "old_chat_member": _member(before),
                "new_chat_member": _member(now),
            }
        )


def _member(status: str) -> Json:
    bot = {"id": int(TOKEN.partition(":")[0]), "is_bot": True, "first_name": "Курс"}
    return {"status": status, "user": bot} | ({"until_date": 0} if status == "kicked" else {})


async def _read(request: web.Request) -> tuple[dict[str, str], _Files]:
    params: dict[str, str] = {}
    files: _Files = {}
    if request.content_type == "application/json":
        # As the open server reads it: a text as it is, anything else as its JSON.
        for key, value in json.loads(await request.read()).items():
            params[key] = value if isinstance(value, str) else json.dumps(value)
        return params, files
    for key, value in (await request.post()).items():
        if isinstance(value, web.FileField):
            with value.file as file:
                files[key] = (value.filename, file.read())
        else:
            assert isinstance(value, str)
            params[key] = value
    return params, files


def _answer(refusal: RefusalError) -> web.Response:
    body: Json = {
        "ok": False,
        "error_code": refusal.code,
        "description": refusal.description,
    }
    if refusal.parameters:
        body["parameters"] = refusal.parameters
    return web.json_response(body, status=refusal.code)


class _GatewayError(Exception):
    """Something between the bot and Telegram answers in Telegram's place."""


async def _fail(fault: Fault, request: web.Request) -> None:
    match fault.kind:
        case "429":
            raise RefusalError(
                429,
                f"Too Many Requests: retry after {fault.retry_after}",
                retry_after=fault.retry_after,
            )
        case "400":
            raise refused("CHAT_RESTRICTED")
        case "404":
            raise RefusalError(404, "Not Found")
        case "403":
            raise RefusalError(403, "Forbidden: bot was blocked by the user")
        case "500":
            raise RefusalError(500, "Internal Server Error")
        case "gateway":
            raise _GatewayError
        case "hang":
            await asyncio.Event().wait()
        case "reset":
            if request.transport is not None:
                request.transport.abort()
            raise RefusalError(500, "nobody hears this")


def _write(message: Shown, params: dict[str, str]) -> None:
    """Put text and buttons into a message, or refuse them."""
    source = params["text"]
    mode = params.get("parse_mode", "")
    if mode not in ("", "HTML"):
        raise refused("the stand-in parses HTML only")
    text, entities = parse_html(source) if mode else (source, [])
    text = cleaned(text)
    if not text:
        raise refused("message text is empty")
    if len(text) > 4096:
        raise refused("message is too long")
    keyboard = _keyboard(json.loads(params.get("reply_markup", "{}")))
    message.text, message.entities, message.keyboard = text, entities, keyboard
    message.source, message.is_html = source, bool(mode)


def _write_caption(message: Shown, params: dict[str, str]) -> None:
    """Put a caption and buttons into a message, or refuse them."""
    source, mode = params.get("caption", ""), params.get("parse_mode", "")
    if mode not in ("", "HTML"):
        raise refused("the stand-in parses HTML only")
    caption, entities = parse_html(source) if mode else (source, [])
    caption = cleaned(caption)
    if len(caption) > 1024:
        raise refused("message caption is too long")
    message.keyboard = _keyboard(json.loads(params.get("reply_markup", "{}")))
    message.caption, message.entities = caption, entities
    message.source, message.is_html = source, bool(mode)


def _attached(where: str, files: _Files, *, most: int) -> tuple[str, bytes]:
    """Find a file that comes with the call, or refuse it."""
    key = where.removeprefix("attach://")
    if key not in files:
        raise refused("the stand-in takes a file that is attached")
    name, content = files[key]
    if not content:
        raise refused("file must be non-empty")
    if len(content) > most:
        raise RefusalError(413, "Request Entity Too Large")
    return name, content


def _keyboard(markup: Json) -> list[list[dict[str, Any]]]:
    if markup.keys() - {"inline_keyboard"}:
        raise refused("the stand-in knows inline keyboards only")
    rows = [row for row in markup.get("inline_keyboard", []) if row]
    if sum(map(len, rows)) > 100 or any(len(row) > 8 for row in rows):
        raise refused("reply markup is too long")
    for button in (button for row in rows for button in row):
        if button.keys() - {"text", "callback_data", "url", "disabled", "style"}:
            raise refused(f"the stand-in knows no such button: {sorted(button)}")
        if len(button.keys() & {"callback_data", "url", "disabled"}) > 1:
            raise refused("the stand-in takes one thing that a button does")
        if button.get("style", "primary") not in ("primary", "success", "danger"):
            raise refused("the stand-in knows no such style")
        if not button.get("text", "").strip():
            raise refused(
                'can\'t parse inline keyboard button: Field "text" must be of type String'
            )
        if "url" in button:
            _check_url(button["url"])
        elif "disabled" in button:
            if button["disabled"] != {}:
                raise refused("a disabled button has nothing to say")
        elif "callback_data" not in button:
            raise refused("Text buttons are unallowed in the inline keyboard")
        elif not 1 <= len(button["callback_data"].encode()) <= 64:
            raise refused("BUTTON_DATA_INVALID")
    return rows


def _check_url(url: str) -> None:
    parts = urlsplit(url)
    why = ""
    if parts.scheme not in ("http", "https", "tg"):
        why = "Unsupported URL protocol" if "://" in url else "Wrong HTTP URL"
    elif parts.scheme != "tg" and not parts.hostname:
        why = "URL host is empty"
    elif parts.scheme != "tg" and ("." not in (parts.hostname or "") or " " in url):
        why = "Wrong HTTP URL"
    if why:
        raise refused(f"inline keyboard button URL '{url}' is invalid: {why}")


def _sample(annotation: Any) -> Any:
    """Make up a value for a field of the Bot API's types."""
    if annotation in (str, int, float, bool):
        return {str: "x", int: 1, float: 1.0, bool: True}[annotation]
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        if annotation is Message:
            return {"message_id": 1, "date": 1, "chat": {"id": 1, "type": "private"}}
        annotation.model_rebuild()
        fields = annotation.model_fields
        return {
            info.alias or name: _sampled(info)
            for name, info in fields.items()
            if info.is_required() or name in ("type", "status", "source")
        }
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is list:
        return [_sample(arguments[0])]
    if origin is Literal:
        return arguments[0]
    if (aliased := getattr(annotation, "__value__", None)) is not None:
        return _sample(aliased)
    if arguments:
        return _sample(next(it for it in arguments if it is not type(None)))
    return 1


def _sampled(info: FieldInfo) -> Any:
    default = info.get_default()
    return default if isinstance(default, str) else _sample(info.annotation)


# Where aiogram was imported to be built when used, its fields don't know their types before that.
Message.model_rebuild()
MESSAGE_KINDS: dict[str, Json] = {
    kind.value: {kind.value: _sample(Message.model_fields[kind.value].annotation)}
    for kind in ContentType
    if kind.value in Message.model_fields
}
"""Every kind of message that the library knows: what makes a message of this kind."""
