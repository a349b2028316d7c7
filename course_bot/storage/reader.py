"""Several questions asked of one moment, and long lists walked through: what a file is made of."""

from collections.abc import Iterator
from datetime import datetime
from typing import TypeVar

from sqlalchemy import Connection

from course_bot.storage.query import Query
from course_bot.storage.reporting import PeopleFilter, PersonRow, walk_people
from course_bot.storage.scope import Scope

R = TypeVar("R")


class Reader:
    """Reads within one transaction; made by ``Storage.read_all``."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def ask(self, query: Query[R]) -> R:
        """Return what a query finds."""
        return query.run(self._connection)

    def people(
        self,
        scope: Scope,
        wanted: PeopleFilter,
        at: datetime,
        *,
        sort: str = "name",
        descending: bool = False,
    ) -> Iterator[PersonRow]:
        """Walk through a list of people, some rows at a time (``walk_people``)."""
        return walk_people(self._connection, scope, wanted, at, sort=sort, descending=descending)
