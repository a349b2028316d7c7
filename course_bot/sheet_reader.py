"""Reads statistics sheets in a process of its own."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import date

from course_bot.sheets.figures import Field, Reading, Refusal


class SheetReader:
    """Reads statistics sheets."""

    async def read(
        self,
        fetch: Callable[[], Awaitable[bytes]],
        *,
        today: date,  # noqa: ARG002
        chosen: Mapping[str, Field],  # noqa: ARG002
    ) -> Reading:
        """Read a sheet."""
        await fetch()
        return Refusal.FAILED
