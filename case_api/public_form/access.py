"""Who a customer's request is from: a token in the `Authorization` header, an address, and how often both may ask."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from case_api.commands import By, Now
from case_api.limits import ADDRESS, LINK, UNKNOWN, Limits, Window, line_of
from case_api.problems import Problem, ProblemCode
from case_api.security import Principal, client_ip, token_hash
from models.audit import Actor
from models.cases import WithdrawalCase
from models.public_forms import PublicForm

CUSTOMER = "客户（扫码）"

_bearer = HTTPBearer(auto_error=False, scheme_name="CustomerLink", description="The secret of a link that the front desk gave out")
Bearer = Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]


@dataclass(frozen=True, slots=True)
class Visitor:
    """A request without an account. `hash` is what the table keeps of its token."""

    hash: str
    now: datetime
    address: str
    user_agent: str
    limits: Limits

    def demand(self, window: Window, key: str) -> None:
        """Count a request. Raises Problem: too_many_requests."""
        self.limits.demand(window, key, self.now)

    def refuse(self) -> Problem:
        """The token leads nowhere: refused, and counted against the address."""
        self.demand(UNKNOWN, line_of(self.address))
        return Problem(ProblemCode.LINK_INVALID)

    def of(self, given: PublicForm | WithdrawalCase) -> By:
        """The customer as the author of what they send. Rows name whoever gave them the link or opened the case, the audit record says
        that it was the customer."""
        principal = Principal(given.created_by, CUSTOMER, "", (), given.id, False)
        return By(principal, Actor(CUSTOMER, None, self.address, self.user_agent), self.now)


async def visitor(request: Request, bearer: Bearer, now: Now) -> Visitor:
    """Dependency: the visitor. Raises Problem: token_missing, too_many_requests."""
    if bearer is None:
        raise Problem(ProblemCode.TOKEN_MISSING)
    limits: Limits = request.app.state.limits
    agent = request.headers.get("user-agent", "")
    found = Visitor(token_hash(bearer.credentials), now, client_ip(request), agent, limits)
    found.demand(ADDRESS, line_of(found.address))
    found.demand(LINK, found.hash)
    return found


VisitorDep = Annotated[Visitor, Depends(visitor)]
