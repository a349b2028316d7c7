"""What types can't show: whether the files of a course fit together, and every messenger's limits.

``check`` is the one way from a folder to a ``Course``; the command line, start-up and the watcher
all take it.
"""

import json
import math
import re
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from typing import TypedDict
from urllib.parse import urlsplit

from course_bot.content.markup import brace_faults, fill, render, shown, suggest
from course_bot.content.model import (
    Case,
    Choice,
    Course,
    FaqEntry,
    Generated,
    Lesson,
    Link,
    Match,
    Multiple,
    Number,
    Option,
    Order,
    Pair,
    Rule,
    Step,
    Track,
)
from course_bot.content.reading import (
    LAST_FAQ_ID,
    Fault,
    Item,
    Loc,
    M,
    Manuscript,
    Place,
    Severity,
    Source,
    Within,
    WrittenChoice,
    WrittenEntry,
    WrittenFront,
    WrittenLesson,
    WrittenLink,
    WrittenMatch,
    WrittenMultiple,
    WrittenNumber,
    WrittenOrder,
    WrittenQuestion,
    WrittenQuiz,
    WrittenRule,
    WrittenStep,
    read,
)

STEP_CHARS = 900
QUESTION_CHARS = 400
OPTION_CHARS = 90
TERM_CHARS = 40
MEANING_CHARS = 80
EXPLANATION_CHARS = 400
WHY_CHARS = 160
ANSWER_CHARS = 700
LABEL_CHARS = 40
UNIT_CHARS = 20
MARKUP_CHARS = 100
"""With its tags a text may be twice as long as shown and this much more: a screen has 4000."""
STEPS = range(3, 8)
STEP_LINKS = 6
MINUTES = 5
CHARS_A_MINUTE = 1200
QUESTION_SECONDS = 20
FAQ_IDS = range(LAST_FAQ_ID + 1)
LENGTHS = "сделайте неверные варианты похожими по длине"
_MARKUP = re.compile(r"\*\*|`|</?\w+>")

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


def check(folder: Path, *, today: date) -> tuple[Course | None, tuple[Fault, ...]]:
    """Read a course and check it.

    Args:
        folder: the course's folder, ``lessons/``.
        today: the day against which reviews are overdue.

    Returns:
        The course, or None where there is any error; and all faults, in the order of the files.
    """
    checking = _Checking(manuscript=read(folder), today=today)
    course = checking.course()
    faults = tuple(sorted(set(checking.faults), key=lambda fault: (fault.place, fault.what)))
    broken = any(fault.severity is Severity.ERROR for fault in faults)
    return (None if broken else course), faults


def _twice(values: Iterable[Hashable]) -> Iterator[int]:
    """Name the positions of values that were there before."""
    seen = set()
    for index, value in enumerate(values):
        if value in seen:
            yield index
        seen.add(value)


def _same(text: str) -> str:
    """Reduce a text to what makes it another text for a reader."""
    return " ".join(shown(text).casefold().split())


@dataclass(slots=True, kw_only=True)
class _Checking:
    """One manuscript on its way to a course; what can't be built is left out, with a fault.

    What is None can't be read: then nothing is said about references to it.
    """

    manuscript: Manuscript
    today: date
    fillings: dict[str, str] | None = None
    literals: list[tuple[re.Pattern[str], str]] = field(default_factory=list)
    links: dict[str, Link] = field(default_factory=dict)
    link_ids: list[str] | None = None
    question_ids: set[str] = field(default_factory=set)

    @property
    def faults(self) -> list[Fault]:
        return self.manuscript.faults

    def fault(self, place: Place, what: str, would_be_right: str) -> None:
        self.faults.append(Fault(place=place, what=what, would_be_right=would_be_right))

    def course(self) -> Course | None:
        """Check everything, and build the course as far as it goes."""
        rules = self._rules()
        self._links()
        lessons = [self._lesson(lesson) for lesson in self.manuscript.lessons.values()]
        tracks = self._tracks()
        faq = self._faq()
        item = self.manuscript.course
        if item is None:
            return None
        return Course(
            title=self._plain(item, "title"),
            about=self._plain(item, "about"),
            pass_mark=item.written.pass_mark,
            version=self.manuscript.version,
            tracks=MappingProxyType(tracks),
            lessons=MappingProxyType({lesson.id: lesson for lesson in lessons if lesson}),
            faq=MappingProxyType(faq),
            rules=MappingProxyType(rules),
            links=MappingProxyType(self.links),
        )

    # --- texts

    def _text(
        self,
        text: str,
        where: Within,
        limit: int,
        *,
        lists: bool = False,
        names: frozenset[str] = frozenset(),
    ) -> str:
        """Render a text; ``limit`` is in characters as shown."""
        rendered = render(text, self.fillings, lists=lists, names=names)
        for found in rendered.faults:
            self.fault(where(found.offset), found.what, found.would_be_right)
        self._literal(text, where)
        count = len(rendered.shown)
        if not count:
            self.fault(where(0), "пустой текст", "напишите его")
        elif count > limit:
            self.fault(where(0), f"слишком длинно, знаков: {count}", f"не больше {limit}")
        elif len(rendered.html) > 2 * limit + MARKUP_CHARS:
            self.fault(where(0), "слишком много разметки", "оставьте жирным только главное")
        return rendered.html

    def _plain(self, item: Item[M], *loc: str | int) -> str:
        """Fill a text that is shown without markup (a title, a label, a question of the FAQ)."""
        return self._words(item.text(*loc), item.within(*loc))

    def _words(self, text: str, where: Within) -> str:
        for found in brace_faults(text, self.fillings):
            self.fault(where(found.offset), found.what, found.would_be_right)
        if marked := _MARKUP.search(text):
            right = "здесь простой текст, разметки в нём не бывает"
            self.fault(where(marked.start()), f"разметка «{marked[0]}»", right)
        self._literal(text, where)
        return fill(text, self.fillings)

    def _literal(self, text: str, where: Within) -> None:
        """Find the text of a rule written out, which would stay when the rule changes."""
        for pattern, name in self.literals:
            for found in pattern.finditer(text):
                right = f"напишите {{{{{name}.text}}}}"
                self.fault(where(found.start()), f"«{found[0]}» повторяет правило", right)

    def _different(
        self, item: Item[M], what: str, texts: dict[tuple[str | int, ...], str]
    ) -> None:
        """Refuse texts that a reader can't tell apart."""
        places = list(texts)
        for index in _twice(_same(text) for text in texts.values()):
            self.fault(item.place(*places[index]), f"{what} повторяется", "сделайте все разными")

    def _dates(self, item: Item[WrittenRule] | Item[WrittenFront]) -> None:
        """Hold the dates of a statement against each other and against today."""
        written = item.written
        if written.as_of > written.review_by:
            right = f"дата позже {written.as_of}"
            self.fault(item.place("review_by"), "срок проверки раньше, чем as_of", right)
        elif written.review_by < self.today:
            self.faults.append(
                Fault(
                    place=item.place("review_by"),
                    what=f"срок проверки прошёл {written.review_by}",
                    would_be_right="сверьте с источником и поставьте новые as_of и review_by",
                    severity=Severity.WARNING,
                )
            )

    # --- rules.yaml and the links of faq.yaml

    def _rules(self) -> dict[str, Rule]:
        if self.manuscript.rules is None:
            return {}
        rules = {}
        self.fillings = {}
        for name, item in self.manuscript.rules.items():
            written = item.written if item else None
            self.fillings[name] = str(written.value) if written else "0"
            self.fillings[f"{name}.text"] = written.text if written else "0"
            if not item or not written:
                continue
            if not re.search(rf"(?<!\d){written.value}(?!\d)", written.text):
                what = f"в тексте правила нет его числа {written.value}"
                self.fault(item.place("text"), what, f"например, «{written.value} %»")
            elif re.search(r"\d ", written.text):
                what = "обычный пробел после числа"
                right = "поставьте неразрывный (U+00A0), чтобы число не отрывалось"
                self.fault(item.place("text"), what, right)
            self._dates(item)
            parts = written.text.split()
            if len(parts) > 1:
                pattern = r"(?<!\w)" + r"\s*".join(map(re.escape, parts)) + r"(?!\w)"
                self.literals.append((re.compile(pattern, re.IGNORECASE), name))
            rules[name] = Rule(id=name, **written.model_dump())
        return rules

    def _links(self) -> None:
        source = self.manuscript.faq_source
        if self.manuscript.links is None or source is None:
            return
        self.link_ids = _ids(source, "links")
        for index in _twice(self.link_ids):
            place = source.place(("links", index, "id"))
            self.fault(place, f"ссылка «{self.link_ids[index]}» уже есть", "дайте другое имя")
        for item in self.manuscript.links:
            written = item.written
            self._address(item)
            self.links[written.id] = Link(
                id=written.id,
                label=self._plain(item, "label"),
                url=written.url,
                verified=not written.unverified,
            )

    def _address(self, item: Item[WrittenLink]) -> None:
        """Refuse an address that would not open, or not where it seems to lead."""
        url = item.written.url
        right = "адрес выглядит так: https://сайт.ru/страница"
        if foreign := re.search(r"[^!-~]", url):
            place = item.place("url", offset=foreign.start())
            if foreign[0].isalpha():
                what = f"в адресе не латинская буква «{foreign[0]}»"
                self.fault(place, what, "замените её латинской")
            else:
                self.fault(place, f"в адресе знак «{foreign[0]}»", "пробелов в адресах нет")
            return
        try:
            parts = urlsplit(url)
        except ValueError:
            self.fault(item.place("url"), "это не адрес", right)
            return
        if parts.scheme != "https":
            self.fault(item.place("url"), "адрес начинается не с https://", right)
        elif "." not in (parts.hostname or "") or "@" in parts.netloc:
            self.fault(item.place("url"), "это не адрес", right)

    def _known_links(self, item: Item[M], links: list[str]) -> tuple[Link, ...]:
        """Look up the links that a lesson or an entry names."""
        for index in _twice(links):
            self.fault(item.place("links", index), "ссылка повторяется", "оставьте одну")
        for index, link in enumerate(links):
            if self.link_ids is not None and link not in self.link_ids:
                right = suggest(link, self.link_ids)
                self.fault(item.place("links", index), f"неизвестная ссылка «{link}»", right)
        return tuple(self.links[link] for link in links if link in self.links)

    # --- lessons

    def _lesson(self, lesson: WrittenLesson) -> Lesson | None:
        steps = [self._step(step) for step in lesson.steps or ()]
        if lesson.steps is not None:
            self._steps(lesson, lesson.steps)
        pool = [self._question(item, lesson.steps) for item in lesson.questions]
        if lesson.quiz:
            self._pool(lesson.quiz, lesson.questions)
        if lesson.front:
            self._front(lesson.front, lesson.steps)
        if not lesson.front or not lesson.quiz or not steps:
            return None
        draw = lesson.quiz.written.draw
        chars = sum(len(shown(step.text)) for step in steps)
        minutes = math.ceil(chars / CHARS_A_MINUTE + draw * QUESTION_SECONDS / 60)
        if minutes > MINUTES:
            right = f"не больше {MINUTES}; в шагах сейчас знаков: {chars}"
            self.fault(lesson.place, f"урок слишком длинный, минут: {minutes}", right)
        return Lesson(
            id=lesson.id,
            title=self._plain(lesson.front, "title"),
            about=self._plain(lesson.front, "about"),
            faq=tuple(lesson.front.written.faq),
            minutes=minutes,
            draw=draw,
            steps=tuple(steps),
            pool=tuple(question for question in pool if question),
        )

    def _front(self, front: Item[WrittenFront], steps: list[WrittenStep] | None) -> None:
        self._dates(front)
        self._known_links(front, front.written.links)
        for index in _twice(front.written.faq):
            self.fault(front.place("faq", index), "номер повторяется", "оставьте один")
        if steps is None:
            return
        used = {link for step in steps for _, link, _ in step.links}
        for index, link in enumerate(front.written.links):
            if link not in used:
                right = f"поставьте её в шаг строкой [Подпись]({link}) или уберите отсюда"
                what = f"ссылки «{link}» нет ни в одном шаге"
                self.fault(front.place("links", index), what, right)
        for step in steps:
            for _, link, place in step.links:
                if link not in front.written.links:
                    right = "добавьте её в links в начале файла"
                    self.fault(place, f"ссылка «{link}» не названа в шапке", right)

    def _steps(self, lesson: WrittenLesson, steps: list[WrittenStep]) -> None:
        if len(steps) not in STEPS:
            right = f"нужно от {STEPS[0]} до {STEPS[-1]}"
            self.fault(lesson.place, f"в уроке шагов: {len(steps)}", right)
        for index in _twice(_same(step.title) for step in steps):
            what = f"шаг «{steps[index].title}» уже есть"
            self.fault(steps[index].title_place, what, "дайте другое название")

    def _step(self, step: WrittenStep) -> Step:
        if len(step.links) > STEP_LINKS:
            what = f"ссылок в шаге: {len(step.links)}"
            self.fault(step.title_place, what, f"не больше {STEP_LINKS}")
        links = []
        for label, name, place in step.links:
            if self.link_ids is not None and name not in self.link_ids:
                self.fault(place, f"неизвестная ссылка «{name}»", suggest(name, self.link_ids))
            if len(label) > LABEL_CHARS:
                what = f"подпись слишком длинная, знаков: {len(label)}"
                self.fault(place, what, f"не больше {LABEL_CHARS}")
            words = self._words(label, _within_line(place))
            if link := self.links.get(name):
                links.append(replace(link, label=words or link.label))
        return Step(
            title=self._words(step.title, _within_line(step.title_place)),
            text=self._text(step.text, step.place, STEP_CHARS, lists=True),
            links=tuple(links),
        )

    # --- questions

    def _pool(self, quiz: Item[WrittenQuiz], questions: list[Item[WrittenQuestion]]) -> None:
        limit = quiz.written.draw - 2
        critical = [question for question in questions if question.written.critical]
        for question in critical[limit:]:
            right = f"в этом уроке не больше {limit}: draw минус 2"
            self.fault(question.place("critical"), "слишком много вопросов critical", right)

    def _question(
        self, item: Item[WrittenQuestion], steps: list[WrittenStep] | None
    ) -> _Question | None:
        written = item.written
        if written.id in self.question_ids:
            right = "имена вопросов не повторяются во всём курсе"
            self.fault(item.place("id"), f"вопрос «{written.id}» уже есть", right)
        self.question_ids.add(written.id)
        titles = [step.title for step in steps or ()]
        if steps is not None and written.step not in titles:
            right = suggest(written.step, titles)
            self.fault(item.place("step"), f"в уроке нет шага «{written.step}»", right)
        names = self._names(written)

        def text(*loc: str | int, limit: int, names: frozenset[str] = frozenset()) -> str:
            return self._text(item.text(*loc), item.within(*loc), limit, names=names)

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
                self._options(item, options, one=isinstance(written, WrittenChoice))
                if isinstance(written, WrittenChoice):
                    return Choice(**common, options=options)
                return Multiple(**common, options=options)
            case WrittenOrder():
                items: dict[Loc, str] = {
                    ("items", index): text("items", index, limit=OPTION_CHARS)
                    for index in range(len(written.items))
                }
                self._different(item, "шаг порядка", items)
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
                self._different(item, "термин", terms)
                meanings: dict[Loc, str] = {
                    ("pairs", at, "meaning"): pair.meaning for at, pair in enumerate(pairs)
                }
                self._different(item, "значение", meanings)
                return Match(**common, pairs=pairs)
            case WrittenNumber():
                unit = text("unit", limit=UNIT_CHARS) if written.unit else ""
                generated = self._generated(item, written)
                answer = self._answer(item, written)
                return Number(**common, unit=unit, generated=generated, answer=answer)
        return None

    def _options(
        self, item: Item[WrittenQuestion], options: tuple[Option, ...], *, one: bool
    ) -> None:
        right = [index for index, option in enumerate(options) if option.right]
        wrong = [index for index, option in enumerate(options) if not option.right]
        place = item.place("options")
        if one and len(right) != 1:
            self.fault(place, f"верных вариантов: {len(right)}", "в choice ровно один right: true")
        elif not one and (len(right) < 2 or not wrong):
            what = f"верных вариантов: {len(right)} из {len(options)}"
            self.fault(place, what, "в multiple хотя бы два верных и хотя бы один неверный")
        for index, option in enumerate(options):
            if option.right and option.why:
                what = "why у верного варианта"
                self.fault(item.place("options", index, "why"), what, "объясните в explanation")
            elif one and not option.right and not option.why:
                what = "у неверного варианта нет why"
                self.fault(item.place("options", index), what, "напишите, почему он неверен")
        texts: dict[Loc, str] = {
            ("options", at, "text"): option.text for at, option in enumerate(options)
        }
        self._different(item, "вариант", texts)
        if right and wrong:
            lengths = [len(shown(option.text)) for option in options]
            if _stands_out(min(lengths[at] for at in right), max(lengths[at] for at in wrong)):
                what = "верный вариант выдаёт себя длиной: длиннее всех"
                self.fault(item.place("options", right[0], "text"), what, LENGTHS)
            elif _stands_out(min(lengths[at] for at in wrong), max(lengths[at] for at in right)):
                what = "верный вариант выдаёт себя длиной: короче всех"
                self.fault(item.place("options", right[0], "text"), what, LENGTHS)

    def _names(self, written: WrittenQuestion) -> frozenset[str]:
        """List the {names} that a question may use."""
        if not isinstance(written, WrittenNumber) or not written.generated:
            return frozenset()
        case = _case(written)
        groups = [CASE_NAMES[case]] if case else CASE_NAMES.values()
        return frozenset(name for group in groups for names in group for name in names)

    def _generated(self, item: Item[WrittenQuestion], written: WrittenNumber) -> Generated | None:
        if not written.generated:
            return None
        case = _case(written)
        if case is None:
            what = f"неизвестный случай «{written.generated.case}»"
            right = suggest(written.generated.case, [*Case])
            self.fault(item.place("generated", "case"), what, right)
            return None
        for name in sorted(CASE_NAMES[case][0]):
            if f"{{{name}}}" not in written.text:
                what = f"в вопросе нет {{{name}}}"
                self.fault(item.place("text"), what, "без этого числа ответ не найти")
        if "{answer}" not in written.explanation:
            right = "покажите в объяснении ответ"
            self.fault(item.place("explanation"), "в объяснении нет {answer}", right)
        return Generated(case=case, percent=self._percent(item, case, written.generated.rule))

    def _percent(self, item: Item[WrittenQuestion], case: Case, rule: str | None) -> int | None:
        place = item.place("generated", "rule" if rule else "case")
        if case not in CASES_WITH_RULE:
            if rule:
                self.fault(place, f"случаю {case} правило не нужно", "уберите строку rule")
            return None
        if not rule:
            self.fault(place, f"случаю {case} нужно правило", "добавьте строку «rule: …»")
            return None
        if self.fillings is None:
            return None
        known = list(self.manuscript.rules or ())
        if rule not in known:
            self.fault(place, f"неизвестное правило «{rule}»", suggest(rule, known))
            return None
        percent = int(self.fillings[rule])
        if not 1 <= percent <= 100:
            self.fault(place, f"правило «{rule}» — не проценты", "нужно число от 1 до 100")
            return None
        return percent

    def _answer(self, item: Item[WrittenQuestion], written: WrittenNumber) -> int | None:
        answer = written.answer
        place = item.place("answer")
        if (answer is None) == (written.generated is None):
            what = "нет ответа" if answer is None else "и answer, и generated"
            self.fault(place, what, "нужно что-то одно: answer или generated")
            return None
        if answer is None:
            return None
        if isinstance(answer, str) and (found := re.fullmatch(r"\{\{(\w+)\}\}", answer)):
            if self.fillings is None:
                return None
            if found[1] in self.fillings:
                return int(self.fillings[found[1]])
            right = suggest(found[1], list(self.manuscript.rules or ()))
            self.fault(place, f"неизвестное правило «{found[1]}»", right)
            return None
        if isinstance(answer, int) and not isinstance(answer, bool) and answer >= 0:
            return answer
        right = 'целое число от 0 или "{{правило}}" в кавычках'
        self.fault(place, "ответ — не целое число", right)
        return None

    # --- course.yaml and the entries of faq.yaml

    def _tracks(self) -> dict[str, Track]:
        source = self.manuscript.course_source
        if self.manuscript.tracks is None or source is None:
            return {}
        ids = _ids(source, "tracks")
        for index in _twice(ids):
            place = source.place(("tracks", index, "id"))
            self.fault(place, f"программа «{ids[index]}» уже есть", "дайте другое имя")
        known = list(self.manuscript.lessons)
        tracks = {}
        for item in self.manuscript.tracks:
            written = item.written
            for index in _twice(written.lessons):
                self.fault(item.place("lessons", index), "урок повторяется", "оставьте один")
            for index, lesson in enumerate(written.lessons):
                if lesson not in known:
                    right = suggest(lesson, known)
                    self.fault(item.place("lessons", index), f"нет урока «{lesson}»", right)
            tracks[written.id] = Track(
                id=written.id,
                title=self._plain(item, "title"),
                about=self._plain(item, "about"),
                lessons=tuple(written.lessons),
            )
        listed = {
            lesson
            for index in range(len(ids))
            for lesson in _list(source.at(("tracks", index, "lessons")))
        }
        for name, written_lesson in self.manuscript.lessons.items():
            if name not in listed:
                right = "назовите его в course.yaml, в lessons какой-нибудь программы"
                self.fault(written_lesson.place, f"урока «{name}» нет ни в одной программе", right)
        return tracks

    def _faq(self) -> dict[int, FaqEntry]:
        source = self.manuscript.faq_source
        if source is None or self.manuscript.entries is None:
            return {}
        count = len(_list(source.at(("entries",))))
        ids = [source.at(("entries", index, "id")) for index in range(count)]
        for index in _twice(repr(one) for one in ids):
            place = source.place(("entries", index, "id"))
            self.fault(place, f"запись {ids[index]} уже есть", "у каждой записи свой номер")
        for number in FAQ_IDS:
            if number not in ids:
                place = source.place(("entries",))
                self.fault(place, f"нет записи {number}", "нужны записи от 0 до 11")
        self._coverage(source, ids)
        entries = {}
        for item in self.manuscript.entries:
            written = item.written
            for index in range(len(written.wordings)):
                self._plain(item, "wordings", index) if "{" in written.wordings[index] else None
            for index in _twice(map(_same, written.wordings)):
                self.fault(item.place("wordings", index), "вопрос повторяется", "оставьте один")
            self._entry_lesson(item)
            entries[written.id] = FaqEntry(
                id=written.id,
                question=self._plain(item, "question"),
                answer=self._text(written.answer, item.within("answer"), ANSWER_CHARS, lists=True),
                wordings=tuple(written.wordings),
                lesson=written.lesson,
                links=self._known_links(item, written.links),
            )
        return entries

    def _coverage(self, source: Source, ids: list[object]) -> None:
        """Find entries that no lesson comes from."""
        fronts = [lesson.front for lesson in self.manuscript.lessons.values()]
        covered = {number for front in fronts if front for number in front.written.faq}
        for index, number in enumerate(ids):
            if all(fronts) and number in FAQ_IDS and number not in covered:
                right = "назовите её номер в faq какого-нибудь урока"
                place = source.place(("entries", index, "id"))
                self.fault(place, f"запись {number} не раскрыта ни в одном уроке", right)

    def _entry_lesson(self, item: Item[WrittenEntry]) -> None:
        written, lessons = item.written, self.manuscript.lessons
        lesson = lessons.get(written.lesson)
        if lesson is None:
            right = suggest(written.lesson, list(lessons))
            self.fault(item.place("lesson"), f"нет урока «{written.lesson}»", right)
        elif lesson.front and written.id not in lesson.front.written.faq:
            what = f"урок «{written.lesson}» не называет запись {written.id}"
            right = "добавьте её номер в faq этого урока"
            self.fault(item.place("lesson"), what, right)


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


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _ids(source: Source, key: str) -> list[str]:
    """List the ids of a file's list as they are written, good or not."""
    count = len(_list(source.at((key,))))
    return [str(source.at((key, index, "id"))) for index in range(count)]


def _stands_out(longer: int, shorter: int) -> bool:
    """Tell whether a length gives an option away: 30 % and 12 characters more than another."""
    return longer > shorter * 1.3 and longer - shorter > 12


def _within_line(place: Place) -> Within:
    return lambda offset: place._replace(column=place.column + offset)
