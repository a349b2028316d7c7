"""What the bot says by itself: in the daytime of whoever reads it, and only while it is true."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from course_bot.content.model import Course
from course_bot.conversation import digesting, menu, nudging
from course_bot.conversation.actions import AskToErase, Key, Menu
from course_bot.conversation.port import Outgoing, Screen
from course_bot.conversation.routes import Read
from course_bot.conversation.stage import button
from course_bot.learning.renaming import under_present_names
from course_bot.locale.phrases import phrases
from course_bot.organisations.tree import zone_of
from course_bot.storage import digests, mailings, reminders, retention
from course_bot.storage.digests import WeekOf
from course_bot.storage.mailings import StillLeft
from course_bot.storage.outbox import Lent, Postponed, Settled

DAY_BEGINS, DAY_ENDS = time(10), time(19)
"""Between which hours, where the person lives, the bot writes first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """What there is to word a message of. ``zone`` is the organisation's, ``now`` is UTC."""

    course: Course
    message: Lent
    zone: ZoneInfo
    now: datetime
    read: Read


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of message: how it is worded, None where it has lost its point.

    ``once``: it is to be lost rather than come twice. ``begins``: from when on in the day it
    goes out. ``second``: what becomes of it on a day on which the person has been reminded of the
    course already, given the next morning (UTC).
    """

    word: Callable[[Telling], Awaitable[Screen | None]]
    once: bool = True
    begins: time = DAY_BEGINS
    second: Callable[[Lent, datetime], Postponed | Settled] | None = None


async def _reminder(telling: Telling) -> Screen | None:
    message = telling.message
    person = under_present_names(message.person, telling.course.renamed)
    if person.seen_at > message.made_at or not person.reminders:
        return None
    return menu.reminder(telling.course, person)


async def _nudge(telling: Telling) -> Screen | None:
    message, organisation = telling.message, telling.message.organisation
    if organisation is None:
        return None
    person = under_present_names(message.person, telling.course.renamed)
    left = await telling.read(
        StillLeft(person=person.id, organisation=organisation, track=message.about, at=telling.now)
    )
    return nudging.nudge(telling.course, person, left, telling.now, telling.zone)


async def _digest(telling: Telling) -> Screen | None:
    message, organisation = telling.message, telling.message.organisation
    day = date.fromisoformat(message.about)
    if organisation is None or digesting.monday(telling.now, telling.zone) != day:
        return None
    week = await telling.read(
        WeekOf(
            person=message.person.id,
            organisation=organisation,
            since=digesting.since(day, telling.zone),
            at=telling.now,
        )
    )
    return digesting.digest(message.person, Key(organisation), week, day)


def _dropped(message: Lent, _next_morning: datetime) -> Settled:
    return Settled(id=message.id, reason="reminded already")


def _put_off(message: Lent, next_morning: datetime) -> Postponed:
    return Postponed(id=message.id, until=next_morning)


async def _farewell(telling: Telling) -> Screen | None:
    """Warn somebody who has stayed away for so long that nothing is kept of them."""
    message = telling.message
    if message.person.seen_at > message.made_at:
        return None
    p = phrases(message.person.language)
    text = p.html(
        "If you do not look in before {day}, everything that is stored about you will be deleted:"
        " name, results, memberships and certificates. If it is to stay, press the button.",
        day=p.day(date.fromisoformat(message.about)),
    )
    rows = (
        (button(p.t("Keep it, I am here"), Menu(), primary=True),),
        (button(p.t("🗑 Delete everything"), AskToErase()),),
    )
    return Screen(heading=p.html("You have not been here for a long time."), text=text, rows=rows)


_KINDS: Mapping[str, Kind] = {
    reminders.KIND: Kind(word=_reminder, second=_dropped),
    mailings.KIND: Kind(word=_nudge, second=_put_off),
    digests.KIND: Kind(word=_digest, begins=digesting.BEGINS),
    # Better twice than not at all: whoever misses it loses everything.
    retention.KIND: Kind(word=_farewell, once=False),
}


async def prepared(
    course: Course, message: Lent, zone: ZoneInfo, now: datetime, read: Read
) -> Outgoing | Settled | Postponed:
    """Return a message as it is to be sent now, or what becomes of it instead.

    Args:
        course: the course as it is now.
        message: the message, with its person as they are now.
        zone: where the people live whose organisation says nothing else.
        now: UTC.
        read: runs a query in a reading transaction.
    """
    if message.blocked:
        return Settled(id=message.id, reason="blocked")
    kind = _KINDS[message.kind]
    there = zone_of(message.zone, zone)
    opens = next_daytime(now, there, kind.begins)
    if opens > now:
        return Postponed(id=message.id, until=opens)
    telling = Telling(course=course, message=message, zone=there, now=now, read=read)
    screen = await kind.word(telling)
    if screen is None:
        return Settled(id=message.id, reason="no longer true")
    if kind.second is not None and _same_day(message.reminded_at, now, there):
        return kind.second(message, next_morning(now, there))
    return Outgoing(id=message.id, account=message.account, screen=screen, once=kind.once)


def _same_day(earlier: datetime | None, now: datetime, zone: ZoneInfo) -> bool:
    return earlier is not None and earlier.astimezone(zone).date() == now.astimezone(zone).date()


def next_daytime(now: datetime, zone: ZoneInfo, begins: time = DAY_BEGINS) -> datetime:
    """Return ``now`` if it is daytime in the zone, else when the next day there begins (UTC)."""
    there = now.astimezone(zone)
    if there.time() < begins:
        return _morning(now, zone, begins, days=0)
    return now if there.time() < DAY_ENDS else _morning(now, zone, begins, days=1)


def next_morning(now: datetime, zone: ZoneInfo) -> datetime:
    """Return when the bot may write first on the day after this one in a zone (UTC)."""
    return _morning(now, zone, DAY_BEGINS, days=1)


def _morning(now: datetime, zone: ZoneInfo, begins: time, *, days: int) -> datetime:
    day = now.astimezone(zone).date() + timedelta(days=days)
    return datetime.combine(day, begins, zone).astimezone(now.tzinfo)
