"""A page or a picture of lines, areas and texts, drawn once as PDF and as PNG.

Lengths are in points; x runs to the right and y down from the upper left corner. Two things make
up a drawing, ``Path`` and ``Text``, so that a certificate on paper and one in the chat are laid
out by the same means and measured with the same font.

reportlab is imported with the first drawing: a start has no need of it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from html import escape
from io import BytesIO
from itertools import groupby
from typing import TYPE_CHECKING, Literal

from course_bot.raster import rasterised
from course_bot.reports.qr import QUIET, qr_modules
from course_bot.reports.typesetting import fit, font, width
from course_bot.shipped import FAMILY

if TYPE_CHECKING:
    from reportlab.pdfgen.canvas import Canvas

ACCENT = "#1c74bd"
INK = "#0b0f14"
FAINT = "#66717c"
LINE = "#e3e7eb"
SURFACE = "#ffffff"
WALL = ("#d3dcae", "#8fbd92", "#7fb19b", "#d9d591")
"""The colours of the chat's page by day, in page/chat.css; the last four are its wallpaper."""
A4 = (595.28, 841.89)
"""ISO 216: 210 by 297 mm, upright."""
LEADING = 1.25
"""From one base line to the next, in sizes of the text."""
CAPITALS = 0.73
"""How high the font's capitals are, in sizes of the text."""
_ARC = 0.5523
"""How far a Bézier curve's handles are from the ends of a quarter circle of radius 1."""

Step = tuple[Literal["M", "L", "C", "Z"], tuple[float, ...]]
"""A step of a path, as in SVG: move to, line to, curve to, close."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gradient:
    """Colours that blend into one another, evenly spaced on the line between two points."""

    start: tuple[float, float]
    end: tuple[float, float]
    colours: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """A line, ``stroke`` and ``width``, around an area, ``fill``; "" leaves either out.

    ``role`` is a class for a page's own colours, where the drawing is part of a page.
    """

    steps: tuple[Step, ...]
    fill: str | Gradient = ""
    stroke: str = ""
    width: float = 0
    role: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A line of text that begins at x, or with ``to_left`` ends there, on the base line y.

    ``tracking`` is added after each character. The font must have each of them: see ``shown``.
    ``role`` is a class for a page's own colours, where the drawing is part of a page; ``url`` is
    where a PDF leads whoever taps on it.
    """

    x: float
    y: float
    text: str
    size: float
    colour: str = INK
    bold: bool = False
    tracking: float = 0
    to_left: bool = False
    role: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """A page of the given size, with its items from the lowest to the uppermost."""

    width: float
    height: float
    items: tuple[Path | Text, ...]


def box(
    x: float,
    y: float,
    width: float,
    height: float,
    *,
    radius: float = 0,
    fill: str | Gradient = "",
    stroke: str = "",
    line: float = 0,
    role: str = "",
) -> Path:
    """Draw a rectangle with round corners."""
    right, bottom, reach = x + width, y + height, radius * (1 - _ARC)
    steps: tuple[Step, ...] = (
        ("M", (x + radius, y)),
        ("L", (right - radius, y)),
        ("C", (right - reach, y, right, y + reach, right, y + radius)),
        ("L", (right, bottom - radius)),
        ("C", (right, bottom - reach, right - reach, bottom, right - radius, bottom)),
        ("L", (x + radius, bottom)),
        ("C", (x + reach, bottom, x, bottom - reach, x, bottom - radius)),
        ("L", (x, y + radius)),
        ("C", (x, y + reach, x + reach, y, x + radius, y)),
        ("Z", ()),
    )
    if not radius:
        steps = tuple(step for step in steps if step[0] != "C")
    return Path(steps=steps, fill=fill, stroke=stroke, width=line, role=role)


def disc(x: float, y: float, radius: float, fill: str) -> Path:
    """Draw a filled circle around a point."""
    return box(x - radius, y - radius, 2 * radius, 2 * radius, radius=radius, fill=fill)


def rule(x: float, y: float, width: float, colour: str = LINE, line: float = 1) -> Path:
    """Draw a horizontal line."""
    return Path(steps=(("M", (x, y)), ("L", (x + width, y))), stroke=colour, width=line)


def wall(wide: float, high: float, *, frame: float) -> tuple[Path, Path]:
    """Lay a white sheet with round corners on the chat's wallpaper, which frames it.

    The wallpaper is left out under the sheet: blending its colours is most of what a picture
    costs.
    """
    radius = 18.0
    edge = frame + radius / 3  # a third: a square corner here is still under the round one
    right, bottom = wide - edge, high - edge
    hole: tuple[Step, ...] = (
        ("M", (edge, edge)),
        ("L", (edge, bottom)),
        ("L", (right, bottom)),
        ("L", (right, edge)),
        ("Z", ()),
    )
    colours = Gradient(start=(0, 0), end=(wide, high), colours=WALL)
    wallpaper = Path(steps=box(0, 0, wide, high).steps + hole, fill=colours)
    inner = (frame, frame, wide - 2 * frame, high - 2 * frame)
    return wallpaper, box(*inner, radius=radius, fill=SURFACE)


def mark(x: float, y: float, side: float) -> tuple[Path, ...]:
    """Draw the bot's face, a graduation cap on a disc: page/icon.svg, in one colour."""
    scale = side / 64

    def at(*numbers: float) -> tuple[float, ...]:
        return tuple((x, y)[i % 2] + scale * number for i, number in enumerate(numbers))

    board: tuple[Step, ...] = (
        ("M", at(32, 17)),
        ("L", at(8.5, 27.5)),
        ("L", at(32, 38)),
        ("L", at(55.5, 27.5)),
        ("Z", ()),
    )
    cap: tuple[Step, ...] = (
        ("M", at(18, 35.2)),
        ("L", at(18, 42.5)),
        ("C", at(18, 45.8, 24.3, 48.5, 32, 48.5)),
        ("C", at(39.7, 48.5, 46, 45.8, 46, 42.5)),
        ("L", at(46, 35.2)),
        ("L", at(32, 41.5)),
        ("Z", ()),
    )
    cord: tuple[Step, ...] = (("M", at(51.5, 29.5)), ("L", at(51.5, 40.5)))
    middle = x + side / 2, y + side / 2
    return (
        disc(*middle, side / 2, ACCENT),
        Path(steps=board, fill=SURFACE),
        Path(steps=cap, fill="#e8f1f8"),
        Path(steps=cord, stroke=SURFACE, width=2.2 * scale),
        disc(x + 51.5 * scale, y + 42.5 * scale, 2.3 * scale, SURFACE),
    )


def qr(x: float, y: float, side: float, address: str, *, grid: float = 0) -> tuple[Path, Path]:
    """Draw an address's QR code on white.

    Args:
        x: its left side.
        y: its upper side.
        side: how wide and high it is, quiet zone included.
        address: what it says.
        grid: how wide a pixel is where a picture is made of it: modules of whole pixels are
            sharp, and together a little smaller than ``side``.

    Raises:
        ValueError: the address is longer than a code can hold (2,331 bytes).
    """
    rows = qr_modules(address)
    count = len(rows) + 2 * QUIET
    module = max(side / count // grid, 1) * grid if grid else side / count
    steps: list[Step] = []
    for row, modules in enumerate(rows, QUIET):
        column = QUIET
        for dark, run in groupby(modules):
            end = column + len(list(run))
            if dark:
                left, right = x + column * module, x + end * module
                upper, lower = y + row * module, y + (row + 1) * module
                corners = ((left, upper), (right, upper), (right, lower), (left, lower))
                steps.append(("M", corners[0]))
                steps += [("L", corner) for corner in corners[1:]]
                steps.append(("Z", ()))
            column = end
    # All of them in one path: between two of their own, renderers leave hairlines.
    return box(x, y, count * module, count * module, fill=SURFACE), Path(
        steps=tuple(steps), fill="#000000"
    )


def centred(
    middle: float,
    y: float,
    text: str,
    size: float,
    *,
    colour: str = INK,
    bold: bool = False,
    tracking: float = 0,
) -> Text:
    """Set a line of text around a middle."""
    wide = width(text, size, bold=bold) + tracking * (len(text) - 1)
    return Text(
        x=middle - wide / 2,
        y=y,
        text=text,
        size=size,
        colour=colour,
        bold=bold,
        tracking=tracking,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A text in a column: one line or several.

    ``sizes`` are those of ``fit``; ``before`` is the space above it, ``line`` the colour of a line
    drawn under it, or "".
    """

    text: str
    sizes: tuple[tuple[float, int], ...]
    before: float = 0
    colour: str = INK
    bold: bool = False
    tracking: float = 0
    line: str = ""


def column(
    blocks: Iterable[Block], *, middle: float, top: float, limit: float
) -> tuple[tuple[Path | Text, ...], float]:
    """Set texts below one another, the middle of each line in the middle.

    Args:
        blocks: the texts; an empty one without a line under it takes no room.
        middle: where the middle of each line is.
        top: where they begin.
        limit: the longest line.

    Returns:
        The items, and where they end.
    """
    items: list[Path | Text] = []
    y = top
    for block in blocks:
        if not block.text and not block.line:
            continue
        y += block.before if items else 0
        size, lines = fit(block.text, limit, block.sizes, bold=block.bold)
        for number, line in enumerate(lines):
            y += size * (LEADING if number else CAPITALS)
            items.append(
                centred(
                    middle,
                    y,
                    line,
                    size,
                    colour=block.colour,
                    bold=block.bold,
                    tracking=block.tracking,
                )
            )
        if block.line:
            y += 0.3 * size + 6
            items.append(rule(middle - limit / 4, y, limit / 2, block.line))
    return tuple(items), y


def lowered(items: Iterable[Path | Text], down: float) -> Iterator[Path | Text]:
    """Move items down."""
    return moved(items, 0, down)


def moved(items: Iterable[Path | Text], right: float, down: float) -> Iterator[Path | Text]:
    """Move items to the right and down."""
    for item in items:
        if isinstance(item, Text):
            yield replace(item, x=item.x + right, y=item.y + down)
        else:
            steps = tuple(
                (name, tuple(n + (right, down)[i % 2] for i, n in enumerate(numbers)))
                for name, numbers in item.steps
            )
            yield replace(item, steps=steps)


def pdf(drawing: Drawing, title: str, *, language: str) -> bytes:
    """Draw a page as PDF, its fonts embedded; the same page gives the same bytes.

    Args:
        drawing: the page.
        title: what a reader's window says.
        language: of its texts ("ru"), for those who have them read aloud.
    """
    from reportlab.pdfgen.canvas import Canvas

    file = BytesIO()
    canvas = Canvas(
        file,
        pagesize=(drawing.width, drawing.height),
        invariant=1,
        lang=language,
        initialFontName=font(bold=False).fontName,  # type: ignore[arg-type]  # a str
    )
    canvas.setTitle(title)
    canvas.setAuthor("course-bot")
    canvas.setCreator("course-bot")
    for item in drawing.items:
        if isinstance(item, Text):
            canvas.setFillColor(item.colour)
            canvas.setFont(font(bold=item.bold).fontName, item.size)
            wide = width(item.text, item.size, bold=item.bold, tracking=item.tracking)
            x = item.x - wide if item.to_left else item.x
            y = drawing.height - item.y
            canvas.drawString(x, y, item.text, charSpace=item.tracking)
            if item.url:
                canvas.linkURL(item.url, (x, y - 0.25 * item.size, x + wide, y + item.size))
        else:
            _trace(canvas, item, drawing.height)
    canvas.save()
    return file.getvalue()


def _trace(canvas: "Canvas", item: Path, height: float) -> None:
    """Draw a path; PDF's y runs up."""
    path = canvas.beginPath()
    for command, numbers in item.steps:
        flipped = [height - n if i % 2 else n for i, n in enumerate(numbers)]
        match command:
            case "M":
                path.moveTo(*flipped)
            case "L":
                path.lineTo(*flipped)
            case "C":
                path.curveTo(*flipped)
            case "Z":
                path.close()
    if isinstance(item.fill, Gradient):
        (x0, y0), (x1, y1) = item.fill.start, item.fill.end
        canvas.saveState()
        canvas.clipPath(path, stroke=0, fill=0)
        canvas.linearGradient(x0, height - y0, x1, height - y1, item.fill.colours)
        canvas.restoreState()
        return
    if item.fill:
        canvas.setFillColor(item.fill)
    if item.stroke:
        canvas.setStrokeColor(item.stroke)
        canvas.setLineWidth(item.width)
        canvas.setLineCap(1)
    canvas.drawPath(path, stroke=bool(item.stroke), fill=bool(item.fill))


def png(drawing: Drawing, pixels: int) -> bytes:
    """Draw a picture that is so many pixels wide."""
    return rasterised(svg(drawing), pixels)


def svg(drawing: Drawing, label: str = "") -> str:
    """Write a drawing as SVG.

    Args:
        drawing: what is drawn.
        label: what it says to those who can't see it, where it is part of a page.
    """
    size = f"{drawing.width:g} {drawing.height:g}"
    image = f' role="img" aria-label="{escape(label)}"' if label else ""
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size}"{image}>']
    for number, item in enumerate(drawing.items):
        role = f' class="{item.role}"' if item.role else ""
        if isinstance(item, Text):
            weight = ' font-weight="700"' if item.bold else ""
            tracking = f' letter-spacing="{item.tracking:g}"' if item.tracking else ""
            anchor = ' text-anchor="end"' if item.to_left else ""
            parts.append(
                f'<text x="{item.x:.2f}" y="{item.y:.2f}" font-family="{FAMILY}, sans-serif" '
                f'font-size="{item.size:g}" fill="{item.colour}"{weight}{tracking}{anchor}{role} '
                f'xml:space="preserve">{escape(item.text)}</text>'
            )
            continue
        fill = item.fill or "none"
        if isinstance(item.fill, Gradient):
            parts.append(_svg_gradient(item.fill, f"g{number}"))
            fill = f"url(#g{number})"
        stroke = (
            f' stroke="{item.stroke}" stroke-width="{item.width:g}" stroke-linecap="round"'
            if item.stroke
            else ""
        )
        steps = " ".join(f"{name}{' '.join(f'{n:.3f}' for n in to)}" for name, to in item.steps)
        parts.append(f'<path d="{steps}" fill="{fill}"{stroke}{role}/>')
    return "".join((*parts, "</svg>"))


def _svg_gradient(gradient: Gradient, name: str) -> str:
    (x1, y1), (x2, y2) = gradient.start, gradient.end
    last = len(gradient.colours) - 1
    stops = "".join(
        f'<stop offset="{place / last:g}" stop-color="{colour}"/>'
        for place, colour in enumerate(gradient.colours)
    )
    return (
        f'<linearGradient id="{name}" gradientUnits="userSpaceOnUse" '
        f'x1="{x1:g}" y1="{y1:g}" x2="{x2:g}" y2="{y2:g}">{stops}</linearGradient>'
    )
