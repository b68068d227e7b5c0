"""The rows that a story leaves, as the services would have written them. Pure: dictionaries by table, in the order of insertion."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from types import SimpleNamespace
from typing import Any, Final

from case_api.assessments.forms import FORMS, Department
from case_api.canonical import sha256
from case_api.cases.rules import search_text
from case_api.deadlines.rules import plan
from case_api.demo_data import SITES, paths
from case_api.demo_data.story import Story, words_of
from case_api.intake.identity import masked
from case_api.policies.rules import TierTable
from case_api.solutions.rules import content_hash, payee_value
from case_api.solutions.terms import PathKind
from models.approvals import ApprovalRound, ApprovalStep
from models.base import Base
from models.cases import WithdrawalCase
from models.closing import CustomerTag, TeamReview
from models.deadlines import Deadline
from models.public_forms import SatisfactionAnswer
from models.refunds import RefundInstruction, RefundPayment
from models.registrations import Registration
from models.sites import CHINA
from models.solutions import Offer, OfferAnswer, Payee, Solution
from models.tasks import CaseTask

Row = dict[str, Any]
MARK: Final = "演示数据"
ACCOUNT: Final = "0000000000000000"
VERSION: Final = 12
"""Of a case whose way was written at once."""
CLOSING: Final = ("customer_tag", "knowledge_file", "regional_brief", "team_review")
_ROLES: Final = {
    "registration": "receptionist",
    "finance_assessment": "finance",
    "legal_assessment": "legal",
    "marketing_assessment": "marketing",
    "refund_payment": "finance",
}
_DEPARTMENTS: Final[dict[str, Department]] = {f"{name}_assessment": name for name in FORMS}
# (work, share of the case's time at which it opens and is done, minutes it may take)
WORK: Final = (
    ("registration", 0.0, 0.01, 30),
    ("finance_assessment", 0.01, 0.045, 120),
    ("legal_assessment", 0.01, 0.05, 120),
    ("marketing_assessment", 0.01, 0.04, 120),
    ("joint_assessment", 0.01, 0.06, 120),
    ("solutions", 0.06, 0.15, 240),
    ("customer_answer", 0.15, 0.55, 72 * 60),
    ("execution", 0.60, 1.0, 48 * 60),
    ("refund_payment", 0.60, 1.0, 24 * 60),
)
_STEP: Final = {"registration": "draft", "solutions": "solving", "customer_answer": "offered", "execution": "executing"}


@dataclass(slots=True)
class Rows:
    """What is to be inserted. `seed` makes the ids: the same story has the same ones."""

    seed: int
    people: Mapping[tuple[str, str], str]
    sites: Mapping[str, str]
    now: datetime
    tiers: tuple[str, int, TierTable]
    """The rule by which it is decided who approves: id and number of its version, what it says."""
    scripts: Mapping[str, str] = field(default_factory=dict)
    """Words of the library's scripts, by id."""
    tables: dict[type[Base], list[Row]] = field(default_factory=lambda: defaultdict(list))

    def id(self, *name: object) -> str:
        """An id of its own for each name."""
        return hashlib.md5(f"{self.seed}:{name}".encode(), usedforsecurity=False).hexdigest()

    def add(self, table: type[Base], **row: Any) -> Row:
        """One row."""
        self.tables[table].append(row)
        return row

    def person(self, story: Story, role: str) -> str:
        """Who has this role at the story's site."""
        return self.people[story.site, role]


def write(rows: Rows, story: Story, code: str) -> str:
    """Everything of one case; its id. What is still to come in the story is open."""
    case_id = rows.id("case", story.number)
    over, closed_at = story.ended_at <= rows.now, story.ended_at + timedelta(hours=4 + story.number % 22)
    status = "archived" if closed_at <= rows.now else "closing" if over else _open_step(rows, story)
    rows.add(
        WithdrawalCase,
        id=case_id,
        site_id=rows.sites[story.site],
        code=code,
        customer_label=story.name,
        unit_label="".join(story.unit),
        status=status,
        source="form" if story.number % 4 == 0 else "staff",
        external_reference=None,
        search_text=search_text([code, story.name, "".join(story.unit), MARK]),
        received_at=story.received_at,
        responsible_id=rows.person(story, "staff"),
        receptionist_id=rows.person(story, "receptionist"),
        causes=list(story.causes),
        tier=None if status in ("draft", "assessing") else _tier(rows, story),
        outcome=story.outcome if over else None,
        ended_at=story.ended_at if over else None,
        archived_at=closed_at if status == "archived" else None,
        created_by=rows.person(story, "receptionist"),
        created_at=story.received_at,
        version=VERSION,
    )
    _form(rows, story, case_id, submitted=status != "draft")
    _work(rows, story, case_id, status, closed_at)
    if over or status in ("offered", "executing"):
        _path(rows, story, case_id, code, status)
    if status == "archived":
        _closing(rows, story, case_id, closed_at)
    return case_id


def _tier(rows: Rows, story: Story) -> Row:
    version, number, table = rows.tiers
    return paths.tier(paths.forms(story, _subscribed(story)), table) | {"policy_version_id": version, "policy_number": number}


def _subscribed(story: Story) -> date:
    return story.received_at.date() - timedelta(days=10 + story.number % 60)


def _progress(rows: Rows, story: Story) -> float:
    return (rows.now - story.received_at) / (story.ended_at - story.received_at)


def _open_step(rows: Rows, story: Story) -> str:
    done = _progress(rows, story)
    waiting = next((kind for kind, _, end, _ in WORK if end > done), "execution")
    return _STEP.get(waiting, "assessing")


def _form(rows: Rows, story: Story, case_id: str, *, submitted: bool) -> None:
    at = story.received_at + timedelta(minutes=20)
    blank = {"id_number": None, "id_scan_evidence_id": None, "phone_verified_at": None, "alternative_note": "", "subscription_code": ""}
    rows.add(
        Registration,
        case_id=case_id,
        customer_name=story.name,
        id_type="resident_id",
        id_scan_missing_reason=MARK,
        phone=f"+86120{story.number:08d}",  # of no operator: nobody is ever called
        phone_unverified_reason=MARK,
        subscription_date=_subscribed(story),
        building=story.unit[0],
        unit=story.unit[1],
        unit_type="三室两厅",
        price_fen=story.paid_fen * paths.PRICE_TIMES,
        receipt_wording=paths.RECEIPT,
        receipt_kind="earnest",
        receipt_amount_fen=story.paid_fen,
        cause_text=words_of(story),
        alternative="to_discuss",
        alternative_session_id=None,
        alternative_at=None,
        alternative_unrecorded_reason=MARK,
        changed_by=rows.person(story, "receptionist"),
        changed_at=at,
        submitted_at=at if submitted else None,
        **blank,
    )


def _work(rows: Rows, story: Story, case_id: str, status: str, closed_at: datetime) -> None:
    whole = story.ended_at - story.received_at
    for kind, opens, ends, minutes in WORK:
        if story.path == "none" and kind in ("customer_answer", "execution"):
            continue
        if kind == "refund_payment" and not (story.path == "rescission" and story.refund_bp):
            continue
        opened, done = story.received_at + whole * opens, story.received_at + whole * ends
        if opened <= rows.now:
            _task(rows, story, case_id, kind, opened, done, timedelta(minutes=minutes))
    if status in ("closing", "archived"):
        for number, kind in enumerate(CLOSING):
            _task(rows, story, case_id, kind, story.ended_at, closed_at - timedelta(minutes=20 * number), timedelta(hours=24))


def _task(rows: Rows, story: Story, case_id: str, kind: str, opened: datetime, done: datetime, limit: timedelta) -> None:
    role = _ROLES.get(kind, "site_manager")
    is_open, person = done > rows.now, rows.person(story, role)
    handed: Row = {"note": MARK}
    if kind in _DEPARTMENTS:
        handed = paths.forms(story, _subscribed(story))[_DEPARTMENTS[kind]].model_dump(mode="json")
    due = opened + limit
    if is_open:
        due = max(due, rows.now + timedelta(hours=2))  # nothing is late the moment it appears
    same = {"case_id": case_id, "site_id": rows.sites[story.site], "kind": kind, "due_at": due}
    task = rows.add(
        CaseTask,
        id=rows.id("task", story.number, kind),
        role=role,
        assignee_id=None,
        subject_id=None,
        subject_key="",
        status="open" if is_open else "done",
        result=None if is_open else handed,
        opened_at=opened,
        done_at=None if is_open else done,
        done_by=None if is_open else person,
        version=1,
        **same,
    )
    rows.add(
        Deadline,
        id=rows.id("deadline", story.number, kind),
        task_id=task["id"],
        status="armed" if is_open else "met",
        starts_at=opened,
        plan=[list(moment) for moment in plan([], role, [(10_000, "city_gm")])],
        stage=0,
        next_at=due if is_open else None,
        paused_at=None,
        ended_at=None if is_open else done,
        **same,
    )


def _path(rows: Rows, story: Story, case_id: str, code: str, status: str) -> None:
    """The paths that were offered; the one that was accepted and, where money went back, its approval and payment."""
    if story.path == "none":
        return
    whole = story.ended_at - story.received_at
    offered, answered = story.received_at + whole * 0.15, story.received_at + whole * 0.55
    manager = rows.person(story, "site_manager")
    chosen, *_ = shown = [_solution(rows, story, case_id, kind, offered) for kind in paths.kinds(story)]
    valid_until = max(offered + timedelta(days=7), rows.now + timedelta(days=1) if status == "offered" else offered)
    snapshot = {
        "case": {"id": case_id, "code": code, "customer_label": story.name, "unit_label": "".join(story.unit)},
        "site": {"name": SITES[story.site][0], "timezone": CHINA.key},
        "number": 1,
        "offered_at": offered.isoformat(),
        "valid_until": valid_until.isoformat(),
        "paths": shown,
    }
    offer_id, answer_id = rows.id("offer", story.number), rows.id("answer", story.number)
    made = {"number": 1, "snapshot": snapshot, "sha256": sha256(snapshot), "offered_by": manager, "offered_at": offered}
    waits = status == "offered"
    rows.add(Offer, id=offer_id, case_id=case_id, valid_until=valid_until, status="open" if waits else "accepted", **made)
    if waits:
        return
    heard = {"session_id": None, "said_at": None, "evidence_id": None, "answered_by": manager, "answered_at": answered}
    nonce = "0" * 32
    rows.add(OfferAnswer, id=answer_id, offer_id=offer_id, case_id=case_id, answer="accept", path=chosen, nonce=nonce, note="", **heard)
    payees: list[Row] = []
    if chosen["kind"] == "rescission":
        payees = [{"role": "buyer", "name": story.name, "bank": MARK, "account": ACCOUNT, "amount_fen": chosen["price"]["total_fen"]}]
        rows.add(Payee, id=rows.id("payee", story.number), answer_id=answer_id, ordinal=1, **payees[0])
    hashed = content_hash(chosen, chosen["price"], [payee_value(SimpleNamespace(**payee)) for payee in payees], nonce)
    _approval(rows, story, case_id, answered, chosen, payees, hashed)
    if payees and status != "executing":
        _refund(rows, story, case_id, answered, chosen["price"]["total_fen"], hashed)


def _solution(rows: Rows, story: Story, case_id: str, kind: PathKind, offered: datetime) -> Row:
    """A path as the offer has it."""
    path, solution_id = paths.priced(story, kind) | {"note": MARK}, rows.id("solution", story.number, kind)
    same = {"case_id": case_id, "created_by": rows.person(story, "site_manager"), "created_at": offered, "changed_at": offered}
    rows.add(Solution, id=solution_id, total_fen=path["price"]["total_fen"], withdrawn_at=None, **path, **same)
    return paths.offered(solution_id, path)


def _approval(rows: Rows, story: Story, case_id: str, answered: datetime, path: Row, payees: list[Row], hashed: str) -> None:
    """By whoever the tier asks for; where that is the manager, who began the round, by the level above."""
    decided, round_id = _tier(rows, story), rows.id("round", story.number)
    hidden = [payee | {"account": masked(ACCOUNT)} for payee in payees]
    manager, same = rows.person(story, "site_manager"), {"case_id": case_id, "site_id": rows.sites[story.site]}
    rows.add(
        ApprovalRound,
        id=round_id,
        number=1,
        mode=decided["mode"],
        status="open",
        content_hash=hashed,
        content={name: path[name] for name in ("kind", "terms", "price")} | {"payees": hidden},
        tier_reasons=decided["reasons"],
        initiator_id=manager,
        opened_at=answered,
        closed_at=None,
        closed_reason="",
        version=1,
        **same,
    )
    step = {"ordinal": 1, "required_role": decided["approvers"][0], "role": "city_gm", "status": "pending", "version": 1}
    step |= {"id": rows.id("step", story.number), "round_id": round_id, "initiator_id": manager, "reason": "", "opened_at": answered}
    rows.add(ApprovalStep, **step, **same)


def _refund(rows: Rows, story: Story, case_id: str, answered: datetime, total: int, hashed: str) -> None:
    round_id, instruction_id = rows.id("round", story.number), rows.id("instruction", story.number)
    same = {"case_id": case_id, "site_id": rows.sites[story.site]}
    rows.add(
        RefundInstruction,
        id=instruction_id,
        round_id=round_id,
        content_hash=hashed,
        number=f"DEMO-{story.number:05d}",
        case_code=f"DEMO-{story.number}",
        timezone=CHINA.key,
        path_kind=story.path,
        status="issued",
        total_fen=total,
        debtor={"holder": MARK},
        approvals=[],
        created_by=rows.person(story, "finance"),
        created_at=answered + timedelta(hours=1),
        cancelled_at=None,
        cancelled_reason="",
        version=1,
        **same,
    )
    rows.add(
        RefundPayment,
        id=rows.id("payment", story.number),
        instruction_id=instruction_id,
        round_id=round_id,
        ordinal=1,
        name=story.name,
        bank=MARK,
        account=ACCOUNT,
        amount_fen=total,
        end_to_end_id=f"DEMO-{story.number:05d}-1",
        remittance=MARK,
        status="pending",
        bank_reference="",
        failed_reason="",
    )


def _closing(rows: Rows, story: Story, case_id: str, closed_at: datetime) -> None:
    manager, site_id = rows.person(story, "site_manager"), rows.sites[story.site]
    same = {"case_id": case_id, "site_id": site_id, "created_by": manager, "created_at": closed_at}
    rows.add(CustomerTag, id=rows.id("tag", story.number), tag="敏感类型", note=MARK, **same)
    rows.add(
        TeamReview,
        id=rows.id("review", story.number),
        held_at=closed_at,
        participants=["张经理", "李静"],
        findings=f"{MARK}：{words_of(story)}",
        sop_change="认购清单增加关键问题核对一项。",
        undiscussed=list(story.undiscussed),
        **same,
    )
    if story.score is not None:
        rows.add(SatisfactionAnswer, case_id=case_id, site_id=site_id, score=story.score, comment="", answered_at=closed_at)
