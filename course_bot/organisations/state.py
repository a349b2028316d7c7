"""How far somebody is with a track that their organisation reports on."""

from enum import StrEnum


class State(StrEnum):
    """How far somebody is with a track."""

    NOT_STARTED = "new"
    IN_PROGRESS = "going"
    COMPLETED = "done"
    OVERDUE = "late"
    """Not completed, and the last day is over, whether they have started or not."""
