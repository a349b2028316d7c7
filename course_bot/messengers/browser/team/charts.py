"""What is drawn on the page: shares as bars and lines, in SVGs coloured by the page's styles."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from course_bot.locale.phrases import Phrases
from course_bot.organisations.state import State
from course_bot.reports.wording import count_text, group_words, share_text, state_words
from course_bot.sheets.judging import Targets
from course_bot.storage.activity import ActivityDay
from course_bot.storage.reporting import Standings

WIDE, HIGH = 100.0, 40.0
"""The size of a line's drawing, which is stretched to where it stands."""
_ABOVE = 1.15
"""How much higher a drawing is than what is highest in it."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """How the share of a group has changed: ``points`` as SVG has them, ``target`` its height.

    ``said`` is the same in words.
    """

    word: str
    said: str
    aim: str
    points: str
    target: float


def lines(history: Sequence[ActivityDay], targets: Targets, p: Phrases) -> Iterator[Line]:
    """Draw how the share of the active has changed in each group that has two days at least."""
    for group, word in group_words(p).items():
        known = [
            (each.day, share)
            for each in history
            if (share := each.groups[group].share) is not None
        ]
        if len(known) < 2:
            continue
        target = targets.of(group) / 100
        highest = _ABOVE * max(target, *(share for _, share in known))
        first, last = known[0], known[-1]
        span = (last[0] - first[0]).days
        points = " ".join(
            f"{WIDE * (day - first[0]).days / span:.2f},{HIGH * (1 - share / highest):.2f}"
            for day, share in known
        )
        yield Line(
            word=word,
            said=f"{share_text(first[1])} → {share_text(last[1])}",
            aim=p.t("target {share}", share=share_text(target)),
            points=points,
            target=round(HIGH * (1 - target / highest), 2),
        )
