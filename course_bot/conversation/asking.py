"""What stands under a question: what its kind says, with buttons that know their question."""

from course_bot.conversation.actions import Action, Done, Pick, Tap, Undo
from course_bot.conversation.stage import Row, button
from course_bot.locale.phrases import Phrases
from course_bot.questions import question as questions
from course_bot.questions.kinds import Asked
from course_bot.questions.question import Verb


def answering(
    p: Phrases, asked: Asked, draft: tuple[int, ...], where: tuple[str, int]
) -> tuple[tuple[str, ...], list[Row]]:
    """Return the paragraphs under a question and the buttons that answer it.

    Args:
        p: the phrases of the person's language.
        asked: the question as it is asked.
        draft: indices tapped so far.
        where: the attempt's id and the question's index in it, for the buttons' actions.
    """
    under = asked.filled.ask(p, asked.shown, draft)
    rows: list[Row] = [
        tuple(button(tap.label, _action(tap, where)) for tap in row) for row in under.rows
    ]
    return under.paragraphs, rows


def _action(tap: questions.Tap, where: tuple[str, int]) -> Action:
    match tap.verb:
        case Verb.PICK:
            return Pick(*where, tap.part)
        case Verb.TAP:
            return Tap(*where, tap.part)
        case Verb.UNDO:
            return Undo(*where)
        case Verb.DONE:
            return Done(*where)
