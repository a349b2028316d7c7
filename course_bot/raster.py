"""An SVG becomes a PNG, with the font that goes with the code and no other.

resvg is imported with the first picture: a start has little need of it.
"""

import struct
from functools import cache

from course_bot.shipped import FAMILY, FONTS


def rasterised(svg: str, pixels: int) -> bytes:
    """Draw an SVG as a PNG that is so many pixels wide, on white.

    Raises:
        ValueError: it is no SVG that can be drawn.
    """
    from resvg_py import svg_to_bytes

    return svg_to_bytes(
        svg_string=svg,
        width=pixels,
        background="#ffffff",
        skip_system_fonts=True,
        font_files=[str(file) for file in FONTS.values()],
        font_family=FAMILY,
        sans_serif_family=FAMILY,
    )


def is_drawable(svg: str) -> bool:
    """Tell whether an SVG can be drawn, which its letters have no part in.

    It takes 1 ms; with the font to be read, 16.
    """
    from resvg_py import svg_to_bytes

    try:
        svg_to_bytes(svg_string=svg, width=8, skip_system_fonts=True)
    except ValueError:
        return False
    return True


def has_glyph(character: str) -> bool:
    """Tell whether the font has a character: of one that it has not, nothing would be drawn."""
    return any(ord(character) in each for each in _ranges())


@cache
def _ranges() -> tuple[range, ...]:
    """Read which characters the font has. Source: OpenType, cmap, subtable format 4."""
    font = FONTS[False].read_bytes()
    (tables,) = struct.unpack_from(">H", font, 4)
    directory = struct.iter_unpack(">4sLLL", font[12 : 12 + 16 * tables])
    cmap = next(offset for tag, _, offset, _ in directory if tag == b"cmap")
    (count,) = struct.unpack_from(">H", font, cmap + 2)
    subtables = struct.iter_unpack(">HHL", font[cmap + 4 : cmap + 4 + 8 * count])
    windows = cmap + next(offset for *ids, offset in subtables if ids == [3, 1])
    (size,) = struct.unpack_from(">H", font, windows + 6)
    ends = struct.unpack_from(f">{size // 2}H", font, windows + 14)
    starts = struct.unpack_from(f">{size // 2}H", font, windows + 16 + size)
    # The last segment is there only to end the table.
    return tuple(range(first, last + 1) for first, last in zip(starts, ends, strict=True))[:-1]
