"""The commands: what a person types at the console, and what they read there."""

import argparse
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from course_bot.app import check_course, now, run_async, serve
from course_bot.content.checks.renaming import vanished
from course_bot.content.faults import Fault, Severity
from course_bot.content.model import Course
from course_bot.database import open_storage, open_storage_to_read
from course_bot.errors import StopError
from course_bot.logs import start_logging
from course_bot.organisations.naming import UnclearNameError, find_organisation, quoted
from course_bot.organisations.tree import Organisation, Tree
from course_bot.settings import Settings, read_secret, read_settings
from course_bot.storage.log import BegunLessons
from course_bot.storage.organisations import WholeTree

if TYPE_CHECKING:
    from course_bot.organisations.file import Read
    from course_bot.organisations.planning import Plan


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
    _add_organisations(commands)
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


def _add_organisations(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the commands for the tree of organisations."""
    organisations = commands.add_parser("organisations", help="load and keep the schools")
    actions = organisations.add_subparsers(required=True, metavar="command")
    load = actions.add_parser("import", help="add and change organisations as a file says")
    load.add_argument("file", type=Path, help="CSV or XLSX; README.ru.md explains the columns")
    load.add_argument("--dry-run", action="store_true", help="only show what would change")
    load.add_argument(
        "--into",
        metavar="NAME",
        help="the organisation (name, ID or path) for rows that don't say what they stand in",
    )
    load.set_defaults(do=import_command)
    actions.add_parser("list", help="show all of them").set_defaults(do=list_command)
    export_parser = actions.add_parser("export", help="write them as a file for import")
    export_parser.add_argument("file", nargs="?", type=Path, help="default: standard output")
    export_parser.set_defaults(do=export_command)
    archive = actions.add_parser(
        "archive", help="put one aside with all below it; an import that names it brings it back"
    )
    archive.add_argument("name", help="name, ID or path")
    archive.set_defaults(do=archive_command)


def import_command(arguments: argparse.Namespace) -> int:
    """Change the organisations as a file says; return 1 where it has a fault."""
    # Only these commands read files of organisations.
    from course_bot.organisations.file import FILE_BYTES, read_file

    try:
        with arguments.file.open("rb") as file:
            read = read_file(file.read(FILE_BYTES + 1))
    except OSError as error:
        raise StopError(f"{arguments.file} can't be read: {error.strerror}") from None
    planned = run_async(_imported(read_settings(), read, arguments.into, arguments.dry_run))
    if planned.faults:
        print(*planned.faults, sep="\n")
        print(f"Ошибок: {len(planned.faults)}. Ничего не изменено.")
        return 1
    for change in planned.changes:
        print(change)
    if arguments.dry_run:
        print("Это проба, ничего не изменено.")
    print(f"Итого: {planned.totals}.")
    return 0


async def _imported(settings: Settings, read: "Read", into: str | None, dry_run: bool) -> "Plan":
    from course_bot.organisations.planning import plan
    from course_bot.storage.reorganising import import_organisations

    with _unclear_names_told():
        if not dry_run:
            async with open_storage(settings) as storage:
                return await import_organisations(storage, read, into, now())
        tree = await _tree(settings)
        return plan(read, tree, find_organisation(tree, into).id if into else None)


def list_command(_arguments: argparse.Namespace) -> int:
    """Show the organisations, each beneath the one that it stands in."""
    tree = run_async(_tree(read_settings()))
    kinds: Counter[str] = Counter()
    for top in tree.children(None):
        for each in tree.below(top.id):
            kinds[each.kind] += 1
            what = [each.kind]
            what += [f"ID {each.sferum_id}"] if each.sferum_id else []
            what += [f"часовой пояс {each.time_zone}"] if each.time_zone else []
            what += ["в архиве"] if each.archived else []
            indent = "    " * (len(tree.path(each.id)) - 1)
            print(f"{indent}{each.name} — {', '.join(what)}")
    totals = ", ".join(f"{kind} — {count}" for kind, count in kinds.items())
    print(f"Итого: {totals}." if totals else "Организаций пока нет.")
    return 0


def export_command(arguments: argparse.Namespace) -> int:
    """Write the organisations as a file that can be imported again."""
    from course_bot.organisations.file import export

    data = export(run_async(_tree(read_settings())))
    if arguments.file is None:
        sys.stdout.buffer.write(data)
        return 0
    try:
        with arguments.file.open("xb") as file:
            file.write(data)
    except FileExistsError:
        raise StopError(f"{arguments.file} is there already: name another file") from None
    except OSError as error:
        raise StopError(f"{arguments.file} can't be written: {error.strerror}") from None
    return 0


def archive_command(arguments: argparse.Namespace) -> int:
    """Put an organisation aside, with all below it."""
    found = run_async(_archived(read_settings(), arguments.name))
    print(
        f"{found.kind} {quoted(found.name)} теперь в архиве вместе со всем, что ниже."
        " Чтобы вернуть, импортируйте файл с такой строкой."
    )
    return 0


async def _archived(settings: Settings, name: str) -> Organisation:
    from course_bot.storage.reorganising import archive_organisation

    with _unclear_names_told():
        async with open_storage(settings) as storage:
            return await archive_organisation(storage, name, now())


async def _tree(settings: Settings) -> Tree:
    async with open_storage_to_read(settings) as storage:
        return await storage.read(WholeTree())


@contextmanager
def _unclear_names_told() -> Iterator[None]:
    try:
        yield
    except UnclearNameError as error:
        if not error.paths:
            raise StopError(
                f"there is no organisation «{error.name}»: `course-bot organisations list` shows"
                " those that there are"
            ) from None
        paths = ", ".join(f"«{path}»" for path in error.paths)
        raise StopError(
            f"several organisations are called «{error.name}»: name one by its ID or path, as in"
            f" {paths}"
        ) from None


def _print_faults(faults: tuple[Fault, ...]) -> None:
    for fault in faults:
        print(fault)
