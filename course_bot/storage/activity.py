"""What statistics sheets say of the schools of a scope: each school's newest figures, and sums."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import (
    ColumnElement,
    Connection,
    Date,
    and_,
    case,
    cast,
    func,
    or_,
    select,
    true,
)

from course_bot.sheets.figures import COUNTED, Figures, Group, Measure, field_of
from course_bot.sheets.judging import share_of
from course_bot.storage.reporting import in_order
from course_bot.storage.schema import organisation, school_day
from course_bot.storage.scope import Scope, Scoped, has_below
from course_bot.storage.unmatched import CountUnmatched

EARLIER = (20, 45)
"""How many days before a school's newest sheet the one is that it is held against: the newest of
those at least 20 and at most 45 days older. «За месяц» is said of figures that are a month apart,
more or less; without such a sheet nothing is said."""
HISTORY_DAYS = 60
"""How many days a history has at most, the newest ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SchoolActivity:
    """A school's newest figures, and those of about a month before (``EARLIER``).

    ``municipality`` is the organisation right above it, empty where that is outside the scope;
    ``sferum_id`` is empty where it has none. Days and figures are None where there are none;
    ``sent_at`` is when the newest were sent (UTC).
    """

    organisation: int
    name: str
    sferum_id: str
    municipality: str
    day: date | None = None
    sent_at: datetime | None = None
    figures: Figures = Figures()  # noqa: RUF009 - it is frozen
    before_day: date | None = None
    before: Figures = Figures()  # noqa: RUF009 - it is frozen


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityOf(Scoped[tuple[SchoolActivity, ...]]):
    """The figures of every school of a scope, by municipality and name.

    A school is an organisation with none below it, or one that a sheet told of.
    """

    scope: Scope

    def look(self, connection: Connection) -> tuple[SchoolActivity, ...]:
        """Read them."""
        above, newest, older = (
            organisation.alias("above"),
            school_day.alias("newest"),
            school_day.alias("older"),
        )
        last = (
            select(func.max(newest.c.day))
            .where(newest.c.organisation_id == organisation.c.id)
            .scalar_subquery()
        )
        schools = (
            select(
                organisation.c.id,
                organisation.c.name,
                organisation.c.sferum_id,
                above.c.name.label("municipality"),
                last.label("day"),
                (~has_below()).label("leaf"),
            )
            .outerjoin(
                above,
                (above.c.id == organisation.c.parent_id)
                & (organisation.c.id != self.scope.organisation),
            )
            .where(organisation.c.id.in_(self.scope.organisations()))
            # Made before the query goes on: the newest day is looked for once.
            .cte("schools")
            .prefix_with("MATERIALIZED")
        )
        least, most = EARLIER
        month = (
            select(
                schools,
                select(func.max(older.c.day))
                .where(
                    older.c.organisation_id == schools.c.id,
                    older.c.day >= _days_before(connection, schools.c.day, most),
                    older.c.day <= _days_before(connection, schools.c.day, least),
                )
                .scalar_subquery()
                .label("before_day"),
            )
            .where(schools.c.leaf | schools.c.day.is_not(None))
            .cte("month")
            .prefix_with("MATERIALIZED")
        )
        now, before = school_day.alias("now"), school_day.alias("before")
        rows = connection.execute(
            select(
                month,
                now.c.sent_at,
                # The figures come last, and are read by their places: there are 84,000 of them.
                *(now.c[each] for each in COUNTED),
                *(before.c[each].label(f"before_{each}") for each in COUNTED),
            )
            .outerjoin(now, (now.c.organisation_id == month.c.id) & (now.c.day == month.c.day))
            .outerjoin(
                before,
                (before.c.organisation_id == month.c.id) & (before.c.day == month.c.before_day),
            )
        )
        found = (
            SchoolActivity(
                organisation=row.id,
                name=row.name,
                sferum_id=row.sferum_id or "",
                municipality=row.municipality or "",
                day=row.day,
                sent_at=row.sent_at,
                figures=_figures(row[-2 * len(COUNTED) : -len(COUNTED)]),
                before_day=row.before_day,
                before=_figures(row[-len(COUNTED) :]),
            )
            for row in rows
        )
        return tuple(
            sorted(
                found,
                key=lambda each: (
                    in_order(each.municipality),
                    in_order(each.name),
                    each.organisation,
                ),
            )
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenSchools:
    """The schools of a scope, and how many IDs whoever looks still has to match."""

    schools: tuple[SchoolActivity, ...]
    unmatched: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SchoolsSeen(Scoped[SeenSchools]):
    """The figures of every school of a scope, for a screen that leads on."""

    scope: Scope

    def look(self, connection: Connection) -> SeenSchools:
        """Read them."""
        viewer = self.scope.viewer
        return SeenSchools(
            schools=ActivityOf(scope=self.scope).look(connection),
            unmatched=0 if viewer is None else CountUnmatched(viewer).run(connection),
        )


_NAMES = tuple(each.value for each in COUNTED)


def _figures(values: Sequence[int | None]) -> Figures:
    return Figures(**dict(zip(_NAMES, values, strict=True)))


def _days_before(
    connection: Connection, day: ColumnElement[date | None], days: int
) -> ColumnElement[date]:
    if connection.dialect.name == "sqlite":
        return func.date(day, f"-{days} days", type_=Date)
    return cast(day - days, Date)


@dataclass(frozen=True, slots=True, kw_only=True)
class Summed:
    """The figures of a group added up over ``schools`` whose figures are not doubtful."""

    schools: int
    expected: int
    active: int

    @property
    def share(self) -> float | None:
        """Which share is active; None where no school's figures are sure."""
        return share_of(self.active, self.expected) if self.expected else None


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityDay:
    """What the sheets of a day say of ``schools`` schools together, for each group."""

    day: date
    schools: int
    groups: Mapping[Group, Summed]


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityHistory(Scoped[tuple[ActivityDay, ...]]):
    """The sums of a scope's schools by day, the oldest first, at most ``HISTORY_DAYS`` of them.

    Only days on which almost all schools were sent count: nine tenths as many as on the day with
    the most. A sum of some other schools would look like a change.
    """

    scope: Scope

    def look(self, connection: Connection) -> tuple[ActivityDay, ...]:
        """Add up."""
        sums: list[ColumnElement[int]] = []
        for group in Group:
            sure = sure_in_sql(group)
            sums += [func.sum(case((sure, 1), else_=0)).label(f"{group}_schools")]
            sums += [
                func.sum(case((sure, school_day.c[field_of(group, each)]), else_=0)).label(
                    field_of(group, each)
                )
                for each in (Measure.EXPECTED, Measure.ACTIVE)
            ]
        rows = connection.execute(
            select(school_day.c.day, func.count().label("schools"), *sums)
            .where(school_day.c.organisation_id.in_(self.scope.organisations()))
            .group_by(school_day.c.day)
            .order_by(school_day.c.day)
        ).all()
        most = max((row.schools for row in rows), default=0)
        many = [row for row in rows if 10 * row.schools >= 9 * most]
        return tuple(
            ActivityDay(
                day=row.day,
                schools=row.schools,
                groups={
                    group: Summed(
                        schools=getattr(row, f"{group}_schools"),
                        expected=getattr(row, field_of(group, Measure.EXPECTED)),
                        active=getattr(row, field_of(group, Measure.ACTIVE)),
                    )
                    for group in Group
                },
            )
            for row in many[-HISTORY_DAYS:]
        )


def sure_in_sql(group: Group) -> ColumnElement[bool]:
    """Tell in SQL whether a group's expected and active figures are known and not doubtful.

    It is what ``judging.judge`` gives a standing for, whatever the targets are.
    """
    expected, registered, active = (
        school_day.c[field_of(group, each)]
        for each in (Measure.EXPECTED, Measure.REGISTERED, Measure.ACTIVE)
    )
    counted = [
        school_day.c[field_of(each, measure)]
        for each in Group
        for measure in (Measure.REGISTERED, Measure.ACTIVE)
    ]
    pupils = school_day.c.pupils_expected
    return and_(
        expected > 0,
        active.is_not(None),
        or_(registered.is_(None), and_(active <= registered, registered <= expected)),
        or_(pupils.is_(None), pupils == expected) if group is Group.PARENTS else true(),
        or_(*(each > 0 for each in counted)),
    )
