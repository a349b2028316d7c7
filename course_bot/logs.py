"""The log, with whatever must never stand in one blotted out."""

import logging
import re
from collections.abc import Iterable

BLOT = "[secret]"
_PERSONAL_LINK = re.compile(r"\bgo-[A-Za-z0-9_-]{20,}")
_BOT_TOKEN = re.compile(r"\d{5,}:[A-Za-z0-9_-]{30,}")


class DiscreetFormatter(logging.Formatter):
    """A formatter that blots out secrets, in messages as in tracebacks.

    Libraries put addresses into their exceptions, and the address of a call to the Bot API has
    the token in it.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        """Take the secrets that are known; tokens and personal links are known by their form."""
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")
        self._secrets = [secret for secret in secrets if secret]

    def format(self, record: logging.LogRecord) -> str:
        """Write the record without its secrets."""
        line = super().format(record)
        for secret in self._secrets:
            line = line.replace(secret, BLOT)
        return _BOT_TOKEN.sub(BLOT, _PERSONAL_LINK.sub(BLOT, line))


def start_logging(level: str, secrets: Iterable[str]) -> None:
    """Send the log to standard error, from a level ("DEBUG" to "ERROR") on."""
    handler = logging.StreamHandler()
    handler.setFormatter(DiscreetFormatter(secrets))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # At INFO the first three tell of every migration step, every request, every batch of changed
    # files; at DEBUG the others of every value that is stored, people's names among them, and of
    # every line of a lesson.
    for library in ("alembic", "aiogram", "watchfiles", "aiosqlite", "markdown_it"):
        logging.getLogger(library).setLevel(max(logging.WARNING, logging.getLevelName(level)))
