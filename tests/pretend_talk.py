"""A conversation for tests of the doors: it counts presses, and fails or waits when told to."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from html import escape

from course_bot.conversation.port import (
    Button,
    Command,
    Commands,
    Document,
    GoneError,
    Move,
    Notice,
    Opened,
    Outgoing,
    Pressed,
    Reply,
    Screen,
    Sent,
    Tell,
    TooLargeError,
    Wrote,
)
from course_bot.errors import CourseError
from course_bot.locale.phrases import Language
from course_bot.storage import Account


@dataclass
class PretendTalk:
    """Remembers every move by its id, as storage does, and shows how many presses it has seen."""

    notify: Callable[[], None] = lambda: None
    """Is told of everything that happens."""
    taken: list[Move] = field(default_factory=list)
    """Every move handed in, also those handed in twice."""
    committed: list[Move] = field(default_factory=list)
    """Every move that was carried out, also those carried out twice."""
    presses: dict[Account, int] = field(default_factory=dict)
    passing: list[str] = field(default_factory=list)
    """What is told while a move is worked on."""
    files: list[tuple[str, bytes]] = field(default_factory=list)
    """The name and the content of every file that was sent."""
    unread: list[CourseError] = field(default_factory=list)
    """What was told of those that can't be had."""
    gone: list[tuple[Account, datetime | None]] = field(default_factory=list)
    """Who blocked the bot, and who came back."""
    replies: Callable[[Move], Sequence[Reply]] | None = None
    """What to say to everything, if not what follows from the presses."""
    breaks: Callable[[Move], Exception | None] = lambda _: None
    """Which moves fail, and with what."""
    open: asyncio.Event = field(default_factory=asyncio.Event)
    """Moves wait until this is set."""
    held: dict[str, asyncio.Event] = field(default_factory=dict)
    """Whose moves wait for something else, by the account's key."""
    allowance: asyncio.Semaphore | None = None
    """How many more moves the database carries out."""
    outbox: "PretendOutbox" = field(default_factory=lambda: PretendOutbox())

    def __post_init__(self) -> None:
        self.open.set()
        self._news = asyncio.Event()
        self._seen: set[tuple[Account, str]] = set()

    async def has_taken(self, count: int) -> None:
        """Wait until so many moves were handed in."""
        while len(self.taken) < count:
            self._news.clear()
            await self._news.wait()

    def fails(self) -> None:
        """Fail every move from now on."""
        self.breaks = lambda _: RuntimeError("the database is away")

    def recovers(self) -> None:
        """Fail no more."""
        self.breaks = lambda _: None

    def holds(self, *keys: str) -> asyncio.Event:
        """Let the moves of these accounts wait until the event is set."""
        event = asyncio.Event()
        self.held |= dict.fromkeys(keys, event)
        return event

    def ids(self) -> list[str]:
        """Return the ids of all moves that were carried out."""
        return [move.move_id for move in self.committed]

    async def take(self, move: Move, tell: Tell | None = None) -> Sequence[Reply]:
        self.taken.append(move)
        if tell is not None:
            for word in self.passing:
                await tell(word)
        self._tell()
        await self.open.wait()
        if move.account.key in self.held:
            await self.held[move.account.key].wait()
        if self.allowance is not None:
            await self.allowance.acquire()
        if (error := self.breaks(move)) is not None:
            raise error
        if isinstance(move, Sent) and move.file is not None:
            try:
                self.files.append((move.file.name, await move.file.fetch()))
            except (GoneError, TooLargeError) as fault:
                self.unread.append(fault)
        new = (move.account, move.move_id) not in self._seen
        self._seen.add((move.account, move.move_id))
        self.committed.append(move)
        self._tell()
        return self._counted(move, new=new) if self.replies is None else self.replies(move)

    def _tell(self) -> None:
        self._news.set()
        self.notify()

    def _counted(self, move: Move, *, new: bool) -> Sequence[Reply]:
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
            case Sent(file=file) if file is not None:
                return [Screen(text=f"Файл: {escape(file.name)}, {file.size}", rows=((COUNT,),))]
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
        self.gone.append((account, since))
        self._tell()

    async def outgoing(self, door: str, now: datetime) -> Sequence[Outgoing]:
        if self.outbox.faults:
            raise self.outbox.faults.pop()
        return self.outbox.lends(door)

    async def begin(self, message: int, now: datetime) -> bool:
        if self.outbox.faults:
            raise self.outbox.faults.pop()
        return self.outbox.begins(message)

    async def delivered(self, message: int, now: datetime) -> None:
        await self.outbox.reports.wait()
        if self.outbox.faults:
            raise self.outbox.faults.pop()
        self.outbox.sent.append(self.outbox.lent.pop(message))
        self._tell()

    async def undelivered(
        self, message: int, now: datetime, *, reason: str, lasting: bool
    ) -> None:
        outgoing = self.outbox.lent.pop(message)
        if lasting:
            self.outbox.given_up.append((outgoing, reason))
        else:
            self.outbox.begun.discard(message)
            self.outbox.put_off.append((outgoing, reason))
            self.outbox.due.append(outgoing)
        self._tell()

    async def commands(self, language: Language, account: Account | None = None) -> Commands:
        about = "Menu" if language == "en" else "Главное меню"
        entries = (Command(name="menu", about=about), Command(name="me", about="Мои данные"))
        return Commands(entries=entries, language=language, usual=True)

    def trouble(self, language: Language) -> Screen:
        return Screen(text=f"<b>Что-то сломалось</b> у нас [{language}]")

    def refusal(self, reason: str, language: Language) -> str:
        return (
            f"Отказ: {reason}, объяснение для человека, которое не помещается целиком [{language}]"
        )


COUNT = Button(label="Посчитать", action="count")


class PretendOutbox:
    """What the bot says by itself: each message is due, lent, and then sent or given up."""

    def __init__(self) -> None:
        self.due: list[Outgoing] = []
        self.lent: dict[int, Outgoing] = {}
        self.sent: list[Outgoing] = []
        self.given_up: list[tuple[Outgoing, str]] = []
        self.put_off: list[tuple[Outgoing, str]] = []
        self.begun: set[int] = set()
        """Those that are never lent again, by their ids."""
        self.reports = asyncio.Event()
        """Reports of what was sent wait until this is set."""
        self.reports.set()
        self.faults: list[Exception] = []
        """What the database answers before it works."""
        self._last = 0

    def says(self, account: Account, text: str, *, once: bool = False) -> Outgoing:
        """Make a message due."""
        self._last += 1
        screen = Screen(text=text)
        self.due.append(Outgoing(id=self._last, account=account, screen=screen, once=once))
        return self.due[-1]

    def begins(self, message: int) -> bool:
        """Note that a message is begun, if it is the first time."""
        new = message not in self.begun
        self.begun.add(message)
        return new

    def lends(self, door: str, most: int = 100) -> list[Outgoing]:
        """Lend what is due at a door, one message a person."""
        firsts = {it.account: it for it in reversed(self.due) if it.account.door == door}
        lent = sorted(firsts.values(), key=lambda it: it.id)[:most]
        for message in lent:
            self.due.remove(message)
            self.lent[message.id] = message
        return lent

    def leases_end(self) -> None:
        """Make due again what was lent and never reported."""
        self.due += [it for it in self.lent.values() if it.id not in self.begun]
        self.lent.clear()
