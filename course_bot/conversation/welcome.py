"""First contact: what this is, the person's name and role, and straight into the first lesson."""

import re
from dataclasses import replace
from html import escape

from course_bot.content.model import Track
from course_bot.conversation import lessons
from course_bot.conversation.actions import (
    Action,
    AskName,
    AskRole,
    Begin,
    ChooseTrack,
    Faq,
    GoOn,
    Guided,
    OpenLesson,
    ReadEnglish,
    StaleError,
    TakeOfferedName,
    Welcome,
)
from course_bot.conversation.port import Screen
from course_bot.conversation.routes import Audience, place, verb
from course_bot.conversation.stage import Row, Stage, button, go_to
from course_bot.learning.progress import Person
from course_bot.storage.store import Decision
from course_bot.typed import is_question, without_unseen

NAME_CHARS = 80
"""The longest name that is kept: it must fit a line of a report."""
JOINERS = "\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}"
NEGATION = re.compile(r"\b(?:не|нет)\b(?!-)", re.IGNORECASE)
"""What no name has, and half the questions that are typed in its place: «не приходит код»."""


def welcome(stage: Stage, _at: Welcome) -> Screen:
    """Show what this is, how long it takes and what is stored."""
    p, course = stage.phrases, stage.course
    shortest = min(course.minutes(track.lessons) for track in course.tracks.values())
    longest = max(course.minutes(track.lessons) for track in course.tracks.values())
    text = "\n\n".join(
        (
            escape(course.about),
            p.html(
                "⏱ A track takes {shortest}–{longest} minutes in all, a lesson 5 at most. Stop"
                " whenever you like: your place is kept.",
                shortest=shortest,
                longest=longest,
            ),
            p.html(
                "🔒 We store the name you give, your role and your answers, to keep your place"
                " and for the report on the training. You can see and delete all of it: /me."
            ),
        )
    )
    rows: list[Row] = [(button(p.t("Begin"), AskName(), primary=True),)]
    if stage.offered_language == "en" and stage.person.language != "en":
        rows.append((button("In English", ReadEnglish()),))
    return Screen(heading=f"👋 {escape(course.title)}", text=text, rows=tuple(rows))


def read_english(stage: Stage, _wanted: ReadEnglish) -> Decision:
    """Switch to English on the very first screen."""
    return Decision(person=go_to(replace(stage.person, language="en"), Welcome()))


def ask_name(stage: Stage, _at: AskName) -> Screen:
    """Ask what to call the person: typed, taken from the messenger, or left out."""
    p = stage.phrases
    text = p.html(
        "Write your name and patronymic below, as you want to see them in the report on the"
        " training."
    )
    rows: list[Row] = []
    offered = clean_name(stage.offered_name)
    if offered:
        rows.append((button(offered, TakeOfferedName(), primary=True),))
    rows.append((button(p.t("Without a name"), AskRole()),))
    return Screen(heading=p.html("What should we call you?"), text=text, rows=tuple(rows))


def take_offered_name(stage: Stage, _wanted: TakeOfferedName) -> Decision:
    """Take the name that the messenger gave."""
    return take_name(stage, stage.offered_name, AskRole())


def take_name(stage: Stage, text: str, then: Action, notice: str = "") -> Decision:
    """Take a typed name and go on, or say what a name should be like."""
    p, name = stage.phrases, clean_name(text)
    if is_question(text) or NEGATION.search(text):
        notice = p.t("This looks like a question. First your name, please: then ask right away.")
        return Decision(person=stage.person, notice=notice)
    if not name:
        notice = p.t("A name needs at least one letter. Please write it again.")
        return Decision(person=stage.person, notice=notice)
    return Decision(person=go_to(replace(stage.person, name=name), then), notice=notice)


def clean_name(text: str) -> str:
    """Make one line of a name, of at most ``NAME_CHARS`` characters; empty where it has no letter.

    Control and direction characters go, as they would break every line the name stands in. The
    joiners stay: Persian names and some emoji are written with them.
    """
    seen = without_unseen(text, blank=" ", keep=JOINERS)
    kept = "".join(char if char.isprintable() or char in JOINERS else " " for char in seen)
    name = " ".join(kept.split())[:NAME_CHARS].strip()
    return name if any(char.isalpha() for char in name) else ""


def ask_role(stage: Stage, _at: AskRole) -> Screen:
    """Ask which track to take; one that a link pointed to comes first."""
    p, wish = stage.phrases, stage.person.wish
    tracks = sorted(stage.course.tracks.values(), key=lambda each: wish != f"track-{each.id}")
    lines = [p.html("Your lessons depend on it.")]
    lines += [
        f"<b>{escape(track.title)}</b> · {_length(stage, track)}\n{escape(track.about)}"
        for track in tracks
    ]
    rows = tuple(
        (button(track.title, Begin(track.id), primary=wish == f"track-{track.id}"),)
        for track in tracks
    )
    return Screen(heading=p.html("What do you do at school?"), text="\n\n".join(lines), rows=rows)


def _length(stage: Stage, track: Track) -> str:
    return lessons.in_minutes(stage.phrases, stage.course.minutes(track.lessons))


def begin(stage: Stage, wanted: Begin) -> Decision:
    """Take up a track and go straight into its first lesson, or where a link pointed."""
    if wanted.track not in stage.course.tracks:
        raise StaleError
    wish = stage.person.wish
    begun = stage.after(replace(stage.person, track=wanted.track, wish=""))
    followed = None if wish.startswith("track-") else follow(begun, wish)
    return followed or lessons.go_on(begun, GoOn())


def follow(stage: Stage, payload: str) -> Decision | None:
    """Follow a start link of a person who is known: to a lesson, a track, an FAQ entry, a guide.

    Returns:
        None where the link leads nowhere that the course knows.
    """
    kind, _, name = payload.partition("-")
    course = stage.course
    if kind == "lesson" and (name := course.renamed.get(name, name)) in course.lessons:
        return lessons.open_lesson(stage, OpenLesson(name))
    if kind == "track" and name in course.tracks:
        return Decision(person=go_to(stage.person, ChooseTrack()))
    if kind == "faq" and name in map(str, course.faq):
        return Decision(person=go_to(stage.person, Faq(int(name))))
    if kind == "guide" and name in course.guides:
        return Decision(person=go_to(stage.person, Guided(name)))
    return None


def greet(stage: Stage, payload: str = "") -> Person:
    """Return a newcomer at the first screen; a link that leads somewhere is followed later."""
    wish = payload if follow(stage, payload) else stage.person.wish
    return go_to(replace(stage.person, wish=wish), Welcome())


ROUTES = (
    place(Welcome, welcome, who=Audience.NEWCOMERS),
    place(AskName, ask_name, who=Audience.NEWCOMERS),
    place(AskRole, ask_role, who=Audience.NEWCOMERS),
    verb(ReadEnglish, read_english, who=Audience.NEWCOMERS),
    verb(TakeOfferedName, take_offered_name, who=Audience.NEWCOMERS),
    verb(Begin, begin, who=Audience.NEWCOMERS),
)
