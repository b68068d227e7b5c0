"""What carrying out each path takes, and when it is done. Pure.

Source: 「四步法·第三步」 (A keeps the contract, B rescinds, C transfers), the graded response to a cash-flow break, and 「释放房源信息」.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Final, Literal, NamedTuple
from zoneinfo import ZoneInfo

from models.cases import Outcome
from models.people import Role
from models.solutions import SolutionKind
from models.tasks import TaskKind

Event = Literal["benefits_delivered", "transfer_completed", "deferral_paid", "deferral_ran_out", "successor_bought", "referral_ran_out"]


class Execution(NamedTuple):
    """How one kind of path is carried out: by which confirmed event (None: by payment alone), as whose task, to which outcome.

    `pays` says what has to have happened before money may go back; `released_to` who gets the unit when the customer withdraws.
    """

    done: Event | None
    task: TaskKind | None
    role: Role
    outcome: Outcome
    pays: Literal["at_once", "when_done"]
    ran_out: Event | None = None
    released_to: Literal["sale", "successor"] | None = None


EXECUTIONS: Final[dict[SolutionKind, Execution]] = {
    "keep_with_benefits": Execution("benefits_delivered", "benefit_delivery", "site_manager", "kept", "at_once"),
    "rescission": Execution(None, None, "finance", "withdrawn", "at_once", released_to="sale"),
    "transfer": Execution("transfer_completed", "transfer", "site_manager", "withdrawn", "at_once", released_to="successor"),
    "deferral": Execution("deferral_paid", "deferral_due", "site_manager", "kept", "at_once", ran_out="deferral_ran_out"),
    "referral": Execution(
        "successor_bought", "referral_due", "site_manager", "withdrawn", "when_done", "referral_ran_out", released_to="successor"
    ),
}


def refund_due(kind: SolutionKind, *, refunds: bool, confirmed: bool) -> bool:
    """Whether finance may order the payment now."""
    return refunds and (EXECUTIONS[kind].pays == "at_once" or confirmed)


def carried_out(kind: SolutionKind, *, refunds: bool, confirmed: bool, paid: bool) -> bool:
    """Whether nothing is open any more: what had to happen is confirmed, and every payee is paid."""
    return (EXECUTIONS[kind].done is None or confirmed) and (not refunds or paid)


def local_day(at: datetime, timezone: str) -> date:
    """The day at the site."""
    return at.astimezone(ZoneInfo(timezone)).date()


def instruction_prefix(site_code: str, day: date) -> str:
    """`HD-20261123-R`: refund instructions are numbered by site and day, apart from cases."""
    return f"{site_code}-{day:%Y%m%d}-R"


def sensible_day(day: date, *, since: date, today: date) -> bool:
    """Whether something can have happened on this day: not before it was approved, and not in the future."""
    return since <= day <= today
