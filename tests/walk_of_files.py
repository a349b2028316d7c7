"""A walk by every file that coordinators download, and the journal of what they did."""

from collections.abc import Iterator

from course_bot.content.model import Course
from course_bot.conversation.port import Notice, Pressed
from course_bot.conversation.turn import Conversation
from course_bot.locale.phrases import Phrases
from course_bot.organisations.records import Act, Role
from course_bot.organisations.state import State
from course_bot.reports.audit import audit_table
from course_bot.reports.exporting import Advance, ExportError, File, Kind, Report, Wanted
from course_bot.storage.auditing import AuditRow
from tests.browser_person import SECRET
from tests.dialogue import Person
from tests.doors import House
from tests.files_here import SheetsHere
from tests.learners import Learner, put
from tests.regions import add, join, leave, pupil
from tests.reports.tables import AT


class HalfAFile:
    """Makes half a file, as where the disk is full then."""

    async def file(self, course: Course, wanted: Wanted, tell: Advance) -> File | None:
        await tell(1, 2)
        raise ExportError("the disk is full")


async def walk_of_files(house: House, ann: Person, word: str) -> None:
    """Download every file of an organisation, and one that does not come about.

    Args:
        house: on a course without words.
        ann: who walks.
        word: stands for every name.
    """
    region = await add(house.storage, word)
    school = await add(house.storage, word, region)
    who = Learner(house.storage, house.account(ann), house.now)
    await join(who, region, Role.COORDINATOR)
    undecided = await pupil(house.storage, word, school)
    await undecided.does(put(track=""))

    async def hears(passing: str) -> None:
        house.said.append(Notice(text=passing))

    async def gets(file: str) -> None:
        move = Pressed(
            account=house.account(ann),
            move_id=f"{len(house.said)}",
            at=house.now,
            action=f"getfile:{region}:{file}",
        )
        await house.take(move, hears)

    await ann.sends_action(f"files:{region}")
    for report in Report:
        await gets(f"{Kind.CSV}:{report}")
    for file in (f"{Kind.PNG}:{Report.SUMMARY}", f"{Kind.XLSX}:all", f"{Kind.ZIP}:all"):
        await gets(file)
    talk = house.talk
    house.talk = Conversation(
        house.storage, lambda: house.course, secret=SECRET, files=HalfAFile(), sheets=SheetsHere()
    )
    await gets(f"{Kind.XLSX}:all")
    house.talk = talk
    await leave(who, region, Role.COORDINATOR)


def words_in_journal(p: Phrases, own: str) -> Iterator[str]:
    """Yield every text in a journal of every kind of deed, whose names are all this one."""
    deeds = [
        *((act, role) for act in (Act.INVITED, Act.WITHDREW, Act.REMOVED) for role in Role),
        (Act.JOINED, Role.COORDINATOR),
        *((Act.REMINDED, f"1 {state}") for state in (*State, "open")),
        (Act.ASSIGNED, "teacher until 2026-12-01"),
        (Act.ASSIGNED, "teacher without a last day"),
        *((Act.ASSIGNED, f"teacher {word}") for word in ("lifted", "inherited")),
        *((Act.EXPORTED, f"{Kind.CSV} {report}") for report in Report),
        (Act.EXPORTED, "certificates"),
        (Act.MATCHED, "501"),
        (Act.UNMATCHED, "501"),
    ]
    rows = [
        AuditRow(
            at=AT, person=person, name=own, operator=operator, organisation=own, act=act,
            about=about,
        )
        for act, about in deeds
        for person, operator in ((1, False), (None, True), (None, False))
    ]  # fmt: skip
    table = audit_table(p, own, rows, AT, titles={"teacher": own})
    yield table.title
    for column in table.columns:
        yield from (column.title, column.about)
    for row in table.rows:
        yield from (cell for cell in row if isinstance(cell, str))
