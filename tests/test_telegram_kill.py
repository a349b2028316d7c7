"""The real process is killed while people tap and are reminded in Telegram: nothing is lost."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from sqlalchemy import select, update
from sqlalchemy.engine import URL

from course_bot.content.checking import check
from course_bot.conversation.turn import Conversation
from course_bot.storage import Account
from course_bot.storage.engine import create_engine
from course_bot.storage.outbox import AT_ONCE, LEASE
from course_bot.storage.questions import read_wordings, resolve
from course_bot.storage.schema import account, attempt, move, outbox
from course_bot.storage.store import Storage
from tests.dialogue import PortPerson
from tests.files_here import FilesHere
from tests.killing import (
    FEWER_KILLS,
    KILLS,
    ROOT,
    Given,
    answering,
    bot_in,
    stored_answers,
)
from tests.learners import learner as learner_at
from tests.learners import put
from tests.telegram_standin import TOKEN, BotApi, Somebody

UPDATES_A_SECOND = 150
PEOPLE_FOR_KILL = 40
"""Each sends some fifteen updates."""
AWAY_FOR_KILL = 100
"""How many reminders there are: the bot sends 28 a second, so that each kill finds some."""
TRACK = "teacher"
UNREADABLE_EVERY = 40


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
        talk = Conversation(storage, lambda: course, secret=b"s" * 32, files=FilesHere(storage))
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
