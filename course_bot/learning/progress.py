"""What a person has learned, what moves it, and how it is rebuilt from the log of answers."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction
from math import ceil

from pydantic import AliasChoices, Field
from pydantic.dataclasses import dataclass as checked_dataclass

from course_bot.content.model import Course, Track
from course_bot.errors import CourseError
from course_bot.learning.attempts import Attempt
from course_bot.locale.phrases import Language
from course_bot.questions.kinds import Asked
from course_bot.questions.question import FULL, Response

STUDY_VERSION = 1
"""Counted up when a reader has to know that the shape of ``Study`` has changed."""


@checked_dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Where a person is in a lesson's steps and how far they have been, both from 1."""

    step: int
    furthest: int


@checked_dataclass(frozen=True, slots=True, kw_only=True)
class LessonResult:
    """What the log says of one lesson.

    ``best`` is the best finished attempt's score in percent; ``attempts`` counts those started;
    ``answered`` lists the ids of the questions answered, the longest ago first.
    """

    attempts: int = 0
    best: int | None = None
    passed_at: datetime | None = None
    # Older databases call it "met".
    answered: tuple[str, ...] = Field(default=(), validation_alias=AliasChoices("answered", "met"))


@checked_dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One question of an attempt answered: the response and the points it earned (0 to 100)."""

    response: Response
    points: int

    @property
    def right(self) -> bool:
        """Whether it earned full points."""
        return self.points == FULL


@checked_dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """How far a person has come.

    ``readings`` stand in the order in which the lessons were last read. ``results`` is derived
    from the log. ``answers`` are those of the person's latest attempt;
    ``draft`` is the response begun to its next question: indices tapped so far.

    It is kept as JSON with its ``version`` (rows older than it have none), and a field that is
    not known here is passed over when it is read.
    """

    version: int = STUDY_VERSION

    readings: dict[str, Reading] = Field(default_factory=dict)
    results: dict[str, LessonResult] = Field(default_factory=dict)
    answers: tuple[Answer, ...] = ()
    draft: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who takes the course.

    ``place`` is where they are in the conversation, in the conversation's own notation;
    ``wish`` is the payload of the link that brought them, until it is followed; ``attempt`` is
    their latest attempt, finished or not; times are UTC.
    """

    id: int
    name: str = ""
    language: Language = "ru"
    track: str = ""
    reminders: bool = True
    joined_at: datetime
    seen_at: datetime
    place: str = ""
    wish: str = ""
    study: Study
    attempt: Attempt | None = None

    @property
    def unfinished(self) -> Attempt | None:
        """The attempt in progress, if there is one."""
        attempt = self.attempt
        return attempt if attempt and len(self.study.answers) < len(attempt.asked) else None

    @property
    def question(self) -> Asked | None:
        """The question that waits for an answer, if there is one."""
        attempt = self.unfinished
        return attempt.asked[len(self.study.answers)] if attempt else None

    def passed(self, lesson: str) -> bool:
        """Tell whether the lesson is passed."""
        result = self.study.results.get(lesson)
        return result is not None and result.passed_at is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """Record: an attempt began."""

    attempt: Attempt


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """Record: a question was answered. ``index`` counts the attempt's questions from 0."""

    attempt: str
    index: int
    question: str
    version: str
    response: Response
    points: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """Record: an attempt's last question was answered. ``score`` is in percent."""

    attempt: str
    score: int
    passed: bool
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkMade:
    """Record: a personal link was made. ``digest`` is of its secret; ``expires_at`` is UTC."""

    digest: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkUsed:
    """Record: a personal link was followed; it leads nowhere any more."""

    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinedPeople:
    """Record: all that was the person's of this id is now the decision's person's.

    ``renamed`` are the old names of lessons in their log, and the present ones that it gets.
    """

    left: int
    renamed: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasedPerson:
    """Record: the person is deleted, with everything that is stored about them. UTC."""

    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackProgress:
    """Record: how far the person is with a track of which anything is begun.

    ``passed`` counts the lessons passed, ``score`` is the mean of the lessons' best scores in
    percent, None before the first quiz is finished; ``completed_at`` is UTC.
    """

    track: str
    passed: int
    score: int | None = None
    completed_at: datetime | None = None


Learned = Started | Answered | Finished
"""What stands in the log, from which results are derived."""
Record = Learned | TrackProgress | LinkMade | LinkUsed | JoinedPeople | ErasedPerson
"""What a decision leaves besides the person as they are now."""


class NotWaitingError(CourseError):
    """An answer to a question that does not wait for one, or that does not fit it."""


def read_step(person: Person, lesson: str, step: int) -> Person:
    """Move a person to a step of a lesson (from 1)."""
    before = person.study.readings.get(lesson)
    furthest = max(step, before.furthest if before else step)
    readings = {name: each for name, each in person.study.readings.items() if name != lesson}
    readings[lesson] = Reading(step=step, furthest=furthest)
    return replace(person, study=replace(person.study, readings=readings))


def start_attempt(person: Person, attempt: Attempt) -> tuple[Person, Started]:
    """Begin an attempt; one in progress is given up, its answers stay in the log."""
    record = Started(attempt=attempt)
    study = replace(
        person.study,
        results=_after(person.study.results, attempt, record),
        answers=(),
        draft=(),
    )
    return replace(person, attempt=attempt, study=study), record


def answer_question(
    person: Person, response: Response, *, at: datetime
) -> tuple[Person, tuple[Answered] | tuple[Answered, Finished]]:
    """Grade the response to the question that waits, and finish the attempt after its last one.

    Raises:
        NotWaitingError: no question waits, or the response does not fit it.
    """
    attempt, asked = person.unfinished, person.question
    if attempt is None or asked is None or not asked.filled.fits(response):
        raise NotWaitingError
    answered = Answered(
        attempt=attempt.id,
        index=len(person.study.answers),
        question=asked.question.id,
        version=asked.question.version,
        response=response,
        points=asked.filled.points(response),
        at=at,
    )
    answers = (*person.study.answers, Answer(response=response, points=answered.points))
    results = _after(person.study.results, attempt, answered)
    study = replace(person.study, results=results, answers=answers, draft=())
    if len(answers) < len(attempt.asked):
        return replace(person, study=study), (answered,)
    finished = finish(attempt, [answer.points for answer in answers], at=at)
    study = replace(study, results=_after(results, attempt, finished))
    return replace(person, study=study), (answered, finished)


def finish(attempt: Attempt, earned: list[int], *, at: datetime) -> Finished:
    """Judge a whole attempt: passed at the pass mark and with every critical question right.

    Args:
        attempt: the attempt.
        earned: the points (0 to 100) of each of its questions.
        at: when its last question was answered, UTC.
    """
    critical = all(
        got == FULL
        for asked, got in zip(attempt.asked, earned, strict=True)
        if asked.question.critical
    )
    enough = sum(earned) >= attempt.pass_mark * len(earned)
    return Finished(
        attempt=attempt.id,
        score=sum(earned) // len(earned),
        passed=enough and critical,
        at=at,
    )


def _after(
    results: Mapping[str, LessonResult], attempt: Attempt, record: Learned
) -> dict[str, LessonResult]:
    """Fold one record into the results: the one way in which results ever change."""
    before = results.get(attempt.lesson, LessonResult())
    return {**results, attempt.lesson: _result_after(before, record)}


def _result_after(before: LessonResult, record: Learned) -> LessonResult:
    match record:
        case Started():
            return replace(before, attempts=before.attempts + 1)
        case Answered(question=question):
            answered = (*(known for known in before.answered if known != question), question)
            return replace(before, answered=answered)
        case Finished(score=score, passed=passed, at=at):
            best = max(score, before.best or 0)
            times = [when for when in (before.passed_at, at if passed else None) if when]
            return replace(before, best=best, passed_at=min(times, default=None))


def rebuild_results(log: Iterable[tuple[Attempt, Iterable[Answered]]]) -> dict[str, LessonResult]:
    """Derive a person's results from the log alone.

    Args:
        log: the person's attempts in any order, each with its answers by index.
    """
    results: dict[str, LessonResult] = {}
    # The attempts' own numbers and not their times: a clock may be set back.
    for attempt, answers in sorted(log, key=_order):
        results = _after(results, attempt, Started(attempt=attempt))
        given = list(answers)
        for answer in given:
            results = _after(results, attempt, answer)
        if len(given) == len(attempt.asked):
            earned = [answer.points for answer in given]
            results = _after(results, attempt, finish(attempt, earned, at=given[-1].at))
    return results


def _order(taken: tuple[Attempt, Iterable[Answered]]) -> tuple[int, datetime, str]:
    attempt, _answers = taken
    return attempt.number, attempt.started_at, attempt.id


def track_progress(course: Course, study: Study) -> dict[str, TrackProgress]:
    """Derive how far somebody is with each track of which anything is begun."""
    begun = study.readings.keys() | study.results.keys()
    found = {}
    for track in course.tracks.values():
        if begun.isdisjoint(track.lessons):
            continue
        results = [study.results[lesson] for lesson in track.lessons if lesson in study.results]
        scores = [result.best for result in results if result.best is not None]
        passed = [result.passed_at for result in results if result.passed_at]
        found[track.id] = TrackProgress(
            track=track.id,
            passed=len(passed),
            score=sum(scores) // len(scores) if scores else None,
            completed_at=max(passed) if len(passed) == len(track.lessons) else None,
        )
    return found


def waiting_before(track: Track, person: Person, lesson: str) -> tuple[str, ...]:
    """List the lessons of a track that must be passed before this lesson's quiz opens.

    A lesson outside the track waits for none: whoever finds it through the FAQ may take it.
    """
    if lesson not in track.lessons:
        return ()
    before = track.lessons[: track.lessons.index(lesson)]
    return tuple(earlier for earlier in before if not person.passed(earlier))


def next_lesson(track: Track, person: Person) -> str | None:
    """Name the first lesson of the track that isn't passed, or None where all are."""
    return next((lesson for lesson in track.lessons if not person.passed(lesson)), None)


def share_done(course: Course, person: Person, lesson: str) -> float:
    """Say how much of a lesson is done, from 0.0 to 1.0: its steps and, as one more, its quiz."""
    return float(_share_done(course, person, lesson))


def _share_done(course: Course, person: Person, lesson: str) -> Fraction:
    if person.passed(lesson):
        return Fraction(1)
    reading = person.study.readings.get(lesson)
    steps = len(course.lessons[lesson].steps)
    return Fraction(min(reading.furthest, steps), steps + 1) if reading else Fraction(0)


def minutes_left(course: Course, person: Person, track: Track) -> int:
    """Estimate the minutes that the rest of a track takes, rounded up for each lesson."""
    return sum(
        ceil(course.lessons[lesson].minutes * (1 - _share_done(course, person, lesson)))
        for lesson in track.lessons
    )
