"""What a coordinator or an administrator may see: which organisations, and the ways on."""

from course_bot.conversation.actions import (
    LATEST,
    Action,
    Assignments,
    Files,
    Inviting,
    Key,
    Nudge,
    OpenTable,
    School,
    Team,
    Teams,
    Unit,
    Weekly,
)
from course_bot.conversation.help import ways
from course_bot.conversation.listing import count_pages, page_of, turning
from course_bot.conversation.port import Screen
from course_bot.conversation.routes import Audience, reading_place
from course_bot.conversation.stage import Row, Stage, button, go_to
from course_bot.organisations.records import Role
from course_bot.storage.organisations import Membership, Memberships
from course_bot.storage.scope import SchoolScope, Scope
from course_bot.storage.store import Decision


def keys(stage: Stage, organisation: Key) -> list[Row]:
    """Return the ways on from an organisation's overview: what its coordinator may do there."""
    p = stage.phrases
    return [
        (
            button(p.t("✉ Invite"), Inviting(organisation, 1)),
            button(p.t("📌 Assign"), Assignments(organisation)),
        ),
        (
            button(p.t("🔔 Remind"), Nudge(organisation)),
            button(p.t("📰 Weekly digest"), Weekly(organisation)),
        ),
        (
            button(p.t("⬇ Download"), Files(organisation)),
            button(p.t("🗂 Open as a table"), OpenTable(organisation)),
        ),
    ]


def scope(stage: Stage, organisation: Key) -> Scope:
    """Return an organisation as the person may see it."""
    return Scope(organisation=organisation, viewer=stage.person.id)


def school_scope(stage: Stage, school: Key) -> SchoolScope:
    """Return a school as the person may see its figures."""
    return SchoolScope(organisation=school, viewer=stage.person.id)


def no_access(stage: Stage) -> Screen:
    """Say that the person does not coordinate an organisation (any more), if there is one."""
    p = stage.phrases
    text = p.html(
        "You do not coordinate this organisation, or not any more, so its people are not shown."
        " If you should, ask for a new invite."
    )
    to_team = button(p.t("👥 My organisations"), Team(), primary=True)
    return Screen(text=text, rows=((to_team,), *ways(stage)))


def memberships(stage: Stage, _at: Team | Teams) -> Memberships:
    """Ask what the person is in which organisations."""
    return Memberships(stage.person.id)


def arrive(stage: Stage, at: Team) -> Decision:
    """Go straight to the organisation of somebody who has only one.

    Somebody else may have given them a role or taken it: from now on they have the right menu.
    """
    theirs = led(stage.look_up(memberships(stage, at)))
    only = home(theirs[0]) if len(theirs) == 1 else at
    return Decision(person=go_to(stage.person, only), commands=True)


def home(each: Membership) -> Action:
    """Return where one sees what one may see of an organisation."""
    organisation = Key(each.organisation)
    return Unit(organisation) if each.role is Role.COORDINATOR else School(organisation, LATEST)


def led(found: tuple[Membership, ...]) -> tuple[Membership, ...]:
    """Return those in which somebody is a coordinator, and then those they administer."""
    administered = (each for each in found if each.role is Role.ADMINISTRATOR)
    return (*coordinated(found), *administered)


def coordinated(found: tuple[Membership, ...]) -> tuple[Membership, ...]:
    """Return those among the memberships in which somebody is a coordinator."""
    return tuple(each for each in found if each.role is Role.COORDINATOR)


def choice(stage: Stage, _at: Team, found: tuple[Membership, ...]) -> Screen:
    """Offer what the person coordinates or administers; of none, say how one gets to one."""
    return more(stage, Teams(1), found)


def more(stage: Stage, at: Teams, found: tuple[Membership, ...]) -> Screen:
    """Offer a page of them."""
    p, theirs = stage.phrases, led(found)
    heading = p.html("My organisations")
    if not theirs:
        text = "\n\n".join(
            (
                p.html(
                    "Coordinators see here who in their school, municipality or region has"
                    " completed the course, who is stuck and who is late, and can remind them. A"
                    " school's administrator sees here how many have completed it."
                ),
                p.html(
                    "You do not coordinate or administer an organisation yet. Ask its"
                    " coordinator, or whoever invited you to the course, for such an invite, and"
                    " open its link."
                ),
            )
        )
        return Screen(heading=heading, text=text, rows=ways(stage, primary=True))
    shown, number = page_of(theirs, at.page)
    rows: list[Row] = [(button(_label(each), home(each)),) for each in shown]
    rows += turning(p, number, count_pages(len(theirs)), Teams)
    text = p.html("Which one would you like to look at?")
    if 0 < len(coordinated(found)) < len(theirs):
        text += "\n\n" + p.html("🔑 you are the administrator there: you see numbers.")
    return Screen(heading=heading, text=text, rows=(*rows, *ways(stage)))


def _label(each: Membership) -> str:
    label = f"{each.name} · {each.kind}"
    return f"🔑 {label}" if each.role is Role.ADMINISTRATOR else label


ROUTES = (
    reading_place(Team, memberships, choice, who=Audience.ANYBODY, arrive=arrive),
    reading_place(Teams, memberships, more, who=Audience.ANYBODY),
)
