"""Offers of competitors: recorded, verified, compared with ours"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "competitor_offer",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("site_id", sa.String(length=32), nullable=False),
        sa.Column("case_id", sa.String(length=32), nullable=True),
        sa.Column("competitor", sa.String(length=80), nullable=False),
        sa.Column("offered", sa.Text(), nullable=False),
        sa.Column("heard_by", sa.String(length=32), nullable=False),
        sa.Column("heard_at", TIME, nullable=False),
        sa.Column("evidence_id", sa.String(length=32), nullable=True),
        sa.Column("session_id", sa.String(length=32), nullable=True),
        sa.Column("created_by", sa.String(length=32), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("outcome", sa.String(length=8), nullable=True),
        sa.Column("proof", sa.Text(), nullable=False),
        sa.Column("proof_evidence_id", sa.String(length=32), nullable=True),
        sa.Column("verified_by", sa.String(length=32), nullable=True),
        sa.Column("verified_at", TIME, nullable=True),
        sa.Column("comparison", JSON, nullable=False),
        sa.Column("matchable", sa.String(length=8), nullable=True),
        sa.Column("judgement", sa.Text(), nullable=False),
        sa.Column("compared_by", sa.String(length=32), nullable=True),
        sa.Column("compared_at", TIME, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("outcome IN ('true', 'false', 'unclear')", name=op.f("ck_competitor_offer_outcome")),
        sa.CheckConstraint("matchable IN ('yes', 'partly', 'no')", name=op.f("ck_competitor_offer_matchable")),
        sa.CheckConstraint("(outcome IS NULL) = (verified_at IS NULL)", name=op.f("ck_competitor_offer_verified")),
        sa.CheckConstraint("(matchable IS NULL) = (compared_at IS NULL)", name=op.f("ck_competitor_offer_compared")),
        sa.CheckConstraint("evidence_id IS NULL OR case_id IS NOT NULL", name=op.f("ck_competitor_offer_evidence")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_competitor_offer_site_id")),
        sa.ForeignKeyConstraint(["case_id"], ["withdrawal_case.id"], name=op.f("fk_competitor_offer_case_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["evidence_id"], ["evidence.id"], name=op.f("fk_competitor_offer_evidence_id")),
        sa.ForeignKeyConstraint(["proof_evidence_id"], ["evidence.id"], name=op.f("fk_competitor_offer_proof_evidence_id")),
        sa.ForeignKeyConstraint(["session_id"], ["session.id"], name=op.f("fk_competitor_offer_session_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["heard_by"], ["person.id"], name=op.f("fk_competitor_offer_heard_by")),
        sa.ForeignKeyConstraint(["created_by"], ["person.id"], name=op.f("fk_competitor_offer_created_by")),
        sa.ForeignKeyConstraint(["verified_by"], ["person.id"], name=op.f("fk_competitor_offer_verified_by")),
        sa.ForeignKeyConstraint(["compared_by"], ["person.id"], name=op.f("fk_competitor_offer_compared_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_competitor_offer")),
    )
    op.create_index("ix_competitor_offer_site_id_created_at", "competitor_offer", ["site_id", "created_at"])
    op.create_index("ix_competitor_offer_created_at_id", "competitor_offer", ["created_at", "id"])
    for column in ("case_id", "evidence_id", "proof_evidence_id", "session_id"):
        op.create_index(op.f(f"ix_competitor_offer_{column}"), "competitor_offer", [column])


def downgrade() -> None:
    op.drop_table("competitor_offer")
