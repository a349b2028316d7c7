"""Thousands of moves that no screen asked for: nothing breaks, and nobody is lost."""

import asyncio
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import TypeVar

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from course_bot.content.model import Course
from course_bot.conversation.port import (
    Button,
    Commands,
    Document,
    Erased,
    Move,
    Notice,
    Opened,
    Pressed,
    Reply,
    Screen,
    Sent,
    Wrote,
)
from course_bot.conversation.welcome import JOINERS, NAME_CHARS
from course_bot.learning.progress import Answered, Finished, JoinedPeople
from course_bot.learning.progress import Person as Learner
from course_bot.questions.multiple import Multiple
from course_bot.storage import Account
from course_bot.storage.store import Decision, Situation, _NotReadYetError
from course_bot.storage.verifying import differences
from tests.courses import POOL
from tests.dialogue import attachment
from tests.doors import House, door, house, messengers, right
from tests.max_person import MaxPerson
from tests.max_standin import MESSAGE_KINDS as MAX_KINDS
from tests.telegram_person import TelegramPerson
from tests.telegram_standin import MESSAGE_KINDS

__all__ = ["door", "house"]

T = TypeVar("T")

PEOPLE = 4
MOVES = 300
WALKS = 20
"""20 walks of 300 moves make 6,000."""

ARGUMENTS = (
    *(
        "",
        "0",
        "9",
        "99",
        "-1",
        "1_0",
        "٣",
        "1e3",
        " 1",
        "9" * 23,
        "\ud800",
        "\x00",
        "a" * 60,
        "<b>",
        "%s",
    ),
    *("chat", "roles", "help", "nosuch", "teacher", "coordinator", "lesson-chat", "lesson-nosuch"),
)
JUNK = (
    *("", ":", "::::", "\x00", "\ud800", "меню", "🙂", "x" * 10_000, ":" * 64, "None", "menu\n"),
    *("done", "step", "erase", "continue", "export", "link", "join", "start:help", "welcome"),
)
AIMS = (
    *("me", "stored", "forget", "erase", "link", "export", "rename", "track", "progress", "help"),
    *("speak:en", "speak:ru", "remind:0", "take:coordinator", "lesson:help", "start:chat"),
)
TEXTS = (
    *("", " ", "/", "//", "/start", "/start go-", "/start lesson-help", "/menu", "/me", "/help"),
    *("/progress", "/track", "/nosuch", "/menu@course_bot x", "/\x00", "/START"),
    *("7", "37,5", "1 593", "75 %", "-0", "1e400", "٧", "9" * 400, "Infinity", "nan", "½", "²"),
    *("как поменять роль", "пропал чат", "родители не считаются", "?", "'; DROP TABLE person; --"),
    *('<b>&"</b>', "<script>", "&amp;", "{name}", "%(name)s", "Анна Петровна", "مريم", "שלום"),
    *("\N{RIGHT-TO-LEFT OVERRIDE}олел", "\x00", "a\x00b", "\ud800", "\ufeff", "🙂" * 2048),
    *("слово " * 682, "Ы" * 4096, "\n" * 4096, "a\u0301" * 2000, "﷽" * 100, "\u200d", "\u2066"),
)
PAYLOADS = (
    *("", "lesson-chat", "lesson-nosuch", "track-coordinator", "faq-4", "faq-04", "faq-٤", "-"),
    *("go-", "go-" + "A" * 22, "go-" + "A" * 61, "x" * 10_000, "\x00", "\ud800", "lesson-\x00"),
)
NAMES = ("", "Анна", '<b>&"', "\x00", "\ud800", "🙂", "Ы" * 300, "مريم", "{x}")

KINDS = (
    *("right",) * 12,
    *("button",) * 10,
    *("mutated",) * 6,
    *("aim",) * 4,
    *("old", "junk", "text", "typed", "opened", "link", "sent", "again"),
    *("later", "edited", "restart"),
)


@dataclass(frozen=True, slots=True)
class Whim:
    """What somebody has in mind; which button or word it comes to depends on where they are."""

    kind: str
    number: int
    other: int
    text: str


def whims(random: Random) -> Iterator[Whim]:
    """Draw what comes to people's minds."""
    while True:
        letters = chr(random.choice((32, 47, 0x2000, 0x1F600)) + random.randrange(1500))
        yield Whim(
            kind=random.choice(KINDS),
            number=random.randrange(1000),
            other=random.randrange(1000),
            text=random.choice((*TEXTS, letters * 3)),
        )


@dataclass
class Somebody:
    """One of those who press and write at random."""

    account: Account
    screen: Screen | None = None
    moves: list[Move] = field(default_factory=list)


class Crowd:
    """Several people at one conversation, and everything that must hold after each move."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.people = [
            Somebody(Account(door="telegram" if number % 2 else "browser", key=f"{number}"))
            for number in range(PEOPLE)
        ]
        # One door's account belongs to whom it belongs; two people share a device by a link only.
        self.actions: list[str] = ["menu"]
        self.payloads: list[str] = list(PAYLOADS)
        self.courses = list(_editions(house.course))
        self.count = 0
        self.tried: Counter[object] = Counter()

    async def lives(self, supply: Iterator[Whim]) -> None:
        """Carry out what comes to everybody's mind, several people at a time."""
        self._watches()
        while some := list(islice(supply, PEOPLE)):
            moves = [
                await self._move(somebody, whim)
                for somebody, whim in zip(self.people, some, strict=False)
            ]
            said = await asyncio.gather(*map(self.house.take, moves))
            for somebody, move, replies in zip(self.people, moves, said, strict=False):
                somebody.moves.append(move)
                self._looks(somebody, list(replies))
            self._forges(self.people[0])
        assert [each async for each in differences(self.house.storage)] == []

    async def _move(self, somebody: Somebody, whim: Whim) -> Move:
        name = NAMES[whim.other % len(NAMES)]
        self.count += 1
        move_id = f"m{self.count}"
        account, at = somebody.account, self.house.now

        def pressed(action: str) -> Move:
            return Pressed(account=account, move_id=move_id, at=at, name=name, action=action)

        def wrote(text: str) -> Move:
            return Wrote(account=account, move_id=move_id, at=at, name=name, text=text)

        match whim.kind:
            case "button":
                return pressed(_one(_actions(somebody.screen) or ["menu"], whim.number))
            case "right":
                return await self._right(somebody, whim, pressed, wrote)
            case "old":
                return pressed(_one(self.actions, whim.number))
            case "mutated":
                here = _actions(somebody.screen)
                forged = here if here and whim.other % 3 else self.actions
                return pressed(_one([*_forgeries(_one(forged, whim.number))], whim.other))
            case "aim":
                # What is deleted is deleted from its own screen only.
                asks = somebody.screen is not None and "erase" in _actions(somebody.screen)
                return pressed("erase" if asks else _one(AIMS, whim.number))
            case "junk":
                return pressed(_one(JUNK, whim.number))
            case "typed":
                return wrote(f"{whim.number}")
            case "opened" | "link":
                recent = -1 - whim.number % 3
                payload = _one(self.payloads, recent if whim.kind == "link" else whim.number)
                return Opened(account=account, move_id=move_id, at=at, name=name, payload=payload)
            case "sent":
                junk = _one(JUNK, whim.number).encode(errors="replace")
                file = attachment(whim.text, junk) if whim.other % 2 else None
                return Sent(account=account, move_id=move_id, at=at, language="en", file=file)
            case "again" if somebody.moves:
                return _one(somebody.moves, -1 - whim.number % 3)
            case "later":
                self.house.now += timedelta(minutes=whim.number / 50)
            case "edited":
                self.house.course = _one(self.courses, whim.number)
            case "restart" if whim.number < 100:
                await self.house.restarts()
                self._watches()
            case _:
                pass
        return wrote(whim.text)

    async def _right(
        self,
        somebody: Somebody,
        whim: Whim,
        pressed: Callable[[str], Move],
        wrote: Callable[[str], Move],
    ) -> Move:
        """Do the next thing that leads through a quiz, so that walks come far."""
        keys = [key for key in _buttons(somebody.screen) if key.action and not key.disabled]
        actions = [key.action for key in keys]
        learner = self.learners.get(somebody.account)
        asked = learner.question if learner else None
        if learner is None or not learner.track:
            onward = [each for each in actions if not each.startswith("welcome")]
            return pressed(_one(onward or ["begin:teacher"], whim.number))
        if asked is None:
            return pressed(_one(["quiz:chat", "quiz:roles", "quiz:help"], len(whim.text)))
        if not learner.place.startswith("question:"):
            return pressed("continue")
        for action in actions:
            if action.startswith("done:") and not isinstance(asked.question, Multiple):
                return pressed(action)
        response = right(asked.filled)
        if not isinstance(response, tuple):
            return wrote(f"{response:.0f}")
        for part in response:
            if part not in learner.study.draft:
                break
        else:
            return pressed(next(each for each in actions if each.startswith("done:")))
        for action in actions:
            if action.startswith(("pick:", "tap:")) and action.endswith(f":{part}"):
                return pressed(action)
        return pressed(_one([each for each in actions if each.startswith("undo")] or ["me"], 0))

    def _looks(self, somebody: Somebody, replies: list[Reply]) -> None:
        """Assert that the replies are whole, in their order, and end in a screen."""
        kinds = [type(reply) for reply in replies]
        order = (Erased, Notice, Document, Screen, Commands)
        assert kinds == sorted(kinds, key=order.index), kinds
        assert kinds.count(Screen) == 1
        screen = next(reply for reply in replies if isinstance(reply, Screen))
        somebody.screen = screen
        self.actions += [each for each in _actions(screen) if each not in self.actions]
        for button in (button for row in screen.rows for button in row):
            if "start=" in button.url:
                self.payloads.append(button.url.split("start=")[1])

    def _forges(self, somebody: Somebody) -> None:
        """Try every forgery of the buttons on a screen of a kind not seen often yet.

        A turn decides without any I/O, so this asks only what it would decide.
        """
        learner = self.learners.get(somebody.account)
        if learner is None:
            return
        asked = learner.question
        kind = (
            learner.place.partition(":")[0],
            asked and (asked.question.kind, bool(learner.study.draft)),
        )
        self.tried[kind] += 1
        if self.tried[kind] > 1:
            return
        for action in (*_actions(somebody.screen), learner.place):
            for forged in _forgeries(action):
                move = Pressed(
                    account=somebody.account, move_id="x", at=self.house.now, action=forged
                )
                with suppress(_NotReadYetError):  # it wants to look up more than the person
                    _judge(learner, self.house.talk.turn(move).decide(Situation(person=learner)))

    def _watches(self) -> None:
        """Stand between the conversation and the storage, and look at every decision."""
        self.learners: dict[Account, Learner] = {}
        storage = self.house.storage
        turn = storage.turn

        async def watched(
            account: Account,
            move_id: str,
            at: datetime,
            decide: Callable[[Situation], Decision],
        ) -> Decision:
            def judged(situation: Situation) -> Decision:
                decision = decide(situation)
                _judge(situation.person, decision)
                self.learners[account] = decision.person
                return decision

            return await turn(account, move_id, at, judged)

        storage.turn = watched  # type: ignore[method-assign]  # it listens, and changes nothing


def _judge(before: Learner, decision: Decision) -> None:
    """Assert that a decision keeps to the rules by which progress moves."""
    after = decision.person
    answered = [record for record in decision.records if isinstance(record, Answered)]
    finished = [record for record in decision.records if isinstance(record, Finished)]
    joined = [record for record in decision.records if isinstance(record, JoinedPeople)]
    assert [record.left for record in joined] in ([], [before.id])
    assert joined or after.id == before.id
    assert len(after.place) <= 64
    assert after.place.isascii()
    assert after.place.isprintable()
    assert len(after.name) <= NAME_CHARS
    assert all(char.isprintable() or char in JOINERS for char in after.name)
    assert len(answered) <= 1
    assert len(finished) <= len(answered)
    assert len(set(after.study.draft)) == len(after.study.draft)
    if not decision.records:
        assert after.study.results == before.study.results
        assert after.study.answers == before.study.answers
        assert after.attempt == before.attempt
    for lesson, result in before.study.results.items():
        now = after.study.results[lesson]
        assert now.attempts >= result.attempts
        assert (now.best or 0) >= (result.best or 0)
        if not joined:
            assert now.passed_at == (result.passed_at or now.passed_at)
        elif result.passed_at:
            assert now.passed_at
            assert now.passed_at <= result.passed_at
        assert set(result.answered) <= set(now.answered)
    for lesson, reading in before.study.readings.items():
        assert after.study.readings[lesson].furthest >= reading.furthest
    if answered:
        assert after.study.answers[:-1] == before.study.answers
        assert before.attempt == after.attempt


def _editions(course: Course) -> Iterator[Course]:
    """Return what the lessons on disk may become while people learn."""
    yield course
    pool = tuple(replace(each, version="v2", text="Иначе?") for each in POOL[:3])
    lesson = replace(course.lessons["chat"], pool=pool, draw=2, steps=())
    lesson = replace(lesson, steps=course.lessons["chat"].steps[:1])
    yield replace(course, version="c2", lessons={**course.lessons, "chat": lesson}, pass_mark=50)
    yield replace(
        course,
        version="c3",
        lessons={"help": course.lessons["help"]},
        tracks={"coordinator": course.tracks["coordinator"]},
        faq={0: replace(course.faq[0], lesson="help")},
    )


def _buttons(screen: Screen | None) -> list[Button]:
    return [button for row in screen.spelled()[1] for button in row] if screen else []


def _actions(screen: Screen | None) -> list[str]:
    """List what the keys would do, also of those that can't be pressed now."""
    return [button.action for button in _buttons(screen) if button.action]


def _one(of: "list[T] | tuple[T, ...]", number: int) -> T:
    return of[number % len(of)]


def _forgeries(action: str) -> Iterator[str]:
    """Change each part of an action, or add one, or take one away."""
    parts = action.split(":")
    for place in range(len(parts)):
        yield ":".join(parts[:place] + parts[place + 1 :])
        for argument in ARGUMENTS:
            yield ":".join((*parts[:place], argument, *parts[place + 1 :]))
    for argument in ARGUMENTS:
        yield ":".join((*parts, argument))


@settings(
    max_examples=WALKS,
    deadline=None,
    derandomize=True,
    database=None,
    # To shrink a walk is no use: it is known by its seed, and the same each time.
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(random=st.randoms(use_true_random=True))
def test_six_thousand_random_and_hostile_moves_break_nothing(
    migrated_sqlite: Path, random: Random
) -> None:
    async def walk(database: Path) -> None:
        async with House(database, "port") as house:
            await Crowd(house).lives(islice(whims(random), MOVES))

    with TemporaryDirectory() as folder:
        database = Path(folder, "course.db")
        shutil.copy(migrated_sqlite, database)
        asyncio.run(walk(database))


@messengers
async def test_whatever_a_messenger_lets_one_send_is_answered_with_where_one_is(
    house: House,
) -> None:
    ann = await house.meets()
    await ann.presses("Знаю — сразу к тесту")
    question = ann.text
    kinds: dict[str, Callable[[], int]]
    if isinstance(ann, TelegramPerson):
        by_telegram = ann.somebody.sends
        kinds = {kind: partial(by_telegram, **content) for kind, content in MESSAGE_KINDS.items()}
        del kinds["text"]
        assert len(kinds) > 50
    else:
        assert isinstance(ann, MaxPerson)
        by_max = ann.somebody.sends
        kinds = {kind: partial(by_max, attachments=[each]) for kind, each in MAX_KINDS.items()}
        del kinds["audio"]  # by long polling MAX doesn't tell whose it is
        kinds["words, too"] = partial(by_max, text="Что?", attachments=[MAX_KINDS["image"]])
    for kind, send in kinds.items():
        await ann._does(send)
        if kind == "document":  # the stand-in has no such file to give out
            ann.sees("прочитать файл не удалось")
            await ann.presses("К тесту")
        else:
            ann.was_told("Я понимаю текст, кнопки и листы статистики")
        assert ann.text == question, kind
