"""The page with an invitation: what it says, and that it all fits."""

from dataclasses import replace
from datetime import date

import pytest

from course_bot.locale.phrases import phrases
from course_bot.organisations.records import Role
from course_bot.reports.drawing import Drawing, Path, Text
from course_bot.reports.invite_sheet import Door, InviteSheet, invite_page, invite_sheet_pdf
from course_bot.reports.qr import QUIET
from course_bot.reports.typesetting import width
from tests.reports.pdf_reader import pdf_pages, pdf_texts
from tests.reports.test_qr import drawn_modules, modules_at

RU = phrases("ru")
MAX = Door(name="MAX", address="https://max.ru/id7700000000_bot?start=join-4hG7sWq2ZkXb9TtM")
TELEGRAM = Door(name="Telegram", address="https://t.me/course_bot?start=join-4hG7sWq2ZkXb9TtM")
BROWSER = Door(name="В браузере", address="https://course.example.ru/?start=join-4hG7sWq2ZkXb9T")
SHEET = InviteSheet(
    organisation="Школа № 5",
    course="Сферум в MAX",
    role=Role.LEARNER,
    doors=(TELEGRAM, BROWSER),
    until=date(2027, 2, 28),
    minutes=(30, 50),
)
LONG = ("Муниципальное бюджетное общеобразовательное учреждение № 5 " * 4)[:200]


def test_the_page_tells_learners_whose_it_is_and_what_to_do() -> None:
    pdf = invite_sheet_pdf(SHEET, RU)
    assert pdf_pages(pdf) == 1
    said = pdf_texts(pdf)
    for text in (
        "Школа № 5",
        "Курс «Сферум в MAX» для сотрудников",
        "Telegram",
        "В браузере",
        "Наведите камеру телефона на код и откройте ссылку.",
        "Нажмите «Начать» и согласитесь участвовать.",
        "Пройдите уроки: 30–50 минут, можно частями.",
        "Действует до 28 февраля 2027\N{NARROW NO-BREAK SPACE}г. включительно.",
    ):
        assert text in said
    for door in SHEET.doors:
        assert door.address in "".join(said)


@pytest.mark.parametrize(
    ("role", "for_whom"),
    [
        (Role.COORDINATOR, "Приглашение координатору курса «Сферум в MAX»"),
        (Role.ADMINISTRATOR, "Администратору школы: курс «Сферум в MAX»"),
    ],
)
def test_the_page_tells_who_is_more_than_a_learner_that_it_works_once(
    role: Role, for_whom: str
) -> None:
    said = pdf_texts(invite_sheet_pdf(replace(SHEET, role=role), RU))
    assert for_whom in said
    assert any(text.startswith("Только для вас: сработает один раз") for text in said)
    assert not any("минут" in text for text in said)


def test_a_hostile_name_is_written_as_it_is() -> None:
    said = pdf_texts(invite_sheet_pdf(replace(SHEET, organisation="<b>&\\(\0\ud800 🎓"), RU))
    assert "<b>&\\(□ □" in said


def test_the_page_is_there_in_english() -> None:
    said = pdf_texts(invite_sheet_pdf(SHEET, phrases("en")))
    assert "Take the lessons: 30–50 minutes in all, in parts if you like." in said
    assert "Valid until February 28, 2027." in said


@pytest.mark.parametrize(
    ("minutes", "words"),
    [((41, 41), "41 минута"), ((30, 42), "30–42 минуты"), ((5, 55), "5–55 минут,")],
)
def test_minutes_have_their_plural(minutes: tuple[int, int], words: str) -> None:
    said = " ".join(texts(invite_page(replace(SHEET, minutes=minutes), RU)))
    assert f"Пройдите уроки: {words}" in said


@pytest.mark.parametrize("doors", [(TELEGRAM,), (TELEGRAM, BROWSER), (MAX, TELEGRAM, BROWSER)])
def test_each_door_has_its_code(doors: tuple[Door, ...]) -> None:
    drawing = invite_page(replace(SHEET, doors=doors), RU)
    assert [drawn_modules(code) for code in codes(drawing)] == [
        modules_at(door.address) for door in doors
    ]


@pytest.mark.parametrize("doors", [(TELEGRAM,), (TELEGRAM, BROWSER), (MAX, TELEGRAM, BROWSER)])
@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("organisation", ["", "Школа № 5", LONG, "Щ" * 200, "<b>&\0👩\u200d🏫"])
def test_everything_fits_and_codes_are_large_and_bare(
    doors: tuple[Door, ...], role: Role, organisation: str
) -> None:
    sheet = replace(SHEET, doors=doors, role=role, organisation=organisation)
    drawing = invite_page(sheet, RU)
    bare = []
    for code in codes(drawing):
        points = [to for _name, to in code.steps if to]
        left, top = (min(to[i] for to in points) for i in (0, 1))
        right, bottom = (max(to[i] for to in points) for i in (0, 1))
        assert right - left > 100, "3.5 cm, for a phone at 35 cm"
        quiet = QUIET * (right - left) / len(modules_at(MAX.address)) - 0.1
        bare.append((left - quiet, top, right + quiet, bottom))
    for item in drawing.items:
        if isinstance(item, Text):
            end = item.x + width(item.text, item.size, bold=item.bold)
            assert item.x > 22
            assert end < drawing.width - 22
            assert item.size < item.y < drawing.height - 22
            for left, top, right, bottom in bare:
                over = item.x < right and end > left
                assert not (over and item.y > top - 8 and item.y - item.size < bottom + 8)


def codes(drawing: Drawing) -> list[Path]:
    return [each for each in drawing.items if isinstance(each, Path) and each.fill == "#000000"]


def texts(drawing: Drawing) -> list[str]:
    return [item.text for item in drawing.items if isinstance(item, Text)]
