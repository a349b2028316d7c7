"""Who has to wait because a messenger asked for it: one chat, or everybody."""

import asyncio

from course_bot.messengers.delivery import BulkPace

LONGEST_WAIT = 60.0
"""What may not go out for longer (in seconds) fails at once: its person has gone on."""
ROUNDS = 10
"""How many times one call waits for "retry after" before it is given up."""
TOGETHER = 1.0
"""Two chats that are limited within so many seconds show that the limit is everyone's."""


class HeldError(Exception):
    """It would have to wait for too long: ``seconds`` more."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"{seconds:.0f} s")
        self.seconds = seconds


class Holds:
    """Holds back what a messenger asks to wait with.

    No answer 429 says whom it is about. There are limits for one chat and for all that the bot
    sends. Here:

    - 429 to a call in a chat holds that chat, and nobody else waits;
    - 429 to a call without a chat, or in a second chat within a second, holds everybody. What has
      waited then goes out at the pace of bulk messages, not all at once.
    """

    def __init__(self, bulk: BulkPace) -> None:
        """Share the ``bulk`` pace with what the bot says by itself."""
        self._bulk = bulk
        self._until: dict[int | None, float] = {}
        """Until when each chat is held, or everybody (None), by the event loop's clock."""
        self._last: tuple[int, float] | None = None
        """Which chat was limited last, and when."""

    def hold(self, chat: int | None, seconds: float) -> None:
        """Hold a chat, or with None everybody, as a messenger has asked to."""
        now = asyncio.get_running_loop().time()
        last, self._last = self._last, None if chat is None else (chat, now)
        together = last is not None and last[0] != chat and now - last[1] < TOGETHER
        held = None if together else chat
        self._until = {key: until for key, until in self._until.items() if until > now}
        self._until[held] = max(self._until.get(held, 0.0), now + seconds)

    async def wait(self, chat: int | None) -> None:
        """Wait until something may go out; raise ``HeldError`` where that is too long."""
        loop = asyncio.get_running_loop()
        while self._until:
            now = loop.time()
            everybody = self._until.get(None, 0.0) - now
            left = max(everybody, self._until.get(chat, 0.0) - now)
            if left <= 0:
                return
            if left > LONGEST_WAIT:
                raise HeldError(left)
            await asyncio.sleep(left)
            if everybody > 0:
                await self._bulk.slot()
