"""One turn: load, decide, commit, and only then show."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache, partial
from inspect import signature

from course_bot.content.model import Course
from course_bot.conversation import help as helping
from course_bot.conversation import lessons, menu, profile, quiz, welcome
from course_bot.conversation.port import (
    ACTION_BYTES,
    PAYLOAD,
    Command,
    Document,
    Move,
    Notice,
    Opened,
    Outgoing,
    Pressed,
    Reply,
    Screen,
    Sent,
    Wrote,
)
from course_bot.conversation.stage import (
    Actions,
    Addresses,
    Outcome,
    Places,
    Stage,
    StaleError,
    button,
    goes,
)
from course_bot.learning.progress import NotWaitingError, Person
from course_bot.locale.phrases import Language, phrases
from course_bot.storage import Account
from course_bot.storage.exporting import export
from course_bot.storage.joining import Joined, join
from course_bot.storage.store import Decision, Situation, Storage

LEARNING: Places = {**menu.PLACES, **lessons.PLACES, **quiz.PLACES}
PLACES: Places = {
    **welcome.PLACES,
    **LEARNING,
    **helping.PLACES,
    **profile.PLACES,
}
LEARNING_ACTIONS: Actions = {**menu.ACTIONS, **lessons.ACTIONS, **quiz.ACTIONS}
ACTIONS: Actions = {**welcome.ACTIONS, **LEARNING_ACTIONS, **profile.ACTIONS}
COMMANDS = ("menu", "progress", "help", "track", "me")
"""The commands, each named like the place it goes to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """What a turn replies, and what is still to be done after its commit."""

    replies: tuple[Reply, ...]
    join: str = ""
    export: bool = False


class Conversation:
    """The conversation behind every door; it satisfies ``port.Talk``."""

    def __init__(self, storage: Storage, course: Callable[[], Course], *, secret: bytes) -> None:
        """Take the parts.

        Args:
            storage: where people are remembered.
            course: gives the course as it is now; it may change between turns.
            secret: at least 32 bytes that stay the same; keys whatever must not be guessed.
        """
        self._storage = storage
        self._course = course
        self._secret = secret
        self.addresses = Addresses()
        """Where the doors are; set once they are known."""

    async def take(self, move: Move) -> Sequence[Reply]:
        """Carry out one move and return what to show, after it is committed."""
        said = await self._turn(move, partial(self._decide, move))
        if said.join:
            came_of_it = await join(
                self._storage, move.account, profile.digest(said.join), move.at
            )
            # What is shown now depends on what was joined: one more turn, of the joined person.
            after = replace(move, move_id=f"{move.move_id[:63]}+")
            said = await self._turn(after, partial(self._show_joined, after, came_of_it))
        if said.export:
            content = await export(self._storage, move.account)
            return (Document(name="course-bot.json", content=content), *said.replies)
        return said.replies

    async def _turn(self, move: Move, decide: Callable[[Situation], Decision[_Said]]) -> _Said:
        return await self._storage.turn(move.account, move.move_id, move.at, decide)

    async def blocked(self, account: Account, since: datetime | None) -> None:
        """Remember since when (UTC) the person can't be written to; None: they can be again."""
        await self._storage.blocked(account, since)

    async def reminders(self, door: str, now: datetime) -> Sequence[tuple[Account, Screen]]:
        """List some whom to remind now, and with what; they are remembered as reminded already.

        Args:
            door: the door at which the reminders will be sent.
            now: UTC.

        Returns:
            An account and a screen each; none where nobody is left to remind.
        """
        course = self._course()
        while due := await self._storage.due_reminders(door, now):
            screens = ((account, menu.reminder(course, person)) for account, person in due)
            reminders = [(account, screen) for account, screen in screens if screen is not None]
            if reminders:
                return reminders
        return []

    # The outbox has no table yet: nothing is ever due.

    async def outgoing(self, door: str, now: datetime) -> Sequence[Outgoing]:  # noqa: ARG002
        """Lend some of the messages that are due at a door now."""
        return ()

    async def delivered(self, message: int, now: datetime) -> None:
        """Remember that a message that was lent has been sent."""
        raise NotImplementedError

    async def undelivered(
        self, message: int, now: datetime, *, reason: str, lasting: bool
    ) -> None:
        """Remember that a message that was lent could not be sent."""
        raise NotImplementedError

    def commands(self, language: Language) -> Sequence[Command]:
        """List the command menu in a language."""
        p = phrases(language)
        about = {
            "menu": p.t("Menu"),
            "progress": p.t("My progress"),
            "help": p.t("Help and questions"),
            "track": p.t("Choose a track"),
            "me": p.t("About me: name, language, data"),
        }
        return [Command(name=name, about=about[name]) for name in COMMANDS]

    def trouble(self, language: Language) -> Screen:
        """Return the screen for a fault on our side."""
        p = phrases(language)
        return Screen(
            text=p.html(
                "Something went wrong on our side. Your answers are safe: wait a minute and press"
                " once more."
            ),
            rows=((button(p.t("Try again"), "continue"),),),
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
            case _:
                raise ValueError(reason)

    def _stage(self, move: Move, person: Person) -> Stage:
        return Stage(
            course=self._course(),
            person=person,
            phrases=phrases(person.language),
            at=move.at,
            move_id=move.move_id,
            door=move.account.door,
            offered_name=move.name,
            offered_language=move.language,
            addresses=self.addresses,
            secret=self._secret,
        )

    def _decide(self, move: Move, situation: Situation) -> Decision[_Said]:
        stage = self._stage(move, situation.person)
        if situation.repeated:
            return _decision(*_current(stage))
        try:
            outcome = _outcome(stage, move)
            screen = outcome.screen or _show(stage.after(outcome.person))
        except (StaleError, NotWaitingError):
            outcome, screen = _current(stage)
            p = stage.phrases
            notice = p.t("This button has had its day. Here is where you are now.")
            outcome = replace(outcome, notice=notice)
        return _decision(outcome, screen)

    def _show_joined(self, move: Move, what: Joined, situation: Situation) -> Decision[_Said]:
        stage = self._stage(move, situation.person)
        p = stage.phrases
        notice = {
            Joined.JOINED: p.t("Your progress is here now."),
            Joined.SAME: p.t("This is the same progress already. Nothing to move."),
            Joined.EXPIRED: p.t("This link has ended. Please make a new one there: /me."),
        }[what]
        if stage.person.track and stage.person.place.startswith("carry:"):
            # The link was made from there, and has done its work: on to learning.
            outcome = lessons.go_on(stage)
            screen = _show(stage.after(outcome.person))
        else:
            outcome, screen = _current(stage)
        return _decision(replace(outcome, notice=notice), screen)


def _decision(outcome: Outcome, screen: Screen) -> Decision[_Said]:
    notices = (Notice(text=outcome.notice),) if outcome.notice else ()
    return Decision(
        reply=_Said(replies=(*notices, screen), join=outcome.join, export=outcome.export),
        person=outcome.person,
        records=outcome.records,
        link=outcome.link,
        forget=outcome.forget,
    )


def _show(stage: Stage) -> Screen:
    """Show the place where the person is.

    Raises:
        StaleError: there is nothing to show there (any more).
    """
    name, *args = stage.person.place.split(":")
    show = PLACES.get(name)
    if show is None or not _takes(show, len(args)):
        raise StaleError
    return show(stage, *args)


def _current(stage: Stage) -> tuple[Outcome, Screen]:
    """Show where the person is; where that is gone, the menu or the first screen."""
    try:
        return Outcome(person=stage.person), _show(stage)
    except StaleError:
        person = goes(stage.person, "menu" if stage.person.track else "welcome")
        return Outcome(person=person), _show(stage.after(person))


@cache
def _takes(function: Callable[..., object], count: int) -> bool:
    """Tell whether a function of a stage takes so many arguments more."""
    try:
        signature(function).bind(None, *[""] * count)
    except TypeError:
        return False
    return True


def _outcome(stage: Stage, move: Move) -> Outcome:
    match move:
        case Opened(payload=payload):
            return _opened(stage, payload)
        case Pressed(action=action):
            return _pressed(stage, action)
        case Wrote(text=text):
            return _wrote(stage, text)
        case Sent():
            return _met(stage) or Outcome(
                person=stage.person,
                notice=stage.phrases.t("I only understand text and buttons. Please write it."),
            )


def _met(stage: Stage) -> Outcome | None:
    """Welcome somebody who has never been here, whatever they did."""
    return None if stage.person.place else Outcome(person=goes(stage.person, "welcome"))


def _opened(stage: Stage, payload: str) -> Outcome:
    person = stage.person
    known = PAYLOAD.fullmatch(payload) is not None
    if known and payload.startswith(profile.LINK_PAYLOAD):
        met = _met(stage)
        stage = stage.after(met.person) if met else stage
        return profile.arrive(stage, payload.removeprefix(profile.LINK_PAYLOAD))
    if not person.track and (payload or not person.place):
        wish = welcome.begin_wish(stage, payload) if known else ""
        return Outcome(person=goes(person, "welcome", *([wish] if wish else [])))
    if not payload:
        return Outcome(person=person)
    followed = welcome.follow(stage, payload) if known else None
    return followed or Outcome(
        person=person,
        notice=stage.phrases.t("This link leads nowhere I know. Here is where you are now."),
    )


def _pressed(stage: Stage, action: str) -> Outcome:
    met = _met(stage)
    if met is not None:
        return met
    if len(action) > ACTION_BYTES or not action.isascii():
        raise StaleError
    name, *args = action.split(":")
    if name in LEARNING or name in LEARNING_ACTIONS:
        if not stage.person.track:
            return Outcome(person=goes(stage.person, "role"))
    elif stage.person.track and (name in welcome.PLACES or name in welcome.ACTIONS):
        raise StaleError
    do = ACTIONS.get(name)
    if do is None:
        return Outcome(person=goes(stage.person, name, *args))
    if not _takes(do, len(args)):
        raise StaleError
    return do(stage, *args)


def _wrote(stage: Stage, text: str) -> Outcome:
    text = text.strip()
    if text.startswith("/"):
        return _commanded(stage, text)
    met = _met(stage)
    if met is not None:
        return met
    person, p = stage.person, stage.phrases
    place, *args = person.place.split(":")
    if place == "name":
        return welcome.take_name(stage, text, *args)
    if place == "rename":
        return profile.take_new_name(stage, text)
    if place in welcome.PLACES:
        notice = p.t("Please press one of the buttons first. Questions come right after.")
        return Outcome(person=person, notice=notice)
    return quiz.typed(stage, text) or helping.ask(stage, text)


def _commanded(stage: Stage, text: str) -> Outcome:
    word, *rest = text[1:].split(maxsplit=1) or [""]
    # In a Telegram group's habit people write /menu@course_bot in private chats as well.
    command = word.split("@")[0].lower()
    if command == "start":
        return _opened(stage, rest[0] if rest else "")
    met = _met(stage)
    if met is not None:
        return met
    if command in COMMANDS:
        return _pressed(stage, command)
    notice = stage.phrases.t("There is no such command. The commands are listed in /help.")
    return Outcome(person=stage.person, notice=notice)
