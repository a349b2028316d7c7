"""How what the bot says by itself goes out: lent by the conversation, sent at a door, reported."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, stop_after_delay

from course_bot.conversation.port import Outgoing, Talk
from course_bot.messengers.delivery import (
    BUGS,
    BlockedError,
    BulkPace,
    DeliveryError,
    Door,
    LimitedError,
    Pace,
    UncertainError,
    UnreachableError,
    error_of,
    retried,
    traced,
)

log = logging.getLogger(__name__)

BLOCKED = "blocked"
"""The reason of what was refused because the person wants nothing of us any more."""
LEASE_SECONDS = 240.0
"""What a message gets to go out and be reported: it is lent for 300 s (``Talk.outgoing``)."""


class Outbox:
    """Sends what one door is lent.

    Messages go out side by side at the bulk pace, and each is reported as soon as it is out. No
    messenger has a key by which it would know a repeated message, so what was in flight when the
    process was killed, or when its connection broke after the messenger had taken it, may arrive
    twice; so may what could not be reported while it was lent. Nothing else does, and nothing is
    lost. Of messages that are to come once, just these are given up instead.
    """

    def __init__(
        self,
        talk: Talk,
        door: Door,
        *,
        name: str,
        clock: Callable[[], datetime],
        pace: Pace,
        bulk: BulkPace,
    ) -> None:
        """Connect a door by its ``name`` in accounts; ``clock`` gives the time in UTC."""
        self._talk = talk
        self._door = door
        self._name = name
        self._clock = clock
        self._pace = pace
        self._bulk = bulk
        self._lent: list[Outgoing] = []
        self._until = 0.0

    async def send(self) -> None:
        """Send whatever is due, until cancelled; what is in flight then gets a moment to land."""
        while True:
            async for attempt in AsyncRetrying(
                retry=retry_if_exception_type(Exception),
                wait=self._pace.backoff,
                before_sleep=self._note,
            ):
                with attempt:
                    await self._send_some(alone=attempt.retry_state.attempt_number > 1)

    async def _send_some(self, *, alone: bool) -> None:
        """Send what is due now, or sleep a little where nothing is.

        With ``alone`` one message goes ahead of the others, to see whether the messenger is back:
        an outage costs one message a try, not all of them. Raises ``UnreachableError`` for an
        outage; what had not gone out by then is kept for the next call while it is lent.
        """
        loop = asyncio.get_running_loop()
        if not self._lent or loop.time() > self._until:
            self._until = loop.time() + LEASE_SECONDS
            self._lent = list(await self._talk.outgoing(self._name, self._clock()))
        if not self._lent:
            await asyncio.sleep(self._pace.outbox)
            return
        count = 1 if alone else len(self._lent)
        batch, self._lent = self._lent[:count], self._lent[count:]
        outage: UnreachableError | None = None
        stopped = False

        async def send(message: Outgoing) -> None:
            nonlocal outage
            await self._bulk.turn(message.account.key)
            if outage is not None or stopped:
                self._lent.append(message)
                return
            try:
                await self._deliver(message)
            except UnreachableError as error:
                outage = error

        sending = [asyncio.create_task(send(message)) for message in batch]
        try:
            await asyncio.wait(sending)
        except asyncio.CancelledError:
            stopped = True
            await asyncio.wait(sending, timeout=self._pace.farewell)
            raise
        finally:
            for task in sending:
                task.cancel()
        for fault in [task.exception() for task in sending]:
            if fault is not None:
                raise fault  # the database's, which kept a message from being reported
        if outage is not None:
            raise outage

    async def _deliver(self, message: Outgoing) -> None:
        """Send one message and report what became of it; raises ``UnreachableError`` too."""
        if message.once and not await self._talk.begin(message.id, self._clock()):
            return
        try:
            async with asyncio.timeout_at(self._until):
                await self._door.write(message.account, message.screen, once=message.once)
        except UnreachableError as error:
            lasting = message.once and isinstance(error, UncertainError)
            await self._undelivered(message, str(error), lasting=lasting)
            raise
        except TimeoutError:
            await self._undelivered(message, "its lease ended", lasting=message.once)
        except DeliveryError as error:
            log.warning("a message of the outbox is not sent: %s", error)
            if isinstance(error, BlockedError):
                await self._reported(partial(self._talk.blocked, message.account, self._clock()))
            lasting = not isinstance(error, LimitedError)
            reason = BLOCKED if isinstance(error, BlockedError) else str(error)
            await self._undelivered(message, reason, lasting=lasting)
        except Exception as error:  # noqa: BLE001 - one message must not stop the others
            log.error(  # noqa: TRY400 - the traceback is there, without secrets
                "a message of the outbox is not sent: %s", traced(error, self._door)
            )
            lasting = message.once or isinstance(error, BUGS)
            await self._undelivered(message, type(error).__name__, lasting=lasting)
        else:
            await self._reported(partial(self._talk.delivered, message.id, self._clock()))

    async def _undelivered(self, message: Outgoing, reason: str, *, lasting: bool) -> None:
        report = partial(self._talk.undelivered, message.id, self._clock())
        await self._reported(partial(report, reason=reason, lasting=lasting))

    async def _reported(self, report: Callable[[], Awaitable[None]]) -> None:
        """Report, again after a fault: what was sent and not reported would be sent once more."""
        await retried(
            report,
            lambda: AsyncRetrying(
                retry=retry_if_exception_type(Exception),
                stop=stop_after_delay(LEASE_SECONDS),
                wait=self._pace.backoff,
                reraise=True,
            ),
        )

    def _note(self, state: RetryCallState) -> None:
        error = error_of(state)
        told = error if isinstance(error, DeliveryError) else traced(error, self._door)
        log.warning("the outbox waits: %s", told)
