"""Files that appear whole or not at all, and what they are called."""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

_LONGEST = 100
_MOST_BYTES = 200
"""Most file systems allow 255 bytes; a download may get «(1)», and messengers cut earlier."""
_QUOTED = re.compile(r'"([^"]*)"')
_INSTEAD = str.maketrans(
    {"/": "-", "\\": "-", "|": "-", ":": "-", "<": "", ">": "", '"': "", "?": "", "*": ""}
)


@contextmanager
def whole(target: Path | BinaryIO) -> Iterator[Path]:
    """Lend the path of a file to be made, and put it where it belongs once it is complete.

    If making it fails, the target is as it was and nothing else is left.
    """
    with TemporaryDirectory(prefix="course-bot-") as folder:
        made = Path(folder, "made")
        yield made
        if isinstance(target, Path):
            shutil.move(made, target)
            return
        with made.open("rb") as file:
            shutil.copyfileobj(file, target)


def file_name(organisation: str, title: str, day: date, suffix: str) -> str:
    """Name a report's file: «Школа № 5 — люди — 2026-11-30.xlsx».

    Every system can store the name, a long organisation is cut.
    Source: https://learn.microsoft.com/windows/win32/fileio/naming-a-file

    Args:
        organisation: as people wrote it, with any characters.
        title: the report's.
        day: of its figures; written so that files sort by it.
        suffix: with its dot, ".xlsx".
    """
    small = title[:1].lower() + title[1:]
    rest = f" — {_harmless(small)} — {day:%Y-%m-%d}{suffix}"
    name = _harmless(organisation) or "—"
    kept = name
    while len(kept + rest) > _LONGEST or len((kept + rest).encode()) > _MOST_BYTES:
        name = name[:-1].rstrip(" .,—-")
        kept = f"{name}…"
    return kept + rest


def _harmless(text: str) -> str:
    """Replace what Windows forbids, and what nobody sees."""
    quoted = _QUOTED.sub(r"«\1»", text).translate(_INSTEAD)
    seen = "".join(each if each.isprintable() else " " for each in quoted)
    return " ".join(seen.split()).strip(". ")
