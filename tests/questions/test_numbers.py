"""A number as people type it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_bot.questions.numbers import parse_number
from tests.courses import NUMBER


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("75", 75),
        ("75%", 75),
        (" 75 % ", 75),
        ("75\N{NO-BREAK SPACE}%", 75),
        ("75\N{NARROW NO-BREAK SPACE}%", 75),
        ("75,0", 75),
        ("75.0", 75),
        ("37,5", 37.5),
        ("37.5%", 37.5),
        ("75.", 75),
        ("75 %.", 75),
        ("75%.", 75),
        ("1 593", 1593),
        ("1\N{NO-BREAK SPACE}593", 1593),
        ("1\N{NARROW NO-BREAK SPACE}593", 1593),
        ("1\N{THIN SPACE}593", 1593),
        ("1593.", 1593),
        ("12 345 678", 12_345_678),
        ("-3", -3),
        ("\N{MINUS SIGN}3", -3),
        ("+3", 3),
        ("007", 7),
        ("0", 0),
        ("999999999999", 999_999_999_999),
        # before exactly three digits a sign parts thousands, before others it begins decimals
        ("1.145", 1145),
        ("1.045", 1045),
        ("1 045", 1045),
        ("1,145", 1145),
        ("1'145", 1145),
        ("1’145", 1145),
        ("1.593.000", 1_593_000),
        ("1 145,5", 1145.5),
        ("1.145,5", 1145.5),
        ("1,145.50", 1145.5),
        ("1 145,000", 1145),
        ("1145,000", 1145),
        ("0,145", 0.145),
        ("1.14", 1.14),
        ("1.1455", 1.1455),
        # what nobody sees
        ("\N{LEFT-TO-RIGHT MARK}60", 60),
        ("60\N{ZERO WIDTH SPACE}", 60),
        ("\N{ZERO WIDTH NO-BREAK SPACE}6\N{SOFT HYPHEN}0", 60),
        ("\N{FIRST STRONG ISOLATE}60\N{POP DIRECTIONAL ISOLATE}", 60),
        ("60\N{HANGUL FILLER}", 60),
        # every dash, space and digit
        ("\N{EN DASH}3", -3),
        ("\N{EM DASH}3", -3),
        ("\N{NON-BREAKING HYPHEN}3", -3),
        ("\N{FULLWIDTH HYPHEN-MINUS}3", -3),
        ("1\N{FIGURE SPACE}593", 1593),
        ("1\N{IDEOGRAPHIC SPACE}593", 1593),
        ("\N{FULLWIDTH DIGIT SEVEN}\N{FULLWIDTH DIGIT FIVE}", 75),
        ("\N{ARABIC-INDIC DIGIT THREE}", 3),
        ("7\N{VARIATION SELECTOR-16}\N{COMBINING ENCLOSING KEYCAP}", 7),
        ("60!", 60),
        ("60)", 60),
    ],
)
def test_a_number_is_read_as_people_type_it(text: str, number: float) -> None:
    assert parse_number(text) == number


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "%",
        ".",
        ",",
        "-",
        "1_0",
        "²",
        "12345678901234567890123",
        "1e5",
        "0x10",
        "inf",
        "nan",
        "1 2",
        "1 59",
        "15 93",
        "1 5933",
        "1  593",
        "1\n593",
        "1.593,000.5.5",
        "1.593.00",
        "1,593.000,000",
        "60–70",
        "60 – 70",
        "60-70",
        "60/80",
        "60 из 80",
        "от 60 до 70",
        "– 60 –",
        "1,5,9",
        "--3",
        "75%%",
        "%75",
        "75 учителей",
        "семьдесят пять",
        "7\x005",
    ],
)
def test_what_is_no_number_is_not_read_as_one(text: str) -> None:
    assert parse_number(text) is None


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("60 человек", 60),
        ("60 чел.", 60),
        ("60чел", 60),
        ("60 активных учителей", 60),
        ("60 учителей-предметников.", 60),
        ("37,5 процента", 37.5),
        ("75 % учителей", 75),
        ("1 145 человек", 1145),
        ("\N{LEFT-TO-RIGHT MARK}1\N{NO-BREAK SPACE}145\N{NO-BREAK SPACE}человек", 1145),
    ],
)
def test_a_word_or_two_may_follow_a_number_where_they_are_allowed(
    text: str, number: float
) -> None:
    assert parse_number(text, words=True) == number
    assert (parse_number(text) is None) == any(char.isalpha() for char in text)


@pytest.mark.parametrize(
    "text",
    [
        "5 тысяч",
        "5 тыс. человек",
        "5к",
        "5 млн",
        "5 миллионов",
        "6 десятков",
        "60 с половиной",
        "60 человек из 80",
        "7 дней прошло а чата нет",
        "60 человек?",
        "человек 60",
        "1e5",
        "0x10",
        "60 - человек",
    ],
)
def test_what_makes_another_number_or_none_of_it_may_not_follow(text: str) -> None:
    assert parse_number(text, words=True) is None


@pytest.mark.parametrize("text", ["1" + "я" * 4000 + "!1", "1 " + "-я" * 2000, "1" * 4000])
def test_a_long_text_is_refused_as_soon_as_a_short_one(text: str) -> None:
    assert parse_number(text, words=True) is None


@given(st.text(max_size=60))
def test_any_text_is_a_finite_number_or_none(text: str) -> None:
    number = parse_number(text)

    assert number is None or NUMBER.fits(number)


@given(st.integers(-999_999_999_999, 999_999_999_999))
def test_every_whole_number_is_read_grouped_or_not(number: int) -> None:
    grouped = f"{number:,}"

    assert parse_number(f"{number}") == number
    for sign in (" ", "\N{NO-BREAK SPACE}", "\N{NARROW NO-BREAK SPACE}", ".", ",", "'"):
        assert parse_number(grouped.replace(",", sign)) == number
