"""A report as CSV that Excel in Russia opens with a double click."""

import csv
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from course_bot.reports.files import whole
from course_bot.reports.table import Cell, Form, Table
from course_bot.reports.wording import keyed

TOLD_EVERY = 1000
"""How many rows lie between two calls of ``tell``, for every kind of file."""
_STARTERS = tuple("=+-@\t\r\n＝＋－＠")


def write_csv(
    target: Path | BinaryIO, table: Table, tell: Callable[[int], None] | None = None
) -> None:
    """Write a table as CSV: UTF-8 with a byte order mark, semicolons, CRLF, a decimal comma.

    No text becomes a formula: one that could gets an apostrophe before it.
    Source: https://owasp.org/www-community/attacks/CSV_Injection

    Args:
        target: the file, made anew; if writing fails, it stays as it was.
        table: its rows are walked once, and never held together.
        tell: gets the number of rows written so far, every 1,000 rows.

    Raises:
        TypeError: a cell is of another kind than its column says.
    """
    forms = [column.form for column in table.columns]
    with whole(target) as path, path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, delimiter=";", lineterminator="\r\n")
        writer.writerow([_inert(column.title) for column in table.columns])
        for number, row in enumerate(table.rows, 1):
            cells = zip(row, forms, strict=True)
            writer.writerow([_field(cell, form, table) for cell, form in cells])
            if tell and number % TOLD_EVERY == 0:
                tell(number)


def _field(cell: Cell, form: Form, table: Table) -> str:
    field = keyed(cell, form, table)
    return _inert(field) if form in {Form.TEXT, Form.STATE} else field


def _inert(text: str) -> str:
    """Make sure that a text is no formula to any spreadsheet."""
    return f"'{text}" if text.startswith(_STARTERS) else text
