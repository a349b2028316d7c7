"""What an update means: a person's turn, a goodbye, a word to refuse, or nothing to this bot."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from hashlib import blake2b
from typing import Annotated

from pydantic import BaseModel, Field, ValidationError

from course_bot.conversation.port import Attachment, Opened, Pressed, Sent
from course_bot.locale.phrases import Language, best_language
from course_bot.messengers.delivery import LASTING, Event, Membership, Refused, Turn
from course_bot.messengers.reading import Fetch, UpdateError, commanded, inside, spoken
from course_bot.storage import Account

DOOR = "max"
UPDATES = [
    "message_created",
    "message_callback",
    "bot_started",
    "bot_stopped",
    "dialog_removed",
    "bot_added",
]
"""The kinds of update that the bot asks for (MAX Bot API, Update)."""
MOVE_ID_CHARS = 64

# Of the Bot API's objects only what this bot reads: whatever else MAX adds, in whatever shape,
# changes nothing. Fields that the schema calls required and that MAX leaves out are not asked for.


_Int64 = Annotated[int, Field(ge=-(2**63), lt=2**63)]


class _User(BaseModel):
    user_id: _Int64
    first_name: str | None = None
    last_name: str | None = None
    name: str | None = None
    is_bot: bool = False

    @property
    def account(self) -> Account:
        return Account(door=DOOR, key=str(self.user_id))

    @property
    def shown_name(self) -> str:
        return f"{self.first_name or ''} {self.last_name or ''}".strip() or self.name or ""


class _Recipient(BaseModel):
    chat_id: _Int64 | None = None
    chat_type: str = "dialog"


class _Payload(BaseModel):
    url: str | None = None


class _Attachment(BaseModel):
    type: str = ""
    payload: _Payload | None = None
    filename: str | None = None
    size: _Int64 | None = None

    @property
    def is_part_of_text(self) -> bool:
        """Whether it is only a preview of what the text links to."""
        return self.type == "share"


class _Body(BaseModel):
    mid: str = ""
    text: str | None = None
    attachments: list[_Attachment] | None = None


class _Link(BaseModel):
    """Another message that is passed on, or that is answered."""

    type: str = ""
    message: _Body | None = None


class _Message(BaseModel):
    recipient: _Recipient
    timestamp: _Int64 = 0
    body: _Body | None = None
    """By the schema's words null where nothing was said beside what was passed on."""
    sender: _User | None = None
    link: _Link | None = None


class _Callback(BaseModel):
    callback_id: str
    user: _User
    timestamp: _Int64 = 0
    payload: str | None = None


class _Update(BaseModel):
    update_type: str
    timestamp: _Int64 = 0
    user_locale: str | None = None
    chat_id: _Int64 | None = None
    is_channel: bool = False
    user: _User | None = None
    payload: str | None = None
    message: _Message | None = None
    callback: _Callback | None = None

    @property
    def language(self) -> Language:
        return best_language(self.user_locale or "")


def name_of(raw: Mapping[str, object]) -> str | None:
    """Return how the log calls an update; None for what is none."""
    kind = raw.get("update_type")
    return f"an update {kind[:32]!r}" if isinstance(kind, str) else None


def identity(raw: Mapping[str, object]) -> str:
    """Name an update so that the same one, fetched again, has the same name.

    MAX numbers no updates, and of one that is fetched again some parts have changed, such as
    when its sender was last here.
    """
    parts = (
        *(raw.get(key) for key in ("update_type", "timestamp", "chat_id")),
        inside(raw, "user", "user_id"),
        inside(raw, "message", "body", "mid"),
        *(inside(raw, "callback", key) for key in ("callback_id", "timestamp", "payload")),
    )
    return " ".join(map(repr, parts))


def read_update(
    raw: Mapping[str, object], *, username: str, at: datetime, fetch: Fetch
) -> Event | None:
    """Tell what an update means to a bot that talks in private chats only.

    Edited messages, a history that was cleared, titles of chats and whatever else MAX tells are
    nothing to it.

    Args:
        raw: the update as MAX words it.
        username: the bot's own.
        at: UTC; when the update was received.
        fetch: by which whoever takes the move gets at a file that was sent, by its address.

    Raises:
        UpdateError: it is not what MAX promises.
    """
    try:
        update = _Update.model_validate(raw)
    except ValidationError as error:
        raise UpdateError.of(error) from None
    match update.update_type:
        case "message_created":
            return _message(update, username, at, fetch)
        case "message_callback":
            return _press(update, at)
        case "bot_started":
            return _started(update, at)
        case "bot_stopped" | "dialog_removed":
            # What is delivered again, when they have returned since, is older than their return.
            return Membership(
                account=_person(update).account, blocked=True, at=_when(update.timestamp, at)
            )
        case "bot_added" if not update.is_channel and update.chat_id is not None:
            # A post in a channel would be published to all its readers: there the bot is silent.
            return Refused(chat=update.chat_id, reason="group", language=update.language)
        case _:
            return None


def _when(timestamp: int, at: datetime) -> datetime:
    """Return a time of MAX's (Unix time in ms) in UTC; where it makes no sense, ``at``."""
    try:
        return min(datetime.fromtimestamp(timestamp / 1000, UTC), at) if timestamp > 0 else at
    except (OverflowError, ValueError, OSError):
        return at


def _person(update: _Update) -> _User:
    if update.user is None:
        raise UpdateError("user")
    return update.user


def _started(update: _Update, at: datetime) -> Event:
    person = _person(update)
    if update.chat_id is None:
        raise UpdateError("chat_id")
    opened = Opened(
        account=person.account,
        move_id=_digest("s", update.timestamp, update.payload),
        at=at,
        name=person.shown_name,
        language=update.language,
        payload=update.payload or "",
    )
    return Turn(move=opened, chat=update.chat_id)


def _press(update: _Update, at: datetime) -> Event:
    press, message = update.callback, update.message
    if press is None:
        raise UpdateError("callback")
    body = message.body if message is not None else None
    chat = message.recipient.chat_id if message is not None else None
    if message is not None and message.recipient.chat_type != "dialog":
        return Refused(
            chat=chat or 0, reason="group", language=update.language, press=press.callback_id
        )
    payload = press.payload or ""
    pressed = Pressed(
        account=press.user.account,
        # MAX calls callback_id "the present keyboard's": it alone may name several presses.
        move_id=_digest(
            "p", press.callback_id, press.timestamp or update.timestamp, press.payload
        ),
        at=at,
        name=press.user.shown_name,
        language=update.language,
        action=payload.removeprefix(LASTING),
    )
    return Turn(
        move=pressed,
        chat=chat or 0,
        press=press.callback_id,
        message=(body.mid or None) if body is not None else None,
        said=(body.text or "") if body is not None else "",
        lasting=payload.startswith(LASTING),
        pictured=body is not None and any(each.type == "image" for each in body.attachments or ()),
    )


def _message(update: _Update, username: str, at: datetime, fetch: Fetch) -> Event | None:
    message = update.message
    if message is None:
        raise UpdateError("message")  # as MAX's long polling brings a voice message
    person, chat, own = message.sender, message.recipient.chat_id, message.body or _Body()
    if person is None or person.is_bot:
        return None
    if message.recipient.chat_type != "dialog":
        group = message.recipient.chat_type == "chat"
        if group and chat is not None and commanded(own.text or "", username):
            return Refused(chat=chat, reason="group", language=update.language)
        return None
    if chat is None:
        raise UpdateError("message.recipient.chat_id")
    body = own
    if message.link is not None and message.link.type == "forward" and message.link.message:
        body = _passed_on(own, message.link.message)
    move_id = f"m{own.mid}"
    if not own.mid or len(move_id) > MOVE_ID_CHARS:
        move_id = _digest("m", own.mid or message.timestamp)
    account, name = person.account, person.shown_name
    attached = [each for each in body.attachments or () if not each.is_part_of_text]
    if attached or not (body.text or "").strip():
        sent = Sent(
            account=account,
            move_id=move_id,
            at=at,
            name=name,
            language=update.language,
            file=_file(attached, fetch),
        )
        return Turn(move=sent, chat=chat)
    move = spoken(
        body.text or "",
        username=username,
        account=account,
        move_id=move_id,
        at=at,
        name=name,
        language=update.language,
    )
    if move is None:
        return Refused(chat=chat, reason="too_long", language=update.language)
    return Turn(move=move, chat=chat)


def _passed_on(body: _Body, forwarded: _Body) -> _Body:
    """Return what was forwarded where nothing was said beside it."""
    return body if body.text or body.attachments else forwarded


def _file(attached: list[_Attachment], fetch: Fetch) -> Attachment | None:
    for each in attached:
        url = (each.payload and each.payload.url) or ""
        if each.type == "file" and url.startswith(("https://", "http://")):
            return Attachment(name=each.filename or "", size=each.size, fetch=partial(fetch, url))
    return None


def _digest(kind: str, *parts: object) -> str:
    """Make a move's id of what tells it from every other one of the same account."""
    said = "\n".join(map(str, parts)).encode("utf-8", "surrogatepass")
    return kind + blake2b(said, digest_size=16).hexdigest()
