"""Assigning tracks: what counts in an organisation, who said so, and changing it.

What is said of a track is one word: a day ("20261201"), "open" (assigned without a day), "lifted"
(not assigned here, whatever is said above), or "inherit" (whatever is said above). A button that
changes something carries the mark of what was seen. If something else is there by then, nothing
is changed, and the screen tells what it is now.
"""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from hashlib import blake2b
from html import escape

from course_bot.conversation import team
from course_bot.conversation.actions import (
    AskDay,
    Assign,
    Assignments,
    AssignTrack,
    Key,
    StaleError,
    Unit,
)
from course_bot.conversation.days import (
    DayError,
    in_a_month,
    month_end,
    read_day,
    school_year_end,
    told,
)
from course_bot.conversation.port import Button, Screen
from course_bot.conversation.routes import Audience, reading_place, verb
from course_bot.conversation.stage import Row, Stage, button, go_to, shortened
from course_bot.locale.phrases import Phrases
from course_bot.organisations.records import Act, AssignmentChanged, Audited
from course_bot.organisations.tree import Assignment, zone_of
from course_bot.storage.organisations import Assignments as Found
from course_bot.storage.organisations import AssignmentsOf, Counts
from course_bot.storage.store import Decision
from course_bot.typed import is_question

OPEN, LIFTED, INHERIT = "open", "lifted", "inherit"
TWO_WEEKS = timedelta(weeks=2)
NAME_CHARS = 30
"""How much of an organisation's name stands on a button."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Duty:
    """A track in an organisation: what it says itself, what counts, what would be inherited."""

    own: Assignment | None
    counts: Counts | None
    inherited: Counts | None
    today: date

    @property
    def word(self) -> str:
        """What the organisation says itself."""
        if self.own is None:
            return INHERIT
        if self.own.lifted:
            return LIFTED
        return OPEN if self.own.due is None else f"{self.own.due:%Y%m%d}"

    @property
    def mark(self) -> str:
        """What tells this state of it from any other."""
        seen = repr((self.own, self.counts)).encode()
        return blake2b(seen, digest_size=5).hexdigest()


def asked(stage: Stage, at: Assignments | AssignTrack | AskDay) -> AssignmentsOf:
    """Ask what is assigned in an organisation."""
    if not isinstance(at, Assignments) and at.track not in stage.course.tracks:
        raise StaleError
    if isinstance(at, AssignTrack) and at.before:
        _due(at.before)
    return AssignmentsOf(scope=team.scope(stage, at.organisation))


def _duty(stage: Stage, found: Found, track: str) -> _Duty:
    zone = zone_of(found.zone, stage.zone)
    return _Duty(
        own=next((each for each in found.own if each.track == track), None),
        counts=next((each for each in found.counts if each.track == track), None),
        inherited=next((each for each in found.inherited if each.track == track), None),
        today=stage.at.astimezone(zone).date(),
    )


def _until(stage: Stage, duty: _Duty, due: date | None) -> str:
    p = stage.phrases
    if due is None:
        return p.t("assigned, without a last day")
    day = told(p, due, duty.today)
    return (
        p.t("was to be done by {day}", day=day)
        if due < duty.today
        else p.t("until {day}", day=day)
    )


def _state(stage: Stage, duty: _Duty) -> str:
    """Say in a few words what counts."""
    if duty.counts is None:
        return stage.phrases.t("not assigned")
    return _until(stage, duty, duty.counts.due)


def overview(stage: Stage, at: Assignments, found: Found | None) -> Screen:
    """Show which tracks are assigned, until when, and who said so."""
    if found is None:
        return team.no_access(stage)
    p = stage.phrases
    parts = [
        p.html("It counts here and in everything below. Press a track to change it."),
    ]
    rows: list[Row] = []
    for track in stage.course.tracks.values():
        duty = _duty(stage, found, track.id)
        line = f"<b>{escape(track.title)}</b> · {escape(_state(stage, duty))}"
        parts.append("\n".join((line, *_said_by(stage, at.organisation, duty))))
        rows.append((button(track.title, AssignTrack(at.organisation, track.id, "")),))
    rows.append((_back_to_unit(stage, at.organisation),))
    return Screen(
        heading=p.html("What is assigned: {name}", name=found.name),
        text="\n\n".join(parts),
        rows=tuple(rows),
    )


def _said_by(stage: Stage, here: Key, duty: _Duty) -> list[str]:
    """Say who assigned it, where that was not this organisation; and what is overruled here."""
    p, counts, above = stage.phrases, duty.counts, duty.inherited
    if counts is not None and counts.source != here:
        return [p.html("<i>assigned by: {name}</i>", name=counts.source_name)]
    if duty.own is not None and above is not None:
        said = _until(stage, duty, above.due)
        return [p.html("<i>decided here; {name}: {said}</i>", name=above.source_name, said=said)]
    return []


def track(stage: Stage, at: AssignTrack, found: Found | None) -> Screen:
    """Show a track with the ways to assign it, or to leave it; and the way back after a change."""
    if found is None:
        return team.no_access(stage)
    p, duty = stage.phrases, _duty(stage, found, at.track)
    title = stage.course.tracks[at.track].title
    state = _state(stage, duty)
    parts = [
        "\n".join(
            (
                escape(found.name),
                p.html("Now: <b>{state}</b>.", state=state),
                *_said_by(stage, at.organisation, duty),
            )
        ),
        p.html(
            "The last day ends at midnight, by the organisation's time. Whoever has completed the"
            " track earlier has completed it."
        ),
        p.html("Until when should it be done?"),
    ]
    rows: list[Row] = []

    def say(label: str, word: str) -> Button:
        return button(label, Assign(at.organisation, at.track, duty.mark, word))

    if at.before:
        rows.append((say(p.t("↩ As it was before"), at.before),))
    for day, label in sorted(_choices(stage, duty.today).items()):
        rows.append((say(label, f"{day:%Y%m%d}"),))
    rows.append((button(p.t("✏ Another day"), AskDay(at.organisation, at.track, duty.mark)),))
    if duty.counts is None or duty.counts.due is not None:
        rows.append((say(p.t("Without a last day"), OPEN),))
    if duty.own is not None and duty.inherited is not None:
        label = p.t(
            "As {name}: {said}",
            name=shortened(duty.inherited.source_name, NAME_CHARS),
            said=_until(stage, duty, duty.inherited.due),
        )
        rows.append((say(label, INHERIT),))
    if duty.counts is not None:
        # Where nothing is said above, to lift it and to say nothing come to the same.
        rows.append((say(p.t("Do not assign"), LIFTED if duty.inherited else INHERIT),))
    rows.append((_back(stage, at.organisation),))
    return Screen(
        heading=p.html("Track “{title}”", title=title),
        text="\n\n".join(parts),
        rows=tuple(rows),
    )


def _choices(stage: Stage, today: date) -> dict[date, str]:
    """Return the days that are offered, each with its label."""
    p = stage.phrases
    weeks, month = today + TWO_WEEKS, in_a_month(today)
    end, year = _end_of_month(today), school_year_end(today)
    return {
        year: p.t("By {day} (end of the school year)", day=told(p, year, today)),
        end: p.t("By {day} (end of the month)", day=told(p, end, today)),
        month: p.t("By {day} (in a month)", day=told(p, month, today)),
        weeks: p.t("By {day} (in 2 weeks)", day=told(p, weeks, today)),
    }


def _end_of_month(today: date) -> date:
    """Return the end of this month; in its last week, of the next."""
    end = month_end(today)
    return end if end - today >= timedelta(weeks=1) else in_a_month(end)


def ask_day(stage: Stage, at: AskDay, found: Found | None) -> Screen:
    """Ask for the last day in writing."""
    if found is None:
        return team.no_access(stage)
    p, duty = stage.phrases, _duty(stage, found, at.track)
    write = p.html(
        "Write the last day, for example <code>{example}</code> or <code>{words}</code>.",
        example=f"{in_a_month(duty.today):%d.%m}",
        words=p.day_of_year(in_a_month(duty.today)),
    )
    back = button(p.t("← Back"), AssignTrack(at.organisation, at.track, ""))
    return Screen(
        heading=p.html("Track “{title}”", title=stage.course.tracks[at.track].title),
        text=f"{escape(found.name)}\n\n{write}",
        rows=((back,),),
    )


def typed(stage: Stage, text: str) -> Decision | None:
    """Take a last day that was typed; None where the text is a question instead."""
    if is_question(text):
        return None
    _, *words = stage.person.place.split(":")
    at = AskDay.read(words)
    found = stage.look_up(asked(stage, at))
    if found is None:
        return Decision(person=go_to(stage.person, Unit(at.organisation)))
    p, duty = stage.phrases, _duty(stage, found, at.track)
    try:
        day = read_day(text, duty.today)
    except DayError as error:
        example = f"{in_a_month(duty.today):%d.%m.%Y}"
        return Decision(person=stage.person, notice=_refusal(p, error.reason, example))
    return _changed(stage, Assign(at.organisation, at.track, at.mark, f"{day:%Y%m%d}"), found)


def _refusal(p: Phrases, reason: str, example: str) -> str:
    match reason:
        case "over":
            message = p.t(
                "This day is over. Write one that is still to come: {example}.", example=example
            )
        case "no such day":
            message = p.t(
                "There is no such day. Write another one, for example {example}.", example=example
            )
        case "far":
            message = p.t(
                "This is more than two years away. Write a nearer day: {example}.", example=example
            )
        case _:
            message = p.t(
                "I can't read a day here. Write it like this: {example}.", example=example
            )
    return message


def assign(stage: Stage, wanted: Assign) -> Decision:
    """Say something else of a track."""
    found = stage.look_up(AssignmentsOf(scope=team.scope(stage, wanted.organisation)))
    if found is None:
        return Decision(person=go_to(stage.person, Unit(wanted.organisation)))
    return _changed(stage, wanted, found)


def _changed(stage: Stage, wanted: Assign, found: Found) -> Decision:
    """Change what is said of a track, unless it has changed since it was seen."""
    p, duty = stage.phrases, _duty(stage, found, wanted.track)
    due = _due(wanted.word)
    here = AssignTrack(wanted.organisation, wanted.track, "")
    if wanted.mark != duty.mark:
        if wanted.word == duty.word:  # a second tap, or both wanted the same
            before = _before(stage, here)
            return Decision(person=go_to(stage.person, replace(here, before=before)))
        notice = p.t(
            "While you were looking, it was changed. Now: {state}.", state=_state(stage, duty)
        )
        return Decision(person=go_to(stage.person, here), notice=notice)
    if wanted.word == duty.word:
        return Decision(
            person=go_to(stage.person, here),
            notice=p.t("It is so already: {state}.", state=_state(stage, duty)),
        )
    if due is not None and due < duty.today and wanted.word != _before(stage, here):
        raise StaleError
    change = AssignmentChanged(
        organisation=wanted.organisation,
        track=wanted.track,
        due=due,
        lifted=wanted.word == LIFTED,
        inherit=wanted.word == INHERIT,
        at=stage.at,
    )
    audited = Audited(
        organisation=wanted.organisation,
        act=Act.ASSIGNED,
        at=stage.at,
        about=f"{wanted.track} {_audited(wanted.word, due)}",
    )
    there = AssignTrack(wanted.organisation, wanted.track, duty.word)
    return Decision(
        person=go_to(stage.person, there), records=(change, audited), notice=p.t("Saved.")
    )


def _before(stage: Stage, here: AssignTrack) -> str:
    """Return what was said before the person's last change, if they stand where it is shown."""
    name, *words = stage.person.place.split(":")
    if name != AssignTrack.name:
        return ""
    at = AssignTrack.read(words)
    return at.before if replace(at, before="") == here else ""


def _due(word: str) -> date | None:
    if word in (OPEN, LIFTED, INHERIT):
        return None
    try:
        day = date.fromisoformat(word)
    except ValueError:
        raise StaleError from None
    if f"{day:%Y%m%d}" != word:
        raise StaleError
    return day


def _audited(word: str, due: date | None) -> str:
    if due is not None:
        return f"until {due}"
    return {OPEN: "without a last day", LIFTED: "lifted", INHERIT: "inherited"}[word]


def _back(stage: Stage, organisation: Key) -> Button:
    return button(stage.phrases.t("← What is assigned"), Assignments(organisation))


def _back_to_unit(stage: Stage, organisation: Key) -> Button:
    return button(stage.phrases.t("← Back"), Unit(organisation))


ROUTES = (
    reading_place(Assignments, asked, overview, who=Audience.ANYBODY),
    reading_place(AssignTrack, asked, track, who=Audience.ANYBODY),
    reading_place(AskDay, asked, ask_day, who=Audience.ANYBODY),
    verb(Assign, assign, who=Audience.ANYBODY),
)
