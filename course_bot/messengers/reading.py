"""How what a messenger brings is read: JSON from outside, and what somebody said in a message."""

import json
from collections.abc import Awaitable, Callable
from datetime import datetime

from pydantic import ValidationError
from pydantic_core import from_json

from course_bot.conversation.port import WROTE_CHARS, Opened, Wrote
from course_bot.errors import CourseError
from course_bot.locale.phrases import Language
from course_bot.storage import Account

Fetch = Callable[[str], Awaitable[bytes]]
"""Brings the content of a file by what its messenger calls it."""


class UpdateError(CourseError):
    """An update that can't be read; the message names the places, and nothing that they hold."""

    @classmethod
    def of(cls, error: ValidationError) -> "UpdateError":
        """Name the places at which an update is not what the messenger promises."""
        faults = error.errors(include_url=False, include_context=False, include_input=False)
        return cls(", ".join(".".join(map(str, fault["loc"])) for fault in faults[:3]))


def read_json(content: bytes) -> object:
    """Read JSON; half a character becomes a question mark.

    Raises:
        ValueError: it is not JSON.
        RecursionError: it is nested without end.
    """
    try:
        return from_json(content)
    except ValueError:
        # Python's own reader is slower, and takes half a surrogate pair: one such update must
        # not cost the batch it comes in.
        told = json.dumps(json.loads(content), ensure_ascii=False)
        return json.loads(told.encode("utf-8", "replace"))


def inside(told: object, *path: str) -> object:
    """Return what stands in JSON at a path of keys; None where nothing does."""
    for key in path:
        told = told.get(key) if isinstance(told, dict) else None
    return told


def spoken(
    text: str,
    *,
    username: str,
    account: Account,
    move_id: str,
    at: datetime,
    name: str,
    language: Language,
) -> Opened | Wrote | None:
    """Return what somebody did by writing a message; None where it is too long.

    A ``/start`` opens the conversation, with what stands behind it as the payload.
    """
    if len(text) > WROTE_CHARS:
        return None
    command, *payload = text.split(maxsplit=1) or ("",)
    if command.lower() in ("/start", f"/start@{username}".lower()):
        return Opened(
            account=account,
            move_id=move_id,
            at=at,
            name=name,
            language=language,
            payload="".join(payload),
        )
    return Wrote(account=account, move_id=move_id, at=at, name=name, language=language, text=text)


def commanded(text: str, username: str) -> bool:
    """Tell whether a group's message is a command to this bot, or to no bot by name."""
    command, *_ = text.split(maxsplit=1) or ("",)
    name, _, bot = command.partition("@")
    return len(name) > 1 and name[0] == "/" and bot.lower() in ("", username.lower())
