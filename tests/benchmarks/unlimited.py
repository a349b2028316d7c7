"""The course as ever, but for MAX's limits, which are no part of what a tap costs.

Telegram's door has none of its own: it waits where Telegram asks it to. MAX's keeps 30 requests
a second, and asks for updates twice a second.
"""

import sys
from functools import partial
from unittest.mock import patch

from course_bot.cli import main
from course_bot.messengers.max import api, door

MANY = 10**9


class Unlimited:
    """Stands in for the limiter, which lets nobody pass twice at one time of the event loop."""

    def __init__(self, *_: float) -> None:
        """Take a rate, and forget it."""

    async def acquire(self) -> None:
        """Let pass."""


if __name__ == "__main__":
    limits = api.Limits(overall=MANY, bulk=MANY, in_chat=MANY, polls=MANY)
    with (
        patch.object(api, "AsyncLimiter", Unlimited),
        patch.object(door, "MaxDoor", partial(door.MaxDoor, limits=limits)),
    ):
        sys.exit(main())
