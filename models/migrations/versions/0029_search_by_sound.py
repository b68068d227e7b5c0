"""What was said is found by single characters and by pinyin too; PostgreSQL looks at the newest first

Tokens of an utterance, besides pairs of characters (0018): each character; `y0` and a syllable for each reading of a character; `i0` and the
first letters of two neighbours' syllables. PostgreSQL has windows of row numbers besides (`w13n5`: rows whose id >> 13 is 5), for a GIN index
cannot be read from its end. The index is built anew.
"""

from __future__ import annotations

import importlib

import sqlalchemy as sa
from alembic import op

from models.readings import readings

revision = "0029"
down_revision = "0031"
branch_labels = None
depends_on = None

before = importlib.import_module("models.migrations.versions.0018_transcript_search")
LONGEST, FACETS, OWN = before.LONGEST, before.FACETS, before.OWN

TOKENS = (
    "(SELECT group_concat(substr({row}.text, n, 1) || ' ' || substr({row}.text, n, 2) || coalesce(' y0' || a.syllable, '')"
    " || coalesce(' i0' || substr(a.syllable, 1, 1) || substr(b.syllable, 1, 1), ''), ' ')"
    " FROM utterance_search_place LEFT JOIN utterance_search_sound a ON a.character = substr({row}.text, n, 1)"
    " LEFT JOIN utterance_search_sound b ON b.character = substr({row}.text, n + 1, 1) WHERE n <= length({row}.text))"
)
HELD = "coalesce(" + TOKENS + ", '') || ' ' || facets FROM utterance_search WHERE " + OWN
ADD = (
    "INSERT INTO utterance_search (session_id, ordinal, facets)"
    f" SELECT new.session_id, new.ordinal, {FACETS} FROM session WHERE session.id = new.session_id;"
    f" INSERT INTO utterance_search_index (rowid, grams) SELECT id, {HELD.format(row='new')};"
)
REMOVE = f"INSERT INTO utterance_search_index (utterance_search_index, rowid, grams) SELECT 'delete', id, {HELD.format(row='old')};"
SQLITE = (
    "CREATE VIRTUAL TABLE utterance_search_index USING fts5(grams, content='', detail=none, tokenize='ascii')",
    f"CREATE TRIGGER utterance_search_added AFTER INSERT ON utterance BEGIN {ADD} END",
    f"CREATE TRIGGER utterance_search_removed AFTER DELETE ON utterance BEGIN {REMOVE}"
    f" DELETE FROM utterance_search WHERE {OWN.format(row='old')}; END",
    f"CREATE TRIGGER utterance_search_changed AFTER UPDATE OF text ON utterance WHEN old.text IS NOT new.text BEGIN {REMOVE}"
    f" INSERT INTO utterance_search_index (rowid, grams) SELECT id, {HELD.format(row='new')}; END",
    f"INSERT INTO utterance_search_index (rowid, grams) SELECT s.id, coalesce({TOKENS.format(row='u')}, '') || ' ' || s.facets"
    " FROM utterance_search s JOIN utterance u ON u.session_id = s.session_id AND u.ordinal = s.ordinal ORDER BY s.id",
)
POSTGRESQL = (
    # Tokens of one utterance, separated by blanks; what stands in `session` is not changed afterwards. OFFSET 0 keeps the planner from
    # reading all sounds for each utterance; compiling the plan would take a quarter of a second, each time.
    "CREATE FUNCTION utterance_search_tokens(row_id bigint, said text, of_session text) RETURNS text LANGUAGE sql STABLE"
    " SET jit = off AS $$"
    " SELECT coalesce(string_agg(DISTINCT token, ' '), '') || ' ' || (SELECT 's' || site_id || ' u' || staff_id"
    " || to_char(started_at AT TIME ZONE 'UTC', ' \"d\"YYYYMMDD \"m\"YYYYMM') FROM session WHERE id = of_session)"
    " || ' w13n' || (row_id >> 13) || ' w17n' || (row_id >> 17) || ' w21n' || (row_id >> 21)"
    f" FROM generate_series(1, least(length(said), {LONGEST})) AS places (n)"
    " LEFT JOIN LATERAL (SELECT syllable FROM utterance_search_sound WHERE character = substr(said, n, 1) OFFSET 0) a ON true"
    " LEFT JOIN LATERAL (SELECT syllable FROM utterance_search_sound WHERE character = substr(said, n + 1, 1) OFFSET 0) b ON true,"
    " LATERAL (VALUES (substr(lower(said), n, 1)), (translate(substr(lower(said), n, 2), ' ', '')), ('y0' || a.syllable),"
    " ('i0' || substr(a.syllable, 1, 1) || substr(b.syllable, 1, 1))) AS found (token) WHERE token NOT IN ('', ' ') $$",
    "CREATE FUNCTION utterance_search_keep() RETURNS trigger LANGUAGE plpgsql AS $$ DECLARE row_id bigint; BEGIN"
    " IF TG_OP = 'INSERT' THEN row_id := nextval('utterance_search_id_seq'); INSERT INTO utterance_search (id, session_id, ordinal, facets, grams)"
    " VALUES (row_id, new.session_id, new.ordinal, '', utterance_search_tokens(row_id, new.text, new.session_id));"
    " ELSIF TG_OP = 'DELETE' THEN DELETE FROM utterance_search WHERE session_id = old.session_id AND ordinal = old.ordinal;"
    " ELSIF old.text IS DISTINCT FROM new.text THEN UPDATE utterance_search SET grams = utterance_search_tokens(id, new.text, session_id)"
    " WHERE session_id = new.session_id AND ordinal = new.ordinal; END IF; RETURN NULL; END $$",
    "CREATE TRIGGER utterance_search_kept AFTER INSERT OR DELETE OR UPDATE OF text ON utterance"
    " FOR EACH ROW EXECUTE FUNCTION utterance_search_keep()",
    "UPDATE utterance_search s SET grams = utterance_search_tokens(s.id, u.text, u.session_id) FROM utterance u"
    " WHERE u.session_id = s.session_id AND u.ordinal = s.ordinal",
    "CREATE INDEX utterance_search_index ON utterance_search USING gin (string_to_array(grams, ' '))",
)


def _drop(sqlite: bool, function: str) -> None:
    if sqlite:
        for name in ("added", "removed", "changed"):
            op.execute(f"DROP TRIGGER utterance_search_{name}")
        op.execute("DROP TABLE utterance_search_index")
    else:
        op.execute("DROP TRIGGER utterance_search_kept ON utterance")
        op.execute("DROP FUNCTION utterance_search_keep")
        op.execute(f"DROP FUNCTION {function}")
        op.execute("DROP INDEX utterance_search_index")


def _run(statements: tuple[str, ...]) -> None:
    for statement in statements:
        op.execute(sa.text(statement.replace(":", "\\:")))


def upgrade() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    _drop(sqlite, "utterance_search_grams")
    sound = op.create_table(
        "utterance_search_sound",
        sa.Column("character", sa.String(length=1), nullable=False),
        sa.Column("syllable", sa.String(length=8), nullable=False),
        sa.PrimaryKeyConstraint("character", "syllable", name=op.f("pk_utterance_search_sound")),
        sqlite_with_rowid=False,
    )
    op.bulk_insert(sound, [{"character": one, "syllable": each} for one, syllables in readings().items() for each in syllables])
    _run(SQLITE if sqlite else POSTGRESQL)


def downgrade() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    _drop(sqlite, "utterance_search_tokens")
    op.drop_table("utterance_search_sound")
    if sqlite:
        _run((*before.SQLITE[2:], before.FILL_SQLITE[1]))
    else:
        op.execute("DELETE FROM utterance_search")
        _run(before.POSTGRESQL)
