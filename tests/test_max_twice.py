"""What is said in MAX is there once, however the connection breaks."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from course_bot.conversation.port import Document, Notice, Screen
from course_bot.storage import Account
from tests.max_server import KEYBOARD, NOW, Server, ann, api, boris, server, talk
from tests.max_standin import MaxApi, Somebody, read_html
from tests.pretend_talk import PretendTalk

__all__ = ["ann", "api", "boris", "server", "talk"]

ODD = (
    "<b>Шаг&nbsp;1</b> &lt;i&gt; &amp;amp; «ёлки» 🙂👩\u200d🏫 ☑️ a < b\n\n  два  пробела,"
    "\N{NO-BREAK SPACE}неразрывный <code>x &quot; y</code>\t<i>конец</i> "
)


def texts(somebody: Somebody) -> list[str]:
    return [message.text for message in somebody.chat.from_bot]


@pytest.fixture
def trimmed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let MAX change a text's spaces, as messengers do."""

    def read(source: str) -> tuple[str, list[Any], list[str]]:
        text, markup, stripped = read_html(source)
        return text.strip().replace("\N{NO-BREAK SPACE}", " "), markup, stripped

    monkeypatch.setattr("tests.max_standin.read_html", read)


@pytest.mark.usefixtures("trimmed")
@pytest.mark.parametrize("kind", ["reset", "lost", "gateway", "500"])
async def test_a_message_whose_connection_breaks_arrives_once(
    server: Server, talk: PretendTalk, ann: Somebody, api: MaxApi, kind: Any
) -> None:
    talk.replies = lambda _: [Notice(text="a < b & <i>"), Screen(text=ODD, rows=KEYBOARD)]
    api.fails(kind, "POST /messages", times=2)
    await server.settles(ann.writes("?"))
    assert len(texts(ann)) == 2
    assert ann.screen.keyboard
    # What was found is known as the screen: the next one takes its keys.
    await server.settles(ann.writes("?"))
    assert [bool(message.keyboard) for message in ann.chat.from_bot] == [False, False, False, True]


@pytest.mark.usefixtures("trimmed")
async def test_what_lasts_is_known_again_though_max_has_changed_its_spaces(
    server: Server, talk: PretendTalk, ann: Somebody
) -> None:
    talk.replies = lambda _: [Screen(text=ODD, rows=KEYBOARD, lasting=True)]
    await server.settles(ann.writes("?"))
    await server.settles(ann.presses("Дальше"))
    assert len(texts(ann)) == 1


@pytest.mark.parametrize("kind", ["reset", "lost"])
async def test_what_was_said_before_is_not_taken_for_what_is_said_now(
    server: Server, talk: PretendTalk, ann: Somebody, api: MaxApi, kind: Any
) -> None:
    said = [["Меню"], ["Справка"], ["Меню"], [], []]
    file = Document(name="a.json", content=b"{}")
    talk.replies = lambda _: [
        *([file] if not said[0] else []),
        *(Screen(text=text, rows=KEYBOARD) for text in said.pop(0)),
    ]
    for times in (0, 0, 1, 0, 1):
        api.fails(kind, "POST /messages", times=times)
        await server.settles(ann.writes("?"))
        api.recovers()
    assert texts(ann) == ["Меню", "Справка", "Меню", "", ""]
    assert [bool(message.keyboard) for message in ann.chat.from_bot] == [
        *(False, False, True),
        *(False, False),
    ]


async def test_the_same_text_of_somebody_else_or_of_long_ago_is_not_ours(
    server: Server, talk: PretendTalk, ann: Somebody, api: MaxApi
) -> None:
    talk.replies = lambda _: [Screen(text="Меню")]
    old = api._new(ann.chat, from_bot=True)
    old.text, old.at = "Меню", old.at - 120_000
    update = ann.writes("Меню")
    api.fails("reset", "POST /messages")
    await server.settles(update)
    assert texts(ann) == ["Меню", "Меню"]


@pytest.mark.parametrize("kind", ["reset", "403", "404"])
@pytest.mark.parametrize("lost", ["reset", "lost"])
async def test_what_cannot_be_looked_for_is_not_sent_again(
    server: Server, ann: Somebody, api: MaxApi, kind: Any, lost: Any
) -> None:
    api.fails(lost, "POST /messages")
    api.fails(kind, "GET /messages", times=99)
    await server.settles(ann.writes("?"))
    assert len(api.made("POST /messages")) == 1
    assert len(texts(ann)) == (lost == "lost")


async def test_where_nobody_was_even_connected_to_a_message_is_sent_again_unlooked(
    server: Server, talk: PretendTalk, ann: Somebody, api: MaxApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = server.door._api._api

    def unplugged() -> None:
        monkeypatch.setattr(server.door._api, "_api", "http://127.0.0.1:9")

    def plugged(_: object) -> float:
        server.door._api._api = there
        return 0.0

    unplugged()
    monkeypatch.setattr(server.door._api, "_pause", plugged)
    await server.settles(ann.writes("?"))
    assert texts(ann) == ["Экран 1"]
    assert api.made("GET /messages") == []


@pytest.mark.parametrize("kind", ["reset", "lost", "gateway", "500"])
async def test_an_answer_and_an_edit_are_repeated_and_change_nothing_the_second_time(
    server: Server, talk: PretendTalk, ann: Somebody, api: MaxApi, kind: Any
) -> None:
    await server.settles(ann.writes("?"))
    api.fails(kind, "POST /answers", times=1)
    await server.settles(ann.presses("Дальше"))
    assert (texts(ann), len(ann.press.answers)) == (["Экран 2"], 1)
    api.fails(kind, "PUT /messages", times=1)
    update = ann.presses("Дальше")
    ann.press.too_old = True
    await server.settles(update)
    assert texts(ann) == ["Экран 3"]
    assert api.made("GET /messages") == []


async def test_an_attachment_that_is_not_ready_is_waited_for_and_sent_once(
    server: Server, talk: PretendTalk, ann: Somebody, api: MaxApi
) -> None:
    api.unready = 5
    talk.replies = lambda _: [Document(name="a.json", content=b"{}")]
    await server.settles(ann.writes("?"))
    assert [call.code for call in api.made("POST /messages")] == [400] * 5 + [200]
    assert len(texts(ann)) == len(api.uploads) == 1


# What the bot says by itself


@asynccontextmanager
async def sending(server: Server) -> AsyncIterator[None]:
    """Let the door send what is due, until the end of the block."""
    task = asyncio.create_task(server.door.send_outbox())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_what_is_to_come_once_comes_once_however_the_connection_breaks(
    server: Server, talk: PretendTalk, api: MaxApi
) -> None:
    people = [Somebody(api, 500 + number) for number in range(6)]
    kinds: tuple[Any, ...] = (None, "lost", "reset", "gateway", "429", "403")
    for kind, person in zip(kinds, people, strict=True):
        account = Account(door="max", key=f"{person.number}")
        talk.outbox.says(account, "Вас ждёт <b>урок</b>", once=True)
        if kind:
            api.fails(kind, "POST /messages", chats=[person.chat.number])
    async with sending(server):
        await api.until(lambda: len(talk.outbox.sent) + len(talk.outbox.given_up) == 6)
    assert [texts(person) for person in people] == [
        ["Вас ждёт урок"] * count for count in (1, 1, 0, 0, 1, 0)
    ]
    given_up = {message.account.key: reason for message, reason in talk.outbox.given_up}
    assert given_up.keys() == {"501", "502", "503", "505"}
    assert given_up["505"] == "blocked"
    assert talk.gone == [(Account(door="max", key="505"), NOW)]
    assert talk.outbox.put_off == []


@pytest.mark.parametrize("kind", [None, "reset", "404"])
async def test_a_reminder_takes_the_keys_of_the_screen_before_it_and_comes_once_if_it_cannot(
    server: Server, talk: PretendTalk, ann: Somebody, api: MaxApi, kind: Any
) -> None:
    await server.settles(ann.writes("?"))
    if kind:
        api.fails(kind, "PUT /messages", times=99)
    talk.outbox.says(Account(door="max", key="101"), "Вас ждёт урок")
    async with sending(server):
        await api.until(lambda: bool(talk.outbox.sent or talk.outbox.put_off))
    assert talk.outbox.put_off == []
    assert [bool(message.keyboard) for message in ann.chat.from_bot] == [bool(kind), False]


async def test_where_max_names_no_chat_nobody_elses_keys_are_taken(
    server: Server, talk: PretendTalk, ann: Somebody, boris: Somebody, api: MaxApi
) -> None:
    named = api._recipient
    api._recipient = lambda *to: {**named(*to), "chat_id": None}  # type: ignore[method-assign]
    for somebody in (ann, boris):
        update = somebody.presses_data("next", None)
        await server.settles(update)
    assert [bool(each.screen.keyboard) for each in (ann, boris)] == [True, True]
