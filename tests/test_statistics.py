"""What the log says of lessons and questions: figures worked out by hand, and counted in SQL."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from math import sqrt
from statistics import correlation

import pytest
from sqlalchemy import select

from course_bot.content.model import Course
from course_bot.learning.statistics import Advice, LessonSums, Marks, QuestionSums, advise
from course_bot.organisations.records import Role
from course_bot.questions.kinds import version_of
from course_bot.questions.question import FULL, Question, Response
from course_bot.storage.log import read_logs
from course_bot.storage.schema import person
from course_bot.storage.scope import Scope
from course_bot.storage.statistics import (
    AllQuestionFigures,
    LessonFigures,
    QuestionFigures,
    Renamed,
    Wording,
    count_lessons,
)
from course_bot.storage.store import Storage
from tests import regions
from tests.courses import (
    CHOICE,
    GENERATED,
    MATCH,
    MULTIPLE,
    NUMBER,
    ORDER,
    POOL,
    RIGHT,
    make_lesson,
)
from tests.learners import COURSE, NOW, a_school, answer, join, learner, link, read, start

OLD_NAME = replace(COURSE, lessons={**COURSE.lessons, "talk": make_lesson("talk")})
"""The course as it was when the lesson «chat» was called «talk»."""
ASKS_ALL = replace(COURSE, lessons={"help": make_lesson("help", draw=6)})
RENAMED: Renamed = (("talk", "chat"),)


def marks(pairs: Iterable[tuple[int, int]]) -> Marks:
    """Sum up pairs of the mark for a question and the mean mark for the rest."""
    return sum(
        (
            Marks(
                answers=1,
                mark=mark,
                rest=Fraction(rest),
                mark_squared=mark**2,
                rest_squared=Fraction(rest**2),
                product=Fraction(mark * rest),
            )
            for mark, rest in pairs
        ),
        Marks(),
    )


# --- figures of a question ----------------------------------------------------------------------


def test_the_facility_is_the_mean_mark_of_the_full_one() -> None:
    # (7 · 100 + 50 + 2 · 0) / (10 · 100)
    assert marks([(100, 0)] * 7 + [(50, 0)] + [(0, 0)] * 2).facility == 0.75


def test_with_fewer_than_ten_answers_there_is_no_facility() -> None:
    assert marks([(100, 0)] * 9).facility is None


def test_of_right_and_wrong_answers_the_discrimination_is_their_fourfold_correlation() -> None:
    # 10 know both, 10 neither, 5 this alone, 5 the rest alone:
    # (10 · 10 - 5 · 5) / √(15 · 15 · 15 · 15)
    both = [(100, 100)] * 10 + [(0, 0)] * 10 + [(100, 0)] * 5 + [(0, 100)] * 5

    assert marks(both).discrimination == pytest.approx(75 / 225)


def test_the_discrimination_is_moodles_covariance_by_both_deviations() -> None:
    # Moodle: Σ(x - x̄)(y - ȳ) / √(Σ(x - x̄)² · Σ(y - ȳ)²), the (n - 1) of each cancel out.
    # x̄ = 50, ȳ = 50; products 1500 + 500 + 500 + 1500 + 0 = 4000;
    # squares 4 · 2500 = 10000 and 900 + 100 + 100 + 900 + 0 = 2000.
    five = [(0, 20), (0, 40), (100, 60), (100, 80), (50, 50)]

    assert marks(five * 5).discrimination == pytest.approx(4000 / sqrt(10_000 * 2000))


def test_where_those_who_know_the_rest_are_wrong_the_discrimination_is_negative() -> None:
    assert marks([(100, 0), (0, 100)] * 13).discrimination == pytest.approx(-1)


def test_with_fewer_than_25_answers_there_is_no_discrimination() -> None:
    assert marks([(100, 100), (0, 0)] * 12).discrimination is None


@pytest.mark.parametrize("same", [[(100, 0), (100, 77)], [(0, 33), (100, 33)]])
def test_where_all_got_the_same_there_is_no_discrimination(same: list[tuple[int, int]]) -> None:
    assert marks(same * 13).discrimination is None


def spread(right: int, wrong: int, *, knowing: int = 0, not_knowing: int = 0) -> Marks:
    """Sum up answers that were right and wrong, some from those who know the rest or don't.

    ``knowing`` of the right ones know the rest, ``not_knowing`` of the wrong ones don't; of
    everybody else, those who were wrong know it and those who were right don't.
    """
    return marks(
        [(100, 100)] * knowing
        + [(100, 0)] * (right - knowing)
        + [(0, 0)] * not_knowing
        + [(0, 100)] * (wrong - not_knowing)
    )


@pytest.mark.parametrize(
    ("what", "advice"),
    [
        (spread(5, 4), Advice.WAIT),
        (spread(10, 0, knowing=5), Advice.MAKE_HARDER),
        (spread(95, 5, knowing=60, not_knowing=4), Advice.MAKE_HARDER),
        (spread(94, 6, knowing=90, not_knowing=6), Advice.KEEP),
        (spread(3, 7, knowing=3), Advice.MAKE_EASIER),
        (spread(34, 66, knowing=34, not_knowing=66), Advice.MAKE_EASIER),
        (spread(35, 65, knowing=35, not_knowing=65), Advice.KEEP),
        (spread(12, 12, knowing=12, not_knowing=12), Advice.WAIT),
        (spread(13, 13, knowing=13, not_knowing=13), Advice.KEEP),
        (spread(13, 13, knowing=7, not_knowing=7), Advice.ASK_OTHERWISE),
        (spread(14, 14, knowing=7, not_knowing=7), Advice.ASK_OTHERWISE),
        (spread(13, 13, knowing=6, not_knowing=6), Advice.CHECK_KEY),
        (spread(96, 4, knowing=90), Advice.CHECK_KEY),
        (marks([(50, 0), (50, 100)] * 13), Advice.ASK_OTHERWISE),
    ],
    ids=str,
)
def test_an_advice_follows_from_the_figures(what: Marks, advice: Advice) -> None:
    assert advise(what, mistakes=0, unpicked=True) is advice


def test_an_option_that_nobody_picks_is_told_of_when_enough_have_picked_a_wrong_one() -> None:
    good = spread(50, 50, knowing=50, not_knowing=50)

    assert advise(good, mistakes=9, unpicked=True) is Advice.KEEP
    assert advise(good, mistakes=10, unpicked=True) is Advice.REPLACE_OPTION
    assert advise(good, mistakes=10, unpicked=False) is Advice.KEEP


def test_a_mistake_is_counted_in_every_response_that_has_it() -> None:
    sums = QuestionSums(responses={(0, 1, 4): 5, (0, 2): 2, (2, 3): 3, (3,): 1})

    assert list(sums.mistakes(MULTIPLE).items()) == [
        ("Звонок год назад", 5),
        ("Сообщение завтра", 4),
    ]


@pytest.mark.parametrize(
    ("question", "response", "mistakes"),
    [
        (CHOICE, (2,), ["Директор школы"]),
        (ORDER, (0, 1, 3, 2), ["Открыть МЭШ → Связать профили → Проверить → Подождать"]),
        (MATCH, (0, 2, 1), ["Справка — повесить на стену", "Плакат — прочитать самому"]),
        (NUMBER, 30.0, ["30\N{NO-BREAK SPACE}дн."]),
        (GENERATED, 30.0, []),
    ],
)
def test_each_kind_says_what_is_wrong_in_a_response(
    question: Question, response: tuple[int, ...] | float, mistakes: list[str]
) -> None:
    assert list(question.mistakes(response)) == mistakes
    if question.id in RIGHT:
        assert not list(question.mistakes(RIGHT[question.id]))


@pytest.mark.parametrize("question", POOL, ids=lambda question: question.kind)
def test_a_response_that_is_none_to_the_question_is_left_out_of_its_mistakes(
    question: Question,
) -> None:
    """A version that was written by hand may belong to two questions at once."""
    elsewhere: Response = (0, 1) if question.kind == "number" else 7.0
    strange = {elsewhere: 9, (0, 1, 99): 9, (): 9, (-1,): 9}

    assert not QuestionSums(responses=strange).mistakes(question)


def test_only_options_can_be_picked_by_nobody() -> None:
    assert CHOICE.distractors == ("Учитель в MAX", "Директор школы")
    assert MULTIPLE.distractors == ("Звонок год назад", "Сообщение завтра")
    assert not any(question.distractors for question in (ORDER, MATCH, NUMBER, GENERATED))


# --- figures of a lesson ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("passed", "median"),
    [({}, None), ({2: 1}, 2), ({1: 2, 4: 2}, 2.5), ({1: 2, 3: 1}, 1), ({1: 1, 2: 3, 9: 1}, 2)],
)
def test_the_median_of_attempts_is_that_of_the_people(
    passed: Mapping[int, int], median: float | None
) -> None:
    assert LessonSums(passed_at_try=passed).median_tries == median


def test_most_people_stop_at_one_step() -> None:
    assert LessonSums().stop(4) is None
    assert LessonSums(stopped_at={3: 2, 1: 2}).stop(4) == (1, 2)
    assert LessonSums(stopped_at={1: 2, 2: 3}).stop(4) == (2, 3)


def test_a_step_that_the_lesson_has_no_more_counts_as_its_last() -> None:
    assert LessonSums(stopped_at={1: 2, 3: 1, 4: 1, 7: 1}).stop(3) == (3, 3)


# --- counted in the database --------------------------------------------------------------------


async def lessons(storage: Storage, renamed: Renamed = ()) -> Mapping[str, LessonSums]:
    """Count everybody by lesson."""
    async with storage.reading() as connection:
        return await connection.run_sync(count_lessons, select(person.c.id), renamed)


async def test_who_fails_gives_up_or_only_reads_is_counted_by_lesson(storage: Storage) -> None:
    # Ann fails, gives up and passes; then she reads. Bob is in the middle of his first attempt.
    await a_school(storage)

    assert await lessons(storage) == {
        "chat": LessonSums(begun=1, first_finished=1, passed_at_try={3: 1}),
        "roles": LessonSums(begun=1, stopped_at={2: 1}),
    }


async def test_readers_stand_at_the_furthest_step_until_they_begin_the_quiz(
    storage: Storage,
) -> None:
    ann, bob, cat = (learner(storage, name) for name in ("ann", "bob", "cat"))
    for who, step in ((ann, 4), (ann, 1), (bob, 2), (cat, 4)):
        await who.does(read("chat", step))
    await ann.does(read("help", 1))
    await cat.does(start("chat"))

    found = await lessons(storage)

    assert found["chat"] == LessonSums(begun=1, stopped_at={4: 1, 2: 1})
    assert found["help"] == LessonSums(stopped_at={1: 1})
    assert found["chat"].reached == 3


async def test_the_first_attempt_alone_makes_the_share_of_first_passes(storage: Storage) -> None:
    for name, wrong in (("ann", 0), ("bob", 3), ("cat", 3)):
        who = learner(storage, name)
        await who.takes("chat", wrong=wrong)
        await who.takes("chat")  # right, but no longer the first

    sums = (await lessons(storage))["chat"]

    assert (sums.first_finished, sums.first_passed) == (3, 1)
    assert sums.passed_at_try == {1: 1, 2: 2}


async def test_what_was_done_under_an_old_name_counts_under_the_present_one(
    storage: Storage,
) -> None:
    ann, bob = learner(storage, "ann"), learner(storage, "bob")
    await ann.does(read("talk", 3))
    await ann.does(read("chat", 1))
    await bob.does(read("talk", 2))
    await bob.does(start("talk", course=OLD_NAME))
    while (await bob.does()).question:
        await bob.does(answer(right=False))
    bob.now += timedelta(hours=1)
    await bob.takes("chat")  # in this storage nobody knows of the renaming: once more number 1

    cat = learner(storage, "cat")
    await cat.does(read("chat", 4))
    await cat.does(start("talk", course=OLD_NAME))

    (sums,) = (await lessons(storage, RENAMED)).values()

    assert (sums.begun, sums.stopped_at) == (2, {3: 1})
    assert (sums.first_finished, sums.first_passed, sums.passed) == (1, 0, 1)


async def test_of_two_devices_that_were_joined_the_earlier_first_attempt_counts(
    storage: Storage,
) -> None:
    phone, computer = learner(storage, "ann"), learner(storage, "c1", "web")
    await phone.takes("chat", wrong=3)
    computer.now += timedelta(hours=1)
    await computer.takes("chat")
    for who in (phone, computer):  # so that the latest attempt, which is renumbered, is another
        await who.takes("roles")
    await phone.does(link("digest", NOW + timedelta(days=1)))
    await join(storage, computer.account, "digest", computer.now)

    sums = (await lessons(storage))["chat"]

    assert (sums.begun, sums.first_finished, sums.first_passed) == (1, 1, 0)


async def test_the_sums_of_a_question_are_those_of_every_first_attempt(
    storage: Storage,
) -> None:
    for number in range(30):
        who = learner(storage, f"{number}")
        await who.takes("chat", wrong=number % 6)
        who.now += timedelta(hours=1)
        await who.takes("chat", wrong=number % 5)
        await who.does(start("roles", at=who.now))  # and gives up
        await who.does(answer())
    async with storage.reading() as connection:
        logs = await connection.run_sync(read_logs, list(range(1, 31)))
    pairs: dict[str, list[tuple[int, float]]] = {}
    for (first, given), *_ in logs.values():
        assert first.number == 1
        earned = sum(each.points for each in given)
        for each in given:
            rest = (earned - each.points) / (len(given) - 1)
            pairs.setdefault(each.question, []).append((each.points, rest))

    found = await storage.read(AllQuestionFigures())

    assert {wording.lesson for wording in found} == {"chat"}
    assert {wording.question: sums.marks.answers for wording, sums in found.items()} == {
        question: len(both) for question, both in pairs.items()
    }
    choice = found[Wording("chat", "choice", "v1")]
    marked, rests = [mark for mark, _ in pairs["choice"]], [rest for _, rest in pairs["choice"]]
    assert choice.marks.facility == sum(marked) / (FULL * 30)
    assert choice.wrong == sum(mark < FULL for mark in marked)
    assert choice.responses.get((1,), 0) == choice.wrong
    assert choice.marks.discrimination == pytest.approx(correlation(marked, rests))


async def test_the_rest_is_the_mean_of_the_other_questions_of_the_attempt(
    storage: Storage,
) -> None:
    ann = learner(storage)
    person = await ann.does(start("chat"))
    points = {}
    while person.question:  # everything right but the one question that is always asked
        asked = person.question.question.id
        points[asked] = 0 if asked == "choice" else FULL
        person = await ann.does(answer(right=asked != "choice"))

    found = await storage.read(AllQuestionFigures())

    for wording, sums in found.items():
        rest = 100 if wording.question == "choice" else 75
        assert sums.marks == marks([(points[wording.question], rest)])
    assert found[Wording("chat", "choice", "v1")].responses == {(1,): 1}


async def test_a_partly_right_answer_is_a_mistake_too(storage: Storage) -> None:
    ann = learner(storage)
    person = await ann.does(start("help", course=ASKS_ALL))
    while person.question:
        partly = (0, 1) if person.question.question.id == "multiple" else None
        person = await ann.does(answer(partly))

    found = await storage.read(AllQuestionFigures())

    assert {wording.question: sums.wrong for wording, sums in found.items() if sums.wrong} == {
        "multiple": 1
    }


async def test_a_question_that_was_edited_is_counted_by_its_wordings(storage: Storage) -> None:
    changed = replace(CHOICE, text="Откуда берётся чат «Сотрудники»?")
    changed = replace(changed, version=version_of(changed))
    course = _with(COURSE, changed)
    for number, taught in enumerate((COURSE, COURSE, course)):
        who = learner(storage, f"{number}")
        person = await who.does(start("chat", course=taught))
        while person.question:
            person = await who.does(answer())

    found = await storage.read(AllQuestionFigures())

    assert found[Wording("chat", "choice", "v1")].marks.answers == 2
    assert found[Wording("chat", "choice", changed.version)].marks.answers == 1


def _with(course: Course, question: Question) -> Course:
    lesson = course.lessons["chat"]
    pool = tuple(question if each.id == question.id else each for each in lesson.pool)
    return replace(course, lessons={**course.lessons, "chat": replace(lesson, pool=pool)})


async def test_questions_asked_under_an_old_name_of_the_lesson_count_under_the_present_one(
    storage: Storage,
) -> None:
    for name, lesson in (("ann", "talk"), ("bob", "chat")):
        who = learner(storage, name)
        person = await who.does(start(lesson, course=OLD_NAME))
        while person.question:
            person = await who.does(answer())

    found = await storage.read(AllQuestionFigures(renamed=RENAMED))

    assert found[Wording("chat", "choice", "v1")].marks.answers == 2
    assert {wording.lesson for wording in found} == {"chat"}


async def test_whoever_is_outside_the_scope_counts_nowhere(storage: Storage) -> None:
    region = await regions.add(storage, "Область")
    ours = await regions.add(storage, "Школа № 5", region)
    theirs = await regions.add(storage, "Школа № 6", region)
    ann, bob = learner(storage, "ann"), learner(storage, "bob")
    for who, school in ((ann, ours), (bob, theirs)):
        await who.takes("chat")
        await who.does(read("roles", 2))
        await regions.join(who, school)
    head = await regions.join(learner(storage, "head"), ours, Role.COORDINATOR)
    whole, mine, other = (
        Scope(organisation=number, viewer=viewer)
        for number, viewer in ((region, None), (ours, head), (theirs, head))
    )

    one = await storage.read(LessonFigures(scope=mine))
    both = await storage.read(LessonFigures(scope=whole))
    assert one
    assert both
    assert [(one[lesson].reached, both[lesson].reached) for lesson in ("chat", "roles")] == [
        (1, 2),
        (1, 2),
    ]
    answers = await storage.read(QuestionFigures(scope=mine))
    assert answers
    assert answers[Wording("chat", "choice", "v1")].marks.answers == 1
    assert await storage.read(LessonFigures(scope=other)) is None
    assert await storage.read(QuestionFigures(scope=other)) is None
