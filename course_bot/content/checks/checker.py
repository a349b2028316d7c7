"""What every check needs: the files, what is known so far, and how a text is looked at."""

import re
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date

from course_bot.content.checks.sums import wrong_sums
from course_bot.content.faults import Fault, Part, Place, Severity, Within
from course_bot.content.model import Link
from course_bot.content.reading import CourseFiles
from course_bot.content.shapes import WrittenFront, WrittenGuide, WrittenRule
from course_bot.content.source import Item, M, Source
from course_bot.markup import brace_faults, fill, render, shown, suggest
from course_bot.signs import markup_in_plain, odd_letter

MARKUP_CHARS = 100
"""With its tags a text may be twice as long as shown and this much more: a screen has 4000."""


def twice(values: Iterable[Hashable]) -> Iterator[int]:
    """Name the positions of values that were there before."""
    seen = set()
    for index, value in enumerate(values):
        if value in seen:
            yield index
        seen.add(value)


def same(text: str) -> str:
    """Reduce a text to what makes it another text for a reader."""
    return " ".join(shown(text).casefold().split())


def as_list(value: object) -> list[object]:
    """Return a value if it is a list, and an empty list for anything else."""
    return value if isinstance(value, list) else []


def ids_of(source: Source, key: str) -> list[str]:
    """List the ids of a file's list as they are written, good or not."""
    count = len(as_list(source.at((key,))))
    return [str(source.at((key, index, "id"))) for index in range(count)]


def within_line(place: Place) -> Within:
    """Return what finds the places inside a text of one line that begins at ``place``."""
    return lambda offset: place._replace(column=place.column + offset)


@dataclass(slots=True, kw_only=True)
class Checker:
    """The files on their way to a course; what can't be built is left out, with a fault.

    What is None can't be read: then nothing is said about references to it.
    """

    files: CourseFiles
    today: date
    fillings: dict[str, str] | None = None
    literals: list[tuple[re.Pattern[str], str]] = field(default_factory=list)
    links: dict[str, Link] = field(default_factory=dict)
    link_ids: list[str] | None = None
    question_ids: set[str] = field(default_factory=set)
    places: dict[Part, Place] = field(default_factory=dict)

    @property
    def faults(self) -> list[Fault]:
        """All that was found so far."""
        return self.files.faults

    def fault(self, place: Place, what: str, would_be_right: str) -> None:
        """Add an error."""
        self.faults.append(Fault(place=place, what=what, would_be_right=would_be_right))

    def warn(self, place: Place, what: str, would_be_right: str) -> None:
        """Add a warning: the course is taught all the same."""
        self.faults.append(
            Fault(
                place=place,
                what=what,
                would_be_right=would_be_right,
                severity=Severity.WARNING,
            )
        )

    def unknown(self, where: Within, what: str, word: str, known: Iterable[str]) -> None:
        """Refuse a word that names nothing, at the letter that makes it another if one does."""
        self.fault(where(odd_letter(word, known)), what, suggest(word, known))

    def text(
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
        self.literal(text, where)
        self.sums(rendered.shown, where)
        count = len(rendered.shown)
        if not count:
            self.fault(where(0), "пустой текст", "напишите его")
        elif count > limit:
            self.fault(where(0), f"слишком длинно, знаков: {count}", f"не больше {limit}")
        elif len(rendered.html) > 2 * limit + MARKUP_CHARS:
            self.fault(where(0), "слишком много разметки", "оставьте жирным только главное")
        return rendered.html

    def plain(self, item: Item[M], *loc: str | int) -> str:
        """Fill a text that is shown without markup (a title, a label, a question of the FAQ)."""
        return self.words(item.text(*loc), item.within(*loc))

    def words(self, text: str, where: Within) -> str:
        """Fill a plain text that stands by itself (a step's title, a link's label)."""
        for found in brace_faults(text, self.fillings):
            self.fault(where(found.offset), found.what, found.would_be_right)
        if marked := markup_in_plain(text):
            right = "здесь простой текст, разметки в нём не бывает"
            self.fault(where(marked[0]), f"разметка «{marked[1]}»", right)
        self.literal(text, where)
        filled = fill(text, self.fillings)
        self.sums(filled, where)
        return filled

    def literal(self, text: str, where: Within) -> None:
        """Find the text of a rule written out, which would stay when the rule changes."""
        for pattern, name in self.literals:
            for found in pattern.finditer(text):
                right = f"напишите {{{{{name}.text}}}}"
                self.fault(where(found.start()), f"«{found[0]}» повторяет правило", right)

    def sums(self, text: str, where: Within) -> None:
        """Warn of an example that doesn't come out, as happens when a rule has changed."""
        for written, result in wrong_sums(text):
            right = f"посчитайте пример заново: выходит {result}"
            self.warn(where(0), f"«{written}» не сходится", right)

    def different(self, item: Item[M], what: str, texts: dict[tuple[str | int, ...], str]) -> None:
        """Refuse texts that a reader can't tell apart."""
        places = list(texts)
        for index in twice(same(text) for text in texts.values()):
            self.fault(item.place(*places[index]), f"{what} повторяется", "сделайте все разными")

    def dates(self, item: Item[WrittenRule] | Item[WrittenFront] | Item[WrittenGuide]) -> None:
        """Hold the dates of a statement against each other and against today."""
        written = item.written
        if written.as_of > written.review_by:
            right = f"дата позже {written.as_of}"
            self.fault(item.place("review_by"), "срок проверки раньше, чем as_of", right)
        elif written.review_by < self.today:
            what = f"срок проверки прошёл {written.review_by}"
            right = "сверьте с источником и поставьте новые as_of и review_by"
            self.warn(item.place("review_by"), what, right)

    def wordings(self, item: Item[M], wordings: list[str], kind: str, name: str | int) -> None:
        """Look at the ways in which people ask for something."""
        for index, wording in enumerate(wordings):
            self.places["wording", kind, name, index] = item.place("wordings", index)
            if "{" in wording:
                self.plain(item, "wordings", index)
        for index in twice(map(same, wordings)):
            self.fault(item.place("wordings", index), "вопрос повторяется", "оставьте один")

    def known_lesson(self, item: Item[M], lesson: str) -> None:
        """Refuse the name of a lesson that there is not."""
        if lesson not in self.files.lessons:
            what = f"нет урока «{lesson}»"
            self.unknown(item.within("lesson"), what, lesson, self.files.lessons)

    def known_entries(self, item: Item[M], numbers: list[int]) -> None:
        """Refuse the numbers of entries of the FAQ that there are not, and those named twice."""
        for index in twice(numbers):
            self.fault(item.place("faq", index), "номер повторяется", "оставьте один")
        source = self.files.faq_source
        if source is None or self.files.entries is None:
            return
        count = len(as_list(source.at(("entries",))))
        known = [source.at(("entries", index, "id")) for index in range(count)]
        for index, number in enumerate(numbers):
            if number not in known:
                right = f"есть записи: {', '.join(map(str, known))}"
                self.fault(item.place("faq", index), f"нет записи {number}", right)

    def known_links(self, item: Item[M], links: list[str]) -> tuple[Link, ...]:
        """Look up the links that a lesson or an entry names."""
        for index in twice(links):
            self.fault(item.place("links", index), "ссылка повторяется", "оставьте одну")
        for index, link in enumerate(links):
            if self.link_ids is not None and link not in self.link_ids:
                where = item.within("links", index)
                self.unknown(where, f"неизвестная ссылка «{link}»", link, self.link_ids)
        return tuple(self.links[link] for link in links if link in self.links)
