"""What an update means: a person's turn, a goodbye, a word to refuse, or nothing to this bot."""

from dataclasses import dataclass
from datetime import datetime

from aiogram.types import (
    CallbackQuery,
    Chat,
    ChatMemberUpdated,
    InaccessibleMessage,
    Message,
    Update,
    User,
)

from course_bot.conversation.port import WROTE_CHARS, Move, Opened, Pressed, Sent, Wrote
from course_bot.locale.phrases import Language, best_language
from course_bot.storage import Account

DOOR = "telegram"
UPDATES = ["message", "callback_query", "my_chat_member"]
"""The kinds of update that the bot asks for (Bot API, allowed_updates)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A person's move, and where its answer goes.

    ``query`` is the callback query to answer, or empty; ``message`` is the pressed message where
    it can still be edited.
    """

    move: Move
    query: str = ""
    message: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """The person blocked the bot, or let it in again."""

    account: Account
    blocked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Something that never becomes a move; ``reason`` is one of ``Talk.refusal``'s."""

    chat: int
    reason: str
    language: Language
    query: str = ""


Heard = Turn | Membership | Refused | None


def parsed(raw: dict[str, object]) -> Update:
    """Parse an update as the Bot API words it; raises pydantic's ValidationError.

    Of a pressed message only its place is read: its text and buttons are the bot's own words of
    long ago, and to parse them takes three times as long as all the rest.
    """
    query = raw.get("callback_query")
    if isinstance(query, dict) and isinstance(message := query.get("message"), dict):
        place = {key: message[key] for key in ("message_id", "chat", "date") if key in message}
        raw = {**raw, "callback_query": {**query, "message": place}}
    return Update.model_validate(raw)


def hear(update: Update, *, username: str, at: datetime) -> Heard:
    """Tell what an update means to a bot that talks in private chats only.

    Edited messages, channel posts, reactions and whatever else Telegram tells are nothing to it.
    """
    if update.callback_query is not None:
        return _press(update.callback_query, f"u{update.update_id}", at)
    if update.message is not None:
        return _message(update.message, f"u{update.update_id}", username, at)
    if update.my_chat_member is not None:
        return _membership(update.my_chat_member)
    return None


def account_of(user: User) -> Account:
    """Name the account by which Telegram knows a person."""
    return Account(door=DOOR, key=str(user.id))


def _press(query: CallbackQuery, move_id: str, at: datetime) -> Heard:
    person, message = query.from_user, query.message
    if message is not None and not _is_private(message.chat):
        return Refused(
            chat=message.chat.id,
            reason="group",
            language=best_language(person.language_code or ""),
            query=query.id,
        )
    # A message that is too old arrives as InaccessibleMessage, and may not arrive at all.
    reachable = message is not None and not isinstance(message, InaccessibleMessage)
    return Turn(
        move=Pressed(
            account=account_of(person),
            move_id=move_id,
            at=at,
            name=person.full_name,
            language=best_language(person.language_code or ""),
            action=query.data or "",
        ),
        query=query.id,
        message=message.message_id if message is not None and reachable else None,
    )


def _message(message: Message, move_id: str, username: str, at: datetime) -> Heard:
    person = message.from_user
    if person is None or person.is_bot:
        return None
    language = best_language(person.language_code or "")
    if not _is_private(message.chat):
        if _is_group(message.chat) and _commanded(message.text or "", username):
            return Refused(chat=message.chat.id, reason="group", language=language)
        return None
    account, name, text = account_of(person), person.full_name, message.text
    if text is None:
        return Turn(
            move=Sent(account=account, move_id=move_id, at=at, name=name, language=language)
        )
    if len(text) > WROTE_CHARS:
        return Refused(chat=person.id, reason="too_long", language=language)
    command, *payload = text.split(maxsplit=1) or ("",)
    if command.lower() in ("/start", f"/start@{username}".lower()):
        return Turn(
            move=Opened(
                account=account,
                move_id=move_id,
                at=at,
                name=name,
                language=language,
                payload="".join(payload),
            )
        )
    return Turn(
        move=Wrote(
            account=account, move_id=move_id, at=at, name=name, language=language, text=text
        )
    )


def _membership(change: ChatMemberUpdated) -> Heard:
    before, now = change.old_chat_member.status, change.new_chat_member.status
    if _is_private(change.chat):
        return Membership(account=account_of(change.from_user), blocked=now == "kicked")
    added = before in ("left", "kicked") and now not in ("left", "kicked")
    # A post in a channel would be published to all its readers: there the bot stays silent.
    if added and _is_group(change.chat):
        return Refused(
            chat=change.chat.id,
            reason="group",
            language=best_language(change.from_user.language_code or ""),
        )
    return None


def _is_private(chat: Chat) -> bool:
    return chat.type == "private"


def _is_group(chat: Chat) -> bool:
    return chat.type in ("group", "supergroup")


def _commanded(text: str, username: str) -> bool:
    """Tell whether a group's message is a command to this bot, or to no bot by name."""
    command, *_ = text.split(maxsplit=1) or ("",)
    name, _, bot = command.partition("@")
    return len(name) > 1 and name[0] == "/" and bot.lower() in ("", username.lower())
