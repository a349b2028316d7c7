"""Taking quizzes, as dialogues through every door."""

from dataclasses import replace

import pytest

from course_bot.conversation import quiz
from course_bot.questions.choice import Choice
from course_bot.questions.match import Match
from course_bot.questions.multiple import Multiple
from course_bot.questions.number import Number
from course_bot.questions.order import Order
from tests.courses import CHOICE, POOL
from tests.dialogue import Person
from tests.doors import (
    STALE,
    House,
    ann,
    ask,
    cannot_press_yet,
    door,
    goes_on,
    house,
    port_only,
    with_pool,
)

__all__ = ["ann", "door", "house"]


# A quiz.


async def test_every_answer_gets_a_verdict_an_explanation_and_a_way_to_the_step(
    house: House, ann: Person
) -> None:
    await ann.presses("Знаю — сразу к тесту")
    for rightly in (True, False) * 3:
        asked = await house.answers(ann, rightly=rightly)
        ann.sees("Верно!" if rightly else "Не совсем так.", asked.filled.explanation)
        assert len(ann.buttons) == 2
        before = ann.text
        await ann.presses("📖 К шагу об этом")
        ann.sees(f"шаг {asked.question.step} из 4")
        if (await house.learner(ann)).question is not None:
            await ann.presses("↩ К тесту")
        else:
            assert "Попробовать ещё раз" not in before
    learner = await house.learner(ann)
    assert [answer.right for answer in learner.study.answers] == [True, False] * 3


async def test_a_choice_is_one_tap_and_a_wrong_option_is_told_why(
    house: House, ann: Person
) -> None:
    await ask(house, ann, Choice)
    ann.sees("Важное правило", "Кто создаёт чат «Сотрудники»?")
    await ann.presses("Учитель в MAX")
    ann.sees(
        "Не совсем так.",
        "❌ Ваш ответ: Учитель в MAX",
        "Учитель создаёт другие чаты.",
        "✅ Верно: Он появляется сам",
    )


async def test_an_option_under_its_number_may_be_typed(house: House, ann: Person) -> None:
    long = tuple(
        replace(option, text=f"{option.text}, и так до конца строки") for option in CHOICE.options
    )
    house.course = with_pool(house.course, "chat", (replace(CHOICE, options=long),))
    await ann.presses("Знаю — сразу к тесту")
    place = next(line for line in ann.text.splitlines() if "Он появляется сам" in line)[0]
    await ann.writes("9")
    ann.sees(f"{place}. Он появляется сам")
    await ann.writes(place)
    ann.sees("Верно!")


async def test_parts_may_be_typed_by_number_letter_or_their_words(
    house: House, ann: Person
) -> None:
    await ann.presses("Знаю — сразу к тесту")
    while (asked := (await house.learner(ann)).question) is not None:
        places = [asked.shown.index(each) for each in range(len(asked.shown))]
        match asked.question:
            case Choice():
                await ann.writes("4")
                ann.was_told("его номер — от 1 до 3")
                await ann.writes("он появляется САМ!")
            case Multiple():
                await ann.writes(f"{places[0] + 1}")
                ann.was_told("Верных вариантов несколько")
                await ann.writes(" и ".join(f"{places[each] + 1}" for each in (4, 0, 1)))
            case Order():
                await ann.writes("АБ")
                ann.was_told("например 2 3 4 1")
                await ann.writes("".join("АБВГ"[place] for place in places))
            case Match():
                await ann.writes("1")
                ann.was_told("для каждого термина")
                await ann.writes(" ".join(f"{place + 1}" for place in places))
            case Number():
                await house.answers(ann)
        ann.sees("Верно!")
        await goes_on(ann)
    ann.sees("6 из 6 (100 %)")


@port_only
async def test_greetings_and_thanks_are_answered_and_nothing_is_lost(
    house: House, ann: Person
) -> None:
    await ask(house, ann, Multiple)
    await ann.presses("☐ Сообщение вчера")
    before = ann.text
    for text, said in (
        ("Здравствуйте!", "Здравствуйте!"),
        ("добрый день 🙂", "Здравствуйте!"),
        ("Hello", "Здравствуйте!"),
        ("Спасибо большое!!!", "Пожалуйста!"),
        ("ок, благодарю", "Пожалуйста!"),
        ("Понятно.", "Отлично!"),
        ("👍", "Отлично!"),
    ):
        await ann.writes(text)
        assert ann.notices == [f"{said} Вопрос ниже ждёт вашего ответа, не торопитесь."]
        assert ann.text == before
    await ann.writes("спасибо, а как поменять роль?")
    ann.sees("Как поменять роль?", "Коротко: ответ номер 1.")
    await ann.writes("спасибо!")
    ann.was_told("Пожалуйста! Ниже — место, где вы остановились.")
    await ann.presses("↩ К тесту")
    assert ann.text == before


@port_only
async def test_a_greeting_is_no_name_and_no_number(house: House) -> None:
    ann = await house.arrives()
    await ann.presses("Начать")
    await ann.writes("Добрый вечер!")
    ann.was_told("Теперь напишите, пожалуйста, имя и отчество.")
    await ann.writes("Анна")
    await ann.presses("Учитель")
    await ask(house, ann, Number)
    await ann.writes("спасибо")
    ann.was_told("Пожалуйста! Вопрос ниже ждёт вашего ответа")


async def test_several_options_earn_their_share(house: House, ann: Person) -> None:
    await ask(house, ann, Multiple)
    await cannot_press_yet(ann, "Готово", "Отметьте всё верное")
    await ann.presses("☐ Сообщение вчера")
    await ann.presses("☐ Сообщение завтра")
    await ann.presses("☑ Сообщение завтра")
    await ann.presses("☐ Звонок позавчера")
    assert "☐ Сообщение завтра" in ann.labels
    await ann.presses("Готово")
    ann.sees("Верно отчасти: 66 из 100 баллов", "✅ Сообщение вчера", "✅ Звонок позавчера")
    ann.sees("Верно и это:", "• Сообщение сегодня")
    ann.sees_not("Сообщение завтра", "Звонок год назад")


async def test_an_order_is_tapped_taken_back_and_done(house: House, ann: Person) -> None:
    await ask(house, ann, Order)
    keys = len(ann.buttons)
    await cannot_press_yet(ann, "↶ Отменить", "что делают первым?")
    await ann.presses("Подождать")
    ann.sees("\nПодождать\n", "Что делают дальше?")
    await cannot_press_yet(ann, "✓ Подождать", "Что делают дальше?")
    await ann.presses("↶ Отменить")
    for item in ("Открыть МЭШ", "Связать профили", "Проверить"):
        await ann.presses(item)
        await cannot_press_yet(ann, "Готово", "Что делают дальше?")
        assert len(ann.buttons) == keys, "a key has left its place"
    ann.sees("Открыть МЭШ → Связать профили → Проверить")
    await ann.presses("Подождать")
    ann.sees("Порядок верный?")
    await ann.presses("Готово")
    # Of three adjacent pairs one is right.
    ann.sees("Верно отчасти: 33 из 100 баллов", "Верно:\n✅ 1. Открыть МЭШ")
    ann.sees("❌ 3. Подождать (у вас: 4)")
    assert ann.text.count("Подождать") == 1, "nothing is said twice"


async def test_pairs_are_matched_by_taps_and_the_last_one_matches_itself(
    house: House, ann: Person
) -> None:
    await ask(house, ann, Match)
    ann.sees("Подберите пару: Чат")
    await ann.presses("прочитать самому")
    ann.sees("Подберите пару: Справка")
    await ann.presses("спросить человека")
    ann.sees("Плакат — повесить на стену", "Пары подходят?")
    await ann.presses("↶ Отменить")
    ann.sees("Подберите пару: Справка")
    await ann.presses("спросить человека")
    await ann.presses("Готово")
    ann.sees("Верно отчасти: 33 из 100", "❌ Чат — прочитать самому", "Верно: спросить человека")


@pytest.mark.parametrize(
    "typed",
    ["7", " 7 ", "7 %", "7%", "7,0", "7.", "+7", "7.00", "7 дней", "\N{LEFT-TO-RIGHT MARK}7"],
)
async def test_a_right_number_may_be_typed_in_many_ways(
    house: House, ann: Person, typed: str
) -> None:
    await ask(house, ann, Number)
    ann.sees("Напишите ответ числом (дн.)")
    await ann.writes(typed)
    ann.sees("Верно!", "Ваш ответ: 7 дн.")


async def test_a_wrong_number_is_repeated_as_one_writes_it(house: House, ann: Person) -> None:
    await ask(house, ann, Number)
    await ann.writes("37,5")
    ann.sees("Не совсем так.", "Ваш ответ: 37,5 дн.", "Верно: 7 дн.")


@port_only
@pytest.mark.parametrize(
    ("answer", "typed", "shown"),
    [(1593, "1 593", "1593"), (1145, "1.145", "1145"), (11593, "11593", "11 593")],
)
async def test_thousands_may_be_parted_and_are_from_ten_thousand_on(
    house: House, ann: Person, answer: int, typed: str, shown: str
) -> None:
    number = next(each for each in POOL if each.id == "number")
    assert isinstance(number, Number)
    house.course = with_pool(house.course, "chat", (replace(number, answer=answer),))
    await ann.presses("Знаю — сразу к тесту")
    await ann.writes(typed)
    ann.sees("Верно!", f"Ваш ответ: {shown} дн.")


async def test_words_in_place_of_a_number_are_no_answer(house: House, ann: Person) -> None:
    await ask(house, ann, Number)
    for words in ("семь", "7 тысяч", "семь или восемь", "6–7", "7 из 8"):
        await ann.writes(words)
        ann.was_told("одним числом, цифрами")
        ann.sees("За сколько дней считают?")
    await ann.writes("не знаю")
    ann.was_told("Ничего страшного")
    ann.sees("За сколько дней считают?")
    for question in (
        "а где мне вообще найти роль ученика",
        "сколько из 107 учителей надо?",
        "прошло 7 дней а чата сотрудники нет",
        "почему 7?",
        "что такое охват",
        "где найти 30",
    ):
        await ann.writes(question)
        ann.sees_not("За сколько дней считают?")
        await ann.presses("↩ К тесту")
        ann.sees("За сколько дней считают?")
    assert (await house.learner(ann)).study.answers == ()


async def test_where_no_answer_is_found_the_course_says_what_is_offered(
    house: House, ann: Person
) -> None:
    house.course = replace(house.course, not_found=4)
    await ann.writes("расскажите о погоде на луне")
    ann.sees("ответа не нашлось")
    await ann.presses("🙋 Поговорить с человеком")
    ann.sees("Коротко: ответ номер 4.")


async def test_a_passed_quiz_opens_the_next(house: House, ann: Person) -> None:
    await ann.opens("lesson-roles")
    await ann.presses("Знаю — сразу к тесту")
    ann.sees("Тест «Урок „roles“» откроется чуть позже", "Урок «chat»")
    await ann.presses("Тест: Урок «chat»")
    await house.takes_quiz(ann)
    ann.sees("Урок пройден: Урок «chat»", "Верно 6 из 6 (100 %)", "Ни одной ошибки")
    ann.sees_not("Стоит перечитать")
    await ann.presses("Следующий урок: Урок «roles»")
    await ann.presses("Знаю — сразу к тесту")
    ann.sees("вопрос 1 из 4")


async def test_a_locked_quiz_leads_to_the_first_one_before_it(house: House, ann: Person) -> None:
    await ann.opens("lesson-help")
    await ann.presses("Знаю — сразу к тесту")
    ann.sees("откроется чуть позже", "• Урок «chat»", "• Урок «roles»")
    await ann.presses("↩ К этому уроку")
    ann.sees("Урок «help»", "шаг 1 из 3")
    await ann.sends_action("start:help")
    ann.was_told(STALE)
    assert (await house.learner(ann)).attempt is None


async def test_whoever_knows_it_all_tests_out_of_the_track(house: House, ann: Person) -> None:
    for lesson in ("chat", "roles", "help"):
        await ann.opens(f"lesson-{lesson}")
        await ann.presses("Знаю — сразу к тесту")
        await house.takes_quiz(ann)
    ann.sees("Урок пройден", "весь курс «Учитель»")
    await ann.presses("Что дальше?")
    ann.sees("Курс «Учитель» пройден")
    # The lesson that the coordinators take counts there too.
    assert "Координатор" not in " ".join(ann.labels)
    await ann.writes("/progress")
    ann.sees("Всё пройдено", "3. Урок «help»\n▰▰▰▰▰ пройден, 100 %")
    await ann.writes("/help")
    assert "↩ К уроку" not in ann.labels


async def test_enough_points_do_not_pass_with_an_important_rule_wrong(
    house: House, ann: Person
) -> None:
    await ann.presses("Знаю — сразу к тесту")
    await house.takes_quiz(ann, wrongly=[CHOICE.id])
    ann.sees("5 из 6 (83 %)", "Баллов хватает", "важным правилом", "Стоит перечитать")
    ann.sees("Вопросы будут те же, в другом порядке.")
    assert "📖 Шаг 1" in ann.labels
    assert not (await house.learner(ann)).passed("chat")
    await ann.presses("Попробовать ещё раз")
    ann.sees("вопрос 1 из 6")


async def test_too_few_points_do_not_pass_and_the_best_result_counts(
    house: House, ann: Person
) -> None:
    await ann.presses("Знаю — сразу к тесту")
    ann.sees("Чтобы пройти, нужно 5 из 6 и верный ответ на каждый вопрос с ❗.")
    await house.takes_quiz(ann, wrongly=["multiple", "order", "match"])
    ann.sees("Чтобы пройти, нужно 5 из 6", "Стоит перечитать")
    await ann.presses("Попробовать ещё раз")
    await house.takes_quiz(ann)
    ann.sees("100 %", "Урок пройден")
    await ann.writes("/progress")
    await ann.presses("1 ✓")
    await ann.presses("Знаю — сразу к тесту")
    await house.takes_quiz(ann, wrongly=[each.id for each in POOL])
    ann.sees("0 %", "Урок у вас уже пройден: в счёт идёт лучший результат")
    assert "Следующий урок" in ann.labels[0]
    learner = await house.learner(ann)
    assert learner.passed("chat")
    assert learner.study.results["chat"].best == 100


async def test_another_attempt_asks_first_what_has_not_been_asked(
    house: House, ann: Person
) -> None:
    await ann.writes("/track")
    await ann.presses("Координатор")
    house.course = with_pool(house.course, "help", POOL)
    course = house.course
    house.course = replace(
        course, lessons={**course.lessons, "help": replace(course.lessons["help"], draw=3)}
    )
    await ann.opens("lesson-help")
    await ann.presses("Знаю — сразу к тесту")
    first = await house.takes_quiz(ann, wrongly=[each.id for each in POOL])
    ann.sees("Вопросы будут в основном новые.")
    await ann.presses("Попробовать ещё раз")
    second = await house.takes_quiz(ann, wrongly=[each.id for each in POOL])
    ann.sees("Часть вопросов будет новой.")
    # The critical question comes each time, and the two others are new.
    assert set(first) & set(second) == {CHOICE.id}
    await ann.presses("Попробовать ещё раз")
    third = await house.takes_quiz(ann)
    assert {*first, *second, *third} == {each.id for each in POOL}


async def test_the_order_of_an_attempt_stays(house: House, ann: Person) -> None:
    await ann.presses("Знаю — сразу к тесту")
    await house.asks(ann, Match)
    labels = ann.labels
    await ann.presses("☰ Меню")
    await ann.presses("▶ Продолжить тест")
    assert ann.labels == labels


async def test_another_quiz_in_progress_is_asked_about(house: House, ann: Person) -> None:
    await ann.presses("Знаю — сразу к тесту")
    await house.takes_quiz(ann)
    await ann.presses("Следующий урок: Урок «roles»")
    await ann.presses("Знаю — сразу к тесту")
    await house.answers(ann)
    await ann.opens("lesson-chat")
    await ann.presses("Знаю — сразу к тесту")
    ann.sees("Вы ещё не закончили другой тест", "отвечено вопросов: 1 из 4")
    await ann.presses("Продолжить: Урок «roles»")
    ann.sees("вопрос 2 из 4")
    await ann.opens("lesson-chat")
    await ann.presses("Знаю — сразу к тесту")
    await ann.presses("Начать: Урок «chat»")
    ann.sees("вопрос 1 из 6")


@pytest.mark.parametrize(
    ("text", "told", "asks"),
    [
        (
            "Чата нет. Вы спросили коллегу. Что дальше?",
            "Чата нет. Вы спросили коллегу.",
            "Что дальше?",
        ),
        ("Кто создаёт чат?", "", "Кто создаёт чат?"),
        (
            "В школе 20 учителей. Нужно 75 %. Сколько?",
            "В школе 20 учителей.",
            "Нужно 75 %. Сколько?",
        ),
        (
            "У каких чатов всё верно? Роль проверена.",
            "",
            "У каких чатов всё верно? Роль проверена.",
        ),
        ("<b>Все. Кто</b> это?", "", "<b>Все. Кто</b> это?"),
        (
            "Пишет: «Нет чата». «Что делать?» Что ответить вам?",
            "Пишет: «Нет чата». «Что делать?»",
            "Что ответить вам?",
        ),
    ],
)
def test_what_a_question_asks_is_its_last_sentence(text: str, told: str, asks: str) -> None:
    assert quiz.parted(text) == (told, asks)


@port_only
async def test_whoever_does_not_know_stays_at_the_question_and_is_encouraged(
    house: House, ann: Person
) -> None:
    await ask(house, ann, Choice)
    asked = await house.waits_for(ann)
    await ann.writes("Не знаю 😕")
    ann.was_told("Ничего страшного")
    assert await house.waits_for(ann) == asked
