"""Sums that a text writes out: an example has to come out right, also when a rule has changed."""

import re
from collections.abc import Iterator
from fractions import Fraction

_NUMBER = r"\d+(?:,\d+)?"
_SUM = re.compile(
    rf"(?<![\d,])(?<! [×:+−=] )({_NUMBER}(?: [×:+−] {_NUMBER})+) = ({_NUMBER})(?!,?\d)"
)
_SPACES = re.compile(r"\s+")


def wrong_sums(text: str) -> Iterator[tuple[str, str]]:
    """Find the sums of a text that don't come out, such as «60 × 80 : 100 = 45».

    Args:
        text: as shown, its rules filled in. A sum with a ``{name}`` in it is left alone.

    Yields:
        The sum as it is written, and its result, with two digits after the comma where it has
        more.
    """
    for left, right in _SUM.findall(_SPACES.sub(" ", text)):
        value = _value(left)
        if value is not None and value != _number(right):
            result = f"{float(value):.2f}".rstrip("0").rstrip(".").replace(".", ",")
            yield f"{left} = {right}", result.replace("-", "−")


def _number(written: str) -> Fraction:
    return Fraction(written.replace(",", "."))


def _value(written: str) -> Fraction | None:
    """Work a sum out; None where it divides by zero."""
    first, *rest = written.split(" ")
    terms = [_number(first)]
    for sign, word in zip(rest[::2], rest[1::2], strict=True):
        number = _number(word)
        match sign:
            case "×":
                terms[-1] *= number
            case ":" if not number:
                return None
            case ":":
                terms[-1] /= number
            case "+":
                terms.append(number)
            case _:
                terms.append(-number)
    return sum(terms, Fraction(0))
