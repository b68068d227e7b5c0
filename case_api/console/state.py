"""How the service is, and the way from an empty one to a first conversation."""

from __future__ import annotations

from typing import Any, Final

import segno
from fastapi import Request

from case_api.console.pages import page
from case_api.console.parts import card, div, el, facts, link, table, tag
from case_api.console.visit import Visit
from case_api.security import Permission

Row = dict[str, Any]
QUEUES: Final = ("events", "webhooks", "messages")
PHONES: Final = "calmdesk serve --host 0.0.0.0 --tls self-signed"
OLD_SECONDS: Final = 300
"""From when waiting is worth a look."""


@page("/guide", "nav.guide", Permission.SITE_MANAGE, icon="guide")
async def guide(visit: Visit, request: Request) -> None:
    """Five steps; each says whether it is done, and leads to where it is."""
    state = await visit.rest.get("state")
    steps = steps_of(state)
    done = sum(state_of == "done" for _, state_of, _ in steps)
    el("h1", visit.t("guide.title"))
    el("p", visit.t("guide.help", done=done, steps=len(steps)), "note")
    with el("ol", "", "steps-card"):
        for number, (name, reached, count) in enumerate(steps, start=1):
            with el("li"), card(f"{number}. {visit.t(f'guide.{name}')}"):
                with div("tags"):
                    tag(visit.t(f"guide.{reached}"), "good" if reached == "done" else "warn")
                    if count is not None:
                        el("span", visit.t("guide.there", count=count), "note")
                    if name == "people":
                        made = state["set_up"]
                        el("span", visit.t("guide.who", staff=made["staff"], managers=made["managers"]), "note")
                el("p", visit.t(f"guide.{name}_text"))
                if name in LEADS:
                    link(visit.t(f"guide.{name}_go"), LEADS[name], "button small primary" if reached != "done" else "button small")
                if name == "phone":
                    el("a", visit.t("guide.phone_go"), "button small", href="/mic", target="_blank")
                    _code(visit, state["phone_address"])


LEADS: Final = {"sites": "/sites", "people": "/people", "library": "/state"}


def steps_of(state: Row) -> list[tuple[str, str, int | None]]:
    """Name, `done` or `to_do`, and how many there are, in the order in which they are done."""
    made, library = state["set_up"], state["library"]
    told = [
        ("sites", made["sites"] > 0, made["sites"]),
        ("people", made["staff"] > made["managers"] > 0, None),
        ("voices", made["voices"] > 0, made["voices"]),
        ("library", library["usable"] and library["approved"] > 0, library["approved"]),
        ("phone", made["conversations"] > 0, made["conversations"]),
    ]
    return [(name, "done" if done else "to_do", count) for name, done, count in told]


def _code(visit: Visit, address: str | None) -> None:
    """For a phone to scan; or why there is none that would lead it anywhere."""
    if address is None:
        el("p", visit.t("guide.unreachable"), "banner warn")
        el("code", PHONES, "address")
        return
    el("img", "", "qr small", src=segno.make(address, error="m", micro=False).svg_data_uri(scale=5, border=3, light="white"), alt=address)
    el("code", address, "address")
    if address.startswith("https:"):
        el("p", visit.t("guide.certificate"), "note")
    else:
        el("p", visit.t("guide.https"), "banner warn")
        el("code", PHONES, "address")


@page("/state", "nav.state", Permission.METRICS_READ, icon="state")
async def state_page(visit: Visit, request: Request) -> None:
    """What an administrator looks at first when somebody calls."""
    state = await visit.rest.get("state")
    el("h1", visit.t("state.title"))
    el("p", visit.t("state.help"), "note")
    troubles = troubles_of(state)
    for trouble in troubles:
        el("p", visit.t(f"state.trouble_{trouble}"), "banner warn")
    if not troubles:
        el("p", visit.t("state.well"), "banner good")
    ear, library = state["ear"], state["library"]
    with div("columns"):
        with card(visit.t("state.service")):
            facts(
                [
                    (visit.t("state.version"), state["version"]),
                    (visit.t("state.database"), f"{state['database']} · {state['database_seconds'] * 1000:.1f} ms"),
                    (visit.t("state.ear"), visit.t("state.listening" if ear["listening"] else "state.deaf")),
                    (visit.t("state.conversations"), f"{ear['conversations']} / {ear['conversations_max']}"),
                    (visit.t("state.late_work"), str(state["late_work"])),
                ]
            )
        with card(visit.t("state.library")):
            facts(
                [
                    (visit.t("state.usable"), visit.t("yes" if library["usable"] else "no")),
                    (visit.t("state.scripts"), visit.t("state.approved", approved=library["approved"], scripts=library["scripts"])),
                    (visit.t("state.terms"), str(library["terms"])),
                ]
            )
    with card(visit.t("state.queues"), visit.t("state.queues_note")):
        heads = [visit.t(f"state.{head}") for head in ("queue", "waiting", "oldest", "failed")]
        with table(heads, visit.t("state.queues")):
            for name in QUEUES:
                queue = state[name]
                with el("tr"):
                    el("td", visit.t(f"state.{name}"))
                    el("td", str(queue["waiting"]), "number")
                    oldest = queue["oldest_seconds"]
                    el("td", "—" if oldest is None else visit.t("state.seconds", seconds=f"{oldest:.0f}"), "number")
                    with el("td", "", "number"):
                        tag(str(queue["failed"]), "bad" if queue["failed"] else "")


def troubles_of(state: Row) -> list[str]:
    """What is worth a word above everything else."""
    waits = [state[name]["oldest_seconds"] or 0 for name in QUEUES]
    told = {
        "deaf": not state["ear"]["listening"],
        "library": not state["library"]["approved"],
        "waiting": max(waits) > OLD_SECONDS,
        "failed": any(state[name]["failed"] for name in QUEUES),
        "full": state["ear"]["conversations"] >= state["ear"]["conversations_max"],
    }
    return [name for name, there in told.items() if there]
