"""What the start costs: the real process, from nothing to the first screen in a browser."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import psutil
from sqlalchemy.engine import URL

from tests.browser_person import browser_person
from tests.killing import bot_in

BARE = """
import aiohttp, sqlalchemy, pydantic
import psutil
me = psutil.Process()
print(sum(me.cpu_times()[:2]), me.memory_info().rss)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """CPU seconds (user and system), and resident memory in megabytes (10⁶ bytes)."""

    seconds: float
    megabytes: float


async def start(folder: Path) -> Cost:
    """Start the bot on the database in a folder, look at its first screen, and stop it."""
    database = URL.create("sqlite+aiosqlite", database=str(folder / "course.db"))
    async with bot_in(folder, database) as bot:
        await bot.starts()
        async with browser_person(bot.url) as person:
            await person.opens()
            process = psutil.Process(bot.pid)
            used, resident = process.cpu_times(), process.memory_info().rss
            assert person.text
        await bot.stops()
    return Cost(seconds=used.user + used.system, megabytes=resident / 1e6)


def import_only() -> Cost:
    """Import three of the libraries and do nothing with them."""
    done = subprocess.run([sys.executable, "-c", BARE], check=True, capture_output=True, text=True)
    seconds, resident = done.stdout.split()
    return Cost(seconds=float(seconds), megabytes=int(resident) / 1e6)


def middle(costs: list[Cost]) -> Cost:
    """Return the medians."""
    return Cost(
        seconds=median(cost.seconds for cost in costs),
        megabytes=median(cost.megabytes for cost in costs),
    )
