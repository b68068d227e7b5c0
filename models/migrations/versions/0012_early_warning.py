"""Early warnings"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


def upgrade() -> None:
    op.create_table(
        "crm_customer",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("site_id", sa.String(length=32), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("reference", sa.String(length=64), nullable=False),
        sa.Column("unit_reference", sa.String(length=64), nullable=False),
        sa.Column("label", sa.String(length=80), nullable=False),
        sa.Column("check_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("settled", JSON, nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_crm_customer_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crm_customer")),
    )
    op.create_index(
        "ix_crm_customer_check_at",
        "crm_customer",
        ["check_at"],
        unique=False,
        sqlite_where=sa.text("check_at IS NOT NULL"),
        postgresql_where=sa.text("check_at IS NOT NULL"),
    )
    op.create_index(
        "ix_crm_customer_unit",
        "crm_customer",
        ["site_id", "unit_reference"],
        unique=False,
        sqlite_where=sa.text("unit_reference <> ''"),
        postgresql_where=sa.text("unit_reference <> ''"),
    )
    op.create_index("uq_crm_customer_site_id_key", "crm_customer", ["site_id", "key"], unique=True)
    op.create_table(
        "crm_source",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("site_id", sa.String(length=32), nullable=True),
        sa.Column("secret", sa.String(length=80), nullable=False),
        sa.Column("previous_secret", sa.String(length=80), nullable=True),
        sa.Column("previous_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("status", sa.String(length=8), nullable=False),
        sa.Column("created_by", sa.String(length=32), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("status IN ('active', 'disabled')", name=op.f("ck_crm_source_status")),
        sa.CheckConstraint("(previous_secret IS NULL) = (previous_until IS NULL)", name=op.f("ck_crm_source_previous")),
        sa.ForeignKeyConstraint(["created_by"], ["person.id"], name=op.f("fk_crm_source_created_by")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_crm_source_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crm_source")),
        sa.UniqueConstraint("name", name=op.f("uq_crm_source_name")),
    )
    op.create_index("ix_crm_source_created_at_id", "crm_source", ["created_at", "id"], unique=False)
    op.create_table(
        "warning_rule_set",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("site_id", sa.String(length=32), nullable=True),
        sa.Column("scope", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("content", JSON, nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("drafted_by", sa.String(length=32), nullable=False),
        sa.Column("drafted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_by", sa.String(length=32), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("(status = 'draft') = (published_at IS NULL)", name=op.f("ck_warning_rule_set_published")),
        sa.CheckConstraint("(status = 'retired') = (retired_at IS NOT NULL)", name=op.f("ck_warning_rule_set_retired")),
        sa.CheckConstraint("scope = coalesce(site_id, '')", name=op.f("ck_warning_rule_set_scope")),
        sa.CheckConstraint("status IN ('draft', 'published', 'retired')", name=op.f("ck_warning_rule_set_status")),
        sa.ForeignKeyConstraint(["drafted_by"], ["person.id"], name=op.f("fk_warning_rule_set_drafted_by")),
        sa.ForeignKeyConstraint(["published_by"], ["person.id"], name=op.f("fk_warning_rule_set_published_by")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_warning_rule_set_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_warning_rule_set")),
    )
    op.create_index("ix_warning_rule_set_drafted_at_id", "warning_rule_set", ["drafted_at", "id"], unique=False)
    op.create_index("uq_warning_rule_set_number", "warning_rule_set", ["scope", "number"], unique=True)
    op.create_table(
        "early_warning",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("site_id", sa.String(length=32), nullable=False),
        sa.Column("customer_id", sa.String(length=32), nullable=False),
        sa.Column("level", sa.String(length=8), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("reasons", JSON, nullable=False),
        sa.Column("rule_set_id", sa.String(length=32), nullable=True),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("plan", JSON, nullable=False),
        sa.Column("stage", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("assignee_id", sa.String(length=32), nullable=True),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("contacted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolved_by", sa.String(length=32), nullable=True),
        sa.Column("outcome", sa.String(length=12), nullable=True),
        sa.Column("case_id", sa.String(length=32), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("(status = 'resolved') = (outcome IS NOT NULL)", name=op.f("ck_early_warning_resolved_outcome")),
        sa.CheckConstraint("(status = 'resolved') = (resolved_at IS NOT NULL)", name=op.f("ck_early_warning_resolved")),
        sa.CheckConstraint("level <> 'red' OR reported_at IS NOT NULL", name=op.f("ck_early_warning_reported")),
        sa.CheckConstraint("level IN ('yellow', 'orange', 'red')", name=op.f("ck_early_warning_level")),
        sa.CheckConstraint(
            "outcome IS NULL OR outcome IN ('reassured', 'became_case', 'false_alarm', 'other', 'cause_gone')",
            name=op.f("ck_early_warning_outcome"),
        ),
        sa.CheckConstraint("status IN ('open', 'acknowledged') OR next_at IS NULL", name=op.f("ck_early_warning_next")),
        sa.CheckConstraint("status IN ('open', 'acknowledged', 'contacted', 'resolved')", name=op.f("ck_early_warning_status")),
        sa.CheckConstraint("score BETWEEN 0 AND 100", name=op.f("ck_early_warning_score")),
        sa.ForeignKeyConstraint(["assignee_id"], ["person.id"], name=op.f("fk_early_warning_assignee_id")),
        sa.ForeignKeyConstraint(["case_id"], ["withdrawal_case.id"], name=op.f("fk_early_warning_case_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["customer_id"], ["crm_customer.id"], name=op.f("fk_early_warning_customer_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["resolved_by"], ["person.id"], name=op.f("fk_early_warning_resolved_by")),
        sa.ForeignKeyConstraint(["rule_set_id"], ["warning_rule_set.id"], name=op.f("fk_early_warning_rule_set_id")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_early_warning_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_early_warning")),
    )
    op.create_index(op.f("ix_early_warning_assignee_id"), "early_warning", ["assignee_id"], unique=False)
    op.create_index(
        "ix_early_warning_case_id",
        "early_warning",
        ["case_id"],
        unique=False,
        sqlite_where=sa.text("case_id IS NOT NULL"),
        postgresql_where=sa.text("case_id IS NOT NULL"),
    )
    op.create_index("ix_early_warning_customer_id", "early_warning", ["customer_id"], unique=False)
    op.create_index(
        "ix_early_warning_due_at_id",
        "early_warning",
        ["due_at", "id"],
        unique=False,
        sqlite_where=sa.text("status <> 'resolved'"),
        postgresql_where=sa.text("status <> 'resolved'"),
    )
    op.create_index(
        "ix_early_warning_next_at",
        "early_warning",
        ["next_at"],
        unique=False,
        sqlite_where=sa.text("next_at IS NOT NULL"),
        postgresql_where=sa.text("next_at IS NOT NULL"),
    )
    op.create_index("ix_early_warning_raised_at_id", "early_warning", ["raised_at", "id"], unique=False)
    op.create_index(
        "ix_early_warning_site_id_due_at",
        "early_warning",
        ["site_id", "due_at", "id"],
        unique=False,
        sqlite_where=sa.text("status <> 'resolved'"),
        postgresql_where=sa.text("status <> 'resolved'"),
    )
    op.create_index("ix_early_warning_site_id_raised_at", "early_warning", ["site_id", "raised_at", "id"], unique=False)
    op.create_index(
        "uq_early_warning_open",
        "early_warning",
        ["customer_id"],
        unique=True,
        sqlite_where=sa.text("status <> 'resolved'"),
        postgresql_where=sa.text("status <> 'resolved'"),
    )
    op.create_table(
        "crm_event",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("source", sa.String(length=32), nullable=False),
        sa.Column("external_id", sa.String(length=80), nullable=False),
        sa.Column("customer_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reference", sa.String(length=64), nullable=False),
        sa.Column("signal", sa.String(length=20), nullable=True),
        sa.Column("case_id", sa.String(length=32), nullable=True),
        sa.Column("session_id", sa.String(length=32), nullable=True),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN ('policy_query', 'visit', 'visit_booked', 'loan_papers_due', 'loan_papers_received', 'payment_due', 'payment_received', 'subscription', 'co_resident_ack', 'litigation_notice', 'withdrawal_request', 'deal_closed', 'conversation', 'speech_signal', 'case_ended')",
            name=op.f("ck_crm_event_kind"),
        ),
        sa.ForeignKeyConstraint(["case_id"], ["withdrawal_case.id"], name=op.f("fk_crm_event_case_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["customer_id"], ["crm_customer.id"], name=op.f("fk_crm_event_customer_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["session_id"], ["session.id"], name=op.f("fk_crm_event_session_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crm_event")),
    )
    op.create_index(
        "ix_crm_event_case_id",
        "crm_event",
        ["case_id"],
        unique=False,
        sqlite_where=sa.text("case_id IS NOT NULL"),
        postgresql_where=sa.text("case_id IS NOT NULL"),
    )
    op.create_index("ix_crm_event_customer_id_at", "crm_event", ["customer_id", "at"], unique=False)
    op.create_index(
        "ix_crm_event_session_id",
        "crm_event",
        ["session_id"],
        unique=False,
        sqlite_where=sa.text("session_id IS NOT NULL"),
        postgresql_where=sa.text("session_id IS NOT NULL"),
    )
    op.create_index("uq_crm_event_source_external_id", "crm_event", ["source", "external_id"], unique=True)
    op.create_table(
        "warning_step",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("warning_id", sa.String(length=32), nullable=False),
        sa.Column("what", sa.String(length=12), nullable=False),
        sa.Column("level", sa.String(length=8), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "what IN ('raised', 'changed', 'assigned', 'acknowledged', 'contacted', 'resolved', 'remind', 'overdue', 'escalate')",
            name=op.f("ck_warning_step_what"),
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_warning_step_person_id")),
        sa.ForeignKeyConstraint(["warning_id"], ["early_warning.id"], name=op.f("fk_warning_step_warning_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_warning_step")),
    )
    op.create_index("ix_warning_step_warning_id_at", "warning_step", ["warning_id", "at", "id"], unique=False)


def downgrade() -> None:
    for name in ("warning_step", "early_warning", "warning_rule_set", "crm_event", "crm_customer", "crm_source"):
        op.drop_table(name)
