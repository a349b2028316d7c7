"""The smallest course that passes the check, for tests to break."""

from pathlib import Path

COURSE = """\
title: Малый курс
about: Всё о чате «Сотрудники».
pass_mark: 80
tracks:
  - id: teacher
    title: Учитель
    about: Для тех, кто учит.
    lessons: [chat]
"""

RULES = """\
staff_target:
  value: 75
  text: 75\N{NO-BREAK SPACE}%
  source: FAQ 6
  as_of: 2025-10-30
  review_by: 2027-03-01
activity_days:
  value: 7
  text: 7\N{NO-BREAK SPACE}дней
  source: FAQ 6
  as_of: 2025-10-30
  review_by: 2027-03-01
learners_target:
  value: 30
  text: 30\N{NO-BREAK SPACE}%
  source: FAQ 6
  as_of: 2025-10-30
  review_by: 2027-03-01
"""

FAQ = """\
not_found: 0
links:
  - id: help-chat
    label: Чат поддержки
    url: https://max.ru/sferum_help
  - id: guide
    label: Инструкция
    url: https://www.sferum.ru/spravka
    unverified: true
entries:
""" + "".join(
    f"""\
  - id: {number}
    question: Вопрос номер {number}?
    answer: Ответ номер **{number}**.
    wordings: [как это, почему, что делать, кто поможет]
    lesson: chat
    links: [guide]
"""
    for number in range(12)
)

LESSON = """\
---
title: Чат «Сотрудники»
about: Вы узнаете, откуда берётся чат.
memo:
  - Свяжите профили, и чат появится сам.
  - Пишите хотя бы раз в {{activity_days.text}}.
faq: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]
links: [help-chat, guide]
as_of: 2025-11-15
review_by: 2027-03-01
---
## Откуда чат
Чат появляется **сам**, когда профили связаны.

Что для этого нужно:

- связать профили;
- подождать.

## Кто активен
Активны те, кто писал за {{activity_days.text}}. Нужно {{staff_target.text}} сотрудников.

[](guide)

## Где помощь
Спросите в чате.

[Спросить человека](help-chat)
"""

QUIZ = """\
draw: 4
questions:
  - id: who-makes-it
    kind: choice
    step: Откуда чат
    critical: true
    text: Кто создаёт чат «Сотрудники»?
    options:
      - text: Он появляется сам
        right: true
      - text: Учитель в MAX
        why: Учитель создаёт другие чаты.
      - text: Директор школы
        why: Директор его не создаёт.
    explanation: Чат появляется сам после связки профилей.
  - id: what-counts
    kind: multiple
    step: Кто активен
    text: Что считается?
    options:
      - text: Сообщение вчера
        right: true
      - text: Сообщение сегодня
        right: true
      - text: Сообщение год назад
        why: Это было давно.
    explanation: Считаются последние {{activity_days.text}}.
  - id: in-order
    kind: order
    step: Откуда чат
    text: Расставьте по порядку.
    items: [Открыть МЭШ, Связать профили, Подождать]
    explanation: Ждать нужно после связки.
  - id: what-is-what
    kind: match
    step: Где помощь
    text: Что для чего?
    pairs:
      - term: Чат
        meaning: спросить человека
      - term: Справка
        meaning: прочитать самому
      - term: Плакат
        meaning: повесить на стену
    explanation: У каждого своё дело.
  - id: how-long
    kind: number
    step: Кто активен
    text: За сколько дней считают?
    answer: "{{activity_days}}"
    unit: дн.
    explanation: За последние {{activity_days.text}}.
  - id: how-many
    kind: number
    step: Кто активен
    generated:
      case: people_missing
      rule: staff_target
    text: В школе {total} учителей, активны {active}. Скольких не хватает до {{staff_target.text}}?
    explanation: Нужно {needed}, не хватает {answer}.
""" + "".join(
    f"""\
  - id: count-{number}
    kind: number
    step: Кто активен
    text: Сколько будет {number} и ещё один?
    answer: {number + 1}
    explanation: Прибавьте один к {number}.
"""
    for number in range(6)
)

GUIDE = """\
title: Где чат?
about: Вы узнаете, почему чата нет.
wordings: [нет чата, пропал чат, где чат, чат исчез]
faq: [4, 5]
lesson: chat
as_of: 2025-11-15
review_by: 2027-03-01
questions:
  - id: linked
    ask: Профили связаны?
    text: Это видно **в журнале**.
    faq: [4]
    links: [guide]
    answers:
      - text: Да
        to: waited
      - text: Нет
        to: link
  - id: waited
    ask: Прошло {{activity_days.text}}?
    answers:
      - text: Прошло
        to: ask
      - text: Ещё нет
        to: wait
endings:
  - id: link
    title: Свяжите профили
    who: Учитель
    text: Откройте журнал и свяжите профили.
    otherwise: Спросите в чате поддержки.
    links: [guide]
    faq: [4]
  - id: wait
    title: Подождите
    who: Никто
    text: |-
      Вот что будет:

      - чат появится сам.
    otherwise: Ответьте на вопросы ещё раз.
    faq: [5]
  - id: ask
    title: Спросите человека
    who: Учитель
    text: Напишите в чат поддержки.
    otherwise: Напишите ещё раз.
    links: [help-chat]
    lesson: chat
    faq: [0]
"""
"""A guide that the course does without; ``write_guide`` adds it."""

THESAURUS = """\
same:
  - [чат, беседа]
  - [дневник, электронный журнал]
elsewhere:
  - погода, дождь, снег
"""

FILES = {
    "course.yaml": COURSE,
    "rules.yaml": RULES,
    "faq.yaml": FAQ,
    "thesaurus.yaml": THESAURUS,
    "chat/lesson.md": LESSON,
    "chat/quiz.yaml": QUIZ,
}


def write_small_course(folder: Path) -> Path:
    """Write the course into ``folder/lessons`` and return that."""
    lessons = folder / "lessons"
    for name, text in FILES.items():
        path = lessons / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return lessons


def write_guide(lessons: Path) -> Path:
    """Add the guide to the course and return the course's folder."""
    path = lessons / "guides/no-chat.yaml"
    path.parent.mkdir()
    path.write_text(GUIDE, encoding="utf-8")
    return lessons


def edit(lessons: Path, name: str, old: str, new: str) -> str:
    """Replace a text that stands in a file; return where ``¦`` in the new text is (it is removed).

    Faults name a place as ``lessons/file:line:column``; without ``¦`` it is the file's beginning.
    """
    path = lessons / name
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{old!r} is not in {name}"
    text = text.replace(old, new, 1)
    before = text.partition("¦")[0] if "¦" in text else ""
    path.write_text(text.replace("¦", ""), encoding="utf-8")
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    return f"lessons/{name}:{line}:{column}"
