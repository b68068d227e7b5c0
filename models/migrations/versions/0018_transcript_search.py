"""What was said is found by an index, over every conversation"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

LONGEST = 2000
"""Characters of one utterance that are indexed; a final holds some two hundred at most."""
# Every pair of neighbouring characters; the last character stands alone.
PAIRS = "(SELECT group_concat(substr({row}.text, n, 2), ' ') FROM utterance_search_place WHERE n <= length({row}.text))"
DAY = "strftime('%Y%m%d', started_at)"
FACETS = f"'s' || site_id || ' u' || staff_id || ' d' || {DAY} || ' m' || substr({DAY}, 1, 6)"
OWN = "session_id = {row}.session_id AND ordinal = {row}.ordinal"
ADD = (
    "INSERT INTO utterance_search (session_id, ordinal, facets)"
    f" SELECT new.session_id, new.ordinal, {FACETS} FROM session WHERE session.id = new.session_id;"
    " INSERT INTO utterance_search_index (rowid, grams)"
    f" SELECT id, coalesce({PAIRS.format(row='new')}, '') || ' ' || facets FROM utterance_search WHERE {OWN.format(row='new')};"
)
REMOVE = (
    "INSERT INTO utterance_search_index (utterance_search_index, rowid, grams)"
    f" SELECT 'delete', id, coalesce({PAIRS.format(row='old')}, '') || ' ' || facets FROM utterance_search WHERE {OWN.format(row='old')};"
)
SQLITE = (
    "CREATE TABLE utterance_search_place (n INTEGER PRIMARY KEY)",
    "INSERT INTO utterance_search_place WITH RECURSIVE places (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM places"
    f" WHERE n < {LONGEST}) SELECT n FROM places",
    "CREATE VIRTUAL TABLE utterance_search_index USING fts5(grams, content='', detail=none, tokenize='ascii')",
    f"CREATE TRIGGER utterance_search_added AFTER INSERT ON utterance BEGIN {ADD} END",
    f"CREATE TRIGGER utterance_search_removed AFTER DELETE ON utterance BEGIN {REMOVE}"
    f" DELETE FROM utterance_search WHERE {OWN.format(row='old')}; END",
    f"CREATE TRIGGER utterance_search_changed AFTER UPDATE OF text ON utterance WHEN old.text IS NOT new.text BEGIN {REMOVE}"
    " INSERT INTO utterance_search_index (rowid, grams)"
    f" SELECT id, coalesce({PAIRS.format(row='new')}, '') || ' ' || facets FROM utterance_search WHERE {OWN.format(row='new')}; END",
)
FILL_SQLITE = (
    "INSERT INTO utterance_search (session_id, ordinal, facets)"
    f" SELECT u.session_id, u.ordinal, {FACETS} FROM utterance u JOIN session ON session.id = u.session_id"
    " ORDER BY session.started_at, u.start, u.ordinal",
    f"INSERT INTO utterance_search_index (rowid, grams) SELECT s.id, coalesce({PAIRS.format(row='u')}, '') || ' ' || s.facets"
    " FROM utterance_search s JOIN utterance u ON u.session_id = s.session_id AND u.ordinal = s.ordinal ORDER BY s.id",
)
POSTGRESQL = (
    "CREATE FUNCTION utterance_search_grams(said text) RETURNS text LANGUAGE sql IMMUTABLE AS"
    " $$ SELECT coalesce(string_agg(DISTINCT translate(substr(lower(said), n, 2), ' ', ''), ' '), '')"
    f" FROM generate_series(1, least(length(said), {LONGEST})) AS places (n) $$",
    "CREATE FUNCTION utterance_search_keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
    " IF TG_OP = 'INSERT' THEN INSERT INTO utterance_search (session_id, ordinal, facets, grams)"
    " SELECT new.session_id, new.ordinal, '', utterance_search_grams(new.text) || ' s' || site_id || ' u' || staff_id"
    " || to_char(started_at AT TIME ZONE 'UTC', ' \"d\"YYYYMMDD \"m\"YYYYMM') FROM session WHERE id = new.session_id;"
    " ELSIF TG_OP = 'DELETE' THEN DELETE FROM utterance_search WHERE session_id = old.session_id AND ordinal = old.ordinal;"
    " ELSIF old.text IS DISTINCT FROM new.text THEN UPDATE utterance_search SET grams = utterance_search_grams(new.text)"
    " || ' ' || substring(grams from 's[^ ]+ u[^ ]+ d[0-9]+ m[0-9]+$')"
    " WHERE session_id = new.session_id AND ordinal = new.ordinal; END IF; RETURN NULL; END $$",
    "CREATE TRIGGER utterance_search_kept AFTER INSERT OR DELETE OR UPDATE OF text ON utterance"
    " FOR EACH ROW EXECUTE FUNCTION utterance_search_keep()",
    "INSERT INTO utterance_search (session_id, ordinal, facets, grams)"
    " SELECT u.session_id, u.ordinal, '', utterance_search_grams(u.text) || ' s' || site_id || ' u' || staff_id"
    " || to_char(started_at AT TIME ZONE 'UTC', ' \"d\"YYYYMMDD \"m\"YYYYMM')"
    " FROM utterance u JOIN session ON session.id = u.session_id ORDER BY session.started_at, u.start, u.ordinal",
    "CREATE INDEX utterance_search_index ON utterance_search USING gin (string_to_array(grams, ' '))",
)


def upgrade() -> None:
    op.create_table(
        "utterance_search",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("session_id", sa.String(length=32), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("facets", sa.Text(), nullable=False),
        sa.Column("grams", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_utterance_search")),
        sa.UniqueConstraint("session_id", "ordinal", name=op.f("uq_utterance_search_session_id_ordinal")),
        sqlite_autoincrement=True,
    )
    for statement in (*SQLITE, *FILL_SQLITE) if op.get_bind().dialect.name == "sqlite" else POSTGRESQL:
        op.execute(sa.text(statement.replace(":", "\\:")))


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for name in ("added", "removed", "changed"):
            op.execute(f"DROP TRIGGER utterance_search_{name}")
        op.execute("DROP TABLE utterance_search_index")
        op.execute("DROP TABLE utterance_search_place")
    else:
        op.execute("DROP TRIGGER utterance_search_kept ON utterance")
        op.execute("DROP FUNCTION utterance_search_keep")
        op.execute("DROP FUNCTION utterance_search_grams")
    op.drop_table("utterance_search")
