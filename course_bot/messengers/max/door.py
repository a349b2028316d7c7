"""The door itself: what MAX brings is read, and replies are said as MAX has it."""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from html import escape
from pathlib import Path
from typing import Literal

from course_bot.conversation.port import (
    NOTICE_CHARS,
    Button,
    Commands,
    Document,
    Erased,
    GoneError,
    Notice,
    Reply,
    Screen,
    Talk,
)
from course_bot.errors import CourseError
from course_bot.markup import shown
from course_bot.messengers.delivery import (
    LASTING,
    Event,
    Pace,
    Refused,
    Saying,
    Turn,
)
from course_bot.messengers.hearing import HearingDoor, Hook
from course_bot.messengers.max import polling
from course_bot.messengers.max.api import (
    FAULTS,
    ApiError,
    Body,
    FaultError,
    Limits,
    MaxApi,
    is_blocked,
    translated,
    until_done,
    worded,
)
from course_bot.messengers.max.layout import spelled
from course_bot.messengers.max.pictures import Pictures
from course_bot.messengers.max.updates import DOOR, UPDATES, name_of, read_update
from course_bot.messengers.reading import inside
from course_bot.messengers.screens import LastScreens, cut
from course_bot.storage import Account

log = logging.getLogger(__name__)

API = "https://platform-api2.max.ru"
HOOK = Hook(header="X-Max-Bot-Api-Secret", form=re.compile(r"[A-Za-z0-9-]{5,256}", re.ASCII))
"""MAX Bot API, POST /subscriptions: the words beside ``secret``; its pattern has "_", too."""
COMMANDS = 32
"""MAX Bot API, BotPatch.commands."""
LOOKED_THROUGH = 20
"""Among so many of the chat's newest messages one is looked for that may have arrived."""
CLOCKS_APART = timedelta(minutes=1)
"""MAX's clock may be behind ours by so much."""

_USUAL_PACE = Pace()
_USUAL_LIMITS = Limits()


class TokenError(CourseError):
    """MAX refuses the bot's token; it is never shown."""


class WebhookError(CourseError):
    """MAX refuses the webhook's address; the message is its status and code."""


@dataclass(frozen=True, slots=True)
class _Shown:
    """A message with a screen: MAX's id of it, and the attachment of its picture, if any."""

    mid: str
    picture: tuple[Body, ...] = ()


class MaxDoor(HearingDoor):
    """MAX's way into the conversation.

    Args:
        talk: the conversation.
        token: the bot's, as the platform for partners gives it.
        markers: where long polling keeps how far it is.
        clock: gives the time in UTC.
        api: the address of the Bot API.
        ca_file: certificates that are trusted besides the system's.
        pace: how long is waited for what.
        limits: MAX's.

    Raises:
        CaError: the file of certificates is none.
    """

    hook = HOOK

    def __init__(
        self,
        talk: Talk,
        *,
        token: str,
        markers: polling.Markers,
        clock: Callable[[], datetime],
        api: str = API,
        ca_file: Path | None = None,
        pace: Pace = _USUAL_PACE,
        limits: Limits = _USUAL_LIMITS,
    ) -> None:
        bulk = limits.bulk_pace()
        super().__init__(talk, name=DOOR, clock=clock, pace=pace, bulk=bulk)
        self._api = MaxApi(
            token=token, api=api, ca_file=ca_file, pace=pace, limits=limits, bulk=bulk
        )
        self._markers = markers
        self._limits = limits
        self._username = ""
        self._id: object = None
        self._screens: LastScreens[_Shown] = LastScreens()
        self._newest: LastScreens[str] = LastScreens()
        """The newest of the bot's messages in each chat, as far as MAX has confirmed it."""
        self._pictures = Pictures(partial(self._api.upload, "image"))

    async def start(self) -> str:
        """Greet the API and set the command menu; return the bot's name in links.

        A network that is not there yet is waited for. Raises ``TokenError`` where MAX refuses the
        token.
        """
        try:
            me = await until_done(
                self._pace,
                partial(self._api.call, "GET", "/me"),
                "MAX can't be reached yet",
                unless=_is_unauthorised,
            )
        except ApiError:
            raise TokenError("refused") from None
        self._username = f"{me.get('username') or ''}"
        self._id = me.get("user_id")
        try:
            await self._set_commands()
        except FAULTS as error:
            # A menu is a convenience: the bot talks without it, and sets it at the next start.
            log.warning("the command menu is not set: %s", worded(error))
        return self._username

    async def poll(self) -> None:
        """Take updates by long polling until cancelled."""
        await polling.poll(
            self._api,
            self._pace,
            self._markers,
            self.receive,
            bot=self._id,
            a_second=self._limits.polls,
        )

    async def keep_webhook(self, url: str, secret: str) -> None:
        """Have MAX deliver updates to an https address, until cancelled.

        It is looked at again and again, because MAX ends a subscription where it hears no 200 for
        eight hours.

        Raises:
            SecretError: the secret is not one.
            WebhookError: MAX refuses the address.
        """
        wanted = {
            "url": url,
            "update_types": UPDATES,
            "secret": self.hook.checked(secret),
        }
        subscribed = partial(self._api.call, "POST", "/subscriptions", wanted)
        first = True
        while True:
            try:
                told = await until_done(
                    self._pace,
                    partial(self._api.call, "GET", "/subscriptions"),
                    "the webhook can't be looked at",
                    unless=_is_refusal,
                )
                # The secret may be another one than before: what it is, MAX does not tell.
                if first or url not in polling.addresses_in(told):
                    if not first:
                        log.warning("MAX had ended the webhook: it is set again")
                    await until_done(
                        self._pace, subscribed, "the webhook is not set yet", unless=_is_refusal
                    )
            except ApiError as error:
                if first:
                    raise WebhookError(worded(error)) from None
                log.error("the webhook is not set again: %s", worded(error))  # noqa: TRY400 - a refusal has no traceback to tell
            first = False
            await asyncio.sleep(self._pace.webhook)

    def name_of(self, raw: Mapping[str, object]) -> str | None:
        """Return how the log calls an update; None for what is none."""
        return name_of(raw)

    def read(self, raw: Mapping[str, object]) -> Event | None:
        """Tell what an update means, None where it is nothing to the bot."""
        return read_update(raw, username=self._username, at=self._clock(), fetch=self._fetch)

    async def close(self) -> None:
        """Let the last replies go out for a moment, then close the connections."""
        await super().close()
        await self._api.close()

    # What delivery asks of a door.

    def answers_by_screen(self, turn: Turn, replies: Sequence[Reply]) -> bool:
        """Tell whether a screen changes the pressed message: that is the answer, too."""
        return turn.message is not None and any(isinstance(it, Screen) for it in replies)

    async def acknowledge(self, turn: Turn, replies: Sequence[Reply]) -> None:
        """Answer a press where no screen does, with the notices as its notification.

        One that says nothing is not sent: whether MAX takes it, nobody has written down.
        """
        if said := _notification(replies):
            with translated():
                await self._answer(turn, said)

    def sayings(self, turn: Turn, replies: Sequence[Reply]) -> list[Saying]:
        """Return what says the replies: new messages, or a screen in place of the pressed one."""
        made: list[Saying] = []
        said = _notification(replies) if turn.press else {}
        below = any(isinstance(it, Notice) and it.lasting for it in replies)
        for reply in replies:
            match reply:
                case Notice() if reply.lasting or not turn.press:
                    made.append(partial(self._say, turn.chat, turn.move.account, reply.text))
                case Document():
                    made.append(partial(self._hand, turn, reply))
                case Screen() if turn.message is None:
                    made.append(partial(self._show_below, turn, reply, {}))
                case Screen() if turn.lasting and _words(turn.said) == _read(reply):
                    # It is what was pressed, such as for a file, and stays with its keys.
                    made.append(partial(self._show_in_place, turn, reply, said))
                case Screen() if below or turn.lasting:
                    made.append(partial(self._show_below, turn, reply, said))
                case Screen():
                    made.append(partial(self._show_in_place, turn, reply, said))
                case Commands() | Notice():
                    pass  # MAX has one menu for everybody; a notice was the answer to the press.
                case Erased():
                    # What is in the chat is the person's own.
                    self._screens.moved(turn.chat, None)
        return made

    async def tell(self, turn: Turn, word: str) -> None:
        """Show a passing word in the pressed message, whose screen comes back afterwards.

        Where none was pressed, as when a file was sent, MAX says that the bot is typing.
        """
        with translated():
            if isinstance(turn.message, str) and not turn.lasting:
                body = {"text": f"⏳ {escape(word)}", "format": "html", "attachments": []}
                await self._edit(turn.chat, turn.message, body)
            elif not turn.press:
                path = f"/chats/{turn.chat}/actions"
                await self._api.call("POST", path, {"action": "typing_on"}, chat=turn.chat)

    async def excuse(self, turn: Turn, trouble: Screen) -> None:
        """Say what went wrong: to a press in a notification, so that the buttons stay."""
        if turn.press:
            text = cut(shown(trouble.text), NOTICE_CHARS)
            with translated():
                await self._answer(turn, {"notification": text})
        else:
            await self._show(turn.chat, turn.move.account, trouble)

    async def refuse(self, refused: Refused, words: str) -> None:
        """Say why something does not become a move."""
        with translated():
            if refused.press:
                answer = {"notification": cut(words, NOTICE_CHARS)}
                await self._api.call(
                    "POST", "/answers", answer, query={"callback_id": refused.press}
                )
            else:
                await self._send(refused.chat, None, {"text": words})

    async def write(self, account: Account, screen: Screen, *, once: bool) -> None:  # noqa: ARG002 - nothing is repeated that may have arrived
        """Show a screen that nobody asked for, as a new message."""
        await self._show(0, account, screen)

    def without_secrets(self, text: str) -> str:
        """Blot out the token."""
        return self._api.without_token(text)

    # What is fetched.

    async def _fetch(self, url: str) -> bytes:
        """Bring the content of a file; see ``port.Attachment``."""
        with translated():
            try:
                return await self._api.download(url)
            except ApiError as error:
                log.warning("a file is not given out: %s", worded(error))
                raise GoneError from None

    # How MAX has it said.

    async def _answer(self, turn: Turn, answer: Body) -> bool:
        """Answer a press; tell whether MAX takes it: not where it is late, or was answered."""
        query, chat = {"callback_id": turn.press}, turn.chat or None
        try:
            await self._api.call("POST", "/answers", answer, query=query, chat=chat, kind="answer")
        except ApiError as error:
            if _is_about_more(error):
                raise
            log.debug("a press is not answered: %s", worded(error))
            return False
        return True

    async def _edit(self, chat: int, mid: str, body: Body) -> None:
        query = {"message_id": mid}
        await self._api.call("PUT", "/messages", body, query=query, chat=chat or None, kind="edit")

    async def _send(self, chat: int, account: Account | None, body: Body) -> dict[str, object]:
        """Send a new message to a chat, or where none is known, to the person of an account.

        MAX has no key by which it would know a repeated message. So one that may have arrived is
        looked for in the chat, and sent again only where it is not there.

        Raises:
            FaultError: it may have arrived, and nobody can tell.
        """
        answer = await self._sent(chat, account, body)
        sent = _Sent.read(answer.get("message"))
        if sent.mid and (place := sent.chat or chat):
            self._newest.moved(place, sent.mid)
        return answer

    async def _sent(self, chat: int, account: Account | None, body: Body) -> dict[str, object]:
        query = {"disable_link_preview": "true"}
        if chat or account is None:
            query["chat_id"] = f"{chat}"
        else:
            query["user_id"] = account.key
        # Which chat is a person's is not known here: what is limited is theirs all the same.
        place = chat or (int(account.key) if account is not None else None)
        send = partial(
            self._api.call,
            "POST",
            "/messages",
            body,
            query=query,
            chat=place,
            kind="send",
            repeat=False,
        )
        since, before = self._clock() - CLOCKS_APART, self._newest.of(chat)
        for _ in range(self._pace.tries - 1):
            try:
                return await send()
            except FaultError as error:
                if not error.heard or not chat:
                    raise
            await asyncio.sleep(self._pace.first_pause)  # it may still be on its way
            arrived = await self._arrived(chat, body, since, before)
            if arrived is not None:
                return {"message": arrived}
        return await send()

    async def _arrived(
        self, chat: int, body: Body, since: datetime, before: str | None
    ) -> dict[str, object] | None:
        """Look for a message of the bot's that says this and came since then, after ``before``."""
        query = {"chat_id": f"{chat}", "count": f"{LOOKED_THROUGH}"}
        try:
            told = await self._api.call("GET", "/messages", query=query)
        except ApiError as error:
            raise FaultError(
                f"a message can't be looked for: {worded(error)}", heard=True
            ) from None
        text = f"{body.get('text') or ''}"
        wanted = _words(shown(text) if "format" in body else text)
        messages = told.get("messages")
        for message in messages if isinstance(messages, list) else []:  # the newest comes first
            found = _Sent.read(message)
            if found.mid == before or found.timestamp < since.timestamp() * 1000:
                return None
            if found.sender == self._id and _words(found.text) == wanted:
                return dict(message)
        return None

    async def _say(self, chat: int, account: Account, text: str) -> None:
        with translated():
            await self._send(chat, account, {"text": text})

    async def _hand(self, turn: Turn, document: Document) -> None:
        """Send a file, or show a picture."""
        kind: Literal["image", "file"] = "image" if document.picture else "file"
        with translated():
            payload = await self._api.upload(kind, document.name, document.content)
            body: dict[str, object] = {"attachments": [{"type": kind, "payload": payload}]}
            if document.about:
                body["text"] = document.about
            await self._send(turn.chat, turn.move.account, body)

    async def _show(
        self,
        chat: int,
        account: Account,
        screen: Screen,
        *,
        spared: str | None = None,
    ) -> None:
        """Show a screen as a new message; the one before it loses its keys, if it isn't spared."""

        async def send(body: Body) -> dict[str, object]:
            return await self._send(chat, account, body)

        with translated():
            answer, picture = await self._with_picture(screen, send)
        sent = _Sent.read(answer.get("message"))
        if sent.mid and (place := sent.chat or chat):
            await self._is_last(place, _Shown(sent.mid, picture), spared=spared)

    async def _show_below(self, turn: Turn, screen: Screen, said: Body) -> None:
        """Show a screen as the newest message; the pressed one loses its keys, by the answer."""
        last = self._screens.of(turn.chat)
        mid = turn.message if isinstance(turn.message, str) else None
        await self._show(turn.chat, turn.move.account, screen, spared=mid)
        if mid is None:
            return
        pressed = last if last is not None and last.mid == mid else _Shown(mid)
        with translated():
            if turn.pictured and not pressed.picture:
                # To take the keys from a picture takes its token, which only the last screen has.
                if said:
                    await self._answer(turn, said)
                return
            bare = {"attachments": list(pressed.picture)}
            if not await self._answer(turn, {"message": bare, **said}):
                await self._take_keys(turn.chat, pressed)

    async def _is_last(self, chat: int, message: _Shown, *, spared: str | None = None) -> None:
        """Remember the message that has the screen; the one before it loses its keys."""
        last = self._screens.moved(chat, message)
        if last is not None and last.mid not in (message.mid, spared):
            with translated():
                await self._take_keys(chat, last)

    async def _take_keys(self, chat: int, message: _Shown) -> None:
        try:
            await self._edit(chat, message.mid, {"attachments": list(message.picture)})
        except FAULTS as error:
            # Too old, deleted, or it has none: then its keys are in nobody's way. Nor is it a
            # fault of the screen that they are taken for, which has arrived.
            log.debug("keys stay as they are: %s", worded(error))

    async def _show_in_place(self, turn: Turn, screen: Screen, said: Body) -> None:
        """Show a screen in the pressed message, by the answer; where that can't be, anew."""
        mid = f"{turn.message}"

        async def answer(body: Body) -> dict[str, object]:
            whole = {"attachments": [], **body}
            if not await self._answer(turn, {"message": whole, **said}):
                await self._edit(turn.chat, mid, whole)
            return {}

        with translated():
            try:
                _, picture = await self._with_picture(screen, answer)
            except ApiError as error:
                if _is_about_more(error):
                    raise
                # Deleted, or not ours to edit: what a new one can't mend is refused again.
                log.info("a screen is shown anew: %s", worded(error))
                picture = None
        if picture is None:
            await self._show(turn.chat, turn.move.account, screen)
            if said:
                with translated():
                    await self._answer(turn, said)
        else:
            await self._is_last(turn.chat, _Shown(mid, picture))

    async def _with_picture(
        self, screen: Screen, say: Callable[[Body], Awaitable[dict[str, object]]]
    ) -> tuple[dict[str, object], tuple[Body, ...]]:
        """Say a screen; return the answer, and the attachment of its picture."""
        text, rows = spelled(screen)
        keyboard = _keyboard(rows, LASTING if screen.lasting else "")
        shown_with: tuple[Body, ...] = ()

        async def call(*pictures: Body) -> dict[str, object]:
            nonlocal shown_with
            shown_with = pictures
            body: dict[str, object] = {"text": text, "format": "html"}
            if attachments := [*pictures, *keyboard]:
                body["attachments"] = attachments
            return await say(body)

        if screen.picture is None:
            return await call(), ()
        return await self._pictures.shown(screen.picture, call), shown_with

    async def _set_commands(self) -> None:
        menu = await self._talk.commands("ru")
        entries = [{"name": each.name, "description": each.about} for each in menu.entries]
        body = {"commands": entries[:COMMANDS]}
        try:
            await self._api.call("PATCH", "/me/commands", body)
        except ApiError as error:
            if error.status != 404:
                raise
            await self._api.call("PATCH", "/me", body)  # as it was until September 2026


@dataclass(frozen=True, slots=True)
class _Sent:
    """What is read of a message that the bot sent."""

    mid: str = ""
    chat: int = 0
    text: str = ""
    timestamp: float = 0.0
    sender: object = None

    @classmethod
    def read(cls, message: object) -> "_Sent":
        chat, at = inside(message, "recipient", "chat_id"), inside(message, "timestamp")
        return cls(
            mid=f"{inside(message, 'body', 'mid') or ''}",
            chat=chat if isinstance(chat, int) else 0,
            text=f"{inside(message, 'body', 'text') or ''}",
            timestamp=float(at) if isinstance(at, int | float) else 0.0,
            sender=inside(message, "sender", "user_id"),
        )


def _keyboard(rows: Sequence[Sequence[Button]], lasting: str) -> list[Body]:
    if not rows:
        return []
    buttons = [[_key(button, lasting) for button in row] for row in rows]
    return [{"type": "inline_keyboard", "payload": {"buttons": buttons}}]


def _key(button: Button, lasting: str) -> Mapping[str, str]:
    if button.url:
        return {"type": "link", "text": button.label, "url": button.url}
    return {"type": "callback", "text": button.label, "payload": lasting + button.action}


def _notification(replies: Sequence[Reply]) -> dict[str, str]:
    said = "\n".join(it.text for it in replies if isinstance(it, Notice) and not it.lasting)
    return {"notification": cut(said, NOTICE_CHARS)} if said else {}


def _read(screen: Screen) -> str:
    """Return the words of a screen as ``_words`` has them."""
    return _words(shown(spelled(screen)[0]))


def _words(text: str) -> str:
    """Return a text without what a messenger may change about its spaces."""
    return " ".join(text.split())


def _is_about_more(error: ApiError) -> bool:
    """Tell whether a refusal is about more than this one message, or this one press."""
    return is_blocked(error) or error.status in (401, 429)


def _is_unauthorised(error: BaseException) -> bool:
    return isinstance(error, ApiError) and error.status == 401


def _is_refusal(error: BaseException) -> bool:
    """Tell whether MAX says no: not that it is too much now, and nobody who redirects."""
    return isinstance(error, ApiError) and error.status != 429 and not 300 <= error.status < 400
