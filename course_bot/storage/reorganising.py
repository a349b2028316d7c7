"""The tree of organisations as the operator changes it: by a file, or one put aside."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, update

from course_bot.organisations.file import Read
from course_bot.organisations.naming import find_organisation
from course_bot.organisations.planning import Added, Change, Plan, plan
from course_bot.organisations.tree import Organisation
from course_bot.storage.deriving import derive, hold_tree, read_tree
from course_bot.storage.organisations import add_organisation
from course_bot.storage.schema import organisation
from course_bot.storage.store import Storage


async def import_organisations(
    storage: Storage, read: Read, into: str | None, now: datetime
) -> Plan:
    """Change the tree as a file says; where there is a fault, not at all.

    Args:
        storage: what is changed, in one transaction.
        read: what is in the file.
        into: the name, ID or path of the organisation for rows that don't say where they stand.
        now: the time, UTC.

    Raises:
        UnclearNameError: ``into`` is not the name of one organisation.
    """

    def carry_out(connection: Connection) -> Plan:
        hold_tree(connection)
        tree = read_tree(connection)
        planned = plan(read, tree, find_organisation(tree, into).id if into else None)
        if planned.changes:
            _write(connection, planned.changes, now)
            derive(connection, storage.zone)
        return planned

    async with storage.writing() as connection:
        return await connection.run_sync(carry_out)


async def archive_organisation(storage: Storage, name: str, now: datetime) -> Organisation:
    """Put an organisation into the archive: nobody sees it nor what is below it; nothing is lost.

    Args:
        storage: what is changed, in one transaction.
        name: its name, ID or path.
        now: the time, UTC; one that is archived already keeps its time.

    Returns:
        The organisation as it was.

    Raises:
        UnclearNameError: it is not the name of one organisation.
    """

    def carry_out(connection: Connection) -> Organisation:
        hold_tree(connection)
        found = find_organisation(read_tree(connection), name)
        if not found.archived:
            connection.execute(
                update(organisation).where(organisation.c.id == found.id).values(archived_at=now)
            )
            derive(connection, storage.zone)
        return found

    async with storage.writing() as connection:
        return await connection.run_sync(carry_out)


def _write(connection: Connection, changes: Sequence[Change], now: datetime) -> None:
    """Write changes in their order; stand-in ids become those that the database gives."""
    given: dict[int, int] = {}
    for change in changes:
        after = change.organisation if isinstance(change, Added) else change.after
        if after.parent in given:
            after = replace(after, parent=given[after.parent])
        if isinstance(change, Added):
            given[after.id] = add_organisation(connection, after, now)
            continue
        connection.execute(
            update(organisation)
            .where(organisation.c.id == after.id)
            .values(
                parent_id=after.parent,
                name=after.name,
                kind=after.kind,
                sferum_id=after.sferum_id or None,
                time_zone=after.time_zone or None,
                archived_at=None,
            )
        )
