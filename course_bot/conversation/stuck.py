"""Where an organisation's people stop: the lessons that hold most of them, with the step."""

from collections.abc import Mapping

from course_bot.conversation.actions import Stuck, Unit
from course_bot.conversation.help import ways
from course_bot.conversation.listing import PAGE, brief, headed
from course_bot.conversation.port import Screen
from course_bot.conversation.routes import Audience, reading_place
from course_bot.conversation.stage import Stage, button
from course_bot.conversation.team import no_access, scope
from course_bot.learning.statistics import LessonSums
from course_bot.reports.wording import count_text
from course_bot.storage.overviews import There, Within
from course_bot.storage.statistics import LessonFigures


def figures(stage: Stage, at: Stuck) -> Within[Mapping[str, LessonSums]]:
    """Ask how far an organisation's people have come with each lesson."""
    renamed = tuple(stage.course.renamed.items())
    return Within(LessonFigures(scope=scope(stage, at.organisation), renamed=renamed))


def stops(stage: Stage, at: Stuck, there: There[Mapping[str, LessonSums]] | None) -> Screen:
    """Show the lessons at which most people stop, these first."""
    if there is None:
        return no_access(stage)
    p = stage.phrases
    stopped = {
        lesson: sums.reached - sums.passed
        for lesson, sums in there.found.items()
        if lesson in stage.course.lessons and sums.reached > sums.passed
    }
    # Equal ones come in the order of the course.
    order = {lesson: place for place, lesson in enumerate(stage.course.lessons)}
    top = sorted(stopped, key=lambda lesson: (-stopped[lesson], order[lesson]))[:PAGE]
    heading, under = headed(stage, there.unit, p.html("Where people stop"))
    parts = [under]
    parts += [_lesson(stage, lesson, there.found[lesson]) for lesson in top]
    if not there.found:
        parts.append(p.html("Nobody has opened a lesson yet."))
    elif not top:
        parts.append(p.html("Nowhere: whoever has opened a lesson has passed it."))
    rows = ((button(p.t("← Overview"), Unit(at.organisation)),), *ways(stage))
    return Screen(heading=heading, text="\n\n".join(parts), rows=rows)


def _lesson(stage: Stage, lesson_id: str, sums: LessonSums) -> str:
    p, lesson = stage.phrases, stage.course.lessons[lesson_id]
    said = [
        f"🚧 <b>{brief(lesson.title)}</b>",
        p.html(
            "opened by {reached}, passed by {passed}",
            reached=count_text(sums.reached),
            passed=count_text(sums.passed),
        ),
    ]
    at_step = sums.stop(len(lesson.steps))
    if at_step is not None:
        step, count = at_step
        said.append(
            p.html(
                "Most of those who read stop at step {step}, “{title}”: {count}",
                step=step,
                title=lesson.steps[step - 1].title,
                count=count_text(count),
            )
        )
    if failing := sums.begun - sums.passed:
        said.append(p.html("In the quiz: {count}", count=count_text(failing)))
    return "\n".join(said)


ROUTES = (reading_place(Stuck, figures, stops, who=Audience.ANYBODY),)
