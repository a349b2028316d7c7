"""Help: what the bot can do, the FAQ's entries, and an answer to whoever is only polite."""

import re
from collections.abc import Iterable
from html import escape
from unicodedata import category

from course_bot.content.model import FaqEntry
from course_bot.content.search import normal
from course_bot.conversation.actions import (
    AskHuman,
    AskName,
    Faq,
    GoOn,
    Guided,
    Help,
    NameCertificate,
    NameForReport,
    OpenLesson,
    Question,
    Rename,
    StaleError,
    Team,
)
from course_bot.conversation.lessons import in_minutes, lesson_at_hand
from course_bot.conversation.port import Screen
from course_bot.conversation.routes import Audience, place, reading_place
from course_bot.conversation.stage import Row, Stage, button, links, to_menu
from course_bot.locale.phrases import Phrases
from course_bot.organisations.records import Role
from course_bot.storage.organisations import Membership, Memberships
from course_bot.storage.store import Decision

_WORDS = re.compile(r"\w+")
GREETINGS = frozenset(
    _WORDS.findall(
        "здравствуйте здравствуй здраствуйте здрасте здрасьте привет приветствую приветик салют"
        " добрый доброе доброго утро утра день дня вечер вечера hello hi hey morning afternoon"
        " evening"
    )
)
THANKS = frozenset(
    _WORDS.findall(
        "спасибо спасибки спосибо пасибо спс благодарю благодарна благодарен благодарим"
        " признательна признателен мерси thanks thank thx"
    )
)
ASSENTS = frozenset(
    _WORDS.findall(
        "ок окей оке ладно хорошо понятно понял поняла поняли ясно принято отлично супер здорово"
        " ага угу ok okay okey fine great understood"
    )
)
COURTESIES = (
    GREETINGS
    | THANKS
    | ASSENTS
    | frozenset(
        _WORDS.findall(
            "большое большущее огромное вам вас тебе за все всем очень еще раз и помощь ответ"
            " обучение курс урок информацию подсказку коллеги уважаемые бот дорогой теперь мне я"
            " да ну very much you so a lot good for the help your all i got it bot"
        )
    )
)
"""Words of which whoever greets, thanks or agrees says nothing but these."""
NAMED_AT = frozenset(each.name for each in (AskName, NameForReport, NameCertificate, Rename))
"""The places where a name is asked for."""


def memberships(stage: Stage, _at: Help) -> Memberships:
    """Ask what the person is in which organisations."""
    return Memberships(stage.person.id)


def overview(stage: Stage, _at: Help, belongs: tuple[Membership, ...]) -> Screen:
    """Show what the bot can do and every topic of the FAQ."""
    p = stage.phrases
    text = "\n\n".join(
        (
            p.html(
                "Simply write your question in your own words, and I will look for the answer."
            ),
            p.html(
                "/menu — the menu\n/progress — your progress\n/targets — how many are"
                " missing to the target\n/sheets — the statistics sheet\n/track — choose another"
                " track\n/me — your name, language and data"
            ),
            p.html(
                "Something does not work? Choose what it is like, and I will go through it with"
                " you step by step (🔎). Or choose a topic:"
            )
            if stage.course.guides
            else p.html("Or choose a topic:"),
        )
    )
    rows: list[Row] = [
        (button(f"🔎 {guide.title}", Guided(guide.id)),) for guide in stage.course.guides.values()
    ]
    rows += [(button(entry.question, Faq(entry.id)),) for entry in stage.course.faq.values()]
    rows.append(to_human(p))
    rows += to_team(p, belongs)
    return Screen(heading=p.html("Help"), text=text, rows=(*rows, *ways(stage, primary=True)))


def to_human(p: Phrases) -> Row:
    """Make the key that leads to people who can be asked."""
    return (button(p.t("🙋 Talk to a person"), AskHuman()),)


def to_team(p: Phrases, belongs: Iterable[Membership]) -> list[Row]:
    """Make the key that leads to what one coordinates or administers; none for anybody else."""
    has_team = any(each.role is not Role.LEARNER for each in belongs)
    return [(button(p.t("👥 My organisations"), Team()),)] if has_team else []


def entry(stage: Stage, at: Faq) -> Screen:
    """Show one entry of the FAQ: its answer, its links, and the lesson behind it."""
    found = entry_of(stage, at.entry)
    p = stage.phrases
    lesson = stage.lesson(found.lesson)
    back = ways(stage, primary=True)
    rows: list[Row] = links(found.links)
    label = p.t(
        "Lesson: {title} ({minutes})", title=lesson.title, minutes=in_minutes(p, lesson.minutes)
    )
    # Whoever was learning wants to go back to it; for others the lesson is the way on.
    onward = not back[0][0].primary
    rows.append((button(label, OpenLesson(lesson.id), primary=onward),))
    guides = [guide for guide in stage.course.guides.values() if found.id in guide.faq]
    for guide in guides:
        # Of several each is named; one alone is about what the answer is about.
        label = (
            p.t("🔎 Check step by step")
            if len(guides) == 1
            else p.t("🔎 Check step by step: {title}", title=guide.title)
        )
        rows.append((button(label, Guided(guide.id)),))
    rows.append((button(p.t("All topics"), Help()),))
    return Screen(heading=escape(found.question), text=found.answer, rows=(*rows, *back))


def entry_of(stage: Stage, number: int) -> FaqEntry:
    """Return an entry of the FAQ.

    Raises:
        StaleError: the course has no such entry (any more).
    """
    try:
        return stage.course.faq[number]
    except KeyError:
        raise StaleError from None


def polite(stage: Stage, text: str) -> Decision | None:
    """Answer a greeting, thanks or an «ок», and show once more where the person is.

    Returns:
        None where the text says anything else: «спасибо, а как поменять роль?» is a question.
    """
    p, person = stage.phrases, stage.person
    place, *_ = person.place.split(":")
    words = frozenset(normal(text).split())
    if not words <= COURTESIES:
        return None
    if words & GREETINGS:
        said = p.t("Hello!")
    elif words & THANKS:
        said = p.t("You are welcome!")
    elif words & ASSENTS or (place not in NAMED_AT and _signs(text)):
        said = p.t("Good!")
    else:
        return None
    if place in NAMED_AT:
        onward = p.t("Now write your name, please.")
    elif not person.track:
        onward = p.t("To go on, press one of the buttons below.")
    elif place == Question.name:
        onward = p.t("The question waits for your answer below, take your time.")
    else:
        onward = p.t("Below is where you are. If you have a question, simply write it.")
    return Decision(person=person, notice=f"{said} {onward}")


def _signs(text: str) -> bool:
    """Tell whether a text is nothing but signs, like a thumb up."""
    return not normal(text) and any(category(char) == "So" for char in text)


def ways(stage: Stage, *, primary: bool = False) -> tuple[Row, ...]:
    """Return the way back to where the person was learning, and the one to the menu.

    Args:
        stage: the person's.
        primary: whether the way back, if there is one, is what most people want here.
    """
    p = stage.phrases
    menu = to_menu(p)
    if stage.person.unfinished is not None:
        return ((button(p.t("↩ Back to the quiz"), GoOn(), primary=primary), menu),)
    if stage.person.study.readings and lesson_at_hand(stage) is not None:
        return ((button(p.t("↩ Back to the lesson"), GoOn(), primary=primary), menu),)
    return ((menu,),)


ROUTES = (
    reading_place(Help, memberships, overview, who=Audience.ANYBODY),
    place(Faq, entry, who=Audience.ANYBODY),
)
