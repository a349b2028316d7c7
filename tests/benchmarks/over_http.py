"""Whole processes at work: bots over HTTP, pages over WebSockets, each beside its peers."""

import asyncio
import json
import shutil
import sys
from asyncio.subprocess import PIPE, STDOUT
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from statistics import median, quantiles
from time import perf_counter, process_time
from uuid import uuid4

from aiohttp import ClientSession, ClientWebSocketResponse, CookieJar

from tests.benchmarks.lean_api import Hook, Lean, LeanApi, Learner, Said, Seen, Side, all_go_on
from tests.benchmarks.lean_max import LeanMax
from tests.benchmarks.peers import SCHEMA, Button, Recorded
from tests.benchmarks.processes import PATIENCE, Contestant, cores, held_to, made, running
from tests.benchmarks.walking import Repeater, Walker
from tests.killing import ROOT

OURS = "course-bot"
BESIDE = "course-bot of {}"
NAIVE = "aiogram, async ORM over aiosqlite"
TUNED = "the same tuned, a writer thread"
TELEGRAF = "telegraf, better-sqlite3"
BARE = "aiohttp alone, a writer thread"

LEARNERS = (1, 16, 64)
SECONDS = 0.6
"""How long a bot's part of a round lasts: short, so that a busy machine is busy for all."""
WALK = 400
"""Moves of the recorded walk: a track's worth and more."""
PAGE_WALK = 100
"""Fewer, as the page's door lets a visitor make five moves a second."""
DEFLATE = 15
"""The window that every browser offers to compress frames with (RFC 7692, 7.1.2.2); whether it is
used is the server's choice, and its CPU."""
VISITORS = 64
VISITORS_AT_ONCE = 16
MOVES = 15
"""Moves of a visitor in a round, which the door lets through at once."""
DRAINS = 4.0
"""Seconds after which a visitor may make as many moves again."""
FIRST = 5_000_000_000


@dataclass
class Taken:
    """What a contestant did in its rounds: all in seconds, a round's CPU and moves apart."""

    rates: list[float] = field(default_factory=list)
    cpu: float = 0.0
    moves: int = 0
    latencies: list[float] = field(default_factory=list)
    megabytes: float = 0.0
    driver: float = 0.0
    """The share of its core that the benchmark itself used, at most."""

    @property
    def rate(self) -> float:
        """Moves a second, the median round's."""
        return median(self.rates)

    @property
    def cpu_of_1000(self) -> float:
        """Seconds of the process's CPU, user and system, for 1,000 moves."""
        return self.cpu / self.moves * 1000

    def rate_of(self, other: "Taken") -> float:
        """How many times the other's moves a second: the median of rounds that went together."""
        return median(mine / theirs for mine, theirs in zip(self.rates, other.rates, strict=True))

    def milliseconds(self, percent: int) -> float:
        """Return a percentile of the latencies, from 1 to 99."""
        return quantiles(self.latencies, n=100)[percent - 1] * 1000


@dataclass
class Bot:
    """A bot that runs, and the people who press its buttons."""

    contestant: Contestant
    side: Side
    people: list[Learner] = field(default_factory=list)

    async def goes(self, learners: int, seconds: float, taken: Taken | None) -> None:
        """Let so many of the people press for so long, and add what came of it."""
        people = self.people[:learners]
        for each in people:
            each.latencies.clear()
        cpu, mine = self.contestant.cpu, process_time()
        try:
            lasted = await all_go_on(people, seconds, patience=PATIENCE)
        except TimeoutError:
            log = self.contestant.log.read_text()[-3000:]
            raise AssertionError(f"a learner waits in vain: {log}") from None
        if taken is None:
            return
        moves = sum(len(each.latencies) for each in people)
        taken.cpu += self.contestant.cpu - cpu
        taken.driver = max(taken.driver, (process_time() - mine) / lasted)
        taken.moves += moves
        taken.rates.append(moves / lasted)
        for each in people:
            taken.latencies += each.latencies
        taken.megabytes = self.contestant.megabytes


async def bots(
    folder: Path, *, rounds: int, beside: Path | None, say: Callable[[str], None]
) -> dict[int, dict[str, Taken]]:
    """Let the course and its peers take turns at being driven over HTTP.

    Args:
        folder: an empty folder to work in.
        rounds: how many rounds count.
        beside: another checkout of the course, which takes part as well.
        say: called with a line where a peer is left out.

    Returns:
        What each took, by how many learners there were and by name.
    """
    theirs, mine = cores()
    modules = await node_modules(folder / "node", say)
    async with AsyncExitStack() as stack:
        stack.enter_context(held_to(mine))
        api = await stack.enter_async_context(LeanApi())
        playing: dict[str, Bot] = {}
        walk: list[Recorded] = []
        for name, root in checkouts(beside).items():
            side = api.side()
            process = await stack.enter_async_context(
                course_bot(folder / root.name, theirs, root=root, api=api, side=side)
            )
            playing[name] = Bot(process, side)
            walk = walk or await record(playing[name])
            playing[name].people = [
                side.learner(FIRST + each, Walker(Random(each))) for each in range(max(LEARNERS))
            ]
        commands = {
            NAIVE: [sys.executable, "-m", "tests.benchmarks.peers.naive"],
            TUNED: [sys.executable, "-m", "tests.benchmarks.peers.tuned"],
        }
        if modules is not None:
            commands[TELEGRAF] = ["node", str(Path(__file__).parent / "peers" / "telegraf.js")]
        file = made(folder) / "walk.json"
        file.write_text(json.dumps(walk, ensure_ascii=False))
        for number, (name, command) in enumerate(commands.items()):
            side = api.side()
            environment = {
                "PEER_API": api.url,
                "PEER_TOKEN": side.token,
                "PEER_WALK": str(file),
                "NODE_PATH": str(modules),
            }
            peer = await stack.enter_async_context(
                _peer(folder / f"peer{number}", command, environment, theirs)
            )
            playing[name] = Bot(
                peer,
                side,
                [side.learner(FIRST + each, Repeater(walk)) for each in range(max(LEARNERS))],
            )
        for name, bot in playing.items():
            await _polled(name, bot)
        found: dict[int, dict[str, Taken]] = {}
        for learners in LEARNERS:
            found[learners] = {name: Taken() for name in playing}
            for number in range(rounds + 1):
                for name, bot in playing.items():
                    taken = found[learners][name] if number else None
                    await bot.goes(learners, SECONDS, taken)
        return found


def checkouts(beside: Path | None) -> dict[str, Path]:
    """Name the checkouts of the course that take part: this one, and perhaps another."""
    return {OURS: ROOT} | ({} if beside is None else {BESIDE.format(beside.name): beside})


@asynccontextmanager
async def course_bot(
    home: Path,
    core: int | None,
    *,
    root: Path = ROOT,
    api: Lean | None = None,
    side: Side | None = None,
    module: str = "course_bot",
    more: Mapping[str, str] | None = None,
) -> AsyncIterator[Contestant]:
    """Run the course on SQLite with the real lessons, at a messenger's door if there is an API."""
    environment = {
        "COURSE_BOT_DATABASE": f"sqlite:///{home / 'course.db'}",
        "COURSE_BOT_LESSONS": str(root / "lessons"),
        "COURSE_BOT_PORT": "0",
        "PYTHONPATH": str(root),
    }
    if api is not None and side is not None:
        environment |= {f"{api.settings}_API": api.url, f"{api.settings}_TOKEN": side.token}
    command = [sys.executable, "-m", module, "run"]
    async with running(command, home, {**environment, **(more or {})}, core=core) as contestant:
        yield contestant


SECRET = "a-secret-of-the-benchmark"
DOORS = ("Telegram", "MAX")
WAYS = ("polled", "delivered")


async def doors(folder: Path, *, rounds: int) -> dict[int, dict[tuple[str, str], Taken]]:
    """Let the course in MAX and the course in Telegram take turns, the same people in both.

    Args:
        folder: an empty folder to work in.
        rounds: how many rounds count.

    Returns:
        What each took, by how many learners there were, and by messenger and way of updates.
    """
    theirs, mine = cores()
    async with AsyncExitStack() as stack:
        stack.enter_context(held_to(mine))
        apis: dict[str, LeanApi | LeanMax] = {"Telegram": LeanApi(), "MAX": LeanMax()}
        for api in apis.values():
            await stack.enter_async_context(api)
        playing: dict[tuple[str, str], Bot] = {}
        for way in WAYS:
            for messenger in DOORS:
                side = apis[messenger].side()
                process = await stack.enter_async_context(
                    course_bot(
                        folder / f"{messenger}-{way}",
                        theirs,
                        api=apis[messenger],
                        side=side,
                        module="tests.benchmarks.unlimited",
                        more=_delivered(messenger) if way == "delivered" else {},
                    )
                )
                # The same chances for all: so everybody takes the same way through the course.
                people = [
                    side.learner(FIRST + each, Walker(Random(each)))
                    for each in range(max(LEARNERS))
                ]
                playing[messenger, way] = bot = Bot(process, side, people)
                await _polled(messenger, bot)
                if way == "delivered":
                    side.hook = await _hook(stack, messenger, await process.line())
        found: dict[int, dict[tuple[str, str], Taken]] = {}
        for learners in LEARNERS:
            found[learners] = {name: Taken() for name in playing}
            for number in range(rounds + 1):
                # Now one goes first and now the other: who comes second is not always the same.
                for name in sorted(playing, reverse=number % 2 == 1):
                    taken = found[learners][name] if number else None
                    await playing[name].goes(learners, SECONDS, taken)
        return found


def _delivered(messenger: str) -> Mapping[str, str]:
    """Return the settings with which a bot has its updates delivered."""
    return {
        f"{messenger.upper()}_WEBHOOK_SECRET": SECRET,
        "COURSE_BOT_PUBLIC_URL": "https://course.example",
    }


async def _hook(stack: AsyncExitStack, messenger: str, line: str) -> Hook:
    """Open the connections over which a messenger delivers to the bot that printed a line."""
    url = line.partition(": ")[2]
    headers = {"Telegram": "X-Telegram-Bot-Api-Secret-Token", "MAX": "X-Max-Bot-Api-Secret"}
    hook = Hook(f"{url}/{messenger.lower()}", headers[messenger], SECRET)
    stack.callback(hook.close)
    await hook.opens(max(LEARNERS))
    return hook


@asynccontextmanager
async def _peer(
    home: Path, command: Sequence[str], environment: Mapping[str, str], core: int | None
) -> AsyncIterator[Contestant]:
    environment = {
        **environment,
        "PEER_DATABASE": str(home / "peer.db"),
        "PEER_SCHEMA": SCHEMA,
        "PYTHONPATH": str(ROOT),
    }
    async with running(command, home, environment, core=core) as contestant:
        yield contestant


async def _polled(name: str, bot: Bot) -> None:
    try:
        async with asyncio.timeout(PATIENCE):
            await bot.side.polled.wait()
    except TimeoutError:
        raise AssertionError(f"{name}: {bot.contestant.log.read_text()[-3000:]}") from None


async def record(ours: Bot) -> list[Recorded]:
    """Walk through the course, and return what was done and shown."""
    await _polled(OURS, ours)
    walk: list[Recorded] = []
    walker = ours.side.learner(FIRST - 1, Walker(Random(7)))

    def note(said: Said, seen: Seen) -> None:
        walk.append(
            {
                "action": said.action,
                "text": said.text,
                "shown": seen.text,
                "keyboard": [list(row) for row in seen.keyboard],
                "replies": [],
            }
        )

    walker.on_seen = note
    ours.people = [walker]
    begun = perf_counter()
    while len(walk) < WALK and perf_counter() - begun < PATIENCE:
        await ours.goes(1, 0.1, None)
    return walk[:WALK]


async def node_modules(folder: Path, say: Callable[[str], None]) -> Path | None:
    """Fetch what the Node peer needs into a folder; where that can't be done, say why."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        say(f"{TELEGRAF}: left out, as there is no node with npm here")
        return None
    modules = made(folder) / "node_modules"
    for command in (
        ("npm", "install", "--no-audit", "--no-fund", "telegraf@4", "better-sqlite3@12"),
        ("node", "-e", "require('telegraf'); new (require('better-sqlite3'))(':memory:')"),
    ):
        process = await asyncio.create_subprocess_exec(
            *command, cwd=folder, stdout=PIPE, stderr=STDOUT
        )
        try:
            async with asyncio.timeout(4 * PATIENCE):
                printed, _ = await process.communicate()
        except TimeoutError:
            process.kill()
            printed, _ = await process.communicate()
        if process.returncode:
            reason = printed.decode(errors="replace").strip().splitlines()[-1:]
            say(f"{TELEGRAF}: left out, as {command[0]} failed: {''.join(reason)}")
            return None
    return modules


@dataclass
class Visitor:
    """Somebody with the page open, who sends a frame as soon as the last one is answered."""

    socket: ClientWebSocketResponse
    mind: Walker | Repeater
    seen: Seen = field(default_factory=Seen)

    async def moves(self) -> tuple[float, Said, list[dict[str, object]]]:
        """Make a move; return how long it took in seconds, what it was, and the replies."""
        said = self.mind.says(self.seen)
        if said.text == "/start":
            move = {"kind": "opened"}
        elif said.action:
            move = {"kind": "pressed", "action": said.action}
        else:
            move = {"kind": "wrote", "text": said.text}
        begun = perf_counter()
        await self.socket.send_str(json.dumps({"id": str(uuid4()), **move}, ensure_ascii=False))
        answer = json.loads((await self.socket.receive()).data)
        took = perf_counter() - begun
        replies: list[dict[str, object]] = answer["replies"]
        for reply in answer["replies"]:
            if reply["kind"] == "screen":
                rows = [
                    tuple(Button(callback_data=each["action"]) for each in row if "action" in each)
                    for row in reply["rows"]
                ]
                self.seen = Seen(text=reply["text"], keyboard=tuple(rows))
        return took, said, replies


@dataclass
class Page:
    """A program that serves the page's WebSocket, and its visitors."""

    contestant: Contestant
    visitors: list[Visitor]
    last: float = 0.0

    async def goes(self, taken: Taken | None) -> None:
        """Let all visitors make their moves, some of them at once."""
        await asyncio.sleep(max(0.0, self.last + DRAINS - perf_counter()))
        cpu, mine, begun = self.contestant.cpu, process_time(), perf_counter()
        waiting = iter(self.visitors)
        latencies: list[float] = []

        async def take() -> None:
            for visitor in waiting:
                latencies.extend([(await visitor.moves())[0] for _ in range(MOVES)])

        async with asyncio.timeout(PATIENCE):
            await asyncio.gather(*(take() for _ in range(VISITORS_AT_ONCE)))
        self.last = perf_counter()
        if taken is None:
            return
        lasted = self.last - begun
        taken.cpu += self.contestant.cpu - cpu
        taken.driver = max(taken.driver, (process_time() - mine) / lasted)
        taken.moves += len(latencies)
        taken.rates.append(len(latencies) / lasted)
        taken.latencies += latencies
        taken.megabytes = self.contestant.megabytes


async def pages(folder: Path, *, rounds: int, beside: Path | None) -> dict[str, Taken]:
    """Let the course's page and a bare one take turns at being driven over WebSockets.

    The arguments are those of ``bots``.
    """
    theirs, mine = cores()
    async with AsyncExitStack() as stack:
        stack.enter_context(held_to(mine))
        playing: dict[str, Page] = {}
        walk: list[Recorded] = []
        for name, root in checkouts(beside).items():
            process = await stack.enter_async_context(
                course_bot(folder / root.name, theirs, root=root)
            )
            url = (await process.line()).partition(": ")[2]
            if not walk:
                walk = await _recorded(await _visitor(stack, url, Random(7)))
            visitors = [await _visitor(stack, url, Random(each)) for each in range(VISITORS)]
            playing[name] = Page(process, visitors)
        file = made(folder) / "walk.json"
        file.write_text(json.dumps(walk, ensure_ascii=False))
        command = [sys.executable, "-m", "tests.benchmarks.peers.bare_page"]
        bare = await stack.enter_async_context(
            _peer(folder / "bare", command, {"PEER_WALK": str(file)}, theirs)
        )
        url = await bare.line()
        session = await stack.enter_async_context(ClientSession())
        strangers = [
            Visitor(
                await session.ws_connect(f"{url}/ws?learner={each}", compress=DEFLATE),
                Repeater(walk),
            )
            for each in range(VISITORS)
        ]
        playing[BARE] = Page(bare, strangers)
        found = {name: Taken() for name in playing}
        for number in range(rounds + 1):
            for name, page in playing.items():
                await page.goes(found[name] if number else None)
        return found


async def _visitor(stack: AsyncExitStack, url: str, random: Random) -> Visitor:
    return Visitor(await open_page(stack, url), Walker(random))


async def open_page(stack: AsyncExitStack, url: str) -> ClientWebSocketResponse:
    """Open the page for somebody new, and return its socket, which takes files of any size."""
    session = await stack.enter_async_context(ClientSession(cookie_jar=CookieJar(unsafe=True)))
    async with session.get(url) as page:
        assert page.status == 200
    socket = await session.ws_connect(f"{url}/ws", origin=url, compress=DEFLATE, max_msg_size=0)
    await socket.receive()  # the greeting
    return socket


async def _recorded(visitor: Visitor) -> list[Recorded]:
    walk: list[Recorded] = []
    for _ in range(PAGE_WALK):
        _, said, replies = await visitor.moves()
        walk.append(
            {
                "action": said.action,
                "text": said.text,
                "shown": "",
                "keyboard": [],
                "replies": replies,
            }
        )
    return walk
