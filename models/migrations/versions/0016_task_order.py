"""Open tasks in the order of their list, with all that the list is narrowed by"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

OPEN = sa.text("status = 'open'")


def upgrade() -> None:
    op.drop_index("ix_case_task_opened_at", table_name="case_task")
    columns = ["opened_at", "id", "site_id", "role", "assignee_id"]
    op.create_index("ix_case_task_opened_at", "case_task", columns, sqlite_where=OPEN, postgresql_where=OPEN)


def downgrade() -> None:
    op.drop_index("ix_case_task_opened_at", table_name="case_task")
    op.create_index("ix_case_task_opened_at", "case_task", ["opened_at", "id"], sqlite_where=OPEN, postgresql_where=OPEN)
