"""What a workbook costs: a report of 100,000 people, and XlsxWriter alone with the same cells.

Each runs in a process of its own: ``python -m tests.benchmarks.spreadsheets ours``.
"""

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice
from pathlib import Path
from statistics import median
from subprocess import run
from tempfile import TemporaryDirectory
from time import process_time
from zoneinfo import ZoneInfo

import psutil
from xlsxwriter import Workbook
from xlsxwriter.format import Format

from course_bot.locale.phrases import phrases
from course_bot.organisations.state import State
from course_bot.reports.table import Cell, Column, Form, Table
from course_bot.reports.xlsx import write_xlsx
from tests.benchmarks.processes import highest

ROWS = 100_000
OURS, ALONE = "ours", "alone"
_ZONE = ZoneInfo("Asia/Yekaterinburg")
_AT = datetime(2026, 11, 30, 9, 5, tzinfo=UTC)
_WORDS = {
    State.NOT_STARTED: "не начал",
    State.IN_PROGRESS: "проходит",
    State.COMPLETED: "прошёл",
    State.OVERDUE: "просрочил",
}
_COLUMNS = tuple(
    Column(name=name, title=title, about=title, form=form, width=width)
    for name, title, form, width in (
        ("name", "Имя", Form.TEXT, 28),
        ("organisation", "Организация", Form.TEXT, 32),
        ("track", "Курс", Form.TEXT, 20),
        ("state", "Состояние", Form.STATE, 12),
        ("passed", "Пройдено", Form.COUNT, 10),
        ("of", "Из", Form.COUNT, 8),
        ("seen", "Был", Form.MOMENT, 17),
        ("completed", "Прошёл", Form.MOMENT, 17),
        ("best", "Лучший балл", Form.SHARE, 10),
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """CPU seconds, and how many 10⁶ bytes more were resident at most than at the start."""

    seconds: float
    megabytes: float


def race(rounds: int) -> dict[str, list[Written]]:
    """Let both write in turn; one that goes first would have a cooler processor."""
    found: dict[str, list[Written]] = {OURS: [], ALONE: []}
    for number in range(rounds):
        for who in (OURS, ALONE) if number % 2 else (ALONE, OURS):
            command = [sys.executable, "-m", __name__, who]
            done = run(command, check=True, capture_output=True, text=True)
            seconds, megabytes = map(float, done.stdout.split())
            found[who].append(Written(seconds=seconds, megabytes=megabytes))
    return found


def ratio(found: dict[str, list[Written]]) -> float:
    """Return how many times as long ours takes: the median of the rounds."""
    pairs = zip(found[OURS], found[ALONE], strict=True)
    return median(ours.seconds / alone.seconds for ours, alone in pairs)


def people() -> list[tuple[Cell, ...]]:
    """Make a thousand different rows, which come again and again."""
    states = list(State)
    return [
        (
            f"Фамилия{number} Имя Отчество",
            f"МБОУ «Средняя школа № {number % 97}»",
            "Учитель",
            states[number % 4],
            number % 6,
            5,
            _AT - timedelta(minutes=number),
            _AT - timedelta(hours=number) if number % 4 == 2 else None,
            number / 1000 if number % 3 else None,
        )
        for number in range(1000)
    ]


def ours(file: Path) -> Callable[[], None]:
    """Make ready what the program does."""
    table = Table(
        name="people",
        title="Люди",
        organisation="Свердловская область",
        at=_AT.astimezone(_ZONE),
        moment="по состоянию на 14:05",
        columns=_COLUMNS,
        rows=islice(cycle(people()), ROWS),
        words=_WORDS,
    )
    p = phrases("ru")
    return lambda: write_xlsx(file, [table], p, lambda _count: None)


def alone(file: Path) -> Callable[[], None]:
    """Make ready XlsxWriter with the same cells, whose words and local times it is given."""

    rows = islice(cycle([tuple(map(_ready, row)) for row in people()]), ROWS)
    states = dict(zip(_WORDS.values(), ("#EDEDED", "#DCE9F8", "#CDEBDD", "#FBD9BF"), strict=True))

    def write() -> None:
        with Workbook(f"{file}", {"constant_memory": True}) as workbook:
            coloured: dict[Cell, Format] = {
                word: workbook.add_format({"bg_color": colour}) for word, colour in states.items()
            }
            count = workbook.add_format({"num_format": "#,##0"})
            moment = workbook.add_format({"num_format": "dd.mm.yyyy hh:mm"})
            share = workbook.add_format({"num_format": "0%"})
            sheet = workbook.add_worksheet()
            for at, column in enumerate(_COLUMNS):
                sheet.write_string(0, at, column.title)
            for at, row in enumerate(rows, 1):
                name, organisation, track, state, passed, of, seen, completed, best = row
                sheet.write_string(at, 0, name)
                sheet.write_string(at, 1, organisation)
                sheet.write_string(at, 2, track)
                sheet.write_string(at, 3, state, coloured[state])
                sheet.write_number(at, 4, passed, count)
                sheet.write_number(at, 5, of, count)
                sheet.write_datetime(at, 6, seen, moment)
                if completed is not None:
                    sheet.write_datetime(at, 7, completed, moment)
                if best is not None:
                    sheet.write_number(at, 8, best, share)

    return write


def _ready(cell: Cell) -> Cell:
    """Return what XlsxWriter is given in a cell's place."""
    if isinstance(cell, State):
        return _WORDS[cell]
    if isinstance(cell, datetime):
        return cell.astimezone(_ZONE).replace(second=0, microsecond=0, tzinfo=None)
    return cell


def main() -> None:
    """Write a workbook, and print what it took."""
    with TemporaryDirectory(prefix="course-bot-bench-") as folder:
        write = {OURS: ours, ALONE: alone}[sys.argv[1]](Path(folder, "people.xlsx"))
        before = psutil.Process().memory_info().rss / 1e6
        begun = process_time()
        write()
        seconds = process_time() - begun
        print(seconds, highest(os.getpid()) - before)


if __name__ == "__main__":
    main()
