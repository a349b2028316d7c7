"""The turn carries all that it causes: an outbox, what came of a move, and deletions."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

FIRST_PLACES = ("welcome", "name", "role")
"""Places that used to carry the link that brought the person, as in ``welcome:lesson-chats``."""
AWAY_DAYS = (3, 10, 30)


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
    with op.batch_alter_table("move") as move:
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
    waits = sa.text("settled_at IS NULL")
    op.create_index(op.f("ix_outbox_account_id"), "outbox", ["account_id"])
    op.create_index(
        "ix_outbox_due", "outbox", ["door", "due_at"], sqlite_where=waits, postgresql_where=waits
    )
    op.create_index(
        "ix_outbox_waiting",
        "outbox",
        ["person_id", "id"],
        sqlite_where=waits,
        postgresql_where=waits,
    )
    op.create_index("ix_outbox_settled_at", "outbox", ["settled_at"])
    _fill()


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


def downgrade() -> None:
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
    with op.batch_alter_table("move") as move:
        move.drop_column("document")
        move.drop_column("notice")
    sqlite = connection.dialect.name == "sqlite"
    with op.batch_alter_table(
        "person",
        recreate="always" if sqlite else "auto",
        table_kwargs={"sqlite_autoincrement": False},
    ) as person:
        person.drop_index("ix_person_remind_at")
        person.drop_column("remind_at")
        person.drop_column("wish")
        person.create_index("ix_person_reminders_sent_seen_at", ["reminders_sent", "seen_at"])
