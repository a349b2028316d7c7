"""What a person decides about themselves: name, language, reminders, data, another device."""

import hmac
import re
from base64 import urlsafe_b64encode
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import blake2b, sha256
from html import escape

from course_bot.conversation.help import ways
from course_bot.conversation.port import Button, Screen
from course_bot.conversation.stage import (
    Actions,
    Outcome,
    Places,
    Row,
    Stage,
    StaleError,
    button,
    goes,
    index,
)
from course_bot.conversation.welcome import clean_name, nameless
from course_bot.locale.phrases import LANGUAGES, Language
from course_bot.storage.store import PersonalLink

LINK_LIVES = timedelta(minutes=15)
LINK_PAYLOAD = "go-"
"""What the payload of a personal link begins with."""
REMINDING_DOORS = ("telegram",)
"""The doors at which the bot can write first."""
_SECOND = re.compile(r"\d{1,10}", re.ASCII)
"""A second since 1970; one digit more would be a year that no calendar here knows."""
_TOKEN = re.compile(r"[A-Za-z0-9_-]{22}", re.ASCII)
_MARK = re.compile(r"[0-9a-f]{10}", re.ASCII)


def me(stage: Stage) -> Screen:
    """Show what is known of the person and what they may change."""
    p, person = stage.phrases, stage.person
    name = person.name or p.t("not given")
    other: Language = "ru" if person.language == "en" else "en"
    lines = [
        p.html("<b>About me</b>"),
        "\n".join(
            (
                p.html("Name in reports: <b>{name}</b>", name=name),
                p.html("Track: {title}", title=stage.track.title),
                p.html(
                    "Language: {language}",
                    language=LANGUAGES[person.language],
                ),
            )
        ),
    ]
    rows: list[Row] = [(button(p.t("✏ Change the name"), "rename"),)]
    # In its own language: whoever came into the wrong one must be able to read the way back.
    rows.append((button("🌐 По-русски" if other == "ru" else "🌐 In English", "speak", other),))
    if stage.door in REMINDING_DOORS:
        lines.append(_about_reminders(stage))
        switch = p.t("🔕 Pause reminders") if person.reminders else p.t("🔔 Remind me again")
        rows.append((button(switch, "remind", int(not person.reminders)),))
    rows.append((button(p.t("📱 Go on on another device"), "link"),))
    rows.append((button(p.t("🔒 What is stored about me"), "stored"),))
    return Screen(text="\n\n".join(lines), rows=(*rows, *ways(stage)))


def _about_reminders(stage: Stage) -> str:
    p = stage.phrases
    if stage.person.reminders:
        return p.html(
            "If you have not looked in for three days and lessons are left, I will write to you:"
            " three times at most."
        )
    return p.html("Reminders are paused: I will not write first.")


def rename(stage: Stage) -> Screen:
    """Ask for another name."""
    p = stage.phrases
    return Screen(
        text=p.html("Write your name and patronymic, as you want to see them in the report."),
        rows=((button(p.t("Leave it as it is"), "me"),),),
    )


def take_new_name(stage: Stage, text: str) -> Outcome:
    """Take a typed name."""
    p, name = stage.phrases, clean_name(text)
    if not name:
        return nameless(stage)
    return Outcome(
        person=goes(replace(stage.person, name=name), "me"), notice=p.t("The name is saved.")
    )


def speak(stage: Stage, language: str) -> Outcome:
    """Change the interface's language."""
    known = next((each for each in LANGUAGES if each == language), None)
    if known is None:
        raise StaleError
    return Outcome(person=goes(replace(stage.person, language=known), "me"))


def remind(stage: Stage, wanted: str) -> Outcome:
    """Pause the reminders, or have them again."""
    person = replace(stage.person, reminders=index(wanted) > 0)
    return Outcome(person=goes(person, "me"))


def stored(stage: Stage) -> Screen:
    """Say what is stored, why, and how to get or delete it."""
    p = stage.phrases
    text = "\n\n".join(
        (
            p.html("<b>What is stored about you</b>"),
            p.html(
                "• your name, role, language and the messenger's number for you;\n"
                "• which steps you have read, and when you were last here;\n"
                "• your answers in the quizzes and their points."
            ),
            p.html(
                "It is needed to keep your place and for the report on the training. Your messages"
                " and phone number are not stored."
            ),
        )
    )
    rows = (
        (button(p.t("⬇ Everything as a file"), "export"),),
        (button(p.t("🗑 Delete everything"), "forget"),),
        (button(p.t("← About me"), "me"),),
    )
    return Screen(text=text, rows=rows)


def export(stage: Stage) -> Outcome:
    """Hand the person everything that is stored about them."""
    return Outcome(person=goes(stage.person, "stored"), export=True)


def ask_to_forget(stage: Stage) -> Screen:
    """Make sure that everything is to be deleted."""
    p = stage.phrases
    return Screen(
        text=p.html(
            "<b>Delete everything?</b>\n\nYour name, progress, results and answers will be gone,"
            " at every device and messenger you use here. It cannot be undone."
        ),
        rows=((button(p.t("No, keep it"), "stored"),), (button(p.t("Yes, delete"), "erase"),)),
    )


def erase(stage: Stage) -> Outcome:
    """Delete everything, from the screen that asks whether to; from anywhere else it is stale."""
    if stage.person.place != "forget":
        raise StaleError
    p = stage.phrases
    farewell = Screen(
        text=p.html("Everything about you is deleted. If you want to begin anew, just press."),
        rows=((button(p.t("Begin anew"), "welcome"),),),
    )
    return Outcome(person=stage.person, forget=True, screen=farewell)


def issue_link(stage: Stage) -> Outcome:
    """Make a personal link; it is derived from the server's secret, so only a digest is kept."""
    issued = f"{stage.at.timestamp():.0f}"
    # Two devices may ask in the same second: each gets a link of its own.
    mark = blake2b(stage.move_id.encode(), digest_size=5).hexdigest()
    link = PersonalLink(
        digest=digest(_token(stage, issued, mark)),
        expires_at=datetime.fromtimestamp(int(issued), UTC) + LINK_LIVES,
    )
    return Outcome(person=goes(stage.person, "carry", issued, mark), link=link)


def carry(stage: Stage, issued: str, mark: str) -> Screen:
    """Show a personal link, or that it has ended."""
    p = stage.phrases
    if not _SECOND.fullmatch(issued) or not _MARK.fullmatch(mark):
        raise StaleError
    made = int(issued)
    if stage.at >= datetime.fromtimestamp(made, UTC) + LINK_LIVES:
        return Screen(
            text=p.html("This link has ended: it lives for 15 minutes. You can make a new one."),
            rows=((button(p.t("Make a new link"), "link"),), (button(p.t("← About me"), "me"),)),
        )
    payload = LINK_PAYLOAD + _token(stage, issued, mark)
    page, bot = stage.addresses.page, stage.addresses.telegram_bot
    parts = [
        p.html("<b>Go on on another device</b>"),
        p.html(
            "Open a link there: your progress comes with you. It works once and for 15 minutes."
            " Do not show it to others: whoever opens it goes on as you."
        ),
    ]
    rows: list[Row] = []
    if page and (stage.door == "browser" or not stage.addresses.local):
        url = f"{page}/#start={payload}"
        where = (
            p.html("In another browser on this computer:")
            if stage.addresses.local
            else p.html("In the browser:")
        )
        parts.append(f"{where}\n<code>{escape(url)}</code>")
        if stage.door != "browser":
            rows.append((Button(label=p.t("Open in the browser"), url=url),))
    if bot:
        url = f"https://t.me/{bot}?start={payload}"
        where = p.html("In Telegram:")
        parts.append(f"{where}\n<code>{escape(url)}</code>")
        if stage.door != "telegram":
            rows.append((Button(label=p.t("Open in Telegram"), url=url),))
    rows.append((button(p.t("← About me"), "me"),))
    return Screen(text="\n\n".join(parts), rows=tuple(rows))


def _token(stage: Stage, issued: str, mark: str) -> str:
    """Derive a link's secret (132 bits) from the person, and the second and move it is made in."""
    message = f"personal link {stage.person.id} {issued} {mark}".encode()
    return urlsafe_b64encode(hmac.digest(stage.secret, message, "sha256")).decode()[:22]


def digest(token: str) -> str:
    """Return what is stored of a link's secret."""
    return sha256(token.encode()).hexdigest()


def arrive(stage: Stage, token: str) -> Outcome:
    """Open a personal link: at once where there is nothing to lose, else after asking."""
    if not _TOKEN.fullmatch(token):
        raise StaleError
    if not stage.person.track:
        return Outcome(person=stage.person, join=token)
    p = stage.phrases
    asking = Screen(
        text=p.html(
            "<b>Go on here with the progress from the other device?</b>\n\nYou have been learning"
            " here too. Both will be joined: no answer and no passed lesson is lost."
        ),
        rows=(
            (button(p.t("Yes, join them"), "join", token),),
            (button(p.t("No, leave it"), "menu"),),
        ),
    )
    return Outcome(person=goes(stage.person, "menu"), screen=asking)


def join(stage: Stage, token: str) -> Outcome:
    """Carry out a personal link that was asked about."""
    if not _TOKEN.fullmatch(token):
        raise StaleError
    return Outcome(person=goes(stage.person, "menu"), join=token)


PLACES: Places = {
    "me": me,
    "rename": rename,
    "stored": stored,
    "forget": ask_to_forget,
    "carry": carry,
}
ACTIONS: Actions = {
    "speak": speak,
    "remind": remind,
    "export": export,
    "erase": erase,
    "link": issue_link,
    "join": join,
}
