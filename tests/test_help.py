"""The FAQ as it is shown."""

from datetime import date
from pathlib import Path

import pytest

from course_bot.content.checking import check
from course_bot.content.model import FaqEntry
from course_bot.conversation.port import LABEL_CHARS

LESSONS = Path(__file__).parent.parent / "lessons"


@pytest.fixture(scope="module")
def entries() -> tuple[FaqEntry, ...]:
    course, _ = check(LESSONS, today=date(2026, 11, 23))
    assert course is not None
    return tuple(course.faq.values())


def test_questions_fit_their_buttons_whole(entries: tuple[FaqEntry, ...]) -> None:
    assert [entry.question for entry in entries if len(entry.question) > LABEL_CHARS - 4] == []
