"""Days as people type them."""

from datetime import date

import pytest

from course_bot.conversation.days import (
    DayError,
    in_a_month,
    month_end,
    read_day,
    school_year_end,
    told,
)
from course_bot.locale.phrases import phrases

TODAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    "text",
    [
        "1.12",
        "01.12",
        "1.12.",
        "1.12.26",
        "01.12.2026",
        "01.12.2026 г.",
        "1/12/2026",
        "1-12",
        "1 12",
        "2026-12-01",
        "1 декабря",
        "1-го декабря",
        "1 ДЕКАБРЯ 2026 года",
        "до 1 декабря",
        "до 1 декабря включительно!",
        "1 дек",
        "1дек.",
        "  1\N{NO-BREAK SPACE}декабря  ",
        "December 1",
        "Dec 1st, 2026",
        "by 1 December 2026",
    ],
)
def test_a_day_is_read_however_it_is_typed(text: str) -> None:
    assert read_day(text, TODAY) == date(2026, 12, 1)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("23.11", date(2026, 11, 23)),
        ("22.11", date(2027, 11, 22)),
        ("1 мая", date(2027, 5, 1)),
        ("3 март", date(2027, 3, 3)),
        ("29.02", date(2028, 2, 29)),
        ("31.12", date(2026, 12, 31)),
    ],
)
def test_a_day_without_its_year_is_the_next_of_its_name(text: str, day: date) -> None:
    assert read_day(text, TODAY) == day


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("22.11.2026", "over"),
        ("2025-12-01", "over"),
        ("31.11", "no such day"),
        ("30 февраля", "no such day"),
        ("12.31", "no such day"),
        ("0.12", "no such day"),
        ("29.02.2027", "no such day"),
        ("1.12.2030", "far"),
        ("01.12.9999", "far"),
        ("завтра", "unread"),
        ("1", "unread"),
        ("12", "unread"),
        ("1 вторника", "unread"),
        ("в декабре", "unread"),
        ("1.12 или 2.12", "unread"),
        ("1.12.202", "unread"),
        ("١.١٢", "unread"),
        ("-1.12", "unread"),
        ("", "unread"),
        ("9" * 4000, "unread"),
        ("1 " * 2000, "unread"),
    ],
)
def test_what_is_no_day_to_come_is_refused_for_its_reason(text: str, reason: str) -> None:
    with pytest.raises(DayError) as caught:
        read_day(text, TODAY)
    assert caught.value.reason == reason


def test_days_are_offered_that_there_are() -> None:
    assert in_a_month(date(2026, 11, 23)) == date(2026, 12, 23)
    assert in_a_month(date(2027, 1, 31)) == date(2027, 2, 28)
    assert in_a_month(date(2026, 12, 31)) == date(2027, 1, 31)
    assert month_end(date(2028, 2, 1)) == date(2028, 2, 29)
    assert month_end(date(2026, 12, 31)) == date(2026, 12, 31)
    assert school_year_end(date(2026, 11, 23)) == date(2027, 5, 31)
    assert school_year_end(date(2027, 5, 31)) == date(2027, 5, 31)
    assert school_year_end(date(2027, 6, 1)) == date(2028, 5, 31)


def test_a_day_far_off_is_told_with_its_year() -> None:
    p = phrases("ru")
    assert told(p, date(2026, 12, 1), TODAY) == "1 декабря"
    assert told(p, date(2027, 5, 1), TODAY) == "1 мая"
    assert told(p, date(2027, 5, 31), TODAY).startswith("31 мая 2027")
