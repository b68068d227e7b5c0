"""Approvals and refunds"""

from __future__ import annotations

from typing import NamedTuple

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


class Guard(NamedTuple):
    """Refuse `event` on a row of `table` if `when` holds (OLD and NEW are the row)."""

    name: str
    table: str
    event: str
    when: str
    message: str


class Act(NamedTuple):
    """After `event` on a row of `table` for which `when` holds, `person` has acted in the row's round as `capacity`."""

    name: str
    table: str
    event: str
    when: str
    round_id: str
    person: str
    capacity: str


def changed(*columns: str) -> str:
    return " OR ".join(f"NEW.{column} <> OLD.{column}" for column in columns)


ROUND_OPEN = "EXISTS (SELECT 1 FROM approval_round r WHERE r.id = NEW.round_id AND r.status = 'open')"
OUT_OF_TURN = """EXISTS (SELECT 1 FROM approval_step s JOIN approval_round r ON r.id = s.round_id
    WHERE s.round_id = NEW.round_id AND r.mode = 'ordered' AND s.ordinal < NEW.ordinal AND s.status <> 'approved')"""
DECIDES = "OLD.decided_by IS NULL AND NEW.decided_by IS NOT NULL"
PAID = "EXISTS (SELECT 1 FROM refund_payment p WHERE p.{column} = NEW.id AND p.status = 'paid')"
INSTRUCTED = "(SELECT coalesce(sum(p.amount_fen), 0) FROM refund_payment p WHERE p.instruction_id = {instruction})"

# Rows go only with the case they belong to (retention), by the foreign keys' cascade: the parent is gone when the child is asked.
# A later migration that rebuilds withdrawal_case on SQLite has to drop and make anew the two guards that name it.
GUARDS = [
    Guard("approval_round_opens", "approval_round", "INSERT", "NEW.status <> 'open'", "an approval round begins open"),
    Guard(
        "approval_round_fixed",
        "approval_round",
        "UPDATE",
        changed("id", "case_id", "site_id", "number", "mode", "content_hash", "initiator_id"),
        "what an approval round is about never changes",
    ),
    Guard(
        "approval_round_closed",
        "approval_round",
        "UPDATE",
        "NEW.status <> OLD.status AND OLD.status <> 'open' AND NOT (OLD.status = 'approved' AND NEW.status = 'void')",
        "a closed approval round stays closed",
    ),
    Guard(
        "approval_round_complete",
        "approval_round",
        "UPDATE",
        """NEW.status = 'approved' AND OLD.status <> 'approved' AND (
        EXISTS (SELECT 1 FROM approval_step s WHERE s.round_id = NEW.id AND s.status <> 'approved')
        OR NOT EXISTS (SELECT 1 FROM approval_step s WHERE s.round_id = NEW.id))""",
        "an approval round is approved by every one of its steps",
    ),
    Guard(
        "approval_round_paid",
        "approval_round",
        "UPDATE",
        f"NEW.status = 'void' AND OLD.status <> 'void' AND {PAID.format(column='round_id')}",
        "an approval that was paid out is not undone",
    ),
    Guard(
        "approval_round_kept",
        "approval_round",
        "DELETE",
        "EXISTS (SELECT 1 FROM withdrawal_case c WHERE c.id = OLD.case_id)",
        "approvals are kept as long as their case",
    ),
    Guard(
        "approval_step_begins",
        "approval_step",
        "INSERT",
        f"NEW.decided_by IS NOT NULL OR NEW.status NOT IN ('waiting', 'pending') OR NOT {ROUND_OPEN}",
        "an approval step begins undecided, in an open round",
    ),
    Guard(
        "approval_step_fixed",
        "approval_step",
        "UPDATE",
        changed("id", "round_id", "case_id", "site_id", "ordinal", "required_role", "role", "initiator_id"),
        "whose decision an approval step asks for never changes",
    ),
    Guard(
        "approval_step_final",
        "approval_step",
        "UPDATE",
        "OLD.decided_by IS NOT NULL OR OLD.status = 'void'",
        "a decided approval step is final",
    ),
    Guard(
        "approval_step_turn",
        "approval_step",
        "UPDATE",
        f"NEW.decided_by IS NOT NULL AND (OLD.status <> 'pending' OR NOT {ROUND_OPEN} OR {OUT_OF_TURN})",
        "an approval step is decided in its turn",
    ),
    Guard(
        "approval_step_person",
        "approval_step",
        "UPDATE",
        f"""{DECIDES} AND EXISTS (SELECT 1 FROM approval_person p
        WHERE p.round_id = NEW.round_id AND p.person_id IN (NEW.decided_by, NEW.on_behalf_of))""",
        "one person acts once in an approval round",
    ),
    Guard(
        "approval_step_delegated",
        "approval_step",
        "UPDATE",
        f"""{DECIDES} AND NEW.delegation_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM delegation d
        WHERE d.id = NEW.delegation_id AND d.from_person_id = NEW.on_behalf_of AND d.to_person_id = NEW.decided_by
        AND d.starts_at <= NEW.decided_at AND NEW.decided_at < d.ends_at AND d.revoked_at IS NULL)""",
        "a delegate decides within the delegation",
    ),
    Guard(
        "approval_step_kept",
        "approval_step",
        "DELETE",
        "EXISTS (SELECT 1 FROM approval_round r WHERE r.id = OLD.round_id)",
        "approval steps are kept as long as their round",
    ),
    Guard("approval_person_fixed", "approval_person", "UPDATE", "TRUE", "who acted in an approval round never changes"),
    Guard(
        "approval_person_kept",
        "approval_person",
        "DELETE",
        "EXISTS (SELECT 1 FROM approval_round r WHERE r.id = OLD.round_id)",
        "who acted in an approval round is kept as long as the round",
    ),
    Guard(
        "delegation_fixed",
        "delegation",
        "UPDATE",
        changed("id", "from_person_id", "to_person_id", "starts_at", "ends_at", "reason") + " OR OLD.revoked_at IS NOT NULL",
        "a delegation can only be revoked, once",
    ),
    Guard(
        "refund_instruction_approved",
        "refund_instruction",
        "INSERT",
        """NEW.status <> 'issued' OR NOT EXISTS (SELECT 1 FROM approval_round r
        WHERE r.id = NEW.round_id AND r.case_id = NEW.case_id AND r.status = 'approved')""",
        "a refund is instructed from an approved round",
    ),
    Guard(
        "refund_instruction_payer",
        "refund_instruction",
        "INSERT",
        """EXISTS (SELECT 1 FROM approval_person p
        WHERE p.round_id = NEW.round_id AND p.person_id = NEW.created_by AND p.capacity <> 'payer')""",
        "who started or approved it does not pay it",
    ),
    Guard(
        "refund_instruction_fixed",
        "refund_instruction",
        "UPDATE",
        changed("id", "case_id", "site_id", "round_id", "content_hash", "number", "total_fen", "created_by"),
        "what a refund instruction orders never changes",
    ),
    Guard(
        "refund_instruction_final",
        "refund_instruction",
        "UPDATE",
        "OLD.status <> 'issued' AND NEW.status <> OLD.status",
        "a paid or cancelled refund instruction is final",
    ),
    Guard(
        "refund_instruction_paid",
        "refund_instruction",
        "UPDATE",
        f"""NEW.status = 'paid' AND OLD.status <> 'paid' AND (
        EXISTS (SELECT 1 FROM refund_payment p WHERE p.instruction_id = NEW.id AND p.status <> 'paid')
        OR {INSTRUCTED.format(instruction="NEW.id")} <> NEW.total_fen)""",
        "a refund is paid when every payee is",
    ),
    Guard(
        "refund_instruction_stands",
        "refund_instruction",
        "UPDATE",
        f"NEW.status = 'cancelled' AND OLD.status <> 'cancelled' AND {PAID.format(column='instruction_id')}",
        "a refund that was paid in part is not cancelled",
    ),
    Guard(
        "refund_instruction_kept",
        "refund_instruction",
        "DELETE",
        "EXISTS (SELECT 1 FROM withdrawal_case c WHERE c.id = OLD.case_id)",
        "refund instructions are kept as long as their case",
    ),
    Guard(
        "refund_payment_begins",
        "refund_payment",
        "INSERT",
        f"""NEW.status <> 'pending' OR NOT EXISTS (SELECT 1 FROM refund_instruction i WHERE i.id = NEW.instruction_id AND i.status = 'issued'
        AND {INSTRUCTED.format(instruction="NEW.instruction_id")} + NEW.amount_fen <= i.total_fen)""",
        "payments stay within their instruction",
    ),
    Guard(
        "refund_payment_fixed",
        "refund_payment",
        "UPDATE",
        changed("id", "instruction_id", "round_id", "ordinal", "name", "bank", "account", "amount_fen", "end_to_end_id", "remittance"),
        "whom a refund pays, where and how much never changes",
    ),
    Guard(
        "refund_payment_final",
        "refund_payment",
        "UPDATE",
        "OLD.status IN ('paid', 'cancelled')",
        "a paid or cancelled payment is final",
    ),
    Guard(
        "refund_payment_payer",
        "refund_payment",
        "UPDATE",
        """EXISTS (SELECT 1 FROM approval_person p
        WHERE p.round_id = NEW.round_id AND p.person_id = NEW.handled_by AND p.capacity <> 'payer')""",
        "who started or approved it does not pay it",
    ),
    Guard(
        "refund_payment_kept",
        "refund_payment",
        "DELETE",
        "EXISTS (SELECT 1 FROM refund_instruction i WHERE i.id = OLD.instruction_id)",
        "payments are kept as long as their instruction",
    ),
]

ACTS = [
    Act("approval_round_initiator", "approval_round", "INSERT", "TRUE", "NEW.id", "NEW.initiator_id", "initiator"),
    Act("approval_step_approver", "approval_step", "UPDATE", DECIDES, "NEW.round_id", "NEW.decided_by", "approver"),
    Act(
        "approval_step_delegator",
        "approval_step",
        "UPDATE",
        f"{DECIDES} AND NEW.on_behalf_of IS NOT NULL",
        "NEW.round_id",
        "NEW.on_behalf_of",
        "delegator",
    ),
    Act("refund_instruction_by", "refund_instruction", "INSERT", "TRUE", "NEW.round_id", "NEW.created_by", "payer"),
    Act("refund_payment_by", "refund_payment", "UPDATE", "NEW.handled_by IS NOT NULL", "NEW.round_id", "NEW.handled_by", "payer"),
]


def guard_sqlite(guard: Guard) -> list[str]:
    return [
        f"CREATE TRIGGER {guard.name} BEFORE {guard.event} ON {guard.table} WHEN {guard.when} "
        f"BEGIN SELECT RAISE(ABORT, '{guard.message}'); END"
    ]


def guard_postgresql(guard: Guard) -> list[str]:
    row = "OLD" if guard.event == "DELETE" else "NEW"
    return [
        f"""CREATE FUNCTION {guard.name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF {guard.when} THEN RAISE EXCEPTION '{guard.message}' USING ERRCODE = 'integrity_constraint_violation'; END IF;
        RETURN {row}; END $$""",
        f"CREATE TRIGGER {guard.name} BEFORE {guard.event} ON {guard.table} FOR EACH ROW EXECUTE FUNCTION {guard.name}()",
    ]


def act_insert(act: Act) -> str:
    """A payer pays more than once; everybody else's second row fails at the primary key."""
    again = f"""WHERE NOT EXISTS (SELECT 1 FROM approval_person p
        WHERE p.round_id = {act.round_id} AND p.person_id = {act.person} AND p.capacity = 'payer')"""
    return f"""INSERT INTO approval_person (round_id, person_id, capacity)
        SELECT {act.round_id}, {act.person}, '{act.capacity}' {again if act.capacity == "payer" else ""}"""


def act_sqlite(act: Act) -> list[str]:
    return [f"CREATE TRIGGER {act.name} AFTER {act.event} ON {act.table} WHEN {act.when} BEGIN {act_insert(act)}; END"]


def act_postgresql(act: Act) -> list[str]:
    return [
        f"""CREATE FUNCTION {act.name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF {act.when} THEN {act_insert(act)}; END IF; RETURN NULL; END $$""",
        f"CREATE TRIGGER {act.name} AFTER {act.event} ON {act.table} FOR EACH ROW EXECUTE FUNCTION {act.name}()",
    ]


def upgrade() -> None:
    op.create_table(
        "delegation",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("from_person_id", sa.String(length=32), nullable=False),
        sa.Column("to_person_id", sa.String(length=32), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_delegation_reasoned")),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_delegation_in_order")),
        sa.CheckConstraint("from_person_id <> to_person_id", name=op.f("ck_delegation_to_another")),
        sa.ForeignKeyConstraint(["from_person_id"], ["person.id"], name=op.f("fk_delegation_from_person_id")),
        sa.ForeignKeyConstraint(["to_person_id"], ["person.id"], name=op.f("fk_delegation_to_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delegation")),
    )
    op.create_index("ix_delegation_from_person_id_created_at", "delegation", ["from_person_id", "created_at"], unique=False)
    op.create_index("ix_delegation_to_person_id_ends_at", "delegation", ["to_person_id", "ends_at"], unique=False)
    op.create_table(
        "refund_account",
        sa.Column("site_id", sa.String(length=32), nullable=False),
        sa.Column("holder", sa.String(length=70), nullable=False),
        sa.Column("account", sa.String(length=34), nullable=False),
        sa.Column("bank", sa.String(length=80), nullable=False),
        sa.Column("bank_code", sa.String(length=12), nullable=False),
        sa.Column("updated_by", sa.String(length=32), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_refund_account_site_id")),
        sa.ForeignKeyConstraint(["updated_by"], ["person.id"], name=op.f("fk_refund_account_updated_by")),
        sa.PrimaryKeyConstraint("site_id", name=op.f("pk_refund_account")),
    )
    op.create_table(
        "approval_round",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("site_id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("mode", sa.String(length=8), nullable=False),
        sa.Column("status", sa.String(length=9), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("content", JSON, nullable=False),
        sa.Column("tier_reasons", JSON, nullable=False),
        sa.Column("initiator_id", sa.String(length=32), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_reason", sa.String(length=500), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("(status = 'open') = (closed_at IS NULL)", name=op.f("ck_approval_round_closed")),
        sa.CheckConstraint("mode IN ('ordered', 'parallel')", name=op.f("ck_approval_round_mode")),
        sa.CheckConstraint(
            "status IN ('open', 'approved', 'returned', 'rejected', 'withdrawn', 'void')", name=op.f("ck_approval_round_status")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["withdrawal_case.id"], name=op.f("fk_approval_round_case_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["initiator_id"], ["person.id"], name=op.f("fk_approval_round_initiator_id")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_approval_round_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approval_round")),
        sa.UniqueConstraint("case_id", "number", name=op.f("uq_approval_round_case_id_number")),
        sa.UniqueConstraint("id", "case_id", "initiator_id", name=op.f("uq_approval_round_id_case_id_initiator_id")),
        sa.UniqueConstraint("id", "content_hash", name=op.f("uq_approval_round_id_content_hash")),
    )
    op.create_index(
        "uq_approval_round_live",
        "approval_round",
        ["case_id"],
        unique=True,
        sqlite_where=sa.text("status IN ('open', 'approved')"),
        postgresql_where=sa.text("status IN ('open', 'approved')"),
    )
    op.create_table(
        "approval_person",
        sa.Column("round_id", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("capacity", sa.String(length=9), nullable=False),
        sa.CheckConstraint("capacity IN ('initiator', 'approver', 'delegator', 'payer')", name=op.f("ck_approval_person_capacity")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_approval_person_person_id")),
        sa.ForeignKeyConstraint(["round_id"], ["approval_round.id"], name=op.f("fk_approval_person_round_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("round_id", "person_id", name=op.f("pk_approval_person")),
    )
    op.create_table(
        "approval_step",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("round_id", sa.String(length=32), nullable=False),
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("site_id", sa.String(length=32), nullable=False),
        sa.Column("initiator_id", sa.String(length=32), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("required_role", sa.String(length=16), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("status", sa.String(length=8), nullable=False),
        sa.Column("decided_by", sa.String(length=32), nullable=True),
        sa.Column("on_behalf_of", sa.String(length=32), nullable=True),
        sa.Column("delegation_id", sa.String(length=32), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(status IN ('approved', 'returned', 'rejected')) = (decided_by IS NOT NULL)", name=op.f("ck_approval_step_decided")
        ),
        sa.CheckConstraint("role IN ('site_manager', 'city_gm', 'hq_risk', 'legal', 'finance')", name=op.f("ck_approval_step_role")),
        sa.CheckConstraint(
            "status IN ('waiting', 'pending', 'approved', 'returned', 'rejected', 'void')", name=op.f("ck_approval_step_status")
        ),
        sa.CheckConstraint("status NOT IN ('returned', 'rejected') OR reason <> ''", name=op.f("ck_approval_step_reasoned")),
        sa.CheckConstraint("(decided_by IS NULL) = (decided_at IS NULL)", name=op.f("ck_approval_step_decided_when")),
        sa.CheckConstraint("(on_behalf_of IS NULL) = (delegation_id IS NULL)", name=op.f("ck_approval_step_delegated")),
        sa.CheckConstraint("decided_by <> initiator_id", name=op.f("ck_approval_step_initiator_decides_not")),
        sa.CheckConstraint("on_behalf_of <> decided_by", name=op.f("ck_approval_step_delegate_is_another")),
        sa.CheckConstraint("on_behalf_of <> initiator_id", name=op.f("ck_approval_step_initiator_delegates_not")),
        sa.CheckConstraint("on_behalf_of IS NULL OR decided_by IS NOT NULL", name=op.f("ck_approval_step_delegate_decides")),
        sa.ForeignKeyConstraint(["decided_by"], ["person.id"], name=op.f("fk_approval_step_decided_by")),
        sa.ForeignKeyConstraint(["delegation_id"], ["delegation.id"], name=op.f("fk_approval_step_delegation_id")),
        sa.ForeignKeyConstraint(["on_behalf_of"], ["person.id"], name=op.f("fk_approval_step_on_behalf_of")),
        sa.ForeignKeyConstraint(
            ["round_id", "case_id", "initiator_id"],
            ["approval_round.id", "approval_round.case_id", "approval_round.initiator_id"],
            name=op.f("fk_approval_step_round_id_case_id_initiator_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_approval_step_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approval_step")),
        sa.UniqueConstraint("round_id", "decided_by", name=op.f("uq_approval_step_round_id_decided_by")),
        sa.UniqueConstraint("round_id", "on_behalf_of", name=op.f("uq_approval_step_round_id_on_behalf_of")),
        sa.UniqueConstraint("round_id", "ordinal", name=op.f("uq_approval_step_round_id_ordinal")),
    )
    op.create_index(op.f("ix_approval_step_case_id"), "approval_step", ["case_id"], unique=False)
    op.create_index(
        "ix_approval_step_pending",
        "approval_step",
        ["site_id", "role"],
        unique=False,
        sqlite_where=sa.text("status = 'pending'"),
        postgresql_where=sa.text("status = 'pending'"),
    )
    op.create_table(
        "execution_confirmation",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("round_id", sa.String(length=32), nullable=False),
        sa.Column("path_kind", sa.String(length=24), nullable=False),
        sa.Column("result", sa.String(length=8), nullable=False),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("detail", JSON, nullable=False),
        sa.Column("confirmed_by", sa.String(length=32), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("result IN ('done', 'ran_out')", name=op.f("ck_execution_confirmation_result")),
        sa.ForeignKeyConstraint(["case_id"], ["withdrawal_case.id"], name=op.f("fk_execution_confirmation_case_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["confirmed_by"], ["person.id"], name=op.f("fk_execution_confirmation_confirmed_by")),
        sa.ForeignKeyConstraint(["round_id"], ["approval_round.id"], name=op.f("fk_execution_confirmation_round_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_execution_confirmation")),
        sa.UniqueConstraint("round_id", name=op.f("uq_execution_confirmation_round_id")),
    )
    op.create_index(op.f("ix_execution_confirmation_case_id"), "execution_confirmation", ["case_id"], unique=False)
    op.create_table(
        "refund_instruction",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("site_id", sa.String(length=32), nullable=False),
        sa.Column("round_id", sa.String(length=32), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("case_code", sa.String(length=40), nullable=False),
        sa.Column("timezone", sa.String(length=64), nullable=False),
        sa.Column("path_kind", sa.String(length=24), nullable=False),
        sa.Column("status", sa.String(length=9), nullable=False),
        sa.Column("total_fen", sa.BigInteger(), nullable=False),
        sa.Column("debtor", JSON, nullable=False),
        sa.Column("approvals", JSON, nullable=False),
        sa.Column("created_by", sa.String(length=32), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_reason", sa.String(length=500), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("(status = 'cancelled') = (cancelled_at IS NOT NULL)", name=op.f("ck_refund_instruction_cancelled")),
        sa.CheckConstraint("status IN ('issued', 'paid', 'cancelled')", name=op.f("ck_refund_instruction_status")),
        sa.CheckConstraint("total_fen > 0", name=op.f("ck_refund_instruction_total")),
        sa.ForeignKeyConstraint(["case_id"], ["withdrawal_case.id"], name=op.f("fk_refund_instruction_case_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["created_by"], ["person.id"], name=op.f("fk_refund_instruction_created_by")),
        sa.ForeignKeyConstraint(
            ["round_id", "content_hash"],
            ["approval_round.id", "approval_round.content_hash"],
            name=op.f("fk_refund_instruction_round_id_content_hash"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_refund_instruction_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refund_instruction")),
        sa.UniqueConstraint("id", "round_id", name=op.f("uq_refund_instruction_id_round_id")),
        sa.UniqueConstraint("number", name=op.f("uq_refund_instruction_number")),
        sa.UniqueConstraint("round_id", name=op.f("uq_refund_instruction_round_id")),
    )
    op.create_index(
        "uq_refund_instruction_live",
        "refund_instruction",
        ["case_id"],
        unique=True,
        sqlite_where=sa.text("status <> 'cancelled'"),
        postgresql_where=sa.text("status <> 'cancelled'"),
    )
    op.create_table(
        "refund_payment",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("instruction_id", sa.String(length=32), nullable=False),
        sa.Column("round_id", sa.String(length=32), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("bank", sa.String(length=80), nullable=False),
        sa.Column("account", sa.String(length=34), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("end_to_end_id", sa.String(length=35), nullable=False),
        sa.Column("remittance", sa.String(length=140), nullable=False),
        sa.Column("status", sa.String(length=9), nullable=False),
        sa.Column("paid_on", sa.Date(), nullable=True),
        sa.Column("bank_reference", sa.String(length=64), nullable=False),
        sa.Column("failed_reason", sa.String(length=500), nullable=False),
        sa.Column("handled_by", sa.String(length=32), nullable=True),
        sa.Column("handled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(status = 'paid') = (paid_on IS NOT NULL AND bank_reference <> '')", name=op.f("ck_refund_payment_paid")),
        sa.CheckConstraint("status <> 'failed' OR failed_reason <> ''", name=op.f("ck_refund_payment_failed")),
        sa.CheckConstraint("status IN ('pending', 'paid', 'failed', 'cancelled')", name=op.f("ck_refund_payment_status")),
        sa.CheckConstraint("status NOT IN ('paid', 'failed') OR handled_by IS NOT NULL", name=op.f("ck_refund_payment_handled")),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_refund_payment_amount")),
        sa.ForeignKeyConstraint(["handled_by"], ["person.id"], name=op.f("fk_refund_payment_handled_by")),
        sa.ForeignKeyConstraint(
            ["instruction_id", "round_id"],
            ["refund_instruction.id", "refund_instruction.round_id"],
            name=op.f("fk_refund_payment_instruction_id_round_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refund_payment")),
        sa.UniqueConstraint("end_to_end_id", name=op.f("uq_refund_payment_end_to_end_id")),
        sa.UniqueConstraint("instruction_id", "ordinal", name=op.f("uq_refund_payment_instruction_id_ordinal")),
    )

    postgres = op.get_bind().dialect.name == "postgresql"
    for guard in GUARDS:
        for statement in (guard_postgresql if postgres else guard_sqlite)(guard):
            op.execute(statement)
    for act in ACTS:
        for statement in (act_postgresql if postgres else act_sqlite)(act):
            op.execute(statement)


def downgrade() -> None:
    op.drop_table("refund_payment")
    op.drop_table("refund_instruction")
    op.drop_table("execution_confirmation")
    op.drop_table("approval_step")
    op.drop_table("approval_person")
    op.drop_table("approval_round")
    op.drop_table("refund_account")
    op.drop_table("delegation")
    if op.get_bind().dialect.name == "postgresql":
        for name in [*(guard.name for guard in GUARDS), *(act.name for act in ACTS)]:
            op.execute(f"DROP FUNCTION {name}()")
