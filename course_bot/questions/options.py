"""What choice and multiple questions share: options, some right and some wrong."""

from collections.abc import Iterable, Sequence

from pydantic.dataclasses import dataclass as checked_dataclass

from course_bot.markup import shown
from course_bot.questions.writing import Loc, QuestionChecker
from course_bot.written import Words, Written

OPTION_CHARS = 90
WHY_CHARS = 160
LENGTHS = "сделайте неверные варианты похожими по длине"


@checked_dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One option of a choice or multiple question; ``why`` says why a wrong one is wrong."""

    text: str
    right: bool = False
    why: str = ""


def wrong_options(options: Iterable[Option]) -> tuple[str, ...]:
    """Return the texts of those that are wrong."""
    return tuple(option.text for option in options if not option.right)


class WrittenOption(Written):
    """An option of a choice or multiple question."""

    text: Words
    right: bool = False
    why: Words | None = None


def check_options(
    checker: QuestionChecker, written: Sequence[WrittenOption]
) -> tuple[Option, ...]:
    """Check and build the options of a question."""
    options = tuple(
        Option(
            text=checker.text("options", index, "text", limit=OPTION_CHARS),
            right=option.right,
            why=checker.text("options", index, "why", limit=WHY_CHARS) if option.why else "",
        )
        for index, option in enumerate(written)
    )
    for index, option in enumerate(options):
        if option.right and option.why:
            what = "why у верного варианта"
            checker.fault(("options", index, "why"), what, "объясните в explanation")
    texts: dict[Loc, str] = {
        ("options", at, "text"): option.text for at, option in enumerate(options)
    }
    checker.different("вариант", texts)
    _lengths(checker, options)
    return options


def _lengths(checker: QuestionChecker, options: tuple[Option, ...]) -> None:
    right = [index for index, option in enumerate(options) if option.right]
    wrong = [index for index, option in enumerate(options) if not option.right]
    if not right or not wrong:
        return
    lengths = [len(shown(option.text)) for option in options]
    place: Loc = ("options", right[0], "text")
    if _stands_out(min(lengths[at] for at in right), max(lengths[at] for at in wrong)):
        checker.fault(place, "верный вариант выдаёт себя длиной: длиннее всех", LENGTHS)
    elif _stands_out(min(lengths[at] for at in wrong), max(lengths[at] for at in right)):
        checker.fault(place, "верный вариант выдаёт себя длиной: короче всех", LENGTHS)


def _stands_out(longer: int, shorter: int) -> bool:
    """Tell whether a length gives an option away: 30 % and 12 characters more than another."""
    return longer > shorter * 1.3 and longer - shorter > 12
