"""What is counted of those who look for help, whoever they are."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True, kw_only=True)
class GuideEnded:
    """Record: somebody's answers have led to an ending of a guide, on a day (UTC)."""

    guide: str
    ending: str
    day: date


SeekingRecord = GuideEnded
