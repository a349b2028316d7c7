"""The real process and people who press while it is killed: what the crash tests are made of."""

import asyncio
import json
import os
import re
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from random import Random
from uuid import uuid4

import psutil
from aiohttp import ClientError, WSMessageTypeError
from sqlalchemy import select
from sqlalchemy.engine import URL

from course_bot.conversation.port import NO_TICK, TICK
from course_bot.questions.choice import Choice
from course_bot.questions.kinds import Asked
from course_bot.questions.match import Match
from course_bot.questions.multiple import Multiple
from course_bot.questions.number import Number
from course_bot.questions.order import Order
from course_bot.questions.question import Response
from course_bot.storage.engine import create_engine
from course_bot.storage.schema import answer
from tests.browser_person import BrowserPerson

ROOT = Path(__file__).parents[1]
COURSE_BOT = (sys.executable, "-m", "course_bot")
KILLS = int(os.environ.get("COURSE_BOT_TEST_KILLS", "5"))
FEWER_KILLS = max(3, KILLS // 5)
"""For the second database and for Telegram, so that fifty kills stay a matter of minutes."""
PATIENCE = 120.0
"""Whoever waits longer than this for one thing hangs, and is told so."""
OPEN = re.compile(r"The course is open: (\S+)")
QUESTION = re.compile(r"вопрос (\d+) из \d+")
ASKS_NUMBER = "Напишите ответ числом"

WISHES = (
    ("begin", "role", "name"),
    ("pick", "tap", "done"),
    ("question", "result", "start", "quiz"),
    ("continue", "lesson", "step", "menu"),
)
"""What a learner presses of what there is: something of the first line that is there at all."""
DETOURS = ("undo", "step", "lesson", "menu", "progress")
"""What a learner presses now and then instead."""

LOST_ANSWERS = 0.05
"""How often a learner's connection breaks before the answer is heard, with no kill at all."""
ERRANDS = ("link", "join", "export", "erase")
OFTEN_LOST = 0.4
"""How often it breaks at what is rarely done, and more than an answer in a quiz."""
LINK = re.compile(r"start=(go-[\w-]+)")

Given = dict[tuple[str, int], Response]
"""Answers by their attempt and the question's place in it."""


class Bot:
    """``course-bot run`` as a process in a folder of its own, started and killed at will."""

    def __init__(
        self, folder: Path, database: URL, *, command: Sequence[str] = COURSE_BOT, **settings: str
    ) -> None:
        self.url = ""
        self._command = command
        self._folder = folder
        self._log = folder / "stderr.log"
        self._process: Process | None = None
        mine = ("COURSE_BOT_", "MAX_", "TELEGRAM_")
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(mine)},
            "COURSE_BOT_DATABASE": database.render_as_string(hide_password=False),
            "COURSE_BOT_LESSONS": str(ROOT / "lessons"),
            "COURSE_BOT_PORT": "0",
            **settings,
        }

    @property
    def log(self) -> str:
        """What all its lives wrote to stderr."""
        return self._log.read_text()

    @property
    def pid(self) -> int:
        """The number of the process that runs."""
        assert self._process
        return self._process.pid

    async def starts(self) -> None:
        """Start it and wait until the course is open."""
        process = await self._spawned("run")
        assert process.stdout
        async with asyncio.timeout(PATIENCE):
            line = (await process.stdout.readline()).decode()
        opened = OPEN.match(line)
        assert opened, f"it did not start, but said {line!r}:\n{self.log}"
        self.url = opened[1]

    async def dies_while_starting(self, seconds: float) -> None:
        """Start it and kill it when it has used so much CPU time, or has opened before that."""
        process = await self._spawned("run")
        assert process.stdout
        opened = asyncio.create_task(process.stdout.readline())
        watched = psutil.Process(process.pid)
        async with asyncio.timeout(PATIENCE):
            while not opened.done() and sum(watched.cpu_times()[:2]) < seconds:
                await asyncio.wait([opened], timeout=0.002)
        process.kill()
        await opened
        await self._is_dead()

    async def is_killed(self) -> None:
        """Kill it as the kernel does when memory runs out: without a word."""
        assert self._process
        self._process.kill()
        await self._is_dead()

    async def _is_dead(self) -> None:
        assert self._process
        await self._process.communicate()
        code, self._process = self._process.returncode, None
        assert code == -signal.SIGKILL, f"it ended by itself:\n{self.log}"

    async def stops(self) -> None:
        """Stop it as an administrator does, in good order."""
        assert self._process
        self._process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(PATIENCE):
            await self._process.communicate()
        assert self._process.returncode == 0, self.log
        self._process = None

    async def runs(self, *arguments: str) -> tuple[int, str]:
        """Run another command to its end; return its exit code and what it printed."""
        process = await self._spawned(*arguments)
        async with asyncio.timeout(PATIENCE):
            printed, _ = await process.communicate()
        self._process = None
        assert process.returncode is not None
        return process.returncode, printed.decode() + self.log

    async def leaves_nothing(self) -> None:
        """Make sure that no process stays behind, whatever happened."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.communicate()

    async def _spawned(self, *arguments: str) -> Process:
        assert self._process is None, "one life at a time"
        with self._log.open("a") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(*self._command, *arguments),
                cwd=self._folder,
                env=self._environment,
                stdout=PIPE,
                stderr=log,
            )
        return self._process


@asynccontextmanager
async def bot_in(
    folder: Path, database: URL, *, command: Sequence[str] = COURSE_BOT, **settings: str
) -> AsyncIterator[Bot]:
    """Have a bot that works in a folder; in the end no process of it is left.

    ``command`` is how course-bot is called.
    """
    bot = Bot(folder, database, command=command, **settings)
    try:
        yield bot
    finally:
        await bot.leaves_nothing()


async def stored_answers(database: URL) -> Given:
    """Read the log of answers."""
    engine = create_engine(database)
    try:
        async with engine.connect() as connection:
            rows = await connection.execute(
                select(answer.c.attempt_id, answer.c.index, answer.c.response)
            )
            return {(taken, index): response for taken, index, response in rows}
    finally:
        await engine.dispose()


@dataclass
class Press:
    """A move that the page keeps until it is answered."""

    kind: str
    id: str = field(default_factory=lambda: str(uuid4()))
    action: str = ""
    text: str = ""
    payload: str = ""
    answers: Response | None = None
    """The response that it gives, where it answers a question."""
    told: str = ""
    """What the notice says that comes with its answer, if one does."""

    @property
    def verb(self) -> str:
        return self.action.partition(":")[0]


class Learner:
    """Somebody who takes quizzes in the browser, at random, and notes every confirmed answer.

    Between whiles they go on at one more device, ask for all that is stored about them, or delete
    it all and begin anew. What was sent and not answered is sent again after a new connection, as
    the page does it.
    """

    def __init__(
        self, device: Callable[[], BrowserPerson], random: Random, notify: Callable[[], None]
    ) -> None:
        """Begin at one device of those that ``device`` makes; ``notify`` is told of each move."""
        self.devices = [device()]
        self.person = self.devices[0]
        """The device at hand."""
        self._left: list[BrowserPerson] = []
        """Devices that are nobody's any more, where the page may still be open."""
        self.given: Given = {}
        """Every answer that was confirmed, and not deleted since."""
        self.deleted: Given = {}
        self.done: Counter[str] = Counter()
        """How often each errand was done."""
        self.waiting: Press | None = None
        """What was sent and not yet answered."""
        self.confirmed = 0
        """How many moves of this life of the bot were confirmed."""
        self._device = device
        self._random = random
        self._notify = notify
        self._stops = False
        self._plan = self._lives()
        self._question: tuple[str, int] | None = None
        self._parts: tuple[int, ...] = ()
        self._draft: list[int] = []
        self._drafts: dict[tuple[str, int], tuple[tuple[int, ...], list[int]]] = {}

    async def presses_on(self, url: str) -> None:
        """Press until the connection breaks."""
        self.confirmed = 0
        with suppress(ClientError, OSError, WSMessageTypeError):
            await self._presses(url)

    async def stops(self, url: str) -> None:
        """Bring to its end what is begun, and ask at each device for all that is stored."""
        self._stops = True
        await self._presses(url)

    async def _presses(self, url: str) -> None:
        try:
            while (move := self.waiting or next(self._plan, None)) is not None:
                self.waiting = move
                await self._makes(move, url)
        finally:
            for device in (*self.devices, *self._left):
                await device.leaves()
            self._left.clear()

    async def _makes(self, move: Press, url: str) -> None:
        person = self.person
        if person.socket is None:
            person.url = url
            await (person.connects() if len(person.session.cookie_jar) else person.visits())
        person.documents.clear()
        fields = {
            "pressed": {"action": move.action},
            "wrote": {"text": move.text},
            "opened": {"payload": move.payload},
        }
        await person.posts(move.kind, id=move.id, **fields[move.kind])
        if self._random.random() < (OFTEN_LOST if move.verb in ERRANDS else LOST_ANSWERS):
            await person.leaves()
            return
        answer = await person.hears()
        assert answer["id"] == move.id
        assert "replies" in answer, f"{move} came to {answer}"
        self.waiting = None
        self._takes_in(move)
        self.confirmed += 1
        self._notify()

    # What a learner does; a move that is yielded is confirmed when the next one is asked for.

    def _lives(self) -> Iterator[Press]:
        yield Press("opened")
        errands = [self._goes_on_elsewhere, self._exports, self._begins_anew]
        self._random.shuffle(errands)
        for errand in cycle(errands):
            yield from self._learns(self._random.randint(0, 12))
            if self._stops:
                break
            yield from errand()
        for device in self.devices:
            self.person = device
            yield from self._exports()

    def _learns(self, moves: int) -> Iterator[Press]:
        for _ in range(moves):
            if self._stops:
                break
            yield self._next()

    def _goes_on_elsewhere(self) -> Iterator[Press]:
        """Follow a personal link at a new device, where somebody may have learned before."""
        here, there = self.person, self._device()
        self.devices.append(there)
        self.person = there
        yield from self._learns(self._random.choice((0, 15)))
        self.person = here
        yield Press("pressed", action="link")
        link = LINK.search(here.text)
        assert link, here.text
        self.person = there
        yield Press("opened", payload=link[1])
        there.sees("Продолжить здесь")
        yield Press("pressed", action="join", told="теперь здесь")
        there.sees_not("Продолжить здесь")
        self.done["join"] += 1
        for device in (here, there):
            self.person = device
            yield from self._exports()

    def _exports(self) -> Iterator[Press]:
        """Get all that is stored: it is what all devices together have given, and no more."""
        yield Press("pressed", action="export")
        (document,) = self.person.documents
        told = json.loads(document.content)
        answers = {
            (taken["attempt"]["id"], answer["index"]): answer["response"]
            for taken in told["attempts"]
            for answer in taken["answers"]
        }
        given = {
            key: list(response) if isinstance(response, tuple) else response
            for key, response in self.given.items()
        }
        assert answers == given
        assert len(told["accounts"]) == len(self.devices)
        self.done["export"] += 1

    def _begins_anew(self) -> Iterator[Press]:
        """Delete everything; what other devices there were are nobody's then."""
        yield Press("pressed", action="forget")
        yield Press("pressed", action="erase")
        self.person.sees("Всё о вас удалено")
        yield Press("pressed", action="welcome")

    def _takes_in(self, move: Press) -> None:
        """Hold what is shown now against what the move must have come to, once and only once."""
        person, shown = self.person, f"after {move}: {self.person.text} {self.person.rows}"
        if move.told:
            person.was_told(move.told)
        else:
            assert not person.notices, f"{person.notices} {shown}"
        assert len(person.documents) == (move.verb == "export"), f"{person.documents} {shown}"
        if move.verb == "erase":
            self._left += [device for device in self.devices if device is not person]
            self.devices = [person]
            self.deleted |= self.given
            self.given = {}
            self.done["erase"] += 1
        actions = {button.action for button in person.buttons}
        if move.answers is not None:
            onward = [action for action in actions if action.startswith(("question:", "result:"))]
            assert len(onward) == 1, f"no explanation {shown}"
            assert self._question
            attempt, index = onward[0].split(":")[1], self._question[1]
            assert onward[0] in (f"question:{attempt}:{index + 1}", f"result:{attempt}"), shown
            assert (attempt, index) not in self.given, f"answered twice {shown}"
            self.given[attempt, index] = move.answers
            self._question = None
            return
        if move.verb == "tap":
            tapped = int(move.action.rpartition(":")[2])
            if tapped in self._draft:
                self._draft.remove(tapped)
            else:
                self._draft.append(tapped)
        elif move.verb == "undo":
            self._draft.pop()
        self._looks(shown)

    def _looks(self, shown: str) -> None:
        """See which question waits, if one does, and whether its draft is what was tapped."""
        number = QUESTION.search(self.person.text)
        if number is None:
            return
        keys = [button for button in self.person.buttons if not button.disabled]
        taps = [button for button in keys if button.action.startswith("tap:")]
        parts = [int(button.action.rpartition(":")[2]) for button in taps]
        actions = [button.action.split(":") for button in self.person.buttons]
        attempts = [action[1] for action in actions if action[0] in ("pick", "tap", "done")]
        self._question = (attempts[0] if attempts else "", int(number[1]) - 1)
        self._parts, self._draft = self._drafts.setdefault(self._question, (tuple(parts), []))
        if any(button.label.startswith((TICK, NO_TICK)) for button in taps):
            ticked = [
                part for part, tap in zip(parts, taps, strict=True) if tap.label.startswith(TICK)
            ]
            assert sorted(ticked) == sorted(self._draft), f"not {self._draft} {shown}"
        elif taps:
            left = set(self._parts) - set(self._draft)
            assert set(parts) == left, f"not {self._draft} {shown}"

    def _next(self) -> Press:
        """Decide what to do about the screen: mostly what it asks for."""
        by_verb: dict[str, list[str]] = {}
        for button in self.person.buttons:
            if button.action and not button.disabled:
                by_verb.setdefault(button.action.split(":")[0], []).append(button.action)
        if not by_verb:
            return Press("opened")
        if ASKS_NUMBER in self.person.text and self._random.random() < 0.9:
            number = self._random.randint(1, 200)
            return Press("wrote", text=f"{number}", answers=float(number))
        for wishes in WISHES:
            ways = [verb for verb in wishes if verb in by_verb]
            if ways:
                break
        else:
            return Press("wrote", text="/menu")
        if self._random.random() < 0.1:
            ways = [verb for verb in DETOURS if verb in by_verb] or ways
        action = self._random.choice(by_verb[self._random.choice(ways)])
        return Press("pressed", action=action, answers=self._answered_by(action))

    def _answered_by(self, action: str) -> Response | None:
        verb, *args = action.split(":")
        if verb == "pick":
            return (int(args[-1]),)
        if verb != "done" or not args:
            return None
        if any(button.label.startswith(TICK) for button in self.person.buttons):
            return tuple(sorted(self._draft))
        return (*self._draft, *(part for part in self._parts if part not in self._draft))


def answering(
    attempt: str, index: int, asked: Asked, random: Random
) -> tuple[list[str], Response]:
    """Say how a question is answered by somebody who sees none of the screens between.

    Returns:
        Actions to press one after another, or a number to write; and the response they give.
    """
    here = f"{attempt}:{index}"
    moves = [f"question:{here}"]
    count = len(asked.shown)
    match asked.question:
        case Choice():
            chosen = random.randrange(count)
            return [*moves, f"pick:{here}:{chosen}"], (chosen,)
        case Multiple():
            # Each tap turns a mark round: one that counts twice would be seen in the response.
            taps = random.choices(range(count), k=random.randint(1, 5))
            marked = tuple(part for part in range(count) if taps.count(part) % 2)
            if not marked:
                taps, marked = [*taps, taps[0]], (taps[0],)
            moves += [f"tap:{here}:{part}" for part in taps]
            return [*moves, f"done:{here}"], marked
        case Order() | Match() as question:
            order = random.sample(range(count), count)
            last = -1 if isinstance(question, Match) else count
            moves += [f"tap:{here}:{part}" for part in order[:last]]
            return [*moves, f"done:{here}"], tuple(order)
        case Number():
            number = random.randint(1, 200)
            return [*moves, f"{number}"], float(number)
        case _:
            raise TypeError(asked.question.kind)
