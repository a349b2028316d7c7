"""An SVG that an author drew, read without trusting it: its elements, each with its place.

Nothing is fetched and no entity is expanded: a file that declares any is refused at that line.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple
from xml.parsers import expat

SVG = "http://www.w3.org/2000/svg"
_XLINK = "http://www.w3.org/1999/xlink"
DEPTH = 40
"""How deep elements may lie in one another: a drawing made by hand needs ten."""

_UNREADABLE = {
    expat.errors.XML_ERROR_TAG_MISMATCH: (
        "тег закрыт не там или не тот",
        "у каждого <тега> есть свой </тег>, и вложенный закрывается раньше внешнего",
    ),
    expat.errors.XML_ERROR_INVALID_TOKEN: (
        "здесь XML не читается",
        "в тексте вместо «&» и «<» пишут &amp; и &lt;",
    ),
    expat.errors.XML_ERROR_UNDEFINED_ENTITY: ("неизвестный код знака", "вставьте сам знак"),
    expat.errors.XML_ERROR_UNBOUND_PREFIX: (
        "неизвестная приставка имени",
        "сохраните файл как простой SVG, без данных редактора",
    ),
    expat.errors.XML_ERROR_NO_ELEMENTS: ("файл пуст или оборван", "он кончается на </svg>"),
    expat.errors.XML_ERROR_DUPLICATE_ATTRIBUTE: ("атрибут стоит дважды", "оставьте один"),
}


class SvgError(Exception):
    """Why a file can't be read any further: where, what it is, and what would be right."""

    def __init__(self, line: int, column: int, what: str, would_be_right: str) -> None:
        super().__init__(what)
        self.line = line
        self.column = column
        self.what = what
        self.would_be_right = would_be_right


class Words(NamedTuple):
    """A piece of text within one line of the file, and where it stands."""

    line: int
    column: int
    text: str


@dataclass(slots=True, kw_only=True, eq=False)
class Element:
    """An element: its local name, its attributes without prefixes, and what is in it.

    The name of an element of another vocabulary keeps its address in front; attributes of other
    vocabularies are left out, but for ``xlink:href``, which is ``href``.
    """

    name: str
    attributes: dict[str, str]
    line: int
    column: int
    children: "list[Element]" = field(default_factory=list)
    words: list[Words] = field(default_factory=list)

    def walk(self) -> "Iterator[Element]":
        """Go through this element and all below it."""
        yield self
        for child in self.children:
            yield from child.walk()


def read_svg(text: str) -> Element:
    """Read a file.

    Raises:
        SvgError: it is not XML, or is more than a drawing needs.
    """
    return _Reading().read(text)


class _Reading:
    """One file on its way from text to elements."""

    def __init__(self) -> None:
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._words
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.ProcessingInstructionHandler = self._instruction
        self.root: Element | None = None
        self.open: list[Element] = []

    def read(self, text: str) -> Element:
        try:
            self.parser.Parse(text, True)
        except expat.ExpatError as error:
            what, right = _UNREADABLE.get(
                expat.errors.messages[error.code],
                ("здесь XML не читается", "откройте файл в браузере и сверьтесь с образцом"),
            )
            raise SvgError(error.lineno, error.offset + 1, what, right) from None
        if self.root is None:
            raise self._error(*_UNREADABLE[expat.errors.XML_ERROR_NO_ELEMENTS])
        return self.root

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        vocabulary, _, local = name.rpartition(" ")
        if self.root is None and name != f"{SVG} svg":
            right = f'файл начинается с <svg xmlns="{SVG}" viewBox="0 0 320 240">'
            raise self._error(f"это не SVG, а <{local}>", right)
        if len(self.open) == DEPTH:
            raise self._error("слишком много вложенных элементов", f"не больше {DEPTH}")
        element = Element(
            name=local if vocabulary == SVG else f"{vocabulary}:{local}",
            attributes={
                key.removeprefix(f"{_XLINK} "): value
                for key, value in attributes.items()
                if " " not in key or key == f"{_XLINK} href"
            },
            line=self.parser.CurrentLineNumber,
            column=self.parser.CurrentColumnNumber + 1,
        )
        if self.open:
            self.open[-1].children.append(element)
        else:
            self.root = element
        self.open.append(element)

    def _end(self, _name: str) -> None:
        self.open.pop()

    def _words(self, text: str) -> None:
        if text.strip():
            line, column = self.parser.CurrentLineNumber, self.parser.CurrentColumnNumber + 1
            self.open[-1].words.append(Words(line, column, text))

    def _doctype(self, *_declared: object) -> None:
        raise self._error("объявление DOCTYPE", "уберите его: картинке оно не нужно")

    def _instruction(self, target: str, _data: str) -> None:
        raise self._error(f"указание <?{target}?>", "уберите его: картинке оно не нужно")

    def _error(self, what: str, right: str) -> SvgError:
        line, column = self.parser.CurrentLineNumber, self.parser.CurrentColumnNumber + 1
        return SvgError(line, column, what, right)
