"""The most that a place's query can find: with it a rehearsal makes the longest screens."""

from collections.abc import Mapping
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
from course_bot.storage.mailings import Preview, Previewed
from course_bot.storage.organisations import (
    Assignments,
    AssignmentsOf,
    Belonging,
    BelongingOf,
    Counts,
    Duty,
    Invite,
    InviteOfKey,
    Membership,
    Memberships,
    Unit,
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
    Standings,
    TrackStandings,
)
from course_bot.storage.seeking import EndingCount, MissedQuestion, Sought, SoughtOnTop
from course_bot.storage.statistics import LessonFigures
from course_bot.tokens import digest

NOW = datetime(2026, 1, 1, tzinfo=UTC)
NAME = "Щ" * 80
"""As long as any name that is kept, and longer."""
MANY = 100_000
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
        case _:
            raise TypeError(query)


_UNIT = Unit(
    organisation=Organisation(id=1, name=NAME, kind=NAME),
    zone="",
    children=(Organisation(id=2, name=NAME, kind=NAME),),
)
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
        standings=Standings(learners=MANY, completed=MANY - 1, going=MANY, new=MANY, late=MANY),
        assignments=Assignments(
            name=NAME, counts=_counts(course, 2), own=(), inherited=(), zone=""
        ),
        above=Above(organisation=3, name=NAME),
        memberships=(_MEMBER, _MEMBER),
    )


def _completion(course: Course) -> SchoolCompletion:
    standings = Standings(learners=MANY, completed=MANY - 1, going=MANY, new=MANY, late=MANY)
    return SchoolCompletion(
        name=NAME,
        zone="",
        standings=standings,
        tracks=tuple(
            TrackStandings(track=track, due=NOW.date(), standings=standings)
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
