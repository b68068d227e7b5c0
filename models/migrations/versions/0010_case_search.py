"""Cases are found by an index instead of by reading all of them"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from models.search import grams

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

BATCH = 500
SQLITE = (
    "CREATE VIRTUAL TABLE case_search_index USING fts5(grams, content='case_search', content_rowid='id', detail=none, tokenize='ascii')",
    "CREATE TRIGGER case_search_added AFTER INSERT ON case_search BEGIN"
    " INSERT INTO case_search_index (rowid, grams) VALUES (new.id, new.grams); END",
    "CREATE TRIGGER case_search_removed AFTER DELETE ON case_search BEGIN"
    " INSERT INTO case_search_index (case_search_index, rowid, grams) VALUES ('delete', old.id, old.grams); END",
    "CREATE TRIGGER case_search_changed AFTER UPDATE ON case_search BEGIN"
    " INSERT INTO case_search_index (case_search_index, rowid, grams) VALUES ('delete', old.id, old.grams);"
    " INSERT INTO case_search_index (rowid, grams) VALUES (new.id, new.grams); END",
)


def upgrade() -> None:
    table = op.create_table(
        "case_search",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("grams", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["withdrawal_case.id"], name=op.f("fk_case_search_case_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_search")),
        sa.UniqueConstraint("case_id", name=op.f("uq_case_search_case_id")),
    )
    connection = op.get_bind()
    if connection.dialect.name == "sqlite":
        for statement in SQLITE:
            op.execute(statement)
    else:
        op.execute("CREATE INDEX case_search_index ON case_search USING gin (string_to_array(grams, ' '))")
    found = connection.execute(sa.text("SELECT id, search_text FROM withdrawal_case"))
    for rows in found.partitions(BATCH):
        connection.execute(table.insert(), [{"case_id": row.id, "grams": " ".join(grams(row.search_text))} for row in rows])


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE case_search_index")
    op.drop_table("case_search")
