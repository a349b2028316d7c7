"""What is counted of those who look for help: written, and read for authors and coordinators."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, Row, bindparam, delete, func, select, text, update

from course_bot.content.search import stems
from course_bot.learning.seeking import AnswerChosen, Missed, NoneMeant
from course_bot.storage.prepared import Prepared
from course_bot.storage.query import Query
from course_bot.storage.schema import answer_choice, guide_end, miss, organisation
from course_bot.storage.scope import Scope, Scoped

COUNT_GUIDE_END = Prepared(
    text(
        "INSERT INTO guide_end (guide, ending, day, count) VALUES (:guide, :ending, :day, :count)"
        " ON CONFLICT (guide, ending, day) DO UPDATE SET count = guide_end.count + excluded.count"
    ).bindparams(day=guide_end.c.day.type)
)


ASKERS = 2
"""How many people must have asked something before anybody reads it."""
MISSES_KEPT = timedelta(days=90)
OFFERED_FOR = timedelta(days=1)
"""How long one may take to choose from what is offered."""
MISSES_READ = 20_000
"""How many misses a report looks at, the latest ones."""
NONE, OFFERED, OTHER = "none", "offered", "other"
"""What has come of a question: nothing was found, they have yet to choose, they meant another."""

_ADD_MISS = text(
    # Whoever meant nothing of what was offered, and asks once more, has meant nothing of it yet.
    "INSERT INTO miss (key, words, asker, day, outcome)"
    " VALUES (:key, :words, :asker, :day, :outcome)"
    " ON CONFLICT (key) DO UPDATE SET day = excluded.day, outcome ="
    " CASE excluded.outcome WHEN 'offered' THEN miss.outcome ELSE excluded.outcome END"
).bindparams(bindparam("day", type_=miss.c.day.type))
_COUNT_CHOICE = text(
    "INSERT INTO answer_choice (target, day, count) VALUES (:target, :day, 1)"
    " ON CONFLICT (target, day) DO UPDATE SET count = answer_choice.count + 1"
).bindparams(bindparam("day", type_=answer_choice.c.day.type))


def write_misses(
    connection: Connection, records: Sequence[Missed | NoneMeant | AnswerChosen]
) -> None:
    """Write what has become of questions without a sure answer.

    A choice counts once: with it the question is answered, and its row is gone.
    """
    # Another process may be at the same; the order keeps the two from deadlock.
    for record in sorted(records, key=lambda each: each.key):
        match record:
            case Missed():
                connection.execute(
                    _ADD_MISS,
                    {
                        "key": record.key,
                        "words": record.words,
                        "asker": record.asker,
                        "day": record.day,
                        "outcome": OFFERED if record.offered else NONE,
                    },
                )
            case NoneMeant():
                connection.execute(
                    update(miss)
                    .where(miss.c.key == record.key)
                    .values(outcome=OTHER, day=record.day)
                )
    chosen = [record for record in records if isinstance(record, AnswerChosen)]
    for record in sorted(chosen, key=lambda each: (each.target, each.key)):
        if connection.execute(delete(miss).where(miss.c.key == record.key)).rowcount:
            connection.execute(_COUNT_CHOICE, {"target": record.target, "day": record.day})


def tidy_misses(connection: Connection, now: datetime) -> None:
    """Delete what was kept long enough, and questions of people who chose nothing. UTC."""
    today = now.date()
    connection.execute(
        delete(miss).where(
            (miss.c.day < today - MISSES_KEPT)
            | ((miss.c.outcome == OFFERED) & (miss.c.day < today - OFFERED_FOR))
        )
    )
    connection.execute(delete(answer_choice).where(answer_choice.c.day < today - MISSES_KEPT))


_Miss = tuple[str, int, str, date]


@dataclass(frozen=True, slots=True, kw_only=True)
class MissedQuestion:
    """A question that several people have asked in vain.

    ``people`` counts them, ``other`` those of them who meant nothing of what was offered; the
    others were offered nothing. ``day`` (UTC) is when it was asked last.
    """

    words: str
    people: int
    other: int
    day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class MissedQuestions(Query[Sequence[MissedQuestion]]):
    """What at least ``ASKERS`` people asked in vain from a day on (UTC), the most asked first.

    Questions with the same words, but for their endings and order, are one, told as most put it.
    """

    since: date

    def run(self, connection: Connection) -> Sequence[MissedQuestion]:
        """Read them; who asked is known by one byte of a digest, and not told."""
        rows = connection.execute(
            select(miss.c.words, miss.c.asker, miss.c.outcome, miss.c.day)
            .where(miss.c.day >= self.since, miss.c.outcome != OFFERED)
            .order_by(miss.c.day.desc(), miss.c.key)
            .limit(MISSES_READ)
        )
        alike: defaultdict[frozenset[str], list[Row[*_Miss]]] = defaultdict(list)
        for row in rows:
            alike[frozenset(stems(row.words) or [row.words])].append(row)
        questions = []
        for group in alike.values():
            people = {row.asker for row in group}
            if len(people) >= ASKERS:
                other = {row.asker for row in group if row.outcome == OTHER}
                usual = Counter(words for words, _ in {(row.words, row.asker) for row in group})
                questions.append(
                    MissedQuestion(
                        words=min(usual, key=lambda each: (-usual[each], len(each), each)),
                        people=len(people),
                        other=len(other),
                        day=group[0].day,
                    )
                )
        return sorted(questions, key=lambda each: (-each.people, each.words))


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceCount:
    """How often something ("faq:3") was chosen of what was offered as perhaps meant."""

    target: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceCounts(Query[Sequence[ChoiceCount]]):
    """How often each thing was chosen from a day on (UTC), the most chosen first."""

    since: date

    def run(self, connection: Connection) -> Sequence[ChoiceCount]:
        """Add the days up."""
        total = func.sum(answer_choice.c.count)
        rows = connection.execute(
            select(answer_choice.c.target, total)
            .where(answer_choice.c.day >= self.since)
            .group_by(answer_choice.c.target)
            .order_by(total.desc(), answer_choice.c.target)
        )
        return tuple(ChoiceCount(target=target, count=int(count)) for target, count in rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class EndingCount:
    """How often a guide has led to one of its endings."""

    guide: str
    ending: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EndingCounts(Query[Sequence[EndingCount]]):
    """How often each ending was reached from a day on (UTC), by whomever: for authors."""

    since: date

    def run(self, connection: Connection) -> Sequence[EndingCount]:
        """Add the days up."""
        total = func.sum(guide_end.c.count)
        rows = connection.execute(
            select(guide_end.c.guide, guide_end.c.ending, total)
            .where(guide_end.c.day >= self.since)
            .group_by(guide_end.c.guide, guide_end.c.ending)
            .order_by(guide_end.c.guide, total.desc(), guide_end.c.ending)
        )
        return tuple(
            EndingCount(guide=guide, ending=ending, count=int(count))
            for guide, ending, count in rows
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """What people looked for, whoever they were."""

    endings: Sequence[EndingCount]
    missed: Sequence[MissedQuestion]


@dataclass(frozen=True, slots=True, kw_only=True)
class SoughtOnTop(Scoped[Sought | None]):
    """What people looked for from a day on (UTC): None but for an organisation with none above.

    It is counted of everybody together, so whoever sees it coordinates all there is.
    """

    scope: Scope
    since: date

    def look(self, connection: Connection) -> Sought | None:
        """Read it."""
        on_top = select(organisation.c.id).where(
            organisation.c.id == self.scope.organisation, organisation.c.parent_id.is_(None)
        )
        if connection.scalar(on_top) is None:
            return None
        return Sought(
            endings=EndingCounts(since=self.since).run(connection),
            missed=MissedQuestions(since=self.since).run(connection),
        )
