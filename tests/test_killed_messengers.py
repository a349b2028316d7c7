"""The real process is killed while people tap and are reminded in Telegram and in MAX at once."""

import asyncio
import re
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import chain
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.engine import URL

from course_bot.content.checking import check
from course_bot.conversation.turn import Conversation
from course_bot.messengers.delivery import Turn
from course_bot.messengers.max.updates import read_update
from course_bot.storage import Account
from course_bot.storage.engine import create_engine
from course_bot.storage.outbox import AT_ONCE, INTERRUPTED, LEASE
from course_bot.storage.questions import read_wordings, resolve
from course_bot.storage.schema import account, attempt, move, outbox
from course_bot.storage.store import Storage
from tests.dialogue import PortPerson
from tests.files_here import FilesHere, SheetsHere
from tests.killing import (
    FEWER_KILLS,
    KILLS,
    PATIENCE,
    ROOT,
    Given,
    answering,
    bot_in,
    stored_answers,
)
from tests.learners import learner as learner_at
from tests.learners import put
from tests.max_standin import BOT, MaxApi
from tests.max_standin import TOKEN as MAX_TOKEN
from tests.max_standin import Somebody as MaxSomebody
from tests.telegram_standin import TOKEN as TELEGRAM_TOKEN
from tests.telegram_standin import BotApi
from tests.telegram_standin import Somebody as TelegramSomebody

UPDATES_A_SECOND = 150
TRACK = "teacher"
UNREADABLE_EVERY = 40

Somebody = Any
"""A person at one of the stand-ins, which have no class in common."""


@dataclass(frozen=True, kw_only=True)
class Messenger:
    """What differs from messenger to messenger."""

    door: str
    api: Any
    """The stand-in."""
    somebody: Callable[[int], Somebody]
    """Makes a person of a number."""
    settings: dict[str, str]
    """The bot's, for this door."""
    move_id: Callable[[int], str]
    """Names the move that an update becomes, by the update's number."""
    is_move_id: Callable[[str], bool]
    """Tells such names from those of moves that were made beforehand."""
    unreadable: Callable[[], object]
    """Lets an update happen that can't be read."""
    marker: tuple[str, int] | None = None
    """Up to where which bot had heard before all this, if the messenger has no memory of it."""
    people: int
    """How many there are for each kill; each sends some fifteen updates."""
    away: int
    """How many reminders there are for each kill: so many that each kill finds some."""
    files: int
    """Each how manieth person asks for a file."""


Script = tuple[list[str], Given]
"""All that a person will press or write, and the answers that come of it."""


@dataclass(frozen=True, kw_only=True)
class Played:
    """Who there is in a messenger, and what they will do."""

    messenger: Messenger
    people: list[Somebody]
    away: list[Somebody]
    lives: dict[Somebody, Script]


async def test_no_update_is_lost_or_counted_twice_and_no_reminder_comes_twice_by_kills(
    tmp_path: Path, random: Random
) -> None:
    """Kill the bot while people press and are reminded: nothing is lost, and nothing comes twice.

    What the bot says by itself arrives once, or never where a kill met it in flight: no messenger
    knows a key by which it would tell a repeated message from a new one. So those that were begun
    and not yet reported when the process was killed are not sent again: some of them had arrived.
    No other is lost: at most as many for each kill as are lent at once.
    """
    database = URL.create("sqlite+aiosqlite", database=str(tmp_path / "course.db"))
    kills = min(KILLS, FEWER_KILLS)
    async with AsyncExitStack() as stack:
        messengers = [
            telegram(await stack.enter_async_context(BotApi())),
            max_(await stack.enter_async_context(MaxApi(limits=False))),
        ]
        settings = {name: value for each in messengers for name, value in each.settings.items()}
        bot = await stack.enter_async_context(
            bot_in(tmp_path, database, **settings, COURSE_BOT_TIME_ZONE=where_it_is_noon())
        )
        assert await bot.runs("db", "upgrade") == (0, "The database is up to date.\n")
        played = [await prepared(database, each, kills, random) for each in messengers]
        moves = sum(len(life) for each in played for life, _ in each.lives.values())
        feeding = [
            asyncio.create_task(feed(each.messenger, each.lives, random)) for each in played
        ]
        for task in feeding:
            stack.callback(task.cancel)
        for _ in range(kills):
            await bot.starts()
            await made_calls(messengers, random.randint(1, moves // kills * 2 // 3))
            await asyncio.sleep(random.uniform(0.0, 0.05))
            await bot.is_killed()
            await leases_end(database)
        await bot.starts()
        expected = [await task for task in feeding]
        for each in played:
            api, away = each.messenger.api, each.away
            for update in sorted(api.history)[::100]:
                await api.until_confirmed(update)
            await api.until_confirmed(max(api.history))
            await api.until(has_reached(away, len(away) - kills * AT_ONCE))
        await all_settled(database)
        await bot.stops()
        code, printed = await bot.runs("db", "verify")
    assert code == 0, printed
    assert "Traceback" not in bot.log
    answers = [given.items() for each in played for _, given in each.lives.values()]
    assert await stored_answers(database) == dict(chain.from_iterable(answers))
    for each, moved in zip(played, expected, strict=True):
        await nothing_is_lost(database, each, moved)


async def prepared(database: URL, messenger: Messenger, kills: int, random: Random) -> Played:
    """Let people come to a quiz, and others stay away for so long that a reminder is due."""
    people = [messenger.somebody(7_000_000_000 + n) for n in range(messenger.people * kills)]
    await begin_quizzes(database, messenger.door, people)
    away = [messenger.somebody(8_000_000_000 + n) for n in range(messenger.away * kills)]
    await stay_away(database, messenger.door, away)
    if messenger.marker is not None:
        async with Storage(create_engine(database)) as storage:
            await storage.keep_marker(*messenger.marker)
    lives = await scripts(database, messenger, people, random)
    return Played(messenger=messenger, people=people, away=away, lives=lives)


async def nothing_is_lost(database: URL, played: Played, moved: set[tuple[str, str]]) -> None:
    """Assert that what was done in a messenger is stored once, and what was to come came once."""
    messenger, away = played.messenger, played.away
    assert await stored_moves(database, messenger) == moved
    for somebody in played.people[:: messenger.files]:
        documents = [message.document for message in somebody.chat.from_bot if message.document]
        assert documents, f"{somebody.number} has asked for a file in vain"
    sent, interrupted = await messages(database, messenger.door)
    assert sent | interrupted == {each.number for each in away}
    assert sent.isdisjoint(interrupted)
    came = arrived_at(away)
    assert set(came.values()) == {1}, "a reminder came twice"
    assert sent <= came.keys() <= sent | interrupted
    lost = interrupted - came.keys()
    told = f"{len(interrupted)} of {len(away)} messages were interrupted, {len(lost)} of them lost"
    print(f"{messenger.door}: {told}")


def telegram(api: BotApi) -> Messenger:
    return Messenger(
        door="telegram",
        api=api,
        somebody=partial(TelegramSomebody, api),
        settings={"TELEGRAM_TOKEN": TELEGRAM_TOKEN, "TELEGRAM_API": api.url},
        move_id="u{}".format,
        is_move_id=lambda move_id: move_id.startswith("u"),
        unreadable=partial(api.gives_unreadable, TelegramSomebody(api, 6_999_999_999)),
        people=20,
        away=60,  # the bot sends 28 a second
        files=1,
    )


class Presser(MaxSomebody):
    """Somebody who had a message of the bot's before all this, and presses keys that it had."""

    def presses_data(self, data: str | None, *_: object, **__: object) -> int:
        if not self.chat.from_bot:
            self.api._new(self.chat, from_bot=True).text = "Курс"
        return super().presses_data(data, self.chat.from_bot[0])


def max_(api: MaxApi) -> Messenger:
    """MAX, asked for updates: a webhook's may come in another order after a kill."""
    api.unready = 0

    async def fetch(_: str) -> bytes:
        raise AssertionError("nobody sends a file")

    def move_id(update: int) -> str:
        now = datetime.now(UTC)
        turn = read_update(api.history[update], username="", at=now, fetch=fetch)
        assert isinstance(turn, Turn)
        return turn.move.move_id

    def voice() -> int:
        return api.gives_anything({"update_type": "message_created", "timestamp": api.now()})

    return Messenger(
        door="max",
        api=api,
        somebody=lambda number: Presser(api, number),
        settings={"MAX_TOKEN": MAX_TOKEN, "MAX_API": api.url},
        move_id=move_id,
        is_move_id=lambda name: bool(re.fullmatch(r"p[0-9a-f]{32}|mmid\..*", name)),
        unreadable=voice,
        marker=(f"max {BOT}", api.marker),
        people=10,
        away=15,  # the bot sends 10 a second
        files=5,
    )


def where_it_is_noon() -> str:
    """Name a time zone in which it is some time after twelve: there the bot may write first."""
    return f"Etc/GMT{datetime.now(UTC).hour - 12:+d}"


async def stay_away(database: URL, door: str, people: Sequence[Somebody]) -> None:
    """Let people begin a track, as if that had been four days ago: a reminder is due to each."""
    since = datetime.now(UTC) - timedelta(days=4)
    async with Storage(create_engine(database)) as storage:
        learners = [learner_at(storage, f"{somebody.number}", door) for somebody in people]
        for each in learners:
            each.now = since
        await asyncio.gather(*(each.does(put(track=TRACK)) for each in learners))


def arrived_at(people: Sequence[Somebody]) -> Counter[int]:
    """Count the messages that have reached each of these people."""
    return Counter({each.number: len(each.chat.from_bot) for each in people if each.chat.from_bot})


async def all_settled(database: URL) -> None:
    """Wait until it is known of every message what became of it."""
    engine = create_engine(database)
    left = select(func.count()).where(outbox.c.settled_at.is_(None))
    try:
        async with asyncio.timeout(PATIENCE):
            while True:
                async with engine.connect() as connection:
                    if not await connection.scalar(left):
                        return
                await asyncio.sleep(0.1)
    finally:
        await engine.dispose()


async def leases_end(database: URL) -> None:
    """Let five minutes pass for all messages that are lent."""
    engine = create_engine(database)
    lent = outbox.c.settled_at.is_(None) & outbox.c.lent_until.is_not(None)
    try:
        async with engine.connect() as connection:
            await connection.execution_options(writes=True)
            count = await connection.scalar(select(func.count()).where(lent))
            assert (count or 0) <= 2 * AT_ONCE, "each door is lent so many"
            await connection.execute(
                update(outbox).where(lent).values(lent_until=datetime.now(UTC) - LEASE)
            )
            await connection.commit()
    finally:
        await engine.dispose()


async def messages(database: URL, door: str) -> tuple[set[int], set[int]]:
    """Read to whom a message was sent at a door, and of whom it is not known whether it was."""
    engine = create_engine(database)
    try:
        async with engine.connect() as connection:
            rows = list(await connection.execute(select(outbox).where(outbox.c.door == door)))
    finally:
        await engine.dispose()
    assert {row.reason for row in rows} <= {None, INTERRUPTED}, rows
    sent, interrupted = (
        [int(row.account_id.removeprefix(f"{door}:")) for row in rows if row.reason == reason]
        for reason in (None, INTERRUPTED)
    )
    assert len(sent) + len(interrupted) == len({*sent, *interrupted})
    return set(sent), set(interrupted)


async def begin_quizzes(database: URL, door: str, people: Sequence[Somebody]) -> None:
    """Bring everybody to the first question of a quiz, as if that had been yesterday."""
    course, _ = check(ROOT / "lessons", today=datetime.now(UTC).date())
    assert course is not None
    tracks = list(course.tracks.values())
    yesterday = datetime.now(UTC) - timedelta(days=1)
    async with Storage(create_engine(database)) as storage:
        talk = Conversation(
            storage,
            lambda: course,
            secret=b"s" * 32,
            files=FilesHere(storage),
            sheets=SheetsHere(),
        )
        for number, somebody in enumerate(people):
            key, track = f"{somebody.number}", tracks[number % len(tracks)]
            person = PortPerson(talk=talk, account=Account(door=door, key=key), now=yesterday)
            await person.opens()
            await person.sends_action(f"begin:{track.id}")
            await person.sends_action(f"quiz:{track.lessons[0]}")


async def made_calls(messengers: Sequence[Messenger], count: int) -> None:
    """Wait until the bot has made so many calls more; each update is worth a call."""

    def made() -> int:
        return sum(len(each.api.calls) for each in messengers)

    before = made()
    async with asyncio.timeout(PATIENCE):
        while made() - before < count:  # noqa: ASYNC110 - none of several events would do
            await asyncio.sleep(0.005)


def has_reached(people: Sequence[Somebody], count: int) -> Callable[[], bool]:
    return lambda: len(arrived_at(people)) >= count


async def scripts(
    database: URL, messenger: Messenger, people: Sequence[Somebody], random: Random
) -> dict[Somebody, Script]:
    """Decide beforehand what everybody does, whatever they will see.

    They answer the whole quiz, and some ask once for all that is stored about them.
    """
    engine = create_engine(database)
    async with engine.connect() as connection:
        query = select(account.c.id, attempt.c.id.label("attempt"), attempt.c.asked)
        here = account.c.id.startswith(f"{messenger.door}:")
        joined = query.join(attempt, attempt.c.person_id == account.c.person_id)
        rows = list(await connection.execute(joined.where(here)))
        wordings = await connection.run_sync(read_wordings, [row.asked for row in rows])
    await engine.dispose()
    by_account = {f"{messenger.door}:{somebody.number}": somebody for somebody in people}
    written: dict[Somebody, Script] = {}
    for row in rows:
        moves, given = written[by_account[row.id]] = ([], {})
        for index, asked in enumerate(resolve(row.asked, wordings)):
            actions, given[row.attempt, index] = answering(row.attempt, index, asked, random)
            moves += actions
        if people.index(by_account[row.id]) % messenger.files:
            continue
        # Between two questions: the next one is called up first.
        calls = [place for place, move in enumerate(moves) if move.startswith("question:")]
        moves.insert(random.choice(calls), "export")
    return written


async def feed(
    messenger: Messenger, lives: dict[Somebody, Script], random: Random
) -> set[tuple[str, str]]:
    """Let people press at a steady rate, whether or not the bot is there.

    Returns:
        The account and the id of every move that was made.
    """
    left = {somebody: iter(moves) for somebody, (moves, _) in lives.items()}
    made: set[tuple[str, str]] = set()
    loop = asyncio.get_running_loop()
    due = loop.time()
    while left:
        if len(made) % UNREADABLE_EVERY == 0:
            messenger.unreadable()
        somebody = random.choice(list(left))
        word = next(left[somebody], None)
        if word is None:
            del left[somebody]
            continue
        update = somebody.writes(word) if word.isdigit() else somebody.presses_data(word)
        made.add((f"{messenger.door}:{somebody.number}", messenger.move_id(update)))
        due += 1 / UPDATES_A_SECOND
        await asyncio.sleep(due - loop.time())
    return made


async def stored_moves(database: URL, messenger: Messenger) -> set[tuple[str, str]]:
    """Read which of the messenger's updates were carried out."""
    engine = create_engine(database)
    try:
        async with engine.connect() as connection:
            rows = await connection.execute(select(move.c.account_id, move.c.move_id))
            return {
                (row.account_id, row.move_id) for row in rows if messenger.is_move_id(row.move_id)
            }
    finally:
        await engine.dispose()
