"""What an update means: a person's turn, a goodbye, a word to refuse, or nothing to this bot."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial

from pydantic import BaseModel, Field, ValidationError

from course_bot.conversation.port import Attachment, Pressed, Sent
from course_bot.locale.phrases import Language, best_language
from course_bot.messengers.delivery import LASTING, Event, Membership, Refused, Turn
from course_bot.messengers.reading import Fetch, UpdateError, commanded, spoken
from course_bot.storage import Account

DOOR = "telegram"
UPDATES = ["message", "callback_query", "my_chat_member"]
"""The kinds of update that the bot asks for (Bot API, allowed_updates)."""

# Of the Bot API's types only what this bot reads: whatever else Telegram adds, in whatever shape,
# changes nothing. aiogram's whole Update takes fifty times as long, and refuses a message for a
# part that it does not know.


class _User(BaseModel):
    id: int
    is_bot: bool = False
    first_name: str
    last_name: str = ""
    language_code: str = ""

    @property
    def account(self) -> Account:
        return Account(door=DOOR, key=str(self.id))

    @property
    def language(self) -> Language:
        return best_language(self.language_code)

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".rstrip()


class _Chat(BaseModel):
    id: int
    type: str

    @property
    def is_private(self) -> bool:
        return self.type == "private"

    @property
    def is_group(self) -> bool:
        return self.type in ("group", "supergroup")


class _Document(BaseModel):
    file_id: str
    file_name: str = ""
    file_size: int | None = None


class _Message(BaseModel):
    """A message; an animation comes as a document too, for bots that don't know animations."""

    chat: _Chat
    sender: _User | None = Field(None, alias="from")
    text: str | None = None
    document: _Document | None = None
    animation: object = None


class _Pressed(BaseModel):
    """The message that was pressed; one that is too old to be reached has the date 0."""

    message_id: int
    date: int
    chat: _Chat
    text: str = ""
    caption: str = ""
    photo: list[object] = []


class _Press(BaseModel):
    id: str
    sender: _User = Field(alias="from")
    message: _Pressed | None = None
    data: str = ""


class _Member(BaseModel):
    status: str


class _MemberChange(BaseModel):
    chat: _Chat
    sender: _User = Field(alias="from")
    old_chat_member: _Member
    new_chat_member: _Member


class _Update(BaseModel):
    update_id: int
    message: _Message | None = None
    callback_query: _Press | None = None
    my_chat_member: _MemberChange | None = None


def read_update(
    raw: Mapping[str, object], *, username: str, at: datetime, fetch: Fetch
) -> Event | None:
    """Tell what an update means to a bot that talks in private chats only.

    Edited messages, channel posts, reactions and whatever else Telegram tells are nothing to it.

    Args:
        raw: the update as the Bot API words it.
        username: the bot's own.
        at: UTC; when the update was received.
        fetch: by which whoever takes the move gets at a file that was sent.

    Raises:
        UpdateError: it is not what the Bot API promises.
    """
    try:
        update = _Update.model_validate(raw)
    except ValidationError as error:
        raise UpdateError.of(error) from None
    if update.callback_query is not None:
        return _press(update.callback_query, f"u{update.update_id}", at)
    if update.message is not None:
        return _message(update.message, f"u{update.update_id}", username, at, fetch)
    if update.my_chat_member is not None:
        return _membership(update.my_chat_member, at)
    return None


def _press(press: _Press, move_id: str, at: datetime) -> Event:
    person, message = press.sender, press.message
    if message is not None and not message.chat.is_private:
        return Refused(
            chat=message.chat.id, reason="group", language=person.language, press=press.id
        )
    return Turn(
        move=Pressed(
            account=person.account,
            move_id=move_id,
            at=at,
            name=person.name,
            language=person.language,
            action=press.data.removeprefix(LASTING),
        ),
        chat=person.id,
        press=press.id,
        message=message.message_id if message is not None and message.date else None,
        said=message.text or message.caption if message is not None else "",
        pictured=message is not None and bool(message.photo),
        lasting=press.data.startswith(LASTING),
    )


def _message(
    message: _Message, move_id: str, username: str, at: datetime, fetch: Fetch
) -> Event | None:
    person, text = message.sender, message.text
    if person is None or person.is_bot:
        return None
    account, name, language = person.account, person.name, person.language
    if not message.chat.is_private:
        if message.chat.is_group and commanded(text or "", username):
            return Refused(chat=message.chat.id, reason="group", language=language)
        return None
    if text is None:
        sent = Sent(
            account=account,
            move_id=move_id,
            at=at,
            name=name,
            language=language,
            file=_attached(message, fetch),
        )
        return Turn(move=sent, chat=person.id)
    move = spoken(
        text,
        username=username,
        account=account,
        move_id=move_id,
        at=at,
        name=name,
        language=language,
    )
    if move is None:
        return Refused(chat=person.id, reason="too_long", language=language)
    return Turn(move=move, chat=person.id)


def _attached(message: _Message, fetch: Fetch) -> Attachment | None:
    document = message.document
    if document is None or message.animation is not None:
        return None
    return Attachment(
        name=document.file_name,
        size=document.file_size,
        fetch=partial(fetch, document.file_id),
    )


def _membership(change: _MemberChange, at: datetime) -> Event | None:
    before, now = change.old_chat_member.status, change.new_chat_member.status
    if change.chat.is_private:
        return Membership(account=change.sender.account, blocked=now == "kicked", at=at)
    added = before in ("left", "kicked") and now not in ("left", "kicked")
    # A post in a channel would be published to all its readers: there the bot stays silent.
    if added and change.chat.is_group:
        return Refused(chat=change.chat.id, reason="group", language=change.sender.language)
    return None
