"""A walk through all that the coordinator's pages can say, for whoever counts phrases."""

import re
from collections.abc import Iterator
from dataclasses import replace
from html import escape, unescape

from aiohttp import ClientSession, CookieJar, hdrs
from yarl import URL

from course_bot.content.model import Course
from course_bot.conversation.port import Screen
from course_bot.locale.phrases import Language
from course_bot.messengers.browser.door import BrowserDoor
from course_bot.messengers.browser.server import serve
from course_bot.messengers.browser.team.asked import PAGE_ROWS
from course_bot.messengers.browser.team.pages import TeamPages
from course_bot.organisations.records import Role
from course_bot.storage.organisations import Memberships, UnitOf
from course_bot.storage.scope import Scope
from tests.browser_person import SECRET
from tests.dialogue import Person
from tests.doors import House, passes
from tests.files_here import FilesHere
from tests.pretend_talk import PretendTalk
from tests.regions import pupil

READ_ALOUD = re.compile(r' (?:title|aria-label|data-title)="([^"]*)"')
MARKUP = re.compile(r"<[^>]*>")


async def team_pages_walk(house: House, ann: Person, language: Language, word: str) -> None:
    """Let a coordinator of several organisations ask for links and look at every page.

    Args:
        house: what the pages say is added to what was said in it.
        ann: who coordinates them.
        language: what her browser asks for before it is known who she is.
        word: stands for every name.
    """
    person = (await house.learner(ann)).id
    found = await house.storage.read(Memberships(person))
    theirs = [each.organisation for each in found if each.role is Role.COORDINATOR]
    addresses = house.talk.addresses
    for changed in (
        replace(addresses, page=None),
        replace(addresses, local=True),
        addresses,
    ):
        house.talk.addresses = changed
        await ann.sends_action(f"table:{theirs[0]}")
    link = next(button.url for button in ann.buttons if "/enter/" in button.url)
    await ann.sends_action("table:999999")
    for _ in range(PAGE_ROWS + 1):  # more than a page has
        await pupil(house.storage, word, theirs[0])

    def course() -> Course:
        if broken:
            raise RuntimeError("a fault of ours")
        return house.course

    broken = False
    door = BrowserDoor(
        PretendTalk(),
        secret=SECRET,
        mode="local",
        public_url=None,
        clock=lambda: house.now,
        picture=lambda _: None,
    )
    pages = TeamPages(
        house.storage,
        course,
        origin=door.origin,
        secure=False,
        clock=lambda: house.now,
        files=FilesHere(house.storage),
    )
    async with (
        serve(door.application(pages=pages.routes()), "127.0.0.1", 0) as url,
        ClientSession(cookie_jar=CookieJar(unsafe=True)) as browser,
    ):
        headers = {hdrs.ACCEPT_LANGUAGE: language, hdrs.ORIGIN: f"{URL(url).origin()}"}

        async def opens(path: str, method: str = "GET") -> None:
            target = URL(url).join(URL(path))
            async with browser.request(method, target, headers=headers) as answer:
                house.said += [
                    Screen(text=escape(line)) for line in said(await answer.text()) if line
                ]

        entrance = URL(link).path
        for path in ("/team", entrance):
            await opens(path)
        await opens(entrance, "POST")
        below = [
            child.id
            for organisation in theirs
            if (unit := await house.storage.read(UnitOf(scope=Scope(organisation=organisation))))
            for child in unit.children
        ]
        for organisation in (*theirs, *below):
            home = f"/team/{organisation}"
            for page in ("", "/people", "/people?page=2", "/lessons", "/activity", "/outcome"):
                await opens(home + page)
        wrong = f"?page=x&since=x&state=x&q={'1' * 101}"
        for page in ("/people?q=zzz", f"/people{wrong}", f"/people/{person}"):
            await opens(f"/team/{theirs[0]}{page}")
        for organisation in theirs:
            await opens(f"/team/{organisation}/people/{person}")
        for path in ("/team", "/team/999999"):
            await opens(path)
        broken = True
        await opens(f"/team/{theirs[0]}/people")
        await opens("/team/leave", "POST")
    house.now += passes(16)
    await ann.opens()


def said(page: str) -> Iterator[str]:
    """Return what a page says to those who look at it and to those who hear it."""
    body = page.partition("<title>")[2]
    yield from (unescape(aloud).strip() for aloud in READ_ALOUD.findall(body))
    yield from (" ".join(unescape(line).split()) for line in MARKUP.split(body))
