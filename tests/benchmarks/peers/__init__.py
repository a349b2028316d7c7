"""What others would run instead: each a program of its own, started by ``over_http``.

All do the same work at a tap: they load the learner, write down what was said and where the
learner is now, commit (SQLite, WAL, ``synchronous=FULL``), show the next screen of a recorded walk
through the real course, and answer the press. They come with the words ready; the course has to
find them.
"""

import json
import os
from pathlib import Path
from typing import TypedDict

SCHEMA = """
PRAGMA journal_mode=WAL;
CREATE TABLE IF NOT EXISTS learner (
    id INTEGER PRIMARY KEY, place INTEGER NOT NULL, seen_at TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS answer (
    learner_id INTEGER NOT NULL, move TEXT NOT NULL, place INTEGER NOT NULL, said TEXT NOT NULL,
    at TEXT NOT NULL, PRIMARY KEY (learner_id, move)
);
"""


class Button(TypedDict, total=False):
    """A button as the Bot API words it."""

    text: str
    callback_data: str
    url: str


class Recorded(TypedDict):
    """A move of the walk, and the screen it led to."""

    action: str
    text: str
    shown: str
    keyboard: list[list[Button]]
    replies: list[dict[str, object]]


def walk() -> list[Recorded]:
    """Read the recorded walk."""
    recorded: list[Recorded] = json.loads(Path(os.environ["PEER_WALK"]).read_text())
    return recorded
