"""Organisations, who belongs to them, what is assigned, and what coordinators do about it."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "noted",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_noted")),
    )
    op.create_table(
        "organisation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("sferum_id", sa.String(length=64), nullable=True),
        sa.Column("time_zone", sa.String(length=64), nullable=True),
        sa.Column("zone", sa.String(length=64), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["organisation.id"], name=op.f("fk_organisation_parent_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation")),
        sa.UniqueConstraint("sferum_id", name=op.f("uq_organisation_sferum_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_organisation_parent_id"), "organisation", ["parent_id"])
    op.create_table(
        "assigned",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("track", sa.String(length=32), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("due", sa.Date(), nullable=True),
        sa.Column("over_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_assigned_organisation_id_organisation"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["source_id"],
            ["organisation.id"],
            name=op.f("fk_assigned_source_id_organisation"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organisation_id", "track", name=op.f("pk_assigned")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "assignment",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("track", sa.String(length=32), nullable=False),
        sa.Column("due", sa.Date(), nullable=True),
        sa.Column("lifted", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("revision", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["changed_by"],
            ["person.id"],
            name=op.f("fk_assignment_changed_by_person"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_assignment_organisation_id_organisation"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organisation_id", "track", name=op.f("pk_assignment")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("operator", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("act", sa.String(length=16), nullable=False),
        sa.Column("about", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_audit_organisation_id_organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
            name=op.f("fk_audit_person_id_person"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    op.create_index(op.f("ix_audit_at"), "audit", ["at"])
    op.create_index(op.f("ix_audit_organisation_id"), "audit", ["organisation_id"])
    op.create_index(op.f("ix_audit_person_id"), "audit", ["person_id"])
    op.create_table(
        "certificate",
        sa.Column("code", sa.String(length=16), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("track", sa.String(length=32), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("course", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
            name=op.f("fk_certificate_person_id_person"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_certificate")),
    )
    op.create_index(op.f("ix_certificate_person_id"), "certificate", ["person_id"])
    op.create_table(
        "consent",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("wording", sa.String(length=16), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_consent_organisation_id_organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
            name=op.f("fk_consent_person_id_person"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent")),
    )
    op.create_index(op.f("ix_consent_person_id"), "consent", ["person_id"])
    op.create_table(
        "departure",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_departure_organisation_id_organisation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_departure")),
    )
    op.create_index(op.f("ix_departure_organisation_id"), "departure", ["organisation_id"])
    op.create_table(
        "invite",
        sa.Column("key", sa.String(length=16), nullable=False),
        sa.Column("digest", sa.String(length=32), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("made_by", sa.Integer(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("limit", sa.Integer(), nullable=True),
        sa.Column("uses", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["made_by"], ["person.id"], name=op.f("fk_invite_made_by_person"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_invite_organisation_id_organisation"),
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_invite")),
        sa.UniqueConstraint("digest", name=op.f("uq_invite_digest")),
    )
    op.create_index(op.f("ix_invite_organisation_id"), "invite", ["organisation_id"])
    op.create_table(
        "lineage",
        sa.Column("above_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["above_id"],
            ["organisation.id"],
            name=op.f("fk_lineage_above_id_organisation"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_lineage_organisation_id_organisation"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("above_id", "organisation_id", name=op.f("pk_lineage")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        op.f("ix_lineage_organisation_id_above_id"), "lineage", ["organisation_id", "above_id"]
    )
    op.create_table(
        "mailing",
        sa.Column("key", sa.String(length=16), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("made_by", sa.Integer(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("states", sa.String(length=32), nullable=False),
        sa.Column("unreachable", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["made_by"], ["person.id"], name=op.f("fk_mailing_made_by_person"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_mailing_organisation_id_organisation"),
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_mailing")),
    )
    op.create_index(op.f("ix_mailing_organisation_id"), "mailing", ["organisation_id"])
    op.create_table(
        "membership",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("digest", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("digested", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_membership_organisation_id_organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
            name=op.f("fk_membership_person_id_person"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "organisation_id", "role", "person_id", name=op.f("pk_membership")
        ),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_membership_person_id_role"), "membership", ["person_id", "role"])
    op.create_table(
        "team_session",
        sa.Column("digest", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
            name=op.f("fk_team_session_person_id_person"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_team_session")),
    )
    op.create_index(op.f("ix_team_session_person_id"), "team_session", ["person_id"])
    op.create_table(
        "track_progress",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("track", sa.String(length=32), nullable=False),
        sa.Column("passed", sa.Integer(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=True),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
            name=op.f("fk_track_progress_person_id_person"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("person_id", "track", name=op.f("pk_track_progress")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "wrong_guess",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
            name=op.f("fk_wrong_guess_person_id_person"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wrong_guess")),
    )
    op.create_index(op.f("ix_wrong_guess_at"), "wrong_guess", ["at"])
    op.create_index(op.f("ix_wrong_guess_person_id"), "wrong_guess", ["person_id"])
    sqlite = op.get_bind().dialect.name == "sqlite"
    op.add_column(
        "deletion",
        sa.Column("reason", sa.String(length=16), server_default="self", nullable=False),
    )
    _documents(64)
    op.add_column(
        "move", sa.Column("commands", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    with op.batch_alter_table(
        "outbox",
        recreate="always" if sqlite else "auto",
        table_kwargs={"sqlite_autoincrement": True},
    ) as outbox:
        outbox.add_column(sa.Column("begun_at", sa.DateTime(timezone=True), nullable=True))
        outbox.add_column(sa.Column("organisation_id", sa.Integer(), nullable=True))
        outbox.add_column(sa.Column("mailing", sa.String(length=16), nullable=True))
        outbox.add_column(sa.Column("about", sa.Text(), server_default="", nullable=False))
        outbox.create_index("ix_outbox_mailing", ["mailing"])
        outbox.create_foreign_key(
            op.f("fk_outbox_mailing_mailing"), "mailing", ["mailing"], ["key"], ondelete="SET NULL"
        )
        outbox.create_foreign_key(
            op.f("fk_outbox_organisation_id_organisation"),
            "organisation",
            ["organisation_id"],
            ["id"],
            ondelete="SET NULL",
        )
    op.add_column("person", sa.Column("warned_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("person", sa.Column("name_key", sa.Text(), server_default="", nullable=False))
    op.create_index(op.f("ix_person_name_key"), "person", ["name_key"])
    _fold_names()
    op.create_index(op.f("ix_person_seen_at"), "person", ["seen_at"])


def _fold_names() -> None:
    """Fold everybody's name, some people at a time: SQLite folds ASCII only."""
    connection, last = op.get_bind(), 0
    query = sa.text(
        "SELECT id, name FROM person WHERE id > :last AND name != '' ORDER BY id LIMIT 1000"
    )
    while rows := connection.execute(query, {"last": last}).all():
        last = rows[-1].id
        connection.execute(
            sa.text("UPDATE person SET name_key = :key WHERE id = :id"),
            [{"id": row.id, "key": row.name.casefold().replace("ё", "е")} for row in rows],
        )


def _documents(length: int) -> None:
    """Change how long the name of a document may be that a move brought."""
    sqlite = op.get_bind().dialect.name == "sqlite"
    with op.batch_alter_table(
        "move",
        recreate="always" if sqlite else "auto",
        table_kwargs={"sqlite_with_rowid": False},
    ) as move:
        move.alter_column(
            "document",
            existing_type=sa.String(length=32),
            type_=sa.String(length=length),
            existing_nullable=False,
            existing_server_default="",
        )


def downgrade() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    # What the version before can't word, it can't send either.
    op.execute("DELETE FROM outbox WHERE kind != 'reminder'")
    op.execute("UPDATE move SET document = '' WHERE length(document) > 32")
    op.drop_index(op.f("ix_person_seen_at"), "person")
    op.drop_column("person", "warned_at")
    op.drop_index(op.f("ix_person_name_key"), "person")
    op.drop_column("person", "name_key")
    with op.batch_alter_table(
        "outbox",
        recreate="always" if sqlite else "auto",
        table_kwargs={"sqlite_autoincrement": True},
    ) as outbox:
        outbox.drop_constraint(op.f("fk_outbox_mailing_mailing"), type_="foreignkey")
        outbox.drop_constraint(op.f("fk_outbox_organisation_id_organisation"), type_="foreignkey")
        outbox.drop_index("ix_outbox_mailing")
        for column in ("about", "mailing", "organisation_id", "begun_at"):
            outbox.drop_column(column)
    op.drop_column("move", "commands")
    _documents(32)
    op.drop_column("deletion", "reason")
    for table in (
        "wrong_guess",
        "track_progress",
        "team_session",
        "membership",
        "mailing",
        "lineage",
        "invite",
        "departure",
        "consent",
        "certificate",
        "audit",
        "assignment",
        "assigned",
        "organisation",
        "noted",
    ):
        op.drop_table(table)
