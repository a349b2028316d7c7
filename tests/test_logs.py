"""What must never stand in a log is blotted out, wherever a library puts it."""

import asyncio
import logging
import re
import sqlite3
from collections.abc import Iterator
from contextlib import AsyncExitStack, closing
from io import StringIO
from pathlib import Path

import pytest
from sqlalchemy import make_url

from course_bot.logs import CountingHandler, DiscreetFormatter, start_logging
from course_bot.storage.store import TURNS_IN_COMMIT
from tests.browser_person import browser_person
from tests.killing import bot_in

TOKEN = "123456789:AAEhBOweik6ad9r_QXMENQjcrGbqCr4K-bc"


class Log:
    """A logger of its own whose lines can be read."""

    def __init__(self) -> None:
        self._stream = StringIO()
        self.handler = CountingHandler(self._stream, period=3600)
        self.logger = logging.getLogger("trouble")
        self.logger.propagate = False
        self.logger.handlers = [self.handler]

    @property
    def text(self) -> str:
        """What was written since the last look."""
        text = self._stream.getvalue()
        self._stream.seek(0)
        self._stream.truncate()
        return text

    def fails(self, who: str, error: type[Exception] = ConnectionError) -> None:
        def fail() -> None:
            raise error(who)

        try:
            fail()
        except error:
            self.logger.exception("a move of %s failed", who)


@pytest.fixture
def log() -> Iterator[Log]:
    log = Log()
    yield log
    log.handler.close()
    log.logger.handlers = []


def written(message: str, *, error: Exception | None = None) -> str:
    info = (type(error), error, None) if error is not None else None
    record = logging.LogRecord("test", logging.ERROR, __file__, 1, message, (), info)
    return DiscreetFormatter(["proxy-password"]).format(record)


@pytest.mark.parametrize(
    "secret",
    [TOKEN, "go-1lhZd_OhMRa9Pq69eS10EO", "proxy-password"],
)
def test_a_secret_is_blotted_out_of_messages_and_tracebacks(secret: str) -> None:
    address = f"https://api.telegram.org/{secret}/getMe?start={secret}"
    line = written(f"calling {address}", error=ValueError(address))
    assert secret not in line
    assert line.count("[secret]") == 4


def test_not_even_the_finest_log_tells_what_is_stored() -> None:
    root = logging.getLogger()
    before = root.level, root.handlers[:]
    try:
        start_logging("DEBUG", [])
        assert logging.getLogger("course_bot").isEnabledFor(logging.DEBUG)
        # It writes down each statement's values: names, answers, accounts.
        assert not logging.getLogger("aiosqlite").isEnabledFor(logging.DEBUG)
    finally:
        root.setLevel(before[0])
        root.handlers[:] = before[1]


def test_ordinary_words_stay_as_they_are() -> None:
    line = written("person 42 goes on at step:roles:2, go-on is no link, 12:30 no token")
    assert line.endswith("person 42 goes on at step:roles:2, go-on is no link, 12:30 no token")


def test_trouble_that_meets_everybody_is_told_once_and_then_counted(log: Log) -> None:
    for who in range(10_000):
        log.fails(f"{who}")
    told = log.text
    assert told.count("Traceback") == 1
    assert told.startswith("a move of 0 failed\n")

    log.handler.tell()
    assert re.fullmatch(
        r"9999 more like it, last at \d\d:\d\d:\d\d: a move of 9999 failed \(ConnectionError\)\n",
        log.text,
    )


def test_trouble_that_is_over_is_said_to_be_and_told_in_full_when_it_comes_back(log: Log) -> None:
    for who in "abc":
        log.fails(who)
    log.handler.tell()
    assert "2 more like it" in log.text

    log.handler.tell()
    assert log.text.startswith("over after 3 in all, last at ")
    log.handler.tell()
    assert log.text == ""

    log.fails("d")
    assert "Traceback" in log.text


def test_each_trouble_of_its_own_is_told(log: Log) -> None:
    log.fails("ann")
    log.fails("ann", TimeoutError)
    log.logger.error("the database fails: %r", "ann")
    log.logger.warning("the database fails: %r", "ann")
    log.logger.warning("%s", "lessons/roles.md:3:1: no such link")
    log.logger.warning("%s", "lessons/roles.md:4:1: no such link")
    log.logger.setLevel("INFO")
    log.logger.info("opened")
    log.logger.info("opened")
    assert len(re.findall(r"^(?:a move|the database|lessons|opened)", log.text, re.MULTILINE)) == 8


def test_what_was_counted_is_told_before_the_log_closes(log: Log) -> None:
    for who in "ab":
        log.fails(who)
    log.handler.close()
    assert "1 more like it" in log.text


async def test_an_outage_of_the_database_is_told_once_however_many_it_meets(
    tmp_path: Path,
) -> None:
    database = make_url(f"sqlite+aiosqlite:///{tmp_path}/course.db")
    async with bot_in(tmp_path, database) as bot, AsyncExitStack() as people:
        await bot.starts()
        # Those who come while the first waits for the database's lock wait for it together.
        crowd = [
            await people.enter_async_context(browser_person(bot.url))
            for _ in range(TURNS_IN_COMMIT)
        ]
        for person in crowd:
            await person.opens()
        with closing(sqlite3.connect(tmp_path / "course.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            await asyncio.gather(*(person.opens() for person in crowd))
            assert {person.troubles for person in crowd} == {1}
        for person in crowd:
            await person.opens()
            person.sees("Сферум в MAX")
        await bot.stops()
    assert bot.log.count("ERROR course_bot.messengers.browser.door: A move") == 1
    assert f"{TURNS_IN_COMMIT - 1} more like it" in bot.log
    assert len(bot.log) < 20_000


def test_a_count_tells_no_secret(log: Log) -> None:
    log.handler.setFormatter(DiscreetFormatter(["proxy-password"]))
    for _ in range(2):
        log.fails("proxy-password")
    log.handler.tell()
    assert "proxy-password" not in log.text
