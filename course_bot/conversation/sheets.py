"""Statistics sheets: a file comes in, an explanation goes out."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import date
from typing import Protocol

from course_bot.conversation.routes import Route
from course_bot.conversation.stage import Stage
from course_bot.sheets.figures import Field, Reading
from course_bot.storage.store import Decision


class SheetReader(Protocol):
    """Reads statistics sheets without trusting them, and without holding anybody up."""

    async def read(
        self, fetch: Callable[[], Awaitable[bytes]], *, today: date, chosen: Mapping[str, Field]
    ) -> Reading:
        """Read a sheet.

        Args:
            fetch: brings the file, once there is a place to read it.
            today: by which a date is one of the future.
            chosen: what somebody said that a heading means, by the heading as it is compared.

        Raises:
            TooLargeError: as ``fetch`` does, and whatever else it raises.
        """
        ...


def received(stage: Stage, _reading: Reading | None) -> Decision:
    """Take in what came of a file; None is of something else that was sent, and is no text."""
    return Decision(
        person=stage.person,
        notice=stage.phrases.t("I only understand text and buttons. Please write it."),
    )


ROUTES: tuple[Route, ...] = ()
