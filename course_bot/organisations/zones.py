"""A time zone as people write it in a table, read as the IANA's name of it."""

import re
from functools import cache
from zoneinfo import available_timezones

RUSSIAN = (
    ("калининград", "Europe/Kaliningrad"),
    ("москва", "Europe/Moscow"),
    ("самара", "Europe/Samara"),
    ("екатеринбург", "Asia/Yekaterinburg"),
    ("омск", "Asia/Omsk"),
    ("красноярск", "Asia/Krasnoyarsk"),
    ("иркутск", "Asia/Irkutsk"),
    ("якутск", "Asia/Yakutsk"),
    ("владивосток", "Asia/Vladivostok"),
    ("магадан", "Asia/Magadan"),
    ("камчатка", "Asia/Kamchatka"),
)
"""The eleven zones of Russia from west to east, an hour apart, the first at UTC+2 (Federal Law
107-FZ "On the calculation of time", article 5), each by the city it is called after."""
RIGHT = "напишите, например, МСК+2, UTC+5, Екатеринбург или Asia/Yekaterinburg"

_FIRST = {"мск": -1, "msk": -1, "utc": 2, "gmt": 2}
"""How far the westernmost zone is from what an hour is counted from."""
_COUNTED = re.compile(r"(мск|msk|utc|gmt)(?:([+-])(\d{1,2})(?::?00)?)?")


def read_zone(text: str) -> str | None:
    """Find the IANA name for «МСК+2», «UTC+5», «Екатеринбург» or ``Asia/Yekaterinburg``.

    An offset is taken for the Russian zone that has it; Russia knows no summer time.

    Returns:
        The name, or None for a text that names no zone.
    """
    word = re.sub(r"\s", "", text.casefold()).replace("\N{MINUS SIGN}", "-").replace("–", "-")
    if counted := _COUNTED.fullmatch(word):
        base, sign, hours = counted.groups()
        place = int(f"{sign or '+'}{hours or 0}") - _FIRST[base]
        return RUSSIAN[place][1] if 0 <= place < len(RUSSIAN) else None
    return dict(RUSSIAN).get(word) or _iana().get(word)


@cache
def _iana() -> dict[str, str]:
    """Return the IANA's names of places; "EST" or "Etc/GMT-3" are not where anybody lives."""
    names = (name for name in available_timezones() if "/" in name and name[:4] != "Etc/")
    return {name.casefold(): name for name in names}
