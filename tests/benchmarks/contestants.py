"""Who is measured: our Telegram door with all that is behind it, and two yardsticks."""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from datetime import UTC, datetime
from itertools import chain, count, cycle
from pathlib import Path
from random import Random
from typing import Any

from aiogram import Bot, Dispatcher
from aiogram.client.session.base import BaseSession
from aiogram.methods import TelegramMethod
from aiogram.methods.base import TelegramType
from aiogram.types import CallbackQuery, InlineKeyboardButton, InlineKeyboardMarkup, Message
from sqlalchemy import Connection, event, select
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.pool import ConnectionPoolEntry

from course_bot.content.model import Course
from course_bot.conversation.turn import Conversation
from course_bot.messengers.telegram.api import AnswerCallbackQuery, SendMessage
from course_bot.messengers.telegram.door import TelegramDoor
from course_bot.storage.store import Storage
from tests.benchmarks.timing import Json
from tests.files_here import FilesHere, SheetsHere
from tests.killing import ASKS_NUMBER, WISHES
from tests.telegram_standin import TOKEN

FIRST = 5_000_000_000
"""The first learner's Telegram id; the others follow."""
TEXT = "<i>Урок · шаг 1 из 5</i>\n\n" + "Откройте «Профиль» и посмотрите, какая у вас роль. " * 12
LABELS = (("← Назад", "Дальше →"), ("Я это знаю — к тесту",), ("☰ Меню",))

updates = count(1)


class CannedSession(BaseSession):
    """Answers every call at once, and remembers what each chat's screen offers."""

    def __init__(self) -> None:
        super().__init__()
        self.screens: dict[int, tuple[str, list[str]]] = {}
        """The text of each chat's screen, and its actions."""
        self._answers: dict[str, asyncio.Future[None]] = {}

    def answer_to(self, query: str) -> asyncio.Future[None]:
        """Return what is done when the query is answered."""
        self._answers[query] = asyncio.get_running_loop().create_future()
        return self._answers[query]

    async def make_request(
        self,
        bot: Bot,
        method: TelegramMethod[TelegramType],
        timeout: int | None = None,  # noqa: ASYNC109 - aiogram's own signature
    ) -> Any:
        if isinstance(method, AnswerCallbackQuery):
            answered = self._answers.pop(method.callback_query_id, None)
            if answered is not None:
                answered.set_result(None)
        elif isinstance(method, SendMessage):
            rows = (method.reply_markup or {}).get("inline_keyboard", [])
            buttons = chain.from_iterable(rows)
            actions = [str(each["callback_data"]) for each in buttons if "callback_data" in each]
            self.screens[method.chat_id] = (method.text, actions)
        return True

    async def close(self) -> None:
        """There is nothing to close."""

    async def stream_content(self, *_: object, **__: object) -> AsyncGenerator[bytes, None]:
        """Nothing is ever read."""
        yield b""


def person_json(person: int) -> Json:
    return {
        "id": person,
        "is_bot": False,
        "first_name": "Анна",
        "last_name": "Петровна",
        "language_code": "ru",
    }


def press(person: int, action: str) -> Json:
    """Word a press as the Bot API does, with the whole message that the button is under."""
    number = next(updates)
    return {
        "update_id": number,
        "callback_query": {
            "id": f"{number}",
            "from": person_json(person),
            "chat_instance": "-7700000000000000000",
            "data": action,
            "message": {
                "message_id": 7,
                "from": {
                    "id": 123456789,
                    "is_bot": True,
                    "first_name": "Курс",
                    "username": "sferum_course_bot",
                },
                "chat": {"id": person, "type": "private", "first_name": "Анна"},
                "date": 1795420000,
                "edit_date": 1795420300,
                "text": TEXT,
                "entities": [{"type": "italic", "offset": 0, "length": 17}],
                "reply_markup": {
                    "inline_keyboard": [
                        [{"text": label, "callback_data": f"step:roles:{label}"} for label in row]
                        for row in LABELS
                    ]
                },
            },
        },
    }


def message(person: int, text: str) -> Json:
    """Word a message as the Bot API does."""
    return {
        "update_id": next(updates),
        "message": {
            "message_id": 8,
            "from": person_json(person),
            "chat": {"id": person, "type": "private", "first_name": "Анна"},
            "date": 1795420000,
            "text": text,
        },
    }


class Ours:
    """The Telegram door with the real conversation, storage and lessons behind it."""

    def __init__(self, storage: Storage, course: Course) -> None:
        self.course = course
        self.session = CannedSession()
        talk = Conversation(
            storage,
            lambda: course,
            secret=b"s" * 32,
            files=FilesHere(storage),
            sheets=SheetsHere(),
        )
        self.door = TelegramDoor(talk, token=TOKEN, clock=lambda: datetime.now(UTC))
        # What every call of the real session passes.
        self.session.middleware(self.door.bot.session.middleware[0])
        self.door.bot.session = self.session

    async def take(self, update: Json) -> None:
        query = update.get("callback_query")
        answered = self.session.answer_to(query["id"]) if isinstance(query, dict) else None
        replies = await self.door.receive(update)
        assert replies is not None
        await replies
        if answered is not None:
            await answered

    async def meet(self, people: Iterable[int]) -> None:
        """Lead new people past the welcome."""
        tracks = cycle(self.course.tracks)
        for person in people:
            await self.take(press(person, "menu"))
            await self.take(press(person, f"begin:{next(tracks)}"))


class Steps:
    """Somebody goes to a step of a lesson."""

    def __init__(self, ours: Ours, people: Sequence[int], random: Random) -> None:
        self.take = ours.take
        self._ours = ours
        self._people = people
        self._random = random

    async def prepare(self, count: int) -> list[Json]:
        """Let people go to steps at random."""
        lessons = list(self._ours.course.lessons.values())
        made = []
        for person in self._random.sample(self._people, count):
            lesson = self._random.choice(lessons)
            step = self._random.randint(1, len(lesson.steps))
            made.append(press(person, f"step:{lesson.id}:{step}"))
        return made


class Answers:
    """Somebody answers a question: the last press of what it takes."""

    def __init__(self, ours: Ours, people: Sequence[int], random: Random) -> None:
        self.take = ours.take
        self._ours = ours
        self._people = people
        self._random = random

    async def prepare(self, count: int) -> list[Json]:
        """Lead people to where one press answers a question."""
        people = self._random.sample(self._people, count)
        return list(await asyncio.gather(*(self._lead(person) for person in people)))

    async def _lead(self, person: int) -> Json:
        await self.take(press(person, "continue"))
        while True:
            text, actions = self._ours.session.screens[person]
            if ASKS_NUMBER in text:
                await self.take(message(person, "16"))
                continue
            by_verb: dict[str, list[str]] = {}
            for action in actions:
                by_verb.setdefault(action.split(":")[0], []).append(action)
            for verb in ("pick", "done"):
                if verb in by_verb and ":" in by_verb[verb][0]:
                    return press(person, self._random.choice(by_verb[verb]))
            wishes = (line for line in WISHES if any(verb in by_verb for verb in line))
            verbs = [verb for verb in next(wishes) if verb in by_verb]
            action = self._random.choice(by_verb[self._random.choice(verbs)])
            await self.take(press(person, action))


class Bare:
    """(a) aiogram alone: it edits and answers and does nothing else."""

    def __init__(self, people: Sequence[int], random: Random) -> None:
        self._people = people
        self._random = random
        self._bot = Bot(TOKEN, session=CannedSession())
        self._dispatcher = Dispatcher()
        self._dispatcher.callback_query.register(self._handle)

    async def prepare(self, count: int) -> list[Json]:
        """Let people press at random."""
        return [
            press(person, f"step:{self._random.randrange(10**6)}")
            for person in self._random.sample(self._people, count)
        ]

    async def take(self, update: Json) -> None:
        await self._dispatcher.feed_raw_update(self._bot, update)

    async def _handle(self, query: CallbackQuery) -> None:
        await self._work(query)
        assert isinstance(query.message, Message)
        await query.message.edit_text(TEXT, parse_mode="HTML", reply_markup=_keyboard())
        await query.answer()

    async def _work(self, query: CallbackQuery) -> None:
        """Do nothing."""


def _keyboard() -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup(
        inline_keyboard=[
            [
                InlineKeyboardButton(text=label, callback_data=f"step:roles:{label}")
                for label in row
            ]
            for row in LABELS
        ]
    )


class Base(DeclarativeBase):
    """The plain bot's tables."""


class Learner(Base):
    """Somebody, and where they are."""

    __tablename__ = "learner"

    id: Mapped[int] = mapped_column(primary_key=True)
    place: Mapped[str]


class Turn(Base):
    """Something that somebody did."""

    __tablename__ = "turn"

    id: Mapped[int] = mapped_column(primary_key=True)
    learner_id: Mapped[int]
    query: Mapped[str]


class Plain(Bare):
    """(b) the same, and one transaction of three statements as SQLAlchemy's manual writes it."""

    def __init__(
        self,
        engine: AsyncEngine,
        people: Sequence[int],
        random: Random,
        gate: AbstractAsyncContextManager[object] | None = None,
    ) -> None:
        super().__init__(people, random)
        self._sessions = async_sessionmaker(engine)
        self._gate = gate or nullcontext()

    async def _work(self, query: CallbackQuery) -> None:
        async with self._gate, self._sessions.begin() as session:
            learner = await session.scalar(select(Learner).where(Learner.id == query.from_user.id))
            assert learner is not None
            learner.place = query.data or ""
            session.add(Turn(learner_id=learner.id, query=query.id))


def plain_engine(file: Path, *, pool: int) -> AsyncEngine:
    """Create the plain bot's engine, set up as safely as ours.

    Args:
        file: the SQLite file.
        pool: how many connections there are at most.
    """
    engine = create_async_engine(
        f"sqlite+aiosqlite:///{file}",
        connect_args={"isolation_level": None},
        pool_size=pool,
        max_overflow=0,
    )
    event.listen(engine.sync_engine, "connect", _set_up)
    event.listen(engine.sync_engine, "begin", _begin_immediate)
    return engine


async def settle(engine: AsyncEngine, people: Iterable[int]) -> None:
    """Create the plain bot's tables and put people into them."""
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with async_sessionmaker(engine).begin() as session:
        session.add_all(Learner(id=person, place="") for person in people)


def _set_up(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    for pragma in ("busy_timeout=5000", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
