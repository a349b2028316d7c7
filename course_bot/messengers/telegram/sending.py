"""How calls go out to the Bot API: in its own pace, again after a fault, never with the token."""

import asyncio
import logging
import random
import re
from collections.abc import Callable
from dataclasses import dataclass

from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.session.middlewares.base import (
    BaseRequestMiddleware,
    NextRequestMiddlewareType,
)
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import (
    ClientDecodeError,
    TelegramAPIError,
    TelegramBadRequest,
    TelegramEntityTooLarge,
    TelegramNetworkError,
    TelegramRetryAfter,
    TelegramServerError,
)
from aiogram.methods import (
    EditMessageText,
    Response,
    SendDocument,
    SendMessage,
    TelegramMethod,
)
from aiogram.methods.base import TelegramType
from aiogram.types import (
    BufferedInputFile,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    LinkPreviewOptions,
)
from aiohttp_socks import ProxyConnectionError, ProxyError, ProxyTimeoutError
from aiolimiter import AsyncLimiter

from course_bot.conversation.port import TEXT_CHARS, Button, Document, Screen

log = logging.getLogger(__name__)

FAULTS = (
    TelegramNetworkError,
    TelegramServerError,
    # An answer that is not JSON: a gateway's page with 502, or a captive portal.
    ClientDecodeError,
    OSError,
    TimeoutError,
    # aiogram lets these through as they are, and they are neither OSError nor ClientError.
    ProxyError,
    ProxyConnectionError,
    ProxyTimeoutError,
)
"""What may pass by itself: the network, a proxy, the server. A refusal is none of them."""

BULK_A_SECOND = 28
"""Telegram, bots FAQ: about 30 messages a second to different chats; two are left for others."""
BULK_CHAT_SECONDS = 1.0
"""Telegram, bots FAQ: not more than one message a second in one chat."""
GATE_ROUNDS = 10
"""How many times one call waits for "retry after" before it is given up."""

_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
_QUOTED = re.compile(r"""'[^']*'|"[^"]*\"""")
_jitter = random.SystemRandom()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How long the door waits for what, in seconds (tests are in a hurry)."""

    call: float = 15.0
    """An API call."""
    upload: int = 60
    """A file."""
    long_poll: int = 50
    """What getUpdates may hold back an empty answer."""
    tries: int = 4
    """How many times a call or a turn is tried before the fault is believed."""
    first_pause: float = 0.5
    """After the first fault; every further pause is twice as long…"""
    longest_pause: float = 30.0
    """…up to this one."""
    settle: float = 0.5
    """How long a batch may take before the loop looks for what came after it."""
    patience: float = 900.0
    """How long a turn is tried that nobody else's turn has shown to be the one at fault."""
    farewell: float = 5.0
    """What replies get to go out when the door closes."""

    def pause(self, faults: int) -> float:
        """Return how long to wait after so many faults in a row, with jitter."""
        whole = min(self.first_pause * 2.0 ** min(faults - 1, 30), self.longest_pause)
        return whole * _jitter.uniform(0.5, 1.0)


def worded(error: BaseException, bot: Bot) -> str:
    """Word an error for the log: without the token, and without what people wrote or follow.

    aiohttp puts the address with the token into its messages. Telegram quotes the text or the
    link that it refuses, and a personal link never reaches a log.
    """
    if isinstance(error, ClientDecodeError):
        return "an answer that is not the Bot API's"
    message = error.message if isinstance(error, TelegramAPIError) else str(error)
    if isinstance(error, TelegramBadRequest):
        message = _QUOTED.sub("…", message)
    return f"{type(error).__name__}: {without_token(message, bot)}"


def without_token(text: str, bot: Bot) -> str:
    """Blot out the bot's token, also where its colon was percent-encoded."""
    return text.replace(bot.token.partition(":")[2], "…")


class Session(AiohttpSession):
    """A session that closes at once.

    aiogram waits another quarter of a second for TLS to finish, which aiohttp now does itself.
    """

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()


def open_bot(token: str, *, api: str, proxy: str | None, pace: Pace) -> Bot:
    """Make a bot whose calls are paced and repeated; nothing is sent yet."""
    session = Session(proxy=proxy, api=TelegramAPIServer.from_base(api), timeout=pace.call)
    session.middleware(Courier(pace))
    return Bot(token, session=session)


# The door needs none of what the API returns for a message, so these methods leave it unparsed:
# that is faster, and a field newer than the library can't turn a sent message into an error.


class GetRawUpdates(TelegramMethod[list[dict[str, object]]]):
    """getUpdates, each update left as it came."""

    __returning__ = list[dict[str, object]]
    __api_method__ = "getUpdates"

    offset: int
    timeout: int
    allowed_updates: list[str]


class Say(SendMessage):
    """A message in answer to somebody."""

    __returning__ = object  # type: ignore[assignment]  # see above: on purpose less


class Reminder(Say):
    """A message that nobody waits for: it keeps to the limits for bulk sending."""


class Edit(EditMessageText):
    """A screen in place of the last one."""

    __returning__ = object  # type: ignore[assignment]  # see above: on purpose less


class Hand(SendDocument):
    """A file."""

    __returning__ = object  # type: ignore[assignment]  # see above: on purpose less


def say_screen(chat: int, screen: Screen, method: type[Say] = Say) -> Say:
    """Return the call that shows a screen as a new message."""
    return method(
        chat_id=chat,
        text=screen.text,
        parse_mode="HTML",
        link_preview_options=_NO_PREVIEW,
        reply_markup=_keyboard(screen),
    )


def edit_screen(chat: int, message: int, screen: Screen) -> Edit:
    """Return the call that shows a screen in place of a message."""
    return Edit(
        chat_id=chat,
        message_id=message,
        text=screen.text,
        parse_mode="HTML",
        link_preview_options=_NO_PREVIEW,
        reply_markup=_keyboard(screen),
    )


def say_plainly(chat: int, text: str) -> Say:
    """Return the call that says a text without markup."""
    return Say(chat_id=chat, text=text, link_preview_options=_NO_PREVIEW)


def hand_over(chat: int, document: Document) -> Hand:
    """Return the call that sends a file."""
    # aiogram writes the name into the multipart header as it is.
    name = re.sub(r'[\x00-\x1f"\\/]', "_", document.name)
    return Hand(chat_id=chat, document=BufferedInputFile(document.content, filename=name))


def with_links_spelled_out(screen: Screen) -> Screen:
    """Return the screen with its links in the text, for where their buttons are refused.

    Telegram refuses the whole message for one link that it does not like, such as any to
    http://localhost, where a course that is only tried out lives.
    """
    links = [button for row in screen.rows for button in row if button.url]
    lines = "".join(f"\n{_escaped(button.label)}: {_escaped(button.url)}" for button in links)
    rows = (tuple(button for button in row if not button.url) for row in screen.rows)
    return Screen(
        text=screen.text + lines if len(screen.text + lines) <= TEXT_CHARS else screen.text,
        rows=tuple(row for row in rows if row),
    )


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _keyboard(screen: Screen) -> InlineKeyboardMarkup | None:
    if not screen.rows:
        return None
    return InlineKeyboardMarkup(
        inline_keyboard=[[_button(button) for button in row] for row in screen.rows]
    )


def _button(button: Button) -> InlineKeyboardButton:
    if button.url:
        return InlineKeyboardButton(text=button.label, url=button.url)
    return InlineKeyboardButton(text=button.label, callback_data=button.action)


class Courier(BaseRequestMiddleware):
    """Carries every call: spaces bulk messages, obeys "retry after" for all, tries faults again.

    Answers to presses are not spaced, but while Telegram says "retry after" everything waits,
    and what has waited then goes out at the pace of bulk messages, not all at once.
    """

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._shut_until = 0.0
        self._bulk = AsyncLimiter(1, 1 / BULK_A_SECOND)
        self._next_in_chat: dict[object, float] = {}

    async def __call__(
        self,
        make_request: NextRequestMiddlewareType[TelegramType],
        bot: Bot,
        method: TelegramMethod[TelegramType],
    ) -> Response[TelegramType]:
        """Make the request; raise what is left after all tries."""
        if method.__api_method__ == GetRawUpdates.__api_method__:
            return await make_request(bot, method)  # The polling loop has a patience of its own.
        if isinstance(method, Reminder):
            await self._wait_for_chat(method.chat_id)
            await self._bulk.acquire()
        faults = rounds = 0
        while True:
            await self._wait_at_gate()
            try:
                return await make_request(bot, method)
            except TelegramRetryAfter as error:
                rounds += 1
                log.warning(
                    "Telegram asks to wait %d s (%s)", error.retry_after, method.__api_method__
                )
                if rounds == GATE_ROUNDS:
                    raise
                until = asyncio.get_running_loop().time() + error.retry_after
                self._shut_until = max(self._shut_until, until)
            except TelegramEntityTooLarge:
                raise  # aiogram counts it among network errors, but it will not pass.
            except FAULTS as error:
                faults += 1
                if faults >= self._pace.tries:
                    raise
                log.info("%s is tried again after %s", method.__api_method__, worded(error, bot))
                await asyncio.sleep(self._pace.pause(faults))

    async def _wait_at_gate(self) -> None:
        loop = asyncio.get_running_loop()
        while (left := self._shut_until - loop.time()) > 0:
            await asyncio.sleep(left)
            await self._bulk.acquire()

    async def _wait_for_chat(self, chat: object) -> None:
        now = asyncio.get_running_loop().time()
        due = max(now, self._next_in_chat.get(chat, now))
        self._next_in_chat[chat] = due + BULK_CHAT_SECONDS
        if len(self._next_in_chat) > 1000:
            self._next_in_chat = {c: at for c, at in self._next_in_chat.items() if at > now}
        await asyncio.sleep(due - now)


class Recent:
    """Remembers for a while what was done, so that it is not done twice; its size is bounded."""

    def __init__(self, seconds: float, *, clock: Callable[[], float], size: int = 10_000) -> None:
        self._seconds = seconds
        self._clock = clock
        self._size = size
        self._done: dict[object, float] = {}

    def first_time(self, key: object) -> bool:
        """Tell whether this is the first time within the span, and remember it."""
        now = self._clock()
        if key in self._done and now - self._done[key] < self._seconds:
            return False
        self._done.pop(key, None)
        if len(self._done) >= self._size:
            del self._done[next(iter(self._done))]
        self._done[key] = now
        return True
