"""The browser door over a real socket: who may enter, what a frame may be, what is kept."""

import asyncio
import json
import logging
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from http.cookies import SimpleCookie
from pathlib import Path
from shutil import copytree
from typing import Any, Literal
from uuid import uuid4

import pytest
from aiohttp import (
    ClientSession,
    CookieJar,
    WSMsgType,
    WSServerHandshakeError,
    hdrs,
    web,
)
from yarl import URL

from course_bot.content.pictures import Picture
from course_bot.conversation.port import WROTE_CHARS, Commands, Opened, Pressed, Wrote
from course_bot.locale.phrases import Language
from course_bot.messengers.browser import server, visitors
from course_bot.messengers.browser.door import ELSEWHERE, BrowserDoor
from course_bot.messengers.browser.frames import FRAME_BYTES
from course_bot.messengers.browser.page_files import read_page
from course_bot.messengers.browser.server import serve
from course_bot.messengers.browser.visitors import Visitors
from course_bot.storage import Account
from tests.browser_person import SECRET, BrowserPerson, browser_person
from tests.pretend_talk import PretendTalk


class Town:
    """A served door, its clock, and the people who come to it."""

    def __init__(self) -> None:
        self.talk = PretendTalk()
        self.pictures: dict[str, Picture] = {}
        self.now = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
        self.stack = AsyncExitStack()
        self.url = ""

    def door(
        self,
        mode: Literal["local", "public"] = "local",
        public_url: str | None = None,
        secret: bytes = SECRET,
    ) -> BrowserDoor:
        return BrowserDoor(
            self.talk,
            secret=secret,
            mode=mode,
            public_url=public_url,
            clock=lambda: self.now,
            picture=self.pictures.get,
        )

    async def serves(self, door: BrowserDoor, *routes: web.RouteDef) -> str:
        self.url = await self.stack.enter_async_context(
            serve(door.application(routes), "127.0.0.1", 0)
        )
        return self.url

    async def person(self, language: str = "ru") -> BrowserPerson:
        person = await self.stack.enter_async_context(browser_person(self.url, language=language))
        await person.visits()
        return person

    async def page_of(self, person: BrowserPerson) -> BrowserPerson:
        """Open one more page in the same browser."""
        page = BrowserPerson(url=self.url, session=person.session)
        await page.visits()
        return page


@pytest.fixture
async def town() -> AsyncIterator[Town]:
    town = Town()
    async with town.stack:
        await town.serves(town.door())
        yield town


@pytest.fixture
async def ann(town: Town) -> BrowserPerson:
    return await town.person()


async def get(url: str, **headers: str) -> tuple[int, dict[str, str], str]:
    wanted = {name.replace("_", "-"): value for name, value in headers.items()}
    async with ClientSession() as session, session.get(url, headers=wanted) as answer:
        return answer.status, dict(answer.headers), await answer.text(errors="replace")


def cookie(headers: dict[str, str]) -> tuple[str, str, dict[str, Any]]:
    jar: SimpleCookie = SimpleCookie(headers[hdrs.SET_COOKIE])
    ((name, morsel),) = jar.items()
    return name, morsel.value, {key: value for key, value in morsel.items() if value}


async def knock(url: str, **headers: str) -> int:
    """Try to open a WebSocket, and return the status (101 if it opened)."""
    async with ClientSession() as session:
        try:
            async with session.ws_connect(f"{url}/ws", headers=headers):
                return 101
        except WSServerHandshakeError as refusal:
            return refusal.status


# Who comes in


async def test_a_visitor_gets_a_cookie_that_scripts_and_other_sites_cannot_use(town: Town) -> None:
    _, headers, _ = await get(town.url)
    name, _, flags = cookie(headers)
    assert name == f"visitor-{URL(town.url).port}"
    assert flags == {
        "httponly": True,
        "samesite": "Lax",
        "path": "/",
        "max-age": str(365 * 24 * 3600),
    }


async def test_in_public_the_cookie_is_bound_to_the_host_and_to_https(town: Town) -> None:
    url = await town.serves(town.door("public", "https://course.example/"))
    _, headers, _ = await get(url)
    name, _, flags = cookie(headers)
    assert name == "__Host-visitor-443"
    assert flags["secure"] is True
    assert flags["path"] == "/"
    assert "domain" not in flags


async def test_a_visitor_who_returns_is_the_same_account_and_is_kept_another_year(
    town: Town, ann: BrowserPerson
) -> None:
    await ann.opens()
    await ann.leaves()
    for _ in range(3):
        town.now += timedelta(days=300)
        await ann.visits()
        await ann.opens()
        await ann.leaves()
    assert len({move.account for move in town.talk.taken}) == 1
    assert town.talk.taken[0].account.door == "browser"
    assert len(town.talk.taken[0].account.key) == 22  # 128 bits


async def test_two_courses_on_one_host_leave_each_other_their_visitors(town: Town) -> None:
    async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as browser:
        doors = [town.url, await town.serves(town.door(secret=b"another course's secret"))]
        for url in (*doors, *doors):
            person = BrowserPerson(url=url, session=browser)
            await person.visits()
            await person.opens()
            await person.leaves()
    accounts = [move.account for move in town.talk.taken]
    assert accounts[:2] == accounts[2:]
    assert accounts[0] != accounts[1]


async def test_a_course_that_moves_to_another_port_keeps_its_visitors(
    town: Town, ann: BrowserPerson
) -> None:
    await ann.opens()
    await ann.leaves()
    moved = BrowserPerson(url=await town.serves(town.door()), session=ann.session)
    await moved.visits()
    await moved.opens()
    assert len({move.account for move in town.talk.taken}) == 1


async def test_two_browsers_are_two_people(town: Town, ann: BrowserPerson) -> None:
    boris = await town.person()
    await ann.opens()
    await boris.opens()
    assert len({move.account for move in town.talk.taken}) == 2


@pytest.mark.parametrize("spoil", ["forged", "another secret", "expired", "empty", "absent"])
async def test_without_a_valid_cookie_one_is_a_new_visitor(town: Town, spoil: str) -> None:
    _, headers, _ = await get(town.url)
    name, value, _ = cookie(headers)
    match spoil:
        case "forged":
            value = ("B" if value[0] == "A" else "A") + value[1:]
        case "another secret":
            await town.serves(town.door(secret=b"another secret"))
        case "expired":
            town.now += timedelta(days=365, seconds=1)
        case "empty":
            value = ""
    sent = {} if spoil == "absent" else {"Cookie": f"{name}={value}"}
    assert await knock(town.url, Origin=town.url, **sent) == 401
    _, headers, _ = await get(town.url, **sent)
    _, new, _ = cookie(headers)
    assert new.split(".")[0] != value.split(".")[0]
    assert await knock(town.url, Origin=town.url, Cookie=f"{name}={new}") == 101


async def test_a_clock_that_is_put_back_makes_nobody_a_stranger(town: Town) -> None:
    _, headers, _ = await get(town.url)
    name, value, _ = cookie(headers)
    town.now -= timedelta(days=2)
    assert await knock(town.url, Origin=town.url, Cookie=f"{name}={value}") == 101


async def test_a_socket_is_opened_only_by_our_own_page(town: Town) -> None:
    _, headers, _ = await get(town.url)
    name, value, _ = cookie(headers)
    mine = f"{name}={value}"
    port = town.url.rsplit(":", 1)[1]
    assert await knock(town.url, Cookie=mine, Origin=town.url) == 101
    for origin in ("https://evil.example", "null", f"http://localhost:{port}", town.url + "0"):
        assert await knock(town.url, Cookie=mine, Origin=origin) == 403, origin
    assert await knock(town.url, Cookie=mine) == 403


async def test_in_public_the_page_is_the_one_at_the_public_address(town: Town) -> None:
    url = await town.serves(town.door("public", "https://Course.example:443/"))
    _, headers, _ = await get(url, Host="course.example")
    name, value, _ = cookie(headers)
    mine = f"{name}={value}"
    good = {"Cookie": mine, "Host": "course.example", "Origin": "https://course.example"}
    assert await knock(url, **good) == 101
    assert await knock(url, **(good | {"Origin": url})) == 403
    assert await knock(url, **(good | {"Origin": "http://course.example"})) == 403


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:8080", 200),
        ("localhost", 200),
        ("[::1]:8080", 200),
        ("evil.example", 421),
        ("127.0.0.1.evil.example:8080", 421),
        ("192.168.1.7:8080", 421),
        ("a b", 421),
    ],
)
async def test_local_mode_answers_only_to_the_names_of_this_computer(
    town: Town, host: str, status: int
) -> None:
    for path in ("/", "/health", "/chat.js"):
        assert (await get(town.url + path, Host=host))[0] == status
    if status != 200:
        _, _, text = await get(town.url, Host=host)
        assert "COURSE_BOT_BROWSER=public" in text


def test_public_mode_needs_an_https_address() -> None:
    for address in (None, "", "http://course.example"):
        with pytest.raises(ValueError, match="https://"):
            Town().door("public", address)


# What is served


async def test_whatever_is_not_there_says_so_in_a_friendly_way(town: Town) -> None:
    for path in ("/nothing", "/deep/er", "/index.html", "/404.html", "/..%2fserver.py"):
        status, _, text = await get(town.url + path)
        assert status == 404, path
        assert "курс рядом" in text


async def test_every_answer_forbids_what_the_page_does_not_need(town: Town) -> None:
    for path in ("/", "/chat.js", "/health", "/nothing", "/ws"):
        _, headers, _ = await get(town.url + path)
        policy = headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
        assert "frame-ancestors 'none'" in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"


async def test_what_a_browser_has_already_is_not_sent_again(town: Town) -> None:
    for path in ("/", "/chat.js", "/chat.css", "/icon.svg"):
        status, headers, text = await get(town.url + path)
        assert status == 200
        assert text
        status, again, text = await get(town.url + path, If_None_Match=headers["Etag"])
        assert (status, text) == (304, "")
        assert (hdrs.SET_COOKIE in again) == (path == "/")
        assert (await get(town.url + path, If_None_Match='"other"'))[0] == 200


async def test_the_page_travels_compressed_to_whoever_can_read_it_so(town: Town) -> None:
    plain = (server.PAGE / "chat.js").read_text()
    for accepted, coding in (("gzip, deflate, br", "gzip"), ("br", None), ("", None)):
        _, headers, text = await get(f"{town.url}/chat.js", Accept_Encoding=accepted)
        assert headers.get("Content-Encoding") == coding
        assert headers["Vary"] == "Accept-Encoding"
        assert (int(headers["Content-Length"]) < len(plain.encode()) / 2) == (coding is not None)
        assert text == plain


async def test_the_page_can_be_installed_and_its_link_has_a_picture_where_there_is_an_address(
    town: Town,
) -> None:
    _, headers, text = await get(town.url + "/manifest.webmanifest")
    assert headers["Content-Type"] == "application/manifest+json; charset=utf-8"
    for icon in json.loads(text)["icons"]:
        _, headers, _ = await get(town.url + icon["src"])
        assert headers["Content-Type"].partition(";")[0] == icon["type"]
    assert "og:image" not in (await get(town.url))[2]
    url = await town.serves(town.door("public", "https://course.example"))
    page = (await get(url))[2]
    assert '"og:image" content="https://course.example/link-preview.png"' in page
    assert '"og:url" content="https://course.example/"' in page


async def test_a_changed_offline_page_is_another_version_to_its_keeper(tmp_path: Path) -> None:
    def keeper() -> bytes:
        return read_page(page, None)["sw.js"].content

    page = copytree(server.PAGE, tmp_path / "page")
    first = keeper()
    assert b"{{" not in first
    (page / "chat.css").write_text("/* Another one, which it does not keep. */")
    assert keeper() == first
    (page / "offline.css").write_text("/* Another one. */")
    assert keeper() != first


async def test_health_is_plain(town: Town) -> None:
    status, _, text = await get(town.url + "/health")
    assert (status, text) == (200, "ok")


async def test_what_a_file_manager_leaves_in_the_pages_folder_is_no_page(
    town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = copytree(server.PAGE, tmp_path / "page")
    (page / ".DS_Store").write_bytes(b"\x00\x00\x00\x01Bud1")
    (page / "Thumbs.db").touch()
    (page / "._page.js").write_bytes(b"\x00\x05\x16\x07")
    (page / "old").mkdir()
    (page / "old.html").mkdir()
    monkeypatch.setattr("course_bot.messengers.browser.door.PAGE", page)
    url = await town.serves(town.door())
    assert (await get(url))[0] == 200
    for name in (".DS_Store", "Thumbs.db", "._page.js", "old", "old.html"):
        assert (await get(f"{url}/{name}"))[0] == 404


async def test_another_doors_routes_stand_beside_ours_and_know_no_host(town: Town) -> None:
    async def hook(_request: web.Request) -> web.Response:
        return web.Response(text="taken")

    url = await town.serves(town.door(), web.get("/telegram", hook))
    assert (await get(f"{url}/telegram", Host="bot.example"))[2] == "taken"


async def test_a_taken_port_is_an_error_that_the_caller_can_word(town: Town) -> None:
    port = int(town.url.rsplit(":", 1)[1])
    with pytest.raises(OSError, match="address already in use"):
        async with serve(town.door().application(), "127.0.0.1", port):
            pass


def test_the_browser_door_does_not_import_aiogram() -> None:
    code = "import sys, course_bot.messengers.browser.door; sys.exit('aiogram' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# Moves and answers


async def test_moves_arrive_as_they_were_made(town: Town) -> None:
    person = await town.person(language="en-GB,en;q=0.8,ru;q=0.5")
    await person.opens("m_abc")
    await person.sends_action("count")
    await person.writes("Привет\n\x00 <b>")
    opened, pressed, wrote = town.talk.taken
    assert isinstance(opened, Opened)
    assert opened.payload == "m_abc"
    assert isinstance(pressed, Pressed)
    assert pressed.action == "count"
    assert isinstance(wrote, Wrote)
    assert wrote.text == "Привет\n\x00 <b>"
    assert {move.language for move in town.talk.taken} == {"en"}
    assert {move.at for move in town.talk.taken} == {town.now}


async def test_replies_arrive_as_they_were_said(ann: BrowserPerson) -> None:
    await ann.opens()
    ann.sees("Нажатий: 0", "<i>")
    await ann.presses("Посчитать")
    ann.sees("Нажатий: 1")
    await ann.presses("Отметить")
    ann.was_told("Отмечено")
    await ann.presses("Файл")
    assert ann.documents[0].name == "моё.json"
    assert ann.documents[0].content == b'{"a": 1}' * 200
    assert ann.button("Инструкция на сайте").url == "https://sferum.example/help"


async def test_the_page_connects_where_nobody_can_tell_whose_command_menu_it_is(
    town: Town, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    usual = town.talk.commands

    async def commands(language: Language, account: Account | None = None) -> Commands:
        if account is not None:
            raise RuntimeError("the database is away")
        return await usual(language)

    monkeypatch.setattr(town.talk, "commands", commands)
    ann = await town.person()
    assert ann.hello["commands"][0] == {"name": "menu", "about": "Главное меню"}
    assert "can't be told" in caplog.text


async def test_the_first_frame_lists_the_commands_in_the_visitors_language(town: Town) -> None:
    ann, john = await town.person(), await town.person("en")
    assert ann.hello["commands"][0] == {"name": "menu", "about": "Главное меню"}
    assert john.hello["commands"][0] == {"name": "menu", "about": "Menu"}
    assert (ann.hello["language"], john.hello["language"]) == ("ru", "en")
    assert ann.hello["text_chars"] == WROTE_CHARS


ID = "01234567-89ab-4cde-8f01-23456789abcd"


@pytest.mark.parametrize(
    "frame",
    [
        "",
        "{",
        "null",
        "[]",
        '"opened"',
        "[" * 5000,
        {"kind": "opened"},
        {"id": "1", "kind": "opened"},
        {"id": 1, "kind": "opened"},
        {"id": ID},
        {"id": ID, "kind": "sent"},
        {"id": ID, "kind": "pressed"},
        {"id": ID, "kind": "pressed", "action": 7},
        {"id": ID, "kind": "pressed", "action": "a", "text": "b"},
        {"id": ID, "kind": "wrote", "text": None},
        {"id": ID, "kind": "wrote", "text": "a", "account": "someone else"},
        '{"id": "' + ID + '", "kind": "wrote", "text": "\\ud800"}',
    ],
)
async def test_a_malformed_frame_is_refused_and_the_connection_lives_on(
    town: Town, ann: BrowserPerson, frame: str | dict[str, object]
) -> None:
    assert ann.socket
    text = frame if isinstance(frame, str) else json.dumps(frame)
    await ann.socket.send_str(text)
    answer = await ann.hears()
    assert answer["refused"]
    if isinstance(frame, dict) and frame.get("id") == ID:
        assert answer["id"] == ID
    await ann.socket.send_bytes(b"\xff\x00")
    assert (await ann.hears())["refused"]
    assert town.talk.taken == []
    await ann.opens()
    ann.sees("Нажатий")


async def test_a_frame_over_the_limit_closes_the_connection_with_a_word_why(
    town: Town, ann: BrowserPerson
) -> None:
    assert ann.socket
    await ann.socket.send_str("a" * (FRAME_BYTES + 1))
    farewell = await ann.socket.receive()
    assert farewell.type is WSMsgType.CLOSE
    assert farewell.data == 1009
    assert (farewell.extra or "").startswith("Отказ: too_large")
    assert town.talk.taken == []
    await ann.connects()
    await ann.opens()


async def test_a_text_over_the_limit_is_refused_in_words(town: Town, ann: BrowserPerson) -> None:
    await ann.writes("ы" * (WROTE_CHARS + 1))
    ann.was_told("Отказ: too_long")
    assert town.talk.taken == []
    await ann.writes("ы" * WROTE_CHARS)
    await ann.writes("語" * WROTE_CHARS)
    assert len(town.talk.taken) == 2


async def test_moves_of_one_page_are_taken_in_order_one_by_one(
    town: Town, ann: BrowserPerson
) -> None:
    town.talk.open.clear()
    posted = [await ann.posts("wrote", text=str(number)) for number in range(5)]
    await town.talk.has_taken(1)
    assert len(town.talk.taken) == 1
    town.talk.open.set()
    assert [(await ann.hears())["id"] for _ in posted] == posted
    assert [move.move_id for move in town.talk.taken] == posted


async def test_two_pages_of_one_person_take_turns(town: Town, ann: BrowserPerson) -> None:
    other = await town.page_of(ann)
    town.talk.open.clear()
    await ann.posts("opened")
    await town.talk.has_taken(1)
    await other.posts("opened")
    boris = await town.person()
    await boris.posts("opened")
    await town.talk.has_taken(2)
    # Boris came last and is being served; Ann's second page waits for her first.
    assert town.talk.taken[0].account != town.talk.taken[1].account
    assert len(town.talk.taken) == 2
    town.talk.open.set()
    await ann.hears()
    await other.hears()
    await boris.hears()


class Gate:
    """A pace that lets the burst through and then nothing until it is opened."""

    made: list["Gate"]

    def __init__(self, burst: float, period: float) -> None:
        self.burst, self.period = burst, period
        self.left = burst
        self.open = asyncio.Event()
        Gate.made.append(self)

    async def acquire(self) -> None:
        self.left -= 1
        if self.left < 0:
            await self.open.wait()


async def test_a_flood_slows_only_the_flooder_and_all_their_pages(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    Gate.made = []
    monkeypatch.setattr(visitors, "AsyncLimiter", Gate)
    flooder = await town.person()
    other_page = await town.page_of(flooder)
    for _ in range(100):
        await flooder.posts("pressed", action="count")
        await other_page.posts("pressed", action="count")
    await town.talk.has_taken(visitors.BURST)
    ann = await town.person()
    for count in range(1, 4):
        await ann.sends_action("count")
        ann.sees(f"Нажатий: {count}")
    mine = [move for move in town.talk.taken if move.account == town.talk.taken[0].account]
    assert len(mine) == visitors.BURST
    gate, _ = Gate.made
    assert (gate.burst, gate.period) == (
        visitors.BURST,
        visitors.BURST / visitors.MOVES_PER_SECOND,
    )
    gate.open.set()


def test_only_so_many_of_those_who_left_are_remembered() -> None:
    known = Visitors()
    with known.inside("first") as first, known.inside("first") as again:
        assert again is first
    with known.inside("first") as again:
        assert again is first
    for number in range(visitors.REMEMBERED):
        with known.inside(str(number)):
            pass
    with known.inside("first") as again, known.inside("999") as last:
        assert again is not first
        assert last.account == Account(door="browser", key="999")


async def test_a_move_delivered_twice_keeps_its_id_so_that_it_counts_once(
    town: Town, ann: BrowserPerson
) -> None:
    move_id = str(uuid4())
    await ann.does("pressed", action="count", id=move_id)
    await ann.leaves()
    await ann.connects()
    await ann.does("pressed", action="count", id=move_id)
    ann.sees("Нажатий: 1")
    assert [move.move_id for move in town.talk.taken] == [move_id, move_id]


async def test_our_own_trouble_is_told_logged_and_forgotten_when_the_move_comes_again(
    town: Town, ann: BrowserPerson, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    town.talk.fails()
    move_id = await ann.posts("opened", payload="my-personal-link")
    answer = await ann.hears()
    assert answer["id"] == move_id
    ann.sees("Что-то сломалось у нас [ru]")
    town.talk.recovers()
    await ann.does("opened", payload="my-personal-link", id=move_id)
    ann.sees("Ссылка: my-personal-link")
    (record,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert record.exc_info
    for secret in ("my-personal-link", "visitor=", *(one.value for one in ann.session.cookie_jar)):
        assert secret not in caplog.text


async def test_an_unreadable_request_leaves_no_cookie_in_the_log(
    town: Town, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for line in (
        b"Cookie: visitor=se\x00cret",
        b"Coo kie: visitor=secret",
        b"Cookie: visitor=secret" + b"x" * 100_000,
    ):
        host, port = town.url.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n" + line + b"\r\n\r\n")
        assert b" 400 " in await reader.readline(), line
        writer.close()
        await writer.wait_closed()
    assert "visitor" not in caplog.text
    assert "cret" not in caplog.text


async def test_a_restart_answers_what_was_begun_and_then_says_goodbye() -> None:
    town = Town()
    async with AsyncExitStack() as people, town.stack:
        await town.serves(town.door())
        ann, boris = [await people.enter_async_context(browser_person(town.url)) for _ in range(2)]
        await ann.visits()
        await boris.visits()
        assert ann.socket
        assert boris.socket
        town.talk.open.clear()
        move_id = await ann.posts("pressed", action="count")
        await town.talk.has_taken(1)
        stopping = asyncio.create_task(town.stack.aclose())
        assert (await boris.socket.receive()).data == 1001
        town.talk.open.set()
        assert (await ann.hears())["id"] == move_id
        assert (await ann.socket.receive()).data == 1001
        await stopping


async def test_a_fifth_page_closes_the_oldest_with_a_word(town: Town, ann: BrowserPerson) -> None:
    pages = [await town.page_of(ann) for _ in range(visitors.SOCKETS)]
    assert ann.socket
    farewell = await ann.socket.receive()
    assert (farewell.data, farewell.extra) == (ELSEWHERE, "too many pages")
    for page in pages:
        await page.opens()
        page.sees("Нажатий")
