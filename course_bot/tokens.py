"""Links that lead into the conversation: their secrets are derived, only digests are stored."""

import hmac
from base64 import urlsafe_b64encode
from hashlib import sha256

TOKEN_CHARS = 22
"""132 bits, in characters of six bits each."""


def derived(secret: bytes, message: str) -> str:
    """Derive the secret of a link (132 bits in 22 characters of A-Z, a-z, 0-9, _ and -).

    Args:
        secret: the server's.
        message: what the link is for, unlike any other link's.
    """
    return urlsafe_b64encode(hmac.digest(secret, message.encode(), "sha256")).decode()[
        :TOKEN_CHARS
    ]


def digest(token: str) -> str:
    """Return what is stored of a link's secret: 128 bits in 32 hexadecimal digits."""
    return sha256(token.encode()).hexdigest()[:32]


def page_link(page: str, payload: str) -> str:
    """Return the address that opens the page with a payload; ``page`` is its own, without "/"."""
    return f"{page}/#start={payload}"


def max_link(bot: str, payload: str) -> str:
    """Return the address that opens a MAX bot with a payload; ``bot`` is its name.

    Source: https://dev.max.ru/help/deeplinks
    """
    return f"https://max.ru/{bot}?start={payload}"


def telegram_link(bot: str, payload: str) -> str:
    """Return the address that opens a Telegram bot with a payload; ``bot`` is its name.

    Source: https://core.telegram.org/bots/features#deep-linking
    """
    return f"https://t.me/{bot}?start={payload}"
