"""What the board, the page of one warning and "my work" share: how a warning looks, who may be given one."""

from __future__ import annotations

from typing import Any, Final

from case_api.console.parts import countdown, div, el, link, tag
from case_api.console.visit import Visit
from case_api.security import GRANTS, Permission

Row = dict[str, Any]
LEVELS: Final = ("red", "orange", "yellow")
STATE_TONES: Final = {"open": "warn", "acknowledged": "info", "contacted": "good", "resolved": ""}


def title_of(warning: Row) -> str:
    """How the customer is called, and the unit."""
    name = warning["customer_label"] or warning["customer_reference"]
    return f"{name} {warning['unit_reference']}".strip()


def clock_of(visit: Visit, warning: Row) -> None:
    """The limit that runs; when somebody met it; nothing of a resolved warning."""
    if warning["contacted_at"]:
        el("small", visit.t("warnings.clock_met", at=visit.moment(warning["contacted_at"])))
    elif warning["status"] != "resolved":
        countdown(visit, warning["due_at"])


def level_tag(visit: Visit, warning: Row) -> None:
    """Colour and its name: colour alone says nothing to many."""
    tag(visit.named("alarm", warning["level"]), f"alarm {warning['level']}")


def entry(visit: Visit, warning: Row) -> None:
    """One warning as a line of a list."""
    with el("li"), link("", f"/warnings/{warning['id']}", "entry"):
        level_tag(visit, warning)
        with div("grow"):
            el("strong", title_of(warning))
            el("small", f"{visit.look.sentences(visit.both(reason) for reason in warning['reasons'])} · {visit.site(warning['site_id'])}")
        tag(visit.named("alarm_state", warning["status"]), STATE_TONES[warning["status"]])
        clock_of(visit, warning)


async def answerers(visit: Visit, site_id: str) -> list[tuple[str, str]]:
    """Who may be given a warning of this site."""
    people = await visit.rest.everything(f"sites/{site_id}/people")
    return [
        (person["id"], visit.with_roles(person))
        for person in people
        if not person["disabled"] and any(Permission.WARNING_ANSWER in GRANTS[role] for role in person["roles"])
    ]
