"""Invites as the operator makes and withdraws them at the console, beside a running bot."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, delete, exists, insert, select

from course_bot.errors import CourseError
from course_bot.organisations.naming import UnclearNameError, find_organisation
from course_bot.organisations.placing import usual_parent
from course_bot.organisations.records import Act, Audited, InviteMade, InviteWithdrawn, Role
from course_bot.organisations.tree import REGION, Organisation, Tree, zone_of
from course_bot.storage import team_writes
from course_bot.storage.deriving import derive, hold_tree, read_tree
from course_bot.storage.organisations import Invite, InviteOfKey, add_organisation
from course_bot.storage.schema import membership, noted
from course_bot.storage.store import Storage

FIRST_NAME = "Мой регион"
"""What the organisation is called that the first start makes; an import may rename it."""
_NOTE = "printed invite"

Make = Callable[[int, ZoneInfo], InviteMade]
"""Makes an invite into the organisation of a number, for its zone."""


class ArchivedError(CourseError):
    """An organisation is in the archive, or below one that is: nobody can be invited there."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path


class NoSchoolError(CourseError):
    """An administrator is of one school, and the organisation has others below it."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path


@dataclass(frozen=True, slots=True, kw_only=True)
class Invited:
    """An invite that was made, and the path of what it leads into; ``new`` if that is new too."""

    invite: InviteMade
    path: tuple[str, ...]
    zone: ZoneInfo
    new: bool


async def invite_into(
    storage: Storage, name: str, kind: str, make: Make, now: datetime
) -> Invited:
    """Make an invite into an organisation, which is made as well where there is none of the name.

    Args:
        storage: what is changed, in one transaction.
        name: the organisation's name, «ID организации» or path. A new one stands on top, and is
            made only for a name: not for a path, nor for what has no letter and may be an ID.
        kind: what a new one is.
        make: makes the invite.
        now: the time, UTC.

    Raises:
        UnclearNameError: several have the name, or none and it is not one for a new one.
        ArchivedError: it is in the archive.
        NoSchoolError: the invite is for an administrator, and others are below it.
    """

    def carry_out(connection: Connection) -> Invited:
        hold_tree(connection)
        tree = read_tree(connection)
        found = _find(tree, name)
        new = found is None
        if found is None:
            above = usual_parent(tree, kind)
            made = Organisation(id=0, parent=above, name=name, kind=kind)
            number = add_organisation(connection, made, now)
            derive(connection, storage.zone)
            tree = read_tree(connection)
            found = tree.by_id[number]
        path = tree.path(found.id)
        if found.id not in {each.id for each in tree.live()}:
            raise ArchivedError(" / ".join(path))
        zone = zone_of(tree.zone(found.id), storage.zone)
        invite = make(found.id, zone)
        below = any(not each.archived for each in tree.children(found.id))
        if invite.role is Role.ADMINISTRATOR and below:
            raise NoSchoolError(" / ".join(path))
        _write(connection, invite)
        return Invited(invite=invite, path=path, zone=zone, new=new)

    async with storage.writing() as connection:
        return await connection.run_sync(carry_out)


def _find(tree: Tree, name: str) -> Organisation | None:
    try:
        return find_organisation(tree, name)
    except UnclearNameError as unclear:
        if unclear.paths or "/" in name or not any(char.isalpha() for char in name):
            raise
        return None


def _write(connection: Connection, made: InviteMade) -> None:
    team_writes.add_invite(connection, made, None)
    _audit(connection, made.organisation, Act.INVITED, made.at, made.role, made.key)


def _audit(
    connection: Connection, organisation: int, act: Act, at: datetime, role: Role, key: str
) -> None:
    record = Audited(organisation=organisation, act=act, at=at, about=f"{role} {key}")
    team_writes.add_audit(connection, record, None)


async def withdraw(storage: Storage, key: str, now: datetime) -> Invite | None:
    """Withdraw an invite; return it as it was, None where there is none of this key. UTC."""

    def carry_out(connection: Connection) -> Invite | None:
        found = InviteOfKey(key=key, viewer=None).run(connection)
        if found is not None and found.withdrawn_at is None:
            team_writes.withdraw_invite(connection, InviteWithdrawn(key=key, at=now))
            _audit(connection, found.organisation, Act.WITHDREW, now, found.role, key)
        return found

    async with storage.writing() as connection:
        return await connection.run_sync(carry_out)


async def first_invite(storage: Storage, make: Make, now: datetime) -> InviteMade | None:
    """Make an invite for whoever is to be the first coordinator; None where there is one.

    It leads into the organisation on top (the first by name), which is made where there is none.
    The one that was made so at an earlier start is withdrawn. UTC.
    """

    def carry_out(connection: Connection) -> InviteMade | None:
        hold_tree(connection)
        if connection.scalar(select(exists().where(membership.c.role == Role.COORDINATOR))):
            return None
        tree = read_tree(connection)
        tops = [each.id for each in tree.children(None) if not each.archived]
        if not tops:
            region = Organisation(id=0, name=FIRST_NAME, kind=REGION)
            tops = [add_organisation(connection, region, now)]
            derive(connection, storage.zone)
            tree = read_tree(connection)
        earlier = connection.scalar(select(noted.c.value).where(noted.c.name == _NOTE))
        if earlier is not None:
            team_writes.withdraw_invite(connection, InviteWithdrawn(key=earlier, at=now))
            connection.execute(delete(noted).where(noted.c.name == _NOTE))
        made = make(tops[0], zone_of(tree.zone(tops[0]), storage.zone))
        _write(connection, made)
        connection.execute(insert(noted).values(name=_NOTE, value=made.key))
        return made

    async with storage.writing() as connection:
        return await connection.run_sync(carry_out)
