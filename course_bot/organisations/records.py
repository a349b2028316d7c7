"""What a decision about organisations leaves, written in the move's own transaction."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from course_bot.organisations.state import State
from course_bot.sheets.figures import Field, Figures, SchoolDay
from course_bot.sheets.received import Received


class Role(StrEnum):
    """What somebody is in an organisation."""

    LEARNER = "learner"
    ADMINISTRATOR = "administrator"
    """Of a school: sends its statistics sheets, and sees how far the school is."""
    COORDINATOR = "coordinator"


class Act(StrEnum):
    """What the audit remembers."""

    INVITED = "invited"
    WITHDREW = "withdrew"
    JOINED = "joined"
    """A coordinator or an administrator joined."""
    REMOVED = "removed"
    EXPORTED = "exported"
    REMINDED = "reminded"
    ASSIGNED = "assigned"
    MATCHED = "matched"
    """Said whose an ID of a statistics sheet is."""
    UNMATCHED = "unmatched"
    """Took that back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InviteMade:
    """Record: an invite was made.

    ``key`` names it (16 hexadecimal digits), ``digest`` is of its secret; ``limit`` is how many
    people may use it, None for any number. UTC.
    """

    key: str
    digest: str
    organisation: int
    role: Role
    at: datetime
    expires_at: datetime
    limit: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InviteWithdrawn:
    """Record: an invite leads nowhere from now on."""

    key: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinedOrganisation:
    """Record: the person used an invite and joined, having agreed to the wording of a version."""

    invite: str
    organisation: int
    role: Role
    wording: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOrganisation:
    """Record: somebody is no member any more: the person themselves, or ``member``.

    Of a learner who had completed what was assigned, the day is kept without their name.
    """

    organisation: int
    role: Role
    at: datetime
    member: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignmentChanged:
    """Record: an organisation assigns a track, lifts it, or (``inherit``) says nothing of it."""

    organisation: int
    track: str
    due: date | None = None
    lifted: bool = False
    inherit: bool = False
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminding:
    """Record: a coordinator reminds those of an organisation and below who have not finished.

    ``key`` names the mailing (16 hexadecimal digits); ``state`` narrows it to those who are in
    that state. Who that is, is selected when the record is written.
    """

    key: str
    organisation: int
    state: State | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestSwitched:
    """Record: a coordinator wants the weekly digest of an organisation, or not."""

    organisation: int
    on: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateIssued:
    """Record: the person has completed a track; all that it says stands as it is now, for good.

    ``code`` is what it is verified by; ``title`` is the track's and ``course`` the course's;
    ``organisation`` may be empty.
    """

    code: str
    track: str
    title: str
    course: str
    name: str
    organisation: str
    day: date
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamLinkMade:
    """Record: a link to the coordinator's page was made; ``digest`` is of its secret. UTC."""

    digest: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class GuessedWrong:
    """Record: an invite was tried that there is not."""

    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Audited:
    """Record: the person did something that others may ask about; ``about`` has no names."""

    organisation: int
    act: Act
    at: datetime
    about: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OfSchool:
    """What a sheet says of an organisation on a day."""

    organisation: int
    day: date
    figures: Figures


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetSent:
    """Record: the person sent a statistics sheet, or said what was open about it.

    ``schools`` takes the place of what was known of the same organisations on the same days;
    ``unmatched`` are rows with an ID and a day, kept for the person alone. UTC.
    """

    received: Received
    schools: tuple[OfSchool, ...] = ()
    unmatched: tuple[SchoolDay, ...] = ()
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadingChosen:
    """Record: a column of these organisations' sheets is what somebody said.

    ``heading`` is as headings are compared, at most 200 characters.
    """

    organisations: tuple[int, ...]
    heading: str
    field: Field


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadingsForgotten:
    """Record: what was said of headings in these organisations' sheets is to be asked again."""

    organisations: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SchoolMatched:
    """Record: an ID is an organisation's that had none; the person's unmatched days go there."""

    organisation: int
    sferum_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SchoolUnmatched:
    """Record: an ID is none of this organisation's; the person's days of it are unmatched.

    ``since`` is when they said that it was (UTC): what they sent before that is of the school.
    """

    organisation: int
    sferum_id: str
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class UnmatchedDropped:
    """Record: an ID is no school of the person's; what they sent under it is forgotten."""

    sferum_id: str


OrganisationRecord = (
    InviteMade
    | InviteWithdrawn
    | JoinedOrganisation
    | LeftOrganisation
    | AssignmentChanged
    | Reminding
    | DigestSwitched
    | CertificateIssued
    | TeamLinkMade
    | GuessedWrong
    | Audited
    | SheetSent
    | HeadingChosen
    | HeadingsForgotten
    | SchoolMatched
    | SchoolUnmatched
    | UnmatchedDropped
)
