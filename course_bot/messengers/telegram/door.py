"""The door itself: what Telegram brings is read, and replies are said as Telegram has it."""

import logging
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from html import escape

from aiogram import Bot
from aiogram.exceptions import (
    TelegramAPIError,
    TelegramBadRequest,
    TelegramNotFound,
    TelegramUnauthorizedError,
)

from course_bot.conversation.port import (
    NOTICE_CHARS,
    Command,
    Commands,
    Document,
    Erased,
    GoneError,
    Notice,
    Reply,
    Screen,
    Talk,
    TooLargeError,
)
from course_bot.errors import CourseError
from course_bot.locale.phrases import LANGUAGES
from course_bot.markup import shown
from course_bot.messengers.delivery import (
    BulkPace,
    Event,
    Pace,
    Refused,
    Saying,
    Turn,
)
from course_bot.messengers.hearing import HearingDoor, Hook
from course_bot.messengers.screens import LastScreens, cut, with_links_spelled_out
from course_bot.messengers.telegram import polling
from course_bot.messengers.telegram.api import (
    FAULTS,
    AnswerCallbackQuery,
    DeleteMyCommands,
    EditMessageReplyMarkup,
    GetFile,
    GetMe,
    SendChatAction,
    SendMessage,
    Session,
    SetMyCommands,
    SetWebhook,
    hand_over,
    path_of,
    show,
    show_in_place,
    show_picture,
    show_picture_in_place,
    translated,
    until_reached,
    without_token,
    worded,
)
from course_bot.messengers.telegram.flood import FloodControl
from course_bot.messengers.telegram.pictures import Pictures
from course_bot.messengers.telegram.updates import DOOR, UPDATES, read_update
from course_bot.storage import Account

log = logging.getLogger(__name__)

TOKEN = re.compile(r"[0-9]+:[A-Za-z0-9_-]+", re.ASCII)
"""BotFather's tokens. Nothing else may get into an address of the API."""
BULK_A_SECOND = 28
"""Telegram, bots FAQ: about 30 messages a second to different chats; two are left for others."""
BULK_CHAT_SECONDS = 1.0
"""Telegram, bots FAQ: not more than one message a second in one chat."""

HOOK = Hook(
    header="X-Telegram-Bot-Api-Secret-Token", form=re.compile(r"[A-Za-z0-9_-]{1,256}", re.ASCII)
)
"""Telegram Bot API, setWebhook.secret_token."""

_USUAL_PACE = Pace()


class TokenError(CourseError):
    """The bot's token is not one, or Telegram refuses it (``reason``); it is never shown."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class WebhookError(CourseError):
    """Telegram refuses the webhook's address; the message is its own reason."""


class TelegramDoor(HearingDoor):
    """Telegram's way into the conversation.

    ``token`` is BotFather's; ``api`` the address of the Bot API, a local server or a mirror;
    ``proxy`` a socks5:// or http:// address; ``clock`` gives the time in UTC. Raises
    ``TokenError`` for a token that can't be one.
    """

    hook = HOOK

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
        bulk = BulkPace(a_second=BULK_A_SECOND, chat_seconds=BULK_CHAT_SECONDS)
        super().__init__(talk, name=DOOR, clock=clock, pace=pace, bulk=bulk)
        self._session = Session(api=api, proxy=proxy, timeout=pace.call)
        self._session.middleware(FloodControl(pace, bulk))
        self.bot = Bot(token, session=self._session)
        self._username = ""
        self._screens: LastScreens[int] = LastScreens()
        self._pictures = Pictures()

    async def start(self) -> str:
        """Greet the API and set the command menu; return the bot's username.

        A network that is not there yet is waited for. Raises ``TokenError`` where Telegram
        refuses the token.
        """
        try:
            me = await until_reached(
                self.bot,
                self._pace,
                GetMe(),
                "Telegram can't be reached yet",
                unless=TelegramUnauthorizedError,
            )
        except TelegramUnauthorizedError:
            raise TokenError("refused") from None
        self._username = str(me.get("username", "")) if isinstance(me, dict) else ""
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
            url=url, secret_token=self.hook.checked(secret), allowed_updates=UPDATES
        )
        try:
            await until_reached(
                self.bot,
                self._pace,
                wanted,
                "the webhook is not set yet",
                unless=TelegramBadRequest,
            )
        except TelegramBadRequest as error:
            raise WebhookError(worded(error, self.bot)) from None

    def name_of(self, raw: Mapping[str, object]) -> str | None:
        """Return how the log calls an update; None for what is none."""
        number = raw.get("update_id")
        return f"update {number}" if isinstance(number, int) else None

    def read(self, raw: Mapping[str, object]) -> Event | None:
        """Tell what an update means, None where it is nothing to the bot."""
        return read_update(raw, username=self._username, at=self._clock(), fetch=self._fetch)

    async def close(self) -> None:
        """Let the last replies go out for a moment, then close the connections."""
        await super().close()
        await self._session.close()

    # What delivery asks of a door.

    def answers_by_screen(self, turn: Turn, replies: Sequence[Reply]) -> bool:  # noqa: ARG002 - as asked
        """Tell that a callback query has an answer of its own."""
        return False

    async def acknowledge(self, turn: Turn, replies: Sequence[Reply]) -> None:
        """Answer a callback query, with the notices as its toast."""
        said = "\n".join(reply.text for reply in replies if isinstance(reply, Notice))
        await self._answer(turn.press, said)

    def sayings(self, turn: Turn, replies: Sequence[Reply]) -> list[Saying]:
        """Return what says the replies: new messages, or a screen in place of the pressed one."""
        made: list[Saying] = []
        below = turn.lasting or any(isinstance(it, Notice) and it.lasting for it in replies)
        for reply in replies:
            match reply:
                case Notice() if reply.lasting or not turn.press:
                    made.append(partial(self._say, turn.chat, reply.text))
                case Document():
                    made.append(partial(self._hand, turn.chat, reply))
                case Screen() if turn.lasting and turn.said == shown(reply.spelled()[0]):
                    pass  # It is what was pressed, such as for a file, and stays with its keys.
                case Screen() if below or (turn.pictured and not reply.picture):
                    # A text can't take a picture's place: docs/decisions/0020.
                    made.append(partial(self._show_below, turn, reply))
                case Screen() if isinstance(turn.message, int):
                    made.append(partial(self._show_in_place, turn.chat, turn.message, reply))
                case Screen():
                    made.append(partial(self._show_below, turn, reply))
                case Commands():
                    made.append(partial(self._give_commands, turn.chat, reply))
                case Notice():
                    pass  # It was the answer to the press.
                case Erased():
                    self._screens.moved(
                        turn.chat, None
                    )  # What is in the chat is the person's own.
        return made

    async def tell(self, turn: Turn, word: str) -> None:
        """Show a passing word in the pressed message, whose screen comes back afterwards.

        Where none was pressed, as when a file was sent, Telegram says that the bot is typing.
        """
        if isinstance(turn.message, int) and not turn.lasting and not turn.pictured:
            await self._show_in_place(turn.chat, turn.message, Screen(text=f"⏳ {escape(word)}"))
        elif not turn.press:
            with translated(self.bot):
                await self.bot(SendChatAction(chat_id=turn.chat, action="typing"))

    async def excuse(self, turn: Turn, trouble: Screen) -> None:
        """Say what went wrong: to a press in an alert, so that the buttons stay as they are."""
        if turn.press:
            await self._answer(turn.press, shown(trouble.text), alert=True)
        else:
            await self._show(turn.chat, trouble)

    async def refuse(self, refused: Refused, words: str) -> None:
        """Say why something does not become a move."""
        if refused.press:
            await self._answer(refused.press, words)
        else:
            await self._say(refused.chat, words)

    async def write(self, account: Account, screen: Screen, *, once: bool) -> None:
        """Show a screen that nobody asked for, as a new message."""
        await self._show(int(account.key), screen, once=once)

    def without_secrets(self, text: str) -> str:
        """Blot out the token."""
        return without_token(text, self.bot)

    # What is fetched.

    async def _fetch(self, file_id: str) -> bytes:
        """Bring the content of a file; see ``port.Attachment``."""
        asked = GetFile(file_id=file_id)
        with translated(self.bot):
            try:
                # A server of one's own answers only when it has the file.
                told = await self.bot(asked, request_timeout=self._pace.upload)
                path = path_of(told, self.bot.token)
                if not path:
                    log.error("the Bot API server names no path below the bot's own files")
                    raise GoneError
                return await self._session.download(
                    self.bot, asked, path, seconds=self._pace.upload
                )
            except (TelegramBadRequest, TelegramNotFound) as error:
                if "file is too big" in error.message:
                    raise TooLargeError from None
                log.warning("a file is not given out: %s", worded(error, self.bot))
                raise GoneError from None

    # How Telegram has it said.

    async def _answer(self, query: str, text: str, *, alert: bool = False) -> None:
        answer = AnswerCallbackQuery(
            callback_query_id=query,
            text=cut(text, NOTICE_CHARS) or None,
            show_alert=alert or None,
        )
        with translated(self.bot):
            try:
                await self.bot(answer)
            except TelegramBadRequest as error:
                if "query is too old" not in error.message:
                    raise

    async def _say(self, chat: int, text: str) -> None:
        with translated(self.bot):
            await self.bot(SendMessage(chat_id=chat, text=text))

    async def _hand(self, chat: int, document: Document) -> None:
        with translated(self.bot):
            await self.bot(hand_over(chat, document), request_timeout=self._pace.upload)

    async def _show(self, chat: int, screen: Screen, *, once: bool = False) -> int | None:
        """Show a screen as a new message; return its number."""
        with translated(self.bot):
            sent = await self._with_links(screen, lambda it: self._said(chat, it, once=once))
        number = sent.get("message_id") if isinstance(sent, dict) else None
        return number if isinstance(number, int) else None

    async def _show_below(self, turn: Turn, screen: Screen) -> None:
        """Show a screen as the newest message, the only one with keys."""
        newest = await self._show(turn.chat, screen)
        if isinstance(turn.message, int) and turn.message != self._screens.of(turn.chat):
            await self._take_keys(turn.chat, turn.message)
        await self._is_last(turn.chat, newest)

    async def _is_last(self, chat: int, message: int | None) -> None:
        """Remember the message that has the screen; the one before it loses its keys."""
        last = self._screens.moved(chat, message)
        if last is not None:
            await self._take_keys(chat, last)

    async def _take_keys(self, chat: int, message: int) -> None:
        with translated(self.bot):
            try:
                await self.bot(EditMessageReplyMarkup(chat_id=chat, message_id=message))
            except TelegramBadRequest as error:
                # Too old, deleted, or it has none: then its keys are in nobody's way.
                log.debug("keys stay as they are: %s", worded(error, self.bot))

    async def _show_in_place(self, chat: int, message: int, screen: Screen) -> None:
        """Show a screen in place of a message, or as a new one where that can't be."""
        with translated(self.bot):
            try:
                await self._with_links(screen, lambda it: self._said_in_place(chat, message, it))
            except TelegramBadRequest as error:
                if "message is not modified" not in error.message:
                    # Too old, deleted, not ours: Telegram has many words for it, and what a new
                    # message can't mend either is refused again and logged.
                    log.info("a screen is shown anew: %s", worded(error, self.bot))
                    message = await self._show(chat, screen) or message
        await self._is_last(chat, message)

    async def _said(self, chat: int, screen: Screen, *, once: bool) -> object:
        if screen.picture is None:
            return await self.bot(show(chat, screen, once=once))
        return await self._pictures.shown(
            screen.picture,
            lambda photo, upload: self.bot(
                show_picture(chat, screen, photo, upload, once=once),
                request_timeout=self._pace.upload if upload else None,
            ),
        )

    async def _said_in_place(self, chat: int, message: int, screen: Screen) -> object:
        if screen.picture is None:
            return await self.bot(show_in_place(chat, message, screen))
        return await self._pictures.shown(
            screen.picture,
            lambda photo, upload: self.bot(
                show_picture_in_place(chat, message, screen, photo, upload),
                request_timeout=self._pace.upload if upload else None,
            ),
        )

    async def _with_links(
        self, screen: Screen, call: Callable[[Screen], Awaitable[object]]
    ) -> object:
        try:
            return await call(screen)
        except TelegramBadRequest as error:
            if not re.search("button url", error.message.replace("_", " "), re.IGNORECASE):
                raise
            log.warning("a link can't be a button in Telegram: %s", worded(error, self.bot))
            return await call(with_links_spelled_out(screen))

    async def _set_commands(self) -> None:
        # Groups are refused, so the menu is for private chats. A language that Telegram has no
        # list for reads the one without a language, which is Russian as everywhere.
        for language in (None, *LANGUAGES):
            commands = await self._talk.commands(language or "ru")
            worded = _worded(commands.entries)
            await self.bot(SetMyCommands(commands=worded, language_code=language))

    async def _give_commands(self, chat: int, given: Commands) -> None:
        scope: dict[str, str | int] = {"type": "chat", "chat_id": chat}
        with translated(self.bot):
            if given.usual:
                await self.bot(DeleteMyCommands(scope=scope))
            else:
                # Of a chat's own menus the one without a language is for every language.
                await self.bot(SetMyCommands(commands=_worded(given.entries), scope=scope))


def _worded(commands: Sequence[Command]) -> list[dict[str, str]]:
    """Word a command menu as Telegram has it."""
    return [{"command": entry.name, "description": entry.about} for entry in commands]
