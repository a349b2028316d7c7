"""Links for fifteen minutes: each is derived from the secret, so that only digests are kept."""

import re
from datetime import UTC, datetime, timedelta
from hashlib import blake2b

from course_bot.conversation.actions import StaleError
from course_bot.conversation.stage import Stage
from course_bot.locale.phrases import Phrases
from course_bot.tokens import derived

LIVES = timedelta(minutes=15)
_SECOND = re.compile(r"\d{1,10}", re.ASCII)
"""A second since 1970; one digit more would be a year that no calendar here knows."""
_MARK = re.compile(r"[0-9a-f]{10}", re.ASCII)


def stamp(stage: Stage) -> tuple[str, str]:
    """Return what tells the links of a person apart: the second and a mark of the move.

    Two devices may ask in the same second: each gets a link of its own.
    """
    mark = blake2b(stage.move_id.encode(), digest_size=5).hexdigest()
    return f"{stage.at.timestamp():.0f}", mark


def ends_at(issued: str, mark: str) -> datetime:
    """Return when a link of this stamp ends (UTC).

    Raises:
        StaleError: it is no stamp.
    """
    if not _SECOND.fullmatch(issued) or not _MARK.fullmatch(mark):
        raise StaleError
    return datetime.fromtimestamp(int(issued), UTC) + LIVES


def ended(p: Phrases) -> str:
    """Say that a link has ended, and what to do."""
    return p.html("This link has ended: it lives for 15 minutes. You can make a new one.")


def make_anew(p: Phrases) -> str:
    """Label the button that makes another link."""
    return p.t("Make a new link")


def token(stage: Stage, purpose: str, issued: str, mark: str) -> str:
    """Derive a link's secret from its purpose, the person and the stamp."""
    return derived(stage.secret, f"{purpose} {stage.person.id} {issued} {mark}")
