"""The console: a person types a command there and reads what it says."""

import logging
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

import pytest

from course_bot.cli import main
from course_bot.content.checking import Checked, Rehearse, check

ROOT = Path(__file__).parents[1]
LESSONS = ROOT / "lessons"


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str

    @property
    def refusal(self) -> str:
        """The one line with which it refused; there must be no other."""
        assert self.code == 1, self
        lines = self.err.strip().splitlines()
        assert len(lines) == 1, self.err
        assert lines[0].startswith("course-bot: ")
        return lines[0]


Console = Callable[..., Ended]


@cache
def _lessons(today: date, rehearse: Rehearse) -> Checked:
    return check(LESSONS, today=today, rehearse=rehearse)


def check_once(folder: Path, *, today: date, rehearse: Rehearse) -> Checked:
    """Check a folder, but the repository's own lessons only once: it takes a second each time."""
    if folder == LESSONS:
        return _lessons(today, rehearse)
    return check(folder, today=today, rehearse=rehearse)


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The settings of somebody who has just cloned the repository, in a folder of their own."""
    for name in list(os.environ):
        if name.startswith(("COURSE_BOT_", "MAX_", "TELEGRAM_")):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return {"COURSE_BOT_LESSONS": str(LESSONS), "COURSE_BOT_PORT": "0"}


@pytest.fixture
def console(
    settings: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Console]:
    """Carry out a command in this process, with settings beside the usual ones."""

    def carry_out(*arguments: str, **more: str) -> Ended:
        with monkeypatch.context() as patch:
            patch.setattr(sys, "argv", ["course-bot", *arguments])
            patch.setattr("course_bot.app.check", check_once)
            for name, value in {**settings, **more}.items():
                patch.setenv(name, value)
            code = main()
        said = capsys.readouterr()
        return Ended(code=code, out=said.out, err=said.err)

    handlers, level = logging.root.handlers[:], logging.root.level
    yield carry_out
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)
