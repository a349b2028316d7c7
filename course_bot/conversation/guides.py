"""A guide gone through: its questions, what the answers come to, and a text of both to send on.

The place is the path: the answers so far. So one step back is the last of them dropped, and the
beginning is none; nothing else is kept.
"""

from html import escape

from course_bot.content.model import Guide, GuideEnding, GuideQuestion
from course_bot.content.search import find, normal
from course_bot.conversation.actions import Checked, Guided, OpenLesson, StaleError
from course_bot.conversation.help import to_human, ways
from course_bot.conversation.lessons import in_minutes, where_else
from course_bot.conversation.port import Form, Option, Progress, Screen
from course_bot.conversation.quiz import UNSURE
from course_bot.conversation.routes import Audience, place
from course_bot.conversation.stage import Row, Stage, button, go_to, links
from course_bot.learning.seeking import GuideEnded
from course_bot.questions.parts import meant
from course_bot.storage.store import Decision


def screen(stage: Stage, at: Guided) -> Screen:
    """Show the question that the answers so far lead to, or the ending."""
    guide, there = _there(stage, at)
    if isinstance(there, GuideQuestion):
        return _question(stage, at, guide, there)
    return _ending(stage, at, guide, there)


def _there(stage: Stage, at: Guided | Checked) -> tuple[Guide, GuideQuestion | GuideEnding]:
    """Follow the answers.

    Raises:
        StaleError: there is no such guide (any more), or they don't fit it.
    """
    try:
        guide = stage.course.guides[at.guide]
        return guide, guide.at(at.answers)
    except LookupError:
        raise StaleError from None


def _question(stage: Stage, at: Guided, guide: Guide, question: GuideQuestion) -> Screen:
    p, done = stage.phrases, len(at.answers)
    parts = [question.text, *where_else(p, question.links)]
    if not done:
        parts.insert(0, f"<i>{escape(guide.about)}</i>")
    options = tuple(
        Option(text=escape(answer.text), action=str(Guided(guide.id, (*at.answers, index))))
        for index, answer in enumerate(question.answers)
    )
    return Screen(
        heading=escape(question.ask),
        text="\n\n".join(filter(None, parts)),
        form=Form(kind="choice", hint=p.html("Choose what is so with you."), options=options),
        rows=(*links(question.links), *_back(stage, at), *ways(stage)),
        progress=Progress(
            title=guide.title,
            words=p.t("Question {number}", number=done + 1),
            share=done / (done + guide.left(question.id)),
        ),
    )


def _back(stage: Stage, at: Guided) -> tuple[Row, ...]:
    if not at.answers:
        return ()
    p = stage.phrases
    back = button(p.t("← Back"), Guided(at.guide, at.answers[:-1]))
    return ((back, button(p.t("↺ Begin again"), Guided(at.guide))),)


def _ending(stage: Stage, at: Guided, guide: Guide, ending: GuideEnding) -> Screen:
    p, lesson = stage.phrases, stage.lesson(ending.lesson)
    parts = [
        p.html("👤 <b>Who does it:</b> {who}", who=ending.who),
        ending.text,
        "\n".join((p.html("<b>If that did not help</b>"), ending.otherwise)),
        *where_else(p, ending.links),
    ]
    label = p.t(
        "Lesson: {title} ({minutes})", title=lesson.title, minutes=in_minutes(p, lesson.minutes)
    )
    rows: list[Row] = [
        *links(ending.links),
        (button(label, OpenLesson(lesson.id)),),
        (button(p.t("📋 What was checked"), Checked(guide.id, at.answers)),),
        to_human(p),
        *_back(stage, at),
    ]
    return Screen(
        heading=escape(ending.title),
        text="\n\n".join(parts),
        rows=(*rows, *ways(stage)),
        progress=Progress(title=guide.title, words=p.t("What to do"), share=1.0),
    )


def arrive(stage: Stage, at: Guided) -> Decision:
    """Go where the answers lead; an ending counts where an answer has just led to it.

    Whoever comes back to it, or reads it again, was at another place than its question.
    """
    _guide, there = _there(stage, at)
    answered = bool(at.answers) and stage.person.place == str(Guided(at.guide, at.answers[:-1]))
    records = (
        (GuideEnded(guide=at.guide, ending=there.id, day=stage.at.date()),)
        if answered and isinstance(there, GuideEnding)
        else ()
    )
    return Decision(person=go_to(stage.person, at), records=records)


def typed(stage: Stage, text: str) -> Decision | None:
    """Answer the question of a guide by an answer's number or words.

    Returns:
        None where the person is at no question of a guide, or the text asks for something else.
    """
    name, *words = stage.person.place.split(":")
    if name != Guided.name:
        return None
    at = Guided.read(words)
    _guide, there = _there(stage, at)
    if not isinstance(there, GuideQuestion):
        return None
    found = meant(text, [escape(answer.text) for answer in there.answers])
    if found is not None and len(found) == 1:
        return arrive(stage, Guided(at.guide, (*at.answers, *found)))
    if found is None and normal(text) not in UNSURE and find(stage.course, text):
        return None
    notice = stage.phrases.t(
        "Please press one of the answers, or write its number, from 1 to {count}.",
        count=len(there.answers),
    )
    return Decision(person=stage.person, notice=notice)


def checked(stage: Stage, at: Checked) -> Screen:
    """Show what was checked as a plain text for the support or the coordinator, to be sent on."""
    guide, there = _there(stage, at)
    if not isinstance(there, GuideEnding):
        raise StaleError
    p = stage.phrases
    text = p.html(
        "Copy the text: press it, or keep your finger on it. Then send it to the support chat or"
        " to your coordinator: they will see at once what you have looked at. It says nothing"
        " about you."
    )
    said = escape(_said(stage, guide, at.answers, there))
    rows = (
        (button(p.t("← Back"), Guided(at.guide, at.answers)),),
        to_human(p),
        *ways(stage),
    )
    return Screen(
        heading=p.html("What was checked"), text=f"{text}\n\n<code>{said}</code>", rows=rows
    )


def _said(stage: Stage, guide: Guide, answers: tuple[int, ...], ending: GuideEnding) -> str:
    p = stage.phrases
    day = p.day(stage.at.astimezone(stage.zone).date())
    lines = [p.t("What was checked: “{title}”, {day}", title=guide.title, day=day)]
    for number, answer in enumerate(answers):
        question = guide.at(answers[:number])
        if isinstance(question, GuideQuestion):
            lines.append(f"{number + 1}. {question.ask} — {question.answers[answer].text}")
    result = p.t("It came to: {title} ({who})", title=ending.title, who=ending.who)
    return "\n".join((*lines, result))


ROUTES = (
    place(Guided, screen, who=Audience.ANYBODY, arrive=arrive),
    place(Checked, checked, who=Audience.ANYBODY),
)
