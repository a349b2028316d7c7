"""Three regions in which every name says whose it is, so that what leaks is recognised."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Column, Table, or_, select

from course_bot.conversation.stage import Addresses
from course_bot.conversation.turn import Conversation
from course_bot.learning.progress import LinkMade
from course_bot.organisations import invites
from course_bot.organisations.records import (
    Act,
    Audited,
    CertificateIssued,
    OfSchool,
    Reminding,
    Role,
    SheetSent,
)
from course_bot.sheets.figures import Figures, SchoolDay
from course_bot.sheets.received import Received
from course_bot.storage.schema import attempt, metadata, organisation
from course_bot.storage.schema import person as person_table
from course_bot.storage.store import Storage
from course_bot.tokens import digest
from tests.browser_person import SECRET
from tests.courses import GUIDE, make_course
from tests.files_here import FilesHere, SheetsHere
from tests.kept import Kept
from tests.learners import NOW, Learner, learner, put
from tests.regions import (
    Region,
    a_region,
    assign,
    begins,
    completes,
    copied_region,
    join,
    leave,
    leaves,
)

STEMS = {"Озёрный край": "Озёрская", "Горный край": "Горская", "Степной край": "Степная"}
"""The names of the regions, and the surname of everybody there."""
ABOVE = {
    "region": (),
    "m1": ("region",),
    "m2": ("region",),
    "s11": ("m1", "region"),
    "s12": ("m1", "region"),
    "s21": ("m2", "region"),
    "s22": ("m2", "region"),
}
"""Which organisations stand above each, by short names."""
NAMELESS = ("l-s12-2", "l-s22-2")
COORDINATORS = tuple(f"c-{short}" for short in ABOVE)
ADMINISTRATORS = ("a-s11", "a-s21")
"""They administer a school, and do not learn there."""
LEARNERS = tuple(f"l-{short}-{n}" for short in ABOVE if short.startswith("s") for n in (1, 2))
OTHERS = ("removed", "left", "nobody", "newcomer")
"""A coordinator of the region no more; somebody who left s11; of no organisation; has no track."""
VIEWERS = ("c-region", "c-m1", "c-s11", "a-s11", "l-s11-1", "l-s12-2", *OTHERS)
"""Every role there is, and everything that one may have been."""
ZONE = ZoneInfo("Europe/Moscow")


@dataclass(kw_only=True)
class There:
    """A region with what hangs on it; keys and codes by what they are of."""

    name: str
    region: Region
    invites: dict[tuple[str, Role], str] = field(default_factory=dict)
    """Keys of invites, by organisation and role."""
    certificate: str = ""
    mailing: str = ""
    personal: str = ""
    """The digest of a personal link."""
    attempts: list[str] = field(default_factory=list)

    @property
    def stem(self) -> str:
        """The surname of everybody."""
        return STEMS[self.name]

    @property
    def unmatched(self) -> str:
        """An ID in a sheet of the coordinator's that no organisation has."""
        return f"{self.stem} 99"

    def organisation(self, short: str) -> int:
        """Return an organisation's number."""
        return self.region.organisations[short]

    def number(self, short: str) -> int:
        """Return a person's number."""
        return self.region.numbers[short]


@dataclass(kw_only=True)
class World:
    """Three regions, of which the first is looked at from within."""

    storage: Storage
    talk: Conversation
    regions: Sequence[There]

    @property
    def home(self) -> There:
        """The region of those who look."""
        return self.regions[0]

    @property
    def foreign(self) -> Sequence[There]:
        """The regions of which they may never see anything."""
        return self.regions[1:]

    def leaks(self, viewer: str, text: str) -> list[str]:
        """Return whatever stands in a text and is not for a viewer's eyes."""
        return sorted(set(self._marks.findall(text)) - self._allowed[viewer])

    def __post_init__(self) -> None:
        """Work out by what everything is recognised, and who may see what."""
        marks = []
        for there in self.regions:
            marks += [re.escape(_called(there, short)) for short in ABOVE]
            marks += [re.escape(_mark(there, who)) + r"\b" for who in there.region.people]
        # The longest first: the region's name stands in those of all below it.
        self._marks = re.compile("|".join(sorted(marks, key=len, reverse=True)))
        self._allowed = {viewer: self._seen_by(viewer) for viewer in VIEWERS}

    def _seen_by(self, viewer: str) -> set[str]:
        home = self.home
        seen = {_mark(home, viewer)}
        kind, _, rest = viewer.partition("-")
        if kind == "l":
            place = rest.partition("-")[0]
            seen |= {_called(home, short) for short in (place, *ABOVE[place])}
        if kind == "a":
            seen.add(_called(home, rest))
        if kind == "c":
            below = [short for short in ABOVE if rest == short or rest in ABOVE[short]]
            seen |= {_called(home, short) for short in (*below, *ABOVE[rest])}
            # Who has invited or assigned from above may be named.
            seen |= {_mark(home, f"c-{short}") for short in (*below, *ABOVE[rest])}
            members = (*LEARNERS, *ADMINISTRATORS)
            seen |= {_mark(home, who) for who in members if who.split("-")[1] in below}
            if rest == "region":
                seen.add(_mark(home, "removed"))
        # What they agreed to when they joined is theirs to read for good.
        if viewer in ("left", "removed"):
            seen.add(_called(home, "s11" if viewer == "left" else "region"))
        return seen

    async def foreign_rows(self) -> Mapping[str, Collection[tuple[object, ...]]]:
        """Read all that belongs to the other regions and their people."""
        organisations = [
            number for there in self.foreign for number in there.region.organisations.values()
        ]
        people = [number for there in self.foreign for number in there.region.numbers.values()]
        found = {}
        async with self.storage.reading() as connection:
            for table in metadata.sorted_tables:
                theirs = [
                    column.in_(of)
                    for column in table.columns
                    if (of := _belongs(table, column, organisations, people)) is not None
                ]
                if theirs:
                    rows = await connection.execute(select(table).where(or_(*theirs)))
                    found[table.name] = sorted((tuple(row) for row in rows), key=repr)
        return found


def _belongs(
    table: Table, column: "Column[object]", organisations: list[int], people: list[int]
) -> list[int] | None:
    """Say whose numbers a column holds."""
    for own, of in ((organisation, organisations), (person_table, people)):
        if table is own and column.primary_key:
            return of
        if any(key.column.table is own for key in column.foreign_keys):
            return of
    return None


def _called(there: There, short: str) -> str:
    """Return an organisation's name, as ``a_region`` gives it."""
    if short == "region":
        return there.name
    return f"{'Район' if short[0] == 'm' else 'Школа'} {short[1:]} ({there.name})"


def _mark(there: There, who: str) -> str:
    """Return by what a person is recognised, whatever comes before it."""
    if who in NAMELESS:
        return f"Без имени № {there.number(who)}"
    return f"{there.stem}-{who}"


async def three_regions(storage: Storage) -> World:
    """Make them, with everything in them that there is."""
    regions = [await _fill(storage, name) for name in STEMS]
    # Somebody works in two regions, and neither is told of the other.
    await join(regions[0].region.people["l-s11-2"], regions[1].organisation("s22"))
    return World(storage=storage, talk=_talk_on(storage), regions=regions)


def copied(world: World, storage: Storage) -> World:
    """Return the same world on a storage whose database is a copy of what it was made on."""
    regions = [
        replace(there, region=copied_region(there.region, storage)) for there in world.regions
    ]
    return World(storage=storage, talk=_talk_on(storage), regions=regions)


WORLD = Kept(three_regions, copied)
"""The three regions on an empty database."""


def _talk_on(storage: Storage) -> Conversation:
    course = replace(make_course(), guides={GUIDE.id: GUIDE})
    talk = Conversation(
        storage, lambda: course, secret=SECRET, files=FilesHere(storage), sheets=SheetsHere()
    )
    talk.addresses = Addresses(
        page="http://127.0.0.1:8080", max_bot="course_bot", telegram_bot="course_bot"
    )
    return talk


async def _fill(storage: Storage, name: str) -> There:
    region = await a_region(storage, name)
    there = There(name=name, region=region)
    here = region.organisations
    for other in OTHERS:
        region.people[other] = learner(storage, f"{name} {other}")
    region.numbers["removed"] = await join(
        region.people["removed"], here["region"], Role.COORDINATOR
    )
    region.numbers["left"] = await join(region.people["left"], here["s11"])
    for who in ADMINISTRATORS:
        school = here[who.removeprefix("a-")]
        person = region.people[who] = learner(storage, f"{name} {who}")
        region.numbers[who] = await join(person, school, Role.ADMINISTRATOR)
    for who, person in region.people.items():
        known = "" if who in NAMELESS else f"Мария {there.stem}-{who}"
        track = "" if who == "newcomer" else "teacher"
        done = await person.does(put(name=known, track=track, place="menu"))
        region.numbers[who] = done.id
    await assign(storage, here["region"], "teacher", date(2026, 11, 20))
    await assign(storage, here["m2"], "teacher", date(2026, 12, 10))
    await assign(storage, here["s12"], "coordinator")
    for who in ("l-s11-1", "l-s21-1", "left"):
        for lesson in ("chat", "roles", "help"):
            await region.people[who].takes(lesson)
        await completes(region.people[who], "teacher", passed=3)
    for who in ("l-s11-2", "l-s22-1"):
        await region.people[who].takes("chat", wrong=2)
        await begins(region.people[who], "teacher")
    async with storage.reading() as connection:
        ids = select(attempt.c.id).where(attempt.c.person_id == there.number("l-s11-1"))
        there.attempts = list(await connection.scalars(ids))
    await _hang_on(there)
    await leave(region.people["left"], here["s11"])
    return there


async def _hang_on(there: There) -> None:
    """Let coordinators do what they can, and leave what hangs on an organisation or a person."""
    region = there.region
    boss, here = region.people["c-region"], region.organisations
    for number, short in enumerate(here):
        for role in Role:
            key = digest(f"{there.name} {number} {role}")[:16]
            there.invites[short, role] = key
            made = invites.make_invite(SECRET, key, here[short], role, NOW, ZONE)
            await leaves(
                region.people[f"c-{short}"],
                made,
                Audited(organisation=here[short], act=Act.INVITED, at=NOW, about=key),
            )
    there.mailing = digest(f"{there.name} mailing")[:16]
    await leaves(
        boss,
        Reminding(key=there.mailing, organisation=here["s11"], state=None, at=NOW),
        Audited(organisation=here["s11"], act=Act.REMINDED, at=NOW, about="1"),
    )
    for number, short in enumerate(ABOVE):
        await sends(boss, here[short], teachers_expected=100, teachers_active=50 + number)
    await leaves(boss, a_sheet(unmatched=(_unknown_school(there),)))
    there.certificate = digest(f"{there.name} certificate")[:12].upper()
    await leaves(
        region.people["l-s11-1"],
        CertificateIssued(
            code=there.certificate,
            track="teacher",
            title="Учитель",
            course="Малый курс",
            name=f"Мария {there.stem}-l-s11-1",
            # Whoever has a certificate's number may read whose it is: no name to recognise.
            organisation="Гимназия",
            day=NOW.date(),
            at=NOW,
        ),
    )
    there.personal = digest(f"{there.name} personal")
    await leaves(
        region.people["l-s11-1"],
        LinkMade(digest=there.personal, expires_at=NOW + timedelta(minutes=15)),
    )


def a_sheet(*schools: OfSchool, unmatched: tuple[SchoolDay, ...] = ()) -> SheetSent:
    """Return what a statistics sheet leaves."""
    return SheetSent(received=Received(), schools=schools, unmatched=unmatched, at=NOW)


async def sends(who: Learner, organisation: int, **counts: int) -> None:
    """Let somebody send a sheet of an organisation: of yesterday, and of a month before."""
    figures = Figures(**counts)
    days = [
        OfSchool(organisation=organisation, day=NOW.date() - timedelta(days=ago), figures=figures)
        for ago in (1, 31)
    ]
    await leaves(who, a_sheet(*days))


def _unknown_school(there: There) -> SchoolDay:
    """Return a row of a sheet with an ID that no organisation has."""
    return SchoolDay(
        row=2,
        day=NOW.date(),
        sferum_id=there.unmatched,
        name=f"Лицей {there.stem}-c-region",
        figures=Figures(teachers_expected=10, teachers_active=1),
    )


async def dismiss(there: There) -> None:
    """Let the one who is to be removed coordinate nothing any more."""
    await leave(there.region.people["removed"], there.organisation("region"), Role.COORDINATOR)
