"""An update is confirmed only after its commit, whatever fails."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

import aiohttp
import pytest
from aiogram import Bot

from course_bot.conversation.port import Document, Move, Reply, Screen, Wrote
from course_bot.messengers.delivery import Pace
from course_bot.messengers.telegram.api import Call, GetUpdates
from course_bot.messengers.telegram.polling import poll
from tests.pretend_talk import PretendTalk
from tests.telegram_server import (
    NOW,
    Server,
    ann,
    api,
    boris,
    served,
    server,
    talk,
)
from tests.telegram_standin import (
    OTHER_POLLER,
    TOKEN,
    BotApi,
    Somebody,
)

__all__ = ["ann", "api", "boris", "server", "talk"]


async def test_half_a_character_in_an_update_stops_nothing(
    server: Server, talk: PretendTalk, ann: Somebody
) -> None:
    for text in ("До", "полсмайлика \ud83d", "После"):
        ann.writes(text)
    await server.settles()
    texts = [move.text for move in talk.committed if isinstance(move, Wrote)]
    assert texts == ["До", "полсмайлика ?", "После"]


async def test_a_fault_of_the_door_itself_costs_one_update_and_not_the_loop(
    server: Server, talk: PretendTalk, ann: Somebody, caplog: pytest.LogCaptureFixture
) -> None:
    faults = iter([ZeroDivisionError("a bug")])

    def clock() -> datetime:
        if (fault := next(faults, None)) is not None:
            raise fault
        return NOW

    server.door._clock = clock
    first, second = ann.writes("?"), ann.writes("?")
    await server.settles(second)
    assert talk.ids() == [f"u{second}"]
    assert f"update {first} is passed over" in caplog.text


async def test_an_update_is_confirmed_only_after_its_commit(
    server: Server, talk: PretendTalk, ann: Somebody, boris: Somebody, api: BotApi
) -> None:
    hold = talk.holds(str(ann.number))
    first, second = ann.writes("?"), boris.writes("?")
    await api.until(lambda: len(boris.chat.from_bot) == 1)
    later = boris.writes("!")
    await api.until(lambda: len(boris.chat.from_bot) == 2)
    assert first < second < later
    assert api.confirmed < first
    assert ann.chat.from_bot == []
    hold.set()
    await server.settles(later)
    assert len(ann.chat.from_bot) == 1
    assert len(talk.committed) == 3


async def one_life(talk: PretendTalk, api: BotApi, *, turns: int, until_confirmed: bool) -> None:
    """Let a new process carry out so many turns, and kill it before or after it confirms some."""
    enough, confirmed = len(talk.committed) + turns, api.confirmed
    talk.allowance = asyncio.Semaphore(turns)
    async with served(talk, api):
        await api.until(lambda: len(talk.committed) >= enough)
        if until_confirmed:
            await api.until(lambda: api.confirmed > confirmed)
    talk.allowance = None


async def test_a_kill_in_the_middle_loses_no_update(talk: PretendTalk, api: BotApi) -> None:
    people = [Somebody(api, 200 + number) for number in range(12)]
    updates = [people[number % 12].writes(str(number)) for number in range(150)]
    for life in range(6):
        await one_life(talk, api, turns=17, until_confirmed=life % 2 == 1)
    assert updates[0] <= api.confirmed < updates[-1]
    async with served(talk, api) as server:
        await server.settles(updates[-1])
    assert set(talk.ids()) == {f"u{update}" for update in updates}
    for somebody in people:
        texts = [
            int(move.text)
            for move in talk.committed
            if isinstance(move, Wrote) and move.account.key == str(somebody.number)
        ]
        assert list(dict.fromkeys(texts)) == sorted(set(texts))


async def test_two_processes_with_one_token_are_told_in_the_log_and_go_on(
    server: Server, talk: PretendTalk, ann: Somebody, api: BotApi, caplog: pytest.LogCaptureFixture
) -> None:
    await api.until(lambda: bool(api.made("getUpdates")))
    async with aiohttp.ClientSession() as other:
        await other.post(f"{api.url}/bot{TOKEN}/getUpdates", data={"timeout": "0"})
    await api.until(lambda: any(call.description == OTHER_POLLER for call in api.calls))
    await server.settles(ann.writes("?"))
    assert "another process polls with this token" in caplog.text
    assert len(talk.committed) == 1


@pytest.mark.parametrize("kind", ["500", "gateway", "reset", "429", "403"])
async def test_polling_goes_on_after_the_network_comes_back(
    server: Server, talk: PretendTalk, ann: Somebody, api: BotApi, kind: Any
) -> None:
    api.fails(kind, "getUpdates", times=1 if kind == "429" else 4)
    await server.settles(ann.writes("?"))
    await server.settles(ann.writes("!"))
    assert len(talk.committed) == 2


async def test_polling_ends_a_webhook_and_keeps_what_waits_for_it(
    talk: PretendTalk, ann: Somebody, api: BotApi
) -> None:
    api.sets_webhook()
    update = ann.writes("?")
    async with served(talk, api) as server:
        await server.settles(update)
        assert talk.ids() == [f"u{update}"]
        assert [call.code for call in api.made("deleteWebhook", "getUpdates")][:2] == [200, 200]
        assert api.made("deleteWebhook", "getUpdates")[0].method == "deleteWebhook"
        api.sets_webhook()
        await api.until(lambda: not api.webhook)
        await server.settles(ann.writes("!"))
    assert len(talk.committed) == 2


async def test_updates_whose_numbers_begin_anew_are_taken() -> None:
    """After a week without any, Telegram takes a random number for the next one."""
    batches = iter([[{"update_id": 900}], [{"update_id": 5}, {"update_id": 6}]])
    offsets: list[int] = []
    taken: list[object] = []
    quiet = asyncio.Event()

    async def bot(call: Call, **_: object) -> object:
        if not isinstance(call, GetUpdates):
            return True
        offsets.append(call.offset)
        if (batch := next(batches, None)) is None:
            quiet.set()
            await asyncio.Event().wait()
        return batch

    async def take(raw: dict[str, object]) -> None:
        taken.append(raw["update_id"])

    polling = asyncio.create_task(poll(cast(Bot, bot), Pace(), take))
    await quiet.wait()
    polling.cancel()
    await asyncio.wait([polling])

    assert taken == [900, 5, 6]
    assert offsets == [0, 901, 7]


async def test_an_update_that_asks_for_a_file_is_confirmed_only_when_the_file_is_out(
    talk: PretendTalk, ann: Somebody, boris: Somebody, api: BotApi
) -> None:
    """No later press would bring it: killed before, the bot gets the update again and sends it."""

    def replies(move: Move) -> Sequence[Reply]:
        screen = Screen(text=f"Экран для {move.account.key}")
        file = Document(name="всё.json", content=b"{}")
        return [file, screen] if move.account.key == str(ann.number) else [screen]

    talk.replies = replies
    api.fails("hang", "sendDocument")
    async with served(talk, api):
        asked = ann.writes("?")
        await api.until(lambda: bool(api.made("sendDocument")))
        later = boris.writes("?")
        await api.until(lambda: len(boris.chat.from_bot) == 1)
        later = boris.writes("?")
        await api.until(lambda: len(boris.chat.from_bot) == 2)
        assert api.confirmed < asked

    async with served(talk, api) as server:
        await server.settles(later)
    assert ann.chat.from_bot[0].document == ("всё.json", b"{}")
