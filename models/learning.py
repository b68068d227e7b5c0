"""What is learned from conversations, and what learning may change: reviews of hits, new terms, prompts withheld, beliefs about scripts."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import ID_LENGTH, Base, CreatedAt, Id, PersonRef, SessionKey, SessionRef, one_of
from models.prompts import PromptKind
from models.sessions import Level

ReviewVerdict = Literal["right", "false"]
Ranking = Literal["off", "learning", "frozen"]
TermVerdict = Literal["accepted", "dismissed"]
RunStatus = Literal["running", "done", "failed"]
MOST_WITHHELD_BP = 2000
_RUNNING = text("status = 'running'")


class KeywordReview(Base):
    """What a person made of a hit after listening to it."""

    __tablename__ = "keyword_review"
    __table_args__ = (one_of("verdict", ReviewVerdict),)

    hit_id: Mapped[str] = mapped_column(String(ID_LENGTH), ForeignKey("keyword_hit.id", ondelete="CASCADE"), primary_key=True)
    verdict: Mapped[str] = mapped_column(String(8))
    reviewed_by: Mapped[PersonRef]
    reviewed_at: Mapped[datetime]


class FalsePair(Base):
    """A text that is not the term it was taken for, wherever it is heard."""

    __tablename__ = "false_pair"
    __table_args__ = (UniqueConstraint("term", "heard"), Index("ix_false_pair_marked_at_id", "marked_at", "id"))

    id: Mapped[Id]
    term: Mapped[str] = mapped_column(String(64))
    heard: Mapped[str] = mapped_column(String(128))
    marked_by: Mapped[PersonRef]
    marked_at: Mapped[datetime]


class RankingVersion(Base):
    """Beliefs about scripts as they were at one time: `worths[script] = [mean, sd, moments]`, in standard deviations of state."""

    __tablename__ = "ranking_version"

    id: Mapped[Id]
    made_at: Mapped[datetime] = mapped_column(index=True)
    made_by: Mapped[PersonRef | None]
    worths: Mapped[dict[str, Any]]
    moments: Mapped[int]


class LearningRun(Base):
    """Learning the beliefs anew: how far it is, and what came of it. One runs at a time.

    `site_ids` are the sites that were learned from, None: every one. `seen_at` is moved on while it works, so that a run whose process died
    is told from one that is slow. Done without a version: no prompt was measured. Nobody started it: the night's own.
    """

    __tablename__ = "learning_run"
    __table_args__ = (
        one_of("status", RunStatus),
        CheckConstraint("(status = 'running') = (ended_at IS NULL)", name="ended"),
        CheckConstraint("status = 'done' OR ranking_version_id IS NULL", name="version"),
        Index("uq_learning_run_running", "status", unique=True, sqlite_where=_RUNNING, postgresql_where=_RUNNING),
        Index("ix_learning_run_started_at_id", "started_at", "id"),
    )

    id: Mapped[Id]
    status: Mapped[str] = mapped_column(String(8), default="running")
    site_ids: Mapped[list[Any] | None]
    started_by: Mapped[PersonRef | None]
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    sessions: Mapped[int] = mapped_column(default=0)
    sessions_done: Mapped[int] = mapped_column(default=0)
    ranking_version_id: Mapped[str | None] = mapped_column(String(ID_LENGTH), ForeignKey("ranking_version.id"))


class SiteLearning(Base):
    """What a site agreed to. Without a row: nothing is withheld, nothing learned is used.

    `ranking_version_id` is the version that is held on to while the ranking is frozen. `go_live_on` is the day that figures are compared
    around.
    """

    __tablename__ = "site_learning"
    __table_args__ = (
        one_of("ranking", Ranking),
        CheckConstraint(f"holdout_bp BETWEEN 0 AND {MOST_WITHHELD_BP}", name="holdout_bp"),
        CheckConstraint("(ranking = 'frozen') = (ranking_version_id IS NOT NULL)", name="frozen"),
    )

    site_id: Mapped[str] = mapped_column(String(ID_LENGTH), ForeignKey("site.id"), primary_key=True)
    holdout_bp: Mapped[int] = mapped_column(default=0)
    ranking: Mapped[str] = mapped_column(String(8), default="off")
    ranking_version_id: Mapped[str | None] = mapped_column(String(ID_LENGTH), ForeignKey("ranking_version.id"))
    go_live_on: Mapped[date | None]
    changed_by: Mapped[PersonRef]
    changed_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads it from the class


class SessionPlan(Base):
    """What a conversation began with, so that it goes on with the same after a restart."""

    __tablename__ = "session_plan"

    session_id: Mapped[SessionKey]
    holdout_bp: Mapped[int]
    ranking_version_id: Mapped[str | None] = mapped_column(String(ID_LENGTH), ForeignKey("ranking_version.id"))


class PromptWithheld(Base):
    """A prompt that was called for and, by lot, not shown. `prompt_key` counts with the session's shown ones.

    `evidence` holds besides what a shown prompt's holds `text` and `reasons`, as they would have been shown.
    """

    __tablename__ = "prompt_withheld"
    __table_args__ = (UniqueConstraint("session_id", "prompt_key"), one_of("kind", PromptKind), one_of("level", Level))

    id: Mapped[Id]
    session_id: Mapped[SessionRef]
    prompt_key: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(16))
    at: Mapped[float]
    script_id: Mapped[str] = mapped_column(String(64))
    situation: Mapped[str] = mapped_column(String(64))
    level: Mapped[str] = mapped_column(String(16))
    evidence: Mapped[dict[str, Any]]
    created_at: Mapped[CreatedAt]


class TermDecision(Base):
    """What a trainer made of a phrase that was found; it is not proposed again."""

    __tablename__ = "term_decision"
    __table_args__ = (one_of("verdict", TermVerdict),)

    id: Mapped[Id]
    phrase: Mapped[str] = mapped_column(String(40), unique=True)
    verdict: Mapped[str] = mapped_column(String(10))
    details: Mapped[dict[str, Any]]
    decided_by: Mapped[PersonRef]
    decided_at: Mapped[datetime]


class EarlierWeek(Base):
    """A week's figures from before the product ran: what went on paper then, with where it is from."""

    __tablename__ = "earlier_week"
    __table_args__ = (
        CheckConstraint("conversations >= 0 AND complaints BETWEEN 0 AND conversations", name="complaints"),
        CheckConstraint("escalations BETWEEN 0 AND conversations", name="escalations"),
    )

    site_id: Mapped[str] = mapped_column(String(ID_LENGTH), ForeignKey("site.id"), primary_key=True)
    monday: Mapped[date] = mapped_column(primary_key=True)
    conversations: Mapped[int]
    complaints: Mapped[int]
    escalations: Mapped[int]
    source: Mapped[str] = mapped_column(String(200))
    changed_by: Mapped[PersonRef]
    changed_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads it from the class
