"""The entries of ``faq.yaml``, and the lessons that they come from."""

from course_bot.content.checks.checker import Checker, as_list, twice
from course_bot.content.model import FaqEntry
from course_bot.content.shapes import WrittenEntry
from course_bot.content.source import Item, Source

ANSWER_CHARS = 700


def check_faq(checker: Checker) -> dict[int, FaqEntry]:
    """Check the entries of ``faq.yaml`` and build those that can be read, by their numbers."""
    source = checker.files.faq_source
    if source is None or checker.files.entries is None:
        return {}
    checker.places["faq",] = source.place(("entries",))
    count = len(as_list(source.at(("entries",))))
    ids = [source.at(("entries", index, "id")) for index in range(count)]
    for index in twice(repr(one) for one in ids):
        place = source.place(("entries", index, "id"))
        checker.fault(place, f"запись {ids[index]} уже есть", "у каждой записи свой номер")
    _references(checker, source, ids)
    entries = {}
    for item in checker.files.entries:
        written = item.written
        checker.places["faq", written.id] = item.place()
        checker.wordings(item, written.wordings, "faq", written.id)
        _entry_lesson(checker, item)
        entries[written.id] = FaqEntry(
            id=written.id,
            question=checker.plain(item, "question"),
            answer=checker.text(written.answer, item.within("answer"), ANSWER_CHARS, lists=True),
            wordings=tuple(written.wordings),
            lesson=written.lesson,
            links=checker.known_links(item, written.links),
        )
    return entries


def _references(checker: Checker, source: Source, ids: list[object]) -> None:
    """Find numbers without an entry, and entries that no lesson comes from."""
    lessons = checker.files.lessons.values()
    fronts = [lesson.front for lesson in lessons if lesson.front]
    right = f"есть записи: {', '.join(map(str, ids))}"
    for front in fronts:
        checker.known_entries(front, front.written.faq)
    faq = checker.files.faq
    if faq and faq.written.not_found not in ids:
        checker.fault(faq.place("not_found"), f"нет записи {faq.written.not_found}", right)
    if len(fronts) < len(lessons):
        return  # whoever can't be read may cover it
    covered = {number for front in fronts for number in front.written.faq}
    for index, entry in enumerate(ids):
        if isinstance(entry, int) and entry not in covered:
            right = "назовите её номер в faq какого-нибудь урока"
            place = source.place(("entries", index, "id"))
            checker.fault(place, f"запись {entry} не раскрыта ни в одном уроке", right)


def _entry_lesson(checker: Checker, item: Item[WrittenEntry]) -> None:
    written = item.written
    lesson = checker.files.lessons.get(written.lesson)
    checker.known_lesson(item, written.lesson)
    if lesson and lesson.front and written.id not in lesson.front.written.faq:
        what = f"урок «{written.lesson}» не называет запись {written.id}"
        right = "добавьте её номер в faq этого урока"
        checker.fault(item.place("lesson"), what, right)
