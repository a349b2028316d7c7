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
from aiogram.methods import DeleteWebhook

from course_bot.messengers.telegram.hearing import UPDATES
from course_bot.messengers.telegram.sending import (
    FAULTS,
    GetRawUpdates,
    Pace,
    worded,
)

log = logging.getLogger(__name__)


async def poll(
    bot: Bot, pace: Pace, take: Callable[[dict[str, object]], Awaitable[object]]
) -> None:
    """Fetch updates until cancelled and hand each to ``take``, which returns after its commit.

    Telegram shows at most 100 unconfirmed updates from the offset on. While a turn takes long,
    the loop asks again from the first uncommitted one: what is in hand comes once more and is
    left alone, what is new is taken, so that one slow turn holds nobody else back.
    """
    await _leave_webhook(bot, pace)
    offset = faults = 0
    in_hand: dict[int, asyncio.Task[object]] = {}
    try:
        while True:
            wait = 0 if in_hand else pace.long_poll
            try:
                batch = await bot(
                    GetRawUpdates(offset=offset, timeout=wait, allowed_updates=UPDATES),
                    request_timeout=wait + math.ceil(pace.call),
                )
            except (TelegramAPIError, *FAULTS) as error:
                faults += 1
                await asyncio.sleep(_explained(error, bot, pace, faults))
                if isinstance(error, TelegramConflictError) and "webhook" in error.message:
                    await _leave_webhook(bot, pace)
                continue
            faults = 0
            for raw in batch:
                number = raw.get("update_id")
                if not isinstance(number, int):
                    log.error("an update without an update_id is passed over")
                elif number >= offset and number not in in_hand:
                    in_hand[number] = asyncio.create_task(_taken(take, raw))
            if in_hand:
                await asyncio.wait(in_hand.values(), timeout=pace.settle)
            while in_hand and in_hand[first := min(in_hand)].done():
                _noted(first, in_hand.pop(first), bot)
                offset = first + 1
    finally:
        for task in in_hand.values():
            task.cancel()
        await asyncio.gather(*in_hand.values(), return_exceptions=True)


async def _taken(
    take: Callable[[dict[str, object]], Awaitable[object]], raw: dict[str, object]
) -> object:
    return await take(raw)


def _noted(number: int, task: asyncio.Task[object], bot: Bot) -> None:
    """Log an exception that ``take`` let through: a fault of the door, the same each time."""
    error = task.exception()
    if error is not None:
        log.error("update %d is passed over: %s", number, worded(error, bot), exc_info=error)


def _explained(error: Exception, bot: Bot, pace: Pace, faults: int) -> float:
    """Log why there are no updates, and return how long to wait before asking again."""
    if isinstance(error, TelegramRetryAfter):
        log.warning("Telegram asks to wait %d s (getUpdates)", error.retry_after)
        return error.retry_after
    if isinstance(error, TelegramConflictError):
        if "webhook" in error.message:
            log.warning("another process has set a webhook for this token")
        else:
            log.warning("another process polls with this token")
    elif isinstance(error, TelegramUnauthorizedError):
        log.error("Telegram does not accept the token any more: was it replaced?")
        return pace.longest_pause
    else:
        log.warning("no updates from Telegram: %s", worded(error, bot))
    return pace.pause(faults)


async def _leave_webhook(bot: Bot, pace: Pace) -> None:
    """Switch to polling; what is waiting for the webhook stays and is polled."""
    faults = 0
    while True:
        try:
            await bot(DeleteWebhook(drop_pending_updates=False))
        except (TelegramAPIError, *FAULTS) as error:
            faults += 1
            log.warning("polling can't begin yet: %s", worded(error, bot))
            await asyncio.sleep(pace.pause(faults))
        else:
            return
