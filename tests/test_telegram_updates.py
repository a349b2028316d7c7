"""What people do in Telegram becomes moves, and what is no move changes nothing."""

from typing import Any

import pytest

from course_bot.conversation.port import (
    GoneError,
    Opened,
    Pressed,
    Sent,
    TooLargeError,
    Wrote,
)
from course_bot.sheets.figures import FILE_BYTES
from course_bot.storage import Account
from tests.pretend_talk import PretendTalk
from tests.telegram_server import (
    GROUP,
    NOW,
    Server,
    ann,
    api,
    boris,
    make_door,
    server,
    talk,
)
from tests.telegram_standin import (
    MESSAGE_KINDS,
    TOKEN,
    USERNAME,
    BotApi,
    Somebody,
)

__all__ = ["ann", "api", "boris", "server", "talk"]


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
    server: Server, talk: PretendTalk, ann: Somebody, text: str, payload: str
) -> None:
    update = ann.writes(text)
    await server.settles(update)
    assert talk.committed == [
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
    server: Server, talk: PretendTalk, boris: Somebody, text: str
) -> None:
    update = boris.writes(text)
    await server.settles(update)
    assert talk.committed == [
        Wrote(
            account=Account(door="telegram", key="102"),
            move_id=f"u{update}",
            at=NOW,
            name="Борис",
            language="en",
            text=text,
        )
    ]


async def test_a_name_arrives_as_it_was_typed(
    server: Server, talk: PretendTalk, api: BotApi
) -> None:
    odd = Somebody(api, 103, first_name='<b>&"', last_name="‮\N{HEAVY BLACK HEART}", language="")
    await server.settles(odd.writes("?"))
    assert (talk.committed[0].name, talk.committed[0].language) == (
        '<b>&" ‮\N{HEAVY BLACK HEART}',
        "ru",
    )


async def test_every_kind_of_message_that_is_not_text_is_something_sent(
    server: Server, talk: PretendTalk, api: BotApi, ann: Somebody
) -> None:
    api.sent["x"] = ("x", b"")
    kinds = [kind for kind in MESSAGE_KINDS if kind != "text"]
    assert len(kinds) > 70
    for kind in kinds:
        ann.sends(**MESSAGE_KINDS[kind])
    await server.settles()
    assert [type(move) for move in talk.committed] == [Sent] * len(kinds)
    files = [getattr(move, "file", None) is not None for move in talk.committed]
    assert files == [kind == "document" for kind in kinds]


@pytest.mark.parametrize("data", ["next", "", "Ы" * 500, "-1:1_0", None])
async def test_a_press_brings_whatever_its_button_had(
    server: Server, talk: PretendTalk, ann: Somebody, data: str | None
) -> None:
    await server.settles(ann.writes("?"))
    await server.settles(ann.presses_data(data, ann.screen))
    move = talk.committed[1]
    assert isinstance(move, Pressed)
    assert move.action == (data or "")
    assert ann.screen.text == "Экран 2"


async def test_what_is_no_move_is_left_alone(
    talk: PretendTalk, ann: Somebody, api: BotApi
) -> None:
    door = make_door(talk, api)
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
    assert talk.taken == []
    assert api.calls == []


async def test_the_bot_asks_only_for_updates_that_it_understands(
    server: Server, talk: PretendTalk, ann: Somebody, api: BotApi
) -> None:
    await server.settles(ann.writes("?"))
    ann.edits("!")
    await server.settles(ann.writes("??"))
    assert sorted(api.allowed) == ["callback_query", "message", "my_chat_member"]
    assert len(talk.committed) == 2


async def test_who_blocks_the_bot_is_remembered_and_so_is_who_comes_back(
    server: Server, talk: PretendTalk, ann: Somebody
) -> None:
    await server.settles(ann.blocks())
    account = Account(door="telegram", key="101")
    assert talk.gone == [(account, NOW)]
    await server.settles(ann.returns())
    assert talk.gone == [(account, NOW), (account, None)]
    assert talk.taken == []


async def test_a_text_longer_than_telegram_has_is_refused_with_a_word(
    server: Server, talk: PretendTalk, ann: Somebody
) -> None:
    await server.settles(ann.writes("ы" * 4097))
    assert talk.taken == []
    assert ann.screen.text == talk.refusal("too_long", "ru")


async def test_a_group_that_calls_the_bot_is_told_once_where_it_works(
    server: Server, talk: PretendTalk, ann: Somebody, api: BotApi
) -> None:
    group = api.chat(-5, "supergroup")
    for text in ("/start", f"/menu@{USERNAME} now", "/start"):
        ann.writes(text, group)
    await server.settles()
    assert [message.text for message in group.from_bot] == [GROUP]
    assert talk.taken == []


async def test_a_group_that_the_bot_is_added_to_is_told_where_it_works(
    server: Server, ann: Somebody, api: BotApi
) -> None:
    group, other = api.chat(-5, "group"), api.chat(-6, "group")
    ann.changes_membership("left", "member", group)
    ann.changes_membership("member", "kicked", other)
    await server.settles()
    assert [message.text for message in group.from_bot] == [GROUP]
    assert other.from_bot == []


async def test_a_group_that_talks_of_other_things_is_left_alone(
    server: Server, talk: PretendTalk, ann: Somebody, api: BotApi
) -> None:
    group, channel = api.chat(-5, "group"), api.chat(-7, "channel")
    ann.writes("привет", group)
    ann.writes("/start@another_bot", group)
    ann.writes("/", group)
    ann.sends(group, **MESSAGE_KINDS["new_chat_members"])
    ann.changes_membership("left", "administrator", channel)
    await server.settles()
    assert group.from_bot == channel.from_bot == []
    assert talk.taken == []


async def test_a_press_in_a_group_is_answered_and_is_no_move(
    server: Server, talk: PretendTalk, ann: Somebody, api: BotApi
) -> None:
    place = {"message_id": 1, "date": 1, "chat": {"id": -5, "type": "group", "title": "Г"}}
    await server.settles(api.gives(callback_query=api.query_of(ann, place, "next")))
    assert ann.query.answers == [(GROUP, False)]
    assert talk.taken == []


async def test_an_update_that_cannot_be_read_is_passed_over(
    server: Server, talk: PretendTalk, ann: Somebody, api: BotApi, caplog: pytest.LogCaptureFixture
) -> None:
    before = ann.writes("?")
    strange = api.gives_unreadable(ann)
    after = ann.writes("?")
    await server.settles(after)
    assert talk.ids() == [f"u{before}", f"u{after}"]
    assert f"update {strange} can't be read (message.chat" in caplog.text
    assert "hologram" not in caplog.text


async def test_the_pressed_message_may_have_what_no_library_knows(
    server: Server, talk: PretendTalk, ann: Somebody, api: BotApi
) -> None:
    await server.settles(ann.writes("?"))
    message = api.as_json(ann.chat, ann.screen) | {"reply_markup": {"new": 1}, "entities": "?"}
    await server.settles(api.gives(callback_query=api.query_of(ann, message, "next")))
    assert ann.screen.text == "Экран 2"


# Files


async def test_a_document_is_a_file_that_is_downloaded_when_it_is_wanted(
    server: Server, talk: PretendTalk, api: BotApi, ann: Somebody
) -> None:
    content = bytes(range(256)) * 4000
    talk.passing = ["Читаю файл…"]
    update = ann.sends_file("../Лист № 5.xlsx", content, caption="вот", media_group_id="77")
    second = ann.sends_file("a?b#c d.csv", b"", media_group_id="77")
    await server.settles(second)
    first, other = talk.committed
    assert isinstance(first, Sent)
    assert first.file is not None
    assert (first.move_id, first.file.size) == (f"u{update}", len(content))
    assert other.move_id == f"u{second}"
    assert sorted(talk.files) == [("a?b#c d.csv", b""), ("Лист № 5.xlsx", content)]
    assert [call.params["action"] for call in api.made("sendChatAction")] == ["typing"] * 2
    assert ann.screen.text.startswith("Экран")


async def test_a_file_is_downloaded_from_a_server_of_ones_own(
    server: Server, talk: PretendTalk, api: BotApi, ann: Somebody
) -> None:
    api.folder = "/var/lib/telegram-bot-api"
    await server.settles(ann.sends_file("a.xlsx", b"a;b"))
    assert talk.files == [("a.xlsx", b"a;b")]
    (call,) = api.made("file")
    assert call.params == {"path": "documents/file_0.xlsx"}


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "../../etc/passwd", "documents/../../x", "", None, 7]
)
async def test_no_path_from_outside_is_opened(
    server: Server,
    talk: PretendTalk,
    api: BotApi,
    ann: Somebody,
    path: object,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def told(*_: object) -> dict[str, object]:
        return {"file_id": "x", "file_path": path}

    monkeypatch.setattr(api, "_get_file", told)
    await server.settles(ann.sends_file("a.xlsx", b"a;b"))
    assert [type(error) for error in talk.unread] == [GoneError]
    assert api.made("file") == []


@pytest.mark.parametrize(
    ("kind", "calls"),
    [("reset", "getFile"), ("500", "getFile"), ("gateway", "getFile"), ("429", "getFile")]
    + [(kind, "file") for kind in ("reset", "500", "gateway", "lost")],
)
async def test_a_download_that_fails_is_tried_again(
    server: Server,
    talk: PretendTalk,
    api: BotApi,
    ann: Somebody,
    kind: Any,
    calls: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    content = bytes(300_000)
    api.fails(kind, calls, times=1, retry_after=0)
    await server.settles(ann.sends_file("a.xlsx", content))
    assert talk.files == [("a.xlsx", content)]
    assert len(talk.committed) == 1
    assert TOKEN.partition(":")[2] not in caplog.text


async def test_what_is_not_given_out_or_is_too_large_is_told_at_once(
    server: Server, talk: PretendTalk, api: BotApi, ann: Somebody
) -> None:
    update = ann.sends_file("a.xlsx", b"a;b")
    api.sent.clear()
    await server.settles(update)
    api.fails("404", "file")
    await server.settles(ann.sends_file("b.xlsx", b"a;b"))
    # It says that it is small, or nothing at all: what comes is counted.
    large = ann.sends_file("c.xlsx", bytes(FILE_BYTES + 1))
    await server.settles(large)
    await server.settles(ann.sends_file("d.xlsx", bytes(21 * 2**20)))
    told = [type(error) for error in talk.unread]
    assert told == [GoneError, GoneError, TooLargeError, TooLargeError]
    assert [type(move) for move in talk.committed] == [Sent] * 4
