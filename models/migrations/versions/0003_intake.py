"""Intake"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
ID_TYPES = "'resident_id', 'passport', 'hk_macao_permit', 'taiwan_permit', 'other'"


def upgrade() -> None:
    op.add_column("withdrawal_case", sa.Column("search_text", sa.String(length=1000), nullable=False, server_default=""))
    op.execute("UPDATE withdrawal_case SET search_text = lower(code || ' ' || customer_label || ' ' || unit_label)")
    op.create_index("uq_withdrawal_case_site_id_external_reference", "withdrawal_case", ["site_id", "external_reference"], unique=True)
    op.create_index("ix_withdrawal_case_site_id_received_at", "withdrawal_case", ["site_id", "received_at"])
    op.create_index("ix_withdrawal_case_received_at_id", "withdrawal_case", ["received_at", "id"])
    _registration()
    _verifications()


def _registration() -> None:
    op.create_table(
        "registration",
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("customer_name", sa.String(length=80), nullable=False),
        sa.Column("id_type", sa.String(length=16), nullable=False),
        sa.Column("id_number", sa.String(length=20), nullable=True),
        sa.Column("id_scan_evidence_id", sa.String(length=32), nullable=True),
        sa.Column("id_scan_missing_reason", sa.String(length=500), nullable=False),
        sa.Column("phone", sa.String(length=20), nullable=True),
        sa.Column("phone_verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("phone_unverified_reason", sa.String(length=500), nullable=False),
        sa.Column("subscription_code", sa.String(length=80), nullable=False),
        sa.Column("subscription_date", sa.Date(), nullable=True),
        sa.Column("building", sa.String(length=80), nullable=False),
        sa.Column("unit", sa.String(length=80), nullable=False),
        sa.Column("unit_type", sa.String(length=80), nullable=False),
        sa.Column("price_fen", sa.BigInteger(), nullable=True),
        sa.Column("receipt_wording", sa.String(length=500), nullable=False),
        sa.Column("receipt_kind", sa.String(length=8), nullable=True),
        sa.Column("receipt_amount_fen", sa.BigInteger(), nullable=True),
        sa.Column("cause_text", sa.String(length=2000), nullable=False),
        sa.Column("alternative", sa.String(length=12), nullable=True),
        sa.Column("alternative_note", sa.String(length=500), nullable=False),
        sa.Column("alternative_session_id", sa.String(length=32), nullable=True),
        sa.Column("alternative_at", sa.Double(), nullable=True),
        sa.Column("alternative_unrecorded_reason", sa.String(length=500), nullable=False),
        sa.Column("changed_by", sa.String(length=32), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(f"id_type IN ({ID_TYPES})", name=op.f("ck_registration_id_type")),
        sa.CheckConstraint("receipt_kind IS NULL OR receipt_kind IN ('earnest', 'advance', 'other')", name=op.f("ck_registration_receipt_kind")),
        sa.CheckConstraint("alternative IS NULL OR alternative IN ('yes', 'no', 'to_discuss')", name=op.f("ck_registration_alternative")),
        sa.CheckConstraint("price_fen >= 0 AND receipt_amount_fen >= 0", name=op.f("ck_registration_amounts")),
        sa.CheckConstraint("alternative_at >= 0", name=op.f("ck_registration_alternative_at")),
        sa.CheckConstraint("phone_verified_at IS NULL OR phone IS NOT NULL", name=op.f("ck_registration_phone_verified")),
        sa.ForeignKeyConstraint(["case_id"], ["withdrawal_case.id"], name=op.f("fk_registration_case_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["alternative_session_id"], ["session.id"], name=op.f("fk_registration_alternative_session_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["changed_by"], ["person.id"], name=op.f("fk_registration_changed_by")),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_registration")),
    )
    op.create_index(op.f("ix_registration_alternative_session_id"), "registration", ["alternative_session_id"])


def _verifications() -> None:
    op.create_table(
        "phone_verification",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("phone", sa.String(length=20), nullable=False),
        sa.Column("code_hash", sa.String(length=96), nullable=True),
        sa.Column("requested_by", sa.String(length=32), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("attempts >= 0", name=op.f("ck_phone_verification_attempts")),
        sa.CheckConstraint("confirmed_at IS NULL OR code_hash IS NULL", name=op.f("ck_phone_verification_used")),
        sa.ForeignKeyConstraint(["case_id"], ["withdrawal_case.id"], name=op.f("fk_phone_verification_case_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["requested_by"], ["person.id"], name=op.f("fk_phone_verification_requested_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_phone_verification")),
    )
    op.create_index("ix_phone_verification_case_id_requested_at", "phone_verification", ["case_id", "requested_at"])
    op.create_index("ix_phone_verification_phone_requested_at", "phone_verification", ["phone", "requested_at"])
    op.create_table(
        "erp_check",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("checked_by", sa.String(length=32), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.String(length=12), nullable=False),
        sa.Column("compared", JSON, nullable=False),
        sa.Column("snapshot", JSON, nullable=True),
        sa.Column("differences", JSON, nullable=False),
        sa.Column("overrides", JSON, nullable=False),
        sa.CheckConstraint("outcome IN ('matched', 'not_found', 'ambiguous')", name=op.f("ck_erp_check_outcome")),
        sa.ForeignKeyConstraint(["case_id"], ["withdrawal_case.id"], name=op.f("fk_erp_check_case_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["checked_by"], ["person.id"], name=op.f("fk_erp_check_checked_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erp_check")),
    )
    op.create_index("ix_erp_check_case_id_checked_at", "erp_check", ["case_id", "checked_at"])


def downgrade() -> None:
    op.drop_table("erp_check")
    op.drop_table("phone_verification")
    op.drop_table("registration")
    op.drop_index("ix_withdrawal_case_received_at_id", "withdrawal_case")
    op.drop_index("ix_withdrawal_case_site_id_received_at", "withdrawal_case")
    op.drop_index("uq_withdrawal_case_site_id_external_reference", "withdrawal_case")
    op.drop_column("withdrawal_case", "search_text")
