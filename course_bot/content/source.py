"""One file's values, each with its place, so that every fault can be shown where it is."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Generic, TypeVar, get_args

import yaml
from pydantic import BaseModel, ValidationError

from course_bot.content.faults import Fault, Place, Within
from course_bot.markup import suggest
from course_bot.signs import NO_TEXT
from course_bot.written import ID_RIGHT, Written, as_written

Loc = tuple[str | int, ...]
M = TypeVar("M", bound=Written)

NESTING = 12
"""The format nests five levels deep at most."""
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
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
        if event.style == '"' and (hidden := NO_TEXT.search(text)):
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
        return str(as_written(self.source.at((*self.loc, *loc)))).strip()

    def within(self, *loc: str | int) -> Within:
        """Return what finds the places inside a text."""
        return lambda offset: self.place(*loc, offset=offset)
