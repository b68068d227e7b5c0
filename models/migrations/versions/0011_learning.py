"""Learning: reviews of hits, new terms, prompts withheld, beliefs about scripts, figures from before"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
LEVELS = "'provisional', 'calm', 'rising', 'agitated'"


def _text(name: str, length: int, *, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(length=length), nullable=null)


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=False)


def _time(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False)


def _refers(table: str, column: str, to: str, *, cascades: bool = False) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [to], name=op.f(f"fk_{table}_{column}"), ondelete="CASCADE" if cascades else None)


def _check(table: str, name: str, condition: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(condition, name=op.f(f"ck_{table}_{name}"))


def _key(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*columns, name=op.f(f"pk_{table}"))


def upgrade() -> None:
    op.create_table(
        "keyword_review",
        _text("hit_id", 32),
        _text("verdict", 8),
        _text("reviewed_by", 32),
        _time("reviewed_at"),
        _refers("keyword_review", "hit_id", "keyword_hit.id", cascades=True),
        _refers("keyword_review", "reviewed_by", "person.id"),
        _check("keyword_review", "verdict", "verdict IN ('right', 'false')"),
        _key("keyword_review", "hit_id"),
    )
    op.create_table(
        "false_pair",
        _text("id", 32),
        _text("term", 64),
        _text("heard", 128),
        _text("marked_by", 32),
        _time("marked_at"),
        _refers("false_pair", "marked_by", "person.id"),
        _key("false_pair", "id"),
        sa.UniqueConstraint("term", "heard", name=op.f("uq_false_pair_term_heard")),
    )
    op.create_index("ix_false_pair_marked_at_id", "false_pair", ["marked_at", "id"])
    op.create_table(
        "ranking_version",
        _text("id", 32),
        _time("made_at"),
        _text("made_by", 32, null=True),
        sa.Column("worths", JSON, nullable=False),
        _number("moments"),
        _refers("ranking_version", "made_by", "person.id"),
        _key("ranking_version", "id"),
    )
    op.create_index("ix_ranking_version_made_at", "ranking_version", ["made_at"])
    op.create_table(
        "site_learning",
        _text("site_id", 32),
        _number("holdout_bp"),
        _text("ranking", 8),
        _text("ranking_version_id", 32, null=True),
        sa.Column("go_live_on", sa.Date(), nullable=True),
        _text("changed_by", 32),
        _time("changed_at"),
        _number("version"),
        _refers("site_learning", "site_id", "site.id"),
        _refers("site_learning", "ranking_version_id", "ranking_version.id"),
        _refers("site_learning", "changed_by", "person.id"),
        _check("site_learning", "ranking", "ranking IN ('off', 'learning', 'frozen')"),
        _check("site_learning", "holdout_bp", "holdout_bp BETWEEN 0 AND 2000"),
        _check("site_learning", "frozen", "(ranking = 'frozen') = (ranking_version_id IS NOT NULL)"),
        _key("site_learning", "site_id"),
    )
    op.create_table(
        "session_plan",
        _text("session_id", 32),
        _number("holdout_bp"),
        _text("ranking_version_id", 32, null=True),
        _refers("session_plan", "session_id", "session.id", cascades=True),
        _refers("session_plan", "ranking_version_id", "ranking_version.id"),
        _key("session_plan", "session_id"),
    )
    op.create_table(
        "prompt_withheld",
        _text("id", 32),
        _text("session_id", 32),
        _text("prompt_key", 64),
        _text("kind", 16),
        sa.Column("at", sa.Double(), nullable=False),
        _text("script_id", 64),
        _text("situation", 64),
        _text("level", 16),
        sa.Column("evidence", JSON, nullable=False),
        _time("created_at"),
        _refers("prompt_withheld", "session_id", "session.id", cascades=True),
        _check("prompt_withheld", "kind", "kind IN ('calming', 'guidance', 'wording')"),
        _check("prompt_withheld", "level", f"level IN ({LEVELS})"),
        _key("prompt_withheld", "id"),
        sa.UniqueConstraint("session_id", "prompt_key", name=op.f("uq_prompt_withheld_session_id_prompt_key")),
    )
    op.create_table(
        "term_decision",
        _text("id", 32),
        _text("phrase", 40),
        _text("verdict", 10),
        sa.Column("details", JSON, nullable=False),
        _text("decided_by", 32),
        _time("decided_at"),
        _refers("term_decision", "decided_by", "person.id"),
        _check("term_decision", "verdict", "verdict IN ('accepted', 'dismissed')"),
        _key("term_decision", "id"),
        sa.UniqueConstraint("phrase", name=op.f("uq_term_decision_phrase")),
    )
    op.create_table(
        "earlier_week",
        _text("site_id", 32),
        sa.Column("monday", sa.Date(), nullable=False),
        _number("conversations"),
        _number("complaints"),
        _number("escalations"),
        _text("source", 200),
        _text("changed_by", 32),
        _time("changed_at"),
        _number("version"),
        _refers("earlier_week", "site_id", "site.id"),
        _refers("earlier_week", "changed_by", "person.id"),
        _check("earlier_week", "complaints", "conversations >= 0 AND complaints BETWEEN 0 AND conversations"),
        _check("earlier_week", "escalations", "escalations BETWEEN 0 AND conversations"),
        _key("earlier_week", "site_id", "monday"),
    )


def downgrade() -> None:
    for table in (
        "earlier_week",
        "term_decision",
        "prompt_withheld",
        "session_plan",
        "site_learning",
        "ranking_version",
        "false_pair",
        "keyword_review",
    ):
        op.drop_table(table)
