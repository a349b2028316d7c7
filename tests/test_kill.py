"""The real process is killed again and again while people press: nothing confirmed is lost."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from random import Random, SystemRandom

import pytest
from sqlalchemy import select
from sqlalchemy.engine import URL

from course_bot.content.checking import check
from course_bot.conversation.turn import Conversation
from course_bot.storage import Account
from course_bot.storage.engine import create_engine
from course_bot.storage.questions import read_wordings, resolve
from course_bot.storage.schema import account, attempt, move
from course_bot.storage.store import Storage
from tests.browser_person import browser_person
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
from tests.telegram_standin import TOKEN, BotApi, Somebody

FEWER_KILLS = max(3, KILLS // 5)
"""For the second database and for Telegram, so that fifty kills stay a matter of minutes."""
LEARNERS = 8
MOVES_IN_LIFE = 120
"""Before so many moves in one life come the kills: the door lets 20 a person pass unhindered."""
UPDATES_A_SECOND = 150
PEOPLE_FOR_KILL = 40
"""Each sends some fifteen updates."""
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


async def test_no_confirmed_answer_is_lost_or_counted_twice_by_kills(
    bare_url: URL, tmp_path: Path, random: Random
) -> None:
    kills = KILLS if bare_url.get_backend_name() == "sqlite" else min(KILLS, FEWER_KILLS)
    news = News()
    async with AsyncExitStack() as stack:
        people = [
            await stack.enter_async_context(browser_person("", name=f"Учитель {number}"))
            for number in range(LEARNERS)
        ]
        learners = [Learner(person, random, news.notify) for person in people]
        bot = await stack.enter_async_context(bot_in(tmp_path, bare_url))
        for kill in range(kills):
            # The first is killed over its empty database, perhaps in the middle of migrating it.
            if kill % 5 == 0:
                await bot.dies_while_starting(random.uniform(0.2, 1.5))
            else:
                await one_life(bot, bare_url, learners, news, random)
        await bot.starts()
        await asyncio.gather(*(learner.presses_on(bot.url, moves=2) for learner in learners))
        await bot.stops()
        code, printed = await bot.runs("db", "verify")
    assert code == 0, printed
    assert "Traceback" not in bot.log
    given = all_given(learners)
    assert len(given) >= kills
    assert await stored_answers(bare_url) == given


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
    stored, confirmed = await stored_answers(database), all_given(learners)
    assert {key: stored.get(key) for key in confirmed} == confirmed
    more = Counter(stored[key] for key in stored.keys() - confirmed.keys())
    waiting = Counter(
        learner.waiting.answers
        for learner in learners
        if learner.waiting is not None and learner.waiting.answers is not None
    )
    assert more <= waiting, f"stored, but given by nobody: {more - waiting}"


def all_given(learners: Sequence[Learner]) -> Given:
    """Return all confirmed answers."""
    return {key: response for learner in learners for key, response in learner.given.items()}


async def test_no_update_is_lost_or_counted_twice_by_kills(tmp_path: Path, random: Random) -> None:
    database = URL.create("sqlite+aiosqlite", database=str(tmp_path / "course.db"))
    kills = min(KILLS, FEWER_KILLS)
    async with AsyncExitStack() as stack:
        api = await stack.enter_async_context(BotApi())
        bot = await stack.enter_async_context(
            bot_in(tmp_path, database, TELEGRAM_TOKEN=TOKEN, TELEGRAM_API=api.url)
        )
        assert await bot.runs("db", "upgrade") == (0, "The database is up to date.\n")
        people = [Somebody(api, 7_000_000_000 + n) for n in range(PEOPLE_FOR_KILL * kills)]
        await begin_quizzes(database, people)
        lives = await scripts(database, people, random)
        moves = sum(len(life) for life, _ in lives.values())
        feeding = asyncio.create_task(feed(api, lives, random))
        stack.callback(feeding.cancel)
        for _ in range(kills):
            await bot.starts()
            await made_calls(api, random.randint(1, moves // kills * 2 // 3))
            await asyncio.sleep(random.uniform(0.0, 0.05))
            await bot.is_killed()
        await bot.starts()
        expected = await feeding
        for update in sorted(api.history)[::100]:
            await api.until_confirmed(update)
        await api.until_confirmed(max(api.history))
        await bot.stops()
        code, printed = await bot.runs("db", "verify")
    assert code == 0, printed
    assert "Traceback" not in bot.log
    assert await stored_moves(database) == expected
    given = {key: each for _, answers in lives.values() for key, each in answers.items()}
    assert await stored_answers(database) == given


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
    """Decide beforehand what everybody does, whatever they will see: answer the whole quiz."""
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
