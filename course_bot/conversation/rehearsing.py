"""Every screen that a course can make, made before anybody sees it: none may break a limit.

Lengths of single texts are checked where they stand. But a screen puts many of them together, with
our own phrases between: only making it tells whether every messenger can show it.
"""

from collections.abc import Callable, Coroutine, Iterable, Iterator
from dataclasses import dataclass, replace
from random import Random
from typing import TypeVar, cast

from course_bot.content.faults import Part, Unfit
from course_bot.content.model import Course, Guide, Lesson, Track
from course_bot.content.search import OFFERED
from course_bot.conversation import digesting, menu, nudging
from course_bot.conversation.actions import (
    Action,
    Arrive,
    AskDay,
    AskHuman,
    AskName,
    AskRole,
    AskToErase,
    AskToLeave,
    Assignments,
    AssignTrack,
    Belonging,
    Checked,
    ChooseAssigned,
    ChooseTrack,
    Completion,
    Erased,
    Faq,
    Feedback,
    Found,
    Guided,
    Help,
    Invited,
    Key,
    Me,
    Member,
    Menu,
    NameCertificate,
    NameForReport,
    NoneOfThese,
    NudgeWhom,
    People,
    Progress,
    QuizLocked,
    Rename,
    Result,
    ShowInvite,
    ShowLink,
    Step,
    Stored,
    Stuck,
    TrackDone,
    Unit,
    Verify,
    Welcome,
)
from course_bot.conversation.actions import Asked as PeopleAsk
from course_bot.conversation.actions import Question as AtQuestion
from course_bot.conversation.nudging import ALL
from course_bot.conversation.people import OPEN
from course_bot.conversation.port import (
    BESIDE_PICTURE,
    CAPTION_CHARS,
    ROWS,
    TEXT_CHARS,
    PortError,
    Screen,
)
from course_bot.conversation.routes import view_of
from course_bot.conversation.stage import Stage
from course_bot.conversation.supposing import ADDRESSES, NAME, NOW, SECRET, row_on, supposed, week
from course_bot.conversation.turn import ROUTES, no_look_up
from course_bot.learning.attempts import Attempt
from course_bot.learning.progress import Answer, LessonResult, Person, Study
from course_bot.locale.phrases import LANGUAGES, Language, phrases
from course_bot.organisations.records import Role
from course_bot.questions.kinds import Asked, ask
from course_bot.questions.question import Question, Response
from course_bot.reports.exporting import Advance, Wanted
from course_bot.storage.query import Query
from course_bot.storage.store import MOSCOW

R = TypeVar("R")

ISSUED, MARK = f"{NOW.timestamp():.0f}", "0" * 10
"""The stamp of a link that lives."""


_Place = Action | Callable[[Stage], Screen | None]
"""Where somebody is, or what makes a message that the bot sends them by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scene:
    """Somebody at a place: which part of the course is to be seen there, and what it is called."""

    part: Part
    what: str
    place: _Place
    attempt: Attempt | None = None
    study: Study = Study()  # noqa: RUF009 - it is frozen
    track: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unshown:
    """What a door would not show of a screen, and what would be right (Russian, for authors)."""

    what: str
    would_be_right: str


Look = Callable[[Screen], Iterable[Unshown]]
"""Puts a screen as a door does, and tells what would be cut, stripped or refused there."""


class _NoFiles:
    """Makes no files: a rehearsal shows screens alone."""

    async def file(self, course: Course, wanted: Wanted, tell: Advance) -> None:  # noqa: ARG002 - as called
        return None


def rehearse(course: Course, looks: Iterable[Look] = ()) -> Iterator[Unfit]:
    """Make every screen of a course in every language, and tell which parts don't fit.

    Args:
        course: a course without faults.
        looks: the doors' that are to see each screen, besides the limits that all share.
    """
    scenes = list(_scenes(course))
    told: set[tuple[Part, str, str]] = set()
    for language in LANGUAGES:
        stage = _stage(course, language)
        for scene in scenes:
            person = replace(
                stage.person,
                place=str(scene.place) if isinstance(scene.place, Action) else "",
                track=scene.track,
                attempt=scene.attempt,
                study=scene.study,
            )
            for unfit in _unfits(scene, replace(stage, person=person), looks):
                fault = scene.part, scene.what, unfit.would_be_right
                if fault not in told:
                    told.add(fault)
                    yield unfit


def _unfits(scene: _Scene, stage: Stage, looks: Iterable[Look]) -> Iterator[Unfit]:
    try:
        screen = _screen(stage) if isinstance(scene.place, Action) else scene.place(stage)
    except PortError as error:
        yield _unfit(scene, error)
        return
    if screen is None:
        return
    for look in looks:
        for unshown in look(screen):
            what = f"{scene.what} {unshown.what}"
            yield Unfit(part=scene.part, what=what, would_be_right=unshown.would_be_right)


def _screen(stage: Stage) -> Screen:
    """Make a screen; one that reads first finds the most that there can be."""
    view = view_of(ROUTES, stage)
    if isinstance(view, Screen):
        return view

    async def read(query: Query[R]) -> R:
        return cast(R, supposed(stage.course, query))  # what this very query finds

    return at_once(view(read))


def at_once(coroutine: Coroutine[object, object, R]) -> R:
    """Return what a coroutine returns that never waits."""
    try:
        coroutine.send(None)
    except StopIteration as ended:
        return cast(R, ended.value)
    raise AssertionError("it waits")


def _unfit(scene: _Scene, error: PortError) -> Unfit:
    if error.limit == BESIDE_PICTURE:
        what = f"{scene.what} с картинкой и нашими словами: знаков {len(f'{error.value}')}"
        right = f"под картинкой мессенджеры показывают не больше {CAPTION_CHARS}, сократите текст"
    elif isinstance(error.value, str):
        what = f"{scene.what} с разметкой и нашими словами: знаков {len(error.value)}"
        right = f"мессенджеры показывают не больше {TEXT_CHARS}, сократите тексты или разметку"
    else:
        what = f"{scene.what}: рядов кнопок {error.value}"
        right = f"мессенджеры показывают не больше {ROWS}"
    return Unfit(part=scene.part, what=what, would_be_right=right)


def _scenes(course: Course) -> Iterator[_Scene]:
    yield _Scene(part=("course",), what="первый экран", place=Welcome())
    yield _Scene(part=("course",), what="выбор программы", place=AskRole())
    yield _Scene(part=("course",), what="выбор программы", place=ChooseTrack())
    yield _Scene(part=("faq",), what="список тем", place=Help())
    yield from _scenes_of_anybody(course)
    yield from _scenes_of_coordinators(course)
    for track in course.tracks.values():
        yield from _scenes_of_track(course, track)
    for entry in course.faq.values():
        yield _Scene(part=("faq", entry.id), what="ответ", place=Faq(entry.id))
    for guide in course.guides.values():
        yield from _scenes_of_guide(guide)
    for lesson in course.lessons.values():
        yield from _scenes_of(course, lesson)


def _scenes_of_guide(guide: Guide) -> Iterator[_Scene]:
    """Come by each question and ending on the way there that has the most words."""
    first = next(iter(guide.questions))
    ways: dict[str, tuple[int, tuple[int, ...]]] = {first: (0, ())}
    for question in guide.questions.values():  # answers lead only to later ones
        length, answers = ways[question.id]
        for index, answer in enumerate(question.answers):
            there = length + len(question.ask) + len(answer.text), (*answers, index)
            ways[answer.to] = max(there, ways.get(answer.to, there))
    for part, (_length, answers) in ways.items():
        place: Part = ("guide", guide.id, part)
        what = "итог" if part in guide.endings else "вопрос"
        yield _Scene(part=place, what=what, place=Guided(guide.id, answers))
        if part in guide.endings:
            yield _Scene(part=place, what="что проверено", place=Checked(guide.id, answers))


def _scenes_of_track(course: Course, track: Track) -> Iterator[_Scene]:
    tried = Study(results={lesson: LessonResult(attempts=1, best=99) for lesson in course.lessons})
    seen: tuple[tuple[str, _Place, Study], ...] = (
        ("меню", Menu(), tried),
        ("прогресс", Progress(), tried),
        ("конец", TrackDone(), tried),
        ("имя в сертификате", NameCertificate(track.id), tried),
        ("напоминание", _reminder, Study()),
        ("напоминание организации", _nudge, Study()),
    )
    part: Part = ("track", track.id)
    for what, place, study in seen:
        yield _Scene(part=part, what=what, place=place, track=track.id, study=study)
    for lesson in track.lessons:
        locked = QuizLocked(lesson)
        yield _Scene(part=("lesson", lesson), what="закрытый тест", place=locked, track=track.id)


def _scenes_of_anybody(course: Course) -> Iterator[_Scene]:
    """Come by what whoever learns meets beside the lessons."""
    longest = sorted(course.faq.values(), key=lambda each: len(each.question))[-OFFERED:]
    places: tuple[tuple[str, Action], ...] = (
        ("знакомство", AskName()),
        ("страница «Обо мне»", Me()),
        ("смена имени", Rename()),
        ("что хранится", Stored()),
        ("удаление", AskToErase()),
        ("прощание", Erased()),
        ("переход с другого устройства", Arrive("")),
        ("приглашение", Invited("")),
        ("имя в отчётах", NameForReport(Key(1), Role.COORDINATOR)),
        ("членство в организации", Belonging(Key(1), Role.COORDINATOR)),
        ("выход из организации", AskToLeave(Key(1))),
        ("назначенные программы", ChooseAssigned(Key(1))),
        ("сертификат", Verify("")),
        ("личная ссылка", ShowLink(ISSUED, MARK)),
    )
    for what, place in places:
        yield _Scene(part=("course",), what=what, place=place, track=next(iter(course.tracks)))
    asked: tuple[tuple[str, Action], ...] = (
        ("найденные темы", Found(tuple(each.id for each in longest))),
        ("ничего не нашлось", Found(())),
        ("ничего не подошло", NoneOfThese("")),
        ("разговор с человеком", AskHuman()),
    )
    for what, place in asked:
        yield _Scene(part=("faq",), what=what, place=place)


def _reminder(stage: Stage) -> Screen | None:
    return menu.reminder(stage.course, stage.person)


def _nudge(stage: Stage) -> Screen | None:
    left = row_on(stage.course, stage.person.track)
    return nudging.nudge(stage.course, stage.person, left, stage.at, stage.zone)


def _digest(stage: Stage) -> Screen | None:
    return digesting.digest(stage.person, Key(1), week(stage.course), stage.at.date())


def _scenes_of_coordinators(course: Course) -> Iterator[_Scene]:
    places: tuple[tuple[str, Action], ...] = (
        ("обзор организации", Unit(Key(1))),
        ("числа школы", Completion(Key(1))),
        ("список участников", People(Key(1), OPEN, 2)),
        ("уроки участника", Member(Key(1), Key(1), OPEN, 2)),
        ("где застревают", Stuck(Key(1))),
        ("назначенные курсы", Assignments(Key(1))),
        ("что спрашивают", PeopleAsk(Key(1))),
        ("напоминание участникам", NudgeWhom(Key(1), ALL)),
        ("приглашение", ShowInvite("0" * 16)),
    )
    for what, place in places:
        yield _Scene(part=("course",), what=what, place=place)
    for track in course.tracks:
        day = f"{NOW:%Y%m%d}"
        yield _Scene(
            part=("track", track), what="назначение", place=AssignTrack(Key(1), track, day)
        )
        yield _Scene(part=("track", track), what="срок", place=AskDay(Key(1), track, ""))


def _scenes_of(course: Course, lesson: Lesson) -> Iterator[_Scene]:
    for number in range(1, len(lesson.steps) + 1):
        part: Part = ("step", lesson.id, number)
        yield _Scene(part=part, what="шаг", place=Step(lesson.id, number))
    asked = [_longest(question) for question in lesson.pool]
    for each in asked:
        yield from _scenes_of_question(course, lesson, each)
    whole = _attempt(course, lesson, asked)
    wrong = [min(_answers(each), key=lambda answer: answer.points) for each in asked]
    part = ("lesson", lesson.id)
    study = Study(answers=tuple(wrong))
    yield _Scene(part=part, what="итог теста", place=Result("r"), attempt=whole, study=study)


def _scenes_of_question(course: Course, lesson: Lesson, asked: Asked) -> Iterator[_Scene]:
    attempt = _attempt(course, lesson, [asked, asked])
    part: Part = ("question", asked.question.id)
    for draft in _drafts(asked.filled.rehearsed()):
        yield _Scene(
            part=part,
            what="вопрос",
            place=AtQuestion(attempt.id, 0),
            attempt=attempt,
            study=Study(draft=draft),
        )
    for answer in _answers(asked):
        yield _Scene(
            part=part,
            what="разбор ответа",
            place=Feedback(attempt.id, 0),
            attempt=attempt,
            study=Study(answers=(answer,)),
        )


def _longest(question: Question) -> Asked:
    return replace(ask(question, Random(0)), figures=question.longest())  # noqa: S311 - no secret


def _answers(asked: Asked) -> list[Answer]:
    question = asked.filled
    return [
        Answer(response=response, points=question.points(response))
        for response in question.rehearsed()
    ]


def _drafts(responses: Iterable[Response]) -> set[tuple[int, ...]]:
    """Return what has been tapped on the way to the longest of these responses.

    Whatever is tapped, each part stands on the screen once: how many are is all that matters.
    """
    taps = [response for response in responses if isinstance(response, tuple)]
    longest = max(taps, key=len, default=())
    return {longest[:end] for end in range(len(longest) + 1)}


def _attempt(course: Course, lesson: Lesson, asked: Iterable[Asked]) -> Attempt:
    return Attempt(
        id="r",
        lesson=lesson.id,
        number=1,
        course=course.version,
        pass_mark=course.pass_mark,
        asked=tuple(asked),
        started_at=NOW,
    )


def _stage(course: Course, language: Language) -> Stage:
    return Stage(
        course=course,
        person=Person(
            id=1, name=NAME, language=language, joined_at=NOW, seen_at=NOW, study=Study()
        ),
        phrases=phrases(language),
        at=NOW,
        move_id="r",
        door="r",
        offered_name=NAME,
        offered_language=language,
        addresses=ADDRESSES,
        files=_NoFiles(),
        secret=SECRET,
        zone=MOSCOW,
        look_up=no_look_up,
    )
