"""What is told of learners: one row for a person and a track, counted or listed.

A learner is reported on every track that is assigned in their organisation; where none is, on the
track that they have chosen themselves. Nothing here reads a single answer.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from typing import TypeVarTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Float,
    Select,
    Subquery,
    case,
    cast,
    func,
    literal,
    select,
    union_all,
)
from sqlalchemy.engine import RowMapping

from course_bot.learning.progress import Study
from course_bot.organisations.records import Role
from course_bot.organisations.state import State
from course_bot.storage.schema import (
    assigned,
    departure,
    lineage,
    membership,
    name_key,
    organisation,
    person,
    track_progress,
)
from course_bot.storage.scope import SchoolScope, Scope, Scoped

Ts = TypeVarTuple("Ts")

SECONDS_A_DAY = 86_400
ROWS_AT_ONCE = 1000
"""How many rows of a long list are fetched at a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleFilter:
    """Which people a list has: each condition that is given has to hold.

    ``organisation`` is one below the scope's, or its own; ``joined_since`` is a day in UTC;
    ``search`` is a part of a name, or a person's number.
    """

    state: State | None = None
    unfinished: bool = False
    """Whoever has not completed the track, whatever else their state."""
    organisation: int | None = None
    track: str = ""
    joined_since: date | None = None
    search: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRow:
    """A learner in an organisation, with a track. Times are UTC.

    ``score`` is the mean of the lessons' best scores in percent; ``due`` is the last day.
    """

    person: int
    name: str
    organisation: int
    organisation_name: str
    track: str
    state: State
    passed: int
    score: int | None
    joined_at: datetime
    seen_at: datetime
    completed_at: datetime | None
    due: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundPeople:
    """A part of a list, and how many rows the whole of it has."""

    rows: tuple[PersonRow, ...]
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Standings:
    """How many learners an organisation and those below it have, each counted once.

    Whoever has several tracks has completed with all of them, and is late with any.
    """

    learners: int
    completed: int
    going: int
    new: int
    late: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitRow:
    """The figures of an organisation with all below it.

    ``started`` counts whoever has begun anything, ``departed`` those who had completed and then
    left; ``median_days`` is from joining to completion; ``children`` counts those right below.
    For the row of the organisation that was asked about, only its own learners are counted.
    """

    organisation: int
    name: str
    kind: str
    learners: int
    started: int
    completed: int
    late: int
    departed: int
    median_days: float | None
    children: int


_themselves = person.alias("themselves")
_track = func.coalesce(
    assigned.c.track,
    # No join: a person is looked up only where nothing is assigned. A row of ``person`` is large,
    # and to fetch every one doubles the time of whatever only counts.
    select(_themselves.c.track)
    .where(_themselves.c.id == membership.c.person_id)
    .correlate(membership)
    .scalar_subquery(),
)
_DONE = track_progress.c.completed_at.is_not(None)


def _late(at: datetime) -> ColumnElement[bool]:
    return ~_DONE & (assigned.c.over_at <= at)


def _from_tracks(columns: Select[*Ts]) -> Select[*Ts]:
    """Select from a row for every learner, organisation and track."""
    return (
        columns.select_from(membership)
        .outerjoin(assigned, assigned.c.organisation_id == membership.c.organisation_id)
        .outerjoin(
            track_progress,
            (track_progress.c.person_id == membership.c.person_id)
            & (track_progress.c.track == _track),
        )
        .where(membership.c.role == Role.LEARNER)
    )


def _flag(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return case((condition, 1), else_=0)


def _people(buckets: Subquery, at: datetime) -> Subquery:
    """Select a row for every learner in each bucket, whatever number of tracks they have.

    Args:
        buckets: organisations, each with the bucket that its learners are counted in.
        at: UTC.
    """
    return (
        _from_tracks(
            select(
                buckets.c.bucket,
                membership.c.person_id,
                func.min(_flag(_DONE)).label("done"),
                func.max(_flag(_late(at))).label("late"),
                func.max(_flag(track_progress.c.person_id.is_not(None))).label("begun"),
                func.min(membership.c.joined_at).label("joined_at"),
                func.max(track_progress.c.completed_at).label("completed_at"),
            )
        )
        .join(buckets, buckets.c.organisation_id == membership.c.organisation_id)
        .group_by(buckets.c.bucket, membership.c.person_id)
        .subquery("people")
    )


def _sum(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(_flag(condition)), 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing(Scoped[Standings]):
    """Count the learners of a scope by how far they are. ``at`` is UTC."""

    scope: Scope
    at: datetime

    def look(self, connection: Connection) -> Standings:
        """Count."""
        return count_learners(connection, self.scope, self.at)


def count_learners(connection: Connection, scope: Scope | SchoolScope, at: datetime) -> Standings:
    """Count the learners of a scope by how far they are, each once; ``at`` is UTC."""
    there = scope.organisations().add_columns(literal(0).label("bucket"))
    people = _people(there.subquery("buckets"), at)
    done, late, begun = people.c.done == 1, people.c.late == 1, people.c.begun == 1
    row = connection.execute(
        select(
            func.count(people.c.person_id),
            _sum(done),
            _sum(~done & ~late & begun),
            _sum(~done & ~late & ~begun),
            _sum(late),
        )
    ).one()
    return Standings(learners=row[0], completed=row[1], going=row[2], new=row[3], late=row[4])


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackStandings:
    """How many learners of an organisation are how far with a track that is assigned there."""

    track: str
    due: date | None
    standings: Standings


def count_by_track(
    connection: Connection, school: SchoolScope, at: datetime
) -> tuple[TrackStandings, ...]:
    """Count a school's learners by the tracks that are assigned there, first due first. UTC."""
    here = school.organisations()
    found = connection.execute(
        _from_tracks(
            select(assigned.c.track, _state(at).label("state"), func.count().label("people"))
        )
        .where(membership.c.organisation_id.in_(here), assigned.c.track.is_not(None))
        # By its label: PostgreSQL takes no two parameters for the same value.
        .group_by(assigned.c.track, "state")
    )
    counted = {(row.track, State(row.state)): row.people for row in found}
    duties = connection.execute(
        select(assigned.c.track, assigned.c.due)
        .where(assigned.c.organisation_id.in_(here))
        .order_by(assigned.c.over_at.is_(None), assigned.c.over_at, assigned.c.track)
    )
    return tuple(
        TrackStandings(track=duty.track, due=duty.due, standings=_standings(counted, duty.track))
        for duty in duties
    )


def _standings(counted: Mapping[tuple[str, State], int], track: str) -> Standings:
    of = {state: counted.get((track, state), 0) for state in State}
    return Standings(
        learners=sum(of.values()),
        completed=of[State.COMPLETED],
        going=of[State.IN_PROGRESS],
        new=of[State.NOT_STARTED],
        late=of[State.OVERDUE],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary(Scoped[tuple[UnitRow, ...]]):
    """The figures of all organisations right below one, by name. ``at`` is UTC.

    Where the organisation itself has learners, its own row comes first.
    """

    scope: Scope
    at: datetime

    def look(self, connection: Connection) -> tuple[UnitRow, ...]:
        """Count."""
        here = self.scope.organisation
        below = (
            select(organisation.c.id)
            .join(
                lineage,
                (lineage.c.above_id == here) & (lineage.c.organisation_id == organisation.c.id),
            )
            .where(organisation.c.parent_id == here)
        )
        buckets = union_all(
            select(lineage.c.organisation_id, lineage.c.above_id.label("bucket")).where(
                lineage.c.above_id.in_(below)
            ),
            select(literal(here), literal(here)),
        ).subquery("buckets")
        people = _people(buckets, self.at)
        # The middle one, or the mean of the two in the middle.
        days = _days(connection, people.c.joined_at, people.c.completed_at)
        row_number, count = (
            function.over(partition_by=(people.c.bucket, people.c.done), order_by=order)
            for function, order in ((func.row_number(), days), (func.count(), None))
        )
        ranked = select(
            people, days.label("days"), row_number.label("rank"), count.label("count")
        ).subquery("ranked")
        middle = ranked.c.rank.in_(((ranked.c.count + 1) // 2, (ranked.c.count + 2) // 2))
        figures = {
            row.bucket: row
            for row in connection.execute(
                select(
                    ranked.c.bucket,
                    func.count().label("learners"),
                    _sum(ranked.c.begun == 1).label("started"),
                    _sum(ranked.c.done == 1).label("completed"),
                    _sum((ranked.c.late == 1) & (ranked.c.done == 0)).label("late"),
                    func.avg(case((middle & (ranked.c.done == 1), ranked.c.days))).label("days"),
                ).group_by(ranked.c.bucket)
            )
        }
        departed: dict[int, int] = {
            row.bucket: row.departed
            for row in connection.execute(
                select(buckets.c.bucket, func.count().label("departed"))
                .join(departure, departure.c.organisation_id == buckets.c.organisation_id)
                .group_by(buckets.c.bucket)
            )
        }
        deeper = organisation.alias("deeper")
        rows = connection.execute(
            select(
                organisation.c.id,
                organisation.c.name,
                organisation.c.kind,
                select(func.count())
                .where(deeper.c.parent_id == organisation.c.id, deeper.c.archived_at.is_(None))
                .scalar_subquery()
                .label("children"),
            ).where(organisation.c.id.in_(below) | (organisation.c.id == here))
        ).all()
        rows = sorted(rows, key=lambda row: (row.id != here, in_order(row.name), row.id))
        return tuple(
            UnitRow(
                organisation=row.id,
                name=row.name,
                kind=row.kind,
                learners=found.learners if found else 0,
                started=found.started if found else 0,
                completed=found.completed if found else 0,
                late=found.late if found else 0,
                departed=departed.get(row.id, 0),
                median_days=None if found is None or found.days is None else float(found.days),
                children=row.children if row.id != here else 0,
            )
            for row in rows
            if (found := figures.get(row.id)) is not None or row.id != here
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SchoolCompletion:
    """How many learn in an organisation and have completed what is assigned, then and before."""

    learners: int
    completed: int
    learners_before: int
    completed_before: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Completions(Scoped[Mapping[int, SchoolCompletion]]):
    """How far each organisation of a scope is by itself, by number; those without learners lack.

    ``before`` is an earlier moment (UTC): of those who are members now, it counts whoever had
    joined by then and had completed by then what is assigned now.
    """

    scope: Scope
    before: datetime

    def look(self, connection: Connection) -> Mapping[int, SchoolCompletion]:
        """Count."""
        people = (
            _from_tracks(
                select(
                    membership.c.organisation_id.label("organisation"),
                    func.min(_flag(_DONE)).label("done"),
                    func.min(_flag(_DONE & (track_progress.c.completed_at <= self.before))).label(
                        "done_before"
                    ),
                    func.min(membership.c.joined_at).label("joined_at"),
                )
            )
            .where(membership.c.organisation_id.in_(self.scope.organisations()))
            .group_by(membership.c.organisation_id, membership.c.person_id)
            .subquery("people")
        )
        there = people.c.joined_at <= self.before
        rows = connection.execute(
            select(
                people.c.organisation,
                func.count().label("learners"),
                func.sum(people.c.done).label("completed"),
                _sum(there).label("learners_before"),
                _sum(there & (people.c.done_before == 1)).label("completed_before"),
            ).group_by(people.c.organisation)
        )
        return {
            row.organisation: SchoolCompletion(
                learners=row.learners,
                completed=row.completed,
                learners_before=row.learners_before,
                completed_before=row.completed_before,
            )
            for row in rows
        }


_DIGITS = re.compile(r"(\d+)")


def in_order(name: str) -> tuple[tuple[int, int, str], ...]:
    """Return what names of organisations are sorted by: «Школа № 5» before «Школа № 12»."""
    parts = _DIGITS.split(name_key(name))
    return tuple((1, int(part), "") if part.isdecimal() else (0, 0, part) for part in parts)


def _days(
    connection: Connection, start: ColumnElement[object], end: ColumnElement[object]
) -> ColumnElement[float]:
    """Return the days between two times, at least 0: who joins may have completed before."""
    if connection.dialect.name == "sqlite":
        days = cast(func.julianday(end) - func.julianday(start), Float)
    else:
        days = cast(func.extract("epoch", end - start) / SECONDS_A_DAY, Float)
    return case((days > 0, days), (days <= 0, 0.0))


_SORTED: Mapping[str, ColumnElement[object]] = {
    "name": person.c.name_key,
    "organisation": organisation.c.name,
    "track": _track,
    "passed": func.coalesce(track_progress.c.passed, 0),
    "seen_at": person.c.seen_at,
    "joined_at": membership.c.joined_at,
    "completed_at": track_progress.c.completed_at,
    "score": track_progress.c.score,
    "due": assigned.c.due,
}
SORTS = (*_SORTED, "state")
"""The names of what a list of people can be sorted by."""
_URGENCY = {State.OVERDUE: 0, State.NOT_STARTED: 1, State.IN_PROGRESS: 2, State.COMPLETED: 3}


def _state(at: datetime) -> ColumnElement[str]:
    return case(
        (_DONE, State.COMPLETED.value),
        (_late(at), State.OVERDUE.value),
        (track_progress.c.person_id.is_not(None), State.IN_PROGRESS.value),
        else_=State.NOT_STARTED.value,
    )


def select_people(scope: Scope, wanted: PeopleFilter, at: datetime) -> Select[*tuple[object, ...]]:
    """Select the rows of a list, in no order; ``over_at`` besides what ``PersonRow`` has."""
    rows = _from_tracks(
        select(
            person.c.id.label("person"),
            person.c.name,
            organisation.c.id.label("organisation"),
            organisation.c.name.label("organisation_name"),
            _track.label("track"),
            _state(at).label("state"),
            func.coalesce(track_progress.c.passed, 0).label("passed"),
            track_progress.c.score,
            membership.c.joined_at,
            person.c.seen_at,
            track_progress.c.completed_at,
            assigned.c.due,
            assigned.c.over_at,
        )
    )
    rows = rows.join(person, person.c.id == membership.c.person_id)
    rows = rows.join(organisation, organisation.c.id == membership.c.organisation_id)
    return _wanted(rows, scope, wanted, at)


def _length(scope: Scope, wanted: PeopleFilter, at: datetime) -> Select[int]:
    """Select how many rows a list has."""
    rows = _from_tracks(select(func.count()))
    if wanted.search:
        rows = rows.join(person, person.c.id == membership.c.person_id)
    return _wanted(rows, scope, wanted, at)


def _wanted(rows: Select[*Ts], scope: Scope, wanted: PeopleFilter, at: datetime) -> Select[*Ts]:
    """Leave those of a scope for whom every condition holds."""
    rows = rows.where(membership.c.organisation_id.in_(scope.organisations()))
    if wanted.state is not None:
        rows = rows.where(_state(at) == wanted.state.value)
    if wanted.unfinished:
        rows = rows.where(~_DONE)
    if wanted.organisation is not None:
        below = select(lineage.c.organisation_id).where(lineage.c.above_id == wanted.organisation)
        rows = rows.where(membership.c.organisation_id.in_(below))
    if wanted.track:
        rows = rows.where(_track == wanted.track)
    if wanted.joined_since is not None:
        day = datetime.combine(wanted.joined_since, time(), UTC)
        rows = rows.where(membership.c.joined_at >= day)
    if searched := name_key(" ".join(wanted.search.split())):
        found = person.c.name_key.contains(searched, autoescape=True)
        number = _NUMBER.fullmatch(searched)
        rows = rows.where(found | (person.c.id == int(number[1])) if number else found)
    return rows


_NUMBER = re.compile(r"№? ?(\d{1,9})", re.ASCII)
"""A longer one is nobody's, and PostgreSQL would refuse to compare it."""


def _sorted(
    rows: Select[*tuple[object, ...]], by: str, descending: bool, at: datetime
) -> Select[*tuple[object, ...]]:
    if by == "state":
        order: ColumnElement[object] = case(
            *((_state(at) == state.value, rank) for state, rank in _URGENCY.items())
        )
    else:
        order = _SORTED[by]
    # Whatever is not known comes last, either way.
    missing = order == "" if by == "name" else order.is_(None)
    return rows.order_by(
        missing,
        order.desc() if descending else order,
        person.c.name_key,
        person.c.id,
        membership.c.organisation_id,
        _track,
    )


def read_person_row(row: RowMapping) -> PersonRow:
    """Make a row of a list of what ``select_people`` selects."""
    return PersonRow(
        person=row["person"],
        name=row["name"],
        organisation=row["organisation"],
        organisation_name=row["organisation_name"],
        track=row["track"],
        state=State(row["state"]),
        passed=row["passed"],
        score=row["score"],
        joined_at=row["joined_at"],
        seen_at=row["seen_at"],
        completed_at=row["completed_at"],
        due=row["due"],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PeoplePage(Scoped[FoundPeople]):
    """A part of the list of people: ``sort`` is one of ``SORTS``; ``at`` is UTC."""

    scope: Scope
    filter: PeopleFilter = PeopleFilter()
    sort: str = "name"
    descending: bool = False
    offset: int = 0
    limit: int
    at: datetime

    def look(self, connection: Connection) -> FoundPeople:
        """Read it."""
        total = connection.scalar(_length(self.scope, self.filter, self.at))
        return FoundPeople(rows=self.part(connection), total=total or 0)

    def part(self, connection: Connection) -> tuple[PersonRow, ...]:
        """Read the rows alone, where it is known how many there are in all."""
        rows = select_people(self.scope, self.filter, self.at)
        part = _sorted(rows, self.sort, self.descending, self.at)
        found = connection.execute(part.offset(self.offset).limit(self.limit)).mappings()
        return tuple(map(read_person_row, found))


def count_states(connection: Connection, scope: Scope, at: datetime) -> Mapping[State, int]:
    """Count the rows of the whole list of people by their state; ``at`` is UTC."""
    rows = _from_tracks(select(_state(at).label("state"), func.count().label("people")))
    # By its label: PostgreSQL takes no two parameters for the same value.
    found = connection.execute(_wanted(rows, scope, PeopleFilter(), at).group_by("state"))
    counted = {State(row.state): row.people for row in found}
    return {state: counted.get(state, 0) for state in State}


def walk_people(
    connection: Connection,
    scope: Scope,
    wanted: PeopleFilter,
    at: datetime,
    *,
    sort: str = "name",
    descending: bool = False,
) -> Iterator[PersonRow]:
    """Read a whole list, some rows at a time, in the transaction that is open.

    Whether the viewer may see the scope is for the caller to ask (``Scope.allowed``); whoever
    may not finds no row.
    """
    rows = _sorted(select_people(scope, wanted, at), sort, descending, at)
    for part in connection.execution_options(yield_per=ROWS_AT_ONCE).execute(rows).mappings():
        yield read_person_row(part)


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonCard:
    """What a coordinator sees of one learner: what they have read and passed, no answer."""

    person: int
    name: str
    track: str
    joined_at: datetime
    seen_at: datetime
    organisations: tuple[tuple[int, str], ...]
    rows: tuple[PersonRow, ...]
    study: Study


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonLessons(Scoped[PersonCard | None]):
    """One learner of a scope, known by their number; None where they are none of it. UTC."""

    scope: Scope
    person: int
    at: datetime

    def look(self, connection: Connection) -> PersonCard | None:
        """Read it, without the answers of the attempt in progress."""
        whole = select_people(self.scope, PeopleFilter(), self.at).where(
            person.c.id == self.person
        )
        rows = tuple(map(read_person_row, connection.execute(whole).mappings()))
        if not rows:
            return None
        found = connection.execute(
            select(person.c.track, person.c.study).where(person.c.id == self.person)
        ).one()
        first = min(rows, key=lambda row: row.joined_at)
        return PersonCard(
            person=self.person,
            name=first.name,
            track=found.track,
            joined_at=first.joined_at,
            seen_at=first.seen_at,
            organisations=tuple(
                sorted({(row.organisation, row.organisation_name) for row in rows})
            ),
            rows=rows,
            study=replace(
                found.study,
                answers=(),
                draft=(),
                results={
                    lesson: replace(result, answered=())
                    for lesson, result in found.study.results.items()
                },
            ),
        )
