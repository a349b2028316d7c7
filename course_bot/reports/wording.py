"""How a cell is put into words: one place for the chat, the page, the picture and the files."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal

from babel.numbers import get_decimal_symbol

from course_bot.locale.phrases import Phrases
from course_bot.organisations.state import State
from course_bot.reports.table import Cell, Form, Table, Unsure
from course_bot.sheets.figures import Group
from course_bot.sheets.judging import Doubt, Doubtful

UNKNOWN = "—"
"""What stands where a cell is None."""
DOUBTFUL = "(?)"
"""What stands behind a number that can't be right."""
_THOUSANDS = "\N{NARROW NO-BREAK SPACE}"
_BEFORE_PERCENT = "\N{NO-BREAK SPACE}"
_MINUS = "\N{MINUS SIGN}"
_BREAKS = re.compile(r"\s*[\x00-\x1f\x7f-\x9f\u2028\u2029]+\s*")
_TENTH = Decimal("0.1")


def shown(cell: Cell, form: Form, table: Table, p: Phrases) -> str:
    """Word a cell for people to read, in their language.

    Args:
        cell: of the kind that the form says, or None.
        form: the form of its column.
        table: where it stands: has the words of states and the zone of moments.
        p: the reader's phrases.

    Returns:
        Plain text: whoever puts it into HTML or SVG escapes it.

    Raises:
        TypeError: the cell is of another kind.
    """
    if cell is None:
        return UNKNOWN
    match form:
        case Form.COUNT if isinstance(cell, Unsure):
            return f"{count_text(cell.count)}{_BEFORE_PERCENT}{DOUBTFUL}"
        case Form.COUNT:
            return count_text(_whole(cell))
        case Form.DECIMAL:
            sign, whole, tenth = _tenths(cell)
            minus = _MINUS if sign else ""
            return f"{minus}{whole}{get_decimal_symbol(p.language)}{tenth}"
        case Form.SHARE:
            return share_text(_real(cell))
        case _:
            return _worded(cell, form, table)


def keyed(cell: Cell, form: Form, table: Table) -> str:
    """Word a cell as one would key it into Excel in Russia, which makes of it what it was.

    Nothing is grouped, the decimal mark is a comma, and None is empty. A number that can't be
    right is one without its mark: a column of its own says what is wrong with it.

    Raises:
        TypeError: the cell is of another kind than the form says.
    """
    if cell is None:
        return ""
    match form:
        case Form.COUNT:
            return f"{cell.count if isinstance(cell, Unsure) else _whole(cell)}"
        case Form.DECIMAL:
            sign, whole, tenth = _tenths(cell)
            return f"{sign}{whole},{tenth}"
        case Form.SHARE:
            return f"{percent(_real(cell))}%"
        case _:
            return _worded(cell, form, table)


def count_text(count: int) -> str:
    """Word a whole number for people, its thousands apart."""
    return f"{count:,}".replace(",", _THOUSANDS).replace("-", _MINUS)


def share_text(share: float | None) -> str:
    """Word a share (1.0 is all) for people, in percent."""
    if share is None:
        return UNKNOWN
    return f"{percent(share)}{_BEFORE_PERCENT}%".replace("-", _MINUS)


def percent(share: float) -> int:
    """Round a share (1.0 is all) to whole percents, half away from zero as Excel does.

    Only all is 100: whoever reads it must not think that nobody is left.
    """
    rounded = int((Decimal(repr(share)) * 100).to_integral_value(ROUND_HALF_UP))
    return rounded if share >= 1 else min(rounded, 99)


def local(moment: datetime, table: Table) -> datetime:
    """Return an aware moment as the clock of the table's zone shows it: whole minutes, naive."""
    there = moment.astimezone(table.at.tzinfo)
    return there.replace(second=0, microsecond=0, tzinfo=None)


def one_line(text: str) -> str:
    """Turn what breaks a line, or is a control character, into a space."""
    return text if text.isprintable() else _BREAKS.sub(" ", text).strip(" ")


def as_of(p: Phrases, at: datetime, form: str = "%d.%m.%Y %H:%M") -> str:
    """Word the moment of a table's figures, as the clock of its zone shows it."""
    return p.t("as of {moment}", moment=f"{at:{form}}")


def state_words(p: Phrases) -> dict[State, str]:
    """Return the states' words."""
    return {
        State.NOT_STARTED: p.t("not started"),
        State.IN_PROGRESS: p.t("in progress"),
        State.COMPLETED: p.t("completed"),
        State.OVERDUE: p.t("overdue"),
    }


def group_words(p: Phrases) -> Mapping[Group, str]:
    """Return what the groups of statistics sheets are called, as titles."""
    return {
        Group.TEACHERS: p.t("Teachers"),
        Group.PUPILS: p.t("Pupils"),
        Group.PARENTS: p.t("Parents"),
    }


def doubt_words(p: Phrases, doubt: Doubt) -> str:
    """Say which two figures can't both be right, side by side (plain text)."""
    first, second = count_text(doubt.first), count_text(doubt.second)
    who = group_words(p)[doubt.group] if doubt.group is not None else ""
    match doubt.kind:
        case Doubtful.ACTIVE_OVER_REGISTERED:
            return p.t("{who}: active {first}, registered only {second}",
                          who=who, first=first, second=second)  # fmt: skip
        case Doubtful.LINKED_OVER_REGISTERED:
            return p.t("{who}: linked with the journal {first}, registered only {second}",
                          who=who, first=first, second=second)  # fmt: skip
        case Doubtful.REGISTERED_OVER_EXPECTED:
            return p.t("{who}: registered {first}, by OO-1 there should be only {second}",
                          who=who, first=first, second=second)  # fmt: skip
        case Doubtful.PARENTS_NOT_PUPILS:
            return p.t(
                "parents by OO-1 {first}, pupils {second}, and there should be as many: one"
                " parent for a pupil",
                first=first,
                second=second,
            )
        case Doubtful.PARTS_OF_EXPECTED:
            return p.t("by OO-1 the three groups make {first}, in all there are {second}",
                          first=first, second=second)  # fmt: skip
        case Doubtful.PARTS_OF_REGISTERED:
            return p.t("registered in the three groups {first}, in all there are {second}",
                          first=first, second=second)  # fmt: skip
        case Doubtful.ALL_ZERO if not doubt.second:
            return p.t("all figures are zero: perhaps nothing was counted")
        case Doubtful.ALL_ZERO:
            return p.t(
                "all figures are zero, and {second} should be there: perhaps nothing was counted",
                second=second,
            )
        case Doubtful.OLD:
            return p.t(
                "the sheet is {age} old, and activity is counted for {days}: much may have"
                " changed",
                age=p.many("{count} day", "{count} days", doubt.first),
                days=p.many("{count} day", "{count} days", doubt.second),
            )


def _worded(cell: Cell, form: Form, table: Table) -> str:
    """Word what looks the same for reading and for keying in."""
    match form, cell:
        case Form.STATE, State():
            return table.words[cell]
        case Form.TEXT, str():
            return one_line(cell)
        case Form.MOMENT, datetime():
            return f"{local(cell, table):%d.%m.%Y %H:%M}"
        case Form.DAY, date():
            return f"{cell:%d.%m.%Y}"
        case _:
            raise wrong(cell, form)


def _whole(cell: Cell) -> int:
    if not isinstance(cell, int):
        raise wrong(cell, Form.COUNT)
    return cell


def _real(cell: Cell) -> float:
    if not isinstance(cell, int | float):
        raise wrong(cell, Form.DECIMAL)
    return cell


def _tenths(cell: Cell) -> tuple[str, str, str]:
    """Round to one digit after the point; return the sign ("-" or ""), the whole, the digit."""
    rounded = Decimal(repr(_real(cell))).quantize(_TENTH, ROUND_HALF_UP)
    whole, _, tenth = f"{abs(rounded)}".partition(".")
    return "-" if rounded < 0 else "", whole, tenth


def wrong(cell: Cell, form: Form) -> TypeError:
    """Make the error for a cell that is of another kind than its column."""
    return TypeError(f"a {form.name} can't be {cell!r}")
