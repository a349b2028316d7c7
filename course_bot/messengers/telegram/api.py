"""The calls that go out to the Bot API: one JSON body each, and what may come of them."""

import json
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast
from urllib.parse import quote

from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import (
    ClientDecodeError,
    TelegramAPIError,
    TelegramBadRequest,
    TelegramEntityTooLarge,
    TelegramForbiddenError,
    TelegramNetworkError,
    TelegramNotFound,
    TelegramRetryAfter,
    TelegramServerError,
)
from aiogram.methods import Response, SendDocument, SendPhoto, TelegramMethod
from aiogram.methods.base import TelegramType
from aiogram.types import BufferedInputFile
from aiohttp import (
    BytesPayload,
    ClientConnectorError,
    ClientError,
    ClientSession,
    ClientTimeout,
    ConnectionTimeoutError,
    DummyCookieJar,
    FormData,
)
from aiohttp.hdrs import ACCEPT_ENCODING
from aiohttp_socks import ProxyConnectionError, ProxyError, ProxyTimeoutError
from pydantic import BaseModel, Field, ValidationError
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception
from yarl import URL

from course_bot.conversation.port import Button, Document, Screen, TooLargeError
from course_bot.messengers.delivery import (
    LASTING,
    BlockedError,
    LimitedError,
    Pace,
    RefusedError,
    UncertainError,
    UnreachableError,
    error_of,
)
from course_bot.messengers.reading import read_json
from course_bot.sheets.figures import FILE_BYTES

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

ATTACHED = "attach://picture"
"""Bot API, InputFile: a file that comes with the call, under this name."""

_QUOTED = re.compile(r"""'[^']*'|"[^"]*\"""")

# pydantic forgets a generic class as soon as nobody holds it, and to make one takes milliseconds.
_RESPONSE = Response[object]

Key = dict[str, str | dict[str, str]]
Keyboard = dict[str, list[list[Key]]]


class Call(TelegramMethod[object]):
    """A method with the parameters that this bot gives it, and whatever the API returns.

    aiogram's own methods validate a hundred fields on the way out, and the whole message on the
    way back, of which the door needs nothing: a field newer than the library can't turn a sent
    message into an error.
    """

    __returning__ = object

    once: bool = Field(False, exclude=True)
    """Of a call that is not to be made again where it may have been heard."""
    upload: bytes | None = Field(None, exclude=True, repr=False)
    """A picture that goes along, where a parameter says ``ATTACHED``."""


class GetMe(Call):
    """Who the bot is."""

    __api_method__ = "getMe"


class GetUpdates(Call):
    """What people did, from an offset on."""

    __api_method__ = "getUpdates"

    offset: int
    timeout: int
    allowed_updates: list[str]


class GetFile(Call):
    """Where a file that somebody sent can be downloaded."""

    __api_method__ = "getFile"

    file_id: str


class SetWebhook(Call):
    """Deliver updates to an address."""

    __api_method__ = "setWebhook"

    url: str
    secret_token: str
    allowed_updates: list[str]
    drop_pending_updates: bool = False


class DeleteWebhook(Call):
    """Deliver updates nowhere; what waits is kept."""

    __api_method__ = "deleteWebhook"

    drop_pending_updates: bool = False


class SetMyCommands(Call):
    """The command menu in private chats, for one language or for all others."""

    __api_method__ = "setMyCommands"

    commands: list[dict[str, str]]
    scope: dict[str, str | int] = Field({"type": "all_private_chats"})
    language_code: str | None = None


class DeleteMyCommands(Call):
    """No command menu of its own any more for a chat: it has the one of all private chats."""

    __api_method__ = "deleteMyCommands"

    scope: dict[str, str | int]


class SendMessage(Call):
    """A message of text."""

    __api_method__ = "sendMessage"

    chat_id: int
    text: str
    parse_mode: str | None = None
    link_preview_options: dict[str, bool] = Field({"is_disabled": True})
    reply_markup: Keyboard | None = None


class SendPicture(Call):
    """A message of a picture, with a text under it."""

    __api_method__ = "sendPhoto"

    chat_id: int
    photo: str
    caption: str
    parse_mode: str = "HTML"
    reply_markup: Keyboard | None = None


class EditMessageMedia(Call):
    """A picture with a text under it, in place of another one or of a text."""

    __api_method__ = "editMessageMedia"

    chat_id: int
    message_id: int
    media: dict[str, str]
    reply_markup: Keyboard | None = None


class EditMessageText(SendMessage):
    """A text in place of another one."""

    __api_method__ = "editMessageText"

    message_id: int


class EditMessageReplyMarkup(Call):
    """Other keys under a message, or none."""

    __api_method__ = "editMessageReplyMarkup"

    chat_id: int
    message_id: int
    reply_markup: Keyboard | None = None


class SendChatAction(Call):
    """For five seconds a word above the chat that the bot is at work."""

    __api_method__ = "sendChatAction"

    chat_id: int
    action: str


class AnswerCallbackQuery(Call):
    """The end of a press: nothing, a toast or an alert."""

    __api_method__ = "answerCallbackQuery"

    callback_query_id: str
    text: str | None = None
    show_alert: bool | None = None


class Session(AiohttpSession):
    """aiogram's session, with one JSON body for a call instead of a form of many fields.

    The Bot API takes either; only a file needs the form. Measured over HTTP, aiogram's own way
    through form, validation and answer takes 1.4 times the CPU of a whole tap.
    """

    def __init__(self, *, api: str, proxy: str | None, timeout: float) -> None:
        """Name the API's address, a proxy, and how long a call may take (in seconds)."""
        server = TelegramAPIServer.from_base(api)
        super().__init__(proxy=proxy, api=server, timeout=timeout)
        self._timeout = _limits(timeout)

    async def create_session(self) -> ClientSession:
        """Return the open session, or open one."""
        if self._session is None or self._session.closed:
            self._session = ClientSession(
                connector=self._connector_type(**self._connector_init),
                cookie_jar=DummyCookieJar(),
                # Answers are short, and most of them are not even read.
                headers={ACCEPT_ENCODING: "identity"},
            )
        return self._session

    async def close(self) -> None:
        """Close the connections.

        aiogram waits another quarter of a second for TLS to finish, which aiohttp does itself.
        """
        if self._session is not None:
            await self._session.close()

    async def make_request(
        self,
        bot: Bot,
        method: TelegramMethod[TelegramType],
        timeout: int | None = None,  # noqa: ASYNC109 - aiogram's own signature
    ) -> TelegramType:
        """Make one request; raises aiogram's exceptions, as aiogram does."""
        if not isinstance(method, Call):
            return await super().make_request(bot, method, timeout)
        session = await self.create_session()
        url = self.api.api_url(token=bot.token, method=method.__api_method__)
        try:
            async with session.post(
                URL(url, encoded=True),
                data=_body(method),
                timeout=self._timeout if timeout is None else _limits(timeout),
            ) as answer:
                status, content = answer.status, await answer.read()
        except TimeoutError as error:
            raise TelegramNetworkError(method=method, message="Request timeout error") from error
        except ClientError as error:
            message = f"{type(error).__name__}: {error}"
            raise TelegramNetworkError(method=method, message=message) from error
        if status == 200:
            try:
                told = read_json(content)
            except ValueError as error:
                raise ClientDecodeError("Failed to decode object", error, content) from error
            if isinstance(told, dict) and told.get("ok") is True:
                return cast(TelegramType, told.get("result"))
        # aiogram knows which of its exceptions a refusal is.
        refusal = self.check_response(bot, method, status, content.decode(errors="replace"))
        return cast(TelegramType, refusal.result)

    async def download(self, bot: Bot, asked: GetFile, path: str, *, seconds: int) -> bytes:
        """Download a file of at most ``FILE_BYTES``.

        Args:
            bot: whose token opens the way to it.
            asked: the call that told the path.
            path: as ``path_of`` returns it.
            seconds: how long it may take.

        Raises:
            TooLargeError: there is more of it.
            TelegramAPIError: as aiogram does.
        """
        session = await self.create_session()
        url = self.api.file_url(token=bot.token, path=quote(path))
        content = bytearray()
        try:
            async with session.get(
                URL(url, encoded=True), timeout=_limits(seconds), allow_redirects=False
            ) as answer:
                if answer.status >= 500:
                    raise TelegramServerError(method=asked, message=f"status {answer.status}")
                if answer.status != 200:
                    raise TelegramNotFound(method=asked, message=f"status {answer.status}")
                async for chunk in answer.content.iter_any():
                    content += chunk
                    if len(content) > FILE_BYTES:
                        raise TooLargeError
        except TimeoutError as error:
            raise TelegramNetworkError(method=asked, message="Request timeout error") from error
        except ClientError as error:
            message = f"{type(error).__name__}: {error}"
            raise TelegramNetworkError(method=asked, message=message) from error
        return bytes(content)


def _body(call: Call) -> BytesPayload | FormData:
    """Word a call as JSON, or with a file as the form that it takes."""
    if call.upload is None:
        worded = call.model_dump_json(exclude_none=True).encode()
        return BytesPayload(worded, content_type="application/json")
    form = FormData()
    for name, value in call.model_dump(mode="json", exclude_none=True).items():
        form.add_field(name, value if isinstance(value, str) else json.dumps(value))
    name = ATTACHED.removeprefix("attach://")
    form.add_field(name, call.upload, filename="picture.png", content_type="image/png")
    return form


def _limits(seconds: float) -> ClientTimeout:
    """Give a call so long; of that, most to be connected: so it is known if it was not."""
    return ClientTimeout(total=seconds, connect=seconds * 2 / 3)


def perhaps_heard(error: BaseException) -> bool:
    """Tell whether a call that came to one of ``FAULTS`` may have been carried out all the same.

    Whoever was not even connected has said nothing.
    """
    if isinstance(error, TelegramNetworkError):
        return not isinstance(error.__cause__, ClientConnectorError | ConnectionTimeoutError)
    return isinstance(error, (TelegramServerError, ClientDecodeError, OSError, TimeoutError))


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


@contextmanager
def translated(bot: Bot) -> Iterator[None]:
    """Raise what is common to all doors in place of aiogram's exceptions."""
    try:
        yield
    except TelegramForbiddenError as error:
        raise BlockedError(worded(error, bot)) from None
    except TelegramRetryAfter as error:
        raise LimitedError(worded(error, bot)) from None
    except (TelegramBadRequest, TelegramEntityTooLarge) as error:
        raise RefusedError(worded(error, bot)) from None
    except (TelegramAPIError, *FAULTS) as error:
        # A token that is refused, or an address that is no Bot API, can be mended too.
        kind = UncertainError if perhaps_heard(error) else UnreachableError
        raise kind(worded(error, bot)) from None


async def until_reached(
    bot: Bot,
    pace: Pace,
    call: Call,
    what: str,
    *,
    unless: type[TelegramAPIError] | tuple[()] = (),
) -> object:
    """Make a call until Telegram is there to answer; ``what`` tells the log what waits for it.

    Raises only ``unless``: the refusal that shows that waiting is in vain.
    """

    def may_pass(error: BaseException) -> bool:
        return isinstance(error, (TelegramAPIError, *FAULTS)) and not isinstance(error, unless)

    def note(state: RetryCallState) -> None:
        log.warning("%s: %s", what, worded(error_of(state), bot))

    async def attempt() -> object:
        return await bot(call)

    return await AsyncRetrying(
        retry=retry_if_exception(may_pass), wait=pace.backoff, before_sleep=note, reraise=True
    )(attempt)


# What this bot says.


def show(chat: int, screen: Screen, *, once: bool = False) -> SendMessage:
    """Return the call that shows a screen as a new message."""
    text, keyboard = _spelled(screen)
    return SendMessage(
        chat_id=chat, text=text, parse_mode="HTML", reply_markup=keyboard, once=once
    )


def show_in_place(chat: int, message: int, screen: Screen) -> EditMessageText:
    """Return the call that shows a screen in place of a message."""
    text, keyboard = _spelled(screen)
    return EditMessageText(
        chat_id=chat, message_id=message, text=text, parse_mode="HTML", reply_markup=keyboard
    )


def show_picture(
    chat: int, screen: Screen, photo: str, upload: bytes | None, *, once: bool = False
) -> SendPicture:
    """Return the call that shows a screen with a picture as a new message.

    ``photo`` is what Telegram knows the picture by, or ``ATTACHED`` with what is uploaded.
    """
    text, keyboard = _spelled(screen)
    return SendPicture(
        chat_id=chat,
        photo=photo,
        caption=text,
        reply_markup=keyboard,
        once=once,
        upload=upload,
    )


def show_picture_in_place(
    chat: int, message: int, screen: Screen, photo: str, upload: bytes | None
) -> EditMessageMedia:
    """Return the call that shows a screen with a picture in place of a message of any kind."""
    text, keyboard = _spelled(screen)
    media = {"type": "photo", "media": photo, "caption": text, "parse_mode": "HTML"}
    return EditMessageMedia(
        chat_id=chat, message_id=message, media=media, reply_markup=keyboard, upload=upload
    )


def file_id_of(message: object) -> str:
    """Return what Telegram knows the picture of a message by, or nothing where it has none."""
    try:
        return _Photographed.model_validate(message).photo[-1].file_id  # the largest is the last
    except (ValidationError, IndexError):
        return ""


def path_of(file: object, token: str) -> str:
    """Return the path of a file below the bot's own files, or nothing where there is none.

    A Bot API server of one's own tells where on its disk the file is, if it was started with
    ``--local``: from outside no path is ever opened, so that some web server has to give out the
    server's files as Telegram does, at ``/file/bot<token>/``. What is below the folder of the
    token is the same in both. Source: tdlib/telegram-bot-api, issues 26, 59 and 345.
    """
    try:
        path = _Stored.model_validate(file).file_path
    except ValidationError:
        return ""
    if path.startswith("/"):
        _, _, path = path.partition(f"/{token}/")
    return "" if ".." in path.split("/") else path


class _Stored(BaseModel):
    file_path: str


class _Size(BaseModel):
    file_id: str


class _Photographed(BaseModel):
    photo: list[_Size]


def hand_over(chat: int, document: Document) -> SendDocument | SendPhoto:
    """Return the call that sends a file, or shows a picture."""
    # aiogram writes the name into the multipart header as it is.
    name = re.sub(r'[\x00-\x1f"\\/]', "_", document.name)
    file = BufferedInputFile(document.content, filename=name)
    caption = document.about or None
    if document.picture:
        return SendPhoto(chat_id=chat, photo=file, caption=caption)
    return SendDocument(chat_id=chat, document=file, caption=caption)


def _spelled(screen: Screen) -> tuple[str, Keyboard | None]:
    text, rows = screen.spelled()
    if not rows:
        return text, None
    lasting = LASTING if screen.lasting else ""
    return text, {"inline_keyboard": [[_key(button, lasting) for button in row] for row in rows]}


def _key(button: Button, lasting: str) -> Key:
    key: Key = {"text": button.label}
    if button.url:
        key["url"] = button.url
    elif button.disabled:
        key["disabled"] = {}
    else:
        key["callback_data"] = lasting + button.action
        if button.primary:
            key["style"] = "primary"
    return key
