"""Who a customer's request is from: a token in the `Authorization` header, an address, and how often both may ask."""

from __future__ import annotations

import ipaddress
import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from case_api.commands import By, Now
from case_api.problems import Problem, ProblemCode
from case_api.public_form.limits import ADDRESS, LINK, UNKNOWN, Limits, Window
from case_api.security import Principal, client_ip, token_hash
from models.audit import Actor
from models.cases import WithdrawalCase
from models.public_forms import PublicForm

CUSTOMER = "客户（扫码）"

_bearer = HTTPBearer(auto_error=False, scheme_name="CustomerLink", description="The secret of a link that the front desk gave out")
Bearer = Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]


def line_of(address: str) -> str:
    """What is counted as one address: of IPv6 the /64, since whoever has one address there has all of them."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 4:
        return address
    return str(parsed.ipv4_mapped or ipaddress.ip_network((parsed, 64), strict=False))


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
        wait = self.limits.wait(window, key, self.now)
        if wait is not None:
            raise Problem(ProblemCode.TOO_MANY_REQUESTS, headers={"Retry-After": str(max(1, math.ceil(wait / timedelta(seconds=1))))})

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
    limits: Limits = request.app.state.public_limits
    agent = request.headers.get("user-agent", "")
    found = Visitor(token_hash(bearer.credentials), now, client_ip(request), agent, limits)
    found.demand(ADDRESS, line_of(found.address))
    found.demand(LINK, found.hash)
    return found


VisitorDep = Annotated[Visitor, Depends(visitor)]
