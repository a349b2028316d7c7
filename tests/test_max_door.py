"""The start of the MAX door, and how replies become messages."""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from typing import Any

import pytest

from course_bot.content.pictures import Picture
from course_bot.conversation.port import (
    Document,
    Erased,
    GoneError,
    Move,
    Notice,
    Pressed,
    Reply,
    Screen,
    Sent,
    TooLargeError,
)
from course_bot.messengers.max.door import TokenError
from course_bot.sheets.figures import FILE_BYTES
from course_bot.storage import Account
from tests.drawings import drawn
from tests.max_server import (
    GROUP,
    KEYBOARD,
    NOW,
    TROUBLE,
    Server,
    ann,
    api,
    boris,
    make_door,
    server,
    talk,
)
from tests.max_standin import TOKEN, USERNAME, Call, MaxApi, RefusalError, Shown, Somebody
from tests.pretend_talk import PretendTalk

__all__ = ["ann", "api", "boris", "server", "talk"]


def said(somebody: Somebody) -> list[tuple[str, int, bool]]:
    """Return what the bot has said: each text, how often it was edited, whether it has keys."""
    return [(m.text, m.edits, bool(m.keyboard)) for m in somebody.chat.from_bot]


def calls(api: MaxApi, since: int = 0) -> list[str]:
    return [call.method for call in api.calls[since:]]


async def shows(server: Server, talk: PretendTalk, person: Somebody, *screens: Screen) -> None:
    """Show screens, each for a press on the last."""
    for screen in screens:
        talk.replies = lambda _, screen=screen: [screen]
        move = person.presses("Дальше") if person.chat.from_bot else person.writes("?")
        await server.settles(move)


def step(text: str, picture: Picture | None = None, **fields: Any) -> Screen:
    return Screen(text=text, rows=KEYBOARD, picture=picture, **fields)


# The start


@pytest.mark.parametrize("ended", ["PATCH /me", "PATCH /me/commands"])
async def test_the_start_tells_the_name_and_sets_the_commands_by_either_api(
    talk: PretendTalk, api: MaxApi, ended: str
) -> None:
    api.ended = frozenset([ended])
    door = make_door(talk, api)
    assert await door.start() == USERNAME
    await door.close()
    assert api.commands == [
        {"name": "menu", "description": "Главное меню"},
        {"name": "me", "description": "Мои данные"},
    ]


async def test_a_token_that_max_refuses_is_not_shown(
    talk: PretendTalk, api: MaxApi, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    door = make_door(talk, api, token="wrong-token")
    with pytest.raises(TokenError):
        await door.start()
    await door.close()
    assert "wrong-token" not in caplog.text


async def test_the_start_waits_for_the_network_and_needs_no_menu(
    talk: PretendTalk, api: MaxApi, caplog: pytest.LogCaptureFixture
) -> None:
    api.fails("reset", "GET /me", times=10)
    api.fails("400", "PATCH /me/commands", times=99)
    door = make_door(talk, api)
    assert await door.start() == USERNAME
    await door.close()
    assert "MAX can't be reached yet" in caplog.text
    assert "the command menu is not set: 400" in caplog.text


# Screens


async def test_a_press_is_answered_by_one_request_and_a_text_by_a_new_message(
    server: Server, talk: PretendTalk, ann: Somebody, api: MaxApi
) -> None:
    await server.settles(ann.writes("?"))
    since = len(api.calls)
    talk.replies = lambda _: [Notice(text="Верно <3"), step("<b>Экран</b> 2 &lt; 3")]
    await server.settles(ann.presses("Дальше"))
    assert calls(api, since) == ["POST /answers"]
    assert said(ann) == [("Экран 2 < 3", 1, True)]
    assert ann.press.answers == [("Верно <3", True)]
    assert ann.screen.keyboard == [
        [
            {"type": "callback", "text": "Дальше", "payload": "next"},
            {"type": "callback", "text": "Назад", "payload": "back"},
        ],
        [{"type": "link", "text": "Справка", "url": "https://example.org/help"}],
    ]
    await server.settles(ann.writes("?"))
    assert [(text, keys) for text, _, keys in said(ann)] == [
        ("Экран 2 < 3", False),
        ("Верно <3", False),
        ("Экран 2 < 3", True),
    ]
    assert {call.query.get("disable_link_preview") for call in api.made("POST /messages")} == {
        "true"
    }


async def test_of_presses_that_are_overtaken_the_notices_are_said_and_no_screens(
    server: Server, talk: PretendTalk, ann: Somebody, api: MaxApi
) -> None:
    await server.settles(ann.writes("?"))
    since, presses = len(api.calls), []

    def replies(_: Move) -> Sequence[Reply]:
        number = len(talk.committed)
        return [*[Notice(text="Отмечено")] * (number == 4), step(f"Экран {number}")]

    talk.replies = replies
    api.fails("slow", "POST /answers", seconds=0.1)
    for _ in range(5):
        await server.settles(ann.presses("Дальше"), idle=False)
        presses.append(ann.press)
        await api.until(lambda: len(api.calls) > since)
    await server.door.idle()
    assert said(ann) == [("Экран 6", 2, True)]
    told = [press.answers for press in presses]
    assert told == [[("", True)], [], [("Отмечено", False)], [], [("", True)]]
    assert calls(api, since) == ["POST /answers"] * 3


async def test_a_press_on_an_old_message_edits_that_one_and_no_other(
    server: Server, ann: Somebody
) -> None:
    for _ in range(3):
        await server.settles(ann.writes("?"))
    first = ann.chat.from_bot[0]
    assert [bool(m.keyboard) for m in ann.chat.from_bot] == [False, False, True]
    first.keyboard = ann.screen.keyboard  # as on a phone that has not heard yet
    await server.settles(ann.presses("Дальше", first))
    assert [(text, keys) for text, _, keys in said(ann)] == [
        ("Экран 4", True),
        ("Экран 2", False),
        ("Экран 3", False),
    ]


@pytest.mark.parametrize("picture", [None, drawn("один")], ids=["text", "picture"])
@pytest.mark.parametrize("notice", [[], [Notice(text="Верно")]], ids=["alone", "noticed"])
async def test_what_lasts_stays_and_the_next_screen_comes_below_it(
    server: Server,
    talk: PretendTalk,
    ann: Somebody,
    api: MaxApi,
    picture: Picture | None,
    notice: list[Reply],
) -> None:
    await shows(server, talk, ann, *[step("Урок пройден", picture, lasting=True)] * 2)
    assert [(text, keys) for text, _, keys in said(ann)] == [("Урок пройден", True)]
    since = len(api.calls)
    talk.replies = lambda _: [*notice, step("Шаг 1")]
    await server.settles(ann.presses("Дальше"))
    assert calls(api, since) == ["POST /messages", "POST /answers"]
    assert [(text, keys) for text, _, keys in said(ann)] == [
        ("Урок пройден", False),
        ("Шаг 1", True),
    ]
    assert ann.chat.from_bot[0].photo == (picture is not None)
    assert ann.press.answers == [("Верно" if notice else "", True)]
    pressed = talk.taken[-1]
    assert isinstance(pressed, Pressed)
    assert pressed.action == "next", "the mark is the door's own"


async def test_the_keys_of_what_lasts_are_taken_though_the_answer_is_late(
    server: Server, talk: PretendTalk, ann: Somebody
) -> None:
    await shows(server, talk, ann, step("Урок пройден", lasting=True))
    talk.replies = lambda _: [step("Шаг 1")]
    update = ann.presses("Дальше")
    ann.press.too_old = True
    await server.settles(update)
    assert [keys for _, _, keys in said(ann)] == [False, True]


async def test_a_lasting_notice_is_a_message_and_the_screen_comes_below_it(
    server: Server, talk: PretendTalk, ann: Somebody
) -> None:
    await shows(server, talk, ann, step("Вступить?"))
    talk.replies = lambda _: [Notice(text="Вы вступили.", lasting=True), step("Шаг 1")]
    await server.settles(ann.presses("Дальше"))
    assert [(text, keys) for text, _, keys in said(ann)] == [
        ("Вступить?", False),
        ("Вы вступили.", False),
        ("Шаг 1", True),
    ]


async def test_a_screen_without_keys_takes_the_old_ones_away(
    server: Server, talk: PretendTalk, ann: Somebody
) -> None:
    await shows(server, talk, ann, step("Шаг"), Screen(text="Всё"))
    assert said(ann) == [("Всё", 1, False)]


@pytest.mark.parametrize("late", ["too old", "answered"])
async def test_a_late_answer_is_an_edit(
    server: Server, ann: Somebody, api: MaxApi, caplog: pytest.LogCaptureFixture, late: str
) -> None:
    await server.settles(ann.writes("?"))
    update = ann.presses("Дальше")
    ann.press.too_old = late == "too old"
    ann.press.answers = [("", False)] if late == "answered" else []
    since = len(api.calls)
    await server.settles(update)
    assert calls(api, since) == ["POST /answers", "PUT /messages"]
    assert said(ann) == [("Экран 2", 1, True)]
    assert caplog.records == []


async def test_a_message_that_is_gone_is_followed_by_a_new_one_and_the_notice_is_said(
    server: Server, talk: PretendTalk, ann: Somebody
) -> None:
    talk.replies = lambda _: [Notice(text="Верно"), step(f"Экран {len(talk.committed)}")]
    await server.settles(ann.presses_data("next", Shown("mid.x", 1, True), deleted=True))
    assert (said(ann), ann.press.answers) == ([("Экран 1", 0, True)], [("Верно", False)])
    update = ann.presses("Дальше")
    ann.chat.messages.clear()
    await server.settles(update)
    assert (said(ann), ann.press.answers) == ([("Экран 2", 0, True)], [("Верно", False)])


async def test_notices_share_one_toast_and_its_limit(
    server: Server, talk: PretendTalk, ann: Somebody
) -> None:
    await server.settles(ann.writes("?"))
    talk.replies = lambda _: [Notice(text="раз"), Notice(text="ы" * 200)]
    await server.settles(ann.presses("Дальше"))
    assert ann.press.answers == [("раз\n" + "ы" * 195 + "…", False)]


async def test_a_passing_word_stands_in_the_pressed_message_until_its_screen_comes(
    server: Server,
    talk: PretendTalk,
    ann: Somebody,
    api: MaxApi,
    caplog: pytest.LogCaptureFixture,
) -> None:
    await shows(server, talk, ann, step("Шаг"))
    talk.passing = ["Собираю файл: 40 %"]
    talk.replies = lambda _: [step("Готово")]
    await server.settles(ann.presses("Дальше"))
    assert [call.body["text"] for call in api.made("PUT /messages")] == ["⏳ Собираю файл: 40 %"]
    assert said(ann) == [("Готово", 2, True)]
    # Where none was pressed, the bot is typing: whose chat it is stands in the address.
    for kind in ("reset", "429"):
        api.fails(kind, "POST /chats/{chat}/actions", seconds=0)
        await server.settles(ann.writes("?"))
    assert "POST /chats/…/actions is tried again after" in caplog.text
    assert f"{ann.chat.number}" not in caplog.text


async def test_whoever_deletes_everything_keeps_the_chat_as_it_is(
    server: Server, talk: PretendTalk, ann: Somebody, api: MaxApi
) -> None:
    await shows(server, talk, ann, step("Шаг 1"))
    talk.replies = lambda _: [Erased(), Screen(text="Всё о вас удалено")]
    await server.settles(ann.presses("Дальше"))
    since = len(api.calls)
    talk.replies = lambda _: [step("Кто вы?")]
    await server.settles(ann.writes("?"))
    assert [text for text, _, _ in said(ann)] == ["Всё о вас удалено", "Кто вы?"]
    assert calls(api, since)[0] == "POST /messages"


async def test_a_fault_is_excused_once_and_the_buttons_stay(
    server: Server, talk: PretendTalk, ann: Somebody
) -> None:
    await server.settles(ann.writes("?"))
    talk.breaks = lambda _: ValueError("a bug")
    update = ann.presses("Дальше")
    for _ in range(2):
        await server.settles(update)
    assert ann.press.answers == [(TROUBLE, False)]
    assert said(ann) == [("Экран 1", 0, True)]
    talk.recovers()
    await server.settles(update)
    assert said(ann) == [("Экран 2", 1, True)]


async def test_each_press_has_its_notice_though_max_may_call_all_presses_one(
    server: Server, talk: PretendTalk, ann: Somebody, api: MaxApi
) -> None:
    await server.settles(ann.writes("?"))
    talk.breaks = lambda _: ValueError("a bug")
    first = ann.presses("Дальше")
    await server.settles(first)
    number, ann.press.answers = ann.press.number, []
    second = ann.presses("Дальше")
    api.history[second]["callback"]["callback_id"] = number
    await server.settles(second)
    assert api.presses[number].answers == [(TROUBLE, False)]


async def test_a_group_is_told_once_where_the_bot_works(
    server: Server, talk: PretendTalk, ann: Somebody, api: MaxApi
) -> None:
    group = api.chat(-5)
    await server.settles(ann.adds_bot(group), ann.writes("/start", group))
    assert [message.text for message in group.from_bot] == [GROUP]
    await server.settles(ann.presses_data("next", group.from_bot[0]))
    assert ann.press.answers == [(GROUP, False)]
    assert talk.taken == []


# Pictures


async def test_a_picture_takes_the_place_of_a_text_and_gives_it_back(
    server: Server, talk: PretendTalk, ann: Somebody, boris: Somebody, api: MaxApi
) -> None:
    one, two = drawn("один"), drawn("два")
    api.unready = 2
    await shows(server, talk, ann, step("Шаг 1"), step("Шаг 2", one), step("Шаг 3", two))
    assert said(ann) == [("Шаг 3", 2, True)]
    assert ann.screen.photo
    assert ann.screen.document is not None
    assert ann.screen.document[1] == two.png
    await shows(server, talk, ann, step("Шаг 4"))
    shown = ann.screen
    assert said(ann) == [("Шаг 4", 3, True)]
    assert not shown.document
    await shows(server, talk, boris, step("Шаг 2", one), step("Шаг 2", one), step("Шаг 3", two))
    assert len(api.uploads) == 2, "each is uploaded once"


async def test_a_picture_whose_token_is_refused_is_uploaded_once_more(
    server: Server, talk: PretendTalk, ann: Somebody, boris: Somebody, api: MaxApi
) -> None:
    picture = drawn("один")
    await shows(server, talk, ann, step("Шаг 1", picture))
    api.forgets_uploads()
    await shows(server, talk, ann, step("Шаг 2"), step("Шаг 1", picture))
    await shows(server, talk, boris, step("Шаг 1", picture))
    assert len(api.uploads) == 1
    for person in (ann, boris):
        assert person.screen.document is not None
        assert person.screen.document[1] == picture.png


async def test_keys_are_taken_from_a_picture_and_the_picture_stays(
    server: Server, talk: PretendTalk, ann: Somebody
) -> None:
    await shows(server, talk, ann, step("Шаг 1"), step("Шаг 1", drawn("один")))
    await server.settles(ann.writes("?"))
    first = ann.chat.from_bot[0]
    assert (first.text, first.photo, first.keyboard) == ("Шаг 1", True, [])


# Files


async def test_a_document_is_a_file_with_its_name_and_a_picture_is_seen_at_once(
    server: Server, talk: PretendTalk, ann: Somebody, api: MaxApi
) -> None:
    picture = drawn("один").png
    talk.replies = lambda _: [
        Document(name='мои "данные" №\xa01.json', content=b"{}"),
        Document(name="код.png", content=picture, about="Код для <коллег>"),
        step("Готово"),
    ]
    api.unready = 2
    await server.settles(ann.writes("/me"))
    file, code, screen = ann.chat.from_bot
    assert (file.document, file.photo) == (("мои _данные_ №\xa01.json", b"{}"), False)
    assert (code.document, code.photo) == (("код.png", picture), True)
    assert (code.text, screen.text) == ("Код для <коллег>", "Готово")


async def test_an_upload_that_fails_is_made_again(
    server: Server, talk: PretendTalk, ann: Somebody, api: MaxApi
) -> None:
    talk.replies = lambda _: [Document(name="a.json", content=b"{}")]
    for kind in ("500", "reset", "lost", "429"):
        api.fails(kind, "upload", seconds=0)
        await server.settles(ann.writes("/me"))
    assert [message.document for message in ann.chat.from_bot] == [("a.json", b"{}")] * 4


async def test_a_file_comes_once_though_its_move_is_delivered_again_while_it_is_on_its_way(
    server: Server, talk: PretendTalk, ann: Somebody, api: MaxApi
) -> None:
    talk.replies = lambda _: [Document(name="a.json", content=b"{}"), step("Готово")]
    update = ann.writes("/me")
    api.fails("slow", "upload", seconds=0.1)
    await asyncio.gather(server.settles(update), server.settles(update))
    await server.settles(update)
    documents = [message.document for message in ann.chat.from_bot if message.document]
    assert documents == [("a.json", b"{}")]


async def test_a_file_is_downloaded_when_it_is_wanted(
    server: Server, talk: PretendTalk, ann: Somebody, api: MaxApi
) -> None:
    talk.passing = ["Читаю файл…"]
    await server.settles(ann.sends_file("Лист.xlsx", bytes(300_000)))
    assert talk.files == [("Лист.xlsx", bytes(300_000))]
    [action] = api.made("POST /chats/{chat}/actions")
    assert action.body == {"action": "typing_on"}


@pytest.mark.parametrize("kind", ["reset", "500", "gateway", "lost", "429"])
async def test_a_download_that_fails_is_tried_again(
    server: Server, talk: PretendTalk, ann: Somebody, api: MaxApi, kind: Any
) -> None:
    api.fails(kind, "file")
    await server.settles(ann.sends_file("a.xlsx", bytes(300_000)))
    assert talk.files == [("a.xlsx", bytes(300_000))]
    assert len(talk.committed) == 1


async def test_what_is_not_given_out_or_is_too_large_is_told_at_once(
    server: Server, talk: PretendTalk, ann: Somebody, api: MaxApi
) -> None:
    gone = ann.sends_file("a.xlsx", b"1")
    api.sent.clear()
    await server.settles(gone)
    # It says that it is small; what comes is counted, whether or not its length is announced.
    large = bytes(FILE_BYTES + 1)
    await server.settles(ann.sends_file("b.xlsx", large, size=1))
    stream = await asyncio.start_server(partial(_pour, large), "127.0.0.1", 0)
    host, port = stream.sockets[0].getsockname()
    update = ann.sends_file("c.xlsx", large, size=1)
    [file] = api.history[update]["message"]["body"]["attachments"]
    file["payload"]["url"] = f"http://{host}:{port}/c"
    async with stream:
        await server.settles(update)
    assert [type(error) for error in talk.unread] == [GoneError, TooLargeError, TooLargeError]
    assert [type(move) for move in talk.committed] == [Sent] * 3


async def _pour(
    content: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """Answer a request with a content whose length is not announced."""
    await reader.readuntil(b"\r\n\r\n")
    with suppress(ConnectionError):
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + content)
        await writer.drain()
    writer.close()


# Who wants no more, and what MAX refuses


async def test_who_has_stopped_the_bot_is_noted_and_answered_when_they_return(
    server: Server, talk: PretendTalk, ann: Somebody, boris: Somebody, api: MaxApi
) -> None:
    hers, his = (Account(door="max", key=f"{each.number}") for each in (ann, boris))
    await server.settles(ann.writes("?"), boris.writes("?"))
    written = ann.writes("?")
    ann.stops(silently=True)
    await server.settles(written)
    await server.settles(boris.removes_dialog())
    assert talk.gone == [(hers, NOW), (his, NOW)]
    await server.settles(ann.returns())
    assert ann.screen.text == "Экран 4"


async def test_both_words_of_403_are_heard(
    server: Server, talk: PretendTalk, ann: Somebody, api: MaxApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    for code, message in (("chat.denied", "?"), ("?", "error.dialog.suspended"), ("?", "?")):
        refusal = RefusalError(403, code, message)
        monkeypatch.setattr(api, "_writable", _raising(refusal))
        await server.settles(ann.writes("?"))
    assert len(talk.gone) == 2, "another 403 is no goodbye"


def _raising(error: Exception) -> Any:
    def writable(_: Call, __: str) -> None:
        raise error

    return writable


async def test_a_token_that_is_taken_back_is_no_goodbye_of_a_person(
    server: Server, talk: PretendTalk, ann: Somebody, api: MaxApi, caplog: pytest.LogCaptureFixture
) -> None:
    api.token = "another"
    await server.settles(ann.writes("?"))
    assert "a message is not sent: 401 verify.token" in caplog.text
    assert TOKEN not in caplog.text
    assert talk.gone == []
    api.token = TOKEN
    await server.settles(ann.writes("?"))
    assert said(ann) == [("Экран 2", 0, True)]
    api.token, since = "another", len(api.calls)
    await server.settles(ann.presses("Дальше"))
    assert calls(api, since) == ["POST /answers"], "no other way would help"


async def test_a_refused_message_is_logged_without_what_it_said(
    server: Server,
    talk: PretendTalk,
    ann: Somebody,
    api: MaxApi,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    refusal = RefusalError(400, "proto.payload", "is too odd: тайна Анны")
    monkeypatch.setattr(api, "_writable", _raising(refusal))
    await server.settles(ann.writes("?"))
    assert "a message is not sent: 400 proto.payload" in caplog.text
    assert "тайна" not in caplog.text
