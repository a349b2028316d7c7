"""What can be asked of the database: by a place after the commit, or by a decision within it."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Hashable
from typing import Generic, TypeVar

from sqlalchemy import Connection, Select

R_co = TypeVar("R_co", covariant=True)


class Query(ABC, Generic[R_co]):
    """A question with its arguments: a frozen dataclass, so that equal ones are asked once."""

    @abstractmethod
    def run(self, connection: Connection) -> R_co:
        """Ask, in the transaction that is open on the connection."""

    def people(self) -> Select[tuple[int]] | None:
        """Select the ids of those whom a decision may change because of what it finds."""
        return None

    def held(self, found: object) -> Collection[int]:  # noqa: ARG002 - for those who override it
        """Return the ids of those among what was found."""
        return ()

    def alone(self) -> Hashable | None:
        """Name what a decision may change because of what it finds, if that is no person.

        Of turns that name the same, each finds what the one before it has left.
        """
        return None
