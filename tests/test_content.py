"""The real course answered by somebody who knows nothing: its quality, measured."""

from datetime import date

import pytest

from course_bot.content.checking import check
from course_bot.content.checks.blind import Attack, run_all
from course_bot.shipped import shipped

MORE_THAN_CHANCE = 10
"""Percentage points by which a blind attack may be right more often than chance."""


def test_whoever_answers_blindly_is_right_hardly_more_often_than_by_chance(
    capsys: pytest.CaptureFixture[str],
) -> None:
    course, faults = check(shipped("lessons"), today=date(2026, 11, 30))
    assert course, faults
    runs = run_all(lesson.pool for lesson in course.lessons.values())
    with capsys.disabled():
        for attack, run in runs.items():
            count = len(run.chances)
            print(
                f"\nblind, by {attack}: {run.hits:.1f} of {count} ({100 * run.hits / count:.0f}%),"
                f" chance {run.expected:.1f}",
                end="",
            )
        print()
    assert len(runs[Attack.WORDS].chances) > 50
    gains = {f"{attack}": run.gain for attack, run in runs.items()}
    assert max(gains.values()) <= MORE_THAN_CHANCE, gains
