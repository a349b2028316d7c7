"""The start of the door, and how replies become messages."""

import asyncio
import json
import logging
import traceback
from collections.abc import Sequence
from typing import Any

import pytest

from course_bot.content.pictures import Picture
from course_bot.conversation.port import (
    Button,
    Document,
    Move,
    Notice,
    Opened,
    Pressed,
    Reply,
    Screen,
    Sent,
    Wrote,
)
from course_bot.messengers.telegram import (
    TokenError,
)
from tests.drawings import drawn
from tests.pretend_talk import PretendTalk
from tests.telegram_person import TelegramPerson
from tests.telegram_server import (
    KEYBOARD,
    Server,
    ann,
    api,
    make_door,
    server,
    talk,
)
from tests.telegram_standin import (
    NOT_MODIFIED,
    TOKEN,
    TOO_OLD,
    USERNAME,
    BotApi,
    Somebody,
)

__all__ = ["ann", "api", "server", "talk"]


async def test_a_text_is_answered_by_a_new_message_and_a_press_by_an_edit(
    server: Server, ann: Somebody, api: BotApi
) -> None:
    await server.settles(ann.writes("?"))
    await server.settles(ann.presses("Дальше"))
    await server.settles(ann.writes("?"))
    assert [(m.text, m.edits) for m in ann.chat.from_bot] == [("Экран 2", 1), ("Экран 3", 0)]
    for call in api.made("sendMessage", "editMessageText"):
        assert call.params["parse_mode"] == "HTML"
        assert json.loads(call.params["link_preview_options"]) == {"is_disabled": True}


async def test_a_press_on_an_old_message_edits_that_one_and_no_other(
    server: Server, ann: Somebody
) -> None:
    for _ in range(3):
        await server.settles(ann.writes("?"))
    first = ann.chat.from_bot[0]
    assert [bool(m.keyboard) for m in ann.chat.from_bot] == [False, False, True]
    first.keyboard = ann.chat.from_bot[-1].keyboard  # as on a phone that has not heard yet
    await server.settles(ann.presses("Дальше", first))
    assert [(m.text, m.edits) for m in ann.chat.from_bot] == [
        ("Экран 4", 1),
        ("Экран 2", 0),
        ("Экран 3", 0),
    ]
    assert [bool(m.keyboard) for m in ann.chat.from_bot] == [True, False, False]


async def test_what_lasts_stays_and_the_next_screen_comes_below_it(
    server: Server, talk: PretendTalk, ann: Somebody, api: BotApi
) -> None:
    passed = Screen(text="Урок пройден", rows=KEYBOARD, lasting=True)
    talk.replies = lambda _: [passed]
    await server.settles(ann.writes("?"))
    label = KEYBOARD[0][0].label
    await server.settles(ann.presses(label))
    assert [(m.text, bool(m.keyboard)) for m in ann.chat.from_bot] == [("Урок пройден", True)]
    talk.replies = lambda _: [Screen(text="Шаг 1", rows=KEYBOARD)]
    await server.settles(ann.presses(label))
    assert [(m.text, m.edits, bool(m.keyboard)) for m in ann.chat.from_bot] == [
        ("Урок пройден", 0, False),
        ("Шаг 1", 0, True),
    ]
    assert len(api.made("editMessageReplyMarkup")) == 1
    pressed = talk.taken[-1]
    assert isinstance(pressed, Pressed)
    assert pressed.action == KEYBOARD[0][0].action, "the mark is the door's own"


async def test_a_lasting_notice_is_a_message_and_the_screen_comes_below_it(
    server: Server, talk: PretendTalk, ann: Somebody
) -> None:
    talk.replies = lambda _: [Screen(text="Вступить?", rows=KEYBOARD)]
    await server.settles(ann.writes("?"))
    talk.replies = lambda _: [
        Notice(text="Вы вступили.", lasting=True),
        Screen(text="Шаг 1", rows=KEYBOARD),
    ]
    await server.settles(ann.presses(KEYBOARD[0][0].label))
    assert [(m.text, bool(m.keyboard)) for m in ann.chat.from_bot] == [
        ("Вступить?", False),
        ("Вы вступили.", False),
        ("Шаг 1", True),
    ]


async def test_a_screen_has_its_markup_and_its_buttons(
    server: Server, talk: PretendTalk, ann: Somebody
) -> None:
    talk.replies = lambda _: [Screen(text="<b>Шаг</b> 1 &lt; 2 &amp; <i>x</i>", rows=KEYBOARD)]
    await server.settles(ann.writes("?"))
    assert ann.screen.text == "Шаг 1 < 2 & x"
    assert [tag for tag, *_ in ann.screen.entities] == ["b", "i"]
    assert ann.screen.keyboard == [
        [
            {"text": "Дальше", "callback_data": "next"},
            {"text": "Назад", "callback_data": "back"},
        ],
        [{"text": "Справка", "url": "https://example.org/help"}],
    ]


async def test_a_screen_without_buttons_takes_the_old_ones_away(
    server: Server, talk: PretendTalk, ann: Somebody
) -> None:
    await server.settles(ann.writes("?"))
    talk.replies = lambda _: [Screen(text="Всё")]
    await server.settles(ann.presses("Дальше"))
    assert (ann.screen.text, ann.screen.keyboard) == ("Всё", [])


async def test_the_same_screen_again_is_no_error(
    server: Server, talk: PretendTalk, ann: Somebody, api: BotApi, caplog: pytest.LogCaptureFixture
) -> None:
    talk.replies = lambda _: [Screen(text="Здесь", rows=KEYBOARD)]
    await server.settles(ann.writes("?"))
    await server.settles(ann.presses("Дальше"))
    assert api.made("editMessageText")[0].description == NOT_MODIFIED
    assert len(ann.chat.from_bot) == 1
    assert caplog.records == []


@pytest.mark.parametrize("fate", ["old", "frozen", "deleted"])
async def test_a_message_that_cannot_be_edited_is_followed_by_a_new_one(
    server: Server, ann: Somebody, api: BotApi, fate: Any
) -> None:
    await server.settles(ann.writes("?"))
    first = ann.screen
    first.fate = fate
    await server.settles(ann.presses("Дальше", first))
    assert [m.text for m in ann.chat.from_bot] == ["Экран 1", "Экран 2"]
    assert len(ann.query.answers) == 1
    assert len(api.made("editMessageText")) == (1 if fate == "frozen" else 0)


async def test_a_message_deleted_between_press_and_edit_is_followed_by_a_new_one(
    server: Server, talk: PretendTalk, ann: Somebody
) -> None:
    await server.settles(ann.writes("?"))
    talk.open.clear()
    update = ann.presses("Дальше")
    ann.screen.fate = "deleted"
    talk.open.set()
    await server.settles(update)
    assert [m.text for m in ann.chat.from_bot] == ["Экран 1", "Экран 2"]


async def test_a_press_without_its_message_is_answered_by_a_new_one(
    server: Server, ann: Somebody
) -> None:
    await server.settles(ann.presses_data("next"))
    assert ann.screen.text == "Экран 1"
    assert len(ann.query.answers) == 1


async def test_a_notice_is_a_toast_after_a_press_and_a_message_after_a_text(
    server: Server, talk: PretendTalk, ann: Somebody, api: BotApi
) -> None:
    talk.replies = lambda move: [
        Notice(text="Верно <3"),
        Screen(text=f"Экран {len(talk.committed)}", rows=KEYBOARD),
    ]
    await server.settles(ann.writes("?"))
    assert [m.text for m in ann.chat.from_bot] == ["Верно <3", "Экран 1"]
    await server.settles(ann.presses("Дальше"))
    assert ann.query.answers == [("Верно <3", False)]
    assert [m.text for m in ann.chat.from_bot] == ["Верно <3", "Экран 2"]


async def test_many_notices_share_one_toast_and_its_limit(
    server: Server, talk: PretendTalk, ann: Somebody
) -> None:
    talk.replies = lambda _: [Notice(text="раз"), Notice(text="ы" * 200)]
    await server.settles(ann.presses_data("next"))
    ((text, _),) = ann.query.answers
    assert text == "раз\n" + "ы" * 195 + "…"


async def test_a_document_is_a_file_to_keep(
    server: Server, talk: PretendTalk, ann: Somebody
) -> None:
    content = bytes(range(256)) * 40
    talk.replies = lambda _: [
        Document(name='мои "данные".json', content=content),
        Screen(text="Готово", rows=KEYBOARD),
    ]
    await server.settles(ann.writes("/me"))
    file, screen = ann.chat.from_bot
    assert file.document == ("мои _данные_.json", content)
    assert screen.text == "Готово"
    await server.settles(ann.presses("Дальше", screen))
    assert len(ann.chat.from_bot) == 3
    assert len(ann.query.answers) == 1


async def test_a_picture_is_seen_at_once_with_its_caption(
    server: Server, talk: PretendTalk, ann: Somebody
) -> None:
    content = b"\x89PNG and so on"
    talk.replies = lambda _: [
        Document(name="код.png", content=content, about="Код для <коллег>"),
        Screen(text="Готово", rows=KEYBOARD),
    ]
    await server.settles(ann.writes("/team"))
    picture, screen = ann.chat.from_bot
    assert picture.photo
    assert picture.document == ("код.png", content)
    assert picture.caption == "Код для <коллег>"
    assert screen.text == "Готово"


def step(text: str, picture: Picture | None = None) -> Screen:
    return Screen(heading=text, text="Текст", rows=KEYBOARD, picture=picture)


async def shows(
    server: Server, talk: PretendTalk, ann: Somebody, *screens: Screen
) -> list[tuple[str, str, int, bool]]:
    """Show screens, each for a press on the last; return what is in the chat then.

    Of each message: its text, its caption, how often it was edited, whether it has keys.
    """
    for screen in screens:
        talk.replies = lambda _, screen=screen: [screen]
        move = ann.presses("Дальше") if ann.chat.from_bot else ann.writes("?")
        await server.settles(move)
    return [(m.text, m.caption, m.edits, bool(m.keyboard)) for m in ann.chat.from_bot]


async def test_a_picture_takes_the_place_of_a_text_and_of_another_picture(
    server: Server, talk: PretendTalk, ann: Somebody
) -> None:
    one, two = drawn("один"), drawn("два")
    shown = await shows(server, talk, ann, step("Шаг 1"), step("Шаг 2", one), step("Шаг 3", two))
    assert shown == [("", "Шаг 3\n\nТекст", 2, True)]
    (message,) = ann.chat.from_bot
    assert message.photo
    assert message.document
    assert message.document[1] == two.png
    assert [tag for tag, *_ in message.entities] == ["b"]
    await server.settles(ann.presses("Дальше"))  # nothing is new, and nothing goes wrong
    assert len(ann.chat.from_bot) == 1


async def test_a_text_comes_below_a_picture_that_stays_without_its_keys(
    server: Server, talk: PretendTalk, ann: Somebody
) -> None:
    shown = await shows(server, talk, ann, step("Шаг 1", drawn("один")), step("Шаг 2"))
    assert shown == [("", "Шаг 1\n\nТекст", 0, False), ("Шаг 2\n\nТекст", "", 0, True)]
    assert ann.chat.from_bot[0].photo
    shown = await shows(server, talk, ann, step("Шаг 3"))
    assert shown[1:] == [("Шаг 3\n\nТекст", "", 1, True)]


async def test_a_picture_is_uploaded_once_and_again_where_telegram_has_lost_it(
    server: Server, talk: PretendTalk, ann: Somebody, api: BotApi
) -> None:
    picture = drawn("один")
    boris = Somebody(api, 7_000_000_001)
    await shows(server, talk, ann, step("Шаг 1", picture))
    await shows(server, talk, boris, step("Шаг 0"), step("Шаг 1", picture))
    assert len(api.files) == 1
    assert boris.screen.document == ann.screen.document
    api.files.clear()
    await shows(server, talk, ann, step("Шаг 2"), step("Шаг 1", picture))
    assert ann.screen.document == ("picture.png", picture.png)
    await shows(server, talk, boris, step("Шаг 2"), step("Шаг 1", picture))
    assert len(api.files) == 1


async def test_a_press_from_before_a_text_became_a_picture_has_its_answer(
    server: Server, talk: PretendTalk, ann: Somebody, api: BotApi
) -> None:
    await shows(server, talk, ann, step("Шаг 1"))
    (message,) = ann.chat.from_bot
    before = api.as_json(ann.chat, message)
    await shows(server, talk, ann, step("Шаг 2", drawn("один")))
    talk.replies = lambda _: [step("Шаг 3")]
    await server.settles(api.gives(callback_query=api.query_of(ann, before, "next")))
    said = [(m.text or m.caption, bool(m.keyboard)) for m in ann.chat.from_bot]
    assert said == [("Шаг 2\n\nТекст", False), ("Шаг 3\n\nТекст", True)]


async def test_a_link_that_is_refused_stands_under_the_picture(
    server: Server, talk: PretendTalk, ann: Somebody
) -> None:
    rows = ((Button(label="Страница", url="http://localhost:8080"),),)
    talk.replies = lambda _: [Screen(text="Шаг", rows=rows, picture=drawn("один"))]
    await server.settles(ann.writes("?"))
    assert ann.screen.photo
    assert ann.screen.caption == "Шаг\nСтраница: http://localhost:8080"


async def test_a_passing_word_stands_in_the_pressed_message_until_its_screen_comes(
    server: Server, talk: PretendTalk, ann: Somebody, api: BotApi
) -> None:
    talk.replies = lambda _: [Screen(text="Готово", rows=KEYBOARD)]
    await server.settles(ann.writes("/start"))
    (screen,) = ann.chat.from_bot
    talk.passing = ["Собираю файл: 40 %"]
    await server.settles(ann.presses("Дальше", screen))
    edits = [call.params["text"] for call in api.made("editMessageText")]
    assert edits == ["⏳ Собираю файл: 40 %", "Готово"]
    assert len(ann.chat.from_bot) == 1


async def test_a_link_that_telegram_refuses_moves_into_the_text(
    server: Server, talk: PretendTalk, ann: Somebody, caplog: pytest.LogCaptureFixture
) -> None:
    link = "http://localhost:8080/link/personal?a=1&b=2"
    screen = Screen(
        text="Вот",
        rows=((Button(label="Открыть", url=link), Button(label="Дальше", action="next")),),
    )
    talk.replies = lambda _: [screen]
    await server.settles(ann.writes("?"))
    assert ann.screen.text == f"Вот\nОткрыть: {link}"
    assert ann.screen.keyboard == [[{"text": "Дальше", "callback_data": "next"}]]
    await server.settles(ann.presses("Дальше"))
    assert len(ann.chat.from_bot) == 1
    assert "can't be a button" in caplog.text
    assert "personal" not in caplog.text


async def test_a_callback_that_is_too_old_is_no_error(
    server: Server, talk: PretendTalk, ann: Somebody, api: BotApi, caplog: pytest.LogCaptureFixture
) -> None:
    await server.settles(ann.writes("?"))
    talk.open.clear()
    update = ann.presses("Дальше")
    ann.query.too_old = True
    talk.open.set()
    await server.settles(update)
    assert api.made("answerCallbackQuery")[0].description == TOO_OLD
    assert ann.screen.text == "Экран 2"
    assert caplog.records == []


async def test_a_refused_message_is_logged_without_what_it_said(
    server: Server, talk: PretendTalk, ann: Somebody, caplog: pytest.LogCaptureFixture
) -> None:
    talk.replies = lambda _: [Screen(text="<тайна>Анны")]
    update = ann.writes("?")
    await server.settles(update)
    assert "can't parse entities" in caplog.text
    assert "тайна" not in caplog.text
    assert ann.chat.from_bot == []
    talk.replies = lambda _: [Screen(text="Дальше")]
    await server.settles(ann.writes("?"))
    assert ann.screen.text == "Дальше"


async def test_the_start_tells_the_username_and_sets_the_menus(
    talk: PretendTalk, api: BotApi
) -> None:
    door = make_door(talk, api)
    assert await door.start() == USERNAME
    await door.close()
    menus = {language: menu for (scope, language), menu in api.commands.items()}
    assert {scope for scope, _ in api.commands} == {"all_private_chats"}
    assert menus.keys() == {"", "ru", "en"}
    assert menus[""] == menus["ru"]
    assert menus["ru"][0] == {"command": "menu", "description": "Главное меню"}
    assert menus["en"][0] == {"command": "menu", "description": "Menu"}


@pytest.mark.parametrize(
    "token", ["", "x", "12345", "12:", ":abc", "12:a/b", "²:abc", "12:abc\n", "1 2:abc", "12:аbc"]
)
def test_a_malformed_token_is_refused_and_not_shown(
    talk: PretendTalk, token: str, api: BotApi
) -> None:
    with pytest.raises(TokenError) as caught:
        make_door(talk, api, token=token)
    assert caught.value.reason == "malformed"
    assert str(caught.value) == "malformed"


async def test_a_token_that_telegram_refuses_is_not_shown(
    talk: PretendTalk, caplog: pytest.LogCaptureFixture, api: BotApi
) -> None:
    caplog.set_level(logging.DEBUG)
    door = make_door(talk, api, token="1:wrong-token")
    with pytest.raises(TokenError) as caught:
        await door.start()
    await door.close()
    assert caught.value.reason == "refused"
    told = "".join(traceback.format_exception(caught.value))
    assert "Unauthorized" not in told
    assert "wrong-token" not in told + caplog.text


async def test_the_start_waits_for_the_network(
    talk: PretendTalk, api: BotApi, caplog: pytest.LogCaptureFixture
) -> None:
    api.fails("reset", "getMe", times=10)
    door = make_door(talk, api)
    assert await door.start() == USERNAME
    await door.close()
    assert "Telegram can't be reached yet" in caplog.text


async def test_the_bot_talks_without_a_menu_if_need_be(talk: PretendTalk, api: BotApi) -> None:
    api.fails("400", "setMyCommands", times=99)
    door = make_door(talk, api)
    assert await door.start() == USERNAME
    await door.close()


@pytest.mark.parametrize(
    "settings",
    [
        {"api": "http://127.0.0.1:1"},
        {"api": "http://no-such-host.invalid"},
        {"api": "ftp://127.0.0.1"},
        {"proxy": "socks5://user:pass@127.0.0.1:1"},
        {"proxy": "http://127.0.0.1:1"},
    ],
)
async def test_the_token_never_reaches_the_log(
    talk: PretendTalk,
    ann: Somebody,
    api: BotApi,
    caplog: pytest.LogCaptureFixture,
    settings: dict[str, str],
) -> None:
    caplog.set_level(logging.DEBUG)
    door = make_door(talk, api, url=settings.get("api", ""), proxy=settings.get("proxy"))
    starting = asyncio.create_task(door.start())
    while "Telegram can't be reached yet" not in caplog.text and not starting.done():
        await asyncio.wait([starting], timeout=0.01)
    assert not starting.done()
    starting.cancel()
    await door.receive(api.history[ann.writes("?")])
    await door.idle()
    await asyncio.gather(starting, return_exceptions=True)
    await door.close()
    assert "a message is not sent" in caplog.text
    assert TOKEN.partition(":")[2] not in caplog.text


@pytest.mark.parametrize("at_hand", [True, False])
async def test_a_dialogue_runs_through_telegram(
    server: Server, talk: PretendTalk, api: BotApi, at_hand: bool
) -> None:
    def replies(move: Move) -> Sequence[Reply]:
        screen = Screen(text=f"<b>Шаг</b>\N{NO-BREAK SPACE}{len(talk.committed)}", rows=KEYBOARD)
        extra: list[Reply] = [Notice(text="Верно")] if isinstance(move, Pressed | Sent) else []
        extra += [Document(name="a.json", content=b"{}")] if isinstance(move, Wrote) else []
        return [*extra, screen]

    talk.replies = replies
    person = TelegramPerson(api=api, settled=server.door.idle if at_hand else None)
    await person.opens("invite")
    person.sees("Шаг 1")
    assert person.labels == ("Дальше", "Назад", "Справка")
    await person.presses("Дальше")
    person.sees("Шаг 2")
    person.was_told("Верно")
    await person.sends_picture()
    person.sees("Шаг 3")
    person.was_told("Верно")
    await person.writes("экспорт")
    person.sees("Шаг 4")
    assert person.notices == []
    assert person.documents == [Document(name="a.json", content=b"{}")]
    await person.sends_action("forged")
    person.sees("Шаг 5")
    opened = talk.committed[0]
    assert isinstance(opened, Opened)
    assert (opened.payload, opened.name) == ("invite", "Анна Петровна")
