"""A conversation for tests of the doors: it counts presses, and fails or waits when told to."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from course_bot.conversation.port import (
    Button,
    Command,
    Document,
    Move,
    Notice,
    Opened,
    Outgoing,
    Pressed,
    Reply,
    Screen,
    Wrote,
)
from course_bot.locale.phrases import Language
from course_bot.storage import Account


@dataclass
class PretendTalk:
    """Remembers every move by its id, as storage does, and shows how many presses it has seen."""

    taken: list[Move] = field(default_factory=list)
    """Every move handed in, also those handed in twice."""
    presses: dict[Account, int] = field(default_factory=dict)
    seen: set[tuple[Account, str]] = field(default_factory=set)
    fails: bool = False
    answer: Sequence[Reply] = ()
    """What to say to everything, if not what follows from the presses."""
    open: asyncio.Event = field(default_factory=asyncio.Event)
    """Moves wait until this is set."""
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.open.set()

    async def has_taken(self, count: int) -> None:
        """Wait until so many moves were handed in."""
        while len(self.taken) < count:
            self.news.clear()
            await self.news.wait()

    async def take(self, move: Move) -> Sequence[Reply]:
        self.taken.append(move)
        self.news.set()
        await self.open.wait()
        if self.fails:
            raise RuntimeError("the database is away")
        if self.answer:
            return self.answer
        new = (move.account, move.move_id) not in self.seen
        self.seen.add((move.account, move.move_id))
        match move:
            case Pressed(action="count") if new:
                self.presses[move.account] = self.presses.get(move.account, 0) + 1
            case Pressed(action="notice"):
                return [Notice(text="Отмечено"), self._screen(move.account)]
            case Pressed(action="file"):
                return [
                    Document(name="моё.json", content=b'{"a": 1}' * 200),
                    self._screen(move.account),
                ]
            case Pressed(action="long"):
                return [Screen(text="Длинный шаг. " * 250, rows=((COUNT,),))]
            case Wrote(text=text):
                return [Screen(text=f"Вы написали: {len(text)}", rows=((COUNT,),))]
            case Opened(payload=payload) if payload:
                return [Screen(text=f"Ссылка: {payload}", rows=((COUNT,),))]
        return [self._screen(move.account)]

    def _screen(self, account: Account) -> Screen:
        return Screen(
            text=f"<b>Нажатий: {self.presses.get(account, 0)}</b> &lt;i&gt;",
            rows=(
                (COUNT, Button(label="Отметить", action="notice")),
                (Button(label="Файл", action="file"), Button(label="Длинный", action="long")),
                (Button(label="Инструкция на сайте", url="https://sferum.example/help"),),
            ),
        )

    async def blocked(self, account: Account, since: datetime | None) -> None:
        raise AssertionError("nobody blocks a page")

    async def outgoing(self, door: str, now: datetime) -> Sequence[Outgoing]:
        return ()

    async def delivered(self, message: int, now: datetime) -> None:
        raise AssertionError("nothing was lent")

    async def undelivered(
        self, message: int, now: datetime, *, reason: str, lasting: bool
    ) -> None:
        raise AssertionError("nothing was lent")

    def commands(self, language: Language) -> Sequence[Command]:
        about = "Menu" if language == "en" else "Главное меню"
        return [Command(name="menu", about=about), Command(name="me", about="Мои данные")]

    def trouble(self, language: Language) -> Screen:
        return Screen(text=f"Что-то сломалось у нас [{language}]")

    def refusal(self, reason: str, language: Language) -> str:
        return (
            f"Отказ: {reason}, объяснение для человека, которое не помещается целиком [{language}]"
        )


COUNT = Button(label="Посчитать", action="count")
