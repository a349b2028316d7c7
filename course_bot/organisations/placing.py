"""Which organisation each row of a file is, and what it stands in."""

from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice

from rapidfuzz import fuzz, process

from course_bot.organisations.file import PARENT, SFERUM_ID, FileFault, Row
from course_bot.organisations.naming import (
    SLASH,
    Names,
    NotPlacedYetError,
    Way,
    folded,
    names_of,
)
from course_bot.organisations.tree import (
    DEEPEST,
    MUNICIPALITY,
    REGION,
    SCHOOL,
    Organisation,
    Tree,
)
from course_bot.signs import right_letter

NEAR = 75
"""How like a known name another must be, of 100, for that one to be meant."""

_RANKS = {REGION: 0, MUNICIPALITY: 1, SCHOOL: 3}
_FREE_RANK = 2
"""Any other kind stands below a municipality and above a school."""

Above = Row | Organisation | None
"""What a row stands in: another row, an organisation that there is, or nothing."""


@dataclass(slots=True, kw_only=True)
class Places:
    """What the rows are: which organisation, where there is one, and what each stands in.

    ``lost`` are rows with a fault for which nobody can say where they stand.
    """

    known: dict[Row, Organisation] = field(default_factory=dict)
    above: dict[Row, Above] = field(default_factory=dict)
    lost: set[Row] = field(default_factory=set)
    faults: list[FileFault] = field(default_factory=list)


def place_rows(rows: Sequence[Row], tree: Tree, into: int | None) -> Places:
    """Find out what each row stands in, and which organisation it is: by ID, else by name there.

    Args:
        rows: the rows of a file.
        tree: all organisations.
        into: the organisation for rows that don't say what they stand in.
    """
    placer = _Placer(rows, tree, None if into is None else tree.by_id[into])
    placer.match_ids()
    placer.place()
    placer.match_names()
    return placer.places


def usual_parent(tree: Tree, kind: str) -> int | None:
    """Return what a new organisation stands in that nobody has placed: the only one on top.

    None where there are several on top, none, or one that is no higher than it.
    """
    tops = [each for each in tree.children(None) if not each.archived]
    fits = len(tops) == 1 and _rank(tops[0].kind) < _rank(kind)
    return tops[0].id if fits else None


def parent_of(tree: Tree, organisation: Organisation) -> Organisation | None:
    """Return what an organisation stands in, or None at the top."""
    return next(islice(tree.above(organisation.id), 1, None), None)


class _Placer:
    def __init__(self, rows: Sequence[Row], tree: Tree, into: Organisation | None) -> None:
        self.places = Places()
        self._rows = rows
        self._tree = tree
        self._into = into
        self._standing: dict[tuple[int | None, str], list[Organisation]] = defaultdict(list)
        for each in tree.by_id.values():
            above = parent_of(tree, each)
            self._standing[above.id if above else None, folded(each.name)].append(each)

    def _fault(self, row: Row, heading: str, what: str, right: str) -> None:
        self.places.faults.append(
            FileFault(row=row.number, heading=heading, what=what, would_be_right=right)
        )

    # --- which one it is, by ID ----------------------------------------------------------

    def match_ids(self) -> None:
        """Find the organisations that rows name by their IDs."""
        there = {
            folded(each.sferum_id): each for each in self._tree.by_id.values() if each.sferum_id
        }
        seen: dict[str, Row] = {}
        for row in self._rows:
            word = folded(row.sferum_id)
            first = seen.setdefault(word, row) if word else row
            if first is not row:
                what = f"ID {row.sferum_id} уже стоит в строке {first.number}"
                self._fault(row, SFERUM_ID, what, "у каждой организации он свой")
                self.places.lost.add(row)
            elif word in there:
                self.places.known[row] = there[word]

    # --- what it stands in ---------------------------------------------------------------

    def place(self) -> None:
        """Find what each row stands in."""
        in_file = Names(self._rows, self._way_up)
        there = names_of(self._tree.by_id.values(), self._tree)
        top = self._only_top()
        waiting = []
        for row in self._rows:
            if row.parent == SLASH:
                self.places.above[row] = None
            elif row.parent:
                waiting.append(row)
            else:
                self.places.above[row] = self._usual_place(row, top)
        # A path may lead through what another path places; each round places one level more.
        for _ in range(DEEPEST):
            waiting = [row for row in waiting if not self._find_above(row, in_file, there)]
        for row in waiting:
            self._refuse(row, f"непонятно, где «{row.parent}»", "укажите её ID или название")

    def _way_up(self, row: Row) -> Way:
        """Return the names above a row, as far as rows have their places."""
        names: list[str] = []
        at: Above = row
        while isinstance(at, Row):
            names.append(at.name)
            if at not in self.places.above or len(names) > len(self._rows):
                return Way(names, whole=False)
            at = self.places.above[at]
        if at is not None:
            names += self._tree.path(at.id)[::-1]
        return Way(names)

    def _find_above(self, row: Row, in_file: Names[Row], there: Names[Organisation]) -> bool:
        """Find what a row says it stands in, or refuse it; return whether it was decided."""
        try:
            rows = in_file.find(row.parent, but=row)  # «Город» may stand in a «Город»
        except NotPlacedYetError:
            return False
        found = there.find(row.parent) if not rows else []
        found = [each for each in found if not each.archived] or found
        if len(rows) > 1:
            numbers = ", ".join(str(each.number) for each in rows)
            self._refuse_several(row, f"«{row.parent}» — это и строки {numbers}")
        elif rows:
            self.places.above[row] = rows[0]
        elif len(found) > 1:
            paths = ", ".join(f"«{' / '.join(self._tree.path(each.id))}»" for each in found)
            self._refuse_several(row, f"организаций «{row.parent}» несколько: {paths}")
        elif found:
            self.places.above[row] = found[0]
        elif folded(row.parent) in (folded(row.name), folded(row.sferum_id)):
            self._refuse(row, "организация не может входить сама в себя", "укажите другую")
        else:
            self._refuse(row, f"нет организации «{row.parent}»", self._meant(row.parent))
        return True

    def _refuse_several(self, row: Row, what: str) -> None:
        self._refuse(row, what, "укажите её ID или путь, как в «Область / Район»")

    def _refuse(self, row: Row, what: str, right: str) -> None:
        self._fault(row, PARENT, what, right)
        self.places.above[row] = None
        self.places.lost.add(row)

    def _meant(self, cell: str) -> str:
        """Say which organisation may be meant by a name that none has."""
        near = process.extractOne(
            folded(cell), tuple(self._all_names), scorer=fuzz.ratio, score_cutoff=NEAR
        )
        if near is None:
            return "впишите её отдельной строкой или исправьте название"
        name = self._all_names[near[0]]
        return right_letter(cell, [name]) or f"может быть, «{name}»?"

    @cached_property
    def _all_names(self) -> dict[str, str]:
        """Return the names that a cell can give, by what they are compared as."""
        names = [each.name for each in self._tree.by_id.values() if not each.archived]
        names += [row.name for row in self._rows if row.name]
        return {folded(name): name for name in names}

    def _only_top(self) -> Row | Organisation | None:
        """Return what stands on top, in the file or already, if one alone is of the highest kind.

        A school beside the region, as `course-bot invite` makes it, must not change where the same
        file puts its rows.
        """
        there = [each for each in self._tree.children(None) if not each.archived]
        names = {folded(each.name) for each in there}
        regions = [
            row
            for row in self._rows
            if row.kind == REGION
            and not row.parent
            and row not in self.places.known
            and folded(row.name) not in names
        ]
        tops: list[Row | Organisation] = [*there, *regions]
        highest = min((_rank(each.kind) for each in tops), default=None)
        tops = [each for each in tops if _rank(each.kind) == highest]
        return tops[0] if len(tops) == 1 else None

    def _usual_place(self, row: Row, top: Row | Organisation | None) -> Above:
        """Return what a row stands in that doesn't say it."""
        tree, known = self._tree, self.places.known.get(row)
        if self._into is not None:
            # The file may also name the organisation it is loaded into, and those above that.
            for each in tree.above(self._into.id):
                if each is known or (known is None and folded(each.name) == folded(row.name)):
                    return parent_of(tree, each)
            return self._into
        if known is not None:
            return parent_of(tree, known)
        if (None, folded(row.name)) in self._standing:
            return None
        fits = top is not None and _rank(top.kind) < _rank(row.kind or SCHOOL)
        return top if fits else None

    # --- which one it is, by name and place ----------------------------------------------

    def match_names(self) -> None:
        """Find the organisations that rows name by their names, from the top down."""
        known, lost, above = self.places.known, self.places.lost, self.places.above
        claimed = {each.id for each in known.values()}
        inside: dict[Row, list[Row]] = defaultdict(list)
        ready: deque[Row] = deque()
        for row in self._rows:
            stands_in = above[row]
            (inside[stands_in] if isinstance(stands_in, Row) else ready).append(row)
        while ready:  # rows in a circle never are
            row = ready.popleft()
            ready.extend(inside[row])
            stands_in = above[row]
            is_in_new = isinstance(stands_in, Row) and stands_in not in known
            if row in known or row in lost or not row.name or is_in_new:
                continue
            there = known[stands_in] if isinstance(stands_in, Row) else stands_in
            place = (there.id if there else None, folded(row.name))
            found = [each for each in self._standing.get(place, ()) if each.id not in claimed]
            found = [each for each in found if not each.archived] or found
            if len(found) > 1:
                what = f"организаций «{row.name}» здесь уже {len(found)}"
                self._fault(row, SFERUM_ID, what, "впишите ID нужной")
            elif found:
                known[row] = found[0]
                claimed.add(found[0].id)


def _rank(kind: str) -> int:
    return _RANKS.get(kind, _FREE_RANK)
