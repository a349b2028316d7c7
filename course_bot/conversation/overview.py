"""An organisation at a glance: how far its people are, and those of all that belong to it."""

from course_bot.conversation.actions import (
    LATEST,
    Activity,
    Asked,
    Key,
    People,
    School,
    Stuck,
    Team,
    Unit,
    Units,
)
from course_bot.conversation.days import told
from course_bot.conversation.help import ways
from course_bot.conversation.listing import brief, count_pages, headed, local, page_of, turning
from course_bot.conversation.menu import bar
from course_bot.conversation.people import OPEN
from course_bot.conversation.port import Screen
from course_bot.conversation.routes import Audience, reading_place
from course_bot.conversation.stage import Row, Stage, button, leading
from course_bot.conversation.team import keys, led, no_access, scope
from course_bot.locale.phrases import Phrases
from course_bot.reports.people import track_title
from course_bot.reports.summary import share
from course_bot.reports.wording import count_text, share_text
from course_bot.storage.organisations import Assignments
from course_bot.storage.overviews import Overview, OverviewOf, There, Within
from course_bot.storage.reporting import Standings, Summary, UnitRow


def unit(stage: Stage, at: Unit) -> Within[Overview]:
    """Ask for an organisation's overview."""
    return Within(OverviewOf(scope=scope(stage, at.organisation), at=stage.at))


def overview(stage: Stage, at: Unit, there: There[Overview] | None) -> Screen:
    """Show how far the people of an organisation are, and what may be done."""
    if there is None:
        return no_access(stage)
    p, found, here = stage.phrases, there.found, at.organisation
    does = keys(stage, here)
    looks: Row = (button(p.t("🏫 By school"), Units(here, 1)),) if there.unit.children else ()
    if found.standings.learners:
        standing = standing_of(p, found.standings)
        looks = (*looks, button(p.t("🚧 Where people stop"), Stuck(here)))
        rows = [(button(p.t("🔎 Who is not done"), People(here, OPEN, 1)),), looks, *does]
    else:
        standing = p.html(
            "Nobody learns here yet. Invite people: whoever opens the link of an invite and joins"
            " is seen here at once."
        )
        # What there is to do comes first: to invite somebody.
        rows = [*does, looks] if looks else does
    if there.unit.children:
        figures = button(p.t("📊 Schools' activity"), Activity(here))
    else:
        figures = button(p.t("📊 School figures"), School(here, LATEST))
    rows.append((figures,))
    rows += _elsewhere(p, found)
    if there.unit.organisation.parent is None:
        rows.append((button(p.t("💬 What people ask"), Asked(here)),))
    rows[0] = leading(rows[0])
    heading, under = headed(stage, there.unit)
    parts = (under, standing, _assigned(stage, found.assignments, here))
    return Screen(heading=heading, text="\n\n".join(parts), rows=(*rows, *ways(stage)))


def standing_of(p: Phrases, found: Standings) -> str:
    """Say how far learners are, of whom there is at least one."""
    share = found.completed / found.learners
    return "\n".join(
        (
            p.many("{count} learner", "{count} learners", found.learners),
            f"{bar(share)} {share_text(share)}",
            p.html("✅ completed: {count}", count=count_text(found.completed)),
            p.html("▶ in progress: {count}", count=count_text(found.going)),
            p.html("▫ not started: {count}", count=count_text(found.new)),
            p.html("⏰ overdue: {count}", count=count_text(found.late)),
        )
    )


def _assigned(stage: Stage, found: Assignments, here: Key) -> str:
    p = stage.phrases
    if not found.counts:
        return p.html("No track is assigned: of everybody the one counts that they have chosen.")
    today = local(stage, found.zone).date()
    lines = []
    for each in found.counts:
        title = track_title(p, stage.course, each.track)
        if each.due is None:
            line = p.html("📌 Assigned: “{title}”", title=title)
        else:
            day = told(p, each.due, today)
            line = p.html("📌 Assigned: “{title}” until {day}", title=title, day=day)
        lines.append(line if each.source == here else f"{line} ({brief(each.source_name)})")
    return "\n".join(lines)


def _elsewhere(p: Phrases, found: Overview) -> list[Row]:
    """Return the ways to other organisations: up, as far as the viewer may go, and their own."""
    rows: list[Row] = []
    if found.above is not None:
        above = Unit(Key(found.above.organisation))
        rows.append((button(f"⬆ {found.above.name}", above),))
    if len(led(found.memberships)) > 1:
        rows.append((button(p.t("👥 Another organisation"), Team()),))
    return rows


def summary(stage: Stage, at: Units) -> Within[tuple[UnitRow, ...]]:
    """Ask for the figures of the organisations right below one."""
    return Within(Summary(scope=scope(stage, at.organisation), at=stage.at))


def units(stage: Stage, at: Units, there: There[tuple[UnitRow, ...]] | None) -> Screen:
    """Show the organisations right below one by their shares, each with a key that leads there."""
    if there is None:
        return no_access(stage)
    p, here = stage.phrases, at.organisation
    shown, number = page_of(there.found, at.page)
    lines = [_unit_line(p, row, here) for row in shown]
    if not lines:
        lines = [p.html("Nothing belongs to it yet.")]
    rows: list[Row] = [
        (button(row.name, Unit(Key(row.organisation))),)
        for row in shown
        if row.organisation != here
    ]
    rows += turning(p, number, count_pages(len(there.found)), lambda page: Units(here, page))
    rows.append((button(p.t("← Overview"), Unit(here)),))
    heading, under = headed(stage, there.unit)
    text = "\n\n".join((under, *lines))
    return Screen(heading=heading, text=text, rows=(*rows, *ways(stage)))


def _unit_line(p: Phrases, row: UnitRow, here: Key) -> str:
    name = p.t("{name}, directly", name=row.name) if row.organisation == here else row.name
    part = share(row)
    if part is None:
        state = p.html("nobody learns here yet")
    else:
        state = p.html(
            "{share} · {completed} of {learners}",
            share=share_text(part),
            completed=count_text(row.completed),
            learners=count_text(row.learners),
        )
        state = f"{bar(part)} {state}"
    if row.late:
        state += " · " + p.html("overdue: {count}", count=count_text(row.late))
    return f"<b>{brief(name)}</b>\n{state}"


ROUTES = (
    reading_place(Unit, unit, overview, who=Audience.ANYBODY),
    reading_place(Units, summary, units, who=Audience.ANYBODY),
)
