"""The coordinator's page over a real socket: a region, its coordinators, and their browsers."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Literal
from uuid import uuid4

import pytest
from aiohttp import ClientSession, CookieJar, hdrs, web
from yarl import URL

from course_bot.content.model import Course
from course_bot.messengers.browser import server
from course_bot.messengers.browser.door import BrowserDoor
from course_bot.messengers.browser.server import serve
from course_bot.messengers.browser.team import access
from course_bot.messengers.browser.team.pages import TeamPages
from course_bot.organisations.records import OfSchool, SheetSent, TeamLinkMade
from course_bot.sheets.figures import Figures
from course_bot.sheets.received import Received
from course_bot.storage.store import Storage
from course_bot.tokens import digest
from tests.browser_person import SECRET
from tests.courses import make_course
from tests.files_here import FilesHere
from tests.kept import Kept
from tests.learners import NOW, Learner, put
from tests.pretend_talk import PretendTalk
from tests.regions import Region, a_region, assign, begins, completes, copied_region, leaves


@dataclass
class Answer:
    """What came back: the status, the headers and the page."""

    status: int
    headers: dict[str, str]
    text: str


@dataclass
class Office:
    """A region's reports, served; ``now`` is what the clock shows."""

    storage: Storage
    region: Region
    course: Course = field(default_factory=make_course)
    now: datetime = NOW
    url: str = ""
    routes: Sequence[web.AbstractRouteDef] = ()
    """Those of the pages."""
    stack: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def serves(
        self, mode: Literal["local", "public"] = "local", public_url: str | None = None
    ) -> None:
        """Open the door with these pages."""
        door = BrowserDoor(
            PretendTalk(),
            secret=SECRET,
            mode=mode,
            public_url=public_url,
            clock=lambda: self.now,
            picture=lambda _: None,
        )
        pages = TeamPages(
            self.storage,
            lambda: self.course,
            origin=door.origin,
            secure=mode == "public",
            files=FilesHere(self.storage),
            clock=lambda: self.now,
        )
        self.routes = pages.routes()
        self.url = await self.stack.enter_async_context(
            serve(door.application(pages=self.routes), "127.0.0.1", 0)
        )

    def at(self, short: str, rest: str = "") -> str:
        """Return the path of an organisation's page."""
        return f"/team/{self.region.organisations[short]}{rest}"

    async def link(self, who: str, to: str = "") -> str:
        """Let somebody have a link made; return its path."""
        secret = uuid4().hex[:22]
        made = TeamLinkMade(digest=digest(secret), expires_at=self.now + timedelta(minutes=15))
        await leaves(self.region.people[who], made)
        return self.at(to or who.removeprefix("c-"), f"/enter/{secret}")

    async def browser(self) -> "Browser":
        """Open a browser without any cookie."""
        session = await self.stack.enter_async_context(
            ClientSession(cookie_jar=CookieJar(unsafe=True))
        )
        return Browser(office=self, session=session)

    async def signed_in(self, who: str) -> "Browser":
        """Let a coordinator come in by a link."""
        browser = await self.browser()
        answer = await browser.posts(await self.link(who))
        assert answer.status == 303, answer.text
        return browser


@dataclass
class Browser:
    """A browser that asks for pages and sends forms as browsers do."""

    office: Office
    session: ClientSession

    async def gets(self, path: str, **headers: str) -> Answer:
        return await self.asks("GET", path, **headers)

    async def posts(self, path: str, **headers: str) -> Answer:
        origin = f"{URL(self.office.url).origin()}"
        return await self.asks("POST", path, **{hdrs.ORIGIN: origin, **headers})

    async def asks(self, method: str, path: str, **headers: str) -> Answer:
        url = URL(f"{self.office.url.rstrip('/')}{path}", encoded=True)
        language = {hdrs.ACCEPT_LANGUAGE: "ru"}
        async with self.session.request(
            method, url, headers=language | headers, allow_redirects=False
        ) as answer:
            return Answer(answer.status, dict(answer.headers), await answer.text())


async def fill(storage: Storage, region: Region) -> None:
    """Let people of the region learn: one in each state, with names that need care."""
    await assign(storage, region.organisations["region"], "teacher", date(2026, 11, 20))
    await assign(storage, region.organisations["m2"], "teacher", date(2026, 12, 1))
    people = region.people
    for short, name in NAMES.items():
        await people[short].does(put(name=name, track="teacher"))
    later = replace_now(people["l-s11-1"], timedelta(days=4))
    await completes(later, "teacher", passed=3, score=92)
    await begins(people["l-s11-2"], "teacher", passed=1, score=80)
    await completes(people["l-s21-1"], "teacher", passed=3, score=100)
    await begins(people["l-s21-2"], "teacher", passed=2, score=67)
    await leaves(people["c-region"], a_sheet(region))


def a_sheet(region: Region) -> SheetSent:
    """Return what a sheet of three schools leaves, with one of a month before."""
    active = {"s11": (71, 54), "s12": (40, 40), "s21": (81, 60)}
    days = [
        OfSchool(
            organisation=region.organisations[short],
            day=(NOW - timedelta(days=days)).date(),
            figures=Figures(
                teachers_expected=107,
                teachers_registered=92,
                teachers_active=active[short][at],
                parents_registered=20,
                # The example of FAQ 6: more are active than registered.
                parents_active=54 if short == "s12" else 12,
            ),
        )
        for short in active
        for at, days in enumerate((1, 31))
    ]
    return SheetSent(received=Received(), schools=tuple(days), at=NOW)


async def a_filled_region(storage: Storage) -> Region:
    """Make a region in which people have learned."""
    region = await a_region(storage)
    await fill(storage, region)
    return region


FILLED = Kept(a_filled_region, copied_region)
"""The region of an office on an empty database."""


def replace_now(who: Learner, after: timedelta) -> Learner:
    """Return the same person later."""
    return replace(who, now=who.now + after)


NAMES = {
    "l-s11-1": "Анна Петровна Смирнова",
    "l-s11-2": "Борис Ильич <b>Кузнецов</b>",
    "l-s12-1": "Галия Рашидовна Хабибуллина-Сафиуллина",
    "l-s12-2": "=cmd|' /C calc'!A0",
    "l-s21-1": "Дмитрий Сергеевич Ким",
    "l-s21-2": "Елена Ким",
    "l-s22-1": "Ёлкина Жанна Витальевна",
}


@asynccontextmanager
async def an_office(storage: Storage) -> AsyncIterator[Office]:
    """Open the reports of a region with people who have learned something.

    Tests turn pages faster than any person, and leave while pages are being made.
    """
    office = Office(storage=storage, region=await FILLED.on(storage))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(access, "BURST", 1000)
        patch.setattr(server, "SHUTDOWN", 0.1)
        async with office.stack:
            await office.serves()
            yield office
