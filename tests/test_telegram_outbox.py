"""What the bot says by itself arrives once, however the messenger or the process fails."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiogram.client.telegram import TelegramAPIServer

from course_bot.storage import Account
from tests.pretend_talk import PretendTalk
from tests.telegram_server import (
    NOW,
    SHORT_CALLS,
    Server,
    ann,
    api,
    boris,
    served,
    server,
    talk,
)
from tests.telegram_standin import BotApi, Somebody

__all__ = ["ann", "api", "boris", "server", "talk"]


@asynccontextmanager
async def sending(server: Server) -> AsyncIterator[None]:
    """Let the door send what is due, until the end of the block."""
    task = asyncio.create_task(server.door.send_outbox())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def account_of(somebody: Somebody) -> Account:
    return Account(door="telegram", key=str(somebody.number))


def crowd(api: BotApi, talk: PretendTalk, count: int) -> list[Somebody]:
    """Make a message due for each of so many people."""
    people = [Somebody(api, 500 + number) for number in range(count)]
    for somebody in people:
        talk.outbox.says(account_of(somebody), "Вас ждёт урок")
    return people


def texts(somebody: Somebody) -> list[str]:
    return [message.text for message in somebody.chat.from_bot]


async def test_a_message_counts_as_sent_once_it_is(
    server: Server, talk: PretendTalk, ann: Somebody, boris: Somebody, api: BotApi
) -> None:
    hers = talk.outbox.says(account_of(ann), "Вас ждёт <b>урок</b>")
    his = talk.outbox.says(account_of(boris), "Вас ждёт тест")
    async with sending(server):
        await api.until(lambda: len(talk.outbox.sent) == 2)
        later = talk.outbox.says(account_of(ann), "И ещё один")
        await api.until(lambda: len(talk.outbox.sent) == 3)
    assert talk.outbox.sent[2] == later
    assert {it.id for it in talk.outbox.sent[:2]} == {hers.id, his.id}
    assert texts(ann) == ["Вас ждёт урок", "И ещё один"]
    assert texts(boris) == ["Вас ждёт тест"]


async def test_messages_are_spaced_and_answers_to_presses_are_not(
    server: Server, talk: PretendTalk, ann: Somebody, api: BotApi
) -> None:
    people = crowd(api, talk, 15)
    async with sending(server):
        await server.settles(ann.writes("?"))
        before_ann = len([it for it in people if it.chat.from_bot])
        await api.until(lambda: len(talk.outbox.sent) == 15)
    times = [call.at for call in api.made("sendMessage") if call.chat != ann.number]
    # The clock of the limiter and that of the server differ by a request's way, not by more
    # than half of the span over all of them.
    assert before_ann < len(people)
    assert times[-1] - times[0] >= 14 / 28 * 0.9


async def test_one_chat_gets_one_message_a_second(
    server: Server, talk: PretendTalk, ann: Somebody, api: BotApi
) -> None:
    for text in ("раз", "два"):
        talk.outbox.says(account_of(ann), text)
    async with sending(server):
        await api.until(lambda: len(talk.outbox.sent) == 2)
    first, second = api.made("sendMessage")
    assert second.at - first.at >= 0.9
    assert texts(ann) == ["раз", "два"]


async def test_who_blocked_the_bot_silently_is_noted_by_403(
    server: Server, talk: PretendTalk, ann: Somebody, boris: Somebody, api: BotApi
) -> None:
    hers = talk.outbox.says(account_of(ann), "Вас ждёт урок")
    talk.outbox.says(account_of(boris), "Вас ждёт урок")
    ann.blocks(silently=True)
    async with sending(server):
        await api.until(lambda: bool(talk.outbox.sent and talk.outbox.given_up))
    assert [message for message, _ in talk.outbox.given_up] == [hers]
    assert talk.gone == [(account_of(ann), NOW)]
    assert texts(boris) == ["Вас ждёт урок"]


async def test_what_telegram_refuses_is_given_up_with_its_reason_and_without_its_words(
    server: Server,
    talk: PretendTalk,
    ann: Somebody,
    api: BotApi,
    caplog: pytest.LogCaptureFixture,
) -> None:
    talk.outbox.says(Account(door="telegram", key="999"), "Вас ждёт урок")
    talk.outbox.says(account_of(ann), "<тайна>Анны")
    async with sending(server):
        await api.until(lambda: len(talk.outbox.given_up) == 2)
    reasons = [reason for _, reason in talk.outbox.given_up]
    assert "chat not found" in reasons[0]
    assert "can't parse entities" in reasons[1]
    assert "тайна" not in reasons[1] + caplog.text
    assert talk.outbox.put_off == []


async def test_an_outage_loses_no_message_and_costs_few_tries(
    server: Server, talk: PretendTalk, api: BotApi
) -> None:
    api.fails("reset", "sendMessage", times=1_000_000)
    people = crowd(api, talk, 25)
    async with sending(server):
        await api.until(lambda: len(talk.outbox.put_off) >= 5)
        tried = {call.chat for call in api.made("sendMessage")}
        api.recovers()
        await api.until(lambda: len(talk.outbox.sent) == 25)
    assert [texts(somebody) for somebody in people] == [["Вас ждёт урок"]] * 25
    # Most were not even tried while nobody could be reached.
    assert len(tried) < 15
    assert talk.outbox.given_up == []


async def test_a_connection_that_breaks_after_a_message_was_taken_doubles_that_one_only(
    server: Server, talk: PretendTalk, api: BotApi
) -> None:
    people = crowd(api, talk, 6)
    api.fails("lost", "sendMessage", chats=[people[2].number])
    api.fails("reset", "sendMessage", chats=[people[3].number])
    async with sending(server):
        await api.until(lambda: len(talk.outbox.sent) == 6)
    assert [len(texts(somebody)) for somebody in people] == [1, 1, 2, 1, 1, 1]


async def test_a_kill_between_sending_and_reporting_doubles_one_message_and_loses_none(
    talk: PretendTalk, ann: Somebody, boris: Somebody, api: BotApi
) -> None:
    talk.outbox.reports.clear()
    talk.outbox.says(account_of(ann), "Вас ждёт урок")
    async with served(talk, api, SHORT_CALLS) as killed, sending(killed):
        await api.until(lambda: bool(ann.chat.from_bot))
    assert talk.outbox.sent == []
    talk.outbox.leases_end()
    talk.outbox.says(account_of(boris), "Вас ждёт тест")
    talk.outbox.reports.set()
    async with served(talk, api) as server, sending(server):
        await api.until(lambda: len(talk.outbox.sent) == 2)
    assert texts(ann) == ["Вас ждёт урок"] * 2
    assert texts(boris) == ["Вас ждёт тест"]


async def test_what_is_to_come_once_comes_once_however_the_connection_breaks(
    server: Server, talk: PretendTalk, api: BotApi
) -> None:
    people = [Somebody(api, 500 + number) for number in range(6)]
    messages = [talk.outbox.says(account_of(each), "Вас ждёт урок", once=True) for each in people]
    api.fails("lost", "sendMessage", chats=[people[1].number])
    api.fails("reset", "sendMessage", chats=[people[2].number])
    api.fails("gateway", "sendMessage", chats=[people[3].number])
    api.fails("429", "sendMessage", chats=[people[4].number])
    async with sending(server):
        await api.until(lambda: len(talk.outbox.sent) + len(talk.outbox.given_up) == 6)
    assert [len(texts(somebody)) for somebody in people] == [1, 1, 0, 0, 1, 1]
    given_up = {message.id for message, _ in talk.outbox.given_up}
    assert given_up == {messages[n].id for n in (1, 2, 3)}
    assert talk.outbox.put_off == []


async def test_what_is_to_come_once_waits_while_nobody_can_be_connected(
    talk: PretendTalk, ann: Somebody, api: BotApi
) -> None:
    """Whoever was not even connected to has heard nothing: the message is not lost."""
    talk.outbox.says(account_of(ann), "Вас ждёт урок", once=True)
    async with served(talk, api) as server:
        there = server.door.bot.session.api
        server.door.bot.session.api = TelegramAPIServer.from_base("http://127.0.0.1:9")
        async with sending(server):
            await api.until(lambda: len(talk.outbox.put_off) >= 2)
            server.door.bot.session.api = there
            await api.until(lambda: bool(talk.outbox.sent))
    assert texts(ann) == ["Вас ждёт урок"]
    assert talk.outbox.given_up == []


async def test_a_kill_between_sending_and_reporting_doubles_nothing_that_is_to_come_once(
    talk: PretendTalk, ann: Somebody, boris: Somebody, api: BotApi
) -> None:
    talk.outbox.reports.clear()
    talk.outbox.says(account_of(ann), "Вас ждёт урок", once=True)
    async with served(talk, api, SHORT_CALLS) as killed, sending(killed):
        await api.until(lambda: bool(ann.chat.from_bot))
    assert talk.outbox.sent == []
    talk.outbox.leases_end()
    talk.outbox.says(account_of(boris), "Вас ждёт тест", once=True)
    talk.outbox.reports.set()
    async with served(talk, api) as server, sending(server):
        await api.until(lambda: len(talk.outbox.sent) == 1)
    assert texts(ann) == ["Вас ждёт урок"]
    assert texts(boris) == ["Вас ждёт тест"]


async def test_what_another_process_has_begun_is_not_sent(
    server: Server, talk: PretendTalk, ann: Somebody, boris: Somebody, api: BotApi
) -> None:
    hers = talk.outbox.says(account_of(ann), "Вас ждёт урок", once=True)
    talk.outbox.says(account_of(boris), "Вас ждёт тест", once=True)
    talk.outbox.begins(hers.id)
    async with sending(server):
        await api.until(lambda: bool(talk.outbox.sent))
    assert texts(boris) == ["Вас ждёт тест"]
    assert texts(ann) == []


async def test_who_is_told_to_stop_reports_what_is_on_its_way_and_begins_nothing(
    talk: PretendTalk, api: BotApi
) -> None:
    talk.outbox.reports.clear()
    people = crowd(api, talk, 40)
    async with served(talk, api) as server:
        task = asyncio.create_task(server.door.send_outbox())
        await api.until(lambda: any(somebody.chat.from_bot for somebody in people))
        task.cancel()
        talk.outbox.reports.set()
        await asyncio.gather(task, return_exceptions=True)
    arrived = [somebody for somebody in people if somebody.chat.from_bot]
    assert {message.account for message in talk.outbox.sent} == set(map(account_of, arrived))
    assert 0 < len(arrived) < 40


async def test_a_database_that_is_away_when_a_message_has_gone_out_doubles_nothing(
    server: Server, talk: PretendTalk, ann: Somebody, api: BotApi
) -> None:
    talk.outbox.faults = [ConnectionError("no database")] * 5
    talk.outbox.says(account_of(ann), "Вас ждёт урок")
    async with sending(server):
        await api.until(lambda: bool(talk.outbox.sent))
    assert talk.outbox.faults == []
    assert texts(ann) == ["Вас ждёт урок"]


async def test_one_chat_that_is_limited_for_hours_is_put_off_and_holds_nobody_back(
    server: Server, talk: PretendTalk, ann: Somebody, api: BotApi
) -> None:
    api.fails("429", "sendMessage", chats=[ann.number], retry_after=10_072)
    hers = talk.outbox.says(account_of(ann), "Вас ждёт урок")
    people = crowd(api, talk, 5)
    async with sending(server):
        await api.until(lambda: len(talk.outbox.sent) == 5)
    assert {message for message, _ in talk.outbox.put_off} == {hers}
    assert talk.outbox.given_up == []
    assert [texts(somebody) for somebody in people] == [["Вас ждёт урок"]] * 5
    assert [call.code for call in api.made("sendMessage", chat=ann.number)] == [429]
