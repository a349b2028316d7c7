"""The HTTP server against whatever comes over the wire: too many, too large, and not even text."""

import asyncio
import gzip
import logging
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from shutil import copytree

import pytest
from aiohttp import ClientSession, WSCloseCode, WSMsgType, WSServerHandshakeError, hdrs, web
from sqlalchemy import make_url
from yarl import URL

from course_bot.messengers.browser import server
from course_bot.messengers.browser.door import BrowserDoor
from course_bot.messengers.browser.server import serve
from tests.browser_person import SECRET, BrowserPerson, browser_person
from tests.killing import COURSE_BOT, PATIENCE, ROOT, bot_in
from tests.pretend_talk import PretendTalk

HOOK = "/hook"


@asynccontextmanager
async def served(*, most: int | None = None) -> AsyncIterator[str]:
    """Serve the page, and beside it a route that says how long the body is that it got."""

    async def hook(request: web.Request) -> web.Response:
        return web.Response(text=f"{len(await request.read())}")

    door = BrowserDoor(
        PretendTalk(),
        secret=SECRET,
        mode="local",
        public_url=None,
        clock=lambda: datetime(2026, 11, 23, tzinfo=UTC),
        picture=lambda _: None,
    )
    routes = [web.post(HOOK, hook)]
    async with serve(door.application(routes), "127.0.0.1", 0, most=most) as url:
        yield url


async def said(url: str, request: bytes) -> bytes:
    """Send bytes over a connection of their own; return what comes back until it closes."""
    address = URL(url)
    reader, writer = await asyncio.open_connection(address.host, address.port)
    writer.write(request)
    answer = await reader.read()
    writer.close()
    return answer


# What is not even text


NOT_TEXT = b"\xff\xfe\xd0"


@pytest.mark.parametrize(
    "name",
    [
        *(b"Cookie", b"Origin", b"Accept-Language", b"If-None-Match", b"User-Agent", b"X-Any"),
        *(b"Sec-WebSocket-Key", b"Sec-WebSocket-Extensions", b"Accept-Encoding", b"Referer"),
    ],
)
@pytest.mark.parametrize(
    "value",
    [NOT_TEXT, b"visitor-80=" + NOT_TEXT, b'"' + NOT_TEXT + b'";=,;"', b"", b";;==,,"],
)
@pytest.mark.parametrize("path", [b"/", b"/ws", b"/chat.js"])
async def test_bytes_that_are_no_text_are_no_trouble(
    name: bytes, value: bytes, path: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    async with served() as url:
        port = f"{URL(url).port}".encode()
        value = value.replace(b"visitor-80", b"visitor-" + port)
        answer = await said(
            url,
            b"GET " + path + b" HTTP/1.1\r\nHost: localhost:" + port + b"\r\n"
            b"Connection: close\r\n" + name + b": " + value + b"\r\n\r\n",
        )
    assert answer[9:12] in (b"200", b"401")
    assert caplog.records == []


@pytest.mark.parametrize(
    "value", [NOT_TEXT, b"", b"permessage-deflate; server_max_window_bits=99"]
)
@pytest.mark.parametrize(
    "name",
    [
        *(b"Sec-WebSocket-Key", b"Sec-WebSocket-Version", b"Sec-WebSocket-Extensions"),
        *(b"Sec-WebSocket-Protocol", b"Upgrade", b"Accept-Language", b"X-Any"),
    ],
)
async def test_a_visitor_whose_handshake_is_malformed_is_no_trouble(
    name: bytes, value: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    async with served() as url, browser_person(url) as ann:
        async with ann.session.get(url) as answer:
            cookie = answer.headers[hdrs.SET_COOKIE].partition(";")[0].encode()
        handshake = {
            b"Host": URL(url).authority.encode(),
            b"Origin": url.encode(),
            b"Cookie": cookie,
            b"Upgrade": b"websocket",
            b"Connection": b"Upgrade",
            b"Sec-WebSocket-Version": b"13",
            b"Sec-WebSocket-Key": b"MDEyMzQ1Njc4OWFiY2RlZg==",
            name: value,
        }
        lines = b"".join(each + b": " + handshake[each] + b"\r\n" for each in handshake)
        address = URL(url)
        reader, writer = await asyncio.open_connection(address.host, address.port)
        writer.write(b"GET /ws HTTP/1.1\r\n" + lines + b"\r\n")
        answered = await reader.readline()
        writer.close()
    assert answered[9:12] in (b"101", b"400")
    assert [each for each in caplog.records if each.levelno >= logging.ERROR] == []


@pytest.mark.parametrize(
    "target",
    [
        *(b"/%ff%fe", b"/%", b"/%00", b"/?%ff=%fe", b"/?" + b"&" * 5000, b"//", b"/..", b"/\xd0"),
        *(b"*", b"/chat.js/%2e%2e", b"/%d0%bf", b"http://localhost/", b"/;a=b?c#d"),
    ],
)
async def test_an_address_that_leads_nowhere_is_no_trouble(target: bytes) -> None:
    async with served() as url:
        answer = await said(
            url,
            b"GET " + target + b" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        )
    assert answer[9:12] in (b"200", b"400", b"404")


# What is larger than it looks


@pytest.mark.parametrize("path", [HOOK, "/", "/ws", "/nothing"])
@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd", "GZIP", "gzip, gzip", "?"])
async def test_a_compressed_body_is_refused_and_inflated_by_nobody(path: str, coding: str) -> None:
    bomb = gzip.compress(bytes(10_000_000))
    async with served() as url, ClientSession() as session:
        headers = {hdrs.CONTENT_ENCODING: coding}
        async with session.post(url + path, data=bomb, headers=headers) as answer:
            assert answer.status == 415
            assert answer.headers[hdrs.ACCEPT_ENCODING] == "identity"
        headers = {hdrs.CONTENT_ENCODING: "identity"}
        async with session.post(url + HOOK, data=bomb, headers=headers) as answer:
            assert await answer.text() == f"{len(bomb)}"


async def test_a_page_cannot_send_compressed_frames() -> None:
    async with served() as url, browser_person(url) as ann:
        await ann.visits()
        await ann.leaves()
        ann.socket = await ann.session.ws_connect(f"{url}/ws", origin=url, compress=15)
        assert ann.socket.compress == 0
        await ann.socket.receive_json()
        await ann.socket.send_frame(b"0" * 1_000_000, WSMsgType.TEXT, compress=15)
        farewell = await ann.socket.receive()
        assert (farewell.type, farewell.data) == (WSMsgType.CLOSE, WSCloseCode.PROTOCOL_ERROR)


# Who is one too many


async def test_whoever_comes_when_all_connections_are_taken_is_asked_to_come_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with served(most=2) as url, AsyncExitStack() as people:
        ann, boris = [await people.enter_async_context(page(url)) for _ in range(2)]
        async with ClientSession() as session, session.get(url) as answer:
            assert answer.status == 503
            assert answer.headers["Retry-After"] == "10"
            assert "Подождите немного" in await answer.text()
        await ann.opens()
        ann.sees("Нажатий: 0")
        await boris.leaves()
        await eve_enters(url)
    assert "all connections are taken" in caplog.text


async def test_whoever_is_refused_and_says_nothing_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(server, "REFUSAL_SECONDS", 0.1)
    monkeypatch.setattr(server, "REFUSALS", 3)
    async with served(most=0) as url:
        address = URL(url)
        silent = [await asyncio.open_connection(address.host, address.port) for _ in range(10)]
        for reader, writer in silent:
            with suppress(ConnectionError):
                assert await reader.read() == b""
            writer.close()
        assert (await said(url, b"GET / HTTP/1.1\r\n\r\n")).startswith(b"HTTP/1.1 503 ")


async def test_a_server_that_stops_waits_for_nobody_whom_it_refuses() -> None:
    async with served(most=0) as url:
        address = URL(url)
        reader, writer = await asyncio.open_connection(address.host, address.port)
    with suppress(ConnectionError):
        assert await reader.read() == b""
    writer.close()


def test_the_limit_of_open_files_is_raised_and_connections_stay_below_it() -> None:
    code = """
import resource
from course_bot.messengers.browser.server import room_for_connections
resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
print(room_for_connections(), *resource.getrlimit(resource.RLIMIT_NOFILE))
"""
    for soft, hard, expected in (
        (256, 1024, "768 1024 1024"),
        (64, 64, "32 64 64"),
        (1024, 20_000, "9984 10240 20000"),
        (15_000, 20_000, "14744 15000 20000"),
    ):
        limits = f"soft, hard = {soft}, {hard}\n"
        done = subprocess.run(
            [sys.executable, "-c", limits + code], capture_output=True, text=True, check=True
        )
        assert done.stdout.strip() == expected


async def test_more_pages_than_open_files_take_no_course_away_from_those_who_are_in(
    tmp_path: Path,
) -> None:
    lessons = copytree(ROOT / "lessons", tmp_path / "lessons")
    database = make_url(f"sqlite+aiosqlite:///{tmp_path}/course.db")
    few_files = ("sh", "-c", 'ulimit -n 96; exec "$@"', "sh", *COURSE_BOT)
    async with (
        bot_in(tmp_path, database, command=few_files, COURSE_BOT_LESSONS=str(lessons)) as bot,
        AsyncExitStack() as people,
    ):
        await bot.starts()
        inside = [await people.enter_async_context(page(bot.url)) for _ in range(48)]
        for _ in range(100):
            assert b" 503 " in await said(bot.url, b"GET / HTTP/1.1\r\n\r\n")

        await asyncio.gather(*(person.opens() for person in inside))
        for person in inside:
            person.sees("Сферум в MAX")
        course = lessons / "course.yaml"
        course.write_text(course.read_text().replace("Сферум в MAX", "Сферум и MAX", 1))
        async with asyncio.timeout(PATIENCE):
            while "Сферум и MAX" not in inside[0].text:
                await inside[0].opens()

        await inside.pop().leaves()
        await eve_enters(bot.url)
        await bot.stops()
        assert bot.log.count("all connections are taken") == 2, "once, and once with the count"


@asynccontextmanager
async def page(url: str) -> AsyncIterator[BrowserPerson]:
    """Open a page that takes up one connection."""
    async with browser_person(url) as person:
        async with person.session.get(url, headers={hdrs.CONNECTION: "close"}) as answer:
            assert answer.status == 200
        await connects(person)
        yield person


async def connects(person: BrowserPerson) -> None:
    """Connect, as soon as the connection that brought the page itself is quite gone."""
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                return await person.connects()
            except WSServerHandshakeError as refused:
                assert refused.status == 503  # noqa: PT017 - any other status is a fault


async def eve_enters(url: str) -> None:
    """Come again and again, as a page that is refused does, until there is room."""
    async with ClientSession() as session, asyncio.timeout(PATIENCE):
        status = 503
        while status == 503:
            async with session.get(url) as answer:
                status = answer.status
    assert status == 200
