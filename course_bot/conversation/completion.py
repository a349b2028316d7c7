"""How far the learners of one school are, as its administrator sees it: counts, and no person."""

from course_bot.conversation.actions import LATEST, Belonging, Completion, School, Team, Unit
from course_bot.conversation.days import told
from course_bot.conversation.listing import NAME_CHARS, brief, local
from course_bot.conversation.overview import standing_of
from course_bot.conversation.port import Screen
from course_bot.conversation.routes import Audience, reading_place
from course_bot.conversation.sheets import onward
from course_bot.conversation.stage import Row, Stage, button
from course_bot.conversation.team import led, school_scope
from course_bot.locale.phrases import Phrases
from course_bot.organisations.records import Role
from course_bot.reports.people import track_title
from course_bot.reports.wording import as_of, count_text
from course_bot.storage.overviews import CompletionOf, SchoolCompletion
from course_bot.storage.reporting import Standings, TrackStandings


def completion(stage: Stage, at: Completion) -> CompletionOf:
    """Ask for a school's counts."""
    return CompletionOf(scope=school_scope(stage, at.organisation), at=stage.at)


def counts(stage: Stage, at: Completion, found: SchoolCompletion | None) -> Screen:
    """Show how many have completed, are on the way, have not begun and are late."""
    p = stage.phrases
    if found is None:
        text = p.html(
            "You do not administer this school, or not any more, so nothing of it is shown. If you"
            " should, ask its coordinator for a new invite."
        )
        to_team = button(p.t("👥 My organisations"), Team(), primary=True)
        return Screen(text=text, rows=((to_team,), *onward(stage)))
    moment = as_of(p, local(stage, found.zone), "%H:%M")
    parts = [f"<i>{moment}</i>"]
    learners = found.standings.learners
    if learners:
        parts.append(standing_of(p, found.standings))
    else:
        parts.append(
            p.html("Nobody learns here yet: the coordinator sends the staff an invite for that.")
        )
    if learners and not found.tracks:
        parts.append(
            p.html("No track is assigned: of everybody the one counts that they have chosen.")
        )
    # With one track, its counts are those of all.
    several = learners > 0 and len(found.tracks) > 1
    parts += [_track(stage, each, found.zone, counted=several) for each in found.tracks]
    if learners:
        parts.append(p.html("These are numbers only: who has completed is seen by coordinators."))
    return Screen(
        heading=brief(found.name, NAME_CHARS),
        text="\n\n".join(parts),
        rows=(*_elsewhere(p, at, found), *onward(stage)),
    )


def _elsewhere(p: Phrases, at: Completion, found: SchoolCompletion) -> list[Row]:
    figures = button(p.t("← School figures"), School(at.organisation, LATEST), primary=True)
    rows: list[Row] = [(figures,)]
    theirs = led(found.memberships)
    mine = Belonging(at.organisation, Role.ADMINISTRATOR)
    if any((each.organisation, each.role) == (at.organisation, mine.role) for each in theirs):
        rows.append((button(p.t("🔑 What an administrator may do"), mine),))
    else:
        rows.append((button(p.t("← The organisation"), Unit(at.organisation)),))
    if len(theirs) > 1:
        rows.append((button(p.t("👥 Another organisation"), Team()),))
    return rows


def _track(stage: Stage, each: TrackStandings, zone: str, *, counted: bool) -> str:
    p, title = stage.phrases, track_title(stage.phrases, stage.course, each.track)
    if each.due is None:
        line = p.html("📌 Assigned: “{title}”", title=title)
    else:
        day = told(p, each.due, local(stage, zone).date())
        line = p.html("📌 Assigned: “{title}” until {day}", title=title, day=day)
    return f"{line}\n{_briefly(p, each.standings)}" if counted else line


def _briefly(p: Phrases, found: Standings) -> str:
    return p.html(
        "✅ {completed} · ▶ {going} · ▫ {new} · ⏰ {late}",
        completed=count_text(found.completed),
        going=count_text(found.going),
        new=count_text(found.new),
        late=count_text(found.late),
    )


ROUTES = (reading_place(Completion, completion, counts, who=Audience.ANYBODY),)
