"""Briefs to regional operations: the figures of one site and one period, as they were told."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from sqlalchemy import Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, CreatedAt, Id, SiteRef, one_of

BriefPeriod = Literal["weekly", "monthly"]


class FigureBrief(Base):
    """One brief. `first` and `before` are the site's days; each period of a site is told once, however many processes look."""

    __tablename__ = "figure_brief"
    __table_args__ = (
        one_of("period", BriefPeriod),
        UniqueConstraint("site_id", "period", "first"),
        Index("ix_figure_brief_created_at_id", "created_at", "id"),
    )

    id: Mapped[Id]
    site_id: Mapped[SiteRef]
    period: Mapped[str] = mapped_column(String(8))
    first: Mapped[date]
    before: Mapped[date]
    body: Mapped[dict[str, Any]]
    created_at: Mapped[CreatedAt]
