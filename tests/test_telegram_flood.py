"""Telegram fails, or asks to wait."""

from typing import Any

import pytest

from tests.pretend_talk import PretendTalk
from tests.telegram_server import (
    SHORT_CALLS,
    Server,
    ann,
    api,
    boris,
    served,
    server,
    talk,
)
from tests.telegram_standin import (
    BotApi,
    Somebody,
)

__all__ = ["ann", "api", "boris", "server", "talk"]


@pytest.mark.parametrize("kind", ["500", "gateway", "reset", "lost"])
async def test_a_call_that_fails_on_the_way_is_made_again(
    server: Server, ann: Somebody, api: BotApi, kind: Any
) -> None:
    await server.settles(ann.writes("?"))
    api.fails(kind, "editMessageText", times=2)
    api.fails(kind, "answerCallbackQuery", times=2)
    await server.settles(ann.presses("Дальше"))
    assert ann.screen.text == "Экран 2"
    assert len(ann.query.answers) == 1


async def test_a_chat_that_is_limited_waits_alone(
    talk: PretendTalk, ann: Somebody, boris: Somebody, api: BotApi
) -> None:
    async with served(talk, api, SHORT_CALLS) as server:
        api.fails("429", chats=[ann.number], retry_after=50)
        ann.writes("?")
        await api.until(lambda: any(call.code == 429 for call in api.calls))
        await server.settles(boris.writes("?"), idle=False)
        await api.until(lambda: bool(boris.chat.from_bot))
        await server.settles(boris.presses("Дальше"), idle=False)
        await api.until(lambda: boris.screen.edits == 1)
        assert [call.code for call in api.made("sendMessage", chat=ann.number)] == [429]


async def test_who_is_limited_is_answered_when_the_time_is_over(
    server: Server, ann: Somebody, api: BotApi
) -> None:
    api.fails("429", "sendMessage", retry_after=1)
    await server.settles(ann.writes("?"))
    refused, answered = api.made("sendMessage")
    assert (refused.code, answered.code) == (429, 200)
    assert answered.at >= refused.at + 1


@pytest.mark.parametrize("sign", ["two chats at once", "a call without a chat"])
async def test_everybody_waits_for_a_limit_that_is_everyones(
    server: Server, ann: Somebody, boris: Somebody, api: BotApi, sign: str
) -> None:
    if sign == "two chats at once":
        api.fails("429", "sendMessage", times=2)
        begun = [ann.writes("?"), boris.writes("?")]
    else:
        api.fails("429", "answerCallbackQuery")
        begun = [ann.presses_data("next")]
    limited = len(begun)
    await api.until(lambda: sum(call.code == 429 for call in api.calls) == limited)
    carol = Somebody(api, 103)
    await server.settles(*begun, carol.writes("?"))
    refused = [call for call in api.calls if call.code == 429]
    (answer,) = api.made("sendMessage", chat=carol.number)
    assert answer.at >= refused[-1].at + 1
    assert carol.screen.text


async def test_nobody_waits_for_hours_and_no_call_is_made_meanwhile(
    server: Server,
    talk: PretendTalk,
    ann: Somebody,
    boris: Somebody,
    api: BotApi,
    caplog: pytest.LogCaptureFixture,
) -> None:
    api.fails("429", "sendMessage", chats=[ann.number], retry_after=10_072)
    await server.settles(ann.writes("?"))
    await server.settles(ann.writes("!"))
    assert len(talk.committed) == 2
    assert [call.code for call in api.made("sendMessage")] == [429]
    assert caplog.text.count("a message is not sent") == 2
    await server.settles(boris.writes("?"))
    assert boris.screen.text == "Экран 3"


async def test_a_call_that_hangs_is_given_up_and_made_again(
    talk: PretendTalk, ann: Somebody, api: BotApi
) -> None:
    async with served(talk, api, SHORT_CALLS) as server:
        api.fails("hang", "sendMessage", times=1)
        await server.settles(ann.writes("?"))
        assert [message.text for message in ann.chat.from_bot] == ["Экран 1"]


async def test_what_is_tried_again_in_an_outage_is_told_as_trouble_which_the_log_counts(
    server: Server, ann: Somebody, api: BotApi, caplog: pytest.LogCaptureFixture
) -> None:
    api.fails("500", "sendMessage", times=1)
    await server.settles(ann.writes("?"))
    [told] = [each for each in caplog.records if "tried again" in each.message]
    assert told.levelname == "WARNING"
