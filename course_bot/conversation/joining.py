"""Invites as one meets them: whose they are, who will see what, consent, the way in and out."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from html import escape
from math import ceil

from course_bot.conversation.actions import (
    LATEST,
    Accept,
    Action,
    AskRole,
    AskToLeave,
    AskToRemove,
    AskToResign,
    Begin,
    Belonging,
    ChooseAssigned,
    GoOn,
    Invited,
    Key,
    Leave,
    Me,
    Menu,
    NameForReport,
    NoInvite,
    Resign,
    School,
    SignAsOffered,
    StaleError,
    StayNameless,
    TakeTrack,
    Unit,
    Welcome,
)
from course_bot.conversation.days import told
from course_bot.conversation.help import ways
from course_bot.conversation.lessons import go_on
from course_bot.conversation.listing import NAME_CHARS, brief, cut, day_of, local
from course_bot.conversation.port import Screen
from course_bot.conversation.routes import Audience, place, reading_place, verb
from course_bot.conversation.stage import Row, Stage, button, go_to, shortened
from course_bot.conversation.team import home
from course_bot.conversation.welcome import begin, clean_name, take_name
from course_bot.learning.progress import next_lesson
from course_bot.locale.phrases import Phrases
from course_bot.organisations.invites import TOKEN
from course_bot.organisations.records import (
    Act,
    Audited,
    GuessedWrong,
    JoinedOrganisation,
    LeftOrganisation,
    Role,
)
from course_bot.reports.people import shown_name
from course_bot.storage.organisations import (
    AssignedTracks,
    Duties,
    Duty,
    Guesses,
    Invite,
    Membership,
    Memberships,
    OpenedInvite,
    Shown,
)
from course_bot.storage.store import Decision
from course_bot.tokens import digest

WORDINGS: Mapping[Role, str] = {
    Role.LEARNER: "2026-11-30",
    Role.COORDINATOR: "2026-11-30",
    Role.ADMINISTRATOR: "2026-11-30",
}
"""The version of the wording that one agrees to for a role, in both languages: it is stored with
the consent. Whoever changes ``consent`` for a role gives that one a new version."""
GUESSES_COUNT_FOR = timedelta(hours=1)
GUESSES = 5
"""How many wrong invites one may try in that time."""
GUESSES_OF_ALL = 200
"""If all people together have tried more than this, everybody has one."""


class Fault(StrEnum):
    """Why nobody can join by an invite."""

    BROKEN = "broken"
    UNKNOWN = "unknown"
    EXPIRED = "expired"
    USED_UP = "used"
    WITHDRAWN = "withdrawn"


def open_invite(stage: Stage, token: str) -> Decision:
    """Open an invite: ask whether to join by it, or say why one can't.

    The place keeps the digest of its secret; nobody gets there by a press alone.

    Args:
        stage: of somebody who is at some place already.
        token: what follows ``in-`` in the payload: from outside, of any form.
    """
    if not TOKEN.fullmatch(token):  # no guess: a link that was cut short, or torn by a messenger
        return Decision(person=go_to(stage.person, NoInvite(Fault.BROKEN)))
    found = stage.look_up(_opened(stage, digest(token)))
    wait = _wait(found.guesses, stage.at)
    if wait:
        p = stage.phrases
        notice = p.t(
            "Several invites that do not exist were opened here. To keep guessing slow, the next"
            " one can be opened in {minutes}.",
            minutes=p.many("{count} minute", "{count} minutes", wait),
        )
        return Decision(person=stage.person, notice=notice)
    if found.invite is None:
        return Decision(
            person=go_to(stage.person, NoInvite(Fault.UNKNOWN)),
            records=() if found.archived else (GuessedWrong(at=stage.at),),
        )
    return _without_joining(stage, found, found.invite) or Decision(
        person=go_to(stage.person, Invited(found.invite.digest))
    )


def _opened(stage: Stage, digest: str) -> OpenedInvite:
    since = stage.at - GUESSES_COUNT_FOR
    return OpenedInvite(digest=digest, person=stage.person.id, since=since)


def _wait(guesses: Guesses, at: datetime) -> int:
    """Return for how many minutes no invite may be opened by whoever has tried wrong ones."""
    if guesses.first is None or guesses.last is None:
        return 0
    everybody = guesses.all > GUESSES_OF_ALL
    if guesses.own < (1 if everybody else GUESSES):
        return 0
    until = (guesses.last if everybody else guesses.first) + GUESSES_COUNT_FOR
    return max(1, ceil((until - at) / timedelta(minutes=1)))


def _without_joining(stage: Stage, found: Shown, invite: Invite) -> Decision | None:
    """Return what to do about an invite by which this person can't join."""
    if invite.role in found.roles:
        person, p = stage.person, stage.phrases
        if person.place.startswith(f"{Invited.name}:"):
            person = go_to(person, _home(stage))
        notice = p.t("You are in “{name}” already.", name=shortened(invite.name))
        return Decision(person=person, notice=notice)
    fault = _fault(invite, stage.at)
    return Decision(person=go_to(stage.person, NoInvite(fault))) if fault else None


def _fault(invite: Invite, at: datetime) -> Fault | None:
    if invite.valid(at):
        return None
    if invite.withdrawn_at is not None:
        return Fault.WITHDRAWN
    return Fault.EXPIRED if invite.expires_at <= at else Fault.USED_UP


def _home(stage: Stage) -> Action:
    return Menu() if stage.person.track else Welcome()


def no_invite(stage: Stage, at: NoInvite) -> Screen:
    """Say why nobody can join by the invite, and what to do."""
    p = stage.phrases
    match at.reason:
        case Fault.BROKEN:
            heading = p.html("The invite's link is not whole.")
            text = p.html(
                "Part of it was lost on the way, as"
                " when it is copied by hand. Open the link itself once more, or the QR code, or"
                " copy all of it."
            )
        case Fault.UNKNOWN:
            heading = p.html("There is no such invite.")
            text = p.html(
                "Perhaps a character of the link is wrong, it"
                " is meant for another course, or its organisation takes no part any more. Ask"
                " whoever gave it to you for a new one."
            )
        case Fault.EXPIRED:
            heading = p.html("This invite has ended.")
            text = p.html(
                "Each is good until a certain day. Ask whoever gave it to you for a new one."
            )
        case Fault.USED_UP:
            heading = p.html("This invite has been used.")
            text = p.html(
                "No more people can join by it. Ask whoever gave it to you for one of your own."
            )
        case Fault.WITHDRAWN:
            heading = p.html("This invite was withdrawn.")
            text = p.html(
                "Whoever made it has taken it back. Ask for a new one, if you should join."
            )
        case _:
            raise StaleError
    if stage.person.track:
        return Screen(heading=heading, text=text, rows=ways(stage, primary=True))
    without = p.html("You can take the course without an invite too, and join later.")
    return Screen(
        heading=heading,
        text=f"{text}\n\n{without}",
        rows=((button(p.t("To the course"), Welcome(), primary=True),),),
    )


def shown(stage: Stage, at: Invited) -> OpenedInvite:
    """Ask for the invite."""
    return _opened(stage, at.digest)


def invited(stage: Stage, _at: Invited, found: Shown) -> Screen:
    """Show whose the invite is, as what one joins, and who will see what; ask for consent."""
    p, invite = stage.phrases, found.invite
    fault = Fault.UNKNOWN if invite is None else _fault(invite, stage.at)
    if invite is None or fault:
        return no_invite(stage, NoInvite(fault or Fault.UNKNOWN))
    heading = p.html(
        "✉ Invite: {name} ({kind})", name=cut(invite.name, NAME_CHARS), kind=invite.kind
    )
    parts = [_asked_as(p, invite.role), *consent(p, invite.role, cut(invite.name, NAME_CHARS))]
    if not stage.person.track:
        parts.insert(1, f"<b>{escape(stage.course.title)}</b>\n{escape(stage.course.about)}")
        parts.append(
            p.html(
                "🔒 We store the name you give, your role and your answers, to keep your place"
                " and for the report on the training. You can see and delete all of it: /me."
            )
        )
    return Screen(
        heading=heading,
        text="\n\n".join(parts),
        rows=(
            (button(p.t("Agree and join"), Accept(), primary=True),),
            (button(p.t("Not now"), GoOn() if stage.person.unfinished else _home(stage)),),
        ),
    )


def _asked_as(p: Phrases, role: Role) -> str:
    if role is Role.LEARNER:
        return p.html("You are invited to take the training with your colleagues.")
    if role is Role.ADMINISTRATOR:
        return p.html(
            "You are invited as the school's administrator: to send its statistics sheets, read"
            " what they say, and see how many have completed the training."
        )
    return p.html("You are invited as a coordinator: to help with the training and follow it.")


def consent(p: Phrases, role: Role, name: str) -> tuple[str, ...]:
    """Word what one agrees to, as paragraphs in the HTML subset; its version: ``WORDINGS``."""
    leaving = p.html("You can leave at any time: /me.")
    if role is Role.LEARNER:
        return (
            p.html(
                "👀 If you agree, the coordinators of “{name}” and of the organisations above it"
                " will see your name, which lessons you have begun and passed, the scores, and"
                " the days on which you joined, passed and were last here. They will not see your"
                " single answers.",
                name=name,
            ),
            leaving
            + " "
            + p.html(
                "Then you are in their reports no longer; if you have completed the training, a"
                " mark without your name stays in the totals."
            ),
        )
    if role is Role.ADMINISTRATOR:
        return (
            p.html(
                "👀 If you agree, you may send the statistics sheets of “{name}” here and will see"
                " how many of its people have completed the training: numbers, no names. Of a"
                " sheet its figures are kept, not the file.",
                name=name,
            ),
            p.html(
                "The coordinators of “{name}” and of the organisations above it see these figures,"
                " your name, and that you have sent them.",
                name=name,
            ),
            leaving + " " + p.html("The figures that you have sent stay with the school."),
        )
    return (
        p.html(
            "👀 If you agree, you will see for “{name}” and the organisations below it who takes"
            " the training: names, lessons passed, scores and days. Use that for the training"
            " only. Other coordinators there see your name; whom you invite, what you download"
            " and when you remind people is recorded.",
            name=name,
        ),
        leaving,
    )


def accept(stage: Stage, _wanted: Accept) -> Decision:
    """Join by the invite that was asked about: ask for the name, or go on."""
    name, *words = stage.person.place.split(":")
    if name != Invited.name:
        raise StaleError
    found = stage.look_up(_opened(stage, Invited.read(words).digest))
    invite = found.invite
    if invite is None:
        return Decision(person=go_to(stage.person, NoInvite(Fault.UNKNOWN)))
    refused = _without_joining(stage, found, invite)
    if refused is not None:
        return refused
    joined = JoinedOrganisation(
        invite=invite.key,
        organisation=invite.organisation,
        role=invite.role,
        wording=WORDINGS[invite.role],
        at=stage.at,
    )
    audited = Audited(
        organisation=invite.organisation, act=Act.JOINED, at=stage.at, about=invite.role
    )
    records = (joined,) if invite.role is Role.LEARNER else (joined, audited)
    organisation = Key(invite.organisation)
    if stage.person.name:
        then = _onward(stage, organisation, invite.role)
    else:
        person = go_to(stage.person, NameForReport(organisation, invite.role))
        then = Decision(person=person)
    return Decision(
        person=then.person,
        records=(*records, *then.records),
        notice=_welcomed(stage, invite),
    )


def _welcomed(stage: Stage, invite: Invite) -> str:
    """Say what somebody has joined, and who sees what of it from now on; it stays in the chat."""
    p, name = stage.phrases, shortened(invite.name)
    if invite.role is Role.LEARNER:
        return p.t(
            "You have joined “{name}”. Its coordinators and those above see your name, lessons and"
            " scores, but not your single answers.",
            name=name,
        )
    if invite.role is Role.ADMINISTRATOR:
        return p.t(
            "You have joined “{name}” as its administrator: you may send its statistics sheets;"
            " coordinators see their figures and your name.",
            name=name,
        )
    return p.t(
        "You have joined “{name}” as a coordinator: you see how its people get on, and other"
        " coordinators see your name.",
        name=name,
    )


def _onward(stage: Stage, organisation: Key, role: str) -> Decision:
    """Go on after joining, without taking anything away that is begun."""
    person = stage.person
    if role == Role.COORDINATOR:
        return Decision(person=go_to(person, Unit(organisation)))
    if role == Role.ADMINISTRATOR:
        return Decision(person=go_to(person, School(organisation, LATEST)))
    tracks = [
        track
        for track in stage.look_up(AssignedTracks(organisation))
        if track in stage.course.tracks
    ]
    if not person.track:
        if len(tracks) == 1:
            return begin(stage, Begin(tracks[0]))
        return Decision(
            person=go_to(person, ChooseAssigned(organisation) if tracks else AskRole())
        )
    other = [track for track in tracks if next_lesson(stage.course.tracks[track], person)]
    if other and person.track not in tracks:
        return Decision(person=go_to(person, ChooseAssigned(organisation)))
    return go_on(stage, GoOn()) if person.unfinished else Decision(person=go_to(person, Menu()))


def name_for_report(stage: Stage, _at: NameForReport) -> Screen:
    """Ask for the name once more."""
    p = stage.phrases
    text = p.html(
        "Write your name and patronymic: by these your colleagues will know you there. Without a"
        " name you stand there as “{nobody}”.",
        nobody=shown_name(p, "", stage.person.id),
    )
    rows: list[Row] = []
    offered = clean_name(stage.offered_name)
    if offered:
        rows.append((button(offered, SignAsOffered(), primary=True),))
    rows.append((button(p.t("Without a name"), StayNameless()),))
    return Screen(heading=p.html("The report needs a name."), text=text, rows=tuple(rows))


def take_typed_name(stage: Stage, text: str) -> Decision:
    """Take the typed name for the report, and go on."""
    asked = _asked_for_name(stage)
    named = take_name(stage, text, asked)
    if not named.person.name:
        return named
    return _onward(stage.after(named.person), asked.organisation, asked.role)


def sign_as_offered(stage: Stage, _wanted: SignAsOffered) -> Decision:
    """Take the name that the messenger gives, and go on."""
    return take_typed_name(stage, stage.offered_name)


def stay_nameless(stage: Stage, _wanted: StayNameless) -> Decision:
    """Go on without a name."""
    asked = _asked_for_name(stage)
    return _onward(stage, asked.organisation, asked.role)


def _asked_for_name(stage: Stage) -> NameForReport:
    name, *words = stage.person.place.split(":")
    if name != NameForReport.name:
        raise StaleError
    return NameForReport.read(words)


def duties(stage: Stage, _at: ChooseAssigned) -> Duties:
    """Ask what is assigned to the person."""
    return Duties(stage.person.id)


def choose_assigned(stage: Stage, at: ChooseAssigned, found: tuple[Duty, ...]) -> Screen:
    """Offer the tracks that an organisation assigns; what is begun stays where it is."""
    p, person, course = stage.phrases, stage.person, stage.course
    theirs = [
        duty
        for duty in found
        if duty.organisation == at.organisation and duty.track in course.tracks
    ]
    if not theirs:
        text = p.html("Nothing is assigned to you there now.")
        return Screen(text=text, rows=_other_ways(stage, primary=True))
    lines = []
    rows: list[Row] = []
    for duty in theirs:
        track = course.tracks[duty.track]
        today = local(stage, duty.zone).date()
        due = p.html(" · by {day}", day=told(p, duty.due, today)) if duty.due else ""
        lines.append(f"<b>{escape(track.title)}</b>{due}\n{escape(track.about)}")
        take = TakeTrack(track.id) if person.track else Begin(track.id)
        rows.append((button(p.t("Begin “{title}”", title=track.title), take, primary=not rows),))
    if person.track:
        lines.append(
            p.html(
                "You are taking “{title}”. What you have passed stays passed, and your place is"
                " kept: you can come back by /track.",
                title=stage.track.title,
            )
        )
    return Screen(
        heading=p.html("“{name}” asks you to take:", name=cut(theirs[0].name, NAME_CHARS)),
        text="\n\n".join(lines),
        rows=(*rows, *_other_ways(stage)),
    )


def _other_ways(stage: Stage, *, primary: bool = False) -> tuple[Row, ...]:
    if stage.person.track:
        return ways(stage, primary=primary)
    return ((button(stage.phrases.t("Another track"), AskRole(), primary=primary),),)


def memberships(stage: Stage, _at: Belonging | AskToLeave | AskToResign) -> Memberships:
    """Ask what the person is in which organisations."""
    return Memberships(stage.person.id)


def belonging(stage: Stage, at: Belonging, found: tuple[Membership, ...]) -> Screen:
    """Show since when the person is in an organisation, and who sees what because of it."""
    p, own = stage.phrases, _own(found, at.organisation, at.role)
    if own is None:
        return _not_there(stage)
    day = day_of(stage, own.joined_at, own.zone)
    role = p.html("You learn here since {day}.", day=day)
    if own.role is Role.COORDINATOR:
        role = p.html("You coordinate here since {day}.", day=day)
    out: Action = AskToLeave(at.organisation)
    if own.role is Role.ADMINISTRATOR:
        role = p.html("You are the school's administrator here since {day}.", day=day)
        out = AskToResign(at.organisation)
    rows: list[Row] = []
    if own.role is not Role.LEARNER:
        rows.append((button(p.t("← The organisation"), home(own)),))
    if own.role is Role.COORDINATOR:
        out = AskToRemove(at.organisation, Key(stage.person.id), own.role)
    rows.append((button(p.t("Leave the organisation"), out),))
    rows.append((button(p.t("← About me"), Me()),))
    return Screen(
        heading=f"{brief(own.name, NAME_CHARS)} ({escape(own.kind)})",
        text="\n\n".join((role, *who_sees(p, own.role))),
        rows=tuple(rows),
    )


def who_sees(p: Phrases, role: Role) -> tuple[str, ...]:
    """Say briefly who sees what of a member."""
    if role is Role.LEARNER:
        return (
            p.html(
                "Its coordinators and those above it see your name, which lessons you have begun"
                " and passed, scores and days. They do not see your single answers."
            ),
        )
    if role is Role.ADMINISTRATOR:
        return (
            p.html(
                "You may send its statistics sheets and see how many have completed the course,"
                " without names. Its coordinators and those above it see the sheets' figures, your"
                " name, and that you have sent them."
            ),
        )
    return (
        p.html(
            "You see how those who learn here and below get on. Other coordinators see your name,"
            " whom you invite, what you download and when you remind people."
        ),
    )


def ask_to_leave(stage: Stage, at: AskToLeave, found: tuple[Membership, ...]) -> Screen:
    """Make sure that the learner wants to leave."""
    p, own = stage.phrases, _own(found, at.organisation, Role.LEARNER)
    if own is None:
        return _not_there(stage)
    stay = Belonging(at.organisation, Role.LEARNER)
    return Screen(
        heading=p.html("Leave “{name}”?", name=cut(own.name, NAME_CHARS)),
        text=p.html(
            "You disappear from its reports; your lessons and results stay yours. To come back you"
            " need a new invite."
        ),
        rows=(
            (button(p.t("No, stay"), stay),),
            (button(p.t("Yes, leave"), Leave(at.organisation)),),
        ),
    )


def leave(stage: Stage, wanted: Leave) -> Decision:
    """Leave an organisation as a learner, from the screen that asks whether to."""
    if stage.person.place != str(AskToLeave(wanted.organisation)):
        raise StaleError
    return _left(stage, wanted.organisation, Role.LEARNER)


def ask_to_resign(stage: Stage, at: AskToResign, found: tuple[Membership, ...]) -> Screen:
    """Make sure that a school's administrator wants to be it no more."""
    p, own = stage.phrases, _own(found, at.organisation, Role.ADMINISTRATOR)
    if own is None:
        return _not_there(stage)
    return Screen(
        heading=p.html("Be administrator of “{name}” no more?", name=cut(own.name, NAME_CHARS)),
        text=p.html(
            "You send its sheets no more and do not see how many have completed the course; your"
            " own lessons and results stay yours. The figures that you have sent stay with the"
            " school. To come back you need a new invite."
        ),
        rows=(
            (button(p.t("No, stay"), Belonging(at.organisation, Role.ADMINISTRATOR)),),
            (button(p.t("Yes, leave"), Resign(at.organisation)),),
        ),
    )


def resign(stage: Stage, wanted: Resign) -> Decision:
    """Be a school's administrator no more, from the screen that asks whether to."""
    if stage.person.place != str(AskToResign(wanted.organisation)):
        raise StaleError
    return _left(stage, wanted.organisation, Role.ADMINISTRATOR)


def _left(stage: Stage, organisation: Key, role: Role) -> Decision:
    """Leave an organisation in a role; whoever did more there than learn leaves a trace of it."""
    own = _own(stage.look_up(Memberships(stage.person.id)), organisation, role)
    if own is None:
        raise StaleError
    left = LeftOrganisation(organisation=organisation, role=role, at=stage.at)
    audited = Audited(organisation=organisation, act=Act.REMOVED, at=stage.at, about=role)
    return Decision(
        person=go_to(stage.person, Me()),
        records=(left,) if role is Role.LEARNER else (left, audited),
        notice=stage.phrases.t("You have left “{name}”.", name=shortened(own.name)),
    )


def _own(found: tuple[Membership, ...], organisation: Key, role: str) -> Membership | None:
    return next(
        (each for each in found if each.organisation == organisation and each.role == role), None
    )


def _not_there(stage: Stage) -> Screen:
    p = stage.phrases
    return Screen(
        text=p.html("You are not in this organisation, or not any more."),
        rows=((button(p.t("← About me"), Me()),),),
    )


ROUTES = (
    reading_place(Invited, shown, invited, who=Audience.ANYBODY, by_button=False),
    place(NoInvite, no_invite, who=Audience.ANYBODY, by_button=False),
    place(NameForReport, name_for_report, who=Audience.ANYBODY, by_button=False),
    reading_place(ChooseAssigned, duties, choose_assigned, who=Audience.ANYBODY),
    reading_place(Belonging, memberships, belonging, who=Audience.ANYBODY),
    reading_place(AskToLeave, memberships, ask_to_leave, who=Audience.ANYBODY),
    reading_place(AskToResign, memberships, ask_to_resign, who=Audience.ANYBODY),
    verb(Accept, accept, who=Audience.ANYBODY),
    verb(SignAsOffered, sign_as_offered, who=Audience.ANYBODY),
    verb(StayNameless, stay_nameless, who=Audience.ANYBODY),
    verb(Leave, leave, who=Audience.ANYBODY),
    verb(Resign, resign, who=Audience.ANYBODY),
)
