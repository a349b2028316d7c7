"""XLSX on zipfile and expat: the first visible sheet, read as a stream within limits.

The format is ECMA-376; what Excel, LibreOffice, Google Sheets and openpyxl make of it differs in
namespaces, prefixes, addresses of parts and what is left out, and all of that is taken.
"""

import posixpath
import re
import struct
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, time
from enum import Enum, auto
from functools import lru_cache
from io import BytesIO
from math import inf
from typing import NamedTuple
from xml.parsers.expat import ExpatError, ParserCreate
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from course_bot.spreadsheet.table import (
    NO_RESULT,
    Cell,
    Limits,
    Merged,
    Reason,
    Share,
    Table,
    UnreadableError,
    letters,
    moment,
)

_BROKEN = (
    BadZipFile,
    zlib.error,
    ExpatError,
    struct.error,
    EOFError,
    LookupError,  # an encoding that there is none of
    OSError,
    OverflowError,
    RuntimeError,
    ValueError,
)
"""What zipfile, zlib, expat and the codecs raise over bytes that are no workbook."""
_CHUNK = 65_536
"""Bytes that are inflated at a time."""
_TOKEN = 262_144
"""Bytes that a tag may have: expat reads an unfinished one again with every chunk."""
_NAMES = 2_000
"""Different names of elements and attributes: expat and Python keep each."""
_ENCRYPTED = 1
"""The bit of a ZIP entry's flags."""


class _Form(Enum):
    """How a number is shown."""

    PLAIN = auto()
    MOMENT = auto()
    SHARE = auto()


def read_workbook(content: bytes, limits: Limits) -> Table:
    """Read the first visible sheet of an XLSX.

    Args:
        content: the file's bytes, which begin as a ZIP does.
        limits: how much of it is read.

    Raises:
        UnreadableError: it is no XLSX, or over a limit.
    """
    try:
        package = _Package(content, limits)
        book = _Workbook(package)
        return _read_sheet(package, book)
    except MemoryError:
        raise UnreadableError(Reason.SWOLLEN) from None
    except _BROKEN:
        raise UnreadableError(Reason.DAMAGED) from None


# --- parts -----------------------------------------------------------------------------------

_Start = Callable[[Sequence[str], Mapping[str, str]], None]
_End = Callable[[Sequence[str], str], None]


class _Relation(NamedTuple):
    kind: str
    """The last word of its type: Strict OOXML has other addresses with the same ending."""
    target: str


class _Package:
    """The parts of the ZIP, of which no more is inflated than the limit."""

    def __init__(self, content: bytes, limits: Limits) -> None:
        # Before zipfile makes an object of each: this many entries there can be at most.
        if content.count(b"PK\x01\x02") > limits.entries:
            raise UnreadableError(Reason.SWOLLEN)
        self.limits = limits
        self._archive = ZipFile(BytesIO(content))
        self._parts = {_plain(info.filename): info for info in self._archive.infolist()}
        self._left = limits.inflated
        self._elements = limits.elements

    def __contains__(self, part: str) -> bool:
        return _plain(part) in self._parts

    def chunks(self, part: str) -> Iterator[bytes]:
        """Inflate a part piece by piece."""
        info = self._info(part)
        with self._archive.open(info) as stream:
            while chunk := stream.read(_CHUNK):
                self._left -= len(chunk)
                if self._left < 0:
                    raise UnreadableError(Reason.SWOLLEN)
                yield chunk

    def _info(self, part: str) -> ZipInfo:
        info = self._parts[_plain(part)]
        if info.flag_bits & _ENCRYPTED:
            raise UnreadableError(Reason.PASSWORD)
        # zipfile bounds a read of these two only; OPC allows no others.
        if info.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
            raise UnreadableError(Reason.DAMAGED)
        return info

    def parse(
        self, part: str, start: _Start, end: _End, texts: frozenset[str] = frozenset()
    ) -> None:
        """Read a part's XML.

        Args:
            part: its name.
            start: gets where an element is (the names from the root to it) and its attributes.
            end: gets the same place, and the text of elements in ``texts``.
            texts: the elements whose text is wanted.
        """
        place: list[str] = []
        pieces: list[str] = []
        wanted = False
        most, deepest = self.limits.length, self.limits.depth

        def begin(name: str, attributes: dict[str, str]) -> None:
            nonlocal wanted
            if ":" in name:
                name = name.rpartition(":")[2]
            place.append(name)
            self._elements -= 1
            if len(place) > deepest or self._elements < 0:
                raise UnreadableError(Reason.SWOLLEN)
            if wanted := name in texts:
                pieces.clear()
            start(place, attributes)

        def characters(data: str) -> None:
            if wanted:
                pieces.append(data)
                if sum(map(len, pieces)) > most:
                    raise UnreadableError(Reason.SWOLLEN)

        def finish(_name: str) -> None:
            nonlocal wanted
            end(place, "".join(pieces) if wanted else "")
            place.pop()
            wanted = False

        names: dict[str, str] = {}
        parser = ParserCreate(intern=names)
        parser.buffer_text = True
        parser.StartElementHandler = begin
        parser.EndElementHandler = finish
        if texts:
            parser.CharacterDataHandler = characters
        parser.StartDoctypeDeclHandler = _refuse_doctype
        fed = 0
        for chunk in self.chunks(part):
            parser.Parse(chunk)
            fed += len(chunk)
            if len(names) > _NAMES or fed - parser.CurrentByteIndex > _TOKEN:
                raise UnreadableError(Reason.SWOLLEN)
        parser.Parse(b"", True)

    def relations(self, part: str) -> dict[str, _Relation]:
        """Return what a part refers to, by the reference; the package's own are of the part ""."""
        folder, name = posixpath.split(part)
        found: dict[str, _Relation] = {}

        def start(_place: Sequence[str], attributes: Mapping[str, str]) -> None:
            target = attributes.get("Target", "")
            if target and attributes.get("TargetMode") != "External":
                kind = attributes.get("Type", "").rpartition("/")[2]
                full = posixpath.normpath(posixpath.join("/", folder, target))
                found[attributes.get("Id", "")] = _Relation(kind, full.lstrip("/"))

        self.parse(f"{folder}/_rels/{name}.rels", start, _nothing)
        return found


def _plain(part: str) -> str:
    return part.replace("\\", "/").lstrip("/").casefold()


def _nothing(_place: Sequence[str], _text: str) -> None:
    """Take no notice of where an element ends."""


def _refuse_doctype(*_declared: object) -> None:
    # No workbook has one; entities are only made in it.
    raise UnreadableError(Reason.DAMAGED)


# --- the workbook ----------------------------------------------------------------------------


class _Workbook:
    """Which sheet is read, and what its cells refer to."""

    def __init__(self, package: _Package) -> None:
        self.date1904 = False
        self._package = package
        self._visible: list[str] = []
        self._hidden: list[str] = []
        part = self._part()
        package.parse(part, self._start, _nothing)
        relations = package.relations(part)
        kinds = {relation.kind: relation.target for relation in relations.values()}
        sheets = [relations[key] for key in (*self._visible, *self._hidden) if key in relations]
        # Others than these are charts and dialogues.
        tables = [sheet.target for sheet in sheets if sheet.kind == "worksheet"]
        if not tables:
            raise UnreadableError(Reason.DAMAGED)
        self.sheet = tables[0]
        shared, styles = kinds.get("sharedStrings"), kinds.get("styles")
        self.texts = _shared_texts(package, shared) if shared else []
        self.forms = _forms(package, styles) if styles else {}

    def _part(self) -> str:
        if "_rels/.rels" not in self._package:
            raise UnreadableError(self._other())
        for kind, target in self._package.relations("").values():
            if kind == "officeDocument" and not target.endswith(".bin"):
                return target
        raise UnreadableError(Reason.OTHER)

    def _other(self) -> Reason:
        """Say what kind of ZIP it is that is no office file."""
        if "mimetype" in self._package:
            kind = b"".join(self._package.chunks("mimetype"))
            if kind.startswith(b"application/vnd.oasis.opendocument.spreadsheet"):
                return Reason.OPEN_DOCUMENT
        return Reason.OTHER

    def _start(self, place: Sequence[str], attributes: Mapping[str, str]) -> None:
        if place[0] != "workbook":
            raise UnreadableError(Reason.OTHER)
        if place[-1] == "workbookPr":
            self.date1904 = attributes.get("date1904") in ("1", "true")
        elif place[-1] == "sheet":
            visible = attributes.get("state", "visible") == "visible"
            for name, value in attributes.items():
                if name.endswith(":id"):
                    (self._visible if visible else self._hidden).append(value)


_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")
"""How Excel writes signs that XML has none for, and what looks like such a one."""


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(_sign, text) if "_x" in text else text


def _sign(escaped: re.Match[str]) -> str:
    sign = chr(int(escaped[1], 16))
    return sign if sign.isprintable() or sign in "\t\n\r" else ""


def _shared_texts(package: _Package, part: str) -> list[str]:
    """Read the texts that cells refer to by number."""
    texts: list[str] = []
    pieces: list[str] = []
    limits = package.limits

    def end(place: Sequence[str], text: str) -> None:
        name = place[-1]
        # Beside the text, Japanese ones have how it is spoken (rPh).
        if name == "t" and place[-2] != "rPh":
            pieces.append(text)
        elif name == "si":
            whole = "".join(pieces)
            pieces.clear()
            if len(texts) == limits.cells or len(whole) > limits.length:
                raise UnreadableError(Reason.SWOLLEN)
            texts.append(_unescaped(whole))

    package.parse(part, lambda _place, _attributes: None, end, frozenset({"t"}))
    return texts


_MOMENTS = frozenset((*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)))
"""The built-in formats of days and times (ECMA-376, part 1, 18.8.30)."""
_SHARES = frozenset((9, 10))
_NO_CODE = re.compile(
    r'"[^"]*"|\\.|_.|\*.|\[(?!h+\]|m+\]|s+\])[^\[\]]*\]', re.IGNORECASE | re.DOTALL
)
"""What a format shows as it is: texts, signs, spaces, colours and languages; not [h]."""
_CODE = 255
_STYLES = 65_490
"""Characters of a format and styles of cells, the most that Excel takes."""


@lru_cache(maxsize=256)
def _form(code: str) -> _Form:
    """Say what a format is by its code, of which the first section is for numbers above 0."""
    plain = _NO_CODE.sub("", code[:_CODE]).partition(";")[0]
    if "%" in plain:
        return _Form.SHARE
    return _Form.MOMENT if re.search("[dmyhs]", plain, re.IGNORECASE) else _Form.PLAIN


def _forms(package: _Package, part: str) -> dict[str, _Form]:
    """Read how the numbers of a style are shown, by the style's number in a cell."""
    codes: dict[str, _Form] = {}
    forms: dict[str, _Form] = {}

    def built_in(number: str) -> _Form:
        known = int(number) if number.isdecimal() and len(number) < 5 else 0
        if known in _SHARES:
            return _Form.SHARE
        return _Form.MOMENT if known in _MOMENTS else _Form.PLAIN

    def start(place: Sequence[str], attributes: Mapping[str, str]) -> None:
        if place[-1] == "numFmt" and place[-2] == "numFmts":
            codes[attributes.get("numFmtId", "")] = _form(attributes.get("formatCode", ""))
        elif place[-1] == "xf" and place[-2] == "cellXfs":
            number = attributes.get("numFmtId", "0")
            if len(forms) == _STYLES:
                raise UnreadableError(Reason.SWOLLEN)
            forms[str(len(forms))] = codes[number] if number in codes else built_in(number)

    package.parse(part, start, _nothing)
    return forms


# --- the sheet -------------------------------------------------------------------------------


def _iso_moment(value: str) -> Cell:
    """Read a day or a moment as Strict OOXML may write it."""
    try:
        there = datetime.fromisoformat(value).replace(tzinfo=None)
    except ValueError:
        return value
    return there if there.time() != time() else there.date()


_WHOLE = re.compile(r"[+-]?[0-9]{1,18}")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?")
_RANGE = re.compile(r"\$?([A-Z]{1,3})\$?([0-9]{1,7}):\$?([A-Z]{1,3})\$?([0-9]{1,7})")
_DIGITS = "0123456789"
_FURTHEST = 1_048_576
"""Rows that a sheet of Excel has."""


def _read_sheet(package: _Package, book: _Workbook) -> Table:
    sheet = _Sheet(package.limits, book)
    package.parse(book.sheet, sheet.start, sheet.end, frozenset({"v", "t"}))
    last = max(sheet.rows, default=-1)
    return Table(
        rows=[sheet.rows.get(number, ()) for number in range(last + 1)],
        merged=sheet.merged,
        date1904=book.date1904,
    )


class _Sheet:
    """Takes the elements of a sheet one by one.

    Empty cells cost nothing, wherever they are: styles often reach to the sheet's last row.
    """

    def __init__(self, limits: Limits, book: _Workbook) -> None:
        self.rows: dict[int, list[Cell]] = {}
        self.merged: list[Merged] = []
        self._limits = limits
        self._book = book
        self._columns = {letters(number): number for number in range(limits.columns)}
        self._cells = 0
        self._row = self._column = -1
        self._kind = self._style = self._value = ""
        self._pieces: list[str] = []
        self._formula = False

    def start(self, place: Sequence[str], attributes: Mapping[str, str]) -> None:
        """Take the beginning of an element."""
        name = place[-1]
        if name == "c":
            reference = attributes.get("r")
            if reference is None:
                self._column += 1
            else:
                column = reference.rstrip(_DIGITS)
                self._column = self._columns.get(column, self._limits.columns)
            self._kind = attributes.get("t", "n")
            self._style = attributes.get("s", "")
            self._value = ""
            self._formula = False
        elif name == "row":
            number = attributes.get("r")
            self._row = self._row + 1 if number is None else int(number) - 1
            self._column = -1
            if not 0 <= self._row < _FURTHEST:
                raise UnreadableError(Reason.DAMAGED)
        elif name == "f":
            self._formula = True
        elif name == "mergeCell":
            self._merge(attributes.get("ref", ""))

    def end(self, place: Sequence[str], text: str) -> None:
        """Take the end of an element, with its text."""
        name = place[-1]
        if name == "v":
            self._value = text
        elif name == "t":
            if place[-2] != "rPh" and "is" in place:
                self._pieces.append(text)
        elif name == "c":
            if self._pieces:
                self._value = "".join(self._pieces)
                self._pieces.clear()
                if len(self._value) > self._limits.length:
                    raise UnreadableError(Reason.SWOLLEN)
            if self._value or self._formula:
                self._put(place)

    def _put(self, place: Sequence[str]) -> None:
        cell = self._cell()
        if cell is None or place[-2:] != ["row", "c"]:
            return
        limits = self._limits
        self._cells += 1
        if (
            self._row >= limits.rows
            or self._column >= limits.columns
            or self._cells > limits.cells
        ):
            raise UnreadableError(Reason.SWOLLEN)
        row = self.rows.get(self._row)
        if row is None:
            row = self.rows[self._row] = []
        missing = self._column - len(row)
        if missing > 0:
            row.extend([None] * missing)
        if missing >= 0:
            row.append(cell)
        else:
            row[self._column] = cell

    def _cell(self) -> Cell:
        value, kind = self._value, self._kind
        if kind == "s":
            # A number below 0 would count from the end.
            return self._book.texts[int(value)] or None if value.isdecimal() else None
        if kind in ("str", "inlineStr", "e"):
            return _unescaped(value) or None
        if not value:
            return NO_RESULT
        if kind == "b":
            return value in ("1", "true")
        return _iso_moment(value) if kind == "d" else self._number(value)

    def _number(self, value: str) -> Cell:
        number: float
        if _WHOLE.fullmatch(value):
            number = int(value)
        elif _NUMBER.fullmatch(value.strip()):
            number = float(value)
        else:
            return value
        if number in (inf, -inf):
            return value
        form = self._book.forms.get(self._style)
        if form is _Form.SHARE:
            return Share(number)
        if form is _Form.MOMENT and (there := moment(number, date1904=self._book.date1904)):
            return there
        return number

    def _merge(self, reference: str) -> None:
        found = _RANGE.fullmatch(reference)
        if not found or found[1] not in self._columns:
            return
        top, bottom = int(found[2]) - 1, int(found[4]) - 1
        left, right = (
            self._columns[found[1]],
            self._columns.get(found[3], self._limits.columns - 1),
        )
        if 0 <= top <= bottom and left <= right:
            if len(self.merged) == self._limits.rows:
                raise UnreadableError(Reason.SWOLLEN)
            self.merged.append(Merged(top, left, bottom, right))
