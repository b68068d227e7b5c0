"""Every text in both languages; every text that is used is there."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import audio_service
import case_api.console
from audio_service.evaluation.problems import CorpusCode
from audio_service.messages import WarningCode
from case_api.assessments.forms import Breach, LoanStatus
from case_api.assessments.rules import RiskLevel
from case_api.cases.machine import EVENTS, STEPS
from case_api.companions.rules import HintState
from case_api.competitors.rules import Better
from case_api.console.companions import QUICK
from case_api.console.texts import TEXTS
from case_api.early_warning.imports.rules import COLUMNS
from case_api.early_warning.rule_sets.rules import IndicatorCode
from case_api.evidence.schemas import FileKind
from case_api.intake.causes import Cause
from case_api.intake.identity import IdType
from case_api.intake.receipts import ReceiptKind
from case_api.labels.schemas import LabelKind
from case_api.policies.rules import ApprovalMode, ContractStage, Spreading
from case_api.public_form.rules import LinkStatus
from models.approvals import RoundStatus, StepStatus
from models.benefits import Account, TransferKind
from models.cases import CaseSource, Outcome
from models.co_residents import AckMethod, AckStatus
from models.companions import EndReason
from models.competitors import CompetitorOutcome, Matchable
from models.consents import AskedBy, ConsentMethod
from models.crm import EventKind, SourceStatus
from models.deliveries import DeliveryStatus
from models.early_warnings import StepKind, WarningLevel, WarningOutcome, WarningStatus
from models.learning import Ranking, ReviewVerdict
from models.people import Role
from models.policies import PolicyStatus
from models.prompts import Verdict
from models.sessions import Level, SessionStatus, Speaker
from models.settings_detection import DetectionSettings
from models.signals import SignalKind
from models.solutions import OfferStatus, SolutionKind
from models.tasks import TaskKind
from scripts_library.mining.effects import Design
from scripts_library.records import Kind, Moment, ReviewStatus

CODES = {
    "step": STEPS,
    "task": get_args(TaskKind),
    "role": get_args(Role),
    "cause": get_args(Cause),
    "source": get_args(CaseSource),
    "outcome": get_args(Outcome),
    "id_type": get_args(IdType),
    "receipt": get_args(ReceiptKind),
    "stage": get_args(ContractStage),
    "loan": get_args(LoanStatus),
    "breach": get_args(Breach),
    "risk": get_args(RiskLevel),
    "spreading": get_args(Spreading),
    "path": get_args(SolutionKind),
    "add": get_args(SolutionKind),
    "execution": get_args(SolutionKind),
    "offer_status": get_args(OfferStatus),
    "round": get_args(RoundStatus),
    "approval": get_args(StepStatus),
    "evidence": get_args(FileKind),
    "level": get_args(Level),
    "speaker": get_args(Speaker),
    "session": get_args(SessionStatus),
    "warning": tuple(WarningCode),
    "signal": get_args(SignalKind),
    "hint": get_args(HintState),
    "live.over": tuple(reason for reason in get_args(EndReason) if reason != "stopped"),
    "live.quick": QUICK,
    "verdict": get_args(Verdict),
    "method": get_args(ConsentMethod),
    "asked_by": get_args(AskedBy),
    "policies.status": get_args(PolicyStatus),
    "alarm": get_args(WarningLevel),
    "alarm_clock": get_args(WarningLevel),
    "alarm_state": get_args(WarningStatus),
    "alarm_outcome": get_args(WarningOutcome),
    "alarm_step": get_args(StepKind),
    "crm": tuple(one for group in get_args(EventKind) for one in (get_args(group) or (group,))),
    "sources.status": get_args(SourceStatus),
    "indicator": get_args(IndicatorCode),
    "when": get_args(IndicatorCode),
    "column": tuple(COLUMNS),
    "form_link": get_args(LinkStatus),
    "threshold": tuple(DetectionSettings.model_fields),
    "transfer": get_args(TransferKind),
    "account": get_args(Account),
    "delivery": get_args(DeliveryStatus),
    "mode": get_args(ApprovalMode),
    "kind": tuple(Kind),
    "situation": tuple(Moment),
    "review": tuple(ReviewStatus),
    "label_kind": get_args(LabelKind),
    "label_problem": tuple(CorpusCode(code) for code in ("role_open", "interval_empty", "outside_audio", "turns_overlap", "onset_missing")),
    "ack": get_args(AckStatus),
    "ack_method": get_args(AckMethod),
    "rival_outcome": get_args(CompetitorOutcome),
    "matchable": get_args(Matchable),
    "better": get_args(Better),
    "learning": ("complaints", "escalations"),
    "learning.ranks": get_args(Ranking),
    "learning.is": get_args(ReviewVerdict),
    "learning.design": get_args(Design),
}


def test_both_languages_say_everything() -> None:
    for key, (chinese, english) in TEXTS.items():
        assert chinese.strip(), key
        assert english.strip(), key
        places = [{name for _, name, _, _ in string.Formatter().parse(text) if name} for text in (chinese, english)]
        assert places[0] == places[1], key


def test_every_code_has_a_name() -> None:
    assert [f"{group}.{code}" for group, codes in CODES.items() for code in codes if f"{group}.{code}" not in TEXTS] == []


def used() -> Iterator[str]:
    """Text keys that the sources write out."""
    for path in Path(case_api.console.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            named = [keyword.value for keyword in node.keywords if keyword.arg in ("label", "help")]
            said = node.args[:1] if isinstance(node.func, ast.Attribute) and node.func.attr == "t" else []
            for value in (*named, *said):
                if isinstance(value, ast.Constant) and isinstance(value.value, str) and "." in value.value:
                    yield value.value


def test_what_is_said_has_words() -> None:
    assert sorted(set(used()) - set(TEXTS)) == []


# Where words of both languages stand beside each other, and where what was typed is read.
BOTH_OR_TYPED = {"details.py", "look.py", "fields.py", "layout.py", "sign_in.py", "rest.py"}
HAN_OR_WIDE = re.compile(r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")


def test_what_a_page_says_is_in_both_languages() -> None:
    """Chinese words and punctuation are in `texts` or follow the reader's language (`Look`): `、` had stood between English names."""
    found = []
    for path in Path(case_api.console.__file__).parent.rglob("*.py"):
        if path.parent.name == "texts" or path.name in BOTH_OR_TYPED:
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose and HAN_OR_WIDE.search(node.value):
                found.append(f"{path.name}:{node.lineno} {node.value}")
    assert found == []


def actions() -> Iterator[str]:
    """Audit actions as the sources write them, as patterns: what is put in as the program runs may be any word."""
    yield from (f"api:case:{event}" for event in EVENTS)
    for package in (case_api, audio_service):
        for path in Path(next(iter(package.__path__))).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or not isinstance(node.func.value, ast.Name):
                    continue
                if (node.func.value.id, node.func.attr) == ("audit", "record"):
                    yield from said(node.args[2])
                elif (node.func.value.id, node.func.attr) == ("flow", "note"):
                    yield from (f"api:case:{pattern}" for pattern in said(node.args[3]))


def said(value: ast.expr) -> Iterator[str]:
    match value:
        case ast.Constant(value=str(text)):
            yield re.escape(text)
        case ast.JoinedStr(values=parts):
            yield "".join(re.escape(str(part.value)) if isinstance(part, ast.Constant) else "[a-z_]+" for part in parts)
        case ast.IfExp(body=one, orelse=other):
            yield from (*said(one), *said(other))
        case _:
            yield "[a-z_]+"


def test_every_audit_action_has_a_name_and_every_name_an_action() -> None:
    """What the patterns leave open, `audited_by_name` sees as the other tests run."""
    named = [key.removeprefix("audit.") for key in TEXTS if re.fullmatch(r"audit\.[a-z]+:[a-z_]+:[a-z_]+", key)]
    patterns = set(actions())
    assert sorted(pattern for pattern in patterns if not any(re.fullmatch(pattern, name) for name in named)) == []
    assert sorted(name for name in named if not any(re.fullmatch(pattern, name) for pattern in patterns)) == []
