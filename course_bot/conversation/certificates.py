"""Certificates: issued when a track is completed, handed out, and verified by their number."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from html import escape

from course_bot.conversation import welcome
from course_bot.conversation.actions import (
    Certificate,
    NameCertificate,
    Progress,
    StaleError,
    Verify,
    Welcome,
)
from course_bot.conversation.help import ways
from course_bot.conversation.port import Document, Screen, Tell
from course_bot.conversation.routes import Audience, Read, handout, place, reading_place
from course_bot.conversation.stage import Addresses, Row, Stage, button, go_to
from course_bot.learning.progress import Person, TrackProgress, track_progress
from course_bot.locale.phrases import Phrases
from course_bot.organisations.records import CertificateIssued, Role
from course_bot.organisations.tree import zone_of
from course_bot.reports import certificate as papers
from course_bot.reports.exporting import paper_of
from course_bot.reports.names import shortened_name
from course_bot.storage.certificates import CertificateOf, CertificatesOf, Earned, EarnedBy, Issued
from course_bot.storage.store import Decision

PAYLOAD = "cert-"
"""What the payload of a link that verifies a certificate begins with."""
_DRAWING = ThreadPoolExecutor(max_workers=1, thread_name_prefix="certificates")
"""One is drawn at a time: while a picture is, no other thread of the process gets on."""


# --- issuing -------------------------------------------------------------------------------------


def with_certificates(stage: Stage, before: Person, decision: Decision) -> Decision:
    """Add the certificates that a decision makes due: of tracks completed by it, or now named.

    Args:
        stage: on which it was decided.
        before: the person before it.
        decision: with its records of tracks.
    """
    after = decision.person
    known = (before.id, before.name) == (after.id, after.name)
    news = any(isinstance(each, TrackProgress) and each.completed_at for each in decision.records)
    if not after.name or (known and not news):  # as in almost every turn
        return decision
    completed = _completed(stage, after)
    if not completed:
        return decision
    people = tuple(sorted({before.id, after.id}))
    issued = _issue(stage.after(after), stage.look_up(EarnedBy(people)), completed)
    known_codes = {each.code for each in decision.records if isinstance(each, CertificateIssued)}
    new = [each for each in issued if each.code not in known_codes]
    if not new:
        return decision
    notice = stage.after(after).phrases.t("🎓 Your certificate is ready: /progress")
    return replace(decision, records=(*decision.records, *new), notice=decision.notice or notice)


def _completed(stage: Stage, person: Person) -> dict[str, datetime]:
    """Return the tracks that the person has completed as the course is now, and when (UTC)."""
    found = track_progress(stage.course, person.study)
    return {each.track: each.completed_at for each in found.values() if each.completed_at}


def _issue(
    stage: Stage, earned: Earned, completed: dict[str, datetime]
) -> Iterable[CertificateIssued]:
    """Issue a certificate of each completed track that has none, in the person's name."""
    for track, at in completed.items():
        if track in earned.issued or track not in stage.course.tracks:
            continue
        name, zone = _organisation(earned, track)
        moment = earned.completed.get(track, at)
        yield CertificateIssued(
            code=papers.make_code(stage.secret, "certificate", f"{stage.person.id}", track),
            track=track,
            title=stage.course.tracks[track].title,
            course=stage.course.title,
            name=stage.person.name,
            organisation=name,
            day=moment.astimezone(zone_of(zone, stage.zone)).date(),
            at=stage.at,
        )


def _organisation(earned: Earned, track: str) -> tuple[str, str]:
    """Return the name and zone of who assigned the track, else of where the person belongs."""
    for duty in earned.duties:
        if duty.track == track:
            return duty.name, duty.zone
    # Where one learns comes before where one only coordinates or administers.
    order = sorted(earned.memberships, key=lambda it: (it.role != Role.LEARNER, it.joined_at))
    return (order[0].name, order[0].zone) if order else ("", "")


# --- handing out ---------------------------------------------------------------------------------


def keys(stage: Stage, *tracks: str) -> list[Row]:
    """Return a key for the certificate of each of the tracks that the person has completed."""
    p = stage.phrases
    theirs = [track for track in tracks if track in _completed(stage, stage.person)]
    if len(theirs) == 1:
        return [(button(p.t("🎓 Certificate"), Certificate(theirs[0])),)]
    return [
        (button(p.t("🎓 Certificate: {title}", title=stage.course.tracks[track].title),
                Certificate(track)),)
        for track in theirs
    ]  # fmt: skip


def hand_out(stage: Stage, wanted: Certificate) -> Decision:
    """Hand out the certificate of a track; who has given no name is asked for it first."""
    earned = stage.look_up(EarnedBy((stage.person.id,)))
    records: tuple[CertificateIssued, ...] = ()
    if wanted.track not in earned.issued:
        completed = {**_completed(stage, stage.person), **earned.completed}
        if wanted.track not in completed or wanted.track not in stage.course.tracks:
            raise StaleError
        if not stage.person.name:
            return Decision(person=go_to(stage.person, NameCertificate(wanted.track)))
        records = (*_issue(stage, earned, {wanted.track: completed[wanted.track]}),)
    return Decision(person=stage.person, records=records, document=str(wanted))


def ask_name(stage: Stage, _at: NameCertificate) -> Screen:
    """Ask for the name that the certificate is to have."""
    p = stage.phrases
    return Screen(
        heading=p.html("Whose name is to be on the certificate?"),
        text=p.html(
            "Write your surname, name and patronymic as in your documents. Look at it twice: a"
            " certificate stays as it was issued, even if you change your name here later."
        ),
        rows=((button(p.t("← Not now"), Progress()),),),
    )


def take_name(stage: Stage, text: str) -> Decision:
    """Take the typed name, and hand out the certificate that it was asked for."""
    named = welcome.take_name(stage, text, Progress())
    if named.person.place == stage.person.place:
        return named
    _, *words = stage.person.place.split(":")
    handed = hand_out(stage.after(named.person), Certificate(NameCertificate.read(words).track))
    return replace(handed, notice=handed.notice or named.notice)


async def papers_of(stage: Stage, at: Certificate, read: Read, _tell: Tell) -> Sequence[Document]:
    """Draw a certificate: as a picture to be seen at once, and as a page to print."""
    issued = (await read(CertificatesOf(stage.person.id))).get(at.track)
    if issued is None:
        return ()
    p, paper = stage.phrases, paper_of(issued)
    number = papers.grouped(issued.code)
    address = f"{verified_at(stage.addresses)}{number}"
    title = p.t("Certificate {number}", number=number)
    about = p.t(
        "Certificate {number}\n{name}, “{track}”, {day}\nAnybody can check it: {address}",
        number=number,
        name=issued.name,
        track=issued.title,
        day=p.day(issued.day),
        address=address,
    )
    picture = await draw(lambda: papers.certificate_png(paper, address, p))
    page = await draw(lambda: papers.certificate_pdf(paper, address, p))
    return (
        Document(name=f"{title}.png", content=picture, about=about),
        Document(name=f"{title}.pdf", content=page, about=title),
    )


async def draw(paper: Callable[[], bytes]) -> bytes:
    """Draw beside the event loop; papers are drawn one at a time, in the order they are wanted."""
    return await asyncio.get_running_loop().run_in_executor(_DRAWING, paper)


def verified_at(addresses: Addresses) -> str:
    """Return where certificates are verified: the address in the QR code, up to the number.

    It must lead there from other people's phones: the page of a local course does not, so the
    messengers' bots come before it, if there is one.
    """
    if addresses.page and not addresses.local:
        return f"{addresses.page}/certificate/"
    bots = addresses.bot_links(PAYLOAD)
    return next(iter(bots.values()), f"{addresses.page or ''}/certificate/")


# --- verifying -----------------------------------------------------------------------------------
# Wrong numbers are not slowed down: there are 2^60, so of a million certificates whoever tries a
# thousand numbers a second finds one in some 35 years, and then the first name of a stranger.


class Standing(StrEnum):
    """What can be said of a certificate's number."""

    VALID = "valid"
    WITHDRAWN = "withdrawn"
    UNKNOWN = "unknown"


MARKS = {Standing.VALID: "✅", Standing.WITHDRAWN: "⚠", Standing.UNKNOWN: "❓"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What whoever checks a certificate is told, as plain text: a title and lines under it."""

    standing: Standing
    title: str
    lines: tuple[str, ...]


def verdict(p: Phrases, found: Issued | None) -> Verdict:
    """Word what is known of a certificate; its owner's name is shown to strangers in short."""
    if found is None:
        return Verdict(
            standing=Standing.UNKNOWN,
            title=p.t("There is no certificate of this number"),
            lines=(
                p.t(
                    "Please compare the number with the paper: it has {count} letters and digits."
                    " Capital and small letters, spaces and hyphens make no difference.",
                    count=papers.CODE_CHARS,
                ),
                p.t(
                    "If all of it is the same, the certificate is not genuine, or it was issued"
                    " by another course."
                ),
            ),
        )
    number = papers.grouped(found.code)
    if found.withdrawn:
        return Verdict(
            standing=Standing.WITHDRAWN,
            title=p.t("Certificate {number} was withdrawn", number=number),
            lines=(
                p.t(
                    "It was genuine, but all that was stored about its owner has been deleted"
                    " since, and whose it was can't be told any more."
                ),
            ),
        )
    of_what = p.t("Completed: “{track}” ({course})", track=found.title, course=found.course)
    lines = (shortened_name(found.name), of_what, found.organisation, p.day(found.day))
    return Verdict(
        standing=Standing.VALID,
        title=p.t("Certificate {number} is genuine", number=number),
        lines=tuple(line for line in lines if line),
    )


def open_certificate(stage: Stage, typed: str) -> Decision:
    """Go to what is known of a certificate, however its number was typed.

    Args:
        stage: of somebody who is at some place already.
        typed: what follows ``cert-`` in the payload: from outside, of any form.
    """
    return Decision(person=go_to(stage.person, Verify(papers.read_code(typed) or "")))


def wanted(_stage: Stage, at: Verify) -> CertificateOf:
    """Ask for the certificate."""
    return CertificateOf(at.code)


def verified(stage: Stage, _at: Verify, found: Issued | None) -> Screen:
    """Show what is known of a certificate; who has never been here goes on to the first screen."""
    told = verdict(stage.phrases, found)
    to_course = button(stage.phrases.t("To the course"), Welcome(), primary=True)
    return Screen(
        heading=f"{MARKS[told.standing]} {escape(told.title)}",
        text="\n".join(map(escape, told.lines)),
        rows=ways(stage, primary=True) if stage.person.track else ((to_course,),),
    )


ROUTES = (
    handout(Certificate, hand_out, papers_of),
    place(NameCertificate, ask_name),
    reading_place(Verify, wanted, verified, who=Audience.ANYBODY),
)
