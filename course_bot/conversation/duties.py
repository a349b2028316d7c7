"""What is assigned to a learner and by when, said wherever they see how far they are."""

from collections.abc import Iterable
from datetime import timedelta

from course_bot.conversation.actions import TakeTrack
from course_bot.conversation.days import told
from course_bot.conversation.stage import Row, Stage, button
from course_bot.learning.progress import minutes_left
from course_bot.storage.organisations import Duty

NAME_CHARS = 60
"""How much of an organisation's name is said."""
DAY = timedelta(days=1)


def lines(stage: Stage, duties: Iterable[Duty]) -> list[str]:
    """Say what is assigned, a line for each track: by whom, until when, how much is left.

    Of a track that several organisations assign, the day that comes first counts.

    Args:
        stage: the learner's.
        duties: what ends first coming first.
    """
    return [_line(stage, each) for each in _each_track(stage, duties)]


def offers(stage: Stage, duties: Iterable[Duty]) -> list[Row]:
    """Offer the assigned tracks that are left to do and that the person is not on."""
    p = stage.phrases
    return [
        (
            button(
                p.t("📌 {title}", title=stage.course.tracks[each.track].title),
                TakeTrack(each.track),
            ),
        )
        for each in _each_track(stage, duties)
        if each.track != stage.person.track and not _done(stage, each)
    ]


def _each_track(stage: Stage, duties: Iterable[Duty]) -> list[Duty]:
    first: dict[str, Duty] = {}
    for each in duties:
        if each.track in stage.course.tracks:
            first.setdefault(each.track, each)
    return list(first.values())


def _left(stage: Stage, duty: Duty) -> int:
    return minutes_left(stage.course, stage.person, stage.course.tracks[duty.track])


def _done(stage: Stage, duty: Duty) -> bool:
    # Once completed, always completed, even if the track has got another lesson since.
    return duty.completed_at is not None or not _left(stage, duty)


def _line(stage: Stage, duty: Duty) -> str:
    p, left = stage.phrases, _left(stage, duty)
    by = duty.name if len(duty.name) <= NAME_CHARS else f"{duty.name[: NAME_CHARS - 1].rstrip()}…"
    if duty.track == stage.person.track:
        head = p.html("Assigned ({organisation})", organisation=by)
    else:
        title = stage.course.tracks[duty.track].title
        head = p.html("Assigned ({organisation}), “{title}”", organisation=by, title=title)
    if _done(stage, duty):
        done = p.t("done already")
        return f"✅ {head}: {done}"
    minutes = p.many("{count} minute left", "{count} minutes left", left)
    if duty.due is None or duty.over_at is None:
        return f"📌 {head}: {minutes}"
    if duty.over_at <= stage.at:
        day = told(p, duty.due, stage.at.date())
        state = p.t(
            "the last day was {day}, but it is not too late: {minutes}", day=day, minutes=minutes
        )
    elif duty.over_at - stage.at <= DAY:
        state = p.t("until midnight today, {minutes}", minutes=minutes)
    else:
        day = told(p, duty.due, stage.at.date())
        state = p.t("until {day}, {minutes}", day=day, minutes=minutes)
    return f"📌 {head}: {state}"
