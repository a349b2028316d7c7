"""The tree of organisations, and what each inherits from those above it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

REGION, MUNICIPALITY, SCHOOL = "регион", "муниципалитет", "школа"
"""The kinds that are known; any other word is a kind too."""
DEEPEST = 6
"""How many organisations may stand above each other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """A region, a municipality, a school, or whatever else people belong to.

    ``sferum_id`` is its «ID организации» in Sferum, empty where it is not known; ``time_zone`` is
    an IANA name, or empty: the one above's.
    """

    id: int
    parent: int | None = None
    name: str
    kind: str = SCHOOL
    sferum_id: str = ""
    time_zone: str = ""
    archived: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """A track that an organisation assigns to its learners and to those below it.

    ``due`` is its last day, or None; ``lifted``: here and below it is not assigned, whatever an
    organisation above says. ``revision`` counts its changes.
    """

    organisation: int
    track: str
    due: date | None = None
    lifted: bool = False
    revision: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Assigned:
    """A track as it is assigned to the learners of an organisation, wherever that was said.

    ``source`` is the organisation that said it; ``over_at`` is when the last day ends there
    (UTC), in the organisation's own time.
    """

    organisation: int
    track: str
    source: int
    due: date | None = None
    over_at: datetime | None = None


class Tree:
    """Organisations by their places; walks in any direction."""

    def __init__(self, organisations: Iterable[Organisation]) -> None:
        """Take organisations in any order; one whose parent is not among them stands on top."""
        self.by_id: Mapping[int, Organisation] = {each.id: each for each in organisations}
        self._children: dict[int | None, list[Organisation]] = {}
        for each in self.by_id.values():
            parent = each.parent if each.parent in self.by_id else None
            self._children.setdefault(parent, []).append(each)
        for children in self._children.values():
            children.sort(key=lambda each: (each.name.casefold(), each.id))

    def children(self, organisation: int | None) -> tuple[Organisation, ...]:
        """Return those right below one, by name; of None, those on top."""
        return tuple(self._children.get(organisation, ()))

    def above(self, organisation: int) -> Iterator[Organisation]:
        """Walk from one up to the top, itself first."""
        at: int | None = organisation
        while at is not None and at in self.by_id:
            yield self.by_id[at]
            at = self.by_id[at].parent

    def below(self, organisation: int) -> Iterator[Organisation]:
        """Walk through one and all below it, each before those below it."""
        yield self.by_id[organisation]
        for child in self.children(organisation):
            yield from self.below(child.id)

    def live(self) -> Iterator[Organisation]:
        """Walk through all that are not archived and stand below none that is."""
        waiting = list(self.children(None))
        while waiting:
            at = waiting.pop()
            if not at.archived:
                yield at
                waiting += self.children(at.id)

    def zone(self, organisation: int) -> str:
        """Return the IANA name of the zone that an organisation has or inherits, or nothing."""
        return next((each.time_zone for each in self.above(organisation) if each.time_zone), "")

    def path(self, organisation: int) -> tuple[str, ...]:
        """Return the names from the top down to an organisation, its own last."""
        return tuple(each.name for each in self.above(organisation))[::-1]


def zone_of(name: str, usual: ZoneInfo) -> ZoneInfo:
    """Return the zone of an IANA name, or the usual one where the name is empty."""
    return ZoneInfo(name) if name else usual


def ends_at(day: date, zone: ZoneInfo) -> datetime:
    """Return when a last day is over in a zone (UTC): the midnight at its end."""
    return datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC)


def assigned(tree: Tree, assignments: Iterable[Assignment], usual: ZoneInfo) -> Iterator[Assigned]:
    """Say which tracks are assigned in every organisation; of each track the nearest word counts.

    Where an organisation is archived, nothing is assigned, nor below it.

    Args:
        tree: all organisations.
        assignments: what they say themselves.
        usual: the zone where none is given.
    """
    said: dict[int, dict[str, Assignment]] = {}
    for each in assignments:
        said.setdefault(each.organisation, {})[each.track] = each

    def walk(at: Organisation, inherited: dict[str, Assignment]) -> Iterator[Assigned]:
        if at.archived:
            return
        own = inherited | said.get(at.id, {})
        zone = zone_of(tree.zone(at.id), usual)
        for track, word in own.items():
            if not word.lifted:
                yield Assigned(
                    organisation=at.id,
                    track=track,
                    source=word.organisation,
                    due=word.due,
                    over_at=ends_at(word.due, zone) if word.due else None,
                )
        for child in tree.children(at.id):
            yield from walk(child, own)

    for top in tree.children(None):
        yield from walk(top, {})
