"""What pydantic finds wrong in a value, in the words of whoever wrote it."""

import re
from datetime import date
from difflib import get_close_matches
from typing import TYPE_CHECKING, get_args

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from course_bot.content.traps import QUOTE
from course_bot.markup import suggest
from course_bot.signs import foreign_letter, look_alike, odd_letter, right_letter
from course_bot.written import ID_RIGHT, as_written

if TYPE_CHECKING:
    from course_bot.content.source import Source

Loc = tuple[str | int, ...]
"""Where a value stands: the keys and list indices that lead to it."""

_KEY = re.compile(r"[A-Za-z_]+")
"""What may be a key that is misspelt; anything else is a text that stands in the wrong place."""
_YES = frozenset(
    ["да", "yes", "y", "on", "true", "верно", "правильно", "правда", "истина", "1", "+"]
)
_NO = frozenset(["нет", "no", "n", "off", "false", "неверно", "неправильно", "ложь", "0", "-"])

_WRONG = {
    "int_type": ("«{value}» — не целое число", "напишите цифрами, без кавычек"),
    "bool_type": ("здесь пишут true или false, а стоит «{value}»", "замените на {word}"),
    "date_type": ("«{value}» — не дата", "напишите дату так: {day}, без кавычек"),
    "string_type": ("здесь должен быть текст", "уберите вложенные строки"),
    "list_type": ("здесь должен быть список", "каждый пункт — с новой строки, с «- »"),
    "dict_type": ("здесь должны быть строки «ключ: значение»", "сверьтесь с README.ru.md"),
    "model_type": ("здесь должны быть строки «ключ: значение»", "возможны: {known}"),
    "string_too_short": ("пустой текст", "напишите его или уберите строку"),
    "string_too_long": ("слишком длинно, знаков: {count}", "не больше {max_length}"),
    "too_short": ("слишком мало, пунктов: {count}", "нужно не меньше {min_length}"),
    "too_long": ("слишком много, пунктов: {count}", "нужно не больше {max_length}"),
    "greater_than_equal": ("число {value} слишком мало", "не меньше {ge}"),
    "less_than_equal": ("число {value} слишком велико", "не больше {le}"),
    "string_pattern_mismatch": ("«{value}» не годится как имя", ID_RIGHT),
}


def explain(
    source: "Source", written: type[BaseModel], base: Loc, errors: list[ErrorDetails]
) -> None:
    """Add to a file's faults what is wrong in one of its values.

    Args:
        source: the file.
        written: what the value was held against.
        base: where the value stands.
        errors: what pydantic found.
    """
    there = {key for error in errors for key in _meant_keys(written, error)}
    for error in errors:
        kind, inner, value = error["type"], error["loc"], error["input"]
        loc = (*base, *inner)
        name = str(inner[-1]) if inner else ""
        if kind == "extra_forbidden":
            _unknown_key(source, loc, name, _fields(written, inner[:-1]), value)
        elif kind == "missing":
            if inner not in there:
                source.fault(loc[:-1], f"нет ключа «{name}»", f"добавьте строку «{name}: …»")
        elif value is None:
            source.fault(loc, "нет значения", "напишите его после двоеточия или уберите строку")
        elif kind == "string_pattern_mismatch" and (found := foreign_letter(str(value))):
            source.fault(loc, f"«{value}» не годится как имя", found[1], offset=found[0])
        elif kind != "string_type" or not _needs_quotes(source, loc, value):
            if isinstance(value, str) and kind in {"too_short", "too_long"}:
                kind = f"string_{kind}"
            what, right = _WRONG.get(kind, ("значение не подходит", "сверьтесь с README.ru.md"))
            words = {
                "count": len(value) if isinstance(value, str | list) else value,
                "value": value,
                "day": _day(str(value)),
                "word": _true_or_false(value),
                "known": ", ".join(_fields(written, inner)),
                **error.get("ctx", {}),
            }
            source.fault(loc, what.format_map(words), right.format_map(words))


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


def _meant_keys(written: type[BaseModel], error: ErrorDetails) -> list[Loc]:
    """List the keys that are missing only because they are there, misspelt.

    A text with a colon in it is such a key, too: it stands where all the keys belong.
    """
    *parent, name = error["loc"] or ("",)
    if error["type"] != "extra_forbidden":
        return []
    known = _fields(written, tuple(parent))
    near = look_alike(str(name), known)
    meant = [near[1]] if near else get_close_matches(str(name), known, n=1)
    if meant:
        return [(*parent, meant[0])]
    return [] if _KEY.fullmatch(str(name)) else [(*parent, key) for key in known]


def _unknown_key(
    source: "Source", loc: Loc, name: str, known: tuple[str, ...], value: object
) -> None:
    """Say what an unknown key may be meant to be."""
    what, offset = f"неизвестный ключ «{name}»", odd_letter(name, known)
    if not (right := right_letter(name, known)):
        if _KEY.fullmatch(name) or isinstance(value, dict | list):
            near = suggest(name, known)
            may = "" if near.startswith("есть") else f"{near} "
            right = f"{may}{'В' if may else 'в'}озможны: {', '.join(known)}"
        else:
            text = f"возьмите его в кавычки: «{known[0]}: {_quoted(name, value)}»"
            right = f"возможны: {', '.join(known)}; если это текст с двоеточием, {text}"
    source.fault(loc, what, right, offset=offset, key=True)


def _needs_quotes(source: "Source", loc: Loc, value: object) -> bool:
    """Say so where YAML took a part of a text for a sign of its own."""
    if (sign := source.sign(loc)) in {"[", "{"}:
        source.fault(loc, f"здесь должен быть текст, а он начинается с «{sign}»", QUOTE)
        return True
    match value:
        case dict() if len(value) == 1:
            ((name, rest),) = value.items()
            if isinstance(rest, dict | list):
                return False
            what = f"двоеточие с пробелом внутри текста «{name}: …»"
            right = f"возьмите весь текст в кавычки: {_quoted(name, rest)}"
            source.fault(loc, what, right)
            return True
        case _:
            return False


def _quoted(name: str, value: object) -> str:
    """Write a key and its value as the text that they were meant to be."""
    text = f"{name}: {'' if value is None else as_written(value)}".strip()
    return f"'{text}'" if '"' in text else f'"{text}"'


def _day(text: str) -> str:
    """Write a date as it should be written, or another one as an example."""
    numbers = re.findall(r"\d+", text)
    if re.fullmatch(r"\d{1,2}\D\d{1,2}\D\d{4}", text):
        numbers.reverse()
    try:
        year, month, day = map(int, numbers)
        return date(year, month, day).isoformat()
    except ValueError:
        return "2026-11-20"


def _true_or_false(value: object) -> str:
    """Tell which of the two words a value stands for, if that can be told."""
    word = str(value).strip(" .!").casefold()
    found = look_alike(word, [*_YES, *_NO])
    word = found[1] if found else word
    return "true" if word in _YES else "false" if word in _NO else "true (да) или false (нет)"
