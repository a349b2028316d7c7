"""The Telegram door at work on the stand-in, with a pretended conversation behind it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from course_bot.conversation.port import (
    Button,
    Screen,
)
from course_bot.messengers.delivery import Pace
from course_bot.messengers.telegram import (
    TelegramDoor,
)
from tests.pretend_talk import PretendTalk
from tests.telegram_standin import (
    TOKEN,
    BotApi,
    Somebody,
)

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
KEYBOARD = (
    (Button(label="Дальше", action="next"), Button(label="Назад", action="back")),
    (Button(label="Справка", url="https://example.org/help"),),
)
GROUP = PretendTalk().refusal("group", "ru")
TROUBLE = "Что-то сломалось у нас [ru]"
TROUBLE_EN = "Что-то сломалось у нас [en]"


class Server:
    """The door at work, and what tests wait for."""

    def __init__(self, door: TelegramDoor, api: BotApi) -> None:
        self.door = door
        self.api = api
        self.polling: asyncio.Task[None] | None = None

    async def settles(self, *updates: int, idle: bool = True) -> None:
        """Wait until these updates, or all there were, are confirmed and the replies are out."""
        await self.api.until_confirmed(max(updates, default=max(self.api.waiting, default=0)))
        if idle:
            await self.door.idle()

    async def is_killed(self) -> None:
        """Stop at once."""
        assert self.polling is not None
        self.polling.cancel()
        await asyncio.gather(self.polling, return_exceptions=True)
        await self.door.close()


@pytest.fixture
async def api() -> AsyncIterator[BotApi]:
    async with BotApi() as api:
        yield api


@pytest.fixture
def talk(api: BotApi) -> PretendTalk:
    """A conversation that numbers its screens."""
    talk = PretendTalk(notify=api.notify)
    talk.replies = lambda move: [
        Screen(text=f"Экран {talk.committed.index(move) + 1}", rows=KEYBOARD)
    ]
    return talk


@pytest.fixture
def ann(api: BotApi) -> Somebody:
    return Somebody(api, 101)


@pytest.fixture
def boris(api: BotApi) -> Somebody:
    return Somebody(api, 102, first_name="Борис", last_name="", language="en-GB")


def make_door(
    talk: PretendTalk,
    api: BotApi,
    pace: Pace = PACE,
    *,
    token: str = TOKEN,
    url: str = "",
    proxy: str | None = None,
) -> TelegramDoor:
    return TelegramDoor(
        talk, token=token, api=url or api.url, proxy=proxy, clock=lambda: NOW, pace=pace
    )


@asynccontextmanager
async def served(talk: PretendTalk, api: BotApi, pace: Pace = PACE) -> AsyncIterator[Server]:
    door = make_door(talk, api, pace)
    server = Server(door, api)
    await door.start()
    server.polling = asyncio.create_task(door.poll())
    try:
        yield server
    finally:
        await server.is_killed()


@pytest.fixture
async def server(talk: PretendTalk, api: BotApi) -> AsyncIterator[Server]:
    async with served(talk, api) as server:
        yield server
