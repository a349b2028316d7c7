"""The walls of the house: which way imports point, and what a start must not pay for."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def test_imports_point_one_way() -> None:
    # In a process of its own: it sets up logging anew and silences everybody else's loggers.
    code = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports())"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("contract", "may"),
    [
        ("Only storage knows SQLAlchemy", "storage"),
        ("Only the Telegram door knows aiogram", "messengers.telegram"),
        ("Only messengers know aiohttp", "messengers"),
    ],
)
def test_a_contract_forbids_to_every_module_but_one(contract: str, may: str) -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    (forbidden,) = (each for each in settings["contracts"] if each["name"] == contract)
    others: set[str] = set()
    package = "course_bot"
    for part in may.split("."):
        others |= modules(package) - {f"{package}.{part}"}
        package = f"{package}.{part}"

    assert set(forbidden["source_modules"]) == others


def modules(package: str) -> set[str]:
    """Return the modules and packages of ours that are right in a package."""
    folder = ROOT / package.replace(".", "/")
    inside = {path.stem for path in folder.iterdir() if path.suffix == ".py"}
    inside |= {path.parent.name for path in folder.glob("*/__init__.py")}
    return {f"{package}.{name}" for name in inside if not name.startswith("__")}


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
        ("course_bot.messengers.browser.door", {"aiogram", "alembic"}),
        ("course_bot.commands.doctor", {"aiogram", "aiohttp"}),
        ("course_bot.conversation.port", {"aiogram", "alembic", "aiohttp", "sqlalchemy"}),
        ("course_bot.learning.progress", {"aiogram", "alembic", "aiohttp", "sqlalchemy"}),
        ("course_bot.storage.store", {"aiogram", "alembic", "aiohttp"}),
        ("course_bot.reports.xlsx", {"xlsxwriter"}),
        ("course_bot.sheets.__main__", {"aiohttp", "asyncio", "babel", "sqlalchemy", "yaml"}),
        ("course_bot.reports.picture", {"reportlab", "resvg_py"}),
        ("course_bot.reports.certificate", {"PIL", "reportlab", "resvg_py", "segno"}),
        ("course_bot.reports.invite_sheet", {"PIL", "reportlab", "resvg_py", "segno"}),
    ],
)
def test_a_module_does_not_bring_along_what_it_has_no_need_of(
    module: str, heavy: set[str]
) -> None:
    assert imported_with(module) & heavy == set()


def test_an_import_that_is_there_would_be_noticed() -> None:
    assert "sqlalchemy" in imported_with("course_bot.storage.store")
