"""What waits in the demonstration for somebody to decide: done by the services, so that it is what people would have done.

Of each site: the account that refunds are paid from, and two answers that a manager or their deputy recorded a moment ago. The tier decides
who has to approve: the one waits for the manager, the other for the city's general manager.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from case_api.commands import By
from case_api.demo_data import SITES
from case_api.demo_data.rows import ACCOUNT, MARK, VERSION, Rows
from case_api.demo_data.story import Story
from case_api.refunds import accounts
from case_api.refunds.schemas import AccountIn
from case_api.security import Principal
from case_api.solutions import answers
from case_api.solutions.schemas import AcceptIn, PayeeIn, Support
from models import audit
from models.people import Role
from models.solutions import Solution

BANK_CODE = "102290000001"


async def write(db: AsyncSession, rows: Rows, told: Sequence[Story], who: audit.Actor) -> None:
    """Once the rows are there. `who` is told in the audit record."""
    for site, (name, _) in SITES.items():
        account = AccountIn(holder=f"{name}置业有限公司", account=ACCOUNT, bank=MARK, bank_code=BANK_CODE)
        await accounts.put(db, _by(rows, site, "finance", "finance", who), rows.sites[site], account, 0)
    for story in told:
        if story.answered_by:
            await _answer(db, rows, story, _by(rows, story.site, story.answered_by, "site_manager", who))


def _by(rows: Rows, site: str, person: str, role: Role, who: audit.Actor) -> By:
    return By(Principal(rows.people[site, person], person, "", ((role, rows.sites[site]),), "", False), who, rows.now)


async def _answer(db: AsyncSession, rows: Rows, story: Story, by: By) -> None:
    """The customer accepts the refund, as the conversation has it."""
    solution = await db.get_one(Solution, rows.id("solution", story.number, "rescission"))
    payee = PayeeIn(role="buyer", name=story.name, bank=MARK, account=ACCOUNT, amount_fen=solution.total_fen)
    support = Support(session_id=rows.id("session", story.number), said_at=60)
    body = AcceptIn(answer="accept", solution_id=solution.id, payees=[payee], support=support)
    await answers.record(db, by, rows.id("case", story.number), VERSION, body)
