"""The page about the case says what the code does."""

from __future__ import annotations

from pathlib import Path

from case_api.cases.machine import EVENTS
from case_api.cases.page import _MEANING, case_page


def test_the_page_is_as_generated() -> None:
    assert (Path(__file__).parents[3] / "docs" / "case.md").read_text(encoding="utf-8") == case_page(), "run `calmdesk docs`"


def test_every_event_is_explained() -> None:
    assert set(_MEANING) == set(EVENTS)
