from datetime import date
from pathlib import Path
from unicodedata import normalize

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from course_bot.content.checking import check
from course_bot.content.model import Course
from course_bot.content.reading import FILE_BYTES, read, version
from course_bot.questions.match import Match
from course_bot.questions.number import Number
from course_bot.questions.order import Order
from tests.small_course import COURSE, RULES, edit, write_small_course

TODAY = date(2026, 11, 23)


@pytest.fixture
def lessons(tmp_path: Path) -> Path:
    return write_small_course(tmp_path)


def faults(lessons: Path) -> list[str]:
    return [str(fault) for fault in check(lessons, today=TODAY)[1]]


def course(lessons: Path) -> Course:
    found, said = check(lessons, today=TODAY)
    assert found, said
    return found


def test_the_small_course_is_read_as_it_is_written(lessons: Path) -> None:
    assert faults(lessons) == []
    small = course(lessons)
    assert (small.title, small.pass_mark) == ("Малый курс", 80)
    assert small.tracks["teacher"].lessons == ("chat",)
    lesson = small.lessons["chat"]
    assert lesson.memo[1] == "Пишите хотя бы раз в 7\N{NO-BREAK SPACE}дней."
    assert [step.title for step in lesson.steps] == ["Откуда чат", "Кто активен", "Где помощь"]
    assert lesson.steps[0].text.endswith("нужно:\n\n• связать профили;\n• подождать.")
    assert lesson.steps[1].text.startswith("Активны те, кто писал за 7\N{NO-BREAK SPACE}дней.")
    assert [question.kind for question in lesson.pool] == [
        *("choice", "multiple", "order", "match"),
        *["number"] * 8,
    ]
    assert [question.step for question in lesson.pool] == [1, 2, 1, 3, *[2] * 8]
    assert [question.critical for question in lesson.pool] == [True, *[False] * 11]
    order, match, typed, generated = lesson.pool[2:6]
    assert isinstance(order, Order)
    assert order.items == ("Открыть МЭШ", "Связать профили", "Подождать")
    assert isinstance(match, Match)
    assert match.pairs[1].meaning == "прочитать самому"
    assert isinstance(typed, Number)
    assert (typed.answer, typed.unit) == (7, "дн.")
    assert isinstance(generated, Number)
    assert generated.generated
    assert (generated.generated.case, generated.generated.percent) == ("people_missing", 75)
    assert generated.answer is None
    assert small.faq[11].answer == "Ответ номер <b>11</b>."
    assert small.faq[0].links == (small.links["guide"],)
    assert not small.links["guide"].verified
    assert small.rules["staff_target"].review_by == date(2027, 3, 1)


def test_a_list_among_the_items_of_an_order_holds_those_of_one_rank(lessons: Path) -> None:
    edit(lessons, "chat/quiz.yaml", "[Открыть МЭШ, Связать", "[Войти, [Открыть МЭШ, 7], Связать")
    order = course(lessons).lessons["chat"].pool[2]
    assert isinstance(order, Order)
    assert order.items == ("Войти", "Открыть МЭШ", "7", "Связать профили", "Подождать")
    assert order.ranks == (0, 1, 1, 2, 3)


def test_a_link_line_is_a_button_with_its_own_label_or_the_links(lessons: Path) -> None:
    [own] = course(lessons).lessons["chat"].steps[1].links
    [given_label] = course(lessons).lessons["chat"].steps[2].links
    assert (own.label, given_label.label) == ("Инструкция", "Спросить человека")
    assert "[" not in course(lessons).lessons["chat"].steps[2].text


def test_minutes_are_words_to_read_and_numbers_to_work_out(lessons: Path) -> None:
    # 4 of 12 questions with 144 words, 8 of which are worked out: 16 + 107 seconds. The steps have
    # 29 words and what is written here; a dash is no word.
    edit(lessons, "chat/lesson.md", "Спросите в чате.", "да — " * 100)
    assert course(lessons).lessons["chat"].minutes == 3
    edit(lessons, "chat/lesson.md", "## Где помощь\n", "## Где помощь\n" + "да " * 43)
    assert course(lessons).lessons["chat"].minutes == 3  # 172 words: 57 seconds
    edit(lessons, "chat/lesson.md", "да — ", "да, да ")
    assert course(lessons).lessons["chat"].minutes == 4


def test_a_number_or_a_date_where_words_belong_is_words(lessons: Path) -> None:
    edit(lessons, "chat/quiz.yaml", "text: Учитель в MAX", "text: 75")
    edit(lessons, "chat/quiz.yaml", "text: Директор школы", "text: 2026-11-20")
    edit(lessons, "course.yaml", "title: Учитель", "title: no")
    edit(lessons, "rules.yaml", "source: FAQ 6", "source: true")
    assert faults(lessons) == []
    assert course(lessons).tracks["teacher"].title == "no"
    assert course(lessons).rules["staff_target"].source == "true"


def test_versions_change_with_what_is_written_and_only_then(lessons: Path) -> None:
    before = course(lessons)
    assert before.version == version(lessons) == course(lessons).version
    edit(lessons, "chat/quiz.yaml", "За сколько дней считают?", "За сколько дней?")
    after = course(lessons)
    assert after.version != before.version
    old, new = before.lessons["chat"].pool, after.lessons["chat"].pool
    assert [
        one.id for one, other in zip(old, new, strict=True) if one.version != other.version
    ] == ["how-long"]


def test_windows_line_ends_and_a_byte_order_mark_change_nothing(lessons: Path) -> None:
    for path in lessons.rglob("*.*"):
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert faults(lessons) == []


def test_letters_of_two_characters_are_read_as_one(lessons: Path) -> None:
    before = course(lessons)
    edit(lessons, "chat/quiz.yaml", "step: Откуда чат", "step: Где стоят ёлки")
    edit(lessons, "chat/lesson.md", "## Откуда чат", "## Где стоят ёлки")
    for path in lessons.rglob("*.*"):
        path.write_text(normalize("NFD", path.read_text(encoding="utf-8")), encoding="utf-8")
    edit(lessons, "chat/quiz.yaml", "step: Откуда чат", "step: Где стоят ёлки")
    assert faults(lessons) == []
    assert course(lessons).lessons["chat"].steps[0].title == "Где стоят ёлки"
    assert course(lessons).faq == before.faq


@pytest.mark.parametrize(
    ("name", "old", "new", "words"),
    [
        # keys
        (
            "chat/quiz.yaml",
            "    options:\n",
            "    ¦opshions:\n",
            "неизвестный ключ «opshions» — может быть, «options»? Возможны: id, kind, step",
        ),
        (
            "chat/quiz.yaml",
            "        right: true",
            "        ¦richt: true",
            "неизвестный ключ «richt» — может быть, «right»? Возможны: text, right, why",
        ),
        (
            "rules.yaml",
            "  source: FAQ 6",
            "  ¦zzzz: FAQ 6",
            "возможны: value, text, about, source, as_of",
        ),
        ("course.yaml", "pass_mark: 80\n", "pass_mark: 80\n¦pass_mark: 70\n", "повторяется"),
        ("chat/lesson.md", "about: Вы", "about: Вы\n¦about: Вы", "ключ «about» повторяется"),
        ("rules.yaml", "activity_days:", "¦Activity:", "«Activity» не годится как имя"),
        (
            "chat/quiz.yaml",
            "id: who-makes-it\n    kind",
            "¦kind",
            "нет ключа «id» — добавьте строку",
        ),
        ("chat/quiz.yaml", "    kind: choice\n", "", "нет ключа «kind»"),
        ("chat/quiz.yaml", "kind: choice", "kind: ¦choise", "неизвестный вид вопроса «choise»"),
        # types and limits
        ("course.yaml", "pass_mark: 80", "pass_mark: ¦yes", "«yes» — не целое число"),
        ("course.yaml", "pass_mark: 80", 'pass_mark: ¦"80"', "«80» — не целое число"),
        ("course.yaml", "pass_mark: 80", "pass_mark: ¦101", "слишком велико — не больше 100"),
        ("course.yaml", "pass_mark: 80", "pass_mark: ¦0", "слишком мало — не меньше 1"),
        ("course.yaml", "title: Учитель", f"title: ¦{'У' * 41}", "знаков: 41 — не больше 40"),
        ("course.yaml", "[chat]", "¦chat", "здесь должен быть список"),
        ("course.yaml", "[chat]", "¦[]", "слишком мало, пунктов: 0 — нужно не меньше 1"),
        ("course.yaml", "id: teacher", "id: ¦Teacher", "«Teacher» не годится как имя"),
        ("course.yaml", "about: Всё о чате «Сотрудники».", "about:¦", "нет значения"),
        ("course.yaml", "about: Всё о чате «Сотрудники».", 'about: ¦" "', "пустой текст"),
        ("course.yaml", "title: Учитель", "title: ¦{a: b}", "здесь должен быть текст"),
        ("chat/quiz.yaml", "critical: true", "critical: ¦yes", "стоит «yes» — замените на true"),
        ("chat/quiz.yaml", "draw: 4", "draw: ¦6", "число 6 слишком велико — не больше 5"),
        ("chat/quiz.yaml", "draw: 4", "draw: ¦3", "число 3 слишком мало — не меньше 4"),
        ("rules.yaml", "2025-10-30", "¦2025-13-30", "«2025-13-30» — не дата — напишите дату так"),
        ("rules.yaml", "2025-10-30", "¦осенью", "«осенью» — не дата"),
        ("rules.yaml", "2025-10-30", "¦30.10.2025", "напишите дату так: 2025-10-30, без"),
        ("rules.yaml", "2025-10-30", "¦2025‑10‑30", "напишите дату так: 2025-10-30, без"),
        ("rules.yaml", "2025-10-30", '¦"2025-10-30"', "напишите дату так: 2025-10-30, без"),
        ("faq.yaml", "- id: 11", "- id: ¦1000", "число 1000 слишком велико — не больше 999"),
        ("faq.yaml", "[как это, почему, ", "¦[", "слишком мало, пунктов: 2 — нужно не меньше 4"),
        ("chat/lesson.md", "[help-chat, guide]", "¦guide", "здесь должен быть список"),
        # what YAML has beyond the format
        ("course.yaml", "title: Малый", "title: ¦&a Малый", "«&a» в начале значения"),
        ("course.yaml", "title: Малый курс", "title: ¦*a", "начинается с «*»"),
        ("course.yaml", "title: Малый", "title: ¦!!str Малый", "«!» в начале значения"),
        ("course.yaml", "title: Малый", "title: ¦**Малый**", "значение начинается с «*»"),
        ("course.yaml", "title: Малый", "title: ¦@малый", "значение начинается с «@»"),
        ("chat/quiz.yaml", 'answer: "{{', "answer: ¦{{", "начинается с «{{»"),
        ("chat/quiz.yaml", "text: Что для", "text: ¦{{activity_days}} для", "начинается с «{{»"),
        ("course.yaml", "title: Малый курс", "title: Малый¦: курс", "двоеточие с пробелом"),
        ("course.yaml", "title: Малый курс", 'title: ¦"Малый курс', "кавычка не закрыта"),
        (
            "course.yaml",
            "title: Малый курс",
            'title: "Малый" ¦курс',
            "после второй кавычки — возьмите весь текст в одинарные кавычки: '\"Малый\" курс'",
        ),
        (
            "course.yaml",
            "title: Малый курс",
            "title: да\n¦title Малый",
            "не похожа на «ключ: знач",
        ),
        ("course.yaml", "title: Малый курс", 'title: "Малый ¦\\курс"', "обратная черта"),
        ("course.yaml", "tracks:", "---\ntracks:", "второй документ в файле"),
        ("course.yaml", "[chat]", "[[[[[[[[[[[[[[chat]]]]]]]]]]]]]]", "слишком много уровней"),
        ("course.yaml", COURSE, "¦- раз\n", "здесь должны быть строки «ключ: значение»"),
        ("rules.yaml", RULES, "¦- раз\n", "здесь должны быть правила"),
        ("rules.yaml", "staff_target:", "? [a]\n: b\nstaff_target:", "ключ — одно слово"),
        # what YAML would drop or join without a word
        ("course.yaml", "title: Малый курс", "title: Малый ¦#5", "«#5» пропадёт: знак #"),
        ("course.yaml", "title: Малый курс", "title: Малый ¦# 5", "возьмите весь текст в кавычки"),
        ("course.yaml", "title: Малый курс", 'title: "Малый" ¦#5', "«#5» пропадёт"),
        ("course.yaml", "title: Малый курс", "title: ¦#5", "«#5» пропадёт"),
        ("course.yaml", "title: Малый курс", "title: 75 ¦# процентов", "«# процентов» пропадёт"),
        ("course.yaml", "title: Малый курс", "title: Малый ¦#5\n  курс", "«#5» пропадёт"),
        ("course.yaml", "pass_mark: 80", "pass_mark: 80 ¦#5", "«#5» пропадёт"),
        (
            "chat/lesson.md",
            "about: Вы узнаете,",
            "about: Кабинет ¦#5,",
            "«#5, откуда берётся чат.»",
        ),
        ("faq.yaml", "[как это, ", "[как ¦#это, ", "«#это, почему, что делать, кто »"),
        ("chat/quiz.yaml", "why: Учитель создаёт другие чаты.", "why: ¦#5", "«#5» пропадёт"),
        (
            "chat/quiz.yaml",
            "text: Что для чего?",
            "text: >-\n      Что:\n      ¦- раз\n      - два",
            "строка начинается с «-» и сольётся с предыдущей — чтобы строки остались, начните",
        ),
        (
            "chat/quiz.yaml",
            "text: Что для чего?",
            "text: Что это\n      ¦• раз\n      • два",
            "строка начинается с «•» и сольётся с предыдущей",
        ),
        (
            "chat/quiz.yaml",
            "text: Что для чего?",
            'text: "Что:\n\n      1. раз\n      ¦2. два"',
            "строка начинается с «2.» и сольётся с предыдущей",
        ),
        # words where true or false belongs
        *(
            ("chat/quiz.yaml", "right: true", f"right: ¦{word}", f"стоит «{word}» — замените на")
            for word in ("да", "Да", "yes", "True", "верно", "тruе", "1")
        ),
        ("chat/quiz.yaml", "right: true", "right: да", "а стоит «да» — замените на true"),
        ("chat/quiz.yaml", "right: true", "right: Нет.", "а стоит «Нет.» — замените на false"),
        ("chat/quiz.yaml", "right: true", 'right: "true"', "а стоит «true» — замените на true"),
        ("chat/quiz.yaml", "right: true", "right: может", "замените на true (да) или false"),
        # a colon or a bracket in a text
        (
            "chat/quiz.yaml",
            "[Открыть МЭШ, Связать профили, Подождать]",
            "\n      - ¦Кабинет: раздел\n      - Связать профили\n      - Подождать",
            'текста «Кабинет: …» — возьмите весь текст в кавычки: "Кабинет: раздел"',
        ),
        ("chat/quiz.yaml", "[Открыть МЭШ,", "[¦Открыть: МЭШ,", 'кавычки: "Открыть: МЭШ"'),
        ("chat/quiz.yaml", "[Открыть МЭШ,", "[¦{МЭШ},", "а он начинается с «{»"),
        ("chat/quiz.yaml", "text: Учитель в MAX", "text: ¦[Учитель]", "начинается с «[»"),
        (
            "chat/quiz.yaml",
            "text: Учитель в MAX\n        why: Учитель создаёт другие чаты.",
            "¦Учитель: в MAX",
            'если это текст с двоеточием, возьмите его в кавычки: «text: "Учитель: в MAX"»',
        ),
        ("chat/quiz.yaml", "- text: Учитель в MAX", "- ¦Учитель: да", '«text: "Учитель: да"»'),
        ("chat/quiz.yaml", "text: Учитель в MAX", "text: ¦- Учитель", "начинается с «- »"),
        ("course.yaml", "[chat]", "¦[chat", "скобка «[» не закрыта"),
        # letters and spaces that only look right
        (
            "chat/quiz.yaml",
            "text: Что для чего?",
            "t¦ехt: Что для чего?",
            "неизвестный ключ «tехt» — здесь русская «е», а нужно «text», там латинская «e»",
        ),
        ("chat/quiz.yaml", "kind: choice", "kind: ¦сhoice", "здесь русская «с», а нужно «choice»"),
        ("chat/quiz.yaml", "id: who-", "id: wh¦о-", "наберите латиницей: «who-makes-it»"),
        ("chat/quiz.yaml", "id: who-", "id: ¦кто-", "«кто-makes-it» не годится как имя — здесь"),
        ("chat/quiz.yaml", "step: Откуда", "step: ¦Oткуда", "здесь латинская «O», а нужно «Отк"),
        (
            "chat/quiz.yaml",
            "step: Откуда чат",
            "step: Откуда\N{NO-BREAK SPACE}¦чат",
            "здесь неразрывный пробел, а нужно «Откуда чат», там обычный пробел",
        ),
        ("chat/quiz.yaml", "rule: staff_target", "rule: st¦аff_target", "здесь русская «а»"),
        ("chat/quiz.yaml", '"{{activity_days}}"', '"{{¦аctivity_days}}"', "здесь русская «а»"),
        ("chat/quiz.yaml", "case: people_", "case: ¦рeople_", "а нужно «people_missing»"),
        ("chat/quiz.yaml", "хватает {answer}", "хватает {¦аnswer}", "здесь русская «а»"),
        ("chat/lesson.md", "{{staff_target.text}}", "{{st¦аff_target.text}}", "русская «а»"),
        (
            "chat/lesson.md",
            "(help-chat)",
            "(h¦еlp-chat)",
            "здесь русская «е», а нужно «help-chat»",
        ),
        ("chat/lesson.md", "links: [help-", "links: [h¦еlp-", "здесь русская «е», а нужно"),
        ("chat/lesson.md", "faq:", "was: [t¦аlk]\nfaq:", "наберите латиницей: «talk»"),
        (
            "course.yaml",
            "lessons: [chat]",
            "lessons: [¦сhat]",
            "здесь русская «с», а нужно «chat»",
        ),
        ("faq.yaml", "lesson: chat", "lesson: ch¦аt", "здесь русская «а», а нужно «chat»"),
        ("faq.yaml", "links: [guide]", "links: [guid¦е]", "здесь русская «е», а нужно «guide»"),
        ("rules.yaml", "activity_days:", "¦аctivity_days:", "наберите латиницей: «activity_days»"),
        (
            "course.yaml",
            "title: Малый",
            "title:¦\N{NO-BREAK SPACE}Малый",
            "после двоеточия неразрывный пробел — поставьте обычный пробел",
        ),
        (
            "course.yaml",
            "about: Для",
            "about:¦\N{NO-BREAK SPACE}Для",
            "после двоеточия неразрывный пробел",
        ),
        (
            "course.yaml",
            "pass_mark",
            "pass¦\N{NO-BREAK SPACE}_mark",
            "в ключе неразрывный пробел — уберите его",
        ),
        ("course.yaml", "title: Малый", "title¦:Малый", "после двоеточия нет пробела"),
        ("course.yaml", "title: Малый", "title¦： Малый", "двоеточие не то: «：»"),
        (
            "course.yaml",
            "    about: Для",
            "  ¦\N{NO-BREAK SPACE}\N{NO-BREAK SPACE}about: Для",
            "неразрывный пробел в отступе — поставьте обычные пробелы",
        ),
        (
            "course.yaml",
            "  - id: teacher",
            "  -¦\N{NARROW NO-BREAK SPACE}id: teacher",
            "неразрывный пробел в отступе",
        ),
        (
            "chat/lesson.md",
            "## Кто активен",
            "##¦\N{NO-BREAK SPACE}Кто активен",
            "после «##» неразрывный пробел — поставьте обычный пробел",
        ),
        # what isn't text
        ("course.yaml", "Малый курс", "Малый¦\tкурс", "знак табуляции — поставьте пробелы"),
        ("course.yaml", "Малый курс", "Малый¦\0курс", "невидимый знак U+0000"),
        ("course.yaml", "Малый курс", "Малый¦\N{ZERO WIDTH SPACE} курс", "невидимый знак U+200B"),
        ("course.yaml", "Малый курс", "Малый¦\uffff курс", "невидимый знак U+FFFF"),
        ("course.yaml", "Малый курс", '¦"Малый\\0курс"', "невидимый знак U+0000"),
        ("chat/lesson.md", "Чат появляется", "Чат¦\tпоявляется", "знак табуляции"),
        # lesson.md
        ("chat/lesson.md", "---\ntitle", "title", "нет шапки урока"),
        ("chat/lesson.md", "---\n## Откуда чат", "## Откуда чат", "нет шапки урока"),
        ("chat/lesson.md", "## Откуда", "\n¦Вот.\n\n## Откуда", "текст до первого шага"),
        ("chat/lesson.md", "## Кто активен", "¦### Кто активен", "неизвестный заголовок"),
        ("chat/lesson.md", "## Кто активен", "¦##Кто активен", "неизвестный заголовок"),
        ("chat/lesson.md", "## Кто активен", "¦##", "у шага нет названия"),
        ("chat/lesson.md", "## Кто активен", f"¦## {'я' * 61}", "знаков: 61 — название шага"),
    ],
)
def test_a_fault_is_named_with_its_place_and_what_would_be_right(
    lessons: Path, name: str, old: str, new: str, words: str
) -> None:
    place = edit(lessons, name, old, new)
    said = faults(lessons)
    if "¦" in new:
        assert any(one.startswith(f"{place}: ") and words in one for one in said), (place, said)
    else:
        assert any(one.startswith(f"lessons/{name}:") and words in one for one in said), said
    assert check(lessons, today=TODAY)[0] is None


def test_one_slip_is_one_fault(lessons: Path) -> None:
    slips = [
        ("chat/quiz.yaml", "text: Что для чего?", "tехt: Что для чего?"),
        ("chat/quiz.yaml", "- text: Учитель в MAX", "- Учитель: в MAX"),
        ("course.yaml", "title: Малый курс", "title: Малый #5\n  курс"),
        ("faq.yaml", "[как это, ", "[как #это, "),
        ("course.yaml", "title: Малый курс", "Title: Малый курс"),
        ("course.yaml", "title: Малый курс", "\N{NO-BREAK SPACE}title: Малый курс"),
        ("course.yaml", "    about: Для", "    \N{NO-BREAK SPACE}about: Для"),
    ]
    for name, old, new in slips:
        write_small_course(lessons.parent)
        edit(lessons, name, old, new.replace("    \N{NO-BREAK SPACE}", "   \N{NO-BREAK SPACE}"))
        assert len(faults(lessons)) == 1, (new, faults(lessons))


def test_a_remark_is_a_remark_where_it_takes_nothing_away(lessons: Path) -> None:
    edit(lessons, "course.yaml", "pass_mark: 80", "pass_mark: 80  # из ста")
    edit(lessons, "course.yaml", "tracks:", "# кто учится\ntracks:  # не больше восьми")
    edit(lessons, "course.yaml", "title: Малый курс", 'title: "Малый #5 курс"  # пока так')
    edit(lessons, "course.yaml", "about: Всё о чате", "about: Всё о#чате")
    edit(lessons, "chat/quiz.yaml", "text: Что для", "text: >-  # длинный\n      Что #1 для")
    assert faults(lessons) == []
    assert course(lessons).title == "Малый #5 курс"


def test_a_folder_or_file_with_a_letter_that_only_looks_right_is_told_so(lessons: Path) -> None:
    (lessons / "chat").rename(lessons / "сhat")
    assert (
        "lessons/сhat:1:1: «сhat» не годится как имя урока — здесь русская «с», наберите"
        " латиницей: «chat»" in faults(lessons)
    )
    (lessons / "сhat").rename(lessons / "chat")
    (lessons / "chat/quiz.yaml").rename(lessons / "chat/quiz.yаml")
    [said] = faults(lessons)
    assert "рядом лежит «quiz.yаml»: здесь русская «а», а нужно «quiz.yaml»" in said


def test_places_are_found_in_every_way_to_write_a_text(lessons: Path) -> None:
    text = "text: Кто создаёт чат «Сотрудники»?"
    ways = [
        "text: Кто создаёт ¦<b>чат",
        "text: 'Кто создаёт ¦<b>чат'",
        'text: "Кто создаёт ¦<b>чат"',
        "text: Кто создаёт\n      вот этот\n      самый ¦<b>чат",
        "text: >-\n      Кто создаёт\n      самый ¦<b>чат",
        "text: |\n      Кто создаёт\n\n      самый ¦<b>чат",
    ]
    for way in ways:
        write_small_course(lessons.parent)
        place = edit(lessons, "chat/quiz.yaml", text, way)
        assert faults(lessons) == [f"{place}: HTML — возможны только **жирный**, *курсив* и `код`"]


def test_all_faults_of_all_files_are_told_at_once(lessons: Path) -> None:
    edit(lessons, "course.yaml", "pass_mark: 80", "pass_mark: 800\ncolour: red")
    edit(lessons, "rules.yaml", "value: 7\n", "value: seven\n")
    edit(lessons, "faq.yaml", "https://max.ru", "http://max.ru")
    edit(lessons, "chat/lesson.md", "as_of: 2025-11-15", "as_of: 15.11.2025")
    edit(lessons, "chat/lesson.md", "Спросите", "<i>Спросите</i>")
    edit(lessons, "chat/quiz.yaml", "draw: 4", "draw: 9")
    edit(lessons, "chat/quiz.yaml", "step: Где помощь", "step: Где помошь")
    assert [one.split(" — ")[0] for one in faults(lessons)] == [
        "lessons/chat/lesson.md:9:8: «15.11.2025»",
        "lessons/chat/lesson.md:26:1: HTML",
        "lessons/chat/lesson.md:26:12: HTML",
        "lessons/chat/quiz.yaml:1:7: число 9 слишком велико",
        "lessons/chat/quiz.yaml:36:11: в уроке нет шага «Где помошь»",
        "lessons/course.yaml:3:12: число 800 слишком велико",
        "lessons/course.yaml:4:1: неизвестный ключ «colour»",
        "lessons/faq.yaml:5:10: адрес начинается не с https://",
        "lessons/rules.yaml:8:10: «seven»",
    ]


@pytest.mark.parametrize("name", ["course.yaml", "rules.yaml", "faq.yaml", "chat/quiz.yaml"])
@pytest.mark.parametrize("content", [b"", b"\n\n", b"# only a remark\n", b"---\n"])
def test_an_empty_file_is_a_fault(lessons: Path, name: str, content: bytes) -> None:
    (lessons / name).write_bytes(content)
    assert any(one.startswith(f"lessons/{name}:1:1: файл пуст") for one in faults(lessons))


@pytest.mark.parametrize(
    "name", ["course.yaml", "rules.yaml", "faq.yaml", "chat/lesson.md", "chat/quiz.yaml"]
)
def test_a_file_that_is_missing_or_no_text_is_one_fault_and_not_many(
    lessons: Path, name: str
) -> None:
    path = lessons / name
    path.write_bytes(b"one: 1\ntwo: \xff\xfe")
    [said] = faults(lessons)
    assert said == f"lessons/{name}:2:1: файл не в UTF-8 — сохраните его в кодировке UTF-8"
    path.write_bytes(b" " * (FILE_BYTES + 1))
    [said] = faults(lessons)
    assert "файл слишком велик" in said
    path.unlink()
    [said] = faults(lessons)
    assert said.startswith(f"lessons/{name}:1:1: такого файла нет — напишите его")
    path.mkdir()
    [said] = faults(lessons)
    assert "файл не открывается" in said


def test_a_file_with_nearly_the_right_name_is_pointed_out(lessons: Path) -> None:
    (lessons / "chat/quiz.yaml").rename(lessons / "chat/quiz.yml")
    [said] = faults(lessons)
    assert said.endswith("такого файла нет — рядом лежит «quiz.yml», переименуйте его")


def test_a_folder_that_is_no_lesson_is_a_fault(lessons: Path) -> None:
    (lessons / "chat — копия").mkdir()
    (lessons / "empty").mkdir()
    (lessons / ".git").mkdir()
    assert [one.split(" — ")[0] for one in faults(lessons)] == [
        "lessons/chat",
        "lessons/empty/lesson.md:1:1: такого файла нет",
        "lessons/empty/lesson.md:1:1: урока «empty» нет ни в одной программе",
        "lessons/empty/quiz.yaml:1:1: такого файла нет",
    ]


def test_a_missing_course_is_a_fault(tmp_path: Path) -> None:
    assert faults(tmp_path / "lessons") == [
        "lessons:1:1: такой папки нет — в ней должен лежать course.yaml"
    ]


ANY = st.binary(max_size=80) | st.text(
    alphabet="ab:- \n[]{}&*!|>'\"#%@`,?~01.\0\tя\\<=", max_size=80
).map(str.encode)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(
    name=st.sampled_from(
        ["course.yaml", "rules.yaml", "faq.yaml", "chat/lesson.md", "chat/quiz.yaml"]
    ),
    cut=st.integers(0, 900),
    junk=ANY,
    width=st.integers(0, 60),
)
@example(name="course.yaml", cut=0, junk=b"? ? ? ?", width=0)
@example(name="course.yaml", cut=0, junk=b"[" * 2000, width=0)
@example(name="faq.yaml", cut=0, junk=b"links: [1, [], {}]\nentries: [{id: []}, null]\n", width=0)
def test_no_bytes_raise_anything_but_faults(
    lessons: Path, name: str, cut: int, junk: bytes, width: int
) -> None:
    path = lessons / name
    write_small_course(lessons.parent)
    content = path.read_bytes()
    path.write_bytes(content[:cut] + junk + content[cut + width :])
    found, said = check(lessons, today=TODAY)
    assert found or said
    path.write_bytes(junk)
    found, said = check(lessons, today=TODAY)
    assert found is None
    assert all(fault.place.line > 0 and fault.place.column > 0 for fault in said)


def test_what_can_be_read_is_read_although_the_rest_can_not(lessons: Path) -> None:
    (lessons / "rules.yaml").write_text("{", encoding="utf-8")
    files = read(lessons)
    assert len(files.faults) == 1
    assert files.rules is None
    assert [len(lesson.questions) for lesson in files.lessons.values()] == [12]
