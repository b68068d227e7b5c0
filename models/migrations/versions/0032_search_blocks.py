"""Which conversations wrote in which part of the search index

A block is 1024 row numbers. A question for a site, a person or a period then begins where their newest conversation is, and not with everything
that was said since. Kept by a trigger; the row is there already for all but the first of a conversation's sentences.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0030"
branch_labels = None
depends_on = None

FILL = "INSERT INTO utterance_search_block (block, session_id) SELECT DISTINCT id >> 10, session_id FROM utterance_search"
SQLITE = (
    "CREATE TRIGGER utterance_search_placed AFTER INSERT ON utterance_search BEGIN"
    " INSERT INTO utterance_search_block (block, session_id) VALUES (new.id >> 10, new.session_id) ON CONFLICT DO NOTHING; END"
)
POSTGRESQL = (
    "CREATE FUNCTION utterance_search_place() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
    " INSERT INTO utterance_search_block (block, session_id) VALUES (new.id >> 10, new.session_id) ON CONFLICT DO NOTHING;"
    " RETURN NULL; END $$",
    "CREATE TRIGGER utterance_search_placed AFTER INSERT ON utterance_search FOR EACH ROW EXECUTE FUNCTION utterance_search_place()",
)


def upgrade() -> None:
    op.create_table(
        "utterance_search_block",
        sa.Column("block", sa.Integer(), nullable=False),
        sa.Column("session_id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"], ["session.id"], name=op.f("fk_utterance_search_block_session_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("session_id", "block", name=op.f("pk_utterance_search_block")),
        sqlite_with_rowid=False,
    )
    op.execute(FILL)
    for statement in (SQLITE,) if op.get_bind().dialect.name == "sqlite" else POSTGRESQL:
        op.execute(statement)


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER utterance_search_placed")
    else:
        op.execute("DROP TRIGGER utterance_search_placed ON utterance_search")
        op.execute("DROP FUNCTION utterance_search_place")
    op.drop_table("utterance_search_block")
