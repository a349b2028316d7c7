"""Answers to questions in people's own words: at once, a choice of what may be meant, people."""

import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b

from course_bot.content.nameless import nameless
from course_bot.content.search import OFFERED, Kind, certain, find
from course_bot.conversation.actions import (
    Action,
    AskHuman,
    AskRole,
    Chosen,
    Faq,
    Found,
    Guided,
    Help,
    NoneOfThese,
    OpenLesson,
    Perhaps,
    StaleError,
)
from course_bot.conversation.help import entry_of, to_human, ways
from course_bot.conversation.lessons import in_minutes, open_lesson
from course_bot.conversation.listing import NAME_CHARS, cut
from course_bot.conversation.port import Screen
from course_bot.conversation.routes import Audience, place, reading_place, verb
from course_bot.conversation.stage import Row, Stage, button, go_to, leading, links
from course_bot.learning.seeking import AnswerChosen, Missed, NoneMeant
from course_bot.locale.phrases import Phrases
from course_bot.organisations.records import Role
from course_bot.storage.organisations import Membership, Memberships
from course_bot.storage.store import Decision

KEY_BYTES = 8
CODE_BYTES = 3
"""Of the digest that stands for the name of a lesson or a guide: three of them fit a place."""
ORGANISATIONS = 3
"""How many organisations are named to whoever looks for their coordinators."""
_LETTERS = {Kind.ENTRY: "f", Kind.LESSON: "l", Kind.GUIDE: "g"}


@dataclass(frozen=True, slots=True)
class _Thing:
    """Something that can be found, as a key carries it: an entry as "f7", others as "l0a1b2c"."""

    kind: Kind
    id: str

    @property
    def code(self) -> str:
        name = self.id
        if self.kind is not Kind.ENTRY:
            name = blake2b(self.id.encode(), digest_size=CODE_BYTES).hexdigest()
        return f"{_LETTERS[self.kind]}{name}"


def ask(stage: Stage, text: str) -> Decision:
    """Answer a typed question: go to what is meant, offer what may be, or say there is nothing.

    A question without an answer is remembered without whoever asks it, for the authors.
    """
    hits = find(stage.course, text)
    sure = certain(stage.course, hits)
    if sure and hits[0].kind is not Kind.LESSON:  # nobody is led away into a lesson
        return Decision(person=go_to(stage.person, _way(_Thing(hits[0].kind, hits[0].id))))
    missed = _missed(stage, text, offered=bool(hits))
    codes = ".".join(_Thing(hit.kind, hit.id).code for hit in hits[:OFFERED])
    there = Perhaps(missed.key, codes) if hits else Found(())
    return Decision(person=go_to(stage.person, there), records=(missed,) if missed.words else ())


def _missed(stage: Stage, text: str, *, offered: bool) -> Missed:
    person = stage.person
    words = nameless(text, (person.name, stage.offered_name), stage.course)
    asker = hmac.digest(stage.secret, f"asks {person.id}".encode(), "sha256")[0]
    said = f"question {asker} {words or stage.move_key}".encode()
    return Missed(
        key=hmac.digest(stage.secret, said, "sha256")[:KEY_BYTES].hex(),
        words=words,
        asker=asker,
        offered=offered,
        day=stage.at.date(),
    )


def perhaps(stage: Stage, at: Perhaps) -> Screen:
    """Offer what a question may be about."""
    p = stage.phrases
    rows: list[Row] = [
        (button(_label(stage, thing), Chosen(at.question, thing.code)),)
        for thing in [_read(stage, code) for code in at.things.split(".")]
    ]
    rows[0] = leading(rows[0])
    rows.append((button(p.t("Something else"), NoneOfThese(at.question)),))
    return Screen(
        heading=p.html("Perhaps this is what you are asking about?"),
        text="",
        rows=(*rows, *ways(stage)),
    )


def choose(stage: Stage, wanted: Chosen) -> Decision:
    """Go to what was meant, and count that it was, whoever it is."""
    thing = _read(stage, wanted.thing)
    count = AnswerChosen(
        key=wanted.question, target=f"{thing.kind}:{thing.id}", day=stage.at.date()
    )
    way = _way(thing)
    if not isinstance(way, OpenLesson):
        return Decision(person=go_to(stage.person, way), records=(count,))
    if not stage.person.track:
        return Decision(person=go_to(stage.person, AskRole()), records=(count,))
    return Decision(person=open_lesson(stage, way).person, records=(count,))


def mean_none(stage: Stage, at: NoneOfThese) -> Decision:
    """Remember that nothing of it was meant."""
    none = NoneMeant(key=at.question, day=stage.at.date())
    return Decision(person=go_to(stage.person, at), records=(none,))


def none_meant(stage: Stage, _at: NoneOfThese) -> Screen:
    """Say what one can do whose question has no answer here."""
    p = stage.phrases
    text = p.html(
        "Then there is no answer to it here yet. Ask in other words, look at all the topics, or"
        " talk to a person: they can answer what I can't."
    )
    return Screen(
        heading=p.html("Thank you, now I know that this was something else."),
        text=f"{text}\n\n{_kept(p)}",
        rows=(leading(to_human(p)), _topics(p), *ways(stage)),
    )


def offers(stage: Stage, at: Found) -> Screen:
    """Say that nothing was found, and show the way; of old messages, offer what they did."""
    p = stage.phrases
    if at.entries:
        heading, text = p.html("Perhaps this is what you are asking about?"), ""
        entries = [entry_of(stage, number) for number in at.entries]
        rows: list[Row] = [(button(each.question, Faq(each.id)),) for each in entries]
        rows = [leading(rows[0]), *rows[1:], _topics(p)]
        return Screen(heading=heading, text=text, rows=(*rows, *ways(stage)))
    text = p.html("Try other words, look at all the topics, or ask people:")
    return Screen(
        heading=p.html("I have not found an answer to that."),
        text=f"{text}\n\n{_kept(p)}",
        rows=(leading(to_human(p)), _topics(p), *ways(stage)),
    )


def _kept(p: Phrases) -> str:
    """Say what is kept of a question that has no answer."""
    return p.html(
        "🔒 So that an answer can be written, the question is kept for 90 days: without you,"
        " without names and figures."
    )


def _topics(p: Phrases) -> Row:
    return (button(p.t("All topics"), Help()),)


def memberships(stage: Stage, _at: AskHuman) -> Memberships:
    """Ask what the person is in which organisations."""
    return Memberships(stage.person.id)


def human(stage: Stage, _at: AskHuman, belongs: tuple[Membership, ...]) -> Screen:
    """Say who can be asked: the coordinators of one's organisations, and the support.

    Coordinators have agreed to be seen by other coordinators only, so nobody is named. How to
    reach the support says the entry that is offered where nothing is found.
    """
    p = stage.phrases
    support = entry_of(stage, stage.course.not_found)
    return Screen(
        heading=p.html("Talk to a person"),
        text="\n\n".join((*_coordinators(p, belongs), support.answer)),
        rows=(*links(support.links), leading(_topics(p)), *ways(stage)),
    )


def _coordinators(p: Phrases, belongs: tuple[Membership, ...]) -> Iterator[str]:
    """Say whose coordinators may be asked, in the HTML subset."""
    below = [each.name for each in belongs if each.role is not Role.COORDINATOR]
    own = [each.name for each in belongs if each.role is Role.COORDINATOR]
    if below:
        yield p.html(
            "👥 <b>Your coordinators</b> are those of {names} and of the organisations above: ask"
            " whoever invited you here, they know your school.",
            names=_listed(p, below),
        )
    elif own:
        yield p.html(
            "👥 You coordinate {names} yourself: the coordinators of the organisations above can"
            " help you, ask whoever invited you.",
            names=_listed(p, own),
        )
    else:
        yield p.html(
            "👥 Begin with whoever looks after Sferum in your school, or with the coordinator of"
            " your municipality: they see what is set up in your school."
        )
    yield p.html("💬 <b>The support</b>")


def _listed(p: Phrases, names: list[str]) -> str:
    shown = [p.t("“{name}”", name=cut(name, NAME_CHARS)) for name in names[:ORGANISATIONS]]
    return ", ".join(shown)


def _way(thing: _Thing) -> Action:
    match thing.kind:
        case Kind.LESSON:
            return OpenLesson(thing.id)
        case Kind.GUIDE:
            return Guided(thing.id)
        case _:
            return Faq(int(thing.id))


def _label(stage: Stage, thing: _Thing) -> str:
    p = stage.phrases
    match thing.kind:
        case Kind.LESSON:
            lesson = stage.lesson(thing.id)
            minutes = in_minutes(p, lesson.minutes)
            return p.t("Lesson: {title} ({minutes})", title=lesson.title, minutes=minutes)
        case Kind.GUIDE:
            title = stage.course.guides[thing.id].title
            return p.t("🔎 Check step by step: {title}", title=title)
        case _:
            return entry_of(stage, int(thing.id)).question


def _read(stage: Stage, code: str) -> _Thing:
    """Find what a key's code means.

    Raises:
        StaleError: the course has nothing like it (any more).
    """
    course = stage.course
    things = (
        *(_Thing(Kind.ENTRY, str(number)) for number in course.faq),
        *(_Thing(Kind.LESSON, name) for name in course.lessons),
        *(_Thing(Kind.GUIDE, name) for name in course.guides),
    )
    found = next((thing for thing in things if thing.code == code), None)
    if found is None:
        for old, new in course.renamed.items():
            if _Thing(Kind.LESSON, old).code == code and new in course.lessons:
                return _Thing(Kind.LESSON, new)
        raise StaleError
    return found


ROUTES = (
    place(Found, offers, who=Audience.ANYBODY),
    place(Perhaps, perhaps, who=Audience.ANYBODY),
    verb(Chosen, choose, who=Audience.ANYBODY),
    place(NoneOfThese, none_meant, who=Audience.ANYBODY, arrive=mean_none),
    reading_place(AskHuman, memberships, human, who=Audience.ANYBODY),
)
