"""A person who takes the course through Telegram: dialogue tests over the stand-in."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from course_bot.conversation.port import Button, Document
from course_bot.messengers.delivery import LASTING
from tests.dialogue import Person
from tests.telegram_standin import MESSAGE_KINDS, NOT_MODIFIED, BotApi, Call, Shown, Somebody

SHOWS = ("sendMessage", "editMessageText", "sendPhoto", "editMessageMedia")


@dataclass
class TelegramPerson(Person):
    """A person in Telegram, who waits for the bot after each move.

    ``settled`` waits until the bot has nothing more to say (``TelegramDoor.idle``, where the door
    is at hand). Without it, as with a bot in another process, a move is over when its update is
    confirmed, its press answered and a screen shown.
    """

    api: BotApi = field(kw_only=True)
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
        await self.writes(f"/start {payload}".strip())

    async def writes(self, text: str) -> None:
        await self._does(lambda: self.somebody.writes(text))

    async def sends_action(self, action: str) -> None:
        await self._does(
            lambda: self.somebody.presses_data(self._data(action), self.message), is_press=True
        )

    def _data(self, action: str) -> str:
        """Return what the key with this action sends; of one that is not there, the action."""
        keys = [key for row in (self.message.keyboard if self.message else []) for key in row]
        known = {key.get("callback_data", "") for key in keys}
        return LASTING + action if LASTING + action in known else action

    async def sends_picture(self) -> None:
        await self._does(lambda: self.somebody.sends(**MESSAGE_KINDS["photo"]))

    async def sends(self, name: str, content: bytes) -> None:
        await self._does(lambda: self.somebody.sends_file(name, content))

    async def _does(self, move: Callable[[], int], *, is_press: bool = False) -> None:
        self.notices.clear()
        before = len(self.api.calls)
        update = move()

        def over() -> bool:
            answered = not is_press or bool(self.somebody.query.answers)
            return answered and any(map(_shows_screen, self._calls(before)))

        await self.api.until_confirmed(update)
        if self.settled is None:
            await self.api.until(over, f"for a screen after update {update}")
        else:
            await self.settled()
        if is_press:
            self.notices += [text for text, _ in self.somebody.query.answers if text]
        for call in self._calls(before):
            self._looks_at(call)
        self.commands = self.api.menu(self.number, self.language)

    def _calls(self, since: int) -> list[Call]:
        """What the bot has done in this chat, as far as it is carried out."""
        return [
            call
            for call in self.api.calls[since:]
            if call.chat == self.number and (call.code == 200 or call.description == NOT_MODIFIED)
        ]

    def _looks_at(self, call: Call) -> None:
        if _shows_screen(call):
            number = call.message or int(call.params["message_id"])
            self.message = self.somebody.chat.messages[number]
            self.text = _read(self.message.text or self.message.caption)
            self.picture = self.message.document[1] if self.message.document else None
            self.rows = tuple(
                tuple(
                    Button(
                        label=button["text"],
                        action=button.get("callback_data", "").removeprefix(LASTING)
                        or ("" if "url" in button else "disabled"),
                        url=button.get("url", ""),
                        primary="style" in button,
                        disabled="disabled" in button,
                    )
                    for button in row
                )
                for row in self.message.keyboard
            )
        elif call.method == "sendMessage":
            self.notices.append(_read(self.somebody.chat.messages[call.message].text))
        elif call.method in ("sendDocument", "sendPhoto"):
            shown = self.somebody.chat.messages[call.message]
            assert shown.document is not None
            name, content = shown.document
            self.documents.append(Document(name=name, content=content, about=shown.caption))


def _shows_screen(call: Call) -> bool:
    said = call.params if call.method != "editMessageMedia" else json.loads(call.params["media"])
    return call.method in SHOWS and "parse_mode" in said


def _read(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", " ")
