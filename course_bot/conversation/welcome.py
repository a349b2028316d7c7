"""First contact: what this is, the person's name and role, and straight into the first lesson."""

from dataclasses import replace
from html import escape

from course_bot.content.model import Track
from course_bot.conversation import lessons
from course_bot.conversation.port import Screen
from course_bot.conversation.stage import (
    Actions,
    Outcome,
    Places,
    Row,
    Stage,
    StaleError,
    button,
    goes,
)

NAME_CHARS = 80
"""The longest name that is kept: it must fit a line of a report."""


def welcome(stage: Stage, wish: str = "") -> Screen:
    """Show what this is, how long it takes and what is stored.

    ``wish`` is the payload of the link that brought the person here; it is met at the end.
    """
    p, course = stage.phrases, stage.course
    shortest = min(course.minutes(track.lessons) for track in course.tracks.values())
    longest = max(course.minutes(track.lessons) for track in course.tracks.values())
    text = "\n\n".join(
        (
            f"👋 <b>{escape(course.title)}</b>",
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
    rows: list[Row] = [(button(p.t("Begin"), "name", *_args(wish)),)]
    if not stage.offered_language.startswith(("ru", "en")) or stage.person.language == "en":
        return Screen(text=text, rows=tuple(rows))
    if stage.offered_language.startswith("en"):
        rows.append((button("In English", "english", *_args(wish)),))
    return Screen(text=text, rows=tuple(rows))


def english(stage: Stage, wish: str = "") -> Outcome:
    """Switch to English on the very first screen."""
    return Outcome(person=goes(replace(stage.person, language="en"), "welcome", *_args(wish)))


def ask_name(stage: Stage, wish: str = "") -> Screen:
    """Ask what to call the person: typed, taken from the messenger, or left out."""
    p = stage.phrases
    text = p.html(
        "<b>What should we call you?</b>\n\nWrite your name and patronymic, as you want"
        " to see them in the report on the training."
    )
    rows: list[Row] = []
    offered = clean_name(stage.offered_name)
    if offered:
        rows.append((button(offered, "mine", *_args(wish)),))
    rows.append((button(p.t("Without a name"), "role", *_args(wish)),))
    return Screen(text=text, rows=tuple(rows))


def take_offered_name(stage: Stage, wish: str = "") -> Outcome:
    """Take the name that the messenger gave."""
    return take_name(stage, stage.offered_name, wish)


def take_name(stage: Stage, text: str, wish: str = "") -> Outcome:
    """Take a typed name and ask for the role, or say what a name should be like."""
    name = clean_name(text)
    if not name:
        return Outcome(
            person=stage.person,
            notice=stage.phrases.t("A name needs at least one letter. Please write it again."),
        )
    return Outcome(person=goes(replace(stage.person, name=name), "role", *_args(wish)))


def clean_name(text: str) -> str:
    """Make one line of a name, of at most ``NAME_CHARS`` characters; empty where it has no letter.

    Control and direction characters go, as they would break every line the name stands in.
    """
    kept = "".join(char if char.isprintable() else " " for char in text)
    name = " ".join(kept.split())[:NAME_CHARS].strip()
    return name if any(char.isalpha() for char in name) else ""


def ask_role(stage: Stage, wish: str = "") -> Screen:
    """Ask which track to take."""
    p = stage.phrases
    tracks = stage.course.tracks.values()
    lines = [p.html("<b>What do you do at school?</b>\n\nYour lessons depend on it.")]
    lines += [
        f"<b>{escape(track.title)}</b> · {_length(stage, track)}\n{escape(track.about)}"
        for track in tracks
    ]
    rows = tuple((button(track.title, "begin", track.id, *_args(wish)),) for track in tracks)
    return Screen(text="\n\n".join(lines), rows=rows)


def _length(stage: Stage, track: Track) -> str:
    return lessons.in_minutes(stage.phrases, stage.course.minutes(track.lessons))


def begin(stage: Stage, track_id: str, wish: str = "") -> Outcome:
    """Take up a track and go straight into its first lesson, or where the link pointed."""
    if track_id not in stage.course.tracks:
        raise StaleError
    person = replace(stage.person, track=track_id)
    wished = wish.removeprefix("lesson-")
    if wished != wish and wished in stage.course.lessons:
        return lessons.open_lesson(stage.after(person), wished)
    return lessons.go_on(stage.after(person))


def follow(stage: Stage, payload: str) -> Outcome | None:
    """Follow a start link of a person who is known: to a lesson, a track or an FAQ entry.

    Returns:
        None where the link leads nowhere that the course knows.
    """
    kind, _, name = payload.partition("-")
    course = stage.course
    if kind == "lesson" and name in course.lessons:
        return lessons.open_lesson(stage, name)
    if kind == "track" and name in course.tracks:
        return Outcome(person=goes(stage.person, "track"))
    if kind == "faq" and name.isascii() and name.isdigit() and int(name[:4]) in course.faq:
        return Outcome(person=goes(stage.person, "faq", int(name[:4])))
    return None


def begin_wish(stage: Stage, payload: str) -> str:
    """Return the part of a payload that first contact can meet later, or nothing."""
    kind, _, name = payload.partition("-")
    known = {"lesson": stage.course.lessons, "track": stage.course.tracks}.get(kind, {})
    return payload if name in known else ""


def _args(wish: str) -> tuple[str, ...]:
    return (wish,) if wish else ()


PLACES: Places = {"welcome": welcome, "name": ask_name, "role": ask_role}
ACTIONS: Actions = {"english": english, "mine": take_offered_name, "begin": begin}
