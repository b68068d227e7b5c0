"""What the program goes on with by itself: agreed times that ran out, customers to be looked at by other rules"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0024"
branch_labels = None
depends_on = None

AGREED = sa.text("status = 'armed' AND kind IN ('deferral_due', 'referral_due')")


def upgrade() -> None:
    with op.batch_alter_table("execution_confirmation") as table:
        table.alter_column("confirmed_by", existing_type=sa.String(length=32), nullable=True)
    op.create_index("ix_deadline_agreed", "deadline", ["due_at"], sqlite_where=AGREED, postgresql_where=AGREED)
    op.add_column("warning_rule_set", sa.Column("again_after", sa.String(length=32), nullable=True))


def downgrade() -> None:
    op.drop_column("warning_rule_set", "again_after")
    op.drop_index("ix_deadline_agreed", "deadline")
    op.execute(
        "UPDATE execution_confirmation SET confirmed_by = "
        "(SELECT initiator_id FROM approval_round WHERE approval_round.id = execution_confirmation.round_id) WHERE confirmed_by IS NULL"
    )
    with op.batch_alter_table("execution_confirmation") as table:
        table.alter_column("confirmed_by", existing_type=sa.String(length=32), nullable=False)
