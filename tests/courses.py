"""A course made by hand, small enough to know by heart, with every kind of question."""

from datetime import date

from course_bot.content.model import (
    Course,
    FaqEntry,
    Guide,
    GuideAnswer,
    GuideEnding,
    GuideQuestion,
    Lesson,
    Link,
    Rule,
    Step,
    Track,
)
from course_bot.questions.choice import Choice
from course_bot.questions.figures import Case, Generated
from course_bot.questions.match import Match, Pair
from course_bot.questions.multiple import Multiple
from course_bot.questions.number import Number
from course_bot.questions.options import Option
from course_bot.questions.order import Order
from course_bot.questions.question import Question

CHOICE = Choice(
    id="choice",
    version="v1",
    text="Кто создаёт чат «Сотрудники»?",
    explanation="Чат появляется сам.",
    step=1,
    critical=True,
    options=(
        Option(text="Он появляется сам", right=True),
        Option(text="Учитель в MAX", why="Учитель создаёт другие чаты."),
        Option(text="Директор школы", why="Директор его не создаёт."),
    ),
)
MULTIPLE = Multiple(
    id="multiple",
    version="v1",
    text="Что считается?",
    explanation="Считаются последние 7 дней.",
    step=2,
    options=(
        Option(text="Сообщение вчера", right=True),
        Option(text="Сообщение сегодня", right=True),
        Option(text="Звонок год назад"),
        Option(text="Сообщение завтра"),
        Option(text="Звонок позавчера", right=True),
    ),
)
ORDER = Order(
    id="order",
    version="v1",
    text="Расставьте по порядку.",
    explanation="Ждать нужно после связки.",
    step=1,
    items=("Открыть МЭШ", "Связать профили", "Подождать", "Проверить"),
)
MATCH = Match(
    id="match",
    version="v1",
    text="Что для чего?",
    explanation="У каждого своё дело.",
    step=3,
    pairs=(
        Pair(term="Чат", meaning="спросить человека"),
        Pair(term="Справка", meaning="прочитать самому"),
        Pair(term="Плакат", meaning="повесить на стену"),
    ),
)
NUMBER = Number(
    id="number",
    version="v1",
    text="За сколько дней считают?",
    explanation="За последние 7 дней.",
    step=2,
    answer=7,
    unit="дн.",
)
GENERATED = Number(
    id="generated",
    version="v1",
    text="В школе {total} учителей, активны {active}. Скольких не хватает до цели?",
    explanation="Нужно {needed}, не хватает {answer}.",
    step=2,
    generated=Generated(case=Case.PEOPLE_MISSING, percent=75),
)
POOL: tuple[Question, ...] = (
    CHOICE,
    MULTIPLE,
    ORDER,
    MATCH,
    NUMBER,
    GENERATED,
)

RIGHT: dict[str, tuple[int, ...] | float] = {
    "choice": (0,),
    "multiple": (0, 1, 4),
    "order": (0, 1, 2, 3),
    "match": (0, 1, 2),
    "number": 7.0,
}
"""The right response to each question of the pool whose figures aren't drawn."""
WRONG: dict[str, tuple[int, ...] | float] = {
    "choice": (1,),
    "multiple": (2, 3),
    "order": (3, 2, 1, 0),
    "match": (1, 2, 0),
    "number": 8.0,
    "generated": 100_000.0,
}
"""A response to each that earns nothing."""

HELP = Link(id="help-chat", label="Чат поддержки", url="https://max.ru/sferum_help")


def make_ending(name: str, title: str) -> GuideEnding:
    """Make an ending of the guide."""
    return GuideEnding(
        id=name,
        title=title,
        who="учитель",
        text="Вот <b>что</b> делать.",
        otherwise="Спросите человека.",
        links=(HELP,),
        lesson="chat",
        faq=(1,),
    )


GUIDE = Guide(
    id="no-chat",
    title="Где «Сотрудники»?",
    about="Узнаем, почему чата нет.",
    wordings=("нет чата", "пропал чат", "где чат", "чат исчез"),
    faq=(1,),
    lesson="chat",
    as_of=date(2025, 11, 15),
    questions={
        "linked": GuideQuestion(
            id="linked",
            ask="Профили связаны?",
            text="Это видно <b>в журнале</b>.",
            answers=(
                GuideAnswer(text="Связаны & давно", to="waited"),
                GuideAnswer(text="Нет", to="link"),
                GuideAnswer(text="Не знаю, как проверить", to="waited"),
            ),
            links=(HELP,),
            faq=(1,),
        ),
        "waited": GuideQuestion(
            id="waited",
            ask="Прошло 2 дня?",
            text="",
            answers=(
                GuideAnswer(text="Да, и больше", to="ask"),
                GuideAnswer(text="Ещё нет", to="wait"),
            ),
            links=(),
            faq=(),
        ),
    },
    endings={
        "link": make_ending("link", "Свяжите профили"),
        "wait": make_ending("wait", "Подождите"),
        "ask": make_ending("ask", "Спросите человека"),
    },
)
"""A guide that the course does without."""


def right_response(question: Question) -> tuple[int, ...] | float:
    """Return the right response to a question of the pool as it was asked."""
    if isinstance(question, Number):
        assert question.answer is not None, "the figures have been drawn"
        return float(question.answer)
    return RIGHT[question.id]


def make_lesson(name: str, *, draw: int = 5, steps: int = 4) -> Lesson:
    """Make a lesson with the whole pool."""
    return Lesson(
        id=name,
        title=f"Урок «{name}»",
        about="Вы узнаете, откуда берётся чат.",
        memo=("Свяжите профили, и чат появится сам.",),
        faq=(0, 1),
        as_of=date(2025, 11, 15),
        minutes=3,
        draw=draw,
        steps=tuple(
            Step(title=f"Шаг {number}", text="Текст шага.", links=(HELP,))
            for number in range(1, steps + 1)
        ),
        pool=POOL,
    )


def make_rule(name: str, value: int, text: str, about: str = "") -> Rule:
    return Rule(
        id=name,
        value=value,
        text=text,
        about=about,
        source="FAQ 6",
        as_of=date(2025, 10, 30),
        review_by=date(2027, 3, 1),
    )


def make_course(*, version: str = "c1") -> Course:
    """Make a course of two tracks and three lessons, of which they share one."""
    return Course(
        title="Малый курс",
        about="Всё о чате «Сотрудники».",
        pass_mark=80,
        version=version,
        not_found=0,
        tracks={
            "teacher": Track(
                id="teacher",
                title="Учитель",
                about="Для тех, кто учит.",
                lessons=("chat", "roles", "help"),
            ),
            "coordinator": Track(
                id="coordinator",
                title="Координатор",
                about="Для тех, кто помогает школам.",
                lessons=("help",),
            ),
        },
        lessons={
            "chat": make_lesson("chat"),
            "roles": make_lesson("roles", draw=4),
            "help": make_lesson("help", steps=3),
        },
        faq={
            number: FaqEntry(
                id=number,
                question=f"Вопрос номер {number}?",
                answer="Короткий ответ.",
                wordings=("как это", "почему", "что делать", "кто поможет"),
                lesson="chat",
                links=(HELP,),
            )
            for number in range(2)
        },
        rules={
            each.id: each
            for each in (
                make_rule(
                    "staff_target", 75, "75\N{NO-BREAK SPACE}%", "сотрудников — цель по активности"
                ),
                make_rule("learners_target", 30, "30\N{NO-BREAK SPACE}%"),
                make_rule("activity_days", 7, "7\N{NO-BREAK SPACE}дней"),
            )
        },
        links={HELP.id: HELP},
    )
