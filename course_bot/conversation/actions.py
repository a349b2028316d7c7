"""Everything a button can ask for, with its typed arguments; a place is an action that goes there.

An action is written as its name and its arguments, parted by colons: ``step:roles:2``. That is
what a button carries, and what a person's place is stored as: names and the order of arguments
stay as they are, because old messages keep their buttons.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import ClassVar, NewType, Self

from course_bot.errors import CourseError

_NUMBER = re.compile(r"\d{1,4}", re.ASCII)
_KEY = re.compile(r"[1-9]\d{0,8}", re.ASCII)
"""A row's number: PostgreSQL refuses to compare one of more than 31 bits."""
Key = NewType("Key", int)
"""The number of a person or an organisation in the database."""


class StaleError(CourseError):
    """An action that does not fit where the person is: old, forged, or of another person."""


@dataclass(frozen=True, slots=True)
class Action:
    """The base of all actions: how they are written and read back.

    Arguments are ``str`` (without a colon), ``int`` (0 to 9999), ``Key`` or, as the last one,
    ``tuple[int, ...]``.
    """

    name: ClassVar[str]

    def __str__(self) -> str:
        """Write the action as a button carries it."""
        parts = [self.name]
        for argument in _shape(type(self)).names:
            value: object = getattr(self, argument)
            parts += map(str, value) if isinstance(value, tuple) else [str(value)]
        return ":".join(parts)

    @classmethod
    def read(cls, words: Sequence[str]) -> Self:
        """Read the arguments back.

        Raises:
            StaleError: they are not this action's.
        """
        shape = _shape(cls)
        count = len(shape.parsers)
        if len(words) < count or (len(words) > count and not shape.more):
            raise StaleError
        values = [parse(word) for parse, word in zip(shape.parsers, words, strict=False)]
        if shape.more:
            values.append(tuple(number(word) for word in words[count:]))
        make: Callable[..., Self] = cls
        return make(*values)

    @classmethod
    def renamed(cls, words: Sequence[str], renamed: Mapping[str, str]) -> Sequence[str]:
        """Put a lesson's present name in the place of an old one, as old buttons carry it."""
        if not renamed:
            return words
        names = _shape(cls).names
        return [
            renamed.get(word, word) if names[at : at + 1] == ("lesson",) else word
            for at, word in enumerate(words)
        ]


def number(text: str) -> int:
    """Read a small whole number that came back in an action.

    Raises:
        StaleError: it isn't one (Python's own int takes "-1", "1_0" and digits of any script).
    """
    if not _NUMBER.fullmatch(text):
        raise StaleError
    return int(text)


def key(text: str) -> Key:
    """Read a row's number that came back in an action.

    Raises:
        StaleError: it isn't one.
    """
    if not _KEY.fullmatch(text):
        raise StaleError
    return Key(int(text))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shape:
    """An action's arguments: their names, a parser for each, and whether more numbers follow."""

    names: tuple[str, ...]
    parsers: tuple[Callable[[str], object], ...]
    more: bool


_PARSERS: dict[object, Callable[[str], object]] = {str: str, int: number, Key: key}
_shapes: dict[type[Action], _Shape] = {}


def _shape(action: type[Action]) -> _Shape:
    if (known := _shapes.get(action)) is not None:
        return known
    arguments = fields(action)
    more = bool(arguments) and arguments[-1].type == tuple[int, ...]
    shape = _shapes[action] = _Shape(
        names=tuple(argument.name for argument in arguments),
        parsers=tuple(_PARSERS[each.type] for each in arguments[: len(arguments) - more]),
        more=more,
    )
    return shape


# First contact.


@dataclass(frozen=True, slots=True)
class Welcome(Action):
    """Say what this is."""

    name = "welcome"


@dataclass(frozen=True, slots=True)
class AskName(Action):
    """Ask what to call the person."""

    name = "name"


@dataclass(frozen=True, slots=True)
class AskRole(Action):
    """Ask which track to take."""

    name = "role"


@dataclass(frozen=True, slots=True)
class ReadEnglish(Action):
    """Go on in English."""

    name = "english"


@dataclass(frozen=True, slots=True)
class TakeOfferedName(Action):
    """Take the name that the messenger gives."""

    name = "mine"


@dataclass(frozen=True, slots=True)
class Begin(Action):
    """Take up the first track."""

    name = "begin"
    track: str


# The way about.


@dataclass(frozen=True, slots=True)
class Menu(Action):
    """Show where the person stands, and the ways on."""

    name = "menu"


@dataclass(frozen=True, slots=True)
class Progress(Action):
    """Show each lesson of the track."""

    name = "progress"


@dataclass(frozen=True, slots=True)
class ChooseTrack(Action):
    """Offer the tracks."""

    name = "track"


@dataclass(frozen=True, slots=True)
class TakeTrack(Action):
    """Take up another track."""

    name = "take"
    track: str


@dataclass(frozen=True, slots=True)
class TrackDone(Action):
    """Show that the track is done."""

    name = "finished"


# Reading.


@dataclass(frozen=True, slots=True)
class Step(Action):
    """Read a step of a lesson, the number from 1."""

    name = "step"
    lesson: str
    number: int


@dataclass(frozen=True, slots=True)
class OpenLesson(Action):
    """Open a lesson where the person left it."""

    name = "lesson"
    lesson: str


@dataclass(frozen=True, slots=True)
class GoOn(Action):
    """Go on where the person stopped learning."""

    name = "continue"


# The quiz.


@dataclass(frozen=True, slots=True)
class OpenQuiz(Action):
    """Go on with a lesson's quiz, or begin it."""

    name = "quiz"
    lesson: str


@dataclass(frozen=True, slots=True)
class QuizLocked(Action):
    """Show which quizzes come first."""

    name = "locked"
    lesson: str


@dataclass(frozen=True, slots=True)
class OtherQuiz(Action):
    """Ask what to do with the quiz that is half done."""

    name = "other"
    lesson: str


@dataclass(frozen=True, slots=True)
class GiveUpAndStart(Action):
    """Begin a lesson's quiz although the attempt named is in progress."""

    name = "start"
    lesson: str
    instead_of: str


@dataclass(frozen=True, slots=True)
class Question(Action):
    """Show the question that waits; ``index`` counts an attempt's questions from 0."""

    name = "question"
    attempt: str
    index: int


@dataclass(frozen=True, slots=True)
class Pick(Action):
    """Answer a choice question."""

    name = "pick"
    attempt: str
    index: int
    option: int


@dataclass(frozen=True, slots=True)
class Tap(Action):
    """Mark or unmark an option, or add the next part of an order or a match."""

    name = "tap"
    attempt: str
    index: int
    part: int


@dataclass(frozen=True, slots=True)
class Undo(Action):
    """Take the last tap back."""

    name = "undo"
    attempt: str
    index: int


@dataclass(frozen=True, slots=True)
class Done(Action):
    """Answer with what has been tapped."""

    name = "done"
    attempt: str
    index: int


@dataclass(frozen=True, slots=True)
class Feedback(Action):
    """Show whether an answer was right, and why."""

    name = "feedback"
    attempt: str
    index: int


@dataclass(frozen=True, slots=True)
class Result(Action):
    """Show an attempt's score."""

    name = "result"
    attempt: str


# Certificates.


@dataclass(frozen=True, slots=True)
class Certificate(Action):
    """Hand over the certificate of a track."""

    name = "certificate"
    track: str


@dataclass(frozen=True, slots=True)
class Memo(Action):
    """Hand over what a track comes down to, as a page to print."""

    name = "memo"
    track: str


@dataclass(frozen=True, slots=True)
class NameCertificate(Action):
    """Ask for the name that a track's certificate is to have."""

    name = "whose"
    track: str


@dataclass(frozen=True, slots=True)
class Verify(Action):
    """Say whether there is a certificate of this number; it is empty where it can't be one."""

    name = "verify"
    code: str


# Help.


@dataclass(frozen=True, slots=True)
class Help(Action):
    """Show every topic of the FAQ."""

    name = "help"


@dataclass(frozen=True, slots=True)
class Faq(Action):
    """Show an entry of the FAQ."""

    name = "faq"
    entry: int


@dataclass(frozen=True, slots=True)
class Found(Action):
    """Offer the entries of the FAQ that a typed question may mean."""

    name = "found"
    entries: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Perhaps(Action):
    """Offer what a typed question may be about: its key, and codes of things, parted by dots."""

    name = "perhaps"
    question: str
    things: str


@dataclass(frozen=True, slots=True)
class Chosen(Action):
    """Go to a thing that was offered for a question."""

    name = "chosen"
    question: str
    thing: str


@dataclass(frozen=True, slots=True)
class NoneOfThese(Action):
    """Say that nothing is meant of what was offered for a question."""

    name = "noneof"
    question: str


@dataclass(frozen=True, slots=True)
class AskHuman(Action):
    """Show whom to ask, and how to reach them."""

    name = "human"


@dataclass(frozen=True, slots=True)
class Guided(Action):
    """Show where the answers to a guide's questions lead; each is an answer's index, from 0."""

    name = "guided"
    guide: str
    answers: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Checked(Action):
    """Show what was checked, as a text to send on."""

    name = "checked"
    guide: str
    answers: tuple[int, ...]


# The person themselves.


@dataclass(frozen=True, slots=True)
class Me(Action):
    """Show what is known of the person."""

    name = "me"


@dataclass(frozen=True, slots=True)
class Rename(Action):
    """Ask for another name."""

    name = "rename"


@dataclass(frozen=True, slots=True)
class Speak(Action):
    """Change the interface's language."""

    name = "speak"
    language: str


@dataclass(frozen=True, slots=True)
class Remind(Action):
    """Have reminders (1) or pause them (0)."""

    name = "remind"
    on: int


@dataclass(frozen=True, slots=True)
class Stored(Action):
    """Say what is stored."""

    name = "stored"


@dataclass(frozen=True, slots=True)
class Export(Action):
    """Hand over all that is stored."""

    name = "export"


@dataclass(frozen=True, slots=True)
class AskToErase(Action):
    """Make sure that everything is to be deleted."""

    name = "forget"


@dataclass(frozen=True, slots=True)
class Erase(Action):
    """Delete everything."""

    name = "erase"


@dataclass(frozen=True, slots=True)
class Erased(Action):
    """Say that everything is deleted."""

    name = "erased"


@dataclass(frozen=True, slots=True)
class MakeLink(Action):
    """Make a personal link."""

    name = "link"


@dataclass(frozen=True, slots=True)
class ShowLink(Action):
    """Show a personal link: the second (since 1970) and the move it was made in."""

    name = "carry"
    issued: str
    mark: str


@dataclass(frozen=True, slots=True)
class Arrive(Action):
    """Ask whether to go on here as the person of a personal link, known by its digest."""

    name = "arrive"
    digest: str


@dataclass(frozen=True, slots=True)
class Join(Action):
    """Follow the personal link that was asked about."""

    name = "join"


# What a coordinator sees.


@dataclass(frozen=True, slots=True)
class Team(Action):
    """Show the organisations that the person coordinates, and the schools that they administer."""

    name = "team"


@dataclass(frozen=True, slots=True)
class Files(Action):
    """Offer the files of an organisation's reports."""

    name = "files"
    organisation: Key


@dataclass(frozen=True, slots=True)
class GetFile(Action):
    """Hand over a file of an organisation's reports; ``kind`` and ``report`` name which."""

    name = "getfile"
    organisation: Key
    kind: str
    report: str


@dataclass(frozen=True, slots=True)
class Teams(Action):
    """Show a page of what ``Team`` shows; it counts from 1."""

    name = "teams"
    page: int


@dataclass(frozen=True, slots=True)
class Completion(Action):
    """Show how many of a school's learners have completed what is assigned: counts, no person."""

    name = "completion"
    organisation: Key


@dataclass(frozen=True, slots=True)
class Unit(Action):
    """Show how far the people of an organisation are."""

    name = "unit"
    organisation: Key


@dataclass(frozen=True, slots=True)
class Asked(Action):
    """Show what people ask for help with, to whoever coordinates an organisation on top."""

    name = "asked"
    organisation: Key


@dataclass(frozen=True, slots=True)
class Units(Action):
    """Show the organisations right below one; the page counts from 1."""

    name = "units"
    organisation: Key
    page: int


@dataclass(frozen=True, slots=True)
class Stuck(Action):
    """Show the lessons of a course at which an organisation's people stop."""

    name = "stuck"
    organisation: Key


@dataclass(frozen=True, slots=True)
class People(Action):
    """List an organisation's people who are so far as ``shown`` says; the page counts from 1."""

    name = "people"
    organisation: Key
    shown: str
    page: int


@dataclass(frozen=True, slots=True)
class Member(Action):
    """Show the lessons of one of an organisation's people; the rest is the list one came from."""

    name = "member"
    organisation: Key
    person: Key
    shown: str
    page: int


# Invites: joining by one, and leaving.


@dataclass(frozen=True, slots=True)
class Invited(Action):
    """Show whose an invite is, known by its digest, and ask whether to join."""

    name = "invited"
    digest: str


@dataclass(frozen=True, slots=True)
class NoInvite(Action):
    """Say why nobody can join by the invite that was opened."""

    name = "uninvited"
    reason: str


@dataclass(frozen=True, slots=True)
class Accept(Action):
    """Agree, and join by the invite that was asked about."""

    name = "accept"


@dataclass(frozen=True, slots=True)
class NameForReport(Action):
    """Ask who has joined an organisation in a role for their name."""

    name = "sign"
    organisation: Key
    role: str


@dataclass(frozen=True, slots=True)
class SignAsOffered(Action):
    """Take the name that the messenger gives for the report."""

    name = "signed"


@dataclass(frozen=True, slots=True)
class StayNameless(Action):
    """Give no name for the report."""

    name = "unsigned"


@dataclass(frozen=True, slots=True)
class ChooseAssigned(Action):
    """Offer the tracks that an organisation assigns to the person."""

    name = "assigned"
    organisation: Key


@dataclass(frozen=True, slots=True)
class Belonging(Action):
    """Show what the person is in an organisation, and who sees what because of it."""

    name = "belong"
    organisation: Key
    role: str


@dataclass(frozen=True, slots=True)
class AskToLeave(Action):
    """Make sure that the learner wants to leave an organisation."""

    name = "parting"
    organisation: Key


@dataclass(frozen=True, slots=True)
class Leave(Action):
    """Leave an organisation as a learner."""

    name = "leave"
    organisation: Key


@dataclass(frozen=True, slots=True)
class AskToResign(Action):
    """Make sure that a school's administrator wants to be it no more."""

    name = "resigning"
    organisation: Key


@dataclass(frozen=True, slots=True)
class Resign(Action):
    """Be a school's administrator no more."""

    name = "resign"
    organisation: Key


# What is assigned.


@dataclass(frozen=True, slots=True)
class Assignments(Action):
    """Show what is assigned in an organisation."""

    name = "assign"
    organisation: Key


@dataclass(frozen=True, slots=True)
class AssignTrack(Action):
    """Ask whether a track is to be assigned, and until when; ``before`` is what was said last."""

    name = "duty"
    organisation: Key
    track: str
    before: str


@dataclass(frozen=True, slots=True)
class AskDay(Action):
    """Ask for the last day in writing; ``mark`` is of the assignment that was seen."""

    name = "day"
    organisation: Key
    track: str
    mark: str


@dataclass(frozen=True, slots=True)
class Assign(Action):
    """Say something else of a track, if what was seen is still so."""

    name = "due"
    organisation: Key
    track: str
    mark: str
    word: str


# The coordinator's page.


@dataclass(frozen=True, slots=True)
class OpenTable(Action):
    """Make a link to the page with the reports of an organisation."""

    name = "table"
    organisation: Key


@dataclass(frozen=True, slots=True)
class TableLink(Action):
    """Show such a link: the second (since 1970) and the move it was made in."""

    name = "tables"
    organisation: Key
    issued: str
    mark: str


# Inviting others.


@dataclass(frozen=True, slots=True)
class Inviting(Action):
    """Show the invites into an organisation, by pages from 1."""

    name = "invites"
    organisation: Key
    page: int


@dataclass(frozen=True, slots=True)
class InviteBelow(Action):
    """Offer the organisations right below one, to invite there; by pages from 1."""

    name = "below"
    organisation: Key
    page: int


@dataclass(frozen=True, slots=True)
class MakeInvite(Action):
    """Make an invite into an organisation for a role."""

    name = "invite"
    organisation: Key
    role: str


@dataclass(frozen=True, slots=True)
class ShowInvite(Action):
    """Show an invite: its links, and what to send to the staff."""

    name = "letter"
    invite: str


@dataclass(frozen=True, slots=True)
class InviteCode(Action):
    """Hand out a picture of the QR code that leads through a door."""

    name = "qr"
    invite: str
    door: str


@dataclass(frozen=True, slots=True)
class InvitePaper(Action):
    """Hand out the page to print."""

    name = "sheet"
    invite: str


@dataclass(frozen=True, slots=True)
class AskToWithdraw(Action):
    """Make sure that an invite is to be withdrawn."""

    name = "recall"
    invite: str


@dataclass(frozen=True, slots=True)
class Withdraw(Action):
    """Withdraw an invite."""

    name = "withdraw"
    invite: str


@dataclass(frozen=True, slots=True)
class Coordinators(Action):
    """Show who coordinates an organisation, by pages from 1."""

    name = "coordinators"
    organisation: Key
    page: int


@dataclass(frozen=True, slots=True)
class Administrators(Action):
    """Show who administers an organisation, by pages from 1."""

    name = "administrators"
    organisation: Key
    page: int


@dataclass(frozen=True, slots=True)
class AskToRemove(Action):
    """Make sure that somebody is to be removed from an organisation."""

    name = "dismiss"
    organisation: Key
    member: Key
    role: str


@dataclass(frozen=True, slots=True)
class Remove(Action):
    """Remove somebody from an organisation."""

    name = "remove"
    organisation: Key
    member: Key
    role: str


# Reminding, and the weekly digest.


@dataclass(frozen=True, slots=True)
class Nudge(Action):
    """Ask whom of an organisation to remind."""

    name = "nudge"
    organisation: Key


@dataclass(frozen=True, slots=True)
class NudgeWhom(Action):
    """Show what those in a state would read, and how many; "all" have not finished."""

    name = "whom"
    organisation: Key
    state: str


@dataclass(frozen=True, slots=True)
class SendNudge(Action):
    """Remind those in a state."""

    name = "send"
    organisation: Key
    state: str


@dataclass(frozen=True, slots=True)
class Nudged(Action):
    """Show what became of a mailing."""

    name = "nudged"
    organisation: Key
    mailing: str


@dataclass(frozen=True, slots=True)
class NudgedLately(Action):
    """List the latest mailings of an organisation."""

    name = "mailings"
    organisation: Key


@dataclass(frozen=True, slots=True)
class Weekly(Action):
    """Show whether the person gets the weekly digest of an organisation."""

    name = "weekly"
    organisation: Key


@dataclass(frozen=True, slots=True)
class SwitchWeekly(Action):
    """Have the weekly digest of an organisation (1) or not (0)."""

    name = "digest"
    organisation: Key
    on: int


# Statistics sheets.


@dataclass(frozen=True, slots=True)
class Sheets(Action):
    """Say what a statistics sheet is sent for, and where one has it from."""

    name = "sheets"


@dataclass(frozen=True, slots=True)
class Unread(Action):
    """Say why a file can't be read, and what would be right."""

    name = "unread"
    reason: str


@dataclass(frozen=True, slots=True)
class Received(Action):
    """Show what came of the last sheet that the person sent."""

    name = "received"


@dataclass(frozen=True, slots=True)
class AskColumn(Action):
    """Ask which column of the sheet that waits is a field."""

    name = "column"
    field: str


@dataclass(frozen=True, slots=True)
class ChooseColumn(Action):
    """Say which column a field is; ``mark`` is of the sheet and the heading, or empty: none is."""

    name = "columnis"
    field: str
    mark: str


@dataclass(frozen=True, slots=True)
class ForgetColumns(Action):
    """Forget what was said that columns are: it is asked again."""

    name = "forgetcolumns"


@dataclass(frozen=True, slots=True)
class AskSchool(Action):
    """Ask which of the person's schools the sheet that waits is of."""

    name = "whichschool"


@dataclass(frozen=True, slots=True)
class ChooseSchool(Action):
    """Say which school it is of; ``mark`` is of the sheet."""

    name = "ofschool"
    organisation: Key
    mark: str


@dataclass(frozen=True, slots=True)
class NoSchool(Action):
    """Say that it is of none of them; ``mark`` is of the sheet."""

    name = "noschool"
    mark: str


LATEST = "latest"
"""What stands in the place of a school's day for the latest one that there is."""


@dataclass(frozen=True, slots=True)
class School(Action):
    """Show what a school's figures of a day mean; ``day`` is 2025-10-30, or ``LATEST``."""

    name = "school"
    organisation: Key
    day: str


@dataclass(frozen=True, slots=True)
class SchoolPicture(Action):
    """Hand out the picture of a school's figures of a day, as for ``School``."""

    name = "drawn"
    organisation: Key
    day: str


@dataclass(frozen=True, slots=True)
class SchoolTrend(Action):
    """Show how a school's figures have changed."""

    name = "trend"
    organisation: Key


@dataclass(frozen=True, slots=True)
class Activity(Action):
    """Show how far the schools of an organisation are from the targets."""

    name = "activity"
    organisation: Key


@dataclass(frozen=True, slots=True)
class Unmatched(Action):
    """Offer the IDs that are none of the person's schools', by pages from 1."""

    name = "unmatched"
    page: int


@dataclass(frozen=True, slots=True)
class ActivityTrend(Action):
    """Hand out how the activity of an organisation's schools has changed."""

    name = "unittrend"
    organisation: Key


@dataclass(frozen=True, slots=True)
class WhoseId(Action):
    """Ask whose an ID is, by pages from 1; ``known`` is of its digest."""

    name = "whoseid"
    known: str
    page: int


@dataclass(frozen=True, slots=True)
class Match(Action):
    """Say that an ID is an organisation's."""

    name = "match"
    organisation: Key
    known: str


@dataclass(frozen=True, slots=True)
class NotOurs(Action):
    """Say that an ID is no school of the person's."""

    name = "notours"
    known: str


@dataclass(frozen=True, slots=True)
class Matched(Action):
    """Show that an organisation has its ID now."""

    name = "matched"
    organisation: Key


@dataclass(frozen=True, slots=True)
class Unmatch(Action):
    """Take back that an organisation has its ID."""

    name = "unmatch"
    organisation: Key


@dataclass(frozen=True, slots=True)
class AskTargets(Action):
    """Begin to ask for figures, where there is no sheet."""

    name = "targets"


@dataclass(frozen=True, slots=True)
class Counting(Action):
    """Ask for the next figure; ``code`` has those that were told, ``step`` counts from 1."""

    name = "counting"
    step: int
    code: str


@dataclass(frozen=True, slots=True)
class Reckoned(Action):
    """Show what figures mean that are nobody's; ``code`` has them."""

    name = "reckoned"
    code: str
