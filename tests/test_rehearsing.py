"""What only making a screen shows: texts that are short enough each, and too long together."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from functools import partial
from itertools import chain, combinations, permutations
from pathlib import Path
from random import Random

import pytest

from course_bot.app import check_course, check_thoroughly
from course_bot.content.checking import check
from course_bot.content.faults import Severity
from course_bot.content.model import Link
from course_bot.conversation.port import Button, Screen
from course_bot.conversation.rehearsing import Unshown, rehearse
from course_bot.locale.phrases import LANGUAGES, Language, phrases
from course_bot.messengers.looking import LOOKS
from course_bot.messengers.telegram.api import ATTACHED, SendPicture, show, show_picture
from course_bot.questions.kinds import ask
from course_bot.questions.question import Question, Response, verdict
from tests.courses import CHOICE, GUIDE, MATCH, MULTIPLE, ORDER, make_course
from tests.drawings import drawn
from tests.small_course import QUIZ, edit, write_small_course

TODAY = date(2026, 11, 23)
OURS = Path(__file__).parents[1] / "lessons"


def marked(chars: int) -> str:
    """Return a text of so many characters as shown, with as much markup as is allowed."""
    bold = (chars + 80) // 7
    return "щ " + "**я** " * bold + "щ" * (chars - 2 - 2 * bold)


@pytest.fixture
def lessons(tmp_path: Path) -> Path:
    return write_small_course(tmp_path)


def faults(lessons: Path) -> list[str]:
    course, found = check(lessons, today=TODAY, rehearse=rehearse)
    assert (course is None) == bool(found)
    return [str(one) for one in found]


def test_the_courses_screens_all_fit(lessons: Path) -> None:
    assert faults(lessons) == []
    assert [*rehearse(make_course())] == []


def test_our_own_lessons_fit_behind_every_door() -> None:
    course, found = check(OURS, today=TODAY)
    assert course, found
    seen: list[Screen] = []

    def telegram_says_so(screen: Screen) -> Iterator[Unshown]:
        """Watch that what is looked at is what the calls say; of the many, of each tenth."""
        seen.append(screen)
        if len(seen) % 10:
            return
        text, rows = screen.spelled()
        call = show_picture(0, screen, ATTACHED, None) if screen.picture else show(0, screen)
        said = call.caption if isinstance(call, SendPicture) else call.text
        keys = call.reply_markup["inline_keyboard"] if call.reply_markup else []
        assert said == text
        assert [[key["text"] for key in row] for row in keys] == [
            [key.label for key in row] for row in rows
        ]
        yield from ()

    assert [*rehearse(course, (*LOOKS, telegram_says_so))] == []
    assert len(seen) > 4000


def test_what_one_door_alone_would_not_show_is_a_fault_that_names_it() -> None:
    course = make_course()
    links = tuple(
        Link(id=f"{n}", label=f"Справка Сферума, инструкция {n}", url="https://sferum.ru/")
        for n in range(6)
    )

    def said(**changed: object) -> list[str]:
        entry = replace(course.faq[1], **changed)  # type: ignore[arg-type]  # as given below
        changed_course = replace(course, faq={**course.faq, 1: entry})
        unfit = [*rehearse(changed_course, LOOKS)]
        assert {each.part for each in unfit} <= {("faq", 1)}
        return [each.what for each in unfit]

    assert said(answer="щ" * 3800) == []
    assert said(answer="щ" * 3800, links=links) == [
        "ответ в MAX с подписями кнопок под текстом: знаков 4048"
    ]
    assert said(answer="<u>т</u>") == ["ответ на странице: разметка «<u>»"]
    assert said(answer="<mark>т</mark>") == [
        "ответ в Telegram: разметка «<mark>»",
        "ответ на странице: разметка «<mark>»",
    ]
    assert said(answer="<blockquote>т</blockquote>") == [
        "ответ в MAX: разметка «<blockquote>»",
        "ответ на странице: разметка «<blockquote>»",
    ]
    for broken in ("<b>т", "т</b>", "<b><i>т</b></i>", "1 < 2", "<b><code>т</code></b>"):
        assert len(said(answer=broken)) == 3


def test_more_keys_than_telegram_takes_and_more_rows_than_max_does_are_faults_there() -> None:
    def said(*labels: str, rows: int) -> list[str]:
        row = tuple(Button(label=label, action="menu") for label in labels)
        screen = Screen(text="т", rows=(row,) * rows)
        return [each.what for look in LOOKS for each in look(screen)]

    assert said(*"1234567", rows=14) == []
    assert said(*"1234567", rows=15) == ["в Telegram: кнопок 105"]
    assert said("Пригласить", "Назначить", rows=30) == []
    assert said("Координаторы", "Назначить", rows=16) == ["в MAX: рядов кнопок 32"]


def test_lessons_are_looked_at_behind_every_door_where_their_authors_check_them(
    lessons: Path,
) -> None:
    options = "".join(
        f"      - text: {marked(60)} {number}\n"
        + ("        right: true\n" if number < 2 else f"        why: {marked(40)}\n")
        for number in range(6)
    )
    start = QUIZ.index("      - text: Сообщение вчера")
    old = QUIZ[start : QUIZ.index("    explanation: Считаются")]
    edit(lessons, "chat/quiz.yaml", old, options)
    assert faults(lessons) == []
    place = edit(lessons, "chat/quiz.yaml", "- id: what-counts", "- ¦id: what-counts")
    course, found = check_thoroughly(lessons)
    assert course is None
    assert [f"{fault}" for fault in found if fault.severity is Severity.ERROR] == [
        f"{place}: {what} — Telegram показывает не больше 100, выделите меньше"
        for what in (
            "вопрос в Telegram: мест с разметкой 123",
            "разбор ответа в Telegram: мест с разметкой 121",
        )
    ]


def test_a_guides_screens_are_made_on_the_way_there_that_has_the_most_words() -> None:
    course = make_course()
    long = {
        name: replace(each, ask="щ" * (4000 if name == "linked" else 160))
        for name, each in GUIDE.questions.items()
    }
    ending = replace(GUIDE.endings["wait"], text="щ" * 4000)
    guide = replace(GUIDE, questions=long, endings={**GUIDE.endings, "wait": ending})
    found = [*rehearse(replace(course, guides={guide.id: guide}))]
    assert [(each.part[2], each.what.partition(" с ")[0]) for each in found] == [
        ("linked", "вопрос"),
        ("link", "что проверено"),
        ("ask", "что проверено"),
        ("wait", "итог"),
        ("wait", "что проверено"),
    ]


def test_a_step_whose_picture_leaves_too_little_room_for_its_text_is_a_fault(
    lessons: Path,
) -> None:
    edit(lessons, "chat/lesson.md", "Вы узнаете, откуда берётся чат.", "щ" * 290)
    place = edit(lessons, "chat/lesson.md", "## Откуда чат\n", f"## ¦Откуда чат\n{'щ' * 560}\n\n")
    assert faults(lessons) == []
    (lessons / "chat/own.svg").write_text(drawn("Раз").svg, encoding="utf-8")
    edit(lessons, "chat/lesson.md", "- подождать.", "- подождать.\n\n![Раз](own.svg)")
    [said] = faults(lessons)
    assert said.startswith(f"{place}: шаг с картинкой и нашими словами: знаков 10")
    assert said.endswith("не больше 1024, сократите текст")


def test_feedback_that_is_too_long_only_as_a_whole_is_a_fault_at_its_question(
    lessons: Path,
) -> None:
    options = "".join(
        f"      - text: {marked(86)} {number}\n"
        + ("        right: true\n" if number < 2 else f"        why: {marked(160)}\n")
        for number in range(6)
    )
    start = QUIZ.index("      - text: Сообщение вчера")
    old = QUIZ[start : QUIZ.index("    explanation: Считаются")]
    edit(lessons, "chat/quiz.yaml", old, options)
    edit(lessons, "chat/quiz.yaml", "text: Что считается?", f"text: {marked(400)}")
    edit(lessons, "chat/quiz.yaml", "Считаются последние", f"{marked(380)} последние")
    assert check(lessons, today=TODAY)[0] is not None, "each text by itself is short enough"

    place = edit(lessons, "chat/quiz.yaml", "- id: what-counts", "- ¦id: what-counts")
    [said] = faults(lessons)
    assert said.startswith(f"{place}: разбор ответа с разметкой и нашими словами: знаков 4")
    assert said.endswith("не больше 4000, сократите тексты или разметку")

    course, found = check_course(lessons)
    assert course is None, "the commands rehearse, too"
    assert said in map(str, found)


def test_more_topics_than_a_screen_has_rows_do_not_fit() -> None:
    course = make_course()
    more = {number: replace(course.faq[0], id=number) for number in range(30)}
    [unfit] = rehearse(replace(course, faq=more))
    assert (unfit.part, unfit.what) == (("faq",), "список тем: рядов кнопок 33")


def test_more_lessons_than_the_screen_of_one_learner_holds_do_not_fit() -> None:
    course = make_course()
    more = {f"more{n}": replace(course.lessons["chat"], title="щ" * 60) for n in range(40)}
    coordinator = replace(course.tracks["coordinator"], lessons=("help", *more))
    course = replace(
        course,
        lessons={**course.lessons, **more},
        tracks={**course.tracks, "coordinator": coordinator},
    )
    unfit = [each.what for each in rehearse(course) if each.part == ("course",)]
    assert unfit == [
        f"уроки участника с разметкой и нашими словами: знаков {chars}" for chars in (4436,)
    ]


def test_what_coordinators_assign_and_send_is_rehearsed_with_the_titles_of_tracks() -> None:
    course = make_course()
    track = course.tracks["teacher"]
    titled = replace(course, tracks={"teacher": replace(track, title="щ" * 3900)})
    unfit = {(each.part, each.what.split(" с ")[0]) for each in rehearse(titled)}
    assert unfit >= {
        (("course",), "назначенные курсы"),
        (("course",), "напоминание участникам"),
        (("track", "teacher"), "назначение"),
    }

    many = {f"track{number}": replace(track, id=f"track{number}") for number in range(30)}
    said = [each.what for each in rehearse(replace(course, tracks=many))]
    assert any(each.startswith("назначенные курсы с разметкой") for each in said)


def test_nothing_is_rehearsed_while_something_else_is_wrong(lessons: Path) -> None:
    edit(lessons, "chat/quiz.yaml", "draw: 4", "draw: 9")

    def never(_: object) -> Iterator[None]:
        raise AssertionError("there is no course to rehearse")

    assert len(check(lessons, today=TODAY, rehearse=partial(never))[1]) == 1  # type: ignore[arg-type]


def every_response(question: Question) -> Iterator[Response]:
    count = len(ask(question, Random(1)).shown)
    places = range(count)
    subsets = chain.from_iterable(combinations(places, size) for size in range(1, count + 1))
    for response in chain(subsets, permutations(places)):
        if question.fits(response):
            yield response


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("question", [CHOICE, MULTIPLE, ORDER, MATCH], ids=lambda each: each.id)
def test_no_feedback_is_longer_than_those_that_are_rehearsed(
    question: Question, language: Language
) -> None:
    p = phrases(language)

    def length(response: Response) -> int:
        points = question.points(response)
        shown = tuple(range(len(ask(question, Random(1)).shown)))
        parts = question.compare(p, shown, response, right=points == 100)
        return len("\n\n".join([verdict(p, points), *parts]))

    assert max(map(length, question.rehearsed())) == max(map(length, every_response(question)))
