"""How cells are put into words."""

from datetime import UTC, date, datetime

import pytest

from course_bot.locale.phrases import phrases
from course_bot.organisations.state import State
from course_bot.reports.table import Cell, Form
from course_bot.reports.wording import keyed, one_line, percent, shown
from tests.reports.tables import people

EVENING = datetime(2026, 11, 29, 13, 4, 59, tzinfo=UTC)
"""The next day has come to Kamchatka by then."""


@pytest.mark.parametrize(
    ("cell", "form", "read", "typed"),
    [
        ("Анна", Form.TEXT, "Анна", "Анна"),
        ("Анна\r\nПетрова\t ", Form.TEXT, "Анна Петрова", "Анна Петрова"),
        (7, Form.COUNT, "7", "7"),
        (1234567, Form.COUNT, "1\u202f234\u202f567", "1234567"),
        (-3, Form.COUNT, "\u22123", "-3"),
        (1.25, Form.DECIMAL, "1,3", "1,3"),
        (2, Form.DECIMAL, "2,0", "2,0"),
        (-0.25, Form.DECIMAL, "\u22120,3", "-0,3"),
        (-0.04, Form.DECIMAL, "0,0", "0,0"),
        (0.455, Form.SHARE, "46\u00a0%", "46%"),
        (1, Form.SHARE, "100\u00a0%", "100%"),
        (-0.5, Form.SHARE, "\u221250\u00a0%", "-50%"),
        (date(2026, 3, 1), Form.DAY, "01.03.2026", "01.03.2026"),
        (EVENING, Form.MOMENT, "30.11.2026 01:04", "30.11.2026 01:04"),
        (State.OVERDUE, Form.STATE, "просрочил", "просрочил"),
    ],
)
def test_a_cell_is_read_by_people_and_keyed_into_excel(
    cell: Cell, form: Form, read: str, typed: str
) -> None:
    assert shown(cell, form, people(), phrases("ru")) == read
    assert keyed(cell, form, people()) == typed


@pytest.mark.parametrize("form", Form)
def test_what_is_not_known_is_a_dash_to_people_and_nothing_to_excel(form: Form) -> None:
    assert shown(None, form, people(), phrases("ru")) == "—"
    assert keyed(None, form, people()) == ""


def test_the_decimal_mark_is_the_readers() -> None:
    assert shown(1.5, Form.DECIMAL, people(), phrases("en")) == "1.5"


@pytest.mark.parametrize(
    ("share", "whole"),
    [(1 / 8, 13), (0.285, 29), (0.005, 1), (0.004, 0), (0.9999, 99), (1.0, 100)],
)
def test_percents_are_rounded_as_excel_does_and_only_all_is_a_hundred(
    share: float, whole: int
) -> None:
    assert percent(share) == whole


@pytest.mark.parametrize(
    ("cell", "form"),
    [
        ("7", Form.COUNT),
        (1.5, Form.COUNT),
        ("1.5", Form.DECIMAL),
        ("done", Form.STATE),
        (date(2026, 3, 1), Form.MOMENT),
        ("01.03.2026", Form.DAY),
        (7, Form.TEXT),
    ],
)
def test_a_cell_of_another_kind_is_refused(cell: Cell, form: Form) -> None:
    with pytest.raises(TypeError, match=form.name if form is not Form.SHARE else "DECIMAL"):
        shown(cell, form, people(), phrases("ru"))
    with pytest.raises(TypeError):
        keyed(cell, form, people())


def test_what_breaks_a_line_is_a_space() -> None:
    assert one_line("а\nб\u2028в\x00г\vд") == "а б в г д"
    assert one_line("неразрывный\u00a0пробел остаётся") == "неразрывный\u00a0пробел остаётся"
