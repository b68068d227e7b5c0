"""The case: steps, tasks, deadlines, replayed commands, the chain of the audit record"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
OPEN = sa.text("status = 'open'")
LIVE = sa.text("status IN ('armed', 'paused')")
ARMED = sa.text("status = 'armed'")

STATUSES = "'draft', 'assessing', 'solving', 'offered', 'approving', 'executing', 'closing', 'archived', 'cancelled'"
ROLES = "'staff', 'receptionist', 'site_manager', 'finance', 'legal', 'marketing', 'city_gm', 'hq_risk', 'regional_ops', 'trainer', 'admin'"
KINDS = (
    "'registration', 'finance_assessment', 'legal_assessment', 'marketing_assessment', 'joint_assessment', 'solutions', 'customer_answer', "
    "'approval', 'execution', 'refund_payment', 'benefit_delivery', 'transfer', 'deferral_due', 'referral_due', 'customer_tag', "
    "'knowledge_file', 'regional_brief', 'team_review'"
)
CASE_CHECKS = {
    "ck_withdrawal_case_status": f"status IN ({STATUSES})",
    "ck_withdrawal_case_source": "source IN ('staff', 'form', 'speech', 'import')",
    "ck_withdrawal_case_outcome": "outcome IS NULL OR outcome IN ('withdrawn', 'kept')",
    "ck_withdrawal_case_receptionist": "receptionist_id IS NULL OR responsible_id IS NULL OR receptionist_id <> responsible_id",
}
SQLITE_TRIGGERS = [
    f"""CREATE TRIGGER audit_record_no_{change} BEFORE {change.upper()} ON audit_record
    BEGIN SELECT RAISE(ABORT, 'audit_record is append-only'); END"""
    for change in ("update", "delete")
]
POSTGRESQL_TRIGGER = """CREATE TRIGGER audit_record_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_record
    FOR EACH STATEMENT EXECUTE FUNCTION audit_record_append_only()"""


def upgrade() -> None:
    _grow_case()
    _tasks()
    _deadlines()
    op.create_table(
        "command_record",
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("headers", JSON, nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_command_record_person_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("person_id", "key", name=op.f("pk_command_record")),
    )
    op.create_index("ix_command_record_at", "command_record", ["at"])
    _chain_audit()


def _grow_case() -> None:
    op.execute("UPDATE withdrawal_case SET status = 'draft'")  # no program could set another one so far
    with op.batch_alter_table("withdrawal_case") as table:
        table.drop_constraint(op.f("ck_withdrawal_case_status"), type_="check")
        table.alter_column("status", existing_type=sa.String(length=8), type_=sa.String(length=12), existing_nullable=False)
        table.add_column(sa.Column("source", sa.String(length=8), nullable=False, server_default="staff"))
        table.add_column(sa.Column("external_reference", sa.String(length=80), nullable=True))
        table.add_column(sa.Column("received_at", sa.DateTime(timezone=True), nullable=True))
        table.add_column(sa.Column("responsible_id", sa.String(length=32), nullable=True))
        table.add_column(sa.Column("receptionist_id", sa.String(length=32), nullable=True))
        table.add_column(sa.Column("causes", JSON, nullable=False, server_default="[]"))
        table.add_column(sa.Column("tier", JSON, nullable=True))
        table.add_column(sa.Column("outcome", sa.String(length=10), nullable=True))
        table.add_column(sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True))
        table.add_column(sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True))
        table.create_foreign_key(op.f("fk_withdrawal_case_responsible_id"), "person", ["responsible_id"], ["id"])
        table.create_foreign_key(op.f("fk_withdrawal_case_receptionist_id"), "person", ["receptionist_id"], ["id"])
        for name, rule in CASE_CHECKS.items():
            table.create_check_constraint(op.f(name), rule)
    op.execute("UPDATE withdrawal_case SET received_at = created_at")
    with op.batch_alter_table("withdrawal_case") as table:
        table.alter_column("received_at", existing_type=sa.DateTime(timezone=True), nullable=False)
    op.create_index(op.f("ix_withdrawal_case_receptionist_id"), "withdrawal_case", ["receptionist_id"])
    op.create_index("ix_withdrawal_case_site_id_status", "withdrawal_case", ["site_id", "status"])
    op.create_index("ix_withdrawal_case_created_at_id", "withdrawal_case", ["created_at", "id"])


def _tasks() -> None:
    op.create_table(
        "case_task",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("site_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("assignee_id", sa.String(length=32), nullable=True),
        sa.Column("subject_id", sa.String(length=32), nullable=True),
        sa.Column("subject_key", sa.String(length=32), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("result", JSON, nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_by", sa.String(length=32), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(f"kind IN ({KINDS})", name=op.f("ck_case_task_kind")),
        sa.CheckConstraint("status IN ('open', 'done', 'cancelled')", name=op.f("ck_case_task_status")),
        sa.CheckConstraint(f"role IN ({ROLES})", name=op.f("ck_case_task_role")),
        sa.ForeignKeyConstraint(["case_id"], ["withdrawal_case.id"], name=op.f("fk_case_task_case_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_case_task_site_id")),
        sa.ForeignKeyConstraint(["assignee_id"], ["person.id"], name=op.f("fk_case_task_assignee_id")),
        sa.ForeignKeyConstraint(["done_by"], ["person.id"], name=op.f("fk_case_task_done_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_task")),
    )
    op.create_index("uq_case_task_open", "case_task", ["case_id", "kind", "subject_key"], unique=True, sqlite_where=OPEN, postgresql_where=OPEN)
    op.create_index("ix_case_task_site_id_role", "case_task", ["site_id", "role"], sqlite_where=OPEN, postgresql_where=OPEN)
    op.create_index("ix_case_task_opened_at", "case_task", ["opened_at", "id"], sqlite_where=OPEN, postgresql_where=OPEN)
    op.create_index("ix_case_task_case_id", "case_task", ["case_id"])
    op.create_index(op.f("ix_case_task_assignee_id"), "case_task", ["assignee_id"])


def _deadlines() -> None:
    op.create_table(
        "deadline",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("task_id", sa.String(length=32), nullable=False),
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("site_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("plan", JSON, nullable=False),
        sa.Column("stage", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("status IN ('armed', 'paused', 'met', 'cancelled')", name=op.f("ck_deadline_status")),
        sa.CheckConstraint("status = 'armed' OR next_at IS NULL", name=op.f("ck_deadline_next")),
        sa.CheckConstraint("(status = 'paused') = (paused_at IS NOT NULL)", name=op.f("ck_deadline_paused")),
        sa.ForeignKeyConstraint(["task_id"], ["case_task.id"], name=op.f("fk_deadline_task_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["case_id"], ["withdrawal_case.id"], name=op.f("fk_deadline_case_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_deadline_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deadline")),
    )
    op.create_index("uq_deadline_live", "deadline", ["task_id"], unique=True, sqlite_where=LIVE, postgresql_where=LIVE)
    op.create_index("ix_deadline_next_at", "deadline", ["next_at"], sqlite_where=ARMED, postgresql_where=ARMED)
    op.create_index("ix_deadline_task_id", "deadline", ["task_id"])
    op.create_index("ix_deadline_case_id", "deadline", ["case_id"])
    op.create_table(
        "deadline_event",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("deadline_id", sa.String(length=32), nullable=False),
        sa.Column("what", sa.String(length=16), nullable=False),
        sa.Column("stage", sa.Integer(), nullable=True),
        sa.Column("role", sa.String(length=16), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(["deadline_id"], ["deadline.id"], name=op.f("fk_deadline_event_deadline_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_deadline_event_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deadline_event")),
    )
    staged = sa.text("stage IS NOT NULL")
    op.create_index(
        "uq_deadline_event_stage", "deadline_event", ["deadline_id", "stage"], unique=True, sqlite_where=staged, postgresql_where=staged
    )


def _chain_audit() -> None:
    """Give every record there is its place in the chain. The chain is computed here as the program computed it at this revision."""
    bind = op.get_bind()
    postgres = bind.dialect.name == "postgresql"
    for name in ["audit_record_append_only"] if postgres else ["audit_record_no_update", "audit_record_no_delete"]:
        op.execute(f"DROP TRIGGER {name}" + (" ON audit_record" if postgres else ""))
    op.add_column("audit_record", sa.Column("hash", sa.String(length=64), nullable=False, server_default=""))
    table = sa.table(
        "audit_record",
        *(sa.column(name) for name in ("id", "actor_id", "actor_label", "action", "subject_type", "subject_id", "site_id", "ip", "user_agent", "hash")),
        sa.column("at", sa.DateTime(timezone=True)),
        sa.column("before", JSON),
        sa.column("after", JSON),
    )
    previous = "0" * 64
    for row in bind.execute(sa.select(table).order_by(table.c.id)).all():
        previous = _hash(row, previous)
        bind.execute(sa.update(table).where(table.c.id == row.id).values(hash=previous))
    for trigger in [POSTGRESQL_TRIGGER] if postgres else SQLITE_TRIGGERS:
        op.execute(trigger)


def _hash(row: Any, previous: str) -> str:
    at: datetime = row.at if row.at.tzinfo else row.at.replace(tzinfo=UTC)
    told = [
        at.astimezone(UTC).isoformat(),
        *(row.actor_id, row.actor_label, row.action, row.subject_type, row.subject_id, row.site_id),
        *(row.before, row.after, row.ip, row.user_agent),
    ]
    document = json.dumps(_plain(told), ensure_ascii=True, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(f"{previous}\n{document}".encode()).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def downgrade() -> None:
    op.drop_column("audit_record", "hash")
    op.drop_table("command_record")
    op.drop_table("deadline_event")
    op.drop_table("deadline")
    op.drop_table("case_task")
    for name in ("ix_withdrawal_case_created_at_id", "ix_withdrawal_case_site_id_status", op.f("ix_withdrawal_case_receptionist_id")):
        op.drop_index(name, "withdrawal_case")
    op.execute("UPDATE withdrawal_case SET status = CASE WHEN status = 'draft' THEN 'draft' WHEN status IN ('archived', 'cancelled') THEN 'closed' ELSE 'open' END")
    with op.batch_alter_table("withdrawal_case") as table:
        for name in CASE_CHECKS:
            table.drop_constraint(op.f(name), type_="check")
        for name in ("fk_withdrawal_case_responsible_id", "fk_withdrawal_case_receptionist_id"):
            table.drop_constraint(op.f(name), type_="foreignkey")
        for column in ("source", "external_reference", "received_at", "responsible_id", "receptionist_id", "causes", "tier", "outcome", "ended_at", "archived_at"):
            table.drop_column(column)
        table.alter_column("status", existing_type=sa.String(length=12), type_=sa.String(length=8), existing_nullable=False)
        table.create_check_constraint(op.f("ck_withdrawal_case_status"), "status IN ('draft', 'open', 'closed')")
