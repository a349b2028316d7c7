"""What is found where somebody looks whether the bot can work, in words for who runs it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import Enum
from urllib.parse import urlsplit

SECONDS = 8.0
"""How long an answer is waited for."""
CLOCK_OFF = timedelta(minutes=1)
"""By how much a clock may be off: the Date of an answer is as old as the answer was long on its
way, and certificates, cookies and tokens are good for much longer."""


class Level(Enum):
    """How much a finding matters; the value is its sign."""

    FINE = "✓"
    LOOK = "!"
    """It works, or will at the next start, but somebody should look at it."""
    WRONG = "✗"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line: how it stands with a subject, and what to do about it, if anything."""

    level: Level
    subject: str
    what: str
    do: str = ""


def fine(subject: str, what: str) -> Finding:
    """Return the finding that all is well."""
    return Finding(level=Level.FINE, subject=subject, what=what)


def look(subject: str, what: str, do: str) -> Finding:
    """Return a finding that somebody should look at."""
    return Finding(level=Level.LOOK, subject=subject, what=what, do=do)


def wrong(subject: str, what: str, do: str) -> Finding:
    """Return a finding that must be mended."""
    return Finding(level=Level.WRONG, subject=subject, what=what, do=do)


def compare_clock(told: str, host: str, now: datetime) -> Finding | None:
    """Hold this computer's clock against a server's.

    Args:
        told: the ``Date`` of its answer (RFC 9110, 6.6.1).
        host: the server's name.
        now: this computer's time when the answer came, in UTC.

    Returns:
        None where the server tells no time.
    """
    try:
        off = now - parsedate_to_datetime(told)
    except (ValueError, TypeError):  # TypeError: a date without a zone
        return None
    if abs(off) <= CLOCK_OFF:
        return fine("clock", f"agrees with that of {host}")
    direction = "ahead of" if off > timedelta() else "behind"
    return wrong(
        "clock",
        f"this computer's is {ago(abs(off))} {direction} that of {host}",
        "set it by the network's time, as by `timedatectl set-ntp true`",
    )


def ago(time: timedelta) -> str:
    """Word a time that has passed, roughly: "40 s", "12 min", "3 h", "5 days"."""
    seconds = max(0, int(time.total_seconds()))
    for unit, length in (("days", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds // length} {unit}"
    return f"{seconds} s"


def host_of(url: str) -> str:
    """Return the host of an address, for what else stands in it may be somebody's secret."""
    try:
        host = urlsplit(url).hostname
    except ValueError:
        host = None
    return host or "an address that can't be read"
