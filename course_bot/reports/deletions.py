"""The journal of deletions: whose data is gone, since when and why; it has no names."""

from collections.abc import Iterable
from datetime import datetime

from course_bot.locale.phrases import Phrases
from course_bot.reports.table import Column, Form, Table
from course_bot.reports.wording import as_of
from course_bot.storage.retention import RETENTION, SELF, Deleted


def deletions_table(p: Phrases, whose: str, rows: Iterable[Deleted], at: datetime) -> Table:
    """Return the journal as a table.

    Args:
        p: the reader's phrases.
        whose: whom it is about.
        rows: what was deleted.
        at: the moment of the journal, in the zone in which its days are told.
    """
    reasons = {SELF: p.t("at the person's own wish"), RETENTION: p.t("end of the storage period")}
    return Table(
        name="deletions",
        title=p.t("Journal of deletions"),
        organisation=whose,
        at=at,
        moment=as_of(p, at),
        columns=(
            Column(
                name="person",
                title=p.t("Number"),
                about=p.t("The number that the person had here; nobody gets it again."),
                form=Form.COUNT,
            ),
            Column(
                name="at",
                title=p.t("Deleted on"),
                about=p.t("The day on which everything about the person was deleted."),
                form=Form.DAY,
            ),
            Column(
                name="reason",
                title=p.t("Reason"),
                about=p.t("Whether the person wished it, or had not been here for too long."),
                form=Form.TEXT,
                width=30,
            ),
        ),
        rows=[
            (row.person, row.at.astimezone(at.tzinfo).date(), reasons[row.reason]) for row in rows
        ],
    )
