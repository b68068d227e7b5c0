"""Public form, progress page, satisfaction, figures"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


def _text(name: str, length: int, *, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(length=length), nullable=null)


def _time(name: str, *, null: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=null)


def _refers(table: str, column: str, to: str, *, cascades: bool = False) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [to], name=op.f(f"fk_{table}_{column}"), ondelete="CASCADE" if cascades else None)


def upgrade() -> None:
    op.create_table(
        "public_form",
        _text("id", 32),
        _text("site_id", 32),
        _text("token_hash", 64),
        _text("label", 80),
        _text("created_by", 32),
        _time("created_at"),
        _time("expires_at"),
        _time("revoked_at", null=True),
        _time("submitted_at", null=True),
        _text("notice_version", 40),
        sa.Column("notice_text", sa.String(), nullable=False),
        _text("case_id", 32, null=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_public_form")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_public_form_token_hash")),
        sa.UniqueConstraint("case_id", name=op.f("uq_public_form_case_id")),
        _refers("public_form", "site_id", "site.id"),
        _refers("public_form", "created_by", "person.id"),
        _refers("public_form", "case_id", "withdrawal_case.id", cascades=True),
        sa.CheckConstraint("expires_at > created_at", name=op.f("ck_public_form_expires")),
        sa.CheckConstraint("(submitted_at IS NULL) = (case_id IS NULL)", name=op.f("ck_public_form_submitted")),
        sa.CheckConstraint("submitted_at IS NULL OR notice_text <> ''", name=op.f("ck_public_form_consent")),
        sa.CheckConstraint("submitted_at IS NULL OR revoked_at IS NULL", name=op.f("ck_public_form_revoked")),
    )
    op.create_index("ix_public_form_site_id_created_at", "public_form", ["site_id", "created_at"])
    op.create_index("ix_public_form_created_at_id", "public_form", ["created_at", "id"])
    op.create_table(
        "progress_link",
        _text("id", 32),
        _text("case_id", 32),
        _text("token_hash", 64),
        _text("created_by", 32, null=True),
        _time("created_at"),
        _time("revoked_at", null=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_progress_link")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_progress_link_token_hash")),
        _refers("progress_link", "case_id", "withdrawal_case.id", cascades=True),
        _refers("progress_link", "created_by", "person.id"),
    )
    op.create_index("ix_progress_link_case_id", "progress_link", ["case_id"])
    op.create_table(
        "satisfaction_answer",
        _text("case_id", 32),
        _text("site_id", 32),
        sa.Column("score", sa.Integer(), nullable=False),
        _text("comment", 500),
        _time("answered_at"),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_satisfaction_answer")),
        _refers("satisfaction_answer", "case_id", "withdrawal_case.id", cascades=True),
        _refers("satisfaction_answer", "site_id", "site.id"),
        sa.CheckConstraint("score BETWEEN 1 AND 5", name=op.f("ck_satisfaction_answer_score")),
    )
    op.create_index("ix_satisfaction_answer_site_id_answered_at", "satisfaction_answer", ["site_id", "answered_at"])
    op.create_table(
        "figure_brief",
        _text("id", 32),
        _text("site_id", 32),
        _text("period", 8),
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("before", sa.Date(), nullable=False),
        sa.Column("body", JSON, nullable=False),
        _time("created_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_figure_brief")),
        sa.UniqueConstraint("site_id", "period", "first", name=op.f("uq_figure_brief_site_id_period_first")),
        _refers("figure_brief", "site_id", "site.id"),
        sa.CheckConstraint("period IN ('weekly', 'monthly')", name=op.f("ck_figure_brief_period")),
    )
    op.create_index("ix_figure_brief_created_at_id", "figure_brief", ["created_at", "id"])
    op.add_column("team_review", sa.Column("undiscussed", JSON, nullable=True))
    with op.batch_alter_table("phone_verification") as table:
        table.alter_column("case_id", existing_type=sa.String(length=32), nullable=True)
        table.add_column(_text("form_id", 32, null=True))
        table.create_foreign_key(op.f("fk_phone_verification_form_id"), "public_form", ["form_id"], ["id"], ondelete="CASCADE")
        table.create_check_constraint(op.f("ck_phone_verification_subject"), "case_id IS NOT NULL OR form_id IS NOT NULL")
    op.create_index("ix_phone_verification_form_id", "phone_verification", ["form_id"])


def downgrade() -> None:
    op.drop_index("ix_phone_verification_form_id", "phone_verification")
    op.execute("DELETE FROM phone_verification WHERE case_id IS NULL")
    with op.batch_alter_table("phone_verification") as table:
        table.drop_constraint(op.f("ck_phone_verification_subject"), type_="check")
        table.drop_constraint(op.f("fk_phone_verification_form_id"), type_="foreignkey")
        table.drop_column("form_id")
        table.alter_column("case_id", existing_type=sa.String(length=32), nullable=False)
    op.drop_column("team_review", "undiscussed")
    for name in ("figure_brief", "satisfaction_answer", "progress_link", "public_form"):
        op.drop_table(name)
