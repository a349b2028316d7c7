"""What YAML does to a text that looks harmless: it drops an end, joins lines, or stumbles."""

import re
from typing import NamedTuple

import yaml

from course_bot.signs import DASH_INSIDE, ODD_SPACES, is_dash, list_mark, named

QUOTE = 'возьмите весь текст в кавычки "…"'

_SPECIAL = re.compile(r"\s*(?:- +)*(?:[\w-]+: +)?(\{\{|[*&%@`!])")
"""A value that begins with a sign which means something else in YAML."""
_INDENT = re.compile(f" *(?:- *)?([{ODD_SPACES}])[-{ODD_SPACES} ]*")
_AFTER_KEY = re.compile(rf"\s*(?:- +)*[\w-]+:([{ODD_SPACES}])")
_ODD_SPACE = re.compile(f"[{ODD_SPACES}]")
_COLON = re.compile(r"\s*(?:- +)*[A-Za-z_]+ ?(：|:(?=[^\s/]))")
_AFTER_QUOTE = re.compile(r"""\s*(?:- +)*(?:[\w-]+: +)?((["']).*\2) *(?=[^\s#,\]}:])(.*)""")
_REMARK = re.compile(r"\s*(#.*)")

_PROBLEMS = {
    "mapping values are not allowed": (
        "двоеточие с пробелом внутри значения или неверный отступ",
        'возьмите весь текст в кавычки "…" и проверьте отступ',
    ),
    "found character that cannot start any token": (
        "значение не может начинаться с этого знака",
        QUOTE,
    ),
    "block sequence entries are not allowed": ("текст начинается с «- »", QUOTE),
    "did not find expected ',' or ']'": (
        "скобка «[» не закрыта",
        "закройте её: «]» — или начните каждый пункт с новой строки, с «- »",
    ),
    "did not find expected ',' or '}'": ("текст начинается с «{»", QUOTE),
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
_ABOUT_BEFORE = {
    "found unexpected end of stream",
    "could not find expected ':'",
    "did not find expected ',' or ']'",
    "did not find expected ',' or '}'",
}
"""Problems whose cause stands where the parser began, not where it gave up."""


class Trap(NamedTuple):
    """What is wrong in a line, at a column from 0, and what would be right."""

    column: int
    what: str
    would_be_right: str


def odd_indent(line: str) -> Trap | None:
    """Find a space in an indentation that only looks like one."""
    found = _INDENT.match(line)
    if not found:
        return None
    return Trap(found.start(1), f"{named(found[1])} в отступе", "поставьте обычные пробелы")


def plain_indent(line: str) -> str:
    """Write such an indentation with the spaces that it was meant to have."""
    return _INDENT.sub(lambda found: without_odd_spaces(found[0], " "), line, count=1)


def odd_key(key: str) -> Trap | None:
    """Find a space in a key that only looks like one."""
    found = _ODD_SPACE.search(key)
    return Trap(found.start(), f"в ключе {named(found[0])}", "уберите его") if found else None


def without_odd_spaces(text: str, instead: str = "") -> str:
    """Put something else in the place of spaces that only look like one."""
    return _ODD_SPACE.sub(instead, text)


def odd_after_key(text: str) -> Trap | None:
    """Find a space after a key's colon that only looks like one: to YAML there is no key."""
    found = _AFTER_KEY.match(text)
    if not found:
        return None
    return Trap(found.start(1), f"после двоеточия {named(found[1])}", "поставьте обычный пробел")


def stumbling_block(line: str) -> Trap | None:
    """Find what mostly makes a line unreadable: a colon or a quote, or a value's first sign."""
    if odd := odd_after_key(line):
        return odd
    if found := _COLON.match(line):
        what = (
            "после двоеточия нет пробела" if found[1] == ":" else f"двоеточие не то: «{found[1]}»"
        )
        return Trap(found.start(1), what, "ключ пишут так: «ключ: значение»")
    if found := _SPECIAL.match(line):
        return Trap(found.start(1), f"значение начинается с «{found[1]}»", QUOTE)
    if found := _AFTER_QUOTE.match(line):
        whole = f"{found[1]}{line[found.end(1) :]}".rstrip()
        right = "возьмите его целиком в другие кавычки"
        if "'" not in whole:
            right = f"возьмите весь текст в одинарные кавычки: '{whole}'"
        return Trap(found.start(3), "текст продолжается после второй кавычки", right)
    return None


def dropped(line: str, column: int) -> Trap | None:
    """Find what YAML takes for a remark after a value that ends at ``column``."""
    found = _REMARK.match(line, column)
    if not found:
        return None
    what = f"«{found[1][:30]}» пропадёт: знак # после пробела начинает пометку"
    return Trap(found.start(1), what, f"{QUOTE}, а пометку пишите отдельной строкой")


def no_remark(line: str, trap: Trap) -> bool:
    """Tell whether what is dropped looks like no remark at all: «#5» and not «# так»."""
    return bool(line[trap.column + 1 : trap.column + 2].strip())


def joined(lines: list[str], *, folded: bool) -> tuple[int, Trap] | None:
    """Find a list in a text whose lines YAML joins.

    Args:
        lines: the text's lines as they stand in the file.
        folded: whether it is a ``>`` block; there a line that stands deeper keeps its end.

    Returns:
        The index of the first line that looks like an item, and what is wrong.
    """
    written = [line for line in lines if line.strip()]
    indent = min((len(line) - len(line.lstrip()) for line in written), default=0)
    open_end = False
    for index, line in enumerate(lines):
        flat = bool(line.strip()) and not (folded and line[indent : indent + 1].isspace())
        if open_end and flat and (mark := list_mark(line)):
            what = f"строка начинается с «{mark}» и сольётся с предыдущей"
            right = "чтобы строки остались, начните текст с «|-»"
            right += DASH_INSIDE if is_dash(mark) else ""
            return index, Trap(len(line) - len(line.lstrip()), what, right)
        open_end = flat
    return None


def stumbled(error: yaml.YAMLError) -> tuple[int, Trap]:
    """Say in plain words what the YAML parser stumbled over, and in which row, from 0."""
    what, right = "строка не читается", 'проверьте отступ, двоеточия и кавычки "…"'
    if not isinstance(error, yaml.MarkedYAMLError):
        return 0, Trap(0, what, right)
    mark = error.problem_mark
    for problem, words in _PROBLEMS.items():
        if problem in (error.problem or ""):
            what, right = words
            mark = (error.context_mark if problem in _ABOUT_BEFORE else None) or mark
    return (mark.line if mark else 0), Trap(mark.column if mark else 0, what, right)
