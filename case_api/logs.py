"""Logs: one line an event, for people or as JSON."""

from __future__ import annotations

import logging

import structlog

from models.settings import Settings


def configure(settings: Settings) -> None:
    """Set up structlog for the process. Standard-library loggers (uvicorn, alembic) keep their own form at the same level.

    Tracebacks never show local variables: those hold tokens, passwords and what people said.
    """
    level = getattr(logging, settings.log_level.upper())
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *(_as_json() if settings.log_json else _for_people()),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
    )
    logging.basicConfig(level=level)
    logging.getLogger("alembic").setLevel(max(level, logging.WARNING))  # says the same three lines at every start
    logging.getLogger("httpx2").setLevel(max(level, logging.WARNING))  # writes whole addresses, with what somebody searched for


def _as_json() -> list[structlog.typing.Processor]:
    tracebacks = structlog.processors.ExceptionRenderer(structlog.tracebacks.ExceptionDictTransformer(show_locals=False))
    return [tracebacks, structlog.processors.JSONRenderer(ensure_ascii=False)]


def _for_people() -> list[structlog.typing.Processor]:
    console = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    return [structlog.processors.StackInfoRenderer(), console]
