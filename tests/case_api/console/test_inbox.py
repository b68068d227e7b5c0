"""A line of the inbox leads to a page that is there."""

from __future__ import annotations

import re

import pytest

from case_api.console import pages
from case_api.console.inbox import target_of
from case_api.events.topics import TOPICS
from case_api.notifications.rules import asks
from case_api.notifications.texts import text_of, webhook_text

NAMES = ("case_id", "session_id", "policy_id", "warning_id", "brief_id", "assignee_id")
DATA = dict.fromkeys(NAMES, "01a2275d12ce4982601695ba55c12b32")
DATA |= {"role": "legal", "kind": "solutions", "level": "orange", "due_at": "2026-11-23T03:00:00+00:00", "receptionist_id": "x"}


def links() -> set[str]:
    """Of everything that anybody is told."""
    events = [(topic, data, ask) for topic in TOPICS for data in whole() for ask in asks(topic, data, "x")]
    told = {text_of(topic, ask.kind, None, data, "Asia/Shanghai").link for topic, data, ask in events}
    return told | {webhook_text("CRM", "w1").link}


def whole() -> list[dict[str, object]]:
    made: dict[str, object] = {**DATA, "roles": ["legal"], "risen": True}
    return [made, made | {"case_id": None}]


@pytest.mark.parametrize("link", sorted(links()))
def test_every_link_has_a_page(link: str) -> None:
    pages.load()
    assert any(re.fullmatch(re.sub(r"\{\w+\}", r"[\\w-]+", spec.path), target_of(link)) for spec in pages.PAGES)
