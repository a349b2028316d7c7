"""The commands as a person at the console meets them: their words and their exit codes."""

import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from shutil import copytree

import pytest
from sqlalchemy import text
from sqlalchemy.engine import URL

from course_bot.settings import read_secret, read_settings
from course_bot.storage.engine import create_engine
from course_bot.storage.store import Storage
from tests.conftest import run
from tests.console import Console, Ended, console, settings
from tests.learners import a_school

__all__ = ["console", "settings"]

ROOT = Path(__file__).parents[1]
PATIENCE = 60
"""Seconds after which a process that should have ended is taken to hang."""


@contextmanager
def running(settings: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "course_bot", "run"],
        env={**os.environ, **settings},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def test_run_says_where_the_course_is_open_and_stops_in_good_order(
    tmp_path: Path, settings: dict[str, str]
) -> None:
    with running(settings) as process:
        assert process.stdout
        line = process.stdout.readline()
        assert re.fullmatch(r"The course is open: http://127\.0\.0\.1:\d+\n", line)
        process.send_signal(signal.SIGTERM)
        _out, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    assert errors == ""
    assert (tmp_path / "data" / "course.db").exists()
    assert (tmp_path / "data" / "secret").stat().st_mode & 0o777 == 0o600


def test_a_public_address_is_given_out_only_where_the_page_serves_it(
    settings: dict[str, str],
) -> None:
    settings["COURSE_BOT_PUBLIC_URL"] = "https://course.example/"
    for mode, where in (
        ("local", r"http://127\.0\.0\.1:\d+"),
        ("public", "https://course.example"),
    ):
        with running({**settings, "COURSE_BOT_BROWSER": mode}) as process:
            assert process.stdout
            line = process.stdout.readline()
            assert re.fullmatch(f"The course is open: {where}\n", line)


def test_a_taken_port_is_named_with_a_way_out(console: Console) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        line = console("run", COURSE_BOT_PORT=str(port)).refusal
    assert f"port {port} is taken" in line
    assert f"COURSE_BOT_PORT={port + 1} make run" in line


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"TELEGRAM_TOKEN": "my-token"}, "TELEGRAM_TOKEN is not a token"),
        ({"TELEGRAM_PROXY": "host:3128"}, "must look like socks5://"),
        ({"COURSE_BOT_DATABASE": "sqlite:///:memory:"}, "is no database address"),
        ({"COURSE_BOT_PORT": "eighty"}, "COURSE_BOT_PORT: "),
        ({"COURSE_BOT_SECRET": "short"}, "COURSE_BOT_SECRET: must have at least 32 characters"),
        ({"COURSE_BOT_PROT": "8080"}, "COURSE_BOT_PROT is no setting: perhaps COURSE_BOT_PORT"),
        (
            {"COURSE_BOT_MAX_TOKEN": "x"},
            "COURSE_BOT_MAX_TOKEN is no setting: perhaps MAX_TOKEN is",
        ),
        ({"COURSE_BOT_BROWSER": "open"}, "COURSE_BOT_BROWSER: "),
        ({"COURSE_BOT_HOST": "0.0.0.0"}, "COURSE_BOT_BROWSER=local serves this computer only"),
        ({"COURSE_BOT_BROWSER": "public"}, "needs COURSE_BOT_PUBLIC_URL"),
        (
            {"COURSE_BOT_PUBLIC_URL": "http://course.example"},
            "COURSE_BOT_PUBLIC_URL: must be an address like https://",
        ),
        ({"TELEGRAM_WEBHOOK_SECRET": "s3cret-s3cret"}, "needs COURSE_BOT_PUBLIC_URL"),
        (
            {
                "TELEGRAM_TOKEN": "12345:token",
                "TELEGRAM_WEBHOOK_SECRET": "секрет",
                "COURSE_BOT_PUBLIC_URL": "https://course.example",
            },
            "TELEGRAM_WEBHOOK_SECRET: must have 1 to 256 characters",
        ),
        ({"COURSE_BOT_TIME_ZONE": "Moscow"}, "COURSE_BOT_TIME_ZONE: must be a time zone like"),
        ({"COURSE_BOT_TIME_ZONE": "../etc"}, "COURSE_BOT_TIME_ZONE: must be a time zone like"),
        ({"TELEGRAM_API": "telegram"}, "TELEGRAM_API: "),
        ({"COURSE_BOT_DATABASE": "mysql://host/name"}, "COURSE_BOT_DATABASE is no database"),
        ({"COURSE_BOT_DATABASE": "data/course.db"}, "COURSE_BOT_DATABASE is no database"),
        ({"COURSE_BOT_DATABASE": "sqlite:////proc/course.db"}, "can't be opened"),
        ({"COURSE_BOT_DATABASE": "sqlite:///.env"}, ".env is no SQLite database"),
        ({"COURSE_BOT_DATABASE": "postgresql://a:pass-word@127.0.0.1:1/b"}, "can't be opened"),
        ({"COURSE_BOT_LESSONS": "nowhere"}, "the lessons in nowhere have faults"),
    ],
)
def test_a_wrong_setting_is_one_clear_line(
    console: Console, wrong: dict[str, str], words: str
) -> None:
    Path(".env").write_text("# A text, and no database, however long it may be.\n" * 20)
    assert words in console("run", **wrong).refusal


@pytest.mark.parametrize(
    "wrong",
    [
        {"TELEGRAM_TOKEN": "not-quite:a-token"},
        {"TELEGRAM_PROXY": "https://me:not-quite@proxy.example:3128"},
        {"COURSE_BOT_SECRET": "not-quite-a-secret"},
        {"COURSE_BOT_DATABASE": "postgresql://a:not-quite@127.0.0.1:1/b"},
    ],
)
def test_a_refusal_never_shows_a_secret(console: Console, wrong: dict[str, str]) -> None:
    ended = console("run", **wrong)
    assert ended.code == 1
    assert "not-quite" not in ended.out + ended.err


def test_a_secret_cut_short_is_refused_rather_than_used(tmp_path: Path, console: Console) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "secret").write_text("")
    assert "data/secret is damaged, it has 0 bytes" in console("run").refusal


def test_the_secret_is_made_once(
    tmp_path: Path, settings: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COURSE_BOT_PORT", settings["COURSE_BOT_PORT"])
    made = read_secret(read_settings())
    assert len(made) >= 32
    assert read_secret(read_settings()) == made
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["secret"]


def test_settings_may_stand_in_a_file(tmp_path: Path, console: Console) -> None:
    (tmp_path / ".env").write_text("TELEGRAM_TOKEN=my-token\n")
    assert "TELEGRAM_TOKEN is not a token" in console("run").refusal


def test_a_settings_file_in_another_encoding_is_one_clear_line(
    tmp_path: Path, console: Console
) -> None:
    (tmp_path / ".env").write_bytes("# токен\nCOURSE_BOT_PORT=0\n".encode("cp1251"))
    assert "not in UTF-8" in console("run").refusal


def test_a_database_of_a_newer_version_is_left_alone(tmp_path: Path, console: Console) -> None:
    assert console("db", "upgrade").code == 0
    with closing(sqlite3.connect(tmp_path / "data" / "course.db")) as database, database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    assert "was made by a newer course-bot" in console("run").refusal


def test_verify_agrees_with_a_fresh_database(console: Console) -> None:
    console("db", "upgrade")
    ended = console("db", "verify")
    assert ended == Ended(code=0, out="Progress and log agree.\n", err="")


def test_verify_makes_no_database(tmp_path: Path, console: Console) -> None:
    line = console("db", "verify").refusal
    assert "there is no database data/course.db: make it by `course-bot db upgrade`" in line
    assert list(tmp_path.iterdir()) == []


def test_verify_tells_every_fault_and_fails(url: URL, console: Console) -> None:
    run(_a_school_with_faults(url))

    ended = console("db", "verify", COURSE_BOT_DATABASE=url.render_as_string(hide_password=False))

    assert (ended.code, ended.err) == (1, "")
    assert re.search(
        r"^person \d+, attempt given up: stored \(None, None, True\)\n"
        r"    but the log says \(None, None, False\)$",
        ended.out,
        re.MULTILINE,
    )
    assert re.search(r"^person \d+: can't be read: ValidationError: ", ended.out, re.MULTILINE)
    assert ended.out.endswith("\n2 faults were found.\n")


async def _a_school_with_faults(url: URL) -> None:
    async with Storage(create_engine(url)) as storage:
        await a_school(storage)
        async with storage.writing() as connection:
            await connection.execute(
                text("UPDATE attempt SET passed = true WHERE id = 'given up'")
            )
            await connection.execute(
                text(
                    "UPDATE person SET study = '{' WHERE id ="
                    " (SELECT person_id FROM account WHERE id = 'telegram:bob')"
                )
            )


def test_check_counts_the_real_course(console: Console) -> None:
    ended = console("check")
    assert ended.code == 0, ended.out
    match = re.search(r"(\d+) lessons, (\d+) questions, \d+ guides, no errors", ended.out)
    assert match
    assert int(match[2]) >= 80


def test_check_names_every_fault_with_its_place(tmp_path: Path, console: Console) -> None:
    broken = copytree(ROOT / "lessons", tmp_path / "lessons")
    quiz = broken / "roles" / "quiz.yaml"
    quiz.write_text(quiz.read_text().replace("kind: choice", "kind: choise", 1))
    course = broken / "course.yaml"
    course.write_text(course.read_text().replace("pass_mark: 75", "pass_mark: 750"))
    ended = console("check", "lessons")
    assert ended.code == 1
    faults = re.findall(r"^lessons/\S+:\d+:\d+: .+", ended.out, re.MULTILINE)
    assert any("course.yaml" in fault for fault in faults)
    assert any("roles/quiz.yaml" in fault and "choise" in fault for fault in faults)


def test_an_old_python_is_told_so() -> None:
    source = (ROOT / "course_bot" / "__main__.py").read_text()
    guard = source[: source.index("from course_bot.cli")]
    pretended = guard.replace("import sys\n", "import sys\nsys.version_info = (3, 10)\n", 1)
    result = subprocess.run(
        [sys.executable, "-c", pretended], capture_output=True, text=True, check=False
    )
    assert result.returncode == 1
    assert "course-bot needs Python 3.11 or newer" in result.stderr


# --- organisations ---------------------------------------------------------------------------

SCHOOLS = str(ROOT / "tests" / "samples" / "organisations.csv")


def test_schools_are_imported_shown_exported_and_put_aside(console: Console) -> None:
    Path("region.csv").write_text("название;вид;часовой пояс\nМой регион;регион;МСК+6\n")
    assert console("organisations", "import", "region.csv").code == 0
    tried = console("organisations", "import", SCHOOLS, "--dry-run")
    assert tried.out.splitlines()[-2:] == [
        "Это проба, ничего не изменено.",
        "Итого: новых — 15.",
    ]
    assert console("organisations", "list").out.endswith("\nИтого: регион — 1.\n")

    done = console("organisations", "import", SCHOOLS)
    assert done.code == 0
    assert done.out == tried.out.replace("Это проба, ничего не изменено.\n", "")
    again = console("organisations", "import", SCHOOLS)
    assert len(again.out.splitlines()) == 1
    assert again.out.endswith("без изменений — 15.\n")

    listed = console("organisations", "list").out.splitlines()
    assert listed[0] == "Мой регион — регион, часовой пояс Asia/Yakutsk"
    assert "        Школа № 3 — школа, ID 9000303" in listed
    assert listed[-1] == "Итого: регион — 1, муниципалитет — 3, школа — 12."

    console("organisations", "export", "mine.csv")
    assert "без изменений — 16" in console("organisations", "import", "mine.csv").out
    assert Path("mine.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    assert "mine.csv is there already" in console("organisations", "export", "mine.csv").refusal

    away = console("organisations", "archive", "Заозёрный район")
    assert away.out.startswith("муниципалитет «Заозёрный район» теперь в архиве вместе со всем")
    listed = console("organisations", "list").out.splitlines()
    assert "    Заозёрный район — муниципалитет, часовой пояс Europe/Samara, в архиве" in listed
    back = console("organisations", "import", "mine.csv").out.splitlines()
    assert back == [
        "~ муниципалитет «Заозёрный район»: вернётся из архива",
        "Итого: из архива — 1, без изменений — 15.",
    ]


def test_a_file_of_schools_with_faults_changes_nothing(console: Console) -> None:
    Path("schools.csv").write_text("название;входит в\nШкола;Район\n;\n;Область\n")
    ended = console("organisations", "import", "schools.csv")
    assert ended.code == 1
    assert [line.partition(": ")[0] for line in ended.out.splitlines()] == [
        "строка 2, «входит в»",
        "строка 4, «название»",
        "строка 4, «входит в»",
        "Ошибок",
    ]
    assert ended.out.endswith("Ошибок: 3. Ничего не изменено.\n")
    assert console("organisations", "list").out == "Организаций пока нет.\n"


def test_a_refusal_about_organisations_names_what_is_wrong(console: Console) -> None:
    console("organisations", "import", SCHOOLS)
    assert "nowhere.csv can't be read" in console("organisations", "import", "nowhere.csv").refusal
    assert "no/a.csv can't be written" in console("organisations", "export", "no/a.csv").refusal
    line = console("organisations", "archive", "Лицей № 8").refusal
    assert "there is no organisation «Лицей № 8»: `course-bot organisations list`" in line
    line = console("organisations", "import", SCHOOLS, "--into", "Школа № 1").refusal
    assert "several organisations are called «Школа № 1»: name one by its ID or path" in line


def test_a_reader_who_has_enough_ends_a_command_without_a_fault(
    settings: dict[str, str],
) -> None:
    """As with ``course-bot check | head -1``."""
    reading, writing = os.pipe()
    os.close(reading)
    ended = subprocess.run(
        [sys.executable, "-m", "course_bot", "check"],
        env={**os.environ, **settings},
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(writing)
    assert (ended.returncode, ended.stderr) == (141, "")
