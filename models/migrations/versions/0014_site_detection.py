"""Thresholds of the ear a site, kept with the conversations that began under them"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


def upgrade() -> None:
    op.create_table(
        "site_detection",
        sa.Column("site_id", sa.String(length=32), nullable=False),
        sa.Column("changes", JSON, nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("changed_by", sa.String(length=32), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_site_detection_site_id")),
        sa.ForeignKeyConstraint(["changed_by"], ["person.id"], name=op.f("fk_site_detection_changed_by")),
        sa.PrimaryKeyConstraint("site_id", name=op.f("pk_site_detection")),
    )
    op.add_column("session", sa.Column("detection", JSON, nullable=True))


def downgrade() -> None:
    op.drop_column("session", "detection")
    op.drop_table("site_detection")
