"""The chat page in a real Chromium: what a person sees, presses and hears, and what is kept."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web
from playwright.async_api import Browser, BrowserContext, Locator, Page, Route, expect

from course_bot.content.pictures import Picture
from course_bot.conversation.port import (
    Button,
    Command,
    Commands,
    Document,
    Erased,
    Form,
    Move,
    Notice,
    Opened,
    Option,
    Pressed,
    Progress,
    Reply,
    Screen,
    Wrote,
)
from course_bot.messengers.browser.door import BrowserDoor
from course_bot.messengers.browser.server import serve
from course_bot.messengers.browser.visitors import SOCKETS
from course_bot.reports.qr import qr_png
from tests.browser_person import SECRET, headless, violations
from tests.drawings import drawn
from tests.old_browsers import Tables
from tests.pretend_talk import PretendTalk

pytestmark = [pytest.mark.chromium, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser(chromium: str) -> AsyncIterator[Browser]:
    async with headless(chromium) as browser:
        yield browser


class Desk:
    """A served door, a browser in front of it, and everything the browser asked for or said."""

    def __init__(self, browser: Browser) -> None:
        self.browser = browser
        self.talk = PretendTalk()
        self.pictures: dict[str, Picture] = {}
        self.server = AsyncExitStack()
        self.contexts = AsyncExitStack()
        self.url = ""
        self.requests: list[str] = []
        self.errors: list[str] = []
        self.team_asked = 0
        """How often the coordinator's page was asked for."""

    async def serves(self) -> None:
        """Start the door, after a restart at the same address."""
        door = BrowserDoor(
            self.talk,
            secret=SECRET,
            mode="local",
            public_url=None,
            clock=lambda: datetime.now(UTC),
            picture=self.pictures.get,
        )
        port = int(self.url.rsplit(":", 1)[1]) if self.url else 0
        self.url = await self.server.enter_async_context(
            serve(door.application(pages=[web.get("/team", self._team)]), "127.0.0.1", port)
        )

    async def _team(self, _request: web.Request) -> web.Response:
        self.team_asked += 1
        return web.Response(text="Отчёт")

    async def stops(self) -> None:
        await self.server.aclose()

    async def context(self, **options: Any) -> BrowserContext:
        context = await self.browser.new_context(
            **{"locale": "ru-RU", "viewport": {"width": 390, "height": 844}, **options}
        )
        self.contexts.push_async_callback(context.close)
        context.on("request", lambda request: self.requests.append(request.url))
        context.on("weberror", lambda error: self.errors.append(str(error.error)))
        context.on("console", lambda message: self.errors.append(message.text))
        return context

    async def page(self, path: str = "/", **options: Any) -> Page:
        page = await (await self.context(**options)).new_page()
        page.on("websocket", lambda socket: self.requests.append(socket.url))
        await page.goto(self.url + path)
        return page


@pytest_asyncio.fixture(loop_scope="module")
async def desk(browser: Browser) -> AsyncIterator[Desk]:
    desk = Desk(browser)
    async with desk.server, desk.contexts:
        await desk.serves()
        yield desk


def bot(page: Page) -> Locator:
    return page.locator(".message.bot")


def key(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


async def focused(page: Page) -> str:
    found: str = await page.evaluate(
        "document.activeElement.textContent || document.activeElement.id"
    )
    return found


async def test_a_press_changes_the_message_in_its_place(desk: Desk) -> None:
    page = await desk.page()
    await expect(bot(page)).to_contain_text("Нажатий: 0 <i>")
    await key(page, "Посчитать").click()
    await expect(bot(page)).to_contain_text("Нажатий: 1")
    await expect(page.locator(".message")).to_have_count(1)
    await expect(page.locator(".busy")).to_have_count(0)


async def test_a_picture_has_its_room_from_the_beginning_and_a_tap_enlarges_it(
    desk: Desk,
) -> None:
    picture = drawn("Раз", about="Чат появляется сам")
    desk.pictures[picture.digest] = picture
    desk.talk.replies = lambda _: [Screen(heading="Шаг", text="Текст.", picture=picture)]
    context = await desk.context(viewport={"width": 320, "height": 568})
    page = await context.new_page()
    waiting = asyncio.Event()

    async def later(route: Route) -> None:
        await waiting.wait()
        await route.continue_()

    await page.route("**/picture/*", later)
    await page.goto(desk.url, wait_until="commit")
    shown = page.get_by_role("button", name="Чат появляется сам")
    await shown.wait_for()
    await still(page)
    empty = await shown.bounding_box()
    assert empty
    assert 250 < empty["width"] <= 320
    assert empty["height"] == pytest.approx(empty["width"] * 250 / 800, abs=1)
    waiting.set()
    loaded = "() => document.querySelector('.illustration img').naturalWidth"
    await page.wait_for_function(loaded)
    assert await shown.bounding_box() == empty
    over = page.get_by_role("dialog")
    twice = "const over = document.querySelector('.enlarged'); over.click(); over.click()"
    for close in (
        lambda: page.keyboard.press("Escape"),
        page.go_back,
        key(page, "Закрыть").click,
        lambda: over.click(position={"x": 10, "y": 10}),
        lambda: page.evaluate(twice),
    ):
        await shown.click()
        await expect(over).to_be_visible()
        assert await violations(page) == []
        larger = await over.get_by_role("img").bounding_box()
        assert larger
        assert larger["width"] == 560
        await close()
        await expect(over).to_have_count(0)
        await expect(shown).to_be_focused()
    assert desk.errors == []


async def test_a_text_becomes_a_bubble_of_ones_own_and_the_answer_comes_below(desk: Desk) -> None:
    page = await desk.page()
    await expect(bot(page)).to_contain_text("Нажатий")
    words = page.get_by_label("Сообщение", exact=True)
    await words.fill("Где чат?")
    await words.press("Shift+Enter")
    await words.press_sequentially("Очень нужно")
    await words.press("Enter")
    await expect(page.locator(".mine.sent .text")).to_have_text("Где чат?\nОчень нужно")
    await expect(bot(page).last).to_contain_text("Вы написали: 20")
    await expect(words).to_be_focused()
    await expect(words).to_have_value("")
    # The first message has lost its keys: what it says was true then.
    await expect(bot(page)).to_have_count(2)
    await expect(bot(page).first.locator(".key")).to_have_count(0)
    await expect(bot(page).last.locator(".key")).to_have_count(1)


async def test_a_reload_shows_where_one_is(desk: Desk) -> None:
    page = await desk.page()
    await key(page, "Посчитать").click()
    await expect(bot(page)).to_contain_text("Нажатий: 1")
    await page.reload()
    await expect(bot(page)).to_contain_text("Нажатий: 1")
    await expect(page.locator(".message")).to_have_count(1)
    assert len({move.account for move in desk.talk.taken}) == 1


async def test_a_press_made_while_the_server_is_down_arrives_exactly_once(desk: Desk) -> None:
    page = await desk.page()
    await expect(bot(page)).to_contain_text("Нажатий: 0")
    await desk.stops()
    await key(page, "Посчитать").click()
    await expect(page.locator("#banner")).to_contain_text("Ответ сохранён, отправим")
    await expect(page.locator("#state")).to_have_text("нет связи")
    assert desk.talk.presses == {}
    await desk.serves()
    await expect(bot(page)).to_contain_text("Нажатий: 1")
    await expect(page.locator("#state")).to_have_text("онлайн")
    await expect(page.locator("#banner")).to_be_empty()
    await expect(page.locator(".message")).to_have_count(1)
    assert list(desk.talk.presses.values()) == [1]


async def test_an_answer_lost_on_its_way_is_asked_for_again_with_the_same_id(desk: Desk) -> None:
    page = await desk.page()
    await expect(bot(page)).to_contain_text("Нажатий: 0")
    desk.talk.open.clear()
    await key(page, "Посчитать").click()
    await desk.talk.has_taken(2)
    await page.context.set_offline(True)
    await expect(page.locator("#state")).to_have_text("нет связи")
    desk.talk.open.set()
    await page.context.set_offline(False)
    await expect(bot(page)).to_contain_text("Нажатий: 1")
    _, first, again = desk.talk.taken
    assert first.move_id == again.move_id
    assert list(desk.talk.presses.values()) == [1]


async def test_a_command_in_a_text_is_written_by_a_tap(desk: Desk) -> None:
    told = "Всё о вас: /me. <i>Сначала (/menu)</i> Не команды: /team 1/me а/menu <code>/me</code>"
    desk.talk.replies = lambda _: [Screen(text=told)]
    page = await desk.page()
    taps = bot(page).locator(".written")
    await expect(taps).to_have_text(["/me", "/menu"])
    await page.locator("#words").fill("Начатый вопрос")
    await taps.last.click()
    await expect(page.locator(".mine.sent")).to_contain_text("/menu")
    await expect(page.locator("#words")).to_have_value("Начатый вопрос")
    assert isinstance(desk.talk.taken[-1], Wrote)


async def test_what_is_being_written_survives_a_reload_until_it_is_sent(desk: Desk) -> None:
    page = await desk.page()
    await page.locator("#words").fill("Долгий вопрос\nв две строки")
    await page.reload()
    await expect(page.locator("#words")).to_have_value("Долгий вопрос\nв две строки")
    await page.locator("#words").press("Enter")
    await expect(page.locator(".mine.sent")).to_have_count(1)
    await page.reload()
    await expect(bot(page).last).to_contain_text("Нажатий")
    await expect(page.locator("#words")).to_have_value("")


async def test_a_reload_with_an_unanswered_text_sends_it_again_and_shows_it(desk: Desk) -> None:
    page = await desk.page()
    await expect(bot(page)).to_contain_text("Нажатий: 0")
    desk.talk.open.clear()
    await page.locator("#words").fill("Вопрос")
    await page.locator("#words").press("Enter")
    await desk.talk.has_taken(2)
    await page.reload()
    desk.talk.open.set()
    await expect(page.locator(".mine.sent")).to_have_text(re.compile("Вопрос"))
    await expect(bot(page)).to_have_count(2)
    _, first, again, opened = desk.talk.taken
    assert first.move_id == again.move_id
    assert isinstance(opened, Opened)


async def test_a_double_click_counts_once(desk: Desk) -> None:
    page = await desk.page()
    await key(page, "Посчитать").dblclick()
    await expect(bot(page)).to_contain_text("Нажатий: 1")
    # Nor does the button that came to the same place in between take the second click.
    await page.mouse.down(click_count=2)
    await page.mouse.up(click_count=2)
    await key(page, "Посчитать").click()
    await expect(bot(page)).to_contain_text("Нажатий: 2")
    desk.talk.open.clear()
    before = len(desk.talk.taken)
    for _ in range(3):
        await key(page, "Посчитать").click()
    await expect(page.locator(".busy")).to_have_attribute("aria-busy", "true")
    desk.talk.open.set()
    await expect(bot(page)).to_contain_text("Нажатий: 3")
    assert len(desk.talk.taken) == before + 1


async def test_what_is_to_be_copied_is_copied_by_a_tap_and_by_the_keyboard(desk: Desk) -> None:
    desk.talk.replies = lambda _: [Screen(text="Ссылка: <code>a&amp;b\nc</code> и <code>d</code>")]
    page = await desk.page()
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    codes = bot(page).locator("code")
    await codes.first.click()
    await expect(page.locator(".toast").last).to_have_text("Скопировано.")
    assert await page.evaluate("navigator.clipboard.readText()") == "a&b\nc"
    await page.keyboard.press("Tab")
    await expect(codes.last).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.locator(".toast")).to_have_count(2)
    assert await page.evaluate("navigator.clipboard.readText()") == "d"


async def test_where_copying_is_forbidden_the_text_is_chosen(desk: Desk) -> None:
    desk.talk.replies = lambda _: [Screen(text="Ссылка: <code>a&amp;b</code>.")]
    page = await desk.page()
    await page.add_init_script("delete Navigator.prototype.clipboard")
    await page.reload()
    await bot(page).locator("code").click()
    await expect(page.locator(".toast")).to_contain_text("скопируйте его сами")
    assert await page.evaluate("String(getSelection())") == "a&b"


async def test_the_keyboard_alone_is_enough(desk: Desk) -> None:
    page = await desk.page()
    await expect(bot(page)).to_contain_text("Нажатий: 0")
    await page.keyboard.press("Tab")
    while await focused(page) != "Посчитать":
        await page.keyboard.press("Tab")
    for count in (1, 2):
        await page.keyboard.press("Enter")
        await expect(bot(page)).to_contain_text(f"Нажатий: {count}")
        # The focus stays with the message, and the next Tab is at its first button.
        await expect(bot(page)).to_be_focused()
        await page.keyboard.press("Tab")
        assert await focused(page) == "Посчитать"
    # To write, one simply types.
    await page.keyboard.press("Shift+Tab")
    await page.keyboard.type("/m")
    assert await focused(page) == "words"
    await expect(page.locator(".command")).to_have_count(2)
    await page.keyboard.type("en")
    await expect(page.locator(".command")).to_have_count(1)
    await page.keyboard.press("Escape")
    await expect(page.locator("#menu")).to_be_hidden()
    await expect(page.locator("#words")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.locator(".mine")).to_contain_text("/men")


async def test_another_command_menu_takes_the_place_of_the_one_before(desk: Desk) -> None:
    page = await desk.page()
    await expect(bot(page)).to_contain_text("Нажатий: 0")
    entries = (Command(name="team", about="Мои организации"),)
    desk.talk.replies = lambda _: [
        Screen(text="Дальше"),
        Commands(entries=entries, language="ru", usual=False),
    ]
    await key(page, "Посчитать").click()
    await expect(bot(page)).to_contain_text("Дальше")
    await key(page, "Команды").click()
    await expect(page.locator("#menu button")).to_have_text(["Мои организации/team"])


async def test_the_menu_lists_the_commands_and_a_command_is_a_text(desk: Desk) -> None:
    page = await desk.page()
    await expect(bot(page)).to_contain_text("Нажатий: 0")
    opener = key(page, "Команды")
    await opener.click()
    await expect(opener).to_have_attribute("aria-expanded", "true")
    await page.keyboard.press("ArrowDown")
    assert await focused(page) == "Мои данные/me"
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Escape")
    await expect(opener).to_be_focused()
    await opener.click()
    await page.get_by_role("button", name="Мои данные").click()
    await expect(page.locator(".mine")).to_contain_text("/me")
    await expect(page.locator("#menu")).to_be_hidden()


async def test_a_narrow_phone_scrolls_only_downwards(desk: Desk) -> None:
    page = await desk.page(viewport={"width": 320, "height": 640})
    await expect(bot(page)).to_contain_text("Нажатий")

    unbroken = Button(label="Ы" * 64, action="count")
    row = tuple(Button(label=f"Кнопка {number}", action="count") for number in range(7))
    wide_screen = Screen(text="Щ" * 2000, rows=((unbroken,), row, (unbroken, unbroken)))
    desk.talk.replies = lambda _: [wide_screen]
    await page.locator("#words").fill("Ж" * 500)
    await page.locator("#words").press("Enter")
    await expect(bot(page).last).to_contain_text("ЩЩЩ")
    wide: list[str] = await page.evaluate(
        """[...document.querySelectorAll("*")].filter((one) => {
            const box = one.getBoundingClientRect();
            const out = box.right > 320 || box.left < 0;
            return box.width && !one.closest(".unseen, .wall") && out;
        }).map((one) => one.outerHTML.slice(0, 80))"""
    )
    assert wide == []
    assert await page.evaluate("document.querySelector('#scroll').scrollWidth") <= 320
    small: list[str] = await page.evaluate(
        """[...document.querySelectorAll("button, a, textarea")].filter((one) => {
            const box = one.getBoundingClientRect();
            return box.height && Math.round(box.height) < 44;
        }).map((one) => one.outerHTML)"""
    )
    assert small == []


async def test_at_four_times_the_size_most_of_the_window_is_for_what_is_read(desk: Desk) -> None:
    page = await desk.page(viewport={"width": 320, "height": 256})
    await expect(bot(page)).to_contain_text("Нажатий")
    assert await page.locator("#scroll").evaluate("it => it.clientHeight") > 256 / 2


async def test_whoever_listens_to_the_page_hears_everything(desk: Desk) -> None:
    page = await desk.page()
    await key(page, "Отметить").click()
    await expect(page.get_by_role("status").get_by_text("Отмечено")).to_be_visible()
    await key(page, "Команды").click()
    nameless: list[str] = await page.evaluate(
        """[...document.querySelectorAll("button, a, textarea, [role=group], [role=log]")].filter(
            (one) => !(one.textContent.trim() || one.getAttribute("aria-label"))
        ).map((one) => one.outerHTML)"""
    )
    assert nameless == []
    log = page.get_by_role("log", name="Сообщения")
    await expect(log).to_have_attribute("aria-live", "polite")
    await expect(log.get_by_role("group", name="Варианты ответа")).to_have_count(1)
    await expect(page.get_by_role("link", name="откроется в новой вкладке")).to_have_count(1)
    assert await page.evaluate("document.documentElement.lang") == "ru"
    assert await page.title() == "Курс по Сферуму"
    assert await page.locator("h1").count() == 1


async def test_nothing_is_asked_of_anybody_else_and_nothing_is_forbidden(desk: Desk) -> None:
    page = await desk.page()
    await key(page, "Посчитать").click()
    await expect(bot(page)).to_contain_text("Нажатий: 1")
    await page.locator("#words").fill("Много\n" * 9)
    await page.locator("#words").press("Enter")
    await expect(page.locator(".mine.sent")).to_have_count(1)
    own = (desk.url + "/", desk.url.replace("http", "ws") + "/")
    assert [url for url in desk.requests if not url.startswith(own)] == []
    assert desk.errors == []
    await page.reload()
    link = bot(page).last.get_by_role("link")
    assert await link.get_attribute("target") == "_blank"
    assert "noopener" in str(await link.get_attribute("rel"))


async def test_the_page_is_dark_where_the_system_is(desk: Desk) -> None:
    async def colours(scheme: str) -> tuple[str, str]:
        page = await desk.page(color_scheme=scheme)
        await expect(bot(page)).to_contain_text("Нажатий")
        style = "getComputedStyle(document.querySelector('.bubble'))"
        return (
            await page.evaluate(f"{style}.backgroundColor"),
            await page.evaluate(f"{style}.color"),
        )

    assert await colours("light") == ("rgb(255, 255, 255)", "rgb(11, 15, 20)")
    assert await colours("dark") == ("rgb(24, 37, 51)", "rgb(245, 247, 249)")


async def test_a_personal_link_reaches_the_conversation_and_leaves_the_address(desk: Desk) -> None:
    page = await desk.page("/#start=m_secret-1")
    await expect(bot(page)).to_contain_text("Ссылка: m_secret-1")
    assert page.url == desk.url + "/"
    assert not any("secret" in url.split("#")[0] for url in desk.requests)
    await page.evaluate("location.hash = 'start=m_secret-2'")
    await expect(bot(page)).to_contain_text("Ссылка: m_secret-2")
    assert page.url == desk.url + "/"


async def test_only_three_tags_become_elements(desk: Desk) -> None:
    page = await desk.page()
    text = (
        '<b>a<i>b</i></b> <img src="x" onerror="alert(1)"> &lt;b&gt; &amp;lt; '
        "<code>c</b></code><script>d</script></i> <b>open"
    )
    made: str = await page.evaluate(
        """async (text) => {
            const { build } = await import("/markup.js");
            const box = document.createElement("div");
            box.append(build(text));
            return box.innerHTML;
        }""",
        text,
    )
    assert made == (
        '<b>a<i>b</i></b> &lt;img src="x" onerror="alert(1)"&gt; &lt;b&gt; &amp;lt; '
        "<code>c</code>&lt;script&gt;d&lt;/script&gt; <b>open</b>"
    )


async def test_our_trouble_keeps_the_move_and_offers_to_send_it_again(desk: Desk) -> None:
    page = await desk.page()
    await expect(bot(page)).to_contain_text("Нажатий: 0")
    desk.talk.fails()
    await key(page, "Посчитать").click()
    await expect(bot(page).last).to_contain_text("Что-то сломалось у нас")
    # Pressing the same button once more is the same move, too.
    await key(page, "Посчитать").click()
    await desk.talk.has_taken(3)
    await expect(page.locator(".busy")).to_have_count(0)
    await expect(page.locator("#state")).to_have_text("онлайн")
    desk.talk.recovers()
    await key(page, "Отправить ещё раз").click()
    await expect(page.locator(".message")).to_have_count(1)
    await expect(bot(page)).to_contain_text("Нажатий: 1")
    ids = [move.move_id for move in desk.talk.taken]
    assert len(ids) == 4
    assert len(set(ids)) == 2


async def test_a_text_that_is_not_to_be_sent_after_all_comes_back(desk: Desk) -> None:
    page = await desk.page()
    await expect(bot(page)).to_contain_text("Нажатий: 0")
    desk.talk.fails()
    await page.locator("#words").fill("Неудачный вопрос")
    await page.locator("#words").press("Enter")
    await page.locator("#words").fill("Уже другой")
    await key(page, "Не отправлять").click()
    await expect(page.locator(".message")).to_have_count(1)
    await expect(page.locator("#words")).to_have_value("Неудачный вопрос\nУже другой")
    desk.talk.recovers()
    await key(page, "Посчитать").click()
    await expect(bot(page)).to_contain_text("Нажатий: 1")


async def test_a_document_can_be_kept(desk: Desk, tmp_path: Path) -> None:
    page = await desk.page()
    await key(page, "Файл").click()
    link = page.get_by_role("link", name="моё.json")
    await expect(link).to_contain_text("1,6\u00a0КБ")
    async with page.expect_download() as started:
        await link.click()
    download = await started.value
    assert download.suggested_filename == "моё.json"
    await download.save_as(tmp_path / "kept")
    assert (tmp_path / "kept").read_bytes() == b'{"a": 1}' * 200
    # The screen with the buttons stays the last.
    await expect(page.locator(".message").last).to_contain_text("Нажатий")


async def test_a_picture_is_seen_and_described_and_its_making_is_told(desk: Desk) -> None:
    page = await desk.page()
    await expect(key(page, "Посчитать")).to_be_visible()
    desk.talk.replies = lambda _: [
        Document(name="код.png", content=qr_png("https://example.org"), about="Код со ссылкой"),
        Screen(text="Готово"),
    ]
    desk.talk.passing = ["Собираю файл: 40 %"]
    desk.talk.open.clear()
    await key(page, "Посчитать").click()
    await expect(page.locator("#state")).to_have_text("Собираю файл: 40 %")
    desk.talk.open.set()
    picture = page.get_by_role("img", name="Код со ссылкой")
    await expect(picture).to_be_visible()
    await expect(page.get_by_text("Код со ссылкой")).to_be_visible()
    await expect(page.locator("#state")).to_have_text("онлайн")
    await expect(picture).to_have_js_property("complete", True)
    assert await picture.evaluate("picture => picture.naturalWidth") > 100


async def test_waiting_shows_that_somebody_is_typing(desk: Desk) -> None:
    page = await desk.page()
    await expect(page.locator("#state")).to_have_text("онлайн")
    desk.talk.open.clear()
    await key(page, "Посчитать").click()
    await expect(page.locator("#state")).to_have_text("печатает")
    await expect(page.get_by_role("log")).to_have_attribute("aria-busy", "true")
    desk.talk.open.set()
    await expect(page.locator("#state")).to_have_text("онлайн")
    await expect(page.get_by_role("log")).to_have_attribute("aria-busy", "false")


async def test_a_message_taller_than_the_phone_is_shown_from_its_beginning(desk: Desk) -> None:
    page = await desk.page()
    await key(page, "Длинный").click()
    await expect(bot(page)).to_contain_text("Длинный шаг")
    top: float = await page.evaluate(
        "document.querySelector('.bubble').getBoundingClientRect().top"
    )
    assert 50 < top < 80
    await key(page, "К последнему сообщению").click()
    await expect(key(page, "Посчитать")).to_be_in_viewport()
    await expect(page.locator("#down")).to_be_hidden()


async def test_where_the_course_is_away_a_page_says_so_and_opens_it_once_it_is_back(
    desk: Desk,
) -> None:
    page = await desk.page()
    await expect(bot(page)).to_contain_text("Нажатий: 0")
    await page.locator("#words").fill("Начатый вопрос")
    await page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    await desk.stops()
    await page.reload()
    await expect(page.get_by_role("heading")).to_have_text("Курс сейчас не отвечает")
    assert await violations(page) == []
    await page.context.set_offline(True)
    await expect(page.get_by_role("heading")).to_have_text("Нет связи с интернетом")
    await key(page, "Попробовать сейчас").click()
    await expect(page.get_by_role("status")).to_contain_text("Пробуем дальше")
    await desk.serves()
    await page.context.set_offline(False)
    await expect(bot(page)).to_contain_text("Нажатий: 0")
    await expect(page.locator("#words")).to_have_value("Начатый вопрос")
    kept = "caches.keys().then((names) => caches.open(names[0])).then((cache) => cache.keys())"
    paths = await page.evaluate(f"{kept}.then((all) => all.map((it) => new URL(it.url).pathname))")
    assert paths == ["/offline", "/offline.css", "/offline.js"]
    await page.goto(f"{desk.url}/team")
    assert desk.team_asked == 1


async def test_a_lost_cookie_makes_the_page_reload_itself_once(desk: Desk) -> None:
    page = await desk.page()
    await expect(bot(page)).to_contain_text("Нажатий: 0")
    await page.context.clear_cookies()
    await desk.stops()
    async with page.expect_navigation():
        await desk.serves()
    await key(page, "Посчитать").click()
    await expect(bot(page)).to_contain_text("Нажатий: 1")
    assert len({move.account for move in desk.talk.taken}) == 2


async def test_a_page_too_many_rests_until_somebody_uses_it(desk: Desk) -> None:
    first = await desk.page()
    await expect(bot(first)).to_contain_text("Нажатий: 0")
    for _ in range(SOCKETS):
        page = await first.context.new_page()
        await page.goto(desk.url)
        await expect(bot(page)).to_contain_text("Нажатий: 0")
    await expect(first.locator("#banner")).to_contain_text("на других вкладках")
    await key(first, "Посчитать").click()
    await expect(bot(first)).to_contain_text("Нажатий: 1")
    await expect(first.locator("#banner")).to_be_empty()


async def test_a_text_too_large_for_a_frame_is_refused_by_the_page_itself(desk: Desk) -> None:
    page = await desk.page()
    await expect(bot(page)).to_contain_text("Нажатий: 0")
    text = "\x01" * 4000  # six bytes each, escaped
    await page.evaluate("(text) => { document.querySelector('#words').value = text }", text)
    await page.locator("#words").press("Enter")
    await expect(page.get_by_role("status").get_by_text("слишком длинное")).to_be_visible()
    await expect(page.locator(".mine")).to_have_count(0)
    assert len(desk.talk.taken) == 1
    assert len(await page.locator("#words").input_value()) == 4000


async def test_half_a_letter_is_refused_and_holds_up_nothing(desk: Desk) -> None:
    page = await desk.page()
    await expect(bot(page)).to_contain_text("Нажатий: 0")
    words = page.get_by_label("Сообщение", exact=True)
    await words.evaluate(r"field => { field.value = 'a\ud83d'; }")
    await words.press("Enter")
    await key(page, "Посчитать").click()
    await expect(bot(page).last).to_contain_text("Нажатий: 1")


OLD = """names => {
    const known = Object.getOwnPropertyNames(window).map((name) => {
        try { return window[name]; } catch { return null; }
    });
    const made = known.filter((one) => typeof one === "function");
    for (const of of [window, ...made, ...made.map((one) => one.prototype)]) {
        for (const name of names) if (of && of !== Object) try { delete of[name]; } catch {}
    }
}"""
"""Makes of today's Chromium one that has never heard of what is newer than the oldest promised."""


async def test_what_the_oldest_browsers_lack_is_not_needed(desk: Desk) -> None:
    context = await desk.context()
    # What drives the browser asks for big integers in its own name.
    names = json.dumps(sorted(Tables.read().members - {"BigInt64Array", "BigUint64Array"}))
    await context.add_init_script(f"({OLD})({names})")
    page = await context.new_page()
    await page.goto(desk.url)
    lacking = (
        "[!crypto.randomUUID, !document.body.replaceChildren, ![].at, !window.visualViewport]"
    )
    assert await page.evaluate(lacking) == [True] * 4
    await key(page, "Посчитать").click()
    await expect(bot(page)).to_contain_text("Нажатий: 1")
    await page.locator("#words").fill("Вопрос")
    await page.locator("#words").press("Enter")
    await expect(bot(page).last).to_contain_text("Вы написали: 6")
    await key(page, "Команды").click()
    await page.get_by_role("button", name="Мои данные").click()
    await expect(page.locator(".mine.sent")).to_have_count(2)
    assert desk.errors == []


async def test_a_browser_that_is_too_old_for_the_page_says_so_in_a_sentence(desk: Desk) -> None:
    async def told(**options: Any) -> Locator:
        page = await (await desk.context()).new_page()
        await page.route("**/link.js", lambda route: route.fulfill(**options))
        await page.goto(desk.url)
        return page.get_by_role("alert")

    script = "text/javascript"
    await expect(await told(body="a ||= 1 ||", content_type=script)).to_contain_text(
        "слишком старый"
    )
    await expect(await told(body="null.at(1)", content_type=script)).to_contain_text(
        "Chrome от 80"
    )
    await expect(await told(status=503)).to_contain_text("не целиком")


async def test_the_page_speaks_the_language_that_its_person_has_chosen(desk: Desk) -> None:
    page = await desk.page()
    await expect(page.get_by_placeholder("Ответ или вопрос")).to_be_visible()
    menu = Commands(entries=(), language="en", usual=False)
    text = "<b>Lesson 2</b>, about MAX\n<i>Где искать помощь</i>\n/menu"
    desk.talk.replies = lambda _: [Screen(text=text), menu]
    await key(page, "Посчитать").click()
    await expect(page.get_by_placeholder("Answer or question")).to_be_visible()
    await expect(page.locator("#state")).to_have_text("online")
    assert await page.title() == "The Sferum course"
    assert await page.evaluate("document.documentElement.lang") == "en"
    said = bot(page).locator(".text")
    await expect(said).to_have_attribute("lang", "en")
    await expect(said.locator("[lang]")).to_have_text("Где искать помощь")
    await page.locator("#words").fill("Thanks")
    await page.locator("#words").press("Enter")
    await expect(page.locator(".mine.sent")).to_have_count(1)
    await expect(page.locator(".day")).to_have_count(1)
    # Also where the server is away.
    await page.route("**/ws", lambda route: route.abort())
    await page.reload()
    # A module may run a little after the page counts as loaded.
    await expect(page.locator("html")).to_have_attribute("lang", "en")


async def test_an_english_browser_gets_an_english_page(desk: Desk) -> None:
    page = await desk.page(locale="en-GB")
    await expect(page.locator("#state")).to_have_text("online")
    await expect(key(page, "Commands")).to_be_visible()
    assert await page.evaluate("document.documentElement.lang") == "en"
    assert desk.talk.taken[0].language == "en"


def multiple(*ticked: int) -> Screen:
    """Make a question with three long options, of which some are ticked."""
    return Screen(
        heading="Что считается?",
        form=Form(
            kind="multiple",
            hint="Отметьте всё верное.",
            options=tuple(
                Option(
                    text=f"Вариант {at}, который на клавишу не поместится целиком",
                    action=f"tap:{at}",
                    mark=int(at in ticked),
                )
                for at in range(3)
            ),
            keys=(Button(label="Готово", action="done", primary=True, disabled=not ticked),),
        ),
        rows=((Button(label="Меню", action="menu"),),),
        progress=Progress(title="Роли", words="Урок 2 из 8 · вопрос 3 из 4", share=0.5),
    )


def order(*tapped: int) -> Screen:
    """Make a question whose three items are tapped one after another."""
    return Screen(
        heading="В каком порядке?",
        form=Form(
            kind="order",
            hint="Что дальше?" if tapped else "Нажимайте по порядку: что делают первым?",
            options=tuple(
                Option(
                    text=f"Действие {at}",
                    action=f"tap:{at}",
                    mark=tapped.index(at) + 1 if at in tapped else 0,
                    disabled=at in tapped,
                )
                for at in range(3)
            ),
            keys=(
                Button(label="Отменить", action="undo", disabled=not tapped),
                Button(label="Готово", action="done", disabled=len(tapped) < 3),
            ),
        ),
    )


def match(*given: int) -> Screen:
    """Make a question whose three meanings are given to terms one after another."""
    terms = ("Роль", "Чат поддержки", "Муниципальный или региональный координатор")
    asked = f"Подберите пару: <b>{terms[len(given) % 3]}</b>"
    return Screen(
        heading="Кто чем занят?",
        form=Form(
            kind="match",
            hint="Все пары подходят?" if len(given) == 3 else asked,
            terms=terms,
            options=tuple(
                Option(
                    text=f"Значение {at}",
                    action=f"tap:{at}",
                    mark=given.index(at) + 1 if at in given else 0,
                    disabled=at in given,
                )
                for at in range(3)
            ),
            keys=(
                Button(label="Отменить", action="undo", disabled=not given),
                Button(label="Готово", action="done", disabled=len(given) < 3),
            ),
        ),
    )


def answering(start: Callable[..., Screen]) -> Callable[[Move], Sequence[Reply]]:
    """Answer taps as the conversation does: an option is marked, marked anew, or taken back."""
    taken: list[int] = []
    seen: set[str] = set()

    def replies(move: Move) -> Sequence[Reply]:
        if move.move_id in seen:
            return [start(*taken)]
        seen.add(move.move_id)
        if isinstance(move, Pressed) and move.action.startswith("tap:"):
            part = int(move.action[4:])
            if part in taken:
                taken.remove(part)
            else:
                taken.append(part)
        elif isinstance(move, Pressed) and move.action == "undo":
            taken.pop()
        elif isinstance(move, Pressed) and move.action == "done":
            return [Screen(text="Готово", heading="Верно!", tone="right")]
        return [start(*taken)]

    return replies


async def still(page: Page) -> None:
    """Wait until nothing is on its way in any more."""
    await page.evaluate("Promise.all(document.getAnimations().map((it) => it.finished))")


async def places(page: Page) -> list[dict[str, float]]:
    """Say where in their message all options and keys are, once nothing moves by itself."""
    await still(page)
    found: list[dict[str, float]] = await page.evaluate(
        "[...document.querySelectorAll('.option, .key')].map((it) => {"
        " const top = it.closest('.message').getBoundingClientRect().y;"
        " const box = it.getBoundingClientRect();"
        " return {x: box.x, y: box.y - top, h: box.height}; })"
    )
    return found


async def test_an_option_is_seen_whole_and_ticked_before_the_server_knows(desk: Desk) -> None:
    desk.talk.replies = answering(multiple)
    page = await desk.page()
    options = page.get_by_role("checkbox")
    await expect(options).to_have_count(3)
    await expect(options.nth(2)).to_have_text(
        "Вариант 2, который на клавишу не поместится целиком"
    )
    await expect(key(page, "Готово")).to_be_disabled()
    before = await places(page)
    desk.talk.open.clear()
    await options.nth(0).click()
    await options.nth(2).click()
    await expect(options.nth(0)).to_be_checked()
    await expect(options.nth(2)).to_be_checked()
    await expect(key(page, "Готово")).to_be_enabled()
    await expect(page.locator(".busy")).to_have_count(2)
    assert await violations(page, "color-contrast") == []
    await options.nth(0).click()
    await expect(options.nth(0)).not_to_be_checked()
    desk.talk.open.set()
    await desk.talk.has_taken(4)
    await expect(page.locator(".busy")).to_have_count(0)
    await expect(options.nth(0)).not_to_be_checked()
    await expect(options.nth(2)).to_be_checked()
    assert await places(page) == before, "something has moved under the finger"
    desk.talk.open.clear()
    await options.nth(1).click()
    await page.reload()
    await expect(options.nth(1)).to_be_checked()
    desk.talk.open.set()
    await expect(page.locator(".busy")).to_have_count(0)
    await expect(options.nth(1)).to_be_checked()
    await key(page, "Готово").click()
    await expect(page.get_by_role("heading", name="Верно!")).to_be_visible()


async def test_an_order_is_numbered_as_it_is_tapped_and_nothing_moves(desk: Desk) -> None:
    desk.talk.replies = answering(order)
    page = await desk.page(viewport={"width": 320, "height": 568})
    await expect(page.get_by_role("heading", name="В каком порядке?")).to_be_visible()
    before = await places(page)
    for item in (2, 0):
        await page.locator(".option").nth(item).click()
    await expect(page.locator(".mark")).to_have_text(["2", "", "1"])
    await key(page, "Отменить").click()
    await expect(page.locator(".mark")).to_have_text(["", "", "1"])
    await expect(page.locator(".busy")).to_have_count(0)
    await expect(page.locator(".mark")).to_have_text(["", "", "1"])
    await expect(key(page, "Готово")).to_be_disabled()
    assert await places(page) == before, "something has moved under the finger"
    desk.talk.fails()
    await page.locator(".option").nth(0).click()
    await expect(page.locator(".mark")).to_have_text(["2", "", "1"])
    await key(page, "Не отправлять").click()
    await expect(page.locator(".mark")).to_have_text(["", "", "1"])


async def test_a_match_has_room_for_its_longest_term_and_nothing_moves(desk: Desk) -> None:
    desk.talk.replies = answering(match)
    page = await desk.page(viewport={"width": 320, "height": 568})
    await expect(page.locator(".hint .seen")).to_have_text("Подберите пару: Роль")
    before = await places(page)
    for item, seen in ((1, ["Роль"]), (0, ["Чат поддержки", "Роль"])):
        await page.locator(".option").nth(item).click()
        await expect(page.locator(".given .seen")).to_have_text(seen)
        assert await places(page) == before, "something has moved under the finger"
        await expect(page.locator(".busy")).to_have_count(0)


async def test_the_head_says_how_far_one_is(desk: Desk) -> None:
    desk.talk.replies = lambda _: [multiple()]
    page = await desk.page()
    await expect(page.locator("#name")).to_have_text("Роли")
    await expect(page.locator("#state")).to_have_text("Урок 2 из 8 · вопрос 3 из 4")
    bar = page.get_by_role("progressbar")
    await expect(bar).to_have_attribute("aria-valuenow", "50")
    desk.talk.replies = lambda _: [Screen(text="Меню")]
    await key(page, "Меню").click()
    await expect(bar).to_have_count(0)
    await expect(page.locator("#name")).to_have_text("Курс по Сферуму")


async def test_a_number_is_asked_for_with_a_keyboard_of_digits_also_after_a_reload(
    desk: Desk,
) -> None:
    number = Screen(heading="Сколько?", form=Form(kind="number", hint="Напишите число."))
    desk.talk.replies = lambda _: [number]
    page = await desk.page()
    for _ in range(2):
        await expect(page.locator("#words")).to_have_attribute("inputmode", "numeric")
        await page.reload()
    desk.talk.replies = lambda _: [Screen(text="Меню")]
    await page.reload()
    await expect(page.locator("#words")).to_have_attribute("inputmode", "text")


async def test_what_lasts_stays_and_loses_its_keys_and_a_reload_shows_it_all(desk: Desk) -> None:
    on = ((Button(label="Дальше", action="next", primary=True),),)
    desk.talk.replies = lambda _: [Screen(text="Урок пройден", rows=on, lasting=True)]
    page = await desk.page()
    await expect(bot(page)).to_have_text(re.compile("Урок пройден"))
    await expect(page.locator(".primary")).to_have_text("Дальше")
    desk.talk.replies = lambda _: [
        Notice(text="Вы вступили.", lasting=True),
        Screen(text="Следующий урок", rows=on),
    ]
    await key(page, "Дальше").press("Enter")
    said = [re.compile(text) for text in ("Урок пройден", "Вы вступили", "Следующий урок")]
    await expect(bot(page)).to_have_text(said)
    await expect(bot(page).last).to_be_focused()
    await expect(page.locator(".key")).to_have_count(1)
    desk.talk.replies = lambda _: [Screen(text="Следующий урок", rows=on)]
    await page.reload()
    await expect(bot(page)).to_have_text(said)
    await expect(page.locator(".key")).to_have_count(1)
    other = await page.context.new_page()
    await other.goto(desk.url)
    await expect(bot(other)).to_have_text(said)
    desk.talk.replies = lambda _: [Erased(), Screen(text="Всё удалено")]
    await key(page, "Дальше").click()
    await expect(bot(page)).to_have_text([re.compile("Всё удалено")])
    await expect(bot(other)).to_have_count(0)
    await page.reload()
    await expect(bot(page).first).to_contain_text("Всё удалено")


async def test_a_reload_shows_the_last_twenty_and_nothing_of_anybody_else(desk: Desk) -> None:
    page = await desk.page()
    for number in range(11):
        await page.locator("#words").fill(f"Вопрос {number}")
        await page.locator("#words").press("Enter")
        await expect(page.locator(".mine.sent")).to_have_count(number + 1)
    await page.reload()
    await expect(page.locator(".message").last).to_contain_text("Нажатий")
    await expect(page.locator(".message")).to_have_count(20)
    await page.context.clear_cookies()
    await page.reload()
    await expect(page.locator(".message")).to_have_count(1)
    await page.evaluate(
        "localStorage.setItem('history', '[{\"kind\": \"of tomorrow\"}, {}, 1, null]')"
    )
    await page.reload()
    await expect(page.locator(".message")).to_have_count(1)
