"""What waits for somebody and is no work on a case: drafted rules, changes of scripts and terms, terms that nobody has yet."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any, Final

from case_api.console.desk.parts import called, who_and_when
from case_api.console.parts import card, div, el, link, tag
from case_api.console.visit import Visit
from case_api.library.edits.service import may_decide
from case_api.security import Permission

Row = dict[str, Any]
LATELY: Final = 100
"""Changes of the library that are looked through for those that came back."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """One line: what, whose and when, how it stands, and the page where it is done."""

    title: str
    note: str
    status: str
    tone: str
    path: str
    query: Row = field(default_factory=dict)


async def beside_cases(visit: Visit) -> list[Waiting]:
    """For whoever may do something about it now; what came back to somebody stands first."""
    found = await asyncio.gather(
        _rules(visit) if visit.holds(Permission.POLICY_DRAFT, Permission.POLICY_AUTHORISE, Permission.POLICY_PUBLISH) else _none(),
        _changes(visit) if visit.holds(Permission.LIBRARY_DESK) else _none(),
        _terms(visit) if visit.holds(Permission.LIBRARY_EDIT) else _none(),
    )
    return sorted((one for some in found for one in some), key=lambda one: one.tone != "bad")


def show(visit: Visit, lines: list[Waiting]) -> None:
    """Each leads to where it is decided."""
    with card(visit.t("tasks.beside"), str(len(lines))), el("ul", "", "entries"):
        for one in lines:
            with el("li"), link("", one.path, "entry", **one.query):
                with div("grow"):
                    el("strong", one.title)
                    el("small", one.note)
                tag(one.status, one.tone)


async def _none() -> list[Waiting]:
    return []


async def _rules(visit: Visit) -> list[Waiting]:
    """Drafts of others for legal, one's own that came back, authorised ones for whoever publishes."""
    policies = [one for status in ("draft", "authorised") for one in await visit.rest.everything("policies", status=status)]
    return [_rule(visit, policy, *said) for policy in policies if (said := _rule_waits(visit, policy)) is not None]


def _rule_waits(visit: Visit, policy: Row) -> tuple[str, str] | None:
    may, site, own = visit.principal.may, policy["site_id"], policy["drafted_by"] == visit.me["id"]
    if policy["status"] == "authorised":
        return ("tasks.to_publish", "info") if may(Permission.POLICY_PUBLISH, site) else None
    if policy["returned_reason"]:
        return ("policies.status.returned", "bad") if own else None
    legal = may(Permission.POLICY_AUTHORISE, None if policy["kind"] == "refund" else site)
    return ("tasks.to_authorise", "warn") if legal and not own else None


def _rule(visit: Visit, policy: Row, status: str, tone: str) -> Waiting:
    title = f"{visit.t('policies.kind.' + policy['kind'])} · {visit.t('policies.number', number=policy['number'])}"
    note = visit.t("policies.shipped") if policy["drafted_by"] is None else policy["returned_reason"] or policy["note"]
    parts = [visit.site(policy["site_id"]), *([note] if note else [])]
    return Waiting(title, " · ".join(parts), visit.t(status), tone, f"/policies#{policy['kind']}")


async def _changes(visit: Visit) -> list[Waiting]:
    """What others handed in; of one's own what was not handed in yet, and what came back and was not drafted again."""
    newest: dict[tuple[str, str], Row] = {}
    for one in await visit.rest.everything("library/edits", most=LATELY):
        newest.setdefault((one["shelf"], one["key"]), one)
    return [_change(visit, one) for one in newest.values() if _change_waits(visit, one)]


def _change_waits(visit: Visit, change: Row) -> bool:
    if change["status"] == "submitted":
        return may_decide(visit.principal, change["shelf"], change["drafted_by"])
    return change["status"] in ("draft", "returned") and change["drafted_by"] == visit.me["id"]


def _change(visit: Visit, change: Row) -> Waiting:
    title = called(visit, change["shelf"], change["key"], change["content"] or change["before"])
    tone = {"submitted": "warn", "returned": "bad"}.get(change["status"], "")
    said = [who_and_when(visit, change), change["reason"] or change["note"]]
    note = " · ".join(part for part in said if part)
    return Waiting(title, note, visit.named("desk_status", change["status"]), tone, f"/library/edits/{change['id']}")


async def _terms(visit: Visit) -> list[Waiting]:
    """What customers say lately and the lexicon has not."""
    found = (await visit.rest.get("learning/terms", compare="recent", limit=30))["items"]
    if not found:
        return []
    said = visit.look.listed(one["text"] for one in found[:3])
    query = {"view": "terms", "compare": "recent"}
    return [Waiting(visit.t("tasks.new_terms", count=len(found)), said, visit.t("tasks.to_decide"), "warn", "/learning", query)]
