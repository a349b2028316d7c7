"""A database of as many learners as one likes: a few who really learned, copied over and over."""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from pathlib import Path
from random import Random

from tests.benchmarks.contestants import FIRST, Answers, Ours, Steps

TEMPLATES = 40
"""How many really take turns; one in ten of them also takes quizzes, on and on."""
MOVES_KEPT = 2
"""How many moves of a template are copied; the bot itself deletes them after two days."""

Row = Mapping[str, object]


async def take_turns(ours: Ours, random: Random) -> None:
    """Let the templates learn in an empty database: everybody reads, some answer questions."""
    everybody = range(FIRST, FIRST + TEMPLATES)
    keen = everybody[::10]
    await ours.meet(everybody)
    for _ in range(12):
        for update in await Steps(ours, everybody, random).prepare(TEMPLATES // 2):
            await ours.take(update)
        for update in await Answers(ours, keen, random).prepare(len(keen)):
            await ours.take(update)


def multiply(file: Path, learners: int) -> None:
    """Copy the templates until there are so many learners, whose Telegram ids begin at FIRST.

    A copy has an account, moves, and all attempts, answers and tracks of its template; it was
    last seen a second after the copy before it.
    """
    with closing(sqlite3.connect(file)) as database:
        # Only while it is filled; the bot's own connections are set up as always.
        database.execute("PRAGMA synchronous=OFF")
        database.execute("PRAGMA cache_size=-500000")
        database.row_factory = sqlite3.Row
        copies = _Copies(database, learners)
        with database:
            for table, rows in (
                ("person", copies.people()),
                ("account", copies.accounts()),
                ("move", copies.moves()),
                ("attempt", copies.attempts()),
                ("answer", copies.answers()),
                ("track_progress", copies.tracks()),
            ):
                columns = [row["name"] for row in database.execute(f"PRAGMA table_info({table})")]
                names = ", ".join(f'"{column}"' for column in columns)
                values = ", ".join(f":{column}" for column in columns)
                database.executemany(f"INSERT INTO {table} ({names}) VALUES ({values})", rows)
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")


class _Copies:
    """The rows of every copy; person n is a copy of one of the templates, 1 to TEMPLATES."""

    def __init__(self, database: sqlite3.Connection, learners: int) -> None:
        self._numbers = range(TEMPLATES + 1, learners + 1)
        self._people = {row["id"]: dict(row) for row in database.execute("SELECT * FROM person")}
        assert set(self._people) == set(range(1, TEMPLATES + 1))
        self._moves = self._grouped(
            database,
            "SELECT account.person_id AS of, move.* FROM move"
            " JOIN account ON account.id = account_id ORDER BY at DESC",
        )
        self._attempts = self._grouped(database, "SELECT person_id AS of, * FROM attempt")
        self._answers = self._grouped(
            database,
            "SELECT person_id AS of, answer.* FROM answer JOIN attempt ON attempt.id = attempt_id",
        )
        self._tracks = self._grouped(database, "SELECT person_id AS of, * FROM track_progress")
        self._seen = datetime.now(UTC).replace(tzinfo=None) - timedelta(seconds=learners)

    @staticmethod
    def _grouped(database: sqlite3.Connection, query: str) -> dict[int, list[dict[str, object]]]:
        groups: dict[int, list[dict[str, object]]] = {
            number: [] for number in range(1, TEMPLATES + 1)
        }
        for row in database.execute(query):
            groups[row["of"]].append(dict(row))
        return groups

    def people(self) -> Iterator[Row]:
        for n in self._numbers:
            row = self._people[_template(n)]
            place = str(row["place"])
            attempt = row["attempt_id"]
            if attempt is not None:
                place = place.replace(f"{attempt}", _renamed(attempt, n))
                attempt = _renamed(attempt, n)
            yield {**row, "id": n, "seen_at": self._at(n), "attempt_id": attempt, "place": place}

    def accounts(self) -> Iterator[Row]:
        for n in self._numbers:
            yield {"id": _account(n), "person_id": n, "blocked_at": None}

    def moves(self) -> Iterator[Row]:
        for n in self._numbers:
            for row in self._moves[_template(n)][:MOVES_KEPT]:
                yield {**row, "account_id": _account(n), "at": self._at(n)}

    def attempts(self) -> Iterator[Row]:
        for n in self._numbers:
            for row in self._attempts[_template(n)]:
                yield {**row, "id": _renamed(row["id"], n), "person_id": n}

    def answers(self) -> Iterator[Row]:
        for n in self._numbers:
            for row in self._answers[_template(n)]:
                yield {**row, "attempt_id": _renamed(row["attempt_id"], n)}

    def tracks(self) -> Iterator[Row]:
        for n in self._numbers:
            for row in self._tracks[_template(n)]:
                yield {**row, "person_id": n}

    def _at(self, number: int) -> str:
        return f"{self._seen + timedelta(seconds=number):%Y-%m-%d %H:%M:%S.%f}"


def _template(number: int) -> int:
    return number % TEMPLATES + 1


def _account(number: int) -> str:
    return f"telegram:{FIRST + number - 1}"


def _renamed(attempt: object, number: int) -> str:
    """Give a copied attempt an id of its own, as evenly spread as the real ones."""
    return blake2b(f"{attempt} {number}".encode(), digest_size=7).hexdigest()[:13]
