"""Learning that somebody asked for: how far it is and what came of it"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0031"
down_revision = "0022"
branch_labels = None
depends_on = None

JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
RUNNING = sa.text("status = 'running'")
CHECKS = {
    "status": "status IN ('running', 'done', 'failed')",
    "ended": "(status = 'running') = (ended_at IS NULL)",
    "version": "status = 'done' OR ranking_version_id IS NULL",
}


def upgrade() -> None:
    op.create_table(
        "learning_run",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("status", sa.String(length=8), nullable=False),
        sa.Column("site_ids", JSON, nullable=True),
        sa.Column("started_by", sa.String(length=32), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sessions", sa.Integer(), nullable=False),
        sa.Column("sessions_done", sa.Integer(), nullable=False),
        sa.Column("ranking_version_id", sa.String(length=32), nullable=True),
        *(sa.CheckConstraint(rule, name=op.f(f"ck_learning_run_{name}")) for name, rule in CHECKS.items()),
        sa.ForeignKeyConstraint(["started_by"], ["person.id"], name=op.f("fk_learning_run_started_by")),
        sa.ForeignKeyConstraint(
            ["ranking_version_id"], ["ranking_version.id"], name=op.f("fk_learning_run_ranking_version_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_learning_run")),
    )
    op.create_index(
        "uq_learning_run_running", "learning_run", ["status"], unique=True, sqlite_where=RUNNING, postgresql_where=RUNNING
    )
    op.create_index("ix_learning_run_started_at_id", "learning_run", ["started_at", "id"])


def downgrade() -> None:
    op.drop_table("learning_run")
