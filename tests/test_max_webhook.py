"""The webhook: MAX hears 200 only after the commit, and a stranger hears nothing."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from course_bot.conversation.port import Wrote
from course_bot.messengers.hearing import SecretError
from course_bot.messengers.max.door import MaxDoor, WebhookError
from tests.max_schema import UPDATE_TYPES
from tests.max_server import PACE, TROUBLE, ann, api, make_door, talk
from tests.max_standin import MaxApi, Somebody
from tests.pretend_talk import PretendTalk

__all__ = ["ann", "api", "talk"]

SECRET = "a-secret-of-the-webhook"
URL = "https://course.example/hook"


class Max:
    """MAX as it delivers updates to a webhook."""

    def __init__(self, url: str, client: aiohttp.ClientSession, door: MaxDoor) -> None:
        self.url = url
        self.client = client
        self.door = door

    async def __call__(self, body: Any, secret: bytes | None = SECRET.encode()) -> tuple[int, str]:
        data = json.dumps(body) if isinstance(body, dict) else body
        headers = {}
        if secret is not None:
            headers["X-Max-Bot-Api-Secret"] = secret.decode("utf-8", "surrogateescape")
        async with self.client.post(self.url, data=data, headers=headers) as response:
            await self.door.idle()
            return response.status, await response.text()


@asynccontextmanager
async def webhook(talk: PretendTalk, api: MaxApi) -> AsyncIterator[Max]:
    door = make_door(talk, api)
    await door.start()
    app = web.Application(client_max_size=10 * 2**20)
    app.add_routes([door.route(path="/hook", secret=SECRET)])
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    async with aiohttp.ClientSession() as client:
        yield Max(f"http://127.0.0.1:{runner.addresses[0][1]}/hook", client, door)
    await runner.cleanup()
    await door.close()


async def test_a_stranger_is_turned_away_and_what_is_no_update_is_refused_in_one_line(
    talk: PretendTalk, ann: Somebody, api: MaxApi
) -> None:
    update = api.history[ann.writes("?")]
    async with webhook(talk, api) as post:
        for secret in (None, b"", b"wrong", SECRET.encode() + b"x", "ключ".encode(), b"\xff\xfe"):
            assert (await post(update, secret))[0] == 401
        for body in (b"", b"{", b"\xff", b"[]", b"1", b"null", b"{}", b'{"update_type": 1}'):
            status, text = await post(body)
            assert (status, text.count("\n")) == (400, 1)
        assert (await post(b"[" * 100_000))[0] == 400
        assert (await post(b" " * 1_000_001))[0] == 413
    assert talk.taken == []


async def test_max_hears_200_only_after_the_commit(
    talk: PretendTalk, ann: Somebody, api: MaxApi
) -> None:
    talk.open.clear()
    async with webhook(talk, api) as post:
        posting = asyncio.create_task(post(api.history[ann.writes("?")]))
        await api.until(lambda: len(talk.taken) == 1)
        assert not posting.done()
        talk.open.set()
        assert await posting == (200, "")
    assert ann.screen.text == "Экран 1"


async def test_a_fault_makes_max_deliver_again(
    talk: PretendTalk, ann: Somebody, api: MaxApi, caplog: pytest.LogCaptureFixture
) -> None:
    async with webhook(talk, api) as post:
        assert await post(api.history[ann.writes("?")]) == (200, "")
        talk.breaks = lambda _: ConnectionError("no database")
        written, pressed = (api.history[ann.writes("?")], api.history[ann.presses("Дальше")])
        for _ in range(2):
            assert (await post(written))[0] == 500
            assert (await post(pressed))[0] == 500
        assert ann.press.answers == [(TROUBLE, False)]
        assert [message.text for message in ann.chat.from_bot] == ["Экран 1", TROUBLE]
        assert "no database" in caplog.text
        talk.recovers()
        assert (await post(written))[0] == 200
        assert (await post(pressed))[0] == 200
    assert len(set(talk.ids())) == 3


async def test_a_delivered_update_that_cannot_be_read_is_not_delivered_again(
    talk: PretendTalk, ann: Somebody, api: MaxApi, caplog: pytest.LogCaptureFixture
) -> None:
    half = api.message_of(ann, text="полсмайлика \ud83d")
    async with webhook(talk, api) as post:
        assert await post(api.history[api.gives_unreadable(ann)]) == (200, "")
        assert await post({"update_type": "message_created", "message": half}) == (200, "")
    assert "can't be read (message.recipient) and is passed over" in caplog.text
    assert "hologram" not in caplog.text
    [move] = talk.committed
    assert isinstance(move, Wrote)
    assert move.text == "полсмайлика ?"


async def test_two_processes_that_are_delivered_one_update_name_it_by_one_move(
    talk: PretendTalk, ann: Somebody, api: MaxApi
) -> None:
    async with webhook(talk, api) as first, webhook(talk, api) as second:
        await first(api.history[ann.writes("?")])
        for update in (ann.writes("?"), ann.presses("Дальше"), ann.starts()):
            await asyncio.gather(first(api.history[update]), second(api.history[update]))
    assert (len(talk.committed), len(set(talk.ids()))) == (7, 4)


# The subscription


@asynccontextmanager
async def kept(
    talk: PretendTalk, api: MaxApi, *, every: float = 3600.0, secret: str = SECRET, url: str = URL
) -> AsyncIterator[asyncio.Task[None]]:
    """Let the door keep its webhook, until the end of the block."""
    door = make_door(talk, api, replace(PACE, webhook=every))
    task = asyncio.create_task(door.keep_webhook(url, secret))
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await door.close()


@pytest.mark.parametrize("secret", ["", "four", "с-кириллицей", "a_b_c", "a" * 257, "aaaaa\n"])
async def test_no_webhook_starts_without_a_secret(
    talk: PretendTalk, api: MaxApi, secret: str
) -> None:
    door = make_door(talk, api)
    with pytest.raises(SecretError):
        door.route(path="/hook", secret=secret)
    with pytest.raises(SecretError):
        await door.keep_webhook(URL, secret)
    await door.close()
    assert api.calls == []


async def test_the_webhook_is_set_after_an_outage_and_again_where_max_has_ended_it(
    talk: PretendTalk, api: MaxApi, caplog: pytest.LogCaptureFixture
) -> None:
    api.fails("500", "GET /subscriptions", "POST /subscriptions", times=2 * PACE.tries)
    async with kept(talk, api, every=0.02):
        await api.until(lambda: URL in api.subscriptions)
        assert api.subscriptions[URL]["secret"] == SECRET
        assert set(api.subscriptions[URL]["update_types"]) < UPDATE_TYPES
        looks = len(api.made("GET /subscriptions"))
        await api.until(lambda: len(api.made("GET /subscriptions")) > looks + 2)
        assert len([call for call in api.made("POST /subscriptions") if call.code == 200]) == 1
        api.forgets_subscription()
        await api.until(lambda: URL in api.subscriptions)
        # Even a refusal ends nothing then: it is tried again in an hour.
        api.fails("400", "POST /subscriptions")
        api.forgets_subscription()
        await api.until(lambda: URL in api.subscriptions)
    assert "MAX had ended the webhook: it is set again" in caplog.text
    assert "the webhook is not set again: 400" in caplog.text
    assert PACE.webhook == 3600


async def test_a_new_secret_replaces_the_old_one_at_the_start(
    talk: PretendTalk, api: MaxApi
) -> None:
    api.subscriptions[URL] = {"url": URL, "time": 1, "secret": "an-older-one"}
    async with kept(talk, api):
        await api.until(lambda: api.subscriptions[URL].get("secret") == SECRET)


async def test_an_address_that_max_refuses_ends_the_start_with_its_reason(
    talk: PretendTalk, api: MaxApi
) -> None:
    async with kept(talk, api, url="https://course.example:8443/hook") as task:
        with pytest.raises(WebhookError, match=r"400 proto\.payload"):
            await task
