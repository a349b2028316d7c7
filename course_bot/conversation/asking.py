"""How a question looks, and how an answer to it: texts, numbers and the buttons that answer."""

from collections.abc import Sequence

from course_bot.content.model import Choice, Match, Multiple, Number, Order, Pair
from course_bot.conversation.stage import Row, button
from course_bot.learning.attempts import Asked
from course_bot.learning.progress import Answer
from course_bot.locale.phrases import Phrases
from course_bot.markup import shown

SHORT_OPTION = 32
"""Options of up to so many characters fit their buttons on a phone of 360 pixels."""
TICK, NO_TICK = "☑", "☐"

_Parts = tuple[list[str], list[Row]]


def answering(p: Phrases, asked: Asked, draft: tuple[int, ...], where: tuple[str, int]) -> _Parts:
    """Return the text under a question and the buttons that answer it.

    Args:
        p: the phrases of the person's language.
        asked: the question as it is asked.
        draft: indices tapped so far.
        where: the attempt's id and the question's index in it, for the buttons' actions.
    """
    match asked.question:
        case Choice(options=options):
            texts = [options[each].text for each in asked.shown]
            lines, labels = labelled(texts)
            hint = [] if not lines else [p.html("Press the number of the right answer.")]
            return _lines(lines, hint), _taps("pick", labels, asked.shown, where)
        case Multiple(options=options):
            marks = [TICK if each in draft else NO_TICK for each in asked.shown]
            lines, labels = labelled([options[each].text for each in asked.shown])
            lines = [f"{mark} {line}" for mark, line in zip(marks, lines, strict=False)]
            labels = [f"{mark} {label}" for mark, label in zip(marks, labels, strict=True)]
            hint = [p.html("Mark everything that is right, then press “Done”.")]
            rows = _taps("tap", labels, asked.shown, where)
            if draft:
                rows.append((button(p.t("Done"), "done", *where),))
            return _lines(lines, hint), rows
        case Order(items=items):
            return _ordering(p, items, asked.shown, draft, where)
        case Match(pairs=pairs):
            return _matching(p, pairs, asked.shown, draft, where)
        case Number(unit=unit):
            if unit:
                return [p.html("Write the answer as a number, in {unit}.", unit=unit)], []
            return [p.html("Write the answer as a number.")], []


def _ordering(
    p: Phrases,
    items: tuple[str, ...],
    order: tuple[int, ...],
    draft: tuple[int, ...],
    where: tuple[str, int],
) -> _Parts:
    lines, labels = labelled([items[each] for each in order])
    left = [place for place, each in enumerate(order) if each not in draft]
    parts = []
    if draft:
        chosen = [f"{place}. {items[each]}" for place, each in enumerate(draft, 1)]
        parts.append("\n".join((p.html("<b>Your order:</b>"), *chosen)))
    if left:
        if lines:
            parts.append("\n".join(lines[place] for place in left))
        hint = (
            p.html("What comes next?")
            if draft
            else p.html("Press them one after another: what comes first?")
        )
        parts.append(f"<i>{hint}</i>")
    else:
        parts.append(p.html("<i>Is that the order? Then press “Done”.</i>"))
    rows = _taps("tap", [labels[place] for place in left], [order[place] for place in left], where)
    return parts, rows + _undo_and_done(p, draft, where, complete=not left)


def _matching(
    p: Phrases,
    pairs: tuple[Pair, ...],
    order: tuple[int, ...],
    draft: tuple[int, ...],
    where: tuple[str, int],
) -> _Parts:
    parts = []
    if draft:
        chosen = [
            f"<b>{pairs[term].term}</b> — {pairs[meaning].meaning}"
            for term, meaning in enumerate(draft)
        ]
        parts.append("\n".join(chosen))
    left = [each for each in order if each not in draft]
    if not left:
        parts.append(p.html("<i>Do the pairs fit? Then press “Done”.</i>"))
        return parts, _undo_and_done(p, draft, where, complete=True)
    lines, labels = labelled([pairs[each].meaning for each in order])
    places = [place for place, each in enumerate(order) if each not in draft]
    ask = p.html("What belongs to this?")
    parts.append(f"{ask} <b>{pairs[len(draft)].term}</b>")
    if lines:
        parts.append("\n".join(lines[place] for place in places))
    rows = _taps("tap", [labels[place] for place in places], left, where)
    return parts, rows + _undo_and_done(p, draft, where, complete=False)


def _undo_and_done(
    p: Phrases, draft: tuple[int, ...], where: tuple[str, int], *, complete: bool
) -> list[Row]:
    undo = [button(p.t("↶ Undo"), "undo", *where)] if draft else []
    done = [button(p.t("Done"), "done", *where)] if complete else []
    return [(*undo, *done)] if undo or done else []


def labelled(texts: Sequence[str]) -> tuple[list[str], list[str]]:
    """Put short texts on their buttons, and long ones into numbered lines above number buttons.

    Returns:
        The lines, none where the texts are short; and a label for each text.
    """
    plain = [shown(text) for text in texts]
    if all(len(text) <= SHORT_OPTION for text in plain):
        return [], plain
    return [f"{place}. {text}" for place, text in enumerate(texts, 1)], [
        f"{place}" for place in range(1, len(texts) + 1)
    ]


def _lines(lines: list[str], hint: list[str]) -> list[str]:
    return (["\n".join(lines)] if lines else []) + [f"<i>{each}</i>" for each in hint]


def _taps(
    verb: str, labels: Sequence[str], indices: Sequence[int], where: tuple[str, int]
) -> list[Row]:
    """Make a button for each part: a row each for texts, one row for numbers."""
    buttons = [
        button(label, verb, *where, each) for label, each in zip(labels, indices, strict=True)
    ]
    if all(len(label) <= len("☑ 6") for label in labels):
        return [tuple(buttons)] if buttons else []
    return [(each,) for each in buttons]


def verdict(p: Phrases, answer: Answer) -> str:
    """Say in a word whether an answer was right."""
    if answer.right:
        return p.html("✅ <b>Right!</b>")
    if answer.points == 0:
        return p.html("❌ <b>Not quite.</b>")
    return p.html("🟡 <b>Partly right</b>: {points} points of 100.", points=answer.points)


def comparison(p: Phrases, asked: Asked, answer: Answer) -> list[str]:
    """Return what was answered and, unless it was right, what would have been right."""
    given = p.html("<b>Your answer:</b>")
    right = p.html("<b>Right:</b>")
    match asked.question, answer.response:
        case Choice(options=options), (int(chosen),):
            lines = [f"{given} {options[chosen].text}"]
            if not answer.right:
                if options[chosen].why:
                    lines.append(options[chosen].why)
                lines += [f"{right} {option.text}" for option in options if option.right]
            return lines
        case Multiple(options=options), tuple(chosen_options):
            lines = [given]
            for each in asked.shown:
                if each in chosen_options:
                    mark = "✅" if options[each].right else "❌"
                    why = f"\n    <i>{options[each].why}</i>" if options[each].why else ""
                    lines.append(f"{mark} {options[each].text}{why}")
            left = [each for each in asked.shown if each not in chosen_options]
            missed = [f"• {options[each].text}" for each in left if options[each].right]
            also = ["\n".join((p.html("<b>Right as well:</b>"), *missed))] if missed else []
            return ["\n".join(lines), *also]
        case Order(items=items), tuple(sequence):
            tapped = "\n".join(f"{place}. {items[each]}" for place, each in enumerate(sequence, 1))
            rightly = "\n".join(f"{place}. {item}" for place, item in enumerate(items, 1))
            return [f"{given}\n{tapped}"] + ([] if answer.right else [f"{right}\n{rightly}"])
        case Match(pairs=pairs), tuple(meanings):
            lines = []
            for term, meaning in enumerate(meanings):
                mark = "✅" if term == meaning else "❌"
                lines.append(f"{mark} <b>{pairs[term].term}</b> — {pairs[meaning].meaning}")
                if term != meaning:
                    lines.append(f"    {right} {pairs[term].meaning}")
            return ["\n".join(lines)]
        case Number(answer=number, unit=unit), float(response):
            lines = [f"{given} {_written(response)}{_unit(unit)}"]
            if not answer.right and number is not None:
                lines.append(f"{right} {_written(number)}{_unit(unit)}")
            return ["\n".join(lines)]
        case _:
            return []


def _written(number: float) -> str:
    """Write a number the Russian way: a comma, and from 10 000 on spaces between thousands."""
    text = f"{number:{',' if abs(number) >= 10_000 else ''}.6f}".rstrip("0").rstrip(".")
    return text.replace(",", "\N{NO-BREAK SPACE}").replace(".", ",")


def _unit(unit: str) -> str:
    return f"\N{NO-BREAK SPACE}{unit}" if unit else ""
