"""A person who takes the course through MAX: dialogue tests over the stand-in."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from course_bot.conversation.port import Button, Document
from course_bot.messengers.delivery import LASTING
from tests.dialogue import Person, plain
from tests.max_standin import MESSAGE_KINDS, Call, MaxApi, Shown, Somebody

SHOWS = ("POST /messages", "PUT /messages", "POST /answers")
LISTED = re.compile(r"[①-⑳㉑-㉟㊱-㊿] ")
"""How a line begins that says the whole of a label which has no room."""


@dataclass
class MaxPerson(Person):
    """A person in MAX, who waits for the bot after each move.

    ``settled`` waits until the bot has nothing more to say (``MaxDoor.idle``, where the door is
    at hand). Without it, as with a bot in another process, a move is over when its update is
    taken, its press answered and a screen shown.
    """

    api: MaxApi = field(kw_only=True)
    number: int = field(kw_only=True, default=5_000_000_001)
    language: str = field(kw_only=True, default="ru")
    settled: Callable[[], Awaitable[None]] | None = field(kw_only=True, default=None)
    message: Shown | None = None
    """The message that has the screen."""

    def __post_init__(self) -> None:
        first, _, last = self.name.partition(" ")
        self.somebody = Somebody(
            self.api, self.number, first_name=first, last_name=last, language=self.language
        )

    async def opens(self, payload: str = "") -> None:
        await self._does(lambda: self.somebody.starts(payload))

    async def writes(self, text: str) -> None:
        await self._does(lambda: self.somebody.writes(text))

    async def sends_action(self, action: str) -> None:
        await self._does(
            lambda: self.somebody.presses_data(self._data(action), self.message), is_press=True
        )

    def _data(self, action: str) -> str:
        """Return what the key with this action sends; of one that is not there, the action."""
        keys = [key for row in (self.message.keyboard if self.message else []) for key in row]
        known = {key.get("payload", "") for key in keys}
        return LASTING + action if LASTING + action in known else action

    async def sends_picture(self) -> None:
        await self._does(lambda: self.somebody.sends(attachments=[MESSAGE_KINDS["image"]]))

    async def sends(self, name: str, content: bytes) -> None:
        await self._does(lambda: self.somebody.sends_file(name, content))

    def button(self, label: str) -> Button:
        """Find the one button with this label, be it cut short where the text says the whole."""
        cut = [
            button
            for button in self.buttons
            if button.label.endswith("…")
            and _words(label).startswith(_words(button.label))
            and _words(label) in _words(self.text)
        ]
        return cut[0] if len(cut) == 1 and label not in self.labels else super().button(label)

    async def _does(self, move: Callable[[], int], *, is_press: bool = False) -> None:
        self.notices.clear()
        before = len(self.api.calls)
        update = move()

        def over() -> bool:
            answered = not is_press or bool(self.somebody.press.answers)
            return answered and any(map(_shows_screen, self._calls(before)))

        await self.api.until_confirmed(update)
        if self.settled is None:
            await self.api.until(over, f"for a screen after update {update}")
        else:
            await self.settled()
        for call in self._calls(before):
            self._looks_at(call)
        self.commands = {each["name"]: each["description"] for each in self.api.commands}

    def _calls(self, since: int) -> list[Call]:
        """What the bot has done in this chat, as far as it is carried out."""
        return [
            call
            for call in self.api.calls[since:]
            if call.chat == self.somebody.chat.number and call.code == 200
        ]

    def _looks_at(self, call: Call) -> None:
        if call.body.get("notification"):
            self.notices.append(_read(f"{call.body['notification']}"))
        if not call.message or call.message not in self.somebody.chat.messages:
            return
        shown = self.somebody.chat.messages[call.message]
        if _shows_screen(call):
            self._sees(shown)
        elif call.method == "POST /messages" and shown.document is not None:
            name, content = shown.document
            self.documents.append(Document(name=name, content=content, about=shown.text))
        elif call.method == "POST /messages":
            self.notices.append(_read(shown.text))

    def _sees(self, message: Shown) -> None:
        self.message = message
        lines = message.text.split("\n")
        wholes = {line[0]: line[2:] for line in lines if LISTED.match(line)}

        def button(key: dict[str, str]) -> Button:
            label = key["text"]
            return Button(
                label=_read(wholes.get(label[0], label)),
                action=key.get("payload", "").removeprefix(LASTING),
                url=key.get("url", ""),
            )

        self.text = _read("\n".join(line for line in lines if not LISTED.match(line)).rstrip())
        self.picture = message.document[1] if message.document else None
        self.rows = tuple(tuple(map(button, row)) for row in message.keyboard)


def _shows_screen(call: Call) -> bool:
    """Tell screens from other words by their markup."""
    said = call.body.get("message") if call.method == "POST /answers" else call.body
    return call.method in SHOWS and (said or {}).get("format") == "html"


def _read(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", " ")


def _words(text: str) -> str:
    """Return a text's words: quotes within quotes are other ones."""
    return " ".join(re.findall(r"\w+", plain(text)))
