"""Lessons that have another name now: what was learned under the old one counts under the new."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from course_bot.learning.attempts import Attempt
from course_bot.learning.progress import Answered, LessonResult, Person, Reading, Study

Log = Sequence[tuple[Attempt, Sequence[Answered]]]
"""A person's attempts, each with its answers by index."""


def under_present_names(person: Person, renamed: Mapping[str, str]) -> Person:
    """Return the person with their lessons under the names that these have now.

    Args:
        person: as they are stored, maybe under old names.
        renamed: old ids of lessons and their present ones, as in ``Course.renamed``.
    """
    if not renamed:  # as almost always, and asked twice in every turn
        return person
    attempt, study = person.attempt, study_under_present_names(person.study, renamed)
    if attempt is not None and attempt.lesson in renamed:
        attempt = replace(attempt, lesson=renamed[attempt.lesson])
    elif study is person.study:
        return person
    return replace(person, study=study, attempt=attempt)


def study_under_present_names(study: Study, renamed: Mapping[str, str]) -> Study:
    """Return a study with its lessons under the names that these have now."""
    old = [lesson for lesson in renamed if lesson in study.readings or lesson in study.results]
    if not old:
        return study
    readings: dict[str, Reading] = {}
    for lesson, reading in study.readings.items():
        name = renamed.get(lesson, lesson)
        before = readings.pop(name, reading)
        readings[name] = max(reading, before, key=lambda each: each.furthest)
    results = {lesson: each for lesson, each in study.results.items() if lesson not in old}
    for lesson in old:
        if lesson in study.results:
            name = renamed[lesson]
            results[name] = _both(study.results[lesson], results.get(name))
    return replace(study, readings=readings, results=results)


def log_under_present_names(log: Log, renamed: Mapping[str, str]) -> Log:
    """Return a log with its lessons under present names, what was done under old ones first."""
    if not any(taken.lesson in renamed for taken, _ in log):
        return log
    # Numbers begin anew with a name: those of the old one come before, whatever they are.
    old = sum(taken.lesson in renamed for taken, _ in log)
    return [
        (replace(taken, lesson=renamed[taken.lesson], number=taken.number - old), answers)
        if taken.lesson in renamed
        else (taken, answers)
        for taken, answers in log
    ]


def _both(old: LessonResult, new: LessonResult | None) -> LessonResult:
    if new is None:
        return old
    times = [at for at in (old.passed_at, new.passed_at) if at]
    scores = [score for score in (old.best, new.best) if score is not None]
    return LessonResult(
        attempts=old.attempts + new.attempts,
        best=max(scores, default=None),
        passed_at=min(times, default=None),
        answered=(*(each for each in old.answered if each not in new.answered), *new.answered),
    )
