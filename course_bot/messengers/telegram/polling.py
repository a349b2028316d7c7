"""The loop around getUpdates: an update is confirmed only after its turn has committed.

aiogram's own loop confirms a batch before its handlers are done, so that a kill loses what was
in hand, and one update that it can't parse stops it for good.
"""

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable

from aiogram import Bot
from aiogram.exceptions import (
    TelegramAPIError,
    TelegramConflictError,
    TelegramRetryAfter,
    TelegramUnauthorizedError,
)
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type

from course_bot.messengers.delivery import Pace, error_of
from course_bot.messengers.telegram.api import (
    FAULTS,
    DeleteWebhook,
    GetUpdates,
    until_reached,
    worded,
)
from course_bot.messengers.telegram.updates import UPDATES

log = logging.getLogger(__name__)

Take = Callable[[dict[str, object]], Awaitable[object]]


async def poll(bot: Bot, pace: Pace, take: Take) -> None:
    """Fetch updates until cancelled and hand each to ``take``, which returns after its commit.

    Telegram shows at most 100 unconfirmed updates from the offset on. While a turn takes long,
    the loop asks again from the first uncommitted one: what is in hand comes once more and is
    left alone, what is new is taken, so that one slow turn holds nobody else back.
    """
    await _leave_webhook(bot, pace)
    offset = 0
    in_hand: dict[int, asyncio.Task[object]] = {}
    try:
        while True:
            wait = 0 if in_hand else pace.long_poll
            for raw in await _fetched(bot, pace, offset, wait):
                number = raw.get("update_id")
                if not isinstance(number, int):
                    log.error("an update without an update_id is passed over")
                elif number not in in_hand:
                    in_hand[number] = asyncio.create_task(_taken(take, raw))
            if in_hand:
                await asyncio.wait(in_hand.values(), timeout=pace.settle)
            while in_hand and in_hand[first := min(in_hand)].done():
                _note(first, in_hand.pop(first), bot)
                offset = first + 1
    finally:
        for task in in_hand.values():
            task.cancel()
        await asyncio.gather(*in_hand.values(), return_exceptions=True)


async def _fetched(bot: Bot, pace: Pace, offset: int, wait: int) -> list[dict[str, object]]:
    """Ask for updates until there is an answer."""

    def pause(state: RetryCallState) -> float:
        error = error_of(state)
        if isinstance(error, TelegramRetryAfter):
            return error.retry_after
        if isinstance(error, TelegramUnauthorizedError):
            return pace.longest_pause
        return pace.backoff(state)

    async def explained(state: RetryCallState) -> None:
        error = error_of(state)
        log.warning("no updates from Telegram: %s", _explained(error, bot))
        if isinstance(error, TelegramConflictError) and "webhook" in error.message:
            await _leave_webhook(bot, pace)

    async def ask() -> object:
        call = GetUpdates(offset=offset, timeout=wait, allowed_updates=UPDATES)
        return await bot(call, request_timeout=wait + math.ceil(pace.call))

    batch: object = await AsyncRetrying(
        retry=retry_if_exception_type((TelegramAPIError, *FAULTS)),
        wait=pause,
        before_sleep=explained,
    )(ask)
    updates = batch if isinstance(batch, list) else []
    return [raw for raw in updates if isinstance(raw, dict)]


def _explained(error: BaseException, bot: Bot) -> str:
    if isinstance(error, TelegramConflictError):
        if "webhook" in error.message:
            return "another process has set a webhook for this token"
        return "another process polls with this token"
    if isinstance(error, TelegramUnauthorizedError):
        return "it does not accept the token any more: was it replaced?"
    return worded(error, bot)


async def _taken(take: Take, raw: dict[str, object]) -> object:
    return await take(raw)


def _note(number: int, task: asyncio.Task[object], bot: Bot) -> None:
    """Log an exception that ``take`` let through: a fault of the door, the same each time."""
    error = task.exception()
    if error is not None:
        log.error("update %d is passed over: %s", number, worded(error, bot), exc_info=error)


async def _leave_webhook(bot: Bot, pace: Pace) -> None:
    """Switch to polling; what is waiting for the webhook stays and is polled."""
    await until_reached(bot, pace, DeleteWebhook(), "polling can't begin yet")
