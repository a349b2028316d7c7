"""What the log says about the course: which questions tell who understood, where people stop.

The figures of questions are Moodle's: https://docs.moodle.org/dev/Quiz_statistics_calculations.
They are taken from everybody's first attempt, if it is finished: whoever tries again has seen the
explanations.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from fractions import Fraction
from math import sqrt

from course_bot.questions.question import FULL, Question, Response

FACILITY_FROM = 10
"""So many answers are needed before a facility says anything."""
DISCRIMINATION_FROM = 25
"""So many answers are needed before a discrimination says anything."""
MISTAKES_FROM = 10
"""So many wrong answers are needed before it says anything that an option was in none of them: by
chance one of three wrong options is left out of ten in 2 % of cases."""

# Moodle's bands: https://docs.moodle.org/dev/Quiz_report_statistics
TOO_EASY_FROM = 0.95
"""Moodle calls a question "extremely easy" from here."""
TOO_HARD_BELOW = 0.35
"""Moodle calls a question "about right for the average student" from here; below, guessing among
three options would do as well."""
WEAK_BELOW = 0.20
"""Moodle calls a discrimination "very weak" below this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """The marks for one question, summed over the attempts that asked it.

    ``mark`` is the sum of the points for the question (0 to ``FULL``), ``rest`` that of the mean
    points for the other questions of the same attempt; then the sums of their squares and of
    their products. They are exact, so that a variance of zero is zero.
    """

    answers: int = 0
    mark: int = 0
    rest: Fraction = field(default=Fraction(0))
    mark_squared: int = 0
    rest_squared: Fraction = field(default=Fraction(0))
    product: Fraction = field(default=Fraction(0))

    def __add__(self, other: "Marks") -> "Marks":
        return Marks(
            answers=self.answers + other.answers,
            mark=self.mark + other.mark,
            rest=self.rest + other.rest,
            mark_squared=self.mark_squared + other.mark_squared,
            rest_squared=self.rest_squared + other.rest_squared,
            product=self.product + other.product,
        )

    @property
    def facility(self) -> float | None:
        """The mean mark as a share of the full one, 0.0 to 1.0; None with too few answers."""
        if self.answers < FACILITY_FROM:
            return None
        return self.mark / (FULL * self.answers)

    @property
    def discrimination(self) -> float | None:
        """How the mark goes with the marks for the rest of the attempt: -1.0 to 1.0.

        The coefficient of correlation. None with too few answers, and where everybody got the
        same mark here, or the same for the rest.
        """
        if self.answers < DISCRIMINATION_FROM:
            return None
        mark = self.answers * self.mark_squared - self.mark**2
        rest = self.answers * self.rest_squared - self.rest**2
        if not mark or not rest:
            return None
        both = self.answers * self.product - self.mark * self.rest
        return float(both) / sqrt(mark * rest)


class Advice(Enum):
    """What an author may do about a question."""

    WAIT = auto()
    """Nothing yet: there are too few answers."""
    CHECK_KEY = auto()
    """Those who know the rest get this wrong: is what counts as right really right?"""
    MAKE_HARDER = auto()
    """Nearly everybody gets it right."""
    MAKE_EASIER = auto()
    """Hardly anybody gets it right."""
    ASK_OTHERWISE = auto()
    """It doesn't tell those who understood from those who didn't."""
    REPLACE_OPTION = auto()
    """There is a wrong option that nobody picks."""
    KEEP = auto()
    """It is good as it is."""


def advise(marks: Marks, *, mistakes: int, unpicked: bool) -> Advice:
    """Choose the one thing to do about a question, what is worst first.

    That a question is too easy or too hard comes before that it doesn't discriminate: it can't,
    where all get nearly the same mark.

    Args:
        marks: of the answers to its present wording.
        mistakes: how many of these were not fully right.
        unpicked: whether it has a wrong option that nobody picked.
    """
    facility, discrimination = marks.facility, marks.discrimination
    if facility is None:
        return Advice.WAIT
    if discrimination is not None and discrimination < 0:
        return Advice.CHECK_KEY
    if facility >= TOO_EASY_FROM:
        return Advice.MAKE_HARDER
    if facility < TOO_HARD_BELOW:
        return Advice.MAKE_EASIER
    if marks.answers < DISCRIMINATION_FROM:
        return Advice.WAIT
    if discrimination is None or discrimination < WEAK_BELOW:
        return Advice.ASK_OTHERWISE
    if unpicked and mistakes >= MISTAKES_FROM:
        return Advice.REPLACE_OPTION
    return Advice.KEEP


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionSums:
    """The answers to one wording of a question in first attempts.

    ``wrong`` counts those that didn't earn full marks; ``responses`` counts equal ones.
    """

    marks: Marks = field(default_factory=Marks)
    wrong: int = 0
    responses: Mapping[Response, int] = field(default_factory=dict)

    def mistakes(self, question: Question) -> Counter[str]:
        """Count in how many answers each mistake was made, the most frequent first.

        A response that is none to this question tells no mistake: it came from a question that
        was given the same version by hand.
        """
        made: Counter[str] = Counter()
        for response, count in self.responses.items():
            if question.grade(response) is None:
                continue
            for mistake in question.mistakes(response):
                made[mistake] += count
        return Counter(dict(sorted(made.items(), key=lambda each: (-each[1], each[0]))))


@dataclass(frozen=True, slots=True, kw_only=True)
class LessonSums:
    """How far people have come with one lesson.

    ``begun`` counts who has begun its quiz, ``first_finished`` and ``first_passed`` whose first
    attempt is finished, and passed. ``passed_at_try`` counts those who have passed by the number
    of the attempt in which they first did. ``stopped_at`` counts those who have read in it and
    not begun its quiz, by the furthest step that they have read (from 1).
    """

    begun: int = 0
    first_finished: int = 0
    first_passed: int = 0
    passed_at_try: Mapping[int, int] = field(default_factory=dict)
    stopped_at: Mapping[int, int] = field(default_factory=dict)

    @property
    def reached(self) -> int:
        """How many have read in it or begun its quiz."""
        return self.begun + sum(self.stopped_at.values())

    @property
    def passed(self) -> int:
        """How many have passed it."""
        return sum(self.passed_at_try.values())

    @property
    def first_pass_share(self) -> float | None:
        """The share of passed ones among first attempts that are finished; None without any."""
        return self.first_passed / self.first_finished if self.first_finished else None

    @property
    def median_tries(self) -> float | None:
        """How many attempts half of those who have passed needed; None where nobody has."""
        if not self.passed:
            return None
        # The two in the middle, or one of them twice.
        lower, upper = (self.passed - 1) // 2, self.passed // 2
        seen, middle = 0, []
        for tries, people in sorted(self.passed_at_try.items()):
            middle += [tries for at in (lower, upper) if seen <= at < seen + people]
            seen += people
        return sum(middle) / 2

    def stop(self, steps: int) -> tuple[int, int] | None:
        """Say at which step most people stop, and how many; the earlier one of equals.

        Args:
            steps: how many the lesson has now; it may have been longer.
        """
        stopped: Counter[int] = Counter()
        for step, people in sorted(self.stopped_at.items()):
            stopped[min(step, steps)] += people
        return stopped.most_common(1)[0] if stopped else None
