"""One school's figures: what they mean, who is missing to the targets, and what one does now."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from html import escape

from course_bot.conversation.actions import (
    LATEST,
    AskTargets,
    Completion,
    Guided,
    Key,
    OpenLesson,
    Reckoned,
    School,
    SchoolPicture,
    SchoolTrend,
    Sheets,
    StaleError,
    Unit,
)
from course_bot.conversation.actions import Received as ReceivedPlace
from course_bot.conversation.certificates import draw
from course_bot.conversation.listing import NAME_CHARS, brief, cut, local
from course_bot.conversation.port import Document, Screen, Tell
from course_bot.conversation.routes import Audience, Read, handout, reading_place
from course_bot.conversation.sheet_words import field_name, measure_name
from course_bot.conversation.sheets import onward
from course_bot.conversation.stage import Row, Stage, button, leading
from course_bot.conversation.team import school_scope
from course_bot.locale.phrases import Phrases
from course_bot.markup import shown
from course_bot.reports.files import file_name
from course_bot.reports.school_picture import school_png, trend_png
from course_bot.reports.wording import UNKNOWN, count_text, doubt_words, group_words, share_text
from course_bot.sheets.coding import decode
from course_bot.sheets.figures import Figures, Group, Measure, field_of
from course_bot.sheets.judging import Doubtful, Judged, Standing, judge, share_of, targets_of
from course_bot.storage.schools import SchoolOf, SeenSchool
from course_bot.storage.sheets import Sender, SenderOf
from course_bot.storage.store import Decision

TREND = "trend"
"""A word in the place of a day: a picture of several of them."""
DOUBTED = "⚠"
"""Stands at a figure that can't be right."""
BEHIND = (Measure.REGISTERED, Measure.LINKED, Measure.EXPECTED)
"""What stands below a group's active people."""
WRONG_FIGURES = "wrong-figures"
"""The guide for those whose figures do not agree."""
LESSONS = 4
"""How many lessons are offered at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """What is said of figures, in HTML, and the lessons behind it, the nearest first.

    ``doubted``: some of them contradict each other.
    """

    text: str
    lessons: tuple[str, ...]
    doubted: bool


# --- what figures mean ---------------------------------------------------------------------------


def explained(stage: Stage, figures: Figures, day: date | None, zone: str = "") -> Explained:
    """Say what a school's figures mean: of each group who is missing, and what one does now."""
    p = stage.phrases
    targets = targets_of(stage.course.rules)
    judged = judge(figures, targets, day=day, today=local(stage, zone).date())
    parts = [_group(p, judged, group) for group in Group]
    if judged.together is not None:
        parts.append(_together(p, judged.together))
    if judged.doubts:
        title = p.html("<b>{mark} This may be wrong</b>", mark=DOUBTED)
        parts.append(
            "\n".join(
                (
                    title,
                    *(f"• {escape(doubt_words(p, each), quote=False)}" for each in judged.doubts),
                )
            )
        )
    advice = [*_to_activate(p, judged), *_to_link(p, judged), *_to_find(p, judged)]
    if advice:
        title = p.html("<b>What to do now</b>")
        parts.append("\n".join((title, *(f"• {words}" for words, _ in advice))))
    behind = [lesson for _, lessons in advice for lesson in lessons]
    if judged.doubts:
        behind.insert(0, "sheet")
    known = [each for each in dict.fromkeys(behind) if each in stage.course.lessons]
    return Explained(
        text="\n\n".join(filter(None, parts)),
        lessons=tuple(known[:LESSONS]),
        doubted=any(each.kind is not Doubtful.OLD for each in judged.doubts),
    )


def _group(p: Phrases, judged: Judged, group: Group) -> str:
    """Say how a group stands; nothing where the sheet says nothing of it."""
    if all(judged.figures.of(group, measure) is None for measure in Measure):
        return ""
    standing = judged.standings.get(group)
    lines = [_verdict(p, group_words(p)[group], standing)]
    lines.append(_figure(p, judged, group, Measure.ACTIVE))
    if standing is not None:
        lines.append(_target(p, standing))
    lines += [_figure(p, judged, group, measure) for measure in BEHIND]
    return "\n".join(filter(None, lines))


def _verdict(p: Phrases, who: str, standing: Standing | None) -> str:
    if standing is None:
        return f"<b>{who}</b>"
    if not standing.missing:
        return p.html("<b>{who}: the target is reached ✅</b>", who=who)
    return p.many(
        "<b>{who}: {people} person is missing</b>",
        "<b>{who}: {people} people are missing</b>",
        standing.missing,
        who=who,
        people=count_text(standing.missing),
    )


def _target(p: Phrases, standing: Standing) -> str:
    return p.html(
        "target: {needed} · {target} %",
        needed=count_text(standing.needed),
        target=standing.target,
    )


def _figure(p: Phrases, judged: Judged, group: Group, measure: Measure) -> str:
    """Return the line of a figure, with its share of those who should be there."""
    field, of = field_of(group, measure), field_of(group, Measure.EXPECTED)
    value, whole = judged.figures.at(field), judged.figures.at(of)
    if value is None:
        # Of all that may be missing in a sheet, this is what one can't do without.
        missing = p.html("active: not known")
        return missing if measure is Measure.ACTIVE else ""
    said = f"{measure_name(p, measure)}: {count_text(value)}"
    if measure is not Measure.EXPECTED and whole and not {field, of} & judged.spoilt:
        share = share_of(value, whole) if measure is Measure.ACTIVE else value / whole
        said += f" · {share_text(share)}"
    return f"{said} {DOUBTED}" if field in judged.spoilt else said


def _together(p: Phrases, standing: Standing) -> str:
    said = p.html(
        "active: {active} of {expected} · {share}",
        active=count_text(standing.active),
        expected=count_text(standing.expected),
        share=share_text(share_of(standing.active, standing.expected)),
    )
    note = p.html(
        "<i>The FAQ does not say whether {target} % is meant of each or together: here are"
        " both.</i>",
        target=standing.target,
    )
    who = p.t("Pupils and parents together")
    return "\n".join((_verdict(p, who, standing), said, _target(p, standing), note))


# --- what one does now: only by figures that are sure --------------------------------------------

Advice = tuple[str, tuple[str, ...]]
"""What one does, in HTML, and the lessons behind it."""


def _to_activate(p: Phrases, judged: Judged) -> Iterator[Advice]:
    """Say how many of the registered are to be won, and how many are to be registered first."""
    for group, standing in judged.standings.items():
        if not standing.missing:
            continue
        silent = _without(judged, group, Measure.REGISTERED, Measure.ACTIVE)
        rest = 0 if silent is None else max(0, standing.missing - silent)
        words, lessons = [], []
        if silent:
            words.append(
                p.html("Registered and not active yet: {count}.", count=count_text(silent))
            )
        if silent is None or silent > standing.missing:
            words.append(
                p.many(
                    "{people} of them is enough.",
                    "{people} of them are enough.",
                    standing.missing,
                    people=count_text(standing.missing),
                )
            )
        if silent != 0:
            words.append(_ask(p, group))
            lessons.append("activity")
            if group is Group.TEACHERS:
                lessons.append("chats-count")
        if rest:
            words.append(
                p.html(
                    "First {count} more have to be assigned to the school: “Find a contact” shows"
                    " who has not moved to MAX.",
                    count=count_text(rest),
                )
            )
            lessons.append("parents" if group is Group.PARENTS else "not-moved")
        said = " ".join(words)
        yield f"{group_words(p)[group]}: {said[:1].lower()}{said[1:]}", tuple(lessons)


def _ask(p: Phrases, group: Group) -> str:
    if group is Group.TEACHERS:
        return p.html("Ask them to write a message in a chat that counts.")
    return p.html("Give them a reason to open Sferum and read, such as homework.")


def _to_link(p: Phrases, judged: Judged) -> Iterator[Advice]:
    """Say how many are not linked with the journal; of pupils the FAQ does not ask it."""
    absent = [
        f"{group_words(p)[group].lower()} — {count_text(count)}"
        for group in (Group.TEACHERS, Group.PARENTS)
        if (count := _without(judged, group, Measure.REGISTERED, Measure.LINKED))
    ]
    if absent:
        words = p.html(
            "Not linked with the journal: {who}. Send them the instructions.",
            who=", ".join(absent),
        )
        yield words, ("link-journal",)


def _to_find(p: Phrases, judged: Judged) -> Iterator[Advice]:
    """Say what is to be looked for in the sheet."""
    unknown = [
        field_name(p, field_of(group, Measure.ACTIVE))
        for group in Group
        if judged.figures.of(group, Measure.ACTIVE) is None
        and judged.figures.of(group, Measure.EXPECTED)
    ]
    if unknown:
        words = p.html(
            "Look in the sheet for: {columns}. Who is registered is not active yet, so without"
            " them nobody knows who is missing.",
            columns=", ".join(unknown),
        )
        yield words, ("sheet",)


def _without(judged: Judged, group: Group, whole: Measure, part: Measure) -> int | None:
    """Return how many of some are not among others; None where that is not sure."""
    fields = field_of(group, whole), field_of(group, part)
    more, less = map(judged.figures.at, fields)
    if more is None or less is None or judged.spoilt.intersection(fields):
        return None
    return more - less


def _behind(stage: Stage, said: Explained) -> list[Row]:
    """Return keys to what is behind the figures: a guide where they don't agree, and lessons."""
    p = stage.phrases
    rows: list[Row] = []
    if said.doubted and WRONG_FIGURES in stage.course.guides:
        title = stage.course.guides[WRONG_FIGURES].title
        label = p.t("🔎 Check step by step: {title}", title=title)
        rows.append((button(label, Guided(WRONG_FIGURES)),))
    return rows + [
        (button(p.t("Lesson: {title}", title=stage.lesson(each).title), OpenLesson(each)),)
        for each in said.lessons
    ]


# --- a school's screen ---------------------------------------------------------------------------


def read_day(word: str) -> date | None:
    """Read the day of a place; None is the latest.

    Raises:
        StaleError: it is none.
    """
    if word == LATEST:
        return None
    try:
        return date.fromisoformat(word)
    except ValueError:
        raise StaleError from None


def wanted(stage: Stage, at: School) -> SchoolOf:
    """Ask for a school's figures of a day."""
    day = read_day(at.day)
    return SchoolOf(scope=school_scope(stage, at.organisation), day=day, most=1)


def school(stage: Stage, _at: School, found: SeenSchool | None) -> Screen:
    """Show what a school's figures of a day mean."""
    p = stage.phrases
    if found is None:
        return not_seen(stage)
    name = brief(found.name, NAME_CHARS)
    if not found.days:
        text = p.html(
            "There is no statistics sheet of this school yet. Send one (📎), and its figures are"
            " explained here."
        )
        about = button(p.t("📄 Which file I need"), Sheets(), primary=True)
        rows: list[Row] = [(about,)]
        return Screen(heading=name, text=text, rows=(*rows, *_up(stage, found), *onward(stage)))
    (known,) = found.days
    said = explained(stage, known.figures, known.day, found.zone)
    moment = p.html("<i>Sheet of {day}</i>", day=p.day(known.day))
    rows = _behind(stage, said)
    here = Key(found.id)
    rows.append(
        (
            button(p.t("📈 Over time"), SchoolTrend(here)),
            button(p.t("🖼 As a picture"), SchoolPicture(here, known.day.isoformat())),
        )
    )
    rows.append((button(p.t("📄 The last file"), ReceivedPlace()),))
    rows[0] = leading(rows[0])
    return Screen(
        heading=name,
        text=f"{moment}\n\n{said.text}",
        rows=(*rows, *_up(stage, found), *onward(stage)),
    )


def trend_of(stage: Stage, at: SchoolTrend) -> SchoolOf:
    """Ask for a school's latest days."""
    return SchoolOf(scope=school_scope(stage, at.organisation))


def trend(stage: Stage, at: SchoolTrend, found: SeenSchool | None) -> Screen:
    """Show how many of each group were active on the latest days."""
    p = stage.phrases
    if found is None:
        return not_seen(stage)
    if not found.days:
        return school(stage, School(at.organisation, LATEST), found)
    judged = _judged(stage, found)
    first, last = judged[0][0], judged[-1][0]
    lines = [p.html("{since} – {until}", since=p.day(first), until=p.day(last))]
    lines += filter(None, (_course(p, group, judged) for group in Group))
    table = [p.html("Active by day: teachers · pupils · parents")]
    table += [f"<code>{day:%d.%m.%y}</code> {_of_day(each)}" for day, each in judged]
    text = ["\n".join(lines), "\n".join(table)]
    if len(judged) == 1:
        text.append(p.html("Send the next sheet in a week, and it is seen what has changed."))
    here = Key(found.id)
    rows: list[Row] = [
        (button(p.t("🖼 As a picture"), SchoolPicture(here, TREND)),),
        (button(p.t("← School figures"), School(here, LATEST)),),
    ]
    return Screen(
        heading=brief(found.name, NAME_CHARS),
        text="\n\n".join(text),
        rows=(*rows, *onward(stage)),
    )


def _judged(stage: Stage, found: SeenSchool) -> list[tuple[date, Judged]]:
    """Judge each of a school's days as it was then, the earliest first."""
    targets = targets_of(stage.course.rules)
    return [
        (each.day, judge(each.figures, targets, day=each.day, today=each.day))
        for each in reversed(found.days)
    ]


def _course(p: Phrases, group: Group, days: Sequence[tuple[date, Judged]]) -> str:
    """Say from how many to how many a group's active people have become."""
    sure = [judged.standings[group] for _, judged in days if group in judged.standings]
    if not sure:
        return ""
    people = count_text(sure[-1].active)
    if len(sure) > 1:
        people = f"{count_text(sure[0].active)} → {people}"
    return p.html(
        "{who}: active {people} of {expected}, target {needed}",
        who=group_words(p)[group],
        people=people,
        expected=count_text(sure[-1].expected),
        needed=count_text(sure[-1].needed),
    )


def _of_day(judged: Judged) -> str:
    said = []
    for group in Group:
        field = field_of(group, Measure.ACTIVE)
        value = judged.figures.at(field)
        mark = DOUBTED if field in judged.spoilt else ""
        said.append(f"{UNKNOWN if value is None else count_text(value)}{mark}")
    return " · ".join(said)


# --- its pictures --------------------------------------------------------------------------------


def hand_out(stage: Stage, at: SchoolPicture) -> Decision:
    """Hand out a picture: whether the person may see the school is part of what it reads."""
    _pictured(stage, at)  # a forged day is stale
    return Decision(person=stage.person, document=str(at))


def _pictured(stage: Stage, at: SchoolPicture) -> SchoolOf:
    """Ask for what a picture shows.

    Raises:
        StaleError: there is no such picture.
    """
    if at.day == TREND:
        return trend_of(stage, SchoolTrend(at.organisation))
    return wanted(stage, School(at.organisation, at.day))


async def pictures(stage: Stage, at: SchoolPicture, read: Read, _tell: Tell) -> Sequence[Document]:
    """Draw what a school's figures are, or how they have changed."""
    found = await read(_pictured(stage, at))
    if found is None or not found.days:
        return ()
    p, targets = stage.phrases, targets_of(stage.course.rules)
    days = _judged(stage, found)
    day, judged = days[-1]
    if at.day == TREND:
        title = p.t("how the school’s figures change")
        said = [_course(p, group, days) for group in Group]
        content = await draw(lambda: trend_png(found.name, days, targets, p))
    else:
        title = p.t("sheet of {day}", day=p.day(day))
        said = [
            _verdict(p, group_words(p)[group], judged.standings[group])
            for group in judged.standings
        ]
        content = await draw(lambda: school_png(found.name, title, judged, targets, p))
    about = "\n".join((f"{cut(found.name, NAME_CHARS)}, {title}", *map(shown, filter(None, said))))
    name = file_name(found.name, p.t("activity"), day, ".png")
    return (Document(name=name, content=content, about=about),)


def _up(stage: Stage, found: SeenSchool) -> list[Row]:
    p, here = stage.phrases, Key(found.id)
    training = Unit(here) if found.coordinated else Completion(here)
    return [(button(p.t("👥 School training"), training),)]


def not_seen(stage: Stage) -> Screen:
    """Say that the person may not see a school's figures (any more), if there is one."""
    p = stage.phrases
    text = p.html(
        "You are neither an administrator of this school here nor its coordinator, or not any"
        " more, so its figures are not shown. If you should be, ask for a new invite."
    )
    return Screen(text=text, rows=onward(stage, primary=True))


def reckoned_by(stage: Stage, at: Reckoned) -> SenderOf:
    """Ask whether the person may send sheets."""
    _decoded(at.code)
    return SenderOf(stage.person.id)


def _decoded(code: str) -> tuple[Figures, date | None]:
    """Read figures back.

    Raises:
        StaleError: there are none in it.
    """
    try:
        return decode(code)
    except ValueError:
        raise StaleError from None


def reckoned(stage: Stage, at: Reckoned, found: Sender) -> Screen:
    """Show what figures mean that are kept nowhere."""
    p = stage.phrases
    figures, day = _decoded(at.code)
    said = explained(stage, figures, day)
    parts = [p.html("<i>Sheet of {day}</i>", day=p.day(day))] if day else []
    parts.append(said.text or p.html("There is nothing to reckon with: no figures were told."))
    rows = _behind(stage, said)
    rows.append((button(p.t("🧮 Other figures"), AskTargets()),))
    if found.schools:
        rows.append((button(p.t("📄 The last file"), ReceivedPlace()),))
    else:
        parts.append(
            p.html(
                "<i>I keep none of these figures. To see how your school’s change, become its"
                " administrator here: ask your coordinator for an invite.</i>"
            )
        )
    rows[0] = leading(rows[0])
    return Screen(
        heading=p.html("What the figures mean"),
        text="\n\n".join(parts),
        rows=(*rows, *onward(stage)),
    )


ROUTES = (
    reading_place(School, wanted, school, who=Audience.ANYBODY),
    reading_place(SchoolTrend, trend_of, trend, who=Audience.ANYBODY),
    handout(SchoolPicture, hand_out, pictures, who=Audience.ANYBODY),
    reading_place(Reckoned, reckoned_by, reckoned, who=Audience.ANYBODY),
)
