import shutil
import threading
from collections.abc import Iterator
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from course_bot.content.checking import check
from course_bot.content.checks.renaming import vanished
from course_bot.content.links import ask_links
from course_bot.questions.number import Number
from tests.small_course import QUIZ, edit, write_small_course

TODAY = date(2026, 11, 23)
LINK = "[Спросить человека](help-chat)"
OPTIONS = """\
      - text: Он появляется сам
        right: true
      - text: Учитель в MAX
        why: Учитель создаёт другие чаты.
      - text: Директор школы
        why: Директор его не создаёт.
"""
TEXT = "text: В школе {total} учителей, активны {active}. Скольких не хватает до"


@pytest.fixture
def lessons(tmp_path: Path) -> Path:
    return write_small_course(tmp_path)


def faults(lessons: Path) -> list[str]:
    return [str(fault) for fault in check(lessons, today=TODAY)[1]]


def step(number: int) -> str:
    return f"## Шаг {number}\nТекст.\n\n"


@pytest.mark.parametrize(
    ("name", "old", "new", "words"),
    [
        # references
        ("course.yaml", "[chat]", "[chat, ¦chatt]", "нет урока «chatt» — может быть, «chat»?"),
        ("course.yaml", "[chat]", "[chat, ¦chat]", "урок повторяется"),
        ("chat/quiz.yaml", "step: Откуда чат", "step: ¦Откуда чаты", "в уроке нет шага"),
        (
            "chat/lesson.md",
            "links: [help-chat, guide]",
            "links: [help-chat, guide, ¦gide]",
            "неизвестная ссылка «gide» — может быть, «guide»?",
        ),
        ("chat/lesson.md", LINK, "[Спросить](¦helpchat)", "неизвестная ссылка «helpchat»"),
        ("faq.yaml", "links: [guide]", "links: [¦giude]", "неизвестная ссылка «giude»"),
        ("faq.yaml", "lesson: chat", "lesson: ¦chatt", "нет урока «chatt» — может быть, «chat»?"),
        ("chat/quiz.yaml", "rule: staff_target", "rule: ¦staff", "неизвестное правило «staff»"),
        ("chat/quiz.yaml", '"{{activity_days}}"', '"{{¦days}}"', "неизвестное правило «days»"),
        ("chat/quiz.yaml", "{{staff_target.text}}?", "¦{{staff.text}}?", "правило «staff.text»"),
        # what nobody uses, names twice or leaves out
        ("chat/lesson.md", f"\n{LINK}\n", "", "ссылки «help-chat» нет ни в одном шаге"),
        ("chat/lesson.md", "[help-chat, guide]", "[guide]", "не названа в шапке"),
        ("chat/lesson.md", "[help-chat, guide]", "[help-chat, guide, ¦guide]", "повторяется"),
        ("chat/lesson.md", "faq: [0, 1", "faq: [0, 1, ¦1", "номер повторяется"),
        ("chat/lesson.md", "## Где помощь", "## ¦Откуда чат", "шаг «Откуда чат» уже есть"),
        ("chat/quiz.yaml", "id: how-long", "id: ¦in-order", "вопрос «in-order» уже есть"),
        ("faq.yaml", "- id: guide", "- id: ¦help-chat", "ссылка «help-chat» уже есть"),
        ("faq.yaml", "- id: 11", "- id: ¦10", "запись 10 уже есть"),
        ("faq.yaml", "not_found: 0", "not_found: ¦12", "нет записи 12 — есть записи: 0, 1, 2"),
        ("faq.yaml", "not_found: 0\n", "", "нет ключа «not_found»"),
        ("chat/lesson.md", "10, 11]", "10, 11, ¦12]", "нет записи 12 — есть записи: 0, 1, 2"),
        # old names
        ("chat/lesson.md", "faq:", "was: [talk, ¦chat]\nfaq:", "урок и сейчас называется «chat»"),
        (
            "chat/lesson.md",
            "faq:",
            "was: [talk, ¦talk]\nfaq:",
            "«talk» уже стоит в was урока «chat»",
        ),
        ("chat/lesson.md", "faq:", "was: [¦Talk]\nfaq:", "«Talk» не годится как имя"),
        ("chat/lesson.md", "9, 10, 11]", "9, 10]", "запись 11 не раскрыта ни в одном уроке"),
        ("chat/lesson.md", "9, 10, 11]", "9, 10]", "урок «chat» не называет запись 11"),
        ("faq.yaml", "[как это, почему", "[как это, ¦Как  это", "вопрос повторяется"),
        # words for the search
        ("thesaurus.yaml", "электронный журнал]", "журнал, ¦беседы]", "из группы «чат»"),
        (
            "thesaurus.yaml",
            "[чат, беседа]",
            "[чат, беседа, ¦что это]",
            "поиск такие слова пропуск",
        ),
        (
            "thesaurus.yaml",
            "[чат, беседа]",
            "¦[чат]",
            "слишком мало, пунктов: 1 — нужно не меньше",
        ),
        ("thesaurus.yaml", "погода, дождь, снег", "¦где это", "нет слов, по которым её узнать"),
        ("thesaurus.yaml", "elsewhere:", "¦elsewere:", "неизвестный ключ «elsewere»"),
        # sizes
        ("chat/lesson.md", "Спросите в чате.", "¦Спросите" * 2 + "те " * 298, "знаков: 9"),
        (
            "chat/lesson.md",
            "Свяжите профили, и",
            f"¦Свяжите {'я' * 115}",
            "знаков: 141 — не больше",
        ),
        ("chat/lesson.md", "профили, и чат", "профили, и ¦**чат**", "здесь простой текст"),
        (
            "chat/lesson.md",
            LINK,
            f"[¦{'я' * 41}](help-chat)",
            "подпись слишком длинная, знаков: 41",
        ),
        ("chat/lesson.md", LINK, f"{LINK}\n" * 7, "ссылок в шаге: 7 — не больше 6"),
        ("chat/lesson.md", "## Где", "".join(map(step, range(5))) + "## Где", "шагов: 8"),
        ("chat/lesson.md", "Спросите в чате.\n", "", "пустой текст"),
        (
            "chat/quiz.yaml",
            "text: Что для чего?",
            f"text: ¦{'я' * 401}",
            "знаков: 401 — не больше",
        ),
        (
            "chat/quiz.yaml",
            "text: Учитель в MAX",
            f"text: ¦{'я' * 91}",
            "знаков: 91 — не больше 90",
        ),
        (
            "chat/quiz.yaml",
            "why: Это было давно.",
            f"why: ¦{'я' * 161}",
            "знаков: 161 — не больше",
        ),
        ("chat/quiz.yaml", "term: Чат", f"term: ¦{'я' * 41}", "знаков: 41 — не больше 40"),
        ("chat/quiz.yaml", "прочитать самому", f"¦{'я' * 81}", "знаков: 81 — не больше 80"),
        ("chat/quiz.yaml", "У каждого своё дело.", f"¦{'я' * 401}", "знаков: 401 — не больше 400"),
        ("faq.yaml", "Ответ номер **0**.", f"¦{'я' * 701}", "знаков: 701 — не больше 700"),
        ("faq.yaml", "Ответ номер **0**.", '¦"' + "**я** " * 200 + '"', "слишком много разметки"),
        # questions
        (
            "chat/quiz.yaml",
            "        right: true\n",
            "",
            "верных вариантов: 0 — в choice ровно один",
        ),
        ("chat/quiz.yaml", "why: Директор его не создаёт.", "right: true", "верных вариантов: 2"),
        ("chat/quiz.yaml", "\n        why: Учитель создаёт другие чаты.", "", "нет why"),
        (
            "chat/quiz.yaml",
            "Он появляется сам\n        right: true",
            "Он появляется сам\n        right: true\n        why: ¦Потому.",
            "why у верного варианта — объясните в explanation",
        ),
        (
            "chat/quiz.yaml",
            "Сообщение сегодня\n        right: true",
            "Сообщение сегодня",
            "верных вариантов: 1 из 3 — в multiple хотя бы два верных",
        ),
        (
            "chat/quiz.yaml",
            "why: Это было давно.",
            "right: true",
            "верных вариантов: 3 из 3 — в multiple хотя бы два верных",
        ),
        ("chat/quiz.yaml", "Директор школы", "¦он  появляется **сам**", "вариант повторяется"),
        ("chat/quiz.yaml", "Связать профили, ", "¦Открыть МЭШ, ", "повторяется — сделайте все"),
        ("chat/quiz.yaml", "term: Справка", "term: ¦Чат", "термин повторяется"),
        ("chat/quiz.yaml", "прочитать самому", "¦спросить человека", "значение повторяется"),
        (
            "chat/quiz.yaml",
            "text: Он появляется сам",
            "text: ¦Он появляется сам, как только профили связаны",
            "верный вариант выдаёт себя длиной: длиннее всех",
        ),
        (
            "chat/quiz.yaml",
            OPTIONS,
            OPTIONS.replace("Он появляется сам", "¦Сам")
            .replace("Учитель в MAX", "Учитель, который ведёт класс")
            .replace("Директор школы", "Директор или его заместитель"),
            "верный вариант выдаёт себя длиной: короче всех",
        ),
        ("chat/quiz.yaml", '"{{activity_days}}"', "¦-1", "ответ — не целое число"),
        ("chat/quiz.yaml", '"{{activity_days}}"', "¦семь", "ответ — не целое число"),
        ("chat/quiz.yaml", '"{{activity_days}}"', "¦true", "ответ — не целое число"),
        (
            "chat/quiz.yaml",
            '    answer: "{{activity_days}}"\n',
            "",
            "нет ответа — нужно что-то одно",
        ),
        ("chat/quiz.yaml", "    generated:", "    answer: ¦1\n    generated:", "и answer, и gen"),
        # orders
        ("chat/quiz.yaml", "items: [Открыть МЭШ, ", "items: ¦[", "пунктов: 2 — нужно от 3 до 6"),
        ("chat/quiz.yaml", "Подождать]", "[а, б, ¦Открыть МЭШ]]", "шаг порядка повторяется"),
        ("chat/quiz.yaml", "Подождать]", "¦[Подождать]]", "пунктов: 1 — нужно не меньше 2"),
        ("chat/quiz.yaml", "Подождать]", "[а, ¦{б: в}]]", "здесь должен быть текст"),
        ("chat/quiz.yaml", "Подождать]", "[а, ¦[б, в]]]", "здесь должен быть текст"),
        ("chat/quiz.yaml", "Подождать]", "¦{б: в}]", "здесь должен быть текст"),
        ("chat/quiz.yaml", "items: [", "items: ¦[[а, б, в]]\n    #[", "пунктов: 1 — нужно не"),
        # generated questions
        ("chat/quiz.yaml", "case: people_missing", "case: ¦people_mising", "неизвестный случай"),
        (
            "chat/quiz.yaml",
            "      rule: staff_target\n",
            "",
            "случаю people_missing нужно правило",
        ),
        ("chat/quiz.yaml", "case: people_missing", "case: active_percent", "правило не нужно"),
        (
            "chat/quiz.yaml",
            "case: people_missing\n      rule: staff_target",
            "case: active_percent",
            "не сказано, как округлить — допишите: «Округлите до целого процента»",
        ),
        ("chat/quiz.yaml", ", активны {active}", "", "в вопросе нет {active}"),
        ("chat/quiz.yaml", "не хватает {answer}.", "вот.", "в объяснении нет {answer}"),
        ("chat/quiz.yaml", "Нужно {needed}", "Нужно ¦{attached}", "возможны: {active}, {answer}"),
        ("chat/quiz.yaml", f"{TEXT}", f"{TEXT} ¦{{answer}}", "неизвестная подстановка {answer}"),
        ("chat/quiz.yaml", "text: Что для чего?", "text: Что ¦{total}?", "подстановка {total}"),
        # rules
        ("chat/lesson.md", "Спросите", "Нужно ¦75 % и спросите", "напишите {{staff_target.text}}"),
        ("chat/lesson.md", "Спросите", "Нужно ¦75% и спросите", "повторяет правило"),
        ("chat/lesson.md", "Спросите", "За ¦7\N{THIN SPACE}ДНЕЙ", "{{activity_days.text}}"),
        ("chat/lesson.md", "## Где помощь", "## Где ¦75 %", "повторяет правило"),
        ("chat/quiz.yaml", "text: Учитель в MAX", "text: ¦7 дней", "повторяет правило"),
        ("faq.yaml", "Ответ номер **0**", "Ответ ¦75\N{NO-BREAK SPACE}%", "повторяет правило"),
        ("rules.yaml", "text: 75", "text: ¦80", "в тексте правила нет его числа 75"),
        ("rules.yaml", "75\N{NO-BREAK SPACE}%", "¦75 %", "обычный пробел после числа"),
        ("rules.yaml", "2027-03-01", "¦2025-03-01", "срок проверки раньше, чем as_of"),
        ("rules.yaml", "value: 75\n  text: 75", "value: 175\n  text: 175", "не проценты"),
        # addresses
        ("faq.yaml", "https://max.ru", "¦http://max.ru", "адрес начинается не с https://"),
        ("faq.yaml", "sferum_help", "sferum_h¦еlp", "в адресе не латинская буква «е»"),
        ("faq.yaml", "www.sferum.ru", "www.sf¦ёrum.ru", "в адресе не латинская буква «ё»"),
        ("faq.yaml", "/sferum_help", "/sferum ¦help", "в адресе знак « »"),
        ("faq.yaml", "https://max.ru/sferum_help", "¦https://sferum", "это не адрес"),
        ("faq.yaml", "https://max.ru/sferum_help", '¦"https://[max.ru/"', "это не адрес"),
        # markup where none is shown
        ("course.yaml", "title: Малый курс", "title: Малый ¦**курс**", "разметка «**»"),
        ("course.yaml", "title: Малый курс", "title: Малый ¦*курс*", "разметка «*курс*»"),
        ("course.yaml", "title: Малый курс", "title: Малый ¦*курс", "разметка «*»"),
        ("course.yaml", "title: Малый курс", "title: Малый ¦_курс_", "разметка «_курс_»"),
        ("course.yaml", "title: Малый курс", "title: Малый ¦~~курс~~", "разметка «~~»"),
        ("course.yaml", "title: Малый курс", "title: Малый ¦[курс](guide)", "разметка «[курс]"),
        ("course.yaml", "title: Малый курс", "title: Малый ¦[^1] курс", "разметка «[^1]»"),
        ("course.yaml", "title: Малый курс", 'title: ¦"- [ ] Малый курс"', "разметка «- [ ]»"),
        ("course.yaml", "title: Малый курс", 'title: ¦"> Малый курс"', "разметка «>»"),
        ("course.yaml", "title: Малый курс", 'title: ¦"## Малый курс"', "разметка «## »"),
        ("course.yaml", "title: Малый курс", "title: Малый ¦<!-- курс -->", "разметка «<!--»"),
        ("course.yaml", "title: Малый курс", "title: Малый ¦[[курс]]", "разметка «[[курс]]»"),
        ("course.yaml", "title: Малый курс", "title: Малый¦&nbsp;курс", "разметка «&nbsp;»"),
        ("course.yaml", "title: Малый курс", "title: Малый ¦&laquo;курс", "разметка «&laquo;»"),
        ("course.yaml", "title: Малый курс", 'title: "Малый ¦:tada: курс"', "разметка «:tada:»"),
        ("course.yaml", "title: Малый курс", "title: Малый ¦<br> курс", "разметка «<br>»"),
        ("course.yaml", "title: Малый курс", "title: Малый ¦\\* курс", "разметка «\\*»"),
        ("faq.yaml", "label: Инструкция", "label: ¦~~Инструкция~~", "разметка «~~»"),
        (
            "faq.yaml",
            "question: Вопрос",
            "question: Такой ¦&quot;Вопрос&quot;",
            "разметка «&quot;»",
        ),
        ("rules.yaml", "text: 75", "text: примерно ¦**75**", "разметка «**»"),
        ("chat/lesson.md", "## Где помощь", "## Где ¦`помощь`", "здесь простой текст"),
        (
            "course.yaml",
            "title: Малый курс",
            "title: Малый ¦{{курс}}",
            "неизвестное правило «курс»",
        ),
    ],
)
def test_a_fault_is_named_with_its_place_and_what_would_be_right(
    lessons: Path, name: str, old: str, new: str, words: str
) -> None:
    place = edit(lessons, name, old, new)
    where = f"{place}: " if "¦" in new else "lessons/"
    said = faults(lessons)
    assert any(one.startswith(where) and words in one for one in said), (place, said)
    assert check(lessons, today=TODAY)[0] is None


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("chat/lesson.md", "## Где помощь", f"{step(4)}{step(5)}## Где помощь"),
        ("chat/lesson.md", "Спросите", "Спросите не 17 дней и не 175 %, а 7 раз и"),
        ("chat/lesson.md", "Спросите в чате.", "я" * 700),
        ("chat/lesson.md", "Спросите в чате.", f"{'я' * 692}{{{{activity_days.text}}}}**!**"),
        ("chat/lesson.md", LINK, f"{LINK}\n[](guide)\n[Ещё раз](guide)"),
        ("chat/quiz.yaml", "text: Он появляется сам", "text: Он появляется сам собою ну"),
        ("chat/quiz.yaml", "text: Учитель в MAX", 'text: "{{staff_target.text}}"'),
        ("chat/quiz.yaml", "text: Учитель в MAX", f"text: {'я' * 90}"),
        ("chat/quiz.yaml", '"{{activity_days}}"', "0"),
        ("chat/quiz.yaml", "Нужно {needed}, не", "Нужно {{staff_target}}, не"),
        ("faq.yaml", "Ответ номер **0**.", "'Так:\n\n\n      - раз;\n\n      - два.'"),
        ("faq.yaml", "[как это, почему", "[почему 75 %, почему"),
        ("faq.yaml", "/sferum_help", "/sferum_help?a=1&b=%20#c"),
    ],
)
def test_what_keeps_to_the_limits_is_fine(lessons: Path, name: str, old: str, new: str) -> None:
    edit(lessons, name, old, new)
    assert faults(lessons) == []


def test_a_step_is_measured_as_it_is_shown(lessons: Path) -> None:
    place = edit(
        lessons, "chat/lesson.md", "Спросите в чате.", f"¦{'я' * 697}{{{{activity_days}}}}"
    )
    assert faults(lessons) == []
    edit(lessons, "chat/lesson.md", "яя{{", "яяяяя{{")
    assert faults(lessons) == [f"{place}: слишком длинно, знаков: 701 — не больше 700"]


def test_a_lesson_takes_at_most_five_minutes(lessons: Path) -> None:
    words = "слово " * 116
    text = "".join(f"## Длинный шаг {number}\n{words}\n\n" for number in range(4))
    edit(lessons, "chat/lesson.md", "## Где помощь", f"{text}## Где помощь")
    assert faults(lessons) == []
    edit(lessons, "chat/lesson.md", "Спросите в чате.", words)
    [said] = faults(lessons)
    assert said == (
        "lessons/chat/lesson.md:1:1: урок слишком длинный, минут: 6 — не больше 5;"
        " сейчас секунд на шаги: 207, на вопросы: 123"
    )


def test_a_pool_has_at_least_twelve_questions(lessons: Path) -> None:
    quiz = lessons / "chat/quiz.yaml"
    quiz.write_text(QUIZ.partition("  - id: count-5")[0], encoding="utf-8")
    assert faults(lessons) == [
        "lessons/chat/quiz.yaml:3:3: слишком мало, пунктов: 11 — нужно не меньше 12"
    ]


def test_steps_with_critical_questions_leave_room_for_two_others(lessons: Path) -> None:
    for variant in ("what-counts", "in-order"):  # the latter of the same step as the first
        edit(lessons, "chat/quiz.yaml", f"id: {variant}", f"id: {variant}\n    critical: true")
    assert faults(lessons) == []
    place = edit(lessons, "chat/quiz.yaml", "id: what-is", "critical: ¦true\n    id: what-is")
    what = "слишком много шагов с вопросами critical"
    assert faults(lessons) == [f"{place}: {what} — в этом уроке не больше 2: draw минус 2"]


def choices(*options: tuple[str, str, str]) -> str:
    """Write choice questions for a pool, each with its right option and two wrong ones."""
    return "".join(
        f"  - id: choice-{number}\n    kind: choice\n    step: Откуда чат\n"
        f"    text: Вопрос {number}?\n    explanation: Так сказано.\n    options:\n"
        f"      - text: {right}\n        right: true\n"
        f"      - text: {one}\n        why: Нет.\n      - text: {other}\n        why: Нет.\n"
        for number, (right, one, other) in enumerate(options)
    )


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (
            # The small course's own question is right by its length, too.
            [(f"{each}ответвот", f"нет{each}", f"мимо{each}") for each in "абвг"],
            "верный вариант выдаёт длина: самый длинный верен в 5 из 5 (наугад: 1,7)",
        ),
        (
            [(f"да{each}", f"нет{each}нет", f"мимо{each}мимо") for each in "абвг"],
            "верный вариант выдаёт длина: самый короткий верен в 4 из 5 (наугад: 1,7)",
        ),
        (
            [
                (f"связать {each}", f"кра{each}сить", f"сло{each}жить")
                for each in ("пол", "дом", "лес", "сад")
            ],
            "верный вариант выдают слова: тот, чьих слов больше в других вопросах, верен в",
        ),
        (
            [
                (f"свя{each}зать", f"красить {each}", f"красота {each}")
                for each in ("пол", "дом", "лес", "сад")
            ],
            "верный вариант выдают слова: тот, чьих слов меньше в других вопросах, верен в",
        ),
    ],
)
def test_a_pool_that_gives_its_answers_away_is_a_warning(
    lessons: Path, options: list[tuple[str, str, str]], words: str
) -> None:
    quiz = lessons / "chat/quiz.yaml"
    quiz.write_text(QUIZ + choices(*options[:1]), encoding="utf-8")
    assert faults(lessons) == []
    quiz.write_text(QUIZ + choices(*options), encoding="utf-8")
    said = faults(lessons)
    assert any(
        each.startswith("lessons/chat/quiz.yaml:3:3: предупреждение: ") and words in each
        for each in said
    ), said
    assert check(lessons, today=TODAY)[0] is not None


def test_a_right_answer_that_stands_in_two_questions_is_a_warning(lessons: Path) -> None:
    quiz = lessons / "chat/quiz.yaml"
    options = ("«Появится сам!»", "Придёт позже", "Пришлют ссылкою")
    quiz.write_text(QUIZ + choices(options), encoding="utf-8")
    assert faults(lessons) == []
    place = edit(lessons, "chat/quiz.yaml", "«Появится сам!»", "¦«Появлялся» сам он!")
    [said] = faults(lessons)
    what = "предупреждение: верный ответ ««Появлялся» сам он!» уже есть в другом вопросе"
    assert said.startswith(f"{place}: {what}")


def test_a_question_id_is_unique_in_the_whole_course(lessons: Path) -> None:
    copy = lessons / "copy"
    copy.mkdir()
    for name in ("lesson.md", "quiz.yaml"):
        (copy / name).write_bytes((lessons / "chat" / name).read_bytes())
    said = faults(lessons)
    assert (
        sum("уже есть — имена вопросов не повторяются во всём курсе" in one for one in said) == 12
    )
    assert "lessons/copy/lesson.md:1:1: урока «copy» нет ни в одной программе" in said[0]


def test_the_number_of_faq_entries_is_up_to_the_authors(lessons: Path) -> None:
    faq = lessons / "faq.yaml"
    head, *entries = faq.read_text(encoding="utf-8").split("  - id: ")
    kept = [head, "help-chat" + entries[0][9:], entries[1], *entries[-3:]]
    faq.write_text("  - id: ".join(kept).replace("not_found: 0", "not_found: 9"), "utf-8")
    edit(lessons, "chat/lesson.md", "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]", "[9, 10, 11]")
    course, said = check(lessons, today=TODAY)
    assert course, said
    assert (list(course.faq), course.not_found) == ([9, 10, 11], 9)


def test_a_renamed_lesson_says_what_it_was(lessons: Path) -> None:
    edit(lessons, "chat/lesson.md", "faq:", "was: [talk, old-chat]\nfaq:")
    course, said = check(lessons, today=TODAY)
    assert course, said
    assert course.renamed == {"talk": "chat", "old-chat": "chat"}
    assert vanished(lessons, course, {"talk", "chat"}) == ()


def test_an_old_name_is_no_other_lessons_name(lessons: Path) -> None:
    shutil.copytree(lessons / "chat", lessons / "copy")
    place = edit(lessons, "chat/lesson.md", "faq:", "was: [¦copy, talk]\nfaq:")
    other = edit(lessons, "copy/lesson.md", "faq:", "was: [¦talk]\nfaq:")
    said = faults(lessons)
    assert any(one.startswith(f"{place}: урок «copy» есть и сейчас") for one in said), said
    taken = f"{other}: «talk» уже стоит в was урока «chat»"
    assert any(one.startswith(taken) for one in said), said


def test_a_lesson_that_people_know_and_that_is_no_more_is_a_warning(lessons: Path) -> None:
    course, said = check(lessons, today=TODAY)
    assert course, said
    assert [str(fault) for fault in vanished(lessons, course, ["talk", "chat", "duty"])] == [
        f"lessons/{name}/lesson.md:1:1: предупреждение: урока «{name}» больше нет, а люди"
        f" могли его проходить — если папка переименована, впишите в шапку урока «was: [{name}]»;"
        " если урок убран, так и оставьте"
        for name in ("duty", "talk")
    ]


def test_a_track_id_is_unique(lessons: Path) -> None:
    course = lessons / "course.yaml"
    text = course.read_text(encoding="utf-8")
    course.write_text(text + text.partition("tracks:\n")[2], encoding="utf-8")
    assert faults(lessons) == [
        "lessons/course.yaml:9:9: программа «teacher» уже есть — дайте другое имя"
    ]


def test_a_review_that_is_overdue_is_a_warning_and_the_course_is_still_taught(
    lessons: Path,
) -> None:
    assert check(lessons, today=date(2027, 3, 1))[1] == ()
    course, found = check(lessons, today=date(2027, 3, 2))
    assert course
    assert [str(fault).partition(" — ")[0] for fault in found] == [
        f"lessons/{place}: предупреждение: срок проверки прошёл 2027-03-01"
        for place in ("chat/lesson.md:10:12", *(f"rules.yaml:{line}:14" for line in (6, 12, 18)))
    ]
    assert {fault.severity for fault in found} == {"warning"}


def test_the_rules_by_which_schools_are_judged_must_be_there(lessons: Path) -> None:
    edit(lessons, "rules.yaml", "learners_target:", "students_target:")
    (said,) = faults(lessons)
    assert said.startswith("lessons/rules.yaml:1:1: нет правила learners_target")


def test_an_example_that_a_changed_rule_makes_wrong_is_a_warning(lessons: Path) -> None:
    half = "50 × {{staff_target}} : 100 = 37,5, 9 − 2 = 7 и 2 + 2 × 3 = 8."
    example = f"Учителей 60: 60 × **{{{{staff_target}}}}** : 100 = 45, {half}"
    edit(lessons, "chat/lesson.md", "Спросите в чате.", example)
    assert faults(lessons) == []
    edit(lessons, "rules.yaml", "value: 75\n  text: 75", "value: 80\n  text: 80")
    said = sorted(faults(lessons))
    assert ["выходит 40" in said[0], "выходит 48" in said[1]] == [True, True]
    assert "предупреждение: «60 × 80 : 100 = 45» не сходится" in said[1]
    assert check(lessons, today=TODAY)[0]


def test_nothing_is_said_of_references_into_a_file_that_can_not_be_read(lessons: Path) -> None:
    for name in ("course.yaml", "rules.yaml", "faq.yaml", "chat/lesson.md", "chat/quiz.yaml"):
        write_small_course(lessons.parent)
        (lessons / name).write_text("{", encoding="utf-8")
        assert len(faults(lessons)) == 1, faults(lessons)


def test_a_rule_answers_a_number_question_and_gives_a_generated_one_its_percent(
    lessons: Path,
) -> None:
    edit(lessons, "rules.yaml", "value: 75\n  text: 75", "value: 80\n  text: 80")
    edit(lessons, "rules.yaml", "value: 7\n  text: 7", "value: 10\n  text: 10")
    course, found = check(lessons, today=TODAY)
    assert course, found
    numbers = [one for one in course.lessons["chat"].pool[4:6] if isinstance(one, Number)]
    assert [one.answer for one in numbers] == [10, None]
    assert [one.generated.percent for one in numbers if one.generated] == [80]
    assert "80\N{NO-BREAK SPACE}%" in numbers[1].text


class Pages(BaseHTTPRequestHandler):
    """Pages of every kind on the loopback address."""

    asked: list[str]

    def do_HEAD(self) -> None:
        self.answer()

    def do_GET(self) -> None:
        self.answer()

    def answer(self) -> None:
        type(self).asked.append(f"{self.command} {self.path}")
        code = {"/gone": 404, "/shy": 405 if self.command == "HEAD" else 200, "/closed": 403}
        moved = self.path == "/moved"
        self.send_response(302 if moved else code.get(self.path, 200))
        if moved:
            self.send_header("Location", "/good")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def site() -> Iterator[str]:
    Pages.asked = []
    with ThreadingHTTPServer(("127.0.0.1", 0), Pages) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def test_links_are_asked_for_and_only_the_dead_ones_told(lessons: Path, site: str) -> None:
    links = "".join(
        f"  - id: {name}\n    label: {name}\n    url: {site}/{name}\n"
        for name in ("good", "moved", "shy", "gone", "closed")
    )
    dead = "  - id: dead\n    label: dead\n    url: http://127.0.0.1:1/\n"
    odd = "  - id: odd\n    label: odd\n    url: file:///etc/hosts\n"
    faq = (lessons / "faq.yaml").read_text(encoding="utf-8")
    entries = faq.partition("entries:")[2]
    (lessons / "faq.yaml").write_text(
        f"links:\n{links}{dead}{odd}entries:{entries}", encoding="utf-8"
    )
    said = [str(fault).partition(" — ")[0] for fault in ask_links(lessons, timeout=5)]
    assert said[:2] == [
        f"lessons/faq.yaml:13:10: {site}/gone: сайт ответил 404",
        f"lessons/faq.yaml:16:10: предупреждение: {site}/closed: сайт ответил 403",
    ]
    assert said[2].startswith("lessons/faq.yaml:19:10: http://127.0.0.1:1/: сайт не отвечает")
    assert said[3].startswith("lessons/faq.yaml:22:10: file:///etc/hosts: сайт не отвечает")
    assert len(said) == 4
    assert {"HEAD /good", "HEAD /shy", "GET /shy"} <= set(Pages.asked)
    assert "GET /moved" not in Pages.asked
