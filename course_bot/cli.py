"""The commands: what a person types at the console, and what they read there."""

import argparse
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from course_bot.app import check_course, run_async, serve
from course_bot.content.checks.renaming import vanished
from course_bot.content.faults import Fault, Severity
from course_bot.content.model import Course
from course_bot.database import open_storage, open_storage_to_read
from course_bot.errors import StopError
from course_bot.logs import start_logging
from course_bot.settings import Settings, read_secret, read_settings
from course_bot.storage.log import BegunLessons


def main() -> int:
    """Carry out the command line; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="course-bot", description="A course in Telegram and in the browser"
    )
    commands = parser.add_subparsers(required=True, metavar="command")
    run = commands.add_parser("run", help="start the course: the browser page, and Telegram")
    run.set_defaults(do=run_command)
    check_parser = commands.add_parser("check", help="check the lesson files, report every fault")
    check_parser.add_argument("folder", nargs="?", type=Path, help="default: the setting's folder")
    check_parser.add_argument("--links", action="store_true", help="also ask the web")
    check_parser.set_defaults(do=check_command)
    database = commands.add_parser("db", help="look after the database")
    database_commands = database.add_subparsers(required=True, metavar="command")
    database_commands.add_parser("upgrade", help="bring it up to date").set_defaults(
        do=upgrade_command
    )
    database_commands.add_parser(
        "verify", help="recompute progress from the log of answers, report any difference"
    ).set_defaults(do=verify_command)
    arguments = parser.parse_args()
    do: Callable[[argparse.Namespace], int] = arguments.do
    try:
        return do(arguments)
    except StopError as stop:
        print(f"course-bot: {stop}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def run_command(_arguments: argparse.Namespace) -> int:
    """Start the course and serve it until it is told to stop."""
    settings = read_settings()
    secret = read_secret(settings)
    start_logging(settings.log_level, settings.secrets())
    course, faults = check_course(settings.lessons)
    if course is None:
        _print_faults(faults)
        raise StopError(f"the lessons in {settings.lessons} have faults: mend them first")
    run_async(serve(settings, course, secret))
    return 0


def check_command(arguments: argparse.Namespace) -> int:
    """Check the lesson files; return 1 where there is an error."""
    folder: Path = arguments.folder or read_settings().lessons
    course, faults = check_course(folder)
    if course is not None and arguments.links:
        # Asking the web is rare; the import of the HTTP client can wait for it.
        from course_bot.content.links import ask_links

        faults += ask_links(folder)
    if course is not None and folder == read_settings().lessons:
        faults += run_async(_vanished(read_settings(), course))
    _print_faults(faults)
    if any(fault.severity is Severity.ERROR for fault in faults) or course is None:
        return 1
    questions = sum(len(lesson.pool) for lesson in course.lessons.values())
    print(f"{folder}: {len(course.lessons)} lessons, {questions} questions, no errors")
    return 0


async def _vanished(settings: Settings, course: Course) -> tuple[Fault, ...]:
    """Find lessons that people have begun and that are no more, if there is a database."""
    try:
        async with open_storage_to_read(settings) as storage:
            return vanished(settings.lessons, course, await storage.read(BegunLessons()))
    except StopError:
        return ()  # the check is of files: what is wrong with a database, `run` says


def upgrade_command(_arguments: argparse.Namespace) -> int:
    """Bring the database up to date."""
    run_async(_upgraded(read_settings()))
    print("The database is up to date.")
    return 0


async def _upgraded(settings: Settings) -> None:
    async with open_storage(settings):
        pass


def verify_command(_arguments: argparse.Namespace) -> int:
    """Report what is damaged, and what is stored otherwise than the log of answers says.

    Returns:
        1 if there is anything to report.
    """
    found = run_async(_verified(read_settings()))
    print(f"{found} faults were found." if found else "Progress and log agree.")
    return 1 if found else 0


async def _verified(settings: Settings) -> int:
    found = 0
    async for fault in _faults(settings):
        print(fault)
        found += 1
    return found


async def _faults(settings: Settings) -> AsyncIterator[str]:
    # Only this command needs it.
    from course_bot.storage.verifying import Unreadable, damage, differences

    async with open_storage_to_read(settings) as storage:
        for place in await damage(storage):
            yield f"damaged: {place}"
        course, _faults = check_course(settings.lessons)
        async for each in differences(storage, course.renamed if course else {}):
            if isinstance(each, Unreadable):
                who = f"person {each.person}" + (" and everybody after" if each.onwards else "")
                yield f"{who}: can't be read: {each.reason}"
            else:
                yield (
                    f"person {each.person}, {each.what}: stored {each.stored}\n"
                    f"    but the log says {each.derived}"
                )


def _print_faults(faults: tuple[Fault, ...]) -> None:
    for fault in faults:
        print(fault)
