"""What an invite is made of, whoever makes it: its secret, its end, how many may join."""

import re
from datetime import date, datetime, timedelta
from secrets import token_hex
from zoneinfo import ZoneInfo

from course_bot.organisations.records import InviteMade, Role
from course_bot.organisations.tree import ends_at
from course_bot.tokens import TOKEN_CHARS, derived, digest

PAYLOAD = "in-"
"""What the payload of an invite's link begins with."""
DAYS = {Role.LEARNER: 90, Role.COORDINATOR: 7, Role.ADMINISTRATOR: 7}
"""How many days after the one on which it is made an invite is good, if nothing else is said."""
LIMITS: dict[Role, int | None] = {
    Role.LEARNER: None,
    Role.COORDINATOR: 1,
    Role.ADMINISTRATOR: 1,
}
"""How many people may join by an invite, if nothing else is said; None: any number."""
KEY = re.compile(r"[0-9a-f]{16}", re.ASCII)
TOKEN = re.compile(rf"[A-Za-z0-9_-]{{{TOKEN_CHARS}}}", re.ASCII)


def new_key() -> str:
    """Return a key by chance, for whoever has no move to draw it from."""
    return token_hex(8)


def token(secret: bytes, key: str) -> str:
    """Derive an invite's secret from the server's and the invite's key."""
    return derived(secret, f"invite {key}")


def payload(secret: bytes, key: str) -> str:
    """Return what a link leads to the invite of a key with."""
    return PAYLOAD + token(secret, key)


def make_invite(
    secret: bytes,
    key: str,
    organisation: int,
    role: Role,
    at: datetime,
    zone: ZoneInfo,
    *,
    days: int | None = None,
    limit: int | None = None,
) -> InviteMade:
    """Make an invite.

    Args:
        secret: the server's.
        key: what names it: 16 hexadecimal digits that no other invite has.
        organisation: the number of the one it leads into.
        role: as what one joins.
        at: the time, UTC.
        zone: the organisation's, at whose midnight the last day ends.
        days: how many days after today that last day is; as usual for the role if not given.
        limit: how many people may join; as usual for the role if not given.
    """
    last = at.astimezone(zone).date() + timedelta(days=DAYS[role] if days is None else days)
    return InviteMade(
        key=key,
        digest=digest(token(secret, key)),
        organisation=organisation,
        role=role,
        at=at,
        expires_at=ends_at(last, zone),
        limit=LIMITS[role] if limit is None else limit,
    )


def last_day(expires_at: datetime, zone: ZoneInfo) -> date:
    """Return the last day on which an invite is good."""
    return (expires_at.astimezone(zone) - timedelta(seconds=1)).date()
