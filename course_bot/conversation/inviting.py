"""Inviting others into an organisation, and removing them: what its coordinators do there."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from html import escape

from course_bot.conversation.actions import (
    Action,
    Administrators,
    AskToRemove,
    AskToWithdraw,
    Coordinators,
    InviteBelow,
    InviteCode,
    InvitePaper,
    Inviting,
    Key,
    MakeInvite,
    Me,
    Remove,
    ShowInvite,
    StaleError,
    Unit,
    Withdraw,
)
from course_bot.conversation.days import told
from course_bot.conversation.listing import (
    NAME_CHARS,
    brief,
    count_pages,
    cut,
    day_of,
    local,
    page_of,
    turning,
)
from course_bot.conversation.port import Button, Document, Screen, Tell
from course_bot.conversation.routes import Audience, Read, handout, reading_place, verb
from course_bot.conversation.stage import Row, Stage, button, go_to, shortened
from course_bot.conversation.team import no_access, scope
from course_bot.locale.phrases import Phrases
from course_bot.organisations.invites import KEY, last_day, make_invite, payload, token
from course_bot.organisations.records import Act, Audited, InviteWithdrawn, LeftOrganisation, Role
from course_bot.organisations.tree import zone_of
from course_bot.reports.files import file_name
from course_bot.reports.invite_sheet import Door, InviteSheet, invite_sheet_pdf
from course_bot.reports.people import shown_name
from course_bot.reports.qr import qr_png
from course_bot.storage.members import FoundMember, InvitingTo, MemberOf, Members, MembersOf
from course_bot.storage.members import Inviting as FoundInviting
from course_bot.storage.organisations import AssignedTracks, Invite, InviteOfKey, UnitOf
from course_bot.storage.organisations import Unit as FoundUnit
from course_bot.storage.store import Decision
from course_bot.tokens import digest


@dataclass(frozen=True, slots=True, kw_only=True)
class _Link:
    """A way in: the door's id, what it is called, the link."""

    door: str
    called: str
    address: str


# The invites into an organisation.


def invites(stage: Stage, at: Inviting) -> InvitingTo:
    """Ask for an organisation and the invites into it."""
    return InvitingTo(scope=scope(stage, at.organisation), at=stage.at)


def inviting(stage: Stage, at: Inviting, found: FoundInviting | None) -> Screen:
    """Offer to invite, and show the invites that can still be used."""
    if found is None:
        return no_access(stage)
    p, here = stage.phrases, at.organisation
    parts = [
        p.html(
            "An invite is a link. Whoever opens it and agrees is seen in the reports of this"
            " organisation; a coordinator sees them."
        ),
    ]
    if not found.unit.children:
        parts.append(
            p.html(
                "A school's administrator may send its statistics sheets and sees how many have"
                " completed the course: numbers, no names."
            )
        )
    rows: list[Row] = [
        (button(p.t("🎓 Invite to learn"), MakeInvite(here, Role.LEARNER), primary=True),),
        (button(p.t("👥 Invite a coordinator"), MakeInvite(here, Role.COORDINATOR)),),
    ]
    if not found.unit.children:
        rows.append((_invite_administrator(p, here),))
    if found.invites:
        parts.append(p.html("These invites can be used now:"))
        shown, number = page_of(found.invites, at.page)
        rows += [(button(_line(stage, each), ShowInvite(each.key)),) for each in shown]
        pages = count_pages(len(found.invites))
        rows += turning(p, number, pages, lambda page: Inviting(here, page))
    if found.unit.children:
        rows.append((button(p.t("🏫 Invite to an organisation below"), InviteBelow(here, 1)),))
    rows.append((button(p.t("👥 Coordinators"), Coordinators(here, 1)),))
    if not found.unit.children:
        rows.append((button(p.t("🔑 Administrators"), Administrators(here, 1)),))
    rows.append((button(p.t("← The organisation"), Unit(here)),))
    return Screen(
        heading=p.html("Invites: {name}", name=cut(found.unit.organisation.name, NAME_CHARS)),
        text="\n\n".join(parts),
        rows=tuple(rows),
    )


def _invite_administrator(p: Phrases, here: Key) -> Button:
    return button(
        p.t("🔑 Invite the school's administrator"), MakeInvite(here, Role.ADMINISTRATOR)
    )


def _line(stage: Stage, invite: Invite) -> str:
    p, today = stage.phrases, local(stage, invite.zone).date()
    day = told(p, _last_day(stage, invite), today)
    used = p.many("{count} joined", "{count} joined", invite.uses)
    if invite.role is Role.LEARNER:
        return p.t("🎓 by {day} · {used}", day=day, used=used)
    if invite.role is Role.ADMINISTRATOR:
        return p.t("🔑 by {day} · {used}", day=day, used=used)
    return p.t("👥 by {day} · {used}", day=day, used=used)


def _last_day(stage: Stage, invite: Invite) -> date:
    return last_day(invite.expires_at, zone_of(invite.zone, stage.zone))


def unit(stage: Stage, at: InviteBelow) -> UnitOf:
    """Ask for an organisation and those right below it."""
    return UnitOf(scope=scope(stage, at.organisation))


def below(stage: Stage, at: InviteBelow, found: FoundUnit | None) -> Screen:
    """Offer the organisations right below one."""
    if found is None:
        return no_access(stage)
    p, here = stage.phrases, at.organisation
    shown, number = page_of(found.children, at.page)
    rows: list[Row] = [(button(each.name, Inviting(Key(each.id), 1)),) for each in shown]
    pages = count_pages(len(found.children))
    rows += turning(p, number, pages, lambda page: InviteBelow(here, page))
    rows.append((button(p.t("← Invites"), Inviting(here, 1)),))
    return Screen(
        heading=p.html("{name}: where to invite?", name=cut(found.organisation.name, NAME_CHARS)),
        text=p.html(
            "Whoever is invited to a school counts in all the organisations above it too."
        ),
        rows=tuple(rows),
    )


# One invite.


def make(stage: Stage, wanted: MakeInvite) -> Decision:
    """Make an invite, and show it."""
    if wanted.role not in tuple(Role):
        raise StaleError
    found = stage.look_up(UnitOf(scope=scope(stage, wanted.organisation)))
    if found is None:
        return Decision(person=go_to(stage.person, Unit(wanted.organisation)))
    if wanted.role == Role.ADMINISTRATOR and found.children:
        # Its key is gone since something has been put below: an administrator is of one school.
        raise StaleError
    made = make_invite(
        stage.secret,
        stage.move_key,
        wanted.organisation,
        Role(wanted.role),
        stage.at,
        zone_of(found.zone, stage.zone),
    )
    audited = Audited(
        organisation=wanted.organisation,
        act=Act.INVITED,
        at=stage.at,
        about=_about(made.key, made.role),
    )
    return Decision(person=go_to(stage.person, ShowInvite(made.key)), records=(made, audited))


def _about(key: str, role: Role) -> str:
    return f"{role} {key}"


def one(stage: Stage, at: ShowInvite | AskToWithdraw) -> InviteOfKey:
    """Ask for an invite."""
    if not KEY.fullmatch(at.invite):
        raise StaleError
    return InviteOfKey(key=at.invite, viewer=stage.person.id)


def show(stage: Stage, at: ShowInvite, invite: Invite | None) -> Screen:
    """Show an invite: until when, who may use it, its links, and a text for the staff."""
    if invite is None:
        return no_access(stage)
    p, here = stage.phrases, Key(invite.organisation)
    back = (button(p.t("← Invites"), Inviting(here, 1)),)
    heading = _heading(stage, invite)
    parts = [_how_good(stage, invite)]
    if not invite.valid(stage.at):
        parts.append(p.html("Nobody can join by it any more. You can make a new one."))
        return Screen(heading=heading, text="\n\n".join(parts), rows=(back,))
    withdraw = (button(p.t("✖ Withdraw"), AskToWithdraw(at.invite)),)
    links = _links(stage, invite)
    if links is None:
        parts.append(
            p.html(
                "Its link can't be shown any more: the server's secret has changed since, and old"
                " links lead nowhere. Please make a new invite."
            )
        )
        return Screen(heading=heading, text="\n\n".join(parts), rows=(withdraw, back))
    parts += [f"{escape(each.called)}:\n<code>{escape(each.address)}</code>" for each in links]
    if stage.addresses.local and any(each.door == "browser" for each in links):
        parts.append(
            p.html(
                "The browser's link works on the computer only on which the course runs: others"
                " need a public address (COURSE_BOT_PUBLIC_URL), MAX or Telegram."
            )
        )
    parts.append(_to_forward(p, invite.role))
    parts.append(f"<code>{escape(_letter(stage, invite, links))}</code>")
    rows: list[Row] = [
        (button(p.t("📷 QR code: {door}", door=link.called), InviteCode(at.invite, link.door)),)
        for link in links
    ]
    if links:
        rows.append((button(p.t("🖨 A page to print"), InvitePaper(at.invite)),))
    return Screen(heading=heading, text="\n\n".join(parts), rows=(*rows, withdraw, back))


def _to_forward(p: Phrases, role: Role) -> str:
    # Whether a press copies a text is up to the messenger; a finger that is kept on it does.
    if role is Role.LEARNER:
        return p.html("For the staff chat; to copy the text, press it or keep your finger on it:")
    return p.html(
        "For the one you invite, and nobody else; to copy the text, press it or keep your finger"
        " on it:"
    )


def _heading(stage: Stage, invite: Invite) -> str:
    p, name = stage.phrases, cut(invite.name, NAME_CHARS)
    if invite.role is Role.COORDINATOR:
        return p.html("An invite for a coordinator: {name}", name=name)
    if invite.role is Role.ADMINISTRATOR:
        return p.html("An invite for the school's administrator: {name}", name=name)
    return p.html("An invite to learn: {name}", name=name)


def _how_good(stage: Stage, invite: Invite) -> str:
    """Say until when an invite is good, for how many, and who has used it."""
    p = stage.phrases
    until = p.html("Good by {day}.", day=p.day(_last_day(stage, invite)))
    used = p.many("{count} person has joined.", "{count} people have joined.", invite.uses)
    limit = ""
    if invite.limit is not None:
        limit = " " + p.many("For {count} person.", "For {count} people.", invite.limit)
    return f"{until}{limit} {used}"


def _links(stage: Stage, invite: Invite) -> tuple[_Link, ...] | None:
    """Return the links through the doors that are open; None if its secret is not known.

    A page for this computer only lets nobody else in: its link is told where there is no other.
    """
    if digest(token(stage.secret, invite.key)) != invite.digest:
        return None
    p = stage.phrases
    called = {"max": p.t("MAX"), "telegram": p.t("Telegram"), "browser": p.t("In the browser")}
    start = payload(stage.secret, invite.key)
    through = stage.addresses.bot_links(start) if stage.addresses.local else {}
    return tuple(
        _Link(door=door, called=called[door], address=address)
        for door, address in (through or stage.addresses.links(start)).items()
    )


def _letter(stage: Stage, invite: Invite, links: Sequence[_Link]) -> str:
    """Word what is sent to those who are invited, as plain text."""
    p, course, name = stage.phrases, stage.course, cut(invite.name, NAME_CHARS)
    if invite.role is Role.LEARNER:
        said = p.t(
            "Dear colleagues! Please take the short course “{course}” ({name}). Open the link,"
            " agree and begin; you may stop at any time, your place is kept.",
            course=course.title,
            name=name,
        )
    elif invite.role is Role.ADMINISTRATOR:
        said = p.t(
            "You are invited as the administrator of the school ({name}) in the course “{course}”:"
            " to send its statistics sheets and read what they say. The link works once.",
            course=course.title,
            name=name,
        )
    else:
        said = p.t(
            "You are invited to coordinate the course “{course}” ({name}): to see who has"
            " completed it and help the others. The link works once.",
            course=course.title,
            name=name,
        )
    until = p.t("The link is good by {day}.", day=p.day(_last_day(stage, invite)))
    return "\n".join((said, *(f"{link.called}: {link.address}" for link in links), until))


def code(stage: Stage, wanted: InviteCode) -> Decision:
    """Hand out a QR code."""
    return Decision(person=go_to(stage.person, ShowInvite(wanted.invite)), document=str(wanted))


async def code_picture(
    stage: Stage, wanted: InviteCode, read: Read, _tell: Tell
) -> list[Document]:
    """Draw the QR code that leads through a door."""
    found = await _usable(stage, wanted.invite, read)
    if found is None:
        return []
    invite, links = found
    p = stage.phrases
    return [
        Document(
            name="invite.png",
            content=qr_png(link.address),
            about=p.t(
                "QR code: {name}, {door}. Good by {day}.",
                name=shortened(invite.name),
                door=link.called,
                day=p.day(_last_day(stage, invite)),
            ),
        )
        for link in links
        if link.door == wanted.door
    ]


def paper(stage: Stage, wanted: InvitePaper) -> Decision:
    """Hand out the page to print."""
    return Decision(person=go_to(stage.person, ShowInvite(wanted.invite)), document=str(wanted))


async def printed(stage: Stage, wanted: InvitePaper, read: Read, _tell: Tell) -> list[Document]:
    """Draw the page to print, as PDF."""
    found = await _usable(stage, wanted.invite, read)
    if found is None or not found[1]:
        return []
    invite, links = found
    p, course = stage.phrases, stage.course
    tracks = [
        course.tracks[track]
        for track in await read(AssignedTracks(invite.organisation))
        if track in course.tracks
    ] or list(course.tracks.values())
    minutes = [course.minutes(track.lessons) for track in tracks]
    sheet = InviteSheet(
        organisation=cut(invite.name, NAME_CHARS),
        course=course.title,
        role=invite.role,
        doors=tuple(Door(name=link.called, address=link.address) for link in links),
        until=_last_day(stage, invite),
        minutes=(min(minutes), max(minutes)),
    )
    day = local(stage, invite.zone).date()
    return [
        Document(
            name=file_name(invite.name, p.t("Invite"), day, ".pdf"),
            content=invite_sheet_pdf(sheet, p),
        )
    ]


async def _usable(stage: Stage, key: str, read: Read) -> tuple[Invite, tuple[_Link, ...]] | None:
    invite = await read(InviteOfKey(key=key, viewer=stage.person.id))
    if invite is None or not invite.valid(stage.at):
        return None
    links = _links(stage, invite)
    return None if links is None else (invite, links)


def ask_to_withdraw(stage: Stage, at: AskToWithdraw, invite: Invite | None) -> Screen:
    """Make sure that an invite is to be withdrawn."""
    if invite is None:
        return no_access(stage)
    p = stage.phrases
    means = p.html(
        "Nobody can join by it from then on, neither by the link nor by the QR code on paper."
        " Whoever has joined stays."
    )
    what = f"{_heading(stage, invite)}\n{_how_good(stage, invite)}"
    return Screen(
        heading=p.html("Withdraw it?"),
        text=f"{what}\n\n{means}",
        rows=(
            (button(p.t("No, keep it"), ShowInvite(at.invite)),),
            (button(p.t("Yes, withdraw"), Withdraw(at.invite)),),
        ),
    )


def withdraw(stage: Stage, wanted: Withdraw) -> Decision:
    """Withdraw an invite, from the screen that asks whether to."""
    if stage.person.place != str(AskToWithdraw(wanted.invite)):
        raise StaleError
    invite = stage.look_up(InviteOfKey(key=wanted.invite, viewer=stage.person.id))
    if invite is None:
        raise StaleError
    p = stage.phrases
    person = go_to(stage.person, Inviting(Key(invite.organisation), 1))
    if invite.withdrawn_at is not None:
        return Decision(person=person, notice=p.t("It has been withdrawn already."))
    audited = Audited(
        organisation=invite.organisation,
        act=Act.WITHDREW,
        at=stage.at,
        about=_about(invite.key, invite.role),
    )
    return Decision(
        person=person,
        records=(InviteWithdrawn(key=invite.key, at=stage.at), audited),
        notice=p.t("The invite is withdrawn."),
    )


# Those who are there.


def who_coordinates(stage: Stage, at: Coordinators) -> MembersOf:
    """Ask who coordinates an organisation."""
    return MembersOf(scope=scope(stage, at.organisation), role=Role.COORDINATOR)


def coordinators(stage: Stage, at: Coordinators, found: Members | None) -> Screen:
    """Show who coordinates an organisation, each to be removed."""
    if found is None:
        return no_access(stage)
    p, here = stage.phrases, at.organisation
    lines, rows = _each_of(stage, found, Role.COORDINATOR, at)
    if not lines:
        lines.append(p.html("There is none: those of the organisations above look after it."))
    rows.append((button(p.t("👥 Invite a coordinator"), MakeInvite(here, Role.COORDINATOR)),))
    rows.append((button(p.t("← Invites"), Inviting(here, 1)),))
    return Screen(
        heading=p.html("Coordinators: {name}", name=cut(found.unit.organisation.name, NAME_CHARS)),
        text="\n".join(lines),
        rows=tuple(rows),
    )


def who_administers(stage: Stage, at: Administrators) -> MembersOf:
    """Ask who administers an organisation."""
    return MembersOf(scope=scope(stage, at.organisation), role=Role.ADMINISTRATOR)


def administrators(stage: Stage, at: Administrators, found: Members | None) -> Screen:
    """Show who administers an organisation, each to be removed; others may join at a school only.

    Whoever became it before something was put below the organisation is still shown.
    """
    if found is None:
        return no_access(stage)
    p, here = stage.phrases, at.organisation
    lines, rows = _each_of(stage, found, Role.ADMINISTRATOR, at)
    if not lines:
        lines.append(p.html("There is none yet: its coordinators can send its sheets as well."))
    if not found.unit.children:
        rows.append((_invite_administrator(p, here),))
    rows.append((button(p.t("← Invites"), Inviting(here, 1)),))
    return Screen(
        heading=p.html(
            "Administrators: {name}", name=cut(found.unit.organisation.name, NAME_CHARS)
        ),
        text="\n".join(lines),
        rows=tuple(rows),
    )


def _each_of(
    stage: Stage, found: Members, role: Role, at: Coordinators | Administrators
) -> tuple[list[str], list[Row]]:
    """Return a line and a key for each on a page of those in a role, and the keys that turn it."""
    p, here = stage.phrases, at.organisation
    shown, number = page_of(found.members, at.page)
    lines: list[str] = []
    rows: list[Row] = []
    for each in shown:
        name = shown_name(p, each.name, each.person)
        since = p.html("since {day}", day=day_of(stage, each.joined_at, found.unit.zone))
        lines.append(f"{brief(name)}, {since}")
        remove = AskToRemove(here, Key(each.person), role)
        rows.append((button(p.t("✖ Remove: {name}", name=name), remove),))
    pages = count_pages(len(found.members))
    rows += turning(p, number, pages, lambda page: type(at)(here, page))
    return lines, rows


def member(stage: Stage, at: AskToRemove | Remove) -> MemberOf:
    """Ask for somebody in an organisation."""
    if at.role not in tuple(Role):
        raise StaleError
    return MemberOf(
        scope=scope(stage, at.organisation), member=at.member, role=Role(at.role), at=stage.at
    )


def ask_to_remove(stage: Stage, at: AskToRemove, found: FoundMember | None) -> Screen:
    """Make sure that somebody is to be removed; say what that means."""
    if found is None:
        return no_access(stage)
    p, back = stage.phrases, _back(at)
    if found.member is None:
        text = p.html("They are not in this organisation any more.")
        return Screen(text=text, rows=((button(p.t("← Back"), back),),))
    name = cut(shown_name(p, found.member.name, found.member.person))
    oneself = at.member == stage.person.id
    if oneself:
        ask = p.html("Leave “{name}”?", name=cut(found.organisation, NAME_CHARS))
    else:
        ask = p.html(
            "Remove {name} from “{organisation}”?",
            name=name,
            organisation=cut(found.organisation, NAME_CHARS),
        )
    parts = []
    if at.role == Role.LEARNER:
        parts.append(
            p.html(
                "They disappear from its reports and are not reminded by you; their lessons and"
                " results stay theirs. To come back they need an invite."
            )
        )
    elif at.role == Role.ADMINISTRATOR:
        parts.append(
            p.html(
                "They send its sheets no more and do not see how many have completed the course."
                " The figures that they have sent stay. To come back they need an invite."
            )
        )
    else:
        parts.append(
            p.html(
                "Its reports and those below are closed from then on, also on the page. To come"
                " back one needs a new invite."
            )
        )
        if not found.others:
            parts.append(
                p.html(
                    "⚠ <b>This is the last coordinator here.</b> Only those of the organisations"
                    " above, or whoever runs the server, can invite another one."
                )
            )
        if found.invites:
            parts.append(
                p.many(
                    "{count} invite of theirs for a coordinator or an administrator is withdrawn"
                    " with it.",
                    "{count} invites of theirs for coordinators or administrators are withdrawn"
                    " with it.",
                    len(found.invites),
                )
            )
    yes = p.t("Yes, leave") if oneself else p.t("Yes, remove")
    return Screen(
        heading=ask,
        text="\n\n".join(parts),
        rows=(
            (button(p.t("No, leave it so"), back),),
            (button(yes, Remove(at.organisation, at.member, at.role)),),
        ),
    )


def _back(at: AskToRemove | Remove) -> Action:
    """Return where one comes from who removes somebody."""
    if at.role == Role.COORDINATOR:
        return Coordinators(at.organisation, 1)
    if at.role == Role.ADMINISTRATOR:
        return Administrators(at.organisation, 1)
    return Unit(at.organisation)


def remove(stage: Stage, wanted: Remove) -> Decision:
    """Remove somebody from an organisation, from the screen that asks whether to."""
    asked = AskToRemove(wanted.organisation, wanted.member, wanted.role)
    if stage.person.place != str(asked):
        raise StaleError
    found = stage.look_up(member(stage, wanted))
    if found is None:
        raise StaleError
    p, oneself = stage.phrases, wanted.member == stage.person.id
    person = go_to(stage.person, Me() if oneself else _back(wanted))
    if found.member is None:
        notice = p.t("They are not in this organisation any more.")
        return Decision(person=person, notice=notice)
    left = LeftOrganisation(
        organisation=wanted.organisation,
        role=Role(wanted.role),
        at=stage.at,
        member=wanted.member,
    )
    audited = Audited(
        organisation=wanted.organisation, act=Act.REMOVED, at=stage.at, about=wanted.role
    )
    withdrawn = (InviteWithdrawn(key=key, at=stage.at) for key in found.invites)
    if oneself:
        notice = p.t("You have left “{name}”.", name=shortened(found.organisation))
    else:
        name = shortened(shown_name(p, found.member.name, found.member.person))
        notice = p.t("{name} is not there any more.", name=name)
    return Decision(person=person, records=(left, *withdrawn, audited), notice=notice)


ROUTES = (
    reading_place(Inviting, invites, inviting, who=Audience.ANYBODY),
    reading_place(InviteBelow, unit, below, who=Audience.ANYBODY),
    reading_place(ShowInvite, one, show, who=Audience.ANYBODY),
    reading_place(AskToWithdraw, one, ask_to_withdraw, who=Audience.ANYBODY),
    reading_place(Coordinators, who_coordinates, coordinators, who=Audience.ANYBODY),
    reading_place(Administrators, who_administers, administrators, who=Audience.ANYBODY),
    reading_place(AskToRemove, member, ask_to_remove, who=Audience.ANYBODY),
    verb(MakeInvite, make, who=Audience.ANYBODY),
    handout(InviteCode, code, code_picture, who=Audience.ANYBODY),
    handout(InvitePaper, paper, printed, who=Audience.ANYBODY),
    verb(Withdraw, withdraw, who=Audience.ANYBODY),
    verb(Remove, remove, who=Audience.ANYBODY),
)
