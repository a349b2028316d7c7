"""Training beside outcome: who has completed the course, next to who is registered and active.

One does not prove the other, and nothing here says so: no figure is worked out from both.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from course_bot.locale.phrases import Phrases
from course_bot.reports.activity import School, municipality_column, school_column
from course_bot.reports.table import Cell, Column, Form, Table
from course_bot.reports.wording import as_of
from course_bot.sheets.figures import Group, Measure, field_of
from course_bot.sheets.judging import Judged, share_of
from course_bot.storage.reporting import SchoolCompletion

MONTH = timedelta(days=30)
"""How long before now the completion of about a month before is counted."""
PAGE_COLUMNS = (
    "school",
    "municipality",
    "learners",
    "completed_before",
    "completed",
    "registered_before",
    "registered",
    "active_before",
    "active",
    "day",
)
"""The columns that the page shows, in their order; the files have all."""


def columns(p: Phrases) -> tuple[Column, ...]:
    """Return the columns of the table."""
    month, now = p.t("about a month before"), p.t("now")
    return (
        municipality_column(p),
        school_column(p),
        Column(
            name="learners",
            title=p.t("Learners"),
            about=p.t("Everybody who has joined as a learner."),
            form=Form.COUNT,
        ),
        *(
            Column(
                name=name,
                title=p.t("{what}, {when}", what=what, when=when),
                about=about,
                form=Form.SHARE,
            )
            for what, about, names in (
                (
                    p.t("Completed the course"),
                    p.t(
                        "The share of the learners who have completed all that is assigned to"
                        " them; a month before: of those who are here now and were then, 30 days"
                        " ago."
                    ),
                    ("completed_before", "completed"),
                ),
                (
                    p.t("Teachers registered"),
                    p.t("Registered, of the teachers who should be there, by the sheet."),
                    ("registered_before", "registered"),
                ),
                (
                    p.t("Teachers active"),
                    p.t("Active, of the teachers who should be there, by the sheet."),
                    ("active_before", "active"),
                ),
            )
            for name, when in zip(names, (month, now), strict=True)
        ),
        Column(
            name="before_day",
            title=p.t("Earlier sheet of"),
            about=p.t("The newest sheet of those 20 to 45 days older than the newest one."),
            form=Form.DAY,
        ),
        Column(
            name="day",
            title=p.t("Sheet of"),
            about=p.t("The day of the newest sheet that tells of the school."),
            form=Form.DAY,
        ),
    )


def caution(p: Phrases) -> str:
    """Say what such figures don't tell."""
    return p.t(
        "The figures only stand side by side: who is active may have other reasons, and one does"
        " not prove the other."
    )


def outcome_table(
    p: Phrases,
    organisation: str,
    schools: Iterable[School],
    completions: Mapping[int, SchoolCompletion],
    at: datetime,
) -> Table:
    """Return schools as a table.

    Args:
        p: the reader's phrases.
        organisation: the name of the one whose schools they are.
        schools: in their order.
        completions: how far the learners of each are, by its number.
        at: the moment of the figures, in the organisation's zone.
    """
    return Table(
        name="outcome",
        title=p.t("Training and activity"),
        organisation=organisation,
        at=at,
        moment=as_of(p, at),
        note=caution(p),
        columns=columns(p),
        rows=[_row(each, completions.get(each.found.organisation)) for each in schools],
    )


def _row(school: School, of: SchoolCompletion | None) -> Sequence[Cell]:
    found = school.found
    shares = [
        _share(judged, measure)
        for measure in (Measure.REGISTERED, Measure.ACTIVE)
        for judged in (school.before, school.now)
    ]
    return (
        found.municipality or None,
        found.name,
        of.learners if of else 0,
        of.completed_before / of.learners_before if of and of.learners_before else None,
        of.completed / of.learners if of and of.learners else None,
        *shares,
        found.before_day,
        found.day,
    )


def _share(judged: Judged, measure: Measure) -> float | None:
    """Return the share of a school's teachers; None where a figure is unknown or doubtful."""
    whole, part = field_of(Group.TEACHERS, Measure.EXPECTED), field_of(Group.TEACHERS, measure)
    expected, there = judged.figures.at(whole), judged.figures.at(part)
    if not expected or there is None or {whole, part} & judged.spoilt:
        return None
    return share_of(there, expected) if measure is Measure.ACTIVE else there / expected
