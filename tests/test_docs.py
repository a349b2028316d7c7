"""Whatever the documents name is there: files, links, commands, settings, names in the code."""

import re
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from course_bot.cli import main

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted(
    path.relative_to(ROOT).as_posix()
    for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"))
    if path.name != "CHANGELOG.md"
)
NAMED = [name for name in DOCUMENTS if name in ("CONTRIBUTING.md", "docs/architecture.md")]
"""The documents whose every word in code quotes must stand somewhere in the code."""

LINK = re.compile(r"\]\(([^)\s]+)\)")
CODE = re.compile(r"``?([^`\n]+)``?")
FENCED = re.compile(r"^    (\S.*)$", re.MULTILINE)
FILE = re.compile(
    r"(?![A-Z])(?:[\w.-]+/)*[\w.-]+\.(?:py|md|yaml|po|toml|ini)|(?![A-Z])(?:[\w.-]+/)+[\w.-]*"
)
WORD = re.compile(r"[A-Za-z_]\w+")
NEW = ("dist/", "data/", "/")
"""What the documents name and a checkout doesn't have."""


def text(document: str) -> str:
    return (ROOT / document).read_text(encoding="utf-8")


def quoted(document: str) -> list[str]:
    return CODE.findall(text(document))


def commands(document: str, name: str) -> list[list[str]]:
    """Return the words that follow a command wherever the document calls it."""
    called = [*quoted(document), *FENCED.findall(text(document))]
    command = re.compile(rf"(?:\S*/)?{name}((?: [a-z][\w-]*)*)(?=\s|$)")
    return [found[1].split() for each in called if (found := command.match(each))]


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_link_leads_somewhere(document: str) -> None:
    links = LINK.findall(CODE.sub("", text(document)))  # in code quotes stand examples
    inside = [link for link in links if not re.match(r"https?://|#", link)]
    missing = [
        link for link in inside if not ((ROOT / document).parent / link.partition("#")[0]).exists()
    ]
    assert [link for link in missing if re.search(r"[/.]", link)] == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_file_that_is_named_is_there(document: str) -> None:
    files = [
        each for each in quoted(document) if FILE.fullmatch(each) and not each.startswith(NEW)
    ]
    assert [each for each in files if not _exists(each)] == []


def _exists(file: str) -> bool:
    """Find a file by its path, also within the package, or by its last part alone."""
    if "/" in file:
        return (ROOT / file).exists() or (ROOT / "course_bot" / file).exists()
    return any(ROOT.glob(f"*/**/{file}")) or (ROOT / file).exists()


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_command_that_is_named_is_one(
    document: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    targets = re.findall(r"^([a-z-]+):", text("Makefile"), re.MULTILINE)
    for words in commands(document, "make"):
        assert not words or words[0] in targets, f"make {words[0]}"
    for words in commands(document, "course-bot"):
        if not words:
            continue
        monkeypatch.setattr(sys, "argv", ["course-bot", *words, "--help"])
        with pytest.raises(SystemExit) as ended:
            main()
        assert ended.value.code == 0, capsys.readouterr().err


@pytest.mark.parametrize("document", NAMED)
def test_every_name_in_code_quotes_stands_in_the_code(document: str) -> None:
    everything = set()
    for pattern in (
        "course_bot/**/*.py",
        "tests/**/*.py",
        "migrations/**/*.py",
        "pyproject.toml",
        "Makefile",
        ".env.example",
        "lessons/*.yaml",
        "lessons/roles/*",
    ):
        for path in ROOT.glob(pattern):
            everything |= set(WORD.findall(path.read_text(encoding="utf-8")))
    names = {
        word
        for each in quoted(document)
        if re.fullmatch(r"[A-Za-z_][\w.]*", each)
        for word in each.split(".")
    }
    assert names - everything - {each for each in names if find_spec(each)} == set()
