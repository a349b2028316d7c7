"""What is derived from the tree of organisations, kept so that reports can join it.

The tree is changed by few, and read in every report: so it is worked out when it changes, whole,
and only what differs is written.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
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
    tree = read_tree(connection)
    said = [read_assignment(row) for row in connection.execute(select(assignment)).mappings()]
    zones = {row.id: row.zone for row in connection.execute(select(organisation)) if row.zone}
    now = {each: zone for each in tree.by_id if (zone := tree.zone(each))}
    changed = [each for each in tree.by_id if zones.get(each) != now.get(each)]
    if changed:
        connection.execute(
            update(organisation)
            .where(organisation.c.id == bindparam("organisation"))
            .values(zone=bindparam("named")),
            [{"organisation": each, "named": now.get(each)} for each in changed],
        )
    _replace(
        connection,
        lineage,
        (
            {"above_id": above.id, "organisation_id": each.id}
            for each in tree.live()
            for above in tree.above(each.id)
        ),
    )
    _replace(
        connection,
        assigned,
        (
            {
                "organisation_id": each.organisation,
                "track": each.track,
                "source_id": each.source,
                "due": each.due,
                "over_at": each.over_at,
            }
            for each in assigned_in(tree, said, usual)
        ),
    )


def _replace(connection: Connection, table: Table, rows: Iterable[Mapping[str, object]]) -> None:
    """Make a table hold exactly these rows, and write only what differs."""
    key = _reader([column.name for column in table.primary_key])
    whole = _reader(table.columns.keys())
    wanted = {key(row): row for row in rows}
    stored = {key(row): row for row in connection.execute(select(table)).mappings()}
    same = {each for each in wanted.keys() & stored if whole(wanted[each]) == whole(stored[each])}
    gone, new = stored.keys() - same, wanted.keys() - same
    if gone:
        matches = and_(
            *(column == bindparam(f"old_{column.name}") for column in table.primary_key)
        )
        connection.execute(
            delete(table).where(matches),
            [
                {f"old_{column.name}": stored[each][column.name] for column in table.primary_key}
                for each in gone
            ],
        )
    if new:
        connection.execute(insert(table), [wanted[each] for each in new])


def _reader(
    names: Sequence[str],
) -> Callable[[Mapping[str, object] | RowMapping], tuple[object, ...]]:
    def read(row: Mapping[str, object] | RowMapping) -> tuple[object, ...]:
        return tuple(row[name] for name in names)

    return read
