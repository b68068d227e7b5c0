"""On a conversation's page: the customer withdraws the consent to the recording, and who wrote that down."""

from __future__ import annotations

from typing import Any, get_args

from case_api.console.fields import Field
from case_api.console.forms import action, ask
from case_api.console.parts import banner
from case_api.console.visit import Visit
from case_api.security import Permission
from models.consents import AskedBy

Row = dict[str, Any]


def button(visit: Visit, session: Row) -> None:
    """For whoever may write it down, as long as there is something to withdraw."""
    if session["recording"] and visit.principal.may(Permission.CONSENT_WITHDRAW, session["site_id"]):
        action(visit, visit.t("consent.withdraw"), lambda: _ask(visit, session), "small quiet-danger")


async def _ask(visit: Visit, session: Row) -> None:
    async def send(body: Row, key: str) -> None:
        await visit.rest.send("POST", f"sessions/{session['id']}/consent/withdrawal", body, key=key)

    asked_by = [(code, visit.t(f"asked_by.{code}")) for code in get_args(AskedBy)]
    fields = [
        Field("asked_by", "choice", label="consent.asked_by", required=True, options=asked_by, value="customer"),
        Field("reason", "prose", label="consent.reason", help="consent.reason_help"),
    ]
    note = visit.t("consent.note" if session["status"] == "ended" else "consent.note_running")
    await ask(visit, visit.t("consent.withdraw"), fields, send, done="consent_withdrawn", note=note, danger=True)


def told(visit: Visit, session: Row) -> None:
    """In place of the recording: that there is none to be seen, and why."""
    consent = session["consent"]
    if consent["withdrawn_at"] is None:
        banner(visit.t("review.unrecorded"), "warn")
        return
    who = visit.t("consent.by", name=consent["withdrawn_by_name"]) if consent["withdrawn_by_name"] else ""
    asked = visit.t("consent.asked", who=visit.named("asked_by", consent["withdrawal_asked_by"])) if consent["withdrawal_asked_by"] else ""
    reason = visit.t("consent.because", reason=consent["withdrawal_reason"]) if consent["withdrawal_reason"] else ""
    banner(visit.t("consent.withdrawn", at=visit.moment(consent["withdrawn_at"])) + who + asked + reason, "warn")
    banner(visit.t("consent.kept"))
