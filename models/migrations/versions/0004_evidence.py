"""Evidence, signals, holds"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
UNFINISHED = sa.text("files_removed_at IS NULL")


def upgrade() -> None:
    _evidence()
    _signals()
    _retention()


def _evidence() -> None:
    op.create_table(
        "evidence_blob",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("path", sa.String(length=200), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("media_type", sa.String(length=80), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("size > 0", name=op.f("ck_evidence_blob_size")),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_evidence_blob")),
        sa.UniqueConstraint("path", name=op.f("uq_evidence_blob_path")),
    )
    op.create_table(
        "evidence",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("site_id", sa.String(length=32), nullable=False),
        sa.Column("task_id", sa.String(length=32), nullable=True),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("filename", sa.String(length=160), nullable=False),
        sa.Column("session_id", sa.String(length=32), nullable=True),
        sa.Column("utterance_id", sa.String(length=32), nullable=True),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("start", sa.Double(), nullable=True),
        sa.Column("end", sa.Double(), nullable=True),
        sa.Column("speaker", sa.String(length=8), nullable=True),
        sa.Column("added_by", sa.String(length=32), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by", sa.String(length=32), nullable=True),
        sa.Column("withdrawn_reason", sa.String(length=500), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('id_scan', 'contract', 'receipt', 'loan_letter', 'chat', 'utterance', 'other')", name=op.f("ck_evidence_kind")
        ),
        sa.CheckConstraint("(kind = 'utterance') = (session_id IS NOT NULL)", name=op.f("ck_evidence_citation")),
        sa.CheckConstraint("(sha256 IS NULL) = (session_id IS NOT NULL)", name=op.f("ck_evidence_source")),
        sa.CheckConstraint("(session_id IS NULL) = (utterance_id IS NULL)", name=op.f("ck_evidence_utterance")),
        sa.CheckConstraint("(withdrawn_at IS NULL) = (withdrawn_by IS NULL)", name=op.f("ck_evidence_withdrawn")),
        sa.ForeignKeyConstraint(["case_id"], ["withdrawal_case.id"], name=op.f("fk_evidence_case_id")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_evidence_site_id")),
        sa.ForeignKeyConstraint(["task_id"], ["case_task.id"], name=op.f("fk_evidence_task_id")),
        sa.ForeignKeyConstraint(["sha256"], ["evidence_blob.sha256"], name=op.f("fk_evidence_sha256")),
        sa.ForeignKeyConstraint(["session_id"], ["session.id"], name=op.f("fk_evidence_session_id")),
        sa.ForeignKeyConstraint(["added_by"], ["person.id"], name=op.f("fk_evidence_added_by")),
        sa.ForeignKeyConstraint(["withdrawn_by"], ["person.id"], name=op.f("fk_evidence_withdrawn_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence")),
    )
    op.create_index("ix_evidence_case_id_created_at", "evidence", ["case_id", "created_at"])
    for column in ("task_id", "sha256", "session_id"):
        op.create_index(op.f(f"ix_evidence_{column}"), "evidence", [column])


def _signals() -> None:
    op.create_table(
        "case_signal",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("message_key", sa.String(length=160), nullable=False),
        sa.Column("site_id", sa.String(length=32), nullable=False),
        sa.Column("session_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("utterance_id", sa.String(length=32), nullable=True),
        sa.Column("detail", JSON, nullable=False),
        sa.Column("heard_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.String(length=32), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('withdrawal_intent', 'litigation', 'media', 'group', 'regulator', 'escalation', 'cause')",
            name=op.f("ck_case_signal_kind"),
        ),
        sa.CheckConstraint("status IN ('noted', 'open', 'confirmed', 'dismissed')", name=op.f("ck_case_signal_status")),
        sa.CheckConstraint("(decided_by IS NOT NULL) = (status IN ('confirmed', 'dismissed'))", name=op.f("ck_case_signal_decided")),
        sa.CheckConstraint("(decided_by IS NULL) = (decided_at IS NULL)", name=op.f("ck_case_signal_decided_at")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_case_signal_site_id")),
        sa.ForeignKeyConstraint(["session_id"], ["session.id"], name=op.f("fk_case_signal_session_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["decided_by"], ["person.id"], name=op.f("fk_case_signal_decided_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_signal")),
        sa.UniqueConstraint("message_key", name=op.f("uq_case_signal_message_key")),
    )
    op.create_index("ix_case_signal_site_id_heard_at", "case_signal", ["site_id", "heard_at"])
    op.create_index("ix_case_signal_heard_at_id", "case_signal", ["heard_at", "id"])
    op.create_index(op.f("ix_case_signal_session_id"), "case_signal", ["session_id"])
    op.add_column("outbox_message", sa.Column("parked_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("outbox_message", sa.Column("error", sa.String(length=200), nullable=True))


def _retention() -> None:
    op.create_table(
        "legal_hold",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("site_id", sa.String(length=32), nullable=False),
        sa.Column("case_id", sa.String(length=32), nullable=True),
        sa.Column("session_id", sa.String(length=32), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("placed_by", sa.String(length=32), nullable=False),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lifted_by", sa.String(length=32), nullable=True),
        sa.Column("lifted_reason", sa.String(length=500), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("(case_id IS NULL) <> (session_id IS NULL)", name=op.f("ck_legal_hold_subject")),
        sa.CheckConstraint("ends_at > placed_at", name=op.f("ck_legal_hold_interval")),
        sa.CheckConstraint("(lifted_at IS NULL) = (lifted_by IS NULL)", name=op.f("ck_legal_hold_lifted")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_legal_hold_site_id")),
        sa.ForeignKeyConstraint(["case_id"], ["withdrawal_case.id"], name=op.f("fk_legal_hold_case_id")),
        sa.ForeignKeyConstraint(["session_id"], ["session.id"], name=op.f("fk_legal_hold_session_id")),
        sa.ForeignKeyConstraint(["placed_by"], ["person.id"], name=op.f("fk_legal_hold_placed_by")),
        sa.ForeignKeyConstraint(["lifted_by"], ["person.id"], name=op.f("fk_legal_hold_lifted_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_legal_hold")),
    )
    op.create_index("ix_legal_hold_placed_at_id", "legal_hold", ["placed_at", "id"])
    for column in ("case_id", "session_id"):
        op.create_index(op.f(f"ix_legal_hold_{column}"), "legal_hold", [column])
    op.create_table(
        "removal",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("subject_id", sa.String(length=32), nullable=False),
        sa.Column("site_id", sa.String(length=32), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("counts", JSON, nullable=False),
        sa.Column("pending", JSON, nullable=False),
        sa.Column("files_removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('case', 'session')", name=op.f("ck_removal_kind")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_removal_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_removal")),
        sa.UniqueConstraint("subject_id", name=op.f("uq_removal_subject_id")),
    )
    op.create_index("ix_removal_removed_at_id", "removal", ["removed_at", "id"])
    op.create_index("ix_removal_open", "removal", ["id"], sqlite_where=UNFINISHED, postgresql_where=UNFINISHED)


def downgrade() -> None:
    op.drop_table("removal")
    op.drop_table("legal_hold")
    op.drop_column("outbox_message", "error")
    op.drop_column("outbox_message", "parked_at")
    op.drop_table("case_signal")
    op.drop_table("evidence")
    op.drop_table("evidence_blob")
