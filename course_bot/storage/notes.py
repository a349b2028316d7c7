"""What the program has to remember of itself, a value by its name."""

from sqlalchemy import Connection, select, text

from course_bot.storage.schema import noted

# Two processes may come to the same note at the same time.
_KEEP = text(
    "INSERT INTO noted (name, value) VALUES (:name, :value)"
    " ON CONFLICT (name) DO UPDATE SET value = excluded.value"
)


def read_note(connection: Connection, name: str) -> str | None:
    """Return what is noted under a name; None where nothing is."""
    return connection.scalar(select(noted.c.value).where(noted.c.name == name))


def keep_note(connection: Connection, name: str, value: str) -> None:
    """Note a value under a name (at most 32 characters), in place of what was noted there."""
    connection.execute(_KEEP, {"name": name, "value": value})
