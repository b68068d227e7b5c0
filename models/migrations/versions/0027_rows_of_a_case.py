"""A case's instruction and reservation, and a deadline's events, are found without reading everybody's

The indexes that begin with them hold some of the rows only (what was not cancelled, what is reserved, what the plan foresaw).
"""

from __future__ import annotations

from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

INDEXES = {"refund_instruction": "case_id", "benefit_reservation": "case_id", "deadline_event": "deadline_id"}


def upgrade() -> None:
    for table, column in INDEXES.items():
        op.create_index(f"ix_{table}_{column}", table, [column])


def downgrade() -> None:
    for table, column in INDEXES.items():
        op.drop_index(f"ix_{table}_{column}", table)
