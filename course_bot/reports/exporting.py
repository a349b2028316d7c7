"""Files of reports: what somebody wants, and how it is made of what they may see."""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

from course_bot.content.model import Course
from course_bot.errors import CourseError
from course_bot.locale.phrases import Language, Phrases, phrases
from course_bot.organisations.tree import zone_of
from course_bot.reports.activity import (
    School,
    activity_table,
    furthest,
    furthest_title,
    judged,
    missing_words,
)
from course_bot.reports.audit import audit_table
from course_bot.reports.certificate import Certificate, certificate_pdf, grouped
from course_bot.reports.delimited import write_csv
from course_bot.reports.files import file_name
from course_bot.reports.lessons import lessons_table
from course_bot.reports.outcome import MONTH, outcome_table
from course_bot.reports.people import people_table
from course_bot.reports.picture import Bar, bars
from course_bot.reports.questions import questions_table
from course_bot.reports.summary import share, summary_table
from course_bot.reports.table import Table
from course_bot.reports.wording import as_of
from course_bot.reports.xlsx import write_xlsx
from course_bot.reports.zipped import zip_certificates
from course_bot.sheets.judging import Targets, targets_of
from course_bot.storage.activity import ActivityOf
from course_bot.storage.auditing import AuditOf
from course_bot.storage.certificates import CertificatesBelow, Issued
from course_bot.storage.organisations import UnitOf
from course_bot.storage.reader import Reader
from course_bot.storage.reporting import (
    Completions,
    PeopleFilter,
    PeoplePage,
    Summary,
    UnitRow,
)
from course_bot.storage.scope import Scope
from course_bot.storage.statistics import LessonFigures, QuestionFigures

CERTIFICATES = 1200
"""How many certificates are put into one file: each has some 35 kB, and a Telegram bot may send
50 MB. Source: https://core.telegram.org/bots/api#senddocument"""
CERTIFICATES_TOLD = 20
"""How many are drawn between two words on how far it is: a second or two."""


class Kind(StrEnum):
    """What kind of file."""

    XLSX = "xlsx"
    """A workbook of one report, or of all with the journal."""
    CSV = "csv"
    """One report."""
    PNG = "png"
    """The schools as bars."""
    ZIP = "zip"
    """Everybody's certificates."""


class Report(StrEnum):
    """Which report; a picture is of the summary, or of who is furthest from the target."""

    SUMMARY = "summary"
    PEOPLE = "people"
    LESSONS = "lessons"
    QUESTIONS = "questions"
    ACTIVITY = "activity"
    """What statistics sheets say of each school."""
    OUTCOME = "outcome"
    """The training beside it."""


SHEETS = (Report.ACTIVITY, Report.OUTCOME)
"""The reports that have nothing to say where no statistics sheet was sent."""
DRAWN = (Report.SUMMARY, Report.ACTIVITY)
"""The reports of which there is a picture."""
ALL = "all"
"""Stands in addresses and actions for every report in one file."""


def read_kind(kind: str, report: str) -> tuple[Kind, Report | None]:
    """Read which kind of file is wanted, and of which report (None: of all).

    Raises:
        ValueError: there is no such file.
    """
    what, which = Kind(kind), None if report == ALL else Report(report)
    if (
        (what is Kind.CSV and not which)
        or (what is Kind.PNG and which not in DRAWN)
        or (what is Kind.ZIP and which)
    ):
        raise ValueError(f"{kind} of {report}")
    return what, which


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A file that somebody wants.

    Without a ``report`` it is a workbook of all, or the certificates, which are verified at
    ``verified_at`` and their number. ``at`` is the moment of its figures (UTC),
    ``zone`` the time where the organisation has no other; ``filter``, ``sort`` and ``descending``
    are of its list of people.
    """

    scope: Scope
    kind: Kind
    report: Report | None = None
    language: Language
    at: datetime
    zone: ZoneInfo
    filter: PeopleFilter = PeopleFilter()  # noqa: RUF009 - it is frozen
    sort: str = "name"
    descending: bool = False
    verified_at: str = ""

    @property
    def described(self) -> str:
        """What the journal says of it."""
        if self.kind is Kind.ZIP:
            return "certificates"
        return f"{self.kind} {self.report}" if self.report else f"{self.kind}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A file that was made: what it is called, and what is to be seen in it."""

    name: str
    about: str


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file to hand over."""

    made: Made
    content: bytes = field(repr=False)


class ExportError(CourseError):
    """A file could not be made; the message is for the log."""


Advance = Callable[[int, int], Awaitable[None]]
"""Gets how many rows are written, of how many."""


class FileMaker(Protocol):
    """Makes files without holding anybody up."""

    async def file(self, course: Course, wanted: Wanted, tell: Advance) -> File | None:
        """Make a file; None where whoever it is for may not see the organisation (any more).

        Raises:
            ExportError: it could not be made; asking again is right.
        """
        ...


def make(
    reader: Reader,
    course: Course,
    wanted: Wanted,
    target: Path,
    tell: Callable[[int, int], None],
) -> Made | None:
    """Make a file; it may take long, so not in the event loop of a server.

    Args:
        reader: a transaction that reads.
        course: the course as it is now.
        wanted: what is wanted, and whose eyes it is for.
        target: where the file is to be.
        tell: gets how many rows are written, of how many, every 1,000 rows.

    Returns:
        What was made; None where the viewer may not see the organisation (any more).
    """
    found = reader.ask(UnitOf(scope=wanted.scope))
    if found is None:
        return None
    p = phrases(wanted.language)
    at = wanted.at.astimezone(zone_of(found.zone, wanted.zone))
    name = found.organisation.name
    source = _Source(reader=reader, course=course, wanted=wanted, p=p, name=name, at=at)
    title = about = p.t("All reports")
    match wanted.kind:
        case Kind.XLSX:
            reports: Sequence[Report] = tuple(Report)
            if wanted.report is not None:
                reports = (wanted.report,)
            elif not any(each.told for each in source.schools):
                reports = [each for each in reports if each not in SHEETS]
            total = source.count_people() if Report.PEOPLE in reports else 0
            tables = [source.table(report) for report in reports]
            if wanted.report is None:
                journal = reader.ask(AuditOf(scope=wanted.scope)) or ()
                titles = {track.id: track.title for track in course.tracks.values()}
                tables.append(audit_table(p, name, journal, at, titles=titles))
            else:
                title = about = tables[0].title
            write_xlsx(target, tables, p, lambda rows: tell(rows, max(rows, total)))
        case Kind.CSV:
            table = source.table(wanted.report or Report.SUMMARY)
            total = source.count_people() if wanted.report is Report.PEOPLE else 0
            write_csv(target, table, lambda rows: tell(rows, max(rows, total)))
            title = about = table.title
        case Kind.PNG if wanted.report is Report.ACTIVITY:
            rows_of = furthest(source.schools)
            title = furthest_title(p, rows_of)
            moment = as_of(p, at)
            target.write_bytes(bars(f"{name}. {title}", moment, rows_of, p, missing_words(p)))
            about = p.t("{name}: {title}, {moment}", name=name, title=title, moment=moment)
        case Kind.PNG:
            title = p.t("Who has completed the course")
            rows = source.units()
            moment = summary_table(p, name, found.organisation.id, (), at).moment
            target.write_bytes(bars(name, moment, in_need_first(rows), p))
            about = p.t("{name}: {title}, {moment}", name=name, title=title, moment=moment)
        case Kind.ZIP:
            title = about = p.t("Certificates")
            issued = reader.ask(CertificatesBelow(scope=wanted.scope, most=CERTIFICATES)) or ()
            with target.open("wb") as archive:
                zip_certificates(_papers(issued, wanted.verified_at, p, tell), archive)
    return Made(name=file_name(name, title, at.date(), f".{wanted.kind}"), about=about)


def _papers(
    issued: Sequence[Issued], verified_at: str, p: Phrases, tell: Callable[[int, int], None]
) -> Iterator[tuple[str, bytes]]:
    """Draw certificates one after another, each under its owner's name."""
    for number, each in enumerate(issued, 1):
        page = certificate_pdf(paper_of(each), f"{verified_at}{grouped(each.code)}", p)
        yield f"{each.name} — {each.title}.pdf", page
        if number % CERTIFICATES_TOLD == 0:
            tell(number, len(issued))


def paper_of(issued: Issued) -> Certificate:
    """Return what a certificate says on paper."""
    return Certificate(
        code=issued.code,
        name=issued.name,
        track=issued.title,
        course=issued.course,
        organisation=issued.organisation,
        day=issued.day,
    )


def in_need_first(rows: Iterable[UnitRow]) -> list[Bar]:
    """Return organisations as bars: those with most overdue first, then the least completed."""
    ordered = sorted(
        rows,
        key=lambda row: (
            row.learners == 0,
            -row.late / row.learners if row.learners else 0.0,
            share(row) or 0.0,
        ),
    )
    return [
        Bar(name=row.name, share=share(row), overdue=row.late, learners=row.learners)
        for row in ordered
    ]


@dataclass(frozen=True, kw_only=True)
class _Source:
    """Makes each table of what the viewer may see."""

    reader: Reader
    course: Course
    wanted: Wanted
    p: Phrases
    name: str
    at: datetime

    def count_people(self) -> int:
        wanted = self.wanted
        page = PeoplePage(scope=wanted.scope, filter=wanted.filter, limit=1, at=wanted.at)
        found = self.reader.ask(page)
        return found.total if found else 0

    def units(self) -> Sequence[UnitRow]:
        return self.reader.ask(Summary(scope=self.wanted.scope, at=self.wanted.at)) or ()

    @cached_property
    def schools(self) -> Sequence[School]:
        found = self.reader.ask(ActivityOf(scope=self.wanted.scope)) or ()
        return judged(found, self.targets, self.at.date())

    @property
    def targets(self) -> Targets:
        return targets_of(self.course.rules)

    def table(self, report: Report) -> Table:
        wanted, p, renamed = self.wanted, self.p, tuple(self.course.renamed.items())
        match report:
            case Report.SUMMARY:
                here = wanted.scope.organisation
                return summary_table(p, self.name, here, self.units(), self.at)
            case Report.PEOPLE:
                rows = self.reader.people(
                    wanted.scope,
                    wanted.filter,
                    wanted.at,
                    sort=wanted.sort,
                    descending=wanted.descending,
                )
                return people_table(p, self.course, self.name, rows, self.at)
            case Report.LESSONS:
                lessons = self.reader.ask(LessonFigures(scope=wanted.scope, renamed=renamed))
                return lessons_table(p, self.course, self.name, lessons or {}, self.at)
            case Report.QUESTIONS:
                asked = self.reader.ask(QuestionFigures(scope=wanted.scope, renamed=renamed))
                return questions_table(p, self.course, self.name, asked or {}, self.at)
            case Report.ACTIVITY:
                return activity_table(p, self.name, self.schools, self.targets, self.at)
            case Report.OUTCOME:
                ago = Completions(scope=wanted.scope, before=wanted.at - MONTH)
                done = self.reader.ask(ago) or {}
                return outcome_table(p, self.name, self.schools, done, self.at)
