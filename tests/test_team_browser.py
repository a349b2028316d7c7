"""The coordinator's page in a real Chromium: on a phone, at a desk, in the dark, on paper."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Literal

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, expect

from course_bot.storage.engine import create_engine, database_url
from course_bot.storage.store import Storage
from tests.browser_person import headless, violations
from tests.learners import learner, put
from tests.regions import join
from tests.team_office import Office, an_office

pytestmark = [pytest.mark.chromium, pytest.mark.asyncio(loop_scope="module")]

PHONE, DESK = (390, 844), (1280, 800)
LONG = "Муниципальное бюджетное общеобразовательное учреждение"
MORE = 60
"""People besides those of the region: more than a page has."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser(chromium: str) -> AsyncIterator[Browser]:
    async with headless(chromium) as browser:
        yield browser


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def office(
    migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Office]:
    path = tmp_path_factory.mktemp("office") / "course.db"
    shutil.copy(migrated_sqlite, path)
    async with (
        Storage(create_engine(database_url(f"sqlite:///{path}"))) as storage,
        an_office(storage) as office,
    ):
        for number in range(MORE):
            who = learner(storage, f"more {number}")
            name = f"{LONG}-{'Х' * 40}" if number == 7 else f"Учитель № {number}"
            await who.does(put(name=name, track="teacher"))
            await join(who, office.region.organisations["s22"])
        await office.region.people["l-s11-1"].takes("chat", wrong=2)
        yield office


class Visitor:
    """A browser window that a coordinator is signed in with."""

    def __init__(self, office: Office, context: BrowserContext, page: Page) -> None:
        self.office = office
        self.context = context
        self.page = page

    async def opens(self, path: str) -> None:
        await self.page.goto(self.office.url.rstrip("/") + path)


class Windows:
    """Opens windows, and closes them all in the end."""

    def __init__(self, browser: Browser, office: Office) -> None:
        self.browser = browser
        self.office = office
        self.contexts: list[BrowserContext] = []
        self.errors: list[str] = []

    async def window(self, size: tuple[int, int] = DESK, **options: Any) -> Visitor:
        """Open a window that nobody is signed in with."""
        width, height = size
        context = await self.browser.new_context(
            **{"locale": "ru-RU", "viewport": {"width": width, "height": height}, **options}
        )
        self.contexts.append(context)
        context.on("weberror", lambda error: self.errors.append(str(error.error)))
        context.on("console", lambda message: self.errors.append(message.text))
        return Visitor(self.office, context, await context.new_page())

    async def signed_in(
        self, size: tuple[int, int] = DESK, who: str = "c-region", **options: Any
    ) -> Visitor:
        """Open a window and come in by a link."""
        visitor = await self.window(size, **options)
        await visitor.opens(await self.office.link(who))
        await visitor.page.get_by_role("button", name="Открыть отчёты").click()
        await visitor.page.wait_for_url(f"**{self.office.at(who.removeprefix('c-'))}")
        return visitor


@pytest_asyncio.fixture(loop_scope="module")
async def windows(browser: Browser, office: Office) -> AsyncIterator[Windows]:
    windows = Windows(browser, office)
    yield windows
    for context in windows.contexts:
        await context.close()


def pages(office: Office) -> list[str]:
    """Return the addresses of every kind of page, as a coordinator meets them."""
    person = office.region.numbers["l-s11-1"]
    return [
        office.at("region"),
        office.at("s22"),
        office.at("region", "/people"),
        office.at("region", "/people?state=late&sort=state&order=desc"),
        office.at("region", "/people?q=nobody"),
        office.at("region", f"/people/{person}"),
        office.at("region", "/lessons"),
        office.at("region", "/questions"),
        office.at("region", "/activity"),
        office.at("s22", "/activity"),
        office.at("region", "/outcome"),
    ]


async def width(page: Page) -> int:
    found: int = await page.evaluate("document.documentElement.scrollWidth")
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
async def test_every_page_is_usable_by_everybody(
    windows: Windows, size: tuple[int, int], scheme: Literal["light", "dark"]
) -> None:
    stranger = await windows.window(size, color_scheme=scheme)
    visitor = await windows.signed_in(size, color_scheme=scheme)
    office = windows.office
    doors = [(stranger, await office.link("c-region")), (stranger, "/team")]
    ways = [*doors, *((visitor, path) for path in pages(office))]
    for who, path in ways:
        await who.opens(path)
        assert await violations(who.page) == [], path
        assert await width(who.page) <= size[0], path
    refused = [error for error in windows.errors if "403" not in error]
    assert refused == []
    for path in ("/team/999999", office.at("region", "/people?page=x")):
        await visitor.opens(path)
        assert await violations(visitor.page) == [], path


@pytest.mark.parametrize("wide", [320, 360, 600, 768, 1024, 1199, 1200, 1920])
async def test_no_screen_is_too_narrow_or_too_wide(windows: Windows, wide: int) -> None:
    visitor = await windows.signed_in((wide, 700))
    for path in pages(windows.office):
        await visitor.opens(path)
        assert await width(visitor.page) <= wide, path


async def test_without_javascript_everything_works(windows: Windows) -> None:
    visitor = await windows.signed_in(java_script_enabled=False)
    page = visitor.page
    await page.get_by_role("link", name="Люди").click()
    await page.get_by_label("Имя или номер").fill("ким")
    await page.locator("select[name=state]").select_option("учится")
    await page.get_by_role("button", name="Показать").click()
    await expect(page.get_by_role("rowheader")).to_have_text(["Елена Ким"])
    await page.get_by_role("link", name="Елена Ким").click()
    await expect(page.get_by_role("heading", name="Елена Ким")).to_be_visible()
    await page.get_by_role("button", name="Выйти").click()
    await expect(page.get_by_role("heading")).to_have_text("Вы закрыли отчёты")
    await page.go_back()
    await expect(page.get_by_role("rowheader")).to_have_count(0)


async def test_the_keyboard_alone_is_enough(windows: Windows) -> None:
    visitor = await windows.window()
    page = visitor.page

    async def tab_to(role: str, name: str) -> None:
        for _ in range(60):
            await page.keyboard.press("Tab")
            here = page.locator(":focus")
            if await here.count() and await here.evaluate(
                "(it, name) => it.textContent.trim() === name || it.name === name", name
            ):
                shown = await here.evaluate(
                    "it => [getComputedStyle(it).outlineStyle, it.matches(':focus-visible')]"
                )
                assert shown[1], name
                return
        raise AssertionError(f"no {role} {name!r} is reached by Tab")

    await visitor.opens(await windows.office.link("c-region"))
    await tab_to("button", "Открыть отчёты")
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"**{windows.office.at('region')}")

    await page.keyboard.press("Tab")
    skip = page.locator(":focus")
    await expect(skip).to_have_text("К содержанию")
    await expect(skip).to_be_in_viewport()
    await page.keyboard.press("Enter")
    await expect(page.locator("main")).to_be_focused()

    await tab_to("link", "Люди")
    await page.keyboard.press("Enter")
    await tab_to("searchbox", "q")
    await page.keyboard.type("ким")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("rowheader")).to_have_count(2)
    await tab_to("link", "Имя")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("columnheader", name="Имя")).to_have_attribute(
        "aria-sort", "descending"
    )
    await expect(page.get_by_role("rowheader")).to_have_text(
        ["Елена Ким", "Дмитрий Сергеевич Ким"]
    )
    await tab_to("link", "Дмитрий Сергеевич Ким")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Дмитрий Сергеевич Ким")).to_be_visible()
    await tab_to("button", "Выйти")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading")).to_have_text("Вы закрыли отчёты")


async def test_on_a_phone_each_cell_has_its_title_and_a_reader_hears_a_table(
    windows: Windows,
) -> None:
    visitor = await windows.signed_in(PHONE)
    page = visitor.page
    await visitor.opens(windows.office.at("m1", "/people"))
    row = page.get_by_role("row").filter(has_text="Анна Петровна Смирнова")
    titles = await row.get_by_role("cell").evaluate_all(
        """cells => cells.map(cell => getComputedStyle(cell, '::before').content)"""
    )
    assert titles[0].startswith('"Организация"')
    heads = page.get_by_role("columnheader")
    assert len(titles) == await heads.count() - 1
    await expect(page.get_by_label("Сортировать")).to_be_visible()


async def test_at_a_desk_the_heads_stay_in_sight(windows: Windows) -> None:
    visitor = await windows.signed_in()
    page = visitor.page
    await visitor.opens(windows.office.at("region", "/people"))
    await page.mouse.wheel(0, 1500)
    await page.wait_for_function("scrollY > 500")
    head = page.get_by_role("columnheader", name="Имя")
    await expect(head).to_be_in_viewport()
    await expect(page.get_by_label("Сортировать")).to_be_hidden()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_on_paper_there_is_the_report_alone_and_it_is_light(
    windows: Windows, scheme: Literal["light", "dark"]
) -> None:
    visitor = await windows.signed_in(color_scheme=scheme)
    page = visitor.page
    for path in pages(windows.office):
        await visitor.opens(path)
        await page.emulate_media(media="print")
        for hidden in (".top", ".tabs", ".filters", ".meanings", ".skip"):
            for each in await page.locator(hidden).all():
                await expect(each).to_be_hidden()
        await expect(page.get_by_role("heading", level=1)).to_be_visible()
        colours = await page.evaluate(
            "(it => [it.color, it.backgroundColor])(getComputedStyle(document.body))"
        )
        assert colours == ["rgb(0, 0, 0)", "rgb(255, 255, 255)"]
        assert (await page.pdf(format="A4")).startswith(b"%PDF")
        await page.emulate_media(media="screen")


async def test_the_bar_is_as_long_as_its_figures_say(windows: Windows) -> None:
    visitor = await windows.signed_in(who="c-m1")
    bar = visitor.page.locator("svg.whole")
    boxes = {
        await each.get_attribute("class"): await each.bounding_box()
        for each in await bar.locator("rect").all()
    }
    assert set(boxes) == {"done", "late"}
    done, late = boxes["done"], boxes["late"]
    assert done is not None
    assert late is not None
    assert late["width"] / done["width"] == pytest.approx(3, rel=0.05)
