"""Who is how far: a list of an organisation's people, and of each the lessons."""

from collections.abc import Callable, Mapping
from datetime import datetime

from course_bot.conversation.actions import AskToRemove, Key, Member, People, StaleError, Unit
from course_bot.conversation.days import told
from course_bot.conversation.help import ways
from course_bot.conversation.listing import (
    PAGE,
    brief,
    count_pages,
    headed,
    local,
    turning,
)
from course_bot.conversation.port import Screen
from course_bot.conversation.routes import Audience, reading_place
from course_bot.conversation.stage import Row, Stage, button
from course_bot.conversation.team import no_access, scope
from course_bot.learning.progress import Study
from course_bot.learning.renaming import study_under_present_names
from course_bot.locale.phrases import Phrases
from course_bot.organisations.records import Role
from course_bot.organisations.state import State
from course_bot.reports.people import shown_name, track_title
from course_bot.reports.wording import count_text, state_words
from course_bot.storage.overviews import Listed, ListedPeople, There, Within
from course_bot.storage.reporting import PersonCard, PersonLessons, PersonRow

OPEN, ALL = "open", "all"
"""The lists that go by no single state: whoever has not completed, and everybody."""
FILTERS: Mapping[str, frozenset[State]] = {
    OPEN: frozenset(State) - {State.COMPLETED},
    ALL: frozenset(State),
    **{state.value: frozenset({state}) for state in State},
}
"""The lists there are, by their names in actions, and who is in them."""
FILTERS_IN_ROW = 3
SIGNS = {
    State.COMPLETED: "✅",
    State.IN_PROGRESS: "▶",
    State.NOT_STARTED: "▫",
    State.OVERDUE: "⏰",
}


def people(stage: Stage, at: People) -> Within[Listed]:
    """Ask for a page of a list; what is most urgent comes first."""
    wanted = FILTERS.get(at.shown)
    if wanted is None:
        raise StaleError
    return Within(
        ListedPeople(
            scope=scope(stage, at.organisation),
            states=wanted,
            page=at.page,
            size=PAGE,
            at=stage.at,
        )
    )


def listed(stage: Stage, at: People, there: There[Listed] | None) -> Screen:
    """Show a page of a list, with a key for each person and one for every other list."""
    if there is None:
        return no_access(stage)
    p, found, here = stage.phrases, there.found, at.organisation
    heading, under = headed(stage, there.unit, _title(p, at.shown))
    parts = [under]
    pages = count_pages(found.total)
    if pages > 1:
        parts.append(p.html("Page {number} of {count}", number=found.number, count=pages))
    parts += [_line(stage, row, there) for row in found.rows]
    if not found.rows:
        parts.append(p.html("Nobody."))
    # Whoever has two tracks stands here twice, and has one key.
    names = {row.person: f"{SIGNS[row.state]} {_name(p, row)}" for row in found.rows}
    rows: list[Row] = [
        (button(name, Member(here, Key(person), at.shown, found.number)),)
        for person, name in names.items()
    ]
    rows += turning(p, found.number, pages, lambda page: People(here, at.shown, page))
    labels = _labels(p, found.counts)
    keys = [
        button(f"• {label}" if shown == at.shown else label, People(here, shown, 1))
        for shown, label in labels.items()
    ]
    rows += [
        tuple(keys[start : start + FILTERS_IN_ROW])
        for start in range(0, len(keys), FILTERS_IN_ROW)
    ]
    rows.append((button(p.t("← Overview"), Unit(here)),))
    return Screen(heading=heading, text="\n\n".join(parts), rows=(*rows, *ways(stage)))


def _title(p: Phrases, shown: str) -> str:
    titles: dict[str, Callable[[], str]] = {
        OPEN: lambda: p.html("Who has not completed"),
        ALL: lambda: p.html("Everybody"),
        State.NOT_STARTED: lambda: p.html("Who has not started"),
        State.IN_PROGRESS: lambda: p.html("Who is in progress"),
        State.OVERDUE: lambda: p.html("Who is overdue"),
        State.COMPLETED: lambda: p.html("Who has completed"),
    }
    return titles[shown]()


def _labels(p: Phrases, counts: Mapping[State, int]) -> dict[str, str]:
    """Return the lists' labels with how many each has."""
    everybody = sum(counts.values())
    done = counts[State.COMPLETED]
    return {
        OPEN: p.t("Not completed: {count}", count=count_text(everybody - done)),
        State.NOT_STARTED: p.t(
            "Not started: {count}", count=count_text(counts[State.NOT_STARTED])
        ),
        State.IN_PROGRESS: p.t(
            "In progress: {count}", count=count_text(counts[State.IN_PROGRESS])
        ),
        State.OVERDUE: p.t("Overdue: {count}", count=count_text(counts[State.OVERDUE])),
        State.COMPLETED: p.t("Completed: {count}", count=count_text(done)),
        ALL: p.t("All: {count}", count=count_text(everybody)),
    }


def _name(p: Phrases, row: PersonRow | PersonCard) -> str:
    return shown_name(p, row.name, row.person)


def _line(stage: Stage, row: PersonRow, there: There[Listed]) -> str:
    p, now = stage.phrases, local(stage, there.unit.zone)
    where = "" if row.organisation == there.unit.organisation.id else brief(row.organisation_name)
    about = [where, brief(track_title(p, stage.course, row.track)), *_standing(stage, row, now)]
    head = f"{SIGNS[row.state]} <b>{brief(_name(p, row))}</b>"
    return f"{head}\n{' · '.join(part for part in about if part)}"


def _standing(stage: Stage, row: PersonRow, now: datetime) -> list[str]:
    """Say how far somebody is with a track, until when they have time, when they were here."""
    p, course = stage.phrases, stage.course
    said = [state_words(p)[row.state]]
    if row.track in course.tracks and row.state is not State.COMPLETED:
        lessons = len(course.tracks[row.track].lessons)
        said.append(p.html("{passed} of {count} lessons", passed=row.passed, count=lessons))
    if row.state is State.COMPLETED and row.completed_at is not None:
        said.append(_day(p, row.completed_at, now))
    elif row.due is not None:
        said.append(p.html("until {day}", day=told(p, row.due, now.date())))
    said.append(p.html("seen {day}", day=_day(p, row.seen_at, now)))
    return said


def _day(p: Phrases, moment: datetime, now: datetime) -> str:
    return told(p, moment.astimezone(now.tzinfo).date(), now.date())


def lessons(stage: Stage, at: Member) -> Within[PersonCard | None]:
    """Ask for one of an organisation's people."""
    if at.shown not in FILTERS:
        raise StaleError
    return Within(
        PersonLessons(scope=scope(stage, at.organisation), person=at.person, at=stage.at)
    )


def member(stage: Stage, at: Member, there: There[PersonCard | None] | None) -> Screen:
    """Show one person's lessons: what is passed when and how well, what is read, no answer."""
    if there is None:
        return no_access(stage)
    p, card = stage.phrases, there.found
    back: Row = (button(p.t("← To the list"), People(at.organisation, at.shown, at.page)),)
    if card is None:
        text = p.html("This person does not learn here, or not any more.")
        return Screen(text=text, rows=(back, *ways(stage)))
    now = local(stage, there.unit.zone)
    places = "\n".join(brief(name) for _, name in card.organisations[:PAGE])
    seen = p.html(
        "joined {joined}, last seen {seen}",
        joined=_day(p, card.joined_at, now),
        seen=_day(p, card.seen_at, now),
    )
    parts = [f"{places}\n<i>{seen}</i>"]
    study = study_under_present_names(card.study, stage.course.renamed)
    # Whoever is in two schools with the same track sees it once, and each lesson once.
    tracks = {row.track: row for row in card.rows}
    said: set[str] = set()
    for track, row in tracks.items():
        title = brief(track_title(p, stage.course, track))
        head = f"{SIGNS[row.state]} <b>{title}</b> · {' · '.join(_standing(stage, row, now)[:-1])}"
        known = stage.course.tracks.get(track)
        own = [lesson for lesson in known.lessons if lesson not in said] if known else []
        said.update(own)
        parts.append("\n".join((head, *(_lesson(stage, study, each, now) for each in own))))
    removing: list[Row] = [
        (
            button(
                p.t("✖ Remove from: {name}", name=name),
                AskToRemove(Key(number), at.person, Role.LEARNER),
            ),
        )
        for number, name in card.organisations[:PAGE]
    ]
    return Screen(
        heading=brief(_name(p, card)),
        text="\n\n".join(parts),
        rows=(back, *removing, *ways(stage)),
    )


def _lesson(stage: Stage, study: Study, lesson_id: str, now: datetime) -> str:
    p, lesson = stage.phrases, stage.course.lessons[lesson_id]
    result, reading = study.results.get(lesson_id), study.readings.get(lesson_id)
    title = brief(lesson.title)
    if result is not None and result.passed_at is not None:
        day = _day(p, result.passed_at, now)
        state = p.html("passed {day}, {score} %", day=day, score=result.best)
        return f"✅ {title}: {state}"
    if result is not None and result.attempts:
        state = p.many("{count} try", "{count} tries", result.attempts)
        if result.best is not None:
            state += ", " + p.html("{score} % so far", score=result.best)
        return f"✍ {title}: {state}"
    if reading is not None:
        read = min(reading.furthest, len(lesson.steps))
        state = p.html("{read} of {count} steps read", read=read, count=len(lesson.steps))
        return f"▶ {title}: {state}"
    return f"▫ {title}"


ROUTES = (
    reading_place(People, people, listed, who=Audience.ANYBODY),
    reading_place(Member, lessons, member, who=Audience.ANYBODY),
)
