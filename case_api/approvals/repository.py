"""Queries on rounds, steps and delegations."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from models.approvals import ApprovalPerson, ApprovalRound, ApprovalStep, Delegation
from models.cases import WithdrawalCase
from models.people import Person, PersonRole
from models.tasks import CaseTask

Roles = Sequence[tuple[str, str | None]]
"""(role, site id); site id None means every site."""


async def rounds(db: AsyncSession, case_id: str) -> Sequence[ApprovalRound]:
    """Every round of a case, the newest first."""
    query = select(ApprovalRound).where(ApprovalRound.case_id == case_id).order_by(ApprovalRound.number.desc())
    return (await db.scalars(query)).all()


async def live_round(db: AsyncSession, case_id: str) -> ApprovalRound | None:
    """The round that is open, or whose approval holds."""
    query = select(ApprovalRound).where(ApprovalRound.case_id == case_id, ApprovalRound.status.in_(("open", "approved")))
    return (await db.scalars(query)).one_or_none()


async def steps_of(db: AsyncSession, *round_ids: str) -> Sequence[ApprovalStep]:
    """The steps of these rounds, in their order."""
    query = select(ApprovalStep).where(ApprovalStep.round_id.in_(round_ids)).order_by(ApprovalStep.round_id, ApprovalStep.ordinal)
    return (await db.scalars(query)).all()


async def rounds_opened(db: AsyncSession, case_id: str) -> int:
    """How many rounds the case had: the last number given."""
    return (await db.execute(select(func.count()).select_from(ApprovalRound).where(ApprovalRound.case_id == case_id))).scalar_one()


async def acted(db: AsyncSession, round_id: str) -> dict[str, str]:
    """Who acted in a round, and as what."""
    rows = await db.execute(select(ApprovalPerson.person_id, ApprovalPerson.capacity).where(ApprovalPerson.round_id == round_id))
    return {row.person_id: row.capacity for row in rows}


def _at_site(site_id: str) -> ColumnElement[bool]:
    return or_(PersonRole.site_id.is_(None), PersonRole.site_id == site_id)


async def held_roles(db: AsyncSession, site_id: str, roles: Iterable[str], *, besides: str) -> set[str]:
    """Which of these roles somebody in service holds at the site, `besides` not counted."""
    query = (
        select(PersonRole.role)
        .join(Person, Person.id == PersonRole.person_id)
        .where(PersonRole.role.in_(set(roles)), _at_site(site_id), Person.disabled_at.is_(None), Person.id != besides)
    )
    return set((await db.scalars(query.distinct())).all())


def in_force(now: datetime) -> ColumnElement[bool]:
    """Whether a delegation holds at this moment."""
    return and_(Delegation.starts_at <= now, Delegation.ends_at > now, Delegation.revoked_at.is_(None))


async def lent_to(db: AsyncSession, person_id: str, role: str, site_id: str, now: datetime) -> Sequence[Delegation]:
    """Delegations in force to this person, from people in service who hold the role at the site; the oldest first."""
    held = exists().where(PersonRole.person_id == Delegation.from_person_id, PersonRole.role == role, _at_site(site_id))
    query = (
        select(Delegation)
        .join(Person, Person.id == Delegation.from_person_id)
        .where(Delegation.to_person_id == person_id, in_force(now), Person.disabled_at.is_(None), held)
        .order_by(Delegation.created_at, Delegation.id)
    )
    return (await db.scalars(query)).all()


def waiting_for(
    person_id: str, roles: Roles, sites: frozenset[str] | None, now: datetime
) -> Select[ApprovalStep, ApprovalRound, WithdrawalCase, CaseTask]:
    """Pending steps that the person may decide now, in their own name or in a delegator's: (step, round, case, its task).

    `sites` are those whose cases they may see (None: all).
    """
    query = (
        select(ApprovalStep, ApprovalRound, WithdrawalCase, CaseTask)
        .join(ApprovalRound, ApprovalRound.id == ApprovalStep.round_id)
        .join(WithdrawalCase, WithdrawalCase.id == ApprovalStep.case_id)
        .join(CaseTask, and_(CaseTask.subject_id == ApprovalStep.id, CaseTask.kind == "approval"))
        .where(ApprovalStep.status == "pending", ApprovalRound.status == "open", ~_acted(person_id))
        .where(or_(_for_roles(roles), _for_delegate(person_id, now)))
    )
    return query if sites is None else query.where(ApprovalStep.site_id.in_(sites))


def _acted(person_id: object) -> ColumnElement[bool]:
    found = exists().where(ApprovalPerson.round_id == ApprovalStep.round_id, ApprovalPerson.person_id == person_id)
    return found.correlate(ApprovalStep, Delegation)  # also from inside another EXISTS, where nothing is correlated by itself


def _for_roles(roles: Roles) -> ColumnElement[bool]:
    found = [
        ApprovalStep.role == role if site is None else and_(ApprovalStep.role == role, ApprovalStep.site_id == site) for role, site in roles
    ]
    return or_(*found) if found else ApprovalStep.id.is_(None)


def _for_delegate(person_id: str, now: datetime) -> ColumnElement[bool]:
    return (
        exists()
        .where(Delegation.to_person_id == person_id, in_force(now))
        .where(Person.id == Delegation.from_person_id, Person.disabled_at.is_(None))
        .where(PersonRole.person_id == Delegation.from_person_id, PersonRole.role == ApprovalStep.role)
        .where(or_(PersonRole.site_id.is_(None), PersonRole.site_id == ApprovalStep.site_id))
        .where(~_acted(Delegation.from_person_id))
        .correlate(ApprovalStep)
    )


async def people(db: AsyncSession, person_ids: Iterable[str | None]) -> dict[str, str]:
    """What these people are called."""
    wanted = {person_id for person_id in person_ids if person_id is not None}
    rows = await db.execute(select(Person.id, Person.display_name).where(Person.id.in_(wanted)))
    return {row.id: row.display_name for row in rows}


def delegations_of(person_id: str) -> Select[Delegation]:
    """Delegations from and to a person."""
    return select(Delegation).where(or_(Delegation.from_person_id == person_id, Delegation.to_person_id == person_id))
