import asyncio
import json
import logging
import traceback
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest
from aiohttp import web

from course_bot.conversation.port import (
    Button,
    Command,
    Document,
    Move,
    Notice,
    Opened,
    Outgoing,
    Pressed,
    Reply,
    Screen,
    Sent,
    Wrote,
)
from course_bot.locale.phrases import Language
from course_bot.messengers.delivery import Pace
from course_bot.messengers.telegram import (
    SecretError,
    TelegramDoor,
    TokenError,
    WebhookError,
)
from course_bot.storage import Account
from tests.telegram_person import TelegramPerson
from tests.telegram_standin import (
    MESSAGE_KINDS,
    NOT_MODIFIED,
    OTHER_POLLER,
    PATIENCE,
    TOKEN,
    TOO_OLD,
    USERNAME,
    BotApi,
    RefusalError,
    Somebody,
    parse_html,
)

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
PACE = Pace(long_poll=2, tries=3, first_pause=0.01, longest_pause=0.05, settle=0.02, farewell=1.0)
SHORT_CALLS = Pace(
    call=0.3, long_poll=2, tries=3, first_pause=0.01, longest_pause=0.05, settle=0.02, farewell=0.1
)
SECRET = "a-secret_of-the-webhook"
KEYBOARD = (
    (Button(label="Дальше", action="next"), Button(label="Назад", action="back")),
    (Button(label="Справка", url="https://example.org/help"),),
)


class FakeTalk:
    """A conversation whose screens say what was done, and which breaks where a test says so."""

    def __init__(self, api: BotApi) -> None:
        self.api = api
        self.begun: list[Move] = []
        self.moves: list[Move] = []
        """Those that are committed."""
        self.gone: list[tuple[Account, datetime | None]] = []
        self.held: dict[str, asyncio.Event] = {}
        """Whose turns wait, by the account's key; "" is everyone's."""
        self.allowance: asyncio.Semaphore | None = None
        """How many more turns the database carries out."""
        self.breaks: Callable[[Move], Exception | None] = lambda _: None
        self.replies: Callable[[Move], Sequence[Reply]] = lambda move: [
            Screen(text=f"Экран {self.moves.index(move) + 1}", rows=KEYBOARD)
        ]

    def holds(self, *people: Somebody) -> asyncio.Event:
        """Let turns of these people (or of all) wait until the event is set."""
        event = asyncio.Event()
        for key in [str(somebody.number) for somebody in people] or [""]:
            self.held[key] = event
        return event

    async def take(self, move: Move) -> Sequence[Reply]:
        self.begun.append(move)
        self.api.notify()
        for key in ("", move.account.key):
            if key in self.held:
                await self.held[key].wait()
        if self.allowance is not None:
            await self.allowance.acquire()
        if (error := self.breaks(move)) is not None:
            raise error
        self.moves.append(move)
        self.api.notify()
        return self.replies(move)

    async def blocked(self, account: Account, since: datetime | None) -> None:
        self.gone.append((account, since))
        self.api.notify()

    async def outgoing(self, door: str, now: datetime) -> Sequence[Outgoing]:
        return ()

    async def delivered(self, message: int, now: datetime) -> None:
        raise AssertionError("nothing was lent")

    async def undelivered(
        self, message: int, now: datetime, *, reason: str, lasting: bool
    ) -> None:
        raise AssertionError("nothing was lent")

    def commands(self, language: Language) -> Sequence[Command]:
        about = {"en": "The course"}.get(language, "Курс")
        return [Command(name="menu", about=about)]

    def trouble(self, language: Language) -> Screen:
        return Screen(text="<b>У нас неполадка</b>" if language != "en" else "We have a fault")

    def refusal(self, reason: str, language: Language) -> str:
        return f"{reason} ({language})"

    def ids(self) -> list[str]:
        return [move.move_id for move in self.moves]


class Server:
    """The door at work, and what tests wait for."""

    def __init__(self, door: TelegramDoor, api: BotApi) -> None:
        self.door = door
        self.api = api
        self.polling: asyncio.Task[None] | None = None

    async def settles(self, *updates: int, idle: bool = True) -> None:
        """Wait until these updates, or all there were, are confirmed and the replies are out."""
        await self.api.until_confirmed(max(updates, default=max(self.api.waiting, default=0)))
        if idle:
            await self.door.idle()

    async def is_killed(self) -> None:
        """Stop at once."""
        assert self.polling is not None
        self.polling.cancel()
        await asyncio.gather(self.polling, return_exceptions=True)
        await self.door.close()


@pytest.fixture
async def api() -> AsyncIterator[BotApi]:
    async with BotApi() as api:
        yield api


@pytest.fixture
def talk(api: BotApi) -> FakeTalk:
    return FakeTalk(api)


@pytest.fixture
def ann(api: BotApi) -> Somebody:
    return Somebody(api, 101)


@pytest.fixture
def boris(api: BotApi) -> Somebody:
    return Somebody(api, 102, first_name="Борис", last_name="", language="en-GB")


def make_door(
    talk: FakeTalk,
    pace: Pace = PACE,
    *,
    token: str = TOKEN,
    api: str = "",
    proxy: str | None = None,
) -> TelegramDoor:
    return TelegramDoor(
        talk, token=token, api=api or talk.api.url, proxy=proxy, clock=lambda: NOW, pace=pace
    )


@asynccontextmanager
async def served(talk: FakeTalk, pace: Pace = PACE) -> AsyncIterator[Server]:
    door = make_door(talk, pace)
    server = Server(door, talk.api)
    await door.start()
    server.polling = asyncio.create_task(door.poll())
    try:
        yield server
    finally:
        await server.is_killed()


@pytest.fixture
async def server(talk: FakeTalk) -> AsyncIterator[Server]:
    async with served(talk) as server:
        yield server


# What people do becomes moves.


@pytest.mark.parametrize(
    ("text", "payload"),
    [
        ("/start", ""),
        ("/start school_77-a", "school_77-a"),
        (f"/start@{USERNAME} x", "x"),
        ("/START  Ы\nдва", "Ы\nдва"),
    ],
)
async def test_a_start_opens_the_conversation_with_its_payload(
    server: Server, talk: FakeTalk, ann: Somebody, text: str, payload: str
) -> None:
    update = ann.writes(text)
    await server.settles(update)
    assert talk.moves == [
        Opened(
            account=Account(door="telegram", key="101"),
            move_id=f"u{update}",
            at=NOW,
            name="Анна Петровна",
            language="ru",
            payload=payload,
        )
    ]


@pytest.mark.parametrize("text", ["здравствуйте", "/startle", "/start@another_bot", "/", " "])
async def test_any_other_text_is_written(
    server: Server, talk: FakeTalk, boris: Somebody, text: str
) -> None:
    update = boris.writes(text)
    await server.settles(update)
    assert talk.moves == [
        Wrote(
            account=Account(door="telegram", key="102"),
            move_id=f"u{update}",
            at=NOW,
            name="Борис",
            language="en",
            text=text,
        )
    ]


async def test_a_name_arrives_as_it_was_typed(server: Server, talk: FakeTalk, api: BotApi) -> None:
    odd = Somebody(api, 103, first_name='<b>&"', last_name="‮\N{HEAVY BLACK HEART}", language="")
    await server.settles(odd.writes("?"))
    assert (talk.moves[0].name, talk.moves[0].language) == ('<b>&" ‮\N{HEAVY BLACK HEART}', "ru")


async def test_every_kind_of_message_that_is_not_text_is_something_sent(
    server: Server, talk: FakeTalk, ann: Somebody
) -> None:
    kinds = [kind for kind in MESSAGE_KINDS if kind != "text"]
    assert len(kinds) > 70
    for kind in kinds:
        ann.sends(**MESSAGE_KINDS[kind])
    await server.settles()
    assert [type(move) for move in talk.moves] == [Sent] * len(kinds)


@pytest.mark.parametrize("data", ["next", "", "Ы" * 500, "-1:1_0", None])
async def test_a_press_brings_whatever_its_button_had(
    server: Server, talk: FakeTalk, ann: Somebody, data: str | None
) -> None:
    await server.settles(ann.writes("?"))
    await server.settles(ann.presses_data(data, ann.screen))
    move = talk.moves[1]
    assert isinstance(move, Pressed)
    assert move.action == (data or "")
    assert ann.screen.text == "Экран 2"


async def test_what_is_no_move_is_left_alone(talk: FakeTalk, ann: Somebody, api: BotApi) -> None:
    door = make_door(talk)
    message = api.message_of(ann, text="?")
    channel = {"id": -100, "type": "channel", "title": "Канал"}
    bodies: list[dict[str, Any]] = [
        {"edited_message": message},
        {"channel_post": {**message, "chat": channel}},
        {"message": {key: message[key] for key in message if key != "from"}},
        {"message": {**message, "from": {**ann.as_json, "is_bot": True}}},
        {"poll_answer": {"poll_id": "1", "option_ids": [], "option_persistent_ids": []}},
        {"something_of_2031": {"a": 1}},
        {},
    ]
    for number, body in enumerate(bodies):
        assert await door.receive({"update_id": number, **body}) is None
    await door.close()
    assert talk.begun == []
    assert api.calls == []


async def test_the_bot_asks_only_for_updates_that_it_understands(
    server: Server, talk: FakeTalk, ann: Somebody, api: BotApi
) -> None:
    await server.settles(ann.writes("?"))
    ann.edits("!")
    await server.settles(ann.writes("??"))
    assert sorted(api.allowed) == ["callback_query", "message", "my_chat_member"]
    assert len(talk.moves) == 2


async def test_who_blocks_the_bot_is_remembered_and_so_is_who_comes_back(
    server: Server, talk: FakeTalk, ann: Somebody
) -> None:
    await server.settles(ann.blocks())
    account = Account(door="telegram", key="101")
    assert talk.gone == [(account, NOW)]
    await server.settles(ann.returns())
    assert talk.gone == [(account, NOW), (account, None)]
    assert talk.begun == []


async def test_a_text_longer_than_telegram_has_is_refused_with_a_word(
    server: Server, talk: FakeTalk, ann: Somebody
) -> None:
    await server.settles(ann.writes("ы" * 4097))
    assert talk.begun == []
    assert ann.screen.text == "too_long (ru)"


# Groups.


async def test_a_group_that_calls_the_bot_is_told_once_where_it_works(
    server: Server, talk: FakeTalk, ann: Somebody, api: BotApi
) -> None:
    group = api.chat(-5, "supergroup")
    for text in ("/start", f"/menu@{USERNAME} now", "/start"):
        ann.writes(text, group)
    await server.settles()
    assert [message.text for message in group.from_bot] == ["group (ru)"]
    assert talk.begun == []


async def test_a_group_that_the_bot_is_added_to_is_told_where_it_works(
    server: Server, ann: Somebody, api: BotApi
) -> None:
    group, other = api.chat(-5, "group"), api.chat(-6, "group")
    ann.changes_membership("left", "member", group)
    ann.changes_membership("member", "kicked", other)
    await server.settles()
    assert [message.text for message in group.from_bot] == ["group (ru)"]
    assert other.from_bot == []


async def test_a_group_that_talks_of_other_things_is_left_alone(
    server: Server, talk: FakeTalk, ann: Somebody, api: BotApi
) -> None:
    group, channel = api.chat(-5, "group"), api.chat(-7, "channel")
    ann.writes("привет", group)
    ann.writes("/start@another_bot", group)
    ann.writes("/", group)
    ann.sends(group, **MESSAGE_KINDS["new_chat_members"])
    ann.changes_membership("left", "administrator", channel)
    await server.settles()
    assert group.from_bot == channel.from_bot == []
    assert talk.begun == []


async def test_a_press_in_a_group_is_answered_and_is_no_move(
    server: Server, talk: FakeTalk, ann: Somebody, api: BotApi
) -> None:
    place = {"message_id": 1, "date": 1, "chat": {"id": -5, "type": "group", "title": "Г"}}
    await server.settles(api.gives(callback_query=api.query_of(ann, place, "next")))
    assert ann.query.answers == [("group (ru)", False)]
    assert talk.begun == []


# Replies become messages.


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
    await server.settles(ann.presses("Дальше", first))
    assert [(m.text, m.edits) for m in ann.chat.from_bot] == [
        ("Экран 4", 1),
        ("Экран 2", 0),
        ("Экран 3", 0),
    ]


async def test_a_screen_has_its_markup_and_its_buttons(
    server: Server, talk: FakeTalk, ann: Somebody
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
    server: Server, talk: FakeTalk, ann: Somebody
) -> None:
    await server.settles(ann.writes("?"))
    talk.replies = lambda _: [Screen(text="Всё")]
    await server.settles(ann.presses("Дальше"))
    assert (ann.screen.text, ann.screen.keyboard) == ("Всё", [])


async def test_the_same_screen_again_is_no_error(
    server: Server, talk: FakeTalk, ann: Somebody, api: BotApi, caplog: pytest.LogCaptureFixture
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
    server: Server, talk: FakeTalk, ann: Somebody
) -> None:
    await server.settles(ann.writes("?"))
    hold = talk.holds()
    update = ann.presses("Дальше")
    ann.screen.fate = "deleted"
    hold.set()
    await server.settles(update)
    assert [m.text for m in ann.chat.from_bot] == ["Экран 1", "Экран 2"]


async def test_a_press_without_its_message_is_answered_by_a_new_one(
    server: Server, ann: Somebody
) -> None:
    await server.settles(ann.presses_data("next"))
    assert ann.screen.text == "Экран 1"
    assert len(ann.query.answers) == 1


async def test_a_notice_is_a_toast_after_a_press_and_a_message_after_a_text(
    server: Server, talk: FakeTalk, ann: Somebody, api: BotApi
) -> None:
    talk.replies = lambda move: [
        Notice(text="Верно <3"),
        Screen(text=f"Экран {len(talk.moves)}", rows=KEYBOARD),
    ]
    await server.settles(ann.writes("?"))
    assert [m.text for m in ann.chat.from_bot] == ["Верно <3", "Экран 1"]
    await server.settles(ann.presses("Дальше"))
    assert ann.query.answers == [("Верно <3", False)]
    assert [m.text for m in ann.chat.from_bot] == ["Верно <3", "Экран 2"]


async def test_many_notices_share_one_toast_and_its_limit(
    server: Server, talk: FakeTalk, ann: Somebody
) -> None:
    talk.replies = lambda _: [Notice(text="раз"), Notice(text="ы" * 200)]
    await server.settles(ann.presses_data("next"))
    ((text, _),) = ann.query.answers
    assert text == "раз\n" + "ы" * 195 + "…"


async def test_a_document_is_a_file_to_keep(server: Server, talk: FakeTalk, ann: Somebody) -> None:
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


async def test_a_link_that_telegram_refuses_moves_into_the_text(
    server: Server, talk: FakeTalk, ann: Somebody, caplog: pytest.LogCaptureFixture
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


async def test_a_callback_is_answered_once_however_often_it_is_delivered(
    server: Server, ann: Somebody, api: BotApi
) -> None:
    await server.settles(ann.writes("?"))
    update = ann.presses("Дальше")
    await server.settles(update)
    for _ in range(3):
        await server.door.receive(api.history[update])
    await server.door.idle()
    assert len(api.made("answerCallbackQuery")) == 1


async def test_a_callback_that_is_too_old_is_no_error(
    server: Server, talk: FakeTalk, ann: Somebody, api: BotApi, caplog: pytest.LogCaptureFixture
) -> None:
    await server.settles(ann.writes("?"))
    hold = talk.holds()
    update = ann.presses("Дальше")
    ann.query.too_old = True
    hold.set()
    await server.settles(update)
    assert api.made("answerCallbackQuery")[0].description == TOO_OLD
    assert ann.screen.text == "Экран 2"
    assert caplog.records == []


# Telegram fails.


@pytest.mark.parametrize("kind", ["500", "gateway", "reset", "lost"])
async def test_a_call_that_fails_on_the_way_is_made_again(
    server: Server, ann: Somebody, api: BotApi, kind: Any
) -> None:
    await server.settles(ann.writes("?"))
    api.fails(kind, "editMessageText", times=2)
    api.fails(kind, "answerCallbackQuery", times=2)
    await server.settles(ann.presses("Дальше"))
    assert ann.screen.text == "Экран 2"
    assert len(ann.query.answers) == 1


async def test_a_reply_that_never_goes_out_costs_no_turn(
    server: Server, talk: FakeTalk, ann: Somebody, api: BotApi, caplog: pytest.LogCaptureFixture
) -> None:
    await server.settles(ann.writes("?"))
    api.fails("500", "editMessageText", "sendMessage", times=99)
    await server.settles(ann.presses("Дальше"))
    assert len(talk.moves) == 2
    assert ann.screen.text == "Экран 1"
    assert "a message is not sent" in caplog.text
    api.recovers()
    await server.settles(ann.presses("Дальше"))
    assert ann.screen.text == "Экран 3"


async def test_a_chat_that_is_limited_waits_alone(
    talk: FakeTalk, ann: Somebody, boris: Somebody, api: BotApi
) -> None:
    async with served(talk, SHORT_CALLS) as server:
        api.fails("429", chats=[ann.number], retry_after=50)
        ann.writes("?")
        await api.until(lambda: any(call.code == 429 for call in api.calls))
        await server.settles(boris.writes("?"), idle=False)
        await api.until(lambda: bool(boris.chat.from_bot))
        await server.settles(boris.presses("Дальше"), idle=False)
        await api.until(lambda: boris.screen.edits == 1)
        assert [call.code for call in api.made("sendMessage", chat=ann.number)] == [429]


async def test_who_is_limited_is_answered_when_the_time_is_over(
    server: Server, ann: Somebody, api: BotApi
) -> None:
    api.fails("429", "sendMessage", retry_after=1)
    await server.settles(ann.writes("?"))
    refused, answered = api.made("sendMessage")
    assert (refused.code, answered.code) == (429, 200)
    assert answered.at >= refused.at + 1


@pytest.mark.parametrize("sign", ["two chats at once", "a call without a chat"])
async def test_everybody_waits_for_a_limit_that_is_everyones(
    server: Server, ann: Somebody, boris: Somebody, api: BotApi, sign: str
) -> None:
    if sign == "two chats at once":
        api.fails("429", "sendMessage", times=2)
        begun = [ann.writes("?"), boris.writes("?")]
    else:
        api.fails("429", "answerCallbackQuery")
        begun = [ann.presses_data("next")]
    limited = len(begun)
    await api.until(lambda: sum(call.code == 429 for call in api.calls) == limited)
    carol = Somebody(api, 103)
    await server.settles(*begun, carol.writes("?"))
    refused = [call for call in api.calls if call.code == 429]
    (answer,) = api.made("sendMessage", chat=carol.number)
    assert answer.at >= refused[-1].at + 1
    assert carol.screen.text


async def test_nobody_waits_for_hours_and_no_call_is_made_meanwhile(
    server: Server,
    talk: FakeTalk,
    ann: Somebody,
    boris: Somebody,
    api: BotApi,
    caplog: pytest.LogCaptureFixture,
) -> None:
    api.fails("429", "sendMessage", chats=[ann.number], retry_after=10_072)
    await server.settles(ann.writes("?"))
    await server.settles(ann.writes("!"))
    assert len(talk.moves) == 2
    assert [call.code for call in api.made("sendMessage")] == [429]
    assert caplog.text.count("a message is not sent") == 2
    await server.settles(boris.writes("?"))
    assert boris.screen.text == "Экран 3"


async def test_nobody_waits_for_a_call_that_hangs_in_another_chat(
    talk: FakeTalk, ann: Somebody, boris: Somebody, api: BotApi
) -> None:
    async with served(talk) as server:
        api.fails("hang", chats=[ann.number], times=99)
        ann.writes("?")
        await api.until(lambda: bool(api.made("sendMessage", chat=ann.number)))
        updates = [ann.presses_data("next"), *(boris.writes("?") for _ in range(5))]
        await api.until(lambda: len(boris.chat.from_bot) == 5)
        await api.until_confirmed(max(updates))
        assert len(talk.moves) == 7
        assert ann.chat.from_bot == []
        server.door._delivery._pace = (
            SHORT_CALLS  # only its farewell, so as not to wait for the hanging
        )


async def test_a_call_that_hangs_is_given_up_and_made_again(
    talk: FakeTalk, ann: Somebody, api: BotApi
) -> None:
    async with served(talk, SHORT_CALLS) as server:
        api.fails("hang", "sendMessage", times=1)
        await server.settles(ann.writes("?"))
        assert [message.text for message in ann.chat.from_bot] == ["Экран 1"]


async def test_who_blocked_the_bot_silently_is_noted_by_403(
    server: Server, talk: FakeTalk, ann: Somebody, boris: Somebody, api: BotApi
) -> None:
    await server.settles(ann.writes("?"), boris.writes("?"))
    ann.blocks(silently=True)
    account, other = (Account(door="telegram", key=str(it.number)) for it in (ann, boris))
    assert not await server.door.send(account, Screen(text="Вас ждёт урок"))
    assert await server.door.send(other, Screen(text="Вас ждёт урок", rows=KEYBOARD))
    assert talk.gone == [(account, NOW)]
    assert boris.screen.text == "Вас ждёт урок"


async def test_a_refused_message_is_logged_without_what_it_said(
    server: Server, talk: FakeTalk, ann: Somebody, caplog: pytest.LogCaptureFixture
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


async def test_only_the_last_of_many_presses_is_shown_when_telegram_is_slow(
    server: Server, talk: FakeTalk, ann: Somebody, api: BotApi
) -> None:
    await server.settles(ann.writes("?"))
    message = ann.screen
    api.fails("429", "editMessageText", retry_after=1)
    ann.presses("Дальше", message)
    await api.until(lambda: any(call.code == 429 for call in api.calls))
    update = [ann.presses("Назад", message) for _ in range(8)][-1]
    await server.settles(update)
    assert len(talk.moves) == 10
    assert (message.text, message.edits) == ("Экран 10", 2)
    assert all(len(query.answers) == 1 for query in api.queries.values())


async def test_a_screen_is_not_dropped_for_a_press_that_shows_none(
    server: Server, talk: FakeTalk, ann: Somebody, api: BotApi
) -> None:
    await server.settles(ann.writes("?"))
    message = ann.screen
    talk.replies = lambda move: (
        [Screen(text="Новый", rows=KEYBOARD)]
        if isinstance(move, Pressed) and move.action == "next"
        else [Notice(text="Нет")]
    )
    api.fails("429", "editMessageText", retry_after=1)
    ann.presses("Назад", message)
    ann.presses("Дальше", message)
    await server.settles(ann.presses("Назад", message))
    assert message.text == "Новый"


# The bot's own side fails.


async def test_a_turn_that_fails_for_a_moment_is_tried_again(
    server: Server, talk: FakeTalk, ann: Somebody
) -> None:
    faults = iter([OSError("database is locked"), KeyError("?")])
    talk.breaks = lambda _: next(faults, None)
    await server.settles(ann.writes("?"))
    assert len(talk.moves) == 1
    assert [message.text for message in ann.chat.from_bot] == ["Экран 1"]


async def test_a_press_that_fails_each_time_is_answered_and_passed_over(
    server: Server,
    talk: FakeTalk,
    ann: Somebody,
    api: BotApi,
    caplog: pytest.LogCaptureFixture,
) -> None:
    await server.settles(ann.writes("?"))
    talk.breaks = lambda move: (
        ZeroDivisionError("a bug") if isinstance(move, Pressed) and move.action == "next" else None
    )
    await server.settles(ann.presses("Дальше"))
    assert ann.query.answers == [("У нас неполадка", True)]
    assert ann.screen.text == "Экран 1"
    assert "Traceback" in caplog.text
    assert "a bug" in caplog.text
    assert [type(move).__name__ for move in talk.begun] == ["Wrote"] + ["Pressed"] * 3
    await server.settles(ann.presses("Назад"))
    assert ann.screen.text == "Экран 2"


async def test_who_wrote_is_told_of_a_fault_in_a_message(
    server: Server, talk: FakeTalk, boris: Somebody
) -> None:
    talk.breaks = lambda _: AssertionError("a bug")
    await server.settles(boris.writes("?"))
    assert [message.text for message in boris.chat.from_bot] == ["We have a fault"]


async def test_a_fault_of_one_persons_data_holds_nobody_back(
    server: Server, talk: FakeTalk, ann: Somebody, boris: Somebody
) -> None:
    class DatabaseError(Exception):
        pass

    talk.breaks = lambda move: DatabaseError("?") if move.account.key == "101" else None
    hers = ann.writes("?")
    for _ in range(5):
        boris.writes("?")
    await server.settles(hers)
    await server.settles()
    assert len(talk.moves) == 5
    assert [message.text for message in ann.chat.from_bot] == ["У нас неполадка"]


async def test_nothing_is_lost_or_confirmed_while_the_database_is_out(
    server: Server, talk: FakeTalk, ann: Somebody, boris: Somebody, api: BotApi
) -> None:
    talk.breaks = lambda _: ConnectionError("no database")
    updates = [ann.writes("?"), boris.writes("?"), ann.presses_data("next"), boris.writes("!")]
    await api.until(lambda: len(talk.begun) > 20)
    assert api.confirmed < updates[0]
    assert [query.answers for query in api.queries.values()] == [[]]
    await api.until(lambda: bool(ann.chat.from_bot and boris.chat.from_bot))
    for somebody, words in ((ann, "У нас неполадка"), (boris, "We have a fault")):
        assert [message.text for message in somebody.chat.from_bot] == [words]
    talk.breaks = lambda _: None
    await server.settles(*updates)
    assert sorted(talk.ids()) == [f"u{update}" for update in updates]
    assert len(ann.query.answers) == 1


# Polling.


async def test_an_update_that_cannot_be_read_is_passed_over(
    server: Server, talk: FakeTalk, ann: Somebody, api: BotApi, caplog: pytest.LogCaptureFixture
) -> None:
    before = ann.writes("?")
    strange = api.gives_unreadable(ann)
    after = ann.writes("?")
    await server.settles(after)
    assert talk.ids() == [f"u{before}", f"u{after}"]
    assert f"update {strange} can't be read (message.chat" in caplog.text
    assert "hologram" not in caplog.text


async def test_the_pressed_message_may_have_what_no_library_knows(
    server: Server, talk: FakeTalk, ann: Somebody, api: BotApi
) -> None:
    await server.settles(ann.writes("?"))
    message = api.as_json(ann.chat, ann.screen) | {"reply_markup": {"new": 1}, "entities": "?"}
    await server.settles(api.gives(callback_query=api.query_of(ann, message, "next")))
    assert ann.screen.text == "Экран 2"


async def test_a_fault_of_the_door_itself_costs_one_update_and_not_the_loop(
    server: Server, talk: FakeTalk, ann: Somebody, caplog: pytest.LogCaptureFixture
) -> None:
    faults = iter([ZeroDivisionError("a bug")])

    def clock() -> datetime:
        if (fault := next(faults, None)) is not None:
            raise fault
        return NOW

    server.door._clock = clock
    first, second = ann.writes("?"), ann.writes("?")
    await server.settles(second)
    assert talk.ids() == [f"u{second}"]
    assert f"update {first} is passed over" in caplog.text


async def test_an_update_is_confirmed_only_after_its_commit(
    server: Server, talk: FakeTalk, ann: Somebody, boris: Somebody, api: BotApi
) -> None:
    hold = talk.holds(ann)
    first, second = ann.writes("?"), boris.writes("?")
    await api.until(lambda: len(boris.chat.from_bot) == 1)
    later = boris.writes("!")
    await api.until(lambda: len(boris.chat.from_bot) == 2)
    assert first < second < later
    assert api.confirmed < first
    assert ann.chat.from_bot == []
    hold.set()
    await server.settles(later)
    assert len(ann.chat.from_bot) == 1
    assert len(talk.moves) == 3


async def test_the_reply_goes_out_after_the_commit(
    server: Server, talk: FakeTalk, ann: Somebody, api: BotApi
) -> None:
    hold = talk.holds()
    update = ann.presses_data("next")
    await api.until(lambda: len(talk.begun) == 1)
    assert api.made("sendMessage", "answerCallbackQuery") == []
    hold.set()
    await server.settles(update)
    assert len(api.made("sendMessage", "answerCallbackQuery")) == 2


async def one_life(talk: FakeTalk, *, turns: int, until_confirmed: bool) -> None:
    """Let a new process carry out so many turns, and kill it before or after it confirms some."""
    enough, confirmed = len(talk.moves) + turns, talk.api.confirmed
    talk.allowance = asyncio.Semaphore(turns)
    async with served(talk):
        await talk.api.until(lambda: len(talk.moves) >= enough)
        if until_confirmed:
            await talk.api.until(lambda: talk.api.confirmed > confirmed)
    talk.allowance = None


async def test_a_kill_in_the_middle_loses_no_update(talk: FakeTalk, api: BotApi) -> None:
    people = [Somebody(api, 200 + number) for number in range(12)]
    updates = [people[number % 12].writes(str(number)) for number in range(150)]
    for life in range(6):
        await one_life(talk, turns=17, until_confirmed=life % 2 == 1)
    assert updates[0] <= api.confirmed < updates[-1]
    async with served(talk) as server:
        await server.settles(updates[-1])
    assert set(talk.ids()) == {f"u{update}" for update in updates}
    for somebody in people:
        texts = [
            int(move.text)
            for move in talk.moves
            if isinstance(move, Wrote) and move.account.key == str(somebody.number)
        ]
        assert list(dict.fromkeys(texts)) == sorted(set(texts))


async def test_moves_of_one_person_keep_their_order_and_others_do_not_wait(
    server: Server, talk: FakeTalk, ann: Somebody, boris: Somebody, api: BotApi
) -> None:
    hold = talk.holds(ann)
    hers = [ann.writes(str(number)) for number in range(5)]
    his = [boris.writes(str(number)) for number in range(5)]
    await api.until(lambda: len(talk.moves) == 5)
    assert talk.ids() == [f"u{update}" for update in his]
    assert [move.move_id for move in talk.begun if move.account.key == "101"] == [f"u{hers[0]}"]
    hold.set()
    await server.settles(*his)
    assert talk.ids()[5:] == [f"u{update}" for update in hers]
    assert [m.text for m in ann.chat.from_bot] == [f"Экран {n}" for n in range(6, 11)]


async def test_at_most_32_turns_are_carried_out_at_a_time(
    server: Server, talk: FakeTalk, api: BotApi
) -> None:
    hold = talk.holds()
    updates = [Somebody(api, 300 + number).writes("?") for number in range(50)]
    await api.until(lambda: len(talk.begun) >= 32)
    # Two more rounds of the loop: whoever could begin has begun.
    polls = len(api.made("getUpdates"))
    await api.until(lambda: len(api.made("getUpdates")) >= polls + 2)
    assert len(talk.begun) == 32
    hold.set()
    await server.settles(*updates)
    assert len(talk.moves) == 50


async def test_who_floods_takes_only_one_place(
    server: Server, talk: FakeTalk, ann: Somebody, api: BotApi
) -> None:
    hold = talk.holds(ann)
    flood = [ann.writes(str(number)) for number in range(60)]
    others = [Somebody(api, 400 + number) for number in range(35)]
    for somebody in others:
        somebody.writes("?")
    await api.until(lambda: all(somebody.chat.from_bot for somebody in others))
    assert len([move for move in talk.begun if move.account.key == "101"]) == 1
    hold.set()
    await server.settles(*flood)
    await server.settles()
    assert len(talk.moves) == 95


async def test_two_processes_with_one_token_are_told_in_the_log_and_go_on(
    server: Server, talk: FakeTalk, ann: Somebody, api: BotApi, caplog: pytest.LogCaptureFixture
) -> None:
    await api.until(lambda: bool(api.made("getUpdates")))
    async with aiohttp.ClientSession() as other:
        await other.post(f"{api.url}/bot{TOKEN}/getUpdates", data={"timeout": "0"})
    await api.until(lambda: any(call.description == OTHER_POLLER for call in api.calls))
    await server.settles(ann.writes("?"))
    assert "another process polls with this token" in caplog.text
    assert len(talk.moves) == 1


@pytest.mark.parametrize("kind", ["500", "gateway", "reset", "429", "403"])
async def test_polling_goes_on_after_the_network_comes_back(
    server: Server, talk: FakeTalk, ann: Somebody, api: BotApi, kind: Any
) -> None:
    api.fails(kind, "getUpdates", times=1 if kind == "429" else 4)
    await server.settles(ann.writes("?"))
    await server.settles(ann.writes("!"))
    assert len(talk.moves) == 2


async def test_polling_ends_a_webhook_and_keeps_what_waits_for_it(
    talk: FakeTalk, ann: Somebody, api: BotApi
) -> None:
    api.sets_webhook()
    update = ann.writes("?")
    async with served(talk) as server:
        await server.settles(update)
        assert talk.ids() == [f"u{update}"]
        assert [call.code for call in api.made("deleteWebhook", "getUpdates")][:2] == [200, 200]
        assert api.made("deleteWebhook", "getUpdates")[0].method == "deleteWebhook"
        api.sets_webhook()
        await api.until(lambda: not api.webhook)
        await server.settles(ann.writes("!"))
    assert len(talk.moves) == 2


# The start.


async def test_the_start_tells_the_username_and_sets_the_menus(
    talk: FakeTalk, api: BotApi
) -> None:
    door = make_door(talk)
    assert await door.start() == USERNAME
    await door.close()
    private = "all_private_chats"
    russian = [{"command": "menu", "description": "Курс"}]
    assert api.commands == {
        (private, ""): russian,
        (private, "ru"): russian,
        (private, "en"): [{"command": "menu", "description": "The course"}],
    }


@pytest.mark.parametrize(
    "token", ["", "x", "12345", "12:", ":abc", "12:a/b", "²:abc", "12:abc\n", "1 2:abc", "12:аbc"]
)
def test_a_malformed_token_is_refused_and_not_shown(talk: FakeTalk, token: str) -> None:
    with pytest.raises(TokenError) as caught:
        make_door(talk, token=token)
    assert caught.value.reason == "malformed"
    assert str(caught.value) == "malformed"


async def test_a_token_that_telegram_refuses_is_not_shown(
    talk: FakeTalk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    door = make_door(talk, token="1:wrong-token")
    with pytest.raises(TokenError) as caught:
        await door.start()
    await door.close()
    assert caught.value.reason == "refused"
    told = "".join(traceback.format_exception(caught.value))
    assert "Unauthorized" not in told
    assert "wrong-token" not in told + caplog.text


async def test_the_start_waits_for_the_network(
    talk: FakeTalk, api: BotApi, caplog: pytest.LogCaptureFixture
) -> None:
    api.fails("reset", "getMe", times=10)
    door = make_door(talk)
    assert await door.start() == USERNAME
    await door.close()
    assert "Telegram can't be reached yet" in caplog.text


async def test_the_bot_talks_without_a_menu_if_need_be(talk: FakeTalk, api: BotApi) -> None:
    api.fails("400", "setMyCommands", times=99)
    door = make_door(talk)
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
    talk: FakeTalk, caplog: pytest.LogCaptureFixture, settings: dict[str, str]
) -> None:
    caplog.set_level(logging.DEBUG)
    door = make_door(talk, api=settings.get("api", ""), proxy=settings.get("proxy"))
    starting = asyncio.create_task(door.start())
    while "Telegram can't be reached yet" not in caplog.text and not starting.done():
        await asyncio.wait([starting], timeout=0.01)
    assert not starting.done()
    starting.cancel()
    assert not await door.send(Account(door="telegram", key="1"), Screen(text="?"))
    await asyncio.gather(starting, return_exceptions=True)
    await door.close()
    assert "a message is not sent" in caplog.text
    assert TOKEN.partition(":")[2] not in caplog.text


# Reminders.


async def test_reminders_are_spaced_and_answers_to_presses_are_not(
    server: Server, ann: Somebody, api: BotApi
) -> None:
    people = [Somebody(api, 500 + number) for number in range(15)]
    reminders = [
        asyncio.create_task(
            server.door.send(Account(door="telegram", key=str(it.number)), Screen(text="Урок"))
        )
        for it in people
    ]
    await server.settles(ann.writes("?"))
    before_ann = len([it for it in people if it.chat.from_bot])
    assert all(await asyncio.gather(*reminders))
    times = [call.at for call in api.made("sendMessage") if call.chat != ann.number]
    # The clock of the limiter and that of the server differ by a request's way, not by more
    # than half of the span over all of them.
    assert before_ann < len(people)
    assert times[-1] - times[0] >= 14 / 28 * 0.9


async def test_one_chat_gets_one_reminder_a_second(
    server: Server, ann: Somebody, api: BotApi
) -> None:
    account = Account(door="telegram", key=str(ann.number))
    sent = [server.door.send(account, Screen(text=text)) for text in ("раз", "два")]
    assert await asyncio.gather(*sent) == [True, True]
    first, second = api.made("sendMessage")
    assert second.at - first.at >= 0.9


# The webhook.


class Telegram:
    """Telegram as it delivers updates to a webhook."""

    def __init__(self, url: str, client: aiohttp.ClientSession, door: TelegramDoor) -> None:
        self.url = url
        self.client = client
        self.door = door

    async def __call__(self, body: Any, secret: bytes | None = SECRET.encode()) -> tuple[int, str]:
        data = json.dumps(body) if isinstance(body, dict) else body
        headers = {}
        if secret is not None:
            given = secret.decode("utf-8", "surrogateescape")
            headers = {"X-Telegram-Bot-Api-Secret-Token": given}
        async with self.client.post(self.url, data=data, headers=headers) as response:
            await self.door.idle()
            return response.status, await response.text()


@asynccontextmanager
async def webhook(talk: FakeTalk) -> AsyncIterator[Telegram]:
    door = make_door(talk)
    await door.start()
    app = web.Application(client_max_size=10 * 2**20)
    app.add_routes(door.routes(path="/hook", secret=SECRET))
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    async with aiohttp.ClientSession() as client:
        yield Telegram(f"http://127.0.0.1:{runner.addresses[0][1]}/hook", client, door)
    await runner.cleanup()
    await door.close()


@pytest.mark.parametrize(
    "secret", [None, b"", b"wrong", SECRET.encode() + b"x", "ключ".encode(), b"\xff\xfe"]
)
async def test_a_stranger_is_turned_away(
    talk: FakeTalk, ann: Somebody, api: BotApi, secret: bytes | None
) -> None:
    update = ann.writes("?")
    async with webhook(talk) as post:
        assert (await post(api.history[update], secret))[0] == 401
    assert talk.begun == []


@pytest.mark.parametrize("secret", ["", "с кириллицей", "a b", "a" * 257, "a\n"])
async def test_no_webhook_starts_without_a_secret(talk: FakeTalk, secret: str) -> None:
    door = make_door(talk)
    with pytest.raises(SecretError):
        door.routes(path="/hook", secret=secret)
    with pytest.raises(SecretError):
        await door.set_webhook("https://example.org/hook", secret)
    await door.close()


async def test_setting_the_webhook_keeps_what_waits(
    talk: FakeTalk, ann: Somebody, api: BotApi
) -> None:
    ann.writes("?")
    door = make_door(talk)
    await door.set_webhook("https://example.org/hook", SECRET)
    await door.close()
    assert api.webhook["secret_token"] == SECRET
    assert set(json.loads(api.webhook["allowed_updates"])) == {
        "message",
        "callback_query",
        "my_chat_member",
    }
    assert len(api.waiting) == 1


async def test_setting_the_webhook_outlasts_an_outage_but_not_a_refusal(
    talk: FakeTalk, api: BotApi
) -> None:
    door = make_door(talk)
    api.fails("500", "setWebhook", times=PACE.tries + 1)
    await door.set_webhook("https://example.org/hook", SECRET)
    assert api.webhook["secret_token"] == SECRET
    with pytest.raises(WebhookError, match="HTTPS URL"):
        await door.set_webhook("http://example.org/hook", SECRET)
    await door.close()


async def test_telegram_hears_200_only_after_the_commit(
    talk: FakeTalk, ann: Somebody, api: BotApi
) -> None:
    hold = talk.holds()
    async with webhook(talk) as post:
        posting = asyncio.create_task(post(api.history[ann.writes("?")]))
        await api.until(lambda: len(talk.begun) == 1)
        assert not posting.done()
        hold.set()
        assert await posting == (200, "")
    assert ann.screen.text == "Экран 1"


async def test_a_fault_makes_telegram_deliver_again(
    talk: FakeTalk, ann: Somebody, api: BotApi, caplog: pytest.LogCaptureFixture
) -> None:
    talk.breaks = lambda _: ConnectionError("no database")
    written, pressed = ann.writes("?"), ann.presses_data("next")
    async with webhook(talk) as post:
        for _ in range(2):
            assert (await post(api.history[written]))[0] == 500
            assert (await post(api.history[pressed]))[0] == 500
        assert ann.query.answers == [("У нас неполадка", True)]
        assert [message.text for message in ann.chat.from_bot] == ["У нас неполадка"]
        assert "no database" in caplog.text
        talk.breaks = lambda _: None
        assert (await post(api.history[written]))[0] == 200
        assert (await post(api.history[pressed]))[0] == 200
    assert talk.ids() == [f"u{written}", f"u{pressed}"]
    assert len(api.made("answerCallbackQuery")) == 1


async def test_a_delivered_update_that_cannot_be_read_is_not_delivered_again(
    talk: FakeTalk, ann: Somebody, api: BotApi, caplog: pytest.LogCaptureFixture
) -> None:
    update = api.gives_unreadable(ann)
    async with webhook(talk) as post:
        assert await post(api.history[update]) == (200, "")
    assert f"update {update} can't be read" in caplog.text


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"\xff", b"[]", b"1", b"null", b"{}", b'{"update_id": "1"}', b"[" * 100_000],
)
async def test_what_is_no_update_is_refused_in_one_line(talk: FakeTalk, body: bytes) -> None:
    async with webhook(talk) as post:
        status, text = await post(body)
    assert status == 400
    assert text.count("\n") == 1


async def test_a_body_over_its_limit_is_refused_early(talk: FakeTalk) -> None:
    async def stream() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b" " * 100_000

    async with webhook(talk) as post:
        assert await post(b" " * 1_000_001) == (413, "more than 1000000 bytes\n")
        assert await post(stream()) == (413, "more than 1000000 bytes\n")
        assert (await post(b" " * 1_000_000))[0] == 400


async def test_a_body_that_announces_too_much_is_not_even_read(talk: FakeTalk) -> None:
    async with webhook(talk) as post:
        assert (await post(b"{}"))[0] == 400
        url = urlsplit(post.url)
        reader, writer = await asyncio.open_connection(url.hostname, url.port)
        writer.write(
            f"POST {url.path} HTTP/1.1\r\nHost: x\r\nContent-Length: 2000000000\r\n"
            f"X-Telegram-Bot-Api-Secret-Token: {SECRET}\r\n\r\n".encode()
        )
        async with asyncio.timeout(PATIENCE):
            assert (await reader.readline()).startswith(b"HTTP/1.1 413 ")
        writer.close()


# The person of the dialogue tests.


@pytest.mark.parametrize("at_hand", [True, False])
async def test_a_dialogue_runs_through_telegram(
    server: Server, talk: FakeTalk, api: BotApi, at_hand: bool
) -> None:
    def replies(move: Move) -> Sequence[Reply]:
        screen = Screen(text=f"<b>Шаг</b>\N{NO-BREAK SPACE}{len(talk.moves)}", rows=KEYBOARD)
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
    opened = talk.moves[0]
    assert isinstance(opened, Opened)
    assert (opened.payload, opened.name) == ("invite", "Анна Петровна")


# The stand-in is as strict as Telegram.


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("<foo>x", 'Unsupported start tag "foo" at byte offset 0'),
        ("ы<foo bar>x", 'Unsupported start tag "foo" at byte offset 2'),
        ("1 < 2", 'Unsupported start tag "" at byte offset 2'),
        ("<b>x", 'Can\'t find end tag corresponding to start tag "b"'),
        ("x</b>", "Unexpected end tag at byte offset 1"),
        ("<b><i>x</b></i>", 'Unmatched end tag at byte offset 7, expected "</i>", found "</b>"'),
        ("<b", "Unclosed start tag at byte offset 0"),
        ("<b>x</b", "Unclosed end tag at byte offset 4"),
        ("<span>x</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
    ],
)
def test_bad_html_is_refused_in_telegrams_words(source: str, why: str) -> None:
    with pytest.raises(RefusalError) as caught:
        parse_html(source)
    assert caught.value.description == f"Bad Request: can't parse entities: {why}"


def test_good_html_is_read_as_telegram_reads_it() -> None:
    text, entities = parse_html('<b>a<i>ы</i></b> &lt;&amp;&#1090;&nbsp; <a href="x">y</a>')
    assert text == "aы <&т&nbsp; y"
    assert entities == [("i", 1, 2), ("b", 0, 2), ("a", 13, 14)]


@pytest.mark.parametrize(
    ("method", "params", "code", "why"),
    [
        ("sendFoo", {}, 404, "Not Found: method not found"),
        ("getMe", {"colour": "red"}, 400, "knows no parameter ['colour']"),
        ("sendMessage", {"chat_id": "101"}, 400, "['text'] is missing"),
        ("sendMessage", {"chat_id": "9", "text": "x"}, 400, "chat not found"),
        ("sendMessage", {"chat_id": "101", "text": " \n\0"}, 400, "message text is empty"),
        ("sendMessage", {"chat_id": "101", "text": "ы" * 4097}, 400, "message is too long"),
        ("sendMessage", {"button": {"text": "x"}}, 400, "Text buttons are unallowed"),
        ("sendMessage", {"button": {"text": "", "callback_data": "x"}}, 400, 'Field "text"'),
        (
            "sendMessage",
            {"button": {"text": "x", "callback_data": "ы" * 33}},
            400,
            "BUTTON_DATA_INVALID",
        ),
        ("sendMessage", {"button": {"text": "x", "url": "ftp://a.ru"}}, 400, "Unsupported URL"),
        ("sendMessage", {"button": {"text": "x", "url": "http://x"}}, 400, "Wrong HTTP URL"),
        ("editMessageText", {"chat_id": "101", "text": "x"}, 400, "identifier is not specified"),
        ("answerCallbackQuery", {"callback_query_id": "1"}, 400, "query is too old"),
        ("setWebhook", {"url": "http://example.org"}, 400, "An HTTPS URL must be provided"),
        ("setMyCommands", {"commands": '[{"command":"Ы","description":""}]'}, 400, "BOT_COMMAND"),
    ],
)
async def test_the_standin_refuses_what_telegram_refuses(
    api: BotApi, ann: Somebody, method: str, params: dict[str, Any], code: int, why: str
) -> None:
    if button := params.get("button"):
        markup = json.dumps({"inline_keyboard": [[button]]})
        params = {"chat_id": str(ann.number), "text": "x", "reply_markup": markup}
    async with (
        aiohttp.ClientSession() as client,
        client.post(f"{api.url}/bot{TOKEN}/{method}", data=params) as response,
    ):
        answer = await response.json()
    assert response.status == answer["error_code"] == code
    assert why in answer["description"]


async def test_the_standin_answers_a_query_once_and_a_wrong_token_never(
    api: BotApi, ann: Somebody
) -> None:
    ann.presses_data("x")
    data = {"callback_query_id": ann.query.number}
    async with aiohttp.ClientSession() as client:
        answers = []
        for token in (TOKEN, TOKEN, "1:wrong"):
            url = f"{api.url}/bot{token}/answerCallbackQuery"
            async with client.post(url, data=data) as response:
                answers.append((response.status, (await response.json()).get("description")))
    assert answers == [(200, None), (400, TOO_OLD), (401, "Unauthorized")]
