"""One school's figures: what they mean, who is missing to the targets, and what one does now."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from course_bot.conversation.actions import (
    AskTargets,
    Key,
    OpenLesson,
    Reckoned,
    School,
    SchoolTrend,
    Sheets,
    StaleError,
    Unit,
)
from course_bot.conversation.actions import Received as ReceivedPlace
from course_bot.conversation.listing import NAME_CHARS, brief, local
from course_bot.conversation.port import Screen
from course_bot.conversation.routes import Audience, reading_place
from course_bot.conversation.sheet_words import doubt_words, group_name
from course_bot.conversation.sheets import onward
from course_bot.conversation.stage import Row, Stage, button
from course_bot.locale.phrases import Phrases
from course_bot.reports.wording import count_text, share_text
from course_bot.sheets.coding import decode
from course_bot.sheets.figures import Figures, Group, Measure, field_of
from course_bot.sheets.judging import Judged, Standing, judge, targets_of
from course_bot.storage.schools import SchoolOf, SeenSchool
from course_bot.storage.sheets import Sender, SenderOf

LATEST = "latest"
DOUBTED = "⚠"
"""Stands at a figure that can't be right."""
LESSONS = 4
"""How many lessons are offered at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """What is said of figures, in HTML, and the lessons behind it, the nearest first."""

    text: str
    lessons: tuple[str, ...]


# --- what figures mean ---------------------------------------------------------------------------


def explained(stage: Stage, figures: Figures, day: date | None, zone: str = "") -> Explained:
    """Say what a school's figures mean: each group, who is missing, and what one does now."""
    targets = targets_of(stage.course.rules)
    judged = judge(figures, targets, day=day, today=local(stage, zone).date())
    p = stage.phrases
    parts = [_group(p, judged, group, targets.of(group)) for group in Group]
    if judged.together is not None:
        parts.append(_together(p, judged.together))
    if judged.doubts:
        said = [f"• {doubt_words(p, each)}" for each in judged.doubts]
        title = p.html("{mark} <b>This can’t be right</b>", mark=DOUBTED)
        parts.append("\n".join((title, *said)))
    steps = list(_steps(p, judged))
    if steps:
        title = p.html("<b>What to do now</b>")
        parts.append("\n".join((title, *(f"• {words}" for words, _ in steps))))
    wanted = [lesson for _, lessons in steps for lesson in lessons]
    if judged.doubts:
        wanted.insert(0, "sheet")
    known = [each for each in dict.fromkeys(wanted) if each in stage.course.lessons]
    return Explained(text="\n\n".join(filter(None, parts)), lessons=tuple(known[:LESSONS]))


def _group(p: Phrases, judged: Judged, group: Group, target: int) -> str:
    figures = judged.figures
    title = f"<b>{group_name(p, group)}</b>"
    if all(figures.of(group, measure) is None for measure in Measure):
        return ""
    lines = [title, *(_figure(p, judged, group, measure) for measure in Measure)]
    standing = judged.standings.get(group)
    if standing is not None:
        lines.append(_verdict(p, standing))
    elif figures.of(group, Measure.ACTIVE) is not None:
        lines.append(p.html("Target: {target} %", target=target))
    return "\n".join(filter(None, lines))


def _figure(p: Phrases, judged: Judged, group: Group, measure: Measure) -> str:
    """Return the line of a figure, with its share of those who should be there."""
    field = field_of(group, measure)
    value, whole = judged.figures.at(field), judged.figures.of(group, Measure.EXPECTED)
    name = {
        Measure.EXPECTED: p.t("should be there (ОО-1)"),
        Measure.REGISTERED: p.t("registered"),
        Measure.LINKED: p.t("linked with the journal"),
        Measure.ACTIVE: p.t("active"),
    }[measure]
    if value is None:
        if measure is not Measure.ACTIVE:
            return ""
        return p.html("active: not known, the sheet does not have this column")
    said = f"{name}: <b>{count_text(value)}</b>"
    spoilt = {field, field_of(group, Measure.EXPECTED)} & judged.spoilt
    if measure is not Measure.EXPECTED and whole and not spoilt:
        said += f" · {share_text(value / whole)}"
    return f"{said} {DOUBTED}" if field in judged.spoilt else said


def _verdict(p: Phrases, standing: Standing) -> str:
    aim = p.html(
        "Target: {target} % are {needed}",
        target=standing.target,
        needed=count_text(standing.needed),
    )
    if not standing.missing:
        reached = p.html("✅ <b>The target is reached</b>")
        return f"{aim}\n{reached}"
    missing = p.many(
        "<b>{people} person is missing</b>",
        "<b>{people} people are missing</b>",
        standing.missing,
        people=count_text(standing.missing),
    )
    return f"{aim}\n➡ {missing}"


def _together(p: Phrases, standing: Standing) -> str:
    said = p.html(
        "active: <b>{active}</b> of {expected} · {share}",
        active=count_text(standing.active),
        expected=count_text(standing.expected),
        share=share_text(standing.active / standing.expected),
    )
    return "\n".join(
        (
            p.html("<b>Pupils and parents together</b>"),
            said,
            _verdict(p, standing),
            p.html(
                "<i>The FAQ does not say whether {target} % is meant of each or together: here are"
                " both.</i>",
                target=standing.target,
            ),
        )
    )


def _steps(p: Phrases, judged: Judged) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Say what one does now, each with the lessons behind it; only from figures that are sure."""
    for group in Group:
        standing = judged.standings.get(group)
        if standing is not None and standing.missing:
            yield from _missing(p, judged, group, standing)
    for group in Group:
        absent = _left_over(judged, group, Measure.EXPECTED, Measure.REGISTERED)
        linked = _left_over(judged, group, Measure.REGISTERED, Measure.LINKED)
        if absent and group not in judged.standings:
            yield _to_register(p, group, absent)
        if linked and group is not Group.PUPILS:
            words = p.html(
                "{who} whose account is not linked with the journal: {count}. Send them the"
                " instructions.",
                who=group_name(p, group),
                count=count_text(linked),
            )
            yield words, ("link-journal", "relink")
    unknown = [
        group for group in Group
        if judged.figures.of(group, Measure.ACTIVE) is None
        and judged.figures.of(group, Measure.EXPECTED)
    ]  # fmt: skip
    if unknown:
        yield (
            p.html(
                "How many are active is not in the sheet. To be registered is not to be active:"
                " look for the column and send the sheet with it."
            ),
            ("sheet",),
        )


def _missing(
    p: Phrases, judged: Judged, group: Group, standing: Standing
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Say of whom those who are missing can be won: of the registered first, then of all."""
    silent = _left_over(judged, group, Measure.REGISTERED, Measure.ACTIVE)
    who = group_name(p, group)
    lessons: tuple[str, ...] = ("activity",)
    if group is Group.TEACHERS:
        lessons = ("activity", "chats-count")
        ask = p.html("Ask each to write a message in a chat that counts.")
    else:
        ask = p.html("Give them a reason to open Sferum and read: homework, a change of lessons.")
    if silent is None:
        yield f"{who}: {ask}", lessons
        return
    rest = standing.missing - silent
    if silent:
        words = p.html(
            "{who}: registered and not active {silent}. {enough}",
            who=who,
            silent=count_text(silent),
            enough=p.t("That is enough for the target.") if rest <= 0 else "",
        )
        yield f"{words.rstrip()} {ask}", lessons
    if rest > 0:
        yield _to_register(p, group, rest)


def _to_register(p: Phrases, group: Group, count: int) -> tuple[str, tuple[str, ...]]:
    words = p.html(
        "{who}: {count} more have to be registered and assigned to your organisation. Look in"
        " “Find a contact” for who has not moved to MAX.",
        who=group_name(p, group),
        count=count_text(count),
    )
    return words, (("parents",) if group is Group.PARENTS else ("not-moved",))


def _left_over(judged: Judged, group: Group, whole: Measure, part: Measure) -> int | None:
    """Return how many of some are not among others; None where that is not sure."""
    fields = field_of(group, whole), field_of(group, part)
    more, less = map(judged.figures.at, fields)
    if more is None or less is None or judged.spoilt.intersection(fields):
        return None
    return more - less


def _lesson_keys(stage: Stage, lessons: Sequence[str]) -> list[Row]:
    p = stage.phrases
    return [
        (button(p.t("Lesson: {title}", title=stage.lesson(each).title), OpenLesson(each)),)
        for each in lessons
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
    return SchoolOf(organisation=at.organisation, viewer=stage.person.id, day=day, most=1)


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
        rows: list[Row] = [(button(p.t("📄 Which file, and where it is from"), Sheets()),)]
        return Screen(heading=name, text=text, rows=(*rows, *_up(stage, found), *onward(stage)))
    (known,) = found.days
    said = explained(stage, known.figures, known.day, found.zone)
    moment = p.html("<i>Sheet of {day}</i>", day=p.day(known.day))
    rows = _lesson_keys(stage, said.lessons)
    here = Key(found.id)
    rows.append((button(p.t("📈 Over time"), SchoolTrend(here)),))
    rows.append((button(p.t("📄 About the last file"), ReceivedPlace()),))
    return Screen(
        heading=name,
        text=f"{moment}\n\n{said.text}",
        rows=(*rows, *_up(stage, found), *onward(stage)),
    )


def _up(stage: Stage, found: SeenSchool) -> list[Row]:
    if not found.coordinated:
        return []
    return [(button(stage.phrases.t("👥 The training of this school"), Unit(Key(found.id))),)]


def not_seen(stage: Stage) -> Screen:
    """Say that the person may not see a school's figures (any more), if there is one."""
    p = stage.phrases
    text = p.html(
        "You are neither an administrator of this school here nor its coordinator, or not any"
        " more, so its figures are not shown. If you should be, ask for a new invite."
    )
    return Screen(text=text, rows=onward(stage))


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
    rows = _lesson_keys(stage, said.lessons)
    rows.append((button(p.t("🧮 Reckon with other figures"), AskTargets()),))
    if found.schools:
        rows.append((button(p.t("📄 About the last file"), ReceivedPlace()),))
    else:
        parts.append(
            p.html(
                "<i>I keep none of these figures. To see how your school’s change, become its"
                " administrator here: ask your coordinator for an invite.</i>"
            )
        )
    return Screen(
        heading=p.html("What the figures mean"),
        text="\n\n".join(parts),
        rows=(*rows, *onward(stage)),
    )


ROUTES = (
    reading_place(School, wanted, school, who=Audience.ANYBODY),
    reading_place(Reckoned, reckoned_by, reckoned, who=Audience.ANYBODY),
)
