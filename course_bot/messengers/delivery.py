"""What all doors share: each person's moves in order, patience with faults, and their pace.

A door is what differs: how an update reads, how a reply is said, and the messenger's limits.
"""

import asyncio
import logging
import time
import traceback
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Protocol, TypeVar
from weakref import WeakValueDictionary

from aiolimiter import AsyncLimiter
from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception_type,
    wait_random_exponential,
)

from course_bot.conversation.port import Document, Move, Reply, Screen, Talk
from course_bot.errors import CourseError
from course_bot.locale.phrases import Language
from course_bot.storage import Account

log = logging.getLogger(__name__)

AT_ONCE = 32
"""Turns carried out at a time; measured: more do not make it faster."""
PRESS_SECONDS = 600.0
"""How long it is remembered that a press was answered (Telegram: a callback query lives 150 s)."""
REFUSAL_SECONDS = 3600.0
"""How seldom a group is told that the bot talks in private only."""
HANDED_SECONDS = 3600.0
"""How long it is remembered that a file was handed over: where that takes longer than a webhook
may (MAX: 30 s), the messenger has given up meanwhile, and delivers the same move again."""
LASTING = "+"
"""Stands before the action of a key whose message is to stay as it is, but for its keys."""

# Faults in our own code: the same move meets them each time, so patience would not help. What a
# database or a network throws (OSError, TimeoutError and the libraries' own classes) is not here.
BUGS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    ImportError,
    LookupError,
    NameError,
    RuntimeError,
    TypeError,
    ValueError,
)

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How long a door waits for what, in seconds (tests are in a hurry)."""

    call: float = 15.0
    """An API call."""
    upload: int = 60
    """A file."""
    long_poll: int = 50
    """What the messenger may hold back an empty list of updates."""
    tries: int = 4
    """How many times a call or a turn is tried before the fault is believed."""
    first_pause: float = 0.5
    """After the first fault; every further pause may be twice as long…"""
    longest_pause: float = 30.0
    """…up to this one."""
    settle: float = 0.5
    """How long a batch may take before the loop looks for what came after it."""
    patience: float = 900.0
    """How long a turn is tried that nobody else's turn has shown to be the one at fault."""
    outbox: float = 5.0
    """How often the outbox is looked at while it is empty."""
    webhook: float = 3600.0
    """How often a webhook is looked at that the messenger may end by itself."""
    farewell: float = 5.0
    """What replies get to go out when the door closes."""

    @property
    def backoff(self) -> wait_random_exponential:
        """How long to wait after so many faults in a row."""
        return wait_random_exponential(
            multiplier=self.first_pause, min=self.first_pause, max=self.longest_pause
        )


# What comes in.


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A person's move, and where its answer goes.

    ``press`` is the press to acknowledge, or empty; ``message`` is the pressed message where it
    can still be edited, and ``said`` its text. ``lasting``: that message stays as it is;
    ``pictured``: it has a picture.
    """

    move: Move
    chat: int
    press: str = ""
    message: int | str | None = None
    said: str = ""
    lasting: bool = False
    pictured: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """The person blocked the bot, or let it in again; ``at`` is when, in UTC."""

    account: Account
    blocked: bool
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Something that never becomes a move; ``reason`` is one of ``Talk.refusal``'s."""

    chat: int
    reason: str
    language: Language
    press: str = ""


Event = Turn | Membership | Refused


# What may go wrong on the way out. The messages carry no secret, and nothing that people wrote.


class DeliveryError(CourseError):
    """A message did not arrive; the words say why, for the log."""


class BlockedError(DeliveryError):
    """The person can't be written to any more: they blocked the bot, or are gone."""


class RefusedError(DeliveryError):
    """The messenger refuses this very message, and would refuse it again."""


class LimitedError(DeliveryError):
    """The messenger wants this chat left alone for longer than anybody waits."""


class UnreachableError(DeliveryError):
    """The network, a proxy or the messenger itself is out; nobody can be written to now."""


class UncertainError(UnreachableError):
    """It went out on the way: the message may have arrived, and nobody can tell."""


Saying = Callable[[], Awaitable[object]]


class Door(Protocol):
    """What a door says in its own way; all of it raises ``DeliveryError``."""

    def answers_by_screen(self, turn: Turn, replies: Sequence[Reply]) -> bool:
        """Tell whether saying the replies answers the press, too."""
        ...

    async def acknowledge(self, turn: Turn, replies: Sequence[Reply]) -> None:
        """Answer a press by itself, beside whatever else goes out."""
        ...

    def sayings(self, turn: Turn, replies: Sequence[Reply]) -> Sequence[Saying]:
        """Return what says the replies, in order; each is tried by itself."""
        ...

    async def tell(self, turn: Turn, word: str) -> None:
        """Show a passing word (plain text) where the turn's screen will be."""
        ...

    async def excuse(self, turn: Turn, trouble: Screen) -> None:
        """Tell the person that something is wrong on our side; their buttons stay."""
        ...

    async def refuse(self, refused: Refused, words: str) -> None:
        """Say why something does not become a move."""
        ...

    async def write(self, account: Account, screen: Screen, *, once: bool) -> None:
        """Show a screen that nobody asked for, as a new message.

        With ``once`` it is not tried again where it may have arrived: ``UncertainError``.
        """
        ...

    def without_secrets(self, text: str) -> str:
        """Blot out of a text what must not reach the log."""
        ...


class BulkPace:
    """Spaces the messages that nobody waits for, over all chats and in each."""

    def __init__(self, *, a_second: float, chat_seconds: float) -> None:
        """Allow so many messages a second over all, and one in so many seconds in a chat."""
        self._all = AsyncLimiter(1, 1 / a_second)
        self._chat_seconds = chat_seconds
        self._next_in_chat: dict[object, float] = {}

    async def slot(self) -> None:
        """Wait until one more message may go out to anybody."""
        await self._all.acquire()

    async def turn(self, chat: object) -> None:
        """Wait until one more message may go out to this chat."""
        now = asyncio.get_running_loop().time()
        due = max(now, self._next_in_chat.get(chat, now))
        self._next_in_chat[chat] = due + self._chat_seconds
        if len(self._next_in_chat) > 1000:
            self._next_in_chat = {c: at for c, at in self._next_in_chat.items() if at > now}
        await asyncio.sleep(due - now)
        await self.slot()


class _Queue:
    """One person's place: their turns in order, and their replies in the order of the turns."""

    __slots__ = ("__weakref__", "newest", "sending", "turns")

    def __init__(self) -> None:
        self.turns = asyncio.Lock()
        self.sending = asyncio.Lock()
        self.newest: dict[int | str, Turn] = {}
        """For each pressed message the last turn that shows a screen in it."""


class Delivery:
    """Takes what people do to the conversation, and its replies and messages to people."""

    def __init__(
        self,
        talk: Talk,
        door: Door,
        *,
        clock: Callable[[], datetime],
        pace: Pace,
    ) -> None:
        """Connect a door; ``clock`` gives the time in UTC."""
        self._talk = talk
        self._door = door
        self._clock = clock
        self._pace = pace
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._queues: WeakValueDictionary[str, _Queue] = WeakValueDictionary()
        self._committed = 0
        self._going_out: set[asyncio.Task[None]] = set()
        self._answered = Recent(PRESS_SECONDS, clock=time.monotonic)
        self._refused = Recent(REFUSAL_SECONDS, clock=time.monotonic)
        self._handed = Recent(HANDED_SECONDS, clock=time.monotonic)

    async def receive(self, event: Event, *, persevere: bool = True) -> asyncio.Task[None] | None:
        """Take an event; return after the commit, and where a file comes of it, after that is out.

        What is returned is done when the replies are out; None means that there are none. With
        ``persevere`` a fault is tried until it is gone or known to be the event's own, without it
        the fault is raised after a few tries.
        """
        match event:
            case Turn():
                return await self._turn(event, persevere=persevere)
            case Membership():
                await self._membership(event, persevere=persevere)
                return None
            case Refused():
                return self._go_out(self._refuse(event))

    async def idle(self) -> None:
        """Wait until every reply to what was received is out."""
        while self._going_out:
            await asyncio.wait(self._going_out)

    async def close(self) -> None:
        """Let the last replies go out for a moment."""
        if self._going_out:
            _, late = await asyncio.wait(self._going_out, timeout=self._pace.farewell)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    # Turns: what has to be committed.

    async def _turn(self, turn: Turn, *, persevere: bool) -> asyncio.Task[None] | None:
        queue = self._queue(turn.move.account)
        async with queue.turns:
            replies = await self._carried_out(
                lambda: self._talk.take(turn.move, partial(self._tell, turn)),
                excuse=lambda: self._go_out(self._excuse(turn)),
                what=turn.move.move_id,
                persevere=persevere,
            )
            if replies is None:
                return None
            if turn.message is not None and any(isinstance(it, Screen) for it in replies):
                queue.newest[turn.message] = turn
            hands = any(isinstance(reply, Document) for reply in replies)
            if hands and not self._handed.first_time(_which(turn)):
                replies = [reply for reply in replies if not isinstance(reply, Document)]
            # Within the lock, so that replies queue in the order of the turns; the next turn
            # does not wait for them.
            sending = self._go_out(self._reply(turn, replies, queue))
        if hands:
            # No later press would bring it: whoever has the event keeps it until the file is out.
            await asyncio.wait([sending])
        return sending

    async def _tell(self, turn: Turn, word: str) -> None:
        """Show a passing word; where it can't be shown, what it is about comes all the same."""
        try:
            await self._door.tell(turn, word)
        except DeliveryError as error:
            log.info("a passing word is not shown: %s", error)

    async def _membership(self, change: Membership, *, persevere: bool) -> None:
        since = change.at if change.blocked else None
        async with self._queue(change.account).turns:
            await self._carried_out(
                lambda: self._talk.blocked(change.account, since),
                excuse=lambda: None,
                what="a block or its end",
                persevere=persevere,
            )

    async def _carried_out(
        self,
        action: Callable[[], Awaitable[_T]],
        *,
        excuse: Callable[[], object],
        what: str,
        persevere: bool,
    ) -> _T | None:
        """Carry out one turn, again after a fault; return None where it is given up.

        A turn is given up only when the fault is its own: after all tries, if the exception is
        one of ``BUGS``, or if another turn has committed meanwhile, which shows that the database
        works. While nobody's turn commits, the database is out: the update stays unconfirmed and
        is tried on, until ``Pace.patience`` ends even that for a bot with nobody else in it.
        """
        committed_before = self._committed

        async def tried() -> _T:
            # A slot is held by a turn, not by a pause between tries, and a person's queue
            # has one turn at a time: neither a fault nor a flood takes others' slots.
            async with self._slots:
                result = await action()
            self._committed += 1
            return result

        def hopeless(state: RetryCallState) -> bool:
            return state.attempt_number >= self._pace.tries and (
                not persevere
                or isinstance(error_of(state), BUGS)
                or self._committed > committed_before
                or (state.seconds_since_start or 0) > self._pace.patience
            )

        def noted(state: RetryCallState) -> None:
            error = error_of(state)
            if state.attempt_number < self._pace.tries:
                log.warning("%s is tried again after %s", what, type(error).__name__)
            elif state.attempt_number == self._pace.tries:
                excuse()
                if persevere:
                    log.error("%s fails: %s", what, traced(error, self._door))

        def retrying() -> AsyncRetrying:
            return AsyncRetrying(
                retry=retry_if_exception_type(Exception),
                stop=hopeless,
                wait=self._pace.backoff,
                after=noted,
                reraise=True,
            )

        try:
            return await retried(tried, retrying)
        except Exception:
            if not persevere:
                raise
            log.error("%s is passed over", what)  # noqa: TRY400 - the traceback was logged above
            return None

    def _queue(self, account: Account) -> _Queue:
        queue = self._queues.get(account.key)
        if queue is None:
            queue = self._queues[account.key] = _Queue()
        return queue

    # Replies: what may fail, because the next press shows the current screen.

    def _go_out(self, sending: Coroutine[object, object, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(sending)
        self._going_out.add(task)
        task.add_done_callback(self._going_out.discard)
        return task

    async def _reply(self, turn: Turn, replies: Sequence[Reply], queue: _Queue) -> None:
        unanswered = bool(turn.press) and self._answered.first_time(_which(turn))
        if unanswered and not self._door.answers_by_screen(turn, replies):
            # By itself: a press is answered soon, however slow the messages are.
            self._go_out(self._acknowledge(turn, replies))
            unanswered = False
        async with queue.sending:
            if turn.message is not None and queue.newest.get(turn.message) is not turn:
                # Of presses on one message only the last screen is shown: who presses faster
                # than the messenger edits waits for one call, not for all.
                replies = [reply for reply in replies if not isinstance(reply, Screen)]
                if unanswered:
                    self._go_out(self._acknowledge(turn, replies))
            for say in self._door.sayings(turn, replies):
                await self._tried("a message is not sent", say(), turn.move.account)

    async def _acknowledge(self, turn: Turn, replies: Sequence[Reply]) -> None:
        await self._tried("a press is not answered", self._door.acknowledge(turn, replies))

    async def _excuse(self, turn: Turn) -> None:
        """Tell the person that something is wrong on our side, once for each of their moves."""
        if self._answered.first_time(_which(turn)):
            trouble = self._talk.trouble(turn.move.language)
            saying = self._door.excuse(turn, trouble)
            await self._tried("an excuse is not said", saying, turn.move.account)

    async def _refuse(self, refused: Refused) -> None:
        key = refused.press or (refused.chat if refused.reason == "group" else None)
        if key is None or self._refused.first_time(key):
            words = self._talk.refusal(refused.reason, refused.language)
            await self._tried("a refusal is not said", self._door.refuse(refused, words))

    async def _tried(
        self, what: str, saying: Awaitable[object], account: Account | None = None
    ) -> None:
        """Say something to a person; log what goes wrong."""
        try:
            await saying
        except BlockedError:
            if account is not None:
                await self._remember_blocked(account)
        except DeliveryError as error:
            log.warning("%s: %s", what, error)
        except Exception as error:  # noqa: BLE001 - one reply must not stop the person's queue
            log.error("%s: %s", what, traced(error, self._door))  # noqa: TRY400 - without secrets

    async def _remember_blocked(self, account: Account) -> None:
        try:
            await self._talk.blocked(account, self._clock())
        except Exception as error:  # noqa: BLE001 - the next message meets the same refusal
            log.error("a blocked bot is not noted: %s", traced(error, self._door))  # noqa: TRY400 - as above


def _which(turn: Turn) -> object:
    """Name a move among all; what a messenger calls a press may be all presses' on a keyboard."""
    return turn.move.account, turn.move.move_id


async def retried(
    attempt: Callable[[], Awaitable[_T]], retrying: Callable[[], AsyncRetrying]
) -> _T:
    """Attempt something, again as tenacity says; what succeeds at once does not pay for it.

    tenacity takes 30 µs for each call, which was a seventh of a tap's CPU.
    """
    try:
        return await attempt()
    except Exception as error:  # noqa: BLE001 - what is to be tried again is tenacity's to say
        failed: Exception | None = error

    async def again() -> _T:
        nonlocal failed
        if failed is not None:
            first, failed = failed, None
            raise first
        return await attempt()

    return await retrying()(again)


def traced(error: BaseException, door: Door) -> str:
    """Return the traceback without secrets, which a library's errors carry in addresses."""
    return door.without_secrets("".join(traceback.format_exception(error)))


def error_of(state: RetryCallState) -> BaseException:
    """Return the fault after which tenacity asks."""
    error = state.outcome.exception() if state.outcome is not None else None
    if error is None:
        raise ValueError("nothing has failed")
    return error


class Recent:
    """Remembers for a while what was done, so that it is not done twice; its size is bounded."""

    def __init__(self, seconds: float, *, clock: Callable[[], float], size: int = 10_000) -> None:
        self._seconds = seconds
        self._clock = clock
        self._size = size
        self._done: dict[object, float] = {}

    def first_time(self, key: object) -> bool:
        """Tell whether this is the first time within the span, and remember it."""
        now = self._clock()
        if key in self._done and now - self._done[key] < self._seconds:
            return False
        self._done.pop(key, None)
        if len(self._done) >= self._size:
            del self._done[next(iter(self._done))]
        self._done[key] = now
        return True
