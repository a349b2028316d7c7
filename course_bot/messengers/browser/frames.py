"""The words of the page's protocol: frames that become moves, and replies that become JSON."""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic_core import to_json

from course_bot.content.pictures import Picture
from course_bot.conversation.port import (
    Button,
    Commands,
    Document,
    Erased,
    Form,
    Move,
    Notice,
    Opened,
    Pressed,
    Progress,
    Reply,
    Screen,
    Wrote,
)
from course_bot.locale.phrases import Language
from course_bot.storage import Account

FRAME_BYTES = 16 * 1024
"""Room for WROTE_CHARS characters of any living script in UTF-8, and for the frame around them."""

_Id = Annotated[str, Field(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
"""A UUID, as the page's ``newId`` makes it."""


class _Frame(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    id: _Id


class OpenedFrame(_Frame):
    """The page was opened, perhaps through a personal link."""

    kind: Literal["opened"]
    payload: str = ""


class PressedFrame(_Frame):
    """A button was pressed."""

    kind: Literal["pressed"]
    action: str


class WroteFrame(_Frame):
    """A text was sent."""

    kind: Literal["wrote"]
    text: str


Frame = OpenedFrame | PressedFrame | WroteFrame


class Upload(BaseModel):
    """What an address says of the file that comes with it.

    ``size`` is what the file has (bytes): of one that is too large the page sends nothing else.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: _Id
    size: Annotated[int, Field(ge=0, lt=2**53)] = 0


def read_upload(query: Mapping[str, str]) -> Upload | None:
    """Return what the query of an address says of a file, or nothing if it is malformed."""
    try:
        return Upload.model_validate(dict(query))
    except ValidationError:
        return None


class _Addressed(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True)

    id: _Id


_FRAME: TypeAdapter[Frame] = TypeAdapter(Annotated[Frame, Field(discriminator="kind")])


def read_frame(data: str | bytes) -> Frame | None:
    """Return the frame, or nothing if it is malformed in any way."""
    try:
        return _FRAME.validate_json(data)
    except ValidationError:
        return None


def read_id(data: str | bytes) -> str | None:
    """Return the id of a frame that may be malformed otherwise."""
    try:
        return _Addressed.model_validate_json(data).id
    except ValidationError:
        return None


def move(frame: Frame, *, account: Account, at: datetime, language: Language) -> Move:
    """Turn a frame into the move it stands for."""
    match frame:
        case OpenedFrame():
            return Opened(
                account=account,
                move_id=frame.id,
                at=at,
                language=language,
                payload=frame.payload,
            )
        case PressedFrame():
            return Pressed(
                account=account, move_id=frame.id, at=at, language=language, action=frame.action
            )
        case WroteFrame():
            return Wrote(
                account=account, move_id=frame.id, at=at, language=language, text=frame.text
            )


def hello(*, visitor: str, commands: Commands, text_chars: int, file_bytes: int) -> bytes:
    """Word the first frame of a connection: whose it is, the language, commands and limits.

    ``visitor`` is a digest: the page tells by it whether what it keeps is this visitor's.
    """
    limits = {"text_chars": text_chars, "frame_bytes": FRAME_BYTES, "file_bytes": file_bytes}
    return to_json({"hello": _commands(commands) | limits | {"visitor": visitor}})


def replies(move_id: str, shown: Sequence[Reply]) -> bytes:
    """Word the answer to a move."""
    return to_json({"id": move_id, "replies": [_reply(reply) for reply in shown]})


def told(move_id: str, word: str) -> bytes:
    """Word that a move is being worked on: its answer will come."""
    return to_json({"id": move_id, "told": word})


def trouble(move_id: str, screen: Screen) -> bytes:
    """Word the answer to a move that failed through no fault of the person."""
    return to_json({"id": move_id, "trouble": _reply(screen)})


def refused(words: str, move_id: str | None = None) -> bytes:
    """Word why a frame did not become a move."""
    return to_json({"refused": words} | ({"id": move_id} if move_id else {}))


def _reply(reply: Reply) -> dict[str, object]:
    match reply:
        case Screen():
            return _screen(reply)
        case Notice():
            return {"kind": "notice", "text": reply.text, "lasting": reply.lasting}
        case Erased():
            return {"kind": "erased"}
        case Document():
            content = b64encode(reply.content).decode()
            return {
                "kind": "document",
                "name": reply.name,
                "content": content,
                "about": reply.about,
            }
        case Commands():
            return {"kind": "commands"} | _commands(reply)


def _commands(menu: Commands) -> dict[str, object]:
    entries = [{"name": entry.name, "about": entry.about} for entry in menu.entries]
    return {"language": menu.language, "commands": entries}


def _screen(screen: Screen) -> dict[str, object]:
    """Word a screen; what it has not is left out, as most screens have little of it."""
    worded: dict[str, object] = {
        "kind": "screen",
        "text": screen.text,
        "rows": [[_button(button) for button in row] for row in screen.rows],
        "heading": screen.heading,
        "form": _form(screen.form) if screen.form else None,
        "progress": _progress(screen.progress) if screen.progress else None,
        "picture": _picture(screen.picture) if screen.picture else None,
        "tone": screen.tone,
        "lasting": screen.lasting,
    }
    return {name: value for name, value in worded.items() if value}


def _form(form: Form) -> dict[str, object]:
    return {
        "kind": form.kind,
        "hint": form.hint,
        "options": [
            # Whether it can be pressed follows from its mark.
            {"text": option.text, "action": option.action, "mark": option.mark}
            for option in form.options
        ],
        "terms": form.terms,
        "keys": [_button(key) for key in form.keys],
    }


def picture_path(digest: str) -> str:
    """Return where the page finds a picture; what is there never changes."""
    return f"/picture/{digest}.png"


def _picture(picture: Picture) -> dict[str, object]:
    return {
        "src": picture_path(picture.digest),
        "width": picture.width,
        "height": picture.height,
        "about": picture.about,
    }


def _progress(progress: Progress) -> dict[str, object]:
    return {"title": progress.title, "words": progress.words, "share": progress.share}


def _button(button: Button) -> dict[str, object]:
    worded: dict[str, object] = {"label": button.label}
    worded |= {"url": button.url} if button.url else {"action": button.action}
    if button.primary:
        worded["primary"] = True
    if button.disabled:
        worded["disabled"] = True
    return worded
