"""Builds the parts from the settings, connects them, and serves the course."""

import asyncio
import errno
import gc
import signal
import sys
from collections.abc import Coroutine, Iterable
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

from course_bot.chores import (
    do_chores,
    lesson_chores,
    report_chores,
    retention_chores,
    storage_chores,
    writing_chores,
)
from course_bot.content.checking import Checked, check
from course_bot.content.checks.pictures import too_heavy
from course_bot.content.checks.wordings import astray
from course_bot.content.faults import Unfit
from course_bot.content.model import Course
from course_bot.content.search import index_of
from course_bot.content.watching import CourseWatcher
from course_bot.conversation.rehearsing import rehearse
from course_bot.conversation.stage import Addresses
from course_bot.conversation.turn import Conversation
from course_bot.database import open_storage
from course_bot.doors import close_messengers, open_messengers
from course_bot.errors import StopError
from course_bot.exporter import Exporter
from course_bot.locale.phrases import phrases
from course_bot.organisations.invites import make_invite, new_key, payload
from course_bot.organisations.records import InviteMade, Role
from course_bot.reports.memo import too_much
from course_bot.settings import Settings
from course_bot.sheet_reader import SheetReader
from course_bot.storage.operator_invites import first_invite
from course_bot.storage.store import Storage
from course_bot.tokens import page_link

if sys.platform == "win32":
    from asyncio import new_event_loop
else:
    from uvloop import new_event_loop

T = TypeVar("T")


def run_async(coroutine: Coroutine[object, object, T]) -> T:
    """Run a coroutine on the fastest event loop there is."""
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        return runner.run(coroutine)


def now() -> datetime:
    """Read the clock, in UTC."""
    return datetime.now(UTC)


def check_course(folder: Path) -> Checked:
    """Check a course against today (in UTC), and rehearse every screen that it can make."""
    return check(folder, today=now().date(), rehearse=rehearse)


def check_and_index(folder: Path) -> Checked:
    """Check a course and index it, so that no turn has to wait for that."""
    course, faults = check_course(folder)
    if course is not None:
        index_of(course)
    return course, faults


def check_thoroughly(folder: Path) -> Checked:
    """Check a course as its authors want it checked: what is only drawn later is drawn, too.

    Each screen is put as every door puts it, whether or not it is open here.
    """
    from course_bot.messengers.looking import LOOKS  # the doors' words: no start waits for them

    def draw(course: Course) -> Iterable[Unfit]:
        yield from rehearse(course, LOOKS)
        yield from too_heavy(course)
        yield from too_much(course, phrases("ru"))
        yield from astray(course)

    return check(folder, today=now().date(), rehearse=draw)


async def serve(settings: Settings, course: Course, secret: bytes) -> None:
    """Build every part, connect them, and serve until a signal says stop.

    Raises:
        StopError: what is needed can't be had: the database, the port, a messenger's yes.
    """
    # Each door is imported where it is opened, and nobody pays for one that isn't.
    from course_bot.messengers.browser.certificates import CertificatePages
    from course_bot.messengers.browser.door import BrowserDoor
    from course_bot.messengers.browser.server import room_for_connections
    from course_bot.messengers.browser.server import serve as serve_http
    from course_bot.messengers.browser.team.pages import TeamPages

    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    watcher = CourseWatcher(settings.lessons, course, check=check_and_index)
    async with open_storage(settings) as storage, AsyncExitStack() as stack:
        files = Exporter(settings.database)
        talk = Conversation(
            storage,
            lambda: watcher.course,
            secret=secret,
            files=files,
            sheets=SheetReader(),
            zone=settings.time_zone,
        )
        messengers = open_messengers(settings, talk, storage, now)
        stack.push_async_callback(close_messengers, messengers)
        page = BrowserDoor(
            talk,
            secret=secret,
            mode=settings.browser,
            public_url=settings.public_url,
            clock=now,
            picture=watcher.picture,
        )
        reports = TeamPages(
            storage,
            lambda: watcher.course,
            origin=page.origin,
            secure=settings.browser == "public",
            files=files,
            clock=now,
        )
        certificates = CertificatePages(storage, lambda: watcher.course)
        try:
            address = await stack.enter_async_context(
                serve_http(
                    page.application(
                        [route for each in messengers for route in each.routes],
                        (*reports.routes(), *certificates.routes()),
                    ),
                    settings.host,
                    settings.port,
                    most=room_for_connections(),
                )
            )
        except OSError as error:
            raise StopError(_no_listening(settings, error)) from None
        # In local mode a public address is the webhook's alone: there the page refuses everybody.
        public = settings.public_url if settings.browser == "public" else None
        talk.addresses = Addresses(
            page=(public or address).rstrip("/"), local=settings.browser == "local"
        )
        print(f"The course is open: {talk.addresses.page}", flush=True)
        if talk.addresses.local:
            await _print_first_invite(storage, secret, talk.addresses)
        gc.freeze()  # what start-up made stays; no collection need walk it again
        work = [
            watcher.watch(),
            do_chores(
                storage_chores(storage, now)
                + retention_chores(storage, settings.retention_months, now)
                + report_chores(storage, lambda: watcher.course)
                + lesson_chores(storage, settings.lessons, lambda: watcher.course)
            ),
        ]
        if messengers:
            open_doors = [each.name for each in messengers]
            work.append(do_chores(writing_chores(talk, storage, open_doors, now)))
        work += [messenger.serve() for messenger in messengers]
        await _until(stopped, work)


async def _print_first_invite(storage: Storage, secret: bytes, addresses: Addresses) -> None:
    """As long as nobody coordinates anything, print how to: for whoever sits at the machine."""
    at = now()

    def make(organisation: int, zone: ZoneInfo) -> InviteMade:
        return make_invite(secret, new_key(), organisation, Role.COORDINATOR, at, zone)

    made = await first_invite(storage, make, at)
    if made is not None and addresses.page:
        link = page_link(addresses.page, payload(secret, made.key))
        print(f"To try it as a coordinator: {link}", flush=True)


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
