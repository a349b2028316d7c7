"""What a file of organisations would change: told before anything is done."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from course_bot.organisations.file import HEADINGS, NAME, PARENT, FileFault, Read, Row
from course_bot.organisations.naming import folded, quoted
from course_bot.organisations.placing import Places, parent_of, place_rows
from course_bot.organisations.tree import DEEPEST, SCHOOL, Organisation, Tree


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """An organisation that is new.

    Its id is negative: a stand-in until storage gives it one, here and as a ``parent`` in later
    changes. ``above`` is the name of the one it stands in, empty at the top.
    """

    organisation: Organisation
    above: str = ""

    def __str__(self) -> str:
        new = self.organisation
        more = [f" в {quoted(self.above)}"] if self.above else []
        if new.sferum_id:
            more.append(f", ID {new.sferum_id}")
        if new.time_zone:
            more.append(f", часовой пояс {new.time_zone}")
        return f"+ {new.kind} {quoted(new.name)}{''.join(more)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """An organisation that becomes another in anything but its id; so its people stay.

    ``above_before`` and ``above`` are the names of those it stands in, empty at the top.
    """

    before: Organisation
    after: Organisation
    above_before: str = ""
    above: str = ""

    @property
    def is_renamed(self) -> bool:
        """Whether its name changes."""
        return self.before.name != self.after.name

    @property
    def is_moved(self) -> bool:
        """Whether it gets another place."""
        return self.before.parent != self.after.parent

    @property
    def is_restored(self) -> bool:
        """Whether it comes back from the archive."""
        return self.before.archived and not self.after.archived

    @property
    def is_edited(self) -> bool:
        """Whether its kind, ID or time zone changes."""
        return any(True for _ in self._edits())

    def __str__(self) -> str:
        what = ["вернётся из архива"] if self.is_restored else []
        if self.is_renamed:
            what.append(f"теперь {quoted(self.after.name)}")
        if self.is_moved:
            places = (quoted(name) if name else "верхний уровень" for name in self._places())
            what.append(" → ".join(places))
        what += self._edits()
        return f"~ {self.before.kind} {quoted(self.before.name)}: {'; '.join(what)}"

    def _places(self) -> tuple[str, str]:
        return self.above_before, self.above

    def _edits(self) -> Iterator[str]:
        for title, before, after in (
            ("вид", self.before.kind, self.after.kind),
            ("ID", self.before.sferum_id, self.after.sferum_id),
            ("часовой пояс", self.before.time_zone, self.after.time_zone),
        ):
            if before != after:
                yield f"{title}: {before or 'не указан'} → {after or 'не указан'}"


Change = Added | Changed


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a file changes, in an order in which it can be done: each after the one it stands in.

    Where there is a fault, nothing is to be changed, and ``changes`` is empty.
    """

    changes: tuple[Change, ...] = ()
    unchanged: int = 0
    faults: tuple[FileFault, ...] = ()

    @property
    def totals(self) -> str:
        """All in one line; what is renamed and moved at once counts as both."""
        changed = [each for each in self.changes if isinstance(each, Changed)]
        counts = {
            "новых": len(self.changes) - len(changed),
            "переименовано": sum(each.is_renamed for each in changed),
            "перенесено": sum(each.is_moved for each in changed),
            "с другим видом, ID или часовым поясом": sum(each.is_edited for each in changed),
            "из архива": sum(each.is_restored for each in changed),
            "без изменений": self.unchanged,
        }
        return ", ".join(f"{title} — {count}" for title, count in counts.items() if count)


def plan(read: Read, tree: Tree, into: int | None = None) -> Plan:
    """Hold what was read from a file against the organisations that there are.

    A row is the organisation with its ID, else the one with its name in the same place; what the
    file doesn't name stays as it is. An empty cell says nothing, except a time zone's.

    Args:
        read: the rows, and what is wrong in them.
        tree: all organisations, archived ones too.
        into: the organisation in which rows stand that don't say in what. Without it, a row that
            is known by its ID stays where it is; another stands in what alone is of the highest
            kind on top, if that is higher than its own (a region above all), else on top itself.

    Returns:
        The changes, or every fault: those that were read, and those in the rows' ties to each
        other and to the tree, by row and column.
    """
    places = place_rows(read.rows, tree, into)
    coming = _Coming(read.rows, tree, places)
    faults = [
        *read.faults,
        *places.faults,
        *coming.too_deep(),
        *coming.circles(),
        *coming.same_names(),
        *coming.in_archived(),
    ]
    if faults:
        return Plan(faults=tuple(sorted(faults, key=_place)))
    return coming.plan()


class _Coming:
    """The tree as it would be; a row that is new has a negative id there."""

    def __init__(self, rows: Sequence[Row], tree: Tree, places: Places) -> None:
        self._tree = tree
        self._places = places
        ids = {
            row: places.known[row].id if row in places.known else -index
            for index, row in enumerate(rows, 1)
        }
        self._rows = {ids[row]: row for row in rows}
        self._parents: dict[int, int | None] = {}
        for each in tree.by_id.values():
            there = parent_of(tree, each)
            self._parents[each.id] = there.id if there else None
        for row, above in places.above.items():
            self._parents[ids[row]] = (
                ids[above] if isinstance(above, Row) else above.id if above else None
            )
        self._depths = self._levels()

    def _levels(self) -> dict[int, int]:
        """Return how deep everything stands, 1 at the top; what is in a circle is not there."""
        inside: dict[int | None, list[int]] = defaultdict(list)
        for each, parent in self._parents.items():
            inside[parent].append(each)
        depths: dict[int, int] = {}
        depth, level = 1, inside[None]
        while level:
            depths |= dict.fromkeys(level, depth)
            depth, level = depth + 1, [below for each in level for below in inside[each]]
        return depths

    def _upwards(self, start: int | None) -> Iterator[int]:
        """Walk from one up to the top, itself first; in a circle there is no end."""
        at = start
        while at is not None:
            yield at
            at = self._parents[at]

    def _name(self, which: int | None) -> str:
        if which is None:
            return ""
        return (self._rows.get(which) or self._tree.by_id[which]).name

    # --- what can't be -------------------------------------------------------------------

    def too_deep(self) -> Iterator[FileFault]:
        """Find rows that, or in which others, would stand too deep."""
        deep = [each for each, depth in self._depths.items() if depth > DEEPEST]
        # One that the file doesn't name is moved by the row above it.
        rows = (
            next((at for at in self._upwards(each) if at in self._rows), None) for each in deep
        )
        for each in dict.fromkeys(rows):
            if each is not None:
                what = f"получается больше {DEEPEST} уровней"
                yield _fault(self._rows[each], PARENT, what, "поднимите организацию выше")

    def circles(self) -> Iterator[FileFault]:
        """Find organisations that would stand in themselves, each circle once."""
        seen = set(self._depths)
        for start in self._rows:
            way: dict[int, None] = {}
            for at in self._upwards(start):
                if at in way:
                    circle = list(way)[list(way).index(at) :]
                    names = " → ".join(quoted(self._name(each)) for each in (*circle, at))
                    first = next(row for each, row in self._rows.items() if each in circle)
                    yield _fault(first, PARENT, f"круг: {names}", "разомкните его")
                if at in seen:
                    break
                seen.add(at)
                way[at] = None

    def same_names(self) -> Iterator[FileFault]:
        """Find organisations that would have the same name in the same place."""
        taken = {
            (self._parents[each.id], folded(each.name))
            for each in self._tree.by_id.values()
            if each.id not in self._rows and not each.archived
        }
        first: dict[tuple[int | None, str], Row] = {}
        for each, row in self._rows.items():
            place = (self._parents[each], folded(row.name))
            if row in self._places.lost or not row.name:
                continue
            if place in first:
                what = f"«{row.name}» в том же месте уже есть в строке {first[place].number}"
                yield _fault(row, NAME, what, "оставьте одну или назовите их по-разному")
            elif place in taken and row in self._places.known:
                what = f"другая организация «{row.name}» в этом месте уже есть"
                yield _fault(row, NAME, what, "дайте другое название")
            first.setdefault(place, row)

    def in_archived(self) -> Iterator[FileFault]:
        """Find archived organisations in which rows would stand, where nobody would see them."""
        told: set[int] = set()
        for each, row in self._rows.items():
            if each not in self._depths:
                continue
            for at in self._upwards(each):
                there = self._tree.by_id.get(at)
                if there and there.archived and at not in self._rows and at not in told:
                    told.add(at)
                    right = "впишите и её отдельной строкой, тогда она вернётся"
                    yield _fault(row, PARENT, f"организация «{there.name}» в архиве", right)

    # --- what is to be done --------------------------------------------------------------

    def plan(self) -> Plan:
        """Return what is to be done; only for rows without faults."""
        changes: list[Change] = []
        for each, row in sorted(self._rows.items(), key=lambda item: self._depths[item[0]]):
            parent, before = self._parents[each], self._places.known.get(row)
            after = Organisation(
                id=each,
                parent=parent,
                name=row.name,
                kind=row.kind or (before.kind if before else SCHOOL),
                sferum_id=row.sferum_id or (before.sferum_id if before else ""),
                time_zone=row.time_zone or "",
            )
            if before is None:
                changes.append(Added(organisation=after, above=self._name(parent)))
                continue
            if row.time_zone is None:
                after = replace(after, time_zone=before.time_zone)
            if after != before:
                was_in = parent_of(self._tree, before)
                changes.append(
                    Changed(
                        before=before,
                        after=after,
                        above_before=was_in.name if was_in else "",
                        above=self._name(parent),
                    )
                )
        return Plan(changes=tuple(changes), unchanged=len(self._rows) - len(changes))


def _fault(row: Row, heading: str, what: str, right: str) -> FileFault:
    return FileFault(row=row.number, heading=heading, what=what, would_be_right=right)


def _place(fault: FileFault) -> tuple[int, int]:
    known = fault.heading in HEADINGS
    return fault.row, HEADINGS.index(fault.heading) if known else len(HEADINGS)
