"""A lesson: its front matter, its steps, and how long it takes."""

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from fractions import Fraction

from course_bot.content.checks.blind import check_blind
from course_bot.content.checks.checker import Checker, same, twice, within_line
from course_bot.content.checks.pictures import check_picture, check_unused
from course_bot.content.checks.questions import check_pool, check_question
from course_bot.content.model import Lesson, Step
from course_bot.content.reading import WrittenLesson, WrittenStep
from course_bot.content.shapes import WrittenFront
from course_bot.content.source import Item
from course_bot.markup import shown
from course_bot.questions.number import Number
from course_bot.questions.question import Question
from course_bot.questions.writing import Loc

STEP_CHARS = 700
MEMO_CHARS = 140
LABEL_CHARS = 40
STEPS = range(3, 8)
STEP_LINKS = 6
MINUTES = 5
WORDS_A_MINUTE = 180
"""The slower end of how adults read in silence: 175 to 300 words of English non-fiction
(Brysbaert, 2019, «How many words do we read per minute?»); Russian has fewer and longer words."""
SUM_SECONDS = 40
"""What working out a number takes besides reading; our estimate."""

_WORD = re.compile(r"\S*\w\S*")


def check_lesson(checker: Checker, lesson: WrittenLesson) -> Lesson | None:
    """Check a lesson and build it; None where a part of it can't be read."""
    steps = [_step(checker, lesson, step) for step in lesson.steps or ()]
    checker.places["lesson", lesson.id] = lesson.place
    for number, step in enumerate(lesson.steps or (), 1):
        checker.places["step", lesson.id, number] = step.title_place
        for picture in step.pictures:
            checker.places["picture", lesson.id, number] = picture.place
    if lesson.steps is not None:
        _steps(checker, lesson, lesson.steps)
        check_unused(checker, lesson)
    pool = [check_question(checker, item, lesson.steps) for item in lesson.questions]
    if lesson.quiz:
        check_pool(checker, lesson.quiz, lesson.questions)
        check_blind(checker, lesson.quiz, lesson.questions, pool)
    if lesson.front:
        _front(checker, lesson.front, lesson.steps)
    if not lesson.front or not lesson.quiz or not steps or not pool:
        return None
    draw = lesson.quiz.written.draw
    reading, asking = _reading(steps), _asking(pool, draw)
    minutes = math.ceil((reading + asking) / 60)
    if minutes > MINUTES:
        right = (
            f"не больше {MINUTES}; сейчас секунд на шаги: {math.ceil(reading)},"
            f" на вопросы: {math.ceil(asking)}"
        )
        checker.fault(lesson.place, f"урок слишком длинный, минут: {minutes}", right)
    return Lesson(
        id=lesson.id,
        title=checker.plain(lesson.front, "title"),
        about=checker.plain(lesson.front, "about"),
        memo=_memo(checker, lesson.front),
        faq=tuple(lesson.front.written.faq),
        as_of=lesson.front.written.as_of,
        minutes=minutes,
        draw=draw,
        steps=tuple(steps),
        pool=tuple(pool),
    )


def _reading(steps: Sequence[Step]) -> Fraction:
    """Say how many seconds it takes to read the steps."""
    return _seconds(text for step in steps for text in (step.title, step.text))


def _asking(pool: Sequence[Question], draw: int) -> Fraction:
    """Say how many seconds an attempt takes: its questions are as the pool's on average."""
    texts = (text for each in pool for text in (each.text, *each.offered, each.explanation))
    sums = SUM_SECONDS * sum(isinstance(each, Number) for each in pool)
    return (_seconds(texts) + sums) * Fraction(draw, len(pool))


def _seconds(texts: Iterable[str]) -> Fraction:
    words = sum(len(_WORD.findall(shown(text))) for text in texts)
    return Fraction(60 * words, WORDS_A_MINUTE)


def _memo(checker: Checker, front: Item[WrittenFront]) -> tuple[str, ...]:
    """Fill what the printed sheet says of the lesson; each sentence has to fit its line."""
    sentences: dict[Loc, str] = {
        ("memo", index): checker.plain(front, "memo", index)
        for index in range(len(front.written.memo))
    }
    for loc, sentence in sentences.items():
        if len(sentence) > MEMO_CHARS:
            what = f"слишком длинно, знаков: {len(sentence)}"
            checker.fault(front.place(*loc), what, f"не больше {MEMO_CHARS}")
    checker.different(front, "строка памятки", sentences)
    return tuple(sentences.values())


def _front(checker: Checker, front: Item[WrittenFront], steps: list[WrittenStep] | None) -> None:
    checker.dates(front)
    checker.known_links(front, front.written.links)
    if steps is None:
        return
    used = {link.id for step in steps for link in step.links}
    for index, name in enumerate(front.written.links):
        if name not in used:
            right = f"поставьте её в шаг строкой [Подпись]({name}) или уберите отсюда"
            what = f"ссылки «{name}» нет ни в одном шаге"
            checker.fault(front.place("links", index), what, right)
    for step in steps:
        for link in step.links:
            if link.id not in front.written.links:
                right = "добавьте её в links в начале файла"
                checker.fault(link.place, f"ссылка «{link.id}» не названа в шапке", right)


def _steps(checker: Checker, lesson: WrittenLesson, steps: list[WrittenStep]) -> None:
    if len(steps) not in STEPS:
        right = f"нужно от {STEPS[0]} до {STEPS[-1]}"
        checker.fault(lesson.place, f"в уроке шагов: {len(steps)}", right)
    for index in twice(same(step.title) for step in steps):
        what = f"шаг «{steps[index].title}» уже есть"
        checker.fault(steps[index].title_place, what, "дайте другое название")


def _step(checker: Checker, lesson: WrittenLesson, step: WrittenStep) -> Step:
    if len(step.links) > STEP_LINKS:
        what = f"ссылок в шаге: {len(step.links)}"
        checker.fault(step.title_place, what, f"не больше {STEP_LINKS}")
    links = []
    for label, name, place, name_place in step.links:
        if checker.link_ids is not None and name not in checker.link_ids:
            where = within_line(name_place)
            checker.unknown(where, f"неизвестная ссылка «{name}»", name, checker.link_ids)
        if len(label) > LABEL_CHARS:
            what = f"подпись слишком длинная, знаков: {len(label)}"
            checker.fault(place, what, f"не больше {LABEL_CHARS}")
        words = checker.words(label, within_line(place))
        if link := checker.links.get(name):
            links.append(replace(link, label=words or link.label))
    pictures = [check_picture(checker, lesson, picture) for picture in step.pictures]
    for picture in step.pictures[1:]:
        right = "оставьте одну или разделите шаг на два"
        checker.fault(picture.place, "вторая картинка в шаге", right)
    return Step(
        title=checker.words(step.title, within_line(step.title_place)),
        text=checker.text(step.text, step.place, STEP_CHARS, lists=True),
        links=tuple(links),
        picture=pictures[0] if pictures else None,
    )
