"""One conversation heard again: sound, who spoke, how it was said, what came up and what was said."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from fastapi import Request
from nicegui import events, ui
from nicegui.element import Element

from case_api.console.door import PREFIX
from case_api.console.fields import seconds as seconds_of
from case_api.console.forms import done_banner
from case_api.console.pages import page
from case_api.console.parts import banner, card, clock, div, el, empty, facts, href, link, tag
from case_api.console.rest import Refused, command_key
from case_api.console.sessions import prompts_of
from case_api.console.visit import Visit, reference
from case_api.security import Permission

Row = dict[str, Any]
POINTS: Final = 1200
"""Points of a curve that a screen can tell apart."""
STEP_MIN: Final = 0.2
CURVES: Final = ("loudness_momentary", "pitch", "rate")
EXPORTS: Final = ("srt", "txt", "vtt", "json")
_TEXTS: Final = (
    "play", "pause", "speed", "lanes", "loudness", "rate", "pitch", "state", "events", "transcript", "find", "follow", "nothing", "usual",
    "comments", "no_comments", "comment", "comment_at", "withdraw",
)  # fmt: skip


class ReviewPlayer(Element, component=Path(__file__).parent / "static" / "review.js"):
    """The player with its tracks; everything it shows is in `session`."""

    def __init__(self, session: Row) -> None:
        super().__init__()
        self.props["session"] = session


@page("/sessions/{session_id}", "review.title", Permission.SESSION_READ_OWN, Permission.SESSION_READ_SITE)
async def review(visit: Visit, request: Request) -> None:
    """The whole conversation; without a recording its figures only."""
    session = await visit.rest.get(f"sessions/{reference(request, 'session_id')}")
    with el("nav", "", "crumbs", aria_label=visit.t("crumbs")):
        link(visit.t("nav.sessions"), "/sessions")
        el("span", visit.moment(session["started_at"]), aria_current="page")
    with div("page-head"):
        el("h1", f"{session['staff_name']} · {visit.moment(session['started_at'])}")
        tag(visit.named("level", session["peak_level"]), session["peak_level"])
        if session["status"] != "ended":
            tag(visit.named("session", session["status"]), "warn")
        if session["case_id"] and visit.holds(Permission.CASE_READ):
            link(session["case_code"] or visit.t("sessions.case"), f"/cases/{session['case_id']}", "button small", tab="evidence")
        if session["recording"]:
            if session["status"] == "ended" and visit.holds(Permission.SESSION_LABEL):
                link(visit.t("labels.open"), f"/sessions/{session['id']}/labels", "button small")
            _exports(visit, session["id"])
    if session["recording"]:
        (states, track), said = await asyncio.gather(_curves(visit, session), visit.rest.optional(f"sessions/{session['id']}/comments"))
        done_banner(visit)
        trouble = div("trouble")
        player = ReviewPlayer(_player(visit, session, states, track) | {"comments": said["items"] if said else None})
        _commenting(visit, session["id"], player, trouble)
    else:
        banner(visit.t("review.unrecorded"), "warn")
    with div("columns"):
        _figures(visit, session)
        _prompts(visit, session)


def _commenting(visit: Visit, session_id: str, player: ReviewPlayer, trouble: Element) -> None:
    async def write(event: events.GenericEventArguments) -> None:
        await send("POST", f"sessions/{session_id}/comments", event.args, at=event.args["at"], done="comment")

    async def withdraw(event: events.GenericEventArguments) -> None:
        await send("DELETE", f"sessions/{session_id}/comments/{event.args}", None, at=visit.query.get("at"), done="comment_withdrawn")

    async def send(method: str, path: str, body: Row | None, **query: Any) -> None:
        trouble.clear()
        try:
            await visit.rest.send(method, path, body, key=command_key())
        except Refused as refused:
            with trouble:
                banner(visit.problem(refused), "bad")
            return
        ui.navigate.to(href(f"/sessions/{session_id}", **query).removeprefix(PREFIX))

    player.on("comment", write)
    player.on("withdraw", withdraw)


def _exports(visit: Visit, session_id: str) -> None:
    base = f"{PREFIX}/files/v1/sessions/{session_id}"
    with el("details", "", "own"):
        el("summary", visit.t("review.export"), "button small")
        with div("own-panel"):
            el("a", visit.t("review.audio"), "button small", href=f"{base}/audio", download="")
            for form in EXPORTS:
                el("a", visit.t(f"review.{form}"), "button small", href=f"{base}/export?format={form}", download="")


async def _curves(visit: Visit, session: Row) -> tuple[list[Row], Row]:
    """States and prosody; a conversation whose consent was withdrawn meanwhile has none."""
    step = min(max(session["seconds"] / POINTS, STEP_MIN), 60)
    path = f"sessions/{session['id']}"
    states, track = await asyncio.gather(visit.rest.optional(f"{path}/states"), visit.rest.optional(f"{path}/track", step=f"{step:.1f}"))
    return states["items"] if states else [], track or {"start": 0, "step": 1, "columns": {}}


def bands(states: Sequence[Row], end: float) -> list[Row]:
    """The level over time as stretches: {level, from, to}, neighbours of one level joined."""
    made: list[Row] = []
    for state in states:
        if made and made[-1]["level"] == state["level"]:
            continue
        if made:
            made[-1]["to"] = state["at"]
        made.append({"level": state["level"], "from": state["at"], "to": end})
    return made


def _player(visit: Visit, session: Row, states: list[Row], track: Row) -> Row:
    columns = {name: [_short(value) for value in track["columns"][name]] for name in CURVES if name in track["columns"]}
    seconds = max([session["seconds"], *(said["end"] for said in session["utterances"])])
    return {
        "audio": f"{PREFIX}/files/v1/sessions/{session['id']}/audio",
        "seconds": seconds,
        "at": min(seconds_of(visit.query.get("at", "")) or 0.0, seconds),
        "play": visit.query.get("play") == "1",
        "track": {"start": track["start"], "step": track["step"], "columns": columns},
        "bands": bands(states, seconds),
        "utterances": [{name: said[name] for name in ("id", "speaker", "start", "end", "text")} for said in session["utterances"]],
        "marks": _marks(visit, session),
        "keywords": [{name: hit[name] for name in ("utterance_id", "term", "heard", "at")} for hit in session["keywords"]],
        "texts": {name: visit.t(f"player.{name}") for name in _TEXTS},
        "names": {
            "speaker": {name: visit.named("speaker", name) for name in ("staff", "customer", "unsure")},
            "level": {name: visit.named("level", name) for name in ("provisional", "calm", "rising", "agitated")},
        },
    }


def _short(value: float | None) -> float | None:
    return None if value is None else round(value, 1)


def _marks(visit: Visit, session: Row) -> list[Row]:
    prompts = [{"kind": f"prompt {one['kind']}", "at": one["at"], "text": one["text"]} for one in session["prompts"]]
    words = [{"kind": "keyword", "at": one["at"], "text": one["term"]} for one in session["keywords"] if not one["false_hit"]]
    marks = [{"kind": "mark", "at": one["at"], "text": one["note"] or visit.t("review.mark")} for one in session["marks"]]
    return sorted([*prompts, *words, *marks], key=lambda one: one["at"])


def _figures(visit: Visit, session: Row) -> None:
    counts, share = session["counts"], session["talk_share"]
    with card(visit.t("review.figures")):
        facts(
            [
                (visit.t("sessions.length"), clock(session["seconds"])),
                (visit.t("review.speech"), clock(session["speech_seconds"])),
                (visit.t("review.share"), " · ".join(f"{visit.named('speaker', name)} {value:.0%}" for name, value in share.items())),
                (visit.t("sessions.prompts"), prompts_of(counts)),
                (visit.t("sessions.keywords"), counts.get("keywords", 0)),
                (visit.t("review.consent"), _consent(visit, session["consent"])),
                (visit.t("review.sha"), (session["recording_sha256"] or "")[:16]),
            ]
        )
        for warning in session["warnings"]:
            el("small", f"{clock(warning['at'])} {visit.named('warning', warning['code'])}")


def _consent(visit: Visit, consent: Row) -> str:
    if consent["withdrawn_at"]:
        return visit.t("review.consent_withdrawn", at=visit.moment(consent["withdrawn_at"]))
    answer = visit.t("review.consent_yes" if consent["recording"] else "review.consent_no")
    return f"{answer} · {visit.named('method', consent['method'])} · {visit.moment(consent['given_at'])}"


def _prompts(visit: Visit, session: Row) -> None:
    with card(visit.t("sessions.prompts"), str(len(session["prompts"]))):
        if not session["prompts"]:
            empty(visit.t("review.no_prompts"))
        with el("ul", "", "entries"):
            for prompt in session["prompts"]:
                with el("li", "", "entry top-row"):
                    el("span", clock(prompt["at"]), "number")
                    with div("grow"):
                        el("strong", prompt["text"])
                        el("small", " · ".join([visit.named("kind", prompt["kind"]), *map(str, prompt["reasons"])]))
                    for tap in prompt["feedback"][-1:]:
                        tag(visit.named("verdict", tap["verdict"]), "good" if tap["verdict"] in ("helpful", "used") else "")
