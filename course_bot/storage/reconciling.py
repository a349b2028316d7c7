"""What reports know of everybody's tracks, brought into step after the course has changed.

A turn writes it where it changes; a track that gets or loses a lesson changes it for people who
are not here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy import Connection, delete, func, insert, select, update

from course_bot.content.model import Course
from course_bot.learning.progress import Study, TrackProgress, track_progress
from course_bot.learning.renaming import study_under_present_names
from course_bot.storage.notes import keep_note, read_note
from course_bot.storage.schema import person
from course_bot.storage.schema import track_progress as tracks

NOTE = "tracks"
PEOPLE_AT_ONCE = 200
"""How many people are looked at in one transaction: some 20 ms."""


def composition(course: Course) -> str:
    """Return a digest of what the tracks consist of, and of what lessons were called before."""
    parts = [f"{track.id}={','.join(track.lessons)}" for track in course.tracks.values()]
    parts += [f"{old}>{new}" for old, new in sorted(course.renamed.items())]
    return sha256("\n".join(parts).encode()).hexdigest()[:32]


def known_composition(connection: Connection) -> str | None:
    """Return the digest of the course with which everybody was brought into step last."""
    return read_note(connection, NOTE)


def note_composition(connection: Connection, digest: str) -> None:
    """Remember that everybody is in step with a course."""
    keep_note(connection, NOTE, digest)


def reconcile(connection: Connection, course: Course, after: int) -> int | None:
    """Bring some people's tracks into step.

    Args:
        connection: in a transaction that writes.
        course: the course as it is now.
        after: only people whose numbers are greater.

    Returns:
        The last number that was looked at, None where nobody was left.
    """
    rows = connection.execute(
        select(person.c.id, person.c.study)
        .where(person.c.id > after)
        .order_by(person.c.id)
        .limit(PEOPLE_AT_ONCE)
        .with_for_update()
    ).all()
    if not rows:
        return None
    for each in differing(connection, course, [tuple(row) for row in rows]):
        if each.derived is None:
            mine = (tracks.c.person_id == each.person) & (tracks.c.track == each.track)
            connection.execute(delete(tracks).where(mine))
        else:
            _keep(connection, each.person, each.derived)
    return int(rows[-1].id)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutOfStep:
    """How far a person is with a track: as it is stored, and as their study has it; None: not."""

    person: int
    track: str
    stored: TrackProgress | None
    derived: TrackProgress | None


def differing(
    connection: Connection, course: Course, people: Sequence[tuple[int, Study]]
) -> list[OutOfStep]:
    """Return how far these people are with tracks of which something else is stored.

    A track that is stored as completed stays so, whatever it consists of now; and of a track
    that is not taught any more, whatever is stored.
    """
    numbers = [number for number, _ in people]
    stored = {
        (row.person_id, row.track): TrackProgress(
            track=row.track, passed=row.passed, score=row.score, completed_at=row.completed_at
        )
        for row in connection.execute(select(tracks).where(tracks.c.person_id.in_(numbers)))
    }
    found = []
    for number, study in people:
        study = study_under_present_names(study, course.renamed)
        derived = track_progress(course, study)
        for track in course.tracks:
            now, should = stored.get((number, track)), derived.get(track)
            if not _agree(now, should):
                found.append(OutOfStep(person=number, track=track, stored=now, derived=should))
    return found


def _agree(stored: TrackProgress | None, derived: TrackProgress | None) -> bool:
    if stored is None or derived is None:
        return derived is None and (stored is None or stored.completed_at is not None)
    return (stored.passed, stored.score) == (derived.passed, derived.score) and (
        stored.completed_at is not None or derived.completed_at is None
    )


def _keep(connection: Connection, number: int, progress: TrackProgress) -> None:
    mine = (tracks.c.person_id == number) & (tracks.c.track == progress.track)
    changed = connection.execute(
        update(tracks)
        .where(mine)
        .values(
            passed=progress.passed,
            score=progress.score,
            completed_at=func.coalesce(tracks.c.completed_at, progress.completed_at),
        )
    )
    if not changed.rowcount:
        connection.execute(
            insert(tracks).values(
                person_id=number,
                track=progress.track,
                passed=progress.passed,
                score=progress.score,
                completed_at=progress.completed_at,
            )
        )
