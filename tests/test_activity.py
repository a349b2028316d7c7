"""What sheets say of a scope's schools: the newest, a month before, by day; never others'."""

from dataclasses import replace
from datetime import date, timedelta
from random import Random

import pytest
from sqlalchemy import create_engine, delete, insert, select

from course_bot.organisations.records import OfSchool, Role, SheetSent
from course_bot.sheets.figures import COUNTED, Figures, Group
from course_bot.sheets.judging import Targets, judge
from course_bot.sheets.received import Received
from course_bot.storage.activity import ActivityHistory, ActivityOf, sure_in_sql
from course_bot.storage.deriving import derive
from course_bot.storage.reporting import Completions, SchoolCompletion
from course_bot.storage.schema import membership, organisation, school_day
from course_bot.storage.store import Storage
from tests.learners import NOW
from tests.regions import FRESH_REGION, Region, assign, begins, completes, leaves
from tests.statistics_sheets import CONTRADICTED

TODAY = NOW.date()


async def sends(here: Region, who: str, *days: tuple[str, date, Figures]) -> None:
    """Let a coordinator send a sheet of these schools' days."""
    await leaves(
        here.people[who],
        SheetSent(
            received=Received(),
            schools=tuple(
                OfSchool(organisation=here.organisations[school], day=day, figures=figures)
                for school, day, figures in days
            ),
            at=NOW,
        ),
    )


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


async def test_each_school_has_its_newest_figures_and_those_of_about_a_month_before(
    storage: Storage,
) -> None:
    here = await FRESH_REGION.on(storage)
    few = [replace(CONTRADICTED, teachers_active=number) for number in range(5)]
    days = [("s11", ago(day), few[at]) for at, day in enumerate((1, 20, 21, 46, 47))]
    await sends(
        here, "c-region", *days, ("s12", ago(0), CONTRADICTED), ("s12", ago(19), CONTRADICTED)
    )

    found = await storage.read(ActivityOf(scope=here.scope("c-region", "region")))

    assert found is not None
    assert [(each.name[:8], each.day, each.before_day) for each in found] == [
        ("Школа 11", ago(1), ago(21)),
        ("Школа 12", ago(0), None),
        ("Школа 21", None, None),
        ("Школа 22", None, None),
    ]
    first = found[0]
    assert first.municipality == "Район 1 (Озёрный край)"
    assert (first.figures, first.before, first.sent_at) == (few[0], few[2], NOW)
    assert found[2].figures == Figures()


async def test_of_a_school_alone_nothing_is_told_of_what_is_above(storage: Storage) -> None:
    here = await FRESH_REGION.on(storage)
    await sends(here, "c-region", ("s11", ago(1), CONTRADICTED))

    (alone,) = await storage.read(ActivityOf(scope=here.scope("c-s11", "s11"))) or ()

    assert alone.municipality == ""
    assert await storage.read(ActivityOf(scope=here.scope("c-s11", "m1"))) is None
    assert await storage.read(ActivityHistory(scope=here.scope("c-s11", "s12"))) is None


async def test_a_day_on_which_few_schools_were_sent_is_none_of_the_history(
    storage: Storage,
) -> None:
    here = await FRESH_REGION.on(storage)
    most = ("s11", "s12", "s21", "s22")
    whole = [(school, ago(day), CONTRADICTED) for day in (30, 10) for school in most]
    await sends(here, "c-region", *whole, *((school, ago(5), CONTRADICTED) for school in most[:3]))

    scope = here.scope("c-region", "region")
    found = await storage.read(ActivityHistory(scope=scope))

    assert found is not None
    assert [(each.day, each.schools) for each in found] == [(ago(30), 4), (ago(10), 4)]
    teachers, parents = found[0].groups[Group.TEACHERS], found[0].groups[Group.PARENTS]
    assert (teachers.schools, teachers.expected, teachers.active) == (4, 428, 284)
    assert parents.schools == 0


def test_a_figure_is_added_up_where_it_is_good_for_advice() -> None:
    random = Random(8)
    likely = (None, 0, 0, 1, 1, 2, 3)
    rows = [{each.value: random.choice(likely) for each in COUNTED} for _ in range(3000)]
    # Chance alone makes few rows of zeros.
    rows += [
        {key: value and 0 for key, value in row.items()} | {"pupils_expected": 2}
        for row in rows[:50]
    ]
    engine = create_engine("sqlite://")
    targets = Targets(teachers=75, learners=30, days=7)
    with engine.begin() as connection:
        school_day.create(connection)
        values = [
            {"organisation_id": number, "day": TODAY, "sent_at": NOW, **row}
            for number, row in enumerate(rows)
        ]
        connection.execute(insert(school_day), values)
        sure = [sure_in_sql(group).label(group) for group in Group]
        found = connection.execute(select(*sure).order_by(school_day.c.organisation_id))
        for row, said in zip(rows, found.mappings(), strict=True):
            judged = judge(Figures(**row), targets, day=TODAY, today=TODAY)
            assert {group for group in Group if said[group]} == set(judged.standings)


async def test_completion_is_counted_for_each_school_now_and_a_month_before(
    storage: Storage,
) -> None:
    here = await FRESH_REGION.on(storage)
    await assign(storage, here.organisations["region"], "teacher")
    people = here.people
    await completes(people["l-s11-1"], "teacher", at=NOW + timedelta(days=2))
    await completes(people["l-s11-2"], "teacher", at=NOW + timedelta(days=40))
    await begins(people["l-s12-1"], "teacher")

    def asked(viewer: str, days: float) -> Completions:
        before = NOW + timedelta(days=days)
        return Completions(scope=here.scope(viewer, "m1"), before=before)

    def school(*counted: int) -> SchoolCompletion:
        names = ("learners", "completed", "learners_before", "completed_before")
        return SchoolCompletion(**dict(zip(names, counted, strict=True)))

    s11, s12 = here.organisations["s11"], here.organisations["s12"]
    month = await storage.read(asked("c-region", 10))
    assert month == {s11: school(2, 2, 2, 1), s12: school(2, 0, 2, 0)}
    early = await storage.read(asked("c-m1", -1))
    assert early == {s11: school(2, 2, 0, 0), s12: school(2, 0, 0, 0)}
    assert await storage.read(asked("c-s11", 10)) is None


@pytest.mark.parametrize("what", ["school", "member"])
async def test_what_is_archived_or_gone_is_in_no_figure(storage: Storage, what: str) -> None:
    here = await FRESH_REGION.on(storage)
    await sends(here, "c-region", ("s11", ago(1), CONTRADICTED), ("s12", ago(1), CONTRADICTED))
    async with storage.writing() as connection:
        if what == "school":
            archived = organisation.update().where(organisation.c.id == here.organisations["s11"])
            await connection.execute(archived.values(archived_at=NOW))
            await connection.run_sync(derive, storage.zone)
        else:
            role = membership.c.role == Role.COORDINATOR
            await connection.execute(delete(membership).where(role))
    scope = here.scope("c-region", "region")
    found = await storage.read(ActivityOf(scope=scope))
    history = await storage.read(ActivityHistory(scope=scope))
    if what == "school":
        assert found is not None
        assert [each.name[:8] for each in found if each.day] == ["Школа 12"]
        assert history is not None
        assert [each.schools for each in history] == [1]
    else:
        assert found is None
        assert history is None
