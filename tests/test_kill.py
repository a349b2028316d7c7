"""The real process is killed again and again while people press: nothing confirmed is lost."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random, SystemRandom

import pytest
from aiohttp import ClientSession, CookieJar
from sqlalchemy import select, update
from sqlalchemy.engine import URL

from course_bot.content.checking import check
from course_bot.conversation.turn import Conversation
from course_bot.storage import Account
from course_bot.storage.engine import create_engine
from course_bot.storage.outbox import AT_ONCE, LEASE
from course_bot.storage.questions import read_wordings, resolve
from course_bot.storage.schema import account, attempt, deletion, move, outbox, person
from course_bot.storage.store import Storage
from tests.browser_person import BrowserPerson
from tests.dialogue import PortPerson
from tests.killing import (
    KILLS,
    PATIENCE,
    ROOT,
    Bot,
    Given,
    Learner,
    answering,
    bot_in,
    stored_answers,
)
from tests.learners import learner as learner_at
from tests.learners import put
from tests.telegram_standin import TOKEN, BotApi, Somebody

FEWER_KILLS = max(3, KILLS // 5)
"""For the second database and for Telegram, so that fifty kills stay a matter of minutes."""
LEARNERS = 8
MOVES_IN_LIFE = 120
"""Before so many moves in one life come the kills: the door lets 20 a person pass unhindered."""
UPDATES_A_SECOND = 150
PEOPLE_FOR_KILL = 40
"""Each sends some fifteen updates."""
AWAY_FOR_KILL = 100
"""How many reminders there are: the bot sends 28 a second, so that each kill finds some."""
TRACK = "teacher"
UNREADABLE_EVERY = 40


@pytest.fixture
def random() -> Random:
    """Chances that can be had again: a failed test shows the seed."""
    seed = SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    return Random(seed)


class News:
    """Lets one wait for what others do."""

    def __init__(self) -> None:
        self._some = asyncio.Event()

    def notify(self) -> None:
        self._some.set()

    async def until(self, true: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not true():
                self._some.clear()
                await self._some.wait()


async def test_nothing_that_learners_do_is_lost_or_done_twice_by_kills(
    bare_url: URL, tmp_path: Path, random: Random
) -> None:
    """No confirmed answer, join, export or deletion is lost, and none counts twice.

    Whatever was not answered when the process was killed comes again as the same move: the join
    says that all is here now, the file comes, the farewell is said, whether it had been carried
    out or not.
    """
    kills = KILLS if bare_url.get_backend_name() == "sqlite" else min(KILLS, FEWER_KILLS)
    news = News()
    async with AsyncExitStack() as stack:

        def device() -> BrowserPerson:
            session = ClientSession(cookie_jar=CookieJar(unsafe=True))
            stack.push_async_callback(session.close)
            return BrowserPerson(url="", session=session)

        learners = [Learner(device, random, news.notify) for _ in range(LEARNERS)]
        bot = await stack.enter_async_context(bot_in(tmp_path, bare_url))
        for kill in range(kills):
            # The first is killed over its empty database, perhaps in the middle of migrating it.
            if kill % 5 == 0:
                await bot.dies_while_starting(random.uniform(0.2, 1.5))
            else:
                await one_life(bot, bare_url, learners, news, random)
        await bot.starts()
        await asyncio.gather(*(learner.stops(bot.url) for learner in learners))
        await bot.stops()
        code, printed = await bot.runs("db", "verify")
    assert code == 0, printed
    assert "Traceback" not in bot.log
    given = all_given(learners)
    assert len(given) + sum(len(learner.deleted) for learner in learners) >= kills
    assert await stored_answers(bare_url) == given
    people, gone = await numbers(bare_url)
    assert len(people) == LEARNERS, "whoever joined is one with the other, and nobody came anew"
    assert len(gone) == sum(learner.done["erase"] for learner in learners)
    assert not people & gone, "the number of somebody deleted is somebody else's"
    print(sum((learner.done for learner in learners), Counter()))


async def one_life(
    bot: Bot, database: URL, learners: Sequence[Learner], news: News, random: Random
) -> None:
    """Start the bot, hold what it found against what was confirmed, press, and kill it."""
    await bot.starts()
    await nothing_is_lost(database, learners)
    enough = random.randint(1, MOVES_IN_LIFE)
    async with asyncio.TaskGroup() as pressing:
        for learner in learners:
            learner.confirmed = 0
            pressing.create_task(learner.presses_on(bot.url))
        await news.until(
            lambda: (
                all(learner.confirmed for learner in learners)
                and sum(learner.confirmed for learner in learners) >= enough
            )
        )
        # Right after an answer nothing is under way: a moment later it may be anything.
        await asyncio.sleep(random.uniform(0.0, 0.01))
        await bot.is_killed()


async def nothing_is_lost(database: URL, learners: Sequence[Learner]) -> None:
    """Assert that what is stored was given: all that was confirmed, and else what is waiting."""
    stored = await stored_answers(database)
    for learner in learners:
        theirs = {key: stored.get(key) for key in learner.given}
        erasing = learner.waiting is not None and learner.waiting.verb == "erase"
        assert theirs == learner.given or (erasing and not any(key in stored for key in theirs))
        assert not stored.keys() & learner.deleted.keys(), "deleted, and there again"
    more = Counter(stored[key] for key in stored.keys() - all_given(learners).keys())
    waiting = Counter(
        learner.waiting.answers
        for learner in learners
        if learner.waiting is not None and learner.waiting.answers is not None
    )
    assert more <= waiting, f"stored, but given by nobody: {more - waiting}"


def all_given(learners: Sequence[Learner]) -> Given:
    """Return all confirmed answers that nobody has deleted."""
    return {key: response for learner in learners for key, response in learner.given.items()}


async def numbers(database: URL) -> tuple[set[int], set[int]]:
    """Read the numbers of all people, and of all who were deleted."""
    engine = create_engine(database)
    try:
        async with engine.connect() as connection:
            return (
                set(await connection.scalars(select(person.c.id))),
                set(await connection.scalars(select(deletion.c.person_id))),
            )
    finally:
        await engine.dispose()


async def test_no_update_is_lost_or_counted_twice_and_no_message_is_lost_by_kills(
    tmp_path: Path, random: Random
) -> None:
    """What the bot says by itself arrives; once, or once more for each kill that met it in flight.

    Telegram knows no key by which it would tell a repeated message from a new one. So those that
    had been sent and not yet reported when the process was killed arrive once more, and no others:
    at most as many for each kill as are lent at once.
    """
    database = URL.create("sqlite+aiosqlite", database=str(tmp_path / "course.db"))
    kills = min(KILLS, FEWER_KILLS)
    async with AsyncExitStack() as stack:
        api = await stack.enter_async_context(BotApi())
        bot = await stack.enter_async_context(
            bot_in(
                tmp_path,
                database,
                TELEGRAM_TOKEN=TOKEN,
                TELEGRAM_API=api.url,
                COURSE_BOT_TIME_ZONE=where_it_is_noon(),
            )
        )
        assert await bot.runs("db", "upgrade") == (0, "The database is up to date.\n")
        people = [Somebody(api, 7_000_000_000 + n) for n in range(PEOPLE_FOR_KILL * kills)]
        await begin_quizzes(database, people)
        away = [Somebody(api, 8_000_000_000 + n) for n in range(AWAY_FOR_KILL * kills)]
        await stay_away(database, away)
        expected_messages = Counter(each.number for each in away)
        lives = await scripts(database, people, random)
        moves = sum(len(life) for life, _ in lives.values())
        feeding = asyncio.create_task(feed(api, lives, random))
        stack.callback(feeding.cancel)
        for _ in range(kills):
            before = len(api.calls)
            await bot.starts()
            await made_calls(api, random.randint(1, moves // kills * 2 // 3))
            await asyncio.sleep(random.uniform(0.0, 0.05))
            await bot.is_killed()
            lent = await leases_end(database)
            expected_messages.update(lent & set(arrived(api, before)))
        await bot.starts()
        expected = await feeding
        for update in sorted(api.history)[::100]:
            await api.until_confirmed(update)
        await api.until_confirmed(max(api.history))
        for count in range(AWAY_FOR_KILL, len(away) + 1, AWAY_FOR_KILL):
            await are_reminded(api, away[:count])
        await bot.stops()
        code, printed = await bot.runs("db", "verify")
    assert code == 0, printed
    assert "Traceback" not in bot.log
    assert await stored_moves(database) == expected
    given = {key: each for _, answers in lives.values() for key, each in answers.items()}
    assert await stored_answers(database) == given
    for somebody in people:
        documents = [message.document for message in somebody.chat.from_bot if message.document]
        assert documents, f"{somebody.number} has asked for a file in vain"
    assert await sent_messages(database) == {each.number for each in away}
    reminded = {each.number for each in away}
    assert Counter(chat for chat in arrived(api) if chat in reminded) == expected_messages
    print(f"{expected_messages.total() - len(away)} of {len(away)} messages came once more")


def where_it_is_noon() -> str:
    """Name a time zone in which it is some time after twelve: there the bot may write first."""
    return f"Etc/GMT{datetime.now(UTC).hour - 12:+d}"


async def stay_away(database: URL, people: Sequence[Somebody]) -> None:
    """Let people begin a track, as if that had been four days ago: a reminder is due to each."""
    since = datetime.now(UTC) - timedelta(days=4)
    async with Storage(create_engine(database)) as storage:
        learners = [learner_at(storage, f"{somebody.number}") for somebody in people]
        for each in learners:
            each.now = since
        await asyncio.gather(*(each.does(put(track=TRACK)) for each in learners))


async def are_reminded(api: BotApi, people: Sequence[Somebody]) -> None:
    """Wait until everybody has got a message."""
    await api.until(lambda: all(each.chat.from_bot for each in people), "for reminders")


def arrived(api: BotApi, since: int = 0) -> list[int]:
    """List the chats that messages have reached since so many calls, as often as they have."""
    return [
        call.chat
        for call in api.calls[since:]
        if call.method == "sendMessage" and call.code == 200 and call.chat is not None
    ]


async def leases_end(database: URL) -> set[int]:
    """Let five minutes pass for all messages that are lent; return to whom they are."""
    engine = create_engine(database)
    lent = outbox.c.settled_at.is_(None) & outbox.c.lent_until.is_not(None)
    try:
        async with engine.connect() as connection:
            await connection.execution_options(writes=True)
            numbers = {
                int(account_id.removeprefix("telegram:"))
                for account_id in await connection.scalars(select(outbox.c.account_id).where(lent))
            }
            await connection.execute(
                update(outbox).where(lent).values(lent_until=datetime.now(UTC) - LEASE)
            )
            await connection.commit()
    finally:
        await engine.dispose()
    assert len(numbers) <= AT_ONCE
    return numbers


async def sent_messages(database: URL) -> set[int]:
    """Read to whom a message was sent, each but once as far as the bot knows."""
    engine = create_engine(database)
    try:
        async with engine.connect() as connection:
            rows = list(await connection.execute(select(outbox)))
    finally:
        await engine.dispose()
    assert all(row.settled_at is not None and row.reason is None for row in rows), rows
    numbers = [int(row.account_id.removeprefix("telegram:")) for row in rows]
    assert len(numbers) == len(set(numbers))
    return set(numbers)


async def begin_quizzes(database: URL, people: Sequence[Somebody]) -> None:
    """Bring everybody to the first question of a quiz, as if that had been yesterday."""
    course, _ = check(ROOT / "lessons", today=datetime.now(UTC).date())
    assert course is not None
    tracks = list(course.tracks.values())
    async with Storage(create_engine(database)) as storage:
        talk = Conversation(storage, lambda: course, secret=b"s" * 32)
        for number, somebody in enumerate(people):
            key, track = f"{somebody.number}", tracks[number % len(tracks)]
            person = PortPerson(talk=talk, account=Account(door="telegram", key=key))
            await person.opens()
            await person.sends_action(f"begin:{track.id}")
            await person.sends_action(f"quiz:{track.lessons[0]}")


async def made_calls(api: BotApi, count: int) -> None:
    """Wait until the bot has called the API so many times more; each update is worth a call."""
    before = len(api.calls)
    await api.until(lambda: len(api.calls) - before >= count, "for calls")


Script = tuple[list[str], Given]
"""All that a person will press or write, and the answers that come of it."""


async def scripts(
    database: URL, people: Sequence[Somebody], random: Random
) -> dict[Somebody, Script]:
    """Decide beforehand what everybody does, whatever they will see.

    They answer the whole quiz, and ask once for all that is stored about them.
    """
    engine = create_engine(database)
    async with engine.connect() as connection:
        query = select(account.c.id, attempt.c.id.label("attempt"), attempt.c.asked)
        rows = list(
            await connection.execute(
                query.join(attempt, attempt.c.person_id == account.c.person_id)
            )
        )
        wordings = await connection.run_sync(read_wordings, [row.asked for row in rows])
    await engine.dispose()
    by_account = {f"telegram:{somebody.number}": somebody for somebody in people}
    written: dict[Somebody, Script] = {}
    for row in rows:
        moves, given = written[by_account[row.id]] = ([], {})
        for index, asked in enumerate(resolve(row.asked, wordings)):
            actions, given[row.attempt, index] = answering(row.attempt, index, asked, random)
            moves += actions
        # Between two questions: the next one is called up first.
        calls = [place for place, move in enumerate(moves) if move.startswith("question:")]
        moves.insert(random.choice(calls), "export")
    return written


async def feed(api: BotApi, lives: dict[Somebody, Script], random: Random) -> set[tuple[str, str]]:
    """Let people press at a steady rate, whether or not the bot is there.

    Returns:
        The account and the id of every move that was made.
    """
    left = {somebody: iter(moves) for somebody, (moves, _) in lives.items()}
    stranger = Somebody(api, 6_999_999_999)
    made: set[tuple[str, str]] = set()
    loop = asyncio.get_running_loop()
    due = loop.time()
    while left:
        if len(made) % UNREADABLE_EVERY == 0:
            api.gives_unreadable(stranger)
        somebody = random.choice(list(left))
        word = next(left[somebody], None)
        if word is None:
            del left[somebody]
            continue
        update = somebody.writes(word) if word.isdigit() else somebody.presses_data(word)
        made.add((f"telegram:{somebody.number}", f"u{update}"))
        due += 1 / UPDATES_A_SECOND
        await asyncio.sleep(due - loop.time())
    return made


async def stored_moves(database: URL) -> set[tuple[str, str]]:
    """Read which of Telegram's updates were carried out."""
    engine = create_engine(database)
    try:
        async with engine.connect() as connection:
            rows = await connection.execute(
                select(move.c.account_id, move.c.move_id).where(move.c.move_id.startswith("u"))
            )
            return {(row.account_id, row.move_id) for row in rows}
    finally:
        await engine.dispose()
