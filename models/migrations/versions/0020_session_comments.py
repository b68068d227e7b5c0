"""Comments at a moment of a conversation"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "session_comment",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("session_id", sa.String(length=32), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("text", sa.String(length=500), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("at >= 0", name=op.f("ck_session_comment_at")),
        sa.ForeignKeyConstraint(["session_id"], ["session.id"], name=op.f("fk_session_comment_session_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_session_comment_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session_comment")),
    )
    op.create_index("ix_session_comment_session_id_at", "session_comment", ["session_id", "at"])


def downgrade() -> None:
    op.drop_table("session_comment")
