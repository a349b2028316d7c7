"""The guides: what is asked, where each answer leads, and what it comes to."""

from types import MappingProxyType

from course_bot.content.checks.checker import Checker, ids_of, same, twice
from course_bot.content.model import Guide, GuideAnswer, GuideEnding, GuideQuestion
from course_bot.content.reading import GuideFile
from course_bot.content.shapes import WrittenGuideEnding, WrittenGuideQuestion
from course_bot.content.source import Item
from course_bot.questions.writing import Loc

DEPTH = 8
"""How many questions follow each other at most: nobody has the patience for more."""
HOW_CHARS = 500
ENDING_CHARS = 700
OTHERWISE_CHARS = 300


def check_guides(checker: Checker) -> dict[str, Guide]:
    """Check the guides and build those that can be read, by their ids."""
    files = checker.files.guides
    titles = [same(file.guide.written.title) if file.guide else file.id for file in files]
    for index in twice(titles):
        place = files[index].source.place(("title",))
        checker.fault(place, "такая проверка по шагам уже есть", "дайте другое название")
    guides = [_guide(checker, file) for file in files]
    return {guide.id: guide for guide in guides if guide}


def _guide(checker: Checker, file: GuideFile) -> Guide | None:
    """Check a guide and build it; None where a part of it can't be read."""
    checker.places["guide", file.id] = file.source.place(())
    questions = {each.written.id: _question(checker, file, each) for each in file.questions}
    endings = {each.written.id: _ending(checker, file, each) for each in file.endings}
    ids = ids_of(file.source, "questions"), ids_of(file.source, "endings")
    whole = (len(file.questions), len(file.endings)) == tuple(map(len, ids))
    _ways(checker, file, *ids, whole=whole)
    item = file.guide
    if item is None:
        return None
    written = item.written
    checker.dates(item)
    checker.wordings(item, written.wordings, "guide", file.id)
    checker.known_lesson(item, written.lesson)
    checker.known_entries(item, written.faq)
    used = {number for each in questions.values() for number in each.faq}
    used |= {number for each in endings.values() for number in each.faq}
    for index, number in enumerate(written.faq):
        if whole and number not in used:
            what = f"записи {number} нет ни в одном вопросе и ни в одном итоге"
            right = "назовите её в faq там, где сказано то, что из неё взято, или уберите отсюда"
            checker.fault(item.place("faq", index), what, right)
    if not whole:
        return None
    return Guide(
        id=file.id,
        title=checker.plain(item, "title"),
        about=checker.plain(item, "about"),
        wordings=tuple(written.wordings),
        faq=tuple(written.faq),
        lesson=written.lesson,
        as_of=written.as_of,
        questions=MappingProxyType(questions),
        endings=MappingProxyType(endings),
    )


def _ways(
    checker: Checker, file: GuideFile, questions: list[str], endings: list[str], *, whole: bool
) -> None:
    """Find answers that lead nowhere or back, what no answer leads to, and ways that are too long.

    Answers lead only to what stands below, so that no way goes round and every one ends.
    """
    known = [*questions, *endings]
    for index in twice(known):
        after = index - len(questions)
        loc: Loc = ("questions", index) if after < 0 else ("endings", after)
        place = file.source.place((*loc, "id"))
        checker.fault(place, f"имя «{known[index]}» уже есть", "дайте другое имя")
    depths = dict.fromkeys(questions[:1], 1)
    for item in file.questions:
        written = item.written
        for index, answer in enumerate(written.answers):
            where = item.within("answers", index, "to")
            if answer.to not in known:
                whole = False  # what was meant may stand there unreached
                what = f"нет вопроса или итога «{answer.to}»"
                checker.unknown(where, what, answer.to, known)
            elif answer.to in questions[: questions.index(written.id) + 1]:
                what = f"ответ ведёт назад, к вопросу «{answer.to}»"
                right = "ответы ведут только вниз, к вопросам ниже и к итогам: так нет кругов"
                checker.fault(where(0), what, right)
            elif written.id in depths:
                deep = depths[written.id] + 1
                depths[answer.to] = max(deep, depths.get(answer.to, 0))
    if not whole:
        return
    for each in file.questions:
        _reached(checker, each, "до вопроса", depths)
        if depths.get(each.written.id, 0) > DEPTH:
            what = f"вопросов подряд до этого места: {depths[each.written.id]}"
            checker.fault(each.place("id"), what, f"не больше {DEPTH}: никому не хватит терпения")
    for ending in file.endings:
        _reached(checker, ending, "до итога", depths)


def _reached(
    checker: Checker,
    item: Item[WrittenGuideQuestion] | Item[WrittenGuideEnding],
    what: str,
    depths: dict[str, int],
) -> None:
    name = item.written.id
    if name not in depths:
        right = f"поведите к нему ответ: «to: {name}» — или уберите его"
        checker.fault(item.place("id"), f"{what} «{name}» не доводит ни один ответ", right)


def _question(
    checker: Checker, file: GuideFile, item: Item[WrittenGuideQuestion]
) -> GuideQuestion:
    written = item.written
    checker.places["guide", file.id, written.id] = item.place()
    checker.known_entries(item, written.faq)
    if written.text and not written.faq:
        right = "добавьте строку «faq: [номер]» с записью, где это сказано"
        checker.fault(item.place("text"), "не сказано, откуда это", right)
    texts: dict[Loc, str] = {
        ("answers", index, "text"): checker.plain(item, "answers", index, "text")
        for index in range(len(written.answers))
    }
    checker.different(item, "ответ", texts)
    answers = [
        GuideAnswer(text=text, to=answer.to)
        for text, answer in zip(texts.values(), written.answers, strict=True)
    ]
    if len({answer.to for answer in answers}) == 1:
        right = "уберите этот вопрос или поведите ответы в разные места"
        checker.fault(item.place("answers"), "все ответы ведут в одно место", right)
    return GuideQuestion(
        id=written.id,
        ask=checker.plain(item, "ask"),
        text=_text(checker, item, "text", HOW_CHARS) if written.text else "",
        answers=tuple(answers),
        links=checker.known_links(item, written.links),
        faq=tuple(written.faq),
    )


def _ending(checker: Checker, file: GuideFile, item: Item[WrittenGuideEnding]) -> GuideEnding:
    written = item.written
    checker.places["guide", file.id, written.id] = item.place()
    checker.known_entries(item, written.faq)
    if written.lesson:
        checker.known_lesson(item, written.lesson)
    of_guide = file.guide.written.lesson if file.guide else ""
    return GuideEnding(
        id=written.id,
        title=checker.plain(item, "title"),
        who=checker.plain(item, "who"),
        text=_text(checker, item, "text", ENDING_CHARS),
        otherwise=_text(checker, item, "otherwise", OTHERWISE_CHARS),
        links=checker.known_links(item, written.links),
        lesson=written.lesson or of_guide,
        faq=tuple(written.faq),
    )


def _text(
    checker: Checker,
    item: Item[WrittenGuideQuestion] | Item[WrittenGuideEnding],
    key: str,
    limit: int,
) -> str:
    return checker.text(item.text(key), item.within(key), limit, lists=True)
