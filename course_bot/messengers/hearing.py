"""A door that hears updates: read, handed to the conversation, and confirmed after the commit."""

import asyncio
import logging
import re
from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from course_bot.conversation.port import Talk
from course_bot.errors import CourseError
from course_bot.messengers import webhook
from course_bot.messengers.delivery import BulkPace, Delivery, Door, Event, Pace, traced
from course_bot.messengers.outbox import Outbox
from course_bot.messengers.reading import UpdateError

log = logging.getLogger(__name__)


class SecretError(CourseError):
    """A webhook without a usable secret: anybody could speak in anybody's name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """How a messenger's webhook shows that it is the messenger: in which header, what form."""

    header: str
    form: re.Pattern[str]

    def checked(self, secret: str) -> str:
        """Return the secret; raise ``SecretError`` where it is missing or not of its form."""
        if self.form.fullmatch(secret) is None:
            raise SecretError(f"a webhook needs a secret like {self.form.pattern}")
        return secret


class HearingDoor(Door):
    """What is the same for every messenger that tells of updates and lets the bot write first."""

    hook: Hook

    def __init__(
        self, talk: Talk, *, name: str, clock: Callable[[], datetime], pace: Pace, bulk: BulkPace
    ) -> None:
        """Connect a door.

        Args:
            talk: the conversation.
            name: the door's in accounts.
            clock: gives the time in UTC.
            pace: how long is waited for what.
            bulk: the pace of what nobody waits for.
        """
        self._talk = talk
        self._clock = clock
        self._pace = pace
        self._delivery = Delivery(talk, self, clock=clock, pace=pace)
        self._outbox = Outbox(talk, self, name=name, clock=clock, pace=pace, bulk=bulk)

    @abstractmethod
    def name_of(self, raw: Mapping[str, object]) -> str | None:
        """Return how the log calls an update; None for what is none."""

    @abstractmethod
    def read(self, raw: Mapping[str, object]) -> Event | None:
        """Tell what an update means, None where it is nothing to the bot.

        Raises:
            UpdateError: it is not what the messenger promises.
        """

    def route(self, *, path: str, secret: str) -> webhook.Route:
        """Return the webhook's route: it answers 200 only after the commit.

        Raises:
            SecretError: the secret is missing, or not of the messenger's form.
        """
        return webhook.route(
            path=path,
            header=self.hook.header,
            secret=self.hook.checked(secret),
            name_of=self.name_of,
            take=partial(self.receive, persevere=False),
            traced=lambda error: traced(error, self),
        )

    async def receive(
        self, raw: dict[str, object], *, persevere: bool = True
    ) -> asyncio.Task[None] | None:
        """Take one update as the messenger words it; return after the commit.

        What is returned is done when the replies are out; None means that there are none. An
        update that can't be read is logged and passed over. With ``persevere`` a fault is tried
        until it is gone or known to be the update's own, without it the fault is raised after a
        few tries.
        """
        try:
            event = self.read(raw)
        except UpdateError as error:
            log.warning("%s can't be read (%s) and is passed over", self.name_of(raw), error)
            return None
        return None if event is None else await self._delivery.receive(event, persevere=persevere)

    async def send_outbox(self) -> None:
        """Send what the bot says by itself, until cancelled; see ``Outbox``."""
        await self._outbox.send()

    async def idle(self) -> None:
        """Wait until every reply to what was received is out."""
        await self._delivery.idle()

    async def close(self) -> None:
        """Let the last replies go out for a moment, then close the connections."""
        await self._delivery.close()
