"""What coordinators are told on Mondays: what changed in a week, who is overdue first."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from course_bot.conversation import team
from course_bot.conversation.actions import Key, Nudge, SwitchWeekly, Unit, Weekly
from course_bot.conversation.days import told
from course_bot.conversation.port import Screen
from course_bot.conversation.routes import Audience, reading_place, verb
from course_bot.conversation.stage import Row, Stage, button, go_to
from course_bot.learning.progress import Person
from course_bot.locale.phrases import Phrases, phrases
from course_bot.organisations.records import DigestSwitched
from course_bot.reports.people import shown_name
from course_bot.storage.digests import Week
from course_bot.storage.organisations import Membership, Memberships
from course_bot.storage.store import Decision

BEGINS, ENDS = time(9), time(19)
"""Between which hours of a Monday, where the organisation is, a digest goes out."""
WEEK = timedelta(weeks=1)


def monday(now: datetime, zone: ZoneInfo) -> date | None:
    """Return the Monday whose digest may go out now in a zone, if one may."""
    there = now.astimezone(zone)
    if there.weekday() != 0 or not BEGINS <= there.time() < ENDS:
        return None
    return there.date()


def since(day: date, zone: ZoneInfo) -> datetime:
    """Return when the week began of which a Monday's digest tells."""
    return datetime.combine(day, BEGINS, zone) - WEEK


def digest(person: Person, organisation: Key, week: Week | None, today: date) -> Screen | None:
    """Return a digest; None where it is not wanted any more, or there is nothing to tell."""
    if week is None or not week.changed:
        return None
    p = phrases(person.language)
    parts = ["\n".join(_changes(p, week))]
    if week.overdue:
        lines = [p.html("Overdue the longest:")]
        lines += [
            p.html(
                "• {name}, {organisation}: {day}",
                name=shown_name(p, row.name, row.person),
                organisation=row.organisation_name,
                day=told(p, row.due, today) if row.due else "",
            )
            for row in week.overdue
        ]
        others = week.late - len({row.person for row in week.overdue})
        if others > 0:
            lines.append(p.html("and {count} more", count=others))
        parts.append("\n".join(lines))
    rows: list[Row] = [(button(p.t("👥 Open"), Unit(organisation), primary=True),)]
    if week.late:
        rows.append((button(p.t("🔔 Remind"), Nudge(organisation)),))
    rows.append((button(p.t("🔕 No digest"), SwitchWeekly(organisation, 0)),))
    return Screen(
        heading=p.html("A week of training: {name}", name=week.name),
        text="\n\n".join(parts),
        rows=tuple(rows),
    )


def _changes(p: Phrases, week: Week) -> list[str]:
    lines = []
    if week.completed:
        lines.append(p.html("✅ have finished: {count}", count=week.completed))
    if week.joined:
        lines.append(p.html("👋 have joined: {count}", count=week.joined))
    if week.newly_late:
        lines.append(p.html("⏰ have become overdue: {count}", count=week.newly_late))
    return lines


def memberships(stage: Stage, _at: Weekly) -> Memberships:
    """Ask what the person coordinates."""
    return Memberships(stage.person.id)


def weekly(stage: Stage, at: Weekly, found: tuple[Membership, ...]) -> Screen:
    """Show whether the person gets the digest of an organisation, and switch it."""
    p = stage.phrases
    back: Row = (button(p.t("← Back"), Unit(at.organisation)),)
    heading = p.html("The weekly digest")
    about = p.html(
        "On Mondays at 9:00, by your organisation's time, I write what has changed in the week and"
        " who is overdue. Where nothing has changed, I am silent. It comes in the messenger that"
        " you used last."
    )
    mine = next(
        (each for each in team.coordinated(found) if each.organisation == at.organisation),
        None,
    )
    if mine is None:
        own = p.html("It comes for the organisation whose coordinator you are yourself.")
        return Screen(heading=heading, text=f"{about}\n\n{own}", rows=(back,))
    state = p.html("It is on.") if mine.digest else p.html("It is off.")
    switch = p.t("🔕 No digest") if mine.digest else p.t("🔔 Send the digest")
    return Screen(
        heading=heading,
        text=f"{about}\n\n{state}",
        rows=((button(switch, SwitchWeekly(at.organisation, int(not mine.digest))),), back),
    )


def switch(stage: Stage, wanted: SwitchWeekly) -> Decision:
    """Have the digest or not; whoever does not coordinate the organisation changes nothing."""
    record = DigestSwitched(organisation=wanted.organisation, on=wanted.on > 0)
    return Decision(person=go_to(stage.person, Weekly(wanted.organisation)), records=(record,))


ROUTES = (
    reading_place(Weekly, memberships, weekly, who=Audience.ANYBODY),
    verb(SwitchWeekly, switch, who=Audience.ANYBODY),
)
