"""What the bot says by itself: in the daytime of whoever reads it, and only while it is true."""

from collections.abc import Callable, Mapping
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from course_bot.content.model import Course
from course_bot.conversation import menu
from course_bot.conversation.port import Outgoing, Screen
from course_bot.learning.renaming import under_present_names
from course_bot.storage import reminders
from course_bot.storage.outbox import Lent, Postponed, Settled

WRITING_DOORS = ("telegram",)
"""The doors at which the bot can write first."""
DAY_BEGINS, DAY_ENDS = time(10), time(19)
"""Between which hours, where the person lives, the bot writes first."""


def _reminder(course: Course, message: Lent) -> Screen | None:
    person = under_present_names(message.person, course.renamed)
    if person.seen_at > message.made_at or not person.reminders:
        return None
    return menu.reminder(course, person)


_KINDS: Mapping[str, Callable[[Course, Lent], Screen | None]] = {reminders.KIND: _reminder}
"""How each kind of message is worded; None where it has lost its point."""


def prepared(
    course: Course, message: Lent, zone: ZoneInfo, now: datetime
) -> Outgoing | Settled | Postponed:
    """Return a message as it is to be sent now, or what becomes of it instead.

    Args:
        course: the course as it is now.
        message: the message, with its person as they are now.
        zone: where the person lives.
        now: UTC.
    """
    if message.blocked:
        return Settled(id=message.id, reason="blocked")
    opens = next_daytime(now, zone)
    if opens > now:
        return Postponed(id=message.id, until=opens)
    screen = _KINDS[message.kind](course, message)
    if screen is None:
        return Settled(id=message.id, reason="no longer true")
    return Outgoing(id=message.id, account=message.account, screen=screen)


def next_daytime(now: datetime, zone: ZoneInfo) -> datetime:
    """Return ``now`` if it is daytime in the zone, else when the next day there begins (UTC)."""
    there = now.astimezone(zone)
    if DAY_BEGINS <= there.time() < DAY_ENDS:
        return now
    day = there.date() if there.time() < DAY_BEGINS else there.date() + timedelta(days=1)
    return datetime.combine(day, DAY_BEGINS, zone).astimezone(now.tzinfo)
