"""What doors share about screens in a chat: where the newest is, and links that are no keys."""

from contextlib import suppress
from dataclasses import replace
from html import escape
from typing import Generic, TypeVar

from course_bot.conversation.port import PortError, Screen

CHATS = 10_000
"""In how many chats it is remembered where the screen is."""

M = TypeVar("M")


class LastScreens(Generic[M]):
    """Remembers which message of each chat has the screen, the only one with keys.

    Memory is enough: of a chat that is not remembered, an old key shows where one is now.
    """

    def __init__(self) -> None:
        self._last: dict[int, M] = {}

    def of(self, chat: int) -> M | None:
        """Return the message that has the screen in a chat, as far as it is known."""
        return self._last.get(chat)

    def moved(self, chat: int, message: M | None) -> M | None:
        """Remember the message that has the screen now (None: none is known to).

        Returns:
            the one that had it before, whose keys are to be taken, if that is another one.
        """
        last = self._last.pop(chat, None)
        if message is not None:
            if len(self._last) >= CHATS:
                del self._last[next(iter(self._last))]
            self._last[chat] = message
        return last if last != message else None


def with_links_spelled_out(screen: Screen) -> Screen:
    """Return the screen with its links in the text, for where their buttons are refused.

    Telegram refuses the whole message for one link that it does not like, such as any to
    http://localhost, where a course that is only tried out lives.
    """
    links = [button for row in screen.rows for button in row if button.url]
    lines = "".join(
        f"\n{escape(button.label, quote=False)}: {escape(button.url, quote=False)}"
        for button in links
    )
    rows = (tuple(button for button in row if not button.url) for row in screen.rows)
    kept = replace(screen, rows=tuple(row for row in rows if row))
    with suppress(PortError):  # too long with them: the labels of the lost keys say what it was
        return replace(kept, text=kept.text + lines)
    return kept


def cut(text: str, limit: int) -> str:
    """Return the text, or its beginning with an ellipsis where it has more than ``limit``."""
    return text if len(text) <= limit else text[: limit - 1] + "…"
