"""Long polling: the marker moves only after the commit, whatever fails."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from course_bot.conversation.port import Wrote
from course_bot.messengers.max.api import Limits
from course_bot.messengers.max.door import MaxDoor
from tests.max_server import HURRIED, PACE, Markers, ann, api, boris, make_door, talk
from tests.max_standin import MESSAGE_KINDS, MaxApi, Somebody
from tests.pretend_talk import PretendTalk

__all__ = ["ann", "api", "boris", "talk"]


@asynccontextmanager
async def polled(
    talk: PretendTalk, api: MaxApi, markers: Markers, *, limits: Limits = HURRIED
) -> AsyncIterator[MaxDoor]:
    """Let the door poll; it is killed at the end of the block."""
    door = make_door(talk, api, markers=markers, limits=limits)
    await door.start()
    polling = asyncio.create_task(door.poll())
    try:
        yield door
    finally:
        polling.cancel()
        await asyncio.gather(polling, return_exceptions=True)
        await door.close()


def has_committed(talk: PretendTalk, count: int) -> bool:
    return len(talk.committed) >= count


def texts(talk: PretendTalk) -> list[str]:
    return [move.text for move in talk.committed if isinstance(move, Wrote)]


async def test_a_marker_is_kept_only_after_the_commit_and_a_slow_turn_holds_nobody_back(
    talk: PretendTalk, ann: Somebody, boris: Somebody, api: MaxApi
) -> None:
    hold, markers = talk.holds(str(ann.number)), Markers(1001)
    async with polled(talk, api, markers) as door:
        first, _ = ann.writes("?"), boris.writes("?")
        await api.until(lambda: len(boris.chat.from_bot) == 1)
        later = boris.writes("!")
        await api.until(lambda: len(boris.chat.from_bot) == 2)
        assert markers.kept == first
        assert ann.chat.from_bot == []
        hold.set()
        await api.until_confirmed(later)
        assert markers.kept == later + 1
        await door.idle()
    assert [len(person.chat.from_bot) for person in (ann, boris)] == [1, 2]
    assert len(talk.taken) == 3, "what came again was left alone"


async def test_a_kill_before_the_marker_is_kept_loses_nothing(
    talk: PretendTalk, api: MaxApi
) -> None:
    people = [Somebody(api, 200 + number) for number in range(7)]
    markers = Markers(1001)
    updates = [people[number % 7].writes(str(number)) for number in range(130)]
    for _ in range(4):
        enough = len(talk.committed) + 17
        talk.allowance = asyncio.Semaphore(17)
        async with polled(talk, api, markers):
            await api.until(partial(has_committed, talk, enough))
    talk.allowance = None
    async with polled(talk, api, markers):
        await api.until_confirmed(updates[-1])
    assert set(texts(talk)) == {str(number) for number in range(130)}
    assert markers.kept == updates[-1] + 1
    for person in people:
        own = [
            int(move.text)
            for move in talk.committed
            if isinstance(move, Wrote) and move.account.key == str(person.number)
        ]
        assert list(dict.fromkeys(own)) == sorted(set(own))


async def test_without_a_marker_the_first_one_that_max_tells_is_kept(
    talk: PretendTalk, ann: Somebody, api: MaxApi
) -> None:
    """MAX gives only the newest update then: what was before there was a bot is nobody's."""
    markers = Markers()
    ann.writes("до")
    newest = ann.writes("после")
    async with polled(talk, api, markers):
        await api.until_confirmed(newest)
        later = [ann.writes("раз"), ann.writes("два")]
        await api.until_confirmed(later[-1])
    assert texts(talk) == ["после", "раз", "два"]
    assert markers.kept == later[-1] + 1


async def test_updates_that_come_without_a_marker_are_taken_once(
    talk: PretendTalk, ann: Somebody, boris: Somebody, api: MaxApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the schema the marker may be null; then the same updates come again."""
    markers, get = Markers(1001), api._get_updates

    async def nameless(*given: Any) -> dict[str, Any]:
        return {**await get(*given), "marker": None}

    monkeypatch.setattr(api, "_get_updates", nameless)
    async with polled(talk, api, markers):
        ann.writes("?")
        polls = len(api.made("GET /updates"))
        await api.until(lambda: len(api.made("GET /updates")) > polls + 5)
        boris.writes("!")
        polls = len(api.made("GET /updates"))
        await api.until(lambda: len(api.made("GET /updates")) > polls + 5)
        assert len(talk.taken) == 2
        monkeypatch.undo()
        last = ann.writes("конец")
        await api.until_confirmed(last)
    assert texts(talk) == ["?", "!", "конец"]
    assert markers.kept == last + 1


async def test_a_database_that_is_away_moves_no_marker_and_repeats_no_turn(
    talk: PretendTalk, ann: Somebody, api: MaxApi
) -> None:
    markers = Markers(1001, faults=3)
    async with polled(talk, api, markers):
        update = ann.writes("?")
        await api.until(lambda: bool(talk.committed))
        markers.faults = 3
        await api.until_confirmed(update)
    assert markers.kept == update + 1
    assert len(talk.taken) == 1


@pytest.mark.parametrize("kind", ["500", "gateway", "reset", "lost", "429 as text", "403"])
async def test_polling_goes_on_after_the_network_comes_back(
    talk: PretendTalk, ann: Somebody, api: MaxApi, kind: Any
) -> None:
    async with polled(talk, api, Markers(1001)):
        api.fails(kind, "GET /updates", times=1 if "429" in kind else 4, seconds=0)
        await api.until_confirmed(ann.writes("?"))
        await api.until_confirmed(ann.writes("!"))
    assert texts(talk) == ["?", "!"]


async def test_a_token_that_is_taken_back_is_waited_for(
    talk: PretendTalk, ann: Somebody, api: MaxApi, caplog: pytest.LogCaptureFixture
) -> None:
    async with polled(talk, api, Markers(1001)):
        await api.until(lambda: bool(api.made("GET /updates")))
        token, api.token = api.token, "another"
        update = ann.writes("?")
        await api.until(lambda: api.made("GET /updates")[-1].code == 401)
        api.token = token
        await api.until_confirmed(update)
    assert "no updates from MAX: 401 verify.token" in caplog.text


async def test_polling_leaves_the_webhooks_that_were_there(
    talk: PretendTalk, ann: Somebody, api: MaxApi
) -> None:
    for name in ("a", "b?c=1&d"):
        url = f"https://{name[0]}.example/{name}"
        api.subscriptions[url] = {"url": url, "time": 1}
    update = ann.writes("?")
    async with polled(talk, api, Markers(1001)):
        await api.until_confirmed(update)
    assert api.subscriptions == {}
    assert texts(talk) == ["?"]


async def test_what_cannot_be_read_and_what_breaks_costs_one_update_and_not_the_loop(
    talk: PretendTalk, ann: Somebody, api: MaxApi, caplog: pytest.LogCaptureFixture
) -> None:
    talk.breaks = lambda move: ValueError("a bug") if move.account.key == "102" else None
    broken = Somebody(api, 102)
    ann.writes("начало")
    ann.sends(attachments=[MESSAGE_KINDS["audio"]])
    broken.writes("?")
    last = ann.writes("конец")
    async with polled(talk, api, Markers(1001)):
        await api.until_confirmed(last)
    assert texts(talk) == ["начало", "конец"]
    assert "an update 'message_created' can't be read (message)" in caplog.text


async def test_max_is_asked_no_more_often_than_it_allows(
    talk: PretendTalk, ann: Somebody, api: MaxApi
) -> None:
    """While a turn is in hand, too, or where updates come one by one."""
    hold = talk.holds(str(ann.number))
    async with polled(talk, api, Markers(1001), limits=replace(HURRIED, polls=10)):
        ann.writes("?")
        await api.until(lambda: len(api.made("GET /updates")) >= 6)
        hold.set()
    times = [call.at for call in api.made("GET /updates")][:6]
    assert times[-1] - times[0] >= 5 / 10 * 0.9
    for call in api.made("GET /updates"):
        assert int(call.query["timeout"]) <= PACE.long_poll
        assert call.query["limit"] == "100"
    assert Limits().polls == 2
