"""How lists stand in a chat: a page at a time, names cut so that every screen fits."""

from collections.abc import Callable, Sequence
from datetime import datetime
from html import escape
from typing import TypeVar

from course_bot.conversation.actions import Action
from course_bot.conversation.days import told
from course_bot.conversation.stage import Row, Stage, button
from course_bot.locale.phrases import Phrases
from course_bot.organisations.tree import zone_of
from course_bot.reports.wording import as_of
from course_bot.storage.organisations import Unit

T = TypeVar("T")

PAGE = 8
"""How many entries a page has: with a key for each, a phone shows them without much scrolling."""
NAME_CHARS = 200
"""How much of an organisation's name stands at the head of a screen."""
SAID_CHARS = 60
"""How much of a name is said in a text."""


def cut(text: str, chars: int = SAID_CHARS) -> str:
    """Cut a text to so many characters, each that will be escaped counted as it is written then.

    A name of nothing but "&" must not make a screen of others too long.
    """
    if len(escape(text)) <= chars:
        return text
    while len(escape(text)) >= chars:
        text = text[:-1]
    return f"{text.rstrip()}…"


def brief(text: str, chars: int = SAID_CHARS) -> str:
    """Cut a text to so many characters and escape it."""
    return escape(cut(text, chars))


def count_pages(entries: int) -> int:
    """Return how many pages so many entries have: one at least."""
    return max(1, -(-entries // PAGE))


def page_of(entries: Sequence[T], page: int) -> tuple[Sequence[T], int]:
    """Return a page of a list, and its number from 1; past the end it is the last one."""
    number = max(1, min(page, count_pages(len(entries))))
    return entries[(number - 1) * PAGE : number * PAGE], number


def turning(p: Phrases, number: int, pages: int, to: Callable[[int], Action]) -> list[Row]:
    """Make the keys that turn a list's pages; none where there is one page only."""
    row = []
    if number > 1:
        row.append(button(p.t("← Page {number}", number=number - 1), to(number - 1)))
    if number < pages:
        row.append(button(p.t("Page {number} →", number=number + 1), to(number + 1)))
    return [tuple(row)] if row else []


def local(stage: Stage, zone: str) -> datetime:
    """Return now as clocks show it where an organisation is; ``zone`` is an IANA name or empty."""
    return stage.at.astimezone(zone_of(zone, stage.zone))


def day_of(stage: Stage, moment: datetime, zone: str) -> str:
    """Write the day of a moment (UTC), as the calendar showed it where an organisation is."""
    now = local(stage, zone)
    return told(stage.phrases, moment.astimezone(now.tzinfo).date(), now.date())


def headed(stage: Stage, unit: Unit, title: str = "") -> tuple[str, str]:
    """Return the heading of a screen of figures, and the paragraph under it.

    The organisation stands in one of them, the moment of its figures in the second.

    Args:
        stage: the coordinator's.
        unit: the organisation.
        title: what the screen is about, in HTML, where it is not the organisation itself.
    """
    moment = as_of(stage.phrases, local(stage, unit.zone), "%H:%M")
    name = brief(unit.organisation.name, NAME_CHARS)
    return (title, f"{name}\n<i>{moment}</i>") if title else (name, f"<i>{moment}</i>")
