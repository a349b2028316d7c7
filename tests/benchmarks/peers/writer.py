"""One thread that writes: turns that wait together share a commit."""

import asyncio
import sqlite3
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from queue import Empty, SimpleQueue

from tests.benchmarks.peers import SCHEMA

TURNS_IN_COMMIT = 32


@dataclass(frozen=True, slots=True)
class Job:
    """A move, and the future of the learner's place after it."""

    learner: int
    move: str
    said: str
    place: "asyncio.Future[int]"


class Writer:
    """Takes turns from the event loop that it is made in."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._jobs: SimpleQueue[Job] = SimpleQueue()
        self._loop = asyncio.get_running_loop()
        threading.Thread(target=self._write, daemon=True).start()

    async def turn(self, learner: int, move: str, said: str) -> int:
        """Write a move down and return, after the commit, the learner's place."""
        place: asyncio.Future[int] = self._loop.create_future()
        self._jobs.put(Job(learner, move, said, place))
        return await place

    def _write(self) -> None:
        database = sqlite3.connect(self._file, isolation_level=None)
        database.executescript(SCHEMA)
        database.execute("PRAGMA synchronous=FULL")
        while True:
            jobs = [self._jobs.get()]
            while len(jobs) < TURNS_IN_COMMIT:
                try:
                    jobs.append(self._jobs.get_nowait())
                except Empty:
                    break
            database.execute("BEGIN IMMEDIATE")
            places = [_turn(database, job) for job in jobs]
            database.execute("COMMIT")
            self._loop.call_soon_threadsafe(_tell, jobs, places)


def _turn(database: sqlite3.Connection, job: Job) -> int:
    at = datetime.now(UTC).isoformat()
    row = database.execute("SELECT place FROM learner WHERE id = ?", (job.learner,)).fetchone()
    place = 0 if row is None else int(row[0]) + 1
    database.execute(
        "INSERT INTO answer VALUES (?, ?, ?, ?, ?)", (job.learner, job.move, place, job.said, at)
    )
    if row is None:
        database.execute("INSERT INTO learner VALUES (?, ?, ?)", (job.learner, place, at))
    else:
        database.execute(
            "UPDATE learner SET place = ?, seen_at = ? WHERE id = ?", (place, at, job.learner)
        )
    return place


def _tell(jobs: Sequence[Job], places: Sequence[int]) -> None:
    for job, place in zip(jobs, places, strict=True):
        job.place.set_result(place)
