"""aiogram as its manual begins, and SQLAlchemy's async ORM over aiosqlite."""

import asyncio
import os
from datetime import UTC, datetime
from pathlib import Path

from aiogram import Dispatcher, F
from aiogram.types import CallbackQuery, Message
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from tests.benchmarks.contestants import plain_engine
from tests.benchmarks.peers import walk
from tests.benchmarks.peers.showing import edit, make_bot, say

WALK = walk()
dispatcher = Dispatcher()


class Base(DeclarativeBase):
    """The tables."""


class Learner(Base):
    """Somebody, and where they are."""

    __tablename__ = "learner"

    id: Mapped[int] = mapped_column(primary_key=True)
    place: Mapped[int]
    seen_at: Mapped[datetime]


class Answer(Base):
    """Something that somebody said."""

    __tablename__ = "answer"

    learner_id: Mapped[int] = mapped_column(primary_key=True)
    move: Mapped[str] = mapped_column(primary_key=True)
    place: Mapped[int]
    said: Mapped[str]
    at: Mapped[datetime]


async def turn(session: AsyncSession, learner_id: int, move: str, said: str) -> int:
    """Write a move down and return the learner's place after it."""
    now = datetime.now(UTC)
    learner = await session.get(Learner, learner_id)
    if learner is None:
        learner = Learner(id=learner_id, place=0, seen_at=now)
        session.add(learner)
    else:
        learner.place += 1
        learner.seen_at = now
    session.add(Answer(learner_id=learner_id, move=move, place=learner.place, said=said, at=now))
    return learner.place


@dispatcher.callback_query(F.data)
async def pressed(query: CallbackQuery, sessions: async_sessionmaker[AsyncSession]) -> None:
    """Answer a press."""
    async with sessions.begin() as session:
        place = await turn(session, query.from_user.id, query.id, query.data or "")
    await edit(query, WALK[place % len(WALK)])
    await query.answer()


@dispatcher.message(F.text)
async def wrote(message: Message, sessions: async_sessionmaker[AsyncSession]) -> None:
    """Answer a text."""
    move = f"message {message.message_id}"
    async with sessions.begin() as session:
        place = await turn(session, message.chat.id, move, message.text or "")
    await say(message, WALK[place % len(WALK)])


async def main() -> None:
    """Poll until stopped."""
    # One connection: of the settings that lose nothing it is among the fastest (`make bench`).
    engine = plain_engine(Path(os.environ["PEER_DATABASE"]), pool=1)
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    await dispatcher.start_polling(make_bot(), sessions=async_sessionmaker(engine))


if __name__ == "__main__":
    asyncio.run(main())
