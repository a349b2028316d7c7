"""The page of a track: what stands on it, that it is one page, and when there can be none."""

import math
import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from course_bot.app import check_course
from course_bot.content.model import Course, Lesson, Link
from course_bot.locale.phrases import phrases
from course_bot.reports.drawing import A4, Drawing, Text
from course_bot.reports.memo import TooMuchError, memo_page, memo_pdf, memo_png, too_much
from course_bot.reports.typesetting import width
from tests.courses import make_course
from tests.reports.pdf_reader import pdf_pages, pdf_texts

RU = phrases("ru")
ROOT = Path(__file__).parents[2]


def texts(drawing: Drawing) -> list[Text]:
    return [item for item in drawing.items if isinstance(item, Text)]


def with_lessons(count: int, memo: tuple[str, ...]) -> Course:
    """Return a course whose teacher's track has so many lessons."""
    course = make_course()
    usual = course.lessons["chat"]
    lessons = {
        f"l{number}": replace(usual, id=f"l{number}", title=f"Чат «Сотрудники», часть {number}",
                              memo=memo)
        for number in range(count)
    }  # fmt: skip
    track = replace(course.tracks["teacher"], lessons=tuple(lessons))
    return replace(course, lessons=lessons, tracks={"teacher": track})


def with_step(course: Course, text: str, *links: Link) -> Course:
    lesson: Lesson = course.lessons["chat"]
    step = replace(lesson.steps[0], text=text, links=links)
    changed = replace(lesson, steps=(step, *lesson.steps[1:]))
    return replace(course, lessons={**course.lessons, "chat": changed})


def test_the_page_has_the_rules_of_every_lesson_the_figures_and_where_to_ask() -> None:
    course = with_step(make_course(), "Нужно <b>75\N{NO-BREAK SPACE}%</b>.")
    course = with_step(course, "Нужно <b>75\N{NO-BREAK SPACE}%</b>.", *course.links.values())
    pdf = memo_pdf(course, course.tracks["teacher"], RU)
    assert pdf_pages(pdf) == 1
    said = " ".join(pdf_texts(pdf))
    for text in (
        "Малый курс",
        "Учитель: памятка",
        "75 % сотрудников — цель по активности",
        "Урок «chat»",
        "Урок «roles»",
        "Урок «help»",
        "Свяжите профили, и чат появится сам.",
        "Где прочитать и спросить",
        "По состоянию на 15 ноября 2025\N{NARROW NO-BREAK SPACE}г.",
    ):
        assert text in said, said
    help_page = course.links["help-chat"]
    assert re.sub(r"^https://|/$", "", help_page.url) in said
    assert help_page.url.encode() in pdf  # whoever reads it on a phone can tap


def test_a_figure_that_the_track_does_not_speak_of_does_not_stand_there() -> None:
    course = make_course()
    said = [text.text for text in texts(memo_page(course, course.tracks["teacher"], RU))]
    assert "75\N{NO-BREAK SPACE}%" not in said


@pytest.mark.parametrize(
    "link",
    [
        Link(id="a", label="Не проверена", url="https://max.ru/a", verified=False),
        Link(id="a", label="Длинная", url="https://max.ru/" + "a" * 50),
    ],
)
def test_an_address_that_nobody_types_or_that_may_not_open_is_left_out(link: Link) -> None:
    course = make_course()
    usual = course.lessons["help"].steps[0].links
    course = with_step(course, "Текст.", *usual, link)
    said = [text.text for text in texts(memo_page(course, course.tracks["teacher"], RU))]
    assert not [text for text in said if link.label in text]


@pytest.mark.parametrize("count", [1, 2, 8, 13])
@pytest.mark.parametrize("rules", [1, 2])
def test_all_of_it_is_on_the_page_and_none_of_it_small(count: int, rules: int) -> None:
    memo = ("Проверьте, прикреплены ли все участники чата к вашей школе: это самое главное.",)
    course = with_lessons(count, memo * rules)
    drawing = memo_page(course, course.tracks["teacher"], RU)
    assert (drawing.width, drawing.height) == A4
    for text in texts(drawing):
        assert text.size >= 8
        wide = width(text.text, text.size, bold=text.bold)
        left = text.x - wide if text.to_left else text.x
        assert left >= 30
        assert left + wide <= A4[0] - 30
        assert 30 <= text.y <= A4[1] - 30
    lines = sorted((text.x, text.y, text.size) for text in texts(drawing))
    for (x, y, size), (after_x, after_y, _) in pairwise(lines):
        assert not math.isclose(x, after_x) or after_y - y >= size, "lines lie on each other"


def test_what_does_not_fit_is_refused_and_check_names_the_track() -> None:
    course = with_lessons(13, ("Проверьте " + "прикреплён " * 11,) * 3)
    with pytest.raises(TooMuchError):
        memo_page(course, course.tracks["teacher"], RU)
    [unfit] = too_much(course, RU)
    assert unfit.part == ("track", "teacher")


def test_the_page_is_there_as_a_picture() -> None:
    course = make_course()
    assert memo_png(course, course.tracks["coordinator"], phrases("en")).startswith(b"\x89PNG")


def test_every_track_of_the_course_has_its_page() -> None:
    course, faults = check_course(ROOT / "lessons")
    assert course, faults
    assert list(too_much(course, RU)) == []
