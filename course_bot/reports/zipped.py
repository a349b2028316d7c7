"""Many files in one: the certificates of a whole organisation."""

import re
from collections.abc import Iterable
from typing import IO
from unicodedata import normalize
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from course_bot.signs import NO_TEXT

NAME_BYTES = 200
"""Ours: Linux takes 255 bytes, Windows 260 characters with all the folders around."""
_FORBIDDEN = re.compile(r'[\\/:*?"<>|\s\x00-\x1f\ud800-\udfff]+')
"""Source: Microsoft, "Naming Files", reserved characters. Lone surrogates can't be encoded."""
_DEVICE = re.compile(r"(?:con|prn|aux|nul|com[\d¹²³]|lpt[\d¹²³])(?=\.|$)", re.IGNORECASE)
"""Source: the same page: names that mean a device, whatever follows the full stop."""
_NAME = re.compile(r"(?P<stem>.*?)(?P<ending>\.[A-Za-z0-9]{1,8})?")


def zip_certificates(files: Iterable[tuple[str, bytes]], archive: IO[bytes]) -> None:
    """Pack files into a ZIP that Windows, too, shows with their Russian names.

    Args:
        files: the name, which may be of anything that people typed, and the content of each.
            One at a time is taken, and written before the next.
        archive: where it is written. Names in it are safe for every system and differ in more
            than the case of letters; the same files give the same bytes.
    """
    taken: set[str] = set()
    with ZipFile(archive, "w") as packed:
        for name, content in files:
            # zipfile marks a name as UTF-8 by itself where it isn't ASCII.
            entry = ZipInfo(_unique(safe_name(name), taken))
            entry.compress_type = ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            packed.writestr(entry, content)


def safe_name(name: str) -> str:
    """Make a file name that every system takes of one that may hold anything people typed."""
    plain = NO_TEXT.sub("", _FORBIDDEN.sub(" ", normalize("NFC", name)))
    stem, ending = _split(plain.strip(" ."))
    room = NAME_BYTES - len(ending)
    stem = stem.encode()[:room].decode(errors="ignore").strip(" .")
    return _DEVICE.sub(r"_\g<0>", stem or "_", count=1) + ending


def _split(name: str) -> tuple[str, str]:
    """Split a name into stem and ending: "Анна П.pdf" into "Анна П" and ".pdf"."""
    found = _NAME.fullmatch(name)
    return (found["stem"], found["ending"] or "") if found else (name, "")


def _unique(name: str, taken: set[str]) -> str:
    """Number a name that is taken already: «Анна Петрова (2).pdf»."""
    stem, ending = _split(name)
    number, unique = 1, name
    while unique.casefold() in taken:
        number += 1
        unique = f"{stem} ({number}){ending}"
    taken.add(unique.casefold())
    return unique
