"""What is drawn on the page: shares as bars, in an SVG whose colours the page's styles give."""

from dataclasses import dataclass

from course_bot.locale.phrases import Phrases
from course_bot.organisations.state import State
from course_bot.reports.wording import count_text, share_text, state_words
from course_bot.storage.reporting import Standings


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A part of a bar, in percent of its length, and what it stands for."""

    state: str
    word: str
    count: str
    share: str
    start: float
    length: float


def standing_bar(standing: Standings, p: Phrases) -> tuple[Piece, ...]:
    """Lay learners out as a bar of 100 %: those who have completed first, the late ones last."""
    words = state_words(p)
    counts = {
        State.COMPLETED: standing.completed,
        State.IN_PROGRESS: standing.going,
        State.NOT_STARTED: standing.new,
        State.OVERDUE: standing.late,
    }
    pieces = []
    start = 0.0
    for state, count in counts.items():
        share = count / standing.learners if standing.learners else None
        length = round(100 * (share or 0.0), 3)
        pieces.append(
            Piece(
                state=state.value,
                word=words[state],
                count=count_text(count),
                share=share_text(share),
                start=round(start, 3),
                length=length,
            )
        )
        start += length
    return tuple(pieces)
