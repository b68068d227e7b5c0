"""Who withdrew the consent to a recording, for whom, and why"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

ASKED_BY = "'customer', 'co_resident', 'other'"
WITHDRAWN = "withdrawn_at IS NOT NULL OR (withdrawn_by IS NULL AND withdrawal_asked_by IS NULL)"


def upgrade() -> None:
    with op.batch_alter_table("consent") as table:
        table.add_column(sa.Column("withdrawn_by", sa.String(length=32), nullable=True))
        table.add_column(sa.Column("withdrawal_asked_by", sa.String(length=12), nullable=True))
        table.add_column(sa.Column("withdrawal_reason", sa.String(length=200), nullable=False, server_default=""))
        table.create_foreign_key(op.f("fk_consent_withdrawn_by"), "person", ["withdrawn_by"], ["id"])
        table.create_check_constraint(op.f("ck_consent_withdrawal_asked_by"), f"withdrawal_asked_by IN ({ASKED_BY})")
        table.create_check_constraint(op.f("ck_consent_withdrawn"), WITHDRAWN)


def downgrade() -> None:
    # Who and why are lost; that it was withdrawn, and when, stays.
    with op.batch_alter_table("consent") as table:
        table.drop_constraint(op.f("ck_consent_withdrawn"), type_="check")
        table.drop_constraint(op.f("ck_consent_withdrawal_asked_by"), type_="check")
        table.drop_constraint(op.f("fk_consent_withdrawn_by"), type_="foreignkey")
        table.drop_column("withdrawal_reason")
        table.drop_column("withdrawal_asked_by")
        table.drop_column("withdrawn_by")
