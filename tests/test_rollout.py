"""A region rolls the course out: from the first start to a certificate that verifies."""

import re
from pathlib import Path

from sqlalchemy import select

from course_bot.organisations.file import read_file
from course_bot.organisations.invites import make_invite, new_key, payload
from course_bot.organisations.records import Role
from course_bot.storage import schema
from course_bot.storage.operator_invites import first_invite
from course_bot.storage.reorganising import import_organisations
from tests.books import sheet_rows
from tests.browser_person import SECRET
from tests.dialogue import Person
from tests.doors import House, door, house

__all__ = ["door", "house"]

SAMPLE = Path("tests/samples/organisations.csv").read_bytes()
INVITE = re.compile(r"\bin-[A-Za-z0-9_-]{22}")


async def passes_track(house: House, person: Person, track: str) -> None:
    """Take every quiz of a track without a mistake."""
    for lesson in house.course.tracks[track].lessons:
        await person.sends_action(f"quiz:{lesson}")
        await house.takes_quiz(person)


async def test_from_the_first_start_to_a_certificate_that_verifies(house: House) -> None:
    made = await first_invite(
        house.storage,
        lambda organisation, zone: make_invite(
            SECRET, new_key(), organisation, Role.COORDINATOR, house.now, zone
        ),
        house.now,
    )
    assert made is not None
    # The operator loads the schools; whoever sits at the machine opens the link that was printed.
    plan = await import_organisations(house.storage, read_file(SAMPLE), None, house.now)
    assert (plan.faults, len(plan.changes)) == ((), 15)
    marina = await house.arrives("Марина Игоревна", payload=payload(SECRET, made.key))
    marina.sees("Мой регион", "стать координатором")
    await marina.presses("Согласиться и вступить")
    await marina.writes("Соколова Марина")
    marina.sees("Мой регион", "Здесь пока никто не учится")

    # A track until a day, and an invite for one school.
    await marina.presses("📌 Назначить")
    await marina.presses("Учитель")
    await marina.presses("✏ Другой день")
    await marina.writes("1 декабря")
    marina.was_told("Сохранено")
    await marina.writes("/team")
    await marina.presses("✉ Пригласить")
    for place in ("Левобережный район", "Школа № 5 имени капитана Стрельникова"):
        await marina.presses("🏫 В организацию ниже")
        await marina.presses(place)
    await marina.presses("🎓 Пригласить учиться")
    invite = INVITE.search(marina.text)
    assert invite is not None

    # A teacher joins, and is seen at once.
    anna = await house.arrives("Анна Сергеевна", payload=invite[0])
    anna.sees("Школа № 5 имени капитана Стрельникова", "Отдельные ответы они не увидят")
    await anna.presses("Согласиться и вступить")
    await anna.writes("Петрова Анна Сергеевна")
    await anna.writes("/menu")
    anna.sees("до 1 декабря")
    await marina.writes("/team")
    marina.sees("1 участник")
    await marina.presses("🔎 Кто не прошёл")
    marina.sees("Петрова Анна Сергеевна", "до 1 декабря")

    # The coordinator downloads, then the teacher completes.
    await marina.writes("/team")
    await marina.presses("⬇ Скачать")
    await marina.presses("📗 Excel: всё сразу")
    rows = sheet_rows(marina.documents[-1].content, "Люди")
    assert [row[0] for row in rows if "Петрова" in f"{row[0]}"] == ["Петрова Анна Сергеевна"]

    # A reminder reaches whoever can be written to; for the others there is a text to forward.
    await marina.writes("/team")
    await marina.presses("🔔 Напомнить")
    await marina.presses("Все, кто не прошёл: 1")
    if house.door in ("max", "telegram"):
        await marina.presses("✉ Отправить: 1")
        (reminder,) = await house.messages(house.door)
        assert "до 1 декабря" in reminder.screen.text
        await marina.presses("🔄 Обновить")
        marina.sees("✅ дошло: 1")
    else:
        marina.sees("только в браузере", "Коллеги")
    await passes_track(house, anna, "teacher")
    await marina.writes("/team")
    marina.sees("✅ прошли: 1", "100 %")

    # The certificate, and whoever checks it without ever having been here.
    await anna.sends_action("finished")
    await anna.presses("🎓 Сертификат")
    names = [each.name for each in anna.documents]
    assert [name.rpartition(".")[2] for name in sorted(names)] == ["pdf", "png"]
    async with house.storage.reading() as connection:
        code = await connection.scalar(select(schema.certificate.c.code))
    stranger = await house.arrives("Проверяющий", payload=f"cert-{code}")
    stranger.sees("Анна П.", "Школа № 5 имени капитана Стрельникова")
    stranger.sees_not("Петрова")
    await marina.presses("⬇ Скачать")
    await marina.presses("Сертификаты (ZIP)")
    assert marina.documents[-1].name.endswith(".zip")
