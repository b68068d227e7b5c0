"""Transcripts are corrected in versions; what was recognised stays, and the database sees to it"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0028"
branch_labels = None
depends_on = None

HEARD = "what was heard stays, and a text is only changed by a correction"
ADDED = "corrections are only added"
# What was heard is set once, to what stood there; from then on it stays. A text that changes is that of a correction.
WRONG = (
    "(OLD.heard_text IS NOT NULL AND (NEW.heard_text {differs} OLD.heard_text OR NEW.heard_speaker {differs} OLD.heard_speaker))"
    " OR (OLD.heard_text IS NULL AND NEW.heard_text IS NOT NULL"
    " AND (NEW.heard_text {differs} OLD.text OR NEW.heard_speaker {differs} OLD.speaker))"
    " OR ((NEW.text {differs} OLD.text OR NEW.version {differs} OLD.version) AND (NEW.heard_text IS NULL OR NOT EXISTS"
    " (SELECT 1 FROM utterance_correction c WHERE c.session_id = NEW.session_id AND c.ordinal = NEW.ordinal"
    " AND c.version = NEW.version AND c.text = NEW.text AND c.speaker = NEW.speaker)))"
)
COLUMNS = "text, heard_text, heard_speaker, version"
SQLITE = (
    f"CREATE TRIGGER utterance_heard_stays BEFORE UPDATE OF {COLUMNS} ON utterance WHEN {WRONG.format(differs='IS NOT')}"
    f" BEGIN SELECT RAISE(ABORT, '{HEARD}'); END",
    "CREATE TRIGGER utterance_correction_stays BEFORE UPDATE ON utterance_correction"
    f" BEGIN SELECT RAISE(ABORT, '{ADDED}'); END",
)
POSTGRESQL = (
    "CREATE FUNCTION utterance_heard_stays() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
    f" IF {WRONG.format(differs='IS DISTINCT FROM')} THEN RAISE EXCEPTION '{HEARD}'; END IF; RETURN NEW; END $$",
    f"CREATE TRIGGER utterance_heard_stays BEFORE UPDATE OF {COLUMNS} ON utterance"
    " FOR EACH ROW EXECUTE FUNCTION utterance_heard_stays()",
    "CREATE FUNCTION utterance_correction_stays() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
    f" RAISE EXCEPTION '{ADDED}'; END $$",
    "CREATE TRIGGER utterance_correction_stays BEFORE UPDATE ON utterance_correction"
    " FOR EACH ROW EXECUTE FUNCTION utterance_correction_stays()",
)


def upgrade() -> None:
    op.create_table(
        "utterance_correction",
        sa.Column("session_id", sa.String(length=32), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("speaker", sa.String(length=8), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("speaker IN ('staff', 'customer', 'unsure')", name=op.f("ck_utterance_correction_speaker")),
        sa.CheckConstraint("version > 0", name=op.f("ck_utterance_correction_version")),
        sa.ForeignKeyConstraint(["session_id"], ["session.id"], name=op.f("fk_utterance_correction_session_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_utterance_correction_person_id")),
        sa.PrimaryKeyConstraint("session_id", "ordinal", "version", name=op.f("pk_utterance_correction")),
    )
    # Added one by one: rebuilding the table would lose the triggers that keep the index.
    op.add_column("utterance", sa.Column("heard_text", sa.String(), nullable=True))
    op.add_column("utterance", sa.Column("heard_speaker", sa.String(length=8), nullable=True))
    op.add_column("utterance", sa.Column("version", sa.Integer(), nullable=False, server_default="0"))
    for statement in SQLITE if op.get_bind().dialect.name == "sqlite" else POSTGRESQL:
        op.execute(statement)


def downgrade() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    for table, name in (("utterance", "utterance_heard_stays"), ("utterance_correction", "utterance_correction_stays")):
        op.execute(f"DROP TRIGGER {name}" + ("" if sqlite else f" ON {table}"))
        if not sqlite:
            op.execute(f"DROP FUNCTION {name}")
    # As they stand now: the versions before are lost with the table.
    for name in ("version", "heard_speaker", "heard_text"):
        op.execute(f"ALTER TABLE utterance DROP COLUMN {name}")
    op.drop_table("utterance_correction")
