"""A move in the middle of which the process was killed comes again, and ends as if nothing was."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any, NoReturn

import pytest
from sqlalchemy import Connection, insert, select
from sqlalchemy.engine import URL

from course_bot.content.model import Course
from course_bot.conversation.port import (
    Document,
    Move,
    Notice,
    Opened,
    Pressed,
    Reply,
    Screen,
    Sent,
    Wrote,
)
from course_bot.conversation.stage import Addresses
from course_bot.conversation.turn import Conversation
from course_bot.organisations.records import Role
from course_bot.questions.choice import Choice
from course_bot.questions.kinds import Asked
from course_bot.questions.multiple import Multiple
from course_bot.questions.number import Number
from course_bot.questions.order import Order
from course_bot.questions.question import Question
from course_bot.storage import Account
from course_bot.storage.engine import create_engine, database_url
from course_bot.storage.query import Query
from course_bot.storage.schema import deletion, membership, metadata
from course_bot.storage.sheets import HeadingsOf
from course_bot.storage.store import MOVES_KEPT, ClosedError, Storage
from course_bot.storage.writes import Writes
from tests.browser_person import SECRET
from tests.courses import CHOICE, POOL, make_course
from tests.dialogue import PortPerson, attachment, plain
from tests.doors import gives, goes_on, link_of, right, stored
from tests.files_here import FilesHere, SheetsHere
from tests.kept import Kept
from tests.learners import NOW, forget, learner
from tests.regions import add
from tests.statistics_sheets import csv as sheet
from tests.statistics_sheets import row as school_row

LATER = timedelta(minutes=14)
"""When a move comes again that was carried out: a personal link still shows itself."""


def parted_course() -> Course:
    """A small course: its quiz of «chat» asks every kind of question, that of «help» one."""
    course = make_course()
    lessons = {
        **course.lessons,
        "chat": replace(course.lessons["chat"], draw=len(POOL)),
        "help": replace(course.lessons["help"], draw=1, pool=(CHOICE,)),
    }
    return replace(course, lessons=lessons)


COURSE = parted_course()


# The process, and how it dies.


@asynccontextmanager
async def process(url: URL) -> AsyncIterator[Conversation]:
    """Let the bot live on a database."""
    async with Storage(create_engine(url)) as storage:
        yield talk_on(storage)


def talk_on(storage: Storage) -> Conversation:
    talk = Conversation(
        storage, lambda: COURSE, secret=SECRET, files=FilesHere(storage), sheets=SheetsHere()
    )
    talk.addresses = Addresses(page="http://127.0.0.1:8080")
    return talk


class Killed(BaseException):
    """The process ends here."""


def killed(*_: object, **__: object) -> NoReturn:
    raise Killed


Death = Callable[[pytest.MonkeyPatch], None]


def before_the_commit(patch: pytest.MonkeyPatch) -> None:
    """All rows are written by then."""
    patch.setattr(Connection, "commit", killed)


def after_the_commit(patch: pytest.MonkeyPatch) -> None:
    commit = Writes.commit

    def commit_and_die(writes: Writes, connection: Connection) -> None:
        commit(writes, connection)
        if writes.moves or writes.deletions:  # else the move has only looked something up
            raise Killed

    patch.setattr(Writes, "commit", commit_and_die)


def while_it_reads_what_to_show(patch: pytest.MonkeyPatch) -> None:
    """What reads nothing then has been answered; the answer is lost on its way."""
    read = Storage.read

    async def read_or_die(storage: Storage, query: Query[Any]) -> Any:
        # What a file's headings mean is read before its turn.
        return await read(storage, query) if isinstance(query, HeadingsOf) else killed()

    patch.setattr(Storage, "read", read_or_die)


DEATHS: tuple[Death, ...] = (before_the_commit, after_the_commit, while_it_reads_what_to_show)


@contextmanager
def dying(death: Death) -> Iterator[None]:
    """Let whatever process does a move in here die of it."""
    with pytest.MonkeyPatch.context() as patch, suppress(Killed, ClosedError):
        death(patch)
        yield


async def everything_in(url: URL) -> dict[str, list[str]]:
    """Read all rows; people are numbered in the order in which they came, whatever their ids."""
    engine = create_engine(url)
    tables: dict[str, list[dict[str, Any]]] = {}
    async with engine.connect() as connection:
        for table in metadata.sorted_tables:
            found = await connection.execute(select(table))
            tables[table.name] = [dict(row) for row in found.mappings()]
    await engine.dispose()
    for row in tables["person"]:
        row["person_id"] = row.pop("id")
    owned = [row for each in tables.values() for row in each if "person_id" in row]
    order = sorted({row["person_id"] for row in owned})
    for row in owned:
        row["person_id"] = order.index(row["person_id"])
    return {name: sorted(map(repr, each)) for name, each in tables.items()}


# Every kind of move.


@dataclass
class Scene:
    """Ann, and a tablet at which nobody has been yet."""

    talk: Conversation
    storage: Storage
    ann: PortPerson = field(init=False)
    tablet: PortPerson = field(init=False)

    def __post_init__(self) -> None:
        self.ann, self.tablet = (
            PortPerson(
                name="Анна", talk=self.talk, account=Account(door="telegram", key=key), now=NOW
            )
            for key in ("1", "2")
        )

    async def begins(self, who: PortPerson, track: str = "teacher") -> None:
        """Come to the first step."""
        await who.opens()
        await who.sends_action("name")
        await who.writes(who.name)
        await who.sends_action(f"begin:{track}")

    async def waits_for(self, who: PortPerson) -> Asked:
        asked = (await stored(self.storage, who.account)).question
        assert asked
        return asked

    async def answers(self, who: PortPerson) -> None:
        """Answer the question on the screen, and go on."""
        asked = await self.waits_for(who)
        await gives(who, asked, right(asked.filled))
        await goes_on(who)

    async def asks(self, kind: type[Question]) -> Asked:
        """Let Ann come to a question of a kind."""
        await self.begins(self.ann)
        await self.ann.sends_action("quiz:chat")
        while not isinstance((await self.waits_for(self.ann)).question, kind):
            await self.answers(self.ann)
        return await self.waits_for(self.ann)


def opened(who: PortPerson, payload: str = "") -> Move:
    return Opened(account=who.account, move_id="the move", at=NOW, name=who.name, payload=payload)


def pressed(who: PortPerson, action: str) -> Move:
    return Pressed(account=who.account, move_id="the move", at=NOW, name=who.name, action=action)


def wrote(who: PortPerson, text: str) -> Move:
    return Wrote(account=who.account, move_id="the move", at=NOW, name=who.name, text=text)


def on_screen(who: PortPerson, verb: str) -> Move:
    """Press the first button that does this."""
    return pressed(who, next(b.action for b in who.buttons if b.action.startswith(f"{verb}:")))


async def first_contact(scene: Scene) -> Move:
    return opened(scene.ann)


async def a_name_written(scene: Scene) -> Move:
    await scene.ann.opens()
    await scene.ann.sends_action("name")
    return wrote(scene.ann, "Анна Петровна")


async def a_track_begun(scene: Scene) -> Move:
    await scene.ann.opens()
    await scene.ann.sends_action("role")
    return pressed(scene.ann, "begin:teacher")


async def another_track_taken(scene: Scene) -> Move:
    await scene.begins(scene.ann)
    return pressed(scene.ann, "take:coordinator")


async def a_step_read(scene: Scene) -> Move:
    await scene.begins(scene.ann)
    return pressed(scene.ann, "step:chat:2")


async def a_start_link_followed(scene: Scene) -> Move:
    await scene.begins(scene.ann)
    return opened(scene.ann, "lesson-roles")


async def a_question_asked(scene: Scene) -> Move:
    await scene.begins(scene.ann)
    return wrote(scene.ann, "Вопрос номер 1?")


async def an_answer_chosen(scene: Scene) -> Move:
    await scene.begins(scene.ann)
    await scene.ann.writes("Вопрос номер 1?")
    return on_screen(scene.ann, "chosen")


async def nothing_of_it_meant(scene: Scene) -> Move:
    await scene.begins(scene.ann)
    await scene.ann.writes("Вопрос номер 1?")
    return on_screen(scene.ann, "noneof")


async def a_quiz_started(scene: Scene) -> Move:
    await scene.begins(scene.ann)
    return pressed(scene.ann, "quiz:chat")


async def a_choice_picked(scene: Scene) -> Move:
    await scene.asks(Choice)
    return on_screen(scene.ann, "pick")


async def an_option_marked(scene: Scene) -> Move:
    await scene.asks(Multiple)
    return on_screen(scene.ann, "tap")


async def a_tap_taken_back(scene: Scene) -> Move:
    await scene.asks(Order)
    await scene.ann.does(replace(on_screen(scene.ann, "tap"), move_id="a tap"))
    return on_screen(scene.ann, "undo")


async def a_draft_handed_in(scene: Scene) -> Move:
    await scene.asks(Multiple)
    await scene.ann.does(replace(on_screen(scene.ann, "tap"), move_id="a tap"))
    return on_screen(scene.ann, "done")


async def a_number_written(scene: Scene) -> Move:
    await scene.asks(Number)
    return wrote(scene.ann, "7")


async def no_number_written(scene: Scene) -> Move:
    await scene.asks(Number)
    return wrote(scene.ann, "семь")


async def the_last_answer(scene: Scene) -> Move:
    await scene.begins(scene.ann, "coordinator")
    await scene.ann.sends_action("quiz:help")
    return on_screen(scene.ann, "pick")


async def a_quiz_given_up_for_another(scene: Scene) -> Move:
    await scene.begins(scene.ann, "coordinator")
    await scene.ann.sends_action("quiz:chat")
    await scene.answers(scene.ann)
    await scene.ann.sends_action("quiz:roles")
    return on_screen(scene.ann, "start")


async def another_name_written(scene: Scene) -> Move:
    await scene.begins(scene.ann)
    await scene.ann.sends_action("rename")
    return wrote(scene.ann, "Анна Петровна")


async def another_language(scene: Scene) -> Move:
    await scene.begins(scene.ann)
    return pressed(scene.ann, "speak:en")


async def reminders_paused(scene: Scene) -> Move:
    await scene.begins(scene.ann)
    return pressed(scene.ann, "remind:0")


async def a_stale_press(scene: Scene) -> Move:
    await scene.begins(scene.ann)
    return pressed(scene.ann, "pick:somebody:0:0")


async def a_picture_sent(scene: Scene) -> Move:
    await scene.begins(scene.ann)
    return Sent(account=scene.ann.account, move_id="the move", at=NOW)


async def a_sheet_sent(scene: Scene) -> Move:
    await scene.begins(scene.ann)
    school = await add(scene.storage, "Школа № 5", sferum_id="18446744")
    person = await stored(scene.storage, scene.ann.account)
    seat = {
        "organisation_id": school,
        "person_id": person.id,
        "role": Role.ADMINISTRATOR,
        "joined_at": NOW,
    }
    async with scene.storage.writing() as connection:
        await connection.execute(insert(membership), [seat])
    await scene.ann.sends("a.csv", sheet([school_row(day="22.11.2026")]))
    return Sent(
        account=scene.ann.account,
        move_id="the move",
        at=NOW,
        file=attachment(
            "b.csv", sheet([school_row(day="22.11.2026", teachers=(100, 90, 0, 74)), school_row()])
        ),
    )


async def a_look_at_what_is_stored(scene: Scene) -> Move:
    await scene.begins(scene.ann)
    return pressed(scene.ann, "stored")


async def an_export(scene: Scene) -> Move:
    await scene.begins(scene.ann, "coordinator")
    await scene.ann.sends_action("quiz:help")
    await scene.answers(scene.ann)
    await scene.ann.sends_action("stored")
    return pressed(scene.ann, "export")


async def a_link_made(scene: Scene) -> Move:
    await scene.begins(scene.ann)
    return pressed(scene.ann, "link")


async def a_link_opened(scene: Scene) -> Move:
    await scene.begins(scene.ann)
    return opened(scene.tablet, await link_of(scene.ann))


async def a_join_of_somebody_new(scene: Scene) -> Move:
    await scene.begins(scene.ann)
    await scene.tablet.opens(await link_of(scene.ann))
    return pressed(scene.tablet, "join")


async def a_join_of_two_who_have_learned(scene: Scene) -> Move:
    for who, track, quiz in (
        (scene.ann, "teacher", "chat"),
        (scene.tablet, "coordinator", "help"),
    ):
        await scene.begins(who, track)
        await who.sends_action(f"quiz:{quiz}")
        await scene.answers(who)
    await scene.tablet.opens(await link_of(scene.ann))
    return pressed(scene.tablet, "join")


async def a_deletion(scene: Scene) -> Move:
    await scene.begins(scene.ann)
    await scene.ann.sends_action("quiz:chat")
    await scene.answers(scene.ann)
    await scene.ann.sends_action("forget")
    return pressed(scene.ann, "erase")


Kind = Callable[[Scene], Awaitable[Move]]
"""Comes to where a move of this kind is made, and returns it."""

KINDS: dict[Kind, str] = {
    first_contact: "Малый курс",
    a_name_written: "Кто вы?",
    a_track_begun: "шаг 1 из 4",
    another_track_taken: "Координатор",
    a_step_read: "шаг 2 из 4",
    a_start_link_followed: "Урок «roles»",
    a_question_asked: "Возможно, вы об этом?",
    an_answer_chosen: "Короткий ответ.",
    nothing_of_it_meant: "вы спрашивали о другом",
    a_quiz_started: "вопрос 1 из 6",
    a_choice_picked: "Чат появляется сам.",
    an_option_marked: "☑",
    a_tap_taken_back: "Расставьте по порядку.",
    a_draft_handed_in: "Считаются последние 7 дней.",
    a_number_written: "Ваш ответ: 7",
    no_number_written: "цифрами",
    the_last_answer: "К результату",
    a_quiz_given_up_for_another: "Урок «roles»\nВопрос 1 из 4",
    another_name_written: "Имя сохранено",
    another_language: "About me",
    reminders_paused: "Напоминания на паузе",
    a_stale_press: "осталась от прошлого шага",
    a_picture_sent: "пришлите, пожалуйста, сам файл",
    a_sheet_sent: "Школа № 5 — активность — 2026-11-23.png",
    a_look_at_what_is_stored: "Что о вас хранится",
    an_export: "course-bot.json",
    a_link_made: "start=go-",
    a_link_opened: "Продолжить здесь",
    a_join_of_somebody_new: "теперь здесь",
    a_join_of_two_who_have_learned: "теперь здесь",
    a_deletion: "Всё о вас удалено",
}
"""Every kind of move, and what it shows."""


def shown(replies: Sequence[Reply]) -> str:
    """Return all that is read in replies."""
    parts: list[str] = []
    for reply in replies:
        match reply:
            case Screen():
                text, rows = reply.spelled()
                labels = [button.label for row in rows for button in row]
                parts += [plain(text), *labels]
            case Notice():
                parts.append(reply.text)
            case Document():
                parts.append(reply.name)
    return "\n".join(parts)


# What comes of it.


@dataclass(frozen=True)
class Outcome:
    """What a move comes to: what is shown, and all that is stored then."""

    replies: Sequence[Reply]
    rows: dict[str, list[str]]


async def outcome(url: URL, kind: Kind) -> Outcome:
    """Let a move be made with no harm done to anybody."""
    async with Storage(create_engine(url)) as storage:
        talk = talk_on(storage)
        replies = await talk.take(await kind(Scene(talk, storage)))
    return Outcome(replies, await everything_in(url))


@pytest.fixture(scope="module")
def known() -> dict[Kind, Outcome]:
    """What is known already of what undisturbed moves come to."""
    return {}


@pytest.fixture
async def undisturbed(
    kind: Kind,
    known: dict[Kind, Outcome],
    migrated_sqlite: Path,
    tmp_path: Path,
) -> Outcome:
    """What the move comes to when nothing goes wrong."""
    if kind not in known:
        path = tmp_path / "undisturbed.db"
        shutil.copy(migrated_sqlite, path)
        known[kind] = await outcome(database_url(f"sqlite:///{path}"), kind)
    return known[kind]


every_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
ON_BOTH = (
    first_contact,
    a_quiz_started,
    the_last_answer,
    an_export,
    a_link_made,
    a_join_of_somebody_new,
    a_join_of_two_who_have_learned,
    a_deletion,
)
"""Kinds that leave more than a changed person: each is killed on both databases."""


@every_kind
def test_every_move_here_is_what_its_name_says(kind: Kind, undisturbed: Outcome) -> None:
    assert KINDS[kind] in shown(undisturbed.replies)


async def prepared(url: URL, kind: Kind) -> Move:
    """Come to where a move is made, in a process that ends in good order; only once."""
    async with Storage(create_engine(url)) as storage:
        return await kept(kind).on(storage)


@cache
def kept(kind: Kind) -> Kept[Move]:
    """Return what is to be there before a move of a kind, and that move."""

    async def fill(storage: Storage) -> Move:
        return await kind(Scene(talk_on(storage), storage))

    return Kept(fill, lambda move, storage: move)


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        *(pytest.param("sqlite", kind, id=f"{kind.__name__}-sqlite") for kind in KINDS),
        *(
            pytest.param(
                "postgres", kind, id=f"{kind.__name__}-postgres", marks=pytest.mark.postgres
            )
            for kind in ON_BOTH
        ),
    ],
    indirect=["url"],
)
@pytest.mark.parametrize("death", DEATHS, ids=lambda death: death.__name__)
async def test_a_move_killed_anywhere_comes_again_and_ends_as_if_nothing_had_been(
    url: URL, kind: Kind, death: Death, undisturbed: Outcome
) -> None:
    move = await prepared(url, kind)
    with dying(death):
        async with process(url) as talk:
            await talk.take(move)
    if death is not before_the_commit:
        move = replace(move, at=move.at + LATER)
    async with process(url) as talk:
        replies = await talk.take(move)

    assert shown(replies) == shown(undisturbed.replies)
    assert replies == undisturbed.replies
    assert await everything_in(url) == undisturbed.rows


@every_kind
async def test_a_move_that_two_processes_get_at_once_counts_once_and_shows_itself_at_both(
    url: URL, kind: Kind, undisturbed: Outcome
) -> None:
    move = await prepared(url, kind)
    async with process(url) as here, process(url) as there:
        both = await asyncio.gather(*(talk.take(move) for talk in (here, there)))

    assert [shown(replies) for replies in both] == [shown(undisturbed.replies)] * 2
    assert list(both) == [undisturbed.replies] * 2
    assert await everything_in(url) == undisturbed.rows


async def test_a_move_delivered_again_and_again_shows_what_came_of_it_each_time(url: URL) -> None:
    move = await prepared(url, a_join_of_two_who_have_learned)
    async with process(url) as talk:
        first = await talk.take(move)
        for _ in range(3):
            assert await talk.take(move) == first


async def test_a_join_that_was_done_is_done_when_it_comes_again_after_its_link_has_ended(
    url: URL,
) -> None:
    move = await prepared(url, a_join_of_two_who_have_learned)
    with dying(after_the_commit):
        async with process(url) as talk:
            await talk.take(move)
    async with process(url) as talk:
        replies = await talk.take(replace(move, at=NOW + timedelta(hours=1)))

    assert "теперь здесь" in shown(replies)


async def test_a_join_that_was_not_done_by_the_end_of_its_link_says_so(url: URL) -> None:
    move = await prepared(url, a_join_of_two_who_have_learned)
    with dying(before_the_commit):
        async with process(url) as talk:
            await talk.take(move)
    async with process(url) as talk:
        replies = await talk.take(replace(move, at=NOW + timedelta(hours=1)))

    assert "Эта ссылка больше не работает" in shown(replies)


# Deletions


async def test_a_deletion_that_comes_again_makes_nobody_new_and_deletes_nobody_new(
    url: URL,
) -> None:
    move = await prepared(url, a_deletion)
    async with Storage(create_engine(url)) as storage:
        scene = Scene(talk_on(storage), storage)
        farewell = await scene.talk.take(move)
        assert await scene.talk.take(move) == farewell
        assert (await everything_in(url))["person"] == []

        await scene.ann.opens()
        await scene.ann.sends_action("name")
        await scene.talk.take(move)
        scene.ann.now += timedelta(minutes=1)
        await scene.ann.writes("Анна")
        assert (await stored(storage, scene.ann.account)).name == "Анна"


async def test_a_second_tap_on_delete_says_farewell_once_more_and_makes_nobody_new(
    url: URL,
) -> None:
    first = await prepared(url, a_deletion)
    second = replace(first, move_id="the second tap")
    async with process(url) as talk:
        farewell = await talk.take(first)
        for _ in range(2):
            assert await talk.take(second) == farewell

    assert (await everything_in(url))["person"] == []


async def test_what_is_kept_of_a_deletion_tells_nobody_whose_it_was(url: URL) -> None:
    move = await prepared(url, a_deletion)
    async with Storage(create_engine(url)) as storage:
        await talk_on(storage).take(move)
        (kept,) = await deletions(storage)
        assert (kept.pop("person_id"), kept.pop("at")) == (1, NOW)
        digest = kept.pop("move")
        assert len(digest) == 32
        assert kept == {"place": "erased", "language": "ru", "reason": "self"}
        for word in (move.account.key, move.move_id, "Анна"):
            assert word not in digest

        await storage.tidy(NOW + MOVES_KEPT)
        assert (await deletions(storage))[0]["move"] == digest
        await storage.tidy(NOW + MOVES_KEPT + timedelta(seconds=1))
        (kept,) = await deletions(storage)

    assert kept == {
        "person_id": 1,
        "at": NOW,
        "move": None,
        "place": "",
        "language": "ru",
        "reason": "self",
    }


async def deletions(storage: Storage) -> list[dict[str, Any]]:
    async with storage.reading() as connection:
        return [dict(row) for row in (await connection.execute(select(deletion))).mappings()]


async def test_the_number_of_somebody_deleted_is_never_given_to_anybody_else(url: URL) -> None:
    """Nor is it after a restart, nor where the last number is the one deleted."""
    numbers: list[int] = []
    for time in range(3):
        async with Storage(create_engine(url)) as storage:
            ann = learner(storage, "ann")
            numbers.append((await ann.does(move=f"{time}")).id)
            await ann.does(forget)

    assert len(set(numbers)) == 3
