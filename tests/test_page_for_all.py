"""The chat's main screens in a real Chromium, held against axe-core: nobody is kept from any."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Literal, cast

import pytest
import pytest_asyncio
from playwright.async_api import FilePayload, Page, expect

from course_bot.conversation import rehearsing
from course_bot.conversation.actions import Action, Feedback, Question
from course_bot.conversation.port import Command, Commands, Document, Notice, Reply, Screen
from course_bot.markup import shown
from course_bot.messengers.browser.door import BrowserDoor
from course_bot.messengers.browser.server import serve
from course_bot.reports.qr import qr_png
from tests.browser_person import SECRET, headless, violations
from tests.courses import make_course
from tests.pretend_talk import PretendTalk

pytestmark = [pytest.mark.chromium, pytest.mark.asyncio(loop_scope="module")]

Mode = tuple[str, Literal["light", "dark"], Literal["active", "none"]]
MODES: tuple[Mode, ...] = (
    ("light", "light", "none"),
    ("dark", "dark", "none"),
    ("forced colours", "dark", "active"),
)
FAINT = """() => {
    const probe = document.body.appendChild(document.createElement("i"));
    const read = (colour) => colour.match(/[\\d.]+/g).map(Number);
    const wall = (name) => {
        probe.style.color = `var(--wall-${name})`;
        return read(getComputedStyle(probe).color);
    };
    const light = ([red, green, blue]) => {
        const [r, g, b] = [red, green, blue].map((part) => part / 255).map(
            (part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
        );
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const walls = ["a", "b", "c", "d"].map(wall);
    probe.remove();
    return [...document.querySelectorAll(".key, .day")].flatMap((shown) => {
        const style = getComputedStyle(shown);
        const [ink, [r, g, b, whole = 1]] = [style.color, style.backgroundColor].map(read);
        return walls.map((behind) => {
            const under = [r, g, b].map((part, at) => part * whole + behind[at] * (1 - whole));
            const [low, high] = [light(ink), light(under)].sort((one, other) => one - other);
            return [(high + 0.05) / (low + 0.05), shown.outerHTML];
        });
    }).filter(([contrast]) => contrast < 4.5);
}"""
"""Finds what can't be read well on the wallpaper, of which axe-core can't tell the colour.

Source of the formula: WCAG 2.2, contrast ratio and relative luminance.
"""


class Room:
    """A page in front of a conversation that says what it is told to."""

    def __init__(self, page: Page, talk: PretendTalk) -> None:
        self.page = page
        self.talk = talk
        self.shown = 0

    async def shows(self, *replies: Reply) -> None:
        """Show replies in place of the last screen."""
        self.talk.replies = lambda _: replies
        self.shown += 1
        before = len(self.talk.committed)
        await self.page.evaluate(f"location.hash = 'start={self.shown}'")
        await self.talk.has_taken(before + 1)
        await expect(self.page.locator("#log")).to_have_attribute("aria-busy", "false")

    async def keeps_nobody_out(self, what: str) -> None:
        """Hold what is on the page against axe-core, in every mode."""
        found = []
        for mode, scheme, forced in MODES:
            await self.page.emulate_media(color_scheme=scheme, forced_colors=forced)
            await self.page.wait_for_function(
                "media => matchMedia(media).matches",
                arg=f"(prefers-color-scheme: {scheme}) and (forced-colors: {forced})",
            )
            # Nothing but colours differs from the first.
            rules = ("color-contrast",) if mode != "light" else ()
            found += [f"in {mode}: {each}" for each in await violations(self.page, *rules)]
            if forced == "none":
                found += [f"in {mode}: {each}" for each in await self.page.evaluate(FAINT)]
        assert found == [], what


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def room(chromium: str) -> AsyncIterator[Room]:
    talk = PretendTalk()
    door = BrowserDoor(
        talk,
        secret=SECRET,
        mode="local",
        public_url=None,
        picture=lambda _: None,
        clock=lambda: datetime.now(UTC),
    )
    async with serve(door.application(), "127.0.0.1", 0) as url, headless(chromium) as browser:
        page = await browser.new_page(
            locale="ru-RU", viewport={"width": 390, "height": 844}, reduced_motion="reduce"
        )
        faults: list[str] = []
        page.on("pageerror", lambda error: faults.append(str(error)))
        await page.goto(url)
        await talk.has_taken(1)
        yield Room(page, talk)
        assert faults == []


def screens() -> dict[str, Screen]:
    """Make one screen of each sort that a learner meets, and questions as they are answered."""
    course = make_course()
    stage = rehearsing._stage(course, "ru")
    made: dict[str, Screen] = {}
    of_coordinators = list(rehearsing._scenes_of_coordinators(course))
    for scene in rehearsing._scenes(course):
        if scene in of_coordinators:
            continue
        person = replace(
            stage.person,
            place=str(scene.place) if isinstance(scene.place, Action) else "",
            track=scene.track,
            attempt=scene.attempt,
            study=scene.study,
        )
        at = replace(stage, person=person)
        screen = rehearsing._screen(at) if isinstance(scene.place, Action) else scene.place(at)
        what = scene.what
        if isinstance(scene.place, Question | Feedback):
            assert scene.attempt is not None
            what += f" {scene.attempt.asked[0].question.kind}"
            what += ", начат" if scene.study.draft else ""
            what += ", верно" if any(each.points == 100 for each in scene.study.answers) else ""
        if screen is not None:
            made.setdefault(what, screen)
    return made


async def test_no_screen_of_the_chat_keeps_anybody_out(room: Room) -> None:
    made = screens()
    kinds = ("choice", "match", "multiple", "number", "order")
    assert {f"{what} {kind}" for what in ("вопрос", "разбор ответа") for kind in kinds} <= set(
        made
    )
    assert {"шаг", "итог теста", "меню", "выбор программы", "конец", "ответ"} <= set(made)
    for what, screen in made.items():
        await room.shows(screen)
        words = shown(screen.text or screen.heading).split("\n")[0]
        await expect(room.page.locator(".message.bot").last).to_contain_text(words)
        await room.keeps_nobody_out(what)


async def test_nothing_that_comes_and_goes_keeps_anybody_out(room: Room) -> None:
    page, talk = room.page, room.talk
    commands = (Command(name="menu", about="Меню"), Command(name="help", about="Помощь"))
    await room.shows(
        Notice(text="Отмечено"),
        Document(name="код.png", content=qr_png("https://example.org"), about="Код со ссылкой"),
        Document(name="моё.json", content=b"{}"),
        Screen(text="Всё — /help и <code>https://example.org</code>"),
        Commands(entries=commands, language="ru", usual=False),
    )
    await room.keeps_nobody_out("files and a notice")
    await page.get_by_role("button", name="Команды").click()
    await room.keeps_nobody_out("the command menu")
    await page.keyboard.press("Escape")
    held, file = talk.holds(talk.taken[0].account.key), page.locator("#file")
    named = [{"name": name, "mimeType": "", "buffer": b"x"} for name in ("Один.csv", "Два.csv")]
    await file.set_input_files(cast(list[FilePayload], named))
    await expect(page.get_by_text("Читаю файл…")).to_be_visible()
    await page.evaluate("document.getElementById('drop').hidden = false")
    await room.keeps_nobody_out("where a file is dropped")
    await page.evaluate("document.getElementById('drop').hidden = true")
    await room.keeps_nobody_out("files that are read and that wait")
    held.set()
    await expect(page.get_by_text("Читаю файл…")).to_have_count(0)
    await page.route("**/file?*", lambda route: route.abort())
    await file.set_input_files(cast(list[FilePayload], named))
    await expect(page.get_by_text("Файл не отправлен.")).to_have_count(2)
    await room.keeps_nobody_out("files that were not sent")
    for _ in named:
        await page.get_by_role("button", name="Не отправлять").first.click()
    talk.fails()
    await page.locator("#words").fill("Вопрос")
    await page.locator("#words").press("Enter")
    await expect(page.get_by_role("button", name="Отправить ещё раз")).to_be_visible()
    await room.keeps_nobody_out("our trouble")
    await page.context.set_offline(True)
    await expect(page.locator("#banner")).to_contain_text("Нет связи")
    await room.keeps_nobody_out("no connection")
