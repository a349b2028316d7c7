"""What is counted of those who look for help, whoever they are."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True, kw_only=True)
class GuideEnded:
    """Record: somebody's answers have led to an ending of a guide, on a day (UTC)."""

    guide: str
    ending: str
    day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Missed:
    """Record: a question has found no answer, or only what may be meant (``offered``).

    ``key`` names the question of this asker; ``asker`` (0 to 255) tells askers apart and does not
    say who they are; ``words`` have no names in them. The day is UTC.
    """

    key: str
    words: str
    asker: int
    offered: bool
    day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class NoneMeant:
    """Record: nothing of what the question of that key was offered was meant."""

    key: str
    day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerChosen:
    """Record: ``target`` ("faq:3") was chosen of what the question of that key was offered."""

    key: str
    target: str
    day: date


SeekingRecord = GuideEnded | Missed | NoneMeant | AnswerChosen
