"""The summary: what each organisation has come to, those below it included."""

from collections.abc import Iterable
from datetime import datetime

from course_bot.locale.phrases import Phrases
from course_bot.reports.table import Column, Form, Table
from course_bot.reports.wording import as_of
from course_bot.storage.reporting import UnitRow


def columns(p: Phrases) -> tuple[Column, ...]:
    """Return the columns of the summary."""
    return (
        Column(
            name="organisation",
            title=p.t("Organisation"),
            about=p.t("With all that belong to it; a person in several of them counts in each."),
            form=Form.TEXT,
            width=40,
        ),
        Column(
            name="learners",
            title=p.t("Learners"),
            about=p.t("Everybody who has joined as a learner."),
            form=Form.COUNT,
        ),
        Column(
            name="started",
            title=p.t("Started"),
            about=p.t("Those of them who have read a step or begun a quiz."),
            form=Form.COUNT,
        ),
        Column(
            name="completed",
            title=p.t("Completed"),
            about=p.t("Those who have passed every lesson of every track assigned to them."),
            form=Form.COUNT,
        ),
        Column(
            name="late",
            title=p.t("Overdue"),
            about=p.t("Those who have not completed a track whose last day is over."),
            form=Form.COUNT,
        ),
        Column(
            name="share",
            title=p.t("Share completed"),
            about=p.t("Completed, of all learners."),
            form=Form.SHARE,
        ),
        Column(
            name="median_days",
            title=p.t("Days to complete"),
            about=p.t("The median of the days from joining to completion."),
            form=Form.DECIMAL,
        ),
        Column(
            name="departed",
            title=p.t("Completed and left"),
            about=p.t("Those who had completed a track and left since; not among the learners."),
            form=Form.COUNT,
        ),
    )


def share(row: UnitRow) -> float | None:
    """Return which share of an organisation's learners has completed; None without learners."""
    return row.completed / row.learners if row.learners else None


def summary_table(
    p: Phrases, organisation: str, here: int, rows: Iterable[UnitRow], at: datetime
) -> Table:
    """Return the summary as a table.

    Args:
        p: the reader's phrases.
        organisation: the name of the one whose summary it is.
        here: its number; its own row counts only those who are in none below it, and says so
            where there are others.
        rows: the organisations in their order.
        at: the moment of the figures, in the organisation's zone.
    """
    units = tuple(rows)
    return Table(
        name="summary",
        title=p.t("Summary"),
        organisation=organisation,
        at=at,
        moment=as_of(p, at),
        columns=columns(p),
        rows=[
            (
                p.t("{name}, directly", name=row.name)
                if row.organisation == here and len(units) > 1
                else row.name,
                row.learners,
                row.started,
                row.completed,
                row.late,
                share(row),
                row.median_days,
                row.departed,
            )
            for row in units
        ],
    )
