"""Activity: what the statistics sheets say of each school, those who lack most people first."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from course_bot.locale.phrases import Phrases
from course_bot.reports.picture import MOST, Bar, Words
from course_bot.reports.table import Cell, Column, Form, Table, Unsure
from course_bot.reports.wording import as_of, count_text, doubt_words, group_words, share_text
from course_bot.sheets.figures import Group, Measure, field_of
from course_bot.sheets.judging import Doubt, Doubtful, Judged, Targets, judge, share_of
from course_bot.storage.activity import ActivityDay, SchoolActivity


@dataclass(frozen=True, slots=True, kw_only=True)
class School:
    """A school's figures and what they mean, now and about a month before."""

    found: SchoolActivity
    now: Judged
    before: Judged

    @property
    def told(self) -> bool:
        """Whether a sheet has told of it at all."""
        return self.found.day is not None

    @property
    def old(self) -> bool:
        """Whether its newest sheet is older than the days that activity is counted for."""
        return any(each.kind is Doubtful.OLD for each in self.now.doubts)

    @property
    def doubts(self) -> Sequence[Doubt]:
        """What contradicts itself; that a sheet is old is none of it."""
        return [each for each in self.now.doubts if each.kind is not Doubtful.OLD]

    def change(self, group: Group) -> int | None:
        """Return by how many more people of a group are active; None where that is not sure."""
        now, before = self.now.standings.get(group), self.before.standings.get(group)
        return None if now is None or before is None else now.active - before.active


@dataclass(frozen=True, slots=True, kw_only=True)
class Overall:
    """What schools come to together.

    ``told`` counts those that a sheet tells of, between the days ``first`` and ``last``; ``old``
    those of them whose sheet is too old, ``doubtful`` those with a contradiction. ``reached`` of
    ``sure`` schools are at the target, ``lacking`` is how many people are missing: by group.
    """

    schools: int
    told: int
    old: int
    doubtful: int
    first: date | None
    last: date | None
    sure: Mapping[Group, int]
    reached: Mapping[Group, int]
    lacking: Mapping[Group, int]

    @property
    def missing(self) -> int:
        """How many people are missing in all."""
        return sum(self.lacking.values())


def judged(found: Iterable[SchoolActivity], targets: Targets, today: date) -> list[School]:
    """Judge schools; those who lack most people come first, those of whom it is unknown last.

    Args:
        found: in the order that those have who lack as many.
        targets: what is to be reached.
        today: by which a sheet is old or not.
    """
    schools = [
        School(
            found=each,
            now=judge(each.figures, targets, day=each.day, today=today),
            before=judge(each.before, targets, day=None, today=today),
        )
        for each in found
    ]
    return sorted(schools, key=_most_missing)


def _most_missing(school: School) -> tuple[bool, bool, int]:
    missing = school.now.missing
    return missing is None, not school.told, -(missing or 0)


def overall(schools: Sequence[School]) -> Overall:
    """Add schools up; doubtful figures are in no sum."""
    days = [each.found.day for each in schools if each.found.day is not None]
    of = {
        group: [each.now.standings[group] for each in schools if group in each.now.standings]
        for group in Group
    }
    return Overall(
        schools=len(schools),
        told=len(days),
        old=sum(each.old for each in schools),
        doubtful=sum(bool(each.doubts) for each in schools),
        first=min(days, default=None),
        last=max(days, default=None),
        sure={group: len(standings) for group, standings in of.items()},
        reached={
            group: sum(not one.missing for one in standings) for group, standings in of.items()
        },
        lacking={group: sum(one.missing for one in standings) for group, standings in of.items()},
    )


def overall_words(p: Phrases, whole: Overall, targets: Targets) -> Sequence[tuple[str, str]]:
    """Say what schools come to together, as titles with what stands there."""
    words = group_words(p)
    said = [
        (p.t("People missing"), count_text(whole.missing)),
        (
            p.t("Schools with a sheet"),
            p.t("{part} of {whole}", part=count_text(whole.told), whole=count_text(whole.schools)),
        ),
    ]
    if whole.first is not None and whole.last is not None:
        days = [f"{day:%d.%m.%Y}" for day in dict.fromkeys((whole.first, whole.last))]
        said.append((p.t("Sheets of"), " – ".join(days)))
    said += [
        (
            p.t(
                "{group}: schools at {share}",
                group=words[group],
                share=share_text(targets.of(group) / 100),
            ),
            p.t(
                "{part} of {whole}", part=count_text(reached), whole=count_text(whole.sure[group])
            ),
        )
        for group, reached in whole.reached.items()
    ]
    said += [
        (title, count_text(count))
        for title, count in (
            (
                p.many(
                    "Sheets older than {count} day", "Sheets older than {count} days", targets.days
                ),
                whole.old,
            ),
            (p.t("Schools with doubtful figures"), whole.doubtful),
        )
        if count
    ]
    return said


# The table.

_SCHOOL = ("municipality", "school", "sferum_id", "day", "missing")
_OF_GROUP = (*Measure, "share", "needed", "missing", "change")
PAGE_COLUMNS = (
    "school",
    "municipality",
    "missing",
    *(f"{group}_{each}" for group in Group for each in (Measure.ACTIVE, "share", "missing")),
    "doubts",
)
"""The columns that the page shows, in their order; the files have all."""


def columns(p: Phrases, targets: Targets) -> tuple[Column, ...]:
    """Return the columns of the table."""
    return (
        municipality_column(p),
        school_column(p),
        Column(
            name="sferum_id",
            title=p.t("ID in Sferum"),
            about=p.t("The organisation's ID, by which sheets are matched."),
            form=Form.TEXT,
        ),
        Column(
            name="day",
            title=p.t("Sheet of"),
            about=p.t("The day of the newest sheet that tells of the school."),
            form=Form.DAY,
        ),
        Column(
            name="missing",
            title=p.t("People missing"),
            about=p.t(
                "How many more people would have to be active, in all groups whose figures are"
                " known and not doubtful."
            ),
            form=Form.COUNT,
        ),
        *(each for group in Group for each in _group_columns(p, group, targets.of(group))),
        Column(
            name="before_day",
            title=p.t("Change since"),
            about=p.t(
                "The sheet that the changes are counted from: the newest of those 20 to 45 days"
                " older."
            ),
            form=Form.DAY,
        ),
        Column(
            name="doubts",
            title=p.t("What is doubtful"),
            about=p.t(
                "Figures that can't both be right. They are marked with (?), and nothing is worked"
                " out from them."
            ),
            form=Form.TEXT,
            width=60,
        ),
    )


def municipality_column(p: Phrases) -> Column:
    """Return the column of the organisation right above a school."""
    return Column(
        name="municipality",
        title=p.t("Belongs to"),
        about=p.t("The organisation right above the school."),
        form=Form.TEXT,
        width=28,
    )


def school_column(p: Phrases) -> Column:
    """Return the column of the school's name."""
    return Column(
        name="school",
        title=p.t("School"),
        about=p.t("As it is called here; in the sheet it may have a longer name."),
        form=Form.TEXT,
        width=40,
    )


def _group_columns(p: Phrases, group: Group, target: int) -> Iterator[Column]:
    word = group_words(p)[group]
    share = share_text(target / 100)
    told = {
        Measure.EXPECTED: (
            p.t("{group}: expected", group=word),
            p.t("How many there should be by form OO-1."),
        ),
        Measure.REGISTERED: (
            p.t("{group}: registered", group=word),
            p.t("How many have registered; that is not yet to be active."),
        ),
        Measure.LINKED: (
            p.t("{group}: linked", group=word),
            p.t("How many have linked their profile with the electronic journal."),
        ),
        Measure.ACTIVE: (
            p.t("{group}: active", group=word),
            p.t("How many were active in the days before the sheet."),
        ),
        "share": (
            p.t("{group}: share active", group=word),
            p.t("Active, of those who should be there."),
        ),
        "needed": (
            p.t("{group}: target", group=word),
            p.t("How many have to be active: {share} of the expected, rounded up.", share=share),
        ),
        "missing": (
            p.t("{group}: missing", group=word),
            p.t("How many more have to become active to reach the target."),
        ),
        "change": (
            p.t("{group}: change", group=word),
            p.t("By how many more are active than about a month before."),
        ),
    }
    for name in _OF_GROUP:
        title, about = told[name]
        form = Form.SHARE if name == "share" else Form.COUNT
        yield Column(name=f"{group}_{name}", title=title, about=about, form=form)


def activity_table(
    p: Phrases, organisation: str, schools: Iterable[School], targets: Targets, at: datetime
) -> Table:
    """Return schools as a table.

    Args:
        p: the reader's phrases.
        organisation: the name of the one whose schools they are.
        schools: in their order.
        targets: what they were judged by.
        at: the moment of the figures, in the organisation's zone.
    """
    return Table(
        name="activity",
        title=p.t("Activity"),
        organisation=organisation,
        at=at,
        moment=as_of(p, at),
        columns=columns(p, targets),
        rows=[_row(p, each) for each in schools],
    )


def _row(p: Phrases, school: School) -> Sequence[Cell]:
    found, now = school.found, school.now
    cells: list[Cell] = [
        found.municipality or None,
        found.name,
        found.sferum_id or None,
        found.day,
        now.missing,
    ]
    for group in Group:
        cells += [_figure(now, group, each) for each in Measure]
        standing = now.standings.get(group)
        if standing is None:
            cells += [None, None, None]
        else:
            cells += [
                share_of(standing.active, standing.expected),
                standing.needed,
                standing.missing,
            ]
        cells.append(school.change(group))
    cells += [found.before_day, "; ".join(doubt_words(p, each) for each in now.doubts) or None]
    return cells


def _figure(judged: Judged, group: Group, measure: Measure) -> Cell:
    field = field_of(group, measure)
    value = judged.figures.at(field)
    return Unsure(value) if value is not None and field in judged.spoilt else value


def history_table(
    p: Phrases, organisation: str, history: Iterable[ActivityDay], at: datetime
) -> Table:
    """Return the sums of days as a table, the newest first; arguments as for the other one."""
    words = group_words(p)
    return Table(
        name="history",
        title=p.t("By day"),
        organisation=organisation,
        at=at,
        moment=as_of(p, at),
        columns=(
            Column(
                name="day",
                title=p.t("Sheet of"),
                about=p.t("Only days on which almost all schools were sent can be compared."),
                form=Form.DAY,
            ),
            Column(
                name="schools",
                title=p.t("Schools"),
                about=p.t("How many schools the sheets of the day tell of."),
                form=Form.COUNT,
            ),
            *(
                column
                for group in Group
                for column in (
                    Column(
                        name=f"{group}_active",
                        title=p.t("{group}: active", group=words[group]),
                        about=p.t("In all schools whose figures are known and not doubtful."),
                        form=Form.COUNT,
                    ),
                    Column(
                        name=f"{group}_share",
                        title=p.t("{group}: share active", group=words[group]),
                        about=p.t("Active, of those who should be there."),
                        form=Form.SHARE,
                    ),
                )
            ),
        ),
        rows=[
            (
                each.day,
                each.schools,
                *(
                    cell
                    for summed in each.groups.values()
                    for cell in (summed.active if summed.schools else None, summed.share)
                ),
            )
            for each in reversed(list(history))
        ],
    )


def narrowed(table: Table, names: Sequence[str]) -> Table:
    """Return a table with these of its columns, in this order."""
    known = [each.name for each in table.columns]
    places = [known.index(name) for name in names]
    return replace(
        table,
        columns=tuple(table.columns[at] for at in places),
        rows=[[row[at] for at in places] for row in table.rows],
    )


def furthest(schools: Iterable[School]) -> list[Bar]:
    """Return the schools that lack somebody as bars, those who lack most people first."""
    bars = []
    for each in schools:
        missing = each.now.missing
        if missing:
            needed = sum(one.needed for one in each.now.standings.values())
            bars.append(
                Bar(
                    name=each.found.name,
                    under=each.found.municipality,
                    share=(needed - missing) / needed,
                    overdue=missing,
                    learners=needed,
                )
            )
    return bars


def missing_words(p: Phrases) -> Words:
    """Return the words of bars that show how many people are missing."""
    return Words(
        done=p.t("active"),
        late=p.t("missing"),
        rest="",
        figure=lambda row: p.t("{count} missing", count=count_text(row.overdue)),
        note=lambda row: p.t(
            "{reached} of {needed}",
            reached=count_text(row.learners - row.overdue),
            needed=count_text(row.learners),
        ),
    )


def furthest_title(p: Phrases, bars: Sequence[Bar]) -> str:
    """Say which schools a picture of these bars shows."""
    return p.many(
        "Furthest from the target: {shown} of {count} school",
        "Furthest from the target: {shown} of {count} schools",
        len(bars),
        shown=min(MOST, len(bars)),
    )
