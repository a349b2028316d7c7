"""What coordinators ask of a whole region, beside the plainest SQL that gives the same figures."""

import asyncio
import json
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack, closing, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from random import Random
from statistics import median
from time import perf_counter, process_time
from uuid import uuid4

import psutil
from aiohttp import ClientWebSocketResponse

from course_bot.conversation.actions import GetFile, Key
from course_bot.organisations.state import State
from course_bot.reports.exporting import ALL, Kind
from course_bot.storage.engine import create_engine, database_url
from course_bot.storage.query import Query
from course_bot.storage.reporting import (
    FoundPeople,
    PeopleFilter,
    PeoplePage,
    PersonRow,
    Standing,
    Standings,
    Summary,
    UnitRow,
)
from course_bot.storage.scope import Scope
from course_bot.storage.store import Storage
from tests.benchmarks.contestants import FIRST
from tests.benchmarks.lean_api import LeanApi
from tests.benchmarks.over_http import Bot, Taken, course_bot, open_page
from tests.benchmarks.processes import PATIENCE, Contestant, cores, held_to
from tests.benchmarks.region import COORDINATOR, LEARNERS, TOP, stored
from tests.benchmarks.walking import Walker

ROWS = 50
"""A page's rows."""
SEARCHED = "Соколова Ма"
Figures = Sequence[tuple[object, ...]]

# A row for every learner, organisation and track.
_TRACKS = """
    FROM lineage AS l
    JOIN membership AS m ON m.organisation_id = l.organisation_id AND m.role = 'learner'
    JOIN person AS p ON p.id = m.person_id
    LEFT JOIN assigned AS a ON a.organisation_id = m.organisation_id
    LEFT JOIN track_progress AS t
        ON t.person_id = m.person_id AND t.track = coalesce(a.track, p.track)
"""
_PEOPLE = f"""
    SELECT
        min(t.completed_at IS NOT NULL) AS done,
        coalesce(max(t.completed_at IS NULL AND a.over_at <= :at), FALSE) AS late,
        max(t.person_id IS NOT NULL) AS begun,
        max(julianday(max(t.completed_at)) - julianday(min(m.joined_at)), 0) AS days,
        u.id AS unit
    {_TRACKS}
"""
_STANDING = f"""
    WITH people AS ({_PEOPLE.replace("u.id", "NULL")} WHERE l.above_id = :top GROUP BY m.person_id)
    SELECT
        count(*), sum(done), sum(NOT done AND NOT late AND begun),
        sum(NOT done AND NOT late AND NOT begun), sum(late)
    FROM people
"""
_SUMMARY = f"""
    WITH people AS (
        {_PEOPLE} JOIN organisation AS u ON u.id = l.above_id
        WHERE u.parent_id = :top GROUP BY u.id, m.person_id
    ), ranked AS (
        SELECT unit, days, row_number() OVER (PARTITION BY unit ORDER BY days) AS place,
            count(*) OVER (PARTITION BY unit) AS places
        FROM people WHERE done
    ), middle AS (
        SELECT unit, avg(days) AS days FROM ranked
        WHERE place IN ((places + 1) / 2, (places + 2) / 2) GROUP BY unit
    )
    SELECT people.unit, count(*), sum(begun), sum(done), sum(late AND NOT done), middle.days
    FROM people LEFT JOIN middle ON middle.unit = people.unit GROUP BY people.unit
"""
_CHILDREN = """
    SELECT u.id, u.name, u.kind,
        (SELECT count(*) FROM organisation WHERE parent_id = u.id),
        (SELECT count(*) FROM lineage AS l JOIN departure AS d
            ON d.organisation_id = l.organisation_id WHERE l.above_id = u.id)
    FROM organisation AS u WHERE u.parent_id = :top
"""
_LIST = f"""
    SELECT p.id, p.name, o.id, o.name, coalesce(a.track, p.track) AS track,
        CASE WHEN t.completed_at IS NOT NULL THEN 'done' WHEN a.over_at <= :at THEN 'late'
            WHEN t.person_id IS NOT NULL THEN 'going' ELSE 'new' END,
        coalesce(t.passed, 0), t.score, m.joined_at, p.seen_at, t.completed_at, a.due
    {_TRACKS} JOIN organisation AS o ON o.id = m.organisation_id
    WHERE l.above_id = :top AND {{where}}
    ORDER BY p.name_key = '', p.name_key, p.id, o.id, track LIMIT {ROWS} OFFSET {{skip}}
"""
_LENGTH = f"SELECT count(*) {_TRACKS} WHERE l.above_id = :top AND {{where}}"
_LATE = "t.completed_at IS NULL AND a.over_at <= :at"
_FOUND = "p.name_key LIKE '%соколова ма%'"


@dataclass
class Race:
    """A question as it is asked and as plain SQL, and the CPU seconds that each took."""

    queries: Sequence[Query[object]]
    figures: Callable[[Sequence[object]], Figures]
    """What the answers to the queries say."""
    plain: Callable[[sqlite3.Connection], Figures]
    ours: list[float] = field(default_factory=list)
    theirs: list[float] = field(default_factory=list)

    @property
    def ratio(self) -> float:
        """How many times as long ours takes: the median of the rounds."""
        return median(a / b for a, b in zip(self.ours, self.theirs, strict=True))


def races(at: datetime) -> Mapping[str, Race]:
    """Name the questions of a region's coordinator; ``at`` is now, UTC."""
    given = {"top": TOP, "at": stored(at)}
    scope = Scope(viewer=COORDINATOR, organisation=TOP)

    def summary(database: sqlite3.Connection) -> Figures:
        (standing,) = database.execute(_STANDING, given)
        figures = {unit: rest for unit, *rest in database.execute(_SUMMARY, given)}
        return [
            standing,
            *(
                (unit, name, kind, *figures.get(unit, (0, 0, 0, 0, None)), children, departed)
                for unit, name, kind, children, departed in database.execute(_CHILDREN, given)
            ),
        ]

    def page(where: str, skip: int) -> Callable[[sqlite3.Connection], Figures]:
        def read(database: sqlite3.Connection) -> Figures:
            rows = database.execute(_LIST.format(where=where, skip=skip), given).fetchall()
            return [*rows, *database.execute(_LENGTH.format(where=where), given)]

        return read

    def listed(where: str = "TRUE", skip: int = 0, *, wanted: PeopleFilter | None = None) -> Race:
        query = PeoplePage(
            scope=scope, filter=wanted or PeopleFilter(), offset=skip, limit=ROWS, at=at
        )
        return Race([query], _page, page(where, skip))

    return {
        "the summary": Race(
            [Standing(scope=scope, at=at), Summary(scope=scope, at=at)], _summary, summary
        ),
        "people, the first page": listed(),
        "people, a page in the middle": listed(skip=LEARNERS // 2),
        "people, overdue": listed(_LATE, wanted=PeopleFilter(state=State.OVERDUE)),
        "people, searched": listed(_FOUND, wanted=PeopleFilter(search=SEARCHED)),
    }


def _summary(answers: Sequence[object]) -> Figures:
    standing, units = answers
    assert isinstance(standing, Standings)
    assert isinstance(units, tuple)
    figures = [
        (standing.learners, standing.completed, standing.going, standing.new, standing.late)
    ]
    return [*figures, *map(_unit, sorted(units, key=lambda row: row.organisation))]


def _unit(row: UnitRow) -> tuple[object, ...]:
    figures = (row.learners, row.started, row.completed, row.late, row.median_days)
    return (row.organisation, row.name, row.kind, *figures, row.children, row.departed)


def _page(answers: Sequence[object]) -> Figures:
    (page,) = answers
    assert isinstance(page, FoundPeople)
    return [*map(_person, page.rows), (page.total,)]


def _person(row: PersonRow) -> tuple[object, ...]:
    times = (row.joined_at, row.seen_at, row.completed_at)
    return (
        row.person,
        row.name,
        row.organisation,
        row.organisation_name,
        row.track,
        row.state.value,
        row.passed,
        row.score,
        *(None if time is None else stored(time) for time in times),
        None if row.due is None else f"{row.due}",
    )


async def run_races(file: Path, at: datetime, rounds: int) -> Mapping[str, Race]:
    """Let both ask in turn, and see that they find the same.

    Args:
        file: the region's SQLite file.
        at: now, UTC.
        rounds: how many rounds count.
    """
    found = races(at)
    with closing(sqlite3.connect(file)) as database:
        async with Storage(create_engine(database_url(f"sqlite:///{file}"))) as storage:
            for name, race in found.items():
                for number in range(rounds + 1):
                    begun = process_time()
                    answers = [await storage.read(query) for query in race.queries]
                    ours = process_time() - begun
                    begun = process_time()
                    plain = race.plain(database)
                    theirs = process_time() - begun
                    if number:
                        race.ours.append(ours)
                        race.theirs.append(theirs)
                    else:
                        assert list(race.figures(answers)) == list(plain), name
    return found


EXPORT = f"{GetFile(Key(TOP), Kind.XLSX, ALL)}"
"""Every report of the region in one workbook, more than 100,000 rows of people."""
AT_ONCE = 16
BEAT = 0.5
"""Seconds of pressing after which it is looked whether the file is there."""
BEATS = 10
"""How long a round without a file lasts."""
SAMPLED_EVERY = 0.05
MAKING = 900.0
"""Seconds in which a file has been made, or the benchmark fails."""


@dataclass
class Held:
    """What learners wait for while a file is made, and while none is."""

    quiet: list[Taken] = field(default_factory=list)
    busy: list[Taken] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    """How long the making took, with learners who press all the time."""
    megabytes: float = 0.0
    """How much more was resident than before, of all processes together, in 10⁶ bytes."""
    size: int = 0
    """Bytes of the file."""

    @property
    def ratio(self) -> float:
        """How many times as long the slowest in a hundred waits: the median of the rounds."""
        pairs = zip(self.busy, self.quiet, strict=True)
        return median(busy.milliseconds(99) / quiet.milliseconds(99) for busy, quiet in pairs)


async def hold_up(home: Path, rounds: int) -> Held:
    """Let learners press at the real process while a coordinator gets a file, and while not.

    The process may use all cores, as the file is made by a process of its own.

    Args:
        home: a folder in which the region is ``course.db``.
        rounds: how many count.
    """
    held = Held()
    _, mine = cores()
    async with AsyncExitStack() as stack:
        stack.enter_context(held_to(mine))
        api = await stack.enter_async_context(LeanApi())
        side = api.side()
        process = await stack.enter_async_context(course_bot(home, None, api=api, side=side))
        url = (await process.line()).partition(": ")[2]
        async with asyncio.timeout(PATIENCE):
            await side.polled.wait()
        first = FIRST + LEARNERS // 2
        people = [side.learner(first + each, Walker(Random(each))) for each in range(AT_ONCE)]
        bot = Bot(process, side, people)
        for _ in range(BEATS):
            await bot.goes(AT_ONCE, BEAT, None)
        for _ in range(rounds):
            quiet, busy = Taken(), Taken()
            for _ in range(BEATS):
                await bot.goes(AT_ONCE, BEAT, quiet)
            # Somebody new each time: nobody answers the door's pings while the others press.
            coordinator = await open_page(stack, url)
            await _asks(coordinator, {"kind": "opened"})
            _make_coordinator(home / "course.db")
            begun, before = perf_counter(), _resident(process)
            making = asyncio.create_task(_asks(coordinator, {"kind": "pressed", "action": EXPORT}))
            watching = asyncio.create_task(_most(process, making))
            while not making.done():
                await bot.goes(AT_ONCE, BEAT, busy)
            (document,) = (each for each in await making if each["kind"] == "document")
            held.quiet.append(quiet)
            held.busy.append(busy)
            held.seconds.append(perf_counter() - begun)
            held.megabytes = max(held.megabytes, await watching - before)
            held.size = len(f"{document['content']}") * 3 // 4
    return held


async def _asks(
    socket: ClientWebSocketResponse, move: Mapping[str, str]
) -> list[dict[str, object]]:
    """Make a move at the page, and wait for its replies, whatever is told meanwhile."""
    await socket.send_str(json.dumps({"id": f"{uuid4()}", **move}))
    async with asyncio.timeout(MAKING):
        while True:
            frame = json.loads((await socket.receive()).data)
            if "told" not in frame:
                assert "replies" in frame, frame
                replies: list[dict[str, object]] = frame["replies"]
                return replies


def _make_coordinator(file: Path) -> None:
    """Let whoever came last coordinate the region."""
    with closing(sqlite3.connect(file)) as database, database:
        database.execute(
            "INSERT INTO membership (organisation_id, role, person_id, joined_at)"
            " SELECT ?, 'coordinator', max(id), max(joined_at) FROM person",
            [TOP],
        )


def _resident(process: Contestant) -> float:
    """Return how much a process and those that it started have resident now, in 10⁶ bytes."""
    root = psutil.Process(process.process.pid)
    total = root.memory_info().rss
    for child in root.children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            total += child.memory_info().rss
    return total / 1e6


async def _most(process: Contestant, until: asyncio.Task[object]) -> float:
    """Return the most that was resident until something was done."""
    most = 0.0
    while not until.done():
        most = max(most, _resident(process))
        await asyncio.sleep(SAMPLED_EVERY)
    return most
