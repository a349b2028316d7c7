"""Two people who turn out to be one: what both have learned, as if it had been one all along."""

from collections.abc import Mapping
from dataclasses import replace

from course_bot.learning.progress import (
    JoinedPeople,
    Person,
    Reading,
    Study,
    rebuild_results,
)
from course_bot.learning.renaming import Log, under_present_names


def join(
    kept: Person, left: Person, log: Log, renamed: Mapping[str, str]
) -> tuple[Person, JoinedPeople]:
    """Make one person of two; an attempt in progress goes on, at its place in the conversation.

    Args:
        kept: the person who stays, who made the link.
        left: the person who opened it; everything of theirs becomes the other's.
        log: the attempts of both.
        renamed: old ids of lessons and their present ones, as in ``Course.renamed``.

    Returns:
        The person that both are now, and what has to be remembered of it.
    """
    kept, left = (under_present_names(each, renamed) for each in (kept, left))
    # From here on, what both have done is kept under the present names too.
    old = {taken.lesson for taken, _ in log} & renamed.keys()
    log = [
        (replace(taken, lesson=renamed.get(taken.lesson, taken.lesson)), answers)
        for taken, answers in log
    ]
    goes_on = left.unfinished and not kept.unfinished
    further = (left.attempt and not kept.attempt) or (left.track and not kept.track)
    latest = left if goes_on or further else kept
    attempt = latest.attempt
    if attempt is not None:
        # The attempt that may go on comes last in the log: what is answered now comes after all
        # that both have answered before.
        same = [taken for taken, _ in log if taken.lesson == attempt.lesson]
        attempt = replace(attempt, number=max(len(same), *(taken.number for taken in same)))
        log = [(attempt if taken.id == attempt.id else taken, answers) for taken, answers in log]
    readings: dict[str, Reading] = dict(left.study.readings)
    for lesson, reading in kept.study.readings.items():
        there = readings.pop(lesson, reading)  # what was read last here stays last
        readings[lesson] = max(reading, there, key=lambda each: each.furthest)
    # Whoever has not begun here yet has not chosen Russian, it is only where they began.
    chose = left.track or left.language != "ru"
    person = replace(
        kept,
        name=kept.name or left.name,
        language=left.language if chose else kept.language,
        track=kept.track or left.track,
        wish=kept.wish or left.wish,
        reminders=kept.reminders and left.reminders,
        joined_at=min(kept.joined_at, left.joined_at),
        place=latest.place,
        study=Study(
            readings=readings,
            results=rebuild_results(log),
            answers=latest.study.answers,
            draft=latest.study.draft,
        ),
        attempt=attempt,
    )
    return person, JoinedPeople(left=left.id, renamed={lesson: renamed[lesson] for lesson in old})
