"""The teachers' track in a real Chromium against the real process, from the welcome to the end."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.async_api import Locator, Page, expect

from course_bot.conversation.port import LABEL_CHARS, Button
from course_bot.storage.engine import database_url
from tests.browser_person import headless
from tests.dialogue import Person, plain
from tests.killing import bot_in
from tests.track import Traveller, free_port

pytestmark = pytest.mark.chromium
PRESSED = ".option, .key"
PATIENCE = 60_000
"""Milliseconds; the bot may be starting meanwhile."""


@dataclass
class PagePerson(Person):
    """A person who sees the page; an action is the place of an option or a key in the message."""

    page: Page = field(kw_only=True)

    @property
    def message(self) -> Locator:
        return self.page.locator(".message.bot:not(.old)").last

    async def looks(self) -> None:
        """Take in the page when nothing is on its way any more."""
        await expect(self.page.locator(".busy, .waiting")).to_have_count(0, timeout=PATIENCE)
        words = (await self.page.locator("#state").inner_text(), await self.message.inner_text())
        self.text = "\n".join(words).replace("\xa0", " ")
        labels = await self.message.locator(PRESSED).evaluate_all(
            "keys => keys.map(key => [(key.querySelector('.words') || key).firstChild.textContent,"
            " key.getAttribute('aria-disabled') === 'true'])"
        )
        self.rows = tuple(
            (Button(label=plain(label)[:LABEL_CHARS], action=f"{at}", disabled=disabled),)
            for at, (label, disabled) in enumerate(labels)
        )

    async def opens(self, payload: str = "") -> None:
        await expect(self.message).to_be_visible(timeout=PATIENCE)
        await self.looks()

    async def writes(self, text: str) -> None:
        words = self.page.get_by_label("Сообщение", exact=True)
        await words.fill(text)
        await words.press("Enter")
        await self.looks()

    async def sends_action(self, action: str) -> None:
        await self.message.locator(PRESSED).nth(int(action)).click()
        await self.looks()

    async def sends_picture(self) -> None:
        """The page has no way to send one."""

    async def sends(self, name: str, content: bytes) -> None:
        kind = "application/octet-stream"
        await self.page.locator("#file").set_input_files(
            {"name": name, "mimeType": kind, "buffer": content}
        )
        await self.looks()

    async def reloads(self) -> None:
        await self.page.reload()
        await self.opens()


async def test_a_teacher_takes_the_whole_track_in_the_page(tmp_path: Path, chromium: str) -> None:
    database = database_url(f"sqlite:///{tmp_path / 'course.db'}")
    async with (
        bot_in(tmp_path, database, COURSE_BOT_PORT=free_port()) as bot,
        headless(chromium) as browser,
    ):
        await bot.starts()
        page = await browser.new_page(locale="ru-RU", viewport={"width": 390, "height": 844})
        failures: list[str] = []
        page.on("pageerror", lambda error: failures.append(str(error)))
        await page.goto(bot.url)
        ann = PagePerson(page=page)
        await ann.opens()
        ann.sees("Сферум в MAX", "Мы храним имя")
        await Traveller(ann, bot, database).takes_track(ann.reloads)
        assert failures == []
        assert "Traceback" not in bot.log
