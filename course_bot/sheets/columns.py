"""What the columns of a statistics sheet are, by the words of their headings alone.

Headings differ from region to region in case, order and form of words, and stand in one row or in
two. A heading is taken only if each of its words is understood: one that says something more
(«доля», «за месяц», «не») is another figure, and which one is never guessed.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from unicodedata import normalize

from course_bot.sheets.figures import COUNTED, Field, Group, Measure, Twice, field_of
from course_bot.signs import as_russian
from course_bot.spreadsheet.table import Cell, Table, letters
from course_bot.typed import without_unseen

LONGEST = 120
"""Characters of a heading that are kept: the longest of FAQ 6 has 46."""
_SEARCHED = 30
"""Rows in which headings are looked for: above them stand titles and what they are of."""
_TALLEST = 3
"""Rows that headings may take."""
_NAMES = (Field.NAME, Field.MUNICIPALITY, Field.REGION)
_ENOUGH = 4
"""Columns that make a sheet known even if none of its figures is."""

# --- one heading -----------------------------------------------------------------------------

_BROKEN = re.compile(r"(?<=[^\W\d_])-\s*\n\s*(?=[^\W\d_])")
"""A hyphen at the end of a line within a word."""
_AMOUNT = re.compile(r"\bкол(?:[\W_]*во\b|\.)")

_GROUPS = {
    Group.TEACHERS: re.compile(r"(?:учител|педагог|преподавател|сотрудник|работник)\w*"),
    Group.PUPILS: re.compile(r"(?:ученик|учениц|обучающ|учащ|школьник)\w*|дет(?:и|ей|ям)"),
    Group.PARENTS: re.compile(r"(?:родител|представител)\w*"),
}
_MEASURES = {
    Measure.REGISTERED: re.compile(r"(?:за)?регистр\w+"),
    Measure.LINKED: re.compile(r"(?:связ|привяз)\w+"),
    Measure.ACTIVE: re.compile(r"активн(?:ые|ых|ы|о)"),
}
_EXPECTED = re.compile(
    r"всего|школ[аеуы]|оо|оу|организаци\w+|общ(?:ее|ая|их)|численност\w*|контингент\w*"
)
"""One of these, and no other measure, is how many there should be."""
_BESIDE = re.compile(
    r"количество|число|чел|человек|законн\w+|образовательн\w+|в|во|и|из|на|по|с|со|у|их"
)
_BESIDE_OF = {
    Measure.EXPECTED: re.compile("1"),
    Measure.REGISTERED: re.compile(r"сферум\w*|мах|max|пользовател\w+"),
    Measure.LINKED: re.compile(
        r"сферум\w*|мах|max|сво\w+|аккаунт\w*|учетн\w+|запис\w+|эжд|электронн\w+|журнал\w*|дневник\w*"
    ),
    Measure.ACTIVE: re.compile(
        r"сферум\w*|мах|max|пользовател\w+|за|последн\w+|7|семь|дн\w+|недел\w+"
    ),
}
"""Words that add nothing: to any figure, and to those of one measure."""

_SCHOOL = "(?: (?:оо|оу|школы|организаци[яи]|образовательной организации|в|сферум|сферуме|мах))*"
_OTHERS = {
    Field.DAY: re.compile(
        r"день|(?:на )?дат[ау](?: (?:формирования|выгрузки|отчета|статистики))*|отчетная дата"
    ),
    Field.SFERUM_ID: re.compile(rf"(?:id|ид|идентификатор){_SCHOOL}"),
    Field.NAME: re.compile(
        rf"(?:(?:краткое|сокращенное|полное) )?(?:название|наименование){_SCHOOL}"
        r"|школа|организация|образовательная организация"
    ),
    Field.MUNICIPALITY: re.compile(
        r"мо|муниципалитет|муниципальное образование|(?:муниципальный )?(?:район|округ)"
        r"|наименование (?:мо|муниципалитета|муниципального образования)"
    ),
    Field.REGION: re.compile(r"(?:наименование )?(?:субъекта?|региона?)(?: рф)?|область"),
}
_OF_NO_USE = re.compile(
    r"тип(?: оо| организации)?|код(?: региона| субъекта)?|ссылка(?: на \w+)?|активна|статус"
    r"|(?:no )?п п|no"
)
"""Known, and no figure: «Активна» says that the school is switched on. NFKC makes «No» of «№»."""
_SHARE = re.compile(r"%|\b(?:дол[яи]|процент\w*)\b")


@lru_cache(maxsize=4096)
def folded_heading(text: str) -> str:
    """Reduce a heading to what makes it another one, as headings are compared and remembered.

    Case, «ё», spaces, line ends, hyphens and other marks don't, nor Latin letters that look like
    Russian ones; «Кол-во» is «количество».
    """
    text = without_unseen(normalize("NFKC", text[: 2 * LONGEST]), blank=" ")
    text = as_russian(_BROKEN.sub("", text)).casefold().replace("ё", "е")
    words = re.sub(r"[^\w%]|_", " ", _AMOUNT.sub("количество ", text))
    return " ".join(words.split())


@lru_cache(maxsize=4096)
def field_of_heading(text: str) -> Field | None:
    """Say what a column is by its heading; None where that is not sure."""
    heading = folded_heading(text)
    for field, pattern in _OTHERS.items():
        if pattern.fullmatch(heading):
            return field
    return _figure(heading.split())


def _figure(words: Sequence[str]) -> Field | None:
    groups = {each for each, word in _GROUPS.items() if any(map(word.fullmatch, words))}
    measures = {each for each, word in _MEASURES.items() if any(map(word.fullmatch, words))}
    total = any(map(_EXPECTED.fullmatch, words))
    if not measures and total:
        measures = {Measure.EXPECTED}
    if len(measures) != 1:
        return None
    (measure,) = measures
    understood = (_EXPECTED, _BESIDE, _BESIDE_OF[measure], *_GROUPS.values(), *_MEASURES.values())
    if not all(any(each.fullmatch(word) for each in understood) for word in words):
        return None
    if len(groups) == 1:
        (group,) = groups
        return field_of(group, measure)
    if measure is Measure.EXPECTED and len(groups) == len(Group):
        return Field.EXPECTED
    if measure is Measure.REGISTERED and (len(groups) == len(Group) or (not groups and total)):
        return Field.REGISTERED
    return None


# --- all of them -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """What the columns of a table are; they are counted from 0.

    ``unsure`` are those that may hold figures nobody knows, ``twice`` among them.
    """

    below: int
    """The first row under the headings, from 0."""
    headings: Mapping[int, str]
    fields: Mapping[Field, int]
    twice: tuple[Twice, ...]
    unsure: tuple[int, ...]
    unknown: tuple[int, ...]
    """Those that are known not to be a number of people, though not what they are."""

    @property
    def missing(self) -> tuple[Field, ...]:
        """The columns that the table does not have."""
        told = {each.field for each in self.twice}
        return tuple(each for each in Field if each not in self.fields and each not in told)

    def has_heading(self, column: int) -> bool:
        """Tell whether a column is called by a heading, and not by its letter alone."""
        return self.headings[column] != _by_letter(column)


def _by_letter(column: int) -> str:
    return f"столбец {letters(column)}"


def find_columns(table: Table, chosen: Mapping[str, Field]) -> Columns | None:
    """Find the headings of a table, in the rows where the most of them are known.

    Args:
        table: the table; titles may stand above the headings, and cells be merged.
        chosen: what somebody said that a heading is, as ``folded_heading`` writes it; it goes
            before what the heading says itself.

    Returns:
        The columns; None where no row has headings of a statistics sheet.
    """
    merged = _merged(table)
    best: tuple[int, int, dict[int, str]] | None = None
    for top in range(min(_SEARCHED, len(table.rows))):
        for height in range(1, min(_TALLEST, len(table.rows) - top) + 1):
            for spread in (False, True)[:height]:
                headings = _headings(table, merged, top, height, spread=spread)
                known = _known(headings.values(), chosen)
                if known and (best is None or known > best[0]):
                    best = known, top + height, headings
    if best is None:
        return None
    _known_ones, below, headings = best
    return _columns(below, _unique(headings, _width(table)), chosen)


def _known(headings: Iterable[str], chosen: Mapping[str, Field]) -> int:
    """Count the columns that are known; 0 where they don't make a statistics sheet."""
    fields = {chosen.get(folded_heading(each)) or field_of_heading(each) for each in headings}
    fields.discard(None)
    counted = any(each in COUNTED for each in fields)
    return len(fields) if len(fields) >= (2 if counted else _ENOUGH) else 0


def _merged(table: Table) -> dict[tuple[int, int], Cell]:
    """Give the merged cells near the top their value, by row and column."""
    last, width = _SEARCHED + _TALLEST, _width(table)
    values: dict[tuple[int, int], Cell] = {}
    for each in table.merged:
        if each.top >= min(last, len(table.rows)) or each.left >= len(table.rows[each.top]):
            continue
        value = table.rows[each.top][each.left]
        for row in range(each.top, min(each.bottom + 1, last)):
            for column in range(each.left, min(each.right + 1, width)):
                # Cells can't be merged twice, so that a file costs no more than the place has.
                if (row, column) in values:
                    break
                values[row, column] = value
    return values


def _headings(
    table: Table,
    merged: Mapping[tuple[int, int], Cell],
    top: int,
    height: int,
    *,
    spread: bool,
) -> dict[int, str]:
    """Join rows of headings to one heading for each column.

    Args:
        table: the table.
        merged: the values of merged cells.
        top: the first row.
        height: how many rows.
        spread: whether a heading also stands for the empty cells right of it in all rows but the
            last: a CSV does not tell which cells were merged.
    """
    joined: dict[int, list[str]] = {}
    for row in range(top, top + height):
        cells = table.rows[row]
        before = ""
        for column in range(_width(table) if merged or spread else len(cells)):
            cell = cells[column] if column < len(cells) else None
            text = _printed(merged.get((row, column), cell))
            if spread and row < top + height - 1:
                before = text = text or before
            if text and text not in joined.setdefault(column, []):
                joined[column].append(text)
    return {column: ", ".join(texts)[:LONGEST] for column, texts in joined.items() if texts}


def _printed(cell: Cell) -> str:
    """Return a heading in one line."""
    return " ".join(_BROKEN.sub("", cell[: 2 * LONGEST]).split()) if isinstance(cell, str) else ""


def _width(table: Table) -> int:
    return max(map(len, table.rows), default=0)


def _unique(headings: Mapping[int, str], width: int) -> dict[int, str]:
    """Call each column by a name of its own: by its letter where it has none, or an equal one."""
    folded = {column: folded_heading(text) for column, text in headings.items()}
    often = Counter(folded.values())
    unique: dict[int, str] = {}
    taken: set[str] = set()
    for column in range(width):
        letter = _by_letter(column)
        name = headings.get(column, "")
        if not folded.get(column):
            name = letter
        elif often[folded[column]] > 1:
            name = f"{name} ({letter})"
        while folded_heading(name) in taken:
            name = f"{letter} ({name})"
        taken.add(folded_heading(name))
        unique[column] = name
    return unique


def _columns(below: int, headings: Mapping[int, str], chosen: Mapping[str, Field]) -> Columns:
    said = {column: chosen.get(folded_heading(text)) for column, text in headings.items()}
    settled = {field for field in said.values() if field}
    places: dict[Field, list[int]] = {}
    unsure: list[int] = []
    unknown: list[int] = []
    for column, text in headings.items():
        bare = text.removesuffix(f" ({_by_letter(column)})")
        field = said[column]
        if field is None and (by_words := field_of_heading(bare)) not in settled:
            field = by_words
        if field:
            places.setdefault(field, []).append(column)
        elif _SHARE.search(folded_heading(bare)):
            unknown.append(column)
        elif not _OF_NO_USE.fullmatch(folded_heading(bare)):
            unsure.append(column)
    twice = []
    for field, columns in sorted(places.items(), key=lambda each: list(Field).index(each[0])):
        if field in _NAMES:
            # A short name and a full one are no contradiction.
            unknown.extend(columns[1:])
            del columns[1:]
        elif len(columns) > 1:
            twice.append(Twice(field=field, headings=tuple(headings[each] for each in columns)))
            if field in COUNTED:
                unsure.extend(columns)
    return Columns(
        below=below,
        headings=headings,
        fields={field: columns[0] for field, columns in places.items() if len(columns) == 1},
        twice=tuple(twice),
        unsure=tuple(sorted(unsure)),
        unknown=tuple(sorted(unknown)),
    )
