"""Files of reports: made in a process of their own, shared by who asks at once."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.engine import URL

from course_bot.app import check_course
from course_bot.exporter import Exporter
from course_bot.reports.exporting import ExportError, File, Kind, Report, Wanted
from course_bot.storage.scope import Scope
from course_bot.storage.store import Storage
from tests.books import sheet_names, sheet_rows
from tests.courses import make_course
from tests.learners import put
from tests.regions import FRESH_REGION, Region, completes

NOW = datetime(2026, 12, 2, 9, 0, tzinfo=UTC)
MOSCOW = ZoneInfo("Europe/Moscow")
COURSE = make_course()


@pytest.fixture
async def region(storage: Storage) -> Region:
    """A region in which one has a name, and has completed."""
    here = await FRESH_REGION.on(storage)
    await here.people["l-s11-1"].does(put(name="=1+1", track="teacher"))
    await completes(here.people["l-s11-1"], "teacher")
    return here


@pytest.fixture
def exporter(url: URL) -> Exporter:
    """Makes files of the test's database."""
    return Exporter(url.render_as_string(hide_password=False))


def wanted(scope: Scope, kind: Kind = Kind.CSV, report: Report | None = Report.PEOPLE) -> Wanted:
    return Wanted(scope=scope, kind=kind, report=report, language="ru", at=NOW, zone=MOSCOW)


async def made(exporter: Exporter, what: Wanted) -> File:
    file = await exporter.file(COURSE, what, _unheard)
    assert file is not None
    return file


async def _unheard(done: int, total: int) -> None:
    pass


async def test_a_workbook_has_every_report_of_what_the_viewer_may_see(
    exporter: Exporter, region: Region
) -> None:
    file = await made(exporter, wanted(region.scope("c-m1", "m1"), Kind.XLSX, None))

    assert file.made.name == "Район 1 (Озёрный край) — все отчёты — 2026-12-02.xlsx"
    assert sheet_names(file.content) == [
        "Сводка",
        "Люди",
        "Уроки",
        "Вопросы",
        "Журнал",
        "Что значат столбцы",
    ]
    people = sheet_rows(file.content, "Люди")
    assert len([row for row in people if "Школа" in f"{row[1]}"]) == 4
    assert "=1+1" in {row[0] for row in people}


async def test_a_csv_and_a_picture_are_made_too(exporter: Exporter, region: Region) -> None:
    scope = region.scope("c-region", "region")
    csv = await made(exporter, wanted(scope))
    picture = await made(exporter, wanted(scope, Kind.PNG, Report.SUMMARY))

    text = csv.content.decode("utf-8-sig")
    assert text.splitlines()[0].startswith("Имя;Организация;Курс;Состояние")
    assert len(text.splitlines()) == 9
    assert "'=1+1;" in text
    assert picture.content.startswith(b"\x89PNG")
    assert "по состоянию на 02.12.2026 12:00" in picture.made.about


async def test_the_course_that_is_taught_travels_to_the_other_process(
    exporter: Exporter, region: Region
) -> None:
    course, _faults = check_course(Path("lessons"))
    assert course is not None
    what = wanted(region.scope("c-m1", "m1"), report=Report.LESSONS)

    file = await exporter.file(course, what, _unheard)

    assert file is not None
    lessons = file.content.decode("utf-8-sig").splitlines()
    assert len(lessons) == 1 + len(course.lessons)


async def test_nobody_gets_a_file_of_others(exporter: Exporter, region: Region) -> None:
    for viewer, organisation in (("c-m1", "m2"), ("c-m1", "region"), ("l-s11-1", "s11")):
        what = wanted(region.scope(viewer, organisation), Kind.XLSX)
        assert await exporter.file(COURSE, what, _unheard) is None


async def test_whoever_asks_for_the_same_file_waits_for_the_one_that_is_being_made(
    exporter: Exporter, region: Region, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = 0
    start = asyncio.create_subprocess_exec

    async def counted(*arguments: str, **options: int) -> asyncio.subprocess.Process:
        nonlocal begun
        begun += 1
        return await start(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(asyncio, "create_subprocess_exec", counted)
    what = wanted(region.scope("c-region", "region"))
    first = asyncio.create_task(made(exporter, what))
    second = asyncio.create_task(made(exporter, what))
    hasty = asyncio.create_task(made(exporter, what))
    await asyncio.sleep(0.1)
    hasty.cancel()

    assert (await first).content == (await second).content
    assert begun == 1
    await made(exporter, what)
    assert begun == 2


async def test_a_file_that_can_not_be_made_is_an_error_with_a_reason_for_the_log(
    region: Region, tmp_path: Path
) -> None:
    exporter = Exporter(f"sqlite:///{tmp_path / 'empty.db'}")
    with pytest.raises(ExportError, match="no such table"):
        await exporter.file(COURSE, wanted(region.scope("c-m1", "m1")), _unheard)
