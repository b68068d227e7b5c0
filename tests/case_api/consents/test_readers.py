"""Whatever reads what a recording holds asks the one rule first. Who does, and how, is listed here: a new reader fails this test."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Final

import case_api

CONTENT: Final = {
    # rows that hold what was said, how, and what people made of it
    "Utterance", "UtteranceSearch", "UtteranceSearchBlock", "UtteranceCorrection", "KeywordHit", "KeywordReview", "PromptShown",
    "PromptWithheld", "PromptFeedback", "StateEvent", "ProsodyTrack", "CaseSignal", "SessionMark", "SessionClip", "SessionComment",
    "SessionLabel", "RecordingSegment",
    # and what opens the sound
    "iter_samples", "stored_samples", "recording_of", "finished_file", "read_samples", "load_samples",
}  # fmt: skip
ASKS: Final = {
    "assessments/repository.py": "standing()",
    "cli/label.py": "stands(",
    "clips/repository.py": "standing()",
    "clips/service.py": "find_kept(",
    "comments/service.py": "find_kept(",
    "companions/service.py": "kept(",
    "corrections/service.py": "find_kept(",
    "early_warning/events/own.py": "standing()",
    "evidence/service.py": "stands(",
    "figures/repository.py": "standing()",
    "labels/repository.py": "standing()",
    "labels/service.py": "find_kept(",
    "learning/digest/repository.py": "scope.conditions(",
    "learning/keywords/repository.py": "standing()",
    "learning/progress/repository.py": "standing()",
    "learning/scope.py": "standing()",
    "learning/scripts/repository.py": "scope.conditions(",
    "learning/terms/repository.py": "scope.conditions(",
    "library/edits/trying.py": "find_kept(",
    "sessions/repository.py": "standing()",
    "sessions/service.py": "stands(",
    "signals/repository.py": "standing()",
    "signals/service.py": "withdrawn_at",
    "solutions/repository.py": "standing()",
    "intake/repository.py": "standing()",
    "trace/service.py": "withdrawn_at",
    "transcripts/repository.py": "standing()",
    "wall/service.py": "kept(",
}
"""Where the question is asked, and by what."""
ASKED_BEFORE: Final = {
    "cli/bench_review.py": "writes a conversation of its own",
    "cli/bench_search.py": "writes conversations of its own",
    "cli/bench_search_rows.py": "writes conversations of its own",
    "cli/bench_wall.py": "writes conversations of its own",
    "clips/endpoints.py": "clips.service.find",
    "demo_data/talk.py": "writes a demonstration",
    "evidence/repository.py": "evidence.service blanks the quote, and refuses a new one",
    "harness.py": "measures with sound of its own",
    "labels/endpoints.py": "labels.repository",
    "learning/keywords/endpoints.py": "learning.keywords.repository",
    "learning/keywords/service.py": "learning.keywords.repository",
    "learning/scripts/moments.py": "learning.scripts.repository.sessions_with_prompts",
    "sessions/audio.py": "sessions.service.find_kept",
    "signals/endpoints.py": "signals.repository, signals.service",
    "trace/repository.py": "trace.service",
    "wall/repository.py": "wall.service",
}
"""Readers that are handed only what somebody else asked about, and who that is."""


def readers() -> set[str]:
    """Modules that name rows or functions of `CONTENT`."""
    root = Path(case_api.__file__).parent
    found = set()
    for path in root.rglob("*.py"):
        names = {
            alias.name
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.ImportFrom)
            for alias in node.names
        }
        if names & CONTENT:
            found.add(path.relative_to(root).as_posix())
    return found


def test_every_reader_is_known() -> None:
    unknown = readers() - ASKS.keys() - ASKED_BEFORE.keys()
    assert unknown == set(), "ask models.consents before you show anything of a recording, then name the module here"
    assert ASKED_BEFORE.keys() - readers() == set()
    assert ASKS.keys() & ASKED_BEFORE.keys() == set()


def test_every_reader_asks() -> None:
    root = Path(case_api.__file__).parent
    silent = [module for module, question in ASKS.items() if question not in (root / module).read_text(encoding="utf-8")]
    assert silent == []


def test_the_rule_is_written_in_one_place() -> None:
    """The customer's first answer alone says nothing: whoever looks at it knows of the withdrawal, too."""
    root = Path(case_api.__file__).parent
    written = {
        path.relative_to(root).as_posix()
        for path in root.rglob("*.py")
        if re.search(r"\b[Ss]ession\.recording\b", path.read_text(encoding="utf-8"))
    }
    assert written == {"companions/service.py", "consents/service.py"}
