"""The search: questions as tired people type them, and the answers that they are after."""

from datetime import date
from pathlib import Path

import pytest

from course_bot.content.checking import check
from course_bot.content.model import Course, Thesaurus
from course_bot.content.search import (
    LIKELY,
    OFFERED,
    QUERY_CHARS,
    Index,
    Kind,
    Thing,
    certain,
    entries_of,
    find,
    index_of,
    normal,
)
from tests.asked import figures, questions

LESSONS = Path(__file__).parent.parent / "lessons"

ASKED: dict[int, tuple[str, ...]] = {
    0: (
        "куда писать если ничего не работает",
        "как связаться с поддержкой",
        "позовите человека",
        "поддержка",
        "где инструкция",
        "где скачать плакат",
        "тех подержка не отвечает",
        "нужен живой оператор",
        "с кем поговорить",
        "бот не понимает меня",
        "хочу поговорить с человеком",
        "есть ли памятка для учителей",
        "инструкции по сферуму",
        "где найти справку",
        "как дозвониться до поддержки",
        "дайте телефон поддержки",
        "робот отвечает одно и тоже",
        "плакаты на стенд",
        "инструкция для учителя",
    ),
    1: (
        "как поменять роль",
        "Почему я ученик???",
        "я учитель, а записали учеником",
        "смена роли",
        "у меня роль ученика в махе",
        "неверная роль",
        "дать вторую роль завучу",
        "роль",
        "записана как ученица",
        "не та роль",
        "исправить роль",
        "директор стоит как учитель",
        "администратор не может поменять роль",
        "учитель в роли ученика",
        "кто меняет роли",
        "можно ли иметь две роли",
        "изменить статус с ученика на учителя",
    ),
    2: (
        "считается ли обычный чат",
        "чат в максе идет в зачет?",
        "наш чат не засчитывают",
        "какие чаты учитываются",
        "условия для чатов",
        "нет моих организаций и ролей",
        "не вижу личный кабинет админа",
        "кто не перешёл в МАХ",
        "что за кнопка пригласить",
        "чат создан не через сферум",
        "учтется ли чат класса",
        "создали чат в max но его нет в статистике",
        "нет прав администратора",
        "зачет обычных чатов",
        "чат создала учительница в максе, он считается?",
        "где мои организации",
        "удалить старые аккаунты",
        "выбрать роль в найти контакт",
    ),
    3: (
        "нет сферума",
        "не появился раздел сферум",
        "Где СФЕРУМ в MAX?",
        "перезапустила бота, сферум не появился",
        "сменил номер и пропал сферум",
        "у меня новый номер телефона",
        "не вижу сферум",
        "куда делся сферум",
        "поменяла симку нет сферума",
        "раздел сферум исчез",
        "бот не помог сферума нет",
        "в приложении нет сферума",
        "сферум не отображается в максе",
        "после перезапуска ничего нет",
        "вошла под другим номером",
        "нету сферума!!",
        "мэш не пользуюсь номер прежний сферума нет",
        "в мэше другой номер",
    ),
    4: (
        "нет чата сотрудники",
        "где чат сотрудников",
        "не появился чат сотрудникии",
        "пропал чат с коллегами",
        "не могу найти чат учителей школы",
        "как привязать мэш",
        "как создать чат",
        "у нас нет чата сотрудники что делать",
        "чат учителей не появился",
        "связать с электронным журналом",
        "нет чата коллектива",
        "не пришел чат сотрудники",
        "чат сотрудников не создался",
    ),
    5: (
        "связка не сработала",
        "не связался дневник",
        "как отвязать профиль",
        "отвязать сферум",
        "привязать заново мэш",
        "сколько ждать после привязки",
        "не работает связка с журналом",
        "все сделала по инструкции а не связалось",
        "как перепривязать",
        "не привязывается профиль",
        "отвязка и привязка",
        "дневник не связан с максом",
        "связка висит второй час",
        "инкогнито",
        "отвязала а привязать не могу",
    ),
    6: (
        "статистика неправильная",
        "учителей больше чем на самом деле",
        "что такое ОО1",
        "какой процент нужен",
        "сколько сообщений надо в неделю",
        "процент занижен",
        "как скачать статистику",
        "кто считается активным",
        "сколько процентов должно быть активных учителей",
        "почему такой маленький процент",
        "в отчете больше учителей",
        "откуда берется число учителей",
        "сколько раз в неделю писать",
        "норма активности",
        "у нас 20 учителей а в мониторинге 35",
        "занижена статистика",
        "активность учителей 75 процентов",
        "скачать отчет",
        "что за столбец регистраций всего",
        "кол-во учителей связавших аккаунты эжд",
        "почему родителей столько же сколько учеников",
    ),
    7: (
        "как проверить что активность учитывается",
        "активность не засчитывается",
        "почему активность ноль",
        "все ли я правильно сделал",
        "школа активная, а в отчёте 0",
        "как понять что нас считают",
        "школу не учитывают",
        "засчитали ли нам активность",
        "что проверить чтобы активность шла",
        "слайды презентации",
    ),
    8: (
        "школа не в том районе",
        "мы в чужом муниципалитете",
        "школа не заведена",
        "перенести школу в другой муниципалитет",
        "как добавить школу в сферум",
        "школа числится в другом городе",
        "нас нет в сферуме",
        "школа в другом муниципалитете стоит",
        "школу не завели",
    ),
    9: (
        "нет школы в списке",
        "не нахожу нашу школу",
        "не могу выбрать свою школу",
        "поиск не находит школу",
        "школы нет для выбора",
        "школа не находится",
        "нет нашей организации в списке",
        "в списке нету школы",
        "не вижу школу при выборе",
        "выбрать организацию не получается",
    ),
    10: (
        "дубли классов",
        "задвоился класс",
        "два одинаковых класса",
        "лишний класс как убрать",
        "классы двоятся",
        "удалить дубль класса",
        "класс показан два раза",
        "повторяющиеся классы",
        "в журнале лишние классы",
        "задублированные классы",
        "5а класс два раза",
        "срок прошел а дубли остались",
        "исправила классы в мэш, в сферуме старые",
    ),
    11: (
        "как добавить родителей",
        "родители не считаются",
        "родителей нет в статистике",
        "родительский чат учитывается?",
        "родитель не может привязаться",
        "у мамы другой номер телефона",
        "прикрепить родителей к школе",
        "родители не отображаются",
        "как подключить родителей",
        "папы и мамы не считаются",
        "завести родителей",
        "родители не учитываются в отчете",
        "родителей как прикрепить",
        "отец не прикреплен к школе",
    ),
}
"""By the number of the entry that answers them."""

OBVIOUS = (
    ("как поменять роль", 1),
    ("нет чата сотрудники", 4),
    ("не появился раздел сферум", 3),
    ("нет школы в списке", 9),
    ("дубли классов", 10),
    ("как добавить родителей", 11),
    ("что такое оо-1", 6),
    ("школа в чужом муниципалитете", 8),
    ("позовите живого оператора", 0),
    ("связка не произошла", 5),
)
NONSENSE = (
    "qwerty",
    "абракадабра",
    "спасибо",
    "добрый вечер",
    "ок",
    "да",
    "привет как дела",
    "какая завтра погода",
    "рецепт борща",
    "123",
    "???",
    "🙂",
    "",
    "а",
    "купить слона недорого",
    "во сколько педсовет",
    "asdf asdf asdf",
    "the quick brown fox",
    "когда каникулы",
    "сколько времени",
    "хочу спать",
    "ага понятно",
    "2+2",
    "как похудеть",
    "лол",
    "не знаю",
    "что",
    "как",
    "кто президент",
    "я устала",
    "help me",
    "спокойной ночи",
    "курс доллара",
    "расскажи анекдот",
    "ты кто",
    "поздравляю с праздником",
    "блин",
)


@pytest.fixture(scope="module")
def lessons() -> Course:
    course, _ = check(LESSONS, today=date(2026, 11, 23))
    assert course is not None
    return course


def found(course: Course, text: str) -> list[str]:
    return [hit.id for hit in find(course, text)[:OFFERED] if hit.kind is Kind.ENTRY]


def test_what_teachers_type_finds_its_entry(lessons: Course) -> None:
    asked = [(text, number) for number, texts in ASKED.items() for text in texts]
    missed = [
        f"{text!r}: {number} is not among {found(lessons, text)}"
        for text, number in asked
        if str(number) not in found(lessons, text)
    ]
    assert len(asked) >= 160
    assert len(missed) <= len(asked) * 0.05, "\n".join(missed)


@pytest.mark.parametrize(("text", "number"), OBVIOUS)
def test_what_is_obvious_comes_first(lessons: Course, text: str, number: int) -> None:
    assert found(lessons, text)[0] == f"{number}"


@pytest.mark.parametrize("text", NONSENSE)
def test_nonsense_finds_nothing(lessons: Course, text: str) -> None:
    assert find(lessons, text) == []


def test_what_may_be_tuned_to_is_answered_as_well_as_was_reached(lessons: Course) -> None:
    reached = figures(
        lambda text: [entries_of(lessons, hit) for hit in find(lessons, text)],
        questions(held=False),
    )
    assert reached.first >= 0.93, reached
    assert reached.among_three >= 0.98, reached
    assert reached.refused >= 0.93, reached


def test_an_answer_that_is_given_at_once_is_right(lessons: Course) -> None:
    given = [
        (each, entries_of(lessons, hits[0]))
        for each in questions(held=False)
        if certain(lessons, hits := find(lessons, each.text))
    ]
    wrong = [each.text for each, entries in given if not each.expects.intersection(entries)]
    assert len(given) >= 220
    assert len(wrong) <= len(given) * 0.03, wrong


def test_the_best_comes_first(lessons: Course) -> None:
    for text in ("сферум", "школа", "чат в сферуме для родителей и учителей школы"):
        scores = [hit.score for hit in find(lessons, text)]
        assert scores == sorted(scores, reverse=True)
        assert all(score >= LIKELY for score in scores)


@pytest.mark.parametrize("text", ["в МАХ", "в max", "В MAX!", "  в\tMax… "])
def test_spellings_of_the_messenger_agree(text: str) -> None:
    assert normal(text) == normal("в мах")


def test_a_very_long_text_is_answered_as_soon(lessons: Course) -> None:
    text = "как поменять роль " + "и ещё " * 1000
    assert find(lessons, text) == find(lessons, text[:QUERY_CHARS])


def test_a_course_is_indexed_once(lessons: Course) -> None:
    assert index_of(lessons) is index_of(lessons)


THINGS = (
    Thing(Kind.ENTRY, "1", ("как поменять роль", "не та роль")),
    Thing(Kind.GUIDE, "chats", ("чат не считается", "наш чат не засчитывают")),
    Thing(Kind.LESSON, "link", ("Свяжите профили", "Вы свяжете профиль с дневником.")),
    Thing(Kind.ELSEWHERE, "0", ("погода, дождь, снег, чат про погоду",)),
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("поменяйте мне роль", [(Kind.ENTRY, "1")]),
        ("почему не считают наши чаты", [(Kind.GUIDE, "chats")]),
        ("профиль в журнале", [(Kind.LESSON, "link")]),
        ("помнять рооль", [(Kind.ENTRY, "1")]),
        ("какая погода", []),
        ("обедать", []),
        ("", []),
    ],
)
def test_stems_typos_and_the_thesaurus_lead_to_what_is_meant(
    text: str, expected: list[tuple[Kind, str]]
) -> None:
    index = Index(THINGS, Thesaurus(same=(("дневник", "журнал"),)))
    assert [(hit.kind, hit.id) for hit in index.find(text)] == expected


def test_without_the_thesaurus_another_word_finds_nothing() -> None:
    assert Index(THINGS, Thesaurus()).find("журналом") == []


def test_a_phrase_of_the_thesaurus_counts_as_one_word() -> None:
    things = (
        Thing(Kind.ENTRY, "1", ("где дневник",)),
        Thing(Kind.ENTRY, "2", ("где адрес",)),
    )
    same = (("дневник", "система оценок"),)
    found = {
        text: Index(things, Thesaurus(same=same)).find(text)
        for text in ("система оценок", "оценок")
    }
    assert [hit.id for hit in found["система оценок"]] == ["1"]
    assert found["оценок"] == []


def test_a_lesson_is_not_offered_beside_an_entry_that_leads_to_it(lessons: Course) -> None:
    hits = find(lessons, "как поменять роль")
    assert hits[0].kind is Kind.ENTRY
    assert (Kind.LESSON, lessons.faq[1].lesson) not in {(hit.kind, hit.id) for hit in hits}


def test_nothing_is_found_in_a_course_of_nothing() -> None:
    assert Index((), Thesaurus()).find("роль") == []
