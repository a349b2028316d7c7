"""The real conversation behind each of its doors, and people who come in through them."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from course_bot.content.model import Course, FaqEntry, pictures_of
from course_bot.conversation.port import (
    LABEL_CHARS,
    NO_TICK,
    TICK,
    Commands,
    Move,
    Outgoing,
    Reply,
    Screen,
    Tell,
)
from course_bot.conversation.stage import Addresses
from course_bot.conversation.turn import Conversation, Turn
from course_bot.learning.progress import Person as Learner
from course_bot.locale.phrases import Language
from course_bot.messengers.browser.door import BrowserDoor
from course_bot.messengers.browser.server import serve
from course_bot.messengers.delivery import Pace
from course_bot.messengers.max.door import MaxDoor
from course_bot.messengers.telegram import TelegramDoor
from course_bot.questions.choice import Choice
from course_bot.questions.kinds import Asked
from course_bot.questions.match import Match
from course_bot.questions.multiple import Multiple
from course_bot.questions.number import Number
from course_bot.questions.order import Order
from course_bot.questions.parts import LETTERS
from course_bot.questions.question import Question, Response
from course_bot.sheets.figures import Reading
from course_bot.storage import Account, schema
from course_bot.storage.engine import create_engine, database_url
from course_bot.storage.outbox import WRITING_DOORS
from course_bot.storage.rows import read_people
from course_bot.storage.store import Storage, account_id
from course_bot.storage.verifying import differences
from tests.browser_person import SECRET, browser_person
from tests.courses import HELP, POOL, make_course
from tests.dialogue import Person, PortPerson, plain
from tests.files_here import FilesHere, SheetsHere
from tests.max_person import MaxPerson
from tests.max_server import HURRIED
from tests.max_standin import TOKEN as MAX_TOKEN
from tests.max_standin import USERNAME as MAX_USERNAME
from tests.max_standin import MaxApi
from tests.telegram_person import TelegramPerson
from tests.telegram_standin import TOKEN, USERNAME, BotApi, parse_html

DOORS = ("browser", "telegram", "max")
"""Every dialogue goes through each; what no door can change is said at the port alone."""
STALE = "Эта кнопка осталась от прошлого шага"
port_only = pytest.mark.parametrize("door", ["port"])
own_menus = pytest.mark.parametrize("door", [door for door in DOORS if door != "max"])
"""For tests of the command menu: MAX has one for everybody."""
messengers = pytest.mark.parametrize("door", WRITING_DOORS)
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
PACE = Pace(long_poll=2, tries=3, first_pause=0.01, longest_pause=0.05, settle=0.02, farewell=1.0)
TAGS = {"b", "i", "code"}
"""The HTML subset of ``course_bot.markup``."""
FAQ = {
    number: FaqEntry(
        id=number,
        question=question,
        answer=f"<b>Коротко:</b> ответ номер {number}.",
        wordings=wordings,
        lesson=lesson,
        links=(HELP,),
    )
    for number, question, lesson, wordings in (
        (0, "Где искать помощь?", "help", ("как позвать живого оператора",)),
        (1, "Как поменять роль?", "roles", ("я учитель а записана учеником",)),
        (4, "Что делать, если нет чата «Сотрудники»?", "chat", ("пропал чат сотрудники",)),
    )
}


class _Watched(Conversation):
    """The conversation, which tells of its latest turn where it has led."""

    latest: Turn | None = None

    def turn(self, move: Move, reading: Reading | None = None) -> Turn:
        self.latest = super().turn(move, reading)
        return self.latest

    @property
    def place(self) -> str:
        """Where the latest move ended; empty for one that was carried out before."""
        return next(iter(self.latest.views), "") if self.latest else ""


class House:
    """The conversation, its database and its doors; it stands between them and listens.

    ``course`` and ``now`` may be set at any time: the next move finds them so. The quiz of the
    lesson «chat» asks its whole pool.
    """

    def __init__(self, database: Path, door: str) -> None:
        course = make_course()
        whole = replace(course.lessons["chat"], draw=len(POOL))
        self.course: Course = replace(course, faq=FAQ, lessons={**course.lessons, "chat": whole})
        self.now = NOW
        self.door = door
        self.heard: list[Move] = []
        self.said: list[Reply] = []
        self.shown: list[tuple[str, Screen]] = []
        """Each screen that was shown, after the place where it is."""
        self._database = database
        self._accounts: list[tuple[Person, Account]] = []
        self._stack = AsyncExitStack()
        self._inside = AsyncExitStack()
        self._api: BotApi | None = None
        self._telegram: TelegramDoor | None = None
        self._max_api: MaxApi | None = None
        self._max: MaxDoor | None = None
        self._page = ""

    async def __aenter__(self) -> "House":
        await self._open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()
        await self._inside.aclose()

    async def _open(self) -> None:
        url = database_url(f"sqlite:///{self._database}")
        self.storage = await self._inside.enter_async_context(Storage(create_engine(url)))
        self.talk: Conversation = _Watched(
            self.storage,
            lambda: self.course,
            secret=SECRET,
            files=FilesHere(self.storage),
            sheets=SheetsHere(),
        )
        self.talk.addresses = Addresses(
            page="http://127.0.0.1:8080", max_bot=MAX_USERNAME, telegram_bot=USERNAME
        )

    async def restarts(self) -> None:
        """End the conversation and begin another one on the same database."""
        await self._inside.aclose()
        await self._open()

    # What the doors see: the conversation.

    async def take(self, move: Move, tell: Tell | None = None) -> Sequence[Reply]:
        self.heard.append(move)
        replies = await self.talk.take(move, tell)
        for reply in replies:
            if isinstance(reply, Screen):
                assert_well_formed(reply.spelled()[0])
                place = self.talk.place if isinstance(self.talk, _Watched) else ""
                self.shown.append((place, reply))
        self.said += replies
        return replies

    async def blocked(self, account: Account, since: datetime | None) -> None:
        await self.talk.blocked(account, since)

    async def outgoing(self, door: str, now: datetime) -> Sequence[Outgoing]:
        return await self.talk.outgoing(door, now)

    async def begin(self, message: int, now: datetime) -> bool:
        return await self.talk.begin(message, now)

    async def delivered(self, message: int, now: datetime) -> None:
        await self.talk.delivered(message, now)

    async def undelivered(
        self, message: int, now: datetime, *, reason: str, lasting: bool
    ) -> None:
        await self.talk.undelivered(message, now, reason=reason, lasting=lasting)

    async def commands(self, language: Language, account: Account | None = None) -> Commands:
        return await self.talk.commands(language, account)

    async def marker(self, bot: str) -> int | None:
        return await self.storage.marker(bot)

    async def keep_marker(self, bot: str, marker: int) -> None:
        await self.storage.keep_marker(bot, marker)

    def trouble(self, language: Language) -> Screen:
        raise AssertionError("a move failed; the log has the reason")

    def refusal(self, reason: str, language: Language) -> str:
        return self.talk.refusal(reason, language)

    # Who comes in.

    async def arrives(
        self,
        name: str = "Анна Петровна",
        *,
        door: str = "",
        payload: str = "",
        language: str = "ru",
    ) -> Person:
        """Let somebody new open the conversation."""
        person = await self._person(door or self.door, name, language)
        await person.opens(payload)
        self._accounts.append((person, self.heard[-1].account))
        return person

    async def meets(
        self, name: str = "Анна Петровна", *, door: str = "", track: str = "Учитель"
    ) -> Person:
        """Let somebody come in, give their name and role, and see their first step."""
        person = await self.arrives(name, door=door)
        await person.presses("Начать")
        if name in person.labels:
            await person.presses(name)
        else:
            await person.writes(name)
        await person.presses(track)
        return person

    async def carries(self, person: Person, *, door: str = "") -> Person:
        """Let a person go on at another device, through a personal link."""
        other = await self.arrives("Другое устройство", door=door, payload=await link_of(person))
        await other.presses("Да, продолжить здесь")
        return other

    async def _person(self, door: str, name: str, language: str) -> Person:
        number = 5_000_000_001 + len(self._accounts)
        match door:
            case "port":
                account = Account(door="port", key=str(number))
                return _AtPort(name=name, talk=self, account=account, house=self)
            case "browser":
                return await self._stack.enter_async_context(
                    browser_person(await self._served(), name=name, language=language)
                )
            case "telegram":
                api, telegram = await self._connected()
                return TelegramPerson(
                    name=name,
                    api=api,
                    number=number,
                    language=language,
                    settled=telegram.idle,
                )
            case "max":
                max_api, max_door = await self._connected_to_max()
                return MaxPerson(
                    name=name,
                    api=max_api,
                    number=number,
                    language=language,
                    settled=max_door.idle,
                )
            case _:
                raise ValueError(door)

    async def _served(self) -> str:
        if not self._page:
            page = BrowserDoor(
                self,
                secret=SECRET,
                mode="local",
                public_url=None,
                clock=lambda: self.now,
                picture=lambda digest: pictures_of(self.course).get(digest),
            )
            self._page = await self._stack.enter_async_context(
                serve(page.application(), "127.0.0.1", 0)
            )
        return self._page

    async def _connected(self) -> tuple[BotApi, TelegramDoor]:
        if self._api is None or self._telegram is None:
            self._api = await self._stack.enter_async_context(BotApi())
            self._telegram = TelegramDoor(
                self, token=TOKEN, api=self._api.url, clock=lambda: self.now, pace=PACE
            )
            await self._telegram.start()
            self._stack.push_async_callback(
                _hang_up, asyncio.create_task(self._telegram.poll()), self._telegram
            )
        return self._api, self._telegram

    async def _connected_to_max(self) -> tuple[MaxApi, MaxDoor]:
        if self._max_api is None or self._max is None:
            self._max_api = await self._stack.enter_async_context(
                MaxApi(limits=False, clock=lambda: self.now)
            )
            self._max = MaxDoor(
                self,
                token=MAX_TOKEN,
                api=self._max_api.url,
                markers=self,
                clock=lambda: self.now,
                pace=PACE,
                limits=HURRIED,
            )
            await self._max.start()
            self._stack.push_async_callback(
                _hang_up, asyncio.create_task(self._max.poll()), self._max
            )
        return self._max_api, self._max

    def had_nothing_refused(self) -> None:
        """Assert that MAX had nothing to strip or to refuse, and that its token stayed with it."""
        if (api := self._max_api) is not None:
            refused = [
                f"{call.method} {call.body}: {call.description}"
                for call in api.calls
                if call.code not in (0, 200)
                and not call.description.startswith("attachment.not.ready")
            ]
            faults = [*refused, *api.stripped, *api.leaks]
            assert not faults, faults

    async def messages(self, door: str) -> list[Outgoing]:
        """Plan reminders, and take and send what the bot says by itself at a door by now."""
        await self.talk.plan_reminders(self.now)
        taken: list[Outgoing] = []
        while lent := await self.talk.outgoing(door, self.now):
            for message in lent:
                assert not message.once or await self.talk.begin(message.id, self.now)
                await self.talk.delivered(message.id, self.now)
            taken += lent
        return taken

    # What is known of them.

    def account(self, person: Person) -> Account:
        """Return the account by which the conversation knows somebody."""
        return next(account for known, account in self._accounts if known is person)

    async def learner(self, person: Person) -> Learner:
        """Return what is stored about somebody."""
        return await stored(self.storage, self.account(person))

    async def waits_for(self, person: Person) -> Asked:
        """Return the question that waits for somebody's answer."""
        asked = (await self.learner(person)).question
        assert asked is not None, f"no question waits:\n{person.text}"
        return asked

    async def answers(self, person: Person, *, rightly: bool = True) -> Asked:
        """Answer the question on the screen, and return it."""
        asked = await self.waits_for(person)
        await gives(person, asked, (right if rightly else wrong)(asked.filled))
        return asked

    async def takes_quiz(self, person: Person, *, wrongly: Collection[str] = ()) -> list[str]:
        """Answer all questions of the quiz, those of these ids wrongly; return the ids."""
        ids = []
        while (asked := (await self.learner(person)).question) is not None:
            ids.append(asked.question.id)
            await self.answers(person, rightly=asked.question.id not in wrongly)
            await goes_on(person)
        return ids

    async def asks(self, person: Person, kind: type[Question]) -> Asked:
        """Answer questions rightly until one of this kind waits."""
        while not isinstance((await self.waits_for(person)).question, kind):
            await self.answers(person)
            await goes_on(person)
        return await self.waits_for(person)


class _AtPort(PortPerson):
    """A person without a messenger between, on the house's clock."""

    def __init__(self, *, house: House, **fields: Any) -> None:
        super().__init__(**fields)
        self.house = house

    async def does(self, move: Move) -> None:
        await super().does(replace(move, at=self.house.now))


async def _hang_up(polling: asyncio.Task[None], door: TelegramDoor | MaxDoor) -> None:
    polling.cancel()
    await asyncio.gather(polling, return_exceptions=True)
    await door.close()


async def stored(storage: Storage, account: Account) -> Learner:
    """Read what is stored about the person whom an account belongs to."""
    async with storage.reading() as connection:
        rows = await connection.execute(
            select(schema.person, *schema.ATTEMPT_COLUMNS)
            .join(schema.account)
            .outerjoin(schema.attempt, schema.attempt.c.id == schema.person.c.attempt_id)
            .where(schema.account.c.id == account_id(account))
        )
        (person,) = await connection.run_sync(read_people, rows.mappings().all())
        return person


def right(question: Question) -> Response:
    """Return the right response to a question as it was asked."""
    match question:
        case Choice(options=options) | Multiple(options=options):
            return tuple(place for place, option in enumerate(options) if option.right)
        case Order(items=parts) | Match(pairs=parts):
            return tuple(range(len(parts)))
        case Number(answer=answer):
            assert answer is not None, "the figures have been drawn"
            return float(answer)
        case _:
            raise TypeError(question.kind)


def wrong(question: Question) -> Response:
    """Return a response that earns nothing."""
    match question:
        case Choice(options=options):
            return next((place,) for place, option in enumerate(options) if not option.right)
        case Multiple(options=options):
            return tuple(place for place, option in enumerate(options) if not option.right)
        case Order(items=items):
            return tuple(reversed(range(len(items))))
        case Match(pairs=pairs):
            return (*range(1, len(pairs)), 0)
        case Number(answer=answer):
            assert answer is not None, "the figures have been drawn"
            return float(answer + 1)
        case _:
            raise TypeError(question.kind)


async def gives(person: Person, asked: Asked, response: Response) -> None:
    """Give a response by what is on the screen: the parts' labels, or digits typed."""
    if not isinstance(response, tuple):
        await person.writes(f"{response:.0f}")
        return
    for part in response:
        label = label_of(person, asked, part)
        if label is not None and not person.button(label).disabled:
            await person.presses(label)
        else:
            # The last meaning of a match is left over and goes where it belongs by itself.
            assert isinstance(asked.question, Match), f"no button for {part}:\n{person.labels}"
    if not isinstance(asked.question, Choice):
        await person.presses("Готово" if "Готово" in person.labels else "Done")


def label_of(person: Person, asked: Asked, part: int) -> str | None:
    """Find the label of a part of the question: its text, or its sign where texts are long."""
    texts = [plain(text) for text in _texts(asked.question)]
    place = asked.shown.index(part)
    for name in (texts[part][:LABEL_CHARS], f"{place + 1}", LETTERS[place]):
        for label in (name, f"{TICK} {name}", f"{NO_TICK} {name}"):
            if label in person.labels:
                return label
    return None


def _texts(question: Question) -> list[str]:
    match question:
        case Choice(options=options) | Multiple(options=options):
            return [option.text for option in options]
        case Order(items=items):
            return list(items)
        case Match(pairs=pairs):
            return [pair.meaning for pair in pairs]
        case _:
            return []


def part_button(person: Person, verb: str, part: int) -> str | None:
    """Find the action of the button that taps a part of the question."""
    for button in person.buttons:
        if button.action.startswith(f"{verb}:") and button.action.endswith(f":{part}"):
            return button.action
    return None


async def goes_on(person: Person) -> None:
    """Press the way on from a feedback: to the next question, or to the result."""
    await person.sends_action(person.buttons[0].action)


async def link_of(person: Person) -> str:
    """Ask for a personal link, and return its payload."""
    await person.writes("/me")
    await person.presses("Другое устройство")
    return person.text.split("start=")[1].split()[0]


async def cannot_press_yet(person: Person, label: str, first: str) -> None:
    """Assert that a key shows that it can't be pressed, or else tells what comes first."""
    key = person.button(label)
    if key.action == "disabled":  # in Telegram nothing comes of such a press
        return
    await person.sends_action(key.action)
    person.was_told(first)


def assert_well_formed(source: str) -> None:
    """Assert that Telegram would parse a text, and that it keeps to the subset of all doors."""
    _, entities = parse_html(source)
    assert {tag for tag, _, _ in entities} <= TAGS, source


def passes(minutes: float) -> timedelta:
    return timedelta(minutes=minutes)


@pytest.fixture(params=DOORS)
def door(request: pytest.FixtureRequest) -> str:
    """The door through which people come; a test may name the one it is about."""
    name: str = request.param
    return name


@pytest.fixture
async def house(
    door: str, migrated_sqlite: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[House]:
    """The real conversation on the small course; in the end, what is stored must be sound."""
    # Tests press faster than any person; that floods are slowed down is the door's own test.
    monkeypatch.setattr("course_bot.messengers.browser.visitors.BURST", 1000)
    database = tmp_path / "course.db"
    shutil.copy(migrated_sqlite, database)
    async with House(database, door) as house:
        yield house
        house.had_nothing_refused()
        assert [each async for each in differences(house.storage, house.course.renamed)] == []


@pytest.fixture
async def ann(house: House) -> Person:
    """Somebody who has just come to the first step of the lesson «chat»."""
    return await house.meets()


async def ask(
    house: House, ann: Person, kind: type[Choice | Multiple | Order | Match | Number]
) -> None:
    """Bring somebody to a question of one kind: a lesson with nothing else."""
    pool = tuple(each for each in POOL if isinstance(each, kind))[:1]
    house.course = with_pool(house.course, "chat", pool)
    await ann.presses("Знаю — сразу к тесту")


def with_pool(course: Course, lesson: str, pool: tuple[Question, ...]) -> Course:
    changed = replace(course.lessons[lesson], pool=pool, draw=len(pool))
    return replace(course, lessons={**course.lessons, lesson: changed})
