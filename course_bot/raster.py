"""An SVG becomes a PNG, with the font that goes with the code and no other.

resvg is imported with the first picture: a start has little need of it.
"""

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
