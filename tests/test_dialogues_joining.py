"""Invites as those meet them who are invited, as dialogues through every door."""

import asyncio
from datetime import date, timedelta
from hashlib import sha256
from uuid import uuid4

import pytest
from sqlalchemy import func, select, update

from course_bot.conversation import joining
from course_bot.locale.phrases import LANGUAGES, phrases
from course_bot.organisations.invites import PAYLOAD, make_invite, payload
from course_bot.organisations.records import InviteWithdrawn, JoinedOrganisation, Role
from course_bot.storage import schema
from course_bot.storage.organisations import Membership, Memberships
from course_bot.storage.store import MOSCOW
from tests.browser_person import SECRET
from tests.dialogue import Person
from tests.doors import STALE, House, ann, door, goes_on, house, link_of, passes, port_only
from tests.learners import learner
from tests.regions import add, assign, leaves

__all__ = ["ann", "door", "house"]

SCHOOL = "Школа № 5"


async def invited_to(
    house: House,
    organisation: int,
    role: Role = Role.LEARNER,
    *,
    limit: int | None = None,
    key: str = "",
) -> str:
    """Make an invite and return the payload of its link."""
    made = make_invite(
        SECRET, key or uuid4().hex[:16], organisation, role, house.now, MOSCOW, limit=limit
    )
    await leaves(learner(house.storage, "who invites"), made)
    return payload(SECRET, made.key)


async def belongs(house: House, person: Person) -> tuple[Membership, ...]:
    """Return what somebody is in which organisations."""
    return await house.storage.read(Memberships((await house.learner(person)).id))


async def roles(house: House, person: Person) -> list[tuple[str, Role]]:
    return [(each.name, each.role) for each in await belongs(house, person)]


async def count(house: House, table: str, **where: object) -> int:
    """Count rows."""
    of = schema.metadata.tables[table]
    query = select(func.count()).select_from(of)
    for name, value in where.items():
        query = query.where(of.c[name].is_(None) if value is None else of.c[name] == value)
    async with house.storage.reading() as connection:
        return int((await connection.execute(query)).scalar_one())


# The way in.


async def test_a_newcomer_learns_whose_the_invite_is_agrees_and_is_in_the_assigned_track(
    house: House,
) -> None:
    school = await add(house.storage, SCHOOL)
    await assign(house.storage, school, "teacher", date(2026, 12, 1))
    boris = await house.arrives("Борис", payload=await invited_to(house, school))
    boris.sees(
        "Малый курс",
        "Приглашение: Школа № 5 (школа)",
        "увидят ваше имя, какие уроки вы начали и прошли, баллы и даты",
        "Отдельные ответы они не увидят",
        "Выйти можно в любой момент: /me",
        "Мы храним имя",
    )
    assert await roles(house, boris) == []
    await boris.presses("Согласиться и вступить")
    boris.was_told("Вы вступили в организацию «Школа № 5»")
    boris.sees("В отчёте нужно имя", "Без имени №")
    await boris.writes("Борис Ильич")
    boris.sees("Урок «chat»", "шаг 1 из 4")
    assert await roles(house, boris) == [(SCHOOL, Role.LEARNER)]
    assert (await house.learner(boris)).name == "Борис Ильич"
    async with house.storage.reading() as connection:
        row = (await connection.execute(select(schema.consent))).mappings().one()
    assert (row["wording"], row["given_at"], row["withdrawn_at"]) == (
        joining.WORDINGS[Role.LEARNER],
        house.now,
        None,
    )


async def test_who_says_not_now_is_nobodys_member_and_may_come_back(house: House) -> None:
    school = await add(house.storage, SCHOOL)
    link = await invited_to(house, school)
    boris = await house.arrives("Борис", payload=link)
    await boris.presses("Не сейчас")
    boris.sees("Малый курс", "один урок — не больше 5")
    assert await roles(house, boris) == []
    await boris.opens(link)
    await boris.presses("Согласиться и вступить")
    assert await roles(house, boris) == [(SCHOOL, Role.LEARNER)]


async def test_without_an_assigned_track_the_newcomer_is_asked_what_they_do(house: House) -> None:
    school = await add(house.storage, SCHOOL)
    boris = await house.arrives("", payload=await invited_to(house, school))
    await boris.presses("Согласиться и вступить")
    await boris.presses("Пока без имени")
    boris.sees("Кто вы?")
    await boris.presses("Учитель")
    boris.sees("шаг 1 из 4")
    assert (await house.learner(boris)).name == ""


async def test_of_several_assigned_tracks_the_newcomer_chooses(house: House) -> None:
    school = await add(house.storage, SCHOOL)
    await assign(house.storage, school, "teacher")
    await assign(house.storage, school, "coordinator", date(2026, 12, 1))
    boris = await house.arrives("", payload=await invited_to(house, school))
    await boris.presses("Согласиться и вступить")
    await boris.writes("Как долго идёт курс?")
    boris.was_told("Похоже, это вопрос")
    await boris.writes("Борис")
    boris.sees("«Школа № 5» просит пройти", "Координатор · до 1 декабря", "Учитель")
    await boris.presses("Начать «Координатор»")
    boris.sees("шаг 1 из")
    assert (await house.learner(boris)).track == "coordinator"


async def test_the_name_that_the_messenger_gives_is_taken_only_if_it_is_pressed(
    house: House,
) -> None:
    school = await add(house.storage, SCHOOL)
    boris = await house.arrives("Борис Ильич", payload=await invited_to(house, school))
    await boris.presses("Согласиться и вступить")
    assert (await house.learner(boris)).name == ""
    if "Борис Ильич" in boris.labels:
        await boris.presses("Борис Ильич")
        assert (await house.learner(boris)).name == "Борис Ильич"
        boris.sees("Кто вы?")


async def test_an_invite_in_the_middle_of_a_quiz_takes_nothing_away(
    house: House, ann: Person
) -> None:
    school = await add(house.storage, SCHOOL)
    await assign(house.storage, school, "coordinator", date(2026, 12, 1))
    await ann.presses("Знаю — сразу к тесту")
    await house.answers(ann)
    await goes_on(ann)
    before = await house.learner(ann)
    await ann.opens(await invited_to(house, school))
    ann.sees("Приглашение: Школа № 5")
    ann.sees_not("Малый курс")
    await ann.presses("Согласиться и вступить")
    ann.sees("«Школа № 5» просит пройти", "Сейчас вы проходите «Учитель»", "место сохранится")
    after = await house.learner(ann)
    assert (after.attempt, after.study, after.track) == (
        before.attempt,
        before.study,
        "teacher",
    )
    await ann.presses("↩ К тесту")
    ann.sees("вопрос 2 из 6")


async def test_who_takes_the_assigned_track_already_goes_on_with_their_quiz(
    house: House, ann: Person
) -> None:
    school = await add(house.storage, SCHOOL)
    await assign(house.storage, school, "teacher")
    await ann.presses("Знаю — сразу к тесту")
    await house.answers(ann)
    await ann.opens(await invited_to(house, school))
    await ann.presses("Согласиться и вступить")
    ann.was_told("Вы вступили")
    ann.sees("вопрос 2 из 6")


async def test_not_now_leads_back_into_the_quiz(house: House, ann: Person) -> None:
    school = await add(house.storage, SCHOOL)
    await ann.presses("Знаю — сразу к тесту")
    await house.answers(ann)
    await ann.opens(await invited_to(house, school))
    await ann.presses("Не сейчас")
    ann.sees("вопрос 2 из 6")


async def test_an_assigned_track_is_begun_by_a_learner_who_wants_to(
    house: House, ann: Person
) -> None:
    school = await add(house.storage, SCHOOL)
    await assign(house.storage, school, "coordinator")
    await ann.opens(await invited_to(house, school))
    await ann.presses("Согласиться и вступить")
    await ann.presses("Начать «Координатор»")
    assert (await house.learner(ann)).track == "coordinator"


async def test_a_coordinator_joins_and_it_is_recorded(house: House) -> None:
    school = await add(house.storage, SCHOOL)
    boris = await house.arrives("", payload=await invited_to(house, school, Role.COORDINATOR))
    boris.sees("Вас приглашают стать координатором", "записывается")
    await boris.presses("Согласиться и вступить")
    await boris.writes("Борис")
    assert await roles(house, boris) == [(SCHOOL, Role.COORDINATOR)]
    number = (await house.learner(boris)).id
    assert await count(house, "audit", act="joined", person_id=number, organisation_id=school) == 1


async def test_one_may_be_everything_in_an_organisation(house: House, ann: Person) -> None:
    school = await add(house.storage, SCHOOL)
    for role in Role:
        await ann.opens(await invited_to(house, school, role))
        await ann.presses("Согласиться и вступить")
    assert {role for _name, role in await roles(house, ann)} == set(Role)


async def test_people_may_belong_to_two_schools(house: House, ann: Person) -> None:
    for name in (SCHOOL, "Школа № 6"):
        await ann.opens(await invited_to(house, await add(house.storage, name)))
        await ann.presses("Согласиться и вступить")
    assert [name for name, _role in await roles(house, ann)] == [SCHOOL, "Школа № 6"]


# Invites that let nobody in.


@port_only
async def test_whoever_opens_an_invite_of_an_archived_school_has_not_guessed(
    house: House,
) -> None:
    link = await invited_to(house, await add(house.storage, SCHOOL))
    async with house.storage.writing() as connection:
        await connection.execute(update(schema.organisation).values(archived_at=house.now))
    await house.storage.derive()

    ann = await house.arrives(payload=link)

    ann.sees("Такого приглашения нет")
    assert await count(house, "wrong_guess") == 0


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("cut short", "Ссылка-приглашение неполная"),
        ("torn", "Ссылка-приглашение неполная"),
        ("unknown", "Такого приглашения нет"),
        ("foreign", "Такого приглашения нет"),
        ("archived", "Такого приглашения нет"),
        ("expired", "Срок приглашения истёк"),
        ("used", "уже воспользовались"),
        ("withdrawn", "приглашение отозвано"),
    ],
)
@pytest.mark.parametrize("known", [False, True])
async def test_an_invite_that_lets_nobody_in_says_so_and_what_to_do(
    house: House, what: str, words: str, known: bool
) -> None:
    school = await add(house.storage, SCHOOL)
    key = uuid4().hex[:16]
    link = await invited_to(house, school, key=key, limit=1 if what == "used" else None)
    match what:
        case "cut short":
            link = link[:-1]
        case "torn":
            link = f"{link[:10]}.{link[11:]}"
        case "unknown":
            link = PAYLOAD + "A" * 22
        case "foreign":
            link = payload(b"another server's secret, of 32 by", key)
        case "archived":
            async with house.storage.writing() as connection:
                await connection.execute(update(schema.organisation).values(archived_at=house.now))
            await house.storage.derive()
        case "expired":
            house.now += timedelta(days=91)
        case "used":
            other = await house.arrives("Вера", payload=link)
            await other.presses("Согласиться и вступить")
        case "withdrawn":
            await leaves(
                learner(house.storage, "who invites"), InviteWithdrawn(key=key, at=house.now)
            )
    if known:
        boris = await house.meets("Борис")
        await boris.opens(link)
    else:
        boris = await house.arrives("Борис", payload=link)
    boris.sees(words)
    assert not known or "☰ Меню" in boris.labels
    if not known:
        await boris.presses("К курсу")
        boris.sees("Малый курс")
    assert await roles(house, boris) == []
    await boris.sends_action("accept")
    boris.was_told(STALE)
    assert await roles(house, boris) == []


async def test_who_is_a_member_already_is_told_so(house: House, ann: Person) -> None:
    school = await add(house.storage, SCHOOL)
    link = await invited_to(house, school, limit=1)
    await ann.opens(link)
    await ann.presses("Согласиться и вступить")
    await ann.writes("/progress")
    await ann.opens(link)
    ann.was_told("Вы уже в организации «Школа № 5»")
    ann.sees("Ваши успехи")
    assert await count(house, "invite", uses=1) == 1


@pytest.mark.parametrize("meanwhile", ["withdrawn", "expired", "used"])
async def test_an_invite_that_ends_while_one_reads_it_lets_nobody_in(
    house: House, meanwhile: str
) -> None:
    school = await add(house.storage, SCHOOL)
    key = uuid4().hex[:16]
    link = await invited_to(house, school, key=key, limit=1)
    boris = await house.arrives("Борис", payload=link)
    match meanwhile:
        case "withdrawn":
            await leaves(
                learner(house.storage, "who invites"), InviteWithdrawn(key=key, at=house.now)
            )
            words = "отозвано"
        case "expired":
            house.now += timedelta(days=91)
            words = "истёк"
        case _:
            other = await house.arrives("Вера", payload=link)
            await other.presses("Согласиться и вступить")
            words = "уже воспользовались"
    await boris.presses("Согласиться и вступить")
    boris.sees(words)
    assert await roles(house, boris) == []
    await boris.opens()
    boris.sees(words)


async def test_an_invite_never_signs_one_person_in_as_another(house: House, ann: Person) -> None:
    school = await add(house.storage, SCHOOL)
    link = await invited_to(house, school)
    await ann.opens(link)
    await ann.presses("Согласиться и вступить")
    boris = await house.arrives("Борис", payload=link)
    await boris.presses("Согласиться и вступить")
    assert (await house.learner(ann)).id != (await house.learner(boris)).id
    assert (await house.learner(boris)).name == ""


@port_only
async def test_the_question_of_an_invite_is_reached_by_its_link_alone(
    house: House, ann: Person
) -> None:
    school = await add(house.storage, SCHOOL)
    link = await invited_to(house, school)
    stored = sha256(link.removeprefix(PAYLOAD).encode()).hexdigest()[:32]
    assert await count(house, "invite", digest=stored) == 1
    for action in (f"invited:{stored}", "accept", "signed", "unsigned", f"sign:{school}:learner"):
        await ann.sends_action(action)
        ann.was_told(STALE)
    assert await roles(house, ann) == []


@port_only
async def test_what_a_foreign_organisation_assigns_is_shown_to_nobody(
    house: House, ann: Person
) -> None:
    school = await add(house.storage, SCHOOL)
    await assign(house.storage, school, "coordinator")
    await ann.sends_action(f"assigned:{school}")
    ann.sees("Сейчас там ничего не назначено")
    for action in (f"belong:{school}:learner", f"belong:{school}:x", f"parting:{school}"):
        await ann.sends_action(action)
        ann.sees("не состоите в этой организации")
    await ann.sends_action(f"leave:{school}")
    ann.was_told(STALE)


# Guessing.


@port_only
async def test_after_five_wrong_guesses_one_has_to_wait_and_nobody_else_does(
    house: House, ann: Person
) -> None:
    school = await add(house.storage, SCHOOL)
    link = await invited_to(house, school)
    for guess in range(5):
        await ann.opens(f"{PAYLOAD}{guess}{'x' * 21}")
        ann.sees("Такого приглашения нет")
        house.now += passes(1)
    await ann.opens(link)
    ann.was_told("Осталось ждать: 55 минут")
    await ann.opens(f"{PAYLOAD}{'y' * 22}")
    ann.was_told("Осталось ждать: 55 минут")
    assert await count(house, "wrong_guess") == 5
    boris = await house.arrives("Борис", payload=link)
    boris.sees("Приглашение: Школа № 5")
    house.now += passes(55)
    await ann.opens(link)
    ann.sees("Приглашение: Школа № 5")


@port_only
async def test_what_is_no_invite_at_all_is_no_guess(house: House, ann: Person) -> None:
    for cut in range(22):
        await ann.opens(PAYLOAD + "x" * cut)
    await ann.opens(f"{PAYLOAD}{'x' * 23}")
    assert await count(house, "wrong_guess") == 0


@port_only
async def test_while_many_guess_each_has_one_try_an_hour_and_who_guesses_not_none_the_less(
    house: House, ann: Person
) -> None:
    school = await add(house.storage, SCHOOL)
    link = await invited_to(house, school)
    async with house.storage.writing() as connection:
        number = (await connection.execute(select(func.max(schema.person.c.id)))).scalar_one()
        await connection.execute(
            schema.wrong_guess.insert(),
            [{"person_id": number, "at": house.now}] * 200,
        )
    await ann.opens(f"{PAYLOAD}{'x' * 22}")
    ann.sees("Такого приглашения нет")
    house.now += passes(10)
    await ann.opens(link)
    ann.was_told("Осталось ждать: 50 минут")
    boris = await house.arrives("Борис", payload=link)
    boris.sees("Приглашение: Школа № 5")


@port_only
async def test_who_deletes_themselves_after_each_guess_is_counted_all_the_same(
    house: House, ann: Person
) -> None:
    await ann.opens(f"{PAYLOAD}{'x' * 22}")
    await ann.writes("/me")
    for label in ("Что хранится", "Удалить всё", "Да, удалить"):
        await ann.presses(label)
    assert await count(house, "wrong_guess", person_id=None) == 1


# Leaving.


async def test_one_sees_where_one_belongs_and_may_leave(house: House, ann: Person) -> None:
    school = await add(house.storage, SCHOOL)
    await ann.opens(await invited_to(house, school))
    await ann.presses("Согласиться и вступить")
    await ann.writes("/me")
    await ann.presses("🏫 Школа № 5")
    ann.sees("Вы учитесь здесь с 23 ноября", "Отдельные ответы им не видны")
    await ann.presses("Выйти из организации")
    ann.sees("Выйти из организации «Школа № 5»?", "понадобится новое приглашение")
    await ann.presses("Нет, остаться")
    await ann.presses("Выйти из организации")
    await ann.presses("Да, выйти")
    ann.was_told("Вы вышли из организации «Школа № 5»")
    ann.sees("Обо мне")
    assert "🏫 Школа № 5" not in ann.labels
    assert await roles(house, ann) == []
    async with house.storage.reading() as connection:
        consent = (await connection.execute(select(schema.consent))).mappings().one()
    assert consent["withdrawn_at"] == house.now
    await ann.opens(await invited_to(house, school))
    await ann.presses("Согласиться и вступить")
    assert await roles(house, ann) == [(SCHOOL, Role.LEARNER)]


@port_only
async def test_nobody_leaves_by_one_press(house: House, ann: Person) -> None:
    school = await add(house.storage, SCHOOL)
    await ann.opens(await invited_to(house, school))
    await ann.presses("Согласиться и вступить")
    await ann.sends_action(f"leave:{school}")
    ann.was_told(STALE)
    assert await roles(house, ann) == [(SCHOOL, Role.LEARNER)]


@port_only
async def test_whoever_belongs_to_very_many_organisations_still_sees_themselves(
    house: House, ann: Person
) -> None:
    who = learner(house.storage, house.account(ann).key, door="port")
    for number in range(40):
        school = await add(house.storage, f"Школа № {number} {'с очень длинным именем ' * 8}")
        key = uuid4().hex[:16]
        await invited_to(house, school, key=key)
        await leaves(
            who,
            JoinedOrganisation(
                invite=key,
                organisation=school,
                role=Role.LEARNER,
                wording=joining.WORDINGS[Role.LEARNER],
                at=house.now,
            ),
        )
    await ann.writes("/me")
    ann.sees("И ещё 20 организаций")


# Whatever happens meanwhile.


@port_only
async def test_two_who_take_the_last_place_at_once_are_one_member(house: House) -> None:
    school = await add(house.storage, SCHOOL)
    link = await invited_to(house, school, Role.COORDINATOR)
    both = [await house.arrives(name, payload=link) for name in ("Борис", "Вера")]
    await asyncio.gather(*(each.presses("Согласиться и вступить") for each in both))
    assert sorted([len(await roles(house, each)) for each in both]) == [0, 1]
    assert await count(house, "invite", uses=1) == 1
    (late,) = [each for each in both if not await roles(house, each)]
    late.sees("уже воспользовались")


@port_only
async def test_who_presses_twice_is_in_once(house: House, ann: Person) -> None:
    school = await add(house.storage, SCHOOL)
    await ann.opens(await invited_to(house, school))
    await asyncio.gather(ann.sends_action("accept"), ann.sends_action("accept"))
    assert await roles(house, ann) == [(SCHOOL, Role.LEARNER)]
    assert await count(house, "invite", uses=1) == 1


@port_only
async def test_every_screen_on_the_way_in_outlives_a_restart(house: House) -> None:
    school = await add(house.storage, SCHOOL)
    await assign(house.storage, school, "teacher")
    await assign(house.storage, school, "coordinator")
    boris = await house.arrives("Борис", payload=await invited_to(house, school))
    for words, press in (
        ("Приглашение: Школа № 5", "Согласиться и вступить"),
        ("В отчёте нужно имя", "Борис"),
        ("«Школа № 5» просит пройти", "Начать «Учитель»"),
        ("шаг 1 из 4", "☰ Меню"),
    ):
        await house.restarts()
        await boris.opens()
        boris.sees(words)
        await house.restarts()
        await boris.presses(press)
    await boris.writes("/me")
    await boris.presses("🏫 Школа № 5")
    await boris.presses("Выйти из организации")
    await house.restarts()
    await boris.opens()
    await boris.presses("Да, выйти")
    assert await roles(house, boris) == []


async def test_two_members_who_become_one_person_are_one_member(house: House, ann: Person) -> None:
    schools = [await add(house.storage, name) for name in (SCHOOL, "Школа № 6")]
    tablet = await house.meets("Анна П.")
    for person, theirs in ((ann, schools[:1]), (tablet, schools)):
        for school in theirs:
            await person.opens(await invited_to(house, school))
            await person.presses("Согласиться и вступить")
    await tablet.opens(await link_of(ann))
    await tablet.presses("Да, соединить")
    tablet.was_told("теперь здесь")
    for device in (ann, tablet):
        assert await roles(house, device) == [
            (SCHOOL, Role.LEARNER),
            ("Школа № 6", Role.LEARNER),
        ]
    assert await count(house, "membership") == 2


async def test_who_deletes_themselves_is_no_member_and_has_given_no_consent(
    house: House, ann: Person
) -> None:
    school = await add(house.storage, SCHOOL)
    await ann.opens(await invited_to(house, school, Role.COORDINATOR))
    await ann.presses("Согласиться и вступить")
    await ann.writes("/me")
    for label in ("Что хранится", "Удалить всё", "Да, удалить"):
        await ann.presses(label)
    for table in ("membership", "consent"):
        assert await count(house, table) == 0
    assert await count(house, "audit", act="joined", person_id=None, operator=False) == 1


WORDINGS = {
    (Role.LEARNER, "2026-11-30"): "2c4d0d7014396851",
    (Role.COORDINATOR, "2026-11-30"): "ec04ff6b0bfc3beb",
    (Role.ADMINISTRATOR, "2026-11-30"): "8d0e8aae765d45de",
}
"""What each version of a role's wording said, as a digest: an old one never changes."""


@pytest.mark.parametrize("role", list(Role))
def test_who_changes_what_one_agrees_to_gives_it_a_new_version(role: Role) -> None:
    said = "\n".join(
        paragraph
        for language in LANGUAGES
        for paragraph in joining.consent(phrases(language), role, SCHOOL)
    )
    assert sha256(said.encode()).hexdigest()[:16] == WORDINGS[role, joining.WORDINGS[role]], (
        "give joining.WORDINGS a new version, and add it here"
    )
