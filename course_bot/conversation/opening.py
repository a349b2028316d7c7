"""The way from the chat to the coordinator's page: a link that works once, for a while."""

from html import escape

from course_bot.conversation.actions import OpenTable, TableLink, Unit
from course_bot.conversation.port import Button, Screen
from course_bot.conversation.routes import Audience, reading_place, verb
from course_bot.conversation.short_links import ended, ends_at, make_anew, stamp, token
from course_bot.conversation.stage import Row, Stage, button, go_to
from course_bot.conversation.team import no_access, scope
from course_bot.organisations.records import TeamLinkMade
from course_bot.storage.organisations import Unit as FoundUnit
from course_bot.storage.organisations import UnitOf
from course_bot.storage.store import Decision
from course_bot.tokens import digest

_PURPOSE = "team link"


def open_table(stage: Stage, wanted: OpenTable) -> Decision:
    """Make a link to the reports of an organisation, for whoever coordinates it now."""
    here = wanted.organisation
    if stage.look_up(UnitOf(scope=scope(stage, here))) is None:
        return Decision(person=go_to(stage.person, Unit(here)))
    issued, mark = stamp(stage)
    record = TeamLinkMade(
        digest=digest(token(stage, _PURPOSE, issued, mark)), expires_at=ends_at(issued, mark)
    )
    return Decision(person=go_to(stage.person, TableLink(here, issued, mark)), records=(record,))


def unit(stage: Stage, at: TableLink) -> UnitOf:
    """Ask for the organisation whose reports the link opens.

    Raises:
        StaleError: the place has no link's stamp.
    """
    ends_at(at.issued, at.mark)
    return UnitOf(scope=scope(stage, at.organisation))


def show_link(stage: Stage, at: TableLink, found: FoundUnit | None) -> Screen:
    """Show the link, or that it has ended."""
    p = stage.phrases
    ends = ends_at(at.issued, at.mark)
    if found is None:
        return no_access(stage)
    back: Row = (button(p.t("← {name}", name=found.organisation.name), Unit(at.organisation)),)
    if stage.at >= ends:
        return Screen(
            text=ended(p),
            rows=((button(make_anew(p), OpenTable(at.organisation), primary=True),), back),
        )
    page = stage.addresses.page
    heading = p.html("{name}: the reports as a table", name=found.organisation.name)
    parts = [
        p.html("All people and lessons on a wide page: search, choose, sort, print."),
    ]
    if not page:
        parts.append(p.html("The page is not open now. Please try again later."))
        return Screen(heading=heading, text="\n\n".join(parts), rows=(back,))
    parts.append(
        p.html(
            "The link works once and for 15 minutes, and the page stays open for 8 hours. Do not"
            " show the link to others: whoever opens it sees what you see."
        )
    )
    secret = token(stage, _PURPOSE, at.issued, at.mark)
    url = f"{page}/team/{at.organisation}/enter/{secret}"
    rows: tuple[Row, ...] = ()
    if stage.door == "browser" or not stage.addresses.local:
        rows = ((Button(label=p.t("Open the table"), url=url, primary=True),),)
    else:
        parts.append(p.html("In a browser on the computer where the course runs:"))
        parts.append(f"<code>{escape(url)}</code>")
    return Screen(heading=heading, text="\n\n".join(parts), rows=(*rows, back))


ROUTES = (
    verb(OpenTable, open_table, who=Audience.ANYBODY),
    reading_place(TableLink, unit, show_link, who=Audience.ANYBODY),
)
