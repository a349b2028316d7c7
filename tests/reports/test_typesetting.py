"""Lines of text: what the font has, what stands in for what it lacks, where lines break."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_bot.reports.typesetting import fit, font, shown, width, wrap
from course_bot.shipped import FONTS

LIMIT = 200.0


@pytest.mark.parametrize(
    ("typed", "seen"),
    [
        ("Анна", "Анна"),
        ("  Анна \t\n Петрова ", "Анна Петрова"),
        ("Җәлил Ҡаһарман Ҫӗнӗ", "Җәлил Ҡаһарман Ҫӗнӗ"),
        ("Nguyễn", "Nguyên"),
        ("и́", "и"),
        ("ﬁ ™ ①", "fi TM 1"),
        ("Школа № 5", "Школа №\N{NO-BREAK SPACE}5"),
        ("Анна 🎓", "Анна □"),
        ("👩\u200d🏫", "□"),
        ("👍🏽", "□"),
        ("❤\ufe0f", "□"),
        ("შოთა", "□□□□"),
        ("a\0b\u200bc\ufeff\uffff", "abc"),
        ("\ud83d", "□"),
        ("", ""),
    ],
)
def test_a_text_is_shown_in_letters_that_the_font_has(typed: str, seen: str) -> None:
    assert shown(typed) == seen


@given(st.text())
def test_whatever_is_typed_both_fonts_have_each_character_of_what_is_shown(typed: str) -> None:
    for bold in FONTS:
        assert set(map(ord, shown(typed))) <= set(font(bold=bold).face.charToGlyph)


@given(st.text(alphabet="а Ш-/", max_size=80))
def test_lines_are_no_longer_than_they_may_be_and_nothing_is_lost(typed: str) -> None:
    text = shown(typed)
    lines = wrap(text, 20, LIMIT)
    assert all(width(line, 20) <= LIMIT for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("Анна Петрова", ["Анна Петрова"]),
        ("Анна Сергеевна Петрова", ["Анна Сергеевна", "Петрова"]),
        (
            "Константинопольская-Преображенская",
            ["Константинопольс", "кая-", "Преображенская"],
        ),
        (
            "https://course.example.ru/certificate",
            ["https://", "course.example.ru/", "certificate"],
        ),
    ],
)
def test_lines_break_between_words_and_in_one_only_if_it_is_too_long(
    text: str, lines: list[str]
) -> None:
    assert wrap(text, 20, LIMIT) == lines


def test_a_text_is_as_large_as_it_may_be() -> None:
    sizes = ((20, 1), (15, 1), (14, 2))
    assert fit("Анна", LIMIT, sizes) == (20, ["Анна"])
    assert fit("Анна Сергеевна Пет", LIMIT, sizes) == (15, ["Анна Сергеевна Пет"])
    two = ["Анна Сергеевна", "Петрова-Водкина"]
    assert fit(" ".join(two), LIMIT, sizes) == (14, two)


def test_lines_are_about_equally_long() -> None:
    text = "раз два три четыре пять шесть"
    assert wrap(text, 15, 200) == ["раз два три четыре пять", "шесть"]
    assert fit(text, 200, ((15, 2),)) == (15, ["раз два три", "четыре пять шесть"])


def test_what_is_too_long_for_the_last_size_ends_with_an_ellipsis() -> None:
    size, lines = fit("Анна " * 50, LIMIT, ((20, 1), (10, 2)))
    assert size == 10
    assert len(lines) == 2
    assert lines[-1].endswith("…")
    assert all(width(line, size) <= LIMIT for line in lines)
