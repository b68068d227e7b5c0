"""《退房原因初步登记表》: what is filled in, what is missing, and the form itself."""

from __future__ import annotations

import asyncio
from typing import get_args

from case_api.console.case.view import CaseView, Row
from case_api.console.details import readable
from case_api.console.fields import Field, yuan
from case_api.console.forms import action, ask
from case_api.console.parts import banner, card, choices, div, el, facts, link, tag
from case_api.intake.causes import Cause
from case_api.intake.identity import IdType
from case_api.intake.receipts import ReceiptKind
from case_api.intake.rules import Alternative


async def show(view: CaseView) -> None:
    """The form; while it is a draft, with what it lacks."""
    form, completeness = await asyncio.gather(
        view.visit.rest.get(f"{view.path}/registration"), view.visit.rest.get(f"{view.path}/registration/completeness")
    )
    visit = view.visit
    editable = view.receives()
    if view.at("draft"):
        _missing(view, completeness)
    if editable:
        with div("buttons"):
            action(visit, visit.t("do.fill"), lambda: _fill(view, form), "" if completeness["complete"] else "primary")
            action(visit, visit.t("do.submit"), lambda: _submit(view), "primary" if completeness["complete"] else "")
    elif view.at("draft"):
        el("p", visit.t("form.who_fills"), "note")
    with div("columns"):
        with div("stack"):
            _customer(view, form)
            _cause(view, form)
        _unit(view, form)


def _missing(view: CaseView, completeness: Row) -> None:
    visit = view.visit
    if completeness["complete"]:
        banner(visit.t("form.complete"), "good")
        return
    with card(visit.t("form.missing"), str(len(completeness["missing"]))), el("ul", "", "bullets"):
        for missing in completeness["missing"]:
            told = visit.both(missing)
            about = readable(missing["detail"], visit.look.language)
            with el("li", visit.look.aside(told, about) if about else told):
                if missing["field"] in ("responsible_id", "receptionist_id"):
                    link(visit.t("form.assigned_there"), f"/cases/{view.id}", "tag-link", tab="overview")


def _customer(view: CaseView, form: Row) -> None:
    visit = view.visit
    with card(visit.t("form.customer"), visit.t("form.masked") if form["masked"] else ""):
        verified = visit.t("form.verified") if form["phone_verified_at"] else form["phone_unverified_reason"] or "—"
        scan = visit.t("form.scanned") if form["id_scan_evidence_id"] else form["id_scan_missing_reason"] or "—"
        facts(
            [
                (visit.t("field.customer_name"), form["customer_name"]),
                (visit.named("id_type", form["id_type"]), form["id_number"]),
                (visit.t("form.id_scan"), scan),
                (visit.t("field.phone"), form["phone"]),
                (visit.t("form.phone_check"), verified),
            ]
        )


def _unit(view: CaseView, form: Row) -> None:
    visit = view.visit
    with card(visit.t("form.unit")):
        facts(
            [
                (visit.t("field.subscription_code"), form["subscription_code"]),
                (visit.t("field.subscription_date"), form["subscription_date"]),
                (visit.t("field.unit"), f"{form['building']} {form['unit']}".strip()),
                (visit.t("field.unit_type"), form["unit_type"]),
                (visit.t("field.price_fen"), yuan(form["price_fen"])),
                (visit.t("field.receipt_wording"), form["receipt_wording"]),
                (visit.t("field.receipt_kind"), visit.named("receipt", form["receipt_kind"])),
                (visit.t("field.receipt_amount_fen"), yuan(form["receipt_amount_fen"])),
                (visit.t("form.earnest"), yuan(form["receipt"]["earnest_fen"])),
            ]
        )
        for flag in form["receipt"]["flags"]:
            banner(visit.both(flag), "warn")


def _cause(view: CaseView, form: Row) -> None:
    visit = view.visit
    with card(visit.t("form.cause")):
        with div("tags"):
            for cause in form["causes"]:
                tag(visit.named("cause", cause), "info")
        el("p", form["cause_text"] or "—")
        facts(
            [
                (visit.t("field.alternative"), visit.named("alternative", form["alternative"])),
                (visit.t("field.alternative_note"), form["alternative_note"]),
                (visit.t("field.alternative_unrecorded_reason"), form["alternative_unrecorded_reason"]),
            ]
        )


async def _fill(view: CaseView, form: Row) -> None:
    visit = view.visit
    scans = [item for item in (await visit.rest.get(f"{view.path}/evidence", kind="id_scan"))["items"] if not item["withdrawn_at"]]

    def line(name: str, kind: str = "line", **more: object) -> Field:
        return Field(name, kind, value=form[name], clears=True, **more)  # type: ignore[arg-type]

    personal = [line("id_number"), line("phone")]
    fields = [
        Field("", "head", label="form.customer"),
        line("customer_name"),
        Field("id_type", "choice", options=choices(visit, "id_type", get_args(IdType)), value=form["id_type"]),
        *([] if form["masked"] else personal),
        line("phone_unverified_reason"),
        *([line("id_scan_evidence_id", "choice", options=[(item["id"], item["file"]["name"]) for item in scans])] if scans else []),
        line("id_scan_missing_reason"),
        Field("", "head", label="form.unit"),
        line("subscription_code"),
        line("subscription_date", "date"),
        line("building"),
        line("unit"),
        line("unit_type"),
        line("price_fen", "yuan"),
        line("receipt_wording", "prose"),
        line("receipt_kind", "choice", options=choices(visit, "receipt", get_args(ReceiptKind))),
        line("receipt_amount_fen", "yuan"),
        Field("", "head", label="form.cause"),
        Field("causes", "many", options=choices(visit, "cause", get_args(Cause)), value=form["causes"]),
        line("cause_text", "prose"),
        line("alternative", "choice", options=choices(visit, "alternative", get_args(Alternative))),
        line("alternative_note"),
        line("alternative_unrecorded_reason"),
    ]

    async def send(body: Row, key: str) -> None:
        await view.send("PATCH", "registration", body, key)

    await ask(visit, visit.t("do.fill"), fields, send, done="filled", note=visit.t("do.fill_note"), go=visit.t("save"))


async def _submit(view: CaseView) -> None:
    async def send(_: Row, key: str) -> None:
        await view.send("POST", "submit", None, key)

    await ask(view.visit, view.visit.t("do.submit"), [], send, done="submitted", note=view.visit.t("do.submit_note"))
