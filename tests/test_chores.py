"""What is done by the clock: when, until when, and what a failure does to it."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from course_bot.chores import Chore, do_chores, remind


class _Reminding:
    """A conversation that has two rounds of people to remind, and a door that notes them."""

    def __init__(self) -> None:
        self.rounds = [["ann", "bob"], ["eve"]]
        self.sent: list[str] = []

    async def reminders(self, _door: str, _now: datetime) -> list[tuple[str, str]]:
        return [(name, "screen") for name in self.rounds.pop(0)] if self.rounds else []

    async def send(self, account: str, _screen: str) -> bool:
        self.sent.append(account)
        return True


@pytest.mark.parametrize(("hour", "reached"), [(9, ["ann", "bob", "eve"]), (20, [])])
async def test_reminders_go_out_by_day_until_nobody_is_left(hour: int, reached: list[str]) -> None:
    both: Any = _Reminding()
    await remind(both, both, datetime(2026, 11, 23, hour, tzinfo=UTC))
    assert both.sent == reached


async def test_a_chore_that_fails_is_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    done = asyncio.Event()
    tries: list[int] = []

    async def chore() -> None:
        tries.append(len(tries))
        if len(tries) == 1:
            raise OSError("the database is away")
        done.set()

    task = asyncio.create_task(do_chores([Chore(name="tidy", pause=timedelta(0), do=chore)]))
    await done.wait()
    task.cancel()
    assert "the chore 'tidy' failed and will be tried again" in caplog.text
