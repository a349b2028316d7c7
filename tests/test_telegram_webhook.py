"""The webhook: 200 only after the commit, and nothing for a stranger."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest
from aiohttp import web

from course_bot.conversation.port import Wrote
from course_bot.messengers.telegram import (
    SecretError,
    TelegramDoor,
    WebhookError,
)
from tests.pretend_talk import PretendTalk
from tests.telegram_server import (
    PACE,
    TROUBLE,
    ann,
    api,
    make_door,
    talk,
)
from tests.telegram_standin import (
    PATIENCE,
    BotApi,
    Somebody,
)

__all__ = ["ann", "api", "talk"]

SECRET = "a-secret_of-the-webhook"


class Telegram:
    """Telegram as it delivers updates to a webhook."""

    def __init__(self, url: str, client: aiohttp.ClientSession, door: TelegramDoor) -> None:
        self.url = url
        self.client = client
        self.door = door

    async def __call__(self, body: Any, secret: bytes | None = SECRET.encode()) -> tuple[int, str]:
        data = json.dumps(body) if isinstance(body, dict) else body
        headers = {}
        if secret is not None:
            given = secret.decode("utf-8", "surrogateescape")
            headers = {"X-Telegram-Bot-Api-Secret-Token": given}
        async with self.client.post(self.url, data=data, headers=headers) as response:
            await self.door.idle()
            return response.status, await response.text()


@asynccontextmanager
async def webhook(talk: PretendTalk, api: BotApi) -> AsyncIterator[Telegram]:
    door = make_door(talk, api)
    await door.start()
    app = web.Application(client_max_size=10 * 2**20)
    app.add_routes([door.route(path="/hook", secret=SECRET)])
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    async with aiohttp.ClientSession() as client:
        yield Telegram(f"http://127.0.0.1:{runner.addresses[0][1]}/hook", client, door)
    await runner.cleanup()
    await door.close()


@pytest.mark.parametrize(
    "secret", [None, b"", b"wrong", SECRET.encode() + b"x", "ключ".encode(), b"\xff\xfe"]
)
async def test_a_stranger_is_turned_away(
    talk: PretendTalk, ann: Somebody, api: BotApi, secret: bytes | None
) -> None:
    update = ann.writes("?")
    async with webhook(talk, api) as post:
        assert (await post(api.history[update], secret))[0] == 401
    assert talk.taken == []


@pytest.mark.parametrize("secret", ["", "с кириллицей", "a b", "a" * 257, "a\n"])
async def test_no_webhook_starts_without_a_secret(
    talk: PretendTalk, secret: str, api: BotApi
) -> None:
    door = make_door(talk, api)
    with pytest.raises(SecretError):
        door.route(path="/hook", secret=secret)
    with pytest.raises(SecretError):
        await door.set_webhook("https://example.org/hook", secret)
    await door.close()


async def test_setting_the_webhook_keeps_what_waits(
    talk: PretendTalk, ann: Somebody, api: BotApi
) -> None:
    ann.writes("?")
    door = make_door(talk, api)
    await door.set_webhook("https://example.org/hook", SECRET)
    await door.close()
    assert api.webhook["secret_token"] == SECRET
    assert set(json.loads(api.webhook["allowed_updates"])) == {
        "message",
        "callback_query",
        "my_chat_member",
    }
    assert len(api.waiting) == 1


async def test_setting_the_webhook_outlasts_an_outage_but_not_a_refusal(
    talk: PretendTalk, api: BotApi
) -> None:
    door = make_door(talk, api)
    api.fails("500", "setWebhook", times=PACE.tries + 1)
    await door.set_webhook("https://example.org/hook", SECRET)
    assert api.webhook["secret_token"] == SECRET
    with pytest.raises(WebhookError, match="HTTPS URL"):
        await door.set_webhook("http://example.org/hook", SECRET)
    await door.close()


async def test_telegram_hears_200_only_after_the_commit(
    talk: PretendTalk, ann: Somebody, api: BotApi
) -> None:
    talk.open.clear()
    async with webhook(talk, api) as post:
        posting = asyncio.create_task(post(api.history[ann.writes("?")]))
        await api.until(lambda: len(talk.taken) == 1)
        assert not posting.done()
        talk.open.set()
        assert await posting == (200, "")
    assert ann.screen.text == "Экран 1"


async def test_a_fault_makes_telegram_deliver_again(
    talk: PretendTalk, ann: Somebody, api: BotApi, caplog: pytest.LogCaptureFixture
) -> None:
    talk.breaks = lambda _: ConnectionError("no database")
    written, pressed = ann.writes("?"), ann.presses_data("next")
    async with webhook(talk, api) as post:
        for _ in range(2):
            assert (await post(api.history[written]))[0] == 500
            assert (await post(api.history[pressed]))[0] == 500
        assert ann.query.answers == [(TROUBLE, True)]
        assert [message.text for message in ann.chat.from_bot] == [TROUBLE]
        assert "no database" in caplog.text
        talk.breaks = lambda _: None
        assert (await post(api.history[written]))[0] == 200
        assert (await post(api.history[pressed]))[0] == 200
    assert talk.ids() == [f"u{written}", f"u{pressed}"]
    assert len(api.made("answerCallbackQuery")) == 1


async def test_a_delivered_update_that_cannot_be_read_is_not_delivered_again(
    talk: PretendTalk, ann: Somebody, api: BotApi, caplog: pytest.LogCaptureFixture
) -> None:
    update = api.gives_unreadable(ann)
    async with webhook(talk, api) as post:
        assert await post(api.history[update]) == (200, "")
    assert f"update {update} can't be read" in caplog.text


async def test_half_a_character_is_delivered_as_a_question_mark(
    talk: PretendTalk, ann: Somebody, api: BotApi
) -> None:
    update = ann.writes("полсмайлика \ud83d")
    async with webhook(talk, api) as post:
        assert await post(api.history[update]) == (200, "")
    (move,) = talk.committed
    assert isinstance(move, Wrote)
    assert move.text == "полсмайлика ?"


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"\xff", b"[]", b"1", b"null", b"{}", b'{"update_id": "1"}', b"[" * 100_000],
)
async def test_what_is_no_update_is_refused_in_one_line(
    talk: PretendTalk, body: bytes, api: BotApi
) -> None:
    async with webhook(talk, api) as post:
        status, text = await post(body)
    assert status == 400
    assert text.count("\n") == 1


async def test_a_body_over_its_limit_is_refused_early(talk: PretendTalk, api: BotApi) -> None:
    async def stream() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b" " * 100_000

    async with webhook(talk, api) as post:
        assert await post(b" " * 1_000_001) == (413, "more than 1000000 bytes\n")
        assert await post(stream()) == (413, "more than 1000000 bytes\n")
        assert (await post(b" " * 1_000_000))[0] == 400


async def test_a_body_that_announces_too_much_is_not_even_read(
    talk: PretendTalk, api: BotApi
) -> None:
    async with webhook(talk, api) as post:
        assert (await post(b"{}"))[0] == 400
        url = urlsplit(post.url)
        reader, writer = await asyncio.open_connection(url.hostname, url.port)
        writer.write(
            f"POST {url.path} HTTP/1.1\r\nHost: x\r\nContent-Length: 2000000000\r\n"
            f"X-Telegram-Bot-Api-Secret-Token: {SECRET}\r\n\r\n".encode()
        )
        async with asyncio.timeout(PATIENCE):
            assert (await reader.readline()).startswith(b"HTTP/1.1 413 ")
        writer.close()
