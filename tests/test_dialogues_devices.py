"""Going on at another device or messenger, as dialogues through every door."""

from datetime import timedelta

import pytest

from course_bot.tokens import digest
from tests.dialogue import Person
from tests.doors import (
    DOORS,
    STALE,
    House,
    ann,
    door,
    goes_on,
    house,
    link_of,
    passes,
    port_only,
)

__all__ = ["ann", "door", "house"]


# Another device.


@pytest.mark.parametrize("other", DOORS)
async def test_progress_moves_to_another_device_and_door(
    house: House, ann: Person, other: str
) -> None:
    await ann.presses("Знаю — сразу к тесту")
    await house.answers(ann)
    await goes_on(ann)
    phone = await house.carries(ann, door=other)
    phone.was_told("всё пройденное теперь здесь")
    phone.sees("вопрос 2 из 6")
    await phone.writes("/menu")
    phone.sees("Анна Петровна, рады вас видеть!")
    await phone.presses("▶ Продолжить тест")
    await house.answers(phone)
    assert (await house.learner(ann)).id == (await house.learner(phone)).id
    assert len((await house.learner(ann)).study.answers) == 2


async def test_a_personal_link_works_once(house: House, ann: Person) -> None:
    payload = await link_of(ann)
    ann.sees("В MAX:\nhttps://max.ru/", "В Telegram:\nhttps://t.me/", "В браузере:\nhttp://")
    keys = {"max": "MAX", "telegram": "Telegram", "browser": "браузере"}
    opens = [f"Открыть в {name}" for door, name in keys.items() if door != house.door]
    assert list(ann.labels) == [*opens, "← Обо мне"]
    phone = await house.arrives("Телефон", payload=payload)
    phone.sees("Продолжить здесь то, что начато на другом устройстве?", "имя, уроки и результаты")
    await phone.presses("Да, продолжить здесь")
    phone.was_told("теперь здесь")
    thief = await house.arrives("Чужой", payload=payload)
    thief.was_told("Эта ссылка больше не работает")
    thief.sees("Малый курс")
    assert (await house.learner(thief)).id != (await house.learner(ann)).id


@port_only
async def test_a_reminder_comes_to_the_messenger_that_was_used_last(house: House) -> None:
    telegram = await house.meets(door="telegram")
    max_ = await house.carries(telegram, door="max")
    page = await house.carries(max_, door="browser")
    await page.writes("/menu")
    house.now += timedelta(days=3)
    (message,) = await house.messages("max")
    assert message.account == house.account(max_)
    await telegram.writes("/menu")
    house.now += timedelta(days=3)
    (message,) = await house.messages("telegram")
    assert message.account == house.account(telegram)


@port_only
async def test_links_made_in_the_same_second_are_all_different(house: House, ann: Person) -> None:
    """Of one person's two moves, and of two people's moves of the same id."""
    boris = await house.meets("Борис")
    payloads = [await link_of(each) for each in (ann, boris, ann)]
    assert {len(payload) for payload in payloads} == {25}
    assert len(set(payloads)) == 3


@port_only
async def test_a_personal_link_lives_for_fifteen_minutes(house: House, ann: Person) -> None:
    early, late = await link_of(ann), ""
    house.now += passes(14.9)
    hasty = await house.arrives("Успел", payload=early)
    await hasty.presses("Да, продолжить здесь")
    hasty.was_told("теперь здесь")
    late = await link_of(ann)
    house.now += passes(15)
    (await house.arrives("Не успел", payload=late)).was_told("больше не работает")
    await ann.opens()
    ann.sees("она живёт 15 минут")
    await ann.presses("Сделать новую ссылку")
    ann.sees("start=go-")


async def test_two_people_who_both_learned_become_one(house: House, ann: Person) -> None:
    await ann.presses("Знаю — сразу к тесту")
    await house.takes_quiz(ann)
    payload = await link_of(ann)
    tablet = await house.meets("Анна П.", track="Координатор")
    await tablet.presses("Знаю — сразу к тесту")
    await house.takes_quiz(tablet)
    await tablet.opens(payload)
    tablet.sees("Здесь вы тоже уже учились", "ни ответы, ни пройденные уроки не пропадут")
    await tablet.presses("Да, соединить")
    tablet.was_told("теперь здесь")
    for device in (ann, tablet):
        await device.writes("/progress")
        device.sees(
            "Ваши успехи: Учитель", "Урок «chat»\n▰▰▰▰▰ пройден", "Урок «help»\n▰▰▰▰▰ пройден"
        )


@pytest.mark.parametrize("where", ["link", "name", "role", "welcome"])
async def test_who_has_no_track_yet_gets_on_with_that_of_the_other_device(
    house: House, ann: Person, where: str
) -> None:
    """Also where the first one has gone on meanwhile to a question that only newcomers get."""
    phone = await house.arrives("Телефон")
    payload = await link_of(phone)
    if where != "link":
        await phone.sends_action(where)
    await ann.opens(payload)
    await ann.presses("Да, соединить")
    ann.was_told("теперь здесь")
    for device in (ann, phone):
        await device.opens()
        device.sees("шаг 1 из 4")


async def test_two_who_have_not_begun_yet_begin_together(house: House) -> None:
    phone = await house.arrives("Телефон")
    tablet = await house.arrives("Tablet", payload="lesson-roles")
    await tablet.sends_action("english")
    await tablet.opens(await link_of(phone))
    await tablet.presses("Yes, go on here")
    tablet.was_told("Your progress is here now")
    tablet.sees("Малый курс", "You can see and delete all of it")
    await phone.sends_action("role")
    await phone.presses("Учитель")
    phone.sees("Урок «roles»")


async def test_a_link_that_was_cut_short_is_called_a_link(house: House, ann: Person) -> None:
    await ann.opens((await link_of(ann))[:-1])
    ann.was_told("Эта ссылка")
    stranger = await house.arrives(payload="go-")
    stranger.was_told("Эта ссылка")
    stranger.sees("Малый курс")


async def test_a_quiz_half_done_where_the_link_was_followed_goes_on(
    house: House, ann: Person
) -> None:
    tablet = await house.meets("Борис")
    await tablet.sends_action("quiz:chat")
    await house.answers(tablet)
    await goes_on(tablet)
    await tablet.opens(await link_of(ann))
    await tablet.presses("Да, соединить")
    tablet.was_told("теперь здесь")
    tablet.sees("вопрос 2 из 6")
    await house.answers(tablet)
    await ann.writes("/progress")
    ann.sees("Ваши успехи: Учитель")


async def test_whoever_would_rather_not_join_does_not(house: House, ann: Person) -> None:
    payload = await link_of(ann)
    tablet = await house.meets("Борис")
    await tablet.opens(payload)
    await tablet.presses("Нет, не надо")
    tablet.sees("Борис, рады вас видеть!")
    assert (await house.learner(tablet)).id != (await house.learner(ann)).id


async def test_ones_own_link_moves_nothing(house: House, ann: Person) -> None:
    payload = await link_of(ann)
    await ann.opens(payload)
    ann.was_told("переносить нечего")
    ann.sees("Продолжить на другом устройстве")
    phone = await house.arrives("Телефон", payload=payload)
    await phone.presses("Да, продолжить здесь")
    phone.was_told("теперь здесь")


async def test_a_newcomer_is_asked_before_a_personal_link_makes_them_somebody(
    house: House, ann: Person
) -> None:
    payload = await link_of(ann)
    stranger = await house.arrives("Борис", payload=payload)
    await stranger.presses("Нет, не надо")
    stranger.sees("Малый курс")
    await stranger.sends_action("join")
    stranger.was_told(STALE)
    assert (await house.learner(stranger)).id != (await house.learner(ann)).id


async def test_the_question_of_a_link_is_reached_by_the_link_alone(
    house: House, ann: Person
) -> None:
    payload = await link_of(ann)
    stranger = await house.meets("Борис")
    await stranger.sends_action(f"arrive:{digest(payload.removeprefix('go-'))}")
    stranger.was_told(STALE)
    await stranger.sends_action("join")
    assert (await house.learner(stranger)).id != (await house.learner(ann)).id


async def test_a_link_that_ends_while_one_thinks_joins_nobody(house: House, ann: Person) -> None:
    payload = await link_of(ann)
    tablet = await house.meets("Борис")
    await tablet.opens(payload)
    house.now += passes(15)
    await tablet.presses("Да, соединить")
    tablet.was_told("больше не работает")
    tablet.sees("Борис, рады вас видеть!")


async def test_paused_reminders_stay_paused_and_the_joining_device_keeps_its_language(
    house: House, ann: Person
) -> None:
    payload = await link_of(ann)
    tablet = await house.meets("Ann")
    await tablet.sends_action("speak:en")
    await tablet.sends_action("remind:0")
    await tablet.opens(payload)
    await tablet.presses("Yes, join them")
    learner = await house.learner(ann)
    assert (learner.language, learner.reminders) == ("en", False)


async def test_an_old_begin_does_not_wipe_the_attempt_that_runs_now(
    house: House, ann: Person
) -> None:
    await ann.presses("Знаю — сразу к тесту")
    await house.takes_quiz(ann)
    await ann.sends_action("quiz:roles")
    await house.answers(ann)
    await ann.sends_action("quiz:chat")
    old = ann.button("Начать: Урок «chat»").action
    await ann.presses("Начать: Урок «chat»")
    await house.answers(ann)
    before = await house.learner(ann)
    await ann.sends_action(old)
    ann.was_told(STALE)
    after = await house.learner(ann)
    assert (after.attempt, after.study) == (before.attempt, before.study)


@pytest.mark.parametrize("command", ["/me", "/help", "/menu", "/track", "/progress"])
async def test_where_a_link_led_is_not_forgotten_on_the_way_in(house: House, command: str) -> None:
    ann = await house.arrives(payload="lesson-roles")
    await ann.writes(command)
    await ann.opens()
    await ann.sends_action("name")
    await ann.presses("Пока без имени")
    await ann.writes(command)
    await ann.sends_action("role")
    await ann.presses("Учитель")
    ann.sees("Урок «roles»", "шаг 1 из 4")
    assert (await house.learner(ann)).wish == ""


@pytest.mark.parametrize("blank", ["\u3164", "\uffa0", "\u115f\u1160", "\u2800", "\u200b\u2060"])
async def test_a_name_that_nobody_could_see_is_no_name(house: House, blank: str) -> None:
    ann = await house.arrives("")
    await ann.presses("Начать")
    await ann.writes(blank * 3)
    ann.was_told("В имени нужна хотя бы одна буква")
    await ann.writes(f"{blank}Анна{blank}Петровна")
    assert (await house.learner(ann)).name == "Анна Петровна"


async def test_a_sign_that_nobody_sees_parts_no_name(house: House) -> None:
    ann = await house.arrives("")
    await ann.presses("Начать")
    await ann.writes("\u200eАн\u00adна Пет\u2060ров\ufe0fна")
    assert (await house.learner(ann)).name == "Анна Петровна"


@pytest.mark.parametrize("name", ["Какурин Иван", "Чтоева Нетта", "Ким Ли", "Надо-Кан Ян"])
async def test_a_name_that_begins_like_a_question_is_a_name(house: House, name: str) -> None:
    ann = await house.arrives("")
    await ann.presses("Начать")
    await ann.writes(name)
    assert (await house.learner(ann)).name == name


@pytest.mark.parametrize(
    "question",
    [
        "Как поменять роль?",
        "что делать если нет чата",
        "МЭШ?",
        "А как мне войти",
        "Здравствуйте! Подскажите, где чаты",
        "не приходит код",
        "с чего начать",
    ],
)
async def test_a_question_asked_for_a_name_is_not_taken_as_one(
    house: House, question: str
) -> None:
    ann = await house.arrives("")
    await ann.presses("Начать")
    await ann.writes(question)
    ann.was_told("Похоже, это вопрос")
    ann.sees("Как вас зовут?")
    assert (await house.learner(ann)).name == ""
