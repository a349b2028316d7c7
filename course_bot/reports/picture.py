"""The schools that need attention first, as bars: a picture for the chat, a part of the page."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil

from course_bot.locale.phrases import Phrases
from course_bot.reports.drawing import (
    CAPITALS,
    FAINT,
    INK,
    LEADING,
    LINE,
    SURFACE,
    Drawing,
    Path,
    Text,
    box,
    png,
    svg,
)
from course_bot.reports.typesetting import fit, shown, width
from course_bot.reports.wording import count_text, share_text

MOST = 20
"""How many bars there are at most: what a phone shows at a glance, twice."""
PIXELS = 1080
COMPLETED = "#00805d"
OVERDUE = "#d55e00"
"""Bluish green and vermilion are told apart with every kind of colour blindness.
Source: Okabe and Ito, Color Universal Design, https://jfly.uni-koeln.de/color/"""
OVERDUE_INK = "#a84a00"
"""Vermilion, dark enough for a text: 5.8 to 1 on white."""
_WIDE = 360.0
"""As a phone has it, so that sizes are what they are on its screen."""
_MARGIN = 16.0
_INNER = _WIDE - 2 * _MARGIN
_TITLE = ((17.0, 2), (15.0, 3))
_SMALL = 10.5
_NAME = 12.5
_GAP = 10.0
_BAR = 9.0
_ROW = 38.0
_UNDER = 14.0
_LEAST = 2.0
"""How wide somebody is at least: one of a thousand is seen too."""
_NUMBER = re.compile(r"№\s?\d+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """An organisation: what share of its learners has completed, and how many are overdue.

    ``share`` is 0.0 to 1.0, or None where there is nobody who could. ``under`` is what tells it
    from another one of its name. With other ``Words``, they are counts of something else: how
    much of it is there, and how many lack.
    """

    name: str
    under: str = ""
    share: float | None
    overdue: int
    learners: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What the parts of bars stand for; ``figure`` and ``note`` say it of one of them.

    ``rest`` is empty where nothing is left of a bar.
    """

    done: str
    late: str
    rest: str
    figure: Callable[[Bar], str]
    note: Callable[[Bar], str]


def completion_words(p: Phrases) -> Words:
    """Return the words of bars that show who has completed."""
    return Words(
        done=p.t("completed"),
        late=p.t("overdue"),
        rest=p.t("not yet"),
        figure=lambda row: share_text(row.share),
        note=lambda row: _note(row, p),
    )


def bars(
    title: str, moment: str, rows: Sequence[Bar], p: Phrases, words: Words | None = None
) -> bytes:
    """Draw organisations as bars against 100 %, readable on a phone; return a PNG.

    Args:
        title: whose they are, and what is shown.
        moment: of the figures, in words («по состоянию на 14:05»).
        rows: all of them, those that need attention first; the first 20 are drawn, and how many
            there are is said.
        p: the reader's phrases.
        words: what the bars show, if it is not who has completed.
    """
    return png(draw(title, moment, rows, p, words), PIXELS)


def bars_svg(
    title: str, moment: str, rows: Sequence[Bar], p: Phrases, words: Words | None = None
) -> str:
    """Draw the same as a part of a page, which has the figures as a table too.

    What has a colour has a class (surface, ink, faint, track, completed, overdue, overdue-ink):
    the page's own styles win over what is written here.
    """
    return svg(draw(title, moment, rows, p, words), shown(f"{title}, {moment}"))


def draw(
    title: str, moment: str, rows: Sequence[Bar], p: Phrases, words: Words | None = None
) -> Drawing:
    """Lay the picture out."""
    words = words or completion_words(p)
    items: list[Path | Text] = []
    size, lines = fit(shown(title), _INNER, _TITLE, bold=True)
    y = _MARGIN
    for number, line in enumerate(lines):
        y += size * (LEADING if number else CAPITALS)
        items.append(_text(_MARGIN, y, line, size, bold=True))
    y += _SMALL * LEADING + 5
    items.append(_text(_MARGIN, y, shown(moment), _SMALL, faint=True))
    y += 24
    if rows:
        items += _legend(y, words)
        y += 14
    else:
        items.append(_text(_MARGIN, y, p.t("There is nobody here yet."), _NAME))
    notes = [words.note(row) for row in rows[:MOST]]
    wide = _INNER - max((width(note, _SMALL) for note in notes), default=0.0) - _GAP
    for row, note in zip(rows, notes, strict=False):
        items += _bar(y, row, words.figure(row), note, wide)
        y += _ROW + (_UNDER if row.under else 0)
    if len(rows) > MOST:
        y += 12
        rest = p.t(
            "The first {shown} of {count}; the rest are in the table",
            shown=MOST,
            count=count_text(len(rows)),
        )
        items.append(_text(_MARGIN, y, rest, _SMALL, faint=True))
    # In whole pixels: half of one would be seen through, as a line beneath the picture.
    height = float(ceil(y + _MARGIN))
    paper = box(0, 0, _WIDE, height, fill=SURFACE, role="surface")
    return Drawing(width=_WIDE, height=height, items=(paper, *items))


def _legend(y: float, words: Words) -> list[Path | Text]:
    items: list[Path | Text] = []
    x = _MARGIN
    for text, colour, role in (
        (words.done, COMPLETED, "completed"),
        (words.late, OVERDUE, "overdue"),
        (words.rest, LINE, "track"),
    ):
        if not text:
            continue
        items.append(box(x, y - 8.5, _BAR, _BAR, radius=2, fill=colour, role=role))
        x += _BAR + 5
        items.append(_text(x, y, text, _SMALL, faint=True))
        x += width(text, _SMALL) + 14
    return items


def _note(row: Bar, p: Phrases) -> str:
    people = count_text(row.learners)
    if row.overdue:
        late = count_text(row.overdue)
        return p.t("{late} of {count} overdue", late=late, count=people)
    return p.many("{count} person", "{count} people", row.learners)


def _bar(y: float, row: Bar, figure: str, note: str, wide: float) -> list[Path | Text]:
    """Draw an organisation: its name and figure, and below them the bar and how many there are."""
    right = _MARGIN + _INNER
    base = y + 14
    room = _INNER - width(figure, _NAME, bold=True) - _GAP
    top = base + 6 + (_UNDER if row.under else 0)
    late = row.overdue > 0
    items: list[Path | Text] = [
        _text(_MARGIN, base, shortened(shown(row.name), _NAME, room), _NAME),
        Text(x=right, y=base, text=figure, size=_NAME, bold=True, to_left=True, role="ink"),
        box(_MARGIN, top, wide, _BAR, radius=2, fill=LINE, role="track"),
        Text(
            x=right,
            y=top + _BAR - 0.5,
            text=note,
            size=_SMALL,
            colour=OVERDUE_INK if late else FAINT,
            to_left=True,
            role="overdue-ink" if late else "faint",
        ),
    ]
    if row.under:
        under = shortened(shown(row.under), _SMALL, _INNER)
        items.append(_text(_MARGIN, base + _UNDER, under, _SMALL, faint=True))
    completed = _length(row.share or 0.0, wide)
    overdue = _length(row.overdue / row.learners if row.learners else 0.0, wide - completed, wide)
    x = _MARGIN
    for long, fill, role in ((completed, COMPLETED, "completed"), (overdue, OVERDUE, "overdue")):
        if long:
            radius = min(2, long / 2)
            items.append(box(x, top, long, _BAR, radius=radius, fill=fill, role=role))
        x += long
    return items


def _length(share: float, room: float, whole: float | None = None) -> float:
    """Return how long a share of the whole bar is, within what room is left."""
    return min(max(share * (whole or room), _LEAST), room) if share > 0 else 0.0


def shortened(name: str, size: float, room: float) -> str:
    """Cut a name to so many points; the number in it, which tells schools apart, stays.

    «МБОУ «Средняя общеобразовательная школа № 12 имени…» becomes «МБОУ «Средняя общ… № 12…».
    """
    if width(name, size) <= room:
        return name
    number = _NUMBER.search(name)
    end = "…"
    if number and width(name[: number.end()] + end, size) > room:
        end = f"… {number[0]}…"
    kept = len(name)
    while kept and width(name[:kept].rstrip() + end, size) > room:
        kept -= 1
    return name[:kept].rstrip() + end


def _text(
    x: float, y: float, text: str, size: float, *, bold: bool = False, faint: bool = False
) -> Text:
    colour, role = (FAINT, "faint") if faint else (INK, "ink")
    return Text(x=x, y=y, text=text, size=size, colour=colour, bold=bold, role=role)
