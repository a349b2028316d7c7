"""What an address asks for: read from its parameters, every fault told, nothing believed."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar
from unicodedata import normalize
from urllib.parse import urlencode

from course_bot.locale.phrases import Phrases
from course_bot.organisations.state import State

PAGE_ROWS = 50
LONGEST_SEARCH = 100
NUMBER = "[1-9][0-9]{0,8}"
"""A row's number: as long as an integer of PostgreSQL may be whatever its digits are."""
_NUMBER = re.compile(NUMBER, re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_EARLIEST = date(2000, 1, 1)

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What part of a table is wanted, and in what order.

    ``given`` are the parameters as they came, for the form to show them again; ``faults`` say
    what is wrong with them: where there are any, the rest is not to be relied on.
    """

    search: str = ""
    state: State | None = None
    organisation: int | None = None
    track: str = ""
    since: date | None = None
    sort: str = ""
    descending: bool = False
    page: int = 1
    given: Mapping[str, str] = field(default_factory=dict)
    faults: tuple[str, ...] = ()

    @property
    def filtered(self) -> bool:
        """Whether some rows may be left out."""
        wanted = (self.search, self.state, self.organisation, self.track, self.since)
        return any(each not in ("", None) for each in wanted)

    def address(self, **changed: str | int | None) -> str:
        """Return the same as a query string, with some parameters changed or (None) left out."""
        kept = {name: value for name, value in self.given.items() if value}
        both = kept | changed
        return "?" + urlencode({name: f"{value}" for name, value in both.items() if value})


class Reader:
    """Reads parameters one by one, and gathers what is wrong with them."""

    def __init__(self, query: Mapping[str, str], p: Phrases) -> None:
        self._query = query
        self._p = p
        self.given: dict[str, str] = {}
        self.faults: list[str] = []

    def text(self, name: str) -> str:
        """Return a parameter as it came, without what can't be seen."""
        raw = normalize("NFC", self._query.get(name, ""))
        seen = "".join(each if each.isprintable() else " " for each in raw)
        self.given[name] = " ".join(seen.split())[:LONGEST_SEARCH]
        if len(seen) > LONGEST_SEARCH:
            self.faults.append(
                self._p.t("That is too long: at most {count} characters.", count=LONGEST_SEARCH)
            )
        return self.given[name]

    def one_of(self, name: str, known: Mapping[str, T]) -> T | None:
        """Return what a word stands for; None where none is given."""
        word = self.text(name)
        if word and word not in known:
            self.faults.append(
                self._p.t("“{word}” is not among the things to choose from here.", word=word)
            )
        return known.get(word)

    def day(self, name: str) -> date | None:
        """Return a day; None where none is given."""
        word = self.text(name)
        if not word:
            return None
        try:
            day = date.fromisoformat(word) if _DAY.fullmatch(word) else None
        except ValueError:
            day = None
        if day is None or day < _EARLIEST:
            self.faults.append(
                self._p.t(
                    "“{word}” is not a day. Please write the day like this: 2026-11-30.",
                    word=word,
                )
            )
            return None
        return day

    def page(self, name: str) -> int:
        """Return the number of a page, 1 where none is given."""
        word = self.text(name)
        if word and not _NUMBER.fullmatch(word):
            self.faults.append(self._p.t("“{word}” is not a page's number.", word=word))
        return int(word) if _NUMBER.fullmatch(word) else 1


def read(
    query: Mapping[str, str],
    p: Phrases,
    *,
    columns: Collection[str],
    usual: str = "",
    organisations: Collection[int] = (),
    tracks: Collection[str] = (),
) -> Asked:
    """Read what part of a table is wanted.

    Args:
        query: the address's parameters; those that nobody here knows are passed over.
        p: the reader's phrases, for what is wrong.
        columns: the names of what the table can be sorted by.
        usual: what it is sorted by if nothing else is said.
        organisations: those that it can be narrowed down to.
        tracks: those that it can be narrowed down to.
    """
    reader = Reader(query, p)
    search = reader.text("q")
    state = reader.one_of("state", {each.value: each for each in State})
    organisation = reader.one_of("in", {f"{each}": each for each in organisations})
    track = reader.one_of("track", {each: each for each in tracks}) or ""
    since = reader.day("since")
    sort = reader.one_of("sort", {name: name for name in columns}) or usual
    descending = reader.one_of("order", {"asc": False, "desc": True}) or False
    page = reader.page("page")
    return Asked(
        search=search,
        state=state,
        organisation=organisation,
        track=track,
        since=since,
        sort=sort,
        descending=descending,
        page=page,
        given=reader.given,
        faults=tuple(dict.fromkeys(reader.faults)),
    )
