"""What is done by the clock: when, until when, and what a failure does to it."""

import asyncio
from datetime import timedelta

import pytest

from course_bot.chores import Chore, do_chores


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
