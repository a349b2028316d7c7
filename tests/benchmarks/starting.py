"""What the start costs: the real process, from nothing to the first screen."""

import asyncio
import subprocess
import sys
from dataclasses import astuple, dataclass
from pathlib import Path
from random import Random
from statistics import median
from time import perf_counter

from tests.benchmarks.lean_api import LeanApi
from tests.benchmarks.lean_max import LeanMax
from tests.benchmarks.over_http import FIRST, course_bot
from tests.benchmarks.processes import PATIENCE, Contestant
from tests.benchmarks.walking import Walker
from tests.browser_person import browser_person

BARE = """
import aiohttp, sqlalchemy, pydantic
import psutil
me = psutil.Process()
print(sum(me.cpu_times()[:2]), me.memory_info().rss)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """CPU seconds (user and system), the most memory resident in 10⁶ bytes, and seconds waited."""

    cpu: float
    megabytes: float
    seconds: float


async def in_browser(home: Path) -> Cost:
    """Start the bot on the database in a folder, and look at its first screen."""
    begun = perf_counter()
    async with course_bot(home, None) as contestant:
        url = (await contestant.line()).partition(": ")[2]
        async with browser_person(url) as person:
            await person.opens()
            assert person.text
            return _cost(contestant, begun)


async def in_telegram(home: Path) -> Cost:
    """Start it in Telegram while somebody's /start is waiting, up to their first screen."""
    return await _in_messenger(home, LeanApi())


async def in_max(home: Path) -> Cost:
    """Start it in MAX in the same way."""
    return await _in_messenger(home, LeanMax())


async def _in_messenger(home: Path, server: LeanApi | LeanMax) -> Cost:
    async with server as api:
        side = api.side()
        answered = side.learner(FIRST, Walker(Random(1))).goes_on_until(0.0)
        begun = perf_counter()
        async with course_bot(home, None, api=api, side=side) as contestant:
            async with asyncio.timeout(PATIENCE):
                await answered
            return _cost(contestant, begun)


def _cost(contestant: Contestant, begun: float) -> Cost:
    seconds = perf_counter() - begun
    return Cost(cpu=contestant.cpu, megabytes=contestant.megabytes, seconds=seconds)


def import_only() -> Cost:
    """Import three of the libraries and do nothing with them."""
    begun = perf_counter()
    done = subprocess.run([sys.executable, "-c", BARE], check=True, capture_output=True, text=True)
    cpu, resident = done.stdout.split()
    return Cost(cpu=float(cpu), megabytes=int(resident) / 1e6, seconds=perf_counter() - begun)


def middle(costs: list[Cost]) -> Cost:
    """Return the medians."""
    cpu, megabytes, seconds = (median(each) for each in zip(*map(astuple, costs), strict=True))
    return Cost(cpu=cpu, megabytes=megabytes, seconds=seconds)
