"""A region's statistics sheet from upload to table: what it costs beyond reading the file."""

import sqlite3
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from random import Random
from time import process_time

from aiohttp import ClientSession, CookieJar

from course_bot.content.model import Course
from course_bot.conversation.port import Attachment, Sent
from course_bot.conversation.turn import Conversation
from course_bot.messengers.browser.door import BrowserDoor
from course_bot.messengers.browser.server import serve
from course_bot.messengers.browser.team.pages import TeamPages
from course_bot.organisations.tree import SCHOOL
from course_bot.sheets.figures import COUNTED, Field, Reading, Sheet
from course_bot.sheets.reading import read_sheet
from course_bot.storage import Account
from course_bot.storage.engine import create_engine, database_url
from course_bot.storage.store import Storage
from course_bot.tokens import digest
from tests.benchmarks.contestants import FIRST
from tests.benchmarks.region import COORDINATOR, TOP, Size, found_region, stored
from tests.browser_person import SECRET
from tests.files_here import FilesHere
from tests.pretend_talk import PretendTalk
from tests.sheets.region_file import FIRST_ID, TODAY, region_file

DAYS = 50
"""Of so many days there are figures of every school already."""
_AT = datetime.combine(TODAY, time(9), UTC)
_COOKIE = "c" * 22


@dataclass(slots=True, kw_only=True)
class Spent:
    """CPU seconds of each round: the reader's own, the move's turn with its screen, the page."""

    reader: list[float] = field(default_factory=list)
    turn: list[float] = field(default_factory=list)
    page: list[float] = field(default_factory=list)


@dataclass(slots=True)
class _Read:
    """Gives out what was read before: the reader is measured by itself."""

    reading: Reading

    async def read(
        self, fetch: Callable[[], Awaitable[bytes]], *, today: date, chosen: Mapping[str, Field]
    ) -> Reading:
        return self.reading


async def upload_to_table(home: Path, course: Course, rounds: int) -> Spent:
    """Let a coordinator send a sheet of 3,000 schools, and look at the table.

    Args:
        home: where the database is made.
        course: what is learned.
        rounds: how many sheets are sent, each of another day.
    """
    file = home / "course.db"
    await found_region(file, course, _AT, Size(learners=5_000))
    _fill(file)
    spent, now = Spent(), _AT
    content = region_file().content
    async with Storage(create_engine(database_url(f"sqlite:///{file}"))) as storage:
        sheets = _Read(read_sheet(content, today=TODAY, chosen={}))
        talk = Conversation(
            storage, lambda: course, secret=SECRET, files=FilesHere(storage), sheets=sheets
        )
        door = BrowserDoor(
            PretendTalk(),
            secret=SECRET,
            mode="local",
            public_url=None,
            clock=lambda: now,
            picture=lambda _: None,
        )
        pages = TeamPages(
            storage,
            lambda: course,
            origin=door.origin,
            secure=False,
            files=FilesHere(storage),
            clock=lambda: now,
        )
        async with (
            serve(door.application(pages=pages.routes()), "127.0.0.1", 0) as url,
            ClientSession(cookie_jar=CookieJar(unsafe=True)) as browser,
        ):
            port = url.rstrip("/").rpartition(":")[2]
            for number in range(rounds + 1):
                now = _AT + timedelta(days=number)
                started = process_time()
                reading = read_sheet(content, today=now.date(), chosen={})
                read = process_time()
                assert isinstance(reading, Sheet)
                sheets.reading = _later(reading, number)
                sent = Sent(
                    account=Account(door="telegram", key=f"{FIRST}"),
                    move_id=f"sheet {number}",
                    at=now,
                    name="",
                    file=Attachment(name="a.xlsx", size=len(content), fetch=_never),
                )
                before = process_time()
                await talk.take(sent)
                taken = process_time()
                async with browser.get(
                    f"{url.rstrip('/')}/team/{TOP}/activity",
                    headers={"Cookie": f"team-{port}={_COOKIE}"},
                ) as answer:
                    assert answer.status == 200, answer.status
                    assert "<table" in await answer.text()
                seen = process_time()
                if number:  # the first one imports and prepares
                    spent.reader.append(read - started)
                    spent.turn.append(taken - before)
                    spent.page.append(seen - taken)
    return spent


async def _never() -> bytes:
    raise AssertionError("it was read before")


def _later(sheet: Sheet, days: int) -> Sheet:
    return replace(
        sheet,
        rows=tuple(
            replace(row, day=row.day and row.day + timedelta(days=days)) for row in sheet.rows
        ),
    )


def _fill(file: Path) -> None:
    """Give the schools the file's IDs and figures of ``DAYS`` days, and its coordinator a page."""
    random = Random(3)
    names = ", ".join(("organisation_id", "day", *COUNTED, "sent_by", "sent_at"))
    marks = ", ".join("?" * (len(COUNTED) + 4))
    with closing(sqlite3.connect(file)) as database, database:
        schools = [
            row[0]
            for row in database.execute(
                "SELECT id FROM organisation WHERE kind = ? ORDER BY id", (SCHOOL,)
            )
        ]
        # By way of none, as no two may have the same meanwhile.
        database.execute("UPDATE organisation SET sferum_id = NULL")
        database.executemany(
            "UPDATE organisation SET sferum_id = ? WHERE id = ?",
            ((f"{FIRST_ID + number}", school) for number, school in enumerate(schools)),
        )
        database.executemany(
            f"INSERT INTO school_day ({names}) VALUES ({marks})",
            (row for school in schools for row in _days(random, school)),
        )
        database.execute(
            "INSERT INTO team_session (digest, person_id, kind, expires_at)"
            " VALUES (?, ?, 'cookie', ?)",
            (digest(_COOKIE), COORDINATOR, stored(_AT + timedelta(days=99))),
        )


def _days(random: Random, school: int) -> Iterator[tuple[object, ...]]:
    for days in range(DAYS):
        teachers, pupils = random.randrange(10, 120), random.randrange(100, 1500)
        whole = (teachers, pupils, pupils)
        counts: dict[Field, int] = {each: 0 for each in COUNTED}  # noqa: C420 - of any field
        for group, expected in zip(("teachers", "pupils", "parents"), whole, strict=True):
            registered = random.randint(1, expected)
            counts[Field(f"{group}_expected")] = expected
            counts[Field(f"{group}_registered")] = registered
            counts[Field(f"{group}_linked")] = random.randint(0, registered)
            counts[Field(f"{group}_active")] = random.randint(0, registered)
            counts[Field.REGISTERED] += registered
        counts[Field.EXPECTED] = sum(whole)
        day = TODAY - timedelta(days=7 * days + 3)
        yield school, f"{day}", *counts.values(), COORDINATOR, stored(_AT)
