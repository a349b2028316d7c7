"""What coordinators are told of learners: counted, listed, sorted, searched; never others'."""

from datetime import UTC, date, datetime, timedelta

from course_bot.organisations.records import Role
from course_bot.organisations.state import State
from course_bot.storage.overviews import CompletionOf
from course_bot.storage.reporting import (
    SORTS,
    PeopleFilter,
    PeoplePage,
    PersonLessons,
    PersonRow,
    Standing,
    Standings,
    Summary,
    walk_people,
)
from course_bot.storage.schema import organisation
from course_bot.storage.scope import SchoolScope, Scope
from course_bot.storage.store import Storage
from tests.learners import NOW, answer, learner, put, read, start
from tests.regions import (
    FRESH_REGION,
    Region,
    a_region,
    add,
    assign,
    begins,
    completes,
    join,
    leave,
    pupil,
)

LATER = datetime(2026, 12, 2, 9, 0, tzinfo=UTC)


async def busy_region(storage: Storage) -> Region:
    """In a region with one last day: one has completed in time, one late, two have begun."""
    here = await FRESH_REGION.on(storage)
    await assign(storage, here.organisations["region"], "teacher", date(2026, 12, 1))
    await assign(storage, here.organisations["m2"], "teacher", date(2026, 12, 20))
    people = here.people
    await people["l-s11-1"].does(put(name="Ёлкина Анна"))
    await people["l-s11-2"].does(put(name="Жуков Борис"))
    await people["l-s12-1"].does(put(name="евсеева Вера"))
    await completes(people["l-s11-1"], "teacher", at=NOW + timedelta(days=2), score=90)
    await completes(people["l-s12-1"], "teacher", at=NOW + timedelta(days=5), score=100)
    await begins(people["l-s11-2"], "teacher", passed=1, score=80)
    await begins(people["l-s21-1"], "teacher")
    return here


async def people(
    storage: Storage, scope: Scope, *, at: datetime = LATER, sort: str = "name", **wanted: object
) -> list[PersonRow]:
    found = await storage.read(
        PeoplePage(
            scope=scope,
            filter=PeopleFilter(**wanted),  # type: ignore[arg-type]
            sort=sort,
            limit=100,
            at=at,
        )
    )
    assert found is not None
    assert found.total == len(found.rows)
    return list(found.rows)


async def test_everybody_is_counted_once_by_how_far_they_are(storage: Storage) -> None:
    here = await busy_region(storage)

    def standing(viewer: str, organisation: str, at: datetime) -> Standing:
        return Standing(scope=here.scope(viewer, organisation), at=at)

    before = datetime(2026, 12, 1, 20, 59, tzinfo=UTC)  # 23:59 in Moscow
    assert await storage.read(standing("c-region", "region", before)) == Standings(
        learners=8, completed=2, going=2, new=4, late=0
    )
    after = datetime(2026, 12, 1, 21, 0, tzinfo=UTC)
    assert await storage.read(standing("c-region", "region", after)) == Standings(
        learners=8, completed=2, going=1, new=3, late=2
    )
    assert await storage.read(standing("c-m1", "m1", after)) == Standings(
        learners=4, completed=2, going=0, new=0, late=2
    )
    assert await storage.read(standing("c-m1", "m2", after)) is None


async def test_an_administrator_counts_a_schools_own_learners_and_sees_no_person(
    storage: Storage,
) -> None:
    here = await busy_region(storage)
    school = here.organisations["s11"]
    await assign(storage, school, "coordinator")
    await completes(here.people["l-s11-1"], "coordinator")
    head = learner(storage, "head of the school")
    number = await join(head, school, Role.ADMINISTRATOR)
    before = await storage.read(Standing(scope=here.scope("c-s11", "s11"), at=LATER))

    found = await storage.read(
        CompletionOf(scope=SchoolScope(organisation=school, viewer=number), at=LATER)
    )

    assert found is not None
    assert found.standings == before, "an administrator is no learner"
    assert [(each.track, each.standings.learners) for each in found.tracks] == [
        ("teacher", 2),
        ("coordinator", 2),
    ]
    assert found.tracks[1].standings == Standings(learners=2, completed=1, going=0, new=1, late=0)
    for other in ("s12", "m1", "region"):
        scope = SchoolScope(organisation=here.organisations[other], viewer=number)
        assert await storage.read(CompletionOf(scope=scope, at=LATER)) is None
    async with storage.writing() as connection:
        await connection.execute(
            organisation.update().where(organisation.c.id == school).values(archived_at=NOW)
        )
    await storage.derive()
    for viewer in (number, here.numbers["c-region"], None):
        scope = SchoolScope(organisation=school, viewer=viewer)
        assert await storage.read(CompletionOf(scope=scope, at=LATER)) is None


async def test_whoever_is_in_two_schools_counts_in_each_and_once_above(storage: Storage) -> None:
    here = await busy_region(storage)
    await join(here.people["l-s11-1"], here.organisations["s21"])

    rows = await storage.read(Summary(scope=here.scope("c-region", "region"), at=LATER))
    whole = await storage.read(Standing(scope=here.scope("c-region", "region"), at=LATER))

    assert rows is not None
    assert whole is not None
    assert [(row.name.split(" (")[0], row.learners, row.completed) for row in rows] == [
        ("Район 1", 4, 2),
        ("Район 2", 5, 1),
    ]
    assert (whole.learners, whole.completed) == (8, 2)


async def test_the_summary_has_a_row_for_each_organisation_right_below(storage: Storage) -> None:
    here = await busy_region(storage)
    direct = learner(storage, "direct")
    await join(direct, here.organisations["region"])

    rows = await storage.read(Summary(scope=here.scope("c-region", "region"), at=LATER))

    assert rows is not None
    own, first, second = rows
    assert (own.organisation, own.learners, own.children) == (here.organisations["region"], 1, 0)
    assert (first.learners, first.started, first.completed, first.late) == (4, 3, 2, 2 - 0)
    assert first.median_days == 3.5
    assert first.children == 2
    assert (second.started, second.completed, second.late, second.median_days) == (1, 0, 0, None)


async def test_the_median_is_of_days_and_never_below_nothing(storage: Storage) -> None:
    school = await add(storage, "Школа № 5")
    for days in (-3, 1, 10):  # the first had completed before joining
        who = learner(storage, f"{days}")
        await completes(who, "teacher", at=NOW + timedelta(days=days))
        await who.does(put(track="teacher"))
        await join(who, school)

    region = await add(storage, "Край")
    rows = await storage.read(Summary(scope=Scope(organisation=school), at=LATER))
    empty = await storage.read(Summary(scope=Scope(organisation=region), at=LATER))

    assert rows is not None
    assert [(row.learners, row.completed, row.median_days) for row in rows] == [(3, 3, 1.0)]
    assert empty == ()


async def test_with_several_tracks_one_is_done_with_all_and_late_with_any(
    storage: Storage,
) -> None:
    school = await add(storage, "Школа № 5")
    await assign(storage, school, "teacher")
    await assign(storage, school, "administrator", date(2026, 12, 1))
    ann = learner(storage, "ann")
    await join(ann, school)
    await completes(ann, "teacher")
    scope = Scope(organisation=school)

    states = {row.track: row.state for row in await people(storage, scope)}
    standing = await storage.read(Standing(scope=scope, at=LATER))

    assert states == {"teacher": State.COMPLETED, "administrator": State.OVERDUE}
    assert standing == Standings(learners=1, completed=0, going=0, new=0, late=1)
    await completes(ann, "administrator", at=LATER)
    standing = await storage.read(Standing(scope=scope, at=LATER))
    assert standing == Standings(learners=1, completed=1, going=0, new=0, late=0)


async def test_where_nothing_is_assigned_ones_own_track_is_reported(storage: Storage) -> None:
    school = await add(storage, "Школа № 5")
    ann, bob = learner(storage, "ann"), learner(storage, "bob")
    await ann.does(put(track="teacher"))
    await completes(ann, "teacher")
    await join(ann, school)
    await join(bob, school)

    rows = await people(storage, Scope(organisation=school), sort="state")

    assert [(row.track, row.state) for row in rows] == [
        ("", State.NOT_STARTED),
        ("teacher", State.COMPLETED),
    ]


async def test_the_list_is_filtered_searched_and_sorted_as_people_expect(
    storage: Storage,
) -> None:
    here = await busy_region(storage)
    scope = here.scope("c-region", "region")
    numbers = here.numbers

    names = [row.name for row in await people(storage, scope)]
    assert names[:3] == ["евсеева Вера", "Ёлкина Анна", "Жуков Борис"]
    assert names[3:] == [""] * 5, "whoever has no name comes last"
    assert [row.name for row in await people(storage, scope, search="елк")] == ["Ёлкина Анна"]
    assert await people(storage, scope, search="%") == []
    (found,) = await people(storage, scope, search=f"№ {numbers['l-s22-1']}")
    assert found.person == numbers["l-s22-1"]
    late = await people(storage, scope, state=State.OVERDUE)
    assert {row.person for row in late} == {numbers["l-s11-2"], numbers["l-s12-2"]}
    assert len(await people(storage, scope, unfinished=True)) == 6
    assert len(await people(storage, scope, organisation=here.organisations["m2"])) == 4
    assert await people(storage, scope, track="administrator") == []
    assert len(await people(storage, scope, joined_since=NOW.date())) == 8
    assert await people(storage, scope, joined_since=date(2030, 1, 1)) == []
    for sort in SORTS:
        for descending in (False, True):
            page = PeoplePage(scope=scope, sort=sort, descending=descending, limit=3, at=LATER)
            found_page = await storage.read(page)
            assert found_page is not None
            assert len(found_page.rows) == 3
    best = await storage.read(
        PeoplePage(scope=scope, sort="score", descending=True, limit=3, at=LATER)
    )
    assert best is not None
    assert [row.score for row in best.rows] == [100, 90, 80]


async def test_pages_and_a_walk_through_all_are_the_same_rows(storage: Storage) -> None:
    here = await busy_region(storage)
    scope = here.scope("c-m1", "m1")
    pages = [
        await storage.read(PeoplePage(scope=scope, offset=offset, limit=2, at=LATER))
        for offset in (0, 2, 4)
    ]
    async with storage.reading() as connection:
        walked = await connection.run_sync(
            lambda sync: list(walk_people(sync, scope, PeopleFilter(), LATER))
        )

    assert [row for page in pages if page for row in page.rows] == walked
    assert len(walked) == 4


async def test_nobody_finds_people_of_others(storage: Storage) -> None:
    here, there = await busy_region(storage), await a_region(storage, "Степной край")
    foreign = Scope(viewer=there.numbers["c-region"], organisation=here.organisations["region"])

    assert await storage.read(PeoplePage(scope=foreign, limit=10, at=LATER)) is None
    assert await storage.read(Summary(scope=foreign, at=LATER)) is None
    async with storage.reading() as connection:
        walked = await connection.run_sync(
            lambda sync: list(walk_people(sync, foreign, PeopleFilter(), LATER))
        )
    assert walked == []
    # A filter leads no further than the scope.
    own = there.scope("c-region", "region")
    assert await people(storage, own, organisation=here.organisations["region"]) == []
    card = PersonLessons(scope=own, person=here.numbers["l-s11-1"], at=LATER)
    assert await storage.read(card) is None


async def test_a_persons_lessons_are_shown_without_a_single_answer(storage: Storage) -> None:
    here = await FRESH_REGION.on(storage)
    ann = here.people["l-s11-1"]
    await ann.does(read("roles", 2))
    await ann.does(start("chat"))
    await ann.does(answer())

    card = await storage.read(
        PersonLessons(scope=here.scope("c-s11", "s11"), person=here.numbers["l-s11-1"], at=LATER)
    )

    assert card is not None
    assert card.study.readings["roles"].furthest == 2
    assert card.study.results["chat"].attempts == 1
    assert card.study.results["chat"].answered == ()
    assert card.study.answers == ()


async def test_whoever_left_is_listed_nowhere_and_counted_among_the_departed(
    storage: Storage,
) -> None:
    here = await busy_region(storage)
    await leave(here.people["l-s11-1"], here.organisations["s11"])

    rows = await storage.read(Summary(scope=here.scope("c-m1", "m1"), at=LATER))

    assert rows is not None
    assert [(row.learners, row.completed, row.departed) for row in rows] == [
        (1, 0, 1),
        (2, 1, 0),
    ]


async def test_of_whoever_leaves_one_day_is_kept_however_many_tracks_they_had(
    storage: Storage,
) -> None:
    here = await FRESH_REGION.on(storage)
    school = here.organisations["s11"]
    whole, half = here.people["l-s11-1"], here.people["l-s11-2"]
    for track in ("teacher", "coordinator"):
        await assign(storage, school, track)
        await completes(whole, track, at=NOW)
    await completes(half, "teacher", at=NOW)
    for who in (whole, half):
        await leave(who, school)

    rows = await storage.read(Summary(scope=here.scope("c-m1", "m1"), at=LATER))

    assert rows is not None
    assert [row.departed for row in rows] == [1, 0]


async def test_of_whoever_leaves_where_nothing_is_assigned_their_own_track_counts(
    storage: Storage,
) -> None:
    here = await FRESH_REGION.on(storage)
    school = here.organisations["s11"]
    who = await pupil(storage, "Анна", school)
    await completes(who, "teacher", at=NOW)
    await leave(who, school)

    rows = await storage.read(Summary(scope=here.scope("c-m1", "m1"), at=LATER))

    assert rows is not None
    assert [row.departed for row in rows] == [1, 0]
