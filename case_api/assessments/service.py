"""Hand in and amend the departments' forms, conclude, go back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, get_args
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from case_api.assessments import repository, rules
from case_api.assessments.forms import FORMS, Department, FinanceForm, Form, LegalForm, MarketingForm
from case_api.cases import flow
from case_api.commands import By, guard
from case_api.policies.rules import TierTable
from case_api.policies.service import table_of, tier_policy
from case_api.problems import Problem, ProblemCode
from case_api.security import Permission
from models.cases import WithdrawalCase
from models.policies import PolicyVersion
from models.sites import Site
from models.tasks import CaseTask, TaskKind

KIND: Final[dict[Department, TaskKind]] = {
    "finance": "finance_assessment",
    "legal": "legal_assessment",
    "marketing": "marketing_assessment",
}
PERMISSION: Final[dict[Department, Permission]] = {
    "finance": Permission.CASE_ASSESS_FINANCE,
    "legal": Permission.CASE_ASSESS_LEGAL,
    "marketing": Permission.CASE_ASSESS_MARKETING,
}


@dataclass(frozen=True, slots=True)
class Parts:
    """The departments' work of this round; `previous` holds what they handed in before the case was reworked."""

    tasks: dict[Department, CaseTask]
    previous: dict[Department, CaseTask]

    def form(self, department: Department) -> Form | None:
        """What the department handed in this round."""
        task = self.tasks.get(department)
        return FORMS[department].model_validate(task.result) if task is not None and task.status == "done" else None

    def joint(self, table: TierTable) -> rules.Joint:
        """The joint result so far."""
        finance, legal, marketing = (self.form(department) for department in get_args(Department))
        assert isinstance(finance, FinanceForm | None)
        assert isinstance(legal, LegalForm | None)
        assert isinstance(marketing, MarketingForm | None)
        return rules.joint(finance, legal, marketing, table)


async def parts(db: AsyncSession, case_id: str) -> Parts:
    """The work as it stands."""
    tasks = await repository.tasks_of(db, case_id, list(KIND.values()))
    rounds = {department: [task for task in tasks if task.kind == kind] for department, kind in KIND.items()}
    done = {department: [task for task in found[1:] if task.status == "done"] for department, found in rounds.items()}
    return Parts({d: found[0] for d, found in rounds.items() if found}, {d: found[0] for d, found in done.items() if found})


async def standing(db: AsyncSession, case: WithdrawalCase, now: datetime) -> tuple[Parts, rules.Joint]:
    """The work and the joint result: by the tiers that hold, or by those that decided once it is concluded.

    Raises Problem: policy_missing.
    """
    if case.tier is None:
        _, table = await tier_policy(db, case.site_id, now)
    else:
        table = await _decided_by(db, case.tier)
    found = await parts(db, case.id)
    return found, found.joint(table)


async def conclusion(db: AsyncSession, case: WithdrawalCase) -> rules.Joint:
    """The concluded joint result, for pricing and approvals. Raises Problem: case_state before the conclusion."""
    if case.tier is None:
        raise Problem(ProblemCode.CASE_STATE, case.status)
    return (await parts(db, case.id)).joint(await _decided_by(db, case.tier))


async def _decided_by(db: AsyncSession, stamp: Mapping[str, Any]) -> TierTable:
    table = table_of(await db.get_one(PolicyVersion, stamp["policy_version_id"]))
    assert isinstance(table, TierTable)
    return table


async def hand_in(db: AsyncSession, by: By, case_id: str, department: Department, expected: int, form: Form) -> CaseTask:
    """A department's form: the first time it finishes its task, afterwards it amends what is there; the same form again changes nothing.

    `expected` is the task's version. Raises Problem: not_found, forbidden, case_state, task_closed, version_conflict,
    invalid_request (a deposit of tomorrow), policy_missing.
    """
    case = await flow.case_for(db, by.principal, PERMISSION[department], case_id)
    flow.demand_step(case, "assessing")
    task = (await parts(db, case.id)).tasks[department]
    guard(task, expected)
    if isinstance(form, FinanceForm):
        await _demand_past_deposit(db, by, case, form)
    handed = form.model_dump(mode="json")
    if task.status == "done" and task.result == handed:
        return task
    if task.status == "done":
        await _amend(db, by, case, task, handed)
    else:
        await flow.finish_task(db, by, task, handed)
    await flow.touch(db, case)
    await flow.tell(db, by, case, "assessed", {"department": department, "task_id": task.id})
    if isinstance(form, LegalForm) and form.litigation_risk:
        await _report_litigation(db, by, case)
    return task


async def _demand_past_deposit(db: AsyncSession, by: By, case: WithdrawalCase, form: FinanceForm) -> None:
    site = await db.get_one(Site, case.site_id)
    if form.deposit_on is not None and form.deposit_on > by.now.astimezone(ZoneInfo(site.timezone)).date():
        raise Problem(ProblemCode.INVALID_REQUEST, "body.deposit_on")


async def _amend(db: AsyncSession, by: By, case: WithdrawalCase, task: CaseTask, form: dict[str, Any]) -> None:
    places = rules.amended(task.result or {}, form)
    task.result = form
    await db.flush()
    before, after = ({place.path: getattr(place, side) for place in places} for side in ("before", "after"))
    flow.note(db, by, case, f"amend_{task.kind}", before=before, after=after | {"task_id": task.id})


async def _report_litigation(db: AsyncSession, by: By, case: WithdrawalCase) -> None:
    """「涉及诉讼风险 → 立即上报总部风控」: told with the form itself, long before the assessment is concluded; once a case."""
    _, table = await tier_policy(db, case.site_id, by.now)
    await flow.tell(db, by, case, "litigation_risk", {"roles": table.litigation_tell}, key=f"litigation_risk:{case.id}")


async def conclude(db: AsyncSession, by: By, case_id: str, expected: int, summary: str) -> WithdrawalCase:
    """Decide the tier from the three forms, stamp it on the case with the version of the rule, and go on to the solutions.

    All three are mandatory: whoever decides has to know contract, loss and opinion. Raises Problem: not_found, forbidden,
    version_conflict, case_state, assessment_incomplete (names what is missing), policy_missing.
    """
    case = await flow.case_for(db, by.principal, Permission.CASE_MANAGE, case_id)
    guard(case, expected)
    flow.demand_step(case, "assessing")
    version, table = await tier_policy(db, case.site_id, by.now)
    result = (await parts(db, case.id)).joint(table)
    if result.tier is None or result.missing:
        raise Problem(ProblemCode.ASSESSMENT_INCOMPLETE, ", ".join(result.missing))
    case.tier = result.tier.model_dump(mode="json") | {"policy_version_id": version.id, "policy_number": version.number}
    concluded = result.model_dump(mode="json", exclude={"tier", "missing", "complete"})
    await flow.advance(db, by, case, "conclude", detail=concluded | {"tier": case.tier, "summary": summary})
    return case


async def rework(db: AsyncSession, by: By, case_id: str, expected: int, reason: str) -> WithdrawalCase:
    """Assess anew: the tier is taken back, the departments' work opens again.

    Raises Problem: not_found, forbidden, version_conflict, case_state.
    """
    case = await flow.case_for(db, by.principal, Permission.CASE_MANAGE, case_id)
    guard(case, expected)
    flow.demand_step(case, "solving")
    case.tier = None
    await flow.advance(db, by, case, "rework", detail={"reason": reason})
    return case
