"""A region of 3,000 schools and 100,000 learners who really learned, made in half a minute."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

from course_bot.content.model import Course
from course_bot.conversation.turn import Conversation
from course_bot.organisations.records import Role
from course_bot.organisations.tree import MUNICIPALITY, REGION, SCHOOL
from course_bot.storage import Account
from course_bot.storage.engine import create_engine, database_url
from course_bot.storage.migrating import upgrade
from course_bot.storage.schema import name_key
from course_bot.storage.store import Storage
from tests.benchmarks.contestants import FIRST
from tests.benchmarks.population import TEMPLATES, multiply
from tests.benchmarks.tracks import learn
from tests.files_here import FilesHere, SheetsHere

SCHOOLS = 3_000
MUNICIPALITIES = 60
LEARNERS = 100_000
ZONE = ZoneInfo("Asia/Yekaterinburg")
TOP = 1
"""The region's number; the municipalities' follow, and then the schools'."""
COORDINATOR = 1
"""The number of the region's coordinator, who learns too: Telegram's account ``FIRST``."""
TRACK, OTHER = "teacher", "administrator"
IN_TWO = 0.03
"""The share of those who work in two schools."""
NAMELESS = 0.03
STATES = (("new", 12), ("going", 10), ("done", 18))
"""How many of the templates are how far."""
_SURNAMES = (
    "Абрамов",
    "Баранов",
    "Васильев",
    "Воробьёв",
    "Григорьев",
    "Данилов",
    "Егоров",
    "Жуков",
    "Зайцев",
    "Иванов",
    "Калинин",
    "Королёв",
    "Кузнецов",
    "Лебедев",
    "Макаров",
    "Морозов",
    "Никитин",
    "Новиков",
    "Орлов",
    "Павлов",
    "Петров",
    "Попов",
    "Романов",
    "Семёнов",
    "Сидоров",
    "Смирнов",
    "Соколов",
    "Тарасов",
    "Фёдоров",
    "Филиппов",
    "Чернов",
    "Щербаков",
    "Яковлев",
)
_WOMEN = (
    "Алёна",
    "Анна",
    "Валентина",
    "Вера",
    "Галина",
    "Дарья",
    "Екатерина",
    "Елена",
    "Ирина",
    "Ксения",
    "Лариса",
    "Людмила",
    "Марина",
    "Мария",
    "Наталья",
    "Ольга",
    "Светлана",
    "Татьяна",
    "Юлия",
)
_MEN = (
    "Алексей",
    "Андрей",
    "Виктор",
    "Дмитрий",
    "Евгений",
    "Иван",
    "Михаил",
    "Николай",
    "Павел",
    "Сергей",
    "Юрий",
)
_FATHERS = (
    ("Александровна", "Александрович"),
    ("Алексеевна", "Алексеевич"),
    ("Викторовна", "Викторович"),
    ("Ивановна", "Иванович"),
    ("Михайловна", "Михайлович"),
    ("Николаевна", "Николаевич"),
    ("Петровна", "Петрович"),
    ("Сергеевна", "Сергеевич"),
)

Row = tuple[object, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How large a region is."""

    schools: int = SCHOOLS
    municipalities: int = MUNICIPALITIES
    learners: int = LEARNERS


async def found_region(file: Path, course: Course, at: datetime, size: Size = Size()) -> None:
    """Make a region in a new database.

    Half of its municipalities have a last day that is over, some schools none at all.

    Args:
        file: the SQLite file.
        course: what is learned.
        at: now, UTC.
        size: how large it is.
    """
    async with Storage(create_engine(database_url(f"sqlite:///{file}")), zone=ZONE) as storage:
        await upgrade(storage.engine)
        await storage.reconcile(course)
        talk = Conversation(
            storage,
            lambda: course,
            secret=b"s" * 32,
            files=FilesHere(storage),
            sheets=SheetsHere(),
        )
        number = 0
        lessons = len(course.tracks[TRACK].lessons)
        for state, people in STATES:
            for each in range(people):
                account = Account(door="telegram", key=f"{FIRST + number}")
                taken = {"new": 0, "going": each % (lessons - 1) + 1, "done": None}[state]
                await learn(storage, talk, account, at=at, lessons=taken)
                number += 1
        assert number == TEMPLATES
    multiply(file, size.learners)
    _fill(file, at, size)
    async with Storage(create_engine(database_url(f"sqlite:///{file}")), zone=ZONE) as storage:
        await storage.derive()


def _fill(file: Path, at: datetime, size: Size) -> None:
    with closing(sqlite3.connect(file)) as database:
        database.execute("PRAGMA synchronous=OFF")
        database.execute("PRAGMA cache_size=-500000")
        with database:
            database.executemany(
                "UPDATE person SET name = ?, name_key = ? WHERE id = ?", _names(size)
            )
            database.executemany(
                "INSERT INTO organisation (id, parent_id, name, kind, sferum_id, made_at)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                _organisations(at, size),
            )
            database.executemany(
                "INSERT OR IGNORE INTO membership (organisation_id, role, person_id, joined_at)"
                " VALUES (?, ?, ?, ?)",
                _memberships(at, size),
            )
            # What the bot writes of its own accord is not what is measured.
            database.execute("UPDATE person SET remind_at = NULL")
            # Whoever has completed did so some days after joining.
            database.execute(
                "UPDATE track_progress SET completed_at = strftime("
                "'%Y-%m-%d %H:%M:%f000', joined_at, (m.person_id * 37 % 500) || ' hours')"
                " FROM membership AS m WHERE m.person_id = track_progress.person_id"
                " AND m.role = 'learner' AND completed_at IS NOT NULL"
            )
            database.executemany(
                "INSERT INTO assignment (organisation_id, track, due, lifted, changed_at)"
                " VALUES (?, ?, ?, ?, ?)",
                _assignments(at, size),
            )
            departed = at - timedelta(days=1)
            database.executemany(
                "INSERT INTO departure (organisation_id, completed_at, left_at) VALUES (?, ?, ?)",
                ((school, stored(departed), stored(departed)) for school in _schools(size)[::7]),
            )
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def stored(at: datetime) -> str:
    """Write a time as it stands in SQLite."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


def _municipalities(size: Size) -> range:
    return range(TOP + 1, TOP + 1 + size.municipalities)


def _schools(size: Size) -> range:
    first = TOP + 1 + size.municipalities
    return range(first, first + size.schools)


def _names(size: Size) -> Iterator[Row]:
    random = Random(1)
    for number in range(1, size.learners + 1):
        name, man = "", random.random() < 0.2
        if random.random() >= NAMELESS:
            surname = random.choice(_SURNAMES) + ("" if man else "а")
            first = random.choice(_MEN if man else _WOMEN)
            name = f"{surname} {first} {random.choice(_FATHERS)[man]}"
        yield name, name_key(name), number


def _organisations(at: datetime, size: Size) -> Iterator[Row]:
    made = stored(at - timedelta(days=90))
    yield TOP, None, "Свердловская область", REGION, None, made
    municipalities = _municipalities(size)
    for number, each in enumerate(municipalities, 1):
        yield each, TOP, f"Городской округ № {number}", MUNICIPALITY, None, made
    for number, each in enumerate(_schools(size), 1):
        parent = municipalities[number % len(municipalities)]
        yield each, parent, f"МБОУ «Средняя школа № {number}»", SCHOOL, f"{500_000 + number}", made


def _memberships(at: datetime, size: Size) -> Iterator[Row]:
    random = Random(2)
    schools = _schools(size)
    for number in range(1, size.learners + 1):
        for _ in range(1 + (random.random() < IN_TWO)):
            # Some schools are larger than others.
            school = schools[int(len(schools) * random.random() ** 1.4)]
            joined = at - timedelta(minutes=random.randrange(30_000, 120_000))
            yield school, Role.LEARNER, number, stored(joined)
    since = stored(at - timedelta(days=90))
    yield TOP, Role.COORDINATOR, COORDINATOR, since
    for number, each in enumerate(_municipalities(size), COORDINATOR + 1):
        yield each, Role.COORDINATOR, number, since


def _assignments(at: datetime, size: Size) -> Iterator[Row]:
    today = at.astimezone(ZONE).date()
    changed = stored(at - timedelta(days=80))
    yield TOP, TRACK, f"{today + timedelta(days=14)}", False, changed
    for each in _municipalities(size)[::2]:
        yield each, TRACK, f"{today - timedelta(days=7)}", False, changed
    for each in _schools(size)[::50]:
        yield each, TRACK, None, True, changed
    for each in _schools(size)[::40]:
        yield each, OTHER, f"{today - timedelta(days=1)}", False, changed
