"""Hints to the phone of a running conversation, and listening in"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.schema import SchemaItem

revision = "0028"
down_revision = "0029"
branch_labels = None
depends_on = None

REASONS = "'stopped', 'away', 'session_over', 'consent_withdrawn', 'forbidden'"
OPEN = sa.text("ended_at IS NULL")


def _belongs(table: str) -> list[SchemaItem]:
    return [
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("session_id", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["session_id"], ["session.id"], name=op.f(f"fk_{table}_session_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f(f"fk_{table}_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    ]


def upgrade() -> None:
    op.create_table(
        "session_hint",
        *_belongs("session_hint"),
        sa.Column("text", sa.String(length=60), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("at", sa.Double(), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("shown_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("at >= 0", name=op.f("ck_session_hint_at")),
    )
    op.create_index("ix_session_hint_session_id_created_at", "session_hint", ["session_id", "created_at"])
    op.create_table(
        "session_listener",
        *_belongs("session_listener"),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(length=20), nullable=True),
        sa.CheckConstraint(f"reason IN ({REASONS})", name=op.f("ck_session_listener_reason")),
        sa.CheckConstraint("(ended_at IS NULL) = (reason IS NULL)", name=op.f("ck_session_listener_ended")),
    )
    op.create_index("ix_session_listener_session_id", "session_listener", ["session_id"])
    op.create_index(
        "uq_session_listener_open",
        "session_listener",
        ["session_id", "person_id"],
        unique=True,
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    )


def downgrade() -> None:
    op.drop_table("session_listener")
    op.drop_table("session_hint")
