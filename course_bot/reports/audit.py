"""Who invited, withdrew, exported, reminded, changed an assignment: when, and where."""

from collections.abc import Iterable
from datetime import datetime

from course_bot.locale.phrases import Phrases
from course_bot.organisations.records import Act
from course_bot.reports.people import shown_name
from course_bot.reports.table import Column, Form, Table
from course_bot.reports.wording import as_of
from course_bot.storage.auditing import AuditRow


def columns(p: Phrases) -> tuple[Column, ...]:
    """Return the columns of the journal."""
    return (
        Column(
            name="at",
            title=p.t("When"),
            about=p.t("When it was done."),
            form=Form.MOMENT,
            width=18,
        ),
        Column(
            name="who",
            title=p.t("Who"),
            about=p.t("Who did it. Of somebody who has deleted their data, no name is left."),
            form=Form.TEXT,
            width=30,
        ),
        Column(
            name="act",
            title=p.t("What was done"),
            about=p.t("Inviting, exporting, reminding and the like."),
            form=Form.TEXT,
            width=30,
        ),
        Column(
            name="organisation",
            title=p.t("Where"),
            about=p.t("For which organisation it was done."),
            form=Form.TEXT,
            width=40,
        ),
        Column(
            name="about",
            title=p.t("Details"),
            about=p.t("Which track, which file, how many people: never a name."),
            form=Form.TEXT,
            width=30,
        ),
    )


def act_words(p: Phrases) -> dict[Act, str]:
    """Return what is said of each kind of deed."""
    return {
        Act.INVITED: p.t("made an invite"),
        Act.WITHDREW: p.t("withdrew an invite"),
        Act.JOINED: p.t("joined as a coordinator"),
        Act.REMOVED: p.t("removed somebody"),
        Act.EXPORTED: p.t("downloaded a file"),
        Act.REMINDED: p.t("sent reminders"),
        Act.ASSIGNED: p.t("changed an assignment"),
    }


def audit_table(p: Phrases, organisation: str, rows: Iterable[AuditRow], at: datetime) -> Table:
    """Return the journal as a table.

    Args:
        p: the reader's phrases.
        organisation: whose journal it is.
        rows: what was done, the latest first.
        at: the moment of the figures, in the organisation's zone.
    """
    words = act_words(p)
    return Table(
        name="audit",
        title=p.t("Journal"),
        organisation=organisation,
        at=at,
        moment=as_of(p, at),
        columns=columns(p),
        rows=[(row.at, _who(p, row), words[row.act], row.organisation, row.about) for row in rows],
    )


def _who(p: Phrases, row: AuditRow) -> str:
    if row.person is not None:
        return shown_name(p, row.name, row.person)
    return p.t("operator (a command)") if row.operator else p.t("somebody who was deleted")
