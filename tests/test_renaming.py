"""A lesson's folder is renamed: what was learned under the old name counts under the new one."""

from dataclasses import replace

import pytest

from course_bot.content.model import Course
from course_bot.learning.renaming import under_present_names
from course_bot.storage.log import BegunLessons
from course_bot.storage.store import Storage
from course_bot.storage.verifying import differences
from tests.dialogue import Person
from tests.doors import House, door, goes_on, house
from tests.learners import (
    COURSE,
    NOW,
    Joined,
    Learner,
    answer,
    join,
    learner,
    link,
    look,
    read,
    start,
)

__all__ = ["door", "house"]

RENAMED = {"chat": "talk"}


def with_another_name(course: Course) -> Course:
    """Return the course as it is after its lesson "chat" was renamed to "talk"."""

    def name(lesson: str) -> str:
        return RENAMED.get(lesson, lesson)

    return replace(
        course,
        version="renamed",
        renamed=RENAMED,
        lessons={name(key): replace(each, id=name(key)) for key, each in course.lessons.items()},
        tracks={
            key: replace(each, lessons=tuple(map(name, each.lessons)))
            for key, each in course.tracks.items()
        },
        faq={key: replace(each, lesson=name(each.lesson)) for key, each in course.faq.items()},
    )


@pytest.fixture
async def ann(house: House) -> Person:
    return await house.meets()


@pytest.mark.parametrize("door", ["port"])
async def test_who_has_passed_has_passed_the_lesson_of_the_new_name(
    house: House, ann: Person
) -> None:
    await ann.presses("Знаю — сразу к тесту")
    await house.takes_quiz(ann)
    house.course = with_another_name(house.course)
    await ann.writes("/progress")
    ann.sees("▰▰▰▰▰ пройден")
    assert (await house.learner(ann)).study.results.keys() == {"talk"}


@pytest.mark.parametrize("door", ["port"])
async def test_an_attempt_goes_on_under_the_new_name(house: House, ann: Person) -> None:
    await ann.presses("Знаю — сразу к тесту")
    await house.answers(ann)
    await goes_on(ann)
    house.course = with_another_name(house.course)
    await house.takes_quiz(ann)
    ann.sees("Урок пройден")
    assert (await house.learner(ann)).passed("talk")
    await ann.presses("Попробовать ещё раз")
    await house.takes_quiz(ann)
    assert (await house.learner(ann)).study.results["talk"].attempts == 2


@pytest.mark.parametrize("door", ["port"])
@pytest.mark.parametrize("action", ["step:chat:2", "lesson:chat", "quiz:chat"])
async def test_an_old_button_leads_to_the_lesson_of_the_new_name(
    house: House, ann: Person, action: str
) -> None:
    house.course = with_another_name(house.course)
    await ann.sends_action(action)
    assert ann.notices == []
    ann.sees("Шаг " if action != "quiz:chat" else "вопрос 1")


@pytest.mark.parametrize("door", ["port"])
async def test_who_is_in_a_renamed_lesson_stays_in_it(house: House, ann: Person) -> None:
    await ann.sends_action("step:chat:2")
    house.course = with_another_name(house.course)
    await ann.opens()
    ann.sees("шаг 2 из")


@pytest.mark.parametrize("door", ["port"])
async def test_a_published_link_opens_the_lesson_of_the_new_name(house: House) -> None:
    house.course = with_another_name(house.course)
    bob = await house.arrives("lesson-chat")
    await bob.presses("Начать")
    await bob.presses("Пока без имени")
    await bob.presses("Учитель")
    bob.sees("Урок «chat»")
    await bob.writes("/menu")
    await bob.opens("lesson-chat")
    assert bob.notices == []
    bob.sees("Урок «chat»")


async def test_reading_and_results_of_both_names_become_one(storage: Storage) -> None:
    ann = learner(storage)
    await ann.does(read("chat", 4))
    await ann.takes("chat", wrong=9)
    await ann.takes("chat")
    course = with_another_name(COURSE)
    await ann.does(read("talk", 2))
    await takes(ann, course, wrong=True)

    person = under_present_names(await ann.does(), RENAMED)

    assert person.study.readings["talk"].furthest == 4
    result = person.study.results["talk"]
    assert (result.attempts, result.best) == (3, 100)
    assert [each async for each in differences(storage, RENAMED)] == []


async def takes(ann: Learner, course: Course, *, wrong: bool) -> None:
    person = await ann.does(start("talk", course=course))
    while person.question:
        person = await ann.does(answer(right=not wrong))


async def test_two_who_join_after_the_lesson_was_renamed_keep_both_passes(
    storage: Storage,
) -> None:
    phone, desk = learner(storage, "1"), learner(storage, "1", "browser")
    await phone.takes("chat")
    await takes(desk, with_another_name(COURSE), wrong=True)
    await phone.does(link("digest", NOW.replace(year=2027)))

    assert await join(storage, desk.account, "digest", NOW, RENAMED) is Joined.JOINED

    person = await desk.does()
    assert person.study.results.keys() == {"talk"}
    assert person.passed("talk")
    assert [each async for each in differences(storage, RENAMED)] == []


async def test_the_lessons_that_anybody_has_begun_are_known(storage: Storage) -> None:
    assert await storage.read(BegunLessons()) == frozenset()
    await learner(storage).takes("chat")
    await learner(storage, "2").does(start("roles"))

    assert await storage.read(BegunLessons()) == {"chat", "roles"}


async def test_several_lessons_that_became_one_agree_with_their_log(storage: Storage) -> None:
    """Also of somebody who was here between the one renaming and the other."""
    ann = learner(storage)
    for lesson in ("chat", "help", "chat", "help"):
        await ann.takes(lesson, wrong=1)
    await ann.does(lambda person: look(under_present_names(person, RENAMED)))
    both = {"help": "talk", **RENAMED}

    await ann.does(lambda person: look(under_present_names(person, both)))

    assert (await ann.does()).study.results["talk"].attempts == 4
    assert [each async for each in differences(storage, both)] == []
