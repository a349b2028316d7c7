"""Statistics sheets, where guides lead to, and questions without an answer."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

FIGURES = (
    "expected",
    "registered",
    "teachers_expected",
    "teachers_registered",
    "teachers_linked",
    "teachers_active",
    "pupils_expected",
    "pupils_registered",
    "pupils_linked",
    "pupils_active",
    "parents_expected",
    "parents_registered",
    "parents_linked",
    "parents_active",
)


def _figures() -> list[sa.Column[int]]:
    return [sa.Column(each, sa.Integer(), nullable=True) for each in FIGURES]


def upgrade() -> None:
    op.create_table(
        "school_day",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        *_figures(),
        sa.Column("sent_by", sa.Integer(), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_school_day_organisation_id_organisation"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["sent_by"],
            ["person.id"],
            name=op.f("fk_school_day_sent_by_person"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("organisation_id", "day", name=op.f("pk_school_day")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_school_day_sent_by"), "school_day", ["sent_by"])
    op.create_table(
        "unmatched_day",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("sferum_id", sa.String(length=64), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("municipality", sa.Text(), nullable=False),
        *_figures(),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
            name=op.f("fk_unmatched_day_person_id_person"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("person_id", "sferum_id", "day", name=op.f("pk_unmatched_day")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_unmatched_day_sent_at"), "unmatched_day", ["sent_at"])
    op.create_table(
        "received_sheet",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
            name=op.f("fk_received_sheet_person_id_person"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_received_sheet")),
    )
    op.create_index(op.f("ix_received_sheet_at"), "received_sheet", ["at"])
    op.create_table(
        "heading_choice",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("heading", sa.String(length=200), nullable=False),
        sa.Column("field", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_heading_choice_organisation_id_organisation"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organisation_id", "heading", name=op.f("pk_heading_choice")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "guide_end",
        sa.Column("guide", sa.String(length=32), nullable=False),
        sa.Column("ending", sa.String(length=32), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("guide", "ending", "day", name=op.f("pk_guide_end")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "miss",
        sa.Column("key", sa.String(length=16), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("asker", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("outcome", sa.String(length=8), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_miss")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_miss_day"), "miss", ["day"])
    op.create_table(
        "answer_choice",
        sa.Column("target", sa.String(length=64), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("target", "day", name=op.f("pk_answer_choice")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    # The release before knows no administrators, and would not read their rows.
    for table in ("membership", "consent", "invite"):
        op.execute(f"DELETE FROM {table} WHERE role = 'administrator'")  # noqa: S608 - ours
    for table in (
        "answer_choice",
        "miss",
        "guide_end",
        "heading_choice",
        "received_sheet",
        "unmatched_day",
        "school_day",
    ):
        op.drop_table(table)
