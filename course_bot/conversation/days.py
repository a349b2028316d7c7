"""Days as people read them: «до 1 декабря»."""

from datetime import date, timedelta

from course_bot.locale.phrases import Phrases

SOON = timedelta(days=180)
"""Days nearer than this are told without their year: nobody takes them for another one's."""


def told(p: Phrases, day: date, today: date) -> str:
    """Write a day out, with its year only where it is not clear which one is meant."""
    return p.day_of_year(day) if abs(day - today) < SOON else p.day(day)
