"""What happened to the case, in order; for legal and headquarters also the audit record."""

from __future__ import annotations

from typing import Any, Final

from case_api.console.case.view import CaseView, Row
from case_api.console.parts import card, el, empty, table
from case_api.console.visit import Visit
from case_api.security import Permission

TOLD_BY_TASKS: Final = frozenset(f"api:case:{verb}_task" for verb in ("open", "finish", "cancel"))
"""Audit records that say the same as the task beside them."""


async def show(view: CaseView) -> None:
    """Newest last, as it was lived."""
    visit = view.visit
    moments = [moment for moment in await visit.rest.get(f"{view.path}/timeline") if moment["what"] not in TOLD_BY_TASKS]
    with card(visit.t("history.title"), str(len(moments))):
        if not moments:
            empty(visit.t("none"))
        with el("ol", "", "timeline"):
            for moment in moments:
                _moment(view, moment)
    if view.may(Permission.AUDIT_READ):
        await _audit(view)


def _moment(view: CaseView, moment: Row) -> None:
    visit = view.visit
    with el("li", "", str(moment["source"])):
        el("time", visit.moment(moment["at"]), datetime=moment["at"])
        el("strong", _what(view, moment))
        el("span", moment["who"] or "", "who")
        said = _detail(visit, moment["detail"])
        if said:
            el("small", said)


def _what(view: CaseView, moment: Row) -> str:
    visit, what = view.visit, str(moment["what"])
    if moment["source"] == "task":
        kind, _, became = what.partition(":")
        return f"{visit.named('task', kind)} {visit.named('became', became)}"
    return visit.named("signal", what) if moment["source"] == "signal" else visit.named("audit", what)


def _detail(visit: Visit, detail: dict[str, Any]) -> str:
    """What a person may want to read of it: short values, reasons first."""
    said = [visit.said(detail[name]) for name in ("reason", "note", "term", "number") if isinstance(detail.get(name), str) and detail[name]]
    return " · ".join(said)


async def _audit(view: CaseView) -> None:
    visit = view.visit
    found = await visit.rest.get("audit", subject_type="case", subject_id=view.id, limit=50)
    with card(visit.t("history.audit"), visit.t("history.audit_note")):
        heads = ("history.at", "history.who", "history.what", "history.from", "history.hash")
        with table([visit.t(head) for head in heads], visit.t("history.audit"), "flow"):
            for row in found["items"]:
                with el("tr"):
                    el("td", visit.moment(row["at"], seconds=True), "nowrap")
                    el("td", row["actor_label"])
                    el("td", visit.named("audit", row["action"]))
                    el("td", row["ip"] or "—")
                    el("td", row["hash"][:12], "number")
