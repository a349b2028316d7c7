"""Files of an organisation's reports: for Excel, for other programs, and as a picture."""

import logging

from course_bot.conversation.actions import Activity, Files, GetFile, StaleError, Unit
from course_bot.conversation.certificates import verified_at
from course_bot.conversation.port import Document, Notice, Screen, Tell
from course_bot.conversation.routes import Audience, Read, handout, reading_place
from course_bot.conversation.stage import Row, Stage, button, go_to
from course_bot.conversation.team import no_access, scope
from course_bot.locale.phrases import Phrases
from course_bot.organisations.records import Act, Audited
from course_bot.reports.exporting import (
    ALL,
    CERTIFICATES,
    SHEETS,
    ExportError,
    Kind,
    Report,
    Wanted,
    read_kind,
)
from course_bot.storage.certificates import CountCertificates, Counted
from course_bot.storage.organisations import Unit as FoundUnit
from course_bot.storage.organisations import UnitOf
from course_bot.storage.store import Decision

log = logging.getLogger(__name__)


def unit(stage: Stage, at: Files) -> UnitOf:
    """Ask for the organisation."""
    return UnitOf(scope=scope(stage, at.organisation))


def offer(stage: Stage, at: Files, found: FoundUnit | None) -> Screen:
    """Offer the files."""
    if found is None:
        return no_access(stage)
    p, here = stage.phrases, at.organisation
    text = "\n\n".join(
        (
            p.html(
                "Excel: every report in one file, with filters, and a sheet on what each column"
                " means. CSV: one report, for other programs. The picture is good for a meeting."
            ),
            p.html(
                "There are people's names in the files: please keep them like a school journal."
            ),
        )
    )
    rows: list[Row] = [
        (button(p.t("📗 Excel: everything"), GetFile(here, Kind.XLSX, ALL), primary=True),),
        (
            button(p.t("CSV: summary"), GetFile(here, Kind.CSV, Report.SUMMARY)),
            button(p.t("CSV: people"), GetFile(here, Kind.CSV, Report.PEOPLE)),
        ),
        (
            button(p.t("CSV: lessons"), GetFile(here, Kind.CSV, Report.LESSONS)),
            button(p.t("CSV: questions"), GetFile(here, Kind.CSV, Report.QUESTIONS)),
        ),
    ]
    if found.children:
        picture = GetFile(here, Kind.PNG, Report.SUMMARY)
        rows.append((button(p.t("🖼 Picture"), picture),))
    rows.append((button(p.t("🎓 Certificates (ZIP)"), GetFile(here, Kind.ZIP, ALL)),))
    rows.append((button(p.t("← {name}", name=found.organisation.name), Unit(here)),))
    return Screen(
        heading=p.html("Download: {name}", name=found.organisation.name),
        text=text,
        rows=tuple(rows),
    )


def wanted(stage: Stage, at: GetFile) -> Wanted:
    """Return what an action asks for.

    Raises:
        StaleError: there is no such kind or report.
    """
    try:
        kind, report = read_kind(at.kind, at.report)
    except ValueError:
        raise StaleError from None
    return Wanted(
        scope=scope(stage, at.organisation),
        kind=kind,
        report=report,
        language=stage.person.language,
        at=stage.at,
        zone=stage.zone,
        verified_at=verified_at(stage.addresses) if kind is Kind.ZIP else "",
    )


def order(stage: Stage, at: GetFile) -> Decision:
    """Remember that a file is handed over, to whoever may have it."""
    file = wanted(stage, at)
    here = at.organisation
    person = go_to(stage.person, Activity(here) if file.report in SHEETS else Files(here))
    if stage.look_up(UnitOf(scope=file.scope)) is None:
        return Decision(person=person)
    notice = ""
    if file.kind is Kind.ZIP:
        counted = stage.look_up(CountCertificates(scope=file.scope))
        notice = about_certificates(stage.phrases, counted) if counted else ""
        if counted is None or not 0 < counted.issued <= CERTIFICATES:
            return Decision(person=person, notice=notice)
    record = Audited(
        organisation=at.organisation, act=Act.EXPORTED, at=stage.at, about=file.described
    )
    return Decision(person=person, records=(record,), notice=notice, document=str(at))


def about_certificates(p: Phrases, counted: Counted) -> str:
    """Say what is to be known of a file of certificates; nothing where all is as expected."""
    if counted.issued > CERTIFICATES:
        return p.t(
            "There are {count} certificates, and a file holds {most} at most. Please download them"
            " by municipality or by school.",
            count=counted.issued,
            most=CERTIFICATES,
        )
    parts = []
    if not counted.issued:
        parts.append(p.t("Nobody here has a certificate yet."))
    if counted.without:
        parts.append(
            p.many(
                "{count} person has completed a track without one: they get it once they ask for"
                " it and give their name.",
                "{count} people have completed a track without one: they get it once they ask for"
                " it and give their name.",
                counted.without,
            )
        )
    return " ".join(parts)


async def make(stage: Stage, at: GetFile, _read: Read, tell: Tell) -> list[Document | Notice]:
    """Make the file, and say meanwhile how far it is."""
    p = stage.phrases
    await tell(p.t("I am putting the file together…"))

    async def progress(done: int, total: int) -> None:
        if total:
            percent = min(99, done * 100 // total)
            await tell(p.t("I am putting the file together: {percent} %", percent=percent))

    try:
        file = await stage.files.file(stage.course, wanted(stage, at), progress)
    except ExportError as error:
        log.error("a file could not be made: %s", error)  # noqa: TRY400 - the child's traceback
        failed = p.t("The file did not come about. Please try again in a minute.")
        return [Notice(text=failed)]
    if file is None:
        return []
    return [Document(name=file.made.name, content=file.content, about=file.made.about)]


ROUTES = (
    reading_place(Files, unit, offer, who=Audience.ANYBODY),
    handout(GetFile, order, make, who=Audience.ANYBODY),
)
