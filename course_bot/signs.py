"""Signs in a text that people would see as they are, or would not see at all."""

import re
import unicodedata
from collections.abc import Iterable, Iterator

NO_TEXT = re.compile(
    "[\0-\x09\x0b-\x1f\x7f-\x9f\xad\u200b\u200c\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufffe\uffff]"
)
"""Control characters, tabs and what nobody sees (U+200D stays: emoji are joined with it)."""
ODD_SPACES = "\N{NO-BREAK SPACE}\u1680\u2000-\u200a\u202f\u205f\u3000"
"""Spaces that look like the one on the keyboard, for a class of a regular expression."""

_CLOSE = "поставьте вторые рядом со словом, вот так: {0}слово{0}, или уберите эти"

_RAW: dict[str, tuple[str, str]] = {
    r"!\[[^\]\n]*\]?": (
        "картинка",
        "картинка стоит в шаге, отдельной строкой: ![Что на ней](файл.svg)",
    ),
    r"\[\^[^\]\n]*\]": ("сноска", "сносок нет: скажите это прямо в тексте"),
    r"(?m:^)\s*(?:[-*+]\s+)?\[[ xXхХvV✓✔]?\](?!\S)": (
        "пункт с галочкой",
        "галочек нет: начните пункт просто с «- »",
    ),
    r"\[[^\[\]\n]*\] ?(?:\[[^\[\]\n]*\]|\()|(?m:^)\s*\[[^\[\]\n]+\]:|\]\(|\[\[[^\[\]\n]*\]\]"
    r"|\[[a-z][a-z0-9-]+\]": (
        "ссылка внутри текста",
        "поставьте её отдельной строкой, она станет кнопкой: [Подпись](код-ссылки)",
    ),
    r"\*\*+": ("«**» без пары", _CLOSE.format("**")),
    r"(?<!\d)\*(?=\S)|(?<=[^\s\d])\*|(?<=\d)\*(?!\s*\d)": ("«*» без пары", _CLOSE.format("*")),
    r"__+|(?<!\w)_(?=\w)|(?<=\w)_(?!\w)": ("«_» без пары", _CLOSE.format("*")),
    r"`+": ("«`» без пары", _CLOSE.format("`")),
    r"~~+": ("«~~» без пары", "зачёркнутого текста не бывает, уберите «~~»"),
    r"\|\|.+?\|\||==\S.*?==": ("выделение, которого здесь нет", "выделяйте так: **слово**"),
    r"(?m)^\s*\|.*\|": ("таблица", "перескажите её списком: строки с «- »"),
    r"\^[^\s^]+\^|~[^\s~]+~": ("верхний или нижний индекс", "напишите без него"),
    r"(?<![\w:]):[a-z][a-z0-9_+-]+:(?!\w)": ("код эмодзи", "вставьте само эмодзи"),
    r"\$\$": ("формула", "напишите её словами"),
    r"&#?\w+;|&(?:nbsp|amp|lt|gt|quot|[lr]aquo|[mn]dash|shy)\b": (
        "код знака",
        "вставьте сам знак",
    ),
}
"""What is left when Markdown has taken all that it knows: a pattern, what it is, what is right."""
_RULES = [(re.compile(pattern), *words) for pattern, words in _RAW.items()]
_SIGNS = re.compile(r"[\[*_`~|^&]|\](?=\()|==|\$\$|:[a-z]")

_MARKUP = re.compile(
    r"^\s*(?:>|#{1,6}\s|[-*+]\s)|<!--|\*\*|\*\S[^*\n]*\*|(?<!\w)_\S[^_\n]*_(?!\w)|`|~~|</?[A-Za-z]\w*[^<>\n]*>"
    r"|\\[!-/:-@\[-`{-~]|!?\[[^\[\]\n]*\]\([^()\n]*\)"
)
"""Markup that Markdown would take, and that stays where a text is shown as it stands."""

_NUMBERED = re.compile(
    r"""\(?(?:\d{1,3}[.)]|[^\W\d_]\))(?:\s|$)   # 1. 1) (1) а)
    | \d{1,2}[.)](?=[^\W\d_])                   # 1.слово
    | \d(?:\.\d)+[.)]?\s                        # 1.1
    | \d{1,2}:\s | [абв]\.\s | [IVX]+[.)]\s | [шШ]аг\s\d{1,2}[.:)]
    | \d\ufe0f?\u20e3""",
    re.VERBOSE,
)
_BULLETS = frozenset("•·‣⁃∙◦*o")


def raw_signs(text: str) -> Iterator[tuple[int, str, str, str]]:
    """Find markup in the plain part of a text, where Markdown has already taken what it knows.

    Args:
        text: what people would read, escaped signs and code left out.

    Yields:
        The offset in characters, the signs, what is wrong with them, and what would be right.
    """
    if not _SIGNS.search(text):
        return
    taken: list[range] = []
    for rule, what, right in _RULES:
        for found in rule.finditer(text):
            here = range(found.start(), found.end())
            if all(here.stop <= other.start or other.stop <= here.start for other in taken):
                taken.append(here)
                signs = found[0].strip()
                named = what if "«" in what else f"{what} «{signs[:20]}»"
                yield found.start() + found[0].index(signs), signs, named, right


def markup_in_plain(text: str) -> tuple[int, str] | None:
    """Find the first markup in a text that is shown without any: its offset, and the markup."""
    places = [(offset, sign) for offset, sign, _what, _right in raw_signs(text)]
    if found := _MARKUP.search(text):
        places.append((found.start(), found[0]))
    return min(places, key=lambda each: (each[0], -len(each[1])), default=None)


DASH_INSIDE = ", а тире внутри предложения перенесите на строку выше"


def is_dash(mark: str) -> bool:
    """Tell whether a line's mark may as well be a dash inside a sentence."""
    return unicodedata.category(mark[0]) == "Pd"


def list_mark(line: str) -> str:
    """Return what a line begins with if people would take it for an item of a list, or "".

    A dash, a bullet, any other symbol (✅, →), a number or a letter with a bracket all do.
    """
    start = line.lstrip()
    if not start:
        return ""
    if found := _NUMBERED.match(start):
        return found[0].strip()
    first = start[0]
    if start[1:2].isdigit():
        return ""  # a sign before a number: «+7», «−5»
    symbol = unicodedata.category(first) in {"So", "Sm", "Pd"} and first not in "№°©<>|~"
    return first if symbol or (first in _BULLETS and start[1:2].isspace()) else ""


# --- letters, spaces and hyphens that only look like others ---------------------------------

_CYRILLIC = "АВЕЅІЈКМНОРСТУХаеѕіјкорсухһԁӏЁёЇї"
_LATIN = "ABESIJKMHOPCTYXaesijkopcyxhdlËëÏï"
_FOLDED = str.maketrans(_CYRILLIC + "\u2010\u2011\u2212", _LATIN + "---")


def _folded(text: str) -> str:
    """Write a text so that those that look alike are the same, letter for letter."""
    return re.sub(f"[{ODD_SPACES}]", " ", text).translate(_FOLDED)


_RUSSIAN = {
    ord(latin): cyrillic
    for cyrillic, latin in zip(_CYRILLIC, _LATIN, strict=True)
    if "А" <= cyrillic <= "я" or cyrillic in "Ёё"
}


def as_russian(text: str) -> str:
    """Write the words in Russian letters that are mixed with Latin ones, or look Russian."""

    def word(found: re.Match[str]) -> str:
        russian = found[0].translate(_RUSSIAN)
        mixed = any("\u0400" <= sign <= "\u04ff" for sign in found[0])
        return russian if mixed or not re.search("[A-Za-z]", russian) else found[0]

    return re.sub(r"\w*[A-Za-zËë]\w*", word, text)


def named(sign: str) -> str:
    """Say what a sign is when seeing it doesn't tell."""
    if re.match(f"[{ODD_SPACES}]", sign):
        return "неразрывный пробел" if sign in "\N{NO-BREAK SPACE}\u202f" else "необычный пробел"
    if sign == "\u2011":
        return "неразрывный дефис"
    name = unicodedata.name(sign, "")
    for script, word in (("CYRILLIC", "русская"), ("LATIN", "латинская"), ("GREEK", "греческая")):
        if name.startswith(script):
            return f"{word} «{sign}»"
    return f"«{sign}»" if name.startswith("DIGIT") or sign != " " else "обычный пробел"


def look_alike(word: str, known: Iterable[str]) -> tuple[int, str] | None:
    """Find the known word that looks like this one and is another.

    Returns:
        The offset of the first sign that differs, and the known word.
    """
    folded = _folded(word)
    for meant in known:
        if meant != word and len(meant) == len(word) and _folded(meant) == folded:
            pairs = zip(word, meant, strict=True)
            return next(at for at, (one, other) in enumerate(pairs) if one != other), meant
    return None


def odd_letter(word: str, known: Iterable[str]) -> int:
    """Return the offset of the sign that makes a word only look like a known one, else 0."""
    found = look_alike(word, known)
    return found[0] if found else 0


def right_letter(word: str, known: Iterable[str]) -> str:
    """Say which sign makes a word only look like a known one; "" where none does."""
    found = look_alike(word, known)
    if not found:
        return ""
    at, meant = found
    return f"здесь {named(word[at])}, а нужно «{meant}», там {named(meant[at])}"


def foreign_letter(name: str) -> tuple[int, str] | None:
    """Find the first sign that a name of Latin letters can't have, though it may look as if.

    Returns:
        Its offset, and what would be right; None where every sign is of the keyboard's Latin half.
    """
    found = re.search(r"[^\x00-\x7f]", name)
    if not found:
        return None
    latin = _folded(name)
    if latin.isascii() and latin != name:
        return found.start(), f"здесь {named(found[0])}, наберите латиницей: «{latin}»"
    return found.start(), f"здесь {named(found[0])}, а имена пишут латиницей"
