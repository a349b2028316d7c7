"""The way about: the menu, the progress in every lesson, the choice of a track."""

from dataclasses import replace
from html import escape

from course_bot.content.model import Course
from course_bot.conversation import certificates, duties, lessons, memo
from course_bot.conversation.actions import (
    Action,
    ChooseTrack,
    GoOn,
    Help,
    Me,
    Menu,
    OpenLesson,
    Progress,
    Remind,
    StaleError,
    TakeTrack,
    TrackDone,
)
from course_bot.conversation.help import to_team
from course_bot.conversation.port import Button, Screen
from course_bot.conversation.routes import place, reading_place, verb
from course_bot.conversation.stage import Row, Stage, button, go_to, leading, to_menu
from course_bot.learning.progress import Person, minutes_left, next_lesson, share_done
from course_bot.locale.phrases import Phrases, phrases
from course_bot.questions.question import FULL
from course_bot.storage.organisations import Belonging, BelongingOf
from course_bot.storage.store import Decision

BAR_CELLS = 5
LESSONS_IN_ROW = 4


def belonging(stage: Stage, _at: Action) -> BelongingOf:
    """Ask where the person belongs, and what is assigned to them."""
    return BelongingOf(stage.person.id)


def menu(stage: Stage, _at: Menu, found: Belonging) -> Screen:
    """Show where the person stands and the ways on."""
    p, person, track = stage.phrases, stage.person, stage.track
    passed = sum(1 for lesson in track.lessons if person.passed(lesson))
    greeting = p.html("{name}, good to see you!", name=person.name)
    if not person.name:
        greeting = p.html("Good to see you!")
    left = minutes_left(stage.course, person, track)
    standing = p.html(
        "Track “{title}”: {passed} of {count} lessons passed, {minutes} left.",
        title=track.title,
        passed=passed,
        count=len(track.lessons),
        minutes=lessons.in_minutes(p, left),
    )
    if not left:
        standing = p.html("The track “{title}” is done.", title=track.title)
    rows: list[Row] = [(_on(stage),), *duties.offers(stage, found.duties)]
    rows.append((button(p.t("📊 Progress"), Progress()), button(p.t("❓ Help"), Help())))
    rows.append((button(p.t("🎓 Track"), ChooseTrack()), button(p.t("👤 About me"), Me())))
    rows += to_team(p, found.memberships)
    assigned = "\n".join(duties.lines(stage, found.duties))
    parts = [part for part in (standing, assigned) if part]
    return Screen(heading=greeting, text="\n\n".join(parts), rows=tuple(rows))


def _on(stage: Stage) -> Button:
    p, person = stage.phrases, stage.person
    if person.unfinished is not None:
        return button(p.t("▶ Back to the quiz"), GoOn(), primary=True)
    lesson = lessons.lesson_at_hand(stage)
    if lesson is None:
        return button(p.t("🏁 What now?"), TrackDone(), primary=True)
    return button(f"▶ {stage.course.lessons[lesson].title}", GoOn(), primary=True)


def reminder(course: Course, person: Person) -> Screen | None:
    """Return the reminder for somebody who stopped halfway; None where nothing is left."""
    p, track = phrases(person.language), course.tracks.get(person.track)
    lesson = next_lesson(track, person) if track is not None else None
    if track is None or lesson is None:
        return None
    left = lessons.in_minutes(p, minutes_left(course, person, track))
    text = p.html(
        "Your course is waiting where you left it: {minutes} left.\nNext: “{title}”.",
        minutes=left,
        title=course.lessons[lesson].title,
    )
    rows = (
        (button(p.t("▶ Go on"), GoOn(), primary=True),),
        (button(p.t("🔕 Pause reminders"), Remind(0)),),
    )
    return Screen(text=text, rows=rows)


def progress(stage: Stage, _at: Progress, found: Belonging) -> Screen:
    """Show each lesson of the track with a bar, what is left in minutes, and until when."""
    p, person, track = stage.phrases, stage.person, stage.track
    lines = [_line(stage, number, lesson) for number, lesson in enumerate(track.lessons, 1)]
    left = minutes_left(stage.course, person, track)
    total = (
        p.html("All in all, {minutes} left.", minutes=lessons.in_minutes(p, left))
        if left
        else p.html("Everything is passed.")
    )
    head = p.html("Your progress: {title}", title=track.title)
    hint = p.html("Press a number to open a lesson.")
    numbers = [
        button(f"{number} ✓" if person.passed(lesson) else f"{number}", OpenLesson(lesson))
        for number, lesson in enumerate(track.lessons, 1)
    ]
    rows: list[Row] = [(_on(stage),), *duties.offers(stage, found.duties)]
    rows += [
        tuple(numbers[start : start + LESSONS_IN_ROW])
        for start in range(0, len(numbers), LESSONS_IN_ROW)
    ]
    rows += [*certificates.keys(stage, track.id), *memo.keys(stage), (to_menu(p),)]
    assigned = "\n".join(duties.lines(stage, found.duties))
    parts = [part for part in ("\n".join(lines), total, assigned, hint) if part]
    return Screen(heading=head, text="\n\n".join(parts), rows=tuple(rows))


def _line(stage: Stage, number: int, lesson_id: str) -> str:
    p, person = stage.phrases, stage.person
    lesson = stage.course.lessons[lesson_id]
    share = share_done(stage.course, person, lesson_id)
    result = person.study.results.get(lesson_id)
    if result is not None and result.passed_at is not None:
        state = p.html("passed, {score} %", score=result.best)
    elif result is not None and result.best is not None:
        state = p.html("quiz: {score} % so far", score=result.best)
    else:
        state = lessons.in_minutes(p, lesson.minutes)
    title = f"{number}. {escape(lesson.title)}"
    return f"{title}\n{bar(share)} <i>{state}</i>"


def bar(share: float) -> str:
    """Draw a share from 0.0 to 1.0; only a whole is drawn full, only nothing empty."""
    cells = round(share * BAR_CELLS)
    if 0 < share < 1:
        cells = max(1, min(cells, BAR_CELLS - 1))
    return "▰" * cells + "▱" * (BAR_CELLS - cells)


def tracks(stage: Stage, _at: ChooseTrack) -> Screen:
    """Offer the tracks, the present one marked."""
    p = stage.phrases
    lines = [
        p.html("A lesson counts once: what you have passed stays passed in every track."),
    ]
    rows: list[Row] = []
    for track in stage.course.tracks.values():
        mark = "✓ " if track.id == stage.person.track else ""
        left = minutes_left(stage.course, stage.person, track)
        state = p.html("{minutes} left", minutes=lessons.in_minutes(p, left)) if left else "✓"
        lines.append(f"<b>{escape(track.title)}</b> · {state}\n{escape(track.about)}")
        rows.append((button(f"{mark}{track.title}", TakeTrack(track.id)),))
    rows.append((to_menu(p),))
    return Screen(heading=p.html("Tracks"), text="\n\n".join(lines), rows=tuple(rows))


def take_track(stage: Stage, wanted: TakeTrack) -> Decision:
    """Take up a track."""
    if wanted.track not in stage.course.tracks:
        raise StaleError
    title = stage.course.tracks[wanted.track].title
    return Decision(
        person=go_to(replace(stage.person, track=wanted.track), Menu()),
        notice=stage.phrases.t("Your track is now “{title}”.", title=title),
    )


def track_done(stage: Stage, _at: TrackDone, found: Belonging) -> Screen:
    """Show that the track is done, and what one may do next: first what is assigned."""
    p, person, track = stage.phrases, stage.person, stage.track
    if next_lesson(track, person) is not None:
        return menu(stage, Menu(), found)
    offers = duties.offers(stage, found.duties)
    offered = {offer.action for row in offers for offer in row}
    others = [
        each
        for each in stage.course.tracks.values()
        if next_lesson(each, person) and str(TakeTrack(each.id)) not in offered
    ]
    good_for = [
        p.html("🎓 Your certificate can be kept, printed and shown: anybody can check it."),
        p.html("📄 All that matters is on one page to print: good to have at hand at work."),
        p.html(
            "Every lesson stays open: come back to look something up, or simply write a question."
        ),
    ]
    parts = [_achieved(stage), "\n".join(good_for)]
    if assigned := duties.lines(stage, found.duties):
        parts.append("\n".join(assigned))
    if others:
        parts.append(p.html("If you are curious, here are the other tracks:"))
    rows: list[Row] = [*offers, *certificates.keys(stage, track.id), *memo.keys(stage)]
    rows += [(button(_offer(p, stage, each.id), TakeTrack(each.id)),) for each in others]
    rows.append((button(p.t("📊 Progress"), Progress()), to_menu(p)))
    rows[0] = leading(rows[0])
    return Screen(
        heading=p.html("🏁 The track “{title}” is done.", title=track.title),
        text="\n\n".join(parts),
        rows=tuple(rows),
        tone="passed",
        lasting=True,
    )


def _achieved(stage: Stage) -> str:
    """Say what lies behind whoever has passed every lesson of their track."""
    p, lessons_passed = stage.phrases, stage.track.lessons
    done = p.many(
        "{count} lesson lies behind you, with its quiz.",
        "{count} lessons lie behind you, with all their quizzes.",
        len(lessons_passed),
    )
    results = stage.person.study.results
    if all(results[lesson].best == FULL for lesson in lessons_passed):
        return " ".join((done, p.html("Not a single mistake in any quiz: excellent work!")))
    return done


def _offer(p: Phrases, stage: Stage, track_id: str) -> str:
    track = stage.course.tracks[track_id]
    left = minutes_left(stage.course, stage.person, track)
    return p.t("{title}: {minutes} more", title=track.title, minutes=lessons.in_minutes(p, left))


ROUTES = (
    reading_place(Menu, belonging, menu),
    reading_place(Progress, belonging, progress),
    place(ChooseTrack, tracks),
    reading_place(TrackDone, belonging, track_done),
    verb(TakeTrack, take_track),
)
