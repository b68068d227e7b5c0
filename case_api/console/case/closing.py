"""The four closing actions within 24 hours, and the archive (「四步法·第四步」)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final

from case_api.closing.rules import SENSITIVE
from case_api.console.case.view import CaseView, Row
from case_api.console.fields import Field
from case_api.console.forms import action, ask
from case_api.console.parts import card, countdown, div, el, empty, tag
from case_api.security import Permission
from models.sites import CHINA

PATHS: Final = {
    "customer_tag": "customer-tag",
    "knowledge_file": "knowledge-file",
    "regional_brief": "regional-brief",
    "team_review": "team-review",
}


async def show(view: CaseView) -> None:
    """Each action with its limit and its form; the archive once all are done."""
    visit = view.visit
    if not view.at("closing", "archived"):
        with card():
            empty(visit.t("closing.later"))
        return
    closing = await visit.rest.get(f"{view.path}/closing")
    with card(visit.t("closing.title"), visit.named("outcome", closing["outcome"])):
        el("p", visit.t("closing.note"), "note")
        with el("ul", "", "entries"):
            for act in closing["actions"]:
                with el("li", "", "entry"):
                    with div("grow"):
                        el("strong", visit.named("task", act["kind"]))
                        done = (
                            f"{visit.person(act['done_by'])} {visit.moment(act['done_at'])}"
                            if act["done_at"]
                            else visit.t(f"closing.{act['kind']}")
                        )
                        el("small", done)
                    if act["status"] == "done":
                        tag(visit.t("closing.done"), "good")
                    elif act["status"] == "open":
                        task = view.open_task(act["kind"])
                        countdown(visit, act["due_at"], task["seconds_left"] if task else 0)
                        if view.may(Permission.CASE_CLOSE):
                            action(visit, visit.t("closing.do"), _opens(view, act["kind"]), "small primary")
        ready = all(act["status"] == "done" for act in closing["actions"])
        if view.at("closing") and ready and view.may(Permission.CASE_CLOSE):
            action(visit, visit.t("do.archive"), lambda: _archive(view), "primary")


async def _archive(view: CaseView) -> None:
    async def send(_: Row, key: str) -> None:
        await view.send("POST", "archive", None, key)

    await ask(view.visit, view.visit.t("do.archive"), [], send, done="archived", note=view.visit.t("do.archive_note"))


def _fields(view: CaseView, kind: str) -> list[Field]:
    match kind:
        case "customer_tag":
            return [Field("tag", required=True, value=SENSITIVE), Field("note")]
        case "knowledge_file":
            return [Field("title", required=True), Field("summary", "prose", required=True), Field("lessons", "prose", required=True)]
        case "regional_brief":
            return [Field("remark", "prose")]
        case _:
            now = datetime.now(CHINA).replace(microsecond=0).isoformat()  # to the second: it may not lie before the case's end
            return [
                Field("held_at", "moment", required=True, value=now),
                Field("participants", "lines", required=True, value=[view.visit.me["display_name"]], help="help.participants"),
                Field("findings", "prose", required=True),
                Field("sop_change", "prose", required=True, help="help.sop_change"),
            ]


def _opens(view: CaseView, kind: str) -> Callable[[], Awaitable[None]]:
    async def send(body: Row, key: str) -> None:
        await view.send("POST", f"closing/{PATHS[kind]}", body, key)

    async def open_() -> None:
        visit = view.visit
        await ask(visit, visit.named("task", kind), _fields(view, kind), send, done=f"closed_{kind}", note=visit.t(f"closing.{kind}"))

    return open_
