"""Reports as an Excel workbook: a sheet for each, and one that says what the columns mean.

XlsxWriter is imported with the first workbook: a start has no need of it.
"""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, BinaryIO

from course_bot.locale.phrases import Phrases
from course_bot.organisations.state import State
from course_bot.reports.delimited import TOLD_EVERY
from course_bot.reports.files import whole
from course_bot.reports.table import Cell, Column, Form, Table, Unsure
from course_bot.reports.wording import DOUBTFUL, local, one_line, wrong

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

MOST_ROWS = 1_048_576
"""Source: https://support.microsoft.com/office/1672b34d-7043-467e-8e27-269d656771c3"""
_HEAD = 3
"""The row of the titles. Above stand whose report it is and its moment, and an empty row, so that
Excel takes for the table (to sort, to make a pivot) what begins here, and nothing above."""
_FILTER = 3
"""How many digits wide a filter's button is."""
_PAGE_WIDTH = 260
"""How many digits a page across is wide at most; with more it can't be read."""
_NAMING = 2
"""How many columns say what a row is of, where a table is wider than a page."""
_LONGEST_NAME = 31
_NOT_IN_NAMES = re.compile(r"[\[\]:*?/\\]")
_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 - Excel's day 0, in no zone
_DAY = timedelta(days=1)
_NUMBERS = {
    Form.COUNT: "#,##0",
    Form.DECIMAL: "0.0",
    # Only all is 100 %, as in course_bot.reports.wording.percent.
    Form.SHARE: '[<0.995]0%;[<1]"99%";0%',
    Form.DAY: "dd.mm.yyyy",
    Form.MOMENT: "dd.mm.yyyy hh:mm",
}
_STATES = {
    # A hue and a lightness for each, told apart with every kind of colour blindness; the word
    # stands there all the same. Ink on paper has a contrast of at least 7 to 1.
    State.NOT_STARTED: ("#EDEDED", "#3D3D3D"),
    State.IN_PROGRESS: ("#DCE9F8", "#143F75"),
    State.COMPLETED: ("#CDEBDD", "#0A4A32"),
    State.OVERDUE: ("#FBD9BF", "#7A2500"),
}


def write_xlsx(
    target: Path | BinaryIO,
    tables: Sequence[Table],
    p: Phrases,
    tell: Callable[[int], None] | None = None,
) -> None:
    """Write tables as a workbook that filters, sorts, prints, and holds no formula.

    It takes long where rows are many: call it in a thread of its own.

    Args:
        target: the file, made anew; if writing fails, it stays as it was.
        tables: at least one. Their rows are walked once, and never held together.
        p: the phrases of the reader's language.
        tell: gets the number of rows written so far, of all tables, every 1,000 rows.

    Raises:
        TypeError: a cell is of another kind than its column says.
        ValueError: a table has more rows than a sheet can hold.
    """
    from xlsxwriter import Workbook

    with whole(target) as path:
        options = {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "tmpdir": f"{path.parent}",
        }
        # Leaving it closes it, after a failure too: its own files are given back.
        with Workbook(f"{path}", options) as workbook:
            first = tables[0]
            workbook.set_properties(
                {
                    "title": first.title,
                    "company": first.organisation,
                    "created": first.at.astimezone(UTC).replace(tzinfo=None),
                }
            )
            formats = _Formats(workbook)
            explained: list[tuple[str, Table]] = []
            names: set[str] = set()
            written = 0
            for table in tables:
                name = _sheet_name(table.title, names)
                sheet = workbook.add_worksheet(name)
                written = _write_table(sheet, table, formats, tell, written)
                explained.append((name, table))
            meanings = workbook.add_worksheet(_sheet_name(p.t("What the columns mean"), names))
            _write_meanings(meanings, explained, formats, p)


class _Formats:
    """The looks of a workbook's cells."""

    def __init__(self, workbook: "Workbook") -> None:
        self.title = workbook.add_format({"bold": True, "font_size": 14})
        self.moment = workbook.add_format({"font_color": "#595959"})
        self.head = workbook.add_format(
            {
                "bold": True,
                "text_wrap": True,
                "valign": "vcenter",
                "bg_color": "#E4E9F0",
                "bottom": 1,
                "bottom_color": "#7F8CA0",
            }
        )
        self.wrapped = workbook.add_format({"text_wrap": True, "valign": "top"})
        self.numbers: dict[Form, Format] = {
            form: workbook.add_format(
                {"num_format": number, "align": "center"}
                if form in {Form.DAY, Form.MOMENT}
                else {"num_format": number}
            )
            for form, number in _NUMBERS.items()
        }
        self.states: dict[State, Format] = {
            state: workbook.add_format({"bg_color": paper, "font_color": ink})
            for state, (paper, ink) in _STATES.items()
        }
        paper, ink = _STATES[State.OVERDUE]
        # Still a number, to sort and to add up; the mark is its looks.
        self.doubtful = workbook.add_format(
            {
                "num_format": f'{_NUMBERS[Form.COUNT]}" {DOUBTFUL}"',
                "bg_color": paper,
                "font_color": ink,
            }
        )


def _write_table(
    sheet: "Worksheet",
    table: Table,
    formats: _Formats,
    tell: Callable[[int], None] | None,
    before: int,
) -> int:
    """Write a sheet, and return how many rows all sheets have now."""
    from xlsxwriter.utility import xl_range

    _write_heading(sheet, table, formats)
    writers = [_writer(sheet, column, table, formats) for column in table.columns]
    last = _HEAD
    written = before
    for row in table.rows:
        last += 1
        if last >= MOST_ROWS:
            raise ValueError(f"{table.name}: Excel holds {MOST_ROWS - _HEAD - 1} rows at most")
        for at, (write, cell) in enumerate(zip(writers, row, strict=True)):
            if cell is not None:
                write(last, at, cell)
        written += 1
        if tell and written % TOLD_EVERY == 0:
            tell(written)
    sheet.autofilter(_HEAD, 0, last, len(table.columns) - 1)
    # A number of a school stays a text: Excel needs no green corner to say so.
    used = xl_range(_HEAD, 0, last, len(table.columns) - 1)
    sheet.ignore_errors({"number_stored_as_text": used})
    return written


def _write_heading(sheet: "Worksheet", table: Table, formats: _Formats) -> None:
    """Write what stands above the rows, and say how the sheet is looked at and printed."""
    sheet.write_string(0, 0, _text(f"{table.organisation} — {table.title}"), formats.title)
    under = f"{table.moment}. {table.note}" if table.note else table.moment
    sheet.write_string(1, 0, _text(under), formats.moment)
    # Excel would find the height itself, others cut what doesn't fit into one line.
    lines = max(len(wrap(column.title, _width(column) - _FILTER)) for column in table.columns)
    sheet.set_row(_HEAD, 4 + 15 * lines)
    for at, column in enumerate(table.columns):
        sheet.set_column(at, at, _width(column))
        sheet.write_string(_HEAD, at, _text(column.title), formats.head)
    wide = sum(_width(column) for column in table.columns)
    pages = -(-wide // _PAGE_WIDTH)
    if pages > 1:  # what a row is of stays in sight, and stands on each page
        sheet.repeat_columns(0, _NAMING - 1)
    sheet.freeze_panes(_HEAD + 1, _NAMING if pages > 1 else 0)
    _print_upon_a4(sheet, _HEAD, pages)


def _print_upon_a4(sheet: "Worksheet", head: int, pages: int = 1) -> None:
    """Let all columns fit on so many pages side by side, with the titles and a number on each."""
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(pages, 0)
    sheet.repeat_rows(head)
    sheet.set_footer("&R&P / &N")


def _width(column: Column) -> int:
    """Return how many digits wide a column is: a title wraps between words, beside its filter."""
    return max(column.width, *(len(word) + _FILTER for word in column.title.split())) + 1


def _writer(
    sheet: "Worksheet", column: Column, table: Table, formats: _Formats
) -> Callable[[int, int, Cell], object]:
    """Return what writes a cell of a column; a cell costs one call and no look at its form."""
    form = column.form
    write_string, write_number = sheet.write_string, sheet.write_number

    def text(row: int, at: int, cell: Cell) -> None:
        if not isinstance(cell, str):
            raise wrong(cell, form)
        write_string(row, at, _text(cell))

    def state(row: int, at: int, cell: Cell) -> None:
        if not isinstance(cell, State):
            raise wrong(cell, form)
        write_string(row, at, table.words[cell], formats.states[cell])

    def number(row: int, at: int, cell: Cell) -> None:
        if isinstance(cell, Unsure) and form is Form.COUNT:
            write_number(row, at, cell.count, formats.doubtful)
            return
        if not isinstance(cell, int | float):
            raise wrong(cell, form)
        write_number(row, at, cell, look)

    def day(row: int, at: int, cell: Cell) -> None:
        if not isinstance(cell, date):
            raise wrong(cell, form)
        write_number(row, at, cell.toordinal() - _EPOCH.toordinal(), look)

    def moment(row: int, at: int, cell: Cell) -> None:
        if not isinstance(cell, datetime):
            raise wrong(cell, form)
        write_number(row, at, (local(cell, table) - _EPOCH) / _DAY, look)

    if form is Form.TEXT:
        return text
    if form is Form.STATE:
        return state
    look = formats.numbers[form]
    return {Form.DAY: day, Form.MOMENT: moment}.get(form, number)


def _text(text: str) -> str:
    """Return a text that XlsxWriter writes as it stands.

    In constant memory it would take "<r>…</r>" for markup of its own making and leave it as it
    is, and whoever is called so would break the file; a space at the end keeps it a text.
    """
    line = one_line(text)
    return f"{line} " if line.endswith("</r>") else line


def _sheet_name(title: str, taken: set[str]) -> str:
    """Name a sheet as Excel allows it, and as no other is called; remember it as taken.

    Source: https://support.microsoft.com/office/3f1f7148-ee83-404d-8ef0-9ff99fbad1f9
    """
    plain = " ".join(_NOT_IN_NAMES.sub(" ", one_line(title)).split()).strip("'") or "—"
    name = plain[:_LONGEST_NAME].rstrip(" '")
    number = 1
    while name.casefold() in taken:
        number += 1
        end = f" ({number})"
        name = plain[: _LONGEST_NAME - len(end)].rstrip() + end
    taken.add(name.casefold())
    return name


def _write_meanings(
    sheet: "Worksheet", explained: list[tuple[str, Table]], formats: _Formats, p: Phrases
) -> None:
    for at, (title, width) in enumerate(
        ((p.t("Sheet"), 24), (p.t("Column"), 28), (p.t("What it means"), 80))
    ):
        sheet.set_column(at, at, width)
        sheet.write_string(0, at, title, formats.head)
    sheet.freeze_panes(1, 0)
    _print_upon_a4(sheet, 0)
    row = 0
    for name, table in explained:
        for column in table.columns:
            row += 1
            for at, text in enumerate((name, column.title, column.about)):
                sheet.write_string(row, at, _text(text), formats.wrapped)
