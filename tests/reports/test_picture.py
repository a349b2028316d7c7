"""Schools as bars."""

import struct
from collections.abc import Sequence
from io import BytesIO
from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest
from PIL import Image

from course_bot.locale.phrases import phrases
from course_bot.reports.drawing import Path, Text
from course_bot.reports.picture import Bar, bars, bars_svg, draw, shortened
from course_bot.reports.typesetting import width

RU = phrases("ru")
WHEN = "по состоянию на 14:05"
LONG = (
    "МБОУ «Средняя общеобразовательная школа № 12 с углублённым изучением отдельных предметов"
    " имени Героя Советского Союза А. П. Маресьева»"
)


def bar(name: str = "Школа № 5", share: float | None = 0.5, overdue: int = 0) -> Bar:
    return Bar(name=name, share=share, overdue=overdue, learners=40)


def texts(rows: Sequence[Bar]) -> list[Text]:
    return [item for item in draw("Школы", WHEN, rows, RU).items if isinstance(item, Text)]


def lengths(row: Bar) -> dict[str, float]:
    """How long the parts of a bar are, beside the legend's own."""
    found: dict[str, float] = {}
    for item in draw("Школы", WHEN, [row], RU).items:
        if isinstance(item, Path) and item.role in {"track", "completed", "overdue"}:
            xs = [x for _, numbers in item.steps for x in numbers[::2]]
            found[item.role] = found.get(item.role, 0.0) + max(xs) - min(xs)
    return {role: length - 9 for role, length in found.items()}


@pytest.mark.parametrize("rows", [0, 1, 20, 57])
def test_a_picture_is_as_wide_as_a_phone_and_not_too_long_for_one(rows: int) -> None:
    data = bars("Школы", WHEN, [bar(LONG, overdue=3)] * rows, RU)
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    wide, high = struct.unpack(">II", data[16:24])
    assert wide == 1080
    assert high < 2.6 * wide


@pytest.mark.parametrize("rows", [0, 3, 5, 25])
def test_a_picture_can_nowhere_be_seen_through(rows: int) -> None:
    picture = Image.open(BytesIO(bars("Школы", WHEN, [bar()] * rows, RU))).convert("RGBA")

    assert picture.getchannel("A").getextrema() == (255, 255)


def test_twenty_are_drawn_and_it_is_said_how_many_there_are() -> None:
    said = [text.text for text in texts([bar(f"Школа {n}") for n in range(57)])]
    assert "Школа 0" in said
    assert "Школа 19" in said
    assert "Школа 20" not in said
    assert said[-1] == "Показаны первые 20 из 57, остальные — в таблице"
    assert not any("из 20" in text.text for text in texts([bar()] * 20))


def test_nobody_there_is_said() -> None:
    assert [text.text for text in texts([])] == ["Школы", WHEN, "Здесь пока никого нет."]


@pytest.mark.parametrize("share", [0.0, 0.001, 0.5, 0.999, 1.0])
def test_a_bar_is_as_long_as_the_share_and_the_rest_is_still_to_be_seen(share: float) -> None:
    parts = lengths(bar(share=share))
    assert parts["completed"] == pytest.approx(max(share * parts["track"], 2 if share else 0))


def test_all_overdue_fills_the_bar_and_no_part_leaves_it() -> None:
    parts = lengths(bar(share=0.0, overdue=40))
    assert parts["overdue"] == pytest.approx(parts["track"])
    parts = lengths(bar(share=0.75, overdue=40))
    assert parts["completed"] + parts["overdue"] == pytest.approx(parts["track"])


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (bar(share=0.0), {"0\u00a0%", "40 человек"}),
        (bar(share=1.0), {"100\u00a0%"}),
        (bar(share=0.999), {"99\u00a0%"}),
        (bar(share=0.5, overdue=3), {"50\u00a0%", "просрочили 3 из 40"}),
        (Bar(name="Новая", share=None, overdue=0, learners=0), {"—", "0 человек"}),
    ],
)
def test_the_figures_stand_beside_the_bar(row: Bar, words: set[str]) -> None:
    assert words <= {text.text for text in texts([row])}


def test_a_long_name_is_cut_to_its_room_and_keeps_its_number() -> None:
    cut = shortened(LONG, 12.5, 280)
    assert cut.startswith("МБОУ «Средняя")
    assert cut.endswith("… № 12…")
    assert width(cut, 12.5) <= 280
    assert shortened("Школа № 5", 12.5, 280) == "Школа № 5"
    assert shortened("Ш" * 99, 12.5, 280).endswith("ШШ…")


@pytest.mark.parametrize("name", [LONG, "Ш" * 200, "Вечерняя школа"])
def test_no_two_texts_touch(name: str) -> None:
    rows = [Bar(name=name, share=1.0, overdue=123_456, learners=1_234_567)]
    by_line: dict[float, list[tuple[float, float]]] = {}
    for text in texts(rows):
        wide = width(text.text, text.size, bold=text.bold)
        left = text.x - wide if text.to_left else text.x
        by_line.setdefault(text.y, []).append((left, left + wide))
    for spans in by_line.values():
        spans.sort()
        assert spans[0][0] >= 15.9
        assert spans[-1][1] <= 344.1
        assert all(one[1] + 4 < other[0] for one, other in pairwise(spans))


@pytest.mark.parametrize(
    "name",
    ["<script>alert(1)</script>", "&amp;", "\"'><g onload='x'>", "]]>", "а\x00б\ufffe", "🏫"],
)
def test_a_name_that_looks_like_markup_is_drawn_as_it_is(name: str) -> None:
    svg = bars_svg(name, name, [bar(name)], RU)
    root = ET.fromstring(svg)
    assert {element.tag.partition("}")[2] for element in root.iter()} == {"svg", "path", "text"}
    assert not any(key.startswith("on") for element in root.iter() for key in element.attrib)
    assert bars(name, name, [bar(name)], RU)


def test_a_page_may_give_it_its_own_colours_and_says_what_it_is() -> None:
    root = ET.fromstring(bars_svg("Школы", WHEN, [bar(overdue=3)], RU))
    assert root.attrib["aria-label"] == "Школы, по состоянию на 14:05"
    drawn = [element for element in root.iter() if "fill" in element.attrib]
    assert {element.attrib.get("class") for element in drawn} == {
        "surface", "ink", "faint", "track", "completed", "overdue", "overdue-ink",
    }  # fmt: skip
