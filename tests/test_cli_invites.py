"""`course-bot invite`, and the link of the first start, as one meets them at the console."""

import asyncio
import os
import re
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest

from course_bot.app import run_async
from course_bot.conversation.stage import Addresses
from course_bot.conversation.turn import Conversation
from course_bot.organisations.records import Role
from course_bot.settings import read_secret, read_settings
from course_bot.storage import Account
from course_bot.storage.engine import create_engine, database_url
from course_bot.storage.organisations import Membership, Memberships
from course_bot.storage.store import Storage
from tests.console import Console, console, settings
from tests.courses import make_course
from tests.dialogue import PortPerson
from tests.doors import stored
from tests.files_here import FilesHere, SheetsHere
from tests.max_standin import USERNAME as MAX_USERNAME
from tests.max_standin import MaxApi
from tests.telegram_standin import TOKEN, USERNAME, BotApi
from tests.test_cli import running

__all__ = ["console", "settings"]

DATABASE = Path("data/course.db")


def rows(query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(DATABASE)) as database:
        return database.execute(query).fetchall()


def payload_in(out: str) -> str:
    """Return the payload of the link that a command printed."""
    (found,) = set(re.findall(r"start=(in-[\w-]{22})", out))
    return str(found)


@asynccontextmanager
async def bot() -> AsyncIterator[tuple[Storage, Conversation]]:
    """Let a bot with the settings of the folder live on its database."""
    url = database_url(f"sqlite:///{DATABASE}")
    async with Storage(create_engine(url)) as storage:
        talk = Conversation(
            storage,
            make_course,
            secret=read_secret(read_settings()),
            files=FilesHere(storage),
            sheets=SheetsHere(),
        )
        talk.addresses = Addresses(page="http://127.0.0.1:8080")
        yield storage, talk


async def joins(payload: str) -> tuple[Membership, ...]:
    """Let somebody open an invite and agree; return what they are then."""
    async with bot() as (storage, talk):
        account = Account(door="port", key="1")
        boris = PortPerson(name="Борис", talk=talk, account=account)
        await boris.opens(payload)
        await boris.presses("Согласиться и вступить")
        return await storage.read(Memberships((await stored(storage, account)).id))


def test_a_single_school_needs_no_file(console: Console) -> None:
    made = console("invite", "coordinator", "--organisation", "Школа № 5")
    assert made.code == 0, made
    assert "New: школа «Школа № 5»" in made.out
    assert re.search(
        r"An invite for a coordinator of «Школа № 5», good until \d{4}-\d\d-\d\d, for 1 at most\.",
        made.out,
    )
    (belongs,) = run_async(joins(payload_in(made.out)))
    assert (belongs.name, belongs.role) == ("Школа № 5", Role.COORDINATOR)
    again = console("invite", "learner", "--organisation", "школа  №  5")
    assert "New:" not in again.out
    assert "An invite for learners of «Школа № 5»" in again.out
    assert len(rows("SELECT * FROM organisation")) == 1
    assert (
        rows("SELECT act, operator, person_id FROM audit WHERE act = 'invited'")
        == [("invited", 1, None)] * 2
    )


def test_an_administrator_is_of_one_school(console: Console) -> None:
    console("invite", "coordinator", "--organisation", "Край", "--kind", "регион")
    made = console("invite", "administrator", "--organisation", "Школа № 5")
    assert "An invite for an administrator of «Край / Школа № 5»" in made.out
    assert "for 1 at most" in made.out
    (belongs,) = run_async(joins(payload_in(made.out)))
    assert belongs.role is Role.ADMINISTRATOR
    refused = console("invite", "administrator", "--organisation", "Край")
    assert refused.code != 0
    assert "«Край» has others below it, and an administrator is of one school" in refused.err


def test_days_limit_and_kind_are_as_they_are_asked_for(console: Console) -> None:
    console(
        *("invite", "learner", "--organisation", "Край", "--kind", "регион"),
        *("--days", "1", "--limit", "30"),
    )
    assert rows("SELECT kind FROM organisation") == [("регион",)]
    ((made, expires, limit),) = rows('SELECT made_at, expires_at, "limit" FROM invite')
    assert limit == 30
    assert f"{expires}"[:10] > f"{made}"[:10]


@pytest.mark.parametrize("wrong", ["0", "-1", "many", "10000", "1.5"])
def test_a_number_that_is_none_is_refused(
    console: Console, capsys: pytest.CaptureFixture[str], wrong: str
) -> None:
    with pytest.raises(SystemExit):
        console("invite", "learner", "--organisation", "Школа", f"--limit={wrong}")
    assert "is not a number from 1 to 9999" in capsys.readouterr().err
    assert not DATABASE.exists()


@pytest.mark.parametrize("name", ["", "   ", "Ш" * 201])
def test_an_organisation_needs_a_name_of_a_sensible_length(console: Console, name: str) -> None:
    refusal = console("invite", "learner", "--organisation", name).refusal
    assert "must have 1 to 200 characters" in refusal


def test_an_id_or_a_path_that_means_nothing_makes_nothing(console: Console) -> None:
    for name in ("12345", "Край / Школа № 5"):
        refusal = console("invite", "learner", "--organisation", name).refusal
        assert f"there is no organisation «{name}»" in refusal
    assert rows("SELECT * FROM organisation") == []
    assert rows("SELECT * FROM invite") == []


@pytest.fixture
def two_schools(console: Console, tmp_path: Path) -> None:
    """Two schools of one name in two municipalities."""
    file = tmp_path / "organisations.csv"
    file.write_text(
        "название,вид,входит в,ID организации\n"
        "Край,регион,,1\nСевер,муниципалитет,Край,2\nЮг,муниципалитет,Край,3\n"
        "Школа № 5,школа,Север,77\nШкола № 5,школа,Юг,78\n",
        encoding="utf-8",
    )
    assert console("organisations", "import", str(file)).code == 0


@pytest.mark.usefixtures("two_schools")
def test_a_name_that_two_have_is_told_apart_by_id_or_path(console: Console) -> None:
    refusal = console("invite", "learner", "--organisation", "Школа № 5").refusal
    assert "«Край / Север / Школа № 5», «Край / Юг / Школа № 5»" in refusal
    for name in ("78", "Юг / Школа № 5"):
        made = console("invite", "learner", "--organisation", name)
        assert "of «Край / Юг / Школа № 5»" in made.out


@pytest.mark.usefixtures("two_schools")
def test_nobody_is_invited_into_the_archive_nor_below_it(console: Console) -> None:
    console("organisations", "archive", "Юг")
    for name in ("Юг", "78"):
        refusal = console("invite", "learner", "--organisation", name).refusal
        assert "is in the archive" in refusal
    assert rows("SELECT * FROM invite") == []


def test_invites_are_listed_and_withdrawn(console: Console) -> None:
    assert "There is no invite" in console("invite", "list", **_made(console)).out
    console("invite", "learner", "--organisation", "Школа № 5")
    out = console("invite", "coordinator", "--organisation", "Школа № 5").out
    coordinator, learner = console("invite", "list").out.splitlines()
    assert re.fullmatch(
        r"[0-9a-f]{16}  coordinator    until \S{10}  used: 0 of 1  Школа № 5", coordinator
    )
    assert re.fullmatch(r"[0-9a-f]{16}  learner        until \S{10}  used: 0  Школа № 5", learner)
    key = coordinator.split()[0]
    assert f"course-bot invite withdraw {key}" in out
    assert "Nobody can join «Школа № 5» by it any more" in console("invite", "withdraw", key).out
    assert "already" in console("invite", "withdraw", key).out
    assert console("invite", "list").out.splitlines() == [learner]
    for wrong in ("0" * 16, "xyz", ""):
        refusal = console("invite", "withdraw", wrong).refusal
        assert f"there is no invite of the key {wrong!r}" in refusal
    assert rows("SELECT count(*) FROM audit WHERE act = 'withdrew' AND operator") == [(1,)]


def _made(console: Console) -> dict[str, str]:
    """Make the database, and need no other settings."""
    assert console("db", "upgrade").code == 0
    return {}


def test_the_links_are_those_of_the_doors_that_the_settings_open(console: Console) -> None:
    arguments = ("invite", "learner", "--organisation", "Школа № 5")
    out = console(*arguments, COURSE_BOT_PORT="8081").out
    assert "In a browser on this computer: http://127.0.0.1:8081/#start=in-" in out
    assert "Telegram" not in out
    out = console(
        *arguments, COURSE_BOT_BROWSER="public", COURSE_BOT_PUBLIC_URL="https://course.example/"
    ).out
    assert "In the browser: https://course.example/#start=in-" in out


async def test_the_bots_names_are_asked_of_their_messengers(settings: dict[str, str]) -> None:
    async with BotApi() as telegram, MaxApi() as max_:
        more = {
            **settings,
            "TELEGRAM_TOKEN": TOKEN,
            "TELEGRAM_API": telegram.url,
            "MAX_TOKEN": max_.token,
            "MAX_API": max_.url,
        }
        *_, in_max, in_telegram, in_browser, _ = (await invites(more)).splitlines()
    assert in_max.startswith(f"In MAX: https://max.ru/{MAX_USERNAME}?start=in-")
    assert in_telegram.startswith(f"In Telegram: https://t.me/{USERNAME}?start=in-")
    assert in_browser.startswith("In a browser on this computer: ")
    out = await invites(more)
    for messenger, host in (("MAX", "max.ru"), ("Telegram", "t.me")):
        assert f"In {messenger}, which did not tell the bot's name just now" in out
        assert f"https://{host}/<name of the bot>?start=in-" in out
    assert TOKEN not in out
    assert max_.token not in out


async def invites(settings: dict[str, str]) -> str:
    """Carry out the command in a process of its own; return what it printed."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "course_bot"),
        *("invite", "learner", "--organisation", "Школа № 5"),
        env={**os.environ, **settings},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, errors = await process.communicate()
    assert errors == b""
    return out.decode()


def test_a_terminal_gets_a_code_and_a_file_does_not(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = ("invite", "learner", "--organisation", "Школа № 5")
    public = {"COURSE_BOT_BROWSER": "public", "COURSE_BOT_PUBLIC_URL": "https://course.example"}
    assert "▀" not in console(*arguments, **public).out
    monkeypatch.setattr("course_bot.commands.invites.shown_to_a_person", lambda: True)
    assert "▀" in console(*arguments, **public).out


# The first start.


def first_line(settings: dict[str, str]) -> str:
    """Start the course; return what it says of coordinators, or nothing."""
    with running(settings) as process:
        assert process.stdout
        assert process.stdout.readline().startswith("The course is open")
        process.terminate()
        out, errors = process.communicate(timeout=60)
    assert errors == ""
    return out


def test_the_first_start_prints_a_link_for_who_sits_at_the_machine(
    settings: dict[str, str],
) -> None:
    line = first_line(settings)
    assert re.fullmatch(
        r"To try it as a coordinator: http://127\.0\.0\.1:\d+/#start=in-[\w-]{22}\n", line
    )
    earlier = payload_in(line)
    assert rows("SELECT name, kind FROM organisation") == [("Мой регион", "регион")]
    line = first_line(settings)
    assert payload_in(line) != earlier
    assert rows("SELECT count(*) FROM organisation") == [(1,)]
    assert rows("SELECT count(*) FROM invite WHERE withdrawn_at IS NULL") == [(1,)]
    (belongs,) = run_async(joins(payload_in(line)))
    assert (belongs.name, belongs.role) == ("Мой регион", Role.COORDINATOR)
    assert first_line(settings) == ""


@pytest.mark.usefixtures("two_schools")
def test_the_printed_link_leads_into_what_stands_on_top(settings: dict[str, str]) -> None:
    (belongs,) = run_async(joins(payload_in(first_line(settings))))
    assert belongs.name == "Край"


def test_a_public_page_prints_no_link(settings: dict[str, str]) -> None:
    settings["COURSE_BOT_PUBLIC_URL"] = "https://course.example/"
    assert first_line({**settings, "COURSE_BOT_BROWSER": "public"}) == ""
    assert rows("SELECT * FROM invite") == []


def test_the_command_works_beside_a_running_bot(
    console: Console, settings: dict[str, str]
) -> None:
    with running(settings) as process:
        assert process.stdout
        assert process.stdout.readline().startswith("The course is open")
        made = console("invite", "learner", "--organisation", "Школа № 5")
        assert made.code == 0
    assert rows("SELECT count(*) FROM organisation WHERE name = 'Школа № 5'") == [(1,)]
