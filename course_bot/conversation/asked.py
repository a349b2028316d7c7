"""What people ask for help with, counted without anybody: for the coordinator of all there is."""

from datetime import timedelta

from course_bot.conversation.actions import Asked, Unit
from course_bot.conversation.help import ways
from course_bot.conversation.listing import brief, headed
from course_bot.conversation.port import Screen
from course_bot.conversation.routes import Audience, reading_place
from course_bot.conversation.stage import Stage, button
from course_bot.conversation.team import no_access, scope
from course_bot.locale.phrases import Phrases
from course_bot.reports.guides import DAYS, titles
from course_bot.reports.wording import count_text
from course_bot.storage.overviews import There, Within
from course_bot.storage.seeking import EndingCount, Sought, SoughtOnTop

MISSES = 15
"""How many questions without an answer are listed: `course-bot misses` lists all."""
QUESTION_CHARS = 80
ENDINGS = 15
"""How many endings are listed: the figures of all are the author's (``course-bot guides``)."""


def sought(stage: Stage, at: Asked) -> Within[Sought | None]:
    """Ask what people looked for, if the organisation is on top."""
    since = stage.at.date() - timedelta(days=DAYS)
    return Within(SoughtOnTop(scope=scope(stage, at.organisation), since=since))


def asked(stage: Stage, at: Asked, there: There[Sought | None] | None) -> Screen:
    """Show what had no answer, and what the guides came to."""
    if there is None or there.found is None:
        return no_access(stage)
    p = stage.phrases
    heading, under = headed(stage, there.unit, p.html("What people ask"))
    about = p.html(
        "In the last {days} days, everywhere together. It is counted without people: who asked is"
        " not kept.",
        days=DAYS,
    )
    parts = (under, about, _missed(p, there.found), _guides(p, stage, there.found))
    rows = ((button(p.t("← Overview"), Unit(at.organisation)),), *ways(stage))
    return Screen(heading=heading, text="\n\n".join(parts), rows=rows)


def _missed(p: Phrases, found: Sought) -> str:
    if not found.missed:
        return p.html("❓ No question without an answer has been asked by two people or more.")
    head = p.html("❓ <b>Questions without an answer</b> (asked by two people or more)")
    lines = (
        f"{count_text(each.people)} — {brief(each.words, QUESTION_CHARS)}"
        for each in found.missed[:MISSES]
    )
    return "\n".join((head, *lines))


def _guides(p: Phrases, stage: Stage, found: Sought) -> str:
    if not found.endings:
        return p.html("🔎 Nobody has gone through a check step by step to its end yet.")
    most = sorted(found.endings, key=lambda each: -each.count)[:ENDINGS]
    head = p.html("🔎 <b>What the checks step by step came to</b>")
    return "\n".join((head, *(_line(stage, each) for each in most)))


def _line(stage: Stage, each: EndingCount) -> str:
    guide, ending = titles(stage.course, each)
    return f"{count_text(each.count)} — {brief(ending)} · <i>{brief(guide)}</i>"


ROUTES = (reading_place(Asked, sought, asked, who=Audience.ANYBODY),)
