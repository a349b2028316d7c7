"""Files in the chat page, in a real Chromium: chosen, dropped, cancelled, and sent again."""

import asyncio
import re
from pathlib import Path

import pytest
from playwright.async_api import FileChooser, FilePayload, Locator, Page, Route, expect

from course_bot.conversation.port import Sent
from course_bot.sheets.figures import FILE_BYTES
from tests.test_page import Desk, bot, browser, desk, key

__all__ = ["browser", "desk"]

pytestmark = [pytest.mark.chromium, pytest.mark.asyncio(loop_scope="module")]


def a_file(name: str = "Лист.xlsx", content: bytes = b"a;b") -> FilePayload:
    return {"name": name, "mimeType": "application/octet-stream", "buffer": content}


async def chooses(page: Page, *files: FilePayload) -> None:
    await page.locator("#file").set_input_files(files)


def mine(page: Page) -> Locator:
    return page.locator(".message.mine")


def sent(desk: Desk) -> list[Sent]:
    return [move for move in desk.talk.taken if isinstance(move, Sent)]


async def test_files_are_chosen_by_the_keyboard_and_go_one_after_another(desk: Desk) -> None:
    page = await desk.page()
    # Early: the browser is told beside everything else that nobody is there to choose.
    asked: asyncio.Future[FileChooser] = asyncio.get_running_loop().create_future()
    page.on("filechooser", lambda chooser: asked.set_result(chooser))
    await expect(bot(page)).to_contain_text("Нажатий")
    await page.locator("#words").press("Tab")
    clip = key(page, "Отправить файл: .xlsx или .csv")
    await expect(clip).to_be_focused()
    await page.keyboard.press("Enter")
    chooser = await asked
    assert chooser.is_multiple()
    accepted = await page.locator("#file").get_attribute("accept")
    assert accepted == ".xlsx,.csv"
    desk.talk.open.clear()
    await chooser.set_files([a_file("Лист.xlsx", b"1" * 3000), a_file("Второй.csv")])
    await expect(mine(page).first).to_contain_text(re.compile("Лист.xlsx.*2,9\\sКБ.*Читаю файл…"))
    await expect(mine(page).last).to_contain_text(re.compile("Второй.csv.*Ждёт отправки"))
    await expect(page.locator("#state")).to_have_text("печатает")
    desk.talk.open.set()
    await expect(page.locator(".mine.sent")).to_have_count(2)
    await expect(bot(page).last).to_contain_text("Файл: Второй.csv, 3")
    await expect(page.locator(".going, .mine .key")).to_have_count(0)
    await expect(page.locator("#state")).to_have_text("онлайн")
    assert desk.talk.files == [("Лист.xlsx", b"1" * 3000), ("Второй.csv", b"a;b")]
    # What was sent is there again after a reload, by its name.
    await page.reload()
    await expect(mine(page)).to_have_text([re.compile("Лист.xlsx"), re.compile("Второй.csv")])
    assert desk.errors == []


async def test_a_file_that_is_too_large_is_not_sent_but_its_size_is(
    desk: Desk, tmp_path: Path
) -> None:
    page = await desk.page()
    await expect(bot(page)).to_contain_text("Нажатий")
    large = tmp_path / "Большой.xlsx"
    large.write_bytes(bytes(FILE_BYTES + 1))
    await page.locator("#file").set_input_files(large)
    await expect(bot(page).last).to_contain_text(f"Файл: Большой.xlsx, {FILE_BYTES + 1}")
    assert desk.talk.files == [("Большой.xlsx", b"")]
    (move,) = sent(desk)
    assert move.file is not None
    assert move.file.too_large


async def test_how_much_is_sent_is_seen_and_it_can_be_cancelled(desk: Desk) -> None:
    page = await desk.page()
    await expect(bot(page)).to_contain_text("Нажатий")
    network = await page.context.new_cdp_session(page)
    slow = {"offline": False, "latency": 0, "downloadThroughput": -1}
    slow |= {"uploadThroughput": 200_000}
    await network.send("Network.enable")
    await network.send("Network.emulateNetworkConditions", slow)
    await chooses(page, a_file("Долгий.xlsx", bytes(4_000_000)), a_file())
    bar = page.get_by_role("progressbar", name="Долгий.xlsx")
    await expect(bar).to_have_attribute("aria-valuenow", re.compile(r"^[1-9]\d?$"))
    # Whoever goes on with the course meanwhile is not held up.
    await key(page, "Посчитать").click()
    await expect(bot(page)).to_contain_text("Нажатий: 1")
    await key(page, "Отменить").first.press("Enter")
    await expect(mine(page)).to_have_text([re.compile("Лист.xlsx")])
    await expect(page.locator("#clip")).to_be_focused()
    await expect(bot(page).last).to_contain_text("Файл: Лист.xlsx, 3")
    assert [name for name, _ in desk.talk.files] == ["Лист.xlsx"]


async def test_a_file_without_a_connection_is_kept_and_sent_again(desk: Desk) -> None:
    page = await desk.page()
    await expect(bot(page)).to_contain_text("Нажатий")
    await page.context.set_offline(True)
    await chooses(page, a_file("Первый.csv"), a_file("Второй.csv"))
    await expect(mine(page).last).to_contain_text("Файл не отправлен.")
    await mine(page).last.get_by_role("button", name="Не отправлять").click()
    await expect(mine(page)).to_have_count(1)
    await page.context.set_offline(False)
    await key(page, "Отправить ещё раз").click()
    await expect(bot(page).last).to_contain_text("Файл: Первый.csv, 3")
    assert [name for name, _ in desk.talk.files] == ["Первый.csv"]


async def test_a_file_whose_answer_is_lost_or_in_trouble_goes_again_under_its_id(
    desk: Desk,
) -> None:
    page = await desk.page()
    await expect(bot(page)).to_contain_text("Нажатий")
    desk.talk.fails()
    await chooses(page, a_file())
    await expect(mine(page)).to_contain_text("Что-то сломалось у нас [ru]")
    desk.talk.recovers()

    async def gateway(route: Route) -> None:
        await route.fetch()
        await route.fulfill(status=504, body="<html>504")

    await page.route("**/file?*", gateway)
    await key(page, "Отправить ещё раз").click()
    await expect(mine(page)).to_contain_text("Файл не отправлен.")
    await page.unroute("**/file?*")
    await key(page, "Отправить ещё раз").press("Enter")
    await expect(bot(page).last).to_contain_text("Файл: Лист.xlsx, 3")
    assert len(sent(desk)) == 3
    assert len({move.move_id for move in sent(desk)}) == 1


async def test_a_file_is_dropped_anywhere_and_other_things_are_left_alone(desk: Desk) -> None:
    page = await desk.page()
    await expect(bot(page)).to_contain_text("Нажатий")
    drag = """async ([events, file]) => {
        const data = new DataTransfer();
        if (file) data.items.add(new File(["a;b"], file));
        else data.setData("text/plain", "текст");
        const told = [];
        for (const [name, where] of events) {
            const what = {dataTransfer: data, bubbles: true, cancelable: true};
            told.push(!document.querySelector(where).dispatchEvent(new DragEvent(name, what)));
        }
        return told;
    }"""
    enters = [["dragenter", "#log"], ["dragover", "#drop"]]
    assert await page.evaluate(drag, [enters, ""]) == [False, False]
    await expect(page.locator("#drop")).to_be_hidden()
    assert await page.evaluate(drag, [enters, "Лист.csv"]) == [False, True]
    await expect(page.locator("#drop")).to_have_text("Отпустите файл здесь")
    await expect(page.locator("#drop")).to_have_css("position", "fixed")
    await page.evaluate(drag, [[["dragleave", "#drop"]], "Лист.csv"])
    await expect(page.locator("#drop")).to_be_hidden()
    assert await page.evaluate(drag, [[*enters, ["drop", "#drop"]], "Лист.csv"]) == [
        False,
        True,
        True,
    ]
    await expect(page.locator("#drop")).to_be_hidden()
    await expect(bot(page).last).to_contain_text("Файл: Лист.csv, 3")


async def test_what_the_server_refuses_is_told_and_goes(desk: Desk) -> None:
    page = await desk.page()
    await expect(bot(page)).to_contain_text("Нажатий")

    async def refused(route: Route) -> None:
        await route.fulfill(status=413, json={"refused": "Файл слишком большой."})

    await page.route("**/file?*", refused)
    await chooses(page, a_file())
    await expect(page.locator(".toast")).to_have_text("Файл слишком большой.")
    await expect(mine(page)).to_have_count(0)


async def test_a_file_and_what_is_written_meanwhile_keep_their_order(desk: Desk) -> None:
    page = await desk.page()
    await expect(bot(page)).to_contain_text("Нажатий")
    desk.talk.open.clear()
    await chooses(page, a_file())
    await desk.talk.has_taken(2)
    await page.locator("#words").fill("И вопрос")
    await page.locator("#words").press("Enter")
    await asyncio.sleep(0.1)
    desk.talk.open.set()
    await expect(bot(page).last).to_contain_text("Вы написали: 8")
    assert [type(move).__name__ for move in desk.talk.committed] == ["Opened", "Sent", "Wrote"]
    await expect(page.locator(".message")).to_have_text(
        [re.compile(text) for text in ("Нажатий", "Лист", "И вопрос", "Файл", "написали")]
    )
