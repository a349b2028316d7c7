"""What a track comes down to, on one page of A4 for the wall: its rules, figures and addresses."""

import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from course_bot.content.faults import Unfit
from course_bot.content.model import Course, Lesson, Link, Rule, Track
from course_bot.errors import CourseError
from course_bot.locale.phrases import Phrases
from course_bot.markup import shown as without_markup
from course_bot.reports.drawing import (
    A4,
    ACCENT,
    CAPITALS,
    FAINT,
    INK,
    LEADING,
    LINE,
    Drawing,
    Path,
    Text,
    box,
    centred,
    disc,
    mark,
    moved,
    pdf,
    png,
    qr,
    rule,
)
from course_bot.reports.files import file_name
from course_bot.reports.typesetting import fit, shown, width, wrap

PIXELS = 1240
"""How wide the sheet is as a picture: 150 dots per inch."""

_TILE = "#eef3f8"
_TILES = 3
"""How many figures stand side by side."""
_ADDRESS_CHARS = 48
"""Longer addresses nobody types from paper; whoever needs them finds them in the lessons."""
_CODES = 2
"""How many addresses have a code for a phone's camera, too."""

Items = list[Path | Text]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Content:
    """What stands on a track's sheet; ``as_of`` is the newest day on which any of it was true."""

    course: str
    title: str
    lessons: tuple[Lesson, ...]
    rules: tuple[Rule, ...]
    links: tuple[Link, ...]
    as_of: date


@dataclass(frozen=True, slots=True, kw_only=True)
class _Layout:
    """How freely a sheet is set, in points.

    ``sizes`` are those of the rules, the largest first; nobody reads less than 8 on a wall.
    ``leading``, ``between`` (two lessons, at least) and ``after`` (a rule) are in sizes of the
    rules. ``small`` is the size of everything else, ``large`` that of the figures.
    """

    margin: float
    gap: float
    sizes: tuple[float, ...]
    leading: float
    between: float
    after: float
    small: float
    large: float
    title: float
    code: float


_ROOMY = _Layout(
    margin=40,
    gap=16,
    sizes=(13, 12.5, 12, 11.5, 11, 10.5, 10, 9.5),
    leading=LEADING,
    between=0.6,
    after=0.25,
    small=9.5,
    large=22,
    title=26,
    code=88,
)
_DENSE = _Layout(
    margin=28,
    gap=9,
    sizes=(9.5, 9, 8.5, 8),
    leading=1.2,
    between=0.35,
    after=0.12,
    small=8,
    large=16,
    title=20,
    code=68,
)


class TooMuchError(CourseError):
    """The rules of a track do not fit on one page, even in the smallest type."""


def memo_pdf(course: Course, track: Track, p: Phrases) -> bytes:
    """Draw a track's sheet as one page of A4, upright.

    Raises:
        TooMuchError: it does not fit.
    """
    return pdf(memo_page(course, track, p), _title(track, p), language=p.language)


def memo_png(course: Course, track: Track, p: Phrases) -> bytes:
    """Draw a track's sheet as a picture.

    Raises:
        TooMuchError: it does not fit.
    """
    return png(memo_page(course, track, p), PIXELS)


def memo_name(course: Course, track: Track, p: Phrases) -> str:
    """Name the file: «Учитель — памятка — 2025-11-15.pdf»."""
    return file_name(track.title, p.t("Memo"), _content(course, track, p).as_of, ".pdf")


def too_much(course: Course, p: Phrases) -> Iterator[Unfit]:
    """Lay out every track's sheet, which a start does not, and tell which don't fit on a page."""
    for track in course.tracks.values():
        try:
            memo_page(course, track, p)
        except TooMuchError:
            yield Unfit(
                part=("track", track.id),
                what="памятка не помещается на одну страницу",
                would_be_right="сократите memo в уроках этой программы",
            )


def memo_page(course: Course, track: Track, p: Phrases) -> Drawing:
    """Lay a track's sheet out, in the largest type in which it is one page.

    Raises:
        TooMuchError: it does not fit.
    """
    content = _content(course, track, p)
    for layout in (_ROOMY, _DENSE):
        items = _Page(content=content, layout=layout, p=p).items()
        if items is not None:
            return Drawing(width=A4[0], height=A4[1], items=items)
    raise TooMuchError


def _content(course: Course, track: Track, p: Phrases) -> _Content:
    lessons = tuple(course.lessons[lesson] for lesson in track.lessons)
    rules = tuple(_rules(course, lessons))
    days = {each.as_of for each in lessons} | {each.as_of for each in rules}
    return _Content(
        course=shown(course.title),
        title=_title(track, p),
        lessons=lessons,
        rules=rules,
        links=tuple(_links(lessons)),
        as_of=max(days),
    )


def _title(track: Track, p: Phrases) -> str:
    return shown(p.t("{track}: what to remember", track=track.title))


def _rules(course: Course, lessons: Iterable[Lesson]) -> list[Rule]:
    """Return the figures that the lessons speak of, as far as they can stand for themselves."""
    said = "\n".join(
        text
        for lesson in lessons
        for text in (*lesson.memo, *(without_markup(step.text) for step in lesson.steps))
    )
    return [each for each in course.rules.values() if each.about and each.text in said]


def _parted(each: Rule) -> tuple[str, str]:
    """Part what is set large, «75 %» or «7», from the words that go on from there."""
    number = re.match(r"\d+(?:\s*%)?", each.text)
    large = number[0] if number else f"{each.value}"
    return large, f"{each.text.removeprefix(large)} {each.about}"


def _links(lessons: Iterable[Lesson]) -> list[Link]:
    """Return where the lessons send people, as far as it can be typed from paper and opens."""
    found = {link.url: link for lesson in lessons for step in lesson.steps for link in step.links}
    return [
        link for link in found.values() if link.verified and len(_short(link)) <= _ADDRESS_CHARS
    ]


def _short(link: Link) -> str:
    return re.sub(r"^https?://(?:www\.)?|/$", "", link.url)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    """A sheet that is being laid out."""

    content: _Content
    layout: _Layout
    p: Phrases

    @property
    def room(self) -> float:
        """How wide a line may be."""
        return A4[0] - 2 * self.layout.margin

    def items(self) -> tuple[Path | Text, ...] | None:
        """Set all of it; None where it does not fit."""
        gap = self.layout.gap
        heading, top = self.heading()
        figures, top = self.figures(top + gap)
        foot, bottom = self.foot()
        columns = self.columns(top + gap, bottom - gap)
        return None if columns is None else (*heading, *figures, *columns, *foot)

    def heading(self) -> tuple[Items, float]:
        """Set whose sheet it is; return where it ends."""
        top, size = self.layout.margin, self.layout.title
        side = 1.45 * size
        left = top + 1.3 * side
        limit = A4[0] - left - self.layout.margin
        size, lines = fit(
            self.content.title, limit, ((size, 1), (0.8 * size, 1), (0.6 * size, 1)), bold=True
        )
        under, course = fit(self.content.course, limit, ((0.42 * self.layout.title, 1), (8, 1)))
        return [
            *mark(self.layout.margin, top, side),
            Text(x=left, y=top + 0.24 * side, text=course[0], size=under, colour=FAINT),
            Text(x=left, y=top + 0.92 * side, text=lines[0], size=size, bold=True),
        ], top + side

    def figures(self, top: float) -> tuple[Items, float]:
        """Set the figures on tiles, up to three side by side; return where they end."""
        rules = self.content.rules
        gap, pad = self.layout.gap / 2, 0.4 * self.layout.large
        size, large = max(self.layout.small - 1, 8), self.layout.large
        rows = math.ceil(len(rules) / _TILES)
        items: Items = []
        for row in range(rows):
            across = rules[row * len(rules) // rows : (row + 1) * len(rules) // rows]
            wide = (self.room - gap * (len(across) - 1)) / len(across)
            tiles = []
            for number, words in map(_parted, across):
                left = pad + width(number, large, bold=True) + pad
                tiles.append((number, left, wrap(shown(words), size, wide - left - pad)))
            most = max(len(lines) for _, _, lines in tiles)
            high = 2 * pad + max(large * CAPITALS, size * LEADING * most)
            for place, (number, left, lines) in enumerate(tiles):
                x = self.layout.margin + place * (wide + gap)
                middle = top + high / 2
                items.append(box(x, top, wide, high, radius=8, fill=_TILE))
                items.append(
                    Text(
                        x=x + pad,
                        y=middle + large * CAPITALS / 2,
                        text=number,
                        size=large,
                        colour=ACCENT,
                        bold=True,
                    )
                )
                items += _set(lines, x + left, middle - size * LEADING * len(lines) / 2, size)
            top += high + gap
        return items, top - gap if rows else top

    def columns(self, top: float, bottom: float) -> Items | None:
        """Set the lessons' rules in two columns, in the largest type that has room."""
        gutter = 1.5 * self.layout.gap
        wide = (self.room - gutter) / 2
        for size in self.layout.sizes:
            blocks = [self.block(lesson, size, wide) for lesson in self.content.lessons]
            heights = [high for _, high in blocks]
            # The first lesson of the second column: so that the longer column is shortest.
            cut = min(
                range(1, len(blocks) + 1), key=lambda at: max(sum(heights[:at]), sum(heights[at:]))
            )
            columns = blocks[:cut], blocks[cut:]
            between = min(
                (bottom - top - sum(high for _, high in column)) / max(len(column) - 1, 1)
                for column in columns
            )
            if between >= self.layout.between * size:
                items: Items = []
                for x, column in zip((0, wide + gutter), columns, strict=True):
                    y = top
                    for block, high in column:
                        items += moved(block, self.layout.margin + x, y)
                        y += high + min(between, 1.8 * size)
                return items
        return None

    def block(self, lesson: Lesson, size: float, wide: float) -> tuple[Items, float]:
        """Set a lesson's title and rules at the upper left corner; return how high they are."""
        leading = self.layout.leading
        title = wrap(shown(lesson.title), size, wide, bold=True)
        items = _set(title, 0, 0, size, leading=leading, bold=True, colour=ACCENT)
        y = len(title) * size * leading + 0.6 * self.layout.after * size
        for memo in lesson.memo:
            lines = wrap(shown(memo), size, wide - size)
            items.append(disc(0.3 * size, y + 0.72 * size, 0.17 * size, INK))
            items += _set(lines, size, y, size, leading=leading)
            y += (len(lines) * leading + self.layout.after) * size
        return items, y

    def foot(self) -> tuple[Items, float]:
        """Set the addresses, some with a code for a camera; return where they begin."""
        p, links = self.p, self.content.links
        left, bottom, code = self.layout.margin, A4[1] - self.layout.margin, self.layout.code
        as_of = p.t("As of {day}", day=p.day(self.content.as_of))
        items: Items = [Text(x=left, y=bottom, text=as_of, size=8, colour=FAINT)]
        if not links:
            return items, bottom - 12
        codes = links[:_CODES]
        typed, high = self.addresses(self.room - len(codes) * (code + 10) - 16)
        top = bottom - 12 - max(18 + high, code + 6 + 3 * 8 * LEADING) - self.layout.gap / 2
        items.append(rule(left, top - self.layout.gap / 2, self.room, LINE))
        heading = p.t("Where to read and ask")
        size = 1.15 * self.layout.small
        items.append(Text(x=left, y=top + size, text=heading, size=size, bold=True))
        items += moved(typed, left, top + 18)
        for place, link in enumerate(reversed(codes)):
            x = A4[0] - left - code - place * (code + 10)
            items += qr(x, top, code, link.url)
            label_size, lines = fit(shown(link.label), code + 8, ((8, 3),))
            for row, text in enumerate(lines):
                y = top + code + 6 + row * label_size * LEADING
                items.append(centred(x + code / 2, y, text, label_size))
        return items, top - self.layout.gap / 2

    def addresses(self, limit: float) -> tuple[Items, float]:
        """Set each address after its label, or below it where the line is too short."""
        size = self.layout.small
        items: Items = []
        y = 0.0
        for link in self.content.links:
            label, address = f"{shown(link.label)}: ", shown(_short(link))
            items.append(Text(x=0, y=y + size, text=label.rstrip(), size=size))
            x = width(label, size)
            if x + width(address, size) > limit:
                x = size
                y += size * LEADING
            typed = Text(x=x, y=y + size, text=address, size=size, colour=ACCENT, url=link.url)
            items.append(typed)
            y += (self.layout.leading + self.layout.after) * size
        return items, y


def _set(
    lines: Iterable[str],
    x: float,
    top: float,
    size: float,
    *,
    leading: float = LEADING,
    bold: bool = False,
    colour: str = INK,
) -> Items:
    return [
        Text(
            x=x, y=top + size * (1 + leading * row), text=line, size=size, bold=bold, colour=colour
        )
        for row, line in enumerate(lines)
    ]
