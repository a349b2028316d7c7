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
JOINERS = "\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}"


def welcome(stage: Stage, wish: str = "") -> Screen:
    """Show what this is, how long it takes and what is stored.

    ``wish`` is the payload of the link that brought the person here; it is met at the end.
    """
    p, course, kept = stage.phrases, stage.course, _kept(stage, wish)
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
    rows: list[Row] = [(button(p.t("Begin"), "name", *kept),)]
    if stage.offered_language == "en" and stage.person.language != "en":
        rows.append((button("In English", "english", *kept),))
    return Screen(text=text, rows=tuple(rows))


def english(stage: Stage, wish: str = "") -> Outcome:
    """Switch to English on the very first screen."""
    person = replace(stage.person, language="en")
    return Outcome(person=goes(person, "welcome", *_kept(stage, wish)))


def ask_name(stage: Stage, wish: str = "") -> Screen:
    """Ask what to call the person: typed, taken from the messenger, or left out."""
    p, kept = stage.phrases, _kept(stage, wish)
    text = p.html(
        "<b>What should we call you?</b>\n\nWrite your name and patronymic below, as you want"
        " to see them in the report on the training."
    )
    rows: list[Row] = []
    offered = clean_name(stage.offered_name)
    if offered:
        rows.append((button(offered, "mine", *kept),))
    rows.append((button(p.t("Without a name"), "role", *kept),))
    return Screen(text=text, rows=tuple(rows))


def take_offered_name(stage: Stage, wish: str = "") -> Outcome:
    """Take the name that the messenger gave."""
    return take_name(stage, stage.offered_name, wish)


def take_name(stage: Stage, text: str, wish: str = "") -> Outcome:
    """Take a typed name and ask for the role, or say what a name should be like."""
    name = clean_name(text)
    if not name:
        return nameless(stage)
    person = replace(stage.person, name=name)
    return Outcome(person=goes(person, "role", *_kept(stage, wish)))


def nameless(stage: Stage) -> Outcome:
    """Say what a name should be like, and wait for another."""
    notice = stage.phrases.t("A name needs at least one letter. Please write it again.")
    return Outcome(person=stage.person, notice=notice)


def clean_name(text: str) -> str:
    """Make one line of a name, of at most ``NAME_CHARS`` characters; empty where it has no letter.

    Control and direction characters go, as they would break every line the name stands in. The
    joiners stay: Persian names and some emoji are written with them.
    """
    kept = "".join(char if char.isprintable() or char in JOINERS else " " for char in text)
    name = " ".join(kept.split())[:NAME_CHARS].strip()
    return name if any(char.isalpha() for char in name) else ""


def ask_role(stage: Stage, wish: str = "") -> Screen:
    """Ask which track to take; one that a link pointed to comes first."""
    p, kept = stage.phrases, _kept(stage, wish)
    tracks = sorted(stage.course.tracks.values(), key=lambda each: wish != f"track-{each.id}")
    lines = [p.html("<b>What do you do at school?</b>\n\nYour lessons depend on it.")]
    lines += [
        f"<b>{escape(track.title)}</b> · {_length(stage, track)}\n{escape(track.about)}"
        for track in tracks
    ]
    rows = tuple((button(track.title, "begin", track.id, *kept),) for track in tracks)
    return Screen(text="\n\n".join(lines), rows=rows)


def _length(stage: Stage, track: Track) -> str:
    return lessons.in_minutes(stage.phrases, stage.course.minutes(track.lessons))


def begin(stage: Stage, track_id: str, wish: str = "") -> Outcome:
    """Take up a track and go straight into its first lesson, or where the link pointed."""
    if track_id not in stage.course.tracks:
        raise StaleError
    begun = stage.after(replace(stage.person, track=track_id))
    if wish and not wish.startswith("track-"):
        return follow(begun, *_kept(stage, wish)) or lessons.go_on(begun)
    return lessons.go_on(begun)


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
    if kind == "faq" and name in map(str, course.faq):
        return Outcome(person=goes(stage.person, "faq", name))
    return None


def begin_wish(stage: Stage, payload: str) -> str:
    """Return a payload that first contact can meet later; of any other, nothing."""
    return payload if follow(stage, payload) is not None else ""


def _kept(stage: Stage, wish: str) -> tuple[str, ...]:
    """Return a wish as the arguments that carry it from screen to screen.

    Raises:
        StaleError: it is forged, or the course no longer has what it wishes for.
    """
    if wish and not begin_wish(stage, wish):
        raise StaleError
    return (wish,) if wish else ()


PLACES: Places = {"welcome": welcome, "name": ask_name, "role": ask_role}
ACTIONS: Actions = {"english": english, "mine": take_offered_name, "begin": begin}
