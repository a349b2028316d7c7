"""What a person decides about themselves: name, language, reminders, data, another device."""

from dataclasses import replace
from html import escape

from course_bot.conversation import certificates
from course_bot.conversation.actions import (
    Action,
    Arrive,
    AskToErase,
    Belonging,
    Erase,
    Erased,
    Export,
    GoOn,
    Join,
    Key,
    MakeLink,
    Me,
    Menu,
    Remind,
    Rename,
    ShowLink,
    Speak,
    StaleError,
    Stored,
    Welcome,
)
from course_bot.conversation.help import to_team, ways
from course_bot.conversation.lessons import go_on
from course_bot.conversation.port import Button, Document, Screen, Tell
from course_bot.conversation.routes import Audience, Read, handout, place, reading_place, verb
from course_bot.conversation.short_links import ended, ends_at, make_anew, stamp, token
from course_bot.conversation.stage import Row, Stage, button, go_to
from course_bot.conversation.welcome import take_name
from course_bot.learning.joining import join as join_people
from course_bot.learning.progress import ErasedPerson, LinkMade, LinkUsed
from course_bot.locale.phrases import LANGUAGES, Language
from course_bot.organisations.records import Role
from course_bot.storage.exporting import Everything, Figures, Sums
from course_bot.storage.joining import Linked, LinkedPeople
from course_bot.storage.organisations import Membership, Memberships
from course_bot.storage.outbox import WRITING_DOORS
from course_bot.storage.store import Decision
from course_bot.tokens import digest

ORGANISATIONS = 20
"""How many of the person's organisations have a key: with the other keys, a screen's 30 rows."""
LINK_PAYLOAD = "go-"
"""What the payload of a personal link begins with."""
_PURPOSE = "personal link"


def memberships(stage: Stage, _at: Me) -> Memberships:
    """Ask what the person is in which organisations."""
    return Memberships(stage.person.id)


def me(stage: Stage, _at: Me, belongs: tuple[Membership, ...]) -> Screen:
    """Show what is known of the person and what they may change."""
    p, person = stage.phrases, stage.person
    name = person.name or p.t("not given")
    other: Language = "ru" if person.language == "en" else "en"
    lines = [
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
    rows: list[Row] = [(button(p.t("✏ Change the name"), Rename()),)]
    # In its own language: whoever came into the wrong one must be able to read the way back.
    rows.append((button("🌐 По-русски" if other == "ru" else "🌐 In English", Speak(other)),))
    if stage.door in WRITING_DOORS:
        lines.append(_about_reminders(stage))
        switch = p.t("🔕 Pause reminders") if person.reminders else p.t("🔔 Remind me again")
        rows.append((button(switch, Remind(int(not person.reminders))),))
    for each in belongs[:ORGANISATIONS]:
        label = f"🏫 {each.name}"
        if each.role is Role.COORDINATOR:
            label = p.t("👥 Coordinator: {name}", name=each.name)
        if each.role is Role.ADMINISTRATOR:
            label = p.t("🔑 Administrator: {name}", name=each.name)
        rows.append((button(label, Belonging(Key(each.organisation), each.role)),))
    rows += to_team(p, belongs)
    if (more := len(belongs) - ORGANISATIONS) > 0:
        lines.append(
            p.many("And {count} more organisation.", "And {count} more organisations.", more)
        )
    rows += certificates.keys(stage, *stage.course.tracks)
    rows.append((button(p.t("📱 Another device"), MakeLink()),))
    rows.append((button(p.t("🔒 What is stored"), Stored()),))
    return Screen(
        heading=p.html("About me"),
        text="\n\n".join(lines),
        rows=(*rows, *ways(stage, primary=True)),
    )


def _about_reminders(stage: Stage) -> str:
    p = stage.phrases
    if stage.person.reminders:
        return p.html(
            "If you have not looked in for three days and lessons are left, I will write to you:"
            " three times at most."
        )
    return p.html("Reminders are paused: I will not write first.")


def rename(stage: Stage, _at: Rename) -> Screen:
    """Ask for another name."""
    p = stage.phrases
    return Screen(
        heading=p.html("What should we call you?"),
        text=p.html("Write your name and patronymic, as you want to see them in the report."),
        rows=((button(p.t("Leave it as it is"), Me()),),),
    )


def take_new_name(stage: Stage, text: str) -> Decision:
    """Take a typed name."""
    return take_name(stage, text, Me(), stage.phrases.t("The name is saved."))


def speak(stage: Stage, wanted: Speak) -> Decision:
    """Change the interface's language."""
    known = next((each for each in LANGUAGES if each == wanted.language), None)
    if known is None:
        raise StaleError
    return Decision(person=go_to(replace(stage.person, language=known), Me()))


def remind(stage: Stage, wanted: Remind) -> Decision:
    """Pause the reminders, or have them again."""
    return Decision(person=go_to(replace(stage.person, reminders=wanted.on > 0), Me()))


def figures(stage: Stage, _at: Stored) -> Figures:
    """Ask how much is stored about the person."""
    return Figures(stage.person.id)


def stored(stage: Stage, _at: Stored, sums: Sums) -> Screen:
    """Say what is stored, how much of it, why, and how to get or delete it."""
    p = stage.phrases
    text = "\n\n".join(
        (
            p.html(
                "• your name, role, language and the messengers' numbers for you;\n"
                "• which steps you have read, when and in which messenger you were last here;\n"
                "• your answers in the quizzes and their points;\n"
                "• the organisations you have joined, and that you agreed to it;\n"
                "• the certificates issued to you: name, course, organisation, day;\n"
                "• the figures of the statistics sheets that you sent; the files are not kept."
            ),
            p.html(
                "By now that is: devices — {accounts}, attempts at quizzes — {attempts}, answers"
                " — {answers}, organisations — {memberships}, consents — {consents}, certificates"
                " — {certificates}, days of schools from your sheets — {school_days}.",
                accounts=sums.accounts,
                attempts=sums.attempts,
                answers=sums.answers,
                memberships=sums.memberships,
                consents=sums.consents,
                certificates=sums.certificates,
                school_days=sums.school_days,
            ),
            p.html(
                "It is needed to keep your place and for the report on the training. Your messages"
                " and phone number are not stored. Only a question without an answer is kept for"
                " 90 days: without you, without names and figures."
            ),
        )
    )
    rows = (
        (button(p.t("⬇ All in one file"), Export()),),
        (button(p.t("🗑 Delete everything"), AskToErase()),),
        (button(p.t("← About me"), Me()),),
    )
    return Screen(heading=p.html("What is stored about you"), text=text, rows=rows)


def export(stage: Stage, _wanted: Export) -> Decision:
    """Hand the person everything that is stored about them."""
    return Decision(person=go_to(stage.person, Stored()), document=str(Export()))


async def everything(stage: Stage, _wanted: Export, read: Read, _tell: Tell) -> list[Document]:
    """Make the file of all that is stored about the person."""
    content = await read(Everything(stage.person.id))
    return [Document(name="course-bot.json", content=content)]


def ask_to_erase(stage: Stage, _at: AskToErase) -> Screen:
    """Make sure that everything is to be deleted."""
    p = stage.phrases
    return Screen(
        heading=p.html("Delete everything?"),
        text=p.html(
            "Your name, progress, results and answers will be gone,"
            " at every device and messenger you use here. You will belong to no organisation any"
            " more, and your certificates will be withdrawn: whoever checks one reads just that."
            " It cannot be undone."
        ),
        rows=((button(p.t("No, keep it"), Stored()),), (button(p.t("Yes, delete"), Erase()),)),
    )


def erase(stage: Stage, _wanted: Erase) -> Decision:
    """Delete everything, from the screen that asks whether to; from anywhere else it is stale.

    Of somebody who has never been here, or is deleted already, nothing is left either.
    """
    if stage.person.place not in ("", str(AskToErase())):
        raise StaleError
    return Decision(person=go_to(stage.person, Erased()), records=(ErasedPerson(at=stage.at),))


def erased(stage: Stage, _at: Erased) -> Screen:
    """Say that everything is deleted, to who is nobody now."""
    p = stage.phrases
    return Screen(
        heading=p.html("Everything about you is deleted."),
        text=p.html("If you want to begin anew, just press."),
        rows=((button(p.t("Begin anew"), Welcome(), primary=True),),),
    )


def make_link(stage: Stage, _wanted: MakeLink) -> Decision:
    """Make a personal link; it is derived from the server's secret, so only a digest is kept."""
    issued, mark = stamp(stage)
    record = LinkMade(
        digest=digest(token(stage, _PURPOSE, issued, mark)), expires_at=ends_at(issued, mark)
    )
    return Decision(person=go_to(stage.person, ShowLink(issued, mark)), records=(record,))


def show_link(stage: Stage, at: ShowLink) -> Screen:
    """Show a personal link, or that it has ended."""
    p = stage.phrases
    if stage.at >= ends_at(at.issued, at.mark):
        return Screen(
            text=ended(p),
            rows=(
                (button(make_anew(p), MakeLink(), primary=True),),
                (button(p.t("← About me"), Me()),),
            ),
        )
    payload = LINK_PAYLOAD + token(stage, _PURPOSE, at.issued, at.mark)
    parts = [
        p.html(
            "Open a link there: your progress comes with you. It works once and for 15 minutes."
            " Do not show it to others: whoever opens it goes on as you."
        ),
    ]
    local = stage.addresses.local
    doors = {
        "max": (p.html("In MAX:"), p.t("Open in MAX")),
        "telegram": (p.html("In Telegram:"), p.t("Open in Telegram")),
        "browser": (
            p.html("In another browser on this computer:") if local else p.html("In the browser:"),
            p.t("Open in the browser"),
        ),
    }
    rows: list[Row] = []
    for door, url in stage.addresses.links(payload).items():
        if door == "browser" and local and stage.door != "browser":
            continue
        where, label = doors[door]
        parts.append(f"{where}\n<code>{escape(url)}</code>")
        if door != stage.door:
            rows.append((Button(label=label, url=url),))
    rows.append((button(p.t("← About me"), Me()),))
    return Screen(
        heading=p.html("Go on on another device"), text="\n\n".join(parts), rows=tuple(rows)
    )


def arrive(stage: Stage, secret: str) -> Decision:
    """Open a personal link: ask whether to go on here as whoever made it.

    The place keeps the link's digest and not its secret; nobody gets there by a press alone.
    """
    link = digest(secret)
    return _without_joining(stage, _linked(stage, link)) or Decision(
        person=go_to(stage.person, Arrive(link))
    )


def _linked(stage: Stage, link: str) -> Linked | None:
    return stage.look_up(LinkedPeople(link=link, at=stage.at, opened_by=stage.person.id))


def _without_joining(stage: Stage, found: Linked | None) -> Decision | None:
    """Return what to do about a link that joins nobody."""
    p, person = stage.phrases, stage.person
    if not person.place or person.place.startswith(f"{Arrive.name}:"):
        person = go_to(person, Menu() if person.track else Welcome())
    if found is None:
        notice = p.t("This link has ended. Please make a new one there: /me.")
        return Decision(person=person, notice=notice)
    if found.person.id == person.id:
        notice = p.t("This is the same progress already. Nothing to move.")
        return Decision(person=person, notice=notice)
    return None


def ask_to_join(stage: Stage, _at: Arrive) -> Screen:
    """Ask whether to go on here with the progress of another device."""
    p = stage.phrases
    if stage.person.track:
        about = p.html(
            "You have been learning here too. Both will be joined: no answer and no passed lesson"
            " is lost."
        )
        yes = p.t("Yes, join them")
        no: Action = Menu()
    else:
        about = p.html(
            "Whoever made this link has begun to learn: their name, lessons and results will be"
            " here as well. If that was not you, press “No, leave it”."
        )
        yes = p.t("Yes, go on here")
        no = Welcome()
    return Screen(
        heading=p.html("Go on here with the progress from the other device?"),
        text=about,
        rows=((button(yes, Join(), primary=True),), (button(p.t("No, leave it"), no),)),
    )


def join(stage: Stage, _wanted: Join) -> Decision:
    """Follow the personal link that was asked about."""
    person = stage.person
    name, *words = person.place.split(":")
    if name != Arrive.name:
        raise StaleError
    link = Arrive.read(words).digest
    found = _linked(stage, link)
    nobody = _without_joining(stage, found)
    if nobody is not None or found is None:
        return nobody or Decision(person=person)
    joined, record = join_people(found.person, person, found.log, stage.course.renamed)
    there = stage.after(joined)
    place, *_ = joined.place.split(":")
    if place in (ShowLink.name, Arrive.name):
        # The link was made or followed from there, and has done its work: on to learning.
        joined = go_on(there, GoOn()).person if joined.track else go_to(joined, Welcome())
    return Decision(
        person=joined,
        records=(LinkUsed(digest=link), record),
        notice=there.phrases.t("Your progress is here now."),
    )


ROUTES = (
    reading_place(Me, memberships, me, who=Audience.ANYBODY),
    place(Rename, rename, who=Audience.ANYBODY),
    reading_place(Stored, figures, stored, who=Audience.ANYBODY),
    place(AskToErase, ask_to_erase, who=Audience.ANYBODY),
    place(Erased, erased, who=Audience.ANYBODY, by_button=False),
    place(ShowLink, show_link, who=Audience.ANYBODY),
    place(Arrive, ask_to_join, who=Audience.ANYBODY, by_button=False),
    verb(Speak, speak, who=Audience.ANYBODY),
    verb(Remind, remind, who=Audience.ANYBODY),
    handout(Export, export, everything, who=Audience.ANYBODY),
    verb(Erase, erase, who=Audience.ANYBODY),
    verb(MakeLink, make_link, who=Audience.ANYBODY),
    verb(Join, join, who=Audience.ANYBODY),
)
