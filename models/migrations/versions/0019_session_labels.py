"""Labels of conversations, which the ear is measured against"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


def upgrade() -> None:
    op.create_table(
        "session_label",
        sa.Column("session_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.Column("onset", sa.Double(), nullable=True),
        sa.Column("offset_at", sa.Double(), nullable=True),
        sa.Column("turns", JSON, nullable=False),
        sa.Column("labelled_by", sa.String(length=32), nullable=False),
        sa.Column("labelled_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("seconds > 0", name=op.f("ck_session_label_seconds")),
        sa.CheckConstraint("(onset IS NULL) = (offset_at IS NULL)", name=op.f("ck_session_label_agitation")),
        sa.ForeignKeyConstraint(["session_id"], ["session.id"], name=op.f("fk_session_label_session_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["labelled_by"], ["person.id"], name=op.f("fk_session_label_labelled_by")),
        sa.PrimaryKeyConstraint("session_id", name=op.f("pk_session_label")),
    )
    op.create_index("ix_session_label_labelled_at_session_id", "session_label", ["labelled_at", "session_id"])


def downgrade() -> None:
    op.drop_table("session_label")
