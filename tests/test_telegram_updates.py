"""What people do in Telegram becomes moves, and what is no move changes nothing."""

from typing import Any

import pytest

from course_bot.conversation.port import (
    Opened,
    Pressed,
    Sent,
    Wrote,
)
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
