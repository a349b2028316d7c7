"""The commands for the tree of organisations."""

import argparse
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from course_bot.app import now, run_async
from course_bot.commands import Commands
from course_bot.commands.finding import unclear_names_told, whole_tree
from course_bot.commands.showing import new_file
from course_bot.database import open_storage
from course_bot.errors import StopError
from course_bot.organisations.naming import find_organisation, quoted
from course_bot.organisations.tree import Organisation
from course_bot.settings import Settings, read_settings

if TYPE_CHECKING:
    from course_bot.organisations.file import Read
    from course_bot.organisations.planning import Plan


def add(commands: Commands) -> None:
    """Add ``organisations`` and what it can do."""
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

    with unclear_names_told():
        if not dry_run:
            async with open_storage(settings) as storage:
                return await import_organisations(storage, read, into, now())
        tree = await whole_tree(settings)
        return plan(read, tree, find_organisation(tree, into).id if into else None)


def list_command(_arguments: argparse.Namespace) -> int:
    """Show the organisations, each beneath the one that it stands in."""
    tree = run_async(whole_tree(read_settings()))
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

    data = export(run_async(whole_tree(read_settings())))
    if arguments.file is None:
        sys.stdout.buffer.write(data)
        return 0
    with new_file(arguments.file) as file:
        file.write(data)
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

    with unclear_names_told():
        async with open_storage(settings) as storage:
            return await archive_organisation(storage, name, now())
