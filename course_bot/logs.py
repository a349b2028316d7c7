"""The log on standard error: secrets are blotted out, and repeated trouble is told once."""

import logging
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from threading import RLock, Timer
from time import localtime, strftime
from typing import TextIO

BLOT = "[secret]"
PERIOD = 60.0
"""Seconds between two counts of trouble that goes on; without it for so long, it is over."""
_PERSONAL_LINK = re.compile(r"\bgo-[A-Za-z0-9_-]{20,}")
_BOT_TOKEN = re.compile(r"\d{5,}:[A-Za-z0-9_-]{30,}")


def without_secrets(text: str, secrets: Iterable[str]) -> str:
    """Blot out secrets: those that are known, and what has the form of one."""
    for secret in secrets:
        text = text.replace(secret, BLOT)
    return _BOT_TOKEN.sub(BLOT, _PERSONAL_LINK.sub(BLOT, text))


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
        return without_secrets(super().format(record), self._secrets)


@dataclass(slots=True)
class _Trouble:
    name: str = ""
    level: int = 0
    last: str = ""
    times: int = 1
    told: int = 1


class CountingHandler(logging.StreamHandler[TextIO]):
    """A handler that writes the same trouble down once, and then how often it came again.

    While a database is away every move of every person fails in the same way, and each failure
    would bring the same hundred lines. The same are warnings and errors of one logger with the
    same words, whatever values fill them, and with the same exception from the same place.
    """

    def __init__(self, stream: TextIO, *, period: float = PERIOD) -> None:
        """Write to a stream; ``period`` is the seconds between two counts."""
        super().__init__(stream)
        self._period = period
        self._troubles: dict[object, _Trouble] = {}
        self._timer: Timer | None = None
        self._counting = RLock()

    def handle(self, record: logging.LogRecord) -> bool:
        """Write the record, unless it only repeats one that is written and not yet over."""
        if record.levelno >= logging.WARNING and self._repeats(record):
            return False
        return super().handle(record)

    def tell(self) -> None:
        """Write down what came again since the last time, and what has not and so is over."""
        with self._counting:
            for key, trouble in tuple(self._troubles.items()):
                more = trouble.times - trouble.told
                if more:
                    self._write(f"{more} more like it", trouble)
                    trouble.told = trouble.times
                else:
                    del self._troubles[key]
                    if trouble.times > 1:
                        self._write(f"over after {trouble.times} in all", trouble)
            self._timer = None
            if self._troubles:
                self._tell_later()

    def close(self) -> None:
        """Write down the counts that are left, and close."""
        with self._counting:
            if self._timer is not None:
                self._timer.cancel()
            for trouble in self._troubles.values():
                if trouble.times > trouble.told:
                    self._write(f"{trouble.times - trouble.told} more like it", trouble)
            self._troubles.clear()
        super().close()

    def _repeats(self, record: logging.LogRecord) -> bool:
        key = _sameness(record)
        with self._counting:
            known = self._troubles.get(key)
            if known is None:
                self._troubles[key] = _Trouble()
                if self._timer is None:
                    self._tell_later()
                return False
            known.times += 1
            # Words only: the exception would keep all that its traceback touches.
            known.name, known.level, known.last = record.name, record.levelno, _brief(record)
            return True

    def _tell_later(self) -> None:
        self._timer = Timer(self._period, self.tell)
        self._timer.daemon = True
        self._timer.start()

    def _write(self, count: str, trouble: _Trouble) -> None:
        record = logging.LogRecord(
            trouble.name, trouble.level, __file__, 0, "%s, %s", (count, trouble.last), None
        )
        super().handle(record)


def _brief(record: logging.LogRecord) -> str:
    at = strftime("%H:%M:%S", localtime(record.created))
    error = record.exc_info[0] if record.exc_info else None
    first_line = record.getMessage().partition("\n")[0]
    return f"last at {at}: {first_line}" + (f" ({error.__name__})" if error else "")


def _sameness(record: logging.LogRecord) -> object:
    words = str(record.msg)
    if not re.sub(r"%\w|\W", "", words):  # as in "%s": what it is about, its values say
        words = record.getMessage()
    error, trace = (record.exc_info[0], record.exc_info[2]) if record.exc_info else (None, None)
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = (trace.tb_frame.f_code, trace.tb_lineno) if trace is not None else None
    return record.name, record.levelno, words, error, place


def start_logging(level: str, secrets: Iterable[str]) -> None:
    """Send the log to standard error, from a level ("DEBUG" to "ERROR") on."""
    handler = CountingHandler(sys.stderr)
    handler.setFormatter(DiscreetFormatter(secrets))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # At INFO the first three tell of every migration step, every request, every batch of changed
    # files; at DEBUG the others of every value that is stored, people's names among them, and of
    # every line of a lesson.
    for library in ("alembic", "aiogram", "watchfiles", "aiosqlite", "markdown_it"):
        logging.getLogger(library).setLevel(max(logging.WARNING, logging.getLevelName(level)))
