"""A statistics sheet from its bytes: what can be read of it, and what is wrong where."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time

from course_bot.sheets.columns import Columns, field_of_heading, find_columns
from course_bot.sheets.figures import (
    COUNTED,
    FILE_BYTES,
    MOST,
    Field,
    Figures,
    Reading,
    Refusal,
    RowFault,
    RowProblem,
    SchoolDay,
    Sheet,
)
from course_bot.spreadsheet.reading import read_table
from course_bot.spreadsheet.table import (
    EXACT,
    SHORTENED,
    Cell,
    NoResult,
    Reason,
    Share,
    Table,
    UnreadableError,
    moment,
)

FAULTS = 200
"""How many faults are kept: nobody reads more, and the first ones show what went wrong."""
LONGEST_ID = 64
LONGEST_TEXT = 200
"""Characters of an ID and of a name, as organisations have them."""
LONGEST_SHOWN = 40
SERIALS = range(36_526, 73_051)
"""Numbers that are taken for days where a day is to be: the years 2000 to 2099."""

_REFUSALS = {reason: Refusal(reason) for reason in Reason if reason is not Reason.QUOTES} | {
    Reason.QUOTES: Refusal.DAMAGED
}
_NOTHING = re.compile(r"[-‐‑‒–—−.]*|н/?д|н\. ?д\.|нет данных|n/a", re.IGNORECASE)
"""What people write into a cell that has nothing to say."""
_TOTAL = re.compile(r"\W*(?:итого?|всего)\b", re.IGNORECASE)
_COUNT = re.compile(r"(\d{1,3}(?:[ '’]\d{3})+|\d{1,15})(?:[.,]0*)?")
_TIME = r"(?:[ T]+\d{1,2}:\d\d(?::\d\d(?:[.,]\d+)?)?Z?)?"
_DAYS = (
    re.compile(
        rf"(?P<d>\d{{1,2}})[./-](?P<m>\d{{1,2}})[./-](?P<y>\d{{4}}|\d\d)(?: ?г\.?)?{_TIME}"
    ),
    re.compile(rf"(?P<y>\d{{4}})[./-](?P<m>\d{{1,2}})[./-](?P<d>\d{{1,2}}){_TIME}"),
)


def read_sheet(content: bytes, *, today: date, chosen: Mapping[str, Field]) -> Reading:
    """Read a statistics sheet, XLSX or CSV.

    Args:
        content: the file's bytes, whatever they are.
        today: a later day in the sheet is a fault.
        chosen: what somebody said that a heading is, as ``columns.folded_heading`` writes it.

    Returns:
        The sheet with at most ``FAULTS`` of its faults, or why it could not be read. A cell that
        is at fault is left out, as are rows of totals, and those that have neither an ID nor a
        number.
    """
    if len(content) > FILE_BYTES:
        return Refusal.TOO_LARGE
    try:
        table = read_table(content, is_heading=lambda text: field_of_heading(text) is not None)
    except UnreadableError as error:
        return _REFUSALS[error.reason]
    if not any(cell is not None for cells in table.rows for cell in cells):
        return Refusal.EMPTY
    columns = find_columns(table, chosen)
    if columns is None:
        return Refusal.NO_HEADINGS
    return _Reader(table, columns, today).read()


# --- one cell --------------------------------------------------------------------------------


def _text(cell: Cell) -> str:
    """Return what stands in a cell in one line, at most as much as anything needs of it."""
    match cell:
        case None | NoResult():
            return ""
        case str():
            return " ".join(cell[: 2 * LONGEST_TEXT].split())
        case Share():
            return f"{cell:.6%}".rstrip("0%").rstrip(".").replace(".", ",") + "\N{NO-BREAK SPACE}%"
        case bool():
            return "ИСТИНА" if cell else "ЛОЖЬ"
        case datetime():
            return f"{cell:%d.%m.%Y %H:%M}"
        case date():
            return f"{cell:%d.%m.%Y}"
        case time():
            return f"{cell:%H:%M}"
        case _:
            # No exponent, and no comma where there is nothing behind it.
            return str(int(cell)) if cell == int(cell) else f"{cell}".replace(".", ",")


def _count(cell: Cell) -> int | RowProblem | None:
    """Return a number of people, None where there is none, or what is wrong with it."""
    match cell:
        case None:
            return None
        case NoResult():
            return RowProblem.FORMULA
        case Share():
            return RowProblem.SHARE
        case bool() | date() | time():
            return RowProblem.NOT_A_NUMBER
        case str():
            text = _text(cell).removeprefix("'")
            if _NOTHING.fullmatch(text):
                return None
            if text.endswith("%"):
                return RowProblem.SHARE
            found = _COUNT.fullmatch(text)
            if not found:
                return RowProblem.NOT_A_NUMBER
            number = int(re.sub(r"\D", "", found[1]))
        case _:
            if cell < 0 or cell != int(cell):
                return RowProblem.NOT_A_NUMBER
            number = int(cell)
    return number if number <= MOST else RowProblem.TOO_LARGE


def _day(cell: Cell, *, date1904: bool) -> date | RowProblem:
    """Return the day in a cell, or what is wrong with it."""
    match cell:
        case None:
            return RowProblem.NO_DATE
        case NoResult():
            return RowProblem.FORMULA
        case datetime():
            return cell.date()
        case date():
            return cell
        case str():
            text = _text(cell).removeprefix("'")
            if _NOTHING.fullmatch(text):
                return RowProblem.NO_DATE
            for written in _DAYS:
                if found := written.fullmatch(text):
                    year = int(found["y"]) + (2000 if len(found["y"]) == 2 else 0)
                    try:
                        return date(year, int(found["m"]), int(found["d"]))
                    except ValueError:
                        return RowProblem.NOT_A_DATE
            if not text.isdecimal() or len(text) != 5:
                return RowProblem.NOT_A_DATE
            number = float(text)
        case bool() | time() | Share():
            return RowProblem.NOT_A_DATE
        case _:
            number = cell
    there = moment(number, date1904=date1904) if int(number) in SERIALS else None
    if isinstance(there, datetime):
        return there.date()
    return there if isinstance(there, date) else RowProblem.NOT_A_DATE


def _sferum_id(cell: Cell) -> str | RowProblem:
    """Return the ID in a cell, or what is wrong with it."""
    match cell:
        case NoResult():
            return RowProblem.FORMULA
        case bool() | date() | time() | Share():
            return RowProblem.NO_ID
        case int() | float() if abs(cell) >= EXACT:
            return RowProblem.SHORTENED_ID
    text = _text(cell).removeprefix("'").strip()
    if SHORTENED.fullmatch(text):
        return RowProblem.SHORTENED_ID
    if _NOTHING.fullmatch(text) or len(text) > LONGEST_ID:
        return RowProblem.NO_ID
    return re.sub(r"(?<=\d)[.,]0$", "", text)


def _are_numbers_of_columns(cells: Sequence[Cell]) -> bool:
    """Tell whether it says 1, 2, 3…, as forms have it under their headings."""
    shown = [text for cell in cells if (text := _text(cell))]
    return len(shown) > 3 and shown == [str(at) for at in range(1, len(shown) + 1)]


# --- all rows --------------------------------------------------------------------------------


@dataclass(slots=True)
class _Reader:
    """Reads the rows of a table whose columns are known."""

    table: Table
    columns: Columns
    today: date
    faults: list[RowFault] = field(default_factory=list)

    def read(self) -> Reading:
        """Read all of them."""
        rows = [
            (number, cells)
            for number, cells in enumerate(self.table.rows[self.columns.below :])
            if self._is_school(cells)
        ]
        if not rows:
            return Refusal.NO_ROWS
        others = self._others([cells for _number, cells in rows])
        read = [
            self._row(number + self.columns.below + 1, cells, others) for number, cells in rows
        ]
        headings = self.columns.headings
        once = self._each_once(read)
        return Sheet(
            rows=tuple(once),
            missing=self.columns.missing,
            twice=self.columns.twice,
            others=tuple(headings[each] for each in others),
            unknown=tuple(
                headings[each]
                for each in sorted((*self.columns.unknown, *self.columns.unsure))
                if each not in others and self.columns.has_heading(each)
            ),
            faults=tuple(sorted(self.faults, key=lambda each: each.row)[:FAULTS]),
        )

    def _is_school(self, cells: Sequence[Cell]) -> bool:
        """Tell whether a row is about a school: no total, no remark, no numbers of columns."""
        if any(isinstance(cell, str) and _TOTAL.match(cell[:LONGEST_SHOWN]) for cell in cells):
            return False
        if cells and _text(cells[0]) == "1" and _are_numbers_of_columns(cells):
            return False
        places = self.columns.fields
        telling = [places[each] for each in (Field.SFERUM_ID, *COUNTED) if each in places]
        return any(at < len(cells) and cells[at] is not None for at in telling) or any(
            at < len(cells) and isinstance(_count(cells[at]), int) for at in self.columns.unsure
        )

    def _others(self, rows: Sequence[Sequence[Cell]]) -> list[int]:
        """Say which columns that are not sure to be anything hold numbers of people."""
        doubled = {heading for each in self.columns.twice for heading in each.headings}
        others: list[int] = []
        for column in self.columns.unsure:
            filled = [cells[column] for cells in rows if len(cells) > column]
            counts = [count for cell in filled if (count := _count(cell)) is not None]
            numbers = sum(isinstance(each, int) for each in counts)
            if self.columns.headings[column] in doubled or 2 * numbers > len(counts):
                others.append(column)
        return others

    def _row(self, number: int, cells: Sequence[Cell], others: Sequence[int]) -> SchoolDay:
        def at(column: int | None) -> Cell:
            return cells[column] if column is not None and column < len(cells) else None

        def told(column: int, problem: RowProblem) -> None:
            if len(self.faults) < FAULTS:
                self._fault(number, column, problem, at(column))

        places = self.columns.fields
        figures: dict[str, int | None] = {}
        for each in COUNTED:
            if each in places:
                count = _count(at(places[each]))
                if isinstance(count, RowProblem):
                    told(places[each], count)
                else:
                    figures[each.value] = count
        day = sferum_id = None
        if Field.DAY in places:
            day = _day(at(places[Field.DAY]), date1904=self.table.date1904)
            if isinstance(day, date) and day > self.today:
                day = RowProblem.FUTURE
            if isinstance(day, RowProblem):
                told(places[Field.DAY], day)
        if Field.SFERUM_ID in places:
            sferum_id = _sferum_id(at(places[Field.SFERUM_ID]))
            if isinstance(sferum_id, RowProblem):
                told(places[Field.SFERUM_ID], sferum_id)
        counts = (_count(at(each)) for each in others)
        return SchoolDay(
            row=number,
            day=None if isinstance(day, RowProblem) else day,
            sferum_id="" if isinstance(sferum_id, RowProblem | None) else sferum_id,
            name=_text(at(places.get(Field.NAME)))[:LONGEST_TEXT],
            municipality=_text(at(places.get(Field.MUNICIPALITY)))[:LONGEST_TEXT],
            region=_text(at(places.get(Field.REGION)))[:LONGEST_TEXT],
            figures=Figures(**figures),
            others=tuple(None if isinstance(each, RowProblem) else each for each in counts),
        )

    def _fault(self, row: int, column: int, problem: RowProblem, cell: Cell) -> None:
        heading = self.columns.headings[column]
        shown = _text(cell)[:LONGEST_SHOWN]
        if isinstance(cell, int | float) and problem is RowProblem.SHORTENED_ID:
            shown = f"{cell:.5E}".replace(".", ",")
        self.faults.append(RowFault(row=row, heading=heading, problem=problem, value=shown))

    def _each_once(self, rows: Sequence[SchoolDay]) -> list[SchoolDay]:
        """Take a school's day once if it always says the same, else not at all."""
        same: dict[tuple[str, date | None], list[SchoolDay]] = defaultdict(list)
        for row in rows:
            if row.sferum_id and (row.day or Field.DAY not in self.columns.fields):
                same[row.sferum_id.casefold(), row.day].append(row)
        left_out: set[int] = set()
        for first, *more in same.values():
            left_out.update(each.row for each in more)
            if any((each.figures, each.others) != (first.figures, first.others) for each in more):
                left_out.add(first.row)
                for each in (first, *more):
                    self._fault(
                        each.row,
                        self.columns.fields[Field.SFERUM_ID],
                        RowProblem.TWICE,
                        each.sferum_id,
                    )
        return [row for row in rows if row.row not in left_out]
