"""CSV, in the encodings and with the delimiters that Russian spreadsheets write."""

import csv
import io
import re
from collections.abc import Callable
from itertools import islice

from course_bot.spreadsheet.table import Cell, Limits, Reason, Table, UnreadableError

_CONTROLS = re.compile("[\0-\x08\x0e-\x1f]")
_DELIMITERS = ";\t,"
_HEAD = 20_000
"""Characters in which headings are looked for, a title above them included."""


def read_delimited(content: bytes, is_heading: Callable[[str], bool], limits: Limits) -> Table:
    """Read a CSV in UTF-8, with its mark or without, or in cp1251.

    Args:
        content: the file's bytes.
        is_heading: tells whether a cell's text is a heading; the delimiter is the one of
            semicolon, tab and comma that finds the most.
        limits: how much of it is read.

    Raises:
        UnreadableError: it is no text, over a limit, or its quotation marks are wrong.
    """
    text = _text(content)
    delimiter = max(_DELIMITERS, key=lambda sign: _headings(text[:_HEAD], sign, is_heading))
    rows: list[list[Cell]] = []
    cells = 0
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True):
            filled = [cell or None for cell in row]
            while filled and filled[-1] is None:
                filled.pop()
            cells += len(filled)
            if (
                len(rows) == limits.rows
                or len(filled) > limits.columns
                or cells > limits.cells
                or any(cell and len(cell) > limits.length for cell in filled)
            ):
                raise UnreadableError(Reason.SWOLLEN)
            rows.append([*filled])
    except csv.Error:
        raise UnreadableError(Reason.QUOTES, len(rows) + 1) from None
    while rows and not rows[-1]:
        rows.pop()
    return Table(rows=rows)


def _text(content: bytes) -> str:
    for encoding in ("utf-8-sig", "cp1251"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if _CONTROLS.search(text):
            break
        return text
    raise UnreadableError(Reason.OTHER)


def _headings(head: str, delimiter: str, is_heading: Callable[[str], bool]) -> int:
    """Count the headings that a delimiter finds in the beginning of a text."""
    rows = csv.reader(io.StringIO(head, newline=""), delimiter=delimiter)
    try:
        return sum(is_heading(cell) for row in islice(rows, 30) for cell in row if cell)
    except csv.Error:
        return 0
