"""When to write to somebody who has not been here for a while."""

from datetime import datetime, timedelta

from course_bot.learning.progress import Person

AWAY = (timedelta(days=3), timedelta(days=10), timedelta(days=30))
"""How long a person was not seen before the first, the second and the last reminder."""


HOUR = timedelta(hours=1)


def first_reminder(person: Person, seen_at: datetime) -> datetime | None:
    """Return when to remind somebody who has just been here (UTC); None: never.

    At the full hour: of a person's turns within an hour only the first changes the time, and
    with it the index by which it is found.
    """
    if not person.track or not person.reminders:
        return None
    return (seen_at + AWAY[0] + HOUR - timedelta.resolution).replace(
        minute=0, second=0, microsecond=0
    )


def reminders_passed(seen_at: datetime, now: datetime) -> int:
    """Count the reminders that have come due since a person was seen, 0 to ``len(AWAY)``."""
    return sum(seen_at + days <= now for days in AWAY)
