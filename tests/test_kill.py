"""The real process is killed again and again while people press: nothing confirmed is lost."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from random import Random

from aiohttp import ClientSession, CookieJar
from sqlalchemy import select
from sqlalchemy.engine import URL

from course_bot.storage.engine import create_engine
from course_bot.storage.schema import deletion, person
from tests.browser_person import BrowserPerson
from tests.killing import (
    FEWER_KILLS,
    KILLS,
    PATIENCE,
    Bot,
    Given,
    Learner,
    bot_in,
    stored_answers,
)

LEARNERS = 8
MOVES_IN_LIFE = 120
"""Before so many moves in one life come the kills: the door lets 20 a person pass unhindered."""
TRACK = "teacher"


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
        # Where all the kills came early, hardly anybody has come to a question by then.
        while count_answers(learners) < kills:
            await one_life(bot, bare_url, learners, news, random)
        await bot.starts()
        await asyncio.gather(*(learner.stops(bot.url) for learner in learners))
        await bot.stops()
        code, printed = await bot.runs("db", "verify")
    assert code == 0, printed
    assert "Traceback" not in bot.log
    assert await stored_answers(bare_url) == all_given(learners)
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


def count_answers(learners: Sequence[Learner]) -> int:
    """Count all confirmed answers, also those that somebody has deleted since."""
    return len(all_given(learners)) + sum(len(learner.deleted) for learner in learners)


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
