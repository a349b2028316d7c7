"""How a cell names an organisation: by its ID, by its name, or by its path."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Generic, NamedTuple, Protocol, TypeVar

from course_bot.errors import CourseError
from course_bot.organisations.tree import Organisation, Tree

SLASH = "/"
"""Stands between the names of a path, and before the first one if that is on top; alone, where a
place is asked for, it is the top itself."""


class Named(Protocol):
    """What a cell can name."""

    @property
    def name(self) -> str:
        """The name, as it is shown."""

    @property
    def sferum_id(self) -> str:
        """The «ID организации», or nothing."""


N = TypeVar("N", bound=Named)


class Way(NamedTuple):
    """The names from an organisation up to the top, its own first; ``whole`` if all are known."""

    names: Sequence[str]
    whole: bool = True


class NotPlacedYetError(CourseError):
    """A path can't be compared yet: it is not known what stands above something it may name."""


class UnclearNameError(CourseError):
    """No organisation has the name, or several have: then ``paths`` are theirs."""

    def __init__(self, name: str, paths: list[str]) -> None:
        super().__init__(name, paths)
        self.name = name
        self.paths = paths


def folded(text: str) -> str:
    """Reduce a name or an ID to what makes it another one: case, spaces and «ё» don't."""
    return " ".join(text.casefold().replace("ё", "е").split())


def quoted(name: str) -> str:
    """Put a name into quotes; those in it become the inner ones, as Russian has them."""
    return f"«{name.replace('«', '„').replace('»', '“')}»"


class Names(Generic[N]):
    """Finds organisations by what a cell says."""

    def __init__(self, named: Iterable[N], way_up: Callable[[N], Way]) -> None:
        """Take those that can be named, and what finds the names above each as far as known."""
        self._way_up = way_up
        self._by_id: dict[str, list[N]] = defaultdict(list)
        self._by_name: dict[str, list[N]] = defaultdict(list)
        self._by_end: dict[str, list[N]] = defaultdict(list)
        for each in named:
            if each.sferum_id:
                self._by_id[folded(each.sferum_id)].append(each)
            if each.name:
                self._by_name[folded(each.name)].append(each)
                self._by_end[_end(_path([each.name]))].append(each)

    def find(self, cell: str, but: N | None = None) -> list[N]:
        """Return those that a cell may mean: by ID, else by name, else by path.

        A path says as much as needed of what stands above: «Район / Школа № 1». If it is all of
        something's path, that is meant; with a slash before it, nothing else can be.

        Args:
            cell: what somebody wrote.
            but: one that is not meant.

        Raises:
            NotPlacedYetError: it is a path that can't be compared yet.
        """
        for by in (self._by_id, self._by_name):
            if found := [each for each in by.get(folded(cell), ()) if each is not but]:
                return found
        if SLASH not in cell:
            return []
        sought = _path([cell])
        ends: list[N] = []
        wholes: list[N] = []
        undecided = False
        for each in self._by_end.get(_end(sought), ()):
            if each is but:
                continue
            names, whole = self._way_up(each)
            path = SLASH + _path(names)
            if not whole:
                undecided = undecided or (SLASH + sought).endswith(path) or path.endswith(sought)
            elif path in (sought, SLASH + sought):
                wholes.append(each)
            elif path.endswith(SLASH + sought):
                ends.append(each)
        if undecided and not wholes:
            raise NotPlacedYetError
        return wholes or ends

    def shortest(self, which: N) -> str:
        """Return a cell that names one of them and no other: its name if that will do.

        Where none can (names with slashes in them may make paths alike), it is the whole path.
        """
        path = f" {SLASH} ".join(self._way_up(which).names[::-1])
        whole = f"{SLASH} {path}"
        cells = (which.name, which.sferum_id, path)
        return next((cell for cell in cells if cell and self.find(cell) == [which]), whole)


def names_of(organisations: Iterable[Organisation], tree: Tree) -> Names[Organisation]:
    """Return the names of organisations of a tree."""
    return Names(organisations, lambda which: Way(tree.path(which.id)[::-1]))


def find_organisation(tree: Tree, cell: str) -> Organisation:
    """Find the organisation that an ID, a name or a path means; one in use before one that isn't.

    Raises:
        UnclearNameError: there is none, or there are several.
    """
    found = names_of(tree.by_id.values(), tree).find(cell)
    found = [each for each in found if not each.archived] or found
    if len(found) != 1:
        raise UnclearNameError(cell, [" / ".join(tree.path(each.id)) for each in found])
    return found[0]


def _path(names: Sequence[str]) -> str:
    """Join names, the lowest first, to what paths are compared as."""
    return re.sub(r"\s*/\s*", SLASH, SLASH.join(folded(name) for name in names[::-1]))


def _end(path: str) -> str:
    return path.rpartition(SLASH)[2]
