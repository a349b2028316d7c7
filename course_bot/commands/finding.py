"""How a command finds what it works on: the course, the organisation that somebody names."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from course_bot.app import check_course
from course_bot.content.faults import Fault
from course_bot.content.model import Course
from course_bot.database import open_storage_to_read
from course_bot.errors import StopError
from course_bot.organisations.naming import UnclearNameError
from course_bot.organisations.tree import Tree
from course_bot.settings import Settings
from course_bot.storage.organisations import WholeTree


def checked_course(folder: Path) -> Course:
    """Read the course of a folder.

    Raises:
        StopError: it has faults; they are printed.
    """
    course, faults = check_course(folder)
    if course is None:
        print_faults(faults)
        raise StopError(f"the lessons in {folder} have faults: mend them first")
    return course


def print_faults(faults: tuple[Fault, ...]) -> None:
    """Print the faults of lesson files, one a line."""
    for fault in faults:
        print(fault)


async def whole_tree(settings: Settings) -> Tree:
    """Read all organisations.

    Raises:
        StopError: the database can't be opened.
    """
    async with open_storage_to_read(settings) as storage:
        return await storage.read(WholeTree())


@contextmanager
def unclear_names_told() -> Iterator[None]:
    """Turn a name that means no organisation, or several, into the one line that says so."""
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
