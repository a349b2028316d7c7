"""The walls of the house: which way imports point, and what a start must not pay for."""

import subprocess
import sys

import pytest
from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports

from course_bot.storage.migrating import ROOT


def test_imports_point_one_way(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)

    status = lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True)

    assert status == EXIT_STATUS_SUCCESS, capsys.readouterr().out


def imported_with(module: str) -> set[str]:
    """Return the packages that a fresh interpreter has imported after this module."""
    code = f"import sys, {module}; print(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    return set(done.stdout.split())


@pytest.mark.parametrize(
    ("module", "heavy"),
    [
        ("course_bot.messengers.browser.server", {"aiogram", "alembic"}),
        ("course_bot.conversation.port", {"aiogram", "alembic", "aiohttp", "sqlalchemy"}),
        ("course_bot.learning.progress", {"aiogram", "alembic", "aiohttp", "sqlalchemy"}),
        ("course_bot.storage.store", {"aiogram", "alembic", "aiohttp"}),
    ],
)
def test_a_module_does_not_bring_along_what_it_has_no_need_of(
    module: str, heavy: set[str]
) -> None:
    assert imported_with(module) & heavy == set()


def test_an_import_that_is_there_would_be_noticed() -> None:
    assert "sqlalchemy" in imported_with("course_bot.storage.store")
