"""Statistics sheets as dialogues: a file in, an explanation out; and the same without a file."""

from datetime import timedelta

import pytest

from course_bot.organisations.records import Role
from course_bot.sheets.coding import LARGEST, encode
from course_bot.sheets.figures import COUNTED, Figures, Refusal
from course_bot.storage import Account
from tests.dialogue import Person, PortPerson
from tests.doors import STALE, House, ann, door, house, port_only
from tests.regions import add, join, leave
from tests.statistics_sheets import HEADINGS, csv, row
from tests.test_dialogues_joining import count
from tests.test_dialogues_team import learner

__all__ = ["ann", "door", "house"]

ID = "18446744"
TABLES = ("school_day", "unmatched_day", "received_sheet", "heading_choice")


async def administers(
    house: House, person: Person, name: str = "Школа № 5", sferum_id: str = ID
) -> int:
    """Make somebody the administrator of a new school."""
    school = await add(house.storage, name, sferum_id=sferum_id)
    await join(learner(house, person), school, Role.ADMINISTRATOR)
    return school


async def stored(house: House) -> list[int]:
    """Count what is stored of sheets."""
    return [await count(house, table) for table in TABLES]


# One school.


async def test_an_administrator_sends_a_sheet_and_sees_who_is_missing_and_what_to_do(
    house: House, ann: Person
) -> None:
    await administers(house, ann)
    await ann.sends("Статистика.csv", csv([row()]))

    ann.sees("Школа № 5", "Лист статистики от 23 ноября 2026")
    ann.sees("Учителя: не хватает 27 человек", "активны: 54 · 50 %", "цель: 81 · 75 %")
    ann.sees("зарегистрированы: 92 · 86 %", "связаны с журналом: 11", "по ОО‑1 должно быть: 107")
    ann.sees("Ученики и родители вместе: не хватает 844 человек", "не сказано")
    ann.sees("пока не активны — 38. Хватит 27 человек", "Ещё 327 сначала нужно прикрепить")
    (picture,) = ann.documents
    assert picture.picture
    assert "не хватает 27 человек" in picture.about
    assert await stored(house) == [1, 0, 1, 0]


@port_only
async def test_the_same_sheet_changes_nothing_and_another_of_the_day_takes_its_place(
    house: House, ann: Person
) -> None:
    await administers(house, ann)
    await ann.sends("a.csv", csv([row()]))
    await ann.sends("a.csv", csv([row()]))
    ann.was_told("Этот лист у меня уже есть")
    ann.sees("не хватает 27 человек")

    await ann.sends("a.csv", csv([row(teachers=(107, 92, 11, 80))]))
    ann.was_told("его место занял этот")
    ann.sees("Учителя: не хватает 1 человека")
    await ann.sends("a.csv", csv([row(teachers=(107, 93, 11, ""))]))
    ann.sees("активны: 80", "зарегистрированы: 93")  # what it does not say is not taken back
    assert await stored(house) == [1, 0, 1, 0]


@port_only
async def test_the_faqs_own_row_is_explained_without_guessing(house: House, ann: Person) -> None:
    """FAQ 6: one heading of the active columns is lost, and parents are more than registered."""
    await administers(house, ann)
    headings = [each for each in HEADINGS if each != "Активные учителя"]
    faq = row(day="30.10.2025", parents=(1593, 20, 11, 54))
    del faq[HEADINGS.index("Активные учителя")]
    await ann.sends("Статистика.csv", csv([faq], headings))

    ann.sees("активны: нет данных", "Ученики: не хватает 420 человек")
    ann.sees("активны: 54 ⚠", "Родители: активных 54, а зарегистрировано 20")
    ann.sees("листу уже 389 дней", "Найдите в листе: Активные учителя")
    ann.sees_not("Родители: не хватает", "Учителя: не хватает", "вместе")
    await ann.presses("О последнем файле")
    ann.sees("Этих столбцов в файле нет: Активные учителя")


@port_only
async def test_of_which_school_a_sheet_is_is_asked_once(house: House, ann: Person) -> None:
    await administers(house, ann, "Школа № 6", "5")
    school = await administers(house, ann, "Школа № 5", "")
    await ann.sends("before.csv", csv([row("", day="20.11.2026")]))
    await ann.presses("Школа № 5")
    house.now += timedelta(minutes=1)
    await ann.sends("a.csv", csv([row()]))
    ann.sees("Какая это из ваших школ?", "МАОУ СШ · ID 18446744")
    assert "Школа № 6" not in ann.labels  # it has another ID
    old = ann.button("Школа № 5").action
    assert await stored(house) == [1, 0, 1, 0]

    await ann.presses("Школа № 5")
    ann.sees("Учителя: не хватает 27 человек")
    assert await count(house, "organisation", id=school, sferum_id=ID) == 1
    assert await count(house, "audit", organisation_id=school, act="matched") == 1
    await ann.presses("О последнем файле")
    undo = ann.button("Отменить сопоставление").action
    await ann.sends("a.csv", csv([row(day="22.11.2026")]))
    ann.sees("Школа № 5", "от 22 ноября")
    await ann.sends_action(old)
    ann.was_told(STALE)

    assert (await stored(house))[:2] == [3, 0]
    await ann.sends_action(undo)
    assert (await stored(house))[:2] == [1, 2]
    assert await count(house, "organisation", id=school, sferum_id=ID) == 0


@port_only
async def test_a_sheet_without_an_id_is_of_the_school_that_one_says(
    house: House, ann: Person
) -> None:
    await administers(house, ann)
    await administers(house, ann, "Школа № 6", "")
    without = csv([row("")], [each for each in HEADINGS if "ID" not in each])
    lines = without.decode("utf-8-sig").splitlines()
    await ann.sends("a.csv", "\n".join([lines[0], lines[1].replace(";;", ";")]).encode())
    ann.sees("ID организации в файле нет")
    await ann.presses("Школа № 5")

    ann.sees("Учителя: не хватает 27 человек")
    assert await stored(house) == [1, 0, 1, 0]


@port_only
async def test_a_school_that_is_none_of_theirs_is_explained_and_kept_for_them_alone(
    house: House, ann: Person
) -> None:
    await administers(house, ann)
    await ann.sends("a.csv", csv([row("77")]))

    ann.was_told("Это лист другой школы")
    ann.sees("Что значат эти числа", "Учителя: не хватает 27 человек")
    assert await stored(house) == [0, 0, 1, 0]
    await ann.presses("О последнем файле")
    ann.sees("Не ваших школ: 1")

    await administers(house, ann, "Школа № 6", "")
    await ann.sends("a.csv", csv([row("77")]))
    await ann.presses("Ни одна из них")
    ann.was_told("только для вас")
    assert await stored(house) == [0, 1, 1, 0]
    await ann.presses("О последнем файле")
    ann.sees("ID, которых нет ни у одной вашей школы здесь: 1")


@port_only
async def test_of_many_schools_those_with_like_names_are_offered(
    house: House, ann: Person
) -> None:
    region = await add(house.storage, "Область")
    await join(learner(house, ann), region, Role.COORDINATOR)
    for number in range(1, 12):
        await add(house.storage, f"Лицей № {number}", region)
    await add(house.storage, "Гимназия «Радуга»", region)
    await ann.sends("a.csv", csv([row(name="гимназия Радуга")]))
    assert "Гимназия «Радуга»" in ann.labels
    await ann.sends("a.csv", csv([row(name="Ветка сирени")]))

    ann.sees("ни одна не называется похоже")
    await ann.presses("Ни одна из них")
    assert await stored(house) == [0, 1, 1, 0]


# Columns.


@port_only
async def test_a_person_says_which_column_is_which_and_it_is_remembered(
    house: House, ann: Person
) -> None:
    await administers(house, ann)
    headings = [each.replace("Активные учителя", "Пишут учителя") for each in HEADINGS]
    await ann.sends("a.csv", csv([row()], headings))
    ann.sees("Какой столбец — «Активные учителя»?")
    assert await stored(house) == [0, 0, 1, 0]
    old = ann.button("Пишут учителя — 54").action
    await ann.presses("Пишут учителя — 54")
    ann.sees("Учителя: не хватает 27 человек")

    await ann.sends("a.csv", csv([row(day="22.11.2026")], headings))
    ann.sees("от 22 ноября", "Учителя: не хватает 27 человек")
    await ann.sends_action(old)
    ann.was_told(STALE)
    assert await stored(house) == [2, 0, 1, 1]

    await ann.presses("О последнем файле")
    ann.sees("«пишут учителя» — «Активные учителя»")
    await ann.presses("Спросить о столбцах ещё раз")
    ann.was_told("Ответы забыты")
    assert await stored(house) == [2, 0, 1, 0]
    await ann.sends_action("forgetcolumns")
    ann.was_told(STALE)
    await ann.sends("a.csv", csv([row()], headings))
    ann.sees("Какой столбец — «Активные учителя»?")


@port_only
async def test_there_may_be_no_such_column_and_a_new_file_takes_the_place_of_one_that_waits(
    house: House, ann: Person
) -> None:
    school = await administers(house, ann)
    headings = [each.replace("Активные учителя", "Прочее") for each in HEADINGS]
    await ann.sends("a.csv", csv([row()], headings))
    await ann.writes("/sheets")
    await ann.sends("a.csv", csv([row(day="21.11.2026")], headings))
    ann.was_told("Прошлый файл больше не ждёт ответа")
    await ann.presses("Такого столбца нет")

    ann.sees("от 21 ноября", "активны: нет данных", "Ученики: не хватает 420")
    assert await stored(house) == [1, 0, 1, 0]
    await ann.presses("О последнем файле")
    ann.sees("Столбцы, которые мне не нужны: Прочее")

    await ann.sends("a.csv", csv([row(day="20.11.2026")], headings))
    await leave(learner(house, ann), school, Role.ADMINISTRATOR)
    await ann.presses("Такого столбца нет")
    ann.was_told(STALE)
    ann.sees("Я объясню числа и ничего не сохраню")
    assert await stored(house) == [1, 0, 1, 0]


# Others than a school's administrator.


async def test_to_who_is_no_member_a_sheet_is_explained_and_nothing_is_kept(
    house: House, ann: Person
) -> None:
    await ann.sends("a.csv", csv([row()]))
    ann.sees("Учителя: не хватает 27 человек", "Этих чисел я не храню", "попросите приглашение")
    names = [each.replace("Активные учителя", "Учит. актив") for each in HEADINGS]
    await ann.sends("a.csv", csv([row()], names))
    ann.was_told("Не знаю, что в этих столбцах: Учит. актив.")
    names[-3] = HEADINGS[-1]
    await ann.sends("a.csv", csv([row()], names))
    ann.was_told("Столбец «Активные родители» в листе не один")
    await ann.sends("a.csv", csv([row(), row("2")]))
    ann.sees("Это лист сразу по многим школам", "ничего не сохранено")

    assert await stored(house) == [0, 0, 0, 0]


@port_only
async def test_a_newcomer_may_begin_with_a_sheet(house: House) -> None:
    boris = PortPerson(talk=house, account=Account(door="port", key="77"))
    await boris.sends("a.csv", csv([row()]))
    boris.sees("Учителя: не хватает 27 человек")
    await boris.presses("К курсу")
    boris.sees("Малый курс")


@port_only
async def test_a_coordinators_sheet_of_many_schools_is_summed_up(
    house: House, ann: Person
) -> None:
    region = await add(house.storage, "Область")
    await join(learner(house, ann), region, Role.COORDINATOR)
    await add(house.storage, "Школа № 1", region, sferum_id="a-1")
    await add(house.storage, "Школа № 2", region, sferum_id="2")
    await ann.sends("a.csv", csv([row("A-1", day="21.11.2026"), row("3", day="21.11.2026")]))
    ann.sees("Новые строки: 1", "Не ваших школ: 1")
    assert await stored(house) == [1, 0, 1, 0]
    await add(house.storage, "Школа № 3", region)
    rows = [row("A-1"), row("2"), row("3"), row("4", day="когда-то"), row("2", day="22.11.2026")]
    await ann.sends("a.csv", csv(rows))
    ann.sees("Лист принят", "Школ: 4", "Новые строки: 3", "здесь: 1")
    ann.sees("Пропущена 1 ячейка", "Строка 5, «Дата»: когда-то — здесь должна быть дата")
    await ann.sends("a.csv", csv(rows))

    ann.sees("Уже были известны: 3", "ничего не изменилось")
    assert await stored(house) == [4, 1, 1, 0]
    assert "📊 Область" in ann.labels
    await ann.sends("a.csv", csv([row("2", day="когда-то"), row("3", day="когда-то")]))
    ann.sees("Ни одной строки взять не удалось", "Пропущены 2 ячейки")


async def test_a_sheet_in_the_middle_of_a_quiz_takes_nothing_away(
    house: House, ann: Person
) -> None:
    await ann.sends_action("quiz:chat")
    asked = ann.text
    await ann.sends("a.csv", csv([row()]))
    ann.sees("Учителя: не хватает 27 человек")
    await ann.sends("a.pdf", b"%PDF-1.7")
    ann.sees("Прочитать файл не получилось", "Это PDF")
    await ann.presses("К тесту")

    assert ann.text == asked


# What is no sheet.


@port_only
async def test_what_can_not_be_read_is_told_with_what_would_be_right(
    house: House, ann: Person
) -> None:
    await administers(house, ann)
    for content, right in (
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "Workbook".encode("utf-16-le"),
            "Сохранить как",
        ),
        (b"\x89PNG\r\n\x1a\n", "Это картинка"),
        (b"", "Файл пустой"),
        (b"a;b\n1;2\n", "Учителей в школе всего"),
        (csv([]), "школ под ними нет"),
        (bytes(5_000_001), "больше 5 МБ"),
    ):
        await ann.sends("Статистика.xlsx", content)
        ann.sees("Прочитать файл не получилось", right)
    await ann.sends("a.csv", csv([row(day="01.01.2099")]))
    ann.was_told("01.01.2099 — этот день ещё не наступил. Без даты числа не сохраняются")
    ann.sees("Учителя: не хватает 27 человек")

    assert await stored(house) == [0, 0, 0, 0]
    for refusal in Refusal:  # in both languages all of them fit
        await ann.sends_action(f"unread:{refusal}")
        ann.sees("Прочитать файл не получилось")
    house.now = house.now.replace(hour=13)  # in Kamchatka the next day has begun
    await ann.sends("a.csv", csv([row(day=f"{house.now + timedelta(days=1):%d.%m.%Y}")]))
    assert await stored(house) == [1, 0, 1, 0]


# Who may see a school.


@port_only
async def test_a_schools_figures_are_seen_by_its_people_alone(house: House, ann: Person) -> None:
    region = await add(house.storage, "Область")
    school = await add(house.storage, "Школа № 5", region, sferum_id=ID)
    await join(learner(house, ann), school, Role.ADMINISTRATOR)
    await ann.sends("a.csv", csv([row()]))
    people = {
        role: await house.meets(f"Борис {role}")
        for role in ("learner", "above", "other", "stranger")
    }
    await join(learner(house, people["learner"]), school)
    await join(learner(house, people["above"]), region, Role.COORDINATOR)
    other = await add(house.storage, "Школа № 6", region)
    await join(learner(house, people["other"]), other, Role.ADMINISTRATOR)
    for name, person in people.items():
        for action in (f"school:{school}:latest", f"trend:{school}", f"drawn:{school}:latest"):
            await person.sends_action(action)
            seen = "54" in person.text
            assert seen == (name == "above"), (name, action)
        assert bool(person.documents) == (name == "above")
    await leave(learner(house, ann), school, Role.ADMINISTRATOR)
    await ann.sends_action(f"school:{school}:latest")
    ann.sees("или уже не он")


@port_only
async def test_an_old_day_of_a_school_is_no_fault(house: House, ann: Person) -> None:
    school = await administers(house, ann)
    await ann.sends_action(f"school:{school}:latest")
    ann.sees("Листа статистики этой школы пока нет")
    await ann.sends_action(f"trend:{school}")
    ann.sees("Листа статистики этой школы пока нет")
    for forged in (f"school:{school}:2026-13-01", "reckoned:!", "reckoned:", "unread:x"):
        await ann.sends_action(forged)
        ann.was_told(STALE)


# Over time.


@port_only
async def test_a_schools_figures_are_shown_over_time(house: House, ann: Person) -> None:
    await administers(house, ann)
    for weeks, active in enumerate((54, 60, 71)):
        day = house.now - timedelta(weeks=2 - weeks)
        await ann.sends("a.csv", csv([row(day=f"{day:%d.%m.%Y}", teachers=(107, 92, 11, active))]))
    await ann.presses("Как меняется")
    ann.sees("Учителя: активны 54 → 71 из 107, цель 81", "09.11.26 54", "23.11.26 71")
    ann.documents.clear()
    await ann.presses("Картинкой")

    (picture,) = ann.documents
    assert "54 → 71 из 107, цель 81" in picture.about
    ann.sees("Активны по дням")


# Extremes.


@port_only
@pytest.mark.parametrize("language", ["ru", "en"])
async def test_the_strangest_figures_fit_every_screen(
    house: House, ann: Person, language: str
) -> None:
    await ann.sends_action(f"speak:{language}")
    largest = Figures(**{field.value: LARGEST - number for number, field in enumerate(COUNTED)})
    zeros = Figures(**{field.value: 0 for field in COUNTED})
    for figures in (
        largest,
        zeros,
        zeros.with_figure(COUNTED[2], 5),
        Figures(),
        Figures(**{field.value: number * 7 for number, field in enumerate(COUNTED)}),
    ):
        await ann.sends_action(
            f"reckoned:{encode(figures, house.now.date() - timedelta(days=99))}"
        )
        assert len(ann.text) < 3000
        ann.sees("99")


# Without a file.


async def test_targets_asks_step_by_step_and_explains_the_same(house: House, ann: Person) -> None:
    await ann.writes("/targets")
    ann.sees("Сколько учителей в школе всего")
    await ann.writes("107")
    ann.sees("Сколько учителей из 107 активны?")
    await ann.writes("54")
    await ann.writes("1593")
    await ann.writes("1600")
    ann.was_told("так быть не может")
    await ann.writes("58")
    ann.sees("Сколько родителей из", "активны?")
    await ann.presses("Пропустить")

    ann.sees("Учителя: не хватает 27 человек", "Ученики: не хватает 420 человек")
    ann.sees("активны: нет данных")
    assert await stored(house) == [0, 0, 0, 0]


@port_only
@pytest.mark.parametrize(
    ("line", "seen"),
    [
        ("120 74", "Учителя: не хватает 16 человек"),
        ("120/74", "Учителя: не хватает 16 человек"),
        ("из 120 активны 74", "Учителя: не хватает 16 человек"),
        ("активны 74 из 120", "Учителя: не хватает 16 человек"),
        ("120, 74, 800 300", "Ученики: цель достигнута"),
        ("120 74 1 593 58", "Чисел больше"),
    ],
)
async def test_one_line_is_enough(house: House, ann: Person, line: str, seen: str) -> None:
    await ann.writes(f"/targets {line}")
    if "🧮 Посчитать" in ann.labels:
        await ann.presses("Посчитать")
    assert seen in ann.text or ann.notices


@port_only
async def test_slips_are_told_kindly_and_questions_are_answered(house: House, ann: Person) -> None:
    await ann.writes("/targets")
    for text, told in (
        ("74 120", "Активных 120, а всего 74"),
        ("50%", "а не проценты"),
        ("99999999", "Столько людей в школе не бывает"),
        ("1 2 3 4 5 6 7", "Чисел больше"),
        ("сто двадцать", "Напишите число"),
    ):
        await ann.writes(text)
        ann.was_told(told)
        ann.sees("Сколько учителей в школе всего")
    await ann.writes("не знаю")
    ann.sees("Сколько учеников")
    await ann.writes("как позвать живого оператора?")
    ann.sees("Где искать помощь?")
    await ann.writes("/targets 10 9 20 10 20 10")
    ann.sees("Что значат эти числа", "Родители: цель достигнута")
    await ann.writes("/targets")
    for _ in range(3):
        await ann.presses("Пропустить")
    ann.sees("Считать пока нечего")
