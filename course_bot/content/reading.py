"""Lesson files become values with their places, so that every fault can be shown where it is.

``read`` reads a whole folder into a ``Manuscript``: what the authors wrote, as far as it can be
read, and every fault found on the way. What the parts mean to each other is for ``checking``.
"""

import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from enum import StrEnum
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Generic, NamedTuple, TypeVar, get_args

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from course_bot.content.markup import suggest

FILE_BYTES = 500_000
"""Far more than any lesson file needs; a larger one is something else, put here by mistake."""
FILES = ("course.yaml", "rules.yaml", "faq.yaml", "*/lesson.md", "*/quiz.yaml")
LAST_FAQ_ID = 11
"""The FAQ's opening section is 0, its entries are 1 to 11."""
NESTING = 12
"""The format nests five levels deep at most."""

Loc = tuple[str | int, ...]


class Severity(StrEnum):
    """Whether a fault keeps the course from being taught."""

    ERROR = "error"
    WARNING = "warning"


class Place(NamedTuple):
    """Where something stands: a path from the course's folder, line and column from 1."""

    path: str
    line: int
    column: int


Within = Callable[[int], Place]
"""Finds the place of a character of a text, by its offset."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Something wrong in a file: what it is, and what would be right (Russian, for authors)."""

    place: Place
    what: str
    would_be_right: str
    severity: Severity = Severity.ERROR

    def __str__(self) -> str:
        path, line, column = self.place
        mark = "предупреждение: " if self.severity is Severity.WARNING else ""
        return f"{path}:{line}:{column}: {mark}{self.what} — {self.would_be_right}"


# --- the files as their authors write them --------------------------------------------------


def _as_written(value: object) -> object:
    """Take a number, a date or a boolean where a text belongs as the text it looks like."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | date) else value


ID = re.compile(r"^[a-z][a-z0-9-]{0,23}$")
ID_RIGHT = "латинские строчные буквы, цифры и «-», сначала буква, не больше 24"
RULE_ID = re.compile(r"^[a-z][a-z0-9_]{0,31}$")
RULE_ID_RIGHT = "латинские строчные буквы, цифры и «_», сначала буква, не больше 32"

Words = Annotated[str, BeforeValidator(_as_written), Field(min_length=1)]
Title = Annotated[Words, Field(max_length=60)]
Label = Annotated[Words, Field(max_length=40)]
Id = Annotated[Words, Field(pattern=ID.pattern)]
FaqId = Annotated[int, Field(ge=0, le=LAST_FAQ_ID)]


class _Written(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, str_strip_whitespace=True)


class WrittenCourse(_Written):
    """``course.yaml``."""

    title: Title
    about: Annotated[Words, Field(max_length=600)]
    pass_mark: Annotated[int, Field(ge=1, le=100)]
    tracks: Annotated[list[object], Field(min_length=1, max_length=8)]


class WrittenTrack(_Written):
    """A track in ``course.yaml``."""

    id: Id
    title: Label
    about: Annotated[Words, Field(max_length=300)]
    # A keyboard has at most 30 rows (MAX Bot API), and each lesson of a track is one.
    lessons: Annotated[list[Words], Field(min_length=1, max_length=24)]


class WrittenRule(_Written):
    """A rule in ``rules.yaml``."""

    value: Annotated[int, Field(ge=0)]
    text: Annotated[Words, Field(max_length=60)]
    source: Words
    as_of: date
    review_by: date


class WrittenFaq(_Written):
    """``faq.yaml``."""

    links: list[object]
    entries: list[object]


class WrittenLink(_Written):
    """A link in ``faq.yaml``."""

    id: Id
    label: Label
    # MAX Bot API, link button: url up to 2048 characters.
    url: Annotated[Words, Field(max_length=2048)]
    unverified: bool = False


class WrittenEntry(_Written):
    """An entry of ``faq.yaml``."""

    id: FaqId
    question: Annotated[Words, Field(max_length=200)]
    answer: Words
    wordings: Annotated[list[Words], Field(min_length=4)]
    lesson: Words
    links: Annotated[list[Words], Field(max_length=6)] = []


class WrittenFront(_Written):
    """The front matter of ``lesson.md``."""

    title: Title
    about: Annotated[Words, Field(max_length=300)]
    faq: Annotated[list[FaqId], Field(min_length=1)]
    links: list[Words] = []
    as_of: date
    review_by: date


class WrittenQuiz(_Written):
    """``quiz.yaml``."""

    draw: Annotated[int, Field(ge=4, le=5)]
    questions: Annotated[list[object], Field(min_length=6)]


class WrittenQuestion(_Written):
    """What every kind of question has."""

    id: Id
    kind: Words
    step: Words
    critical: bool = False
    text: Words
    explanation: Words


class WrittenOption(_Written):
    """An option of a choice or multiple question."""

    text: Words
    right: bool = False
    why: Words | None = None


class WrittenChoice(WrittenQuestion):
    """A question with one right option."""

    options: Annotated[list[WrittenOption], Field(min_length=3, max_length=4)]


class WrittenMultiple(WrittenQuestion):
    """A question with several right options."""

    options: Annotated[list[WrittenOption], Field(min_length=3, max_length=6)]


class WrittenOrder(WrittenQuestion):
    """Items in their right order."""

    items: Annotated[list[Words], Field(min_length=3, max_length=6)]


class WrittenPair(_Written):
    """A term and its meaning."""

    term: Words
    meaning: Words


class WrittenMatch(WrittenQuestion):
    """Terms and the meanings that belong to them."""

    pairs: Annotated[list[WrittenPair], Field(min_length=3, max_length=4)]


class WrittenGenerated(_Written):
    """Where a number question draws its figures."""

    case: Words
    rule: Words | None = None


class WrittenNumber(WrittenQuestion):
    """A whole number is typed; ``answer`` may be a placeholder."""

    answer: object = None
    unit: Annotated[Words, Field(max_length=20)] | None = None
    generated: WrittenGenerated | None = None


KINDS: dict[str, type[WrittenQuestion]] = {
    "choice": WrittenChoice,
    "multiple": WrittenMultiple,
    "order": WrittenOrder,
    "match": WrittenMatch,
    "number": WrittenNumber,
}

M = TypeVar("M", bound=_Written)


# --- one file: its values and their places --------------------------------------------------

_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_NO_TEXT = re.compile(
    "[\0-\x09\x0b-\x1f\x7f-\x9f\xad\u200b\u200c\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufffe\uffff]"
)
"""Control characters, tabs and what nobody sees (U+200D stays: emoji are joined with it)."""
_STEP = re.compile(r"##(?:[ \t]|$)")
_LINK = re.compile(r"\s*\[([^\[\]]*)\]\(\s*([^()\s]*)\s*\)\s*")
_SPECIAL = re.compile(r"\s*(?:- +)*(?:[\w-]+: +)?(\{\{|[*&%@`!])")
"""A value that begins with a sign which means something else in YAML."""

_PROBLEMS = {
    "mapping values are not allowed": (
        "двоеточие с пробелом внутри значения или неверный отступ",
        'возьмите весь текст в кавычки "…" и проверьте отступ',
    ),
    "found character that cannot start any token": (
        "значение не может начинаться с этого знака",
        'возьмите весь текст в кавычки "…"',
    ),
    "found unexpected end of stream": ("кавычка не закрыта", "поставьте вторую кавычку"),
    "could not find expected ':'": (
        "строка не похожа на «ключ: значение»",
        "проверьте двоеточие и отступ",
    ),
    "found unknown escape character": (
        "обратная черта внутри двойных кавычек",
        "возьмите текст в одинарные кавычки '…'",
    ),
    "did not find expected '-' indicator": (
        "здесь ждали пункт списка",
        "начните строку с «- » или исправьте отступ",
    ),
    "did not find expected key": (
        "здесь ждали «ключ: значение»",
        "проверьте отступ и кавычки",
    ),
}
_ABOUT_BEFORE = {"found unexpected end of stream", "could not find expected ':'"}
"""Problems whose cause stands where the parser began, not where it gave up."""


class _UnreadableError(Exception):
    """Something in a file because of which the rest of it can't be understood."""

    def __init__(self, event: yaml.Event | None, what: str, would_be_right: str) -> None:
        super().__init__(what, would_be_right)
        self.event = event


class Source:
    """One file's values, each with its place; the front matter of a lesson is a file, too."""

    def __init__(self, path: str, text: str, faults: list[Fault]) -> None:
        """Read ``text`` strictly.

        Args:
            path: how faults name the file.
            text: YAML, already decoded.
            faults: where faults are added.
        """
        self.path = path
        self.faults = faults
        self.value: object = None
        self.readable = False
        self._lines = text.split("\n")
        self._events: dict[Loc, yaml.Event] = {}
        self._keys: dict[Loc, yaml.Event] = {}
        try:
            self.value = self._compose(text)
            self.readable = True
        except _UnreadableError as error:
            what, would_be_right = error.args
            place = self._start(error.event) if error.event else self._top
            self._unreadable(place, what, would_be_right)
        except yaml.YAMLError as error:
            self._broken(error)

    def at(self, loc: Loc) -> object:
        """Return the value at a place of the file, or None where there is none."""
        value = self.value
        for key in loc:
            if isinstance(value, dict):
                value = value.get(key)
            elif isinstance(value, list) and isinstance(key, int) and key < len(value):
                value = value[key]
            else:
                return None
        return value

    def place(self, loc: Loc, *, offset: int = 0, key: bool = False) -> Place:
        """Find a value, a key, or (by its offset in characters) a part of a text in the file."""
        if key and loc in self._keys:
            return self._start(self._keys[loc])
        while loc not in self._events and loc:
            loc = loc[:-1]
        event = self._events.get(loc)
        if event is None:
            return self._top
        if offset and isinstance(event, yaml.ScalarEvent):
            return self._within(event, offset)
        return self._start(event)

    def fault(self, loc: Loc, what: str, would_be_right: str, *, key: bool = False) -> None:
        """Add a fault at a value or a key."""
        place = self.place(loc, key=key)
        self.faults.append(Fault(place=place, what=what, would_be_right=would_be_right))

    def item(self, written: type[M], loc: Loc = ()) -> "Item[M] | None":
        """Hold the value at ``loc`` against what belongs there; None adds what is wrong."""
        value = self.at(loc)
        try:
            return Item(self, loc, written.model_validate(value))
        except ValidationError as error:
            faults = error.errors(include_url=False)
            for one in faults:
                self._translate(
                    written, loc, one["loc"], one["type"], one["input"], one.get("ctx", {})
                )
        if all(one["type"] == "extra_forbidden" for one in faults):
            # What is known can still be checked, so that everything is told at once.
            for one in faults:
                *parent, key = one["loc"]
                holder = self.at((*loc, *parent))
                if isinstance(holder, dict):
                    del holder[key]
            return Item(self, loc, written.model_validate(value))
        return None

    def items(self, written: type[M], key: str) -> "list[Item[M]] | None":
        """Hold each value of a list against what belongs there; None if there is no list."""
        values = self.at((key,))
        if not isinstance(values, list):
            return None
        found = [self.item(written, (key, index)) for index in range(len(values))]
        return [item for item in found if item is not None]

    def _start(self, event: yaml.Event) -> Place:
        mark = event.start_mark
        return Place(self.path, mark.line + 1, mark.column + 1) if mark else self._top

    @property
    def _top(self) -> Place:
        return Place(self.path, 1, 1)

    def _within(self, event: yaml.ScalarEvent, offset: int) -> Place:
        """Find a part of a text by counting its letters: YAML folds only white space."""
        line, column = self._start(event).line - 1, self._start(event).column - 1
        if event.style in {"|", ">"}:
            line, column = line + 1, 0
        elif event.style in {"'", '"'}:
            column += 1
        wanted = len("".join(event.value.lstrip()[:offset].split()))
        for row in range(line, len(self._lines)):
            text = self._lines[row]
            for position in range(column if row == line else 0, len(text)):
                if text[position].isspace():
                    continue
                if wanted == 0:
                    return Place(self.path, row + 1, position + 1)
                wanted -= 1
        return self._start(event)

    def _compose(self, text: str) -> object:
        """Build the value from the parser's events.

        Events rather than nodes: a node doesn't tell of an anchor or of a second document.
        """
        root: list[object] = []
        containers: list[tuple[Loc, dict[str, object] | list[object]]] = [((), root)]
        key: str | None = None
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            if isinstance(event, yaml.DocumentStartEvent) and root:
                raise _UnreadableError(event, "второй документ в файле", "уберите строку «---»")
            if isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
                containers.pop()
            if not isinstance(event, yaml.NodeEvent):
                continue
            loc, container = containers[-1]
            if isinstance(container, dict) and key is None:
                key = self._key(event, loc, container)
                continue
            value = self._value(event)
            if isinstance(container, dict):
                here: Loc = (*loc, key or "")
                container[key or ""] = value
                key = None
            else:
                here = () if container is root else (*loc, len(container))
                container.append(value)
            self._events[here] = event
            if isinstance(value, dict | list):
                if len(containers) > NESTING:
                    raise _UnreadableError(event, "слишком много уровней", "проверьте отступы")
                containers.append((here, value))
        if root in ([], [None]):
            raise _UnreadableError(None, "файл пуст", "напишите его по образцу из README.ru.md")
        return root[0]

    def _key(self, event: yaml.NodeEvent, loc: Loc, container: dict[str, object]) -> str:
        if not isinstance(event, yaml.ScalarEvent):
            raise _UnreadableError(event, "здесь ждали «ключ: значение»", "ключ — одно слово")
        self._refuse_yaml(event)
        self._keys[*loc, event.value] = event
        if event.value in container:
            self.fault(
                (*loc, event.value), f"ключ «{event.value}» повторяется", "оставьте один", key=True
            )
        return str(event.value)

    def _value(self, event: yaml.NodeEvent) -> object:
        self._refuse_yaml(event)
        if isinstance(event, yaml.MappingStartEvent):
            return {}
        if isinstance(event, yaml.SequenceStartEvent):
            return []
        if not isinstance(event, yaml.ScalarEvent):
            return None
        text = str(event.value)
        if event.style == '"' and (hidden := _NO_TEXT.search(text)):
            what = f"невидимый знак U+{ord(hidden[0]):04X}"
            self._add(event, what, "уберите его из текста")
        if event.style in {"'", '"', "|", ">"}:
            return text
        if text == "":
            return None
        if text in {"true", "false"}:
            return text == "true"
        if _INTEGER.fullmatch(text):
            return int(text)
        if _DATE.fullmatch(text):
            try:
                return date.fromisoformat(text)
            except ValueError:
                return text
        return text

    def _refuse_yaml(self, event: yaml.NodeEvent) -> None:
        """Refuse what YAML has beyond this format: aliases, anchors, tags."""
        quote = 'возьмите весь текст в кавычки "…"'
        if isinstance(event, yaml.AliasEvent):
            raise _UnreadableError(event, "значение начинается с «*»", quote)
        if event.anchor is not None:
            self._add(event, f"«&{event.anchor}» в начале значения", quote)
        if getattr(event, "tag", None) is not None:
            self._add(event, "«!» в начале значения", quote)

    def _add(self, event: yaml.Event, what: str, would_be_right: str) -> None:
        place = self._start(event)
        self.faults.append(Fault(place=place, what=what, would_be_right=would_be_right))

    def _broken(self, error: yaml.YAMLError) -> None:
        """Say in plain words what the YAML parser stumbled over."""
        if not isinstance(error, yaml.MarkedYAMLError):
            error = yaml.MarkedYAMLError()
        mark = error.problem_mark
        what, right = "строка не читается", 'проверьте отступ, двоеточия и кавычки "…"'
        for problem, words in _PROBLEMS.items():
            if problem in (error.problem or ""):
                what, right = words
                mark = (error.context_mark if problem in _ABOUT_BEFORE else None) or mark
        place = Place(self.path, mark.line + 1, mark.column + 1) if mark else self._top
        self._unreadable(place, what, right)

    def _unreadable(self, place: Place, what: str, right: str) -> None:
        """Add why the file can't be read; mostly a value begins with what means more in YAML."""
        source = self._lines[place.line - 1] if place.line <= len(self._lines) else ""
        if found := _SPECIAL.match(source):
            place = place._replace(column=found.start(1) + 1)
            what = f"значение начинается с «{found[1]}»"
            right = 'возьмите весь текст в кавычки "…"'
        self.faults.append(Fault(place=place, what=what, would_be_right=right))

    def _translate(
        self,
        written: type[BaseModel],
        base: Loc,
        inner: Loc,
        kind: str,
        value: object,
        context: dict[str, object],
    ) -> None:
        """Say in plain words what pydantic found, at its place."""
        loc = (*base, *inner)
        name = str(inner[-1]) if inner else ""
        known = list(_fields(written, inner[:-1]))
        if kind == "extra_forbidden":
            near = suggest(name, known)
            may = "" if near.startswith("есть") else f"{near} "
            right = f"{may}{'В' if may else 'в'}озможны: {', '.join(known)}"
            self.fault(loc, f"неизвестный ключ «{name}»", right, key=True)
        elif kind == "missing":
            self.fault(loc[:-1], f"нет ключа «{name}»", f"добавьте строку «{name}: …»")
        elif value is None:
            self.fault(loc, "нет значения", "напишите его после двоеточия или уберите строку")
        else:
            if isinstance(value, str) and kind in {"too_short", "too_long"}:
                kind = f"string_{kind}"
            what, right = _WRONG.get(kind, ("значение не подходит", "сверьтесь с README.ru.md"))
            count = len(value) if isinstance(value, str | list) else value
            words = {"count": count, "value": value, **context}
            self.fault(loc, what.format_map(words), right.format_map(words))


_WRONG = {
    "int_type": ("«{value}» — не целое число", "напишите цифрами, без кавычек"),
    "bool_type": ("«{value}» — не да и не нет", "напишите true или false, без кавычек"),
    "date_type": ("«{value}» — не дата", "напишите дату так: 2026-11-20, без кавычек"),
    "string_type": ("здесь должен быть текст", "уберите вложенные строки"),
    "list_type": ("здесь должен быть список", "каждый пункт — с новой строки, с «- »"),
    "dict_type": ("здесь должны быть строки «ключ: значение»", "сверьтесь с README.ru.md"),
    "model_type": ("здесь должны быть строки «ключ: значение»", "сверьтесь с README.ru.md"),
    "string_too_short": ("пустой текст", "напишите его или уберите строку"),
    "string_too_long": ("слишком длинно, знаков: {count}", "не больше {max_length}"),
    "too_short": ("слишком мало, пунктов: {count}", "нужно не меньше {min_length}"),
    "too_long": ("слишком много, пунктов: {count}", "нужно не больше {max_length}"),
    "greater_than_equal": ("число {value} слишком мало", "не меньше {ge}"),
    "less_than_equal": ("число {value} слишком велико", "не больше {le}"),
    "string_pattern_mismatch": ("«{value}» не годится как имя", ID_RIGHT),
}


def _fields(written: type[BaseModel], loc: Loc) -> tuple[str, ...]:
    """List the keys that are possible at a place inside a model."""
    for key in loc:
        if isinstance(key, str) and key in written.model_fields:
            pending: list[object] = [written.model_fields[key].annotation]
            while pending:
                one = pending.pop()
                if isinstance(one, type) and issubclass(one, BaseModel):
                    written = one
                pending.extend(get_args(one))
    return tuple(written.model_fields)


@dataclass(frozen=True, slots=True)
class Item(Generic[M]):
    """A value as its author wrote it, and where it stands."""

    source: Source
    loc: Loc
    written: M

    def place(self, *loc: str | int, offset: int = 0) -> Place:
        """Find the place of a part of the value, and in a text of its character ``offset``."""
        return self.source.place((*self.loc, *loc), offset=offset)

    def text(self, *loc: str | int) -> str:
        """Return a text inside the value, as its model reads it."""
        return str(_as_written(self.source.at((*self.loc, *loc)))).strip()

    def within(self, *loc: str | int) -> Within:
        """Return what finds the places inside a text."""
        return lambda offset: self.place(*loc, offset=offset)


# --- the folder -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenStep:
    """A step of ``lesson.md``; lines with a link are taken out of the text, which keeps its lines.

    ``line`` is the line of the title. ``links`` are (label, link id, place).
    """

    path: str
    line: int
    title: str
    text: str
    links: tuple[tuple[str, str, Place], ...]

    def place(self, offset: int = 0) -> Place:
        """Find a part of the text by its offset in characters."""
        start = self.text.rfind("\n", 0, offset) + 1
        line = self.line + 1 + self.text.count("\n", 0, offset)
        return Place(self.path, line, offset - start + 1)

    @property
    def title_place(self) -> Place:
        """The place of the title."""
        return Place(self.path, self.line, 4)


@dataclass(slots=True, kw_only=True)
class WrittenLesson:
    """A lesson's folder; what can't be read is None."""

    id: str
    place: Place
    front: Item[WrittenFront] | None = None
    steps: list[WrittenStep] | None = None
    quiz: Item[WrittenQuiz] | None = None
    questions: list[Item[WrittenQuestion]] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Manuscript:
    """A course as its authors wrote it, as far as it can be read; what can't be read is None."""

    faults: list[Fault]
    version: str
    course_source: Source | None = None
    course: Item[WrittenCourse] | None = None
    tracks: list[Item[WrittenTrack]] | None = None
    rules: dict[str, Item[WrittenRule] | None] | None = None
    faq_source: Source | None = None
    links: list[Item[WrittenLink]] | None = None
    entries: list[Item[WrittenEntry]] | None = None
    lessons: dict[str, WrittenLesson] = field(default_factory=dict)


def read(folder: Path) -> Manuscript:
    """Read all the lesson files in a folder.

    Args:
        folder: the course's folder; faults name their files from its parent.

    Returns:
        What could be read; ``faults`` has everything that is wrong in a file by itself.
    """
    return _Reader(folder.resolve()).read()


def version(folder: Path) -> str:
    """Digest all the files of a course: 12 hexadecimal digits, others for any other content."""
    digest = hashlib.sha256()
    for path in sorted(path for name in FILES for path in folder.glob(name)):
        try:
            with path.open("rb") as file:
                content = file.read(FILE_BYTES + 1)
        except OSError:
            continue  # reading says what is wrong with it
        name = path.relative_to(folder).as_posix()
        digest.update(f"{name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()[:12]


class _Reader:
    """Reads one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.faults: list[Fault] = []

    def read(self) -> Manuscript:
        """Read every file."""
        # The version first: if a file changes meanwhile, whoever compares versions reads again.
        manuscript = Manuscript(faults=self.faults, version=version(self.folder))
        if not self.folder.is_dir():
            self._fault(self.folder.name, "такой папки нет", "в ней должен лежать course.yaml")
            return manuscript
        if source := self._yaml("course.yaml"):
            manuscript.course = source.item(WrittenCourse)
            manuscript.course_source = source
            manuscript.tracks = source.items(WrittenTrack, "tracks")
        if source := self._yaml("rules.yaml"):
            manuscript.rules = self._rules(source)
        if source := self._yaml("faq.yaml"):
            manuscript.faq_source = source
            source.item(WrittenFaq)
            manuscript.links = source.items(WrittenLink, "links")
            manuscript.entries = source.items(WrittenEntry, "entries")
        for name in self._folders():
            manuscript.lessons[name] = self._lesson(name)
        return manuscript

    def _folders(self) -> Iterator[str]:
        try:
            found = sorted(path for path in self.folder.iterdir() if path.is_dir())
        except OSError:
            found = []
        for path in found:
            if path.name.startswith((".", "__")) or path.name in FILES:
                continue
            if ID.fullmatch(path.name):
                yield path.name
            else:
                what = f"«{path.name}» не годится как имя урока"
                self._fault(f"{self.folder.name}/{path.name}", what, ID_RIGHT)

    def _rules(self, source: Source) -> dict[str, Item[WrittenRule] | None] | None:
        if not isinstance(source.value, dict):
            source.fault((), "здесь должны быть правила", "«имя_правила:», под ним value, text, …")
            return None
        rules = {}
        for name in map(str, source.value):
            if not RULE_ID.fullmatch(name):
                source.fault((name,), f"«{name}» не годится как имя", RULE_ID_RIGHT, key=True)
            rules[name] = source.item(WrittenRule, (name,))
        return rules

    def _lesson(self, name: str) -> WrittenLesson:
        path = f"{self.folder.name}/{name}/lesson.md"
        lesson = WrittenLesson(id=name, place=Place(path, 1, 1))
        text = self._text(f"{name}/lesson.md")
        if text is not None:
            self._lesson_text(lesson, path, text)
        source = self._yaml(f"{name}/quiz.yaml")
        if source:
            lesson.quiz = source.item(WrittenQuiz)
            values = source.at(("questions",))
            for index in range(len(values) if isinstance(values, list) else 0):
                question = self._question(source, ("questions", index))
                if question:
                    lesson.questions.append(question)
        return lesson

    def _question(self, source: Source, loc: Loc) -> Item[WrittenQuestion] | None:
        value = source.at(loc)
        if not isinstance(value, dict) or "kind" not in value:
            return source.item(WrittenQuestion, loc)
        kind = str(value["kind"])
        if kind not in KINDS:
            right = f"возможны: {', '.join(KINDS)}"
            source.fault((*loc, "kind"), f"неизвестный вид вопроса «{kind}»", right)
            return None
        return source.item(KINDS[kind], loc)

    def _lesson_text(self, lesson: WrittenLesson, path: str, text: str) -> None:
        lines = text.split("\n")
        end = next((at for at, line in enumerate(lines) if at and line.rstrip() == "---"), 0)
        if lines[0].rstrip() != "---" or not end:
            right = "файл начинается со строки «---», затем title, about, …, затем снова «---»"
            self._fault(path, "нет шапки урока", right)
            return
        front = Source(path, "\n".join(["", *lines[1:end], ""]), self.faults)
        if front.readable:
            lesson.front = front.item(WrittenFront)
        heads = [at for at in range(end + 1, len(lines)) if _STEP.match(lines[at])]
        for at in range(end + 1, heads[0] if heads else len(lines)):
            if lines[at].strip():
                right = "текст урока стоит в шагах, под «## Название шага»"
                self._fault(path, "текст до первого шага", right, line=at + 1)
                break
        lesson.steps = [
            self._step(path, at + 1, lines[at][2:].strip(), lines[at + 1 : following])
            for at, following in pairwise([*heads, len(lines)])
        ]

    def _step(self, path: str, line: int, title: str, lines: list[str]) -> WrittenStep:
        if not 1 <= len(title) <= 60:
            what = f"слишком длинно, знаков: {len(title)}" if title else "у шага нет названия"
            self._fault(path, what, "название шага — от 1 до 60 знаков", line=line)
        links = []
        for at, text in enumerate(lines):
            if text.startswith("#"):
                right = "шаг начинается так: «## Название шага»"
                self._fault(path, "неизвестный заголовок", right, line=line + at + 1)
                lines[at] = ""
            elif found := _LINK.fullmatch(text):
                label, link = found[1].strip(), found[2]
                place = Place(path, line + at + 1, found.start(1) + 1)
                links.append((label, link, place))
                lines[at] = ""
        text = "\n".join(lines)
        return WrittenStep(path=path, line=line, title=title, text=text, links=tuple(links))

    def _yaml(self, name: str) -> Source | None:
        text = self._text(name)
        if text is None:
            return None
        source = Source(f"{self.folder.name}/{name}", text, self.faults)
        return source if source.readable else None

    def _text(self, name: str) -> str | None:
        """Read a file that has to be there and has to be text."""
        path = f"{self.folder.name}/{name}"
        try:
            with (self.folder / name).open("rb") as file:
                content = file.read(FILE_BYTES + 1)
        except FileNotFoundError:
            right = "напишите его по образцу из README.ru.md"
            self._fault(path, "такого файла нет", self._namesake(name) or right)
            return None
        except OSError as error:
            reason = error.strerror or str(error)
            self._fault(path, "файл не открывается", f"проверьте, что это за файл ({reason})")
            return None
        if len(content) > FILE_BYTES:
            self._fault(path, "файл слишком велик", f"в нём не больше {FILE_BYTES} байт")
            return None
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = content.count(b"\n", 0, error.start) + 1
            self._fault(path, "файл не в UTF-8", "сохраните его в кодировке UTF-8", line=line)
            return None
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        hidden = False
        for number, line_text in enumerate(text.split("\n"), start=1):
            if found := _NO_TEXT.search(line_text):
                tab = found[0] == "\t"
                what = "знак табуляции" if tab else f"невидимый знак U+{ord(found[0]):04X}"
                right = "поставьте пробелы" if tab else "уберите его"
                self._fault(path, what, right, line=number, column=found.start() + 1)
                hidden = True
        return None if hidden else text

    def _namesake(self, name: str) -> str:
        """Find a file that was meant to have this name."""
        try:
            names = [path.name for path in (self.folder / name).parent.iterdir()]
        except OSError:
            return ""
        near = get_close_matches(Path(name).name, set(names) - set(FILES), n=1, cutoff=0.7)
        return f"рядом лежит «{near[0]}», переименуйте его" if near else ""

    def _fault(
        self, path: str, what: str, would_be_right: str, *, line: int = 1, column: int = 1
    ) -> None:
        place = Place(path, line, column)
        self.faults.append(Fault(place=place, what=what, would_be_right=would_be_right))
