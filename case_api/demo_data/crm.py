"""What a CRM would have told of some customers of the demonstration: the server's own watch makes the board's warnings from it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from case_api.demo_data import SITES
from case_api.demo_data.rows import MARK, Rows
from case_api.demo_data.story import SURNAMES, Story
from models.crm import CrmCustomer, CrmEvent, CrmSource

# What happened so many days ago; of what is due, how many days ago it was due. One customer a line, from calm to grave.
TOLD: Final[tuple[tuple[tuple[str, float, float | None], ...], ...]] = (
    (("visit", 20, None), ("visit", 6, None)),
    (("subscription", 9, None), ("co_resident_ack", 8, None)),
    (("payment_due", 30, 12), ("payment_received", 11, None)),
    (("policy_query", 9, None), ("policy_query", 4, None), ("policy_query", 1, None)),
    (("subscription", 7, None),),
    (("payment_due", 40, 9),),
    (("loan_papers_due", 50, 25),),
    (("visit", 26, None), ("visit", 22, None), ("visit", 18, None), ("visit", 16, None)),
    (("payment_due", 35, 8), ("policy_query", 6, None), ("policy_query", 3, None), ("policy_query", 2, None)),
    (("subscription", 12, None), ("loan_papers_due", 45, 20)),
    (("payment_due", 60, 30), ("litigation_notice", 1, None)),
)
WARNED: Final = 8
"""Of these at each site."""


TRIED_DAYS: Final = 170
"""How far back the past goes that a backtest of the rules has something to find in: within its form's half year."""
ASKED: Final = ((24, 15, 9), (13, 8, 5), (6, 4, 2))
"""Days before the request on which the customer asked about the policy."""


def write(rows: Rows, stories: Sequence[Story]) -> None:
    """A source, its customers and what happened to them, at both sites."""
    for site in SITES:
        source = rows.id("crm", site)
        told: dict[str, Any] = {"created_by": None, "created_at": rows.now, "status": "active", "version": 1}
        told |= {"previous_secret": None, "previous_until": None}
        rows.add(CrmSource, id=source, name=f"{MARK} CRM {site}", site_id=rows.sites[site], secret=f"whsec_{source}", **told)
        for number, happened in enumerate(TOLD):
            _customer(rows, site, source, number, happened)
        _past(rows, site, source, [story for story in stories if story.site == site])


def _past(rows: Rows, site: str, source: str, told: Sequence[Story]) -> None:
    """Most who withdrew had asked about it before; so had some who never did. All of it is over: no warning comes of it."""
    units = set[str]()
    for number, story in enumerate(told):
        ago = (rows.now - story.received_at).days
        if not 35 < ago < TRIED_DAYS or "".join(story.unit) in units:
            continue
        units.add("".join(story.unit))
        kind, days = ("policy_query", ASKED[number % len(ASKED)]) if number % 3 else ("visit", (12,))  # the latter nobody saw coming
        unit = "".join(story.unit) if number % 5 else f"17栋{number:04d}"  # the latter never asked to withdraw
        customer = rows.id("crm", site, "past", number)
        names = {"key": f"u:{unit}", "reference": "", "unit_reference": unit, "label": story.name}
        rows.add(CrmCustomer, id=customer, site_id=rows.sites[site], **names, check_at=rows.now, revision=1, settled=[])
        for place, before in enumerate(days):
            at = {"at": story.received_at - timedelta(days=before), "due_at": None, "taken_at": rows.now, "reference": ""}
            more = {"kind": kind, "signal": None, "case_id": None, "session_id": None}
            rows.add(CrmEvent, source=source, external_id=f"past-{number}-{place}", customer_id=customer, **at, **more)


def _customer(rows: Rows, site: str, source: str, number: int, happened: tuple[tuple[str, float, float | None], ...]) -> None:
    customer, reference = rows.id("crm", site, number), f"DEMO-{number + 1:03d}"
    label = f"{SURNAMES[(number * 3 + len(site)) % len(SURNAMES)]}{'女士' if number % 2 else '先生'}"
    looked: dict[str, Any] = {"check_at": rows.now, "revision": 1, "settled": []}
    names = {"key": f"c:{reference}", "reference": reference, "unit_reference": "", "label": label}
    rows.add(CrmCustomer, id=customer, site_id=rows.sites[site], **names, **looked)
    for place, (kind, ago, due) in enumerate(happened):
        at = {"at": rows.now - timedelta(days=ago), "due_at": None if due is None else rows.now - timedelta(days=due), "taken_at": rows.now}
        more = {"signal": None, "case_id": None, "session_id": None, "reference": MARK if "payment" in kind or "papers" in kind else ""}
        rows.add(CrmEvent, source=source, external_id=f"{reference}-{place}", customer_id=customer, kind=kind, **at, **more)
