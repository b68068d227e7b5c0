"""Clips of conversations"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "session_clip",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("session_id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("start", sa.Double(), nullable=False),
        sa.Column("end", sa.Double(), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("made_by", sa.String(length=32), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint('start >= 0 AND "end" > start', name=op.f("ck_session_clip_interval")),
        sa.ForeignKeyConstraint(["session_id"], ["session.id"], name=op.f("fk_session_clip_session_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["made_by"], ["person.id"], name=op.f("fk_session_clip_made_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session_clip")),
    )
    op.create_index("ix_session_clip_session_id_start", "session_clip", ["session_id", "start"])
    op.create_index("ix_session_clip_created_at_id", "session_clip", ["created_at", "id"])


def downgrade() -> None:
    op.drop_table("session_clip")
