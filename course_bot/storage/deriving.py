"""What is derived from the tree of organisations, kept so that reports can join it.

The tree is changed by few, and read in every report: so it is worked out when it changes, whole,
and only what differs is written.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Table, and_, bindparam, delete, insert, select, text, update
from sqlalchemy.engine import RowMapping

from course_bot.organisations.tree import Assignment, Organisation, Tree
from course_bot.organisations.tree import assigned as assigned_in
from course_bot.storage.schema import assigned, assignment, lineage, organisation

LOCK = 0x6F7267
"""A number of our own, for PostgreSQL's advisory lock: one process at a time changes the tree."""


def hold_tree(connection: Connection) -> None:
    """Let no other process change the tree until the transaction ends."""
    if connection.dialect.name != "sqlite":  # there, BEGIN IMMEDIATE holds the only lock
        connection.execute(text(f"SELECT pg_advisory_xact_lock({LOCK})"))


def read_tree(connection: Connection) -> Tree:
    """Read all organisations, archived ones too."""
    return Tree(map(read_organisation, connection.execute(select(organisation)).mappings()))


def read_organisation(row: RowMapping) -> Organisation:
    """Make an organisation of a row of its table."""
    return Organisation(
        id=row["id"],
        parent=row["parent_id"],
        name=row["name"],
        kind=row["kind"],
        sferum_id=row["sferum_id"] or "",
        time_zone=row["time_zone"] or "",
        archived=row["archived_at"] is not None,
    )


def read_assignment(row: RowMapping) -> Assignment:
    """Make an assignment of a row of its table."""
    return Assignment(
        organisation=row["organisation_id"],
        track=row["track"],
        due=row["due"],
        lifted=row["lifted"],
        revision=row["revision"],
    )


def derive(connection: Connection, usual: ZoneInfo) -> None:
    """Bring lineages, zones and what is assigned everywhere into step with the tree.

    Args:
        connection: in a transaction that writes.
        usual: the zone of organisations that have and inherit none.
    """
    hold_tree(connection)
    derived = _derive(connection, usual)
    zones = _zones(connection)
    changed = [each for each in zones if zones[each] != derived.zones[each]]
    if changed:
        connection.execute(
            update(organisation)
            .where(organisation.c.id == bindparam("organisation"))
            .values(zone=bindparam("named")),
            [{"organisation": each, "named": derived.zones[each]} for each in changed],
        )
    for table, rows in derived.rows:
        _replace(connection, table, rows)


_Row = tuple[object, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OutOfStep:
    """Something of an organisation that is stored otherwise than the tree says; None: nothing."""

    what: str
    stored: object
    derived: object


def out_of_step(connection: Connection, usual: ZoneInfo) -> list[OutOfStep]:
    """Return what ``derive`` would change.

    Args:
        connection: in a transaction.
        usual: as for ``derive``.
    """
    derived = _derive(connection, usual)
    found = [
        OutOfStep(what=f"organisation {each}, zone", stored=zone, derived=derived.zones[each])
        for each, zone in _zones(connection).items()
        if zone != derived.zones[each]
    ]
    for table, rows in derived.rows:
        wanted, stored = _keyed(table, rows), _stored(connection, table)
        found += [
            OutOfStep(what=_named(table, key), stored=stored.get(key), derived=wanted.get(key))
            for key in sorted(wanted.keys() | stored.keys())
            if stored.get(key) != wanted.get(key)
        ]
    return found


def _named(table: Table, key: _Row) -> str:
    if table is lineage:
        above, below = key
        return f"organisation {below}, above it {above}"
    here, track = key
    return f"organisation {here}, assigned {track}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Derived:
    zones: Mapping[int, str | None]
    rows: Sequence[tuple[Table, Iterable[Mapping[str, object]]]]


def _derive(connection: Connection, usual: ZoneInfo) -> _Derived:
    tree = read_tree(connection)
    said = [read_assignment(row) for row in connection.execute(select(assignment)).mappings()]
    lineages = (
        {"above_id": above.id, "organisation_id": each.id}
        for each in tree.live()
        for above in tree.above(each.id)
    )
    everywhere = (
        {
            "organisation_id": each.organisation,
            "track": each.track,
            "source_id": each.source,
            "due": each.due,
            "over_at": each.over_at,
        }
        for each in assigned_in(tree, said, usual)
    )
    return _Derived(
        zones={each: tree.zone(each) or None for each in tree.by_id},
        rows=((lineage, lineages), (assigned, everywhere)),
    )


def _zones(connection: Connection) -> dict[int, str | None]:
    zones = select(organisation.c.id, organisation.c.zone)
    return {row.id: row.zone or None for row in connection.execute(zones)}


def _keyed(table: Table, rows: Iterable[Mapping[str, object] | RowMapping]) -> dict[_Row, _Row]:
    """Return rows, each whole, by their primary keys."""
    key = _reader([column.name for column in table.primary_key])
    whole = _reader(table.columns.keys())
    return {key(row): whole(row) for row in rows}


def _stored(connection: Connection, table: Table) -> dict[_Row, _Row]:
    return _keyed(table, connection.execute(select(table)).mappings())


def _replace(connection: Connection, table: Table, rows: Iterable[Mapping[str, object]]) -> None:
    """Make a table hold exactly these rows, and write only what differs."""
    wanted, stored = _keyed(table, rows), _stored(connection, table)
    gone = [key for key, row in stored.items() if wanted.get(key) != row]
    new = [row for key, row in wanted.items() if stored.get(key) != row]
    if gone:
        names = [column.name for column in table.primary_key]
        matches = and_(*(table.c[name] == bindparam(f"old_{name}") for name in names))
        connection.execute(
            delete(table).where(matches),
            [
                {f"old_{name}": value for name, value in zip(names, key, strict=True)}
                for key in gone
            ],
        )
    if new:
        columns = table.columns.keys()
        connection.execute(insert(table), [dict(zip(columns, row, strict=True)) for row in new])


def _reader(
    names: Sequence[str],
) -> Callable[[Mapping[str, object] | RowMapping], tuple[object, ...]]:
    def read(row: Mapping[str, object] | RowMapping) -> tuple[object, ...]:
        return tuple(row[name] for name in names)

    return read
