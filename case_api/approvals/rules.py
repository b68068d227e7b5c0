"""Who decides, in which order, and what follows from a decision. Pure.

Source: 「四步法·第二步」 (the assessment sets the authority: 处理权限层级) and 「电子化审批流」. Four eyes: whoever started a round,
decided a step of it or lent a decision in it has acted, and nobody acts twice. The database enforces the same (migration 0007).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Literal, NamedTuple

Decision = Literal["approve", "return", "reject"]
DECIDED: Final[dict[Decision, str]] = {"approve": "approved", "return": "returned", "reject": "rejected"}
DELEGATION_MAX: Final = timedelta(days=30)
AUTHORITY: Final = ("site_manager", "city_gm", "hq_risk")
"""Line authority, lowest first. Legal and finance give an expert's consent, which no manager can give for them."""


class Required(NamedTuple):
    """A step to open: the role that the tier asks for, and the role that decides."""

    required_role: str
    role: str


def steps(approvers: Sequence[str], anybody: Callable[[str], bool]) -> list[Required]:
    """The steps of a round, in the tier's order.

    `anybody(role)` says whether somebody besides the initiator holds the role at the site. Where nobody does (the only site manager
    started the case), the next higher authority decides; a step that so becomes another required one is that one. A role that nobody
    above can stand in for stays: it waits until somebody is appointed.
    """
    raised = [Required(role, _authority(role, anybody)) for role in dict.fromkeys(approvers)]
    own = {step.role for step in raised if step.role == step.required_role}
    kept: list[Required] = []
    for step in raised:
        merged = step.role != step.required_role and (step.role in own or any(step.role == other.role for other in kept))
        if not merged:
            kept.append(step)
    return kept


def _authority(role: str, anybody: Callable[[str], bool]) -> str:
    if role not in AUTHORITY:
        return role
    above = AUTHORITY[AUTHORITY.index(role) :]
    return next((higher for higher in above if anybody(higher)), role)


def at_opening(mode: str, count: int) -> list[str]:
    """The status of each step of a new round: in order, one after the other is asked; in parallel, all at once."""
    return ["pending" if mode == "parallel" or ordinal == 0 else "waiting" for ordinal in range(count)]


class Consequence(NamedTuple):
    """What a decision makes of the round and of the steps, in their order."""

    round: str
    steps: list[str]


def consequence(statuses: Sequence[str], decided: int, decision: Decision) -> Consequence:
    """What follows when the pending step number `decided` (from 0) is decided.

    One refusal ends the round: what nobody decided yet is void. The last approval approves it. Raises ValueError for a step that is not
    pending.
    """
    if statuses[decided] != "pending":
        raise ValueError(f"step {decided} is {statuses[decided]}")
    found = list(statuses)
    found[decided] = DECIDED[decision]
    if decision != "approve":
        return Consequence(DECIDED[decision], ended(found))
    if "pending" not in found and "waiting" in found:
        found[found.index("waiting")] = "pending"
    return Consequence("approved" if all(status == "approved" for status in found) else "open", found)


def ended(statuses: Sequence[str]) -> list[str]:
    """The steps of a round that ends early: decisions stand, the rest is void."""
    return ["void" if status in ("waiting", "pending") else status for status in statuses]


@dataclass(frozen=True, slots=True)
class Lent:
    """A delegation in force, from somebody who holds the step's role."""

    delegation_id: str
    from_person: str


@dataclass(frozen=True, slots=True)
class Standing:
    """In whose name somebody decides: their own (`lent` None) or a delegator's."""

    lent: Lent | None = None


def standing(me: str, holds_role: bool, lent: Sequence[Lent], acted: frozenset[str]) -> Standing | Literal["no_approver", "four_eyes"]:
    """Whether and in whose name `me` may decide a step.

    `acted` are the people who acted in the round. A delegate may not decide where the delegator may not, and nobody decides in another's
    name what they may decide in their own.
    """
    if not holds_role and not lent:
        return "no_approver"
    if me in acted:
        return "four_eyes"
    if holds_role:
        return Standing()
    free = [one for one in lent if one.from_person not in acted]
    return Standing(free[0]) if free else "four_eyes"
