"""Edits of scripts, terms and wording rules, decided by a second person"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0022"
down_revision = "0027"
branch_labels = None
depends_on = None

JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
OPEN = sa.text("status IN ('draft', 'submitted')")
CHECKS = {
    "shelf": "shelf IN ('script', 'term', 'rule')",
    "action": "action IN ('put', 'remove', 'reset')",
    "status": "status IN ('draft', 'submitted', 'approved', 'returned', 'withdrawn')",
    "content": "(action = 'put') = (content IS NOT NULL)",
    "four_eyes": "decided_by <> drafted_by",
    "decided": "(status IN ('approved', 'returned')) = (decided_by IS NOT NULL)",
    "approved": "(status = 'approved') = (number IS NOT NULL)",
    "reason": "status <> 'returned' OR reason <> ''",
}


def upgrade() -> None:
    op.create_table(
        "library_edit",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("shelf", sa.String(length=8), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("action", sa.String(length=8), nullable=False),
        sa.Column("content", JSON, nullable=True),
        sa.Column("before", JSON, nullable=True),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("drafted_by", sa.String(length=32), nullable=False),
        sa.Column("drafted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.String(length=32), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        *(sa.CheckConstraint(rule, name=op.f(f"ck_library_edit_{name}")) for name, rule in CHECKS.items()),
        sa.ForeignKeyConstraint(["drafted_by"], ["person.id"], name=op.f("fk_library_edit_drafted_by")),
        sa.ForeignKeyConstraint(["decided_by"], ["person.id"], name=op.f("fk_library_edit_decided_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_library_edit")),
    )
    op.create_index("uq_library_edit_number", "library_edit", ["number"], unique=True)
    op.create_index("uq_library_edit_open", "library_edit", ["shelf", "key"], unique=True, sqlite_where=OPEN, postgresql_where=OPEN)
    op.create_index("ix_library_edit_drafted_at_id", "library_edit", ["drafted_at", "id"])


def downgrade() -> None:
    op.drop_table("library_edit")
