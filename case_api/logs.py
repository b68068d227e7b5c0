"""Logs: one line an event, for people or as JSON."""

from __future__ import annotations

import logging

import structlog

from models.settings import Settings


def configure(settings: Settings) -> None:
    """Set up structlog for the process. Standard-library loggers (uvicorn, alembic) keep their own form at the same level."""
    level = getattr(logging, settings.log_level.upper())
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False) if settings.log_json else structlog.dev.ConsoleRenderer()
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.dict_tracebacks if settings.log_json else structlog.processors.StackInfoRenderer(),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
    )
    logging.basicConfig(level=level)
    logging.getLogger("alembic").setLevel(max(level, logging.WARNING))  # says the same three lines at every start
