"""What all doors share, tried at Telegram's: order, patience with faults, nothing lost."""

import pytest

from course_bot.conversation.port import (
    Notice,
    Pressed,
    Screen,
)
from tests.pretend_talk import PretendTalk
from tests.telegram_server import (
    KEYBOARD,
    SHORT_CALLS,
    TROUBLE,
    TROUBLE_EN,
    Server,
    ann,
    api,
    boris,
    served,
    server,
    talk,
)
from tests.telegram_standin import (
    BotApi,
    Somebody,
)

__all__ = ["ann", "api", "boris", "server", "talk"]


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


async def test_a_reply_that_never_goes_out_costs_no_turn(
    server: Server, talk: PretendTalk, ann: Somebody, api: BotApi, caplog: pytest.LogCaptureFixture
) -> None:
    await server.settles(ann.writes("?"))
    api.fails("500", "editMessageText", "sendMessage", times=99)
    await server.settles(ann.presses("Дальше"))
    assert len(talk.committed) == 2
    assert ann.screen.text == "Экран 1"
    assert "a message is not sent" in caplog.text
    api.recovers()
    await server.settles(ann.presses("Дальше"))
    assert ann.screen.text == "Экран 3"


async def test_nobody_waits_for_a_call_that_hangs_in_another_chat(
    talk: PretendTalk, ann: Somebody, boris: Somebody, api: BotApi
) -> None:
    async with served(talk, api) as server:
        api.fails("hang", chats=[ann.number], times=99)
        ann.writes("?")
        await api.until(lambda: bool(api.made("sendMessage", chat=ann.number)))
        updates = [ann.presses_data("next"), *(boris.writes("?") for _ in range(5))]
        await api.until(lambda: len(boris.chat.from_bot) == 5)
        await api.until_confirmed(max(updates))
        assert len(talk.committed) == 7
        assert ann.chat.from_bot == []
        server.door._delivery._pace = (
            SHORT_CALLS  # only its farewell, so as not to wait for the hanging
        )


async def test_only_the_last_of_many_presses_is_shown_when_telegram_is_slow(
    server: Server, talk: PretendTalk, ann: Somebody, api: BotApi
) -> None:
    await server.settles(ann.writes("?"))
    message = ann.screen
    api.fails("429", "editMessageText", retry_after=1)
    ann.presses("Дальше", message)
    await api.until(lambda: any(call.code == 429 for call in api.calls))
    update = [ann.presses("Назад", message) for _ in range(8)][-1]
    await server.settles(update)
    assert len(talk.committed) == 10
    assert (message.text, message.edits) == ("Экран 10", 2)
    assert all(len(query.answers) == 1 for query in api.queries.values())


async def test_a_screen_is_not_dropped_for_a_press_that_shows_none(
    server: Server, talk: PretendTalk, ann: Somebody, api: BotApi
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


async def test_a_turn_that_fails_for_a_moment_is_tried_again(
    server: Server, talk: PretendTalk, ann: Somebody
) -> None:
    faults = iter([OSError("database is locked"), KeyError("?")])
    talk.breaks = lambda _: next(faults, None)
    await server.settles(ann.writes("?"))
    assert len(talk.committed) == 1
    assert [message.text for message in ann.chat.from_bot] == ["Экран 1"]


async def test_a_press_that_fails_each_time_is_answered_and_passed_over(
    server: Server,
    talk: PretendTalk,
    ann: Somebody,
    api: BotApi,
    caplog: pytest.LogCaptureFixture,
) -> None:
    await server.settles(ann.writes("?"))
    talk.breaks = lambda move: (
        ZeroDivisionError("a bug") if isinstance(move, Pressed) and move.action == "next" else None
    )
    await server.settles(ann.presses("Дальше"))
    assert ann.query.answers == [(TROUBLE, True)]
    assert ann.screen.text == "Экран 1"
    assert "Traceback" in caplog.text
    assert "a bug" in caplog.text
    assert [type(move).__name__ for move in talk.taken] == ["Wrote"] + ["Pressed"] * 3
    await server.settles(ann.presses("Назад"))
    assert ann.screen.text == "Экран 2"


async def test_who_wrote_is_told_of_a_fault_in_a_message(
    server: Server, talk: PretendTalk, boris: Somebody
) -> None:
    talk.breaks = lambda _: AssertionError("a bug")
    await server.settles(boris.writes("?"))
    assert [message.text for message in boris.chat.from_bot] == [TROUBLE_EN]


async def test_a_fault_of_one_persons_data_holds_nobody_back(
    server: Server, talk: PretendTalk, ann: Somebody, boris: Somebody
) -> None:
    class DatabaseError(Exception):
        pass

    talk.breaks = lambda move: DatabaseError("?") if move.account.key == "101" else None
    hers = ann.writes("?")
    for _ in range(5):
        boris.writes("?")
    await server.settles(hers)
    await server.settles()
    assert len(talk.committed) == 5
    assert [message.text for message in ann.chat.from_bot] == [TROUBLE]


async def test_nothing_is_lost_or_confirmed_while_the_database_is_out(
    server: Server, talk: PretendTalk, ann: Somebody, boris: Somebody, api: BotApi
) -> None:
    talk.breaks = lambda _: ConnectionError("no database")
    updates = [ann.writes("?"), boris.writes("?"), ann.presses_data("next"), boris.writes("!")]
    await api.until(lambda: len(talk.taken) > 20)
    assert api.confirmed < updates[0]
    assert [query.answers for query in api.queries.values()] == [[]]
    await api.until(lambda: bool(ann.chat.from_bot and boris.chat.from_bot))
    for somebody, words in ((ann, TROUBLE), (boris, TROUBLE_EN)):
        assert [message.text for message in somebody.chat.from_bot] == [words]
    talk.breaks = lambda _: None
    await server.settles(*updates)
    assert sorted(talk.ids()) == [f"u{update}" for update in updates]
    assert len(ann.query.answers) == 1


async def test_the_reply_goes_out_after_the_commit(
    server: Server, talk: PretendTalk, ann: Somebody, api: BotApi
) -> None:
    talk.open.clear()
    update = ann.presses_data("next")
    await api.until(lambda: len(talk.taken) == 1)
    assert api.made("sendMessage", "answerCallbackQuery") == []
    talk.open.set()
    await server.settles(update)
    assert len(api.made("sendMessage", "answerCallbackQuery")) == 2


async def test_moves_of_one_person_keep_their_order_and_others_do_not_wait(
    server: Server, talk: PretendTalk, ann: Somebody, boris: Somebody, api: BotApi
) -> None:
    hold = talk.holds(str(ann.number))
    hers = [ann.writes(str(number)) for number in range(5)]
    his = [boris.writes(str(number)) for number in range(5)]
    await api.until(lambda: len(talk.committed) == 5)
    assert talk.ids() == [f"u{update}" for update in his]
    assert [move.move_id for move in talk.taken if move.account.key == "101"] == [f"u{hers[0]}"]
    hold.set()
    await server.settles(*his)
    assert talk.ids()[5:] == [f"u{update}" for update in hers]
    assert [m.text for m in ann.chat.from_bot] == [f"Экран {n}" for n in range(6, 11)]


async def test_at_most_32_turns_are_carried_out_at_a_time(
    server: Server, talk: PretendTalk, api: BotApi
) -> None:
    talk.open.clear()
    updates = [Somebody(api, 300 + number).writes("?") for number in range(50)]
    await api.until(lambda: len(talk.taken) >= 32)
    # Two more rounds of the loop: whoever could begin has begun.
    polls = len(api.made("getUpdates"))
    await api.until(lambda: len(api.made("getUpdates")) >= polls + 2)
    assert len(talk.taken) == 32
    talk.open.set()
    await server.settles(*updates)
    assert len(talk.committed) == 50


async def test_who_floods_takes_only_one_place(
    server: Server, talk: PretendTalk, ann: Somebody, api: BotApi
) -> None:
    hold = talk.holds(str(ann.number))
    flood = [ann.writes(str(number)) for number in range(60)]
    others = [Somebody(api, 400 + number) for number in range(35)]
    for somebody in others:
        somebody.writes("?")
    await api.until(lambda: all(somebody.chat.from_bot for somebody in others))
    assert len([move for move in talk.taken if move.account.key == "101"]) == 1
    hold.set()
    await server.settles(*flood)
    await server.settles()
    assert len(talk.committed) == 95
