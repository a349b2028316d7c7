"""A region's statistics sheet with every kind of flaw, and what a reader must make of it."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from random import Random

from xlsxwriter import Workbook

from course_bot.sheets.figures import (
    COUNTED,
    Field,
    Figures,
    RowFault,
    RowProblem,
    SchoolDay,
)

HEADINGS: dict[str, Field | None] = {
    "Дата": Field.DAY,
    "Краткое название": Field.NAME,
    "Тип ОО": None,
    "МО": Field.MUNICIPALITY,
    "Субъект": Field.REGION,
    "Код региона": None,
    "Ссылка": None,
    "ID организация": Field.SFERUM_ID,
    "Активна": None,
    "Учителей, учеников и родителей в школе всего": Field.EXPECTED,
    "Учителей в школе всего": Field.TEACHERS_EXPECTED,
    "Учеников в школе всего": Field.PUPILS_EXPECTED,
    "Родителей в школе всего": Field.PARENTS_EXPECTED,
    "Регистраций в школе всего": Field.REGISTERED,
    "Учителей зарегистрировано в Сферум": Field.TEACHERS_REGISTERED,
    "Кол-во учителей, связавших аккаунты ЭЖД": Field.TEACHERS_LINKED,
    "Учеников зарегистрировано в Сферум": Field.PUPILS_REGISTERED,
    "Кол-во учеников, связавших аккаунты ЭЖД": Field.PUPILS_LINKED,
    "Родителей зарегистрировано в Сферум": Field.PARENTS_REGISTERED,
    "Кол-во родителей, связавших аккаунты ЭЖД": Field.PARENTS_LINKED,
    "Активные учителя": Field.TEACHERS_ACTIVE,
    "Активные ученики": Field.PUPILS_ACTIVE,
    "Активные родители": Field.PARENTS_ACTIVE,
}
"""The headings of FAQ 6 with the one that is lost in its print, and what each is."""
SAME = {"Тип ОО": "Общеобраз.", "Код региона": 48, "Ссылка": "sferum.ru", "Активна": "Активна"}
HEADING_OF = {known: heading for heading, known in HEADINGS.items() if known}
DAY = date(2025, 10, 30)
TODAY = date(2025, 11, 1)
REGION = "Озёрный край"
FIRST_ID = 900_001
OFTEN = 20
"""Each so many schools one has a flaw."""


@dataclass(slots=True, kw_only=True)
class RegionFile:
    """The file, and what is to come of it.

    ``schools`` are those that are to be read, in the order of their rows, as ``faults`` are;
    ``flaws`` are the IDs of the schools that have one, by its name in ``FLAWS``.
    """

    content: bytes = b""
    schools: list[SchoolDay] = field(default_factory=list)
    faults: list[RowFault] = field(default_factory=list)
    flaws: dict[str, list[str]] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Line:
    """A row: what is to be read of it, what is written instead, and what is told then."""

    school: SchoolDay
    written: dict[Field, object] = field(default_factory=dict)
    problem: RowProblem | None = None
    at: Field = Field.SFERUM_ID
    value: str = ""
    repeats: "Line | None" = None
    """The same school again; both are left out if there is a problem, else this one."""

    def instead(
        self, at: Field, cell: object, problem: RowProblem | None = None, value: str | None = None
    ) -> None:
        """Write another thing into a cell, of which the reader can make nothing."""
        self.written[at] = cell
        self.at, self.problem = at, problem
        self.value = str(cell) if value is None else value
        if at in COUNTED:
            self.figure(at, None)
        elif at is Field.DAY:
            self.school = replace(self.school, day=None)
        else:
            self.school = replace(self.school, sferum_id="")

    def figure(self, at: Field, number: int | None) -> None:
        """Change a figure of the school."""
        self.school = replace(self.school, figures=self.school.figures.with_figure(at, number))


class Formula(str):
    """A formula that is saved without what it comes to."""

    __slots__ = ()


class Percent(float):
    """A number that is shown as a percentage."""

    __slots__ = ()


def _many(line: Line) -> None:
    line.instead(Field.TEACHERS_EXPECTED, "много", RowProblem.NOT_A_NUMBER)


def _share_in_words(line: Line) -> None:
    line.instead(Field.TEACHERS_ACTIVE, "87 %", RowProblem.SHARE)


def _share(line: Line) -> None:
    line.instead(Field.PUPILS_ACTIVE, Percent(0.875), RowProblem.SHARE, "87,5\N{NO-BREAK SPACE}%")


def _formula(line: Line) -> None:
    line.instead(Field.EXPECTED, Formula("=K2+L2+M2"), RowProblem.FORMULA, "")


def _negative(line: Line) -> None:
    line.instead(Field.PARENTS_LINKED, -5, RowProblem.NOT_A_NUMBER)


def _fraction(line: Line) -> None:
    line.instead(Field.PARENTS_ACTIVE, 12.5, RowProblem.NOT_A_NUMBER, "12,5")


def _too_large(line: Line) -> None:
    line.instead(Field.PUPILS_EXPECTED, 100_000_000, RowProblem.TOO_LARGE)


def _no_such_day(line: Line) -> None:
    line.instead(Field.DAY, "31.02.2025", RowProblem.NOT_A_DATE)


def _no_day(line: Line) -> None:
    line.instead(Field.DAY, None, RowProblem.NO_DATE, "")


def _future(line: Line) -> None:
    line.instead(Field.DAY, TODAY + timedelta(days=30), RowProblem.FUTURE, "01.12.2025")


def _no_id(line: Line) -> None:
    line.instead(Field.SFERUM_ID, None, RowProblem.NO_ID, "")


def _shortened(line: Line) -> None:
    line.instead(Field.SFERUM_ID, "9,00001E+11", RowProblem.SHORTENED_ID)


def _rounded(line: Line) -> None:
    cell = 123_456_789_012_345_678
    line.instead(Field.SFERUM_ID, cell, RowProblem.SHORTENED_ID, "1,23457E+17")


def _contradicted(line: Line) -> None:
    line.repeats = Line(school=line.school)
    line.repeats.figure(Field.TEACHERS_ACTIVE, 1 + (line.school.figures.teachers_active or 0))
    line.problem, line.value = RowProblem.TWICE, line.school.sferum_id


def _repeated(line: Line) -> None:
    line.repeats = Line(school=line.school)


def _spaced(line: Line) -> None:
    for at, cell in {
        Field.EXPECTED: "3 293",
        Field.PUPILS_EXPECTED: "1\N{NO-BREAK SPACE}593",
        Field.PARENTS_EXPECTED: "1\N{NARROW NO-BREAK SPACE}593,0",
    }.items():
        line.figure(at, 3293 if at is Field.EXPECTED else 1593)
        line.written[at] = cell


def _dash(line: Line) -> None:
    line.written[Field.TEACHERS_LINKED] = "—"
    line.figure(Field.TEACHERS_LINKED, None)


def _day_in_words(line: Line) -> None:
    line.written[Field.DAY] = "30.10.2025"


def _moment(line: Line) -> None:
    line.written[Field.DAY] = datetime(2025, 10, 30, 7, 15, tzinfo=UTC).replace(tzinfo=None)


def _spaced_id(line: Line) -> None:
    line.written[Field.SFERUM_ID] = f"  {line.school.sferum_id}\N{NO-BREAK SPACE}"


def _more_active_than_registered(line: Line) -> None:
    line.figure(Field.PARENTS_REGISTERED, 20)
    line.figure(Field.PARENTS_ACTIVE, 54)


def _zeros(line: Line) -> None:
    for each in COUNTED:
        line.figure(each, 0)


def _fewer_parents(line: Line) -> None:
    line.figure(Field.PARENTS_EXPECTED, 7)


def _old(line: Line) -> None:
    line.school = replace(line.school, day=DAY - timedelta(days=40))


FLAWS: dict[str, Callable[[Line], None]] = {
    "no number": _many,
    "a share in words": _share_in_words,
    "a share": _share,
    "a formula": _formula,
    "negative": _negative,
    "a fraction": _fraction,
    "too large": _too_large,
    "no such day": _no_such_day,
    "no day": _no_day,
    "future": _future,
    "no ID": _no_id,
    "a shortened ID": _shortened,
    "a rounded ID": _rounded,
    "twice with other figures": _contradicted,
    "twice": _repeated,
    "numbers with spaces": _spaced,
    "a dash": _dash,
    "a day in words": _day_in_words,
    "a moment": _moment,
    "an ID with spaces": _spaced_id,
    "more active than registered": _more_active_than_registered,
    "all zeros": _zeros,
    "fewer parents than pupils": _fewer_parents,
    "old": _old,
}
"""Of the last ten a reader has nothing to tell, and the last four can't be true."""


def region_file(schools: int = 3_000, *, flaws: bool = True, seed: int = 8) -> RegionFile:
    """Make a region's sheet: XLSX, a row for each school on ``DAY``.

    Args:
        schools: how many, with IDs from ``FIRST_ID`` on; 40 to a municipality.
        flaws: whether each ``OFTEN``-th school has one of ``FLAWS``, and there are empty rows and
            one of totals.
        seed: which of the many such sheets it is.
    """
    random = Random(seed)
    region = RegionFile()
    lines: list[Line | None] = []
    for number in range(schools):
        line = Line(school=_school(random, number))
        lines.append(line)
        if flaws and number % OFTEN == OFTEN // 2:
            name = [*FLAWS][number // OFTEN % len(FLAWS)]
            region.flaws.setdefault(name, []).append(line.school.sferum_id)
            FLAWS[name](line)
            if line.repeats:
                lines.append(line.repeats)
        if flaws and number % 500 == 499:
            lines.append(None)
    for row, each in enumerate(lines, 2):
        if each:
            each.school = replace(each.school, row=row)
    _expect(region, lines)
    region.content = _workbook(lines, totals=flaws)
    return region


def _school(random: Random, number: int) -> SchoolDay:
    pupils = random.randrange(60, 1_800)
    whole = {"teachers": pupils // 14 + 3, "pupils": pupils, "parents": pupils}
    figures: dict[str, int | None] = {}
    for group, expected in whole.items():
        registered = random.randint(1, expected)
        figures |= {
            f"{group}_expected": expected,
            f"{group}_registered": registered,
            f"{group}_linked": random.randint(0, registered),
            f"{group}_active": random.randint(0, registered),
        }
    figures["expected"] = sum(whole.values())
    figures["registered"] = sum(figures[f"{group}_registered"] or 0 for group in whole)
    return SchoolDay(
        row=0,
        day=DAY,
        sferum_id=str(FIRST_ID + number),
        name=f"МБОУ СОШ № {number + 1}",
        municipality=f"Район {number // 40 + 1}",
        region=REGION,
        figures=Figures(**figures),
    )


def _expect(region: RegionFile, lines: list[Line | None]) -> None:
    again = [line.repeats for line in lines if line and line.repeats]
    for line in filter(None, lines):
        if line.problem:
            where = [line, line.repeats] if line.repeats else [line]
            region.faults += [
                RowFault(
                    row=each.school.row,
                    heading=HEADING_OF[line.at],
                    problem=line.problem,
                    value=line.value,
                )
                for each in where
            ]
        contradicted = line.problem is RowProblem.TWICE
        if not contradicted and not any(line is each for each in again):
            region.schools.append(line.school)


def _workbook(lines: list[Line | None], *, totals: bool) -> bytes:
    stream = BytesIO()
    with Workbook(stream) as book:
        sheet = book.add_worksheet("Статистика")
        day = book.add_format({"num_format": "dd.mm.yyyy"})
        share = book.add_format({"num_format": "0.0%"})
        sheet.write_row(0, 0, HEADINGS)
        for row, line in enumerate(lines, 1):
            for column, (heading, known) in enumerate(HEADINGS.items()):
                if line is None:
                    continue
                cell = SAME[heading] if known is None else _cell(line, known)
                match cell:
                    case date():
                        sheet.write_datetime(row, column, cell, day)
                    case Formula():
                        sheet.write_formula(row, column, cell, value="")
                    case Percent():
                        sheet.write_number(row, column, cell, share)
                    case str():
                        sheet.write_string(row, column, cell)
                    case int() | float():
                        sheet.write_number(row, column, cell)
        if totals:
            end = len(lines) + 1
            sheet.write_string(end, 1, "Итого")
            sheet.write_number(end, 9, 5_000_000)
    return stream.getvalue()


def _cell(line: Line, known: Field) -> object:
    if known in line.written:
        return line.written[known]
    return line.school.figures.at(known) if known in COUNTED else getattr(line.school, known)
