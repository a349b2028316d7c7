"""The file of organisations: read from CSV or XLSX with every fault told, and written."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import islice
from typing import NamedTuple
from unicodedata import normalize

from course_bot.organisations.naming import SLASH, folded, names_of
from course_bot.organisations.tree import MUNICIPALITY, REGION, SCHOOL, Organisation, Tree
from course_bot.organisations.zones import RIGHT, read_zone
from course_bot.signs import right_letter
from course_bot.spreadsheet.reading import read_table
from course_bot.spreadsheet.table import (
    EXACT,
    SHORTENED,
    Cell,
    Limits,
    NoResult,
    Reason,
    UnreadableError,
)
from course_bot.typed import without_unseen

FILE_BYTES = 10_000_000
"""Every school of Russia fits in; a larger file is something else."""

NAME, KIND, PARENT, SFERUM_ID, ZONE = (
    "название",
    "вид",
    "входит в",
    "ID организации",
    "часовой пояс",
)
HEADINGS = (NAME, KIND, PARENT, SFERUM_ID, ZONE)
LONGEST = {NAME: 200, KIND: 40, SFERUM_ID: 64}
"""How many characters a cell may have."""
_ALSO = {
    "наименование": NAME,
    "название организации": NAME,
    "наименование организации": NAME,
    "тип": KIND,
    "вид организации": KIND,
    "тип организации": KIND,
    "входит в организацию": PARENT,
    "вышестоящая организация": PARENT,
    "id": SFERUM_ID,
    "id организация": SFERUM_ID,
    "ид": SFERUM_ID,
    "ид организации": SFERUM_ID,
    "часовая зона": ZONE,
}
"""What else the headings are called, in small letters."""
_KNOWN = {heading.casefold(): heading for heading in HEADINGS} | _ALSO

_LIMITS = Limits(inflated=100_000_000, elements=10_000_000, rows=100_000, cells=1_000_000)
"""An operator's file is of all Russia at most, and comes from somebody who is trusted."""
_FORMULA = re.compile("'*[=+@-]")
"""What a cell that a spreadsheet takes for a formula begins with; an apostrophe before it keeps it
from that, and is not part of the text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFault:
    """Something wrong in the file, where it is, and what would be right (Russian).

    ``row`` is counted as spreadsheets do, the headings being row 1; 0 is the file as a whole.
    """

    row: int = 0
    heading: str = ""
    what: str
    would_be_right: str

    def __str__(self) -> str:
        place = f"строка {self.row}" if self.row else "файл"
        column = f", «{self.heading}»" if self.heading else ""
        return f"{place}{column}: {self.what} — {self.would_be_right}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """An organisation as the file names it; an empty text is a cell that says nothing.

    ``time_zone`` is an IANA name, empty where the one above's is meant, and None where the file
    has no such column.
    """

    number: int
    name: str
    kind: str = ""
    parent: str = ""
    sferum_id: str = ""
    time_zone: str | None = None


class Read(NamedTuple):
    """What is in a file: the rows as far as they can be read, and all that is wrong in it."""

    rows: tuple[Row, ...]
    faults: tuple[FileFault, ...]


class _NoTableError(Exception):
    """The file can't be read at all; carries the fault."""

    def __init__(self, what: str, would_be_right: str, row: int = 0) -> None:
        super().__init__()
        self.fault = FileFault(row=row, what=what, would_be_right=would_be_right)


def read_file(data: bytes) -> Read:
    """Read a file of organisations: CSV (UTF-8 or cp1251) or the first visible sheet of an XLSX.

    Args:
        data: the file's bytes.

    Returns:
        Its rows in their order, and every fault that one sees without knowing the tree.
    """
    faults: list[FileFault] = []
    try:
        table = _table(data)
        start = next((at for at, cells in enumerate(table) if _is_filled(cells)), None)
        columns = {} if start is None else _columns(table[start], start + 1, faults)
    except _NoTableError as error:
        return Read((), (error.fault,))
    if start is None:
        return Read((), (FileFault(what="файл пуст", would_be_right=_HEADINGS_RIGHT),))
    reader = _RowReader(columns, faults)
    rows = tuple(
        reader.read(number, cells)
        for number, cells in enumerate(table[start + 1 :], start + 2)
        if _is_filled(cells)
    )
    if not rows and not faults:
        right = "впишите под заголовками хотя бы одну"
        faults.append(FileFault(what="в файле нет ни одной организации", would_be_right=right))
    return Read(rows, tuple(faults))


def export(tree: Tree) -> bytes:
    """Write the organisations that are not archived: CSV as a Russian Excel opens it.

    Reading it and importing it again changes nothing.
    """
    listed = list(_in_use(tree, None))
    names = names_of(listed, tree)
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=";", lineterminator="\r\n")
    writer.writerow(HEADINGS)
    for each in listed:
        above = next(islice(tree.above(each.id), 1, None), None)
        # Any other than a region, standing on top elsewhere, would not be sure to stay there.
        parent = names.shortest(above) if above else "" if each.kind == REGION else SLASH
        cells = (each.name, each.kind, parent, each.sferum_id, each.time_zone)
        writer.writerow(f"'{cell}" if _FORMULA.match(cell) else cell for cell in cells)
    return stream.getvalue().encode("utf-8-sig")


def _in_use(tree: Tree, parent: int | None) -> Iterator[Organisation]:
    for each in tree.children(parent):
        if not each.archived:
            yield each
            yield from _in_use(tree, each.id)


# --- a table of cells ------------------------------------------------------------------------

_HEADINGS_RIGHT = f"в первой строке нужны заголовки: {', '.join(HEADINGS)}"
_TABLE_RIGHT = "нужна таблица XLSX или CSV (в Excel: «Сохранить как», «CSV UTF-8»)"
_SAVE_ANEW = "сохраните заново как XLSX или CSV"
_NO_TABLE = {
    Reason.PASSWORD: ("файл закрыт паролем", "сохраните его без пароля"),
    Reason.DAMAGED: ("файл повреждён или это не таблица", f"откройте его в Excel и {_SAVE_ANEW}"),
    Reason.OLD_EXCEL: ("это файл старого Excel (XLS)", f"откройте его в Excel и {_SAVE_ANEW}"),
    Reason.OPEN_DOCUMENT: ("это файл ODS", f"откройте его и {_SAVE_ANEW}"),
    Reason.SWOLLEN: ("в файле слишком много строк, столбцов или текста", "оставьте нужное"),
    Reason.QUOTES: (
        "кавычки не закрыты или после закрывающей что-то стоит",
        'ячейку с кавычками пишут так: "Школа ""Радуга"""',
    ),
}
"""What is told of a file that can't be read; of what is not here, that it is no table."""


def _table(data: bytes) -> Sequence[Sequence[Cell]]:
    if len(data) > FILE_BYTES:
        raise _NoTableError("файл слишком большой", f"не больше {FILE_BYTES // 1_000_000} МБ")
    try:
        table = read_table(
            data, is_heading=lambda text: _plain_heading(text) in _KNOWN, limits=_LIMITS
        )
    except UnreadableError as error:
        what, right = _NO_TABLE.get(error.reason, ("это не таблица", _TABLE_RIGHT))
        raise _NoTableError(what, right, row=error.row) from None
    return table.rows


def _is_filled(cells: Sequence[Cell]) -> bool:
    return any(_clean(cell) if isinstance(cell, str) else cell is not None for cell in cells)


# --- headings --------------------------------------------------------------------------------


def _shown(cell: Cell) -> str:
    return "" if cell is None else _clean(str(cell))


def _plain_heading(cell: Cell) -> str:
    return folded(re.sub(r"[\W_]", " ", _shown(cell)))


def _columns(cells: Sequence[Cell], number: int, faults: list[FileFault]) -> dict[int, str | None]:
    """Say what each column is; None for one that isn't known, or that came before.

    Raises:
        _NoTableError: there is no heading that is known.
    """
    columns: dict[int, str | None] = {}
    for index, cell in enumerate(cells):
        if word := _plain_heading(cell):
            columns[index] = heading = _KNOWN.get(word)
            what = right = ""
            if heading is None:
                what, right = "неизвестный заголовок", _meant(word)
            elif list(columns.values()).count(heading) > 1:
                columns[index] = None
                what, right = f"столбец «{heading}» уже есть", "оставьте один"
            if what:
                shown = _shown(cell)
                faults.append(
                    FileFault(row=number, heading=shown, what=what, would_be_right=right)
                )
    if not any(columns.values()):
        raise _NoTableError("заголовков нет", _HEADINGS_RIGHT, row=number)
    if NAME not in columns.values():
        what = f"нет столбца «{NAME}»"
        faults.append(FileFault(row=number, what=what, would_be_right="без него нельзя"))
    return columns


def _meant(word: str) -> str:
    """Say which heading may be meant."""
    if letter := right_letter(word, [heading.casefold() for heading in HEADINGS]):
        return letter
    if near := get_close_matches(word, _KNOWN, n=1):
        return f"может быть, «{_KNOWN[near[0]]}»?"
    return f"бывают: {', '.join(HEADINGS)}; остальные столбцы удалите"


# --- cells -----------------------------------------------------------------------------------


def _clean(text: str) -> str:
    """Make one line of a cell, without what nobody sees."""
    return " ".join(without_unseen(normalize("NFC", text), blank=" ").split())


def kind_of(text: str) -> str:
    """Return a kind as it is kept: the three that are known in small letters."""
    known = text.casefold()
    return known if known in (REGION, MUNICIPALITY, SCHOOL) else text


@dataclass(frozen=True, slots=True)
class _RowReader:
    """Reads rows whose columns are known."""

    columns: dict[int, str | None]
    faults: list[FileFault]

    def read(self, number: int, cells: Sequence[Cell]) -> Row:
        """Read a row; what can't be is left empty, with a fault."""
        texts = dict.fromkeys(filter(None, self.columns.values()), "")
        for index, cell in enumerate(cells):
            heading = self.columns.get(index, "")
            if heading:
                texts[heading] = self._text(number, heading, cell)
            elif heading == "" and _is_filled([cell]):
                what = f"ячейка «{_shown(cell)}» стоит в столбце без заголовка"
                right = "уберите её; знак, что делит столбцы, внутри ячейки берут в кавычки"
                self._fault(number, "", what, right)
        if NAME in self.columns.values() and not texts.get(NAME):
            told = any((each.row, each.heading) == (number, NAME) for each in self.faults[-5:])
            if not told:
                self._fault(number, NAME, "названия нет", "впишите его или уберите строку")
        for heading, most in LONGEST.items():
            if (length := len(texts.get(heading, ""))) > most:
                what = f"слишком длинно, знаков: {length}"
                self._fault(number, heading, what, f"не больше {most}")
        return Row(
            number=number,
            name=texts.get(NAME, ""),
            kind=kind_of(texts.get(KIND, "")),
            parent=texts.get(PARENT, ""),
            sferum_id=texts.get(SFERUM_ID, ""),
            time_zone=self._zone(number, texts.get(ZONE)),
        )

    def _text(self, number: int, heading: str, cell: Cell) -> str:
        if cell is None:
            return ""
        if isinstance(cell, str):
            text = _clean(cell)
            if heading == SFERUM_ID and SHORTENED.fullmatch(text):
                self._digits_lost(number, text)
            return text[1:] if text.startswith("'") and _FORMULA.match(text) else text
        if isinstance(cell, bool) or not isinstance(cell, int | float):
            kinds = {bool: "ИСТИНА или ЛОЖЬ", NoResult: "формула без значения"}
            what = f"здесь не текст, а {kinds.get(type(cell), 'дата')}"
            self._fault(number, heading, what, "задайте ячейке вид «Текст» и впишите заново")
            return ""
        if abs(cell) >= EXACT:
            self._digits_lost(number, f"{cell:.5G}", heading)
        return str(int(cell)) if cell == int(cell) else str(cell)

    def _digits_lost(self, number: int, shown: str, heading: str = SFERUM_ID) -> None:
        what = f"таблица сократила длинное число до «{shown}»"
        self._fault(number, heading, what, "задайте ячейке вид «Текст» и впишите число заново")

    def _zone(self, number: int, text: str | None) -> str | None:
        if not text:
            return text
        zone = read_zone(text)
        if zone is None:
            self._fault(number, ZONE, f"неизвестный часовой пояс «{text}»", RIGHT)
        return zone

    def _fault(self, number: int, heading: str, what: str, right: str) -> None:
        self.faults.append(FileFault(row=number, heading=heading, what=what, would_be_right=right))
