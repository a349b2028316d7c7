"""One file's values, each with its place, so that every fault can be shown where it is."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Generic, TypeVar

import yaml
from pydantic import ValidationError

from course_bot.content.explaining import Loc, explain
from course_bot.content.faults import Fault, Place, Within
from course_bot.content.traps import (
    QUOTE,
    Trap,
    dropped,
    joined,
    no_remark,
    odd_after_key,
    odd_indent,
    odd_key,
    plain_indent,
    stumbled,
    stumbling_block,
    without_odd_spaces,
)
from course_bot.signs import NO_TEXT
from course_bot.written import Written, as_written

M = TypeVar("M", bound=Written)

NESTING = 12
"""The format nests five levels deep at most."""
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def _mark(mark: "yaml.Mark | yaml._yaml.Mark | None") -> tuple[int, int]:
    """Return a row and a column, from 0."""
    return (mark.line, mark.column) if mark else (0, 0)


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
        self._remarks: dict[Loc, tuple[int, Trap]] = {}
        self._told = False
        for row, line in enumerate(self._lines):
            if odd := odd_indent(line):
                self._told = True
                self._trap(row, odd)
                self._lines[row] = plain_indent(line)
        try:
            self.value = self._compose("\n".join(self._lines))
            self.readable = True
        except _UnreadableError as error:
            what, would_be_right = error.args
            place = self._start(error.event) if error.event else self._top
            self._unreadable(place.line - 1, Trap(place.column - 1, what, would_be_right))
        except yaml.YAMLError as error:
            self._unreadable(*stumbled(error))

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
            start = self._start(self._keys[loc])
            return start._replace(column=start.column + offset)
        while loc not in self._events and loc:
            loc = loc[:-1]
        event = self._events.get(loc)
        if event is None:
            return self._top
        if offset and isinstance(event, yaml.ScalarEvent):
            return self._within(event, offset)
        return self._start(event)

    def sign(self, loc: Loc) -> str:
        """Return the character with which a value begins in the file."""
        place = self.place(loc)
        return self._lines[place.line - 1][place.column - 1 : place.column]

    def fault(
        self, loc: Loc, what: str, would_be_right: str, *, offset: int = 0, key: bool = False
    ) -> None:
        """Add a fault at a value or a key, or at a character of one."""
        place = self.place(loc, offset=offset, key=key)
        self.faults.append(Fault(place=place, what=what, would_be_right=would_be_right))

    def item(self, written: type[M], loc: Loc = ()) -> "Item[M] | None":
        """Hold the value at ``loc`` against what belongs there; None adds what is wrong."""
        value = self.at(loc)
        try:
            item = Item(self, loc, written.model_validate(value))
        except ValidationError as error:
            faults = error.errors(include_url=False)
            explain(self, written, loc, faults)
        else:
            self._find_cut(item)
            return item
        if all(one["type"] == "extra_forbidden" for one in faults):
            # What is known can still be checked, so that everything is told at once.
            for one in faults:
                *parent, key = one["loc"]
                holder = self.at((*loc, *parent))
                if isinstance(holder, dict):
                    del holder[key]
            return self.item(written, loc)
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
            if isinstance(event, yaml.ScalarEvent):
                self._look_for_traps(event, here, value)
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
        key = str(event.value)
        if odd := odd_key(key):
            row, column = _mark(event.start_mark)
            self._trap(row, odd, column)
            key = without_odd_spaces(key)
        self._keys[*loc, key] = event
        if key in container:
            self.fault((*loc, key), f"ключ «{key}» повторяется", "оставьте один", key=True)
        return key

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
        if odd := odd_after_key(text):
            row, column = _mark(event.start_mark)
            self._trap(row, odd, column)
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
        if isinstance(event, yaml.AliasEvent):
            raise _UnreadableError(event, "значение начинается с «*»", QUOTE)
        if event.anchor is not None:
            self._add(event, f"«&{event.anchor}» в начале значения", QUOTE)
        if getattr(event, "tag", None) is not None:
            self._add(event, "«!» в начале значения", QUOTE)

    def _add(self, event: yaml.Event, what: str, would_be_right: str) -> None:
        row, column = _mark(event.start_mark)
        self._trap(row, Trap(column, what, would_be_right))

    def _trap(self, row: int, trap: Trap, column: int = 0) -> None:
        """Add what is wrong in a line, ``column`` characters further than it says."""
        place = Place(self.path, row + 1, column + trap.column + 1)
        fault = Fault(place=place, what=trap.what, would_be_right=trap.would_be_right)
        self.faults.append(fault)

    def _look_for_traps(self, event: yaml.ScalarEvent, here: Loc, value: object) -> None:
        """Refuse what YAML does to a text without a word."""
        (first, _), (last, column) = _mark(event.start_mark), _mark(event.end_mark)
        block = event.style in {"|", ">"}
        if not block and last < len(self._lines):
            trap = dropped(self._lines[last], column)
            quoted = event.style in {"'", '"'}
            text = not quoted and (value is None or isinstance(value, str))
            if trap and (text or no_remark(self._lines[last], trap)):
                self._told = True
                self._trap(last, trap)
            elif trap and not quoted:
                self._remarks[here] = last, trap
        if first < last and event.style != "|":
            rows = range(first + block, last + (not block))
            if found := joined([self._lines[row] for row in rows], folded=block):
                self._trap(rows[found[0]], found[1])

    def _find_cut(self, item: "Item[M]") -> None:
        """Refuse a remark after a number that turns out to be a text."""
        for loc, (row, trap) in self._remarks.items():
            if loc[: len(item.loc)] == item.loc:
                value: object = item.written
                for key in loc[len(item.loc) :]:
                    if isinstance(value, list) and isinstance(key, int):
                        value = value[key]
                    else:
                        value = getattr(value, str(key), None)
                if isinstance(value, str):
                    self._trap(row, trap)

    def _unreadable(self, row: int, trap: Trap) -> None:
        """Add why the file can't be read, unless it is what a fault before has told."""
        if self._told:
            return
        # A key that isn't seen as one is told of where the next one is met.
        for at in (row, row - 1):
            line = self._lines[at] if 0 <= at < len(self._lines) else ""
            if found := stumbling_block(line):
                self._trap(at, found)
                return
        self._trap(row, trap)


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
