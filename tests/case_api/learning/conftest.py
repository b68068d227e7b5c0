"""Conversations to learn from."""

from __future__ import annotations

from tests.case_api.sessions.conftest import make_session

__all__ = ["make_session"]
