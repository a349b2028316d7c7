"""A school's figures as pictures for the chat: how far each group is, and how it has changed."""

from collections.abc import Sequence
from datetime import date
from math import ceil

from course_bot.locale.phrases import Phrases
from course_bot.reports.drawing import (
    CAPITALS,
    FAINT,
    INK,
    LEADING,
    SURFACE,
    Drawing,
    Path,
    Step,
    Text,
    box,
    disc,
    png,
    rule,
)
from course_bot.reports.picture import OVERDUE_INK
from course_bot.reports.typesetting import fit, shown, width
from course_bot.reports.wording import count_text, group_words
from course_bot.sheets.figures import Figures, Group, Measure, field_of
from course_bot.sheets.judging import Judged, Targets, needed

PIXELS = 1080
REGISTERED = "#9fd3ec"
ACTIVE = "#0072b2"
"""Light and dark blue are told apart by their lightness, with every kind of colour blindness."""
REACHED = "#00694c"
_WIDE = 360.0
"""As a phone has it, so that sizes are what they are on its screen."""
_MARGIN = 16.0
_INNER = _WIDE - 2 * _MARGIN
_TITLE = ((17.0, 2), (15.0, 3))
_NAME = 14.0
_SMALL = 11.5
_ONE_LINE = ((_SMALL, 1), (10.0, 1), (8.5, 1))
_BAR = 22.0
_HATCH = 5.0
"""From one line of a hatching to the next."""
_CHART = 62.0
_TIME = 12.0


def school_png(name: str, moment: str, judged: Judged, targets: Targets, p: Phrases) -> bytes:
    """Draw how far each group of a school is from its target.

    What can't be right is hatched, and said to be in doubt.

    Args:
        name: the school's.
        moment: what day the figures are of, in words.
        judged: the figures.
        targets: which share is to be active.
        p: the reader's phrases.
    """
    items, y = _headed(name, moment)
    y = _legend(items, y, p)
    for group, title in group_words(p).items():
        y = _group(items, y, (group, title), judged, targets, p)
    return _finished(items, y)


def trend_png(
    name: str, days: Sequence[tuple[date, Judged]], targets: Targets, p: Phrases
) -> bytes:
    """Draw how many of each group were active on some days, the earliest first.

    Args:
        name: the school's.
        days: at least one; figures in doubt are left out of the line.
        targets: which share is to be active: a line across.
        p: the reader's phrases.
    """
    first, last = days[0][0], days[-1][0]
    moment = p.t("active, {since} – {until}", since=_short(first), until=_short(last))
    items, y = _headed(name, moment)
    for group, title in group_words(p).items():
        y = _course(items, y, (group, title), days, targets, p)
    return _finished(items, y)


def _short(day: date) -> str:
    return f"{day:%d.%m.%Y}"


def _headed(name: str, moment: str) -> tuple[list[Path | Text], float]:
    items: list[Path | Text] = []
    size, lines = fit(shown(name), _INNER, _TITLE, bold=True)
    y = _MARGIN
    for number, line in enumerate(lines):
        y += size * (LEADING if number else CAPITALS)
        items.append(Text(x=_MARGIN, y=y, text=line, size=size, bold=True))
    y += _SMALL * LEADING + 5
    items.append(Text(x=_MARGIN, y=y, text=shown(moment), size=_SMALL, colour=FAINT))
    return items, y


def _finished(items: Sequence[Path | Text], y: float) -> bytes:
    # The chat writes the time over the lowest corner. In whole pixels: half of one would be seen
    # through, as a line beneath the picture.
    height = float(ceil(y + _TIME + _MARGIN))
    paper = box(0, 0, _WIDE, height, fill=SURFACE)
    return png(Drawing(width=_WIDE, height=height, items=(paper, *items)), PIXELS)


def _legend(items: list[Path | Text], y: float, p: Phrases) -> float:
    y += 24
    x = _MARGIN
    for text, colour, line in (
        (p.t("active"), ACTIVE, ""),
        (p.t("registered"), REGISTERED, ""),
        (p.t("by OO-1"), SURFACE, FAINT),
    ):
        items.append(box(x, y - 9, 10, 10, radius=2, fill=colour, stroke=line, line=1))
        items.append(Text(x=x + 15, y=y, text=text, size=_SMALL, colour=FAINT))
        x += 15 + width(text, _SMALL) + 13
    return y


def _group(
    items: list[Path | Text],
    y: float,
    whose: tuple[Group, str],
    judged: Judged,
    targets: Targets,
    p: Phrases,
) -> float:
    """Draw a group: its name and what is missing, the bar, and the figures below it."""
    group, title = whose
    figures = judged.figures
    expected, registered, active = (
        figures.of(group, measure)
        for measure in (Measure.EXPECTED, Measure.REGISTERED, Measure.ACTIVE)
    )
    y += 34
    right = _MARGIN + _INNER
    items.append(Text(x=_MARGIN, y=y, text=title, size=_NAME, bold=True))
    said, colour = _verdict(judged, group, p)
    items.append(Text(x=right, y=y, text=said, size=_NAME, colour=colour, bold=True, to_left=True))
    y += 26
    whole = max(expected or 0, registered or 0, active or 0)
    bars = [
        (value, fill, field_of(group, measure))
        for value, fill, measure in (
            (registered, REGISTERED, Measure.REGISTERED),
            (active, ACTIVE, Measure.ACTIVE),
        )
        if value
    ]
    # The longest is the lowest: of those who are active there may be more, wrongly.
    for value, fill, field in sorted(bars, key=lambda bar: -bar[0]):
        long = max(_INNER * value / whole, 2.0)
        if field in judged.spoilt:
            items += _hatched(_MARGIN, y, long, fill)
        else:
            items.append(box(_MARGIN, y, long, _BAR, fill=fill))
    if expected and whole:
        long = _INNER * expected / whole
        items.append(box(_MARGIN, y, long, _BAR, radius=2, stroke=FAINT, line=1))
        if field_of(group, Measure.EXPECTED) not in judged.spoilt:
            wanted = needed(expected, targets.of(group))
            _mark(
                items,
                _MARGIN + _INNER * wanted / whole,
                y,
                p.t("target {count}", count=count_text(wanted)),
            )
    y += _BAR + _SMALL * LEADING + 2
    size, (said,) = fit(_figures(figures, group, p), _INNER, _ONE_LINE)
    items.append(Text(x=_MARGIN, y=y, text=said, size=size, colour=FAINT))
    return y


def _verdict(judged: Judged, group: Group, p: Phrases) -> tuple[str, str]:
    standing = judged.standings.get(group)
    if standing is None:
        fields = {field_of(group, Measure.EXPECTED), field_of(group, Measure.ACTIVE)}
        return (p.t("in doubt") if fields & judged.spoilt else p.t("not known")), OVERDUE_INK
    if not standing.missing:
        return p.t("target reached"), REACHED
    return p.t("{count} missing", count=count_text(standing.missing)), INK


def _mark(items: list[Path | Text], x: float, y: float, said: str) -> None:
    """Draw where the target is, and its number above it."""
    line = Path(steps=(("M", (x, y - 4)), ("L", (x, y + _BAR + 4))), stroke=INK, width=2)
    items.append(line)
    wide = width(said, _SMALL)
    left = min(max(x - wide / 2, _MARGIN), _MARGIN + _INNER - wide)
    items.append(Text(x=left, y=y - 6, text=said, size=_SMALL))


def _figures(figures: Figures, group: Group, p: Phrases) -> str:
    said = []
    for measure, words in (
        (Measure.ACTIVE, p.t("active")),
        (Measure.REGISTERED, p.t("registered")),
        (Measure.EXPECTED, p.t("by OO-1")),
    ):
        value = figures.of(group, measure)
        said.append(f"{words} {'—' if value is None else count_text(value)}")
    return " · ".join(said)


def _hatched(x: float, y: float, long: float, colour: str) -> list[Path]:
    """Draw a bar that is in doubt: its outline, and slanting lines in it."""
    steps: list[Step] = []
    start = x - _BAR + _HATCH
    while start < x + long:
        left, right = max(start, x), min(start + _BAR, x + long)
        if right > left:
            steps.append(("M", (left, y + _BAR - (left - start))))
            steps.append(("L", (right, y + _BAR - (right - start))))
        start += _HATCH
    return [
        box(x, y, long, _BAR, fill=SURFACE, stroke=colour, line=1.5),
        Path(steps=tuple(steps), stroke=colour, width=1.5),
    ]


def _course(
    items: list[Path | Text],
    y: float,
    whose: tuple[Group, str],
    days: Sequence[tuple[date, Judged]],
    targets: Targets,
    p: Phrases,
) -> float:
    """Draw a group's active people as a line of points, and the target across."""
    group, title = whose
    field, whole = field_of(group, Measure.ACTIVE), field_of(group, Measure.EXPECTED)
    points = [
        (day, value)
        for day, judged in days
        if field not in judged.spoilt and (value := judged.figures.at(field)) is not None
    ]
    latest = days[-1][1]
    expected = None if whole in latest.spoilt else latest.figures.at(whole)
    aim = needed(expected, targets.of(group)) if expected else None
    y += 34
    right = _MARGIN + _INNER
    items.append(Text(x=_MARGIN, y=y, text=title, size=_NAME, bold=True))
    if points:
        said = count_text(points[-1][1])
        if len(points) > 1:
            said = f"{count_text(points[0][1])} → {said}"
        if expected:
            said = p.t("{people} of {count}", people=said, count=count_text(expected))
    else:
        said = p.t("not known")
    items.append(Text(x=right, y=y, text=said, size=_NAME, bold=True, to_left=True))
    y += _SMALL * LEADING + 4
    if aim is not None:
        items.append(rule(_MARGIN, y - 4, 16, INK, 1.2))
        words = p.t("target {count}", count=count_text(aim))
        items.append(Text(x=_MARGIN + 22, y=y, text=words, size=_SMALL, colour=FAINT))
    y += 10
    top = max([value for _, value in points] + [aim or 0, 1])
    bottom = y + _CHART
    items.append(rule(_MARGIN, bottom, _INNER))
    if aim is not None:
        items.append(rule(_MARGIN, bottom - _CHART * aim / top, _INNER, INK, 1.2))
    span = max((days[-1][0] - days[0][0]).days, 1)
    room = _INNER - 2 * _HATCH
    placed = [
        (_MARGIN + _HATCH + room * (day - days[0][0]).days / span, bottom - _CHART * value / top)
        for day, value in points
    ]
    if len(placed) > 1:
        steps: tuple[Step, ...] = tuple(
            ("L" if number else "M", place) for number, place in enumerate(placed)
        )
        items.append(Path(steps=steps, stroke=ACTIVE, width=2.5))
    items += [disc(*place, 3.5, ACTIVE) for place in placed]
    return bottom
