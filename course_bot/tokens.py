"""Secrets of links: derived from the server's own, so that only digests need be stored."""

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
