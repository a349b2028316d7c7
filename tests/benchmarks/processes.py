"""A contestant as a process of its own: started, held to one core, and asked what it has used."""

import asyncio
import os
import re
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

PATIENCE = 60.0
"""Seconds in which anything that is waited for has happened, or the benchmark fails."""
HIGHEST = re.compile(r"VmHWM:\s+(\d+) kB")


@dataclass
class Contestant:
    """A program that runs."""

    process: Process
    log: Path

    async def line(self) -> str:
        """Return the next line that it prints."""
        assert self.process.stdout
        async with asyncio.timeout(PATIENCE):
            line = (await self.process.stdout.readline()).decode().strip()
        assert line, f"it ended: {self.log.read_text()[-2000:]}"
        return line

    @property
    def cpu(self) -> float:
        """Seconds of CPU that it has used, user and system."""
        if self.process.returncode is not None:
            raise AssertionError(f"it ended by itself: {self.log.read_text()[-3000:]}")
        used = psutil.Process(self.process.pid).cpu_times()
        return used.user + used.system

    @property
    def megabytes(self) -> float:
        """The most memory that it ever had resident, in 10⁶ bytes."""
        return highest(self.process.pid)


def highest(pid: int) -> float:
    """Return the most memory a process ever had resident, in 10⁶ bytes; off Linux, now."""
    status = Path(f"/proc/{pid}/status")
    found = HIGHEST.search(status.read_text()) if status.exists() else None
    if found is not None:
        return int(found[1]) * 1024 / 1e6
    return psutil.Process(pid).memory_info().rss / 1e6


def made(folder: Path) -> Path:
    """Make a folder unless it is there."""
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@asynccontextmanager
async def running(
    command: Sequence[str], folder: Path, environment: Mapping[str, str], *, core: int | None
) -> AsyncIterator[Contestant]:
    """Run a program in a folder, held to a core if one is given; in the end it is killed."""
    mine = ("COURSE_BOT_", "MAX_", "TELEGRAM_")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(mine)}
    log = made(folder) / "stderr.log"
    with log.open("w") as stderr:
        process = await asyncio.create_subprocess_exec(
            *command, cwd=folder, env={**inherited, **environment}, stdout=PIPE, stderr=stderr
        )
    try:
        if core is not None:
            psutil.Process(process.pid).cpu_affinity([core])
        yield Contestant(process, log)
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


def cores() -> tuple[int | None, int | None]:
    """Choose a core for who is measured and one for who measures, if there are two to choose."""
    try:
        usable = psutil.Process().cpu_affinity()
    except AttributeError:  # macOS
        usable = None
    return (usable[0], usable[1]) if usable and len(usable) > 1 else (None, None)


@contextmanager
def held_to(core: int | None) -> Iterator[None]:
    """Hold this process to a core for as long as the block lasts."""
    if core is None:
        yield
        return
    me = psutil.Process()
    before = me.cpu_affinity()
    me.cpu_affinity([core])
    try:
        yield
    finally:
        me.cpu_affinity(before)
