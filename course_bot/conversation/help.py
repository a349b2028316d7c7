"""Answering questions: the FAQ's entries, found by the words that people use for them."""

import re
from collections.abc import Iterable
from functools import lru_cache
from html import escape
from unicodedata import category

from rapidfuzz import fuzz, process

from course_bot.content.model import FaqEntry
from course_bot.conversation.actions import (
    AskName,
    Faq,
    Found,
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
from course_bot.conversation.stage import Row, Stage, button, go_to, links, to_menu
from course_bot.locale.phrases import Phrases
from course_bot.organisations.records import Role
from course_bot.storage.organisations import Membership, Memberships
from course_bot.storage.store import Decision

QUERY_CHARS = 300
"""How much of a typed text is searched; a question is shorter."""
SURE, LIKELY = 80, 55
"""Scores (0 to 100) from which an entry is answered at once, and from which it is offered."""
OFFERED = 3
"""How many entries are offered at most."""
ALIKE = 75
"""A ratio (0 to 100) from which two words count as one: «чат» and «чата», «подержка» too."""
_WORDS = re.compile(r"\w+")
SMALL_WORDS = frozenset(
    _WORDS.findall(
        "а без бы был была были было быть в ваш весь во все вы где да до ее если есть еще же"
        " за знаю и из или им их к как какая какие какой кем кого кто куда ли мне можно мой"
        " моих моя мои мы на над надо нам нас наш наша наше наши не него ней но ну нужен нужно"
        " о об он она они от по под понятно почему при про с сам свой свою себя сейчас сколько"
        " со та такое там те то того тоже тот ту ты у уже хочу чем что чтоб чтобы эта эти это"
        " этот я дела делать сделать"
    )
)
"""Words that stand in questions about anything, as ``normal`` writes them."""
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
    rows += to_team(p, belongs)
    return Screen(heading=p.html("Help"), text=text, rows=(*rows, *ways(stage, primary=True)))


def to_team(p: Phrases, belongs: Iterable[Membership]) -> list[Row]:
    """Make the key that leads to what one coordinates or administers; none for anybody else."""
    has_team = any(each.role is not Role.LEARNER for each in belongs)
    return [(button(p.t("👥 My organisations"), Team()),)] if has_team else []


def entry(stage: Stage, at: Faq) -> Screen:
    """Show one entry of the FAQ: its answer, its links, and the lesson behind it."""
    found = _entry(stage, at.entry)
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
    rows += [
        (button(p.t("🔎 Check step by step: {title}", title=guide.title), Guided(guide.id)),)
        for guide in stage.course.guides.values()
        if found.id in guide.faq
    ]
    rows.append((button(p.t("All topics"), Help()),))
    return Screen(heading=escape(found.question), text=found.answer, rows=(*rows, *back))


def _entry(stage: Stage, number: int) -> FaqEntry:
    try:
        return stage.course.faq[number]
    except KeyError:
        raise StaleError from None


def ask(stage: Stage, text: str) -> Decision:
    """Go to the entry of the FAQ that a typed text asks for, or offer the nearest ones."""
    found = nearest(tuple(stage.course.faq.values()), text)
    sure = [number for number, score in found if score >= SURE]
    if sure and (len(found) == 1 or found[0][1] - found[1][1] >= 10):
        return Decision(person=go_to(stage.person, Faq(sure[0])))
    offered = Found(tuple(number for number, _score in found))
    return Decision(person=go_to(stage.person, offered))


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


def offers(stage: Stage, at: Found) -> Screen:
    """Offer the entries that may be meant; where there is none, say so and show the way."""
    p = stage.phrases
    if at.entries:
        heading, text = p.html("Perhaps this is what you are asking about?"), ""
    else:
        heading = p.html("I have not found an answer to that.")
        text = p.html("Try other words, look at all the topics, or ask people:")
    entries = [_entry(stage, number) for number in at.entries or (stage.course.not_found,)]
    rows: list[Row] = [
        (button(each.question, Faq(each.id), primary=each is entries[0]),) for each in entries
    ]
    rows.append((button(p.t("All topics"), Help()),))
    return Screen(heading=heading, text=text, rows=(*rows, *ways(stage)))


def nearest(entries: tuple[FaqEntry, ...], text: str) -> list[tuple[int, float]]:
    """Find the entries nearest to a text by their wordings, the best first.

    Whole phrases are compared, and a third of the words that matter must be in the wording:
    without that, «как дела» would be near to every question that begins with «как».

    Returns:
        At most ``OFFERED`` pairs of an entry's number and a score from ``LIKELY`` to 100.
    """
    query = normal(text[:QUERY_CHARS])
    asked = _content(query)
    wordings = _wordings(entries)
    matches = process.extract(
        query, wordings.keys(), scorer=fuzz.token_set_ratio, limit=None, score_cutoff=LIKELY
    )
    best: dict[int, float] = {}
    for wording, score, _place in matches:
        number, words = wordings[wording]
        shared = sum(1 for word in asked if any(fuzz.ratio(word, it) >= ALIKE for it in words))
        if not shared or shared * 3 < len(asked):
            continue
        # A set ratio calls a single shared word a full match; the sort ratio asks for the rest.
        whole = (score + fuzz.token_sort_ratio(query, wording)) / 2
        best[number] = max(whole, best.get(number, 0))
    ranked = sorted(best.items(), key=lambda each: -each[1])
    return [(number, score) for number, score in ranked if score >= LIKELY][:OFFERED]


@lru_cache(maxsize=2)
def _wordings(entries: tuple[FaqEntry, ...]) -> dict[str, tuple[int, list[str]]]:
    """Return each way to ask, normalised, with its entry and its words that matter."""
    return {
        normal(wording): (each.id, _content(normal(wording)))
        for each in entries
        for wording in (each.question, *each.wordings)
    }


def _content(normalised: str) -> list[str]:
    return [word for word in normalised.split() if word not in SMALL_WORDS and len(word) > 1]


def normal(text: str) -> str:
    """Write a text so that people's spellings of it agree: «МАХ» and «MAX», «ё» and «е»."""
    words = _WORDS.findall(text.casefold().replace("ё", "е"))
    return " ".join("max" if word == "мах" else word for word in words)


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
    place(Found, offers, who=Audience.ANYBODY),
)
