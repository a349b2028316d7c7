"""A walk through what sheets of many schools lead to, on a course without words."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import ColumnElement, String, cast, update

from course_bot.locale.phrases import Phrases
from course_bot.organisations.records import OfSchool, Role, SheetSent
from course_bot.reports.activity import activity_table, history_table, judged
from course_bot.reports.exporting import ALL, Kind, Report
from course_bot.reports.outcome import outcome_table
from course_bot.reports.table import Table
from course_bot.sheets.figures import Figures, SchoolDay
from course_bot.sheets.judging import Targets
from course_bot.sheets.received import Received
from course_bot.storage import schema
from course_bot.storage.activity import SchoolActivity
from course_bot.storage.unmatched import mark_of
from tests.dialogue import Person
from tests.doors import House
from tests.learners import Learner
from tests.regions import add, join, leaves

FINE = Figures(
    teachers_expected=10,
    teachers_registered=9,
    teachers_active=8,
    pupils_expected=10,
    pupils_registered=9,
    pupils_active=4,
    parents_expected=10,
    parents_registered=9,
    parents_active=4,
)
LACKING = Figures(teachers_expected=10, teachers_registered=9, teachers_active=2)
NAMED = "0-"
"""How an ID begins that an organisation has for a while."""
DOUBTFUL = (
    Figures(teachers_registered=1, teachers_active=2),
    Figures(pupils_registered=1, pupils_linked=2),
    Figures(parents_expected=1, parents_registered=2),
    Figures(pupils_expected=1, parents_expected=2),
    Figures(
        expected=9,
        registered=9,
        teachers_expected=1,
        pupils_expected=1,
        parents_expected=1,
        teachers_registered=1,
        pupils_registered=1,
        parents_registered=1,
    ),
    Figures(teachers_expected=1, teachers_registered=0, teachers_active=0),
)
"""A pair each of figures that can't both be right."""


async def walk_of_activity(house: House, ann: Person, word: str) -> tuple[int, ...]:
    """Let a coordinator look at schools without sheets, then send some, and say whose they are.

    Returns the organisations that she coordinates then, for whoever looks at their pages.

    Args:
        house: on a course without words.
        ann: who walks.
        word: stands for every name.
    """
    storage, who = house.storage, Learner(house.storage, house.account(ann), house.now)
    region, town = await add(storage, word, kind=word), await add(storage, word, kind=word)
    schools = [await add(storage, word, region, kind=word) for _ in range(len(DOUBTFUL) + 2)]
    fine, free = (
        await add(storage, word, town, kind=word),
        await add(storage, word, town, kind=word),
    )
    # Nobody has them yet, whoever walked here before.
    taken, theirs, others = (f"{region}-{number}" for number in range(3))
    await add(storage, word, kind=word, sferum_id=taken)
    for organisation in (region, town):
        await join(who, organisation, Role.COORDINATOR)
    for action in (f"activity:{region}", f"unittrend:{region}", "unmatched:1", "activity:999999"):
        await ann.sends_action(action)
    today = house.now.date()
    days = [
        OfSchool(organisation=school, day=today - timedelta(days=ago), figures=figures)
        for school, figures in zip(schools, (*DOUBTFUL, LACKING), strict=False)
        for ago in (1, 31)
    ]
    days.append(OfSchool(organisation=fine, day=today, figures=FINE))
    days.append(OfSchool(organisation=schools[-1], day=today - timedelta(days=9), figures=FINE))
    rows = [
        SchoolDay(row=1, day=today, sferum_id=each, name=word, municipality=word, figures=LACKING)
        for each in (taken, theirs, others)
    ]
    sheet = SheetSent(
        received=Received(), schools=tuple(days), unmatched=tuple(rows), at=house.now
    )
    await leaves(who, sheet)
    for organisation in (region, town):
        for action in (
            f"activity:{organisation}",
            f"unittrend:{organisation}",
            f"getfile:{organisation}:{Kind.PNG}:{Report.ACTIVITY}",
            f"getfile:{organisation}:{Kind.XLSX}:{Report.OUTCOME}",
            f"getfile:{organisation}:{Kind.XLSX}:{ALL}",
        ):
            await ann.sends_action(action)
    for action in (
        "unmatched:1",
        f"whoseid:{mark_of(theirs)}:1",
        f"match:{free}:{mark_of(taken)}",
        f"match:{free}:{mark_of(theirs)}",
        f"unmatch:{free}",
        f"matched:{free}",
        f"match:{free}:{mark_of(theirs)}",
    ):
        await ann.sends_action(action)
    unnamed = schema.organisation.c.sferum_id.is_(None)
    named = schema.organisation.c.sferum_id.startswith(NAMED)
    number = cast(schema.organisation.c.id, String)
    asks = f"whoseid:{mark_of(others)}:1"
    await _give_ids(house, unnamed, NAMED + number)
    for action in (asks, f"notours:{mark_of(others)}"):
        await ann.sends_action(action)
    await _give_ids(house, named, None)
    return region, town


async def _give_ids(
    house: House, where: ColumnElement[bool], known: ColumnElement[str] | None
) -> None:
    """Let organisations have an ID each, or none."""
    async with house.storage.writing() as connection:
        await connection.execute(update(schema.organisation).where(where).values(sferum_id=known))


def words_in_activity(p: Phrases, own: str) -> Iterator[str]:
    """Yield every text in the tables of schools, whose names are all this one."""
    at, targets = datetime(2026, 11, 30, 9, tzinfo=UTC), Targets(teachers=75, learners=30, days=7)
    found = [
        SchoolActivity(
            organisation=number,
            name=own,
            sferum_id="1",
            municipality=own,
            day=date(2026, 11, 1),
            figures=figures,
        )
        for number, figures in enumerate((FINE, *DOUBTFUL))
    ]
    schools = judged(found, targets, at.date())
    tables: tuple[Table, ...] = (
        activity_table(p, own, schools, targets, at),
        outcome_table(p, own, schools, {}, at),
        history_table(p, own, (), at),
    )
    for table in tables:
        yield from (table.title, table.note, table.moment)
        for column in table.columns:
            yield from (column.title, column.about)
        for row in table.rows:
            yield from (cell for cell in row if isinstance(cell, str))
