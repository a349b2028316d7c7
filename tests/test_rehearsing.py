"""What only making a screen shows: texts that are short enough each, and too long together."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from functools import partial
from itertools import chain, combinations, permutations
from pathlib import Path
from random import Random

import pytest

from course_bot.app import check_course
from course_bot.content.checking import check
from course_bot.conversation.rehearsing import rehearse
from course_bot.locale.phrases import LANGUAGES, Language, phrases
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


def test_our_own_lessons_fit() -> None:
    course, found = check(OURS, today=TODAY)
    assert course, found
    assert [*rehearse(course)] == []


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
