"""Certificates as people get and check them, as dialogues through every door."""

from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import pytest
from sqlalchemy import select

from course_bot.conversation import downloading
from course_bot.conversation.port import Document
from course_bot.conversation.stage import Addresses
from course_bot.organisations.records import Role
from course_bot.storage import schema
from tests.dialogue import Person
from tests.doors import STALE, House, ann, door, goes_on, house, link_of, port_only
from tests.learners import Learner
from tests.regions import add, assign, completes, join
from tests.reports.pdf_reader import pdf_texts

__all__ = ["ann", "door", "house"]

SCHOOL = "Школа № 5"
PNG = b"\x89PNG\r\n"


async def passes(house: House, person: Person, *lessons: str) -> None:
    """Pass the quizzes of lessons."""
    for lesson in lessons:
        await person.sends_action(f"quiz:{lesson}")
        await house.takes_quiz(person)


async def completes_track(house: House, person: Person) -> None:
    """Pass every lesson of the teacher's track."""
    await passes(house, person, "chat", "roles", "help")


async def certificates(house: House) -> list[dict[str, Any]]:
    """Return the rows of certificates by their tracks."""
    query = select(schema.certificate).order_by(schema.certificate.c.track)
    async with house.storage.reading() as connection:
        return [dict(row) for row in (await connection.execute(query)).mappings()]


def as_learner(house: House, person: Person) -> Learner:
    return Learner(storage=house.storage, account=house.account(person))


def papers(person: Person) -> tuple[Document, Document]:
    """Return the picture and the page that somebody got last."""
    picture, page = person.documents[-2:]
    return picture, page


# Issuing, and handing out.


async def test_whoever_completes_a_track_is_told_and_gets_picture_and_page(
    house: House, ann: Person
) -> None:
    await passes(house, ann, "chat", "roles")
    assert await certificates(house) == []
    await passes(house, ann, "help")
    row = (await certificates(house))[-1]
    assert (row["track"], row["title"], row["name"]) == ("teacher", "Учитель", "Анна Петровна")
    assert (row["organisation"], row["course"]) == ("", house.course.title)
    await ann.presses("🎓 Сертификат")
    picture, page = papers(ann)
    assert picture.content.startswith(PNG)
    assert page.content.startswith(b"%PDF-")
    assert picture.name.endswith(".png")
    assert page.name.endswith(".pdf")
    assert page.name.startswith("Сертификат ")
    await ann.presses("Что дальше?")
    await ann.presses("🎓 Сертификат")
    await ann.writes("/progress")
    await ann.presses("🎓 Сертификат")
    assert [each.content for each in ann.documents[::2]] == [picture.content] * 3
    assert len(await certificates(house)) == 2  # the coordinator's track is a part of it


async def test_whoever_completes_a_track_gets_all_of_it_on_a_page_to_print(
    house: House, ann: Person
) -> None:
    await passes(house, ann, "chat", "roles")
    await ann.writes("/progress")
    assert not [label for label in ann.labels if "Памятка" in label]
    await passes(house, ann, "help")
    await ann.presses("📄 Памятка")
    await ann.presses("Что дальше?")
    await ann.presses("📄 Памятка")
    await ann.writes("/progress")
    await ann.presses("📄 Памятка")
    ann.sees("Ваши успехи")
    first, *others = ann.documents
    assert first.name == "Учитель — памятка — 2025-11-15.pdf"
    assert [each.content for each in others] == [first.content] * 2
    assert "Свяжите профили, и чат появится сам." in " ".join(pdf_texts(first.content))
    await ann.sends_action("memo:nobody")
    ann.was_told(STALE)


async def test_the_notice_comes_with_the_answer_that_completes_the_track(
    house: House, ann: Person
) -> None:
    await passes(house, ann, "chat", "roles")
    await ann.sends_action("quiz:help")
    while (await house.learner(ann)).question is not None:
        assert ann.notices == []
        await house.answers(ann)
        if "К результату →" not in ann.labels:
            await goes_on(ann)
    ann.was_told("Ваш сертификат готов")
    await ann.presses("К результату")
    assert ann.notices == []


async def test_without_a_name_it_is_asked_for_first_and_there_is_a_way_back(house: House) -> None:
    boris = await house.arrives("")
    await boris.presses("Начать")
    await boris.presses("Пока без имени")
    await boris.presses("Учитель")
    await completes_track(house, boris)
    assert boris.notices == []
    assert await certificates(house) == []
    await boris.presses("🎓 Сертификат")
    boris.sees("На чьё имя", "как в документах")
    assert boris.documents == []
    await boris.presses("Не сейчас")
    boris.sees("Ваши успехи")
    await boris.presses("🎓 Сертификат")
    await boris.writes("12")
    boris.was_told("хотя бы одна буква")
    await boris.writes("Как получить?")
    boris.was_told("Похоже, это вопрос")
    assert await certificates(house) == []
    await boris.writes("Иванов Борис Ильич")
    boris.sees("Ваши успехи")
    assert papers(boris)[0].content.startswith(PNG)
    assert {row["name"] for row in await certificates(house)} == {"Иванов Борис Ильич"}


async def test_whoever_gives_a_name_later_has_certificates_of_what_they_have_completed(
    house: House,
) -> None:
    boris = await house.arrives("")
    await boris.presses("Начать")
    await boris.presses("Пока без имени")
    await boris.presses("Учитель")
    await completes_track(house, boris)
    await boris.sends_action("rename")
    await boris.writes("Борис Ильич")
    assert [row["track"] for row in await certificates(house)] == ["coordinator", "teacher"]


async def test_renaming_anything_changes_nothing_on_it(house: House, ann: Person) -> None:
    await completes_track(house, ann)
    await ann.writes("/me")
    await ann.presses("🎓 Сертификат: Учитель")
    before, was = papers(ann), await certificates(house)
    await ann.sends_action("rename")
    await ann.writes("Анна Сидорова")
    house.now += timedelta(days=30)
    await passes(house, ann, "help")
    await ann.writes("/me")
    await ann.presses("🎓 Сертификат: Учитель")
    assert await certificates(house) == was
    assert papers(ann) == before


async def test_it_names_the_organisation_that_assigned_the_track_and_the_day_there(
    house: House, ann: Person
) -> None:
    first = await add(house.storage, "Гимназия", zone="Europe/Kaliningrad")
    second = await add(house.storage, SCHOOL, zone="Asia/Kamchatka")
    await join(as_learner(house, ann), first)
    await join(as_learner(house, ann), second)
    await assign(house.storage, second, "teacher")
    house.now = datetime(2026, 11, 23, 21, 30, tzinfo=UTC)
    await completes_track(house, ann)
    of = {
        row["track"]: (row["organisation"], f"{row['day']}") for row in await certificates(house)
    }
    assert of == {
        # Nobody has assigned it: where she learned first.
        "coordinator": ("Гимназия", "2026-11-23"),
        "teacher": (SCHOOL, "2026-11-24"),
    }


async def test_a_join_keeps_the_certificates_of_both(house: House, ann: Person) -> None:
    await completes_track(house, ann)
    house.now += timedelta(days=1)
    boris = await house.meets("Борис Ильич")
    await completes_track(house, boris)
    both = await certificates(house)
    assert len(both) == 4
    await boris.opens(await link_of(ann))
    await boris.presses("Да, соединить")
    joined = await certificates(house)
    assert {row["code"] for row in joined} == {row["code"] for row in both}
    assert {row["person_id"] for row in joined} == {(await house.learner(ann)).id}
    await boris.writes("/me")
    await boris.presses("🎓 Сертификат: Учитель")
    about = papers(boris)[0].about
    assert "Анна Петровна" in about


async def test_what_two_have_completed_together_gives_a_certificate_when_they_join(
    house: House, ann: Person
) -> None:
    await passes(house, ann, "chat", "roles")
    boris = await house.meets("Борис Ильич", track="Координатор")
    await passes(house, boris, "help")
    assert [row["track"] for row in await certificates(house)] == ["coordinator"]
    await boris.opens(await link_of(ann))
    await boris.presses("Да, соединить")
    rows = await certificates(house)
    assert [(row["track"], row["name"]) for row in rows] == [
        ("coordinator", "Борис Ильич"),
        ("teacher", "Анна Петровна"),
    ]


async def test_a_track_that_is_not_completed_has_none(house: House, ann: Person) -> None:
    await ann.sends_action("certificate:teacher")
    ann.was_told(STALE)
    await passes(house, ann, "chat")
    for action in ("certificate:teacher", "certificate:nosuch", "certificate:"):
        await ann.sends_action(action)
        ann.was_told(STALE)
    await ann.writes("/progress")
    assert not [label for label in ann.labels if "Сертификат" in label]
    assert ann.documents == []
    assert await certificates(house) == []


@port_only
@pytest.mark.parametrize(
    ("addresses", "address"),
    [
        (Addresses(page="https://course.example.ru"), "https://course.example.ru/certificate/"),
        (
            Addresses(page="https://course.example.ru", max_bot="max", telegram_bot="sferum_bot"),
            "https://course.example.ru/certificate/",
        ),
        (
            Addresses(
                page="http://127.0.0.1:8080", local=True, max_bot="max", telegram_bot="sferum_bot"
            ),
            "https://max.ru/max?start=cert-",
        ),
        (
            Addresses(page="http://127.0.0.1:8080", local=True, telegram_bot="sferum_bot"),
            "https://t.me/sferum_bot?start=cert-",
        ),
        (
            Addresses(page="http://127.0.0.1:8080", local=True),
            "http://127.0.0.1:8080/certificate/",
        ),
    ],
)
async def test_it_is_checked_where_other_people_can_look(
    house: House, ann: Person, addresses: Addresses, address: str
) -> None:
    house.talk.addresses = addresses
    await completes_track(house, ann)
    await ann.presses("🎓 Сертификат")
    code = {row["track"]: row["code"] for row in await certificates(house)}["teacher"]
    assert f"{address}{code[:4]}-{code[4:8]}-{code[8:]}" in papers(ann)[0].about


# Checking.


async def code_of(house: House, track: str = "teacher") -> str:
    return str({row["track"]: row["code"] for row in await certificates(house)}[track])


async def test_whoever_has_never_been_here_sees_what_a_certificate_is_and_then_the_welcome(
    house: House, ann: Person
) -> None:
    school = await add(house.storage, SCHOOL)
    await join(as_learner(house, ann), school)
    await ann.sends_action("rename")
    await ann.writes("Петрова Анна Ильинична")
    await completes_track(house, ann)
    code = await code_of(house)
    stranger = await house.arrives("Завуч", payload=f"cert-{code[:4]}-{code[4:8]}-{code[8:]}")
    stranger.sees(
        f"✅ Сертификат {code[:4]}-{code[4:8]}-{code[8:]} настоящий",
        "Анна П.",
        "Пройден курс «Учитель» (Малый курс)",
        SCHOOL,
        "23 ноября 2026",
    )
    stranger.sees_not("Петрова", "Ильинична")
    await stranger.presses("К курсу")
    stranger.sees("Малый курс", "Мы храним")


@port_only
@pytest.mark.parametrize(
    "typed",
    ["{code}", "{lower}", "{lower}".center(14, "-"), "{code:.6}_", "", "x" * 59, "CODE-CODE-CODE"],
)
async def test_however_a_number_is_typed_it_is_read_or_said_to_be_unknown(
    house: House, ann: Person, typed: str
) -> None:
    await completes_track(house, ann)
    code = await code_of(house)
    payload = typed.format(code=code, lower=code.lower())
    await ann.opens(f"cert-{payload}")
    if code.lower() in payload.lower():
        ann.sees("настоящий", "Анна П.")
    else:
        ann.sees("Сертификата с таким номером нет", "12 букв и цифр")
    ann.sees_not("Ссылка")


async def test_who_checks_a_certificate_in_the_middle_of_a_quiz_finds_back_to_it(
    house: House, ann: Person
) -> None:
    await ann.sends_action("quiz:chat")
    waiting = ann.text
    await ann.opens("cert-0000-0000-0000")
    ann.sees("Сертификата с таким номером нет")
    await ann.presses("К тесту")
    assert ann.text == waiting


async def test_of_somebody_deleted_a_certificate_is_withdrawn_and_says_no_more(
    house: House, ann: Person
) -> None:
    await completes_track(house, ann)
    code = await code_of(house)
    await ann.sends_action("forget")
    await ann.sends_action("erase")
    boris = await house.arrives("Борис", payload=f"cert-{code}")
    boris.sees("⚠ Сертификат", "отозван", "все данные о владельце удалили")
    boris.sees_not("Анна", "Учитель", "2026")
    row = next(row for row in await certificates(house) if row["code"] == code)
    assert {row[key] for key in ("name", "title", "course", "organisation", "track")} == {""}
    assert row["person_id"] is None


# All of an organisation.


async def test_a_coordinator_gets_all_certificates_of_a_school_and_hears_who_has_none(
    house: House, ann: Person
) -> None:
    school = await add(house.storage, SCHOOL)
    await join(as_learner(house, ann), school, Role.COORDINATOR)
    await ann.writes("/team")
    await ann.presses("⬇ Скачать")
    await ann.presses("🎓 Сертификаты")
    ann.was_told("Сертификатов здесь пока нет.")
    assert ann.documents == []

    boris, nobody = await house.meets("Борис Ильич"), await house.arrives("")
    await completes_track(house, boris)
    await join(as_learner(house, boris), school)
    nameless = as_learner(house, nobody)
    await join(nameless, school)
    await completes(nameless, "teacher")
    await ann.presses("🎓 Сертификаты")
    ann.was_told("Ещё 1 человек прошёл курс и получит сертификат")
    ann.sees("Скачать: Школа № 5")
    (file,) = ann.documents
    assert file.name == "Школа № 5 — сертификаты — 2026-11-23.zip"
    names = ZipFile(BytesIO(file.content)).namelist()
    assert names == ["Борис Ильич — Координатор.pdf", "Борис Ильич — Учитель.pdf"]
    async with house.storage.reading() as connection:
        rows = (await connection.execute(select(schema.audit))).mappings().all()
    assert [(row["organisation_id"], row["act"], row["about"]) for row in rows] == [
        (school, "exported", "certificates")
    ]


@port_only
async def test_more_certificates_than_a_messenger_takes_are_to_be_had_by_schools(
    house: House, ann: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(downloading, "CERTIFICATES", 1)
    school = await add(house.storage, SCHOOL)
    await join(as_learner(house, ann), school, Role.COORDINATOR)
    await join(as_learner(house, ann), school)
    await completes_track(house, ann)
    await ann.sends_action(f"getfile:{school}:zip:all")
    ann.was_told("Сертификатов здесь 2, а в один файл входит не больше 1")
    assert ann.documents == []


async def test_nobody_gets_the_certificates_of_an_organisation_that_is_not_theirs(
    house: House, ann: Person
) -> None:
    school = await add(house.storage, SCHOOL)
    await join(as_learner(house, ann), school)
    await completes_track(house, ann)
    await ann.sends_action(f"getfile:{school}:zip:all")
    ann.sees("Вы не координатор этой организации")
    for forged in ("zip:people", "csv:all", "png:all"):
        await ann.sends_action(f"getfile:{school}:{forged}")
        ann.was_told(STALE)
    assert ann.documents == []
