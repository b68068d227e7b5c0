"""Sales offices (案场)."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import ID_LENGTH, Base, CreatedAt, Id, PersonRef

CHINA: Final = ZoneInfo("Asia/Shanghai")
"""The clock of whatever is no one site's."""


class Site(Base):
    """One sales office. `code` prefixes the codes of its cases."""

    __tablename__ = "site"

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(String(16), unique=True)
    name: Mapped[str] = mapped_column(String(80))
    name_en: Mapped[str] = mapped_column(String(80), default="")
    timezone: Mapped[str] = mapped_column(String(64), default=CHINA.key)
    created_at: Mapped[CreatedAt]


class SiteDetection(Base):
    """Thresholds of the ear that a site has set otherwise than the service; those it has not set follow the service.

    Conversations that run keep what they began with (`Session.detection`).
    """

    __tablename__ = "site_detection"

    site_id: Mapped[str] = mapped_column(String(ID_LENGTH), ForeignKey("site.id"), primary_key=True)
    changes: Mapped[dict[str, Any]]
    reason: Mapped[str] = mapped_column(String(500))
    changed_by: Mapped[PersonRef]
    changed_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads it from the class
