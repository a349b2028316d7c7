import struct
from datetime import date
from pathlib import Path

import pytest

from course_bot.content.checking import check
from course_bot.content.checks import pictures
from course_bot.content.checks.pictures import too_heavy
from course_bot.content.model import Course
from course_bot.content.pictures import Picture
from course_bot.content.reading import version
from course_bot.raster import has_glyph
from course_bot.reports.typesetting import font
from tests.small_course import edit, write_small_course

TODAY = date(2026, 11, 23)
LINE = "![Чат появляется сам](own.svg)"
DRAWING = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 201" font-family="DejaVu Sans">
  <title>Мелко, но не видно</title>
  <defs><linearGradient id="sky"><stop offset="1" stop-color="#fff"/></linearGradient></defs>
  <rect id="sheet" width="640" height="201" fill="url(#sky)" style="stroke: #333"/>
  <use href="#sheet" transform="translate(20 20) scale(.5)"/>
  <g transform="scale(2)" font-size="12">
    <text x="10" y="40">→ За {{activity_days.text}} &amp; <tspan font-size="2em">ещё</tspan></text>
  </g>
\t<text x="20" y="150" style="font-size: 24px; font-weight: bold">Раз</text>
</svg>
"""


@pytest.fixture
def lessons(tmp_path: Path) -> Path:
    folder = write_small_course(tmp_path)
    (folder / "chat/own.svg").write_text(DRAWING, encoding="utf-8")
    edit(folder, "chat/lesson.md", "Что для этого нужно:", f"{LINE}\n\nЧто для этого нужно:")
    return folder


def faults(lessons: Path) -> list[str]:
    return [str(fault) for fault in check(lessons, today=TODAY)[1]]


def course(lessons: Path) -> Course:
    found, said = check(lessons, today=TODAY, rehearse=too_heavy)
    assert found, said
    return found


def picture(lessons: Path) -> Picture:
    found = course(lessons).lessons["chat"].steps[0].picture
    assert found
    return found


def size(png: bytes) -> tuple[int, int]:
    width, height = struct.unpack(">II", png[16:24])
    return width, height


def test_a_step_has_the_picture_that_its_line_names(lessons: Path) -> None:
    assert faults(lessons) == []
    drawn = picture(lessons)
    assert (drawn.name, drawn.about) == ("own.svg", "Чат появляется сам")
    assert drawn.png.startswith(b"\x89PNG")
    # Two and a half phones of 320 wide, and no row of pixels is cut off.
    assert size(drawn.png) == (drawn.width, drawn.height) == (800, 252)
    first, second, _ = course(lessons).lessons["chat"].steps
    assert "own.svg" not in first.text
    assert second.picture is None


def test_a_figure_in_a_picture_comes_from_the_rules(lessons: Path) -> None:
    before = picture(lessons)
    assert "За 7\N{NO-BREAK SPACE}дней &amp;" in before.svg
    edit(lessons, "rules.yaml", "value: 7\n  text: 7", "value: 9\n  text: 9")
    after = picture(lessons)
    assert after.digest != before.digest
    assert after.png != before.png
    place = edit(lessons, "chat/own.svg", "{{activity_days.text}}", "¦9 дней")
    assert faults(lessons) == [
        f"{place}: «9 дней» повторяет правило — напишите {{{{activity_days.text}}}}"
    ]


def test_a_picture_is_part_of_the_version_and_drawn_once(
    lessons: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, first = version(lessons), picture(lessons)
    edit(lessons, "course.yaml", "Малый курс", "Тот же курс")
    assert picture(lessons).png is first.png
    between = version(lessons)
    edit(lessons, "chat/own.svg", "Раз", "Два")
    assert len({before, between, version(lessons)}) == 3
    assert picture(lessons).digest != first.digest


@pytest.mark.parametrize(
    ("name", "old", "new", "words"),
    [
        # the line in the lesson
        ("lesson.md", LINE, "![Чат](¦own.png)", "файла «own.png» рядом с уроком нет — картинка"),
        ("lesson.md", LINE, "![Чат](¦ownn.svg)", "нет — может быть, «own.svg»?"),
        ("lesson.md", LINE, "![Чат](¦../chat/own.svg)", "рядом с уроком нет"),
        ("lesson.md", LINE, "![¦](own.svg)", "у картинки нет описания — скажите"),
        ("lesson.md", LINE, f"![¦{'я' * 251}](own.svg)", "описание слишком длинное, знаков: 251"),
        ("lesson.md", LINE, "![Чат ¦**сам**](own.svg)", "разметка «**»"),
        ("lesson.md", LINE, f"{LINE}\n![¦Ещё](own.svg)", "вторая картинка в шаге"),
        ("lesson.md", LINE, f"Вот: ¦{LINE}", "картинка внутри текста — картинка стоит в шаге"),
        # what is no drawing
        ("own.svg", DRAWING, "", "файл пуст или оборван"),
        ("own.svg", DRAWING, "¦<html/>", "это не SVG, а <html> — файл начинается с <svg xmlns="),
        ("own.svg", "<svg", "<!DOCTYPE svg [<!ENTITY a 'b'>]>\n<svg", "объявление DOCTYPE"),
        ("own.svg", "<svg", "¦<?xml-stylesheet href='a.css'?><svg", "указание <?xml-stylesheet?>"),
        ("own.svg", "&amp;", "&", "здесь XML не читается — в тексте вместо «&» и «<» пишут"),
        ("own.svg", "Раз</text>", "Раз</¦g>", "тег закрыт не там"),
        ("own.svg", "Раз", "¦&raz;", "неизвестный код знака — вставьте сам знак"),
        ("own.svg", "<defs>", "¦<y:defs>", "неизвестная приставка имени"),
        ("own.svg", "<defs>", "<g>" * 39 + "¦<g>" + "</g>" * 40 + "<defs>", "не больше 40"),
        # what does something, or fetches something
        ("own.svg", "<defs>", "¦<script/><defs>", "скрипт — уберите его"),
        ("own.svg", "<rect", "¦<rect onclick='a()'", "обработчик «onclick»"),
        ("own.svg", "<defs>", "¦<foreignObject/><defs>", "вставка foreignObject"),
        ("own.svg", "<defs>", "¦<animate/><defs>", "движение — уберите его: картинка неподвижна"),
        ("own.svg", "<defs>", "¦<style>@import 'a'</style><defs>", "таблица стилей — задайте"),
        ("own.svg", "<defs>", "¦<image href='#sheet'/><defs>", "растровая картинка внутри"),
        ("own.svg", "<defs>", "¦<filter/><defs>", "элемент <filter> — возможны: circle,"),
        ("own.svg", "<defs>", "¦<g xmlns='urn:a'/><defs>", "элемент <g>"),
        ("own.svg", '<use href="#', '¦<use href="https://max.ru/#', "ссылка наружу «https://max"),
        ("own.svg", "url(#sky)", "url(sky.svg#sky)", "ссылка наружу «sky.svg#sky»"),
        ("own.svg", "stroke: #333", "fill: URL( 'data:a' )", "ссылка наружу «data:a»"),
        ("own.svg", "url(#sky)", "url(#ski)", "в картинке нет «#ski» — может быть, «sky»?"),
        ("own.svg", "<g ", "<use href='#two'/><g id='two' ", "<use> повторяет «#two»"),
        # what a small phone can't show
        ("own.svg", "Раз</", "<tspan font-size='23'>¦Раз</tspan></", "11.5 пикселя на экране"),
        ("own.svg", "scale(2)", "scale(2) rotate(45) scale(1 -.9)", 'это font-size="13.4"'),
        ("own.svg", "font-size: 24px", "font-size: small", "размер шрифта «small»"),
        ("own.svg", "font-size: 24px", "font: 24px Arial", "шрифт одной строкой"),
        ("own.svg", "scale(2)", "scale(2", "преобразование «scale(2»"),
        ("own.svg", "scale(2)", "scale(1 2 3)", "преобразование «scale(1 2 3)»"),
        ("own.svg", "DejaVu Sans", "Arial, DejaVu Sans", "шрифт «Arial» — с ботом поставляется"),
        (
            "own.svg",
            "0 0 640 201",
            "0 0 640 769",
            "слишком высока: 769 — при ширине 640 не больше",
        ),
        ("own.svg", "viewBox", "width='9' viewBox", "размер картинки задан иначе"),
        ("own.svg", "0 0 640 201", "0 0 64.5 201", "размер картинки задан иначе, чем нужно"),
        ("own.svg", "</svg>", "¦Раз</svg>", "текст вне <text>"),
        ("own.svg", "<defs>", "<defs><text>Раз</text>", "текст внутри <defs>"),
        ("own.svg", "Раз", "Раз ¦🎓", "в шрифте нет знака «🎓» — возьмите другой"),
        ("own.svg", "Раз", "¦{{days}}", "неизвестное правило «days»"),
        ("own.svg", "Раз", "Р\u200bаз", "невидимый знак U+200B"),
    ],
)
def test_a_picture_that_would_not_do_is_refused_with_its_place_and_what_would(
    lessons: Path, name: str, old: str, new: str, words: str
) -> None:
    place = edit(lessons, f"chat/{name}", old, new)
    where = f"{place}: " if "¦" in new else f"lessons/chat/{name}:"
    said = faults(lessons)
    assert any(one.startswith(where) and words in one for one in said), (place, said)
    assert check(lessons, today=TODAY)[0] is None


def test_a_drawing_that_stands_in_no_step_is_a_fault(lessons: Path) -> None:
    (lessons / "chat/old.svg").write_text(DRAWING, encoding="utf-8")
    [said] = faults(lessons)
    assert said == (
        "lessons/chat/old.svg:1:1: картинки нет ни в одном шаге"
        " — поставьте её строкой ![Что на ней](old.svg) или удалите файл"
    )


def test_a_picture_that_is_too_heavy_is_refused_where_it_stands(
    lessons: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "BYTES", 3000)
    [said] = check(lessons, today=TODAY, rehearse=too_heavy)[1]
    assert str(said).startswith("lessons/chat/lesson.md:")
    assert "картинка весит" in str(said)
    assert "не больше 3: меньше текста и мелких деталей" in str(said)


def test_the_font_is_known_to_have_just_what_it_has() -> None:
    has = {code for code in range(0x10000) if has_glyph(chr(code))}
    assert has == {code for code, glyph in font(bold=False).face.charToGlyph.items() if glyph}
