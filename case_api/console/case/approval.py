"""Approvals with their steps, and what follows from the last one: refund instruction, payment, delivery."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final

from case_api.console.case.solution_view import headline, price_lines
from case_api.console.case.view import CaseView, Row
from case_api.console.door import PREFIX
from case_api.console.fields import Field, yuan
from case_api.console.forms import action, ask
from case_api.console.parts import banner, card, countdown, div, el, empty, facts, table, tag
from case_api.console.tasks import decision_buttons
from case_api.security import Permission
from models.sites import CHINA

TONES: Final = {"approved": "good", "paid": "good", "rejected": "bad", "failed": "bad", "pending": "warn", "returned": "warn"}


async def show(view: CaseView) -> None:
    """Newest round first."""
    visit = view.visit
    rounds, waiting, instruction = await asyncio.gather(
        visit.rest.get(f"{view.path}/approvals"),
        visit.rest.everything("approvals", site_id=view.case["site_id"]),
        visit.rest.optional(f"{view.path}/refund-instruction"),
    )
    if not rounds:
        with card():
            empty(visit.t("approvals.empty"))
        return
    mine = next((step for step in waiting if step["case_id"] == view.id), None)
    if view.at("executing"):
        _execution(view, rounds[0], instruction)
    if instruction:
        _instruction(view, instruction)
    for number, round_ in enumerate(rounds):
        _round(view, round_, mine if number == 0 else None)


def _round(view: CaseView, round_: Row, mine: Row | None) -> None:
    visit, content = view.visit, round_["content"]
    with card(visit.t("approvals.round", number=round_["number"]), visit.named("round", round_["status"])):
        el("span", visit.named("path", content["kind"]), "strong")
        headline(visit, content)
        price_lines(visit, content["price"])
        for reason in round_["tier_reasons"]:
            el("small", visit.both(reason))
        with el("ol", "", "steps"):
            for step in round_["steps"]:
                with el("li"):
                    tag(visit.named("approval", step["status"]), TONES.get(step["status"], ""))
                    el("strong", visit.named("role", step["role"]))
                    who = step["decided_by"]["display_name"] if step["decided_by"] else ""
                    if step["on_behalf_of"]:
                        who = visit.look.aside(who, visit.t("approvals.behalf", who=step["on_behalf_of"]["display_name"]))
                    el(
                        "span",
                        f"{who} {visit.moment(step['decided_at']) if step['decided_at'] else ''} {step['reason']}".strip(),
                        "note",
                    )
        if round_["closed_reason"] and round_["closed_reason"] not in [step["reason"] for step in round_["steps"]]:
            banner(visit.said(round_["closed_reason"]), "warn")
        if mine:
            decision_buttons(visit, mine)
        if round_["status"] == "open" and round_["initiator"]["id"] == visit.me["id"]:
            action(visit, visit.t("do.withdraw"), lambda: _withdraw(view), "small quiet-danger")


async def _withdraw(view: CaseView) -> None:
    async def send(body: Row, key: str) -> None:
        await view.send("POST", "approval/withdraw", body, key)

    await ask(view.visit, view.visit.t("do.withdraw"), [Field("reason", "prose", required=True)], send, done="withdrawn", danger=True)


def _execution(view: CaseView, round_: Row, instruction: Row | None) -> None:
    visit, kind = view.visit, round_["content"]["kind"]
    with card(visit.t("execution.title"), cls="wide-card"):
        el("p", visit.t(f"execution.{kind}"), "note")
        for work in ("execution", "refund_payment", "benefit_delivery", "transfer", "deferral_due", "referral_due"):
            task = view.open_task(work)
            if task:
                with div("entry"):
                    el("strong", visit.named("task", work), "grow")
                    countdown(visit, task["due_at"], task["seconds_left"], stopped=bool(task["deadline"] and task["deadline"]["paused_at"]))
        with div("buttons"):
            if instruction is None and view.open_task("refund_payment") and view.may(Permission.REFUND_PAY):
                action(visit, visit.t("do.instruct"), lambda: _instruct(view), "primary")
            if view.may(Permission.CASE_MANAGE):
                for number, event in enumerate(EVENTS.get(kind, ())):
                    action(visit, visit.t(f"event.{event}"), _happened(view, event), "" if number else "primary")


EVENTS: Final[dict[str, tuple[str, ...]]] = {
    "keep_with_benefits": ("benefits_delivered",),
    "transfer": ("transfer_completed",),
    "deferral": ("deferral_paid", "deferral_ran_out"),
    "referral": ("successor_bought", "referral_ran_out"),
}
EXTRA: Final = {"transfer_completed": "contract_no", "deferral_paid": "bank_reference", "successor_bought": "contract_no"}


def _today() -> str:
    return datetime.now(CHINA).date().isoformat()


def _happened(view: CaseView, event: str) -> Callable[[], Awaitable[None]]:
    fields = [Field("happened_on", "date", required=True, value=_today()), Field("note", "prose")]
    if event in EXTRA:
        fields.insert(1, Field(EXTRA[event], required=True))

    async def send(body: Row, key: str) -> None:
        await view.send("POST", "execution/confirm", body | {"event": event}, key)

    async def open_() -> None:
        await ask(view.visit, view.visit.t(f"event.{event}"), fields, send, done="executed")

    return open_


async def _instruct(view: CaseView) -> None:
    visit = view.visit
    site = view.case["site_id"]
    account = await visit.rest.optional(f"sites/{site}/refund-account")
    if account is None:
        await _account(view)
        return

    async def send(_: Row, key: str) -> None:
        await view.send("POST", "refund-instruction", None, key)

    note = visit.t("do.instruct_note", holder=account["holder"], bank=account["bank"], account=account["account"] or "")
    await ask(visit, visit.t("do.instruct"), [], send, done="instructed", note=note)


async def _account(view: CaseView) -> None:
    """The first refund of a site needs the account it is paid from."""

    async def send(body: Row, key: str) -> None:
        await view.visit.rest.send("PUT", f"sites/{view.case['site_id']}/refund-account", body, version=0, key=key)

    names = ("holder", "account", "bank", "bank_code")
    fields = [Field(name, label=f"field.{name}", required=True, help="help.bank_code" if name == "bank_code" else "") for name in names]
    await ask(view.visit, view.visit.t("do.account"), fields, send, done="account", note=view.visit.t("do.account_note"))


def _instruction(view: CaseView, instruction: Row) -> None:
    visit = view.visit
    with card(visit.t("refund.title", number=instruction["number"]), visit.named("instruction", instruction["status"])):
        facts(
            [
                (visit.t("refund.total"), yuan(instruction["total_fen"])),
                (visit.t("refund.made"), f"{visit.person(instruction['created_by'])} {visit.moment(instruction['created_at'])}"),
            ]
        )
        heads = ["refund.payee", "field.bank", "field.account", "field.amount", "people.status", "field.bank_reference"]
        with table([visit.t(head) for head in heads], visit.t("refund.payments")):
            for payment in instruction["payments"]:
                with el("tr"):
                    el("td", payment["name"])
                    el("td", payment["bank"])
                    el("td", payment["account"] or "—", "number")
                    el("td", yuan(payment["amount_fen"]), "amount")
                    with el("td"):
                        tag(visit.named("payment", payment["status"]), TONES.get(payment["status"], ""))
                    el("td", payment["bank_reference"] or payment["failed_reason"] or "—")
        _instruction_buttons(view, instruction)


def _instruction_buttons(view: CaseView, instruction: Row) -> None:
    visit = view.visit

    async def paid(body: Row, key: str) -> None:
        await view.send("POST", "refund-instruction/confirm", body, key)

    async def failed(body: Row, key: str) -> None:
        await view.send("POST", "refund-instruction/fail", body, key)

    async def open_paid() -> None:
        fields = [Field("paid_on", "date", required=True, value=_today()), Field("bank_reference", required=True)]
        await ask(visit, visit.t("do.paid"), fields, paid, done="paid", note=visit.t("do.paid_note"))

    async def open_failed() -> None:
        fields = [Field("reason", "prose", required=True)]
        await ask(visit, visit.t("do.failed"), fields, failed, done="failed", danger=True)

    with div("buttons"):
        if instruction["status"] == "issued" and view.may(Permission.REFUND_PAY):
            action(visit, visit.t("do.paid"), open_paid, "primary")
            action(visit, visit.t("do.failed"), open_failed, "quiet-danger")
        if view.may(Permission.REFUND_PAY):
            for kind in ("pdf", "csv", "xml"):
                target = f"{PREFIX}/files/v1/{view.path}/refund-instruction/{kind}"
                el("a", visit.t(f"refund.{kind}"), "button small", href=target, target="_blank", rel="noopener")
