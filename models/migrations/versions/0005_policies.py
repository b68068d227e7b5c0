"""Policies"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
PUBLISHED = sa.text("status = 'published'")

# What legal authorised is what holds: nobody changes it afterwards, and what was ever authorised stays on the record.
MESSAGE = "an authorised policy is not changed"
FROZEN = ("kind", "scope", "number", "content", "drafted_by", "drafted_at")
SETTLED = ("status", "authorised_by", "authorised_at", "published_by", "published_at", "effective_from", "retired_at")


def _changed(names: tuple[str, ...], differs: str) -> str:
    return " OR ".join(f"NEW.{name} {differs} OLD.{name}" for name in names)


def _one_way(differs: str) -> str:
    """A published version can be retired, and nothing else; a retired one stays as it is."""
    changed = _changed(SETTLED, differs)
    kept = _changed(SETTLED[1:-1], differs)
    return f"(OLD.status = 'retired' AND ({changed})) OR (OLD.status = 'published' AND (NEW.status NOT IN ('published', 'retired') OR {kept}))"


TRIGGERS_SQLITE = [
    f"""CREATE TRIGGER policy_version_frozen BEFORE UPDATE ON policy_version
    WHEN (OLD.status <> 'draft' AND ({_changed(FROZEN, "IS NOT")})) OR {_one_way("IS NOT")}
    BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END""",
    f"""CREATE TRIGGER policy_version_kept BEFORE DELETE ON policy_version
    WHEN OLD.status <> 'draft' BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END""",
]
TRIGGERS_POSTGRESQL = [
    f"""CREATE FUNCTION policy_version_frozen() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF TG_OP = 'DELETE' THEN
      IF OLD.status <> 'draft' THEN RAISE EXCEPTION '{MESSAGE}'; END IF;
      RETURN OLD;
    END IF;
    IF (OLD.status <> 'draft' AND ({_changed(FROZEN, "IS DISTINCT FROM")})) OR {_one_way("IS DISTINCT FROM")} THEN
      RAISE EXCEPTION '{MESSAGE}';
    END IF;
    RETURN NEW; END $$""",
    """CREATE TRIGGER policy_version_frozen BEFORE UPDATE OR DELETE ON policy_version
    FOR EACH ROW EXECUTE FUNCTION policy_version_frozen()""",
]


def upgrade() -> None:
    op.create_table(
        "policy_version",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("site_id", sa.String(length=32), nullable=True),
        sa.Column("scope", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("content", JSON, nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("drafted_by", sa.String(length=32), nullable=True),
        sa.Column("drafted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("returned_reason", sa.String(length=500), nullable=False),
        sa.Column("authorised_by", sa.String(length=32), nullable=True),
        sa.Column("authorised_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published_by", sa.String(length=32), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("effective_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("retired_by", sa.String(length=32), nullable=True),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("retired_reason", sa.String(length=500), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("kind IN ('tiers', 'refund', 'deadlines')", name=op.f("ck_policy_version_kind")),
        sa.CheckConstraint("status IN ('draft', 'authorised', 'published', 'retired')", name=op.f("ck_policy_version_status")),
        sa.CheckConstraint("scope = coalesce(site_id, '')", name=op.f("ck_policy_version_scope")),
        sa.CheckConstraint("authorised_by <> drafted_by", name=op.f("ck_policy_version_four_eyes")),
        sa.CheckConstraint(
            "effective_from IS NULL OR authorised_by IS NOT NULL OR (drafted_by IS NULL AND kind <> 'refund')",
            name=op.f("ck_policy_version_authorised"),
        ),
        sa.CheckConstraint(
            "status <> 'published' OR (effective_from IS NOT NULL AND published_at IS NOT NULL)", name=op.f("ck_policy_version_published")
        ),
        sa.CheckConstraint("status NOT IN ('draft', 'authorised') OR effective_from IS NULL", name=op.f("ck_policy_version_unpublished")),
        sa.CheckConstraint("status <> 'authorised' OR authorised_by IS NOT NULL", name=op.f("ck_policy_version_authorised_by")),
        sa.CheckConstraint("(status = 'retired') = (retired_at IS NOT NULL)", name=op.f("ck_policy_version_retired")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_policy_version_site_id")),
        *(
            sa.ForeignKeyConstraint([column], ["person.id"], name=op.f(f"fk_policy_version_{column}"))
            for column in ("drafted_by", "authorised_by", "published_by", "retired_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy_version")),
    )
    op.create_index("uq_policy_version_number", "policy_version", ["kind", "scope", "number"], unique=True)
    op.create_index(
        "uq_policy_version_effective_from",
        "policy_version",
        ["kind", "scope", "effective_from"],
        unique=True,
        sqlite_where=PUBLISHED,
        postgresql_where=PUBLISHED,
    )
    op.create_table(
        "policy_posting",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("policy_id", sa.String(length=32), nullable=False),
        sa.Column("site_id", sa.String(length=32), nullable=False),
        sa.Column("proof", sa.String(length=500), nullable=False),
        sa.Column("posted_by", sa.String(length=32), nullable=False),
        sa.Column("posted_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("proof <> ''", name=op.f("ck_policy_posting_proof")),
        sa.ForeignKeyConstraint(["policy_id"], ["policy_version.id"], name=op.f("fk_policy_posting_policy_id")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_policy_posting_site_id")),
        sa.ForeignKeyConstraint(["posted_by"], ["person.id"], name=op.f("fk_policy_posting_posted_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy_posting")),
    )
    op.create_index("uq_policy_posting_policy_id_site_id", "policy_posting", ["policy_id", "site_id"], unique=True)
    for trigger in TRIGGERS_POSTGRESQL if op.get_bind().dialect.name == "postgresql" else TRIGGERS_SQLITE:
        op.execute(trigger)


def downgrade() -> None:
    op.drop_table("policy_posting")
    op.drop_table("policy_version")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION policy_version_frozen()")
