"""The life of a case: every step, every event."""

from __future__ import annotations

from typing import get_args

import pytest

from case_api.cases.machine import EVENTS, FINISHES, OPENS, STEPS, after, diagram
from models.cases import CaseStatus

ALLOWED = {
    ("draft", "submit"): "assessing",
    ("draft", "cancel"): "cancelled",
    ("assessing", "conclude"): "solving",
    ("solving", "rework"): "assessing",
    ("solving", "offer"): "offered",
    ("offered", "decline"): "solving",
    ("offered", "accept"): "approving",
    ("approving", "approve"): "executing",
    ("approving", "send_back"): "solving",
    ("executing", "void"): "solving",
    ("executing", "complete"): "closing",
    ("assessing", "settle"): "closing",
    ("solving", "settle"): "closing",
    ("offered", "settle"): "closing",
    ("closing", "archive"): "archived",
}


@pytest.mark.parametrize("event", EVENTS)
@pytest.mark.parametrize("step", get_args(CaseStatus))
def test_an_event_leads_on_or_is_refused(step: str, event: str) -> None:
    assert after(step, event) == ALLOWED.get((step, event))


def test_every_step_but_the_last_ones_opens_work() -> None:
    # approvals are opened by the tier's rule: one task a step of the round
    assert set(STEPS) - set(OPENS) == {"approving", "archived", "cancelled"}


def test_what_an_event_finishes_is_open_where_it_comes_from() -> None:
    for event, kind in FINISHES.items():
        for (step, name), _ in ALLOWED.items():
            if name == event:
                assert kind in {opens.kind for opens in OPENS[step]}


def test_the_diagram_shows_every_transition() -> None:
    lines = {line.strip() for line in diagram().splitlines()}
    assert {f"{step} --> {target}: {event}" for (step, event), target in ALLOWED.items()} <= lines
    assert {"[*] --> draft", "archived --> [*]", "cancelled --> [*]"} <= lines
