"""One case as it is looked at: the rows every part of its page needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from case_api.console.visit import Visit
from case_api.security import Permission

Row = dict[str, Any]

TAB_OF: Final = {
    "registration": "form",
    "finance_assessment": "assessment",
    "legal_assessment": "assessment",
    "marketing_assessment": "assessment",
    "joint_assessment": "assessment",
    "solutions": "solutions",
    "customer_answer": "solutions",
    "execution": "approvals",
    "refund_payment": "approvals",
    "benefit_delivery": "approvals",
    "transfer": "approvals",
    "deferral_due": "approvals",
    "referral_due": "approvals",
    "customer_tag": "closing",
    "knowledge_file": "closing",
    "regional_brief": "closing",
    "team_review": "closing",
}
"""Where on the case's page each kind of work is done."""


@dataclass(frozen=True, slots=True)
class CaseView:
    """The case, its tasks, and the person who looks."""

    visit: Visit
    case: Row
    tasks: list[Row]

    @property
    def id(self) -> str:
        """The case's id."""
        return str(self.case["id"])

    @property
    def path(self) -> str:
        """Its place in the API."""
        return f"cases/{self.id}"

    @property
    def version(self) -> int:
        """What commands on the case are based on."""
        return int(self.case["version"])

    def at(self, *steps: str) -> bool:
        """Whether the case is at one of these steps."""
        return self.case["status"] in steps

    def may(self, permission: Permission) -> bool:
        """Whether the person may do this at the case's site."""
        return self.visit.principal.may(permission, self.case["site_id"])

    def receives(self) -> bool:
        """Whether the person may do the intake: whoever receives the customer or the manager, never whose sale it is about."""
        if not self.at("draft") or not self.may(Permission.CASE_INTAKE) or self.case["responsible_id"] == self.visit.me["id"]:
            return False
        return self.may(Permission.CASE_MANAGE) or self.case["receptionist_id"] == self.visit.me["id"]

    def open_task(self, kind: str) -> Row | None:
        """The newest open piece of work of a kind."""
        return next((task for task in reversed(self.tasks) if task["kind"] == kind and task["status"] == "open"), None)

    async def send(self, method: str, path: str, body: Row | None, key: str, version: int | None = None) -> Any:
        """A command on `cases/{id}/<path>`, based on the case as it is shown (or on `version`)."""
        return await self.visit.rest.send(
            method, f"{self.path}/{path}", body, version=self.version if version is None else version, key=key
        )


async def load(visit: Visit, case_id: str) -> CaseView:
    """Raises Refused: not_found."""
    case = await visit.rest.get(f"cases/{case_id}")
    await visit.load_people(case["site_id"])
    return CaseView(visit, case, await visit.rest.get(f"cases/{case_id}/tasks"))
