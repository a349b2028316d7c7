"""The log counted by lesson and by question, over any set of people.

The databases count, and return as many rows as there are different results. What is learned
under a lesson's old name counts under its present one.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from pydantic import TypeAdapter
from sqlalchemy import (
    CTE,
    JSON,
    ColumnElement,
    Connection,
    FromClause,
    Integer,
    Select,
    String,
    Text,
    Tuple,
    case,
    cast,
    exists,
    func,
    select,
    true,
    tuple_,
    type_coerce,
)

from course_bot.learning.statistics import LessonSums, Marks, QuestionSums
from course_bot.questions.question import FULL, Response
from course_bot.storage.query import Query
from course_bot.storage.schema import answer, attempt, person
from course_bot.storage.scope import Scope, Scoped

_response = TypeAdapter[Response](Response)


Renamed = tuple[tuple[str, str], ...]
"""Old ids of lessons and their present ones, the items of ``Course.renamed``."""


class Wording(NamedTuple):
    """Which wording of a question: the present id of its lesson, its own id and its version."""

    lesson: str
    question: str
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LessonFigures(Scoped[Mapping[str, LessonSums]]):
    """How far the learners of a scope have come with each lesson, by its present id.

    A lesson that none of them has reached is left out.
    """

    scope: Scope
    renamed: Renamed = ()

    def look(self, connection: Connection) -> Mapping[str, LessonSums]:
        """Count."""
        return count_lessons(connection, self.scope.learners(), self.renamed)


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionFigures(Scoped[Mapping[Wording, QuestionSums]]):
    """What the learners of a scope answered in their first attempts, for each wording asked."""

    scope: Scope
    renamed: Renamed = ()

    def look(self, connection: Connection) -> Mapping[Wording, QuestionSums]:
        """Count."""
        return count_questions(connection, self.scope.learners(), self.renamed)


@dataclass(frozen=True, slots=True, kw_only=True)
class AllQuestionFigures(Query[Mapping[Wording, QuestionSums]]):
    """What everybody answered in their first attempts: for the authors of the course."""

    renamed: Renamed = ()

    def run(self, connection: Connection) -> Mapping[Wording, QuestionSums]:
        """Count."""
        return count_questions(connection, select(person.c.id), self.renamed)


def count_lessons(
    connection: Connection, people: Select[tuple[int]], renamed: Renamed
) -> Mapping[str, LessonSums]:
    """Count how far people have come with each lesson, by its present id.

    Args:
        connection: in a transaction.
        people: selects their numbers.
        renamed: old ids of lessons and their present ones.
    """
    begun: dict[str, int] = defaultdict(int)
    tries: dict[str, dict[int, int]] = defaultdict(dict)
    for lesson, number, count in connection.execute(_tries(people, renamed)):
        begun[lesson] += count
        if number is not None:
            tries[lesson][number] = count
    stops: dict[str, dict[int, int]] = defaultdict(dict)
    readers = _stops(people, renamed, sqlite=connection.dialect.name == "sqlite")
    for lesson, step, count in connection.execute(readers):
        stops[lesson][step] = count
    first = _first_attempts(people, renamed).subquery()
    passed = func.count().filter(first.c.passed)
    rows = connection.execute(
        select(first.c.lesson, func.count(), passed).group_by(first.c.lesson)
    )
    firsts = {lesson: (finished, passed) for lesson, finished, passed in rows}
    sums = {}
    for lesson in begun.keys() | stops.keys():
        first_finished, first_passed = firsts.get(lesson, (0, 0))
        sums[lesson] = LessonSums(
            begun=begun[lesson],
            first_finished=first_finished,
            first_passed=first_passed,
            passed_at_try=tries[lesson],
            stopped_at=stops[lesson],
        )
    return sums


def count_questions(
    connection: Connection, people: Select[tuple[int]], renamed: Renamed
) -> Mapping[Wording, QuestionSums]:
    """Count what people answered in their first attempts, for each wording that was asked.

    Args:
        connection: in a transaction.
        people: selects their numbers.
        renamed: old ids of lessons and their present ones.
    """
    marks: dict[Wording, Marks] = defaultdict(Marks)
    wrong: dict[Wording, int] = defaultdict(int)
    responses: dict[Wording, dict[Response, int]] = defaultdict(lambda: defaultdict(int))
    for kind, answers, missed, *sums in connection.execute(_answers(people, renamed)):
        lesson, question, version, others, response = kind.split(" ", 4)
        wording = Wording(lesson, question, version)
        marks[wording] += _marks(answers, max(int(others), 1), *map(int, sums))
        wrong[wording] += missed
        responses[wording][_response.validate_json(response)] += answers
    return {
        wording: QuestionSums(
            marks=marks[wording], wrong=wrong[wording], responses=dict(responses[wording])
        )
        for wording in marks
    }


def _marks(
    answers: int,
    others: int,
    mark: int,
    mark_squared: int,
    rest: int,
    rest_squared: int,
    product: int,
) -> Marks:
    """Make marks of sums in which ``rest`` adds up the points of so many other questions."""
    return Marks(
        answers=answers,
        mark=mark,
        mark_squared=mark_squared,
        rest=Fraction(rest, others),
        rest_squared=Fraction(rest_squared, others**2),
        product=Fraction(product, others),
    )


def _present(lesson: ColumnElement[str], renamed: Renamed) -> ColumnElement[str]:
    """Put a lesson's present id in place of an old one."""
    if not renamed:  # as almost always; then indexes on the column serve
        return lesson
    return case(*((lesson == old, new) for old, new in renamed), else_=lesson)


_PRESENT = "present"
"""The label by which rows are grouped: PostgreSQL takes no two parameters for the same value."""


def _tries(people: Select[tuple[int]], renamed: Renamed) -> Select[str, int | None, int]:
    """Count those who have begun a lesson's quiz, by the number of the attempt that passed."""
    by_person = (
        select(
            _present(attempt.c.lesson, renamed).label(_PRESENT),
            func.min(attempt.c.number).filter(attempt.c.passed).label("number"),
        )
        .where(attempt.c.person_id.in_(people))
        .group_by(attempt.c.person_id, _PRESENT)
        .subquery()
    )
    lesson, number = by_person.c.present, by_person.c.number
    return select(lesson, number, func.count()).group_by(lesson, number)


def _stops(people: Select[tuple[int]], renamed: Renamed, *, sqlite: bool) -> Select[str, int, int]:
    """Count those who have read in a lesson and not begun its quiz, by the furthest step.

    How far somebody has read stands in ``Study`` alone, in JSON.
    """
    study = type_coerce(person.c.study, Text)
    reading: FromClause
    furthest: ColumnElement[int]
    if sqlite:
        reading = func.json_each(study, "$.readings").table_valued("key", "value")
        furthest = func.json_extract(reading.c.value, "$.furthest")
    else:
        readings = cast(study, JSON)["readings"]
        reading = func.json_each(readings).table_valued("key", "value")
        furthest = cast(type_coerce(reading.c.value, JSON)["furthest"].as_string(), Integer)
    lesson = _present(type_coerce(reading.c.key, String), renamed)
    reader = (
        select(
            person.c.id.label("person"),
            lesson.label(_PRESENT),
            func.max(furthest).label("furthest"),
        )
        .select_from(person.join(reading, true()))
        .where(person.c.id.in_(people))
        .group_by(person.c.id, _PRESENT)
        .subquery()
    )
    begun = exists().where(
        attempt.c.person_id == reader.c.person,
        _present(attempt.c.lesson, renamed) == reader.c.present,
    )
    return (
        select(reader.c.present, reader.c.furthest, func.count())
        .where(~begun)
        .group_by(reader.c.present, reader.c.furthest)
    )


def _first_attempts(people: Select[tuple[int]], renamed: Renamed) -> Select[str, str, bool]:
    """Select everybody's first attempt at each lesson where it is finished.

    Its number is 1. Whoever joined two people into one, or learned under two names of a lesson,
    may have two of these: then it is the one that was begun first.
    """
    one, other = attempt.alias("one"), attempt.alias("other")
    lesson = _present(one.c.lesson, renamed)
    begun_before = exists().where(
        other.c.person_id == one.c.person_id,
        _present(other.c.lesson, renamed) == lesson,
        other.c.number == 1,
        _begun(other) < _begun(one),
    )
    return select(one.c.id, lesson.label("lesson"), one.c.passed).where(
        one.c.person_id.in_(people),
        one.c.number == 1,
        one.c.finished_at.is_not(None),
        ~begun_before,
    )


def _begun(taken: FromClause) -> Tuple:
    return tuple_(taken.c.started_at, taken.c.id)


def _kept_apart(rows: Select[*tuple[object, ...]], name: str) -> CTE:
    """Have rows made before the query goes on, whatever the database thinks best."""
    return rows.cte(name).prefix_with("MATERIALIZED")


def _answers(
    people: Select[tuple[int]], renamed: Renamed
) -> Select[str, int, int, int, int, int, int, int]:
    """Sum up the answers that are alike: to the same wording, with the same response."""
    # In the order of the log, where SQLite then finds their answers side by side, and kept apart,
    # because it would sum up an attempt anew wherever the sum is used: each halves the time.
    first = _kept_apart(_first_attempts(people, renamed).order_by("id"), "first")
    of_attempt = answer.c.attempt_id == first.c.id
    earned = select(func.sum(answer.c.points)).where(of_attempt).scalar_subquery()
    asked = select(func.count()).select_from(answer).where(of_attempt).scalar_subquery()
    whole = _kept_apart(
        select(first.c.id, first.c.lesson, earned.label("earned"), asked.label("asked")), "whole"
    )
    space = " "
    # One text, because SQLite, which sorts to group, sorts by it twice as fast as by five columns.
    # No id has a space in it, and the response comes last.
    kind = (
        whole.c.lesson
        + space
        + answer.c.question
        + space
        + answer.c.version
        + space
        + cast(whole.c.asked - 1, String)
        + space
        + type_coerce(answer.c.response, Text)
    )
    graded = (
        select(
            kind.label("kind"),
            answer.c.points.label("mark"),
            (whole.c.earned - answer.c.points).label("rest"),
        )
        .select_from(whole.join(answer, answer.c.attempt_id == whole.c.id))
        .subquery()
    )
    mark, rest = graded.c.mark, graded.c.rest
    return select(
        graded.c.kind,
        func.count(),
        func.count().filter(mark < FULL),
        func.sum(mark),
        func.sum(mark * mark),
        func.sum(rest),
        func.sum(rest * rest),
        func.sum(mark * rest),
    ).group_by(graded.c.kind)
