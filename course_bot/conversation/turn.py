"""One turn: load, decide, commit, and only then show."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from typing import NoReturn
from zoneinfo import ZoneInfo

from course_bot.content.model import Course
from course_bot.conversation import (
    activity,
    answering,
    asked,
    assigning,
    certificates,
    completion,
    digesting,
    downloading,
    guides,
    inviting,
    joining,
    lessons,
    matching,
    memo,
    menu,
    nudging,
    opening,
    overview,
    people,
    profile,
    quiz,
    reckoning,
    schools,
    sheets,
    stuck,
    team,
    welcome,
)
from course_bot.conversation import help as helping
from course_bot.conversation.actions import (
    AskDay,
    AskName,
    AskRole,
    AskTargets,
    ChooseTrack,
    Counting,
    Erase,
    GoOn,
    Guided,
    Help,
    Me,
    Menu,
    NameCertificate,
    NameForReport,
    Progress,
    Rename,
    Sheets,
    StaleError,
    Team,
    Welcome,
)
from course_bot.conversation.actions import Erased as ErasedPlace
from course_bot.conversation.outgoing import prepared
from course_bot.conversation.port import (
    ACTION_BYTES,
    PAYLOAD,
    Command,
    Commands,
    Erased,
    GoneError,
    Move,
    Notice,
    Opened,
    Outgoing,
    Pressed,
    Reply,
    Screen,
    Sent,
    Tell,
    TooLargeError,
    Wrote,
)
from course_bot.conversation.routes import Audience, Later, by_name, files_of, view_of
from course_bot.conversation.sheets import SheetReader
from course_bot.conversation.stage import Addresses, LookUp, Stage, button, go_to
from course_bot.learning.progress import (
    ErasedPerson,
    LinkUsed,
    NotWaitingError,
    Person,
    track_progress,
)
from course_bot.learning.renaming import under_present_names
from course_bot.locale.phrases import Language, phrases
from course_bot.organisations import invites
from course_bot.organisations.records import JoinedOrganisation, LeftOrganisation
from course_bot.reports.exporting import FileMaker
from course_bot.sheets.figures import Reading, Refusal
from course_bot.storage import Account
from course_bot.storage.digests import DueDigests, WeekOf, Zones
from course_bot.storage.organisations import Addressee, AddresseeOf
from course_bot.storage.outbox import WRITING_DOORS, Postponed, Settled
from course_bot.storage.query import Query
from course_bot.storage.sheets import HeadingsOf
from course_bot.storage.store import MOSCOW, Decision, Situation, Storage, account_id

log = logging.getLogger(__name__)

ROUTES = by_name(
    (
        *welcome.ROUTES,
        *menu.ROUTES,
        *lessons.ROUTES,
        *quiz.ROUTES,
        *helping.ROUTES,
        *answering.ROUTES,
        *guides.ROUTES,
        *profile.ROUTES,
        *team.ROUTES,
        *overview.ROUTES,
        *completion.ROUTES,
        *people.ROUTES,
        *stuck.ROUTES,
        *downloading.ROUTES,
        *joining.ROUTES,
        *assigning.ROUTES,
        *nudging.ROUTES,
        *digesting.ROUTES,
        *opening.ROUTES,
        *inviting.ROUTES,
        *certificates.ROUTES,
        *memo.ROUTES,
        *asked.ROUTES,
        *sheets.ROUTES,
        *activity.ROUTES,
        *matching.ROUTES,
        *schools.ROUTES,
        *reckoning.ROUTES,
    )
)
COMMANDS = tuple(
    action.name for action in (Menu, Progress, Help, AskTargets, Sheets, ChooseTrack, Me)
)
"""The commands of everybody, each named like the place it goes to."""
TYPED = {
    AskDay.name: assigning.typed,
    AskTargets.name: reckoning.typed,
    Counting.name: reckoning.typed,
    Guided.name: guides.typed,
}
"""Who reads what is typed at a place that waits for it; elsewhere a question may wait."""
EASTERNMOST = timezone(timedelta(hours=12))
"""No zone of Russia is further ahead than Kamchatka's."""
ROLE_CHANGES = (JoinedOrganisation, LeftOrganisation, LinkUsed, ErasedPerson)
"""The records after which a person, or the account, may be a coordinator or none any more."""


class Conversation:
    """The conversation behind every door; it satisfies ``port.Talk``."""

    def __init__(
        self,
        storage: Storage,
        course: Callable[[], Course],
        *,
        secret: bytes,
        files: FileMaker,
        sheets: SheetReader,
        zone: ZoneInfo = MOSCOW,
    ) -> None:
        """Take the parts.

        Args:
            storage: where people are remembered.
            course: gives the course as it is now; it may change between turns.
            files: makes files of reports.
            sheets: reads statistics sheets.
            secret: at least 32 bytes that stay the same; keys whatever must not be guessed.
            zone: where the people live: when it is daytime there, the bot may write first.
        """
        self._storage = storage
        self._course = course
        self._secret = secret
        self._files = files
        self._sheets = sheets
        self._zone = zone
        self.addresses = Addresses()
        """Where the doors are; set once they are known."""

    async def take(self, move: Move, tell: Tell | None = None) -> Sequence[Reply]:
        """Carry out one move and return what to show, after it is committed."""
        turn = self.turn(move, await self._read(move, tell or _silently))
        decision = await self._storage.turn(move.account, move.move_id, move.at, turn.decide)
        replies: list[Reply] = []
        if decision.person.place == ErasedPlace.name:  # also where the move comes again
            replies.append(Erased())
        if decision.notice:
            joined = any(isinstance(record, JoinedOrganisation) for record in decision.records)
            replies.append(Notice(text=decision.notice, lasting=joined))
        if decision.document:
            stage = turn.stage(decision.person)
            replies += await files_of(
                ROUTES, stage, decision.document, self._storage.read, tell or _silently
            )
        view = turn.views.get(decision.person.place)
        if view is None:  # a move that was carried out before: nothing was decided
            _, view = _current(turn.stage(decision.person))
        replies.append(view if isinstance(view, Screen) else await view(self._storage.read))
        return [*replies, *await self._changed_commands(turn, decision)]

    async def _read(self, move: Move, tell: Tell) -> Reading | None:
        """Read the file of a move: before its turn, as a turn waits for nothing.

        Whose sheet it is shows only in it, so a day is of the future if it is so everywhere.
        """
        if not isinstance(move, Sent) or move.file is None:
            return None
        if move.file.too_large:
            return Refusal.TOO_LARGE
        chosen = await self._storage.read(HeadingsOf(account_id(move.account)))
        await tell(phrases(move.language).t("I am reading the file…"))
        try:
            return await self._sheets.read(
                move.file.fetch,
                today=move.at.astimezone(EASTERNMOST).date(),
                chosen=dict(chosen),
            )
        except TooLargeError:
            return Refusal.TOO_LARGE
        except GoneError:
            return Refusal.FAILED

    def turn(self, move: Move, reading: Reading | None = None) -> "Turn":
        """Return the turn that a move begins; ``reading`` is what came of its file."""
        return Turn(
            move=move,
            reading=reading,
            course=self._course(),
            secret=self._secret,
            addresses=self.addresses,
            files=self._files,
            zone=self._zone,
        )

    async def blocked(self, account: Account, since: datetime | None) -> None:
        """Remember since when (UTC) the person can't be written to; None: they can be again."""
        await self._storage.blocked(account, since)

    async def plan_reminders(self, now: datetime) -> None:
        """Put reminders into the outbox for those who stopped halfway and stayed away (UTC)."""
        course = self._course()
        await self._storage.plan_reminders(
            WRITING_DOORS,
            now,
            lambda person: (
                menu.reminder(course, under_present_names(person, course.renamed)) is not None
            ),
        )

    async def plan_digests(self, now: datetime) -> None:
        """Put the weekly digests that are due into the outbox (UTC), where anything has changed.

        Turns are let in between.
        """
        places = {self._zone.key, *await self._storage.read(Zones())}
        days = {name: digesting.monday(now, ZoneInfo(name)) for name in places}
        zones = tuple(sorted(name for name, day in days.items() if day is not None))
        if not zones:
            return
        monday = max(day for day in days.values() if day is not None)
        due = DueDigests(monday=monday, zones=zones, usual=self._zone.key)
        for each in await self._storage.read(due):
            week = await self._storage.read(
                WeekOf(
                    person=each.person,
                    organisation=each.organisation,
                    since=digesting.since(monday, ZoneInfo(each.zone)),
                    at=now,
                )
            )
            tell = week is not None and week.changed
            await self._storage.note_digest(each, monday, now, tell=tell)

    async def outgoing(self, door: str, now: datetime) -> Sequence[Outgoing]:
        """Lend some of the messages that are due at a door now, as they are to be sent."""
        course = self._course()
        while lent := await self._storage.lend_messages(door, now):
            ready: list[Outgoing] = []
            others: list[Settled | Postponed] = []
            for message in lent:
                try:
                    made = await prepared(course, message, self._zone, now, self._storage.read)
                except Exception as error:
                    # One message must not hold up the others, for ever at the head of the queue.
                    log.exception("message %d can't be worded", message.id)
                    reason = type(error).__name__
                    await self._storage.put_off_message(message.id, now, reason)
                    continue
                if isinstance(made, Outgoing):
                    ready.append(made)
                else:
                    others.append(made)
            if others:
                await self._storage.settle_messages(others, now)
            if ready:
                return ready
        return ()

    async def begin(self, message: int, now: datetime) -> bool:
        """Note that a message is about to be sent, and tell whether it may be."""
        return await self._storage.begin_message(message, now)

    async def delivered(self, message: int, now: datetime) -> None:
        """Remember that a message that was lent has been sent."""
        await self._storage.settle_messages([Settled(id=message)], now)

    async def undelivered(
        self, message: int, now: datetime, *, reason: str, lasting: bool
    ) -> None:
        """Remember that a message that was lent could not be sent, and why."""
        if lasting:
            await self._storage.settle_messages([Settled(id=message, reason=reason)], now)
        else:
            await self._storage.put_off_message(message, now, reason)

    async def commands(self, language: Language, account: Account | None = None) -> Commands:
        """List the command menu of an account's person, or else everybody's."""
        known = None
        if account is not None:
            known = await self._storage.read(AddresseeOf(account_id(account)))
        return _commands(known or Addressee(language=language, has_team=False), language)

    async def _changed_commands(self, turn: "Turn", decision: Decision) -> list[Commands]:
        """Return the person's command menu where it may be another one than they have now.

        Whoever opens the conversation has the usual one already.
        """
        opened = isinstance(turn.move, Opened)
        if not opened and not decision.commands:
            return []
        known = await self._storage.read(AddresseeOf(account_id(turn.move.account)))
        if known is None:
            return []
        menu = _commands(known, turn.move.language)
        return [] if opened and menu.usual else [menu]

    def trouble(self, language: Language) -> Screen:
        """Return the screen for a fault on our side."""
        p = phrases(language)
        return Screen(
            text=p.html(
                "Something went wrong on our side. Your answers are safe: wait a minute and press"
                " once more."
            ),
            rows=((button(p.t("Try again"), GoOn(), primary=True),),),
        )

    def refusal(self, reason: str, language: Language) -> str:
        """Word why a door refuses something before it becomes a move."""
        p = phrases(language)
        match reason:
            case "group":
                return p.t("I teach in private chats only. Please write to me directly.")
            case "too_long":
                return p.t("This message is too long. Please say it in up to 4,096 characters.")
            case "too_large":
                return p.t("This is too large for me. Please send a short text.")
            case "too_large_file":
                return p.t("This file is too large: a sheet has at most 5 MB.")
            case _:
                raise ValueError(reason)


def _commands(known: Addressee, offered: Language) -> Commands:
    p = phrases(known.language)
    about = {
        "menu": p.t("Menu"),
        "progress": p.t("My progress"),
        "help": p.t("Help and questions"),
        "targets": p.t("How many are missing to the target"),
        "sheets": p.t("The statistics sheet: send it, and see what it means"),
        "track": p.t("Choose a track"),
        "me": p.t("About me: name, language, data"),
        "team": p.t("My organisations: who has completed the course"),
    }
    names = (*COMMANDS, Team.name) if known.has_team else COMMANDS
    return Commands(
        entries=tuple(Command(name=name, about=about[name]) for name in names),
        language=known.language,
        usual=not known.has_team and known.language == offered,
    )


async def _silently(_word: str) -> None:
    """Tell nothing: there is nobody who would see it."""


def no_look_up(query: Query[object]) -> NoReturn:
    """Refuse to look up: what is shown comes from the stage, or from what a place reads."""
    raise RuntimeError(f"{query!r} outside of a decision")


@dataclass(slots=True, kw_only=True)
class Turn:
    """A move, what it finds, and the views of the places that it may end at."""

    move: Move
    reading: Reading | None
    course: Course
    secret: bytes
    addresses: Addresses
    files: FileMaker
    zone: ZoneInfo
    views: dict[str, Screen | Later] = field(default_factory=dict)

    def stage(self, person: Person, look_up: LookUp = no_look_up) -> Stage:
        """Return the stage on which the person stands."""
        person = under_present_names(person, self.course.renamed)
        return Stage(
            course=self.course,
            person=person,
            phrases=phrases(person.language),
            at=self.move.at,
            move_id=self.move.move_id,
            door=self.move.account.door,
            offered_name=self.move.name,
            offered_language=self.move.language,
            addresses=self.addresses,
            files=self.files,
            secret=self.secret,
            zone=self.zone,
            look_up=look_up,
        )

    def decide(self, situation: Situation) -> Decision:
        """Decide what comes of the move; a place that can't be shown is no place to end at."""
        stage = self.stage(situation.person, situation.look_up)
        try:
            decision = _decision(stage, self.move, self.reading)
            place = decision.person.place
            self.views = {place: view_of(ROUTES, self.stage(decision.person))}
        except (StaleError, NotWaitingError):
            person, view = _current(stage)
            self.views = {person.place: view}
            notice = stage.phrases.t("This button has had its day. Here is where you are now.")
            return Decision(person=person, notice=notice)
        decision = _with_tracks(self.course, situation.person, decision)
        decision = certificates.with_certificates(stage, situation.person, decision)
        commands = decision.commands or _changes_commands(situation.person, decision)
        return replace(decision, commands=commands)


def _changes_commands(before: Person, decision: Decision) -> bool:
    """Tell whether the person may have another command menu after the decision."""
    return decision.person.language != before.language or any(
        isinstance(record, ROLE_CHANGES) for record in decision.records
    )


def _with_tracks(course: Course, before: Person, decision: Decision) -> Decision:
    """Add how far the person is with each track now, where the move has changed it."""
    after = decision.person
    if after.study is before.study:
        return decision
    known = track_progress(course, before.study) if after.id == before.id else {}
    now = track_progress(course, after.study)
    changed = tuple(each for each in now.values() if known.get(each.track) != each)
    return replace(decision, records=(*decision.records, *changed)) if changed else decision


def _current(stage: Stage) -> tuple[Person, Screen | Later]:
    """Return the person where they are, and the view; where that is gone, menu or first screen."""
    try:
        return stage.person, view_of(ROUTES, stage)
    except StaleError:
        person = go_to(stage.person, Menu() if stage.person.track else Welcome())
        return person, view_of(ROUTES, stage.after(person))


def _decision(stage: Stage, move: Move, reading: Reading | None) -> Decision:
    match move:
        case Opened(payload=payload):
            return _opened(stage, payload)
        case Pressed(action=action):
            return _pressed(stage, action)
        case Wrote(text=text):
            return _wrote(stage, text)
        case Sent():
            return sheets.received(stage, reading)


def _newcomer(stage: Stage) -> Decision | None:
    """Welcome somebody who has never been here, whatever they did."""
    return None if stage.person.place else Decision(person=welcome.greet(stage))


def _opened(stage: Stage, payload: str) -> Decision:
    person = stage.person
    known = PAYLOAD.fullmatch(payload) is not None
    greeted = stage if person.place else stage.after(welcome.greet(stage))
    if known and payload.startswith(profile.LINK_PAYLOAD):
        return profile.arrive(greeted, payload.removeprefix(profile.LINK_PAYLOAD))
    if payload.startswith(invites.PAYLOAD):
        return joining.open_invite(greeted, payload.removeprefix(invites.PAYLOAD))
    if payload.startswith(certificates.PAYLOAD):
        return certificates.open_certificate(greeted, payload.removeprefix(certificates.PAYLOAD))
    if not person.track and (payload or not person.place):
        return Decision(person=welcome.greet(stage, payload if known else ""))
    if not payload:
        return Decision(person=person)
    followed = welcome.follow(stage, payload) if known else None
    return followed or Decision(
        person=person,
        notice=stage.phrases.t("This link leads nowhere I know. Here is where you are now."),
    )


def _pressed(stage: Stage, action: str) -> Decision:
    # A second tap on it comes from somebody who is nobody now, and must not make them somebody.
    greeted = _newcomer(stage) if action != Erase.name else None
    if greeted is not None:
        return greeted
    if len(action) > ACTION_BYTES or not action.isascii():
        raise StaleError
    name, *words = action.split(":")
    route = ROUTES.get(name)
    if route is None or not route.by_button:
        raise StaleError
    if route.who is Audience.LEARNERS and not stage.person.track:
        return Decision(person=go_to(stage.person, AskRole()))
    if route.who is Audience.NEWCOMERS and stage.person.track:
        raise StaleError
    return route.do(stage, words)


def _wrote(stage: Stage, text: str) -> Decision:
    text = text.strip()
    if text.startswith("/"):
        return _commanded(stage, text)
    greeted = _newcomer(stage)
    if greeted is not None:
        return greeted
    polite = helping.polite(stage, text)
    if polite is not None:
        return polite
    person, p = stage.person, stage.phrases
    place, *_ = person.place.split(":")
    if place == AskName.name:
        return welcome.take_name(stage, text, AskRole())
    if place == NameForReport.name:
        return joining.take_typed_name(stage, text)
    if place == NameCertificate.name:
        return certificates.take_name(stage, text)
    if place == Rename.name:
        return profile.take_new_name(stage, text)
    if place in (Welcome.name, AskRole.name):
        notice = p.t("Please press one of the buttons first. Questions come right after.")
        return Decision(person=person, notice=notice)
    typed = TYPED.get(place, quiz.typed)
    return typed(stage, text) or answering.ask(stage, text)


def _commanded(stage: Stage, text: str) -> Decision:
    word, *rest = text[1:].split(maxsplit=1) or [""]
    # In a Telegram group's habit people write /menu@course_bot in private chats as well.
    command = word.split("@")[0].lower()
    if command == "start":
        return _opened(stage, rest[0] if rest else "")
    greeted = _newcomer(stage)
    if greeted is not None:
        return greeted
    if command == AskTargets.name:
        return reckoning.commanded(stage, rest[0] if rest else "")
    if command in (*COMMANDS, Team.name):
        return _pressed(stage, command)
    notice = stage.phrases.t("There is no such command. The commands are listed in /help.")
    return Decision(person=stage.person, notice=notice)
