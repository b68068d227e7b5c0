"""Acknowledgements of the people who will live in a unit"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "co_resident_ack",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("site_id", sa.String(length=32), nullable=False),
        sa.Column("customer_reference", sa.String(length=64), nullable=False),
        sa.Column("unit_reference", sa.String(length=64), nullable=False),
        sa.Column("customer_label", sa.String(length=80), nullable=False),
        sa.Column("people", JSON, nullable=False),
        sa.Column("names", sa.Text(), nullable=False),
        sa.Column("notice_version", sa.String(length=40), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("method", sa.String(length=8), nullable=True),
        sa.Column("signatures", JSON, nullable=True),
        sa.Column("scan_sha256", sa.String(length=64), nullable=True),
        sa.Column("scan_name", sa.String(length=160), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=True),
        sa.Column("created_by", sa.String(length=32), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("signed_at", TIME, nullable=True),
        sa.Column("witnessed_by", sa.String(length=32), nullable=True),
        sa.Column("withdrawn_at", TIME, nullable=True),
        sa.Column("withdrawn_by", sa.String(length=32), nullable=True),
        sa.Column("withdrawn_reason", sa.String(length=500), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("status IN ('draft', 'signed', 'withdrawn')", name=op.f("ck_co_resident_ack_status")),
        sa.CheckConstraint("customer_reference <> '' OR unit_reference <> ''", name=op.f("ck_co_resident_ack_whose")),
        sa.CheckConstraint("status <> 'signed' OR signed_at IS NOT NULL", name=op.f("ck_co_resident_ack_signed")),
        sa.CheckConstraint("signed_at IS NULL OR (signatures IS NULL) <> (scan_sha256 IS NULL)", name=op.f("ck_co_resident_ack_proof")),
        sa.CheckConstraint("(withdrawn_at IS NULL) = (status <> 'withdrawn')", name=op.f("ck_co_resident_ack_withdrawn")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_co_resident_ack_site_id")),
        sa.ForeignKeyConstraint(["scan_sha256"], ["evidence_blob.sha256"], name=op.f("fk_co_resident_ack_scan_sha256")),
        sa.ForeignKeyConstraint(["created_by"], ["person.id"], name=op.f("fk_co_resident_ack_created_by")),
        sa.ForeignKeyConstraint(["witnessed_by"], ["person.id"], name=op.f("fk_co_resident_ack_witnessed_by")),
        sa.ForeignKeyConstraint(["withdrawn_by"], ["person.id"], name=op.f("fk_co_resident_ack_withdrawn_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_co_resident_ack")),
    )
    op.create_index("ix_co_resident_ack_site_id_unit_reference", "co_resident_ack", ["site_id", "unit_reference"])
    op.create_index("ix_co_resident_ack_site_id_customer_reference", "co_resident_ack", ["site_id", "customer_reference"])
    op.create_index("ix_co_resident_ack_created_at_id", "co_resident_ack", ["created_at", "id"])
    op.create_index(op.f("ix_co_resident_ack_scan_sha256"), "co_resident_ack", ["scan_sha256"])


def downgrade() -> None:
    op.drop_table("co_resident_ack")
