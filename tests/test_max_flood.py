"""MAX asks to wait, and is seldom given cause to."""

import asyncio
from dataclasses import replace

import pytest

from course_bot.conversation.port import Screen
from course_bot.messengers.max.api import Limits
from course_bot.storage import Account
from tests.max_server import HURRIED, KEYBOARD, PACE, Server, ann, api, boris, served, server, talk
from tests.max_standin import MaxApi, Somebody
from tests.pretend_talk import PretendTalk

__all__ = ["ann", "api", "boris", "server", "talk"]

BRIEF = replace(PACE, farewell=0.1)


def account_of(person: Somebody) -> Account:
    return Account(door="max", key=f"{person.number}")


async def test_a_chat_that_is_limited_waits_alone(
    talk: PretendTalk, ann: Somebody, boris: Somebody, api: MaxApi
) -> None:
    async with served(talk, api, BRIEF) as server:
        api.fails("429", chats=[ann.chat.number], seconds=50)
        await server.settles(ann.writes("?"), idle=False)
        await api.until(lambda: any(call.code == 429 for call in api.calls))
        await server.settles(boris.writes("?"), idle=False)
        await api.until(lambda: bool(boris.chat.from_bot))
        await server.settles(boris.presses("Дальше"), idle=False)
        await api.until(lambda: boris.screen.edits == 1)
        assert [call.code for call in api.made("POST /messages", chat=ann.chat.number)] == [429]


async def test_everybody_waits_for_a_limit_that_is_everyones_and_is_answered_then(
    server: Server, ann: Somebody, boris: Somebody, api: MaxApi, caplog: pytest.LogCaptureFixture
) -> None:
    """MAX says 429 with ``Retry-After``, and as a plain text without: that is a second, too."""
    carol = Somebody(api, 103)
    api.fails("429", chats=[ann.chat.number])
    api.fails("429 as text", chats=[boris.chat.number])
    await server.settles(ann.writes("?"), boris.writes("?"), idle=False)
    while caplog.text.count("MAX asks to wait 1 s") < 2:  # noqa: ASYNC110 - no event tells it
        await asyncio.sleep(0.01)
    await server.settles(carol.writes("?"))
    refused = [call for call in api.calls if call.code == 429]
    for person in (ann, boris, carol):
        answer = api.made("POST /messages", chat=person.chat.number)[-1]
        assert answer.code == 200
        assert answer.at >= refused[-1].at + 1


async def test_nobody_waits_for_hours_and_no_call_is_made_meanwhile(
    server: Server, ann: Somebody, boris: Somebody, api: MaxApi, caplog: pytest.LogCaptureFixture
) -> None:
    api.fails("429", "POST /messages", chats=[ann.chat.number], seconds=10_072)
    await server.settles(ann.writes("?"), ann.writes("!"))
    await server.settles(boris.writes("?"))
    assert [call.code for call in api.made("POST /messages")] == [429, 200]
    assert caplog.text.count("a message is not sent: 429") == 2
    assert boris.screen.text == "Экран 3"


async def test_one_person_whom_a_reminder_may_not_reach_for_hours_holds_nobody_back(
    server: Server, talk: PretendTalk, ann: Somebody, boris: Somebody, api: MaxApi
) -> None:
    api.fails("429", "POST /messages", chats=[ann.chat.number], seconds=10_072)
    hers = talk.outbox.says(account_of(ann), "Вас ждёт урок")
    talk.outbox.says(account_of(boris), "Вас ждёт урок")
    sending = asyncio.create_task(server.door.send_outbox())
    await api.until(lambda: bool(talk.outbox.sent and talk.outbox.put_off))
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)
    assert {message for message, _ in talk.outbox.put_off} == {hers}
    assert len(boris.chat.from_bot) == 1
    assert talk.outbox.given_up == []


async def test_max_has_hardly_cause_to_refuse_and_presses_do_not_wait_for_a_mailing(
    talk: PretendTalk, ann: Somebody, api: MaxApi
) -> None:
    """One taps ten times a second, ten tap at once, while a reminder goes to some others."""
    talk.replies = lambda _: [Screen(text=f"Экран {len(talk.committed)}", rows=KEYBOARD)]
    crowd = [Somebody(api, 200 + number) for number in range(35)]
    away = [Somebody(api, 300 + number) for number in range(24)]
    async with served(talk, api, limits=HURRIED) as before:
        await before.settles(*(person.writes("?") for person in (ann, *crowd, *away)))
    api.limits = True
    before_calls = len(api.calls)
    async with served(talk, api, limits=Limits()) as server:
        server.door._screens = before.door._screens
        for person in away:
            talk.outbox.says(account_of(person), "Вас ждёт урок")
        sending = asyncio.create_task(server.door.send_outbox())
        await api.until(lambda: bool(talk.outbox.sent))
        for tap in range(8):
            if tap == 4:
                await server.settles(*(person.presses("Дальше") for person in crowd), idle=False)
            await server.settles(ann.presses("Дальше"), idle=False)
            await asyncio.sleep(0.1)
        await api.until(lambda: all(person.screen.edits for person in crowd))
        assert len(talk.outbox.sent) < len(away)
        last = len(talk.committed)
        await api.until(lambda: ann.screen.text == f"Экран {last}")
        await api.until(lambda: len(talk.outbox.sent) == len(away))
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
    assert all(person.screen.edits == 1 for person in crowd)
    assert [len(person.chat.from_bot) for person in away] == [2] * len(away)
    assert ann.screen.edits <= 4
    made = api.calls[before_calls:]
    assert sum(call.code == 429 for call in made) <= len(made) / 20
    answers = [
        call.at for call in made if (call.method, call.chat) == ("POST /answers", ann.chat.number)
    ]
    assert all(third - first > 0.9 for first, third in zip(answers, answers[2:], strict=False))
