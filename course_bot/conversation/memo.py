"""What a track comes down to, as a page to print, for whoever has completed it."""

import logging
from collections.abc import Sequence

from course_bot.conversation.actions import Memo, StaleError
from course_bot.conversation.certificates import draw
from course_bot.conversation.port import Document, Notice, Tell
from course_bot.conversation.routes import Read, handout
from course_bot.conversation.stage import Row, Stage, button
from course_bot.learning.progress import next_lesson
from course_bot.locale.phrases import Phrases
from course_bot.reports.memo import TooMuchError, memo_name, memo_pdf
from course_bot.storage.store import Decision

log = logging.getLogger(__name__)


def keys(stage: Stage) -> list[Row]:
    """Return the key for the page of the person's track once they are through with it."""
    if next_lesson(stage.track, stage.person) is not None:
        return []
    return [(button(stage.phrases.t("📄 All on one page"), Memo(stage.track.id)),)]


def hand_out(stage: Stage, wanted: Memo) -> Decision:
    """Hand out the page of a track."""
    if wanted.track not in stage.course.tracks:
        raise StaleError
    return Decision(person=stage.person, document=str(wanted))


async def page_of(stage: Stage, at: Memo, _read: Read, _tell: Tell) -> Sequence[Document | Notice]:
    """Draw the page: 40 ms of CPU, in place, where a process of its own would begin with 300."""
    p, course, track = stage.phrases, stage.course, stage.course.tracks[at.track]
    try:
        page = await draw(lambda: memo_pdf(course, track, p))
    except TooMuchError:
        log.error("the page of the track %s: see `course-bot check`", track.id)  # noqa: TRY400
        return [too_much(p)]
    return [Document(name=memo_name(course, track, p), content=page, about=track.title)]


def too_much(p: Phrases) -> Notice:
    """Say that there is no page, for there is more to it than one can hold."""
    return Notice(text=p.t("There is no such page of this track yet."))


ROUTES = (handout(Memo, hand_out, page_of),)
