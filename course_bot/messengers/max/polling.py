"""The loop around GET /updates: the marker moves only after all before it has committed.

MAX numbers no updates. A marker stands behind all that came with it, and once it is shown to
MAX, what is before it is forgotten there; without one MAX tells only the newest update. So the
marker is kept in the database, and moved when nothing that came with it is in hand any more.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Protocol

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type

from course_bot.messengers.delivery import Pace, error_of
from course_bot.messengers.max.api import FAULTS, ApiError, MaxApi, until_done, worded
from course_bot.messengers.max.updates import DOOR, UPDATES, identity, name_of

log = logging.getLogger(__name__)

Take = Callable[[dict[str, object]], Awaitable[object]]
LONGEST_POLL = 30
"""Seconds; MAX, announcement of 11 May 2026 to those who poll."""
MOST = 100
"""Updates at a time; the same announcement."""


class Markers(Protocol):
    """Where the markers are kept."""

    async def marker(self, bot: str) -> int | None:
        """Return the marker of a bot; None where there was none yet."""
        ...

    async def keep_marker(self, bot: str, marker: int) -> None:
        """Keep the marker of a bot."""
        ...


async def poll(
    api: MaxApi, pace: Pace, markers: Markers, take: Take, *, bot: object, a_second: float
) -> None:
    """Fetch updates until cancelled and hand each to ``take``, which returns after its commit.

    While a turn takes long, the loop asks again from the same marker: what is in hand, or was
    since, comes once more and is left alone, what is new is taken. So one slow turn holds nobody
    back, as long as no more than ``MOST`` come meanwhile.

    Args:
        api: MAX's.
        pace: how long is waited for what.
        markers: where the marker is kept.
        take: carries an update out; what it raises is a fault of the door.
        bot: MAX's number of the bot: to another one its marker means nothing.
        a_second: how often MAX may be asked.
    """
    await until_done(pace, partial(leave_webhooks, api), "polling can't begin yet")
    name = f"{DOOR} {bot}"
    marker = await until_done(pace, partial(markers.marker, name), "the marker can't be read yet")
    loop = asyncio.get_running_loop()
    taken: dict[str, asyncio.Task[None]] = {}
    asked = float("-inf")
    try:
        while True:
            await asyncio.sleep(asked + 1 / a_second - loop.time())
            asked = loop.time()
            in_hand = any(not task.done() for task in taken.values())
            wait = 0 if in_hand else min(pace.long_poll, LONGEST_POLL)
            batch, behind = await _fetched(api, pace, marker, wait)
            for which, raw in batch.items():
                if which not in taken:
                    taken[which] = asyncio.create_task(_taken(take, raw))
            if taken:
                await asyncio.wait(taken.values(), timeout=pace.settle)
            if any(not task.done() for task in taken.values()):
                continue
            # Without a new marker the same updates may come again, and are known then.
            taken = {which: task for which, task in taken.items() if which in batch}
            if behind is not None and behind != marker:
                marker = behind
                await until_done(
                    pace, partial(markers.keep_marker, name, marker), "the marker is not kept"
                )
                taken.clear()
    finally:
        for task in taken.values():
            task.cancel()
        await asyncio.gather(*taken.values(), return_exceptions=True)


async def leave_webhooks(api: MaxApi) -> None:
    """Switch to polling: while MAX delivers to an address, it answers no question."""
    told = await api.call("GET", "/subscriptions")
    for each in addresses_in(told):
        await api.call("DELETE", "/subscriptions", query={"url": each})


def addresses_in(told: dict[str, object]) -> list[str]:
    """Return the addresses that MAX says it delivers to."""
    subscriptions = told.get("subscriptions")
    each = subscriptions if isinstance(subscriptions, list) else []
    urls = [one.get("url") for one in each if isinstance(one, dict)]
    return [url for url in urls if isinstance(url, str)]


async def _fetched(
    api: MaxApi, pace: Pace, marker: int | None, wait: int
) -> tuple[dict[str, dict[str, object]], int | None]:
    """Ask for updates until there is an answer; return them, each by its name, and the marker."""
    query = {"timeout": f"{wait}", "limit": f"{MOST}", "types": ",".join(UPDATES)}
    if marker is not None:
        query["marker"] = f"{marker}"

    def pause(state: RetryCallState) -> float:
        error = error_of(state)
        if isinstance(error, ApiError):
            return error.wait if error.status == 429 else pace.longest_pause
        return pace.backoff(state)

    def note(state: RetryCallState) -> None:
        log.warning("no updates from MAX: %s", worded(error_of(state)))

    async def ask() -> dict[str, object]:
        return await api.ask("GET", "/updates", query=query, seconds=wait + pace.call)

    told: dict[str, object] = await AsyncRetrying(
        retry=retry_if_exception_type(FAULTS), wait=pause, before_sleep=note
    )(ask)
    updates, behind = told.get("updates"), told.get("marker")
    each = updates if isinstance(updates, list) else []
    return (
        {identity(raw): raw for raw in each if isinstance(raw, dict)},
        behind if isinstance(behind, int) else None,
    )


async def _taken(take: Take, raw: dict[str, object]) -> None:
    try:
        await take(raw)
    except Exception:
        log.exception("%s is passed over", name_of(raw) or "what is no update")
