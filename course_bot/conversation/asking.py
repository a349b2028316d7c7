"""How a question is answered, as its kind says, with actions that know their question."""

from course_bot.conversation.actions import Done, Pick, Tap, Undo
from course_bot.conversation.port import Form, Option
from course_bot.conversation.stage import button
from course_bot.locale.phrases import Phrases
from course_bot.questions.kinds import Asked
from course_bot.questions.question import Part


def form(p: Phrases, asked: Asked, draft: tuple[int, ...], where: tuple[str, int]) -> Form:
    """Return the form that answers a question.

    Args:
        p: the phrases of the person's language.
        asked: the question as it is asked.
        draft: indices tapped so far.
        where: the attempt's id and the question's index in it, for the buttons' actions.
    """
    under = asked.filled.ask(p, asked.shown, draft)
    keys = []
    if under.undo is not None:
        keys.append(button(p.t("↶ Undo"), Undo(*where), disabled=not under.undo))
    if under.ready is not None:
        keys.append(button(p.t("Done"), Done(*where), primary=True, disabled=not under.ready))
    return Form(
        kind=asked.question.kind,
        hint=under.hint,
        options=tuple(_option(asked, part, where) for part in under.parts),
        terms=under.terms,
        keys=tuple(keys),
    )


def _option(asked: Asked, part: Part, where: tuple[str, int]) -> Option:
    press = Pick if asked.question.at_once else Tap
    return Option(
        text=part.text,
        action=str(press(*where, part.index)),
        mark=part.mark,
        disabled=part.disabled,
    )
