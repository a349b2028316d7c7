"""What moves a person on, and that the log alone tells the same."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from math import ceil
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from course_bot.learning.attempts import Attempt, draw_attempt
from course_bot.learning.progress import (
    Answered,
    Finished,
    LessonResult,
    NotWaitingError,
    Person,
    Reading,
    Study,
    answer_question,
    finish,
    minutes_left,
    next_lesson,
    read_step,
    rebuild_results,
    share_done,
    start_attempt,
    waiting_before,
)
from course_bot.questions.question import Response
from tests.courses import WRONG, make_course, right_response

COURSE = make_course()
TEACHER = COURSE.tracks["teacher"]
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@dataclass
class Learner:
    """Somebody who learns, and the log of it."""

    person: Person = field(
        default_factory=lambda: Person(id=1, joined_at=NOW, seen_at=NOW, study=Study())
    )
    log: list[tuple[Attempt, list[Answered]]] = field(default_factory=list)
    finished: list[Finished] = field(default_factory=list)
    now: datetime = NOW

    def starts(self, lesson: str = "chat") -> Attempt:
        result = self.person.study.results.get(lesson, LessonResult())
        attempt = draw_attempt(
            COURSE,
            COURSE.lessons[lesson],
            attempt_id=f"a{len(self.log)}",
            number=result.attempts + 1,
            answered=result.answered,
            at=self.now,
        )
        self.person, record = start_attempt(self.person, attempt)
        self.log.append((record.attempt, []))
        return attempt

    def answers(self, response: Response) -> None:
        self.person, records = answer_question(self.person, response, at=self.now)
        for record in records:
            if isinstance(record, Answered):
                self.log[-1][1].append(record)
            else:
                self.finished.append(record)

    def answers_right(self) -> None:
        asked = self.person.question
        assert asked
        self.answers(right_response(asked.filled))

    def answers_wrong(self) -> None:
        asked = self.person.question
        assert asked
        self.answers(WRONG[asked.question.id])

    def takes(self, lesson: str = "chat", *, wrong: Sequence[str] = ()) -> LessonResult:
        """Take a whole attempt, with wrong answers to these questions."""
        self.starts(lesson)
        while asked := self.person.question:
            if asked.question.id in wrong:
                self.answers_wrong()
            else:
                self.answers_right()
        return self.person.study.results[lesson]

    def reads(self, lesson: str, step: int) -> None:
        self.person = read_step(self.person, lesson, step)


def test_reading_goes_forward_and_back_and_keeps_the_furthest_step() -> None:
    ann = Learner()

    ann.reads("chat", 3)
    ann.reads("chat", 2)
    ann.reads("help", 1)

    assert ann.person.study.readings == {
        "chat": Reading(step=2, furthest=3),
        "help": Reading(step=1, furthest=1),
    }


def test_a_perfect_attempt_passes_the_lesson() -> None:
    ann = Learner()

    result = ann.takes()

    assert (result.attempts, result.best, result.passed_at) == (1, 100, NOW)
    assert ann.person.passed("chat")
    assert not ann.person.passed("roles")
    assert [(each.score, each.passed) for each in ann.finished] == [(100, True)]
    assert ann.person.unfinished is None
    assert ann.person.question is None


def attempt_of(*, critical: Sequence[bool], pass_mark: int = 80) -> Attempt:
    """Make an attempt of which only what is judged matters."""
    attempt = draw_attempt(
        COURSE, COURSE.lessons["chat"], attempt_id="a", number=1, answered=(), at=NOW
    )
    asked = attempt.asked[0]
    return replace(
        attempt,
        pass_mark=pass_mark,
        asked=tuple(
            replace(asked, question=replace(asked.question, critical=each)) for each in critical
        ),
    )


@pytest.mark.parametrize(
    ("earned", "critical", "score", "passed"),
    [
        ([100, 100, 100, 100, 0], [], 80, True),
        ([100, 100, 100, 99, 0], [], 79, False),
        ([100, 100, 100, 66, 33], [], 79, False),
        ([100, 100, 100, 66, 34], [], 80, True),
        ([100, 100, 100, 100, 0], [4], 80, False),
        ([100, 100, 100, 100, 99], [4], 99, False),
        ([0, 100, 100, 100, 100], [1, 2, 3, 4], 80, True),
        ([100, 100, 100, 19], [], 79, False),
        ([0, 0, 0, 0], [], 0, False),
        ([100, 100, 100, 100], [0, 1, 2, 3], 100, True),
    ],
)
def test_passed_is_eighty_percent_and_every_critical_question_right(
    earned: list[int], critical: list[int], score: int, passed: bool
) -> None:
    attempt = attempt_of(critical=[index in critical for index in range(len(earned))])

    finished = finish(attempt, earned, at=NOW)

    assert (finished.score, finished.passed) == (score, passed)


def test_a_wrong_answer_to_the_critical_question_fails_an_attempt_of_eighty_percent() -> None:
    ann = Learner()

    result = ann.takes(wrong=["choice"])

    assert (result.best, result.passed_at) == (80, None)


def test_the_best_score_and_the_first_pass_stay() -> None:
    ann = Learner()
    assert ann.takes(wrong=["choice"]).passed_at is None
    ann.now += timedelta(days=1)
    ann.takes()
    ann.now += timedelta(days=1)
    ann.takes()
    ann.now += timedelta(days=1)

    result = ann.takes(wrong=["choice", "multiple", "order", "match", "number", "generated"])

    assert (result.attempts, result.best, result.passed_at) == (4, 100, NOW + timedelta(days=1))
    assert ann.person.passed("chat")


def test_a_score_of_nothing_is_still_a_score() -> None:
    ann = Learner()

    result = ann.takes(wrong=["choice", "multiple", "order", "match", "number", "generated"])

    assert result.best == 0


def test_an_attempt_given_up_counts_as_started_and_leaves_its_answers_in_the_log() -> None:
    ann = Learner()
    given_up = ann.starts()
    first = given_up.asked[0].question.id
    ann.answers_right()

    ann.takes()

    result = ann.person.study.results["chat"]
    assert (result.attempts, result.best) == (2, 100)
    assert len(ann.log[0][1]) == 1
    assert first in result.answered
    assert rebuild_results(ann.log) == ann.person.study.results


def test_a_new_attempt_starts_with_no_answers_and_no_draft() -> None:
    ann = Learner()
    ann.starts()
    ann.answers_right()
    ann.person = replace(ann.person, study=replace(ann.person.study, draft=(1, 2)))

    ann.starts("roles")

    assert (ann.person.study.answers, ann.person.study.draft) == ((), ())


def test_an_answer_clears_the_draft() -> None:
    ann = Learner()
    ann.starts()
    ann.person = replace(ann.person, study=replace(ann.person.study, draft=(1,)))

    ann.answers_right()

    assert ann.person.study.draft == ()


def test_a_result_is_read_as_it_was_kept_before_and_as_it_is_kept_now() -> None:
    adapter = TypeAdapter(LessonResult)
    result = LessonResult(attempts=1, answered=("choice", "order"))

    assert adapter.validate_json('{"attempts":1,"met":["choice","order"]}') == result
    assert adapter.validate_json(adapter.dump_json(result)) == result


def test_a_question_answered_again_moves_to_the_end_of_those_answered() -> None:
    ann = Learner()
    ann.takes()
    before = ann.person.study.results["chat"].answered

    attempt = ann.starts()
    ann.answers_right()

    again = attempt.asked[0].question.id
    assert ann.person.study.results["chat"].answered == (
        *(known for known in before if known != again),
        again,
    )


def test_a_second_attempt_asks_first_what_the_first_did_not() -> None:
    ann = Learner()
    ann.takes()
    not_yet = {question.id for question in COURSE.lessons["chat"].pool} - set(
        ann.person.study.results["chat"].answered
    )

    attempt = ann.starts()

    assert not_yet
    assert not_yet <= {asked.question.id for asked in attempt.asked}


def test_an_answer_that_nobody_waits_for_is_refused() -> None:
    ann = Learner()
    with pytest.raises(NotWaitingError):
        ann.answers((0,))

    ann.takes()
    with pytest.raises(NotWaitingError):
        ann.answers((0,))


def test_an_answer_that_does_not_fit_its_question_is_refused_and_changes_nothing() -> None:
    ann = Learner()
    ann.starts()
    before = ann.person

    with pytest.raises(NotWaitingError):
        ann.answers((9, 9, 9))

    assert ann.person == before


def test_an_answer_is_logged_with_the_question_and_version_that_were_asked() -> None:
    ann = Learner()
    attempt = ann.starts()

    ann.answers_wrong()
    ann.answers_right()

    first, second = ann.log[0][1]
    assert (first.attempt, first.index, second.index) == (attempt.id, 0, 1)
    assert (first.question, first.version) == (attempt.asked[0].question.id, "v1")
    assert [answer.right for answer in ann.person.study.answers] == [False, True]
    assert (first.points, second.points) == (0, 100)


ACTS = st.lists(
    st.tuples(
        st.sampled_from(["chat", "roles", "help", "right", "right", "right", "wrong", "odd"]),
        st.integers(-3600, 3600),
    ),
    max_size=40,
)


@given(ACTS, st.randoms(use_true_random=False))
def test_the_log_alone_tells_the_same_as_what_was_derived_on_the_way(
    acts: list[tuple[str, int]], random: Random
) -> None:
    """Whatever people do, and however the clock is set between: also back, and also not at all."""
    ann = Learner()
    for act, seconds in acts:
        ann.now += timedelta(seconds=seconds if seconds % 3 else 0)
        if act in COURSE.lessons:
            ann.starts(act)
        elif asked := ann.person.question:
            if act == "odd" and asked.question.kind == "number":
                ann.answers(seconds / 7)
            elif act == "wrong":
                ann.answers_wrong()
            else:
                ann.answers_right()
    random.shuffle(ann.log)

    assert rebuild_results(ann.log) == ann.person.study.results


@given(ACTS)
def test_attempts_started_are_counted_best_is_the_maximum_and_the_first_pass_counts(
    acts: list[tuple[str, int]],
) -> None:
    ann = Learner()
    for act, seconds in acts:
        ann.now += timedelta(seconds=abs(seconds))
        if act in COURSE.lessons:
            ann.starts(act)
        elif ann.person.question:
            if act == "wrong":
                ann.answers_wrong()
            else:
                ann.answers_right()

    lessons = {attempt.id: attempt.lesson for attempt, _ in ann.log}
    for lesson, result in ann.person.study.results.items():
        done = [each for each in ann.finished if lessons[each.attempt] == lesson]
        assert result.attempts == list(lessons.values()).count(lesson)
        assert result.best == max((each.score for each in done), default=None)
        assert result.passed_at == next((each.at for each in done if each.passed), None)
        assert len(set(result.answered)) == len(result.answered)


def test_lessons_wait_for_those_before_them_in_the_track() -> None:
    ann = Learner()

    assert waiting_before(TEACHER, ann.person, "chat") == ()
    assert waiting_before(TEACHER, ann.person, "help") == ("chat", "roles")
    assert waiting_before(COURSE.tracks["coordinator"], ann.person, "help") == ()

    ann.takes("roles")

    assert waiting_before(TEACHER, ann.person, "help") == ("chat",)


def test_a_lesson_outside_the_track_waits_for_none() -> None:
    assert waiting_before(COURSE.tracks["coordinator"], Learner().person, "roles") == ()


def test_the_next_lesson_is_the_first_not_passed_and_none_in_the_end() -> None:
    ann = Learner()
    assert next_lesson(TEACHER, ann.person) == "chat"

    ann.takes("roles")
    ann.takes("chat", wrong=["choice"])
    assert next_lesson(TEACHER, ann.person) == "chat"

    ann.takes("chat")
    assert next_lesson(TEACHER, ann.person) == "help"

    ann.takes("help")
    assert next_lesson(TEACHER, ann.person) is None


def test_a_lesson_counts_in_every_track_that_has_it() -> None:
    ann = Learner()

    ann.takes("help")

    assert next_lesson(COURSE.tracks["coordinator"], ann.person) is None


@pytest.mark.parametrize(("furthest", "share"), [(0, 0.0), (1, 0.2), (4, 0.8), (9, 0.8)])
def test_the_share_done_counts_steps_and_the_quiz_as_one_more(furthest: int, share: float) -> None:
    ann = Learner()
    if furthest:
        ann.reads("chat", furthest)

    assert share_done(COURSE, ann.person, "chat") == share


def test_a_passed_lesson_is_done_whether_read_or_not() -> None:
    ann = Learner()
    ann.takes("chat")

    assert share_done(COURSE, ann.person, "chat") == 1.0


def test_going_back_takes_nothing_off_the_share_done() -> None:
    ann = Learner()
    ann.reads("chat", 3)
    ann.reads("chat", 1)

    assert share_done(COURSE, ann.person, "chat") == 0.6


def test_minutes_are_left_until_all_is_passed() -> None:
    ann = Learner()
    assert minutes_left(COURSE, ann.person, TEACHER) == 9

    for lesson in TEACHER.lessons:
        ann.takes(lesson)

    assert minutes_left(COURSE, ann.person, TEACHER) == 0


@given(st.integers(1, 60), st.integers(1, 40), st.integers(0, 40))
def test_minutes_left_round_up_exactly(minutes: int, steps: int, furthest: int) -> None:
    ann = Learner()
    lesson = COURSE.lessons["chat"]
    course = replace(
        COURSE,
        lessons={"chat": replace(lesson, minutes=minutes, steps=lesson.steps[:1] * steps)},
    )
    if furthest:
        ann.reads("chat", furthest)
    track = replace(TEACHER, lessons=("chat",))

    left = 1 - Fraction(min(furthest, steps), steps + 1)
    assert minutes_left(course, ann.person, track) == ceil(minutes * left)


def test_the_lesson_read_last_stands_last() -> None:
    ann = Learner()

    ann.reads("chat", 1)
    ann.reads("help", 1)
    ann.reads("chat", 2)

    assert list(ann.person.study.readings) == ["help", "chat"]
