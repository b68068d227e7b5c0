"""First schema"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")

AUDIT_TRIGGERS_SQLITE = [
    f"""CREATE TRIGGER audit_record_no_{change} BEFORE {change.upper()} ON audit_record
    BEGIN SELECT RAISE(ABORT, 'audit_record is append-only'); END"""
    for change in ("update", "delete")
]
AUDIT_TRIGGERS_POSTGRESQL = [
    """CREATE FUNCTION audit_record_append_only() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'audit_record is append-only'; END $$""",
    """CREATE TRIGGER audit_record_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_record
    FOR EACH STATEMENT EXECUTE FUNCTION audit_record_append_only()""",
]


def upgrade() -> None:
    op.create_table(
        "audit_record",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.String(length=32), nullable=True),
        sa.Column("actor_label", sa.String(length=80), nullable=False),
        sa.Column("action", sa.String(length=80), nullable=False),
        sa.Column("subject_type", sa.String(length=40), nullable=False),
        sa.Column("subject_id", sa.String(length=64), nullable=False),
        sa.Column("site_id", sa.String(length=32), nullable=True),
        sa.Column("before", JSON, nullable=True),
        sa.Column("after", JSON, nullable=True),
        sa.Column("ip", sa.String(length=64), nullable=False),
        sa.Column("user_agent", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_record")),
    )
    op.create_index("ix_audit_record_at", "audit_record", ["at"], unique=False)
    op.create_index("ix_audit_record_subject_type_subject_id", "audit_record", ["subject_type", "subject_id"], unique=False)

    op.create_table(
        "consent",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("recording", sa.Boolean(), nullable=False),
        sa.Column("notice_version", sa.String(length=40), nullable=False),
        sa.Column("notice_text", sa.String(), nullable=False),
        sa.Column("method", sa.String(length=8), nullable=False),
        sa.Column("informed_by", sa.String(length=80), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("method IN ('spoken', 'written', 'screen')", name=op.f("ck_consent_method")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent")),
    )
    op.create_table(
        "person",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("username", sa.String(length=64), nullable=False),
        sa.Column("display_name", sa.String(length=80), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("must_change_password", sa.Boolean(), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failed_logins", sa.Integer(), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("username", name=op.f("uq_person_username")),
    )
    op.create_table(
        "site",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("code", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("name_en", sa.String(length=80), nullable=False),
        sa.Column("timezone", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_site")),
        sa.UniqueConstraint("code", name=op.f("uq_site_code")),
    )
    op.create_table(
        "access_token",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("user_agent", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_access_token_person_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_token")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_access_token_token_hash")),
    )
    op.create_index(op.f("ix_access_token_person_id"), "access_token", ["person_id"], unique=False)

    op.create_table(
        "person_role",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("site_id", sa.String(length=32), nullable=True),
        sa.CheckConstraint(
            "role IN ('staff', 'receptionist', 'site_manager', 'finance', 'legal', 'marketing', 'city_gm', 'hq_risk', 'regional_ops', 'trainer', 'admin')",
            name=op.f("ck_person_role_role"),
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_person_role_person_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_person_role_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_role")),
    )
    op.create_index("uq_person_role_at_site", "person_role", ["person_id", "role", "site_id"], unique=True)
    op.create_index(
        "uq_person_role_everywhere",
        "person_role",
        ["person_id", "role"],
        unique=True,
        sqlite_where=sa.text("site_id IS NULL"),
        postgresql_where=sa.text("site_id IS NULL"),
    )

    op.create_table(
        "voice_enrolment",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("embedding", sa.LargeBinary(), nullable=True),
        sa.Column("windows", sa.Integer(), nullable=False),
        sa.Column("raised", sa.Boolean(), nullable=False),
        sa.Column("consent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("consent_text_version", sa.String(length=40), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(deleted_at IS NULL) = (embedding IS NOT NULL)", name=op.f("ck_voice_enrolment_deleted_is_empty")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_voice_enrolment_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_voice_enrolment")),
    )
    op.create_index(
        "uq_voice_enrolment_current",
        "voice_enrolment",
        ["person_id"],
        unique=True,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )

    op.create_table(
        "withdrawal_case",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("site_id", sa.String(length=32), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("customer_label", sa.String(length=80), nullable=False),
        sa.Column("unit_label", sa.String(length=80), nullable=False),
        sa.Column("status", sa.String(length=8), nullable=False),
        sa.Column("created_by", sa.String(length=32), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("status IN ('draft', 'open', 'closed')", name=op.f("ck_withdrawal_case_status")),
        sa.ForeignKeyConstraint(["created_by"], ["person.id"], name=op.f("fk_withdrawal_case_created_by")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_withdrawal_case_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_withdrawal_case")),
        sa.UniqueConstraint("code", name=op.f("uq_withdrawal_case_code")),
    )
    op.create_index("ix_withdrawal_case_site_id_created_at", "withdrawal_case", ["site_id", "created_at"], unique=False)

    op.create_table(
        "session",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("site_id", sa.String(length=32), nullable=False),
        sa.Column("staff_id", sa.String(length=32), nullable=False),
        sa.Column("case_id", sa.String(length=32), nullable=True),
        sa.Column("consent_id", sa.String(length=32), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("recording", sa.Boolean(), nullable=False),
        sa.Column("codec", sa.String(length=16), nullable=False),
        sa.Column("sample_rate", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("client", sa.String(length=120), nullable=False),
        sa.Column("mic", JSON, nullable=True),
        sa.Column("pipeline_version", sa.String(length=64), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.Column("speech_seconds", sa.Double(), nullable=False),
        sa.Column("talk_share", JSON, nullable=False),
        sa.Column("peak_level", sa.String(length=16), nullable=False),
        sa.Column("counts", JSON, nullable=False),
        sa.Column("summary", JSON, nullable=True),
        sa.Column("recording_path", sa.String(length=400), nullable=True),
        sa.Column("recording_sha256", sa.String(length=64), nullable=True),
        sa.CheckConstraint("peak_level IN ('provisional', 'calm', 'rising', 'agitated')", name=op.f("ck_session_peak_level")),
        sa.CheckConstraint("status IN ('live', 'interrupted', 'finishing', 'ended')", name=op.f("ck_session_status")),
        sa.CheckConstraint("seconds >= 0 AND speech_seconds >= 0", name=op.f("ck_session_durations")),
        sa.ForeignKeyConstraint(["case_id"], ["withdrawal_case.id"], name=op.f("fk_session_case_id")),
        sa.ForeignKeyConstraint(["consent_id"], ["consent.id"], name=op.f("fk_session_consent_id")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_session_site_id")),
        sa.ForeignKeyConstraint(["staff_id"], ["person.id"], name=op.f("fk_session_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session")),
        sa.UniqueConstraint("consent_id", name=op.f("uq_session_consent_id")),
    )
    op.create_index(op.f("ix_session_case_id"), "session", ["case_id"], unique=False)
    op.create_index("ix_session_site_id_started_at", "session", ["site_id", "started_at"], unique=False)
    op.create_index("ix_session_staff_id_started_at", "session", ["staff_id", "started_at"], unique=False)
    op.create_index("ix_session_started_at_id", "session", ["started_at", "id"], unique=False)

    op.create_table(
        "keyword_hit",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("session_id", sa.String(length=32), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("utterance_id", sa.String(length=32), nullable=False),
        sa.Column("term", sa.String(length=64), nullable=False),
        sa.Column("category", sa.String(length=64), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("end", sa.Double(), nullable=False),
        sa.Column("speaker", sa.String(length=8), nullable=False),
        sa.Column("heard", sa.String(length=128), nullable=False),
        sa.Column("match", sa.String(length=8), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("false_hit", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("match IN ('exact', 'alias', 'phonetic')", name=op.f("ck_keyword_hit_match")),
        sa.CheckConstraint("speaker IN ('staff', 'customer', 'unsure')", name=op.f("ck_keyword_hit_speaker")),
        sa.CheckConstraint('"end" >= at', name=op.f("ck_keyword_hit_interval")),
        sa.ForeignKeyConstraint(["session_id"], ["session.id"], name=op.f("fk_keyword_hit_session_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_keyword_hit")),
        sa.UniqueConstraint("session_id", "ordinal", name=op.f("uq_keyword_hit_session_id_ordinal")),
    )
    op.create_index("ix_keyword_hit_term_created_at", "keyword_hit", ["term", "created_at"], unique=False)

    op.create_table(
        "outbox_message",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("topic", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=160), nullable=True),
        sa.Column("payload", JSON, nullable=False),
        sa.Column("site_id", sa.String(length=32), nullable=True),
        sa.Column("session_id", sa.String(length=32), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claimed_by", sa.String(length=64), nullable=True),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["session_id"], ["session.id"], name=op.f("fk_outbox_message_session_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_outbox_message_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox_message")),
        sa.UniqueConstraint("key", name=op.f("uq_outbox_message_key")),
    )
    op.create_index(
        "ix_outbox_message_open",
        "outbox_message",
        ["id"],
        unique=False,
        sqlite_where=sa.text("done_at IS NULL"),
        postgresql_where=sa.text("done_at IS NULL"),
    )
    op.create_index(op.f("ix_outbox_message_session_id"), "outbox_message", ["session_id"], unique=False)

    op.create_table(
        "prompt_shown",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("session_id", sa.String(length=32), nullable=False),
        sa.Column("prompt_key", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("script_id", sa.String(length=64), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("reasons", JSON, nullable=False),
        sa.Column("situation", sa.String(length=64), nullable=False),
        sa.Column("alternatives", JSON, nullable=False),
        sa.Column("evidence", JSON, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('calming', 'guidance', 'wording')", name=op.f("ck_prompt_shown_kind")),
        sa.ForeignKeyConstraint(["session_id"], ["session.id"], name=op.f("fk_prompt_shown_session_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_prompt_shown")),
        sa.UniqueConstraint("session_id", "prompt_key", name=op.f("uq_prompt_shown_session_id_prompt_key")),
    )
    op.create_index(op.f("ix_prompt_shown_script_id"), "prompt_shown", ["script_id"], unique=False)

    op.create_table(
        "prosody_track",
        sa.Column("session_id", sa.String(length=32), nullable=False),
        sa.Column("ordinal", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("start", sa.Double(), nullable=False),
        sa.Column("step", sa.Double(), nullable=False),
        sa.Column("columns", JSON, nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["session_id"], ["session.id"], name=op.f("fk_prosody_track_session_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("session_id", "ordinal", name=op.f("pk_prosody_track")),
    )
    op.create_table(
        "recording_segment",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("session_id", sa.String(length=32), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("path", sa.String(length=400), nullable=False),
        sa.Column("first_seq", sa.Integer(), nullable=False),
        sa.Column("last_seq", sa.Integer(), nullable=True),
        sa.Column("first_sample", sa.Integer(), nullable=False),
        sa.Column("samples", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("format", sa.String(length=16), nullable=False),
        sa.CheckConstraint("state IN ('open', 'sealed', 'final')", name=op.f("ck_recording_segment_state")),
        sa.CheckConstraint("samples >= 0 AND first_sample >= 0", name=op.f("ck_recording_segment_samples")),
        sa.ForeignKeyConstraint(["session_id"], ["session.id"], name=op.f("fk_recording_segment_session_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recording_segment")),
        sa.UniqueConstraint("session_id", "ordinal", name=op.f("uq_recording_segment_session_id_ordinal")),
    )
    op.create_table(
        "session_mark",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("session_id", sa.String(length=32), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_session_mark_person_id")),
        sa.ForeignKeyConstraint(["session_id"], ["session.id"], name=op.f("fk_session_mark_session_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session_mark")),
    )
    op.create_index(op.f("ix_session_mark_session_id"), "session_mark", ["session_id"], unique=False)

    op.create_table(
        "session_warning",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("session_id", sa.String(length=32), nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("detail", sa.String(length=500), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["session_id"], ["session.id"], name=op.f("fk_session_warning_session_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session_warning")),
    )
    op.create_index(op.f("ix_session_warning_session_id"), "session_warning", ["session_id"], unique=False)

    op.create_table(
        "state_event",
        sa.Column("session_id", sa.String(length=32), nullable=False),
        sa.Column("ordinal", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("speaker", sa.String(length=8), nullable=False),
        sa.Column("confidence", sa.Double(), nullable=False),
        sa.Column("level", sa.String(length=16), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("measures", JSON, nullable=False),
        sa.CheckConstraint("level IN ('provisional', 'calm', 'rising', 'agitated')", name=op.f("ck_state_event_level")),
        sa.CheckConstraint("speaker IN ('staff', 'customer', 'unsure')", name=op.f("ck_state_event_speaker")),
        sa.ForeignKeyConstraint(["session_id"], ["session.id"], name=op.f("fk_state_event_session_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("session_id", "ordinal", name=op.f("pk_state_event")),
    )
    op.create_table(
        "utterance",
        sa.Column("session_id", sa.String(length=32), nullable=False),
        sa.Column("ordinal", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("speaker", sa.String(length=8), nullable=False),
        sa.Column("confidence", sa.Double(), nullable=False),
        sa.Column("start", sa.Double(), nullable=False),
        sa.Column("end", sa.Double(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("characters", JSON, nullable=False),
        sa.Column("alternatives", JSON, nullable=False),
        sa.Column("quality", JSON, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("speaker IN ('staff', 'customer', 'unsure')", name=op.f("ck_utterance_speaker")),
        sa.CheckConstraint('"end" >= start', name=op.f("ck_utterance_interval")),
        sa.ForeignKeyConstraint(["session_id"], ["session.id"], name=op.f("fk_utterance_session_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("session_id", "ordinal", name=op.f("pk_utterance")),
        sa.UniqueConstraint("session_id", "id", name=op.f("uq_utterance_session_id_id")),
    )
    op.create_table(
        "prompt_feedback",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("prompt_id", sa.String(length=32), nullable=False),
        sa.Column("verdict", sa.String(length=16), nullable=False),
        sa.Column("at_audio", sa.Double(), nullable=True),
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("verdict IN ('used', 'dismissed', 'helpful', 'unhelpful')", name=op.f("ck_prompt_feedback_verdict")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_prompt_feedback_person_id")),
        sa.ForeignKeyConstraint(["prompt_id"], ["prompt_shown.id"], name=op.f("fk_prompt_feedback_prompt_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_prompt_feedback")),
    )
    op.create_index(op.f("ix_prompt_feedback_prompt_id"), "prompt_feedback", ["prompt_id"], unique=False)
    for trigger in AUDIT_TRIGGERS_POSTGRESQL if op.get_bind().dialect.name == "postgresql" else AUDIT_TRIGGERS_SQLITE:
        op.execute(trigger)


def downgrade() -> None:
    op.drop_table("prompt_feedback")
    op.drop_table("utterance")
    op.drop_table("state_event")
    op.drop_table("session_warning")
    op.drop_table("session_mark")
    op.drop_table("recording_segment")
    op.drop_table("prosody_track")
    op.drop_table("prompt_shown")
    op.drop_table("outbox_message")
    op.drop_table("keyword_hit")
    op.drop_table("session")
    op.drop_table("withdrawal_case")
    op.drop_table("voice_enrolment")
    op.drop_table("person_role")
    op.drop_table("access_token")
    op.drop_table("site")
    op.drop_table("person")
    op.drop_table("consent")
    op.drop_table("audit_record")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION audit_record_append_only()")
