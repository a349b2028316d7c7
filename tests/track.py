"""A whole track of the real course, taken from a real process that is killed on the way."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.engine import URL

from course_bot.learning.progress import Person as Learner
from course_bot.storage import Account, schema
from course_bot.storage.engine import create_engine
from course_bot.storage.store import Storage
from tests.dialogue import Person
from tests.doors import gives, goes_on, right, stored, wrong
from tests.killing import Bot

LESSONS = 8
"""How many lessons the teachers' track has."""


@dataclass
class Traveller:
    """Somebody on the way through the track, and the bot that leads them.

    The right answers are read from the database, where the attempt lies as it was asked.
    """

    person: Person
    bot: Bot
    database: URL

    async def learner(self) -> Learner:
        """Read what is stored about the one person there is."""
        storage = Storage(create_engine(self.database))
        try:
            async with storage.reading() as connection:
                account = await connection.scalar(select(schema.account.c.id))
            assert account is not None
            door, _, key = account.partition(":")
            return await stored(storage, Account(door=door, key=key))
        finally:
            await storage.engine.dispose()

    async def begins(self) -> None:
        """Come in, and read the first lesson to its end."""
        await self.person.presses("Начать")
        await self.person.writes("Анна Петровна")
        await self.person.presses("Учитель")
        self.person.sees("шаг 1 из")
        while "Дальше →" in self.person.labels:
            await self.person.presses("Дальше →")
        await self.person.presses("✍ К тесту")

    async def answers(self, *, rightly: bool = True) -> None:
        """Answer the question on the screen."""
        asked = (await self.learner()).question
        assert asked is not None, self.person.text
        await gives(self.person, asked, (right if rightly else wrong)(asked.filled))
        self.person.sees("Верно!" if rightly else "Не совсем так.")

    async def takes_quiz(self) -> None:
        """Answer rightly what is left of a quiz, and see the result."""
        while (await self.learner()).question is not None:
            await self.answers()
            await goes_on(self.person)
        self.person.sees("Урок пройден", "100 %")

    async def fails_a_quiz(self) -> None:
        """Answer everything wrongly, and begin another attempt."""
        while (await self.learner()).question is not None:
            await self.answers(rightly=False)
            await goes_on(self.person)
        self.person.sees("Тест пока не пройден", "0 из", "Чтобы пройти, нужно", "Стоит перечитать")
        await self.person.presses("Попробовать ещё раз")

    async def meets_the_next_lesson(self) -> None:
        """Go on to the next lesson's quiz, which is open now."""
        await self.person.presses("Следующий урок")
        self.person.sees("шаг 1 из")
        await self.person.presses("Знаю — сразу к тесту")
        self.person.sees("вопрос 1 из")

    async def outlives_the_bot(self) -> None:
        """Answer a question, press the way on while the bot is dead, and go on when it is back."""
        await self.answers()
        before = await self.learner()
        await self.bot.is_killed()
        onward = asyncio.create_task(goes_on(self.person))
        await self.bot.starts()
        await onward
        self.person.sees("вопрос 2 из")
        after = await self.learner()
        assert after.study.answers == before.study.answers
        assert after.attempt == before.attempt

    async def takes_track(self, stops_for_a_while: Callable[[], Awaitable[None]]) -> None:
        """Take the track from the welcome to its end, with everything that happens on the way."""
        await self.begins()
        await self.fails_a_quiz()
        await self.takes_quiz()
        for lesson in range(2, LESSONS + 1):
            await self.meets_the_next_lesson()
            if lesson == 2:
                await self.answers()
                await stops_for_a_while()
                self.person.sees("Верно!")
                await goes_on(self.person)
            elif lesson == 3:
                await self.outlives_the_bot()
            await self.takes_quiz()
        self.person.sees("весь курс «Учитель»")
        await self.person.presses("Что дальше?")
        self.person.sees("Курс «Учитель» пройден")
        await self.person.writes("/progress")
        self.person.sees("Всё пройдено")
        assert self.person.text.count("пройден, 100 %") == LESSONS
        await self.bot.stops()
        code, said = await self.bot.runs("db", "verify")
        assert (code, said.splitlines()[0]) == (0, "Progress and log agree.")


def free_port() -> str:
    """Return a port that is free now; the bot takes it again after each restart."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return f"{taken.getsockname()[1]}"
