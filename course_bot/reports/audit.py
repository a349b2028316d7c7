"""Who invited, withdrew, exported, reminded, changed an assignment: when, and where."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime

from course_bot.locale.phrases import Phrases
from course_bot.organisations.records import Act, Role
from course_bot.organisations.state import State
from course_bot.reports.people import shown_name
from course_bot.reports.table import Column, Form, Table
from course_bot.reports.wording import as_of, state_words
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
        Act.JOINED: p.t("joined the organisation"),
        Act.REMOVED: p.t("removed somebody"),
        Act.EXPORTED: p.t("downloaded a file"),
        Act.REMINDED: p.t("sent reminders"),
        Act.ASSIGNED: p.t("changed an assignment"),
        Act.MATCHED: p.t("matched an ID of a sheet"),
        Act.UNMATCHED: p.t("took a match back"),
    }


def audit_table(
    p: Phrases,
    organisation: str,
    rows: Iterable[AuditRow],
    at: datetime,
    *,
    titles: Mapping[str, str],
) -> Table:
    """Return the journal as a table.

    Args:
        p: the reader's phrases.
        organisation: whose journal it is.
        rows: what was done, the latest first.
        at: the moment of the figures, in the organisation's zone.
        titles: the tracks' titles by their ids.
    """
    words = act_words(p)
    return Table(
        name="audit",
        title=p.t("Journal"),
        organisation=organisation,
        at=at,
        moment=as_of(p, at),
        columns=columns(p),
        rows=[
            (row.at, _who(p, row), words[row.act], row.organisation, details(p, row, titles))
            for row in rows
        ],
    )


def details(p: Phrases, row: AuditRow, titles: Mapping[str, str]) -> str:
    """Word what the journal keeps of a deed beside its kind; what is not known stays as it is."""
    first, *more = row.about.split() or [""]
    match row.act, more:
        case Act.INVITED | Act.WITHDREW | Act.JOINED | Act.REMOVED, _:
            roles = {
                Role.LEARNER: p.t("a learner"),
                Role.COORDINATOR: p.t("a coordinator"),
                Role.ADMINISTRATOR: p.t("a school's administrator"),
            }
            # Nothing was kept of the role while only coordinators were noted.
            role = first or (Role.COORDINATOR if row.act == Act.JOINED else "")
            return roles[Role(role)] if role in tuple(Role) else row.about
        case Act.REMINDED, [state]:
            known = state_words(p)
            return (
                known[State(state)] if state in tuple(State) else p.t("all who have not finished")
            )
        case Act.ASSIGNED, ["until", day]:
            written = f"{date.fromisoformat(day):%d.%m.%Y}"
            return p.t("“{title}” until {day}", title=titles.get(first, first), day=written)
        case Act.ASSIGNED, [*words]:
            said = {
                "without a last day": p.t("without a last day"),
                "lifted": p.t("not assigned"),
                "inherited": p.t("as above"),
            }
            word = " ".join(words)
            return f"{titles.get(first, first)}: {said.get(word, word)}"
        case Act.EXPORTED, [report] if report in report_titles(p):
            return f"{first.upper()}: {report_titles(p)[report]}"
        case Act.EXPORTED, []:
            return p.t("certificates") if first == "certificates" else row.about
        case _:
            return row.about


def report_titles(p: Phrases) -> dict[str, str]:
    """Return the titles of the reports by their names."""
    return {
        "summary": p.t("Summary"),
        "people": p.t("People"),
        "lessons": p.t("Lessons"),
        "questions": p.t("Questions"),
        "activity": p.t("Activity"),
        "outcome": p.t("Training and activity"),
    }


def _who(p: Phrases, row: AuditRow) -> str:
    if row.person is not None:
        return shown_name(p, row.name, row.person)
    return p.t("operator (a command)") if row.operator else p.t("somebody who was deleted")
