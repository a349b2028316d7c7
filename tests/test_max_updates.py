"""What people do in MAX becomes moves, and what is no move changes nothing."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from course_bot.conversation.port import Attachment, Opened, Pressed, Sent, Wrote
from course_bot.messengers.delivery import LASTING, Event, Membership, Refused, Turn
from course_bot.messengers.max.updates import MOVE_ID_CHARS, UPDATES, identity, read_update
from course_bot.messengers.reading import UpdateError
from course_bot.storage import Account
from tests.max_payloads import POLLS, WEBHOOKS
from tests.max_schema import UPDATE_TYPES
from tests.max_server import NOW
from tests.max_standin import MESSAGE_KINDS, USERNAME, MaxApi, Somebody

API = MaxApi(limits=False)
"""It is not started: here it only words updates."""
API.host = "https://files.example"
ANN = Somebody(API, 101, language="ru-RU")
ANNS = Account(door="max", key="101")


async def _bytes(url: str) -> bytes:
    return url.encode()


def read(raw: Mapping[str, object]) -> Event | None:
    return read_update(raw, username=USERNAME, at=NOW, fetch=_bytes)


def given_as(number: int) -> dict[str, Any]:
    """Return an update by its number."""
    return API.history[number]


def move_of(number: int) -> Any:
    """Return the move that an update becomes."""
    event = read(given_as(number))
    assert isinstance(event, Turn)
    assert (event.move.account, event.move.at) == (ANNS, NOW)
    assert event.chat == ANN.chat.number
    return event.move


def message_of(**content: Any) -> dict[str, Any]:
    """Return an update that brings a message of Ann's."""
    message = API.message_of(ANN, **content)
    return {"update_type": "message_created", "timestamp": API.now(), "message": message}


# The payloads that the official Go client has recorded, by their names


@pytest.mark.parametrize("name", WEBHOOKS)
def test_what_max_has_really_sent_is_read(name: str) -> None:
    kind = name.removeprefix("webhook.")
    event = read(WEBHOOKS[name])
    match kind:
        case "bot_started":
            assert isinstance(event, Turn)
            assert isinstance(event.move, Opened)
        case "message_callback":
            assert isinstance(event, Turn)
            assert event.move == Pressed(
                account=Account(door="max", key="5000000001"),
                move_id=event.move.move_id,
                at=NOW,
                name="Анна Петровна",
                language="ru",
                action="go:1:2",
            )
            assert event.chat == 5_170_000_008
            assert event.said == "Здравствуйте, Анна Петровна!"
        case "bot_stopped" | "dialog_removed":
            account = Account(door="max", key="5000000001")
            happened = datetime.fromtimestamp(WEBHOOKS[name]["timestamp"] / 1000, UTC)
            assert event == Membership(account=account, blocked=True, at=happened)
        case "bot_added":
            assert isinstance(event, Refused)
        case _:
            assert event is None
    [polled] = POLLS[f"update.{kind}"]["updates"]
    assert read(polled) == event
    assert identity(polled) == identity(WEBHOOKS[name])


def test_the_bot_asks_only_for_kinds_that_there_are() -> None:
    assert set(UPDATES) < UPDATE_TYPES


# Moves


@pytest.mark.parametrize("payload", [None, "", "go-AbC_1", "track-teacher", "Ы" * 128])
def test_a_start_opens_the_conversation_with_its_payload(payload: str | None) -> None:
    move = move_of(ANN.starts(payload))
    assert move == Opened(
        account=ANNS,
        move_id=move.move_id,
        at=NOW,
        name="Анна Петровна",
        language="ru",
        payload=payload or "",
    )


def test_a_start_that_is_written_opens_the_conversation_too() -> None:
    move = move_of(ANN.writes("/start lesson-help"))
    assert isinstance(move, Opened)
    assert move.payload == "lesson-help"


@pytest.mark.parametrize("text", ["здравствуйте", "/menu", "/startle", "ы" * 4000, "<b>&amp;"])
def test_any_other_text_is_written(text: str) -> None:
    move = move_of(ANN.writes(text))
    assert move == Wrote(
        account=ANNS,
        move_id=f"m{ANN.latest}",
        at=NOW,
        name="Анна Петровна",
        language="ru",
        text=text,
    )


def test_a_link_in_a_text_has_a_preview_and_is_a_text() -> None:
    for address in ("https://example.org", None):
        preview = {"type": "share", "payload": {"url": address}}
        move = read(message_of(text="вот https://example.org", attachments=[preview]))
        assert isinstance(move, Turn)
        assert isinstance(move.move, Wrote)


def test_a_file_at_no_address_is_no_file() -> None:
    for url in ("file:///etc/passwd", "", None):
        file = {"type": "file", "payload": {"url": url}, "filename": "a.csv", "size": 1}
        event = read(message_of(attachments=[file]))
        assert isinstance(event, Turn)
        assert isinstance(event.move, Sent)
        assert event.move.file is None


@pytest.mark.parametrize(
    "attachments", [[MESSAGE_KINDS[kind]] for kind in MESSAGE_KINDS] + [[{"type": "of_2031"}]]
)
def test_every_kind_of_message_that_is_not_text_is_something_sent(
    attachments: list[dict[str, Any]],
) -> None:
    event = read(message_of(attachments=attachments))
    assert isinstance(event, Turn)
    assert isinstance(event.move, Sent)
    assert event.move.file is None


async def test_a_document_is_a_file_that_is_downloaded_when_it_is_wanted() -> None:
    move = move_of(ANN.sends_file("../Лист № 5.xlsx", b"12345", text="вот"))
    assert isinstance(move, Sent)
    assert isinstance(move.file, Attachment)
    assert (move.file.name, move.file.size) == ("Лист № 5.xlsx", 5)
    assert (await move.file.fetch()).decode().startswith("https://files.example/")


async def test_a_file_that_is_passed_on_is_a_file() -> None:
    file = {"type": "file", "payload": {"url": "https://f", "token": "t"}, "filename": "a.csv"}
    inner = {"mid": "mid.elsewhere", "seq": 1, "attachments": [file]}
    event = read(message_of(link={"type": "forward", "message": inner}))
    assert isinstance(event, Turn)
    assert isinstance(event.move, Sent)
    assert event.move.file is not None
    assert (event.move.file.name, event.move.file.size) == ("a.csv", None)


def test_what_is_passed_on_is_said_unless_something_is_said_beside_it() -> None:
    forwarded = ANN.forwards("пропал чат", author=Somebody(API, 102))
    assert move_of(forwarded).text == "пропал чат"
    link = {"type": "forward", "message": {"mid": "mid.x", "text": "пропал чат"}}
    answered = {"type": "reply", "message": {"mid": "mid.x", "text": "пропал чат"}}
    for linked in (link, answered):
        event = read(message_of(text="что это?", link=linked))
        assert isinstance(event, Turn)
        assert isinstance(event.move, Wrote)
        assert event.move.text == "что это?"


def test_a_message_that_only_passes_on_another_one_may_have_no_body() -> None:
    """The schema's words say so of ``Message.body``."""
    moves = []
    for _ in range(2):
        raw = message_of(link={"type": "forward", "message": {"mid": "mid.x", "text": "?"}})
        raw["message"]["body"] = None
        event = read(raw)
        assert isinstance(event, Turn)
        assert isinstance(event.move, Wrote)
        assert read(raw) == event
        moves.append(event.move.move_id)
    assert moves[0] != moves[1]


@pytest.mark.parametrize(
    ("data", "action", "lasting"),
    [
        ("next", "next", False),
        (f"{LASTING}next", "next", True),
        ("", "", False),
        (None, "", False),
    ],
)
def test_a_press_brings_whatever_its_button_had(
    data: str | None, action: str, lasting: bool
) -> None:
    shown = API._new(ANN.chat, from_bot=True)
    shown.text, shown.document, shown.photo = "Экран", ("a.png", b"\x89PNG"), True
    event = read(given_as(ANN.presses_data(data)))
    assert isinstance(event, Turn)
    assert isinstance(event.move, Pressed)
    assert (event.move.action, event.lasting) == (action, lasting)
    assert (event.message, event.said, event.pictured) == (shown.mid, "Экран", True)
    assert event.press == ANN.press.number


def test_a_press_on_a_message_that_is_gone_has_an_account_and_no_place() -> None:
    API._new(ANN.chat, from_bot=True).text = "Экран"
    event = read(given_as(ANN.presses_data("next", deleted=True)))
    assert isinstance(event, Turn)
    assert (event.chat, event.message, event.move.account) == (0, None, ANNS)


def test_a_name_is_as_it_was_typed_and_may_be_missing() -> None:
    odd = Somebody(API, 103, first_name='<b>&"', last_name="\u202e❤", language="")
    event = read(given_as(odd.writes("?")))
    assert isinstance(event, Turn)
    assert (event.move.name, event.move.language) == ('<b>&" \u202e❤', "ru")
    raw = message_of(text="?")
    raw["message"]["sender"] = {"user_id": 101, "first_name": None, "name": "А"}
    event = read(raw)
    assert isinstance(event, Turn)
    assert event.move.name == "А"


def test_a_text_that_is_too_long_is_refused_with_a_word() -> None:
    refused = read(message_of(text="ы" * 4097))
    assert refused == Refused(chat=ANN.chat.number, reason="too_long", language="ru")


# What is no move


def test_whoever_stops_the_bot_or_removes_the_dialog_wants_no_word() -> None:
    for number in (ANN.stops(), ANN.removes_dialog()):
        raw = given_as(number)
        for told, at in (
            (NOW.timestamp() - 7, NOW - timedelta(seconds=7)),
            *((odd, NOW) for odd in (0, -1, NOW.timestamp() + 60, 2.0**53)),
        ):
            event = read({**raw, "timestamp": int(told * 1000)})
            assert event == Membership(account=ANNS, blocked=True, at=at)


def test_what_is_no_move_is_left_alone() -> None:
    group, channel = API.chat(-5), API.chat(-7, "channel")
    bot = {"user_id": 7, "first_name": "Б", "is_bot": True}
    own = message_of(text="?")
    own["message"]["sender"] = bot
    nobodys = message_of(text="?")
    del nobodys["message"]["sender"]
    ANN.writes("?")
    left = [
        own,
        nobodys,
        given_as(ANN.edits("!")),
        given_as(ANN.clears_dialog()),
        given_as(ANN.writes("привет", group)),
        given_as(ANN.writes("/start@another_bot", group)),
        given_as(ANN.writes("/start", channel)),
        given_as(ANN.adds_bot(channel)),
        given_as(ANN.removes_bot(group)),
        {"update_type": "something_of_2031", "a": 1},
    ]
    assert [read(raw) for raw in left] == [None] * len(left)


def test_a_group_that_calls_the_bot_is_told_where_it_works() -> None:
    group = API.chat(-5)
    told = Refused(chat=-5, reason="group", language="ru")
    for number in (ANN.writes("/start", group), ANN.writes(f"/menu@{USERNAME} x", group)):
        assert read(given_as(number)) == told
    assert read(given_as(ANN.adds_bot(group))) == told
    shown = API._new(group, from_bot=True)
    pressed = read(given_as(ANN.presses_data("next", shown)))
    assert isinstance(pressed, Refused)
    assert (pressed.chat, pressed.reason, pressed.press) == (-5, "group", ANN.press.number)


# What can't be read


@pytest.mark.parametrize(
    ("raw", "place"),
    [
        # A voice message, as long polling brings it.
        ({"update_type": "message_created", "timestamp": 1}, "message"),
        ({"update_type": "message_callback", "message": None}, "callback"),
        ({"update_type": "bot_started", "chat_id": 1}, "user"),
        ({"update_type": "bot_started", "user": {"user_id": 1}}, "chat_id"),
        ({"update_type": "bot_stopped", "user": {"user_id": "тайна"}}, "user.user_id"),
        ({"update_type": "bot_stopped", "user": {"user_id": 2**63}}, "user.user_id"),
        ({}, "update_type"),
    ],
)
def test_what_cannot_be_read_is_named_by_its_place_and_never_by_its_content(
    raw: dict[str, Any], place: str
) -> None:
    with pytest.raises(UpdateError) as caught:
        read(raw)
    assert str(caught.value) == place


ODD: list[Any] = [
    *(None, True, False, 0, -1, 2**63, 10**4000, 0.5, 1e300, float("nan")),
    *("", "x", "7", "٣", "\x00", "\ud800", "message_created", "я" * 9999),
    *([], {}, [[]], [None], ["x"], [{}], {"": None}, {"type": []}, [{"type": "file"}]),
    *({"user_id": 1}, {"chat_id": 1}, {"mid": None}, {"url": 1}),
]
SOUND = [
    *WEBHOOKS.values(),
    message_of(text="?", link={"type": "forward", "message": {"mid": "m", "seq": 1}}),
    given_as(ANN.sends_file("a.csv", b"1")),
    given_as(ANN.starts("go-1")),
]


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inside = list(value.items()) if isinstance(value, dict) else []
    inside += list(enumerate(value)) if isinstance(value, list) else []
    return [path] * bool(path) + [at for k, each in inside for at in _places(each, (*path, k))]


def _with(value: Any, path: tuple[Any, ...], put: Any) -> Any:
    if not path:
        return put
    copied = value.copy()
    copied[path[0]] = _with(value[path[0]], path[1:], put)
    return copied


@pytest.mark.parametrize("sound", SOUND, ids=range(len(SOUND)))
def test_whatever_stands_in_an_update_it_is_read_or_refused(sound: dict[str, Any]) -> None:
    told = set()
    for place in _places(sound):
        for put in ODD:
            raw = _with(sound, place, put)
            identity(raw)
            try:
                event = read(raw)
            except UpdateError as error:
                told.add(str(error))
            else:
                assert not isinstance(event, Turn) or len(event.move.move_id) <= MOVE_ID_CHARS
    assert all(0 < len(words) < 300 for words in told)
    assert told


# Which updates are one


def test_a_redelivered_update_is_the_same_move_whatever_has_changed_beside_it() -> None:
    API._new(ANN.chat, from_bot=True).text = "Экран"
    for number in (ANN.presses_data("next"), ANN.writes("?"), ANN.starts("x")):
        again = _busy(given_as(number))
        assert identity(again) == identity(given_as(number))
        first, second = read(given_as(number)), read(again)
        assert isinstance(first, Turn)
        assert isinstance(second, Turn)
        assert first.move.move_id == second.move.move_id


def _busy(raw: Any) -> Any:
    """Return an update whose people have been here later."""
    if isinstance(raw, list):
        return [_busy(each) for each in raw]
    if not isinstance(raw, dict):
        return raw
    later = {"last_activity_time": 1_900_000_000_000} if "user_id" in raw else {}
    return {key: _busy(each) for key, each in raw.items()} | later


def test_presses_on_one_keyboard_are_several_moves_though_max_may_call_them_one() -> None:
    """The schema calls ``callback_id`` the present keyboard's."""
    API._new(ANN.chat, from_bot=True).text = "Экран"
    first = given_as(ANN.presses_data("tap:1"))
    second, third = (
        _with(first, ("callback", *path), put)
        for path, put in (
            (("timestamp",), first["callback"]["timestamp"] + 1),
            (("payload",), "tap:2"),
        )
    )
    # Of what MAX may leave out, the time of the press is told by the update's.
    untimed = _with(_with(first, ("callback", "timestamp"), 0), ("timestamp",), 1)
    presses = first, second, third, untimed, _with(untimed, ("timestamp",), 2)
    turns = [read(each) for each in presses]
    assert len({turn.move.move_id for turn in turns if isinstance(turn, Turn)}) == 5
    assert len({identity(each) for each in presses}) == 5


def test_starts_a_moment_apart_are_several_moves() -> None:
    numbers = [ANN.starts("a"), ANN.starts("a"), ANN.starts("b")]
    assert len({move_of(number).move_id for number in numbers}) == 3
    assert len({identity(given_as(number)) for number in numbers}) == 3


def test_a_long_name_of_a_message_becomes_a_short_one_of_the_move() -> None:
    raw = message_of(text="?")
    raw["message"]["body"]["mid"] = "mid." + "f" * 100
    event = read(raw)
    assert isinstance(event, Turn)
    assert len(event.move.move_id) <= MOVE_ID_CHARS
