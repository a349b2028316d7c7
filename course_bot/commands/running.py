"""The commands for the course: start it, check its lessons."""

import argparse
from pathlib import Path

from course_bot.app import check_thoroughly, run_async, serve
from course_bot.commands import Commands
from course_bot.commands.finding import checked_course, print_faults
from course_bot.content.checks.blind import Attack, run_all
from course_bot.content.checks.renaming import vanished
from course_bot.content.faults import Fault, Severity
from course_bot.content.model import Course
from course_bot.database import open_storage_to_read
from course_bot.errors import StopError
from course_bot.logs import start_logging
from course_bot.settings import Settings, read_secret, read_settings
from course_bot.storage.log import BegunLessons


def add(commands: Commands) -> None:
    """Add ``run`` and ``check``."""
    run = commands.add_parser("run", help="start the course: the browser page, MAX and Telegram")
    run.set_defaults(do=run_command)
    check = commands.add_parser("check", help="check the lesson files, report every fault")
    check.add_argument("folder", nargs="?", type=Path, help="default: the setting's folder")
    check.add_argument("--links", action="store_true", help="also ask the web")
    check.set_defaults(do=check_command)


def run_command(_arguments: argparse.Namespace) -> int:
    """Start the course and serve it until it is told to stop."""
    settings = read_settings()
    secret = read_secret(settings)
    start_logging(settings.log_level, settings.secrets())
    run_async(serve(settings, checked_course(settings.lessons), secret))
    return 0


def check_command(arguments: argparse.Namespace) -> int:
    """Check the lesson files; return 1 where there is an error."""
    folder: Path = arguments.folder or read_settings().lessons
    course, faults = check_thoroughly(folder)
    if course is not None and arguments.links:
        # Asking the web is rare; the import of the HTTP client can wait for it.
        from course_bot.content.links import ask_links

        faults += ask_links(folder)
    if course is not None and folder == read_settings().lessons:
        faults += run_async(_vanished(read_settings(), course))
    print_faults(faults)
    if any(fault.severity is Severity.ERROR for fault in faults) or course is None:
        return 1
    questions = sum(len(lesson.pool) for lesson in course.lessons.values())
    print(
        f"{folder}: {len(course.lessons)} lessons, {questions} questions,"
        f" {len(course.guides)} guides, no errors"
    )
    print(f"Answered blindly, right by: {_blind_figures(course)}")
    return 0


def _blind_figures(course: Course) -> str:
    """Say how often attacks that know nothing are right over the course, beside chance."""
    runs = run_all(lesson.pool for lesson in course.lessons.values())
    count = len(runs[Attack.WORDS].chances) or 1
    rates = {f"{attack}": run.hits for attack, run in runs.items()}
    rates["chance"] = runs[Attack.WORDS].expected
    told = ", ".join(f"{name} {100 * hits / count:.0f}%" for name, hits in rates.items())
    return f"{told} of {len(runs[Attack.WORDS].chances)} choice questions"


async def _vanished(settings: Settings, course: Course) -> tuple[Fault, ...]:
    """Find lessons that people have begun and that are no more, if there is a database."""
    try:
        async with open_storage_to_read(settings) as storage:
            return vanished(settings.lessons, course, await storage.read(BegunLessons()))
    except StopError:
        return ()  # the check is of files: what is wrong with a database, `run` says
