"""A quiz taken: opened, answered question by question, explained, and judged at the end."""

import re
from base64 import b32encode
from collections.abc import Sequence
from dataclasses import replace
from hashlib import blake2b
from html import escape

from course_bot.content.model import Lesson
from course_bot.content.search import normal
from course_bot.conversation import asking, certificates, lessons, memo, port
from course_bot.conversation.actions import (
    Done,
    Feedback,
    GiveUpAndStart,
    OpenLesson,
    OpenQuiz,
    OtherQuiz,
    Pick,
    Progress,
    Question,
    QuizLocked,
    Result,
    StaleError,
    Step,
    Tap,
    TrackDone,
    Undo,
)
from course_bot.conversation.port import Screen, Tone
from course_bot.conversation.routes import place, verb
from course_bot.conversation.stage import (
    Row,
    Stage,
    at_question,
    button,
    go_to,
    leading,
    shortened,
    to_menu,
)
from course_bot.learning.attempts import Attempt, draw_attempt
from course_bot.learning.progress import (
    Finished,
    LessonResult,
    answer_question,
    finish,
    next_lesson,
    start_attempt,
    waiting_before,
)
from course_bot.locale.phrases import Phrases
from course_bot.markup import shown
from course_bot.questions.kinds import Asked
from course_bot.questions.numbers import write_number
from course_bot.questions.pool import count_new
from course_bot.questions.question import FULL, Draft, Hint, Response, verdict
from course_bot.storage.store import Decision

SHORT_QUESTION = 110
"""Characters of a question that an answer's explanation recalls."""
UNSURE = frozenset(("не знаю", "я не знаю", "незнаю", "не понимаю", "сложно", "i don t know"))
"""What is typed at a question by somebody who has no answer, as ``normal`` writes it."""
SHORT_BEGINNING = 30
"""Characters of its beginning without which that is left out."""
SENTENCE = re.compile(r"[.!?…]»?\s+(?=[«„]?[А-ЯЁA-Z\d])")
"""Where a sentence ends and another begins."""
SHORT = 10
"""So few characters don't ask a question that one understands by itself."""


def open_quiz(stage: Stage, wanted: OpenQuiz) -> Decision:
    """Go on with the lesson's quiz or begin it, unless something stands before it."""
    lesson_id = stage.lesson(wanted.lesson).id
    person = stage.person
    unfinished = person.unfinished
    if unfinished is not None and unfinished.lesson == lesson_id:
        return Decision(person=at_question(person, unfinished))
    if waiting_before(stage.track, person, lesson_id):
        return Decision(person=go_to(person, QuizLocked(lesson_id)))
    if unfinished is not None and person.study.answers:
        return Decision(person=go_to(person, OtherQuiz(lesson_id)))
    return _start(stage, lesson_id)


def give_up_and_start(stage: Stage, wanted: GiveUpAndStart) -> Decision:
    """Begin an attempt instead of the one in progress, if that is still the one asked about."""
    unfinished = stage.person.unfinished
    if unfinished is None or unfinished.id != wanted.instead_of:
        raise StaleError
    return _start(stage, wanted.lesson)


def _start(stage: Stage, lesson_id: str) -> Decision:
    """Begin a new attempt at the lesson's quiz; another one in progress is given up."""
    lesson, person = stage.lesson(lesson_id), stage.person
    if waiting_before(stage.track, person, lesson_id):
        raise StaleError
    before = person.study.results.get(lesson_id, LessonResult())
    attempt = draw_attempt(
        stage.course,
        lesson,
        attempt_id=_attempt_id(stage),
        number=before.attempts + 1,
        answered=before.answered,
        at=stage.at,
    )
    person, record = start_attempt(person, attempt)
    return Decision(person=at_question(person, attempt), records=(record,))


def _attempt_id(stage: Stage) -> str:
    """Make an id that nobody can guess and that the same move makes again: 13 characters."""
    seed = f"{stage.person.id} {stage.move_id} {stage.at.isoformat()}".encode()
    return b32encode(blake2b(seed, key=stage.secret, digest_size=8).digest()).decode()[:13].lower()


def locked(stage: Stage, at: QuizLocked) -> Screen:
    """Show which quizzes come before this one, and the way to the first of them."""
    lesson_id = at.lesson
    p, lesson = stage.phrases, stage.lesson(lesson_id)
    before = [stage.lesson(each) for each in waiting_before(stage.track, stage.person, lesson_id)]
    if not before:
        return _open(p, lesson)
    lines = [
        p.html("First pass the quizzes of the lessons before it:"),
        "\n".join(f"• {escape(each.title)}" for each in before),
        p.html("You may read any lesson now. And what you know already you need not read: go"
               " straight to its quiz."),
    ]  # fmt: skip
    first = before[0]
    return Screen(
        heading=p.html("The quiz of “{title}” opens a little later", title=lesson.title),
        text="\n\n".join(lines),
        rows=(
            (button(p.t("Quiz: {title}", title=first.title), OpenQuiz(first.id), primary=True),),
            (button(p.t("Lesson: {title}", title=first.title), OpenLesson(first.id)),),
            (button(p.t("↩ Back to this lesson"), OpenLesson(lesson_id)), to_menu(p)),
        ),
    )


def _open(p: Phrases, lesson: Lesson) -> Screen:
    """Show that nothing stands before a lesson's quiz any more."""
    return Screen(
        text=p.html("The quiz of “{title}” is open.", title=lesson.title),
        rows=((button(p.t("✍ To the quiz"), OpenQuiz(lesson.id), primary=True),), (to_menu(p),)),
    )


def other_in_progress(stage: Stage, at: OtherQuiz) -> Screen:
    """Ask what to do with another lesson's quiz that is half done."""
    lesson_id = at.lesson
    p, lesson = stage.phrases, stage.lesson(lesson_id)
    unfinished = stage.person.unfinished
    if unfinished is None or unfinished.lesson == lesson_id:
        return _open(p, lesson)
    at_hand = _lesson_title(stage, unfinished.lesson)
    return Screen(
        heading=p.html("You are in the middle of another quiz"),
        text=p.html(
            "In “{title}” you have answered {done} of {count} questions. Finish it first, or begin"
            " the new one? Then that one will have to be taken from its beginning.",
            title=at_hand,
            done=len(stage.person.study.answers),
            count=len(unfinished.asked),
        ),
        rows=(
            (
                button(
                    p.t("Go on: {title}", title=at_hand),
                    OpenQuiz(unfinished.lesson),
                    primary=True,
                ),
            ),
            (
                button(
                    p.t("Begin: {title}", title=lesson.title),
                    GiveUpAndStart(lesson_id, unfinished.id),
                ),
            ),
            (to_menu(p),),
        ),
    )


def question(stage: Stage, at: Question) -> Screen:
    """Show the question that waits."""
    attempt, asked = _waiting(stage, at.attempt, at.index)
    current = at.index
    p = stage.phrases
    parts = [_what_it_takes(p, attempt)] if current == 0 else []
    if asked.question.critical:
        parts.append(p.html("❗ An important rule: everybody needs to know it."))
    reading = button(p.t("📖 To the lesson"), Step(attempt.lesson, asked.question.step))
    told, asks = parted(asked.filled.text)
    return Screen(
        heading=asks,
        text="\n\n".join(filter(None, (*parts, told))),
        form=asking.form(p, asked, stage.person.study.draft, (attempt.id, current)),
        rows=((reading, to_menu(p)),),
        progress=_progress(stage, attempt, current, current),
    )


def _progress(stage: Stage, attempt: Attempt, index: int, answered: int) -> port.Progress:
    """Say at which question of an attempt the person is; ``index`` counts from 0."""
    count = len(attempt.asked)
    where = stage.phrases.t("question {number} of {count}", number=index + 1, count=count)
    lesson = stage.course.lessons.get(attempt.lesson)
    return lessons.how_far(
        stage, attempt.lesson, where, (len(lesson.steps) if lesson else 0) + answered
    )


def pick(stage: Stage, wanted: Pick) -> Decision:
    """Answer a choice question."""
    _attempt, asked = _waiting(stage, wanted.attempt, wanted.index)
    response = (wanted.option,)
    if not asked.question.at_once or not asked.question.fits(response):
        raise StaleError
    return _answer(stage, response)


def tap(stage: Stage, wanted: Tap) -> Decision:
    """Mark or unmark an option, or add the next part of an order or a match."""
    attempt, asked = _waiting(stage, wanted.attempt, wanted.index)
    draft = stage.person.study.draft
    changed = asked.question.tapped(draft, asked.shown, wanted.part)
    if changed is None and wanted.part in draft:
        return _not_now(stage, asked)
    return _drafted(stage, attempt, changed)


def undo(stage: Stage, wanted: Undo) -> Decision:
    """Take the last tap back; of a match, also the pair that then was left over."""
    attempt, asked = _waiting(stage, wanted.attempt, wanted.index)
    draft = stage.person.study.draft
    changed = asked.question.undone(draft, asked.shown)
    if asked.filled.ask(stage.phrases, asked.shown, draft).undo is False:
        return _not_now(stage, asked)
    return _drafted(stage, attempt, changed)


def done(stage: Stage, wanted: Done) -> Decision:
    """Answer with what has been tapped."""
    _attempt, asked = _waiting(stage, wanted.attempt, wanted.index)
    draft = stage.person.study.draft
    if asked.filled.ask(stage.phrases, asked.shown, draft).ready is False:
        return _not_now(stage, asked)
    if asked.question.at_once or not asked.question.fits(draft):
        raise StaleError
    return _answer(stage, draft)


def _not_now(stage: Stage, asked: Asked) -> Decision:
    """Say what comes first to a key that not every messenger can show as one not to be pressed."""
    under = asked.filled.ask(stage.phrases, asked.shown, stage.person.study.draft)
    return Decision(person=stage.person, notice=shown(under.hint)[: port.NOTICE_CHARS])


def typed(stage: Stage, text: str) -> Decision | None:
    """Answer the question that waits with a typed text: a number, or parts by number or words.

    Returns:
        None where no question waits, or the text is a question rather than an answer.
    """
    asked, p = stage.person.question, stage.phrases
    if asked is None or not stage.person.place.startswith(f"{Question.name}:"):
        return None
    if normal(text) in UNSURE:
        notice = p.t(
            "That is all right: choose what seems nearest, the explanation comes after it. Or read"
            " the step again: “📖 To the lesson”."
        )
        return Decision(person=stage.person, notice=notice)
    answer = asked.filled.typed(p, text, asked.shown)
    if answer is None:
        return None
    if isinstance(answer, Hint):
        return Decision(person=stage.person, notice=answer.text)
    return _answer(stage, answer)


def _waiting(stage: Stage, attempt_id: str, index: int) -> tuple[Attempt, Asked]:
    """Return the attempt and its question that waits, if the action is about this very one."""
    attempt, asked = stage.person.unfinished, stage.person.question
    current = len(stage.person.study.answers)
    if attempt is None or asked is None or attempt.id != attempt_id or index != current:
        raise StaleError
    return attempt, asked


def _drafted(stage: Stage, attempt: Attempt, draft: Draft | None) -> Decision:
    if draft is None:
        raise StaleError
    person = replace(stage.person, study=replace(stage.person.study, draft=draft))
    return Decision(person=at_question(person, attempt))


def _answer(stage: Stage, response: Response) -> Decision:
    person, records = answer_question(stage.person, response, at=stage.at)
    answered = records[0]
    return Decision(
        person=go_to(person, Feedback(answered.attempt, answered.index)), records=records
    )


def feedback(stage: Stage, at: Feedback) -> Screen:
    """Show whether an answer of the latest attempt was right, and why."""
    attempt, answers = stage.person.attempt, stage.person.study.answers
    current = at.index
    if attempt is None or attempt.id != at.attempt or current >= len(answers):
        raise StaleError
    p, asked, answer = stage.phrases, attempt.asked[current], answers[current]
    filled = asked.filled
    parts = [
        f"<i>{escape(in_short(filled.text))}</i>",
        *filled.compare(p, asked.shown, answer.response, right=answer.right),
        filled.explanation,
    ]
    to_step = button(p.t("📖 The step on this"), Step(attempt.lesson, asked.question.step))
    if current + 1 < len(attempt.asked):
        onward = button(p.t("Next question →"), Question(attempt.id, current + 1), primary=True)
    else:
        onward = button(p.t("To the result →"), Result(attempt.id), primary=True)
    return Screen(
        heading=verdict(p, answer.points),
        text="\n\n".join(parts),
        rows=((onward,), (to_step,)),
        progress=_progress(stage, attempt, current, current + 1),
        tone=_tone(answer.points),
    )


def parted(text: str) -> tuple[str, str]:
    """Part a question (HTML subset) into what it tells, and what it asks in the end.

    That begins with the last sentence that asks something: «Сколько это? Округлите до целого.»
    Where that alone («Сколько?») says too little, it begins with the one before.
    """
    begins = [0, *(found.end() for found in SENTENCE.finditer(text))]
    question = "?" in text

    def enough(ending: str) -> bool:
        return len(ending) >= SHORT and (not question or "?" in ending)

    while len(begins) > 1 and not enough(text[begins[-1] :]):
        begins.pop()
    told, asks = text[: begins[-1]].rstrip(), text[begins[-1] :]
    if told.count("<") != 2 * told.count("</"):
        return "", text  # the sentence begins inside of something bold
    return told, asks


def in_short(text: str) -> str:
    """Recall a question (HTML subset) as plain text: how it begins, and what it asks in the end.

    The end alone does not tell one «Что ответить?» from another.
    """
    whole = shown(text)
    if len(whole) <= SHORT_QUESTION:
        return whole
    told, asks = map(shown, parted(text))
    room = SHORT_QUESTION - len(asks) - len("…» ")
    if not told or room < SHORT_BEGINNING:
        return shortened(asks, SHORT_QUESTION)
    ends = SENTENCE.search(told)
    first = told[: ends.end()].rstrip() if ends else told
    if len(first) > room:
        first = first[:room].rsplit(maxsplit=1)[0].rstrip(",;:—– 0123456789")
    quote = "»" if first.count("«") > first.count("»") else ""
    return f"{first.rstrip('.…')}…{quote} {asks}"


def _tone(points: int) -> Tone:
    if points == FULL:
        return "right"
    return "partly" if points else "wrong"


def result(stage: Stage, at: Result) -> Screen:
    """Show the score of the latest attempt, what to read again, and the way on."""
    person, p = stage.person, stage.phrases
    attempt, answers = person.attempt, person.study.answers
    if attempt is None or attempt.id != at.attempt or person.unfinished is not None:
        raise StaleError
    finished = finish(attempt, [answer.points for answer in answers], at=stage.at)
    missed = [
        asked for asked, answer in zip(attempt.asked, answers, strict=True) if not answer.right
    ]
    title = _lesson_title(stage, attempt.lesson)
    score = p.html(
        "Right: {right} of {count} ({score} %).",
        right=write_number(sum(answer.points for answer in answers) // 10 / 10),
        count=len(answers),
        score=finished.score,
    )
    retry: list[Row] = []
    if attempt.lesson in stage.course.lessons:
        retry.append((button(p.t("Another attempt"), OpenQuiz(attempt.lesson)),))
    if finished.passed:
        heading = p.html("🎉 Lesson passed: {title}", title=title)
        if finished.score == FULL:
            score = " ".join((score, p.html("Not a single mistake!")))
        parts = [score, *_what_stays(stage, attempt), *_congratulation(stage, attempt)]
    else:
        heading = (
            p.html("Quiz: {title}", title=title)
            if person.passed(attempt.lesson)
            else p.html("The quiz is not passed yet: {title}", title=title)
        )
        parts = [" ".join((score, _what_lacks(stage, attempt, finished)))]
    again = _steps_of(stage, attempt, missed)
    if again:
        # By name: of a passed lesson the text stays, and its keys go.
        names = ", ".join(p.t("“{name}”", name=name) for _number, name in again)
        parts.append(p.html("Worth reading again: {names}.", names=names))
    reading: list[Row] = [
        (button(f"📖 {name}", Step(attempt.lesson, number)),) for number, name in again
    ]
    # Who has passed goes on; reading again comes before answering again.
    onward = _onward(stage) if person.passed(attempt.lesson) else []
    rows = [*onward, *reading, *retry]
    rows[0] = leading(rows[0])
    rows.append((button(p.t("Progress"), Progress()), to_menu(p)))
    return Screen(
        heading=heading,
        text="\n\n".join(parts),
        rows=tuple(rows),
        tone="passed" if finished.passed else "",
        lasting=finished.passed,
    )


def _what_stays(stage: Stage, attempt: Attempt) -> list[str]:
    """Say what whoever has passed a lesson can do now, as the lesson itself sums it up."""
    lesson = stage.course.lessons.get(attempt.lesson)
    if lesson is None:
        return []
    now = stage.phrases.html("Now you know what to do:")
    return ["\n".join((now, *(f"• {escape(line)}" for line in lesson.memo)))]


def _what_lacks(stage: Stage, attempt: Attempt, finished: Finished) -> str:
    p = stage.phrases
    if stage.person.passed(attempt.lesson):
        return p.html("The lesson stays passed: your best result counts.")
    if finished.score < attempt.pass_mark:
        lacks = _what_it_takes(p, attempt)
    else:
        lacks = p.html(
            "There are enough points: what is left is an important rule (the question with ❗)."
        )
    again = p.html("You can try again at once, and your best result counts.")
    return " ".join((lacks, again, *_how_new(stage, attempt)))


def _what_it_takes(p: Phrases, attempt: Attempt) -> str:
    needed, count = attempt.needed, len(attempt.asked)
    if attempt.critical:
        return p.html(
            "To pass, you need {needed} of {count}, and every question marked ❗ right.",
            needed=needed,
            count=count,
        )
    return p.html("To pass, you need {needed} of {count}.", needed=needed, count=count)


def _how_new(stage: Stage, attempt: Attempt) -> tuple[str, ...]:
    """Promise of another attempt's questions what is true; nothing where there will be none."""
    p, lesson = stage.phrases, stage.course.lessons.get(attempt.lesson)
    if lesson is None:
        return ()
    result = stage.person.study.results.get(attempt.lesson, LessonResult())
    new = count_new(lesson.pool, lesson.draw, result.answered)
    if new * 2 > lesson.draw:
        return (p.html("The questions will mostly be new."),)
    if new:
        return (p.html("Some of the questions will be new."),)
    return (p.html("The questions will be the same, in another order."),)


def _onward(stage: Stage) -> list[Row]:
    p = stage.phrases
    following = next_lesson(stage.track, stage.person)
    if following is None:
        done = [*certificates.keys(stage, stage.track.id), *memo.keys(stage)]
        return [(button(p.t("What now?"), TrackDone()),), *done]
    lesson = stage.lesson(following)
    label = p.t("Next lesson: {title}", title=lesson.title)
    return [(button(label, OpenLesson(following)),)]


def _congratulation(stage: Stage, attempt: Attempt) -> list[str]:
    """Say that the track is done, to whoever has completed it by this very attempt."""
    person, track = stage.person, stage.track
    passed_at = person.study.results[attempt.lesson].passed_at
    first = passed_at is not None and passed_at >= attempt.started_at
    if not first or attempt.lesson not in track.lessons or next_lesson(track, person) is not None:
        return []
    return [
        stage.phrases.html(
            "🏁 And with it the whole track “{title}”. Thank you for the time you took!",
            title=track.title,
        )
    ]


def _steps_of(stage: Stage, attempt: Attempt, missed: Sequence[Asked]) -> list[tuple[int, str]]:
    """Name the steps that teach what was missed, each once, in the lesson's order."""
    lesson = stage.course.lessons.get(attempt.lesson)
    if lesson is None:
        return []
    numbers = sorted({min(asked.question.step, len(lesson.steps)) for asked in missed})
    return [(number, lesson.steps[number - 1].title) for number in numbers]


def _lesson_title(stage: Stage, lesson_id: str) -> str:
    lesson = stage.course.lessons.get(lesson_id)
    return lesson.title if lesson else stage.phrases.t("a lesson that is no longer taught")


ROUTES = (
    place(QuizLocked, locked),
    place(OtherQuiz, other_in_progress),
    place(Question, question),
    place(Feedback, feedback),
    place(Result, result),
    verb(OpenQuiz, open_quiz),
    verb(GiveUpAndStart, give_up_and_start),
    verb(Pick, pick),
    verb(Tap, tap),
    verb(Undo, undo),
    verb(Done, done),
)
