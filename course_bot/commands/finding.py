"""How a command finds the organisation that somebody names."""

from collections.abc import Iterator
from contextlib import contextmanager

from course_bot.database import open_storage_to_read
from course_bot.errors import StopError
from course_bot.organisations.naming import UnclearNameError
from course_bot.organisations.tree import Tree
from course_bot.settings import Settings
from course_bot.storage.organisations import WholeTree


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
