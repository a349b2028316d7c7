"""What the statistics sheet says of a school on a day, and what is wrong with a sheet.

Source: FAQ 6 and the headings of its example.
"""

from dataclasses import replace
from datetime import date
from enum import StrEnum
from functools import cache

from pydantic import TypeAdapter
from pydantic.dataclasses import dataclass as checked_dataclass


class Group(StrEnum):
    """Whom figures are about; parents are counted «1 ученик = 1 родитель» (FAQ 6)."""

    TEACHERS = "teachers"
    PUPILS = "pupils"
    PARENTS = "parents"


class Measure(StrEnum):
    """What is counted of a group. To be registered is not to be active."""

    EXPECTED = "expected"
    """How many there should be: ОО-1, «в школе всего»."""
    REGISTERED = "registered"
    LINKED = "linked"
    """Those of them whose account is linked with ЭЖД."""
    ACTIVE = "active"


class Field(StrEnum):
    """What a column of the sheet can be; figures are a group and a measure."""

    DAY = "day"
    SFERUM_ID = "sferum_id"
    NAME = "name"
    MUNICIPALITY = "municipality"
    REGION = "region"
    EXPECTED = "expected"
    """Teachers, pupils and parents together."""
    REGISTERED = "registered"
    """Of all three together."""
    TEACHERS_EXPECTED = "teachers_expected"
    TEACHERS_REGISTERED = "teachers_registered"
    TEACHERS_LINKED = "teachers_linked"
    TEACHERS_ACTIVE = "teachers_active"
    PUPILS_EXPECTED = "pupils_expected"
    PUPILS_REGISTERED = "pupils_registered"
    PUPILS_LINKED = "pupils_linked"
    PUPILS_ACTIVE = "pupils_active"
    PARENTS_EXPECTED = "parents_expected"
    PARENTS_REGISTERED = "parents_registered"
    PARENTS_LINKED = "parents_linked"
    PARENTS_ACTIVE = "parents_active"


TEXTS = (Field.SFERUM_ID, Field.NAME, Field.MUNICIPALITY, Field.REGION)
"""The columns that hold words."""
COUNTED = tuple(each for each in Field if each not in (Field.DAY, *TEXTS))
"""The columns that hold a number of people, in the order in which they are stored."""
MOST = 9_999_999
"""The largest number of people in a cell: more than any region has."""


@checked_dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """How many people there are (0 to ``MOST``); None where the sheet does not say."""

    expected: int | None = None
    registered: int | None = None
    teachers_expected: int | None = None
    teachers_registered: int | None = None
    teachers_linked: int | None = None
    teachers_active: int | None = None
    pupils_expected: int | None = None
    pupils_registered: int | None = None
    pupils_linked: int | None = None
    pupils_active: int | None = None
    parents_expected: int | None = None
    parents_registered: int | None = None
    parents_linked: int | None = None
    parents_active: int | None = None

    def of(self, group: Group, measure: Measure) -> int | None:
        """Return a group's figure."""
        return self.at(field_of(group, measure))

    def at(self, field: Field) -> int | None:
        """Return the figure of a column (one of ``COUNTED``)."""
        value: int | None = getattr(self, field)
        return value

    def with_figure(self, field: Field, value: int | None) -> "Figures":
        """Return the same figures with another one (a column of ``COUNTED``)."""
        return replace(self, **{field.value: value})

    def or_else(self, before: "Figures") -> "Figures":
        """Return the same figures, and where they say nothing, the ones before them."""
        told = {field.value: self.at(field) for field in COUNTED if self.at(field) is not None}
        return replace(before, **told)

    @property
    def known(self) -> bool:
        """Whether there is any figure at all."""
        return any(self.at(field) is not None for field in COUNTED)


@cache  # there are twelve, and a region's sheet asks for a hundred thousand
def field_of(group: Group, measure: Measure) -> Field:
    """Return the column of a group's figure."""
    return Field(f"{group}_{measure}")


class RowProblem(StrEnum):
    """What may be wrong with a row or a cell of it, which is then left out."""

    NOT_A_NUMBER = "not_a_number"
    """A count was to be there: a whole number of people, not less than 0."""
    SHARE = "share"
    """A percentage stands where a number of people was to be."""
    TOO_LARGE = "too_large"
    FORMULA = "formula"
    """A formula that was saved without what it comes to."""
    NOT_A_DATE = "not_a_date"
    NO_DATE = "no_date"
    FUTURE = "future"
    """A date after today."""
    NO_ID = "no_id"
    SHORTENED_ID = "shortened_id"
    """The spreadsheet made 1,23E+11 of a long number."""
    TWICE = "twice"
    """The same school on the same day again, with other figures: neither is taken."""


@checked_dataclass(frozen=True, slots=True, kw_only=True)
class RowFault:
    """Something wrong in a row: ``row`` as spreadsheets count (from 1), the heading as printed.

    ``value`` is what stands there, at most 40 characters. There are at most 200 in a sheet.
    """

    row: int
    heading: str
    problem: RowProblem
    value: str = ""


@checked_dataclass(frozen=True, slots=True, kw_only=True)
class SchoolDay:
    """A row of the sheet: a school on a day. Texts are empty, ``day`` None where it says nothing.

    ``others`` are the numbers in the sheet's columns that are not known, in their order.
    """

    row: int
    day: date | None = None
    sferum_id: str = ""
    name: str = ""
    municipality: str = ""
    region: str = ""
    figures: Figures
    others: tuple[int | None, ...] = ()


@checked_dataclass(frozen=True, slots=True, kw_only=True)
class Twice:
    """Several columns that are each the same thing: none of them is taken."""

    field: Field
    headings: tuple[str, ...]


@checked_dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A statistics sheet as it was read.

    ``missing`` are the columns that it does not have (none of those in ``twice``); ``others`` are
    the headings that are not known and have numbers below them, as printed and each once:
    ``SchoolDay.others`` go with them. A column that appears ``twice`` is among them as well, each
    under its heading, so that somebody may say which is meant, if it is a number. ``unknown`` are
    all other headings, but for those of FAQ 6 that are no figures («Активна»). Headings that are
    empty or equal are called by the column's letter as well: each is there once.
    """

    rows: tuple[SchoolDay, ...]
    missing: tuple[Field, ...] = ()
    twice: tuple[Twice, ...] = ()
    others: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    faults: tuple[RowFault, ...] = ()

    def with_column(self, heading: str, field: Field) -> "Sheet":
        """Return the sheet with one of ``others`` taken for a column of ``COUNTED``."""
        at = self.others.index(heading)

        def rest(values: tuple[int | None, ...]) -> tuple[int | None, ...]:
            return (*values[:at], *values[at + 1 :])

        return replace(
            self,
            rows=tuple(
                replace(
                    row,
                    figures=row.figures.with_figure(field, row.others[at]),
                    others=rest(row.others),
                )
                for row in self.rows
            ),
            missing=tuple(each for each in self.missing if each != field),
            twice=tuple(each for each in self.twice if each.field != field),
            others=(*self.others[:at], *self.others[at + 1 :]),
        )


class Refusal(StrEnum):
    """Why a file could not be read at all."""

    TOO_LARGE = "too_large"
    """Over ``FILE_BYTES``."""
    OLD_EXCEL = "old_excel"
    """An .xls of Excel 97."""
    OPEN_DOCUMENT = "open_document"
    """An .ods of LibreOffice."""
    PDF = "pdf"
    PICTURE = "picture"
    """A photo or a screenshot."""
    OTHER = "other"
    """Something else that is no table: a document, an archive, an XLSB…"""
    PASSWORD = "password"  # noqa: S105 - the file's is not asked for
    DAMAGED = "damaged"
    SWOLLEN = "swollen"
    """Inside it is larger than any sheet that Sferum gives out: rows, cells, bytes."""
    EMPTY = "empty"
    NO_HEADINGS = "no_headings"
    """A table, but none of its rows has the sheet's headings."""
    NO_ROWS = "no_rows"
    """Headings, and nothing below them."""
    FAILED = "failed"
    """The reader died, or took too long."""


FILE_BYTES = 5_000_000
"""The largest file: a region's sheet of 3,000 schools has some 400 kB."""

Reading = Sheet | Refusal
"""What came of a file."""

SHEET = TypeAdapter(Sheet)
READING: TypeAdapter[Reading] = TypeAdapter(Reading)
