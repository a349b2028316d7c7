import asyncio
import errno
import logging
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from datetime import date
from functools import partial
from pathlib import Path

import pytest

from course_bot.content.checking import check
from course_bot.content.watching import CourseWatcher
from tests.small_course import edit, write_small_course

TODAY = date(2026, 11, 23)
NOTICED = 30
"""Seconds before a test gives up; changes are noticed in a fraction of one."""


@pytest.fixture
def lessons(tmp_path: Path) -> Path:
    return write_small_course(tmp_path)


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.INFO, logger="course_bot.content.watching")
    return caplog


@pytest.fixture
async def watcher(lessons: Path, log: pytest.LogCaptureFixture) -> AsyncIterator[CourseWatcher]:
    course, faults = check(lessons, today=TODAY)
    assert course, faults
    watcher = CourseWatcher(
        lessons, course, check=partial(check, today=TODAY), quiet=0.05, patrol=0.2
    )
    watching = asyncio.create_task(watcher.watch())
    yield watcher
    watching.cancel()
    with pytest.raises(asyncio.CancelledError):
        await watching


async def until(condition: Callable[[], bool]) -> None:
    for _ in range(NOTICED * 100):
        if condition():
            return
        await asyncio.sleep(0.01)
    pytest.fail("it was not noticed")


async def teaches(watcher: CourseWatcher, start: str) -> None:
    await until(lambda: watcher.course.lessons["chat"].title.startswith(start))


def lines(log: pytest.LogCaptureFixture, level: int = logging.ERROR) -> list[str]:
    return [
        record.getMessage()
        for record in log.records
        if record.levelno == level and record.name == "course_bot.content.watching"
    ]


async def test_a_good_edit_is_picked_up(watcher: CourseWatcher, lessons: Path) -> None:
    before = watcher.course
    edit(lessons, "chat/lesson.md", "title: Чат", "title: Новый чат")
    await teaches(watcher, "Новый чат «Сотрудники»")
    assert before.lessons["chat"].title == "Чат «Сотрудники»"
    assert before.version != watcher.course.version


async def test_files_that_cannot_be_looked_at_for_a_while_end_no_watch(
    watcher: CourseWatcher,
    lessons: Path,
    log: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looks: list[Path] = []

    def fails(folder: Path) -> str:
        looks.append(folder)
        raise OSError(errno.EMFILE, "Too many open files")

    with monkeypatch.context() as patch:
        patch.setattr("course_bot.content.watching.version", fails)
        # The folder is put aside for a moment, so that the watch has to begin anew.
        aside = shutil.move(lessons, lessons.with_name("aside"))
        await until(lambda: len(looks) > 3)
        shutil.move(aside, lessons)
        edit(lessons, "chat/lesson.md", "title: Чат", "title: Новый чат")
    await teaches(watcher, "Новый чат «Сотрудники»")
    assert "Too many open files" in log.text


async def test_the_system_tells_of_a_change_before_any_patrol(lessons: Path) -> None:
    course, _ = check(lessons, today=TODAY)
    assert course
    watcher = CourseWatcher(
        lessons, course, check=partial(check, today=TODAY), quiet=0.02, patrol=10 * NOTICED
    )
    watching = asyncio.create_task(watcher.watch())
    edit(lessons, "chat/lesson.md", "title: Чат", "title: 0 Чат")
    await teaches(watcher, "0 ")
    for number in range(NOTICED):  # nobody sees when the system begins to watch
        edit(lessons, "chat/lesson.md", f"title: {number} ", f"title: {number + 1} ")
        await asyncio.sleep(0.2)
        if not watcher.course.lessons["chat"].title.startswith("0 "):
            break
    assert not watcher.course.lessons["chat"].title.startswith("0 ")
    watching.cancel()
    await asyncio.wait([watching])


async def test_a_broken_edit_keeps_the_old_course_and_is_logged_once(
    watcher: CourseWatcher, lessons: Path, log: pytest.LogCaptureFixture
) -> None:
    before = watcher.course
    edit(lessons, "course.yaml", "title: Малый курс", "title: Малый курс\ncolour: red")
    edit(lessons, "chat/lesson.md", "Спросите", "<i>Спросите")
    await until(lambda: len(lines(log)) >= 3)
    assert watcher.course is before
    edit(lessons, "chat/lesson.md", "title: Чат", "title: Вот")
    await asyncio.sleep(0.5)
    said = lines(log)
    assert sum(one.startswith("lessons/chat/lesson.md:26:1: HTML — ") for one in said) == 1
    assert sum(one.startswith("lessons/course.yaml:2:1: неизвестный ключ") for one in said) == 1
    assert "the lessons have faults; the course stays at " + before.version in said
    assert watcher.course is before
    edit(lessons, "course.yaml", "colour: red\n", "")
    edit(lessons, "chat/lesson.md", "<i>Спросите", "Спросите")
    await teaches(watcher, "Вот «Сотрудники»")


async def test_a_lesson_that_vanishes_is_a_warning_and_one_renamed_with_its_old_name_is_not(
    watcher: CourseWatcher, lessons: Path, log: pytest.LogCaptureFixture
) -> None:
    def rename(old: str, new: str, front: str) -> None:
        # While one file doesn't fit the others, the course stays as it was.
        edit(lessons, f"{old}/lesson.md", "faq:", f"{front}faq:")
        (lessons / old).rename(lessons / new)
        edit(lessons, "course.yaml", f"[{old}]", f"[{new}]")
        faq = (lessons / "faq.yaml").read_text(encoding="utf-8")
        (lessons / "faq.yaml").write_text(
            faq.replace(f"lesson: {old}", f"lesson: {new}"), encoding="utf-8"
        )

    rename("chat", "talk", "was: [chat]\n")
    await until(lambda: watcher.course.renamed == {"chat": "talk"})
    assert lines(log, logging.WARNING) == []
    edit(lessons, "talk/lesson.md", "was: [chat]\n", "")
    rename("talk", "duty", "")
    await until(lambda: list(watcher.course.lessons) == ["duty"])
    assert [one.partition(":")[0] for one in lines(log, logging.WARNING)] == [
        "lessons/chat/lesson.md",
        "lessons/talk/lesson.md",
    ]


async def test_an_editor_that_writes_aside_and_renames_is_followed(
    watcher: CourseWatcher, lessons: Path
) -> None:
    file = lessons / "chat" / "lesson.md"
    aside = lessons / "chat" / ".lesson.md.new"
    for name in ("Раз", "Два", "Три"):
        aside.write_text(
            file.read_text(encoding="utf-8").replace("title: ", f"title: {name}. ", 1),
            encoding="utf-8",
        )
        aside.replace(file)
        await teaches(watcher, f"{name}. ")


def goes_at_once(lessons: Path) -> None:
    """Take the folder away: of one that goes file by file, the files may be missed first."""
    lessons.rename(lessons.with_name("gone"))


async def test_the_old_course_stays_while_its_folder_is_gone(
    watcher: CourseWatcher, lessons: Path, log: pytest.LogCaptureFixture
) -> None:
    before = watcher.course
    goes_at_once(lessons)
    await until(lambda: any("такой папки нет" in one for one in lines(log)))
    assert watcher.course is before
    write_small_course(lessons.parent)
    edit(lessons, "chat/lesson.md", "title: Чат", "title: Снова чат")
    await teaches(watcher, "Снова чат «Сотрудники»")
    edit(lessons, "chat/lesson.md", "title: Снова чат", "title: И снова чат")
    await teaches(watcher, "И снова чат «Сотрудники»")


def swap(lessons: Path, other: Path) -> None:
    lessons.rename(lessons.parent / "old")
    other.rename(lessons)


async def test_a_folder_put_in_its_place_is_followed(
    watcher: CourseWatcher, lessons: Path
) -> None:
    other = write_small_course(lessons.parent / "other")
    edit(other, "chat/lesson.md", "title: Чат", "title: Другой чат")
    swap(lessons, other)
    await teaches(watcher, "Другой чат «Сотрудники»")
    edit(lessons, "chat/lesson.md", "title: Другой", "title: Совсем другой")
    await teaches(watcher, "Совсем другой чат «Сотрудники»")


async def test_without_watches_of_the_system_the_folder_is_looked_at_by_the_clock(
    lessons: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def used_up(*paths: Path, **settings: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr("watchfiles.awatch", used_up)
    course, _ = check(lessons, today=TODAY)
    assert course
    watcher = CourseWatcher(lessons, course, check=partial(check, today=TODAY), patrol=0.05)
    watching = asyncio.create_task(watcher.watch())
    for name in ("Раз", "Два"):
        edit(lessons, "chat/lesson.md", "title: ", f"title: {name}. ")
        await teaches(watcher, f"{name}. ")
    watching.cancel()
    await asyncio.wait([watching])


async def test_a_check_that_fails_itself_does_not_end_the_watch(
    watcher: CourseWatcher,
    lessons: Path,
    log: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(watcher, "_check", None)
        edit(lessons, "chat/lesson.md", "title: Чат", "title: Новый чат")
        await until(lambda: any("the check failed" in one for one in lines(log)))
    edit(lessons, "chat/lesson.md", "title: Новый", "title: Новейший")
    await teaches(watcher, "Новейший")


async def test_an_edit_from_before_the_watch_is_picked_up(lessons: Path) -> None:
    course, _ = check(lessons, today=TODAY)
    assert course
    edit(lessons, "chat/lesson.md", "title: Чат", "title: Новый чат")
    watcher = CourseWatcher(lessons, course, check=partial(check, today=TODAY))
    watching = asyncio.create_task(watcher.watch())
    await teaches(watcher, "Новый чат «Сотрудники»")
    watching.cancel()
    await asyncio.wait([watching])


async def test_an_overdue_review_is_a_warning_and_no_obstacle(
    lessons: Path, log: pytest.LogCaptureFixture
) -> None:
    course, _ = check(lessons, today=TODAY)
    assert course
    edit(lessons, "chat/lesson.md", "title: Чат", "title: Новый чат")
    watcher = CourseWatcher(lessons, course, check=partial(check, today=date(2030, 1, 1)))
    watching = asyncio.create_task(watcher.watch())
    await teaches(watcher, "Новый чат «Сотрудники»")
    watching.cancel()
    await asyncio.wait([watching])
    assert len(lines(log, logging.WARNING)) == 4
    assert lines(log) == []


def test_importing_it_does_not_pay_for_the_watcher() -> None:
    code = "import sys, course_bot.content.watching as w; sys.exit('watchfiles' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
