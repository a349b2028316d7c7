"""Draw the icons of the page and the picture of its link anew: ``make icons``."""

from pathlib import Path

from resvg_py import svg_to_bytes

from course_bot.messengers.browser.server import PAGE
from course_bot.shipped import FAMILY, FONTS

HERE = Path(__file__).parent
PICTURES = (
    ("icon-192.png", PAGE / "icon.svg", 192),
    ("icon-512.png", PAGE / "icon.svg", 512),
    ("maskable-512.png", HERE / "square.svg", 512),
    ("apple-touch-icon.png", HERE / "square.svg", 180),
    ("link-preview.png", HERE / "link-preview.svg", 1200),
)
"""A file of the page, what it is drawn from, and how many pixels it is wide."""

for name, source, width in PICTURES:
    png = svg_to_bytes(
        svg_string=source.read_text(encoding="utf-8"),
        width=width,
        skip_system_fonts=True,
        font_files=[str(file) for file in FONTS.values()],
        font_family=FAMILY,
    )
    (PAGE / name).write_bytes(png)
    print(f"{name}: {len(png):,} bytes")
