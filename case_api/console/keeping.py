"""On the page of a case or of a conversation: until when it is kept, what holds it, and a hold placed on what one looks at."""

from __future__ import annotations

import asyncio
from typing import Any, Final, Literal

from case_api.console.fields import Field
from case_api.console.forms import action, ask
from case_api.console.parts import banner
from case_api.console.visit import Visit
from case_api.security import Permission

Row = dict[str, Any]
Kind = Literal["case", "session"]
ASKED: Final = (
    Field("ends_at", "moment", required=True, help="help.hold_end"),
    Field("reason", "prose", required=True, help="help.hold_reason"),
)
"""What every hold has, whatever it keeps."""


def may_hold(visit: Visit, record: Row) -> bool:
    """Whether the person may keep this case or conversation past its time."""
    return visit.principal.may(Permission.HOLD_MANAGE, record["site_id"])


def button(visit: Visit, kind: Kind, record: Row) -> None:
    """For whoever may place a hold."""

    async def send(body: Row, key: str) -> None:
        await visit.rest.send("POST", "holds", body | {f"{kind}_id": record["id"]}, key=key)

    async def open_() -> None:
        await ask(visit, visit.t("holds.place"), ASKED, send, done="hold", note=visit.t(f"holds.{kind}_note"))

    if may_hold(visit, record):
        action(visit, visit.t("holds.place"), open_, "small quiet")


async def told(visit: Visit, **subjects: str | None) -> None:
    """A line for each hold that keeps the record now, through any of `case_id` and `session_id`; for whoever manages holds."""
    asked = [visit.rest.get("holds", **{name: value}, in_force=True, limit=20) for name, value in subjects.items() if value]
    for found in await asyncio.gather(*asked):
        for hold in found["items"]:
            banner(visit.t("holds.keeps", until=visit.moment(hold["ends_at"]), reason=hold["reason"]))


def until(visit: Visit, retention: Row) -> str:
    """Until when a case is kept, as a fact."""
    if retention["held"]:
        return visit.t("holds.in_force")
    return visit.t("holds.kept_until", at=visit.moment(retention["removal_at"])) if retention["removal_at"] else visit.t("holds.kept_open")
