"""The rules as they are versioned: what is in force, what is drafted, and what a draft changes."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from fastapi import Request

from case_api.console.fields import percent, yuan
from case_api.console.forms import done_banner
from case_api.console.pages import page
from case_api.console.parts import banner, card, div, el, empty, table, tag
from case_api.console.policies.actions import buttons, draft_button
from case_api.console.policies.differences import difference_table
from case_api.console.visit import Visit
from case_api.security import Permission

Row = dict[str, Any]
TONES: Final = {"published": "good", "authorised": "info", "draft": "warn"}


@page("/policies", "nav.policies", Permission.POLICY_READ, icon="policies")
async def policies(visit: Visit, request: Request) -> None:
    """Every version, newest first, grouped by kind; a draft with what it changes."""
    found = await visit.rest.everything("policies")
    shown = await asyncio.gather(*(_looked_at(visit, policy) for policy in found))
    el("h1", visit.t("policies.title"))
    el("p", visit.t("policies.help"), "note")
    done_banner(visit)
    for kind in ("tiers", "refund", "deadlines"):
        versions = [one for one in shown if one[0]["kind"] == kind]
        held = next((policy for policy, _, _ in versions if policy["status"] == "published"), None)
        with card(visit.t(f"policies.kind.{kind}")) as box:
            with div("buttons"):
                draft_button(visit, kind, held or (versions[0][0] if versions else None))
            if not versions:
                empty(visit.t("policies.empty"))
            for number, (policy, postings, changes) in enumerate(versions):
                _version(visit, policy, postings, changes, opened=number == 0)
        box.props["id"] = kind


async def _looked_at(visit: Visit, policy: Row) -> tuple[Row, list[Row], list[Row] | None]:
    """A version, where it is posted, and what it changes to the one that holds (None: it is not on its way)."""
    postings: list[Row] = []
    if policy["kind"] == "refund" and policy["status"] in ("authorised", "published"):
        postings = (await visit.rest.get(f"policies/{policy['id']}"))["postings"]
    if policy["status"] not in ("draft", "authorised"):
        return policy, postings, None
    held = await visit.rest.optional("policies/effective", kind=policy["kind"], site_id=policy["site_id"])
    if held is None:
        return policy, postings, None
    return policy, postings, (await visit.rest.get(f"policies/{policy['id']}/diff", against=held["id"]))["differences"]


def _version(visit: Visit, policy: Row, postings: list[Row], changes: list[Row] | None, *, opened: bool) -> None:
    shipped = policy["drafted_by"] is None
    with el("details", "", "version", open="" if opened else None):
        with el("summary"):
            el("strong", visit.t("policies.number", number=policy["number"]))
            tag(visit.named("policies.status", policy["status"]), TONES.get(policy["status"], ""))
            el("span", visit.site(policy["site_id"]), "note")
            if policy["effective_from"]:
                since = (
                    visit.t("policies.since_ever")
                    if shipped
                    else f"{visit.t('policies.effective')} {visit.moment(policy['effective_from'])}"
                )
                el("span", since, "note")
        if policy["note"]:
            el("p", visit.t("policies.shipped") if shipped else policy["note"], "note")
        if policy["returned_reason"]:
            banner(visit.t("policies.returned", reason=policy["returned_reason"]), "warn")
        if policy["retired_reason"]:
            el("p", visit.t("policies.retired", reason=policy["retired_reason"]), "note")
        for posting in postings:
            where = visit.t("policies.posted", site=visit.site(posting["site_id"]), at=visit.moment(posting["posted_at"]))
            el("p", f"{where} · {posting['proof']}", "note")
        if policy["kind"] == "refund" and policy["status"] == "draft" and not visit.principal.may(Permission.POLICY_AUTHORISE, None):
            el("p", visit.t("policies.by_the_group"), "note")
        buttons(visit, policy, postings)
        if changes is not None:
            el("h3", visit.t("policies.changes"))
            if changes:
                difference_table(visit, changes)
            else:
                empty(visit.t("policies.no_changes"))
        CONTENT[policy["kind"]](visit, policy["content"])


def _tiers(visit: Visit, content: Row) -> None:
    heads = ["rule.tier", "rule.approvers"]
    with div("columns"):
        with table([visit.t(head) for head in heads], visit.t("policies.kind.tiers")):
            for tier in content["tiers"]:
                with el("tr"):
                    el("td", visit.both(tier))
                    roles = [visit.named("role", role) for role in tier["approvers"]]
                    el("td", " → ".join(roles) if tier["mode"] == "ordered" else " + ".join(roles))
        with table([visit.t("rule.calls_for"), visit.t("rule.tier")], visit.t("rule.calls_for")):
            names = {tier["key"]: visit.both(tier) for tier in content["tiers"]}
            for band in content["bands"]:
                with el("tr"):
                    upto = band.get("up_to_fen")
                    el("td", visit.t("rule.up_to", sum=yuan(upto)) if upto is not None else visit.t("rule.above"))
                    el("td", names.get(band["tier"], band["tier"]))
            group = content["group"] or {}
            risks = [(visit.t(f"rule.{name}"), content[name]) for name in ("media", "litigation", "spreading")]
            risks.append((visit.t("rule.group_from", count=group.get("from_people", 0)), group.get("tier")))
            for risk, tier in risks:
                if tier:
                    with el("tr"):
                        el("td", risk)
                        el("td", names.get(tier, tier))


def _refund(visit: Visit, content: Row) -> None:
    with table([visit.t(head) for head in ("field.contract_stage", "rule.share", "rule.deductions")], visit.t("policies.kind.refund")):
        for stage in content["stages"]:
            with el("tr"):
                el("td", visit.named("stage", stage["stage"]))
                judicial = stage.get("judicial")
                el("td", visit.t("rule.judicial") if judicial else f"{percent(stage['min_bp'])} – {percent(stage['max_bp'])}")
                el("td", visit.look.listed(_deduction(visit, one) for one in stage.get("deductions", [])) or "—")


def _deduction(visit: Visit, deduction: Row) -> str:
    amount = yuan(deduction["fen"]) if deduction.get("fen") else percent(deduction.get("bp") or 0)
    return f"{visit.named('deduction', deduction['key'])} {amount}"


def _deadlines(visit: Visit, content: Row) -> None:
    with table([visit.t(head) for head in ("rule.work", "rule.limit", "rule.from")], visit.t("policies.kind.deadlines")):
        for kind, limit in content["limits"].items():
            with el("tr"):
                el("td", visit.named("task", kind))
                el("td", _minutes(visit, limit["minutes"]), "number")
                el("td", visit.named("start", limit["start"]))
    reminders = visit.look.listed(percent(share) for share in content["remind_at_bp"])
    if reminders:
        el("p", visit.look.pair(visit.t("rule.reminded"), reminders), "note")
    told = visit.look.listed(f"{percent(step['at_bp'])} {visit.named('role', step['role'])}" for step in content["escalations"])
    el("p", visit.look.pair(visit.t("rule.told_late"), told), "note")


def _minutes(visit: Visit, minutes: int) -> str:
    if minutes % 1440 == 0:
        return visit.t("rule.days", count=minutes // 1440)
    return visit.t("rule.hours", count=minutes // 60) if minutes % 60 == 0 else visit.t("rule.minutes", count=minutes)


CONTENT: Final = {"tiers": _tiers, "refund": _refund, "deadlines": _deadlines}
