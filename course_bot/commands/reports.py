"""The commands that report: what was done, how questions and guides fare, what is taught."""

import argparse
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from course_bot.app import check_course, now, run_async
from course_bot.commands import Commands
from course_bot.commands.finding import checked_course, unclear_names_told
from course_bot.commands.showing import new_file, print_table
from course_bot.content.model import Course
from course_bot.database import open_storage_to_read
from course_bot.errors import StopError
from course_bot.learning.statistics import QuestionSums
from course_bot.locale.phrases import Phrases, phrases
from course_bot.organisations.naming import find_organisation
from course_bot.reports.audit import audit_table
from course_bot.reports.deletions import deletions_table
from course_bot.reports.delimited import write_csv
from course_bot.reports.guides import DAYS, guides_table
from course_bot.reports.memo import TooMuchError, memo_name, memo_pdf, memo_png
from course_bot.reports.misses import choices_table, misses_table
from course_bot.reports.questions import questions_table
from course_bot.reports.table import Table
from course_bot.settings import Settings, read_settings
from course_bot.storage.auditing import AuditOf, WholeAudit
from course_bot.storage.organisations import UnitOf, WholeTree
from course_bot.storage.retention import Deleted, Deletions
from course_bot.storage.scope import Scope
from course_bot.storage.seeking import (
    MISSES_KEPT,
    ChoiceCount,
    ChoiceCounts,
    EndingCount,
    EndingCounts,
    MissedQuestion,
    MissedQuestions,
)
from course_bot.storage.statistics import AllQuestionFigures, Wording


def add(commands: Commands) -> None:
    """Add ``audit``, ``questions``, ``guides``, ``misses``, ``deletions`` and ``sheet``."""
    audit = commands.add_parser("audit", help="show what coordinators did, the latest first")
    audit.add_argument(
        "--organisation",
        metavar="NAME",
        help="only what was done in it (name, ID or path) and below; default: everywhere",
    )
    audit.set_defaults(do=audit_command)
    questions = commands.add_parser(
        "questions", help="show how each question fares, with advice to its author"
    )
    questions.set_defaults(do=questions_command)
    guides = commands.add_parser(
        "guides", help=f"show what the guides came to in the last {DAYS} days"
    )
    guides.set_defaults(do=guides_command)
    misses = commands.add_parser(
        "misses",
        help=f"show what people asked in vain in {MISSES_KEPT.days} days, and what they chose"
        " of several answers",
    )
    misses.set_defaults(do=misses_command)
    deletions = commands.add_parser(
        "deletions", help="show whose data was deleted, when and why, without names"
    )
    deletions.set_defaults(do=deletions_command)
    for each in (audit, questions, guides, misses, deletions):
        each.add_argument("--csv", metavar="FILE", type=Path, help="write it as a new file")
    sheet = commands.add_parser("sheet", help="make the page to print of what a track teaches")
    sheet.add_argument("track", help="as in course.yaml: teacher, administrator, …")
    sheet.add_argument(
        "--out",
        metavar="FILE",
        type=Path,
        help="a new file, a picture if it ends in .png; usual: a PDF here, under the track's name",
    )
    sheet.set_defaults(do=sheet_command)


def audit_command(arguments: argparse.Namespace) -> int:
    """Show what was done in organisations, by whom and when."""
    p = phrases("ru")
    table = run_async(_audit(read_settings(), arguments.organisation, p))
    _give(table, arguments.csv, p)
    return 0


async def _audit(settings: Settings, name: str | None, p: Phrases) -> Table:
    at = now().astimezone(settings.time_zone)
    course, _faults = check_course(settings.lessons)
    titles = {track.id: track.title for track in course.tracks.values()} if course else {}
    async with open_storage_to_read(settings) as storage:
        if name is None:
            rows = await storage.read(WholeAudit())
            return audit_table(p, "все организации", rows, at, titles=titles)
        with unclear_names_told():
            which = find_organisation(await storage.read(WholeTree()), name)
        scope = Scope(viewer=None, organisation=which.id)
        unit = await storage.read(UnitOf(scope=scope))
        found = await storage.read(AuditOf(scope=scope))
    if unit is None or found is None:
        raise StopError(
            f"«{which.name}» is archived: `course-bot audit` shows what was done everywhere,"
            " archived organisations included"
        )
    if unit.zone:
        at = at.astimezone(ZoneInfo(unit.zone))
    return audit_table(p, which.name, found, at, titles=titles)


def questions_command(arguments: argparse.Namespace) -> int:
    """Show how each question fares with everybody who takes the course."""
    p = phrases("ru")
    settings = read_settings()
    course = checked_course(settings.lessons)
    sums = run_async(_sums(settings, course))
    at = now().astimezone(settings.time_zone)
    _give(questions_table(p, course, course.title, sums, at), arguments.csv, p)
    return 0


async def _sums(settings: Settings, course: Course) -> Mapping[Wording, QuestionSums]:
    async with open_storage_to_read(settings) as storage:
        return await storage.read(AllQuestionFigures(renamed=tuple(course.renamed.items())))


def guides_command(arguments: argparse.Namespace) -> int:
    """Show how often each ending of the guides was reached."""
    p = phrases("ru")
    settings = read_settings()
    course = checked_course(settings.lessons)
    at = now()
    counts = run_async(_endings(settings, at.date() - timedelta(days=DAYS)))
    _give(guides_table(p, course, counts, at.astimezone(settings.time_zone)), arguments.csv, p)
    return 0


async def _endings(settings: Settings, since: date) -> Sequence[EndingCount]:
    async with open_storage_to_read(settings) as storage:
        return await storage.read(EndingCounts(since=since))


def misses_command(arguments: argparse.Namespace) -> int:
    """Show questions without an answer; beside them, what was chosen of several answers."""
    p = phrases("ru")
    settings = read_settings()
    course = checked_course(settings.lessons)
    at = now()
    missed, chosen = run_async(_misses(settings, at.date() - MISSES_KEPT))
    local = at.astimezone(settings.time_zone)
    _give(misses_table(p, course, missed, local), arguments.csv, p)
    if arguments.csv is None:
        print()
        print_table(choices_table(p, course, chosen, local), p)
    return 0


async def _misses(
    settings: Settings, since: date
) -> tuple[Sequence[MissedQuestion], Sequence[ChoiceCount]]:
    async with open_storage_to_read(settings) as storage:
        missed = await storage.read(MissedQuestions(since=since))
        return missed, await storage.read(ChoiceCounts(since=since))


def deletions_command(arguments: argparse.Namespace) -> int:
    """Show the journal of deletions."""
    p = phrases("ru")
    settings = read_settings()
    rows = run_async(_deletions(settings))
    at = now().astimezone(settings.time_zone)
    _give(deletions_table(p, "все, кто был удалён", rows, at), arguments.csv, p)
    return 0


async def _deletions(settings: Settings) -> tuple[Deleted, ...]:
    async with open_storage_to_read(settings) as storage:
        return await storage.read(Deletions())


def sheet_command(arguments: argparse.Namespace) -> int:
    """Make the page of a track."""
    p = phrases("ru")
    course = checked_course(read_settings().lessons)
    track = course.tracks.get(arguments.track)
    if track is None:
        known = ", ".join(course.tracks)
        raise StopError(f"there is no track «{arguments.track}»; there are: {known}")
    out: Path = arguments.out or Path(memo_name(course, track, p))
    make = memo_png if out.suffix.lower() == ".png" else memo_pdf
    try:
        page = make(course, track, p)
    except TooMuchError:
        raise StopError(
            f"the lessons of «{track.title}» have more in their memo than fits on a page: shorten"
            " some"
        ) from None
    with new_file(out) as file:
        file.write(page)
    print(out)
    return 0


def _give(table: Table, csv: Path | None, p: Phrases) -> None:
    if csv is None:
        print_table(table, p)
        return
    with new_file(csv) as file:
        write_csv(file, table)
