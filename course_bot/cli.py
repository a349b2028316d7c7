"""The commands, and the only place that builds the parts and connects them."""

import argparse
import asyncio
import errno
import gc
import logging
import os
import secrets
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from tempfile import mkstemp
from typing import TYPE_CHECKING, TypeVar

from pydantic import ValidationError

from course_bot.content.checking import check
from course_bot.content.model import Course
from course_bot.content.reading import Fault, Severity
from course_bot.content.watching import Shelf
from course_bot.conversation.stage import Addresses
from course_bot.conversation.turn import Conversation
from course_bot.errors import CourseError
from course_bot.logs import start_logging
from course_bot.settings import Settings, unknown_settings
from course_bot.storage.engine import DatabaseUrlError, create_engine, database_url
from course_bot.storage.migrating import NewerDatabaseError, UnavailableDatabaseError, upgrade
from course_bot.storage.store import Storage

SECRET_FILE = Path("data/secret")
"""Where the server's secret is kept if no setting gives one."""
SECRET_BYTES = 32
HOOK_PATH = "/telegram"
"""Where the webhook is reached, below the public address."""
REMINDING_HOURS = range(7, 16)
"""Between which hours (UTC) reminders go out: 10 to 19 o'clock in Moscow."""
REMINDERS_EVERY = timedelta(minutes=10)
TIDY_EVERY = timedelta(hours=6)

if TYPE_CHECKING:
    from course_bot.messengers.telegram.door import TelegramDoor

if sys.platform == "win32":
    from asyncio import new_event_loop
else:
    from uvloop import new_event_loop

T = TypeVar("T")

log = logging.getLogger(__name__)


class StopError(CourseError):
    """The program can't go on; the one line for the person at the console says why."""


def main() -> int:
    """Carry out the command line; return the exit code."""
    parser = argparse.ArgumentParser(prog="course-bot", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="command")
    run = commands.add_parser("run", help="start the course: the browser page, and Telegram")
    run.set_defaults(do=run_command)
    check_parser = commands.add_parser("check", help="check the lesson files, report every fault")
    check_parser.add_argument("folder", nargs="?", type=Path, help="default: the setting's folder")
    check_parser.add_argument("--links", action="store_true", help="also ask the web")
    check_parser.set_defaults(do=check_command)
    database = commands.add_parser("db", help="look after the database")
    database_commands = database.add_subparsers(required=True, metavar="command")
    database_commands.add_parser("upgrade", help="bring it up to date").set_defaults(
        do=upgrade_command
    )
    database_commands.add_parser(
        "verify", help="recompute progress from the log of answers, report any difference"
    ).set_defaults(do=verify_command)
    arguments = parser.parse_args()
    do: Callable[[argparse.Namespace], int] = arguments.do
    try:
        return do(arguments)
    except StopError as stop:
        print(f"course-bot: {stop}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def run_command(_arguments: argparse.Namespace) -> int:
    """Start the course and serve it until it is told to stop."""
    settings = read_settings()
    secret = read_secret(settings)
    start_logging(settings.log_level, _secrets_of(settings))
    course, faults = check(settings.lessons, today=_today())
    if course is None:
        _print_faults(faults)
        raise StopError(f"the lessons in {settings.lessons} have faults: mend them first")
    run_async(serve(settings, course, secret))
    return 0


def check_command(arguments: argparse.Namespace) -> int:
    """Check the lesson files; return 1 where there is an error."""
    folder: Path = arguments.folder or read_settings().lessons
    course, faults = check(folder, today=_today())
    if course is not None and arguments.links:
        # Asking the web is rare; the import of the HTTP client can wait for it.
        from course_bot.content.links import ask_links

        faults += ask_links(folder)
    _print_faults(faults)
    if any(fault.severity is Severity.ERROR for fault in faults) or course is None:
        return 1
    questions = sum(len(lesson.pool) for lesson in course.lessons.values())
    print(f"{folder}: {len(course.lessons)} lessons, {questions} questions, no errors")
    return 0


def upgrade_command(_arguments: argparse.Namespace) -> int:
    """Bring the database up to date."""
    run_async(_upgraded(read_settings()))
    print("The database is up to date.")
    return 0


async def _upgraded(settings: Settings) -> None:
    async with open_storage(settings):
        pass


def verify_command(_arguments: argparse.Namespace) -> int:
    """Report whatever is stored otherwise than the log of answers says; return 1 if anything."""
    # Only this command needs it.
    from course_bot.storage.verifying import differences

    async def verify() -> int:
        found = 0
        async with open_storage(read_settings()) as storage:
            async for each in differences(storage):
                found += 1
                print(f"person {each.person}, {each.what}: stored {each.stored}")
                print(f"    but the log says {each.derived}")
        return found

    found = run_async(verify())
    print(f"{found} differences" if found else "Progress and log agree.")
    return 1 if found else 0


def read_settings() -> Settings:
    """Read the settings.

    Raises:
        StopError: one is malformed; it says which, and never shows a secret.
    """
    try:
        settings = Settings()
    except UnicodeDecodeError:
        raise StopError(".env is not in UTF-8: save it in that encoding") from None
    except ValidationError as error:
        lines = (
            f"{_setting_name(fault['loc'])}: {fault['msg'].removeprefix('Value error, ')}"
            for fault in error.errors()
        )
        raise StopError("; ".join(lines) + " (.env.example explains every setting)") from None
    for name, near in unknown_settings().items():
        hint = f"perhaps {near} is meant" if near else ".env.example lists them all"
        raise StopError(f"{name} is no setting: {hint}")
    if settings.browser == "local" and not _is_loopback(settings.host):
        raise StopError(
            f"COURSE_BOT_HOST is {settings.host}, but COURSE_BOT_BROWSER=local serves this"
            " computer only: set it to public behind HTTPS, or COURSE_BOT_HOST to 127.0.0.1"
        )
    if settings.browser == "public" and settings.public_url is None:
        raise StopError(
            "COURSE_BOT_BROWSER=public needs COURSE_BOT_PUBLIC_URL, the https:// address at which"
            " people reach the page"
        )
    if settings.telegram_webhook_secret is not None and settings.public_url is None:
        raise StopError(
            "TELEGRAM_WEBHOOK_SECRET needs COURSE_BOT_PUBLIC_URL, the https:// address to which"
            " Telegram delivers; without both the bot asks Telegram itself (long polling)"
        )
    return settings


def _setting_name(location: tuple[int | str, ...]) -> str:
    name = f"{location[0]}" if location else "settings"
    return name if name.isupper() else f"COURSE_BOT_{name.upper()}"


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def read_secret(settings: Settings) -> bytes:
    """Return the server's secret; where no setting gives one, make it once and keep it.

    Raises:
        StopError: the file can't be read or written.
    """
    if settings.secret is not None:
        return settings.secret.get_secret_value().encode()
    try:
        if not SECRET_FILE.exists():
            _make_secret()
        secret = SECRET_FILE.read_bytes()
    except OSError as error:
        raise StopError(
            f"{SECRET_FILE} can't be used ({error.strerror}): make the folder writable, or set"
            " COURSE_BOT_SECRET to at least 32 characters"
        ) from None
    if len(secret) < SECRET_BYTES:
        raise StopError(
            f"{SECRET_FILE} is damaged, it has {len(secret)} bytes: put the file from a backup"
            " there, or delete it, and every visitor of the page begins anew"
        )
    return secret


def _make_secret() -> None:
    """Write a new secret in one go: a kill in between must not leave half a file."""
    SECRET_FILE.parent.mkdir(parents=True, exist_ok=True)
    file, name = mkstemp(dir=SECRET_FILE.parent)
    try:
        with os.fdopen(file, "w") as opened:
            opened.write(secrets.token_urlsafe(SECRET_BYTES))
        with suppress(FileExistsError):  # another process was faster, and its secret counts
            SECRET_FILE.hardlink_to(name)
    finally:
        Path(name).unlink()


def _secrets_of(settings: Settings) -> list[str]:
    known = (
        settings.secret,
        settings.telegram_token,
        settings.telegram_proxy,
        settings.telegram_webhook_secret,
    )
    return [secret.get_secret_value() for secret in known if secret is not None]


@asynccontextmanager
async def open_storage(settings: Settings) -> AsyncIterator[Storage]:
    """Open the database and bring it up to date.

    Raises:
        StopError: it can't be opened, or a newer version of the program has been at it.
    """
    try:
        url = database_url(settings.database)
    except DatabaseUrlError:
        raise StopError(
            "COURSE_BOT_DATABASE is no database address; right would be"
            " sqlite:///data/course.db or postgresql://user:password@host/name"
        ) from None
    shown = url.render_as_string(hide_password=True)
    try:
        engine = create_engine(url)
        try:
            await upgrade(engine)
        except BaseException:
            await engine.dispose()
            raise
    except NewerDatabaseError:
        raise StopError(
            f"the database {shown} was made by a newer course-bot: start that version, or name"
            " another database in COURSE_BOT_DATABASE"
        ) from None
    except (UnavailableDatabaseError, OSError) as error:
        raise StopError(
            f"the database {shown} can't be opened ({error}). Check COURSE_BOT_DATABASE, and that"
            " its folder or server is there and may be written to"
        ) from None
    async with Storage(engine) as storage:
        yield storage


async def serve(settings: Settings, course: Course, secret: bytes) -> None:
    """Build every part, connect them, and serve until a signal says stop."""
    # Each door is imported where it is opened: without Telegram nobody pays for aiogram.
    from course_bot.messengers.browser.server import BrowserDoor
    from course_bot.messengers.browser.server import serve as serve_http

    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    shelf = Shelf(settings.lessons, course, today=_today)
    async with open_storage(settings) as storage, AsyncExitStack() as stack:
        talk = Conversation(storage, lambda: shelf.course, secret=secret)
        telegram = _telegram(settings, talk)
        if telegram is not None:
            stack.push_async_callback(telegram.close)
        page = BrowserDoor(
            talk,
            secret=secret,
            mode=settings.browser,
            public_url=settings.public_url,
            clock=_now,
        )
        hook = settings.telegram_webhook_secret
        routes = (
            telegram.routes(path=HOOK_PATH, secret=hook.get_secret_value())
            if telegram is not None and hook is not None
            else ()
        )
        try:
            address = await stack.enter_async_context(
                serve_http(page.application(routes), settings.host, settings.port)
            )
        except OSError as error:
            raise StopError(_no_listening(settings, error)) from None
        # In local mode a public address is the webhook's alone: there the page refuses everybody.
        public = settings.public_url if settings.browser == "public" else None
        talk.addresses = Addresses(
            page=(public or address).rstrip("/"), local=settings.browser == "local"
        )
        print(f"The course is open: {talk.addresses.page}", flush=True)
        gc.freeze()  # what start-up made stays; no collection need walk it again
        work = [shelf.watch(), _every(TIDY_EVERY, lambda: storage.tidy(_now()))]
        if telegram is not None:
            work.append(_serve_telegram(settings, telegram, talk))
        await _until(stopped, work)


async def _until(stopped: asyncio.Event, work: list[Coroutine[object, object, None]]) -> None:
    """Do all the work until told to stop; raise what made any of it end."""
    tasks = [asyncio.create_task(each) for each in work]
    waiting = asyncio.create_task(stopped.wait())
    try:
        ended, _ = await asyncio.wait([*tasks, waiting], return_when=asyncio.FIRST_COMPLETED)
        for task in ended:
            await task
    finally:
        for task in (*tasks, waiting):
            task.cancel()
        await asyncio.gather(*tasks, waiting, return_exceptions=True)


def _no_listening(settings: Settings, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"port {settings.port} is taken, perhaps by another course-bot: stop that one, or set"
            f" COURSE_BOT_PORT to another port, as in COURSE_BOT_PORT={settings.port + 1} make run"
        )
    return (
        f"can't listen on {settings.host}:{settings.port}: {error.strerror}; set COURSE_BOT_HOST"
    )


def _telegram(settings: Settings, talk: Conversation) -> "TelegramDoor | None":
    if settings.telegram_token is None:
        return None
    from course_bot.messengers.telegram.door import TelegramDoor, TokenError

    proxy = settings.telegram_proxy
    try:
        return TelegramDoor(
            talk,
            token=settings.telegram_token.get_secret_value(),
            api=settings.telegram_api,
            proxy=proxy.get_secret_value() if proxy else None,
            clock=_now,
        )
    except TokenError:
        raise StopError(
            "TELEGRAM_TOKEN is not a token: it looks like 123456789:AAE… , as @BotFather gives it"
        ) from None


async def _serve_telegram(settings: Settings, door: "TelegramDoor", talk: Conversation) -> None:
    from course_bot.messengers.telegram.door import TokenError, WebhookError

    try:
        bot = await door.start()
    except TokenError:
        raise StopError(
            "Telegram refuses TELEGRAM_TOKEN: ask @BotFather for the present one (/mybots)"
        ) from None
    talk.addresses = replace(talk.addresses, telegram_bot=bot)
    print(f"Telegram: https://t.me/{bot}", flush=True)
    hook = settings.telegram_webhook_secret
    if hook is not None and settings.public_url is not None:
        url = f"{settings.public_url.rstrip('/')}{HOOK_PATH}"
        try:
            await door.set_webhook(url, hook.get_secret_value())
        except WebhookError as error:
            raise StopError(
                f"Telegram refuses to deliver to {url} ({error}): check COURSE_BOT_PUBLIC_URL"
            ) from None
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(_every(REMINDERS_EVERY, lambda: _remind(door, talk)))
        if hook is None:
            tasks.create_task(door.poll())


async def _remind(door: "TelegramDoor", talk: Conversation) -> None:
    """Write to people who stopped halfway, in the daytime."""
    now = _now()
    if now.hour not in REMINDING_HOURS:
        return
    while due := await talk.reminders("telegram", now):
        for account, screen in due:
            await door.send(account, screen)


async def _every(pause: timedelta, chore: Callable[[], Awaitable[None]]) -> None:
    """Do a chore again and again; one that fails is logged and tried again after the pause."""
    while True:
        try:
            await chore()
        except Exception:
            # A chore can wait for a database that is away; the people's turns come first.
            log.exception("a chore failed and will be tried again")
        await asyncio.sleep(pause.total_seconds())


def run_async(coroutine: Coroutine[object, object, T]) -> T:
    """Run a coroutine on the fastest event loop there is."""
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        return runner.run(coroutine)


def _now() -> datetime:
    return datetime.now(UTC)


def _today() -> date:
    return _now().date()


def _print_faults(faults: tuple[Fault, ...]) -> None:
    for fault in faults:
        print(fault)
