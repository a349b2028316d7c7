"""A folder of lesson files becomes values with their places, and every fault found on the way.

What the parts mean to each other is for ``checking``.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple
from unicodedata import normalize

from course_bot.content.explaining import Loc
from course_bot.content.faults import Fault, Place
from course_bot.content.shapes import (
    RULE_ID,
    RULE_ID_RIGHT,
    WrittenCourse,
    WrittenEntry,
    WrittenFaq,
    WrittenFront,
    WrittenGuide,
    WrittenGuideEnding,
    WrittenGuideQuestion,
    WrittenLink,
    WrittenQuiz,
    WrittenRule,
    WrittenThesaurus,
    WrittenTrack,
)
from course_bot.content.source import Item, Source
from course_bot.questions.kinds import KINDS
from course_bot.questions.writing import QuestionHead, WrittenQuestion
from course_bot.signs import NO_TEXT, ODD_SPACES, foreign_letter, named, odd_letter, right_letter
from course_bot.written import ID, ID_RIGHT

FILE_BYTES = 500_000
"""Far more than any lesson file needs; a larger one is something else, put here by mistake."""
GUIDES = "guides"
"""The folder of the guides, which is no lesson's."""
FILES = (
    *("course.yaml", "rules.yaml", "faq.yaml", "thesaurus.yaml", f"{GUIDES}/*.yaml"),
    *("*/lesson.md", "*/quiz.yaml", "*/*.svg"),
)

_STEP = re.compile(r"##(?:[ \t]|$)")
_ODD_HEAD = re.compile(f"##([{ODD_SPACES}])")
_LINK = re.compile(r"\s*\[([^\[\]]*)\]\(\s*([^()\s]*)\s*\)\s*")
_PICTURE = re.compile(r"\s*!\[([^\[\]]*)\]\(\s*([^()]*?)\s*\)\s*")


class StepLink(NamedTuple):
    """A line of a step with a link: its label, the id of the link, and where both stand."""

    label: str
    id: str
    place: Place
    id_place: Place


class StepPicture(NamedTuple):
    """A line of a step with a picture: what is on it, its file, and where both stand."""

    about: str
    file: str
    place: Place
    file_place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenStep:
    """A step of ``lesson.md``; lines with a link or a picture are taken out of the text.

    The text keeps its lines. ``line`` is the line of the title.
    """

    path: str
    line: int
    title: str
    text: str
    links: tuple[StepLink, ...]
    pictures: tuple[StepPicture, ...] = ()

    def place(self, offset: int = 0) -> Place:
        """Find a part of the text by its offset in characters."""
        start = self.text.rfind("\n", 0, offset) + 1
        line = self.line + 1 + self.text.count("\n", 0, offset)
        return Place(self.path, line, offset - start + 1)

    @property
    def title_place(self) -> Place:
        """The place of the title."""
        return Place(self.path, self.line, 4)


@dataclass(slots=True, kw_only=True)
class WrittenLesson:
    """A lesson's folder; what can't be read is None.

    ``drawings`` are its SVG files by their names.
    """

    id: str
    place: Place
    drawings: dict[str, str | None] = field(default_factory=dict)
    front: Item[WrittenFront] | None = None
    steps: list[WrittenStep] | None = None
    quiz: Item[WrittenQuiz] | None = None
    questions: list[Item[WrittenQuestion]] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class GuideFile:
    """A file of a guide; what can't be read is None or left out."""

    id: str
    source: Source
    guide: Item[WrittenGuide] | None
    questions: list[Item[WrittenGuideQuestion]]
    endings: list[Item[WrittenGuideEnding]]


@dataclass(slots=True, kw_only=True)
class CourseFiles:
    """A course as its authors wrote it, as far as it can be read; what can't be read is None."""

    faults: list[Fault]
    version: str
    course_source: Source | None = None
    course: Item[WrittenCourse] | None = None
    tracks: list[Item[WrittenTrack]] | None = None
    rules: dict[str, Item[WrittenRule] | None] | None = None
    faq_source: Source | None = None
    faq: Item[WrittenFaq] | None = None
    links: list[Item[WrittenLink]] | None = None
    entries: list[Item[WrittenEntry]] | None = None
    lessons: dict[str, WrittenLesson] = field(default_factory=dict)
    guides: list[GuideFile] = field(default_factory=list)
    thesaurus: Item[WrittenThesaurus] | None = None


def read(folder: Path) -> CourseFiles:
    """Read all the lesson files in a folder.

    Args:
        folder: the course's folder; faults name their files from its parent.

    Returns:
        What could be read; ``faults`` has everything that is wrong in a file by itself.
    """
    return _Reader(folder.resolve()).read()


def version(folder: Path) -> str:
    """Digest all the files of a course: 12 hexadecimal digits, others for any other content."""
    digest = hashlib.sha256()
    for path in sorted(path for name in FILES for path in folder.glob(name)):
        try:
            with path.open("rb") as file:
                content = file.read(FILE_BYTES + 1)
        except OSError:
            continue  # reading says what is wrong with it
        name = path.relative_to(folder).as_posix()
        digest.update(f"{name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()[:12]


class _Reader:
    """Reads one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.faults: list[Fault] = []

    def read(self) -> CourseFiles:
        """Read every file."""
        # The version first: if a file changes meanwhile, whoever compares versions reads again.
        files = CourseFiles(faults=self.faults, version=version(self.folder))
        if not self.folder.is_dir():
            self._fault(self.folder.name, "такой папки нет", "в ней должен лежать course.yaml")
            return files
        if source := self._yaml("course.yaml"):
            files.course = source.item(WrittenCourse)
            files.course_source = source
            files.tracks = source.items(WrittenTrack, "tracks")
        if source := self._yaml("rules.yaml"):
            files.rules = self._rules(source)
        if source := self._yaml("faq.yaml"):
            files.faq_source = source
            files.faq = source.item(WrittenFaq)
            files.links = source.items(WrittenLink, "links")
            files.entries = source.items(WrittenEntry, "entries")
        if source := self._yaml("thesaurus.yaml"):
            files.thesaurus = source.item(WrittenThesaurus)
        for name in self._folders():
            files.lessons[name] = self._lesson(name)
        files.guides = list(self._guides())
        return files

    def _folders(self) -> Iterator[str]:
        try:
            found = sorted(path for path in self.folder.iterdir() if path.is_dir())
        except OSError:
            found = []
        for path in found:
            if path.name.startswith((".", "__")) or path.name in {*FILES, GUIDES}:
                continue
            if ID.fullmatch(path.name):
                yield path.name
            else:
                what = f"«{path.name}» не годится как имя урока"
                _at, right = foreign_letter(path.name) or (0, ID_RIGHT)
                self._fault(f"{self.folder.name}/{path.name}", what, right)

    def _rules(self, source: Source) -> dict[str, Item[WrittenRule] | None] | None:
        if not isinstance(source.value, dict):
            source.fault((), "здесь должны быть правила", "«имя_правила:», под ним value, text, …")
            return None
        rules = {}
        for name in map(str, source.value):
            if not RULE_ID.fullmatch(name):
                at, right = foreign_letter(name) or (0, RULE_ID_RIGHT)
                source.fault((name,), f"«{name}» не годится как имя", right, offset=at, key=True)
            rules[name] = source.item(WrittenRule, (name,))
        return rules

    def _lesson(self, name: str) -> WrittenLesson:
        path = f"{self.folder.name}/{name}/lesson.md"
        lesson = WrittenLesson(id=name, place=Place(path, 1, 1))
        text = self._text(f"{name}/lesson.md")
        if text is not None:
            self._lesson_text(lesson, path, text)
        for file in self._drawings(name):
            lesson.drawings[file] = self._text(f"{name}/{file}", tabs=True)
        source = self._yaml(f"{name}/quiz.yaml")
        if source:
            lesson.quiz = source.item(WrittenQuiz)
            values = source.at(("questions",))
            for index in range(len(values) if isinstance(values, list) else 0):
                question = self._question(source, ("questions", index))
                if question:
                    lesson.questions.append(question)
        return lesson

    def _guides(self) -> Iterator[GuideFile]:
        for path in sorted((self.folder / GUIDES).glob("*")):
            name = f"{GUIDES}/{path.name}"
            if path.name.startswith("."):
                continue
            if path.suffix != ".yaml":
                right = "здесь лежат только проверки по шагам: имя-проверки.yaml"
                self._fault(f"{self.folder.name}/{name}", "лишний файл", right)
            elif not ID.fullmatch(path.stem):
                what = f"«{path.stem}» не годится как имя проверки по шагам"
                _at, right = foreign_letter(path.stem) or (0, ID_RIGHT)
                self._fault(f"{self.folder.name}/{name}", what, right)
            elif source := self._yaml(name):
                yield GuideFile(
                    id=path.stem,
                    source=source,
                    guide=source.item(WrittenGuide),
                    questions=source.items(WrittenGuideQuestion, "questions") or [],
                    endings=source.items(WrittenGuideEnding, "endings") or [],
                )

    def _drawings(self, name: str) -> list[str]:
        found = sorted(path.name for path in (self.folder / name).glob("*.svg"))
        return [file for file in found if not file.startswith(".")]

    def _question(self, source: Source, loc: Loc) -> Item[WrittenQuestion] | None:
        value = source.at(loc)
        if not isinstance(value, dict) or "kind" not in value:
            source.item(QuestionHead, loc)
            return None
        kind = str(value["kind"])
        if kind not in KINDS:
            right = right_letter(kind, KINDS) or f"возможны: {', '.join(KINDS)}"
            what = f"неизвестный вид вопроса «{kind}»"
            source.fault((*loc, "kind"), what, right, offset=odd_letter(kind, KINDS))
            return None
        return source.item(KINDS[kind].written, loc)

    def _lesson_text(self, lesson: WrittenLesson, path: str, text: str) -> None:
        lines = text.split("\n")
        end = next((at for at, line in enumerate(lines) if at and line.rstrip() == "---"), 0)
        if lines[0].rstrip() != "---" or not end:
            right = "файл начинается со строки «---», затем title, about, …, затем снова «---»"
            self._fault(path, "нет шапки урока", right)
            return
        front = Source(path, "\n".join(["", *lines[1:end], ""]), self.faults)
        if front.readable:
            lesson.front = front.item(WrittenFront)
        heads = [at for at in range(end + 1, len(lines)) if _STEP.match(lines[at])]
        for at in range(end + 1, heads[0] if heads else len(lines)):
            if lines[at].strip():
                right = "текст урока стоит в шагах, под «## Название шага»"
                self._fault(path, "текст до первого шага", right, line=at + 1)
                break
        lesson.steps = [
            self._step(path, at + 1, lines[at][2:].strip(), lines[at + 1 : following])
            for at, following in pairwise([*heads, len(lines)])
        ]

    def _step(self, path: str, line: int, title: str, lines: list[str]) -> WrittenStep:
        if not 1 <= len(title) <= 60:
            what = f"слишком длинно, знаков: {len(title)}" if title else "у шага нет названия"
            self._fault(path, what, "название шага — от 1 до 60 знаков", line=line)
        links, pictures = [], []
        for at, text in enumerate(lines):
            if text.startswith("#"):
                what, right = "неизвестный заголовок", "шаг начинается так: «## Название шага»"
                odd = _ODD_HEAD.match(text)
                if odd:
                    what, right = f"после «##» {named(odd[1])}", "поставьте обычный пробел"
                column = odd.start(1) + 1 if odd else 1
                self._fault(path, what, right, line=line + at + 1, column=column)
                lines[at] = ""
            elif found := _LINK.fullmatch(text):
                place = Place(path, line + at + 1, found.start(1) + 1)
                id_place = place._replace(column=found.start(2) + 1)
                links.append(StepLink(found[1].strip(), found[2], place, id_place))
                lines[at] = ""
            elif found := _PICTURE.fullmatch(text):
                place = Place(path, line + at + 1, found.start(1) + 1)
                file_place = place._replace(column=found.start(2) + 1)
                pictures.append(StepPicture(found[1].strip(), found[2], place, file_place))
                lines[at] = ""
        return WrittenStep(
            path=path,
            line=line,
            title=title,
            text="\n".join(lines),
            links=tuple(links),
            pictures=tuple(pictures),
        )

    def _yaml(self, name: str) -> Source | None:
        text = self._text(name)
        if text is None:
            return None
        source = Source(f"{self.folder.name}/{name}", text, self.faults)
        return source if source.readable else None

    def _text(self, name: str, *, tabs: bool = False) -> str | None:
        """Read a file that has to be there and has to be text, perhaps with tabs."""
        path = f"{self.folder.name}/{name}"
        try:
            with (self.folder / name).open("rb") as file:
                content = file.read(FILE_BYTES + 1)
        except FileNotFoundError:
            right = "напишите его по образцу из README.ru.md"
            self._fault(path, "такого файла нет", self._namesake(name) or right)
            return None
        except OSError as error:
            reason = error.strerror or str(error)
            self._fault(path, "файл не открывается", f"проверьте, что это за файл ({reason})")
            return None
        if len(content) > FILE_BYTES:
            self._fault(path, "файл слишком велик", f"в нём не больше {FILE_BYTES} байт")
            return None
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = content.count(b"\n", 0, error.start) + 1
            self._fault(path, "файл не в UTF-8", "сохраните его в кодировке UTF-8", line=line)
            return None
        # «й» may come as two characters (macOS writes names so); people type it as one.
        text = normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
        text = text.replace("\t", " ") if tabs else text
        hidden = False
        for number, line_text in enumerate(text.split("\n"), start=1):
            if found := NO_TEXT.search(line_text):
                tab = found[0] == "\t"
                what = "знак табуляции" if tab else f"невидимый знак U+{ord(found[0]):04X}"
                right = "поставьте пробелы" if tab else "уберите его"
                self._fault(path, what, right, line=number, column=found.start() + 1)
                hidden = True
        return None if hidden else text

    def _namesake(self, name: str) -> str:
        """Find a file that was meant to have this name."""
        try:
            names = [path.name for path in (self.folder / name).parent.iterdir()]
        except OSError:
            return ""
        for one in names:
            if letters := right_letter(one, [Path(name).name]):
                return f"рядом лежит «{one}»: {letters}"
        near = get_close_matches(Path(name).name, set(names) - set(FILES), n=1, cutoff=0.7)
        return f"рядом лежит «{near[0]}», переименуйте его" if near else ""

    def _fault(
        self, path: str, what: str, would_be_right: str, *, line: int = 1, column: int = 1
    ) -> None:
        place = Place(path, line, column)
        self.faults.append(Fault(place=place, what=what, would_be_right=would_be_right))
