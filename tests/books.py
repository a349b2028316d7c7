"""Workbooks as openpyxl reads them: another library than the one that wrote them, or than ours."""

from datetime import datetime, time
from io import BytesIO

from openpyxl import load_workbook
from openpyxl.utils.escape import unescape


def sheet_names(data: bytes) -> list[str]:
    """The names of a workbook's sheets."""
    return load_workbook(BytesIO(data), read_only=True).sheetnames


def sheet_rows(data: bytes, sheet: int | str = 0) -> list[list[object]]:
    """The rows of a sheet from its first one on; an empty cell is an empty text."""
    book = load_workbook(BytesIO(data), data_only=True)
    page = book[sheet if isinstance(sheet, str) else book.sheetnames[sheet]]
    return [[plain(cell) for cell in row] for row in page.iter_rows(values_only=True)]


def plain(cell: object) -> object:
    """Make of a cell what Excel shows: openpyxl has no days but moments at midnight, numbers of
    two types, and texts as they are escaped in the file."""
    match cell:
        case None:
            return ""
        case datetime() if cell.time() == time():
            return cell.date()
        case int() if not isinstance(cell, bool):
            return float(cell)
        case str():
            return unescape(cell)
    return cell
