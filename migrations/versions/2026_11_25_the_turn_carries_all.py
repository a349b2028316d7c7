"""The turn carries all that it causes: an outbox, what came of a move; questions once."""

import json
from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Literal

import sqlalchemy as sa
from alembic import op

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

FIRST_PLACES = ("welcome", "name", "role")
"""Places that used to carry the link that brought the person, as in ``welcome:lesson-chats``."""
AWAY_DAYS = (3, 10, 30)
NO_ROWID, ROWID = {"sqlite_with_rowid": False}, {"sqlite_with_rowid": True}


def upgrade() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    # Recreated on SQLite so that the number of somebody who was deleted is not given again.
    with op.batch_alter_table(
        "person",
        recreate="always" if sqlite else "auto",
        table_kwargs={"sqlite_autoincrement": True},
    ) as person:
        person.add_column(
            sa.Column("wish", sa.String(length=64), server_default="", nullable=False)
        )
        person.add_column(sa.Column("remind_at", sa.DateTime(timezone=True), nullable=True))
        person.drop_index("ix_person_reminders_sent_seen_at")
        person.create_index("ix_person_remind_at", ["remind_at"])
    # On SQLite the key is the table itself now, so that a turn changes fewer pages.
    recreate: Literal["always", "auto"] = "always" if sqlite else "auto"
    with op.batch_alter_table("answer", recreate=recreate, table_kwargs=NO_ROWID) as answer:
        answer.alter_column("points", existing_type=sa.Integer(), existing_nullable=False)
    with op.batch_alter_table("move", recreate=recreate, table_kwargs=NO_ROWID) as move:
        move.add_column(sa.Column("notice", sa.Text(), server_default="", nullable=False))
        move.add_column(
            sa.Column("document", sa.String(length=32), server_default="", nullable=False)
        )
    op.create_table(
        "deletion",
        sa.Column("person_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("move", sa.String(length=32), nullable=True),
        sa.Column("place", sa.String(length=64), server_default="", nullable=False),
        sa.Column("language", sa.String(length=8), server_default="ru", nullable=False),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_deletion")),
    )
    op.create_index(op.f("ix_deletion_move"), "deletion", ["move"])
    op.create_table(
        "outbox",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.String(length=96), nullable=False),
        sa.Column("door", sa.String(length=16), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lent_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tries", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
            name=op.f("fk_outbox_person_id_person"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name=op.f("fk_outbox_account_id_account"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sqlite_autoincrement=True,
    )
    for columns in (
        ["account_id"],
        ["door", "settled_at", "due_at"],
        ["person_id", "settled_at", "id"],
        ["settled_at"],
    ):
        op.create_index(op.f(f"ix_outbox_{'_'.join(columns)}"), "outbox", columns)
    op.create_table(
        "question",
        sa.Column("key", sa.String(length=16), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_question")),
    )
    op.drop_index("ix_attempt_person_id", "attempt")
    op.create_index(
        op.f("ix_attempt_person_id_lesson_number_passed"),
        "attempt",
        ["person_id", "lesson", "number", "passed"],
    )
    _fill()
    _refer()


def _fill() -> None:
    connection = op.get_bind()
    person = sa.table(
        "person",
        sa.column("id", sa.Integer),
        sa.column("track", sa.String),
        sa.column("reminders", sa.Boolean),
        sa.column("reminders_sent", sa.Integer),
        sa.column("seen_at", sa.DateTime(timezone=True)),
        sa.column("remind_at", sa.DateTime(timezone=True)),
        sa.column("place", sa.String),
        sa.column("wish", sa.String),
    )
    link = sa.table("personal_link", sa.column("digest", sa.String))
    for place in FIRST_PLACES:
        connection.execute(
            sa.update(person)
            .where(person.c.place.like(f"{place}:%"))
            .values(place=place, wish=sa.func.substr(person.c.place, len(place) + 2))
        )
    for sent, days in enumerate(AWAY_DAYS):
        # Computed by the database: a million people are not to travel to the program and back.
        due = (
            sa.func.strftime(
                "%Y-%m-%d %H:%M:%f000", person.c.seen_at, f"+{days} days", type_=sa.String
            )
            if connection.dialect.name == "sqlite"
            else person.c.seen_at + sa.text(f"interval '{days} days'")
        )
        connection.execute(
            sa.update(person)
            .where(person.c.reminders, person.c.track != "", person.c.reminders_sent == sent)
            .values(remind_at=due)
        )
    connection.execute(sa.update(link).values(digest=sa.func.substr(link.c.digest, 1, 32)))


def _attempts() -> Iterator[list[tuple[str, list[object]]]]:
    """Read all attempts' ids and questions, some at a time."""
    connection, last = op.get_bind(), ""
    query = sa.text("SELECT id, asked FROM attempt WHERE id > :last ORDER BY id LIMIT 1000")
    while rows := connection.execute(query, {"last": last}).all():
        last = rows[-1].id
        yield [(row.id, json.loads(row.asked)) for row in rows]


_REPLACE = sa.text("UPDATE attempt SET asked = :asked WHERE id = :id")


def _refer() -> None:
    """Keep each wording once; what an attempt asked becomes references."""
    connection = op.get_bind()
    known: set[str] = set()
    for attempts in _attempts():
        questions, changed = [], []
        for attempt, asked in attempts:
            references = []
            for each in asked:
                content = _written(each["question"])
                key = sha256(content.encode()).hexdigest()[:16]
                if key not in known:
                    known.add(key)
                    questions.append({"key": key, "content": content})
                references.append([key, each.get("shown", []), each.get("figures", {})])
            changed.append({"id": attempt, "asked": _written(references)})
        if questions:
            connection.execute(
                sa.text("INSERT INTO question (key, content) VALUES (:key, :content)"), questions
            )
        connection.execute(_REPLACE, changed)


def _unrefer() -> None:
    """Put whole questions into the attempts again, with their figures in them."""
    connection = op.get_bind()
    known = {
        row.key: json.loads(row.content)
        for row in connection.execute(sa.text("SELECT key, content FROM question"))
    }
    for attempts in _attempts():
        changed = []
        for attempt, references in attempts:
            asked = []
            for key, shown, figures in references:
                question = dict(known[key])
                if figures:
                    for text in ("text", "explanation"):
                        for name, value in figures.items():
                            question[text] = question[text].replace(f"{{{name}}}", f"{value}")
                    question |= {"answer": figures["answer"], "generated": None}
                asked.append({"question": question, "shown": shown})
            changed.append({"id": attempt, "asked": _written(asked)})
        connection.execute(_REPLACE, changed)


def _written(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def downgrade() -> None:
    _unrefer()
    op.drop_table("question")
    op.drop_index("ix_attempt_person_id_lesson_number_passed", "attempt")
    op.create_index(op.f("ix_attempt_person_id"), "attempt", ["person_id"])
    op.drop_table("outbox")
    op.drop_table("deletion")
    connection = op.get_bind()
    connection.execute(sa.text("DELETE FROM personal_link"))
    for place in FIRST_PLACES:
        connection.execute(
            sa.text(
                "UPDATE person SET place = place || ':' || wish"
                " WHERE place = :place AND wish != ''"
            ),
            {"place": place},
        )
    sqlite = connection.dialect.name == "sqlite"
    recreate: Literal["always", "auto"] = "always" if sqlite else "auto"
    with op.batch_alter_table("move", recreate=recreate, table_kwargs=ROWID) as move:
        move.drop_column("document")
        move.drop_column("notice")
    with op.batch_alter_table("answer", recreate=recreate, table_kwargs=ROWID) as answer:
        answer.alter_column("points", existing_type=sa.Integer(), existing_nullable=False)
    with op.batch_alter_table(
        "person",
        recreate="always" if sqlite else "auto",
        table_kwargs={"sqlite_autoincrement": False},
    ) as person:
        person.drop_index("ix_person_remind_at")
        person.drop_column("remind_at")
        person.drop_column("wish")
        person.create_index("ix_person_reminders_sent_seen_at", ["reminders_sent", "seen_at"])
