"""The guides as they are written: every fault of one, and what is made of a good one."""

import re
from datetime import date
from pathlib import Path

import pytest

from course_bot.content.checking import check
from course_bot.content.model import Guide
from course_bot.content.reading import version
from tests.small_course import GUIDE, edit, write_guide, write_small_course

TODAY = date(2026, 11, 23)
FILE = "guides/no-chat.yaml"
LOST_ENDING = """\
- id: ¦lost
    title: Нигде
    who: Никто
    text: Так.
    otherwise: Так.
    faq: [5]
  """
LOST_QUESTION = """\
  - id: ¦lost
    ask: Зачем?
    answers:
      - text: Да
        to: ask
      - text: Нет
        to: wait
"""
ENDINGS = GUIDE.partition("endings:\n")[2]


@pytest.fixture
def lessons(tmp_path: Path) -> Path:
    return write_guide(write_small_course(tmp_path))


def faults(lessons: Path) -> list[str]:
    return [str(fault) for fault in check(lessons, today=TODAY)[1]]


def guide(lessons: Path) -> Guide:
    course, said = check(lessons, today=TODAY)
    assert course, said
    return course.guides["no-chat"]


def test_a_guide_is_read_as_it_is_written(lessons: Path) -> None:
    read = guide(lessons)
    assert (read.title, read.faq, read.lesson) == ("Где чат?", (4, 5), "chat")
    assert read.as_of == date(2025, 11, 15)
    assert [*read.questions] == ["linked", "waited"]
    assert [*read.endings] == ["link", "wait", "ask"]
    linked, waited = read.questions.values()
    assert (linked.text, linked.faq) == ("Это видно <b>в журнале</b>.", (4,))
    assert [link.id for link in linked.links] == ["guide"]
    assert [(answer.text, answer.to) for answer in linked.answers] == [
        ("Да", "waited"),
        ("Нет", "link"),
    ]
    assert (waited.ask, waited.text) == ("Прошло 7\N{NO-BREAK SPACE}дней?", "")
    wait = read.endings["wait"]
    assert (wait.who, wait.lesson) == ("Никто", "chat")
    assert wait.text.endswith("• чат появится сам.")
    assert wait.otherwise == "Ответьте на вопросы ещё раз."


def test_the_answers_so_far_lead_to_a_question_or_an_ending(lessons: Path) -> None:
    read = guide(lessons)
    there = [read.at(answers).id for answers in ((), (1,), (0,), (0, 0), (0, 1))]
    assert there == ["linked", "link", "waited", "ask", "wait"]
    for answers in ((2,), (0, 2), (1, 0), (0, 0, 0)):
        with pytest.raises(LookupError):
            read.at(answers)
    assert (read.left("linked"), read.left("waited")) == (2, 1)


def test_a_change_of_a_guide_is_a_change_of_the_course(lessons: Path) -> None:
    before = version(lessons)
    edit(lessons, FILE, "Где чат?", "Где наш чат?")
    assert version(lessons) != before


def chain(count: int) -> str:
    """Write so many questions that follow each other."""
    return "".join(
        f"""\
  - id: q{number}
    ask: Вопрос {number}?
    answers:
      - text: Да
        to: {"ask" if number == count else f"q{number + 1}"}
      - text: Нет
        to: wait
"""
        for number in range(1, count + 1)
    )


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("to: wait\n", "to: ¦linked\n", "ответ ведёт назад, к вопросу «linked» — ответы ведут"),
        ("to: wait\n", "to: ¦waited\n", "ответ ведёт назад, к вопросу «waited» — ответы ведут"),
        (
            "- id: wait\n",
            LOST_ENDING + "- id: wait\n",
            "до итога «lost» не доводит ни один ответ — поведите к нему ответ: «to: lost»",
        ),
        (
            "endings:\n",
            LOST_QUESTION + "endings:\n",
            "до вопроса «lost» не доводит ни один ответ",
        ),
        (
            "    answers:\n      - text: Прошло\n        to: ask",
            "    answers:\n      ¦- text: Прошло\n        to: wait",
            "все ответы ведут в одно место — уберите этот вопрос",
        ),
    ],
)
def test_every_way_through_a_guide_ends_and_comes_by_all_of_it(
    lessons: Path, old: str, new: str, words: str
) -> None:
    place = edit(lessons, FILE, old, new)
    said = faults(lessons)
    assert any(one.startswith(place) and words in one for one in said), said


MEANT = [
    # what is not known
    ("to: waited", "to: ¦waitedd", "нет вопроса или итога «waitedd» — может быть, «waited»?"),
    ("lesson: chat\nas_of", "lesson: ¦chatt\nas_of", "нет урока «chatt» — может быть, «chat»?"),
    ("    lesson: chat\n", "    lesson: ¦chats\n", "нет урока «chats» — может быть, «chat»?"),
    ("    faq: [5]", "    faq: [5, ¦12]", "нет записи 12 — есть записи: 0, 1, 2"),
    ("links: [help-chat]", "links: [¦helpchat]", "неизвестная ссылка «helpchat»"),
    ("Прошло {{", "Прошло {{days.text}} ¦{{days.text}} {{", "неизвестное правило «days.text»"),
    # what is named twice, or nowhere
    ("faq: [4, 5]", "faq: [4, 5, 5, ¦6]", "записи 6 нет ни в одном вопросе и ни в одном итоге"),
    ("[4, 5, 5", "[4, 5, ¦5", "номер повторяется"),
    ("text: Нет", "text: ¦Да", "ответ повторяется"),
    ("чат исчез", "¦Нет чата", "вопрос повторяется"),
    ("- id: ask", "- id: ¦linked", "имя «linked» уже есть — дайте другое имя"),
    # texts
    ("    ask: Прошло", "    text: ¦Так.\n    ask: Прошло", "не сказано, откуда это"),
    ("title: Подождите", "title: Подождите ¦**дольше**", "здесь простой текст"),
    ("Профили связаны?", "¦75\N{NO-BREAK SPACE}%?", "правило — напишите {{staff_target.text}}"),
    ("Это видно **в журнале**.", f"¦{'я' * 501}", "знаков: 501 — не больше 500"),
    ("Откройте журнал и свяжите профили.", f"¦{'я' * 701}", "знаков: 701 — не больше 700"),
    ("Спросите в чате поддержки.", f"¦{'я' * 301}", "знаков: 301 — не больше 300"),
    ("Напишите в чат", "Напишите на ¦https://max.ru в чат", "адрес «https://max.ru»"),
    ("review_by: 2027-03-01", "review_by: ¦2024-03-01", "срок проверки раньше, чем as_of"),
]
WRITTEN = [
    ("title: Где чат?", f"title: ¦{'я' * 41}", "слишком длинно, знаков: 41 — не больше 40"),
    ("wordings: [нет чата, пропал чат,", "wordings: ¦[", "слишком мало, пунктов: 2"),
    ("faq: [4, 5]", "faq: ¦[]", "слишком мало, пунктов: 0"),
    ("ask: Профили связаны?", f"ask: ¦{'я' * 161}", "знаков: 161 — не больше 160"),
    ("text: Нет\n", f"text: ¦{'я' * 91}\n", "знаков: 91 — не больше 90"),
    ("      - text: Прошло\n        to: ask\n", "", "слишком мало, пунктов: 1"),
    ("    title: Подождите\n", "", "нет ключа «title»"),
    ("    who: Никто\n", "    ¦whom: Никто\n", "неизвестный ключ «whom»"),
    ("    otherwise: Напишите ещё раз.\n", "", "нет ключа «otherwise»"),
]


@pytest.mark.parametrize("edits", [MEANT, WRITTEN], ids=["meant", "written"])
def test_all_that_is_wrong_in_a_guide_is_told_at_once_where_it_is(
    lessons: Path, edits: list[tuple[str, str, str]]
) -> None:
    text = GUIDE
    for at, (old, new, _words) in enumerate(edits):
        assert old in text, old
        text = text.replace(old, new.replace("¦", chr(0xE000 + at)), 1)
    plain = re.sub("[\ue000-\uf8ff]", "", text)
    (lessons / FILE).write_text(plain, encoding="utf-8")
    said = faults(lessons)
    for at, (_old, new, words) in enumerate(edits):
        place = f"lessons/{FILE}:"
        if "¦" in new:
            before = re.sub("[\ue000-\uf8ff]", "", text[: text.index(chr(0xE000 + at))])
            place += f"{before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))}: "
        assert any(one.startswith(place) and words in one for one in said), (place, words, said)


def test_a_question_has_at_most_four_answers(lessons: Path) -> None:
    more = "".join(f"      - text: Дня {day}\n        to: ask\n" for day in range(3))
    edit(lessons, FILE, "      - text: Прошло\n", f"{more}      - text: Прошло\n")
    assert "слишком много, пунктов: 5 — нужно не больше 4" in faults(lessons)[0]


def test_at_most_eight_questions_follow_each_other(lessons: Path) -> None:
    head = GUIDE.partition("questions:\n")[0].replace("[4, 5]", "[5]")
    endings = ENDINGS.partition("  - id: wait\n")[2]
    for count, wrong in ((8, []), (9, ["вопросов подряд до этого места"])):
        text = f"{head}questions:\n{chain(count)}endings:\n  - id: wait\n{endings}"
        (lessons / FILE).write_text(text, encoding="utf-8")
        said = faults(lessons)
        assert [one.partition(": ")[2].partition(":")[0] for one in said] == wrong


def test_what_lies_among_the_guides_is_a_guide_with_a_name_and_a_title_of_its_own(
    lessons: Path,
) -> None:
    (lessons / "guides/notes.txt").write_text("Заметки", encoding="utf-8")
    (lessons / "guides/Copy.yaml").write_text(GUIDE, encoding="utf-8")
    (lessons / "guides/copy.yaml").write_text(GUIDE, encoding="utf-8")
    assert [one.partition(" — ")[0] for one in faults(lessons)] == [
        "lessons/guides/Copy.yaml:1:1: «Copy» не годится как имя проверки по шагам",
        "lessons/guides/no-chat.yaml:1:8: такая проверка по шагам уже есть",
        "lessons/guides/notes.txt:1:1: лишний файл",
    ]


def test_a_course_needs_no_guides(lessons: Path) -> None:
    (lessons / FILE).unlink()
    assert faults(lessons) == []
