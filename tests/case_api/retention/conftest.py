"""Cases that are over, their conversations with files, and people who look after holds."""

from __future__ import annotations

from tests.case_api.evidence.conftest import make_case, upload
from tests.case_api.sessions.conftest import make_session

__all__ = ["make_case", "make_session", "upload"]
