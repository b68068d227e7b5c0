"""The list of events is closed: whatever the program publishes is in it, and nothing else is."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

import case_api
from case_api.cases.machine import EVENTS, OPENS
from case_api.deadlines.rules import What
from case_api.events.topics import TOPICS, events_page, is_pattern, matches
from case_api.notifications.texts import TASKS
from models.early_warnings import StepKind
from models.tasks import TaskKind

ROOT = Path(case_api.__file__).parent.parent
TELLS = {"tell": 3, "publish": 1, "_tell": 6, "_changed": 3}
"""Functions that publish, and the place of the topic among their arguments."""
PASSED_ON = {
    ("case_api/cases/flow.py", "f'case.{topic}'"): [],  # `tell` itself
    ("case_api/cases/flow.py", "event"): [f"case.{event}" for event in EVENTS],
    ("case_api/deadlines/ticker.py", "f'case.deadline_{moment.what}'"): [f"case.deadline_{what}" for what in get_args(What)],
    ("case_api/policies/lifecycle.py", "f'policy.{verb}'"): [],  # `_changed` itself
    ("case_api/refunds/service.py", "topic"): [],  # `_tell` itself
    ("case_api/early_warning/board/trace.py", "f'warning.{what}'"): [
        *(f"warning.{step}" for step in get_args(StepKind)),
        "warning.reported",
    ],
    ("case_api/co_residents/service.py", "f'acknowledgement.{what}'"): [
        f"acknowledgement.{what}" for what in ("recorded", "changed", "signed", "withdrawn")
    ],
    ("case_api/competitors/service.py", "f'competitor_offer.{what}'"): [
        f"competitor_offer.{what}" for what in ("recorded", "verified", "compared")
    ],
    ("case_api/library/edits/service.py", "f'library.{verb}'"): [
        f"library.{verb}" for verb in ("draft", "redraft", "submit", "approve", "return", "withdraw")
    ],
    ("case_api/closing/service.py", "kind"): [f"case.{opens.kind}" for opens in OPENS["closing"]],
}
"""Topics that are not spelt out where they are published, and what they can be."""
LEFT_TO_OTHERS = {"session.signal"}
"""What the signal desk takes."""


def calls(path: Path) -> Iterator[tuple[str, ast.expr]]:
    """(function, the expression of its topic) of everything in a file that may publish."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name == "publish" and isinstance(node.func, ast.Attribute) and ast.unparse(node.func.value) != "outbox":
            continue  # to publish a policy is something else
        if name in TELLS and len(node.args) > TELLS[name]:
            yield name, node.args[TELLS[name]]
        if name == "SignalRow":
            yield name, node.args[0]


def published() -> set[str]:
    found: set[str] = set()
    for folder in ("case_api", "audio_service"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            where = path.relative_to(ROOT).as_posix()
            for name, topic in calls(path):
                if isinstance(topic, ast.Constant) and isinstance(topic.value, str):
                    prefix = {"tell": "case.", "_tell": "case.", "_changed": "policy."}.get(name, "")
                    found.add(prefix + topic.value)
                elif ast.unparse(topic) not in ("entry.topic",):
                    assert (where, ast.unparse(topic)) in PASSED_ON, f"{where}: {name}({ast.unparse(topic)}) is not known to this test"
                    found.update(PASSED_ON[where, ast.unparse(topic)])
    return found


def test_whatever_is_published_is_in_the_list_and_nothing_else() -> None:
    assert published() - LEFT_TO_OTHERS == set(TOPICS)


def test_every_topic_has_a_name_in_both_languages() -> None:
    assert all(topic.zh and topic.en for topic in TOPICS.values())
    assert len({topic.zh for topic in TOPICS.values()}) == len(TOPICS)


def test_every_kind_of_work_has_a_name() -> None:
    assert set(TASKS) == set(get_args(TaskKind))


def test_the_page_is_the_one_that_the_code_gives() -> None:
    assert (ROOT / "docs/events.md").read_text(encoding="utf-8") == events_page()


@pytest.mark.parametrize(
    ("pattern", "topic", "takes"),
    [
        ("*", "case.offer", True),
        ("case.*", "case.offer", True),
        ("case.*", "policy.draft", False),
        ("case.offer", "case.offer", True),
        ("case.offer", "case.offered", False),
        ("cas*", "case.offer", False),
        ("case", "case.offer", False),
    ],
)
def test_a_pattern_takes_what_it_names(pattern: str, topic: str, takes: bool) -> None:
    assert matches(pattern, topic) is takes


@pytest.mark.parametrize("text", ["", "case", "case.nothing", "ping", "**", ".*"])
def test_what_matches_no_topic_is_no_pattern(text: str) -> None:
    assert not is_pattern(text)
