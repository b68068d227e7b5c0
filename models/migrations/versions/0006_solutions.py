"""Solutions and the benefit pool"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")

# A pool begins with its four accounts; a transfer moves its amount from one to the other, and nothing else ever changes a balance.
ACCOUNTS = ("funding", "available", "reserved", "spent")
OPEN_ACCOUNTS = "INSERT INTO benefit_balance (pool_id, account, balance_fen) VALUES " + ", ".join(
    f"(NEW.id, '{account}', 0)" for account in ACCOUNTS
)
MOVE = """UPDATE benefit_balance
    SET balance_fen = balance_fen + CASE WHEN account = NEW.to_account THEN NEW.amount_fen ELSE -NEW.amount_fen END
    WHERE pool_id = NEW.pool_id AND account IN (NEW.from_account, NEW.to_account)"""
OFFERED = "NEW.snapshot <> OLD.snapshot OR NEW.sha256 <> OLD.sha256 OR NEW.number <> OLD.number OR NEW.case_id <> OLD.case_id"

TRIGGERS_SQLITE = [
    f"CREATE TRIGGER benefit_pool_opens AFTER INSERT ON benefit_pool BEGIN {OPEN_ACCOUNTS}; END",
    f"CREATE TRIGGER benefit_transfer_moves AFTER INSERT ON benefit_transfer BEGIN {MOVE}; END",
    *(
        f"""CREATE TRIGGER benefit_transfer_no_{change} BEFORE {change.upper()} ON benefit_transfer
        BEGIN SELECT RAISE(ABORT, 'benefit_transfer is append-only'); END"""
        for change in ("update", "delete")
    ),
    f"""CREATE TRIGGER offer_fixed BEFORE UPDATE ON offer WHEN {OFFERED}
    BEGIN SELECT RAISE(ABORT, 'what was offered is fixed'); END""",
]
TRIGGERS_POSTGRESQL = [
    f"""CREATE FUNCTION benefit_pool_open() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {OPEN_ACCOUNTS}; RETURN NULL; END $$""",
    "CREATE TRIGGER benefit_pool_opens AFTER INSERT ON benefit_pool FOR EACH ROW EXECUTE FUNCTION benefit_pool_open()",
    f"""CREATE FUNCTION benefit_transfer_move() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {MOVE}; RETURN NULL; END $$""",
    "CREATE TRIGGER benefit_transfer_moves AFTER INSERT ON benefit_transfer FOR EACH ROW EXECUTE FUNCTION benefit_transfer_move()",
    """CREATE FUNCTION benefit_transfer_append_only() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'benefit_transfer is append-only'; END $$""",
    """CREATE TRIGGER benefit_transfer_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON benefit_transfer
    FOR EACH STATEMENT EXECUTE FUNCTION benefit_transfer_append_only()""",
    "CREATE FUNCTION offer_fix() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'what was offered is fixed'; END $$",
    f"CREATE TRIGGER offer_fixed BEFORE UPDATE ON offer FOR EACH ROW WHEN ({OFFERED}) EXECUTE FUNCTION offer_fix()",
]
FUNCTIONS = ("benefit_pool_open", "benefit_transfer_move", "benefit_transfer_append_only", "offer_fix")
TABLES = (
    "payee",
    "offer_answer",
    "offer",
    "solution",
    "benefit_transfer",
    "benefit_reservation",
    "benefit_balance",
    "benefit_pool",
    "benefit_item",
)


def upgrade() -> None:
    op.create_table(
        "benefit_item",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("site_id", sa.String(length=32), nullable=False),
        sa.Column("name_zh", sa.String(length=80), nullable=False),
        sa.Column("name_en", sa.String(length=80), nullable=False),
        sa.Column("cost_fen", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("cost_fen > 0", name=op.f("ck_benefit_item_cost_fen")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_benefit_item_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_benefit_item")),
    )
    op.create_index("ix_benefit_item_site_id_created_at", "benefit_item", ["site_id", "created_at"], unique=False)
    op.create_index(
        "uq_benefit_item_name",
        "benefit_item",
        ["site_id", "name_zh"],
        unique=True,
        sqlite_where=sa.text("retired_at IS NULL"),
        postgresql_where=sa.text("retired_at IS NULL"),
    )
    op.create_table(
        "benefit_pool",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("site_id", sa.String(length=32), nullable=False),
        sa.Column("base_fen", sa.BigInteger(), nullable=False),
        sa.Column("quota_bp", sa.Integer(), nullable=False),
        sa.Column("base_note", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("base_fen >= 0", name=op.f("ck_benefit_pool_base_fen")),
        sa.CheckConstraint("quota_bp BETWEEN 0 AND 10000", name=op.f("ck_benefit_pool_quota_bp")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_benefit_pool_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_benefit_pool")),
        sa.UniqueConstraint("site_id", name=op.f("uq_benefit_pool_site_id")),
    )
    op.create_table(
        "benefit_balance",
        sa.Column("pool_id", sa.String(length=32), nullable=False),
        sa.Column("account", sa.String(length=10), nullable=False),
        sa.Column("balance_fen", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("account = 'funding' OR balance_fen >= 0", name=op.f("ck_benefit_balance_never_below_zero")),
        sa.CheckConstraint("account IN ('funding', 'available', 'reserved', 'spent')", name=op.f("ck_benefit_balance_account")),
        sa.ForeignKeyConstraint(["pool_id"], ["benefit_pool.id"], name=op.f("fk_benefit_balance_pool_id")),
        sa.PrimaryKeyConstraint("pool_id", "account", name=op.f("pk_benefit_balance")),
    )
    op.create_table(
        "benefit_reservation",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("pool_id", sa.String(length=32), nullable=False),
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(length=8), nullable=False),
        sa.Column("reserved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("status IN ('reserved', 'drawn', 'released')", name=op.f("ck_benefit_reservation_status")),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_benefit_reservation_amount_fen")),
        sa.ForeignKeyConstraint(["case_id"], ["withdrawal_case.id"], name=op.f("fk_benefit_reservation_case_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["pool_id"], ["benefit_pool.id"], name=op.f("fk_benefit_reservation_pool_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_benefit_reservation")),
    )
    op.create_index(op.f("ix_benefit_reservation_pool_id"), "benefit_reservation", ["pool_id"], unique=False)
    op.create_index(
        "uq_benefit_reservation_case",
        "benefit_reservation",
        ["case_id"],
        unique=True,
        sqlite_where=sa.text("status = 'reserved'"),
        postgresql_where=sa.text("status = 'reserved'"),
    )
    op.create_table(
        "offer",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=8), nullable=False),
        sa.Column("snapshot", JSON, nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("offered_by", sa.String(length=32), nullable=False),
        sa.Column("offered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("status IN ('open', 'accepted', 'declined', 'void')", name=op.f("ck_offer_status")),
        sa.CheckConstraint("valid_until > offered_at", name=op.f("ck_offer_valid_until")),
        sa.ForeignKeyConstraint(["case_id"], ["withdrawal_case.id"], name=op.f("fk_offer_case_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["offered_by"], ["person.id"], name=op.f("fk_offer_offered_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offer")),
        sa.UniqueConstraint("case_id", "number", name=op.f("uq_offer_case_id_number")),
    )
    op.create_index(
        "uq_offer_live",
        "offer",
        ["case_id"],
        unique=True,
        sqlite_where=sa.text("status IN ('open', 'accepted')"),
        postgresql_where=sa.text("status IN ('open', 'accepted')"),
    )
    op.create_table(
        "solution",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("terms", JSON, nullable=False),
        sa.Column("facts", JSON, nullable=False),
        sa.Column("price", JSON, nullable=False),
        sa.Column("total_fen", sa.BigInteger(), nullable=False),
        sa.Column("refund_policy_id", sa.String(length=32), nullable=True),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("created_by", sa.String(length=32), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "kind IN ('keep_with_benefits', 'rescission', 'transfer', 'deferral', 'referral')", name=op.f("ck_solution_kind")
        ),
        sa.CheckConstraint("total_fen >= 0", name=op.f("ck_solution_total_fen")),
        sa.ForeignKeyConstraint(["case_id"], ["withdrawal_case.id"], name=op.f("fk_solution_case_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["created_by"], ["person.id"], name=op.f("fk_solution_created_by")),
        sa.ForeignKeyConstraint(["refund_policy_id"], ["policy_version.id"], name=op.f("fk_solution_refund_policy_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_solution")),
    )
    op.create_index("ix_solution_case_id_created_at", "solution", ["case_id", "created_at"], unique=False)
    op.create_index(op.f("ix_solution_refund_policy_id"), "solution", ["refund_policy_id"], unique=False)
    op.create_table(
        "benefit_transfer",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("pool_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("from_account", sa.String(length=10), nullable=False),
        sa.Column("to_account", sa.String(length=10), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("case_id", sa.String(length=32), nullable=True),
        sa.Column("reservation_id", sa.String(length=32), nullable=True),
        sa.Column("made_by", sa.String(length=32), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(kind IN ('reserve', 'release', 'draw')) = (reservation_id IS NOT NULL)", name=op.f("ck_benefit_transfer_reservation")
        ),
        sa.CheckConstraint(
            "kind = 'quota' AND from_account = 'funding' AND to_account = 'available' OR kind = 'top_up' AND from_account = 'funding' AND to_account = 'available' OR kind = 'reduction' AND from_account = 'available' AND to_account = 'funding' OR kind = 'reserve' AND from_account = 'available' AND to_account = 'reserved' OR kind = 'release' AND from_account = 'reserved' AND to_account = 'available' OR kind = 'draw' AND from_account = 'reserved' AND to_account = 'spent'",
            name=op.f("ck_benefit_transfer_route"),
        ),
        sa.CheckConstraint("kind IN ('quota', 'top_up', 'reduction', 'reserve', 'release', 'draw')", name=op.f("ck_benefit_transfer_kind")),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_benefit_transfer_amount_fen")),
        sa.ForeignKeyConstraint(["made_by"], ["person.id"], name=op.f("fk_benefit_transfer_made_by")),
        sa.ForeignKeyConstraint(
            ["pool_id", "from_account"],
            ["benefit_balance.pool_id", "benefit_balance.account"],
            name=op.f("fk_benefit_transfer_pool_id_from_account"),
        ),
        sa.ForeignKeyConstraint(
            ["pool_id", "to_account"],
            ["benefit_balance.pool_id", "benefit_balance.account"],
            name=op.f("fk_benefit_transfer_pool_id_to_account"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_benefit_transfer")),
    )
    op.create_index("ix_benefit_transfer_pool_id_at", "benefit_transfer", ["pool_id", "at"], unique=False)
    op.create_index(
        "uq_benefit_transfer_end",
        "benefit_transfer",
        ["reservation_id"],
        unique=True,
        sqlite_where=sa.text("kind IN ('release', 'draw')"),
        postgresql_where=sa.text("kind IN ('release', 'draw')"),
    )
    op.create_index(
        "uq_benefit_transfer_reserve",
        "benefit_transfer",
        ["reservation_id"],
        unique=True,
        sqlite_where=sa.text("kind = 'reserve'"),
        postgresql_where=sa.text("kind = 'reserve'"),
    )
    op.create_table(
        "offer_answer",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("offer_id", sa.String(length=32), nullable=False),
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("answer", sa.String(length=8), nullable=False),
        sa.Column("path", JSON, nullable=True),
        sa.Column("nonce", sa.String(length=32), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("session_id", sa.String(length=32), nullable=True),
        sa.Column("said_at", sa.Double(), nullable=True),
        sa.Column("evidence_id", sa.String(length=32), nullable=True),
        sa.Column("answered_by", sa.String(length=32), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(answer = 'accept') = (path IS NOT NULL)", name=op.f("ck_offer_answer_accepted_path")
        ),
        sa.CheckConstraint("answer = 'accept' OR note <> ''", name=op.f("ck_offer_answer_declined_why")),
        sa.CheckConstraint("answer IN ('accept', 'decline')", name=op.f("ck_offer_answer_answer")),
        sa.CheckConstraint("said_at >= 0", name=op.f("ck_offer_answer_said_at")),
        sa.ForeignKeyConstraint(["answered_by"], ["person.id"], name=op.f("fk_offer_answer_answered_by")),
        sa.ForeignKeyConstraint(["case_id"], ["withdrawal_case.id"], name=op.f("fk_offer_answer_case_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["evidence_id"], ["evidence.id"], name=op.f("fk_offer_answer_evidence_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["offer_id"], ["offer.id"], name=op.f("fk_offer_answer_offer_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["session_id"], ["session.id"], name=op.f("fk_offer_answer_session_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offer_answer")),
        sa.UniqueConstraint("offer_id", name=op.f("uq_offer_answer_offer_id")),
    )
    op.create_index("ix_offer_answer_case_id", "offer_answer", ["case_id"], unique=False)
    op.create_index(op.f("ix_offer_answer_evidence_id"), "offer_answer", ["evidence_id"], unique=False)
    op.create_index(op.f("ix_offer_answer_session_id"), "offer_answer", ["session_id"], unique=False)
    op.create_table(
        "payee",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("answer_id", sa.String(length=32), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(length=8), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("bank", sa.String(length=80), nullable=False),
        sa.Column("account", sa.String(length=34), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("role IN ('buyer', 'bank')", name=op.f("ck_payee_role")),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_payee_amount_fen")),
        sa.ForeignKeyConstraint(["answer_id"], ["offer_answer.id"], name=op.f("fk_payee_answer_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payee")),
        sa.UniqueConstraint("answer_id", "ordinal", name=op.f("uq_payee_answer_id_ordinal")),
    )

    triggers = TRIGGERS_POSTGRESQL if op.get_bind().dialect.name == "postgresql" else TRIGGERS_SQLITE
    for statement in triggers:
        op.execute(statement)


def downgrade() -> None:
    for table in TABLES:  # the triggers go with their tables
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        for function in FUNCTIONS:
            op.execute(f"DROP FUNCTION {function}()")
