"""The process that reads sheets: what it may use, and what is said whatever becomes of it."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from types import MappingProxyType

import psutil
import pytest

from course_bot import sheet_reader
from course_bot.sheet_reader import AT_ONCE, READER, SheetReader
from course_bot.sheets.__main__ import LIMITS
from course_bot.sheets.columns import folded_heading
from course_bot.sheets.figures import FILE_BYTES, READING, Field, Reading, Refusal
from course_bot.sheets.reading import read_sheet
from tests.sheets.region_file import TODAY, region_file

CSV = "Дата;Всего учителей;;Чатов\n30.10.2025;107;58;3".encode()
PREPARED = """
import sys
from course_bot.sheets import __main__ as reader
reader.limit_itself()
sys.excepthook = reader.tell_where
sys.stdin.buffer.read()"""


def of(content: bytes) -> Callable[[], Awaitable[bytes]]:
    async def fetch() -> bytes:
        return content

    return fetch


async def read(content: bytes, chosen: Mapping[str, Field] = MappingProxyType({})) -> Reading:
    return await SheetReader().read(of(content), today=TODAY, chosen=chosen)


def instead(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    """Let this code be run where the reader is to be."""
    monkeypatch.setattr(sheet_reader, "READER", ("-c", code))


def readers() -> list[psutil.Process]:
    return psutil.Process().children()


async def test_it_reads_what_is_read_here_and_hears_what_somebody_said() -> None:
    region = region_file(60)
    here = read_sheet(region.content, today=TODAY, chosen={})
    assert await read(region.content) == here

    said = {folded_heading("столбец C"): Field.TEACHERS_ACTIVE}
    reading = await read(CSV, said)
    assert reading == read_sheet(CSV, today=TODAY, chosen=said)
    assert not isinstance(reading, Refusal)
    assert reading.rows[0].figures.teachers_active == 58


async def test_a_file_that_is_too_large_costs_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    instead(monkeypatch, "raise SystemExit(1)")
    assert await read(b"a" * (FILE_BYTES + 1)) is Refusal.TOO_LARGE


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("import os; os.kill(os.getpid(), 9)", "exit -9"),
        (f"{PREPARED}; b'0' * 2_000_000_000", "exit 1: MemoryError: <string>:6 <module>"),
        (f"{PREPARED}; raise ValueError('30.10.2025')", "exit 1: ValueError: <string>:6 <module>"),
        ("import os; os.close(0); raise SystemExit(3)", "exit 3"),
        ("print('{')", "1 faults in its answer"),
        ("print('\"nonsense\"')", "faults in its answer"),
        ("", "1 faults in its answer"),
        ("import os\nwhile True: os.write(1, b'a' * 60_000)", "exit -9"),
        ("import os\nwhile True: os.write(2, b'a' * 60_000)", "exit -9"),
    ],
)
async def test_a_reader_that_dies_or_talks_nonsense_is_a_refusal_and_a_line_in_the_log(
    code: str, told: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    instead(monkeypatch, code)
    assert await read(CSV * 20_000) is Refusal.FAILED
    (record,) = caplog.records
    assert told in record.getMessage()
    assert "30.10.2025" not in record.getMessage()
    assert readers() == []


async def test_a_reader_that_hangs_is_killed(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(sheet_reader, "SECONDS", 0.3)
    instead(monkeypatch, "import time; time.sleep(600)")
    assert await read(CSV * 20_000) is Refusal.FAILED
    assert "not done after" in caplog.text
    assert readers() == []


async def test_who_no_longer_waits_takes_the_reader_along(monkeypatch: pytest.MonkeyPatch) -> None:
    instead(monkeypatch, "import time; time.sleep(600)")
    waiting = asyncio.create_task(read(CSV))
    while not readers() and not waiting.done():  # noqa: ASYNC110 - no process tells that it is
        await asyncio.sleep(0.01)

    waiting.cancel()

    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert readers() == []


async def test_files_are_fetched_when_there_is_a_place_for_them() -> None:
    reader = SheetReader()
    fetched: list[int] = []
    arrives = asyncio.Event()

    async def fetch(number: int) -> bytes:
        fetched.append(number)
        await arrives.wait()
        return b""

    reads = [
        asyncio.create_task(reader.read(lambda at=at: fetch(at), today=TODAY, chosen={}))  # type: ignore[misc]
        for at in range(4)
    ]
    for _ in range(100):
        await asyncio.sleep(0)
    assert fetched == [0, 1]

    arrives.set()
    assert await asyncio.gather(*reads) == [Refusal.EMPTY] * 4
    assert fetched == [0, 1, 2, 3]


async def test_what_fetching_raises_is_the_fetchers_and_gives_the_place_back() -> None:
    reader = SheetReader()

    async def fails() -> bytes:
        raise ConnectionError

    for _ in range(AT_ONCE + 1):
        with pytest.raises(ConnectionError):
            await reader.read(fails, today=TODAY, chosen={})
    assert await reader.read(of(b""), today=TODAY, chosen={}) is Refusal.EMPTY


def test_the_process_gives_up_what_it_does_not_need(tmp_path: Path) -> None:
    code = f"""
import json, resource
from course_bot.sheets import __main__ as reader
reader.limit_itself()
print(json.dumps([resource.getrlimit(limit)[0] for limit in reader.LIMITS]))
try:
    with open({str(tmp_path / "left")!r}, "w") as file:
        file.write("a")
except OSError:
    print("nothing is written")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    limits, written = done.stdout.splitlines()
    assert json.loads(limits) == list(LIMITS.values())
    assert written == "nothing is written"


def test_the_process_leaves_nothing_behind(tmp_path: Path) -> None:
    order = json.dumps({"today": TODAY.isoformat(), "chosen": {}}).encode() + b"\n" + CSV
    root = str(Path(__file__).parents[2])
    done = subprocess.run(
        [sys.executable, *READER],
        input=order,
        capture_output=True,
        check=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": root, "TMPDIR": str(tmp_path)},
    )
    assert READING.validate_json(done.stdout) == read_sheet(CSV, today=TODAY, chosen={})
    assert [*tmp_path.iterdir()] == []
