"""The package as it is installed: it brings all that it needs, and runs in an empty folder."""

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
from sqlalchemy import make_url

from tests.browser_person import browser_person
from tests.killing import ROOT, bot_in


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the commands are of an environment that has nothing of ours but the wheel.

    What the wheel depends on comes from the environment of the tests: no network is needed.
    """
    folder = tmp_path_factory.mktemp("installed")
    _runs(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder), cwd=ROOT)
    (wheel,) = folder.glob("course_bot-*.whl")
    _runs(sys.executable, "-m", "venv", "env", cwd=folder)
    commands = folder / "env" / "bin"
    offline = ("--no-index", "--no-deps", "--disable-pip-version-check", "--quiet")
    _runs(str(commands / "pip"), "install", *offline, str(wheel), cwd=folder)
    (packages,) = (folder / "env" / "lib").glob("python*/site-packages")
    (packages / "dependencies.pth").write_text(sysconfig.get_path("platlib") + "\n")
    return commands


def _runs(*command: str, cwd: Path) -> str:
    ours = ("COURSE_BOT_", "TELEGRAM_", "PYTHON", "PIP_")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    done = subprocess.run(
        command, cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_code_of_the_installed_command_is_the_installed_code(
    installed: Path, tmp_path: Path
) -> None:
    found = _runs(
        *(str(installed / "python"), "-c", "import course_bot; print(course_bot.__file__)"),
        cwd=tmp_path,
    )
    assert Path(found).is_relative_to(installed.parent)


def test_the_installed_lessons_are_checked_where_there_are_none(
    installed: Path, tmp_path: Path
) -> None:
    lessons = len(list(ROOT.glob("lessons/*/lesson.md")))
    guides = len(list(ROOT.glob("lessons/guides/*.yaml")))
    told = _runs(str(installed / "course-bot"), "check", cwd=tmp_path)
    assert f" {lessons} lessons, " in told
    assert f" {guides} guides, " in told


async def test_what_was_installed_runs_in_an_empty_folder(installed: Path, tmp_path: Path) -> None:
    database = make_url(f"sqlite+aiosqlite:///{tmp_path}/data/course.db")
    command = (str(installed / "course-bot"),)
    async with bot_in(tmp_path, database, command=command, COURSE_BOT_LESSONS="") as bot:
        await bot.starts()
        async with browser_person(bot.url) as ann:
            await ann.opens()
            ann.sees("Сферум в MAX")
            await ann.presses("Начать")
            async with ann.session.get(f"{bot.url.rstrip('/')}/team") as reports:
                assert "Отчёты открываются по ссылке из чата" in await reports.text()
        await bot.stops()
        assert bot.log == ""
