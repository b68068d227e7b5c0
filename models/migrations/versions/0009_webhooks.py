"""Webhooks and notifications"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
KINDS = "'task', 'approval', 'reminder', 'overdue', 'escalation', 'litigation', 'brief', 'policy', 'webhook'"


def _text(name: str, length: int, *, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(length=length), nullable=null)


def _time(name: str, *, null: bool = True) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=null)


def _refers(table: str, column: str, to: str, *, cascades: bool = False) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [to], name=op.f(f"fk_{table}_{column}"), ondelete="CASCADE" if cascades else None)


def _carried(table: str) -> tuple[sa.schema.SchemaItem, ...]:
    """The columns and checks of `models.deliveries.Carried`."""
    return (
        _text("id", 32),
        _text("status", 8),
        sa.Column("attempts", sa.Integer(), nullable=False),
        _time("next_at"),
        _text("claimed_by", 64, null=True),
        _time("last_attempt_at"),
        _time("done_at"),
        _text("error", 200),
        _time("created_at", null=False),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.CheckConstraint("status IN ('pending', 'sent', 'failed')", name=op.f(f"ck_{table}_status")),
        sa.CheckConstraint("(status = 'pending') = (next_at IS NOT NULL)", name=op.f(f"ck_{table}_next")),
        sa.CheckConstraint("(status = 'pending') = (done_at IS NULL)", name=op.f(f"ck_{table}_done")),
    )


def _due_index(table: str) -> None:
    pending = sa.text("status = 'pending'")
    op.create_index(f"ix_{table}_next_at", table, ["next_at"], sqlite_where=pending, postgresql_where=pending)


def upgrade() -> None:
    op.create_table(
        "webhook",
        _text("id", 32),
        _text("name", 80),
        _text("url", 500),
        sa.Column("topics", JSON, nullable=False),
        _text("site_id", 32, null=True),
        _text("secret", 80),
        _text("previous_secret", 80, null=True),
        _time("previous_until"),
        _text("status", 8),
        _time("failing_since"),
        _time("disabled_at"),
        _text("disabled_reason", 200),
        _text("created_by", 32),
        _time("created_at", null=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook")),
        _refers("webhook", "site_id", "site.id"),
        _refers("webhook", "created_by", "person.id"),
        sa.CheckConstraint("status IN ('active', 'disabled')", name=op.f("ck_webhook_status")),
        sa.CheckConstraint("(status = 'disabled') = (disabled_at IS NOT NULL)", name=op.f("ck_webhook_disabled")),
        sa.CheckConstraint("(previous_secret IS NULL) = (previous_until IS NULL)", name=op.f("ck_webhook_previous")),
    )
    op.create_index("ix_webhook_created_at_id", "webhook", ["created_at", "id"])
    op.create_table(
        "webhook_delivery",
        *_carried("webhook_delivery"),
        _text("webhook_id", 32),
        _text("event_id", 64),
        _text("topic", 64),
        _text("case_id", 32, null=True),
        _text("session_id", 32, null=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("response_status", sa.Integer(), nullable=True),
        _refers("webhook_delivery", "webhook_id", "webhook.id", cascades=True),
        _refers("webhook_delivery", "case_id", "withdrawal_case.id", cascades=True),
        _refers("webhook_delivery", "session_id", "session.id", cascades=True),
    )
    _due_index("webhook_delivery")
    op.create_index("uq_webhook_delivery_webhook_id_event_id", "webhook_delivery", ["webhook_id", "event_id"], unique=True)
    op.create_index("ix_webhook_delivery_webhook_id_created_at", "webhook_delivery", ["webhook_id", "created_at", "id"])
    op.create_index("ix_webhook_delivery_case_id", "webhook_delivery", ["case_id"])
    op.create_index("ix_webhook_delivery_session_id", "webhook_delivery", ["session_id"])
    op.create_table(
        "notification",
        _text("id", 32),
        _text("person_id", 32),
        _text("event_id", 64),
        _text("topic", 64),
        _text("kind", 12),
        _text("case_id", 32, null=True),
        _text("session_id", 32, null=True),
        _text("zh", 200),
        _text("en", 200),
        _text("link", 200),
        _time("created_at", null=False),
        _time("read_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification")),
        _refers("notification", "person_id", "person.id"),
        _refers("notification", "case_id", "withdrawal_case.id", cascades=True),
        _refers("notification", "session_id", "session.id", cascades=True),
        sa.CheckConstraint(f"kind IN ({KINDS})", name=op.f("ck_notification_kind")),
    )
    op.create_index("uq_notification_person_id_event_id", "notification", ["person_id", "event_id"], unique=True)
    op.create_index("ix_notification_person_id_created_at", "notification", ["person_id", "created_at", "id"])
    op.create_index("ix_notification_case_id", "notification", ["case_id"])
    op.create_index("ix_notification_session_id", "notification", ["session_id"])
    op.create_table(
        "notification_channel",
        _text("id", 32),
        _text("person_id", 32),
        _text("name", 40),
        _text("url", 500),
        _time("created_at", null=False),
        _time("changed_at", null=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification_channel")),
        _refers("notification_channel", "person_id", "person.id"),
        sa.CheckConstraint("name <> ''", name=op.f("ck_notification_channel_name")),
    )
    op.create_index("uq_notification_channel_person_id_name", "notification_channel", ["person_id", "name"], unique=True)
    op.create_table(
        "notification_preference",
        _text("person_id", 32),
        sa.Column("kinds", JSON, nullable=False),
        sa.Column("quiet_from", sa.Integer(), nullable=True),
        sa.Column("quiet_until", sa.Integer(), nullable=True),
        _text("timezone", 64),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_notification_preference")),
        _refers("notification_preference", "person_id", "person.id"),
        sa.CheckConstraint("(quiet_from IS NULL) = (quiet_until IS NULL)", name=op.f("ck_notification_preference_quiet")),
        sa.CheckConstraint(
            "quiet_from BETWEEN 0 AND 1439 AND quiet_until BETWEEN 0 AND 1439", name=op.f("ck_notification_preference_minutes")
        ),
    )
    op.create_table(
        "channel_message",
        *_carried("channel_message"),
        _text("notification_id", 32),
        _text("channel_id", 32),
        _refers("channel_message", "notification_id", "notification.id", cascades=True),
        _refers("channel_message", "channel_id", "notification_channel.id", cascades=True),
    )
    _due_index("channel_message")
    op.create_index("uq_channel_message_notification_id_channel_id", "channel_message", ["notification_id", "channel_id"], unique=True)
    op.create_index("ix_channel_message_channel_id_created_at", "channel_message", ["channel_id", "created_at", "id"])


def downgrade() -> None:
    for name in ("channel_message", "notification_preference", "notification_channel", "notification", "webhook_delivery", "webhook"):
        op.drop_table(name)
