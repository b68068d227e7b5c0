"""The closing actions: customer tag, knowledge base, brief to the region, team review"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


def _action(name: str, person: str, *columns: sa.schema.SchemaItem) -> None:
    """A table of one row a case; `person` is the column of who did it."""
    op.create_table(
        name,
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("site_id", sa.String(length=32), nullable=False),
        sa.Column("case_id", sa.String(length=32), nullable=False),
        *columns,
        sa.Column(person, sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f(f"fk_{name}_site_id")),
        sa.ForeignKeyConstraint(["case_id"], ["withdrawal_case.id"], name=op.f(f"fk_{name}_case_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint([person], ["person.id"], name=op.f(f"fk_{name}_{person}")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
        sa.UniqueConstraint("case_id", name=op.f(f"uq_{name}_case_id")),
    )


def upgrade() -> None:
    _action(
        "customer_tag",
        "created_by",
        sa.Column("tag", sa.String(length=40), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_customer_tag_site_id_tag", "customer_tag", ["site_id", "tag"])
    _action(
        "knowledge_entry",
        "created_by",
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("outcome", sa.String(length=10), nullable=False),
        sa.Column("causes", JSON, nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("lessons", sa.Text(), nullable=False),
        sa.Column("course", JSON, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("outcome IN ('withdrawn', 'kept')", name=op.f("ck_knowledge_entry_outcome")),
    )
    op.create_index("ix_knowledge_entry_created_at_id", "knowledge_entry", ["created_at", "id"])
    op.create_index("ix_knowledge_entry_site_id_created_at", "knowledge_entry", ["site_id", "created_at"])
    _action(
        "regional_brief",
        "sent_by",
        sa.Column("body", JSON, nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_by", sa.String(length=32), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["received_by"], ["person.id"], name=op.f("fk_regional_brief_received_by")),
        sa.CheckConstraint("(received_at IS NULL) = (received_by IS NULL)", name=op.f("ck_regional_brief_received")),
    )
    op.create_index("ix_regional_brief_sent_at_id", "regional_brief", ["sent_at", "id"])
    _action(
        "team_review",
        "created_by",
        sa.Column("held_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("participants", JSON, nullable=False),
        sa.Column("findings", sa.Text(), nullable=False),
        sa.Column("sop_change", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    )


def downgrade() -> None:
    for name in ("team_review", "regional_brief", "knowledge_entry", "customer_tag"):
        op.drop_table(name)
