"""QR codes: what they say, and how they stand on a screen, in a terminal and on paper."""

import re
import struct
from collections.abc import Iterator

import pytest
import segno

from course_bot.reports.drawing import Drawing, Path, png, qr, svg
from course_bot.reports.qr import qr_modules, qr_png, qr_terminal

ADDRESS = "https://t.me/sferum_course_bot?start=join-4hG7sWq2ZkXb9TtM"
CODE = segno.make_qr(ADDRESS, error="m")


def png_size(picture: bytes) -> tuple[int, int]:
    assert picture.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", picture[16:24])
    return width, height


def test_the_modules_are_those_of_the_address() -> None:
    assert qr_modules(ADDRESS) == tuple(bytes(row) for row in CODE.matrix)
    assert CODE.error in {"M", "Q", "H"}


def test_a_code_is_never_a_micro_one_which_phones_do_not_read() -> None:
    assert len(qr_modules("1")) == 21


@pytest.mark.parametrize("address", ["http://a.ru", ADDRESS, "https://a.ru/" + "x" * 2000])
def test_the_picture_is_as_wide_as_a_chat_whatever_it_says(address: str) -> None:
    width, height = png_size(qr_png(address))
    assert width == height
    assert 600 <= width <= 1000
    assert width % (len(qr_modules(address)) + 8) == 0


def test_an_address_that_no_code_can_hold_is_refused() -> None:
    with pytest.raises(ValueError, match="large"):
        qr_png("x" * 2332)


def test_blocks_in_a_terminal_are_the_modules_in_a_quiet_zone_of_four() -> None:
    quiet = 4
    rows = list(read_blocks(qr_terminal(ADDRESS)))
    modules = qr_modules(ADDRESS)
    side = len(modules)
    assert {len(row) for row in rows} == {side + 2 * quiet}
    inner = [bytes(row[quiet : quiet + side]) for row in rows[quiet : quiet + side]]
    assert tuple(inner) == modules
    assert not any(map(any, rows[:quiet]))
    assert not any(map(any, rows[quiet + side :]))


def test_blocks_in_a_terminal_are_black_on_white_whatever_its_theme() -> None:
    for line in qr_terminal(ADDRESS).splitlines():
        assert line.startswith("\x1b[38;5;16;48;5;231m")
        assert line.endswith("\x1b[0m")


def read_blocks(text: str) -> Iterator[list[int]]:
    for line in re.sub(r"\x1b\[[\d;]*m", "", text).splitlines():
        yield [int(block in "▀█") for block in line]
        yield [int(block in "▄█") for block in line]


def test_a_drawn_code_covers_exactly_its_dark_modules() -> None:
    white, dark = qr(10, 20, 74, ADDRESS)
    assert drawn_modules(dark) == modules_at(ADDRESS)
    left, top, right, bottom = extent(dark)
    module = (right - left) / len(qr_modules(ADDRESS))
    quiet = (left - 4 * module, top - 4 * module, right + 4 * module, bottom + 4 * module)
    assert extent(white) == pytest.approx(quiet)
    assert extent(white) == pytest.approx((10, 20, 84, 94))


def modules_at(address: str) -> set[tuple[int, int]]:
    """Where an address's code is dark: columns and rows."""
    return {
        (column, row)
        for row, modules in enumerate(qr_modules(address))
        for column, dark in enumerate(modules)
        if dark
    }


def drawn_modules(code: Path) -> set[tuple[int, int]]:
    """Which columns and rows a drawn code covers, however large it is."""
    corners = [numbers for name, numbers in code.steps if name != "Z"]
    x, y, right, _bottom = extent(code)
    # A finder pattern's upper side, the first rectangle, is seven modules wide.
    module = (corners[1][0] - corners[0][0]) / 7
    assert (right - x) / module == pytest.approx(round((right - x) / module))
    covered = set()
    for at in range(0, len(corners), 4):
        xs, ys = zip(*corners[at : at + 4], strict=True)
        columns = range(round((min(xs) - x) / module), round((max(xs) - x) / module))
        rows = range(round((min(ys) - y) / module), round((max(ys) - y) / module))
        covered |= {(column, row) for column in columns for row in rows}
    return covered


def extent(path: Path) -> tuple[float, float, float, float]:
    xs, ys = zip(*(numbers for _name, numbers in path.steps if numbers), strict=True)
    return min(xs), min(ys), max(xs), max(ys)


def test_on_a_grid_each_module_is_whole_pixels() -> None:
    white, dark = qr(0, 0, 100, ADDRESS, grid=0.5)
    for numbers in (numbers for _name, numbers in dark.steps):
        assert all(number * 2 == pytest.approx(round(number * 2)) for number in numbers)
    assert max(numbers[0] for name, numbers in white.steps if name != "Z") <= 100


def test_a_drawn_code_becomes_a_picture() -> None:
    items = qr(0, 0, 100, ADDRESS)
    assert png_size(png(Drawing(width=100, height=100, items=items), 300)) == (300, 300)
    assert svg(Drawing(width=100, height=100, items=items)).count("<path") == 2
