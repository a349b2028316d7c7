"""The commands that report: the journal of what coordinators did, and the authors' questions."""

import asyncio
import csv
from collections.abc import Callable, Coroutine
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.engine import URL

from course_bot.app import check_course
from course_bot.commands import showing
from course_bot.learning.progress import Person
from course_bot.learning.seeking import AnswerChosen, GuideEnded, Missed
from course_bot.organisations.records import Act, Audited, Role
from course_bot.storage.engine import create_engine
from course_bot.storage.store import Decision, Storage
from tests.conftest import run
from tests.console import ROOT, Console, Ended, console, settings
from tests.doors import right
from tests.learners import NOW, answer, forget, learner, put, start
from tests.regions import FRESH_REGION, add, join, leaves

__all__ = ["console", "settings"]

MOSCOW, VLADIVOSTOK = ZoneInfo("Europe/Moscow"), ZoneInfo("Asia/Vladivostok")
Asks = Callable[..., Ended]


async def _in(url: URL, work: Callable[[Storage], Coroutine[None, None, None]]) -> None:
    async with Storage(create_engine(url)) as storage:
        await work(storage)


@pytest.fixture
def asks(console: Console, url: URL) -> Asks:
    """Carry out a command on the test's database."""
    address = url.render_as_string(hide_password=False)
    return lambda *arguments: console(*arguments, COURSE_BOT_DATABASE=address)


async def _much_was_done(storage: Storage) -> None:
    """Let three coordinators do something, and one of them be deleted."""
    here = await FRESH_REGION.on(storage)
    for short, act, about, name in (
        ("m1", Act.INVITED, "учитель", "Анна Петрова"),
        ("s11", Act.EXPORTED, "люди", "Мария Удалённая"),
        ("m2", Act.REMINDED, "=1+1", ""),
    ):
        who = here.people[f"c-{short}"]
        await who.does(put(name=name))
        organisation = here.organisations[short]
        await leaves(who, Audited(organisation=organisation, act=act, at=NOW, about=about))
    await here.people["c-s11"].does(forget)


def lines(ended: Ended) -> list[list[str]]:
    """Return the lines of a table beneath its titles, as cells."""
    assert (ended.code, ended.err) == (0, "")
    _title, _empty, _titles, *rows = ended.out.splitlines()
    return [[cell.strip() for cell in row.split("  ") if cell.strip()] for row in rows]


def test_the_journal_names_nobody_who_was_deleted(asks: Asks, url: URL) -> None:
    run(_in(url, _much_was_done))

    ended = asks("audit")

    assert ended.out.startswith("Журнал: все организации, по состоянию на ")
    who, what, where, about = zip(*(row[1:] for row in lines(ended)), strict=True)
    assert what == ("отправлены напоминания", "скачан файл", "создано приглашение")
    assert who[0].startswith("Без имени")
    assert who[1:] == ("удалённый участник", "Анна Петрова")
    assert where[2] == "Район 1 (Озёрный край)"
    assert about == ("=1+1", "люди", "учитель")
    assert "Мария" not in ended.out


def test_the_journal_of_an_organisation_has_what_is_below_it_and_nothing_else(
    asks: Asks, url: URL
) -> None:
    run(_in(url, _much_was_done))

    ended = asks("audit", "--organisation", "район 1 (озерный край)")

    assert ended.out.startswith("Журнал: Район 1 (Озёрный край), ")
    assert [row[3] for row in lines(ended)] == [
        "Школа 11 (Озёрный край)",
        "Район 1 (Озёрный край)",
    ]


def test_the_journal_tells_the_time_where_the_organisation_is(asks: Asks, url: URL) -> None:
    async def far_east(storage: Storage) -> None:
        school = await add(storage, "Школа", zone="Asia/Vladivostok")
        who = learner(storage)
        await join(who, school, Role.COORDINATOR)
        await leaves(who, Audited(organisation=school, act=Act.EXPORTED, at=NOW, about="люди"))

    run(_in(url, far_east))

    here, there = (
        lines(asks("audit", *words))[0][0] for words in ((), ("--organisation", "Школа"))
    )
    assert here == NOW.astimezone(MOSCOW).strftime("%d.%m.%Y %H:%M")
    assert there == NOW.astimezone(VLADIVOSTOK).strftime("%d.%m.%Y %H:%M")


def test_the_journal_as_a_file_has_the_same_and_no_formula(asks: Asks, url: URL) -> None:
    run(_in(url, _much_was_done))

    assert asks("audit", "--csv", "audit.csv") == Ended(code=0, out="", err="")

    content = Path("audit.csv").read_text(encoding="utf-8-sig")
    titles, *rows = csv.reader(content.splitlines(), delimiter=";")
    assert titles == ["Когда", "Кто", "Что сделано", "Где", "Подробности"]
    assert [row[4] for row in rows] == ["'=1+1", "люди", "учитель"]
    assert "audit.csv is there already" in asks("audit", "--csv", "audit.csv").refusal
    assert "no/audit.csv can't be written" in asks("audit", "--csv", "no/audit.csv").refusal


def test_a_journal_of_nobody_knows_what_is_refused(asks: Asks, url: URL) -> None:
    run(_in(url, _much_was_done))
    assert "there is no organisation «Лицей»" in asks("audit", "--organisation", "Лицей").refusal
    asks("organisations", "archive", "Район 2 (Озёрный край)")
    line = asks("audit", "--organisation", "Район 2 (Озёрный край)").refusal
    assert "«Район 2 (Озёрный край)» is archived: `course-bot audit` shows" in line


def test_what_an_archived_organisation_did_stays_in_the_whole_journal(
    asks: Asks, url: URL
) -> None:
    run(_in(url, _much_was_done))
    asks("organisations", "archive", "Район 2 (Озёрный край)")
    assert lines(asks("audit"))[0][3] == "Район 2 (Озёрный край)"


def test_authors_see_how_everybody_answers_each_question(asks: Asks, url: URL) -> None:
    course, _faults = check_course(ROOT / "lessons")
    assert course is not None
    lesson = course.lessons["roles"]

    async def three_pass(storage: Storage) -> None:
        for _ in range(3):
            who = learner(storage, uuid4().hex)
            person = await who.does(start("roles", course=course))
            while person.question:
                person = await who.does(answer(right(person.question.filled)))

    run(_in(url, three_pass))

    shown = asks("questions")
    assert shown.out.startswith(f"Вопросы: {course.title}, по состоянию на ")
    asks("questions", "--csv", "questions.csv")
    content = Path("questions.csv").read_text(encoding="utf-8-sig")
    titles, *rows = csv.reader(content.splitlines(), delimiter=";")
    assert len(rows) == sum(len(each.pool) for each in course.lessons.values())
    assert len(lines(shown)) == len(rows)
    answers = titles.index("Ответов")
    counts = {True: 0, False: 0}
    for row in rows:
        counts[row[0] == lesson.title] += int(row[answers])
    assert counts == {True: 3 * lesson.draw, False: 0}


def _ended(guide: str, ending: str, day: date) -> Callable[[Person], Decision]:
    record = GuideEnded(guide=guide, ending=ending, day=day)
    return lambda person: Decision(person=person, records=(record,))


def test_how_often_a_guide_came_to_each_ending_is_counted_without_people(
    asks: Asks, url: URL
) -> None:
    today = datetime.now(UTC).date()

    async def some_ended(storage: Storage) -> None:
        people = [learner(storage, key) for key in "123"]
        once = _ended("journal-link", "wait", today)
        # Together they are one statement; the second time each is a move that was taken already.
        for _ in range(2):
            await asyncio.gather(*(each.does(once, move="m") for each in people))
        await people[0].does(once)
        await people[0].does(_ended("journal-link", "wait", today - timedelta(days=80)))
        await people[0].does(_ended("journal-link", "wait", today - timedelta(days=91)))
        await people[0].does(_ended("gone", "lost", today))

    run(_in(url, some_ended))

    ended = asks("guides")

    assert ended.out.startswith("Проверки по шагам за 90\xa0дней: Сферум в MAX, по состоянию на ")
    rows = lines(ended)
    title = "Связка с журналом не работает"
    assert [title, "Подождите несколько часов", "5"] in rows
    assert [title, "Обновите связку с МЭШ", "0"] in rows
    assert rows[-1] == ["gone", "lost", "1"]


def test_what_people_asked_in_vain_stands_beside_what_they_chose(
    asks: Asks, url: URL, tmp_path: Path
) -> None:
    today = datetime.now(UTC).date()

    async def some_asked(storage: Storage) -> None:
        for asker, secret in enumerate(("клад", "секрет", "тайна")):
            person = learner(storage, secret)
            for words in ("как сделать опрос", secret, "роль"):
                key = f"{asker}{words[:15]}"
                offered = words == "роль"
                miss = Missed(key=key, words=words, asker=asker, offered=offered, day=today)
                await person.does(_leaving(miss))
            chosen = AnswerChosen(key=f"{asker}роль", target="faq:1", day=today)
            await person.does(_leaving(chosen))

    run(_in(url, some_asked))

    asked = asks("misses")

    assert asked.out.startswith("Вопросы без ответа за 90 дней: Сферум в MAX, ")
    assert ["как сделать опрос", "3", "0"] in [row[:3] for row in lines(asked)]
    assert "тайна" not in asked.out
    assert "Что выбирали из предложенного за 90 дней" in asked.out
    assert ["Как поменять роль, если учитель записан учеником?", "3"] in lines(asked)
    asks("misses", "--csv", str(tmp_path / "misses.csv"))
    assert "как сделать опрос;3;0" in (tmp_path / "misses.csv").read_text("utf-8-sig")


def _leaving(record: Missed | AnswerChosen) -> Callable[[Person], Decision]:
    return lambda person: Decision(person=person, records=(record,))


def test_questions_of_a_course_with_faults_are_not_counted(console: Console) -> None:
    ended = console("questions", COURSE_BOT_LESSONS="nowhere")
    assert "the lessons in nowhere have faults" in ended.refusal


def test_a_track_has_its_page_as_a_file(console: Console, tmp_path: Path) -> None:
    page, picture = tmp_path / "page.pdf", tmp_path / "page.png"
    assert console("sheet", "teacher", "--out", str(page)).out == f"{page}\n"
    assert page.read_bytes().startswith(b"%PDF-")
    assert console("sheet", "teacher", "--out", str(picture)).code == 0
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert "page.pdf is there already" in console("sheet", "teacher", "--out", str(page)).refusal
    named = console("sheet", "coordinator").out.strip()
    assert (tmp_path / named).read_bytes().startswith(b"%PDF-")
    assert "«techer»; there are: teacher," in console("sheet", "techer").refusal


def test_a_row_that_is_wider_than_the_window_is_shown_cell_by_cell(
    asks: Asks, url: URL, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(_in(url, _much_was_done))
    monkeypatch.setattr(showing, "_window", lambda: 60)

    first, *_others = asks("audit").out.split("\n\n")[1:]

    assert [line.partition(": ")[0] for line in first.splitlines()] == [
        "Когда",
        "Кто",
        "Что сделано",
        "Где",
        "Подробности",
    ]


def test_the_journal_of_deletions_has_numbers_days_and_reasons_and_no_name(
    asks: Asks, url: URL
) -> None:
    async def two_are_gone(storage: Storage) -> None:
        await learner(storage, "ann", door="browser").does(put(name="Анна"))
        await storage.retain(24, ("telegram",), NOW + timedelta(days=731))
        bob = learner(storage, "bob")
        await bob.does(put(name="Борис"))
        await bob.does(forget)

    run(_in(url, two_are_gone))

    gone = (NOW + timedelta(days=731)).astimezone(MOSCOW).strftime("%d.%m.%Y")
    wished = NOW.astimezone(MOSCOW).strftime("%d.%m.%Y")
    assert lines(asks("deletions")) == [
        ["2", wished, "по желанию самого человека"],
        ["1", gone, "истёк срок хранения"],
    ]
    assert asks("deletions", "--csv", "deletions.csv") == Ended(code=0, out="", err="")
    content = Path("deletions.csv").read_text(encoding="utf-8-sig")
    assert content.splitlines()[0] == "Номер;Когда удалено;Причина"
    assert len(content.splitlines()) == 3
    assert "Анна" not in content
