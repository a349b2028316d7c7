"""The start with MAX: what is wrong is said in one line, and nothing is loaded without need."""

import asyncio
import os
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from course_bot.conversation.stage import Addresses
from course_bot.doors import close_messengers, open_messengers
from course_bot.errors import StopError
from course_bot.settings import read_settings
from tests.console import settings
from tests.max_server import Markers
from tests.max_standin import TOKEN, USERNAME, MaxApi
from tests.pretend_talk import PretendTalk

__all__ = ["settings"]

SECRET = "a-secret-of-the-webhook"
CERTIFICATE = Path(__file__).parent / "samples" / "certificates" / "good.pem"
"""For localhost, signed by itself, until the year 2099."""


class Talk(PretendTalk):
    addresses = Addresses(page="http://127.0.0.1:8080")


@asynccontextmanager
async def opened(monkeypatch: pytest.MonkeyPatch, **given: str) -> AsyncIterator[Any]:
    """Open what these settings ask for; give the messenger, and the conversation behind it."""
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    talk: Any = Talk()
    markers: Any = Markers()
    [messenger] = open_messengers(read_settings(), talk, markers, lambda: datetime.now(UTC))
    try:
        yield SimpleNamespace(serve=messenger.serve, routes=messenger.routes, talk=talk)
    finally:
        await messenger.close()


@pytest.mark.usefixtures("settings")
async def test_a_token_that_max_refuses_is_said_in_one_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with (
        MaxApi(limits=False) as api,
        opened(monkeypatch, MAX_TOKEN="wrong-token", MAX_API=api.url) as messenger,
    ):
        with pytest.raises(StopError, match="MAX refuses MAX_TOKEN") as caught:
            await messenger.serve()
    assert "wrong-token" not in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.usefixtures("settings")
@pytest.mark.parametrize("why", ["400 proto.payload", "200 success: false"])
async def test_an_address_that_max_refuses_is_said_in_one_line(
    monkeypatch: pytest.MonkeyPatch, why: str
) -> None:
    async def refuse(*_: object) -> dict[str, Any]:
        return {"success": False, "message": "?"}

    async with MaxApi(limits=False) as api:
        if why.startswith("400"):
            api.fails("400", "POST /subscriptions")
        monkeypatch.setattr(api, "_post_subscriptions", refuse)
        async with opened(
            monkeypatch,
            MAX_TOKEN=TOKEN,
            MAX_API=api.url,
            MAX_WEBHOOK_SECRET=SECRET,
            COURSE_BOT_PUBLIC_URL="https://course.example",
        ) as messenger:
            [route] = messenger.routes
            assert route.path == "/max"
            with pytest.raises(StopError) as caught:
                await messenger.serve()
    assert str(caught.value) == (
        f"MAX refuses to deliver to https://course.example/max ({why}): check"
        " COURSE_BOT_PUBLIC_URL"
    )


@pytest.mark.usefixtures("settings")
async def test_the_start_waits_for_the_network_and_tells_the_links_where_the_bot_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async with MaxApi(limits=False) as api:
        api.fails("reset", "GET /me")
        async with opened(monkeypatch, MAX_TOKEN=TOKEN, MAX_API=api.url) as messenger:
            serving = asyncio.create_task(messenger.serve())
            await api.until(lambda: bool(api.made("GET /updates")))
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)
    assert messenger.talk.addresses.max_bot == USERNAME
    assert capsys.readouterr().out == f"MAX: https://max.ru/{USERNAME}\n"
    assert messenger.routes == []


@pytest.mark.usefixtures("settings")
def test_a_webhook_needs_an_address_and_certificates_have_to_be_some(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MAX_TOKEN", TOKEN)
    monkeypatch.setenv("MAX_WEBHOOK_SECRET", SECRET)
    with pytest.raises(StopError, match="MAX_WEBHOOK_SECRET needs COURSE_BOT_PUBLIC_URL"):
        read_settings()
    monkeypatch.delenv("MAX_WEBHOOK_SECRET")
    file = tmp_path / "ca.pem"
    monkeypatch.setenv("MAX_CA_FILE", str(file))
    with pytest.raises(StopError, match="where no file is"):
        read_settings()
    nothing: Any = None
    for content in (b"", b"certificates", b"\xff" * 99, b"-----BEGIN CERTIFICATE-----\nx"):
        file.write_bytes(content)
        with pytest.raises(StopError, match="has no certificates in PEM"):
            open_messengers(read_settings(), nothing, nothing, lambda: datetime.now(UTC))


@pytest.mark.usefixtures("settings")
def test_the_token_goes_unencrypted_to_no_other_computer(monkeypatch: pytest.MonkeyPatch) -> None:
    for api in ("http://127.0.0.1:8081", "http://localhost/x", "http://[::1]:1", "https://max.ru"):
        monkeypatch.setenv("MAX_API", api)
        assert read_settings().max_api == api
    for api in (
        "http://platform-api2.max.ru",
        "http://127.0.0.1.nip.io",
        "http://[::1",
        "http://0",
    ):
        monkeypatch.setenv("MAX_API", api)
        with pytest.raises(StopError, match="MAX_API must begin with https://"):
            read_settings()


@pytest.mark.usefixtures("settings")
async def test_a_certificate_that_is_not_trusted_is_told_with_what_to_do_and_trusted_then(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The chain of MAX's own server ends in a CA that few systems know."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    server = await asyncio.start_server(_refuse, "127.0.0.1", 0, ssl=context)
    api = f"https://localhost:{server.sockets[0].getsockname()[1]}"
    async with server, opened(monkeypatch, MAX_TOKEN=TOKEN, MAX_API=api) as messenger:
        serving = asyncio.create_task(messenger.serve())
        while "is tried again after" not in caplog.text:  # noqa: ASYNC110 - no event tells it
            await asyncio.sleep(0.01)
        assert "MAX_CA_FILE must name the file with the certificates" in caplog.text
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
        async with opened(monkeypatch, MAX_CA_FILE=str(CERTIFICATE)) as trusting:
            with pytest.raises(StopError, match="MAX refuses MAX_TOKEN"):
                await trusting.serve()


async def _refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer as MAX does to a token that it doesn't know."""
    await reader.readuntil(b"\r\n\r\n")
    body = b'{"code": "verify.token", "message": "?"}'
    writer.write(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
    await writer.drain()
    writer.close()


async def test_all_doors_say_farewell_at_the_same_time() -> None:
    both = asyncio.Barrier(2)
    door: Any = SimpleNamespace(close=both.wait)
    async with asyncio.timeout(5):
        await close_messengers([door, door])


def test_a_door_is_loaded_only_where_it_has_a_token(settings: dict[str, str]) -> None:
    program = """
import sys, course_bot.app
from course_bot.doors import open_messengers
from course_bot.settings import read_settings
doors = {"aiogram", "course_bot.messengers.telegram.door", "course_bot.messengers.max.door"}
print(sorted(doors & sys.modules.keys()))
open_messengers(read_settings(), None, None, None)
print(sorted(doors & sys.modules.keys()))
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, **settings, "MAX_TOKEN": TOKEN},
        cwd=Path(__file__).parents[1],
    )
    assert done.stdout.splitlines() == ["[]", "['course_bot.messengers.max.door']"]
