"""An invitation for the wall of a staff room: a page of A4 with codes for a phone's camera."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from course_bot.locale.phrases import Phrases
from course_bot.organisations.records import Role
from course_bot.reports.drawing import (
    A4,
    ACCENT,
    FAINT,
    LEADING,
    SURFACE,
    Block,
    Drawing,
    Path,
    Text,
    centred,
    column,
    disc,
    mark,
    pdf,
    qr,
    wall,
)
from course_bot.reports.typesetting import fit, shown, width, wrap

_MARGIN = 54.0
_NAME = 16.0
"""The size of a door's name, above its code."""
_ABREAST = 2
"""How many doors stand side by side; of more, the first stands above the others."""
_SMALL = 126.0
"""How wide and high a code is that stands below another one, quiet zone included."""
_HANGING = 10.0
"""How far a small code's quiet zone hangs into the margin: what is dark begins at the margin."""
_INDENT = 40.0
"""From a step's number to its words."""
_GAP = 14.0
"""Between two steps."""
_STEPS = (17.0, 16.0, 15.0, 14.0)
"""Sizes of the lines of what to do: the first in which none of them has to be broken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """A way in: its name, such as "Telegram", and the link that leads through it."""

    name: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InviteSheet:
    """What an invitation says.

    ``organisation`` is whose it is, up to 200 characters; ``course`` a title; ``role`` is what one
    becomes by it: all but learners are invited one by one; ``doors`` are one to three; ``until``
    is its last day; ``minutes`` are how long the shortest and the longest track take of those that
    one may be given.
    """

    organisation: str
    course: str
    role: Role
    doors: tuple[Door, ...]
    until: date
    minutes: tuple[int, int]


def invite_sheet_pdf(sheet: InviteSheet, p: Phrases) -> bytes:
    """Draw an invitation as one page of A4, upright."""
    return pdf(invite_page(sheet, p), shown(sheet.organisation), language=p.language)


def invite_page(sheet: InviteSheet, p: Phrases) -> Drawing:
    """Lay an invitation out."""
    wide, high = A4
    limit = wide - 2 * _MARGIN
    heading, end = column(
        (
            Block(
                text=shown(sheet.organisation),
                sizes=((44, 1), (36, 1), (32, 2), (26, 3), (21, 4), (17, 6)),
                bold=True,
            ),
            Block(
                text=shown(_for_whom(sheet, p)),
                sizes=((18, 1), (16, 2), (13, 4)),
                before=20,
                colour=ACCENT,
            ),
        ),
        middle=wide / 2,
        top=116,
        limit=limit,
    )
    last = high - 58
    size, steps = _set(_steps(sheet, p), limit - _INDENT)
    steps_top = last - 40 - size * LEADING * sum(map(len, steps)) - _GAP * (len(steps) - 1)
    valid_size, valid = fit(_valid(sheet, p), limit, ((12, 1), (10, 1), (8, 1)))
    return Drawing(
        width=wide,
        height=high,
        items=(
            *wall(wide, high, frame=22),
            *mark(wide / 2 - 25, 48, 50),
            *heading,
            *_codes(sheet.doors, top=end + 20, bottom=steps_top - 30),
            *_numbered(steps, size, steps_top),
            centred(wide / 2, last, valid[0], valid_size, colour=FAINT),
        ),
    )


def _for_whom(sheet: InviteSheet, p: Phrases) -> str:
    if sheet.role is Role.COORDINATOR:
        return p.t("Invitation for the coordinator of the course “{course}”", course=sheet.course)
    if sheet.role is Role.ADMINISTRATOR:
        return p.t("Invitation for the school’s administrator: “{course}”", course=sheet.course)
    return p.t("The course “{course}” for the staff", course=sheet.course)


def _steps(sheet: InviteSheet, p: Phrases) -> tuple[str, str, str]:
    camera = p.t("Point your phone’s camera at the code and open the link.")
    if sheet.role is Role.ADMINISTRATOR:
        return (
            camera,
            p.t("Press “Begin” and agree to be the administrator."),
            p.t("Send the statistics sheet as a file. /team: how many have finished."),
        )
    if sheet.role is Role.COORDINATOR:
        return (
            camera,
            p.t("Press “Begin” and agree to be the coordinator."),
            p.t("Open /team: who has finished, who is stuck, whom to remind."),
        )
    shortest, longest = sheet.minutes
    span = f"{longest}" if shortest == longest else f"{shortest}–{longest}"
    return (
        camera,
        p.t("Press “Begin” and agree to take part."),
        p.many(
            "Take the lessons: {span} minute in all, in parts if you like.",
            "Take the lessons: {span} minutes in all, in parts if you like.",
            longest,
            span=span,
        ),
    )


def _set(steps: Iterable[str], limit: float) -> tuple[float, list[list[str]]]:
    """Set the steps in the size that suits all of them, and break them into lines."""
    for size in _STEPS:
        lines = [wrap(step, size, limit) for step in steps]
        if all(len(each) == 1 for each in lines):
            return size, lines
    return _STEPS[-1], [wrap(step, _STEPS[-1], limit) for step in steps]


def _valid(sheet: InviteSheet, p: Phrases) -> str:
    day = p.day(sheet.until)
    if sheet.role is not Role.LEARNER:
        return p.t("For you alone: works once, until {day}.", day=day)
    return p.t("Valid until {day}.", day=day)


def _codes(doors: tuple[Door, ...], *, top: float, bottom: float) -> Iterator[Path | Text]:
    """Set a few doors side by side; of more, the first one large above the others."""
    if len(doors) <= _ABREAST:
        yield from _side_by_side(doors, top=top, bottom=bottom)
        return
    below = bottom - _SMALL
    yield from _side_by_side(doors[:1], top=top + 8, bottom=below - 8)
    share = (A4[0] - 2 * _MARGIN) / (len(doors) - 1)
    for number, door in enumerate(doors[1:]):
        yield from _small(door, left=_MARGIN + number * share, top=below, wide=share)


def _side_by_side(doors: tuple[Door, ...], *, top: float, bottom: float) -> Iterator[Path | Text]:
    """Set each door as its name, below it the code, and below that the address to be typed."""
    share = (A4[0] - 2 * _MARGIN) / len(doors)
    addresses = [
        fit(shown(door.address), share - 20, ((13, 1), (12, 2), (11, 3), (9, 6))) for door in doors
    ]
    below = max(size * LEADING * len(lines) for size, lines in addresses)
    side = min(share, bottom - top - _NAME - below, 330)
    top += (bottom - top - _NAME - below - side) / 2
    left = A4[0] / 2 - side * len(doors) / 2
    for number, (door, (size, lines)) in enumerate(zip(doors, addresses, strict=True)):
        middle = left + (number + 0.5) * side
        name_size, names = fit(shown(door.name), side, ((_NAME, 1), (12, 1)), bold=True)
        yield from qr(middle - side / 2, top + _NAME, side, door.address)
        yield centred(middle, top + _NAME, names[0], name_size, bold=True)
        for below_code, line in enumerate(lines, 1):
            y = top + _NAME + side + (below_code - 0.5) * LEADING * size
            yield centred(middle, y, line, size)


def _small(door: Door, *, left: float, top: float, wide: float) -> Iterator[Path | Text]:
    """Set a door as a small code, and beside it its name and the address to be typed."""
    left -= _HANGING
    right, limit = left + _SMALL, wide - _SMALL
    yield from qr(left, top, _SMALL, door.address)
    name_size, names = fit(shown(door.name), limit, ((13, 1), (10, 1)), bold=True)
    size, lines = fit(shown(door.address), limit, ((9, 6), (8, 8), (7, 10)))
    y = top + (_SMALL - LEADING * (name_size + size * len(lines))) / 2 + name_size
    yield Text(x=right, y=y, text=names[0], size=name_size, bold=True)
    for number, line in enumerate(lines, 1):
        yield Text(x=right, y=y + number * LEADING * size, text=line, size=size)


def _numbered(steps: list[list[str]], size: float, top: float) -> Iterator[Path | Text]:
    """Set the steps below one another, each with its number on a disc."""
    widest = max(width(line, size) for lines in steps for line in lines)
    left = (A4[0] - widest - _INDENT) / 2
    radius = 0.85 * size
    y = top
    for number, lines in enumerate(steps, 1):
        middle = y + 0.62 * size
        yield disc(left + radius, middle, radius, ACCENT)
        yield centred(
            left + radius,
            middle + 0.33 * size,
            f"{number}",
            0.9 * size,
            colour=SURFACE,
            bold=True,
        )
        for line in lines:
            yield Text(x=left + _INDENT, y=y + size, text=line, size=size)
            y += size * LEADING
        y += _GAP
