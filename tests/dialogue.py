"""People for dialogue tests: the same words and presses through every door."""

import html
import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from course_bot.conversation.port import (
    Attachment,
    Button,
    Commands,
    Document,
    Erased,
    Move,
    Notice,
    Opened,
    Pressed,
    Reply,
    Screen,
    Sent,
    Talk,
    TooLargeError,
    Wrote,
)
from course_bot.sheets.figures import FILE_BYTES
from course_bot.storage import Account


def plain(text: str) -> str:
    """What a person reads of a text in the HTML subset, with ordinary spaces."""
    return html.unescape(re.sub(r"</?[a-z]+>", "", text)).replace("\N{NO-BREAK SPACE}", " ")


@dataclass
class Person(ABC):
    """Somebody who takes the course; a door's subclass carries the moves."""

    name: str = "Анна Петровна"
    text: str = ""
    """The screen's text as it is read, without markup."""
    rows: tuple[tuple[Button, ...], ...] = ()
    picture: bytes | None = None
    """The picture in the screen, as PNG."""
    notices: list[str] = field(default_factory=list)
    documents: list[Document] = field(default_factory=list)
    erased: bool = False
    """The door was told to forget what was said."""
    commands: dict[str, str] = field(default_factory=dict)
    """What each entry of the command menu says, as far as the person was given one."""

    @abstractmethod
    async def opens(self, payload: str = "") -> None:
        """Open the conversation, perhaps through a link."""

    @abstractmethod
    async def writes(self, text: str) -> None:
        """Write a message."""

    @abstractmethod
    async def sends_action(self, action: str) -> None:
        """Press a button with this action, whether or not it is on the screen."""

    @abstractmethod
    async def sends_picture(self) -> None:
        """Send something that is not text (doors without files do nothing)."""

    @abstractmethod
    async def sends(self, name: str, content: bytes) -> None:
        """Send a file."""

    @property
    def buttons(self) -> tuple[Button, ...]:
        return tuple(button for row in self.rows for button in row)

    @property
    def labels(self) -> tuple[str, ...]:
        return tuple(plain(button.label) for button in self.buttons)

    def button(self, label: str) -> Button:
        """Find the one button whose label is this, or else contains this."""
        same = [button for button in self.buttons if plain(button.label) == label]
        found = same or [button for button in self.buttons if label in plain(button.label)]
        assert len(found) == 1, (
            f"{label!r} names {len(found)} of {self.labels} under:\n{self.text}"
        )
        return found[0]

    async def presses(self, label: str) -> None:
        """Press the button with this label."""
        button = self.button(label)
        assert button.action, f"{label!r} is a link to {button.url}"
        await self.sends_action(button.action)

    def sees(self, *parts: str) -> None:
        """Assert that the screen's text has all these parts."""
        for part in parts:
            assert part in self.text, f"{part!r} is not in:\n{self.text}\n{self.labels}"

    def sees_not(self, *parts: str) -> None:
        """Assert that the screen's text has none of these parts."""
        for part in parts:
            assert part not in self.text, f"{part!r} is in:\n{self.text}"

    def was_told(self, part: str) -> None:
        """Assert that a notice with this part came with the last replies."""
        assert any(part in notice for notice in self.notices), f"{part!r} not in {self.notices}"

    def receives(self, replies: Sequence[Reply]) -> None:
        """Take in the replies to one move."""
        self.notices.clear()
        for reply in replies:
            match reply:
                case Screen():
                    text, self.rows = reply.spelled()
                    self.text = plain(text)
                    self.picture = reply.picture.png if reply.picture else None
                case Notice():
                    self.notices.append(plain(reply.text))
                case Document():
                    self.documents.append(reply)
                case Erased():
                    self.erased = True
                case Commands():
                    self.commands = {entry.name: entry.about for entry in reply.entries}


@dataclass
class PortPerson(Person):
    """A person who speaks to the conversation directly, without a messenger between."""

    talk: Talk = field(kw_only=True)
    account: Account = field(kw_only=True)
    now: datetime = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
    moves: int = 0

    async def does(self, move: Move) -> None:
        self.receives(await self.talk.take(move))

    def _next(self) -> str:
        self.moves += 1
        return str(self.moves)

    async def opens(self, payload: str = "") -> None:
        await self.does(
            Opened(
                account=self.account,
                move_id=self._next(),
                at=self.now,
                name=self.name,
                payload=payload,
            )
        )

    async def writes(self, text: str) -> None:
        await self.does(
            Wrote(
                account=self.account, move_id=self._next(), at=self.now, name=self.name, text=text
            )
        )

    async def sends_action(self, action: str) -> None:
        await self.does(
            Pressed(
                account=self.account,
                move_id=self._next(),
                at=self.now,
                name=self.name,
                action=action,
            )
        )

    async def sends_picture(self) -> None:
        await self.does(
            Sent(account=self.account, move_id=self._next(), at=self.now, name=self.name)
        )

    async def sends(self, name: str, content: bytes) -> None:
        await self.does(
            Sent(
                account=self.account,
                move_id=self._next(),
                at=self.now,
                name=self.name,
                file=attachment(name, content),
            )
        )


def attachment(name: str, content: bytes) -> Attachment:
    """Return a file as a door hands it over."""

    async def fetch() -> bytes:
        if len(content) > FILE_BYTES:
            raise TooLargeError
        return content

    return Attachment(name=name, size=len(content), fetch=fetch)
