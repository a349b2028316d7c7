"""Reading: a lesson's steps one after another, the position kept, the quiz after the last."""

from collections.abc import Iterable
from html import escape

from course_bot.content.model import Link
from course_bot.conversation.actions import GoOn, OpenLesson, OpenQuiz, Step, TrackDone
from course_bot.conversation.port import Progress, Screen
from course_bot.conversation.routes import place, verb
from course_bot.conversation.stage import Row, Stage, at_question, button, go_to, links, to_menu
from course_bot.learning.progress import next_lesson, read_step
from course_bot.locale.phrases import Phrases
from course_bot.storage.store import Decision


def step(stage: Stage, at: Step) -> Screen:
    """Show one step of a lesson; past the end, the last one."""
    lesson = stage.lesson(at.lesson)
    current = max(1, min(at.number, len(lesson.steps)))
    shown = lesson.steps[current - 1]
    p = stage.phrases
    parts = [shown.text]
    if current == 1:
        takes = p.html("The lesson takes {minutes}.", minutes=in_minutes(p, lesson.minutes))
        parts.append(f"<i>{escape(lesson.about)} {takes}</i>")
    parts += where_else(p, shown.links)
    rows: list[Row] = links(shown.links)
    rows += _ways(stage, at.lesson, current, len(lesson.steps))
    where = p.t("step {number} of {count}", number=current, count=len(lesson.steps))
    return Screen(
        heading=escape(shown.title),
        text="\n\n".join(parts),
        rows=tuple(rows),
        picture=shown.picture,
        progress=how_far(stage, at.lesson, where, current - 1),
    )


def how_far(stage: Stage, lesson_id: str, where: str, done: int) -> Progress:
    """Say how far the person is in a lesson, and how far in the track.

    Args:
        stage: the stage.
        lesson_id: the lesson, which may be no longer taught.
        where: at which step or question they are, in words.
        done: how many of the lesson's steps and of its quiz's questions lie behind.
    """
    p, track = stage.phrases, stage.track
    lesson = stage.course.lessons.get(lesson_id)
    title = lesson.title if lesson else p.t("a lesson that is no longer taught")
    words = where[:1].upper() + where[1:]
    if lesson_id in track.lessons:
        number = track.lessons.index(lesson_id) + 1
        ordinal = p.t("Lesson {number} of {count}", number=number, count=len(track.lessons))
        words = f"{ordinal} · {where}"
    total = len(lesson.steps) + lesson.draw if lesson else done
    return Progress(title=title, words=words, share=min(1.0, done / total) if total else 0.0)


def _ways(stage: Stage, lesson_id: str, current: int, count: int) -> list[Row]:
    """Return the buttons on from a step: back, forward, to the quiz, to the menu."""
    p = stage.phrases
    back = button(p.t("← Back"), Step(lesson_id, current - 1))
    unfinished = stage.person.unfinished
    # Whoever is in the middle of the quiz has only come to look something up.
    looking = unfinished is not None and unfinished.lesson == lesson_id
    if looking:
        quiz = button(p.t("↩ Back to the quiz"), OpenQuiz(lesson_id), primary=True)
    elif current == count:
        quiz = button(p.t("✍ To the quiz"), OpenQuiz(lesson_id), primary=True)
    else:
        quiz = button(p.t("I know it: the quiz"), OpenQuiz(lesson_id))
    menu = to_menu(p)
    if current == count:
        return [(quiz,), (back, menu)]
    forward = button(p.t("Next →"), Step(lesson_id, current + 1), primary=not looking)
    return [(back, forward) if current > 1 else (forward,), (quiz,), (menu,)]


def arrive_at_step(stage: Stage, at: Step) -> Decision:
    """Go to a step and remember the position."""
    lesson = stage.lesson(at.lesson)
    current = max(1, min(at.number, len(lesson.steps)))
    person = read_step(stage.person, at.lesson, current)
    return Decision(person=go_to(person, Step(at.lesson, current)))


def open_lesson(stage: Stage, wanted: OpenLesson) -> Decision:
    """Open a lesson where the person left it, or at its first step."""
    reading = stage.person.study.readings.get(stage.lesson(wanted.lesson).id)
    return arrive_at_step(stage, Step(wanted.lesson, reading.step if reading else 1))


def go_on(stage: Stage, _wanted: GoOn) -> Decision:
    """Go on where the person stopped: in the quiz, in the lesson last read, or in the next one."""
    person = stage.person
    unfinished = person.unfinished
    if unfinished is not None:
        return Decision(person=at_question(person, unfinished))
    lesson = lesson_at_hand(stage)
    if lesson is None:
        return Decision(person=go_to(person, TrackDone()))
    return open_lesson(stage, OpenLesson(lesson))


def lesson_at_hand(stage: Stage) -> str | None:
    """Name the lesson to go on with: the one last read, unless it is passed; or the next one."""
    person, track = stage.person, stage.track
    last = next(reversed(person.study.readings), None)
    if last in track.lessons and not person.passed(last):
        return last
    return next_lesson(track, person)


def where_else(p: Phrases, pages: Iterable[Link]) -> list[str]:
    """Say where to look for pages that nobody has seen open, if there is one among these."""
    if all(page.verified for page in pages):
        return []
    return [p.html("<i>If a page does not open, look for it here: sferum.ru/spravka</i>")]


def in_minutes(p: Phrases, minutes: int) -> str:
    """Write a number of minutes."""
    return p.many("{count} minute", "{count} minutes", minutes)


ROUTES = (
    place(Step, step, arrive=arrive_at_step),
    verb(OpenLesson, open_lesson),
    verb(GoOn, go_on),
)
