"""A coordinator reminds those who have not finished, and sees what became of it."""

from datetime import datetime
from html import escape
from zoneinfo import ZoneInfo

from course_bot.content.model import Course
from course_bot.conversation import team
from course_bot.conversation.actions import (
    GoOn,
    Key,
    Nudge,
    Nudged,
    NudgedLately,
    NudgeWhom,
    Remind,
    SendNudge,
    StaleError,
    TakeTrack,
    Unit,
)
from course_bot.conversation.days import told
from course_bot.conversation.lessons import in_minutes
from course_bot.conversation.port import Button, Screen
from course_bot.conversation.routes import Audience, reading_place, verb
from course_bot.conversation.stage import Row, Stage, button, go_to
from course_bot.learning.progress import Person, minutes_left
from course_bot.locale.phrases import Phrases, phrases
from course_bot.organisations.records import Act, Audited, Reminding
from course_bot.organisations.state import State
from course_bot.storage.mailings import (
    MailingOf,
    MailingsOf,
    Preview,
    Previewed,
    Remindable,
    Sent,
)
from course_bot.storage.reporting import PersonRow, Standing, Standings
from course_bot.storage.store import Decision

ALL = "all"
CHOICES = (State.OVERDUE, State.NOT_STARTED, State.IN_PROGRESS)


def standing(stage: Stage, at: Nudge) -> Standing:
    """Ask how many there are in each state."""
    return Standing(scope=team.scope(stage, at.organisation), at=stage.at)


def choose(stage: Stage, at: Nudge, found: Standings | None) -> Screen:
    """Ask whom to remind."""
    if found is None:
        return team.no_access(stage)
    p = stage.phrases
    counts = {
        State.OVERDUE: found.late,
        State.NOT_STARTED: found.new,
        State.IN_PROGRESS: found.going,
    }
    left = sum(counts.values())
    rows: list[Row] = []
    if left:
        heading = p.html("Whom shall I remind?")
        text = p.html(
            "Only those who have not finished are written to, by day, and each of them by"
            " coordinators at most once in 3 days. To remind one school only, open it first."
        )
        rows += [
            (button(_whom(p, state, counts[state]), NudgeWhom(at.organisation, state)),)
            for state in CHOICES
            if counts[state]
        ]
        label = p.t("All who have not finished: {count}", count=left)
        rows.append((button(label, NudgeWhom(at.organisation, ALL)),))
    else:
        heading = p.html("There is nobody to remind.")
        text = p.html("All have finished.")
    rows.append((button(p.t("🕓 Latest reminders"), NudgedLately(at.organisation)),))
    rows.append((_to_unit(stage, at.organisation),))
    return Screen(heading=heading, text=text, rows=tuple(rows))


def _whom(p: Phrases, state: State, count: int) -> str:
    match state:
        case State.OVERDUE:
            return p.t("Overdue: {count}", count=count)
        case State.NOT_STARTED:
            return p.t("Not started: {count}", count=count)
        case _:
            return p.t("In progress: {count}", count=count)


def _state(word: str) -> State | None:
    if word == ALL:
        return None
    try:
        state = State(word)
    except ValueError:
        raise StaleError from None
    if state is State.COMPLETED:
        raise StaleError
    return state


def previewed(stage: Stage, at: NudgeWhom) -> Previewed:
    """Ask whom a reminder would reach."""
    return Previewed(scope=team.scope(stage, at.organisation), state=_state(at.state), at=stage.at)


def preview(stage: Stage, at: NudgeWhom, found: Preview | None) -> Screen:
    """Show what would be sent, and to how many."""
    if found is None:
        return team.no_access(stage)
    p = stage.phrases
    heading = (
        p.html("A reminder: {count} will get it.", count=found.gets)
        if found.gets
        else p.html("Nobody would get this reminder now.")
    )
    parts = []
    if found.example is not None:
        reads = p.html("For example, somebody will read:")
        track = stage.course.tracks.get(found.example.track)
        whole = stage.course.minutes(track.lessons) if track is not None else 0
        words = _words(stage.course, p, found.example, minutes=whole, at=stage.at, zone=stage.zone)
        parts.append(f"{reads}\n{words}")
    parts += _others(p, found)
    if found.unreachable:
        parts.append(to_forward(p))
    rows: list[Row] = []
    if found.gets:
        label = p.t("✉ Send to {count}", count=found.gets)
        rows.append((button(label, SendNudge(at.organisation, at.state), primary=True),))
    rows.append((button(p.t("← Back"), Nudge(at.organisation)),))
    return Screen(heading=heading, text="\n\n".join(parts), rows=tuple(rows))


def _others(p: Phrases, found: Preview) -> list[str]:
    lines = []
    if found.recent:
        lines.append(p.html("• reminded less than 3 days ago: {count}", count=found.recent))
    if found.unreachable:
        lines.append(
            p.html("• can be reached in the browser only: {count}", count=found.unreachable)
        )
    if found.paused:
        lines.append(p.html("• want no reminders: {count}", count=found.paused))
    if not lines:
        return []
    return ["\n".join((p.html("These will not get it:"), *lines))]


def to_forward(p: Phrases) -> str:
    """Word what a coordinator may forward to those whom the bot can't write to."""
    ask = p.html("For those in the browser, forward this to the staff chat:")
    text = p.html(
        "Colleagues, please finish the course on Sferum: open it where you began, your place is"
        " kept."
    )
    return f"{ask}\n<code>{text}</code>"


def send(stage: Stage, wanted: SendNudge) -> Decision:
    """Send a reminder to those who may get one."""
    state = _state(wanted.state)
    scope = team.scope(stage, wanted.organisation)
    found = stage.look_up(Remindable(scope=scope, state=state, at=stage.at))
    if found is None:
        return Decision(person=go_to(stage.person, Unit(wanted.organisation)))
    if not found:
        notice = stage.phrases.t("Nobody is left to remind now: others may have done it already.")
        return Decision(
            person=go_to(stage.person, NudgedLately(wanted.organisation)), notice=notice
        )
    mailing = stage.move_key
    records = (
        Reminding(key=mailing, organisation=wanted.organisation, state=state, at=stage.at),
        Audited(
            organisation=wanted.organisation,
            act=Act.REMINDED,
            at=stage.at,
            about=f"{mailing} {wanted.state}",
        ),
    )
    return Decision(
        person=go_to(stage.person, Nudged(wanted.organisation, mailing)), records=records
    )


def sent(stage: Stage, at: Nudged) -> MailingOf:
    """Ask what became of a mailing."""
    return MailingOf(scope=team.scope(stage, at.organisation), key=at.mailing)


def became(stage: Stage, at: Nudged, found: Sent | None) -> Screen:
    """Show what became of a mailing."""
    if found is None:
        return team.no_access(stage)
    p = stage.phrases
    lines = [p.html("✅ reached: {count}", count=found.reached)]
    if found.waiting:
        lines.append(p.html("🕓 waiting for their turn, by day: {count}", count=found.waiting))
    if found.blocked:
        lines.append(p.html("🚫 have blocked the bot: {count}", count=found.blocked))
    if found.dropped:
        lines.append(p.html("➖ finished or left before it came: {count}", count=found.dropped))
    if found.unknown:
        lines.append(p.html("❔ it is not known whether it came: {count}", count=found.unknown))
    if found.unreachable:
        lines.append(p.html("💻 in the browser only: {count}", count=found.unreachable))
    parts = [escape(found.name), "\n".join(lines)]
    if found.unreachable:
        parts.append(to_forward(p))
    rows: tuple[Row, ...] = (
        (button(p.t("🔄 Refresh"), Nudged(at.organisation, at.mailing)),),
        (button(p.t("🕓 Latest reminders"), NudgedLately(at.organisation)),),
        (_to_unit(stage, at.organisation),),
    )
    return Screen(
        heading=p.html("A reminder of {day}", day=_day(stage, found)),
        text="\n\n".join(parts),
        rows=rows,
    )


def _day(stage: Stage, mailing: Sent) -> str:
    here = mailing.made_at.astimezone(stage.zone)
    return (
        f"{told(stage.phrases, here.date(), stage.at.astimezone(stage.zone).date())}, {here:%H:%M}"
    )


def latest(stage: Stage, at: NudgedLately) -> MailingsOf:
    """Ask for the latest mailings."""
    return MailingsOf(scope=team.scope(stage, at.organisation), at=stage.at)


def list_latest(stage: Stage, at: NudgedLately, found: tuple[Sent, ...] | None) -> Screen:
    """List the latest mailings."""
    if found is None:
        return team.no_access(stage)
    p = stage.phrases
    text = (
        p.html("Press one to see whom it has reached.")
        if found
        else p.html("None in the last 30 days.")
    )
    rows: list[Row] = [
        (
            button(
                p.t(
                    "{day} · reached {reached}, waiting {waiting}",
                    day=_day(stage, each),
                    reached=each.reached,
                    waiting=each.waiting,
                ),
                Nudged(at.organisation, each.key),
            ),
        )
        for each in found
    ]
    rows.append((button(p.t("🔔 Remind"), Nudge(at.organisation)),))
    rows.append((_to_unit(stage, at.organisation),))
    return Screen(heading=p.html("Latest reminders"), text=text, rows=tuple(rows))


def _to_unit(stage: Stage, organisation: Key) -> Button:
    return button(stage.phrases.t("← Back"), Unit(organisation))


def nudge(
    course: Course, person: Person, left: PersonRow | None, at: datetime, zone: ZoneInfo
) -> Screen | None:
    """Return what somebody reads who is reminded; None where it has lost its point.

    Args:
        course: the course as it is now.
        person: who reads it.
        left: what they have not finished, if there is anything.
        at: UTC.
        zone: where their organisation is.
    """
    if left is None or not person.reminders:
        return None
    track = course.tracks.get(left.track)
    minutes = minutes_left(course, person, track) if track is not None else 0
    if track is not None and not minutes:
        return None
    p = phrases(person.language)
    other = track is not None and person.track not in ("", track.id)
    on = TakeTrack(left.track) if other else GoOn()
    return Screen(
        text=_words(course, p, left, minutes=minutes, at=at, zone=zone),
        rows=(
            (button(p.t("▶ Go on"), on, primary=True),),
            (button(p.t("🔕 Pause reminders"), Remind(0)),),
        ),
    )


def _words(
    course: Course, p: Phrases, left: PersonRow, *, minutes: int, at: datetime, zone: ZoneInfo
) -> str:
    track = course.tracks.get(left.track)
    if track is None:  # nothing is assigned, and they have chosen nothing yet
        return p.html(
            "{organisation} reminds you: the course is waiting for you.",
            organisation=left.organisation_name,
        )
    named = {
        "organisation": left.organisation_name,
        "title": track.title,
        "minutes": in_minutes(p, minutes),
    }
    if left.due is None:
        return p.html(
            "{organisation} reminds you: the track “{title}” is not finished yet, {minutes} are"
            " left.",
            **named,
        )
    day = told(p, left.due, at.astimezone(zone).date())
    if left.state is State.OVERDUE:
        return p.html(
            "{organisation} reminds you: the track “{title}” was to be finished by {day}. It is"
            " not too late: {minutes} are left.",
            day=day,
            **named,
        )
    return p.html(
        "{organisation} reminds you: please finish the track “{title}” by {day}, {minutes} are"
        " left.",
        day=day,
        **named,
    )


ROUTES = (
    reading_place(Nudge, standing, choose, who=Audience.ANYBODY),
    reading_place(NudgeWhom, previewed, preview, who=Audience.ANYBODY),
    reading_place(Nudged, sent, became, who=Audience.ANYBODY),
    reading_place(NudgedLately, latest, list_latest, who=Audience.ANYBODY),
    verb(SendNudge, send, who=Audience.ANYBODY),
)
