"""The MAX door at work on the stand-in, with a pretended conversation behind it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from course_bot.conversation.port import Button, Screen
from course_bot.messengers.delivery import Pace
from course_bot.messengers.max.api import Limits
from course_bot.messengers.max.door import MaxDoor
from tests.max_standin import TOKEN, MaxApi, Somebody
from tests.pretend_talk import PretendTalk

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
PACE = Pace(
    long_poll=2,
    tries=3,
    first_pause=0.01,
    longest_pause=0.05,
    settle=0.02,
    outbox=0.02,
    farewell=1.0,
)
SHORT_CALLS = replace(PACE, call=0.3, farewell=0.1)
HURRIED = Limits(overall=1000.0, bulk=1000.0, in_chat=1000, polls=1000.0)
KEYBOARD = (
    (Button(label="Дальше", action="next"), Button(label="Назад", action="back")),
    (Button(label="Справка", url="https://example.org/help"),),
)
GROUP = PretendTalk().refusal("group", "ru")
TROUBLE = "Что-то сломалось у нас [ru]"


@dataclass
class Markers:
    """Where the marker is kept; ``faults`` is what the database answers before it works."""

    kept: int | None = None
    faults: int = 0

    async def marker(self, bot: str) -> int | None:
        self._fails()
        return self.kept

    async def keep_marker(self, bot: str, marker: int) -> None:
        self._fails()
        self.kept = marker

    def _fails(self) -> None:
        if self.faults:
            self.faults -= 1
            raise ConnectionError("no database")


class Server:
    """The door at work, and what tests wait for."""

    def __init__(self, door: MaxDoor, api: MaxApi) -> None:
        self.door = door
        self.api = api

    async def settles(self, *updates: int, idle: bool = True) -> None:
        """Hand over these updates as a webhook does; return when the replies are out."""
        for update in updates:
            await self.door.receive(self.api.history[update])
        if idle:
            await self.door.idle()


@pytest.fixture
async def api() -> AsyncIterator[MaxApi]:
    async with MaxApi(limits=False, clock=lambda: NOW) as api:
        api.unready = 0
        yield api
    assert api.stripped == []
    assert api.leaks == []


@pytest.fixture
def talk(api: MaxApi) -> PretendTalk:
    """A conversation that numbers its screens."""
    talk = PretendTalk(notify=api.notify)
    talk.replies = lambda move: [
        Screen(text=f"Экран {talk.committed.index(move) + 1}", rows=KEYBOARD)
    ]
    return talk


@pytest.fixture
def ann(api: MaxApi) -> Somebody:
    return Somebody(api, 101)


@pytest.fixture
def boris(api: MaxApi) -> Somebody:
    return Somebody(api, 102, first_name="Борис", last_name="", language="en-GB")


def make_door(
    talk: PretendTalk,
    api: MaxApi,
    pace: Pace = PACE,
    *,
    token: str = TOKEN,
    url: str = "",
    markers: Markers | None = None,
    limits: Limits = HURRIED,
    ca_file: Path | None = None,
) -> MaxDoor:
    return MaxDoor(
        talk,
        token=token,
        markers=markers or Markers(),
        clock=lambda: NOW,
        api=url or api.url,
        ca_file=ca_file,
        pace=pace,
        limits=limits,
    )


@asynccontextmanager
async def served(
    talk: PretendTalk, api: MaxApi, pace: Pace = PACE, *, limits: Limits = HURRIED
) -> AsyncIterator[Server]:
    door = make_door(talk, api, pace, limits=limits)
    await door.start()
    try:
        yield Server(door, api)
    finally:
        await door.close()


@pytest.fixture
async def server(talk: PretendTalk, api: MaxApi) -> AsyncIterator[Server]:
    async with served(talk, api) as server:
        yield server
