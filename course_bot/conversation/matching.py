"""Whose the IDs are that a sheet has and no school here: each is said once."""

import re
from collections.abc import Sequence

from rapidfuzz import fuzz

from course_bot.conversation.actions import (
    LATEST,
    Key,
    Match,
    Matched,
    NotOurs,
    School,
    StaleError,
    Unmatch,
    Unmatched,
    WhoseId,
)
from course_bot.conversation.listing import brief, count_pages, cut, page_of, turning
from course_bot.conversation.port import Screen
from course_bot.conversation.routes import Audience, reading_place, verb
from course_bot.conversation.sheets import given, onward
from course_bot.conversation.stage import Row, Stage, button, go_to
from course_bot.organisations.records import (
    Act,
    Audited,
    SchoolUnmatched,
    UnmatchedDropped,
)
from course_bot.storage.sheets import Claimed
from course_bot.storage.store import Decision
from course_bot.storage.unmatched import (
    FreeSchool,
    Matching,
    MatchingOf,
    MatchOf,
    UnmatchedSchool,
)
from course_bot.storage.unmatched import Match as FoundMatch

_NUMBER = re.compile(r"\d+")
SAME_NUMBER = 40.0
"""What the same number in two names counts for, as they are likened by up to 100: «Школа № 5» is
more like «МБОУ «СОШ № 5»» than like «Школа № 6»."""
MUNICIPALITY = 0.3
"""What the likeness of municipalities counts for beside that of names."""


def wanted(stage: Stage, _at: Unmatched | WhoseId) -> MatchingOf:
    """Ask for what is to be matched."""
    return MatchingOf(stage.person.id)


def listed(stage: Stage, at: Unmatched, found: Matching) -> Screen:
    """List the IDs, by the names that the sheet has."""
    p = stage.phrases
    heading = p.html("Whose IDs these are")
    if not found.unmatched:
        text = p.html("Each ID of your sheets has its school: there is nothing to match.")
        return Screen(heading=heading, text=text, rows=onward(stage))
    shown, number = page_of(found.unmatched, at.page)
    text = "\n\n".join(
        (
            p.html(
                "These IDs are in your sheets, and none of your schools here has them. Their"
                " figures are kept for you alone. Say once whose an ID is, and the next sheets"
                " find their way by themselves."
            ),
            *(_described(stage, each) for each in shown),
        )
    )
    rows: list[Row] = [
        (button(each.name or each.sferum_id, WhoseId(each.mark, 1)),) for each in shown
    ]
    rows += turning(p, number, count_pages(len(found.unmatched)), Unmatched)
    return Screen(heading=heading, text=text, rows=(*rows, *onward(stage)))


def _described(stage: Stage, each: UnmatchedSchool) -> str:
    p = stage.phrases
    where = [each.municipality] if each.municipality else []
    told = " · ".join((*map(brief, where), p.html("ID {known}", known=cut(each.sferum_id))))
    newest = p.html("sheet of {day}", day=p.day(each.newest))
    return f"<b>{brief(each.name or each.sferum_id)}</b>\n{told} · {newest}"


def ask(stage: Stage, at: WhoseId, found: Matching) -> Screen:
    """Offer the schools that an ID may be of, the likest first."""
    p = stage.phrases
    asked = found.find(at.known)
    if asked is None:
        return listed(stage, Unmatched(1), found)
    offered = candidates(asked, found.free)
    shown, number = page_of(offered, at.page)
    text = [_described(stage, asked)]
    if offered:
        text.append(
            p.html("Only schools without an ID are here, those with the likest names first.")
        )
    else:
        text.append(p.html("Each of your schools has an ID already."))
    rows: list[Row] = [(button(_called(each), Match(Key(each.id), at.known)),) for each in shown]
    rows += turning(p, number, count_pages(len(offered)), lambda page: WhoseId(at.known, page))
    rows.append((button(p.t("This is no school of ours"), NotOurs(at.known)),))
    rows.append((button(p.t("← All of them"), Unmatched(1)),))
    return Screen(
        heading=p.html("Which of your schools is this?"),
        text="\n\n".join(text),
        rows=(*rows, *onward(stage)),
    )


def _called(school: FreeSchool) -> str:
    return f"{school.name} · {school.municipality}" if school.municipality else school.name


def candidates(asked: UnmatchedSchool, free: Sequence[FreeSchool]) -> Sequence[FreeSchool]:
    """Return the schools without an ID, those that are called most like it first."""
    name, municipality = asked.name.casefold(), asked.municipality.casefold()
    numbers = set(_NUMBER.findall(name))

    def likeness(school: FreeSchool) -> float:
        theirs = school.name.casefold()
        like = fuzz.token_set_ratio(name, theirs)
        like += MUNICIPALITY * fuzz.token_set_ratio(municipality, school.municipality.casefold())
        return like + SAME_NUMBER * bool(numbers & set(_NUMBER.findall(theirs)))

    leaves = [each for each in free if each.leaf] or list(free)
    return sorted(leaves, key=likeness, reverse=True)


def match(stage: Stage, said: Match) -> Decision:
    """Give a school of the person's its ID, with all that they have sent of it.

    Raises:
        StaleError: the ID is none of their unmatched ones, or the school has one (any more).
    """
    p, found = stage.phrases, stage.look_up(MatchingOf(stage.person.id))
    asked = found.find(said.known)
    school = next((each for each in found.free if each.id == said.organisation), None)
    if asked is None or school is None:
        raise StaleError
    if stage.look_up(Claimed(asked.sferum_id)):
        # Of another one's organisation nothing is told: not even that it is there.
        return Decision(
            person=stage.person,
            notice=p.t(
                "This ID can’t be given to the school here. Please check it, or ask whoever runs"
                " this bot."
            ),
        )
    return Decision(
        person=go_to(stage.person, Matched(said.organisation)),
        records=given(stage, said.organisation, asked.sferum_id),
    )


def matched_by(stage: Stage, at: Matched) -> MatchOf:
    """Ask for the match."""
    return MatchOf(person=stage.person.id, organisation=at.organisation)


def matched(stage: Stage, at: Matched, found: FoundMatch | None) -> Screen:
    """Show that a school has its ID now, and how that is taken back."""
    p = stage.phrases
    rows: list[Row] = [(button(p.t("🔗 The other IDs"), Unmatched(1), primary=True),)]
    if found is None:
        text = p.html("This match is not there (any more).")
        return Screen(text=text, rows=(*rows, *onward(stage)))
    rows += [
        (button(p.t("📊 School figures"), School(at.organisation, LATEST)),),
        (button(p.t("Take the match back"), Unmatch(at.organisation)),),
    ]
    text = p.many(
        "ID {known} belongs to {name} now, with the figures of {count} sheet. The next sheets find"
        " their way by themselves.",
        "ID {known} belongs to {name} now, with the figures of {count} sheets. The next sheets"
        " find their way by themselves.",
        found.days,
        known=brief(found.sferum_id),
        name=brief(found.name),
    )
    return Screen(heading=p.html("Matched ✅"), text=text, rows=(*rows, *onward(stage)))


def take_back(stage: Stage, said: Unmatch) -> Decision:
    """Take a match back that the person made.

    Raises:
        StaleError: there is none (any more).
    """
    query = MatchOf(person=stage.person.id, organisation=said.organisation)
    found = stage.look_up(query)
    if found is None:
        raise StaleError
    return Decision(
        person=go_to(stage.person, Unmatched(1)),
        records=(
            SchoolUnmatched(
                organisation=found.organisation, sferum_id=found.sferum_id, since=found.at
            ),
            Audited(
                organisation=found.organisation,
                act=Act.UNMATCHED,
                at=stage.at,
                about=found.sferum_id,
            ),
        ),
        notice=stage.phrases.t("Taken back: the ID is unmatched again, and so are its figures."),
    )


def drop(stage: Stage, said: NotOurs) -> Decision:
    """Forget what was sent of a school that is none of theirs.

    Raises:
        StaleError: the ID is none of their unmatched ones (any more).
    """
    asked = stage.look_up(MatchingOf(stage.person.id)).find(said.known)
    if asked is None:
        raise StaleError
    return Decision(
        person=go_to(stage.person, Unmatched(1)),
        records=(UnmatchedDropped(sferum_id=asked.sferum_id),),
        notice=stage.phrases.t("Its figures are deleted."),
    )


ROUTES = (
    reading_place(Unmatched, wanted, listed, who=Audience.ANYBODY),
    reading_place(WhoseId, wanted, ask, who=Audience.ANYBODY),
    verb(Match, match, who=Audience.ANYBODY),
    reading_place(Matched, matched_by, matched, who=Audience.ANYBODY),
    verb(Unmatch, take_back, who=Audience.ANYBODY),
    verb(NotOurs, drop, who=Audience.ANYBODY),
)
