"""A question of a lesson's pool, by its kind."""

import json
import re
from hashlib import sha256
from typing import TypedDict

from course_bot.content.checks.checker import Checker
from course_bot.content.model import (
    Case,
    Choice,
    Generated,
    Match,
    Multiple,
    Number,
    Option,
    Order,
    Pair,
)
from course_bot.content.question_shapes import (
    WrittenChoice,
    WrittenMatch,
    WrittenMultiple,
    WrittenNumber,
    WrittenOrder,
    WrittenQuestion,
)
from course_bot.content.reading import WrittenStep
from course_bot.content.shapes import WrittenQuiz
from course_bot.content.source import Item, Loc
from course_bot.markup import shown, suggest

QUESTION_CHARS = 400
OPTION_CHARS = 90
TERM_CHARS = 40
MEANING_CHARS = 80
EXPLANATION_CHARS = 400
WHY_CHARS = 160
UNIT_CHARS = 20
LENGTHS = "сделайте неверные варианты похожими по длине"

CASE_NAMES: dict[Case, tuple[frozenset[str], frozenset[str]]] = {
    Case.PEOPLE_NEEDED: (frozenset({"total"}), frozenset()),
    Case.PEOPLE_MISSING: (frozenset({"total", "active"}), frozenset({"needed"})),
    Case.ACTIVE_PERCENT: (frozenset({"total", "active"}), frozenset()),
    Case.REGISTERED_PERCENT: (frozenset({"total", "attached"}), frozenset()),
    Case.PARENTS_EXPECTED: (frozenset({"pupils"}), frozenset()),
    Case.EVERYONE_EXPECTED: (frozenset({"teachers", "pupils"}), frozenset({"parents"})),
}
"""The {names} of each case: those that its question must give, and those that it may use."""

CASES_WITH_RULE = frozenset({Case.PEOPLE_NEEDED, Case.PEOPLE_MISSING})

_Question = Choice | Multiple | Order | Match | Number


def check_pool(
    checker: Checker, quiz: Item[WrittenQuiz], questions: list[Item[WrittenQuestion]]
) -> None:
    """Hold the number of critical questions against how many an attempt draws."""
    limit = quiz.written.draw - 2
    critical = [question for question in questions if question.written.critical]
    for question in critical[limit:]:
        right = f"в этом уроке не больше {limit}: draw минус 2"
        checker.fault(question.place("critical"), "слишком много вопросов critical", right)


def check_question(
    checker: Checker, item: Item[WrittenQuestion], steps: list[WrittenStep] | None
) -> _Question | None:
    """Check a question against its lesson's steps and build it; None where it can't be."""
    written = item.written
    if written.id in checker.question_ids:
        right = "имена вопросов не повторяются во всём курсе"
        checker.fault(item.place("id"), f"вопрос «{written.id}» уже есть", right)
    checker.question_ids.add(written.id)
    titles = [step.title for step in steps or ()]
    if steps is not None and written.step not in titles:
        right = suggest(written.step, titles)
        checker.fault(item.place("step"), f"в уроке нет шага «{written.step}»", right)
    names = _names(written)

    def text(*loc: str | int, limit: int, names: frozenset[str] = frozenset()) -> str:
        return checker.text(item.text(*loc), item.within(*loc), limit, names=names)

    common = _Common(
        id=written.id,
        version=_digest(item.source.at(item.loc)),
        text=text("text", limit=QUESTION_CHARS, names=names),
        explanation=text(
            "explanation",
            limit=EXPLANATION_CHARS,
            names=names | {"answer"} if names else names,
        ),
        step=titles.index(written.step) + 1 if written.step in titles else 0,
        critical=written.critical,
    )
    match written:
        case WrittenChoice() | WrittenMultiple():
            options = tuple(
                Option(
                    text=text("options", index, "text", limit=OPTION_CHARS),
                    right=option.right,
                    why=text("options", index, "why", limit=WHY_CHARS) if option.why else "",
                )
                for index, option in enumerate(written.options)
            )
            _options(checker, item, options, one=isinstance(written, WrittenChoice))
            if isinstance(written, WrittenChoice):
                return Choice(**common, options=options)
            return Multiple(**common, options=options)
        case WrittenOrder():
            items: dict[Loc, str] = {
                ("items", index): text("items", index, limit=OPTION_CHARS)
                for index in range(len(written.items))
            }
            checker.different(item, "шаг порядка", items)
            return Order(**common, items=tuple(items.values()))
        case WrittenMatch():
            pairs = tuple(
                Pair(
                    term=text("pairs", index, "term", limit=TERM_CHARS),
                    meaning=text("pairs", index, "meaning", limit=MEANING_CHARS),
                )
                for index in range(len(written.pairs))
            )
            terms: dict[Loc, str] = {
                ("pairs", at, "term"): pair.term for at, pair in enumerate(pairs)
            }
            checker.different(item, "термин", terms)
            meanings: dict[Loc, str] = {
                ("pairs", at, "meaning"): pair.meaning for at, pair in enumerate(pairs)
            }
            checker.different(item, "значение", meanings)
            return Match(**common, pairs=pairs)
        case WrittenNumber():
            unit = text("unit", limit=UNIT_CHARS) if written.unit else ""
            generated = _generated(checker, item, written)
            answer = _answer(checker, item, written)
            return Number(**common, unit=unit, generated=generated, answer=answer)
    return None


def _options(
    checker: Checker, item: Item[WrittenQuestion], options: tuple[Option, ...], *, one: bool
) -> None:
    right = [index for index, option in enumerate(options) if option.right]
    wrong = [index for index, option in enumerate(options) if not option.right]
    place = item.place("options")
    if one and len(right) != 1:
        checker.fault(place, f"верных вариантов: {len(right)}", "в choice ровно один right: true")
    elif not one and (len(right) < 2 or not wrong):
        what = f"верных вариантов: {len(right)} из {len(options)}"
        checker.fault(place, what, "в multiple хотя бы два верных и хотя бы один неверный")
    for index, option in enumerate(options):
        if option.right and option.why:
            what = "why у верного варианта"
            checker.fault(item.place("options", index, "why"), what, "объясните в explanation")
        elif one and not option.right and not option.why:
            what = "у неверного варианта нет why"
            checker.fault(item.place("options", index), what, "напишите, почему он неверен")
    texts: dict[Loc, str] = {
        ("options", at, "text"): option.text for at, option in enumerate(options)
    }
    checker.different(item, "вариант", texts)
    if right and wrong:
        lengths = [len(shown(option.text)) for option in options]
        if _stands_out(min(lengths[at] for at in right), max(lengths[at] for at in wrong)):
            what = "верный вариант выдаёт себя длиной: длиннее всех"
            checker.fault(item.place("options", right[0], "text"), what, LENGTHS)
        elif _stands_out(min(lengths[at] for at in wrong), max(lengths[at] for at in right)):
            what = "верный вариант выдаёт себя длиной: короче всех"
            checker.fault(item.place("options", right[0], "text"), what, LENGTHS)


def _names(written: WrittenQuestion) -> frozenset[str]:
    """List the {names} that a question may use."""
    if not isinstance(written, WrittenNumber) or not written.generated:
        return frozenset()
    case = _case(written)
    groups = [CASE_NAMES[case]] if case else CASE_NAMES.values()
    return frozenset(name for group in groups for names in group for name in names)


def _generated(
    checker: Checker, item: Item[WrittenQuestion], written: WrittenNumber
) -> Generated | None:
    if not written.generated:
        return None
    case = _case(written)
    if case is None:
        what = f"неизвестный случай «{written.generated.case}»"
        right = suggest(written.generated.case, [*Case])
        checker.fault(item.place("generated", "case"), what, right)
        return None
    for name in sorted(CASE_NAMES[case][0]):
        if f"{{{name}}}" not in written.text:
            what = f"в вопросе нет {{{name}}}"
            checker.fault(item.place("text"), what, "без этого числа ответ не найти")
    if "{answer}" not in written.explanation:
        right = "покажите в объяснении ответ"
        checker.fault(item.place("explanation"), "в объяснении нет {answer}", right)
    return Generated(case=case, percent=_percent(checker, item, case, written.generated.rule))


def _percent(
    checker: Checker, item: Item[WrittenQuestion], case: Case, rule: str | None
) -> int | None:
    place = item.place("generated", "rule" if rule else "case")
    if case not in CASES_WITH_RULE:
        if rule:
            checker.fault(place, f"случаю {case} правило не нужно", "уберите строку rule")
        return None
    if not rule:
        checker.fault(place, f"случаю {case} нужно правило", "добавьте строку «rule: …»")
        return None
    if checker.fillings is None:
        return None
    known = list(checker.files.rules or ())
    if rule not in known:
        checker.fault(place, f"неизвестное правило «{rule}»", suggest(rule, known))
        return None
    percent = int(checker.fillings[rule])
    if not 1 <= percent <= 100:
        checker.fault(place, f"правило «{rule}» — не проценты", "нужно число от 1 до 100")
        return None
    return percent


def _answer(checker: Checker, item: Item[WrittenQuestion], written: WrittenNumber) -> int | None:
    answer = written.answer
    place = item.place("answer")
    if (answer is None) == (written.generated is None):
        what = "нет ответа" if answer is None else "и answer, и generated"
        checker.fault(place, what, "нужно что-то одно: answer или generated")
        return None
    if answer is None:
        return None
    if isinstance(answer, str) and (found := re.fullmatch(r"\{\{(\w+)\}\}", answer)):
        if checker.fillings is None:
            return None
        if found[1] in checker.fillings:
            return int(checker.fillings[found[1]])
        right = suggest(found[1], list(checker.files.rules or ()))
        checker.fault(place, f"неизвестное правило «{found[1]}»", right)
        return None
    if isinstance(answer, int) and not isinstance(answer, bool) and answer >= 0:
        return answer
    right = 'целое число от 0 или "{{правило}}" в кавычках'
    checker.fault(place, "ответ — не целое число", right)
    return None


class _Common(TypedDict):
    """What the constructors of all kinds of questions take."""

    id: str
    version: str
    text: str
    explanation: str
    step: int
    critical: bool


def _case(written: WrittenQuestion) -> Case | None:
    generated = written.generated if isinstance(written, WrittenNumber) else None
    return Case(generated.case) if generated and generated.case in [*Case] else None


def _digest(value: object) -> str:
    """Digest a value as its author wrote it: 12 hexadecimal digits."""
    written = json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)
    return sha256(written.encode()).hexdigest()[:12]


def _stands_out(longer: int, shorter: int) -> bool:
    """Tell whether a length gives an option away: 30 % and 12 characters more than another."""
    return longer > shorter * 1.3 and longer - shorter > 12
