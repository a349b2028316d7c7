"""A report's table as the page shows it: words, links and marks; no figure is made here."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from course_bot.locale.phrases import Phrases
from course_bot.messengers.browser.team.asked import PAGE_ROWS, Asked
from course_bot.organisations.state import State
from course_bot.reports.table import Cell, Column, Form, Table, Unsure
from course_bot.reports.wording import shown

NUMBERS = {Form.COUNT, Form.DECIMAL, Form.SHARE}
LONG = 30
"""Characters of a cell from which on it gets a line of its own on a phone."""
Row = Sequence[Cell]


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """A column's head.

    ``kind`` is "number" where cells stand to the right, "long" where a line may be too short for
    them; ``sorted`` is "ascending", "descending" or empty, as ARIA has it.
    """

    name: str
    title: str
    about: str
    kind: str
    href: str
    sorted: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A cell in words; ``state`` gives it a colour, ``share`` (0 to 100) a bar.

    A ``doubtful`` one is a number that can't be right.
    """

    text: str
    known: bool = True
    doubtful: bool = False
    state: str = ""
    share: float | None = None
    href: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pager:
    """Which page of how many, and where the others are; ``total`` counts all rows."""

    page: int
    pages: int
    total: int
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A table that a template can write down as it stands."""

    name: str
    title: str
    moment: str
    headings: tuple[Heading, ...]
    rows: tuple[tuple[Shown, ...], ...] = field(repr=False)
    pager: Pager


def sheet(
    table: Table,
    p: Phrases,
    asked: Asked,
    *,
    total: int,
    links: Sequence[str] = (),
    unsorted: Sequence[str] = (),
) -> Sheet:
    """Word a page of a table.

    Args:
        table: its rows are those of the page alone.
        p: the reader's phrases.
        asked: what was asked for, to which addresses of other pages and orders are added.
        total: how many rows there are on all pages.
        links: where each row leads to, empty for nowhere.
        unsorted: the names of columns that it can't be sorted by.
    """
    headings = tuple(
        Heading(
            name=column.name,
            title=column.title,
            about=column.about,
            kind=_kind(column),
            href="" if column.name in unsorted else _order(asked, column.name),
            sorted=_sorted(asked, column.name),
        )
        for column in table.columns
    )
    rows = []
    for number, row in enumerate(table.rows):
        cells = [
            _shown(cell, column.form, table, p)
            for cell, column in zip(row, table.columns, strict=True)
        ]
        if number < len(links) and links[number]:
            cells[0] = replace(cells[0], href=links[number])
        rows.append(tuple(cells))
    return Sheet(
        name=table.name,
        title=table.title,
        moment=table.moment,
        headings=headings,
        rows=tuple(rows),
        pager=pager(asked, total),
    )


def fixed_sheet(table: Table, p: Phrases) -> Sheet:
    """Word a short table that has one page and one order."""
    rows = list(table.rows)
    names = [column.name for column in table.columns]
    whole = replace(table, rows=rows)
    return sheet(whole, p, Asked(), total=0, unsorted=names)


def pages_of(total: int) -> int:
    """Return how many pages so many rows take; there is always one."""
    return max(1, -(-total // PAGE_ROWS))


def pager(asked: Asked, total: int) -> Pager:
    """Return where the pages before and after are."""
    pages = pages_of(total)
    page = min(asked.page, pages)
    return Pager(
        page=page,
        pages=pages,
        total=total,
        before=asked.address(page=page - 1) if page > 1 else "",
        after=asked.address(page=page + 1) if page < pages else "",
    )


def one_page(table: Table, links: Sequence[str], asked: Asked) -> tuple[Table, Sequence[str], int]:
    """Sort a table that is here as a whole, and cut the page out that is wanted.

    Returns:
        The table with the rows of that page, their links, and how many rows there are in all.
    """
    rows = list(table.rows)
    both = [(row, links[number] if number < len(links) else "") for number, row in enumerate(rows)]
    names = [column.name for column in table.columns]
    if asked.sort in names:
        at = names.index(asked.sort)
        known = [each for each in both if each[0][at] is not None]
        unknown = [each for each in both if each[0][at] is None]
        known.sort(key=lambda each: _key(each[0][at]), reverse=asked.descending)
        both = known + unknown
    page = min(asked.page, pages_of(len(both)))
    part = both[(page - 1) * PAGE_ROWS : page * PAGE_ROWS]
    return replace(table, rows=[row for row, _ in part]), [link for _, link in part], len(both)


def _key(cell: Cell) -> tuple[float, str]:
    match cell:
        case str():
            return 0.0, cell.casefold()
        case datetime():
            return cell.timestamp(), ""
        case date():
            return float(cell.toordinal()), ""
        case Unsure():
            return float(cell.count), ""
        case None:
            return 0.0, ""
        case _:
            return float(cell), ""


def _order(asked: Asked, column: str) -> str:
    """Return the address of the table in a column's order; in the other one if it is that."""
    turned = asked.sort == column and not asked.descending
    return asked.address(sort=column, order="desc" if turned else None, page=None)


def _kind(column: Column) -> str:
    if column.form in NUMBERS:
        return "number"
    return "long" if column.form is Form.TEXT and column.width >= LONG else ""


def _sorted(asked: Asked, column: str) -> str:
    if asked.sort != column:
        return ""
    return "descending" if asked.descending else "ascending"


def _shown(cell: Cell, form: Form, table: Table, p: Phrases) -> Shown:
    text = shown(cell, form, table, p)
    if isinstance(cell, State):
        return Shown(text=text, state=cell.value)
    if form is Form.SHARE and isinstance(cell, int | float):
        return Shown(text=text, share=round(100 * min(max(cell, 0.0), 1.0), 2))
    return Shown(text=text, known=cell is not None, doubtful=isinstance(cell, Unsure))
