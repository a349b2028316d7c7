"""``course-bot doctor``: whatever may be wrong is told with what to do, and nothing is changed."""

import asyncio
import os
import shutil
import socket
import sqlite3
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import web
from sqlalchemy import insert
from yarl import URL

from course_bot.commands import examining
from course_bot.content.faults import Fault, Place, Severity
from course_bot.content.model import Course
from course_bot.learning.progress import Study
from course_bot.messengers.browser.diagnosing import Page, leads_to_https
from course_bot.messengers.browser.door import BrowserDoor
from course_bot.messengers.browser.server import serve
from course_bot.messengers.findings import Finding, Level
from course_bot.messengers.max.diagnosing import Max
from course_bot.messengers.max.updates import UPDATES
from course_bot.messengers.telegram.diagnosing import Telegram
from course_bot.storage import migrating, schema
from course_bot.storage.health import OutboxState, StateOfOutbox, Waiting
from course_bot.storage.store import Storage
from tests.browser_person import SECRET
from tests.console import Console, console, settings
from tests.max_standin import TOKEN as MAX_TOKEN
from tests.max_standin import MaxApi
from tests.pretend_talk import PretendTalk
from tests.telegram_standin import TOKEN, BotApi

__all__ = ["console", "settings"]

CERTIFICATES = Path(__file__).parent / "samples" / "certificates"
"""Keys and certificates of nobody, for localhost; one is good until 2099, one has expired."""
GOOD = CERTIFICATES / "good.pem"
HOOK = "https://course.example/telegram"
MAX_HOOK = "https://course.example/max"


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture(autouse=True)
def lessons(monkeypatch: pytest.MonkeyPatch, course: Course) -> list[Fault]:
    """Faults that are found in a small course: the real one takes seconds to check."""
    faults: list[Fault] = []
    monkeypatch.setattr(examining, "check_course", lambda _: (course, tuple(faults)))
    return faults


def told(found: list[Finding], level: Level) -> str:
    return "\n".join(f"{it.subject}: {it.what} → {it.do}" for it in found if it.level is level)


def lines(out: str, sign: str) -> str:
    return "\n".join(line for line in out.splitlines() if line.startswith(sign))


# This computer


def test_on_an_empty_machine_it_says_how_to_begin_and_makes_nothing(
    tmp_path: Path, console: Console
) -> None:
    ended = console("doctor")
    assert ended.code == 0
    assert "start it by `course-bot run`, which makes the database" in lines(ended.out, "!")
    assert lines(ended.out, "✗") == ""
    assert list(tmp_path.iterdir()) == []


def test_a_wrong_setting_comes_first_and_the_rest_is_looked_at_all_the_same(
    console: Console,
) -> None:
    ended = console(
        "doctor",
        COURSE_BOT_BROWSER="open",
        COURSE_BOT_SECRET="not-quite-a-secret",
        TELEGRAM_PROXY="https://me:not-quite@proxy.example:3128",
        TELEGRAM_TOKEN=TOKEN,
    )
    assert ended.code == 1
    first, second, third = ended.out.splitlines()[:3]
    assert first.startswith("✗ settings     COURSE_BOT_BROWSER: ")
    assert "COURSE_BOT_SECRET: must have at least 32 characters" in second
    assert "TELEGRAM_PROXY: must look like socks5://" in third
    assert "✓ lessons" in ended.out
    # What is not known can't be looked at.
    assert "Telegram  " not in ended.out
    assert "page  " not in ended.out
    assert "not-quite" not in ended.out
    assert TOKEN not in ended.out


def test_an_env_file_that_is_no_text_is_one_line(tmp_path: Path, console: Console) -> None:
    (tmp_path / ".env").write_bytes("# токен\n".encode("cp1251"))
    ended = console("doctor")
    assert (ended.code, ended.err) == (1, "")
    assert ended.out.startswith("✗ settings     .env is not in UTF-8: save it in that encoding\n")


@pytest.fixture
def kept(tmp_path: Path, migrated_sqlite: Path) -> Path:
    """What a bot has left here: the database and the secret; the database's path is returned."""
    data = tmp_path / "data"
    data.mkdir()
    (data / "secret").write_text("s" * 43)
    (data / "secret").chmod(0o600)
    shutil.copy(migrated_sqlite, data / "course.db")
    (tmp_path / ".env").touch(0o600)
    backup = tmp_path / "backups" / "course.db"
    backup.parent.mkdir()
    shutil.copy(migrated_sqlite, backup)
    return data / "course.db"


def test_what_is_well_is_said_to_be(kept: Path, console: Console) -> None:
    before = {path: path.read_bytes() for path in kept.parent.iterdir()}
    ended = console("doctor", COURSE_BOT_PORT="1")
    assert lines(ended.out, "✗") == ""
    for subject in ("settings", "secret", "database", "disk", "lessons", "outbox", "backups"):
        assert f"✓ {subject}" in ended.out
    assert "the bot is not running" in lines(ended.out, "!")
    assert {path: path.read_bytes() for path in kept.parent.iterdir()} == before


Spoiling = Callable[[Path, pytest.MonkeyPatch], object]


def older(_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrating, "HEAD", "9999")


def broken(path: Path, _monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("PRAGMA journal_mode=DELETE")
        database.execute("PRAGMA writable_schema=ON")
        database.execute(
            "UPDATE sqlite_master SET rootpage = (SELECT rootpage FROM sqlite_master WHERE"
            " name = 'person') WHERE name = 'account'"
        )


def on_a_network(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mounts = path.parents[1] / "mounts"
    mounts.write_text(
        "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
        f"36 22 0:30 / {path.parents[1]} rw,relatime shared:1 - nfs4 server:/share rw\n"
    )
    monkeypatch.setattr(examining, "MOUNTS", mounts)


def full(_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage("/")._replace(free=10**7)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)


@pytest.mark.parametrize(
    ("spoil", "sign", "words"),
    [
        (lambda path, _: path.write_text("none" * 100), "✗", "is no SQLite database"),
        (older, "!", "it is of version 0005, where this program's is 9999 → make a backup"),
        (broken, "✗", "course.db is damaged"),
        (on_a_network, "✗", "stands on a network file system (nfs4)"),
        (full, "✗", "10.0 MB are free on the disk"),
        (lambda path, _: path.with_name("secret").unlink(), "!", "no data/secret yet"),
        (lambda path, _: path.with_name("secret").write_text("s"), "✗", "damaged, it has 1 bytes"),
        (lambda path, _: path.with_name("secret").chmod(0o640), "✗", "chmod 600 data/secret"),
        (lambda path, _: (path.parents[1] / ".env").chmod(0o644), "!", "chmod 600 .env"),
        (lambda path, _: os.utime(path.parents[1] / "backups/course.db", (1, 1)), "!", "days old"),
        (lambda path, _: shutil.rmtree(path.parents[1] / "backups"), "!", 'data/course.db ".back'),
    ],
)
def test_what_is_wrong_on_this_computer_is_told(
    kept: Path,
    console: Console,
    monkeypatch: pytest.MonkeyPatch,
    spoil: Spoiling,
    sign: str,
    words: str,
) -> None:
    spoil(kept, monkeypatch)
    ended = console("doctor")
    assert words in lines(ended.out, sign)
    assert ended.code == (1 if sign == "✗" else 0)


def test_a_database_whose_server_is_away_is_told_without_its_password(console: Console) -> None:
    ended = console("doctor", COURSE_BOT_DATABASE="postgresql://a:pass-word@127.0.0.1:1/b")
    assert "✗ database     the database postgresql://a:***@127.0.0.1:1/b can't be" in ended.out
    assert "pass-word" not in ended.out


def test_lessons_with_faults_and_figures_to_check_again_are_counted(
    console: Console, monkeypatch: pytest.MonkeyPatch, course: Course, lessons: list[Fault]
) -> None:
    place = Place("rules.yaml", 3, 1)
    warning = Fault(place=place, what="w", would_be_right="r", severity=Severity.WARNING)
    lessons += [warning, warning]
    said = lines(console("doctor").out, "!")
    assert f": {len(course.lessons)} lessons, no errors, 2 warnings → `course-bot check`" in said
    monkeypatch.setattr(examining, "now", lambda: now() + timedelta(days=36500))
    said = lines(console("doctor").out, "!")
    assert f"to check them again has passed for {len(course.rules)} figures (" in said
    lessons.append(Fault(place=place, what="w", would_be_right="r"))
    monkeypatch.setattr(examining, "check_course", lambda _: (None, tuple(lessons)))
    ended = console("doctor")
    assert "1 errors, so that the bot can't start with them → `course-bot check`" in ended.out
    assert ended.code == 1


async def test_the_outbox_is_counted_by_doors_and_reasons(storage: Storage) -> None:
    at = now().replace(microsecond=0)

    def message(door: str, **more: object) -> dict[str, object]:
        row = {"person_id": 1, "account_id": "telegram:1", "door": door, "kind": "reminder"}
        return row | {"made_at": at, "due_at": at, "settled_at": None, "reason": None} | more

    hour = timedelta(hours=1)
    failed = "400: chat 123456789 not found"
    async with storage.writing() as connection:
        who = {"id": 1, "joined_at": at, "seen_at": at, "study": Study()}
        await connection.execute(insert(schema.person), [who])
        await connection.execute(insert(schema.account), [{"id": "telegram:1", "person_id": 1}])
        rows = [
            message("max", due_at=at + hour),
            message("telegram"),
            message("telegram", due_at=at - hour),
            message("telegram", settled_at=at),
            message("telegram", settled_at=at, reason="blocked"),
            message("telegram", settled_at=at, reason=failed),
            message("telegram", settled_at=at - hour, reason=failed.replace("9", "8")),
            message("telegram", settled_at=at - 48 * hour, reason="long ago"),
        ]
        await connection.execute(insert(schema.outbox), rows)
    state = await storage.read(StateOfOutbox(at))
    assert state == OutboxState(
        waiting={
            "max": Waiting(count=1, due=at + hour),
            "telegram": Waiting(count=2, due=at - hour),
        },
        given_up={"400: chat … not found": 2, "blocked": 1},
    )
    found = examining.examine_outbox(state, frozenset({"telegram"}))
    assert "1 messages wait for max, which is closed" in told(found, Level.LOOK)
    assert "2 messages wait for telegram, the longest overdue by 60 min" in told(found, Level.LOOK)
    assert "given up in the last day: 3 («400: chat … not found» 2, «blocked» 1)" in told(
        found, Level.LOOK
    )


# Telegram


@pytest.fixture
async def telegram() -> AsyncIterator[BotApi]:
    async with BotApi() as api:
        yield api


async def ask_telegram(
    api: BotApi | str,
    *,
    token: str = TOKEN,
    proxy: str | None = None,
    hook: str | None = HOOK,
    running: bool = True,
    clock: Callable[[], datetime] = now,
) -> list[Finding]:
    url = api if isinstance(api, str) else api.url
    door = Telegram(token=token, api=url, proxy=proxy, hook=hook, running=running)
    return await door.diagnose(clock)


async def test_a_bot_that_telegram_knows_and_delivers_to_is_fine(telegram: BotApi) -> None:
    telegram.webhook = {"url": HOOK}
    found = await ask_telegram(telegram)
    assert {it.level for it in found} == {Level.FINE}
    assert "@sferum_course_bot is known to 127.0.0.1" in told(found, Level.FINE)
    assert f"it delivers to {HOOK}" in told(found, Level.FINE)
    assert "clock: agrees with that of 127.0.0.1" in told(found, Level.FINE)
    # Nothing was taken from the bot that runs, and nothing set.
    assert [call.method for call in telegram.calls] == ["getMe", "getWebhookInfo"]


@pytest.mark.parametrize(
    ("url", "hook", "running", "level", "words"),
    [
        ("", HOOK, True, Level.WRONG, "no webhook is registered; updates waiting: 1"),
        ("", HOOK, False, Level.LOOK, "it is set when the bot starts"),
        ("https://other.example/s3cret", HOOK, True, Level.WRONG, "delivers to other.example →"),
        ("https://course.example/old", HOOK, True, Level.WRONG, "but to another place there"),
        (HOOK, None, True, Level.WRONG, "TELEGRAM_WEBHOOK_SECRET is not set"),
        (HOOK, None, False, Level.LOOK, "takes over when it starts"),
        ("", None, True, Level.FINE, "the bot asks for updates itself"),
        ("", None, False, Level.LOOK, "; updates waiting: 1 → start the bot"),
    ],
)
async def test_where_telegram_delivers_is_held_against_the_settings(
    telegram: BotApi, url: str, hook: str | None, running: bool, level: Level, words: str
) -> None:
    telegram.webhook = {"url": url} if url else {}
    telegram.gives(message={})
    found = await ask_telegram(telegram, hook=hook, running=running)
    assert words in told(found, level)
    assert "s3cret" not in f"{found}"


@pytest.mark.parametrize(
    ("age", "waiting", "level", "words"),
    [
        (
            60,
            1,
            Level.WRONG,
            "60 s ago: SSL error {certificate verify failed}; updates waiting: 1 → ",
        ),
        (60, 0, Level.LOOK, "no certificate of the Russian Trusted CA"),
        (90_000, 1, Level.FINE, "the last fault of delivery was 25 h ago"),
    ],
)
async def test_the_last_fault_of_telegrams_deliveries_is_told(
    telegram: BotApi, age: int, waiting: int, level: Level, words: str
) -> None:
    telegram.webhook = {"url": HOOK}
    at = now().replace(microsecond=0)
    telegram.delivery_fault = {
        "last_error_date": int(at.timestamp()) - age,
        "last_error_message": "SSL error {certificate verify failed}",
    }
    for _ in range(waiting):
        telegram.gives(message={})
    assert words in told(await ask_telegram(telegram, clock=lambda: at), level)


async def test_why_telegram_can_not_be_asked_is_told(telegram: BotApi) -> None:
    for asked, words in (
        (ask_telegram(telegram, token="my-token"), "TELEGRAM_TOKEN is not a token"),
        (ask_telegram(telegram, token="1:other"), "refuses the token (401) → ask @BotFather"),
        (ask_telegram("http://127.0.0.1:1"), "connection refused → where Telegram is blocked"),
        (ask_telegram("http://nowhere.invalid"), "its name is not found (DNS) → correct TELEGRAM"),
        (
            ask_telegram(telegram, proxy="socks5://me:pass-word@127.0.0.1:1"),
            "the proxy does not answer → correct TELEGRAM_PROXY",
        ),
    ):
        found = await asked
        assert words in told(found, Level.WRONG)
        assert "pass-word" not in f"{found}"
    telegram.fails("gateway")
    assert "answers 502 → it may pass" in told(await ask_telegram(telegram), Level.WRONG)
    async with answering(lambda _: web.Response(text="Sign in here")) as url:
        assert "is no Bot API" in told(await ask_telegram(url), Level.WRONG)


async def test_a_clock_that_is_off_is_told(telegram: BotApi) -> None:
    found = await ask_telegram(telegram, clock=lambda: now() + timedelta(minutes=5))
    assert "this computer's is 5 min ahead of that of 127.0.0.1" in told(found, Level.WRONG)
    found = await ask_telegram(telegram, clock=lambda: now() - timedelta(hours=3, minutes=1))
    assert "this computer's is 3 h behind that" in told(found, Level.WRONG)


# MAX


@pytest.fixture
async def max_api() -> AsyncIterator[MaxApi]:
    async with MaxApi() as api:
        yield api


async def ask_max(
    api: MaxApi | str,
    *,
    token: str = MAX_TOKEN,
    ca_file: Path | None = None,
    hook: str | None = MAX_HOOK,
    running: bool = True,
) -> list[Finding]:
    url = api if isinstance(api, str) else api.url
    return await Max(token=token, api=url, ca_file=ca_file, hook=hook, running=running).diagnose(
        now
    )


async def test_a_bot_that_max_knows_and_delivers_to_is_fine(max_api: MaxApi) -> None:
    max_api.subscriptions = {MAX_HOOK: {"time": 1, "update_types": UPDATES}}
    found = await ask_max(max_api)
    assert {it.level for it in found} == {Level.FINE}
    assert "@id7700000000_bot is known to 127.0.0.1" in told(found, Level.FINE)
    assert f"it delivers to {MAX_HOOK}; of faults in delivering MAX tells" in told(
        found, Level.FINE
    )
    assert [call.method for call in max_api.calls] == ["GET /me", "GET /subscriptions"]


@pytest.mark.parametrize(
    ("urls", "hook", "running", "level", "words"),
    [
        ([], MAX_HOOK, True, Level.WRONG, "no webhook is registered for this bot → start the bot"),
        ([], MAX_HOOK, False, Level.LOOK, "it is set when the bot starts"),
        ([], None, True, Level.FINE, "the bot asks for updates itself"),
        ([MAX_HOOK], None, True, Level.WRONG, "while MAX_WEBHOOK_SECRET is not set"),
        (["https://other.example/s3cret"], MAX_HOOK, True, Level.LOOK, "to other.example, too"),
        (["https://[s3cret"], MAX_HOOK, True, Level.LOOK, "to an address that can't be read, too"),
        (
            ["https://course.example:8443/max"],
            "https://course.example:8443/max",
            True,
            Level.WRONG,
            "to port 443 only",
        ),
    ],
)
async def test_where_max_delivers_is_held_against_the_settings(
    max_api: MaxApi,
    urls: list[str],
    hook: str | None,
    running: bool,
    level: Level,
    words: str,
) -> None:
    max_api.subscriptions = {url: {"time": 1} for url in urls}
    found = await ask_max(max_api, hook=hook, running=running)
    assert words in told(found, level)
    assert "s3cret" not in f"{found}"


async def test_kinds_of_updates_that_max_does_not_deliver_are_told(max_api: MaxApi) -> None:
    max_api.subscriptions = {MAX_HOOK: {"time": 1, "update_types": UPDATES[1:]}}
    assert f"it does not deliver {UPDATES[0]} to" in told(await ask_max(max_api), Level.WRONG)


async def test_why_max_can_not_be_asked_is_told(max_api: MaxApi, tmp_path: Path) -> None:
    no_pem = tmp_path / "ca.pem"
    no_pem.write_text("none")
    for asked, words in (
        (ask_max(max_api, token="other"), "refuses the token (401 verify.token) → take the"),
        (ask_max("http://127.0.0.1:1"), "connection refused → the firewall must let"),
        (ask_max(max_api, ca_file=no_pem), "MAX_CA_FILE can't be used: "),
    ):
        assert words in told(await asked, Level.WRONG)
    async with answering(lambda _: web.Response(text="Sign in here")) as url:
        assert "is not MAX's Bot API" in told(await ask_max(url), Level.WRONG)


async def test_a_certificate_of_max_that_is_not_trusted_is_told_with_the_way_out() -> None:
    def answer(request: web.Request) -> web.Response:
        if request.path == "/me":
            return web.json_response({"user_id": 1, "username": "course_bot"})
        return web.json_response({"subscriptions": []})

    async with answering(answer, GOOD) as url:
        found = told(await ask_max(url), Level.WRONG)
        assert "its certificate is not trusted here (self-signed certificate) → " in found
        assert "download the Russian Trusted Root CA as PEM (by https://www.gosuslugi.ru/" in found
        assert "name the file in MAX_CA_FILE" in found
        assert told(await ask_max(url, ca_file=GOOD, hook=None), Level.WRONG) == ""
        other = told(await ask_max(url, ca_file=CERTIFICATES / "expired.pem"), Level.WRONG)
        assert "expired.pem must hold the Russian Trusted Root CA" in other


# The page


Answer = Callable[[web.Request], web.StreamResponse | Awaitable[web.StreamResponse]]


@asynccontextmanager
async def behind_tls(
    make: Callable[[str], web.Application], certificate: Path | None
) -> AsyncIterator[str]:
    """Serve the application that is made for the address, over HTTPS by a certificate."""
    listening = socket.create_server(("127.0.0.1", 0))
    scheme = "https" if certificate else "http"
    url = f"{scheme}://localhost:{listening.getsockname()[1]}"
    trust = None
    if certificate is not None:
        trust = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        trust.load_cert_chain(certificate)
    runner = web.AppRunner(make(url), access_log=None, shutdown_timeout=0.01)
    await runner.setup()
    try:
        await web.SockSite(runner, listening, ssl_context=trust).start()
        yield url
    finally:
        await runner.cleanup()


@asynccontextmanager
async def answering(answer: Answer, certificate: Path | None = None) -> AsyncIterator[str]:
    """Serve one answer to whatever is asked."""

    async def handle(request: web.Request) -> web.StreamResponse:
        told = answer(request)
        return told if isinstance(told, web.StreamResponse) else await told

    def make(_url: str) -> web.Application:
        application = web.Application()
        application.router.add_route("*", "/{path:.*}", handle)
        return application

    async with behind_tls(make, certificate) as url:
        yield url


def page_door(url: str | None) -> BrowserDoor:
    return BrowserDoor(
        PretendTalk(),
        secret=SECRET,
        mode="public" if url else "local",
        public_url=url,
        clock=now,
        picture=lambda _: None,
    )


def public(url: str, **more: tuple[str, ...]) -> Page:
    return Page(mode="public", host="127.0.0.1", port=1, public_url=url, **more)


@pytest.fixture
def trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this computer trust the test's certificates."""
    monkeypatch.setenv("SSL_CERT_FILE", str(GOOD))


@pytest.mark.usefixtures("trusted")
async def test_a_public_page_that_works_is_fine() -> None:
    async def hook(_request: web.Request) -> web.Response:
        return web.Response(status=401)

    def make(url: str) -> web.Application:
        return page_door(url).application([web.post("/max", hook)])

    async with behind_tls(make, GOOD) as url:
        found = await public(url, hooks=("/max",)).diagnose(now, running=True)
        assert [it.level for it in found] == [Level.FINE] * 4, found
        assert [it.subject for it in found] == ["HTTPS", "public page", "WebSocket", "webhook"]
        soon = datetime(2099, 12, 25, tzinfo=UTC)
        found = await public(url).diagnose(lambda: soon, running=True)
        assert "the certificate ends in 6 days → renew it" in told(found, Level.LOOK)


@pytest.mark.usefixtures("trusted")
async def test_what_a_reverse_proxy_does_wrong_is_told() -> None:
    async with answering(lambda _: web.Response(text="Welcome to nginx"), GOOD) as url:
        found = await public(url, hooks=("/max",)).diagnose(now, running=True)
        said = told(found, Level.WRONG)
        assert f"another page answers at {url} (200) → the reverse proxy must pass" in said
        assert "WebSocket: does not open: the answer is 200 → the reverse proxy must" in said
        assert f"{url}/max answers 200 instead of asking for the secret" in said
    async with answering(lambda _: web.Response(status=502), GOOD) as url:
        found = await public(url, hooks=("/max",)).diagnose(now, running=True)
        assert len(found) == 2  # of all that comes of it, nothing
        assert f"{url} answers 502 → the reverse proxy must pass" in told(found, Level.WRONG)
        found = await public(url).diagnose(now, running=False)
        assert f"{url} answers 502 → start the bot" in told(found, Level.LOOK)


@pytest.mark.usefixtures("trusted")
async def test_a_websocket_that_is_open_to_other_sites_is_told() -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        if request.path != "/ws":
            return web.Response(text='<script src="/chat.js">')
        opened = web.WebSocketResponse()
        await opened.prepare(request)
        await opened.send_str('{"hello":{}}')
        await opened.close()
        return opened

    async with answering(answer, GOOD) as url:
        found = await public(url).diagnose(now, running=True)
    assert "opens to other sites' pages, too" in told(found, Level.WRONG)
    assert "shows the page of another version" in told(found, Level.LOOK)


async def test_why_the_page_can_not_be_reached_is_told() -> None:
    async with answering(lambda _: web.Response(), GOOD) as url:
        found = await public(url).diagnose(now, running=True)
        assert "its certificate is not trusted here" in told(found, Level.WRONG)
        assert len(found) == 1
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(CERTIFICATES / "expired.pem"))
        async with answering(lambda _: web.Response(), CERTIFICATES / "expired.pem") as url:
            found = await public(url).diagnose(now, running=True)
            assert "its certificate has expired" in told(found, Level.WRONG)
    found = await public("https://localhost:1").diagnose(now, running=True)
    assert "can't be reached from here: connection refused" in told(found, Level.WRONG)
    found = await public("https://nowhere.invalid").diagnose(now, running=True)
    assert "can't be reached from here: its name is not found (DNS)" in told(found, Level.WRONG)


async def test_an_address_that_does_not_lead_to_https_is_told() -> None:
    def leads(_request: web.Request) -> web.Response:
        return web.Response(status=301, headers={"Location": "https://course.example/"})

    async with answering(leads) as url:
        assert (await leads_to_https(URL(url))).level is Level.FINE
    async with answering(lambda _: web.Response(text="course")) as url:
        found = [await leads_to_https(URL(url))]
        assert "answers 200 instead of leading to https://" in told(found, Level.LOOK)


async def test_the_page_of_this_computer_is_known_by_its_answer() -> None:
    async with serve(page_door(None).application(), "127.0.0.1", 0) as url:
        page = Page(mode="local", host="127.0.0.1", port=URL(url).port or 0, public_url=None)
        assert (await page.at_work()).level is Level.FINE
        (host,) = await page.diagnose(now, running=True)
        assert (host.subject, host.level) == ("Host", Level.FINE)
    assert (await page.at_work()).level is Level.LOOK
    async with answering(lambda _: web.Response(text="ok")) as url:
        other = Page(mode="local", host="localhost", port=URL(url).port or 0, public_url=None)
        assert "another program answers" in told([await other.at_work()], Level.WRONG)
        (host,) = await other.diagnose(now, running=True)
        assert "answers whoever calls it elsewhere.example" in told([host], Level.WRONG)


@pytest.mark.usefixtures("trusted")
async def test_all_doors_are_asked_at_once_and_told_in_order(
    kept: Path, console: Console, telegram: BotApi, max_api: MaxApi
) -> None:
    def make(url: str) -> web.Application:
        return page_door(url).application()

    async with behind_tls(make, GOOD) as url:
        telegram.webhook = {"url": f"{url}/telegram"}
        telegram.delivery_fault = {
            "last_error_date": 1,
            "last_error_message": "somebody said s3cret-s3cret",
        }
        ended = await asyncio.to_thread(
            console,
            "doctor",
            TELEGRAM_TOKEN=TOKEN,
            TELEGRAM_API=telegram.url,
            TELEGRAM_WEBHOOK_SECRET="telegrams-s3cret",
            MAX_TOKEN=MAX_TOKEN,
            MAX_API=max_api.url,
            MAX_WEBHOOK_SECRET="s3cret-s3cret",
            COURSE_BOT_BROWSER="public",
            COURSE_BOT_PUBLIC_URL=url,
        )
    assert ended.code == 1
    subjects = [line.split()[1] for line in ended.out.splitlines()[:-1]]
    asked = subjects[subjects.index("lessons") + 1 : subjects.index("outbox")]
    assert asked == [
        *("MAX", "MAX", "MAX", "Telegram", "Telegram", "clock"),
        *("page", "HTTPS", "public", "WebSocket", "webhook", "webhook"),
    ]
    assert "somebody said [secret]" in ended.out
    assert "/max answers 404 instead of asking for the secret" in lines(ended.out, "✗")
    for secret in (TOKEN, MAX_TOKEN, "s3cret"):
        assert secret not in ended.out
