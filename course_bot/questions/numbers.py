"""A number as people type it, and as it is written for them.

Every number that the course asks for is whole. So a space, dot, comma or apostrophe before
exactly three digits parts thousands: «1.145» and «1,145» are 1145, as is «1 145». Before any
other count of digits a dot or comma begins decimals: «37,5».
"""

import re
from unicodedata import category, decimal

from course_bot.typed import without_unseen

_NUMBER = re.compile(
    r"""(?P<sign>[+-]?)
    (?P<whole>
        (?!0)\d{1,3} (?: (?P<apart>[ .,'’]) \d{3} (?:(?P=apart)\d{3}){0,2} )  # 1 145, 1.145.000
      | \d{1,12}
    )
    (?: (?!(?P=apart)) [.,] (?P<part>\d{1,6}) )?
    \s?%?
    (?P<words> (?: \s? [^\W\d_]+ (?:-[^\W\d_]+)* \.? (?: \s [^\W\d_]+ (?:-[^\W\d_]+)* \.? )? )? )
    [.!)]?""",
    re.VERBOSE,
)
_SCALE = re.compile(
    r"\b(?:[kкmм]|тыс|тысяч\w*|млн|мил+ион\w*|млрд|мил+иард\w*|thousand|million"
    r"|десят\w*|сот\w*|дюжин\w*|полов\w*)\b",
    re.IGNORECASE,
)
"""Words after which a number is another one: «5 тысяч» is not 5."""


def parse_number(text: str, *, words: bool = False) -> float | None:
    """Read a number as people type it: «1 593», «1.593», «37,5», «75 %», «–3», «６０».

    Args:
        text: what was typed; characters that nobody sees don't count.
        words: whether up to two words may follow, as in «60 человек» or «60 активных учителей».

    Returns:
        The number, or None where the text isn't one number (of at most 12 whole digits).
    """
    found = _NUMBER.fullmatch(plain(text))
    if found is None or (found["words"] and not words) or _SCALE.search(found["words"]):
        return None
    whole = re.sub(r"\D", "", found["whole"])
    return float(f"{found['sign']}{whole}.{found['part'] or 0}")


def plain(text: str) -> str:
    """Write digits of every script, dashes and spaces of every kind in ASCII; drop the unseen."""
    return "".join(map(_sign, without_unseen(text))).strip()


def _sign(char: str) -> str:
    match category(char):
        case "Nd":
            return f"{decimal(char)}"
        case "Pd":
            return "-"
        case "Zs":
            return " "
        case _:
            return "-" if char == "\N{MINUS SIGN}" else char


def write_number(number: float) -> str:
    """Write a number the Russian way: a comma, and from 10 000 on spaces between thousands."""
    text = f"{number:{',' if abs(number) >= 10_000 else ''}.6f}".rstrip("0").rstrip(".")
    return text.replace(",", "\N{NO-BREAK SPACE}").replace(".", ",")
