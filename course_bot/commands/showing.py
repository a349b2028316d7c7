"""How a report looks at the console, and how a command writes a file."""

import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from course_bot.errors import StopError
from course_bot.locale.phrases import Phrases
from course_bot.reports.table import Form, Table
from course_bot.reports.wording import shown

GAP = "  "
NUMBERS = frozenset({Form.COUNT, Form.DECIMAL, Form.SHARE})
"""They stand on the right of their column, so that their digits lie beneath each other."""


def print_table(table: Table, p: Phrases) -> None:
    """Print a report: row by row, or where a row is wider than the window, cell by cell."""
    print(f"{table.title}: {table.organisation}, {table.moment}", end="\n\n")
    titles = [column.title for column in table.columns]
    rows = [
        [
            shown(cell, column.form, table, p)
            for cell, column in zip(row, table.columns, strict=True)
        ]
        for row in table.rows
    ]
    widths = [max(map(len, column)) for column in zip(titles, *rows, strict=True)]
    window = _window()
    if window is None or sum(widths) + len(GAP) * (len(widths) - 1) <= window:
        right = [column.form in NUMBERS for column in table.columns]
        for row in (titles, *rows):
            print(_aligned(row, widths, right))
    else:
        print("\n\n".join(_cell_by_cell(titles, row) for row in rows))


def _window() -> int | None:
    """Return how many characters fit side by side; what goes into a pipe or a file has no end."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def _aligned(row: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    cells = zip(row, widths, right, strict=True)
    return GAP.join(
        cell.rjust(width) if numeric else cell.ljust(width) for cell, width, numeric in cells
    ).rstrip()


def _cell_by_cell(titles: Sequence[str], row: Sequence[str]) -> str:
    return "\n".join(f"{title}: {cell}" for title, cell in zip(titles, row, strict=True))


@contextmanager
def new_file(path: Path) -> Iterator[BinaryIO]:
    """Open a file that must not be there yet; if writing it fails, it is gone again.

    Raises:
        StopError: it is there, or can't be written.
    """
    try:
        with path.open("xb") as file:
            try:
                yield file
            except BaseException:
                path.unlink()
                raise
    except FileExistsError:
        raise StopError(f"{path} is there already: name another file") from None
    except OSError as error:
        raise StopError(f"{path} can't be written: {error.strerror}") from None
