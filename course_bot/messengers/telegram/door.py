"""The door itself: each person's moves in order, replies after the commit, faults kept apart."""

import asyncio
import logging
import re
import time
import traceback
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from datetime import datetime
from typing import TypeVar
from weakref import WeakValueDictionary

from aiogram.exceptions import (
    TelegramAPIError,
    TelegramBadRequest,
    TelegramForbiddenError,
    TelegramUnauthorizedError,
)
from aiogram.methods import AnswerCallbackQuery, GetMe, SetMyCommands, SetWebhook
from aiogram.types import BotCommand, BotCommandScopeAllPrivateChats, User
from aiohttp import web
from pydantic import ValidationError

from course_bot.conversation.port import (
    NOTICE_CHARS,
    Document,
    Notice,
    Reply,
    Screen,
    Talk,
)
from course_bot.errors import CourseError
from course_bot.locale.phrases import LANGUAGES
from course_bot.messengers.telegram import polling, webhook
from course_bot.messengers.telegram.hearing import (
    UPDATES,
    Membership,
    Refused,
    Turn,
    hear,
    parsed,
)
from course_bot.messengers.telegram.sending import (
    FAULTS,
    Pace,
    Recent,
    Reminder,
    Say,
    edit_screen,
    hand_over,
    open_bot,
    say_plainly,
    say_screen,
    with_links_spelled_out,
    without_token,
    worded,
)
from course_bot.storage import Account

log = logging.getLogger(__name__)

AT_ONCE = 32
"""Turns carried out at a time; measured: more do not make it faster."""
TOKEN = re.compile(r"[0-9]+:[A-Za-z0-9_-]+", re.ASCII)
"""BotFather's tokens. Nothing else may get into an address of the API."""
QUERY_SECONDS = 600.0
"""A callback query lives 150 s; longer than that nobody needs to know that it was answered."""
REFUSAL_SECONDS = 3600.0
"""How seldom a group is told that the bot talks in private only."""

# Faults in our own code: the same move meets them each time, so patience would not help. What a
# database or a network throws (OSError, TimeoutError and the libraries' own classes) is not here.
BUGS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    ImportError,
    LookupError,
    NameError,
    RuntimeError,
    TypeError,
    ValueError,
)

_T = TypeVar("_T")
_USUAL_PACE = Pace()


class TokenError(CourseError):
    """The bot's token is not one, or Telegram refuses it (``reason``); it is never shown."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class WebhookError(CourseError):
    """Telegram refuses the webhook's address; the message is its own reason."""


class _Line:
    """One person's place: their turns in order, and their replies in the order of the turns."""

    __slots__ = ("__weakref__", "newest", "sending", "turns")

    def __init__(self) -> None:
        self.turns = asyncio.Lock()
        self.sending = asyncio.Lock()
        self.newest: dict[int, Turn] = {}


class TelegramDoor:
    """Telegram's way into the conversation.

    ``token`` is BotFather's; ``api`` the address of the Bot API, a local server or a mirror;
    ``proxy`` a socks5:// or http:// address; ``clock`` gives the time in UTC. Raises
    ``TokenError`` for a token that can't be one.
    """

    def __init__(
        self,
        talk: Talk,
        *,
        token: str,
        api: str = "https://api.telegram.org",
        proxy: str | None = None,
        clock: Callable[[], datetime],
        pace: Pace = _USUAL_PACE,
    ) -> None:
        if TOKEN.fullmatch(token) is None:
            raise TokenError("malformed")
        self.bot = open_bot(token, api=api, proxy=proxy, pace=pace)
        self._talk = talk
        self._clock = clock
        self._pace = pace
        self._username = ""
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._lines: WeakValueDictionary[str, _Line] = WeakValueDictionary()
        self._committed = 0
        self._going_out: set[asyncio.Task[None]] = set()
        self._answered = Recent(QUERY_SECONDS, clock=time.monotonic)
        self._refused = Recent(REFUSAL_SECONDS, clock=time.monotonic)

    async def start(self) -> str:
        """Greet the API and set the command menu; return the bot's username.

        A network that is not there yet is waited for. Raises ``TokenError`` where Telegram
        refuses the token.
        """
        self._username = (await self._me()).username or ""
        try:
            await self._set_commands()
        except (TelegramAPIError, *FAULTS) as error:
            # A menu is a convenience: the bot talks without it, and sets it at the next start.
            log.warning("the command menu is not set: %s", worded(error, self.bot))
        return self._username

    async def poll(self) -> None:
        """Take updates by long polling until cancelled."""
        await polling.poll(self.bot, self._pace, self.receive)

    async def set_webhook(self, url: str, secret: str) -> None:
        """Ask Telegram to deliver updates to an https address; what waits already is kept.

        A network that is away is waited for. Raises ``SecretError`` for an unusable secret,
        ``WebhookError`` where Telegram refuses the address.
        """
        wanted = SetWebhook(
            url=url,
            secret_token=webhook.checked(secret),
            allowed_updates=UPDATES,
            drop_pending_updates=False,
        )
        faults = 0
        while True:
            try:
                await self.bot(wanted)
            except TelegramBadRequest as error:
                raise WebhookError(worded(error, self.bot)) from None
            except (TelegramAPIError, *FAULTS) as error:
                faults += 1
                log.warning("the webhook is not set yet: %s", worded(error, self.bot))
                await asyncio.sleep(self._pace.pause(faults))
            else:
                return

    def routes(self, *, path: str, secret: str) -> list[web.RouteDef]:
        """Return the webhook's route: it answers 200 only after the commit.

        Raises ``SecretError`` where the secret is missing or not one (1 to 256 of
        ``A-Za-z0-9_-``).
        """
        return webhook.routes(
            path=path,
            secret=secret,
            take=lambda raw: self.receive(raw, persevere=False),
            traced=self._traced,
        )

    async def receive(
        self, raw: dict[str, object], *, persevere: bool = True
    ) -> asyncio.Task[None] | None:
        """Take one update as the Bot API words it; return after the commit.

        What is returned is done when the replies are out; None means that there are none. An
        update that can't be parsed is logged and passed over. With ``persevere`` a fault is tried
        until it is gone or known to be the update's own, without it the fault is raised after a
        few tries.
        """
        try:
            update = parsed(raw)
        except ValidationError as error:
            places = ", ".join(
                ".".join(map(str, e["loc"])) for e in error.errors(include_input=False)[:3]
            )
            log.warning(
                "update %s can't be parsed (%s) and is passed over", raw.get("update_id"), places
            )
            return None
        match hear(update, username=self._username, at=self._clock()):
            case Turn() as turn:
                return await self._turn(turn, persevere=persevere)
            case Membership() as change:
                await self._membership(change, persevere=persevere)
                return None
            case Refused() as refused:
                return self._go_out(self._refuse(refused))
            case None:
                return None

    async def send(self, account: Account, screen: Screen) -> bool:
        """Send a screen that nobody asked for, at the pace of bulk messages; tell if it arrived.

        A person who blocked the bot is remembered as such.
        """
        chat = int(account.key)
        return await self._tried(account, self._show_new(chat, screen, Reminder))

    async def idle(self) -> None:
        """Wait until every reply to what was received is out."""
        while self._going_out:
            await asyncio.wait(self._going_out)

    async def close(self) -> None:
        """Let the last replies go out for a moment, then close the connections."""
        if self._going_out:
            _, late = await asyncio.wait(self._going_out, timeout=self._pace.farewell)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        await self.bot.session.close()

    # Turns: what has to be committed.

    async def _turn(self, turn: Turn, *, persevere: bool) -> asyncio.Task[None] | None:
        line = self._line(turn.move.account)
        async with line.turns:
            replies = await self._carried_out(
                lambda: self._talk.take(turn.move),
                excuse=lambda: self._go_out(self._excuse(turn)),
                what=turn.move.move_id,
                persevere=persevere,
            )
            if replies is None:
                return None
            if turn.message is not None and any(isinstance(it, Screen) for it in replies):
                line.newest[turn.message] = turn
            # Within the lock, so that replies queue in the order of the turns; the next turn
            # does not wait for them.
            return self._go_out(self._reply(turn, replies, line))

    async def _membership(self, change: Membership, *, persevere: bool) -> None:
        since = self._clock() if change.blocked else None
        line = self._line(change.account)
        async with line.turns:
            await self._carried_out(
                lambda: self._talk.blocked(change.account, since),
                excuse=lambda: None,
                what="a block or its end",
                persevere=persevere,
            )

    async def _carried_out(
        self,
        action: Callable[[], Awaitable[_T]],
        *,
        excuse: Callable[[], object],
        what: str,
        persevere: bool,
    ) -> _T | None:
        """Carry out one turn, again after a fault; return None where it is given up.

        A turn is given up only when the fault is its own: after all tries, if the exception is
        one of ``BUGS``, or if another turn has committed meanwhile, which shows that the database
        works. While nobody's turn commits, the database is out: the update stays unconfirmed and
        is tried on, until ``Pace.patience`` ends even that for a bot with nobody else in it.
        """
        faults, committed_before = 0, self._committed
        began = time.monotonic()
        while True:
            try:
                # A slot is held by a turn, not by a pause between tries, and a person's line
                # has one turn at a time: neither a fault nor a flood takes others' slots.
                async with self._slots:
                    result = await action()
            except Exception as error:
                faults += 1
                if faults < self._pace.tries:
                    log.warning("%s is tried again after %s", what, type(error).__name__)
                else:
                    if faults == self._pace.tries:
                        excuse()
                        if persevere:
                            log.error(  # noqa: TRY400 - as above
                                "%s fails: %s", what, self._traced(error)
                            )
                    if not persevere:
                        raise
                    if (
                        isinstance(error, BUGS)
                        or self._committed > committed_before
                        or time.monotonic() - began > self._pace.patience
                    ):
                        log.error("%s is passed over", what)  # noqa: TRY400 - as above
                        return None
            else:
                self._committed += 1
                return result
            await asyncio.sleep(self._pace.pause(faults))

    def _line(self, account: Account) -> _Line:
        line = self._lines.get(account.key)
        if line is None:
            line = self._lines[account.key] = _Line()
        return line

    # Replies: what may fail, because the next press shows the current screen.

    def _go_out(self, sending: Coroutine[object, object, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(sending)
        self._going_out.add(task)
        task.add_done_callback(self._going_out.discard)
        return task

    async def _reply(self, turn: Turn, replies: Sequence[Reply], line: _Line) -> None:
        account, chat = turn.move.account, int(turn.move.account.key)
        if turn.query:
            said = "\n".join(reply.text for reply in replies if isinstance(reply, Notice))
            # By itself: a press is answered soon, however slow the messages are.
            self._go_out(self._answer(turn.query, said))
        async with line.sending:
            for reply in replies:
                match reply:
                    case Notice() if not turn.query:
                        await self._tried(account, self._say(chat, reply.text))
                    case Document():
                        await self._tried(account, self._hand(chat, reply))
                    case Screen():
                        await self._tried(account, self._screen(turn, reply, line))

    async def _screen(self, turn: Turn, screen: Screen, line: _Line) -> None:
        chat, message = int(turn.move.account.key), turn.message
        if message is None:
            await self._show_new(chat, screen, Say)
        elif line.newest.get(message) is turn:
            # Of presses on one message only the last screen is shown: who presses faster than
            # Telegram edits waits for one call, not for all.
            await self._show(chat, screen, message)

    async def _excuse(self, turn: Turn) -> None:
        """Tell the person that something is wrong on our side, once for each of their moves."""
        trouble = self._talk.trouble(turn.move.language)
        if turn.query:
            # An alert: their buttons stay where they are, to be pressed again.
            await self._answer(turn.query, _plain(trouble.text), alert=True)
        elif self._answered.first_time(turn.move.move_id):
            chat = int(turn.move.account.key)
            await self._tried(turn.move.account, self._show_new(chat, trouble, Say))

    async def _refuse(self, refused: Refused) -> None:
        words = self._talk.refusal(refused.reason, refused.language)
        if refused.query:
            await self._answer(refused.query, words)
        elif refused.reason != "group" or self._refused.first_time(refused.chat):
            await self._tried(None, self._say(refused.chat, words))

    async def _answer(self, query: str, text: str, *, alert: bool = False) -> None:
        """Answer a callback query, unless that was done before."""
        if not self._answered.first_time(query):
            return
        try:
            await self.bot(
                AnswerCallbackQuery(
                    callback_query_id=query,
                    text=_cut(text, NOTICE_CHARS) or None,
                    show_alert=alert or None,
                )
            )
        except TelegramBadRequest as error:
            if "query is too old" not in error.message:
                log.warning("a press is not answered: %s", worded(error, self.bot))
        except (TelegramAPIError, *FAULTS) as error:
            log.warning("a press is not answered: %s", worded(error, self.bot))

    async def _tried(self, account: Account | None, call: Awaitable[None]) -> bool:
        """Send something to a person; log what goes wrong, and tell if nothing did."""
        try:
            await call
        except TelegramForbiddenError:
            if account is not None:
                await self._blocked(account)
        except (TelegramAPIError, *FAULTS) as error:
            log.warning("a message is not sent: %s", worded(error, self.bot))
        except Exception as error:  # noqa: BLE001 - one reply must not stop the person's line
            log.error("a message is not sent: %s", self._traced(error))  # noqa: TRY400 - as above
        else:
            return True
        return False

    async def _blocked(self, account: Account) -> None:
        try:
            await self._talk.blocked(account, self._clock())
        except Exception as error:  # noqa: BLE001 - the next message meets the same 403
            log.error("a blocked bot is not noted: %s", self._traced(error))  # noqa: TRY400 - as above

    async def _show(self, chat: int, screen: Screen, message: int) -> None:
        """Show a screen in place of a message, or as a new one where that can't be."""
        try:
            await self._with_links(screen, lambda it: self.bot(edit_screen(chat, message, it)))
        except TelegramBadRequest as error:
            if "message is not modified" in error.message:
                return
            # Too old, deleted, not ours: Telegram has many words for it, and what a new message
            # can't mend either is refused again and logged.
            log.info("a screen is shown anew: %s", worded(error, self.bot))
            await self._show_new(chat, screen, Say)

    async def _show_new(self, chat: int, screen: Screen, method: type[Say]) -> None:
        await self._with_links(screen, lambda it: self.bot(say_screen(chat, it, method)))

    async def _with_links(
        self, screen: Screen, call: Callable[[Screen], Awaitable[object]]
    ) -> None:
        try:
            await call(screen)
        except TelegramBadRequest as error:
            if not re.search("button url", error.message.replace("_", " "), re.IGNORECASE):
                raise
            log.warning("a link can't be a button in Telegram: %s", worded(error, self.bot))
            await call(with_links_spelled_out(screen))

    async def _say(self, chat: int, text: str) -> None:
        await self.bot(say_plainly(chat, text))

    async def _hand(self, chat: int, document: Document) -> None:
        await self.bot(hand_over(chat, document), request_timeout=self._pace.upload)

    async def _me(self) -> User:
        faults = 0
        while True:
            try:
                return await self.bot(GetMe())
            except TelegramUnauthorizedError:
                raise TokenError("refused") from None
            except (TelegramAPIError, *FAULTS) as error:
                faults += 1
                log.warning("Telegram can't be reached yet: %s", worded(error, self.bot))
                await asyncio.sleep(self._pace.pause(faults))

    async def _set_commands(self) -> None:
        # Groups are refused, so the menu is for private chats. A language that Telegram has no
        # list for reads the one without a language, which is Russian as everywhere.
        for language in (None, *LANGUAGES):
            await self.bot(
                SetMyCommands(
                    commands=[
                        BotCommand(command=command.name, description=command.about)
                        for command in self._talk.commands(language or "ru")
                    ],
                    scope=BotCommandScopeAllPrivateChats(),
                    language_code=language,
                )
            )

    def _traced(self, error: Exception) -> str:
        """Return the traceback without the token, which aiohttp's errors carry in addresses."""
        return without_token("".join(traceback.format_exception(error)), self.bot)


def _plain(text: str) -> str:
    """Read the HTML subset of a screen as plain text."""
    text = re.sub(r"</?[a-z]+>", "", text)
    return (
        text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", '"').replace("&amp;", "&")
    )


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"
