"""Conversations whose customers change their minds."""

from __future__ import annotations

from tests.case_api.evidence.conftest import make_case
from tests.case_api.sessions.conftest import make_session

__all__ = ["make_case", "make_session"]
