"""The most that a place's query can find: with it a rehearsal makes the longest screens."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import UTC, datetime, timedelta

from course_bot.content.model import Course
from course_bot.content.search import QUERY_CHARS
from course_bot.conversation.asked import MISSES
from course_bot.conversation.listing import PAGE
from course_bot.conversation.stage import Addresses
from course_bot.learning.progress import LessonResult, Study
from course_bot.learning.statistics import LessonSums
from course_bot.organisations.invites import token
from course_bot.organisations.records import Role
from course_bot.organisations.state import State
from course_bot.organisations.tree import Assignment, Organisation
from course_bot.storage.certificates import CertificateOf, Issued
from course_bot.storage.digests import NAMED, Week
from course_bot.storage.exporting import Figures, Sums
from course_bot.storage.mailings import MailingsOf, Preview, Previewed, Sent
from course_bot.storage.members import Inviting, InvitingTo, Member, Members, MembersOf
from course_bot.storage.organisations import (
    Assignments,
    AssignmentsOf,
    Belonging,
    BelongingOf,
    Counts,
    Duties,
    Duty,
    Guesses,
    Invite,
    InviteOfKey,
    Membership,
    Memberships,
    OpenedInvite,
    Shown,
    Unit,
    UnitOf,
)
from course_bot.storage.overviews import (
    Above,
    CompletionOf,
    Listed,
    ListedPeople,
    Overview,
    OverviewOf,
    SchoolCompletion,
    There,
    Within,
)
from course_bot.storage.query import Query
from course_bot.storage.reporting import (
    PersonCard,
    PersonLessons,
    PersonRow,
    Standing,
    Standings,
    Summary,
    TrackStandings,
    UnitRow,
)
from course_bot.storage.seeking import EndingCount, MissedQuestion, Sought, SoughtOnTop
from course_bot.storage.statistics import LessonFigures
from course_bot.tokens import digest

NOW = datetime(2026, 1, 1, tzinfo=UTC)
NAME = "Щ" * 80
"""As long as any name that is kept, and longer."""
MANY = 100_000
PAGES = 3 * PAGE
"""So many of what is listed by pages: the second has one before it and one after."""
SECRET = b""
"""The server's, from which links are derived."""
ADDRESSES = Addresses(
    page=f"https://{'page.' * 10}example.ru", max_bot=f"{'x' * 60}_bot", telegram_bot="x" * 32
)
"""All doors are open, and their links are long: Telegram's names have at most 32 characters."""


def supposed(course: Course, query: Query[object]) -> object:
    """Return what a query might find on a course, as much of it as there can be.

    Raises:
        TypeError: no rehearsal comes by this query.
    """
    match query:
        case Within(asked=asked):
            return There(unit=_UNIT, found=supposed(course, asked))
        case Memberships():
            return (_MEMBER,)
        case BelongingOf():
            return Belonging(memberships=(_MEMBER,), duties=_duties(course))
        case AssignmentsOf():
            return _assignments(course)
        case InviteOfKey(key=key):
            return _invite(key)
        case Previewed():
            return _preview(course)
        case CompletionOf():
            return _completion(course)
        case OverviewOf():
            return _overview(course)
        case ListedPeople():
            return _people(course)
        case PersonLessons():
            return _card(course)
        case LessonFigures():
            return _figures(course)
        case SoughtOnTop():
            return _sought(course)
        case Duties():
            return _duties(course)
        case UnitOf():
            return _UNIT
        case Standing():
            return _STANDINGS
        case Summary():
            return (_ROW_OF_UNIT,) * PAGES
        case InvitingTo():
            return Inviting(unit=_UNIT, invites=(_invite("0" * 16),) * PAGES)
        case MembersOf():
            return Members(unit=_UNIT, members=(_COLLEAGUE,) * PAGES)
        case MailingsOf():
            return (_MAILING,) * PAGES
        case OpenedInvite():
            guesses = Guesses(own=0, all=0, first=None, last=None)
            return Shown(invite=_invite("0" * 16), guesses=guesses)
        case CertificateOf():
            return _issued(course)
        case Figures():
            return Sums(**{each.name: MANY for each in fields(Sums)})
        case _:
            raise TypeError(query)


_UNIT = Unit(
    organisation=Organisation(id=1, name=NAME, kind=NAME),
    zone="",
    children=(Organisation(id=2, name=NAME, kind=NAME),),
)
_STANDINGS = Standings(learners=MANY, completed=MANY - 1, going=MANY, new=MANY, late=MANY)
_ROW_OF_UNIT = UnitRow(
    organisation=2, name=NAME, kind=NAME, learners=MANY, started=MANY, completed=MANY - 1,
    late=MANY, departed=MANY, median_days=99.5, children=MANY,
)  # fmt: skip
_COLLEAGUE = Member(person=1, name=NAME, joined_at=NOW)
_MAILING = Sent(
    key="0" * 16, organisation=1, name=NAME, made_at=NOW, state=State.OVERDUE, reached=MANY,
    waiting=MANY, blocked=MANY, dropped=MANY, unknown=MANY, unreachable=MANY, due_at=NOW,
)  # fmt: skip
_MEMBER = Membership(
    organisation=1,
    name=NAME,
    kind=NAME,
    zone="",
    role=Role.COORDINATOR,
    joined_at=NOW,
    digest=True,
)


def _duties(course: Course) -> tuple[Duty, ...]:
    return tuple(
        Duty(track=track, organisation=1, name=NAME, zone="", due=NOW.date(), over_at=NOW)
        for track in course.tracks
    )


def _counts(course: Course, source: int) -> tuple[Counts, ...]:
    return tuple(
        Counts(track=track, due=NOW.date(), over_at=NOW, source=source, source_name=NAME)
        for track in course.tracks
    )


def _assignments(course: Course) -> Assignments:
    """Return what is said of every track here, otherwise than above: both are shown then."""
    own = tuple(Assignment(organisation=1, track=track, due=NOW.date()) for track in course.tracks)
    return Assignments(
        name=NAME, counts=_counts(course, 1), own=own, inherited=_counts(course, 3), zone=""
    )


def _invite(key: str) -> Invite:
    return Invite(
        key=key,
        digest=digest(token(SECRET, key)),
        organisation=1,
        name=NAME,
        kind=NAME,
        zone="",
        role=Role.LEARNER,
        made_by=1,
        made_at=NOW,
        expires_at=NOW + timedelta(days=90),
        limit=MANY,
        uses=MANY - 1,
        withdrawn_at=None,
    )


def _preview(course: Course) -> Preview:
    return Preview(
        people=MANY,
        gets=MANY,
        paused=MANY,
        unreachable=MANY,
        recent=MANY,
        example=_longest_row(course),
    )


def _overview(course: Course) -> Overview:
    return Overview(
        standings=_STANDINGS,
        assignments=Assignments(
            name=NAME, counts=_counts(course, 2), own=(), inherited=(), zone=""
        ),
        above=Above(organisation=3, name=NAME),
        memberships=(_MEMBER, _MEMBER),
    )


def _completion(course: Course) -> SchoolCompletion:
    return SchoolCompletion(
        name=NAME,
        zone="",
        standings=_STANDINGS,
        tracks=tuple(
            TrackStandings(track=track, due=NOW.date(), standings=_STANDINGS)
            for track in course.tracks
        ),
        memberships=(_MEMBER, _MEMBER),
    )


def _rows(course: Course) -> list[PersonRow]:
    return [
        PersonRow(
            person=number,
            name=NAME,
            organisation=2,
            organisation_name=NAME,
            track=track.id,
            state=State.OVERDUE,
            passed=len(track.lessons) - 1,
            score=99,
            joined_at=NOW,
            seen_at=NOW,
            completed_at=None,
            due=NOW.date(),
        )
        for number, track in enumerate(course.tracks.values(), 1)
    ]


def _longest_row(course: Course) -> PersonRow:
    return max(_rows(course), key=lambda row: len(course.tracks[row.track].title))


def row_on(course: Course, track: str) -> PersonRow:
    """Return the row of somebody on a track, as reports have it."""
    return next(row for row in _rows(course) if row.track == track)


def week(course: Course) -> Week:
    """Return a week in which the most happened."""
    overdue = (_longest_row(course),) * NAMED
    return Week(
        name=NAME, completed=MANY, joined=MANY, newly_late=MANY, late=MANY, overdue=overdue
    )


def _issued(course: Course) -> Issued:
    track = max(course.tracks.values(), key=lambda each: len(each.title))
    return Issued(
        code="0" * 12, track=track.id, title=track.title, course=course.title, name=NAME,
        organisation=NAME, day=NOW.date(),
    )  # fmt: skip


def _people(course: Course) -> Listed:
    return Listed(
        rows=(_longest_row(course),) * PAGE,
        number=2,
        total=MANY,
        counts=dict.fromkeys(State, MANY),
    )


def _card(course: Course) -> PersonCard:
    tried = {lesson: LessonResult(attempts=99, best=99) for lesson in course.lessons}
    return PersonCard(
        person=1,
        name=NAME,
        track="",
        joined_at=NOW,
        seen_at=NOW,
        organisations=((1, NAME), (2, NAME)),
        rows=tuple(_rows(course)),
        study=Study(results=tried),
    )


def _sought(course: Course) -> Sought:
    return Sought(
        endings=tuple(
            EndingCount(guide=guide.id, ending=ending, count=MANY)
            for guide in course.guides.values()
            for ending in guide.endings
        ),
        missed=tuple(
            MissedQuestion(words="щ" * QUERY_CHARS, people=MANY, other=MANY, day=NOW.date())
            for _ in range(MISSES)
        ),
    )


def _figures(course: Course) -> Mapping[str, LessonSums]:
    return {
        lesson.id: LessonSums(begun=MANY, stopped_at={len(lesson.steps): MANY})
        for lesson in course.lessons.values()
    }
