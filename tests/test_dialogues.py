"""What people and the course say to each other, the same through every door."""

import asyncio
import json
from dataclasses import replace
from unicodedata import normalize

import pytest

from course_bot.content.model import Step
from course_bot.conversation.port import Opened, Pressed, Wrote
from course_bot.questions.choice import Choice
from course_bot.questions.multiple import Multiple
from course_bot.questions.order import Order
from course_bot.storage.outbox import WRITING_DOORS
from tests.courses import CHOICE, POOL
from tests.dialogue import Person, plain
from tests.doors import (
    STALE,
    House,
    ann,
    ask,
    door,
    gives,
    goes_on,
    house,
    link_of,
    messengers,
    part_button,
    passes,
    port_only,
    right,
    with_pool,
    wrong,
)

__all__ = ["ann", "door", "house"]


# First contact.


async def test_three_taps_lead_to_the_first_step(house: House, door: str) -> None:
    ann = await house.arrives()
    ann.sees("Малый курс", "минут", "Мы храним имя", "/me")
    assert ann.button("Начать") is ann.buttons[-1]
    await ann.presses("Начать")
    ann.sees("Как вас зовут?")
    if door == "browser":  # a browser knows nobody's name
        assert len(ann.buttons) == 1
        await ann.writes("Анна Петровна")
    else:
        assert len(ann.buttons) == 2
        await ann.presses("Анна Петровна")
    ann.sees("Кто вы?", "Учитель", "Для тех, кто учит.", "Координатор", "9 минут", "3 минуты")
    await ann.presses("Учитель")
    ann.sees("Урок «chat»", "шаг 1 из 4", "Текст шага.")
    learner = await house.learner(ann)
    assert (learner.name, learner.track) == ("Анна Петровна", "teacher")


async def test_one_may_stay_without_a_name(house: House) -> None:
    ann = await house.arrives()
    await ann.presses("Начать")
    await ann.presses("Пока без имени")
    await ann.presses("Координатор")
    await ann.writes("/menu")
    ann.sees("Рады вас видеть!", "Координатор")
    await ann.writes("/me")
    ann.sees("Имя в отчётах: не указано")


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ('<b>Анна</b> &amp; "Ко"', '<b>Анна</b> &amp; "Ко"'),
        ("  Анна \n Петровна\t", "Анна Петровна"),
        ("مريم علي", "مريم علي"),
        ("Анна \N{RIGHT-TO-LEFT OVERRIDE}анворозапаН", "Анна анворозапаН"),
        (
            "Мария 👩\N{ZERO WIDTH JOINER}🏫 {name} %s",
            "Мария 👩\N{ZERO WIDTH JOINER}🏫 {name} %s",
        ),
        ("Ы" * 200, "Ы" * 80),
    ],
)
async def test_a_typed_name_is_shown_as_it_was_typed(house: House, typed: str, kept: str) -> None:
    ann = await house.arrives()
    await ann.presses("Начать")
    await ann.writes(typed)
    ann.sees("Кто вы?")
    await ann.presses("Учитель")
    await ann.writes("/menu")
    ann.sees(f"{kept}, рады вас видеть!")
    await ann.writes("/me")
    ann.sees(f"Имя в отчётах: {kept}")
    assert (await house.learner(ann)).name == kept


@pytest.mark.parametrize("door", ["port", *WRITING_DOORS])
async def test_a_name_that_the_messenger_gives_is_offered_as_it_stands_there(house: House) -> None:
    ann = await house.meets('<b>&" Петровна')
    await ann.writes("/me")
    ann.sees('Имя в отчётах: <b>&" Петровна')


@pytest.mark.parametrize("typed", ["12345", "🙂", "—", "\N{RIGHT-TO-LEFT OVERRIDE}"])
async def test_a_name_has_a_letter(house: House, typed: str) -> None:
    ann = await house.arrives()
    await ann.presses("Начать")
    await ann.writes(typed)
    ann.was_told("В имени нужна хотя бы одна буква")
    ann.sees("Как вас зовут?")


async def test_whoever_writes_or_shows_something_first_is_welcomed(house: House) -> None:
    ann = await house.arrives()
    await ann.writes("здравствуйте")
    ann.was_told("Здравствуйте! Чтобы продолжить, нажмите одну из кнопок ниже.")
    ann.sees("Малый курс")
    await ann.writes("что это такое")
    ann.was_told("Сначала нажмите")
    await ann.sends_action("menu")
    ann.sees("Кто вы?")


@port_only
async def test_a_picture_or_a_press_of_somebody_unknown_is_a_welcome(house: House) -> None:
    for move in ("sends_picture", "sends_action"):
        ann = await house.arrives(move)
        await ann.writes("/me")
        await ann.sends_action("me")
        stranger = await house._person("port", move, "ru")
        await (stranger.sends_picture() if move == "sends_picture" else stranger.sends_action("x"))
        stranger.sees("Малый курс")


async def test_a_link_to_a_lesson_is_met_after_the_welcome(house: House) -> None:
    ann = await house.arrives(payload="lesson-roles")
    ann.sees("Малый курс")
    await ann.presses("Начать")
    await ann.writes("Анна")
    await ann.presses("Учитель")
    ann.sees("Урок «roles»", "шаг 1 из 4")


async def test_a_link_to_a_question_is_met_after_the_welcome(house: House) -> None:
    ann = await house.arrives(payload="faq-4")
    await ann.presses("Начать")
    await ann.presses("Пока без имени")
    await ann.presses("Учитель")
    ann.sees("Что делать, если нет чата «Сотрудники»?", "Коротко: ответ номер 4.")


async def test_a_link_to_a_track_puts_it_first(house: House) -> None:
    ann = await house.arrives(payload="track-coordinator")
    await ann.presses("Начать")
    await ann.presses("Пока без имени")
    assert ann.labels == ("Координатор", "Учитель")
    await ann.presses("Координатор")
    ann.sees("Урок «help»")


@pytest.mark.parametrize(
    "payload", ["lesson-nosuch", "track-", "faq-99", "faq-٤", "go-", "-", "привет", "x" * 500]
)
async def test_a_link_that_leads_nowhere_is_a_plain_welcome(house: House, payload: str) -> None:
    ann = await house.arrives(payload=payload)
    ann.sees("Малый курс")
    await ann.presses("Начать")
    ann.sees("Как вас зовут?")


async def test_links_lead_those_who_are_known_straight_there(house: House, ann: Person) -> None:
    await ann.opens("lesson-help")
    ann.sees("Урок «help»", "шаг 1 из 3")
    await ann.opens("track-coordinator")
    ann.sees("Курсы")
    await ann.opens("faq-1")
    ann.sees("Как поменять роль?")
    await ann.opens("faq-77")
    ann.was_told("Куда ведёт эта ссылка, я не знаю")
    ann.sees("Как поменять роль?")
    await ann.opens()
    ann.sees("Как поменять роль?")


# Reading.


async def test_steps_go_forward_and_back_and_the_place_is_kept_for_each_lesson(
    house: House, ann: Person
) -> None:
    assert "← Назад" not in ann.labels
    await ann.presses("Дальше →")
    await ann.presses("Дальше →")
    ann.sees("шаг 3 из 4")
    await ann.presses("← Назад")
    ann.sees("шаг 2 из 4")
    await ann.opens("lesson-help")
    await ann.presses("Дальше →")
    ann.sees("Урок «help»", "шаг 2 из 3")
    await ann.opens("lesson-chat")
    ann.sees("Урок «chat»", "шаг 2 из 4")
    await ann.presses("☰ Меню")
    await ann.presses("▶ Урок «chat»")
    ann.sees("шаг 2 из 4")
    await ann.opens("lesson-help")
    ann.sees("шаг 2 из 3")


async def test_the_quiz_is_offered_after_the_last_step_and_before(ann: Person) -> None:
    assert "Знаю — сразу к тесту" in ann.labels
    for _ in range(3):
        await ann.presses("Дальше →")
    ann.sees("шаг 4 из 4")
    assert "Дальше →" not in ann.labels
    await ann.presses("✍ К тесту")
    ann.sees("вопрос 1 из 6")


async def test_links_of_a_step_are_buttons(ann: Person) -> None:
    assert ann.button("Чат поддержки").url == "https://max.ru/sferum_help"


# The way about.


async def test_the_menu_the_progress_and_the_track(house: House, ann: Person) -> None:
    await ann.presses("Дальше →")
    await ann.writes("/menu")
    ann.sees("Анна Петровна, рады вас видеть!", "пройдено уроков — 0 из 3, впереди ещё 8 минут")
    await ann.presses("📊 Мои успехи")
    ann.sees("1. Урок «chat»\n▰▰▱▱▱ 3 минуты", "2. Урок «roles»\n▱▱▱▱▱ ", "Впереди ещё 8 минут")
    await ann.presses("2")
    ann.sees("Урок «roles»", "Шаг 1")
    await ann.writes("/track")
    assert ann.labels[:2] == ("✓ Учитель", "Координатор")
    await ann.presses("Координатор")
    ann.was_told("Теперь ваш курс — «Координатор»")
    await ann.writes("/progress@course_bot")
    ann.sees("Ваши успехи: Координатор", "1. Урок «help»")


async def test_the_interface_speaks_english_too(house: House, ann: Person) -> None:
    await ann.writes("/me")
    await ann.presses("🌐 In English")
    ann.sees("About me", "Language: English")
    assert house.door == "max" or ann.commands["help"] == "Help and questions"
    await ann.writes("/menu")
    ann.sees("good to see you!", "0 of 3 lessons passed")
    await ann.writes("/me")
    await ann.presses("🌐 По-русски")
    ann.sees("Обо мне", "Язык: Русский")
    assert ann.commands["help"] == "Помощь и вопросы"


async def test_a_foreign_phone_is_offered_english_at_once(house: House) -> None:
    john = await house.arrives("John Smith", language="en-GB", payload="lesson-roles")
    # Until then the commands are in the language of what they are read beside.
    assert john.commands["help"] == "Помощь и вопросы"
    await john.presses("In English")
    john.sees("A track takes")
    assert house.door == "max" or john.commands["help"] == "Help and questions"
    await john.presses("Begin")
    await john.presses("Without a name")
    await john.presses("Учитель")
    john.sees("Урок «roles»", "step 1 of 4")


@messengers
async def test_reminders_can_be_paused_where_the_bot_can_write_first(
    house: House, ann: Person
) -> None:
    house.now += passes(60 * 24 * 4)
    due = await house.messages(house.door)
    assert [message.account for message in due] == [house.account(ann)]
    assert "Дальше: «Урок „chat“»" in due[0].screen.text
    await ann.writes("/me")
    ann.sees("Если вы не заглянете три дня")
    await ann.presses("🔕 Не напоминать")
    ann.sees("Напоминания на паузе")
    house.now += passes(60 * 24 * 4)
    assert await house.messages(house.door) == []
    await ann.presses("🔔 Снова напоминать")
    house.now += passes(60 * 24 * 4)
    assert len(await house.messages(house.door)) == 1


@pytest.mark.parametrize("door", ["port", "browser"])
async def test_where_the_bot_can_not_write_first_there_is_no_talk_of_it(ann: Person) -> None:
    await ann.writes("/me")
    ann.sees_not("напомню")
    assert not any("апомин" in label for label in ann.labels)


async def test_the_name_can_be_changed(house: House, ann: Person) -> None:
    await ann.writes("/me")
    await ann.presses("✏ Изменить имя")
    await ann.writes("123")
    ann.was_told("В имени нужна хотя бы одна буква")
    await ann.writes("Анна <i>Сергеевна</i>")
    ann.was_told("Имя сохранено")
    ann.sees("Имя в отчётах: Анна <i>Сергеевна</i>")
    await ann.presses("✏ Изменить имя")
    await ann.presses("Оставить как есть")
    ann.sees("Обо мне", "Анна <i>Сергеевна</i>")
    # What is written now is a question again, and no name.
    await ann.writes("как поменять роль")
    assert (await house.learner(ann)).name == "Анна <i>Сергеевна</i>"


async def test_everything_that_is_stored_comes_as_a_file(house: House, ann: Person) -> None:
    await ann.presses("Знаю — сразу к тесту")
    await house.takes_quiz(ann)
    await ann.writes("/me")
    await ann.presses("🔒 Что хранится")
    await ann.presses("⬇ Всё одним файлом")
    ann.sees("Что о вас хранится")
    (document,) = ann.documents
    assert document.name.endswith(".json")
    file = json.loads(document.content)
    account = house.account(ann)
    assert file["person"]["name"] == "Анна Петровна"
    assert file["person"]["track"] == "teacher"
    assert [each["id"] for each in file["accounts"]] == [f"{account.door}:{account.key}"]
    assert file["study"]["readings"]["chat"]["step"] == 1
    assert file["study"]["results"]["chat"]["best"] == 100
    (attempt,) = file["attempts"]
    assert len(attempt["answers"]) == 6
    assert all(answer["points"] == 100 for answer in attempt["answers"])


async def test_everything_is_deleted_after_a_confirmation(house: House, ann: Person) -> None:
    await ann.presses("Знаю — сразу к тесту")
    await house.answers(ann)
    await ann.sends_action("erase")
    ann.was_told(STALE)
    await ann.writes("/me")
    await ann.presses("🔒 Что хранится")
    await ann.presses("🗑 Удалить всё")
    ann.sees("Удалить всё?", "Вернуть ничего нельзя")
    await ann.presses("Нет, оставить")
    ann.sees("Что о вас хранится")
    await ann.presses("🗑 Удалить всё")
    await ann.presses("Да, удалить")
    ann.sees("Всё о вас удалено")
    await ann.presses("Начать заново")
    ann.sees("Малый курс")
    learner = await house.learner(ann)
    assert (learner.name, learner.track, learner.attempt) == ("", "", None)
    assert learner.study.results == {}


async def test_a_deletion_is_only_confirmed_where_it_was_asked(house: House, ann: Person) -> None:
    await ann.writes("/me")
    await ann.presses("🔒 Что хранится")
    await ann.presses("🗑 Удалить всё")
    await ann.writes("/menu")
    await ann.sends_action("erase")
    ann.was_told(STALE)
    assert (await house.learner(ann)).name == "Анна Петровна"


# What is not a button.


async def test_a_question_finds_its_answer(ann: Person) -> None:
    await ann.writes("Как поменять роль?")
    ann.sees("Как поменять роль?", "Коротко: ответ номер 1.")
    assert ann.button("Урок: Урок «roles» (3 минуты)").action == "lesson:roles"
    await ann.presses("↩ К уроку")
    ann.sees("шаг 1 из 4")


async def test_a_question_written_with_letters_in_two_parts_finds_its_answer(ann: Person) -> None:
    """Some keyboards and copied texts have «й» as «и» and a mark of its own."""
    await ann.writes(normalize("NFD", "Какой чат «Сотрудники»?"))
    with_marks = ann.text
    await ann.writes("Какой чат «Сотрудники»?")
    assert ann.text == with_marks
    ann.sees("«Сотрудники»")


async def test_what_has_no_answer_gets_a_way_to_people(ann: Person) -> None:
    await ann.writes("qwerty asdf")
    ann.sees("ответа не нашлось")
    assert ann.labels[0] == "🙋 Поговорить с человеком"
    await ann.presses("Все темы")
    ann.sees("Помощь", "/progress")
    await ann.presses("Что делать, если нет чата «Сотрудники»?")
    ann.sees("Коротко: ответ номер 4.")


@pytest.mark.parametrize("command", ["/nosuch", "/", "/menu2"])
async def test_a_command_there_is_not_leads_to_help(ann: Person, command: str) -> None:
    before = ann.text
    await ann.writes(command)
    ann.was_told("/help")
    assert ann.text == before


@pytest.mark.parametrize("door", ["port", *WRITING_DOORS])
async def test_a_picture_is_answered_with_where_one_is(ann: Person) -> None:
    await ann.sends_picture()
    ann.was_told("Я понимаю текст, кнопки и листы статистики")
    ann.sees("шаг 1 из 4")


# What happens around a person.


async def test_a_lesson_edited_during_an_attempt_changes_nothing_in_it(
    house: House, ann: Person
) -> None:
    await ann.presses("Знаю — сразу к тесту")
    asked = await house.waits_for(ann)
    text = ann.text
    pool = tuple(replace(each, text="Новый вопрос?", version="v2") for each in POOL)
    house.course = replace(with_pool(house.course, "chat", pool), version="c2", pass_mark=100)
    await ann.opens()
    assert ann.text == text
    await gives(ann, asked, right(asked.filled))
    ann.sees("Верно!", asked.filled.explanation)
    await goes_on(ann)
    await house.takes_quiz(ann, wrongly=[])
    ann.sees("Урок пройден")


async def test_a_lesson_removed_during_an_attempt_takes_nothing_away(
    house: House, ann: Person
) -> None:
    await ann.presses("Знаю — сразу к тесту")
    await house.answers(ann)
    course = house.course
    left = {name: lesson for name, lesson in course.lessons.items() if name != "chat"}
    teacher = replace(course.tracks["teacher"], lessons=("roles", "help"))
    faq = {number: replace(each, lesson="help") for number, each in course.faq.items()}
    house.course = replace(
        course, lessons=left, tracks={**course.tracks, "teacher": teacher}, faq=faq
    )
    await ann.presses("📖 К шагу об этом")
    ann.was_told(STALE)
    ann.sees("Верно!")
    await goes_on(ann)
    await house.takes_quiz(ann)
    ann.sees("Урок пройден: урок, которого больше нет")
    assert "Попробовать ещё раз" not in ann.labels
    await ann.presses("Следующий урок: Урок «roles»")
    ann.sees("Урок «roles»")


async def test_who_has_passed_may_try_again(house: House, ann: Person) -> None:
    await ann.presses("Знаю — сразу к тесту")
    await house.takes_quiz(ann)
    ann.sees("Урок пройден")
    await ann.presses("Попробовать ещё раз")
    ann.sees("вопрос 1 из 6")


async def test_the_first_step_says_what_the_lesson_is_for(house: House, ann: Person) -> None:
    ann.sees(plain(house.course.lessons["chat"].about))
    await ann.presses("Дальше →")
    ann.sees_not(plain(house.course.lessons["chat"].about))


async def test_a_page_for_this_computer_only_is_offered_only_there(
    house: House, ann: Person
) -> None:
    house.talk.addresses = replace(house.talk.addresses, local=True)
    await ann.writes("/me")
    await ann.presses("📱 Другое устройство")
    ann.sees("https://max.ru/", "https://t.me/")
    if house.account(ann).door == "browser":
        ann.sees("В другом браузере на этом компьютере:")
    else:
        ann.sees_not("127.0.0.1")


async def test_a_step_that_is_gone_is_the_last_one_there_is(house: House, ann: Person) -> None:
    for _ in range(3):
        await ann.presses("Дальше →")
    lesson = replace(house.course.lessons["chat"], steps=(Step(title="Один", text="Всё."),) * 3)
    house.course = replace(house.course, lessons={**house.course.lessons, "chat": lesson})
    await ann.opens()
    ann.sees("шаг 3 из 3", "Всё.")


async def test_a_track_or_lesson_that_is_gone_leaves_one_in_the_menu(
    house: House, ann: Person
) -> None:
    course = house.course
    house.course = replace(
        course,
        lessons={"help": course.lessons["help"]},
        tracks={"coordinator": course.tracks["coordinator"]},
        faq={number: replace(each, lesson="help") for number, each in course.faq.items()},
    )
    await ann.opens()
    ann.sees("рады вас видеть!", "Координатор")
    await ann.presses("▶ Урок «help»")
    ann.sees("Урок «help»")


async def test_an_old_button_shows_where_one_is(house: House, ann: Person) -> None:
    await ann.presses("Знаю — сразу к тесту")
    asked = await house.asks(ann, Choice)
    (chosen,) = wrong(asked.filled)  # type: ignore[misc]  # a choice is answered by one index
    old = part_button(ann, "pick", chosen)
    assert old
    await house.answers(ann)
    before = (await house.learner(ann)).study
    await ann.sends_action(old)
    ann.was_told(STALE)
    ann.sees("Верно!")
    assert (await house.learner(ann)).study == before


FORGED = (
    "pick:{attempt}:0:99",
    "pick:{attempt}:-1:0",
    "pick:{attempt}:0:1_0",
    "pick:{attempt}:0:٠",
    "pick:{attempt}:00000000000000000000000:0",
    "pick:{attempt}:0",
    "pick:{attempt}:0:0:0",
    "pick::0:0",
    "tap:{attempt}:0:99",
    "done:{attempt}:0",
    "undo:{attempt}:0",
    "question:{attempt}:3",
    "feedback:{attempt}:0",
    "feedback:{attempt}:-1",
    "result:{attempt}",
    "step:chat:x",
    "step:nosuch:1",
    "lesson:",
    "quiz:nosuch",
    "start:roles",
    "take:nosuch",
    "speak:de",
    "remind:maybe",
    "carry:999999999999",
    "carry:9999999999:0123456789ab",
    "carry:1:\x00",
    "faq:77",
    "found:77",
    "role:x",
    "role:lesson-nosuch",
    "name:\x00",
    "begin:teacher",
    "welcome",
    "mine",
    "me\x00",
    "\ud800",
    "",
    ":",
    "::::::",
    "меню",
    "x" * 10_000,
)


@port_only
@pytest.mark.parametrize("forged", FORGED)
async def test_a_forged_button_writes_nothing_and_shows_where_one_is(
    house: House, ann: Person, forged: str
) -> None:
    await ask(house, ann, Choice)
    learner = await house.learner(ann)
    assert learner.attempt
    text = ann.text
    await ann.sends_action(forged.format(attempt=learner.attempt.id))
    assert ann.text == text
    ann.was_told(STALE)
    assert await house.learner(ann) == learner


@port_only
async def test_a_forged_personal_link_joins_nobody(house: House, ann: Person) -> None:
    learner = await house.learner(ann)
    await ann.opens("go-" + "A" * 22)
    ann.was_told("больше не работает")
    await ann.sends_action("menu")
    for token in ("", "x", "A" * 22, "A" * 23, "\x00"):
        await ann.sends_action(f"join:{token}")
        ann.was_told(STALE)
        await ann.opens(f"go-{token}")
        ann.was_told("")
        ann.sees("Анна Петровна, рады вас видеть!")
    assert (await house.learner(ann)).id == learner.id


@port_only
async def test_a_wish_is_not_carried_where_nothing_is_known_of_it(house: House) -> None:
    ann = await house.arrives()
    for forged in ("name:x", "role:\x00", f"name:{'x' * 59}", "welcome:lesson-nosuch"):
        await ann.sends_action(forged)
        ann.was_told(STALE)
        ann.sees("Малый курс")


async def test_a_button_of_another_person_does_nothing_here(house: House, ann: Person) -> None:
    boris = await house.meets("Борис Иванов")
    for person in (ann, boris):
        await person.presses("Знаю — сразу к тесту")
        await house.asks(person, Choice)
    seen, before = ann.text, await house.learner(ann)
    theirs = part_button(boris, "pick", 0)
    assert theirs
    await ann.sends_action(theirs)
    ann.was_told(STALE)
    assert ann.text == seen
    assert await house.learner(ann) == before
    assert (await house.waits_for(boris)).question.id == CHOICE.id


async def test_two_devices_that_press_at_once_give_one_answer(house: House, ann: Person) -> None:
    await ann.presses("Знаю — сразу к тесту")
    await house.asks(ann, Choice)
    phone = await house.carries(ann)
    await phone.sends_action("continue")
    count = len((await house.learner(ann)).study.answers)
    rightly, wrongly = part_button(phone, "pick", 0), part_button(phone, "pick", 1)
    assert rightly
    assert wrongly
    await asyncio.gather(ann.sends_action(rightly), phone.sends_action(wrongly))
    learner = await house.learner(ann)
    assert len(learner.study.answers) == count + 1
    first = learner.study.answers[-1].response == (0,)
    (phone if first else ann).was_told(STALE)
    for device in (ann, phone):
        device.sees("Верно!" if first else "Не совсем так.")


@port_only
async def test_the_same_move_twice_counts_once(house: House, ann: Person) -> None:
    await ann.presses("Знаю — сразу к тесту")
    await house.asks(ann, Multiple)
    tapped = next(each.action for each in ann.buttons if each.action.startswith("tap:"))
    press = Pressed(account=house.account(ann), move_id="twice", at=house.now, action=tapped)
    first = await house.take(press)
    assert await house.take(press) == first
    assert len((await house.learner(ann)).study.draft) == 1
    write = Wrote(account=house.account(ann), move_id="thrice", at=house.now, text="/menu")
    assert await house.take(write) == await house.take(write)
    opened = Opened(account=house.account(ann), move_id="thrice", at=house.now, payload="faq-1")
    # The id of a move decides, whatever comes with it.
    assert await house.take(opened) == await house.take(write)


async def test_a_restart_changes_nothing_for_anybody(house: House, ann: Person) -> None:
    await ann.presses("Знаю — сразу к тесту")
    await house.asks(ann, Order)
    part = (await house.waits_for(ann)).shown[0]
    tapped = part_button(ann, "tap", part)
    assert tapped
    await ann.sends_action(tapped)
    text, labels = ann.text, ann.labels
    await house.restarts()
    await ann.opens()
    assert (ann.text, ann.labels) == (text, labels)
    await ann.presses("↶ Отменить")
    ann.sees_not("Ваш порядок:")
    await house.restarts()
    await house.takes_quiz(ann)
    ann.sees("Урок пройден")


async def test_a_personal_link_survives_a_restart(house: House, ann: Person) -> None:
    payload = await link_of(ann)
    await house.restarts()
    phone = await house.arrives("Телефон", payload=payload)
    await house.restarts()
    await phone.presses("Да, продолжить здесь")
    phone.was_told("теперь здесь")


async def test_the_log_holds_every_answer_as_it_was_given(house: House, ann: Person) -> None:
    await ann.presses("Знаю — сразу к тесту")
    await house.takes_quiz(ann, wrongly=["order"])
    learner = await house.learner(ann)
    assert learner.attempt
    for asked, answer in zip(learner.attempt.asked, learner.study.answers, strict=True):
        expected = (wrong if asked.question.id == "order" else right)(asked.filled)
        assert answer.response == expected
        assert answer.points == (0 if asked.question.id == "order" else 100)
