"""Measure, print tables for README, and with ``--strict`` fail where a target is missed.

On a machine that is busy otherwise, what goes between two processes mostly measures how long each
waits for its core: ``sudo chrt --rr 1 .venv/bin/python -m tests.benchmarks http page`` goes first.
"""

import argparse
import asyncio
import gc
import logging
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from statistics import median
from tempfile import TemporaryDirectory

from course_bot.app import run_async
from course_bot.content.checking import check
from course_bot.content.model import Course
from course_bot.storage.engine import create_engine, database_url
from course_bot.storage.migrating import upgrade
from course_bot.storage.store import Storage
from tests.benchmarks.activity import upload_to_table
from tests.benchmarks.contestants import (
    FIRST,
    Answers,
    Bare,
    Ours,
    Plain,
    Steps,
    plain_engine,
    settle,
)
from tests.benchmarks.over_http import NAIVE, OURS, TUNED, WAYS, Taken, bots, doors, pages
from tests.benchmarks.population import multiply, take_turns
from tests.benchmarks.processes import made
from tests.benchmarks.region import LEARNERS, SCHOOLS, found_region
from tests.benchmarks.reports import AT_ONCE as CROWD
from tests.benchmarks.reports import hold_up, run_races
from tests.benchmarks.searching import OURS as OUR_SEARCH
from tests.benchmarks.searching import SETS, build_seconds, compare
from tests.benchmarks.sending import LEARNERS as BESIDE_FILES
from tests.benchmarks.sending import SENDERS, p99, send_all
from tests.benchmarks.spreadsheets import ALONE, ROWS, race, ratio
from tests.benchmarks.spreadsheets import OURS as OUR_XLSX
from tests.benchmarks.starting import (
    Cost,
    import_only,
    in_browser,
    in_max,
    in_telegram,
    middle,
)
from tests.benchmarks.timing import Contestant, Timing, measure
from tests.benchmarks.tracks import bytes_per_track
from tests.killing import ROOT
from tests.learners import statements

PARTS = (
    "http",
    "max",
    "page",
    "turns",
    "size",
    "statements",
    "tracks",
    "start",
    "xlsx",
    "reports",
    "search",
    "files",
    "activity",
)
PEOPLE = range(FIRST, FIRST + 400)
CHUNK = 200
"""Updates that a contestant takes in a round: one each of so many people."""
AT_ONCE = (1, 16)
SMALL = 1000
LARGE = 1_000_000
BARE = "(a) aiogram alone"
STEP, ANSWER = "a lesson step", "an answered question"

# The issues' targets.
OF_TUNED = 1.0
OF_NAIVE = {16: 4.0}
OF_TELEGRAM = 1.0
TRACK_KILOBYTES = 12.0
OF_PLAIN = {1: 1.0, 16: 3.0}
LARGE_OF_SMALL = 1.2
STATEMENTS = {STEP: 4, ANSWER: 6}
START_SECONDS = 1.5
START_MEGABYTES = 120
XLSX_OF_ALONE = 1.3
XLSX_MEGABYTES = 120
OF_SQL = {"the summary": 2.0}
PAGE_OF_SQL = 1.5
P99_WITH_FILE = 2.0
FILES_MEGABYTES = 60
BEYOND_READING = 1.5
FIRST_RIGHT, AMONG_THREE, REFUSED = 0.92, 0.97, 0.80


@dataclass
class Report:
    """What is printed, and which targets were missed."""

    missed: list[str] = field(default_factory=list)

    def table(self, title: str, *rows: tuple[str, ...]) -> None:
        """Print a table in Markdown; the first row is its head."""
        head, *body = rows
        print(f"\n### {title}\n")
        print(f"| {' | '.join(head)} |")
        print(f"|---|{'---:|' * (len(head) - 1)}")
        for row in body:
            print(f"| {' | '.join(row)} |")
        sys.stdout.flush()

    def held(self, what: str, *, holds: bool) -> str:
        """Say whether a target holds, and remember one that doesn't."""
        if not holds:
            self.missed.append(what)
        return f"{what}: {'yes' if holds else '**no**'}"


def main() -> int:
    """Carry out the command line; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", help=f"of {', '.join(PARTS)}; default: all")
    parser.add_argument("--learners", type=int, default=LARGE, help="in the large database")
    parser.add_argument("--rounds", type=int, default=9, help="how many count for a median")
    parser.add_argument(
        "--beside", type=Path, help="another checkout of course-bot, measured in the same rounds"
    )
    parser.add_argument("--strict", action="store_true", help="exit 1 where a target is missed")
    arguments = parser.parse_args()
    parts = arguments.parts or PARTS
    if unknown := set(parts) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    logging.basicConfig(level=logging.WARNING)
    course, _ = check(ROOT / "lessons", today=datetime.now(UTC).date())
    assert course is not None
    report = Report()
    with TemporaryDirectory(prefix="course-bot-bench-") as name:
        folder = Path(name)
        # Whoever installed the course has its modules compiled, but for the very first start.
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        os.environ["PYTHONPYCACHEPREFIX"] = str(folder / "compiled")
        beside = arguments.beside.resolve() if arguments.beside else None
        if "http" in parts:
            run_async(over_http(report, folder / "http", arguments.rounds, beside))
        if "max" in parts:
            run_async(beside_telegram(report, folder / "max", arguments.rounds))
        if "page" in parts:
            run_async(in_page(report, folder / "page", arguments.rounds, beside))
        if "turns" in parts:
            run_async(turns(report, folder, course, arguments.rounds))
        if "size" in parts:
            run_async(size(report, folder, course, arguments.learners, arguments.rounds))
        if "statements" in parts:
            run_async(count_statements(report, folder, course))
        if "tracks" in parts:
            run_async(weigh_tracks(report, folder, course))
        if "start" in parts:
            run_async(starts(report, folder / "start"))
        if "xlsx" in parts:
            spreadsheets(report, arguments.rounds)
        if "reports" in parts:
            run_async(reports(report, folder / "reports", course, arguments.rounds))
        if "search" in parts:
            searches(report, course)
        if "files" in parts:
            run_async(files(report, folder / "files"))
        if "activity" in parts:
            run_async(activity(report, folder / "activity", course, arguments.rounds))
    for missed in report.missed:
        print(f"missed: {missed}", file=sys.stderr)
    return 1 if arguments.strict and report.missed else 0


async def files(report: Report, folder: Path) -> None:
    """Measure the server while many files of the largest size come at once."""
    sent = await send_all(folder)
    report.table(
        f"{SENDERS} files of 5 MB at once, {BESIDE_FILES} people who press keys meanwhile",
        ("presses", "p50, ms", "p99, ms"),
        *(
            (what, f"{median(took) * 1e3:.0f}", f"{p99(took) * 1e3:.0f}")
            for what, took in (("before", sent.quiet), ("meanwhile", sent.busy))
        ),
    )
    print(f"\nall answered after {sent.seconds:.1f} s; memory grows by {sent.grows:.0f} MB")
    holds = sent.grows <= FILES_MEGABYTES
    print(report.held(f"at most {FILES_MEGABYTES} MB more", holds=holds))


async def over_http(report: Report, folder: Path, rounds: int, beside: Path | None) -> None:
    """Measure whole processes that a Bot API drives over HTTP."""
    measured = await bots(folder, rounds=rounds, beside=beside, say=print)
    for learners, found in measured.items():
        report.table(
            f"Telegram over HTTP, whole processes, {people(learners)}",
            ("", "taps/s", "of the tuned", "of the naive", *COSTS),
            *(
                (
                    name,
                    f"{taken.rate:,.0f}",
                    f"{taken.rate / found[TUNED].rate:.2f}",
                    f"{taken.rate / found[NAIVE].rate:.2f}",
                    *costs(taken),
                )
                for name, taken in found.items()
            ),
        )
        print()
        for peer, least in ((TUNED, OF_TUNED), (NAIVE, OF_NAIVE.get(learners))):
            if least is not None:
                ratio = found[OURS].rate / found[peer].rate
                target = f"{people(learners)}, at least {least} of “{peer}”"
                print(report.held(f"- {target}", holds=ratio >= least))
        driver = max(taken.driver for taken in found.values())
        print(f"- the benchmark itself used at most {driver:.0%} of its core")


async def beside_telegram(report: Report, folder: Path, rounds: int) -> None:
    """Measure the course in MAX beside the course in Telegram, whole processes over HTTP."""
    measured = await doors(folder, rounds=rounds)
    for learners, found in measured.items():
        report.table(
            f"MAX beside Telegram over HTTP, whole processes, {people(learners)}",
            ("", "taps/s", "of Telegram's", "CPU of Telegram's", *COSTS),
            *(
                (
                    f"{messenger}, updates {way}",
                    f"{taken.rate:,.0f}",
                    f"{taken.rate_of(found['Telegram', way]):.2f}",
                    f"{taken.cpu_of_1000 / found['Telegram', way].cpu_of_1000:.2f}",
                    *costs(taken),
                )
                for (messenger, way), taken in found.items()
            ),
        )
        print()
        for way in WAYS:
            ratio = found["MAX", way].rate_of(found["Telegram", way])
            target = f"updates {way}, {people(learners)}, at least {OF_TELEGRAM} of Telegram"
            print(report.held(f"- {target}", holds=ratio >= OF_TELEGRAM))


async def in_page(report: Report, folder: Path, rounds: int, beside: Path | None) -> None:
    """Measure whole processes that pages drive over WebSockets."""
    found = await pages(folder, rounds=rounds, beside=beside)
    report.table(
        "The browser over WebSockets, whole processes, 16 learners at once",
        ("", "moves/s", "CPU of course-bot's", *COSTS),
        *(
            (
                name,
                f"{taken.rate:,.0f}",
                f"{taken.cpu / taken.moves / (found[OURS].cpu / found[OURS].moves):.2f}",
                *costs(taken),
            )
            for name, taken in found.items()
        ),
    )


def searches(report: Report, course: Course) -> None:
    """Ask what people ask in their own words, and count what is found."""
    found = compare(course)
    for part in SETS:
        report.table(
            f"Questions in people's own words, what {part}",
            ("", "right one first", "among three", "foreign ones refused", "ms a question"),
            *(
                (
                    name,
                    f"{each.parts[part].first:.1%}",
                    f"{each.parts[part].among_three:.1%}",
                    f"{each.parts[part].refused:.1%}",
                    f"{each.seconds * 1000:.2f}",
                )
                for name, each in found.items()
            ),
        )
    print(f"\n- the index of the course is made in {build_seconds(course) * 1000:.0f} ms")
    for part in SETS:
        ours = found[OUR_SEARCH].parts[part]
        for what, share, least in (
            ("first", ours.first, FIRST_RIGHT),
            ("among three", ours.among_three, AMONG_THREE),
            ("refused", ours.refused, REFUSED),
        ):
            print(report.held(f"- {part}, {what}: at least {least:.0%}", holds=share >= least))


COSTS = ("CPU of 1,000, s", "p50, ms", "p99, ms", "peak, MB")


def costs(taken: Taken) -> tuple[str, ...]:
    """Word what a process used."""
    return (
        f"{taken.cpu_of_1000:.2f}",
        f"{taken.milliseconds(50):.1f}",
        f"{taken.milliseconds(99):.1f}",
        f"{taken.megabytes:.0f}",
    )


@asynccontextmanager
async def open_ours(file: Path, course: Course) -> AsyncIterator[Ours]:
    """Open our door over a database that may be new."""
    engine = create_engine(database_url(f"sqlite:///{file}"))
    await upgrade(engine)
    async with Storage(engine) as storage:
        yield Ours(storage, course)


async def turns(report: Report, folder: Path, course: Course, rounds: int) -> None:
    """Measure turns against the yardsticks."""
    random = Random(7)
    async with AsyncExitStack() as stack:
        ours = await stack.enter_async_context(open_ours(folder / "turns.db", course))
        await ours.meet(PEOPLE)
        plains: dict[str, Plain] = {}
        for how, pool, gate in (
            ("and an ORM transaction, one connection", 1, None),
            ("and an ORM transaction, five connections", 5, None),
            ("and an ORM transaction, five behind a lock", 5, asyncio.Lock()),
        ):
            engine = plain_engine(folder / "plain.db", pool=pool)
            stack.push_async_callback(engine.dispose)
            if not plains:
                await settle(engine, PEOPLE)
            plains[f"(b) {how}"] = Plain(engine, PEOPLE, random, gate)
        gc.collect()
        gc.freeze()  # as the program does after its start
        for at_once in AT_ONCE:
            timings = await timed(
                {
                    BARE: Bare(PEOPLE, random),
                    **plains,
                    STEP: Steps(ours, PEOPLE, random),
                    ANSWER: Answers(ours, PEOPLE, random),
                },
                at_once=at_once,
                chunk=CHUNK,
                rounds=rounds,
            )
            # The yardstick is (b) as it was fastest in these very rounds.
            plain = max(plains, key=lambda how: timings[how].rate)
            report.table(
                f"From raw update to last API call, {people(at_once)}",
                ("", "updates/s", "of (a)", "of (b)", "p50, ms", "p99, ms"),
                *(
                    (
                        what,
                        f"{timing.rate:,.0f}",
                        f"{timing.rate / timings[BARE].rate:.2f}",
                        f"{timing.rate / timings[plain].rate:.2f}",
                        f"{timing.milliseconds(50):.2f}",
                        f"{timing.milliseconds(99):.2f}",
                    )
                    for what, timing in timings.items()
                ),
            )
            print(f"\nThe yardstick is the fastest of (b): {plain.removeprefix('(b) ')}.")
            for what in (STEP, ANSWER):
                ratio = timings[what].rate / timings[plain].rate
                target = f"{what}, {people(at_once)}, at least {OF_PLAIN[at_once]} of (b)"
                print(report.held(f"- {target}", holds=ratio >= OF_PLAIN[at_once]))


async def timed(
    contestants: Mapping[str, Contestant], *, at_once: int, chunk: int, rounds: int
) -> dict[str, Timing]:
    """Measure contestants by name."""
    timings = await measure(
        list(contestants.values()), at_once=at_once, chunk=chunk, rounds=rounds
    )
    return dict(zip(contestants, timings, strict=True))


def people(at_once: int) -> str:
    """Say how many press at once."""
    return "one learner" if at_once == 1 else f"{at_once} learners at once"


async def size(report: Report, folder: Path, course: Course, learners: int, rounds: int) -> None:
    """Measure turns over a small and over a large database."""
    random = Random(7)
    async with AsyncExitStack() as stack:
        crowds: dict[str, tuple[Ours, range]] = {}
        for count in (SMALL, learners):
            file = folder / f"{count}.db"
            async with open_ours(file, course) as ours:
                await take_turns(ours, random)
            multiply(file, count)
            megabytes = file.stat().st_size / 1e6
            name = f"{count:,} learners, {megabytes:,.0f} MB"
            ours = await stack.enter_async_context(open_ours(file, course))
            crowds[name] = (ours, range(FIRST, FIRST + count))
        medians: dict[str, list[float]] = {}
        for what, kind in ((STEP, Steps), (ANSWER, Answers)):
            timings = await timed(
                {name: kind(ours, crowd, random) for name, (ours, crowd) in crowds.items()},
                at_once=1,
                chunk=CHUNK,
                rounds=rounds,
            )
            medians[what] = [timing.milliseconds(50) for timing in timings.values()]
    rows = [
        (what, *(f"{each:.2f}" for each in both), f"{both[1] / both[0]:.2f}")
        for what, both in medians.items()
    ]
    report.table("The median turn of one learner, in ms", ("", *crowds, "ratio"), *rows)
    print()
    for what, both in medians.items():
        target = f"{what} at most {LARGE_OF_SMALL} times as long"
        print(report.held(f"- {target}", holds=both[1] / both[0] <= LARGE_OF_SMALL))


async def count_statements(report: Report, folder: Path, course: Course) -> None:
    """Count the statements of a turn, BEGIN and COMMIT apart."""
    random, rows = Random(7), []
    async with open_ours(folder / "statements.db", course) as ours:
        await ours.meet(PEOPLE[:CHUNK])
        for what, kind in ((STEP, Steps), (ANSWER, Answers)):
            counts = []
            for update in await kind(ours, PEOPLE[:CHUNK], random).prepare(CHUNK):
                with statements() as seen:
                    await ours.take(update)
                counts.append(len(seen))
            rows.append((what, f"{min(counts)}–{max(counts)}", f"{STATEMENTS[what]}"))
            if max(counts) > STATEMENTS[what]:
                report.missed.append(f"{what} in {STATEMENTS[what]} statements")
    report.table("Statements a turn", ("", "measured", "at most"), *rows)


async def weigh_tracks(report: Report, folder: Path, course: Course) -> None:
    """Measure what a finished track leaves in the database."""
    weights = await bytes_per_track(folder / "tracks.db", course)
    kept = sum(weight for table, weight in weights.items() if table != MOVES) / 1000
    rows = [(table, f"{weight / 1000:.1f}") for table, weight in weights.items() if weight]
    report.table("A finished track in the database, in KB", ("table and its indexes", ""), *rows)
    print(f"\nKept: {kept:.1f} KB; the ids of moves in `{MOVES}` go after two days.")
    target = f"at most {TRACK_KILOBYTES:.0f} KB a finished track"
    print(report.held(f"- {target}", holds=kept <= TRACK_KILOBYTES))


MOVES = "move"


async def starts(report: Report, folder: Path) -> None:
    """Measure the start, over a new database and over one that is there, at each door."""
    found: dict[str, list[Cost]] = {}
    await in_telegram(folder / "compiling")
    await in_max(folder / "compiling")
    for number in range(3):
        for door, start in (("browser", in_browser), ("Telegram", in_telegram), ("MAX", in_max)):
            home = folder / f"{door}{number}"
            for kind in ("a new database", "a database that is there"):
                found.setdefault(f"{door}, {kind}", []).append(await start(home))
        found.setdefault("`import aiohttp, sqlalchemy, pydantic` alone", []).append(import_only())
    medians = {what: middle(each) for what, each in found.items()}
    rows = [
        (what, f"{c.cpu:.2f}", f"{c.seconds:.2f}", f"{c.megabytes:.0f}")
        for what, c in medians.items()
    ]
    report.table(
        "From the start to the first answer",
        ("", "CPU, s", "on the clock, s", "peak, MB"),
        *rows,
    )
    print()
    for what, cost in medians.items():
        if what.startswith("browser"):
            held = cost.cpu <= START_SECONDS and cost.megabytes <= START_MEGABYTES
            target = f"{what}: at most {START_SECONDS} s of CPU and {START_MEGABYTES} MB"
            print(report.held(f"- {target}", holds=held))


def spreadsheets(report: Report, rounds: int) -> None:
    """Measure a workbook of a region's people, beside XlsxWriter alone."""
    found = race(rounds)
    names = {OUR_XLSX: "the report", ALONE: "XlsxWriter alone, the same cells"}
    report.table(
        f"A workbook of {ROWS:,} people, nine columns",
        ("", "CPU, s", "more resident, MB"),
        *(
            (
                name,
                f"{median(each.seconds for each in found[who]):.2f}",
                f"{max(each.megabytes for each in found[who]):.0f}",
            )
            for who, name in names.items()
        ),
    )
    times = ratio(found)
    print(f"\nThe report takes {times:.2f} times as long (the median of {rounds} rounds).")
    target = f"a workbook at most {XLSX_OF_ALONE} times XlsxWriter alone"
    print(report.held(f"- {target}", holds=times <= XLSX_OF_ALONE))
    most = max(each.megabytes for each in found[OUR_XLSX])
    target = f"at most {XLSX_MEGABYTES} MB more resident"
    print(report.held(f"- {target}", holds=most <= XLSX_MEGABYTES))


async def activity(report: Report, home: Path, course: Course, rounds: int) -> None:
    """Measure a region's statistics sheet from upload to table, beside reading it alone."""
    spent = await upload_to_table(made(home), course, rounds)
    reader, turn, page = map(median, (spent.reader, spent.turn, spent.page))
    report.table(
        f"A statistics sheet of {SCHOOLS:,} schools, from upload to table",
        ("", "CPU, s", "of the reader's"),
        ("the bounded reader alone", f"{reader:.2f}", "1.00"),
        ("taken in: decided, written, shown", f"{turn:.2f}", f"{turn / reader:.2f}"),
        ("the page's first table", f"{page:.2f}", f"{page / reader:.2f}"),
    )
    print()
    target = f"at most {BEYOND_READING} s beyond the reader's own"
    print(report.held(f"- {target}", holds=turn + page <= BEYOND_READING))


async def reports(report: Report, home: Path, course: Course, rounds: int) -> None:
    """Measure what a region's coordinator asks for, and what learners feel of it."""
    file, at = made(home) / "course.db", datetime.now(UTC)
    await found_region(file, course, at)
    raced = await run_races(file, at, rounds)
    report.table(
        f"Reports on {LEARNERS:,} learners in {SCHOOLS:,} schools, beside the plainest SQL",
        ("", "CPU, ms", "of the SQL", "times"),
        *(
            (
                name,
                f"{median(each.ours) * 1000:,.0f}",
                f"{median(each.theirs) * 1000:,.0f}",
                f"{each.ratio:.2f}",
            )
            for name, each in raced.items()
        ),
    )
    print()
    for name, each in raced.items():
        most = OF_SQL.get(name, PAGE_OF_SQL)
        target = f"{name}: at most {most} times the SQL"
        print(report.held(f"- {target}", holds=each.ratio <= most))
    held = await hold_up(home, max(1, rounds // 3))
    report.table(
        f"Telegram over HTTP, the region's database, {people(CROWD)}",
        ("", "taps/s", "p50, ms", "p99, ms"),
        *(
            (
                name,
                f"{median(taken.rate for taken in each):,.0f}",
                f"{median(taken.milliseconds(50) for taken in each):.1f}",
                f"{median(taken.milliseconds(99) for taken in each):.1f}",
            )
            for name, each in (
                ("as ever", held.quiet),
                ("while a coordinator gets all reports in a workbook", held.busy),
            )
        ),
    )
    print(
        f"\nThe workbook has {held.size / 1e6:.1f} MB, and takes {median(held.seconds):.0f} s with"
        f" learners who press all the time, and {held.megabytes:.0f} MB more resident."
    )
    target = f"learners' p99 at most {P99_WITH_FILE} times as long while a workbook is made"
    print(report.held(f"- {target}: {held.ratio:.2f}", holds=held.ratio <= P99_WITH_FILE))
    target = f"a workbook at most {XLSX_MEGABYTES} MB more resident"
    print(report.held(f"- {target}", holds=held.megabytes <= XLSX_MEGABYTES))


if __name__ == "__main__":
    sys.exit(main())
