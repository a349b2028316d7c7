"""Without a file: figures are asked for one by one, or taken from one line, and explained."""

import re
from collections.abc import Iterable

from course_bot.content.search import find
from course_bot.conversation.actions import (
    Action,
    AskTargets,
    Counting,
    Reckoned,
    Sheets,
    StaleError,
)
from course_bot.conversation.port import Screen
from course_bot.conversation.routes import Audience, place
from course_bot.conversation.sheets import onward
from course_bot.conversation.stage import Row, Stage, button, go_to
from course_bot.locale.phrases import Phrases
from course_bot.reports.wording import count_text
from course_bot.sheets.coding import LARGEST, decode, encode
from course_bot.sheets.figures import Field, Figures, Group, Measure, field_of
from course_bot.storage.store import Decision
from course_bot.typed import is_question

STEPS = tuple(
    field_of(group, measure) for group in Group for measure in (Measure.EXPECTED, Measure.ACTIVE)
)
"""What is asked for, in this order; a step is a place among them, from 1."""
PARENTS = STEPS.index(Field.PARENTS_EXPECTED) + 1
_NUMBER = re.compile(r"[0-9]+(?:[\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}][0-9]{3})*")
"""Digits, perhaps in groups as this bot writes them; an ordinary space parts two numbers."""
_OF = re.compile(r"[0-9]\D{0,20}\b(?:из|of)\b\D{0,20}[0-9]", re.IGNORECASE)
"""«Активны 74 из 120» has them the other way round."""
_SHARE = re.compile(r"%|процент|[0-9][.,][0-9]", re.IGNORECASE)
_SKIPS = re.compile(
    r"\W*(?:не знаю|нет данных|нет|пропустить|пропуск|дальше|skip|next|no)?\W*", re.IGNORECASE
)


def _at(stage: Stage) -> tuple[int, Figures]:
    """Return the step at which the person is, and what they have told so far.

    Raises:
        StaleError: they are nowhere among the steps.
    """
    name, *words = stage.person.place.split(":")
    if name == AskTargets.name:
        return 1, Figures()
    return _read(Counting.read(words))


def _read(at: Counting) -> tuple[int, Figures]:
    try:
        figures, _ = decode(at.code)
    except ValueError:
        raise StaleError from None
    if not 1 <= at.step <= len(STEPS):
        raise StaleError
    return at.step, figures


def _step(step: int, figures: Figures) -> Action:
    """Return the place of a step; past the last one, that of what came of it.

    There should be as many parents as pupils, so of them only the active ones are asked for.
    """
    if step == PARENTS and figures.pupils_expected is not None:
        figures = figures.with_figure(Field.PARENTS_EXPECTED, figures.pupils_expected)
        step += 1
    code = encode(figures)
    return Counting(step, code) if step <= len(STEPS) else Reckoned(code)


def begin(stage: Stage, _at: AskTargets) -> Screen:
    """Ask for the first figures."""
    return _asked(stage, 1, Figures())


def go_on(stage: Stage, at: Counting) -> Screen:
    """Ask for the next figures."""
    return _asked(stage, *_read(at))


def _asked(stage: Stage, step: int, figures: Figures) -> Screen:
    p, field = stage.phrases, STEPS[step - 1]
    group = Group(field.partition("_")[0])
    whole = figures.of(group, Measure.EXPECTED)
    lines = []
    if field is field_of(group, Measure.EXPECTED):
        lines.append(_example(p, group))
        if step == 1:
            lines.append(
                p.html("The figures are in the statistics sheet. Nothing of them is stored.")
            )
    elif field is Field.PARENTS_ACTIVE and whole == figures.pupils_expected:
        lines.append(
            p.html(
                "There should be as many parents as pupils: {count}. If the sheet says otherwise,"
                " write both figures.",
                count=count_text(whole or 0),
            )
        )
    # Whoever skips a total has no active ones to tell either.
    after = step + 1 if step % 2 == 0 else step + 2
    rows: list[Row] = [(button(p.t("Skip"), _step(after, figures)),)]
    if step == 1:
        rows.append((button(p.t("📄 I have the sheet"), Sheets()),))
    else:
        rows[:0] = [
            (button(p.t("🧮 Reckon with these"), Reckoned(encode(figures))),)
        ] * figures.known
        rows.append((button(p.t("↺ Begin again"), AskTargets()),))
    return Screen(
        heading=_question(p, field, whole), text="\n\n".join(lines), rows=(*rows, *onward(stage))
    )


def _question(p: Phrases, field: Field, whole: int | None) -> str:
    match field:
        case Field.TEACHERS_EXPECTED:
            return p.html("How many teachers are there in the school by OO-1?")
        case Field.PUPILS_EXPECTED:
            return p.html("How many pupils are there in the school by OO-1?")
        case Field.PARENTS_EXPECTED:
            return p.html("How many parents are there in the school by OO-1?")
        case Field.TEACHERS_ACTIVE:
            return p.html("And how many of {count} teachers are active?", count=_count(whole))
        case Field.PUPILS_ACTIVE:
            return p.html("And how many of {count} pupils are active?", count=_count(whole))
        case _:
            return p.html("And how many of {count} parents are active?", count=_count(whole))


def _count(whole: int | None) -> str:
    return "—" if whole is None else count_text(whole)


def _example(p: Phrases, group: Group) -> str:
    example = "120 74" if group is Group.TEACHERS else "800 250"
    return p.html(
        "Write the number, or both at once: in all and active, such as <code>{example}</code>.",
        example=example,
    )


def commanded(stage: Stage, text: str) -> Decision:
    """Take figures that were typed behind the command, or ask for them."""
    first = stage.after(go_to(stage.person, AskTargets()))
    return (typed(first, text) if text else None) or Decision(person=first.person)


def typed(stage: Stage, text: str) -> Decision | None:
    """Take figures that were typed; None where the text asks for something."""
    step, figures = _at(stage)
    if _SKIPS.fullmatch(text):
        after = step + 1 if step % 2 == 0 else step + 2
        return Decision(person=go_to(stage.person, _step(after, figures)))
    numbers = [int(re.sub(r"\D", "", each)) for each in _NUMBER.findall(text[:200])]
    if is_question(text) or (not numbers and find(stage.course, text)):
        return None
    if not numbers:
        notice = stage.phrases.t("Please write a number, such as 120, or two: 120 74.")
        return Decision(person=stage.person, notice=notice)
    if len(numbers) == 2 and _OF.search(text):
        numbers.reverse()
    wrong, step, figures = _filled(stage.phrases, text, numbers, step, figures)
    if wrong:
        return Decision(person=stage.person, notice=wrong)
    return Decision(person=go_to(stage.person, _step(step, figures)))


def _filled(
    p: Phrases, text: str, numbers: list[int], step: int, figures: Figures
) -> tuple[str, int, Figures]:
    """Put numbers into the figures from a step on; return what is wrong, or "", and the next."""
    places = list(STEPS[step - 1 :])
    if step == len(STEPS) and len(numbers) == 2:  # the total of parents is told after all
        places = list(STEPS[-2:])
    if len(numbers) == len(places) - 1 and len(places) > 2:
        # As many parents as pupils: whoever tells all but their total means that.
        places.remove(Field.PARENTS_EXPECTED)
    if _SHARE.search(text):
        return (
            p.t("I need numbers of people, and not percent: for instance 120 74."),
            step,
            figures,
        )
    if max(numbers) > LARGEST:
        most = count_text(LARGEST)
        return p.t("No school has so many people: {most} at most.", most=most), step, figures
    if len(numbers) > len(places):
        return p.t("These are too many numbers at once. For instance: 120 74."), step, figures
    told = figures
    for field, number in zip(places, numbers, strict=False):
        told = told.with_figure(field, number)
    if Field.PARENTS_EXPECTED not in places and len(places) == 5:
        told = told.with_figure(Field.PARENTS_EXPECTED, told.pupils_expected)
    for active, whole in _pairs(told):
        if active > whole:
            wrong = p.t(
                "{active} active of {whole}: there can’t be more than there are in all. A number"
                " over a thousand is written without a space: 1593.",
                active=count_text(active),
                whole=count_text(whole),
            )
            return wrong, step, figures
    last = places[len(numbers) - 1]
    return "", STEPS.index(last) + 2, told


def _pairs(figures: Figures) -> Iterable[tuple[int, int]]:
    for group in Group:
        active, whole = figures.of(group, Measure.ACTIVE), figures.of(group, Measure.EXPECTED)
        if active is not None and whole is not None:
            yield active, whole


ROUTES = (
    place(AskTargets, begin, who=Audience.ANYBODY),
    place(Counting, go_on, who=Audience.ANYBODY),
)
