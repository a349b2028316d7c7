"""What every messenger speaks: moves come in, replies go out; the tightest limit is everyone's.

A messenger turns what a person did into a ``Move``, hands it to ``Conversation.take`` and renders
what comes back. It decides nothing.
"""

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from html import escape
from typing import Literal, Protocol
from unicodedata import normalize

from course_bot.content.pictures import Picture
from course_bot.errors import CourseError
from course_bot.locale.phrases import Language
from course_bot.markup import shown
from course_bot.questions.parts import LETTERS
from course_bot.sheets.figures import FILE_BYTES
from course_bot.storage import Account

ACTION_BYTES = 63
"""Telegram Bot API, InlineKeyboardButton.callback_data: 1 to 64 bytes; its door needs one."""
TEXT_CHARS = 4000
"""MAX Bot API, NewMessageBody.text: up to 4000 characters (Telegram: 4096)."""
PAYLOAD = re.compile(r"[A-Za-z0-9_-]{0,64}", re.ASCII)
"""Telegram, deep linking: a start parameter has up to 64 of these characters."""
ROWS = 30
"""MAX Bot API, inline keyboard: up to 30 rows."""
ROW_BUTTONS = 7
"""MAX Bot API, inline keyboard: up to 7 buttons in a row."""
ROW_LINKS = 3
"""MAX Bot API, inline keyboard: up to 3 link buttons in a row."""
LABEL_CHARS = 64
"""Ours (MAX allows 128): longer labels are cut by a 320-pixel phone."""
NOTICE_CHARS = 200
"""Telegram Bot API, answerCallbackQuery.text: 0 to 200 characters."""
CAPTION_CHARS = 1024
"""Telegram Bot API, sendPhoto.caption: 0 to 1024 characters after entities parsing."""
BESIDE_PICTURE = f"beside a picture a text has at most {CAPTION_CHARS} characters"
SHORT_LABEL = 20
"""MAX shows so many characters of a label: a longer option stands in the text, with a sign."""
FILE_NAME_CHARS = 100
"""Ours: more of a file's name is nowhere shown."""
WROTE_CHARS = 4096
"""Telegram: the longest message a person can write. A door refuses what is longer."""


class PortError(CourseError):
    """A reply that some messenger could not show: names the limit and what broke it."""

    def __init__(self, limit: str, value: object) -> None:
        super().__init__(f"{limit}: {value!r}")
        self.limit = limit
        self.value = value


@dataclass(frozen=True, slots=True, kw_only=True)
class _Move:
    """What every move carries.

    ``move_id`` is unique for the account (at most 64 characters): the same move delivered twice
    has the same one. ``at`` is UTC. ``name`` is what the messenger calls the person, as they
    typed it there, or empty; ``language`` is the one of ours that the messenger's language
    settings come nearest to.
    """

    account: Account
    move_id: str
    at: datetime
    name: str = ""
    language: Language = "ru"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened(_Move):
    """The person opened the conversation, perhaps through a link with a payload.

    The payload comes from outside: it may be anything, of any length.
    """

    payload: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pressed(_Move):
    """The person pressed a button; the action comes from outside and may be stale or forged."""

    action: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrote(_Move):
    """The person wrote a text; a command is a text that starts with a slash.

    The text is normalised (Unicode, form NFC): some keyboards write «й» as two characters, and no
    search and no comparison further in would know it again.
    """

    text: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", normalize("NFC", self.text))


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file that somebody sent, which nobody has read yet.

    ``name`` is what they call it, which is good for nothing but to be shown: of whatever comes
    from outside it is the last part of the path, printable, in Unicode's form NFC, at most
    ``FILE_NAME_CHARS`` long; it may be empty. ``size`` is in bytes, None where the messenger does
    not tell. ``fetch`` brings the content, once or again; it raises ``TooLargeError`` for more
    than ``FILE_BYTES``, ``GoneError`` where it can't be had however often one asks, and anything
    else for what may pass.
    """

    name: str
    size: int | None
    fetch: Callable[[], Awaitable[bytes]] = field(repr=False, compare=False)

    def __post_init__(self) -> None:
        last = re.split(r"[/\\]", self.name)[-1]
        shown_name = "".join(filter(str.isprintable, normalize("NFC", last))).strip()
        object.__setattr__(self, "name", shown_name[:FILE_NAME_CHARS])

    @property
    def too_large(self) -> bool:
        """Whether its size alone says that it is more than ``FILE_BYTES``."""
        return self.size is not None and self.size > FILE_BYTES


class TooLargeError(CourseError):
    """A file of more than ``FILE_BYTES``."""


class GoneError(CourseError):
    """A file that its messenger does not give out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent(_Move):
    """The person sent something that is not text: a ``file``, or else a contact, a sticker.

    A photo comes without a file: no figures can be read from it.
    """

    file: Attachment | None = None


Move = Opened | Pressed | Wrote | Sent


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """A button under a screen: it presses an ``action`` or opens a ``url``, never both.

    ``primary``: the way on that most people want; a screen has one at most. ``disabled``: it
    keeps its place, and can't be pressed yet; a messenger that can't show that lets it be pressed,
    and the answer is what comes first.
    """

    label: str
    action: str = ""
    url: str = ""
    primary: bool = False
    disabled: bool = False

    def __post_init__(self) -> None:
        if bool(self.action) == bool(self.url):
            raise PortError("a button has either an action or a url", self)
        _check_action(self.action)
        if self.url and not self.url.startswith(("https://", "http://")):
            raise PortError("a link begins with https:// or http://", self.url)
        if not self.label or len(self.label) > LABEL_CHARS:
            raise PortError(f"a label has 1 to {LABEL_CHARS} characters", self.label)


def _check_action(action: str) -> None:
    if len(action.encode()) > ACTION_BYTES:
        raise PortError(f"an action has at most {ACTION_BYTES} bytes", action)


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """A part of a question to be pressed; ``text`` is whole, in the HTML subset.

    ``mark`` is 0 for what is not taken; else 1 for what is ticked, its place in an order from 1,
    or the number of the term that a meaning was given to, from 1. ``disabled``: it can't be
    pressed now.
    """

    text: str
    action: str
    mark: int = 0
    disabled: bool = False

    def __post_init__(self) -> None:
        _check_action(self.action)


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """How a question is answered: what a messenger that can do so shows as a form.

    ``kind`` is "choice", "multiple", "order", "match" or "number". ``hint`` says what to do next
    (HTML subset). ``options`` keep their places for as long as the question waits; ``terms`` are
    those of a match, each to be given one of them. ``keys`` take the last tap back and answer;
    they are there from the beginning.
    """

    kind: str
    hint: str
    options: tuple[Option, ...] = ()
    terms: tuple[str, ...] = ()
    keys: tuple[Button, ...] = ()

    @property
    def _labels(self) -> tuple[str, ...]:
        """What each option is called on its key: its text, or where one is long a sign."""
        texts = tuple(shown(option.text) for option in self.options)
        mark = "" if self.kind == "choice" else f"{TICK} "
        if all(len(mark + text) <= SHORT_LABEL for text in texts):
            return texts
        return self.signs

    @property
    def signs(self) -> tuple[str, ...]:
        """The options' signs: letters where numbers count places or terms, else numbers."""
        count = len(self.options)
        if self.kind in ("order", "match"):
            return tuple(LETTERS[:count])
        return tuple(str(place) for place in range(1, count + 1))

    def spelled(self) -> tuple[tuple[str, ...], tuple[tuple[Button, ...], ...]]:
        """Put the form into paragraphs and rows of keys, for messengers that know only these."""
        labels = self._labels
        signed = labels == self.signs
        lines = [
            f"{self._tick(option)}{sign}. {option.text}"
            for sign, option in zip(labels, self.options, strict=True)
            if signed and not (self.kind == "match" and option.mark)
        ]
        taken = sorted(
            (option.mark, label, option.text)
            for label, option in zip(labels, self.options, strict=True)
            if option.mark
        )
        so_far = ""
        if self.kind == "order":
            so_far = " → ".join(f"<b>{label}</b>" for _, label, _ in taken)
        elif self.kind == "match":
            given = {at: text for at, _, text in taken}
            so_far = "\n".join(
                f"<b>{term}</b> — {given.get(at, '…')}" for at, term in enumerate(self.terms, 1)
            )
        paragraphs = ("\n".join(lines), so_far, f"<i>{self.hint}</i>")
        return tuple(filter(None, paragraphs)), self._rows(labels)

    def _tick(self, option: Option) -> str:
        if self.kind != "multiple":
            return ""
        return f"{TICK if option.mark else NO_TICK} "

    def _rows(self, labels: tuple[str, ...]) -> tuple[tuple[Button, ...], ...]:
        made = tuple(
            Button(
                label=f"{self._tick(option)}{label}"
                if self.kind == "multiple" or not option.mark
                else f"{TAKEN} {label}",
                action=option.action,
                disabled=option.disabled,
            )
            for label, option in zip(labels, self.options, strict=True)
        )
        short = all(len(label) <= 2 for label in labels)
        rows = ((made,) if made else ()) if short else tuple((each,) for each in made)
        return (*rows, self.keys) if self.keys else rows


TICK, NO_TICK, TAKEN = "☑", "☐", "✓"


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far the person is: in which lesson (``title``, plain), where in it in words (plain).

    ``share`` is that of the lesson which is done, from 0.0 to 1.0.
    """

    title: str
    words: str
    share: float


Tone = Literal["", "right", "partly", "wrong", "passed"]
"""What a screen tells by its colour besides its words: of an answer, or that all is done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """What the person sees now, shown in place of the last screen.

    ``heading`` and ``text`` are in the HTML subset of ``course_bot.markup`` (b, i, code;
    escaped), lines parted by line feeds. ``form`` is how a question is answered. ``lasting``:
    the screen stays in the chat as it is, without its keys; what comes next is shown below it.
    """

    text: str = ""
    rows: tuple[tuple[Button, ...], ...] = ()
    heading: str = ""
    form: Form | None = None
    picture: Picture | None = None
    progress: Progress | None = None
    tone: Tone = ""
    lasting: bool = False

    def __post_init__(self) -> None:
        text, rows = self.spelled()
        if not text.strip() or len(text) > TEXT_CHARS:
            raise PortError(f"a text has 1 to {TEXT_CHARS} characters", text)
        if self.picture and len(shown(text)) > CAPTION_CHARS:
            raise PortError(BESIDE_PICTURE, shown(text))
        if len(rows) > ROWS:
            raise PortError(f"a screen has at most {ROWS} rows of buttons", len(rows))
        for row in rows:
            if not 1 <= len(row) <= ROW_BUTTONS:
                raise PortError(f"a row has 1 to {ROW_BUTTONS} buttons", row)
            if sum(1 for button in row if button.url) > ROW_LINKS:
                raise PortError(f"a row has at most {ROW_LINKS} links", row)
        if sum(1 for row in rows for button in row if button.primary) > 1:
            raise PortError("a screen has one primary button at most", self)

    def spelled(self) -> tuple[str, tuple[tuple[Button, ...], ...]]:
        """Put all of the screen into one text and rows of buttons.

        So it is shown where a messenger knows nothing else. All of the screen is in them but
        its picture.
        """
        head = ""
        if self.progress:
            title = escape(self.progress.title, quote=False)
            head = f"<i>{title}\n{escape(self.progress.words, quote=False)}</i>"
        heading = f"<b>{self.heading}</b>" if self.heading else ""
        under, rows = self.form.spelled() if self.form else ((), ())
        # What is asked stands right above the answers, after what leads to it.
        said = (self.text, heading) if self.form else (heading, self.text)
        parts = (head, *said, *under)
        return "\n\n".join(filter(None, parts)), (*rows, *self.rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A short remark on what was just done (plain text): a toast, not a message to keep.

    A ``lasting`` one is a message of its own, and the next screen comes below it.
    """

    text: str
    lasting: bool = False

    def __post_init__(self) -> None:
        if not 1 <= len(self.text) <= NOTICE_CHARS:
            raise PortError(f"a notice has 1 to {NOTICE_CHARS} characters", self.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A file for the person to keep; one whose name ends in ``.png`` is shown as a picture.

    ``about`` says what is to be seen in it (plain text): the caption of a picture, and what is
    read out to who can't see it.
    """

    name: str
    content: bytes = field(repr=False)
    about: str = ""

    def __post_init__(self) -> None:
        if len(self.about) > CAPTION_CHARS:
            raise PortError(f"a caption has at most {CAPTION_CHARS} characters", self.about)

    @property
    def picture(self) -> bool:
        """Whether it is to be seen at once."""
        return self.name.endswith(".png")


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """An entry of the messenger's command menu: a name without its slash, and what it does."""

    name: str
    about: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Commands:
    """The command menu that somebody has from now on, in the language that they read.

    A door speaks that language too. ``usual``: it is everybody's, in the language that the
    messenger's settings come nearest to.
    """

    entries: tuple[Command, ...]
    language: Language
    usual: bool


@dataclass(frozen=True, slots=True)
class Erased:
    """The person is deleted: where something of the talk is kept, it is to be forgotten."""


Reply = Screen | Notice | Document | Commands | Erased
Tell = Callable[[str], Awaitable[None]]
"""Shows a passing word (plain text) while something is made that takes its time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """What the bot says by itself, lent to a door that will send it to this account.

    ``id`` names the message where the door tells what became of it. ``once``: it is to be lost
    rather than come twice, so ``Talk.begin`` is asked before it is sent, and it is not tried
    again where it may have arrived.
    """

    id: int
    account: Account
    screen: Screen
    once: bool


class Talk(Protocol):
    """What a messenger needs of the conversation."""

    async def take(self, move: Move, tell: Tell | None = None) -> Sequence[Reply]:
        """Carry out one move and return what to show, after it is committed.

        ``tell`` shows a passing word while a file is made that takes its time. Replies come in
        the order notices, documents, at most one screen, and the command menu where it is
        another one now.
        Raises nothing that a person caused; an exception here is a fault of ours or of the
        database, and the same move may be handed in again.
        """
        ...

    async def blocked(self, account: Account, since: datetime | None) -> None:
        """Remember since when (UTC) the person can't be written to; None: they can be again.

        Their next move says so too.
        """
        ...

    async def outgoing(self, door: str, now: datetime) -> Sequence[Outgoing]:
        """Lend some of the messages that are due at a door now (UTC), at most one a person.

        Each is lent for five minutes: one of which nothing was told by then is due again, unless
        it was begun. An empty list means that nothing is due.
        """
        ...

    async def begin(self, message: int, now: datetime) -> bool:
        """Note that a message is about to be sent (UTC), and tell whether it may be.

        It may not where somebody else has begun it, or it is not lent any more. Once begun, it
        is never lent again, unless its door tells that it was not sent.
        """
        ...

    async def delivered(self, message: int, now: datetime) -> None:
        """Remember that a message that was lent has been sent (UTC); only now it counts so."""
        ...

    async def undelivered(
        self, message: int, now: datetime, *, reason: str, lasting: bool
    ) -> None:
        """Remember that a message that was lent could not be sent (UTC), and why.

        A ``lasting`` reason (blocked, no such chat, refused) gives it up; any other lets it be
        due again after a pause that grows: then it is certain that it did not arrive, or it may
        come twice.
        """
        ...

    async def commands(self, language: Language, account: Account | None = None) -> Commands:
        """List the command menu of an account's person, or else everybody's.

        ``language`` is what the messenger's settings come nearest to; a person's own goes before.
        """
        ...

    def trouble(self, language: Language) -> Screen:
        """Return the screen for a fault on our side: nothing is lost, press again in a while."""
        ...

    def refusal(self, reason: str, language: Language) -> str:
        """Word why a door refuses something before it becomes a move (plain text).

        Reasons: "group" (the bot works in private chats only), "too_long" (a text over
        WROTE_CHARS), "too_large" (a request over its limit), "too_large_file" (a file over
        FILE_BYTES).
        """
        ...
