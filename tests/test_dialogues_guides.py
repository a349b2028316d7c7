"""A check step by step, as people go through it at every door."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from course_bot.app import check_course
from course_bot.content.model import Guide
from course_bot.conversation.port import Pressed
from course_bot.organisations.records import Role
from course_bot.storage.seeking import EndingCounts
from tests.courses import GUIDE
from tests.dialogue import Person
from tests.doors import STALE, House, ann, door, house, port_only
from tests.regions import add, join
from tests.test_dialogues_team import learner

__all__ = ["ann", "door", "house"]

LESSONS = Path(__file__).parents[1] / "lessons"


@pytest.fixture(autouse=True)
def guided(house: House) -> None:
    house.course = replace(house.course, guides={GUIDE.id: GUIDE})


async def reached(house: House) -> dict[str, int]:
    """Return how often each ending was reached."""
    since = house.now.date() - timedelta(days=90)
    found = await house.storage.read(EndingCounts(since=since))
    return {each.ending: each.count for each in found}


async def test_a_guide_leads_from_question_to_question_to_what_to_do(
    house: House, ann: Person
) -> None:
    await ann.writes("/help")
    ann.sees("Что-то не получается?")
    await ann.presses("🔎 Где «Сотрудники»?")
    ann.sees("Вопрос 1", "Узнаем, почему чата нет.", "Это видно в журнале.", "Профили связаны?")
    assert "← Назад" not in ann.labels
    assert ann.labels[:3] == ("1", "2", "3")
    await ann.presses("1")
    ann.sees("Вопрос 2", "Прошло 2 дня?")
    await ann.presses("← Назад")
    ann.sees("Вопрос 1")
    await ann.presses("2")
    ann.sees("Свяжите профили", "Кто это делает: учитель", "Вот что делать.", "Если не помогло")
    assert ann.button("Чат поддержки").url
    await ann.presses("↺ Начать заново")
    ann.sees("Вопрос 1")
    await ann.sends_action("guided:no-chat:0:1")
    ann.sees("Подождите")
    await ann.presses("Урок: Урок «chat»")
    ann.sees("Текст шага.")


async def test_what_was_checked_is_a_text_to_send_on(house: House, ann: Person) -> None:
    await ann.sends_action("guided:no-chat:2:0")
    await ann.presses("📋 Что проверено")
    ann.sees(
        "Что проверено: «Где „Сотрудники“?», 23 ноября 2026",
        "1. Профили связаны? — Не знаю, как проверить\n2. Прошло 2 дня? — Да, и больше\n",
        "Итог: Спросите человека (учитель)",
    )
    ann.sees_not("Анна")
    await ann.presses("🙋 Поговорить с человеком")
    ann.sees("Поговорить с человеком", "Коротко: ответ номер 0.")
    await ann.sends_action("checked:no-chat:2:0")
    await ann.presses("← Назад")
    ann.sees("Спросите человека", "Кто это делает")


async def test_an_answer_may_be_typed_and_a_question_is_still_answered(
    house: House, ann: Person
) -> None:
    await ann.sends_action("guided:no-chat")
    for said in ("7", "3 и 1", "абракадабра"):
        await ann.writes(said)
        ann.was_told("от 1 до 3")
    await ann.writes("не знаю")
    ann.sees("Вопрос 2")
    await ann.writes("не понимаю")
    ann.was_told("от 1 до 2")
    await ann.writes("2")
    ann.sees("Подождите")
    assert await reached(house) == {"wait": 1}
    await ann.sends_action("guided:no-chat")
    await ann.writes("как поменять роль")
    ann.sees_not("Профили связаны?")


@port_only
async def test_a_guide_is_reached_from_its_entry_of_the_faq_and_by_link(
    house: House, ann: Person
) -> None:
    await ann.sends_action("faq:0")
    assert not any("Проверить по шагам" in label for label in ann.labels)
    await ann.sends_action("faq:1")
    await ann.presses("🔎 Проверить по шагам")
    ann.sees("Вопрос 1")
    await ann.opens("guide-nosuch")
    ann.was_told("Куда ведёт эта ссылка, я не знаю")
    await ann.writes("/menu")
    await ann.opens("guide-no-chat")
    ann.sees("Вопрос 1", "Профили связаны?")
    boris = await house.arrives("Борис", payload="guide-no-chat")
    await boris.presses("Начать")
    await boris.presses("Борис")
    await boris.presses("Учитель")
    boris.sees("Вопрос 1", "Профили связаны?")


@port_only
@pytest.mark.parametrize(
    "action",
    [
        *("guided:nosuch", "guided:no-chat:3", "guided:no-chat:1:0", "guided:no-chat:0:0:0"),
        *(
            "checked:no-chat",
            "checked:no-chat:0",
            "checked:nosuch:0",
            "guided",
            "guided:no-chat:x",
        ),
    ],
)
async def test_a_path_that_does_not_fit_the_guide_has_had_its_day(
    ann: Person, action: str
) -> None:
    await ann.writes("/help")
    await ann.sends_action(action)
    ann.was_told(STALE)
    ann.sees("Помощь")


@port_only
async def test_an_ending_counts_once_for_each_time_that_an_answer_leads_there(
    house: House, ann: Person
) -> None:
    await ann.sends_action("guided:no-chat:0")
    move = Pressed(
        account=house.account(ann), move_id="twice", at=house.now, action="guided:no-chat:0:1"
    )
    for _ in range(2):
        ann.receives(await house.take(move))
        ann.sees("Подождите")
    # Who comes back to it from elsewhere, reads it again or steps back is not counted.
    for action in ("guided:no-chat:0:1", "checked:no-chat:0:1", "guided:no-chat:0:1", "help"):
        await ann.sends_action(action)
    await ann.sends_action("guided:no-chat:0:1")
    assert await reached(house) == {"wait": 1}
    await ann.presses("← Назад")
    await ann.sends_action("guided:no-chat:0:0")
    boris = await house.meets("Борис")
    await boris.sends_action("guided:no-chat:0")
    await boris.sends_action("guided:no-chat:0:1")
    assert await reached(house) == {"wait": 2, "ask": 1}
    house.now += timedelta(days=91)
    assert await reached(house) == {}


@port_only
async def test_whoever_coordinates_all_there_is_sees_what_the_guides_came_to(
    house: House, ann: Person
) -> None:
    region = await add(house.storage, "Регион")
    school = await add(house.storage, "Школа", region)
    await join(learner(house, ann), region, Role.COORDINATOR)
    boris = await house.meets("Борис")
    await join(learner(house, boris), school, Role.COORDINATOR)
    await ann.sends_action(f"asked:{region}")
    ann.sees("Что спрашивают", "пока никто не дошёл")
    await boris.sends_action("guided:no-chat")
    await boris.sends_action("guided:no-chat:1")
    await ann.writes("/team")
    await ann.presses("💬 Что спрашивают")
    ann.sees("Что спрашивают", "Регион", "1 — Свяжите профили · Где «Сотрудники»?")
    house.course = replace(house.course, guides={})
    await ann.sends_action(f"asked:{region}")
    ann.sees("1 — link · no-chat")
    for person, organisation in ((ann, school), (boris, school), (boris, region)):
        await person.sends_action(f"unit:{school}")
        assert "💬 Что спрашивают" not in person.labels
        await person.sends_action(f"asked:{organisation}")
        person.sees_not("Свяжите профили", "link")


REAL = check_course(LESSONS)[0]
assert REAL


@port_only
@pytest.mark.parametrize("guide", REAL.guides.values(), ids=REAL.guides)
async def test_every_way_through_our_guides_comes_to_what_to_do(
    house: House, ann: Person, guide: Guide
) -> None:
    assert REAL
    house.course = REAL
    ends: set[str] = set()
    ways: list[tuple[int, ...]] = [()]
    while ways:
        way = ways.pop()
        there = guide.at(way)
        await ann.sends_action(":".join(["guided", guide.id, *map(str, way)]))
        if there.id in guide.endings:
            ends.add(there.id)
            ann.sees("Если не помогло")
            continue
        ann.sees(f"Вопрос {len(way) + 1}")
        ways += [(*way, index) for index in range(len(guide.questions[there.id].answers))]
    assert ends == set(guide.endings)
