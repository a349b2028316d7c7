"""What the bot says by itself: in the daytime of whoever reads it, and only while it is true."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of message: how it is worded, None where it has lost its point.

    ``once``: it is to be lost rather than come twice. ``second``: what becomes of it on a day on
    which the person has been reminded of the course already.
    """

    word: Callable[[Course, Lent], Screen | None]
    once: bool = True
    second: Callable[[Lent, datetime], Postponed | Settled] | None = None


def _reminder(course: Course, message: Lent) -> Screen | None:
    person = under_present_names(message.person, course.renamed)
    if person.seen_at > message.made_at or not person.reminders:
        return None
    return menu.reminder(course, person)


def _dropped(message: Lent, _next_day: datetime) -> Settled:
    return Settled(id=message.id, reason="reminded already")


_KINDS: Mapping[str, Kind] = {reminders.KIND: Kind(word=_reminder, second=_dropped)}


def prepared(
    course: Course, message: Lent, zone: ZoneInfo, now: datetime
) -> Outgoing | Settled | Postponed:
    """Return a message as it is to be sent now, or what becomes of it instead.

    Args:
        course: the course as it is now.
        message: the message, with its person as they are now.
        zone: where the people live whose organisation says nothing else.
        now: UTC.
    """
    if message.blocked:
        return Settled(id=message.id, reason="blocked")
    kind = _KINDS[message.kind]
    there = ZoneInfo(message.zone) if message.zone else zone
    opens = next_daytime(now, there)
    if opens > now:
        return Postponed(id=message.id, until=opens)
    screen = kind.word(course, message)
    if screen is None:
        return Settled(id=message.id, reason="no longer true")
    if kind.second is not None and _same_day(message.reminded_at, now, there):
        return kind.second(message, next_morning(now, there))
    return Outgoing(id=message.id, account=message.account, screen=screen, once=kind.once)


def _same_day(earlier: datetime | None, now: datetime, zone: ZoneInfo) -> bool:
    return earlier is not None and earlier.astimezone(zone).date() == now.astimezone(zone).date()


def next_daytime(now: datetime, zone: ZoneInfo) -> datetime:
    """Return ``now`` if it is daytime in the zone, else when the next day there begins (UTC)."""
    there = now.astimezone(zone)
    if there.time() < DAY_BEGINS:
        return _morning(now, zone, days=0)
    return now if there.time() < DAY_ENDS else next_morning(now, zone)


def next_morning(now: datetime, zone: ZoneInfo) -> datetime:
    """Return when the bot may write first on the day after this one in a zone (UTC)."""
    return _morning(now, zone, days=1)


def _morning(now: datetime, zone: ZoneInfo, *, days: int) -> datetime:
    day = now.astimezone(zone).date() + timedelta(days=days)
    return datetime.combine(day, DAY_BEGINS, zone).astimezone(now.tzinfo)
