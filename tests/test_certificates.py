"""Certificates in the database: issued once, told to whom they belong, gathered for a scope."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from zipfile import ZipFile
from zoneinfo import ZoneInfo

from sqlalchemy.engine import URL

from course_bot.exporter import Exporter
from course_bot.organisations.records import CertificateIssued
from course_bot.reports.exporting import Kind, Wanted
from course_bot.storage.certificates import (
    CertificateOf,
    CertificatesBelow,
    CertificatesOf,
    CountCertificates,
    Counted,
    EarnedBy,
)
from course_bot.storage.scope import Scope
from course_bot.storage.store import Storage
from tests.courses import make_course
from tests.learners import NOW, forget, learner
from tests.regions import (
    FRESH_REGION,
    Region,
    a_region,
    add,
    assign,
    completes,
    join,
    leave,
    leaves,
)


def issued(
    code: str, track: str = "teacher", name: str = "Анна", days: int = 0
) -> CertificateIssued:
    at = NOW + timedelta(days=days)
    return CertificateIssued(
        code=code.ljust(12, "0"),
        track=track,
        title="Учитель",
        course="Сферум",
        name=name,
        organisation="Школа № 5",
        day=at.date(),
        at=at,
    )


async def codes(storage: Storage, scope: Scope, most: int = 100) -> list[str] | None:
    found = await storage.read(CertificatesBelow(scope=scope, most=most))
    return None if found is None else [each.code.rstrip("0") for each in found]


async def test_a_certificate_is_issued_once_and_stays_as_it_was(storage: Storage) -> None:
    ann = learner(storage)
    await leaves(ann, issued("A"))
    number = await leaves(ann, issued("A", name="Борис", days=1))
    found = await storage.read(CertificateOf("A00000000000"))
    assert found is not None
    assert (found.name, found.day) == ("Анна", NOW.date())
    assert await storage.read(CertificatesOf(number)) == {"teacher": found}
    assert await storage.read(CertificateOf("B00000000000")) is None


async def test_what_two_numbers_have_earned_counts_as_one_and_the_first_is_theirs(
    storage: Storage,
) -> None:
    ann, bob = learner(storage, "ann"), learner(storage, "bob")
    school = await add(storage, "Школа № 5")
    await join(bob, school)
    await assign(storage, school, "teacher", date(2026, 12, 1))
    await completes(ann, "teacher", at=NOW + timedelta(days=2))
    numbers = (
        await leaves(ann, issued("A", days=2)),
        await completes(bob, "teacher", at=NOW + timedelta(days=1)),
    )
    await leaves(bob, issued("B", days=1))
    earned = await storage.read(EarnedBy(numbers))
    assert earned.completed == {"teacher": NOW + timedelta(days=1)}
    assert [each.code[0] for each in earned.issued.values()] == ["B"]
    assert [each.name for each in earned.duties] == ["Школа № 5"]
    assert [each.organisation for each in earned.memberships] == [school]
    assert (await storage.read(EarnedBy((10**8,)))).completed == {}


async def certified(region: Region, *people: str) -> None:
    for short in people:
        await completes(region.people[short], "teacher")
        await leaves(region.people[short], issued(short.upper()))


async def test_a_coordinator_has_the_certificates_of_their_learners_and_no_others(
    storage: Storage,
) -> None:
    here, there = await FRESH_REGION.on(storage), await a_region(storage, "Степной край")
    await certified(here, "l-s11-1", "l-s12-2", "l-s21-1", "c-m1")
    await certified(there, "l-s22-2")
    assert await codes(storage, here.scope("c-region", "region")) == [
        "L-S11-1",
        "L-S12-2",
        "L-S21-1",
    ]
    assert await codes(storage, here.scope("c-m1", "m1")) == ["L-S11-1", "L-S12-2"]
    assert await codes(storage, here.scope("c-m1", "s11"), most=100) == ["L-S11-1"]
    assert await codes(storage, here.scope("c-region", "region"), most=2) == ["L-S11-1", "L-S12-2"]
    for viewer, organisation in (("c-m1", "m2"), ("c-s11", "m1"), ("l-s11-1", "s11")):
        assert await codes(storage, here.scope(viewer, organisation)) is None
        counting = CountCertificates(scope=here.scope(viewer, organisation))
        assert await storage.read(counting) is None
    foreign = replace(there.scope("c-region", "region"), viewer=here.numbers["c-region"])
    assert await codes(storage, foreign) is None


async def test_who_leaves_or_is_deleted_takes_their_certificates_out_of_the_report(
    storage: Storage,
) -> None:
    here = await FRESH_REGION.on(storage)
    await certified(here, "l-s11-1", "l-s11-2", "l-s12-1")
    scope = here.scope("c-m1", "m1")
    await leave(here.people["l-s11-1"], here.organisations["s11"])
    await here.people["l-s11-2"].does(forget)
    assert await codes(storage, scope) == ["L-S12-1"]
    assert await storage.read(CountCertificates(scope=scope)) == Counted(issued=1, without=0)


async def test_each_person_and_track_counts_once_the_first_in_however_many_schools(
    storage: Storage,
) -> None:
    here = await FRESH_REGION.on(storage)
    ann = here.people["l-s11-1"]
    await join(ann, here.organisations["s12"])
    await leaves(ann, issued("Z"), issued("A", days=1), issued("C", "coordinator", days=1))
    await completes(ann, "teacher")
    await completes(here.people["l-s12-1"], "teacher")
    await completes(here.people["l-s12-1"], "coordinator")
    await completes(here.people["c-m1"], "teacher")
    scope = here.scope("c-m1", "m1")
    assert await codes(storage, scope) == ["C", "Z"]
    assert await storage.read(CountCertificates(scope=scope)) == Counted(issued=2, without=1)


async def test_all_certificates_come_as_one_file_made_in_a_process_of_its_own(
    storage: Storage, url: URL
) -> None:
    here = await FRESH_REGION.on(storage)
    for short, name in (
        ("l-s11-1", "Анна / Петровна"),
        ("l-s11-2", "Борис"),
        ("l-s12-1", "Борис"),
    ):
        await leaves(here.people[short], issued(short.upper(), name=name))
    exporter = Exporter(url.render_as_string(hide_password=False))
    wanted = Wanted(
        scope=here.scope("c-m1", "m1"),
        kind=Kind.ZIP,
        language="ru",
        at=datetime(2026, 12, 2, 9, 0, tzinfo=UTC),
        zone=ZoneInfo("Europe/Moscow"),
        verified_at="https://course.example.ru/certificate/",
    )

    async def unheard(done: int, total: int) -> None:
        pass

    file = await exporter.file(make_course(), wanted, unheard)
    assert file is not None
    assert file.made.name == "Район 1 (Озёрный край) — сертификаты — 2026-12-02.zip"
    archive = ZipFile(BytesIO(file.content))
    assert archive.namelist() == [
        "Анна Петровна — Учитель.pdf",
        "Борис — Учитель.pdf",
        "Борис — Учитель (2).pdf",
    ]
    assert all(archive.read(name).startswith(b"%PDF-") for name in archive.namelist())
    assert (
        await exporter.file(
            make_course(), replace(wanted, scope=here.scope("c-m1", "m2")), unheard
        )
        is None
    )
