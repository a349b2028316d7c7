"""A response held against a question: how many points it earns."""

import re
from itertools import pairwise
from math import isfinite

from course_bot.content.model import Choice, Match, Multiple, Number, Order, Question

FULL = 100
"""The points of a right response; a question is worth as much as every other."""

Response = tuple[int, ...] | float
"""What a person answered: a typed number, or indices into the question as its author wrote it.

choice: the one option; multiple: the options, ascending; order: the items as tapped, each once;
match: for each term in turn, the meaning given to it, each once.
"""

_NUMBER = re.compile(r"[+-]?\d{1,12}(?:\.\d{1,6})?", re.ASCII)
_THOUSANDS = re.compile(r"(?<=\d)[ \u00a0\u202f\u2009](?=\d{3}(?!\d))", re.ASCII)


def points(question: Question, response: Response) -> int:
    """Grade a response.

    Partial credit: a multiple question earns its share of right options less its share of wrong
    ones; an order question the share of adjacent pairs that follow each other rightly; a match
    question the share of right pairs. Shares round down, so only a right response earns ``FULL``.

    Args:
        question: the question as it was asked.
        response: a response that ``fits`` the question.

    Returns:
        Points from 0 to ``FULL``.

    Raises:
        ValueError: the response does not fit the question.
    """
    if not fits(question, response):
        raise ValueError(f"a response that does not fit a {question.kind} question")
    if isinstance(response, tuple) and not isinstance(question, Number):
        return _points_of_taps(question, response)
    return FULL if isinstance(question, Number) and response == question.answer else 0


def _points_of_taps(question: Choice | Multiple | Order | Match, taps: tuple[int, ...]) -> int:
    match question:
        case Choice(options=options):
            return FULL if options[taps[0]].right else 0
        case Multiple(options=options):
            right = sum(1 for option in options if option.right)
            hits = sum(1 for index in taps if options[index].right)
            misses, wrong = len(taps) - hits, len(options) - right
            return max(0, FULL * (hits * wrong - misses * right) // (right * wrong))
        case Order(items=items):
            follows = sum(1 for a, b in pairwise(taps) if b == a + 1)
            return FULL * follows // (len(items) - 1)
        case Match(pairs=pairs):
            hits = sum(1 for term, meaning in enumerate(taps) if term == meaning)
            return FULL * hits // len(pairs)


def fits(question: Question, response: Response) -> bool:
    """Tell whether a response is complete and of the question's form, right or not."""
    if not isinstance(response, tuple):
        return question.kind == "number" and isfinite(response)
    match question:
        case Choice(options=options):
            return len(response) == 1 and response[0] in range(len(options))
        case Multiple(options=options):
            ascending = sorted(set(response))
            inside = all(index in range(len(options)) for index in response)
            return bool(response) and inside and list(response) == ascending
        case Order(items=parts) | Match(pairs=parts):
            return sorted(response) == list(range(len(parts)))
        case Number():
            return False


def parse_number(text: str) -> float | None:
    """Read a number as people type it: «1 593», «37,5», «75 %» and «75%».

    Returns:
        The number, or None where the text isn't one number (of at most 12 whole digits).
    """
    bare = text.strip().removesuffix(".").removesuffix("%").strip().removesuffix(".")
    bare = bare.replace(",", ".").replace("\N{MINUS SIGN}", "-")
    bare = _THOUSANDS.sub("", bare)
    return float(bare) if _NUMBER.fullmatch(bare) else None
