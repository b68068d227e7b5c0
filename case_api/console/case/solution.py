"""Paths side by side with their arithmetic, the offer, and the customer's answer."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from case_api.console.case.solution_view import headline, payee_line, price_lines
from case_api.console.case.view import CaseView, Row
from case_api.console.door import PREFIX
from case_api.console.fields import Field, yuan
from case_api.console.forms import action, ask
from case_api.console.parts import banner, card, div, el, empty, facts, tag
from case_api.security import Permission

Fields = list[Field]


async def show(view: CaseView) -> None:
    """What is offered or could be, and what the customer said."""
    visit = view.visit
    if view.at("draft", "assessing", "cancelled"):
        with card():
            empty(visit.t("solutions.later"))
        return
    found, offers, answer = await asyncio.gather(
        visit.rest.get(f"{view.path}/solutions"), visit.rest.get(f"{view.path}/offers"), visit.rest.optional(f"{view.path}/offer/answer")
    )
    offer = offers["items"][0] if offers["items"] else None
    if view.at("solving") and offer:
        await _sent_back(view)
    if view.at("solving") and found["missing"]:
        banner(visit.t("solutions.missing", what=found["missing"]), "warn")
    if view.at("solving") and not found["refund_rule_usable"]:
        banner(visit.t("solutions.no_rule"), "warn")
    if view.at("solving") and found["deferral_granted"]:
        banner(visit.t("solutions.deferral_used", case=found["deferral_case"]), "warn")
    _buttons(view, found, offer)
    if not found["items"]:
        with card():
            empty(visit.t("solutions.empty"))
    with div("columns"):
        for solution in found["items"]:
            _solution(view, solution, answer if offer and offer["status"] == "accepted" else None)
    if offer:
        _offer(view, offer, answer)


async def _sent_back(view: CaseView) -> None:
    """Who returned or rejected what the customer had accepted, and why: new paths are made for that reason."""
    visit, rounds = view.visit, await view.visit.rest.get(f"{view.path}/approvals")
    refused = (step for step in (rounds[0]["steps"] if rounds else []) if step["status"] in ("returned", "rejected"))
    for step in refused:
        who = f"{step['decided_by']['display_name']} {visit.moment(step['decided_at'])}"
        banner(visit.t(f"solutions.{step['status']}", who=who, reason=step["reason"]), "warn")


def _buttons(view: CaseView, found: Row, offer: Row | None) -> None:
    visit = view.visit
    if not view.may(Permission.CASE_MANAGE):
        return
    with div("buttons"):
        if view.at("solving"):
            kinds = {solution["kind"] for solution in found["items"]}
            for kind in (kind for kind in KINDS if kind != "deferral" or not found["deferral_granted"]):
                action(visit, visit.t(f"add.{kind}"), _adds(view, kind, found), "" if kind in kinds or len(kinds) > 1 else "primary")
            if found["items"]:
                action(visit, visit.t("do.offer"), lambda: _make_offer(view), "primary" if len(kinds) > 1 else "")
        if view.at("offered") and offer:
            action(visit, visit.t("do.accept"), lambda: _accept(view, offer), "primary")
            action(visit, visit.t("do.decline"), lambda: _decline(view))


def _solution(view: CaseView, solution: Row, answer: Row | None) -> None:
    visit = view.visit
    chosen = bool(answer and answer["path"] and answer["path"]["solution_id"] == solution["id"])
    with card(visit.named("path", solution["kind"]), cls="chosen" if chosen else ""):
        headline(visit, solution)
        if chosen:
            tag(visit.t("solutions.chosen"), "good")
        if solution["stale"]:
            banner(visit.t("solutions.stale"), "warn")
        price_lines(visit, solution["price"])
        if solution["note"]:
            el("p", solution["note"], "note")
        if view.at("solving") and view.may(Permission.CASE_MANAGE):
            _solution_buttons(view, solution)


def _solution_buttons(view: CaseView, solution: Row) -> None:
    visit = view.visit

    async def again(_: Row, key: str) -> None:
        body = {"terms": solution["terms"], "note": solution["note"]}
        await view.send("PUT", f"solutions/{solution['id']}", body, key)

    async def gone(_: Row, key: str) -> None:
        await view.send("DELETE", f"solutions/{solution['id']}", None, key)

    with div("buttons"):
        if solution["stale"]:
            action(visit, visit.t("do.reprice"), lambda: ask(visit, visit.t("do.reprice"), [], again, done="solution"), "small primary")
        action(
            visit,
            visit.t("do.remove"),
            lambda: ask(visit, visit.t("do.remove"), [], gone, done="solution", danger=True),
            "small quiet-danger",
        )


def _rescission(view: CaseView, _: Any) -> Fields:
    return [Field("terms.refund_bp", "percent", label="field.refund_bp", required=True, help="help.refund_bp")]


def _transfer(view: CaseView, _: Any) -> Fields:
    return [
        Field("terms.successor", label="field.successor", required=True),
        Field("terms.fee_bp", "percent", label="field.fee_bp", required=True, value=100),
        Field("terms.reduction_bp", "percent", label="field.reduction_bp", required=True, value=5000),
    ]


def _deferral(view: CaseView, _: Any) -> Fields:
    return [
        Field("terms.days", "number", label="field.days", required=True, value=7),
        Field("terms.overdue_fen", "yuan", label="field.overdue", required=True),
        Field("terms.late_fee_bp_per_day", "percent", label="field.late_fee_bp_per_day", required=True, value=5),
    ]


def _referral(view: CaseView, _: Any) -> Fields:
    return [
        Field("terms.share_bp", "percent", label="field.share_bp", required=True, value=5000),
        Field("terms.within_days", "number", label="field.within_days", required=True, value=30),
    ]


def _benefits(view: CaseView, items: list[Row]) -> Fields:
    name = "name_en" if view.visit.look.language == "en" else "name_zh"
    options = [(item["id"], f"{item[name] or item['name_zh']} {yuan(item['cost_fen'])}") for item in items]
    return [Field("terms.items", "many", label="field.items", options=options)]


KINDS: Final = {
    "keep_with_benefits": _benefits,
    "rescission": _rescission,
    "transfer": _transfer,
    "deferral": _deferral,
    "referral": _referral,
}


def _adds(view: CaseView, kind: str, found: Row) -> Any:
    async def send(body: Row, key: str) -> None:
        terms = body.setdefault("terms", {})
        terms["kind"] = kind
        if kind == "keep_with_benefits":
            terms["items"] = [{"item_id": item, "quantity": 1} for item in terms["items"]]
        await view.send("POST", "solutions", body, key)

    async def open_() -> None:
        visit = view.visit
        available = found["benefit_available_fen"]
        note = visit.t(f"add.{kind}_note", available=yuan(available)) if kind == "keep_with_benefits" else visit.t(f"add.{kind}_note")
        items = await _catalogue(view) if kind == "keep_with_benefits" else []
        if kind == "keep_with_benefits" and (available is None or not items):
            note = visit.t("add.no_pool")
        fields = [*KINDS[kind](view, items), Field("note", "prose")]
        await ask(visit, visit.named("path", kind), fields, send, done="solution", note=note)

    return open_


async def _catalogue(view: CaseView) -> list[Row]:
    found = await view.visit.rest.get("benefits/items", site_id=view.case["site_id"], limit=100)
    return [item for item in found["items"] if not item.get("retired_at")]


async def _make_offer(view: CaseView) -> None:
    async def send(_: Row, key: str) -> None:
        await view.send("POST", "offer", {}, key)

    await ask(view.visit, view.visit.t("do.offer"), [], send, done="offered", note=view.visit.t("do.offer_note"))


def _offer(view: CaseView, offer: Row, answer: Row | None) -> None:
    visit = view.visit
    with card(visit.t("offer.title", number=offer["number"]), visit.named("offer_status", offer["status"])):
        facts(
            [
                (visit.t("offer.at"), visit.moment(offer["offered_at"])),
                (visit.t("offer.until"), visit.moment(offer["valid_until"])),
                (visit.t("offer.paths"), visit.look.listed(visit.named("path", path["kind"]) for path in offer["paths"])),
                (visit.t("offer.answer"), visit.named("answer", answer["answer"]) if answer else visit.t("offer.waiting")),
                (visit.t("offer.proof"), _proof(view, answer)),
                (visit.t("field.note"), answer["note"] if answer else ""),
            ]
        )
        el("a", visit.t("offer.pdf"), "button small", href=f"{PREFIX}/files/v1/{view.path}/offer.pdf", target="_blank", rel="noopener")
        if answer and answer["payees"]:
            el("h3", visit.t("offer.payees"))
            with el("ul", "", "bullets"):
                for payee in answer["payees"]:
                    el("li", payee_line(visit, payee))


def _proof(view: CaseView, answer: Row | None) -> str:
    if answer is None:
        return ""
    if answer["session_id"]:
        return view.visit.t("offer.recorded", at=f"{answer['said_at']:.0f}")
    return view.visit.t("offer.signed") if answer["evidence_id"] else ""


async def _supports(view: CaseView) -> Fields:
    """Where the answer can be heard or seen."""
    recordings, evidence = await asyncio.gather(
        view.visit.rest.get(f"{view.path}/recordings"), view.visit.rest.everything(f"{view.path}/evidence")
    )
    heard = [(one["session_id"], f"{view.visit.moment(one['started_at'])} {one['staff_name']}") for one in recordings if one["recording"]]
    seen = [(one["id"], one["file"]["name"]) for one in evidence if one["file"] and not one["withdrawn_at"]]
    return [
        Field("", "head", label="offer.support"),
        *([Field("support.evidence_id", "choice", label="field.evidence_id", options=seen)] if seen else []),
        *([Field("support.session_id", "choice", label="field.session_id", options=heard)] if heard else []),
        *([Field("support.said_at", "seconds", label="field.said_at", help="help.said_at")] if heard else []),
    ]


async def _accept(view: CaseView, offer: Row) -> None:
    visit = view.visit
    paths = [(path["solution_id"], f"{visit.named('path', path['kind'])} {yuan(path['price']['total_fen'])}") for path in offer["paths"]]
    dues = [path["price"]["dues"] for path in offer["paths"]]
    refund = next((due["fen"] for path in dues for due in path if due["role"] == "buyer"), None)
    fields = [
        Field("solution_id", "choice", required=True, options=paths),
        *await _supports(view),
        Field("", "head", label="offer.payee_head"),
        Field("payee.name", label="field.payee_name"),
        Field("payee.bank", label="field.bank"),
        Field("payee.account", label="field.account"),
        Field("payee.amount_fen", "yuan", label="field.amount", value=refund, help="help.amount"),
        Field("note", "prose"),
    ]

    async def send(body: Row, key: str) -> None:
        payee = body.pop("payee", {})
        body |= {"answer": "accept", "payees": [{"role": "buyer", **payee}] if payee.get("name") else []}
        body.setdefault("support", {})
        await view.send("POST", "offer/answer", body, key)

    await ask(visit, visit.t("do.accept"), fields, send, done="accepted", note=visit.t("do.accept_note"))


async def _decline(view: CaseView) -> None:
    async def send(body: Row, key: str) -> None:
        support = body.get("support") or None
        await view.send("POST", "offer/answer", {"answer": "decline", "reason": body["reason"], "support": support}, key)

    fields = [Field("reason", "prose", required=True), *await _supports(view)]
    await ask(view.visit, view.visit.t("do.decline"), fields, send, done="declined")
