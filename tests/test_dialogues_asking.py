"""Questions in people's own words, answered at every door, and what is kept of them."""

from dataclasses import replace
from datetime import timedelta

import pytest

from course_bot.content.model import Thesaurus
from course_bot.conversation.port import Pressed
from course_bot.organisations.records import Role
from course_bot.storage.seeking import ChoiceCount, ChoiceCounts, MissedQuestion, MissedQuestions
from tests.courses import GUIDE
from tests.dialogue import Person
from tests.doors import STALE, House, ann, door, house, port_only
from tests.regions import add, join
from tests.test_dialogues_team import learner

__all__ = ["ann", "door", "house"]

UNSURE = "сотрудники роль ученик"
"""Words of two entries."""


@pytest.fixture(autouse=True)
def worded(house: House) -> None:
    house.course = replace(
        house.course,
        guides={GUIDE.id: GUIDE},
        thesaurus=Thesaurus(elsewhere=("погода, дождь, снег", "рецепт, суп")),
    )


async def missed(house: House) -> list[MissedQuestion]:
    since = house.now.date() - timedelta(days=90)
    return list(await house.storage.read(MissedQuestions(since=since)))


async def chosen(house: House) -> list[ChoiceCount]:
    since = house.now.date() - timedelta(days=90)
    return list(await house.storage.read(ChoiceCounts(since=since)))


async def test_what_may_be_meant_is_offered_and_what_is_chosen_counts_once(
    house: House, ann: Person
) -> None:
    await ann.writes(UNSURE)
    ann.sees("Возможно, вы об этом?")
    assert {"Как поменять роль?", "Что делать, если нет чата «Сотрудники»?", "Другое"} <= {
        *ann.labels
    }
    key = ann.button("Как поменять роль?").action
    assert key
    await ann.presses("Как поменять роль?")
    ann.sees("Коротко: ответ номер 1.")
    await ann.sends_action(key)
    ann.sees("Коротко: ответ номер 1.")
    assert await chosen(house) == [ChoiceCount(target="faq:1", count=1)]
    assert await missed(house) == []


async def test_what_is_meant_for_sure_is_shown_at_once_and_nothing_is_kept_of_it(
    house: House, ann: Person
) -> None:
    await ann.writes("поменять бы роль, я учитель, пишет что ученик")
    ann.sees("Коротко: ответ номер 1.")
    await ann.writes("где чат?")
    ann.sees("Вопрос 1", "Профили связаны?")
    assert await chosen(house) == []


async def test_other_leads_to_people_and_is_read_by_nobody_until_another_asks_it(
    house: House, ann: Person
) -> None:
    await ann.writes(UNSURE)
    await ann.presses("Другое")
    ann.sees("вы спрашивали о другом", "90 дней")
    assert ann.labels[:2] == ("🙋 Поговорить с человеком", "Все темы")
    await ann.writes("роль, ученик, сотрудники?")
    await ann.presses("Другое")
    assert await missed(house) == []
    boris = await house.meets("Борис")
    await boris.writes(UNSURE)
    assert await missed(house) == []
    await boris.presses("Другое")
    assert await missed(house) == [
        MissedQuestion(words=UNSURE, people=2, other=2, day=house.now.date())
    ]


async def test_a_question_without_an_answer_is_kept_without_names_and_figures(
    house: House, ann: Person
) -> None:
    for person in (ann, await house.meets("Борис")):
        await person.writes("Сварить суп для Гаджиевой П.М., 5 порций? anna@mail.ru Петровна")
        person.sees("ответа не нашлось", "без имён и цифр")
    (question,) = await missed(house)
    assert question == MissedQuestion(
        words="сварить суп для … порций …", people=2, other=0, day=house.now.date()
    )


@port_only
async def test_a_move_that_comes_again_counts_once(house: House, ann: Person) -> None:
    await ann.writes(UNSURE)
    action = ann.button("Как поменять роль?").action
    assert action
    account = house.account(ann)
    press = Pressed(account=account, move_id="twice", at=house.now, name="Анна", action=action)
    await house.talk.take(press)
    await house.talk.take(press)
    assert await chosen(house) == [ChoiceCount(target="faq:1", count=1)]


@port_only
async def test_misses_go_after_ninety_days_and_what_was_only_offered_after_one(
    house: House, ann: Person
) -> None:
    boris = await house.meets("Борис")
    for person in (ann, boris):
        await person.writes("какая погода")
    await boris.writes(UNSURE)
    await boris.presses("Как поменять роль?")
    await house.storage.tidy(house.now + timedelta(days=90))
    assert [each.words for each in await missed(house)] == ["какая погода"]
    assert await chosen(house)
    house.now += timedelta(days=91)
    await house.storage.tidy(house.now)
    house.now -= timedelta(days=91)
    assert await missed(house) == []
    assert await chosen(house) == []
    # What was offered and neither chosen nor refused can be counted for a day.
    await ann.writes(UNSURE)
    await house.storage.tidy(house.now + timedelta(days=1))
    await ann.presses("Как поменять роль?")
    assert len(await chosen(house)) == 1
    await ann.writes(UNSURE)
    await house.storage.tidy(house.now + timedelta(days=2))
    await ann.presses("Как поменять роль?")
    assert await chosen(house) == [ChoiceCount(target="faq:1", count=1)]


@port_only
async def test_a_lesson_is_offered_and_opened_under_the_name_that_it_has_now(
    house: House, ann: Person
) -> None:
    await ann.writes("урок roles")
    action = ann.button("Урок: Урок «roles»").action
    assert action
    course = house.course
    lessons = {
        ("duties" if name == "roles" else name): replace(it, id="duties")
        if name == "roles"
        else it
        for name, it in course.lessons.items()
    }
    tracks = {
        name: replace(
            it, lessons=tuple("duties" if each == "roles" else each for each in it.lessons)
        )
        for name, it in course.tracks.items()
    }
    house.course = replace(course, lessons=lessons, tracks=tracks, renamed={"roles": "duties"})
    await ann.sends_action(action)
    ann.sees("шаг 1 из 4")


@port_only
@pytest.mark.parametrize(
    "action", ["chosen:x:f77", "chosen:x:q1", "chosen:x:", "perhaps:x:", "perhaps:x:l000000"]
)
async def test_what_is_offered_no_more_has_had_its_day(ann: Person, action: str) -> None:
    await ann.sends_action(action)
    ann.was_told(STALE)


async def test_whoever_looks_for_a_person_is_told_whose_coordinators_to_ask(
    house: House, ann: Person
) -> None:
    await ann.writes("/help")
    await ann.presses("🙋 Поговорить с человеком")
    ann.sees("отвечает за Сферум в вашей школе", "Поддержка", "Коротко: ответ номер 0.")
    assert any(button.url for button in ann.buttons)
    region = await add(house.storage, "Регион")
    school = await add(house.storage, "Школа № 5", region)
    boris = await house.meets("Борис Борисович")
    await join(learner(house, boris), region, Role.COORDINATOR)
    await join(learner(house, ann), school, Role.LEARNER)
    await ann.sends_action("human")
    ann.sees("Ваши координаторы", "«Школа № 5»")
    ann.sees_not("Борис", "Регион")
    await boris.sends_action("human")
    boris.sees("Вы сами координируете «Регион»")


@port_only
async def test_whoever_coordinates_all_there_is_reads_what_several_asked_in_vain(
    house: House, ann: Person
) -> None:
    region = await add(house.storage, "Регион")
    await join(learner(house, ann), region, Role.COORDINATOR)
    boris, vera = await house.meets("Борис"), await house.meets("Вера")
    for person in (boris, vera):
        await person.writes("какая погода")
    await vera.writes("какой рецепт")
    await ann.sends_action(f"asked:{region}")
    ann.sees("Вопросы без ответа", "2 — какая погода")
    ann.sees_not("рецепт")
    await boris.sends_action(f"asked:{region}")
    boris.sees_not("погода")
