"""Files that come in all at once while others go on with the course: memory, and who waits."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles
from time import perf_counter
from typing import TypeVar

import psutil

from course_bot.sheets.figures import FILE_BYTES
from course_bot.storage.engine import database_url
from tests.benchmarks.processes import highest, made
from tests.browser_person import BrowserPerson, browser_person
from tests.killing import bot_in

T = TypeVar("T")

SENDERS = 20
LEARNERS = 20
QUIET_SECONDS = 5.0
BETWEEN_PRESSES = 0.25


@dataclass
class Sending:
    """What it costs; latencies in seconds, memory in 10⁶ bytes."""

    quiet: list[float]
    """Of presses while nobody sends anything."""
    busy: list[float]
    """Of presses while files come and are read."""
    seconds: float
    """Until the last file is answered."""
    grows: float
    """The most memory that the server had more than before."""


def table_of(size: int) -> bytes:
    """Make a table of at most so many bytes that has to be read through before it is refused."""
    row = "30.10.2025;123456;Школа № 5 имени первого учителя;90;85\n".encode()
    return row * (size // len(row))


async def send_all(folder: Path) -> Sending:
    """Let everybody send the largest file at once, while as many others press keys."""
    content = table_of(FILE_BYTES)
    database = database_url(f"sqlite:///{made(folder) / 'course.db'}")
    async with bot_in(folder, database) as bot, AsyncExitStack() as people:
        await bot.starts()
        everybody = [
            await people.enter_async_context(browser_person(bot.url))
            for _ in range(SENDERS + LEARNERS)
        ]
        for person in everybody:
            await person.opens()
        senders, learners = everybody[:SENDERS], everybody[SENDERS:]
        for person in senders:
            await person.sends("a.csv", b"a;b")  # what is loaded at the first file is no growth
        pause = asyncio.create_task(asyncio.sleep(QUIET_SECONDS))
        quiet = await pressed_until(pause, learners)
        before = psutil.Process(bot.pid).memory_info().rss / 1e6
        begun = perf_counter()
        files = asyncio.gather(*(person.sends("лист.csv", content) for person in senders))
        busy = await pressed_until(files, learners)
        for person in senders:
            person.sees("Прочитать файл не получилось")
        return Sending(quiet, busy, perf_counter() - begun, highest(bot.pid) - before)


async def pressed_until(done: "asyncio.Future[T]", learners: list[BrowserPerson]) -> list[float]:
    """Let people press keys until something is done; return how long each press took."""
    took: list[float] = []

    async def press(person: BrowserPerson) -> None:
        while not done.done():
            begun = perf_counter()
            await person.sends_action("menu")
            took.append(perf_counter() - begun)
            await asyncio.sleep(BETWEEN_PRESSES)

    await asyncio.gather(*map(press, learners))
    await done
    return took


def p99(seconds: list[float]) -> float:
    """Return the time within which 99 of 100 presses are answered, in seconds."""
    return quantiles(seconds, n=100)[-1]
