"""Pictures of steps: drawn of plain shapes and of text that a small phone can show."""

import math
import re
from collections.abc import Iterator
from html import escape
from typing import NamedTuple

from course_bot.content.checks.checker import Checker, within_line
from course_bot.content.faults import Place, Unfit
from course_bot.content.model import Course
from course_bot.content.pictures import WIDTH, Picture
from course_bot.content.reading import StepPicture, WrittenLesson
from course_bot.content.svg import Element, SvgError, read_svg
from course_bot.markup import brace_faults, fill, suggest
from course_bot.raster import has_glyph, is_drawable
from course_bot.shipped import FAMILY

ABOUT_CHARS = 250
SCREEN = 320
"""The narrowest phone, in pixels of CSS."""
TEXT_PX = 12
TALL = 1.2
"""A picture that is higher than this many of its widths fills a phone, without the text."""
BYTES = 60_000
"""What an old phone on a slow network loads in a second or two."""

_SHAPES = frozenset(
    ["rect", "circle", "ellipse", "line", "polyline", "polygon", "path", "use", "g"]
)
_ELEMENTS = _SHAPES | {"svg", "defs", "title", "desc", "text", "tspan", "marker", "clipPath"}
_ELEMENTS |= {"linearGradient", "radialGradient", "stop"}
_UNSEEN = frozenset(["title", "desc"])
_TEXTS = frozenset(["text", "tspan"])
_REFUSED = {
    "script": ("скрипт", "уберите его: картинка ничего не делает"),
    "style": ("таблица стилей", "задайте цвет и шрифт атрибутами самих фигур"),
    "foreignObject": ("вставка foreignObject", "напишите текст в <text>"),
    "image": ("растровая картинка внутри", "нарисуйте то же фигурами"),
    "a": ("ссылка", "поставьте её в шаг отдельной строкой: [Подпись](код-ссылки)"),
    **dict.fromkeys(
        ("animate", "animateMotion", "animateTransform", "set"),
        ("движение", "уберите его: картинка неподвижна"),
    ),
}
_VIEW_BOX = re.compile(r"0[ ,]+0[ ,]+([1-9]\d{0,3})[ ,]+([1-9]\d{0,3})", re.ASCII)
_VIEW_BOX_RIGHT = 'размер задают так: viewBox="0 0 320 240", целыми числами, без width и height'
_URL = re.compile(r"url\(\s*([^)]*)", re.IGNORECASE)
_TRANSFORM = re.compile(
    r"[\s,]*(matrix|translate|scale|rotate|skewX|skewY)\s*\(([-+.,\s\deE]*)\)[\s,]*", re.ASCII
)
_SIZE = re.compile(r"([\d.]+)(px|pt|em|%)?", re.ASCII)

_Scale = tuple[float, float, float, float]
"""What a transformation does besides moving: a, b, c and d of its matrix."""


class _Style(NamedTuple):
    """What text inherits: its size in the units around it, and what these are scaled by."""

    size: float
    scale: _Scale


def check_picture(checker: Checker, lesson: WrittenLesson, written: StepPicture) -> Picture | None:
    """Check a step's picture and build it; None where it can't be."""
    where = within_line(written.place)
    if not written.about:
        right = "скажите в квадратных скобках, что на ней: так её прочтут вслух"
        checker.fault(written.place, "у картинки нет описания", right)
    elif len(written.about) > ABOUT_CHARS:
        what = f"описание слишком длинное, знаков: {len(written.about)}"
        checker.fault(written.place, what, f"не больше {ABOUT_CHARS}")
    about = checker.words(written.about, where)
    if written.file not in lesson.drawings:
        right = "картинка — файл .svg, он лежит рядом с lesson.md"
        if lesson.drawings and written.file.endswith(".svg"):
            right = suggest(written.file, lesson.drawings)
        checker.fault(written.file_place, f"файла «{written.file}» рядом с уроком нет", right)
        return None
    text = lesson.drawings[written.file]
    if text is None:
        return None
    path = f"{lesson.place.path.rpartition('/')[0]}/{written.file}"
    height = _Drawing(checker, path).check(text)
    if height is None:
        return None
    fillings = {name: escape(value) for name, value in (checker.fillings or {}).items()}
    return Picture(name=written.file, about=about, svg=fill(text, fillings), height=height)


def check_unused(checker: Checker, lesson: WrittenLesson) -> None:
    """Refuse drawings that stand in no step."""
    used = {picture.file for step in lesson.steps or () for picture in step.pictures}
    folder = lesson.place.path.rpartition("/")[0]
    for file in lesson.drawings:
        if file not in used:
            right = f"поставьте её строкой ![Что на ней]({file}) или удалите файл"
            checker.fault(Place(f"{folder}/{file}", 1, 1), "картинки нет ни в одном шаге", right)


def too_heavy(course: Course) -> Iterator[Unfit]:
    """Draw every picture, which a start does not, and tell which are too heavy for a phone."""
    for lesson in course.lessons.values():
        for number, step in enumerate(lesson.steps, 1):
            if step.picture and (size := len(step.picture.png)) > BYTES:
                yield Unfit(
                    part=("picture", lesson.id, number),
                    what=f"картинка весит {size // 1000} КБ",
                    would_be_right=f"не больше {BYTES // 1000}: меньше текста и мелких деталей",
                )


class _Drawing:
    """One file under check."""

    def __init__(self, checker: Checker, path: str) -> None:
        self.checker = checker
        self.path = path
        self.sound = True
        self.by_id: dict[str, Element] = {}
        self.width = SCREEN

    def check(self, text: str) -> int | None:
        """Check all of it; return its height in pixels, or None where it can't be drawn."""
        try:
            root = read_svg(text)
        except SvgError as error:
            self._fault((error.line, error.column), error.what, error.would_be_right)
            return None
        self.by_id = {
            element.attributes["id"]: element
            for element in root.walk()
            if "id" in element.attributes
        }
        height = self._height(root)
        self._element(root, _Style(16, (1, 0, 0, 1)))
        if self.sound and not is_drawable(text):
            right = "откройте файл в браузере и сверьтесь с образцом"
            self._fault((1, 1), "картинка не рисуется", right)
        return height if self.sound else None

    def _height(self, root: Element) -> int:
        found = _VIEW_BOX.fullmatch(root.attributes.get("viewBox", "").strip())
        if not found or {"width", "height"} & root.attributes.keys():
            self._fault(root, "размер картинки задан иначе, чем нужно", _VIEW_BOX_RIGHT)
            return 0
        self.width, height = int(found[1]), int(found[2])
        if height > TALL * self.width:
            right = f"при ширине {self.width} не больше {int(TALL * self.width)}"
            self._fault(root, f"картинка слишком высока: {height}", right)
        # resvg rounds up.
        return math.ceil(WIDTH * height / self.width)

    def _element(self, element: Element, style: _Style) -> None:
        name = element.name
        if name not in _ELEMENTS:
            allowed = f"возможны: {', '.join(sorted(_ELEMENTS))}"
            what = f"элемент <{name.rpartition(':')[2]}>"
            self._fault(element, *_REFUSED.get(name, (what, allowed)))
            return
        attributes = self._attributes(element)
        style = self._style(element, attributes, style)
        for words in element.words:
            if name not in _UNSEEN:
                self._words(words.text, (words.line, words.column), style, seen=name in _TEXTS)
        for child in element.children:
            if name != "defs" or child.name not in _TEXTS:
                self._element(child, style)
            else:
                self._fault(child, "текст внутри <defs>", "поставьте его там, где он виден")

    def _attributes(self, element: Element) -> dict[str, str]:
        """Check the attributes, and return them with what stands in ``style``."""
        attributes = dict(element.attributes)
        for part in attributes.pop("style", "").split(";"):
            key, colon, value = part.partition(":")
            if colon:
                attributes[key.strip()] = value.strip()
        for key, value in attributes.items():
            if key.lower().startswith("on"):
                self._fault(
                    element, f"обработчик «{key}»", "уберите его: картинка ничего не делает"
                )
            if key == "font":
                right = "напишите отдельно font-size и font-weight"
                self._fault(element, "шрифт одной строкой", right)
            if key == "href":
                self._reference(element, value)
            for found in _URL.finditer(value):
                self._reference(element, found[1].strip("'\" "))
        return attributes

    def _reference(self, element: Element, to: str) -> None:
        if not to.startswith("#"):
            right = "картинка ничего не берёт извне: возможно только #имя того, что есть в ней"
            self._fault(element, f"ссылка наружу «{to[:60]}»", right)
            return
        target = self.by_id.get(to[1:])
        if target is None:
            right = suggest(to[1:], self.by_id)
            self._fault(element, f"в картинке нет «{to}»", right)
        elif element.name == "use" and any(
            each.name not in _SHAPES or each.name == "use" for each in target.walk()
        ):
            # Of text the size would depend on the place; and repeats of repeats grow without end.
            right = "повторять можно фигуры, без текста и без других повторов"
            self._fault(element, f"<use> повторяет «{to}»", right)

    def _style(self, element: Element, attributes: dict[str, str], style: _Style) -> _Style:
        family = attributes.get("font-family", FAMILY).split(",")[0].strip("'\" ")
        if family != FAMILY:
            right = f'с ботом поставляется один: font-family="{FAMILY}"'
            self._fault(element, f"шрифт «{family}»", right)
        size = style.size
        if written := attributes.get("font-size"):
            found = _SIZE.fullmatch(written)
            if not found:
                right = 'напишите его числом: font-size="14"'
                self._fault(element, f"размер шрифта «{written}»", right)
            else:
                unit = {"pt": 4 / 3, "em": size, "%": size / 100}.get(found[2], 1)
                size = float(found[1]) * unit
        return _Style(size, self._scaled(element, attributes.get("transform", ""), style.scale))

    def _scaled(self, element: Element, transform: str, scale: _Scale) -> _Scale:
        at = 0
        while at < len(transform.rstrip()):
            found = _TRANSFORM.match(transform, at)
            step = _matrix(found[1], found[2]) if found else None
            if not found or step is None:
                right = "например, translate(10 20) или scale(0.5)"
                self._fault(element, f"преобразование «{transform}»", right)
                return scale
            scale = _product(scale, step)
            at = found.end()
        return scale

    def _words(self, text: str, at: tuple[int, int], style: _Style, *, seen: bool) -> None:
        if not seen:
            self._fault(at, "текст вне <text>", "его не видно: поставьте в <text> или уберите")
            return
        where = within_line(Place(self.path, *at))
        for found in brace_faults(text, self.checker.fillings):
            self.sound = False
            self.checker.fault(where(found.offset), found.what, found.would_be_right)
        self.checker.literal(text, where)
        for offset, character in enumerate(text):
            if not character.isspace() and not has_glyph(character):
                what = f"в шрифте нет знака «{character}»"
                right = "возьмите другой или нарисуйте его фигурами"
                self.sound = False
                self.checker.fault(where(offset), what, right)
        pixels = style.size * _least(style.scale) * SCREEN / self.width
        if pixels < TEXT_PX - 0.01:
            what = f"текст мелок: {pixels:.1f} пикселя на экране шириной {SCREEN}"
            right = f"не меньше {TEXT_PX}, здесь это font-size"
            enough = math.ceil(10 * style.size * TEXT_PX / pixels) / 10 if pixels else TEXT_PX
            self._fault(at, what, f'{right}="{enough:g}"')

    def _fault(self, at: Element | tuple[int, int], what: str, right: str) -> None:
        self.sound = False
        line, column = (at.line, at.column) if isinstance(at, Element) else at
        self.checker.fault(Place(self.path, line, column), what, right)


def _matrix(name: str, written: str) -> _Scale | None:
    """Read one transformation; None where its numbers don't fit it."""
    try:
        numbers = [float(number) for number in re.split(r"[\s,]+", written.strip())]
    except ValueError:
        return None
    match name, numbers:
        case "matrix", [a, b, c, d, _, _]:
            return a, b, c, d
        case "translate", [_] | [_, _]:
            return 1, 0, 0, 1
        case "scale", [x]:
            return x, 0, 0, x
        case "scale", [x, y]:
            return x, 0, 0, y
        case "rotate", [angle] | [angle, _, _]:
            turn = math.radians(angle)
            return math.cos(turn), math.sin(turn), -math.sin(turn), math.cos(turn)
        case "skewX", [angle]:
            return 1, 0, math.tan(math.radians(angle)), 1
        case "skewY", [angle]:
            return 1, math.tan(math.radians(angle)), 0, 1
    return None


def _product(outer: _Scale, inner: _Scale) -> _Scale:
    a, b, c, d = outer
    e, f, g, h = inner
    return a * e + c * f, b * e + d * f, a * g + c * h, b * g + d * h


def _least(scale: _Scale) -> float:
    """Return by how much the transformation makes things smaller where it does so most."""
    a, b, c, d = scale
    square, determinant = a * a + b * b + c * c + d * d, abs(a * d - b * c)
    return math.sqrt(max(0, (square - math.sqrt(max(0, square**2 - 4 * determinant**2))) / 2))
