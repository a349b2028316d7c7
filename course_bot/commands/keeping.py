"""The commands that look after the database."""

import argparse
from collections.abc import AsyncIterator

from course_bot.app import check_course, run_async
from course_bot.commands import Commands
from course_bot.database import open_storage, open_storage_to_read
from course_bot.settings import Settings, read_settings


def add(commands: Commands) -> None:
    """Add ``db`` and what it can do."""
    database = commands.add_parser("db", help="look after the database")
    actions = database.add_subparsers(required=True, metavar="command")
    actions.add_parser("upgrade", help="bring it up to date").set_defaults(do=upgrade_command)
    actions.add_parser(
        "verify",
        help="recompute progress from the log of answers, and what reports join from progress and"
        " organisations; report any difference",
    ).set_defaults(do=verify_command)


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
    from course_bot.storage.verifying import (
        Difference,
        Unreadable,
        damage,
        derived_differences,
        differences,
    )

    async with open_storage_to_read(settings) as storage:
        damaged = await damage(storage)
        for place in damaged:
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
        if damaged:
            return
        async for derived in derived_differences(storage, course):
            if isinstance(derived, Difference):
                what, says = f"person {derived.person}, {derived.what}", "their progress"
            else:
                what, says = derived.what, "the tree of organisations"
            yield f"{what}: stored {derived.stored}\n    but {says} says {derived.derived}"
