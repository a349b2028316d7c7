"""MAX: at which of several doors a person has written last."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("person", sa.Column("last_account_id", sa.String(length=96), nullable=True))


def downgrade() -> None:
    op.drop_column("person", "last_account_id")
