"""What is remembered: the only package that knows SQLAlchemy."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A person at one door: the messenger's name and the messenger's own id of the person."""

    door: str
    key: str
