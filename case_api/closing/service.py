"""Carry out the closing actions, archive the case, read what was learnt."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from case_api.cases import flow
from case_api.cases.rules import searchable
from case_api.closing import repository, rules
from case_api.closing.schemas import ActionOut, BriefIn, ClosingOut, KnowledgeIn, ReviewIn, TagIn
from case_api.commands import By, guard
from case_api.intake.causes import CAUSES
from case_api.problems import Problem, ProblemCode
from case_api.security import Permission, Principal
from case_api.sight import find_seen
from case_api.solutions.service import accepted
from case_api.solutions.terms import Transfer
from models.base import Base
from models.cases import WithdrawalCase
from models.closing import CustomerTag, KnowledgeEntry, RegionalBrief, TeamReview
from models.registrations import Registration
from models.tasks import TaskKind

ACTIONS: tuple[TaskKind, ...] = ("customer_tag", "knowledge_file", "regional_brief", "team_review")


async def state(db: AsyncSession, principal: Principal, case_id: str) -> ClosingOut:
    """How far the closing is. Raises Problem: not_found, case_state (the case has not ended)."""
    case = await flow.case_for(db, principal, Permission.CASE_READ, case_id, lock=False)
    return await _state(db, case)


async def _state(db: AsyncSession, case: WithdrawalCase) -> ClosingOut:
    flow.demand_step(case, "closing", "archived")
    tasks = {task.kind: task for task in await repository.tasks_of(db, case.id)}
    actions = [ActionOut.model_validate(tasks[kind]) for kind in ACTIONS]
    known: dict[str, Any] = {"outcome": case.outcome, "ended_at": case.ended_at, "archived_at": case.archived_at}
    return ClosingOut(**known, actions=actions, version=case.version)


async def tag_customer(db: AsyncSession, by: By, case_id: str, expected: int, body: TagIn) -> ClosingOut:
    """「更新客户标签系统，标记敏感类型」. Raises Problem: not_found, forbidden, case_state, version_conflict, task_closed."""
    case = await _closing(db, by, case_id, expected)
    row = CustomerTag(site_id=case.site_id, case_id=case.id, tag=body.tag, note=body.note, created_by=by.person_id, created_at=by.now)
    return await _do(db, by, case, "customer_tag", row, {"tag": body.tag})


async def file_knowledge(db: AsyncSession, by: By, case_id: str, expected: int, body: KnowledgeIn) -> ClosingOut:
    """「录入完整事件档案至知识库」, without names and numbers of people. Raises Problem: as `tag_customer`."""
    case = await _closing(db, by, case_id, expected)
    names = await _names(db, case)
    title, summary, lessons = (rules.without_people(text, names) for text in (body.title, body.summary, body.lessons))
    causes = [CAUSES[cause].zh for cause in case.causes if cause in CAUSES]
    searched = [*(f"cause:{cause}" for cause in case.causes), *map(searchable, (case.code, title, summary, lessons, *causes))]
    steps = rules.course(await repository.tasks_of(db, case.id))
    row = KnowledgeEntry(
        site_id=case.site_id,
        case_id=case.id,
        code=case.code,
        title=title,
        outcome=case.outcome,
        causes=case.causes,
        summary=summary,
        lessons=lessons,
        course=[step.shown() for step in steps if step.status == "done"],
        body="\n".join(["", *searched, ""]),
        created_by=by.person_id,
        created_at=by.now,
    )
    return await _do(db, by, case, "knowledge_file", row, {"title": title})


async def send_brief(db: AsyncSession, by: By, case_id: str, expected: int, body: BriefIn) -> ClosingOut:
    """「向区域运营中心提交简报」. Raises Problem: as `tag_customer`."""
    case = await _closing(db, by, case_id, expected)
    path = await accepted(db, case.id)
    told = rules.brief(
        {name: getattr(case, name) for name in ("code", "unit_label", "causes", "outcome", "received_at", "ended_at", "tier")},
        rules.course(await repository.tasks_of(db, case.id)),
        {"kind": path.kind, "total_fen": path.price.total_fen} if path is not None else None,
    )
    told["remark"] = rules.without_people(body.remark, await _names(db, case))
    row = RegionalBrief(site_id=case.site_id, case_id=case.id, body=told, sent_by=by.person_id, sent_at=by.now)
    done = await _do(db, by, case, "regional_brief", row, {"hours": told["hours"]})
    await flow.tell(db, by, case, "brief", told, key=f"brief:{case.id}")
    return done


async def hold_review(db: AsyncSession, by: By, case_id: str, expected: int, body: ReviewIn) -> ClosingOut:
    """「组织小组复盘会，优化SOP」: from the minute of the end on, as people tell time, and not in the future.

    Raises Problem: as `tag_customer`, invalid_request.
    """
    case = await _closing(db, by, case_id, expected)
    if case.ended_at is None or not case.ended_at.replace(second=0, microsecond=0) <= body.held_at <= by.now:
        raise Problem(ProblemCode.INVALID_REQUEST, "body.held_at: 须在案件结束之后、现在之前 / between the end of the case and now")
    row = TeamReview(site_id=case.site_id, case_id=case.id, created_by=by.person_id, created_at=by.now, **body.model_dump())
    sop_change = rules.without_people(body.sop_change, await _names(db, case))  # the minutes keep it as it was said
    return await _do(db, by, case, "team_review", row, {"held_at": body.held_at.isoformat(), "sop_change": sop_change})


async def _names(db: AsyncSession, case: WithdrawalCase) -> list[str]:
    """What the people of the case are called: the customer, who was paid, who took the unit over."""
    form, path = await db.get(Registration, case.id), await accepted(db, case.id)
    names = [case.customer_label, form.customer_name if form else ""]
    if path is not None:
        names += [payee.name for payee in path.payees]
        names += [path.terms.successor] if isinstance(path.terms, Transfer) else []
    return names


async def archive(db: AsyncSession, by: By, case_id: str, expected: int) -> ClosingOut:
    """All four done: nothing changes any more. Raises Problem: not_found, forbidden, case_state, version_conflict."""
    case = await _closing(db, by, case_id, expected)
    await flow.advance(db, by, case, "archive")
    return await _state(db, case)


async def _closing(db: AsyncSession, by: By, case_id: str, expected: int) -> WithdrawalCase:
    case = await flow.case_for(db, by.principal, Permission.CASE_CLOSE, case_id)
    flow.demand_step(case, "closing")
    guard(case, expected)
    return case


async def _do(db: AsyncSession, by: By, case: WithdrawalCase, kind: TaskKind, row: Base, told: Mapping[str, Any]) -> ClosingOut:
    found = await flow.open_tasks(db, case.id, kind)
    if not found:
        raise Problem(ProblemCode.TASK_CLOSED, "已办理 / done")
    db.add(row)
    await flow.finish_task(db, by, found[0], told)
    await flow.touch(db, case)
    flow.note(db, by, case, kind, after=told)
    await flow.tell(db, by, case, kind, told)
    return await _state(db, case)


async def receive_brief(db: AsyncSession, by: By, brief_id: str, expected: int) -> RegionalBrief:
    """The regional operations centre has it; said twice, the first stands. Raises Problem: not_found, version_conflict."""
    row = await find_seen(db, by.principal, Permission.BRIEF_RECEIVE, RegionalBrief, brief_id, lock=True)
    guard(row, expected)
    if row.received_at is None:
        row.received_by, row.received_at = by.person_id, by.now
        await db.flush()
        case = await db.get_one(WithdrawalCase, row.case_id)
        flow.note(db, by, case, "brief_received", after={"brief_id": row.id})
    return row


async def knowledge_entry(db: AsyncSession, principal: Principal, entry_id: str) -> KnowledgeEntry:
    """One entry. Raises Problem: not_found."""
    return await find_seen(db, principal, Permission.KNOWLEDGE_READ, KnowledgeEntry, entry_id)
