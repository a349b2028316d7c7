"""What every call to the Bot API passes: "retry after" is obeyed, and faults are tried again."""

import logging
import math

from aiogram import Bot
from aiogram.client.session.middlewares.base import (
    BaseRequestMiddleware,
    NextRequestMiddlewareType,
)
from aiogram.exceptions import TelegramEntityTooLarge, TelegramRetryAfter
from aiogram.methods import Response, TelegramMethod
from aiogram.methods.base import TelegramType
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception

from course_bot.messengers.delivery import BulkPace, Pace, error_of, retried
from course_bot.messengers.holding import LONGEST_WAIT, ROUNDS, HeldError, Holds
from course_bot.messengers.telegram.api import FAULTS, Call, GetUpdates, perhaps_heard, worded

log = logging.getLogger(__name__)


class FloodControl(BaseRequestMiddleware):
    """Holds back what Telegram asks to wait with, and tries again what failed on the way.

    No answer 429 says whom it is about. There are limits for one chat, for one kind of request and
    for all the bot sends; which one was exceeded can't be told, and others "usually" but not
    always meet it too (tdlib's maintainer in tdlib/td issues 715 and 1062). The limits known for
    sure are one message a second in one chat, and about 30 a second over all (Telegram's bots
    FAQ). grammY's auto-retry and aiogram leave every call to itself; ``Holds`` says who waits.
    """

    def __init__(self, pace: Pace, bulk: BulkPace) -> None:
        self._pace = pace
        self._backoff = pace.backoff
        self._holds = Holds(bulk)

    async def __call__(
        self,
        make_request: NextRequestMiddlewareType[TelegramType],
        bot: Bot,
        method: TelegramMethod[TelegramType],
    ) -> Response[TelegramType]:
        """Make the request; raise what is left after all tries."""
        if method.__api_method__ == GetUpdates.__api_method__:
            return await make_request(bot, method)  # The polling loop has a patience of its own.
        chat: int | None = getattr(method, "chat_id", None)

        async def attempt() -> Response[TelegramType]:
            try:
                await self._holds.wait(chat)
            except HeldError as held:
                seconds = math.ceil(held.seconds)
                raise TelegramRetryAfter(method, "held back", seconds) from None
            try:
                return await make_request(bot, method)
            except TelegramRetryAfter as error:
                self._holds.hold(chat, error.retry_after)
                name = method.__api_method__
                log.warning("Telegram asks to wait %d s (%s)", error.retry_after, name)
                raise

        def note(state: RetryCallState) -> None:
            error = error_of(state)
            if not isinstance(error, TelegramRetryAfter):
                # A warning, though all may yet be well: in an outage the log counts those.
                log.warning(
                    "%s is tried again after %s", method.__api_method__, worded(error, bot)
                )

        once = isinstance(method, Call) and method.once

        def may_pass(error: BaseException) -> bool:
            return _may_pass(error) and not (once and perhaps_heard(error))

        def retrying() -> AsyncRetrying:
            return AsyncRetrying(
                retry=retry_if_exception(may_pass),
                stop=self._is_enough,
                wait=self._pause,
                before_sleep=note,
                reraise=True,
            )

        return await retried(attempt, retrying)

    def _is_enough(self, state: RetryCallState) -> bool:
        error = error_of(state)
        if isinstance(error, TelegramRetryAfter):
            return error.retry_after > LONGEST_WAIT or state.attempt_number >= ROUNDS
        return state.attempt_number >= self._pace.tries

    def _pause(self, state: RetryCallState) -> float:
        # After 429 the wait before the next attempt is the pause.
        limited = isinstance(error_of(state), TelegramRetryAfter)
        return 0.0 if limited else self._backoff(state)


def _may_pass(error: BaseException) -> bool:
    # aiogram counts a file that is too large among network errors, but it will not pass.
    return isinstance(error, (TelegramRetryAfter, *FAULTS)) and not isinstance(
        error, TelegramEntityTooLarge
    )
